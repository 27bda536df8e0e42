/*
 * path.c - the simulator of path.h: a heap of events, a queue, two senders.
 *
 * It is a model, no TCP: no handshake, no receive window, no reverse queue.
 * What matters to a sender that watches TCP_INFO is there: acks that come a
 * round trip after the data, holes and their repair, a congestion window that
 * grows only when used, pacing and PROBE_RTT for bbr.
 */
#include "tests/path.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define SECOND UINT64_C(1000000000)
#define MS UINT64_C(1000000)

enum { RING = 1 << 15, FIFO = 1 << 14, FLOWS = 2, ROUNDS = 10 };

enum event_kind { SERVED, ARRIVED, ACKED, PACED, TIMER };

struct event {
	uint64_t at, order;
	uint64_t index, upto;
	enum event_kind kind;
	unsigned flow;
};

struct segment {
	uint64_t sent_at;            /* last time */
	uint64_t delivered, stamped; /* of the flow when it was sent */
	uint32_t length;
	bool sent, got, acked, lost, again, limited;
};

enum bbr_state { STARTUP, DRAIN, PROBE_BW, PROBE_RTT };

struct flow {
	struct segment ring[RING];
	uint64_t una, next, end; /* segments: unacked, unsent, written */
	uint64_t received;       /* segments in order at the receiver */
	uint64_t received_bytes;
	uint64_t written, sent, acked, sacked, pipe, delivered, stamped;
	uint64_t srtt, min_rtt, mss_bytes;
	uint64_t timer, backoff, progress;
	uint64_t lost;    /* segments marked so */
	uint64_t recover; /* recovery ends at this segment */
	uint64_t newest;  /* send time of the newest delivered */
	double cwnd;      /* bytes */
	enum path_control control;
	bool on, greedy, in_recovery, restarted, waked, probed;
	/* cubic */
	double ssthresh, wmax, k;
	uint64_t epoch;
	/* bbr */
	enum bbr_state state;
	double bw[ROUNDS], full, gain, prior_cwnd;
	uint64_t round, round_end, flat, limited_until;
	uint64_t bbr_min, bbr_min_at, hold_until, cycle_at, pace_at;
	unsigned cycle;
};

struct packet {
	uint64_t index;
	uint32_t length;
	unsigned flow;
};

struct path {
	struct path_config config;
	uint64_t now, order, random, last_ack[FLOWS];
	struct event *heap;
	size_t events, room;
	struct packet fifo[FIFO];
	uint64_t head, tail, queued;
	bool down, serving;
	struct flow flow[FLOWS];
};

static void send_more(struct path *p, unsigned f);

uint64_t path_random(struct path *p, uint64_t n)
{
	p->random ^= p->random << 13;
	p->random ^= p->random >> 7;
	p->random ^= p->random << 17;
	return (p->random >> 11) % n;
}

static bool before(const struct event *a, const struct event *b)
{
	return a->at < b->at || (a->at == b->at && a->order < b->order);
}

static void push(struct path *p, struct event e)
{
	if (p->events == p->room) {
		p->room = p->room ? 2 * p->room : 1024;
		p->heap = realloc(p->heap, p->room * sizeof(*p->heap));
		assert(p->heap);
	}
	e.order = p->order++;
	size_t i = p->events++;
	for (; i && before(&e, &p->heap[(i - 1) / 2]); i = (i - 1) / 2)
		p->heap[i] = p->heap[(i - 1) / 2];
	p->heap[i] = e;
}

static struct event pop(struct path *p)
{
	struct event first = p->heap[0], last = p->heap[--p->events];
	size_t i = 0;
	for (size_t c; (c = 2 * i + 1) < p->events; i = c) {
		if (c + 1 < p->events && before(&p->heap[c + 1], &p->heap[c]))
			c++;
		if (!before(&p->heap[c], &last))
			break;
		p->heap[i] = p->heap[c];
	}
	p->heap[i] = last;
	return first;
}

/* ---- the bottleneck ----------------------------------------------------- */

static void serve(struct path *p)
{
	const struct packet *q = &p->fifo[p->head % FIFO];
	p->serving = p->head != p->tail;
	if (p->serving)
		push(p, (struct event){ .kind = SERVED,
					.at = p->now +
					      q->length * SECOND /
							      p->config.rate });
}

static void enter(struct path *p, unsigned f, uint64_t index, uint32_t n)
{
	bool unlucky = p->config.loss &&
		       path_random(p, 1000000) < p->config.loss;
	if (p->down || (f == 0 && unlucky) || p->queued + n > p->config.queue ||
			p->tail - p->head == FIFO)
		return;
	p->fifo[p->tail++ % FIFO] = (struct packet){ index, n, f };
	p->queued += n;
	if (!p->serving)
		serve(p);
}

static void served(struct path *p)
{
	struct packet q = p->fifo[p->head++ % FIFO];
	p->queued -= q.length;
	push(p, (struct event){ .kind = ARRIVED,
				.flow = q.flow,
				.index = q.index,
				.at = p->now + p->config.delay });
	serve(p);
}

static void arrived(struct path *p, unsigned f, uint64_t index)
{
	struct flow *w = &p->flow[f];
	bool in_order = index == w->received;
	if (index >= w->una)
		w->ring[index % RING].got = true;
	while (w->received < w->next && w->ring[w->received % RING].got)
		w->received_bytes += w->ring[w->received++ % RING].length;
	/* Every other segment is acked, and all that is out of the ordinary. */
	if (in_order && w->received == index + 1 && index % 2 &&
			w->received < w->next && !w->ring[index % RING].again)
		return;
	uint64_t at = p->now + p->config.delay;
	if (p->config.jitter)
		at += path_random(p, p->config.jitter);
	if (at < p->last_ack[f])
		at = p->last_ack[f];
	p->last_ack[f] = at;
	push(p, (struct event){ .kind = ACKED,
				.flow = f,
				.index = index,
				.upto = w->received,
				.at = at });
}

/* ---- congestion control ------------------------------------------------- */

static double cube_root(double x)
{
	double r = x > 1 ? x / 3 : 1;
	for (int i = 0; i < 60; i++)
		r -= (r * r * r - x) / (3 * r * r);
	return r;
}

static void cubic_acked(
		struct path *p, struct flow *w, uint64_t bytes, bool used)
{
	if (w->in_recovery && !w->restarted) {
		/* Proportional rate reduction. */
		double more = 0.7 * (double)bytes;
		if ((double)w->pipe < w->ssthresh)
			more = (double)bytes + PATH_MSS;
		w->cwnd = (double)w->pipe + more;
		if (w->cwnd > w->ssthresh && (double)w->pipe < w->ssthresh)
			w->cwnd = w->ssthresh;
		return;
	}
	if (!used)
		return;
	if (w->cwnd < w->ssthresh) {
		w->cwnd += (double)bytes;
		return;
	}
	if (!w->epoch) {
		w->epoch = p->now;
		if (w->wmax < w->cwnd)
			w->wmax = w->cwnd;
		w->k = cube_root((w->wmax - w->cwnd) / PATH_MSS / 0.4);
	}
	double t = (double)(p->now - w->epoch + w->srtt) / 1e9;
	double x = t - w->k;
	double target = (0.4 * x * x * x) * PATH_MSS + w->wmax;
	/* The Reno-friendly region. */
	double reno = 0.7 * w->wmax +
		      0.53 * PATH_MSS * t * 1e9 / (double)w->srtt;
	if (target < reno)
		target = reno;
	if (target > 1.5 * w->cwnd)
		target = 1.5 * w->cwnd;
	if (target > w->cwnd)
		w->cwnd += (target - w->cwnd) * (double)bytes / w->cwnd;
	else
		w->cwnd += 0.01 * (double)bytes * PATH_MSS / w->cwnd;
}

static void lost_some(struct flow *w, bool timeout, bool again)
{
	if (w->control == PATH_BBR) {
		if (timeout) {
			if (!again)
				w->prior_cwnd = w->cwnd;
			w->cwnd = PATH_MSS;
		}
		return;
	}
	if (again) {
		w->cwnd = PATH_MSS;
		return;
	}
	w->wmax = w->cwnd < w->wmax ? w->cwnd * 0.85 : w->cwnd;
	w->cwnd *= 0.7;
	if (w->cwnd < 2 * PATH_MSS)
		w->cwnd = 2 * PATH_MSS;
	w->ssthresh = w->cwnd;
	w->epoch = 0;
	if (timeout)
		w->cwnd = PATH_MSS;
}

static double bbr_rate(const struct flow *w)
{
	double most = 0;
	for (unsigned i = 0; i < ROUNDS; i++)
		most = w->bw[i] > most ? w->bw[i] : most;
	if (most <= 0)
		most = 10. * PATH_MSS * 1e9 / (double)w->srtt;
	return most;
}

static void bbr_states(
		struct path *p, struct flow *w, bool new_round, bool limited)
{
	static const double gains[8] = { 1.25, 0.75, 1, 1, 1, 1, 1, 1 };
	double bdp = bbr_rate(w) * (double)w->bbr_min / 1e9;
	if (w->state == STARTUP && new_round && !limited) {
		if (bbr_rate(w) >= 1.25 * w->full) {
			w->full = bbr_rate(w);
			w->flat = 0;
		} else if (++w->flat >= 3) {
			w->state = DRAIN;
			w->gain = 1 / 2.885;
		}
	}
	if (w->state == DRAIN && (double)w->pipe <= bdp) {
		w->state = PROBE_BW;
		w->cycle = 2 + (unsigned)path_random(p, 6);
		w->cycle_at = p->now;
	}
	if (w->state == PROBE_BW) {
		if (p->now - w->cycle_at > w->bbr_min) {
			w->cycle = (w->cycle + 1) % 8;
			w->cycle_at = p->now;
		}
		w->gain = gains[w->cycle];
	}
	if (w->state == PROBE_RTT) {
		w->gain = 1;
		if (!w->hold_until && w->pipe <= 4 * PATH_MSS)
			w->hold_until = p->now + 200 * MS;
		if (w->hold_until && p->now >= w->hold_until) {
			w->bbr_min_at = p->now;
			w->cwnd = w->prior_cwnd;
			w->state = w->full > 0 && w->flat >= 3 ? PROBE_BW
							       : STARTUP;
			w->gain = w->state == STARTUP ? 2.885 : 1;
			w->cycle_at = p->now;
		}
	}
}

static void bbr_acked(struct path *p, struct flow *w, uint64_t bytes,
		uint64_t rtt, const struct segment *s)
{
	bool new_round = false;
	if (s->delivered >= w->round_end) {
		w->round_end = w->delivered;
		w->round++;
		w->bw[w->round % ROUNDS] = 0;
		new_round = true;
	}
	uint64_t took = p->now - s->stamped;
	if (took < w->min_rtt)
		took = w->min_rtt;
	double bw = (double)(w->delivered - s->delivered) * 1e9 / (double)took;
	if (!s->limited || bw >= bbr_rate(w)) {
		if (bw > w->bw[w->round % ROUNDS])
			w->bw[w->round % ROUNDS] = bw;
	} else if (new_round) {
		/* An application-limited round keeps what was known. */
		w->bw[w->round % ROUNDS] = w->bw[(w->round - 1) % ROUNDS];
	}
	bool expired = p->now - w->bbr_min_at > 10 * SECOND;
	if (rtt && (rtt <= w->bbr_min || expired)) {
		w->bbr_min = rtt;
		w->bbr_min_at = p->now;
	}
	if (expired && w->state != PROBE_RTT) {
		w->state = PROBE_RTT;
		w->prior_cwnd = w->cwnd;
		w->hold_until = 0;
	}
	bbr_states(p, w, new_round, s->limited);
	double bdp = bbr_rate(w) * (double)w->bbr_min / 1e9;
	double target = (w->state == STARTUP ? 2.885 : 2) * bdp + 3 * PATH_MSS;
	if (w->cwnd < target)
		w->cwnd += (double)bytes;
	if (w->state != STARTUP && w->cwnd > target)
		w->cwnd = target;
	if (w->cwnd < 4 * PATH_MSS)
		w->cwnd = 4 * PATH_MSS;
	if (w->state == PROBE_RTT)
		w->cwnd = 4 * PATH_MSS;
}

/* ---- the sender --------------------------------------------------------- */

static void arm(struct path *p, unsigned f)
{
	struct flow *w = &p->flow[f];
	if (!w->pipe && !w->lost)
		return;
	uint64_t wait = 2 * w->srtt + 2 * MS;
	if (w->probed) {
		uint64_t rto = w->srtt + 200 * MS;
		wait = rto << (w->backoff > 8 ? 8 : w->backoff);
	}
	w->timer = p->now + wait;
	push(p, (struct event){ .kind = TIMER, .flow = f, .at = w->timer });
}

static void transmit(struct path *p, unsigned f, uint64_t index)
{
	struct flow *w = &p->flow[f];
	struct segment *s = &w->ring[index % RING];
	if (s->sent)
		s->again = true;
	if (s->lost) {
		s->lost = false;
		w->lost--;
	}
	if (!w->pipe && !s->again)
		w->stamped = p->now;
	s->sent = true;
	s->sent_at = p->now;
	s->delivered = w->delivered;
	s->stamped = w->stamped;
	s->limited = w->limited_until > w->delivered;
	w->pipe += s->length;
	bool idle = w->timer < p->now || w->timer == UINT64_MAX;
	enter(p, f, index, s->length + PATH_HEADER);
	if (idle)
		arm(p, f);
}

static void write_segment(struct flow *w, uint32_t n)
{
	assert(w->end - w->una < RING);
	w->ring[w->end++ % RING] = (struct segment){ .length = n };
}

static void send_more(struct path *p, unsigned f)
{
	struct flow *w = &p->flow[f];
	for (;;) {
		if (w->greedy && w->on && w->next == w->end &&
				w->end - w->una < RING)
			write_segment(w, PATH_MSS);
		if (!w->lost && w->next == w->end) {
			w->limited_until = w->delivered + w->pipe;
			if (!w->limited_until)
				w->limited_until = 1;
			return;
		}
		if ((double)w->pipe + PATH_MSS > w->cwnd + 1 && w->pipe)
			return;
		if (w->control == PATH_BBR && w->pace_at > p->now) {
			if (!w->waked)
				push(p, (struct event){ .kind = PACED,
							.flow = f,
							.at = w->pace_at });
			w->waked = true;
			return;
		}
		uint64_t i = w->una;
		if (w->lost)
			while (!w->ring[i % RING].lost)
				i++;
		else
			i = w->next++;
		if (i + 1 == w->next && !w->ring[i % RING].sent)
			w->sent += w->ring[i % RING].length;
		transmit(p, f, i);
		if (w->control == PATH_BBR) {
			double gap = PATH_MSS * 1.01e9 /
				     (w->gain * bbr_rate(w));
			if (w->pace_at + 2 * MS < p->now)
				w->pace_at = p->now;
			w->pace_at += (uint64_t)gap;
		}
	}
}

static void mark_lost(struct flow *w, uint64_t older)
{
	bool some = false;
	for (uint64_t i = w->una; i < w->next; i++) {
		struct segment *s = &w->ring[i % RING];
		if (s->acked || s->lost || s->sent_at >= older)
			continue;
		s->lost = true;
		w->lost++;
		w->pipe -= s->length;
		some = true;
	}
	if (some && !w->in_recovery) {
		w->in_recovery = true;
		w->recover = w->next;
		lost_some(w, false, false);
	}
}

static bool take(struct flow *w, struct segment *s, struct segment *latest,
		uint64_t *bytes)
{
	if (s->acked)
		return false;
	s->acked = true;
	if (s->lost) {
		s->lost = false;
		w->lost--;
	} else {
		w->pipe -= s->length;
	}
	w->delivered += s->length;
	*bytes += s->length;
	if (s->sent_at >= latest->sent_at)
		*latest = *s;
	return true;
}

static void smooth(struct flow *w, uint64_t rtt)
{
	w->srtt = w->srtt - w->srtt / 8 + rtt / 8;
	if (rtt < w->min_rtt)
		w->min_rtt = rtt;
}

static void acked(struct path *p, unsigned f, uint64_t index, uint64_t upto)
{
	struct flow *w = &p->flow[f];
	struct segment latest = { 0 };
	uint64_t bytes = 0, rtt = 0;
	bool used = (double)w->pipe + 2 * PATH_MSS >= w->cwnd ||
		    (w->cwnd < w->ssthresh && w->cwnd < 2 * (double)w->pipe);
	for (; w->una < upto; w->una++) {
		struct segment *s = &w->ring[w->una % RING];
		if (s->acked)
			w->sacked -= s->length;
		take(w, s, &latest, &bytes);
		w->acked += s->length;
	}
	if (index >= w->una && take(w, &w->ring[index % RING], &latest, &bytes))
		w->sacked += w->ring[index % RING].length;
	if (!bytes)
		return;
	w->stamped = p->now;
	w->backoff = 0;
	w->probed = false;
	if (!latest.again) {
		rtt = p->now - latest.sent_at;
		smooth(w, rtt);
	}
	if (latest.sent_at > w->newest)
		w->newest = latest.sent_at;
	if (w->in_recovery && w->una >= w->recover) {
		if (w->control == PATH_CUBIC && !w->restarted)
			w->cwnd = w->ssthresh;
		w->in_recovery = w->restarted = false;
		if (w->control == PATH_BBR && w->prior_cwnd > w->cwnd)
			w->cwnd = w->prior_cwnd;
	}
	if (w->newest > w->srtt / 4)
		mark_lost(w, w->newest - w->srtt / 4);
	if (w->control == PATH_BBR)
		bbr_acked(p, w, bytes, rtt, &latest);
	else
		cubic_acked(p, w, bytes, used);
	w->timer = UINT64_MAX;
	arm(p, f);
	send_more(p, f);
}

static void timer(struct path *p, unsigned f)
{
	struct flow *w = &p->flow[f];
	if (w->timer != p->now || (!w->pipe && !w->lost))
		return;
	w->timer = UINT64_MAX;
	if (!w->probed) {
		/* A tail probe: the newest segment once more. */
		w->probed = true;
		for (uint64_t i = w->next; i-- > w->una;) {
			struct segment *s = &w->ring[i % RING];
			if (s->acked)
				continue;
			if (!s->lost)
				w->pipe -= s->length;
			transmit(p, f, i);
			break;
		}
		w->timer = UINT64_MAX;
		arm(p, f);
		return;
	}
	bool again = w->restarted;
	w->in_recovery = w->restarted = true;
	w->recover = w->next;
	mark_lost(w, UINT64_MAX);
	lost_some(w, true, again);
	w->backoff++;
	w->pace_at = p->now;
	send_more(p, f);
	w->timer = UINT64_MAX;
	arm(p, f);
}

/* ---- outside ------------------------------------------------------------ */

static void flow_init(struct path *p, unsigned f, enum path_control control)
{
	struct flow *w = &p->flow[f];
	w->control = control;
	w->srtt = w->min_rtt = w->bbr_min = 2 * p->config.delay + 50000;
	w->bbr_min_at = p->now;
	w->cwnd = 10 * PATH_MSS;
	w->ssthresh = 1e18;
	w->gain = 2.885;
	w->timer = UINT64_MAX;
	w->greedy = f > 0;
}

struct path *path_create(const struct path_config *config)
{
	struct path *p = calloc(1, sizeof(*p));
	assert(p);
	p->config = *config;
	p->now = SECOND;
	p->random = config->seed * UINT64_C(0x9E3779B97F4A7C15) + 1;
	flow_init(p, 0, config->control);
	flow_init(p, 1, config->neighbour);
	return p;
}

void path_destroy(struct path *p)
{
	free(p->heap);
	free(p);
}

uint64_t path_now(const struct path *p)
{
	return p->now;
}

uint64_t path_next(const struct path *p)
{
	return p->events ? p->heap[0].at : UINT64_MAX;
}

void path_run(struct path *p, uint64_t until)
{
	while (p->events && p->heap[0].at <= until) {
		struct event e = pop(p);
		p->now = e.at;
		switch (e.kind) {
		case SERVED:
			served(p);
			break;
		case ARRIVED:
			arrived(p, e.flow, e.index);
			break;
		case ACKED:
			acked(p, e.flow, e.index, e.upto);
			break;
		case PACED:
			p->flow[e.flow].waked = false;
			send_more(p, e.flow);
			break;
		case TIMER:
			timer(p, e.flow);
			break;
		}
	}
	p->now = until;
}

void path_set_rate(struct path *p, uint64_t rate)
{
	p->config.rate = rate;
}

void path_set_delay(struct path *p, uint64_t delay)
{
	p->config.delay = delay;
}

void path_set_down(struct path *p, bool down)
{
	p->down = down;
}

void path_set_neighbour(struct path *p, bool on)
{
	p->flow[1].on = on;
	if (on)
		send_more(p, 1);
}

void path_write(struct path *p, uint64_t bytes)
{
	struct flow *w = &p->flow[0];
	w->written += bytes;
	/* A segment that has not left yet is filled up first, as TCP does. */
	if (w->next < w->end) {
		struct segment *s = &w->ring[(w->end - 1) % RING];
		uint32_t room = PATH_MSS - s->length;
		uint32_t n = bytes < room ? (uint32_t)bytes : room;
		s->length += n;
		bytes -= n;
	}
	for (; bytes;) {
		uint32_t n = bytes < PATH_MSS ? (uint32_t)bytes : PATH_MSS;
		write_segment(w, n);
		bytes -= n;
	}
	send_more(p, 0);
}

void path_info(const struct path *p, struct orl_rate_input *in)
{
	const struct flow *w = &p->flow[0];
	*in = (struct orl_rate_input){ .now = p->now,
		.sent = w->written,
		.acked = w->acked,
		.sacked = p->config.no_sack ? 0 : w->sacked,
		.unsent = w->written - w->sent,
		.rtt = w->srtt,
		.rtt_min = w->min_rtt,
		.cwnd = (uint64_t)w->cwnd,
		.mss = PATH_MSS,
		.bbr = w->control == PATH_BBR,
		.probing_rtt = w->control == PATH_BBR &&
			       w->state == PROBE_RTT };
}

uint64_t path_received(const struct path *p, unsigned flow)
{
	return p->flow[flow].received_bytes;
}

uint64_t path_queue(const struct path *p)
{
	return p->queued * SECOND / p->config.rate;
}
