/*
 * yuv.c - between pixels and planes, in arithmetic of 16 bits that compilers
 * turn into vectors. A result is within 1 of the exact one.
 */
#include <string.h>

#include "codecs/yuv.h"

enum { PIECE = 64 }; /* pixels of a row that are worked on at a time */

/*
 * Luma times 256, chroma times 2^15. Chroma is a weighing of R - G and B - G,
 * so that grey has none.
 */
struct forward {
	uint16_t y[3];      /* of R, G, B */
	int16_t u[2], v[2]; /* of R - G, B - G */
};

static const struct forward from_rgb[] = {
	[ORL_COLOUR_BT601] = { { 66, 129, 25 }, { -4857, 14392 },
			{ 14392, -2340 } },
	[ORL_COLOUR_BT709] = { { 47, 157, 16 }, { -3298, 14392 },
			{ 14392, -1320 } },
};

/*
 * Luma times 2^14, chroma times 2^13: what is left of a product with a sample
 * shifted up by 7, or by 8, is 1/32 steps.
 */
struct backward {
	int16_t y, rv, gu, gv, bu;
};

static const struct backward to_rgb[] = {
	[ORL_COLOUR_BT601] = { 19077, 13075, -3209, -6660, 16525 },
	[ORL_COLOUR_BT709] = { 19077, 14686, -1747, -4366, 17305 },
};

int orl_yuv_create(struct orl_yuv *yuv, const struct orl_env *env,
		int32_t width, int32_t height)
{
	const size_t w = ((size_t)width + 1) / 2, h = ((size_t)height + 1) / 2;
	size_t quarter;

	memset(yuv, 0, sizeof(*yuv));
	if (width < 1 || height < 1 || !orl_mul(&quarter, w, h))
		return ORIEL_EINVAL;
	uint8_t *block = orl_alloc(env, quarter, 6);
	if (!block)
		return ORIEL_ENOMEM;
	yuv->plane[0] = block;
	yuv->plane[1] = block + 4 * quarter;
	yuv->plane[2] = block + 5 * quarter;
	yuv->stride[0] = 2 * w;
	yuv->stride[1] = yuv->stride[2] = w;
	yuv->width = (int32_t)(2 * w);
	yuv->height = (int32_t)(2 * h);
	return 0;
}

void orl_yuv_destroy(struct orl_yuv *yuv, const struct orl_env *env)
{
	orl_free(env, yuv->plane[0]);
	memset(yuv, 0, sizeof(*yuv));
}

static void luma(uint8_t *out, const uint32_t *p, size_t n,
		const uint16_t k[static 3])
{
	const uint16_t kr = k[0], kg = k[1], kb = k[2];

	for (size_t i = 0; i < n; i++) {
		const uint16_t r = p[i] >> 16 & 0xff, g = p[i] >> 8 & 0xff;
		const uint16_t b = p[i] & 0xff;
		out[i] = (uint8_t)(((uint16_t)(kr * r + kg * g + kb * b +
						    128) >>
						   8) +
				   16);
	}
}

/* One channel of two rows, the mean of each 2 x 2. */
static void means(int16_t *out, const uint32_t *above, const uint32_t *below,
		size_t n, unsigned shift)
{
	for (size_t i = 0; i < n; i++) {
		const uint32_t a = above[2 * i] >> shift & 0xff;
		const uint32_t b = above[2 * i + 1] >> shift & 0xff;
		const uint32_t c = below[2 * i] >> shift & 0xff;
		const uint32_t d = below[2 * i + 1] >> shift & 0xff;
		out[i] = (int16_t)((a + b + c + d + 2) >> 2);
	}
}

/* Shifted up by 6, a product's upper half is 1/32 steps. */
static void weigh(uint8_t *out, const int16_t *r, const int16_t *b, size_t n,
		const int16_t k[static 2])
{
	const int16_t kr = k[0], kb = k[1];

	for (size_t i = 0; i < n; i++) {
		const int16_t s = (int16_t)((r[i] * kr >> 16) +
					    (b[i] * kb >> 16) + 16);
		out[i] = (uint8_t)((s >> 5) + 128);
	}
}

static void chroma(uint8_t *u, uint8_t *v, const uint32_t *above,
		const uint32_t *below, size_t n, const struct forward *k)
{
	int16_t r[PIECE / 2], g[PIECE / 2], b[PIECE / 2];

	means(r, above, below, n, 16);
	means(g, above, below, n, 8);
	means(b, above, below, n, 0);
	for (size_t i = 0; i < n; i++) {
		r[i] = (int16_t)((r[i] - g[i]) * 64);
		b[i] = (int16_t)((b[i] - g[i]) * 64);
	}
	weigh(u, r, b, n, k->u);
	weigh(v, r, b, n, k->v);
}

/* Columns from x, of the rows 2 * y and the next. */
static void piece(const struct orl_yuv *yuv, const struct forward *k,
		const uint32_t *above, const uint32_t *below, size_t x,
		size_t y, size_t n)
{
	luma(yuv->plane[0] + 2 * y * yuv->stride[0] + x, above, n, k->y);
	luma(yuv->plane[0] + (2 * y + 1) * yuv->stride[0] + x, below, n, k->y);
	chroma(yuv->plane[1] + y * yuv->stride[1] + x / 2,
			yuv->plane[2] + y * yuv->stride[2] + x / 2, above,
			below, n / 2, k);
}

void orl_yuv_from_pixels(const struct orl_yuv *yuv, enum orl_colour colour,
		const uint32_t *pixels, size_t stride, int32_t width,
		int32_t height)
{
	const struct forward *k = &from_rgb[colour];
	const size_t whole = (size_t)(width & ~1);

	for (int32_t y = 0; y < height; y += 2) {
		const uint32_t *above = pixels + (size_t)y * stride;
		const uint32_t *below = y + 1 < height ? above + stride : above;
		const size_t row = (size_t)y / 2;
		for (size_t x = 0; x < whole; x += PIECE)
			piece(yuv, k, above + x, below + x, x, row,
					orl_min64(PIECE, whole - x));
		if (whole == (size_t)width)
			continue;
		const uint32_t a[2] = { above[whole], above[whole] };
		const uint32_t b[2] = { below[whole], below[whole] };
		piece(yuv, k, a, b, whole, row, 2);
	}
}

ORL_INLINE int16_t clamp(int16_t v)
{
	v = (int16_t)((v + 16) >> 5);
	v = v < 0 ? 0 : v;
	return v > 255 ? 255 : v;
}

/* Of n luma samples; u and v have one for each of them. */
static void row_piece(uint32_t *out, const uint8_t *y, const int16_t *u,
		const int16_t *v, size_t n, const struct backward *k)
{
	const struct backward c = *k;
	int16_t r[PIECE], g[PIECE], b[PIECE];

	for (size_t i = 0; i < n; i++) {
		const int16_t s = (int16_t)((y[i] - 16) * 128);
		const int16_t l = (int16_t)(s * c.y >> 16);
		const int16_t rv = (int16_t)(v[i] * c.rv >> 16);
		const int16_t gu = (int16_t)(u[i] * c.gu >> 16);
		const int16_t gv = (int16_t)(v[i] * c.gv >> 16);
		const int16_t bu = (int16_t)(u[i] * c.bu >> 16);
		r[i] = clamp((int16_t)(l + rv));
		g[i] = clamp((int16_t)(l + gu + gv));
		b[i] = clamp((int16_t)(l + bu));
	}
	for (size_t i = 0; i < n; i++)
		out[i] = (uint32_t)r[i] << 16 | (uint32_t)g[i] << 8 |
			 (uint32_t)b[i];
}

void orl_yuv_to_row(uint32_t *out, const struct orl_yuv *yuv,
		enum orl_colour colour, int32_t x, int32_t y, int32_t width)
{
	const uint8_t *luma_row = yuv->plane[0] + (size_t)y * yuv->stride[0];
	const uint8_t *u = yuv->plane[1] + (size_t)(y / 2) * yuv->stride[1];
	const uint8_t *v = yuv->plane[2] + (size_t)(y / 2) * yuv->stride[2];
	int16_t us[PIECE], vs[PIECE];

	for (int32_t done = 0; done < width; done += PIECE) {
		const int32_t from = x + done;
		const int32_t n = orl_min32(PIECE, width - done);
		for (int32_t i = 0; i < n; i++) {
			us[i] = (int16_t)((u[(from + i) / 2] - 128) * 256);
			vs[i] = (int16_t)((v[(from + i) / 2] - 128) * 256);
		}
		row_piece(out + done, luma_row + from, us, vs, (size_t)n,
				&to_rgb[colour]);
	}
}
