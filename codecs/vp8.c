/*
 * vp8.c - VP8 through libvpx, both ways.
 *
 * The encoder is set for a live picture that is sent over TCP: no keyframe
 * but those asked for, no frame held back, never blurred below a floor (who
 * has not the rate sends fewer frames).
 */
#include <string.h>

#include <vpx/vp8cx.h>
#include <vpx/vp8dx.h>
#include <vpx/vpx_decoder.h>
#include <vpx/vpx_encoder.h>

#include "codecs/video.h"

enum {
	TICKS = 90000,       /* of a second, the encoder's clock */
	LONGEST = TICKS / 4, /* that a frame is taken to last */
	BEST = 24,           /* of 63: more would hardly be seen */
	FLOOR = 46,
	FIRST_BITS = 1000000,
};

struct encoder {
	const struct orl_env *env;
	vpx_codec_ctx_t vpx;
	vpx_codec_enc_cfg_t config;
	uint64_t last; /* time of the last frame */
	int64_t ticks;
	bool begun;
};

static void configure(vpx_codec_enc_cfg_t *c, int32_t width, int32_t height,
		uint32_t threads)
{
	c->g_w = (unsigned)width;
	c->g_h = (unsigned)height;
	c->g_threads = threads;
	c->g_timebase.num = 1;
	c->g_timebase.den = TICKS;
	c->g_lag_in_frames = 0;
	c->g_pass = VPX_RC_ONE_PASS;
	c->kf_mode = VPX_KF_DISABLED;
	c->rc_end_usage = VPX_CBR;
	c->rc_target_bitrate = FIRST_BITS / 1000;
	c->rc_min_quantizer = BEST;
	c->rc_max_quantizer = FLOOR;
	c->rc_undershoot_pct = 100;
	c->rc_overshoot_pct = 15;
	c->rc_buf_sz = 600;
	c->rc_buf_initial_sz = 400;
	c->rc_buf_optimal_sz = 500;
	c->rc_dropframe_thresh = 0;
}

/* Faster where there is more of it. */
static int speed(int32_t width, int32_t height)
{
	const int32_t area = width * height;

	return area <= 640 * 400 ? -8 : area <= 1280 * 800 ? -10 : -13;
}

static void encoder_destroy(void *state)
{
	struct encoder *e = state;

	vpx_codec_destroy(&e->vpx);
	orl_free(e->env, e);
}

static int encoder_create(void **state, void *user, int32_t width,
		int32_t height, uint32_t threads)
{
	const struct orl_env *env = user;
	struct encoder *e = orl_alloc(env, 1, sizeof(*e));
	vpx_codec_iface_t *vp8 = vpx_codec_vp8_cx();

	if (!e)
		return ORIEL_ENOMEM;
	e->env = env;
	if (vpx_codec_enc_config_default(vp8, &e->config, 0))
		goto fail;
	configure(&e->config, width, height, threads);
	if (vpx_codec_enc_init(&e->vpx, vp8, &e->config, 0))
		goto fail;
	if (vpx_codec_control(
			    &e->vpx, VP8E_SET_CPUUSED, speed(width, height)) ||
			vpx_codec_control(&e->vpx, VP8E_SET_STATIC_THRESHOLD,
					1) ||
			vpx_codec_control(&e->vpx,
					VP8E_SET_MAX_INTRA_BITRATE_PCT, 400) ||
			vpx_codec_control(&e->vpx, VP8E_SET_NOISE_SENSITIVITY,
					0) ||
			vpx_codec_control(&e->vpx, VP8E_SET_TOKEN_PARTITIONS,
					VP8_ONE_TOKENPARTITION)) {
		vpx_codec_destroy(&e->vpx);
		goto fail;
	}
	*state = e;
	return 0;
fail:
	orl_free(env, e);
	return ORIEL_ENOMEM;
}

/* libvpx thinks anew after each change: only when it is one. */
static int set_rate(struct encoder *e, uint32_t bits)
{
	const unsigned kbits = bits / 1000 ? bits / 1000 : 1;
	const unsigned now = e->config.rc_target_bitrate;

	if (kbits <= now + now / 12 && kbits >= now - now / 12)
		return 0;
	e->config.rc_target_bitrate = kbits;
	return vpx_codec_enc_config_set(&e->vpx, &e->config) ? ORIEL_ENOMEM : 0;
}

/* libvpx reads pictures only, but says so nowhere. */
static void wrap(vpx_image_t *image, const struct oriel_yuv *in)
{
	memset(image, 0, sizeof(*image));
	image->fmt = VPX_IMG_FMT_I420;
	image->w = image->d_w = (unsigned)in->width;
	image->h = image->d_h = (unsigned)in->height;
	image->bit_depth = 8;
	image->bps = 12;
	image->x_chroma_shift = image->y_chroma_shift = 1;
	for (unsigned i = 0; i < 3; i++) {
		image->planes[i] = (unsigned char *)(uintptr_t)in->plane[i];
		image->stride[i] = (int)in->stride[i];
	}
}

/* How long this frame lasts is not known yet: as long as the one before. */
static int64_t duration(struct encoder *e, uint64_t time)
{
	int64_t n = TICKS / 30;

	if (e->begun && time > e->last)
		n = (int64_t)orl_min64(
				(time - e->last) / 1000 * (TICKS / 1000) / 1000,
				LONGEST);
	e->last = time;
	e->begun = true;
	return n > 0 ? n : 1;
}

static int encoder_encode(void *state, const struct oriel_yuv *in,
		const struct oriel_encode *how, struct oriel_encoded *out)
{
	struct encoder *e = state;
	vpx_codec_iter_t iter = NULL;
	const vpx_codec_cx_pkt_t *packet;
	vpx_image_t image;
	int err = set_rate(e, how->bits);

	if (err)
		return err;
	wrap(&image, in);
	const int64_t ticks = duration(e, how->time);
	e->ticks += ticks;
	if (vpx_codec_encode(&e->vpx, &image, e->ticks, (unsigned long)ticks,
			    how->keyframe ? VPX_EFLAG_FORCE_KF : 0,
			    VPX_DL_REALTIME))
		return ORIEL_ENOMEM;
	out->bytes = 0;
	while ((packet = vpx_codec_get_cx_data(&e->vpx, &iter))) {
		if (packet->kind != VPX_CODEC_CX_FRAME_PKT)
			continue;
		out->data = packet->data.frame.buf;
		out->bytes = packet->data.frame.sz;
		out->keyframe = packet->data.frame.flags & VPX_FRAME_IS_KEY;
	}
	return 0;
}

const struct oriel_encoder orl_vp8_encoder = {
	.size = sizeof(orl_vp8_encoder),
	.codec = ORIEL_VIDEO_VP8,
	.name = "libvpx",
	.create = encoder_create,
	.encode = encoder_encode,
	.destroy = encoder_destroy,
};

/* ---- decoding ---------------------------------------------------------- */

struct decoder {
	const struct orl_env *env;
	vpx_codec_ctx_t vpx;
};

static int decoder_create(void **state, const struct orl_env *env,
		int32_t width, int32_t height)
{
	struct decoder *d = orl_alloc(env, 1, sizeof(*d));
	const vpx_codec_dec_cfg_t config = { 1, (unsigned)width,
		(unsigned)height };

	if (!d)
		return ORIEL_ENOMEM;
	d->env = env;
	if (vpx_codec_dec_init(&d->vpx, vpx_codec_vp8_dx(), &config, 0)) {
		orl_free(env, d);
		return ORIEL_ENOMEM;
	}
	*state = d;
	return 0;
}

static void decoder_destroy(void *state)
{
	struct decoder *d = state;

	vpx_codec_destroy(&d->vpx);
	orl_free(d->env, d);
}

/*
 * RFC 6386, 9.1: a tag of three bytes; in keyframes a start code, then width
 * and height, each with two bits of scaling, which is not used.
 */
static bool allowed(const uint8_t *data, size_t n, int32_t width,
		int32_t height, bool *keyframe)
{
	if (n < 3)
		return false;
	const uint32_t tag = (uint32_t)data[0] | (uint32_t)data[1] << 8 |
			     (uint32_t)data[2] << 16;
	const size_t first = tag >> 5;
	*keyframe = !(tag & 1);
	if ((tag >> 1 & 7) > 3 || !(tag >> 4 & 1))
		return false;
	if (!*keyframe)
		return first <= n - 3;
	return n >= 10 && first <= n - 10 && data[3] == 0x9d &&
	       data[4] == 0x01 && data[5] == 0x2a &&
	       (data[6] | data[7] << 8) == width &&
	       (data[8] | data[9] << 8) == height;
}

static int decoder_decode(
		void *state, const uint8_t *data, size_t n, struct orl_yuv *out)
{
	struct decoder *d = state;
	vpx_codec_iter_t iter = NULL;
	int corrupt = 0;

	if (n > UINT32_MAX)
		return ORIEL_EPROTO;
	/* It says MEM_ERROR of what is damaged as well. */
	if (vpx_codec_decode(&d->vpx, data, (unsigned)n, NULL, 0))
		return ORIEL_EPROTO;
	const vpx_image_t *image = vpx_codec_get_frame(&d->vpx, &iter);
	if (!image || image->fmt != VPX_IMG_FMT_I420 ||
			vpx_codec_control(&d->vpx, VP8D_GET_FRAME_CORRUPTED,
					&corrupt) ||
			corrupt)
		return ORIEL_EPROTO;
	for (unsigned i = 0; i < 3; i++) {
		out->plane[i] = image->planes[i];
		out->stride[i] = (size_t)image->stride[i];
	}
	out->width = (int32_t)image->d_w;
	out->height = (int32_t)image->d_h;
	return 0;
}

const struct orl_decoder_calls orl_vp8_decoder = {
	.create = decoder_create,
	.destroy = decoder_destroy,
	.allowed = allowed,
	.decode = decoder_decode,
};
