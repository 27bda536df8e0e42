/*
 * proc.c - see proc.h.
 */
#include "bench/proc.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench/stage.h"

enum { DISPLAY_WAIT_MS = 15000, END_WAIT_MS = 3000, MS = 1000000 };

#define FOLDER_PREFIX "oriel-bench-"

static struct proc *add(struct procs *all, const char *name)
{
	for (size_t i = 0; i < all->n; i++)
		if (!all->v[i].pid) {
			snprintf(all->v[i].name, PROC_NAME, "%s", name);
			return &all->v[i];
		}
	if (all->n == PROC_MAX)
		return NULL;
	struct proc *p = &all->v[all->n++];
	memset(p, 0, sizeof(*p));
	snprintf(p->name, PROC_NAME, "%s", name);
	return p;
}

static void split(char *argv[PROC_ARGS], char *text)
{
	size_t n = 0;
	char *rest;
	for (char *word = strtok_r(text, " ", &rest); word && n + 1 < PROC_ARGS;
			word = strtok_r(NULL, " ", &rest))
		argv[n++] = word;
	argv[n] = NULL;
}

/* A small environment of its own: nothing of the caller's settings counts. */
struct environment {
	char text[5][300];
	char *v[8];
};

static void make_environment(struct environment *e, const struct procs *all,
		const char *display)
{
	const char *path = getenv("PATH");
	size_t n = 0;
	snprintf(e->text[0], sizeof(e->text[0]), "HOME=%s", all->folder);
	snprintf(e->text[1], sizeof(e->text[1]), "XDG_RUNTIME_DIR=%s",
			all->folder);
	snprintf(e->text[2], sizeof(e->text[2]), "PATH=%s",
			path ? path : "/usr/bin:/bin");
	snprintf(e->text[3], sizeof(e->text[3]), "NO_AT_BRIDGE=1");
	for (; n < 4; n++)
		e->v[n] = e->text[n];
	if (display) {
		snprintf(e->text[4], sizeof(e->text[4]), "DISPLAY=%s", display);
		e->v[n++] = e->text[4];
	}
	e->v[n] = NULL;
}

struct proc *proc_start(struct procs *all, enum netns_side side,
		const char *name, const char *command,
		const struct proc_setup *setup)
{
	char text[PROC_TEXT], path[512];
	char *argv[PROC_ARGS];
	struct environment environment;
	struct proc *p = add(all, name);
	if (!p || strlen(command) >= sizeof(text)) {
		fprintf(stderr, "oriel-bench: %s: too long\n", name);
		return NULL;
	}
	snprintf(path, sizeof(path), "%s/%s.log", all->folder, name);
	int log = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	strcpy(text, command);
	split(argv, text);
	make_environment(&environment, all, setup->display);
	struct netns_files files = { setup->in,
		setup->out < 0 ? log : setup->out, log, environment.v };
	p->pid = netns_spawn(all->net, side, argv, &files);
	if (p->pid < 0) {
		fprintf(stderr, "oriel-bench: %s: %s\n", argv[0],
				strerror(errno));
		p->pid = 0;
		p = NULL;
	}
	if (log >= 0)
		close(log);
	return p;
}

struct proc *proc_fork(struct procs *all, enum netns_side side,
		const char *name, bool *child)
{
	struct proc *p = add(all, name);
	*child = false;
	if (!p)
		return NULL;
	fflush(NULL);
	p->pid = netns_fork(all->net, side);
	if (!p->pid) {
		signal(SIGINT, SIG_IGN); /* the runner says when to stop */
		signal(SIGTERM, SIG_DFL);
		signal(SIGHUP, SIG_DFL);
		prctl(PR_SET_NAME, name);
		*child = true;
		return NULL;
	}
	if (p->pid < 0) {
		fprintf(stderr, "oriel-bench: %s: %s\n", name, strerror(errno));
		p->pid = 0;
		return NULL;
	}
	return p;
}

bool proc_alive(const struct proc *p)
{
	siginfo_t info = { 0 };
	if (!p->pid)
		return false;
	return !waitid(P_PID, (id_t)p->pid, &info,
			       WEXITED | WNOHANG | WNOWAIT) &&
	       !info.si_pid;
}

static void signal_group(const struct proc *p, int sig)
{
	if (getpgid(p->pid) == p->pid)
		kill(-p->pid, sig);
	else
		kill(p->pid, sig);
}

void proc_end(struct proc *p)
{
	if (!p || !p->pid)
		return;
	signal_group(p, SIGTERM);
	uint64_t until = stage_now() + (uint64_t)END_WAIT_MS * MS;
	while (proc_alive(p) && stage_now() < until)
		stage_sleep_until(stage_now() + 10 * MS);
	signal_group(p, SIGKILL); /* also what it has started */
	waitpid(p->pid, NULL, 0);
	p->pid = 0;
}

void procs_end(struct procs *all)
{
	while (all->n)
		proc_end(&all->v[--all->n]);
}

void proc_last_words(const struct procs *all, const char *name, char *out,
		size_t cap)
{
	char path[512], line[512];
	*out = 0;
	snprintf(path, sizeof(path), "%s/%s.log", all->folder, name);
	FILE *in = fopen(path, "r");
	while (in && fgets(line, sizeof(line), in)) {
		line[strcspn(line, "\n")] = 0;
		if (strspn(line, " \t\r") != strlen(line))
			snprintf(out, cap, "%s", line);
	}
	if (in)
		fclose(in);
}

/* A line within the time, without its end. */
static int read_line(int fd, char *out, size_t cap)
{
	uint64_t until = stage_now() + (uint64_t)DISPLAY_WAIT_MS * MS;
	size_t n = 0;
	for (;;) {
		struct pollfd wait = { .fd = fd, .events = POLLIN };
		uint64_t now = stage_now();
		if (now >= until || n + 1 == cap)
			return -1;
		if (poll(&wait, 1, (int)((until - now) / MS) + 1) < 0)
			return -1;
		if (!wait.revents)
			continue;
		if (read(fd, out + n, 1) != 1)
			return -1;
		if (out[n] == '\n') {
			out[n] = 0;
			return 0;
		}
		n++;
	}
}

struct proc *proc_display(struct procs *all, enum netns_side side,
		const char *name, const char *command, char display[static 16])
{
	int ends[2];
	char number[12], words[200];
	if (pipe2(ends, O_CLOEXEC)) {
		fprintf(stderr, "oriel-bench: %s\n", strerror(errno));
		return NULL;
	}
	struct proc_setup setup = { NULL, -1, ends[1] };
	struct proc *p = proc_start(all, side, name, command, &setup);
	close(ends[1]);
	if (p && read_line(ends[0], number, sizeof(number))) {
		proc_last_words(all, name, words, sizeof(words));
		fprintf(stderr, "oriel-bench: no X display from %s: %s\n",
				command, words);
		proc_end(p);
		p = NULL;
	}
	close(ends[0]);
	if (p)
		snprintf(display, 16, ":%s", number);
	return p;
}

/* ---- usage */

/* The numbers of /proc/PID/stat from the state on; 0 when it has gone. */
static size_t read_stat(long pid, char *state, unsigned long long *v, size_t n)
{
	char path[64], text[1024];
	snprintf(path, sizeof(path), "/proc/%ld/stat", pid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	ssize_t got = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[got > 0 ? got : 0] = 0;
	char *p = strrchr(text, ')');
	if (!p || p[1] != ' ')
		return 0;
	*state = p[2];
	p += 3;
	for (size_t i = 0; i < n; i++)
		v[i] = strtoull(p, &p, 10);
	return n;
}

static void add_status(struct usage *u, const char *path, bool memory)
{
	char line[256];
	unsigned long long v;
	FILE *in = fopen(path, "r");
	while (in && fgets(line, sizeof(line), in)) {
		if (memory && sscanf(line, "VmHWM: %llu", &v) == 1)
			u->peak_mb += 1024e-6 * (double)v;
		else if (!memory &&
				(sscanf(line, "voluntary_ctxt_switches: %llu",
						 &v) == 1 ||
						sscanf(line,
								"nonvoluntary_"
								"ctxt_switches:"
								" %llu",
								&v) == 1))
			u->switches += (double)v;
	}
	if (in)
		fclose(in);
}

static void add_process(struct usage *u, long pid)
{
	/* From the parent on: pgrp is 2nd, user and system time 11th, 12th. */
	unsigned long long v[12];
	char state, path[300];
	double tick = (double)sysconf(_SC_CLK_TCK);
	if (!read_stat(pid, &state, v, 12))
		return;
	u->user += (double)v[10] / tick;
	u->system += (double)v[11] / tick;
	clockid_t clock;
	struct timespec t;
	if (clock_getcpuclockid((pid_t)pid, &clock) == 0 &&
			clock_gettime(clock, &t) == 0)
		u->cpu += (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
	snprintf(path, sizeof(path), "/proc/%ld/status", pid);
	add_status(u, path, true);
	snprintf(path, sizeof(path), "/proc/%ld/task", pid);
	DIR *tasks = opendir(path);
	struct dirent *e;
	while (tasks && (e = readdir(tasks))) {
		if (e->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "/proc/%ld/task/%.20s/status", pid,
				e->d_name);
		add_status(u, path, false);
	}
	if (tasks)
		closedir(tasks);
}

void proc_usage(struct usage *out, const struct proc *p)
{
	*out = (struct usage){ 0 };
	if (!p || !p->pid)
		return;
	if (getpgid(p->pid) != p->pid) {
		add_process(out, p->pid);
		return;
	}
	DIR *all = opendir("/proc");
	struct dirent *e;
	while (all && (e = readdir(all))) {
		unsigned long long v[2];
		char state;
		long pid = strtol(e->d_name, NULL, 10);
		if (pid > 0 && read_stat(pid, &state, v, 2) &&
				v[1] == (unsigned long long)p->pid)
			add_process(out, pid);
	}
	if (all)
		closedir(all);
}

void machine_load(struct machine_load *out)
{
	unsigned long long v[8] = { 0 };
	FILE *in = fopen("/proc/stat", "r");
	*out = (struct machine_load){ 0 };
	if (!in)
		return;
	if (fscanf(in, "cpu %llu %llu %llu %llu %llu %llu %llu %llu", &v[0],
			    &v[1], &v[2], &v[3], &v[4], &v[5], &v[6],
			    &v[7]) == 8) {
		out->steal = v[7];
		for (int i = 0; i < 8; i++)
			out->total += v[i];
		out->busy = out->total - v[3] - v[4] - v[7];
	}
	fclose(in);
}

static bool listens(const char *path, int port)
{
	char line[300];
	bool found = false;
	FILE *in = fopen(path, "r");
	while (in && !found && fgets(line, sizeof(line), in)) {
		unsigned local, state;
		found = sscanf(line, " %*d: %*[0-9A-F]:%x %*[0-9A-F]:%*x %x",
					&local, &state) == 2 &&
			state == 10 && local == (unsigned)port;
	}
	if (in)
		fclose(in);
	return found;
}

bool proc_listens(const struct proc *p, int port)
{
	char path[64];
	snprintf(path, sizeof(path), "/proc/%ld/net/tcp", (long)p->pid);
	if (listens(path, port))
		return true;
	snprintf(path, sizeof(path), "/proc/%ld/net/tcp6", (long)p->pid);
	return listens(path, port);
}

/* ---- this process */

volatile sig_atomic_t bench_interrupted;

static void on_signal(int number)
{
	(void)number;
	bench_interrupted = 1;
}

void bench_catch_signals(void)
{
	struct sigaction a = { .sa_handler = on_signal };
	static const int caught[] = { SIGINT, SIGTERM, SIGHUP };
	for (size_t i = 0; i < sizeof(caught) / sizeof(*caught); i++)
		(void)sigaction(caught[i], &a, NULL);
	a.sa_handler = SIG_IGN;
	(void)sigaction(SIGPIPE, &a, NULL);
}

void programs_find(char *out, size_t cap)
{
	ssize_t n = readlink("/proc/self/exe", out, cap - 1);
	out[n > 0 ? n : 0] = 0;
	char *slash = strrchr(out, '/');
	if (slash)
		*slash = 0;
}

void programs_path(
		char *out, size_t cap, const char *programs, const char *name)
{
	char path[PROC_TEXT];
	snprintf(path, sizeof(path), "%.800s/../libexec/oriel/%.100s", programs,
			name);
	snprintf(out, cap, "%.800s/%.100s", programs, name);
	if (access(out, X_OK) && !access(path, X_OK))
		snprintf(out, cap, "%s", path);
}

/* ---- the folder */

static const char *base(void)
{
	const char *dir = getenv("TMPDIR");
	return dir && *dir                ? dir
	       : access("/dev/shm", W_OK) ? "/tmp"
					  : "/dev/shm";
}

static int remove_one(const char *path, const struct stat *st, int kind,
		struct FTW *where)
{
	(void)st;
	(void)kind;
	(void)where;
	(void)remove(path);
	return 0;
}

void folder_remove(const char *path)
{
	if (*path)
		(void)nftw(path, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void remove_stale(const char *dir)
{
	DIR *all = opendir(dir);
	struct dirent *e;
	char path[512];
	while (all && (e = readdir(all))) {
		struct stat st;
		if (strncmp(e->d_name, FOLDER_PREFIX,
				    sizeof(FOLDER_PREFIX) - 1) != 0)
			continue;
		long pid = strtol(e->d_name + sizeof(FOLDER_PREFIX) - 1, NULL,
				10);
		snprintf(path, sizeof(path), "%s/%.200s", dir, e->d_name);
		if (pid > 0 && kill((pid_t)pid, 0) && errno == ESRCH &&
				!lstat(path, &st) && st.st_uid == geteuid())
			folder_remove(path);
	}
	if (all)
		closedir(all);
}

int folder_make(char *out, size_t cap)
{
	remove_stale(base());
	snprintf(out, cap, "%s/" FOLDER_PREFIX "%ld-XXXXXX", base(),
			(long)getpid());
	if (!mkdtemp(out)) {
		fprintf(stderr, "oriel-bench: %s: %s\n", out, strerror(errno));
		*out = 0;
		return -1;
	}
	return 0;
}
