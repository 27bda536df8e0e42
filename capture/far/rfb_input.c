/*
 * rfb_input.c - keys and the pointer for a VNC server.
 *
 * Keys are places on a keyboard here; RFB has them as symbols. Servers that
 * take QEMU's extended key events get the place beside it and look at nothing
 * else. For others the symbol is what the peer's layout makes of the key, with
 * Shift as it is down.
 */
#include <string.h>

#include "capture/far/rfb.h"
#include "capture/qemu_keys.h"

enum {
	KEYBOARD_PAGE = 0x07,
	LEFT_SHIFT = 0xe1,
	RIGHT_SHIFT = 0xe5,
	CAPS_LOCK = 0x39,
	SCROLL_LOCK = 0x47,
	NUM_LOCK = 0x53,
	/* Buttons of RFB. */
	WHEEL_UP = 1 << 3,
	WHEEL_DOWN = 1 << 4,
	WHEEL_LEFT = 1 << 5,
	WHEEL_RIGHT = 1 << 6,
	CENTRE = 0x7fff, /* no motion, for QEMU */
};

/* ---- symbols ----------------------------------------------------------- */

/* Of an American keyboard, from usage 0x04 on. */
static const char plain[] = "abcdefghijklmnopqrstuvwxyz1234567890";
static const char marks[] = " -=[]\\\\;'`,./"; /* from 0x2c */
static const char shifted_from[] = "1234567890-=[]\\;'`,./";
static const char shifted_to[] = "!@#$%^&*()_+{}|:\"~<>?";

/* clang-format off */
static const struct {
	uint8_t first;
	uint16_t symbols[16]; /* of it and those behind it */
} others[] = {
	/* Enter, Escape, Backspace, Tab */
	{ 0x28, { 0xff0d, 0xff1b, 0xff08, 0xff09 } },
	/* Caps Lock, F1 to F12 */
	{ 0x39, { 0xffe5, 0xffbe, 0xffbf, 0xffc0, 0xffc1, 0xffc2, 0xffc3,
		0xffc4, 0xffc5, 0xffc6, 0xffc7, 0xffc8, 0xffc9 } },
	/* Print, Scroll Lock, Pause, Insert, Home, Page Up, Delete, End,
	 * Page Down, Right, Left, Down, Up */
	{ 0x46, { 0xff61, 0xff14, 0xff13, 0xff63, 0xff50, 0xff55, 0xffff,
		0xff57, 0xff56, 0xff53, 0xff51, 0xff54, 0xff52 } },
	/* Num Lock and the keypad */
	{ 0x53, { 0xff7f, 0xffaf, 0xffaa, 0xffad, 0xffab, 0xff8d, 0xffb1,
		0xffb2, 0xffb3, 0xffb4, 0xffb5, 0xffb6, 0xffb7, 0xffb8,
		0xffb9, 0xffb0 } },
	/* its point, the key beside the left Shift, Menu */
	{ 0x63, { 0xffae, 0x3c, 0xff67 } },
	/* Control, Shift, Alt, Meta; right ones */
	{ 0xe0, { 0xffe3, 0xffe1, 0xffe9, 0xffeb, 0xffe4, 0xffe2, 0xffea,
		0xffec } },
};
/* clang-format on */

static uint32_t american(uint32_t id)
{
	if (id >= 0x04 && id < 0x04 + sizeof(plain) - 1)
		return (uint32_t)plain[id - 0x04];
	if (id >= 0x2c && id < 0x2c + sizeof(marks) - 1)
		return (uint32_t)marks[id - 0x2c];
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (id >= others[i].first && id - others[i].first < 16 &&
				others[i].symbols[id - others[i].first])
			return others[i].symbols[id - others[i].first];
	return 0;
}

/* With Shift, where that is known. */
static uint32_t shifted(struct orl_rfb *r, uint32_t id, uint32_t symbol)
{
	bool letter = (symbol >= 'a' && symbol <= 'z') ||
		      (symbol >= 0xe0 && symbol <= 0xfe && symbol != 0xf7);
	bool caps = r->lights_known && r->lights & ORIEL_LOCK_CAPS;
	const char *p;

	if (letter)
		return !r->shifts == !caps ? symbol : symbol - 0x20;
	/* Another layout has something else there. */
	if (!r->shifts || symbol >= 0x80 || symbol != american(id))
		return symbol;
	p = strchr(shifted_from, (int)symbol);
	return p && *p ? (uint32_t)shifted_to[p - shifted_from] : symbol;
}

/* ---- keys -------------------------------------------------------------- */

static void send_key(
		struct orl_rfb *r, uint32_t symbol, uint8_t code, bool down)
{
	uint8_t message[12] = { 0 };

	if (r->extended_keys && code) {
		message[0] = 255;
		orl_rfb_put16(message + 2, down);
		orl_rfb_put32(message + 4, symbol);
		orl_rfb_put32(message + 8, code);
		orl_rfb_write(r, message, 12);
	} else if (symbol) {
		message[0] = 4;
		message[1] = down;
		orl_rfb_put32(message + 4, symbol);
		orl_rfb_write(r, message, 8);
	}
}

static void on_key(void *user, uint32_t usage, uint32_t keysym, bool down)
{
	struct orl_rfb *r = user;
	uint32_t id = usage & 0xffff, symbol;
	uint8_t code = orl_qemu_key(usage);
	unsigned shift = id == LEFT_SHIFT ? 1 : id == RIGHT_SHIFT ? 2 : 0;

	if (usage >> 16 != KEYBOARD_PAGE || id >= ORL_RFB_KEYS) {
		send_key(r, keysym, code, down);
		return;
	}
	/* It goes up as what it went down as. */
	symbol = r->sent[id];
	if (down) {
		symbol = shifted(r, id, keysym ? keysym : american(id));
		r->sent[id] = symbol ? symbol : code ? 0x1000000 : 0;
	} else {
		r->sent[id] = 0;
	}
	if (symbol == 0x1000000)
		symbol = 0;
	if (shift)
		r->shifts = down ? r->shifts | shift : r->shifts & ~shift;
	send_key(r, symbol, code, down);
}

static void tap(struct orl_rfb *r, uint32_t id)
{
	on_key(r, KEYBOARD_PAGE << 16 | id, american(id), true);
	on_key(r, KEYBOARD_PAGE << 16 | id, american(id), false);
}

static void on_locks(void *user, uint32_t locks)
{
	static const struct {
		uint32_t lock, id;
	} keys[] = {
		{ ORIEL_LOCK_CAPS, CAPS_LOCK },
		{ ORIEL_LOCK_NUM, NUM_LOCK },
		{ ORIEL_LOCK_SCROLL, SCROLL_LOCK },
	};
	struct orl_rfb *r = user;

	if (!r->lights_known)
		return;
	for (size_t i = 0; i < 3; i++)
		if ((locks ^ r->lights) & keys[i].lock && !r->sent[keys[i].id])
			tap(r, keys[i].id);
	/* Until the server says otherwise, which may be never. */
	r->lights = locks;
}

static void on_character(void *user, uint32_t c)
{
	struct orl_rfb *r = user;
	uint32_t symbol = c == '\n'   ? 0xff0d
			  : c == '\t' ? 0xff09
			  : c < 0x100 ? c
				      : 0x01000000 | c;

	send_key(r, symbol, 0, true);
	send_key(r, symbol, 0, false);
}

/* ---- the pointer ------------------------------------------------------- */

static void send_pointer(
		struct orl_rfb *r, int32_t x, int32_t y, uint32_t buttons)
{
	uint8_t message[6] = { 5, (uint8_t)buttons };

	orl_rfb_put16(message + 2, (uint32_t)x);
	orl_rfb_put16(message + 4, (uint32_t)y);
	orl_rfb_write(r, message, sizeof(message));
}

/* Left, right, middle and the two at the side, as RFB has them. */
static uint32_t buttons_of(uint32_t buttons)
{
	return (buttons & 1) | (buttons & 4 ? 2u : 0) | (buttons & 2 ? 4u : 0) |
	       (buttons & 8 ? 128u : 0);
}

static void on_mouse(void *user, int32_t x, int32_t y, uint32_t buttons)
{
	struct orl_rfb *r = user;

	r->x = x;
	r->y = y;
	r->buttons = buttons_of(buttons);
	send_pointer(r, x, y, r->buttons);
}

/* QEMU takes the distance from its idea of the middle. */
static void on_motion(void *user, int32_t dx, int32_t dy, uint32_t buttons)
{
	struct orl_rfb *r = user;

	r->buttons = buttons_of(buttons);
	r->x = r->y = CENTRE;
	send_pointer(r, CENTRE + dx, CENTRE + dy, r->buttons);
}

static void turn(struct orl_rfb *r, int32_t n, uint32_t positive,
		uint32_t negative)
{
	uint32_t button = n > 0 ? positive : negative;

	for (n = n < 0 ? -n : n; n > 0; n--) {
		send_pointer(r, r->x, r->y, r->buttons | button);
		send_pointer(r, r->x, r->y, r->buttons);
	}
}

static void on_wheel(void *user, int32_t right, int32_t up)
{
	turn(user, up, WHEEL_UP, WHEEL_DOWN);
	turn(user, right, WHEEL_RIGHT, WHEEL_LEFT);
}

/* ---- its size ---------------------------------------------------------- */

void orl_rfb_resize(struct orl_rfb *r)
{
	uint8_t message[8 + 16] = { 251 };

	if (!r->resizes || !r->want_width ||
			(r->want_width == r->helper.width &&
					r->want_height == r->helper.height))
		return;
	orl_rfb_put16(message + 2, (uint32_t)r->want_width);
	orl_rfb_put16(message + 4, (uint32_t)r->want_height);
	message[6] = 1;
	orl_rfb_put32(message + 8, r->screen_id);
	orl_rfb_put16(message + 16, (uint32_t)r->want_width);
	orl_rfb_put16(message + 18, (uint32_t)r->want_height);
	orl_rfb_put32(message + 20, r->screen_flags);
	orl_rfb_write(r, message, sizeof(message));
}

static void on_size(void *user, int32_t width, int32_t height)
{
	struct orl_rfb *r = user;

	r->want_width = width;
	r->want_height = height;
	orl_rfb_resize(r);
}

/* ---- the end ----------------------------------------------------------- */

static void on_leave(void *user)
{
	struct orl_rfb *r = user;

	for (uint32_t id = 0; id < ORL_RFB_KEYS; id++)
		if (r->sent[id])
			on_key(r, KEYBOARD_PAGE << 16 | id, 0, false);
	if (r->buttons)
		send_pointer(r, r->x, r->y, 0);
}

const struct orl_helper_ops orl_rfb_ops = {
	.key = on_key,
	.mouse = on_mouse,
	.motion = on_motion,
	.wheel = on_wheel,
	.character = on_character,
	.locks = on_locks,
	.size = on_size,
	.listen = orl_rfb_listen,
	.paste = orl_rfb_paste,
	.leave = on_leave,
};
