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
#include "capture/x11_layout.h"
#include "capture/x11_text.h"

enum {
	ORL_X11_RECTS = 64,    /* more go through the grid */
	ORL_X11_MONITORS = 16, /* as many as a server has displays */
};

/* What has been pressed. */
struct orl_x11_input {
	uint32_t buttons;         /* as in struct oriel_pointer */
	bool touching;            /* a finger has the left button down */
	uint32_t contact;         /* that finger */
	uint32_t pressed;         /* what the two have down */
	int32_t rest_x, rest_y;   /* of relative motion, 1/256 pixel */
	int32_t wheel_x, wheel_y; /* of a notch, 1/120 */
	unsigned num_mask, scroll_mask;
	struct orl_x11_text text;
};

/* One display: a monitor, or the whole screen. */
struct orl_x11_monitor {
	Atom name; /* None: the whole screen */
	struct oriel_rect at;
	struct oriel_display *display;
	/* What is to be fetched, in its own pixels. */
	bool everything;
	bool tiled; /* the tiles have it, and `rects` nothing */
	struct oriel_rect rects[ORL_X11_RECTS];
	size_t count;
	struct orl_tiles tiles;
};

struct orl_x11 {
	struct orl_source source;
	Display *dpy;
	int screen;
	Window root;
	bool gone; /* the X server has: make no calls any more */

	struct oriel_server *server;
	int32_t width, height; /* of the whole screen */
	bool has_monitors;     /* RandR 1.5 */
	struct orl_x11_monitor *monitors[ORL_X11_MONITORS];
	size_t monitor_count;
	uint64_t arrange_at; /* look at the monitors then; 0: they are known */
	uint64_t arranged;   /* ... since, at the latest soon after this */

	XShmSegmentInfo shm;
	XImage *image; /* its data are the segment's; NULL without MIT-SHM */
	size_t room;   /* of the segment */

	Damage damage;
	XserverRegion region;
	bool dirty;       /* the X server has damage that was not asked for */
	uint64_t since;   /* it is */
	uint64_t fetched; /* when, the last time */
	uint64_t input_time;
	bool cursor_stale;     /* the pointer has another picture by now */
	uint64_t cursor_shown; /* when it was fetched, the last time */
	bool told_size;        /* that monitors keep their sizes */

	struct orl_x11_clipboard *clipboard; /* NULL: there is none */
	int damage_event, fixes_event, randr_event, xkb_event;
	struct orl_x11_input input;
};

/* Learn modifiers; watch the lock keys and the layout. */
void orl_x11_input_init(struct orl_x11 *x);
/* Let go of all keys and buttons, return the borrowed keycodes. */
void orl_x11_input_fini(struct orl_x11 *x);

void orl_x11_key(struct orl_x11 *x, const struct oriel_key *key);
void orl_x11_pointer(struct orl_x11 *x, const struct oriel_pointer *pointer);
void orl_x11_touch(struct orl_x11 *x, const struct oriel_touch *touch);
void orl_x11_text(struct orl_x11 *x, const char *text);
void orl_x11_locks(struct orl_x11 *x, uint32_t locks);
/* An event of the keyboard extension. */
void orl_x11_input_event(struct orl_x11 *x, XEvent *event);

/*
 * Make displays of the monitors that there are, and change and end those that
 * were made before. Returns 0 or an ORIEL_E code.
 */
int orl_x11_monitors_update(struct orl_x11 *x);
/* Forget them; their displays are the server's. */
void orl_x11_monitors_fini(struct orl_x11 *x);
/* NULL when it is gone. */
struct orl_x11_monitor *orl_x11_monitor_of(struct orl_x11 *x, uint32_t display);

/* A rectangle of the screen has changed: tell the monitors that show it. */
void orl_x11_damage(struct orl_x11 *x, const struct oriel_rect *rect);
bool orl_x11_monitor_dirty(const struct orl_x11_monitor *m);
/* What is to be fetched, which it is no longer. */
size_t orl_x11_take(struct orl_x11_monitor *m,
		struct oriel_rect out[static ORL_X11_RECTS]);

/* NULL where the X server has none that can be used; that is said. */
struct orl_x11_clipboard *orl_x11_clipboard_open(
		const char *display, struct orl_board *board);
void orl_x11_clipboard_close(struct orl_x11_clipboard *c);
void orl_x11_clipboard_watch(const struct orl_x11_clipboard *c,
		struct pollfd *fd, uint64_t *due);
void orl_x11_clipboard_run(struct orl_x11_clipboard *c, uint64_t now);
void orl_x11_clipboard_paste(struct orl_x11_clipboard *c,
		enum oriel_selection selection, const char *const *types,
		size_t count);
struct orl_paste *orl_x11_clipboard_copy(struct orl_x11_clipboard *c,
		enum oriel_selection selection, const char *type,
		struct orl_paste_end to);

/* Ask the X server for this size; nothing happens where it cannot. */
void orl_x11_resize(struct orl_x11 *x, const struct orl_x11_monitor *monitor,
		int32_t width, int32_t height);

#endif
