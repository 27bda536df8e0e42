/* test_damage.c - compare and copy, against the plainest way to do it. */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codecs/motion.h"

enum { SIDE = 160, CELLS = 12 * 12 };

static uint32_t seed, last_seed;

static uint32_t next(uint32_t below)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % below;
}

static uint32_t word(void)
{
	return next(1u << 16) << 16 | next(1u << 16);
}

static uint32_t swapped(uint32_t v)
{
	return (v & 0xff00) | (v & 0xff) << 16 | (v >> 16 & 0xff);
}

/* One random picture, source and rectangle; everything is checked. */
static void one_case(void)
{
	static uint32_t into[SIDE * SIDE], expect[SIDE * SIDE];
	static uint8_t source[SIDE * (SIDE * 4 + 8) + 8];
	uint8_t changed[CELLS] = { 0 }, want[CELLS] = { 0 };
	const int32_t w = 1 + (int32_t)next(SIDE - 8);
	const int32_t h = 1 + (int32_t)next(SIDE - 8);
	const int32_t cols = (w + 15) / 16;
	const size_t into_stride = (size_t)w + next(8);
	const size_t stride = (size_t)w * 4 + next(8), shift = next(4);
	const bool swap = next(2);
	const int32_t x = (int32_t)next((uint32_t)w);
	const int32_t y = (int32_t)next((uint32_t)h);
	const int32_t rw = (int32_t)next((uint32_t)(w - x) + 1);
	const int32_t rh = (int32_t)next((uint32_t)(h - y) + 1);
	const uint32_t noise = 1 + next(600);
	size_t n = 0;

	for (size_t i = 0; i < SIDE * SIDE; i++)
		expect[i] = into[i] = word() & 0xffffff;
	for (int32_t r = 0; r < h; r++)
		for (int32_t c = 0; c < w; c++) {
			uint32_t *old = &expect[(size_t)r * into_stride +
						(size_t)c];
			uint32_t v = next(noise) ? *old : *old ^ word();
			const bool in = c >= x && c < x + rw && r >= y &&
					r < y + rh;
			uint8_t *cell = &want[r / 16 * cols + c / 16];
			if (in && (v & 0xffffff) != *old) {
				n += !*cell;
				*cell = 1;
				*old = v & 0xffffff;
			}
			v = (swap ? swapped(v) : v & 0xffffff) |
			    next(256) << 24;
			memcpy(source + shift + (size_t)r * stride +
							(size_t)c * 4,
					&v, 4);
		}
	assert_int_equal(orl_damage(into, into_stride, w, h, changed,
					 source + shift, stride, swap, x, y, rw,
					 rh),
			n);
	assert_memory_equal(changed, want, sizeof(want));
	assert_memory_equal(into, expect, sizeof(into));
}

static void damage_is_what_a_plain_loop_says(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 3000; i++) {
		last_seed = seed = i;
		one_case();
	}
}

static void the_x_byte_and_marks_of_before_are_left_alone(void **state)
{
	uint32_t into[40 * 20] = { 0 }, source[40 * 20];
	uint8_t changed[6] = { 0, 1, 0, 0, 0, 0 };
	(void)state;
	for (size_t i = 0; i < 800; i++)
		source[i] = 0xff000000;
	assert_int_equal(orl_damage(into, 40, 40, 20, changed, source, 160,
					 false, 0, 0, 40, 20),
			0);
	assert_int_equal(changed[1], 1);
	source[39] = 0xab000001;
	assert_int_equal(orl_damage(into, 40, 40, 20, changed, source, 160,
					 false, 0, 0, 39, 20),
			0);
	assert_int_equal(orl_damage(into, 40, 40, 20, changed, source, 160,
					 false, 39, 0, 1, 1),
			1);
	assert_int_equal(changed[2], 1);
	assert_int_equal(into[39], 1);
}

static void full_hd_less_one_pixel(void **state)
{
	const int32_t w = 1919, h = 1079;
	const size_t n = (size_t)w * (size_t)h;
	uint32_t *into = calloc(n, 4), *source = calloc(n, 4);
	uint8_t *changed = calloc(120 * 68, 1);
	(void)state;
	source[n - 1] = 5;
	source[0] = 6;
	assert_int_equal(orl_damage(into, 1919, w, h, changed, source, 1919 * 4,
					 false, 0, 0, w, h),
			2);
	assert_int_equal(changed[0] + changed[120 * 68 - 1], 2);
	assert_memory_equal(into, source, n * 4);
	free(into);
	free(source);
	free(changed);
}

static int say_seed(void **state)
{
	(void)state;
	print_message("last seed %u\n", (unsigned)last_seed);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(
				damage_is_what_a_plain_loop_says, say_seed),
		cmocka_unit_test(the_x_byte_and_marks_of_before_are_left_alone),
		cmocka_unit_test(full_hd_less_one_pixel),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
