/*
 * raw.h - keys as the window system sees them, see raw.c.
 */
#ifndef ORL_VIEWER_RAW_H
#define ORL_VIEWER_RAW_H

#include <stdbool.h>

#include <SDL2/SDL.h>

struct orl_raw {
	bool press, composed;
	bool left; /* no key: they go elsewhere from now on, without a word */
	bool caps; /* Caps Lock was on, just before */
};

/* Ask for them: false where there are none. After SDL has its display. */
bool orl_raw_watch(void);
/* True when the event is one. */
bool orl_raw_read(const SDL_Event *e, struct orl_raw *raw);

#endif
