/* test_viewer_view.c - damage, and pictures in windows of any size. */
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>

#include "client/viewer/scale.h"
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
	orl_view_fit(&v, ORL_SCALING_AUTO, 1, 1920, 1080, 1920, 1080);
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
	orl_view_fit(&v, ORL_SCALING_AUTO, 1, 1920, 1080, 800, 600);
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
	orl_view_fit(&v, ORL_SCALING_AUTO, 1, 960, 600, 1920, 1080);
	assert_true(orl_view_is_scaled(&v));
	assert_int_equal(v.place.width, 960);
	assert_int_equal(v.place.height, 540);
	assert_int_equal(v.place.y, 30);
	orl_view_to_picture(&v, 959, 569, &x, &y);
	assert_in_range(x, 1918, 1919);
	assert_in_range(y, 1078, 1079);
	orl_view_fit(&v, ORL_SCALING_AUTO, 1, 1, 1, 16384, 2);
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

static void each_mode_has_its_size(void **state)
{
	static const struct {
		enum orl_scaling scaling;
		int32_t density, window_w, window_h, w, h;
		struct oriel_rect place;
	} rows[] = {
		{ ORL_SCALING_AUTO, 1, 1000, 800, 500, 400,
				{ 250, 200, 500, 400 } },
		{ ORL_SCALING_AUTO, 2, 1000, 800, 500, 400,
				{ 0, 0, 1000, 800 } },
		{ ORL_SCALING_AUTO, 2, 999, 800, 500, 400,
				{ 249, 200, 500, 400 } },
		{ ORL_SCALING_AUTO, 2, 250, 800, 500, 400,
				{ 0, 300, 250, 200 } },
		{ ORL_SCALING_ONE, 2, 1000, 800, 500, 400,
				{ 250, 200, 500, 400 } },
		{ ORL_SCALING_ONE, 1, 300, 800, 500, 400,
				{ 0, 200, 500, 400 } },
		{ ORL_SCALING_FIT, 1, 1500, 800, 500, 400,
				{ 250, 0, 1000, 800 } },
		{ ORL_SCALING_FIT, 1, 250, 800, 500, 400,
				{ 0, 300, 250, 200 } },
		{ ORL_SCALING_INTEGER, 1, 1700, 900, 500, 400,
				{ 350, 50, 1000, 800 } },
		{ ORL_SCALING_INTEGER, 1, 300, 200, 500, 400,
				{ 0, 0, 500, 400 } },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct orl_view v;
		orl_view_fit(&v, rows[i].scaling, rows[i].density,
				rows[i].window_w, rows[i].window_h, rows[i].w,
				rows[i].h);
		if (memcmp(&v.place, &rows[i].place, sizeof(v.place)) != 0)
			fail_msg("row %zu: %d,%d %dx%d", i, v.place.x,
					v.place.y, v.place.width,
					v.place.height);
	}
}

static void large_pictures_scroll_to_their_ends(void **state)
{
	struct orl_view v;
	int32_t x, y;
	(void)state;
	orl_view_fit(&v, ORL_SCALING_ONE, 1, 300, 800, 500, 400);
	orl_view_scroll(&v, 300, 800, 150, 99);
	orl_view_to_picture(&v, 0, 200, &x, &y);
	assert_int_equal(x, 150);
	assert_int_equal(y, 0);
	orl_view_scroll(&v, 300, 800, 1000, 0);
	orl_view_to_picture(&v, 299, 599, &x, &y);
	assert_int_equal(x, 499);
	assert_int_equal(y, 399);
	orl_view_scroll(&v, 300, 800, -5, 0);
	assert_int_equal(v.place.x, 0);
}

static struct oriel_rect any_rect(int32_t w, int32_t h)
{
	struct oriel_rect r = { any(w), any(h), 1 + any(50), 1 + any(50) };
	if (r.x + r.width > w)
		r.width = w - r.x;
	if (r.y + r.height > h)
		r.height = h - r.y;
	return r;
}

/* As a window does it: clipped to what can be seen. */
static void put(const struct orl_view *v, struct oriel_rect r, uint32_t *to,
		struct oriel_rect window, const struct oriel_pixels *from)
{
	r = orl_view_common(orl_view_to_window(v, r), window);
	orl_view_copy(v, r, to, (size_t)window.width * 4, from);
}

/* Drawing only what changed gives what drawing everything gives. */
static void parts_make_the_whole(void **state)
{
	(void)state;
	for (int round = 0; round < 240; round++) {
		int32_t w = 1 + any(400), h = 1 + any(300);
		struct oriel_rect window = { 0, 0, 1 + any(800), 1 + any(300) };
		size_t n = (size_t)w * (size_t)h;
		size_t m = (size_t)window.width * (size_t)window.height;
		enum orl_scaling scaling = (enum orl_scaling)any(ORL_SCALINGS);
		uint32_t *picture = calloc(n, 4);
		uint32_t *parts = calloc(m, 4), *whole = calloc(m, 4);
		struct oriel_pixels p = { picture, w, h, w * 4,
			any(2) ? ORIEL_FORMAT_XRGB8888
			       : ORIEL_FORMAT_XBGR8888 };
		struct oriel_rect all = { 0, 0, w, h };
		struct orl_view v;
		assert_true(picture && parts && whole);
		orl_view_fit(&v, scaling, 1 + any(3), window.width,
				window.height, w, h);
		orl_view_scroll(&v, window.width, window.height, any(w),
				any(h));
		put(&v, all, parts, window, &p);
		for (int i = 0; i < 20; i++) {
			struct oriel_rect r = any_rect(w, h);
			for (int y = 0; y < r.height; y++)
				for (int x = 0; x < r.width; x++)
					picture[(r.y + y) * w + r.x + x] =
							(seed + (uint32_t)x) *
							2654435761u;
			put(&v, r, parts, window, &p);
		}
		put(&v, all, whole, window, &p);
		if (memcmp(parts, whole, m * 4) != 0)
			fail_msg("round %d: %dx%d in %dx%d, mode %d", round, w,
					h, window.width, window.height,
					(int)scaling);
		free(picture);
		free(parts);
		free(whole);
	}
}

/* The part of source pixel s that the ith of `to` pixels covers. */
static double covers(int32_t i, int32_t s, int32_t from, int32_t to)
{
	double a = (double)i * from / to, b = (double)(i + 1) * from / to;
	if (a < s)
		a = s;
	if (b > s + 1)
		b = s + 1;
	return b > a ? (b - a) * to / from : 0;
}

static void scaled_pixels_are_means(void **state)
{
	enum { W = 37, H = 23 };
	static uint32_t picture[H][W];
	struct oriel_pixels p = { picture, W, H, W * 4, ORIEL_FORMAT_ARGB8888 };
	(void)state;
	for (int i = 0; i < W * H; i++)
		picture[i / W][i % W] = (uint32_t)any(1 << 24) * 257u;
	for (int round = 0; round < 40; round++) {
		int32_t w = 1 + any(90), h = 1 + any(60);
		struct oriel_rect at = { any(w), any(h), 1, 1 };
		double sum[4] = { 0 };
		uint32_t got;
		orl_scale(&got, 4, at, w, h, &p);
		for (int y = 0; y < H; y++)
			for (int x = 0; x < W; x++)
				for (int c = 0; c < 4; c++)
					sum[c] += (picture[y][x] >> 8 * c &
								  0xff) *
						  covers(at.x, x, W, w) *
						  covers(at.y, y, H, h);
		/* Weights are rounded down, each by less than a 256th. */
		for (int c = 0; c < 4; c++) {
			double d = sum[c] - (got >> 8 * c & 0xff);
			if (d < -14 || d > 14)
				fail_msg("%dx%d at %d,%d: %f %u", w, h, at.x,
						at.y, sum[c],
						got >> 8 * c & 0xff);
		}
	}
}

static void one_colour_stays(void **state)
{
	static uint32_t picture[64 * 64], out[200 * 200];
	static const uint32_t colours[] = { 0xffffffff, 0, 0x80ff01fe };
	struct oriel_pixels p = { picture, 64, 64, 64 * 4,
		ORIEL_FORMAT_XRGB8888 };
	(void)state;
	for (int c = 0; c < 3; c++) {
		for (int i = 0; i < 64 * 64; i++)
			picture[i] = colours[c];
		for (int32_t side = 1; side <= 200; side++) {
			struct oriel_rect all = { 0, 0, side, 201 - side };
			orl_scale(out, (size_t)side * 4, all, side, 201 - side,
					&p);
			for (int i = 0; i < side * (201 - side); i++)
				assert_int_equal(out[i], colours[c]);
		}
	}
}

static void whole_factors_repeat_pixels(void **state)
{
	static uint32_t picture[40][30], out[200][150];
	struct oriel_pixels p = { picture, 30, 40, 30 * 4,
		ORIEL_FORMAT_XRGB8888 };
	(void)state;
	for (int i = 0; i < 40 * 30; i++)
		picture[i / 30][i % 30] = (uint32_t)any(1 << 24);
	for (int k = 1; k <= 5; k++) {
		orl_scale(&out[0][0], 150 * 4,
				(struct oriel_rect){ 0, 0, 30 * k, 40 * k },
				30 * k, 40 * k, &p);
		for (int y = 0; y < 40 * k; y++)
			for (int x = 0; x < 30 * k; x++)
				assert_int_equal(out[y][x],
						picture[y / k][x / k]);
	}
}

static void displays_stand_as_in_the_desktop(void **state)
{
	struct oriel_rect r[3] = { { 100, -50, 800, 600 },
		{ 900, 0, 1024, 768 }, { -924, 0, 1024, 768 } };
	struct oriel_rect same[2] = { { 0, 0, 800, 600 }, { 0, 0, 640, 480 } };
	struct oriel_rect far[2] = { { INT32_MIN, 0, 16384, 10 },
		{ INT32_MAX, INT32_MAX, 16384, 10 } };
	int32_t w, h;
	(void)state;
	orl_view_arrange(r, 3, &w, &h);
	assert_int_equal(w, 2848);
	assert_int_equal(h, 818);
	assert_int_equal(r[0].x, 1024);
	assert_int_equal(r[0].y, 0);
	assert_int_equal(r[2].x, 0);
	assert_int_equal(r[2].y, 50);
	orl_view_arrange(same, 2, &w, &h);
	assert_int_equal(w, 1440);
	assert_int_equal(h, 600);
	assert_int_equal(same[1].x, 800);
	orl_view_arrange(far, 2, &w, &h);
	assert_int_equal(w, 32768);
	assert_int_equal(far[1].x, 16384);
	assert_int_equal(orl_view_nearest(r, 3, 0, 0), 2);
	assert_int_equal(orl_view_nearest(r, 3, 1500, 700), 0);
	assert_int_equal(orl_view_nearest(r, 3, 5000, 5000), 1);
}

/* In one window the edges of neighbours meet, whatever the factor. */
static void parts_of_a_window_meet(void **state)
{
	(void)state;
	for (int round = 0; round < 200; round++) {
		int32_t cut = 1 + any(700), w = cut + 1 + any(700);
		struct orl_view whole, left, right;
		orl_view_fit(&whole, ORL_SCALING_FIT, 1, 700 + any(900),
				1 + any(900), w, 300);
		orl_view_part(&left, &whole,
				(struct oriel_rect){ 0, 0, cut, 300 });
		orl_view_part(&right, &whole,
				(struct oriel_rect){ cut, 0, w - cut, 300 });
		assert_int_equal(left.place.x, whole.place.x);
		if (whole.place.width < w)
			continue;
		assert_int_equal(
				left.place.x + left.place.width, right.place.x);
		assert_int_equal(right.place.x + right.place.width,
				whole.place.x + whole.place.width);
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
		cmocka_unit_test(each_mode_has_its_size),
		cmocka_unit_test(large_pictures_scroll_to_their_ends),
		cmocka_unit_test(parts_make_the_whole),
		cmocka_unit_test(scaled_pixels_are_means),
		cmocka_unit_test(one_colour_stays),
		cmocka_unit_test(whole_factors_repeat_pixels),
		cmocka_unit_test(displays_stand_as_in_the_desktop),
		cmocka_unit_test(parts_of_a_window_meet),
		cmocka_unit_test(cursors_become_straight),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
