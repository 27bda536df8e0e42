/*
 * cell.c - see cell.h.
 *
 * What is counted when. Bytes are IP bytes that the link accepted, from the go
 * until two seconds after the last frame was presented; the same is true of
 * CPU time, context switches and the queue. The first picture is before that
 * and counts from the start of the client program.
 */
#include "bench/cell.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <X11/Xlib.h>

#include "bench/metrics.h"
#include "bench/netns.h"
#include "bench/play.h"
#include "bench/proc.h"
#include "bench/stage.h"
#include "bench/watch.h"

#define MS UINT64_C(1000000)

enum {
	PORT = 5960,
	START_MS = 15000,   /* a program may take so long to be ready */
	PICTURE_MS = 30000, /* ... and the first picture */
	SETTLE_MS = 6000,   /* until exact or quiet */
	QUIET_MS = 600,
	AFTER_MS = 2000,
	PERIOD_MS = 100,
	PATIENCE_MS = 120000, /* evaluating the pictures */
};

struct snapshot {
	struct usage server, client, server_display, client_display;
	struct usage player, watcher, emulator, own;
	struct machine_load load;
	struct shaper_counters down, up;
};

struct run {
	const struct cell *cell;
	struct result *r;
	char folder[256];
	struct netns net;
	struct procs procs;
	int stage_fd;
	struct stage *stage;
	char display[16], size[24]; /* what is presented on */
	char shown_on[16];          /* the client's display */
	struct proc *server, *client, *server_display, *client_display, *gate;
	struct proc *player, *watcher;
	uint64_t client_start, played;
	struct snapshot at_go, at_end;
};

__attribute__((format(printf, 2, 3))) static int fail(
		struct run *u, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	if (!*u->r->error)
		(void)vsnprintf(u->r->error, sizeof(u->r->error), format, args);
	va_end(args);
	return -1;
}

static int program_failed(struct run *u, const char *name, const char *what)
{
	char words[200];
	proc_last_words(&u->procs, name, words, sizeof(words));
	return fail(u, "the %s %s%s%s", name, what, *words ? ": " : "", words);
}

/* Sleeps a little; -1 when the run cannot go on. */
static int pause_ms(struct run *u, uint64_t ms)
{
	stage_sleep_until(stage_now() + ms * MS);
	if (bench_interrupted)
		return fail(u, "interrupted");
	if (u->stage->failed)
		return fail(u, "the display cannot be used");
	if (u->server && !proc_alive(u->server))
		return program_failed(u, "server", "ended");
	if (u->client && !proc_alive(u->client))
		return program_failed(u, "client", "ended");
	return 0;
}

/* ---- starting */

static int write_file(struct run *u, const char *name, const char *text)
{
	char path[300];
	snprintf(path, sizeof(path), "%s/%s", u->folder, name);
	FILE *out = fopen(path, "w");
	if (!out)
		return fail(u, "%s: %s", path, strerror(errno));
	fputs(text, out);
	return fclose(out) ? fail(u, "%s: %s", path, strerror(errno)) : 0;
}

static int begin(struct run *u)
{
	const struct cell *c = u->cell;
	char why[200];
	if (folder_make(u->folder, sizeof(u->folder)))
		return fail(u, "no folder for temporary files");
	if (write_file(u, "password", "measure\n"))
		return -1;
	u->stage_fd = stage_create();
	u->stage = u->stage_fd < 0 ? NULL : stage_map(u->stage_fd);
	if (!u->stage)
		return fail(u, "no shared memory: %s", strerror(errno));
	u->stage->magic = STAGE_MAGIC;
	u->stage->n = c->frames->n;
	u->stage->slow_motion = c->slow_motion;
	if (netns_up(&u->net, c->link, c->seed, c->cc, why, sizeof(why)))
		return fail(u, "no link: %s", why);
	u->procs.net = &u->net;
	u->procs.folder = u->folder;
	snprintf(u->size, sizeof(u->size), "%dx%d", c->frames->width,
			c->frames->height);
	return 0;
}

static struct proc *start_xvfb(struct run *u, enum netns_side side,
		const char *name, const char *options, char display[static 16])
{
	char command[PROC_TEXT];
	snprintf(command, sizeof(command),
			"Xvfb -displayfd 1 -screen 0 %sx24 -nolisten tcp -ac%s",
			u->size, options);
	return proc_display(&u->procs, side, name, command, display);
}

static int expand(struct run *u, char *out, size_t cap, const char *command)
{
	const struct peer_values values = { u->cell->programs, u->folder,
		u->display, u->size, u->cell->cc, u->cell->frames_path, PORT };
	if (peer_expand(out, cap, command, &values))
		return fail(u, "command too long");
	return 0;
}

static int start_player(struct run *u)
{
	bool child;
	u->player = proc_fork(&u->procs, NETNS_SERVER, "player", &child);
	if (child) {
		play(u->cell->frames, u->stage, u->display);
		_exit(0);
	}
	if (!u->player)
		return fail(u, "no player");
	for (int i = 0; i < START_MS / 10 && !u->stage->ready; i++)
		if (pause_ms(u, 10))
			return -1;
	return u->stage->ready ? 0 : fail(u, "the player does not start");
}

static int wait_listens(struct run *u, const struct proc *p, int port)
{
	for (int i = 0; i < START_MS / 10 && !proc_listens(p, port); i++)
		if (pause_ms(u, 10))
			return -1;
	if (!proc_listens(p, port))
		return program_failed(u, p->name, "does not listen");
	return 0;
}

/* What some peers have in front of their server. */
static int start_gate(struct run *u)
{
	char text[PROC_TEXT];
	const struct proc_setup setup = { NULL, -1, -1 };
	if (expand(u, text, sizeof(text), u->cell->peer->gate_file) ||
			write_file(u, "gate", text) ||
			expand(u, text, sizeof(text), u->cell->peer->gate))
		return -1;
	u->gate = proc_start(&u->procs, NETNS_SERVER, "gate", text, &setup);
	if (!u->gate)
		return fail(u, "the gate cannot be started");
	return wait_listens(u, u->gate, PORT);
}

static int start_server(struct run *u)
{
	const struct peer *peer = u->cell->peer;
	char command[PROC_TEXT];
	if (peer->kind == PEER_CAPTURES) {
		u->server_display = start_xvfb(
				u, NETNS_SERVER, "server-x", "", u->display);
		if (!u->server_display)
			return fail(u, "no X display for the server");
		if (start_player(u))
			return -1;
	}
	if (expand(u, command, sizeof(command), peer->server))
		return -1;
	if (peer->kind == PEER_IS_DISPLAY) {
		u->server = proc_display(&u->procs, NETNS_SERVER, "server",
				command, u->display);
	} else {
		struct proc_setup setup = { u->display,
			peer->kind == PEER_PUSHED ? u->stage_fd : -1, -1 };
		if (peer->kind == PEER_PUSHED)
			setup.display = NULL;
		u->server = proc_start(&u->procs, NETNS_SERVER, "server",
				command, &setup);
	}
	if (!u->server)
		return fail(u, "the server cannot be started");
	if (peer->kind == PEER_IS_DISPLAY && start_player(u))
		return -1;
	if (wait_listens(u, u->server, peer->gate ? PORT + 1 : PORT))
		return -1;
	return peer->gate ? start_gate(u) : 0;
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
		return fail(u, "no watcher");
	for (int i = 0; i < START_MS / 10 && !u->stage->watching; i++)
		if (pause_ms(u, 10))
			return -1;
	return u->stage->watching ? 0 : fail(u, "the watcher does not start");
}

/* Frame 0 must be on the client's display before anything counts. */
static int start_client(struct run *u)
{
	char options[300], command[PROC_TEXT];
	/* No pointer: Xvfb would paint it into the picture. */
	snprintf(options, sizeof(options), " -nocursor -fbdir %s", u->folder);
	u->client_display = start_xvfb(
			u, NETNS_CLIENT, "client-x", options, u->shown_on);
	if (!u->client_display)
		return fail(u, "no X display for the client");
	struct proc_setup setup = { u->shown_on, -1, -1 };
	if (u->cell->peer->window_manager) {
		if (!proc_start(&u->procs, NETNS_CLIENT, "client-wm", "openbox",
				    &setup))
			return fail(u, "openbox cannot be started");
		if (pause_ms(u, 500))
			return -1;
	}
	if (start_watcher(u) || expand(u, command, sizeof(command),
						u->cell->peer->client))
		return -1;
	u->client_start = stage_now();
	u->client = proc_start(
			&u->procs, NETNS_CLIENT, "client", command, &setup);
	return u->client ? 0 : fail(u, "the client cannot be started");
}

static uint64_t delivered(struct run *u)
{
	struct shaper_counters down, up;
	netns_counters(&u->net, &down, &up);
	return down.delivered_bytes;
}

static int first_picture(struct run *u)
{
	struct stage *s = u->stage;
	uint64_t give_up = u->client_start + PICTURE_MS * MS;
	while (!s->recognised) {
		if (stage_now() > give_up)
			return program_failed(u, "client",
					"never shows the first picture");
		if (pause_ms(u, 5))
			return -1;
	}
	u->r->bytes_first = (double)delivered(u);
	/* Then until it is exact, or nothing happens any more. */
	uint64_t since = stage_now(), quiet = since;
	double before = u->r->bytes_first;
	while (!s->first_exact && stage_now() < since + SETTLE_MS * MS &&
			stage_now() < quiet + QUIET_MS * MS) {
		if (pause_ms(u, 20))
			return -1;
		double now = (double)delivered(u);
		if (now > before + 500) /* keepalives do not count */
			quiet = stage_now();
		before = now;
	}
	return pause_ms(u, 300);
}

/* ---- measuring */

static void take_snapshot(struct run *u, struct snapshot *t)
{
	struct proc emulator = { .pid = u->net.emulator };
	struct rusage own;
	netns_counters(&u->net, &t->down, &t->up);
	machine_load(&t->load);
	proc_usage(&t->server, u->server);
	if (u->gate) {
		struct usage gate;
		proc_usage(&gate, u->gate);
		t->server.user += gate.user;
		t->server.system += gate.system;
		t->server.switches += gate.switches;
		t->server.peak_mb += gate.peak_mb;
	}
	proc_usage(&t->client, u->client);
	proc_usage(&t->server_display, u->server_display);
	proc_usage(&t->client_display, u->client_display);
	proc_usage(&t->player, u->player);
	proc_usage(&t->watcher, u->watcher);
	proc_usage(&t->emulator, &emulator);
	t->own = (struct usage){ 0 };
	if (!getrusage(RUSAGE_SELF, &own))
		t->own.user = (double)(own.ru_utime.tv_sec +
					      own.ru_stime.tv_sec) +
			      1e-6 * (double)(own.ru_utime.tv_usec +
						     own.ru_stime.tv_usec);
}

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
	return p ? 0 : fail(u, "cannot make a defect");
}

static int play_all(struct run *u)
{
	struct stage *s = u->stage;
	uint64_t base, next;
	double length = 1e-9 *
			(double)u->cell->frames->frame[u->cell->frames->n - 1]
					.time;
	take_snapshot(u, &u->at_go);
	base = u->at_go.down.delivered_bytes;
	netns_go(&u->net);
	s->go = true;
	next = stage_now();
	/* Slow motion takes as long as it takes. */
	uint64_t give_up = next + (uint64_t)((length * 40 + 30) * 1e9);
	while (!s->played) {
		next += PERIOD_MS * MS;
		uint64_t now = stage_now();
		if (now > give_up)
			return fail(u, "the player does not come to an end");
		if (pause_ms(u, next > now ? (next - now) / MS : 0))
			return -1;
		(void)result_append(
				&u->r->bytes_at, (double)(delivered(u) - base));
	}
	u->played = stage_now();
	u->r->bytes_down_end = (double)(delivered(u) - base);
	if (u->cell->defect && make_defect(u))
		return -1;
	uint64_t until = u->played + AFTER_MS * MS;
	uint64_t last = u->played + (uint64_t)(u->cell->tail * 1e9);
	while (stage_now() < until)
		if (pause_ms(u, 20))
			return -1;
	take_snapshot(u, &u->at_end);
	while (!s->last_exact && stage_now() < last)
		if (pause_ms(u, 20))
			return -1;
	return 0;
}

static int evaluate(struct run *u)
{
	u->stage->stop = true;
	uint64_t until = stage_now() + PATIENCE_MS * MS;
	while (!u->stage->evaluated) {
		if (stage_now() > until || !proc_alive(u->watcher))
			return fail(u, "the watcher does not answer");
		stage_sleep_until(stage_now() + 5 * MS);
		if (bench_interrupted)
			return fail(u, "interrupted");
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
	int err = all && stale ? 0 : fail(u, "out of memory");
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
		metrics_freshness(&out, stale, all, f->n - 1, stage_now());
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
			err = fail(u, "out of memory");
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

static void link_figures(struct run *u)
{
	struct result *r = u->r;
	const struct shaper_counters *a = &u->at_go.down, *b = &u->at_end.down;
	struct shaper_counters d = { 0 };
	uint64_t packets = b->accepted_packets - a->accepted_packets;
	r->bytes_down = (double)(b->accepted_bytes - a->accepted_bytes);
	r->bytes_up = (double)(u->at_end.up.accepted_bytes -
			       u->at_go.up.accepted_bytes);
	r->packets_down = (double)packets;
	r->packets_up = (double)(u->at_end.up.accepted_packets -
				 u->at_go.up.accepted_packets);
	r->tail_drops = (double)(b->tail_drops - a->tail_drops);
	r->losses = (double)(b->losses - a->losses);
	for (int i = 0; i < SHAPER_BUCKETS; i++)
		d.queue_histogram[i] =
				b->queue_histogram[i] - a->queue_histogram[i];
	d.accepted_packets = packets;
	d.queue_ns_max = b->queue_ns_max;
	if (packets) {
		r->queue_mean_ms = 1e-6 *
				   (double)(b->queue_ns_sum - a->queue_ns_sum) /
				   (double)packets;
		r->queue_p95_ms =
				1e-6 * (double)shaper_queue_quantile(&d, 0.95);
	}
	/* Since the link was made, the first picture included. */
	r->queue_max_ms = 1e-6 * (double)b->queue_ns_max;
	r->emulator_late_ms = 1e-6 * (double)b->late_ns_max;
}

static double cpu_between(const struct usage *a, const struct usage *b)
{
	return b->user + b->system - a->user - a->system;
}

static void cpu_figures(struct run *u)
{
	struct result *r = u->r;
	const struct snapshot *a = &u->at_go, *b = &u->at_end;
	r->server_user_s = b->server.user - a->server.user;
	r->server_sys_s = b->server.system - a->server.system;
	r->client_user_s = b->client.user - a->client.user;
	r->client_sys_s = b->client.system - a->client.system;
	r->server_peak_mb = b->server.peak_mb;
	r->client_peak_mb = b->client.peak_mb;
	r->server_switches = b->server.switches - a->server.switches;
	r->client_switches = b->client.switches - a->client.switches;
	r->server_display_s =
			cpu_between(&a->server_display, &b->server_display);
	r->client_display_s =
			cpu_between(&a->client_display, &b->client_display);
	r->player_s = cpu_between(&a->player, &b->player);
	if (u->cell->peer->kind == PEER_PUSHED) {
		/* It plays within the server, which is not to be blamed. */
		r->player_s = u->stage->player_cpu;
		r->server_user_s = fmax(0, r->server_user_s - r->player_s);
	}
	r->watcher_s = cpu_between(&a->watcher, &b->watcher);
	r->watcher_late_ms = 1e-6 * (double)u->stage->longest_tick;
	r->emulator_s = cpu_between(&a->emulator, &b->emulator);
	double own = r->watcher_s + r->emulator_s + r->server_display_s +
		     r->client_display_s + cpu_between(&a->player, &b->player) +
		     cpu_between(&a->server, &b->server) +
		     cpu_between(&a->client, &b->client) +
		     cpu_between(&a->own, &b->own);
	double total = (double)(b->load.total - a->load.total);
	double tick = (double)sysconf(_SC_CLK_TCK);
	if (total <= 0)
		return;
	r->other_cpu = fmax(0,
			((double)(b->load.busy - a->load.busy) - own * tick) /
					total);
	r->steal = (double)(b->load.steal - a->load.steal) / total;
}

static void disturbance(struct result *r)
{
	char *out = r->disturbed;
	size_t n = 0, cap = sizeof(r->disturbed);
	if (r->other_cpu > 0.1)
		n += (size_t)snprintf(out + n, cap - n,
				"others used %.0f %% of the processors; ",
				100 * r->other_cpu);
	if (r->steal > 0.02)
		n += (size_t)snprintf(out + n, cap - n,
				"%.0f %% of the time was stolen; ",
				100 * r->steal);
	if (r->player_late_ms > 20)
		n += (size_t)snprintf(out + n, cap - n,
				"a frame was presented %.0f ms late; ",
				r->player_late_ms);
	if (r->watcher_late_ms > 20)
		n += (size_t)snprintf(out + n, cap - n,
				"nobody looked for %.0f ms; ",
				r->watcher_late_ms);
	if (r->emulator_late_ms > 20)
		n += (size_t)snprintf(out + n, cap - n,
				"the link was %.0f ms late; ",
				r->emulator_late_ms);
	if (n >= 2)
		out[n - 2] = 0;
}

/* ---- Oriel's own statistics */

/* Of the whole run, the first picture included: the server counts from its
 * start and says so once a second. It must have ended. */
static void channels(struct run *u)
{
	static const char key[] = "\"channels\":";
	char path[300], name[16], *line = NULL;
	char *out = u->r->channels;
	size_t cap = 0, room = sizeof(u->r->channels);
	double bytes;
	snprintf(path, sizeof(path), "%s/stats", u->folder);
	FILE *in = fopen(path, "r");
	while (in && getline(&line, &cap, in) > 0) {
		char *p = strstr(line, key);
		size_t n = 0;
		int used = 0;
		if (!p)
			continue;
		p += sizeof(key) - 1;
		p += strspn(p, " {");
		*out = 0;
		while (sscanf(p, "\"%15[a-z]\" : %lf%n", name, &bytes, &used) ==
						2 &&
				n < room) {
			if (bytes > 0)
				n += (size_t)snprintf(out + n, room - n,
						"%s%s=%.0f", n ? " " : "", name,
						bytes);
			p += used;
			p += strspn(p, " ,");
		}
	}
	free(line);
	if (in)
		fclose(in);
}

static void end(struct run *u)
{
	procs_end(&u->procs);
	netns_down(&u->net);
	if (u->r && !u->cell->peer->packages)
		channels(u);
	stage_unmap(u->stage);
	if (u->stage_fd >= 0)
		close(u->stage_fd);
	folder_remove(u->folder);
}

int cell_run(struct result *r, const struct cell *c)
{
	struct run u = { .cell = c, .r = r, .stage_fd = -1 };
	int err = begin(&u);
	err = err ? err : start_server(&u);
	err = err ? err : start_client(&u);
	err = err ? err : first_picture(&u);
	err = err ? err : play_all(&u);
	err = err ? err : evaluate(&u);
	err = err ? err : freshness(&u);
	if (!err) {
		picture(&u);
		link_figures(&u);
		cpu_figures(&u);
		disturbance(r);
	}
	end(&u);
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
