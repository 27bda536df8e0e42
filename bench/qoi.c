/*
 * qoi.c - a QOI encoder after the public specification (qoiformat.org), to
 * compare with.
 */
#include "bench/rivals.h"

#include <string.h>

enum { INDEX = 0x00, DIFF = 0x40, LUMA = 0x80, RUN = 0xc0, RGB = 0xfe };

static size_t put_pixel(uint8_t *out, uint32_t v, uint32_t before)
{
	int r = (int8_t)((v >> 16) - (before >> 16));
	int g = (int8_t)((v >> 8) - (before >> 8));
	int b = (int8_t)(v - before);
	if (r >= -2 && r <= 1 && g >= -2 && g <= 1 && b >= -2 && b <= 1) {
		out[0] = (uint8_t)(DIFF | (r + 2) << 4 | (g + 2) << 2 |
				   (b + 2));
		return 1;
	}
	if (g >= -32 && g <= 31 && r - g >= -8 && r - g <= 7 && b - g >= -8 &&
			b - g <= 7) {
		out[0] = (uint8_t)(LUMA | (g + 32));
		out[1] = (uint8_t)((r - g + 8) << 4 | (b - g + 8));
		return 2;
	}
	out[0] = RGB;
	out[1] = (uint8_t)(v >> 16);
	out[2] = (uint8_t)(v >> 8);
	out[3] = (uint8_t)v;
	return 4;
}

size_t rival_qoi(uint8_t *out, size_t cap, const struct picture *p)
{
	uint32_t index[64], before = 0;
	size_t n = 14;
	unsigned run = 0;
	if (cap < (size_t)p->width * (size_t)p->height * 4 + 22)
		return 0;
	memset(out, 0, n); /* the header's content does not matter here */
	memset(index, 0xff, sizeof(index));
	for (int32_t y = 0; y < p->height; y++)
		for (int32_t x = 0; x < p->width; x++) {
			uint32_t v = p->pixels[(size_t)y * p->stride +
					       (size_t)x];
			unsigned k = ((v >> 16 & 255) * 3 + (v >> 8 & 255) * 5 +
						     (v & 255) * 7 + 255 * 11) %
				     64;
			if (v == before) {
				if (++run == 62) {
					out[n++] = (uint8_t)(RUN | (run - 1));
					run = 0;
				}
				continue;
			}
			if (run)
				out[n++] = (uint8_t)(RUN | (run - 1));
			run = 0;
			if (index[k] == v)
				out[n++] = (uint8_t)(INDEX | k);
			else
				n += put_pixel(out + n, v, before);
			index[k] = before = v;
		}
	if (run)
		out[n++] = (uint8_t)(RUN | (run - 1));
	memset(out + n, 0, 8);
	return n + 8;
}
