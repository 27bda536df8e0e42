/*
 * placard.h - a few words on a display whose picture is gone.
 *
 * Whoever looks at it is to know that the desktop, not the connection, has
 * ended, and what may bring it back.
 */
#ifndef ORL_PLACARD_H
#define ORL_PLACARD_H

#include "capture/capture.h"

/*
 * Replace the picture of a display of this size with `title` and below it, in
 * smaller letters, `line` (NULL: none). What does not fit is cut. Returns 0
 * or an ORIEL_E code.
 */
int orl_placard_show(struct oriel_display *display, int32_t width,
		int32_t height, const char *title, const char *line);

#endif
