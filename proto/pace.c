/*
 * pace.c - the client window: how far the client is behind with showing what
 * it was sent. A commit on the network is nobody's fault; one that was not
 * acknowledged although the round trip and the client's usual cost have passed
 * is overdue.
 */
#include <string.h>

#include <oriel/oriel.h>

#include "proto/rate.h"

#define MS UINT64_C(1000000)
#define MOST_COST (500 * MS)

void orl_pace_init(struct orl_pace *p)
{
	memset(p, 0, sizeof(*p));
}

/* Whether frame a comes after b; they wrap. */
static bool after(uint32_t a, uint32_t b)
{
	return a != b && a - b < UINT32_C(1) << 31;
}

void orl_pace_commit(
		struct orl_pace *p, uint32_t frame, uint64_t at, bool batched)
{
	if (p->any && !after(frame, p->newest))
		return;
	if (!p->any)
		p->oldest = frame;
	p->any = true;
	p->newest = frame;
	/* Older frames than half of all numbers cannot be told from newer. */
	if (frame - p->oldest >= UINT32_C(1) << 30)
		p->oldest = frame - (UINT32_C(1) << 30);
	p->seen = orl_max64(p->seen, at);
	if (p->n == ORL_PACE_COMMITS) {
		unsigned next = (p->first + 1) % ORL_PACE_COMMITS;
		p->commit[next].at = p->commit[p->first].at;
		p->commit[next].batched = p->commit[p->first].batched;
		p->first = next;
		p->n--;
	}
	unsigned i = (p->first + p->n++) % ORL_PACE_COMMITS;
	p->commit[i].at = at;
	p->commit[i].frame = frame;
	p->commit[i].batched = batched;
}

/* As TCP does for its round trip: mean and mean deviation. */
static void learn(struct orl_pace *p, uint64_t cost)
{
	uint64_t off = cost > p->cost ? cost - p->cost : p->cost - cost;
	p->cost = p->cost - p->cost / 8 + cost / 8;
	p->spread = p->spread - p->spread / 4 + off / 4;
}

int orl_pace_ack(
		struct orl_pace *p, uint32_t frame, uint64_t now, uint64_t cost)
{
	if (!p->any || after(frame, p->newest) || after(p->oldest, frame))
		return ORIEL_EPROTO;
	p->seen = orl_max64(p->seen, now);
	uint64_t at = now;
	bool some = false;
	while (p->n && !after(p->commit[p->first].frame, frame)) {
		at = p->commit[p->first].at;
		some = true;
		p->first = (p->first + 1) % ORL_PACE_COMMITS;
		p->n--;
	}
	if (some) {
		uint64_t passed = now > at ? now - at : 0;
		learn(p, orl_min64(orl_min64(cost, passed), MOST_COST));
	}
	return 0;
}

/* When the commit at place i is overdue. */
static uint64_t due(const struct orl_pace *p, unsigned i, uint64_t rtt)
{
	unsigned at = (p->first + i) % ORL_PACE_COMMITS;
	uint64_t wait = orl_min64(rtt, 60000 * MS);
	/* The round trip's own variation, and a scheduler's. */
	wait += wait / 4 + 4 * MS + p->cost + 2 * p->spread;
	if (p->commit[at].batched)
		wait += ORL_PACE_BATCH * MS;
	return p->commit[at].at > UINT64_MAX - wait ? UINT64_MAX
						    : p->commit[at].at + wait;
}

unsigned orl_pace_overdue(const struct orl_pace *p, uint64_t now, uint64_t rtt)
{
	unsigned n = 0;
	for (unsigned i = 0; i < p->n; i++)
		n += due(p, i, rtt) < now;
	return n;
}

uint64_t orl_pace_deadline(const struct orl_pace *p, uint64_t rtt)
{
	uint64_t next = UINT64_MAX;
	for (unsigned i = 0; i < p->n; i++) {
		uint64_t t = due(p, i, rtt);
		if (t >= p->seen && t < next)
			next = t;
	}
	return next;
}
