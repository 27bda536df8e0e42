/*
 * report_density.c - how many desktops one processor serves, in the report:
 * what a user of each kind costs, and how staleness grows with their number.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/crowd.h"
#include "bench/metrics.h"
#include "bench/report.h"
#include "bench/svg.h"

#define ABOUT "\xe2\x89\x88"

enum { FAR = 10 }; /* times the most that were tried */

/* ---- order */

static bool same_curve(const struct result *a, const struct result *b)
{
	return strcmp(a->trace_hash, b->trace_hash) == 0 &&
	       strcmp(a->trace, b->trace) == 0 &&
	       strcmp(a->settings, b->settings) == 0 &&
	       strcmp(a->version, b->version) == 0 &&
	       strcmp(a->machine, b->machine) == 0 && a->from_s == b->from_s &&
	       a->seconds == b->seconds && a->limit_ms == b->limit_ms &&
	       report_same(a->method, b->method);
}

static struct point *point_of(struct curve *c, const struct result *x)
{
	size_t at = 0;
	while (at < c->n && c->points[at].runs[0]->sessions < x->sessions)
		at++;
	if (at < c->n && c->points[at].runs[0]->sessions == x->sessions)
		return &c->points[at];
	if (c->n == REPORT_POINTS)
		return NULL;
	memmove(&c->points[at + 1], &c->points[at],
			(c->n - at) * sizeof(*c->points));
	c->n++;
	c->points[at].n = 0;
	return &c->points[at];
}

size_t report_curves(
		struct curve out[static REPORT_CURVES], const struct report *r)
{
	size_t n = 0, colours = 0;
	for (size_t i = 0; i < r->results.n; i++) {
		const struct result *x = &r->results.v[i];
		size_t at = 0;
		if (!isfinite(x->sessions) || *x->error)
			continue;
		while (at < n && !same_curve(out[at].first, x))
			at++;
		if (at == REPORT_CURVES)
			continue;
		if (at == n) {
			out[n++] = (struct curve){ .first = x,
				.colour = colours };
			for (size_t k = 0; k < at; k++)
				if (strcmp(out[k].first->trace, x->trace) == 0)
					out[at].colour = out[k].colour;
			colours += out[at].colour == colours;
		}
		struct point *p = point_of(&out[at], x);
		if (p && p->n < REPORT_RUNS)
			p->runs[p->n++] = x;
	}
	return n;
}

static double median(const struct point *p, const char *name)
{
	double v[REPORT_RUNS];
	size_t n = 0;
	for (size_t i = 0; i < p->n; i++) {
		double one = *result_number(p->runs[i], name);
		if (isfinite(one))
			v[n++] = one;
	}
	return metrics_median(v, n);
}

static double users(const struct point *p)
{
	return p->runs[0]->sessions;
}

struct crowd_knee report_knee(const struct curve *c)
{
	struct crowd_point p[REPORT_POINTS];
	for (size_t i = 0; i < c->n; i++) {
		const struct point *from = &c->points[i];
		p[i] = (struct crowd_point){ users(from),
			1e-3 * median(from, "session_cpu_ms") * users(from),
			median(from, "server_share"),
			median(from, "stale_p95_ms") };
	}
	return crowd_find_knee(p, c->n, c->first->limit_ms);
}

/* The point that says what a user costs: the most that are not too many. */
static const struct point *typical(const struct curve *c)
{
	size_t best = 0;
	for (size_t i = 0; i < c->n; i++)
		if (median(&c->points[i], "server_share") < 0.95 &&
				median(&c->points[i], "stale_p95_ms") <=
						c->first->limit_ms)
			best = i;
	return &c->points[best];
}

/* What is far beyond all that was tried is not worth a number. */
static void knee_text(char *out, size_t cap, const struct curve *c)
{
	struct crowd_knee k = report_knee(c);
	double most = FAR * users(&c->points[c->n - 1]);
	if (k.bound == CROWD_UNKNOWN)
		snprintf(out, cap, "-");
	else if (k.users > most)
		snprintf(out, cap, ">%.0f", most);
	else
		snprintf(out, cap, "%s%.0f", k.extrapolated ? ABOUT : "",
				floor(k.users));
}

static const char *bound_text(const struct curve *c)
{
	struct crowd_knee k = report_knee(c);
	if (k.bound == CROWD_BY_PROCESSOR)
		return k.extrapolated ? "processor, extrapolated" : "processor";
	return k.bound == CROWD_BY_TIME ? "staleness" : "";
}

/* ---- the page */

struct column {
	const char *name, *unit, *of;
	double scale;
	int digits;
};

static const struct column columns[] = {
	{ "CPU", "ms a user-second", "session_cpu_ms", 1, 2 },
	{ "processor", "%", "server_share", 100, 0 },
	{ "memory", "MB each", "session_mb", 1, 1 },
	{ "switches", "a user-second", "session_switches", 1, 1 },
	{ "frames", "a user-second", "fps_source", 1, 1 },
	{ "stale p50", "ms", "stale_p50_ms", 1, 1 },
	{ "p95", "ms", "stale_p95_ms", 1, 1 },
	{ "p99", "ms", "stale_p99_ms", 1, 1 },
	/* What measuring costs. */
	{ "clients", "% of theirs", "sink_share", 100, 1 },
	{ "playing", "CPU s", "player_s", 1, 2 },
};
enum { COLUMNS = sizeof(columns) / sizeof(*columns) };

/* Curves of other versions of this program are beside its own. */
static const char *otherwise(const struct curve *c)
{
	return report_same(c->first->method, RESULT_METHOD)
			       ? ""
			       : ", counted otherwise";
}

static void name(FILE *out, const struct curve *c)
{
	fprintf(out, "<span class=\"k s%zu\"></span>", c->colour % SVG_COLOURS);
	html_text(out, c->first->trace);
	fputs("<small>", out);
	html_text(out, c->first->settings);
	fprintf(out, "%s</small>", otherwise(c));
}

static void disturbance(FILE *out, const struct curve *c)
{
	size_t n = 0, all = 0;
	const char *why = "";
	for (size_t i = 0; i < c->n; i++)
		for (size_t k = 0; k < c->points[i].n; k++, all++)
			if (*c->points[i].runs[k]->disturbed) {
				why = c->points[i].runs[k]->disturbed;
				n++;
			}
	if (!n)
		return;
	fputs("<small title=\"", out);
	html_text(out, why);
	fprintf(out, "\">%zu of %zu disturbed</small>", n, all);
}

static void heads(FILE *out)
{
	for (size_t i = 0; i < COLUMNS; i++)
		fprintf(out, "<th>%s<small>%s</small>", columns[i].name,
				columns[i].unit);
	fputs("</thead><tbody>\n", out);
}

static void cells(FILE *out, const struct point *p)
{
	for (size_t i = 0; i < COLUMNS; i++) {
		double v = median(p, columns[i].of) * columns[i].scale;
		if (isfinite(v))
			fprintf(out, "<td>%.*f", columns[i].digits, v);
		else
			fputs("<td>-", out);
	}
	fputs("</tr>\n", out);
}

static void costs(FILE *out, const struct curve *c, size_t n)
{
	fputs("<div class=scroll><table><thead><tr><th>work<th>users a "
	      "processor<small>until</small><th>measured with<small>users"
	      "</small>",
			out);
	heads(out);
	for (size_t i = 0; i < n; i++) {
		char knee[32];
		knee_text(knee, sizeof(knee), &c[i]);
		fputs("<tr><th>", out);
		name(out, &c[i]);
		disturbance(out, &c[i]);
		fputs("<td>", out);
		html_text(out, knee);
		fprintf(out, "<small>%s</small>", bound_text(&c[i]));
		fprintf(out, "<td>%.0f", users(typical(&c[i])));
		cells(out, typical(&c[i]));
	}
	fputs("</tbody></table></div>\n", out);
}

static void chart(FILE *out, const struct curve *c, size_t n,
		const char *settings, const char *title, const struct column *y,
		double least, bool log, double line)
{
	struct svg s;
	char whole[160];
	double most = least, longest = 1;
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < c[i].n; k++) {
			double v = median(&c[i].points[k], y->of) * y->scale;
			longest = fmax(longest, users(&c[i].points[k]));
			if (isfinite(v))
				most = fmax(most, v);
		}
	snprintf(whole, sizeof(whole), "%s, %s", title, settings);
	svg_begin(&s, out, whole,
			(struct svg_axis){ 0, longest, false, "users" },
			(struct svg_axis){ log ? 0.1 : 0,
					log ? pow(10, ceil(log10(most))) : most,
					log, y->unit });
	if (line > 0)
		svg_line(&s, (double[]){ 0, longest }, (double[]){ line, line },
				2, SVG_COLOURS - 1);
	for (size_t i = n; i-- > 0;) {
		double at[REPORT_POINTS], v[REPORT_POINTS];
		if (strcmp(c[i].first->settings, settings) != 0)
			continue;
		for (size_t k = 0; k < c[i].n; k++) {
			at[k] = users(&c[i].points[k]);
			v[k] = median(&c[i].points[k], y->of) * y->scale;
			svg_dot(&s, at[k], v[k], c[i].colour,
					c[i].first->trace);
		}
		svg_line(&s, at, v, c[i].n, c[i].colour);
	}
	svg_end(&s);
}

static void charts(FILE *out, const struct curve *c, size_t n)
{
	const double limit = c->first->limit_ms;
	fputs("<div class=charts>", out);
	for (size_t i = 0; i < n; i++) {
		const char *settings = c[i].first->settings;
		size_t k = 0;
		while (strcmp(c[k].first->settings, settings) != 0)
			k++;
		if (k < i)
			continue; /* has been */
		chart(out, c, n, settings, "Processor", &columns[1], 100, false,
				100);
		chart(out, c, n, settings, "Staleness p95", &columns[6], 100,
				true, limit);
		chart(out, c, n, settings, "Memory", &columns[2], 1, false, 0);
	}
	fputs("</div>\n", out);
}

static void all_points(FILE *out, const struct curve *c, size_t n)
{
	fputs("<details><summary>All numbers of sessions</summary>\n"
	      "<div class=scroll><table><thead><tr><th>work<th>users",
			out);
	heads(out);
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < c[i].n; k++) {
			fputs("<tr><th>", out);
			name(out, &c[i]);
			fprintf(out, "<td>%.0f", users(&c[i].points[k]));
			cells(out, &c[i].points[k]);
		}
	fputs("</tbody></table></div></details>\n", out);
}

static void failures(FILE *out, const struct report *r)
{
	for (size_t i = 0; i < r->results.n; i++) {
		const struct result *x = &r->results.v[i];
		if (!isfinite(x->sessions) || !*x->error)
			continue;
		fputs("<p class=warn>", out);
		html_text(out, x->trace);
		fprintf(out, ", %.0f sessions, ", x->sessions);
		html_text(out, x->settings);
		fputs(": ", out);
		html_text(out, x->error);
		fputs("</p>\n", out);
	}
}

static const char method[] =
		"Desktops that are given rectangles as by a hypervisor, each "
		"with a client that logs in and acknowledges but does not "
		"decode, over the loopback device; servers on one processor, "
		"clients on another. CPU is that of the servers, without "
		"preparing the frames, which the processor's share has in it; "
		"clients is the share of their own processor that the clients "
		"use, playing what preparing the frames took; "
		"memory is their own, without the guests' framebuffers. "
		"Staleness is from when a frame was due until a client has all "
		"of it or of a newer one: there is no link and no decoding in "
		"it. Users a processor: until p95 leaves the limit, read "
		"between two measurements, or the servers would fill the "
		"processor, by the line through those that do not; "
		"extrapolated: more than were tried. Idle is a still picture "
		"with a block of 8 \xc3\x97 8 that changes once a second; the "
		"others play traces, each from another place, again and again.";

void report_density_html(FILE *out, const struct report *r)
{
	struct curve *c = calloc(REPORT_CURVES, sizeof(*c));
	size_t n = c && r->density ? report_curves(c, r) : 0;
	if (r->density) {
		fputs("<section class=group><h2>Density", out);
		if (n)
			fprintf(out,
					" <span class=dim>staleness p95 within "
					"%g ms</span>",
					c->first->limit_ms);
		fprintf(out, "</h2><p class=dim>%s</p>\n", method);
		failures(out, r);
		if (n) {
			costs(out, c, n);
			charts(out, c, n);
			all_points(out, c, n);
			fputs("<p class=dim>", out);
			html_text(out, c->first->version);
			fputs("</p>", out);
		}
		fputs("</section>\n", out);
	}
	free(c);
}

void report_density_markdown(FILE *out, const struct report *r)
{
	struct curve *c = calloc(REPORT_CURVES, sizeof(*c));
	size_t n = c && r->density ? report_curves(c, r) : 0;
	if (n) {
		fprintf(out,
				"\n### Density, staleness p95 within %g ms\n\n"
				"| work | processes | users a processor | "
				"until "
				"| measured with |",
				c->first->limit_ms);
		for (size_t i = 0; i < COLUMNS; i++)
			fprintf(out, " %s %s |", columns[i].name,
					columns[i].unit);
		fputs("\n|---|---|---:|---|---:|", out);
		for (size_t i = 0; i < COLUMNS; i++)
			fputs("---:|", out);
		putc('\n', out);
	}
	for (size_t i = 0; i < n; i++) {
		char knee[32];
		knee_text(knee, sizeof(knee), &c[i]);
		fprintf(out, "| %s | %s%s | %s | %s | %.0f |",
				c[i].first->trace, c[i].first->settings,
				otherwise(&c[i]), knee, bound_text(&c[i]),
				users(typical(&c[i])));
		for (size_t k = 0; k < COLUMNS; k++)
			fprintf(out, " %.*f |", columns[k].digits,
					median(typical(&c[i]), columns[k].of) *
							columns[k].scale);
		putc('\n', out);
	}
	free(c);
}
