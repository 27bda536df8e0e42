/*
 * test_metrics_bench.c - staleness, freezes and pictures as the bench counts
 * them.
 */
#include "tests/unit/unit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/mark.h"
#include "bench/metrics.h"

enum { MS = 1000000, WIDTH = 64, HEIGHT = 32, NEVER = 0 };

#define NONE UINT32_MAX

static void assert_near(double a, double b)
{
	if (!(fabs(a - b) < 1e-6))
		fail_msg("%g is not %g", a, b);
}

static struct sighting frame(unsigned submit, unsigned seen, uint32_t covered)
{
	return (struct sighting){ (uint64_t)submit * MS, (uint64_t)seen * MS,
		covered, true };
}

static void every_frame_seen_in_order(void **state)
{
	struct sighting f[4];
	struct freshness out;
	double stale[4];
	(void)state;
	for (unsigned i = 0; i < 4; i++)
		f[i] = frame(100 + 33 * i, 105 + 33 * i + i, NONE);
	metrics_freshness(&out, stale, f, 4, (uint64_t)1000 * MS);
	assert_int_equal(out.frames, 4);
	assert_int_equal(out.shown, 4);
	assert_int_equal(out.merged + out.covered + out.missing, 0);
	for (unsigned i = 0; i < 4; i++)
		assert_near(stale[i], 5 + i);
	assert_near(out.staleness.max, 8);
	assert_near(out.latency.p50, 7);
	assert_near(out.freeze, 8);
}

static void a_covered_frame_is_fresh_with_what_covers_it(void **state)
{
	/* 0 is painted over by 2, which is painted over by 3; 1 is elsewhere
	 * and its being seen says nothing of 0. */
	struct sighting f[] = { frame(10, NEVER, 2), frame(20, 30, NONE),
		frame(40, NEVER, 3), frame(60, 70, NONE) };
	struct freshness out;
	double stale[4];
	(void)state;
	metrics_freshness(&out, stale, f, 4, (uint64_t)1000 * MS);
	assert_near(stale[0], 60);
	assert_near(stale[1], 10);
	assert_near(stale[2], 30);
	assert_int_equal(out.covered, 2);
	assert_int_equal(out.shown, 2);
}

static void a_frame_seen_after_a_newer_one_is_merged(void **state)
{
	struct sighting f[] = { frame(10, 90, NONE), frame(20, 50, NONE),
		frame(30, 50, NONE) };
	struct freshness out;
	double stale[3];
	(void)state;
	metrics_freshness(&out, stale, f, 3, (uint64_t)1000 * MS);
	assert_int_equal(out.shown, 1);
	assert_int_equal(out.merged, 2);
	assert_near(stale[0], 80); /* hurrying 1 and 2 has not helped it */
	assert_near(out.latency.max, 20);
}

static void what_never_comes_counts_until_the_end(void **state)
{
	struct sighting f[] = { frame(10, 15, NONE), frame(100, NEVER, NONE) };
	struct freshness out;
	double stale[2];
	(void)state;
	metrics_freshness(&out, stale, f, 2, (uint64_t)500 * MS);
	assert_near(stale[1], -1);
	assert_int_equal(out.missing, 1);
	assert_near(out.staleness.max, 400);
	assert_near(out.freeze, 400);
}

static void frames_without_marks_do_not_count(void **state)
{
	struct sighting f[] = { frame(10, NEVER, 1), frame(20, 1, NONE),
		frame(30, 44, NONE) };
	struct freshness out;
	double stale[3];
	(void)state;
	f[1].marked = false;
	metrics_freshness(&out, stale, f, 3, (uint64_t)500 * MS);
	assert_int_equal(out.frames, 2);
	assert_true(isnan(stale[1]));
	assert_near(stale[0], 34); /* as fresh as the next one that says so */
}

static void idle_time_is_no_freeze(void **state)
{
	struct sighting f[] = { frame(10, 12, NONE), frame(5000, 5003, NONE) };
	struct freshness out;
	double stale[2];
	(void)state;
	metrics_freshness(&out, stale, f, 2, (uint64_t)9000 * MS);
	assert_near(out.freeze, 3);
	metrics_freshness(&out, stale, f, 0, 0);
	assert_int_equal(out.frames, 0);
	assert_true(isnan(out.staleness.p50));
}

static void quantiles_and_medians(void **state)
{
	double v[100], three[] = { 9, 1, 5 }, two[] = { 4, 2 };
	(void)state;
	for (int i = 0; i < 100; i++)
		v[i] = 99 - i;
	struct quantiles q = metrics_quantiles(v, 100);
	assert_near(q.p50, 50);
	assert_near(q.p95, 95);
	assert_near(q.p99, 99);
	assert_near(q.max, 99);
	assert_near(metrics_median(three, 3), 5);
	assert_near(metrics_median(two, 2), 3);
	assert_true(isnan(metrics_median(two, 0)));
}

/* ---- pictures */

static void paint_text(uint32_t *p)
{
	for (size_t y = 0; y < HEIGHT; y++)
		for (size_t x = 0; x < WIDTH; x++)
			p[y * WIDTH + x] = x < WIDTH / 2 && (x / 2 + y / 3) % 2
							   ? 0x101010
							   : 0xf0f0f0;
}

static void one_wrong_block_is_found_where_it_is(void **state)
{
	static uint32_t a[WIDTH * HEIGHT], b[WIDTH * HEIGHT];
	static uint8_t text[WIDTH / 8 * (HEIGHT / 8)];
	struct comparison c;
	(void)state;
	paint_text(a);
	memcpy(b, a, sizeof(a));
	b[5] |= 0xff000000; /* the byte that is not shown */
	metrics_text(text, a, WIDTH, HEIGHT);
	metrics_compare(&c, a, b, text, WIDTH, HEIGHT);
	assert_int_equal(c.wrong, 0);
	assert_near(c.psnr, 99);
	assert_near(c.ssim, 1);
	assert_near(c.ssim_text, 1);
	for (size_t y = 16; y < 24; y++)
		for (size_t x = 40; x < 48; x++)
			b[y * WIDTH + x] ^= 0x804020;
	metrics_compare(&c, a, b, text, WIDTH, HEIGHT);
	assert_int_equal(c.wrong, 64);
	assert_int_equal(c.x, 40);
	assert_int_equal(c.y, 16);
	assert_int_equal(c.right, 48);
	assert_int_equal(c.bottom, 24);
	double squares = 64.0 * (128 * 128 + 64 * 64 + 32 * 32);
	assert_near(c.psnr,
			10 * log10(255 * 255.0 * 3 * WIDTH * HEIGHT / squares));
	assert_true(c.ssim < 1);
	assert_near(c.ssim_text, 1); /* the block is not in text */
}

static void text_is_told_from_plain_and_smooth(void **state)
{
	static uint32_t p[WIDTH * HEIGHT];
	static uint8_t text[WIDTH / 8 * (HEIGHT / 8)];
	(void)state;
	paint_text(p);
	for (size_t y = 0; y < HEIGHT; y++)
		for (size_t x = 48; x < WIDTH; x++)
			p[y * WIDTH + x] = (uint32_t)(x * 4 + y) * 0x010101u;
	metrics_text(text, p, WIDTH, HEIGHT);
	for (size_t y = 0; y < HEIGHT / 8; y++)
		for (size_t x = 0; x < WIDTH / 8; x++)
			assert_int_equal(text[y * (WIDTH / 8) + x], x < 4);
}

static void marks_are_read_when_they_are_good_enough(void **state)
{
	uint32_t block[MARK_SIDE * 10];
	(void)state;
	for (uint32_t i = 0; i < MARK_NUMBERS; i++) {
		memset(block, 0x55, sizeof(block));
		mark_draw(block, 10, i);
		for (uint32_t k = 0; k < MARK_NUMBERS; k++)
			assert_int_equal(mark_is(block, 10, k), k == i);
		assert_true(mark_is(block, 10, i + MARK_NUMBERS));
		assert_int_equal(block[8], 0x55555555);
		/* Noise around the level is no harm, a shift is. */
		for (size_t y = 0; y < MARK_SIDE; y++)
			for (size_t x = 0; x < MARK_SIDE; x++)
				block[y * 10 + x] ^= (x + y) % 2 ? 0x080808
								 : 0x070707;
		assert_true(mark_is(block, 10, i));
	}
	for (uint32_t grey = 0; grey < 256; grey++) {
		for (size_t k = 0; k < MARK_SIDE * 10; k++)
			block[k] = grey * 0x010101u;
		for (uint32_t i = 0; i < MARK_NUMBERS; i++)
			assert_false(mark_is(block, 10, i));
	}
}

static void alike_pictures_score_more(void **state)
{
	static uint32_t a[WIDTH * HEIGHT], b[WIDTH * HEIGHT];
	(void)state;
	paint_text(a);
	memcpy(b, a, sizeof(a));
	assert_near(metrics_alike(a, b, WIDTH, WIDTH, HEIGHT), 99);
	for (size_t i = 0; i < WIDTH * HEIGHT; i++)
		b[i] ^= 0x020202;
	double near = metrics_alike(a, b, WIDTH, WIDTH, HEIGHT);
	memset(b, 0, sizeof(b));
	double far = metrics_alike(a, b, WIDTH, WIDTH, HEIGHT);
	assert_true(near > 40 && near < 50);
	assert_true(far < 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_frame_seen_in_order),
		cmocka_unit_test(a_covered_frame_is_fresh_with_what_covers_it),
		cmocka_unit_test(a_frame_seen_after_a_newer_one_is_merged),
		cmocka_unit_test(what_never_comes_counts_until_the_end),
		cmocka_unit_test(frames_without_marks_do_not_count),
		cmocka_unit_test(idle_time_is_no_freeze),
		cmocka_unit_test(quantiles_and_medians),
		cmocka_unit_test(one_wrong_block_is_found_where_it_is),
		cmocka_unit_test(text_is_told_from_plain_and_smooth),
		cmocka_unit_test(marks_are_read_when_they_are_good_enough),
		cmocka_unit_test(alike_pictures_score_more),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
