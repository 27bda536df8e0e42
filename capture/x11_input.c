/*
 * x11_input.c - keys and pointer into an X server, through XTest.
 *
 * Physical keys are pressed where they are, so the desktop's layout decides
 * what they mean. A character that came as text has no place: it borrows a
 * keycode that the layout leaves free. Each borrowed one keeps its character
 * until all have had their turn, since programs learn of it a moment later.
 */
#include "capture/x11.h"

#include <X11/XKBlib.h>
#include <X11/extensions/XTest.h>
#include <X11/keysym.h>

#include "capture/x11_keys.h"

enum { NOTCH = 120, BUTTONS = 5, MAX_NOTCHES = 40 };

/* HID's order to X's; 4 to 7 are the wheels. */
static const unsigned x_buttons[BUTTONS] = { 1, 3, 2, 8, 9 };

static void find_spares(struct orl_x11 *x)
{
	struct orl_x11_input *in = &x->input;
	int min, max, per;
	KeySym *map;

	XDisplayKeycodes(x->dpy, &min, &max);
	map = XGetKeyboardMapping(x->dpy, (KeyCode)min, max - min + 1, &per);
	if (!map)
		return;
	for (int code = max; code >= min; code--) {
		int i;

		for (i = 0; i < per && map[(code - min) * per + i] == NoSymbol;
				i++)
			;
		if (i == per && in->spare_count < ORL_X11_SPARES)
			in->spares[in->spare_count++] = (uint8_t)code;
	}
	XFree(map);
}

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

	find_spares(x);
	if (!XkbQueryExtension(x->dpy, &opcode, &x->xkb_event, &error, &major,
			    &minor)) {
		x->xkb_event = -1;
		return;
	}
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
	struct orl_x11_input *in = &x->input;
	KeySym none[2] = { NoSymbol, NoSymbol };

	for (unsigned code = 0; code < ORL_X11_KEYS; code++)
		if (in->down[code])
			XTestFakeKeyEvent(x->dpy, code, False, CurrentTime);
	in->buttons = 0;
	in->touching = false;
	set_buttons(x);
	for (unsigned i = 0; i < in->spare_count; i++)
		if (in->keysyms[i])
			XChangeKeyboardMapping(
					x->dpy, in->spares[i], 2, none, 1);
}

void orl_x11_key(struct orl_x11 *x, const struct oriel_key *key)
{
	uint8_t code = orl_x11_keycode(key->usage);

	if (!code)
		return;
	x->input.down[code] = key->down;
	XTestFakeKeyEvent(x->dpy, code, key->down, CurrentTime);
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

static uint8_t borrow(struct orl_x11 *x, uint32_t keysym)
{
	struct orl_x11_input *in = &x->input;
	KeySym map[2] = { keysym, keysym };
	unsigned i;

	for (i = 0; i < in->spare_count; i++)
		if (in->keysyms[i] == keysym)
			return in->spares[i];
	i = in->next_spare++ % in->spare_count;
	in->keysyms[i] = keysym;
	XChangeKeyboardMapping(x->dpy, in->spares[i], 2, map, 1);
	XSync(x->dpy, False);
	return in->spares[i];
}

void orl_x11_text(struct orl_x11 *x, const char *text)
{
	uint32_t c;

	while (x->input.spare_count && (c = orl_x11_character(&text)) != 0) {
		uint32_t keysym = orl_x11_keysym(c);
		uint8_t code;

		if (!keysym)
			continue;
		code = borrow(x, keysym);
		XTestFakeKeyEvent(x->dpy, code, True, CurrentTime);
		XTestFakeKeyEvent(x->dpy, code, False, CurrentTime);
	}
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
