/*
 * watch.h - looks at what a client shows.
 */
#ifndef ORL_BENCH_WATCH_H
#define ORL_BENCH_WATCH_H

#include "bench/frames.h"
#include "bench/stage.h"

/*
 * Watches the framebuffer that Xvfb keeps in a file (-fbdir) until stop, then
 * evaluates the pictures that it kept. That file is the memory the X server
 * paints into: looking at it costs the server nothing and needs no request.
 */
void watch(const struct frames *f, struct stage *s, const char *framebuffer);

#endif
