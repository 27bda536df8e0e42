/*
 * classify.h - is this text and interface, or a picture?
 *
 * Decides between HCX and RES for exact pixels, and what may be lossy for a
 * moment. The features and thresholds stand in one table in classify.c.
 */
#ifndef ORL_CODECS_CLASSIFY_H
#define ORL_CODECS_CLASSIFY_H

#include "codecs/canvas.h"

enum orl_class {
	ORL_CLASS_TEXT = 0,
	ORL_CLASS_PICTURE = 1,
};

/* Why something is coded as it is; the numbers are the wire's, too. */
enum orl_why {
	ORL_WHY_FLAT = ORIEL_DECISION_FLAT,
	ORL_WHY_COLOURS = ORIEL_DECISION_COLOURS,
	ORL_WHY_FORETOLD = ORIEL_DECISION_FORETOLD,
	ORL_WHY_STROKES = ORIEL_DECISION_STROKES,
	ORL_WHY_BESIDE = ORIEL_DECISION_BESIDE,
	ORL_WHY_HISTORY = ORIEL_DECISION_HISTORY,
	ORL_WHY_PICTURE = ORIEL_DECISION_PICTURE,
	ORL_WHY_LARGE = ORIEL_DECISION_LARGE,
	ORL_WHY_AGAIN = ORIEL_DECISION_AGAIN,
	ORL_WHY_SHARPER = ORIEL_DECISION_SHARPER,
	ORL_WHYS = ORIEL_STAT_DECISIONS,
};

/*
 * The class of a rectangle of pixels (at least one, at most 64 x 64; the
 * caller cuts larger areas), by ORL_WHY_FLAT to FORETOLD, or PICTURE. Looks
 * at every second row. Threads: any.
 */
enum orl_why orl_judge(const uint32_t *pixels, size_t stride, int32_t width,
		int32_t height);

/*
 * Whether one cell (at most ORL_CELL pixels each way) may be lossy: then it
 * is PICTURE. `piece` is what orl_judge() says of what is around it; shades
 * without any edge may be lossy also where that is text. *hard says whether
 * the cell has edges that strokes could have.
 */
enum orl_why orl_judge_cell(const uint32_t *pixels, size_t stride,
		int32_t width, int32_t height, enum orl_why piece, bool *hard);

static inline enum orl_class orl_class_of(enum orl_why why)
{
	return why >= ORL_WHY_PICTURE ? ORL_CLASS_PICTURE : ORL_CLASS_TEXT;
}

static inline enum orl_class orl_classify(const uint32_t *pixels, size_t stride,
		int32_t width, int32_t height)
{
	return orl_class_of(orl_judge(pixels, stride, width, height));
}

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
 * then count as PICTURE for RES, else as TEXT. whys[ORL_WHYS], if not NULL, is
 * where the cells taken are counted by why they are of their class.
 *
 * Of the grid only width, height, cols, rows and slices are looked at.
 */
size_t orl_plan_blocks(const struct orl_canvas *grid, const uint32_t *pixels,
		size_t stride, uint8_t *wanted, const uint32_t cell_bytes[2],
		uint64_t budget, unsigned force, uint64_t *whys,
		struct orl_block_op *out, size_t max);

/*
 * Neighbours in a row of n pixels: adds how many differ, and how many of those
 * by `most` levels at most in every channel.
 */
void orl_count_shades(const uint32_t *pixels, int32_t n, int32_t most,
		int32_t *differ, int32_t *soft);

#endif
