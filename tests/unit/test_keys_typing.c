/*
 * test_keys_typing.c - what SDL reports for keys, dead keys, Compose and input
 * methods, as it was recorded on X, and what is sent for it.
 */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

#include <SDL2/SDL.h>

#include "client/viewer/typing.h"

struct typist {
	struct orl_typing t;
	char log[256]; /* what was sent: "+4" down, "-4" up, text as it is */
};

static void note(struct typist *me, const char *word)
{
	size_t n = strlen(me->log);
	snprintf(me->log + n, sizeof(me->log) - n, "%s%s", n ? " " : "", word);
}

static void sent(void *user, int scancode, bool down)
{
	char word[16];
	snprintf(word, sizeof(word), "%c%d", down ? '+' : '-', scancode);
	note(user, word);
}

static void event(struct typist *me, int scancode, int32_t keycode,
		uint32_t mod, bool down, bool repeat, const char *text)
{
	const struct orl_typed k = { scancode, keycode, mod, text, down,
		repeat };
	orl_typing_key(&me->t, &k, sent, me);
	if (down && text && orl_typing_text(&me->t))
		note(me, text);
}

static void raw_press(struct typist *me, bool followed, bool text)
{
	const struct orl_typing_raw raw = {
		.press = true, .followed = followed, .text = text
	};
	orl_typing_raw(&me->t, &raw, sent, me);
}

static void raw_release(struct typist *me)
{
	const struct orl_typing_raw raw = { .press = false };
	orl_typing_raw(&me->t, &raw, sent, me);
}

static void composed(struct typist *me, const char *text)
{
	const struct orl_typing_raw raw = {
		.press = true, .composed = true, .text = true
	};
	orl_typing_raw(&me->t, &raw, sent, me);
	if (orl_typing_text(&me->t))
		note(me, text);
}

/* A key that no input method wants. */
static void down(struct typist *me, int scancode, int32_t keycode, uint32_t mod,
		const char *text)
{
	raw_press(me, true, false);
	event(me, scancode, keycode, mod, true, false, text);
}

static void up(struct typist *me, int scancode, int32_t keycode)
{
	raw_release(me);
	event(me, scancode, keycode, 0, false, false, NULL);
}

static void tap(struct typist *me, int scancode, int32_t keycode, uint32_t mod,
		const char *text)
{
	down(me, scancode, keycode, mod, text);
	up(me, scancode, keycode);
}

/* A key that Xlib's own input method has kept. */
static void kept(struct typist *me, int scancode, int32_t keycode)
{
	event(me, scancode, keycode, 0, true, false, NULL);
}

static void start(struct typist *me, bool text)
{
	memset(me, 0, sizeof(*me));
	me->t.watched = true;
	me->t.text = text;
}

static void end(const struct typist *me, const char *want)
{
	static const uint8_t none[sizeof(me->t.down)];
	assert_string_equal(me->log, want);
	assert_memory_equal(me->t.down, none, sizeof(none));
}

enum { A = SDL_SCANCODE_A, E = SDL_SCANCODE_E, LEFT = SDL_SCANCODE_LEFT };
enum { DEAD = SDL_SCANCODE_EQUALS, NONE = 0x40000000, MENU = 101 };
enum { LSHIFT = SDL_SCANCODE_LSHIFT, RALT = SDL_SCANCODE_RALT };

static void keys_travel_as_keys(void **state)
{
	struct typist me;
	(void)state;
	start(&me, false);
	tap(&me, A, 'a', 0, "a");
	tap(&me, LEFT, SDLK_LEFT, 0, NULL);
	down(&me, LSHIFT, SDLK_LSHIFT, KMOD_LSHIFT, NULL);
	tap(&me, A, 'a', KMOD_LSHIFT, "A");
	up(&me, LSHIFT, SDLK_LSHIFT);
	end(&me, "+4 -4 +80 -80 +225 +4 -4 -225");
}

static void a_held_key_is_sent_once(void **state)
{
	struct typist me;
	(void)state;
	start(&me, false);
	down(&me, A, 'a', 0, "a");
	for (int i = 0; i < 5; i++) {
		raw_press(&me, true, false);
		event(&me, A, 'a', 0, true, true, "a");
	}
	up(&me, A, 'a');
	up(&me, A, 'a');
	end(&me, "+4 -4");
}

/* It was released for all, by a menu or another window, and still repeats. */
static void what_was_released_stays_so(void **state)
{
	struct typist me;
	(void)state;
	for (int text = 0; text < 2; text++) {
		start(&me, text);
		down(&me, LEFT, SDLK_LEFT, 0, NULL);
		orl_typing_reset(&me.t);
		raw_press(&me, true, false);
		event(&me, LEFT, SDLK_LEFT, 0, true, true, NULL);
		up(&me, LEFT, SDLK_LEFT);
		end(&me, "+80");
	}
	start(&me, false);
	down(&me, A, 'a', 0, "a");
	orl_typing_reset(&me.t);
	raw_press(&me, true, false);
	event(&me, A, 'a', 0, true, true, "a");
	up(&me, A, 'a');
	end(&me, "+4");
}

static void characters_without_a_key_are_text(void **state)
{
	struct typist me;
	(void)state;
	start(&me, false);
	/* SDL has no scancode for it. */
	raw_press(&me, false, true);
	assert_true(orl_typing_text(&me.t));
	raw_release(&me);
	/* An input method's words, behind a key that makes none. */
	down(&me, LEFT, SDLK_LEFT, 0, NULL);
	raw_press(&me, false, true);
	assert_true(orl_typing_text(&me.t));
	raw_release(&me);
	up(&me, LEFT, SDLK_LEFT);
	/* Out of any range. */
	event(&me, 0, 0, 0, true, false, NULL);
	event(&me, -1, 0, 0, true, false, NULL);
	event(&me, 100000, 0, 0, true, false, NULL);
	end(&me, "+80 -80");
}

static void composed_keys_do_not_travel(void **state)
{
	struct typist me;
	(void)state;
	for (int text = 0; text < 2; text++) {
		start(&me, text);
		kept(&me, MENU, NONE);
		up(&me, MENU, NONE);
		kept(&me, 52, '\'');
		up(&me, 52, '\'');
		kept(&me, E, 'e');
		composed(&me, "\u00e9");
		up(&me, E, 'e');
		tap(&me, LEFT, SDLK_LEFT, 0, NULL);
		end(&me, "\u00e9 +80 -80");
	}
}

static void dead_keys_do_not_travel(void **state)
{
	struct typist me;
	(void)state;
	start(&me, false);
	kept(&me, DEAD, NONE);
	up(&me, DEAD, NONE);
	kept(&me, E, 'e');
	composed(&me, "\u00e9");
	up(&me, E, 'e');
	/* It goes with no x: both are gone, and nothing is left over. */
	kept(&me, DEAD, NONE);
	up(&me, DEAD, NONE);
	kept(&me, SDL_SCANCODE_X, 'x');
	up(&me, SDL_SCANCODE_X, 'x');
	tap(&me, A, 'a', 0, "a");
	/* One that an input method eats, without a key event of SDL's. */
	raw_press(&me, false, false);
	raw_release(&me);
	end(&me, "\u00e9 +4 -4");
}

/* All keys are first kept by it, and some come back. */
static void an_input_method_gives_keys_back(void **state)
{
	struct typist me;
	const int enter = SDL_SCANCODE_RETURN;
	(void)state;
	start(&me, false);
	kept(&me, enter, SDLK_RETURN);
	raw_press(&me, false, false);
	event(&me, enter, SDLK_RETURN, 0, false, false, NULL);
	/* A letter, after it was let go. */
	kept(&me, A, 'a');
	event(&me, A, 'a', 0, false, false, NULL);
	raw_press(&me, false, true);
	if (orl_typing_text(&me.t))
		note(&me, "a");
	/* A modifier is not waited for. */
	kept(&me, LSHIFT, SDLK_LSHIFT);
	raw_press(&me, false, false);
	event(&me, LSHIFT, SDLK_LSHIFT, 0, false, false, NULL);
	/* Two that become a word. */
	kept(&me, A, 'a');
	event(&me, A, 'a', 0, false, false, NULL);
	kept(&me, E, 'e');
	event(&me, E, 'e', 0, false, false, NULL);
	composed(&me, "\u6f22");
	end(&me, "+40 -40 +4 -4 +225 -225 \u6f22");
}

static void text_mode_sends_characters(void **state)
{
	struct typist me;
	(void)state;
	start(&me, true);
	/* German z is at the place of y. */
	tap(&me, SDL_SCANCODE_Y, 'z', 0, "z");
	/* Held it writes on, which the desktop does not do for it. */
	down(&me, A, 'a', 0, "a");
	raw_press(&me, true, false);
	event(&me, A, 'a', 0, true, true, "a");
	up(&me, A, 'a');
	/* No character. */
	tap(&me, LEFT, SDLK_LEFT, 0, NULL);
	tap(&me, SDL_SCANCODE_RETURN, SDLK_RETURN, 0, NULL);
	end(&me, "z a a +80 -80 +40 -40");
}

static void text_mode_keeps_shortcuts(void **state)
{
	struct typist me;
	const int ctrl = SDL_SCANCODE_LCTRL;
	(void)state;
	start(&me, true);
	down(&me, ctrl, SDLK_LCTRL, KMOD_LCTRL, NULL);
	tap(&me, A, 'a', KMOD_LCTRL, NULL);
	tap(&me, 51, ';', KMOD_LCTRL, ";");
	up(&me, ctrl, SDLK_LCTRL);
	down(&me, 227, SDLK_LGUI, KMOD_LGUI, NULL);
	tap(&me, E, 'e', KMOD_LGUI, "e");
	up(&me, 227, SDLK_LGUI);
	end(&me, "+224 +4 -4 +51 -51 -224 +227 +8 -8 -227");
}

static void text_mode_tells_altgr_from_alt(void **state)
{
	struct typist me;
	(void)state;
	start(&me, true);
	/* AltGr: its characters alone. */
	down(&me, RALT, SDLK_RALT, KMOD_RALT, NULL);
	tap(&me, E, 'e', KMOD_RALT, "\u20ac");
	tap(&me, SDL_SCANCODE_Q, 'q', KMOD_RALT, "@");
	up(&me, RALT, SDLK_RALT);
	/* The same key where it is Alt. */
	down(&me, RALT, SDLK_RALT, KMOD_RALT, NULL);
	tap(&me, E, 'e', KMOD_RALT, "e");
	up(&me, RALT, SDLK_RALT);
	down(&me, RALT, SDLK_RALT, KMOD_RALT, NULL);
	tap(&me, LEFT, SDLK_LEFT, KMOD_RALT, NULL);
	up(&me, RALT, SDLK_RALT);
	end(&me, "\u20ac @ +230 +8 -8 -230 +230 +80 -80 -230");
}

/* Where there are no such messages every key is sent. */
static void without_messages_nothing_is_kept(void **state)
{
	struct typist me;
	(void)state;
	start(&me, false);
	me.t.watched = false;
	event(&me, DEAD, NONE, 0, true, false, NULL);
	event(&me, DEAD, NONE, 0, false, false, NULL);
	event(&me, E, 'e', 0, true, false, "\u00e9");
	event(&me, E, 'e', 0, false, false, NULL);
	assert_true(orl_typing_text(&me.t));
	end(&me, "+46 -46 +8 -8");
}

/* Focus comes while a modifier is held: SDL presses it. */
static void held_modifiers_come_along(void **state)
{
	struct typist me;
	(void)state;
	start(&me, false);
	event(&me, LSHIFT, SDLK_LSHIFT, KMOD_LSHIFT, true, false, NULL);
	tap(&me, A, 'a', KMOD_LSHIFT, "A");
	event(&me, LSHIFT, SDLK_LSHIFT, 0, false, false, NULL);
	end(&me, "+225 +4 -4 -225");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_travel_as_keys),
		cmocka_unit_test(a_held_key_is_sent_once),
		cmocka_unit_test(what_was_released_stays_so),
		cmocka_unit_test(characters_without_a_key_are_text),
		cmocka_unit_test(composed_keys_do_not_travel),
		cmocka_unit_test(dead_keys_do_not_travel),
		cmocka_unit_test(an_input_method_gives_keys_back),
		cmocka_unit_test(text_mode_sends_characters),
		cmocka_unit_test(text_mode_keeps_shortcuts),
		cmocka_unit_test(text_mode_tells_altgr_from_alt),
		cmocka_unit_test(without_messages_nothing_is_kept),
		cmocka_unit_test(held_modifiers_come_along),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
