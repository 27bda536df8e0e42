/*
 * prop_layer.c - two canvases with a lossy layer: whatever is copied, coded,
 * opened and painted, in any order, both ends agree which cells are exact and
 * which take what paint; exact cells are equal bit for bit; what the client
 * sees is what a plain picture says that knows nothing of cells; and in lossy
 * cells the server holds the pixels that were to be seen.
 */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codecs/jpeg.h"
#include "codecs/layer.h"
#include "proto/io/host.h"

enum { CAP = 1 << 20, OPS = 12, SIDE = 200 };

static uint64_t seed;

static uint32_t below(uint32_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 33) % n;
}

struct pair {
	struct orl_canvas server, client;
	struct orl_jpeg *jpeg;
	/* What each should hold, pixel by pixel; of the client's, what was
	 * never written is not known. */
	uint32_t wanted[SIDE * SIDE], seen[SIDE * SIDE];
	bool known[SIDE * SIDE];
	uint32_t generation;
	uint8_t out[CAP];
};

static struct pair p;

static size_t at(int32_t x, int32_t y)
{
	return (size_t)(y * SIDE + x);
}

static void draw(int32_t x0, int32_t y0, int32_t w, int32_t h)
{
	uint32_t kind = below(3), a = below(1 << 24), b = below(1 << 24);

	for (int32_t y = y0; y < y0 + h; y++)
		for (int32_t x = x0; x < x0 + w; x++) {
			uint32_t ux = (uint32_t)x, uy = (uint32_t)y, v = a;
			if (kind == 1)
				v = (ux * 7 ^ uy * 13) % 11 < 3 ? b : a;
			else if (kind == 2)
				v = (ux * 3 + a) << 16 | uy << 8 | a % 99;
			p.server.pixels[(size_t)y * p.server.stride + ux] =
					p.wanted[at(x, y)] = v & 0xffffff;
		}
}

static struct orl_cells random_cells(void)
{
	const struct orl_canvas *c = &p.server;
	struct orl_cells r = { (int32_t)below((uint32_t)c->cols),
		(int32_t)below((uint32_t)c->rows), 1, 1 };

	r.cols += (int32_t)below((uint32_t)(c->cols - r.col));
	r.rows += (int32_t)below((uint32_t)(c->rows - r.row));
	return r;
}

static void check(void)
{
	const struct orl_canvas *a = &p.server, *b = &p.client;
	size_t cells = (size_t)a->cols * (size_t)a->rows;

	assert_memory_equal(a->exact, b->exact, cells);
	assert_int_equal(!a->generation, !b->generation);
	if (a->generation)
		assert_memory_equal(a->generation, b->generation,
				cells * sizeof(*a->generation));
	for (int32_t row = 0; row < a->rows; row++)
		assert_true(orl_canvas_hash(a, row) == orl_canvas_hash(b, row));
	for (int32_t y = 0; y < a->height; y++)
		for (int32_t x = 0; x < a->width; x++) {
			size_t i = (size_t)y * a->stride + (size_t)x;
			bool exact = a->exact[y / ORL_CELL * a->cols +
					      x / ORL_CELL];
			if (a->pixels[i] != p.wanted[at(x, y)])
				fail_msg("server %d,%d", x, y);
			if (exact && b->pixels[i] != a->pixels[i])
				fail_msg("exact %d,%d", x, y);
			if (exact && a->generation &&
					a->generation[y / ORL_CELL * a->cols +
							x / ORL_CELL])
				fail_msg("exact, of a generation: %d,%d", x, y);
			if (p.known[at(x, y)] &&
					b->pixels[i] != p.seen[at(x, y)])
				fail_msg("client %d,%d: %06x, not %06x", x, y,
						b->pixels[i], p.seen[at(x, y)]);
		}
}

static void copies(void)
{
	static uint32_t wanted[SIDE * SIDE], seen[SIDE * SIDE];
	static bool known[SIDE * SIDE];
	uint32_t w = (uint32_t)p.server.width, h = (uint32_t)p.server.height;
	struct orl_copy_op ops[3];
	size_t n = 1 + below(3);

	for (size_t i = 0; i < n; i++) {
		struct orl_copy_op *o = &ops[i];
		o->width = (uint16_t)(1 + below(w));
		o->height = (uint16_t)(1 + below(h));
		o->x = (uint16_t)below(w - o->width + 1);
		o->y = (uint16_t)below(h - o->height + 1);
		o->from_x = (uint16_t)below(w - o->width + 1);
		o->from_y = (uint16_t)below(h - o->height + 1);
	}
	int err = orl_canvas_begin(&p.server, ops, n, NULL, 0);
	assert_int_equal(orl_canvas_begin(&p.client, ops, n, NULL, 0), err);
	if (err)
		return; /* they overlap */
	memcpy(wanted, p.wanted, sizeof(wanted));
	memcpy(seen, p.seen, sizeof(seen));
	memcpy(known, p.known, sizeof(known));
	for (size_t i = 0; i < n; i++)
		for (int32_t y = 0; y < ops[i].height; y++)
			for (int32_t x = 0; x < ops[i].width; x++) {
				size_t to = at(ops[i].x + x, ops[i].y + y);
				size_t from = at(ops[i].from_x + x,
						ops[i].from_y + y);
				p.wanted[to] = wanted[from];
				p.seen[to] = seen[from];
				p.known[to] = known[from];
			}
}

static void block(void)
{
	struct orl_cells r = random_cells();
	struct orl_block_op op = { (uint16_t)r.col, (uint16_t)r.row,
		(uint8_t)r.cols, (uint8_t)r.rows,
		below(2) ? ORL_OP_RES : ORL_OP_HCX };
	struct oriel_rect px = orl_cells_rect(&p.server, &r);
	size_t lengths[ORL_SLICES_MAX + 1], n;

	int err = orl_canvas_begin(&p.server, NULL, 0, &op, 1);
	assert_int_equal(orl_canvas_begin(&p.client, NULL, 0, &op, 1), err);
	if (err)
		return; /* not in one band */
	if (below(3))
		draw(px.x, px.y, px.width, px.height);
	assert_int_equal(orl_canvas_encode(&p.server, &op, 1, p.out, CAP,
					 lengths, &n),
			0);
	assert_int_equal(n, 1);
	assert_int_equal(orl_canvas_decode(&p.client, &op, 1, p.out, lengths[0],
					 lengths, 1),
			0);
	for (int32_t y = px.y; y < px.y + px.height; y++)
		for (int32_t x = px.x; x < px.x + px.width; x++) {
			p.seen[at(x, y)] = p.wanted[at(x, y)];
			p.known[at(x, y)] = true;
		}
}

static void open_cells(void)
{
	struct orl_cells r = random_cells();

	if (!below(4) || !p.generation)
		p.generation++;
	assert_int_equal(orl_layer_open(&p.server, &r, p.generation), 0);
	assert_int_equal(orl_layer_open(&p.client, &r, p.generation), 0);
}

/* As what is late would: of the newest generation, or of one before. */
static void picture(void)
{
	const struct orl_canvas *c = &p.server;
	struct orl_cells r = random_cells();
	struct oriel_rect px = orl_cells_rect(c, &r);
	uint32_t g = p.generation - (p.generation > 1 && !below(5));
	unsigned scale = 1u << below(4);
	int32_t width = orl_layer_small(px.width, scale);
	int32_t height = orl_layer_small(px.height, scale);
	size_t pixels = (size_t)width * (size_t)height, n;
	uint32_t *small = calloc(pixels + 2 * (size_t)px.width, 4);
	const uint8_t *data;

	/* The server's cells hold what is coded. */
	for (int32_t row = r.row; row < r.row + r.rows; row++)
		for (int32_t col = r.col; col < r.col + r.cols; col++) {
			struct orl_cells one = { col, row, 1, 1 };
			struct oriel_rect b = orl_cells_rect(c, &one);
			if (orl_layer_takes(c, col, row, g))
				draw(b.x, b.y, b.width, b.height);
		}
	orl_layer_shrink(small,
			c->pixels + (size_t)px.y * c->stride + (size_t)px.x,
			c->stride, px.width, px.height, scale);
	assert_int_equal(orl_jpeg_encode(p.jpeg, small, (size_t)width, width,
					 height, 1 + (int)below(100), below(2),
					 &data, &n),
			0);
	uint8_t *bytes = malloc(n);
	memcpy(bytes, data, n);
	assert_int_equal(
			orl_jpeg_decode(p.jpeg, bytes, n, small, width, height),
			0);
	free(bytes);
	orl_layer_paint_small(&p.client, g, px, small, scale, small + pixels);
	free(small);
	/* Which pixels: those of cells that take it, and no others. */
	for (int32_t y = px.y; y < px.y + px.height; y++)
		for (int32_t x = px.x; x < px.x + px.width; x++)
			if (orl_layer_takes(c, x / ORL_CELL, y / ORL_CELL, g)) {
				p.seen[at(x, y)] =
						p.client.pixels[(size_t)y * p.client.stride +
								(size_t)x];
				p.known[at(x, y)] = true;
			}
}

static void run(int32_t width, int32_t height, unsigned slices, int ops)
{
	struct orl_env env;

	memset(&p, 0, sizeof(p));
	assert_int_equal(orl_host_env(&env, NULL), 0);
	assert_int_equal(orl_jpeg_create(&p.jpeg, &env), 0);
	assert_int_equal(
			orl_canvas_init(&p.server, &env, width, height, slices),
			0);
	assert_int_equal(
			orl_canvas_init(&p.client, &env, width, height, slices),
			0);
	while (ops--) {
		switch (below(8)) {
		case 0:
		case 1:
			copies();
			break;
		case 2:
		case 3:
			block();
			break;
		case 4:
		case 5:
			open_cells();
			break;
		case 6:
			picture();
			break;
		default:
			if (below(8))
				break;
			orl_canvas_reset(&p.server);
			orl_canvas_reset(&p.client);
		}
		check();
	}
	orl_canvas_fini(&p.server);
	orl_canvas_fini(&p.client);
	orl_jpeg_destroy(p.jpeg);
}

static void both_ends_agree(void **state)
{
	(void)state;
	for (int i = 0; i < 25; i++)
		run(1 + (int32_t)below(SIDE), 1 + (int32_t)below(SIDE),
				1u << below(3), 60);
}

/* A picture of one colour stays one, at every scale and every edge. */
static void flat_stays_flat(void **state)
{
	struct orl_env env;
	struct orl_canvas c;
	static uint32_t small[SIDE * SIDE + 2 * SIDE];

	(void)state;
	assert_int_equal(orl_host_env(&env, NULL), 0);
	for (int32_t width = 1; width < 70; width += 4)
		for (unsigned scale = 1; scale <= 8; scale *= 2) {
			int32_t height = 70 - width;
			uint32_t colour = below(1 << 24);
			assert_int_equal(orl_canvas_init(&c, &env, width,
							 height, 1),
					0);
			struct orl_cells all = { 0, 0, c.cols, c.rows };
			assert_int_equal(orl_layer_open(&c, &all, 1), 0);
			for (int32_t i = 0; i < width * height; i++)
				c.pixels[i] = colour;
			orl_layer_shrink(small, c.pixels, c.stride, width,
					height, scale);
			memset(c.pixels, 0, (size_t)(width * height) * 4);
			orl_layer_paint_small(&c, 1,
					(struct oriel_rect){
							0, 0, width, height },
					small, scale, small + SIDE * SIDE);
			for (int32_t i = 0; i < width * height; i++)
				assert_int_equal(c.pixels[i], colour);
			orl_canvas_fini(&c);
		}
}

int main(void)
{
	const char *given = getenv("SEED");
	struct orl_env env;

	seed = given ? strtoull(given, NULL, 0) : 0x9E3779B97F4A7C15U;
	if (!given && orl_host_env(&env, NULL) == 0)
		(void)orl_random(&env, &seed, sizeof(seed));
	seed |= 1;
	printf("SEED=0x%llx\n", (unsigned long long)seed);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_ends_agree),
		cmocka_unit_test(flat_stays_flat),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
