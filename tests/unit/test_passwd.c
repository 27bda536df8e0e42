/* test_passwd.c - password files, ticket files, pairing codes. */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "capture/pairing.h"
#include "capture/passwd.h"
#include "capture/tickets.h"

#define KEY "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
#define SALT "MDEyMzQ1Njc4OWFiY2RlZg=="
#define VERIFIER "SCRAM-SHA-256$100000:" SALT "$" KEY ":" KEY

static struct orl_passwd *parse(const char *text)
{
	struct orl_passwd *p = NULL;
	char why[256];
	int err = orl_passwd_parse(&p, text, strlen(text), why, sizeof(why));

	if (err)
		fail_msg("%s: %s", text, why);
	assert_string_equal(why, "");
	return p;
}

static void assert_user(const struct orl_passwd *p, const char *user,
		const char *secret, bool verifier)
{
	bool got = !verifier;
	const char *text = orl_passwd_find(p, user, &got);

	assert_non_null(text);
	assert_string_equal(text, secret);
	assert_true(got == verifier);
}

static void a_lone_line_is_the_password(void **state)
{
	static const char *const same[] = { "horse staple", "horse staple\n",
		"horse staple\r\n", "# mine\n\nhorse staple\n# end" };
	struct orl_passwd *p;
	bool verifier;
	(void)state;

	for (size_t i = 0; i < sizeof(same) / sizeof(*same); i++) {
		p = parse(same[i]);
		assert_user(p, "oriel", "horse staple", false);
		assert_null(orl_passwd_find(p, "ticket", &verifier));
		orl_passwd_destroy(p);
	}
	p = parse(VERIFIER "\n");
	assert_user(p, "oriel", VERIFIER, true);
	orl_passwd_destroy(p);
	orl_passwd_destroy(NULL);
}

static void users_have_lines(void **state)
{
	struct orl_passwd *p = parse("# staff\n"
				     "anna:a:b c#\n"
				     "\n"
				     "b\xc3\xb6rn:" VERIFIER "\r\n"
				     "oriel:x");
	bool verifier;
	(void)state;

	assert_user(p, "anna", "a:b c#", false);
	assert_user(p, "b\xc3\xb6rn", VERIFIER, true);
	assert_user(p, "oriel", "x", false);
	assert_null(orl_passwd_find(p, "Anna", &verifier));
	assert_null(orl_passwd_find(p, "", &verifier));
	orl_passwd_destroy(p);
	p = parse("a:b");
	assert_user(p, "a", "b", false);
	orl_passwd_destroy(p);
}

static void wrong_files_are_refused_with_a_line(void **state)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
		{ "", "there is no" },
		{ "# only\n\n", "there is no" },
		{ "a\nb\n", "line 1: this is not USER" },
		{ "a:b\nc\n", "line 2: this is not USER" },
		{ "# x\nc\na:b\n", "line 2: this is not USER" },
		{ VERIFIER "\na:b\n", "line 1: this is not USER" },
		{ "a:b\na:c\n", "line 2: this user has" },
		{ ":b\n", "line 1: the user's" },
		{ " a:b\n", "line 1: the user's" },
		{ "a\x01:b\n", "line 1: the user's" },
		{ "a:\n", "line 1: the password" },
		{ "a: b\n", "line 1: the password" },
		{ "a:b \n", "line 1: the password" },
		{ "b ", "line 1: the password" },
		{ "\tb", "line 1: the password" },
		{ "b\x7f", "line 1: the password" },
		{ "b\xc2\x85", "line 1: the password" },
		{ "b\xc0\x80", "line 1: the password" },
		{ "b\xe0\x80\x80", "line 1: the password" },
		{ "b\xed\xa0\x80", "line 1: the password" },
		{ "b\xf4\x90\x80\x80", "line 1: the password" },
		{ "b\xff", "line 1: the password" },
		{ "b\xc3", "line 1: the password" },
		{ "b\xc3(", "line 1: the password" },
		{ "a:SCRAM-SHA-256$", "line 1: this is no SCRAM" },
		{ "a:SCRAM-SHA-256$4096:" SALT "$" KEY ":" KEY,
				"line 1: this is no SCRAM" },
		{ "a:SCRAM-SHA-256$5000001:" SALT "$" KEY ":" KEY,
				"line 1: this is no SCRAM" },
		{ "a:SCRAM-SHA-256$100000:AAAA$" KEY ":" KEY,
				"line 1: this is no SCRAM" },
		{ "a:SCRAM-SHA-256$100000:" SALT "$" KEY,
				"line 1: this is no SCRAM" },
		{ "a:SCRAM-SHA-256$100000:" SALT "$" KEY ":" SALT,
				"line 1: this is no SCRAM" },
		{ "a:" VERIFIER "A", "line 1: this is no SCRAM" },
		{ "a:" VERIFIER "*", "line 1: this is no SCRAM" },
	};
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct orl_passwd *p = NULL;
		char why[256];
		int err = orl_passwd_parse(&p, cases[i].text,
				strlen(cases[i].text), why, sizeof(why));
		if (err != ORIEL_EINVAL ||
				strncmp(why, cases[i].why,
						strlen(cases[i].why)) != 0)
			fail_msg("%s: %d %s", cases[i].text, err, why);
		assert_null(p);
	}
}

static void sizes_are_bounded(void **state)
{
	struct orl_passwd *p = NULL;
	char why[64], *big = calloc(1, ORL_PASSWD_FILE_MAX + 1);
	size_t n = 0;
	(void)state;

	assert_int_equal(orl_passwd_parse(&p, big, 3, why, sizeof(why)),
			ORIEL_EINVAL);
	memset(big, '#', ORL_PASSWD_FILE_MAX + 1);
	assert_int_equal(orl_passwd_parse(&p, big, ORL_PASSWD_FILE_MAX + 1, why,
					 sizeof(why)),
			ORIEL_ELIMIT);
	assert_int_equal(orl_passwd_parse(&p, big, ORL_PASSWD_FILE_MAX, why,
					 sizeof(why)),
			ORIEL_EINVAL);
	memset(big, 'x', 1025);
	assert_int_equal(orl_passwd_parse(&p, big, 1025, why, sizeof(why)),
			ORIEL_EINVAL);
	memset(big, 'x', 257);
	memcpy(big + 257, ":y", 2);
	assert_int_equal(orl_passwd_parse(&p, big, 259, why, sizeof(why)),
			ORIEL_EINVAL);
	for (int i = 0; i <= ORL_PASSWD_LINES_MAX; i++)
		n += (size_t)sprintf(big + n, "u%d:p\n", i);
	assert_int_equal(orl_passwd_parse(&p, big, n, why, sizeof(why)),
			ORIEL_ELIMIT);
	assert_null(p);
	free(big);
}

static void write_file(const char *path, const char *text, mode_t mode)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(path, mode), 0);
}

static void assert_file(const char *path, const char *want)
{
	char text[512];
	FILE *f = fopen(path, "r");

	assert_non_null(f);
	text[fread(text, 1, sizeof(text) - 1, f)] = 0;
	fclose(f);
	assert_string_equal(text, want);
}

static void readable_files_are_warned_of(void **state)
{
	char path[] = "/tmp/passwd.XXXXXX", why[256];
	struct orl_passwd *p = NULL;
	(void)state;

	close(mkstemp(path));
	write_file(path, "secret\n", 0600);
	assert_int_equal(orl_passwd_load(&p, path, why, sizeof(why)), 0);
	assert_string_equal(why, "");
	assert_user(p, "oriel", "secret", false);
	orl_passwd_destroy(p);
	write_file(path, "secret\n", 0644);
	assert_int_equal(orl_passwd_load(&p, path, why, sizeof(why)), 0);
	assert_non_null(strstr(why, "WARNING"));
	assert_non_null(strstr(why, path));
	orl_passwd_destroy(p);
	write_file(path, "a\nsecret\n", 0644);
	assert_int_equal(orl_passwd_load(&p, path, why, sizeof(why)),
			ORIEL_EINVAL);
	assert_non_null(strstr(why, "line 1"));
	assert_null(strstr(why, "secret"));
	unlink(path);
	assert_int_equal(
			orl_passwd_load(&p, path, why, sizeof(why)), ORIEL_EIO);
	assert_non_null(strstr(why, "No such file"));
	assert_int_equal(orl_passwd_load(&p, "/tmp", why, sizeof(why)),
			ORIEL_EIO);
	assert_string_equal(why, "/tmp is not a file");
}

static void tickets_are_found_in_text(void **state)
{
	static const char text[] = "# tickets\n"
				   "old-one 100\n"
				   " indented\n"
				   "bad one 5 6\n"
				   "bad 1234567890123456789\n"
				   "b\xc3\xa4"
				   "d\n"
				   "first 101 \r\n"
				   "\n"
				   "second";
	struct orl_ticket t;
	size_t at = 0;
	(void)state;

	assert_true(orl_tickets_next(&t, text, strlen(text), &at, 100));
	assert_string_equal(t.text, "first");
	assert_true(t.expires == 101);
	assert_memory_equal(text + t.offset, "first", 5);
	assert_true(orl_tickets_next(&t, text, strlen(text), &at, 100));
	assert_string_equal(t.text, "second");
	assert_true(t.expires == UINT64_MAX);
	assert_false(orl_tickets_next(&t, text, strlen(text), &at, 100));
	char longer[300];
	memset(longer, 'x', sizeof(longer));
	for (size_t n = 256; n <= 257; n++) {
		at = 0;
		assert_true(orl_tickets_next(&t, longer, n, &at, 0) ==
				(n == 256));
	}
}

static void tickets_work_once(void **state)
{
	char path[] = "/tmp/tickets.XXXXXX", why[256];
	struct orl_ticket t;
	struct stat before, after;
	(void)state;

	close(mkstemp(path));
	write_file(path, "gone 5\none 1000\ntwo\none\n", 0600);
	stat(path, &before);
	assert_int_equal(orl_tickets_pick(&t, path, 10, why, sizeof(why)), 0);
	assert_string_equal(t.text, "one");
	assert_string_equal(why, "");
	assert_int_equal(orl_tickets_spend(path, "one", 10, why, sizeof(why)),
			0);
	assert_file(path, "gone 5\n### 1000\ntwo\n###\n");
	stat(path, &after);
	assert_true(before.st_ino == after.st_ino);
	assert_int_equal(orl_tickets_spend(path, "one", 10, why, sizeof(why)),
			ORIEL_EAUTH);
	assert_int_equal(orl_tickets_spend(path, "gone", 10, why, sizeof(why)),
			ORIEL_EAUTH);
	assert_int_equal(orl_tickets_pick(&t, path, 10, why, sizeof(why)), 0);
	assert_string_equal(t.text, "two");
	assert_int_equal(orl_tickets_spend(path, "two", 10, why, sizeof(why)),
			0);
	assert_int_equal(orl_tickets_pick(&t, path, 10, why, sizeof(why)),
			ORIEL_EAUTH);
	assert_non_null(strstr(why, "no ticket"));
	write_file(path, "x\n", 0644);
	assert_int_equal(orl_tickets_pick(&t, path, 10, why, sizeof(why)), 0);
	assert_non_null(strstr(why, "WARNING"));
	assert_int_equal(truncate(path, ORL_PASSWD_FILE_MAX + 1), 0);
	assert_int_equal(orl_tickets_pick(&t, path, 10, why, sizeof(why)),
			ORIEL_ELIMIT);
	unlink(path);
	assert_int_equal(orl_tickets_pick(&t, path, 10, why, sizeof(why)),
			ORIEL_EIO);
	assert_int_equal(orl_tickets_spend(path, "x", 10, why, sizeof(why)),
			ORIEL_EIO);
}

static void of_many_servers_one_accepts_it(void **state)
{
	char path[] = "/tmp/tickets.XXXXXX", why[256];
	int accepted = 0;
	(void)state;

	close(mkstemp(path));
	write_file(path, "other\nthe-ticket\n", 0600);
	for (int i = 0; i < 8; i++) {
		if (fork() == 0)
			_exit(orl_tickets_spend(path, "the-ticket", 1, why,
					      sizeof(why)) == 0);
	}
	for (int i = 0; i < 8; i++) {
		int status = -1;
		assert_true(wait(&status) > 0);
		assert_true(WIFEXITED(status));
		accepted += WEXITSTATUS(status);
	}
	assert_int_equal(accepted, 1);
	assert_file(path, "other\n##########\n");
	unlink(path);
}

static void pairing_codes_are_readable(void **state)
{
	char code[ORL_PAIRING_SIZE], other[ORL_PAIRING_SIZE];
	bool seen[128] = { false };
	int kinds = 0;
	(void)state;

	for (int round = 0; round < 200; round++) {
		assert_int_equal(orl_pairing_make(code), 0);
		assert_int_equal(strlen(code), 19);
		for (int i = 0; i < 19; i++) {
			assert_true((i % 5 == 4) == (code[i] == '-'));
			seen[(unsigned char)code[i]] = true;
		}
		assert_null(strpbrk(code, "bgiloqsuvz0123456789"));
		assert_true(orl_passwd_text_ok(code, 19));
	}
	for (int c = 0; c < 128; c++)
		kinds += seen[c];
	assert_int_equal(kinds, 17); /* with the dash */
	assert_int_equal(orl_pairing_make(other), 0);
	assert_string_not_equal(code, other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_lone_line_is_the_password),
		cmocka_unit_test(users_have_lines),
		cmocka_unit_test(wrong_files_are_refused_with_a_line),
		cmocka_unit_test(sizes_are_bounded),
		cmocka_unit_test(readable_files_are_warned_of),
		cmocka_unit_test(tickets_are_found_in_text),
		cmocka_unit_test(tickets_work_once),
		cmocka_unit_test(of_many_servers_one_accepts_it),
		cmocka_unit_test(pairing_codes_are_readable),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
