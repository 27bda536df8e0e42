/* test_stats.c - sums over peers, and the stable keys of a line. */
#include "tests/unit/unit.h"

#include <string.h>

#include "capture/stats.h"

static char text[ORL_STATS_TEXT];

static struct oriel_stats peer(
		uint64_t bytes, uint64_t p95, bool exact, uint64_t after)
{
	struct oriel_stats s = { .size = sizeof(s),
		.bytes_out = bytes,
		.latency_p95 = p95,
		.exact = exact,
		.lossless_after = after };

	s.channel_out[3] = bytes;
	s.channel_in[0] = 5;
	s.decisions[ORIEL_DECISION_LARGE] = bytes;
	memset(s.congestion, 'b', sizeof(s.congestion));
	return s;
}

static void holds(const char *part)
{
	if (!strstr(text, part))
		fail_msg("no %s in %s", part, text);
}

static void add(struct orl_tally *tally, struct oriel_stats s)
{
	orl_tally_add(tally, &s);
}

static void peers_are_summed(void **state)
{
	struct orl_report r = { .start = ORL_SEC, .now = 3 * ORL_SEC };
	size_t n;

	(void)state;
	add(&r.gone, peer(100, 90 * ORL_MSEC, false, 0));
	add(&r.here, peer(20, 7 * ORL_MSEC, true, 4 * ORL_MSEC));
	add(&r.here, peer(3, 9 * ORL_MSEC, true, 2 * ORL_MSEC));
	n = orl_report_json(&r, text, sizeof(text));
	assert_int_equal(n, strlen(text));
	assert_int_equal(text[n - 1], '\n');
	holds("{\"t\":2.000,\"bytes_in\":0,\"bytes_out\":123,");
	holds("\"channels\":{\"control\":15,\"sound\":0,\"cursor\":0,"
	      "\"display\":123,");
	holds("\"p95\":9.000,");
	holds("\"exact\":true,\"lossless_after_ms\":4.000,\"decisions\":{");
	holds("\"large\":123,\"again\":0,\"sharper\":0},\"peers\":2,");
	holds("\"congestion\":\"bbbbbbbbbbbbbbb\"}");
	assert_null(strstr(text, "final"));
}

static void one_that_is_not_exact_speaks_for_all(void **state)
{
	struct orl_report r = { .final = true };

	(void)state;
	add(&r.here, peer(1, 1, false, 0));
	add(&r.here, peer(1, 1, true, ORL_MSEC));
	orl_report_json(&r, text, sizeof(text));
	holds("\"exact\":false,\"lossless_after_ms\":null,");
	holds(",\"final\":true}\n");
}

static void the_last_of_all_is_remembered(void **state)
{
	struct orl_report r = { .final = true };

	(void)state;
	add(&r.gone, peer(50, 8 * ORL_MSEC, true, ORL_MSEC));
	orl_report_json(&r, text, sizeof(text));
	holds("\"bytes_out\":50,");
	holds("\"p95\":8.000,");
	holds("\"exact\":true,\"lossless_after_ms\":1.000,\"decisions\":{");
	holds("},\"peers\":0,");
}

static void the_source_is_not_the_server(void **state)
{
	struct orl_report r = { .cpu_user = 5 * ORL_SEC, .cpu_sys = ORL_SEC };

	(void)state;
	/* What the kernel has counted as user was the source's sys. */
	r.source.sys = 3 * ORL_SEC;
	r.source.setup_user = 100 * ORL_SEC;
	r.counts = (struct orl_source_counts){ 7, 800, 600 };
	orl_report_json(&r, text, sizeof(text));
	holds("\"cpu_user_s\":3.000000,\"cpu_sys_s\":0.000000,"
	      "\"source_cpu_s\":3.000000,\"source_setup_cpu_s\":100.000000");
	holds("\"source_updates\":7,\"source_bytes\":800,"
	      "\"source_copied_bytes\":600,");
	r.source.user = 100 * ORL_SEC;
	orl_report_json(&r, text, sizeof(text));
	holds("\"cpu_user_s\":0.000000,\"cpu_sys_s\":0.000000,");
}

static void prometheus_reads_it(void **state)
{
	struct orl_report r = { .now = 1 };
	size_t n;

	(void)state;
	add(&r.here, peer(20, 7 * ORL_MSEC, true, ORL_MSEC));
	n = orl_report_metrics(&r, text, sizeof(text));
	assert_int_equal(n, strlen(text));
	holds("\noriel_peers 1\n");
	holds("# TYPE oriel_bytes_out_total counter\n"
	      "oriel_bytes_out_total 20\n");
	holds("oriel_latency_seconds{quantile=\"0.95\"} 0.007\n");
	holds("oriel_channel_bytes_total{channel=\"display\","
	      "direction=\"out\"} 20\n");
	assert_int_equal(text[n - 1], '\n');
}

static void too_little_room_cuts(void **state)
{
	struct orl_report r = { .now = 1 };

	(void)state;
	memset(text, 'x', sizeof(text));
	assert_int_equal(orl_report_json(&r, text, 100), 99);
	assert_int_equal(strlen(text), 99);
	assert_int_equal(text[100], 'x');
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(peers_are_summed),
		cmocka_unit_test(one_that_is_not_exact_speaks_for_all),
		cmocka_unit_test(the_last_of_all_is_remembered),
		cmocka_unit_test(the_source_is_not_the_server),
		cmocka_unit_test(prometheus_reads_it),
		cmocka_unit_test(too_little_room_cuts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
