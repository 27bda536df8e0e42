/* test_qemu_check.c - screens, updates and pointers that lie are refused. */
#include "tests/unit/unit.h"

#include <stdbool.h>
#include <string.h>

#include "capture/qemu_check.h"

enum { X8R8G8B8 = 0x20020888, A8B8G8R8 = 0x20038888, R5G6B5 = 0x10020565 };

static uint32_t words[64 * 64];

static struct orl_qemu_update update(
		int64_t x, int64_t y, int64_t width, int64_t height)
{
	return (struct orl_qemu_update){ x, y, width, height,
		(uint32_t)width * 4, X8R8G8B8, words,
		(size_t)width * (size_t)height * 4 };
}

static struct oriel_pixels pixels;
static struct oriel_rect at;
static bool outside;

static const char *check(const struct orl_qemu_update *u)
{
	memset(&pixels, 0xff, sizeof(pixels));
	return orl_qemu_check_update(&pixels, &at, &outside, u, 100, 50);
}

static void expect(int32_t x, int32_t y, int32_t width, int32_t height,
		size_t skipped)
{
	assert_int_equal(at.x, x);
	assert_int_equal(at.y, y);
	assert_int_equal(at.width, width);
	assert_int_equal(at.height, height);
	assert_int_equal(pixels.width, width);
	assert_int_equal(pixels.height, height);
	assert_ptr_equal(pixels.data, words + skipped);
}

static void what_is_inside_is_taken(void **state)
{
	struct orl_qemu_update u = update(10, 20, 30, 30);

	(void)state;
	assert_null(check(&u));
	assert_false(outside);
	expect(10, 20, 30, 30, 0);
	assert_int_equal(pixels.stride, 120);
	assert_int_equal(pixels.format, ORIEL_FORMAT_XRGB8888);
	u.format = A8B8G8R8;
	assert_null(check(&u));
	assert_int_equal(pixels.format, ORIEL_FORMAT_XBGR8888);
	/* The last row without its padding. */
	u = update(0, 0, 10, 10);
	u.stride = 48;
	u.size = 48 * 9 + 40;
	assert_null(check(&u));
	assert_int_equal(pixels.stride, 48);
}

static void what_is_outside_is_cut(void **state)
{
	struct orl_qemu_update u = update(-3, -2, 10, 10);

	(void)state;
	assert_null(check(&u));
	assert_true(outside);
	expect(0, 0, 7, 8, 2 * 10 + 3);
	u = update(95, 45, 10, 10);
	assert_null(check(&u));
	assert_true(outside);
	expect(95, 45, 5, 5, 0);
	u = update(100, 0, 1, 1);
	assert_null(check(&u));
	assert_true(outside);
	assert_int_equal(at.width, 0);
	u = update(INT32_MAX, INT32_MIN, 8, 8);
	assert_null(check(&u));
	assert_true(outside);
	assert_int_equal(at.width, 0);
}

static void lies_are_refused(void **state)
{
	struct orl_qemu_update u = update(0, 0, 0, 10);

	(void)state;
	assert_non_null(check(&u));
	u = update(0, 0, 10, -1);
	assert_non_null(check(&u));
	u = update(0, 0, 16385, 1);
	assert_non_null(check(&u));
	u = update(0, 0, 16384, 16384);
	assert_non_null(check(&u));
	u = update(0, 0, UINT32_MAX, UINT32_MAX);
	assert_non_null(check(&u));
	u = update(INT64_MAX, 0, 10, 10);
	assert_non_null(check(&u));
	u = update(0, 0, 10, 10);
	u.size--;
	assert_non_null(check(&u));
	u = update(0, 0, 10, 10);
	u.stride = 36;
	assert_non_null(check(&u));
	u.stride = 42;
	assert_non_null(check(&u));
	u.stride = UINT32_MAX - 3;
	assert_non_null(check(&u));
	u = update(0, 0, 10, 10);
	u.format = R5G6B5;
	assert_non_null(check(&u));
	u = update(0, 0, 10, 10);
	u.data = NULL;
	assert_non_null(check(&u));
}

static void a_screen_has_the_size_it_says(void **state)
{
	struct orl_qemu_update u = update(7, 7, 60, 60);

	assert_true(orl_qemu_size_fits(7680, 4320));
	assert_false(orl_qemu_size_fits(8192, 4096));
	assert_false(orl_qemu_size_fits(UINT32_MAX, UINT32_MAX));

	(void)state;
	assert_null(orl_qemu_check_scanout(&pixels, &u));
	assert_int_equal(pixels.width, 60);
	assert_int_equal(pixels.height, 60);
	assert_ptr_equal(pixels.data, words);
	u.size = 100;
	assert_non_null(orl_qemu_check_scanout(&pixels, &u));
}

static void pointers_are_checked_and_premultiplied(void **state)
{
	static const uint32_t in[] = { 0xff123456, 0x80ff4020, 0x00ffffff, 0 };
	struct orl_qemu_cursor c = { 2, 2, 0, 0, in, sizeof(in) };
	uint32_t out[4];

	(void)state;
	assert_null(orl_qemu_check_cursor(&c));
	orl_qemu_cursor_pixels(out, &c);
	assert_int_equal(out[0], 0xff123456);
	assert_int_equal(out[1], 0x80804020);
	assert_int_equal(out[2], 0);
	c.size--;
	assert_non_null(orl_qemu_check_cursor(&c));
	c = (struct orl_qemu_cursor){ 257, 1, 0, 0, in, 4096 };
	assert_non_null(orl_qemu_check_cursor(&c));
	c = (struct orl_qemu_cursor){ 0, 1, 0, 0, in, 16 };
	assert_non_null(orl_qemu_check_cursor(&c));
	c = (struct orl_qemu_cursor){ 1, INT32_MIN, 0, 0, in, 16 };
	assert_non_null(orl_qemu_check_cursor(&c));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_inside_is_taken),
		cmocka_unit_test(what_is_outside_is_cut),
		cmocka_unit_test(lies_are_refused),
		cmocka_unit_test(a_screen_has_the_size_it_says),
		cmocka_unit_test(pointers_are_checked_and_premultiplied),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
