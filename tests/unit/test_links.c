/*
 * test_links.c - what a description of a link means, to the emulator and to
 * tc, which descriptions are refused, and whether a script has happened.
 */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

#include "bench/links.h"
#include "bench/verify.h"

static struct link_spec parse(const char *text)
{
	static struct link_spec l;
	char why[160] = "";
	if (link_parse(&l, text, why, sizeof(why)) != 0)
		fail_msg("%s: %s", text, why);
	return l;
}

static const char *refused(const char *text)
{
	static char why[160];
	struct link_spec l;
	why[0] = 0;
	assert_int_equal(link_parse(&l, text, why, sizeof(why)), -1);
	return why;
}

static bool close_to(double a, double b)
{
	return a > b - 1e-9 && a < b + 1e-9;
}

static void the_named_links_are_what_they_are_called(void **state)
{
	static const struct {
		const char *name;
		uint64_t down, up, rtt_us;
		uint32_t queue;
	} want[] = {
		{ "lan", 1000000000, 1000000000, 300, 1250000 },
		{ "campus", 100000000, 100000000, 10000, 625000 },
		{ "wan", 20000000, 20000000, 40000, 250000 },
		{ "dsl", 4000000, 1000000, 60000, 100000 },
		{ "t1", 1500000, 1500000, 70000, 37500 },
		{ "4g", 20000000, 5000000, 50000, 500000 },
		{ "lossy", 10000000, 10000000, 80000, 125000 },
		{ "burst", 10000000, 10000000, 80000, 125000 },
		{ "geo", 10000000, 2000000, 600000, 375000 },
		{ "sat", 2000000, 1000000, 300000, 100000 },
		{ "step", 20000000, 20000000, 40000, 250000 },
		{ "outage", 20000000, 20000000, 40000, 250000 },
		{ "shared", 20000000, 20000000, 40000, 250000 },
	};
	size_t n = 0;
	(void)state;
	for (; link_names[n].name; n++) {
		struct link_spec l = parse(link_names[n].name);
		assert_string_equal(want[n].name, l.name);
		assert_string_equal(link_names[n].text, l.text);
		assert_true(l.way[LINK_DOWN].rate == want[n].down);
		assert_true(l.way[LINK_UP].rate == want[n].up);
		assert_true(link_rtt_us(&l) == want[n].rtt_us);
		assert_int_equal(l.way[LINK_DOWN].queue_bytes, want[n].queue);
	}
	assert_int_equal(n, sizeof(want) / sizeof(*want));
	assert_true(close_to(parse("lossy").way[LINK_UP].loss, 0.01));
	assert_true(parse("4g").way[LINK_DOWN].jitter_us == 10000);
	assert_true(parse("shared").flow && !parse("wan").flow);
	/* 1 % on the average. */
	struct shaper_config w = parse("burst").way[LINK_DOWN];
	assert_true(w.ge_p / (w.ge_p + w.ge_r) > 0.0099 &&
			w.ge_p / (w.ge_p + w.ge_r) < 0.0101);
}

static void every_key_means_what_it_says(void **state)
{
	struct link_spec l = parse("down=20mbit,up=500kbit,rtt=50ms,"
				   "jitter=1500us,up-delay=0.04s,loss=1%,"
				   "up-loss=0.5,queue=100ms,up-queue=64kb,"
				   "gemodel=1%/20%/90%/0.1%,down-reorder=3%,"
				   "flow=on");
	const struct shaper_config *d = &l.way[LINK_DOWN], *u = d + 1;
	(void)state;
	assert_string_equal(l.name, "custom");
	assert_true(d->rate == 20000000 && u->rate == 500000);
	assert_true(d->delay_us == 25000 && u->delay_us == 40000);
	assert_true(d->jitter_us == 1500 && u->jitter_us == 1500);
	assert_true(close_to(d->loss, 0.01) && close_to(u->loss, 0.5));
	assert_true(d->queue_bytes == 250000 && u->queue_bytes == 64000);
	assert_true(close_to(u->ge_p, 0.01) && close_to(u->ge_r, 0.2));
	assert_true(close_to(u->ge_bad, 0.9) && close_to(u->ge_good, 0.001));
	assert_true(close_to(d->reorder, 0.03) && close_to(u->reorder, 0));
	assert_true(l.flow && !l.n_steps && !d->cut);
	/* What is not said: no bound, no delay, 100 ms of queue. */
	l = parse("rate=8000000");
	assert_true(d->queue_bytes == 100000 && d->delay_us == 0);
	assert_true(close_to(d->ge_bad, 0));
	l = parse("rtt=1ms");
	assert_true(d->rate == 0 && d->queue_bytes == 0);
	l = parse("gemodel=1%/20%");
	assert_true(close_to(d->ge_bad, 1) && close_to(d->ge_good, 0));
	assert_true(parse("wan,by=netem").netem);
	assert_true(!parse("wan,by=netem,by=tun").netem);
	/* A queue that would hold no packet holds two. */
	l = parse("rate=10kbit,queue=1ms");
	assert_int_equal(d->queue_bytes, 3000);
}

static void a_named_link_can_be_changed(void **state)
{
	struct link_spec l = parse("wan,loss=2%,down=10mbit");
	(void)state;
	assert_string_equal(l.name, "custom");
	assert_true(link_rtt_us(&l) == 40000);
	assert_true(close_to(l.way[LINK_UP].loss, 0.02));
	/* Its queue is still 100 ms. */
	assert_int_equal(l.way[LINK_DOWN].queue_bytes, 125000);
	assert_int_equal(l.way[LINK_UP].queue_bytes, 250000);
	l = parse("step,5s:up-loss=1%");
	assert_int_equal(l.n_steps, 3);
	assert_true(l.steps[0].at_ms == 5000);
	assert_true(close_to(l.steps[2].way[LINK_UP].loss, 0.01));
}

static void a_script_is_the_link_at_each_time(void **state)
{
	struct link_spec l = parse("20s:flow=on,rate=20mbit,rtt=40ms,"
				   "10s:rate=2mbit,20s:up=1mbit,"
				   "12500ms:cut=3s,30s:flow=off");
	const struct link_step *s = l.steps;
	(void)state;
	assert_int_equal(l.n_steps, 5);
	assert_true(s[0].at_ms == 10000 && s[0].way[0].rate == 2000000);
	assert_true(s[1].at_ms == 12500 && s[1].way[0].cut && s[1].way[1].cut);
	assert_true(s[2].at_ms == 15500 && !s[2].way[0].cut && !s[2].flow);
	assert_true(s[3].at_ms == 20000 && s[3].way[1].rate == 1000000);
	assert_true(s[3].way[0].rate == 2000000 && s[3].flow);
	assert_true(s[3].way[0].queue_bytes == 250000);
	assert_true(s[4].at_ms == 30000 && !s[4].flow);
	l = parse("step");
	assert_int_equal(l.n_steps, 2);
	assert_true(s[0].way[0].rate == 2000000 && s[1].at_ms == 20000);
	l = parse("outage");
	assert_true(s[0].way[1].cut && s[1].at_ms - s[0].at_ms == 3000);
}

static void wrong_ones_are_refused_with_a_reason(void **state)
{
	static const char *const texts[] = { "", ",", "wan,", ",wan", "lan,wan",
		"rate", "rate=", "=1", "rate=x", "rate=1x", "rate=-1", "rate=0",
		"rate=1e6", "rate=inf", "rate=nan", "rate=0x10", "rate=1,000",
		"rate=101gbit", "rate=999999999999999999999999", "rate=1..5",
		"rate=1mbit5", "rtt=1", "rtt=61s", "up-rtt=1ms",
		"up-down=1mbit", "loss=101%", "loss=1.1", "loss=%",
		"gemodel=1%", "gemodel=1%/", "gemodel=1%/2%/3%/4%/5%",
		"gemodel=1%/200%", "gemodel=/1%", "queue=1b", "queue=2gb",
		"queue=5", "queue=61s", "flow=yes", "up-flow=on", "cut=1s",
		"5s:queue=1ms", "by=me", "1s:by=tun", "5s:rtt=1ms", "5:cut=1s",
		"s:cut=1s", ":cut=1s", "2000000s:cut=1s", "5s:", "5s:5s:cut=1s",
		"rtt=1ms,jitter=1ms", "rtt=9ms,5s:jitter=5ms", "rate=1 mbit",
		"wan\n", "w\xc3\xa4n", "nowhere", "-", "up-", "down-=1" };
	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		const char *why = refused(texts[i]);
		assert_true(strlen(why) > 8);
		assert_null(strchr(why, '\n'));
	}
	assert_string_equal(refused("wan,loss=200%"),
			"'loss=200%': not a value that it can have");
	assert_string_equal(refused("jitter=5ms"),
			"the jitter is longer than the delay");
}

static void long_ones_are_refused(void **state)
{
	char text[2 * LINK_TEXT];
	(void)state;
	memset(text, 'a', sizeof(text));
	text[100] = 0;
	assert_non_null(strstr(refused(text), "too long"));
	text[100] = 'a';
	text[LINK_TEXT] = 0;
	assert_non_null(strstr(refused(text), "less than"));
	/* One change too many; an outage is two. */
	strcpy(text, "rate=1mbit");
	for (int i = 0; i < LINK_STEPS; i++)
		sprintf(text + strlen(text), ",%ds:up=1mbit", i);
	assert_int_equal(parse(text).n_steps, LINK_STEPS);
	strcat(text, ",1s:up=2mbit");
	assert_non_null(strstr(refused(text), "at most"));
	text[strlen(text) - strlen(",31s:up=1mbit,1s:up=2mbit")] = 0;
	strcat(text, ",1s:cut=1s");
	assert_non_null(strstr(refused(text), "at most"));
}

static const char *command(const struct shaper_config *w, bool change)
{
	static char text[LINK_ARGS * (LINK_ARG + 1)];
	struct link_command c;
	size_t n = 0;
	link_netem(&c, w, "eth9", change);
	assert_true(c.argc > 8 && c.argc <= LINK_ARGS);
	assert_null(c.argv[c.argc]);
	for (int i = 0; i < c.argc; i++)
		n += (size_t)sprintf(text + n, "%s%s", i ? " " : "", c.argv[i]);
	return text;
}

/* A parameter file, and what tc is told of it. */
static const char file[] =
		"# links of the laboratory\n"
		"\n"
		"office = lan\r\n"
		"field-2 = down=10mbit,up=2mbit,rtt=600ms,queue=300ms  # far\n"
		"  bad=rate=10mbit,rtt=80ms,jitter=5ms,loss=1%,reorder=2%\n"
		"worse = burst,loss=50%\n"
		"open = delay=3ms,reorder=1%\n"
		"cut = rate=12mbit,rtt=20ms,queue=15kb,1s:cut=1s,3s:rate=6mbit";

static const char *const told[][3] = {
	{ "office",
			"tc qdisc add dev eth9 root netem limit 846 "
			"delay 150us rate 1000000000bit",
			"tc qdisc add dev eth9 root netem limit 846 "
			"delay 150us rate 1000000000bit" },
	{ "field-2",
			"tc qdisc add dev eth9 root netem limit 501 "
			"delay 300000us rate 10000000bit",
			"tc qdisc add dev eth9 root netem limit 101 "
			"delay 300000us rate 2000000bit" },
	{ "bad",
			"tc qdisc add dev eth9 root netem limit 121 "
			"delay 40000us 5000us loss random 1% reorder 2% "
			"rate 10000000bit",
			"tc qdisc add dev eth9 root netem limit 121 "
			"delay 40000us 5000us loss random 1% reorder 2% "
			"rate 10000000bit" },
	{ "worse",
			"tc qdisc add dev eth9 root netem limit 117 "
			"delay 40000us loss gemodel 0.2525% 25% 100% 50% "
			"rate 10000000bit",
			"tc qdisc add dev eth9 root netem limit 117 "
			"delay 40000us loss gemodel 0.2525% 25% 100% 50% "
			"rate 10000000bit" },
	{ "open",
			"tc qdisc add dev eth9 root netem limit 1000000 "
			"delay 3000us reorder 1%",
			"tc qdisc add dev eth9 root netem limit 1000000 "
			"delay 3000us reorder 1%" },
	{ "cut",
			"tc qdisc add dev eth9 root netem limit 21 "
			"delay 10000us rate 12000000bit",
			"tc qdisc add dev eth9 root netem limit 21 "
			"delay 10000us rate 12000000bit" },
};

static int compare(void *user, const struct link_spec *l)
{
	size_t *n = user;
	assert_true(*n < sizeof(told) / sizeof(*told));
	assert_string_equal(l->name, told[*n][0]);
	assert_string_equal(command(&l->way[LINK_DOWN], false), told[*n][1]);
	assert_string_equal(command(&l->way[LINK_UP], false), told[*n][2]);
	if (l->n_steps) {
		assert_int_equal(l->n_steps, 3);
		assert_string_equal(command(&l->steps[0].way[0], true),
				"tc qdisc change dev eth9 root netem limit 21 "
				"delay 10000us loss random 100% "
				"rate 12000000bit");
		assert_string_equal(command(&l->steps[2].way[0], true),
				"tc qdisc change dev eth9 root netem limit 16 "
				"delay 10000us rate 6000000bit");
	}
	++*n;
	return 0;
}

static void a_file_of_links_becomes_netem_commands(void **state)
{
	char why[160] = "";
	size_t n = 0;
	(void)state;
	assert_int_equal(link_parse_file(file, strlen(file), compare, &n, why,
					 sizeof(why)),
			0);
	assert_int_equal(n, sizeof(told) / sizeof(*told));
}

static int stop(void *user, const struct link_spec *l)
{
	(void)user;
	return l->name[0] == 'b' ? 7 : 0;
}

static void a_wrong_file_names_its_line(void **state)
{
	static const char *const texts[] = { "a = wan\n\n# x\nb\n",
		"a = wan\n\n\nB = wan\n", "\n\n\n = wan", "\n\n\na = wan wan",
		"\n\n\na =", "\n\n\na23456789a23456789a23456789a2345 = wan" };
	char why[160];
	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		why[0] = 0;
		assert_int_equal(link_parse_file(texts[i], strlen(texts[i]),
						 stop, NULL, why, sizeof(why)),
				-1);
		assert_int_equal(strncmp(why, "line 4: ", 8), 0);
	}
	why[0] = 0;
	assert_int_equal(link_parse_file("a=wan\nb=lan\nc=x", 15, stop, NULL,
					 why, sizeof(why)),
			7);
	assert_string_equal(why, "");
	assert_int_equal(link_parse_file("a=w\0n", 5, stop, NULL, why,
					 sizeof(why)),
			-1);
	assert_int_equal(link_parse_file("", 0, stop, NULL, why, sizeof(why)),
			0);
}

static void descriptions_fit_and_say_it(void **state)
{
	char text[512], small[20];
	struct link_spec l = parse("4g,loss=1%,gemodel=1%/99%,reorder=2%,"
				   "5s:up=1mbit,6s:flow=on,9s:flow=off");
	(void)state;
	size_t n = link_describe(&l, text, sizeof(text));
	assert_int_equal(n, strlen(text));
	assert_string_equal(text,
			"rtt 50 ms; down 20 Mbit/s, 25 ms, queue 500 KB, "
			"jitter 10 ms, loss 1 %, bursts of loss 1 % "
			"(1/99/100/0), reordered 2 %; up 5 Mbit/s, 25 ms, "
			"queue 125 KB, jitter 10 ms, loss 1 %, bursts of loss "
			"1 % (1/99/100/0), reordered 2 %; from 5 s up 1 "
			"Mbit/s, 25 ms, queue 125 KB, jitter 10 ms, loss 1 %, "
			"bursts of loss 1 % (1/99/100/0), reordered 2 %; from "
			"6 s a cubic flow; from 9 s no cubic flow");
	l = parse("delay=2ms,1s:cut=1s");
	(void)link_describe(&l, text, sizeof(text));
	assert_string_equal(text, "rtt 4 ms; no bound, 2 ms; from 1 s no bound,"
				  " 2 ms, cut; from 2 s no bound, 2 ms");
	l = parse("delay=2ms");
	n = link_describe(&l, text, sizeof(text));
	assert_string_equal(text, "rtt 4 ms; no bound, 2 ms");
	assert_int_equal(link_describe(&l, small, sizeof(small)), 19);
	assert_string_equal(small, "rtt 4 ms; no bound,");
	assert_int_equal(link_describe(&l, small, 0), 0);
}

/* What differs in anything that it does is another link. */
static void links_that_differ_have_other_hashes(void **state)
{
	static const char *const texts[] = { "rate=8mbit", "rate=9mbit",
		"down=8mbit,up=9mbit", "rate=8mbit,delay=1ms",
		"rate=8mbit,delay=1ms,jitter=1ms", "rate=8mbit,queue=20000b",
		"rate=8mbit,queue=20001b", "rate=8mbit,loss=1%",
		"rate=8mbit,reorder=1%", "rate=8mbit,gemodel=1%/99%",
		"rate=8mbit,gemodel=0.1%/9.9%", "rate=8mbit,gemodel=1%/99%/99%",
		"rate=8mbit,gemodel=1%/99%/100%/1%", "rate=8mbit,flow=on",
		"rate=8mbit,by=netem", "rate=8mbit,1s:cut=1s",
		"rate=8mbit,2s:cut=1s", "rate=8mbit,1s:rate=9mbit",
		"rate=8mbit,1s:flow=on" };
	const size_t n = sizeof(texts) / sizeof(*texts);
	uint64_t seen[sizeof(texts) / sizeof(*texts)];
	(void)state;
	for (size_t i = 0; i < n; i++) {
		struct link_spec l = parse(texts[i]);
		seen[i] = link_hash(&l);
		for (size_t k = 0; k < i; k++)
			if (seen[i] == seen[k])
				fail_msg("%s is %s", texts[i], texts[k]);
	}
	/* However it was written down. */
	struct link_spec a = parse("wan"), b = parse("rtt=40ms,rate=20mbit");
	assert_true(link_hash(&a) == link_hash(&b));
}

static enum verify_answer answer(const uint64_t *bins, uint64_t from,
		uint64_t to, const struct shaper_config *w)
{
	const struct verify_piece p = { from, to, w, false, false };
	double is, should;
	return verify_piece(bins, 1000, &p, &is, &should);
}

/* What arrives of 12 Mbit/s, one packet a millisecond, 20 ms after it was sent,
 * but for an outage. */
static void arrive(uint64_t *bins, uint64_t cut_from, uint64_t cut_to)
{
	for (uint64_t i = 0; i < 1000; i++)
		bins[i] = 0;
	for (uint64_t ms = 20; ms < 10000; ms++)
		if (ms < cut_from + 20 || ms >= cut_to + 20)
			bins[ms / VERIFY_BIN_MS] += 1500;
}

static void a_script_that_does_not_happen_is_found(void **state)
{
	static uint64_t bins[1000];
	struct shaper_config w = { .rate = 12000000, .delay_us = 20000 };
	struct shaper_config half = w, cut = w;
	(void)state;
	half.rate = 6000000;
	cut.cut = true;
	arrive(bins, 5000, 5200);
	assert_int_equal(answer(bins, 0, 5000, &w), VERIFY_OK);
	assert_int_equal(answer(bins, 0, 5000, &half), VERIFY_WRONG);
	/* A short outage is there or not. */
	assert_int_equal(answer(bins, 5000, 5200, &cut), VERIFY_OK);
	assert_int_equal(answer(bins, 5000, 5300, &cut), VERIFY_WRONG);
	assert_int_equal(answer(bins, 4900, 5200, &cut), VERIFY_WRONG);
	assert_int_equal(answer(bins, 7000, 7080, &cut), VERIFY_WRONG);
	assert_int_equal(answer(bins, 5200, 9000, &w), VERIFY_OK);
	/* What is too short for an answer gets none. */
	assert_int_equal(answer(bins, 5000, 5030, &cut), VERIFY_UNKNOWN);
	assert_int_equal(answer(bins, 6000, 6390, &w), VERIFY_UNKNOWN);
	assert_int_equal(answer(bins, 6000, 6500, &w), VERIFY_OK);
	assert_int_equal(answer(bins, 6000, 6500, &half), VERIFY_WRONG);
	w.rate = 0;
	assert_int_equal(answer(bins, 0, 5000, &w), VERIFY_UNKNOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_named_links_are_what_they_are_called),
		cmocka_unit_test(every_key_means_what_it_says),
		cmocka_unit_test(a_named_link_can_be_changed),
		cmocka_unit_test(a_script_is_the_link_at_each_time),
		cmocka_unit_test(wrong_ones_are_refused_with_a_reason),
		cmocka_unit_test(long_ones_are_refused),
		cmocka_unit_test(a_file_of_links_becomes_netem_commands),
		cmocka_unit_test(a_wrong_file_names_its_line),
		cmocka_unit_test(descriptions_fit_and_say_it),
		cmocka_unit_test(links_that_differ_have_other_hashes),
		cmocka_unit_test(a_script_that_does_not_happen_is_found),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
