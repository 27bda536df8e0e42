/*
 * prop_link.c - whatever is sent, however it is cut: the same messages arrive
 * in order per channel, credit is never overdrawn, priorities hold, and the
 * bulk channels get their twentieth. All by seed, in virtual time.
 */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/io/host.h"
#include "tests/sim.h"

static uint64_t seed;

/* ---- random traffic ---------------------------------------------------- */

struct world;

/* One direction of one channel. */
struct flow {
	uint32_t next; /* serial to be sent */
	uint32_t want; /* least serial that may arrive */
	uint32_t arrived;
	int64_t credit; /* as the wire shows it */
	size_t held;    /* by the receiver */
};

struct side {
	struct world *world;
	enum orl_role role;
	struct flow flow[ORL_CHANNELS]; /* what this side sends */
	uint32_t cancels_got, cancels_sent;
};

struct world {
	const struct orl_env *env;
	struct sim sim;
	struct rng rng;
	struct side side[2];
};

/* Message content follows from who sends it and its serial. */
static void content(uint8_t *out, size_t n, enum orl_role from, unsigned ch,
		uint32_t serial)
{
	struct rng r = { serial * 16u + ch * 2u + (unsigned)from };
	uint64_t v = 0;
	for (size_t i = 0; i < n; i++, v >>= 8) {
		if (i % 8 == 0)
			v = rng_next(&r);
		out[i] = (uint8_t)v;
	}
	if (n >= 4)
		memcpy(out, &serial, 4);
}

/* Not one of those that the link handles or knows. */
enum { ID = 0x80 };

static int on_message(void *user, uint16_t id, const uint8_t *data, size_t n)
{
	struct side *me = user;
	struct world *w = me->world;
	unsigned ch = id >> 8;
	struct flow *flow = &w->side[!me->role].flow[ch];
	static uint8_t want[1 << 20];
	uint32_t serial;

	if ((id & 0xff) == 0xfe) {
		me->cancels_got++;
		return 0;
	}
	assert_int_equal(id & 0xff, ID);
	assert_true(n >= 4);
	memcpy(&serial, data, 4);
	assert_in_range(serial, flow->want, flow->next - 1);
	flow->want = serial + 1;
	flow->arrived++;
	content(want, n, (enum orl_role) !me->role, ch, serial);
	assert_memory_equal(data, want, n);
	if (ch && rng_below(&w->rng, 4) == 0) {
		flow->held += n + 1;
		orl_link_hold(w->sim.link[me->role], (enum orl_channel)ch,
				n + 1);
	}
	return 0;
}

static const struct orl_link_calls calls = { on_message };

/*
 * What the wire shows: whole chunks, not above the size, order by priority,
 * and no byte without credit.
 */
static void on_record(void *user, enum orl_role from, const uint8_t *data,
		size_t n, uint64_t now)
{
	struct world *w = user;
	const struct orl_link *link = w->sim.link[from];
	unsigned lowest = 0;

	(void)now;
	assert_true(n <= w->sim.config.chunk);
	for (size_t at = 0; at < n;) {
		assert_true(n - at > ORL_CHUNK_HEAD);
		size_t k = data[at] | (size_t)data[at + 1] << 8;
		unsigned ch = data[at + 2] & 7;
		const uint8_t *p = data + at + ORL_CHUNK_HEAD;
		assert_in_range(k, 1, n - at - ORL_CHUNK_HEAD);
		assert_true(ch < ORL_CHANNELS && data[at + 2] < 16);
		if (ch) {
			w->side[from].flow[ch].credit -= (int64_t)k;
			assert_true(w->side[from].flow[ch].credit >= 0);
		} else if (p[0] == (ORL_MSG_credit & 0xff) && k == 6) {
			struct orl_credit v;
			struct flow *flow;
			assert_int_equal(orl_get_credit(p + 1, 5, &v), 0);
			flow = &w->side[!from].flow[v.channel];
			flow->credit += v.bytes;
			enum orl_channel of = (enum orl_channel)v.channel;
			assert_true(flow->credit <= orl_link_credit(of));
		}
		if (ch < ORL_CHANNEL_USB) {
			assert_true(ch >= lowest);
			lowest = ch;
			/* Whatever goes before it was sent as well. */
			assert_int_equal(orl_link_ready(link, (1u << ch) - 1),
					0);
		}
		at += ORL_CHUNK_HEAD + k;
	}
}

/* Small most of the time, the longest sometimes. */
static size_t random_size(struct rng *r, size_t max)
{
	size_t n = 4 + rng_below(r, 200);
	if (rng_below(r, 4) == 0)
		n = 4 + rng_below(r, 20000);
	if (rng_below(r, 20) == 0)
		n = max;
	return n < max ? n : max;
}

static void send_one(struct world *w, enum orl_role role)
{
	static uint8_t data[1 << 20];
	struct rng *r = &w->rng;
	struct orl_link *link = w->sim.link[role];
	unsigned ch = (unsigned)rng_below(r, ORL_CHANNELS);
	struct flow *flow = &w->side[role].flow[ch];
	size_t n = random_size(r,
			orl_link_message_max(role, (enum orl_channel)ch) - 1);

	if (!ch && (n > 2000 || orl_link_queued(link, 1) > 32768))
		n = 4;
	if (!ch && orl_link_queued(link, 1) > 60000)
		return;
	content(data, n, role, ch, flow->next);
	size_t head_n = rng_below(r, 2) ? n : rng_below(r, n + 1);
	struct orl_send send = {
		.id = (uint16_t)(ch << 8 | ID),
		.head = data,
		.head_n = head_n,
		.stream = ch >= ORL_CHANNEL_USB ? 1 + (uint32_t)rng_below(r, 3)
						: 0,
		.expires = ch == ORL_CHANNEL_SOUND && rng_below(r, 3) == 0
					   ? w->sim.now + rng_below(r, 50 * MS)
					   : 0,
	};
	struct orl_buf *tail = NULL;
	if (head_n < n) {
		tail = orl_buf_create(w->env, n - head_n);
		memcpy(tail->data, data + head_n, n - head_n);
		send.tail = tail;
	}
	assert_int_equal(orl_link_send(link, &send), 0);
	orl_buf_unref(tail);
	flow->next++;
}

static void release_some(struct world *w, enum orl_role role, bool all)
{
	for (unsigned ch = 1; ch < ORL_CHANNELS; ch++) {
		struct flow *flow = &w->side[!role].flow[ch];
		size_t n = all ? flow->held
			       : rng_below(&w->rng, flow->held + 1);
		flow->held -= n;
		orl_link_release(w->sim.link[role], (enum orl_channel)ch, n);
	}
}

static void do_something(struct world *w)
{
	enum orl_role role = (enum orl_role)rng_below(&w->rng, 2);
	uint64_t k = rng_below(&w->rng, 100);

	if (k < 60) {
		send_one(w, role);
	} else if (k < 95) {
		release_some(w, role, false);
	} else if (k < 97) {
		unsigned ch = ORL_CHANNEL_USB + (unsigned)rng_below(&w->rng, 3);
		uint32_t stream = 1 + (uint32_t)rng_below(&w->rng, 3);
		assert_int_equal(orl_link_cancel(w->sim.link[role],
						 (enum orl_channel)ch, stream),
				0);
		w->side[role].cancels_sent++;
	} else {
		struct orl_pad pad = { { NULL, 0 } };
		assert_int_equal(ORL_LINK_PUT(w->sim.link[role], pad, &pad), 0);
	}
}

static void world_begin(struct world *w, const struct orl_env *env,
		const struct sim_config *config)
{
	void *user[2] = { &w->side[0], &w->side[1] };
	memset(w, 0, sizeof(*w));
	w->env = env;
	w->rng.state = config->seed;
	for (int role = 0; role < 2; role++) {
		w->side[role].world = w;
		w->side[role].role = (enum orl_role)role;
		for (unsigned ch = 1; ch < ORL_CHANNELS; ch++)
			w->side[role].flow[ch].credit =
					orl_link_credit((enum orl_channel)ch);
	}
	assert_int_equal(sim_init(&w->sim, env, config, &calls, user), 0);
	w->sim.config.user = w;
	orl_link_open(w->sim.link[0]);
	orl_link_open(w->sim.link[1]);
}

/* All that was sent has come, but for what was dropped, and that is known. */
static void world_check(struct world *w)
{
	struct orl_link_stats stats[2];
	for (int role = 0; role < 2; role++)
		orl_link_stats(w->sim.link[role], &stats[role]);
	for (int role = 0; role < 2; role++) {
		uint64_t sent = 0, arrived = 0;
		assert_int_equal(w->sim.error[role], 0);
		assert_int_equal(orl_link_queued(w->sim.link[role],
						 ORL_CHANNELS_ALL),
				0);
		for (unsigned ch = 0; ch < ORL_CHANNELS; ch++) {
			const struct flow *flow = &w->side[role].flow[ch];
			sent += flow->next;
			arrived += flow->arrived;
			if (ch == 0 || ch == ORL_CHANNEL_CURSOR ||
					ch == ORL_CHANNEL_DISPLAY)
				assert_int_equal(flow->arrived, flow->next);
			assert_int_equal(stats[role].bytes_out[ch],
					stats[!role].bytes_in[ch]);
		}
		assert_int_equal(sent - arrived,
				stats[role].expired + stats[role].cancelled);
		assert_int_equal(stats[role].messages_out,
				stats[!role].messages_in);
		assert_int_equal(w->side[role].cancels_sent,
				w->side[!role].cancels_got);
	}
}

static void whatever_is_sent_arrives_in_order(void **state)
{
	static const size_t chunks[] = { 12, 80, 1300, 5000, 16384, 1 << 20 };
	static const uint64_t rates[] = { 0, 100000, 1000000, 50000000 };
	static struct world w;
	struct orl_env env;
	struct rng r = { seed };
	(void)state;
	assert_int_equal(orl_host_env(&env, NULL), 0);
	for (int run = 0; run < 60; run++) {
		struct sim_config config = {
			.seed = rng_next(&r),
			.latency = rng_below(&r, 100) * MS,
			.rate = rates[rng_below(&r, ORL_COUNT(rates))],
			.chunk = chunks[rng_below(&r, ORL_COUNT(chunks))],
			.pieces = rng_below(&r, 2) == 0,
			.record = on_record,
		};
		world_begin(&w, &env, &config);
		for (int i = 0; i < 200; i++) {
			do_something(&w);
			sim_run(&w.sim, w.sim.now + rng_below(&r, 5 * MS));
		}
		/* What is held comes free, what that lets go comes too. */
		for (int i = 0; i < 200; i++) {
			sim_settle(&w.sim, w.sim.now + 3600 * SECOND);
			release_some(&w, ORL_CLIENT, true);
			release_some(&w, ORL_SERVER, true);
		}
		world_check(&w);
		sim_fini(&w.sim);
	}
}

/* ---- the twentieth ----------------------------------------------------- */

struct share {
	uint64_t time[1 << 16], bulk[1 << 16], all[1 << 16];
	size_t n;
	struct orl_link *link;
};

static int ignore(void *user, uint16_t id, const uint8_t *data, size_t n)
{
	(void)user;
	(void)id;
	(void)data;
	(void)n;
	return 0;
}

static void count_share(void *user, enum orl_role from, const uint8_t *data,
		size_t n, uint64_t now)
{
	struct share *s = user;
	uint64_t bulk = 0;
	if (from != ORL_SERVER)
		return;
	for (size_t at = 0; at < n;) {
		size_t k = 3 + (data[at] | (size_t)data[at + 1] << 8);
		if ((data[at + 2] & 7) >= ORL_CHANNEL_USB)
			bulk += k;
		at += k;
	}
	assert_true(s->n < ORL_COUNT(s->time));
	s->time[s->n] = now;
	s->bulk[s->n] = (s->n ? s->bulk[s->n - 1] : 0) + bulk;
	s->all[s->n] = (s->n ? s->all[s->n - 1] : 0) + n;
	s->n++;
}

static void keep_full(struct orl_link *link, uint16_t id, size_t n)
{
	static uint8_t zeros[200000];
	struct orl_send send = { .id = id, .head = zeros, .head_n = n };
	while (orl_link_queued(link, 1u << (id >> 8)) < 2 * n)
		assert_int_equal(orl_link_send(link, &send), 0);
}

static void bulk_gets_a_twentieth_of_any_second(void **state)
{
	static const struct {
		uint64_t rate;
		size_t chunk;
	} links[] = { { 8000, 1300 }, { 16000, 1300 }, { 250000, 1300 },
		{ 1250000, 5000 }, { 12500000, 16384 } };
	static const struct orl_link_calls none = { ignore };
	static struct share s;
	struct orl_env env;
	(void)state;
	assert_int_equal(orl_host_env(&env, NULL), 0);
	for (size_t i = 0; i < ORL_COUNT(links); i++) {
		struct sim sim;
		void *user[2] = { NULL, NULL };
		struct sim_config config = { .seed = seed,
			.latency = 5 * MS,
			.rate = links[i].rate,
			.chunk = links[i].chunk,
			.record = count_share,
			.user = &s };
		s.n = 0;
		assert_int_equal(sim_init(&sim, &env, &config, &none, user), 0);
		orl_link_open(sim.link[0]);
		orl_link_open(sim.link[1]);
		while (sim.now < 6 * SECOND) {
			keep_full(sim.link[ORL_SERVER], ORL_MSG_part, 200000);
			keep_full(sim.link[ORL_SERVER], 0x0580, 10000);
			sim_step(&sim, 6 * SECOND);
		}
		assert_int_equal(sim.error[0] | sim.error[1], 0);
		uint64_t slack = links[i].chunk + 64;
		for (size_t a = 0, b = 0; b < s.n; b++) {
			while (s.time[b] - s.time[a] > SECOND)
				a++;
			uint64_t bulk = s.bulk[b] - s.bulk[a];
			uint64_t all = s.all[b] - s.all[a];
			assert_true(bulk <= all / 20 + 2 * slack);
			if (s.time[b] - s.time[a] >= SECOND - 200 * MS)
				assert_true(bulk + slack >= all / 20);
		}
		/* However thin the link, none waits for longer. */
		for (size_t a = 0, b = 0; b < s.n; b++) {
			if (s.bulk[b] != s.bulk[a])
				a = b;
			assert_true(s.time[b] - s.time[a] <= SECOND);
		}
		/* Over the whole it is what was said. */
		uint64_t bulk = s.bulk[s.n - 1], all = s.all[s.n - 1];
		assert_in_range(bulk, all / 20 - slack, all / 20 + slack);
		sim_fini(&sim);
	}
}

/* ---- keep-alive -------------------------------------------------------- */

static void an_idle_link_lives_and_a_lost_one_ends(void **state)
{
	static const struct orl_link_calls none = { ignore };
	struct orl_env env;
	struct rng r = { seed };
	(void)state;
	assert_int_equal(orl_host_env(&env, NULL), 0);
	for (int run = 0; run < 20; run++) {
		struct sim sim;
		void *user[2] = { NULL, NULL };
		uint64_t lost = 3600 * SECOND + rng_below(&r, 100 * SECOND);
		struct orl_link_stats stats;
		struct sim_config config = { .seed = rng_next(&r),
			.latency = rng_below(&r, 2000) * MS,
			.chunk = 16384,
			.pieces = true,
			.lost_at = lost };
		assert_int_equal(sim_init(&sim, &env, &config, &none, user), 0);
		orl_link_open(sim.link[0]);
		orl_link_open(sim.link[1]);
		/* Sometimes only the client talks; it must not time out. */
		while (sim.now < lost) {
			struct orl_refresh v = { 0 };
			if (run % 2)
				assert_int_equal(ORL_LINK_PUT(sim.link[0],
								 refresh, &v),
						0);
			sim_run(&sim, sim.now + 7 * SECOND);
			assert_int_equal(sim.error[0] | sim.error[1], 0);
		}
		orl_link_stats(sim.link[ORL_SERVER], &stats);
		/* A ping a minute or less: nothing else is said. */
		assert_in_range(stats.messages_out, 25, 61);
		assert_in_range(stats.clock_offset_valid, 25, 61);
		assert_true(stats.clock_rtt == 2 * config.latency);
		assert_true(stats.clock_offset == 0);
		sim_run(&sim, lost + 200 * SECOND);
		assert_int_equal(sim.error[0], ORIEL_ETIMEOUT);
		assert_int_equal(sim.error[1], ORIEL_ETIMEOUT);
		sim_fini(&sim);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whatever_is_sent_arrives_in_order),
		cmocka_unit_test(bulk_gets_a_twentieth_of_any_second),
		cmocka_unit_test(an_idle_link_lives_and_a_lost_one_ends),
	};
	seed = rng_seed(20240611);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
