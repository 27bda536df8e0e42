/* test_pace.c - the client window: what is overdue, what acks may say. */
#include "tests/unit/unit.h"

#include <oriel/oriel.h>

#include "proto/rate.h"

#define MS UINT64_C(1000000)
#define SECOND UINT64_C(1000000000)

enum { RTT = 40 };

static unsigned overdue(const struct orl_pace *p, uint64_t ms)
{
	return orl_pace_overdue(p, ms * MS, RTT * MS);
}

static void a_commit_on_the_network_is_not_overdue(void **state)
{
	struct orl_pace p;
	(void)state;
	orl_pace_init(&p);
	assert_true(orl_pace_deadline(&p, RTT * MS) == UINT64_MAX);
	/* Sixty a second, each acked 50 ms later: several are on the way. */
	for (uint32_t i = 0; i < 600; i++) {
		uint64_t now = 1000 + i * 16;
		orl_pace_commit(&p, i, now * MS, false);
		if (i >= 4)
			assert_int_equal(orl_pace_ack(&p, i - 3,
					(now + 2) * MS, 8 * MS), 0);
		assert_int_equal(overdue(&p, now + 2), 0);
	}
	/* The client stops. */
	assert_int_equal(overdue(&p, 1000 + 599 * 16 + 500), 3);
	assert_int_equal(orl_pace_ack(&p, 599, 20 * SECOND, 8 * MS), 0);
	assert_int_equal(overdue(&p, 30000), 0);
	assert_true(orl_pace_deadline(&p, RTT * MS) == UINT64_MAX);
}

static void cost_and_batching_give_time(void **state)
{
	struct orl_pace p, q;
	(void)state;
	orl_pace_init(&p);
	orl_pace_commit(&p, 1, 1000 * MS, false);
	assert_int_equal(overdue(&p, 1050), 0);
	assert_int_equal(overdue(&p, 1060), 1);
	orl_pace_init(&q);
	orl_pace_commit(&q, 1, 1000 * MS, true);
	assert_int_equal(overdue(&q, 1100), 0);
	assert_int_equal(overdue(&q, 1110), 1);
	/* A client that needs 100 ms for each is given them. */
	for (uint32_t i = 2; i < 100; i++) {
		assert_int_equal(orl_pace_ack(&p, i - 1,
				(1000 + i * 200) * MS, 100 * MS), 0);
		orl_pace_commit(&p, i, (1000 + i * 200) * MS, false);
	}
	uint64_t last = 1000 + 99 * 200;
	assert_int_equal(overdue(&p, last + 140), 0);
	assert_int_equal(overdue(&p, last + 200), 1);
	assert_true(orl_pace_deadline(&p, RTT * MS) > (last + 140) * MS);
	assert_true(orl_pace_deadline(&p, RTT * MS) < (last + 200) * MS);
}

static void acks_of_nothing_end_the_session(void **state)
{
	struct orl_pace p;
	(void)state;
	orl_pace_init(&p);
	assert_int_equal(orl_pace_ack(&p, 0, SECOND, 0), ORIEL_EPROTO);
	orl_pace_commit(&p, 7, SECOND, false);
	orl_pace_commit(&p, 8, SECOND, false);
	assert_int_equal(orl_pace_ack(&p, 9, SECOND, 0), ORIEL_EPROTO);
	assert_int_equal(orl_pace_ack(&p, 6, SECOND, 0), ORIEL_EPROTO);
	assert_int_equal(orl_pace_ack(&p, 0x80000008, SECOND, 0),
			ORIEL_EPROTO);
	assert_int_equal(orl_pace_ack(&p, 8, SECOND, 0), 0);
	/* Once more, or an older one: nothing new. */
	assert_int_equal(orl_pace_ack(&p, 7, SECOND, 0), 0);
	assert_int_equal(orl_pace_ack(&p, 8, SECOND, 0), 0);
}

static void frames_wrap(void **state)
{
	struct orl_pace p;
	(void)state;
	orl_pace_init(&p);
	uint32_t frame = UINT32_MAX - 5;
	for (unsigned i = 0; i < 12; i++)
		orl_pace_commit(&p, frame + i, (1000 + i) * MS, false);
	assert_int_equal(overdue(&p, 5000), 12);
	assert_int_equal(orl_pace_ack(&p, UINT32_MAX, 2 * SECOND, 0), 0);
	assert_int_equal(overdue(&p, 5000), 6);
	assert_int_equal(orl_pace_ack(&p, 6, 2 * SECOND, 0), ORIEL_EPROTO);
	assert_int_equal(orl_pace_ack(&p, 5, 2 * SECOND, 0), 0);
	assert_int_equal(overdue(&p, 5000), 0);
	/* A frame that does not count up is no commit. */
	orl_pace_commit(&p, 5, 3 * SECOND, false);
	assert_int_equal(overdue(&p, 50000), 0);
	/* Far along, the first frames are no longer known. */
	for (uint32_t i = 1; i < 9; i++)
		orl_pace_commit(&p, 5 + i * (UINT32_C(1) << 29), SECOND,
				false);
	assert_int_equal(orl_pace_ack(&p, 5, SECOND, 0), 0);
}

static void silence_fills_a_bounded_ring(void **state)
{
	struct orl_pace p;
	(void)state;
	orl_pace_init(&p);
	for (uint32_t i = 0; i < 10000; i++)
		orl_pace_commit(&p, i, SECOND + i * MS, false);
	assert_int_equal(orl_pace_overdue(&p, 100 * SECOND, RTT * MS),
			ORL_PACE_COMMITS);
	/* The oldest kept its time and waits for the frame it merged into. */
	assert_int_equal(overdue(&p, 1060), 1);
	assert_int_equal(orl_pace_ack(&p, 9743, 100 * SECOND, 0), 0);
	assert_int_equal(overdue(&p, 1060), 1);
	assert_int_equal(orl_pace_ack(&p, 9744, 100 * SECOND, 0), 0);
	assert_int_equal(overdue(&p, 1060), 0);
	assert_int_equal(orl_pace_ack(&p, 9999, 100 * SECOND, 0), 0);
	assert_int_equal(orl_pace_overdue(&p, UINT64_MAX, 0), 0);
}

static void lies_are_bounded(void **state)
{
	struct orl_pace p;
	uint64_t now = SECOND;
	(void)state;
	orl_pace_init(&p);
	for (uint32_t i = 0; i < 1000; i++) {
		orl_pace_commit(&p, i, now, false);
		now += 10 * SECOND;
		assert_int_equal(orl_pace_ack(&p, i, now, UINT64_MAX), 0);
	}
	orl_pace_commit(&p, 1000, now, false);
	assert_int_equal(orl_pace_overdue(&p, now + 2 * SECOND, 0), 1);
	/* A cost greater than the time that passed is not believed. */
	orl_pace_init(&p);
	for (uint32_t i = 0; i < 1000; i++) {
		orl_pace_commit(&p, i, now, false);
		now += 10 * MS;
		assert_int_equal(orl_pace_ack(&p, i, now, SECOND), 0);
	}
	orl_pace_commit(&p, 1000, now, false);
	assert_int_equal(orl_pace_overdue(&p, now + 50 * MS, 0), 1);
	/* Times and round trips at the end of all numbers. */
	orl_pace_commit(&p, 1001, UINT64_MAX, true);
	assert_int_equal(orl_pace_overdue(&p, UINT64_MAX, UINT64_MAX), 1);
	assert_int_equal(orl_pace_ack(&p, 1001, 0, UINT64_MAX), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_commit_on_the_network_is_not_overdue),
		cmocka_unit_test(cost_and_batching_give_time),
		cmocka_unit_test(acks_of_nothing_end_the_session),
		cmocka_unit_test(frames_wrap),
		cmocka_unit_test(silence_fills_a_bounded_ring),
		cmocka_unit_test(lies_are_bounded),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
