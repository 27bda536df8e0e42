/*
 * live.h - a desktop with real programs, seen from both ends: what the desk,
 * beside the programs, and the looker, beside the client, share with the
 * runner. Times are CLOCK_MONOTONIC in nanoseconds, 0 for not yet.
 */
#ifndef ORL_BENCH_LIVE_H
#define ORL_BENCH_LIVE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bench/metrics.h"

enum { LIVE_INPUTS = 2048 };

/* The key that is pressed at the client; the desk has it for itself. */
#define LIVE_KEY XK_F9

struct live {
	int32_t width, height;
	uint32_t seed;
	/* The runner. */
	_Atomic bool go, over, stop;
	/* The desk: the number that the mark has, when the picture last began
	 * to change, and a copy of it; the serial is odd while that is made. */
	_Atomic bool ready, failed;
	_Atomic uint32_t mark;
	_Atomic uint64_t changed;
	_Atomic uint32_t serial;
	/* The looker. */
	_Atomic bool looking, evaluated;
	_Atomic uint64_t recognised, first_exact;
	_Atomic uint64_t exact; /* since when the pictures are the same */
	uint64_t freeze;
	uint32_t inputs, lost;        /* keys that were answered, or not */
	double input_ms[LIVE_INPUTS]; /* of both */
	struct comparison still;
	uint32_t truth[];
};

/* Of the desktop before its programs: something that is no empty screen. */
void live_pattern(uint32_t *picture, int32_t width, int32_t height);
/* Where the mark is. */
void live_place(const struct live *l, int32_t *x, int32_t *y);

/* They do not return but for an error, then with `failed` set. */
void live_desk(struct live *l, const char *display);
void live_look(struct live *l, const char *display, const char *framebuffer);

#endif
