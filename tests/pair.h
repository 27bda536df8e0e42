/*
 * pair.h - a server and a client in one thread, joined by a real connection.
 *
 * The host's side of both: lets in, keeps what it is told, shows nothing. Tests
 * step the two until something holds, with a deadline on the clock.
 */
#ifndef ORL_TESTS_PAIR_H
#define ORL_TESTS_PAIR_H

#include <oriel/oriel-client.h>
#include <oriel/oriel-server.h>

#include "proto/env.h"

struct pair {
	struct oriel_server *server;
	struct oriel_client *client;
	struct oriel_peer *peer;
	struct oriel_display *display;
	struct oriel_screen *screen;
	char address[160], listening[128];
	char *certificate, *private_key;
	const char *password; /* what the client says */
	const char *known;    /* what the server knows; NULL: nobody */
	uint32_t rights;
	bool verify_none; /* the server's host answers with use_none */
	bool distrust;
	const char *reject;              /* after the proof, for this reason */
	bool close_on_key;               /* the host ends who presses one */
	uint32_t reconnect, flags;       /* of the client's config */
	const struct oriel_hooks *hooks; /* the client's */
	/* More of the client's config; it gets the pair as its user. */
	void (*configure)(struct oriel_client_config *config);
	/* Other events of both; `user` is this struct. */
	void (*amend)(struct oriel_server_events *server,
			struct oriel_client_events *client);
	struct oriel_server_events server_events;
	struct oriel_client_events client_events;
	void *data;           /* the test's */
	bool leave_when_lost; /* the client's host disconnects then */
	uint64_t slow; /* ns from an update until it is shown; 0: at once */
	bool unshown;
	uint64_t updated_at;
	bool in_server, in_client; /* where callbacks may come from */

	/* What was told. */
	enum oriel_client_state state;
	int error, left;
	unsigned losses, logins, trusts; /* RECONNECTING, and what was asked */
	unsigned joins, leaves, updates, keys, texts, cursors, wanted, touches;
	unsigned failed;
	int failure; /* the last of `failed` */
	struct oriel_key last_key;
	struct oriel_pointer last_pointer;
	struct oriel_touch last_touch;
	char last_text[300], why[300], user[80];
	uint8_t pin[32];
	bool cursor_shown, owner, retained;
	uint32_t locks;
	struct oriel_auth *kept; /* when `retained`: the answer comes later */
};

enum { PAIR_TCP = 1, PAIR_OPEN = 2, PAIR_LOSSLESS = 4 };

/* Make and listen; flags of PAIR_. Fills in defaults first. */
void pair_init(struct pair *p);
void pair_start(struct pair *p, unsigned flags,
		const struct oriel_server_config *extra);
/* End the server, as a crash does. */
void pair_stop(struct pair *p);
/* Another one at its address, with its key or with a new one. */
void pair_restart(struct pair *p, bool new_key,
		const struct oriel_server_config *extra);
void pair_display(struct pair *p, int32_t width, int32_t height);
void pair_connect(struct pair *p);
void pair_fini(struct pair *p);

/* One round of both loops, waiting at most a millisecond. */
void pair_step(struct pair *p);
/* Steps until *flag is `value`, or 100 s are over: then the test fails. */
#define PAIR_UNTIL(p, condition) \
	do { \
		uint64_t pair_end = pair_clock() + 100000000000u; \
		while (!(condition)) { \
			pair_step(p); \
			if (pair_clock() > pair_end) \
				fail_msg("timed out: %s", #condition); \
		} \
	} while (0)
uint64_t pair_clock(void);

/* Whether the client shows exactly these pixels. */
bool pair_shows(const struct pair *p, const uint32_t *pixels);

#endif
