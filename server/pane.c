/*
 * pane.c - one display as one peer sees it: its memory, and what is dirty.
 */
#include "server/server.h"

#include <string.h>

enum {
	/* Bytes a cell to begin with, text and picture. */
	FIRST_TEXT = 40,
	FIRST_PICTURE = 500,
};

/* By scale, at quality 80, * 16. */
static const uint32_t first_jpeg[4] = { 70 * 16, 24 * 16, 8 * 16, 3 * 16 };

static void free_maps(struct orl_pane *pane)
{
	const struct orl_env *env = &pane->peer->server->env;

	orl_free(env, pane->dirty);
	orl_free(env, pane->todo);
	orl_free(env, pane->lossy);
	orl_free(env, pane->paint);
	orl_free(env, pane->unchecked);
	orl_free(env, pane->asked);
	pane->dirty = pane->todo = pane->unchecked = NULL;
	pane->lossy = pane->paint = NULL;
	pane->asked = NULL;
}

static int alloc_maps(struct orl_pane *pane)
{
	const struct orl_env *env = &pane->peer->server->env;

	pane->dirty = orl_alloc(env, orl_pane_cells(pane), 1);
	pane->todo = orl_alloc(env, orl_pane_cells(pane), 1);
	pane->lossy = orl_alloc(env, orl_pane_cells(pane), 1);
	pane->paint = orl_alloc(env, orl_pane_cells(pane), 1);
	pane->unchecked = orl_alloc(env, (size_t)pane->sent.rows, 1);
	pane->asked = orl_alloc(
			env, (size_t)pane->sent.rows, sizeof(*pane->asked));
	return pane->dirty && pane->todo && pane->lossy && pane->paint &&
					       pane->unchecked && pane->asked
			       ? 0
			       : ORIEL_ENOMEM;
}

int orl_pane_restart(struct orl_pane *pane)
{
	const struct orl_env *env = &pane->peer->server->env;
	const struct oriel_display *d = pane->display;

	orl_video_drop(pane);
	orl_canvas_fini(&pane->sent);
	free_maps(pane);
	int err = orl_canvas_init(
			&pane->sent, env, d->width, d->height, d->slices);
	if (!err)
		err = alloc_maps(pane);
	if (err) {
		/* Of no use any more: the peer ends, changes pass it by. */
		orl_list_remove(&pane->by_display);
		return err;
	}
	memset(pane->dirty, 1, orl_pane_cells(pane));
	memset(pane->unchecked, 1, (size_t)pane->sent.rows);
	pane->any_dirty = true;
	pane->announced = pane->open = pane->waiting = pane->clean = false;
	pane->any_lossy = pane->refining = false;
	pane->check_at = pane->reset_at = pane->refine_at = 0;
	pane->cell_bytes[ORL_CLASS_TEXT] = FIRST_TEXT;
	pane->cell_bytes[ORL_CLASS_PICTURE] = FIRST_PICTURE;
	memcpy(pane->jpeg_bytes, first_jpeg, sizeof(pane->jpeg_bytes));
	return 0;
}

int orl_pane_create(struct oriel_peer *peer, struct oriel_display *display)
{
	struct orl_pane *pane = orl_alloc(&peer->server->env, 1, sizeof(*pane));

	if (!pane)
		return ORIEL_ENOMEM;
	pane->peer = peer;
	pane->display = display;
	pane->visible = true;
	pane->since = orl_now(&peer->server->env);
	pane->frames_seen = display->frames;
	orl_list_init(&pane->by_peer);
	orl_list_init(&pane->by_display);
	int err = orl_pane_restart(pane);
	if (err) {
		orl_pane_destroy(pane);
		return err;
	}
	orl_list_append(&peer->panes, &pane->by_peer);
	orl_list_append(&display->panes, &pane->by_display);
	orl_conn_kick(peer->conn);
	return 0;
}

void orl_pane_destroy(struct orl_pane *pane)
{
	orl_list_remove(&pane->by_peer);
	orl_list_remove(&pane->by_display);
	orl_video_drop(pane);
	orl_canvas_fini(&pane->sent);
	free_maps(pane);
	orl_free(&pane->peer->server->env, pane);
}

void orl_pane_soil(struct orl_pane *pane, int32_t col, int32_t row)
{
	pane->dirty[row * pane->sent.cols + col] = 1;
	pane->any_dirty = true;
}

void orl_pane_copy(struct orl_pane *pane, const struct orl_cells *cells,
		uint8_t scale)
{
	struct orl_canvas *c = &pane->sent;
	const struct oriel_display *d = pane->display;
	struct oriel_rect r = orl_cells_rect(c, cells);

	for (int32_t y = r.y; y < r.y + r.height; y++)
		memcpy(c->pixels + (size_t)y * c->stride + r.x,
				d->shadow + (size_t)y * (size_t)d->width + r.x,
				(size_t)r.width * 4);
	for (int32_t row = cells->row; row < cells->row + cells->rows; row++)
		memset(pane->lossy + (ptrdiff_t)row * c->cols + cells->col,
				scale, (size_t)cells->cols);
	memset(pane->unchecked + cells->row, 1, (size_t)cells->rows);
	pane->any_lossy = pane->any_lossy || scale;
	pane->peer->stats.copied_bytes +=
			(uint64_t)r.width * (uint64_t)r.height * 4;
}

struct orl_pane *orl_pane_find(struct oriel_peer *peer, uint32_t display)
{
	ORL_EACH (node, &peer->panes) {
		struct orl_pane *pane =
				orl_container(node, struct orl_pane, by_peer);
		if (pane->display->id == display)
			return pane;
	}
	return NULL; /* gone while the message was on its way */
}
