/*
 * sim.c - see sim.h.
 */
#include "tests/sim.h"

#include <stdlib.h>
#include <string.h>

int sim_init(struct sim *sim, const struct orl_env *env,
		const struct sim_config *config,
		const struct orl_link_calls *calls, void *user[2])
{
	*sim = (struct sim){ .config = *config, .now = SECOND };
	sim->rng.state = config->seed;
	if (!sim->config.channels)
		sim->config.channels = ORL_CHANNELS_ALL;
	for (int role = ORL_CLIENT; role <= ORL_SERVER; role++) {
		int err = orl_link_create(&sim->link[role], env,
				(enum orl_role)role, calls, user[role],
				sim->now);
		if (err)
			return err;
	}
	return 0;
}

static void wire_pop(struct sim_wire *wire)
{
	struct sim_record *r = wire->first;
	wire->first = r->next;
	if (!wire->first)
		wire->last = NULL;
	free(r);
}

void sim_fini(struct sim *sim)
{
	for (int role = ORL_CLIENT; role <= ORL_SERVER; role++) {
		while (sim->wire[role].first)
			wire_pop(&sim->wire[role]);
		orl_link_destroy(sim->link[role]);
	}
}

/* Put one record on the wire; false when there was nothing to send. */
static bool sim_send(struct sim *sim, int role)
{
	const struct sim_config *c = &sim->config;
	struct sim_wire *wire = &sim->wire[role];
	struct sim_record *r = malloc(sizeof(*r));

	if (!r)
		abort();
	r->next = NULL;
	r->n = orl_link_drain(sim->link[role], r->data, sizeof(r->data),
			c->chunk, c->channels, sim->now);
	if (!r->n) {
		free(r);
		return false;
	}
	if (c->record)
		c->record(c->user, (enum orl_role)role, r->data, r->n,
				sim->now);
	wire->free_at = sim->now + (c->rate ? r->n * SECOND / c->rate : 0);
	r->arrives = wire->free_at + c->latency;
	if (wire->last)
		wire->last->next = r;
	else
		wire->first = r;
	wire->last = r;
	return true;
}

/* The first record that role has sent arrives at the other end. */
static void sim_arrive(struct sim *sim, int role)
{
	struct sim_wire *wire = &sim->wire[role];
	struct sim_record *r = wire->first;
	bool lost = sim->config.lost_at && sim->now >= sim->config.lost_at;
	size_t at = 0;

	while (!lost && at < r->n && !sim->error[!role]) {
		size_t n = r->n - at;
		if (sim->config.pieces)
			n = 1 + rng_below(&sim->rng, rng_below(&sim->rng, 4) ? n
						     : n < 8                 ? n
							     : 8);
		/* A copy of its own, so that a sanitizer sees what is read
		 * beyond it or later. */
		uint8_t *piece = malloc(n);
		if (!piece)
			abort();
		memcpy(piece, r->data + at, n);
		sim->error[!role] = orl_link_feed(
				sim->link[!role], piece, n, sim->now);
		free(piece);
		at += n;
	}
	wire_pop(wire);
}

bool sim_step(struct sim *sim, uint64_t until)
{
	uint64_t next = UINT64_MAX;
	int what = -1;

	for (int role = ORL_CLIENT; role <= ORL_SERVER; role++)
		if (sim->wire[role].free_at <= sim->now && sim_send(sim, role))
			return true;
	for (int role = ORL_CLIENT; role <= ORL_SERVER; role++) {
		const struct sim_wire *wire = &sim->wire[role];
		uint64_t at[3] = { UINT64_MAX,
			orl_link_deadline(sim->link[role]), UINT64_MAX };
		if (wire->free_at > sim->now)
			at[0] = wire->free_at;
		if (wire->first)
			at[2] = wire->first->arrives;
		for (int i = 0; i < 3; i++) {
			if (at[i] >= next)
				continue;
			next = at[i];
			what = role * 3 + i;
		}
	}
	if (next > until || what < 0) {
		sim->now = sim->now > until ? sim->now : until;
		return false;
	}
	sim->now = sim->now > next ? sim->now : next;
	if (what % 3 == 1)
		sim->error[what / 3] =
				orl_link_tick(sim->link[what / 3], sim->now);
	else if (what % 3 == 2)
		sim_arrive(sim, what / 3);
	return true;
}

void sim_run(struct sim *sim, uint64_t until)
{
	while (sim_step(sim, until)) {
	}
}

void sim_settle(struct sim *sim, uint64_t until)
{
	for (;;) {
		bool busy = false;
		for (int role = ORL_CLIENT; role <= ORL_SERVER; role++)
			busy |= sim->wire[role].first ||
				orl_link_ready(sim->link[role],
						ORL_CHANNELS_ALL);
		if (!busy || !sim_step(sim, until))
			return;
	}
}
