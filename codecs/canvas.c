/*
 * canvas.c - see canvas.h. Checks what a part asks for before anything
 * changes, moves pixels, and hands the blocks to their codecs.
 */
#include "codecs/canvas.h"

#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "codecs/hcx.h"
#include "codecs/range.h"
#include "codecs/res.h"

static size_t cells(const struct orl_canvas *c)
{
	return (size_t)c->cols * (size_t)c->rows;
}

static uint32_t *pixel(const struct orl_canvas *c, int32_t x, int32_t y)
{
	return c->pixels + (size_t)y * c->stride + (size_t)x;
}

static size_t cell(const struct orl_canvas *c, int32_t col, int32_t row)
{
	return (size_t)row * (size_t)c->cols + (size_t)col;
}

int orl_canvas_init(struct orl_canvas *c, const struct orl_env *env,
		int32_t width, int32_t height, unsigned slices)
{
	*c = (struct orl_canvas){ .env = env };
	if (width < 1 || height < 1 || width > ORL_DISPLAY_SIDE_MAX ||
			height > ORL_DISPLAY_SIDE_MAX ||
			(int64_t)width * height > ORL_DISPLAY_PIXELS_MAX ||
			(slices != 1 && slices != 2 && slices != 4))
		return ORIEL_EINVAL;
	c->width = width;
	c->height = height;
	c->stride = (size_t)width;
	c->cols = (width + ORL_CELL - 1) / ORL_CELL;
	c->rows = (height + ORL_CELL - 1) / ORL_CELL;
	c->slices = slices;
	c->pixels = orl_alloc(
			env, c->stride * (size_t)height, sizeof(*c->pixels));
	c->exact = orl_alloc(env, cells(c), 1);
	c->usable = orl_alloc(env, cells(c), 1);
	if (!c->pixels || !c->exact || !c->usable)
		goto fail;
	for (unsigned i = 0; i < slices; i++) {
		c->hcx[i] = orl_hcx_create(env);
		if (!c->hcx[i])
			goto fail;
	}
	return 0;
fail:
	orl_canvas_fini(c);
	return ORIEL_ENOMEM;
}

void orl_canvas_fini(struct orl_canvas *c)
{
	if (!c || !c->env)
		return;
	for (unsigned i = 0; i < ORL_SLICES_MAX; i++)
		orl_hcx_destroy(c->env, c->hcx[i]);
	orl_res_destroy(c->env, c->res);
	orl_free(c->env, c->scratch);
	orl_free(c->env, c->generation);
	orl_free(c->env, c->usable);
	orl_free(c->env, c->exact);
	orl_free(c->env, c->pixels);
	*c = (struct orl_canvas){ 0 };
}

void orl_canvas_reset(struct orl_canvas *c)
{
	for (unsigned i = 0; i < c->slices; i++)
		orl_hcx_reset(c->hcx[i]);
	memset(c->exact, 0, cells(c));
	memset(c->usable, 0, cells(c));
	/* There is nothing lossy now either. */
	orl_free(c->env, c->generation);
	c->generation = NULL;
}

bool orl_canvas_is_exact(const struct orl_canvas *c)
{
	return !memchr(c->exact, 0, cells(c));
}

void orl_canvas_spoil(struct orl_canvas *c, int32_t col, int32_t row,
		int32_t cols, int32_t rows)
{
	for (int32_t i = row; i < row + rows; i++) {
		memset(c->exact + cell(c, col, i), 0, (size_t)cols);
		if (c->generation)
			memset(c->generation + cell(c, col, i), 0,
					(size_t)cols * sizeof(*c->generation));
	}
}

static int need_scratch(struct orl_canvas *c, size_t n)
{
	if (c->scratch_size >= n)
		return 0;
	/* The old content is of no use, so there is nothing to resize. */
	orl_free(c->env, c->scratch);
	c->scratch = orl_alloc(c->env, n, 1);
	c->scratch_size = c->scratch ? n : 0;
	return c->scratch ? 0 : ORIEL_ENOMEM;
}

/* ---- the checks of a part */

static bool overlap(int32_t ax, int32_t ay, int32_t bx, int32_t by, int32_t aw,
		int32_t ah, int32_t bw, int32_t bh)
{
	return ax < bx + bw && bx < ax + aw && ay < by + bh && by < ay + ah;
}

static bool copy_fits(const struct orl_canvas *c, const struct orl_copy_op *o)
{
	return o->width && o->height && o->x + o->width <= c->width &&
	       o->y + o->height <= c->height &&
	       o->from_x + o->width <= c->width &&
	       o->from_y + o->height <= c->height;
}

static bool block_fits(const struct orl_canvas *c, const struct orl_block_op *b)
{
	if (!b->cols || !b->rows || b->col + b->cols > c->cols ||
			b->row + b->rows > c->rows)
		return false;
	return b->op == ORL_OP_RES ||
	       (b->op == ORL_OP_HCX &&
			       orl_canvas_slice(c, b->row) ==
					       orl_canvas_slice(c,
							       b->row + b->rows -
									       1));
}

static size_t block_pixels(
		const struct orl_canvas *c, const struct orl_block_op *b)
{
	int32_t x = b->col * ORL_CELL, y = b->row * ORL_CELL;
	return (size_t)orl_min32(b->cols * ORL_CELL, c->width - x) *
	       (size_t)orl_min32(b->rows * ORL_CELL, c->height - y);
}

static bool part_fits(const struct orl_canvas *c,
		const struct orl_copy_op *copies, size_t n_copies,
		const struct orl_block_op *blocks, size_t n_blocks)
{
	uint64_t area = 0;
	if (n_copies > ORL_PART_COPIES_MAX || n_blocks > ORL_PART_BLOCKS_MAX)
		return false;
	for (size_t i = 0; i < n_copies; i++) {
		if (!copy_fits(c, &copies[i]))
			return false;
		area += (uint64_t)copies[i].width * copies[i].height;
	}
	for (size_t i = 0; i < n_blocks; i++) {
		if (!block_fits(c, &blocks[i]))
			return false;
		area += block_pixels(c, &blocks[i]);
	}
	return area <= (uint64_t)c->width * (uint64_t)c->height;
}

static bool copies_disjoint(const struct orl_copy_op *copies, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct orl_copy_op *a = &copies[i];
		for (size_t j = 0; j < i; j++) {
			const struct orl_copy_op *b = &copies[j];
			if (overlap(a->x, a->y, b->x, b->y, a->width, a->height,
					    b->width, b->height))
				return false;
		}
	}
	return true;
}

/* Their areas were checked, so this takes no longer than the canvas. */
static bool blocks_disjoint(struct orl_canvas *c,
		const struct orl_block_op *blocks, size_t n)
{
	uint8_t *seen = c->scratch;
	memset(seen, 0, cells(c));
	for (size_t i = 0; i < n; i++) {
		const struct orl_block_op *b = &blocks[i];
		for (int32_t row = b->row; row < b->row + b->rows; row++) {
			uint8_t *p = seen + cell(c, b->col, row);
			if (memchr(p, 1, b->cols))
				return false;
			memset(p, 1, b->cols);
		}
	}
	return true;
}

/* ---- copies */

enum { TAINTED = 1 << 15 }; /* a pixel came from a cell that is not exact */

static void touch_cell(const struct orl_canvas *c, uint16_t *touched,
		const struct orl_copy_op *o, int32_t col, int32_t row)
{
	int32_t x0 = orl_max32(col * ORL_CELL, o->x);
	int32_t y0 = orl_max32(row * ORL_CELL, o->y);
	int32_t x1 = orl_min32((col + 1) * ORL_CELL, o->x + o->width);
	int32_t y1 = orl_min32((row + 1) * ORL_CELL, o->y + o->height);
	int32_t dx = o->from_x - o->x, dy = o->from_y - o->y;
	uint16_t *t = &touched[cell(c, col, row)];
	bool exact = true;
	for (int32_t y = (y0 + dy) / ORL_CELL; y <= (y1 - 1 + dy) / ORL_CELL;
			y++)
		for (int32_t x = (x0 + dx) / ORL_CELL;
				x <= (x1 - 1 + dx) / ORL_CELL; x++)
			exact = exact && c->exact[cell(c, x, y)];
	*t = (uint16_t)((*t + (x1 - x0) * (y1 - y0)) | (exact ? 0 : TAINTED));
}

/* Sets `usable` as it is without blocks, and the new `exact`. */
static void copies_effect(struct orl_canvas *c,
		const struct orl_copy_op *copies, size_t n)
{
	uint16_t *touched = c->scratch; /* pixels written in a cell */
	memcpy(c->usable, c->exact, cells(c));
	if (!n)
		return;
	memset(touched, 0, cells(c) * sizeof(*touched));
	for (size_t i = 0; i < n; i++) {
		const struct orl_copy_op *o = &copies[i];
		int32_t col1 = (o->x + o->width - 1) / ORL_CELL;
		int32_t row1 = (o->y + o->height - 1) / ORL_CELL;
		for (int32_t row = o->y / ORL_CELL; row <= row1; row++)
			for (int32_t col = o->x / ORL_CELL; col <= col1; col++)
				touch_cell(c, touched, o, col, row);
	}
	for (int32_t row = 0; row < c->rows; row++) {
		int32_t h = orl_min32(ORL_CELL, c->height - row * ORL_CELL);
		for (int32_t col = 0; col < c->cols; col++) {
			size_t k = cell(c, col, row);
			int32_t w = orl_min32(
					ORL_CELL, c->width - col * ORL_CELL);
			if (!touched[k])
				continue;
			c->usable[k] = 0;
			if (c->generation)
				c->generation[k] = 0;
			if (touched[k] & TAINTED)
				c->exact[k] = 0;
			else if (touched[k] == w * h)
				c->exact[k] = 1;
		}
	}
}

static void copy_at_once(struct orl_canvas *c, const struct orl_copy_op *o)
{
	bool down = o->y > o->from_y;
	for (int32_t i = 0; i < o->height; i++) {
		int32_t y = down ? o->height - 1 - i : i;
		memmove(pixel(c, o->x, o->y + y),
				pixel(c, o->from_x, o->from_y + y),
				(size_t)o->width * sizeof(*c->pixels));
	}
}

/* Whether some copy reads what another one writes. */
static bool copies_cross(const struct orl_copy_op *copies, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct orl_copy_op *a = &copies[i];
		for (size_t j = 0; j < n; j++) {
			const struct orl_copy_op *b = &copies[j];
			if (i != j && overlap(a->x, a->y, b->from_x, b->from_y,
						      a->width, a->height,
						      b->width, b->height))
				return true;
		}
	}
	return false;
}

static void copy_gathered(struct orl_canvas *c,
		const struct orl_copy_op *copies, size_t n, bool scatter)
{
	uint32_t *p = c->scratch;
	for (size_t i = 0; i < n; i++) {
		const struct orl_copy_op *o = &copies[i];
		for (int32_t y = 0; y < o->height; y++) {
			size_t bytes = o->width * sizeof(*p);
			if (scatter)
				memcpy(pixel(c, o->x, o->y + y), p, bytes);
			else
				memcpy(p, pixel(c, o->from_x, o->from_y + y),
						bytes);
			p += o->width;
		}
	}
}

int orl_canvas_begin(struct orl_canvas *c, const struct orl_copy_op *copies,
		size_t n_copies, const struct orl_block_op *blocks,
		size_t n_blocks)
{
	size_t gathered = 0;
	if (!part_fits(c, copies, n_copies, blocks, n_blocks) ||
			!copies_disjoint(copies, n_copies))
		return ORIEL_EPROTO;
	bool cross = copies_cross(copies, n_copies);
	for (size_t i = 0; cross && i < n_copies; i++)
		gathered += (size_t)copies[i].width * copies[i].height *
			    sizeof(*c->pixels);
	if (cells(c) * sizeof(uint16_t) > gathered)
		gathered = cells(c) * sizeof(uint16_t);
	int err = need_scratch(c, gathered);
	if (err)
		return err;
	if (!blocks_disjoint(c, blocks, n_blocks))
		return ORIEL_EPROTO;

	copies_effect(c, copies, n_copies);
	if (cross) {
		copy_gathered(c, copies, n_copies, false);
		copy_gathered(c, copies, n_copies, true);
	} else {
		for (size_t i = 0; i < n_copies; i++)
			copy_at_once(c, &copies[i]);
	}
	for (size_t i = 0; i < n_blocks; i++) {
		const struct orl_block_op *b = &blocks[i];
		for (int32_t row = b->row; row < b->row + b->rows; row++)
			memset(c->usable + cell(c, b->col, row), 0, b->cols);
	}
	return 0;
}

/* ---- sections */

static bool in_section(const struct orl_canvas *c, const struct orl_block_op *b,
		unsigned i)
{
	if (i == ORL_SLICES_MAX)
		return b->op == ORL_OP_RES;
	return b->op == ORL_OP_HCX && orl_canvas_slice(c, b->row) == i;
}

bool orl_canvas_has_section(const struct orl_canvas *c,
		const struct orl_block_op *blocks, size_t n_blocks, unsigned i)
{
	for (size_t k = 0; k < n_blocks; k++)
		if (in_section(c, &blocks[k], i))
			return true;
	return false;
}

static void mark(const struct orl_canvas *c, const struct orl_block_op *b,
		uint8_t *map)
{
	for (int32_t row = b->row; row < b->row + b->rows; row++)
		memset(map + cell(c, b->col, row), 1, b->cols);
}

/* The block is coded. */
static void make_exact(struct orl_canvas *c, const struct orl_block_op *b)
{
	mark(c, b, c->exact);
	for (int32_t row = b->row; c->generation && row < b->row + b->rows;
			row++)
		memset(c->generation + cell(c, b->col, row), 0,
				b->cols * sizeof(*c->generation));
}

/* Room for the residuals; *pixels is their number. */
static int ready_res(struct orl_canvas *c, const struct orl_block_op *blocks,
		size_t n_blocks, size_t *pixels)
{
	*pixels = 0;
	for (size_t k = 0; k < n_blocks; k++)
		if (blocks[k].op == ORL_OP_RES)
			*pixels += block_pixels(c, &blocks[k]);
	int err = c->res ? 0 : orl_res_create(&c->res, c->env);
	return err ? err : need_scratch(c, orl_res_scratch(*pixels));
}

static void exact_res(struct orl_canvas *c, const struct orl_block_op *blocks,
		size_t n_blocks)
{
	for (size_t k = 0; k < n_blocks; k++)
		if (blocks[k].op == ORL_OP_RES)
			make_exact(c, &blocks[k]);
}

int orl_canvas_encode_section(struct orl_canvas *c,
		const struct orl_block_op *blocks, size_t n_blocks, unsigned i,
		uint8_t *out, size_t cap, size_t *length)
{
	size_t pixels;
	if (i == ORL_SLICES_MAX) {
		int err = ready_res(c, blocks, n_blocks, &pixels);
		if (err)
			return err;
		err = orl_res_encode(c->res, c, blocks, n_blocks, pixels,
				c->scratch, out, cap, length);
		if (!err)
			exact_res(c, blocks, n_blocks);
		return err;
	}
	struct orl_range r = orl_range_encoder(out, cap);
	for (size_t k = 0; k < n_blocks; k++) {
		if (!in_section(c, &blocks[k], i))
			continue;
		orl_hcx_encode(c->hcx[i], &r, c, &blocks[k]);
		mark(c, &blocks[k], c->usable);
		make_exact(c, &blocks[k]);
	}
	*length = orl_range_finish(&r);
	return *length == SIZE_MAX ? ORIEL_ELIMIT : 0;
}

int orl_canvas_decode_section(struct orl_canvas *c,
		const struct orl_block_op *blocks, size_t n_blocks, unsigned i,
		const uint8_t *data, size_t size)
{
	size_t pixels;
	if (i == ORL_SLICES_MAX) {
		int err = ready_res(c, blocks, n_blocks, &pixels);
		if (err)
			return err;
		err = orl_res_decode(c->res, c, blocks, n_blocks, pixels,
				c->scratch, data, size);
		if (!err)
			exact_res(c, blocks, n_blocks);
		return err;
	}
	struct orl_range r = orl_range_decoder(data, size);
	for (size_t k = 0; k < n_blocks; k++) {
		if (!in_section(c, &blocks[k], i))
			continue;
		orl_hcx_decode(c->hcx[i], &r, c, &blocks[k]);
		mark(c, &blocks[k], c->usable);
		make_exact(c, &blocks[k]);
	}
	return orl_range_done(&r) ? 0 : ORIEL_EPROTO;
}

int orl_canvas_encode(struct orl_canvas *c, const struct orl_block_op *blocks,
		size_t n_blocks, uint8_t *out, size_t cap, size_t *lengths,
		size_t *n_lengths)
{
	size_t n = 0;
	for (unsigned i = 0; i <= ORL_SLICES_MAX; i++) {
		if (!orl_canvas_has_section(c, blocks, n_blocks, i))
			continue;
		int err = orl_canvas_encode_section(
				c, blocks, n_blocks, i, out, cap, &lengths[n]);
		if (err)
			return err;
		out += lengths[n];
		cap -= lengths[n];
		n++;
	}
	*n_lengths = n;
	return 0;
}

int orl_canvas_decode(struct orl_canvas *c, const struct orl_block_op *blocks,
		size_t n_blocks, const uint8_t *data, size_t size,
		const size_t *lengths, size_t n_lengths)
{
	size_t n = 0;
	for (unsigned i = 0; i <= ORL_SLICES_MAX; i++) {
		if (!orl_canvas_has_section(c, blocks, n_blocks, i))
			continue;
		if (n == n_lengths || lengths[n] > size)
			return ORIEL_EPROTO;
		int err = orl_canvas_decode_section(
				c, blocks, n_blocks, i, data, lengths[n]);
		if (err)
			return err;
		data += lengths[n];
		size -= lengths[n];
		n++;
	}
	return n == n_lengths && !size ? 0 : ORIEL_EPROTO;
}

/* ---- the check */

/* The pixels as 4 bytes each, the lowest first and the X byte 0. */
static void hash_pixels(XXH3_state_t *state, const uint32_t *p, int32_t n)
{
	uint32_t words[16 * ORL_CELL];
	const bool little = XXH_CPU_LITTLE_ENDIAN;
	while (n > 0) {
		const int32_t some = orl_min32(n, ORL_COUNT(words));
		for (int32_t i = 0; i < some; i++)
			words[i] = p[i] & 0xffffff;
		for (int32_t i = 0; !little && i < some; i++)
			words[i] = XXH_swap32(words[i]);
		XXH3_64bits_update(state, words, (size_t)some * 4);
		p += some;
		n -= some;
	}
}

uint64_t orl_canvas_hash(const struct orl_canvas *c, int32_t row)
{
	XXH3_state_t state;
	const uint8_t *exact = c->exact + cell(c, 0, row);
	int32_t y1 = orl_min32((row + 1) * ORL_CELL, c->height);
	XXH3_64bits_reset(&state);
	for (int32_t y = row * ORL_CELL; y < y1; y++)
		for (int32_t col = 0, end; col < c->cols; col = end + 1) {
			for (end = col; end < c->cols && exact[end]; end++)
				;
			const int32_t x = col * ORL_CELL;
			const int32_t x1 = orl_min32(end * ORL_CELL, c->width);
			hash_pixels(&state, pixel(c, x, y), x1 - x);
		}
	return XXH3_64bits_digest(&state);
}
