/*
 * patience.h - the way out for a loop that hangs in its source: an X server
 * that stands still is waited for in the middle of a call. When that takes
 * too long, or this program is told to end meanwhile, the source's sockets are
 * shut down, and the call comes back without what it wanted.
 */
#ifndef ORL_CAPTURE_PATIENCE_H
#define ORL_CAPTURE_PATIENCE_H

#include <stddef.h>

enum {
	ORL_PATIENCE_S = 20, /* for one turn of the loop */
	ORL_PATIENCE_END_S = 2,
	ORL_PATIENCE_LINES = 2,
};

/* From here on it has so many seconds. The sockets stay the caller's. */
void orl_patience_begin(const int *lines, size_t count, int seconds);
/* It has come back. */
void orl_patience_end(void);

#endif
