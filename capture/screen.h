/*
 * screen.h - one framebuffer and the display that shows it.
 *
 * For sources that own their pixels and paint over them, as the display
 * adapter of a virtual machine does: dirty rectangles of one picture. It is
 * written only between dispatches, so the server never reads a torn one.
 */
#ifndef ORL_SCREEN_H
#define ORL_SCREEN_H

#include "capture/capture.h"

enum { ORL_SCREEN_MAX = 16384 }; /* of either side */

struct orl_screen {
	struct oriel_server *server;
	struct oriel_display *display;
	uint32_t *pixels; /* XRGB8888, width * height, no padding */
	int32_t width, height;
};

/* Black. Returns 0 or ORIEL_ENOMEM. */
int orl_screen_init(struct orl_screen *screen, int32_t width, int32_t height);
void orl_screen_fini(struct orl_screen *screen);

/* Make the display, and submit what is there. */
int orl_screen_attach(struct orl_screen *screen, struct oriel_server *server);
/* Inside these rectangles (count 0: everywhere) it has changed at `time`. */
int orl_screen_submit(struct orl_screen *screen,
		const struct oriel_rect *damage, size_t count, uint64_t time);

#endif
