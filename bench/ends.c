/*
 * ends.c - see ends.h.
 */
#include "bench/ends.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "bench/sound.h"

enum { PORT = 5960 };

int run_fail(struct run *u, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	if (!*u->r->error)
		(void)vsnprintf(u->r->error, sizeof(u->r->error), format, args);
	va_end(args);
	return -1;
}

int run_program_failed(struct run *u, const char *name, const char *what)
{
	char words[200];
	proc_last_words(&u->procs, name, words, sizeof(words));
	return run_fail(u, "the %s %s%s%s", name, what, *words ? ": " : "",
			words);
}

/* Sleeps a little; -1 when the run cannot go on. */
int run_pause(struct run *u, uint64_t ms)
{
	stage_sleep_until(stage_now() + ms * MS);
	if (bench_interrupted)
		return run_fail(u, "interrupted");
	if (u->stage->failed)
		return run_fail(u, "the display cannot be used");
	if (u->server && !proc_alive(u->server))
		return run_program_failed(u, "server", "ended");
	if (u->client && !proc_alive(u->client))
		return run_program_failed(u, "client", "ended");
	return 0;
}

/* ---- starting */

int run_write_file(struct run *u, const char *name, const char *text)
{
	char path[300];
	snprintf(path, sizeof(path), "%s/%s", u->folder, name);
	FILE *out = fopen(path, "w");
	if (!out)
		return run_fail(u, "%s: %s", path, strerror(errno));
	fputs(text, out);
	return fclose(out) ? run_fail(u, "%s: %s", path, strerror(errno)) : 0;
}

int run_begin(struct run *u)
{
	const struct cell *c = u->cell;
	char why[200];
	if (folder_make(u->folder, sizeof(u->folder)))
		return run_fail(u, "no folder for temporary files");
	if (run_write_file(u, "password", "measure\n"))
		return -1;
	u->stage_fd = stage_create();
	u->stage = u->stage_fd < 0 ? NULL : stage_map(u->stage_fd);
	if (!u->stage)
		return run_fail(u, "no shared memory: %s", strerror(errno));
	u->stage->magic = STAGE_MAGIC;
	u->stage->n = u->frames;
	u->stage->slow_motion = c->slow_motion;
	if (netns_up(&u->net, c->link, c->seed, c->cc, why, sizeof(why)))
		return run_fail(u, "no link: %s", why);
	u->procs.net = &u->net;
	u->procs.folder = u->folder;
	snprintf(u->size, sizeof(u->size), "%dx%d", u->width, u->height);
	return sound_start(u);
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
		return run_fail(u, "command too long");
	return 0;
}

static int wait_listens(struct run *u, const struct proc *p, int port)
{
	for (int i = 0; i < START_MS / 10 && !proc_listens(p, port); i++)
		if (run_pause(u, 10))
			return -1;
	if (!proc_listens(p, port))
		return run_program_failed(u, p->name, "does not listen");
	return 0;
}

/* What some peers have in front of their server. */
static int start_gate(struct run *u)
{
	char text[PROC_TEXT];
	const struct proc_setup setup = { NULL, -1, -1 };
	if (expand(u, text, sizeof(text), u->cell->peer->gate_file) ||
			run_write_file(u, "gate", text) ||
			expand(u, text, sizeof(text), u->cell->peer->gate))
		return -1;
	u->gate = proc_start(&u->procs, NETNS_SERVER, "gate", text, &setup);
	if (!u->gate)
		return run_fail(u, "the gate cannot be started");
	return wait_listens(u, u->gate, PORT);
}

int run_server(struct run *u)
{
	const struct peer *peer = u->cell->peer;
	char command[PROC_TEXT];
	if (peer->kind == PEER_CAPTURES) {
		u->server_display = start_xvfb(
				u, NETNS_SERVER, "server-x", "", u->display);
		if (!u->server_display)
			return run_fail(u, "no X display for the server");
		if (u->player_start(u))
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
		return run_fail(u, "the server cannot be started");
	if (peer->kind == PEER_IS_DISPLAY && u->player_start(u))
		return -1;
	if (wait_listens(u, u->server, peer->gate ? PORT + 1 : PORT))
		return -1;
	return peer->gate ? start_gate(u) : 0;
}

int run_client(struct run *u)
{
	char options[300], command[PROC_TEXT];
	/* No pointer: Xvfb would paint it into the picture. */
	snprintf(options, sizeof(options), " -nocursor -fbdir %s", u->folder);
	u->client_display = start_xvfb(
			u, NETNS_CLIENT, "client-x", options, u->shown_on);
	if (!u->client_display)
		return run_fail(u, "no X display for the client");
	struct proc_setup setup = { u->shown_on, -1, -1 };
	if (u->cell->peer->window_manager) {
		u->window_manager = proc_start(&u->procs, NETNS_CLIENT,
				"client-wm", "openbox", &setup);
		if (!u->window_manager)
			return run_fail(u, "openbox cannot be started");
		if (run_pause(u, 500))
			return -1;
	}
	if (u->watcher_start(u) || expand(u, command, sizeof(command),
						   u->cell->peer->client))
		return -1;
	u->client_start = stage_now();
	u->client = proc_start(
			&u->procs, NETNS_CLIENT, "client", command, &setup);
	return u->client ? 0 : run_fail(u, "the client cannot be started");
}

uint64_t run_delivered(struct run *u)
{
	struct shaper_counters down, up;
	netns_counters(&u->net, &down, &up);
	return down.delivered_bytes;
}

/* ---- measuring */

/* What is used for the measurement, and is neither of the peer nor counted for
 * itself: this process, the competing flow, the window manager, what sounds. */
static double own_cpu(const struct run *u)
{
	struct rusage self;
	struct usage more;
	double cpu = 0;
	if (!getrusage(RUSAGE_SELF, &self))
		cpu += (double)(self.ru_utime.tv_sec + self.ru_stime.tv_sec) +
		       1e-6 * (double)(self.ru_utime.tv_usec +
					      self.ru_stime.tv_usec);
	for (int i = 0; i < NETNS_SIDES; i++) {
		proc_usage(&more, &(struct proc){ .pid = u->net.flow[i] });
		cpu += more.cpu;
	}
	const struct proc *const others[] = { u->window_manager, u->sounds,
		u->ear };
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
		proc_usage(&more, others[i]);
		cpu += more.cpu;
	}
	return cpu;
}

void run_snapshot(struct run *u, struct snapshot *t)
{
	struct proc emulator = { .pid = u->net.emulator };
	netns_counters(&u->net, &t->down, &t->up);
	machine_load(&t->load);
	proc_usage(&t->server, u->server);
	if (u->gate) {
		struct usage gate;
		proc_usage(&gate, u->gate);
		t->server.cpu += gate.cpu;
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
	proc_usage(&t->work, u->work);
	t->own = (struct usage){ .cpu = own_cpu(u) };
}

/* ---- figures */

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
	return b->cpu - a->cpu;
}

/* A tick may be more than all there was: it only says how that divides. */
static void divide(double *user, double *system, const struct usage *a,
		const struct usage *b)
{
	double all = cpu_between(a, b), in = b->system - a->system;
	double ticks = b->user - a->user + in;
	*system = ticks > 0 ? all * in / ticks : 0;
	*user = all - *system;
}

static void cpu_figures(struct run *u)
{
	struct result *r = u->r;
	const struct snapshot *a = &u->at_go, *b = &u->at_end;
	divide(&r->server_user_s, &r->server_sys_s, &a->server, &b->server);
	divide(&r->client_user_s, &r->client_sys_s, &a->client, &b->client);
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
		     cpu_between(&a->work, &b->work) +
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
	if (r->sound_gaps_made > 0)
		n += (size_t)snprintf(out + n, cap - n,
				"what was played had %.0f gaps; ",
				r->sound_gaps_made);
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

void run_end(struct run *u)
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

void run_figures(struct run *u)
{
	link_figures(u);
	cpu_figures(u);
	disturbance(u->r);
}
