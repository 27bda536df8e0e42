/*
 * drift.c - see drift.h. The error is d/dt error = other clock - speed, so the
 * slow term is a PI controller, critically damped: ki = kp^2 / 4.
 */
#include "codecs/drift.h"

static const double KP = 0.15, KI = 0.0056;          /* 1/s, 1/s^2 */
static const double SLOW = 2, FAST = 0.4;            /* s */
static const double RATE_MAX = 300e-6, SLEW = 20e-6; /* 1, 1/s */
static const double LEVEL = 0.005;
static const double OFF = 0.010, NEAR = 0.002; /* s */

void orl_drift_reset(struct orl_drift *d)
{
	*d = (struct orl_drift){ .last = 0 };
}

void orl_drift_jumped(struct orl_drift *d)
{
	d->slow = d->fast = 0;
	d->mending = 0;
}

static double clamp(double v, double limit)
{
	return v > limit ? limit : v < -limit ? -limit : v;
}

double orl_drift_update(struct orl_drift *d, uint64_t now, int64_t error)
{
	double e = clamp((double)error * 1e-9, 1);
	double dt = d->last && now > d->last ? (double)(now - d->last) * 1e-9
					     : 0;

	d->last = now;
	dt = dt < 0.2 ? dt : 0.2;
	d->slow += (e - d->slow) * dt / (SLOW + dt);
	d->fast += (e - d->fast) * dt / (FAST + dt);
	if (!d->mending && (d->fast > OFF || d->fast < -OFF))
		d->mending = d->fast > 0 ? 1 : -1;
	else if (d->mending && d->fast * d->mending < NEAR) {
		/* What the slow term remembers has been mended. */
		d->mending = 0;
		d->slow = d->fast;
	}
	if (d->mending)
		return d->rate + d->mending * LEVEL;
	d->rate += clamp(KI * d->slow, SLEW) * dt;
	d->rate = clamp(d->rate, RATE_MAX);
	return d->rate + clamp(KP * d->slow, RATE_MAX);
}
