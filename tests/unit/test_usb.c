/*
 * test_usb.c - devices over a link: who may, what passes, what breaks a rule,
 * and that nothing is left behind.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "proto/io/host.h"
#include "redirect/usb.h"
#include "tests/rng.h"
#include "tests/usbredir.h"

enum { GOT_MAX = 4 << 20 };

struct end {
	struct orl_usb_set set;
	struct orl_link *link;
	struct oriel_usb *usb; /* the last one */
	struct orl_usb_rules rules;
	const char *refuse;
	unsigned attached, answered, detached, writable;
	enum oriel_usb_answer answer;
	char why[300];
	uint8_t *got;
	size_t n;
	bool hungry; /* consumes at once */
	bool quits;  /* detaches in the middle of data */
};

static struct orl_env env;
static struct end ends[2]; /* by role */
static long live;          /* blocks of memory */

static void *count_alloc(void *user, size_t n)
{
	(void)user;
	live++;
	return malloc(n);
}

static void *count_resize(void *user, void *p, size_t n)
{
	(void)user;
	live += !p;
	return realloc(p, n);
}

static void count_release(void *user, void *p)
{
	(void)user;
	live -= p != NULL;
	free(p);
}

static struct end *end_of(struct orl_usb_set *set)
{
	return orl_container(set, struct end, set);
}

static void on_attached(struct orl_usb_set *set, struct oriel_usb *usb)
{
	end_of(set)->attached++;
	end_of(set)->usb = usb;
}

static void on_answered(struct orl_usb_set *set, struct oriel_usb *usb,
		enum oriel_usb_answer answer, const char *why)
{
	struct end *e = end_of(set);

	assert_ptr_equal(usb, e->usb);
	e->answered++;
	e->answer = answer;
	snprintf(e->why, sizeof(e->why), "%s", why);
}

static void on_data(struct orl_usb_set *set, struct oriel_usb *usb,
		const void *data, size_t n)
{
	struct end *e = end_of(set);

	assert_true(e->n + n <= GOT_MAX);
	memcpy(e->got + e->n, data, n);
	e->n += n;
	if (e->quits)
		oriel_usb_detach(usb, "enough");
	else if (e->hungry)
		oriel_usb_consumed(usb, n);
}

static void on_writable(struct orl_usb_set *set, struct oriel_usb *usb)
{
	(void)usb;
	end_of(set)->writable++;
}

static void on_detached(
		struct orl_usb_set *set, struct oriel_usb *usb, const char *why)
{
	struct end *e = end_of(set);

	(void)usb;
	e->detached++;
	snprintf(e->why, sizeof(e->why), "%s", why ? why : "(lost)");
}

static void on_queued(struct orl_usb_set *set, int err)
{
	(void)set;
	assert_int_equal(err, 0);
}

static const struct orl_usb_calls calls = { on_attached, on_answered, on_data,
	on_writable, on_detached, on_queued };

static int on_message(void *user, uint16_t id, const uint8_t *data, size_t n)
{
	struct end *e = user;

	switch (id) {
	case ORL_MSG_usb_attach:
		return orl_usb_on_attach(&e->set, data, n, e->refuse);
	case ORL_MSG_usb_answer:
		return orl_usb_on_answer(&e->set, data, n);
	case ORL_MSG_usb_data:
		return orl_usb_on_data(&e->set, data, n);
	case ORL_MSG_usb_credit:
		return orl_usb_on_credit(&e->set, data, n);
	case ORL_MSG_usb_detach:
		return orl_usb_on_detach(&e->set, data, n);
	default:
		assert_int_equal(id & 0xff, 0xfe);
		return 0;
	}
}

/* Until nothing goes any more; the error of a link, or 0. */
static int run(void)
{
	static uint8_t bytes[1 << 15];
	bool any = true;

	while (any) {
		any = false;
		for (int i = 0; i < 2; i++) {
			size_t n = orl_link_drain(ends[i].link, bytes,
					sizeof(bytes), 16384, ORL_CHANNELS_ALL,
					1);
			int err = n ? orl_link_feed(ends[!i].link, bytes, n, 1)
				    : 0;
			if (err)
				return err;
			any = any || n;
		}
	}
	return 0;
}

static int setup(void **state)
{
	static const struct orl_link_calls link = { on_message };
	const struct oriel_hooks hooks = { .size = sizeof(hooks),
		.alloc = count_alloc,
		.resize = count_resize,
		.release = count_release };

	(void)state;
	assert_int_equal(orl_host_env(&env, &hooks), 0);
	for (int i = 0; i < 2; i++) {
		struct end *e = &ends[i];

		free(e->got);
		memset(e, 0, sizeof(*e));
		e->got = malloc(GOT_MAX);
		e->hungry = true;
		orl_usb_init(&e->set, &env, (enum orl_role)i, &calls,
				&e->rules);
		assert_int_equal(orl_link_create(&e->link, &env,
						 (enum orl_role)i, &link, e, 0),
				0);
		orl_link_open(e->link);
		e->set.link = e->link;
	}
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		orl_usb_fini(&ends[i].set);
		orl_usb_rules_fini(&ends[i].rules);
		orl_link_destroy(ends[i].link);
	}
	assert_int_equal(live, 0);
	return 0;
}

static struct oriel_usb_info info_of(uint8_t class)
{
	return (struct oriel_usb_info){ .size = sizeof(struct oriel_usb_info),
		.vendor = USB_VENDOR,
		.product = USB_PRODUCT,
		.release = 0x100,
		.speed = 3,
		.interface_count = 1,
		.interfaces = { { class, 0, 0 } },
		.name = "stick" };
}

static int offer(uint8_t class)
{
	struct oriel_usb_info info = info_of(class);
	int err = orl_usb_offer(
			&ends[ORL_CLIENT].usb, &ends[ORL_CLIENT].set, &info);

	return err ? err : run();
}

static int say(enum orl_role role, const struct packets *k)
{
	int err = oriel_usb_send(ends[role].usb, k->p, k->n);

	return err ? err : run();
}

/* A disk that the guest has taken; the hellos are not counted. */
static void plug(uint8_t class)
{
	struct packets k = { .n = 0 }, h = { .n = 0 };

	assert_int_equal(offer(class), 0);
	assert_int_equal(ends[ORL_SERVER].attached, 1);
	orl_usb_answer(ends[ORL_SERVER].usb, ORIEL_USB_OPEN, NULL);
	assert_int_equal(run(), 0);
	assert_int_equal(ends[ORL_CLIENT].answer, ORIEL_USB_OPEN);
	usb_hello(&h, USB_CAPS);
	assert_int_equal(say(ORL_CLIENT, &h), 0);
	assert_int_equal(say(ORL_SERVER, &h), 0);
	usb_device(&k, class);
	assert_int_equal(say(ORL_CLIENT, &k), 0);
	assert_int_equal(ends[ORL_SERVER].n, h.n + k.n);
	assert_memory_equal(ends[ORL_SERVER].got + h.n, k.p, k.n);
	ends[ORL_SERVER].n = ends[ORL_CLIENT].n = 0;
}

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

/* What breaks a rule ends the device at the end that says it. */
static void check_breaks(enum orl_role role, const struct packets *k, int err,
		const char *why)
{
	char seen[300];

	assert_int_equal(oriel_usb_send(ends[role].usb, k->p, k->n), err);
	assert_int_equal(run(), 0);
	assert_int_equal(ends[!role].detached, 1);
	snprintf(seen, sizeof(seen), "%s", ends[!role].why);
	if (!strstr(seen, why))
		fail_msg("'%s' is not '%s'", seen, why);
	assert_int_equal(ends[ORL_SERVER].set.count, 0);
	assert_int_equal(ends[ORL_CLIENT].set.count, 0);
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

/* ---- rules ------------------------------------------------------------- */

static int judged(const char *rules, uint8_t device, unsigned n,
		const uint8_t *classes)
{
	struct oriel_usb_info info = info_of(8);
	char why[200];

	info.device_class = device;
	info.interface_count = n;
	for (unsigned i = 0; i < n; i++)
		info.interfaces[i].interface_class = classes[i];
	return oriel_usb_check(rules, &info, why, sizeof(why));
}

static void rules_allow_what_they_say(void **state)
{
	static const uint8_t never[] = { 2, 3, 9, 0x0a, 0x0b, 0xe0, 0xef,
		0xfe };
	static const uint8_t headset[] = { 1, 1, 3 };
	static const char *const named = "-1,0x0627,0x2211,-1,1";
	bool refused;

	(void)state;
	for (unsigned i = 0; i < 256; i++) {
		uint8_t class = (uint8_t)i;

		refused = memchr(never, (int)i, sizeof(never)) != NULL;
		assert_int_equal(judged(NULL, 0, 1, &class),
				refused ? ORIEL_EDENIED : 0);
		assert_int_equal(judged("", 0xef, 1, &class),
				refused ? ORIEL_EDENIED : 0);
		assert_int_equal(judged(named, 0, 1, &class), 0);
		if (i && i != 0xef)
			assert_int_equal(judged(NULL, class, 1, headset),
					refused ? ORIEL_EDENIED : 0);
	}
	assert_int_equal(judged(NULL, 0, 3, headset), ORIEL_EDENIED);
	assert_int_equal(judged(named, 0, 3, headset), 0);
	assert_int_equal(judged("3,0x0627,-1,-1,1", 0, 3, headset), 0);
	assert_int_equal(judged("3,0x0628,-1,-1,1", 0, 3, headset),
			ORIEL_EDENIED);
	assert_int_equal(judged("-1,-1,-1,-1,0", 0, 2, headset), ORIEL_EDENIED);
	assert_int_equal(judged(NULL, 0, 0, headset), ORIEL_EDENIED);
	assert_int_equal(judged("3,nonsense", 0, 1, headset), ORIEL_EINVAL);
	assert_int_equal(judged("1,2,3,4,5,6", 0, 1, headset), ORIEL_EINVAL);
	assert_int_equal(judged("300,-1,-1,-1,1", 0, 1, headset), ORIEL_EINVAL);
}

static void offers_are_judged_at_both_ends(void **state)
{
	(void)state;
	assert_int_equal(offer(3), ORIEL_EDENIED);
	assert_int_equal(orl_usb_rules_init(&ends[ORL_CLIENT].rules,
					 "3,-1,-1,-1,1"),
			0);
	assert_int_equal(offer(3), 0);
	assert_int_equal(ends[ORL_SERVER].attached, 0);
	assert_int_equal(ends[ORL_CLIENT].answer, ORIEL_USB_REFUSED);
	assert_non_null(strstr(ends[ORL_CLIENT].why, "class 03"));
	assert_int_equal(ends[ORL_CLIENT].set.count, 0);
	ends[ORL_SERVER].refuse = "not you";
	assert_int_equal(offer(8), 0);
	assert_string_equal(ends[ORL_CLIENT].why, "not you");
	/* A user's rules come on top of the server's. */
	ends[ORL_SERVER].refuse = NULL;
	assert_int_equal(orl_usb_rules_init(&ends[ORL_SERVER].set.more,
					 "8,-1,-1,-1,0"),
			0);
	assert_int_equal(offer(8), 0);
	assert_int_equal(ends[ORL_SERVER].attached, 0);
}

/* ---- flow -------------------------------------------------------------- */

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

static int raw(enum orl_role role, uint16_t id, const void *data, size_t n)
{
	assert_int_equal(orl_link_send(ends[role].link,
					 &(struct orl_send){ .id = id,
							 .head = data,
							 .head_n = n }),
			0);
	return run();
}

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

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

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
		TEST(rules_allow_what_they_say),
		TEST(offers_are_judged_at_both_ends),
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
