/*
 * fuzz_vdagent.c - any bytes as what a guest's agent says: pieces lie inside
 * their messages, and how the bytes are cut changes nothing.
 */
#include <stdlib.h>
#include <string.h>

#include "capture/vdagent.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
	uint32_t sum, next;
};

static void take(void *user, const struct orl_vdagent_piece *p)
{
	struct seen *seen = user;

	if (p->n > p->size || p->at > p->size - p->n ||
			(p->at && p->at != seen->next))
		abort();
	seen->next = p->at + (uint32_t)p->n;
	if (!p->at)
		seen->sum = seen->sum * 31 + p->type + p->size;
	for (size_t i = 0; i < p->n; i++)
		seen->sum = seen->sum * 31 + p->data[i];
}

static const struct orl_vdagent_type types[] = {
	{ ORL_VDAGENT_CAPS, 4, ORL_VDAGENT_GATHER, true, take },
	{ ORL_VDAGENT_REPLY, 8, 8, true, take },
	{ 13, 0, 0, true, take },
	{ 4, 0, 1 << 20, false, take },
};

static int feed(struct seen *seen, const uint8_t *data, size_t size,
		size_t step)
{
	struct orl_vdagent agent;
	int err = 0;

	*seen = (struct seen){ 0, 0 };
	orl_vdagent_init(&agent, types, 4, seen);
	for (size_t at = 0; at < size && !err; at += step)
		err = orl_vdagent_feed(&agent, data + at,
				size - at < step ? size - at : step);
	return err;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct seen once, bytewise;
	int err = feed(&once, data, size, size ? size : 1);

	if (feed(&bytewise, data, size, 1) != err || bytewise.sum != once.sum)
		abort();
	return 0;
}
