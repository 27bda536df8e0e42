/*
 * proc.h - the programs of a measurement: started at an end of the link, their
 * use of the machine, ended again. All of a run's are in one set; those that
 * the caller's death leaves are killed by the kernel.
 */
#ifndef ORL_BENCH_PROC_H
#define ORL_BENCH_PROC_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "bench/netns.h"

enum { PROC_MAX = 12, PROC_NAME = 16, PROC_ARGS = 48, PROC_TEXT = 1024 };

struct proc {
	pid_t pid; /* 0: none; leads a process group, but for forked ones */
	char name[PROC_NAME];
};

struct procs {
	const struct netns *net;
	const char *folder; /* home and logs */
	struct proc v[PROC_MAX];
	size_t n;
};

/* What a command gets besides: an X display, or NULL; stdin and stdout, -1 for
 * /dev/null and the log. */
struct proc_setup {
	const char *display;
	int in, out;
};

/* The command is split at spaces. Its log is FOLDER/NAME.log. NULL after a
 * line on stderr. */
struct proc *proc_start(struct procs *all, enum netns_side side,
		const char *name, const char *command,
		const struct proc_setup *setup);
/* As fork(); the child gets NULL and *child true. */
struct proc *proc_fork(struct procs *all, enum netns_side side,
		const char *name, bool *child);
/* Whether it is still there. */
bool proc_alive(const struct proc *p);
/* Ends the ones started last first. */
void procs_end(struct procs *all);
void proc_end(struct proc *p);
/* The last line that it has logged, cut to cap. */
void proc_last_words(const struct procs *all, const char *name, char *out,
		size_t cap);

/* Starts an X server that names its display on stdout; display[] gets ":N".
 * NULL after a line on stderr. */
struct proc *proc_display(struct procs *all, enum netns_side side,
		const char *name, const char *command, char display[static 16]);

/* Of a process group: what it has used up to now. */
struct usage {
	double cpu;          /* seconds, to the nanosecond */
	double user, system; /* the same, to a tick of the kernel's */
	double switches, peak_mb;
};
void proc_usage(struct usage *out, const struct proc *p);

/* Of the machine: jiffies of all processors. */
struct machine_load {
	uint64_t busy, steal, total;
};
void machine_load(struct machine_load *out);

/* Whether a process (of its network namespace) listens on a TCP port. */
bool proc_listens(const struct proc *p, int port);

/* Set by a signal that asks us to end, once these are caught. */
extern volatile sig_atomic_t bench_interrupted;
void bench_catch_signals(void);

/* The folder of this program. */
void programs_find(char *out, size_t cap);
/* Where a program of ours is: in the folder, or beside it in libexec/oriel. */
void programs_path(
		char *out, size_t cap, const char *programs, const char *name);

/* A folder in memory or TMPDIR for this run; those of dead runs are removed.
 * 0, or -1 after a line on stderr. */
int folder_make(char *out, size_t cap);
void folder_remove(const char *path);

#endif
