/*
 * lossy.c - what is seen before it can be exact, and how it becomes exact.
 *
 * Exact pixels of a photograph may take a second on a thin link. Cells that
 * are pictures, and only those, are then painted as JPEG first: at the scale
 * and quality that the link takes within a moment, a preview where the whole
 * would not fit. What is left of the link afterwards makes it whole, and then
 * exact, nearest to the pointer first; anything new comes before that.
 *
 * In lossy cells `sent` holds the pixels that were coded. So a cell that
 * shows what it should needs nothing but to be refined, and what moved can be
 * found, and copied, in either layer.
 */
#include "server/server.h"

#include <string.h>

#include "codecs/layer.h"

static const uint64_t MS = 1000000;

enum {
	/* When exact pixels would take longer on the link, in ms. */
	AGAIN_MS = 20, /* of cells that change again and again */
	LARGE_MS = 80, /* of all */
	/* What the first paint may take of it. */
	PAINT_MS = 40,
	/* A part of it; and what is refined between two looks for news. */
	PART_MS = 8,
	STEP_MS = 32,
	/* A preview is sharpened before it is exact if that takes longer. */
	SHARPEN_MS = 500,
	/* Changes within this make a cell restless, and a class stick. */
	MOMENT_MS = 250,
	HISTORY_MS = 500,
	VOTES = 3,
	PIECE = 4,       /* cells: classes are decided on squares of it */
	REFINE_SIDE = 8, /* cells: what is refined is taken in squares of it */
	GAP = 4,         /* columns without a cell end a picture */
	SMOOTH_BYTES = 60, /* of a cell that is smooth, exact, at least */
};

/* From the best to the worst; bytes per cell in proportion to 80. */
static const struct way {
	uint8_t scale, quality;
	uint16_t percent;
} ways[] = {
	{ 1, 90, 146 },
	{ 1, 80, 100 },
	{ 1, 65, 75 },
	{ 2, 80, 100 },
	{ 2, 60, 70 },
	{ 4, 80, 100 },
	{ 4, 60, 70 },
	{ 8, 70, 85 },
};

static unsigned scale_index(unsigned scale)
{
	return scale == 1 ? 0 : scale == 2 ? 1 : scale == 4 ? 2 : 3;
}

static uint64_t bytes_in(const struct orl_pane *pane, uint64_t ms)
{
	return orl_rate_bytes(orl_conn_rate(pane->peer->conn), ms * MS);
}

/* On a unix: socket nothing is too large. */
static bool is_allowed(const struct orl_pane *pane)
{
	const struct oriel_peer *peer = pane->peer;

	return peer->caps & ORL_CAP(JPEG) && orl_conn_tls(peer->conn);
}

static uint32_t now_ms(const struct orl_pane *pane)
{
	return (uint32_t)(orl_now(&pane->peer->server->env) / MS);
}

/* ---- what is to be painted --------------------------------------------- */

struct judge {
	struct orl_pane *pane;
	uint32_t now;
	uint64_t bytes[2]; /* exact: of all that may be lossy, of the restless */
	size_t cells[2];
};

enum { PAINT = 1, PAINT_AGAIN = 2, HARD = 4, STROKES = 8 };

static const uint32_t *shadow_at(
		const struct orl_pane *pane, int32_t col, int32_t row)
{
	const struct oriel_display *d = pane->display;

	return d->shadow + (ptrdiff_t)row * ORL_CELL * d->width +
	       (ptrdiff_t)col * ORL_CELL;
}

/* The smallest rectangle around the cells to be sent in a piece. */
static bool wanted_box(const struct orl_pane *pane, struct orl_cells *b)
{
	const struct orl_canvas *c = &pane->sent;
	int32_t end_col = orl_min32(b->col + PIECE, c->cols), left = end_col;
	int32_t end_row = orl_min32(b->row + PIECE, c->rows), top = end_row;
	int32_t right = 0, bottom = 0;

	for (int32_t row = b->row; row < end_row; row++)
		for (int32_t col = b->col; col < end_col; col++) {
			if (!pane->todo[row * c->cols + col])
				continue;
			left = orl_min32(left, col);
			top = orl_min32(top, row);
			right = orl_max32(right, col + 1);
			bottom = orl_max32(bottom, row + 1);
		}
	*b = (struct orl_cells){ left, top, right - left, bottom - top };
	return right > 0;
}

/* A cell that was text a moment ago is not a picture at once. */
static bool sticks(struct orl_past *past, uint32_t now, enum orl_why why)
{
	if (why == ORL_WHY_PICTURE) {
		if (!past->votes || now - past->before > HISTORY_MS)
			past->votes = 0;
		else
			past->votes--;
		return past->votes > 0;
	}
	if (why != ORL_WHY_FLAT)
		past->votes = VOTES;
	return false;
}

static void judge_piece(struct judge *j, struct orl_cells b)
{
	struct orl_pane *pane = j->pane;
	const struct orl_canvas *c = &pane->sent;
	uint64_t *whys = pane->peer->stats.decisions;

	if (!wanted_box(pane, &b))
		return;
	struct oriel_rect px = orl_cells_rect(c, &b);
	enum orl_why piece = orl_judge(shadow_at(pane, b.col, b.row),
			(size_t)pane->display->width, px.width, px.height);
	uint32_t bytes = pane->cell_bytes[orl_class_of(piece)];
	bytes = bytes < SMOOTH_BYTES ? SMOOTH_BYTES : bytes;
	for (int32_t row = b.row; row < b.row + b.rows; row++)
		for (int32_t col = b.col; col < b.col + b.cols; col++) {
			size_t at = (size_t)(row * c->cols + col);
			struct orl_past *past = &pane->display->past[at];
			bool hard;
			if (!pane->todo[at])
				continue;
			px = orl_cells_rect(c,
					&(struct orl_cells){ col, row, 1, 1 });
			enum orl_why why = orl_judge_cell(
					shadow_at(pane, col, row),
					(size_t)pane->display->width, px.width,
					px.height, piece, &hard);
			if (sticks(past, j->now, why))
				why = ORL_WHY_HISTORY;
			if (why == ORL_WHY_STROKES)
				pane->paint[at] = STROKES;
			if (why > ORL_WHY_FORETOLD && why < ORL_WHY_PICTURE)
				whys[why]++;
			if (why != ORL_WHY_PICTURE)
				continue;
			bool again = j->now - past->last <= MOMENT_MS &&
				     past->last - past->before <= MOMENT_MS;
			pane->paint[at] = (uint8_t)((again ? PAINT_AGAIN
							   : PAINT) |
						    (hard ? HARD : 0));
			for (unsigned k = 0; k <= again; k++) {
				j->bytes[k] += bytes;
				j->cells[k]++;
			}
		}
}

/* Edges beside strokes are their ends. */
static void spare_ends(struct judge *j)
{
	struct orl_pane *pane = j->pane;
	const struct orl_canvas *c = &pane->sent;

	for (int32_t row = 0; row < c->rows; row++)
		for (int32_t col = 0; col < c->cols; col++) {
			if (pane->paint[row * c->cols + col] != STROKES)
				continue;
			int32_t y1 = orl_min32(row + 2, c->rows);
			int32_t x1 = orl_min32(col + 2, c->cols);
			for (int32_t y = orl_max32(row - 1, 0); y < y1; y++)
				for (int32_t x = orl_max32(col - 1, 0); x < x1;
						x++) {
					uint8_t *p = &pane->paint[y * c->cols +
								  x];
					if (!(*p & HARD))
						continue;
					j->cells[0]--;
					j->cells[1] -= *p & PAINT_AGAIN ? 1 : 0;
					*p = 0;
					pane->peer->stats.decisions
							[ORL_WHY_BESIDE]++;
				}
		}
}

/* The best way that takes no longer than it may. */
static void choose(struct orl_pane *pane, size_t cells, uint64_t budget)
{
	unsigned i = 0;

	for (; i + 1 < ORL_COUNT(ways); i++) {
		const struct way *w = &ways[i];
		uint64_t bytes = (uint64_t)cells *
				 pane->jpeg_bytes[scale_index(w->scale)] *
				 w->percent / 1600;
		if (bytes <= budget)
			break;
	}
	pane->scale = ways[i].scale;
	pane->quality = ways[i].quality;
	pane->percent = ways[i].percent;
	pane->band_row = pane->band_rows = 0;
}

void orl_lossy_plan(struct orl_pane *pane)
{
	const struct orl_canvas *c = &pane->sent;
	size_t cells = orl_pane_cells(pane), n = 0;
	struct judge j = { .pane = pane, .now = now_ms(pane) };
	uint8_t take = 0;

	if (!is_allowed(pane))
		return;
	for (size_t i = 0; i < cells; i++)
		n += pane->todo[i];
	uint32_t most = pane->cell_bytes[ORL_CLASS_PICTURE];
	if (n * (most < SMOOTH_BYTES ? SMOOTH_BYTES : most) <=
			bytes_in(pane, AGAIN_MS))
		return;
	for (int32_t row = 0; row < c->rows; row += PIECE)
		for (int32_t col = 0; col < c->cols; col += PIECE)
			judge_piece(&j, (struct orl_cells){ col, row, 0, 0 });
	spare_ends(&j);
	if (j.bytes[0] > bytes_in(pane, LARGE_MS)) {
		take = PAINT | PAINT_AGAIN;
		pane->why = ORL_WHY_LARGE;
	} else if (j.bytes[1] > bytes_in(pane, AGAIN_MS)) {
		take = PAINT_AGAIN;
		pane->why = ORL_WHY_AGAIN;
	}
	for (size_t i = 0; i < cells; i++) {
		uint8_t kind = pane->paint[i] & (PAINT | PAINT_AGAIN);
		pane->paint[i] = (kind & take) != 0;
		if (pane->paint[i])
			pane->todo[i] = 0;
	}
	if (!take)
		return;
	n = j.cells[take == PAINT_AGAIN];
	choose(pane, n, bytes_in(pane, PAINT_MS));
	pane->generation++;
	pane->generation += !pane->generation;
}

/* ---- painting ---------------------------------------------------------- */

static bool is_painted_in(const struct orl_pane *pane, int32_t col, int32_t row,
		int32_t rows)
{
	for (int32_t y = row; y < row + rows; y++)
		if (pane->paint[y * pane->sent.cols + col])
			return true;
	return false;
}

/* The next rows are those that about that many cells are in. */
static void next_band(struct orl_pane *pane, int32_t row, int32_t cells)
{
	/* Rows of the smaller picture's blocks, not halves of them. */
	const int32_t step = orl_max32(pane->scale / 2, 1);
	int32_t rows = cells / pane->sent.cols;

	rows = rows < step ? step : rows - rows % step;
	pane->band_row = row;
	pane->band_rows = orl_min32(rows, pane->sent.rows - row);
}

/*
 * The next picture: of a band of rows, to a gap or the right edge. A band is
 * finished before the next begins, so that no two pictures overlap.
 */
static bool next_cells(
		struct orl_pane *pane, uint64_t budget, struct orl_cells *r)
{
	const struct orl_canvas *c = &pane->sent;
	const uint8_t *first = memchr(pane->paint, 1, orl_pane_cells(pane));
	uint64_t each = orl_max64(pane->jpeg_bytes[scale_index(pane->scale)] *
						  pane->percent / 1600,
			1);
	int32_t want = (int32_t)orl_min64(budget / each + 1, 65536);
	int32_t col = 0, gap = 0;

	if (!first)
		return false;
	int32_t row = (int32_t)(first - pane->paint) / c->cols;
	if (row >= pane->band_row + pane->band_rows)
		next_band(pane, row, want);
	*r = (struct orl_cells){ .row = pane->band_row,
		.rows = pane->band_rows };
	while (!is_painted_in(pane, col, r->row, r->rows))
		col++;
	r->col = col;
	int32_t side = ORL_CELL / pane->scale;
	int32_t most = ORL_PICTURE_PIXELS_MAX / (r->rows * side * side);
	most = orl_min32(most, orl_max32(want / r->rows, 2 * GAP));
	for (; col < c->cols && gap < GAP && col - r->col < most; col++) {
		gap = is_painted_in(pane, col, r->row, r->rows) ? 0 : gap + 1;
		if (!gap)
			r->cols = col + 1 - r->col;
	}
	return true;
}

/*
 * What is not painted gets the colour beside it: the flattest there is, and
 * no edge that would be seen from a painted cell.
 */
static void fill_holes(const struct orl_pane *pane, struct orl_cells r,
		uint32_t *small, int32_t width, int32_t height)
{
	const int32_t side = ORL_CELL / pane->scale;

	for (int32_t y = 0; y < height; y++, small += width) {
		const uint8_t *p =
				pane->paint + r.col +
				(ptrdiff_t)(r.row + y / side) * pane->sent.cols;
		int32_t first = 0;
		while (first < width && !p[first / side])
			first++;
		uint32_t colour = first < width ? small[first] : 0x808080;
		for (int32_t x = 0; x < width; x++)
			if (p[x / side])
				colour = small[x];
			else
				small[x] = colour;
	}
}

/* Code it; *data is good until the next. */
static int encode(struct orl_pane *pane, struct orl_cells r,
		const uint8_t **data, size_t *n)
{
	struct oriel_server *server = pane->peer->server;
	struct oriel_rect px = orl_cells_rect(&pane->sent, &r);
	int32_t width = orl_layer_small(px.width, pane->scale);
	int32_t height = orl_layer_small(px.height, pane->scale);
	int quality = pane->quality, err = 0;

	if (!server->jpeg)
		err = orl_jpeg_create(&server->jpeg, &server->env);
	if (!err && !server->small) {
		server->small = orl_alloc(&server->env, ORL_PICTURE_PIXELS_MAX,
				sizeof(*server->small));
		err = server->small ? 0 : ORIEL_ENOMEM;
	}
	if (err)
		return err;
	orl_layer_shrink(server->small, shadow_at(pane, r.col, r.row),
			(size_t)pane->display->width, px.width, px.height,
			pane->scale);
	fill_holes(pane, r, server->small, width, height);
	do {
		err = orl_jpeg_encode(server->jpeg, server->small,
				(size_t)width, width, height, quality, true,
				data, n);
		quality /= 2; /* pixels made to be dear */
	} while (!err && *n > ORL_PICTURE_DATA_MAX && quality);
	return !err && *n > ORL_PICTURE_DATA_MAX ? ORIEL_ELIMIT : err;
}

enum { AREAS = 64 };

static int send_areas(
		struct orl_pane *pane, const struct orl_cells *areas, size_t n)
{
	uint8_t bytes[AREAS * 8];
	struct orl_wr w = { bytes, sizeof(bytes), 0 };

	for (size_t i = 0; i < n; i++) {
		int err = orl_layer_open(
				&pane->sent, &areas[i], pane->generation);
		if (err)
			return orl_peer_sent(pane->peer, err);
		orl_pane_copy(pane, &areas[i], pane->scale);
		orl_put_area(&w, &(struct orl_area){ (uint16_t)areas[i].col,
						 (uint16_t)areas[i].row,
						 (uint16_t)areas[i].cols,
						 (uint16_t)areas[i].rows });
	}
	struct orl_cells_lossy msg = {
		.display = (uint8_t)pane->display->id,
		.generation = pane->generation,
		.areas = { bytes, (uint16_t)n },
	};
	pane->open_bytes += w.n;
	return ORL_PEER_PUT(pane->peer, cells_lossy, &msg);
}

/* Its cells leave the exact picture; *cells is how many there are. */
static int open_cells(struct orl_pane *pane, struct orl_cells r, size_t *cells)
{
	struct orl_cells areas[AREAS];
	size_t n = 0;
	int err = 0;

	*cells = 0;
	for (int32_t row = r.row; row < r.row + r.rows; row++) {
		uint8_t *p = pane->paint + (ptrdiff_t)row * pane->sent.cols;
		for (int32_t col = r.col; col < r.col + r.cols; col++) {
			struct orl_cells run = { col, row, 0, 1 };
			for (; col < r.col + r.cols && p[col]; col++)
				p[col] = 0;
			run.cols = col - run.col;
			if (!run.cols)
				continue;
			*cells += (size_t)run.cols;
			struct orl_cells *last = n ? &areas[n - 1] : &run;
			if (n && last->col == run.col &&
					last->cols == run.cols &&
					last->row + last->rows == row) {
				last->rows++;
				continue;
			}
			if (n == AREAS) {
				err = send_areas(pane, areas, n);
				n = 0;
			}
			if (err)
				return err;
			areas[n++] = run;
		}
	}
	return n ? send_areas(pane, areas, n) : err;
}

static void learn(struct orl_pane *pane, size_t cells, size_t bytes)
{
	uint32_t *mean = &pane->jpeg_bytes[scale_index(pane->scale)];
	uint64_t weight = orl_min64(cells, 128);
	uint64_t now = (uint64_t)bytes * 1600 / pane->percent / cells;

	*mean = (uint32_t)((*mean * (256 - weight) + now * weight) / 256);
	*mean += !*mean;
}

int orl_lossy_send(struct orl_pane *pane, uint64_t budget)
{
	struct oriel_peer *peer = pane->peer;
	struct oriel_server *server = peer->server;
	uint64_t started = orl_now(&server->env);
	struct orl_cells r;
	const uint8_t *data;
	size_t n, cells;
	uint8_t head[32];
	struct orl_wr w = { head, sizeof(head), 0 };

	if (!next_cells(pane, budget, &r))
		return 0;
	int err = encode(pane, r, &data, &n);
	if (err)
		return orl_peer_sent(peer, err);
	err = open_cells(pane, r, &cells);
	if (err)
		return err;
	learn(pane, cells, n);
	peer->stats.decisions[pane->why] += cells;
	peer->stats.codec_cells += cells;
	peer->stats.codec_time += orl_now(&server->env) - started;
	struct orl_picture msg = {
		.display = (uint8_t)pane->display->id,
		.generation = pane->generation,
		.col = (uint16_t)r.col,
		.row = (uint16_t)r.row,
		.cols = (uint16_t)r.cols,
		.rows = (uint16_t)r.rows,
		.scale = pane->scale,
		.reason = (uint8_t)pane->why,
	};
	orl_put_picture(&w, &msg);
	struct orl_buf *tail = orl_buf_create(&server->env, n);
	if (!tail)
		return orl_peer_sent(peer, ORIEL_ENOMEM);
	memcpy(tail->data, data, n);
	err = orl_link_send(orl_conn_link(peer->conn),
			&(struct orl_send){ .id = ORL_MSG_picture,
					.head = head,
					.head_n = w.n,
					.tail = tail });
	orl_buf_unref(tail);
	pane->open_bytes += w.n + n;
	return orl_peer_sent(peer, err);
}

/* ---- what moved -------------------------------------------------------- */

const uint8_t *orl_lossy_sources(struct orl_pane *pane)
{
	const uint8_t *exact = pane->sent.exact;

	if (!pane->any_lossy)
		return exact;
	for (size_t i = 0; i < orl_pane_cells(pane); i++)
		pane->paint[i] = exact[i] || pane->lossy[i];
	return pane->paint;
}

/* The coarsest of the cells that a rectangle of pixels touches. */
static uint8_t coarsest(const struct orl_pane *pane, int32_t x, int32_t y,
		int32_t end_x, int32_t end_y)
{
	uint8_t most = 0;

	for (int32_t row = y / ORL_CELL; row <= (end_y - 1) / ORL_CELL; row++)
		for (int32_t col = x / ORL_CELL; col <= (end_x - 1) / ORL_CELL;
				col++) {
			uint8_t v = pane->lossy[row * pane->sent.cols + col];
			most = v > most ? v : most;
		}
	return most;
}

void orl_lossy_copied(struct orl_pane *pane, const struct orl_copy_op *copies,
		size_t n)
{
	const struct orl_canvas *c = &pane->sent;
	size_t cells = orl_pane_cells(pane);

	if (pane->any_lossy) {
		/* All sources as they were; paint is empty at this time. */
		memcpy(pane->paint, pane->lossy, cells);
		for (size_t i = 0; i < n; i++) {
			const struct orl_copy_op *o = &copies[i];
			int32_t x1 = o->x + o->width, y1 = o->y + o->height;
			int32_t dx = o->from_x - o->x, dy = o->from_y - o->y;
			for (int32_t y = o->y, y2; y < y1; y = y2) {
				y2 = orl_min32((y / ORL_CELL + 1) * ORL_CELL,
						y1);
				for (int32_t x = o->x, x2; x < x1; x = x2) {
					x2 = orl_min32((x / ORL_CELL + 1) *
									ORL_CELL,
							x1);
					uint8_t *p = &pane->paint[y / ORL_CELL * c->cols +
								  x / ORL_CELL];
					uint8_t v = coarsest(pane, x + dx,
							y + dy, x2 + dx,
							y2 + dy);
					*p = v > *p ? v : *p;
				}
			}
		}
		for (size_t i = 0; i < cells; i++)
			pane->lossy[i] = c->exact[i] ? 0 : pane->paint[i];
	}
	memset(pane->paint, 0, cells);
}

/* ---- refinement -------------------------------------------------------- */

/* Whether a cell can be refined; if not yet, *until is when. */
static bool is_ready(const struct orl_pane *pane, size_t i, uint32_t now,
		uint32_t *wait)
{
	const struct orl_past *past = &pane->display->past[i];
	uint32_t idle = now - past->last;

	if (pane->sent.exact[i] || !pane->lossy[i] || orl_video_has(pane, i))
		return false;
	if (past->last - past->before > MOMENT_MS || idle >= MOMENT_MS)
		return true;
	if (MOMENT_MS - idle < *wait)
		*wait = MOMENT_MS - idle;
	return false;
}

/* How many squares of cells lie between a cell and the pointer. */
static unsigned distance(const struct orl_pane *pane, int32_t col, int32_t row)
{
	const struct oriel_peer *peer = pane->peer;
	int32_t x = pane->sent.width / 2, y = pane->sent.height / 2;

	if (peer->pointer_display == pane->display->id && peer->input_seq) {
		x = orl_min32(orl_max32(peer->pointer_x, 0), pane->sent.width);
		y = orl_min32(orl_max32(peer->pointer_y, 0), pane->sent.height);
	}
	x = col / REFINE_SIDE - x / (ORL_CELL * REFINE_SIDE);
	y = row / REFINE_SIDE - y / (ORL_CELL * REFINE_SIDE);
	return (unsigned)orl_max32(x < 0 ? -x : x, y < 0 ? -y : y);
}

enum { RINGS = ORL_DISPLAY_SIDE_MAX / (ORL_CELL * REFINE_SIDE) + 1 };

/* What may be refined now: how much, how near. */
struct rest {
	uint32_t now, wait;
	size_t cells, previews, left;
	uint32_t ring[RINGS];
};

static void count_rest(
		const struct orl_pane *pane, struct rest *r, bool preview)
{
	const struct orl_canvas *c = &pane->sent;
	size_t i = 0;

	memset(r->ring, 0, sizeof(r->ring));
	r->cells = r->previews = r->left = 0;
	for (int32_t row = 0; row < c->rows; row++)
		for (int32_t col = 0; col < c->cols; col++, i++) {
			r->left += !c->exact[i] && pane->lossy[i] &&
				   !orl_video_has(pane, i);
			if (!is_ready(pane, i, r->now, &r->wait))
				continue;
			r->cells++;
			r->previews += pane->lossy[i] > 1;
			if (!preview || pane->lossy[i] > 1)
				r->ring[distance(pane, col, row)]++;
		}
}

/* The nearest `most` cells. */
static void take_rest(struct orl_pane *pane, struct rest *r, bool preview,
		uint64_t most)
{
	const struct orl_canvas *c = &pane->sent;
	uint8_t *map = preview ? pane->paint : pane->todo;
	unsigned far = 0;
	uint64_t sum = r->ring[0], some;
	size_t i = 0;

	while (far + 1 < RINGS && sum < most)
		sum += r->ring[++far];
	/* Of the farthest ring only some. */
	some = most - orl_min64(most, sum - r->ring[far]);
	for (int32_t row = 0; row < c->rows; row++)
		for (int32_t col = 0; col < c->cols; col++, i++) {
			if (!is_ready(pane, i, r->now, &r->wait) ||
					(preview && pane->lossy[i] == 1))
				continue;
			unsigned d = distance(pane, col, row);
			if (d < far)
				map[i] = 1;
			else if (d == far && some)
				map[i] = 1, some--;
		}
}

bool orl_lossy_refine(struct orl_pane *pane)
{
	struct rest r = { .now = now_ms(pane), .wait = MOMENT_MS };
	uint64_t each = pane->cell_bytes[ORL_CLASS_PICTURE];

	pane->refine_at = 0;
	if (!pane->any_lossy)
		return false;
	count_rest(pane, &r, false);
	pane->any_lossy = r.left > 0;
	if (!r.left)
		return false;
	if (!r.cells) {
		pane->refine_at = orl_now(&pane->peer->server->env) +
				  (uint64_t)r.wait * MS;
		return false;
	}
	bool sharpen = r.previews && is_allowed(pane) &&
		       r.cells * each > bytes_in(pane, SHARPEN_MS);
	if (sharpen) {
		pane->scale = 1;
		pane->quality = ways[2].quality;
		pane->percent = ways[2].percent;
		pane->band_row = pane->band_rows = 0;
		pane->why = ORL_WHY_SHARPER;
		pane->generation++;
		pane->generation += !pane->generation;
		each = pane->jpeg_bytes[0] * pane->percent / 1600;
		count_rest(pane, &r, true);
	}
	take_rest(pane, &r, sharpen,
			bytes_in(pane, STEP_MS) / orl_max64(each, 1) + 1);
	return true;
}
