/*
 * mark.c - see mark.h.
 */
#include "bench/mark.h"

#include <stdlib.h>

enum { SQUARE = MARK_SIDE / 2 };

/*
 * Three squares say the number, eight levels of grey each, which wraps after
 * 512; the fourth differs from at least one of them, so that no plain block
 * is a mark.
 */
static void levels(uint8_t out[4], uint32_t i)
{
	unsigned a = i & 7, b = i >> 3 & 7, c = i >> 6 & 7;
	unsigned all[4] = { a, b, c, (a + b + c + 3) & 7 };
	for (int k = 0; k < 4; k++)
		out[k] = (uint8_t)(all[k] * 255 / 7);
}

void mark_draw(uint32_t *block, size_t stride, uint32_t i)
{
	uint8_t level[4];
	levels(level, i);
	for (size_t y = 0; y < MARK_SIDE; y++)
		for (size_t x = 0; x < MARK_SIDE; x++)
			block[y * stride + x] =
					0x010101u *
					level[y / SQUARE * 2 + x / SQUARE];
}

bool mark_is(const uint32_t *block, size_t stride, uint32_t i)
{
	uint8_t level[4];
	levels(level, i);
	for (size_t k = 0; k < 4; k++) {
		const uint32_t *square = block + k / 2 * SQUARE * stride +
					 k % 2 * SQUARE;
		int sum = 0;
		for (size_t y = 0; y < SQUARE; y++)
			for (size_t x = 0; x < SQUARE; x++) {
				uint32_t p = square[y * stride + x];
				sum += (int)(p & 255) + (int)(p >> 8 & 255) +
				       (int)(p >> 16 & 255);
			}
		int off = sum - 3 * SQUARE * SQUARE * level[k];
		if (abs(off) > 3 * SQUARE * SQUARE * MARK_TOLERANCE)
			return false;
	}
	return true;
}
