/*
 * sound.h - what a client has to do with sound, see sound.c.
 */
#ifndef ORL_CLIENT_SOUND_H
#define ORL_CLIENT_SOUND_H

#include <stdatomic.h>

#include "codecs/ear.h"
#include "proto/io/loop.h"

struct oriel_client;
struct oriel_stats;

struct orl_client_sound {
	struct oriel_client *client;
	struct orl_posted post;
	bool open; /* the session is ready, and has sound */

	/* Hearing. */
	/* Made when a stream is first opened; gone with the client. */
	struct orl_ear *_Atomic ears[ORL_SOUND_STREAMS];
	struct orl_sound_form forms[ORL_SOUND_STREAMS]; /* codec 0: closed */
	bool heard[ORL_SOUND_STREAMS];
	bool told; /* the host, that there is something */
	atomic_bool deaf;
	bool told_deaf; /* the server */
	_Atomic uint64_t rtt;

	/* Speaking. */
	bool mic_wanted;
	atomic_int refuses; /* what speak() returns; 0: it may */
	struct orl_ring mic;
	bool speaking, mic_paused; /* the server has been told so */
	struct orl_sound_encoder *encoder;
	struct orl_resample *speed;
	uint32_t rate;
	uint16_t serial;
	uint64_t next, time;
	size_t fill;
	float samples[ORL_SOUND_FRAMES_MAX];
};

int orl_sound_init(struct oriel_client *c, uint32_t flags);
void orl_sound_fini(struct oriel_client *c);
/* The session is ready, has other rights, or is over. */
void orl_sound_session(struct oriel_client *c, bool open);
void orl_sound_stats(const struct oriel_client *c, struct oriel_stats *out);

int orl_sound_on_open(struct oriel_client *c, const uint8_t *d, size_t n);
int orl_sound_on_packet(struct oriel_client *c, const uint8_t *d, size_t n);
int orl_sound_on_pause(struct oriel_client *c, const uint8_t *d, size_t n);
int orl_sound_on_volume(struct oriel_client *c, const uint8_t *d, size_t n);
int orl_sound_on_mic(struct oriel_client *c, const uint8_t *d, size_t n);

#endif
