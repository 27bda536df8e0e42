/* test_video.c - planes and codecs of moving pictures. */
#include "tests/unit/unit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "codecs/video.h"
#include "proto/io/host.h"

enum { W = 320, H = 192 };

static uint32_t seed = 1;

static uint32_t next(uint32_t below)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % below;
}

/* A picture that moves with t: soft shades, an edge, a little grain. */
static void draw(uint32_t *p, int32_t w, int32_t h, int t)
{
	for (int32_t y = 0; y < h; y++)
		for (int32_t x = 0; x < w; x++) {
			int32_t a = (x * 2 + t * 3 + y) % 510;
			int32_t b = (y * 3 + t * 2) % 510;
			uint32_t r = (uint32_t)(a < 255 ? a : 510 - a) / 2 + 60;
			uint32_t g = (uint32_t)(b < 255 ? b : 510 - b) / 2 + 60;
			uint32_t n = next(4);
			if ((x + t * 4) / 40 % 3 == 0)
				r /= 2;
			p[y * w + x] = (r + n) << 16 | (g + n) << 8 | (90 + n);
		}
}

static double psnr(const uint32_t *a, const uint32_t *b, size_t n)
{
	double sum = 0;

	for (size_t i = 0; i < n; i++)
		for (unsigned s = 0; s < 24; s += 8) {
			double d = (double)(a[i] >> s & 0xff) -
				   (double)(b[i] >> s & 0xff);
			sum += d * d;
		}
	return sum > 0 ? 10 * log10(255.0 * 255 * 3 * (double)n / sum) : 99;
}

/* ---- planes ------------------------------------------------------------ */

/* As the standards say it, in real numbers. */
static void exactly(uint32_t p, enum orl_colour colour, double out[3])
{
	const double kr = colour == ORL_COLOUR_BT709 ? 0.2126 : 0.299;
	const double kb = colour == ORL_COLOUR_BT709 ? 0.0722 : 0.114;
	const double r = p >> 16 & 0xff, g = p >> 8 & 0xff, b = p & 0xff;
	const double y = kr * r + (1 - kr - kb) * g + kb * b;

	out[0] = 16 + 219 * y / 255;
	out[1] = 128 + 224 * (b - y) / (2 * (1 - kb)) / 255;
	out[2] = 128 + 224 * (r - y) / (2 * (1 - kr)) / 255;
}

static double limit(double v)
{
	return v < 0 ? 0 : v > 255 ? 255 : v;
}

static void exactly_back(
		const uint8_t p[3], enum orl_colour colour, double out[3])
{
	const double kr = colour == ORL_COLOUR_BT709 ? 0.2126 : 0.299;
	const double kb = colour == ORL_COLOUR_BT709 ? 0.0722 : 0.114;
	const double y = (p[0] - 16) * 255.0 / 219;
	const double u = (p[1] - 128) * 255.0 / 224 * 2 * (1 - kb);
	const double v = (p[2] - 128) * 255.0 / 224 * 2 * (1 - kr);

	out[0] = limit(y + v);
	out[1] = limit(y - (kb * u + kr * v) / (1 - kr - kb));
	out[2] = limit(y + u);
}

static const enum orl_colour both[] = { ORL_COLOUR_BT601, ORL_COLOUR_BT709 };

static void colours_are_within_one_of_exact(void **state)
{
	struct orl_env env;
	struct orl_yuv yuv;

	(void)state;
	assert_int_equal(orl_host_env(&env, NULL), 0);
	assert_int_equal(orl_yuv_create(&yuv, &env, 2, 2), 0);
	for (unsigned k = 0; k < 2; k++)
		for (unsigned i = 0; i < 40000; i++) {
			uint32_t c = i < 8 ? (i & 1 ? 0xff0000
						    : 0) | (i & 2 ? 0xff00 : 0) |
								     (i & 4 ? 0xff
									    : 0)
					   : next(1 << 24);
			const uint32_t p[4] = { c, c, c, c };
			double want[3];
			orl_yuv_from_pixels(&yuv, both[k], p, 2, 2, 2);
			exactly(c, both[k], want);
			for (unsigned j = 0; j < 3; j++)
				assert_true(fabs(want[j] - yuv.plane[j][0]) <
						1.01);
		}
	orl_yuv_destroy(&yuv, &env);
}

static void planes_come_back_within_one(void **state)
{
	uint8_t y[2], u[1], v[1];
	const struct orl_yuv yuv = { { y, u, v }, { 2, 1, 1 }, 2, 2 };

	(void)state;
	for (unsigned k = 0; k < 2; k++)
		for (unsigned i = 0; i < 40000; i++) {
			const uint8_t c[3] = { (uint8_t)next(256),
				(uint8_t)next(256), (uint8_t)next(256) };
			uint32_t p[1];
			double want[3];
			y[0] = y[1] = c[0];
			u[0] = c[1];
			v[0] = c[2];
			orl_yuv_to_row(p, &yuv, both[k], 0, 0, 1);
			exactly_back(c, both[k], want);
			assert_int_equal(p[0] >> 24, 0);
			assert_true(fabs(want[0] - (p[0] >> 16)) < 1.01);
			assert_true(fabs(want[1] - (p[0] >> 8 & 0xff)) < 1.01);
			assert_true(fabs(want[2] - (p[0] & 0xff)) < 1.01);
		}
}

static void black_white_and_grey_stay(void **state)
{
	struct orl_env env;
	struct orl_yuv yuv;

	(void)state;
	assert_int_equal(orl_host_env(&env, NULL), 0);
	assert_int_equal(orl_yuv_create(&yuv, &env, 2, 2), 0);
	for (unsigned k = 0; k < 2; k++)
		for (uint32_t g = 0; g < 256; g++) {
			const uint32_t c = g << 16 | g << 8 | g;
			const uint32_t p[4] = { c, c, c, c };
			uint32_t out[2];
			orl_yuv_from_pixels(&yuv, both[k], p, 2, 2, 2);
			assert_int_equal(yuv.plane[1][0], 128);
			assert_int_equal(yuv.plane[2][0], 128);
			orl_yuv_to_row(out, &yuv, both[k], 0, 0, 2);
			assert_true(abs((int)(out[0] & 0xff) - (int)g) <= 1);
			if (g == 0 || g == 255)
				assert_int_equal(out[1], c);
		}
	orl_yuv_destroy(&yuv, &env);
}

/* Every size, also odd ones; memory tools see that none is exceeded. */
static void odd_sizes_repeat_their_edge(void **state)
{
	struct orl_env env;

	(void)state;
	assert_int_equal(orl_host_env(&env, NULL), 0);
	for (int32_t h = 1; h < 6; h++)
		for (int32_t w = 1; w < 140; w++) {
			const size_t n = (size_t)w * (size_t)h;
			uint32_t *p = calloc(n, 4), *q = calloc(n, 4);
			struct orl_yuv yuv;
			assert_int_equal(orl_yuv_create(&yuv, &env, w, h), 0);
			for (size_t i = 0; i < n; i++)
				p[i] = 0x203040 +
				       (uint32_t)(i % (size_t)w) * 0x10101;
			orl_yuv_from_pixels(&yuv, ORL_COLOUR_BT709, p,
					(size_t)w, w, h);
			for (int32_t y = 0; y < h; y++)
				orl_yuv_to_row(q + y * w, &yuv,
						ORL_COLOUR_BT709, 0, y, w);
			assert_true(psnr(p, q, n) > 40);
			assert_int_equal(yuv.width, (w + 1) & ~1);
			assert_int_equal(yuv.height, (h + 1) & ~1);
			orl_yuv_destroy(&yuv, &env);
			free(p);
			free(q);
		}
}

/* ---- codecs ------------------------------------------------------------ */

static const enum oriel_video codecs[] = { ORIEL_VIDEO_VP8, ORIEL_VIDEO_VP9,
	ORIEL_VIDEO_H264 };

struct pair {
	struct orl_env env;
	const struct oriel_encoder *encoder;
	void *state;
	struct orl_decoder *decoder;
	struct orl_yuv yuv;
	uint32_t in[W * H], out[W * H];
};

static bool open_pair(struct pair *p, enum oriel_video codec)
{
	assert_int_equal(orl_host_env(&p->env, NULL), 0);
	p->encoder = orl_video_encoder(codec);
	if (!p->encoder)
		return false;
	assert_int_equal(p->encoder->create(&p->state, &p->env, W, H, 1), 0);
	assert_int_equal(orl_decoder_create(&p->decoder, &p->env, codec, W, H),
			0);
	assert_int_equal(orl_yuv_create(&p->yuv, &p->env, W, H), 0);
	return true;
}

static void close_pair(struct pair *p)
{
	p->encoder->destroy(p->state);
	orl_decoder_destroy(p->decoder);
	orl_yuv_destroy(&p->yuv, &p->env);
}

static void encode(struct pair *p, int t, uint32_t bits, bool keyframe,
		struct oriel_encoded *out)
{
	const struct oriel_yuv picture = {
		{ p->yuv.plane[0], p->yuv.plane[1], p->yuv.plane[2] },
		{ p->yuv.stride[0], p->yuv.stride[1], p->yuv.stride[2] }, W, H
	};
	const struct oriel_encode how = { sizeof(how),
		1000000000 + (uint64_t)t * 40000000, bits, keyframe };

	*out = (struct oriel_encoded){ .size = sizeof(*out) };
	draw(p->in, W, H, t);
	orl_yuv_from_pixels(&p->yuv, ORL_COLOUR_BT709, p->in, W, W, H);
	assert_int_equal(p->encoder->encode(p->state, &picture, &how, out), 0);
	assert_true(out->bytes > 0);
}

static double decode(struct pair *p, const struct oriel_encoded *e)
{
	struct orl_yuv got;

	assert_int_equal(
			orl_decoder_decode(p->decoder, e->data, e->bytes, &got),
			0);
	for (int32_t y = 0; y < H; y++)
		orl_yuv_to_row(p->out + y * W, &got, ORL_COLOUR_BT709, 0, y, W);
	return psnr(p->in, p->out, W * H);
}

static void a_clip_comes_back_alike(void **state)
{
	static struct pair p;

	(void)state;
	for (unsigned k = 0; k < ORL_COUNT(codecs); k++) {
		struct oriel_encoded e;
		size_t bytes = 0;
		double sum = 0;
		if (!open_pair(&p, codecs[k]))
			continue;
		for (int t = 0; t < 50; t++) {
			encode(&p, t, 1500000, t == 0 || t == 30, &e);
			assert_int_equal(e.keyframe, t == 0 || t == 30);
			bytes += e.bytes;
			double db = decode(&p, &e);
			assert_true(db > 25);
			sum += t >= 10 ? db : 0;
		}
		print_message("%s: %.1f dB, %zu bytes a frame\n",
				p.encoder->name, sum / 40, bytes / 50);
		assert_true(sum / 40 > 32);
		/* 25 frames a second of 1.5 Mbit/s, and half as much again. */
		assert_true(bytes / 50 < 1500000 / 8 / 25 * 3 / 2);
		close_pair(&p);
	}
}

static void nothing_is_decoded_before_a_keyframe(void **state)
{
	static struct pair p;

	(void)state;
	for (unsigned k = 0; k < ORL_COUNT(codecs); k++) {
		struct oriel_encoded e;
		struct orl_yuv got;
		if (!open_pair(&p, codecs[k]))
			continue;
		encode(&p, 0, 1000000, true, &e);
		encode(&p, 1, 1000000, false, &e);
		assert_int_equal(orl_decoder_decode(p.decoder, e.data, e.bytes,
						 &got),
				ORIEL_EPROTO);
		assert_int_equal(orl_decoder_decode(p.decoder, e.data, 0, &got),
				ORIEL_EPROTO);
		encode(&p, 2, 1000000, true, &e);
		assert_true(decode(&p, &e) > 25);
		close_pair(&p);
	}
}

/* What comes from outside: changed at random, cut short, of another size. */
static void broken_streams_are_refused(void **state)
{
	static struct pair p;
	static uint8_t bytes[1 << 18];

	(void)state;
	for (unsigned k = 0; k < ORL_COUNT(codecs); k++) {
		struct orl_decoder *other;
		struct oriel_encoded e;
		struct orl_yuv got;
		unsigned refused = 0;
		if (!open_pair(&p, codecs[k]))
			continue;
		encode(&p, 0, 1000000, true, &e);
		assert_int_equal(orl_decoder_create(&other, &p.env, codecs[k],
						 W + 16, H),
				0);
		assert_int_equal(orl_decoder_decode(
						 other, e.data, e.bytes, &got),
				ORIEL_EPROTO);
		orl_decoder_destroy(other);
		for (int t = 1; t < 300; t++) {
			encode(&p, t, 1000000, t % 7 == 0, &e);
			size_t n = e.bytes;
			assert_in_range(n, 1, sizeof(bytes));
			memcpy(bytes, e.data, n);
			for (uint32_t i = next(12); i > 0; i--)
				bytes[next(t % 2 ? 40 : (uint32_t)n) % n] ^=
						(uint8_t)(1u << next(8));
			if (t % 5 == 0)
				n = next((uint32_t)n);
			int err = orl_decoder_decode(p.decoder, bytes, n, &got);
			assert_true(err == 0 || err == ORIEL_EPROTO);
			refused += err != 0;
		}
		assert_true(refused > 20);
		encode(&p, 300, 1000000, true, &e);
		assert_true(decode(&p, &e) > 25);
		close_pair(&p);
	}
}

static void sizes_have_limits(void **state)
{
	struct orl_decoder *d;
	struct orl_env env;

	(void)state;
	assert_int_equal(orl_host_env(&env, NULL), 0);
	assert_int_equal(orl_decoder_create(&d, &env, ORIEL_VIDEO_VP8, 15, 16),
			ORIEL_EINVAL);
	assert_int_equal(
			orl_decoder_create(&d, &env, ORIEL_VIDEO_VP8, 16, 8192),
			ORIEL_EINVAL);
	assert_int_equal(orl_decoder_create(
					 &d, &env, (enum oriel_video)9, 64, 64),
			ORIEL_ENOTSUP);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(colours_are_within_one_of_exact),
		cmocka_unit_test(planes_come_back_within_one),
		cmocka_unit_test(black_white_and_grey_stay),
		cmocka_unit_test(odd_sizes_repeat_their_edge),
		cmocka_unit_test(a_clip_comes_back_alike),
		cmocka_unit_test(nothing_is_decoded_before_a_keyframe),
		cmocka_unit_test(broken_streams_are_refused),
		cmocka_unit_test(sizes_have_limits),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
