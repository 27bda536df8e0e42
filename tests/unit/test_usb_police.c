/*
 * test_usb_police.c - what passes through a device's pipe and what ends it.
 */
#include "tests/unit/usb_ends.h"

static void transfers_pass(void **state)
{
	struct packets k = { .n = 0 }, r = { .n = 0 };
	uint8_t data[512];

	(void)state;
	memset(data, 7, sizeof(data));
	plug(8);
	usb_bulk(&k, 1, 0x81, 512, NULL, 0);
	usb_bulk(&k, 2, 0x02, 31, data, 31);
	usb_control(&k, 3, 0xfe, 0xa1, 0, 1, NULL, 0);
	assert_int_equal(say(ORL_SERVER, &k), 0);
	assert_int_equal(ends[ORL_CLIENT].n, k.n);
	usb_bulk(&r, 2, 0x02, 31, NULL, 0);
	usb_bulk(&r, 1, 0x81, 512, data, 512);
	usb_control(&r, 3, 0xfe, 0xa1, 0, 1, data, 1);
	assert_int_equal(say(ORL_CLIENT, &r), 0);
	assert_int_equal(ends[ORL_SERVER].n, r.n);
	assert_memory_equal(ends[ORL_SERVER].got, r.p, r.n);
	oriel_usb_detach(ends[ORL_CLIENT].usb, "pulled");
	assert_int_equal(run(), 0);
	assert_string_equal(ends[ORL_SERVER].why, "pulled");
	assert_int_equal(ends[ORL_SERVER].detached, 1);
	assert_int_equal(ends[ORL_CLIENT].detached, 0);
}

/* Cut anywhere, only whole packets come out. */
static void pieces_are_put_together(void **state)
{
	struct packets k = { .n = 0 };
	uint8_t data[4000] = { 1 };

	(void)state;
	plug(8);
	usb_bulk(&k, 1, 0x02, sizeof(data), data, sizeof(data));
	usb_bulk(&k, 2, 0x02, 3, data, 3);
	for (size_t i = 0; i < k.n; i++) {
		assert_int_equal(oriel_usb_send(ends[ORL_SERVER].usb, k.p + i,
						 1),
				0);
		assert_int_equal(run(), 0);
		assert_int_equal(ends[ORL_CLIENT].n,
				i + 1 == k.n ? k.n
				: i + 1 >= 16 + 10 + sizeof(data)
						? 16 + 10 + sizeof(data)
						: 0);
	}
}

static void an_answer_nobody_asked_for(void **state)
{
	struct packets k = { .n = 0 };

	(void)state;
	plug(8);
	usb_bulk(&k, 9, 0x81, 1, "x", 1);
	check_breaks(ORL_CLIENT, &k, ORIEL_EPROTO, "nobody asked for");
}

static void answered_twice(void **state)
{
	struct packets k = { .n = 0 }, r = { .n = 0 };

	(void)state;
	plug(8);
	usb_bulk(&k, 9, 0x81, 1, NULL, 0);
	assert_int_equal(say(ORL_SERVER, &k), 0);
	usb_bulk(&r, 9, 0x81, 1, "x", 1);
	assert_int_equal(say(ORL_CLIENT, &r), 0);
	check_breaks(ORL_CLIENT, &r, ORIEL_EPROTO, "nobody asked for");
}

static void more_than_was_asked_for(void **state)
{
	struct packets k = { .n = 0 }, r = { .n = 0 };

	(void)state;
	plug(8);
	usb_bulk(&k, 9, 0x81, 4, NULL, 0);
	assert_int_equal(say(ORL_SERVER, &k), 0);
	usb_bulk(&r, 9, 0x81, 5, "12345", 5);
	check_breaks(ORL_CLIENT, &r, ORIEL_EPROTO, "more than it was asked");
}

static void another_kind_of_answer(void **state)
{
	struct packets k = { .n = 0 }, r = { .n = 0 };

	(void)state;
	plug(8);
	usb_bulk(&k, 9, 0x81, 64, NULL, 0);
	assert_int_equal(say(ORL_SERVER, &k), 0);
	usb_control(&r, 9, 6, 0x80, 0x100, 4, "1234", 4);
	check_breaks(ORL_CLIENT, &r, ORIEL_EPROTO, "as if it were another");
}

static void too_much_is_asked_for(void **state)
{
	struct packets k = { .n = 0 };

	(void)state;
	plug(8);
	usb_bulk(&k, 9, 0x81, 3 << 20, NULL, 0);
	check_breaks(ORL_SERVER, &k, ORIEL_EPROTO, "more than 2 MiB");
}

static void a_packet_that_is_too_long(void **state)
{
	struct packets k = { .n = 0 };

	(void)state;
	plug(8);
	usb_head(&k, usb_redir_bulk_packet, 100 << 20, 1);
	check_breaks(ORL_CLIENT, &k, ORIEL_EPROTO, "more than 2 MiB");
}

static void too_many_transfers(void **state)
{
	struct packets k;

	(void)state;
	plug(8);
	for (uint64_t i = 0; i < ORL_USB_PENDING_MAX; i++) {
		k.n = 0;
		usb_bulk(&k, i, 0x81, 64, NULL, 0);
		assert_int_equal(say(ORL_SERVER, &k), 0);
	}
	k.n = 0;
	usb_bulk(&k, 12345, 0x81, 64, NULL, 0);
	check_breaks(ORL_SERVER, &k, ORIEL_EPROTO, "more than 512");
}

static void nonsense(void **state)
{
	struct packets k = { .n = 0 };

	(void)state;
	plug(8);
	usb_head(&k, 77, 0, 0);
	check_breaks(ORL_CLIENT, &k, ORIEL_EPROTO, "not the usbredir");
}

/* What only a guest says, from a device. */
static void the_wrong_end_speaks(void **state)
{
	struct packets k = { .n = 0 };

	(void)state;
	plug(8);
	usb_head(&k, usb_redir_reset, 0, 0);
	check_breaks(ORL_CLIENT, &k, ORIEL_EPROTO, "not the usbredir");
}

static void hello_twice(void **state)
{
	struct packets k = { .n = 0 };

	(void)state;
	plug(8);
	usb_head(&k, usb_redir_hello, 68, 0);
	check_breaks(ORL_CLIENT, &k, ORIEL_EPROTO, "hello twice");
}

static void a_device_that_is_another(void **state)
{
	struct packets k = { .n = 0 };

	(void)state;
	plug(8);
	usb_connect(&k, USB_PRODUCT);
	check_breaks(ORL_CLIENT, &k, ORIEL_EPROTO, "connected twice");
}

/* A stick that turns into a keyboard when it is there. */
static void interfaces_that_change(void **state)
{
	static const uint8_t classes[] = { 8, 3 };
	struct packets k = { .n = 0 };

	(void)state;
	plug(8);
	usb_interfaces(&k, 2, classes);
	check_breaks(ORL_CLIENT, &k, ORIEL_EDENIED, "class 03");
}

static const uint8_t lying[] = { 9, 2, 34, 0, 1, 1, 0, 0x80, 50, 9, 4, 0, 0, 1,
	3, 1, 1, 0, 9, 0x21, 0x11, 1, 0, 1, 0x22, 52, 0, 7, 5, 0x81, 3, 8, 0,
	7 };

/* ... or says it is none, but shows the guest a keyboard's descriptor. */
static void descriptors_that_lie(void **state)
{
	struct packets k = { .n = 0 }, r = { .n = 0 };

	(void)state;
	plug(8);
	usb_control(&k, 5, 6, 0x80, 0x200, 255, NULL, 0);
	assert_int_equal(say(ORL_SERVER, &k), 0);
	usb_control(&r, 5, 6, 0x80, 0x200, sizeof(lying), lying, sizeof(lying));
	check_breaks(ORL_CLIENT, &r, ORIEL_EDENIED, "class 03");
}

/* An end that has no police of its own is heard by the other's. */
static void a_client_that_lies(void **state)
{
	struct packets k = { .n = 0 }, r = { .n = 0 };
	uint8_t head[4] = { 1 };

	(void)state;
	plug(8);
	usb_control(&k, 5, 6, 0x80, 0x200, 255, NULL, 0);
	assert_int_equal(say(ORL_SERVER, &k), 0);
	usb_control(&r, 5, 6, 0x80, 0x200, sizeof(lying), lying, sizeof(lying));
	struct orl_buf *tail = orl_buf_create(&env, r.n);
	memcpy(tail->data, r.p, r.n);
	assert_int_equal(orl_link_send(ends[ORL_CLIENT].link,
					 &(struct orl_send){
							 .id = ORL_MSG_usb_data,
							 .head = head,
							 .head_n = 4,
							 .tail = tail }),
			0);
	orl_buf_unref(tail);
	ends[ORL_SERVER].n = 0;
	assert_int_equal(run(), 0);
	assert_int_equal(ends[ORL_SERVER].n, 0);
	assert_int_equal(ends[ORL_SERVER].detached, 1);
	assert_int_equal(ends[ORL_CLIENT].detached, 1);
	assert_non_null(strstr(ends[ORL_CLIENT].why, "class 03"));
}

/* After a device has gone what crossed its goodbye is dropped. */
static void packets_after_disconnect(void **state)
{
	struct packets k = { .n = 0 }, g = { .n = 0 }, a = { .n = 0 };

	(void)state;
	plug(8);
	usb_head(&k, usb_redir_device_disconnect, 0, 0);
	assert_int_equal(say(ORL_CLIENT, &k), 0);
	ends[ORL_CLIENT].n = 0;
	usb_bulk(&g, 1, 0x81, 64, NULL, 0);
	assert_int_equal(say(ORL_SERVER, &g), 0);
	assert_int_equal(ends[ORL_CLIENT].n, 0);
	usb_head(&a, usb_redir_device_disconnect_ack, 0, 0);
	assert_int_equal(say(ORL_SERVER, &a), 0);
	assert_int_equal(ends[ORL_CLIENT].n, a.n);
	k.n = 0;
	usb_device(&k, 8);
	check_breaks(ORL_CLIENT, &k, ORIEL_EPROTO, "connected twice");
}

/* ---- streams ----------------------------------------------------------- */

static struct packets stream(uint32_t type, uint8_t first, uint8_t second)
{
	struct packets k = { .n = 0 };

	usb_head(&k, type,
			type == usb_redir_start_iso_stream    ? 3
			: type == usb_redir_iso_stream_status ? 2
							      : 1,
			1);
	usb_put(&k, first, 1);
	if (type != usb_redir_stop_iso_stream)
		usb_put(&k, second, 1);
	if (type == usb_redir_start_iso_stream)
		usb_put(&k, 4, 1);
	return k;
}

static struct packets iso(uint8_t endpoint, size_t n)
{
	struct packets k = { .n = 0 };

	usb_head(&k, usb_redir_iso_packet, 4 + n, 0);
	usb_put(&k, endpoint, 2);
	usb_put(&k, n, 2);
	memset(k.p + k.n, 7, n);
	k.n += n;
	return k;
}

/* Whether what `role` says of its device goes before pictures. */
static bool hurries(enum orl_role role)
{
	struct packets k = { .n = 0 };

	/* Something that neither side forbids at any time. */
	if (role == ORL_SERVER)
		usb_head(&k, usb_redir_cancel_data_packet, 0, 99);
	else
		usb_interfaces(&k, 1, (const uint8_t[]){ 8 });
	assert_int_equal(oriel_usb_send(ends[role].usb, k.p, k.n), 0);
	bool yes = orl_link_hurries(ends[role].link);
	assert_int_equal(run(), 0);
	assert_false(orl_link_hurries(ends[role].link));
	return yes;
}

static void what_streams_is_urgent(void **state)
{
	struct packets k;

	(void)state;
	plug(8);
	assert_false(hurries(ORL_CLIENT) || hurries(ORL_SERVER));
	k = stream(usb_redir_start_iso_stream, 0x81, 8);
	assert_int_equal(say(ORL_SERVER, &k), 0);
	assert_true(hurries(ORL_CLIENT) && hurries(ORL_SERVER));
	k = stream(usb_redir_iso_stream_status, 0, 0x81);
	assert_int_equal(say(ORL_CLIENT, &k), 0);
	k = iso(0x81, 192);
	assert_int_equal(say(ORL_CLIENT, &k), 0);
	assert_true(hurries(ORL_CLIENT) && hurries(ORL_SERVER));
	/* Of two that stream one goes on. */
	k = stream(usb_redir_start_iso_stream, 1, 8);
	assert_int_equal(say(ORL_SERVER, &k), 0);
	k = stream(usb_redir_stop_iso_stream, 0x81, 0);
	assert_int_equal(say(ORL_SERVER, &k), 0);
	assert_true(hurries(ORL_CLIENT) && hurries(ORL_SERVER));
	/* ... until the device says that it cannot. */
	k = stream(usb_redir_iso_stream_status, usb_redir_stall, 1);
	assert_int_equal(say(ORL_CLIENT, &k), 0);
	assert_false(hurries(ORL_CLIENT) || hurries(ORL_SERVER));
}

static void a_stream_ends_with_what_it_came_from(void **state)
{
	struct packets k;

	(void)state;
	plug(8);
	k = stream(usb_redir_start_iso_stream, 0x81, 8);
	assert_int_equal(say(ORL_SERVER, &k), 0);
	k.n = 0;
	usb_head(&k, usb_redir_reset, 0, 0);
	assert_int_equal(say(ORL_SERVER, &k), 0);
	assert_false(hurries(ORL_CLIENT) || hurries(ORL_SERVER));
	k = stream(usb_redir_start_iso_stream, 0x81, 8);
	assert_int_equal(say(ORL_SERVER, &k), 0);
	k.n = 0;
	usb_head(&k, usb_redir_set_configuration, 1, 3);
	usb_put(&k, 1, 1);
	assert_int_equal(say(ORL_SERVER, &k), 0);
	assert_false(hurries(ORL_CLIENT) || hurries(ORL_SERVER));
}

/* A stream begun when much waits: nothing overtakes what went before it. */
static void a_stream_keeps_its_order(void **state)
{
	static uint8_t data[12000];
	struct packets k = { .n = 0 };
	size_t n = 0;
	uint64_t id = 0;

	(void)state;
	plug(8);
	for (int i = 0; i < 8; i++) {
		k.n = 0;
		usb_bulk(&k, id++, 2, sizeof(data), data, sizeof(data));
		assert_int_equal(oriel_usb_send(ends[ORL_SERVER].usb, k.p, k.n),
				0);
		n += k.n;
	}
	k = stream(usb_redir_start_iso_stream, 0x81, 8);
	assert_int_equal(oriel_usb_send(ends[ORL_SERVER].usb, k.p, k.n), 0);
	n += k.n;
	assert_true(orl_link_hurries(ends[ORL_SERVER].link));
	k.n = 0;
	usb_bulk(&k, id, 2, 1, "x", 1);
	assert_int_equal(oriel_usb_send(ends[ORL_SERVER].usb, k.p, k.n), 0);
	assert_int_equal(run(), 0);
	n += k.n;
	/* The client's police has taken all of it: it came in order. */
	assert_int_equal(ends[ORL_CLIENT].n, n);
	assert_int_equal(ends[ORL_CLIENT].detached, 0);
	assert_memory_equal(ends[ORL_CLIENT].got + n - k.n, k.p, k.n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(transfers_pass),
		TEST(pieces_are_put_together),
		TEST(an_answer_nobody_asked_for),
		TEST(answered_twice),
		TEST(more_than_was_asked_for),
		TEST(another_kind_of_answer),
		TEST(too_much_is_asked_for),
		TEST(a_packet_that_is_too_long),
		TEST(too_many_transfers),
		TEST(nonsense),
		TEST(the_wrong_end_speaks),
		TEST(hello_twice),
		TEST(a_device_that_is_another),
		TEST(interfaces_that_change),
		TEST(descriptors_that_lie),
		TEST(a_client_that_lies),
		TEST(packets_after_disconnect),
		TEST(what_streams_is_urgent),
		TEST(a_stream_ends_with_what_it_came_from),
		TEST(a_stream_keeps_its_order),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
