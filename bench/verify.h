/*
 * verify.h - whether a link is what it is said to be.
 */
#ifndef ORL_BENCH_VERIFY_H
#define ORL_BENCH_VERIFY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bench/links.h"

/* What was found and what was asked for. Of the lost packets: those that the
 * emulator lost by chance, those that the seed says it should have; a + says
 * that more are missing than were counted. Late is the emulator. */
void verify_heading(void);
/* Makes the link, measures it and prints a line, and more for a link with a
 * script: each way that it changes, and what of it is not checked; or one of
 * JSON, without a heading. 0, 1 when it is not what it should be, or -1 and a
 * sentence. */
int verify_link(const struct link_spec *link, uint64_t seed,
		const char *congestion, bool json, char *why, size_t cap);

enum { VERIFY_BIN_MS = 10 };

/* From one step of a script to the next, in ms, one way is this. */
struct verify_piece {
	uint64_t from, to;
	const struct shaper_config *way;
	bool flow, netem;
};

enum verify_answer { VERIFY_OK, VERIFY_WRONG, VERIFY_UNKNOWN };

/* Whether so many bytes can have arrived in n pieces of VERIFY_BIN_MS, from the
 * beginning of the script on, when more was sent than the link carries. `is`
 * and `should` are bits a second. Unknown: it is too short to say, has no rate
 * or a flow beside it. */
enum verify_answer verify_piece(const uint64_t *bins, size_t n,
		const struct verify_piece *p, double *is, double *should);

#endif
