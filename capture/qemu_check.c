/*
 * qemu_check.c - believe a virtual machine no number.
 *
 * What passes can be read and shown; what does not has a sentence, for the
 * log and for those who look at a screen that stands still.
 */
#include "capture/qemu_check.h"

#include <string.h>

enum { STRIDE_MAX = 1 << 20 };

/* PIXMAN_FORMAT(bits, type, a, r, g, b) of those with 32 bits. */
enum {
	X8R8G8B8 = 0x20020888,
	A8R8G8B8 = 0x20028888,
	X8B8G8R8 = 0x20030888,
	A8B8G8R8 = 0x20038888,
};

bool orl_qemu_size_ok(int64_t width, int64_t height)
{
	return width >= 1 && height >= 1 && width <= ORL_QEMU_SIDE_MAX &&
	       height <= ORL_QEMU_SIDE_MAX &&
	       width * height <= ORL_QEMU_PIXELS_MAX;
}

bool orl_qemu_size_fits(uint32_t width, uint32_t height)
{
	return (uint64_t)width * height <= ORL_QEMU_PIXELS_MAX;
}

static const char *check(
		enum oriel_format *format, const struct orl_qemu_update *u)
{
	if (!orl_qemu_size_ok(u->width, u->height))
		return "the virtual machine has a screen that is too large";
	switch (u->format) {
	case X8R8G8B8:
	case A8R8G8B8:
		*format = ORIEL_FORMAT_XRGB8888;
		break;
	case X8B8G8R8:
	case A8B8G8R8:
		*format = ORIEL_FORMAT_XBGR8888;
		break;
	default:
		return "the virtual machine's screen has a pixel format that "
		       "cannot be shown";
	}
	if (u->stride % 4 || u->stride > STRIDE_MAX || u->stride / 4 < u->width)
		return "the virtual machine sends rows of a wrong length";
	/* The last row need not have its padding. */
	if (!u->data || u->size < (uint64_t)u->stride * (uint64_t)(u->height -
									1) +
							(uint64_t)u->width * 4)
		return "the virtual machine sends fewer pixels than it says";
	return NULL;
}

const char *orl_qemu_check_update(struct oriel_pixels *pixels,
		struct oriel_rect *at, bool *outside,
		const struct orl_qemu_update *u, int32_t width, int32_t height)
{
	enum oriel_format format;
	const char *wrong = check(&format, u);
	int64_t x0 = u->x, y0 = u->y, x1 = u->x, y1 = u->y;

	if (wrong)
		return wrong;
	if (u->x < INT32_MIN || u->x > INT32_MAX || u->y < INT32_MIN ||
			u->y > INT32_MAX)
		return "the virtual machine draws nowhere";
	x1 += u->width;
	y1 += u->height;
	*outside = x0 < 0 || y0 < 0 || x1 > width || y1 > height;
	x0 = x0 < 0 ? 0 : x0;
	y0 = y0 < 0 ? 0 : y0;
	x1 = x1 > width ? width : x1;
	y1 = y1 > height ? height : y1;
	*at = (struct oriel_rect){ 0, 0, 0, 0 };
	if (x0 >= x1 || y0 >= y1)
		return NULL;
	*at = (struct oriel_rect){ (int32_t)x0, (int32_t)y0, (int32_t)(x1 - x0),
		(int32_t)(y1 - y0) };
	*pixels = (struct oriel_pixels){
		.data = (const uint8_t *)u->data +
			(size_t)(y0 - u->y) * u->stride +
			(size_t)(x0 - u->x) * 4,
		.width = at->width,
		.height = at->height,
		.stride = (int32_t)u->stride,
		.format = format,
	};
	return NULL;
}

const char *orl_qemu_check_scanout(
		struct oriel_pixels *pixels, const struct orl_qemu_update *u)
{
	struct orl_qemu_update whole = *u;
	struct oriel_rect at;
	bool outside;

	whole.x = whole.y = 0;
	/* Only read as a size once it has passed for one. */
	return orl_qemu_check_update(pixels, &at, &outside, &whole,
			ORL_QEMU_SIDE_MAX, ORL_QEMU_SIDE_MAX);
}

const char *orl_qemu_check_cursor(const struct orl_qemu_cursor *c)
{
	if (c->width < 1 || c->height < 1 || c->width > ORL_QEMU_CURSOR_MAX ||
			c->height > ORL_QEMU_CURSOR_MAX)
		return "the virtual machine's pointer is too large";
	if (!c->data || c->size < (size_t)c->width * (size_t)c->height * 4)
		return "the virtual machine sends less of its pointer than it "
		       "says";
	return NULL;
}

/* No colour is more than its alpha in a premultiplied picture. */
static uint32_t fit(uint32_t word)
{
	uint32_t a = word >> 24, r = word >> 16 & 255, g = word >> 8 & 255;
	uint32_t b = word & 255;

	r = r < a ? r : a;
	g = g < a ? g : a;
	b = b < a ? b : a;
	return a << 24 | r << 16 | g << 8 | b;
}

void orl_qemu_cursor_pixels(uint32_t *out, const struct orl_qemu_cursor *c)
{
	size_t n = (size_t)c->width * (size_t)c->height;

	memcpy(out, c->data, n * 4);
	for (size_t i = 0; i < n; i++)
		out[i] = fit(out[i]);
}
