/*
 * cursor.c - cursor pictures through zstd. They are small and rare; what
 * counts is that the decoder takes nothing but exactly one frame of exactly
 * the size that was announced.
 */
#include <string.h>

#include <zstd.h>

#include "codecs/cursor.h"

enum { LEVEL = 9 }; /* at 64 x 64 below a millisecond */

static bool allowed(int32_t width, int32_t height)
{
	return width >= 1 && width <= ORL_CURSOR_SIDE_MAX && height >= 1 &&
	       height <= ORL_CURSOR_SIDE_MAX;
}

static void put_word(uint8_t *p, uint32_t v)
{
	for (unsigned i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> 8 * i);
}

static uint32_t get_word(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
	       (uint32_t)p[3] << 24;
}

int orl_cursor_encode(const struct orl_env *env, const uint32_t *pixels,
		size_t stride, int32_t width, int32_t height, uint8_t *out,
		size_t cap, size_t *n)
{
	if (!allowed(width, height) || stride < (size_t)width)
		return ORIEL_EINVAL;
	const size_t size = (size_t)width * (size_t)height * 4;
	uint8_t *raw = orl_alloc(env, size, 1);
	if (!raw)
		return ORIEL_ENOMEM;
	uint8_t *p = raw;
	for (size_t y = 0; y < (size_t)height; y++)
		for (size_t x = 0; x < (size_t)width; x++, p += 4)
			put_word(p, pixels[y * stride + x]);
	const size_t got = ZSTD_compress(out, cap, raw, size, LEVEL);
	orl_free(env, raw);
	if (ZSTD_isError(got))
		return cap < ZSTD_compressBound(size) ? ORIEL_ELIMIT
						      : ORIEL_ENOMEM;
	*n = got;
	return 0;
}

int orl_cursor_decode(uint32_t *out_pixels, int32_t width, int32_t height,
		const uint8_t *data, size_t n)
{
	if (!allowed(width, height) || n > ORL_CURSOR_DATA_MAX)
		return ORIEL_EPROTO;
	const size_t words = (size_t)width * (size_t)height;
	/* zstd would also take several frames, and frames to be skipped. */
	if (ZSTD_findFrameCompressedSize(data, n) != n ||
			ZSTD_getFrameContentSize(data, n) != words * 4)
		return ORIEL_EPROTO;
	if (ZSTD_decompress(out_pixels, words * 4, data, n) != words * 4)
		return ORIEL_EPROTO;
	for (size_t i = 0; i < words; i++) {
		uint8_t bytes[4];
		memcpy(bytes, &out_pixels[i], sizeof(bytes));
		out_pixels[i] = get_word(bytes);
	}
	return 0;
}
