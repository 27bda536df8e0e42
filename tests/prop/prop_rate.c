/*
 * prop_rate.c - whatever the counters and the clock say, the rate stays a
 * rate: never 0, a window within bounds, a deadline that is no busy loop; and
 * with counters that move as a connection's do, what is idle sleeps.
 */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/rate.h"

#define MS UINT64_C(1000000)

static uint64_t next(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

/* Small, large and extreme numbers alike. */
static uint64_t any(uint64_t *seed)
{
	uint64_t n = next(seed);
	switch (n % 8) {
	case 0:
		return 0;
	case 1:
		return UINT64_MAX - (next(seed) & 3);
	default:
		return next(seed) >> (n >> 8) % 64;
	}
}

static void check(const struct orl_rate *r, uint64_t max_rate)
{
	struct orl_rate_state s;
	uint64_t deadline = orl_rate_deadline(r);
	orl_rate_state(r, &s);
	assert_true(s.rate > 0 && s.rate == orl_rate_estimate(r));
	assert_true(!max_rate || max_rate < 1000 || s.rate <= max_rate);
	assert_true(s.window <= UINT64_C(1) << 28);
	assert_true(orl_rate_allowed(r, ORL_RATE_PICTURE) <=
			s.window + 65536);
	assert_true(orl_rate_allowed(r, ORL_RATE_BULK) <=
			orl_rate_allowed(r, ORL_RATE_PICTURE) + 65536);
	assert_true(orl_rate_min_rtt(r) <= 60000 * MS);
	assert_true(orl_rate_bytes(r, UINT64_MAX) >= orl_rate_bytes(r, 0));
	assert_true(orl_rate_bytes(r, 1000 * MS) <= UINT64_C(1) << 34);
	assert_true(deadline >= r->now + MS / 5);
}

static void anything_goes(void **state)
{
	(void)state;
	for (uint64_t run = 1; run <= 2000; run++) {
		uint64_t seed = run * UINT64_C(0x9E3779B97F4A7C15);
		struct orl_rate_input in = { 0 };
		struct orl_rate r;
		uint64_t max_rate = next(&seed) & 1 ? 0 : any(&seed);
		orl_rate_init(&r, any(&seed), max_rate);
		check(&r, max_rate);
		for (unsigned i = 0; i < 200; i++) {
			uint64_t what = next(&seed);
			/* Each changes on its own; most calls change few. */
			if (what & 3)
				in.now += next(&seed) >> (24 + what % 40);
			else if (what & 1024)
				in.now = any(&seed);
			if (what & 4)
				in.sent += next(&seed) % 100000;
			else if (!(what & 0xF0))
				in.sent = any(&seed);
			if (what & 8)
				in.acked = in.sent;
			else if (!(what & 0xF00))
				in.acked = any(&seed);
			if (!(what & 0xF000))
				in.sacked = any(&seed);
			if (!(what & 0x30000))
				in.unsent = any(&seed);
			if (!(what & 0xC0000))
				in.rtt = any(&seed);
			if (!(what & 0x300000))
				in.rtt_min = any(&seed);
			if (!(what & 0xC00000))
				in.cwnd = any(&seed);
			if (!(what & 0x3000000))
				in.mss = (uint32_t)any(&seed);
			in.bbr = what >> 31;
			in.probing_rtt = !(what >> 26 & 15);
			in.waiting = what >> 30 & 1;
			orl_rate_sample(&r, &in);
			check(&r, max_rate);
		}
	}
}

/* A pipe with random hiccups: nothing is lost, all is acked at last. */
static void a_connection_always_comes_to_rest(void **state)
{
	(void)state;
	for (uint64_t run = 1; run <= 300; run++) {
		uint64_t seed = run * UINT64_C(0xD1B54A32D192ED03);
		uint64_t rtt = 100000 + next(&seed) % (800 * MS);
		struct orl_rate_input in = { .now = 1000 * MS,
			.rtt = rtt, .rtt_min = rtt, .mss = 1448 };
		struct orl_rate r;
		orl_rate_init(&r, 0, 0);
		orl_rate_sample(&r, &in);
		for (unsigned i = 0; i < 500; i++) {
			in.waiting = next(&seed) & 1;
			uint64_t room = orl_rate_allowed(&r, ORL_RATE_PICTURE);
			/* With nothing on the way there is always room. */
			if (in.acked == in.sent)
				assert_true(room >= 1448);
			in.sent += room ? next(&seed) % (room + 1) : 0;
			orl_rate_sample(&r, &in);
			in.now += next(&seed) % (2 * rtt);
			in.rtt = rtt + next(&seed) % (rtt + 1);
			in.acked += next(&seed) % (in.sent - in.acked + 1);
			if (!(next(&seed) % 8))
				in.acked = in.sent;
			orl_rate_sample(&r, &in);
			check(&r, 0);
		}
		in.waiting = false;
		orl_rate_sample(&r, &in);
		unsigned looks = 0;
		while (orl_rate_deadline(&r) != UINT64_MAX && looks < 20) {
			in.now = orl_rate_deadline(&r);
			if (++looks == 10)
				in.acked = in.sent;
			orl_rate_sample(&r, &in);
		}
		assert_true(looks <= 10);
		assert_true(orl_rate_allowed(&r, ORL_RATE_PICTURE) > 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(anything_goes),
		cmocka_unit_test(a_connection_always_comes_to_rest),
	};
	printf("seeds 1 to 2000 and 1 to 300\n");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
