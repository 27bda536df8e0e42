/*
 * display.c - pictures from the host: what they changed, and for whom.
 *
 * A display keeps one picture, the shadow. A patch is compared with it and
 * copied at once; of submitted frames only the newest is kept, and compared
 * when a peer has room for an update (orl_display_refresh), so that a frame
 * nobody has time for costs nothing but a reference.
 */
#include "server/server.h"

#include <string.h>

enum {
	BANDS_FROM_CELLS = 16000, /* between 1920x1200 and 2560x1600 */
	LOOK_CELLS = 36,          /* 96 x 96 pixels */
};
static const uint64_t TELL_EVERY_NS = 10000000000;

static int32_t cells(int32_t pixels)
{
	return (pixels + ORL_CELL - 1) / ORL_CELL;
}

bool orl_display_size_ok(int32_t width, int32_t height)
{
	return width >= 1 && height >= 1 && width <= ORL_DISPLAY_SIDE_MAX &&
	       height <= ORL_DISPLAY_SIDE_MAX &&
	       (int64_t)width * height <= ORL_DISPLAY_PIXELS_MAX;
}

/* Whether all displays together, this one of that size, are too large. */
static bool desktop_too_large(
		const struct oriel_display *d, int32_t width, int32_t height)
{
	int64_t sum = (int64_t)width * height;

	ORL_EACH (node, &d->server->displays) {
		const struct oriel_display *other =
				orl_container(node, struct oriel_display, node);
		if (other != d)
			sum += (int64_t)other->width * other->height;
	}
	return sum > ORL_DESKTOP_PIXELS_MAX;
}

/* The memory of a size; on failure the display is as it was. */
static int set_size(struct oriel_display *d, int32_t width, int32_t height)
{
	const struct orl_env *env = &d->server->env;

	if (desktop_too_large(d, width, height))
		return ORIEL_ELIMIT;
	size_t cols = (size_t)cells(width), rows = (size_t)cells(height);
	uint32_t *shadow = orl_alloc(
			env, (size_t)width * (size_t)height, sizeof(*shadow));
	uint8_t *changed = orl_alloc(env, cols, rows);
	struct orl_span *damage = orl_alloc(env, rows, sizeof(*damage));
	struct orl_past *past = orl_alloc(env, cols * rows, sizeof(*past));
	struct orl_regions regions;
	int err = orl_regions_init(&regions, env, width, height);

	if (err || !shadow || !changed || !damage || !past) {
		orl_regions_fini(&regions);
		orl_free(env, past);
		orl_free(env, shadow);
		orl_free(env, changed);
		orl_free(env, damage);
		return ORIEL_ENOMEM;
	}
	orl_free(env, d->shadow);
	orl_free(env, d->changed);
	orl_free(env, d->damage);
	orl_free(env, d->past);
	orl_free(env, d->strip);
	d->strip = NULL;
	d->past = past;
	d->shadow = shadow;
	d->changed = changed;
	d->damage = damage;
	d->width = width;
	d->height = height;
	d->cols = (int32_t)cols;
	d->rows = (int32_t)rows;
	/*
	 * Each band learns for itself: two cost 0 to 16 % of bytes, four 3 to
	 * 41 % (`oriel-bench codecs --slices=N`). Worth it only where there
	 * are workers, and pixels enough to keep them busy. One alone encodes
	 * videos, and nothing else has to be the larger for it.
	 */
	bool large = cols * rows > BANDS_FROM_CELLS;
	unsigned workers = orl_pool_workers(d->server->pool);
	d->slices = workers < 2 || !large ? 1 : workers == 2 ? 2 : 4;
	oriel_frame_unref(d->pending);
	d->pending = NULL;
	d->changed_at = orl_now(env);
	orl_video_resize(d, &regions);
	return 0;
}

static void kick_all(struct oriel_display *d)
{
	ORL_EACH (node, &d->panes)
		orl_conn_kick(orl_container(node, struct orl_pane, by_display)
						->peer->conn);
}

/* A frame could not be read; the host hears of it in dispatch. */
static void on_later(struct orl_deferred *later)
{
	struct oriel_display *d =
			orl_container(later, struct oriel_display, later);
	struct oriel_server *server = d->server;

	if (server->events.frame_failed)
		server->events.frame_failed(server->user, d, d->failed);
}

/*
 * A frame that nobody may have room for: whether it is of a video has to be
 * known all the same, so large changes are looked at.
 */
static void on_look(struct orl_deferred *deferred)
{
	struct oriel_display *d =
			orl_container(deferred, struct oriel_display, look);
	int32_t cells_damaged = 0;
	bool anybody = false;

	for (int32_t row = 0; row < d->rows; row++)
		cells_damaged += d->damage[row].to - d->damage[row].from;
	ORL_EACH (node, &d->panes) {
		const struct orl_pane *pane = orl_container(
				node, struct orl_pane, by_display);
		anybody |= pane->visible && orl_video_possible(pane->peer);
	}
	if (anybody && cells_damaged >= LOOK_CELLS)
		orl_display_refresh(d);
}

int oriel_display_create(struct oriel_display **out,
		struct oriel_server *server,
		const struct oriel_display_config *config)
{
	uint32_t id, tried = 0;

	if (!out || !server || !config || config->size != sizeof(*config) ||
			!orl_display_size_ok(config->width, config->height))
		return ORIEL_EINVAL;
	uint32_t scale = config->scale_percent ? config->scale_percent : 100;
	if (scale < 50 || scale > 500)
		return ORIEL_EINVAL;
	/* The longest unused: what peers say of the one before may be late. */
	id = server->next_display;
	while (tried < ORL_DISPLAYS_MAX && server->displays_used >> id & 1) {
		id = (id + 1) % ORL_DISPLAYS_MAX;
		tried++;
	}
	if (tried == ORL_DISPLAYS_MAX)
		return ORIEL_ELIMIT;
	struct oriel_display *d = orl_alloc(&server->env, 1, sizeof(*d));
	if (!d)
		return ORIEL_ENOMEM;
	d->server = server;
	d->id = id;
	d->x = config->x;
	d->y = config->y;
	d->scale = scale;
	d->later.run = on_later;
	orl_list_init(&d->node);
	orl_list_init(&d->wish.node);
	orl_list_init(&d->still.node);
	d->still.fire = orl_video_still;
	d->look.run = on_look;
	orl_list_init(&d->panes);
	d->name = orl_strdup(&server->env, config->name ? config->name : "");
	int err = d->name ? set_size(d, config->width, config->height)
			  : ORIEL_ENOMEM;
	if (err) {
		oriel_display_destroy(d);
		return err;
	}
	server->displays_used |= 1u << id;
	server->next_display = (id + 1) % ORL_DISPLAYS_MAX;
	orl_list_append(&server->displays, &d->node);
	ORL_EACH_SAFE (node, after, &server->peers) {
		struct oriel_peer *peer =
				orl_container(node, struct oriel_peer, node);
		if (peer->state == ORL_PEER_READY &&
				orl_pane_create(peer, d) < 0)
			orl_peer_end(peer, ORIEL_ENOMEM, "out of memory");
	}
	*out = d;
	return 0;
}

void oriel_display_destroy(struct oriel_display *d)
{
	if (!d)
		return;
	const struct orl_env *env = &d->server->env;
	ORL_EACH_SAFE (node, after, &d->panes) {
		struct orl_pane *pane = orl_container(
				node, struct orl_pane, by_display);
		struct oriel_peer *peer = pane->peer;
		struct orl_display_gone gone = { .display = (uint8_t)d->id };
		bool told = pane->known;
		orl_pane_destroy(pane);
		if (peer->warp.display == d->id)
			peer->warp.due = false;
		if (told && peer->state == ORL_PEER_READY &&
				ORL_PEER_PUT(peer, display_gone, &gone) == 0)
			orl_conn_kick(peer->conn);
	}
	if (!orl_list_empty(&d->node))
		d->server->displays_used &= ~(1u << d->id);
	orl_list_remove(&d->node);
	orl_loop_undefer(&d->later);
	orl_loop_undefer(&d->look);
	orl_timer_stop(&d->wish);
	orl_video_fini(d);
	oriel_frame_unref(d->pending);
	orl_free(env, d->strip);
	orl_free(env, d->shadow);
	orl_free(env, d->changed);
	orl_free(env, d->damage);
	orl_free(env, d->past);
	orl_free(env, d->name);
	orl_free(env, d);
}

uint32_t oriel_display_id(const struct oriel_display *d)
{
	return d->id;
}

void oriel_display_set_data(struct oriel_display *d, void *data)
{
	d->data = data;
}

void *oriel_display_data(const struct oriel_display *d)
{
	return d->data;
}

int oriel_display_resize(struct oriel_display *d, int32_t x, int32_t y,
		int32_t width, int32_t height)
{
	if (!d || !orl_display_size_ok(width, height))
		return ORIEL_EINVAL;
	if (width != d->width || height != d->height) {
		int err = set_size(d, width, height);
		if (err)
			return err;
	} else if (x == d->x && y == d->y) {
		return 0;
	}
	d->x = x;
	d->y = y;
	ORL_EACH_SAFE (node, after, &d->panes) {
		struct orl_pane *pane = orl_container(
				node, struct orl_pane, by_display);
		if (orl_pane_restart(pane) < 0)
			orl_peer_end(pane->peer, ORIEL_ENOMEM, "out of memory");
	}
	kick_all(d);
	return 0;
}

/* Clip a rectangle to the display; false when nothing is left. */
static bool clip(const struct oriel_display *d, struct oriel_rect *r)
{
	int64_t x1 = (int64_t)r->x + r->width, y1 = (int64_t)r->y + r->height;
	int64_t x0 = r->x < 0 ? 0 : r->x, y0 = r->y < 0 ? 0 : r->y;

	if (x1 > d->width)
		x1 = d->width;
	if (y1 > d->height)
		y1 = d->height;
	if (x0 >= x1 || y0 >= y1)
		return false;
	*r = (struct oriel_rect){ (int32_t)x0, (int32_t)y0, (int32_t)(x1 - x0),
		(int32_t)(y1 - y0) };
	return true;
}

/* Compare and copy a rectangle; soil what changed in every pane. */
static void take(struct oriel_display *d, const struct oriel_pixels *from,
		int32_t from_x, int32_t from_y, struct oriel_rect r)
{
	const uint8_t *source = (const uint8_t *)from->data;
	/* orl_damage() addresses the source by display coordinates. */
	intptr_t offset = (intptr_t)(r.y - from_y) * from->stride +
			  (intptr_t)(r.x - from_x) * 4 -
			  ((intptr_t)r.y * from->stride + (intptr_t)r.x * 4);
	const void *origin =
			(const void *)((uintptr_t)source + (uintptr_t)offset);
	size_t n = orl_damage(d->shadow, (size_t)d->width, d->width, d->height,
			d->changed, origin, (size_t)from->stride,
			from->format == ORIEL_FORMAT_XBGR8888, r.x, r.y,
			r.width, r.height);

	if (!n)
		return;
	d->changed_at = orl_now(&d->server->env);
	uint32_t ms = (uint32_t)(d->changed_at / 1000000);
	int32_t col1 = cells(r.x + r.width), row1 = cells(r.y + r.height);
	for (int32_t row = r.y / ORL_CELL; row < row1; row++)
		for (int32_t col = r.x / ORL_CELL; col < col1; col++) {
			uint8_t *c = &d->changed[(ptrdiff_t)row * d->cols +
						 col];
			if (!*c)
				continue;
			*c = 0;
			orl_regions_change(&d->regions, col, row);
			struct orl_past *past = &d->past[c - d->changed];
			past->before = past->last;
			past->last = ms;
			ORL_EACH (node, &d->panes)
				orl_pane_soil(orl_container(node,
							      struct orl_pane,
							      by_display),
						col, row);
		}
}

/*
 * What a row of cells takes at most: rows that are far apart are read one by
 * one, others with what is between them, which is at most as much again.
 */
static size_t strip_bytes(const struct oriel_display *d)
{
	return (size_t)d->width * 4 * 2 * ORL_CELL;
}

/* Read a rectangle from memory that is not mapped, then take it. */
static int read_and_take(struct oriel_display *d,
		const struct oriel_frame *frame, struct oriel_rect r)
{
	const struct oriel_frame_config *c = &frame->config;
	const uint64_t stride = (uint64_t)c->pixels.stride;
	const size_t span = (size_t)r.width * 4;
	int err = 0;

	for (int32_t end = r.y + r.height; !err && r.y < end;) {
		uint64_t at = c->offset + (uint64_t)r.y * stride +
			      (uint64_t)r.x * 4;
		struct oriel_pixels strip = { d->strip, r.width, 0, 0,
			c->pixels.format };
		r.height = orl_min32(end - r.y, ORL_CELL - r.y % ORL_CELL);
		strip.height = r.height;
		if (stride <= 2 * span) {
			strip.stride = c->pixels.stride;
			err = orl_shared_read(&c->memory->shared, at, d->strip,
					(size_t)(r.height - 1) * stride + span);
		} else {
			strip.stride = (int32_t)span;
			for (int32_t y = 0; !err && y < r.height; y++)
				err = orl_shared_read(&c->memory->shared,
						at + (uint64_t)y * stride,
						d->strip + (size_t)y * span,
						span);
		}
		if (!err)
			take(d, &strip, r.x, r.y, r);
		r.y += r.height;
	}
	return err;
}

static void fail_frame(struct oriel_display *d,
		const struct oriel_memory *memory, int err)
{
	uint64_t now = orl_now(&d->server->env);

	d->failed = err;
	orl_loop_defer(d->server->loop, &d->later);
	/* A guest may do it again and again. */
	if (d->told && now - d->told < TELL_EVERY_NS)
		return;
	d->told = now;
	orl_log(&d->server->env, ORIEL_LOG_WARN, "display",
			"display %u: a frame could not be read, its file has "
			"become shorter than %llu bytes: what it showed there "
			"stays; give the guest a memfd with F_SEAL_SHRINK",
			(unsigned)d->id,
			(unsigned long long)memory->shared.size);
}

void orl_display_refresh(struct oriel_display *d)
{
	struct oriel_frame *frame = d->pending;
	int err = 0;

	if (!frame)
		return;
	bool mapped = frame->config.pixels.data;
	for (int32_t row = 0; !err && row < d->rows;) {
		struct orl_span s = d->damage[row];
		int32_t end = row + 1;
		while (end < d->rows && d->damage[end].from == s.from &&
				d->damage[end].to == s.to)
			end++;
		struct oriel_rect r = { s.from * ORL_CELL, row * ORL_CELL,
			(s.to - s.from) * ORL_CELL, (end - row) * ORL_CELL };
		if (!clip(d, &r))
			; /* nothing of these rows */
		else if (mapped)
			take(d, &frame->config.pixels, 0, 0, r);
		else
			err = read_and_take(d, frame, r);
		row = end;
	}
	if (err)
		fail_frame(d, frame->config.memory, err);
	memset(d->damage, 0, (size_t)d->rows * sizeof(*d->damage));
	d->time = frame->config.time;
	d->pending = NULL;
	oriel_frame_unref(frame);
	orl_video_tick(d);
}

static void add_damage(struct oriel_display *d, struct oriel_rect r)
{
	if (!clip(d, &r))
		return;
	int32_t from = r.x / ORL_CELL, to = cells(r.x + r.width);
	for (int32_t row = r.y / ORL_CELL; row < cells(r.y + r.height); row++) {
		struct orl_span *s = &d->damage[row];
		if (s->from == s->to) {
			*s = (struct orl_span){ from, to };
			continue;
		}
		s->from = orl_min32(s->from, from);
		s->to = orl_max32(s->to, to);
	}
}

int oriel_display_submit(struct oriel_display *d, struct oriel_frame *frame,
		const struct oriel_rect *damage, size_t count)
{
	if (!d || !frame || (count && !damage) || frame->server != d->server ||
			frame->config.pixels.width != d->width ||
			frame->config.pixels.height != d->height)
		return ORIEL_EINVAL;
	if (!frame->config.pixels.data && !d->strip) {
		d->strip = orl_alloc(&d->server->env, strip_bytes(d), 1);
		if (!d->strip)
			return ORIEL_ENOMEM;
	}
	if (!count)
		add_damage(d, (struct oriel_rect){ 0, 0, d->width, d->height });
	for (size_t i = 0; i < count; i++)
		add_damage(d, damage[i]);
	struct oriel_frame *old = d->pending;
	d->pending = oriel_frame_ref(frame);
	oriel_frame_unref(old);
	d->frames++;
	d->asked = false;
	orl_loop_defer(d->server->loop, &d->look);
	kick_all(d);
	return 0;
}

int oriel_display_patch(struct oriel_display *d, const struct oriel_pixels *p,
		int32_t x, int32_t y, uint64_t time)
{
	if (!d || !p || !p->data || p->width < 1 || p->height < 1 ||
			p->stride / 4 < p->width || x < 0 || y < 0 ||
			x > d->width - p->width || y > d->height - p->height)
		return ORIEL_EINVAL;
	if (p->format == ORIEL_FORMAT_XRGB2101010)
		return ORIEL_ENOTSUP;
	if (p->format < ORIEL_FORMAT_XRGB8888 ||
			p->format > ORIEL_FORMAT_XBGR8888)
		return ORIEL_EINVAL;
	orl_display_refresh(d);
	/* The first rectangle of another picture: the one before is whole. */
	if (time != d->time)
		orl_video_tick(d);
	take(d, p, x, y, (struct oriel_rect){ x, y, p->width, p->height });
	d->time = time ? time : orl_now(&d->server->env);
	d->frames++;
	d->asked = false;
	kick_all(d);
	return 0;
}

bool oriel_display_wanted(const struct oriel_display *d)
{
	const bool watching = orl_regions_watching(
			&d->regions, orl_now(&d->server->env));

	ORL_EACH (node, &d->panes) {
		const struct orl_pane *pane = orl_container(
				node, struct orl_pane, by_display);
		if (pane->hungry ||
				(watching && pane->visible &&
						orl_video_possible(pane->peer)))
			return true;
	}
	return false;
}

void oriel_display_warp_cursor(struct oriel_display *d, int32_t x, int32_t y)
{
	ORL_EACH (node, &d->panes) {
		struct oriel_peer *peer =
				orl_container(node, struct orl_pane, by_display)
						->peer;
		if (peer->state == ORL_PEER_READY &&
				peer->rights & ORIEL_MAY_SEE)
			orl_cursor_warp(peer, d->id, x, y);
	}
}
