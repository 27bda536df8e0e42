/*
 * ack.c - what the server is told of the pictures that were shown. Those of
 * small updates wait for each other: each by itself would cost as much as the
 * update did.
 */
#include "client/client.h"

enum { SMALL_UPDATE = 1300, BATCH_MS = 50 };
static const uint64_t MS = 1000000;

void orl_screen_owe_ack(struct oriel_screen *s, size_t bytes)
{
	s->small = bytes < SMALL_UPDATE;
	s->shown = 0;
	s->ack_due = true;
}

void orl_screen_wait_for_more(struct oriel_screen *s, uint64_t now)
{
	struct oriel_client *c = s->client;

	if (s->small && !c->batch.at)
		orl_timer_set(c->loop, &c->batch, now + BATCH_MS * MS);
}

void orl_screen_was_shown(struct oriel_screen *s, uint64_t time)
{
	struct oriel_client *c = s->client;
	uint64_t now = orl_now(&c->env);

	if (!s->ack_due || s->shown)
		return;
	s->shown = time && time < now ? time : now;
	if (s->shown < s->decoded)
		s->shown = s->decoded;
	c->stats.frames_shown++;
	if (!s->refined)
		c->latencies[c->n_latencies++ % ORL_CLIENT_LATENCIES] =
				s->shown - s->captured;
	orl_input_echo(c, s->input_seq, s->shown);
	/* A small one waits for the batch, unless that has gone already. */
	if (!s->small || !c->batch.at)
		orl_screen_send_acks(c);
}

void orl_screen_send_acks(struct oriel_client *c)
{
	uint64_t now = orl_now(&c->env);

	if (!c->conn || c->ending)
		return;
	ORL_EACH (node, &c->screens) {
		struct oriel_screen *s =
				orl_container(node, struct oriel_screen, node);
		if (!s->ack_due || !s->shown)
			continue;
		struct orl_ack ack = {
			.display = (uint8_t)s->id,
			.frame = s->frame,
			.received = (uint32_t)(s->received / 1000),
			.decoded = (uint32_t)(s->decoded / 1000),
			.shown = (uint32_t)(s->shown / 1000),
			.sent = (uint32_t)(now / 1000),
			.decode_us = (uint32_t)(s->decode_time / 1000),
			.cells = (uint32_t)s->decode_cells,
		};
		s->ack_due = false;
		s->decode_time = s->decode_cells = 0;
		if (ORL_CLIENT_PUT(c, ack, &ack) < 0)
			return;
	}
	orl_timer_stop(&c->batch);
	c->batch.at = 0;
	orl_conn_kick(c->conn);
}

void orl_screen_batch(struct orl_timer *timer)
{
	struct oriel_client *c =
			orl_container(timer, struct oriel_client, batch);

	c->batch.at = 0;
	orl_screen_send_acks(c);
}
