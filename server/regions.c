/*
 * regions.c - find what moves like a video.
 *
 * Each cell has a run: how often it has changed with never more than GAP_MS
 * between. What motion search explains does not count, so that scrolling and
 * dragging make no runs; for that the picture of the last tick is kept, but
 * only while some cells look as if they might. Cells with long runs that
 * stand together are a candidate; one whose bounds hold for a few ticks and
 * which looks like a picture is a region.
 */
#include "server/regions.h"

#include <string.h>

#include "codecs/classify.h"

enum {
	GAP_MS = 120, /* a change later than this begins a new run */
	RUN = 5,      /* changes that make a cell hot */
	RUN_MS = 100, /* ... which must have taken at least this long */
	HOT_MS = 450, /* that it stays so */
	WARM_RUN = 3, /* changes after which a cell is looked at closely */
	WARM_CELLS = 24,
	WARM_MS = 1000,
	WATCH_MS = 600,  /* from a picture on, every change is of interest */
	LOOK_MS = 90,    /* between looks at what kind a tile is */
	PICTURE = 60,    /* percent of changes to what looks like a picture */
	SOFT = 24,       /* steps between neighbours that are a shade */
	SOFT_LEAST = 20, /* percent of neighbours that are one */
	LINE = 30,       /* percent of the longest line of cells that is one */
	EDGE = 20,       /* percent of a line of pixels that makes it an edge */
	RINGS = 2,       /* cells beyond the edge that may belong to it too */
	TRACE = 2,       /* the same, of one that belongs to it */
	FILL = 50,       /* percent of a candidate's cells that are hot */
	SIDE = 96,       /* pixels, the least of a region */
	STABLE = 3,      /* ticks */
	WHOLE = 75,      /* percent of the display that count as all of it */
	SHRINK = 60,     /* percent of a region that another one may leave */
	SHRINK_TICKS = 20,
	TILE = 4, /* cells */
};
static const uint64_t RESIZE_NS = 1000000000; /* from one to the next */
static const uint64_t STILL_NS = 500000000;   /* unchanged until it ends */

/* Of a cell since the last tick. */
enum { SAME, CHANGED, EXPLAINED };

struct orl_region_cell {
	uint32_t begun, last; /* ms; of the run */
	uint8_t run, pictures;
};

static uint32_t ms_of(uint64_t ns)
{
	return (uint32_t)(ns / 1000000);
}

int orl_regions_init(struct orl_regions *r, const struct orl_env *env,
		int32_t width, int32_t height)
{
	memset(r, 0, sizeof(*r));
	r->env = env;
	r->width = width;
	r->height = height;
	r->cols = (width + ORL_CELL - 1) / ORL_CELL;
	r->rows = (height + ORL_CELL - 1) / ORL_CELL;
	r->tile_cols = (r->cols + TILE - 1) / TILE;
	r->tile_rows = (r->rows + TILE - 1) / TILE;
	const size_t cells = (size_t)r->cols * (size_t)r->rows;
	const size_t tiles = (size_t)r->tile_cols * (size_t)r->tile_rows;
	r->changed = orl_alloc(env, cells, 1);
	r->cell = orl_alloc(env, cells, sizeof(*r->cell));
	r->picture = orl_alloc(env, tiles, 1);
	r->tile = orl_alloc(env, tiles, 1);
	r->looked = orl_alloc(env, tiles, sizeof(*r->looked));
	r->stack = orl_alloc(env, tiles, sizeof(*r->stack));
	if (r->changed && r->cell && r->picture && r->tile && r->looked &&
			r->stack)
		return 0;
	orl_regions_fini(r);
	return ORIEL_ENOMEM;
}

void orl_regions_fini(struct orl_regions *r)
{
	if (!r->env)
		return;
	orl_free(r->env, r->changed);
	orl_free(r->env, r->cell);
	orl_free(r->env, r->picture);
	orl_free(r->env, r->tile);
	orl_free(r->env, r->looked);
	orl_free(r->env, r->stack);
	orl_free(r->env, r->before);
	memset(r, 0, sizeof(*r));
}

static void decide(struct orl_regions *r, enum orl_region_reason reason)
{
	r->reason = reason;
	r->count[reason]++;
}

/* ---- runs -------------------------------------------------------------- */

static void explain_cells(uint8_t *cell, int32_t n)
{
	for (int32_t i = 0; i < n; i++)
		if (cell[i])
			cell[i] = EXPLAINED;
}

/* What the copies cover whole has moved. */
static void explain(struct orl_regions *r, const struct orl_copy_op *copies,
		size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct orl_copy_op *o = &copies[i];
		int32_t end_x = o->x + o->width, end_y = o->y + o->height;
		int32_t col = (o->x + ORL_CELL - 1) / ORL_CELL;
		int32_t row = (o->y + ORL_CELL - 1) / ORL_CELL;
		int32_t end_col =
				end_x == r->width ? r->cols : end_x / ORL_CELL;
		int32_t end_row =
				end_y == r->height ? r->rows : end_y / ORL_CELL;
		for (; row < end_row && col < end_col; row++)
			explain_cells(r->changed + (ptrdiff_t)row * r->cols +
							col,
					end_col - col);
	}
}

/* Whether the cell is whole inside an open region. */
static bool inside_region(const struct orl_regions *r, int32_t col, int32_t row)
{
	const int32_t x = col * ORL_CELL, y = row * ORL_CELL;

	for (unsigned i = 0; i < r->n; i++) {
		const struct oriel_rect *b = &r->region[i].rect;
		if (x + ORL_CELL > b->x && y + ORL_CELL > b->y &&
				x < b->x + b->width && y < b->y + b->height)
			return true;
	}
	return false;
}

/* What changed outside of the regions moved there, as far as that is so. */
static void explain_motion(struct orl_regions *r, const uint32_t *pixels,
		struct orl_motion *motion)
{
	struct orl_copy_op copies[ORL_MOTION_COPIES];
	size_t outside = 0;

	for (int32_t row = 0; row < r->rows && outside < WARM_CELLS; row++)
		for (int32_t col = 0; col < r->cols; col++)
			if (r->changed[(ptrdiff_t)row * r->cols + col])
				outside += !inside_region(r, col, row);
	if (outside < WARM_CELLS)
		return;
	size_t n = orl_motion_search(motion, r->before, pixels,
			(size_t)r->width, r->width, r->height, r->changed, NULL,
			copies, ORL_MOTION_COPIES);
	explain(r, copies, n);
}

/*
 * Soft shades are what a video is of; interfaces are flat, letters have hard
 * edges. Not as strict as orl_classify(): what is coded as video is soft
 * even where it was made large from few pixels.
 */
bool orl_region_soft(const uint32_t *pixels, size_t stride, int32_t width,
		int32_t height)
{
	int32_t differ = 0, soft = 0, n = 0;

	for (int32_t y = 0; y < height; y += 4, n += width - 1)
		orl_count_shades(pixels + (size_t)y * stride, width, SOFT,
				&differ, &soft);
	return soft * 100 > n * SOFT_LEAST && (differ - soft) * 2 <= soft;
}

static bool is_picture(struct orl_regions *r, const uint32_t *pixels,
		int32_t col, int32_t row, uint32_t now)
{
	const size_t at = (size_t)(row / TILE) * (size_t)r->tile_cols +
			  (size_t)(col / TILE);
	const int32_t x = col / TILE * TILE * ORL_CELL;
	const int32_t y = row / TILE * TILE * ORL_CELL;

	if (!r->picture[at] || now - r->looked[at] >= LOOK_MS) {
		r->looked[at] = now;
		r->picture[at] =
				1 +
				orl_region_soft(pixels + (size_t)y * (size_t)r->width +
								x,
						(size_t)r->width,
						orl_min32(TILE * ORL_CELL,
								r->width - x),
						orl_min32(TILE * ORL_CELL,
								r->height - y));
	}
	return r->picture[at] == 2;
}

/*
 * Count what is left of `changed`; how many cells may be becoming hot, and how
 * many look like a picture?
 */
static size_t count_runs(struct orl_regions *r, const uint32_t *pixels,
		uint32_t now, size_t *n_soft)
{
	size_t warm = 0;

	for (int32_t row = 0; row < r->rows; row++)
		for (int32_t col = 0; col < r->cols; col++) {
			const size_t at = (size_t)row * (size_t)r->cols +
					  (size_t)col;
			struct orl_region_cell *c = &r->cell[at];
			if (r->changed[at] != CHANGED)
				continue;
			if (!c->run || now - c->last > GAP_MS) {
				c->run = c->pictures = 0;
				c->begun = now;
			}
			c->last = now;
			if (c->run == UINT8_MAX) {
				c->run /= 2;
				c->pictures /= 2;
			}
			c->run++;
			const bool soft = is_picture(r, pixels, col, row, now);
			c->pictures = (uint8_t)(c->pictures + soft);
			*n_soft += soft;
			warm += c->run >= WARM_RUN && c->pictures;
		}
	return warm;
}

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

/* ---- candidates -------------------------------------------------------- */

static void mark_tiles(struct orl_regions *r, uint32_t now)
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
static struct oriel_rect flood(struct orl_regions *r, int32_t first)
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
static enum orl_region_reason measure(const struct orl_regions *r,
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
static void note_edges(const struct orl_regions *r, const uint32_t *pixels,
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

static struct oriel_rect voted(const struct orl_regions *r,
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
static struct orl_region_candidate *remember(
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

static void forget_unseen(struct orl_regions *r)
{
	unsigned n = 0;

	for (unsigned i = 0; i < r->n_candidates; i++)
		if (r->candidate[i].seen) {
			r->candidate[n] = r->candidate[i];
			r->candidate[n++].seen = false;
		}
	r->n_candidates = n;
}

/* ---- regions ----------------------------------------------------------- */

static int64_t area(const struct oriel_rect *a)
{
	return (int64_t)a->width * a->height;
}

static int64_t overlap(const struct oriel_rect *a, const struct oriel_rect *b)
{
	const int32_t x0 = orl_max32(a->x, b->x), y0 = orl_max32(a->y, b->y);
	const int32_t x1 = orl_min32(a->x + a->width, b->x + b->width);
	const int32_t y1 = orl_min32(a->y + a->height, b->y + b->height);

	return x0 < x1 && y0 < y1 ? (int64_t)(x1 - x0) * (y1 - y0) : 0;
}

static void close_region(struct orl_regions *r, unsigned i)
{
	r->region[i] = r->region[--r->n];
	r->version++;
}

static bool is_inside(const struct oriel_rect *a, const struct oriel_rect *b)
{
	return overlap(a, b) == area(a);
}

/* Their edges are not far apart. */
static bool is_near(const struct oriel_rect *a, const struct oriel_rect *b)
{
	const int32_t most = 2 * ORL_CELL + ORL_CELL / 2;
	const int32_t d[4] = { a->x - b->x, a->y - b->y,
		a->x + a->width - b->x - b->width,
		a->y + a->height - b->y - b->height };

	for (unsigned i = 0; i < 4; i++)
		if (d[i] > most || d[i] < -most)
			return false;
	return true;
}

static struct oriel_rect both(
		const struct oriel_rect *a, const struct oriel_rect *b)
{
	const int32_t x0 = orl_min32(a->x, b->x), y0 = orl_min32(a->y, b->y);

	return (struct oriel_rect){ x0, y0,
		orl_max32(a->x + a->width, b->x + b->width) - x0,
		orl_max32(a->y + a->height, b->y + b->height) - y0 };
}

/* The region that this replaces, -1: none, -2: it is one already. */
static int find_replaced(struct orl_regions *r,
		const struct orl_region_candidate *c,
		const struct oriel_rect *rect, uint64_t now)
{
	int found = -1;

	for (unsigned i = 0; i < r->n; i++) {
		struct orl_region *g = &r->region[i];
		if (!overlap(&g->rect, rect))
			continue;
		/* A part of it may be all that moves, for a while. */
		if (is_inside(rect, &g->rect) &&
				(area(rect) * 100 > area(&g->rect) * SHRINK ||
						c->ticks < SHRINK_TICKS))
			return -2;
		/* Another size costs a keyframe. */
		if ((rect->width != g->rect.width ||
				    rect->height != g->rect.height) &&
				now - g->resized <
						(is_near(rect, &g->rect) ? 5 * RESIZE_NS
									 : RESIZE_NS))
			return -2;
		found = (int)i;
	}
	return found;
}

static bool open_region(struct orl_regions *r,
		const struct orl_region_candidate *c, uint64_t now)
{
	struct oriel_rect rect = voted(r, c);
	const struct oriel_rect all = { 0, 0, r->width, r->height };

	if (area(&rect) * 100 > area(&all) * WHOLE)
		rect = all;
	if (rect.width < SIDE || rect.height < SIDE)
		return false;
	int at = find_replaced(r, c, &rect, now);
	if (at == -2)
		return false;
	for (unsigned i = r->n; at >= 0 && i-- > 0;)
		if ((int)i != at && overlap(&r->region[i].rect, &rect)) {
			if (at == (int)r->n - 1)
				at = (int)i;
			close_region(r, i);
		}
	if (at < 0 && r->n == ORL_REGIONS_MAX) {
		decide(r, ORL_REGION_FULL);
		return false;
	}
	struct orl_region *g = &r->region[at < 0 ? (int)r->n : at];
	/* It does not go to and fro. */
	if (at >= 0 && is_near(&rect, &g->rect) &&
			(rect.width != g->rect.width ||
					rect.height != g->rect.height))
		rect = both(&rect, &g->rect);
	if (at < 0) {
		*g = (struct orl_region){ .id = ++r->next_id, .opened = now };
		r->n++;
		decide(r, ORL_REGION_OPENED);
	} else {
		decide(r, g->rect.width == rect.width && g->rect.height == rect.height
						? ORL_REGION_MOVED
						: ORL_REGION_RESIZED);
	}
	g->rect = rect;
	g->changed = g->resized = now;
	r->version++;
	return true;
}

/* What this tick changed in the regions. */
static void touch_regions(struct orl_regions *r, uint64_t now)
{
	for (unsigned i = 0; i < r->n; i++) {
		struct orl_region *g = &r->region[i];
		const int32_t end_col =
				(g->rect.x + g->rect.width - 1) / ORL_CELL + 1;
		const int32_t end_row =
				(g->rect.y + g->rect.height - 1) / ORL_CELL + 1;
		size_t n = 0;
		for (int32_t row = g->rect.y / ORL_CELL; row < end_row; row++)
			for (int32_t col = g->rect.x / ORL_CELL; col < end_col;
					col++)
				n += r->changed[(ptrdiff_t)row * r->cols +
						     col] == CHANGED;
		if (n < WARM_CELLS)
			continue;
		g->changed = now;
		g->frames++;
	}
}

static void look(struct orl_regions *r, const uint32_t *pixels, uint64_t now)
{
	const uint32_t ms = ms_of(now);
	const int32_t tiles = r->tile_cols * r->tile_rows;

	r->reason = ORL_REGION_QUIET;
	mark_tiles(r, ms);
	for (int32_t i = 0; i < tiles; i++) {
		struct orl_region_candidate found, *c;
		if (!r->tile[i])
			continue;
		enum orl_region_reason reason =
				measure(r, flood(r, i), ms, &found);
		decide(r, reason);
		if (reason != ORL_REGION_UNSURE)
			continue;
		c = remember(r, &found);
		if (!c)
			continue;
		note_edges(r, pixels, c);
		if (c->ticks >= STABLE)
			open_region(r, c, now);
	}
	forget_unseen(r);
}

/* The picture as it is now, for the next tick. */
static void keep(struct orl_regions *r, const uint32_t *pixels)
{
	const size_t words = (size_t)r->width * (size_t)r->height;

	/* Without the memory there are no regions, which is no more than slow. */
	r->before = orl_alloc(r->env, words, sizeof(*r->before));
	if (r->before)
		memcpy(r->before, pixels, words * sizeof(*pixels));
}

static void keep_cells(struct orl_regions *r, const uint32_t *pixels)
{
	for (int32_t row = 0; row < r->rows; row++) {
		const uint8_t *line =
				r->changed + (size_t)row * (size_t)r->cols;
		const int32_t end_y =
				orl_min32((row + 1) * ORL_CELL, r->height);
		for (int32_t col = 0; col < r->cols; col++) {
			const int32_t from = col;
			while (col < r->cols && line[col])
				col++;
			if (col == from)
				continue;
			const int32_t x = from * ORL_CELL;
			const size_t n = (size_t)(orl_min32(col * ORL_CELL,
								  r->width) -
						  x);
			for (int32_t y = row * ORL_CELL; y < end_y; y++) {
				const size_t at = (size_t)y * (size_t)r->width +
						  (size_t)x;
				memcpy(r->before + at, pixels + at,
						n * sizeof(*pixels));
			}
		}
	}
}

bool orl_regions_tick(struct orl_regions *r, uint64_t now,
		const uint32_t *pixels, struct orl_motion *motion)
{
	const size_t cells = (size_t)r->cols * (size_t)r->rows;
	const uint32_t version = r->version;

	if (!r->n_changed)
		return false;
	if (!r->n && now > r->warm_until) {
		orl_free(r->env, r->before);
		r->before = NULL;
	}
	if (r->before)
		explain_motion(r, pixels, motion);
	size_t n_soft = 0;
	const size_t n_warm = count_runs(r, pixels, ms_of(now), &n_soft);
	if (n_soft >= WARM_CELLS)
		r->watch_until = now + (uint64_t)WATCH_MS * 1000000;
	if (n_warm >= WARM_CELLS)
		r->warm_until = now + (uint64_t)WARM_MS * 1000000;
	touch_regions(r, now);
	if (now <= r->warm_until || r->n) {
		if (r->before) {
			look(r, pixels, now);
			keep_cells(r, pixels);
		} else {
			keep(r, pixels);
		}
	}
	memset(r->changed, 0, cells);
	r->n_changed = 0;
	return r->version != version;
}

bool orl_regions_still(struct orl_regions *r, uint64_t now)
{
	const uint32_t version = r->version;

	for (unsigned i = r->n; i-- > 0;)
		if (now >= r->region[i].changed + STILL_NS) {
			close_region(r, i);
			decide(r, ORL_REGION_STILL);
		}
	return r->version != version;
}

uint64_t orl_regions_deadline(const struct orl_regions *r)
{
	uint64_t at = UINT64_MAX;

	for (unsigned i = 0; i < r->n; i++)
		at = orl_min64(at, r->region[i].changed + STILL_NS);
	return at;
}

void orl_regions_clear(struct orl_regions *r)
{
	r->version += r->n > 0;
	r->n = r->n_candidates = 0;
	r->warm_until = 0;
	r->n_changed = 0;
	memset(r->changed, 0, (size_t)r->cols * (size_t)r->rows);
	memset(r->cell, 0,
			(size_t)r->cols * (size_t)r->rows * sizeof(*r->cell));
}

unsigned orl_regions_run(const struct orl_regions *r, int32_t col, int32_t row)
{
	return r->cell[(ptrdiff_t)row * r->cols + col].run;
}

uint32_t orl_regions_since(const struct orl_regions *r, int32_t col,
		int32_t row, uint64_t now)
{
	return ms_of(now) - r->cell[(ptrdiff_t)row * r->cols + col].last;
}
