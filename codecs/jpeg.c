/*
 * jpeg.c - see jpeg.h. The library contains its own errors (TurboJPEG's
 * calls return them), so none of its jumps crosses our frames.
 */
#include "codecs/jpeg.h"

#include <string.h>

#include <turbojpeg.h>

struct orl_jpeg {
	const struct orl_env *env;
	tjhandle pack, unpack; /* made when first needed */
	unsigned char *out;    /* the library's, which grows it */
	unsigned long room;
};

int orl_jpeg_create(struct orl_jpeg **out, const struct orl_env *env)
{
	struct orl_jpeg *j = orl_alloc(env, 1, sizeof(*j));

	*out = j;
	if (!j)
		return ORIEL_ENOMEM;
	j->env = env;
	return 0;
}

void orl_jpeg_destroy(struct orl_jpeg *j)
{
	if (!j)
		return;
	if (j->pack)
		tjDestroy(j->pack);
	if (j->unpack)
		tjDestroy(j->unpack);
	tjFree(j->out);
	orl_free(j->env, j);
}

/* The order of bytes in a word of ours. */
static int format(void)
{
	const uint32_t one = 1;
	uint8_t first;

	memcpy(&first, &one, 1);
	return first ? TJPF_BGRX : TJPF_XRGB;
}

int orl_jpeg_encode(struct orl_jpeg *j, const uint32_t *pixels, size_t stride,
		int32_t width, int32_t height, int quality, bool full,
		const uint8_t **data, size_t *n)
{
	unsigned char *out = j->out;
	unsigned long size = j->room;

	if (!j->pack)
		j->pack = tjInitCompress();
	if (!j->pack)
		return ORIEL_ENOMEM;
	int err = tjCompress2(j->pack, (const unsigned char *)pixels, width,
			(int)(stride * sizeof(*pixels)), height, format(), &out,
			&size, full ? TJSAMP_444 : TJSAMP_420, quality, 0);
	if (out != j->out) {
		/* It was too small, and is the library's to free no more. */
		j->out = out;
		j->room = err ? 0 : size;
		if (err) {
			tjFree(out);
			j->out = NULL;
		}
	}
	if (err)
		return ORIEL_ENOMEM;
	*data = j->out;
	*n = size;
	return 0;
}

/* ---- what is read ------------------------------------------------------ */

enum {
	SOF0 = 0xc0,
	DHT = 0xc4,
	SOI = 0xd8,
	EOI = 0xd9,
	SOS = 0xda,
	DQT = 0xdb,
	APP0 = 0xe0,
	COMPONENTS = 3,
};

static unsigned be16(const uint8_t *p)
{
	return (unsigned)p[0] << 8 | p[1];
}

/* The frame header after its length: n bytes. */
static bool frame_fits(
		const uint8_t *p, size_t n, int32_t width, int32_t height)
{
	if (n != 6 + 3 * COMPONENTS || p[0] != 8 ||
			be16(p + 1) != (unsigned)height ||
			be16(p + 3) != (unsigned)width || p[5] != COMPONENTS)
		return false;
	for (unsigned i = 0; i < COMPONENTS; i++) {
		const uint8_t *c = p + 6 + (size_t)3 * i;
		bool one = c[1] == 0x11;
		if (c[0] != i + 1 || c[2] > 3)
			return false;
		if (!one && (i || (c[1] != 0x21 && c[1] != 0x22)))
			return false;
	}
	return true;
}

/* The scan header after its length. */
static bool scan_fits(const uint8_t *p, size_t n)
{
	if (n != 4 + 2 * COMPONENTS || p[0] != COMPONENTS)
		return false;
	for (unsigned i = 0; i < COMPONENTS; i++)
		if (p[1 + 2 * i] != i + 1)
			return false;
	/* All coefficients, all bits. */
	p += 1 + 2 * COMPONENTS;
	return p[0] == 0 && p[1] == 63 && p[2] == 0;
}

/* Coded bytes up to EOI, which is the end. */
static bool scan_ends(const uint8_t *p, const uint8_t *end)
{
	while ((p = memchr(p, 0xff, (size_t)(end - p))) != NULL) {
		if (end - p < 2)
			return false;
		if (p[1] == EOI)
			return end - p == 2;
		if (p[1])
			return false;
		p += 2;
	}
	return false;
}

static bool is_ours(
		const uint8_t *data, size_t n, int32_t width, int32_t height)
{
	const uint8_t *p = data, *end = data + n;
	bool framed = false;

	if (n < 4 || p[0] != 0xff || p[1] != SOI)
		return false;
	p += 2;
	while (end - p >= 4) {
		size_t length = be16(p + 2);
		unsigned marker = p[1];
		if (p[0] != 0xff || length < 2 ||
				length > (size_t)(end - p) - 2)
			return false;
		const uint8_t *body = p + 4;
		p += 2 + length;
		length -= 2;
		if (marker == SOF0 && !framed &&
				frame_fits(body, length, width, height))
			framed = true;
		else if (marker == SOS)
			return framed && scan_fits(body, length) &&
			       scan_ends(p, end);
		else if (marker != DQT && marker != DHT && marker != APP0)
			return false;
	}
	return false;
}

int orl_jpeg_decode(struct orl_jpeg *j, const uint8_t *data, size_t n,
		uint32_t *pixels, int32_t width, int32_t height)
{
	if (!is_ours(data, n, width, height))
		return ORIEL_EPROTO;
	if (!j->unpack)
		j->unpack = tjInitDecompress();
	if (!j->unpack)
		return ORIEL_ENOMEM;
	return tjDecompress2(j->unpack, data, n, (unsigned char *)pixels, width,
			       0, height, format(), TJFLAG_STOPONWARNING)
			       ? ORIEL_EPROTO
			       : 0;
}
