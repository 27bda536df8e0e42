/*
 * rate.c - the network window: what a path carries, and how much of that may
 * be on the way.
 *
 * Time is cut into rounds of about a round trip. A round yields a sample, the
 * bytes delivered in it by its length; the greatest of the last ten samples is
 * the rate. A round that was not full (something waited, and the pipe was
 * never empty, in it and in the one before) says nothing about the path: it
 * may raise the rate and never lowers it.
 *
 * The constants; tests/unit/test_rate.c shows what they do to which path:
 *
 *   8 ms        standing queue allowed to pictures, what bridges the time
 *               between an ack and our next write; 3/8 of it to bulk. Less
 *               below 2 ms of round trip (4 of them, at least 3 ms: 8 ms
 *               of a gigabit overflow switches); at least half of it and
 *               two segments, which are 15 ms at 1.5 Mbit/s
 *   2.0         gain while the rate still grows: a slow start
 *   1.25        growth that still counts as such
 *   1.25        probe, one round in eight, by at most 25 ms of queue
 *   1/4         a full window that queues less than this part of it for two
 *               rounds does not fill the path: grow again
 *   5/8, 7/8    one round below the first or two below the second, with a
 *               queue to show for it: the path became slower
 *   17/16       bytes on the way / round trip bound a sample by this much
 *   0.75        window of a look at the round trip without our queue: when it
 *               was not seen for 64 round trips (3 to 8 s), every 5 s beside
 *               others (the first three, and after a clear one, 1 s)
 *   10 ms, 8    queue beyond our own for so many rounds: others are there.
 *               So they are when a drain (a look follows each) or two looks,
 *               1/2 s apart, left a queue, when the
 *               rate sinks by 1/8 in 16 rounds with the queue never empty,
 *               and when it fell twice without seeing the empty path
 *   1/2         of the rate seen before company came, within 10 s: what is
 *               taken beside others when TCP's bbr, which would take most
 *               of it, holds the congestion window
 *   2, 3        clear looks that end company; equal ones (1/64 and 1 ms) that
 *               make their round trip the path's own
 *   10 s        a minimum's life, and the idle time that makes the rate a guess
 */
#include "proto/rate.h"

#include <string.h>

#define SECOND UINT64_C(1000000000)
#define MS UINT64_C(1000000)
#define US UINT64_C(1000)

/* What keeps the products below within 64 bits. */
#define MOST_RATE (UINT64_C(1) << 34)
#define MOST_BYTES (UINT64_C(1) << 40)
#define MOST_TIME (UINT64_C(1) << 40)
#define MOST_RTT (60 * SECOND)
#define MOST_WINDOW (UINT64_C(1) << 28)

enum {
	DEFAULT_RATE = 1250000,
	LEAST_RATE = 1000,
	UNKNOWN_WINDOW = 256 << 10,
	DEFAULT_MSS = 1448,
	HIGH_ROUNDS = 8,
	ABOVE_ROUNDS = 20,
	CLEAR_CHECKS = 2,
};

static uint64_t sub(uint64_t a, uint64_t b)
{
	return a > b ? a - b : 0;
}

static uint64_t clamp(uint64_t x, uint64_t lo, uint64_t hi)
{
	return x < lo ? lo : x > hi ? hi : x;
}

/* Bytes that `rate` carries in `ns`; a rate and a time each within bounds. */
static uint64_t carried(uint64_t rate, uint64_t ns)
{
	uint64_t us = orl_min64(ns, MOST_TIME) / US;
	return rate * (us % 1000000) / 1000000 + rate * (us / 1000000);
}

/* Time that `rate` needs for `bytes`. */
static uint64_t needed(uint64_t rate, uint64_t bytes)
{
	return orl_min64(bytes, UINT64_C(1) << 33) * SECOND / rate;
}

static uint64_t rate_of(uint64_t bytes, uint64_t ns)
{
	uint64_t us = orl_max64(orl_min64(ns, MOST_TIME) / US, 1);
	uint64_t rate = orl_min64(bytes, MOST_BYTES) * 1000000 / us;
	return clamp(rate, LEAST_RATE, MOST_RATE);
}

static uint64_t inflight(const struct orl_rate *r)
{
	return sub(r->sent, r->delivered);
}

void orl_rate_init(struct orl_rate *r, uint64_t prior, uint64_t max_rate)
{
	memset(r, 0, sizeof(*r));
	r->rate = prior ? prior : DEFAULT_RATE;
	r->max_rate = max_rate ? clamp(max_rate, LEAST_RATE, MOST_RATE)
			       : MOST_RATE;
	r->rate = clamp(r->rate, LEAST_RATE, r->max_rate);
	r->mss = DEFAULT_MSS;
	r->prior = r->growing = true;
	r->prior_to = UINT64_MAX;
}

/*
 * The queue of our own that keeps the path busy. On thin paths it is not a
 * queue at all: a segment's own time and the one its ack was delayed for.
 */
static uint64_t segments(const struct orl_rate *r)
{
	/* The path's own rate, not what others leave of it. */
	uint64_t rate = orl_max64(r->rate, r->peak);
	if (r->falls >= 2)
		rate = orl_max64(rate, r->old_peak);
	return orl_min64(needed(rate, 2 * r->mss), 100 * MS);
}

static uint64_t excess(const struct orl_rate *r)
{
	uint64_t queue = clamp(4 * r->min_rtt, 3 * MS, 8 * MS);
	return orl_max64(queue, queue / 2 + segments(r));
}

/* ---- round trips -------------------------------------------------------- */

static void see_rtt(struct orl_rate *r, uint64_t rtt)
{
	/* Beside others the empty path is not seen: check() decides. */
	if (!r->min_rtt || r->competing)
		r->tick_at = r->now;
	for (unsigned i = 0; i < ORL_RATE_TICKS; i++) {
		if (r->now - r->tick_at < SECOND)
			break;
		memmove(r->tick + 1, r->tick,
				(ORL_RATE_TICKS - 1) * sizeof(r->tick[0]));
		r->tick[0] = 0;
		r->tick_at += SECOND;
	}
	if (r->now - r->tick_at >= SECOND)
		r->tick_at = r->now;
	if (!r->tick[0] || rtt < r->tick[0])
		r->tick[0] = rtt;
	r->min_rtt = rtt;
	for (unsigned i = 0; i < ORL_RATE_TICKS; i++)
		if (r->tick[i] && r->tick[i] < r->min_rtt)
			r->min_rtt = r->tick[i];
	if (rtt <= r->min_rtt + r->min_rtt / 16 + MS / 2)
		r->near_at = r->now;
}

/* Remember when this much had left; older marks thin out. */
static void mark(struct orl_rate *r)
{
	uint64_t apart = orl_min64(r->rtt, 2 * r->min_rtt) / 16;
	unsigned n = r->marks;
	if (n && (r->wire <= r->mark[n - 1].wire ||
				 r->now - r->mark[n - 1].at < apart))
		return;
	if (n == ORL_RATE_MARKS) {
		for (n = 0; n < ORL_RATE_MARKS / 2; n++)
			r->mark[n] = r->mark[2 * n + 1];
	}
	r->mark[n].at = r->now;
	r->mark[n].wire = r->wire;
	r->marks = n + 1;
}

/*
 * The most that the newest acked byte's round trip can have been. TCP's own is
 * smoothed over eight acks, which on a thin path is many round trips.
 */
static uint64_t own_rtt(struct orl_rate *r, uint64_t acked)
{
	unsigned i = 0;
	while (i < r->marks && r->mark[i].wire < acked)
		i++;
	if (!i)
		return MOST_RTT;
	uint64_t rtt = r->now - r->mark[i - 1].at;
	memmove(r->mark, r->mark + i - 1,
			(r->marks - i + 1) * sizeof(r->mark[0]));
	r->marks -= i - 1;
	return rtt;
}

static void take_rtt(struct orl_rate *r, const struct orl_rate_input *in)
{
	uint64_t rtt = orl_min64(in->rtt, MOST_RTT);
	uint64_t own = own_rtt(r, in->acked);
	uint64_t least = orl_min64(in->rtt_min, MOST_RTT);
	if (!rtt)
		return;
	/* The kernel's minimum is minutes old, except when it just fell. */
	if (least && (!r->told_min || least < r->told_min))
		see_rtt(r, orl_min64(least, rtt));
	if (least)
		r->told_min = least;
	if (least && own < least)
		own = least;
	rtt = orl_max64(orl_min64(rtt, own), 1);
	r->rtt = rtt;
	see_rtt(r, rtt);
	if (rtt < r->min_rtt + (excess(r) + segments(r)) / 2)
		r->falls = 0;
	if (!r->round_rtt || rtt < r->round_rtt)
		r->round_rtt = rtt;
}

/* ---- the window --------------------------------------------------------- */

static uint64_t probe_time(const struct orl_rate *r)
{
	if (r->competing || r->round % 8 || r->rate >= r->max_rate)
		return 0;
	return orl_min64(r->min_rtt / 4, 25 * MS);
}

static uint64_t recent_rtt(const struct orl_rate *r)
{
	uint64_t least = UINT64_MAX;
	for (unsigned i = 0; i < 4; i++)
		if (r->rtts[i])
			least = orl_min64(least, r->rtts[i]);
	return least == UINT64_MAX ? r->rtt : least;
}

/* The round trip that a full window explains, W / rate. */
static uint64_t window_time(const struct orl_rate *r)
{
	uint64_t base = r->min_rtt;
	if (r->growing && r->rate < r->max_rate)
		base *= 2;
	return base + probe_time(r) + excess(r);
}

static uint64_t window(const struct orl_rate *r)
{
	uint64_t w, floor = 4 * r->mss;
	if (!r->min_rtt)
		return orl_max64(UNKNOWN_WINDOW, carried(r->rate, 8 * MS));
	if (r->holding)
		return floor;
	if (r->draining || r->closed)
		return 0;
	if (r->checking)
		w = carried(r->rate, r->min_rtt / 4 * 3);
	else if (r->prior)
		w = carried(r->rate, r->min_rtt / 2);
	else if (r->competing)
		w = carried(r->rate, recent_rtt(r)) * 5 / 4 + 2 * r->mss;
	else
		w = carried(r->rate, window_time(r));
	if (r->competing && r->cwnd && r->bbr)
		w = orl_min64(r->cwnd + 4 * r->mss,
				carried(r->peak / 2, recent_rtt(r)) +
						2 * r->mss);
	else if (r->competing && r->cwnd)
		w = orl_min64(w, r->cwnd);
	return clamp(w, floor, MOST_WINDOW);
}

/* Bytes of a configured limit that are free at once: 8 ms, two segments. */
static uint64_t paid(const struct orl_rate *r)
{
	uint64_t burst = orl_max64(8 * MS, needed(r->max_rate, 2 * r->mss));
	if (r->max_rate == MOST_RATE)
		return UINT64_MAX;
	return carried(r->max_rate, sub(r->now + burst, r->paid_until));
}

static uint64_t window_of(const struct orl_rate *r, enum orl_rate_class class)
{
	uint64_t w = window(r);
	if (class == ORL_RATE_PICTURE || !w || !r->min_rtt)
		return w;
	w = sub(w, carried(r->rate, excess(r) * 5 / 8));
	return orl_max64(w, 2 * r->mss);
}

uint64_t orl_rate_allowed(const struct orl_rate *r, enum orl_rate_class class)
{
	uint64_t w = window_of(r, class);
	uint64_t room = sub(w, inflight(r)), limit = paid(r);
	/* Whole segments, rounded so that the window is kept on average. */
	if (room < r->mss && room >= r->mss / 2)
		room = r->mss;
	return room < r->mss || limit < r->mss ? 0 : orl_min64(room, limit);
}

/* ---- samples ------------------------------------------------------------ */

static void forget_samples(struct orl_rate *r)
{
	memset(r->sample, 0, sizeof(r->sample));
	r->samples = 0;
}

static void add_sample(struct orl_rate *r, uint64_t sample)
{
	uint64_t most = 0;
	memmove(r->sample + 1, r->sample,
			(ORL_RATE_RTTS - 1) * sizeof(r->sample[0]));
	r->sample[0] = sample;
	if (r->samples < ORL_RATE_RTTS)
		r->samples++;
	for (unsigned i = 0; i < r->samples; i++)
		most = orl_max64(most, r->sample[i]);
	r->rate = clamp(most, LEAST_RATE, r->max_rate);
	r->peak = orl_max64(r->peak, r->rate);
}

static void start_round(struct orl_rate *r)
{
	r->round_at = r->now;
	r->round_delivered = r->delivered;
	r->round_rtt = 0;
	r->round_most = 0;
	r->full = true;
	r->spoilt = false;
}

/* How long a round is: a round trip, and enough acks to be counted. */
static uint64_t round_length(const struct orl_rate *r)
{
	uint64_t rtt = r->rtt, acks = 0;
	if (!r->competing)
		rtt = orl_min64(rtt, r->min_rtt + excess(r));
	if (!r->growing)
		acks = orl_min64(needed(r->rate, 16 * r->mss), 150 * MS);
	return orl_max64(orl_max64(rtt, acks), 2 * MS);
}

static uint64_t measure(const struct orl_rate *r)
{
	uint64_t s = rate_of(r->delivered - r->round_delivered,
			r->now - r->round_at);
	/*
	 * What was on the way, by the round trip, is what can have arrived:
	 * acks held back and let go together are no rate. Our own queue is
	 * all that is believed of the round trip: its smoothing lags.
	 */
	if (r->round_rtt && r->round_most) {
		uint64_t rtt = r->round_rtt;
		if (!r->competing)
			rtt = orl_min64(rtt, r->min_rtt + excess(r));
		uint64_t bound = rate_of(r->round_most, rtt);
		s = orl_min64(s, bound + bound / 16);
	}
	return s;
}

static void slow_down(struct orl_rate *r, uint64_t sample)
{
	forget_samples(r);
	/* On a thin path a segment more or less looks like a fall. */
	r->falls += !r->draining && needed(sample, 2 * r->mss) < 4 * MS;
	r->old_peak = orl_max64(r->old_peak, r->peak);
	if (r->now - r->fell_at > 10 * SECOND)
		r->before = 0;
	r->before = orl_max64(r->before, r->peak);
	r->fell_at = r->now;
	r->peak = 0;
	add_sample(r, sample);
	r->growing = false;
	r->draining = true;
	r->weak = r->drained = false;
	r->past_rate = 0;
}

static void compete(struct orl_rate *r)
{
	r->peak = orl_max64(r->peak, r->old_peak);
	if (r->before && r->now - r->fell_at <= 10 * SECOND)
		r->peak = orl_max64(r->peak, r->before);
	r->old_peak = 0;
	r->competing = true;
	r->growing = r->drained = false;
	r->check_at = r->now;
	r->checked[0] = r->checked[1] = r->past_rate = 0;
	r->high = r->above = r->checks = r->clear = r->strange = 0;
	r->falls = 0;
}

/* The path carries less than it did: true when the rate was lowered at once. */
static bool slower(struct orl_rate *r, uint64_t sample)
{
	bool queue = r->rtt > window_time(r) + 4 * MS || r->draining;
	bool weak = sample < r->rate / 8 * 7;
	if (r->competing || !queue || !weak) {
		r->weak = false;
		return false;
	}
	/*
	 * We have emptied our part of the queue, and it is still there; or
	 * we have done so twice and never saw it empty.
	 */
	if ((r->drained && r->rtts[0] > window_time(r) + 4 * MS) ||
			(!r->draining && r->falls >= 2)) {
		compete(r);
		return false;
	}
	if (sample < r->rate / 8 * 5) {
		slow_down(r, sample);
		return true;
	}
	if (r->weak) {
		slow_down(r, orl_max64(sample, r->weak_sample));
		return true;
	}
	r->weak = true;
	r->weak_sample = sample;
	return false;
}

/* Whether the window still has to find the path's rate. */
static void grow(struct orl_rate *r, uint64_t before, uint64_t sample)
{
	bool queue = r->rtt >
		     r->min_rtt + orl_max64(excess(r) / 2, r->min_rtt / 8);
	bool grew = sample >= before + before / 4;
	if (r->growing) {
		r->flat = grew ? 0 : r->flat + 1;
		if (queue || r->flat >= 3) {
			r->growing = false;
			r->flat = 0;
			r->empty = 0;
		}
		return;
	}
	r->empty = r->rtt < r->min_rtt + excess(r) / 4 ? r->empty + 1 : 0;
	if ((grew && !queue) || r->empty >= 2) {
		r->growing = true;
		r->flat = r->empty = 0;
	}
}

/*
 * We take our share of the queue back and it does not shrink: within sixteen
 * rounds the rate fell by an eighth, and in none of them the round trip came
 * below what our window explains.
 */
static bool sinking(struct orl_rate *r)
{
	r->past_rtt = orl_min64(r->past_rtt, r->rtts[0]);
	if (r->past_rate && ++r->past_rounds < 16)
		return false;
	bool sank = r->past_rate && r->rate < r->past_rate / 8 * 7 &&
		    r->past_rtt > r->min_rtt + r->min_rtt / 4;
	r->past_rate = r->rate;
	r->past_rtt = UINT64_MAX;
	r->past_rounds = 0;
	return sank;
}

/* Whether others fill the queue that we wait in. */
static void company(struct orl_rate *r)
{
	if (r->competing || r->draining)
		return;
	uint64_t rtt = recent_rtt(r), ours = window_time(r);
	/* A little above for longer than the rate's memory: it sinks slowly. */
	r->above = rtt > ours + ours / 16 + 2 * MS ? r->above + 1 : 0;
	if (sinking(r))
		r->high = HIGH_ROUNDS;
	else if (rtt > ours + 10 * MS)
		r->high += r->drained ? HIGH_ROUNDS / 2 - 1 : 1;
	else
		r->high = 0;
	r->drained = r->drained && r->high;
	if (r->high >= HIGH_ROUNDS || r->above >= ABOVE_ROUNDS)
		compete(r);
}

static void end_round(struct orl_rate *r)
{
	uint64_t before = r->rate, sample = measure(r);
	bool valid = r->full && r->was_full && !r->spoilt;
	memmove(r->rtts + 1, r->rtts, 3 * sizeof(r->rtts[0]));
	r->rtts[0] = r->round_rtt;
	if (r->prior) {
		/* The first burst is back: without a queue it is believed. */
		bool known = r->samples;
		uint64_t took = sub(r->now - r->round_at, r->min_rtt);
		if (r->rtt > r->min_rtt + excess(r) + 4 * MS) {
			uint64_t come = r->delivered - r->round_delivered;
			forget_samples(r);
			r->peak = 0;
			add_sample(r, orl_min64(r->rate, rate_of(come, took)));
		}
		r->prior = false;
		r->growing = !known;
		r->flat = 0;
	} else if (valid && slower(r, sample)) {
		/* The rate is lowered already. */
	} else if (valid || (sample > r->rate && !r->spoilt)) {
		add_sample(r, sample);
	}
	if (valid) {
		grow(r, before, sample);
		company(r);
	}
	r->was_full = r->full;
	r->round++;
	start_round(r);
}

/* ---- modes -------------------------------------------------------------- */

/*
 * Behind by more than a standing queue within the round: the path has become
 * slower, or stands still. Nothing more is sent until the round's end tells.
 */
static bool behind(const struct orl_rate *r)
{
	if (!r->full || !r->was_full || r->growing || r->competing ||
			r->checking || r->spoilt || !r->rtt)
		return false;
	uint64_t due = carried(r->rate, r->now - r->round_at);
	uint64_t come = r->delivered - r->round_delivered;
	return due > come + carried(r->rate, excess(r)) + 2 * r->mss &&
	       inflight(r) > 4 * r->mss;
}

/*
 * Our part of the queue was taken out for a while. Beside others: have they
 * left, or, when three looks in a row saw the same, has the path grown longer?
 * A competitor's queue goes up and down.
 */
static void checked(struct orl_rate *r)
{
	uint64_t slack = r->check_rtt / 64 + MS;
	r->checking = false;
	r->check_at = r->near_at = r->now;
	r->round += r->round % 8 == 0; /* no probe on top of the refill */
	if (r->check_rtt == MOST_RTT)
		return; /* a standstill */
	if (!r->competing) {
		/* Not ours then; unless the path changed just now. */
		bool strange = r->check_rtt >
			       r->min_rtt + excess(r) / 2 + segments(r);
		r->strange = strange ? r->strange + 1 : 0;
		if (!strange)
			r->old_peak = 0; /* the path itself is slower */
		else if (r->strange >= 2)
			compete(r);
		return;
	}
	r->checks++;
	bool same = true;
	for (unsigned i = 0; i < 2; i++)
		same = same && r->checked[i] < r->check_rtt + slack &&
		       r->checked[i] + slack > r->check_rtt;
	r->checked[1] = r->checked[0];
	r->checked[0] = r->check_rtt;
	if (same) {
		memset(r->tick, 0, sizeof(r->tick));
		r->tick[0] = r->min_rtt = r->check_rtt;
	}
	/* A competitor that just backed off looks like none, once. */
	r->clear = r->check_rtt < r->min_rtt + excess(r) ? r->clear + 1 : 0;
	if (same || r->clear >= CLEAR_CHECKS) {
		r->competing = false;
		r->high = r->above = 0;
		r->peak = r->rate;
	}
}

static void begin_check(struct orl_rate *r)
{
	r->checking = true;
	r->check_rtt = MOST_RTT;
	/* Two round trips, and the acks that its smoothing lags behind. */
	r->check_until = r->now + 2 * r->rtt + 2 * MS +
			 orl_min64(needed(r->rate, 16 * r->mss), 300 * MS);
}

static void check(struct orl_rate *r)
{
	uint64_t age = clamp(64 * r->rtt, 3 * SECOND, 8 * SECOND);
	if (r->competing)
		age = r->checks < 3 || r->clear ? SECOND : 5 * SECOND;
	else if (r->strange)
		age = SECOND / 2;
	uint64_t last = r->competing ? r->check_at : r->near_at;
	if (r->checking) {
		if (r->progress_at == r->now)
			r->check_rtt = orl_min64(r->check_rtt, r->rtt);
		if (r->now >= r->check_until)
			checked(r);
		return;
	}
	if (!r->rtt || r->prior || r->draining || !r->was_full ||
			r->now - last < age)
		return;
	begin_check(r);
}

static void drained(struct orl_rate *r)
{
	uint64_t little = orl_max64(2 * r->mss, carried(r->rate, r->min_rtt));
	if (!r->draining || inflight(r) > little)
		return;
	r->draining = false;
	r->drained = true;
	start_round(r);
	r->was_full = false;
	begin_check(r);
}

static uint64_t received(const struct orl_rate_input *in)
{
	return in->acked + orl_min64(in->sacked, UINT64_MAX - in->acked);
}

static void take(struct orl_rate *r, const struct orl_rate_input *in)
{
	r->now = orl_max64(r->now, orl_min64(in->now, UINT64_MAX / 2));
	if (!r->seen) {
		/* Whatever was sent before is the login's. */
		r->seen = true;
		r->sent = in->sent;
		r->delivered = orl_min64(received(in), in->sent);
		r->paid_until = r->progress_at = r->near_at = r->now;
		r->idle_at = r->check_at = r->now;
	}
	uint64_t spent = needed(r->max_rate, sub(in->sent, r->sent));
	r->paid_until = orl_max64(r->paid_until, r->now);
	r->paid_until = orl_min64(r->paid_until + spent, r->now + MOST_RTT);
	r->sent = orl_max64(r->sent, in->sent);
	r->wire = r->sent - orl_min64(in->unsent, r->sent);
	r->mss = in->mss ? clamp(in->mss, 64, 65536) : DEFAULT_MSS;
	r->cwnd = in->cwnd;
	r->bbr = in->bbr;
	r->waiting = in->waiting;
	if (r->holding != in->probing_rtt)
		r->spoilt = true;
	r->holding = in->probing_rtt;
}

void orl_rate_sample(struct orl_rate *r, const struct orl_rate_input *in)
{
	bool idle = !inflight(r);
	uint64_t sent = r->sent, delivered = r->delivered;
	take(r, in);
	r->delivered = clamp(received(in), r->delivered, r->sent);
	if (r->sent != sent || r->delivered != delivered)
		r->looks = 0;
	else if (r->looks < 16)
		r->looks++;
	mark(r);
	if (idle && r->sent > sent &&
			r->now - r->idle_at > orl_max64(r->rtt, 10 * MS)) {
		if (r->now - r->idle_at >= 10 * SECOND)
			r->prior = true;
		r->prior_to = UINT64_MAX;
		start_round(r);
		r->was_full = false;
	}
	if (idle && r->sent > sent)
		r->progress_at = r->now;
	if (!r->rtt || r->delivered > delivered)
		take_rtt(r, in);
	if (r->delivered > delivered) {
		/*
		 * After a standstill acks come in a heap, or TCP begins anew:
		 * until all that was on the way is repaired nothing is learnt.
		 */
		if (r->now - r->progress_at > r->rtt + r->rtt / 2 + 10 * MS) {
			r->stalled_to = r->sent;
			r->growing = !r->competing;
			r->draining = false;
			r->flat = 0;
		}
		r->progress_at = r->now;
		if (!inflight(r))
			r->idle_at = r->now;
	}
	r->round_most = orl_max64(r->round_most,
			sub(r->wire, r->delivered) +
					(r->delivered - delivered));
	if (r->delivered < r->stalled_to)
		r->spoilt = true;
	if (r->checking || r->holding)
		r->full = false;
	if (!(in->waiting || in->unsent) || !inflight(r))
		r->full = false;
	if (r->delivered > delivered && r->prior_to == UINT64_MAX)
		r->prior_to = sent;
	if (r->delivered > delivered &&
			r->now - r->round_at >= round_length(r) &&
			(!r->prior || r->delivered >= r->prior_to))
		end_round(r);
	r->closed = behind(r);
	drained(r);
	check(r);
}

uint64_t orl_rate_estimate(const struct orl_rate *r)
{
	return r->rate;
}

uint64_t orl_rate_min_rtt(const struct orl_rate *r)
{
	return r->min_rtt;
}

uint64_t orl_rate_bytes(const struct orl_rate *r, uint64_t ns)
{
	return carried(r->rate, ns);
}

uint64_t orl_rate_deadline(const struct orl_rate *r)
{
	uint64_t used = inflight(r), w, wait;
	enum orl_rate_class class = ORL_RATE_PICTURE;
	if (r->waiting && orl_rate_allowed(r, class)) {
		/* The socket is in the way, or bulk waits for its own. */
		class = ORL_RATE_BULK;
		if (orl_rate_allowed(r, class))
			return UINT64_MAX;
	}
	if (!used && (!r->waiting || paid(r) >= r->mss))
		return UINT64_MAX;
	if (!r->waiting) {
		wait = orl_max64(r->rtt, 10 * MS)
		       << orl_min32((int32_t)r->looks, 6);
		return r->now + orl_min64(wait, 5 * SECOND);
	}
	w = r->draining ? carried(r->rate, r->min_rtt) : window_of(r, class);
	uint64_t room = orl_max64(r->mss, carried(r->rate, 2 * MS));
	wait = needed(r->rate, sub(used + orl_min64(room, w / 2), w));
	/* What is not known yet is looked at more often. */
	if (r->growing)
		wait = orl_min64(wait, r->rtt);
	if (paid(r) < r->mss)
		wait = orl_max64(wait, needed(r->max_rate, room));
	uint64_t slow = clamp((r->now - r->progress_at) / 8, 25 * MS, 100 * MS);
	return r->now + clamp(wait, MS / 5, slow);
}

void orl_rate_state(const struct orl_rate *r, struct orl_rate_state *out)
{
	*out = (struct orl_rate_state){ .rate = r->rate,
		.min_rtt = r->min_rtt,
		.window = window(r),
		.inflight = inflight(r),
		.competing = r->competing,
		.draining = r->draining,
		.probing = probe_time(r) || r->growing };
}
