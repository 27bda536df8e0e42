/*
 * shaper.c - one direction of an emulated link: a queue, a transmitter, the
 * way. See shaper.h for what is promised.
 */
#include "bench/shaper.h"

#include <string.h>

#include "proto/base.h"

#define SECOND UINT64_C(1000000000)

/* splitmix64, as a share of 1. */
static double draw(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	z ^= z >> 31;
	return (double)(z >> 11) / 9007199254740992.0;
}

static uint64_t stream(uint64_t seed, uint64_t which)
{
	uint64_t state = seed * 4 + which;
	(void)draw(&state);
	return state * UINT64_C(0xda942042e4dd58b5) ^ seed;
}

/* Takes the same count of numbers whatever the parameters are, so that one
 * packet's luck does not depend on what a script did to others. */
static bool draw_loss(const struct shaper_config *c, uint64_t *state, bool *bad)
{
	double alone = draw(state), turn = draw(state), in_state = draw(state);
	double share = *bad ? c->ge_bad : c->ge_good;
	if (c->ge_p <= 0) {
		*bad = false;
		share = c->ge_good;
	} else if (turn < (*bad ? c->ge_r : c->ge_p)) {
		*bad = !*bad;
	}
	return alone < c->loss || in_state < share;
}

uint64_t shaper_losses(
		const struct shaper_config *config, uint64_t seed, uint64_t n)
{
	uint64_t state = stream(seed, 0), lost = 0;
	bool bad = false;
	while (n--)
		lost += draw_loss(config, &state, &bad);
	return lost;
}

static void push(struct shaper_fifo *f, struct shaper_packet *p)
{
	p->next = NULL;
	if (f->last)
		f->last->next = p;
	else
		f->first = p;
	f->last = p;
}

static struct shaper_packet *pop(struct shaper_fifo *f)
{
	struct shaper_packet *p = f->first;
	if (p) {
		f->first = p->next;
		if (!f->first)
			f->last = NULL;
	}
	return p;
}

/* Whoever a packet is of; the queue and the way are of all. */
static struct shaper_counters *counters_of(
		const struct shaper *s, const struct shaper_packet *p)
{
	return s->aside && p->aside ? s->aside : s->counters;
}

/* Before the first that is due later. */
static void insert(struct shaper_fifo *f, struct shaper_packet *p)
{
	struct shaper_packet **at = &f->first;
	while (*at && (*at)->due <= p->due)
		at = &(*at)->next;
	p->next = *at;
	*at = p;
	if (!p->next)
		f->last = p;
}

static unsigned bucket_of(uint64_t ns)
{
	uint64_t us = ns / 1000;
	unsigned octave = 0;
	if (!us)
		return 0;
	while (us >> octave > 1)
		octave++;
	unsigned part = (unsigned)(us * SHAPER_OCTAVE >> octave) -
			SHAPER_OCTAVE;
	unsigned bucket = octave * SHAPER_OCTAVE + part;
	return bucket < SHAPER_BUCKETS ? bucket : SHAPER_BUCKETS - 1;
}

uint64_t shaper_queue_quantile(const struct shaper_counters *c, double q)
{
	uint64_t all = 0, sum = 0;
	for (unsigned i = 0; i < SHAPER_BUCKETS; i++)
		all += c->queue_histogram[i];
	for (unsigned i = 0; all && i < SHAPER_BUCKETS; i++) {
		sum += c->queue_histogram[i];
		if ((double)sum < q * (double)all)
			continue;
		uint64_t edge = (UINT64_C(1000) << i / SHAPER_OCTAVE) *
				(SHAPER_OCTAVE + i % SHAPER_OCTAVE + 1) /
				SHAPER_OCTAVE;
		return orl_min64(edge, c->queue_ns_max);
	}
	return c->queue_ns_max;
}

static uint64_t sending_time(const struct shaper *s, uint32_t length)
{
	uint64_t rate = s->config.rate;
	return rate ? length * 8 * SECOND / rate : 0;
}

/* What the way takes for a packet sent at `sent`. */
static uint64_t delay_of(struct shaper *s, uint64_t sent)
{
	const struct shaper_config *c = &s->config;
	int64_t jitter = (int64_t)c->jitter_us * 1000;
	int64_t delay = (int64_t)c->delay_us * 1000;
	if (jitter && sent >= s->jitter_until) {
		s->jitter_until = sent + (uint64_t)jitter;
		s->jitter_ns = (int64_t)((draw(&s->jitter_state) * 2 - 1) *
					 (double)jitter);
	}
	delay += jitter ? s->jitter_ns : 0;
	return delay > 0 ? (uint64_t)delay : 0;
}

/* The first of the queue has been sent. */
static void depart(struct shaper *s)
{
	struct shaper_packet *p = pop(&s->queue);
	struct shaper_counters *c = counters_of(s, p);
	uint64_t sent = s->sent, waited = sent - p->offered;
	s->backlog -= p->length;
	c->queue_ns_sum += waited;
	c->queue_ns_max = orl_max64(c->queue_ns_max, waited);
	c->queue_histogram[bucket_of(waited)]++;
	p->cut = s->config.cut;
	if (p->reordered) {
		p->due = sent;
		insert(&s->flight, p);
	} else {
		p->due = orl_max64(sent + delay_of(s, sent), s->last_due);
		s->last_due = p->due;
		push(&s->flight, p);
	}
	if (s->queue.first)
		s->sent = sent + sending_time(s, s->queue.first->length);
}

static void advance(struct shaper *s, uint64_t now)
{
	while (s->queue.first && s->sent <= now)
		depart(s);
}

void shaper_init(struct shaper *s, const struct shaper_config *config,
		struct shaper_counters *counters, uint64_t seed)
{
	memset(s, 0, sizeof(*s));
	memset(counters, 0, sizeof(*counters));
	s->config = *config;
	s->counters = counters;
	s->loss_state = stream(seed, 0);
	s->jitter_state = stream(seed, 1);
	s->reorder_state = stream(seed, 2);
}

void shaper_change(struct shaper *s, const struct shaper_config *config,
		uint64_t now)
{
	advance(s, now);
	uint64_t old = s->config.rate;
	s->config = *config;
	s->jitter_until = 0;
	/* What is left of the packet being sent. */
	if (s->queue.first && old)
		s->sent = config->rate ? now + (uint64_t)((double)(s->sent -
									  now) *
							       (double)old /
							       (double)config->rate)
				       : now;
}

bool shaper_offer(struct shaper *s, struct shaper_packet *p, uint32_t length,
		uint64_t now)
{
	struct shaper_counters *c = counters_of(s, p);
	uint32_t bound = s->config.queue_bytes;
	advance(s, now);
	c->offered_packets++;
	c->offered_bytes += length;
	if (bound && s->backlog + length > bound) {
		c->tail_drops++;
		return false;
	}
	c->accepted_packets++;
	c->accepted_bytes += length;
	p->offered = now;
	p->due = UINT64_MAX;
	p->length = length;
	p->cut = false;
	p->lost = draw_loss(&s->config, &s->loss_state, &s->bad);
	p->reordered = draw(&s->reorder_state) < s->config.reorder;
	s->backlog += length;
	c->max_backlog = orl_max64(c->max_backlog, s->backlog);
	if (!s->queue.first)
		s->sent = now + sending_time(s, length);
	push(&s->queue, p);
	return true;
}

struct shaper_packet *shaper_take(struct shaper *s, uint64_t now)
{
	advance(s, now);
	if (!s->flight.first || s->flight.first->due > now)
		return NULL;
	struct shaper_packet *p = pop(&s->flight);
	struct shaper_counters *c = counters_of(s, p);
	c->reordered += p->reordered;
	if (p->cut) {
		c->cut_losses++;
	} else if (p->lost) {
		c->losses++;
	} else {
		c->delivered_packets++;
		c->delivered_bytes += p->length;
		c->late_ns_sum += now - p->due;
		c->late_ns_max = orl_max64(c->late_ns_max, now - p->due);
	}
	return p;
}

uint64_t shaper_next(const struct shaper *s)
{
	uint64_t due = s->flight.first ? s->flight.first->due : UINT64_MAX;
	uint64_t sent = s->queue.first ? s->sent : UINT64_MAX;
	/* What is queued comes after what is on the way, unless it skips. */
	if (s->flight.first && s->config.reorder <= 0)
		return due;
	return orl_min64(due, sent);
}

struct shaper_packet *shaper_drain(struct shaper *s)
{
	struct shaper_packet *p = pop(&s->queue);
	return p ? p : pop(&s->flight);
}
