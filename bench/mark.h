/*
 * mark.h - a block of 8 x 8 pixels that names a frame: four squares of grey.
 *
 * Grey, because codecs keep brightness better than colour; and only eight
 * levels of it, so that a mark is read as soon as its squares are nearer to
 * their own level than to the next: a picture in which it cannot be read is
 * 23 dB or worse there, and text could not be read either.
 */
#ifndef ORL_BENCH_MARK_H
#define ORL_BENCH_MARK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	MARK_SIDE = 8,
	MARK_NUMBERS = 512, /* then they begin again */
	/* The mean of a square may be this far from its grey. */
	MARK_TOLERANCE = 17,
};

/* At the block's first pixel. */
void mark_draw(uint32_t *block, size_t stride, uint32_t i);
bool mark_is(const uint32_t *block, size_t stride, uint32_t i);

#endif
