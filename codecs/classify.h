/*
 * classify.h - is this text and interface, or a picture?
 *
 * Decides between HCX and RES for exact pixels. The features and thresholds
 * stand in one table in classify.c.
 */
#ifndef ORL_CODECS_CLASSIFY_H
#define ORL_CODECS_CLASSIFY_H

#include "codecs/canvas.h"

enum orl_class {
	ORL_CLASS_TEXT = 0,
	ORL_CLASS_PICTURE = 1,
};

/*
 * The class of a rectangle of pixels (at least one, at most 64 x 64; the
 * caller cuts larger areas). Looks at every second row. Threads: any.
 */
enum orl_class orl_classify(const uint32_t *pixels, size_t stride,
		int32_t width, int32_t height);

/*
 * Gather the set cells of wanted[rows * cols] (each byte 0 or 1) into blocks
 * in raster order: runs in a cell row of one class, then merged downwards
 * while the extent and the class are the same, never across a slice's band.
 * Classes are decided on pieces of at most 4 x 4 cells of the grid, from the
 * smallest rectangle around the wanted cells of the piece. Stops at `max`
 * blocks or when the estimated bytes, by cell_bytes[class], reach `budget`
 * (at least one cell is always taken; a block is cut short to fit). Cells
 * taken are cleared in wanted[]. Returns the number of blocks. `force` may
 * name an op that every block gets instead of the class's (0: none); cells
 * then count as PICTURE for RES, else as TEXT.
 *
 * Of the grid only width, height, cols, rows and slices are looked at.
 */
size_t orl_plan_blocks(const struct orl_canvas *grid, const uint32_t *pixels,
		size_t stride, uint8_t *wanted, const uint32_t cell_bytes[2],
		uint64_t budget, unsigned force, struct orl_block_op *out,
		size_t max);

#endif
