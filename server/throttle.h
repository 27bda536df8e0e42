/*
 * throttle.h - how much strangers may ask of a server: how many connections
 * that have proved nothing there may be, and how long an answer to a login
 * waits after failures. Nobody is ever locked out: the longest wait is 30 s.
 *
 * The wait belongs before the challenge, not after the proof: then guesses
 * are slow even for who does not wait for answers, and a refusal is not told
 * from a success by its time. The server's own wait does not count against
 * the peer's ORL_LOGIN_SECONDS.
 *
 * Time is env's clock, so tests own it; chance is env's random.
 */
#ifndef ORL_SERVER_THROTTLE_H
#define ORL_SERVER_THROTTLE_H

#include "proto/env.h"
#include "proto/limits.h"

enum {
	ORL_THROTTLE_ENTRIES = 256,
	ORL_THROTTLE_FORGET_S = 900, /* without a further failure */
	ORL_THROTTLE_NET = 48,       /* room for what _net() writes */
};

struct orl_throttle;

/* ORIEL_ENOMEM or what the random hook says. */
int orl_throttle_create(struct orl_throttle **out, const struct orl_env *env);
void orl_throttle_destroy(struct orl_throttle *t);

/*
 * The network that counts as one stranger: an IPv4 address (n is 4, or 16
 * and mapped), the /64 of an IPv6 address (n is 16), or "local" (n is 0: a
 * unix socket). Writes it in out and returns out.
 */
const char *orl_throttle_net(char out[static ORL_THROTTLE_NET],
		const uint8_t *address, size_t n);

/*
 * A connection was accepted. 0: go on, and leave() once it has logged in or
 * ended; ORIEL_ELIMIT: close it at once, no leave().
 */
int orl_throttle_enter(struct orl_throttle *t, const char *net);
void orl_throttle_leave(struct orl_throttle *t, const char *net);
/* Connections that have entered and not left. */
unsigned orl_throttle_unproved(const struct orl_throttle *t);

/* Nanoseconds that the challenge to this login should wait; often 0. */
uint64_t orl_throttle_delay(
		struct orl_throttle *t, const char *net, const char *account);
/* How a proof ended. Success forgets the failures of both. */
void orl_throttle_failed(
		struct orl_throttle *t, const char *net, const char *account);
void orl_throttle_succeeded(
		struct orl_throttle *t, const char *net, const char *account);

#endif
