/*
 * classify.c - text and interface, or a picture?
 *
 * The test is strict: HCX on a photograph costs time, RES on text costs
 * bytes, and the second is seen more often. A piece is a picture only when
 * neighbours differ, colours are many, and a small model of HCX, run on a few
 * rows, could not tell the next pixel either.
 */
#include <string.h>

#include "codecs/classify.h"

/* All thresholds, in percent of the pixels looked at. */
enum {
	/* Of a piece: */
	CHANGES = 45, /* differ from their left neighbour, more than */
	COLOURS = 25, /* are a colour not seen before, more than */
	MISSES = 60,  /* a context does not foretell, more than: 1.2 B/pixel */
	/* Of a cell, in percent of the pairs of neighbours: */
	EQUAL = 55, /* are equal, at least: flat ground */
	HARD = 2,   /* differ by EDGE, at least: may be strokes */
	INK = 6,    /* pixels of one colour, at least: their ink or paper */
	/* Levels of a channel, at least: */
	EDGE = 40,
	STEP = 20, /* no text is as faint as that */
};

enum {
	SIDE = 64,
	TRIAL_ROWS = 8,
	COLOUR_BITS = 12, /* twice the colours there can be */
	TRIAL_BITS = 10,
};

static uint32_t mix(uint32_t v)
{
	v *= 0x9e3779b1u;
	return v ^ v >> 15;
}

static int32_t count_changes(const uint32_t *pixels, size_t stride,
		int32_t width, int32_t height)
{
	int32_t n = 0;
	for (int32_t y = 0; y < height; y += 2) {
		const uint32_t *row = pixels + (size_t)y * stride;
		for (int32_t x = 1; x < width; x++)
			n += row[x] != row[x - 1];
	}
	return n;
}

/* Stops counting once there are more than `enough`. */
static int32_t count_colours(const uint32_t *pixels, size_t stride,
		int32_t width, int32_t height, int32_t enough)
{
	uint32_t seen[1 << COLOUR_BITS];
	const uint32_t last = ORL_COUNT(seen) - 1;
	int32_t n = 0;
	memset(seen, 0, sizeof(seen));
	for (int32_t y = 0; y < height; y += 2) {
		const uint32_t *row = pixels + (size_t)y * stride;
		for (int32_t x = 0; x < width; x++) {
			const uint32_t key = (row[x] & 0xffffff) + 1;
			uint32_t at = mix(key) >> (32 - COLOUR_BITS);
			while (seen[at] && seen[at] != key)
				at = (at + 1) & last;
			if (seen[at])
				continue;
			seen[at] = key;
			if (++n > enough)
				return n;
		}
	}
	return n;
}

/*
 * What HCX would not foretell: a pixel that is neither its left nor its upper
 * neighbour nor what last followed the same neighbours. In per cent, over
 * rows spread evenly.
 */
static int32_t trial_misses(const uint32_t *pixels, size_t stride,
		int32_t width, int32_t height)
{
	uint32_t table[1 << TRIAL_BITS];
	const int32_t rows = orl_min32(TRIAL_ROWS, height - 1);
	int32_t n = 0, misses = 0;
	memset(table, 0, sizeof(table));
	for (int32_t i = 0; i < rows; i++) {
		const int32_t y = 1 + i * (height - 1) / rows;
		const uint32_t *row = pixels + (size_t)y * stride;
		const uint32_t *up = row - stride;
		for (int32_t x = 1; x < width; x++) {
			const uint32_t c = row[x], w = row[x - 1], u = up[x];
			const uint32_t uw = up[x - 1];
			uint32_t *entry = &table[mix(mix(w + 3 * u) + uw) >>
						 (32 - TRIAL_BITS)];
			misses += c != w && c != u && c != *entry;
			*entry = c;
			n++;
		}
	}
	return n ? misses * 100 / n : 0;
}

enum orl_why orl_judge(const uint32_t *pixels, size_t stride, int32_t width,
		int32_t height)
{
	width = orl_min32(width, SIDE);
	height = orl_min32(height, SIDE);
	const int32_t n = width * ((height + 1) / 2);
	if (count_changes(pixels, stride, width, height) * 100 <= n * CHANGES)
		return ORL_WHY_FLAT;
	const int32_t enough = n * COLOURS / 100;
	if (count_colours(pixels, stride, width, height, enough) <= enough)
		return ORL_WHY_COLOURS;
	return trial_misses(pixels, stride, width, height) > MISSES
			       ? ORL_WHY_PICTURE
			       : ORL_WHY_FORETOLD;
}

/* ---- cells ------------------------------------------------------------- */

/* Neighbours in a cell: how many pairs, and how they differ. */
struct pairs {
	int32_t n, equal;
	int32_t hard; /* channels of them */
	int32_t step; /* the largest */
};

/* n pixels with their neighbours, at the edges of a picture. */
static void count_pairs(struct pairs *p, const uint32_t *a, const uint32_t *b,
		int32_t n)
{
	const uint8_t *x = (const uint8_t *)a, *y = (const uint8_t *)b;
	int32_t equal = 0;
	uint8_t hard = 0, step = 0;
	for (int32_t i = 0; i < n; i++)
		equal += a[i] == b[i];
	for (int32_t i = 0; i < n * 4; i++) {
		uint8_t d = (uint8_t)(x[i] > y[i] ? x[i] - y[i] : y[i] - x[i]);
		hard = (uint8_t)(hard + (d >= EDGE));
		step = d > step ? d : step;
	}
	p->n += n;
	p->equal += equal;
	p->hard += hard;
	p->step = orl_max32(p->step, step);
}

/* The same of a row of a whole cell, lane by lane. */
struct lanes {
	uint32_t equal[ORL_CELL];
	uint8_t hard[ORL_CELL * 4], step[ORL_CELL * 4];
};

ORL_INLINE void add_row(struct lanes *l, const uint32_t *a, const uint32_t *b)
{
	const uint8_t *x = (const uint8_t *)a, *y = (const uint8_t *)b;
	for (size_t i = 0; i < ORL_CELL; i++)
		l->equal[i] += a[i] == b[i];
	for (size_t i = 0; i < (size_t)ORL_CELL * 4; i++) {
		uint8_t d = (uint8_t)(x[i] > y[i] ? x[i] - y[i] : y[i] - x[i]);
		l->hard[i] = (uint8_t)(l->hard[i] + (d >= EDGE));
		l->step[i] = d > l->step[i] ? d : l->step[i];
	}
}

/*
 * All pairs of a whole cell. The first pixel of a row is taken for its own
 * left neighbour, which adds to those that are equal only.
 */
ORL_WIDE static void count_cell(
		struct pairs *p, const uint32_t *pixels, size_t stride)
{
	struct lanes l = { { 0 }, { 0 }, { 0 } };
	for (size_t y = 0; y < ORL_CELL; y++) {
		const uint32_t *row = pixels + y * stride;
		uint32_t left[ORL_CELL];
		left[0] = row[0];
		memcpy(left + 1, row, (ORL_CELL - 1) * sizeof(*row));
		add_row(&l, row, left);
		if (y)
			add_row(&l, row, row - stride);
	}
	uint32_t equal = 0, hard = 0;
	uint8_t step = 0;
	for (size_t i = 0; i < ORL_CELL; i++)
		equal += l.equal[i];
	for (size_t i = 0; i < (size_t)ORL_CELL * 4; i++) {
		hard += l.hard[i];
		step = l.step[i] > step ? l.step[i] : step;
	}
	p->n = 2 * ORL_CELL * (ORL_CELL - 1);
	p->equal = (int32_t)equal - ORL_CELL;
	p->hard = (int32_t)hard;
	p->step = step;
}

static void count_part(struct pairs *p, const uint32_t *pixels, size_t stride,
		int32_t width, int32_t height)
{
	for (int32_t y = 0; y < height; y++) {
		const uint32_t *row = pixels + (size_t)y * stride;
		count_pairs(p, row + 1, row, width - 1);
		if (y)
			count_pairs(p, row, row - stride, width);
	}
}

/* How many pixels have the most frequent colour. */
static int32_t count_ink(const uint32_t *pixels, size_t stride, int32_t width,
		int32_t height)
{
	struct {
		uint32_t key;
		int32_t n;
	} seen[2 * ORL_CELL * ORL_CELL];
	const uint32_t last = ORL_COUNT(seen) - 1;
	int32_t most = 0;
	memset(seen, 0, sizeof(seen));
	for (int32_t y = 0; y < height; y++)
		for (int32_t x = 0; x < width; x++) {
			const uint32_t key = (pixels[(size_t)y * stride +
							      (size_t)x] &
							     0xffffff) +
					     1;
			uint32_t at = mix(key) & last;
			while (seen[at].key && seen[at].key != key)
				at = (at + 1) & last;
			seen[at].key = key;
			most = orl_max32(most, ++seen[at].n);
		}
	return most;
}

enum orl_why orl_judge_cell(const uint32_t *pixels, size_t stride,
		int32_t width, int32_t height, enum orl_why piece, bool *hard)
{
	struct pairs p = { 0, 0, 0, 0 };
	if (width == ORL_CELL && height == ORL_CELL)
		count_cell(&p, pixels, stride);
	else
		count_part(&p, pixels, stride, width, height);
	*hard = p.hard > 0;
	if (p.equal * 100 >= p.n * EQUAL)
		return ORL_WHY_FLAT;
	if (p.step < STEP)
		return ORL_WHY_PICTURE;
	if (piece != ORL_WHY_PICTURE)
		return piece;
	if (p.hard * 100 < p.n * 3 * HARD)
		return ORL_WHY_PICTURE;
	return count_ink(pixels, stride, width, height) * 100 >=
					       width * height * INK
			       ? ORL_WHY_STROKES
			       : ORL_WHY_PICTURE;
}

/* ---- shades ------------------------------------------------------------ */

/* Of one channel of two pixels. */
ORL_INLINE int32_t apart(uint32_t a, uint32_t b, unsigned shift)
{
	const int32_t d = (int32_t)(a >> shift & 0xff) -
			  (int32_t)(b >> shift & 0xff);
	return d < 0 ? -d : d;
}

ORL_WIDE void orl_count_shades(const uint32_t *p, int32_t n, int32_t most,
		int32_t *differ, int32_t *soft)
{
	int32_t all = 0, near = 0;
	for (int32_t x = 1; x < n; x++) {
		const uint32_t a = p[x], b = p[x - 1];
		all += a != b;
		near += (a != b) & (apart(a, b, 0) <= most) &
			(apart(a, b, 8) <= most) & (apart(a, b, 16) <= most);
	}
	*differ += all;
	*soft += near;
}
