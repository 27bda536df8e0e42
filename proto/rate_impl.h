/*
 * rate_impl.h - what rate.c (window, socket) and rate_rounds.c (samples, company)
 * know of each other; nobody else includes it.
 */
#ifndef ORL_PROTO_RATE_IMPL_H
#define ORL_PROTO_RATE_IMPL_H

#include "proto/rate.h"

#define SECOND UINT64_C(1000000000)
#define MS UINT64_C(1000000)
#define US UINT64_C(1000)

/* What keeps the products below within 64 bits. */
#define MOST_RATE (UINT64_C(1) << 34)
#define MOST_BYTES (UINT64_C(1) << 40)
#define MOST_TIME (UINT64_C(1) << 40)
#define MOST_RTT (60 * SECOND)
#define MOST_WINDOW (UINT64_C(1) << 28)

enum { ORL_RATE_LEAST = 1000 };

static inline uint64_t orl_rate_less(uint64_t a, uint64_t b)
{
	return a > b ? a - b : 0;
}

static inline uint64_t orl_rate_clamp(uint64_t x, uint64_t lo, uint64_t hi)
{
	return x < lo ? lo : x > hi ? hi : x;
}

/* Bytes that `rate` carries in `ns`; a rate and a time each within bounds. */
static inline uint64_t orl_rate_carried(uint64_t rate, uint64_t ns)
{
	uint64_t us = orl_min64(ns, MOST_TIME) / US;
	return rate * (us % 1000000) / 1000000 + rate * (us / 1000000);
}

/* Time that `rate` needs for `bytes`. */
static inline uint64_t orl_rate_needed(uint64_t rate, uint64_t bytes)
{
	return orl_min64(bytes, UINT64_C(1) << 33) * SECOND / rate;
}

static inline uint64_t orl_rate_over(uint64_t bytes, uint64_t ns)
{
	uint64_t us = orl_max64(orl_min64(ns, MOST_TIME) / US, 1);
	uint64_t rate = orl_min64(bytes, MOST_BYTES) * 1000000 / us;
	return orl_rate_clamp(rate, ORL_RATE_LEAST, MOST_RATE);
}

static inline uint64_t orl_rate_inflight(const struct orl_rate *r)
{
	return orl_rate_less(r->sent, r->delivered);
}

/* ---- rate.c ---- */
uint64_t orl_rate_segments(const struct orl_rate *r);
uint64_t orl_rate_excess(const struct orl_rate *r);
uint64_t orl_rate_probe_time(const struct orl_rate *r);
uint64_t orl_rate_recent_rtt(const struct orl_rate *r);
uint64_t orl_rate_window_time(const struct orl_rate *r);

/* ---- rate_rounds.c ---- */
void orl_rate_start_round(struct orl_rate *r);
uint64_t orl_rate_round_length(const struct orl_rate *r);
void orl_rate_end_round(struct orl_rate *r);
bool orl_rate_behind(const struct orl_rate *r);
void orl_rate_check(struct orl_rate *r);
void orl_rate_drained(struct orl_rate *r);

#endif
