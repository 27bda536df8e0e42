/*
 * prop_conn.c - random traffic between two conns on sockets of random kinds
 * and sizes, ended in random ways: what arrives is what was sent, in order
 * and without a gap, and whoever is told of the end is told once.
 */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "proto/io/conn.h"
#include "proto/io/host.h"
#include "tests/rng.h"

enum { ROUNDS = 120, STEPS = 60, CHANNELS = 7, LONGEST = 30000 };

struct side {
	struct orl_conn *conn;
	struct rng *rng;
	uint32_t sent[CHANNELS], got[CHANNELS];
	unsigned secured, closed;
	bool may_destroy, still; /* still: nothing new is made */
};

static uint32_t below(struct rng *r, uint32_t n)
{
	return (uint32_t)rng_below(r, n);
}

static uint8_t body_byte(unsigned channel, uint32_t number, size_t at)
{
	return (uint8_t)(channel * 31 + number * 7 + at + (at >> 8));
}

static void maybe_destroy(struct side *s)
{
	if (s->may_destroy && below(s->rng, 60) == 0) {
		orl_conn_destroy(s->conn);
		s->conn = NULL;
	}
}

static void on_secured(void *user)
{
	struct side *s = user;
	s->secured++;
	orl_link_open(orl_conn_link(s->conn));
	orl_conn_start(s->conn);
	maybe_destroy(s);
}

/* Number, then a pattern that depends on all there is to depend on. */
static int on_message(void *user, uint16_t id, const uint8_t *data, size_t n)
{
	struct side *s = user;
	unsigned channel = id >> 8;
	uint32_t number;
	assert_non_null(s->conn);
	assert_in_range(channel, 0, CHANNELS - 1);
	assert_true(n >= 4);
	memcpy(&number, data, 4);
	assert_int_equal(number, s->got[channel]);
	for (size_t i = 4; i < n; i++) {
		if (data[i] != body_byte(channel, number, i))
			fail_msg("channel %u message %u", channel, number);
	}
	s->got[channel]++;
	maybe_destroy(s);
	return 0;
}

static bool send_one(struct side *s, unsigned channel)
{
	static uint8_t body[LONGEST];
	size_t n = 4 + below(s->rng, channel ? LONGEST - 4 : 2000);
	memcpy(body, &s->sent[channel], 4);
	for (size_t i = 4; i < n; i++)
		body[i] = body_byte(channel, s->sent[channel], i);
	struct orl_send send = {
		.id = (uint16_t)(channel << 8 | 0x70), .head = body, .head_n = n
	};
	if (orl_link_queued(orl_conn_link(s->conn), 1u << channel) > 50000)
		return false;
	if (orl_link_send(orl_conn_link(s->conn), &send) != 0)
		return false;
	s->sent[channel]++;
	return true;
}

static bool on_produce(void *user, uint64_t budget)
{
	struct side *s = user;
	bool made = false;
	assert_true(budget > 0);
	maybe_destroy(s);
	if (s->conn && !s->still && below(s->rng, 3))
		made = send_one(s, ORL_CHANNEL_DISPLAY);
	return made;
}

static void on_closed(void *user, int error, const char *why)
{
	struct side *s = user;
	assert_non_null(s->conn);
	assert_non_null(why);
	assert_true(error <= 0);
	s->closed++;
	assert_int_equal(s->closed, 1);
	maybe_destroy(s);
}

static const struct orl_conn_calls calls = { .secured = on_secured,
	.message = on_message,
	.produce = on_produce,
	.closed = on_closed };

struct world {
	struct orl_env env;
	struct orl_loop *loop;
	struct orl_tls_context *tls[2];
	struct rng rng;
};

static void step(struct world *w, struct side *s)
{
	if (!s->conn)
		return;
	switch (below(&w->rng, 6)) {
	case 0:
		orl_conn_kick(s->conn);
		break;
	case 1:
	case 2:
	case 3:
		if (s->secured && !s->closed)
			send_one(s, below(&w->rng, CHANNELS));
		orl_conn_kick(s->conn);
		break;
	default:
		orl_loop_dispatch(w->loop, below(&w->rng, 2));
		break;
	}
}

static bool all_arrived(const struct side *s)
{
	for (unsigned c = 0; c < CHANNELS; c++) {
		if (s[0].sent[c] != s[1].got[c] || s[1].sent[c] != s[0].got[c])
			return false;
	}
	return true;
}

static void finish(struct world *w, struct side *s, unsigned how)
{
	uint64_t end = orl_now(&w->env) + 100000000000u;
	if (how == 0) {
		/* Everything arrives, whatever it had to wait for. */
		s[0].still = s[1].still = true;
		while (!all_arrived(s)) {
			for (int i = 0; i < 2; i++)
				orl_conn_kick(s[i].conn);
			orl_loop_wait(w->loop, 100);
			assert_true(orl_now(&w->env) < end);
		}
		assert_int_equal(s[0].closed + s[1].closed, 0);
	} else if (how == 1 && s[0].conn && s[1].conn) {
		/* A goodbye ends both, and comes after what was before it. */
		orl_conn_finish(s[0].conn, ORIEL_EDENIED);
		while ((s[0].conn && !s[0].closed) ||
				(s[1].conn && !s[1].closed)) {
			orl_loop_wait(w->loop, 100);
			if (s[1].closed && s[1].conn) {
				orl_conn_destroy(s[1].conn);
				s[1].conn = NULL;
			}
			assert_true(orl_now(&w->env) < end);
		}
		if (!s[0].may_destroy && s[0].secured && s[1].secured)
			assert_int_equal(s[1].got[0], s[0].sent[0]);
	}
	for (int i = 0; i < 2; i++)
		orl_conn_destroy(s[i].conn);
	orl_loop_dispatch(w->loop, 0);
}

static void one_round(struct world *w, unsigned round)
{
	struct side s[2] = { { .rng = &w->rng }, { .rng = &w->rng } };
	bool secure = below(&w->rng, 2);
	unsigned how = round % 3;
	int fd[2], small = 4096 << below(&w->rng, 6);

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
	for (int i = 0; i < 2; i++) {
		struct orl_conn_config config = {
			.role = i ? ORL_SERVER : ORL_CLIENT,
			.tls = secure ? w->tls[i] : NULL,
			.host = "x",
			.calls = &calls,
			.user = &s[i],
		};
		s[i].may_destroy = how == 2;
		setsockopt(fd[i], SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
		assert_int_equal(orl_conn_create(&s[i].conn, w->loop, &w->env,
						 fd[i], &config),
				0);
	}
	for (int i = 0; i < STEPS; i++)
		step(w, &s[below(&w->rng, 2)]);
	finish(w, s, how);
}

static void random_traffic(void **state)
{
	struct world w = { .rng.state = rng_seed(5910) };
	char *cert, *key;
	(void)state;
	assert_int_equal(orl_host_env(&w.env, NULL), 0);
	assert_int_equal(orl_loop_create(&w.loop, &w.env), 0);
	assert_int_equal(orl_tls_make_pair(&w.env, "x", &cert, &key), 0);
	struct orl_tls_config client = { .update_records = 7 };
	struct orl_tls_config server = { .server = true,
		.certificate = cert,
		.private_key = key,
		.update_records = 5 };
	assert_int_equal(orl_tls_context_create(&w.tls[0], &w.env, &client), 0);
	assert_int_equal(orl_tls_context_create(&w.tls[1], &w.env, &server), 0);
	for (unsigned i = 0; i < ROUNDS; i++)
		one_round(&w, i);
	orl_free(&w.env, cert);
	orl_free(&w.env, key);
	orl_tls_context_destroy(w.tls[0]);
	orl_tls_context_destroy(w.tls[1]);
	orl_loop_destroy(w.loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_traffic),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
