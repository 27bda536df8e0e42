/*
 * usb_ends.h - a client's and a server's devices with a link between them, and
 * memory that is counted: the fixture of the tests of USB.
 */
#ifndef ORL_TESTS_UNIT_USB_ENDS_H
#define ORL_TESTS_UNIT_USB_ENDS_H

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

static inline void *count_alloc(void *user, size_t n)
{
	(void)user;
	live++;
	return malloc(n);
}

static inline void *count_resize(void *user, void *p, size_t n)
{
	(void)user;
	live += !p;
	return realloc(p, n);
}

static inline void count_release(void *user, void *p)
{
	(void)user;
	live -= p != NULL;
	free(p);
}

static inline struct end *end_of(struct orl_usb_set *set)
{
	return orl_container(set, struct end, set);
}

static inline void on_attached(struct orl_usb_set *set, struct oriel_usb *usb)
{
	end_of(set)->attached++;
	end_of(set)->usb = usb;
}

static inline void on_answered(struct orl_usb_set *set, struct oriel_usb *usb,
		enum oriel_usb_answer answer, const char *why)
{
	struct end *e = end_of(set);

	assert_ptr_equal(usb, e->usb);
	e->answered++;
	e->answer = answer;
	snprintf(e->why, sizeof(e->why), "%s", why);
}

static inline void on_data(struct orl_usb_set *set, struct oriel_usb *usb,
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

static inline void on_writable(struct orl_usb_set *set, struct oriel_usb *usb)
{
	(void)usb;
	end_of(set)->writable++;
}

static inline void on_detached(
		struct orl_usb_set *set, struct oriel_usb *usb, const char *why)
{
	struct end *e = end_of(set);

	(void)usb;
	e->detached++;
	snprintf(e->why, sizeof(e->why), "%s", why ? why : "(lost)");
}

static inline void on_queued(struct orl_usb_set *set, int err)
{
	(void)set;
	assert_int_equal(err, 0);
}

static const struct orl_usb_calls calls = { on_attached, on_answered, on_data,
	on_writable, on_detached, on_queued };

static inline int on_message(
		void *user, uint16_t id, const uint8_t *data, size_t n)
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
static inline int run(void)
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

static inline int setup(void **state)
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

static inline int teardown(void **state)
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

static inline struct oriel_usb_info info_of(uint8_t class)
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

static inline int offer(uint8_t class)
{
	struct oriel_usb_info info = info_of(class);
	int err = orl_usb_offer(
			&ends[ORL_CLIENT].usb, &ends[ORL_CLIENT].set, &info);

	return err ? err : run();
}

static inline int say(enum orl_role role, const struct packets *k)
{
	int err = oriel_usb_send(ends[role].usb, k->p, k->n);

	return err ? err : run();
}

/* A disk that the guest has taken; the hellos are not counted. */
static inline void plug(uint8_t class)
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

/* What breaks a rule ends the device at the end that says it. */
static inline void check_breaks(enum orl_role role, const struct packets *k,
		int err, const char *why)
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

static inline int raw(
		enum orl_role role, uint16_t id, const void *data, size_t n)
{
	assert_int_equal(orl_link_send(ends[role].link,
					 &(struct orl_send){ .id = id,
							 .head = data,
							 .head_n = n }),
			0);
	return run();
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

#endif
