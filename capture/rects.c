/*
 * rects.c - merge rectangles, one by one or through a grid of tiles.
 *
 * Few are merged in pairs. Many (a screen saver's thousands of points) are
 * drawn into the grid first, which costs the same however many there are.
 */
#include "capture/rects.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static int32_t least(int32_t a, int32_t b)
{
	return a < b ? a : b;
}

static int32_t most(int32_t a, int32_t b)
{
	return a > b ? a : b;
}

static int64_t area(const struct oriel_rect *r)
{
	return (int64_t)r->width * r->height;
}

static struct oriel_rect unite(
		const struct oriel_rect *a, const struct oriel_rect *b)
{
	int32_t x = least(a->x, b->x), y = least(a->y, b->y);

	return (struct oriel_rect){ x, y,
		most(a->x + a->width, b->x + b->width) - x,
		most(a->y + a->height, b->y + b->height) - y };
}

struct oriel_rect orl_rects_bounds(const struct oriel_rect *rects, size_t n)
{
	struct oriel_rect all = { 0, 0, 0, 0 };

	for (size_t i = 0; i < n; i++)
		all = i ? unite(&all, &rects[i]) : rects[i];
	return all;
}

size_t orl_rects_merge(struct oriel_rect *rects, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		size_t k = i + 1;

		while (k < n) {
			struct oriel_rect both = unite(&rects[i], &rects[k]);

			if (area(&both) > area(&rects[i]) + area(&rects[k]) +
							  ORL_RECTS_SLACK) {
				k++;
				continue;
			}
			rects[i] = both;
			rects[k] = rects[--n];
			k = i + 1; /* it has grown: ask all again */
		}
	}
	return n;
}

int orl_tiles_init(struct orl_tiles *tiles, int32_t width, int32_t height)
{
	int32_t columns = (width + ORL_TILE - 1) / ORL_TILE;
	int32_t rows = (height + ORL_TILE - 1) / ORL_TILE;
	uint8_t *marks = calloc((size_t)columns, (size_t)rows);

	if (!marks)
		return ORIEL_ENOMEM;
	*tiles = (struct orl_tiles){ marks, width, height, columns, rows };
	return 0;
}

void orl_tiles_fini(struct orl_tiles *tiles)
{
	free(tiles->marks);
	tiles->marks = NULL;
}

void orl_tiles_mark(struct orl_tiles *tiles, const struct oriel_rect *rect)
{
	int32_t x0 = rect->x / ORL_TILE, y0 = rect->y / ORL_TILE;
	int32_t x1 = (rect->x + rect->width - 1) / ORL_TILE;
	int32_t y1 = (rect->y + rect->height - 1) / ORL_TILE;

	if (rect->width < 1 || rect->height < 1)
		return;
	for (int32_t y = y0; y <= y1; y++)
		memset(tiles->marks + (ptrdiff_t)y * tiles->columns + x0, 1,
				(size_t)(x1 - x0 + 1));
}

/* Is [from, to) of this row marked, and nothing beside it? */
static bool same_run(
		const struct orl_tiles *t, int32_t y, int32_t from, int32_t to)
{
	const uint8_t *row = t->marks + (ptrdiff_t)y * t->columns;

	return !(from > 0 && row[from - 1]) && !(to < t->columns && row[to]) &&
	       !memchr(row + from, 0, (size_t)(to - from));
}

/* The run that begins at a marked tile, with the same runs below it. */
static struct oriel_rect take_run(struct orl_tiles *t, int32_t x, int32_t y)
{
	int32_t end = x, bottom = y + 1;
	struct oriel_rect r = { x * ORL_TILE, y * ORL_TILE, 0, 0 };

	while (end < t->columns && t->marks[y * t->columns + end])
		end++;
	while (bottom < t->rows && same_run(t, bottom, x, end))
		bottom++;
	for (int32_t i = y; i < bottom; i++)
		memset(t->marks + (ptrdiff_t)i * t->columns + x, 0,
				(size_t)(end - x));
	r.width = least(end * ORL_TILE, t->width) - r.x;
	r.height = least(bottom * ORL_TILE, t->height) - r.y;
	return r;
}

size_t orl_tiles_take(
		struct orl_tiles *tiles, struct oriel_rect *out, size_t max)
{
	struct oriel_rect all = { 0, 0, 0, 0 };
	size_t n = 0;

	for (int32_t y = 0; y < tiles->rows; y++)
		for (int32_t x = 0; x < tiles->columns; x++) {
			struct oriel_rect r;

			if (!tiles->marks[y * tiles->columns + x])
				continue;
			r = take_run(tiles, x, y);
			all = n ? unite(&all, &r) : r;
			if (n < max)
				out[n] = r;
			n++;
		}
	if (n <= max)
		return n;
	out[0] = all;
	return 1;
}
