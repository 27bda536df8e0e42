/*
 * res.c - see res.h. Encoder and decoder walk the blocks with one text, so
 * that predictions and classes cannot drift apart.
 */
#include "codecs/res.h"

#include <string.h>

#include <zstd.h>

enum {
	PLANES = 3,
	CLASSES = 4,
	/* Below this many pixels one class has less overhead than four. */
	ONE_CLASS_MAX = 4096,
	WINDOW_LOG = 17,
	ROW_MAX = ORL_BLOCK_MAX * ORL_CELL,
	OUTSIDE = 128, /* each channel above a block's first row */
};

struct orl_res {
	ZSTD_CCtx *pack;
	ZSTD_DCtx *unpack;
};

/* A row and the one above, by channel; [0] is left of the block. */
struct lines {
	uint8_t now[PLANES][ROW_MAX + 2], up[PLANES][ROW_MAX + 2];
};

int orl_res_create(struct orl_res **out, const struct orl_env *env)
{
	struct orl_res *res = orl_alloc(env, 1, sizeof(*res));
	*out = res;
	if (!res)
		return ORIEL_ENOMEM;
	res->pack = ZSTD_createCCtx();
	res->unpack = ZSTD_createDCtx();
	if (!res->pack || !res->unpack)
		goto fail;
	if (ZSTD_isError(ZSTD_CCtx_setParameter(
			res->pack, ZSTD_c_compressionLevel, 1)) ||
			ZSTD_isError(ZSTD_CCtx_setParameter(res->pack,
					ZSTD_c_windowLog, WINDOW_LOG)))
		goto fail;
	return 0;
fail:
	orl_res_destroy(env, res);
	*out = NULL;
	return ORIEL_ENOMEM;
}

void orl_res_destroy(const struct orl_env *env, struct orl_res *res)
{
	if (!res)
		return;
	ZSTD_freeCCtx(res->pack);
	ZSTD_freeDCtx(res->unpack);
	orl_free(env, res);
}

size_t orl_res_scratch(size_t pixels)
{
	/* Residuals and classes in raster order, residuals by class. */
	return pixels * (2 * PLANES + 1);
}

static inline uint8_t predict(uint8_t w, uint8_t n, uint8_t nw)
{
	int lo = w < n ? w : n, hi = w < n ? n : w, flat = w + n - nw;
	flat = flat < lo ? lo : flat;
	return (uint8_t)(flat > hi ? hi : flat);
}

/* How lively the green channel is around [i]. */
static inline unsigned class_of(const uint8_t *now, const uint8_t *up, int32_t i)
{
	int w = now[i - 1], n = up[i], nw = up[i - 1], ne = up[i + 1];
	int d = (w < nw ? nw - w : w - nw) + (n < nw ? nw - n : n - nw) +
			(n < ne ? ne - n : n - ne);
	return (unsigned)((d > 4) + (d > 11) + (d > 28));
}

static inline void split(struct lines *l, const uint32_t *p, int32_t n)
{
	for (int32_t x = 0; x < n; x++) {
		unsigned g = p[x] >> 8;
		l->now[0][x + 1] = (uint8_t)g;
		l->now[1][x + 1] = (uint8_t)((p[x] >> 16) - g + OUTSIDE);
		l->now[2][x + 1] = (uint8_t)(p[x] - g + OUTSIDE);
	}
}

static void begin_block(struct lines *l)
{
	memset(l->now, OUTSIDE, sizeof(l->now));
}

/* What was the row is now above; both get their ends. */
static void next_row(struct lines *l, int32_t n)
{
	for (int i = 0; i < PLANES; i++) {
		memcpy(l->up[i] + 1, l->now[i] + 1, (size_t)n);
		l->up[i][n + 1] = l->up[i][n];
		l->up[i][0] = l->now[i][0] = l->up[i][1];
	}
}

struct box {
	uint32_t *pixels;
	int32_t width, height;
};

static struct box box_of(
		const struct orl_canvas *c, const struct orl_block_op *b)
{
	int32_t x = b->col * ORL_CELL, y = b->row * ORL_CELL;
	return (struct box){
		.pixels = c->pixels + (size_t)y * c->stride + (size_t)x,
		.width = orl_min32(b->cols * ORL_CELL, c->width - x),
		.height = orl_min32(b->rows * ORL_CELL, c->height - y),
	};
}

static void residuals_of_row(const struct lines *l, int32_t n,
		uint8_t *const plane[PLANES], size_t at, uint8_t *class)
{
	for (int i = 0; i < PLANES; i++) {
		const uint8_t *now = l->now[i] + 1, *up = l->up[i] + 1;
		uint8_t *out = plane[i] + at;
		for (int32_t x = 0; x < n; x++)
			out[x] = (uint8_t)(now[x] - predict(now[x - 1], up[x],
								up[x - 1]));
	}
	for (int32_t x = 0; x < n; x++)
		class[at + (size_t)x] = (uint8_t)class_of(
				l->now[0] + 1, l->up[0] + 1, x);
}

static void put32(uint8_t *p, size_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> 8 * i);
}

static size_t get32(const uint8_t *p)
{
	return p[0] | (size_t)p[1] << 8 | (size_t)p[2] << 16 |
			(size_t)p[3] << 24;
}

/* The planes of one class after the other, each a length and a frame. */
static int pack(struct orl_res *res, const uint8_t *from,
		const size_t count[CLASSES], unsigned classes, uint8_t *out,
		size_t cap, size_t *length)
{
	size_t n = 1 + 4 * (classes - 1);
	if (cap < n)
		return ORIEL_ELIMIT;
	out[0] = (uint8_t)classes;
	for (unsigned k = 1; k < classes; k++)
		put32(out + 4 * k - 3, count[k]);
	for (unsigned k = 0; k < classes; k++) {
		for (int i = 0; i < PLANES && count[k]; i++) {
			if (cap - n < 4)
				return ORIEL_ELIMIT;
			size_t got = ZSTD_compress2(res->pack, out + n + 4,
					cap - n - 4, from, count[k]);
			if (ZSTD_isError(got))
				return ORIEL_ELIMIT;
			put32(out + n, got);
			n += 4 + got;
			from += count[k];
		}
	}
	*length = n;
	return 0;
}

int orl_res_encode(struct orl_res *res, const struct orl_canvas *c,
		const struct orl_block_op *blocks, size_t n_blocks,
		size_t pixels, uint8_t *scratch, uint8_t *out, size_t cap,
		size_t *length)
{
	struct lines l;
	uint8_t *plane[PLANES], *class = scratch + PLANES * pixels;
	uint8_t *sorted = class + pixels, *next[CLASSES][PLANES];
	size_t count[CLASSES] = { 0 }, at = 0;
	for (int i = 0; i < PLANES; i++)
		plane[i] = scratch + (size_t)i * pixels;
	for (size_t k = 0; k < n_blocks; k++) {
		struct box box = box_of(c, &blocks[k]);
		if (blocks[k].op != ORL_OP_RES)
			continue;
		begin_block(&l);
		for (int32_t y = 0; y < box.height; y++) {
			next_row(&l, box.width);
			split(&l, box.pixels, box.width);
			residuals_of_row(&l, box.width, plane, at, class);
			at += (size_t)box.width;
			box.pixels += c->stride;
		}
	}
	if (pixels <= ONE_CLASS_MAX) {
		count[0] = pixels;
		return pack(res, scratch, count, 1, out, cap, length);
	}
	for (size_t i = 0; i < pixels; i++)
		count[class[i]]++;
	for (int k = 0; k < CLASSES; k++)
		for (int i = 0; i < PLANES; i++) {
			next[k][i] = sorted;
			sorted += count[k];
		}
	for (size_t i = 0; i < pixels; i++) {
		uint8_t **p = next[class[i]];
		*p[0]++ = plane[0][i];
		*p[1]++ = plane[1][i];
		*p[2]++ = plane[2][i];
	}
	return pack(res, class + pixels, count, CLASSES, out, cap, length);
}

static int unpack(struct orl_res *res, uint8_t *into, size_t pixels,
		size_t count[CLASSES], unsigned *classes, const uint8_t *data,
		size_t size)
{
	if (!size || (data[0] != 1 && data[0] != CLASSES))
		return ORIEL_EPROTO;
	*classes = data[0];
	size_t n = 1 + 4 * (size_t)(*classes - 1);
	if (size < n)
		return ORIEL_EPROTO;
	count[0] = pixels;
	for (unsigned k = 1; k < *classes; k++) {
		count[k] = get32(data + 4 * k - 3);
		if (count[k] > count[0])
			return ORIEL_EPROTO;
		count[0] -= count[k];
	}
	for (unsigned k = 0; k < *classes; k++) {
		for (int i = 0; i < PLANES && count[k]; i++) {
			if (size - n < 4)
				return ORIEL_EPROTO;
			size_t length = get32(data + n);
			n += 4;
			/*
			 * One frame, no longer and no shorter: the length and
			 * the size it claims, and then what it really holds.
			 */
			if (length > size - n ||
					ZSTD_findFrameCompressedSize(data + n,
							length) != length ||
					ZSTD_getFrameContentSize(data + n,
							length) != count[k] ||
					ZSTD_decompressDCtx(res->unpack, into,
							count[k], data + n,
							length) != count[k])
				return ORIEL_EPROTO;
			n += length;
			into += count[k];
		}
	}
	return n == size ? 0 : ORIEL_EPROTO;
}

int orl_res_decode(struct orl_res *res, const struct orl_canvas *c,
		const struct orl_block_op *blocks, size_t n_blocks,
		size_t pixels, uint8_t *scratch, const uint8_t *data,
		size_t size)
{
	struct lines l;
	const uint8_t *next[CLASSES][PLANES], *end[CLASSES];
	size_t count[CLASSES] = { 0 };
	unsigned classes;
	int err = unpack(res, scratch, pixels, count, &classes, data, size);
	if (err)
		return err;
	for (int k = 0; k < CLASSES; k++) {
		for (int i = 0; i < PLANES; i++) {
			next[k][i] = scratch;
			scratch += count[k];
		}
		end[k] = next[k][1];
	}
	for (size_t k = 0; k < n_blocks; k++) {
		struct box box = box_of(c, &blocks[k]);
		if (blocks[k].op != ORL_OP_RES)
			continue;
		begin_block(&l);
		for (int32_t y = 0; y < box.height; y++) {
			next_row(&l, box.width);
			for (int32_t x = 1; x <= box.width; x++) {
				unsigned class = classes == 1 ? 0 : class_of(
						l.now[0], l.up[0], x);
				const uint8_t **p = next[class];
				uint8_t v[PLANES];
				if (p[0] == end[class])
					return ORIEL_EPROTO;
				for (int i = 0; i < PLANES; i++) {
					v[i] = (uint8_t)(*p[i]++ + predict(
							l.now[i][x - 1],
							l.up[i][x],
							l.up[i][x - 1]));
					l.now[i][x] = v[i];
				}
				uint8_t red = (uint8_t)(v[1] + v[0] - OUTSIDE);
				uint8_t blue = (uint8_t)(v[2] + v[0] - OUTSIDE);
				box.pixels[x - 1] = (uint32_t)red << 16 |
						(uint32_t)v[0] << 8 | blue;
			}
			box.pixels += c->stride;
		}
	}
	return 0;
}
