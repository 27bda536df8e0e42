/*
 * rate_rounds.c - what a round teaches: the path's rate, whether it has grown or
 * shrunk, and whether others are on it. The constants are explained at the top
 * of rate.c.
 */
#include <string.h>

#include "proto/rate_impl.h"

enum {
	HIGH_ROUNDS = 8,
	ABOVE_ROUNDS = 20,
	CLEAR_CHECKS = 2,
	CROWDED_ROUNDS = 3,
};

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
	r->rate = orl_rate_clamp(most, ORL_RATE_LEAST, r->max_rate);
	r->peak = orl_max64(r->peak, r->rate);
}

void orl_rate_start_round(struct orl_rate *r)
{
	r->round_at = r->now;
	r->round_delivered = r->delivered;
	r->round_rtt = 0;
	r->round_most = 0;
	r->full = true;
	r->spoilt = false;
}

/* How long a round is: a round trip, and enough acks to be counted. */
uint64_t orl_rate_round_length(const struct orl_rate *r)
{
	uint64_t rtt = r->rtt, acks = 0;
	if (!r->competing)
		rtt = orl_min64(rtt, r->min_rtt + orl_rate_excess(r));
	if (!r->growing)
		acks = orl_min64(orl_rate_needed(r->rate, 16 * r->mss),
				150 * MS);
	return orl_max64(orl_max64(rtt, acks), 2 * MS);
}

static uint64_t measure(const struct orl_rate *r)
{
	uint64_t s = orl_rate_over(r->delivered - r->round_delivered,
			r->now - r->round_at);
	/*
	 * What was on the way, by the round trip, is what can have arrived:
	 * acks held back and let go together are no rate. Our own queue is
	 * all that is believed of the round trip: its smoothing lags.
	 */
	if (r->round_rtt && r->round_most) {
		uint64_t rtt = r->round_rtt;
		if (!r->competing)
			rtt = orl_min64(rtt, r->min_rtt + orl_rate_excess(r));
		uint64_t bound = orl_rate_over(r->round_most, rtt);
		s = orl_min64(s, bound + bound / 16);
	}
	return s;
}

static void slow_down(struct orl_rate *r, uint64_t sample)
{
	forget_samples(r);
	/* On a thin path a segment more or less looks like a fall. */
	r->falls += !r->draining &&
		    orl_rate_needed(sample, 2 * r->mss) < 4 * MS;
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
	bool queue = r->rtt > orl_rate_window_time(r) + 4 * MS || r->draining;
	bool weak = sample < r->rate / 8 * 7;
	if (r->competing || !queue || !weak) {
		r->weak = false;
		return false;
	}
	/*
	 * We have emptied our part of the queue, and it is still there; or
	 * we have done so twice and never saw it empty.
	 */
	if ((r->drained && r->rtts[0] > orl_rate_window_time(r) + 4 * MS) ||
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

/*
 * All that came in this round has waited longer than the window's own queue
 * takes: the path was never idle, whoever filled it.
 */
static bool queued(const struct orl_rate *r)
{
	return r->round_rtt > r->min_rtt + orl_rate_excess(r) + 4 * MS;
}

static bool queues(const struct orl_rate *r, uint64_t rtt)
{
	return rtt >
	       r->min_rtt + orl_max64(orl_rate_excess(r) / 2, r->min_rtt / 8);
}

/* Whether the window still has to find the path's rate. */
static void grow(struct orl_rate *r, uint64_t before, uint64_t sample)
{
	bool queue = queues(r, r->rtt);
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
	r->empty = r->rtt < r->min_rtt + orl_rate_excess(r) / 4 ? r->empty + 1
								: 0;
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
	uint64_t rtt = orl_rate_recent_rtt(r), ours = orl_rate_window_time(r);
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

/*
 * Who is held elsewhere, by a printer's credit say, never fills the window of
 * a guess that is too great, and would wait behind its own queue for ever. Three
 * rounds in a row tell that from the end of a slow start.
 */
static void doubt(struct orl_rate *r, uint64_t sample)
{
	if (!r->guess || r->growing || r->spoilt || !queued(r)) {
		r->crowded = 0;
		return;
	}
	if (!r->crowded)
		r->crowded_sample = 0;
	r->crowded_sample = orl_max64(r->crowded_sample, sample);
	if (++r->crowded < CROWDED_ROUNDS)
		return;
	r->guess = false;
	r->crowded = 0;
	r->peak = 0;
	forget_samples(r);
	add_sample(r, r->crowded_sample);
}

void orl_rate_end_round(struct orl_rate *r)
{
	uint64_t before = r->rate, sample = measure(r);
	bool valid = r->full && r->was_full && !r->spoilt;
	memmove(r->rtts + 1, r->rtts, 3 * sizeof(r->rtts[0]));
	r->rtts[0] = r->round_rtt;
	if (r->prior) {
		/* The first burst is back: without a queue it is believed. */
		bool known = r->samples;
		uint64_t took = orl_rate_less(r->now - r->round_at, r->min_rtt);
		if (r->rtt > r->min_rtt + orl_rate_excess(r) + 4 * MS) {
			uint64_t come = r->delivered - r->round_delivered;
			r->guess = false;
			forget_samples(r);
			r->peak = 0;
			add_sample(r, orl_min64(r->rate,
						      orl_rate_over(come,
								      took)));
		}
		r->prior = false;
		r->growing = !known;
		r->flat = 0;
	} else if (valid && slower(r, sample)) {
		/* The rate is lowered already. */
	} else if (valid || (sample > r->rate && !r->spoilt)) {
		add_sample(r, sample);
	} else {
		doubt(r, sample);
	}
	if (valid) {
		r->guess = false;
		grow(r, before, sample);
		company(r);
	} else if (r->growing && queues(r, r->round_rtt)) {
		/*
		 * Who sends less than the window of one that grows, and all
		 * round long waits in a queue, fills the path all the same.
		 */
		r->growing = false;
		r->flat = r->empty = 0;
	}
	r->was_full = r->full;
	r->round++;
	orl_rate_start_round(r);
}

/* ---- modes -------------------------------------------------------------- */

/*
 * Behind by more than a standing queue within the round: the path has become
 * slower, or stands still. Nothing more is sent until the round's end tells.
 */
bool orl_rate_behind(const struct orl_rate *r)
{
	if (!r->full || !r->was_full || r->growing || r->competing ||
			r->checking || r->spoilt || !r->rtt)
		return false;
	uint64_t due = orl_rate_carried(r->rate, r->now - r->round_at);
	uint64_t come = r->delivered - r->round_delivered;
	return due > come + orl_rate_carried(r->rate, orl_rate_excess(r)) +
					       2 * r->mss &&
	       orl_rate_inflight(r) > 4 * r->mss;
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
			       r->min_rtt + orl_rate_excess(r) / 2 +
					       orl_rate_segments(r);
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
	r->clear = r->check_rtt < r->min_rtt + orl_rate_excess(r) ? r->clear + 1
								  : 0;
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
			 orl_min64(orl_rate_needed(r->rate, 16 * r->mss),
					 300 * MS);
}

void orl_rate_check(struct orl_rate *r)
{
	uint64_t age = orl_rate_clamp(64 * r->rtt, 3 * SECOND, 8 * SECOND);
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

void orl_rate_drained(struct orl_rate *r)
{
	uint64_t little = orl_max64(
			2 * r->mss, orl_rate_carried(r->rate, r->min_rtt));
	if (!r->draining || orl_rate_inflight(r) > little)
		return;
	r->draining = false;
	r->drained = true;
	orl_rate_start_round(r);
	r->was_full = false;
	begin_check(r);
}
