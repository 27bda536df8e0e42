/*
 * stream.c - the streams of a pane: one for each region of its display, with
 * an encoder that the peer's link and decoder bear.
 *
 * A frame is encoded as a job: by a worker where there are any, so that the
 * loop waits for no encoder, else at once. The job owns the encoder and the
 * picture while it runs; a stream that ends before that lets go of it.
 */
#include "server/server.h"

#include <string.h>

enum {
	/* Of a frame's decoding, in us: more, and another codec is tried. */
	DEAR_US = 20000,
	SAMPLES = 8,     /* of a codec's cost, until it is known */
	BETTER = 80,     /* percent of a cost that are worth a keyframe */
	BELIEVED = 1000, /* ms, the most that a client may say of a frame */
};
static const uint64_t PATIENCE = 3000000000; /* with a codec, ns */

/* ---- which codec -------------------------------------------------------- */

/* What a frame of so many cells costs the peer, in us; 0: not known yet. */
static uint64_t cost_of(const struct oriel_peer *peer, enum oriel_video codec,
		uint64_t cells)
{
	const struct orl_video_cost *c = &peer->video_cost[codec];

	return c->n < SAMPLES ? 0 : c->ns * cells / 1000;
}

void orl_stream_learn(struct oriel_peer *peer, enum oriel_video codec,
		uint32_t cells, uint32_t us)
{
	struct orl_video_cost *c = &peer->video_cost[codec];
	const uint64_t ns = orl_min64(us, BELIEVED * 1000) * 1000 / cells;

	/* The first ones fill caches. */
	c->ns = c->n < SAMPLES / 2 ? ns : (c->ns * 7 + ns) / 8;
	c->n += c->n < SAMPLES;
}

/* Encoders in the order in which they are liked: the host's own, then ours. */
static unsigned list_encoders(const struct oriel_peer *peer,
		struct orl_own_encoder out[static ORL_ENCODERS_MAX + 2])
{
	static const enum oriel_video ours[] = { ORIEL_VIDEO_H264,
		ORIEL_VIDEO_VP8 };
	const struct oriel_server *server = peer->server;
	unsigned n = 0;

	for (unsigned i = server->n_encoders; i-- > 0;)
		out[n++] = server->encoders[i];
	for (unsigned i = 0; i < ORL_COUNT(ours); i++)
		if (orl_video_encoder(ours[i]))
			out[n++] = (struct orl_own_encoder){
				*orl_video_encoder(ours[i]),
				(void *)(uintptr_t)&server->env
			};
	unsigned kept = 0;
	for (unsigned i = 0; i < n; i++)
		if (peer->caps & orl_cap_of_video(out[i].calls.codec))
			out[kept++] = out[i];
	return kept;
}

/*
 * The first that the peer can decode in time, else the one that costs it
 * least. One whose cost is not known may be tried.
 */
static unsigned choose(const struct oriel_peer *peer, uint64_t cells,
		const struct orl_own_encoder *e, unsigned n)
{
	unsigned best = 0;
	uint64_t least = UINT64_MAX;

	for (unsigned i = 0; i < n; i++) {
		const uint64_t cost = cost_of(peer, e[i].calls.codec, cells);
		if (cost <= DEAR_US)
			return i;
		if (cost < least) {
			least = cost;
			best = i;
		}
	}
	return best;
}

static uint64_t cells_in(const struct orl_coding *c)
{
	return (uint64_t)c->yuv.width * (uint64_t)c->yuv.height /
	       (ORL_CELL * ORL_CELL);
}

uint64_t orl_stream_cost(const struct orl_pane *pane, unsigned i)
{
	const struct orl_coding *c = pane->streams[i].coding;

	return cost_of(pane->peer, c->calls.codec, cells_in(c)) * 1000;
}

/* Whether another codec would be much better for this peer. */
static bool is_dear(const struct orl_pane *pane, const struct orl_coding *c)
{
	struct orl_own_encoder list[ORL_ENCODERS_MAX + 2];
	const struct oriel_peer *peer = pane->peer;
	const uint64_t cells = cells_in(c);
	const uint64_t cost = cost_of(peer, c->calls.codec, cells);

	if (cost <= DEAR_US)
		return false;
	const unsigned n = list_encoders(peer, list);
	const enum oriel_video other =
			list[choose(peer, cells, list, n)].calls.codec;
	return other != c->calls.codec &&
	       cost_of(peer, other, cells) * 100 < cost * BETTER;
}

/* The best encoder that works. */
static void make_encoder(struct orl_pane *pane, struct orl_coding *c)
{
	struct orl_own_encoder list[ORL_ENCODERS_MAX + 2];
	const struct oriel_peer *peer = pane->peer;
	const int32_t width = c->yuv.width, height = c->yuv.height;
	const uint32_t threads =
			width >= 1280 ? orl_pool_workers(peer->server->pool) + 1
				      : 1;

	for (unsigned n = list_encoders(peer, list); n; n--) {
		const unsigned i = choose(peer, cells_in(c), list, n);
		c->calls = list[i].calls;
		if (c->calls.create(&c->state, list[i].user, width, height,
				    threads) == 0)
			return;
		c->state = NULL;
		memmove(&list[i], &list[i + 1], (n - 1 - i) * sizeof(*list));
	}
}

/* ---- encoding ----------------------------------------------------------- */

static void free_coding(struct orl_coding *c)
{
	const struct orl_env *env = &c->server->env;

	if (c->state)
		c->calls.destroy(c->state);
	orl_yuv_destroy(&c->yuv, env);
	orl_list_remove(&c->node);
	orl_free(env, c);
}

static void work(struct orl_job *job)
{
	struct orl_coding *c = orl_container(job, struct orl_coding, job);
	const struct orl_yuv *y = &c->yuv;
	const struct oriel_yuv picture = { { y->plane[0], y->plane[1],
							   y->plane[2] },
		{ y->stride[0], y->stride[1], y->stride[2] }, y->width,
		y->height };
	const uint64_t started = orl_now(&c->server->env);

	c->out = (struct oriel_encoded){ .size = sizeof(c->out) };
	c->err = c->calls.encode(c->state, &picture, &c->how, &c->out);
	/* The first one, or an answer to video_lost, can be no other. */
	if (!c->err && c->out.bytes && c->how.keyframe && !c->out.keyframe)
		c->err = ORIEL_ENOTSUP;
	if (c->out.bytes > ORL_VIDEO_DATA_MAX)
		c->err = ORIEL_ELIMIT;
	c->took = orl_now(&c->server->env) - started;
}

static void finish(struct orl_job *job)
{
	struct orl_coding *c = orl_container(job, struct orl_coding, job);

	c->busy = false;
	if (!c->pane) {
		free_coding(c);
		return;
	}
	c->ready = true;
	orl_conn_kick(c->pane->peer->conn);
}

void orl_stream_encode(struct orl_pane *pane, unsigned i, bool now)
{
	struct orl_stream *s = &pane->streams[i];
	struct orl_coding *c = s->coding;
	struct orl_pool *pool = c->server->pool;

	c->how.keyframe = s->keyframe;
	s->keyframe = false;
	c->job = (struct orl_job){ .work = work, .done = finish };
	if (now || !orl_pool_workers(pool)) {
		work(&c->job);
		c->ready = true;
		return;
	}
	c->busy = true;
	orl_pool_submit(pool, &c->job);
}

void orl_stream_drop_all(struct oriel_server *server)
{
	ORL_EACH_SAFE (node, after, &server->codings)
		free_coding(orl_container(node, struct orl_coding, node));
}

/* ---- streams ------------------------------------------------------------ */

/* The cells that a stream's rectangle touches. */
struct orl_cells orl_stream_cells(const struct oriel_rect *r)
{
	struct orl_cells c = { r->x / ORL_CELL, r->y / ORL_CELL, 0, 0 };

	c.cols = (r->x + r->width - 1) / ORL_CELL + 1 - c.col;
	c.rows = (r->y + r->height - 1) / ORL_CELL + 1 - c.row;
	return c;
}

bool orl_video_has(const struct orl_pane *pane, size_t cell)
{
	return pane->video && pane->video[cell] & ORL_CELL_STREAM &&
	       !(pane->video[cell] & ORL_CELL_EXACT);
}

/* Its cells are nobody's; those that are not exact are to become so. */
static void let_go(struct orl_pane *pane, unsigned i)
{
	const struct orl_cells c = orl_stream_cells(&pane->streams[i].rect);

	for (int32_t row = c.row; row < c.row + c.rows; row++)
		for (int32_t col = c.col; col < c.col + c.cols; col++) {
			const size_t at =
					(size_t)row * (size_t)pane->sent.cols +
					(size_t)col;
			if ((pane->video[at] & ORL_CELL_STREAM) != i + 1)
				continue;
			pane->video[at] = 0;
			/* What was to travel in the next frame has not. */
			if (pane->sent.exact[at] && !pane->streams[i].due)
				continue;
			/* Some may never have been painted. */
			if (pane->lossy[at] && !pane->sent.exact[at])
				pane->any_lossy = true;
			else
				orl_pane_soil(pane, col, row);
		}
}

static void take_cells(struct orl_pane *pane, unsigned i)
{
	const struct orl_cells c = orl_stream_cells(&pane->streams[i].rect);

	for (int32_t row = c.row; row < c.row + c.rows; row++)
		memset(pane->video + (size_t)row * (size_t)pane->sent.cols +
						c.col,
				(int)(i + 1) | ORL_CELL_EXACT, (size_t)c.cols);
}

static void end_stream(struct orl_stream *s)
{
	struct orl_coding *c = s->coding;

	if (c && c->busy)
		c->pane = NULL; /* freed when it is done */
	else if (c)
		free_coding(c);
	*s = (struct orl_stream){ .region = 0 };
}

void orl_stream_close(struct orl_pane *pane, unsigned i)
{
	struct orl_video_close msg = { .display = (uint8_t)pane->display->id,
		.stream = (uint8_t)i };
	struct orl_stream *s = &pane->streams[i];
	const bool told = s->coding;
	const uint32_t frames = s->number;

	let_go(pane, i);
	end_stream(s);
	if (!told)
		return;
	orl_log(&pane->peer->server->env, ORIEL_LOG_INFO, "display",
			"the video ends after %u frames", (unsigned)frames);
	ORL_PEER_PUT(pane->peer, video_close, &msg);
}

void orl_video_drop(struct orl_pane *pane)
{
	const struct orl_env *env = &pane->peer->server->env;

	for (unsigned i = 0; i < ORL_REGIONS_MAX; i++)
		end_stream(&pane->streams[i]);
	orl_free(env, pane->video);
	pane->video = NULL;
	pane->regions_seen = 0;
}

/* NULL: there is none; the cells stay exact. */
static struct orl_coding *make_coding(
		struct orl_pane *pane, const struct oriel_rect *r)
{
	struct oriel_server *server = pane->peer->server;

	if (r->width > ORL_VIDEO_SIDE_MAX || r->height > ORL_VIDEO_SIDE_MAX)
		return NULL;
	struct orl_coding *c = orl_alloc(&server->env, 1, sizeof(*c));
	if (!c)
		return NULL;
	c->server = server;
	c->pane = pane;
	orl_list_append(&server->codings, &c->node);
	if (orl_yuv_create(&c->yuv, &server->env, r->width, r->height) == 0)
		make_encoder(pane, c);
	if (c->state)
		return c;
	free_coding(c);
	return NULL;
}

static void open_stream(struct orl_pane *pane, unsigned i, uint32_t region,
		struct oriel_rect rect)
{
	struct orl_stream *s = &pane->streams[i];

	*s = (struct orl_stream){ .region = region,
		.rect = rect,
		.keyframe = true,
		.opened = orl_now(&pane->peer->server->env),
		.generation = ++pane->generation };
	if (!s->generation)
		s->generation = ++pane->generation;
	s->coding = make_coding(pane, &rect);
	if (!s->coding)
		return;
	struct orl_video_open msg = {
		.display = (uint8_t)pane->display->id,
		.stream = (uint8_t)i,
		.codec = (uint8_t)s->coding->calls.codec,
		.colour = ORL_COLOUR_BT709,
		.generation = s->generation,
		.x = (uint16_t)s->rect.x,
		.y = (uint16_t)s->rect.y,
		.width = (uint16_t)s->rect.width,
		.height = (uint16_t)s->rect.height,
	};
	ORL_PEER_PUT(pane->peer, video_open, &msg);
	take_cells(pane, i);
	orl_log(&pane->peer->server->env, ORIEL_LOG_INFO, "display",
			"a video of %d x %d at %d, %d, by %s",
			(int)s->rect.width, (int)s->rect.height, (int)s->rect.x,
			(int)s->rect.y, s->coding->calls.name);
}

void orl_stream_review(struct orl_pane *pane, unsigned i)
{
	const struct orl_stream s = pane->streams[i];

	if (orl_now(&pane->peer->server->env) - s.opened < PATIENCE ||
			!is_dear(pane, s.coding))
		return;
	orl_log(&pane->peer->server->env, ORIEL_LOG_INFO, "display",
			"%s is too dear for a client to decode; another codec "
			"is tried",
			s.coding->calls.name);
	orl_stream_close(pane, i);
	open_stream(pane, i, s.region, s.rect);
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
			orl_stream_close(pane, i);
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
			open_stream(pane, i, g->id, g->rect);
	}
}
