/* test_qemu_keys.c - every key of a 105-key keyboard, by QEMU's numbers. */
#include "tests/unit/unit.h"

#include <stdbool.h>

#include "capture/qemu_keys.h"
#include "capture/x11_keys.h"

static uint8_t key(uint32_t id)
{
	return orl_qemu_key(0x070000 | id);
}

static unsigned count(bool used[256], uint32_t first, uint32_t last)
{
	unsigned n = 0;

	for (uint32_t id = first; id <= last; id++) {
		uint8_t code = key(id);

		assert_int_not_equal(code, 0);
		if (id == 0x32)
			continue; /* 31's place on other keyboards */
		assert_false(used[code]);
		used[code] = true;
		n++;
	}
	return n;
}

static void a_whole_keyboard_has_numbers(void **state)
{
	bool used[256] = { false };

	(void)state;
	assert_int_equal(
			count(used, 0x04, 0x65) + count(used, 0xe0, 0xe7), 105);
	assert_int_equal(key(0x32), key(0x31));
}

/*
 * The codes of evdev are the first set's where that has no prefix. X has the
 * same codes plus 8, from a table of its own.
 */
static void plain_keys_are_evdevs(void **state)
{
	unsigned n = 0;

	(void)state;
	for (uint32_t id = 0; id < 256; id++) {
		unsigned evdev = orl_x11_keycode(0x070000 | id);

		evdev = evdev ? evdev - 8 : 0;
		if (!evdev || (evdev > 83 && evdev != 86 && evdev != 87 &&
					      evdev != 88))
			continue;
		assert_int_equal(key(id), evdev);
		n++;
	}
	assert_int_equal(n, 83 + 3 + 1); /* one place twice */
}

static void others_have_the_prefix(void **state)
{
	static const uint8_t pairs[][2] = {
		{ 0x46, 0x54 },
		{ 0x48, 0xc6 },
		{ 0x49, 0xd2 },
		{ 0x4a, 0xc7 },
		{ 0x4b, 0xc9 },
		{ 0x4c, 0xd3 },
		{ 0x4d, 0xcf },
		{ 0x4e, 0xd1 },
		{ 0x4f, 0xcd },
		{ 0x50, 0xcb },
		{ 0x51, 0xd0 },
		{ 0x52, 0xc8 },
		{ 0x54, 0xb5 },
		{ 0x58, 0x9c },
		{ 0x65, 0xdd },
		{ 0xe3, 0xdb },
		{ 0xe4, 0x9d },
		{ 0xe6, 0xb8 },
		{ 0xe7, 0xdc },
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		assert_int_equal(key(pairs[i][0]), pairs[i][1]);
	assert_int_equal(orl_qemu_key(0x0c00e9), 0xb0);
	assert_int_equal(orl_qemu_key(0x0c0224), 0xea);
}

static void what_is_no_key_has_no_number(void **state)
{
	(void)state;
	assert_int_equal(key(0), 0);
	assert_int_equal(key(3), 0);
	assert_int_equal(key(0xe8), 0);
	assert_int_equal(key(0x104), 0);
	assert_int_equal(orl_qemu_key(4), 0);
	assert_int_equal(orl_qemu_key(0x080004), 0);
	assert_int_equal(orl_qemu_key(0x0c0000), 0);
	assert_int_equal(orl_qemu_key(0xffffffff), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_whole_keyboard_has_numbers),
		cmocka_unit_test(plain_keys_are_evdevs),
		cmocka_unit_test(others_have_the_prefix),
		cmocka_unit_test(what_is_no_key_has_no_number),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
