/*
 * canvas.h - the picture that two ends keep equal.
 *
 * The server holds one canvas for each client and display (what it has sent),
 * the client holds its twin. Both apply the same operations in the same
 * order, so that a pixel coded on one end is the same pixel on the other.
 * Everything that must agree bit for bit is in here, once, for both ends:
 * which cells are exact, which neighbours may be read, the contexts of HCX,
 * how copies are done.
 *
 * A cell is a square of ORL_CELL pixels, cut at the right and lower edge. A
 * cell is exact when both ends are known to hold the same pixels in it. The
 * others may be painted by lossy codecs, see layer.h.
 *
 * A part is coded and decoded as: copies, then blocks in order. Slices: the
 * cell rows are divided into n bands, slice = cell_row * n / cell_rows; each
 * has HCX contexts of its own and can be coded by itself.
 *
 * Neighbours. While an HCX block is coded, a pixel outside of it counts as
 * its value when its cell is in the same slice's band, and either
 *   - the cell was exact before the part and no operation of this part (copy
 *     destination or block) touches it, or
 *   - an earlier HCX block of the same slice in this part covered it;
 * every other pixel, also outside the picture, counts as 0.
 *
 * Pixels are XRGB8888 words; the X byte is always 0 in a canvas.
 */
#ifndef ORL_CODECS_CANVAS_H
#define ORL_CODECS_CANVAS_H

#include "proto/env.h"
#include "proto/limits.h"

enum {
	ORL_CELL = 16,
	ORL_SLICES_MAX = 4,
	/* A block is at most 255 cells wide and high. */
	ORL_BLOCK_MAX = 255,
};

/* Operations of a block; the numbers are the wire's (PROTOCOL.md). */
enum orl_op {
	ORL_OP_HCX = 1,  /* hashed contexts, text and interfaces */
	ORL_OP_RES = 2,  /* predicted residuals, photographs */
	ORL_OP_ZSTD = 3, /* reserved: for clients too weak for HCX */
	ORL_OP_LZ4 = 4,  /* reserved: the same, weaker still */
};

/* Pixel-exact; the source lies inside the canvas as well. */
struct orl_copy_op {
	uint16_t x, y, width, height; /* destination */
	uint16_t from_x, from_y;
};

/* A rectangle of whole cells. */
struct orl_block_op {
	uint16_t col, row;  /* in cells */
	uint8_t cols, rows; /* in cells, at least 1 */
	uint8_t op;         /* enum orl_op */
};

struct orl_hcx; /* contexts of one slice, see hcx.h */
struct orl_res; /* the residual codec's tools, see res.h */

struct orl_canvas {
	const struct orl_env *env;
	uint32_t *pixels;      /* height rows of `stride` words */
	int32_t width, height; /* pixels, 1 to ORL_DISPLAY_SIDE_MAX */
	size_t stride;         /* words */
	int32_t cols, rows;    /* cells */
	uint8_t *exact;        /* one byte a cell, 0 or 1 */
	uint8_t *usable;       /* the neighbour rule, during a part */
	/* Of cells that are not exact, 0: none; NULL until there is one. */
	uint32_t *generation;
	unsigned slices;       /* 1, 2 or 4 */
	struct orl_hcx *hcx[ORL_SLICES_MAX];
	struct orl_res *res; /* made when first needed */
	void *scratch; /* residual planes, the gather buffer of copies; grows
			  to what one part needs, never past the limits */
	size_t scratch_size;
};

/*
 * A black canvas with no exact cell and fresh contexts. ORIEL_EINVAL for a
 * size or a slice count that is not allowed, ORIEL_ENOMEM.
 */
int orl_canvas_init(struct orl_canvas *c, const struct orl_env *env,
		int32_t width, int32_t height, unsigned slices);
void orl_canvas_fini(struct orl_canvas *c);

/* Fresh contexts, no cell exact. The pixels stay. */
void orl_canvas_reset(struct orl_canvas *c);

static inline unsigned orl_canvas_slice(const struct orl_canvas *c, int32_t row)
{
	return (unsigned)(row * (int32_t)c->slices / c->rows);
}

/* Whether all cells are exact. */
bool orl_canvas_is_exact(const struct orl_canvas *c);

/*
 * Start a part that has these operations: checks all of them, applies the
 * copies as one (all sources are read before any destination is written) with
 * their effect on `exact`, and sets `usable`. ORIEL_EPROTO when a check
 * fails, ORIEL_ENOMEM: nothing has then changed.
 *
 * The checks: at most ORL_PART_COPIES_MAX copies and ORL_PART_BLOCKS_MAX
 * blocks; none is empty; all lie inside the canvas, sources as well; an op is
 * HCX or RES; an HCX block lies in one slice's band; copies (destinations)
 * are disjoint among themselves and blocks among themselves; the area of the
 * destinations plus that of the blocks is at most that of the canvas.
 *
 * Copies first, blocks after, is the order of time: a block may overlap the
 * destination of a copy.
 *
 * The effect of copies on `exact`: a cell that some destination touches is
 * afterwards exact when it was exact before or the destinations cover it
 * whole, and every cell that the pixels copied into it came from was exact
 * before. Each block's cells become exact when it is coded.
 */
int orl_canvas_begin(struct orl_canvas *c, const struct orl_copy_op *copies,
		size_t n_copies, const struct orl_block_op *blocks,
		size_t n_blocks);

/* Whether a block of the part needs slice i, or RES for i = ORL_SLICES_MAX. */
bool orl_canvas_has_section(const struct orl_canvas *c,
		const struct orl_block_op *blocks, size_t n_blocks, unsigned i);

/*
 * One section of a part that orl_canvas_begin() has started: slice i, or the
 * residuals for i = ORL_SLICES_MAX. Encoding sets *length. Only what has a
 * section may be asked for. Different sections of a part touch nothing in
 * common and may be coded at the same time by different threads, in any
 * order. Errors as orl_canvas_encode() and orl_canvas_decode().
 */
int orl_canvas_encode_section(struct orl_canvas *c,
		const struct orl_block_op *blocks, size_t n_blocks, unsigned i,
		uint8_t *out, size_t cap, size_t *length);
int orl_canvas_decode_section(struct orl_canvas *c,
		const struct orl_block_op *blocks, size_t n_blocks, unsigned i,
		const uint8_t *data, size_t size);

/*
 * Code the blocks of a part that orl_canvas_begin() has started, from the
 * canvas's own pixels (the caller has put the new ones there). Marks their
 * cells exact. The sections are: for each slice that has an HCX block, in
 * order, its stream; then, if there is a RES block, the residuals of all.
 * They are written to out[0..cap) one after the other, lengths[] gets the
 * length of each and *n_lengths their number (at most ORL_SLICES_MAX + 1).
 *
 * ORIEL_ELIMIT when cap is too small, ORIEL_ENOMEM: the canvas is then not in
 * step with its twin any more and must be reset on both ends.
 */
int orl_canvas_encode(struct orl_canvas *c, const struct orl_block_op *blocks,
		size_t n_blocks, uint8_t *out, size_t cap, size_t *lengths,
		size_t *n_lengths);

/*
 * Decode them. Never reads past a section, never writes outside the blocks,
 * takes time linear in their pixels. ORIEL_EPROTO when the bytes are not what
 * an encoder could have made as far as that can be told (a section too short
 * or not used up, a RES frame of the wrong size): the blocks' pixels are then
 * undefined and the session is over.
 */
int orl_canvas_decode(struct orl_canvas *c, const struct orl_block_op *blocks,
		size_t n_blocks, const uint8_t *data, size_t size,
		const size_t *lengths, size_t n_lengths);

/*
 * XXH3-64 over the exact cells of a cell row in raster order (pixel row by
 * pixel row, as little-endian words with X = 0); the check of PROTOCOL.md.
 */
uint64_t orl_canvas_hash(const struct orl_canvas *c, int32_t row);

/*
 * Mark the cells of a rectangle (in cells, inside the canvas) not exact, and
 * of no generation.
 */
void orl_canvas_spoil(struct orl_canvas *c, int32_t col, int32_t row,
		int32_t cols, int32_t rows);

#endif
