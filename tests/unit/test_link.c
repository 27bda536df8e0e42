/* test_link.c - chunks, credit, order, keep-alive: what link.h promises. */
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

static void *memory_alloc(void *user, size_t n)
{
	struct memory *m = user;
	m->made++;
	if (m->fail_at && --m->fail_at == 0)
		return NULL;
	m->live++;
	return malloc(n);
}

static void *memory_resize(void *user, void *ptr, size_t n)
{
	struct memory *m = user;
	m->made++;
	if (m->fail_at && --m->fail_at == 0)
		return NULL;
	m->live += !ptr;
	return realloc(ptr, n);
}

static void memory_release(void *user, void *ptr)
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

static int on_message(void *user, uint16_t id, const uint8_t *data, size_t n)
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

static void begin(struct end *e, enum orl_role role, bool open)
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

static void end(struct end *e)
{
	orl_link_destroy(e->link);
	assert_int_equal(e->memory.live, 0);
}

static size_t drain(struct end *e, uint8_t *out, size_t chunk)
{
	return orl_link_drain(
			e->link, out, 1 << 15, chunk, ORL_CHANNELS_ALL, S);
}

/* All that is queued, to the other end. Returns its error. */
static int pass(struct end *from, struct end *to, uint64_t now)
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
static int send_n(struct end *e, uint16_t id, size_t n)
{
	uint8_t *head = calloc(1, n);
	struct orl_send send = { .id = id, .head = head, .head_n = n - 1 };
	int err = orl_link_send(e->link, &send);
	free(head);
	return err;
}

static int feed(struct end *e, const char *bytes, size_t n)
{
	return orl_link_feed(e->link, bytes, n, 2 * S);
}

/* A chunk of n bytes, all zero but the first, which is `id`. */
static int feed_chunk(struct end *e, unsigned flags, uint8_t id, size_t n)
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

static void bytes_are_as_described(void **state)
{
	struct end e;
	uint8_t b[1 << 15];
	struct orl_refresh refresh = { 3 };
	struct orl_ack ack = { 1, 2, 3, 4, 5, 6, 7, 8 };
	(void)state;
	begin(&e, ORL_CLIENT, true);
	assert_int_equal(ORL_LINK_PUT(e.link, refresh, &refresh), 0);
	assert_int_equal(drain(&e, b, 16384), 5);
	assert_memory_equal(b, "\2\0\0\x34\3", 5);
	/* In chunks of 8 bytes, the last of which does not say MORE. */
	assert_int_equal(ORL_LINK_PUT(e.link, ack, &ack), 0);
	assert_int_equal(drain(&e, b, 8), 8);
	assert_memory_equal(b, "\5\0\x08\x30\1\2\0\0", 8);
	for (int i = 0; i < 4; i++) {
		assert_int_equal(drain(&e, b, 8), 8);
		assert_memory_equal(b, "\5\0\x08", 3);
	}
	assert_int_equal(drain(&e, b, 8), 8);
	assert_memory_equal(b, "\5\0\0", 3);
	assert_int_equal(drain(&e, b, 8), 0);
	/* No room, no chunk. */
	assert_int_equal(ORL_LINK_PUT(e.link, refresh, &refresh), 0);
	assert_int_equal(drain(&e, b, 3), 0);
	assert_int_equal(drain(&e, b, 4), 4);
	assert_int_equal(drain(&e, b, 4), 4);
	assert_int_equal(drain(&e, b, 4), 0);
	end(&e);
}

static void pieces_make_the_same_messages(void **state)
{
	struct end a, b;
	uint8_t out[1 << 15];
	(void)state;
	begin(&a, ORL_SERVER, true);
	begin(&b, ORL_CLIENT, true);
	assert_int_equal(send_n(&a, ORL_MSG_notice, 20), 0);
	assert_int_equal(send_n(&a, ORL_MSG_part, 50000), 0);
	assert_int_equal(send_n(&a, ORL_MSG_commit, 1), 0);
	for (size_t n; (n = drain(&a, out, 1300));)
		for (size_t i = 0; i < n; i++)
			assert_int_equal(orl_link_feed(b.link, out + i, 1, S),
					0);
	assert_int_equal(b.n, 3);
	assert_int_equal(b.id[0], ORL_MSG_notice);
	assert_int_equal(b.size[0], 19);
	assert_int_equal(b.id[1], ORL_MSG_part);
	assert_int_equal(b.size[1], 49999);
	assert_int_equal(b.id[2], ORL_MSG_commit);
	assert_int_equal(b.size[2], 0);
	end(&a);
	end(&b);
}

static void a_whole_chunk_is_reported_where_it_lies(void **state)
{
	struct end e;
	static const char two[] = "\2\0\0\x34\3\4\0\3\2xyz";
	(void)state;
	begin(&e, ORL_SERVER, true);
	long made = e.memory.made;
	assert_int_equal(feed(&e, two, sizeof(two) - 1), 0);
	assert_int_equal(e.n, 2);
	assert_int_equal(e.id[1], 0x0302);
	assert_ptr_equal(e.at, two + 9);
	assert_int_equal(e.memory.made, made);
	end(&e);
}

static void big_messages_leave_no_memory_behind(void **state)
{
	struct end e;
	(void)state;
	begin(&e, ORL_CLIENT, true);
	long live = e.memory.live;
	for (int i = 0; i < 20; i++)
		assert_int_equal(feed_chunk(&e, 3 | 8, 3, 16000), 0);
	assert_int_equal(e.memory.live, live + 1);
	assert_int_equal(feed_chunk(&e, 3, 3, 10), 0);
	assert_int_equal(e.size[0], 320009);
	assert_int_equal(e.memory.live, live);
	/* A small one is kept for the next. */
	assert_int_equal(feed_chunk(&e, 3 | 8, 3, 100), 0);
	assert_int_equal(feed_chunk(&e, 3, 3, 100), 0);
	assert_int_equal(e.memory.live, live + 1);
	long made = e.memory.made;
	assert_int_equal(feed_chunk(&e, 3 | 8, 3, 100), 0);
	assert_int_equal(feed_chunk(&e, 3, 3, 100), 0);
	assert_int_equal(e.memory.made, made);
	end(&e);
}

static void bad_chunks_end_the_link(void **state)
{
	static const struct {
		enum orl_role role;
		bool open;
		const char *bytes;
		size_t n;
	} bad[] = {
		{ ORL_SERVER, true, "\0\0\0", 3 },     /* empty */
		{ ORL_SERVER, true, "\xfe\x3f\0", 3 }, /* 16382 */
		{ ORL_SERVER, true, "\1\0\7\1", 4 },   /* channel 7 */
		{ ORL_SERVER, true, "\1\0\x10\1", 4 }, /* a flag */
		{ ORL_SERVER, true, "\1\0\x80\1", 4 },
		{ ORL_SERVER, false, "\1\0\1\1", 4 },   /* not open */
		{ ORL_SERVER, false, "\1\x10\0\1", 4 }, /* 4097 early */
		{ ORL_CLIENT, false, "\1\x10\0\1", 4 },
		/* ping, pong and credit from the wrong end, or too much */
		{ ORL_SERVER, true, "\x0d\0\0\x0c\1\0\0\0\1\0\0\0\0\0\0\0",
				16 },
		{ ORL_CLIENT, true, "\x0d\0\0\x0d\1\0\0\0\1\0\0\0\0\0\0\0",
				16 },
		{ ORL_SERVER, true, "\x0d\0\0\x0d\1\0\0\0\1\0\0\0\0\0\0\0",
				16 },
		{ ORL_CLIENT, true, "\6\0\0\x0b\3\1\0\0\0", 9 },
		{ ORL_CLIENT, true, "\6\0\0\x0b\3\0\0\0\0", 9 },
		{ ORL_CLIENT, true, "\6\0\0\x0b\7\1\0\0\0", 9 },
		{ ORL_CLIENT, true, "\2\0\0\x0b\3", 5 },
		{ ORL_CLIENT, true, "\2\0\0\x0c\3", 5 },
		{ ORL_SERVER, true, "\2\0\0\x0d\3", 5 },
	};
	struct orl_refresh refresh = { 0 };
	uint8_t out[64];
	(void)state;
	for (size_t i = 0; i < ORL_COUNT(bad); i++) {
		struct end e;
		begin(&e, bad[i].role, bad[i].open);
		assert_int_equal(ORL_LINK_PUT(e.link, refresh, &refresh), 0);
		assert_int_equal(
				feed(&e, bad[i].bytes, bad[i].n), ORIEL_EPROTO);
		/* For ever, and nothing more goes or comes. */
		assert_int_equal(feed(&e, "\2\0\0\x34\3", 5), ORIEL_EPROTO);
		assert_int_equal(feed(&e, "", 0), ORIEL_EPROTO);
		assert_int_equal(orl_link_tick(e.link, 999 * S), ORIEL_EPROTO);
		assert_int_equal(ORL_LINK_PUT(e.link, refresh, &refresh),
				ORIEL_EPROTO);
		assert_int_equal(send_n(&e, ORL_MSG_refresh, 2), ORIEL_EPROTO);
		assert_int_equal(drain(&e, out, 64), 0);
		assert_int_equal(orl_link_ready(e.link, ORL_CHANNELS_ALL), 0);
		assert_true(orl_link_deadline(e.link) == UINT64_MAX);
		assert_int_equal(e.n, 0);
		end(&e);
	}
}

static void a_message_has_a_limit(void **state)
{
	struct end e;
	(void)state;
	for (int role = ORL_CLIENT; role <= ORL_SERVER; role++) {
		for (unsigned ch = 0; ch < ORL_CHANNELS; ch++) {
			size_t max = orl_link_message_max((enum orl_role) !role,
					(enum orl_channel)ch);
			size_t n = 0;
			begin(&e, (enum orl_role)role, true);
			for (; n + 10000 <= max; n += 10000)
				assert_int_equal(feed_chunk(&e, ch | 8, 1,
								 10000),
						0);
			size_t rest = max - n;
			if (rest > 1) {
				assert_int_equal(feed_chunk(&e, ch | 8, 1,
								 rest - 1),
						0);
				rest = 1;
			}
			assert_int_equal(feed_chunk(&e, ch | 8, 1, rest + 1),
					ORIEL_EPROTO);
			end(&e);

			/* The sender knows it too. */
			max = orl_link_message_max((enum orl_role)role,
					(enum orl_channel)ch);
			begin(&e, (enum orl_role)role, true);
			uint16_t id = (uint16_t)(ch << 8 | 1);
			assert_int_equal(send_n(&e, id, max + 1), ORIEL_ELIMIT);
			assert_int_equal(send_n(&e, id, max), 0);
			end(&e);
		}
	}
	begin(&e, ORL_CLIENT, false);
	assert_int_equal(send_n(&e, 1, 4097), ORIEL_ELIMIT);
	assert_int_equal(send_n(&e, 1, 4096), 0);
	end(&e);
}

static void limits_of_queues(void **state)
{
	struct end e;
	int n = 0;
	(void)state;
	begin(&e, ORL_SERVER, false);
	assert_int_equal(send_n(&e, ORL_MSG_commit, 5), ORIEL_ESTATE);
	orl_link_open(e.link);
	assert_int_equal(send_n(&e, 0x0700, 5), ORIEL_EINVAL);
	assert_int_equal(send_n(&e, 0xff00, 5), ORIEL_EINVAL);
	/* A picture that nobody drains is refused; the link lives. */
	while (send_n(&e, ORL_MSG_part, 300000) == 0)
		n++;
	assert_int_equal(n, (ORL_LINK_QUEUE_MAX + 300000) / 300000);
	assert_int_equal(send_n(&e, ORL_MSG_commit, 5), ORIEL_ELIMIT);
	struct orl_commit commit = { 0 };
	assert_int_equal(ORL_LINK_PUT(e.link, commit, &commit), ORIEL_ELIMIT);
	/* A peer that does not read what it is told is a dead one. */
	assert_int_equal(send_n(&e, ORL_MSG_notice, 60000), 0);
	assert_int_equal(send_n(&e, ORL_MSG_notice, 5536), 0);
	assert_int_equal(send_n(&e, ORL_MSG_notice, 1), ORIEL_ELIMIT);
	assert_int_equal(feed(&e, "\2\0\0\x34\3", 5), ORIEL_ELIMIT);
	assert_int_equal(e.memory.live, 1);
	end(&e);
}

/* Pings that are not read, only answered, fill the queue of pongs. */
static void a_flood_of_pings_ends_it(void **state)
{
	struct end e;
	int err = 0, n = 0;
	(void)state;
	begin(&e, ORL_CLIENT, true);
	for (; !err && n < 10000; n++)
		err = feed(&e, "\x0d\0\0\x0c\1\0\0\0\1\0\0\0\0\0\0\0", 16);
	assert_int_equal(err, ORIEL_ELIMIT);
	assert_int_equal(n, ORL_CREDIT_CONTROL / 13 + 1);
	end(&e);
}

static void credit_stops_and_grants_go_on(void **state)
{
	struct end a, b;
	struct orl_link_stats stats;
	(void)state;
	begin(&a, ORL_SERVER, true);
	begin(&b, ORL_CLIENT, true);
	b.hold = 32768;
	for (int i = 0; i < 3; i++)
		assert_int_equal(send_n(&a, 0x0501, 32768), 0);
	assert_int_equal(orl_link_queued(a.link, ORL_CHANNELS_ALL), 3 * 32768);
	assert_int_equal(orl_link_queued(a.link, ORL_CHANNELS_PICTURE), 0);
	assert_int_equal(orl_link_ready(a.link, ORL_CHANNELS_BULK), 65536);
	assert_int_equal(orl_link_ready(a.link, ORL_CHANNELS_URGENT), 0);
	assert_int_equal(pass(&a, &b, S), 0);
	assert_int_equal(b.n, 2);
	assert_int_equal(orl_link_ready(a.link, ORL_CHANNELS_ALL), 0);
	assert_int_equal(orl_link_queued(a.link, ORL_CHANNELS_ALL), 32768);
	/* Held bytes are granted when they are released, not before. */
	assert_int_equal(orl_link_queued(b.link, ORL_CHANNELS_ALL), 0);
	orl_link_release(b.link, ORL_CHANNEL_CLIPBOARD, 32767);
	assert_int_equal(orl_link_queued(b.link, ORL_CHANNELS_ALL), 0);
	orl_link_release(b.link, ORL_CHANNEL_CLIPBOARD, 1);
	assert_int_equal(orl_link_queued(b.link, ORL_CHANNELS_ALL), 6);
	assert_int_equal(pass(&b, &a, S), 0);
	assert_int_equal(orl_link_ready(a.link, ORL_CHANNELS_ALL), 32768);
	b.hold = 0;
	assert_int_equal(pass(&a, &b, S), 0);
	assert_int_equal(b.n, 3);
	orl_link_release(b.link, ORL_CHANNEL_CLIPBOARD, 32768);
	orl_link_hold(b.link, ORL_CHANNEL_CONTROL, 5);
	orl_link_release(b.link, ORL_CHANNEL_CONTROL, 5);
	assert_int_equal(pass(&b, &a, S), 0);
	orl_link_stats(a.link, &stats);
	assert_int_equal(stats.messages_out, 3);
	assert_int_equal(stats.messages_in, 3);
	assert_int_equal(stats.bytes_in[0], 27);
	orl_link_stats(b.link, &stats);
	assert_int_equal(stats.messages_in, 3);
	end(&a);
	end(&b);
}

static void who_overdraws_is_out(void **state)
{
	struct end e;
	(void)state;
	begin(&e, ORL_CLIENT, true);
	e.hold = 16000;
	for (int i = 0; i < 4; i++)
		assert_int_equal(feed_chunk(&e, 5, 1, 16000), 0);
	e.hold = 0;
	assert_int_equal(feed_chunk(&e, 5, 1, 1536), 0);
	assert_int_equal(feed_chunk(&e, 5, 1, 1), ORIEL_EPROTO);
	end(&e);
}

static void order_is_by_channel(void **state)
{
	struct end a, b;
	uint8_t out[1 << 15];
	size_t n;
	(void)state;
	begin(&a, ORL_SERVER, true);
	begin(&b, ORL_CLIENT, true);
	for (unsigned ch = ORL_CHANNELS; ch--;)
		assert_int_equal(send_n(&a, (uint16_t)(ch << 8 | 1), 10), 0);
	/* Only what is allowed, then all, in one record. */
	n = orl_link_drain(a.link, out, sizeof(out), 16384,
			ORL_CHANNELS_PICTURE, S);
	assert_int_equal(n, 26);
	assert_int_equal(orl_link_feed(b.link, out, n, S), 0);
	n = drain(&a, out, 16384);
	assert_int_equal(n, 65);
	assert_int_equal(orl_link_feed(b.link, out, n, S), 0);
	static const uint16_t want[] = { 0x201, 0x301, 0x001, 0x101, 0x401,
		0x501, 0x601 };
	assert_int_equal(b.n, 7);
	assert_memory_equal(b.id, want, sizeof(want));

	/* An urgent one passes a long one that has begun. */
	b.n = 0;
	assert_int_equal(send_n(&a, ORL_MSG_part, 5000), 0);
	n = drain(&a, out, 1300);
	assert_int_equal(n, 1300);
	assert_int_equal(orl_link_feed(b.link, out, n, S), 0);
	assert_int_equal(send_n(&a, ORL_MSG_notice, 10), 0);
	assert_int_equal(pass(&a, &b, S), 0);
	assert_int_equal(b.n, 2);
	assert_int_equal(b.id[0], ORL_MSG_notice);
	assert_int_equal(b.id[1], ORL_MSG_part);

	/* No fragment of a few bytes at the end of a record. */
	assert_int_equal(send_n(&a, ORL_MSG_notice, 40), 0);
	assert_int_equal(send_n(&a, ORL_MSG_part, 100), 0);
	assert_int_equal(drain(&a, out, 100), 43);
	assert_int_equal(drain(&a, out, 100), 100);
	assert_int_equal(drain(&a, out, 100), 6);
	end(&a);
	end(&b);
}

static void what_is_late_is_dropped_unless_begun(void **state)
{
	struct end e;
	uint8_t out[64], head[40] = { 0 };
	struct orl_send send = {
		.id = 0x0101, .head = head, .head_n = 40, .expires = 3 * S
	};
	struct orl_link_stats stats;
	(void)state;
	begin(&e, ORL_SERVER, true);
	for (int i = 0; i < 3; i++)
		assert_int_equal(orl_link_send(e.link, &send), 0);
	assert_int_equal(orl_link_drain(e.link, out, 64, 30, ORL_CHANNELS_ALL,
					 3 * S - 1),
			30);
	assert_int_equal(orl_link_drain(e.link, out, 64, 30, ORL_CHANNELS_ALL,
					 3 * S),
			17);
	orl_link_stats(e.link, &stats);
	assert_int_equal(stats.expired, 2);
	assert_int_equal(stats.messages_out, 1);
	assert_int_equal(orl_link_queued(e.link, ORL_CHANNELS_ALL), 0);
	end(&e);
}

static void cancel_drops_what_has_not_begun(void **state)
{
	struct end a, b;
	uint8_t out[64], head[40] = { 0 };
	struct orl_send send = { .id = 0x0501, .head = head, .head_n = 40 };
	struct orl_link_stats stats;
	(void)state;
	begin(&a, ORL_CLIENT, true);
	begin(&b, ORL_SERVER, true);
	for (uint32_t i = 0; i < 6; i++) {
		send.stream = 1 + i % 2;
		assert_int_equal(orl_link_send(a.link, &send), 0);
	}
	size_t n = drain(&a, out, 30); /* of stream 1 */
	assert_int_equal(orl_link_feed(b.link, out, n, S), 0);
	assert_int_equal(orl_link_cancel(a.link, ORL_CHANNEL_DISPLAY, 1),
			ORIEL_EINVAL);
	assert_int_equal(orl_link_cancel(a.link, ORL_CHANNEL_USB, 0),
			ORIEL_EINVAL);
	assert_int_equal(
			orl_link_cancel(a.link, ORL_CHANNELS, 1), ORIEL_EINVAL);
	assert_int_equal(orl_link_cancel(a.link, ORL_CHANNEL_CLIPBOARD, 1), 0);
	assert_int_equal(pass(&a, &b, S), 0);
	orl_link_stats(a.link, &stats);
	assert_int_equal(stats.cancelled, 2);
	assert_int_equal(b.n, 5);
	for (int i = 0; i < 4; i++)
		assert_int_equal(b.id[i], 0x0501);
	assert_int_equal(b.id[4], 0x05fe);
	assert_int_equal(b.size[4], 4);
	end(&a);
	end(&b);
}

static void a_tail_is_borrowed_until_it_is_gone(void **state)
{
	struct end e;
	uint8_t out[1 << 15];
	(void)state;
	begin(&e, ORL_SERVER, true);
	struct orl_buf *buf = orl_buf_create(&e.env, 100);
	for (unsigned i = 0; i < 100; i++)
		buf->data[i] = (uint8_t)i;
	buf->size = 90;
	struct orl_send send = {
		.id = ORL_MSG_part, .head = "ab", .head_n = 2, .tail = buf
	};
	assert_int_equal(orl_link_send(e.link, &send), 0);
	assert_int_equal(orl_link_send(e.link, &send), 0);
	assert_int_equal(buf->refs, 3);
	assert_int_equal(drain(&e, out, 50), 50);
	assert_memory_equal(out, "\x2f\0\x0b\3ab\0\1\2", 9);
	assert_int_equal(out[49], 43);
	assert_int_equal(drain(&e, out, 50), 49);
	assert_memory_equal(out, "\x2e\0\3\x2c\x2d", 5);
	assert_int_equal(buf->refs, 2);
	send.tail = NULL;
	send.head_n = 0;
	assert_int_equal(orl_link_send(e.link, &send), 0);
	assert_int_equal(drain(&e, out, 16384), 96 + 4);
	assert_int_equal(buf->refs, 1);
	orl_buf_unref(buf);
	end(&e);
}

static void handlers_judge(void **state)
{
	struct end e;
	(void)state;
	begin(&e, ORL_SERVER, true);
	e.answer = ORIEL_EDENIED;
	assert_int_equal(feed(&e, "\2\0\0\x34\3\2\0\0\x34\3", 10),
			ORIEL_EDENIED);
	assert_int_equal(e.n, 1);
	end(&e);

	/* The one that opens the channels does so for the next byte. */
	begin(&e, ORL_CLIENT, false);
	e.open_at = ORL_MSG_welcome;
	assert_int_equal(feed(&e, "\1\0\0\5\1\0\3\5", 8), 0);
	assert_int_equal(e.n, 2);
	end(&e);
}

static void pad_is_swallowed_and_counted(void **state)
{
	struct end a, b;
	(void)state;
	begin(&a, ORL_CLIENT, true);
	begin(&b, ORL_SERVER, true);
	for (unsigned ch = 0; ch < ORL_CHANNELS; ch++)
		assert_int_equal(send_n(&a, (uint16_t)(ch << 8 | 0xff), 16381),
				0);
	assert_int_equal(send_n(&a, 0x05ff, 16381), 0);
	assert_int_equal(send_n(&a, 0x05ff, 16381), 0);
	assert_int_equal(pass(&a, &b, S), 0);
	assert_int_equal(b.n, 0);
	/* 3 * 16381 of the clipboard's 64 KiB have been used. */
	assert_int_equal(orl_link_queued(b.link, 1), 6);
	assert_int_equal(feed_chunk(&b, 8, 0xff, 16381), 0);
	assert_int_equal(feed_chunk(&b, 0, 0, 1), ORIEL_EPROTO);
	end(&a);
	end(&b);
}

static void silence_is_probed_and_then_fatal(void **state)
{
	struct end a, b;
	struct orl_link_stats stats;
	(void)state;
	begin(&a, ORL_SERVER, true);
	begin(&b, ORL_CLIENT, true);
	assert_true(orl_link_deadline(a.link) == 61 * S);
	assert_true(orl_link_deadline(b.link) == 181 * S);
	assert_int_equal(orl_link_tick(a.link, 61 * S - 1), 0);
	assert_int_equal(orl_link_queued(a.link, 1), 0);
	assert_int_equal(orl_link_tick(a.link, 61 * S), 0);
	assert_int_equal(orl_link_queued(a.link, 1), 13);
	assert_true(orl_link_deadline(a.link) == 181 * S);
	/* The answer is queued in the same call; nobody else hears of it. */
	assert_int_equal(pass(&a, &b, 61 * S), 0);
	assert_int_equal(orl_link_queued(b.link, 1), 13);
	assert_int_equal(pass(&b, &a, 62 * S), 0);
	assert_int_equal(a.n + b.n, 0);
	orl_link_stats(a.link, &stats);
	assert_int_equal(stats.clock_offset_valid, 1);
	assert_int_equal(stats.clock_rtt, S);
	assert_true(stats.clock_offset == -(int64_t)(S / 2));
	/* The server has heard at 62, but said nothing since 61. */
	assert_true(orl_link_deadline(a.link) == 121 * S);
	assert_true(orl_link_deadline(b.link) == 241 * S);

	/* A client that only sends is told that the server lives. */
	for (uint64_t t = 63; t <= 121; t++)
		assert_int_equal(
				orl_link_feed(a.link, "\2\0\0\x34\3", 5, t * S),
				0);
	assert_int_equal(orl_link_tick(a.link, 121 * S), 0);
	assert_int_equal(orl_link_queued(a.link, 1), 13);
	/* Not one ping after the other when the socket is full. */
	assert_int_equal(orl_link_feed(a.link, "\2\0\0\x34\3", 5, 122 * S), 0);
	assert_true(orl_link_deadline(a.link) == 181 * S);
	assert_int_equal(orl_link_tick(a.link, 181 * S), 0);
	assert_int_equal(orl_link_queued(a.link, 1), 26);
	assert_int_equal(orl_link_tick(a.link, 301 * S - 1), 0);
	assert_int_equal(orl_link_tick(a.link, 301 * S), ORIEL_ETIMEOUT);
	assert_int_equal(orl_link_tick(a.link, 301 * S), ORIEL_ETIMEOUT);
	assert_int_equal(orl_link_tick(b.link, 241 * S - 1), 0);
	assert_int_equal(orl_link_tick(b.link, 241 * S), ORIEL_ETIMEOUT);
	end(&a);
	end(&b);
}

/* One ping over a path with these delays; the client is 7 s ahead. */
static int64_t probe(struct end *a, struct end *b, uint64_t now, uint64_t there,
		uint64_t back)
{
	uint8_t out[64];
	struct orl_link_stats stats;
	assert_int_equal(orl_link_ping(a->link, now), 0);
	size_t n = drain(a, out, 64);
	assert_int_equal(
			orl_link_feed(b->link, out, n, now + there + 7 * S), 0);
	n = drain(b, out, 64);
	assert_int_equal(orl_link_feed(a->link, out, n, now + there + back), 0);
	orl_link_stats(a->link, &stats);
	return stats.clock_offset;
}

static void the_quickest_pong_tells_the_clock(void **state)
{
	struct end a, b;
	(void)state;
	begin(&a, ORL_SERVER, true);
	begin(&b, ORL_CLIENT, true);
	assert_int_equal(orl_link_ping(b.link, S), ORIEL_ESTATE);
	assert_true(probe(&a, &b, 10 * S, 100, 300) == (int64_t)(7 * S) - 100);
	assert_true(probe(&a, &b, 12 * S, 900, 300) == (int64_t)(7 * S) - 100);
	assert_true(probe(&a, &b, 14 * S, 20, 20) == (int64_t)(7 * S));
	assert_true(probe(&a, &b, 23 * S, 30, 20) == (int64_t)(7 * S));
	assert_true(probe(&a, &b, 25 * S, 30, 20) == (int64_t)(7 * S) + 5);
	/* Two on the way: the answers come in order, each once. */
	uint8_t out[64];
	assert_int_equal(orl_link_ping(a.link, 30 * S), 0);
	assert_int_equal(orl_link_ping(a.link, 30 * S), 0);
	size_t n = drain(&a, out, 64);
	assert_int_equal(orl_link_feed(b.link, out, n, 31 * S), 0);
	n = drain(&b, out, 64);
	assert_int_equal(n, 32);
	assert_int_equal(orl_link_feed(a.link, out, n, 31 * S), 0);
	assert_int_equal(orl_link_feed(a.link, out + 16, 16, 31 * S),
			ORIEL_EPROTO);
	assert_int_equal(orl_link_ping(a.link, 30 * S), ORIEL_EPROTO);
	end(&a);
	end(&b);
}

static void bulk_is_owed_a_twentieth(void **state)
{
	struct end e;
	uint8_t out[1 << 15];
	size_t picture = 0, bulk = 0;
	(void)state;
	begin(&e, ORL_SERVER, true);
	assert_int_equal(orl_link_owed(e.link), 0);
	assert_int_equal(send_n(&e, 0x0501, 30000), 0);
	assert_int_equal(orl_link_owed(e.link), 0);
	/* Its window is closed: nothing goes, but it is counted. */
	while (!orl_link_owed(e.link)) {
		if (orl_link_queued(e.link, ORL_CHANNELS_PICTURE) == 0)
			assert_int_equal(send_n(&e, ORL_MSG_part, 20000), 0);
		size_t n = orl_link_drain(e.link, out, sizeof(out), 1000,
				ORL_CHANNELS_PICTURE, S);
		assert_in_range(n, 1, 1000);
		assert_int_equal(out[2] & 7, ORL_CHANNEL_DISPLAY);
		picture += n;
		assert_true(picture < 25000);
	}
	assert_in_range(picture, 19000, 20000);
	assert_int_equal(orl_link_owed(e.link), ORL_CHANNELS_BULK);
	bulk = orl_link_drain(
			e.link, out, sizeof(out), 1000, ORL_CHANNELS_ALL, S);
	assert_int_equal(bulk, 1000);
	assert_int_equal(out[2] & 7, ORL_CHANNEL_CLIPBOARD);
	assert_int_equal(orl_link_owed(e.link), 0);
	end(&e);
}

static void memory_runs_out_and_nothing_is_lost(void **state)
{
	struct end e;
	struct orl_refresh refresh = { 0 };
	(void)state;
	begin(&e, ORL_SERVER, true);
	struct orl_link *none;
	e.memory.fail_at = 1;
	assert_int_equal(orl_link_create(&none, &e.env, ORL_CLIENT, &calls, &e,
					 S),
			ORIEL_ENOMEM);
	e.memory.fail_at = 1;
	assert_int_equal(ORL_LINK_PUT(e.link, refresh, &refresh), ORIEL_ENOMEM);
	e.memory.fail_at = 1;
	assert_int_equal(send_n(&e, ORL_MSG_part, 10), ORIEL_ENOMEM);
	/* The link lives on. */
	assert_int_equal(send_n(&e, ORL_MSG_part, 10), 0);
	/* What has to be kept or granted and cannot be ends it. */
	e.memory.fail_at = 1;
	assert_int_equal(feed(&e, "\2\0\0\x34", 4), ORIEL_ENOMEM);
	end(&e);

	begin(&e, ORL_SERVER, true);
	assert_int_equal(feed_chunk(&e, 5, 1, 16000), 0);
	assert_int_equal(feed_chunk(&e, 5, 1, 16000), 0);
	e.memory.fail_at = 1;
	assert_int_equal(feed_chunk(&e, 5, 1, 16000), ORIEL_ENOMEM);
	end(&e);

	begin(&e, ORL_SERVER, true);
	e.memory.fail_at = 1;
	assert_int_equal(orl_link_tick(e.link, 61 * S), ORIEL_ENOMEM);
	end(&e);
	orl_link_destroy(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_are_as_described),
		cmocka_unit_test(pieces_make_the_same_messages),
		cmocka_unit_test(a_whole_chunk_is_reported_where_it_lies),
		cmocka_unit_test(big_messages_leave_no_memory_behind),
		cmocka_unit_test(bad_chunks_end_the_link),
		cmocka_unit_test(a_message_has_a_limit),
		cmocka_unit_test(limits_of_queues),
		cmocka_unit_test(a_flood_of_pings_ends_it),
		cmocka_unit_test(credit_stops_and_grants_go_on),
		cmocka_unit_test(who_overdraws_is_out),
		cmocka_unit_test(order_is_by_channel),
		cmocka_unit_test(what_is_late_is_dropped_unless_begun),
		cmocka_unit_test(cancel_drops_what_has_not_begun),
		cmocka_unit_test(a_tail_is_borrowed_until_it_is_gone),
		cmocka_unit_test(handlers_judge),
		cmocka_unit_test(pad_is_swallowed_and_counted),
		cmocka_unit_test(silence_is_probed_and_then_fatal),
		cmocka_unit_test(the_quickest_pong_tells_the_clock),
		cmocka_unit_test(bulk_is_owed_a_twentieth),
		cmocka_unit_test(memory_runs_out_and_nothing_is_lost),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
