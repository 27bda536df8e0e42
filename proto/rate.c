/*
 * rate.c - the network window: what a path carries, and how much of that may
 * be on the way.
 *
 * Time is cut into rounds of about a round trip. A round yields a sample, the
 * bytes delivered in it by its length; the greatest of the last ten samples is
 * the rate. A round that was not full (something waited, and the pipe was
 * never empty, in it and in the one before) says nothing about the path: it
 * may raise the rate and never lowers it; unless the rate is a guess and all
 * that came, three rounds in a row, had waited in a queue.
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
#include "proto/rate_impl.h"

#include <string.h>

enum {
	DEFAULT_RATE = 1250000,
	UNKNOWN_WINDOW = 256 << 10,
	DEFAULT_MSS = 1448,
};

void orl_rate_init(struct orl_rate *r, uint64_t prior, uint64_t max_rate)
{
	memset(r, 0, sizeof(*r));
	r->rate = prior ? prior : DEFAULT_RATE;
	r->max_rate = max_rate ? orl_rate_clamp(max_rate, ORL_RATE_LEAST,
						 MOST_RATE)
			       : MOST_RATE;
	r->rate = orl_rate_clamp(r->rate, ORL_RATE_LEAST, r->max_rate);
	r->mss = DEFAULT_MSS;
	r->prior = r->guess = r->growing = true;
	r->prior_to = UINT64_MAX;
}

/*
 * The queue of our own that keeps the path busy. On thin paths it is not a
 * queue at all: a segment's own time and the one its ack was delayed for.
 */
uint64_t orl_rate_segments(const struct orl_rate *r)
{
	/* The path's own rate, not what others leave of it. */
	uint64_t rate = orl_max64(r->rate, r->peak);
	if (r->falls >= 2)
		rate = orl_max64(rate, r->old_peak);
	return orl_min64(orl_rate_needed(rate, 2 * r->mss), 100 * MS);
}

uint64_t orl_rate_excess(const struct orl_rate *r)
{
	uint64_t queue = orl_rate_clamp(4 * r->min_rtt, 3 * MS, 8 * MS);
	return orl_max64(queue, queue / 2 + orl_rate_segments(r));
}

/* ---- round trips -------------------------------------------------------- */

static void see_rtt(struct orl_rate *r, uint64_t rtt)
{
	/* Beside others the empty path is not seen: orl_rate_check() decides. */
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
	if (rtt < r->min_rtt + (orl_rate_excess(r) + orl_rate_segments(r)) / 2)
		r->falls = 0;
	if (!r->round_rtt || rtt < r->round_rtt)
		r->round_rtt = rtt;
}

/* ---- the window --------------------------------------------------------- */

uint64_t orl_rate_probe_time(const struct orl_rate *r)
{
	if (r->competing || r->round % 8 || r->rate >= r->max_rate)
		return 0;
	return orl_min64(r->min_rtt / 4, 25 * MS);
}

uint64_t orl_rate_recent_rtt(const struct orl_rate *r)
{
	uint64_t least = UINT64_MAX;
	for (unsigned i = 0; i < 4; i++)
		if (r->rtts[i])
			least = orl_min64(least, r->rtts[i]);
	return least == UINT64_MAX ? r->rtt : least;
}

/* The round trip that a full window explains, W / rate. */
uint64_t orl_rate_window_time(const struct orl_rate *r)
{
	uint64_t base = r->min_rtt;
	if (r->growing && r->rate < r->max_rate)
		base *= 2;
	return base + orl_rate_probe_time(r) + orl_rate_excess(r);
}

static uint64_t window(const struct orl_rate *r)
{
	uint64_t w, floor = 4 * r->mss;
	if (!r->min_rtt)
		return orl_max64(UNKNOWN_WINDOW,
				orl_rate_carried(r->rate, 8 * MS));
	if (r->holding)
		return floor;
	if (r->draining || r->closed)
		return 0;
	if (r->checking)
		w = orl_rate_carried(r->rate, r->min_rtt / 4 * 3);
	else if (r->prior)
		w = orl_rate_carried(r->rate, r->min_rtt / 2);
	else if (r->competing)
		w = orl_rate_carried(r->rate, orl_rate_recent_rtt(r)) * 5 / 4 +
		    2 * r->mss;
	else
		w = orl_rate_carried(r->rate, orl_rate_window_time(r));
	if (r->competing && r->cwnd && r->bbr)
		w = orl_min64(r->cwnd + 4 * r->mss,
				orl_rate_carried(r->peak / 2,
						orl_rate_recent_rtt(r)) +
						2 * r->mss);
	else if (r->competing && r->cwnd)
		w = orl_min64(w, r->cwnd);
	return orl_rate_clamp(w, floor, MOST_WINDOW);
}

/* Bytes of a configured limit that are free at once: 8 ms, two segments. */
static uint64_t paid(const struct orl_rate *r)
{
	uint64_t burst = orl_max64(
			8 * MS, orl_rate_needed(r->max_rate, 2 * r->mss));
	if (r->max_rate == MOST_RATE)
		return UINT64_MAX;
	return orl_rate_carried(r->max_rate,
			orl_rate_less(r->now + burst, r->paid_until));
}

static uint64_t window_of(const struct orl_rate *r, enum orl_rate_class class)
{
	uint64_t w = window(r);
	if (class == ORL_RATE_PICTURE || !w || !r->min_rtt)
		return w;
	w = orl_rate_less(w,
			orl_rate_carried(r->rate, orl_rate_excess(r) * 5 / 8));
	return orl_max64(w, 2 * r->mss);
}

uint64_t orl_rate_allowed(const struct orl_rate *r, enum orl_rate_class class)
{
	uint64_t w = window_of(r, class);
	uint64_t room = orl_rate_less(w, orl_rate_inflight(r)), limit = paid(r);
	/* Whole segments, rounded so that the window is kept on average. */
	if (room < r->mss && room >= r->mss / 2)
		room = r->mss;
	return room < r->mss || limit < r->mss ? 0 : orl_min64(room, limit);
}

/* ---- what the socket says ---------------------------------------------- */

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
	uint64_t spent = orl_rate_needed(
			r->max_rate, orl_rate_less(in->sent, r->sent));
	r->paid_until = orl_max64(r->paid_until, r->now);
	r->paid_until = orl_min64(r->paid_until + spent, r->now + MOST_RTT);
	r->sent = orl_max64(r->sent, in->sent);
	r->wire = r->sent - orl_min64(in->unsent, r->sent);
	r->mss = in->mss ? orl_rate_clamp(in->mss, 64, 65536) : DEFAULT_MSS;
	r->cwnd = in->cwnd;
	r->bbr = in->bbr;
	r->waiting = in->waiting;
	if (r->holding != in->probing_rtt)
		r->spoilt = true;
	r->holding = in->probing_rtt;
}

void orl_rate_sample(struct orl_rate *r, const struct orl_rate_input *in)
{
	bool idle = !orl_rate_inflight(r);
	uint64_t sent = r->sent, delivered = r->delivered;
	take(r, in);
	r->delivered = orl_rate_clamp(received(in), r->delivered, r->sent);
	if (r->sent != sent || r->delivered != delivered)
		r->looks = 0;
	else if (r->looks < 16)
		r->looks++;
	mark(r);
	if (idle && r->sent > sent &&
			r->now - r->idle_at > orl_max64(r->rtt, 10 * MS)) {
		if (r->now - r->idle_at >= 10 * SECOND)
			r->prior = r->guess = true;
		r->prior_to = UINT64_MAX;
		orl_rate_start_round(r);
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
		if (!orl_rate_inflight(r))
			r->idle_at = r->now;
	}
	r->round_most = orl_max64(r->round_most,
			orl_rate_less(r->wire, r->delivered) +
					(r->delivered - delivered));
	if (r->delivered < r->stalled_to)
		r->spoilt = true;
	if (r->checking || r->holding)
		r->full = false;
	if (!(in->waiting || in->unsent) || !orl_rate_inflight(r))
		r->full = false;
	if (r->delivered > delivered && r->prior_to == UINT64_MAX)
		r->prior_to = sent;
	if (r->delivered > delivered &&
			r->now - r->round_at >= orl_rate_round_length(r) &&
			(!r->prior || r->delivered >= r->prior_to))
		orl_rate_end_round(r);
	r->closed = orl_rate_behind(r);
	orl_rate_drained(r);
	orl_rate_check(r);
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
	return orl_rate_carried(r->rate, ns);
}

uint64_t orl_rate_deadline(const struct orl_rate *r)
{
	uint64_t used = orl_rate_inflight(r), w, wait;
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
	w = r->draining ? orl_rate_carried(r->rate, r->min_rtt)
			: window_of(r, class);
	uint64_t room = orl_max64(r->mss, orl_rate_carried(r->rate, 2 * MS));
	wait = orl_rate_needed(r->rate,
			orl_rate_less(used + orl_min64(room, w / 2), w));
	/* What is not known yet is looked at more often. */
	if (r->growing)
		wait = orl_min64(wait, r->rtt);
	if (paid(r) < r->mss)
		wait = orl_max64(wait, orl_rate_needed(r->max_rate, room));
	uint64_t slow = orl_rate_clamp(
			(r->now - r->progress_at) / 8, 25 * MS, 100 * MS);
	return r->now + orl_rate_clamp(wait, MS / 5, slow);
}

void orl_rate_state(const struct orl_rate *r, struct orl_rate_state *out)
{
	*out = (struct orl_rate_state){ .rate = r->rate,
		.min_rtt = r->min_rtt,
		.window = window(r),
		.inflight = orl_rate_inflight(r),
		.competing = r->competing,
		.draining = r->draining,
		.probing = orl_rate_probe_time(r) || r->growing };
}
