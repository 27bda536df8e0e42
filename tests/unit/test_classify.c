/* test_classify.c - text, interfaces, gradients and photographs. */
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>

#include "codecs/classify.h"

static uint32_t seed = 1;

static uint32_t next(uint32_t below)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % below;
}

static void flat_text_and_gradients_are_text(void **state)
{
	uint32_t p[64 * 64];
	(void)state;
	for (size_t i = 0; i < ORL_COUNT(p); i++)
		p[i] = 0xeeeeee;
	assert_int_equal(orl_classify(p, 64, 64, 64), ORL_CLASS_TEXT);
	assert_int_equal(orl_classify(p, 64, 1, 1), ORL_CLASS_TEXT);
	/* Glyphs: 8 shapes of 8 x 8 in 16 greys, anywhere. */
	for (size_t i = 0; i < ORL_COUNT(p); i++) {
		const size_t glyph = (i / 8 + i / 512 * 5) % 8;
		const uint32_t v = (uint32_t)((glyph * 131 + i % 8 * 29 +
							      i / 64 % 8 * 53) %
					      16);
		p[i] = v * 0x0f0f0f;
	}
	assert_int_equal(orl_classify(p, 64, 64, 64), ORL_CLASS_TEXT);
	/* A vertical and a horizontal ramp. */
	for (size_t i = 0; i < ORL_COUNT(p); i++)
		p[i] = (uint32_t)(i / 64 * 3);
	assert_int_equal(orl_classify(p, 64, 64, 64), ORL_CLASS_TEXT);
	for (size_t i = 0; i < ORL_COUNT(p); i++)
		p[i] = (uint32_t)(i % 64 * 3);
	assert_int_equal(orl_classify(p, 64, 64, 64), ORL_CLASS_TEXT);
}

static void noise_and_photographs_are_pictures(void **state)
{
	uint32_t p[64 * 64];
	(void)state;
	for (size_t i = 0; i < ORL_COUNT(p); i++)
		p[i] = next(1 << 24);
	assert_int_equal(orl_classify(p, 64, 64, 64), ORL_CLASS_PICTURE);
	assert_int_equal(orl_classify(p, 64, 16, 16), ORL_CLASS_PICTURE);
	/* Smooth shades with a little grain. */
	for (size_t i = 0; i < ORL_COUNT(p); i++) {
		const uint32_t v = (uint32_t)(60 + i % 64 + i / 64);
		p[i] = (v + next(6)) << 16 | (v + next(6)) << 8 | (v + next(6));
	}
	assert_int_equal(orl_classify(p, 64, 64, 64), ORL_CLASS_PICTURE);
	assert_int_equal(orl_classify(p, 64, 64, 64), ORL_CLASS_PICTURE);
}

/* A photograph's cell, of some tone. */
static void grain(uint32_t *p, uint32_t levels)
{
	for (size_t i = 0; i < 256; i++)
		p[i] = (80 + (uint32_t)(i % 16) + next(levels)) << 16 |
		       (90 + (uint32_t)(i / 16) + next(levels)) << 8 |
		       (60 + next(levels));
}

static enum orl_why cell(const uint32_t *p, enum orl_why piece, bool *hard)
{
	return orl_judge_cell(p, 16, 16, 16, piece, hard);
}

static void cells_with_strokes_are_spared(void **state)
{
	uint32_t p[256];
	bool hard;

	(void)state;
	/* Grain is a picture, whatever is around it; flat ground is not. */
	grain(p, 9);
	assert_int_equal(cell(p, ORL_WHY_PICTURE, &hard), ORL_WHY_PICTURE);
	assert_false(hard);
	assert_int_equal(cell(p, ORL_WHY_FLAT, &hard), ORL_WHY_PICTURE);
	for (size_t i = 0; i < 256; i++)
		p[i] = 0xf0f0f0;
	assert_int_equal(cell(p, ORL_WHY_PICTURE, &hard), ORL_WHY_FLAT);
	/* Leaves: edges everywhere, no two alike. */
	for (size_t i = 0; i < 256; i++)
		p[i] = next(1 << 24);
	assert_int_equal(cell(p, ORL_WHY_PICTURE, &hard), ORL_WHY_PICTURE);
	assert_true(hard);
	assert_int_equal(cell(p, ORL_WHY_FORETOLD, &hard), ORL_WHY_FORETOLD);
	/* A letter on a photograph: one ink, hard edges. */
	static const uint32_t inks[] = { 0xffffff, 0, 0xffee00 };
	for (size_t k = 0; k < ORL_COUNT(inks); k++) {
		grain(p, 9);
		for (size_t y = 3; y < 12; y++)
			p[y * 16 + 5] = p[y * 16 + 6] = inks[k];
		assert_int_equal(cell(p, ORL_WHY_PICTURE, &hard),
				ORL_WHY_STROKES);
		assert_true(hard);
		/* Its first pixels, in the next cell: the caller looks. */
		grain(p, 9);
		p[5] = p[6] = inks[k];
		assert_int_equal(cell(p, ORL_WHY_PICTURE, &hard),
				ORL_WHY_PICTURE);
		assert_true(hard);
	}
	/* One pixel wide or high. */
	for (int32_t n = 1; n <= 16; n++) {
		(void)orl_judge_cell(p, 16, n, 1, ORL_WHY_PICTURE, &hard);
		(void)orl_judge_cell(p, 16, 1, n, ORL_WHY_PICTURE, &hard);
	}
}

static void small_and_wrong_sizes_are_safe(void **state)
{
	uint32_t *p = malloc(64 * 64 * sizeof(*p));
	(void)state;
	for (size_t i = 0; i < 64 * 64; i++)
		p[i] = next(1 << 24);
	for (int32_t h = 1; h < 20; h++)
		for (int32_t w = 1; w < 20; w++) {
			/* The last pixel is the last of the block of memory. */
			const uint32_t *at = p + 64 * 64 -
					     ((size_t)(h - 1) * 64 + (size_t)w);
			assert_in_range(orl_classify(at, 64, w, h),
					ORL_CLASS_TEXT, ORL_CLASS_PICTURE);
		}
	free(p);
}

static void planned_in_tall_blocks_by_class(void **state)
{
	static uint32_t p[256 * 256];
	uint8_t wanted[256];
	struct orl_canvas grid = {
		.width = 256, .height = 256, .cols = 16, .rows = 16, .slices = 1
	};
	struct orl_block_op out[8];
	const uint32_t bytes[2] = { 10, 300 };
	(void)state;
	for (size_t i = 0; i < ORL_COUNT(p); i++)
		p[i] = i % 256 < 128 ? 0 : next(1 << 24);
	memset(wanted, 1, sizeof(wanted));
	assert_int_equal(orl_plan_blocks(&grid, p, 256, wanted, bytes,
					 UINT64_MAX, 0, NULL, out, 8),
			2);
	assert_int_equal(out[0].cols, 8);
	assert_int_equal(out[0].rows, 16);
	assert_int_equal(out[0].op, ORL_OP_HCX);
	assert_int_equal(out[1].col, 8);
	assert_int_equal(out[1].rows, 16);
	assert_int_equal(out[1].op, ORL_OP_RES);
	/* 25 bytes: two cells of text; 1 byte: one cell. */
	memset(wanted, 1, sizeof(wanted));
	assert_int_equal(orl_plan_blocks(&grid, p, 256, wanted, bytes, 25, 0,
					 NULL, out, 8),
			1);
	assert_int_equal(out[0].cols * out[0].rows, 2);
	assert_int_equal(orl_plan_blocks(&grid, p, 256, wanted, bytes, 1, 0,
					 NULL, out, 8),
			1);
	assert_int_equal(out[0].col, 2);
	assert_int_equal(out[0].cols * out[0].rows, 1);
	/* Slices cut. */
	memset(wanted, 1, sizeof(wanted));
	grid.slices = 4;
	assert_int_equal(orl_plan_blocks(&grid, p, 256, wanted, bytes,
					 UINT64_MAX, ORL_OP_ZSTD, NULL, out, 8),
			4);
	assert_int_equal(out[3].cols, 16);
	assert_int_equal(out[3].rows, 4);
	assert_int_equal(out[3].op, ORL_OP_ZSTD);
}

static void only_runs_of_one_extent_are_merged(void **state)
{
	static uint32_t p[64 * 64];
	/* Rows of 1, 2, 2 and again 2 cells, and one apart. */
	const uint8_t shape[16] = { 1, 0, 0, 0, 1, 1, 0, 1, 1, 1, 0, 0, 0, 1, 1,
		0 };
	uint8_t wanted[16];
	struct orl_canvas grid = {
		.width = 64, .height = 64, .cols = 4, .rows = 4, .slices = 1
	};
	struct orl_block_op out[8];
	const uint32_t bytes[2] = { 10, 300 };
	(void)state;
	memcpy(wanted, shape, sizeof(shape));
	assert_int_equal(orl_plan_blocks(&grid, p, 64, wanted, bytes,
					 UINT64_MAX, 0, NULL, out, 8),
			4);
	assert_int_equal(out[0].cols * 10 + out[0].rows, 11);
	assert_int_equal(out[1].cols * 10 + out[1].rows, 22);
	assert_int_equal(out[2].cols * 10 + out[2].rows, 11);
	assert_int_equal(out[3].cols * 10 + out[3].rows, 21);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(flat_text_and_gradients_are_text),
		cmocka_unit_test(noise_and_photographs_are_pictures),
		cmocka_unit_test(cells_with_strokes_are_spared),
		cmocka_unit_test(small_and_wrong_sizes_are_safe),
		cmocka_unit_test(planned_in_tall_blocks_by_class),
		cmocka_unit_test(only_runs_of_one_extent_are_merged),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
