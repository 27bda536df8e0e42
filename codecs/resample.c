/*
 * resample.c - see resample.h.
 *
 * The queue begins with the taps before the frame that is next. The kernel is
 * sinc times a Kaiser window; sine and the window are summed up here, for the
 * library has no libm.
 */
#include "codecs/resample.h"

#include <assert.h>
#include <string.h>

enum { TAPS = ORL_RESAMPLE_TAPS, HALF = TAPS / 2 };

static const double PI = 3.14159265358979323846;
/* Kaiser's beta, squared: 80 dB down beyond the band. */
static const double BETA_2 = 8.0 * 8.0;

/* By the series, near enough up to a turn. */
static double sine(double x)
{
	double turns = x / (2 * PI), term, sum;

	turns -= (double)(int64_t)turns;
	turns = turns > 0.5 ? turns - 1 : turns < -0.5 ? turns + 1 : turns;
	x = turns * 2 * PI; /* -pi to pi */
	term = sum = x;
	for (int k = 1; k < 13; k++) {
		term *= -x * x * (1.0 / (2 * k * (2 * k + 1)));
		sum += term;
	}
	return sum;
}

/* The modified Bessel function of order 0, of the square root of z2. */
static double bessel(double z2)
{
	double term = 1, sum = 1;

	for (int k = 1; k < 22; k++) {
		term *= z2 * (0.25 / (k * k));
		sum += term;
	}
	return sum;
}

void orl_resample_init(struct orl_resample *r, uint32_t in, uint32_t out)
{
	double cut = out < in ? (double)out / in : 1;

	/* So narrow a kernel needs a little room to fall. */
	if (cut < 1)
		cut *= 0.92;
	for (int p = 0; p <= ORL_RESAMPLE_PHASES; p++) {
		double sum = 0, v[TAPS];

		for (int t = 0; t < TAPS; t++) {
			double x = t - (HALF - 1) -
				   (double)p / ORL_RESAMPLE_PHASES;
			double u = x / HALF, w = 1 - u * u;
			double y = PI * x * cut;

			w = w > 0 ? bessel(BETA_2 * w) : 0;
			v[t] = w * (x == 0 ? 1 : sine(y) / y);
			sum += v[t];
		}
		for (int t = 0; t < TAPS; t++)
			r->table[p][t] = (float)(v[t] / sum);
	}
	if (cut >= 1)
		for (int t = 0; t < TAPS; t++) {
			r->table[0][t] = t == HALF - 1;
			r->table[ORL_RESAMPLE_PHASES][t] = t == HALF;
		}
	orl_resample_clear(r);
}

void orl_resample_clear(struct orl_resample *r)
{
	memset(r->queue, 0, 2 * (HALF - 1) * sizeof(*r->queue));
	r->n = HALF - 1;
	r->phase = 0;
}

size_t orl_resample_room(const struct orl_resample *r)
{
	return ORL_RESAMPLE_ROOM + TAPS - r->n;
}

size_t orl_resample_level(const struct orl_resample *r)
{
	return r->n - (HALF - 1);
}

void orl_resample_push(struct orl_resample *r, const float *frames, size_t n)
{
	assert(n <= orl_resample_room(r));
	memcpy(r->queue + 2 * r->n, frames, 2 * n * sizeof(*frames));
	r->n += n;
}

static void one(const struct orl_resample *r, const float *at, float *out)
{
	const uint32_t unit = UINT32_C(0xffffffff) / ORL_RESAMPLE_PHASES + 1;
	uint32_t p = r->phase / unit;
	float part = (float)(r->phase % unit) / (float)unit, left = 0,
	      right = 0;
	const float *a = r->table[p], *b = r->table[p + 1];

	for (int t = 0; t < TAPS; t++) {
		float w = a[t] + (b[t] - a[t]) * part;
		left += w * at[2 * t];
		right += w * at[2 * t + 1];
	}
	out[0] = left;
	out[1] = right;
}

size_t orl_resample_pull(
		struct orl_resample *r, float *frames, size_t n, uint64_t step)
{
	size_t at = 0, done = 0;

	while (done < n && at + TAPS <= r->n) {
		one(r, r->queue + 2 * at, frames + 2 * done);
		uint64_t next = r->phase + step;
		at += (size_t)(next >> 32);
		r->phase = (uint32_t)next;
		done++;
	}
	/* A step of several frames may lead beyond what there is. */
	if (at > r->n - (HALF - 1))
		at = r->n - (HALF - 1);
	r->n -= at;
	memmove(r->queue, r->queue + 2 * at, 2 * r->n * sizeof(*r->queue));
	return done;
}
