/*
 * test_rate.c - the network window on simulated paths: use of the path, queue,
 * age of what arrives, change, company. Virtual time, so bounds are exact;
 * every run prints what it found.
 */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/rate.h"
#include "tests/path.h"

#define SECOND UINT64_C(1000000000)
#define MS UINT64_C(1000000)
#define MBIT UINT64_C(125000)

enum { MARKS = 1 << 16, BINS = 20000 /* of 0.1 ms */ };

struct spread {
	uint32_t bin[BINS];
	uint64_t n, most;
};

/* What a connection does with a rate, on flow 0 of a path. */
struct sender {
	struct path *path;
	struct orl_rate rate;
	bool greedy, blocked;
	uint64_t pending, period, size, next_update;
	uint64_t own, returned; /* a window of what it sends, or 0 */
	uint64_t deadline, tick, wakeups, refused;
	uint64_t written, from, from_other, since;
	struct {
		uint64_t offset, at;
	} mark[MARKS];
	uint64_t first, marks;
	struct spread queue, age;
	uint64_t stale_until; /* last arrival older than `fresh` */
	uint64_t fresh;
	uint64_t competed; /* ms */
};

static void spread_add(struct spread *s, uint64_t ns)
{
	uint64_t i = ns / 100000;
	s->bin[i < BINS ? i : BINS - 1]++;
	s->n++;
	if (ns > s->most)
		s->most = ns;
}

/* ms */
static double spread_at(const struct spread *s, unsigned percent)
{
	uint64_t sum = 0;
	unsigned i = 0;
	for (; i < BINS - 1; i++) {
		sum += s->bin[i];
		if (sum * 100 >= s->n * percent)
			break;
	}
	return i / 10.;
}

static uint64_t lowat(const struct sender *s)
{
	uint64_t n = orl_rate_bytes(&s->rate, 4 * MS);
	return n < 2 * PATH_MSS ? 2 * PATH_MSS : n > 16384 ? 16384 : n;
}

static void pump(struct sender *s)
{
	struct orl_rate_input in;
	for (;;) {
		path_info(s->path, &in);
		uint64_t held = s->own ? s->written - in.acked : 0;
		in.waiting = s->own ? held + PATH_MSS <= s->own
				    : s->greedy || s->pending;
		orl_rate_sample(&s->rate, &in);
		uint64_t n = orl_rate_bytes(&s->rate, 4 * MS);
		uint64_t room = orl_rate_allowed(&s->rate, ORL_RATE_PICTURE);
		s->blocked = room && in.unsent >= lowat(s);
		if (!in.waiting || !room || s->blocked)
			break;
		n = n < PATH_MSS ? PATH_MSS : n > 16384 ? 16384 : n;
		n = n < room ? n : room;
		if (s->own)
			n = n < s->own - held ? n : s->own - held;
		if (!s->greedy) {
			n = n < s->pending ? n : s->pending;
			s->pending -= n;
		}
		path_write(s->path, n);
		s->written += n;
		s->mark[s->marks % MARKS].offset = s->written;
		s->mark[s->marks++ % MARKS].at = path_now(s->path);
	}
	s->deadline = orl_rate_deadline(&s->rate);
}

static void watch(struct sender *s, uint64_t now)
{
	uint64_t got = path_received(s->path, 0);
	for (; s->first != s->marks && s->mark[s->first % MARKS].offset <= got;
			s->first++) {
		uint64_t age = now - s->mark[s->first % MARKS].at;
		spread_add(&s->age, age);
		if (s->fresh && age > s->fresh)
			s->stale_until = now;
	}
	if (now < s->tick)
		return;
	struct orl_rate_state state;
	orl_rate_state(&s->rate, &state);
	spread_add(&s->queue, path_queue(s->path));
	s->competed += state.competing;
	s->tick = now + MS;
	if (getenv("RATE_TRACE") && now / MS % 50 == 0)
		printf("%9.3f rate %7.2f W %7lu in %7lu queue %6.1f rtt %6.1f "
		       "min %6.1f %s%s%s%s\n",
				(double)now / 1e9, (double)state.rate * 8e-6,
				(unsigned long)state.window,
				(unsigned long)state.inflight,
				(double)path_queue(s->path) / 1e6,
				(double)s->rate.rtt / 1e6,
				(double)state.min_rtt / 1e6,
				state.competing ? " company" : "",
				state.draining ? " drain" : "",
				s->rate.growing ? " grow" : "",
				s->rate.checking ? " check" : "");
}

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static void run(struct sender *s, uint64_t ns)
{
	uint64_t until = path_now(s->path) + ns;
	pump(s);
	for (uint64_t now = 0; now < until;) {
		now = least(path_next(s->path), s->deadline);
		now = least(now, least(s->next_update, s->tick));
		now = least(now, until);
		path_run(s->path, now);
		watch(s, now);
		struct orl_rate_input in;
		path_info(s->path, &in);
		bool wake = now >= s->deadline;
		s->wakeups += wake;
		if (now >= s->next_update) {
			s->next_update = now + s->period;
			/* Nothing of the last update may still be held back. */
			s->refused += s->pending > 0;
			s->pending += s->size;
			wake = true;
		}
		if (s->own && in.acked != s->returned) {
			s->returned = in.acked;
			wake = true;
		}
		if (wake || (s->blocked && in.unsent < lowat(s)))
			pump(s);
	}
}

static struct sender *create(const struct path_config *config)
{
	struct sender *s = calloc(1, sizeof(*s));
	assert_non_null(s);
	s->path = path_create(config);
	orl_rate_init(&s->rate, 0, 0);
	s->next_update = UINT64_MAX;
	s->tick = path_now(s->path);
	s->greedy = true;
	return s;
}

static void destroy(struct sender *s)
{
	path_destroy(s->path);
	free(s);
}

static void reset(struct sender *s)
{
	memset(&s->queue, 0, sizeof(s->queue));
	memset(&s->age, 0, sizeof(s->age));
	s->from = path_received(s->path, 0);
	s->from_other = path_received(s->path, 1);
	s->since = path_now(s->path);
	s->wakeups = s->competed = 0;
}

/* Per cent of what `rate` could have carried since reset(). */
static double use(const struct sender *s, uint64_t rate)
{
	double bytes = (double)(path_received(s->path, 0) - s->from);
	double ns = (double)(path_now(s->path) - s->since);
	return 100 * bytes * (PATH_MSS + PATH_HEADER) / PATH_MSS * 1e9 / ns /
	       (double)rate;
}

static double share(const struct sender *s)
{
	double a = (double)(path_received(s->path, 0) - s->from);
	double b = (double)(path_received(s->path, 1) - s->from_other);
	return 100 * a / (a + b);
}

static void report(const struct sender *s, const char *name, uint64_t rate)
{
	printf("    %-26s use %5.1f %%  queue p50 %5.1f p95 %5.1f  "
	       "age p50 %6.1f p95 %6.1f max %6.0f  estimate %7.2f\n",
			name, use(s, rate), spread_at(&s->queue, 50),
			spread_at(&s->queue, 95), spread_at(&s->age, 50),
			spread_at(&s->age, 95), (double)s->age.most / 1e6,
			(double)orl_rate_estimate(&s->rate) * 8e-6);
}

/* ---- a path alone ------------------------------------------------------- */

static const struct alone {
	const char *name;
	uint64_t rate, delay, queue;
	unsigned loss;
	/* The bounds: use of the path in per cent, queue in ms. */
	double early, late, queue_p50;
} alone[] = {
	{ "wan", 20 * MBIT, 20 * MS, 100000, 0, 90, 95, 10 },
	{ "t1", 3 * MBIT / 2, 35 * MS, 30000, 0, 90, 95, 25 },
	{ "dsl", 4 * MBIT, 30 * MS, 64000, 0, 90, 95, 15 },
	{ "geo", 10 * MBIT, 300 * MS, 800000, 0, 85, 85, 25 },
	{ "lan", 1000 * MBIT, MS * 15 / 100, 500000, 0, 40, 95, 5 },
};

static void saturate(
		enum path_control control, const char *suffix, double early)
{
	for (size_t i = 0; i < ORL_COUNT(alone); i++) {
		const struct alone *a = &alone[i];
		struct path_config config = { .rate = a->rate,
			.delay = a->delay,
			.queue = a->queue,
			.seed = 1,
			.control = control };
		uint64_t rtt = 2 * a->delay > 2 * MS ? 2 * a->delay : 2 * MS;
		char name[32];
		struct sender *s = create(&config);
		run(s, 10 * rtt);
		reset(s);
		run(s, 5 * rtt);
		snprintf(name, sizeof(name), "%s %s, rtt 10-15", a->name,
				suffix);
		report(s, name, a->rate);
		assert_true(use(s, a->rate) >= a->early - early);
		reset(s);
		run(s, a->delay > MS ? 40 * SECOND : 2 * SECOND);
		snprintf(name, sizeof(name), "%s %s, then", a->name, suffix);
		report(s, name, a->rate);
		assert_true(use(s, a->rate) >= a->late);
		assert_true(spread_at(&s->queue, 50) <= a->queue_p50);
		destroy(s);
	}
}

static void cubic_fills_paths_and_not_queues(void **state)
{
	(void)state;
	saturate(PATH_CUBIC, "cubic", 0);
}

static void bbr_fills_paths_and_not_queues(void **state)
{
	(void)state;
	/* Its own startup still overshoots then. */
	saturate(PATH_BBR, "bbr", 15);
}

/* The connection's PROBE_RTT costs what it must, and no queue in our socket. */
static void probe_rtt_is_held(void **state)
{
	struct path_config config = { .rate = 20 * MBIT,
		.delay = 20 * MS,
		.queue = 100000,
		.seed = 3,
		.control = PATH_BBR };
	struct sender *s = create(&config);
	struct orl_rate_input in;
	uint64_t held = 0, all = 0;
	(void)state;
	run(s, 2 * SECOND);
	reset(s);
	for (unsigned i = 0; i < 30000; i++) {
		run(s, MS);
		path_info(s->path, &in);
		held = in.probing_rtt ? held + 1 : 0;
		all += in.probing_rtt;
		if (held > 60 && s->rate.holding)
			assert_true(in.sent - in.acked <=
							in.unsent + 8 * PATH_MSS &&
					in.unsent <= 16384);
	}
	report(s, "bbr with PROBE_RTT", config.rate);
	printf("    PROBE_RTT for %lu ms\n", (unsigned long)all);
	assert_true(use(s, config.rate) >= 94);
	assert_true(spread_at(&s->age, 99) <= 90);
	destroy(s);
}

static void small_updates_pass_and_teach_nothing(void **state)
{
	struct path_config config = {
		.rate = 20 * MBIT, .delay = 20 * MS, .queue = 100000, .seed = 4
	};
	(void)state;
	for (int known = 0; known < 2; known++) {
		struct sender *s = create(&config);
		if (known)
			run(s, 2 * SECOND);
		s->greedy = false;
		run(s, SECOND);
		uint64_t before = orl_rate_estimate(&s->rate);
		s->size = 400;
		s->period = 100 * MS;
		s->next_update = path_now(s->path);
		reset(s);
		run(s, 60 * SECOND);
		report(s, known ? "400 B after much" : "400 B from the start",
				config.rate);
		printf("    %lu wakeups for 600 updates\n",
				(unsigned long)s->wakeups);
		assert_true(orl_rate_estimate(&s->rate) == before);
		assert_true(s->refused == 0);
		assert_true(spread_at(&s->age, 100) <= 22);
		assert_true(s->wakeups <= 2400);
		destroy(s);
	}
}

/* Bursts after pauses: the path is known again at once. */
static void idle_makes_a_guess(void **state)
{
	struct path_config config = {
		.rate = 20 * MBIT, .delay = 20 * MS, .queue = 100000, .seed = 5
	};
	struct sender *s = create(&config);
	(void)state;
	run(s, 3 * SECOND);
	s->greedy = false;
	run(s, SECOND);
	reset(s);
	run(s, 100 * SECOND);
	assert_true(s->wakeups == 0);
	assert_true(orl_rate_deadline(&s->rate) == UINT64_MAX);
	s->pending = 100000;
	run(s, 0);
	struct orl_rate_state now;
	orl_rate_state(&s->rate, &now);
	assert_true(now.inflight <= now.rate * 20 / 1000 + PATH_MSS);
	assert_true(now.inflight >= now.rate * 15 / 1000);
	run(s, 300 * MS);
	assert_true(s->pending == 0);
	report(s, "100 kB after 100 s idle", config.rate);
	/* The path has become ten times slower meanwhile. */
	run(s, 20 * SECOND);
	path_set_rate(s->path, 2 * MBIT);
	reset(s);
	s->greedy = true;
	run(s, SECOND);
	reset(s);
	run(s, 5 * SECOND);
	report(s, "2 Mbit/s after idle", 2 * MBIT);
	assert_true(use(s, 2 * MBIT) >= 90);
	assert_true(spread_at(&s->queue, 50) <= 20);
	destroy(s);
}

/* ---- change ------------------------------------------------------------- */

static void step(enum path_control control, const char *name, uint64_t start)
{
	struct path_config config = { .rate = 20 * MBIT,
		.delay = 20 * MS,
		.queue = 400000,
		.seed = 6,
		.control = control };
	struct sender *s = create(&config);
	struct orl_rate_state was;
	run(s, start);
	orl_rate_state(&s->rate, &was);
	path_set_rate(s->path, 2 * MBIT);
	/* Fresh: one way, a chunk of 6 ms, queue and probe of 24 and 10 ms. */
	s->fresh = (20 + 6 + 24 + 10 + 5) * MS;
	uint64_t at = path_now(s->path);
	run(s, 3 * SECOND);
	uint64_t stale = s->stale_until - at;
	/* On the way, a probe of a quarter, two full round trips. */
	uint64_t bytes = was.inflight + was.rate * 40 / 1000 / 4;
	uint64_t limit = bytes * SECOND / (2 * MBIT) + 2 * 48 * MS;
	printf("    %s 20 to 2: fresh after %.0f ms (limit %.0f)\n", name,
			(double)stale / 1e6, (double)limit / 1e6);
	assert_true(stale <= limit);
	reset(s);
	run(s, 10 * SECOND);
	report(s, "at 2 Mbit/s", 2 * MBIT);
	assert_true(use(s, 2 * MBIT) >= 90);
	path_set_rate(s->path, 20 * MBIT);
	unsigned rtts = 0;
	do {
		reset(s);
		run(s, 40 * MS);
	} while (use(s, 20 * MBIT) < 80 && ++rtts < 200);
	printf("    %s 2 to 20: 80 %% after %u round trips\n", name, rtts);
	assert_true(rtts <= 100);
	run(s, 2 * SECOND);
	reset(s);
	run(s, 10 * SECOND);
	report(s, "at 20 Mbit/s again", 20 * MBIT);
	assert_true(use(s, 20 * MBIT) >= 90);
	assert_true(spread_at(&s->queue, 50) <= 11);
	destroy(s);
}

static void steps_are_followed(void **state)
{
	(void)state;
	for (uint64_t ms = 5000; ms < 5500; ms += 70) {
		step(PATH_CUBIC, "cubic", ms * MS);
		step(PATH_BBR, "bbr", ms * MS);
	}
}

static void outage(enum path_control control, const char *name)
{
	struct path_config config = { .rate = 20 * MBIT,
		.delay = 20 * MS,
		.queue = 100000,
		.seed = 7,
		.control = control };
	struct sender *s = create(&config);
	run(s, 5 * SECOND);
	path_set_down(s->path, true);
	run(s, 3 * SECOND);
	path_set_down(s->path, false);
	uint64_t at = path_now(s->path);
	s->fresh = 60 * MS;
	run(s, 5 * SECOND);
	uint64_t stale = s->stale_until - at;
	printf("    %s: fresh %.0f ms after an outage of 3 s\n", name,
			(double)stale / 1e6);
	/* TCP's own timeout has doubled to 1.9 s by then. */
	assert_true(stale <= 2500 * MS);
	reset(s);
	run(s, 5 * SECOND);
	report(s, "after it", config.rate);
	assert_true(use(s, config.rate) >= 90);
	destroy(s);
}

static void outages_end(void **state)
{
	(void)state;
	outage(PATH_CUBIC, "cubic");
	outage(PATH_BBR, "bbr");
}

static void a_longer_path_starves_nobody(void **state)
{
	struct path_config config = {
		.rate = 20 * MBIT, .delay = 20 * MS, .queue = 300000, .seed = 8
	};
	(void)state;
	for (int c = 0; c < 2; c++) {
		config.control = c ? PATH_BBR : PATH_CUBIC;
		struct sender *s = create(&config);
		run(s, 5 * SECOND);
		path_set_delay(s->path, 40 * MS);
		run(s, 3 * SECOND);
		for (int i = 0; i < 4; i++) {
			reset(s);
			run(s, 15 * SECOND);
			report(s, c ? "bbr, 40 to 80 ms" : "cubic, 40 to 80 ms",
					config.rate);
			assert_true(use(s, config.rate) >= 85);
		}
		assert_true(s->competed == 0);
		assert_true(spread_at(&s->queue, 50) <= 12);
		destroy(s);
	}
}

static void loss_with_bbr(void **state)
{
	struct path_config config = { .rate = 10 * MBIT,
		.delay = 40 * MS,
		.queue = 100000,
		.loss = 10000,
		.seed = 9,
		.control = PATH_BBR };
	(void)state;
	for (int i = 0; i < 2; i++) {
		config.no_sack = i;
		struct sender *s = create(&config);
		run(s, 2 * SECOND);
		reset(s);
		run(s, 60 * SECOND);
		report(s, i ? "1 % loss, no sack" : "1 % loss, bbr",
				config.rate);
		assert_true(use(s, config.rate) >= (i ? 60 : 85));
		assert_true(spread_at(&s->queue, 50) <= 16);
		assert_true(spread_at(&s->age, 95) <= (i ? 230 : 200));
		destroy(s);
	}
}

/* ---- company ------------------------------------------------------------ */

/*
 * The share in 120 s beside a cubic neighbour that starts after `start`. Where
 * in our probes it starts decides much, so no single start says anything.
 */
static double neighbour(enum path_control control, const char *name,
		uint64_t start, uint64_t queue)
{
	struct path_config config = { .rate = 20 * MBIT,
		.delay = 20 * MS,
		.queue = queue,
		.seed = 10,
		.control = control };
	struct sender *s = create(&config);
	run(s, start);
	path_set_neighbour(s->path, true);
	run(s, 20 * SECOND);
	double worst = 100, all = 0;
	for (unsigned i = 0; i < 12; i++) {
		reset(s);
		run(s, 10 * SECOND);
		worst = share(s) < worst ? share(s) : worst;
		all += share(s) / 12;
	}
	printf("    %s, queue %3u kB, start %4u ms: share %.1f %%, least in "
	       "10 s %.1f %%\n",
			name, (unsigned)(queue / 1000), (unsigned)(start / MS),
			all, worst);
	path_set_neighbour(s->path, false);
	run(s, 10 * SECOND);
	reset(s);
	run(s, 10 * SECOND);
	report(s, "alone again", config.rate);
	assert_true(s->competed == 0);
	assert_true(use(s, config.rate) >= 90);
	assert_true(spread_at(&s->queue, 50) <= 11);
	destroy(s);
	return all;
}

static void a_neighbour_gets_its_share(void **state)
{
	static const unsigned start[4] = { 5000, 5300, 6700, 9100 };
	double cubic = 0, deep = 0, bbr = 0;
	(void)state;
	for (size_t i = 0; i < ORL_COUNT(start); i++) {
		double one = neighbour(
				PATH_CUBIC, "cubic", start[i] * MS, 100000);
		assert_true(one >= 30);
		cubic += one / 4;
		deep += neighbour(PATH_CUBIC, "cubic", start[i] * MS, 200000) /
			4;
		bbr += neighbour(PATH_BBR, "bbr", start[i] * MS, 100000) / 4;
	}
	printf("    mean: cubic %.1f %%, in a deep queue %.1f %%, bbr "
	       "%.1f %%\n",
			cubic, deep, bbr);
	assert_true(cubic >= 40 && cubic <= 60);
	assert_true(bbr >= 40 && bbr <= 60);
	/* No target: that nobody starves. */
	assert_true(deep >= 20 && deep <= 80);
}

/* ---- edges -------------------------------------------------------------- */

static void an_unknown_round_trip_has_a_large_window(void **state)
{
	struct orl_rate r;
	struct orl_rate_input in = { .now = SECOND };
	(void)state;
	orl_rate_init(&r, 0, 0);
	orl_rate_sample(&r, &in);
	assert_true(orl_rate_allowed(&r, ORL_RATE_PICTURE) >= 256 << 10);
	assert_true(orl_rate_allowed(&r, ORL_RATE_BULK) >= 256 << 10);
	/* 100 kB each ms, gone from our buffer a little later. */
	for (unsigned i = 0; i < 2000; i++) {
		in.waiting = true;
		in.now += MS;
		in.unsent = i % 2 ? 0 : 100000;
		in.sent += 100000;
		in.acked = in.sent - in.unsent;
		orl_rate_sample(&r, &in);
		assert_true(orl_rate_allowed(&r, ORL_RATE_PICTURE) >= 100000);
	}
	in.unsent = 0;
	in.acked = in.sent;
	in.waiting = false;
	orl_rate_sample(&r, &in);
	assert_true(orl_rate_deadline(&r) == UINT64_MAX);
	assert_true(orl_rate_estimate(&r) >= 20000000);
}

static void a_limit_is_kept(void **state)
{
	struct path_config config = { .rate = 1000 * MBIT,
		.delay = MS * 15 / 100,
		.queue = 500000,
		.seed = 11 };
	struct sender *s = create(&config);
	(void)state;
	orl_rate_init(&s->rate, 0, 5 * MBIT);
	run(s, SECOND);
	reset(s);
	run(s, 5 * SECOND);
	report(s, "limit 5 Mbit/s on lan", 5 * MBIT);
	assert_true(use(s, 5 * MBIT) >= 90 && use(s, 5 * MBIT) <= 106);
	assert_true(orl_rate_estimate(&s->rate) <= 5 * MBIT);
	destroy(s);
}

static void bulk_leaves_room_for_pictures(void **state)
{
	struct path_config config = {
		.rate = 20 * MBIT, .delay = 20 * MS, .queue = 100000, .seed = 12
	};
	struct sender *s = create(&config);
	(void)state;
	run(s, 3 * SECOND);
	s->greedy = false;
	run(s, SECOND);
	uint64_t picture = orl_rate_allowed(&s->rate, ORL_RATE_PICTURE);
	uint64_t bulk = orl_rate_allowed(&s->rate, ORL_RATE_BULK);
	uint64_t less = orl_rate_bytes(&s->rate, 5 * MS);
	assert_true(picture - bulk == less);
	destroy(s);
}

/* Less than the window of one that grows, and more than the path carries. */
static void who_is_held_elsewhere_makes_no_queue(void **state)
{
	struct path_config config = {
		.rate = 20 * MBIT, .delay = 20 * MS, .queue = 250000, .seed = 13
	};
	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		config.control = i ? PATH_BBR : PATH_CUBIC;
		struct sender *s = create(&config);
		s->own = 180000; /* 100 kB would do */
		run(s, 2 * SECOND);
		reset(s);
		run(s, 10 * SECOND);
		report(s, i ? "held elsewhere, bbr" : "held elsewhere, cubic",
				config.rate);
		assert_true(spread_at(&s->queue, 50) <= 10);
		assert_true(use(s, config.rate) >= 85);
		destroy(s);
	}
}

/*
 * Little at first, so that the rate stays a guess; then more than the path
 * carries, and always less than the guess would allow.
 */
static void a_guess_is_not_kept_in_a_queue(void **state)
{
	struct path_config config = {
		.rate = 4 * MBIT, .delay = 30 * MS, .queue = 100000, .seed = 14
	};
	struct sender *s = create(&config);
	(void)state;
	s->greedy = false;
	s->size = 1000;
	s->period = 300 * MS;
	s->next_update = path_now(s->path);
	run(s, 2 * SECOND);
	s->next_update = UINT64_MAX;
	s->greedy = true;
	s->own = 35000; /* just more than is on the way */
	run(s, SECOND);
	s->own = 70000; /* the guess allows 85 kB */
	run(s, SECOND);
	reset(s);
	run(s, 10 * SECOND);
	report(s, "a guess", config.rate);
	assert_true(spread_at(&s->queue, 50) <= 15);
	assert_true(use(s, config.rate) >= 85);
	destroy(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cubic_fills_paths_and_not_queues),
		cmocka_unit_test(bbr_fills_paths_and_not_queues),
		cmocka_unit_test(probe_rtt_is_held),
		cmocka_unit_test(small_updates_pass_and_teach_nothing),
		cmocka_unit_test(idle_makes_a_guess),
		cmocka_unit_test(steps_are_followed),
		cmocka_unit_test(outages_end),
		cmocka_unit_test(a_longer_path_starves_nobody),
		cmocka_unit_test(loss_with_bbr),
		cmocka_unit_test(a_neighbour_gets_its_share),
		cmocka_unit_test(an_unknown_round_trip_has_a_large_window),
		cmocka_unit_test(a_limit_is_kept),
		cmocka_unit_test(bulk_leaves_room_for_pictures),
		cmocka_unit_test(who_is_held_elsewhere_makes_no_queue),
		cmocka_unit_test(a_guess_is_not_kept_in_a_queue),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
