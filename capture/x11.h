/*
 * x11.h - what the files of the X11 source share.
 */
#ifndef ORL_X11_H
#define ORL_X11_H

#include <X11/Xlib.h>
#include <X11/extensions/XShm.h>
#include <X11/extensions/Xdamage.h>
#include <X11/extensions/Xfixes.h>

#include "capture/capture.h"
#include "capture/rects.h"
#include "capture/x11_text.h"

/* What has been pressed. */
struct orl_x11_input {
	uint32_t buttons;         /* as in struct oriel_pointer */
	int32_t rest_x, rest_y;   /* of relative motion, 1/256 pixel */
	int32_t wheel_x, wheel_y; /* of a notch, 1/120 */
	unsigned num_mask, scroll_mask;
	struct orl_x11_text text;
};

struct orl_x11 {
	struct orl_source source;
	Display *dpy;
	int screen;
	Window root;
	bool gone; /* the X server has: make no calls any more */

	struct oriel_server *server;
	struct oriel_display *display;
	int32_t width, height;

	XShmSegmentInfo shm;
	XImage *image; /* its data are the segment's; NULL without MIT-SHM */
	size_t room;   /* of the segment */

	Damage damage;
	XserverRegion region;
	struct orl_tiles tiles;
	bool dirty;       /* there is damage that has not been fetched */
	bool everything;  /* ... and that is the whole screen */
	uint64_t since;   /* dirty */
	uint64_t fetched; /* when, the last time */
	uint64_t input_time;

	int damage_event, fixes_event, randr_event, xkb_event;
	struct orl_x11_input input;
};

/* Learn modifiers; watch the lock keys and the layout. */
void orl_x11_input_init(struct orl_x11 *x);
/* Let go of all keys and buttons, return the borrowed keycodes. */
void orl_x11_input_fini(struct orl_x11 *x);

void orl_x11_key(struct orl_x11 *x, const struct oriel_key *key);
void orl_x11_pointer(struct orl_x11 *x, const struct oriel_pointer *pointer);
void orl_x11_text(struct orl_x11 *x, const char *text);
void orl_x11_locks(struct orl_x11 *x, uint32_t locks);
/* An event of the keyboard extension. */
void orl_x11_input_event(struct orl_x11 *x, XEvent *event);

/* Ask the X server for this size; nothing happens where it cannot. */
void orl_x11_resize(struct orl_x11 *x, int32_t width, int32_t height);

#endif
