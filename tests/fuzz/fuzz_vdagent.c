/*
 * fuzz_vdagent.c - any bytes as what a guest's agent says: pieces lie inside
 * their messages, and how the bytes are cut changes nothing, of what they mean
 * for the clipboard neither.
 */
#include <stdlib.h>
#include <string.h>

#include "capture/vdclip.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
	uint32_t sum, next;
	struct orl_vdclip clip;
	uint64_t total, got;
};

static void add(struct seen *seen, uint32_t v)
{
	seen->sum = seen->sum * 31 + v;
}

static void grabbed(void *user, uint32_t types)
{
	if (types >> ORL_VDCLIP_TYPES)
		abort();
	add(user, types);
}

static void requested(void *user, enum orl_vdclip_type type)
{
	add(user, (uint32_t)type + (orl_vdclip_mime(type) != NULL));
}

static void begun(void *user, enum orl_vdclip_type type, uint32_t total)
{
	struct seen *seen = user;

	add(seen, (uint32_t)type);
	seen->total = total;
	seen->got = 0;
}

static void data_came(void *user, const uint8_t *p, size_t n)
{
	struct seen *seen = user;

	seen->got += n;
	if (seen->got > seen->total)
		abort();
	for (size_t i = 0; i < n; i++)
		add(seen, p[i]);
}

static void came(void *user)
{
	struct seen *seen = user;

	if (seen->got != seen->total)
		abort();
	add(seen, 77);
}

static const struct orl_vdclip_calls clip_calls = {
	.grabbed = grabbed,
	.requested = requested,
	.begun = begun,
	.data = data_came,
	.came = came,
};

static void take_clip(void *user, const struct orl_vdagent_piece *p)
{
	struct seen *seen = user;

	orl_vdclip_take(&seen->clip, p);
}

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
	{ 5, 0, 1 << 20, false, take },
	{ ORL_VDCLIP_GRAB, 0, ORL_VDAGENT_GATHER, true, take_clip },
	{ ORL_VDCLIP_RELEASE, 0, 4, true, take_clip },
	{ ORL_VDCLIP_REQUEST, 4, 8, true, take_clip },
	{ ORL_VDCLIP_DATA, 4, UINT32_MAX, false, take_clip },
};

static int feed(struct seen *seen, const uint8_t *data, size_t size,
		size_t step)
{
	struct orl_vdagent agent;
	int err = 0;

	*seen = (struct seen){ .clip = { .calls = &clip_calls,
					       .user = seen,
					       .selections = size & 1 } };
	orl_vdagent_init(&agent, types, sizeof(types) / sizeof(types[0]), seen);
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
