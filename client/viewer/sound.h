/*
 * sound.h - the viewer's sound: what comes from the desktop, how loud, and the
 * microphone that goes there.
 *
 * sound.c asks the client library and knows no sound card; audio.c has the
 * sound card and knows no client. Between them go samples, numbers and
 * nothing else.
 */
#ifndef ORL_VIEWER_SOUND_H
#define ORL_VIEWER_SOUND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct orl_viewer;
struct orl_audio;

enum {
	ORL_AUDIO_RATE = 48000,
	ORL_AUDIO_NAME = 128, /* bytes of a device's */
	ORL_VOLUME_MAX = 100,
	ORL_VOLUME_STEP = 10,
};

/* ---- sound.c ---- */

/* What there is to say of sound, for menu and overlay. */
struct orl_sound_state {
	bool on;     /* it is wanted here: --sound=on */
	bool heard;  /* the desktop plays something */
	bool device; /* ... into a device that works */
	bool muted;
	int volume;   /* 0 to 100 */
	bool wanted;  /* the desktop listens to a microphone */
	bool may;     /* it may be one of ours */
	bool allowed; /* the user has said yes */
	bool live;    /* and it does hear ours */
	bool denied;  /* the server gives no right to it */
	/* Devices that were chosen; "": the default ones. */
	char play[ORL_AUDIO_NAME], record[ORL_AUDIO_NAME];
};

/* What oriel_client_create() is to be told. */
uint32_t orl_sound_flags(const struct orl_viewer *v);
/* The client is there; it is about to go. */
bool orl_sound_start(struct orl_viewer *v);
void orl_sound_stop(struct orl_viewer *v);
/* The client's events, in its thread. */
void orl_sound_heard(void *user, bool on);
void orl_sound_mic_wanted(void *user, bool wanted);
void orl_sound_rights(struct orl_viewer *v, uint32_t rights);

/* By the user. Threads: any. */
void orl_sound_state(struct orl_viewer *v, struct orl_sound_state *out);
void orl_sound_mute(struct orl_viewer *v, bool muted);
void orl_sound_volume(struct orl_viewer *v, int volume);
/* Allow the desktop to hear the microphone, until it is taken back. */
void orl_sound_speak(struct orl_viewer *v, bool on);

/* Choose the next device. */
void orl_sound_next(struct orl_viewer *v, bool record);

/* ---- what audio.c asks, from a thread of its own ---- */

/* Stereo frames to be played right now. */
void orl_sound_pull(struct orl_viewer *v, int16_t *samples, size_t frames);
/* Mono frames that a microphone has just heard. */
void orl_sound_push(
		struct orl_viewer *v, const int16_t *samples, size_t frames);

/* ---- audio.c ---- */

int orl_audio_create(struct orl_audio **out, struct orl_viewer *v);
void orl_audio_destroy(struct orl_audio *audio);
/* Which devices are needed; they are opened, and opened again, by itself. */
void orl_audio_want(struct orl_audio *audio, bool play, bool record);
/* Whether they work now. */
bool orl_audio_plays(struct orl_audio *audio);
bool orl_audio_records(struct orl_audio *audio);
/* Choose the next device. */
void orl_audio_next(struct orl_audio *audio, bool record);
void orl_audio_chosen(
		struct orl_audio *audio, bool record, char out[ORL_AUDIO_NAME]);

#endif
