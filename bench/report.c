/*
 * report.c - oriel-bench report: one HTML page and one Markdown file from the
 * results of a folder.
 */
#include "bench/report.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/bench.h"
#include "bench/metrics.h"

enum { END = 28 }; /* of a version, in a label */

#define TEXT(name)
#define SERIES(name)
#define NUMBER(name) \
	__attribute__((unused)) static double get_##name( \
			const struct result *r) \
	{ \
		return r->name; \
	}
#include "bench/result.def"

static double get_server_cpu(const struct result *r)
{
	return r->server_user_s + r->server_sys_s;
}

static double get_client_cpu(const struct result *r)
{
	return r->client_user_s + r->client_sys_s;
}

static double get_bench_cpu(const struct result *r)
{
	return r->watcher_s + r->player_s + r->emulator_s;
}

#define NEVER "never"

const struct figure figures[] = {
	{ "down", "MB", get_bytes_down, 1e-6, 2, "-",
			"IP bytes from the server that the link took, from the "
			"first change until two seconds after the last, the "
			"first picture excluded.",
			false },
	{ "shown", "fps", get_fps_shown, 1, 1, "-",
			"Frames a second whose mark was seen before that of "
			"any newer frame. The mark is in a randomly chosen "
			"block of what the frame has changed.",
			false },
	{ "stale p50", "ms", get_stale_p50_ms, 1, 0, "-",
			"Staleness: from just before a frame is presented "
			"until the sampled part of it, or what has replaced "
			"that part since, is visible on the client's display. "
			"All frames count; what never came counts until the "
			"end.",
			false },
	{ "p95", "ms", get_stale_p95_ms, 1, 0, "-",
			"Staleness that 95 % of the frames did not exceed.",
			false },
	{ "p99", "ms", get_stale_p99_ms, 1, 0, "-", "The same for 99 %.",
			false },
	{ "freeze", "ms", get_freeze_ms, 1, 0, "-",
			"The longest time in which something new had been "
			"presented and nothing of it appeared; of live "
			"sessions in which the desktop had changed and the "
			"client's display did not.",
			false },
	{ "input p50", "ms", get_input_p50_ms, 1, 0, "-",
			"Of live sessions: from a key pressed at the client "
			"by XTEST until the mark that answers it is visible "
			"there. What answers takes no time of its own. All "
			"keys count; one that is lost counts for as long as it "
			"was waited for.",
			false },
	{ "input p95", "ms", get_input_p95_ms, 1, 0, "-", "", false },
	{ "sound", "ms", get_sound_ms, 1, 0, "-",
			"Of peers with sound: from a click at the desktop's "
			"sink until it is heard at the client's, by one clock. "
			"The median.",
			false },
	{ "sound gaps", "", get_sound_gaps, 1, 0, "-",
			"Silence of 5 to 90 ms in what was heard.", false },
	{ "moving", "dB", get_psnr, 1, 1, "-",
			"PSNR of whole pictures kept at random moments, 12 ms "
			"after a new mark, against what had been presented; "
			"60 means exact. The mean.",
			false },
	{ "text", "SSIM", get_ssim_text, 1, 4, "-",
			"SSIM of luma in these pictures, over the windows of "
			"8 x 8 pixels that hold text: few colours, much "
			"contrast.",
			false },
	{ "exact after", "ms", get_exact_ms, 1, 0, NEVER,
			"From presenting the last frame, or the end of a live "
			"session, until every pixel of the client's display "
			"is right.",
			false },
	{ "first picture", "ms", get_first_ms, 1, 0, "-",
			"From starting the client program until it shows what "
			"is there with 28 dB or more.",
			false },
	{ "server", "CPU s", get_server_cpu, 1, 2, "-",
			"User and system time of the server's processes while "
			"the bytes are counted. A server that is an X server "
			"has that work in it; a player inside of it is taken "
			"off.",
			false },
	{ "client", "CPU s", get_client_cpu, 1, 2, "-",
			"The same of the client.", false },
	{ "queue p95", "ms", get_queue_p95_ms, 1, 1, "-",
			"Time that packets to the client waited in the link's "
			"queue, from a histogram: up to 19 % too much.",
			false },
	{ "up", "MB", get_bytes_up, 1e-6, 3, "-", "IP bytes from the client.",
			true },
	{ "before the first", "kB", get_bytes_first, 1e-3, 1, "-",
			"Bytes until the first picture.", true },
	{ "first exact", "ms", get_first_exact_ms, 1, 0, NEVER,
			"Until frame 0 is exact, if that was before the run "
			"began.",
			true },
	{ "presented", "fps", get_fps_source, 1, 1, "-", "What the trace has.",
			true },
	{ "merged", "frames", get_merged, 1, 0, "-",
			"Seen together with a newer one, or after it.", true },
	{ "keys", "", get_inputs, 1, 0, "-", "That were answered.", true },
	{ "keys lost", "", get_inputs_lost, 1, 0, "-",
			"That were not, within three seconds or until the end.",
			true },
	{ "input max", "ms", get_input_max_ms, 1, 0, "-", "", true },
	{ "sound max", "ms", get_sound_max_ms, 1, 0, "-", "", true },
	{ "sounds", "", get_sounds, 1, 0, "-", "Clicks that were heard.",
			true },
	{ "sounds lost", "", get_sounds_lost, 1, 0, "-",
			"That were not, within 0.9 seconds; the first one ends "
			"a silence.",
			true },
	{ "covered", "frames", get_covered, 1, 0, "-",
			"Painted over before they were seen.", true },
	{ "missing", "frames", get_missing, 1, 0, "-",
			"Never seen, and nothing has replaced them.", true },
	{ "latency p50", "ms", get_latency_p50_ms, 1, 0, "-",
			"As staleness, of the frames shown alone.", true },
	{ "latency p95", "ms", get_latency_p95_ms, 1, 0, "-", "", true },
	{ "stale max", "ms", get_stale_max_ms, 1, 0, "-", "", true },
	{ "moving min", "dB", get_psnr_min, 1, 1, "-",
			"The worst of the pictures kept.", true },
	{ "moving", "SSIM", get_ssim, 1, 4, "-", "Over all windows.", true },
	{ "exact pictures", "", get_exact_samples, 1, 0, "-",
			"Of the pictures kept.", true },
	{ "pictures", "", get_samples, 1, 0, "-", "Kept.", true },
	{ "still", "dB", get_still_psnr, 1, 1, "-",
			"The last picture, when the run ended.", true },
	{ "still text", "SSIM", get_still_ssim_text, 1, 4, "-", "", true },
	{ "still wrong", "pixels", get_still_wrong, 1, 0, "-", "", true },
	{ "server memory", "MB", get_server_peak_mb, 1, 0, "-",
			"Peak resident memory.", true },
	{ "client memory", "MB", get_client_peak_mb, 1, 0, "-", "", true },
	{ "server switches", "", get_server_switches, 1, 0, "-",
			"Context switches.", true },
	{ "client switches", "", get_client_switches, 1, 0, "-", "", true },
	{ "packets", "", get_packets_down, 1, 0, "-", "To the client.", true },
	{ "tail drops", "", get_tail_drops, 1, 0, "-",
			"Packets that found the queue full.", true },
	{ "lost", "", get_losses, 1, 0, "-",
			"Packets that the link has lost, as told.", true },
	{ "queue mean", "ms", get_queue_mean_ms, 1, 1, "-", "", true },
	{ "queue max", "ms", get_queue_max_ms, 1, 1, "-",
			"The first picture included.", true },
	{ "displays", "CPU s", get_client_display_s, 1, 2, "-",
			"Of the client's X server.", true },
	{ "bench", "CPU s", get_bench_cpu, 1, 2, "-",
			"What measuring has cost: player, watcher and link.",
			true },
	{ "player late", "ms", get_player_late_ms, 1, 1, "-",
			"How late a frame was presented at worst.", true },
	{ "watcher late", "ms", get_watcher_late_ms, 1, 1, "-",
			"The longest time in which nobody looked.", true },
	{ "others", "CPU", get_other_cpu, 1, 2, "-",
			"Share of the processors that others used.", true },
	{ "steal", "CPU", get_steal, 1, 2, "-",
			"Share that the hypervisor withheld.", true },
};
const size_t n_figures = sizeof(figures) / sizeof(*figures);

/* Of figures that say when something happened, what did not happen is more
 * than any time. */
static bool may_be_never(const struct figure *f)
{
	return strcmp(f->absent, NEVER) == 0;
}

struct spread report_spread(const struct row *row, const struct figure *f)
{
	double v[REPORT_RUNS];
	size_t n = 0;
	for (size_t i = 0; i < row->n; i++) {
		double one = f->get(row->runs[i]) * f->scale;
		if (isfinite(one))
			v[n++] = one;
		else if (may_be_never(f))
			v[n++] = INFINITY;
	}
	/* What is known of less than half of the runs says little. */
	if (!n || 2 * n < row->n)
		return (struct spread){ NAN, NAN, NAN, 0 };
	double median = metrics_median(v, n); /* sorts */
	return (struct spread){ median, v[0], v[n - 1], n };
}

bool report_has(const struct group *g, const struct figure *f)
{
	if (may_be_never(f))
		return true;
	for (size_t k = 0; k < g->n; k++)
		if (report_spread(&g->rows[k], f).n)
			return true;
	return false;
}

int report_digits(const struct spread *s, const struct figure *f)
{
	/* What is small and not a share keeps three digits. */
	return f->digits == 2 && fabs(s->median) < 1 ? 3 : f->digits;
}

static void value(char out[static REPORT_VALUE], double v,
		const struct spread *s, const struct figure *f)
{
	if (isfinite(v))
		snprintf(out, REPORT_VALUE, "%.*f", report_digits(s, f), v);
	else
		snprintf(out, REPORT_VALUE, "%s", f->absent);
}

void report_median(char out[static REPORT_VALUE], const struct spread *s,
		const struct figure *f)
{
	value(out, s->median, s, f);
}

bool report_range(char out[static REPORT_RANGE], const struct spread *s,
		const struct figure *f)
{
	char min[REPORT_VALUE], max[REPORT_VALUE];
	*out = 0;
	if (s->n < 2 || !isfinite(s->min))
		return false;
	value(min, s->min, s, f);
	value(max, s->max, s, f);
	snprintf(out, REPORT_RANGE, "%s\xe2\x80\x93%s", min, max);
	return true;
}

void report_cell(char *out, size_t cap, const struct spread *s,
		const struct figure *f)
{
	char median[REPORT_VALUE], range[REPORT_RANGE];
	report_median(median, s, f);
	if (report_range(range, s, f))
		snprintf(out, cap, "%s (%s)", median, range);
	else
		snprintf(out, cap, "%s", median);
}

void report_conditions(char *out, size_t cap, const struct result *r)
{
	char tail[48] = "";
	if (isfinite(r->tail_s))
		snprintf(tail, sizeof(tail), ", %g s to become exact",
				r->tail_s);
	snprintf(out, cap, "%s%s%s", r->mode, tail,
			report_same(r->method, RESULT_METHOD)
					? ""
					: ", measured by another version of "
					  "oriel-bench that counts otherwise");
}

/* ---- order */

bool report_same(double a, double b)
{
	return a == b || (isnan(a) && isnan(b));
}

static bool comparable(const struct result *a, const struct result *b)
{
	return strcmp(a->trace_hash, b->trace_hash) == 0 &&
	       strcmp(a->link_text, b->link_text) == 0 &&
	       strcmp(a->cc, b->cc) == 0 && strcmp(a->mode, b->mode) == 0 &&
	       a->from_s == b->from_s && a->seconds == b->seconds &&
	       report_same(a->method, b->method) &&
	       report_same(a->tail_s, b->tail_s);
}

static struct group *group_of(struct report *r, const struct result *x)
{
	for (size_t i = 0; i < r->n_groups; i++)
		if (comparable(r->groups[i].first, x))
			return &r->groups[i];
	if (r->n_groups == REPORT_GROUPS)
		return NULL;
	r->groups[r->n_groups].first = x;
	return &r->groups[r->n_groups++];
}

static bool same_row(const struct result *a, const struct result *b)
{
	if (strcmp(a->peer, b->peer) != 0)
		return false;
	/* One that is not installed has no version. */
	return strcmp(a->version, b->version) == 0 &&
	       strcmp(a->settings, b->settings) == 0 &&
	       strcmp(a->machine, b->machine) == 0;
}

static struct row *row_of(struct group *g, const struct result *x)
{
	for (size_t i = 0; i < g->n; i++)
		if (same_row(g->rows[i].first, x))
			return &g->rows[i];
	if (g->n == REPORT_ROWS)
		return NULL;
	g->rows[g->n].first = x;
	return &g->rows[g->n++];
}

static void note_machine(struct report *r, const struct result *x)
{
	const size_t room = sizeof(r->machines) / sizeof(*r->machines);
	for (size_t i = 0; i < r->n_machines; i++)
		if (strcmp(r->machines[i], x->machine) == 0)
			return;
	if (r->n_machines < room)
		r->machines[r->n_machines++] = x->machine;
}

static void add(struct report *r, const struct result *x)
{
	if (isfinite(x->sessions)) {
		note_machine(r, x);
		r->density++;
		r->disturbed += *x->disturbed != 0;
		return;
	}
	struct group *g = group_of(r, x);
	struct row *row = g ? row_of(g, x) : NULL;
	if (!row || row->n == REPORT_RUNS) {
		r->left_out++;
		return;
	}
	note_machine(r, x);
	if (*x->error) {
		row->failed++;
		row->error = x->error;
		return;
	}
	row->runs[row->n++] = x;
	r->disturbed += *x->disturbed != 0;
}

static bool is_same_peer(const struct row *a, const struct row *b)
{
	return strcmp(a->first->peer, b->first->peer) == 0;
}

/* A colour is a peer's in all groups. */
static void colour(struct report *r)
{
	const char *names[REPORT_ROWS];
	size_t n = 0;
	for (size_t i = 0; i < r->n_groups; i++)
		for (size_t k = 0; k < r->groups[i].n; k++) {
			struct row *row = &r->groups[i].rows[k];
			size_t at = 0;
			while (at < n && strcmp(names[at], row->label) != 0)
				at++;
			row->colour = at;
			if (at == n && n < REPORT_ROWS)
				names[n++] = row->label;
		}
}

static void name_rows(struct group *g)
{
	for (size_t i = 0; i < g->n; i++) {
		struct row *row = &g->rows[i];
		size_t alike = 0;
		for (size_t k = 0; k < g->n; k++)
			alike += is_same_peer(row, &g->rows[k]);
		/* Versions tend to differ at their ends. */
		const char *version = *row->first->version ? row->first->version
							   : "missing";
		size_t n = strlen(version);
		if (alike > 1)
			snprintf(row->label, sizeof(row->label), "%.32s (%s%s)",
					row->first->peer,
					n > END ? "\xe2\x80\xa6" : "",
					version + (n > END ? n - END : 0));
		else
			snprintf(row->label, sizeof(row->label), "%.90s",
					row->first->peer);
		/* Of several versions of ours the last one. */
		if (row->n && (!g->base || strcmp(row->first->peer, "oriel") ==
							      0))
			g->base = row;
	}
}

/* What is not known comes first. */
static int by_number(double a, double b)
{
	return isnan(a) || isnan(b) ? isnan(b) - isnan(a) : (a > b) - (a < b);
}

static int by_group(const void *a, const void *b)
{
	const struct result *x = ((const struct group *)a)->first;
	const struct result *y = ((const struct group *)b)->first;
	int order = strcmp(x->link, y->link);
	order = order ? order : strcmp(x->link_text, y->link_text);
	order = order ? order : strcmp(x->cc, y->cc);
	order = order ? order : strcmp(x->mode, y->mode);
	order = order ? order : strcmp(x->trace, y->trace);
	order = order ? order : by_number(x->method, y->method);
	return order ? order : by_number(x->tail_s, y->tail_s);
}

int report_make(struct report *r, struct results *results)
{
	memset(r, 0, sizeof(*r));
	r->results = *results;
	memset(results, 0, sizeof(*results));
	r->groups = calloc(REPORT_GROUPS, sizeof(*r->groups));
	if (!r->groups)
		return -1;
	for (size_t i = 0; i < r->results.n; i++)
		add(r, &r->results.v[i]);
	qsort(r->groups, r->n_groups, sizeof(*r->groups), by_group);
	for (size_t i = 0; i < r->n_groups; i++)
		name_rows(&r->groups[i]);
	colour(r);
	return 0;
}

void report_free(struct report *r)
{
	results_fini(&r->results);
	free(r->groups);
	memset(r, 0, sizeof(*r));
}

/* ---- the command */

static int write_file(const struct report *r, const char *dir, const char *name,
		int (*write)(FILE *, const struct report *))
{
	char path[1024];
	snprintf(path, sizeof(path), "%.900s/%s", dir, name);
	FILE *out = fopen(path, "w");
	int err = out ? write(out, r) : -1;
	if (out && (fclose(out) || err))
		err = -1;
	if (err)
		fprintf(stderr, "oriel-bench: %s: %s\n", path, strerror(errno));
	else
		printf("%s\n", path);
	return err;
}

int bench_report(int argc, char **argv)
{
	struct results all;
	struct report r;
	char path[1024];
	const char *dir = NULL;
	bool mixed = false;
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--mixed") == 0)
			mixed = true;
		else if (!dir && argv[i][0] != '-')
			dir = argv[i];
		else {
			fprintf(stderr, "oriel-bench: report %s? ", argv[i]);
			dir = NULL;
			break;
		}
	}
	if (!dir) {
		fprintf(stderr, "usage: oriel-bench report [--mixed] DIR\n");
		return 2;
	}
	snprintf(path, sizeof(path), "%.900s/results.jsonl", dir);
	if (results_load(&all, path)) {
		fprintf(stderr, "oriel-bench: %s: %s\n", path, strerror(errno));
		results_fini(&all);
		return 1;
	}
	if (all.broken)
		fprintf(stderr, "oriel-bench: %s: %zu lines cannot be read\n",
				path, all.broken);
	int err = report_make(&r, &all);
	if (!err && r.n_machines > 1 && !mixed) {
		fprintf(stderr,
				"oriel-bench: these runs are of %zu machines "
				"and cannot be compared; --mixed shows them "
				"side by side and says so\n",
				r.n_machines);
		for (size_t i = 0; i < r.n_machines; i++)
			fprintf(stderr, "    %s\n", r.machines[i]);
		err = -1;
	}
	err = err ? err : write_file(&r, dir, "report.html", report_html);
	err = err ? err : write_file(&r, dir, "report.md", report_markdown);
	report_free(&r);
	return err ? 1 : 0;
}
