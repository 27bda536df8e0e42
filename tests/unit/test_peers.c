/*
 * test_peers.c - the commands of peers: words in them, and helpers that are
 * not beside the programs.
 */
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/peers.h"

static void touch(const char *dir, const char *name)
{
	char path[200];
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	int fd = open(path, O_WRONLY | O_CREAT, 0700);
	assert_true(fd >= 0);
	close(fd);
}

static void make(const char *dir, const char *name)
{
	char path[200];
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	assert_int_equal(mkdir(path, 0700), 0);
}

static void words_are_replaced(void **state)
{
	const struct peer_values v = {
		.display = ":7", .size = "8x8", .port = 5960
	};
	char out[100];
	(void)state;
	assert_int_equal(peer_expand(out, sizeof(out),
					 "x {display} {port} {inner} {size} "
					 "{nothing} {",
					 &v),
			0);
	assert_string_equal(out, "x :7 5960 5961 8x8 {nothing} {");
	assert_int_equal(peer_expand(out, 8, "x {display} {port}", &v), -1);
}

static void helpers_are_found_in_libexec(void **state)
{
	char dir[] = "/tmp/oriel-test.XXXXXX", bin[64], out[300], want[300];
	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(bin, sizeof(bin), "%s/bin", dir);
	make(dir, "bin");
	make(dir, "libexec");
	make(dir, "libexec/oriel");
	touch(dir, "bin/oriel-serve");
	touch(dir, "libexec/oriel/oriel-bench-push");
	const struct peer_values v = { .programs = bin };
	assert_int_equal(peer_expand(out, sizeof(out),
					 "{programs}/oriel-serve --x", &v),
			0);
	snprintf(want, sizeof(want), "%s/oriel-serve --x", bin);
	assert_string_equal(out, want);
	assert_int_equal(peer_expand(out, sizeof(out),
					 "{programs}/oriel-bench-push --x", &v),
			0);
	snprintf(want, sizeof(want), "%s/../libexec/oriel/oriel-bench-push --x",
			bin);
	assert_string_equal(out, want);
	/* Beside the programs it is the one to use. */
	touch(dir, "bin/oriel-bench-push");
	assert_int_equal(peer_expand(out, sizeof(out),
					 "{programs}/oriel-bench-push", &v),
			0);
	snprintf(want, sizeof(want), "%s/oriel-bench-push", bin);
	assert_string_equal(out, want);
	/* What is nowhere is said to be missing where it should be. */
	assert_int_equal(peer_expand(out, sizeof(out), "{programs}/none", &v),
			0);
	snprintf(want, sizeof(want), "%s/none", bin);
	assert_string_equal(out, want);
	snprintf(out, sizeof(out), "rm -r %s", dir);
	assert_int_equal(system(out), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_are_replaced),
		cmocka_unit_test(helpers_are_found_in_libexec),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
