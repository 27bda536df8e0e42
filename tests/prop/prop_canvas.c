/*
 * prop_canvas.c - two canvases that are told the same stay the same: random
 * sizes, slices, copies, blocks of both classes, budgets, spoils and resets,
 * and the sections of a part decoded in any order.
 */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codecs/canvas.h"
#include "proto/io/host.h"

enum { CAP = 1 << 20, OPS = 24 };

static uint64_t seed;

static uint32_t below(uint32_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 33) % n;
}

/* Something that looks like a desktop: flat, text, stripes, gradients, noise. */
static void scribble(struct orl_canvas *c, int32_t x0, int32_t y0, int32_t w,
		int32_t h)
{
	static const uint32_t ink[] = { 0, 0xffffff, 0x808080, 0x3a6ea5 };
	uint32_t kind = below(6), a = ink[below(4)], b = ink[below(4)];
	for (int32_t y = y0; y < y0 + h; y++)
		for (int32_t x = x0; x < x0 + w; x++) {
			uint32_t v = a;
			uint32_t ux = (uint32_t)x, uy = (uint32_t)y;
			if (kind == 1)
				v = (ux * 7 ^ uy * 13) % 11 < 3 ? b : a;
			else if (kind == 2)
				v = uy % 8 < 2 ? b : a;
			else if (kind == 3)
				v = (ux << 16 | uy << 8 | (ux + uy)) & 0xffffff;
			else if (kind == 4)
				v = below(1 << 24);
			else if (kind == 5)
				v = below(9) ? a : b;
			c->pixels[(size_t)y * c->stride + (size_t)x] = v;
		}
}

static size_t random_copies(const struct orl_canvas *c, struct orl_copy_op *out)
{
	uint8_t *seen = calloc((size_t)c->width, (size_t)c->height);
	size_t n = 0, want = below(4);
	uint32_t w = (uint32_t)c->width, h = (uint32_t)c->height;
	for (int tries = 0; n < want && tries < 12; tries++) {
		struct orl_copy_op o = { .width = (uint16_t)(1 + below(w)),
			.height = (uint16_t)(1 + below(h)) };
		if (below(2)) {
			o.width = (uint16_t)(1 + o.width / 3);
			o.height = (uint16_t)(1 + o.height / 3);
		}
		o.x = (uint16_t)below(w - o.width + 1);
		o.y = (uint16_t)below(h - o.height + 1);
		o.from_x = (uint16_t)below(w - o.width + 1);
		o.from_y = (uint16_t)below(h - o.height + 1);
		bool free = true;
		for (uint32_t y = o.y; free && y < o.y + (uint32_t)o.height;
				y++)
			free = !memchr(seen + y * w + o.x, 1, o.width);
		if (!free)
			continue;
		for (uint32_t y = o.y; y < o.y + (uint32_t)o.height; y++)
			memset(seen + y * w + o.x, 1, o.width);
		out[n++] = o;
	}
	free(seen);
	return n;
}

/* Disjoint blocks; HCX ones are cut where their slice ends. */
static size_t random_blocks(
		const struct orl_canvas *c, struct orl_block_op *out)
{
	uint8_t *seen = calloc((size_t)c->cols, (size_t)c->rows);
	size_t n = 0, want = below(OPS);
	for (int tries = 0; n < want && tries < 60; tries++) {
		struct orl_block_op b = {
			.col = (uint16_t)below((uint32_t)c->cols),
			.row = (uint16_t)below((uint32_t)c->rows),
			.op = below(3) ? ORL_OP_HCX : ORL_OP_RES,
		};
		b.cols = (uint8_t)(1 + below((uint32_t)(c->cols - b.col)));
		b.rows = (uint8_t)(1 + below((uint32_t)(c->rows - b.row)));
		while (b.op == ORL_OP_HCX &&
				orl_canvas_slice(c, b.row) !=
						orl_canvas_slice(c,
								b.row + b.rows -
										1))
			b.rows--;
		bool free = true;
		for (int32_t r = b.row; free && r < b.row + b.rows; r++)
			free = !memchr(seen + r * c->cols + b.col, 1, b.cols);
		if (!free)
			continue;
		for (int32_t r = b.row; r < b.row + b.rows; r++)
			memset(seen + r * c->cols + b.col, 1, b.cols);
		out[n++] = b;
	}
	free(seen);
	return n;
}

static void assert_equal(const struct orl_canvas *a, const struct orl_canvas *b)
{
	size_t cells = (size_t)a->cols * (size_t)a->rows;
	assert_memory_equal(a->exact, b->exact, cells);
	for (int32_t y = 0; y < a->height; y++)
		for (int32_t x = 0; x < a->width; x++) {
			size_t i = (size_t)y * a->stride + (size_t)x;
			if (!a->exact[y / ORL_CELL * a->cols + x / ORL_CELL])
				continue;
			if (a->pixels[i] != b->pixels[i])
				fail_msg("pixel %d,%d: %06x, not %06x", x, y,
						b->pixels[i], a->pixels[i]);
		}
	for (int32_t row = 0; row < a->rows; row++)
		assert_true(orl_canvas_hash(a, row) == orl_canvas_hash(b, row));
}

static void pixels_of_block(const struct orl_canvas *c,
		const struct orl_block_op *b, int32_t box[4])
{
	box[0] = b->col * ORL_CELL;
	box[1] = b->row * ORL_CELL;
	box[2] = orl_min32(b->cols * ORL_CELL, c->width - box[0]);
	box[3] = orl_min32(b->rows * ORL_CELL, c->height - box[1]);
}

static void one_part(struct orl_canvas *a, struct orl_canvas *b, uint8_t *out)
{
	struct orl_copy_op copies[4];
	struct orl_block_op blocks[OPS];
	size_t lengths[ORL_SLICES_MAX + 1], n, at[ORL_SLICES_MAX + 1];
	unsigned id[ORL_SLICES_MAX + 1];
	size_t n_copies = random_copies(a, copies);
	size_t n_blocks = random_blocks(a, blocks);
	int err = orl_canvas_begin(a, copies, n_copies, blocks, n_blocks);
	assert_int_equal(
			orl_canvas_begin(b, copies, n_copies, blocks, n_blocks),
			err);
	if (err) {
		assert_int_equal(err, ORIEL_EPROTO); /* too much area */
		assert_equal(a, b);
		return;
	}
	for (size_t i = 0; i < n_blocks; i++) {
		int32_t box[4];
		pixels_of_block(a, &blocks[i], box);
		if (below(4))
			scribble(a, box[0], box[1], box[2], box[3]);
	}
	size_t cap = below(40) ? CAP : below(2000);
	err = orl_canvas_encode(a, blocks, n_blocks, out, cap, lengths, &n);
	if (err == ORIEL_ELIMIT && cap < CAP) {
		orl_canvas_reset(a);
		orl_canvas_reset(b);
		return;
	}
	assert_int_equal(err, 0);
	size_t size = 0, k = 0;
	for (unsigned i = 0; i <= ORL_SLICES_MAX; i++)
		if (orl_canvas_has_section(a, blocks, n_blocks, i)) {
			id[k] = i;
			at[k] = size;
			size += lengths[k++];
		}
	assert_int_equal(k, n);
	/* A copy without slack, so that reading too far is found. */
	uint8_t *data = malloc(size + !size);
	memcpy(data, out, size);
	if (below(2)) {
		err = orl_canvas_decode(
				b, blocks, n_blocks, data, size, lengths, n);
		assert_int_equal(err, 0);
	} else {
		while (n) {
			size_t i = below((uint32_t)n--);
			err = orl_canvas_decode_section(b, blocks, n_blocks,
					id[i], data + at[i], lengths[i]);
			assert_int_equal(err, 0);
			id[i] = id[n];
			at[i] = at[n];
			lengths[i] = lengths[n];
		}
	}
	free(data);
	assert_memory_equal(a->usable, b->usable,
			(size_t)a->cols * (size_t)a->rows);
	assert_equal(a, b);
}

static void run(int32_t width, int32_t height, unsigned slices, int parts)
{
	struct orl_env env;
	struct orl_canvas a, b;
	uint8_t *out = malloc(CAP);
	assert_int_equal(orl_host_env(&env, NULL), 0);
	assert_int_equal(orl_canvas_init(&a, &env, width, height, slices), 0);
	assert_int_equal(orl_canvas_init(&b, &env, width, height, slices), 0);
	while (parts--) {
		if (!below(12)) {
			int32_t col = (int32_t)below((uint32_t)a.cols);
			int32_t row = (int32_t)below((uint32_t)a.rows);
			int32_t cols = 1 +
				       (int32_t)below((uint32_t)(a.cols - col));
			int32_t rows = 1 +
				       (int32_t)below((uint32_t)(a.rows - row));
			orl_canvas_spoil(&a, col, row, cols, rows);
			orl_canvas_spoil(&b, col, row, cols, rows);
		}
		if (!below(50)) {
			orl_canvas_reset(&a);
			orl_canvas_reset(&b);
		}
		one_part(&a, &b, out);
	}
	orl_canvas_fini(&a);
	orl_canvas_fini(&b);
	free(out);
}

static void twins_stay_equal(void **state)
{
	(void)state;
	static const int32_t sizes[][2] = { { 1, 1 }, { 2, 33 }, { 17, 1 },
		{ 15, 16 }, { 16, 15 }, { 64, 64 }, { 119, 79 }, { 191, 107 },
		{ 65, 130 }, { 257, 48 } };
	for (size_t i = 0; i < ORL_COUNT(sizes); i++)
		for (unsigned slices = 1; slices <= 4; slices *= 2)
			run(sizes[i][0], sizes[i][1], slices, 30);
}

static void random_sizes(void **state)
{
	(void)state;
	for (int i = 0; i < 12; i++)
		run(1 + (int32_t)below(200), 1 + (int32_t)below(150),
				1U << below(3), 25);
}

/* As wide as a block can be, and one cell more. */
static void wide_blocks(void **state)
{
	(void)state;
	struct orl_env env;
	struct orl_canvas a, b;
	struct orl_block_op blocks[2] = {
		{ .cols = 255, .rows = 1, .op = ORL_OP_HCX },
		{ .col = 1,
				.row = 1,
				.cols = 255,
				.rows = 1,
				.op = ORL_OP_RES },
	};
	size_t lengths[ORL_SLICES_MAX + 1], n;
	uint8_t *out = malloc(CAP);
	assert_int_equal(orl_host_env(&env, NULL), 0);
	assert_int_equal(orl_canvas_init(&a, &env, 4096, 32, 1), 0);
	assert_int_equal(orl_canvas_init(&b, &env, 4096, 32, 1), 0);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(orl_canvas_begin(&a, NULL, 0, blocks, 2), 0);
		scribble(&a, 0, 0, 4096, 32);
		assert_int_equal(orl_canvas_encode(&a, blocks, 2, out, CAP,
						 lengths, &n),
				0);
		assert_int_equal(n, 2);
		assert_int_equal(orl_canvas_begin(&b, NULL, 0, blocks, 2), 0);
		assert_int_equal(orl_canvas_decode(&b, blocks, 2, out,
						 lengths[0] + lengths[1],
						 lengths, n),
				0);
		assert_equal(&a, &b);
	}
	orl_canvas_fini(&a);
	orl_canvas_fini(&b);
	free(out);
}

int main(void)
{
	const char *given = getenv("SEED");
	seed = given ? strtoull(given, NULL, 0) : 0x9E3779B97F4A7C15U;
	struct orl_env env;
	if (!given && orl_host_env(&env, NULL) == 0)
		(void)orl_random(&env, &seed, sizeof(seed));
	seed |= 1;
	printf("SEED=0x%llx\n", (unsigned long long)seed);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(twins_stay_equal),
		cmocka_unit_test(random_sizes),
		cmocka_unit_test(wide_blocks),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
