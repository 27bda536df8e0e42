/*
 * rivals.c - PNG, WebP and zstd through their libraries.
 */
#include "bench/rivals.h"

#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include <png.h>
#include <webp/encode.h>
#include <zstd.h>

struct sink {
	uint8_t *out;
	size_t cap, n;
};

static void png_put(png_structp png, png_bytep data, png_size_t n)
{
	struct sink *s = png_get_io_ptr(png);
	if (s->n + n <= s->cap)
		memcpy(s->out + s->n, data, n);
	s->n += n;
}

static void png_done(png_structp png)
{
	(void)png;
}

size_t rival_png(uint8_t *out, size_t cap, const struct picture *p)
{
	struct sink s = { out, cap, 0 };
	png_structp png = png_create_write_struct(
			PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
	png_infop info = png ? png_create_info_struct(png) : NULL;
	uint8_t *line = malloc((size_t)p->width * 3);
	if (!info || !line || setjmp(png_jmpbuf(png))) {
		png_destroy_write_struct(&png, &info);
		free(line);
		return 0;
	}
	png_set_write_fn(png, &s, png_put, png_done);
	png_set_compression_level(png, 6);
	png_set_IHDR(png, info, (png_uint_32)p->width, (png_uint_32)p->height,
			8, PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE,
			PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
	png_write_info(png, info);
	for (int32_t y = 0; y < p->height; y++) {
		const uint32_t *from = p->pixels + (size_t)y * p->stride;
		for (int32_t x = 0; x < p->width; x++) {
			line[3 * x] = (uint8_t)(from[x] >> 16);
			line[3 * x + 1] = (uint8_t)(from[x] >> 8);
			line[3 * x + 2] = (uint8_t)from[x];
		}
		png_write_row(png, line);
	}
	png_write_end(png, NULL);
	png_destroy_write_struct(&png, &info);
	free(line);
	return s.n <= cap ? s.n : 0;
}

size_t rival_webp(uint8_t *out, size_t cap, const struct picture *p)
{
	WebPConfig config;
	WebPPicture picture;
	WebPMemoryWriter writer;
	size_t n = 0;
	if (!WebPConfigInit(&config) || !WebPConfigLosslessPreset(&config, 1) ||
			!WebPPictureInit(&picture) ||
			p->height > WEBP_MAX_DIMENSION)
		return 0;
	config.exact = 1;
	picture.use_argb = 1;
	picture.width = p->width;
	picture.height = p->height;
	if (!WebPPictureAlloc(&picture))
		return 0;
	for (int32_t y = 0; y < p->height; y++)
		for (int32_t x = 0; x < p->width; x++)
			picture.argb[y * picture.argb_stride + x] =
					0xff000000 |
					p->pixels[(size_t)y * p->stride +
							(size_t)x];
	WebPMemoryWriterInit(&writer);
	picture.writer = WebPMemoryWrite;
	picture.custom_ptr = &writer;
	if (WebPEncode(&config, &picture) && writer.size <= cap) {
		n = writer.size;
		memcpy(out, writer.mem, n);
	}
	WebPMemoryWriterClear(&writer);
	WebPPictureFree(&picture);
	return n;
}

static size_t with_zstd(
		uint8_t *out, size_t cap, const struct picture *p, int level)
{
	size_t line = (size_t)p->width * 4, n;
	uint8_t *all = malloc(line * (size_t)p->height);
	if (!all)
		return 0;
	for (int32_t y = 0; y < p->height; y++)
		memcpy(all + (size_t)y * line,
				p->pixels + (size_t)y * p->stride, line);
	n = ZSTD_compress(out, cap, all, line * (size_t)p->height, level);
	free(all);
	return ZSTD_isError(n) ? 0 : n;
}

size_t rival_zstd1(uint8_t *out, size_t cap, const struct picture *p)
{
	return with_zstd(out, cap, p, 1);
}

size_t rival_zstd3(uint8_t *out, size_t cap, const struct picture *p)
{
	return with_zstd(out, cap, p, 3);
}
