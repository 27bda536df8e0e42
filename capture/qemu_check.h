/*
 * qemu_check.h - what a virtual machine says about its screen, against what
 * can be true. Pure: no bus, no memory of its own.
 *
 * The guest chooses most of these numbers and QEMU passes them on.
 */
#ifndef ORL_QEMU_CHECK_H
#define ORL_QEMU_CHECK_H

#include <oriel/oriel.h>

enum {
	ORL_QEMU_SIDE_MAX = 16384,
	ORL_QEMU_CURSOR_MAX = 256, /* of either side */
	/* What a message of D-Bus holds, 128 MiB, without its header. */
	ORL_QEMU_PIXELS_MAX = ((128 << 20) - 4096) / 4,
};

/* Of Scanout (x and y are 0 then) and Update, as they came. */
struct orl_qemu_update {
	int64_t x, y, width, height;
	uint32_t stride, format; /* bytes; as pixman numbers them */
	const void *data;
	size_t size;
};

/* As CursorDefine came. */
struct orl_qemu_cursor {
	int32_t width, height, hot_x, hot_y;
	const void *data;
	size_t size;
};

/* Whether a screen of this size can be shown. */
bool orl_qemu_size_ok(int64_t width, int64_t height);

/* Whether all of such a screen can be sent in one message. */
bool orl_qemu_size_fits(uint32_t width, uint32_t height);

/*
 * The part of an update that lies inside a screen of width x height, and its
 * pixels there. *outside says whether some of it does not. Returns NULL, with
 * at->width 0 when nothing is left, or a sentence that says what is wrong.
 */
const char *orl_qemu_check_update(struct oriel_pixels *pixels,
		struct oriel_rect *at, bool *outside,
		const struct orl_qemu_update *update, int32_t width,
		int32_t height);

/*
 * The same for a whole screen, which has the size that it says it has.
 */
const char *orl_qemu_check_scanout(
		struct oriel_pixels *pixels, const struct orl_qemu_update *u);

/* Returns NULL or a sentence. */
const char *orl_qemu_check_cursor(const struct orl_qemu_cursor *cursor);
/* Its pixels, premultiplied as the protocol wants them, to width * height. */
void orl_qemu_cursor_pixels(
		uint32_t *out, const struct orl_qemu_cursor *cursor);

#endif
