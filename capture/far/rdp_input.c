/*
 * rdp_input.c - keys and the pointer for an RDP server, in the thread that
 * hears oriel-serve.
 */
#include <freerdp/input.h>

#include "capture/far/rdp.h"
#include "capture/qemu_keys.h"

enum {
	KEYBOARD_PAGE = 0x07,
	PRINT = 0x46,
	PAUSE = 0x48,
	EXTENDED = 0x80, /* of QEMU's numbers */
	NOTCH = 120,
};

static rdpInput *input_of(struct orl_rdp *r)
{
	return r->connected ? r->context->input : NULL;
}

/* ---- keys -------------------------------------------------------------- */

static void note(struct orl_rdp *r, uint32_t usage, bool down)
{
	uint32_t id = usage & 0xffff;

	if (usage >> 16 != KEYBOARD_PAGE || id >= 256)
		return;
	if (down)
		r->down[id / 32] |= 1u << id % 32;
	else
		r->down[id / 32] &= ~(1u << id % 32);
}

static void on_key(void *user, uint32_t usage, uint32_t keysym, bool down)
{
	struct orl_rdp *r = user;
	rdpInput *input = input_of(r);
	uint8_t code = orl_qemu_key(usage);
	UINT16 flags = down ? KBD_FLAGS_DOWN : KBD_FLAGS_RELEASE;

	(void)keysym;
	if (!input || !code)
		return;
	note(r, usage, down);
	if (usage == (KEYBOARD_PAGE << 16 | PAUSE)) {
		if (down)
			freerdp_input_send_keyboard_pause_event(input);
		return;
	}
	if (usage == (KEYBOARD_PAGE << 16 | PRINT))
		code = EXTENDED | 0x37;
	if (code & EXTENDED)
		flags |= KBD_FLAGS_EXTENDED;
	freerdp_input_send_keyboard_event(input, flags, code & 0x7f);
}

static void on_character(void *user, uint32_t c)
{
	rdpInput *input = input_of(user);
	UINT16 units[2] = { (UINT16)c, 0 };

	if (!input || c > 0x10ffff)
		return;
	if (c > 0xffff) {
		units[0] = (UINT16)(0xd800 + ((c - 0x10000) >> 10));
		units[1] = (UINT16)(0xdc00 + ((c - 0x10000) & 0x3ff));
	}
	for (int i = 0; i < 2 && units[i]; i++) {
		freerdp_input_send_unicode_keyboard_event(
				input, KBD_FLAGS_DOWN, units[i]);
		freerdp_input_send_unicode_keyboard_event(
				input, KBD_FLAGS_RELEASE, units[i]);
	}
}

static void on_locks(void *user, uint32_t locks)
{
	rdpInput *input = input_of(user);
	UINT32 flags = 0;

	if (!input)
		return;
	if (locks & ORIEL_LOCK_SCROLL)
		flags |= KBD_SYNC_SCROLL_LOCK;
	if (locks & ORIEL_LOCK_NUM)
		flags |= KBD_SYNC_NUM_LOCK;
	if (locks & ORIEL_LOCK_CAPS)
		flags |= KBD_SYNC_CAPS_LOCK;
	freerdp_input_send_synchronize_event(input, flags);
}

/* ---- the pointer ------------------------------------------------------- */

static void on_mouse(void *user, int32_t x, int32_t y, uint32_t buttons)
{
	/* Left, right, middle; then the two at the side. */
	static const struct {
		UINT16 flag;
		bool at_side;
	} known[] = {
		{ PTR_FLAGS_BUTTON1, false },
		{ PTR_FLAGS_BUTTON2, false },
		{ PTR_FLAGS_BUTTON3, false },
		{ PTR_XFLAGS_BUTTON1, true },
		{ PTR_XFLAGS_BUTTON2, true },
	};
	struct orl_rdp *r = user;
	rdpInput *input = input_of(r);
	uint32_t changed = buttons ^ r->buttons;

	if (!input)
		return;
	if (x != r->x || y != r->y || !changed)
		freerdp_input_send_mouse_event(
				input, PTR_FLAGS_MOVE, (UINT16)x, (UINT16)y);
	r->x = x;
	r->y = y;
	r->buttons = buttons;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		UINT16 flags = known[i].flag;

		if (!(changed >> i & 1))
			continue;
		/* Both kinds have the same mark for down. */
		if (buttons >> i & 1)
			flags |= PTR_FLAGS_DOWN;
		if (known[i].at_side)
			freerdp_input_send_extended_mouse_event(
					input, flags, (UINT16)x, (UINT16)y);
		else
			freerdp_input_send_mouse_event(
					input, flags, (UINT16)x, (UINT16)y);
	}
}

static void turn(struct orl_rdp *r, int32_t n, UINT16 wheel)
{
	rdpInput *input = input_of(r);
	UINT16 flags = wheel | NOTCH;

	/* Nine bits of two's complement. */
	if (n < 0)
		flags = (UINT16)(wheel | PTR_FLAGS_WHEEL_NEGATIVE |
				 (0x100 - NOTCH));
	for (n = n < 0 ? -n : n; input && n > 0; n--)
		freerdp_input_send_mouse_event(
				input, flags, (UINT16)r->x, (UINT16)r->y);
}

static void on_wheel(void *user, int32_t right, int32_t up)
{
	turn(user, up, PTR_FLAGS_WHEEL);
	turn(user, right, PTR_FLAGS_HWHEEL);
}

static void on_leave(void *user)
{
	struct orl_rdp *r = user;

	for (uint32_t id = 0; id < 256; id++)
		if (r->down[id / 32] >> id % 32 & 1)
			on_key(r, KEYBOARD_PAGE << 16 | id, 0, false);
	if (r->buttons)
		on_mouse(r, r->x, r->y, 0);
}

const struct orl_helper_ops orl_rdp_ops = {
	.key = on_key,
	.mouse = on_mouse,
	.wheel = on_wheel,
	.character = on_character,
	.locks = on_locks,
	.size = orl_rdp_size,
	.paste = orl_rdp_paste,
	.answered = orl_rdp_answered,
	.leave = on_leave,
};
