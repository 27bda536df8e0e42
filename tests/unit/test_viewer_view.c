/* test_viewer_view.c - damage, and pictures in windows of any size. */
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>

#include "client/viewer/view.h"

static uint32_t seed = 1;

static int32_t any(int32_t max)
{
	seed = seed * 1664525 + 1013904223;
	return (int32_t)((seed >> 8) % (uint32_t)max);
}

static void same_size_is_one_to_one_at_the_corner(void **state)
{
	struct orl_view v;
	(void)state;
	orl_view_fit(&v, 1920, 1080, 1920, 1080);
	assert_false(orl_view_is_scaled(&v));
	assert_int_equal(v.place.x, 0);
	assert_int_equal(v.place.y, 0);
	struct oriel_rect r = orl_view_to_window(
			&v, (struct oriel_rect){ 3, 4, 50, 60 });
	assert_int_equal(r.x, 3);
	assert_int_equal(r.y, 4);
	assert_int_equal(r.width, 50);
	assert_int_equal(r.height, 60);
}

static void small_pictures_are_centred(void **state)
{
	struct orl_view v;
	int32_t x, y;
	(void)state;
	orl_view_fit(&v, 1920, 1080, 800, 600);
	assert_false(orl_view_is_scaled(&v));
	assert_int_equal(v.place.x, 560);
	assert_int_equal(v.place.y, 240);
	orl_view_to_picture(&v, 570, 241, &x, &y);
	assert_int_equal(x, 10);
	assert_int_equal(y, 1);
	orl_view_to_picture(&v, 0, 2000, &x, &y);
	assert_int_equal(x, 0);
	assert_int_equal(y, 599);
}

static void large_pictures_keep_their_shape(void **state)
{
	struct orl_view v;
	int32_t x, y;
	(void)state;
	orl_view_fit(&v, 960, 600, 1920, 1080);
	assert_true(orl_view_is_scaled(&v));
	assert_int_equal(v.place.width, 960);
	assert_int_equal(v.place.height, 540);
	assert_int_equal(v.place.y, 30);
	orl_view_to_picture(&v, 959, 569, &x, &y);
	assert_in_range(x, 1918, 1919);
	assert_in_range(y, 1078, 1079);
	orl_view_fit(&v, 1, 1, 16384, 2);
	assert_int_equal(v.place.width, 1);
	assert_int_equal(v.place.height, 1);
}

static void damage_stays_small_and_covers(void **state)
{
	enum { SIDE = 256 };
	static uint8_t want[SIDE][SIDE];
	(void)state;
	for (int round = 0; round < 200; round++) {
		struct orl_view_damaged d = { .n = 0 };
		memset(want, 0, sizeof(want));
		for (int i = any(60); i >= 0; i--) {
			struct oriel_rect r = { any(SIDE - 40), any(SIDE - 40),
				any(40), any(40) };
			orl_view_damage(&d, r);
			for (int y = 0; y < r.height; y++)
				memset(&want[r.y + y][r.x], r.width ? 1 : 0,
						(size_t)r.width);
		}
		assert_true(d.n <= ORL_DAMAGE_RECTS);
		for (size_t i = 0; i < d.n; i++) {
			struct oriel_rect r = d.rects[i];
			assert_true(r.x >= 0 && r.x + r.width <= SIDE);
			assert_true(r.y >= 0 && r.y + r.height <= SIDE);
			for (int y = 0; y < r.height; y++)
				memset(&want[r.y + y][r.x], 0, (size_t)r.width);
		}
		for (int y = 0; y < SIDE; y++)
			for (int x = 0; x < SIDE; x++)
				if (want[y][x])
					fail_msg("seed of round %d: %d,%d",
							round, x, y);
	}
}

static void far_damage_is_not_united(void **state)
{
	struct orl_view_damaged d = { .n = 0 };
	(void)state;
	orl_view_damage(&d, (struct oriel_rect){ 0, 0, 100, 100 });
	orl_view_damage(&d, (struct oriel_rect){ 1000, 900, 100, 100 });
	assert_int_equal(d.n, 2);
	orl_view_damage(&d, (struct oriel_rect){ 20, 20, 10, 10 });
	assert_int_equal(d.n, 2);
	orl_view_damage(&d, (struct oriel_rect){ 5, 5, 0, 10 });
	assert_int_equal(d.n, 2);
}

/* Drawing only what changed gives what drawing everything gives. */
static void parts_make_the_whole(void **state)
{
	(void)state;
	for (int round = 0; round < 60; round++) {
		int32_t w = 1 + any(400), h = 1 + any(300);
		int32_t ww = 1 + any(500), wh = 1 + any(300);
		size_t n = (size_t)w * (size_t)h, m = (size_t)ww * (size_t)wh;
		uint32_t *picture = calloc(n, 4);
		uint32_t *parts = calloc(m, 4), *whole = calloc(m, 4);
		struct oriel_pixels p = { picture, w, h, w * 4,
			any(2) ? ORIEL_FORMAT_XRGB8888
			       : ORIEL_FORMAT_XBGR8888 };
		struct orl_view v;
		assert_true(picture && parts && whole);
		orl_view_fit(&v, ww, wh, w, h);
		for (int i = 0; i < 20; i++) {
			struct oriel_rect r = { any(w), any(h), 1 + any(50),
				1 + any(50) };
			if (r.x + r.width > w)
				r.width = w - r.x;
			if (r.y + r.height > h)
				r.height = h - r.y;
			for (int y = 0; y < r.height; y++)
				for (int x = 0; x < r.width; x++)
					picture[(r.y + y) * w + r.x + x] =
							seed + (uint32_t)x;
			orl_view_copy(&v, orl_view_to_window(&v, r), parts,
					(size_t)ww * 4, &p);
		}
		orl_view_copy(&v, v.place, whole, (size_t)ww * 4, &p);
		if (memcmp(parts, whole, m * 4) != 0)
			fail_msg("round %d: %dx%d in %dx%d", round, w, h, ww,
					wh);
		free(picture);
		free(parts);
		free(whole);
	}
}

static void cursors_become_straight(void **state)
{
	(void)state;
	assert_int_equal(orl_unpremultiply(0x00123456), 0);
	assert_int_equal(orl_unpremultiply(0xff123456), 0xff123456);
	assert_int_equal(orl_unpremultiply(0x80008000), 0x8000ff00);
	assert_int_equal(orl_unpremultiply(0x80400020), 0x80800040);
	/* More colour than there may be. */
	assert_int_equal(orl_unpremultiply(0x10ffffff), 0x10ffffff);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(same_size_is_one_to_one_at_the_corner),
		cmocka_unit_test(small_pictures_are_centred),
		cmocka_unit_test(large_pictures_keep_their_shape),
		cmocka_unit_test(damage_stays_small_and_covers),
		cmocka_unit_test(far_damage_is_not_united),
		cmocka_unit_test(parts_make_the_whole),
		cmocka_unit_test(cursors_become_straight),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
