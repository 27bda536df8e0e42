/*
 * screen.c - pictures: decode into the canvas, show what was committed.
 *
 * Parts change the canvas as they come; a commit copies the cells that its
 * transaction touched to `front`, which is all that the host ever sees. What
 * a server may ask for is bounded by the display it announced: area, open
 * transactions, and cells that no two of them may touch.
 */
#include "client/client.h"

#include <string.h>

enum { RECTS = 64 };

static struct oriel_screen *find_any(struct oriel_client *c, uint32_t id)
{
	ORL_EACH (node, &c->screens) {
		struct oriel_screen *s =
				orl_container(node, struct oriel_screen, node);
		if (s->id == id)
			return s;
	}
	return NULL;
}

struct oriel_screen *orl_screen_find(struct oriel_client *c, uint32_t id)
{
	struct oriel_screen *s = find_any(c, id);

	return s && !s->stale ? s : NULL;
}

static uint32_t *make_front(
		struct oriel_screen *s, int32_t width, int32_t height)
{
	struct oriel_client *c = s->client;

	if (c->picture)
		return c->picture(c->user, s, width, height);
	return orl_alloc(&c->env, (size_t)width * (size_t)height, 4);
}

static void free_front(struct oriel_screen *s, uint32_t *front)
{
	if (!s->client->picture)
		orl_free(&s->client->env, front);
}

void orl_screen_destroy(struct oriel_screen *s)
{
	struct oriel_client *c = s->client;

	if (s->added && c->events.screen_removed)
		c->events.screen_removed(c->user, s);
	orl_screen_video_drop(s);
	orl_list_remove(&s->node);
	orl_canvas_fini(&s->canvas);
	free_front(s, s->front);
	orl_free(&c->env, s->touched);
	pthread_mutex_destroy(&s->lock);
	orl_free(&c->env, s);
}

static size_t n_cells(const struct oriel_screen *s)
{
	return (size_t)s->canvas.cols * (size_t)s->canvas.rows;
}

void orl_screen_set_exact(struct oriel_screen *s, bool exact)
{
	if (s->exact == exact)
		return;
	s->exact = exact;
	if (s->added && s->client->events.screen_exact)
		s->client->events.screen_exact(s->client->user, s, exact);
}

static void drop_transactions(struct oriel_screen *s)
{
	orl_screen_video_drop(s);
	memset(s->touched, 0, n_cells(s));
	memset(s->copied, 0, sizeof(s->copied));
	memset(s->coded, 0, sizeof(s->coded));
	memset(s->pictured, 0, sizeof(s->pictured));
	memset(s->bytes, 0, sizeof(s->bytes));
	memset(s->first_byte, 0, sizeof(s->first_byte));
}

static int resize(struct oriel_screen *s, const struct orl_display *msg)
{
	const struct orl_env *env = &s->client->env;
	/* Until the new one is there the old picture is better than none. */
	bool same = s->front && s->rect.width == msg->width &&
		    s->rect.height == msg->height;
	struct orl_canvas canvas;
	int err = orl_canvas_init(
			&canvas, env, msg->width, msg->height, msg->slices);

	if (err)
		return err;
	uint32_t *front = same ? s->front
			       : make_front(s, msg->width, msg->height);
	uint8_t *touched = orl_alloc(
			env, (size_t)canvas.cols * (size_t)canvas.rows, 1);
	if (!front || !touched) {
		if (!same)
			free_front(s, front);
		orl_free(env, touched);
		orl_canvas_fini(&canvas);
		return ORIEL_ENOMEM;
	}
	pthread_mutex_lock(&s->lock);
	orl_canvas_fini(&s->canvas);
	if (!same)
		free_front(s, s->front);
	orl_free(env, s->touched);
	s->canvas = canvas;
	s->front = front;
	s->touched = touched;
	s->rect = (struct oriel_rect){ msg->x, msg->y, msg->width,
		msg->height };
	pthread_mutex_unlock(&s->lock);
	drop_transactions(s);
	return 0;
}

void orl_screen_strand(struct oriel_client *c)
{
	ORL_EACH_SAFE (node, after, &c->screens) {
		struct oriel_screen *s =
				orl_container(node, struct oriel_screen, node);
		s->stale = true;
		s->ack_due = false;
		s->decode_time = s->decode_cells = 0;
		drop_transactions(s);
		orl_screen_set_exact(s, false);
	}
}

void orl_screen_drop_stale(struct oriel_client *c)
{
	ORL_EACH_SAFE (node, after, &c->screens) {
		struct oriel_screen *s =
				orl_container(node, struct oriel_screen, node);
		if (s->stale)
			orl_screen_destroy(s);
	}
}

/* The server takes every screen for seen. */
static int say_hidden(struct oriel_screen *s)
{
	struct orl_visible msg = { .display = (uint8_t)s->id };

	if (!atomic_load(&s->hidden))
		return 0;
	int err = ORL_CLIENT_PUT(s->client, visible, &msg);
	if (!err)
		orl_conn_kick(s->client->conn);
	return err;
}

/* Whether all of them together, this one of that size, are too large. */
static bool desktop_too_large(
		const struct oriel_client *c, const struct orl_display *msg)
{
	uint64_t sum = (uint64_t)msg->width * msg->height;

	ORL_EACH (node, &c->screens) {
		const struct oriel_screen *s =
				orl_container(node, struct oriel_screen, node);
		if (s->id != msg->display)
			sum += (uint64_t)s->rect.width *
			       (uint64_t)s->rect.height;
	}
	return sum > ORL_DESKTOP_PIXELS_MAX;
}

int orl_screen_display(struct oriel_client *c, const uint8_t *d, size_t n)
{
	struct orl_display msg;
	int err = orl_get_display(d, n, &msg);

	if (err || msg.slices == 3)
		return ORIEL_EPROTO;
	if ((uint64_t)msg.width * msg.height > c->max_pixels ||
			desktop_too_large(c, &msg))
		return ORIEL_ELIMIT;
	struct oriel_screen *s = find_any(c, msg.display);
	if (!s) {
		s = orl_alloc(&c->env, 1, sizeof(*s));
		if (!s)
			return ORIEL_ENOMEM;
		s->client = c;
		s->id = msg.display;
		pthread_mutex_init(&s->lock, NULL);
		orl_list_append(&c->screens, &s->node);
	}
	err = resize(s, &msg);
	if (err)
		return err;
	if (s->stale && say_hidden(s) < 0)
		return 0;
	s->stale = false;
	memcpy(s->name, msg.name.p, msg.name.n);
	s->name[msg.name.n] = 0;
	orl_screen_set_exact(s, false);
	bool added = s->added;
	s->added = true;
	if (!added && c->events.screen_added)
		c->events.screen_added(c->user, s);
	else if (added && c->events.screen_changed)
		c->events.screen_changed(c->user, s);
	return 0;
}

int orl_screen_gone(struct oriel_client *c, const uint8_t *d, size_t n)
{
	struct orl_display_gone msg;
	int err = orl_get_display_gone(d, n, &msg);
	struct oriel_screen *s = err ? NULL : orl_screen_find(c, msg.display);

	if (!s)
		return ORIEL_EPROTO;
	/* The server waits for the ack of a picture that nobody will see. */
	orl_screen_was_shown(s, 0);
	orl_screen_send_acks(c);
	orl_screen_destroy(s);
	return 0;
}

int orl_screen_reset(struct oriel_client *c, const uint8_t *d, size_t n)
{
	struct orl_reset msg;
	int err = orl_get_reset(d, n, &msg);
	struct oriel_screen *s = err ? NULL : orl_screen_find(c, msg.display);

	if (!s)
		return ORIEL_EPROTO;
	orl_canvas_reset(&s->canvas);
	drop_transactions(s);
	orl_screen_set_exact(s, false);
	c->stats.resets++;
	return 0;
}

/* ---- parts ------------------------------------------------------------- */

bool orl_screen_claim(struct oriel_screen *s, unsigned transaction, int32_t col,
		int32_t row, int32_t cols, int32_t rows)
{
	uint8_t bit = (uint8_t)(1u << transaction);

	for (int32_t y = row; y < row + rows; y++)
		for (int32_t x = col; x < col + cols; x++) {
			size_t at = (size_t)y * (size_t)s->canvas.cols +
				    (size_t)x;
			uint8_t *t = &s->touched[at];
			if (*t & ~bit)
				return false;
			*t |= bit;
		}
	return true;
}

/* The operations as orl_canvas_begin() takes them. */
static int read_ops(struct oriel_client *c, const struct orl_part *part,
		struct orl_decoding *d)
{
	size_t left = part->data.n;

	d->of.part.copies = orl_alloc(
			&c->env, part->copies.n, sizeof(*d->of.part.copies));
	d->of.part.blocks = orl_alloc(
			&c->env, part->blocks.n, sizeof(*d->of.part.blocks));
	if (!d->of.part.copies || !d->of.part.blocks)
		return ORIEL_ENOMEM;
	for (unsigned i = 0; i < part->copies.n; i++) {
		struct orl_copy copy;
		orl_at_copy(&part->copies, i, &copy);
		d->of.part.copies[i] = (struct orl_copy_op){ copy.x, copy.y,
			copy.width, copy.height, copy.from_x, copy.from_y };
	}
	for (unsigned i = 0; i < part->blocks.n; i++) {
		struct orl_block block;
		orl_at_block(&part->blocks, i, &block);
		d->of.part.blocks[i] = (struct orl_block_op){ block.col,
			block.row, block.cols, block.rows, block.op };
	}
	if (!part->blocks.n)
		return part->data.n || part->sections.n ? ORIEL_EPROTO : 0;
	for (unsigned i = 0; i < part->sections.n; i++) {
		struct orl_section section;
		orl_at_section(&part->sections, i, &section);
		if (section.bytes > left)
			return ORIEL_EPROTO;
		d->of.part.lengths[i] = section.bytes;
		left -= section.bytes;
	}
	d->of.part.lengths[part->sections.n] = left;
	d->of.part.n_lengths = (size_t)part->sections.n + 1;
	d->of.part.n_blocks = part->blocks.n;
	return 0;
}

/* Area and cells; orl_canvas_begin() has checked that all is inside. */
static int account(struct oriel_screen *s, const struct orl_part *part,
		const struct orl_decoding *d)
{
	uint64_t area = (uint64_t)s->canvas.width * (uint64_t)s->canvas.height;
	uint64_t cells = n_cells(s), coded = 0;
	uint64_t *by_codec = s->client->stats.codec_area;
	unsigned t = part->transaction;

	for (unsigned i = 0; i < part->copies.n; i++) {
		const struct orl_copy_op *op = &d->of.part.copies[i];
		int32_t col = op->x / ORL_CELL, row = op->y / ORL_CELL;
		s->copied[t] += (uint64_t)op->width * op->height;
		by_codec[ORIEL_CODEC_COPY] += (uint64_t)op->width * op->height;
		if (!orl_screen_claim(s, t, col, row,
				    (op->x + op->width - 1) / ORL_CELL - col +
						    1,
				    (op->y + op->height - 1) / ORL_CELL - row +
						    1))
			return ORIEL_EPROTO;
	}
	for (unsigned i = 0; i < part->blocks.n; i++) {
		const struct orl_block_op *op = &d->of.part.blocks[i];
		uint64_t n = (uint64_t)op->cols * op->rows;
		coded += n;
		by_codec[op->op == ORL_OP_RES ? ORIEL_CODEC_RES
					      : ORIEL_CODEC_HCX] +=
				n * ORL_CELL * ORL_CELL;
		if (!orl_screen_claim(
				    s, t, op->col, op->row, op->cols, op->rows))
			return ORIEL_EPROTO;
	}
	s->coded[t] += coded;
	s->decode_cells += coded;
	s->client->stats.codec_cells += coded;
	return s->copied[t] > area || s->coded[t] > cells ? ORIEL_EPROTO : 0;
}

static int decode_part(struct orl_decoding *d)
{
	return orl_canvas_decode(&d->screen->canvas, d->of.part.blocks,
			d->of.part.n_blocks, d->bytes, d->n, d->of.part.lengths,
			d->of.part.n_lengths);
}

static int end_part(struct orl_decoding *d, int err)
{
	const struct orl_env *env = &d->screen->client->env;

	orl_free(env, d->of.part.copies);
	orl_free(env, d->of.part.blocks);
	return err;
}

int orl_screen_part(struct oriel_client *c, const uint8_t *data, size_t n)
{
	struct orl_part part;
	struct orl_decoding d = { .work = decode_part, .finish = end_part };
	uint64_t started = orl_now(&c->env);
	int err = orl_get_part(data, n, &part);
	struct oriel_screen *s = err ? NULL : orl_screen_find(c, part.display);

	if (!s)
		return ORIEL_EPROTO;
	d.screen = s;
	d.bytes = part.data.p;
	d.n = part.data.n;
	orl_screen_set_exact(s, false);
	if (!s->first_byte[part.transaction])
		s->first_byte[part.transaction] = orl_decode_came(c);
	s->bytes[part.transaction] += n;
	err = read_ops(c, &part, &d);
	if (!err)
		err = orl_canvas_begin(&s->canvas, d.of.part.copies,
				part.copies.n, d.of.part.blocks, part.blocks.n);
	if (!err)
		err = account(s, &part, &d);
	uint64_t took = orl_now(&c->env) - started;
	s->decode_time += took;
	c->stats.codec_time += took;
	if (!err && part.blocks.n)
		return orl_decode_go(c, &d);
	return end_part(&d, err);
}

/* ---- commits ----------------------------------------------------------- */

static void copy_rect(struct oriel_screen *s, const struct oriel_rect *r)
{
	size_t width = (size_t)s->canvas.width;

	for (int32_t y = r->y; y < r->y + r->height; y++)
		memcpy(s->front + (size_t)y * width + r->x,
				s->canvas.pixels +
						(size_t)y * s->canvas.stride +
						r->x,
				(size_t)r->width * 4);
}

/* Grow the last rectangle, or the list, or when it is full the last again. */
static size_t add_rect(struct oriel_rect *rects, size_t n, struct oriel_rect r)
{
	struct oriel_rect *last = n ? &rects[n - 1] : NULL;

	if (last && last->x == r.x && last->width == r.width &&
			last->y + last->height == r.y) {
		last->height += r.height;
		return n;
	}
	if (n < RECTS) {
		rects[n] = r;
		return n + 1;
	}
	int32_t x1 = orl_max32(last->x + last->width, r.x + r.width);
	int32_t y1 = orl_max32(last->y + last->height, r.y + r.height);
	last->x = orl_min32(last->x, r.x);
	last->y = orl_min32(last->y, r.y);
	last->width = x1 - last->x;
	last->height = y1 - last->y;
	return n;
}

/* Make the cells of a transaction visible; where they are. */
static size_t publish(struct oriel_screen *s, unsigned transaction,
		struct oriel_rect rects[static RECTS])
{
	const struct orl_canvas *v = &s->canvas;
	uint8_t bit = (uint8_t)(1u << transaction);
	size_t n = 0;

	pthread_mutex_lock(&s->lock);
	for (int32_t row = 0; row < v->rows; row++) {
		uint8_t *t = s->touched + (ptrdiff_t)row * v->cols;
		for (int32_t col = 0; col < v->cols; col++) {
			int32_t from = col;
			while (col < v->cols && t[col] & bit)
				t[col++] = 0;
			if (col == from)
				continue;
			struct oriel_rect r = { from * ORL_CELL, row * ORL_CELL,
				(col - from) * ORL_CELL, ORL_CELL };
			r.width = orl_min32(r.width, v->width - r.x);
			r.height = orl_min32(r.height, v->height - r.y);
			copy_rect(s, &r);
			n = add_rect(rects, n, r);
		}
	}
	pthread_mutex_unlock(&s->lock);
	return n;
}

/*
 * A time of the server's, low 32 bits of us, as ns of our clock: the one that
 * is nearest to now, never later. Its clock may be anything, so this wraps.
 */
static uint64_t our_time(
		const struct oriel_client *c, uint32_t us, uint64_t now)
{
	uint64_t there = now + (uint64_t)c->clock_offset;
	int64_t diff = (int32_t)(us - (uint32_t)(there / 1000));

	if (diff >= 0)
		return now;
	return now - orl_min64(now, (uint64_t)-diff * 1000);
}

int orl_screen_commit(struct oriel_client *c, const uint8_t *d, size_t n)
{
	struct oriel_rect rects[RECTS];
	struct orl_commit msg;
	uint64_t now = orl_now(&c->env);
	int err = orl_get_commit(d, n, &msg);
	struct oriel_screen *s = err ? NULL : orl_screen_find(c, msg.display);

	if (!s)
		return ORIEL_EPROTO;
	unsigned t = msg.transaction;
	if (c->drawing)
		c->drawing(c->user, s, true);
	size_t n_rects = publish(s, t, rects);
	if (c->drawing)
		c->drawing(c->user, s, false);
	orl_screen_owe_ack(s, s->bytes[t]);
	s->captured = our_time(c, msg.time, now);
	s->received = s->first_byte[t] ? s->first_byte[t] : now;
	s->decoded = orl_now(&c->env);
	s->frame = msg.frame;
	s->input_seq = msg.input_seq;
	s->refined = msg.refined;
	if (!msg.refined)
		s->changed_at = now;
	s->copied[t] = s->coded[t] = s->pictured[t] = 0;
	s->bytes[t] = s->first_byte[t] = 0;
	c->stats.updates++;
	if (n_rects && c->events.screen_updated)
		c->events.screen_updated(c->user, s, rects, n_rects);
	/*
	 * A host that never says when it has shown something paces by this;
	 * of nothing new it was not told.
	 */
	if ((!s->paced || !n_rects) && !s->shown)
		orl_screen_was_shown(s, s->decoded);
	orl_screen_wait_for_more(s, now);
	return 0;
}

/* ---- acknowledgements -------------------------------------------------- */

/* ---- the exactness check ----------------------------------------------- */

int orl_screen_check(struct oriel_client *c, const uint8_t *d, size_t n)
{
	struct orl_check msg;
	struct orl_row_hash row;
	bool same = true;
	int err = orl_get_check(d, n, &msg);
	struct oriel_screen *s = err ? NULL : orl_screen_find(c, msg.display);

	if (!s || msg.first + msg.rows.n > s->canvas.rows)
		return ORIEL_EPROTO;
	uint8_t *bytes = orl_alloc(&c->env, msg.rows.n, sizeof(uint64_t));
	if (!bytes)
		return ORIEL_ENOMEM;
	struct orl_wr w = { bytes, msg.rows.n * sizeof(uint64_t), 0 };
	for (unsigned i = 0; i < msg.rows.n; i++) {
		uint64_t own = orl_canvas_hash(
				&s->canvas, msg.first + (int32_t)i);
		orl_at_row_hash(&msg.rows, i, &row);
		same &= own == row.hash;
		orl_put_row_hash(&w, &(struct orl_row_hash){ own });
	}
	struct orl_checked answer = { .display = msg.display,
		.serial = msg.serial,
		.rows = { bytes, msg.rows.n } };
	err = ORL_CLIENT_PUT(c, checked, &answer);
	orl_free(&c->env, bytes);
	if (err)
		return 0;
	c->stats.checks++;
	orl_conn_kick(c->conn);
	if (!same) {
		orl_log(&c->env, ORIEL_LOG_WARN, "screen",
				"screen %u differs from the desktop; it is "
				"sent again",
				(unsigned)s->id);
		orl_screen_set_exact(s, false);
	} else if (msg.clean && orl_canvas_is_exact(&s->canvas)) {
		c->stats.lossless_after = orl_now(&c->env) - s->changed_at;
		orl_screen_set_exact(s, true);
	}
	return 0;
}

/* ---- the host's side --------------------------------------------------- */

uint32_t oriel_screen_id(const struct oriel_screen *s)
{
	return s->id;
}

const char *oriel_screen_name(const struct oriel_screen *s)
{
	return s->name;
}

struct oriel_rect oriel_screen_rect(const struct oriel_screen *s)
{
	return s->rect;
}

void oriel_screen_set_data(struct oriel_screen *s, void *data)
{
	s->data = data;
}

void *oriel_screen_data(const struct oriel_screen *s)
{
	return s->data;
}

void oriel_screen_pixels(const struct oriel_screen *s, struct oriel_pixels *out)
{
	*out = (struct oriel_pixels){ s->front, s->rect.width, s->rect.height,
		s->rect.width * 4, ORIEL_FORMAT_XRGB8888 };
}

void oriel_screen_acquire(struct oriel_screen *s, struct oriel_pixels *out)
{
	pthread_mutex_lock(&s->lock);
	oriel_screen_pixels(s, out);
}

void oriel_screen_release(struct oriel_screen *s)
{
	pthread_mutex_unlock(&s->lock);
}

bool oriel_screen_is_exact(const struct oriel_screen *s)
{
	return s->exact;
}

int oriel_screen_resize(struct oriel_screen *s, int32_t width, int32_t height)
{
	struct oriel_client *c = s->client;
	struct orl_resize msg = { .display = (uint8_t)s->id,
		.width = (uint16_t)width,
		.height = (uint16_t)height,
		.scale = 100 };

	if (width < 1 || height < 1 || width > ORL_DISPLAY_SIDE_MAX ||
			height > ORL_DISPLAY_SIDE_MAX)
		return ORIEL_EINVAL;
	if (c->state != ORIEL_CLIENT_READY || c->ending)
		return ORIEL_ESTATE;
	if (!(c->rights & ORIEL_MAY_RESIZE))
		return ORIEL_EDENIED;
	int err = ORL_CLIENT_PUT(c, resize, &msg);
	if (!err)
		orl_conn_kick(c->conn);
	return err;
}
