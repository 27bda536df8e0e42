/*
 * play.h - presents a trace on an X display.
 */
#ifndef ORL_BENCH_PLAY_H
#define ORL_BENCH_PLAY_H

#include "bench/frames.h"
#include "bench/stage.h"

/*
 * Shows frame 0, waits for go, presents the others at their times, and keeps
 * the last one until the process is ended: it returns only when the display
 * will not do, with `failed` set.
 */
void play(const struct frames *f, struct stage *s, const char *display);

#endif
