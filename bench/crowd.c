/*
 * crowd.c - see crowd.h. Servers are pinned to the first processor that we
 * may use, clients to the second, so that what is measured of the servers is
 * theirs. Everything is on the loopback device: there is no link, and part of
 * what receiving costs is done by who sends.
 */
#include "bench/crowd.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench/metrics.h"
#include "bench/proc.h"
#include "bench/stage.h"

#define MS UINT64_C(1000000)
#define SECOND (1000 * MS)
#define GOLDEN 0.6180339887498949

enum {
	START_MS = 20000, /* of nothing happening at all, while starting */
	WARM = 2,         /* s of play before it counts */
	LAST = 1,         /* s after it, for what is under way */
	LEAD_MS = 200,    /* from go to the first frame */
	QUIET_MS = 500,   /* after the last has its picture */
	FULL_SINKS = 90,  /* %: of their processor, too much */
};

struct machine {
	double servers, sinks;          /* CPU s */
	double player;                  /* ... of these, preparing frames */
	double memory, switches, bytes; /* MB of all servers */
	struct usage ticks;             /* user and system of the servers */
	struct machine_load load;
	uint64_t time;
};

struct run {
	const struct crowd_plan *plan;
	struct result *r;
	char folder[256];
	int fd;
	struct crowd *crowd;
	pid_t *host, sink;
	uint32_t hosts;
	int cpu[2]; /* -1: not pinned */
	struct machine from, to;
	uint64_t ended; /* of waiting for what is under way */
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

/* ---- starting */

static int make_crowd(struct run *u)
{
	const struct crowd_plan *p = u->plan;
	size_t size = sizeof(struct crowd) +
		      p->sessions * sizeof(struct crowd_session);
	u->fd = memfd_create("oriel-bench-crowd", MFD_CLOEXEC);
	if (u->fd < 0 || ftruncate(u->fd, (off_t)size))
		return fail(u, "no shared memory: %s", strerror(errno));
	u->crowd = crowd_map(u->fd);
	uint32_t *work = calloc(p->sessions, sizeof(*work));
	u->host = calloc(p->sessions, sizeof(*u->host));
	if (!u->crowd || !work || !u->host) {
		free(work);
		return fail(u, "no shared memory: %s", strerror(errno));
	}
	u->crowd->magic = CROWD_MAGIC;
	u->crowd->n = p->sessions;
	u->crowd->works = (uint32_t)p->works;
	memcpy(u->crowd->work, p->work, p->works * sizeof(*p->work));
	crowd_assign(work, p->sessions, p->share, p->works);
	for (uint32_t i = 0; i < p->sessions; i++) {
		/* Far from each other for any number of them. */
		u->crowd->session[i].phase = fmod(0.5 + i * GOLDEN, 1);
		u->crowd->session[i].work = work[i];
	}
	free(work);
	return 0;
}

static void choose_processors(struct run *u)
{
	cpu_set_t set;
	int found = 0;
	u->cpu[0] = u->cpu[1] = -1;
	if (sched_getaffinity(0, sizeof(set), &set))
		return;
	for (int i = 0; i < CPU_SETSIZE && found < 2; i++)
		if (CPU_ISSET((size_t)i, &set))
			u->cpu[found++] = i;
}

static void in_child(struct run *u, const char *log, int cpu, pid_t group,
		char *const argv[])
{
	cpu_set_t set;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setpgid(0, group);
	if (cpu >= 0) {
		CPU_ZERO(&set);
		CPU_SET((size_t)cpu, &set);
		(void)sched_setaffinity(0, sizeof(set), &set);
	}
	int out = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);
	if (out < 0 || dup2(u->fd, 0) < 0 || dup2(out, 1) < 0 ||
			dup2(out, 2) < 0)
		_exit(126);
	execv(argv[0], argv);
	_exit(127);
}

static pid_t spawn(struct run *u, const char *name, int cpu, pid_t group,
		char *const argv[])
{
	char log[300];
	snprintf(log, sizeof(log), "%s/%s.log", u->folder, name);
	pid_t pid = fork();
	if (!pid)
		in_child(u, log, cpu, group, argv);
	if (pid > 0)
		(void)setpgid(pid, group ? group : pid);
	return pid;
}

static int start_host(struct run *u, uint32_t first, uint32_t n)
{
	char path[PROC_TEXT], a[32], b[32];
	snprintf(a, sizeof(a), "--first=%u", (unsigned)first);
	snprintf(b, sizeof(b), "--sessions=%u", (unsigned)n);
	programs_path(path, sizeof(path), u->plan->programs,
			"oriel-bench-host");
	char *argv[] = { path, a, b, NULL };
	pid_t pid = spawn(
			u, "host", u->cpu[0], u->hosts ? u->host[0] : 0, argv);
	if (pid < 0)
		return fail(u, "cannot start a server: %s", strerror(errno));
	u->host[u->hosts++] = pid;
	return 0;
}

static int start_sink(struct run *u)
{
	char path[PROC_TEXT];
	programs_path(path, sizeof(path), u->plan->programs,
			"oriel-bench-sink");
	char *argv[] = { path, NULL };
	u->sink = spawn(u, "sink", u->cpu[1], 0, argv);
	return u->sink > 0 ? 0
			   : fail(u, "cannot start the clients: %s",
					     strerror(errno));
}

static bool ended(pid_t pid)
{
	siginfo_t info = { 0 };
	return pid <= 0 ||
	       waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) ||
	       info.si_pid;
}

static int check(struct run *u)
{
	char words[200];
	struct procs logs = { .folder = u->folder };
	bool of_host = false;
	for (uint32_t i = 0; i < u->hosts; i++)
		of_host |= ended(u->host[i]);
	if (bench_interrupted)
		return fail(u, "interrupted");
	if (!u->crowd->failed && !of_host && (!u->sink || !ended(u->sink)))
		return 0;
	proc_last_words(&logs, of_host ? "host" : "sink", words, sizeof(words));
	return fail(u, "%s ended%s%s", of_host ? "a server" : "the clients",
			*words ? ": " : "", words);
}

static int sleep_until(struct run *u, uint64_t time)
{
	for (;;) {
		uint64_t now = stage_now();
		if (check(u))
			return -1;
		if (now >= time)
			return 0;
		stage_sleep_until(
				time - now > 100 * MS ? now + 100 * MS : time);
	}
}

/* Until all sessions have a port, or their first picture. */
static int wait_for(struct run *u, bool picture)
{
	uint32_t had = 0;
	uint64_t give_up = stage_now() + START_MS * MS;
	for (;;) {
		uint32_t have = 0;
		for (uint32_t i = 0; i < u->crowd->n; i++)
			have += picture ? u->crowd->session[i].ready
					: u->crowd->session[i].port != 0;
		if (have == u->crowd->n)
			return 0;
		if (have > had)
			give_up = stage_now() + START_MS * MS;
		had = have;
		if (stage_now() > give_up)
			return fail(u, "%u of %u sessions do not start",
					(unsigned)(u->crowd->n - have),
					(unsigned)u->crowd->n);
		if (sleep_until(u, stage_now() + 20 * MS))
			return -1;
	}
}

static int start_all(struct run *u)
{
	uint32_t n = u->plan->sessions;
	if (start_host(u, 0, u->plan->one ? n : 1))
		return -1;
	/* The others use the first one's verifier. */
	uint64_t give_up = stage_now() + START_MS * MS;
	while (!u->crowd->verified && stage_now() < give_up)
		if (sleep_until(u, stage_now() + 5 * MS))
			return -1;
	for (uint32_t i = 1; !u->plan->one && i < n; i++)
		if (start_host(u, i, 1))
			return -1;
	if (wait_for(u, false) || start_sink(u) || wait_for(u, true))
		return -1;
	return sleep_until(u, stage_now() + QUIET_MS * MS);
}

/* ---- measuring */

static double process_cpu(pid_t pid)
{
	clockid_t id;
	struct timespec t;
	if (clock_getcpuclockid(pid, &id) || clock_gettime(id, &t))
		return 0;
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Memory of its own: neither frames nor what stands for a guest's. */
static void add_status(struct machine *m, pid_t pid)
{
	char path[64], line[256];
	unsigned long long v;
	snprintf(path, sizeof(path), "/proc/%ld/status", (long)pid);
	FILE *in = fopen(path, "r");
	while (in && fgets(line, sizeof(line), in))
		if (sscanf(line, "RssAnon: %llu", &v) == 1)
			m->memory += 1024e-6 * (double)v;
		else if (sscanf(line, "voluntary_ctxt_switches: %llu", &v) ==
						1 ||
				sscanf(line, "nonvoluntary_ctxt_switches: %llu",
						&v) == 1)
			m->switches += (double)v;
	if (in)
		fclose(in);
}

static void look(struct run *u, struct machine *m)
{
	struct proc group = { .pid = u->host[0] };
	*m = (struct machine){ .time = stage_now() };
	for (uint32_t i = 0; i < u->hosts; i++)
		m->servers += process_cpu(u->host[i]);
	m->sinks = process_cpu(u->sink);
	m->player = 1e-9 * (double)u->crowd->player;
	machine_load(&m->load);
	for (uint32_t i = 0; i < u->hosts; i++)
		add_status(m, u->host[i]);
	proc_usage(&m->ticks, &group);
	for (uint32_t i = 0; i < u->crowd->n; i++)
		m->bytes += (double)u->crowd->session[i].bytes;
}

/* Of all frames that were due while it counted. */
static int freshness(struct run *u)
{
	struct result *r = u->r;
	size_t n = 0, cap = 0, never = 0;
	double *all = NULL, stale[CROWD_FRAMES];
	for (uint32_t i = 0; i < u->crowd->n; i++)
		cap += u->crowd->session[i].presented;
	all = calloc(cap + 1, sizeof(*all));
	if (!all)
		return fail(u, "out of memory");
	double commits = 0;
	for (uint32_t i = 0; i < u->crowd->n; i++) {
		const struct crowd_session *s = &u->crowd->session[i];
		size_t came = crowd_staleness(stale, s->due, s->presented,
				s->commit, s->commits, u->ended);
		for (uint32_t k = 0; k < s->presented; k++)
			if (s->due[k] >= u->from.time &&
					s->due[k] < u->to.time) {
				never += k >= came;
				all[n++] = stale[k];
			}
		for (uint32_t k = 0; k < s->commits; k++)
			commits += s->commit[k].received >= u->from.time &&
				   s->commit[k].received < u->to.time;
	}
	struct quantiles q = metrics_quantiles(all, n);
	double user_seconds = r->sessions * r->duration_s;
	r->frames = (double)n;
	r->missing = (double)never;
	r->fps_source = (double)n / user_seconds;
	r->fps_shown = commits / user_seconds;
	r->stale_p50_ms = q.p50;
	r->stale_p95_ms = q.p95;
	r->stale_p99_ms = q.p99;
	r->stale_max_ms = q.max;
	free(all);
	return 0;
}

static void figures(struct run *u)
{
	const struct machine *a = &u->from, *b = &u->to;
	struct result *r = u->r;
	double n = u->plan->sessions, tick = (double)sysconf(_SC_CLK_TCK);
	double seconds = 1e-9 * (double)(b->time - a->time);
	double all = b->servers - a->servers;
	double user = b->ticks.user - a->ticks.user;
	double system = b->ticks.system - a->ticks.system;
	r->sessions = n;
	r->duration_s = seconds;
	r->player_s = b->player - a->player;
	double own = fmax(0, all - r->player_s);
	/* Ticks are coarse: they say only how the sum is divided. */
	double share = user + system > 0 ? system / (user + system) : 0;
	r->server_sys_s = fmin(own, all * share);
	r->server_user_s = own - r->server_sys_s;
	r->server_switches = b->switches - a->switches;
	r->server_share = all / seconds;
	r->client_user_s = b->sinks - a->sinks;
	r->sink_share = r->client_user_s / seconds;
	r->bytes_down = b->bytes - a->bytes;
	r->session_cpu_ms = 1e3 * own / (n * seconds);
	r->session_mb = b->memory / n;
	r->session_switches = r->server_switches / (n * seconds);
	double total = (double)(b->load.total - a->load.total);
	if (total <= 0)
		return;
	double busy = (double)(b->load.busy - a->load.busy);
	r->other_cpu = fmax(
			0, (busy - (all + r->client_user_s) * tick) / total);
	r->steal = (double)(b->load.steal - a->load.steal) / total;
}

static void disturbance(struct run *u)
{
	struct result *r = u->r;
	double sinks = 100 * r->client_user_s / r->duration_s;
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
	if (u->cpu[1] < 0)
		n += (size_t)snprintf(out + n, cap - n,
				"there is one processor for all; ");
	else if (sinks > FULL_SINKS)
		n += (size_t)snprintf(out + n, cap - n,
				"the clients used %.0f %% of their "
				"processor; ",
				sinks);
	if (n >= 2)
		out[n - 2] = 0;
}

static int measure(struct run *u)
{
	uint64_t start = stage_now() + LEAD_MS * MS;
	u->crowd->start = start;
	uint64_t from = start + WARM * SECOND;
	uint64_t to = from + (uint64_t)(u->plan->seconds * 1e9);
	if (sleep_until(u, from))
		return -1;
	look(u, &u->from);
	if (sleep_until(u, to))
		return -1;
	look(u, &u->to);
	u->ended = stage_now() + LAST * SECOND;
	return sleep_until(u, u->ended);
}

static void end(struct run *u)
{
	pid_t leaders[] = { u->hosts ? u->host[0] : 0, u->sink };
	if (u->crowd)
		u->crowd->stop = true;
	for (size_t i = 0; i < 2; i++)
		if (leaders[i] > 0)
			kill(-leaders[i], SIGKILL);
	for (uint32_t i = 0; i < u->hosts; i++)
		(void)waitpid(u->host[i], NULL, 0);
	if (u->sink > 0)
		(void)waitpid(u->sink, NULL, 0);
	if (u->crowd)
		munmap(u->crowd,
				sizeof(*u->crowd) +
						u->crowd->n * sizeof(*u->crowd->session));
	if (u->fd >= 0)
		close(u->fd);
	free(u->host);
	folder_remove(u->folder);
}

int crowd_run(struct result *r, const struct crowd_plan *plan)
{
	struct run u = { .plan = plan, .r = r, .fd = -1 };
	int err = folder_make(u.folder, sizeof(u.folder))
				  ? fail(&u, "no folder for temporary files")
				  : make_crowd(&u);
	choose_processors(&u);
	err = err ? err : start_all(&u);
	err = err ? err : measure(&u);
	if (!err) {
		figures(&u);
		err = freshness(&u);
		disturbance(&u);
	}
	end(&u);
	return err;
}
