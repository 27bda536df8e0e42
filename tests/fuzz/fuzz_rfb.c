/*
 * fuzz_rfb.c - any bytes as what a VNC server says. The first one chooses: 0
 * from its version on, else a desktop of some size and messages at once. What
 * the helper would tell oriel-serve must be what that accepts.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "capture/far/rfb.h"
#include "capture/far_check.h"

enum { SIDE = 512 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t *next, *end;
static jmp_buf stop;
static uint32_t screen[SIDE * SIDE];

/* ---- what stands for the connection and for oriel-serve ---------------- */

void orl_rfb_read(struct orl_rfb *r, void *out, size_t n)
{
	if ((size_t)(end - next) < n)
		longjmp(stop, 1);
	if (n)
		memcpy(out, next, n);
	next += n;
	r->stream.idle = false;
}

void orl_rfb_write(struct orl_rfb *r, const void *bytes, size_t n)
{
	static volatile uint8_t sum;

	(void)r;
	for (size_t i = 0; i < n; i++)
		sum = (uint8_t)(sum + ((const uint8_t *)bytes)[i]);
}

void orl_rfb_encrypt(struct orl_rfb *r, bool anonymous)
{
	(void)r;
	(void)anonymous;
}

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
}

void orl_helper_damage(struct orl_helper *h, int32_t x, int32_t y,
		int32_t width, int32_t height)
{
	if (x < 0 || y < 0 || width < 0 || height < 0 || width > h->width - x ||
			height > h->height - y)
		abort();
	h->rect_count++;
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

/* ------------------------------------------------------------------------ */

static void listen_to(struct orl_rfb *r, uint8_t kind)
{
	if (kind == 0) {
		orl_rfb_login(r);
	} else {
		orl_helper_screen(&r->helper, kind * 2, kind + 32);
		r->minor = 8;
	}
	if (kind & 1) {
		char *text = strdup("peers have copied this\nand that");

		orl_rfb_ops.paste(r, text, strlen(text));
	}
	orl_rfb_ops.size(r, 300, 200);
	orl_rfb_begin(r);
	for (;;) {
		orl_rfb_message(r);
		orl_rfb_ops.locks(r, (uint32_t)(end - next) & 7);
		orl_rfb_ops.key(r, 0x070000 | (uint32_t)(end - next),
				(uint32_t)(end - next), kind & 2);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct orl_rfb rfb;

	if (!size)
		return 0;
	memset(&rfb, 0, sizeof(rfb));
	rfb.helper.config.have_password = true;
	strcpy(rfb.helper.config.password, "secret7");
	next = data + 1;
	end = data + size;
	if (!setjmp(stop))
		listen_to(&rfb, data[0]);
	orl_rfb_fini(&rfb);
	return 0;
}
