/*
 * hcx.c - the model of HCX; hcx.h describes it step by step. Encoder and
 * decoder are one text: every function takes `decode`, a constant where it is
 * inlined, so that the two cannot drift apart.
 */
#include "codecs/hcx.h"

#include <string.h>

enum {
	SEGMENT = 64, /* pixels of a row that are coded together */
	SIDE = 3,     /* pixels left of a block that count */
	ABOVE = 3,    /* rows above a pixel that count */
	ORDERS = 3,   /* context tables, the widest context first */
	SHELF = 6,    /* colours remembered for one surrounding */
	SHELF_BITS = 13,
	ROW_MAX = ORL_BLOCK_MAX * ORL_CELL,
};

/* An entry: colour (24 bits), confidence (3), check (5, on top). */
enum { TABLE0_BITS = 17, TABLE1_BITS = 17, TABLE2_BITS = 15 };

#define COLOUR 0xffffffU
#define NONE 0xff000000U /* where a colour is expected: there is none */

/* Two estimates of the probability of 0, one quick and one slow. */
struct prob {
	uint16_t quick, slow;
};

struct orl_hcx {
	uint32_t table0[1 << TABLE0_BITS];
	uint32_t table1[1 << TABLE1_BITS];
	uint32_t table2[1 << TABLE2_BITS];
	uint32_t shelf[1 << SHELF_BITS][SHELF];
	uint32_t cache[256];
	uint32_t history; /* a bit a pixel, the last one lowest: 1 unforeseen */
	uint32_t runs;    /* likewise a bit a run: 1 broken off */
	struct prob copy[8], run_ok[7][8], run_at[7][SEGMENT];
	struct prob hit[ORDERS][8][8][4], west[256], north[256];
	struct prob novel[64], shelved[4][SHELF][32];
	struct prob miss[128], index[256], raw[3][6][256];
};

/* A row of the block being coded and those above it. */
struct row {
	uint32_t *line[1 + ABOVE]; /* 0 is this one */
	uint32_t left[1 + ABOVE][SIDE];
	int32_t width;
};

/* What is around a pixel, and what follows from it. */
struct around {
	uint32_t w, n, nw;
	uint32_t hash[ORDERS], shelf;
	unsigned busy; /* 0 to 5 */
};

void orl_hcx_reset(struct orl_hcx *h)
{
	struct prob *p = h->copy;
	size_t n = (sizeof(*h) - offsetof(struct orl_hcx, copy)) / sizeof(*p);
	memset(h, 0, sizeof(*h));
	for (size_t i = 0; i < 1 << SHELF_BITS; i++)
		for (int k = 0; k < SHELF; k++)
			h->shelf[i][k] = NONE;
	for (size_t i = 0; i < n; i++)
		p[i] = (struct prob){ 1 << 15, 1 << 15 };
}

struct orl_hcx *orl_hcx_create(const struct orl_env *env)
{
	struct orl_hcx *h = orl_alloc(env, 1, sizeof(*h));
	if (h)
		orl_hcx_reset(h);
	return h;
}

void orl_hcx_destroy(const struct orl_env *env, struct orl_hcx *h)
{
	orl_free(env, h);
}

/* ---- decisions */

ORL_INLINE unsigned code_bit(
		struct orl_range *r, bool decode, struct prob *p, unsigned bit)
{
	unsigned quick = p->quick, slow = p->slow;
	bit = orl_range_code(r, decode, (quick + slow) >> 1, bit);
	if (bit) {
		p->quick = (uint16_t)(quick - (quick >> 4));
		p->slow = (uint16_t)(slow - (slow >> 7));
	} else {
		p->quick = (uint16_t)(quick + ((65536 - quick) >> 4));
		p->slow = (uint16_t)(slow + ((65536 - slow) >> 7));
	}
	return bit;
}

/* A number below 2^bits, the highest bit first; p[1] to p[2^bits - 1]. */
ORL_INLINE unsigned code_tree(struct orl_range *r, bool decode, struct prob *p,
		int bits, unsigned value)
{
	unsigned m = 1;
	for (int k = bits - 1; k >= 0; k--)
		m = m << 1 | code_bit(r, decode, p + m, value >> k & 1);
	return m - (1U << bits);
}

/* ---- surroundings */

/* The pixel at x of the n-th line up; x is at least -SIDE. */
static inline uint32_t at(const struct row *row, int n, int32_t x)
{
	if (x < 0)
		return row->left[n][-x - 1];
	return row->line[n][x < row->width ? x : row->width - 1];
}

static inline uint32_t stir(uint32_t h)
{
	h *= 0x9E3779B1U;
	h ^= h >> 15;
	h *= 0x85EBCA6BU;
	return h ^ h >> 13;
}

static inline unsigned distance(uint32_t a, uint32_t b)
{
	a = a >> 8 & 255;
	b = b >> 8 & 255;
	return a < b ? b - a : a - b;
}

/* What is around x, near an end of the row; [SIDE] stands for x. */
static void look_at_end(uint32_t near[][8], const struct row *row, int32_t x)
{
	for (int n = 0; n <= ABOVE; n++)
		for (int i = -SIDE; i <= (n ? 2 : -1); i++)
			near[n][SIDE + i] = at(row, n, x + i);
}

static inline void look_around(
		struct around *a, const struct row *row, int32_t x)
{
	uint32_t end[1 + ABOVE][8];
	const uint32_t *now = row->line[0] + x, *up = row->line[1] + x;
	const uint32_t *upper = row->line[2] + x, *top = row->line[3] + x;
	if (x < SIDE || x + 2 >= row->width) {
		look_at_end(end, row, x);
		now = end[0] + SIDE;
		up = end[1] + SIDE;
		upper = end[2] + SIDE;
		top = end[3] + SIDE;
	}
	a->w = now[-1];
	a->n = up[0];
	a->nw = up[-1];
	uint32_t h = a->w * 0x9E3779B1U + a->n * 0x85EBCA77U +
		     a->nw * 0xC2B2AE3DU;
	a->shelf = stir(h);
	h += up[1] * 0x27D4EB2FU;
	a->hash[2] = stir(h);
	h += now[-2] * 0x165667B1U + upper[0] * 0xD6E8FEB9U;
	a->hash[1] = stir(h);
	h += now[-3] * 0x8CB92BA7U + up[-2] * 0x2545F491U +
	     up[2] * 0xA0761D65U + upper[-2] * 0xE7037ED1U +
	     upper[-1] * 0x8EBC6AF1U + upper[1] * 0x589965CDU +
	     upper[2] * 0x1D8E4E27U + top[-1] * 0xEB44ACCBU +
	     top[0] * 0x94D049BBU + top[1] * 0xBF58476DU;
	a->hash[0] = stir(h);
	unsigned d = distance(a->w, a->nw) + distance(a->n, a->nw);
	a->busy = 0U + (d > 1) + (d > 4) + (d > 10) + (d > 20) + (d > 40);
}

/*
 * For how many pixels from x on, not past end, everything around but the
 * pixels themselves has the colour of the pixel left of x.
 */
static int32_t flat(const struct row *row, int32_t x, int32_t end)
{
	const uint32_t *up = row->line[1], *upper = row->line[2];
	uint32_t w = at(row, 0, x - 1);
	int32_t i = x, fast = orl_min32(end, row->width - 2);
	if (up[x] != w || at(row, 1, x - 1) != w || at(row, 1, x + 1) != w ||
			upper[x] != w)
		return 0;
	while (i < fast && up[i + 2] == w && upper[i + 1] == w &&
			row->line[3][i] == w)
		i++;
	if (i < fast)
		return i - x;
	while (i < end && at(row, 1, i + 2) == w && at(row, 2, i + 1) == w &&
			row->line[3][i] == w)
		i++;
	return i - x;
}

/* ---- colours */

static inline int median(int a, int b, int c)
{
	int hi = a > b ? a : b, lo = a < b ? a : b;
	return c >= hi ? lo : c <= lo ? hi : a + b - c;
}

/* A colour that nothing foretold: from the cache or in full. */
ORL_INLINE uint32_t code_colour(struct orl_hcx *h, struct orl_range *r,
		bool decode, uint32_t colour, const struct around *a)
{
	unsigned slot = stir(colour) >> 24;
	unsigned same = (a->w == a->n ? 1 : 0) | (a->n == a->nw ? 2 : 0);
	struct prob *p = &h->miss[same | (h->history & 3) << 2 | a->busy << 4];
	if (!code_bit(r, decode, p, h->cache[slot] != colour))
		return h->cache[code_tree(r, decode, h->index, 8, slot)];

	static const uint8_t shift[3] = { 8, 0, 16 };
	unsigned context = a->busy;
	int green = 0;
	uint32_t v = 0;
	for (int i = 0; i < 3; i++) {
		int s = shift[i];
		int guess = green + median(a->w >> s & 255, a->n >> s & 255,
						    a->nw >> s & 255);
		guess = guess < 0 ? 0 : guess > 255 ? 255 : guess;
		unsigned d = ((colour >> s) - (unsigned)guess) & 255;
		d = code_tree(r, decode, h->raw[i][context], 8, d);
		unsigned value = ((unsigned)guess + d) & 255;
		v |= value << s;
		if (!i)
			green = (int)value - guess;
		d = d > 127 ? 256 - d : d;
		context = 0U + (d > 0) + (d > 2) + (d > 7);
	}
	h->cache[stir(v) >> 24] = v;
	return v;
}

/* ---- context tables */

static inline uint32_t check_of(uint32_t hash)
{
	return hash << 27;
}

static inline unsigned confidence(uint32_t entry)
{
	return entry >> 24 & 7;
}

/* The entry of a context, or the one of its pair that is worth less. */
static inline uint32_t *find(uint32_t *table, int bits, uint32_t hash)
{
	uint32_t *p = table + (hash >> (32 - bits));
	uint32_t *q = table + (hash >> (32 - bits) ^ 1);
	if ((*p ^ hash << 27) >> 27 == 0)
		return p;
	if ((*q ^ hash << 27) >> 27 == 0)
		return q;
	return confidence(*p) <= confidence(*q) ? p : q;
}

static inline void learn(
		uint32_t *entry, uint32_t hash, uint32_t colour, bool defend)
{
	uint32_t e = *entry;
	bool known = (e ^ check_of(hash)) >> 27 == 0;
	if (known && (e & COLOUR) == colour)
		*entry = confidence(e) < 7 ? e + (1 << 24) : e;
	else if (confidence(e) > 1 && (known || defend))
		*entry = (e & ~(7U << 24)) | confidence(e) >> 1 << 24;
	else
		*entry = colour | check_of(hash);
}

/* What the tables say of a pixel: entries, colours, confidences. */
struct guess {
	uint32_t *entry[ORDERS];
	uint32_t colour[ORDERS];
	unsigned confidence[ORDERS];
	bool known[ORDERS];
};

static inline void look_up(struct orl_hcx *h, struct guess *g,
		const struct around *a, uint32_t except)
{
	g->entry[0] = find(h->table0, TABLE0_BITS, a->hash[0]);
	g->entry[1] = find(h->table1, TABLE1_BITS, a->hash[1]);
	g->entry[2] = &h->table2[a->hash[2] >> (32 - TABLE2_BITS)];
	for (int i = 0; i < ORDERS; i++) {
		uint32_t e = *g->entry[i];
		g->known[i] = (e ^ check_of(a->hash[i])) >> 27 == 0;
		g->confidence[i] = g->known[i] ? confidence(e) : 0;
		g->colour[i] = g->known[i] && (e & COLOUR) != except
					       ? e & COLOUR
					       : NONE;
	}
}

/* A wider context is entered only where the narrower one does not do. */
static inline void learn_all(
		const struct guess *g, const struct around *a, uint32_t v)
{
	bool sure1 = g->colour[1] == v && g->confidence[1] > 0;
	bool sure2 = g->colour[2] == v && g->confidence[2] > 0;
	if (g->known[0] || !sure1)
		learn(g->entry[0], a->hash[0], v, true);
	if (g->known[1] || !sure2)
		learn(g->entry[1], a->hash[1], v, true);
	learn(g->entry[2], a->hash[2], v, false);
}

/* How far the next narrower context agrees with the i-th, 0 to 5. */
static inline unsigned agreement(const struct guess *g, int i)
{
	for (int k = i + 1; k < ORDERS; k++) {
		unsigned sure = g->confidence[k] > 2;
		if (g->colour[k] == NONE)
			continue;
		if (g->colour[k] != g->colour[i])
			return 4 + sure;
		return 1 + sure + (k == i + 1 && g->confidence[k] > 5);
	}
	return 0;
}

static inline bool guessed(const struct guess *g, uint32_t v)
{
	return v == g->colour[0] || v == g->colour[1] || v == g->colour[2];
}

static inline void put_on_shelf(uint32_t *shelf, int at_, uint32_t v)
{
	for (; at_ > 0; at_--)
		shelf[at_] = shelf[at_ - 1];
	shelf[0] = v;
}

/* Pixels that the tables or the neighbours foretell; NONE for others. */
ORL_INLINE uint32_t code_hit(struct orl_hcx *h, struct orl_range *r,
		bool decode, const struct around *a, const struct guess *g,
		uint32_t c, uint32_t except, unsigned *n_tried)
{
	unsigned tried = 0;
	for (int i = 0; i < ORDERS; i++) {
		uint32_t v = g->colour[i];
		if (v == NONE || (i > 0 && v == g->colour[0]) ||
				(i > 1 && v == g->colour[1]))
			continue;
		struct prob *p = &h->hit[i][g->confidence[i]][agreement(g, i)]
					[(v == a->w) | (v == a->n) << 1];
		if (!code_bit(r, decode, p, c != v))
			return v;
		tried++;
	}
	*n_tried = tried;
	unsigned context = tried << 1 | (h->history & 3) << 3 |
			   (a->busy + 1) >> 1 << 6;
	if (a->w != except && !guessed(g, a->w) &&
			!code_bit(r, decode,
					&h->west[context | (a->n == a->nw)],
					c != a->w))
		return a->w;
	if (a->n != a->w && a->n != except && !guessed(g, a->n) &&
			!code_bit(r, decode,
					&h->north[context | (a->w == a->nw)],
					c != a->n))
		return a->n;
	return NONE;
}

/*
 * Begin to load what the tables have on a pixel. They are larger than the
 * nearer caches, and what else an update does has pushed them out.
 */
static inline void fetch(const struct orl_hcx *h, const struct around *a)
{
	__builtin_prefetch(&h->table0[a->hash[0] >> (32 - TABLE0_BITS)]);
	__builtin_prefetch(&h->table1[a->hash[1] >> (32 - TABLE1_BITS)]);
	__builtin_prefetch(&h->table2[a->hash[2] >> (32 - TABLE2_BITS)]);
	__builtin_prefetch(h->shelf[a->shelf >> (32 - SHELF_BITS)]);
}

static bool is_novel(const struct around *a, const struct guess *g,
		const uint32_t *shelf, uint32_t c)
{
	bool novel = !guessed(g, c) && c != a->w && c != a->n;
	for (int i = 0; novel && i < SHELF; i++)
		novel = shelf[i] != c;
	return novel;
}

/* One pixel, known not to be `except`. */
ORL_INLINE uint32_t code_pixel(struct orl_hcx *h, struct orl_range *r,
		bool decode, uint32_t c, struct around a, uint32_t except)
{
	uint32_t v = NONE;
	unsigned recent = h->history & 3, tried = 0;
	bool novel = false;
	struct guess g;

	look_up(h, &g, &a, except);
	uint32_t *shelf = h->shelf[a.shelf >> (32 - SHELF_BITS)];
	if (recent == 3) {
		struct prob *p = &h->novel[(a.busy + 1) >> 1 |
					   (h->history >> 2 & 15) << 2];
		novel = code_bit(r, decode, p,
				!decode && is_novel(&a, &g, shelf, c));
	}
	if (!novel)
		v = code_hit(h, r, decode, &a, &g, c, except, &tried);
	if (v != NONE) {
		h->history <<= 1;
		learn_all(&g, &a, v);
		return v;
	}
	int place = SHELF - 1;
	unsigned failed = 0;
	for (int i = 0; i < SHELF && !novel; i++) {
		uint32_t s = shelf[i];
		if (s == NONE || s == except || s == a.w || s == a.n ||
				guessed(&g, s))
			continue;
		struct prob *p = &h->shelved[failed][i][(a.w == a.n) |
							tried << 1 |
							recent << 3];
		if (!code_bit(r, decode, p, c != s)) {
			v = s;
			place = i;
			break;
		}
		failed += failed < 3;
	}
	if (v == NONE)
		v = code_colour(h, r, decode, c, &a);
	put_on_shelf(shelf, place, v);
	h->history = h->history << 1 | 1;
	if (novel) {
		for (int i = 0; i < ORDERS; i++)
			learn(g.entry[i], a.hash[i], v, i < 2);
	} else {
		learn_all(&g, &a, v);
	}
	return v;
}

/* ---- rows */

static inline int log2_floor(unsigned v)
{
	int n = 0;
	while (v >>= 1)
		n++;
	return n;
}

static inline void fill(uint32_t *p, int32_t n, uint32_t v)
{
	for (int32_t i = 0; i < n; i++)
		p[i] = v;
}

/* What is around the pixel that will be coded next, for the encoder. */
static inline void look_ahead(const struct orl_hcx *h, struct around *a,
		const struct row *row, int32_t x)
{
	look_around(a, row, x);
	fetch(h, a);
}

/* A run of n of at most `most` pixels; returns n, less if it is broken off. */
ORL_INLINE int32_t code_run(struct orl_hcx *h, struct orl_range *r, bool decode,
		int32_t most, int32_t n)
{
	struct prob *p = &h->run_ok[log2_floor((unsigned)most)][h->runs & 7];
	unsigned broken = code_bit(r, decode, p, n < most);
	h->runs = h->runs << 1 | broken;
	if (!broken)
		return most;
	if (most == 1)
		return 0;
	int bits = log2_floor((unsigned)most - 1) + 1;
	n = (int32_t)code_tree(r, decode, h->run_at[bits], bits, (unsigned)n);
	/* A broken section may say anything. */
	return orl_min32(n, most - 1);
}

ORL_INLINE void code_segment(struct orl_hcx *h, struct orl_range *r,
		bool decode, const struct row *row, int32_t x, int32_t end)
{
	uint32_t *c = row->line[0];
	struct around ahead = { 0 };
	int32_t seen = -1; /* the pixel that `ahead` is around */
	while (x < end) {
		uint32_t except = NONE;
		int32_t most = flat(row, x, end), n = 0;
		if (most) {
			uint32_t w = at(row, 0, x - 1);
			while (!decode && n < most && c[x + n] == w)
				n++;
			if (!decode && n < most && seen != x + n) {
				seen = x + n;
				look_ahead(h, &ahead, row, seen);
			}
			n = code_run(h, r, decode, most, n);
			if (decode)
				fill(c + x, n, w);
			x += n;
			if (n == most)
				continue;
			except = w;
		}
		struct around a = ahead;
		if (x != seen)
			look_around(&a, row, x);
		if (!decode && x + 1 < end) {
			seen = x + 1;
			look_ahead(h, &ahead, row, seen);
		}
		uint32_t v = code_pixel(
				h, r, decode, decode ? 0 : c[x], a, except);
		if (decode)
			c[x] = v;
		x++;
	}
}

/* The value of a pixel outside the block, see canvas.h. */
static uint32_t outside(const struct orl_canvas *c, unsigned slice, int32_t x,
		int32_t y)
{
	if (x < 0 || y < 0)
		return 0;
	int32_t col = x / ORL_CELL, row = y / ORL_CELL;
	if (orl_canvas_slice(c, row) != slice ||
			!c->usable[(size_t)row * (size_t)c->cols + (size_t)col])
		return 0;
	return c->pixels[(size_t)y * c->stride + (size_t)x];
}

ORL_INLINE void code_block(struct orl_hcx *h, struct orl_range *to, bool decode,
		const struct orl_canvas *c, const struct orl_block_op *b)
{
	struct orl_range r = *to; /* so that it can live in registers */
	uint32_t above[ABOVE][ROW_MAX];
	/* A bit a row for each segment, the last one lowest: 1 copied. */
	uint8_t last[(ROW_MAX + SEGMENT - 1) / SEGMENT] = { 0 };
	unsigned slice = orl_canvas_slice(c, b->row);
	int32_t x0 = b->col * ORL_CELL, y0 = b->row * ORL_CELL;
	int32_t y1 = orl_min32(y0 + b->rows * ORL_CELL, c->height);
	struct row row = { .width = orl_min32(
					   b->cols * ORL_CELL, c->width - x0) };

	for (int n = 0; n < ABOVE; n++) {
		for (int32_t x = 0; x < row.width; x++)
			above[n][x] = outside(c, slice, x0 + x, y0 - 1 - n);
		row.line[n] = above[n];
		for (int k = 0; k < SIDE; k++)
			row.left[n][k] = outside(
					c, slice, x0 - 1 - k, y0 - 1 - n);
	}
	for (int32_t y = y0; y < y1 && r.over <= ORL_RANGE_OVER; y++) {
		memmove(row.line + 1, row.line, ABOVE * sizeof(*row.line));
		memmove(row.left + 1, row.left, ABOVE * sizeof(*row.left));
		row.line[0] = c->pixels + (size_t)y * c->stride + x0;
		for (int k = 0; k < SIDE; k++)
			row.left[0][k] = outside(c, slice, x0 - 1 - k, y);
		for (int32_t x = 0; x < row.width; x += SEGMENT) {
			int32_t n = orl_min32(SEGMENT, row.width - x);
			uint32_t *p = row.line[0] + x, *u = row.line[1] + x;
			size_t bytes = (size_t)n * sizeof(*p);
			uint8_t *same = &last[x / SEGMENT];
			unsigned beside = x ? same[-1] & 1U : 0;
			unsigned differs = code_bit(&r, decode,
					&h->copy[(*same & 3) | beside << 2],
					!decode && memcmp(p, u, bytes) != 0);
			*same = (uint8_t)(*same << 1 | !differs);
			if (differs)
				code_segment(h, &r, decode, &row, x, x + n);
			else if (decode)
				memcpy(p, u, bytes);
		}
	}
	*to = r;
}

void orl_hcx_encode(struct orl_hcx *h, struct orl_range *r,
		const struct orl_canvas *c, const struct orl_block_op *b)
{
	code_block(h, r, false, c, b);
}

void orl_hcx_decode(struct orl_hcx *h, struct orl_range *r,
		const struct orl_canvas *c, const struct orl_block_op *b)
{
	code_block(h, r, true, c, b);
}
