/*
 * prototype.c - the encoder that HCX and RES began as, kept as the floor that
 * they are measured against: two context tables, 12-bit probabilities, one
 * class of residuals.
 */
#include "bench/rivals.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <zstd.h>

enum { PB = 12, T1_BITS = 16, T2_BITS = 13, PIECE = 64 };

#define NO_COLOUR 0xff000001U

struct entry {
	uint32_t colour, confidence;
};

struct prototype {
	uint64_t low;
	uint32_t range;
	uint8_t cache;
	uint64_t pending;
	uint8_t *out, *out_base;

	struct entry t1[1 << T1_BITS], t2[1 << T2_BITS];
	uint32_t colours[256];
	uint16_t copy[3], run_ok[8], run_at[8][128], hit1[16][4], hit2[16][4],
			west[4], north[4], miss, index[256], raw[3][256];

	uint8_t *planes; /* three after each other, res_cap each */
	size_t res_n, res_cap;
};

struct prototype *prototype_create(void)
{
	struct prototype *t = calloc(1, sizeof(*t));
	if (!t)
		return NULL;
	uint16_t *p = t->copy;
	size_t n = (size_t)(&t->raw[2][255] - p) + 1;
	for (size_t i = 0; i < n; i++)
		p[i] = 1 << (PB - 1);
	return t;
}

void prototype_destroy(struct prototype *t)
{
	if (t)
		free(t->planes);
	free(t);
}

/* ---- the coder */

static void shift_low(struct prototype *t)
{
	if ((uint32_t)t->low < 0xFF000000U || t->low >> 32) {
		uint8_t c = t->cache;
		do {
			*t->out++ = (uint8_t)(c + (uint8_t)(t->low >> 32));
			c = 0xFF;
		} while (--t->pending);
		t->cache = (uint8_t)((uint32_t)t->low >> 24);
	}
	t->pending++;
	t->low = (uint64_t)((uint32_t)t->low << 8);
}

static inline unsigned bit(
		struct prototype *t, uint16_t *p, unsigned b, int rate)
{
	uint32_t bound = (t->range >> PB) * *p;
	if (!b) {
		t->range = bound;
		*p = (uint16_t)(*p + (((1 << PB) - *p) >> rate));
	} else {
		t->low += bound;
		t->range -= bound;
		*p = (uint16_t)(*p - (*p >> rate));
	}
	while (t->range < 1U << 24) {
		t->range <<= 8;
		shift_low(t);
	}
	return b;
}

static inline void tree(struct prototype *t, uint16_t *p, int bits, unsigned v,
		int rate)
{
	unsigned m = 1;
	for (int k = bits - 1; k >= 0; k--)
		m = m << 1 | bit(t, p + m, v >> k & 1, rate);
}

void prototype_begin(struct prototype *t, uint8_t *out)
{
	t->low = 0;
	t->range = 0xFFFFFFFFU;
	t->cache = 0;
	t->pending = 1;
	t->out = t->out_base = out;
}

size_t prototype_end(struct prototype *t)
{
	for (int k = 0; k < 5; k++)
		shift_low(t);
	return (size_t)(t->out - t->out_base);
}

/* ---- the model */

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

static void code_colour(struct prototype *t, uint32_t c, uint32_t w, uint32_t n,
		uint32_t nw)
{
	static const uint8_t shifts[3] = { 8, 0, 16 };
	unsigned slot = hash(c) >> 8 & 255;
	int green = 0;
	if (!bit(t, &t->miss, t->colours[slot] != c, 5)) {
		tree(t, t->index, 8, slot, 5);
		return;
	}
	for (int i = 0; i < 3; i++) {
		int s = shifts[i];
		int base = median((int)(w >> s & 255), (int)(n >> s & 255),
				(int)(nw >> s & 255));
		int guess = base + green;
		guess = guess < 0 ? 0 : guess > 255 ? 255 : guess;
		tree(t, t->raw[i], 8, ((c >> s & 255) - (unsigned)guess) & 255,
				5);
		if (!i)
			green = (int)(c >> s & 255) - base;
	}
	t->colours[slot] = c;
}

static void code_pixel(struct prototype *t, const uint32_t *p, size_t stride,
		uint32_t ne, uint32_t except)
{
	uint32_t c = *p, w = p[-1], ww = p[-2];
	uint32_t n = *(p - stride), nw = *(p - stride - 1);
	uint32_t nn = *(p - 2 * stride);
	uint32_t ha = hash(w + 0x3C6EF372U * n);
	uint32_t hb = ha * 0x85EBCA6BU + nw * 0xC2B2AE35U + ne * 0x27D4EB2FU;
	uint32_t hc = hb + ww * 0x165667B1U + nn * 0x9E3779B1U;
	hc ^= hc >> 16;
	struct entry *e1 = &t->t1[hc * 0x9E3779B1U >> (32 - T1_BITS)];
	struct entry *e2 = &t->t2[hb * 0x9E3779B1U >> (32 - T2_BITS)];
	uint32_t p1 = e1->colour, p2 = e2->colour;
	if (p1 != except &&
			!bit(t,
					&t->hit1[e1->confidence]
						[(p1 == w) | (p1 == n) << 1],
					c != p1, 4)) {
		e1->confidence += e1->confidence < 7;
		if (p2 == p1)
			e2->confidence += e2->confidence < 7;
		else if (e2->confidence)
			e2->confidence--;
		else
			e2->colour = p1;
		return;
	}
	if (p2 != p1 && p2 != except &&
			!bit(t,
					&t->hit2[e2->confidence]
						[(p2 == w) | (p2 == n) << 1],
					c != p2, 4)) {
		e2->confidence += e2->confidence < 7;
		goto first;
	}
	if ((w == p1 || w == p2 || w == except ||
			    bit(t, &t->west[n == nw], c != w, 4)) &&
			(n == w || n == p1 || n == p2 || n == except ||
					bit(t, &t->north[w == nw], c != n, 4)))
		code_colour(t, c, w, n, nw);
	if (e2->confidence)
		e2->confidence--;
	else
		e2->colour = c;
first:
	if (e1->confidence > 1) {
		e1->confidence >>= 1;
	} else {
		e1->colour = c;
		e1->confidence = 0;
	}
}

static int log2_floor(unsigned v)
{
	int n = 0;
	while (v >>= 1)
		n++;
	return n;
}

static void code_segment(struct prototype *t, const uint32_t *c, size_t stride,
		int32_t n, bool at_edge)
{
	const uint32_t *u = c - stride;
	int32_t x = 0;
	while (x < n) {
		uint32_t w = c[x - 1], except = NO_COLOUR;
		uint32_t ne = at_edge && x + 1 == n ? u[x] : u[x + 1];
		if (w == u[x] && u[x - 1] == w && ne == w) {
			int32_t limit = at_edge ? n - 1 : n, most = 1, k = 0;
			while (x + most < n &&
					(x + most + 1 > limit ||
							u[x + most + 1] == w))
				most++;
			while (k < most && c[x + k] == w)
				k++;
			if (!bit(t, &t->run_ok[log2_floor((unsigned)most)],
					    k < most, 4)) {
				x += most;
				continue;
			}
			if (most > 1) {
				int bits = log2_floor((unsigned)most - 1) + 1;
				tree(t, t->run_at[bits], bits, (unsigned)k, 5);
			}
			x += k;
			except = w;
			ne = at_edge && x + 1 == n ? u[x] : u[x + 1];
		}
		code_pixel(t, c + x, stride, ne, except);
		x++;
	}
}

void prototype_block(struct prototype *t, const struct picture *b)
{
	uint8_t last[64] = { 0 };
	for (int32_t y = 0; y < b->height; y++)
		for (int32_t x = 0; x < b->width; x += PIECE) {
			int32_t n = b->width - x < PIECE ? b->width - x : PIECE;
			const uint32_t *c = b->pixels + (size_t)y * b->stride +
					    (size_t)x;
			uint8_t *same = &last[x / PIECE];
			*same = !bit(t, &t->copy[*same],
					memcmp(c, c - b->stride,
							(size_t)n * 4) != 0,
					4);
			if (!*same)
				code_segment(t, c, b->stride, n,
						x + n >= b->width);
		}
}

/* ---- residuals, without any neighbour outside a block */

void prototype_res_block(struct prototype *t, const struct picture *b)
{
	size_t more = (size_t)b->width * (size_t)b->height;
	if (t->res_n + more > t->res_cap) {
		size_t cap = 2 * (t->res_n + more);
		uint8_t *planes = malloc(3 * cap);
		if (!planes)
			abort();
		for (size_t i = 0; t->res_n && i < 3; i++)
			memcpy(planes + i * cap, t->planes + i * t->res_cap,
					t->res_n);
		free(t->planes);
		t->planes = planes;
		t->res_cap = cap;
	}
	for (int32_t y = 0; y < b->height; y++)
		for (int32_t x = 0; x < b->width; x++) {
			const uint32_t *p = b->pixels + (size_t)y * b->stride +
					    (size_t)x;
			uint32_t n = y ? *(p - b->stride) : x ? p[-1] : 0;
			uint32_t w = x ? p[-1] : n;
			uint32_t nw = x && y ? *(p - b->stride - 1) : n;
			int v[4][3];
			uint32_t in[4] = { *p, w, n, nw };
			for (int i = 0; i < 4; i++) {
				v[i][0] = in[i] >> 8 & 255;
				v[i][1] = (int)(in[i] >> 16 & 255) - v[i][0];
				v[i][2] = (int)(in[i] & 255) - v[i][0];
			}
			for (size_t i = 0; i < 3; i++)
				t->planes[i * t->res_cap + t->res_n] =
						(uint8_t)(v[0][i] -
								median(v[1][i],
										v[2]
										 [i],
										v[3]
										 [i]));
			t->res_n++;
		}
}

size_t prototype_res_end(struct prototype *t, uint8_t *out, size_t cap)
{
	size_t n = 0;
	for (size_t i = 0; t->res_n && i < 3; i++) {
		size_t got = ZSTD_compress(out + n, cap - n,
				t->planes + i * t->res_cap, t->res_n, 1);
		if (ZSTD_isError(got))
			abort();
		n += got;
	}
	t->res_n = 0;
	return n;
}
