/*
 * rects.h - fewer rectangles that cover at least the same pixels.
 *
 * Pure. Fetching a rectangle has a fixed cost, and the server drops pixels
 * that have not changed: a few too many cost less than one more rectangle.
 */
#ifndef ORL_RECTS_H
#define ORL_RECTS_H

#include <stddef.h>
#include <stdint.h>

#include <oriel/oriel.h>

enum {
	ORL_TILE = 64,
	ORL_RECTS_SLACK = 4096, /* pixels that one rectangle less may cost */
};

/* Of all; empty when n is 0. */
struct oriel_rect orl_rects_bounds(const struct oriel_rect *rects, size_t n);

/* Merge what lies close together, in place. Returns the new count. */
size_t orl_rects_merge(struct oriel_rect *rects, size_t n);

/* One byte a tile, row by row. */
struct orl_tiles {
	uint8_t *marks;
	int32_t width, height; /* of the picture, pixels */
	int32_t columns, rows; /* tiles */
};

/* Returns 0 or ORIEL_ENOMEM. */
int orl_tiles_init(struct orl_tiles *tiles, int32_t width, int32_t height);
void orl_tiles_fini(struct orl_tiles *tiles);

/* Mark what the rectangle touches; it must lie inside the picture. */
void orl_tiles_mark(struct orl_tiles *tiles, const struct oriel_rect *rect);
/*
 * The marked tiles as rectangles, cut at the picture's edge; the marks are
 * gone afterwards. More than max of them become their bounds.
 */
size_t orl_tiles_take(
		struct orl_tiles *tiles, struct oriel_rect *out, size_t max);

#endif
