/*
 * rfb_clip.c - text of the clipboard, both ways: Latin-1 with servers of the
 * old kind; with those of the "extended clipboard" UTF-8, which is fetched
 * when one side has said that it has something new.
 */
#include <stdlib.h>
#include <string.h>

#include "capture/far/rfb.h"
#include "capture/x11_keys.h"

enum {
	FORMAT_TEXT = 1 << 0,
	CAPS = 1 << 24,
	REQUEST = 1 << 25,
	PEEK = 1 << 26,
	NOTIFY = 1 << 27,
	PROVIDE = 1 << 28,
};

static void put_character(char **p, uint32_t c)
{
	char *out = *p;

	if (c < 0x80) {
		*out++ = (char)c;
	} else if (c < 0x800) {
		*out++ = (char)(0xc0 | c >> 6);
		*out++ = (char)(0x80 | (c & 0x3f));
	}
	*p = out;
}

/* Room that is there until the next text comes. */
static void *room(struct orl_rfb *r, size_t index, size_t n)
{
	free(r->scratch[index]);
	r->scratch[index] = malloc(n);
	if (!r->scratch[index])
		orl_helper_end(&r->helper, ORL_EXIT_INTERNAL, "out of memory");
	return r->scratch[index];
}

/* ---- text of the desktop ----------------------------------------------- */

static void latin1(struct orl_rfb *r, uint32_t n)
{
	uint8_t *in;
	char *out, *p;

	if (n > ORL_RFB_CLIP_MAX) {
		orl_rfb_skip(r, n);
		return;
	}
	in = room(r, 0, (size_t)n + 1);
	p = out = room(r, 1, 2 * (size_t)n + 1);
	orl_rfb_read(r, in, n);
	for (uint32_t i = 0; i < n; i++)
		if (in[i] && in[i] != '\r')
			put_character(&p, in[i]);
	orl_helper_cut(&r->helper, out, (size_t)(p - out));
}

/* Lines end with CR LF there, and the text with NUL. */
static size_t tidy(char *text, size_t n)
{
	size_t k = 0;

	for (size_t i = 0; i < n && text[i]; i++)
		if (text[i] != '\r')
			text[k++] = text[i];
	return k;
}

/* Of a stream of its own: a length and so many bytes. */
static void provided(struct orl_rfb *r, uint32_t left)
{
	struct orl_rfb_zlib *z = &r->clip;
	uint8_t head[4];
	uint32_t n;

	if (z->made)
		inflateEnd(&z->z);
	*z = (struct orl_rfb_zlib){ .made = false };
	orl_rfb_inflate(r, z, left);
	orl_rfb_inflated(r, z, head, 4);
	n = (uint32_t)head[0] << 24 | (uint32_t)head[1] << 16 |
	    (uint32_t)head[2] << 8 | head[3];
	if (n <= ORL_RFB_CLIP_MAX) {
		char *text = room(r, 0, (size_t)n + 1);

		orl_rfb_inflated(r, z, text, n);
		orl_helper_cut(&r->helper, text, tidy(text, n));
	}
	/* Other formats may follow, which are nothing to us. */
	orl_rfb_skip(r, z->left);
}

static void say(struct orl_rfb *r, uint32_t flags, const void *more, size_t n)
{
	uint8_t message[8 + 4 + 4] = { 6 };

	orl_rfb_put32(message + 4, 0u - (uint32_t)(4 + n));
	orl_rfb_put32(message + 8, flags);
	if (n && n <= 4)
		memcpy(message + 12, more, n);
	orl_rfb_write(r, message, 12 + (n <= 4 ? n : 0));
	if (n > 4)
		orl_rfb_write(r, more, n);
}

static void greet(struct orl_rfb *r)
{
	uint8_t most[4];

	orl_rfb_put32(most, ORL_RFB_CLIP_MAX);
	say(r, CAPS | FORMAT_TEXT | REQUEST | NOTIFY | PROVIDE, most, 4);
	r->greeted = true;
	if (r->paste)
		say(r, NOTIFY | FORMAT_TEXT, NULL, 0);
}

/* All of what peers have copied, compressed, in one message. */
static void provide(struct orl_rfb *r)
{
	uLong size = compressBound(r->paste_size + 8);
	uint8_t *plain = malloc(r->paste_size * 2 + 8);
	uint8_t *packed, *p = plain;
	uint32_t n = 0;

	if (!plain)
		return;
	p += 4;
	for (size_t i = 0; i < r->paste_size; i++) {
		if (r->paste[i] == '\n')
			*p++ = '\r';
		*p++ = (uint8_t)r->paste[i];
	}
	*p++ = 0;
	n = (uint32_t)(p - plain);
	orl_rfb_put32(plain, n - 4);
	size = compressBound(n);
	packed = malloc(size);
	if (packed && compress(packed, &size, plain, n) == Z_OK)
		say(r, PROVIDE | FORMAT_TEXT, packed, size);
	free(packed);
	free(plain);
}

static void extended(struct orl_rfb *r, uint32_t n)
{
	uint32_t flags;

	if (n < 4)
		orl_helper_end(&r->helper, ORL_EXIT_SOURCE,
				"the server's clipboard makes no sense");
	flags = orl_rfb_u32(r);
	n -= 4;
	/* What it can do is told with all of the bits. */
	if (!(flags & CAPS) && flags & PROVIDE && flags & FORMAT_TEXT && n) {
		provided(r, n);
		return;
	}
	orl_rfb_skip(r, n);
	if (flags & CAPS)
		greet(r);
	else if (flags & NOTIFY && flags & FORMAT_TEXT)
		say(r, REQUEST | FORMAT_TEXT, NULL, 0);
	else if (flags & REQUEST && flags & FORMAT_TEXT && r->paste)
		provide(r);
	else if (flags & PEEK)
		say(r, NOTIFY | (r->paste ? FORMAT_TEXT : 0), NULL, 0);
}

void orl_rfb_cut(struct orl_rfb *r)
{
	int32_t n;

	orl_rfb_skip(r, 3);
	n = (int32_t)orl_rfb_u32(r);
	if (n >= 0)
		latin1(r, (uint32_t)n);
	else
		extended(r, 0u - (uint32_t)n);
}

/* ---- text for it ------------------------------------------------------- */

void orl_rfb_paste(void *user, char *text, size_t n)
{
	struct orl_rfb *r = user;
	const char *p = text;
	uint8_t *message, *out;
	uint32_t c;

	free(r->paste);
	r->paste = text;
	r->paste_size = n;
	if (r->greeted) {
		say(r, NOTIFY | FORMAT_TEXT, NULL, 0);
		return;
	}
	message = calloc(1, 8 + n);
	if (!message)
		return;
	message[0] = 6;
	out = message + 8;
	while ((c = orl_x11_character(&p)) != 0)
		*out++ = c < 0x100 ? (uint8_t)c : '?';
	orl_rfb_put32(message + 4, (uint32_t)(out - message - 8));
	orl_rfb_write(r, message, (size_t)(out - message));
	free(message);
}
