/* test_motion.c - what desktops do: scroll, page, drag, two panes at once. */
#include "tests/unit/unit.h"

#include "proto/io/host.h"
#include "tests/unit/screen.h"

enum { W = 640, H = 480, CELLS = 40 * 30, ALL = ORL_MOTION_COPIES };

struct desk {
	struct orl_env env;
	struct orl_motion *m;
	struct screen old, now;
	uint8_t dirty[CELLS];
	struct orl_copy_op out[ALL];
	size_t n, before, after;
};

static int open_desk(void **state)
{
	struct desk *d = calloc(1, sizeof(*d));
	if (orl_host_env(&d->env, NULL) || orl_motion_create(&d->m, &d->env))
		return -1;
	screen_init(&d->old, W, H);
	screen_init(&d->now, W, H);
	screen_draw(&d->old, 0, 0, W, H, 77, 0, 0);
	screen_copy(&d->now, &d->old);
	*state = d;
	return 0;
}

static int close_desk(void **state)
{
	struct desk *d = *state;
	orl_motion_destroy(d->m);
	free(d->old.pixels);
	free(d->now.pixels);
	free(d);
	return 0;
}

static void search(struct desk *d, const uint8_t *exact)
{
	d->before = screen_dirty(&d->old, &d->now, d->dirty);
	d->n = orl_motion_search(d->m, d->old.pixels, d->now.pixels,
			d->old.stride, W, H, d->dirty, exact, d->out, ALL);
	screen_apply(&d->old, d->out, d->n);
	d->after = screen_dirty(&d->old, &d->now, d->dirty);
}

/* A pane of 400 x 380 at 33, 41, scrolled by this much. */
static void scroll(struct desk *d, int32_t x, int32_t y)
{
	screen_draw(&d->old, 33, 41, 400, 380, 1, 0, 0);
	screen_draw(&d->now, 33, 41, 400, 380, 1, x, y);
	search(d, NULL);
}

static void one_line(void **state)
{
	struct desk *d = *state;
	scroll(d, 0, 13);
	assert_int_equal(d->n, 1);
	assert_true(d->out[0].width >= 400 && d->out[0].width <= 416);
	assert_true(d->out[0].height >= 367);
	assert_int_equal(d->out[0].from_x, d->out[0].x);
	assert_int_equal(d->out[0].from_y, d->out[0].y + 13);
	/* The line that came in, over at most two rows of cells. */
	assert_true(d->after <= 2 * 27);
}

static void part_of_a_line(void **state)
{
	struct desk *d = *state;
	scroll(d, 0, -29);
	assert_int_equal(d->n, 1);
	assert_int_equal(d->out[0].from_y, d->out[0].y - 29);
	assert_true(d->after <= 3 * 27);
}

static void a_page_less_three_lines(void **state)
{
	struct desk *d = *state;
	scroll(d, 0, 380 - 3 * 13);
	assert_int_equal(d->n, 1);
	assert_int_equal(d->out[0].from_y, d->out[0].y + 380 - 39);
	assert_true(d->out[0].height >= 39);
	assert_true(d->after < d->before);
}

static void sideways(void **state)
{
	struct desk *d = *state;
	scroll(d, 21, 0);
	assert_int_equal(d->n, 1);
	assert_int_equal(d->out[0].from_x, d->out[0].x + 21);
	assert_true(d->after <= 3 * 25);
}

static void a_window_is_dragged_over_itself(void **state)
{
	struct desk *d = *state;
	screen_draw(&d->old, 100, 90, 300, 200, 2, 0, 0);
	screen_draw(&d->now, 117, 95, 300, 200, 2, 0, 0);
	search(d, NULL);
	assert_int_equal(d->n, 1);
	assert_true(d->out[0].x <= 117 && d->out[0].x + d->out[0].width >= 417);
	assert_true(d->out[0].y <= 95 && d->out[0].y + d->out[0].height >= 295);
	assert_int_equal(d->out[0].from_x, d->out[0].x - 17);
	assert_int_equal(d->out[0].from_y, d->out[0].y - 5);
	/* What was uncovered: an L of 17 x 200 and 300 x 5. */
	assert_true(d->after <= 14 * 2 + 20);
}

static void two_panes_scroll_at_once(void **state)
{
	struct desk *d = *state;
	screen_draw(&d->old, 0, 40, 310, 400, 3, 0, 0);
	screen_draw(&d->now, 0, 40, 310, 400, 3, 0, 26);
	screen_draw(&d->old, 320, 40, 320, 400, 4, 0, 0);
	screen_draw(&d->now, 320, 40, 320, 400, 4, 0, -52);
	search(d, NULL);
	assert_in_range(d->n, 2, 4);
	assert_true(d->after <= d->before / 4);
}

/* Both vectors explain the ground between; only one may have a pixel. */
static void flat_ground_between_panes_is_copied_once(void **state)
{
	struct desk *d = *state;
	for (int32_t y = 0; y < H; y++)
		for (int32_t x = 0; x < W; x++)
			*screen_at(&d->old, x, y) = *screen_at(&d->now, x, y) =
					0xffffff;
	screen_draw(&d->old, 0, 0, 314, H, 3, 0, 0);
	screen_draw(&d->now, 0, 0, 314, H, 3, 0, 26);
	screen_draw(&d->old, 326, 0, 314, H, 4, 0, 0);
	screen_draw(&d->now, 326, 0, 314, H, 4, 0, -52);
	search(d, NULL);
	assert_in_range(d->n, 2, 4);
	for (size_t i = 0; i < d->n; i++)
		for (size_t k = 0; k < i; k++) {
			const struct orl_copy_op *a = &d->out[i];
			const struct orl_copy_op *b = &d->out[k];
			assert_false(a->x < b->x + b->width &&
					b->x < a->x + a->width &&
					a->y < b->y + b->height &&
					b->y < a->y + a->height);
		}
}

static void only_from_exact_cells(void **state)
{
	struct desk *d = *state;
	uint8_t exact[CELLS];
	memset(exact, 0, sizeof(exact));
	screen_draw(&d->now, 33, 41, 400, 380, 77, 33, 41 + 13);
	search(d, exact);
	assert_int_equal(d->n, 0);
	memset(exact, 1, sizeof(exact));
	exact[15 * 40 + 10] = 0;
	search(d, exact);
	assert_true(d->n > 0);
	for (size_t i = 0; i < d->n; i++) {
		const struct orl_copy_op *c = &d->out[i];
		assert_false(c->from_x < 11 * 16 &&
				c->from_x + c->width > 10 * 16 &&
				c->from_y < 16 * 16 &&
				c->from_y + c->height > 15 * 16);
	}
	assert_true(d->after < d->before / 2);
}

static void nothing_to_find(void **state)
{
	struct desk *d = *state;
	search(d, NULL);
	assert_int_equal(d->n, 0);
	/* Little: 7 rows; and 2 per cent. */
	screen_draw(&d->now, 0, 100, W, 7, 9, 0, 0);
	search(d, NULL);
	assert_int_equal(d->n, 0);
	screen_copy(&d->now, &d->old);
	screen_draw(&d->old, 64, 64, 80, 64, 5, 0, 0);
	screen_draw(&d->now, 64, 64, 80, 64, 5, 0, 13);
	search(d, NULL);
	assert_int_equal(d->n, 0);
	/* Flat moves: nothing that a copy would save. */
	for (int32_t y = 0; y < H; y++)
		for (int32_t x = 0; x < W; x++) {
			*screen_at(&d->old, x, y) = y < 200 ? 1 : 2;
			*screen_at(&d->now, x, y) = y < 260 ? 1 : 2;
		}
	search(d, NULL);
	assert_int_equal(d->n, 0);
	/* No room for an answer. */
	screen_draw(&d->old, 0, 0, W, H, 5, 0, 0);
	screen_draw(&d->now, 0, 0, W, H, 5, 0, 13);
	screen_dirty(&d->old, &d->now, d->dirty);
	assert_int_equal(orl_motion_search(d->m, d->old.pixels, d->now.pixels,
					 d->old.stride, W, H, d->dirty, NULL,
					 d->out, 0),
			0);
}

static void a_copy_that_rights_no_cell_is_not_made(void **state)
{
	struct desk *d = *state;
	screen_draw(&d->old, 0, 0, W, H, 5, 0, 0);
	screen_draw(&d->now, 0, 0, W, H, 5, 0, 13);
	/* One pixel of each cell is new: strips match, cells do not. */
	for (int32_t y = 5; y < H; y += 16)
		for (int32_t x = 3; x < W; x += 16)
			*screen_at(&d->now, x, y) = 0x123456;
	search(d, NULL);
	assert_int_equal(d->n, 0);
}

static size_t left; /* allocations that succeed */

static void *scarce(void *user, size_t bytes)
{
	(void)user;
	return left && left-- ? malloc(bytes) : NULL;
}

static void give_back(void *user, void *ptr)
{
	(void)user;
	free(ptr);
}

static void without_memory_nothing_is_found(void **state)
{
	struct desk *d = *state;
	struct orl_env env = d->env;
	struct orl_motion *m;
	env.hooks.alloc = scarce;
	env.hooks.release = give_back;
	screen_draw(&d->now, 0, 0, W, H, 77, 0, 13);
	screen_dirty(&d->old, &d->now, d->dirty);
	for (size_t have = 0; have < 8; have++) {
		left = have;
		m = NULL;
		const int err = orl_motion_create(&m, &env);
		assert_int_equal(err, have < 2 ? ORIEL_ENOMEM : 0);
		if (err)
			continue;
		assert_int_equal(
				orl_motion_search(m, d->old.pixels,
						d->now.pixels, d->old.stride, W,
						H, d->dirty, NULL, d->out, ALL),
				0);
		orl_motion_destroy(m);
	}
	orl_motion_destroy(NULL);
}

#define DESK(f) cmocka_unit_test_setup_teardown(f, open_desk, close_desk)

int main(void)
{
	const struct CMUnitTest tests[] = {
		DESK(one_line),
		DESK(part_of_a_line),
		DESK(a_page_less_three_lines),
		DESK(sideways),
		DESK(a_window_is_dragged_over_itself),
		DESK(two_panes_scroll_at_once),
		DESK(flat_ground_between_panes_is_copied_once),
		DESK(only_from_exact_cells),
		DESK(nothing_to_find),
		DESK(a_copy_that_rights_no_cell_is_not_made),
		DESK(without_memory_nothing_is_found),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
