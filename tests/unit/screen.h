/*
 * screen.h - pictures that look like a desktop, for tests of motion: text of
 * repeated glyphs on a plain ground, lines of it moved, noise.
 */
#ifndef ORL_TESTS_SCREEN_H
#define ORL_TESTS_SCREEN_H

#include <stdlib.h>
#include <string.h>

#include "codecs/motion.h"

struct screen {
	uint32_t *pixels;
	size_t stride;
	int32_t width, height, cols, rows;
};

static inline uint32_t screen_next(uint32_t *seed, uint32_t below)
{
	*seed = *seed * 1664525u + 1013904223u;
	return (*seed >> 8) % below;
}

static inline void screen_init(struct screen *s, int32_t width, int32_t height)
{
	s->width = width;
	s->height = height;
	s->stride = (size_t)width + 5;
	s->cols = (width + ORL_CELL - 1) / ORL_CELL;
	s->rows = (height + ORL_CELL - 1) / ORL_CELL;
	/* No word behind the last pixel: a sanitizer sees who reads on. */
	s->pixels = calloc(s->stride * (size_t)(height - 1) + (size_t)width,
			sizeof(*s->pixels));
}

static inline uint32_t *screen_at(const struct screen *s, int32_t x, int32_t y)
{
	return s->pixels + (size_t)y * s->stride + x;
}

static inline void screen_copy(struct screen *to, const struct screen *from)
{
	for (int32_t y = 0; y < to->height; y++)
		memcpy(screen_at(to, 0, y), screen_at(from, 0, y),
				(size_t)to->width * sizeof(*to->pixels));
}

/* The pixel of an endless page of text, which a window shows a part of. */
static inline uint32_t screen_text(uint32_t page, int32_t x, int32_t y)
{
	const uint32_t line = (uint32_t)(y + 100000) / 13;
	const uint32_t place = (uint32_t)(x + 100000) / 7;
	uint32_t glyph = (line * 0x9e3779b1u) ^ (place * 0x85ebca6bu) ^ page;
	glyph = (glyph ^ glyph >> 13) * 0xc2b2ae35u;
	glyph = (glyph >> 20) % 40;
	const uint32_t px = (uint32_t)(x + 100000) % 7;
	const uint32_t py = (uint32_t)(y + 100000) % 13;
	uint32_t ink = (glyph * 64 + py / 2 * 8 + px) * 0x9e3779b1u;
	ink = (ink ^ ink >> 15) * 0x85ebca6bu;
	if (glyph < 6 || px > 5 || py < 3 || (ink >> 16) % 3)
		return 0xffffff;
	return (ink >> 28) * 0x111111;
}

static inline void screen_draw(struct screen *s, int32_t x, int32_t y,
		int32_t width, int32_t height, uint32_t page, int32_t scroll_x,
		int32_t scroll_y)
{
	for (int32_t r = 0; r < height; r++)
		for (int32_t c = 0; c < width; c++)
			*screen_at(s, x + c, y + r) = screen_text(
					page, c + scroll_x, r + scroll_y);
}

/* Marks in dirty[] the cells that differ; returns how many. */
static inline size_t screen_dirty(
		const struct screen *a, const struct screen *b, uint8_t *dirty)
{
	size_t n = 0;
	memset(dirty, 0, (size_t)(a->cols * a->rows));
	for (int32_t y = 0; y < a->height; y++)
		for (int32_t x = 0; x < a->width; x++) {
			uint8_t *cell = &dirty[y / ORL_CELL * a->cols +
					       x / ORL_CELL];
			if (!*cell && *screen_at(a, x, y) !=
							*screen_at(b, x, y))
				n += *cell = 1;
		}
	return n;
}

/* All sources are read before any destination is written. */
static inline void screen_apply(
		struct screen *s, const struct orl_copy_op *c, size_t n)
{
	struct screen before;
	screen_init(&before, s->width, s->height);
	screen_copy(&before, s);
	for (size_t i = 0; i < n; i++)
		for (int32_t y = 0; y < c[i].height; y++)
			memcpy(screen_at(s, c[i].x, c[i].y + y),
					screen_at(&before, c[i].from_x,
							c[i].from_y + y),
					c[i].width * sizeof(*s->pixels));
	free(before.pixels);
}

#endif
