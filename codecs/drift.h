/*
 * drift.h - two clocks that should agree: how much faster to play, so that
 * what is behind by some nanoseconds is so no longer.
 *
 * Two terms. The rate of the other clock is learned slowly (300 ppm at most,
 * 20 ppm a second), with just enough damping to come to rest. A level that is
 * off by more than 10 ms is mended at 0.5 %, which nobody hears.
 */
#ifndef ORL_CODECS_DRIFT_H
#define ORL_CODECS_DRIFT_H

#include <stdbool.h>
#include <stdint.h>

struct orl_drift {
	uint64_t last;     /* 0: nothing is known yet */
	double slow, fast; /* the error, smoothed: s */
	double rate;       /* of the other clock, minus 1 */
	int mending;       /* -1, 0, 1: the level is off, and which way */
};

void orl_drift_reset(struct orl_drift *d);
/* The level has jumped; the rate has not. */
void orl_drift_jumped(struct orl_drift *d);
/*
 * At `now` we are `error` ns behind; negative: ahead. Returns how much is to
 * be added to the speed 1: 0.0058 at most.
 */
double orl_drift_update(struct orl_drift *d, uint64_t now, int64_t error);

#endif
