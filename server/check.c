/*
 * check.c - whether the peer has exactly what it was sent.
 *
 * A stateful codec that falls out of step shows wrong pixels for ever. So
 * every 64 commits, and 200 ms after the last one, the rows that changed are
 * hashed and compared on both ends; a difference resets the pane and sends it
 * all again, at most once in two seconds.
 */
#include "server/server.h"

#include <string.h>

static const uint64_t MS = 1000000;
enum { CHECK_AFTER_MS = 200, RESET_EVERY_MS = 2000 };

void orl_check_later(struct orl_pane *pane, uint64_t now)
{
	pane->clean = false;
	pane->check_at = now + CHECK_AFTER_MS * MS;
}

static bool pane_is_clean(const struct orl_pane *pane)
{
	return !pane->open && !pane->any_dirty && !pane->display->pending &&
	       orl_canvas_is_exact(&pane->sent);
}

bool orl_check_send(struct orl_pane *pane, uint64_t now)
{
	struct oriel_peer *peer = pane->peer;
	const struct orl_canvas *c = &pane->sent;
	int32_t first = 0, last = c->rows - 1;

	/* One at a time; the answer to this one calls for the next. */
	if (pane->waiting || !pane->check_at || pane->open ||
			(now < pane->check_at && pane->since_check < 64))
		return false;
	while (first < last && !pane->unchecked[first])
		first++;
	while (last > first && !pane->unchecked[last])
		last--;
	uint8_t *bytes = orl_alloc(&peer->server->env,
			(size_t)(last - first + 1), sizeof(uint64_t));
	if (!bytes) {
		orl_peer_sent(peer, ORIEL_ENOMEM);
		return false;
	}
	struct orl_wr w = { bytes,
		(size_t)(last - first + 1) * sizeof(uint64_t), 0 };
	for (int32_t row = first; row <= last; row++) {
		uint64_t hash = orl_canvas_hash(c, row);
		pane->asked[row - first] = hash;
		orl_put_row_hash(&w, &(struct orl_row_hash){ hash });
	}
	pane->asked_rows = (uint32_t)(last - first + 1);
	pane->asked_clean = pane_is_clean(pane);
	struct orl_check msg = {
		.display = (uint8_t)pane->display->id,
		.serial = ++peer->check_serial,
		.frame = peer->next_frame,
		.clean = pane->asked_clean,
		.first = (uint16_t)first,
		.rows = { bytes, (uint16_t)pane->asked_rows },
	};
	int err = ORL_PEER_PUT(peer, check, &msg);
	orl_free(&peer->server->env, bytes);
	if (err)
		return false;
	memset(pane->unchecked, 0, (size_t)c->rows);
	pane->serial = msg.serial;
	pane->waiting = true;
	pane->check_at = 0;
	pane->since_check = 0;
	return true;
}

void orl_check_reset(struct orl_pane *pane, const char *why)
{
	struct oriel_server *server = pane->peer->server;
	struct orl_reset msg = { .display = (uint8_t)pane->display->id };
	uint64_t now = orl_now(&server->env);

	if (!pane->announced)
		return; /* it begins afresh anyway */
	if (pane->last_reset && now - pane->last_reset < RESET_EVERY_MS * MS) {
		pane->reset_at = pane->last_reset + RESET_EVERY_MS * MS;
		orl_check_arm(pane->peer);
		return;
	}
	orl_log(&server->env, ORIEL_LOG_WARN, "display",
			"sending display %u again to %s: %s",
			(unsigned)pane->display->id,
			oriel_peer_address(pane->peer), why);
	size_t cells = orl_pane_cells(pane);
	orl_video_drop(pane);
	orl_canvas_reset(&pane->sent);
	memset(pane->dirty, 1, cells);
	memset(pane->todo, 0, cells);
	memset(pane->lossy, 0, cells);
	memset(pane->paint, 0, cells);
	memset(pane->unchecked, 1, (size_t)pane->sent.rows);
	pane->any_dirty = true;
	pane->open = pane->clean = pane->waiting = false;
	pane->any_lossy = pane->refining = false;
	pane->last_reset = now;
	/* Until something is sent there is nothing to compare. */
	pane->reset_at = pane->check_at = 0;
	pane->peer->stats.resets++;
	if (ORL_PEER_PUT(pane->peer, reset, &msg) == 0)
		orl_conn_kick(pane->peer->conn);
}

int orl_check_answer(struct oriel_peer *peer, const uint8_t *data, size_t n)
{
	struct orl_checked msg;
	struct orl_row_hash row;
	int err = orl_get_checked(data, n, &msg);

	if (err)
		return err;
	struct orl_pane *pane = orl_pane_find(peer, msg.display);
	if (!pane || !pane->waiting || msg.serial != pane->serial)
		return 0; /* of a display or a canvas that is no more */
	if (msg.rows.n != pane->asked_rows)
		return ORIEL_EPROTO;
	pane->waiting = false;
	peer->stats.checks++;
	for (unsigned i = 0; i < msg.rows.n; i++) {
		orl_at_row_hash(&msg.rows, i, &row);
		if (row.hash != pane->asked[i]) {
			orl_check_reset(pane, "the picture differed");
			return 0;
		}
	}
	uint64_t now = orl_now(&peer->server->env);
	/* What waited then may have come to nothing, so ask again. */
	if (!pane->asked_clean && !pane->check_at)
		pane->check_at = now + CHECK_AFTER_MS * MS;
	/* Unless a commit has gone out since. */
	if (pane->asked_clean && !pane->check_at) {
		pane->clean = true;
		if (pane_is_clean(pane))
			peer->stats.lossless_after =
					now - pane->display->changed_at;
	}
	orl_conn_kick(peer->conn);
	return 0;
}

bool orl_check_is_exact(const struct oriel_peer *peer)
{
	if (orl_list_empty(&peer->panes))
		return false;
	ORL_EACH (node, &peer->panes) {
		const struct orl_pane *pane =
				orl_container(node, struct orl_pane, by_peer);
		if (pane->visible && (!pane->clean || !pane_is_clean(pane)))
			return false;
	}
	return true;
}

void orl_check_arm(struct oriel_peer *peer)
{
	const uint64_t now = orl_now(&peer->server->env);
	uint64_t at = UINT64_MAX;

	if (peer->state != ORL_PEER_READY)
		return;
	ORL_EACH (node, &peer->panes) {
		const struct orl_pane *pane =
				orl_container(node, struct orl_pane, by_peer);
		if (pane->check_at && !pane->waiting && !pane->open &&
				!pane->any_dirty && pane->visible)
			at = orl_min64(at, pane->check_at);
		if (pane->reset_at)
			at = orl_min64(at, pane->reset_at);
		if (pane->refine_at && !pane->open && pane->visible)
			at = orl_min64(at, pane->refine_at);
		const uint64_t frame = orl_video_at(pane);
		if (frame > now && pane->visible)
			at = orl_min64(at, frame);
	}
	if (at == UINT64_MAX)
		orl_timer_stop(&peer->timer);
	else
		orl_timer_set(peer->server->loop, &peer->timer, at);
}

void orl_check_timer(struct orl_timer *timer)
{
	struct oriel_peer *peer =
			orl_container(timer, struct oriel_peer, timer);

	orl_conn_kick(peer->conn);
}
