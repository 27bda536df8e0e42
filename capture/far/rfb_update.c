/*
 * rfb_update.c - messages of a VNC server, and what each rectangle of an
 * update is.
 */
#include <string.h>

#include "capture/far/rfb.h"

enum message {
	FRAMEBUFFER_UPDATE = 0,
	COLOUR_MAP = 1,
	BELL = 2,
	CUT_TEXT = 3,
	QEMU = 255,
};

enum encoding {
	RAW = 0,
	COPY_RECT = 1,
	HEXTILE = 5,
	ZLIB = 6,
	ZRLE = 16,
	DESKTOP_SIZE = -223,
	LAST_RECT = -224,
	POINTER_POSITION = -232,
	CURSOR = -239,
	POINTER_KIND = -257, /* QEMU's */
	EXTENDED_KEYS = -258,
	SOUND = -259, /* QEMU's, too */
	LIGHTS = -261,
	DESKTOP_NAME = -307,
	EXTENDED_DESKTOP_SIZE = -308,
	CURSOR_ALPHA = -314,
	COMPRESS_1 = -255,
	EXTENDED_CLIPBOARD = (int)0xc0a1e5ceu,
	/* VMware's, and TigerVNC's */
	POINTER_MOVED = 0x574d5666,
};

/* Where bandwidth costs nothing compressing would only take time. */
static bool is_near(const struct orl_far_config *c)
{
	return !c->port || strcmp(c->host, "localhost") == 0 ||
	       strncmp(c->host, "127.", 4) == 0 || strcmp(c->host, "::1") == 0;
}

static void set_format(struct orl_rfb *r)
{
	/* 32 bits, of which 24 count, little endian, red at bit 16. */
	static const uint8_t message[] = { 0, 0, 0, 0, 32, 24, 0, 1, 0, 255, 0,
		255, 0, 255, 16, 8, 0, 0, 0, 0 };

	orl_rfb_write(r, message, sizeof(message));
}

static void set_encodings(struct orl_rfb *r)
{
	static const int32_t far[] = { ZRLE, ZLIB, HEXTILE, COPY_RECT, RAW };
	static const int32_t near[] = { RAW, COPY_RECT, HEXTILE, ZLIB, ZRLE };
	static const int32_t more[] = { DESKTOP_SIZE, EXTENDED_DESKTOP_SIZE,
		LAST_RECT, POINTER_POSITION, POINTER_MOVED, CURSOR_ALPHA,
		CURSOR, POINTER_KIND, EXTENDED_KEYS, LIGHTS, DESKTOP_NAME, SOUND,
		COMPRESS_1, EXTENDED_CLIPBOARD };
	enum { PIXELS = 5, MORE = sizeof(more) / sizeof(more[0]) };
	const int32_t *order = is_near(&r->helper.config) ? near : far;
	uint8_t message[4 + 4 * (PIXELS + MORE)] = { 2, 0 };

	orl_rfb_put16(message + 2, PIXELS + MORE);
	for (size_t i = 0; i < PIXELS; i++)
		orl_rfb_put32(message + 4 + 4 * i, (uint32_t)order[i]);
	for (size_t i = 0; i < MORE; i++)
		orl_rfb_put32(message + 4 + 4 * (PIXELS + i),
				(uint32_t)more[i]);
	orl_rfb_write(r, message, sizeof(message));
}

/* Ask for what has changed, or for all. */
static void ask(struct orl_rfb *r)
{
	uint8_t message[10] = { 3, !r->full };

	orl_rfb_put16(message + 6, (uint32_t)r->helper.width);
	orl_rfb_put16(message + 8, (uint32_t)r->helper.height);
	orl_rfb_write(r, message, sizeof(message));
	r->full = false;
}

void orl_rfb_begin(struct orl_rfb *r)
{
	set_format(r);
	set_encodings(r);
	r->full = true;
	ask(r);
}

static void resize(struct orl_rfb *r, int32_t width, int32_t height)
{
	if (width == r->helper.width && height == r->helper.height)
		return;
	orl_helper_screen(&r->helper, width, height);
	r->full = true;
}

/* x says whose wish it was, y whether it was granted. */
static void on_desktop_size(struct orl_rfb *r, struct oriel_rect at)
{
	unsigned n = orl_rfb_u8(r);

	orl_rfb_skip(r, 3);
	for (unsigned i = 0; i < n; i++) {
		uint32_t id = orl_rfb_u32(r), flags;

		orl_rfb_skip(r, 8);
		flags = orl_rfb_u32(r);
		if (i)
			continue;
		r->screen_id = id;
		r->screen_flags = flags;
	}
	/* One that is refused has the size that was not given. */
	if (!at.y)
		resize(r, at.width, at.height);
	if (n == 1 && !r->resizes) {
		r->resizes = true;
		orl_rfb_resize(r);
	}
}

static void on_lights(struct orl_rfb *r)
{
	uint8_t lights = orl_rfb_u8(r);

	/* Theirs: scroll, num, caps. */
	r->lights = (lights & 1 ? ORIEL_LOCK_SCROLL : 0u) |
		    (lights & 2 ? ORIEL_LOCK_NUM : 0u) |
		    (lights & 4 ? ORIEL_LOCK_CAPS : 0u);
	r->lights_known = true;
	orl_helper_lights(&r->helper, r->lights);
}

static void on_pixels(struct orl_rfb *r, int32_t encoding, struct oriel_rect at)
{
	if (at.width > r->helper.width - at.x ||
			at.height > r->helper.height - at.y)
		orl_helper_end(&r->helper, ORL_EXIT_SOURCE,
				"the server draws outside its screen");
	orl_rfb_rect(r, encoding, at);
	orl_helper_damage(&r->helper, at.x, at.y, at.width, at.height);
}

/* Returns false when it was the last of its update. */
static bool on_rect(struct orl_rfb *r)
{
	struct oriel_rect at;
	int32_t encoding;

	at.x = orl_rfb_u16(r);
	at.y = orl_rfb_u16(r);
	at.width = orl_rfb_u16(r);
	at.height = orl_rfb_u16(r);
	encoding = (int32_t)orl_rfb_u32(r);
	switch (encoding) {
	case DESKTOP_SIZE:
		resize(r, at.width, at.height);
		break;
	case EXTENDED_DESKTOP_SIZE:
		on_desktop_size(r, at);
		break;
	case LAST_RECT:
		return false;
	case POINTER_POSITION:
	case POINTER_MOVED:
		orl_helper_pointer(&r->helper, at.x, at.y);
		break;
	case CURSOR:
	case CURSOR_ALPHA:
		orl_rfb_cursor(r, at, encoding == CURSOR_ALPHA);
		break;
	case POINTER_KIND:
		r->relative = !at.x;
		r->is_qemu = true;
		orl_helper_relative(&r->helper, r->relative);
		break;
	case EXTENDED_KEYS:
		r->extended_keys = true;
		break;
	case SOUND:
		orl_rfb_sound_here(r);
		break;
	case LIGHTS:
		on_lights(r);
		break;
	case DESKTOP_NAME:
		orl_rfb_skip(r, orl_rfb_u32(r));
		break;
	default:
		on_pixels(r, encoding, at);
	}
	return true;
}

static void on_update(struct orl_rfb *r)
{
	unsigned n;

	orl_rfb_skip(r, 1);
	n = orl_rfb_u16(r);
	while (n-- && on_rect(r))
		;
	/* The server works on the next one while this one is looked at. */
	ask(r);
	if (orl_helper_frame(&r->helper))
		orl_helper_wait(&r->helper);
}

void orl_rfb_message(struct orl_rfb *r)
{
	uint8_t kind;

	r->stream.idle = true;
	kind = orl_rfb_u8(r);
	switch (kind) {
	case FRAMEBUFFER_UPDATE:
		on_update(r);
		break;
	case COLOUR_MAP:
		orl_rfb_skip(r, 3);
		orl_rfb_skip(r, (uint64_t)orl_rfb_u16(r) * 6);
		break;
	case BELL:
		break;
	case CUT_TEXT:
		orl_rfb_cut(r);
		break;
	case QEMU:
		orl_rfb_sound(r);
		break;
	default:
		orl_helper_end(&r->helper, ORL_EXIT_SOURCE,
				"the server says something unknown (%u)",
				(unsigned)kind);
	}
}
