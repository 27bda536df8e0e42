/*
 * crowd_figures.c - the arithmetic of density: who does what, how late commits
 * are, and where the machine is full.
 */
#include <math.h>

#include "bench/crowd.h"

#define FULL 0.95 /* of a processor: the line ends here */

void crowd_assign(uint32_t *work, uint32_t n, const double *share, size_t works)
{
	double given[CROWD_WORKS] = { 0 }, sum = 0;
	for (size_t k = 0; k < works; k++)
		sum += share[k];
	for (uint32_t i = 0; i < n; i++) {
		uint32_t most = 0;
		double lacks = -INFINITY;
		for (uint32_t k = 0; k < works; k++) {
			double l = share[k] / sum * (i + 1) - given[k];
			if (share[k] > 0 && l > lacks) {
				lacks = l;
				most = k;
			}
		}
		given[most]++;
		work[i] = most;
	}
}

static double ms_between(uint64_t from, uint64_t to)
{
	return to > from ? 1e-6 * (double)(to - from) : 0;
}

size_t crowd_staleness(double *stale, const uint64_t *due, size_t n,
		const struct crowd_commit *commit, size_t commits, uint64_t end)
{
	size_t at = 0, came = 0;
	for (size_t i = 0; i < n; i++) {
		uint32_t us = (uint32_t)(due[i] / 1000);
		/* Later frames need later commits: never back. */
		while (at < commits && (int32_t)(commit[at].captured - us) < 0)
			at++;
		stale[i] = ms_between(due[i],
				at < commits ? commit[at].received : end);
		came += at < commits;
	}
	return came;
}

/* Where staleness passes the limit; NAN: nowhere. */
static double by_time(const struct crowd_point *p, size_t n, double limit)
{
	for (size_t i = 0; i < n; i++) {
		if (!(p[i].p95 > limit))
			continue;
		if (!i || !isfinite(p[i].p95))
			return i ? p[i - 1].users : p[i].users;
		double way = (limit - p[i - 1].p95) / (p[i].p95 - p[i - 1].p95);
		return p[i - 1].users + way * (p[i].users - p[i - 1].users);
	}
	return NAN;
}

/* Where the servers alone would fill it: least squares over users. Of late
 * ones it is not known what they would have used in time. */
static double by_processor(const struct crowd_point *p, size_t n, double limit)
{
	double sx = 0, sy = 0, sxx = 0, sxy = 0, used = 0;
	for (size_t i = 0;
			i < n && p[i].all < FULL && (!i || p[i].p95 <= limit);
			i++) {
		sx += p[i].users;
		sy += p[i].own;
		sxx += p[i].users * p[i].users;
		sxy += p[i].users * p[i].own;
		used++;
	}
	double spread = used * sxx - sx * sx;
	if (!used)
		return n ? p[0].users : NAN;
	/* One point: a line from nothing. */
	double slope = spread > 0 ? (used * sxy - sx * sy) / spread : sy / sx;
	double base = spread > 0 ? (sy - slope * sx) / used : 0;
	return slope > 0 ? (1 - base) / slope : NAN;
}

struct crowd_knee crowd_find_knee(
		const struct crowd_point *p, size_t n, double limit_ms)
{
	double late = by_time(p, n, limit_ms),
	       full = by_processor(p, n, limit_ms);
	struct crowd_knee k = { NAN, CROWD_UNKNOWN, false };
	if (isfinite(late) && !(full < late)) {
		k.users = late;
		k.bound = CROWD_BY_TIME;
	} else if (isfinite(full)) {
		k.users = full;
		k.bound = CROWD_BY_PROCESSOR;
		k.extrapolated = full > p[n - 1].users;
	}
	return k;
}
