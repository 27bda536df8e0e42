/*
 * sound.c - see sound.h. Opus in "restricted low delay": its look-ahead is
 * 2.5 ms instead of 6.5. Its encoder and decoder live in memory of ours.
 */
#include "codecs/sound.h"

#include <assert.h>
#include <string.h>

#include <opus/opus.h>

enum { COMPLEXITY = 5, QUIET_PACKET = 2 /* bytes of one that says nothing */ };

struct orl_sound_encoder {
	const struct orl_env *env;
	struct orl_sound_form form;
	bool voice;
	OpusEncoder *opus; /* behind this struct; NULL: PCM */
	max_align_t space[];
};

struct orl_sound_decoder {
	const struct orl_env *env;
	struct orl_sound_form form;
	/* PCM: what a lost packet fades out from. */
	float last[2];
	float raw[2 * ORL_SOUND_FRAMES_MAX];
	OpusDecoder *opus;
	max_align_t space[];
};

bool orl_sound_form_ok(const struct orl_sound_form *form)
{
	uint16_t n = form->frames;

	return (form->codec == ORL_SOUND_OPUS ||
			       form->codec == ORL_SOUND_PCM) &&
	       (form->channels == 1 || form->channels == 2) &&
	       (n == 120 || n == 240 || n == 480 || n == 960);
}

bool orl_sound_packet_ok(
		const struct orl_sound_form *form, const void *data, size_t n)
{
	const unsigned char *frames[48];
	unsigned char toc;
	opus_int16 sizes[48];
	int offset;

	if (form->codec == ORL_SOUND_PCM)
		return n == (size_t)form->frames * form->channels * 2;
	if (!n || n > ORL_SOUND_OPUS_MAX)
		return false;
	if (opus_packet_get_nb_samples(data, (opus_int32)n, ORL_SOUND_RATE) !=
			form->frames)
		return false;
	return opus_packet_parse(data, (opus_int32)n, &toc, frames, sizes,
			       &offset) > 0;
}

/* ---- encoding ---------------------------------------------------------- */

static int set_up(OpusEncoder *opus, const struct orl_sound_form *form,
		uint32_t bits, bool voice)
{
	int app = voice ? OPUS_APPLICATION_VOIP
			: OPUS_APPLICATION_RESTRICTED_LOWDELAY;
	int err = opus_encoder_init(opus, ORL_SOUND_RATE, form->channels, app);

	if (!err)
		err = opus_encoder_ctl(opus, OPUS_SET_BITRATE((int)bits));
	if (!err)
		err = opus_encoder_ctl(opus, OPUS_SET_COMPLEXITY(COMPLEXITY));
	if (!err && voice)
		err = opus_encoder_ctl(
				opus, OPUS_SET_SIGNAL(OPUS_SIGNAL_VOICE));
	if (!err && voice)
		err = opus_encoder_ctl(opus, OPUS_SET_DTX(1));
	return err ? ORIEL_EINVAL : 0;
}

int orl_sound_encoder_create(struct orl_sound_encoder **out,
		const struct orl_env *env, const struct orl_sound_form *form,
		uint32_t bits_per_second, bool voice)
{
	size_t size = 0;

	if (!orl_sound_form_ok(form))
		return ORIEL_EINVAL;
	if (form->codec == ORL_SOUND_OPUS)
		size = (size_t)opus_encoder_get_size(form->channels);
	struct orl_sound_encoder *e = orl_alloc(env, 1, sizeof(*e) + size);
	if (!e)
		return ORIEL_ENOMEM;
	e->env = env;
	e->form = *form;
	e->voice = voice;
	if (size) {
		e->opus = (OpusEncoder *)(void *)e->space;
		int err = set_up(e->opus, form, bits_per_second, voice);
		if (err) {
			orl_free(env, e);
			return err;
		}
	}
	*out = e;
	return 0;
}

void orl_sound_encoder_destroy(struct orl_sound_encoder *encoder)
{
	if (encoder)
		orl_free(encoder->env, encoder);
}

static int16_t to_16(float v)
{
	float s = v * 32768.0F;

	if (s >= 32767.0F)
		return INT16_MAX;
	if (s <= -32768.0F)
		return INT16_MIN;
	return (int16_t)(s < 0 ? s - 0.5F : s + 0.5F);
}

void orl_sound_to_16(
		int16_t *out, const float *frames, size_t n, size_t channels)
{
	for (size_t i = 0; i < n; i++) {
		float left = frames[2 * i], right = frames[2 * i + 1];
		if (channels == 1) {
			out[i] = to_16((left + right) / 2);
		} else {
			out[2 * i] = to_16(left);
			out[2 * i + 1] = to_16(right);
		}
	}
}

int orl_sound_encode(struct orl_sound_encoder *encoder, const float *samples,
		uint8_t out[static ORL_SOUND_PACKET_MAX])
{
	const struct orl_sound_form *form = &encoder->form;
	size_t n = (size_t)form->frames * form->channels;

	if (!encoder->opus) {
		for (size_t i = 0; i < n; i++) {
			uint16_t v = (uint16_t)to_16(samples[i]);
			out[2 * i] = (uint8_t)v;
			out[2 * i + 1] = (uint8_t)(v >> 8);
		}
		return (int)(2 * n);
	}
	int got = opus_encode_float(encoder->opus, samples, form->frames, out,
			ORL_SOUND_OPUS_MAX);
	if (got < 0)
		return ORIEL_EINVAL;
	/* Nor what it would send now and then to make up a noise from. */
	int quiet = 0;
	if (encoder->voice)
		(void)opus_encoder_ctl(encoder->opus, OPUS_GET_IN_DTX(&quiet));
	return quiet || got <= QUIET_PACKET ? 0 : got;
}

/* ---- decoding ---------------------------------------------------------- */

int orl_sound_decoder_create(
		struct orl_sound_decoder **out, const struct orl_env *env)
{
	size_t size = (size_t)opus_decoder_get_size(ORL_SOUND_CHANNELS_MAX);
	struct orl_sound_decoder *d = orl_alloc(env, 1, sizeof(*d) + size);

	if (!d)
		return ORIEL_ENOMEM;
	d->env = env;
	d->opus = (OpusDecoder *)(void *)d->space;
	*out = d;
	return 0;
}

void orl_sound_decoder_destroy(struct orl_sound_decoder *decoder)
{
	if (decoder)
		orl_free(decoder->env, decoder);
}

void orl_sound_decoder_begin(struct orl_sound_decoder *decoder,
		const struct orl_sound_form *form)
{
	assert(orl_sound_form_ok(form));
	decoder->form = *form;
	decoder->last[0] = decoder->last[1] = 0;
	if (form->codec == ORL_SOUND_OPUS) {
		int err = opus_decoder_init(
				decoder->opus, ORL_SOUND_RATE, form->channels);
		/* It fails for rates and channels that there are not. */
		assert(!err);
		(void)err;
	}
}

/* From the last sample to silence in 2.5 ms, so that it does not click. */
static void fade_out(struct orl_sound_decoder *d, float *out)
{
	size_t n = d->form.frames;

	for (size_t i = 0; i < n; i++)
		for (size_t c = 0; c < 2; c++) {
			float gain = i < 120 ? 1.0F - (float)i / 120.0F : 0.0F;
			out[2 * i + c] = d->last[c] * gain;
		}
	d->last[0] = d->last[1] = 0;
}

static void decode_pcm(
		struct orl_sound_decoder *d, const uint8_t *p, float *out)
{
	size_t channels = d->form.channels;

	for (size_t i = 0; i < d->form.frames; i++)
		for (size_t c = 0; c < 2; c++) {
			const uint8_t *s =
					p +
					2 * (i * channels + (c < channels ? c
									  : 0));
			int16_t v = (int16_t)(uint16_t)(s[0] | s[1] << 8);
			out[2 * i + c] = (float)v / 32768.0F;
		}
	d->last[0] = out[2 * (d->form.frames - 1)];
	d->last[1] = out[2 * (d->form.frames - 1) + 1];
}

/* Packets can be made that decode to anything. */
static float bounded(float v)
{
	if (v < 2 && v > -2)
		return v;
	return v >= 2 ? 2 : v <= -2 ? -2 : 0;
}

bool orl_sound_decode(struct orl_sound_decoder *decoder, const void *data,
		size_t n, float out[static 2 * ORL_SOUND_FRAMES_MAX])
{
	struct orl_sound_decoder *d = decoder;
	size_t frames = d->form.frames;
	bool ok = data && orl_sound_packet_ok(&d->form, data, n);

	if (d->form.codec == ORL_SOUND_PCM) {
		if (ok)
			decode_pcm(d, data, out);
		else
			fade_out(d, out);
		return ok;
	}
	float *raw = d->form.channels == 2 ? out : d->raw;
	int got = opus_decode_float(d->opus, ok ? data : NULL,
			ok ? (opus_int32)n : 0, raw, (int)frames, 0);
	if (got != (int)frames) {
		memset(out, 0, 2 * frames * sizeof(*out));
		return false;
	}
	for (size_t i = frames; i-- > 0;) {
		bool mono = d->form.channels == 1;
		float left = raw[mono ? i : 2 * i];
		out[2 * i + 1] = bounded(mono ? left : raw[2 * i + 1]);
		out[2 * i] = bounded(left);
	}
	return ok;
}
