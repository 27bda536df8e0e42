/*
 * damage.c - from a captured picture to the shadow: compare, copy, and say
 * which cells differ.
 *
 * The source may be memory that a guest writes while it is read. So a row of
 * a cell is loaded once into a local array; what is compared and what is
 * stored are both that array. A row that compares equal needs no store, which
 * keeps an unchanged screen at the price of reading it.
 */
#include <assert.h>
#include <stdatomic.h>
#include <string.h>

#include "codecs/motion.h"

enum {
	COLS_MAX = ORL_DISPLAY_SIDE_MAX / ORL_CELL,
	PAIR = 2 * ORL_CELL,
};

/*
 * Load pixels that somebody else may be writing. Without the fence a compiler
 * may forget the copy and read the source again.
 *
 * This is the one place that reads them, and the one race there is: whatever
 * mix of old and new comes out is a picture. The thread sanitizer can not know
 * that, so under it the copy is made where it does not look; a call of memcpy
 * it would see.
 */
#if defined(__SANITIZE_THREAD__)
__attribute__((noinline, no_sanitize("thread"))) static void load(
		uint32_t *out, const uint8_t *source, size_t n)
{
	volatile uint8_t *to = (volatile uint8_t *)out;
	const volatile uint8_t *from = source;

	for (size_t i = 0; i < n * sizeof(*out); i++)
		to[i] = from[i];
}
#else
ORL_INLINE void load(uint32_t *out, const uint8_t *source, size_t n)
{
	memcpy(out, source, n * sizeof(*out));
	atomic_signal_fence(memory_order_seq_cst);
}
#endif

ORL_INLINE uint32_t pixel(uint32_t v, bool swap_rb)
{
	if (!swap_rb)
		return v & 0xffffff;
	return (v & 0xff00) | (v & 0xff) << 16 | (v >> 16 & 0xff);
}

/*
 * One row of two whole cells. The trip count is fixed, so that gcc -O2
 * vectorises it, and above 16, so that gcc -O3 does not unroll it before.
 */
ORL_INLINE void row_of_pair(uint32_t *into, const uint8_t *source,
		uint8_t *differs, bool swap_rb)
{
	uint32_t now[PAIR];
	uint32_t differ = 0;
	load(now, source, PAIR);
	for (size_t i = 0; i < PAIR; i++) {
		now[i] = pixel(now[i], swap_rb);
		differ |= now[i] ^ into[i];
	}
	if (!differ)
		return;
	for (size_t half = 0; half < PAIR; half += ORL_CELL) {
		differ = 0;
		for (size_t i = half; i < half + ORL_CELL; i++)
			differ |= now[i] ^ into[i];
		differs[half / ORL_CELL] |= differ != 0;
	}
	memcpy(into, now, sizeof(now));
}

/* The same for n pixels of one cell, at the ends of a row. */
static bool part_of_row(
		uint32_t *into, const uint8_t *source, size_t n, bool swap_rb)
{
	uint32_t now[ORL_CELL];
	uint32_t differ = 0;
	load(now, source, n);
	for (size_t i = 0; i < n; i++) {
		now[i] = pixel(now[i], swap_rb);
		differ |= now[i] ^ into[i];
		into[i] = now[i];
	}
	return differ != 0;
}

/* One pixel row, x to end; differs[col] is set for the cells that do. */
ORL_INLINE void row(uint32_t *into, const uint8_t *source, int32_t x,
		int32_t end, uint8_t *differs, bool swap_rb)
{
	while (x < end) {
		const int32_t cell = x / ORL_CELL;
		int32_t n = PAIR;
		if (x % ORL_CELL || end - x < PAIR) {
			n = orl_min32(end, (cell + 1) * ORL_CELL) - x;
			differs[cell] |= part_of_row(
					into + x, source, (size_t)n, swap_rb);
		} else {
			row_of_pair(into + x, source, differs + cell, swap_rb);
		}
		source += (size_t)n * sizeof(*into);
		x += n;
	}
}

/* n rows of pixels, in one row of cells. */
ORL_WIDE static void rows(uint32_t *to, size_t to_stride, const uint8_t *from,
		size_t stride, int32_t n, int32_t x, int32_t end,
		uint8_t *differs, bool swap_rb)
{
	for (; n > 0; n--, to += to_stride, from += stride) {
		if (swap_rb)
			row(to, from, x, end, differs, true);
		else
			row(to, from, x, end, differs, false);
	}
}

size_t orl_damage(uint32_t *into, size_t into_stride, int32_t width,
		int32_t height, uint8_t *changed, const void *source,
		size_t stride, bool swap_rb, int32_t x, int32_t y,
		int32_t rect_width, int32_t rect_height)
{
	const int32_t cols = (width + ORL_CELL - 1) / ORL_CELL;
	const int32_t end = x + rect_width, bottom = y + rect_height;
	uint8_t differs[COLS_MAX];
	size_t n = 0;
	assert(width <= ORL_DISPLAY_SIDE_MAX && x >= 0 && y >= 0);
	assert(rect_width >= 0 && rect_width <= width - x);
	assert(rect_height >= 0 && rect_height <= height - y);
	if (rect_width == 0)
		return 0;
	while (y < bottom) {
		const int32_t cell = y / ORL_CELL;
		const int32_t stop = orl_min32(bottom, (cell + 1) * ORL_CELL);
		memset(differs, 0, (size_t)cols);
		rows(into + (size_t)y * into_stride, into_stride,
				(const uint8_t *)source + (size_t)y * stride +
						(size_t)x * 4,
				stride, stop - y, x, end, differs, swap_rb);
		y = stop;
		uint8_t *out = changed + (size_t)cell * (size_t)cols;
		for (int32_t i = x / ORL_CELL; i <= (end - 1) / ORL_CELL; i++) {
			out[i] |= differs[i];
			n += differs[i];
		}
	}
	return n;
}
