/*
 * scale.c - means over areas, across and then down, with weights in 256ths
 * that always make 256: white stays white. The four bytes of a pixel are kept
 * in the four 16 bit lanes of one word and weighted by one multiplication.
 */
#include <stdbool.h>
#include <string.h>

#include "client/viewer/scale.h"

enum { BLOCK = 256 }; /* columns at once */

#define LANES UINT64_C(0x00ff00ff00ff00ff)
#define HALF UINT64_C(0x0080008000800080)

/*
 * What one pixel of the result covers of a line of the picture: n pixels, the
 * first and last in part. Those between weigh alike, and what rounding leaves
 * over is the first one's.
 */
struct taps {
	int32_t first, n;
	uint32_t weigh_first, weigh_last;
};

struct rows {
	const struct oriel_pixels *from;
	bool swap;
	int32_t n; /* columns of this block */
	uint32_t middle;
	struct taps columns[BLOCK];
	/* Rows of the picture, already of the new width. */
	int32_t number[2];
	uint64_t pixels[2][BLOCK];
	int oldest;
};

static struct taps taps_of(int32_t i, int32_t from, int32_t to)
{
	int64_t begin = (int64_t)i * from, end = begin + from;
	struct taps t = { .first = (int32_t)(begin / to), .weigh_first = 256 };
	t.n = (int32_t)((end + to - 1) / to) - t.first;
	if (t.n > 1) {
		uint32_t middle = (uint32_t)((int64_t)to * 256 / from);
		int64_t last = end - (int64_t)(t.first + t.n - 1) * to;
		t.weigh_last = (uint32_t)(last * 256 / from);
		t.weigh_first = 256 - t.weigh_last -
				(uint32_t)(t.n - 2) * middle;
	}
	return t;
}

static uint64_t spread(uint32_t p)
{
	return (p & 0x00ff00ff) | (uint64_t)(p & 0xff00ff00) << 24;
}

static uint32_t pack(uint64_t lanes)
{
	return (uint32_t)(lanes & 0x00ff00ff) |
	       (uint32_t)(lanes >> 24 & 0xff00ff00);
}

static uint32_t swap_red_blue(uint32_t p)
{
	return (p & 0xff00ff00) | (p & 0xff) << 16 | (p >> 16 & 0xff);
}

static uint64_t divide(uint64_t sum)
{
	return (sum + HALF) >> 8 & LANES;
}

static void narrow(struct rows *r, const uint32_t *in, uint64_t *out)
{
	for (int32_t k = 0; k < r->n; k++) {
		const struct taps *t = &r->columns[k];
		const uint32_t *p = in + t->first;
		uint64_t between = 0;
		if (t->n == 1) {
			out[k] = spread(p[0]);
			continue;
		}
		/* At most 256 of them, or they weigh nothing. */
		for (int32_t i = 1; r->middle && i < t->n - 1; i++)
			between += spread(p[i]);
		out[k] = divide(spread(p[0]) * t->weigh_first +
				between * r->middle +
				spread(p[t->n - 1]) * t->weigh_last);
	}
}

/* A row is asked for once more, at most, after the one below it. */
static const uint64_t *row(struct rows *r, int32_t y)
{
	for (int i = 0; i < 2; i++)
		if (r->number[i] == y)
			return r->pixels[i];
	int i = r->oldest;
	r->oldest = !i;
	r->number[i] = y;
	narrow(r,
			(const uint32_t *)(const void *)((const char *)r->from
									 ->data +
							 (ptrdiff_t)y * r->from->stride),
			r->pixels[i]);
	return r->pixels[i];
}

static void write_row(struct rows *r, const struct taps *t, uint32_t middle,
		uint32_t *out)
{
	uint64_t sum[BLOCK];
	const uint64_t *in = row(r, t->first);
	if (t->n == 1) {
		for (int32_t k = 0; k < r->n; k++)
			out[k] = pack(in[k]);
	} else {
		for (int32_t k = 0; k < r->n; k++)
			sum[k] = in[k] * t->weigh_first;
		for (int32_t i = 1; i < t->n; i++) {
			uint32_t weight = i < t->n - 1 ? middle : t->weigh_last;
			if (!weight)
				continue;
			in = row(r, t->first + i);
			for (int32_t k = 0; k < r->n; k++)
				sum[k] += in[k] * weight;
		}
		for (int32_t k = 0; k < r->n; k++)
			out[k] = pack(divide(sum[k]));
	}
	for (int32_t k = 0; r->swap && k < r->n; k++)
		out[k] = swap_red_blue(out[k]);
}

static uint32_t *line(uint32_t *to, size_t stride, int32_t y)
{
	return (uint32_t *)(void *)((char *)to + (size_t)y * stride);
}

void orl_scale(uint32_t *to, size_t stride, struct oriel_rect part,
		int32_t width, int32_t height, const struct oriel_pixels *from)
{
	struct rows r = { .from = from,
		.swap = from->format == ORIEL_FORMAT_XBGR8888,
		.middle = (uint32_t)((int64_t)width * 256 / from->width) };
	uint32_t middle = (uint32_t)((int64_t)height * 256 / from->height);
	for (int32_t x = 0; x < part.width; x += BLOCK) {
		int32_t before = -1;
		r.n = part.width - x < BLOCK ? part.width - x : BLOCK;
		r.number[0] = r.number[1] = -1;
		for (int32_t k = 0; k < r.n; k++)
			r.columns[k] = taps_of(
					part.x + x + k, from->width, width);
		for (int32_t y = 0; y < part.height; y++) {
			struct taps t = taps_of(
					part.y + y, from->height, height);
			uint32_t *out = line(to, stride, y) + x;
			if (t.n == 1 && t.first == before)
				memcpy(out, line(to, stride, y - 1) + x,
						(size_t)r.n * 4);
			else
				write_row(&r, &t, middle, out);
			before = t.n == 1 ? t.first : -1;
		}
	}
}
