/* test_rects.c - merged rectangles cover what they came from. */
#include "tests/unit/unit.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/rects.h"

enum { WIDTH = 300, HEIGHT = 200, MAX = 64 };

static bool covers(
		const struct oriel_rect *list, size_t n, int32_t x, int32_t y)
{
	for (size_t i = 0; i < n; i++)
		if (x >= list[i].x && x < list[i].x + list[i].width &&
				y >= list[i].y &&
				y < list[i].y + list[i].height)
			return true;
	return false;
}

static void all_covered(const struct oriel_rect *from, size_t n,
		const struct oriel_rect *to, size_t m)
{
	for (size_t i = 0; i < n; i++)
		for (int32_t y = from[i].y; y < from[i].y + from[i].height; y++)
			for (int32_t x = from[i].x;
					x < from[i].x + from[i].width; x++)
				assert_true(covers(to, m, x, y));
	for (size_t i = 0; i < m; i++)
		assert_true(to[i].x >= 0 && to[i].y >= 0 && to[i].width > 0 &&
				to[i].height > 0 &&
				to[i].x + to[i].width <= WIDTH &&
				to[i].y + to[i].height <= HEIGHT);
}

static size_t scatter(struct oriel_rect *out, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int32_t x = rand() % WIDTH, y = rand() % HEIGHT;

		out[i] = (struct oriel_rect){ x, y, 1 + rand() % (WIDTH - x),
			1 + rand() % (HEIGHT - y) };
		if (rand() % 2 && out[i].width > 9)
			out[i].width = 9;
		if (rand() % 2 && out[i].height > 9)
			out[i].height = 9;
	}
	return n;
}

static void random_lists_stay_covered(void **state)
{
	struct orl_tiles tiles;

	(void)state;
	print_message("seed 1\n");
	srand(1);
	assert_int_equal(orl_tiles_init(&tiles, WIDTH, HEIGHT), 0);
	for (int round = 0; round < 100; round++) {
		struct oriel_rect from[MAX], to[MAX];
		size_t n = scatter(from, (size_t)(1 + rand() % 12)), m;

		memcpy(to, from, sizeof(to));
		m = orl_rects_merge(to, n);
		assert_in_range(m, 1, n);
		all_covered(from, n, to, m);
		for (size_t i = 0; i < n; i++)
			orl_tiles_mark(&tiles, &from[i]);
		m = orl_tiles_take(&tiles, to, round % 3 ? MAX : 2);
		all_covered(from, n, to, m);
		assert_int_equal(orl_tiles_take(&tiles, to, MAX), 0);
	}
	orl_tiles_fini(&tiles);
}

static void near_is_merged_and_far_is_not(void **state)
{
	struct oriel_rect near[] = { { 0, 0, 8, 16 }, { 8, 0, 8, 16 },
		{ 16, 4, 8, 16 } };
	struct oriel_rect far[] = { { 0, 0, 10, 10 }, { 280, 180, 10, 10 } };

	(void)state;
	assert_int_equal(orl_rects_merge(near, 3), 1);
	assert_int_equal(near[0].width, 24);
	assert_int_equal(near[0].height, 20);
	assert_int_equal(orl_rects_merge(far, 2), 2);
	assert_int_equal(orl_rects_merge(far, 0), 0);
}

static void equal_rows_become_one(void **state)
{
	struct orl_tiles tiles;
	struct oriel_rect marked = { 64, 0, 64, 200 }, out[MAX];

	(void)state;
	assert_int_equal(orl_tiles_init(&tiles, WIDTH, HEIGHT), 0);
	assert_int_equal(tiles.columns, 5);
	assert_int_equal(tiles.rows, 4);
	orl_tiles_mark(&tiles, &marked);
	assert_int_equal(orl_tiles_take(&tiles, out, MAX), 1);
	assert_memory_equal(&out[0], &marked, sizeof(marked));
	orl_tiles_fini(&tiles);
}

static void bounds_are_of_all(void **state)
{
	const struct oriel_rect list[] = { { 5, 9, 2, 2 }, { 1, 20, 3, 3 } };
	struct oriel_rect b = orl_rects_bounds(list, 2);

	(void)state;
	assert_int_equal(b.x, 1);
	assert_int_equal(b.y, 9);
	assert_int_equal(b.width, 6);
	assert_int_equal(b.height, 14);
	assert_int_equal(orl_rects_bounds(NULL, 0).width, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_lists_stay_covered),
		cmocka_unit_test(near_is_merged_and_far_is_not),
		cmocka_unit_test(equal_rows_become_one),
		cmocka_unit_test(bounds_are_of_all),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
