/*
 * rfb_zlib.c - the compressed streams of a VNC server. Each goes on from one
 * rectangle to the next, so all of a rectangle's bytes go through it.
 */
#include "capture/far/rfb.h"

static void broken(struct orl_rfb *r)
{
	orl_helper_end(&r->helper, ORL_EXIT_SOURCE,
			"the server's compressed picture is broken");
}

void orl_rfb_inflate(struct orl_rfb *r, struct orl_rfb_zlib *z, uint32_t length)
{
	if (!z->made && inflateInit(&z->z) != Z_OK)
		orl_helper_end(&r->helper, ORL_EXIT_INTERNAL,
				"there is no memory to decompress");
	z->made = true;
	z->left = length;
	z->z.avail_in = 0;
}

/* More of its bytes, when it has used up what it had. */
static void feed(struct orl_rfb *r, struct orl_rfb_zlib *z)
{
	uint32_t n = z->left < sizeof(z->in) ? z->left
					     : (uint32_t)sizeof(z->in);

	if (z->z.avail_in || !n)
		return;
	orl_rfb_read(r, z->in, n);
	z->z.next_in = z->in;
	z->z.avail_in = n;
	z->left -= n;
}

void orl_rfb_inflated(
		struct orl_rfb *r, struct orl_rfb_zlib *z, void *out, size_t n)
{
	z->z.next_out = out;
	z->z.avail_out = (uInt)n;
	while (z->z.avail_out) {
		uInt room = z->z.avail_out;
		int err;

		feed(r, z);
		err = inflate(&z->z, Z_SYNC_FLUSH);
		/* What it holds back comes without input, too. */
		if (err != Z_OK && err != Z_BUF_ERROR && err != Z_STREAM_END)
			broken(r);
		if (z->z.avail_out == room && !z->z.avail_in && !z->left)
			broken(r);
		if (err == Z_STREAM_END && z->z.avail_out)
			broken(r);
	}
}

void orl_rfb_inflate_end(struct orl_rfb *r, struct orl_rfb_zlib *z)
{
	uint8_t rest[1];

	while (z->left || z->z.avail_in) {
		int err;

		feed(r, z);
		z->z.next_out = rest;
		z->z.avail_out = sizeof(rest);
		err = inflate(&z->z, Z_SYNC_FLUSH);
		if (!z->z.avail_out || (err != Z_OK && err != Z_BUF_ERROR))
			broken(r);
	}
}
