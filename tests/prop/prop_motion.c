/*
 * prop_motion.c - whatever moves, copies never make a pixel wrong. Random
 * sizes, scrolls, drags and noise; every promise of motion.h is checked.
 */
#include "tests/unit/unit.h"

#include <stdlib.h>

#include "proto/io/host.h"
#include "tests/unit/screen.h"

enum { ALL = ORL_MOTION_COPIES };

static uint32_t seed, last_seed;

static uint32_t next(uint32_t below)
{
	return screen_next(&seed, below);
}

static int32_t within(int32_t n)
{
	return (int32_t)next((uint32_t)n);
}

/* One thing that happens on a desktop. */
static void happen(struct screen *old, struct screen *now)
{
	const int32_t w = 1 + within(old->width);
	const int32_t h = 1 + within(old->height);
	const int32_t x = within(old->width - w + 1);
	const int32_t y = within(old->height - h + 1);
	const int32_t to_x = within(old->width - w + 1);
	const int32_t to_y = within(old->height - h + 1);
	const uint32_t page = next(5);
	switch (next(6)) {
	case 0: /* scroll */
		screen_draw(old, x, y, w, h, page, 0, 0);
		screen_draw(now, x, y, w, h, page, 0, within(120) - 60);
		break;
	case 1: /* drag */
		screen_draw(old, x, y, w, h, page, 0, 0);
		screen_draw(now, to_x, to_y, w, h, page, 0, 0);
		break;
	case 2: /* noise, the same at both places or not */
		for (int32_t r = 0; r < h; r++)
			for (int32_t c = 0; c < w; c++) {
				const uint32_t v = next(1 << 24);
				*screen_at(old, x + c, y + r) = v;
				*screen_at(now, to_x + c, to_y + r) = v;
			}
		break;
	case 3: /* a pattern that repeats, and matches in many ways */
		for (int32_t r = 0; r < h; r++)
			for (int32_t c = 0; c < w; c++) {
				const uint32_t v =
						(uint32_t)((c % 9) * (r % 7));
				*screen_at(old, x + c, y + r) = v;
				*screen_at(now, to_x + c, to_y + r) = v;
			}
		break;
	case 4: /* two panes side by side, with flat ground between */
		for (int32_t i = 0; i < 2; i++) {
			const int32_t left = x + i * (w / 2);
			const int32_t by = within(80) - 40;
			screen_draw(old, left, y, w / 2, h, page, 0, 0);
			screen_draw(now, left, y, w / 2, h, page, 0, by);
		}
		for (int32_t r = y; r < y + h; r++)
			for (int32_t c = within(40); c > 0; c--) {
				const int32_t at = orl_max32(
						0, x + w / 2 + 20 - c);
				if (at >= now->width)
					continue;
				*screen_at(old, at, r) = 7;
				*screen_at(now, at, r) = 7;
			}
		break;
	default: /* specks */
		for (uint32_t i = next(40); i; i--)
			*screen_at(now, within(now->width),
					within(now->height)) = next(1 << 24);
	}
}

static bool in(const struct orl_copy_op *c, int32_t x, int32_t y)
{
	return x >= c->x && y >= c->y && x < c->x + c->width &&
	       y < c->y + c->height;
}

static void check_shape(const struct screen *s, const struct orl_copy_op *c,
		size_t n, const uint8_t *exact)
{
	for (size_t i = 0; i < n; i++) {
		assert_true(c[i].width >= 32 && c[i].height >= 8);
		assert_true(c[i].x + c[i].width <= s->width);
		assert_true(c[i].y + c[i].height <= s->height);
		assert_true(c[i].from_x + c[i].width <= s->width);
		assert_true(c[i].from_y + c[i].height <= s->height);
		assert_true(c[i].x != c[i].from_x || c[i].y != c[i].from_y);
		for (size_t k = 0; k < i; k++)
			assert_false(c[i].x < c[k].x + c[k].width &&
					c[k].x < c[i].x + c[i].width &&
					c[i].y < c[k].y + c[k].height &&
					c[k].y < c[i].y + c[i].height);
		for (int32_t y = 0; exact && y < c[i].height; y++)
			for (int32_t x = 0; x < c[i].width; x++)
				assert_true(exact[(c[i].from_y + y) / 16 *
								  s->cols +
						  (c[i].from_x + x) / 16]);
	}
}

/* old: copied already. was: what was dirty, is: what is still. */
static void check_effect(const struct screen *old, const struct screen *now,
		const struct orl_copy_op *c, size_t n, const uint8_t *was,
		const uint8_t *is)
{
	for (size_t i = 0; i < n; i++) {
		bool useful = false;
		for (int32_t y = c[i].y; y < c[i].y + c[i].height; y++)
			for (int32_t x = c[i].x; x < c[i].x + c[i].width; x++) {
				const int32_t k = y / 16 * old->cols + x / 16;
				assert_true(in(&c[i], x, y));
				assert_int_equal(*screen_at(old, x, y),
						*screen_at(now, x, y));
				useful |= was[k] && !is[k];
			}
		assert_true(useful);
	}
}

static size_t one_case(struct orl_motion *m, struct orl_motion *fresh)
{
	struct screen old, now;
	struct orl_copy_op out[ALL], again[ALL];
	const int32_t w = 1 + within(400), h = 1 + within(300);
	const bool use_exact = next(3) == 0;
	screen_init(&old, w, h);
	screen_init(&now, w, h);
	const size_t cells = (size_t)(old.cols * old.rows);
	uint8_t *dirty = calloc(cells, 1), *still = calloc(cells, 1);
	uint8_t *exact = calloc(cells, 1);
	screen_draw(&old, 0, 0, w, h, next(5), 0, 0);
	screen_copy(&now, &old);
	for (uint32_t i = 1 + next(3); i; i--)
		happen(&old, &now);
	for (size_t i = 0; i < cells; i++)
		exact[i] = next(20) != 0;
	screen_dirty(&old, &now, dirty);
	const uint8_t *pass = use_exact ? exact : NULL;
	const size_t max = next(4) ? ALL : next(3);
	const size_t n = orl_motion_search(m, old.pixels, now.pixels,
			old.stride, w, h, dirty, pass, out, max);
	assert_true(n <= max);
	/* What was searched before makes no difference. */
	assert_int_equal(orl_motion_search(fresh, old.pixels, now.pixels,
					 old.stride, w, h, dirty, pass, again,
					 max),
			n);
	if (n)
		assert_memory_equal(out, again, n * sizeof(out[0]));
	check_shape(&old, out, n, pass);
	screen_apply(&old, out, n);
	screen_dirty(&old, &now, still);
	check_effect(&old, &now, out, n, dirty, still);
	free(old.pixels);
	free(now.pixels);
	free(dirty);
	free(still);
	free(exact);
	return n;
}

static void copies_never_make_a_pixel_wrong(void **state)
{
	struct orl_env env;
	struct orl_motion *m, *fresh;
	size_t found = 0;
	(void)state;
	assert_int_equal(orl_host_env(&env, NULL), 0);
	assert_int_equal(orl_motion_create(&m, &env), 0);
	for (uint32_t i = 0; i < 1000; i++) {
		last_seed = seed = i;
		assert_int_equal(orl_motion_create(&fresh, &env), 0);
		found += one_case(m, fresh);
		orl_motion_destroy(fresh);
	}
	orl_motion_destroy(m);
	/* Or the test would say nothing. */
	assert_true(found > 400);
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
				copies_never_make_a_pixel_wrong, say_seed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
