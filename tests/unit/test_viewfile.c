/* test_viewfile.c - .oriel files, good and bad. */
#include "tests/unit/unit.h"

#include <string.h>

#include "client/viewer/viewfile.h"

static char error[256];

static bool parse(struct orl_viewfile *f, const char *text)
{
	error[0] = '\0';
	return orl_viewfile_parse(f, ORL_VIEWFILE_DESKTOP, text, strlen(text),
			error, sizeof(error));
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
			      "windows = one\nscaling = fit\nresize = no\n"
			      "keyboard = text\nreconnect = 5\n"
			      "title = Desk = \xc3\xbc # 1"));
	assert_string_equal(f.value[ORL_SETTING_ADDRESS],
			"oriel://me@desk.example:5911");
	assert_string_equal(f.value[ORL_SETTING_TRUST], "first-use");
	assert_string_equal(f.value[ORL_SETTING_TITLE], "Desk = \xc3\xbc # 1");
	assert_string_equal(f.value[ORL_SETTING_FULLSCREEN], "yes");
	assert_string_equal(f.value[ORL_SETTING_WINDOWS], "one");
	assert_string_equal(f.value[ORL_SETTING_RECONNECT], "5");
	assert_string_equal(f.value[ORL_SETTING_SCALE], "");
	assert_true(parse(&f, "address = unix:/x\nfullscreen = no\n"));
	assert_string_equal(f.value[ORL_SETTING_TITLE], "");
}

/* view.conf is for every desktop, so it names none. */
static void defaults_have_keys_of_their_own(void **state)
{
	static const char text[] = "scale = 2\nscaling = integer\n";
	struct orl_viewfile f;
	(void)state;
	assert_true(orl_viewfile_parse(&f, ORL_VIEWFILE_DEFAULTS, text,
			strlen(text), error, sizeof(error)));
	assert_string_equal(f.value[ORL_SETTING_SCALE], "2");
	assert_string_equal(f.value[ORL_SETTING_SCALING], "integer");
	assert_true(orl_viewfile_parse(&f, ORL_VIEWFILE_DEFAULTS, "", 0, error,
			sizeof(error)));
	assert_false(orl_viewfile_parse(&f, ORL_VIEWFILE_DEFAULTS,
			"address = unix:/x", 17, error, sizeof(error)));
	assert_string_equal(error,
			"line 1: unknown key; oriel-view(1) lists those that "
			"there are");
	assert_false(parse(&f, "address = unix:/x\nscale = 2"));
	for (int i = 0; i < ORL_SETTINGS; i++)
		assert_true(*orl_setting_name((enum orl_setting)i));
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
	assert_true(orl_viewfile_parse(&f, ORL_VIEWFILE_DESKTOP, text,
			10 + ORL_VIEWFILE_VALUE - 1, error, sizeof(error)));
	assert_int_equal(strlen(f.value[ORL_SETTING_ADDRESS]),
			ORL_VIEWFILE_VALUE - 1);
	text[10 + ORL_VIEWFILE_VALUE - 1] = 'x';
	assert_false(orl_viewfile_parse(&f, ORL_VIEWFILE_DESKTOP, text,
			10 + ORL_VIEWFILE_VALUE, error, sizeof(error)));
	assert_string_equal(error, "line 1: the value is too long");
	assert_false(orl_viewfile_parse(&f, ORL_VIEWFILE_DESKTOP, text,
			sizeof(text), error, sizeof(error)));
	assert_string_equal(error, "longer than 64 KiB");
	/* NUL is a byte like others, and not allowed in a value. */
	assert_false(orl_viewfile_parse(&f, ORL_VIEWFILE_DESKTOP,
			"address = a\0b", 13, error, sizeof(error)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_every_key),
		cmocka_unit_test(defaults_have_keys_of_their_own),
		cmocka_unit_test(says_what_is_wrong_and_where),
		cmocka_unit_test(has_limits),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
