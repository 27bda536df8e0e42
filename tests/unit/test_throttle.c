/* test_throttle.c - strangers and failures, on a clock and dice of our own. */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

#include "proto/io/host.h"
#include "server/throttle.h"

#define SECOND UINT64_C(1000000000)

struct world {
	struct orl_env env;
	struct orl_throttle *t;
	uint64_t now, dice;
	bool broken;
};

static uint64_t world_now(void *user)
{
	return ((struct world *)user)->now;
}

static int world_random(void *user, void *buf, size_t n)
{
	struct world *w = user;
	uint8_t *p = buf;

	for (size_t i = 0; i < n; i++) {
		w->dice = w->dice * 6364136223846793005u + 1442695040888963407u;
		p[i] = (uint8_t)(w->dice >> 56);
	}
	return w->broken ? ORIEL_EIO : 0;
}

static void make(struct world *w)
{
	struct oriel_hooks hooks = { .size = sizeof(hooks),
		.user = w,
		.now = world_now,
		.random = world_random };

	memset(w, 0, sizeof(*w));
	w->now = 1000 * SECOND;
	w->dice = 42; /* the seed */
	assert_int_equal(orl_host_env(&w->env, &hooks), 0);
	assert_int_equal(orl_throttle_create(&w->t, &w->env), 0);
}

static void networks_have_names(void **state)
{
	char out[ORL_THROTTLE_NET];
	static const uint8_t v4[4] = { 192, 0, 2, 1 };
	uint8_t v6[16] = { 0x20, 0x01, 0x0d, 0xb8, 0, 1, 0xff, 0xff };
	(void)state;

	assert_string_equal(orl_throttle_net(out, v4, 4), "192.0.2.1");
	v6[15] = 9;
	assert_string_equal(
			orl_throttle_net(out, v6, 16), "2001:db8:1:ffff::/64");
	memset(v6, 0, 10);
	v6[10] = v6[11] = 0xff;
	memcpy(v6 + 12, v4, 4);
	assert_string_equal(orl_throttle_net(out, v6, 16), "192.0.2.1");
	assert_string_equal(orl_throttle_net(out, NULL, 0), "local");
	memset(v6, 0xff, 16);
	assert_string_equal(orl_throttle_net(out, v6, 16),
			"ffff:ffff:ffff:ffff::/64");
}

static void one_network_has_four_places(void **state)
{
	struct world w;
	(void)state;

	make(&w);
	for (int i = 0; i < ORL_UNPROVED_PER_NET; i++)
		assert_int_equal(orl_throttle_enter(w.t, "10.0.0.1"), 0);
	assert_int_equal(orl_throttle_enter(w.t, "10.0.0.1"), ORIEL_ELIMIT);
	assert_int_equal(orl_throttle_enter(w.t, "10.0.0.2"), 0);
	assert_int_equal(orl_throttle_unproved(w.t), 5);
	orl_throttle_leave(w.t, "10.0.0.1");
	assert_int_equal(orl_throttle_enter(w.t, "10.0.0.1"), 0);
	orl_throttle_leave(w.t, "10.0.0.3"); /* never came: changes nothing */
	assert_int_equal(orl_throttle_unproved(w.t), 5);
	orl_throttle_destroy(w.t);
	orl_throttle_destroy(NULL);
}

/* Of many arrivals at a given crowd, how many in 1000 are turned away. */
static int turned_away(struct world *w, unsigned crowd)
{
	char name[32];
	int away = 0;

	for (int i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "n%d", i);
		assert_true(orl_throttle_unproved(w->t) == crowd);
		if (orl_throttle_enter(w->t, name))
			away++;
		else
			orl_throttle_leave(w->t, name);
	}
	return away;
}

static void a_crowd_is_thinned_by_chance(void **state)
{
	struct world w;
	char name[32];
	(void)state;

	make(&w);
	for (unsigned crowd = 0; crowd <= ORL_UNPROVED_MAX; crowd++) {
		int want = crowd <= 10 ? 0 : (int)(crowd - 10) * 1000 / 22;
		int away = turned_away(&w, crowd);
		/* Three standard deviations of 1000 throws are 47. */
		if (away < want - 50 || away > want + 50)
			fail_msg("%u: %d, not %d (seed 42)", crowd, away, want);
		if (want == 0 || want == 1000)
			assert_int_equal(away, want);
		snprintf(name, sizeof(name), "crowd%u", crowd);
		while (crowd < ORL_UNPROVED_MAX &&
				orl_throttle_enter(w.t, name))
			;
	}
	w.broken = true; /* no chance without dice */
	orl_throttle_leave(w.t, "crowd0");
	assert_int_equal(orl_throttle_enter(w.t, "x"), ORIEL_ELIMIT);
	orl_throttle_destroy(w.t);
	struct orl_throttle *t = NULL;
	assert_int_equal(orl_throttle_create(&t, &w.env), ORIEL_EIO);
	assert_null(t);
}

static void failures_double_the_wait(void **state)
{
	static const unsigned want[] = { 0, 1, 2, 4, 8, 16, 30, 30, 30 };
	struct world w;
	(void)state;

	make(&w);
	for (size_t i = 0; i < ORL_COUNT(want); i++) {
		assert_true(orl_throttle_delay(w.t, "net", "oriel") ==
				want[i] * SECOND);
		orl_throttle_failed(w.t, "net", "oriel");
	}
	for (int i = 0; i < 1000; i++)
		orl_throttle_failed(w.t, "net", "oriel");
	/* Of the account from elsewhere, and of the network for others. */
	assert_true(orl_throttle_delay(w.t, "far", "oriel") == 30 * SECOND);
	assert_true(orl_throttle_delay(w.t, "net", "other") == 30 * SECOND);
	assert_true(orl_throttle_delay(w.t, "far", "other") == 0);
	/* A network called like an account is another thing. */
	assert_true(orl_throttle_delay(w.t, "oriel", "net") == 0);
	orl_throttle_succeeded(w.t, "net", "oriel");
	assert_true(orl_throttle_delay(w.t, "net", "oriel") == 0);
	orl_throttle_succeeded(w.t, "net", "oriel");
	orl_throttle_destroy(w.t);
}

static void time_forgets(void **state)
{
	struct world w;
	(void)state;

	make(&w);
	for (int i = 0; i < 9; i++)
		orl_throttle_failed(w.t, "net", "oriel");
	w.now += ORL_THROTTLE_FORGET_S * SECOND - 1;
	assert_true(orl_throttle_delay(w.t, "net", "oriel") == 30 * SECOND);
	w.now += 1;
	assert_true(orl_throttle_delay(w.t, "net", "oriel") == 0);
	orl_throttle_failed(w.t, "net", "oriel");
	assert_true(orl_throttle_delay(w.t, "net", "oriel") == SECOND);
	orl_throttle_destroy(w.t);
}

static void a_flood_of_names_frees_nobody(void **state)
{
	struct world w;
	char net[32], account[32];
	(void)state;

	make(&w);
	for (int i = 0; i < 3; i++)
		orl_throttle_failed(w.t, "net", "oriel");
	for (int i = 0; i < 2000; i++) {
		w.now += 1000;
		snprintf(net, sizeof(net), "n%d", i);
		snprintf(account, sizeof(account), "a%d", i);
		orl_throttle_failed(w.t, net, account);
		/* What is new is remembered too, ... */
		assert_true(orl_throttle_delay(w.t, net, "x") == SECOND);
	}
	/* ... the oldest of the least is not. */
	assert_true(orl_throttle_delay(w.t, "net", "x") == 4 * SECOND);
	assert_true(orl_throttle_delay(w.t, "x", "oriel") == 4 * SECOND);
	assert_true(orl_throttle_delay(w.t, "n0", "a0") == 0);
	/* When all is stale there is room for everybody again. */
	w.now += ORL_THROTTLE_FORGET_S * SECOND;
	for (int i = 0; i < 128; i++) {
		snprintf(net, sizeof(net), "n%d", i);
		orl_throttle_failed(w.t, net, net);
	}
	assert_true(orl_throttle_delay(w.t, "n0", "x") == SECOND);
	orl_throttle_destroy(w.t);
}

static void long_names_count_by_their_beginning(void **state)
{
	struct world w;
	char name[2000];
	(void)state;

	make(&w);
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = 0;
	orl_throttle_failed(w.t, name, name);
	assert_true(orl_throttle_delay(w.t, "a", name) == SECOND);
	orl_throttle_destroy(w.t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(networks_have_names),
		cmocka_unit_test(one_network_has_four_places),
		cmocka_unit_test(a_crowd_is_thinned_by_chance),
		cmocka_unit_test(failures_double_the_wait),
		cmocka_unit_test(time_forgets),
		cmocka_unit_test(a_flood_of_names_frees_nobody),
		cmocka_unit_test(long_names_count_by_their_beginning),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
