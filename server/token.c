/*
 * token.c - what resumes a session without a password: given out after login
 * and again while the session lasts, and which of them are still good.
 */
#include "server/server.h"

#include <string.h>

#include "proto/io/host.h"

enum { TOKEN_SECONDS = 24 * 3600 };

bool orl_token_is_dead(
		const struct oriel_server *server, const uint8_t id[static 16])
{
	for (unsigned i = 0; i < TOKEN_USES; i++) {
		const struct orl_token_use *use = &server->token_uses[i];
		if (use->dead && memcmp(use->id, id, 16) == 0)
			return true;
	}
	return false;
}

/*
 * With this use the tokens that it followed have seen their last one, and
 * those that they had followed.
 */
void orl_token_used(struct oriel_server *server, const uint8_t id[static 16])
{
	for (unsigned i = 0; i < TOKEN_USES && i < server->n_token_uses; i++) {
		struct orl_token_use *use = &server->token_uses[i];
		if (use->dead || memcmp(use->next, id, 16) != 0)
			continue;
		use->dead = true;
		orl_token_used(server, use->id);
	}
}

static void token_follows(struct oriel_server *server,
		const uint8_t old[static 16], const uint8_t next[static 16])
{
	struct orl_token_use *use = &server->token_uses[server->n_token_uses++ %
							TOKEN_USES];

	use->dead = false;
	memcpy(use->id, old, sizeof(use->id));
	memcpy(use->next, next, sizeof(use->next));
}

int orl_token_send(struct oriel_peer *peer)
{
	struct oriel_server *server = peer->server;
	struct orl_token token = { .rights = peer->rights,
		.expires = orl_wall_clock() + TOKEN_SECONDS };
	uint8_t sealed[512];

	if (!orl_conn_tls(peer->conn))
		return 0; /* on unix: the viewer logs in again */
	memcpy(token.session, peer->session, sizeof(token.session));
	memcpy(token.user, peer->user, sizeof(token.user));
	int err = orl_random(&server->env, token.id, sizeof(token.id));
	if (!err)
		err = orl_random(&server->env, token.key, sizeof(token.key));
	if (err)
		return err;
	int n = orl_token_seal(&token, &server->env, server->token_key, sealed,
			sizeof(sealed));
	if (n < 0)
		return n;
	struct orl_resumption msg = { .lifetime = TOKEN_SECONDS,
		.key = { token.key, sizeof(token.key) },
		.sealed = { sealed, (uint32_t)n } };
	err = ORL_PEER_PUT(peer, resumption, &msg);
	if (!err && peer->has_token)
		token_follows(server, peer->token_id, token.id);
	peer->has_token = true;
	memcpy(peer->token_id, token.id, sizeof(peer->token_id));
	orl_wipe(&token, sizeof(token));
	return err;
}

static void on_renew(struct orl_timer *timer);

/* A session may be longer than a token is good for. */
void orl_token_renew_later(struct oriel_peer *peer)
{
	uint64_t half = TOKEN_SECONDS / 2 * UINT64_C(1000000000);

	if (!orl_conn_tls(peer->conn))
		return;
	peer->delay.fire = on_renew;
	orl_timer_set(peer->server->loop, &peer->delay,
			orl_now(&peer->server->env) + half);
}

static void on_renew(struct orl_timer *timer)
{
	struct oriel_peer *peer =
			orl_container(timer, struct oriel_peer, delay);
	int err = orl_token_send(peer);

	if (peer->state != ORL_PEER_READY)
		return; /* it could not be sent, and that was its end */
	if (!err)
		orl_conn_kick(peer->conn);
	orl_token_renew_later(peer);
}
