/* test_options.c - the command line, and what is refused on it. */
#include "tests/unit/unit.h"

#include <stdbool.h>
#include <string.h>

#include "capture/options.h"

enum { MAX = 16 };

static struct orl_options options;
static char why[256];

/* The arguments, ended by NULL. */
static int parse(const char *first, ...)
{
	char *argv[MAX + 1] = { (char *)(uintptr_t) "oriel-serve" };
	const char *arg = first;
	int argc = 1;
	va_list args;

	va_start(args, first);
	for (; arg && argc < MAX; arg = va_arg(args, const char *))
		argv[argc++] = (char *)(uintptr_t)arg;
	va_end(args);
	why[0] = 0;
	return orl_options_parse(&options, argc, argv, why, sizeof(why));
}

static void refused(int result, const char *says)
{
	assert_int_equal(result, -1);
	if (!strstr(why, says))
		fail_msg("'%s' does not say '%s'", why, says);
}

static void defaults_and_everything(void **state)
{
	(void)state;
	assert_int_equal(parse("--source=pattern", NULL), 0);
	assert_int_equal(options.listen_count, 1);
	assert_string_equal(options.listen[0], "tcp://127.0.0.1:5910");
	assert_false(options.once);
	assert_int_equal(parse("--source=x11::0", "--listen=tcp://[::]:0",
					 "--listen=unix:/a=b", "--once",
					 "--lossless", "--json",
					 "--max-rate=20M", "--workers=3",
					 "--congestion=bbr", "--test-desync=7",
					 "--stats=-", "--cert=c", "--key=k",
					 NULL),
			0);
	assert_string_equal(options.source, "x11::0");
	assert_string_equal(options.listen[0], "tcp://[::]:0");
	assert_string_equal(options.listen[1], "unix:/a=b");
	assert_true(options.once && options.lossless && options.json);
	assert_int_equal(options.max_rate, 2500000);
	assert_int_equal(options.workers, 3);
	assert_int_equal(options.test_desync, 7);
	assert_string_equal(options.key, "k");
}

static void a_command_ends_the_line(void **state)
{
	(void)state;
	assert_int_equal(parse("--source=qemu:", "--launch", "--", "vm",
					 "--once", "--", NULL),
			0);
	assert_string_equal(options.launch[0], "vm");
	assert_string_equal(options.launch[1], "--once");
	assert_string_equal(options.launch[2], "--");
	assert_null(options.launch[3]);
	assert_false(options.once);
	assert_int_equal(parse("--source=x11", NULL), 0);
	assert_null(options.launch);
}

static void help_asks_for_nothing_else(void **state)
{
	(void)state;
	assert_int_equal(parse("--help", NULL), 0);
	assert_true(options.help);
	assert_int_equal(parse("--version", NULL), 0);
	assert_true(options.version);
}

static void mistakes_are_named(void **state)
{
	(void)state;
	refused(parse(NULL), "--source=");
	refused(parse("pattern", NULL), "'pattern' is not an option");
	refused(parse("-h", NULL), "'-h' is not an option");
	refused(parse("--source=x11", "--", NULL), "for --launch");
	refused(parse("--sauce=x", NULL), "no option --sauce");
	refused(parse("--source", NULL), "--source needs a value");
	refused(parse("--source=", NULL), "--source needs a value");
	refused(parse("--once=yes", NULL), "--once takes no value");
	refused(parse("--workers=65", NULL), "--workers");
	refused(parse("--workers=1x", NULL), "--workers");
	refused(parse("--test-desync=99999999999999999999", NULL), "--test");
	refused(parse("--source=x11", "--cert=a", NULL), "go together");
	refused(parse("--source=x11", "--congestion=../x", NULL), "bbr");
	refused(parse("--source=qemu:", "--launch-user=vm", NULL),
			"goes with --launch");
	refused(parse("--source=qemu:", "--launch", NULL), "--launch -- COMM");
	refused(parse("--source=qemu:", "--launch", "--", NULL),
			"--launch -- COMMAND");
	refused(parse("--source=qemu:", "--", "true", NULL), "for --launch");
	refused(parse("--listen=5910", NULL), "tcp://HOST:PORT");
	refused(parse("--listen=tcp://host", NULL), "tcp://HOST:PORT");
	refused(parse("--listen=tcp://:1", NULL), "tcp://HOST:PORT");
	refused(parse("--listen=tcp://h:65536", NULL), "65535");
	refused(parse("--listen=unix:", NULL), "path");
}

static void nobody_is_let_in_from_afar_without_proof(void **state)
{
	(void)state;
	assert_int_equal(parse("--source=pattern", "--no-auth", NULL), 0);
	assert_int_equal(parse("--source=pattern", "--no-auth",
					 "--listen=unix:/tmp/x",
					 "--listen=tcp://localhost:1",
					 "--listen=tcp://[::1]:1", NULL),
			0);
	refused(parse("--source=pattern", "--no-auth",
				"--listen=tcp://127.0.0.1:1",
				"--listen=tcp://0.0.0.0:1", NULL),
			"--no-auth");
	refused(parse("--source=pattern", "--no-auth", "--password-file=p",
				NULL),
			"contradicts");
}

static void local_is_what_this_machine_alone_reaches(void **state)
{
	static const char *const far[] = { "tcp://0.0.0.0:1", "tcp://[::]:1",
		"tcp://127.evil.example:1", "tcp://localhost.example:1",
		"tcp://128.0.0.1:1", "tcp://127.:1", "tcp://[::1]x:1",
		"localhost:1" };

	(void)state;
	assert_true(orl_address_is_local("unix:/x"));
	assert_true(orl_address_is_local("tcp://127.0.0.53:80"));
	for (unsigned i = 0; i < sizeof(far) / sizeof(far[0]); i++)
		assert_false(orl_address_is_local(far[i]));
}

static void rates_have_units(void **state)
{
	static const char *const wrong[] = { "", "M", "20MB", "1.5M", "-1", "7",
		"99999999999999999999", "18446744073709551G" };
	uint64_t rate = 0;

	(void)state;
	assert_int_equal(orl_options_rate(&rate, "8"), 0);
	assert_int_equal(rate, 1);
	assert_int_equal(orl_options_rate(&rate, "500k"), 0);
	assert_int_equal(rate, 62500);
	assert_int_equal(orl_options_rate(&rate, "10G"), 0);
	assert_int_equal(rate, 1250000000);
	for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(orl_options_rate(&rate, wrong[i]), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults_and_everything),
		cmocka_unit_test(a_command_ends_the_line),
		cmocka_unit_test(help_asks_for_nothing_else),
		cmocka_unit_test(mistakes_are_named),
		cmocka_unit_test(nobody_is_let_in_from_afar_without_proof),
		cmocka_unit_test(local_is_what_this_machine_alone_reaches),
		cmocka_unit_test(rates_have_units),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
