/*
 * keys.c - tables. SDL_Scancode is the HID usage of page 7 (keyboard) up to
 * 0xe7; what SDL put above belongs to the consumer page.
 */
#include <math.h>

#include <SDL2/SDL.h>

#include <oriel/oriel.h>

#include "client/viewer/keys.h"

struct pair {
	int32_t from;
	uint32_t to;
};

static const struct pair consumer[] = {
	{ SDL_SCANCODE_AUDIONEXT, 0x0c00b5 },
	{ SDL_SCANCODE_AUDIOPREV, 0x0c00b6 },
	{ SDL_SCANCODE_AUDIOSTOP, 0x0c00b7 },
	{ SDL_SCANCODE_AUDIOPLAY, 0x0c00cd },
	{ SDL_SCANCODE_AUDIOMUTE, 0x0c00e2 },
	{ SDL_SCANCODE_MEDIASELECT, 0x0c0183 },
	{ SDL_SCANCODE_WWW, 0x0c0196 },
	{ SDL_SCANCODE_MAIL, 0x0c018a },
	{ SDL_SCANCODE_CALCULATOR, 0x0c0192 },
	{ SDL_SCANCODE_COMPUTER, 0x0c0194 },
	{ SDL_SCANCODE_AC_SEARCH, 0x0c0221 },
	{ SDL_SCANCODE_AC_HOME, 0x0c0223 },
	{ SDL_SCANCODE_AC_BACK, 0x0c0224 },
	{ SDL_SCANCODE_AC_FORWARD, 0x0c0225 },
	{ SDL_SCANCODE_AC_STOP, 0x0c0226 },
	{ SDL_SCANCODE_AC_REFRESH, 0x0c0227 },
	{ SDL_SCANCODE_AC_BOOKMARKS, 0x0c022a },
	{ SDL_SCANCODE_BRIGHTNESSUP, 0x0c006f },
	{ SDL_SCANCODE_BRIGHTNESSDOWN, 0x0c0070 },
	{ SDL_SCANCODE_KBDILLUMUP, 0x0c0079 },
	{ SDL_SCANCODE_KBDILLUMDOWN, 0x0c007a },
	{ SDL_SCANCODE_KBDILLUMTOGGLE, 0x0c007c },
	{ SDL_SCANCODE_EJECT, 0x0c00b8 },
	{ SDL_SCANCODE_SLEEP, 0x0c0032 },
	{ SDL_SCANCODE_AUDIOREWIND, 0x0c00b4 },
	{ SDL_SCANCODE_AUDIOFASTFORWARD, 0x0c00b3 },
};

static const struct pair keysyms[] = {
	{ SDLK_BACKSPACE, 0xff08 },
	{ SDLK_TAB, 0xff09 },
	{ SDLK_RETURN, 0xff0d },
	{ SDLK_PAUSE, 0xff13 },
	{ SDLK_SCROLLLOCK, 0xff14 },
	{ SDLK_SYSREQ, 0xff15 },
	{ SDLK_ESCAPE, 0xff1b },
	{ SDLK_HOME, 0xff50 },
	{ SDLK_LEFT, 0xff51 },
	{ SDLK_UP, 0xff52 },
	{ SDLK_RIGHT, 0xff53 },
	{ SDLK_DOWN, 0xff54 },
	{ SDLK_PAGEUP, 0xff55 },
	{ SDLK_PAGEDOWN, 0xff56 },
	{ SDLK_END, 0xff57 },
	{ SDLK_PRINTSCREEN, 0xff61 },
	{ SDLK_INSERT, 0xff63 },
	{ SDLK_UNDO, 0xff65 },
	{ SDLK_APPLICATION, 0xff67 },
	{ SDLK_MENU, 0xff67 },
	{ SDLK_HELP, 0xff6a },
	{ SDLK_MODE, 0xff7e },
	{ SDLK_NUMLOCKCLEAR, 0xff7f },
	{ SDLK_KP_ENTER, 0xff8d },
	{ SDLK_KP_MULTIPLY, 0xffaa },
	{ SDLK_KP_PLUS, 0xffab },
	{ SDLK_KP_COMMA, 0xffac },
	{ SDLK_KP_MINUS, 0xffad },
	{ SDLK_KP_PERIOD, 0xffae },
	{ SDLK_KP_DIVIDE, 0xffaf },
	{ SDLK_KP_0, 0xffb0 },
	{ SDLK_KP_EQUALS, 0xffbd },
	{ SDLK_LSHIFT, 0xffe1 },
	{ SDLK_RSHIFT, 0xffe2 },
	{ SDLK_LCTRL, 0xffe3 },
	{ SDLK_RCTRL, 0xffe4 },
	{ SDLK_CAPSLOCK, 0xffe5 },
	{ SDLK_LALT, 0xffe9 },
	{ SDLK_RALT, 0xffea },
	{ SDLK_LGUI, 0xffeb },
	{ SDLK_RGUI, 0xffec },
	{ SDLK_DELETE, 0xffff },
};

static uint32_t find(const struct pair *table, size_t n, int32_t from)
{
	for (size_t i = 0; i < n; i++)
		if (table[i].from == from)
			return table[i].to;
	return 0;
}

uint32_t orl_key_usage(int scancode)
{
	/* 1 to 3 are errors of a keyboard, not keys. */
	if (scancode >= 4 && scancode <= 0xe7)
		return 0x070000 | (uint32_t)scancode;
	return find(consumer, sizeof(consumer) / sizeof(consumer[0]), scancode);
}

uint32_t orl_key_keysym(int32_t key)
{
	uint32_t found = find(
			keysyms, sizeof(keysyms) / sizeof(keysyms[0]), key);
	if (found)
		return found;
	if (key >= SDLK_F1 && key <= SDLK_F12)
		return 0xffbe + (uint32_t)(key - SDLK_F1);
	if (key >= SDLK_F13 && key <= SDLK_F24)
		return 0xffca + (uint32_t)(key - SDLK_F13);
	if (key >= SDLK_KP_1 && key <= SDLK_KP_9)
		return 0xffb1 + (uint32_t)(key - SDLK_KP_1);
	/* Keysyms of Latin-1 are its code points, others have a mark. */
	if ((key >= 0x20 && key < 0x7f) || (key >= 0xa0 && key <= 0xff))
		return (uint32_t)key;
	if (key >= 0x100 && key <= 0x10ffff)
		return 0x01000000 | (uint32_t)key;
	return 0;
}

uint32_t orl_button_bit(int button)
{
	switch (button) {
	case SDL_BUTTON_LEFT:
		return 1 << 0;
	case SDL_BUTTON_RIGHT:
		return 1 << 1;
	case SDL_BUTTON_MIDDLE:
		return 1 << 2;
	case SDL_BUTTON_X1:
		return 1 << 3;
	case SDL_BUTTON_X2:
		return 1 << 4;
	default:
		return 0;
	}
}

uint32_t orl_locks_of(uint32_t keymod)
{
	return (keymod & KMOD_CAPS ? (uint32_t)ORIEL_LOCK_CAPS : 0) |
	       (keymod & KMOD_NUM ? (uint32_t)ORIEL_LOCK_NUM : 0) |
	       (keymod & KMOD_SCROLL ? (uint32_t)ORIEL_LOCK_SCROLL : 0);
}

static int16_t whole(float *rest, float turn)
{
	float sum = *rest + turn * 120;
	if (!(sum > -32000))
		sum = -32000;
	if (sum > 32000)
		sum = 32000;
	float n = roundf(sum);
	*rest = sum - n;
	return (int16_t)n;
}

void orl_wheel_turn(struct orl_wheel *wheel, float x, float y, int16_t *out_x,
		int16_t *out_y)
{
	*out_x = whole(&wheel->rest_x, x);
	*out_y = whole(&wheel->rest_y, y);
}

struct orl_finger *orl_finger_find(
		struct orl_finger fingers[static ORL_FINGERS], int64_t id)
{
	for (int i = 0; i < ORL_FINGERS; i++)
		if (fingers[i].down && fingers[i].id == id)
			return &fingers[i];
	return NULL;
}

struct orl_finger *orl_finger_free(
		struct orl_finger fingers[static ORL_FINGERS])
{
	for (int i = 0; i < ORL_FINGERS; i++)
		if (!fingers[i].down)
			return &fingers[i];
	return NULL;
}
