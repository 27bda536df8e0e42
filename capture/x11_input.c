/*
 * x11_input.c - keys and pointer into an X server, through XTest.
 *
 * Physical keys are pressed where they are, so the desktop's layout decides
 * what they mean. Characters that came as text: x11_text.h.
 */
#include "capture/x11.h"

#include <X11/XKBlib.h>
#include <X11/extensions/XTest.h>
#include <X11/keysym.h>

#include "capture/x11_keys.h"

enum { NOTCH = 120, BUTTONS = 5, MAX_NOTCHES = 40 };

/* HID's order to X's; 4 to 7 are the wheels. */
static const unsigned x_buttons[BUTTONS] = { 1, 3, 2, 8, 9 };

static void tell_locks(struct orl_x11 *x, unsigned mods)
{
	uint32_t locks = 0;

	if (mods & LockMask)
		locks |= ORIEL_LOCK_CAPS;
	if (mods & x->input.num_mask)
		locks |= ORIEL_LOCK_NUM;
	if (mods & x->input.scroll_mask)
		locks |= ORIEL_LOCK_SCROLL;
	oriel_server_set_locks(x->server, locks);
}

void orl_x11_input_init(struct orl_x11 *x)
{
	int opcode, error, major = XkbMajorVersion, minor = XkbMinorVersion;
	XkbStateRec state;

	if (!XkbQueryExtension(x->dpy, &opcode, &x->xkb_event, &error, &major,
			    &minor)) {
		x->xkb_event = -1;
		return;
	}
	orl_x11_text_init(x);
	x->input.num_mask = XkbKeysymToModifiers(x->dpy, XK_Num_Lock);
	x->input.scroll_mask = XkbKeysymToModifiers(x->dpy, XK_Scroll_Lock);
	XkbSelectEventDetails(x->dpy, XkbUseCoreKbd, XkbStateNotify,
			XkbModifierLockMask, XkbModifierLockMask);
	if (XkbGetState(x->dpy, XkbUseCoreKbd, &state) == Success)
		tell_locks(x, state.locked_mods);
}

void orl_x11_input_event(struct orl_x11 *x, XEvent *event)
{
	const XkbEvent *xkb = (const void *)event;

	if (xkb->any.xkb_type == XkbStateNotify)
		tell_locks(x, xkb->state.locked_mods);
	else
		orl_x11_text_event(x, xkb);
}

static void press_button(struct orl_x11 *x, unsigned button, bool down)
{
	XTestFakeButtonEvent(x->dpy, button, down, CurrentTime);
}

/* Make it so: what the pointer has down, and the left one for a finger. */
static void set_buttons(struct orl_x11 *x)
{
	uint32_t wanted = x->input.buttons | (x->input.touching ? 1 : 0);
	uint32_t changed = wanted ^ x->input.pressed;

	for (unsigned i = 0; i < BUTTONS; i++)
		if (changed >> i & 1)
			press_button(x, x_buttons[i], wanted >> i & 1);
	x->input.pressed = wanted;
}

/* To a pixel of a display; false when that is gone. */
static bool move_to(struct orl_x11 *x, uint32_t display, int32_t px, int32_t py)
{
	const struct orl_x11_monitor *m = orl_x11_monitor_of(x, display);

	if (!m || px < 0 || py < 0 || px >= m->at.width || py >= m->at.height)
		return false;
	XTestFakeMotionEvent(x->dpy, x->screen, m->at.x + px, m->at.y + py,
			CurrentTime);
	return true;
}

void orl_x11_input_fini(struct orl_x11 *x)
{
	x->input.buttons = 0;
	x->input.touching = false;
	orl_x11_text_fini(x);
	set_buttons(x);
}

void orl_x11_key(struct orl_x11 *x, const struct oriel_key *key)
{
	uint8_t code = orl_x11_keycode(key->usage);

	if (code)
		orl_x11_press(x, code, key->down);
}

/* Notches of a wheel; the rest of one waits for the next event. */
static void turn(struct orl_x11 *x, int32_t *rest, int16_t amount,
		unsigned positive, unsigned negative)
{
	int32_t notches;

	*rest += amount;
	notches = *rest / NOTCH;
	*rest -= notches * NOTCH;
	for (int32_t i = 0; i < MAX_NOTCHES && i < notches; i++) {
		press_button(x, positive, true);
		press_button(x, positive, false);
	}
	for (int32_t i = 0; i < MAX_NOTCHES && i < -notches; i++) {
		press_button(x, negative, true);
		press_button(x, negative, false);
	}
}

static int whole(int32_t *rest, int32_t more)
{
	/* 64 bits: the peer chose `more`. */
	int64_t sum = (int64_t)*rest + more;
	int64_t pixels = sum / 256;

	*rest = (int32_t)(sum - pixels * 256);
	return (int)(pixels > INT16_MAX      ? INT16_MAX
			: pixels < INT16_MIN ? INT16_MIN
					     : pixels);
}

void orl_x11_pointer(struct orl_x11 *x, const struct oriel_pointer *pointer)
{
	struct orl_x11_input *in = &x->input;

	if (pointer->flags & ORIEL_POINTER_RELATIVE) {
		int dx = whole(&in->rest_x, pointer->x);
		int dy = whole(&in->rest_y, pointer->y);

		if (dx || dy)
			XTestFakeRelativeMotionEvent(
					x->dpy, dx, dy, CurrentTime);
	} else {
		move_to(x, pointer->display, pointer->x, pointer->y);
	}
	in->buttons = pointer->buttons;
	set_buttons(x);
	turn(x, &in->wheel_y, pointer->wheel_y, 4, 5);
	turn(x, &in->wheel_x, pointer->wheel_x, 7, 6);
}

/*
 * One finger is the pointer with its left button down. Others beside it would
 * only pull it about.
 */
void orl_x11_touch(struct orl_x11 *x, const struct oriel_touch *touch)
{
	struct orl_x11_input *in = &x->input;
	bool down = touch->phase == ORIEL_TOUCH_DOWN;

	if (in->touching ? in->contact != touch->contact : !down)
		return;
	if (!move_to(x, touch->display, touch->x, touch->y) && down)
		return;
	in->touching = touch->phase != ORIEL_TOUCH_UP;
	in->contact = touch->contact;
	set_buttons(x);
}

void orl_x11_locks(struct orl_x11 *x, uint32_t locks)
{
	unsigned affect = LockMask | x->input.num_mask | x->input.scroll_mask;
	unsigned mods = 0;

	if (locks & ORIEL_LOCK_CAPS)
		mods |= LockMask;
	if (locks & ORIEL_LOCK_NUM)
		mods |= x->input.num_mask;
	if (locks & ORIEL_LOCK_SCROLL)
		mods |= x->input.scroll_mask;
	XkbLockModifiers(x->dpy, XkbUseCoreKbd, affect, mods);
}
