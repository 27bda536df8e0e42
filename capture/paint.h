/*
 * paint.h - the pattern's pictures, as functions of the frame's number.
 *
 * Integers only and no state but the framebuffer: the same arguments paint
 * the same pixels on every machine. Everything is clipped to the picture.
 */
#ifndef ORL_PAINT_H
#define ORL_PAINT_H

#include <stddef.h>
#include <stdint.h>

#include <oriel/oriel.h>

struct orl_paint {
	uint32_t *pixels;
	int32_t width, height;
	/* What has been painted on; the painter sets it to 0 between frames. */
	struct oriel_rect *damage;
	size_t damage_count, damage_max;
};

enum { ORL_PAINT_LINE = 14, ORL_PAINT_COLUMN = 8 }; /* of text, in pixels */

enum orl_pattern {
	ORL_PATTERN_DESKTOP, /* text scrolls, a box moves, photos change */
	ORL_PATTERN_STATIC,  /* the same, and nothing moves */
	ORL_PATTERN_TEXT,    /* a screen of text that scrolls each frame */
	ORL_PATTERN_VIDEO,   /* everything changes smoothly each frame */
	ORL_PATTERN_TINY,    /* 10000 rectangles of 2 x 2 each frame */
	ORL_PATTERNS,
};

enum { ORL_TINY_COUNT = 10000 };

/* Frame 0 paints everything; n > 0 what differs from frame n - 1. */
void orl_paint_frame(
		struct orl_paint *paint, enum orl_pattern pattern, uint32_t n);

/* For what the pattern shows of input: a block, and a line of text. */
void orl_paint_fill(struct orl_paint *paint, struct oriel_rect rect,
		uint32_t colour);
void orl_paint_text(struct orl_paint *paint, int32_t x, int32_t y,
		const char *text, uint32_t ink, uint32_t paper);

#endif
