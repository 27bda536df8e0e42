/*
 * ends.h - what every measurement of a peer has: both ends of a link, with a
 * server, a client and their displays, what they use, and their end. What is
 * presented and who watches it is the caller's: cell.c has recordings, live.c
 * has real programs.
 */
#ifndef ORL_BENCH_ENDS_H
#define ORL_BENCH_ENDS_H

#include "bench/cell.h"
#include "bench/netns.h"
#include "bench/proc.h"
#include "bench/stage.h"

#define MS UINT64_C(1000000)

enum {
	START_MS = 15000, /* a program may take so long to be ready */
	AFTER_MS = 2000,  /* that still count after the last change */
	PERIOD_MS = 100,  /* of result.bytes_at */
};

struct snapshot {
	struct usage server, client, server_display, client_display;
	struct usage player, watcher, emulator, own, work;
	struct machine_load load;
	struct shaper_counters down, up;
};

struct run {
	/* Set by the caller. */
	const struct cell *cell;
	struct result *r;
	uint32_t frames; /* of the stage */
	int32_t width, height;
	/* Presents, watches; 0, or -1 with the error set. */
	int (*player_start)(struct run *u);
	int (*watcher_start)(struct run *u);
	void *own;

	char folder[256];
	struct netns net;
	struct procs procs;
	int stage_fd;
	struct stage *stage;
	char display[16], size[24]; /* what is presented on */
	char shown_on[16];          /* the client's display */
	struct proc *server, *client, *server_display, *client_display, *gate;
	struct proc *player, *watcher, *work, *window_manager;
	struct proc *sounds, *ear; /* of peers with sound */
	uint64_t client_start, played, ended; /* then nobody watched */
	struct snapshot at_go, at_end;
};

/* -1, with the sentence in the result; the first one stays. */
__attribute__((format(printf, 2, 3))) int run_fail(
		struct run *u, const char *format, ...);
/* The same with the last that a program has said. */
int run_program_failed(struct run *u, const char *name, const char *what);
/* Sleeps a little; -1 when the run cannot go on. */
int run_pause(struct run *u, uint64_t ms);

/* Into the run's folder. */
int run_write_file(struct run *u, const char *name, const char *text);

/* In this order; the last in any case. */
int run_begin(struct run *u);
int run_server(struct run *u);
int run_client(struct run *u);
void run_end(struct run *u);

/* Bytes that the link has brought to the client. */
uint64_t run_delivered(struct run *u);
void run_snapshot(struct run *u, struct snapshot *t);
/* Bytes, processor, memory: between at_go and at_end. */
void run_figures(struct run *u);

#endif
