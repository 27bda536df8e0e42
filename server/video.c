/*
 * video.c - regions that move travel as frames, in parts of transactions.
 *
 * When a region is found its cells become lossy and a stream is opened; what
 * of it has changed is then left out of the blocks. Two kinds of cells stay
 * exact: those of text over the picture, and the rest of a cell through which
 * the region's edge goes, whose pixels outside keep the exact values that they
 * had when it became lossy.
 */
#include "server/server.h"

#include <string.h>

enum {
	AREAS = 256,     /* of one cells_lossy */
	REFINE_MS = 150, /* unchanged, until text is taken for an overlay */
	EDGE_CELLS = 8,  /* of an edge that are made exact with a frame */
};
static const uint64_t LOST_NS = 500000000; /* from a keyframe to the next */

/*
 * What a cell of a region is, in pane->video; 0: not of one. EXACT: it is kept
 * out of the frames. SHARP: an edge cell whose pixels outside of the region
 * are the exact ones, though the cell is lossy.
 */
enum { STREAM = 0x0f, SHARP = 0x40, EXACT = 0x80 };

/* ---- regions ----------------------------------------------------------- */

bool orl_video_possible(const struct oriel_peer *peer)
{
	/* On a unix: socket nothing is too large. */
	return peer->caps & (ORL_CAP(VP8) | ORL_CAP(VP9) | ORL_CAP(H264)) &&
	       orl_conn_tls(peer->conn);
}

int orl_video_resize(struct oriel_display *d)
{
	struct orl_regions next;
	int err = orl_regions_init(&next, &d->server->env, d->width, d->height);

	if (err)
		return err;
	next.next_id = d->regions.next_id;
	next.version = d->regions.version + 1;
	orl_regions_fini(&d->regions);
	d->regions = next;
	orl_timer_stop(&d->still);
	return 0;
}

void orl_video_fini(struct oriel_display *d)
{
	orl_timer_stop(&d->still);
	orl_regions_fini(&d->regions);
}

static void wait_for_still(struct oriel_display *d)
{
	uint64_t at = orl_regions_deadline(&d->regions);

	if (at == UINT64_MAX)
		orl_timer_stop(&d->still);
	else
		orl_timer_set(d->server->loop, &d->still, at);
}

void orl_video_tick(struct oriel_display *d)
{
	struct oriel_server *server = d->server;
	bool wanted = false;

	if (!d->regions.n_changed)
		return;
	ORL_EACH (node, &d->panes)
		wanted |= orl_video_possible(
				orl_container(node, struct orl_pane, by_display)
						->peer);
	if (!wanted) {
		orl_regions_clear(&d->regions);
		return;
	}
	orl_regions_tick(&d->regions, orl_now(&server->env), d->shadow,
			server->motion);
	if (d->regions.n)
		wait_for_still(d);
}

void orl_video_still(struct orl_timer *timer)
{
	struct oriel_display *d =
			orl_container(timer, struct oriel_display, still);

	if (orl_regions_still(&d->regions, orl_now(&d->server->env)))
		ORL_EACH (node, &d->panes)
			orl_conn_kick(orl_container(
					node, struct orl_pane, by_display)
							->peer->conn);
	wait_for_still(d);
}

/* ---- streams ----------------------------------------------------------- */

/* The best encoder that works: the host's own, then ours. */
static void make_encoder(struct orl_pane *pane, struct orl_stream *s)
{
	static const enum oriel_video ours[] = { ORIEL_VIDEO_H264,
		ORIEL_VIDEO_VP8 };
	struct oriel_server *server = pane->peer->server;
	const int32_t width = s->yuv.width, height = s->yuv.height;
	const uint32_t threads =
			width >= 1280 ? orl_pool_workers(server->pool) + 1 : 1;

	for (unsigned i = server->n_encoders; i-- > 0;) {
		const struct orl_own_encoder *own = &server->encoders[i];
		s->calls = own->calls;
		if (pane->peer->caps & orl_cap_of_video(s->calls.codec) &&
				s->calls.create(&s->state, own->user, width,
						height, threads) == 0)
			return;
	}
	for (unsigned i = 0; i < ORL_COUNT(ours); i++) {
		const struct oriel_encoder *e = orl_video_encoder(ours[i]);
		if (!e || !(pane->peer->caps & orl_cap_of_video(e->codec)))
			continue;
		s->calls = *e;
		if (e->create(&s->state, &server->env, width, height,
				    threads) == 0)
			return;
	}
	s->state = NULL;
}

/* The cells that a stream's rectangle touches. */
static struct orl_cells cells_of(const struct oriel_rect *r)
{
	struct orl_cells c = { r->x / ORL_CELL, r->y / ORL_CELL, 0, 0 };

	c.cols = (r->x + r->width - 1) / ORL_CELL + 1 - c.col;
	c.rows = (r->y + r->height - 1) / ORL_CELL + 1 - c.row;
	return c;
}

bool orl_video_has(const struct orl_pane *pane, size_t cell)
{
	return pane->video && pane->video[cell] & STREAM &&
	       !(pane->video[cell] & EXACT);
}

/* Its cells are nobody's; those that are not exact are to become so. */
static void let_go(struct orl_pane *pane, unsigned i)
{
	const struct orl_cells c = cells_of(&pane->streams[i].rect);

	for (int32_t row = c.row; row < c.row + c.rows; row++)
		for (int32_t col = c.col; col < c.col + c.cols; col++) {
			const size_t at =
					(size_t)row * (size_t)pane->sent.cols +
					(size_t)col;
			if ((pane->video[at] & STREAM) != i + 1)
				continue;
			pane->video[at] = 0;
			if (pane->sent.exact[at])
				continue;
			/* Some may never have been painted. */
			if (pane->lossy[at])
				pane->any_lossy = true;
			else
				orl_pane_soil(pane, col, row);
		}
}

static void take_cells(struct orl_pane *pane, unsigned i)
{
	const struct orl_cells c = cells_of(&pane->streams[i].rect);

	for (int32_t row = c.row; row < c.row + c.rows; row++)
		memset(pane->video + (size_t)row * (size_t)pane->sent.cols +
						c.col,
				(int)(i + 1) | EXACT, (size_t)c.cols);
}

static void end_stream(struct orl_stream *s, const struct orl_env *env)
{
	if (s->state)
		s->calls.destroy(s->state);
	orl_yuv_destroy(&s->yuv, env);
	*s = (struct orl_stream){ .region = 0 };
}

static void close_stream(struct orl_pane *pane, unsigned i)
{
	struct orl_video_close msg = { .display = (uint8_t)pane->display->id,
		.stream = (uint8_t)i };
	struct orl_stream *s = &pane->streams[i];
	bool told = s->state;

	let_go(pane, i);
	end_stream(s, &pane->peer->server->env);
	if (told)
		ORL_PEER_PUT(pane->peer, video_close, &msg);
}

void orl_video_drop(struct orl_pane *pane)
{
	const struct orl_env *env = &pane->peer->server->env;

	for (unsigned i = 0; i < ORL_REGIONS_MAX; i++)
		end_stream(&pane->streams[i], env);
	orl_free(env, pane->video);
	pane->video = NULL;
	pane->regions_seen = 0;
}

static void open_stream(struct orl_pane *pane, unsigned i,
		const struct orl_region *region)
{
	const struct orl_env *env = &pane->peer->server->env;
	struct orl_stream *s = &pane->streams[i];

	*s = (struct orl_stream){ .region = region->id,
		.rect = region->rect,
		.keyframe = true,
		.generation = ++pane->generation };
	if (!s->generation)
		s->generation = ++pane->generation;
	if (region->rect.width > ORL_VIDEO_SIDE_MAX ||
			region->rect.height > ORL_VIDEO_SIDE_MAX ||
			orl_yuv_create(&s->yuv, env, region->rect.width,
					region->rect.height) < 0)
		return;
	make_encoder(pane, s);
	if (!s->state)
		return;
	struct orl_video_open msg = {
		.display = (uint8_t)pane->display->id,
		.stream = (uint8_t)i,
		.codec = (uint8_t)s->calls.codec,
		.colour = ORL_COLOUR_BT709,
		.generation = s->generation,
		.x = (uint16_t)s->rect.x,
		.y = (uint16_t)s->rect.y,
		.width = (uint16_t)s->rect.width,
		.height = (uint16_t)s->rect.height,
	};
	ORL_PEER_PUT(pane->peer, video_open, &msg);
	take_cells(pane, i);
}

static void move_stream(
		struct orl_pane *pane, unsigned i, const struct oriel_rect *to)
{
	struct orl_stream *s = &pane->streams[i];
	struct orl_video_move msg = { .display = (uint8_t)pane->display->id,
		.stream = (uint8_t)i,
		.x = (uint16_t)to->x,
		.y = (uint16_t)to->y };

	let_go(pane, i);
	s->rect = *to;
	take_cells(pane, i);
	ORL_PEER_PUT(pane->peer, video_move, &msg);
}

static const struct orl_region *region_of(
		const struct oriel_display *d, uint32_t id)
{
	for (unsigned i = 0; i < d->regions.n; i++)
		if (d->regions.region[i].id == id)
			return &d->regions.region[i];
	return NULL;
}

void orl_video_follow(struct orl_pane *pane)
{
	const struct oriel_display *d = pane->display;

	if (pane->regions_seen == d->regions.version)
		return;
	pane->regions_seen = d->regions.version;
	if (!orl_video_possible(pane->peer))
		return;
	if (!pane->video)
		pane->video = orl_alloc(&pane->peer->server->env,
				orl_pane_cells(pane), 1);
	if (!pane->video)
		return;
	for (unsigned i = 0; i < ORL_REGIONS_MAX; i++) {
		struct orl_stream *s = &pane->streams[i];
		const struct orl_region *g = region_of(d, s->region);
		if (!s->region)
			continue;
		if (!g || g->rect.width != s->rect.width ||
				g->rect.height != s->rect.height)
			close_stream(pane, i);
		else if (g->rect.x != s->rect.x || g->rect.y != s->rect.y)
			move_stream(pane, i, &g->rect);
	}
	for (unsigned k = 0; k < d->regions.n; k++) {
		const struct orl_region *g = &d->regions.region[k];
		unsigned i = 0;
		while (i < ORL_REGIONS_MAX && pane->streams[i].region != g->id)
			i++;
		if (i < ORL_REGIONS_MAX)
			continue;
		i = 0;
		while (i < ORL_REGIONS_MAX && pane->streams[i].region)
			i++;
		if (i < ORL_REGIONS_MAX)
			open_stream(pane, i, g);
	}
}

/* ---- which cells ------------------------------------------------------- */

/* The part of a cell that is inside the rectangle. */
static struct oriel_rect part_inside(const struct orl_canvas *c, int32_t col,
		int32_t row, const struct oriel_rect *r)
{
	const int32_t x0 = orl_max32(col * ORL_CELL, r->x);
	const int32_t y0 = orl_max32(row * ORL_CELL, r->y);
	const int32_t x1 = orl_min32(orl_min32((col + 1) * ORL_CELL, c->width),
			r->x + r->width);
	const int32_t y1 = orl_min32(orl_min32((row + 1) * ORL_CELL, c->height),
			r->y + r->height);

	return (struct oriel_rect){ x0, y0, x1 - x0, y1 - y0 };
}

/* Whether the pixels of a cell outside of the rectangle are as sent. */
static bool outside_is_right(const struct orl_pane *pane, int32_t col,
		int32_t row, struct oriel_rect in)
{
	const struct orl_canvas *c = &pane->sent;
	const int32_t x0 = col * ORL_CELL;
	const int32_t x1 = orl_min32(x0 + ORL_CELL, c->width);
	const int32_t end = orl_min32((row + 1) * ORL_CELL, c->height);

	for (int32_t y = row * ORL_CELL; y < end; y++) {
		const uint32_t *a = c->pixels + (size_t)y * c->stride;
		const uint32_t *b = pane->display->shadow +
				    (size_t)y * (size_t)pane->display->width;
		const bool beside = y < in.y || y >= in.y + in.height;
		const int32_t stop = beside ? x1 : in.x;
		const int32_t go = beside ? x1 : in.x + in.width;
		if (memcmp(a + x0, b + x0, (size_t)(stop - x0) * 4) != 0 ||
				memcmp(a + go, b + go, (size_t)(x1 - go) * 4) !=
						0)
			return false;
	}
	return true;
}

static bool is_whole(const struct orl_canvas *c, int32_t col, int32_t row,
		struct oriel_rect in)
{
	return in.width == orl_min32(ORL_CELL, c->width - col * ORL_CELL) &&
	       in.height == orl_min32(ORL_CELL, c->height - row * ORL_CELL);
}

static bool cell_is_soft(const struct orl_pane *pane, int32_t col, int32_t row)
{
	const struct oriel_display *d = pane->display;
	const int32_t x = col * ORL_CELL, y = row * ORL_CELL;

	return orl_region_soft(d->shadow + (size_t)y * (size_t)d->width + x,
			(size_t)d->width, orl_min32(ORL_CELL, d->width - x),
			orl_min32(ORL_CELL, d->height - y));
}

/* The same of an edge cell; what of its outside is not exact becomes so. */
static bool edge_travels(struct orl_pane *pane, int32_t col, int32_t row,
		struct oriel_rect in, unsigned *edges)
{
	const size_t at = (size_t)row * (size_t)pane->sent.cols + (size_t)col;

	if (pane->sent.exact[at] || pane->video[at] & SHARP)
		return outside_is_right(pane, col, row, in);
	if (!*edges)
		return true;
	--*edges;
	return false;
}

/* A cell of a stream that has changed: does it travel in the frame? */
static bool travels(struct orl_pane *pane, const struct orl_stream *s,
		int32_t col, int32_t row, unsigned *edges)
{
	const struct orl_canvas *c = &pane->sent;
	const struct oriel_rect in = part_inside(c, col, row, &s->rect);

	if (!is_whole(c, col, row, in))
		return edge_travels(pane, col, row, in, edges);
	/* Text that was set over the picture and is not moving with it. */
	return !c->exact[(ptrdiff_t)row * c->cols + col] ||
	       orl_regions_run(&pane->display->regions, col, row) > 2 ||
	       cell_is_soft(pane, col, row);
}

/* Lossy cells of a stream that have become text that stays. */
static void find_overlays(struct orl_pane *pane, const struct orl_stream *s,
		uint8_t *wanted)
{
	const struct orl_regions *r = &pane->display->regions;
	const struct orl_cells c = cells_of(&s->rect);
	const uint64_t now = orl_now(&pane->peer->server->env);

	/* Some rows at a time. */
	for (int32_t row = c.row + (int32_t)(s->number % 4);
			row < c.row + c.rows; row += 4)
		for (int32_t col = c.col; col < c.col + c.cols; col++) {
			const size_t at =
					(size_t)row * (size_t)pane->sent.cols +
					(size_t)col;
			if (pane->sent.exact[at] || wanted[at] ||
					orl_regions_since(r, col, row, now) <
							REFINE_MS ||
					cell_is_soft(pane, col, row))
				continue;
			wanted[at] = 1;
			pane->video[at] |= EXACT;
		}
}

static void plan_stream(struct orl_pane *pane, unsigned i, uint8_t *wanted)
{
	struct orl_stream *s = &pane->streams[i];
	const struct orl_cells c = cells_of(&s->rect);
	unsigned edges = EDGE_CELLS;

	for (int32_t row = c.row; row < c.row + c.rows; row++)
		for (int32_t col = c.col; col < c.col + c.cols; col++) {
			const size_t at =
					(size_t)row * (size_t)pane->sent.cols +
					(size_t)col;
			if (!wanted[at] || (pane->video[at] & STREAM) != i + 1)
				continue;
			if (travels(pane, s, col, row, &edges)) {
				pane->video[at] &= (uint8_t)~EXACT;
				wanted[at] = 0;
				s->due = true;
			} else {
				pane->video[at] |= EXACT;
			}
		}
	if (s->due)
		find_overlays(pane, s, wanted);
}

void orl_video_plan(struct orl_pane *pane, uint8_t *wanted)
{
	for (unsigned i = 0; i < ORL_REGIONS_MAX; i++)
		if (pane->streams[i].state)
			plan_stream(pane, i, wanted);
}

/*
 * Outside of the beginning of a transaction: it has a claim to all cells but
 * those that were in the frames before.
 */
static bool stays(const struct orl_pane *pane, const struct orl_stream *s,
		unsigned i, int32_t col, int32_t row)
{
	const size_t at = (size_t)row * (size_t)pane->sent.cols + (size_t)col;
	const struct oriel_rect in =
			part_inside(&pane->sent, col, row, &s->rect);

	if ((pane->video[at] & (STREAM | EXACT)) != i + 1 ||
			!orl_layer_takes(&pane->sent, col, row, s->generation))
		return false;
	return is_whole(&pane->sent, col, row, in) ||
	       outside_is_right(pane, col, row, in);
}

bool orl_video_due(struct orl_pane *pane)
{
	bool due = false;

	for (unsigned i = 0; i < ORL_REGIONS_MAX; i++) {
		struct orl_stream *s = &pane->streams[i];
		const struct orl_cells c = cells_of(&s->rect);
		if (!s->state)
			continue;
		for (int32_t row = c.row; row < c.row + c.rows; row++)
			for (int32_t col = c.col; col < c.col + c.cols; col++) {
				uint8_t *dirty =
						&pane->dirty[row * pane->sent.cols +
								col];
				if (!*dirty || !stays(pane, s, i, col, row))
					continue;
				*dirty = 0;
				s->due = true;
			}
		due |= s->due;
	}
	return due;
}

/* ---- frames ------------------------------------------------------------ */

static int flush_areas(struct orl_pane *pane, const struct orl_stream *s,
		const uint8_t *bytes, size_t *n, size_t *sent)
{
	struct orl_cells_lossy msg = { .display = (uint8_t)pane->display->id,
		.generation = s->generation,
		.areas = { bytes, (uint16_t)*n } };

	if (!*n)
		return 0;
	*sent += *n * 8 + 8;
	*n = 0;
	return ORL_PEER_PUT(pane->peer, cells_lossy, &msg);
}

/* Whether the frame is to paint a cell and could not yet. */
static bool opens(const struct orl_pane *pane, unsigned i, int32_t col,
		int32_t row)
{
	return (pane->video[(ptrdiff_t)row * pane->sent.cols + col] &
			       (STREAM | EXACT)) == i + 1 &&
	       !orl_layer_takes(&pane->sent, col, row,
			       pane->streams[i].generation);
}

static int make_lossy(struct orl_pane *pane, unsigned i, size_t *sent)
{
	const struct orl_stream *s = &pane->streams[i];
	const struct orl_cells c = cells_of(&s->rect);
	const int32_t end_col = c.col + c.cols;
	struct orl_canvas *v = &pane->sent;
	uint8_t bytes[AREAS * 8];
	struct orl_wr w = { bytes, sizeof(bytes), 0 };
	size_t n = 0;
	int err = 0;

	for (int32_t row = c.row; !err && row < c.row + c.rows; row++)
		for (int32_t col = c.col; !err && col < end_col; col++) {
			uint8_t *video = pane->video + (ptrdiff_t)row * v->cols;
			struct orl_cells run = { col, row, 0, 1 };
			for (; col < end_col && opens(pane, i, col, row); col++)
				video[col] = (uint8_t)(i + 1) |
					     (v->exact[row * v->cols + col] ? SHARP
									    : 0);
			run.cols = col - run.col;
			if (!run.cols)
				continue;
			if (orl_layer_open(v, &run, s->generation) < 0)
				return orl_peer_sent(pane->peer, ORIEL_ENOMEM);
			orl_put_area(&w, &(struct orl_area){ (uint16_t)run.col,
							 (uint16_t)row,
							 (uint16_t)run.cols,
							 1 });
			pane->unchecked[row] = 1;
			if (++n == AREAS) {
				err = flush_areas(pane, s, bytes, &n, sent);
				w.n = 0;
			}
		}
	return err ? err : flush_areas(pane, s, bytes, &n, sent);
}

/* What is sent in its lossy cells is what the shadow has. */
static void copy_sources(struct orl_pane *pane, const struct orl_stream *s)
{
	const struct orl_cells c = cells_of(&s->rect);
	const struct oriel_display *d = pane->display;
	struct orl_canvas *v = &pane->sent;

	for (int32_t row = c.row; row < c.row + c.rows; row++)
		for (int32_t col = c.col; col < c.col + c.cols; col++) {
			if (!orl_layer_takes(v, col, row, s->generation))
				continue;
			const struct oriel_rect r =
					part_inside(v, col, row, &s->rect);
			for (int32_t y = r.y; y < r.y + r.height; y++)
				memcpy(v->pixels + (size_t)y * v->stride + r.x,
						d->shadow + (size_t)y * (size_t)d->width +
								r.x,
						(size_t)r.width * 4);
			pane->peer->stats.copied_bytes += (uint64_t)r.width *
							  (uint64_t)r.height *
							  4;
		}
}

/* Bits a second that a stream may have: most of the link, not all of it. */
static uint32_t target(const struct orl_pane *pane, const struct orl_stream *s)
{
	const uint64_t rate =
			orl_rate_estimate(orl_conn_rate(pane->peer->conn));
	const uint64_t area =
			(uint64_t)s->rect.width * (uint64_t)s->rect.height;
	uint64_t all = 0;

	for (unsigned i = 0; i < ORL_REGIONS_MAX; i++)
		if (pane->streams[i].state)
			all += (uint64_t)pane->streams[i].rect.width *
			       (uint64_t)pane->streams[i].rect.height;
	const uint64_t share = rate * 8 * 6 / 10 * area / all;
	return (uint32_t)orl_min64(orl_max64(share, 50000), area * 12);
}

static int send_frame(struct orl_pane *pane, unsigned i, unsigned transaction,
		const struct oriel_encoded *e, size_t *sent)
{
	struct oriel_peer *peer = pane->peer;
	struct orl_stream *s = &pane->streams[i];
	uint8_t head[32];
	struct orl_wr w = { head, sizeof(head), 0 };
	struct orl_video_frame msg = { .display = (uint8_t)pane->display->id,
		.stream = (uint8_t)i,
		.transaction = (uint8_t)transaction,
		.number = s->number,
		.reference = e->keyframe ? s->number : s->number - 1 };
	struct orl_buf *tail = orl_buf_create(&peer->server->env, e->bytes);

	if (!tail)
		return orl_peer_sent(peer, ORIEL_ENOMEM);
	memcpy(tail->data, e->data, e->bytes);
	orl_put_video_frame(&w, &msg);
	int err = orl_link_send(orl_conn_link(peer->conn),
			&(struct orl_send){ .id = ORL_MSG_video_frame,
					.head = head,
					.head_n = w.n,
					.tail = tail });
	orl_buf_unref(tail);
	s->number++;
	s->keyframe = false;
	*sent += w.n + e->bytes;
	return orl_peer_sent(peer, err);
}

static int encode(struct orl_pane *pane, unsigned i, struct oriel_encoded *out)
{
	struct oriel_server *server = pane->peer->server;
	struct oriel_display *d = pane->display;
	struct orl_stream *s = &pane->streams[i];
	const uint64_t started = orl_now(&server->env);
	const struct oriel_yuv picture = { { s->yuv.plane[0], s->yuv.plane[1],
							   s->yuv.plane[2] },
		{ s->yuv.stride[0], s->yuv.stride[1], s->yuv.stride[2] },
		s->yuv.width, s->yuv.height };
	const struct oriel_encode how = { sizeof(how), d->time, target(pane, s),
		s->keyframe };

	orl_yuv_from_pixels(&s->yuv, ORL_COLOUR_BT709,
			d->shadow + (size_t)s->rect.y * (size_t)d->width +
					s->rect.x,
			(size_t)d->width, s->rect.width, s->rect.height);
	*out = (struct oriel_encoded){ .size = sizeof(*out) };
	int err = s->calls.encode(s->state, &picture, &how, out);
	pane->peer->stats.codec_time += orl_now(&server->env) - started;
	pane->peer->stats.codec_cells += (uint64_t)s->yuv.width *
					 (uint64_t)s->yuv.height /
					 (ORL_CELL * ORL_CELL);
	/* The first one, or an answer to video_lost, can be no other. */
	if (!err && out->bytes && s->keyframe && !out->keyframe)
		err = ORIEL_ENOTSUP;
	return out->bytes > ORL_VIDEO_DATA_MAX ? ORIEL_ELIMIT : err;
}

int orl_video_send(struct orl_pane *pane, unsigned transaction, size_t *bytes)
{
	int err = 0;

	for (unsigned i = 0; !err && i < ORL_REGIONS_MAX; i++) {
		struct orl_stream *s = &pane->streams[i];
		struct oriel_encoded e;
		if (!s->due)
			continue;
		s->due = false;
		err = make_lossy(pane, i, bytes);
		if (err)
			break;
		copy_sources(pane, s);
		if (encode(pane, i, &e) < 0) {
			/* It goes on without: what it had becomes exact. */
			orl_log(&pane->peer->server->env, ORIEL_LOG_WARN,
					"display",
					"a video could not be encoded by %s; "
					"it is sent as pictures",
					s->calls.name);
			close_stream(pane, i);
			continue;
		}
		if (e.bytes)
			err = send_frame(pane, i, transaction, &e, bytes);
	}
	return err;
}

int orl_video_lost(struct oriel_peer *peer, const uint8_t *data, size_t n)
{
	struct orl_video_lost msg;
	uint64_t now = orl_now(&peer->server->env);
	int err = orl_get_video_lost(data, n, &msg);

	if (err)
		return err;
	struct orl_pane *pane = orl_pane_find(peer, msg.display);
	if (!pane || msg.stream >= ORL_REGIONS_MAX)
		return 0;
	struct orl_stream *s = &pane->streams[msg.stream];
	/* Keyframes are dear: one that asks again and again is not heard. */
	if (!s->state || now - s->asked < LOST_NS)
		return 0;
	s->asked = now;
	s->keyframe = s->due = true;
	orl_conn_kick(peer->conn);
	return 0;
}
