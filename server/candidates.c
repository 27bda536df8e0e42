/*
 * candidates.c - what may become a region: cells with long runs that stand
 * together, and where their edges are, exact to the pixel.
 */
#include "server/regions_impl.h"

#include <string.h>

enum {
	RUN = 5,      /* changes that make a cell hot */
	RUN_MS = 100, /* ... which must have taken at least this long */
	HOT_MS = 450, /* that it stays so */
	PICTURE = 60, /* percent of changes to what looks like a picture */
	LINE = 30,    /* percent of the longest line of cells that is one */
	EDGE = 20,    /* percent of a line of pixels that makes it an edge */
	RINGS = 2,    /* cells beyond the edge that may belong to it too */
	TRACE = 2,    /* the same, of one that belongs to it */
	FILL = 50,    /* percent of a candidate's cells that are hot */
};

static bool is_hot(const struct orl_region_cell *c, uint32_t now)
{
	return c->run >= RUN && c->last - c->begun >= RUN_MS &&
	       now - c->last <= HOT_MS;
}

/* Of a region, or of what may become one: it changed twice at least. */
static bool is_alive(const struct orl_region_cell *c, uint32_t now)
{
	return c->run >= 2 && now - c->last <= HOT_MS;
}

void orl_regions_mark(struct orl_regions *r, uint32_t now)
{
	memset(r->tile, 0, (size_t)r->tile_cols * (size_t)r->tile_rows);
	for (int32_t row = 0; row < r->rows; row++)
		for (int32_t col = 0; col < r->cols; col++)
			if (is_hot(&r->cell[(ptrdiff_t)row * r->cols + col],
					    now))
				r->tile[row / TILE * r->tile_cols +
						col / TILE] = 1;
}

/* All tiles that stand together with this one, as a box of tiles. */
struct oriel_rect orl_regions_flood(struct orl_regions *r, int32_t first)
{
	const int32_t w = r->tile_cols;
	int32_t x0 = first % w, y0 = first / w, x1 = x0, y1 = y0;
	size_t n = 0;

	r->stack[n++] = (uint32_t)first;
	r->tile[first] = 0;
	while (n) {
		const int32_t at = (int32_t)r->stack[--n];
		const int32_t x = at % w, y = at / w;
		x0 = orl_min32(x0, x);
		x1 = orl_max32(x1, x);
		y0 = orl_min32(y0, y);
		y1 = orl_max32(y1, y);
		for (int32_t j = orl_max32(y - 1, 0);
				j <= orl_min32(y + 1, r->tile_rows - 1); j++)
			for (int32_t i = orl_max32(x - 1, 0);
					i <= orl_min32(x + 1, w - 1); i++)
				if (r->tile[j * w + i]) {
					r->tile[j * w + i] = 0;
					r->stack[n++] = (uint32_t)(j * w + i);
				}
	}
	return (struct oriel_rect){ x0, y0, x1 - x0 + 1, y1 - y0 + 1 };
}

/* The lines from the first to the last that is not much shorter than most. */
static void trim(const uint16_t *n, int32_t *from, int32_t *to)
{
	int32_t most = 0;

	for (int32_t i = *from; i < *to; i++)
		most = orl_max32(most, n[i]);
	while (*from < *to && n[*from] * 100 < most * LINE)
		++*from;
	while (*to > *from && n[*to - 1] * 100 < most * LINE)
		--*to;
}

/* The box of those cells of a box of tiles that live. */
static void bound(const struct orl_regions *r, struct oriel_rect tiles,
		uint32_t now, struct orl_region_candidate *out)
{
	uint16_t cols[ORL_DISPLAY_SIDE_MAX / ORL_CELL] = { 0 };
	uint16_t rows[ORL_DISPLAY_SIDE_MAX / ORL_CELL] = { 0 };

	out->col = orl_max32(tiles.x * TILE - 1, 0);
	out->row = orl_max32(tiles.y * TILE - 1, 0);
	out->end_col = orl_min32((tiles.x + tiles.width) * TILE + 1, r->cols);
	out->end_row = orl_min32((tiles.y + tiles.height) * TILE + 1, r->rows);
	for (int32_t row = out->row; row < out->end_row; row++)
		for (int32_t col = out->col; col < out->end_col; col++)
			if (is_alive(&r->cell[(ptrdiff_t)row * r->cols + col],
					    now)) {
				cols[col]++;
				rows[row]++;
			}
	trim(cols, &out->col, &out->end_col);
	trim(rows, &out->row, &out->end_row);
}

/* What stands in a box of tiles, and what it is like. */
enum orl_region_reason orl_regions_measure(const struct orl_regions *r,
		struct oriel_rect tiles, uint32_t now,
		struct orl_region_candidate *out)
{
	uint32_t hot = 0, runs = 0, pictures = 0;

	memset(out, 0, sizeof(*out));
	bound(r, tiles, now, out);
	for (int32_t row = out->row; row < out->end_row; row++)
		for (int32_t col = out->col; col < out->end_col; col++) {
			const struct orl_region_cell *c =
					&r->cell[(ptrdiff_t)row * r->cols +
							col];
			if (!is_hot(c, now))
				continue;
			hot++;
			runs += c->run;
			pictures += c->pictures;
		}
	const int32_t cols = out->end_col - out->col;
	const int32_t rows = out->end_row - out->row;
	if (cols * ORL_CELL < SIDE || rows * ORL_CELL < SIDE)
		return ORL_REGION_SMALL;
	if (hot * 100 < (uint32_t)(cols * rows) * FILL)
		return ORL_REGION_SPARSE;
	if (pictures * 100 < runs * PICTURE)
		return ORL_REGION_TEXT;
	return ORL_REGION_UNSURE;
}

/* Whether much of a line of pixels, `step` words apart, is another now. */
static bool is_edge(const uint32_t *a, const uint32_t *b, size_t step,
		int32_t n, int32_t percent)
{
	int32_t other = 0;

	for (int32_t i = 0; i < n; i++)
		other += a[(size_t)i * step] != b[(size_t)i * step];
	return other * 100 >= n * percent;
}

/* The same for a line of the display, across the box. */
static bool line_is_edge(const struct orl_regions *r, const uint32_t *pixels,
		bool column, int32_t at, struct oriel_rect box, int32_t percent)
{
	const size_t stride = (size_t)r->width;
	const size_t first = column ? (size_t)box.y * stride + (size_t)at
				    : (size_t)at * stride + (size_t)box.x;

	return is_edge(r->before + first, pixels + first, column ? stride : 1,
			column ? box.height : box.width, percent);
}

/* Whether something of the lines from..to - 1 changed. */
static bool lines_changed(const struct orl_regions *r, const uint32_t *pixels,
		bool column, int32_t from, int32_t to, struct oriel_rect box)
{
	for (int32_t k = from; k < to; k++)
		if (line_is_edge(r, pixels, column, k, box, TRACE))
			return true;
	return false;
}

/* The next cells beyond an edge change as well, and are no text. */
static bool goes_on(const struct orl_regions *r, const uint32_t *pixels,
		bool column, int32_t from, int32_t to, struct oriel_rect box)
{
	if (from < 0 || to > (column ? r->width : r->height) ||
			!lines_changed(r, pixels, column, from, to, box))
		return false;
	if (column) {
		box.x = from;
		box.width = to - from;
	} else {
		box.y = from;
		box.height = to - from;
	}
	return orl_region_soft(
			pixels + (size_t)box.y * (size_t)r->width + box.x,
			(size_t)r->width, box.width, box.height);
}

/*
 * The outermost line that this tick changed much of, near where the cells
 * begin: from `from` on by `by`, within three cells. When something of the
 * rest of its cell changed as well, or of the next, that belongs to it: it was
 * scaled, or blurred, or coded before.
 */
static int32_t find_edge(const struct orl_regions *r, const uint32_t *pixels,
		bool column, int32_t from, int32_t by, struct oriel_rect box)
{
	const int32_t end = column ? r->width : r->height;
	int32_t at = from + by * ORL_CELL;

	for (int32_t i = 0; i < 3 * ORL_CELL; i++) {
		const int32_t k = from + i * by;
		if (k < 0 || k >= end ||
				!line_is_edge(r, pixels, column, k, box, EDGE))
			continue;
		at = k;
		break;
	}
	const int32_t first = at & -ORL_CELL, next = first + ORL_CELL;
	if (by > 0) {
		if (at > first && !lines_changed(r, pixels, column, first, at,
						  box))
			return at;
		at = first;
		for (unsigned i = 0; i < RINGS &&
				     goes_on(r, pixels, column, at - ORL_CELL,
						     at, box);
				i++)
			at -= ORL_CELL;
		return at;
	}
	if (next > end || (at + 1 < next && !lines_changed(r, pixels, column,
							    at + 1, next, box)))
		return at;
	at = next;
	for (unsigned i = 0; i < RINGS &&
			     goes_on(r, pixels, column, at, at + ORL_CELL, box);
			i++)
		at += ORL_CELL;
	return at - 1;
}

/* Where this tick has the candidate's edges, exact to the pixel. */
void orl_regions_note_edges(const struct orl_regions *r, const uint32_t *pixels,
		struct orl_region_candidate *c)
{
	struct oriel_rect box = { c->col * ORL_CELL, c->row * ORL_CELL, 0, 0 };
	const int32_t end_x = orl_min32(c->end_col * ORL_CELL, r->width);
	const int32_t end_y = orl_min32(c->end_row * ORL_CELL, r->height);
	int32_t *edge = c->edge[c->ticks % ORL_REGION_EDGES];

	box.width = end_x - box.x;
	box.height = end_y - box.y;
	edge[0] = find_edge(r, pixels, true, box.x - ORL_CELL, 1, box);
	edge[1] = find_edge(r, pixels, false, box.y - ORL_CELL, 1, box);
	edge[2] = find_edge(r, pixels, true, end_x - 1 + ORL_CELL, -1, box) + 1;
	edge[3] = find_edge(r, pixels, false, end_y - 1 + ORL_CELL, -1, box) +
		  1;
	c->ticks++;
}

/* What most ticks had; of as many the outermost. */
static int32_t vote(const struct orl_region_candidate *c, unsigned k)
{
	const unsigned n = (unsigned)orl_min64(c->ticks, ORL_REGION_EDGES);
	unsigned most = 0;
	int32_t best = 0;

	for (unsigned i = 0; i < n; i++) {
		const int32_t v = c->edge[i][k];
		unsigned votes = 0;
		for (unsigned j = 0; j < n; j++)
			votes += c->edge[j][k] == v;
		if (votes > most || (votes == most && (k < 2 ? v < best
							     : v > best))) {
			most = votes;
			best = v;
		}
	}
	return best;
}

struct oriel_rect orl_regions_voted(const struct orl_regions *r,
		const struct orl_region_candidate *c)
{
	const int32_t x0 = orl_max32(vote(c, 0), 0);
	const int32_t y0 = orl_max32(vote(c, 1), 0);
	const int32_t x1 = orl_min32(vote(c, 2), r->width);
	const int32_t y1 = orl_min32(vote(c, 3), r->height);

	return (struct oriel_rect){ x0, y0, x1 - x0, y1 - y0 };
}

static bool about(int32_t a, int32_t b)
{
	return a - b <= 1 && b - a <= 1;
}

/* The one of the last tick that is about there, or a new one. */
struct orl_region_candidate *orl_regions_remember(
		struct orl_regions *r, const struct orl_region_candidate *found)
{
	for (unsigned i = 0; i < r->n_candidates; i++) {
		struct orl_region_candidate *c = &r->candidate[i];
		if (c->seen || !about(c->col, found->col) ||
				!about(c->row, found->row) ||
				!about(c->end_col, found->end_col) ||
				!about(c->end_row, found->end_row))
			continue;
		c->col = found->col;
		c->row = found->row;
		c->end_col = found->end_col;
		c->end_row = found->end_row;
		c->seen = true;
		return c;
	}
	if (r->n_candidates == ORL_REGIONS_MAX)
		return NULL;
	struct orl_region_candidate *c = &r->candidate[r->n_candidates++];
	*c = *found;
	c->seen = true;
	return c;
}

void orl_regions_forget_unseen(struct orl_regions *r)
{
	unsigned n = 0;

	for (unsigned i = 0; i < r->n_candidates; i++)
		if (r->candidate[i].seen) {
			r->candidate[n] = r->candidate[i];
			r->candidate[n++].seen = false;
		}
	r->n_candidates = n;
}
