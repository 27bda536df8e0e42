/*
 * layer.c - see layer.h: which cells may be painted, and pictures that are
 * smaller than what they show.
 */
#include "codecs/layer.h"

#include <string.h>

int orl_layer_open(struct orl_canvas *c, const struct orl_cells *cells,
		uint32_t generation)
{
	if (!c->generation) {
		c->generation = orl_alloc(c->env, (size_t)c->cols,
				(size_t)c->rows * sizeof(*c->generation));
		if (!c->generation)
			return ORIEL_ENOMEM;
	}
	for (int32_t row = cells->row; row < cells->row + cells->rows; row++) {
		size_t at = (size_t)row * (size_t)c->cols + (size_t)cells->col;
		memset(c->exact + at, 0, (size_t)cells->cols);
		for (int32_t i = 0; i < cells->cols; i++)
			c->generation[at + (size_t)i] = generation;
	}
	return 0;
}

struct oriel_rect orl_cells_rect(
		const struct orl_canvas *c, const struct orl_cells *cells)
{
	struct oriel_rect r = { cells->col * ORL_CELL, cells->row * ORL_CELL,
		cells->cols * ORL_CELL, cells->rows * ORL_CELL };

	r.width = orl_min32(r.width, c->width - r.x);
	r.height = orl_min32(r.height, c->height - r.y);
	return r;
}

/* One row, y of the canvas, from column x on. */
static void paint_row(struct orl_canvas *c, uint32_t generation, int32_t x,
		int32_t y, const uint32_t *from, int32_t n)
{
	uint32_t *to = c->pixels + (size_t)y * c->stride;

	for (int32_t end; x < n; x = end) {
		end = orl_min32((x / ORL_CELL + 1) * ORL_CELL, n);
		if (!orl_layer_takes(c, x / ORL_CELL, y / ORL_CELL, generation))
			from += end - x;
		else
			for (int32_t i = x; i < end; i++)
				to[i] = *from++ & 0xffffff;
	}
}

void orl_layer_paint(struct orl_canvas *c, uint32_t generation,
		struct oriel_rect r, const uint32_t *pixels, size_t stride)
{
	for (int32_t y = 0; y < r.height; y++)
		paint_row(c, generation, r.x, r.y + y,
				pixels + (size_t)y * stride, r.x + r.width);
}

/* a with part / 2^bits of b; each channel by itself, rounded. bits <= 4. */
static inline uint32_t blend(
		uint32_t a, uint32_t b, uint32_t part, unsigned bits)
{
	const uint32_t rest = (1u << bits) - part, half = 1u << bits >> 1;
	uint32_t rb = (a & 0xff00ff) * rest + (b & 0xff00ff) * part +
		      (half << 16 | half);
	uint32_t g = (a & 0xff00) * rest + (b & 0xff00) * part + (half << 8);

	return (rb >> bits & 0xff00ff) | (g >> bits & 0xff00);
}

/* Where a pixel lies between two of the smaller picture. */
struct between {
	int32_t a, b;
	uint32_t part; /* of 2 * scale, from a to b */
};

static inline struct between place(
		int32_t i, int32_t n, int32_t scale, unsigned bits)
{
	/* In halves of a pixel: its centre, less that of the first square. */
	const int32_t at = orl_max32(2 * i + 1 - scale, 0);
	const int32_t a = at >> bits;

	return (struct between){ a, orl_min32(a + 1, n - 1),
		(uint32_t)(at - (a << bits)) };
}

void orl_layer_paint_small(struct orl_canvas *c, uint32_t generation,
		struct oriel_rect r, const uint32_t *small, unsigned scale,
		uint32_t *line)
{
	const int32_t s = (int32_t)scale;
	const int32_t width = orl_layer_small(r.width, scale);
	const int32_t height = orl_layer_small(r.height, scale);
	const unsigned bits = scale == 2 ? 2 : scale == 4 ? 3 : 4;
	uint32_t *mixed = line + r.width; /* a row as wide as the smaller */

	if (scale == 1) {
		orl_layer_paint(c, generation, r, small, (size_t)r.width);
		return;
	}
	for (int32_t y = 0; y < r.height; y++) {
		const struct between v = place(y, height, s, bits);
		const uint32_t *up = small + (ptrdiff_t)v.a * width;
		const uint32_t *down = small + (ptrdiff_t)v.b * width;
		for (int32_t x = 0; x < width; x++)
			mixed[x] = blend(up[x], down[x], v.part, bits);
		for (int32_t x = 0; x < r.width; x++) {
			const struct between h = place(x, width, s, bits);
			line[x] = blend(mixed[h.a], mixed[h.b], h.part, bits);
		}
		paint_row(c, generation, r.x, r.y + y, line, r.x + r.width);
	}
}

void orl_layer_shrink(uint32_t *small, const uint32_t *pixels, size_t stride,
		int32_t width, int32_t height, unsigned scale)
{
	const int32_t s = (int32_t)scale;

	for (int32_t y = 0; y < height; y += s) {
		int32_t rows = orl_min32(s, height - y);
		for (int32_t x = 0; x < width; x += s) {
			int32_t cols = orl_min32(s, width - x);
			uint32_t n = (uint32_t)(rows * cols);
			uint32_t red = n / 2, green = n / 2, blue = n / 2;
			for (int32_t i = 0; i < rows; i++) {
				const uint32_t *p = pixels +
						    (size_t)(y + i) * stride +
						    x;
				for (int32_t k = 0; k < cols; k++) {
					red += p[k] >> 16 & 0xff;
					green += p[k] >> 8 & 0xff;
					blue += p[k] & 0xff;
				}
			}
			*small++ = red / n << 16 | green / n << 8 | blue / n;
		}
	}
}
