/*
 * layer.h - the lossy layer of a canvas.
 *
 * Cells that are not exact belong to the lossy layer. Its pixels need no
 * memory of their own: HCX and the checks never look at what is in a cell
 * that is not exact, so the layer's pixels stand there, in the canvas. A
 * canvas's picture is therefore both layers at once, copies carry both, and a
 * block that covers a cell takes it back to the exact layer.
 *
 * What is painted must name the generation that its cells were given when
 * they became lossy, so that something late can never spoil what came after.
 * A cell has no generation after a copy has touched it, though its pixels are
 * those that were copied.
 *
 * At the server a lossy cell holds the pixels that were coded, not what the
 * client gets of them.
 */
#ifndef ORL_CODECS_LAYER_H
#define ORL_CODECS_LAYER_H

#include "codecs/canvas.h"

/* A rectangle of cells, inside the canvas where not said otherwise. */
struct orl_cells {
	int32_t col, row, cols, rows;
};

static inline bool orl_cells_fit(
		const struct orl_canvas *c, const struct orl_cells *r)
{
	return r->col >= 0 && r->row >= 0 && r->cols > 0 && r->rows > 0 &&
	       r->col <= c->cols - r->cols && r->row <= c->rows - r->rows;
}

/*
 * These cells leave the exact layer; what is painted there names generation,
 * which is not 0. The first time this takes 4 bytes a cell: ORIEL_ENOMEM, and
 * nothing has changed.
 */
int orl_layer_open(struct orl_canvas *c, const struct orl_cells *cells,
		uint32_t generation);

/* Whether what names this generation may paint the cell. */
static inline bool orl_layer_takes(const struct orl_canvas *c, int32_t col,
		int32_t row, uint32_t generation)
{
	size_t at = (size_t)row * (size_t)c->cols + (size_t)col;

	return c->generation && !c->exact[at] &&
	       c->generation[at] == generation;
}

/*
 * Paint a rectangle of pixels, inside the canvas, where its cells take it.
 * Rows of `pixels` are `stride` words apart; X is ignored.
 */
void orl_layer_paint(struct orl_canvas *c, uint32_t generation,
		struct oriel_rect r, const uint32_t *pixels, size_t stride);

/*
 * The same from a picture that is 1, 2, 4 or 8 times smaller, of the size
 * orl_layer_small(): a pixel stands for the middle of a square, and what is
 * between is mixed. `line` is room for 2 * r.width words.
 */
void orl_layer_paint_small(struct orl_canvas *c, uint32_t generation,
		struct oriel_rect r, const uint32_t *small, unsigned scale,
		uint32_t *line);

static inline int32_t orl_layer_small(int32_t pixels, unsigned scale)
{
	return (pixels + (int32_t)scale - 1) / (int32_t)scale;
}

/*
 * Make that picture: the mean of each square. `small` has room for its width
 * times its height; X is 0. Threads: any.
 */
void orl_layer_shrink(uint32_t *small, const uint32_t *pixels, size_t stride,
		int32_t width, int32_t height, unsigned scale);

/* The pixels of a rectangle of cells, cut to the canvas. */
struct oriel_rect orl_cells_rect(
		const struct orl_canvas *c, const struct orl_cells *cells);

#endif
