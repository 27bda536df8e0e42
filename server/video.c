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
	BUSY = 150, /* percent of a frame's cost to the peer between frames */
};
static const uint64_t LOST_NS = 500000000; /* from a keyframe to the next */

/* ---- regions ----------------------------------------------------------- */

bool orl_video_possible(const struct oriel_peer *peer)
{
	/* On a unix: socket nothing is too large. */
	return peer->caps & (ORL_CAP(VP8) | ORL_CAP(VP9) | ORL_CAP(H264)) &&
	       orl_conn_tls(peer->conn);
}

void orl_video_resize(struct oriel_display *d, struct orl_regions *next)
{
	next->next_id = d->regions.next_id;
	next->version = d->regions.version + 1;
	orl_regions_fini(&d->regions);
	d->regions = *next;
	orl_timer_stop(&d->still);
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

	if (pane->sent.exact[at] || pane->video[at] & ORL_CELL_SHARP)
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
	const struct orl_cells c = orl_stream_cells(&s->rect);
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
			pane->video[at] |= ORL_CELL_EXACT;
		}
}

static void plan_stream(struct orl_pane *pane, unsigned i, uint8_t *wanted)
{
	struct orl_stream *s = &pane->streams[i];
	const struct orl_cells c = orl_stream_cells(&s->rect);
	unsigned edges = EDGE_CELLS;

	for (int32_t row = c.row; row < c.row + c.rows; row++)
		for (int32_t col = c.col; col < c.col + c.cols; col++) {
			const size_t at =
					(size_t)row * (size_t)pane->sent.cols +
					(size_t)col;
			if (!wanted[at] ||
					(pane->video[at] & ORL_CELL_STREAM) !=
							i + 1)
				continue;
			if (travels(pane, s, col, row, &edges)) {
				pane->video[at] &= (uint8_t)~ORL_CELL_EXACT;
				wanted[at] = 0;
				s->due = true;
			} else {
				pane->video[at] |= ORL_CELL_EXACT;
			}
		}
	if (s->due)
		find_overlays(pane, s, wanted);
}

void orl_video_plan(struct orl_pane *pane, uint8_t *wanted)
{
	for (unsigned i = 0; i < ORL_REGIONS_MAX; i++)
		if (pane->streams[i].coding)
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

	if ((pane->video[at] & (ORL_CELL_STREAM | ORL_CELL_EXACT)) != i + 1 ||
			!orl_layer_takes(&pane->sent, col, row, s->generation))
		return false;
	return is_whole(&pane->sent, col, row, in) ||
	       outside_is_right(pane, col, row, in);
}

void orl_video_look(struct orl_pane *pane)
{
	for (unsigned i = 0; i < ORL_REGIONS_MAX; i++) {
		struct orl_stream *s = &pane->streams[i];
		const struct orl_cells c = orl_stream_cells(&s->rect);
		if (!s->coding)
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
	}
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
			       (ORL_CELL_STREAM | ORL_CELL_EXACT)) == i + 1 &&
	       !orl_layer_takes(&pane->sent, col, row,
			       pane->streams[i].generation);
}

static int make_lossy(struct orl_pane *pane, unsigned i, size_t *sent)
{
	const struct orl_stream *s = &pane->streams[i];
	const struct orl_cells c = orl_stream_cells(&s->rect);
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
					     (v->exact[row * v->cols + col] ? ORL_CELL_SHARP
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
	const struct orl_cells c = orl_stream_cells(&s->rect);
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
		if (pane->streams[i].coding)
			all += (uint64_t)pane->streams[i].rect.width *
			       (uint64_t)pane->streams[i].rect.height;
	const uint64_t share = rate * 8 * 6 / 10 * area / all;
	return (uint32_t)orl_min64(orl_max64(share, 50000), area * 12);
}

static int send_frame(struct orl_pane *pane, unsigned i, unsigned transaction,
		size_t *sent)
{
	struct oriel_peer *peer = pane->peer;
	struct orl_stream *s = &pane->streams[i];
	const struct oriel_encoded *e = &s->coding->out;
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
	*sent += w.n + e->bytes;
	return orl_peer_sent(peer, err);
}

/* What the region shows now is the next frame. */
static int start(struct orl_pane *pane, unsigned i, bool now, size_t *sent)
{
	struct oriel_display *d = pane->display;
	struct orl_stream *s = &pane->streams[i];
	struct orl_coding *c = s->coding;
	const uint64_t started = orl_now(&pane->peer->server->env);
	int err = make_lossy(pane, i, sent);

	if (err)
		return err;
	s->due = false;
	s->next = started + orl_stream_cost(pane, i) * BUSY / 100;
	copy_sources(pane, s);
	orl_yuv_from_pixels(&c->yuv, ORL_COLOUR_BT709,
			d->shadow + (size_t)s->rect.y * (size_t)d->width +
					s->rect.x,
			(size_t)d->width, s->rect.width, s->rect.height);
	c->how = (struct oriel_encode){
		.size = sizeof(c->how), .time = d->time, .bits = target(pane, s)
	};
	pane->peer->stats.codec_time +=
			orl_now(&pane->peer->server->env) - started;
	orl_stream_encode(pane, i, now);
	return 0;
}

/* One that has been encoded; *note has what a commit is to remember. */
static int finish(struct orl_pane *pane, unsigned i, unsigned transaction,
		struct orl_video_sent *out)
{
	struct orl_coding *c = pane->streams[i].coding;
	const uint32_t cells = (uint32_t)(c->yuv.width * c->yuv.height) /
			       (ORL_CELL * ORL_CELL);

	c->ready = false;
	pane->peer->stats.codec_time += c->took;
	pane->peer->stats.codec_cells += cells;
	if (c->err) {
		/* It goes on without: what it had becomes exact. */
		orl_log(&pane->peer->server->env, ORIEL_LOG_WARN, "display",
				"a video could not be encoded by %s; it is "
				"sent as pictures",
				c->calls.name);
		orl_stream_close(pane, i);
		return 0;
	}
	if (!c->out.bytes) {
		pane->streams[i].keyframe |= c->how.keyframe;
		return 0;
	}
	out->codec = out->frames++ ? 0 : c->calls.codec;
	out->cells = cells;
	out->time = c->how.time;
	return send_frame(pane, i, transaction, &out->bytes);
}

/* Whether a frame may be begun now. */
static bool may_start(const struct orl_stream *s, uint64_t now)
{
	return s->coding && s->due && !s->coding->busy && !s->coding->ready &&
	       now >= s->next;
}

int orl_video_send(struct orl_pane *pane, unsigned transaction,
		struct orl_video_sent *out)
{
	const uint64_t now = orl_now(&pane->peer->server->env);
	int err = 0;

	for (unsigned i = 0; !err && i < ORL_REGIONS_MAX; i++) {
		struct orl_stream *s = &pane->streams[i];
		if (may_start(s, now)) {
			orl_stream_review(pane, i);
			if (s->coding)
				err = start(pane, i, transaction == 0,
						&out->bytes);
		}
		if (!err && s->coding && s->coding->ready)
			err = finish(pane, i, transaction, out);
	}
	return err;
}

bool orl_video_waits(const struct orl_pane *pane)
{
	const uint64_t now = orl_now(&pane->peer->server->env);

	for (unsigned i = 0; i < ORL_REGIONS_MAX; i++) {
		const struct orl_stream *s = &pane->streams[i];
		if (s->coding && (s->coding->ready || may_start(s, now)))
			return true;
	}
	return false;
}

bool orl_video_busy(const struct orl_pane *pane)
{
	for (unsigned i = 0; i < ORL_REGIONS_MAX; i++) {
		const struct orl_coding *c = pane->streams[i].coding;
		if (c && (c->busy || c->ready))
			return true;
	}
	return false;
}

uint64_t orl_video_at(const struct orl_pane *pane)
{
	uint64_t at = 0;

	for (unsigned i = 0; i < ORL_REGIONS_MAX; i++) {
		const struct orl_stream *s = &pane->streams[i];
		if (s->coding && s->due && !s->coding->busy && s->next)
			at = at ? orl_min64(at, s->next) : s->next;
	}
	return at;
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
	if (!s->coding || now - s->asked < LOST_NS)
		return 0;
	s->asked = now;
	s->keyframe = s->due = true;
	orl_conn_kick(peer->conn);
	return 0;
}
