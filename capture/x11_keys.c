/*
 * x11_keys.c - where a key is, whatever is printed on it.
 *
 * Usages name places on a keyboard, as evdev codes do, and X keycodes are
 * those plus 8: the desktop's own layout gives them their meaning.
 */
#include "capture/x11_keys.h"

#include <linux/input-event-codes.h>

enum { KEYBOARD_PAGE = 0x07, CONSUMER_PAGE = 0x0c, X_OFFSET = 8 };

/* clang-format off */
static const uint8_t keyboard[256] = {
	[0x04] = KEY_A, KEY_B, KEY_C, KEY_D, KEY_E, KEY_F, KEY_G, KEY_H,
	[0x0c] = KEY_I, KEY_J, KEY_K, KEY_L, KEY_M, KEY_N, KEY_O, KEY_P,
	[0x14] = KEY_Q, KEY_R, KEY_S, KEY_T, KEY_U, KEY_V, KEY_W, KEY_X,
	[0x1c] = KEY_Y, KEY_Z,
	[0x1e] = KEY_1, KEY_2, KEY_3, KEY_4, KEY_5, KEY_6, KEY_7, KEY_8,
	[0x26] = KEY_9, KEY_0,
	[0x28] = KEY_ENTER, KEY_ESC, KEY_BACKSPACE, KEY_TAB, KEY_SPACE,
	[0x2d] = KEY_MINUS, KEY_EQUAL, KEY_LEFTBRACE, KEY_RIGHTBRACE,
	/* Backslash; then the same place on keyboards with a tall Enter. */
	[0x31] = KEY_BACKSLASH, KEY_BACKSLASH, KEY_SEMICOLON,
	[0x34] = KEY_APOSTROPHE, KEY_GRAVE, KEY_COMMA, KEY_DOT, KEY_SLASH,
	[0x39] = KEY_CAPSLOCK,
	[0x3a] = KEY_F1, KEY_F2, KEY_F3, KEY_F4, KEY_F5, KEY_F6, KEY_F7,
	[0x41] = KEY_F8, KEY_F9, KEY_F10, KEY_F11, KEY_F12,
	[0x46] = KEY_SYSRQ, KEY_SCROLLLOCK, KEY_PAUSE, KEY_INSERT, KEY_HOME,
	[0x4b] = KEY_PAGEUP, KEY_DELETE, KEY_END, KEY_PAGEDOWN,
	[0x4f] = KEY_RIGHT, KEY_LEFT, KEY_DOWN, KEY_UP,
	[0x53] = KEY_NUMLOCK, KEY_KPSLASH, KEY_KPASTERISK, KEY_KPMINUS,
	[0x57] = KEY_KPPLUS, KEY_KPENTER,
	[0x59] = KEY_KP1, KEY_KP2, KEY_KP3, KEY_KP4, KEY_KP5, KEY_KP6,
	[0x5f] = KEY_KP7, KEY_KP8, KEY_KP9, KEY_KP0, KEY_KPDOT,
	[0x64] = KEY_102ND, KEY_COMPOSE, KEY_POWER, KEY_KPEQUAL,
	[0x68] = KEY_F13, KEY_F14, KEY_F15, KEY_F16, KEY_F17, KEY_F18,
	[0x6e] = KEY_F19, KEY_F20, KEY_F21, KEY_F22, KEY_F23, KEY_F24,
	[0x74] = KEY_OPEN, KEY_HELP, KEY_PROPS, KEY_FRONT, KEY_STOP,
	[0x79] = KEY_AGAIN, KEY_UNDO, KEY_CUT, KEY_COPY, KEY_PASTE, KEY_FIND,
	[0x7f] = KEY_MUTE, KEY_VOLUMEUP, KEY_VOLUMEDOWN,
	[0x85] = KEY_KPCOMMA,
	/* International 1 to 6, then Lang 1 to 5. */
	[0x87] = KEY_RO, KEY_KATAKANAHIRAGANA, KEY_YEN, KEY_HENKAN,
	[0x8b] = KEY_MUHENKAN, KEY_KPJPCOMMA,
	[0x90] = KEY_HANGEUL, KEY_HANJA, KEY_KATAKANA, KEY_HIRAGANA,
	[0x94] = KEY_ZENKAKUHANKAKU,
	[0x99] = KEY_ALTERASE, KEY_SYSRQ, KEY_CANCEL,
	[0xb6] = KEY_KPLEFTPAREN, KEY_KPRIGHTPAREN,
	[0xd7] = KEY_KPPLUSMINUS,
	[0xe0] = KEY_LEFTCTRL, KEY_LEFTSHIFT, KEY_LEFTALT, KEY_LEFTMETA,
	[0xe4] = KEY_RIGHTCTRL, KEY_RIGHTSHIFT, KEY_RIGHTALT, KEY_RIGHTMETA,
};

static const struct {
	uint16_t id;
	uint8_t code;
} consumer[] = {
	{ 0x0032, KEY_SLEEP },
	{ 0x006f, KEY_BRIGHTNESSUP },
	{ 0x0070, KEY_BRIGHTNESSDOWN },
	{ 0x0079, KEY_KBDILLUMUP },
	{ 0x007a, KEY_KBDILLUMDOWN },
	{ 0x007c, KEY_KBDILLUMTOGGLE },
	{ 0x00b3, KEY_FASTFORWARD },
	{ 0x00b4, KEY_REWIND },
	{ 0x00b5, KEY_NEXTSONG },
	{ 0x00b6, KEY_PREVIOUSSONG },
	{ 0x00b7, KEY_STOPCD },
	{ 0x00b8, KEY_EJECTCD },
	{ 0x00cd, KEY_PLAYPAUSE },
	{ 0x00e2, KEY_MUTE },
	{ 0x00e9, KEY_VOLUMEUP },
	{ 0x00ea, KEY_VOLUMEDOWN },
	{ 0x0183, KEY_MEDIA },
	{ 0x018a, KEY_MAIL },
	{ 0x0192, KEY_CALC },
	{ 0x0194, KEY_COMPUTER },
	{ 0x0196, KEY_WWW },
	{ 0x0221, KEY_SEARCH },
	{ 0x0223, KEY_HOMEPAGE },
	{ 0x0224, KEY_BACK },
	{ 0x0225, KEY_FORWARD },
	{ 0x0226, KEY_STOP },
	{ 0x0227, KEY_REFRESH },
	{ 0x022a, KEY_BOOKMARKS },
};
/* clang-format on */

uint8_t orl_x11_keycode(uint32_t usage)
{
	uint32_t page = usage >> 16, id = usage & 0xffff;
	unsigned code = 0;

	if (page == KEYBOARD_PAGE && id < 256)
		code = keyboard[id];
	for (unsigned i = 0; page == CONSUMER_PAGE &&
			     i < sizeof(consumer) / sizeof(consumer[0]);
			i++)
		if (consumer[i].id == id)
			code = consumer[i].code;
	return code && code + X_OFFSET < 256 ? (uint8_t)(code + X_OFFSET) : 0;
}

uint32_t orl_x11_keysym(uint32_t codepoint)
{
	switch (codepoint) {
	case '\b':
	case '\t':
	case '\r':
	case 0x1b:
		return 0xff00 | codepoint;
	case '\n':
		return 0xff0d; /* Return */
	case 0x7f:
		return 0xffff; /* Delete */
	}
	if (codepoint < 0x20 || (codepoint >= 0x7f && codepoint < 0xa0))
		return 0;
	return codepoint < 0x100 ? codepoint : 0x01000000 | codepoint;
}

uint32_t orl_x11_character(const char **text)
{
	static const uint32_t smallest[] = { 0, 0x80, 0x800, 0x10000 };
	const unsigned char *p = (const unsigned char *)*text;
	uint32_t c = *p;
	unsigned more = c < 0xc0 ? 0 : c < 0xe0 ? 1 : c < 0xf0 ? 2 : 3;

	if (!c)
		return 0;
	*text = (const char *)(p + 1);
	if (c < 0x80)
		return c;
	if (!more || c >= 0xf8)
		return 0xfffd;
	c &= 0x3fu >> more;
	for (unsigned i = 1; i <= more; i++) {
		if ((p[i] & 0xc0) != 0x80) /* the NUL too */
			return 0xfffd;
		c = c << 6 | (p[i] & 0x3fu);
	}
	if (c < smallest[more] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
		return 0xfffd;
	*text = (const char *)(p + 1 + more);
	return c;
}
