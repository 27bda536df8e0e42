/*
 * cell.c - see cell.h.
 *
 * What is counted when. Bytes are IP bytes that the link accepted, from the go
 * until two seconds after the last frame was presented; the same is true of
 * CPU time, context switches and the queue. The first picture is before that
 * and counts from the start of the client program.
 */
#include "bench/cell.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <X11/Xlib.h>

#include "bench/ends.h"
#include "bench/metrics.h"
#include "bench/play.h"
#include "bench/sound.h"
#include "bench/watch.h"

enum {
	PICTURE_MS = 30000, /* the first picture may take so long */
	SETTLE_MS = 6000,   /* until exact or quiet */
	QUIET_MS = 600,
	PATIENCE_MS = 120000, /* evaluating the pictures */
};

static int start_player(struct run *u)
{
	bool child;
	u->player = proc_fork(&u->procs, NETNS_SERVER, "player", &child);
	if (child) {
		play(u->cell->frames, u->stage, u->display);
		_exit(0);
	}
	if (!u->player)
		return run_fail(u, "no player");
	for (int i = 0; i < START_MS / 10 && !u->stage->ready; i++)
		if (run_pause(u, 10))
			return -1;
	return u->stage->ready ? 0 : run_fail(u, "the player does not start");
}

static int start_watcher(struct run *u)
{
	bool child;
	char path[300];
	snprintf(path, sizeof(path), "%s/Xvfb_screen0", u->folder);
	u->watcher = proc_fork(&u->procs, NETNS_CLIENT, "watcher", &child);
	if (child) {
		watch(u->cell->frames, u->stage, path);
		_exit(0);
	}
	if (!u->watcher)
		return run_fail(u, "no watcher");
	for (int i = 0; i < START_MS / 10 && !u->stage->watching; i++)
		if (run_pause(u, 10))
			return -1;
	return u->stage->watching ? 0
				  : run_fail(u, "the watcher does not start");
}

/* Frame 0 must be on the client's display before anything counts. */
static int first_picture(struct run *u)
{
	struct stage *s = u->stage;
	uint64_t give_up = u->client_start + PICTURE_MS * MS;
	while (!s->recognised) {
		if (stage_now() > give_up)
			return run_program_failed(u, "client",
					"never shows the first picture");
		if (run_pause(u, 5))
			return -1;
	}
	u->r->bytes_first = (double)run_delivered(u);
	/* Then until it is exact, or nothing happens any more. */
	uint64_t since = stage_now(), quiet = since;
	double before = u->r->bytes_first;
	while (!s->first_exact && stage_now() < since + SETTLE_MS * MS &&
			stage_now() < quiet + QUIET_MS * MS) {
		if (run_pause(u, 20))
			return -1;
		double now = (double)run_delivered(u);
		if (now > before + 500) /* keepalives do not count */
			quiet = stage_now();
		before = now;
	}
	return run_pause(u, 300);
}

/* ---- measuring */

/* A program painting over the client's picture: what the watcher must find. */
static int make_defect(struct run *u)
{
	bool child;
	struct proc *p = proc_fork(&u->procs, NETNS_CLIENT, "defect", &child);
	if (child) {
		unsigned side = (unsigned)u->cell->defect;
		Display *d = XOpenDisplay(u->shown_on);
		XSetWindowAttributes a = { .override_redirect = True,
			.background_pixel = 0x7f3f1f };
		if (!d)
			_exit(1);
		Window w = XCreateWindow(d, DefaultRootWindow(d),
				u->cell->frames->width / 2,
				u->cell->frames->height / 2, side, side, 0,
				CopyFromParent, InputOutput, CopyFromParent,
				CWOverrideRedirect | CWBackPixel, &a);
		XMapRaised(d, w);
		XSync(d, False);
		for (;;)
			pause();
	}
	return p ? 0 : run_fail(u, "cannot make a defect");
}

static int play_all(struct run *u)
{
	struct stage *s = u->stage;
	uint64_t base, next;
	double length = 1e-9 *
			(double)u->cell->frames->frame[u->cell->frames->n - 1]
					.time;
	run_snapshot(u, &u->at_go);
	base = u->at_go.down.delivered_bytes;
	netns_go(&u->net);
	s->go = true;
	if (sound_listen(u))
		return -1;
	next = stage_now();
	/* Slow motion takes as long as it takes. */
	uint64_t give_up = next + (uint64_t)((length * 40 + 30) * 1e9);
	while (!s->played) {
		next += PERIOD_MS * MS;
		uint64_t now = stage_now();
		if (now > give_up)
			return run_fail(u,
					"the player does not come to an end");
		if (run_pause(u, next > now ? (next - now) / MS : 0))
			return -1;
		(void)result_append(&u->r->bytes_at,
				(double)(run_delivered(u) - base));
	}
	u->played = stage_now();
	u->r->bytes_down_end = (double)(run_delivered(u) - base);
	if (u->cell->defect && make_defect(u))
		return -1;
	uint64_t until = u->played + AFTER_MS * MS;
	uint64_t last = u->played + (uint64_t)(u->cell->tail * 1e9);
	while (stage_now() < until)
		if (run_pause(u, 20))
			return -1;
	run_snapshot(u, &u->at_end);
	while (!s->last_exact && stage_now() < last)
		if (run_pause(u, 20))
			return -1;
	return 0;
}

static int evaluate(struct run *u)
{
	/* What is missing was waited for until now, and no longer. */
	u->ended = stage_now();
	u->stage->stop = true;
	if (sound_figures(u))
		return -1;
	uint64_t until = stage_now() + PATIENCE_MS * MS;
	while (!u->stage->evaluated) {
		if (stage_now() > until || !proc_alive(u->watcher))
			return run_fail(u, "the watcher does not answer");
		stage_sleep_until(stage_now() + 5 * MS);
		if (bench_interrupted)
			return run_fail(u, "interrupted");
	}
	return 0;
}

/* ---- figures */

static double since(uint64_t from, uint64_t to)
{
	return from && to >= from ? 1e-6 * (double)(to - from) : NAN;
}

static int freshness(struct run *u)
{
	const struct frames *f = u->cell->frames;
	struct result *r = u->r;
	struct stage *s = u->stage;
	struct sighting *all = calloc(f->n, sizeof(*all));
	double *stale = calloc(f->n, sizeof(*stale));
	struct freshness out;
	uint64_t start = s->frame[1].submit;
	double late = 0;
	int err = all && stale ? 0 : run_fail(u, "out of memory");
	for (uint32_t i = 1; !err && i < f->n; i++) {
		const struct stage_frame *p = &s->frame[i];
		all[i - 1] = (struct sighting){ p->submit, p->seen,
			f->frame[i].covered == FRAMES_NONE
					? FRAMES_NONE
					: f->frame[i].covered - 1,
			f->frame[i].mark_x >= 0 };
		if (p->submit > p->due && since(p->due, p->submit) > late)
			late = since(p->due, p->submit);
	}
	if (!err) {
		metrics_freshness(&out, stale, all, f->n - 1, u->ended);
		r->frames = out.frames;
		r->shown = out.shown;
		r->merged = out.merged;
		r->covered = out.covered;
		r->missing = out.missing;
		r->latency_p50_ms = out.latency.p50;
		r->latency_p95_ms = out.latency.p95;
		r->latency_p99_ms = out.latency.p99;
		r->latency_max_ms = out.latency.max;
		r->stale_p50_ms = out.staleness.p50;
		r->stale_p95_ms = out.staleness.p95;
		r->stale_p99_ms = out.staleness.p99;
		r->stale_max_ms = out.staleness.max;
		r->freeze_ms = out.freeze;
		r->player_late_ms = late;
		r->duration_s = since(start, s->frame[f->n - 1].submit) / 1e3;
		r->fps_source = out.frames / r->duration_s;
		r->fps_shown = out.shown / r->duration_s;
	}
	for (uint32_t i = 1; !err && i < f->n; i++)
		if (result_append(&r->stale, stale[i - 1]) ||
				result_append(&r->presented,
						since(start, s->frame[i].submit) /
								1e3))
			err = run_fail(u, "out of memory");
	free(all);
	free(stale);
	return err;
}

static void picture(struct run *u)
{
	struct result *r = u->r;
	const struct stage *s = u->stage;
	const struct stage_quality *q = &s->quality;
	r->first_ms = since(u->client_start, s->recognised);
	r->first_exact_ms = since(u->client_start, s->first_exact);
	r->exact_ms = since(s->frame[s->n - 1].submit, s->last_exact);
	r->samples = q->samples;
	r->exact_samples = q->exact_samples;
	r->psnr = q->psnr_mean;
	r->psnr_min = q->psnr_min;
	r->ssim = q->ssim_mean;
	r->ssim_text = q->ssim_text;
	r->still_psnr = q->last_psnr;
	r->still_ssim = q->last_ssim;
	r->still_ssim_text = q->last_ssim_text;
	r->still_wrong = (double)q->wrong_pixels;
	r->still_wrong_x = q->wrong_x;
	r->still_wrong_y = q->wrong_y;
	r->still_wrong_right = q->wrong_right;
	r->still_wrong_bottom = q->wrong_bottom;
}

int cell_run(struct result *r, const struct cell *c)
{
	struct run u = { .cell = c,
		.r = r,
		.stage_fd = -1,
		.frames = c->frames->n,
		.width = c->frames->width,
		.height = c->frames->height,
		.player_start = start_player,
		.watcher_start = start_watcher };
	int err = run_begin(&u);
	err = err ? err : run_server(&u);
	err = err ? err : run_client(&u);
	err = err ? err : first_picture(&u);
	err = err ? err : play_all(&u);
	err = err ? err : evaluate(&u);
	err = err ? err : freshness(&u);
	if (!err) {
		picture(&u);
		run_figures(&u);
	}
	run_end(&u);
	return err;
}

void machine_name(char *out, size_t cap)
{
	char line[256], model[160] = "unknown processor";
	struct utsname name;
	FILE *in = fopen("/proc/cpuinfo", "r");
	while (in && fgets(line, sizeof(line), in)) {
		char *colon = strchr(line, ':');
		if (!colon || strncmp(line, "model name", 10) != 0)
			continue;
		line[strcspn(line, "\n")] = 0;
		snprintf(model, sizeof(model), "%s", colon + 2);
		break;
	}
	if (in)
		fclose(in);
	long pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGESIZE);
	snprintf(out, cap, "%ld x %s, %.0f GB, Linux %s",
			sysconf(_SC_NPROCESSORS_ONLN), model,
			1e-9 * (double)pages * (double)size,
			uname(&name) ? "?" : name.release);
}
