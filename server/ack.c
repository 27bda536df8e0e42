/*
 * ack.c - what a client says of its pictures: when it showed them, whether
 * anybody looks, what size it would like.
 */
#include "server/server.h"

static const uint64_t MS = 1000000;

/* A 32-bit microsecond time near `about`, as ns of the same clock. */
static int64_t unwrap(uint32_t us, int64_t about)
{
	int32_t diff = (int32_t)(us - (uint32_t)(about / 1000));

	return (about / 1000 + diff) * 1000;
}

/* Where the client's clock is; both ways, least of the last 10 to 20 s. */
static void learn_clock(struct oriel_peer *peer, const struct orl_ack *ack,
		const struct orl_commit_note *note, uint64_t now)
{
	/* The low bits are all we have of it: any multiple of 2^32 us is as
	 * good as another, so take the one next to our own clock. */
	int64_t received = unwrap(ack->received, (int64_t)now);
	int64_t sent = unwrap(ack->sent, (int64_t)now);
	int64_t forward = received - (int64_t)note->queued;
	int64_t back = (int64_t)now - sent;

	if (now - peer->clock_since > 10000 * MS) {
		peer->clock_since = now;
		peer->forward_min = forward;
		peer->back_min = back;
	}
	if (forward < peer->forward_min)
		peer->forward_min = forward;
	if (back < peer->back_min)
		peer->back_min = back;
}

int orl_ack_shown(struct oriel_peer *peer, const uint8_t *data, size_t n)
{
	struct orl_ack ack;
	uint64_t now = orl_now(&peer->server->env);

	int err = orl_get_ack(data, n, &ack);
	if (err)
		return err;
	/* Client times are believed only as far as they make sense. */
	uint64_t cost = (uint64_t)(uint32_t)(ack.shown - ack.received) * 1000;
	if (cost > 10000 * MS)
		cost = 0;
	err = orl_pace_ack(&peer->pace, ack.frame, now, cost);
	if (err)
		return err;
	peer->stats.frames_shown++;
	const struct orl_commit_note *note =
			&peer->commits[ack.frame % ORL_COMMITS];
	if (note->frame == ack.frame && note->queued) {
		learn_clock(peer, &ack, note, now);
		/* Nothing else was decoded since the last one. */
		if (note->video && note->cells && ack.cells == note->cells)
			orl_stream_learn(peer, (enum oriel_video)note->video,
					note->cells, ack.decode_us);
		int64_t offset = (peer->forward_min - peer->back_min) / 2;
		int64_t shown = unwrap(ack.shown, (int64_t)now) - offset;
		if (shown > (int64_t)now)
			shown = (int64_t)now;
		if (shown < (int64_t)note->queued)
			shown = (int64_t)note->queued;
		uint64_t took = (uint64_t)shown - note->captured;
		if (!note->refined)
			peer->latencies[peer->n_latencies++ % ORL_LATENCIES] =
					note->captured < (uint64_t)shown ? took
									 : 0;
	}
	orl_conn_kick(peer->conn);
	return 0;
}

int orl_ack_visible(struct oriel_peer *peer, const uint8_t *data, size_t n)
{
	struct orl_visible msg;
	int err = orl_get_visible(data, n, &msg);

	if (err)
		return err;
	struct orl_pane *pane = orl_pane_find(peer, msg.display);
	if (pane)
		pane->visible = msg.visible;
	orl_conn_kick(peer->conn);
	return 0;
}

int orl_ack_refresh(struct oriel_peer *peer, const uint8_t *data, size_t n)
{
	struct orl_refresh msg;
	int err = orl_get_refresh(data, n, &msg);

	if (err)
		return err;
	struct orl_pane *pane = orl_pane_find(peer, msg.display);
	if (pane)
		orl_check_reset(pane, "the client asked for it");
	orl_conn_kick(peer->conn);
	return 0;
}

/* The host may answer by ending the display. */
static void on_wish(struct orl_timer *timer)
{
	struct oriel_display *d =
			orl_container(timer, struct oriel_display, wish);
	struct oriel_server *server = d->server;

	d->wished = orl_now(&server->env);
	if (server->events.resize_wanted)
		server->events.resize_wanted(
				server->user, d, d->wish_width, d->wish_height);
}

/*
 * A size is dear to give: the newest counts, and a size that no display can
 * have is not asked for.
 */
int orl_ack_resize(struct oriel_peer *peer, const uint8_t *data, size_t n)
{
	struct oriel_server *server = peer->server;
	struct orl_resize msg;
	int err = orl_get_resize(data, n, &msg);

	if (err)
		return err;
	struct orl_pane *pane = orl_pane_find(peer, msg.display);
	if (!pane || !orl_display_size_ok(msg.width, msg.height))
		return 0;
	struct oriel_display *d = pane->display;
	uint64_t now = orl_now(&server->env);
	uint64_t next = d->wished ? d->wished + ORL_RESIZE_PAUSE_MS * MS : 0;
	d->wish_width = msg.width;
	d->wish_height = msg.height;
	d->wish.fire = on_wish;
	orl_timer_set(server->loop, &d->wish, next > now ? next : now);
	return 0;
}
