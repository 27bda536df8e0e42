/*
 * anchors.c - vectors by vote.
 *
 * An anchor is a row of SPAN pixels whose hash happens to begin with zeros,
 * so that the same content gives the same anchors wherever it stands. Those
 * seen once in the old picture are kept in a table; each anchor of the new
 * picture that is found there votes for a vector. Every step is bounded: a
 * table that is full takes no more, a chain that is long is not followed.
 */
#include <string.h>

#include "codecs/anchors.h"

enum {
	SPAN = 16,
	CHUNK = 128, /* pixels sampled at a time, for the vectoriser */
	TABLE_BITS = 16,
	VOTE_BITS = 14,
	PROBES = 8, /* slots looked at in either table */
	/* All rows of the old picture are in the table; half of the new do. */
	NOW_STEP = 2,
	/*
	 * Percent of the cells dirty. Of a large change one chunk in 2 of the
	 * old picture votes and one row in 4 of the new, of a larger one half
	 * as many: what moves is as large.
	 */
	LARGE = 6,
	LARGER = 25,
	MATCHES_MAX = 1 << 15,
	/* Aimed at. Edges are only estimated, so the table is much larger. */
	ANCHORS_AIM = 1 << (TABLE_BITS - 3),
	SAMPLE_BITS_MIN = 3,
	TWICE = 0xffff, /* as x: seen more than once, so of no use */
};

struct anchor {
	uint32_t hash;
	uint16_t x, y; /* all three 0: an empty slot, as x is kept + 1 */
};

struct match {
	uint16_t x, y; /* in the new picture */
	struct orl_vector vector;
};

struct vote {
	struct orl_vector vector;
	uint32_t n;
};

struct orl_anchors {
	const struct orl_env *env;
	uint16_t sample_mask; /* more bits: fewer anchors */
	unsigned chunk_max;   /* a pattern that repeats takes no more */
	bool of_now;          /* anchors look up, else they are put in */
	int32_t step;         /* rows */
	int32_t stride;       /* pixels from chunk to chunk */
	size_t n_matches;
	struct anchor table[1 << TABLE_BITS];
	struct match matches[MATCHES_MAX];
	struct vote votes[1 << VOTE_BITS];
};

int orl_anchors_create(struct orl_anchors **out, const struct orl_env *env)
{
	struct orl_anchors *a = orl_alloc(env, 1, sizeof(*a));
	if (!a)
		return ORIEL_ENOMEM;
	a->env = env;
	*out = a;
	return 0;
}

void orl_anchors_destroy(struct orl_anchors *a)
{
	if (a)
		orl_free(a->env, a);
}

/* The slot of a hash, or an empty one; NULL when the chain is too long. */
static struct anchor *slot_of(struct orl_anchors *a, uint32_t hash)
{
	uint32_t at = (hash * 0x85ebca6bu) >> (32 - TABLE_BITS);
	for (int i = 0; i < PROBES; i++) {
		struct anchor *s = &a->table[at];
		if (!s->x || s->hash == hash)
			return s;
		at = (at + 1) & ((1 << TABLE_BITS) - 1);
	}
	return NULL;
}

static void vote(struct orl_anchors *a, struct orl_vector v)
{
	const uint32_t key = (uint32_t)(uint16_t)v.x << 16 | (uint16_t)v.y;
	uint32_t at = (key * 0x9e3779b1u) >> (32 - VOTE_BITS);
	for (int i = 0; i < PROBES; i++) {
		struct vote *s = &a->votes[at];
		if (!s->n || (s->vector.x == v.x && s->vector.y == v.y)) {
			s->vector = v;
			s->n++;
			return;
		}
		at = (at + 1) & ((1 << VOTE_BITS) - 1);
	}
}

static void found(struct orl_anchors *a, uint32_t hash, int32_t x, int32_t y)
{
	struct anchor *s = slot_of(a, hash);
	if (!s)
		return;
	if (!a->of_now) {
		if (s->x) {
			s->x = TWICE;
			return;
		}
		s->hash = hash;
		s->x = (uint16_t)(x + 1);
		s->y = (uint16_t)y;
		return;
	}
	if (!s->x || s->x == TWICE || a->n_matches == MATCHES_MAX)
		return;
	const struct orl_vector v = { (int16_t)(s->x - 1 - x),
		(int16_t)(s->y - y) };
	if (!v.x && !v.y)
		return;
	a->matches[a->n_matches++] =
			(struct match){ (uint16_t)x, (uint16_t)y, v };
	vote(a, v);
}

/*
 * Of SPAN pixels; unlike the sampling hash it tells contents apart. A sum of
 * products vectorises; the factors are odd, and without a pattern.
 */
ORL_INLINE uint32_t span_hash(const uint32_t *p)
{
	static const uint32_t factor[SPAN] = {
		0x1aaf9ecfu,
		0x9170fa79u,
		0x2f019577u,
		0xbb477269u,
		0x1e57c6fbu,
		0x8c8f8f05u,
		0x07d3ba0fu,
		0x25b34cafu,
		0x95a6fc15u,
		0xc1902343u,
		0x44aa660du,
		0xa833d62du,
		0x4376bb49u,
		0x446924c5u,
		0x2d1ab7d1u,
		0x96149e6du,
	};
	uint32_t h = 0;
	for (size_t i = 0; i < SPAN; i++)
		h += p[i] * factor[i];
	h = (h ^ h >> 16) * 0x9e3779b1u;
	return h ^ h >> 15;
}

/*
 * Where anchors begin: hit[i] is set when the sampling hash of the span at
 * p[i] has `mask` clear and an edge is there. Pixels are folded to 16 bits,
 * which SSE2 multiplies eight at a time; the hash doubles its reach in each
 * step.
 */
ORL_INLINE void sample_chunk(const uint32_t *restrict p, uint16_t mask,
		uint16_t *restrict hit)
{
	uint16_t c[CHUNK + 32], a[CHUNK + 24], b[CHUNK + 16];
	for (size_t i = 0; i < CHUNK + 32; i++)
		c[i] = (uint16_t)(p[i] ^ p[i] >> 13);
	for (size_t i = 0; i < CHUNK + 24; i++)
		a[i] = (uint16_t)(c[i] * 0x6b35u + c[i + 1]);
	for (size_t i = 0; i < CHUNK + 16; i++)
		b[i] = (uint16_t)(a[i] * 0x2f6bu + a[i + 2]);
	for (size_t i = 0; i < CHUNK + 8; i++)
		a[i] = (uint16_t)(b[i] * 0x9e3bu + b[i + 4]);
	for (size_t i = 0; i < CHUNK; i++)
		b[i] = (uint16_t)(a[i] * 0xc2b3u + a[i + 8]);
	for (size_t i = 0; i < CHUNK; i++)
		hit[i] = ((b[i] & mask) == 0) & (c[i] != c[i + 1]);
}

/* Anchors that begin in n <= CHUNK pixels at x, y of a row. */
ORL_INLINE void scan_chunk(struct orl_anchors *a, const uint32_t *p, size_t n,
		int32_t x, int32_t y)
{
	uint16_t hit[CHUNK];
	uint32_t edges = 0;
	for (size_t i = 0; i < CHUNK; i++)
		edges |= p[i] ^ p[i + 1];
	if (!edges)
		return;
	sample_chunk(p, a->sample_mask, hit);
	unsigned found_here = 0;
	uint16_t any = 0;
	for (size_t i = 0; i < CHUNK; i++)
		any |= hit[i];
	if (!any)
		return;
	for (size_t i = 0; i < n; i += 4) {
		uint64_t four;
		memcpy(&four, hit + i, sizeof(four));
		if (!four)
			continue;
		for (size_t k = i; k < i + 4 && k < n; k++) {
			if (!hit[k])
				continue;
			found(a, span_hash(p + k), x + (int32_t)k, y);
			if (++found_here == a->chunk_max)
				return;
		}
	}
}

/*
 * Anchors inside x..end of a row; what is beyond `end` is not looked at. A
 * chunk that equals the one above, which is at above[], says nothing.
 */
ORL_WIDE static void scan_row(struct orl_anchors *a, const uint32_t *row,
		const uint32_t *above, int32_t x, int32_t end, int32_t y)
{
	uint32_t padded[CHUNK + 32];
	for (; x + SPAN <= end; x += a->stride) {
		const size_t n = (size_t)orl_min32(CHUNK, end - SPAN + 1 - x);
		const size_t have = (size_t)(end - x);
		const uint32_t *p = row + x;
		if (above && memcmp(p, above + x,
					     (have < CHUNK + SPAN ? have
								  : CHUNK + SPAN) *
							     sizeof(*p)) == 0)
			continue;
		if (have < ORL_COUNT(padded)) {
			memcpy(padded, p, have * sizeof(*p));
			memset(padded + have, 0,
					(ORL_COUNT(padded) - have) *
							sizeof(*p));
			p = padded;
		}
		scan_chunk(a, p, n, x, y);
	}
}

/* The picture's size and the cells in question. */
struct view {
	const uint32_t *pixels;
	size_t stride;
	int32_t width, height, cols;
	const uint8_t *dirty;
};

/* One run of cells of a cell row. */
static void scan_run(struct orl_anchors *a, const struct view *v, int32_t row,
		int32_t col, int32_t end_col)
{
	const int32_t x = col * ORL_CELL;
	const int32_t end = orl_min32(v->width, end_col * ORL_CELL);
	const int32_t bottom = orl_min32(v->height, (row + 1) * ORL_CELL);
	for (int32_t y = row * ORL_CELL; y < bottom; y += a->step) {
		const uint32_t *line = v->pixels + (size_t)y * v->stride;
		scan_row(a, line, y ? line - v->stride : NULL, x, end, y);
	}
}

/* Where a run of cells that are dirty, with gaps of one at most, ends. */
static int32_t run_end(const uint8_t *dirty, int32_t col, int32_t cols)
{
	int32_t end = col + 1;
	for (; col < cols && col < end + 2; col++)
		if (dirty[col])
			end = col + 1;
	return end;
}

/* Dirty cells, and one more on each side, as content crosses the edges. */
static void scan(struct orl_anchors *a, const struct view *v)
{
	const int32_t rows = (v->height + ORL_CELL - 1) / ORL_CELL;
	for (int32_t r = 0; r < rows; r++) {
		const uint8_t *dirty = v->dirty + (size_t)r * (size_t)v->cols;
		for (int32_t c = 0; c < v->cols; c++) {
			if (!dirty[c])
				continue;
			const int32_t end = run_end(dirty, c, v->cols);
			scan_run(a, v, r, orl_max32(c - 1, 0),
					orl_min32(end + 1, v->cols));
			c = end;
		}
	}
}

/*
 * Edges in dirty cells, from one row of pixels in each row of cells; not
 * always the same, or a pattern could hide between them.
 */
static size_t count_edges(const struct view *v)
{
	size_t n = 0;
	for (int32_t row = 0; row * ORL_CELL < v->height; row++) {
		const int32_t y = orl_min32(v->height - 1,
				row * ORL_CELL + row * 7 % ORL_CELL);
		const uint32_t *line = v->pixels + (size_t)y * v->stride;
		const uint8_t *dirty = v->dirty + (size_t)row * (size_t)v->cols;
		for (int32_t x = 0; x + ORL_CELL < v->width; x += ORL_CELL) {
			const uint32_t *p = line + x;
			if (!dirty[x / ORL_CELL])
				continue;
			for (size_t i = 0; i < ORL_CELL; i++)
				n += p[i] != p[i + 1];
		}
	}
	return n * ORL_CELL;
}

static int32_t thin_out(const struct view *v)
{
	const size_t rows = (size_t)(v->height + ORL_CELL - 1) / ORL_CELL;
	const size_t cells = rows * (size_t)v->cols;
	size_t n = 0;
	for (size_t i = 0; i < cells; i++)
		n += v->dirty[i] != 0;
	const size_t percent = n * 100 / cells;
	return percent < LARGE ? 1 : percent < LARGER ? 2 : 4;
}

/* `thin`: how much is left out, see LARGE. */
static void match_thin(struct orl_anchors *a, struct view v,
		const uint32_t *now, size_t edges, int32_t thin)
{
	unsigned bits = SAMPLE_BITS_MIN;
	memset(a->table, 0, sizeof(a->table));
	memset(a->votes, 0, sizeof(a->votes));
	a->n_matches = 0;
	while (edges / (size_t)thin >> bits > ANCHORS_AIM)
		bits++;
	a->sample_mask = (uint16_t)(0xffff << (16 - bits));
	a->chunk_max = 2 + (4u * CHUNK >> bits);
	a->of_now = false;
	a->step = 1;
	a->stride = CHUNK * thin;
	scan(a, &v);
	v.pixels = now;
	a->of_now = true;
	a->step = NOW_STEP * thin;
	a->stride = CHUNK;
	scan(a, &v);
}

uint32_t orl_anchors_best(const struct orl_anchors *a, struct orl_vector *out)
{
	const struct vote *best = &a->votes[0];
	for (size_t i = 1; i < ORL_COUNT(a->votes); i++)
		if (a->votes[i].n > best->n)
			best = &a->votes[i];
	*out = best->vector;
	return best->n >= ORL_ANCHOR_VOTES ? best->n : 0;
}

void orl_anchors_match(struct orl_anchors *a, const uint32_t *old,
		const uint32_t *now, size_t stride, int32_t width,
		int32_t height, const uint8_t *dirty)
{
	const struct view v = { old, stride, width, height,
		(width + ORL_CELL - 1) / ORL_CELL, dirty };
	const size_t edges = count_edges(&v);
	const int32_t thin = thin_out(&v);
	struct orl_vector best;
	match_thin(a, v, now, edges, thin);
	/* The little of a page that stayed has few votes. */
	if (thin > 1 && !orl_anchors_best(a, &best))
		match_thin(a, v, now, edges, 1);
}

static bool explained(const struct match *m, const struct orl_copy_op *copies,
		size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (m->x >= copies[i].x && m->y >= copies[i].y &&
				m->x - copies[i].x < copies[i].width &&
				m->y - copies[i].y < copies[i].height)
			return true;
	return false;
}

void orl_anchors_settle(struct orl_anchors *a, struct orl_vector vector,
		const struct orl_copy_op *copies, size_t n)
{
	size_t kept = 0;
	memset(a->votes, 0, sizeof(a->votes));
	for (size_t i = 0; i < a->n_matches; i++) {
		const struct match *m = &a->matches[i];
		if ((m->vector.x == vector.x && m->vector.y == vector.y) ||
				explained(m, copies, n))
			continue;
		vote(a, m->vector);
		a->matches[kept++] = *m;
	}
	a->n_matches = kept;
}
