/*
 * sound.h - sound as packets: Opus, or samples as they are.
 *
 * All sound on the wire has 48000 frames a second. A packet has the number of
 * frames of its form and stands for itself; a lost one is concealed by what
 * was decoded before it. The wrapper of libopus: memory is the caller's env's,
 * nothing allocates but create.
 */
#ifndef ORL_CODECS_SOUND_H
#define ORL_CODECS_SOUND_H

#include "proto/env.h"

enum {
	ORL_SOUND_RATE = 48000,
	ORL_SOUND_FRAMES_MAX = 960, /* 20 ms */
	ORL_SOUND_CHANNELS_MAX = 2,
	ORL_SOUND_PACKET_MAX = 3840, /* PCM of so many */
	ORL_SOUND_OPUS_MAX = 1275,
	ORL_SOUND_STREAMS = 4,
};

/* As on the wire: sound_open.codec. */
enum { ORL_SOUND_OPUS = 1, ORL_SOUND_PCM };

struct orl_sound_form {
	uint8_t codec, channels;
	uint16_t frames; /* 120, 240, 480 or 960 */
};

bool orl_sound_form_ok(const struct orl_sound_form *form);
/* Whether these bytes are one packet of that form. */
bool orl_sound_packet_ok(
		const struct orl_sound_form *form, const void *data, size_t n);

struct orl_sound_encoder;

/* voice: for speech, which is not sent while nobody speaks. */
int orl_sound_encoder_create(struct orl_sound_encoder **out,
		const struct orl_env *env, const struct orl_sound_form *form,
		uint32_t bits_per_second, bool voice);
void orl_sound_encoder_destroy(struct orl_sound_encoder *encoder);
/*
 * One packet of form.frames interleaved frames, -1 to 1. Returns its size, 0
 * when it need not be sent, or ORIEL_E.
 */
int orl_sound_encode(struct orl_sound_encoder *encoder, const float *samples,
		uint8_t out[static ORL_SOUND_PACKET_MAX]);

/* What decodes streams of any form, one after another. */
struct orl_sound_decoder;

int orl_sound_decoder_create(
		struct orl_sound_decoder **out, const struct orl_env *env);
void orl_sound_decoder_destroy(struct orl_sound_decoder *decoder);
/* A stream of this form, which is ok, begins. */
void orl_sound_decoder_begin(struct orl_sound_decoder *decoder,
		const struct orl_sound_form *form);
/*
 * form.frames stereo frames (of mono both channels are the same), made up
 * when data is NULL, or is no packet after all: then false.
 */
bool orl_sound_decode(struct orl_sound_decoder *decoder, const void *data,
		size_t n, float out[static 2 * ORL_SOUND_FRAMES_MAX]);

/* Stereo frames as 16 bit of one channel (of two, the mean) or of both. */
void orl_sound_to_16(
		int16_t *out, const float *frames, size_t n, size_t channels);

#endif
