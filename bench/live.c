/*
 * live.c - one measurement with real programs, which a script drives, instead
 * of a recording. Frames are not known then. Measured are bytes, processor,
 * the time from a key at the client to a picture there, the longest time in
 * which nothing of a change came, and how long after the end both displays are
 * the same. What is counted when is as in cell.c, until two seconds after the
 * script has ended; what it has started stays until then.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/ends.h"
#include "bench/live.h"
#include "bench/sound.h"

enum {
	PICTURE_MS = 30000,
	SETTLE_MS = 1500,    /* after it */
	LONGEST_MS = 600000, /* a script */
	EVALUATE_MS = 30000,
	BEST = 60, /* dB */
};

static size_t size_of(const struct run *u)
{
	return sizeof(struct live) +
	       (size_t)u->width * (size_t)u->height * sizeof(uint32_t);
}

static int start_desk(struct run *u)
{
	struct live *l = u->own;
	bool child;
	u->player = proc_fork(&u->procs, NETNS_SERVER, "desk", &child);
	if (child) {
		live_desk(l, u->display);
		_exit(0);
	}
	if (!u->player)
		return run_fail(u, "nobody at the desk");
	for (int i = 0; i < START_MS / 10 && !l->ready && !l->failed; i++)
		if (run_pause(u, 10))
			return -1;
	return l->ready ? 0 : run_fail(u, "the display cannot be used");
}

static int start_looker(struct run *u)
{
	struct live *l = u->own;
	bool child;
	char path[300];
	snprintf(path, sizeof(path), "%s/Xvfb_screen0", u->folder);
	u->watcher = proc_fork(&u->procs, NETNS_CLIENT, "looker", &child);
	if (child) {
		live_look(l, u->shown_on, path);
		_exit(0);
	}
	if (!u->watcher)
		return run_fail(u, "nobody looks");
	for (int i = 0; i < START_MS / 10 && !l->looking && !l->failed; i++)
		if (run_pause(u, 10))
			return -1;
	return l->looking ? 0 : run_fail(u, "nobody looks");
}

static int first_picture(struct run *u)
{
	struct live *l = u->own;
	uint64_t give_up = u->client_start + PICTURE_MS * MS;
	while (!l->recognised) {
		if (stage_now() > give_up)
			return run_program_failed(u, "client",
					"never shows the first picture");
		if (run_pause(u, 5))
			return -1;
	}
	u->r->bytes_first = (double)run_delivered(u);
	return run_pause(u, SETTLE_MS);
}

/* A copy, for its own path may have spaces. */
static int copy_script(struct run *u, char path[300])
{
	char buffer[4096];
	size_t n;
	snprintf(path, 300, "%s/session.sh", u->folder);
	FILE *in = fopen(u->cell->session, "r"), *out = fopen(path, "w");
	bool ok = in && out;
	while (ok && (n = fread(buffer, 1, sizeof(buffer), in)) > 0)
		ok = fwrite(buffer, 1, n, out) == n;
	ok = ok && !ferror(in);
	if (in)
		fclose(in);
	if (out && fclose(out))
		ok = false;
	return ok ? 0
		  : run_fail(u, "%s: %s", u->cell->session, strerror(errno));
}

static int start_script(struct run *u)
{
	char path[300], command[320];
	const struct proc_setup setup = { u->display, -1, -1 };
	if (copy_script(u, path))
		return -1;
	snprintf(command, sizeof(command), "sh -e %s", path);
	u->work = proc_start(
			&u->procs, NETNS_SERVER, "session", command, &setup);
	return u->work ? 0 : run_fail(u, "the session cannot be started");
}

static int play(struct run *u)
{
	struct live *l = u->own;
	uint64_t base, next = stage_now(), start = next;
	run_snapshot(u, &u->at_go);
	base = u->at_go.down.delivered_bytes;
	netns_go(&u->net);
	l->go = true;
	if (sound_listen(u) || start_script(u))
		return -1;
	while (proc_alive(u->work)) {
		next += PERIOD_MS * MS;
		uint64_t now = stage_now();
		if (now > start + LONGEST_MS * MS)
			return run_fail(u, "the session does not end");
		if (run_pause(u, next > now ? (next - now) / MS : 0))
			return -1;
		(void)result_append(&u->r->bytes_at,
				(double)(run_delivered(u) - base));
	}
	siginfo_t info = { 0 };
	u->played = stage_now();
	u->r->duration_s = 1e-9 * (double)(u->played - start);
	u->r->bytes_down_end = (double)(run_delivered(u) - base);
	if (waitid(P_PID, (id_t)u->work->pid, &info, WEXITED | WNOWAIT) ||
			info.si_code != CLD_EXITED || info.si_status)
		return run_program_failed(u, "session", "failed");
	l->over = true;
	return 0;
}

static int finish(struct run *u)
{
	struct live *l = u->own;
	uint64_t until = u->played + AFTER_MS * MS;
	uint64_t last = u->played + (uint64_t)(u->cell->tail * 1e9);
	while (stage_now() < until)
		if (run_pause(u, 20))
			return -1;
	run_snapshot(u, &u->at_end);
	while (!l->exact && stage_now() < last)
		if (run_pause(u, 20))
			return -1;
	l->stop = true;
	if (sound_figures(u))
		return -1;
	until = stage_now() + EVALUATE_MS * MS;
	while (!l->evaluated) {
		if (stage_now() > until || !proc_alive(u->watcher))
			return run_fail(u, "the looker does not answer");
		stage_sleep_until(stage_now() + 5 * MS);
	}
	return 0;
}

static double since(uint64_t from, uint64_t to)
{
	return from && to ? fmax(0, 1e-6 * ((double)to - (double)from)) : NAN;
}

static void figures(struct run *u)
{
	struct live *l = u->own;
	struct result *r = u->r;
	struct quantiles q =
			metrics_quantiles(l->input_ms, l->inputs + l->lost);
	r->inputs = l->inputs;
	r->inputs_lost = l->lost;
	r->input_p50_ms = q.p50;
	r->input_p95_ms = q.p95;
	r->input_max_ms = q.max;
	r->freeze_ms = 1e-6 * (double)l->freeze;
	r->first_ms = since(u->client_start, l->recognised);
	r->first_exact_ms = since(u->client_start, l->first_exact);
	r->exact_ms = since(u->played, l->exact);
	r->still_psnr = fmin(BEST, l->still.psnr);
	r->still_ssim = l->still.ssim;
	r->still_ssim_text = l->still.ssim_text;
	r->still_wrong = (double)l->still.wrong;
	r->still_wrong_x = l->still.x;
	r->still_wrong_y = l->still.y;
	r->still_wrong_right = l->still.right;
	r->still_wrong_bottom = l->still.bottom;
	run_figures(u);
}

int live_run(struct result *r, const struct cell *c)
{
	struct run u = { .cell = c,
		.r = r,
		.stage_fd = -1,
		.width = c->width,
		.height = c->height,
		.player_start = start_desk,
		.watcher_start = start_looker };
	struct live *l = mmap(NULL, size_of(&u), PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	u.own = l;
	if (l == MAP_FAILED)
		return run_fail(&u, "no shared memory: %s", strerror(errno));
	l->width = c->width;
	l->height = c->height;
	l->seed = (uint32_t)c->seed;
	int err = run_begin(&u);
	err = err ? err : run_server(&u);
	err = err ? err : run_client(&u);
	err = err ? err : first_picture(&u);
	err = err ? err : play(&u);
	err = err ? err : finish(&u);
	if (!err)
		figures(&u);
	run_end(&u);
	munmap(l, size_of(&u));
	return err;
}
