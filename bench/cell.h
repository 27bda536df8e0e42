/*
 * cell.h - one measurement: a peer, a trace, a link.
 */
#ifndef ORL_BENCH_CELL_H
#define ORL_BENCH_CELL_H

#include <stdbool.h>

#include "bench/frames.h"
#include "bench/links.h"
#include "bench/peers.h"
#include "bench/result.h"

struct cell {
	const struct peer *peer;
	const struct link_spec *link;
	const char *cc;
	const char *programs; /* the folder of Oriel's */
	const char *frames_path;
	const struct frames *frames;
	uint64_t seed;
	double tail; /* seconds to wait for the exact picture at most */
	bool slow_motion;
	/* The self-test: a block of this many pixels a side that another
	 * program paints over what the client shows; 0: none. */
	int defect;
	/* Instead of frames: a script that drives real programs. */
	const char *session;
	int32_t width, height;
};

/*
 * Measures into a result whose texts are set by the caller. 0; or -1 and a
 * sentence in r->error. Nothing that it started is left in either case.
 */
int cell_run(struct result *r, const struct cell *c);
/* The same with a script (live.c). */
int live_run(struct result *r, const struct cell *c);

/* What machine this is, for comparing results. */
void machine_name(char *out, size_t cap);

#endif
