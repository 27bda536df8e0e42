/*
 * x11_text.h - characters for an X server that knows only keys.
 *
 * A character that a key of the desktop's layout makes, alone or with Shift,
 * is typed with that. Others borrow a keycode that the layout leaves free. A
 * program learns of that in its own time, by asking for the layout when it
 * has read that it changed: a keycode that was borrowed again until then
 * makes the later character twice. So each keeps its character until all have
 * had their turn, and for a while after it was last pressed. What is typed
 * meanwhile waits in a queue, keys as well, for order matters.
 */
#ifndef ORL_X11_TEXT_H
#define ORL_X11_TEXT_H

#include <X11/XKBlib.h>

#include <oriel/oriel.h>

enum {
	ORL_X11_SPARES = 64,
	ORL_X11_KEYS = 256,
	ORL_X11_QUEUE = 1024,
};

struct orl_x11;

struct orl_x11_spare {
	uint8_t code;
	uint32_t keysym; /* that it has now, 0 is none */
	uint64_t used;   /* the last time */
};

struct orl_x11_typed {
	uint32_t keysym; /* a character; 0: the key */
	uint8_t code;
	bool down;
};

struct orl_x11_text {
	XkbDescPtr map; /* the layout */
	bool stale;     /* ... has been changed by somebody else */
	struct orl_x11_spare spares[ORL_X11_SPARES];
	unsigned spare_count;
	struct orl_x11_typed queue[ORL_X11_QUEUE];
	unsigned first, n;
	uint64_t due;   /* something in the queue may go on */
	unsigned locks; /* modifiers, and their group */
	int group;
	bool keys[ORL_X11_KEYS]; /* as they were pressed */
};

void orl_x11_text_init(struct orl_x11 *x);
/* Let go of all keys, return what was borrowed. */
void orl_x11_text_fini(struct orl_x11 *x);
/* An event of the keyboard extension, for those about the layout. */
void orl_x11_text_event(struct orl_x11 *x, const XkbEvent *event);
/* Press or release a key, after everything typed before it. */
void orl_x11_press(struct orl_x11 *x, uint8_t code, bool down);
/* Go on with what waits. */
void orl_x11_text_run(struct orl_x11 *x, uint64_t now);

#endif
