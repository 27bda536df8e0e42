/*
 * test_usb.c - devices over a link: how they come and go, how bytes flow, and
 * that nothing is left behind.
 */
#include "tests/unit/usb_ends.h"

/* Data for the device, in packets that fill a buffer. */
static size_t pump(unsigned packets)
{
	static uint8_t bytes[60000];
	size_t n = 0;

	for (unsigned i = 0; i < packets; i++) {
		static uint8_t head[26];
		struct packets k = { .n = 0 };

		usb_head(&k, usb_redir_bulk_packet, 10 + sizeof(bytes), i);
		usb_put(&k, 2, 2);
		usb_put(&k, sizeof(bytes) & 0xffff, 2);
		usb_put(&k, 0, 4);
		usb_put(&k, sizeof(bytes) >> 16, 2);
		memcpy(head, k.p, sizeof(head));
		if (oriel_usb_room(ends[ORL_SERVER].usb) <
				sizeof(head) + sizeof(bytes))
			break;
		assert_int_equal(oriel_usb_send(ends[ORL_SERVER].usb, head,
						 sizeof(head)),
				0);
		assert_int_equal(oriel_usb_send(ends[ORL_SERVER].usb, bytes,
						 sizeof(bytes)),
				0);
		n += sizeof(head) + sizeof(bytes);
		assert_int_equal(run(), 0);
	}
	return n;
}

static void one_that_is_not_read_waits(void **state)
{
	struct oriel_usb *usb;

	(void)state;
	plug(8);
	ends[ORL_CLIENT].hungry = false;
	size_t n = pump(100);
	/* Two windows and a packet are on their way at most. */
	assert_in_range(n, ORL_USB_WINDOW, 4 * ORL_USB_WINDOW);
	assert_true(ends[ORL_CLIENT].n < n);
	/* Another device flows. */
	usb = ends[ORL_CLIENT].usb;
	struct oriel_usb *theirs = ends[ORL_SERVER].usb;
	ends[ORL_SERVER].attached = 0;
	size_t before = ends[ORL_CLIENT].n;
	plug(8);
	assert_ptr_not_equal(usb, ends[ORL_CLIENT].usb);
	/* Read, the first goes on. */
	ends[ORL_CLIENT].hungry = true;
	oriel_usb_consumed(usb, before);
	assert_int_equal(run(), 0);
	assert_true(oriel_usb_room(theirs) > 0);
	assert_int_equal(before + ends[ORL_CLIENT].n, n);
}

static void ended_in_the_middle_of_data(void **state)
{
	struct packets k = { .n = 0 };

	(void)state;
	plug(8);
	ends[ORL_CLIENT].quits = true;
	usb_bulk(&k, 1, 0x81, 64, NULL, 0);
	usb_bulk(&k, 2, 0x81, 64, NULL, 0);
	assert_int_equal(say(ORL_SERVER, &k), 0);
	assert_int_equal(ends[ORL_CLIENT].n, k.n / 2);
	assert_int_equal(ends[ORL_SERVER].detached, 1);
	assert_string_equal(ends[ORL_SERVER].why, "enough");
}

/* ---- a peer that is wrong ---------------------------------------------- */

static void numbers_that_never_were(void **state)
{
	(void)state;
	plug(8);
	assert_int_equal(raw(ORL_CLIENT, ORL_MSG_usb_data, "\2\0\0\0x", 5),
			ORIEL_EPROTO);
}

static void late_is_no_error(void **state)
{
	(void)state;
	plug(8);
	oriel_usb_detach(ends[ORL_SERVER].usb, NULL);
	assert_int_equal(raw(ORL_CLIENT, ORL_MSG_usb_data, "\1\0\0\0x", 5), 0);
	assert_int_equal(raw(ORL_CLIENT, ORL_MSG_usb_credit, "\1\0\0\0\1\0\0\0",
					 8),
			0);
	assert_int_equal(raw(ORL_CLIENT, ORL_MSG_usb_detach, "\1\0\0\0\0\0", 6),
			0);
}

static void data_before_it_is_open(void **state)
{
	(void)state;
	assert_int_equal(offer(8), 0);
	assert_int_equal(raw(ORL_CLIENT, ORL_MSG_usb_data, "\1\0\0\0x", 5),
			ORIEL_EPROTO);
}

static void credit_that_nobody_used(void **state)
{
	(void)state;
	plug(8);
	assert_int_equal(raw(ORL_CLIENT, ORL_MSG_usb_credit, "\1\0\0\0\0\0\4\0",
					 8),
			ORIEL_EPROTO);
}

static void answered_when_it_is_open(void **state)
{
	(void)state;
	plug(8);
	assert_int_equal(raw(ORL_SERVER, ORL_MSG_usb_answer, "\1\0\0\0\0\0\0",
					 7),
			ORIEL_EPROTO);
}

static void too_many_devices(void **state)
{
	(void)state;
	for (int i = 0; i < ORL_USB_DEVICES_MAX; i++)
		assert_int_equal(offer(8), 0);
	assert_int_equal(offer(8), ORIEL_ELIMIT);
	assert_int_equal(ends[ORL_SERVER].attached, ORL_USB_DEVICES_MAX);
}

static void ten_thousand_come_and_go(void **state)
{
	struct rng rng = { rng_seed(10) };

	(void)state;
	for (int i = 0; i < 10000; i++) {
		unsigned how = (unsigned)rng_below(&rng, 4);

		assert_int_equal(offer(8), 0);
		if (how != 3)
			orl_usb_answer(ends[ORL_SERVER].usb,
					how == 2 ? ORIEL_USB_REFUSED
						 : ORIEL_USB_OPEN,
					NULL);
		/* Crossing each other, now and then. */
		if (how == 0 || how == 3)
			oriel_usb_detach(ends[ORL_CLIENT].usb, NULL);
		if (how == 1)
			oriel_usb_detach(ends[ORL_SERVER].usb, NULL);
		assert_int_equal(run(), 0);
		assert_int_equal(ends[ORL_CLIENT].set.count, 0);
		assert_int_equal(ends[ORL_SERVER].set.count, 0);
	}
}

static void the_line_is_lost(void **state)
{
	(void)state;
	plug(8);
	orl_usb_end(&ends[ORL_CLIENT].set);
	assert_int_equal(ends[ORL_CLIENT].detached, 1);
	assert_string_equal(ends[ORL_CLIENT].why, "(lost)");
	orl_usb_drop_all(&ends[ORL_SERVER].set, "no more");
	assert_int_equal(ends[ORL_SERVER].detached, 1);
	assert_int_equal(ends[ORL_SERVER].set.count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(one_that_is_not_read_waits),
		TEST(ended_in_the_middle_of_data),
		TEST(numbers_that_never_were),
		TEST(late_is_no_error),
		TEST(data_before_it_is_open),
		TEST(credit_that_nobody_used),
		TEST(answered_when_it_is_open),
		TEST(too_many_devices),
		TEST(ten_thousand_come_and_go),
		TEST(the_line_is_lost),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
