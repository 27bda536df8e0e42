/*
 * fuzz_rfb.c - any bytes as what a VNC server says. The first one chooses: 0
 * from its version on, else a desktop of some size and messages at once. What
 * the helper would tell oriel-serve must be what that accepts.
 */
#include <stdlib.h>
#include <string.h>

#include "capture/far/rfb.h"
#include "tests/fuzz/far_master.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t *next, *end;

/* ---- what stands for the connection ------------------------------------ */

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

void orl_helper_damage(struct orl_helper *h, int32_t x, int32_t y,
		int32_t width, int32_t height)
{
	if (x < 0 || y < 0 || width < 0 || height < 0 || width > h->width - x ||
			height > h->height - y)
		abort();
	h->rect_count++;
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
		orl_rfb_ops.listen(r, (end - next) & 1);
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
	rfb.helper.config.hears = true;
	strcpy(rfb.helper.config.password, "secret7");
	next = data + 1;
	end = data + size;
	if (!setjmp(stop))
		listen_to(&rfb, data[0]);
	orl_rfb_fini(&rfb);
	return 0;
}
