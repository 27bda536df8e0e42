/*
 * test_link_out.c - queues, order, expiry, cancel and the share of the bulk
 * channels: what link.h promises of output.
 */
#include "tests/unit/end.h"

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

/* They cost memory, too, however few bytes they have. */
static void small_messages_are_limited(void **state)
{
	struct end e;
	uint32_t n = 0;
	(void)state;
	begin(&e, ORL_SERVER, true);
	while (n < 150000 && !orl_link_cancel(e.link, ORL_CHANNEL_PRINT, n + 1))
		n++;
	assert_in_range(n, 1000, ORL_LINK_QUEUE_MAX / 64);
	assert_int_equal(orl_link_cancel(e.link, ORL_CHANNEL_PRINT, 1),
			ORIEL_ELIMIT);
	for (n = 0; n < 150000 && !send_n(&e, 0x0501, 1);)
		n++;
	assert_in_range(n, 1000, ORL_LINK_QUEUE_MAX / 64);
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

static void little_is_owed_after_long(void **state)
{
	struct end e;
	uint8_t out[1 << 15];
	size_t bulk = 0;
	(void)state;
	begin(&e, ORL_SERVER, true);
	for (int i = 0; i < 5; i++)
		assert_int_equal(send_n(&e, 0x0501, 30000), 0);
	assert_int_equal(send_n(&e, 0x0401, 100000), 0);
	/* All the credit of the pictures, while the window is closed. */
	for (int i = 0; i < 20; i++)
		assert_int_equal(send_n(&e, ORL_MSG_part, 200000), 0);
	while (orl_link_ready(e.link, ORL_CHANNELS_PICTURE) > 500000)
		orl_link_drain(e.link, out, sizeof(out), 16384,
				ORL_CHANNELS_PICTURE, S);
	for (int i = 0; i < 10; i++)
		if (drain(&e, out, 16384) && (out[2] & 7) >= ORL_CHANNEL_USB)
			bulk++;
	assert_int_equal(bulk, 2);
	end(&e);
}

static void what_does_not_wait_is_not_owed(void **state)
{
	struct end e;
	uint8_t out[1 << 15], head[5000] = { 0 };
	struct orl_send send = {
		.id = 0x0501, .stream = 1, .head = head, .head_n = sizeof(head)
	};
	(void)state;
	begin(&e, ORL_SERVER, true);
	assert_int_equal(orl_link_send(e.link, &send), 0);
	assert_int_equal(send_n(&e, ORL_MSG_part, 50000), 0);
	for (int i = 0; i < 10; i++)
		orl_link_drain(e.link, out, sizeof(out), 1000,
				ORL_CHANNELS_PICTURE, S);
	assert_int_equal(orl_link_cancel(e.link, ORL_CHANNEL_CLIPBOARD, 1), 0);
	assert_int_equal(orl_link_owed(e.link), ORL_CHANNELS_BULK);
	assert_int_equal(drain(&e, out, 1000), 1000);
	assert_memory_equal(out, "\5\0\5\xfe\1\0\0\0", 8);
	/* Now it has nothing to wait for; what is said meanwhile is free. */
	for (int i = 0; i < 10; i++)
		assert_int_equal(drain(&e, out, 1000), 1000);
	assert_int_equal(send_n(&e, 0x0501, 10), 0);
	assert_int_equal(orl_link_owed(e.link), 0);
	assert_int_equal(drain(&e, out, 1000), 1000);
	assert_int_equal(out[2] & 7, ORL_CHANNEL_DISPLAY);
	assert_int_equal(drain(&e, out, 1000), 1000);
	assert_int_equal(out[2] & 7, ORL_CHANNEL_CLIPBOARD);
	end(&e);
}

static int send_urgent(struct end *e, uint32_t stream, size_t n, bool urgent)
{
	uint8_t *head = calloc(1, n);
	struct orl_send send = { .id = 0x0403,
		.stream = stream,
		.head = head,
		.head_n = n - 1,
		.urgent = urgent };
	head[0] = (uint8_t)stream;
	int err = orl_link_send(e->link, &send);
	free(head);
	return err;
}

/* A device that streams has half of what pictures leave it, and no more. */
static void urgent_has_half_of_the_pictures_bytes(void **state)
{
	struct end e;
	uint8_t out[1 << 15];
	size_t sent[ORL_CHANNELS] = { 0 };
	(void)state;
	begin(&e, ORL_SERVER, true);
	assert_int_equal(send_n(&e, 0x0501, 30000), 0);
	for (int i = 0; i < 6; i++) {
		assert_int_equal(send_n(&e, ORL_MSG_part, 20000), 0);
		assert_int_equal(send_urgent(&e, 1, 16000, true), 0);
	}
	assert_true(orl_link_hurries(e.link));
	/* It goes where pictures may, though the bulk's window is closed. */
	for (int i = 0; i < 80; i++) {
		size_t n = orl_link_drain(e.link, out, sizeof(out), 1000,
				ORL_CHANNELS_URGENT | ORL_CHANNELS_PICTURE, S);
		sent[out[2] & 7] += n;
	}
	assert_int_equal(sent[ORL_CHANNEL_CLIPBOARD], 0);
	assert_in_range(sent[ORL_CHANNEL_USB], 38000, 42000);
	assert_in_range(sent[ORL_CHANNEL_DISPLAY], 38000, 42000);
	/* The others of its kind are still owed their twentieth. */
	assert_int_equal(orl_link_owed(e.link),
			ORL_CHANNELS_BULK & ~(1 << ORL_CHANNEL_USB));
	while (orl_link_owed(e.link))
		drain(&e, out, 1000);
	/* A cursor's shape, and a sound, come first. */
	assert_int_equal(send_n(&e, 0x0201, 500), 0);
	assert_int_equal(send_n(&e, 0x0101, 300), 0);
	assert_int_equal(drain(&e, out, 303), 303);
	assert_int_equal(out[2] & 7, ORL_CHANNEL_SOUND);
	assert_int_equal(drain(&e, out, 503), 503);
	assert_int_equal(out[2] & 7, ORL_CHANNEL_CURSOR);
	/* Without pictures it has all there is. */
	while (orl_link_queued(e.link, ORL_CHANNELS_PICTURE))
		drain(&e, out, 16384);
	while (orl_link_hurries(e.link)) {
		assert_true(orl_link_drain(e.link, out, sizeof(out), 1000,
					    ORL_CHANNELS_PICTURE, S) > 0);
		assert_int_equal(out[2] & 7, ORL_CHANNEL_USB);
	}
	assert_int_equal(orl_link_queued(e.link, 1 << ORL_CHANNEL_USB), 0);
	assert_int_equal(orl_link_drain(e.link, out, sizeof(out), 1000,
					 ORL_CHANNELS_PICTURE, S),
			0);
	end(&e);
}

static void urgent_passes_others_and_not_itself(void **state)
{
	static const uint8_t order[] = { 1, 2, 2, 4, 1, 3 };
	struct end a, b;
	uint8_t out[1 << 15];
	(void)state;
	begin(&a, ORL_SERVER, true);
	begin(&b, ORL_CLIENT, true);
	assert_int_equal(send_urgent(&a, 1, 100, false), 0);
	assert_int_equal(drain(&a, out, 50), 50); /* it is begun */
	assert_int_equal(orl_link_feed(b.link, out, 50, S), 0);
	assert_int_equal(send_urgent(&a, 2, 100, false), 0);
	assert_int_equal(send_urgent(&a, 1, 100, false), 0);
	assert_int_equal(send_urgent(&a, 3, 100, false), 0);
	assert_int_equal(send_urgent(&a, 2, 100, true), 0);
	assert_int_equal(send_urgent(&a, 4, 100, true), 0);
	assert_int_equal(send_urgent(&a, 5, 100, true), 0);
	assert_int_equal(orl_link_cancel(a.link, ORL_CHANNEL_USB, 5), 0);
	for (unsigned i = 0; i < sizeof(order); i++) {
		uint8_t piece[128];
		size_t n = orl_link_drain(a.link, piece, sizeof(piece),
				i ? 103 : 56, ORL_CHANNELS_ALL, S);
		assert_int_equal(orl_link_feed(b.link, piece, n, S), 0);
		assert_int_equal(b.n, i + 1);
		assert_int_equal(b.at[0], order[i]);
		assert_int_equal(orl_link_hurries(a.link), i < 3);
	}
	end(&a);
	end(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_are_as_described),
		cmocka_unit_test(limits_of_queues),
		cmocka_unit_test(small_messages_are_limited),
		cmocka_unit_test(order_is_by_channel),
		cmocka_unit_test(what_is_late_is_dropped_unless_begun),
		cmocka_unit_test(cancel_drops_what_has_not_begun),
		cmocka_unit_test(a_tail_is_borrowed_until_it_is_gone),
		cmocka_unit_test(bulk_is_owed_a_twentieth),
		cmocka_unit_test(urgent_has_half_of_the_pictures_bytes),
		cmocka_unit_test(urgent_passes_others_and_not_itself),
		cmocka_unit_test(little_is_owed_after_long),
		cmocka_unit_test(what_does_not_wait_is_not_owed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
