/* test_policy.c - rights as text, and what is refused in them. */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

#include <oriel/oriel.h>

#include "capture/policy.h"
#include "clip/types.h"

static struct orl_policy policy;
static char why[256];

static int parse(const char *text)
{
	orl_policy_init(&policy);
	why[0] = 0;
	return orl_policy_parse(&policy, text, strlen(text), why, sizeof(why));
}

static void nothing_is_the_default(void **state)
{
	(void)state;
	assert_int_equal(parse(""), 0);
	assert_int_equal(orl_policy_rights(&policy, "oriel"),
			ORIEL_MAY_SEE | ORIEL_MAY_HEAR | ORIEL_MAY_INPUT |
					ORIEL_MAY_COPY | ORIEL_MAY_PASTE |
					ORIEL_MAY_PRINT | ORIEL_MAY_RESIZE);
}

static void users_differ_from_the_rest(void **state)
{
	(void)state;
	assert_int_equal(parse("# who may what\n"
			       "rights = see\tinput   # the rest\r\n"
			       "\n"
			       "rights.alice.b=all\n"
			       "  rights.bob =\n"
			       "rights. carol = see hear"),
			0);
	assert_int_equal(orl_policy_rights(&policy, "dave"),
			ORIEL_MAY_SEE | ORIEL_MAY_INPUT);
	assert_int_equal(orl_policy_rights(&policy, "alice.b"), 0x1ff);
	assert_int_equal(orl_policy_rights(&policy, "bob"), 0);
	assert_int_equal(orl_policy_rights(&policy, " carol"),
			ORIEL_MAY_SEE | ORIEL_MAY_HEAR);
}

static void each_right_has_its_word(void **state)
{
	static const char *const words[] = { "see", "hear", "input", "speak",
		"copy", "paste", "usb", "print", "resize" };
	char line[64];

	(void)state;
	for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		snprintf(line, sizeof(line), "rights = %s", words[i]);
		assert_int_equal(parse(line), 0);
		assert_int_equal(policy.rights, 1u << i);
	}
}

static void mistakes_name_their_line(void **state)
{
	static const struct {
		const char *text, *says;
	} wrong[] = {
		{ "\n\nright = see\n", "line 3: this key is not known" },
		{ "rights see", "line 1: a line is key = value" },
		{ "rights = see\nrights = hear", "line 2: rights has been" },
		{ "rights.a = see\nrights.a =", "line 2: this user has been" },
		{ "rights = seehear", "line 1: a right is one of" },
		{ "rights. = see", "line 1: a user's name has" },
		{ "rightsx.a = see", "line 1: this key is not known" },
		{ "= see", "line 1: this key is not known" },
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_int_equal(parse(wrong[i].text), -1);
		assert_memory_equal(why, wrong[i].says, strlen(wrong[i].says));
	}
}

static void a_second_viewer_has_its_word(void **state)
{
	(void)state;
	assert_int_equal(parse(""), 0);
	assert_int_equal(policy.second, ORL_SECOND_TAKE);
	assert_int_equal(parse("second = watch"), 0);
	assert_int_equal(policy.second, ORL_SECOND_WATCH);
	assert_int_equal(parse(" second=replace # the first goes"), 0);
	assert_int_equal(policy.second, ORL_SECOND_REPLACE);
	assert_int_equal(parse("second = refuse\r"), 0);
	assert_int_equal(policy.second, ORL_SECOND_REFUSE);
	assert_int_equal(parse("second = both"), -1);
	assert_non_null(strstr(why, "line 1: second is one of"));
	assert_int_equal(parse("second ="), -1);
	assert_int_equal(parse("second = take\nsecond = take"), -1);
	assert_non_null(strstr(why, "line 2: second has been given"));
}

static void limits_hold(void **state)
{
	static char text[ORL_POLICY_SIZE + 2];
	size_t n = 0;

	(void)state;
	for (int i = 0; i <= ORL_POLICY_USERS; i++)
		n += (size_t)sprintf(text + n, "rights.u%d = see\n", i);
	assert_int_equal(parse(text), -1);
	assert_non_null(strstr(why, "at most 64"));
	text[strlen(text) - strlen("rights.u64 = see\n")] = 0;
	assert_int_equal(parse(text), 0);
	assert_int_equal(policy.count, ORL_POLICY_USERS);

	memset(text, 'x', 100);
	memcpy(text, "rights.", 7);
	strcpy(text + 100, " = see");
	assert_int_equal(parse(text), -1);
	memset(text, '\n', ORL_POLICY_SIZE + 1);
	text[ORL_POLICY_SIZE + 1] = 0;
	assert_int_equal(parse(text), -1);
	text[ORL_POLICY_SIZE] = 0;
	assert_int_equal(parse(text), 0);
	/* A name with a NUL inside would be another name later. */
	orl_policy_init(&policy);
	assert_int_equal(orl_policy_parse(&policy, "rights.a\0b = see", 16, why,
					 sizeof(why)),
			-1);
}

static void the_clipboard_has_its_keys(void **state)
{
	static const char *const bad[] = { "copy = texts", "copy = file",
		"paste-max = 0", "paste-max = 65537", "copy-max = 1M",
		"copy-max =", "primary = maybe", "paste = text\npaste = text",
		"paste-max = 99999999999999999999" };

	(void)state;
	assert_int_equal(parse(""), 0);
	assert_int_equal(policy.paste_types, 1u << ORL_CONTENT_TEXT);
	assert_int_equal(policy.copy_types, 0);
	assert_true(policy.paste_max == UINT64_C(256) << 20);
	assert_false(policy.primary);
	assert_int_equal(parse("copy = html  image files\npaste =\npaste-max = "
			       "16\n"
			       "copy-max=65536\nprimary = yes"),
			0);
	assert_int_equal(policy.copy_types,
			1u << ORL_CONTENT_HTML | 1u << ORL_CONTENT_IMAGE |
					1u << ORL_CONTENT_FILES);
	assert_int_equal(policy.paste_types, 0);
	assert_true(policy.paste_max == UINT64_C(16) << 20);
	assert_true(policy.copy_max == UINT64_C(65536) << 20);
	assert_true(policy.primary);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(parse(bad[i]), -1);
		assert_non_null(strstr(why, "line"));
	}
}

static void usb_rules_are_of_all_or_of_one(void **state)
{
	char text[2048] = "";

	(void)state;
	assert_int_equal(parse(""), 0);
	assert_string_equal(policy.usb, "");
	assert_null(orl_policy_usb(&policy, "ann"));
	assert_int_equal(parse("usb = 3,0x046d,-1,-1,1|8,-1,-1,-1,0\n"
			       "usb.ann = -1,-1,-1,-1,0 # none\n"
			       "usb.bob =\n"),
			0);
	assert_string_equal(policy.usb, "3,0x046d,-1,-1,1|8,-1,-1,-1,0");
	assert_string_equal(orl_policy_usb(&policy, "ann"), "-1,-1,-1,-1,0");
	assert_string_equal(orl_policy_usb(&policy, "bob"), "");
	assert_null(orl_policy_usb(&policy, "eve"));
	assert_int_equal(parse("rights = usb\nusb = keyboards\n"), -1);
	assert_non_null(strstr(why, "line 2"));
	assert_int_equal(parse("usb = 3,1,1\n"), -1);
	assert_int_equal(parse("usb =\nusb =\n"), -1);
	assert_int_equal(parse("usb.a =\nusb.a =\n"), -1);
	assert_int_equal(parse("usb. = \n"), -1);
	memset(text, ' ', sizeof(text) - 1);
	memcpy(text, "usb = 3", 7);
	for (size_t i = 7; i < 700; i++)
		text[i] = '0';
	assert_int_equal(parse(text), -1);
}

static void printing_has_its_limits(void **state)
{
	(void)state;
	assert_int_equal(parse(""), 0);
	assert_int_equal(policy.print_formats, 7);
	assert_int_equal(policy.print_jobs, 16);
	assert_int_equal(policy.print_size, 1 << 30);
	assert_false(policy.print_usual);
	assert_int_equal(parse("print = jpeg pdf\nprint.jobs=3\n"
			       "print.size = 20M # each\n"
			       "print.printers = usual"),
			0);
	assert_int_equal(policy.print_formats,
			ORIEL_PRINT_JPEG | ORIEL_PRINT_PDF);
	assert_int_equal(policy.print_jobs, 3);
	assert_int_equal(policy.print_size, 20 << 20);
	assert_true(policy.print_usual);
	assert_int_equal(parse("print ="), 0);
	assert_int_equal(policy.print_formats, 0);
	assert_int_equal(parse("print.size = 500k"), 0);
	assert_int_equal(policy.print_size, 500 << 10);
	static const char *const wrong[] = { "print = ps", "print.jobs = 65",
		"print.jobs = 1k", "print.jobs =", "print.size = 1T",
		"print.size = -1", "print.size = 99999999999999",
		"print.size = 999999999G", "print.size = k",
		"print.printers = some", "print.colour = no", "printer = x",
		"print = pwg\nprint = pwg", "print.jobs = 1\nprint.jobs = 1" };
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		if (parse(wrong[i]) == 0)
			fail_msg("'%s' is taken", wrong[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_the_default),
		cmocka_unit_test(users_differ_from_the_rest),
		cmocka_unit_test(each_right_has_its_word),
		cmocka_unit_test(mistakes_name_their_line),
		cmocka_unit_test(a_second_viewer_has_its_word),
		cmocka_unit_test(limits_hold),
		cmocka_unit_test(the_clipboard_has_its_keys),
		cmocka_unit_test(usb_rules_are_of_all_or_of_one),
		cmocka_unit_test(printing_has_its_limits),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
