/*
 * sim.h - two links and a network between them, from a seed, in virtual time.
 *
 * Each direction is a wire with a rate and a latency. A record is drained
 * when the wire is free and arrives, whole or in pieces of any size, latency
 * after its last byte has left. Nothing here reads a clock.
 */
#ifndef ORL_TESTS_SIM_H
#define ORL_TESTS_SIM_H

#include "proto/link.h"
#include "tests/rng.h"

static const uint64_t MS = 1000000, SECOND = 1000000000;

struct sim_config {
	uint64_t seed;
	uint64_t latency;  /* ns, one way */
	uint64_t rate;     /* bytes a second, 0 is without limit */
	size_t chunk;      /* for orl_link_drain() */
	unsigned channels; /* for orl_link_drain(), 0 is all */
	bool pieces;       /* arrivals are cut anywhere */
	uint64_t lost_at;  /* from then on nothing arrives; 0 is never */
	/* Sees every record as it leaves; may be NULL. */
	void (*record)(void *user, enum orl_role from, const uint8_t *data,
			size_t n, uint64_t now);
	void *user;
};

struct sim_record {
	struct sim_record *next;
	uint64_t arrives;
	size_t n;
	uint8_t data[ORL_CHUNK_HEAD + ORL_CHUNK_MAX];
};

struct sim_wire {
	struct sim_record *first, *last;
	uint64_t free_at;
};

struct sim {
	struct sim_config config;
	struct rng rng;
	uint64_t now;
	struct orl_link *link[2]; /* by role */
	struct sim_wire wire[2];  /* by the role that sends */
	int error[2];             /* what feed or tick has returned */
};

/* user[role] goes to that link's calls. Returns 0 or the link's error. */
int sim_init(struct sim *sim, const struct orl_env *env,
		const struct sim_config *config,
		const struct orl_link_calls *calls, void *user[2]);
void sim_fini(struct sim *sim);

/*
 * Go to the next event that is not after `until` and let it happen. False
 * when there is none: now is `until` then.
 */
bool sim_step(struct sim *sim, uint64_t until);
/* All events until then. */
void sim_run(struct sim *sim, uint64_t until);
/* Until nothing is queued or on the wire, at most until then. */
void sim_settle(struct sim *sim, uint64_t until);

#endif
