/* test_viewer_input.c - SDL's names for input as the wire has them. */
#include "tests/unit/unit.h"

#include <SDL2/SDL.h>

#include <oriel/oriel.h>

#include "client/viewer/keys.h"

static void scancodes_are_usages(void **state)
{
	(void)state;
	assert_int_equal(orl_key_usage(SDL_SCANCODE_A), 0x070004);
	assert_int_equal(orl_key_usage(SDL_SCANCODE_RETURN), 0x070028);
	assert_int_equal(orl_key_usage(SDL_SCANCODE_NONUSBACKSLASH), 0x070064);
	assert_int_equal(orl_key_usage(SDL_SCANCODE_LCTRL), 0x0700e0);
	assert_int_equal(orl_key_usage(SDL_SCANCODE_RGUI), 0x0700e7);
	assert_int_equal(orl_key_usage(SDL_SCANCODE_AUDIONEXT), 0x0c00b5);
	assert_int_equal(orl_key_usage(SDL_SCANCODE_AC_BACK), 0x0c0224);
	/* No key: what SDL does not know, and errors of the keyboard. */
	assert_int_equal(orl_key_usage(SDL_SCANCODE_UNKNOWN), 0);
	assert_int_equal(orl_key_usage(1), 0);
	assert_int_equal(orl_key_usage(0xe8), 0);
	assert_int_equal(orl_key_usage(-1), 0);
	assert_int_equal(orl_key_usage(SDL_NUM_SCANCODES), 0);
}

static void no_two_keys_are_one_usage(void **state)
{
	(void)state;
	for (int i = 0; i < SDL_NUM_SCANCODES; i++)
		for (int k = i + 1; k < SDL_NUM_SCANCODES; k++)
			assert_false(orl_key_usage(i) &&
					orl_key_usage(i) == orl_key_usage(k));
}

static void keycodes_are_keysyms(void **state)
{
	(void)state;
	assert_int_equal(orl_key_keysym(SDLK_a), 'a');
	assert_int_equal(orl_key_keysym(SDLK_SPACE), ' ');
	assert_int_equal(orl_key_keysym(0xfc), 0xfc);
	assert_int_equal(orl_key_keysym(0x20ac), 0x010020ac);
	assert_int_equal(orl_key_keysym(SDLK_RETURN), 0xff0d);
	assert_int_equal(orl_key_keysym(SDLK_DELETE), 0xffff);
	assert_int_equal(orl_key_keysym(SDLK_F1), 0xffbe);
	assert_int_equal(orl_key_keysym(SDLK_F12), 0xffc9);
	assert_int_equal(orl_key_keysym(SDLK_F13), 0xffca);
	assert_int_equal(orl_key_keysym(SDLK_F24), 0xffd5);
	assert_int_equal(orl_key_keysym(SDLK_KP_0), 0xffb0);
	assert_int_equal(orl_key_keysym(SDLK_KP_1), 0xffb1);
	assert_int_equal(orl_key_keysym(SDLK_KP_9), 0xffb9);
	assert_int_equal(orl_key_keysym(SDLK_RSHIFT), 0xffe2);
	assert_int_equal(orl_key_keysym(SDLK_UNKNOWN), 0);
	assert_int_equal(orl_key_keysym(SDLK_AUDIONEXT), 0);
	assert_int_equal(orl_key_keysym(0x90), 0);
	assert_int_equal(orl_key_keysym(-1), 0);
}

static void buttons_are_in_hid_order(void **state)
{
	(void)state;
	assert_int_equal(orl_button_bit(SDL_BUTTON_LEFT), 1);
	assert_int_equal(orl_button_bit(SDL_BUTTON_RIGHT), 2);
	assert_int_equal(orl_button_bit(SDL_BUTTON_MIDDLE), 4);
	assert_int_equal(orl_button_bit(SDL_BUTTON_X1), 8);
	assert_int_equal(orl_button_bit(SDL_BUTTON_X2), 16);
	assert_int_equal(orl_button_bit(0), 0);
	assert_int_equal(orl_button_bit(6), 0);
}

static void locks_are_told_apart(void **state)
{
	(void)state;
	assert_int_equal(orl_locks_of(KMOD_NONE), 0);
	assert_int_equal(
			orl_locks_of(KMOD_CAPS | KMOD_LSHIFT), ORIEL_LOCK_CAPS);
	assert_int_equal(orl_locks_of(KMOD_NUM), ORIEL_LOCK_NUM);
	assert_int_equal(orl_locks_of(KMOD_SCROLL), ORIEL_LOCK_SCROLL);
}

static void wheels_lose_nothing(void **state)
{
	struct orl_wheel wheel = { 0, 0 };
	int16_t x, y;
	int sum = 0;
	(void)state;
	orl_wheel_turn(&wheel, 0, 1, &x, &y);
	assert_int_equal(x, 0);
	assert_int_equal(y, 120);
	orl_wheel_turn(&wheel, -2, -1, &x, &y);
	assert_int_equal(x, -240);
	assert_int_equal(y, -120);
	for (int i = 0; i < 1000; i++) {
		orl_wheel_turn(&wheel, 0, 0.001F, &x, &y);
		sum += y;
	}
	assert_in_range(sum, 119, 121);
	orl_wheel_turn(&wheel, 1e9F, -1e9F, &x, &y);
	assert_int_equal(x, 32000);
	assert_int_equal(y, -32000);
}

static void fingers_have_small_numbers(void **state)
{
	struct orl_finger fingers[ORL_FINGERS] = { 0 };
	(void)state;
	assert_null(orl_finger_find(fingers, 0));
	for (int i = 0; i < ORL_FINGERS; i++) {
		struct orl_finger *f = orl_finger_free(fingers);
		assert_non_null(f);
		f->id = -1000000000000 * i;
		f->down = true;
	}
	assert_null(orl_finger_free(fingers));
	assert_ptr_equal(orl_finger_find(fingers, -3000000000000), fingers + 3);
	fingers[3].down = false;
	assert_null(orl_finger_find(fingers, -3000000000000));
	assert_ptr_equal(orl_finger_free(fingers), fingers + 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(scancodes_are_usages),
		cmocka_unit_test(no_two_keys_are_one_usage),
		cmocka_unit_test(keycodes_are_keysyms),
		cmocka_unit_test(buttons_are_in_hid_order),
		cmocka_unit_test(locks_are_told_apart),
		cmocka_unit_test(wheels_lose_nothing),
		cmocka_unit_test(fingers_have_small_numbers),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
