/*
 * selftest.h - whether the bench itself can be believed.
 */
#ifndef ORL_BENCH_SELFTEST_H
#define ORL_BENCH_SELFTEST_H

#include "bench/frames.h"

/* Puts 50 ms more on the link and a wrong block of 8 x 8 pixels on the
 * client's display; both must be found, and nothing without them. The exit
 * code; what was found is printed. */
int self_test(const struct frames *f, const char *frames_path,
		const char *programs);

#endif
