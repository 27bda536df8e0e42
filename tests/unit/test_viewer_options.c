/* test_viewer_options.c - the command line of oriel-view. */
#include "tests/unit/unit.h"

#include <string.h>

#include "client/viewer/options.h"

#define HEX "00112233445566778899aabbccddeeff"
#define COLONS "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF"

static char error[1024];
static struct orl_viewer_options o;

/* Up to six arguments. */
static enum orl_viewer_result parse(const char *a, const char *b, const char *c,
		const char *d, const char *e, const char *f)
{
	char *argv[] = { (char *)"oriel-view", (char *)a, (char *)b, (char *)c,
		(char *)d, (char *)e, (char *)f };
	int argc = 1;
	while (argc < 7 && argv[argc])
		argc++;
	error[0] = '\0';
	return orl_viewer_options_parse(&o, argc, argv, error, sizeof(error));
}

static void wrong(const char *arg, const char *because)
{
	if (parse(arg, NULL, NULL, NULL, NULL, NULL) != ORL_OPTIONS_WRONG ||
			!strstr(error, because))
		fail_msg("%s: %s", arg, error);
}

static void takes_the_documented_options(void **state)
{
	(void)state;
	assert_int_equal(parse("oriel://desk:7000", "--headless", "--json",
					 "--screenshot=a.png",
					 "--exit-after=2.5",
					 "--exit-when=lossless"),
			ORL_OPTIONS_RUN);
	assert_string_equal(o.address, "oriel://desk:7000");
	assert_true(o.headless && o.json && !o.fullscreen && !o.kiosk);
	assert_string_equal(o.screenshot, "a.png");
	assert_int_equal(o.exit_after, UINT64_C(2500000000));
	assert_int_equal(o.exit_when, ORL_EXIT_LOSSLESS);
	assert_int_equal(parse("--fullscreen", "--kiosk", "--stats=s",
					 "--password-file=p",
					 "--exit-when=closed", "unix:/run/x"),
			ORL_OPTIONS_RUN);
	assert_true(o.fullscreen && o.kiosk);
	assert_string_equal(o.stats, "s");
	assert_string_equal(o.password_file, "p");
	assert_int_equal(o.exit_when, ORL_EXIT_CLOSED);
	assert_string_equal(o.address, "unix:/run/x");
	assert_int_equal(o.trust.mode, ORL_TRUST_ASK);
	assert_int_equal(parse("desk.oriel", "--ticket-file=t", NULL, NULL,
					 NULL, NULL),
			ORL_OPTIONS_RUN);
	assert_string_equal(o.file, "desk.oriel");
	assert_string_equal(o.ticket_file, "t");
	assert_int_equal(parse("--help", "rest", NULL, NULL, NULL, NULL),
			ORL_OPTIONS_HELP);
	assert_int_equal(parse("--version", NULL, NULL, NULL, NULL, NULL),
			ORL_OPTIONS_VERSION);
	assert_int_equal(parse("--", "-x.oriel", NULL, NULL, NULL, NULL),
			ORL_OPTIONS_RUN);
	assert_string_equal(o.file, "-x.oriel");
}

static void takes_what_windows_are(void **state)
{
	(void)state;
	assert_int_equal(parse("unix:/x", NULL, NULL, NULL, NULL, NULL),
			ORL_OPTIONS_RUN);
	assert_int_equal(o.scaling, ORL_SCALING_AUTO);
	assert_int_equal(o.resize, ORL_RESIZE_DEFAULT);
	assert_false(o.one_window || o.kiosk_exit.keysym);
	assert_int_equal(parse("--windows=one", "--scaling=integer",
					 "--resize=no", "--kiosk",
					 "--kiosk-exit=ctrl+shift+f12",
					 "unix:/x"),
			ORL_OPTIONS_RUN);
	assert_int_equal(o.scaling, ORL_SCALING_INTEGER);
	assert_int_equal(o.resize, ORL_RESIZE_NO);
	assert_true(o.one_window && o.kiosk_exit.ctrl && o.kiosk_exit.shift);
	assert_false(o.kiosk_exit.alt || o.kiosk_exit.super);
	assert_int_equal(o.kiosk_exit.keysym, 0xffc9);
	assert_int_equal(
			parse("--windows=each", "--scaling=1:1", "--resize=yes",
					"--kiosk-exit=super+alt+Q", "unix:/x",
					NULL),
			ORL_OPTIONS_RUN);
	assert_int_equal(o.scaling, ORL_SCALING_ONE);
	assert_int_equal(o.resize, ORL_RESIZE_YES);
	assert_int_equal(o.kiosk_exit.keysym, 'q');
	assert_int_equal(orl_viewer_options_check(&o, error, sizeof(error)),
			ORL_OPTIONS_WRONG);
	assert_non_null(strstr(error, "--kiosk-exit is for --kiosk"));
	wrong("--windows=two", "--windows is");
	wrong("--scaling=2", "--scaling is");
	wrong("--resize=", "--resize is");
	wrong("--kiosk-exit=q", "--kiosk-exit is");
	wrong("--kiosk-exit=ctrl+", "--kiosk-exit is");
	wrong("--kiosk-exit=ctrl+ctrl+q", "--kiosk-exit is");
	wrong("--kiosk-exit=ctrl+f13", "--kiosk-exit is");
	wrong("--kiosk-exit=ctrl+f1x", "--kiosk-exit is");
	wrong("--kiosk-exit=hyper+q", "--kiosk-exit is");
}

static void usb_devices_are_named_by_rules(void **state)
{
	(void)state;
	assert_int_equal(parse("--usb=046d:0a44", "--usb=abcd:0001",
					 "--usb-auto=8,-1,-1,-1,1",
					 "--usb-rules=3,0x046d,-1,-1,1",
					 "--usb-device=unix:/run/d",
					 "oriel://a"),
			ORL_OPTIONS_RUN);
	assert_int_equal(o.usb_chosen_count, 2);
	assert_string_equal(o.usb_chosen[1], "abcd:0001");
	assert_string_equal(o.usb_auto, "8,-1,-1,-1,1");
	assert_string_equal(o.usb_rules, "3,0x046d,-1,-1,1");
	assert_int_equal(o.usb_peer_count, 1);
	assert_string_equal(o.usb_peers[0], "/run/d");
	wrong("--usb=46d:a44", "lsusb");
	wrong("--usb=046D:0A44", "lsusb");
	wrong("--usb=046d:0a44x", "lsusb");
	wrong("--usb-device=/run/d", "unix:PATH");
	wrong("--usb-device=unix:", "unix:PATH");
	wrong("--usb-auto=yes", "CLASS,VENDOR");
	wrong("--usb-rules=8,-1,-1,-1", "CLASS,VENDOR");
}

static void refuses_the_rest(void **state)
{
	(void)state;
	wrong("--colour", "not an option");
	wrong("--headless=yes", "not an option");
	wrong("--stats=", "not an option");
	wrong("-f", "not an option");
	wrong("--exit-when=never", "--exit-when is");
	wrong("--exit-after=soon", "--exit-after is");
	wrong("--exit-after=", "--exit-after is");
	wrong("--exit-after=0", "--exit-after is");
	wrong("--exit-after=-1", "--exit-after is");
	wrong("--exit-after=inf", "--exit-after is");
	wrong("--exit-after=1.2.3", "--exit-after is");
	wrong("--trust=", "--trust is");
	wrong("--trust=ca:", "--trust is");
	wrong("--trust=yes", "--trust is");
	wrong("desk.vv", "SPICE");
	wrong("http://desk", "is not an address");
	wrong(".oriel", "is not an address");
	assert_int_equal(
			parse("oriel://a", "oriel://b", NULL, NULL, NULL, NULL),
			ORL_OPTIONS_WRONG);
	assert_int_equal(parse("--headless", NULL, NULL, NULL, NULL, NULL),
			ORL_OPTIONS_RUN);
	assert_int_equal(orl_viewer_options_check(&o, error, sizeof(error)),
			ORL_OPTIONS_WRONG);
	assert_int_equal(parse("oriel://a", "--ticket-file=a",
					 "--password-file=b", NULL, NULL, NULL),
			ORL_OPTIONS_RUN);
	assert_int_equal(orl_viewer_options_check(&o, error, sizeof(error)),
			ORL_OPTIONS_WRONG);
	assert_int_equal(parse("oriel://a", "--headless", "--fullscreen", NULL,
					 NULL, NULL),
			ORL_OPTIONS_RUN);
	assert_int_equal(orl_viewer_options_check(&o, error, sizeof(error)),
			ORL_OPTIONS_WRONG);
}

static void seconds_to_reconnect_are_whole(void **state)
{
	(void)state;
	assert_int_equal(parse("--reconnect=30", NULL, NULL, NULL, NULL, NULL),
			ORL_OPTIONS_RUN);
	assert_true(o.reconnect_set);
	assert_int_equal(o.reconnect, 30);
	assert_int_equal(parse("--reconnect=0", NULL, NULL, NULL, NULL, NULL),
			ORL_OPTIONS_RUN);
	assert_true(o.reconnect_set);
	assert_int_equal(o.reconnect, 0);
	static const char *const wrong[] = { "--reconnect=", "--reconnect=-1",
		"--reconnect=2.5", "--reconnect=1234567890", "--reconnect=1s" };
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(parse(wrong[i], NULL, NULL, NULL, NULL, NULL),
				ORL_OPTIONS_WRONG);
}

static void keyboards_are_physical_or_text(void **state)
{
	(void)state;
	assert_int_equal(parse("--keyboard=text", NULL, NULL, NULL, NULL, NULL),
			ORL_OPTIONS_RUN);
	assert_true(o.keyboard_text);
	assert_int_equal(parse("--keyboard=text", "--keyboard=physical", NULL,
					 NULL, NULL, NULL),
			ORL_OPTIONS_RUN);
	assert_false(o.keyboard_text);
	assert_int_equal(parse("--keyboard=german", NULL, NULL, NULL, NULL,
					 NULL),
			ORL_OPTIONS_WRONG);
	assert_string_equal(error, "--keyboard is physical or text");
}

static void scales_are_one_or_two(void **state)
{
	(void)state;
	assert_int_equal(parse("--scale=2", NULL, NULL, NULL, NULL, NULL),
			ORL_OPTIONS_RUN);
	assert_int_equal(o.scale, 2);
	assert_int_equal(parse("--scale=3", NULL, NULL, NULL, NULL, NULL),
			ORL_OPTIONS_WRONG);
	assert_int_equal(parse("--scale=", NULL, NULL, NULL, NULL, NULL),
			ORL_OPTIONS_WRONG);
	/* An address may be missing where somebody can be asked for it. */
	assert_int_equal(parse("--fullscreen", NULL, NULL, NULL, NULL, NULL),
			ORL_OPTIONS_RUN);
	assert_int_equal(orl_viewer_options_check(&o, error, sizeof(error)),
			ORL_OPTIONS_WRONG);
	o.ask = true;
	assert_int_equal(orl_viewer_options_check(&o, error, sizeof(error)),
			ORL_OPTIONS_RUN);
}

static void reads_trust(void **state)
{
	struct orl_trust_rule rule;
	(void)state;
	assert_true(orl_trust_parse(&rule, "first-use"));
	assert_int_equal(rule.mode, ORL_TRUST_FIRST_USE);
	assert_true(orl_trust_parse(&rule, "ca:/etc/ca.pem"));
	assert_int_equal(rule.mode, ORL_TRUST_CA);
	assert_string_equal(rule.ca, "/etc/ca.pem");
	assert_true(orl_trust_parse(&rule, HEX HEX));
	assert_int_equal(rule.mode, ORL_TRUST_PIN);
	assert_int_equal(rule.pin[1], 0x11);
	assert_int_equal(rule.pin[31], 0xff);
	assert_true(orl_trust_parse(&rule, COLONS ":" COLONS));
	assert_int_equal(rule.pin[30], 0xee);
	assert_true(orl_trust_parse(&rule, "sha256:" HEX HEX));
	assert_false(orl_trust_parse(&rule, HEX));
	assert_false(orl_trust_parse(&rule, HEX HEX "0"));
	assert_false(orl_trust_parse(&rule, HEX HEX ":"));
	assert_false(orl_trust_parse(&rule, ":" HEX HEX));
	assert_false(orl_trust_parse(&rule, "0x" HEX HEX));
}

static void desktops_name_files_by_uri(void **state)
{
	(void)state;
	assert_int_equal(parse("file:///home/a%20b/%C3%A4.oriel", NULL, NULL,
					 NULL, NULL, NULL),
			ORL_OPTIONS_RUN);
	assert_string_equal(o.file, "/home/a b/\u00e4.oriel");
	assert_int_equal(parse("file:///a%2.oriel", NULL, NULL, NULL, NULL,
					 NULL),
			ORL_OPTIONS_WRONG);
	assert_int_equal(parse("file:///a%00.oriel", NULL, NULL, NULL, NULL,
					 NULL),
			ORL_OPTIONS_WRONG);
	assert_int_equal(parse("file:///desk.vv", NULL, NULL, NULL, NULL, NULL),
			ORL_OPTIONS_WRONG);
}

static enum orl_viewer_result over(
		const struct orl_viewfile *f, const char *option)
{
	const char *argv[] = { "oriel-view", "a.oriel", option, NULL };
	enum orl_viewer_result result;
	memset(&o, 0, sizeof(o));
	result = orl_viewer_options_apply(&o, f, error, sizeof(error));
	if (result != ORL_OPTIONS_RUN)
		return result;
	return orl_viewer_options_again(&o, option ? 3 : 2,
			(char *const *)(uintptr_t)argv, error, sizeof(error));
}

static void options_beat_the_file(void **state)
{
	static struct orl_viewfile f;
	(void)state;
	memset(&f, 0, sizeof(f));
	strcpy(f.value[ORL_SETTING_ADDRESS], "oriel://desk");
	strcpy(f.value[ORL_SETTING_TRUST], "first-use");
	strcpy(f.value[ORL_SETTING_TITLE], "Desk");
	strcpy(f.value[ORL_SETTING_FULLSCREEN], "yes");
	strcpy(f.value[ORL_SETTING_WINDOWS], "one");
	strcpy(f.value[ORL_SETTING_SCALING], "fit");
	strcpy(f.value[ORL_SETTING_RESIZE], "no");
	strcpy(f.value[ORL_SETTING_KEYBOARD], "text");
	strcpy(f.value[ORL_SETTING_RECONNECT], "7");
	strcpy(f.value[ORL_SETTING_SCALE], "2");
	assert_int_equal(over(&f, NULL), ORL_OPTIONS_RUN);
	assert_string_equal(o.address, "oriel://desk");
	assert_string_equal(o.title, "Desk");
	assert_string_equal(o.file, "a.oriel");
	assert_true(o.fullscreen && o.one_window && o.keyboard_text);
	assert_int_equal(o.scaling, ORL_SCALING_FIT);
	assert_int_equal(o.resize, ORL_RESIZE_NO);
	assert_true(o.reconnect_set && o.reconnect == 7);
	assert_int_equal(o.scale, 2);
	assert_int_equal(o.trust.mode, ORL_TRUST_FIRST_USE);
	assert_int_equal(over(&f, "--trust=" HEX HEX), ORL_OPTIONS_RUN);
	assert_int_equal(o.trust.mode, ORL_TRUST_PIN);
	assert_int_equal(over(&f, "--scaling=1:1"), ORL_OPTIONS_RUN);
	assert_int_equal(o.scaling, ORL_SCALING_ONE);
	assert_true(o.one_window);
	for (int i = 0; i < ORL_SETTINGS; i++) {
		struct orl_viewfile bad = f;
		strcpy(bad.value[i], "\x01");
		if (i != ORL_SETTING_TITLE)
			assert_int_equal(over(&bad, NULL), ORL_OPTIONS_WRONG);
	}
}

static void names_hosts(void **state)
{
	static const char *const cases[][2] = {
		{ "oriel://Desk.Example", "desk.example:5910" },
		{ "oriel://me@desk:7", "desk:7" },
		{ "oriel://a@b@desk", "desk:5910" },
		{ "oriel://[FE80::1]", "[fe80::1]:5910" },
		{ "oriel://u@[::1]:80", "[::1]:80" },
		{ "oriel://10.0.0.1:5911", "10.0.0.1:5911" },
		{ "oriel://", NULL },
		{ "oriel://:80", NULL },
		{ "oriel://desk:", NULL },
		{ "oriel://desk:8x", NULL },
		{ "oriel://desk/path", NULL },
		{ "oriel://[::1", NULL },
		{ "oriel://[::1]x", NULL },
		{ "unix:/x", NULL },
	};
	char out[32];
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		bool ok = orl_address_host(out, sizeof(out), cases[i][0]);
		assert_int_equal(ok, cases[i][1] != NULL);
		if (ok)
			assert_string_equal(out, cases[i][1]);
	}
	assert_false(orl_address_host(out, 9, "oriel://desk"));
	assert_true(orl_address_host(out, 10, "oriel://desk"));
}

static void takes_what_is_printed_and_pasted_where(void **state)
{
	(void)state;
	assert_int_equal(parse("oriel://desk", "--printer=ipp://x/y",
					 "--print=always", "--print-pdf",
					 "--printers=all", NULL),
			ORL_OPTIONS_RUN);
	assert_string_equal(o.printer, "ipp://x/y");
	assert_true(o.print_always && o.print_pdf);
	assert_int_equal(o.printers, ORL_PRINTERS_ALL);
	assert_int_equal(parse("oriel://desk", "--print=always", "--print=ask",
					 "--printers=none", NULL, NULL),
			ORL_OPTIONS_RUN);
	assert_false(o.print_always || o.print_pdf);
	assert_int_equal(o.printers, ORL_PRINTERS_NONE);
	assert_int_equal(parse("oriel://desk", NULL, NULL, NULL, NULL, NULL),
			ORL_OPTIONS_RUN);
	assert_int_equal(o.printers, ORL_PRINTERS_UNSAID);
	assert_true(!o.folder && !o.primary);
	assert_int_equal(parse("oriel://desk", "--files=/tmp/x", "--primary",
					 NULL, NULL, NULL),
			ORL_OPTIONS_RUN);
	assert_string_equal(o.folder, "/tmp/x");
	assert_true(o.primary);
	wrong("--printers=some", "default, all or none");
	wrong("--printer=", "name of one");
	wrong("--print=never", "ask or always");
	assert_int_equal(parse("oriel://desk", "--printer=ipp://ada@[::1]/y",
					 "--print-password-file=f", NULL, NULL,
					 NULL),
			ORL_OPTIONS_RUN);
	assert_string_equal(o.print_password_file, "f");
	assert_int_equal(parse("oriel://desk", "--printer=ipp://x:631/y@z:1",
					 NULL, NULL, NULL, NULL),
			ORL_OPTIONS_RUN);
	wrong("--printer=ipp://ada:secret@x/y", "--print-password-file");
	parse("oriel://desk", "--print-password-file=f", NULL, NULL, NULL,
			NULL);
	assert_int_equal(orl_viewer_options_check(&o, error, sizeof(error)),
			ORL_OPTIONS_WRONG);
	assert_non_null(strstr(error, "name it with --printer"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_the_documented_options),
		cmocka_unit_test(takes_what_windows_are),
		cmocka_unit_test(usb_devices_are_named_by_rules),
		cmocka_unit_test(refuses_the_rest),
		cmocka_unit_test(scales_are_one_or_two),
		cmocka_unit_test(seconds_to_reconnect_are_whole),
		cmocka_unit_test(keyboards_are_physical_or_text),
		cmocka_unit_test(reads_trust),
		cmocka_unit_test(desktops_name_files_by_uri),
		cmocka_unit_test(options_beat_the_file),
		cmocka_unit_test(names_hosts),
		cmocka_unit_test(takes_what_is_printed_and_pasted_where),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
