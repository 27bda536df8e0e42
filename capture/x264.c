/*
 * x264.c - x264 as an encoder that a host hands in.
 *
 * It is asked for a quality, and kept to a rate where that is too much: a clip
 * that hardly moves costs hardly anything. No frame is held back, and none is
 * a keyframe that was not asked for.
 */
#include "capture/x264.h"

#ifdef ORIEL_NO_X264

const struct oriel_encoder *orl_x264(void)
{
	return NULL;
}

#else

#include <stdbool.h>
#include <stdlib.h>

#include <x264.h>

enum {
	FRAMES = 30, /* a second, taken to be the most */
	BEST = 21,   /* of 51: more would hardly be seen */
	FLOOR = 40,
	FIRST_BITS = 1000000,
	HELD_MS = 300,       /* of the rate that one frame may take early */
	MACROBLOCKS = 36864, /* more, and decoders refuse */
};

struct encoder {
	x264_t *x264;
	x264_param_t params;
	int64_t frames;
};

/* Faster where there is more of it. */
static const char *preset(int32_t width, int32_t height)
{
	const int32_t area = width * height;

	return area <= 640 * 400    ? "veryfast"
	       : area <= 1280 * 800 ? "superfast"
				    : "ultrafast";
}

static void limit(x264_param_t *p, uint32_t bits)
{
	const uint32_t kbits = bits / 1000 ? bits / 1000 : 1;

	p->rc.i_vbv_max_bitrate = (int)kbits;
	p->rc.i_vbv_buffer_size = (int)((uint64_t)kbits * HELD_MS / 1000 + 1);
}

static int create(void **state, void *user, int32_t width, int32_t height,
		uint32_t threads)
{
	struct encoder *e;

	(void)user;
	if ((width + 15) / 16 * ((height + 15) / 16) > MACROBLOCKS)
		return ORIEL_ENOTSUP;
	e = calloc(1, sizeof(*e));
	if (!e)
		return ORIEL_ENOMEM;
	x264_param_t *p = &e->params;
	if (x264_param_default_preset(p, preset(width, height), "zerolatency"))
		goto fail;
	p->i_log_level = X264_LOG_NONE;
	p->i_width = width;
	p->i_height = height;
	p->i_csp = X264_CSP_I420;
	p->i_threads = threads ? (int)threads : 1;
	p->i_keyint_max = X264_KEYINT_MAX_INFINITE;
	p->i_scenecut_threshold = 0;
	p->i_frame_reference = 1;
	p->b_annexb = p->b_repeat_headers = 1;
	/* With times of their own it would hold back a frame, to know them. */
	p->b_vfr_input = 0;
	p->i_fps_num = FRAMES;
	p->i_fps_den = 1;
	p->vui.i_colmatrix = p->vui.i_colorprim = p->vui.i_transfer = 1;
	p->rc.i_rc_method = X264_RC_CRF;
	p->rc.f_rf_constant = BEST;
	p->rc.i_qp_max = FLOOR;
	limit(p, FIRST_BITS);
	if (x264_param_apply_profile(p, "high"))
		goto fail;
	e->x264 = x264_encoder_open(p);
	if (!e->x264)
		goto fail;
	*state = e;
	return 0;
fail:
	free(e);
	return ORIEL_ENOTSUP;
}

static void destroy(void *state)
{
	struct encoder *e = state;

	x264_encoder_close(e->x264);
	free(e);
}

static int set_rate(struct encoder *e, uint32_t bits)
{
	const uint32_t now = (uint32_t)e->params.rc.i_vbv_max_bitrate * 1000;

	if (bits <= now + now / 12 && bits >= now - now / 12)
		return 0;
	limit(&e->params, bits);
	return x264_encoder_reconfig(e->x264, &e->params) ? ORIEL_ENOMEM : 0;
}

static int encode(void *state, const struct oriel_yuv *in,
		const struct oriel_encode *how, struct oriel_encoded *out)
{
	struct encoder *e = state;
	x264_picture_t picture, coded;
	x264_nal_t *units;
	int n, err = set_rate(e, how->bits);

	if (err)
		return err;
	x264_picture_init(&picture);
	picture.i_type = how->keyframe ? X264_TYPE_IDR : X264_TYPE_AUTO;
	picture.img.i_csp = X264_CSP_I420;
	picture.img.i_plane = 3;
	/* It reads pictures only, but says so nowhere. */
	for (int i = 0; i < 3; i++) {
		picture.img.plane[i] = (uint8_t *)(uintptr_t)in->plane[i];
		picture.img.i_stride[i] = (int)in->stride[i];
	}
	picture.i_pts = e->frames++;
	int bytes = x264_encoder_encode(e->x264, &units, &n, &picture, &coded);
	if (bytes < 0)
		return ORIEL_ENOMEM;
	out->bytes = (size_t)bytes;
	if (!bytes)
		return 0;
	out->data = units[0].p_payload;
	out->keyframe = coded.b_keyframe;
	return 0;
}

const struct oriel_encoder *orl_x264(void)
{
	static const struct oriel_encoder table = {
		.size = sizeof(table),
		.codec = ORIEL_VIDEO_H264,
		.name = "x264",
		.create = create,
		.encode = encode,
		.destroy = destroy,
	};

	return &table;
}

#endif
