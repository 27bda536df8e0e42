/*
 * prop_usb.c - devices over a network, in virtual time: the pipe fills a link
 * that it has for itself, and whatever pieces come whenever, what comes out at
 * the other end is what went in, for several devices at a time.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "proto/io/host.h"
#include "redirect/usb.h"
#include "tests/sim.h"
#include "tests/usbredir.h"

enum { DEVICES = 4, PACKET = 16 << 10 };

struct end {
	struct orl_usb_set set;
	struct oriel_usb *usb[DEVICES];
	struct orl_usb_rules rules;
	unsigned n, open;
	uint64_t got[DEVICES], sum[DEVICES], owed[DEVICES];
	bool lazy;
};

static struct orl_env env;
static struct end ends[2];

static struct end *end_of(struct orl_usb_set *set)
{
	return orl_container(set, struct end, set);
}

static unsigned number(const struct end *e, const struct oriel_usb *usb)
{
	unsigned i = 0;

	while (i < DEVICES && e->usb[i] != usb)
		i++;
	assert_true(i < DEVICES);
	return i;
}

static void on_attached(struct orl_usb_set *set, struct oriel_usb *usb)
{
	struct end *e = end_of(set);

	e->usb[e->n++] = usb;
	orl_usb_answer(usb, ORIEL_USB_OPEN, NULL);
}

static void on_answered(struct orl_usb_set *set, struct oriel_usb *usb,
		enum oriel_usb_answer answer, const char *why)
{
	(void)usb;
	(void)why;
	end_of(set)->open += answer == ORIEL_USB_OPEN;
}

static uint64_t mix(uint64_t sum, const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		sum = (sum ^ p[i]) * 0x100000001b3u;
	return sum;
}

static void on_data(struct orl_usb_set *set, struct oriel_usb *usb,
		const void *data, size_t n)
{
	struct end *e = end_of(set);
	unsigned i = number(e, usb);

	e->got[i] += n;
	e->sum[i] = mix(e->sum[i], data, n);
	if (e->lazy)
		e->owed[i] += n;
	else
		oriel_usb_consumed(usb, n);
}

static void on_writable(struct orl_usb_set *set, struct oriel_usb *usb)
{
	(void)set;
	(void)usb;
}

static void on_detached(
		struct orl_usb_set *set, struct oriel_usb *usb, const char *why)
{
	(void)set;
	(void)usb;
	fail_msg("detached: %s", why ? why : "");
}

static void on_queued(struct orl_usb_set *set, int err)
{
	(void)set;
	assert_int_equal(err, 0);
}

static const struct orl_usb_calls usb_calls = { on_attached, on_answered,
	on_data, on_writable, on_detached, on_queued };

static int on_message(void *user, uint16_t id, const uint8_t *data, size_t n)
{
	struct end *e = user;

	switch (id) {
	case ORL_MSG_usb_attach:
		return orl_usb_on_attach(&e->set, data, n, NULL);
	case ORL_MSG_usb_answer:
		return orl_usb_on_answer(&e->set, data, n);
	case ORL_MSG_usb_data:
		return orl_usb_on_data(&e->set, data, n);
	case ORL_MSG_usb_credit:
		return orl_usb_on_credit(&e->set, data, n);
	default:
		return ORIEL_EPROTO;
	}
}

static void begin(struct sim *sim, const struct sim_config *config, unsigned n)
{
	static const struct orl_link_calls calls = { on_message };
	void *user[2] = { &ends[0], &ends[1] };
	const struct oriel_usb_info info = { .size = sizeof(info),
		.vendor = USB_VENDOR,
		.product = USB_PRODUCT,
		.interface_count = 1,
		.interfaces = { { 8, 0, 0 } } };

	memset(ends, 0, sizeof(ends));
	assert_int_equal(orl_host_env(&env, NULL), 0);
	assert_int_equal(sim_init(sim, &env, config, &calls, user), 0);
	for (int i = 0; i < 2; i++) {
		orl_usb_init(&ends[i].set, &env, (enum orl_role)i, &usb_calls,
				&ends[i].rules);
		orl_link_open(sim->link[i]);
		ends[i].set.link = sim->link[i];
	}
	for (unsigned i = 0; i < n; i++)
		assert_int_equal(orl_usb_offer(&ends[ORL_CLIENT].usb[i],
						 &ends[ORL_CLIENT].set, &info),
				0);
	sim_settle(sim, sim->now + 60 * SECOND);
	assert_int_equal(ends[ORL_CLIENT].open, n);
	for (unsigned i = 0; i < n; i++) {
		struct packets h = { .n = 0 }, d = { .n = 0 };

		usb_hello(&h, USB_CAPS);
		usb_device(&d, 8);
		for (int role = 0; role < 2; role++)
			assert_int_equal(oriel_usb_send(ends[role].usb[i], h.p,
							 h.n),
					0);
		sim_settle(sim, sim->now + 60 * SECOND);
		assert_int_equal(oriel_usb_send(ends[ORL_CLIENT].usb[i], d.p,
						 d.n),
				0);
		sim_settle(sim, sim->now + 60 * SECOND);
	}
	for (int i = 0; i < 2; i++) {
		memset(ends[i].got, 0, sizeof(ends[i].got));
		memset(ends[i].sum, 0, sizeof(ends[i].sum));
	}
}

static void finish(struct sim *sim)
{
	for (int i = 0; i < 2; i++)
		orl_usb_fini(&ends[i].set);
	sim_fini(sim);
}

/* What a device sends by itself, so that nothing has to be asked for. */
static size_t stream(uint8_t *out, struct rng *rng, size_t n)
{
	struct packets k = { .n = 0 };

	usb_head(&k, usb_redir_iso_packet, 4 + n, 0);
	usb_put(&k, 0x81, 1);
	usb_put(&k, 0, 1);
	usb_put(&k, n, 2);
	memcpy(out, k.p, k.n);
	for (size_t i = 0; i < n; i++)
		out[k.n + i] = (uint8_t)rng_next(rng);
	return k.n + n;
}

static double fill(uint64_t rate, uint64_t latency)
{
	static uint8_t bytes[PACKET + 64];
	struct rng rng = { 1 };
	struct sim sim;
	const struct sim_config config = { .seed = 1,
		.latency = latency,
		.rate = rate,
		.chunk = ORL_CHUNK_MAX + ORL_CHUNK_HEAD };
	struct end *e = &ends[ORL_CLIENT];

	begin(&sim, &config, 1);
	uint64_t start = sim.now, until = start + 5 * SECOND;
	size_t n = stream(bytes, &rng, PACKET - 64);
	while (sim.now < until) {
		while (oriel_usb_room(e->usb[0]) >= n)
			assert_int_equal(
					oriel_usb_send(e->usb[0], bytes, n), 0);
		if (!sim_step(&sim, until))
			break;
	}
	double share = (double)ends[ORL_SERVER].got[0] / ((double)rate * 5);
	finish(&sim);
	return share;
}

static void a_link_is_filled(void **state)
{
	static const struct {
		const char *name;
		uint64_t rate, latency; /* bytes a second, one way */
	} links[] = { { "lan", 125000000, 150000 },
		{ "campus", 12500000, 5000000 }, { "wan", 2500000, 20000000 },
		{ "dsl", 125000, 30000000 } };

	(void)state;
	for (unsigned i = 0; i < ORL_COUNT(links); i++) {
		double share = fill(links[i].rate, links[i].latency);

		printf("%s: %.1f %% of the link's rate\n", links[i].name,
				share * 100);
		assert_true(share >= 0.8);
	}
}

static void what_goes_in_comes_out(void **state)
{
	struct rng rng = { rng_seed(4) };
	static uint8_t bytes[PACKET + 64];
	struct sim sim;
	uint64_t sent[DEVICES], sum[DEVICES];

	(void)state;
	for (int turn = 0; turn < 20; turn++) {
		const struct sim_config config = { .seed = rng_next(&rng),
			.latency = rng_below(&rng, 100 * MS),
			.rate = 20000 + rng_below(&rng, 10000000),
			.chunk = 100 + rng_below(&rng, 16000),
			.pieces = true };
		unsigned n = 1 + (unsigned)rng_below(&rng, DEVICES);

		begin(&sim, &config, n);
		ends[ORL_SERVER].lazy = rng_below(&rng, 2);
		memset(sent, 0, sizeof(sent));
		memset(sum, 0, sizeof(sum));
		for (int step = 0; step < 300; step++) {
			unsigned i = (unsigned)rng_below(&rng, n);
			size_t k = stream(bytes, &rng, rng_below(&rng, PACKET));
			struct oriel_usb *usb = ends[ORL_CLIENT].usb[i];

			if (oriel_usb_room(usb) >= k) {
				size_t cut = rng_below(&rng, k + 1);
				assert_int_equal(
						oriel_usb_send(usb, bytes, cut),
						0);
				assert_int_equal(
						oriel_usb_send(usb, bytes + cut,
								k - cut),
						0);
				sent[i] += k;
				sum[i] = mix(sum[i], bytes, k);
			}
			i = (unsigned)rng_below(&rng, n);
			oriel_usb_consumed(ends[ORL_SERVER].usb[i],
					ends[ORL_SERVER].owed[i]);
			ends[ORL_SERVER].owed[i] = 0;
			sim_run(&sim, sim.now + rng_below(&rng, 20 * MS));
		}
		/* Everything that waits is read at last. */
		ends[ORL_SERVER].lazy = false;
		for (unsigned i = 0; i < n; i++)
			oriel_usb_consumed(ends[ORL_SERVER].usb[i],
					ends[ORL_SERVER].owed[i]);
		sim_settle(&sim, sim.now + 1000 * SECOND);
		for (unsigned i = 0; i < n; i++) {
			assert_int_equal(ends[ORL_SERVER].got[i], sent[i]);
			assert_int_equal(ends[ORL_SERVER].sum[i], sum[i]);
		}
		finish(&sim);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_link_is_filled),
		cmocka_unit_test(what_goes_in_comes_out),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
