/*
 * fuzz_qemu.c - any numbers as a screen, an update or a pointer: what passes
 * lies in the display, and all of its pixels can be read.
 *
 * A byte says which; then 32-bit words as D-Bus has them, then the pixels.
 */
#include <stdlib.h>
#include <string.h>

#include "capture/qemu_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { WORDS = 6, WIDTH = 40, HEIGHT = 30 };

static void touch(const struct oriel_pixels *p)
{
	volatile uint32_t sum = 0;
	uint32_t word;

	if (p->width < 1 || p->height < 1 || p->stride / 4 < p->width)
		abort();
	for (int32_t y = 0; y < p->height; y++)
		for (int32_t x = 0; x < p->width; x++) {
			memcpy(&word,
					(const uint8_t *)p->data +
							(size_t)y * (size_t)p->stride +
							(size_t)x * 4,
					sizeof(word));
			sum = sum + word;
		}
}

static void pointer(const int32_t w[static WORDS], const void *data, size_t n)
{
	static uint32_t out[ORL_QEMU_CURSOR_MAX * ORL_QEMU_CURSOR_MAX];
	struct orl_qemu_cursor c = { w[0], w[1], w[2], w[3], data, n };

	if (orl_qemu_check_cursor(&c))
		return;
	orl_qemu_cursor_pixels(out, &c);
	for (int32_t i = 0; i < c.width * c.height; i++)
		if ((out[i] & 255) > out[i] >> 24)
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct orl_qemu_update u = { .x = 0 };
	struct oriel_pixels pixels;
	struct oriel_rect at;
	int32_t w[WORDS];
	bool outside;
	void *copy;

	if (size < 1 + sizeof(w))
		return 0;
	memcpy(w, data + 1, sizeof(w));
	u.size = size - 1 - sizeof(w);
	/* A block of its own: a sanitizer sees a byte too far. */
	copy = malloc(u.size ? u.size : 1);
	if (!copy)
		return 0;
	memcpy(copy, data + 1 + sizeof(w), u.size);
	u.data = copy;
	u.stride = (uint32_t)w[4];
	u.format = (uint32_t)w[5];
	switch (data[0] % 3) {
	case 0:
		u.width = (uint32_t)w[0];
		u.height = (uint32_t)w[1];
		if (!orl_qemu_check_scanout(&pixels, &u))
			touch(&pixels);
		break;
	case 1:
		u.x = w[0];
		u.y = w[1];
		u.width = w[2];
		u.height = w[3];
		if (orl_qemu_check_update(&pixels, &at, &outside, &u, WIDTH,
				    HEIGHT) ||
				!at.width)
			break;
		if (at.x < 0 || at.y < 0 || at.width > WIDTH - at.x ||
				at.height > HEIGHT - at.y ||
				at.width != pixels.width ||
				at.height != pixels.height)
			abort();
		touch(&pixels);
		break;
	case 2:
		pointer(w, u.data, u.size);
		break;
	}
	free(copy);
	return 0;
}
