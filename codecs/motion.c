/*
 * motion.c - rectangles of the new picture that stand elsewhere in the old.
 *
 * Anchors vote for vectors (anchors.c). For each vector the picture is
 * compared with itself moved, in tiles of 16 x 4 pixels; the rectangle of
 * matching tiles that saves the most is taken, grown to its exact pixel
 * extents, and the search goes on in what is left. Hashes only propose: a
 * pixel is copied when it has been compared.
 *
 * What a tile saves is an estimate of what its pixels would cost to code:
 * those that equal their left or upper neighbour are free, so flat areas
 * never justify a copy though they may be part of one.
 */
#include <string.h>

#include "codecs/anchors.h"
#include "codecs/motion.h"

enum {
	TILE_W = ORL_CELL,
	TILE_H = 4,
	TILES_A_CELL = ORL_CELL / TILE_H,
	/*
	 * A copy must save this many pixels that are not their neighbour's;
	 * such a pixel costs about half a byte.
	 */
	WORTH = 128,
	MIN_W = 32,
	MIN_H = 8,
	MIN_PERCENT = 3, /* of the cells dirty, or no search */
	/* Rectangles looked for, in all: bounds the time. */
	PASSES = 10,
	/* As a shift: of what the largest saves, what a smaller one must. */
	SHARE = 6,
	VOTES_SHARE = 4,  /* the same of votes, for another vector */
	UNKNOWN = 0xffff, /* as a weight */
};

struct rect {
	int32_t x, y, end_x, end_y;
};

struct orl_motion {
	const struct orl_env *env;
	struct orl_anchors *anchors;
	/* For a picture of this many tiles, see reserve(). */
	size_t tiles;
	uint8_t *match;   /* of the vector in hand */
	uint8_t *taken;   /* touched by a copy */
	uint16_t *weight; /* what a changed tile costs, or UNKNOWN */
	uint32_t *sums;   /* of the tiles that match; a row, a column more */
	uint16_t *stack;
	uint16_t *height;
};

struct search {
	struct orl_motion *m;
	const uint32_t *old, *now;
	size_t stride;
	int32_t width, height;
	int32_t cols, rows; /* cells */
	int32_t tile_rows;  /* tiles a column; cols of them a row */
	struct rect bounds; /* of the dirty cells, in tiles */
	const uint8_t *dirty, *exact;
	struct orl_vector v;
	struct orl_copy_op *out;
	size_t n, max;
	uint32_t least; /* that a rectangle must save */
};

int orl_motion_create(struct orl_motion **out, const struct orl_env *env)
{
	struct orl_motion *m = orl_alloc(env, 1, sizeof(*m));
	if (!m)
		return ORIEL_ENOMEM;
	m->env = env;
	int err = orl_anchors_create(&m->anchors, env);
	if (err) {
		orl_motion_destroy(m);
		return err;
	}
	*out = m;
	return 0;
}

static void release(struct orl_motion *m)
{
	orl_free(m->env, m->match);
	orl_free(m->env, m->taken);
	orl_free(m->env, m->weight);
	orl_free(m->env, m->sums);
	orl_free(m->env, m->stack);
	orl_free(m->env, m->height);
	m->match = m->taken = NULL;
	m->weight = m->stack = m->height = NULL;
	m->sums = NULL;
	m->tiles = 0;
}

void orl_motion_destroy(struct orl_motion *m)
{
	if (!m)
		return;
	release(m);
	orl_anchors_destroy(m->anchors);
	orl_free(m->env, m);
}

/* Grow the maps to the picture. */
static bool reserve(struct orl_motion *m, int32_t cols, int32_t tile_rows)
{
	const size_t tiles = (size_t)cols * (size_t)tile_rows;
	const size_t wide = ORL_DISPLAY_SIDE_MAX / TILE_W + 2;
	if (tiles <= m->tiles)
		return true;
	release(m);
	m->match = orl_alloc(m->env, tiles, 1);
	m->taken = orl_alloc(m->env, tiles, 1);
	m->weight = orl_alloc(m->env, tiles, sizeof(*m->weight));
	/* A row and a column more: the longest shape has cols + rows + 1. */
	m->sums = orl_alloc(m->env, 3 * tiles + wide, sizeof(*m->sums));
	m->stack = orl_alloc(m->env, wide, sizeof(*m->stack));
	m->height = orl_alloc(m->env, wide, sizeof(*m->height));
	if (!m->match || !m->taken || !m->weight || !m->sums || !m->stack ||
			!m->height) {
		release(m);
		return false;
	}
	m->tiles = tiles;
	return true;
}

static const uint32_t *at(const struct search *s, const uint32_t *picture,
		int32_t x, int32_t y)
{
	return picture + (size_t)y * s->stride + (size_t)x;
}

/* n pixels of two rows; one, where a rectangle is grown sideways. */
static bool equal(const uint32_t *a, const uint32_t *b, int32_t n)
{
	return n == 1 ? *a == *b : memcmp(a, b, (size_t)n * sizeof(*a)) == 0;
}

/* Whether the source of a rectangle is in the picture and may be read. */
static bool may_read(const struct search *s, struct rect r)
{
	const int32_t x = r.x + s->v.x, end_x = r.end_x + s->v.x;
	const int32_t y = r.y + s->v.y, end_y = r.end_y + s->v.y;
	if (x < 0 || y < 0 || end_x > s->width || end_y > s->height)
		return false;
	if (!s->exact)
		return true;
	for (int32_t row = y / ORL_CELL; row <= (end_y - 1) / ORL_CELL; row++)
		for (int32_t c = x / ORL_CELL; c <= (end_x - 1) / ORL_CELL; c++)
			if (!s->exact[row * s->cols + c])
				return false;
	return true;
}

/* Whether a rectangle is as it stood elsewhere in the old picture. */
static bool same_from(
		const struct search *s, struct rect r, struct orl_vector v)
{
	for (int32_t y = r.y; y < r.end_y; y++)
		if (!equal(at(s, s->now, r.x, y),
				    at(s, s->old, r.x + v.x, y + v.y),
				    r.end_x - r.x))
			return false;
	return true;
}

static bool same_pixels(const struct search *s, struct rect r)
{
	return same_from(s, r, s->v);
}

static bool unmoved(const struct search *s, struct rect r)
{
	return same_from(s, r, (struct orl_vector){ 0, 0 });
}

/* A whole tile, its four rows at once. */
ORL_INLINE bool same_tile(
		const uint32_t *now, const uint32_t *old, size_t stride)
{
	const uint32_t *n1 = now + stride, *n2 = n1 + stride, *n3 = n2 + stride;
	const uint32_t *o1 = old + stride, *o2 = o1 + stride, *o3 = o2 + stride;
	uint32_t differ = 0;
	for (size_t i = 0; i < TILE_W; i++)
		differ |= (now[i] ^ old[i]) | (n1[i] ^ o1[i]) |
			  (n2[i] ^ o2[i]) | (n3[i] ^ o3[i]);
	return !differ;
}

static struct rect tile(const struct search *s, int32_t col, int32_t row)
{
	return (struct rect){ col * TILE_W, row * TILE_H,
		orl_min32(s->width, (col + 1) * TILE_W),
		orl_min32(s->height, (row + 1) * TILE_H) };
}

/* Pixels that neither their left nor their upper neighbour is. */
static unsigned fresh_pixels(const struct search *s, struct rect r)
{
	unsigned fresh = 0;
	for (int32_t y = r.y; y < r.end_y; y++) {
		const uint32_t *p = at(s, s->now, r.x, y);
		const uint32_t *up = y ? p - s->stride : p;
		/* The first column has no left neighbour. */
		const uint32_t *left = r.x ? p - 1 : p;
		for (int32_t i = 0; i < r.end_x - r.x; i++)
			fresh += (p[i] != up[i]) & (p[i] != left[i]);
	}
	return fresh;
}

/* The same for a whole tile at no edge, as most are, its four rows at once. */
ORL_INLINE unsigned fresh_inside(const struct search *s, struct rect r)
{
	const uint32_t *a = at(s, s->now, r.x, r.y), *up = a - s->stride;
	const uint32_t *b = a + s->stride, *c = b + s->stride;
	const uint32_t *d = c + s->stride;
	uint32_t stale = 0;
	for (ptrdiff_t i = 0; i < TILE_W; i++) {
		stale += (a[i] == up[i]) | (a[i] == a[i - 1]);
		stale += (b[i] == a[i]) | (b[i] == b[i - 1]);
		stale += (c[i] == b[i]) | (c[i] == c[i - 1]);
		stale += (d[i] == c[i]) | (d[i] == d[i - 1]);
	}
	return TILE_W * TILE_H - stale;
}

static bool is_whole(struct rect r)
{
	return r.end_x - r.x == TILE_W && r.end_y - r.y == TILE_H;
}

/* A tile that is as it was need not be moved. */
ORL_INLINE uint16_t weigh(const struct search *s, struct rect r)
{
	const unsigned fresh = r.x && r.y && is_whole(r) ? fresh_inside(s, r)
							 : fresh_pixels(s, r);
	if (!fresh)
		return 0;
	const bool same = is_whole(r) ? same_tile(at(s, s->now, r.x, r.y),
							at(s, s->old, r.x, r.y),
							s->stride)
				      : unmoved(s, r);
	return same ? 0 : (uint16_t)fresh;
}

/* What a tile costs; found out when it is asked for first. */
ORL_INLINE uint16_t tile_weight(
		const struct search *s, int32_t col, int32_t row)
{
	const size_t line = (size_t)row * (size_t)s->cols;
	uint16_t *w = &s->m->weight[line + (size_t)col];
	if (*w == UNKNOWN)
		*w = s->dirty[(row / TILES_A_CELL) * s->cols + col]
				     ? weigh(s, tile(s, col, row))
				     : 0;
	return *w;
}

static bool matches(const struct search *s, struct rect r)
{
	return may_read(s, r) && same_pixels(s, r);
}

/*
 * The columns of a row whose tiles are whole, and whose sources are in the
 * picture and may be read: nothing need be asked of each. None, for some rows.
 */
static void plain_cols(const struct search *s, int32_t row, int32_t *from,
		int32_t *end)
{
	const int32_t y = row * TILE_H, from_y = y + s->v.y;
	*from = *end = s->bounds.x;
	if (s->exact || y + TILE_H > s->height || from_y < 0 ||
			from_y + TILE_H > s->height)
		return;
	const int32_t left = orl_max32(0, -s->v.x);
	const int32_t right = s->width - orl_max32(0, s->v.x);
	*from = orl_max32(s->bounds.x, (left + TILE_W - 1) / TILE_W);
	*end = orl_max32(*from, orl_min32(s->bounds.end_x, right / TILE_W));
}

/* Of one row, what match_tiles() says; up, sums: of the bounds. */
ORL_INLINE void match_row(struct search *s, int32_t row, const uint32_t *up,
		uint32_t *sums)
{
	const size_t line = (size_t)row * (size_t)s->cols;
	uint8_t *match = s->m->match + line;
	const uint8_t *taken = s->m->taken + line;
	const uint32_t *now = s->now + (size_t)(row * TILE_H) * s->stride;
	const ptrdiff_t there = (ptrdiff_t)(row * TILE_H + s->v.y) *
						(ptrdiff_t)s->stride +
				s->v.x;
	uint32_t sum = 0;
	int32_t from, end;
	plain_cols(s, row, &from, &end);
	*sums++ = 0;
	for (int32_t col = s->bounds.x; col < s->bounds.end_x; col++) {
		const ptrdiff_t x = (ptrdiff_t)col * TILE_W;
		if (taken[col])
			match[col] = 0;
		else if (col >= from && col < end)
			match[col] = same_tile(
					now + x, s->old + there + x, s->stride);
		else
			match[col] = matches(s, tile(s, col, row));
		if (match[col])
			sum += tile_weight(s, col, row);
		*sums++ = *++up + sum;
	}
}

/*
 * The tiles that the vector in hand makes right, and sums[row][col]: the
 * weight of those of them that are above and left of there.
 */
ORL_WIDE static void match_tiles(struct search *s)
{
	const struct rect b = s->bounds;
	const size_t wide = (size_t)(b.end_x - b.x) + 1;
	uint32_t *sums = s->m->sums;
	memset(sums, 0, wide * sizeof(*sums));
	for (int32_t row = b.y; row < b.end_y; row++, sums += wide)
		match_row(s, row, sums, sums + wide);
}

static uint32_t weight_of(const struct search *s, struct rect r)
{
	const struct rect b = s->bounds;
	const size_t wide = (size_t)(b.end_x - b.x) + 1;
	const uint32_t *top = s->m->sums + (size_t)(r.y - b.y) * wide;
	const uint32_t *low = s->m->sums + (size_t)(r.end_y - b.y) * wide;
	const int32_t x = r.x - b.x, end = r.end_x - b.x;
	return low[end] - low[x] - top[end] + top[x];
}

/* What does not grow to the least size, or is too small to weigh more. */
static bool may_beat(struct rect r, uint32_t most)
{
	const int32_t w = r.end_x - r.x, h = r.end_y - r.y;
	return w >= MIN_W / TILE_W && h >= MIN_H / TILE_H &&
	       (uint32_t)(w * h) * (TILE_W * TILE_H) > most;
}

static void heighten(uint16_t *height, const uint8_t *match, int32_t from,
		int32_t end)
{
	for (int32_t i = from; i < end; i++)
		height[i] = match[i] ? (uint16_t)(height[i] + 1) : 0;
}

/*
 * The rectangle of matching tiles with the most weight. Every largest
 * rectangle ends in some row, where it is as wide as the columns stay high
 * enough: the stack holds columns of rising height. In a row without weight
 * nothing gets better than it was.
 */
static uint32_t best_rect(const struct search *s, struct rect *best)
{
	const struct rect b = s->bounds;
	uint16_t *height = s->m->height, *stack = s->m->stack;
	uint32_t most = 0;
	memset(height, 0, (size_t)(s->cols + 1) * sizeof(*height));
	for (int32_t row = b.y; row < b.end_y; row++) {
		const uint8_t *match =
				s->m->match + (size_t)row * (size_t)s->cols;
		size_t n = 0;
		if (!weight_of(s, (struct rect){ b.x, row, b.end_x,
						  row + 1 })) {
			heighten(height, match, b.x, b.end_x);
			continue;
		}
		for (int32_t col = b.x; col <= b.end_x; col++) {
			uint16_t h = 0;
			if (col < b.end_x && match[col])
				h = (uint16_t)(height[col] + 1);
			height[col] = h;
			while (n && height[stack[n - 1]] >= h) {
				const int32_t high = height[stack[--n]];
				const int32_t from = n ? stack[n - 1] + 1 : b.x;
				const struct rect r = { from, row + 1 - high,
					col, row + 1 };
				if (!may_beat(r, most))
					continue;
				const uint32_t w = weight_of(s, r);
				if (w > most) {
					most = w;
					*best = r;
				}
			}
			stack[n++] = (uint16_t)col;
		}
	}
	return most;
}

static bool overlaps(const struct search *s, struct rect r)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct orl_copy_op *c = &s->out[i];
		if (r.x < c->x + c->width && c->x < r.end_x &&
				r.y < c->y + c->height && c->y < r.end_y)
			return true;
	}
	return false;
}

static bool good(const struct search *s, struct rect r)
{
	return r.x >= 0 && r.y >= 0 && r.end_x <= s->width &&
	       r.end_y <= s->height && !overlaps(s, r) && may_read(s, r) &&
	       same_pixels(s, r);
}

/* To the exact extents: less than a tile on each side. */
static void grow(const struct search *s, struct rect *r)
{
	for (int32_t i = 1; i < TILE_H; i++) {
		if (!good(s, (struct rect){ r->x, r->y - 1, r->end_x, r->y }))
			break;
		r->y--;
	}
	for (int32_t i = 1; i < TILE_H; i++) {
		if (!good(s, (struct rect){ r->x, r->end_y, r->end_x,
					     r->end_y + 1 }))
			break;
		r->end_y++;
	}
	for (int32_t i = 1; i < TILE_W; i++) {
		if (!good(s, (struct rect){ r->x - 1, r->y, r->x, r->end_y }))
			break;
		r->x--;
	}
	for (int32_t i = 1; i < TILE_W; i++) {
		if (!good(s, (struct rect){ r->end_x, r->y, r->end_x + 1,
					     r->end_y }))
			break;
		r->end_x++;
	}
}

/* No other copy may have a tile that this one touches. */
static void mark_taken(const struct search *s, struct rect r)
{
	for (int32_t y = r.y / TILE_H; y <= (r.end_y - 1) / TILE_H; y++)
		for (int32_t x = r.x / TILE_W; x <= (r.end_x - 1) / TILE_W;
				x++) {
			const size_t i =
					(size_t)y * (size_t)s->cols + (size_t)x;
			s->m->taken[i] = 1;
			s->m->match[i] = 0;
		}
}

/* Copies of the vector in hand, the best first. Uses up passes. */
static void take_rects(struct search *s, int *passes)
{
	match_tiles(s);
	while (*passes > 0 && s->n < s->max) {
		struct rect t = { 0 };
		--*passes;
		const uint32_t w = best_rect(s, &t);
		if (w < s->least)
			return;
		if (w >> SHARE > s->least)
			s->least = w >> SHARE;
		struct rect r = { t.x * TILE_W, t.y * TILE_H,
			orl_min32(s->width, t.end_x * TILE_W),
			orl_min32(s->height, t.end_y * TILE_H) };
		grow(s, &r);
		mark_taken(s, r);
		if (r.end_x - r.x < MIN_W || r.end_y - r.y < MIN_H)
			continue;
		s->out[s->n++] = (struct orl_copy_op){
			.x = (uint16_t)r.x,
			.y = (uint16_t)r.y,
			.width = (uint16_t)(r.end_x - r.x),
			.height = (uint16_t)(r.end_y - r.y),
			.from_x = (uint16_t)(r.x + s->v.x),
			.from_y = (uint16_t)(r.y + s->v.y),
		};
	}
}

/* Whether the copies leave a dirty cell with no wrong pixel. */
static bool cell_is_right(const struct search *s, int32_t col, int32_t row)
{
	const struct rect r = { col * ORL_CELL, row * ORL_CELL,
		orl_min32(s->width, (col + 1) * ORL_CELL),
		orl_min32(s->height, (row + 1) * ORL_CELL) };
	for (int32_t y = r.y; y < r.end_y; y++) {
		if (equal(at(s, s->now, r.x, y), at(s, s->old, r.x, y),
				    r.end_x - r.x))
			continue;
		for (int32_t x = r.x; x < r.end_x; x++)
			if (*at(s, s->now, x, y) != *at(s, s->old, x, y) &&
					!overlaps(s, (struct rect){ x, y, x + 1,
								     y + 1 }))
				return false;
	}
	return true;
}

static uint32_t cell_weight(const struct search *s, int32_t col, int32_t row)
{
	uint32_t sum = 0;
	for (int32_t i = 0; i < TILES_A_CELL; i++) {
		const int32_t t = row * TILES_A_CELL + i;
		if (t < s->tile_rows)
			sum += tile_weight(s, col, t);
	}
	return sum;
}

/*
 * What a copy is worth in the end. A block codes whole cells, so a cell that
 * keeps one wrong pixel has gained nothing.
 */
static uint32_t worth(const struct search *s, const struct orl_copy_op *c)
{
	const int32_t end_x = c->x + c->width, end_y = c->y + c->height;
	uint32_t sum = 0;
	for (int32_t row = c->y / ORL_CELL; row <= (end_y - 1) / ORL_CELL;
			row++) {
		const int32_t y = row * ORL_CELL;
		const bool high = y >= c->y &&
				  orl_min32(s->height, y + ORL_CELL) <= end_y;
		for (int32_t col = c->x / ORL_CELL;
				col <= (end_x - 1) / ORL_CELL; col++) {
			const int32_t x = col * ORL_CELL;
			const bool whole = high && x >= c->x &&
					   orl_min32(s->width, x + ORL_CELL) <=
							   end_x;
			if (!s->dirty[row * s->cols + col])
				continue;
			if (whole || cell_is_right(s, col, row))
				sum += cell_weight(s, col, row);
		}
	}
	return sum;
}

/* Drop what is not worth its 12 bytes, the least first. */
static void drop_worthless(struct search *s)
{
	while (s->n) {
		size_t least = 0;
		uint32_t least_worth = UINT32_MAX;
		for (size_t i = 0; i < s->n; i++) {
			const uint32_t w = worth(s, &s->out[i]);
			if (w < least_worth) {
				least = i;
				least_worth = w;
			}
		}
		if (least_worth >= WORTH)
			return;
		memmove(&s->out[least], &s->out[least + 1],
				(s->n - least - 1) * sizeof(s->out[0]));
		s->n--;
	}
}

/* The bounds of the dirty cells, in tiles; false: too little has changed. */
static bool worth_a_search(struct search *s)
{
	struct rect b = { s->cols, s->rows, 0, 0 };
	size_t n = 0;
	int32_t changed_rows = 0;
	for (int32_t row = 0; row < s->rows; row++)
		for (int32_t col = 0; col < s->cols; col++) {
			if (!s->dirty[row * s->cols + col])
				continue;
			n++;
			b.x = orl_min32(b.x, col);
			b.y = orl_min32(b.y, row);
			b.end_x = orl_max32(b.end_x, col + 1);
			b.end_y = orl_max32(b.end_y, row + 1);
		}
	if (n * 100 < (size_t)s->cols * (size_t)s->rows * MIN_PERCENT || !n)
		return false;
	const int32_t x = b.x * ORL_CELL;
	const int32_t end = orl_min32(s->width, b.end_x * ORL_CELL);
	const int32_t bottom = orl_min32(s->height, b.end_y * ORL_CELL);
	for (int32_t y = b.y * ORL_CELL; y < bottom; y++) {
		changed_rows += memcmp(at(s, s->now, x, y), at(s, s->old, x, y),
						(size_t)(end - x) * 4) != 0;
		if (changed_rows == MIN_H)
			break;
	}
	s->bounds = (struct rect){ b.x, b.y * TILES_A_CELL, b.end_x,
		orl_min32(s->tile_rows, b.end_y * TILES_A_CELL) };
	return changed_rows >= MIN_H;
}

size_t orl_motion_search(struct orl_motion *m, const uint32_t *old,
		const uint32_t *now, size_t stride, int32_t width,
		int32_t height, const uint8_t *dirty, const uint8_t *exact,
		struct orl_copy_op *out, size_t max)
{
	int passes = PASSES;
	uint32_t first = 0; /* votes of the first vector */
	struct search s = {
		.m = m,
		.old = old,
		.now = now,
		.stride = stride,
		.width = width,
		.height = height,
		.cols = (width + ORL_CELL - 1) / ORL_CELL,
		.rows = (height + ORL_CELL - 1) / ORL_CELL,
		.tile_rows = (height + TILE_H - 1) / TILE_H,
		.dirty = dirty,
		.exact = exact,
		.out = out,
		.least = WORTH,
		.max = max < ORL_MOTION_COPIES ? max : ORL_MOTION_COPIES,
	};
	if (!worth_a_search(&s) || !reserve(m, s.cols, s.tile_rows))
		return 0;
	/* Most often all is exact, which need not be asked tile by tile. */
	if (exact && !memchr(exact, 0, (size_t)s.cols * (size_t)s.rows))
		s.exact = NULL;
	orl_anchors_match(m->anchors, old, now, stride, width, height, dirty);
	memset(m->taken, 0, m->tiles);
	memset(m->weight, 0xff, m->tiles * sizeof(*m->weight)); /* UNKNOWN */
	for (int i = 0; i < ORL_MOTION_VECTORS; i++) {
		const uint32_t votes = orl_anchors_best(m->anchors, &s.v);
		/* What few ask for saves little: not worth the matching. */
		if (!votes || votes < first >> VOTES_SHARE)
			break;
		if (!i)
			first = votes;
		take_rects(&s, &passes);
		orl_anchors_settle(m->anchors, s.v, out, s.n);
	}
	drop_worthless(&s);
	return s.n;
}
