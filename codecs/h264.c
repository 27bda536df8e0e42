/*
 * h264.c - H.264 through OpenH264, both ways.
 *
 * The encoder is set as that of VP8 is: no keyframe but those asked for, no
 * frame held back, never blurred below a floor. The decoder hides no errors:
 * what is damaged is to be asked for again, not to be guessed.
 */
#include <string.h>

#include <wels/codec_api.h>

#include "codecs/h264.h"

enum {
	BEST = 22, /* of 51: more would hardly be seen */
	FLOOR = 40,
	FIRST_BITS = 1000000,
	FRAMES = 30, /* a second, taken to be the most */
};

struct encoder {
	const struct orl_env *env;
	ISVCEncoder *wels;
	uint8_t *bytes; /* of the last frame, in one piece */
	size_t room;
	int32_t bits;
};

static void configure(SEncParamExt *p, int32_t width, int32_t height,
		uint32_t threads)
{
	SSpatialLayerConfig *layer = &p->sSpatialLayers[0];

	p->iUsageType = CAMERA_VIDEO_REAL_TIME;
	p->iPicWidth = width;
	p->iPicHeight = height;
	p->iTargetBitrate = FIRST_BITS;
	p->iRCMode = RC_TIMESTAMP_MODE;
	p->fMaxFrameRate = FRAMES;
	p->iComplexityMode = MEDIUM_COMPLEXITY;
	p->iNumRefFrame = 1;
	p->eSpsPpsIdStrategy = CONSTANT_ID;
	p->iEntropyCodingModeFlag = 1;
	p->bEnableFrameSkip = false;
	p->iMinQp = BEST;
	p->iMaxQp = FLOOR;
	p->iMultipleThreadIdc = (unsigned short)threads;
	p->bEnableSceneChangeDetect = false;
	p->bEnableFrameCroppingFlag = true;
	p->bEnableAdaptiveQuant = true;
	p->bEnableBackgroundDetection = true;
	layer->iVideoWidth = width;
	layer->iVideoHeight = height;
	layer->fFrameRate = FRAMES;
	layer->iSpatialBitrate = FIRST_BITS;
	layer->uiProfileIdc = PRO_MAIN;
	layer->sSliceArgument.uiSliceMode =
			threads > 1 ? SM_FIXEDSLCNUM_SLICE : SM_SINGLE_SLICE;
	layer->sSliceArgument.uiSliceNum = threads;
}

static void encoder_destroy(void *state)
{
	struct encoder *e = state;

	if (e->wels) {
		(*e->wels)->Uninitialize(e->wels);
		WelsDestroySVCEncoder(e->wels);
	}
	orl_free(e->env, e->bytes);
	orl_free(e->env, e);
}

static int encoder_create(void **state, void *user, int32_t width,
		int32_t height, uint32_t threads)
{
	const struct orl_env *env = user;
	struct encoder *e = orl_alloc(env, 1, sizeof(*e));
	SEncParamExt params;
	int quiet = WELS_LOG_QUIET;

	if (!e)
		return ORIEL_ENOMEM;
	e->env = env;
	if (WelsCreateSVCEncoder(&e->wels) || !e->wels)
		goto fail;
	(*e->wels)->SetOption(e->wels, ENCODER_OPTION_TRACE_LEVEL, &quiet);
	if ((*e->wels)->GetDefaultParams(e->wels, &params))
		goto fail;
	configure(&params, width, height, threads > 4 ? 4 : threads);
	if ((*e->wels)->InitializeExt(e->wels, &params))
		goto fail;
	e->bits = FIRST_BITS;
	*state = e;
	return 0;
fail:
	encoder_destroy(e);
	return ORIEL_ENOMEM;
}

/* It thinks anew after each change: only when it is one. */
static void set_rate(struct encoder *e, uint32_t bits)
{
	const int32_t now = e->bits;
	SBitrateInfo rate = { .iLayer = SPATIAL_LAYER_ALL,
		.iBitrate = (int)(bits < INT32_MAX ? bits : INT32_MAX) };

	if (rate.iBitrate <= now + now / 12 && rate.iBitrate >= now - now / 12)
		return;
	if (!(*e->wels)->SetOption(e->wels, ENCODER_OPTION_BITRATE, &rate))
		e->bits = rate.iBitrate;
}

/* The units of a frame into one piece. */
static int gather(struct encoder *e, const SFrameBSInfo *info,
		struct oriel_encoded *out)
{
	const size_t n = (size_t)info->iFrameSizeInBytes;
	size_t at = 0;

	if (n > e->room) {
		orl_free(e->env, e->bytes);
		e->room = 0;
		e->bytes = orl_alloc(e->env, n, 1);
		if (!e->bytes)
			return ORIEL_ENOMEM;
		e->room = n;
	}
	for (int i = 0; i < info->iLayerNum; i++) {
		const SLayerBSInfo *layer = &info->sLayerInfo[i];
		size_t bytes = 0;
		for (int k = 0; k < layer->iNalCount; k++)
			bytes += (size_t)layer->pNalLengthInByte[k];
		if (bytes > n - at)
			return ORIEL_ELIMIT;
		memcpy(e->bytes + at, layer->pBsBuf, bytes);
		at += bytes;
	}
	out->data = e->bytes;
	out->bytes = at;
	return 0;
}

static int encoder_encode(void *state, const struct oriel_yuv *in,
		const struct oriel_encode *how, struct oriel_encoded *out)
{
	struct encoder *e = state;
	SSourcePicture picture = { .iColorFormat = videoFormatI420,
		.iPicWidth = in->width,
		.iPicHeight = in->height,
		.uiTimeStamp = (long long)(how->time / 1000000) };
	SFrameBSInfo info;

	/* It reads pictures only, but says so nowhere. */
	for (unsigned i = 0; i < 3; i++) {
		picture.pData[i] = (unsigned char *)(uintptr_t)in->plane[i];
		picture.iStride[i] = (int)in->stride[i];
	}
	set_rate(e, how->bits);
	if (how->keyframe && (*e->wels)->ForceIntraFrame(e->wels, true))
		return ORIEL_ENOMEM;
	memset(&info, 0, sizeof(info));
	if ((*e->wels)->EncodeFrame(e->wels, &picture, &info))
		return ORIEL_ENOMEM;
	out->bytes = 0;
	if (info.eFrameType == videoFrameTypeSkip)
		return 0;
	out->keyframe = info.eFrameType == videoFrameTypeIDR;
	return gather(e, &info, out);
}

const struct oriel_encoder orl_h264_encoder = {
	.size = sizeof(orl_h264_encoder),
	.codec = ORIEL_VIDEO_H264,
	.name = "OpenH264",
	.create = encoder_create,
	.encode = encoder_encode,
	.destroy = encoder_destroy,
};

/* ---- decoding ---------------------------------------------------------- */

struct decoder {
	const struct orl_env *env;
	ISVCDecoder *wels;
	bool spoiled; /* by what it has seen: it is to begin afresh */
};

static const SDecodingParam decoding = { .uiTargetDqLayer = UINT8_MAX,
	.eEcActiveIdc = ERROR_CON_DISABLE,
	.sVideoProperty = { sizeof(decoding.sVideoProperty),
			VIDEO_BITSTREAM_AVC } };

static void decoder_destroy(void *state)
{
	struct decoder *d = state;

	if (d->wels) {
		(*d->wels)->Uninitialize(d->wels);
		WelsDestroyDecoder(d->wels);
	}
	orl_free(d->env, d);
}

static int decoder_create(void **state, const struct orl_env *env,
		int32_t width, int32_t height)
{
	struct decoder *d = orl_alloc(env, 1, sizeof(*d));
	int quiet = WELS_LOG_QUIET;

	(void)width;
	(void)height;
	if (!d)
		return ORIEL_ENOMEM;
	d->env = env;
	if (WelsCreateDecoder(&d->wels) || !d->wels)
		goto fail;
	(*d->wels)->SetOption(d->wels, DECODER_OPTION_TRACE_LEVEL, &quiet);
	if ((*d->wels)->Initialize(d->wels, &decoding))
		goto fail;
	*state = d;
	return 0;
fail:
	decoder_destroy(d);
	return ORIEL_ENOMEM;
}

/*
 * Other profiles than the baseline might want pictures in another order, and
 * are held back for that. Ours come in order, one with each frame, or are not
 * taken.
 */
static bool decode(struct decoder *d, const uint8_t *data, size_t n,
		unsigned char *plane[static 3], SBufferInfo *info)
{
	int left = 0;

	if ((*d->wels)->DecodeFrameNoDelay(d->wels, data, (int)n, plane, info))
		return false;
	if (info->iBufferStatus != 1 &&
			(*d->wels)->FlushFrame(d->wels, plane, info))
		return false;
	if (info->iBufferStatus != 1 || !plane[0] || !plane[1] || !plane[2])
		return false;
	(*d->wels)->GetOption(d->wels,
			DECODER_OPTION_NUM_OF_FRAMES_REMAINING_IN_BUFFER,
			&left);
	return left == 0;
}

static int decoder_decode(
		void *state, const uint8_t *data, size_t n, struct orl_yuv *out)
{
	struct decoder *d = state;
	unsigned char *plane[3] = { NULL, NULL, NULL };
	SBufferInfo info;

	if (n > INT32_MAX)
		return ORIEL_EPROTO;
	if (d->spoiled) {
		(*d->wels)->Uninitialize(d->wels);
		if ((*d->wels)->Initialize(d->wels, &decoding))
			return ORIEL_ENOMEM;
	}
	memset(&info, 0, sizeof(info));
	d->spoiled = !decode(d, data, n, plane, &info);
	const SSysMEMBuffer *m = &info.UsrData.sSystemBuffer;
	if (d->spoiled || m->iStride[0] < m->iWidth ||
			m->iStride[1] < m->iWidth / 2)
		return ORIEL_EPROTO;
	for (unsigned i = 0; i < 3; i++) {
		out->plane[i] = plane[i];
		out->stride[i] = (size_t)m->iStride[i > 0];
	}
	out->width = m->iWidth;
	out->height = m->iHeight;
	return 0;
}

const struct orl_decoder_calls orl_h264_decoder = {
	.create = decoder_create,
	.destroy = decoder_destroy,
	.allowed = orl_h264_allowed,
	.decode = decoder_decode,
};
