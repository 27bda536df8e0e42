/*
 * test_crowd.c - the arithmetic of density: shares, staleness, the knee.
 */
#include "tests/unit/unit.h"

#include <math.h>

#include "bench/crowd.h"

static void assert_near(double a, double b)
{
	if (!(fabs(a - b) < 1e-6))
		fail_msg("%g is not %g", a, b);
}

static void every_prefix_is_near_the_shares(void **state)
{
	enum { N = 100 };
	const double share[] = { 60, 25, 0, 15 };
	uint32_t work[N], count[4] = { 0 };
	(void)state;
	crowd_assign(work, N, share, 4);
	for (uint32_t i = 0; i < N; i++) {
		assert_in_range(work[i], 0, 3);
		count[work[i]]++;
		for (size_t k = 0; k < 4; k++)
			assert_true(fabs(count[k] - share[k] / 100 * (i + 1)) <
					1.01);
	}
	assert_int_equal(count[0], 60);
	assert_int_equal(count[1], 25);
	assert_int_equal(count[2], 0);
	assert_int_equal(count[3], 15);
}

/* Milliseconds, the captured ones in us as the wire has them. */
static struct crowd_commit commit(double captured, double received)
{
	return (struct crowd_commit){ (uint64_t)(received * 1e6),
		(uint32_t)(uint64_t)(captured * 1e3) };
}

static void a_frame_is_fresh_with_the_first_commit_of_it_or_newer(void **state)
{
	const uint64_t due[] = { 10000000, 20000000, 30000000, 40000000 };
	const struct crowd_commit c[] = { commit(5, 6), commit(10, 13),
		commit(10, 18), commit(30, 37.5) };
	double stale[4];
	(void)state;
	assert_int_equal(crowd_staleness(stale, due, 4, c, 4, 5040000000), 3);
	assert_near(stale[0], 3);
	assert_near(stale[1], 17.5); /* skipped: the next one shows it */
	assert_near(stale[2], 7.5);
	assert_near(stale[3], 5000); /* never: it waited until the end */
	assert_int_equal(crowd_staleness(stale, due, 1, c, 0, 2010000000), 0);
	assert_near(stale[0], 2000);
}

static void the_servers_clock_may_wrap(void **state)
{
	/* The wire has 32 bits of us: 2^32 us are 4294.967296 s. */
	const uint64_t due[] = { 4294967000000, 4294968000000 };
	const struct crowd_commit c[] = { commit(4294967.0, 4294969.0),
		commit(4294968.0, 4294972.0) };
	double stale[2];
	(void)state;
	assert_true(c[1].captured < c[0].captured);
	assert_int_equal(crowd_staleness(stale, due, 2, c, 2, 0), 2);
	assert_near(stale[0], 2);
	assert_near(stale[1], 4);
}

static void a_knee_beyond_what_was_tried_is_extrapolated(void **state)
{
	const struct crowd_point p[] = { { 1, 0.03, 0.03, 5 },
		{ 10, 0.21, 0.21, 6 }, { 20, 0.41, 0.41, 9 } };
	struct crowd_knee k = crowd_find_knee(p, 3, 52);
	(void)state;
	assert_int_equal(k.bound, CROWD_BY_PROCESSOR);
	assert_true(k.extrapolated);
	assert_near(k.users, 49.5);
	/* One point: a line from nothing. */
	k = crowd_find_knee(p + 2, 1, 52);
	assert_true(k.extrapolated && fabs(k.users - 20 / 0.41) < 1e-6);
}

static void lateness_may_come_before_the_processor_is_full(void **state)
{
	const struct crowd_point p[] = { { 10, 0.2, 0.2, 10 },
		{ 20, 0.4, 0.4, 32 }, { 30, 0.6, 0.6, 72 } };
	struct crowd_knee k = crowd_find_knee(p, 3, 52);
	(void)state;
	assert_int_equal(k.bound, CROWD_BY_TIME);
	assert_false(k.extrapolated);
	assert_near(k.users, 25);
	/* Late from the first on: no more than these. */
	k = crowd_find_knee(p + 2, 1, 52);
	assert_int_equal(k.bound, CROWD_BY_TIME);
	assert_near(k.users, 30);
}

static void a_full_processor_ends_the_line(void **state)
{
	/* What comes after it is full says nothing of the cost of a user. */
	const struct crowd_point p[] = { { 10, 0.3, 0.3, 5 },
		{ 20, 0.6, 0.6, 8 }, { 40, 1, 1, 30 }, { 60, 1, 1, 45 } };
	struct crowd_knee k = crowd_find_knee(p, 4, 52);
	(void)state;
	assert_int_equal(k.bound, CROWD_BY_PROCESSOR);
	assert_false(k.extrapolated);
	assert_near(k.users, 100.0 / 3);
	/* Nor does what is late and had no more of it. */
	const struct crowd_point starved[] = { { 10, 0.3, 0.3, 5 },
		{ 20, 0.35, 0.4, 5000 } };
	k = crowd_find_knee(starved, 2, 52);
	assert_int_equal(k.bound, CROWD_BY_TIME);
	assert_true(k.users > 10 && k.users < 11);
	k = crowd_find_knee(p, 0, 52);
	assert_int_equal(k.bound, CROWD_UNKNOWN);
	assert_true(isnan(k.users));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_prefix_is_near_the_shares),
		cmocka_unit_test(
				a_frame_is_fresh_with_the_first_commit_of_it_or_newer),
		cmocka_unit_test(the_servers_clock_may_wrap),
		cmocka_unit_test(a_knee_beyond_what_was_tried_is_extrapolated),
		cmocka_unit_test(
				lateness_may_come_before_the_processor_is_full),
		cmocka_unit_test(a_full_processor_ends_the_line),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
