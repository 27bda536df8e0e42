/*
 * test_keys_places.c - from SDL's scancodes through the wire to X keycodes:
 * every key that evdev has arrives, and no two at one place.
 */
#include "tests/unit/unit.h"

#include <string.h>

#include <SDL2/SDL.h>

#include "capture/x11_keys.h"
#include "client/viewer/keys.h"

/* Not used, or keys of terminals and calculators; evdev, or X's 255 codes, lack them. */
static bool is_rare(int scancode)
{
	return (scancode > SDL_SCANCODE_VOLUMEDOWN &&
			       scancode < SDL_SCANCODE_KP_COMMA) ||
	       scancode == SDL_SCANCODE_KP_EQUALSAS400 ||
	       (scancode >= SDL_SCANCODE_INTERNATIONAL7 &&
			       scancode <= SDL_SCANCODE_INTERNATIONAL9) ||
	       (scancode >= SDL_SCANCODE_LANG6 &&
			       scancode <= SDL_SCANCODE_LANG9) ||
	       (scancode > SDL_SCANCODE_EXSEL &&
			       scancode < SDL_SCANCODE_KP_00) ||
	       (scancode > SDL_SCANCODE_KP_HEXADECIMAL &&
			       scancode < SDL_SCANCODE_LCTRL) ||
	       (scancode >= SDL_SCANCODE_CLEAR &&
			       scancode <= SDL_SCANCODE_EXSEL) ||
	       (scancode >= SDL_SCANCODE_KP_00 &&
			       scancode <= SDL_SCANCODE_KP_HEXADECIMAL &&
			       scancode != SDL_SCANCODE_KP_LEFTPAREN &&
			       scancode != SDL_SCANCODE_KP_RIGHTPAREN &&
			       scancode != SDL_SCANCODE_KP_PLUSMINUS);
}

/* Usages that mean the same key. */
static bool is_second(int scancode)
{
	return scancode == SDL_SCANCODE_NONUSHASH ||
	       scancode == SDL_SCANCODE_SYSREQ ||
	       scancode == SDL_SCANCODE_AUDIOMUTE ||
	       scancode == SDL_SCANCODE_AC_STOP;
}

static void every_key_arrives(void **state)
{
	int at[256] = { 0 }, n = 0;
	(void)state;
	for (int i = 0; i < SDL_NUM_SCANCODES; i++) {
		uint32_t usage = orl_key_usage(i);
		int code = usage ? orl_x11_keycode(usage) : 0;
		if (!usage)
			continue;
		if (is_rare(i)) {
			assert_int_equal(code, 0);
			continue;
		}
		if (!code)
			fail_msg("scancode %d has no place", i);
		if (at[code] && !is_second(i))
			fail_msg("%d is at the place of %d", i, at[code]);
		if (!is_second(i))
			at[code] = i;
		n++;
	}
	assert_in_range(n, 150, 200);
}

/* As evdev's rules for X name them. */
static void well_known_keys_are_where_they_are(void **state)
{
	static const struct {
		int scancode, code;
	} keys[] = {
		{ SDL_SCANCODE_NONUSBACKSLASH, 94 },
		{ SDL_SCANCODE_INTERNATIONAL1, 97 },  /* Ro */
		{ SDL_SCANCODE_INTERNATIONAL2, 101 }, /* Katakana, Hiragana */
		{ SDL_SCANCODE_INTERNATIONAL3, 132 }, /* Yen */
		{ SDL_SCANCODE_INTERNATIONAL4, 100 }, /* Henkan */
		{ SDL_SCANCODE_INTERNATIONAL5, 102 }, /* Muhenkan */
		{ SDL_SCANCODE_LANG1, 130 },          /* Hangul */
		{ SDL_SCANCODE_LANG2, 131 },          /* Hanja */
		{ SDL_SCANCODE_F13, 191 },
		{ SDL_SCANCODE_F24, 202 },
		{ SDL_SCANCODE_KP_ENTER, 104 },
		{ SDL_SCANCODE_KP_COMMA, 129 },
		{ SDL_SCANCODE_KP_EQUALS, 125 },
		{ SDL_SCANCODE_LGUI, 133 },
		{ SDL_SCANCODE_RGUI, 134 },
		{ SDL_SCANCODE_APPLICATION, 135 },
		{ SDL_SCANCODE_PRINTSCREEN, 107 },
		{ SDL_SCANCODE_PAUSE, 127 },
		{ SDL_SCANCODE_AUDIONEXT, 171 },
		{ SDL_SCANCODE_AUDIOPLAY, 172 },
		{ SDL_SCANCODE_VOLUMEUP, 123 },
		{ SDL_SCANCODE_WWW, 158 },
		{ SDL_SCANCODE_SLEEP, 150 },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		assert_int_equal(orl_x11_keycode(orl_key_usage(
						 keys[i].scancode)),
				keys[i].code);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_key_arrives),
		cmocka_unit_test(well_known_keys_are_where_they_are),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
