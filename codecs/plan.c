/*
 * plan.c - from cells that must be sent to blocks that can be coded.
 *
 * A block costs 7 bytes on the wire, so cells are gathered into the tallest
 * rectangles that raster order, classes and slices allow. A cell that is not
 * wanted is never added: the caller decides what is sent, and when.
 */
#include <string.h>

#include "codecs/classify.h"

enum {
	PIECE = 4, /* cells; classes are decided on squares of this side */
	WANTED = 1,
	CLASSED = 2,   /* CLASSED + class: wanted, and the class is known; */
	WHY_SHIFT = 2, /* ... above them is why */
	VALUE = (1 << WHY_SHIFT) - 1,
};

struct plan {
	const struct orl_canvas *grid;
	const uint32_t *pixels;
	size_t stride;
	uint8_t *wanted; /* doubles as the memory of classes, see above */
	unsigned force;
	uint64_t *whys;
};

/* The smallest rectangle of cells around those wanted in a piece. */
struct box {
	int32_t col, row, end_col, end_row;
};

static struct box wanted_box(const struct plan *p, struct box piece)
{
	struct box b = { piece.end_col, piece.end_row, 0, 0 };
	for (int32_t r = piece.row; r < piece.end_row; r++) {
		const uint8_t *line =
				p->wanted + (size_t)r * (size_t)p->grid->cols;
		for (int32_t c = piece.col; c < piece.end_col; c++) {
			if (!line[c])
				continue;
			b.col = orl_min32(b.col, c);
			b.row = orl_min32(b.row, r);
			b.end_col = orl_max32(b.end_col, c + 1);
			b.end_row = orl_max32(b.end_row, r + 1);
		}
	}
	return b;
}

static enum orl_why why_of(const struct plan *p, struct box b)
{
	if (p->force)
		return p->force == ORL_OP_RES ? ORL_WHY_PICTURE : ORL_WHY_FLAT;
	const int32_t x = b.col * ORL_CELL, y = b.row * ORL_CELL;
	return orl_judge(p->pixels + (size_t)y * p->stride + x, p->stride,
			orl_min32(b.end_col * ORL_CELL, p->grid->width) - x,
			orl_min32(b.end_row * ORL_CELL, p->grid->height) - y);
}

/*
 * 0 when a cell is not wanted, else CLASSED + class. The class of a piece is
 * decided when the first of its cells is looked at and kept in its cells, so
 * that it does not change while some of them are taken.
 */
static unsigned look(struct plan *p, int32_t col, int32_t row)
{
	const int32_t cols = p->grid->cols;
	uint8_t *cell = p->wanted + (size_t)row * (size_t)cols + col;
	if (*cell != WANTED)
		return *cell & VALUE;
	struct box b = { col & -PIECE, row & -PIECE, 0, 0 };
	b.end_col = orl_min32(b.col + PIECE, cols);
	b.end_row = orl_min32(b.row + PIECE, p->grid->rows);
	b = wanted_box(p, b);
	const enum orl_why why = why_of(p, b);
	const uint8_t value = (uint8_t)((CLASSED + orl_class_of(why)) |
					why << WHY_SHIFT);
	for (int32_t r = b.row; r < b.end_row; r++) {
		uint8_t *line = p->wanted + (size_t)r * (size_t)cols;
		for (int32_t c = b.col; c < b.end_col; c++)
			if (line[c])
				line[c] = value;
	}
	return value & VALUE;
}

/* Whether row `row` has the run col..end of this value, neither longer. */
static bool same_run(struct plan *p, int32_t row, int32_t col, int32_t end,
		unsigned value)
{
	if (col > 0 && look(p, col - 1, row) == value)
		return false;
	if (end < p->grid->cols && look(p, end, row) == value)
		return false;
	while (col < end && look(p, col, row) == value)
		col++;
	return col == end;
}

/* The block that begins at a wanted cell. */
static struct box grow(struct plan *p, int32_t col, int32_t row, unsigned value)
{
	const struct orl_canvas *grid = p->grid;
	const unsigned slice = orl_canvas_slice(grid, row);
	const int32_t right = orl_min32(grid->cols, col + ORL_BLOCK_MAX);
	const int32_t below = orl_min32(grid->rows, row + ORL_BLOCK_MAX);
	struct box b = { col, row, col + 1, row + 1 };
	while (b.end_col < right && look(p, b.end_col, row) == value)
		b.end_col++;
	while (b.end_row < below &&
			orl_canvas_slice(grid, b.end_row) == slice &&
			same_run(p, b.end_row, col, b.end_col, value))
		b.end_row++;
	return b;
}

/* Cut a block to what `left` bytes allow. */
static void fit(struct box *b, uint64_t left, uint64_t cell_bytes)
{
	const uint64_t cells = orl_max64(left / orl_max64(cell_bytes, 1), 1);
	const uint64_t cols = (uint64_t)(b->end_col - b->col);
	const uint64_t rows = (uint64_t)(b->end_row - b->row);
	if (cells < cols) {
		b->end_col = b->col + (int32_t)cells;
		b->end_row = b->row + 1;
	} else if (cells / cols < rows) {
		b->end_row = b->row + (int32_t)(cells / cols);
	}
}

static uint64_t take(struct plan *p, struct box b, unsigned value,
		struct orl_block_op *out)
{
	*out = (struct orl_block_op){
		.col = (uint16_t)b.col,
		.row = (uint16_t)b.row,
		.cols = (uint8_t)(b.end_col - b.col),
		.rows = (uint8_t)(b.end_row - b.row),
		.op = ORL_OP_HCX,
	};
	if (p->force)
		out->op = (uint8_t)p->force;
	else if (value == CLASSED + ORL_CLASS_PICTURE)
		out->op = ORL_OP_RES;
	for (int32_t r = b.row; r < b.end_row; r++) {
		uint8_t *line = p->wanted + (size_t)r * (size_t)p->grid->cols +
				b.col;
		for (int32_t i = 0; p->whys && i < out->cols; i++)
			p->whys[line[i] >> WHY_SHIFT]++;
		memset(line, 0, out->cols);
	}
	return (uint64_t)out->cols * out->rows;
}

size_t orl_plan_blocks(const struct orl_canvas *grid, const uint32_t *pixels,
		size_t stride, uint8_t *wanted, const uint32_t cell_bytes[2],
		uint64_t budget, unsigned force, uint64_t *whys,
		struct orl_block_op *out, size_t max)
{
	struct plan p = { grid, pixels, stride, wanted, force, whys };
	const size_t cells = (size_t)grid->cols * (size_t)grid->rows;
	uint64_t used = 0;
	size_t n = 0;
	for (int32_t row = 0; row < grid->rows; row++) {
		for (int32_t col = 0; col < grid->cols; col++) {
			const unsigned value = look(&p, col, row);
			if (!value)
				continue;
			const uint32_t bytes = cell_bytes[value - CLASSED];
			if (n == max)
				goto done;
			if (n && (used >= budget || budget - used < bytes))
				goto done;
			struct box b = grow(&p, col, row, value);
			fit(&b, budget - used, bytes);
			used += bytes * take(&p, b, value, &out[n++]);
			col = b.end_col - 1;
		}
	}
done:
	for (size_t i = 0; i < cells; i++)
		wanted[i] = wanted[i] != 0;
	return n;
}
