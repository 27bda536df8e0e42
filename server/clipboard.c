/*
 * clipboard.c - the clipboard of a peer, which is that of the peer that owns
 * the input. What the desktop offers is kept, for whoever that will be.
 */
#include "server/server.h"

#include <string.h>

static void offered(void *user, enum oriel_selection selection,
		const char *const *types, size_t count)
{
	struct oriel_peer *peer = user;
	struct oriel_server *server = peer->server;

	/* It is newer than what the desktop had. */
	if (count)
		server->board[selection][0] = 0;
	if (server->events.clipboard_offered)
		server->events.clipboard_offered(
				server->user, peer, selection, types, count);
}

static void refused(void *user, int error, const char *why)
{
	struct oriel_peer *peer = user;
	struct oriel_server *server = peer->server;

	if (server->events.clipboard_refused)
		server->events.clipboard_refused(
				server->user, peer, error, why);
}

static void wanted(void *user, struct oriel_transfer *transfer)
{
	struct oriel_peer *peer = user;
	struct oriel_server *server = peer->server;

	if (server->events.clipboard_wanted)
		server->events.clipboard_wanted(server->user, peer, transfer);
	else
		oriel_transfer_refuse(transfer, ORIEL_ENOTSUP, NULL);
}

static void begun(void *user, struct oriel_transfer *transfer)
{
	const struct oriel_server *server = ((struct oriel_peer *)user)->server;

	if (server->events.clipboard_begun)
		server->events.clipboard_begun(server->user, transfer);
}

static void on_data(void *user, struct oriel_transfer *transfer,
		const void *data, size_t n)
{
	const struct oriel_server *server = ((struct oriel_peer *)user)->server;

	if (server->events.clipboard_data)
		server->events.clipboard_data(server->user, transfer, data, n);
}

static void ready(void *user, struct oriel_transfer *transfer)
{
	const struct oriel_server *server = ((struct oriel_peer *)user)->server;

	if (server->events.clipboard_ready)
		server->events.clipboard_ready(server->user, transfer);
}

static void ended(void *user, struct oriel_transfer *transfer, int error,
		const char *why)
{
	const struct oriel_server *server = ((struct oriel_peer *)user)->server;

	if (server->events.clipboard_ended)
		server->events.clipboard_ended(
				server->user, transfer, error, why);
}

static void on_sent(void *user, int error)
{
	struct oriel_peer *peer = user;

	if (orl_peer_sent(peer, error) == 0)
		orl_conn_kick(peer->conn);
}

const struct orl_clip_calls orl_peer_clip_calls = {
	.offered = offered,
	.refused = refused,
	.wanted = wanted,
	.begun = begun,
	.data = on_data,
	.ready = ready,
	.ended = ended,
	.sent = on_sent,
};

int orl_peer_clip_message(struct oriel_peer *peer, uint16_t id,
		const uint8_t *data, size_t n)
{
	return orl_clip_message(&peer->clip, id, data, n);
}

void orl_peer_clip_settle(struct oriel_peer *peer)
{
	struct oriel_server *server = peer->server;
	struct orl_clip *clip = &peer->clip;
	bool owns = server->owner == peer && peer->state == ORL_PEER_READY;
	bool in = owns && peer->rights & ORIEL_MAY_PASTE;
	bool out = owns && peer->rights & ORIEL_MAY_COPY;
	bool news = out && !clip->out;

	if (!(peer->caps & ORL_CAP(CLIPBOARD)))
		return;
	if (!clip->link && peer->state == ORL_PEER_READY && peer->joined)
		orl_clip_begin(clip, orl_conn_link(peer->conn));
	if (!clip->link || (in == clip->in && out == clip->out))
		return;
	orl_clip_allow(clip, in, out);
	/* An empty board says nothing: what the peer offers may hold. */
	for (int s = 0; news && s < ORIEL_SELECTIONS; s++)
		if (server->board[s][0] &&
				orl_clip_put_up(clip, (enum oriel_selection)s,
						server->board[s]) < 0)
			return;
}

/* ---- what the host calls ----------------------------------------------- */

int oriel_clipboard_offer(struct oriel_server *server,
		enum oriel_selection selection, const char *const *types,
		size_t count)
{
	char text[ORL_CLIP_TYPES_TEXT + 1];

	if (!server || (unsigned)selection >= ORIEL_SELECTIONS ||
			(count && !types))
		return ORIEL_EINVAL;
	int err = orl_clip_types_join(text, types, count);
	if (err)
		return err;
	memcpy(server->board[selection], text, sizeof(text));
	struct oriel_peer *owner = server->owner;
	return owner && owner->clip.link
			       ? orl_clip_put_up(&owner->clip, selection, text)
			       : 0;
}

int oriel_clipboard_request(struct oriel_transfer **out,
		struct oriel_peer *peer, enum oriel_selection selection,
		const char *type)
{
	return out && peer && type ? orl_clip_request(out, &peer->clip,
						     selection, type)
				   : ORIEL_EINVAL;
}

struct oriel_peer *oriel_server_owner(const struct oriel_server *server)
{
	return server->owner;
}

void oriel_clipboard_refuse(struct oriel_peer *peer, int error, const char *why)
{
	orl_clip_refuse(&peer->clip, error, why);
}
