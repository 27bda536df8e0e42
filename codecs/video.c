/*
 * video.c - which codec there is, and what holds for all decoders: nothing is
 * decoded before a keyframe, and what comes out has the size that was agreed.
 */
#include "codecs/video.h"

struct orl_decoder {
	const struct orl_env *env;
	const struct orl_decoder_calls *calls;
	void *state;
	int32_t width, height;
	bool synced; /* a keyframe was decoded, and all after it */
};

const struct oriel_encoder *orl_video_encoder(enum oriel_video codec)
{
	switch (codec) {
	case ORIEL_VIDEO_VP8:
		return &orl_vp8_encoder;
#ifndef ORIEL_NO_H264
	case ORIEL_VIDEO_H264:
		return &orl_h264_encoder;
#endif
	default:
		return NULL;
	}
}

static const struct orl_decoder_calls *calls_of(enum oriel_video codec)
{
	switch (codec) {
	case ORIEL_VIDEO_VP8:
		return &orl_vp8_decoder;
#ifndef ORIEL_NO_H264
	case ORIEL_VIDEO_H264:
		return &orl_h264_decoder;
#endif
	default:
		return NULL;
	}
}

bool orl_video_known(enum oriel_video codec)
{
	return calls_of(codec) != NULL;
}

static bool side_ok(int32_t side)
{
	return side >= ORL_VIDEO_SIDE_MIN && side <= ORL_VIDEO_SIDE_MAX &&
	       side % 2 == 0;
}

int orl_decoder_create(struct orl_decoder **out, const struct orl_env *env,
		enum oriel_video codec, int32_t width, int32_t height)
{
	const struct orl_decoder_calls *calls = calls_of(codec);

	if (!calls)
		return ORIEL_ENOTSUP;
	if (!side_ok(width) || !side_ok(height))
		return ORIEL_EINVAL;
	struct orl_decoder *d = orl_alloc(env, 1, sizeof(*d));
	if (!d)
		return ORIEL_ENOMEM;
	d->env = env;
	d->calls = calls;
	d->width = width;
	d->height = height;
	int err = calls->create(&d->state, env, width, height);
	if (err) {
		orl_free(env, d);
		return err;
	}
	*out = d;
	return 0;
}

void orl_decoder_destroy(struct orl_decoder *d)
{
	if (!d)
		return;
	d->calls->destroy(d->state);
	orl_free(d->env, d);
}

int orl_decoder_decode(struct orl_decoder *d, const uint8_t *data, size_t n,
		struct orl_yuv *out)
{
	bool keyframe = false;
	const bool synced = d->synced;

	d->synced = false;
	if (!d->calls->allowed(data, n, d->width, d->height, &keyframe) ||
			(!keyframe && !synced))
		return ORIEL_EPROTO;
	int err = d->calls->decode(d->state, data, n, out);
	if (err)
		return err;
	if (out->width != d->width || out->height != d->height)
		return ORIEL_EPROTO;
	d->synced = true;
	return 0;
}
