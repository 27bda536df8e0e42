/*
 * crowd.h - many sessions on one machine: the memory that their servers
 * (host.c), their clients (sink.c) and the runner (crowd.c) share, and one
 * measurement of so many. Times are CLOCK_MONOTONIC in nanoseconds.
 */
#ifndef ORL_BENCH_CROWD_H
#define ORL_BENCH_CROWD_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "bench/result.h"

#define CROWD_PASSWORD "measure"

enum {
	CROWD_MAGIC = 0x6f726364,
	CROWD_MAX = 1024, /* sessions */
	CROWD_WORKS = 8,
	CROWD_FRAMES = 4096,
	CROWD_COMMITS = 16384,
	CROWD_PATH = 600,
	CROWD_SECONDS = 60, /* a measurement is not longer */
};

struct crowd_commit {
	uint64_t received;
	uint32_t captured; /* us, low 32 bits */
};

struct crowd_session {
	/* The runner: what this user does, and how far into it he begins. */
	uint32_t work;
	double phase; /* 0 to 1 */
	/* Its server. */
	_Atomic uint32_t port;
	_Atomic uint32_t presented;
	uint64_t due[CROWD_FRAMES]; /* when each frame was to be presented */
	/* Its client. */
	_Atomic bool ready; /* has the first picture, and it is exact */
	_Atomic uint64_t bytes;
	_Atomic uint32_t commits;
	struct crowd_commit commit[CROWD_COMMITS];
};

struct crowd_work {
	bool still;            /* its first picture, and a clock on it */
	char path[CROWD_PATH]; /* of the frames */
};

struct crowd {
	uint32_t magic, n, works;
	struct crowd_work work[CROWD_WORKS];
	_Atomic uint64_t start; /* of the play, 0: not yet */
	_Atomic bool stop;
	_Atomic bool failed; /* a server or a client has ended; see its log */
	char verifier[256];  /* of the password; the first server makes it */
	_Atomic bool verified;
	_Atomic uint64_t player; /* CPU ns that preparing frames has taken */
	struct crowd_session session[];
};

/* NULL with errno. */
struct crowd *crowd_map(int fd);

/* ---- one measurement */

struct crowd_plan {
	const char *programs;
	const struct crowd_work *work;
	size_t works;
	const double *share; /* of the users, of each work */
	uint32_t sessions;
	bool one; /* process for all of them; or one each */
	double seconds;
};

/* Fills in the figures; -1 with r->error set. */
int crowd_run(struct result *r, const struct crowd_plan *plan);

/* ---- arithmetic (crowd_figures.c) */

/* Which work user i has, so that any first n are near to the shares. */
void crowd_assign(
		uint32_t *work, uint32_t n, const double *share, size_t works);

/*
 * Milliseconds from when each of n frames was due until a commit of it or of a
 * newer one was received; when none was, until `end`. Both are in order of
 * time, so what never came is at the end: returns how many came.
 */
size_t crowd_staleness(double *stale, const uint64_t *due, size_t n,
		const struct crowd_commit *commit, size_t commits,
		uint64_t end);

/* Of one point of a density curve. */
struct crowd_point {
	double users;
	double own; /* share of a processor that the servers take */
	double all; /* the same with what is done to play */
	double p95; /* staleness, ms */
};

enum crowd_bound { CROWD_UNKNOWN, CROWD_BY_TIME, CROWD_BY_PROCESSOR };

struct crowd_knee {
	double users; /* NAN when unknown */
	enum crowd_bound bound;
	bool extrapolated; /* more users than were ever tried */
};

/*
 * Where staleness leaves the limit or the servers fill one processor,
 * whichever is first. Points are in the order of users. The first is read
 * between two points, the second from the line through those of a processor
 * that is not yet full.
 */
struct crowd_knee crowd_find_knee(
		const struct crowd_point *p, size_t n, double limit_ms);

#endif
