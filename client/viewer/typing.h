/*
 * typing.h - which keys travel as keys, and which characters as text.
 *
 * SDL reports a key, and right after it the characters that it makes. Keys
 * travel as keys, and the desktop makes the characters from its own layout;
 * so those that come right after a key that was sent are dropped. Characters
 * that no such key made travel as text: an input method's, those of dead keys
 * and of Compose, those of a key that SDL has no scancode for.
 *
 * The keys that an input method has kept for itself do not travel. SDL does
 * not tell them from others. X does: what comes to the window is what no
 * input method wanted, so where that is watched, a key without such a message
 * before it was kept. An input method that is a program of its own looks at
 * every key, and gives back those that mean nothing to it a moment later.
 *
 * With `text`, keys that make characters travel as these. What is held with
 * Control, Alt or Super is a shortcut, and a key. Right Alt says what it is
 * only when the next key comes: it is held back until then.
 */
#ifndef ORL_VIEWER_TYPING_H
#define ORL_VIEWER_TYPING_H

#include <stdbool.h>
#include <stdint.h>

enum { ORL_TYPING_KEYS = 512 };

struct orl_typing {
	bool text;    /* characters, wherever there are some */
	bool watched; /* orl_typing_raw() is told of all keys */
	bool raw, raw_up;
	bool after_key;
	int kept; /* by an input method: a scancode, 0 is none */
	bool kept_up;
	int altgr;                         /* held back: a scancode */
	uint8_t down[ORL_TYPING_KEYS / 8]; /* as the desktop was told */
};

/* Tell the desktop. */
typedef void orl_typing_send(void *user, int scancode, bool down);

struct orl_typed {
	int scancode;
	int32_t keycode;
	uint32_t mod;     /* SDL_Keymod */
	const char *text; /* that comes right after it, or NULL */
	bool down, repeat;
};

void orl_typing_key(struct orl_typing *t, const struct orl_typed *k,
		orl_typing_send *send, void *user);
/* Whether these characters are to be sent. */
bool orl_typing_text(struct orl_typing *t);

/* A message about a key that no input method kept. */
struct orl_typing_raw {
	bool press;
	bool composed; /* no key, but what an input method has made */
	bool followed; /* SDL has a key event for it, right behind */
	bool text;     /* ... or characters and no key */
};
void orl_typing_raw(struct orl_typing *t, const struct orl_typing_raw *raw,
		orl_typing_send *send, void *user);

/* The desktop has been told that everything is up. */
void orl_typing_reset(struct orl_typing *t);

#endif
