/*
 * report_html.c - the report as one page that needs nothing else.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench/report.h"
#include "bench/style.h"
#include "bench/svg.h"

enum { POINTS = 160, CONDITIONS = 960 };

static void key(FILE *out, const struct row *row)
{
	fprintf(out, "<span class=\"k s%zu\"></span>",
			row->colour % SVG_COLOURS);
	html_text(out, row->label);
}

/* ---- tables */

static void ratio(FILE *out, const struct row *row, const struct group *g,
		const struct figure *f)
{
	struct spread a = report_spread(row, f);
	struct spread b = report_spread(g->base, f);
	if (row == g->base || !(b.median > 0) || !isfinite(a.median))
		return;
	double times = a.median / b.median;
	fprintf(out, "<small>\xc3\x97%.*f</small>",
			times < 10    ? 2
			: times < 100 ? 1
				      : 0,
			times);
}

static void cell(FILE *out, const struct row *row, const struct group *g,
		const struct figure *f)
{
	struct spread s = report_spread(row, f);
	char text[REPORT_VALUE], range[REPORT_RANGE];
	report_median(text, &s, f);
	fputs("<td>", out);
	html_text(out, text);
	if (report_range(range, &s, f))
		fprintf(out, "<small>%s</small>", range);
	if (f == &figures[0])
		ratio(out, row, g, f);
	fputs("</td>", out);
}

static void disturbance(FILE *out, const struct row *row)
{
	size_t n = 0;
	const char *why = "";
	for (size_t i = 0; i < row->n; i++)
		if (*row->runs[i]->disturbed) {
			n++;
			why = row->runs[i]->disturbed;
		}
	if (!n)
		return;
	fputs("<small title=\"", out);
	html_text(out, why);
	fprintf(out, "\">%zu of %zu disturbed</small>", n, row->n);
}

static void table(FILE *out, const struct group *g, bool detail)
{
	fputs("<div class=scroll><table><thead><tr><th>peer", out);
	for (size_t i = 0; i < n_figures; i++) {
		if (figures[i].detail != detail || !report_has(g, &figures[i]))
			continue;
		fputs("<th>", out);
		html_text(out, figures[i].name);
		fputs("<small>", out);
		html_text(out, figures[i].unit);
		fputs("</small>", out);
	}
	fputs("</thead><tbody>\n", out);
	for (size_t k = 0; k < g->n; k++) {
		const struct row *row = &g->rows[k];
		fputs("<tr><th>", out);
		key(out, row);
		disturbance(out, row);
		if (!row->n) {
			fputs("<td class=text colspan=20>", out);
			html_text(out, row->error ? row->error : "no result");
			fputs("</tr>\n", out);
			continue;
		}
		for (size_t i = 0; i < n_figures; i++)
			if (figures[i].detail == detail &&
					report_has(g, &figures[i]))
				cell(out, row, g, &figures[i]);
		fputs("</tr>\n", out);
	}
	fputs("</tbody></table></div>\n", out);
}

/* ---- charts */

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return x < y ? -1 : x > y;
}

/* All staleness of a row's runs, sorted; what never came is at the end. */
static double *all_staleness(const struct row *row, size_t *n)
{
	size_t cap = 0;
	*n = 0;
	for (size_t i = 0; i < row->n; i++)
		cap += row->runs[i]->stale.n;
	double *v = malloc((cap + 1) * sizeof(*v));
	for (size_t i = 0; v && i < row->n; i++)
		for (size_t k = 0; k < row->runs[i]->stale.n; k++) {
			double one = row->runs[i]->stale.v[k];
			if (isfinite(one))
				v[(*n)++] = one < 0 ? 1e6 : one;
		}
	if (v)
		qsort(v, *n, sizeof(*v), by_value);
	return v;
}

static void chart_staleness(FILE *out, const struct group *g)
{
	struct svg c;
	double max = 100;
	for (size_t k = 0; k < g->n; k++)
		for (size_t i = 0; i < g->rows[k].n; i++)
			max = fmax(max, g->rows[k].runs[i]->stale_p99_ms);
	svg_begin(&c, out, "Staleness: share of frames",
			(struct svg_axis){ 1, pow(10, ceil(log10(max))), true,
					"ms" },
			(struct svg_axis){ 0, 100, false, "%" });
	for (size_t k = g->n; k-- > 0;) {
		double x[POINTS], y[POINTS];
		size_t n, used = 0;
		double *v = all_staleness(&g->rows[k], &n);
		for (size_t i = 0; v && n && i < POINTS; i++) {
			size_t at = i * (n - 1) / (POINTS - 1);
			if (v[at] > c.x.max)
				break;
			x[used] = fmax(v[at], 1);
			y[used++] = 100.0 * (double)(at + 1) / (double)n;
		}
		svg_line(&c, x, y, used, g->rows[k].colour);
		free(v);
	}
	svg_end(&c);
}

static void chart_quality(FILE *out, const struct group *g)
{
	struct svg c;
	double least = INFINITY, most = 0, low = 60;
	for (size_t k = 0; k < g->n; k++)
		for (size_t i = 0; i < g->rows[k].n; i++) {
			const struct result *r = g->rows[k].runs[i];
			least = fmin(least, fmax(r->bytes_down, 1000));
			most = fmax(most, r->bytes_down);
			low = fmin(low, r->psnr);
		}
	svg_begin(&c, out, "Bytes against quality while moving",
			(struct svg_axis){ pow(10, floor(log10(least * 1e-6))),
					pow(10, ceil(log10(most * 1e-6))), true,
					"MB" },
			(struct svg_axis){ floor(low / 10) * 10, 62, false,
					"dB, 60 is exact" });
	for (size_t k = g->n; k-- > 0;)
		for (size_t i = 0; i < g->rows[k].n; i++) {
			const struct result *r = g->rows[k].runs[i];
			svg_dot(&c, r->bytes_down * 1e-6, r->psnr,
					g->rows[k].colour, g->rows[k].label);
		}
	svg_end(&c);
}

static void chart_bytes(FILE *out, const struct group *g)
{
	struct svg c;
	double most = 1, longest = 1;
	for (size_t k = 0; k < g->n; k++) {
		if (!g->rows[k].n)
			continue;
		const struct series *s = &g->rows[k].runs[0]->bytes_at;
		for (size_t i = 0; i < s->n; i++)
			most = fmax(most, s->v[i]);
		longest = fmax(longest, (double)s->n * 0.1);
	}
	svg_begin(&c, out, "Bytes over time, first run",
			(struct svg_axis){ 0, longest, false, "s" },
			(struct svg_axis){ 0, most * 1e-6, false, "MB" });
	for (size_t k = g->n; k-- > 0;) {
		double x[POINTS], y[POINTS];
		size_t used = 0;
		if (!g->rows[k].n)
			continue;
		const struct series *s = &g->rows[k].runs[0]->bytes_at;
		size_t step = s->n / POINTS + 1;
		for (size_t i = 0; i < s->n && used < POINTS; i += step) {
			x[used] = (double)(i + 1) * 0.1;
			y[used++] = s->v[i] * 1e-6;
		}
		svg_line(&c, x, y, used, g->rows[k].colour);
	}
	svg_end(&c);
}

/* The worst of each piece of time: a gap must not get lost. */
static void chart_timeline(FILE *out, const struct group *g)
{
	struct svg c;
	double longest = 1, worst = 100;
	for (size_t k = 0; k < g->n; k++) {
		if (!g->rows[k].n)
			continue;
		const struct result *r = g->rows[k].runs[0];
		longest = fmax(longest, r->duration_s);
		worst = fmax(worst, r->stale_max_ms);
	}
	svg_begin(&c, out, "Staleness over time, first run",
			(struct svg_axis){ 0, longest, false, "s" },
			(struct svg_axis){ 1, pow(10, ceil(log10(worst))), true,
					"ms" });
	for (size_t k = g->n; k-- > 0;) {
		double x[POINTS], y[POINTS];
		size_t used = 0;
		if (!g->rows[k].n)
			continue;
		const struct result *r = g->rows[k].runs[0];
		for (size_t i = 0; i < POINTS; i++)
			y[i] = NAN;
		for (size_t i = 0; i < r->stale.n && i < r->presented.n; i++) {
			double v = r->stale.v[i] < 0 ? worst : r->stale.v[i];
			double place = r->presented.v[i] / longest *
				       (POINTS - 1);
			if (!isfinite(v) || !(place >= 0 && place < POINTS))
				continue;
			size_t at = (size_t)place;
			y[at] = isnan(y[at]) ? v : fmax(y[at], v);
		}
		for (size_t i = 0; i < POINTS; i++)
			if (isfinite(y[i])) {
				x[used] = (double)i / (POINTS - 1) * longest;
				y[used++] = y[i];
			}
		svg_line(&c, x, y, used, g->rows[k].colour);
	}
	svg_end(&c);
}

/* ---- the page */

/* Real programs: no frames are known. */
static bool live(const struct group *g)
{
	return strncmp(g->first->mode, "live", 4) == 0;
}

static void heading(FILE *out, const struct group *g)
{
	const struct result *f = g->first;
	char conditions[CONDITIONS];
	fputs("<h3>", out);
	html_text(out, f->trace);
	fputs("</h3><p class=dim>", out);
	if (f->seconds > 0)
		fprintf(out, "%g s from %g s; ", f->seconds, f->from_s);
	if (g->base && g->base->runs[0]->width > 0 && !live(g))
		fprintf(out, "%.0f \xc3\x97 %.0f, %.1f frames a second; ",
				g->base->runs[0]->width,
				g->base->runs[0]->height,
				g->base->runs[0]->fps_source);
	report_conditions(conditions, sizeof(conditions), f);
	html_text(out, conditions);
	fputs("</p>\n", out);
}

static void group(FILE *out, const struct group *g)
{
	fputs("<section class=group>", out);
	heading(out, g);
	table(out, g, false);
	if (g->base) {
		fputs("<div class=charts>", out);
		if (!live(g)) {
			chart_staleness(out, g);
			chart_timeline(out, g);
		}
		chart_bytes(out, g);
		if (!live(g))
			chart_quality(out, g);
		fputs("</div><details><summary>More figures</summary>\n", out);
		table(out, g, true);
		for (size_t k = 0; k < g->n; k++) {
			const struct row *row = &g->rows[k];
			if (!row->n || !*row->runs[0]->channels)
				continue;
			fputs("<p class=dim>Bytes by channel of ", out);
			html_text(out, row->label);
			fputs(", the first picture included: ", out);
			html_text(out, row->runs[0]->channels);
			fputs("</p>\n", out);
		}
		fputs("</details>\n", out);
	}
	fputs("</section>\n", out);
}

/* For each group how much more the others need than the base. */
static void glance(FILE *out, const struct report *r)
{
	static const char *const names[] = { "bytes", "staleness p95" };
	static const size_t which[] = { 0, 3 };
	fputs("<h2>At a glance</h2><p class=dim>How many times Oriel's (or the "
	      "first peer's) bytes and p95 of staleness the others need. "
	      "Medians; quality is in the tables.</p>\n<div class=scroll>"
	      "<table><thead><tr><th>link, trace<th>peer",
			out);
	for (size_t i = 0; i < 2; i++)
		fprintf(out, "<th>%s", names[i]);
	fputs("</thead><tbody>\n", out);
	for (size_t i = 0; i < r->n_groups; i++) {
		const struct group *g = &r->groups[i];
		for (size_t k = 0; g->base && k < g->n; k++) {
			const struct row *row = &g->rows[k];
			if (row == g->base || !row->n)
				continue;
			fputs("<tr><th>", out);
			html_text(out, g->first->link);
			fputs(", ", out);
			html_text(out, g->first->trace);
			if (strcmp(g->first->cc, "cubic") != 0) {
				fputs(", ", out);
				html_text(out, g->first->cc);
			}
			fputs("<td class=peer>", out);
			key(out, row);
			for (size_t f = 0; f < 2; f++) {
				const struct figure *p = &figures[which[f]];
				struct spread a = report_spread(row, p);
				struct spread b = report_spread(g->base, p);
				double times = a.median / b.median;
				if (isfinite(times))
					fprintf(out, "<td>\xc3\x97%.1f", times);
				else
					fputs("<td>-", out);
			}
			fputs("</tr>\n", out);
		}
	}
	fputs("</tbody></table></div>\n", out);
}

static bool named_before(const struct report *r, size_t group_, size_t row_)
{
	const struct result *x = r->groups[group_].rows[row_].first;
	for (size_t i = 0; i <= group_; i++)
		for (size_t k = 0; k < r->groups[i].n; k++) {
			const struct result *y = r->groups[i].rows[k].first;
			if (i == group_ && k == row_)
				return false;
			if (strcmp(x->peer, y->peer) == 0 &&
					strcmp(x->version, y->version) == 0)
				return true;
		}
	return false;
}

static void settings(FILE *out, const struct report *r)
{
	fputs("<h2>Versions and settings</h2><dl>\n", out);
	for (size_t i = 0; i < r->n_groups; i++)
		for (size_t k = 0; k < r->groups[i].n; k++) {
			const struct row *row = &r->groups[i].rows[k];
			if (named_before(r, i, k))
				continue;
			fputs("<dt>", out);
			key(out, row);
			fputs("<dd>", out);
			html_text(out, *row->first->version
							? row->first->version
							: "not installed");
			fputs("<br><code>", out);
			html_text(out, row->first->settings);
			fputs("</code>\n", out);
		}
	fputs("</dl>\n<h2>What the figures mean</h2><dl>\n", out);
	for (size_t i = 0; i < n_figures; i++) {
		if (!*figures[i].method)
			continue;
		fputs("<dt>", out);
		html_text(out, figures[i].name);
		if (*figures[i].unit) {
			fputs(", ", out);
			html_text(out, figures[i].unit);
		}
		fputs("<dd>", out);
		html_text(out, figures[i].method);
		fputs("\n", out);
	}
	fputs("</dl>\n", out);
}

static void head(FILE *out, const struct report *r)
{
	char date[64];
	time_t now = time(NULL);
	(void)strftime(date, sizeof(date), "%Y-%m-%d", gmtime(&now));
	fputs("<!doctype html><html lang=en><meta charset=utf-8>"
	      "<meta name=viewport content=\"width=device-width,"
	      "initial-scale=1\"><title>oriel-bench</title><style>\n",
			out);
	for (size_t i = 0; i < sizeof(style) / sizeof(*style); i++)
		fputs(style[i], out);
	fprintf(out,
			"</style>\n<h1>Remote desktops, measured</h1>"
			"<p class=dim>oriel-bench, %s. %zu runs.",
			date, r->results.n);
	for (size_t i = 0; i < r->n_machines; i++) {
		fputs(" ", out);
		html_text(out, r->machines[i]);
		fputs(".", out);
	}
	fputs(" The median of repeats, with the range below it.</p>\n", out);
	if (r->n_machines > 1)
		fputs("<p class=warn>These runs are of different machines: "
		      "times and CPU cannot be compared between them.</p>\n",
				out);
	if (r->disturbed)
		fprintf(out,
				"<p class=warn>%zu runs were disturbed: "
				"something "
				"else used the machine. Their bytes stand, "
				"their "
				"times do not.</p>\n",
				r->disturbed);
	if (r->left_out)
		fprintf(out,
				"<p class=warn>%zu results found no place in "
				"this "
				"report.</p>\n",
				r->left_out);
}

int report_html(FILE *out, const struct report *r)
{
	head(out, r);
	if (r->n_groups)
		glance(out, r);
	for (size_t i = 0; i < r->n_groups; i++) {
		const struct result *f = r->groups[i].first;
		const struct result *before = i ? r->groups[i - 1].first : NULL;
		if (!before || strcmp(before->link_text, f->link_text) != 0 ||
				strcmp(before->cc, f->cc) != 0) {
			fputs("<h2>", out);
			html_text(out, f->link);
			fputs(" <span class=dim>", out);
			html_text(out, f->link_text);
			fputs(", ", out);
			html_text(out, f->cc);
			fputs("</span></h2>\n", out);
		}
		group(out, &r->groups[i]);
	}
	report_density_html(out, r);
	if (r->n_groups)
		settings(out, r);
	fputs("</html>\n", out);
	return fflush(out) || ferror(out) ? -1 : 0;
}
