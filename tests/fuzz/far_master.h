/*
 * far_master.h - what stands for oriel-serve in the fuzz targets of helpers:
 * all that they tell it must be what it accepts. To be included once.
 */
#ifndef ORL_FUZZ_FAR_MASTER_H
#define ORL_FUZZ_FAR_MASTER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "capture/far/helper.h"
#include "capture/far_check.h"

enum { SIDE = 512 };

static jmp_buf stop; /* where an end ends */
static uint32_t screen[SIDE * SIDE];

void orl_helper_end(struct orl_helper *h, int status, const char *format, ...)
{
	char why[ORL_FAR_WHY + 1];
	va_list args;

	(void)h;
	if (status < ORL_EXIT_INTERNAL || status > ORL_EXIT_SOURCE)
		abort();
	va_start(args, format);
	vsnprintf(why, sizeof(why), format, args);
	va_end(args);
	longjmp(stop, 1);
}

void orl_helper_say(struct orl_helper *h, int level, const char *format, ...)
{
	(void)h;
	(void)level;
	(void)format;
}

void orl_helper_screen(struct orl_helper *h, int32_t width, int32_t height)
{
	if (!orl_far_size_ok(width, height) || width > SIDE || height > SIDE)
		longjmp(stop, 1);
	h->pixels = screen;
	h->width = width;
	h->height = height;
	h->rect_count = 0;
}

bool orl_helper_busy(struct orl_helper *h)
{
	(void)h;
	return false;
}

bool orl_helper_frame(struct orl_helper *h)
{
	h->rect_count = 0;
	return false;
}

void orl_helper_wait(struct orl_helper *h)
{
	(void)h;
}

void orl_helper_cursor(struct orl_helper *h, const uint32_t *pixels,
		int32_t width, int32_t height, int32_t hot_x, int32_t hot_y)
{
	(void)h;
	(void)hot_x;
	(void)hot_y;
	if (!pixels)
		return;
	for (int32_t i = 0; i < width * height; i++)
		for (int shift = 0; shift < 24; shift += 8)
			if ((pixels[i] >> shift & 255) > pixels[i] >> 24)
				abort();
}

void orl_helper_pointer(struct orl_helper *h, int32_t x, int32_t y)
{
	(void)h;
	(void)x;
	(void)y;
}

void orl_helper_lights(struct orl_helper *h, uint32_t locks)
{
	(void)h;
	if (locks > 7)
		abort();
}

void orl_helper_relative(struct orl_helper *h, bool relative)
{
	(void)h;
	(void)relative;
}

void orl_helper_cut(struct orl_helper *h, const char *text, size_t n)
{
	(void)h;
	for (size_t i = 0; i < n; i++)
		if (!text[i] || text[i] == '\r')
			abort();
}

void orl_helper_sound(struct orl_helper *h, uint32_t rate, uint32_t channels,
		const int16_t *samples, size_t n)
{
	static volatile int16_t sum;

	(void)h;
	if (rate < ORL_FAR_RATE_MIN || rate > ORL_FAR_RATE_MAX ||
			channels < 1 || channels > 2)
		abort();
	for (size_t i = 0; samples && i < n * channels; i++)
		sum = (int16_t)(sum ^ samples[i]);
}

void orl_helper_volume(struct orl_helper *h, uint32_t left, uint32_t right)
{
	(void)h;
	if (left > 256 || right > 256)
		abort();
}

#endif
