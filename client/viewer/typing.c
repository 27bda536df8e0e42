/*
 * typing.c - the rules of typing.h, without SDL: keys in, keys out.
 */
#include <string.h>

#include <SDL2/SDL.h>

#include "client/viewer/keys.h"
#include "client/viewer/typing.h"

static bool is_down(const struct orl_typing *t, int scancode)
{
	return t->down[scancode / 8] >> scancode % 8 & 1;
}

static void tell(struct orl_typing *t, int scancode, bool down,
		orl_typing_send *send, void *user)
{
	if (is_down(t, scancode) == down)
		return;
	t->down[scancode / 8] ^= (uint8_t)(1 << scancode % 8);
	send(user, scancode, down);
}

static bool is_modifier(int32_t keycode)
{
	return (keycode >= SDLK_LCTRL && keycode <= SDLK_RGUI) ||
	       keycode == SDLK_MODE;
}

/* Right Alt that leaves a key's character as it is, is no AltGr. */
static bool is_plain(const struct orl_typed *k)
{
	char c = k->text[0];
	if (c >= 'A' && c <= 'Z')
		c = (char)(c - 'A' + 'a');
	return k->keycode == c && c != ' ' && !k->text[1];
}

static bool writes(const struct orl_typed *k)
{
	if (!k->text || !*k->text ||
			k->mod & (KMOD_CTRL | KMOD_GUI | KMOD_LALT))
		return false;
	return !(k->mod & KMOD_RALT) || !is_plain(k);
}

static void press(struct orl_typing *t, int scancode, int32_t keycode,
		orl_typing_send *send, void *user)
{
	if (!orl_key_usage(scancode))
		return;
	if (t->altgr && !is_modifier(keycode)) {
		tell(t, t->altgr, true, send, user);
		t->altgr = 0;
	}
	tell(t, scancode, true, send, user);
	t->after_key = true;
}

static void release(struct orl_typing *t, int scancode, bool raw,
		orl_typing_send *send, void *user)
{
	if (scancode == t->kept && raw)
		t->kept = 0; /* that input method gives nothing back */
	else if (scancode == t->kept)
		t->kept_up = true;
	if (scancode == t->altgr)
		t->altgr = 0;
	tell(t, scancode, false, send, user);
}

void orl_typing_key(struct orl_typing *t, const struct orl_typed *k,
		orl_typing_send *send, void *user)
{
	/* Modifiers that are held when the focus comes have no message. */
	bool kept = t->watched && !t->raw && !is_modifier(k->keycode);
	bool raw_up = t->raw_up;
	t->raw = t->raw_up = t->after_key = false;
	if (k->scancode <= 0 || k->scancode >= ORL_TYPING_KEYS)
		return;
	if (!k->down) {
		release(t, k->scancode, raw_up, send, user);
	} else if (kept) {
		t->kept = k->scancode;
		t->kept_up = false;
	} else if (t->text && writes(k)) {
		/* Its characters are next. */
	} else if (t->text && k->keycode == SDLK_RALT) {
		if (!k->repeat)
			t->altgr = k->scancode;
	} else if (!k->repeat || is_down(t, k->scancode)) {
		/* The desktop repeats keys itself. */
		press(t, k->scancode, k->keycode, send, user);
	} else {
		/* It was released for all, and is still held. */
		t->after_key = orl_key_usage(k->scancode) != 0;
	}
}

bool orl_typing_text(struct orl_typing *t)
{
	bool wanted = !t->after_key;
	t->after_key = false;
	return wanted;
}

void orl_typing_raw(struct orl_typing *t, const struct orl_typing_raw *raw,
		orl_typing_send *send, void *user)
{
	int kept = t->kept;
	t->raw = raw->press && raw->followed;
	t->raw_up = !raw->press;
	if (!raw->press || raw->followed)
		return;
	t->after_key = false;
	t->kept = 0;
	if (raw->composed || !kept || (t->text && raw->text))
		return;
	/* The input method had it, and gives it back. */
	press(t, kept, 0, send, user);
	if (t->kept_up)
		tell(t, kept, false, send, user);
}

void orl_typing_reset(struct orl_typing *t)
{
	memset(t->down, 0, sizeof(t->down));
	t->altgr = t->kept = 0;
	t->raw = t->raw_up = t->after_key = false;
}
