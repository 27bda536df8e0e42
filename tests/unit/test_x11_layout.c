/*
 * test_x11_layout.c - which monitors become displays, and where they go.
 */
#include "tests/unit/unit.h"

#include "capture/x11_layout.h"

static void assert_rect(struct oriel_rect r, int32_t x, int32_t y,
		int32_t width, int32_t height)
{
	assert_int_equal(r.x, x);
	assert_int_equal(r.y, y);
	assert_int_equal(r.width, width);
	assert_int_equal(r.height, height);
}

static void side_by_side_all_are_shown(void **state)
{
	struct orl_place list[] = {
		{ 11, { 0, 0, 641, 720 }, false, false },
		{ 12, { 641, 33, 501, 401 }, false, true },
		{ 13, { 1142, 0, 138, 720 }, true, false },
	};

	(void)state;
	assert_int_equal(orl_layout_choose(list, 3, 1280, 720), 3);
	assert_int_equal(list[0].name, 13);
	assert_int_equal(list[1].name, 12);
	assert_int_equal(list[2].name, 11);
	assert_rect(list[1].at, 641, 33, 501, 401);
}

static void what_is_outside_is_cut(void **state)
{
	struct orl_place list[] = {
		{ 1, { -10, 700, 100, 100 }, false, false },
		{ 2, { 1280, 0, 10, 10 }, false, false },
		{ 3, { 5, 5, 0, 10 }, false, false },
		{ 4, { 1200, 0, 32767, 32767 }, false, false },
	};

	(void)state;
	assert_int_equal(orl_layout_choose(list, 4, 1280, 720), 2);
	assert_int_equal(list[0].name, 1);
	assert_rect(list[0].at, 0, 700, 90, 20);
	assert_int_equal(list[1].name, 4);
	assert_rect(list[1].at, 1200, 0, 80, 720);
}

static void mirrors_are_shown_once(void **state)
{
	struct orl_place equal[] = {
		{ 1, { 0, 0, 100, 100 }, false, false },
		{ 2, { 0, 0, 100, 100 }, true, false },
		{ 3, { 0, 0, 100, 100 }, false, true },
		{ 4, { 0, 0, 100, 100 }, false, false },
	};
	struct orl_place within[] = {
		{ 1, { 10, 10, 50, 50 }, true, true },
		{ 2, { 0, 0, 100, 100 }, false, false },
		{ 3, { 0, 0, 100, 100 }, false, false },
		{ 4, { 50, 0, 100, 100 }, false, false }, /* shows more */
	};

	(void)state;
	assert_int_equal(orl_layout_choose(equal, 4, 500, 500), 1);
	assert_int_equal(equal[0].name, 3);
	assert_int_equal(orl_layout_choose(within, 4, 500, 500), 2);
	assert_int_equal(within[0].name, 2);
	assert_int_equal(within[1].name, 4);
}

static void none_is_none(void **state)
{
	struct orl_place list[1] = { { 1, { 9, 9, 1, 1 }, true, true } };

	(void)state;
	assert_int_equal(orl_layout_choose(list, 0, 100, 100), 0);
	assert_int_equal(orl_layout_choose(list, 1, 9, 9), 0);
}

static void neighbours_make_room(void **state)
{
	const struct oriel_rect from[] = { { 0, 0, 800, 600 },
		{ 800, 0, 640, 480 }, { 0, 600, 800, 600 },
		{ 800, 480, 640, 480 } };
	struct oriel_rect to[4], last[4];

	(void)state;
	assert_true(orl_layout_resize(to, from, 4, 0, 1001, 501));
	assert_rect(to[0], 0, 0, 1001, 501);
	assert_rect(to[1], 1001, 0, 640, 480);
	assert_rect(to[2], 0, 501, 800, 600);
	assert_rect(to[3], 1001, 480, 640, 480);
	assert_true(orl_layout_resize(last, to, 4, 1, 100, 100));
	assert_rect(last[0], 0, 0, 1001, 501);
	assert_rect(last[1], 1001, 0, 100, 100);
	assert_rect(last[2], 0, 501, 800, 600);
	assert_rect(last[3], 1001, 100, 640, 480);
}

static void neighbours_do_not_collide(void **state)
{
	/* The third one touches the first one's corner. */
	const struct oriel_rect from[] = { { 0, 0, 100, 100 },
		{ 50, 50, 20, 20 }, { 100, 100, 100, 100 } };
	struct oriel_rect to[3];

	(void)state;
	assert_true(orl_layout_resize(to, from, 3, 0, 120, 100));
	assert_rect(to[2], 100, 100, 100, 100);
	assert_false(orl_layout_resize(to, from, 3, 0, 101, 101));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(side_by_side_all_are_shown),
		cmocka_unit_test(what_is_outside_is_cut),
		cmocka_unit_test(mirrors_are_shown_once),
		cmocka_unit_test(none_is_none),
		cmocka_unit_test(neighbours_make_room),
		cmocka_unit_test(neighbours_do_not_collide),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
