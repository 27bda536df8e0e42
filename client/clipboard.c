/*
 * clipboard.c - the clipboard, while this client owns the input. What the host
 * offers is kept, and told when it may be.
 */
#include "client/client.h"

#include <string.h>

static void offered(void *user, enum oriel_selection selection,
		const char *const *types, size_t count)
{
	struct oriel_client *c = user;

	/* It is newer than what is here. */
	if (count)
		c->board[selection][0] = 0;
	if (c->events.clipboard_offered)
		c->events.clipboard_offered(c->user, selection, types, count);
}

static void refused(void *user, int error, const char *why)
{
	struct oriel_client *c = user;

	if (c->events.clipboard_refused)
		c->events.clipboard_refused(c->user, error, why);
}

static void wanted(void *user, struct oriel_transfer *transfer)
{
	struct oriel_client *c = user;

	if (c->events.clipboard_wanted)
		c->events.clipboard_wanted(c->user, transfer);
	else
		oriel_transfer_refuse(transfer, ORIEL_ENOTSUP, NULL);
}

static void begun(void *user, struct oriel_transfer *transfer)
{
	struct oriel_client *c = user;

	if (c->events.clipboard_begun)
		c->events.clipboard_begun(c->user, transfer);
}

static void on_data(void *user, struct oriel_transfer *transfer,
		const void *data, size_t n)
{
	struct oriel_client *c = user;

	if (c->events.clipboard_data)
		c->events.clipboard_data(c->user, transfer, data, n);
}

static void ready(void *user, struct oriel_transfer *transfer)
{
	struct oriel_client *c = user;

	if (c->events.clipboard_ready)
		c->events.clipboard_ready(c->user, transfer);
}

static void ended(void *user, struct oriel_transfer *transfer, int error,
		const char *why)
{
	struct oriel_client *c = user;

	if (c->events.clipboard_ended)
		c->events.clipboard_ended(c->user, transfer, error, why);
}

static void on_sent(void *user, int error)
{
	struct oriel_client *c = user;

	if (orl_session_sent(c, error) == 0 && c->conn)
		orl_conn_kick(c->conn);
}

const struct orl_clip_calls orl_session_clip_calls = {
	.offered = offered,
	.refused = refused,
	.wanted = wanted,
	.begun = begun,
	.data = on_data,
	.ready = ready,
	.ended = ended,
	.sent = on_sent,
};

int orl_session_clip_message(struct oriel_client *c, uint16_t id,
		const uint8_t *data, size_t n)
{
	return orl_clip_message(&c->clip, id, data, n);
}

void orl_session_clip_settle(struct oriel_client *c)
{
	/* Whom it is shared with the server knows. */
	bool in = c->rights & ORIEL_MAY_COPY;
	bool out = c->owns && c->rights & ORIEL_MAY_PASTE;
	bool news = out && !c->clip.out;

	if (!(c->caps & ORL_CAP(CLIPBOARD)) || !c->conn || c->ending)
		return;
	if (!c->clip.link)
		orl_clip_begin(&c->clip, orl_conn_link(c->conn));
	if (in == c->clip.in && out == c->clip.out)
		return;
	orl_clip_allow(&c->clip, in, out);
	for (int s = 0; news && s < ORIEL_SELECTIONS; s++)
		if (c->board[s][0] && orl_clip_put_up(&c->clip,
						      (enum oriel_selection)s,
						      c->board[s]) < 0)
			return;
}

/* ---- what the host calls ----------------------------------------------- */

int oriel_client_clipboard_offer(struct oriel_client *c,
		enum oriel_selection selection, const char *const *types,
		size_t count)
{
	char text[ORL_CLIP_TYPES_TEXT + 1];

	if (!c || (unsigned)selection >= ORIEL_SELECTIONS || (count && !types))
		return ORIEL_EINVAL;
	int err = orl_clip_types_join(text, types, count);
	if (err)
		return err;
	memcpy(c->board[selection], text, sizeof(text));
	return orl_clip_put_up(&c->clip, selection, text);
}

int oriel_client_clipboard_request(struct oriel_transfer **out,
		struct oriel_client *c, enum oriel_selection selection,
		const char *type)
{
	return out && c && type ? orl_clip_request(out, &c->clip, selection,
						  type)
				: ORIEL_EINVAL;
}
