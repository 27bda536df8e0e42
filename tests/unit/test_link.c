/*
 * test_link.c - what comes in, credit, keep-alive and memory: what link.h
 * promises of input.
 */
#include "tests/unit/end.h"

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
		assert_int_equal(send_n(&a, 0x0601, 32768), 0);
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
	orl_link_release(b.link, ORL_CHANNEL_PRINT, 32767);
	assert_int_equal(orl_link_queued(b.link, ORL_CHANNELS_ALL), 0);
	orl_link_release(b.link, ORL_CHANNEL_PRINT, 1);
	assert_int_equal(orl_link_queued(b.link, ORL_CHANNELS_ALL), 6);
	assert_int_equal(pass(&b, &a, S), 0);
	assert_int_equal(orl_link_ready(a.link, ORL_CHANNELS_ALL), 32768);
	b.hold = 0;
	assert_int_equal(pass(&a, &b, S), 0);
	assert_int_equal(b.n, 3);
	orl_link_release(b.link, ORL_CHANNEL_PRINT, 32768);
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
		assert_int_equal(feed_chunk(&e, 6, 1, 16000), 0);
	e.hold = 0;
	assert_int_equal(feed_chunk(&e, 6, 1, 1536), 0);
	assert_int_equal(feed_chunk(&e, 6, 1, 1), ORIEL_EPROTO);
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
	assert_int_equal(send_n(&a, 0x06ff, 16381), 0);
	assert_int_equal(send_n(&a, 0x06ff, 16381), 0);
	assert_int_equal(pass(&a, &b, S), 0);
	assert_int_equal(b.n, 0);
	/* 3 * 16381 of print's 64 KiB have been used. */
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
	/* Both have to have been quiet for that long. */
	assert_int_equal(send_n(&a, ORL_MSG_notice, 5), 0);
	assert_int_equal(pass(&a, &b, 2 * S), 0);
	assert_true(orl_link_deadline(a.link) == 61 * S);
	assert_int_equal(orl_link_feed(a.link, "\2\0\0\x34\3", 5, 3 * S), 0);
	assert_true(orl_link_deadline(a.link) == 62 * S);
	assert_true(orl_link_deadline(b.link) == 182 * S);
	end(&a);
	end(&b);
	begin(&a, ORL_SERVER, true);
	begin(&b, ORL_CLIENT, true);
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

static void a_pong_answers_the_oldest_ping(void **state)
{
	struct end e;
	(void)state;
	begin(&e, ORL_SERVER, true);
	assert_int_equal(orl_link_ping(e.link, S), 0);
	assert_int_equal(orl_link_ping(e.link, S), 0);
	assert_int_equal(feed(&e, "\x0d\0\0\x0d\2\0\0\0\1\0\0\0\0\0\0\0", 16),
			ORIEL_EPROTO);
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
	assert_int_equal(feed_chunk(&e, 6, 1, 16000), 0);
	assert_int_equal(feed_chunk(&e, 6, 1, 16000), 0);
	e.memory.fail_at = 1;
	assert_int_equal(feed_chunk(&e, 6, 1, 16000), ORIEL_ENOMEM);
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
		cmocka_unit_test(pieces_make_the_same_messages),
		cmocka_unit_test(a_whole_chunk_is_reported_where_it_lies),
		cmocka_unit_test(big_messages_leave_no_memory_behind),
		cmocka_unit_test(bad_chunks_end_the_link),
		cmocka_unit_test(a_message_has_a_limit),
		cmocka_unit_test(a_flood_of_pings_ends_it),
		cmocka_unit_test(credit_stops_and_grants_go_on),
		cmocka_unit_test(who_overdraws_is_out),
		cmocka_unit_test(handlers_judge),
		cmocka_unit_test(pad_is_swallowed_and_counted),
		cmocka_unit_test(silence_is_probed_and_then_fatal),
		cmocka_unit_test(the_quickest_pong_tells_the_clock),
		cmocka_unit_test(a_pong_answers_the_oldest_ping),
		cmocka_unit_test(memory_runs_out_and_nothing_is_lost),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
