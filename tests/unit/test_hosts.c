/* test_hosts.c - known_hosts in memory, and its file. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client/viewer/hosts.h"

#define KEY1 "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define KEY2 "ff112233445566778899AABBCCDDEEFF00112233445566778899aabbccddee00"

static const uint8_t key1[32] = { 0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66,
	0x77, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff, 0x00, 0x11, 0x22,
	0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee,
	0xff };

static struct orl_hosts *parse(const char *text)
{
	struct orl_hosts *h = NULL;
	assert_int_equal(orl_hosts_parse(&h, text, strlen(text)), 0);
	return h;
}

static void assert_text(const struct orl_hosts *h, const char *want)
{
	char *text;
	size_t n;
	assert_int_equal(orl_hosts_format(&text, &n, h), 0);
	assert_string_equal(text, want);
	assert_int_equal(n, strlen(want));
	free(text);
}

static void lines_are_understood(void **state)
{
	static const char text[] =
			"# mine\n"
			"\n"
			"Desk.example:5910 sha256:" KEY1 " login 1700000000\n"
			"[2001:DB8::1]:5911\tsha256:" KEY2 "  open 0\r\n"
			"10.0.0.1:1 sha256:" KEY1 " open 7";
	struct orl_hosts *h = parse(text);
	const struct orl_host *host;
	char print[65];
	(void)state;

	assert_int_equal(orl_hosts_problems(h), 0);
	host = orl_hosts_find(h, "desk.EXAMPLE:5910");
	assert_non_null(host);
	assert_string_equal(host->address, "desk.example:5910");
	assert_memory_equal(host->sha256, key1, 32);
	assert_true(host->login);
	assert_true(host->first_seen == 1700000000);
	host = orl_hosts_find(h, "[2001:db8::1]:5911");
	assert_non_null(host);
	assert_false(host->login);
	assert_int_equal(host->sha256[0], 0xff);
	assert_non_null(orl_hosts_find(h, "10.0.0.1:1"));
	assert_null(orl_hosts_find(h, "10.0.0.1:2"));
	assert_null(orl_hosts_find(h, "10.0.0.1"));
	orl_hosts_fingerprint(print, key1);
	assert_string_equal(print, KEY1);
	/* All that changes is the end that the last line had not. */
	char want[sizeof(text) + 1];
	snprintf(want, sizeof(want), "%s\n", text);
	assert_text(h, want);
	orl_hosts_destroy(h);
	orl_hosts_destroy(NULL);
}

static void broken_lines_are_kept_and_named(void **state)
{
	static const char *const broken[] = {
		"desk",
		"desk:5910",
		"desk:5910 " KEY1 " login 1",
		"desk:0 sha256:" KEY1 " login 1",
		"desk:65536 sha256:" KEY1 " login 1",
		"desk:05910 sha256:" KEY1 " login 1",
		"desk: sha256:" KEY1 " login 1",
		":5910 sha256:" KEY1 " login 1",
		"2001:db8::1:5910 sha256:" KEY1 " login 1",
		"[2001:db8::1:5910 sha256:" KEY1 " login 1",
		"[]:5910 sha256:" KEY1 " login 1",
		"[a]b]:5910 sha256:" KEY1 " login 1",
		"d\xc3\xa4sk:5910 sha256:" KEY1 " login 1",
		"desk:5910 sha256:" KEY1 "00 login 1",
		"desk:5910 sha256:" KEY1 " Login 1",
		"desk:5910 sha256:" KEY1 " login",
		"desk:5910 sha256:" KEY1 " login -1",
		"desk:5910 sha256:" KEY1 " login 1234567890123456789",
		"desk:5910 sha256:" KEY1 " login 1 2",
		"desk:5910 sha1:" KEY1 " login 1",
		"desk:5910 sha256:g" KEY1 " login 1",
	};
	char text[2048];
	(void)state;

	for (size_t i = 0; i < sizeof(broken) / sizeof(*broken); i++) {
		snprintf(text, sizeof(text),
				"a:1 sha256:" KEY1 " open 1\n%s\n"
				"b:1 sha256:" KEY1 " open 1\n",
				broken[i]);
		struct orl_hosts *h = parse(text);
		if (orl_hosts_problems(h) != 1)
			fail_msg("%s: no problem?", broken[i]);
		assert_int_equal(orl_hosts_problem(h, 0).line, 2);
		assert_non_null(orl_hosts_problem(h, 0).what);
		assert_null(orl_hosts_problem(h, 1).what);
		assert_null(orl_hosts_find(h, "desk:5910"));
		assert_non_null(orl_hosts_find(h, "b:1"));
		assert_int_equal(orl_hosts_set(h, "b:1", key1, true, 5), 0);
		snprintf(text, sizeof(text),
				"a:1 sha256:" KEY1 " open 1\n%s\n"
				"b:1 sha256:" KEY1 " login 1\n",
				broken[i]);
		assert_text(h, text);
		orl_hosts_destroy(h);
	}
}

static void long_lines_and_files_are_refused(void **state)
{
	struct orl_hosts *h = NULL;
	char *big = malloc(ORL_HOSTS_FILE_MAX + 1);
	char address[ORL_HOSTS_ADDRESS_MAX + 2];
	(void)state;

	memset(big, 'x', ORL_HOSTS_FILE_MAX + 1);
	assert_int_equal(orl_hosts_parse(&h, big, ORL_HOSTS_FILE_MAX + 1),
			ORIEL_ELIMIT);
	assert_int_equal(orl_hosts_parse(&h, big, 1025), 0);
	assert_int_equal(orl_hosts_problems(h), 1);
	orl_hosts_destroy(h);
	memset(big, '#', ORL_HOSTS_FILE_MAX);
	assert_int_equal(orl_hosts_parse(&h, big, ORL_HOSTS_FILE_MAX - 50), 0);
	assert_int_equal(orl_hosts_set(h, "a:1", key1, true, 0), ORIEL_ELIMIT);
	orl_hosts_destroy(h);
	memset(big, '\n', ORL_HOSTS_FILE_MAX);
	assert_int_equal(orl_hosts_parse(&h, big, ORL_HOSTS_FILE_MAX),
			ORIEL_ELIMIT);
	free(big);
	h = parse("");
	memset(address, 'a', sizeof(address));
	memcpy(address + ORL_HOSTS_ADDRESS_MAX - 6, ":65535", 7);
	assert_int_equal(orl_hosts_set(h, address, key1, true, 0), 0);
	assert_non_null(orl_hosts_find(h, address));
	memset(address, 'a', sizeof(address));
	memcpy(address + ORL_HOSTS_ADDRESS_MAX - 5, ":65535", 7);
	assert_int_equal(
			orl_hosts_set(h, address, key1, true, 0), ORIEL_EINVAL);
	assert_int_equal(
			orl_hosts_set(h, "a b:1", key1, true, 0), ORIEL_EINVAL);
	assert_int_equal(orl_hosts_set(h, "#a:1", key1, true, 0), ORIEL_EINVAL);
	assert_int_equal(orl_hosts_set(h, "a:1", key1, true, UINT64_MAX),
			ORIEL_EINVAL);
	orl_hosts_destroy(h);
}

static void changes_are_told_apart(void **state)
{
	struct orl_hosts *h = parse("a:1 sha256:" KEY1 " login 100\n"
				    "b:1 sha256:" KEY1 " open 100\n");
	const struct orl_host *old = NULL;
	uint8_t key[32];
	(void)state;

	memcpy(key, key1, 32);
	assert_int_equal(orl_hosts_judge_key(h, "c:1", key, &old),
			ORL_HOSTS_KEY_UNKNOWN);
	assert_null(old);
	assert_int_equal(orl_hosts_judge_key(h, "A:1", key, NULL),
			ORL_HOSTS_KEY_SAME);
	key[31] ^= 1;
	assert_int_equal(orl_hosts_judge_key(h, "a:1", key, &old),
			ORL_HOSTS_KEY_CHANGED);
	assert_memory_equal(old->sha256, key1, 32);
	assert_int_equal(orl_hosts_judge_login(h, "a:1", true),
			ORL_HOSTS_LOGIN_SAME);
	assert_int_equal(orl_hosts_judge_login(h, "a:1", false),
			ORL_HOSTS_LOGIN_GONE);
	assert_int_equal(orl_hosts_judge_login(h, "b:1", true),
			ORL_HOSTS_LOGIN_NEW);
	assert_int_equal(orl_hosts_judge_login(h, "c:1", false),
			ORL_HOSTS_LOGIN_SAME);
	/* The same key keeps its age, a new one does not. */
	assert_int_equal(orl_hosts_set(h, "a:1", key1, false, 200), 0);
	assert_true(orl_hosts_find(h, "a:1")->first_seen == 100);
	assert_false(orl_hosts_find(h, "a:1")->login);
	assert_int_equal(orl_hosts_set(h, "a:1", key, true, 200), 0);
	assert_true(orl_hosts_find(h, "a:1")->first_seen == 200);
	assert_int_equal(orl_hosts_judge_key(h, "a:1", key, NULL),
			ORL_HOSTS_KEY_SAME);
	orl_hosts_destroy(h);
}

static void of_two_lines_the_first_counts(void **state)
{
	struct orl_hosts *h = parse("a:1 sha256:" KEY1 " login 1\n"
				    "# between\n"
				    "A:1 sha256:" KEY2 " open 2\n");
	(void)state;

	assert_int_equal(orl_hosts_problems(h), 1);
	assert_int_equal(orl_hosts_problem(h, 0).line, 3);
	assert_true(orl_hosts_find(h, "a:1")->login);
	assert_int_equal(orl_hosts_remove(h, "b:1"), 0);
	assert_int_equal(orl_hosts_remove(h, "nonsense"), 0);
	assert_int_equal(orl_hosts_remove(h, "a:1"), 2);
	assert_text(h, "# between\n");
	orl_hosts_destroy(h);
}

static void files_are_private_and_whole(void **state)
{
	char root[] = "/tmp/hosts.XXXXXX", path[64], link[64];
	struct orl_hosts *h = NULL;
	struct stat st;
	(void)state;

	assert_non_null(mkdtemp(root));
	snprintf(path, sizeof(path), "%s/a/b/known_hosts", root);
	assert_int_equal(orl_hosts_load(&h, path), 0);
	assert_null(orl_hosts_find(h, "a:1"));
	orl_hosts_destroy(h);
	umask(0);
	assert_int_equal(orl_hosts_record(path, "a:1", key1, true, 9), 0);
	assert_int_equal(orl_hosts_record(path, "b:1", key1, false, 9), 0);
	umask(022);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	snprintf(link, sizeof(link), "%s/a/b", root);
	assert_int_equal(stat(link, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	assert_int_equal(st.st_nlink, 2);
	assert_int_equal(orl_hosts_load(&h, path), 0);
	assert_text(h, "a:1 sha256:" KEY1 " login 9\n"
		       "b:1 sha256:" KEY1 " open 9\n");
	assert_int_equal(orl_hosts_problems(h), 0);
	orl_hosts_destroy(h);
	/* A link to it stays a link. */
	snprintf(link, sizeof(link), "%s/link", root);
	assert_int_equal(symlink(path, link), 0);
	assert_int_equal(orl_hosts_record(link, "c:1", key1, false, 9), 0);
	assert_int_equal(lstat(link, &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_int_equal(chmod(path, 0666), 0);
	assert_int_equal(orl_hosts_load(&h, path), 0);
	assert_non_null(orl_hosts_find(h, "c:1"));
	assert_int_equal(orl_hosts_problems(h), 1);
	assert_int_equal(orl_hosts_problem(h, 0).line, 0);
	orl_hosts_destroy(h);
	/* What is not a file is an error and no empty list. */
	assert_int_equal(orl_hosts_load(&h, root), ORIEL_EIO);
	assert_int_equal(truncate(path, ORL_HOSTS_FILE_MAX + 1), 0);
	assert_int_equal(orl_hosts_load(&h, path), ORIEL_ELIMIT);
	assert_int_equal(orl_hosts_record(path, "d:1", key1, false, 9),
			ORIEL_ELIMIT);
	unlink(path);
	unlink(link);
	snprintf(path, sizeof(path), "%s/a/b", root);
	rmdir(path); /* fails, and the last one with it, if a temporary stays */
	snprintf(path, sizeof(path), "%s/a", root);
	rmdir(path);
	assert_int_equal(rmdir(root), 0);
}

static void two_writers_lose_nothing(void **state)
{
	char root[] = "/tmp/hosts.XXXXXX", path[64], address[32];
	struct orl_hosts *h = NULL;
	(void)state;

	assert_non_null(mkdtemp(root));
	snprintf(path, sizeof(path), "%s/known_hosts", root);
	for (int who = 0; who < 2; who++) {
		if (fork() != 0)
			continue;
		int bad = 0;
		for (int i = 0; i < 20; i++) {
			snprintf(address, sizeof(address), "h%d-%d:1", who, i);
			bad |= orl_hosts_record(path, address, key1, true, 1);
		}
		_exit(bad != 0);
	}
	for (int who = 0; who < 2; who++) {
		int status = -1;
		assert_true(wait(&status) > 0);
		assert_int_equal(status, 0);
	}
	assert_int_equal(orl_hosts_load(&h, path), 0);
	for (int i = 0; i < 40; i++) {
		snprintf(address, sizeof(address), "h%d-%d:1", i / 20, i % 20);
		assert_non_null(orl_hosts_find(h, address));
	}
	orl_hosts_destroy(h);
	unlink(path);
	assert_int_equal(rmdir(root), 0);
}

static void the_path_follows_the_environment(void **state)
{
	char path[64];
	(void)state;

	setenv("HOME", "/home/x", 1);
	unsetenv("XDG_CONFIG_HOME");
	assert_int_equal(orl_hosts_path(path, sizeof(path)), 0);
	assert_string_equal(path, "/home/x/.config/oriel/known_hosts");
	setenv("XDG_CONFIG_HOME", "/c", 1);
	assert_int_equal(orl_hosts_path(path, sizeof(path)), 0);
	assert_string_equal(path, "/c/oriel/known_hosts");
	assert_int_equal(orl_hosts_path(path, 5), ORIEL_ELIMIT);
	setenv("XDG_CONFIG_HOME", "relative", 1);
	unsetenv("HOME");
	assert_int_equal(orl_hosts_path(path, sizeof(path)), ORIEL_EIO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_are_understood),
		cmocka_unit_test(broken_lines_are_kept_and_named),
		cmocka_unit_test(long_lines_and_files_are_refused),
		cmocka_unit_test(changes_are_told_apart),
		cmocka_unit_test(of_two_lines_the_first_counts),
		cmocka_unit_test(files_are_private_and_whole),
		cmocka_unit_test(two_writers_lose_nothing),
		cmocka_unit_test(the_path_follows_the_environment),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
