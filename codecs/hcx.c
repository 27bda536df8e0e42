/*
 * hcx.c - the model of HCX. Encoder and decoder are one text: every function
 * takes `decode`, a constant where it is inlined, so that the two cannot
 * drift apart.
 */
#include "codecs/hcx.h"

#include <string.h>

enum {
	SEGMENT = 64,
	T1_BITS = 16,
	T2_BITS = 13,
	ROW_MAX = ORL_BLOCK_MAX * ORL_CELL,
	SIDE = 2, /* pixels left of the block that count */
};

#define NO_COLOUR 0xff000001U /* no pixel has this */

struct entry {
	uint32_t colour, confidence;
};

typedef uint16_t prob;

struct orl_hcx {
	struct entry t1[1 << T1_BITS], t2[1 << T2_BITS];
	uint32_t cache[256];
	prob copy[3], run_ok[8], run_at[8][64];
	prob hit1[8][4], hit2[8][4], west[2], north[2];
	prob miss, index[256], raw[3][256];
};

/* A row of the block being coded and the two above it. */
struct row {
	uint32_t *line[3]; /* 0 is this one */
	uint32_t left[3][SIDE];
	int32_t width;
};

void orl_hcx_reset(struct orl_hcx *h)
{
	prob *p = h->copy;
	size_t n = (sizeof(*h) - offsetof(struct orl_hcx, copy)) / sizeof(*p);
	memset(h, 0, sizeof(*h));
	for (size_t i = 0; i < n; i++)
		p[i] = 1 << 15;
}

struct orl_hcx *orl_hcx_create(const struct orl_env *env)
{
	struct orl_hcx *h = orl_alloc(env, 1, sizeof(*h));
	if (h)
		orl_hcx_reset(h);
	return h;
}

void orl_hcx_destroy(const struct orl_env *env, struct orl_hcx *h)
{
	orl_free(env, h);
}

ORL_INLINE unsigned code_bit(
		struct orl_range *r, bool decode, prob *p, unsigned bit, int rate)
{
	bit = orl_range_code(r, decode, *p, bit);
	if (bit)
		*p = (prob)(*p - (*p >> rate));
	else
		*p = (prob)(*p + ((65536 - *p) >> rate));
	return bit;
}

ORL_INLINE unsigned code_tree(struct orl_range *r, bool decode, prob *p,
		int bits, unsigned value, int rate)
{
	unsigned m = 1;
	for (int k = bits - 1; k >= 0; k--)
		m = m << 1 | code_bit(r, decode, p + m, value >> k & 1, rate);
	return m - (1U << bits);
}

static inline uint32_t hash(uint32_t a)
{
	a *= 0x9E3779B1U;
	return a ^ a >> 15;
}

static inline int median(int a, int b, int c)
{
	int hi = a > b ? a : b, lo = a < b ? a : b;
	return c >= hi ? lo : c <= lo ? hi : a + b - c;
}

/* The pixel at x of the n-th line up; x is at least -SIDE. */
static inline uint32_t at(const struct row *row, int n, int32_t x)
{
	if (x < 0)
		return row->left[n][-x - 1];
	return row->line[n][x < row->width ? x : row->width - 1];
}

/* A colour that no context foretold: from the cache or in full. */
ORL_INLINE uint32_t code_colour(struct orl_hcx *h, struct orl_range *r,
		bool decode, uint32_t colour, uint32_t w, uint32_t n,
		uint32_t nw)
{
	unsigned slot = hash(colour) >> 8 & 255;
	if (!code_bit(r, decode, &h->miss, h->cache[slot] != colour, 5)) {
		slot = code_tree(r, decode, h->index, 8, slot, 5);
		return h->cache[slot];
	}
	static const uint8_t shift[3] = { 8, 0, 16 };
	int green = 0;
	uint32_t v = 0;
	for (int i = 0; i < 3; i++) {
		int s = shift[i];
		int guess = median(w >> s & 255, n >> s & 255, nw >> s & 255);
		guess += green;
		guess = guess < 0 ? 0 : guess > 255 ? 255 : guess;
		unsigned d = ((colour >> s & 255) - (unsigned)guess) & 255;
		d = code_tree(r, decode, h->raw[i], 8, d, 5);
		unsigned value = ((unsigned)guess + d) & 255;
		v |= value << s;
		if (!i)
			green = (int)value - guess;
	}
	h->cache[hash(v) >> 8 & 255] = v;
	return v;
}

ORL_INLINE uint32_t code_pixel(struct orl_hcx *h, struct orl_range *r,
		bool decode, const struct row *row, int32_t x, uint32_t not)
{
	uint32_t c = decode ? 0 : row->line[0][x];
	uint32_t w = at(row, 0, x - 1), ww = at(row, 0, x - 2);
	uint32_t n = row->line[1][x], nn = row->line[2][x];
	uint32_t nw = at(row, 1, x - 1), ne = at(row, 1, x + 1);
	uint32_t ha = hash(w + 0x3C6EF372U * n);
	uint32_t hb = ha * 0x85EBCA6BU + nw * 0xC2B2AE35U + ne * 0x27D4EB2FU;
	uint32_t hc = hb + ww * 0x165667B1U + nn * 0x9E3779B1U;
	hc ^= hc >> 16;
	struct entry *e1 = &h->t1[hc * 0x9E3779B1U >> (32 - T1_BITS)];
	struct entry *e2 = &h->t2[hb * 0x9E3779B1U >> (32 - T2_BITS)];
	uint32_t p1 = e1->colour, p2 = e2->colour, v;
	if (p1 != not && !code_bit(r, decode,
			&h->hit1[e1->confidence][(p1 == w) | (p1 == n) << 1],
			c != p1, 4)) {
		e1->confidence += e1->confidence < 7;
		if (p2 == p1)
			e2->confidence += e2->confidence < 7;
		else if (e2->confidence)
			e2->confidence--;
		else
			e2->colour = p1;
		return p1;
	}
	if (p2 != p1 && p2 != not && !code_bit(r, decode,
			&h->hit2[e2->confidence][(p2 == w) | (p2 == n) << 1],
			c != p2, 4)) {
		v = p2;
		e2->confidence += e2->confidence < 7;
		goto first;
	}
	if (w != p1 && w != p2 && w != not && !code_bit(r, decode,
			&h->west[n == nw], c != w, 4))
		v = w;
	else if (n != w && n != p1 && n != p2 && n != not && !code_bit(r,
			decode, &h->north[w == nw], c != n, 4))
		v = n;
	else
		v = code_colour(h, r, decode, c, w, n, nw);
	if (e2->confidence)
		e2->confidence--;
	else
		e2->colour = v;
first:
	if (e1->confidence > 1) {
		e1->confidence >>= 1;
	} else {
		e1->colour = v;
		e1->confidence = 0;
	}
	return v;
}

static inline int log2_floor(unsigned v)
{
	int n = 0;
	while (v >>= 1)
		n++;
	return n;
}

static inline void fill(uint32_t *p, int32_t n, uint32_t v)
{
	for (int32_t i = 0; i < n; i++)
		p[i] = v;
}

ORL_INLINE void code_segment(struct orl_hcx *h, struct orl_range *r,
		bool decode, const struct row *row, int32_t x, int32_t end)
{
	uint32_t *c = row->line[0];
	const uint32_t *u = row->line[1];
	while (x < end) {
		uint32_t w = at(row, 0, x - 1), not = NO_COLOUR;
		if (w == u[x] && w == at(row, 1, x - 1) &&
				w == at(row, 1, x + 1)) {
			int32_t most = 1, n = 0;
			while (x + most < end && at(row, 1, x + most + 1) == w)
				most++;
			if (!decode)
				while (n < most && c[x + n] == w)
					n++;
			if (!code_bit(r, decode,
					&h->run_ok[log2_floor((unsigned)most)],
					n < most, 4)) {
				if (decode)
					fill(c + x, most, w);
				x += most;
				continue;
			}
			if (most > 1) {
				int bits = log2_floor((unsigned)most - 1) + 1;
				n = (int32_t)code_tree(r, decode,
						h->run_at[bits], bits,
						(unsigned)n, 5);
				/* A broken section may say anything. */
				n = orl_min32(n, most - 1);
			}
			if (decode)
				fill(c + x, n, w);
			x += n;
			not = w;
		}
		c[x] = code_pixel(h, r, decode, row, x, not);
		x++;
	}
}

/* The value of a pixel outside the block, see canvas.h. */
static uint32_t outside(const struct orl_canvas *c, unsigned slice, int32_t x,
		int32_t y)
{
	if (x < 0 || y < 0 || x >= c->width)
		return 0;
	int32_t col = x / ORL_CELL, row = y / ORL_CELL;
	if (orl_canvas_slice(c, row) != slice ||
			!c->usable[(size_t)row * (size_t)c->cols + (size_t)col])
		return 0;
	return c->pixels[(size_t)y * c->stride + (size_t)x];
}

ORL_INLINE void code_block(struct orl_hcx *h, struct orl_range *r, bool decode,
		const struct orl_canvas *c, const struct orl_block_op *b)
{
	uint32_t above[2][ROW_MAX];
	uint8_t last[(ROW_MAX + SEGMENT - 1) / SEGMENT] = { 0 };
	unsigned slice = orl_canvas_slice(c, b->row);
	int32_t x0 = b->col * ORL_CELL, y0 = b->row * ORL_CELL;
	int32_t y1 = orl_min32(y0 + b->rows * ORL_CELL, c->height);
	struct row row = { .width = orl_min32(b->cols * ORL_CELL,
					c->width - x0) };

	for (int n = 0; n < 2; n++) {
		for (int32_t x = 0; x < row.width; x++)
			above[n][x] = outside(c, slice, x0 + x, y0 - 1 - n);
		row.line[n] = above[n];
		for (int k = 0; k < SIDE; k++)
			row.left[n][k] = outside(c, slice, x0 - 1 - k,
					y0 - 1 - n);
	}
	for (int32_t y = y0; y < y1 && r->over <= ORL_RANGE_OVER; y++) {
		row.line[2] = row.line[1];
		row.line[1] = row.line[0];
		row.line[0] = c->pixels + (size_t)y * c->stride + x0;
		memmove(row.left[1], row.left[0], 2 * sizeof(row.left[0]));
		for (int k = 0; k < SIDE; k++)
			row.left[0][k] = outside(c, slice, x0 - 1 - k, y);
		for (int32_t x = 0; x < row.width; x += SEGMENT) {
			int32_t n = orl_min32(SEGMENT, row.width - x);
			uint32_t *p = row.line[0] + x, *u = row.line[1] + x;
			size_t bytes = (size_t)n * sizeof(*p);
			uint8_t *same = &last[x / SEGMENT];
			*same = !code_bit(r, decode, &h->copy[*same],
					!decode && memcmp(p, u, bytes) != 0, 4);
			if (!*same)
				code_segment(h, r, decode, &row, x, x + n);
			else if (decode)
				memcpy(p, u, bytes);
		}
	}
}

void orl_hcx_encode(struct orl_hcx *h, struct orl_range *r,
		const struct orl_canvas *c, const struct orl_block_op *b)
{
	code_block(h, r, false, c, b);
}

void orl_hcx_decode(struct orl_hcx *h, struct orl_range *r,
		const struct orl_canvas *c, const struct orl_block_op *b)
{
	code_block(h, r, true, c, b);
}
