/*
 * verify.h - whether a link is what it is said to be.
 */
#ifndef ORL_BENCH_VERIFY_H
#define ORL_BENCH_VERIFY_H

#include <stdbool.h>

#include "bench/links.h"

/* What was found and what was asked for. Of the lost packets: those that the
 * emulator lost by chance, those that the seed says it should have; a + says
 * that more are missing than were counted. Late is the emulator. */
void verify_heading(void);
/* Makes the link, measures it and prints a line, or two for a link with a
 * script; or one of JSON, without a heading. 0, 1 when it is not what it should be, or -1 and a sentence. */
int verify_link(const struct link_spec *link, uint64_t seed,
		const char *congestion, bool json, char *why, size_t cap);

#endif
