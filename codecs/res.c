/*
 * res.c - see res.h. The encoder's loops go over whole cells, whose constant
 * count lets compilers vectorise them; the decoder must go pixel by pixel.
 */
#include "codecs/res.h"

#include <string.h>

#include <zstd.h>

enum {
	PLANES = 3,
	HEAD = 8, /* the lengths of two frames */
	WINDOW_LOG = 17,
	LEFT = 8, /* room left of a line, of which one is used */
	ROW_MAX = ORL_BLOCK_MAX * ORL_CELL,
	OUTSIDE = 128, /* each channel above a block's first row */
};

struct orl_res {
	ZSTD_CCtx *pack;
	ZSTD_DCtx *unpack;
};

/* A row and the one above, by channel; [LEFT] is the first column. */
struct lines {
	int16_t now[PLANES][LEFT + ROW_MAX], up[PLANES][LEFT + ROW_MAX];
};

int orl_res_create(struct orl_res **out, const struct orl_env *env)
{
	struct orl_res *res = orl_alloc(env, 1, sizeof(*res));
	*out = res;
	if (!res)
		return ORIEL_ENOMEM;
	res->pack = ZSTD_createCCtx();
	res->unpack = ZSTD_createDCtx();
	if (!res->pack || !res->unpack ||
			ZSTD_isError(ZSTD_CCtx_setParameter(res->pack,
					ZSTD_c_compressionLevel, 1)) ||
			ZSTD_isError(ZSTD_CCtx_setParameter(res->pack,
					ZSTD_c_windowLog, WINDOW_LOG))) {
		orl_res_destroy(env, res);
		*out = NULL;
		return ORIEL_ENOMEM;
	}
	return 0;
}

void orl_res_destroy(const struct orl_env *env, struct orl_res *res)
{
	if (!res)
		return;
	ZSTD_freeCCtx(res->pack);
	ZSTD_freeDCtx(res->unpack);
	orl_free(env, res);
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

static inline int predict(int w, int n, int nw)
{
	int lo = w < n ? w : n, hi = w < n ? n : w, v = w + n - nw;
	v = v < lo ? lo : v;
	return v > hi ? hi : v;
}

static void begin_block(struct lines *l)
{
	for (int i = 0; i < PLANES; i++)
		for (int x = 0; x < LEFT + ROW_MAX; x++)
			l->now[i][x] = OUTSIDE;
}

/* What was the row is now above; both get their ends. */
static void next_row(struct lines *l, int32_t n)
{
	for (int i = 0; i < PLANES; i++) {
		memcpy(l->up[i] + LEFT, l->now[i] + LEFT,
				(size_t)n * sizeof(int16_t));
		l->up[i][LEFT - 1] = l->now[i][LEFT - 1] = l->up[i][LEFT];
	}
}

/* The channels of one cell's width. */
static inline void split(struct lines *l, const uint32_t *p, int32_t x)
{
	int16_t *g = l->now[0] + LEFT + x, *r = l->now[1] + LEFT + x;
	int16_t *b = l->now[2] + LEFT + x;
	for (int i = 0; i < ORL_CELL; i++) {
		uint32_t v = p[i], green = v >> 8 & 255;
		g[i] = (int16_t)green;
		r[i] = (int16_t)(((v >> 16) - green + OUTSIDE) & 255);
		b[i] = (int16_t)((v - green + OUTSIDE) & 255);
	}
}

static inline void residuals(
		uint8_t *restrict out, const int16_t *now, const int16_t *up)
{
	for (int i = 0; i < ORL_CELL; i++) {
		int16_t w = now[i - 1], n = up[i];
		int16_t lo = w < n ? w : n, hi = w < n ? n : w;
		int16_t v = (int16_t)(w + n - up[i - 1]);
		v = v < lo ? lo : v;
		v = v > hi ? hi : v;
		out[i] = (uint8_t)(now[i] - v);
	}
}

/*
 * One row into the planes. What is beyond a cut cell's pixels is written too
 * and then overwritten by the next row; the planes have room for the last.
 */
static void encode_row(struct lines *l, const uint32_t *p, int32_t width,
		uint8_t *const plane[PLANES])
{
	uint32_t cut[ORL_CELL] = { 0 };
	for (int32_t x = 0; x < width; x += ORL_CELL) {
		const uint32_t *from = p + x;
		if (width - x < ORL_CELL) {
			memcpy(cut, from, (size_t)(width - x) * sizeof(*cut));
			from = cut;
		}
		split(l, from, x);
	}
	for (int i = 0; i < PLANES; i++)
		for (int32_t x = 0; x < width; x += ORL_CELL)
			residuals(plane[i] + x, l->now[i] + LEFT + x,
					l->up[i] + LEFT + x);
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

int orl_res_encode(struct orl_res *res, const struct orl_canvas *c,
		const struct orl_block_op *blocks, size_t n_blocks,
		size_t pixels, uint8_t *scratch, uint8_t *out, size_t cap,
		size_t *length)
{
	struct lines l;
	uint8_t *plane[PLANES];
	size_t n = HEAD;
	for (int i = 0; i < PLANES; i++)
		plane[i] = scratch + (size_t)i * (pixels + ORL_CELL);
	for (size_t k = 0; k < n_blocks; k++) {
		struct box box = box_of(c, &blocks[k]);
		if (blocks[k].op != ORL_OP_RES)
			continue;
		begin_block(&l);
		for (int32_t y = 0; y < box.height; y++) {
			next_row(&l, box.width);
			encode_row(&l, box.pixels, box.width, plane);
			for (int i = 0; i < PLANES; i++)
				plane[i] += box.width;
			box.pixels += c->stride;
		}
	}
	if (cap < n)
		return ORIEL_ELIMIT;
	for (size_t i = 0; i < PLANES; i++) {
		size_t got = ZSTD_compress2(res->pack, out + n, cap - n,
				plane[i] - pixels, pixels);
		if (ZSTD_isError(got))
			return ORIEL_ELIMIT;
		if (i < PLANES - 1)
			put32(out + 4 * i, got);
		n += got;
	}
	*length = n;
	return 0;
}

/*
 * One frame, no longer and no shorter: the length and the size it claims, and
 * then what it really holds. Skippable frames claim no size.
 */
static bool unpack(struct orl_res *res, uint8_t *into, size_t pixels,
		const uint8_t *data, size_t size)
{
	return ZSTD_findFrameCompressedSize(data, size) == size &&
	       ZSTD_getFrameContentSize(data, size) == pixels &&
	       ZSTD_decompressDCtx(res->unpack, into, pixels, data, size) ==
			       pixels;
}

static void decode_row(struct lines *l, uint32_t *out, int32_t width,
		const uint8_t *const plane[PLANES])
{
	int16_t *g = l->now[0] + LEFT, *r = l->now[1] + LEFT;
	int16_t *b = l->now[2] + LEFT;
	const int16_t *ug = l->up[0] + LEFT, *ur = l->up[1] + LEFT;
	const int16_t *ub = l->up[2] + LEFT;
	int vg = g[-1], vr = r[-1], vb = b[-1];
	for (int32_t x = 0; x < width; x++) {
		vg = (plane[0][x] + predict(vg, ug[x], ug[x - 1])) & 255;
		vr = (plane[1][x] + predict(vr, ur[x], ur[x - 1])) & 255;
		vb = (plane[2][x] + predict(vb, ub[x], ub[x - 1])) & 255;
		g[x] = (int16_t)vg;
		r[x] = (int16_t)vr;
		b[x] = (int16_t)vb;
		out[x] = (uint32_t)((vr + vg - OUTSIDE) & 255) << 16 |
			 (uint32_t)vg << 8 |
			 (uint32_t)((vb + vg - OUTSIDE) & 255);
	}
}

int orl_res_decode(struct orl_res *res, const struct orl_canvas *c,
		const struct orl_block_op *blocks, size_t n_blocks,
		size_t pixels, uint8_t *scratch, const uint8_t *data,
		size_t size)
{
	struct lines l;
	const uint8_t *plane[PLANES];
	size_t first, second;
	if (size < HEAD)
		return ORIEL_EPROTO;
	first = get32(data);
	second = get32(data + 4);
	data += HEAD;
	size -= HEAD;
	if (first > size || second > size - first)
		return ORIEL_EPROTO;
	if (!unpack(res, scratch, pixels, data, first) ||
			!unpack(res, scratch + pixels, pixels, data + first,
					second) ||
			!unpack(res, scratch + 2 * pixels, pixels,
					data + first + second,
					size - first - second))
		return ORIEL_EPROTO;
	for (int i = 0; i < PLANES; i++)
		plane[i] = scratch + (size_t)i * pixels;
	for (size_t k = 0; k < n_blocks; k++) {
		struct box box = box_of(c, &blocks[k]);
		if (blocks[k].op != ORL_OP_RES)
			continue;
		begin_block(&l);
		for (int32_t y = 0; y < box.height; y++) {
			next_row(&l, box.width);
			decode_row(&l, box.pixels, box.width, plane);
			for (int i = 0; i < PLANES; i++)
				plane[i] += box.width;
			box.pixels += c->stride;
		}
	}
	return 0;
}
