/*
 * end.h - one link with memory that is counted and can run out, and a note of
 * what it has reported: the fixture of test_link.c and test_link_out.c.
 */
#ifndef ORL_TESTS_UNIT_END_H
#define ORL_TESTS_UNIT_END_H

#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>

#include "proto/io/host.h"
#include "proto/link.h"

static const uint64_t S = 1000000000;

/* Memory that is counted, and can run out. */
struct memory {
	long live, made, fail_at; /* fail_at: 1 is the next; 0 never */
};

static inline void *memory_alloc(void *user, size_t n)
{
	struct memory *m = user;
	m->made++;
	if (m->fail_at && --m->fail_at == 0)
		return NULL;
	m->live++;
	return malloc(n);
}

static inline void *memory_resize(void *user, void *ptr, size_t n)
{
	struct memory *m = user;
	m->made++;
	if (m->fail_at && --m->fail_at == 0)
		return NULL;
	m->live += !ptr;
	return realloc(ptr, n);
}

static inline void memory_release(void *user, void *ptr)
{
	struct memory *m = user;
	m->live -= ptr != NULL;
	free(ptr);
}

/* One link and what it has reported. */
struct end {
	struct orl_link *link;
	struct orl_env env;
	struct oriel_hooks hooks;
	struct memory memory;
	unsigned n;
	uint16_t id[256];
	size_t size[256];
	const uint8_t *at;
	int answer;       /* of the handler */
	size_t hold;      /* inside the handler, on channel id >> 8 */
	uint16_t open_at; /* open on this id */
};

static inline int on_message(
		void *user, uint16_t id, const uint8_t *data, size_t n)
{
	struct end *e = user;
	assert_true(e->n < ORL_COUNT(e->id));
	e->at = data;
	e->id[e->n] = id;
	e->size[e->n++] = n;
	if (e->hold)
		orl_link_hold(e->link, (enum orl_channel)(id >> 8), e->hold);
	if (e->open_at == id)
		orl_link_open(e->link);
	return e->answer;
}

static const struct orl_link_calls calls = { on_message };

static inline void begin(struct end *e, enum orl_role role, bool open)
{
	memset(e, 0, sizeof(*e));
	e->hooks = (struct oriel_hooks){ .size = sizeof(e->hooks),
		.user = &e->memory,
		.alloc = memory_alloc,
		.resize = memory_resize,
		.release = memory_release };
	assert_int_equal(orl_host_env(&e->env, &e->hooks), 0);
	assert_int_equal(orl_link_create(&e->link, &e->env, role, &calls, e, S),
			0);
	if (open)
		orl_link_open(e->link);
}

static inline void end(struct end *e)
{
	orl_link_destroy(e->link);
	assert_int_equal(e->memory.live, 0);
}

static inline size_t drain(struct end *e, uint8_t *out, size_t chunk)
{
	return orl_link_drain(
			e->link, out, 1 << 15, chunk, ORL_CHANNELS_ALL, S);
}

/* All that is queued, to the other end. Returns its error. */
static inline int pass(struct end *from, struct end *to, uint64_t now)
{
	uint8_t b[1 << 15];
	size_t n;
	int err = 0;
	while (!err && (n = orl_link_drain(from->link, b, sizeof(b), 16384,
					ORL_CHANNELS_ALL, now)))
		err = orl_link_feed(to->link, b, n, now);
	return err;
}

/* A message of n bytes, id byte included, on `id`. */
static inline int send_n(struct end *e, uint16_t id, size_t n)
{
	uint8_t *head = calloc(1, n);
	struct orl_send send = { .id = id, .head = head, .head_n = n - 1 };
	int err = orl_link_send(e->link, &send);
	free(head);
	return err;
}

static inline int feed(struct end *e, const char *bytes, size_t n)
{
	return orl_link_feed(e->link, bytes, n, 2 * S);
}

/* A chunk of n bytes, all zero but the first, which is `id`. */
static inline int feed_chunk(
		struct end *e, unsigned flags, uint8_t id, size_t n)
{
	uint8_t *b = calloc(1, n + 3);
	b[0] = (uint8_t)n;
	b[1] = (uint8_t)(n >> 8);
	b[2] = (uint8_t)flags;
	b[3] = id;
	int err = orl_link_feed(e->link, b, n + 3, 2 * S);
	free(b);
	return err;
}

#endif
