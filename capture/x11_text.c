/*
 * x11_text.c - the queue, the borrowing and the pressing of x11_text.h.
 */
#include "capture/x11.h"

#include <X11/Xutil.h>
#include <X11/extensions/XTest.h>

#include "capture/x11_keys.h"

/*
 * Idle programs ask within a millisecond. One that needs ten for each change
 * of the layout, as those do that make a new one of it, falls behind a burst:
 * with the twenty keycodes that most layouts leave free, this types forty new
 * characters a second, and the first twenty at once.
 */
#define KEEP_NS (500 * ORL_MSEC)

/* The modifiers of evdev's keyboards: Shift, then Ctrl, Alt, Super. */
enum { SHIFT = 50 };
static const uint8_t modifiers[] = { SHIFT, 62, 37, 105, 64, 108, 133, 134 };
enum { MODIFIERS = sizeof(modifiers) };

static bool is_free(const struct orl_x11_text *t, int code)
{
	for (int i = 0; i < XkbKeyNumSyms(t->map, code); i++)
		if (XkbKeySymsPtr(t->map, code)[i] != NoSymbol)
			return false;
	return true;
}

static struct orl_x11_spare *find_spare(struct orl_x11_text *t, int code)
{
	for (unsigned i = 0; i < t->spare_count; i++)
		if (t->spares[i].code == code)
			return &t->spares[i];
	return NULL;
}

/* The layout has changed: what we had borrowed may be somebody else's. */
static void read_map(struct orl_x11 *x)
{
	struct orl_x11_text *t = &x->input.text;
	unsigned n = 0;

	t->stale = false;
	if (t->map)
		XkbFreeKeyboard(t->map, 0, True);
	t->map = XkbGetMap(x->dpy, XkbAllClientInfoMask, XkbUseCoreKbd);
	if (!t->map) {
		t->spare_count = 0;
		return;
	}
	for (unsigned i = 0; i < t->spare_count; i++) {
		struct orl_x11_spare *s = &t->spares[i];

		if (is_free(t, s->code))
			s->keysym = 0;
		else if (!s->keysym || !XkbKeyNumSyms(t->map, s->code) ||
				XkbKeySymsPtr(t->map, s->code)[0] != s->keysym)
			continue;
		t->spares[n++] = *s;
	}
	t->spare_count = n;
	for (int code = t->map->max_key_code; code >= t->map->min_key_code;
			code--)
		if (is_free(t, code) && !find_spare(t, code) &&
				t->spare_count < ORL_X11_SPARES)
			t->spares[t->spare_count++] = (struct orl_x11_spare){
				.code = (uint8_t)code
			};
}

void orl_x11_text_init(struct orl_x11 *x)
{
	x->input.text.stale = true;
	x->input.text.due = ORL_NEVER;
	XkbSelectEvents(x->dpy, XkbUseCoreKbd,
			XkbNewKeyboardNotifyMask | XkbMapNotifyMask,
			XkbNewKeyboardNotifyMask | XkbMapNotifyMask);
}

void orl_x11_text_fini(struct orl_x11 *x)
{
	struct orl_x11_text *t = &x->input.text;
	KeySym none[2] = { NoSymbol, NoSymbol };

	for (unsigned code = 0; code < ORL_X11_KEYS; code++)
		if (t->keys[code])
			XTestFakeKeyEvent(x->dpy, code, False, CurrentTime);
	for (unsigned i = 0; i < t->spare_count; i++)
		if (t->spares[i].keysym)
			XChangeKeyboardMapping(
					x->dpy, t->spares[i].code, 2, none, 1);
	if (t->map)
		XkbFreeKeyboard(t->map, 0, True);
	t->map = NULL;
}

void orl_x11_text_event(struct orl_x11 *x, const XkbEvent *event)
{
	const XkbMapNotifyEvent *map = &event->map;
	struct orl_x11_text *t = &x->input.text;

	if (event->any.xkb_type == XkbNewKeyboardNotify)
		t->stale = true;
	/* What we have changed ourselves is one key. */
	if (event->any.xkb_type == XkbMapNotify &&
			(map->num_key_syms != 1 ||
					!find_spare(t, map->first_key_sym)))
		t->stale = true;
}

/* ---- pressing ---------------------------------------------------------- */

static void fake(struct orl_x11 *x, uint8_t code, bool down)
{
	XTestFakeKeyEvent(x->dpy, code, down, CurrentTime);
}

/*
 * A character with nothing but Shift, or not even that: what else is held
 * would make a command of it.
 */
static void strike(struct orl_x11 *x, uint8_t code, bool shift)
{
	const bool *keys = x->input.text.keys;
	bool shifted = keys[modifiers[0]] || keys[modifiers[1]];

	for (unsigned i = 0; i < MODIFIERS; i++)
		if (keys[modifiers[i]] && (i >= 2 || !shift))
			fake(x, modifiers[i], false);
	if (shift && !shifted)
		fake(x, SHIFT, true);
	fake(x, code, true);
	fake(x, code, false);
	if (shift && !shifted)
		fake(x, SHIFT, false);
	for (unsigned i = 0; i < MODIFIERS; i++)
		if (keys[modifiers[i]] && (i >= 2 || !shift))
			fake(x, modifiers[i], true);
}

/* Whether the key makes this character as things are. */
static bool makes(const struct orl_x11_text *t, int code, unsigned shift,
		uint32_t keysym)
{
	unsigned mods = t->locks | shift, used = 0;
	KeySym made = NoSymbol, lower, upper;

	if (!XkbTranslateKeyCode(t->map, (KeyCode)code,
			    XkbBuildCoreState(mods, (unsigned)t->group), &used,
			    &made) ||
			made != keysym)
		return false;
	/* Caps Lock changes letters where the key does not look at it. */
	XConvertCase(made, &lower, &upper);
	return !(mods & LockMask & ~used) || lower == upper;
}

static bool strike_own(struct orl_x11 *x, uint32_t keysym)
{
	struct orl_x11_text *t = &x->input.text;

	for (int code = t->map->min_key_code; code <= t->map->max_key_code;
			code++) {
		if (t->keys[code] || find_spare(t, code))
			continue;
		for (unsigned shift = 0; shift <= ShiftMask; shift += ShiftMask)
			if (makes(t, code, shift, keysym)) {
				strike(x, (uint8_t)code, shift);
				return true;
			}
	}
	return false;
}

/* The one that has been still for the longest time, or has the character. */
static struct orl_x11_spare *choose(struct orl_x11_text *t, uint32_t keysym)
{
	struct orl_x11_spare *best = NULL;

	for (unsigned i = 0; i < t->spare_count; i++) {
		struct orl_x11_spare *s = &t->spares[i];

		if (s->keysym == keysym)
			return s;
		if (!best || s->used < best->used)
			best = s;
	}
	return best;
}

static void lend(struct orl_x11 *x, struct orl_x11_spare *s, uint32_t keysym)
{
	XkbDescPtr map = x->input.text.map;
	/* Of this type Caps Lock is used up: it changes no letter. */
	int type = XkbAlphabeticIndex;
	XkbMapChangesRec changes = { 0 };

	if (XkbChangeTypesOfKey(map, s->code, 1, XkbGroup1Mask, &type,
			    &changes) != Success)
		return;
	XkbKeySymsPtr(map, s->code)[0] = keysym;
	XkbKeySymsPtr(map, s->code)[1] = keysym;
	changes.changed |= XkbKeySymsMask;
	changes.first_key_sym = s->code;
	changes.num_key_syms = 1;
	if (XkbChangeMap(x->dpy, map, &changes))
		s->keysym = keysym;
}

/* False: no keycode may be borrowed before t->due. */
static bool type_character(struct orl_x11 *x, uint32_t keysym, uint64_t now)
{
	struct orl_x11_text *t = &x->input.text;
	struct orl_x11_spare *s;

	if (!t->map || strike_own(x, keysym))
		return true;
	s = choose(t, keysym);
	if (!s)
		return true; /* the layout has no room: it is lost */
	if (s->keysym != keysym) {
		if (s->used && now < s->used + KEEP_NS) {
			t->due = s->used + KEEP_NS;
			return false;
		}
		lend(x, s, keysym);
	}
	s->used = now;
	strike(x, s->code, false);
	return true;
}

/* ---- the queue --------------------------------------------------------- */

static void press(struct orl_x11 *x, uint8_t code, bool down)
{
	x->input.text.keys[code] = down;
	fake(x, code, down);
}

static void look(struct orl_x11 *x)
{
	struct orl_x11_text *t = &x->input.text;
	XkbStateRec state;

	if (t->stale)
		read_map(x);
	if (XkbGetState(x->dpy, XkbUseCoreKbd, &state) != Success)
		return;
	t->locks = state.locked_mods;
	t->group = state.group;
}

void orl_x11_text_run(struct orl_x11 *x, uint64_t now)
{
	struct orl_x11_text *t = &x->input.text;
	bool looked = false;

	t->due = ORL_NEVER;
	while (t->n) {
		const struct orl_x11_typed *next = &t->queue[t->first];

		if (!next->keysym) {
			press(x, next->code, next->down);
			looked = false; /* it may have been Caps Lock */
		} else {
			if (!looked)
				look(x);
			looked = true;
			if (!type_character(x, next->keysym, now))
				return;
		}
		t->first = (t->first + 1) % ORL_X11_QUEUE;
		t->n--;
	}
}

static bool append(struct orl_x11_text *t, struct orl_x11_typed typed)
{
	if (t->n == ORL_X11_QUEUE)
		return false;
	t->queue[(t->first + t->n++) % ORL_X11_QUEUE] = typed;
	return true;
}

void orl_x11_press(struct orl_x11 *x, uint8_t code, bool down)
{
	struct orl_x11_text *t = &x->input.text;

	/* Out of order is better than lost. */
	if (!t->n || !append(t, (struct orl_x11_typed){
						.code = code, .down = down }))
		press(x, code, down);
}

void orl_x11_text(struct orl_x11 *x, const char *text)
{
	struct orl_x11_text *t = &x->input.text;
	bool idle = !t->n;
	uint32_t c;

	while ((c = orl_x11_character(&text)) != 0) {
		uint32_t keysym = orl_x11_keysym(c);

		if (keysym)
			append(t, (struct orl_x11_typed){ .keysym = keysym });
	}
	if (idle)
		orl_x11_text_run(x, orl_now());
}
