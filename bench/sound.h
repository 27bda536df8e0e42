/*
 * sound.h - what is heard of a peer that carries sound: a sound server with
 * two sinks, the desktop's and the client's, and a program that plays into one
 * and listens to both (hear.c).
 */
#ifndef ORL_BENCH_SOUND_H
#define ORL_BENCH_SOUND_H

#include "bench/ends.h"

/* Before the peer is started. 0 also where it has no sound. */
int sound_start(struct run *u);
/* With the first thing that counts. */
int sound_listen(struct run *u);
/* What was heard until now, as figures. */
int sound_figures(struct run *u);

#endif
