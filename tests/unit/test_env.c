/* test_env.c - memory and text on top of the hooks. */
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>

#include "proto/io/host.h"

static void alloc_is_zeroed_and_checked(void **state)
{
	struct orl_env env;
	(void)state;
	assert_int_equal(orl_host_env(&env, NULL), 0);
	uint8_t *p = orl_alloc(&env, 100, 3);
	assert_non_null(p);
	for (int i = 0; i < 300; i++)
		assert_int_equal(p[i], 0);
	orl_free(&env, p);
	assert_null(orl_alloc(&env, SIZE_MAX / 2, 3));
	orl_free(&env, NULL);
}

static void *dirty(void *user, size_t bytes)
{
	uint8_t *p = malloc(bytes);
	(void)user;
	if (p)
		memset(p, 0xff, bytes);
	return p;
}

/* Another allocator than the environment was made with is not believed. */
static void what_a_host_allocates_is_zeroed(void **state)
{
	struct orl_env env;
	(void)state;
	assert_int_equal(orl_host_env(&env, NULL), 0);
	env.hooks.alloc = dirty;
	uint8_t *p = orl_alloc(&env, 100, 3);
	assert_non_null(p);
	for (int i = 0; i < 300; i++)
		assert_int_equal(p[i], 0);
	orl_free(&env, p);
}

static void memory_hooks_come_as_a_set(void **state)
{
	struct orl_env env;
	struct oriel_hooks hooks = { .size = sizeof(hooks) };
	(void)state;
	assert_int_equal(orl_host_env(&env, &hooks), 0);
	hooks.alloc = (void *(*)(void *, size_t))(void (*)(void))strlen;
	assert_int_equal(orl_host_env(&env, &hooks), ORIEL_EINVAL);
	hooks = (struct oriel_hooks){ .size = 4 };
	assert_int_equal(orl_host_env(&env, &hooks), ORIEL_EINVAL);
}

static void printable_escapes_what_a_peer_made(void **state)
{
	char out[8];
	(void)state;
	assert_string_equal(
			orl_printable(out, sizeof(out), "a\x1b[2J", 5), "a?[2J");
	assert_string_equal(orl_printable(out, 4, "abcdef", 6), "abc");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(alloc_is_zeroed_and_checked),
		cmocka_unit_test(what_a_host_allocates_is_zeroed),
		cmocka_unit_test(memory_hooks_come_as_a_set),
		cmocka_unit_test(printable_escapes_what_a_peer_made),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
