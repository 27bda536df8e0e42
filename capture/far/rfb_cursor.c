/*
 * rfb_cursor.c - pictures of the pointer: pixels with a mask, or with alpha.
 */
#include <string.h>

#include "capture/far/rfb.h"

enum { SIDE_MAX = 4096, RAW = 0 };

/* One of a bit more than is shown is read, and left out. */
static bool too_large(struct orl_rfb *r, struct oriel_rect at, uint64_t bytes)
{
	if (at.width > SIDE_MAX || at.height > SIDE_MAX)
		orl_helper_end(&r->helper, ORL_EXIT_SOURCE,
				"the server's pointer has %d x %d pixels",
				(int)at.width, (int)at.height);
	if (at.width <= ORL_FAR_CURSOR_SIDE && at.height <= ORL_FAR_CURSOR_SIDE)
		return false;
	orl_rfb_skip(r, bytes);
	if (!r->cursor_complained)
		orl_helper_say(&r->helper, 1,
				"the pointer's picture is too large to be "
				"shown");
	r->cursor_complained = true;
	return true;
}

static void read_masked(
		struct orl_rfb *r, struct oriel_rect at, uint32_t *pixels)
{
	size_t row = ((size_t)at.width + 7) / 8;
	size_t n = (size_t)at.width * (size_t)at.height;
	uint8_t mask[ORL_FAR_CURSOR_SIDE / 8], bytes[4];

	for (size_t i = 0; i < n; i++) {
		orl_rfb_read(r, bytes, 4);
		pixels[i] = (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 |
			    (uint32_t)bytes[2] << 16;
	}
	for (int32_t y = 0; y < at.height; y++) {
		orl_rfb_read(r, mask, row);
		for (int32_t x = 0; x < at.width; x++, pixels++)
			*pixels = mask[x / 8] >> (7 - x % 8) & 1
						  ? *pixels | 0xff000000
						  : 0;
	}
}

/* Premultiplied, as it is shown. QEMU's bytes are the other way round. */
static uint32_t of_alpha(const uint8_t *p, bool is_qemu)
{
	uint32_t a = p[3], c[3];

	for (int i = 0; i < 3; i++) {
		c[i] = is_qemu ? p[i] : p[2 - i];
		if (c[i] > a)
			c[i] = a;
	}
	return a << 24 | c[2] << 16 | c[1] << 8 | c[0];
}

static void read_alpha(
		struct orl_rfb *r, struct oriel_rect at, uint32_t *pixels)
{
	size_t n = (size_t)at.width * (size_t)at.height;
	uint8_t bytes[4];

	for (size_t i = 0; i < n; i++) {
		orl_rfb_read(r, bytes, 4);
		pixels[i] = of_alpha(bytes, r->is_qemu);
	}
}

void orl_rfb_cursor(struct orl_rfb *r, struct oriel_rect at, bool alpha)
{
	static uint32_t pixels[ORL_FAR_CURSOR_SIDE * ORL_FAR_CURSOR_SIDE];
	uint64_t bytes = (uint64_t)at.width * (uint64_t)at.height * 4;

	if (alpha && orl_rfb_u32(r) != RAW)
		orl_helper_end(&r->helper, ORL_EXIT_SOURCE,
				"the server's pointer is drawn in a way that "
				"nobody asked for");
	if (!alpha)
		bytes += ((uint64_t)at.width + 7) / 8 * (uint64_t)at.height;
	if (too_large(r, at, bytes))
		return;
	if (alpha)
		read_alpha(r, at, pixels);
	else
		read_masked(r, at, pixels);
	orl_helper_cursor(&r->helper, at.width && at.height ? pixels : NULL,
			at.width, at.height, at.x, at.y);
}
