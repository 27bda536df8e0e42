/*
 * yuv.h - pixels to the 4:2:0 planes that video is coded from, and back.
 *
 * Limited range: black is 16, white 235, colours 16 to 240. The matrix is said
 * on the wire. A chroma sample stands for the mean of its 2 x 2 pixels.
 */
#ifndef ORL_CODECS_YUV_H
#define ORL_CODECS_YUV_H

#include "proto/env.h"

/* The numbers are the wire's. */
enum orl_colour {
	ORL_COLOUR_BT601 = 1,
	ORL_COLOUR_BT709 = 2,
};

/* Luma has width x height samples, each chroma plane half of it each way. */
struct orl_yuv {
	uint8_t *plane[3]; /* Y, U, V */
	size_t stride[3];
	int32_t width, height; /* even */
};

/* Even size, rounded up from width x height; planes in one block. */
int orl_yuv_create(struct orl_yuv *yuv, const struct orl_env *env,
		int32_t width, int32_t height);
void orl_yuv_destroy(struct orl_yuv *yuv, const struct orl_env *env);

/*
 * width x height words of XRGB, `stride` words apart, into the planes; the
 * last column or row is repeated where the planes have one more. The planes'
 * size is that, rounded up to even.
 */
void orl_yuv_from_pixels(const struct orl_yuv *yuv, enum orl_colour colour,
		const uint32_t *pixels, size_t stride, int32_t width,
		int32_t height);

/*
 * The pixels of columns [x, x + width) of row y, X is 0. Inside the planes;
 * any width.
 */
void orl_yuv_to_row(uint32_t *out, const struct orl_yuv *yuv,
		enum orl_colour colour, int32_t x, int32_t y, int32_t width);

#endif
