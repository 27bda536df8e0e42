/* test_x11_keys.c - every key of a 105-key keyboard, and text as keysyms. */
#include "tests/unit/unit.h"

#include <stdbool.h>
#include <string.h>

#include "capture/x11_keys.h"

static uint8_t key(uint32_t id)
{
	return orl_x11_keycode(0x070000 | id);
}

static void a_whole_keyboard_has_places(void **state)
{
	bool used[256] = { false };
	unsigned n = 0;

	(void)state;
	/* 04 to 65 are its keys; 32 is 31's place on other keyboards. */
	for (uint32_t id = 0x04; id <= 0x65; id++) {
		uint8_t code = key(id);

		assert_in_range(code, 9, 255);
		if (id == 0x32)
			continue;
		assert_false(used[code]);
		used[code] = true;
		n++;
	}
	for (uint32_t id = 0xe0; id <= 0xe7; id++) {
		assert_in_range(key(id), 9, 255);
		assert_false(used[key(id)]);
		used[key(id)] = true;
		n++;
	}
	assert_int_equal(n, 105);
}

/* The names that an X server with evdev rules has for some of them. */
static void places_are_evdevs(void **state)
{
	(void)state;
	assert_int_equal(key(0x29), 9);  /* ESC */
	assert_int_equal(key(0x1e), 10); /* AE01 */
	assert_int_equal(key(0x27), 19); /* AE10 */
	assert_int_equal(key(0x14), 24); /* AD01, q */
	assert_int_equal(key(0x28), 36); /* RTRN */
	assert_int_equal(key(0x04), 38); /* AC01, a */
	assert_int_equal(key(0x1d), 52); /* AB01, z */
	assert_int_equal(key(0x2c), 65); /* SPCE */
	assert_int_equal(key(0x3a), 67); /* FK01 */
	assert_int_equal(key(0x45), 96); /* FK12 */
	assert_int_equal(key(0x64), 94); /* LSGT */
	assert_int_equal(key(0x32), key(0x31));
	assert_int_equal(key(0x52), 111);                 /* UP */
	assert_int_equal(key(0x62), 90);                  /* KP0 */
	assert_int_equal(key(0xe6), 108);                 /* RALT */
	assert_int_equal(key(0xe7), 134);                 /* RWIN */
	assert_int_equal(key(0x65), 135);                 /* COMP */
	assert_int_equal(orl_x11_keycode(0x0c00e9), 123); /* louder */
	assert_int_equal(orl_x11_keycode(0x0c00cd), 172); /* play, pause */
}

static void what_is_no_key_has_no_place(void **state)
{
	(void)state;
	assert_int_equal(key(0), 0);
	assert_int_equal(key(3), 0);
	assert_int_equal(key(0xe8), 0);
	assert_int_equal(key(0x104), 0);
	assert_int_equal(orl_x11_keycode(0x080004), 0);
	assert_int_equal(orl_x11_keycode(0x0c0000), 0);
	assert_int_equal(orl_x11_keycode(0xffffffff), 0);
	assert_int_equal(orl_x11_keycode(4), 0);
}

static void characters_have_keysyms(void **state)
{
	(void)state;
	assert_int_equal(orl_x11_keysym('a'), 'a');
	assert_int_equal(orl_x11_keysym(0xe4), 0xe4);
	assert_int_equal(orl_x11_keysym(0x20ac), 0x010020ac);
	assert_int_equal(orl_x11_keysym(0x1f600), 0x0101f600);
	assert_int_equal(orl_x11_keysym('\n'), 0xff0d);
	assert_int_equal(orl_x11_keysym('\t'), 0xff09);
	assert_int_equal(orl_x11_keysym(0x7f), 0xffff);
	assert_int_equal(orl_x11_keysym(1), 0);
	assert_int_equal(orl_x11_keysym(0x85), 0);
}

static void text_is_cut_into_characters(void **state)
{
	const char *good = "a\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80";
	const char *bad[] = { "\x80", "\xc0\xaf", "\xe0\x80\xaf", "\xc3",
		"\xe2\x82", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xf8\x88",
		"\xff" };

	(void)state;
	assert_int_equal(orl_x11_character(&good), 'a');
	assert_int_equal(orl_x11_character(&good), 0xe4);
	assert_int_equal(orl_x11_character(&good), 0x20ac);
	assert_int_equal(orl_x11_character(&good), 0x1f600);
	assert_int_equal(orl_x11_character(&good), 0);
	assert_int_equal(orl_x11_character(&good), 0);
	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		const char *end = bad[i] + strlen(bad[i]), *p = bad[i];

		assert_int_equal(orl_x11_character(&p), 0xfffd);
		while (orl_x11_character(&p))
			;
		assert_ptr_equal(p, end);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_whole_keyboard_has_places),
		cmocka_unit_test(places_are_evdevs),
		cmocka_unit_test(what_is_no_key_has_no_place),
		cmocka_unit_test(characters_have_keysyms),
		cmocka_unit_test(text_is_cut_into_characters),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
