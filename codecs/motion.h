/*
 * motion.h - what changed between two pictures, and what of it only moved.
 *
 * Both work on cells of ORL_CELL pixels and ignore the X byte. `old` is what
 * a client has, `now` is what it should have.
 */
#ifndef ORL_CODECS_MOTION_H
#define ORL_CODECS_MOTION_H

#include "codecs/canvas.h"

/*
 * Compare `source` with `into` inside the pixel rectangle x, y, width, height
 * (inside both), copy the cells that differ (cut to the rectangle) into
 * `into` with X set to 0, and set their byte in changed[rows * cols]. Returns
 * the number of cells that differ. The one copy from capture to shadow. Rows
 * of `into` are into_stride words apart, those of `source` `stride` bytes;
 * swap_rb turns XBGR into XRGB. The
 * source may change while it is read (guest memory): each pixel is read once
 * for the copy, and a cell is reported whenever what was copied may differ
 * from what was there before.
 */
size_t orl_damage(uint32_t *into, size_t into_stride, int32_t width,
		int32_t height, uint8_t *changed, const void *source,
		size_t stride, bool swap_rb, int32_t x, int32_t y,
		int32_t rect_width, int32_t rect_height);

enum { ORL_MOTION_VECTORS = 3, ORL_MOTION_COPIES = 64 };

/*
 * Tables, kept between searches: about 900 KiB, and a quarter of a byte for
 * each pixel of the largest picture so far.
 */
struct orl_motion;

int orl_motion_create(struct orl_motion **out, const struct orl_env *env);
void orl_motion_destroy(struct orl_motion *m);

/*
 * Find rectangles of `now` that stand elsewhere in `old`. Both pictures are
 * width x height with the same stride in words, and old as now outside of the
 * dirty[] cells. What is returned is at least 32 x 8 pixels, verified pixel
 * by pixel, destinations are disjoint, and every copy makes at least one
 * dirty cell right and no pixel wrong. When `exact` is not NULL, sources are
 * only taken from cells whose exact[] is 1. Returns the number of copies
 * written to out[0..max), at most ORL_MOTION_COPIES; 0 when nothing moved,
 * when memory for the tables is missing, or when the change is too small to
 * be worth the search (fewer than 8 changed pixel rows or less than 3 % of
 * the picture). The same pictures give the same copies. Threads: any, one at
 * a time for each orl_motion.
 */
size_t orl_motion_search(struct orl_motion *m, const uint32_t *old,
		const uint32_t *now, size_t stride, int32_t width,
		int32_t height, const uint8_t *dirty, const uint8_t *exact,
		struct orl_copy_op *out, size_t max);

#endif
