/*
 * test_report.c - results as lines of JSON, there and back, and what the
 * report makes of them.
 */
#include "tests/unit/unit.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/report.h"
#include "bench/svg.h"

static char *written(const struct result *r)
{
	char *text = NULL;
	size_t n = 0;
	FILE *out = open_memstream(&text, &n);
	assert_non_null(out);
	assert_int_equal(result_write(out, r), 0);
	fclose(out);
	return text;
}

static void make(struct result *r, const char *key, const char *peer,
		int repeat, double bytes)
{
	result_init(r);
	snprintf(r->key, sizeof(r->key), "%s", key);
	snprintf(r->peer, sizeof(r->peer), "%s", peer);
	snprintf(r->version, sizeof(r->version), "1.0");
	snprintf(r->trace, sizeof(r->trace), "office");
	snprintf(r->trace_hash, sizeof(r->trace_hash), "12ab");
	snprintf(r->link, sizeof(r->link), "wan");
	snprintf(r->link_text, sizeof(r->link_text), "20 Mbit/s");
	snprintf(r->cc, sizeof(r->cc), "cubic");
	snprintf(r->mode, sizeof(r->mode), "as recorded");
	snprintf(r->machine, sizeof(r->machine), "one");
	r->repeat = repeat;
	r->from_s = 0;
	r->seconds = 6;
	r->bytes_down = bytes;
	r->psnr = 60;
	r->duration_s = 6;
	r->stale_p95_ms = 30;
	for (int i = 0; i < 20; i++) {
		assert_int_equal(result_append(&r->stale, i == 7 ? -1 : i), 0);
		assert_int_equal(result_append(&r->presented, 0.3 * i), 0);
		assert_int_equal(
				result_append(&r->bytes_at, i * bytes / 20), 0);
	}
}

static void a_result_is_read_as_it_was_written(void **state)
{
	struct result a, b;
	(void)state;
	make(&a, "k1", "a \"peer\"\\ with\nall \x01 of it, \xc3\xa9", 3, 1.5e6);
	assert_int_equal(result_append(&a.stale, NAN), 0);
	a.psnr_min = 37.25;
	char *text = written(&a);
	result_init(&b);
	assert_int_equal(result_read(&b, text, strlen(text)), 0);
	assert_string_equal(a.peer, b.peer);
	assert_true(b.repeat == 3 && b.bytes_down == 1.5e6);
	assert_true(b.psnr_min == 37.25);
	assert_true(isnan(b.exact_ms));
	assert_int_equal(b.stale.n, 21);
	assert_true(b.stale.v[7] == -1 && isnan(b.stale.v[20]));
	char *again = written(&b);
	assert_string_equal(text, again);
	assert_non_null(result_number(&b, "bytes_down"));
	assert_null(result_number(&b, "bytes_sideways"));
	free(text);
	free(again);
	result_fini(&a);
	result_fini(&b);
}

static int read_text(struct result *r, const char *text)
{
	result_init(r);
	int err = result_read(r, text, strlen(text));
	return err;
}

static void what_is_not_known_is_skipped(void **state)
{
	struct result r;
	(void)state;
	assert_int_equal(read_text(&r, "{ \"new\": "
				       "{\"a\":[1,{\"b\":null}],\"c\":\"}\"}, "
				       "\"more\":[true,false,\"]\"], "
				       "\"flag\":true,\n"
				       "\"peer\":\"x\\u0041\\u20ac\", "
				       "\"peer2\":\"y\","
				       "\"repeat\":\"text\", \"frames\" : 12 "
				       "} "),
			0);
	assert_string_equal(r.peer, "xA?");
	assert_true(r.frames == 12 && isnan(r.repeat));
	result_fini(&r);
	assert_int_equal(read_text(&r, "{}"), 0);
	result_fini(&r);
}

static void broken_lines_are_refused(void **state)
{
	static const char *const texts[] = { "", "{", "[]", "{\"peer\"}",
		"{\"peer\":\"x}", "{\"peer\":\"x\"", "{\"repeat\":1,}",
		"{\"repeat\":1}x", "{\"repeat\":--1}", "{\"repeat\":1e999}",
		"{\"repeat\":nul}", "{\"stale\":[1,]}", "{\"stale\":[1",
		"{\"stale\":[[1]]}", "{\"a\":[}", "{\"peer\":\"\\q\"}",
		"{\"peer\":\"\\u12\"}", "{\"peer\":\"\\u12g4\"}",
		"{\"peer\":\"a\nb\"}",
		"{\"a\":[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]"
		"]]}" };
	struct result r;
	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		if (!read_text(&r, texts[i]))
			fail_msg("read: %s", texts[i]);
		result_fini(&r);
	}
}

static void a_series_has_a_limit(void **state)
{
	struct series s = { 0 };
	(void)state;
	for (int i = 0; i < RESULT_SERIES; i++)
		assert_int_equal(result_append(&s, i), 0);
	assert_int_equal(result_append(&s, 0), -1);
	assert_int_equal(s.n, RESULT_SERIES);
	free(s.v);
}

static void load(struct results *all, const char *text)
{
	char path[] = "/tmp/oriel-test-XXXXXX";
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (int)strlen(text));
	close(fd);
	assert_int_equal(results_load(all, path), 0);
	unlink(path);
}

static void the_last_line_of_a_key_counts(void **state)
{
	struct results all;
	(void)state;
	load(&all, "{\"key\":\"a\",\"error\":\"no\"}\n{\"key\":\"b\"}\n"
		   "{\"key\":\"a\",\"error\":\"\",\"frames\":4}\n"
		   "{\"key\":\"c\",\"fra");
	assert_int_equal(all.n, 2);
	assert_int_equal(all.broken, 1);
	assert_string_equal(all.v[0].error, "");
	assert_true(all.v[0].frames == 4);
	results_fini(&all);
	assert_int_equal(results_load(&all, "/nowhere/at/all"), -1);
	results_fini(&all);
}

static void collect(struct results *all, struct result *one)
{
	struct result *more = realloc(all->v, (all->n + 1) * sizeof(*more));
	assert_non_null(more);
	all->v = more;
	all->v[all->n++] = *one;
}

static void fill(struct results *all)
{
	static const double bytes[] = { 1e6, 3e6, 2e6 };
	struct result r;
	memset(all, 0, sizeof(*all));
	for (int i = 0; i < 3; i++) {
		make(&r, "s", "spice", i, 10 * bytes[i]);
		collect(all, &r);
		make(&r, "o", "oriel", i, bytes[i]);
		collect(all, &r);
	}
	make(&r, "x", "rdp", 0, 1);
	snprintf(r.error, sizeof(r.error), "<not> installed & lost");
	collect(all, &r);
	make(&r, "l", "oriel", 0, 5e6);
	snprintf(r.link_text, sizeof(r.link_text), "1000 Mbit/s");
	snprintf(r.link, sizeof(r.link), "lan");
	collect(all, &r);
}

static const struct row *row_named(const struct group *g, const char *name)
{
	for (size_t i = 0; i < g->n; i++)
		if (strcmp(g->rows[i].label, name) == 0)
			return &g->rows[i];
	fail_msg("no row %s", name);
	return NULL;
}

static void runs_are_grouped_and_summed_up(void **state)
{
	struct results all;
	struct report r;
	char text[96];
	(void)state;
	fill(&all);
	assert_int_equal(report_make(&r, &all), 0);
	assert_int_equal(r.n_groups, 2);
	assert_int_equal(r.n_machines, 1);
	const struct group *g = &r.groups[1]; /* lan is first */
	assert_string_equal(g->first->link, "wan");
	assert_int_equal(g->n, 3);
	assert_string_equal(g->base->label, "oriel");
	struct spread s = report_spread(row_named(g, "spice"), &figures[0]);
	assert_true(s.n == 3 && s.median == 20 && s.min == 10 && s.max == 30);
	report_cell(text, sizeof(text), &s, &figures[0]);
	assert_string_equal(text, "20.00 (10.00\xe2\x80\x93"
				  "30.00)");
	const struct row *rdp = row_named(g, "rdp");
	assert_true(rdp->n == 0 && rdp->failed == 1);
	s = report_spread(rdp, &figures[0]);
	assert_true(isnan(s.median));
	assert_int_equal(row_named(&r.groups[0], "oriel")->colour,
			g->base->colour);
	report_free(&r);
}

static char *page(const struct report *r,
		int (*write_page)(FILE *, const struct report *))
{
	char *text = NULL;
	size_t n = 0;
	FILE *out = open_memstream(&text, &n);
	assert_non_null(out);
	assert_int_equal(write_page(out, r), 0);
	fclose(out);
	return text;
}

static void pages_hold_all_rows_and_no_nonsense(void **state)
{
	struct results all;
	struct report r;
	(void)state;
	fill(&all);
	assert_int_equal(report_make(&r, &all), 0);
	char *html = page(&r, report_html), *md = page(&r, report_markdown);
	assert_non_null(strstr(html, "&lt;not&gt; installed &amp; lost"));
	assert_null(strstr(html, "<not>"));
	assert_null(strstr(html, "nan"));
	assert_null(strstr(html, "inf"));
	assert_null(strstr(html, "different machines"));
	assert_non_null(strstr(html, "\xc3\x97"
				     "10.0"));
	assert_non_null(strstr(md, "| spice | 20.00 (10.00\xe2\x80\x93"
				   "30.00) \xc3\x97"
				   "10.0 |"));
	assert_null(strstr(md, "nan"));
	free(html);
	free(md);
	report_free(&r);
}

static void different_machines_and_versions_are_told_apart(void **state)
{
	struct results all;
	struct result one;
	struct report r;
	(void)state;
	fill(&all);
	make(&one, "m", "oriel", 0, 7e6);
	snprintf(one.machine, sizeof(one.machine), "another");
	snprintf(one.version, sizeof(one.version), "2.0");
	collect(&all, &one);
	assert_int_equal(report_make(&r, &all), 0);
	assert_int_equal(r.n_machines, 2);
	(void)row_named(&r.groups[1], "oriel (1.0)");
	(void)row_named(&r.groups[1], "oriel (2.0)");
	char *html = page(&r, report_html);
	assert_non_null(strstr(html, "different machines"));
	free(html);
	report_free(&r);
}

static void what_was_never_is_more_than_any_time(void **state)
{
	struct result a, b, c;
	struct row row = { .runs = { &a, &b, &c }, .n = 3 };
	const struct figure *exact = figures, *lost = figures;
	char text[160];
	(void)state;
	while (strcmp(exact->name, "exact after") != 0)
		exact++;
	while (strcmp(lost->unit, "dB") != 0)
		lost++;
	make(&a, "a", "oriel", 1, 1);
	make(&b, "b", "oriel", 2, 1);
	make(&c, "c", "oriel", 3, 1);
	a.exact_ms = 100;
	b.exact_ms = 5000;
	struct spread s = report_spread(&row, exact);
	report_cell(text, sizeof(text), &s, exact);
	assert_string_equal(text, "5000 (100\xe2\x80\x93never)");
	b.exact_ms = NAN;
	s = report_spread(&row, exact);
	report_cell(text, sizeof(text), &s, exact);
	assert_string_equal(text, "never (100\xe2\x80\x93never)");
	a.exact_ms = NAN;
	s = report_spread(&row, exact);
	report_cell(text, sizeof(text), &s, exact);
	assert_string_equal(text, "never");
	/* Of other figures nothing is known then. */
	a.psnr = NAN;
	b.psnr = c.psnr = 40;
	s = report_spread(&row, lost);
	assert_true(s.n == 2 && s.median == 40 && s.max == 40);
	result_fini(&a);
	result_fini(&b);
	result_fini(&c);
}

static void what_was_measured_otherwise_is_another_result(void **state)
{
	struct result r;
	char before[RESULT_TEXT];
	(void)state;
	make(&r, "", "oriel", 1, 1e6);
	r.method = RESULT_METHOD;
	r.tail_s = 6;
	result_key(&r, 7);
	snprintf(before, sizeof(before), "%s", r.key);
	r.bytes_down = 2e6; /* a figure: the same */
	result_key(&r, 7);
	assert_string_equal(before, r.key);
	result_key(&r, 8);
	assert_string_not_equal(before, r.key);
	r.tail_s = 60;
	result_key(&r, 7);
	assert_string_not_equal(before, r.key);
	r.tail_s = 6;
	r.method = RESULT_METHOD - 1;
	result_key(&r, 7);
	assert_string_not_equal(before, r.key);
	result_fini(&r);
}

static void methods_are_not_mixed(void **state)
{
	struct results all;
	struct result one;
	struct report r;
	(void)state;
	fill(&all);
	for (size_t i = 0; i < all.n; i++) {
		all.v[i].method = RESULT_METHOD;
		all.v[i].tail_s = 6;
	}
	/* An old one says nothing of it. */
	make(&one, "old", "oriel", 0, 7e6);
	collect(&all, &one);
	assert_int_equal(report_make(&r, &all), 0);
	assert_int_equal(r.n_groups, 3);
	char *md = page(&r, report_markdown);
	assert_non_null(strstr(md, "as recorded, 6 s to become exact\n"));
	assert_non_null(strstr(md, "as recorded, measured by another version"));
	assert_non_null(strstr(md, "| oriel | 2.00 (1.00\xe2\x80\x93"
				   "3.00) |"));
	free(md);
	report_free(&r);
}

static void steps_are_round(void **state)
{
	(void)state;
	assert_true(svg_step(0, 10, 5) == 2);
	assert_true(fabs(svg_step(0, 0.07, 5) - 0.02) < 1e-12);
	assert_true(svg_step(0, 49, 5) == 10);
	assert_true(svg_step(5, 5, 5) == 1);
	assert_true(svg_step(0, NAN, 5) == 1);
}

static void add_density(struct results *all, const char *key,
		const char *settings, double sessions, double share, double p95)
{
	struct result r;
	make(&r, key, "oriel-push", 1, 1e6);
	snprintf(r.mode, sizeof(r.mode), "density");
	snprintf(r.settings, sizeof(r.settings), "%s", settings);
	r.sessions = sessions;
	r.server_share = share;
	r.session_cpu_ms = 1e3 * share / sessions;
	r.session_mb = 20;
	r.stale_p95_ms = p95;
	r.limit_ms = 52;
	r.method = RESULT_METHOD;
	all->v = realloc(all->v, (all->n + 1) * sizeof(*all->v));
	assert_non_null(all->v);
	all->v[all->n++] = r;
}

static char *page_of(const struct report *r,
		int (*write)(FILE *, const struct report *))
{
	char *page = NULL;
	size_t n = 0;
	FILE *out = open_memstream(&page, &n);
	assert_non_null(out);
	assert_int_equal(write(out, r), 0);
	fclose(out);
	return page;
}

static void density_is_in_curves_not_in_groups(void **state)
{
	struct results all = { 0 };
	struct report r;
	static struct curve c[REPORT_CURVES];
	(void)state;
	add_density(&all, "a", "one process for all", 20, 0.4, 20);
	add_density(&all, "b", "one process for all", 10, 0.2, 10);
	add_density(&all, "c", "a process for each", 10, 0.3, 10);
	add_density(&all, "d", "one process for all", 10, 0.2, 14);
	assert_int_equal(report_make(&r, &all), 0);
	assert_int_equal(r.n_groups, 0);
	assert_int_equal(r.density, 4);
	assert_int_equal(report_curves(c, &r), 2);
	assert_int_equal(c[0].n, 2);
	assert_int_equal(c[0].points[0].n, 2); /* repeats, in order of size */
	assert_true(c[0].points[1].runs[0]->sessions == 20);
	assert_int_equal(c[0].colour, c[1].colour);
	assert_true(fabs(report_knee(&c[0]).users - 50) < 1e-6);
	assert_true(report_knee(&c[0]).extrapolated);
	char *page = page_of(&r, report_html);
	assert_non_null(strstr(page, "processor, extrapolated"));
	assert_non_null(strstr(page, "<svg"));
	assert_null(strstr(page, "nan"));
	free(page);
	page = page_of(&r, report_markdown);
	assert_non_null(strstr(page, "| office | one process for all | "
				     "\xe2\x89\x88"
				     "50 |"));
	free(page);
	report_free(&r);
}

static void live_sessions_have_their_own_figures(void **state)
{
	struct results all = { 0 };
	struct report r;
	struct result x;
	(void)state;
	make(&x, "a", "oriel", 1, 1e6);
	snprintf(x.mode, sizeof(x.mode), "live, 1280 x 720");
	x.psnr = x.stale_p95_ms = NAN;
	x.input_p50_ms = 43;
	x.width = x.height = 720;
	all.v = malloc(sizeof(*all.v));
	assert_non_null(all.v);
	all.v[all.n++] = x;
	assert_int_equal(report_make(&r, &all), 0);
	char *page = page_of(&r, report_html);
	assert_non_null(strstr(page, "<th>input p50"));
	assert_null(strstr(page, "<th>p95"));
	assert_null(strstr(page, "nan"));
	free(page);
	report_free(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_result_is_read_as_it_was_written),
		cmocka_unit_test(what_is_not_known_is_skipped),
		cmocka_unit_test(broken_lines_are_refused),
		cmocka_unit_test(a_series_has_a_limit),
		cmocka_unit_test(the_last_line_of_a_key_counts),
		cmocka_unit_test(runs_are_grouped_and_summed_up),
		cmocka_unit_test(pages_hold_all_rows_and_no_nonsense),
		cmocka_unit_test(
				different_machines_and_versions_are_told_apart),
		cmocka_unit_test(what_was_never_is_more_than_any_time),
		cmocka_unit_test(what_was_measured_otherwise_is_another_result),
		cmocka_unit_test(methods_are_not_mixed),
		cmocka_unit_test(steps_are_round),
		cmocka_unit_test(density_is_in_curves_not_in_groups),
		cmocka_unit_test(live_sessions_have_their_own_figures),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
