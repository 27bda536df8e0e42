/*
 * test_shaper.c - the emulated link in virtual time: rate, delay, queue, the
 * luck that the seed says, and changes while packets are on the way.
 */
#include "tests/unit/unit.h"

#include <math.h>
#include <string.h>

#include "bench/emulator.h"
#include "bench/shaper.h"
#include "tests/rng.h"

#define MS UINT64_C(1000000)
#define SECOND UINT64_C(1000000000)

enum { MANY = 100000, SIZE = 1500 };

struct bed {
	struct shaper s;
	struct shaper_counters c;
	struct shaper_packet packets[MANY];
	size_t n;         /* offered */
	uint64_t arrived; /* the last taken, its `due` */
};

static struct bed bed;

static struct bed *begin(const struct shaper_config *config, uint64_t seed)
{
	memset(&bed, 0, sizeof(bed));
	shaper_init(&bed.s, config, &bed.c, seed);
	return &bed;
}

static bool offer(struct bed *b, uint64_t now)
{
	return shaper_offer(&b->s, &b->packets[b->n++], SIZE, now);
}

/* Takes all that is due by `until`, each when it is due; the count of what
 * was not lost. */
static size_t take(struct bed *b, uint64_t until)
{
	size_t n = 0;
	uint64_t next;
	while ((next = shaper_next(&b->s)) <= until) {
		struct shaper_packet *p = shaper_take(&b->s, next);
		if (!p)
			continue;
		assert_true(p->due == next);
		b->arrived = next;
		n += !p->lost && !p->cut;
	}
	return n;
}

static void a_packet_takes_its_time(void **state)
{
	struct shaper_config c = {
		.rate = 20000000, .delay_us = 20000, .queue_bytes = 250000
	};
	struct bed *b = begin(&c, 1);
	(void)state;
	assert_true(shaper_next(&b->s) == UINT64_MAX);
	assert_true(offer(b, SECOND));
	assert_null(shaper_take(&b->s, SECOND + 20 * MS));
	/* 1500 bytes at 20 Mbit/s are 0.6 ms. */
	assert_true(take(b, 2 * SECOND) == 1);
	assert_true(b->arrived == SECOND + 20 * MS + 600000);
	assert_true(b->c.delivered_bytes == SIZE);
	assert_true(b->c.late_ns_sum == 0);
	/* Taken late, it says so. */
	assert_true(offer(b, 3 * SECOND));
	assert_non_null(shaper_take(&b->s, 4 * SECOND));
	assert_true(b->c.late_ns_max == SECOND - 20 * MS - 600000);
	assert_true(b->c.queue_ns_sum == 2 * 600000);
}

static void the_queue_is_bounded_in_bytes(void **state)
{
	struct shaper_config c = { .rate = 12000000, .queue_bytes = 15000 };
	struct bed *b = begin(&c, 1);
	(void)state;
	for (int i = 0; i < 10; i++)
		assert_true(offer(b, 0));
	assert_false(offer(b, 0));
	assert_true(b->c.tail_drops == 1 && b->c.accepted_packets == 10);
	assert_true(b->c.offered_packets == 11 && b->c.max_backlog == 15000);
	/* A millisecond later one has been sent and there is room for it. */
	assert_true(offer(b, MS));
	assert_false(offer(b, MS));
	assert_true(take(b, SECOND) == 11);
	assert_true(b->arrived == 11 * MS);
	assert_true(b->c.queue_ns_max == 10 * MS);
	assert_true(b->s.backlog == 0);
	/* Small ones fit where a big one does not. */
	b = begin(&c, 1);
	for (int i = 0; i < 9; i++)
		assert_true(offer(b, 0));
	assert_true(shaper_offer(&b->s, &b->packets[20], 1400, 0));
	assert_false(offer(b, 0));
	assert_true(shaper_offer(&b->s, &b->packets[21], 100, 0));
}

static void it_carries_its_rate(void **state)
{
	static const uint64_t rates[] = { 1000000, 1500000, 20000000,
		1000000000 };
	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct shaper_config c = { .rate = rates[i],
			.delay_us = 35000,
			.queue_bytes = 100000 };
		struct bed *b = begin(&c, i);
		/* A fifth more than it can. */
		uint64_t every = SIZE * 8 * SECOND * 5 / (rates[i] * 6);
		size_t got = 0;
		for (size_t k = 0; k < 2000; k++) {
			got += take(b, k * every);
			(void)offer(b, k * every);
		}
		got += take(b, UINT64_MAX - 1);
		assert_true(got == b->c.accepted_packets);
		assert_true(b->c.tail_drops > 200);
		uint64_t should = got * SIZE * 8 * SECOND / rates[i] + 35 * MS;
		assert_true(b->arrived <= should && b->arrived + 2000 > should);
	}
}

static void without_a_rate_there_is_only_delay(void **state)
{
	struct shaper_config c = { .delay_us = 5000 };
	struct bed *b = begin(&c, 1);
	(void)state;
	for (int i = 0; i < 100; i++)
		assert_true(offer(b, 10));
	assert_true(take(b, 5 * MS) == 0);
	assert_true(take(b, 5 * MS + 10) == 100);
	assert_null(shaper_drain(&b->s));
}

static void the_seed_says_what_is_lost(void **state)
{
	struct shaper_config c = { .rate = 10000000, .loss = 0.01 };
	uint64_t seed = rng_seed(7), lost[2];
	(void)state;
	/* The same whether packets come in one heap or slowly. */
	for (uint64_t i = 0; i < 2; i++) {
		struct bed *b = begin(&c, seed);
		for (uint64_t k = 0; k < MANY; k++)
			assert_true(offer(b, k * i * MS));
		assert_true(take(b, UINT64_MAX - 1) + b->c.losses == MANY);
		lost[i] = b->c.losses;
	}
	assert_true(lost[0] == lost[1]);
	assert_true(lost[0] == shaper_losses(&c, seed, MANY));
	assert_true(lost[0] != shaper_losses(&c, seed + 1, MANY) ||
			lost[0] != shaper_losses(&c, seed + 2, MANY));
	/* 1 %: the deviation is 31 of 1000. */
	assert_true(lost[0] > 1000 - 190 && lost[0] < 1000 + 190);
	c.loss = 0;
	assert_true(shaper_losses(&c, seed, MANY) == 0);
	c.loss = 1;
	assert_true(shaper_losses(&c, seed, MANY) == MANY);
}

static void bursts_are_lost_together(void **state)
{
	struct shaper_config c = {
		.rate = 10000000, .ge_p = 0.002525, .ge_r = 0.25, .ge_bad = 1
	};
	uint64_t seed = rng_seed(11), bursts = 0;
	struct bed *b = begin(&c, seed);
	bool before = false;
	(void)state;
	for (uint64_t k = 0; k < MANY; k++) {
		assert_true(offer(b, 0));
		bool lost = b->packets[k].lost;
		bursts += lost && !before;
		before = lost;
	}
	(void)take(b, UINT64_MAX - 1);
	double lost = (double)b->c.losses, n = (double)bursts;
	assert_true(b->c.losses == shaper_losses(&c, seed, MANY));
	/* 1 % in bursts of four: 250 of them; six deviations. */
	assert_true(fabs(lost - 1000) < 6 * 84);
	assert_true(fabs(n - 250) < 6 * 16);
	assert_true(lost / n > 3 && lost / n < 5);
	/* Loss in the good state alone is plain loss. */
	c = (struct shaper_config){ .ge_good = 0.5 };
	uint64_t half = shaper_losses(&c, seed, MANY);
	assert_true(half > 49000 && half < 51000);
}

static void jitter_stays_in_bounds_and_in_order(void **state)
{
	struct shaper_config c = { .delay_us = 25000, .jitter_us = 10000 };
	struct bed *b = begin(&c, rng_seed(3));
	uint64_t least = UINT64_MAX, most = 0, sum = 0, last = 0;
	(void)state;
	for (uint64_t k = 0; k < 20000; k++) {
		struct shaper_packet *p;
		assert_true(offer(b, k * 50 * MS));
		while ((p = shaper_take(&b->s, (k + 1) * 50 * MS - 1))) {
			uint64_t took = p->due - p->offered;
			least = took < least ? took : least;
			most = took > most ? took : most;
			sum += took;
		}
	}
	assert_true(b->c.delivered_packets == 20000);
	assert_true(least >= 15 * MS && least < 16 * MS);
	assert_true(most <= 35 * MS && most > 34 * MS);
	assert_true(sum / 20000 > 24 * MS && sum / 20000 < 26 * MS);
	/* Close together, they wait for each other. */
	b = begin(&c, 3);
	for (size_t k = 0; k < 20000; k++) {
		struct shaper_packet *p;
		assert_true(offer(b, k * 10000));
		while ((p = shaper_take(&b->s, k * 10000))) {
			assert_true(p->due >= last);
			last = p->due;
		}
	}
}

static void some_skip_the_delay(void **state)
{
	struct shaper_config c = {
		.rate = 12000000, .delay_us = 20000, .reorder = 0.1
	};
	struct bed *b = begin(&c, rng_seed(5));
	size_t before = 0, expected = 0, seen = 0;
	(void)state;
	for (size_t k = 0; k < 10000; k++)
		assert_true(offer(b, k * MS));
	for (size_t k = 0; k < 10000; k++)
		expected += b->packets[k].reordered;
	uint64_t next, last = 0;
	while ((next = shaper_next(&b->s)) < UINT64_MAX) {
		struct shaper_packet *p = shaper_take(&b->s, next);
		if (!p)
			continue;
		assert_true(p->due >= last);
		last = p->due;
		assert_true(p->due - p->offered ==
				(p->reordered ? MS : 21 * MS));
		/* It overtook what had been offered before it. */
		size_t at = (size_t)(p - b->packets);
		before += p->reordered && at > seen;
		seen++;
	}
	assert_true(seen == 10000 && b->c.reordered == expected);
	assert_true(expected > 800 && expected < 1200);
	assert_true(before > expected - 40);
}

static void the_rate_changes_under_way(void **state)
{
	struct shaper_config c = { .rate = 12000000, .queue_bytes = 150000 };
	struct bed *b = begin(&c, 1);
	(void)state;
	for (int i = 0; i < 20; i++)
		assert_true(offer(b, 0));
	/* Half of the sixth has been sent; a tenth of the rate is left. */
	assert_true(take(b, 5 * MS + MS / 2) == 5);
	c.rate = 1200000;
	shaper_change(&b->s, &c, 5 * MS + MS / 2);
	assert_true(take(b, 10 * MS) == 0);
	assert_true(take(b, 10 * MS + MS / 2) == 1);
	assert_true(take(b, 40 * MS + MS / 2) == 3);
	c.rate = 12000000;
	shaper_change(&b->s, &c, 40 * MS + MS / 2);
	assert_true(take(b, 51 * MS + MS / 2) == 11);
	assert_true(b->s.backlog == 0);
	/* And with no bound at all, at once. */
	for (int i = 0; i < 20; i++)
		assert_true(offer(b, SECOND));
	c.rate = 0;
	shaper_change(&b->s, &c, SECOND + 1);
	assert_true(take(b, SECOND + 1) == 20);
}

static void a_shorter_delay_does_not_reorder(void **state)
{
	struct shaper_config c = { .delay_us = 100000 };
	struct bed *b = begin(&c, 1);
	(void)state;
	assert_true(offer(b, 0));
	c.delay_us = 1000;
	shaper_change(&b->s, &c, MS);
	assert_true(offer(b, MS));
	assert_true(take(b, 99 * MS) == 0);
	struct shaper_packet *p = shaper_take(&b->s, 100 * MS);
	assert_ptr_equal(p, &b->packets[0]);
	assert_ptr_equal(shaper_take(&b->s, 100 * MS), &b->packets[1]);
}

static void nothing_leaves_in_an_outage(void **state)
{
	struct shaper_config c = {
		.rate = 12000000, .delay_us = 5000, .queue_bytes = 15000
	};
	struct bed *b = begin(&c, 1);
	(void)state;
	for (int i = 0; i < 10; i++)
		assert_true(offer(b, 0));
	c.cut = true;
	shaper_change(&b->s, &c, 4 * MS);
	/* Those on the way arrive. */
	assert_true(take(b, 8 * MS) == 3);
	c.cut = false;
	shaper_change(&b->s, &c, 8 * MS);
	assert_true(take(b, SECOND) == 3);
	assert_true(b->c.cut_losses == 4 && b->c.losses == 0);
	assert_true(b->c.delivered_packets == 6);
}

static void quantiles_come_from_the_histogram(void **state)
{
	struct shaper_config c = { .rate = 12000000 };
	struct bed *b = begin(&c, 1);
	(void)state;
	assert_true(shaper_queue_quantile(&b->c, 0.5) == 0);
	for (int i = 0; i < 1000; i++)
		assert_true(offer(b, 0));
	(void)take(b, 2 * SECOND);
	for (int q = 1; q <= 100; q++) {
		uint64_t is = shaper_queue_quantile(&b->c, q / 100.0);
		uint64_t should = (uint64_t)q * 10 * MS;
		assert_true(is >= should && is <= should * 5 / 4);
	}
	assert_true(shaper_queue_quantile(&b->c, 1) == SECOND);
	/* Times that no bucket is made for are in the last. */
	c.rate = 1000;
	b = begin(&c, 1);
	for (int i = 0; i < 5; i++)
		assert_true(offer(b, 0));
	(void)take(b, UINT64_MAX - 1);
	assert_true(b->c.queue_histogram[SHAPER_BUCKETS - 1] > 0);
}

static void packets_are_given_back(void **state)
{
	struct shaper_config c = {
		.rate = 12000000, .delay_us = 3000, .loss = 0.5
	};
	struct bed *b = begin(&c, 1);
	size_t n = 0;
	(void)state;
	for (int i = 0; i < 10; i++)
		assert_true(offer(b, 0));
	assert_null(shaper_take(&b->s, 2 * MS));
	while (shaper_drain(&b->s))
		n++;
	assert_int_equal(n, 10);
	assert_true(shaper_next(&b->s) == UINT64_MAX);
}

static void some_packets_count_apart(void **state)
{
	struct shaper_config c = { .rate = 20000000, .queue_bytes = 6 * SIZE };
	struct shaper_counters aside = { 0 };
	struct bed *b = begin(&c, 1);
	(void)state;
	b->s.aside = &aside;
	for (int i = 0; i < 8; i++) {
		b->packets[i].aside = i % 2 == 0;
		(void)offer(b, SECOND);
	}
	assert_true(take(b, 2 * SECOND) == 6);
	assert_true(b->c.offered_packets == 4 && b->c.tail_drops == 1);
	assert_true(b->c.accepted_bytes == 3 * SIZE);
	assert_true(b->c.delivered_bytes == 3 * SIZE);
	assert_true(aside.offered_packets == 4 && aside.tail_drops == 1);
	assert_true(aside.delivered_packets == 3);
	/* Both wait in one queue: the last that was let in is not the flow's,
	 * and 1500 bytes take 0.6 ms. */
	assert_true(b->c.queue_ns_max == 6 * 600000);
	assert_true(aside.queue_ns_max == 5 * 600000);
}

static void the_competing_flow_is_told_by_its_port(void **state)
{
	uint8_t p[44] = { 0x45, 0, 0, 44, 0, 0, 0, 0, 64, 6 };
	(void)state;
	assert_false(emulator_is_flow(p, sizeof(p)));
	p[23] = NETNS_FLOW_PORT; /* to it: data */
	assert_true(emulator_is_flow(p, sizeof(p)));
	p[23] = 0;
	p[21] = NETNS_FLOW_PORT; /* from it: acknowledgements */
	assert_true(emulator_is_flow(p, sizeof(p)));
	p[20] = 1;
	assert_false(emulator_is_flow(p, sizeof(p)));
	p[20] = 0;
	p[9] = 17; /* UDP */
	assert_false(emulator_is_flow(p, sizeof(p)));
	p[9] = 6;
	p[0] = 0x46; /* options: the ports are behind them */
	assert_false(emulator_is_flow(p, sizeof(p)));
	p[25] = NETNS_FLOW_PORT;
	assert_true(emulator_is_flow(p, sizeof(p)));
	assert_false(emulator_is_flow(p, 27));
	assert_false(emulator_is_flow(p, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_packet_takes_its_time),
		cmocka_unit_test(the_queue_is_bounded_in_bytes),
		cmocka_unit_test(it_carries_its_rate),
		cmocka_unit_test(without_a_rate_there_is_only_delay),
		cmocka_unit_test(the_seed_says_what_is_lost),
		cmocka_unit_test(bursts_are_lost_together),
		cmocka_unit_test(jitter_stays_in_bounds_and_in_order),
		cmocka_unit_test(some_skip_the_delay),
		cmocka_unit_test(the_rate_changes_under_way),
		cmocka_unit_test(a_shorter_delay_does_not_reorder),
		cmocka_unit_test(nothing_leaves_in_an_outage),
		cmocka_unit_test(quantiles_come_from_the_histogram),
		cmocka_unit_test(packets_are_given_back),
		cmocka_unit_test(some_packets_count_apart),
		cmocka_unit_test(the_competing_flow_is_told_by_its_port),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
