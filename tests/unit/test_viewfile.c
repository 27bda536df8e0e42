/* test_viewfile.c - .oriel files, good and bad. */
#include "tests/unit/unit.h"

#include <string.h>

#include "client/viewer/viewfile.h"

static char error[256];

static bool parse(struct orl_viewfile *f, const char *text)
{
	error[0] = '\0';
	return orl_viewfile_parse(f, text, strlen(text), error, sizeof(error));
}

static void reads_every_key(void **state)
{
	struct orl_viewfile f;
	(void)state;
	assert_true(parse(&f, "# my desk\r\n"
			      "\n"
			      "  address\t=  oriel://me@desk.example:5911 \r\n"
			      "trust = first-use\n"
			      "fullscreen=yes\n"
			      "title = Desk = \xc3\xbc # 1"));
	assert_string_equal(f.address, "oriel://me@desk.example:5911");
	assert_string_equal(f.trust, "first-use");
	assert_string_equal(f.title, "Desk = \xc3\xbc # 1");
	assert_true(f.fullscreen);
	assert_true(parse(&f, "address = unix:/x\nfullscreen = no\n"));
	assert_false(f.fullscreen);
	assert_string_equal(f.title, "");
}

static void says_what_is_wrong_and_where(void **state)
{
	static const char *const cases[][2] = {
		{ "", "no address" },
		{ "# only this\n", "no address" },
		{ "address = a\npassword = x\n", "line 2: unknown key" },
		{ "address = a\n\n\nhello\n", "line 4: write it as" },
		{ "address =\n", "line 1: the value is missing" },
		{ "= x\n", "line 1: unknown key" },
		{ "Address = x\n", "line 1: unknown key" },
		{ "address = a\naddress = b\n", "line 2: this key was given" },
		{ "address = a\ntitle = \x1b[2J\n", "line 2: the value holds" },
		{ "fullscreen = maybe\n", "line 1: fullscreen is yes or no" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct orl_viewfile f;
		assert_false(parse(&f, cases[i][0]));
		if (strncmp(error, cases[i][1], strlen(cases[i][1])) != 0)
			fail_msg("%s: %s", cases[i][1], error);
	}
}

static void has_limits(void **state)
{
	static char text[ORL_VIEWFILE_MAX + 1];
	struct orl_viewfile f;
	(void)state;
	memcpy(text, "address = ", 10);
	memset(text + 10, 'x', ORL_VIEWFILE_VALUE - 1);
	assert_true(orl_viewfile_parse(&f, text, 10 + ORL_VIEWFILE_VALUE - 1,
			error, sizeof(error)));
	assert_int_equal(strlen(f.address), ORL_VIEWFILE_VALUE - 1);
	text[10 + ORL_VIEWFILE_VALUE - 1] = 'x';
	assert_false(orl_viewfile_parse(&f, text, 10 + ORL_VIEWFILE_VALUE,
			error, sizeof(error)));
	assert_string_equal(error, "line 1: the value is too long");
	assert_false(orl_viewfile_parse(
			&f, text, sizeof(text), error, sizeof(error)));
	assert_string_equal(error, "longer than 64 KiB");
	/* NUL is a byte like others, and not allowed in a value. */
	assert_false(orl_viewfile_parse(
			&f, "address = a\0b", 13, error, sizeof(error)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_every_key),
		cmocka_unit_test(says_what_is_wrong_and_where),
		cmocka_unit_test(has_limits),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
