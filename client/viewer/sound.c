/*
 * sound.c - see sound.h. All calls of the client library about sound, and
 * --sound-file, which writes what a sound card would have played.
 */
#include "client/viewer/sound.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "client/viewer/ui.h"
#include "client/viewer/viewer.h"

enum {
	FILE_FRAMES = 480, /* a step of --sound-file: 10 ms */
	FILE_NS = 10000000,
	WAV_HEAD = 44,
	RAMP = 480, /* frames from silence to full */
};

struct orl_viewer_sound {
	struct orl_audio *audio; /* NULL: none is wanted */
	bool on;
	atomic_bool heard, muted, wanted, may, allowed, denied;
	bool said; /* that it is denied */
	atomic_int volume;
	float gain;           /* now; the thread's that pulls */
	pthread_mutex_t lock; /* of speaking: one thread at a time */
	bool spoken;          /* the server has heard something */
	/* --sound-file */
	FILE *file;
	pthread_t thread;
	bool running;
	atomic_bool ending;
	uint32_t bytes;
};

/* ---- a file instead of a sound card ---- */

static void put_le(uint8_t *p, uint32_t v, int n)
{
	for (int i = 0; i < n; i++)
		p[i] = (uint8_t)(v >> 8 * i);
}

static bool write_head(FILE *file, uint32_t bytes)
{
	uint8_t h[WAV_HEAD] = "RIFF....WAVEfmt ";

	put_le(h + 4, WAV_HEAD - 8 + bytes, 4);
	put_le(h + 16, 16, 4);
	put_le(h + 20, 1, 2);
	put_le(h + 22, 2, 2);
	put_le(h + 24, ORL_AUDIO_RATE, 4);
	put_le(h + 28, ORL_AUDIO_RATE * 4, 4);
	put_le(h + 32, 4, 2);
	put_le(h + 34, 16, 2);
	memcpy(h + 36, "data", 4);
	put_le(h + 40, bytes, 4);
	return fseek(file, 0, SEEK_SET) == 0 &&
	       fwrite(h, sizeof(h), 1, file) == 1;
}

static void *write_file(void *user)
{
	struct orl_viewer *v = user;
	struct orl_viewer_sound *s = v->sound;
	struct timespec next;

	clock_gettime(CLOCK_MONOTONIC, &next);
	while (!atomic_load(&s->ending)) {
		int16_t samples[2 * FILE_FRAMES];

		orl_sound_pull(v, samples, FILE_FRAMES);
		if (s->bytes < UINT32_MAX - 2 * sizeof(samples) &&
				fwrite(samples, sizeof(samples), 1, s->file) ==
						1)
			s->bytes += sizeof(samples);
		next.tv_nsec += FILE_NS;
		if (next.tv_nsec >= 1000000000) {
			next.tv_nsec -= 1000000000;
			next.tv_sec++;
		}
		while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next,
				       NULL) == EINTR)
			;
	}
	return NULL;
}

static bool start_file(struct orl_viewer *v, const char *path)
{
	struct orl_viewer_sound *s = v->sound;

	s->file = fopen(path, "wb");
	if (!s->file || !write_head(s->file, 0)) {
		orl_viewer_say("cannot write %s (%s); choose another place",
				path, strerror(errno));
		return false;
	}
	s->running = pthread_create(&s->thread, NULL, write_file, v) == 0;
	return s->running;
}

static void end_file(struct orl_viewer *v)
{
	struct orl_viewer_sound *s = v->sound;

	if (s->running) {
		atomic_store(&s->ending, true);
		pthread_join(s->thread, NULL);
	}
	if (!s->file)
		return;
	bool lost = !write_head(s->file, s->bytes) || ferror(s->file);
	if (fclose(s->file) != 0 || lost)
		orl_viewer_say("cannot write %s (%s); choose another place",
				v->options.sound_file, strerror(errno));
}

/* ---- beginning and end ---- */

static bool is_on(const struct orl_viewer *v)
{
	const struct orl_viewer_options *o = &v->options;

	/* Without a window only what was asked for. */
	return o->sound_file || o->sound == ORL_SOUND_ON ||
	       o->sound == ORL_SOUND_EXACT ||
	       (o->sound == ORL_SOUND_DEFAULT && !o->headless);
}

uint32_t orl_sound_flags(const struct orl_viewer *v)
{
	if (!is_on(v))
		return 0;
	return ORIEL_CLIENT_SOUND |
	       (v->options.sound == ORL_SOUND_EXACT ? ORIEL_CLIENT_SOUND_PCM
						    : 0);
}

bool orl_sound_start(struct orl_viewer *v)
{
	struct orl_viewer_sound *s = calloc(1, sizeof(*s));

	if (!s)
		return false;
	v->sound = s;
	pthread_mutex_init(&s->lock, NULL);
	s->on = is_on(v);
	atomic_store(&s->volume, ORL_VOLUME_MAX);
	atomic_store(&s->allowed, v->options.microphone == ORL_MICROPHONE_ON);
	if (!s->on)
		return true;
	if (v->options.sound_file)
		return start_file(v, v->options.sound_file);
	return orl_audio_create(&s->audio, v) == 0;
}

void orl_sound_stop(struct orl_viewer *v)
{
	struct orl_viewer_sound *s = v->sound;

	if (!s)
		return;
	orl_audio_destroy(s->audio);
	end_file(v);
	pthread_mutex_destroy(&s->lock);
	free(s);
	v->sound = NULL;
}

/* ---- what is wanted of the devices ---- */

static bool is_live(struct orl_viewer_sound *s)
{
	return atomic_load(&s->wanted) && atomic_load(&s->may) &&
	       atomic_load(&s->allowed);
}

/* Off is off, whatever the device still has. */
static void speak(struct orl_viewer *v, const int16_t *samples, size_t frames)
{
	const struct oriel_sound_format format = { ORL_AUDIO_RATE, 1 };
	struct orl_viewer_sound *s = v->sound;

	pthread_mutex_lock(&s->lock);
	bool live = is_live(s);
	/* Refused, or too much: it is gone, as spoken words are. */
	if (live && samples)
		s->spoken = orl_box_speak(v->box, &format, samples, frames) ==
					    0 ||
			    s->spoken;
	if (!live && s->spoken)
		s->spoken = orl_box_speak(v->box, NULL, NULL, 0) ==
			    ORIEL_ELIMIT;
	pthread_mutex_unlock(&s->lock);
}

static void want(struct orl_viewer *v)
{
	struct orl_viewer_sound *s = v->sound;

	speak(v, NULL, 0);

	if (s->audio)
		orl_audio_want(s->audio,
				atomic_load(&s->heard) &&
						!atomic_load(&s->muted),
				is_live(s));
	if (v->ui)
		orl_ui_sound(v->ui);
}

void orl_sound_heard(void *user, bool on)
{
	struct orl_viewer *v = user;

	if (!v->sound)
		return;
	atomic_store(&v->sound->heard, on);
	orl_viewer_event(v, "sound", "\"on\":%s", on ? "true" : "false");
	want(v);
}

void orl_sound_mic_wanted(void *user, bool wanted)
{
	struct orl_viewer *v = user;

	if (!v->sound)
		return;
	atomic_store(&v->sound->wanted, wanted);
	orl_viewer_event(v, "microphone_wanted", "\"wanted\":%s",
			wanted ? "true" : "false");
	/* An answer holds for one asking. */
	if (!wanted && v->options.microphone == ORL_MICROPHONE_ASK)
		atomic_store(&v->sound->allowed, false);
	want(v);
}

void orl_sound_rights(struct orl_viewer *v, uint32_t rights)
{
	if (!v->sound)
		return;
	/* They come first of all from a process that knows of nothing. */
	if (v->sound->on && atomic_load(&v->sound->muted))
		orl_box_listen(v->box, false);
	bool denied = !(rights & ORIEL_MAY_SPEAK);
	atomic_store(&v->sound->denied, denied);
	/* Who wants to be heard without being asked is not silent unawares. */
	if (denied && v->options.microphone == ORL_MICROPHONE_ON &&
			!v->sound->said) {
		v->sound->said = true;
		orl_viewer_event(v, "microphone_denied", NULL);
		orl_viewer_tell(v, "your microphone is not heard: the server "
				   "gives you no right to speak; its policy "
				   "has to");
	}
	if (!denied)
		v->sound->said = false;
	atomic_store(&v->sound->may,
			rights & ORIEL_MAY_SPEAK &&
					v->options.microphone !=
							ORL_MICROPHONE_OFF);
	want(v);
}

/* ---- the user ---- */

void orl_sound_state(struct orl_viewer *v, struct orl_sound_state *out)
{
	struct orl_viewer_sound *s = v->sound;

	*out = (struct orl_sound_state){ .on = false };
	if (!s)
		return;
	*out = (struct orl_sound_state){
		.on = s->on,
		.heard = atomic_load(&s->heard),
		.device = s->audio ? orl_audio_plays(s->audio) : s->running,
		.muted = atomic_load(&s->muted),
		.volume = atomic_load(&s->volume),
		.wanted = atomic_load(&s->wanted),
		.may = atomic_load(&s->may),
		.allowed = atomic_load(&s->allowed),
		.live = is_live(s),
		.denied = atomic_load(&s->denied),
	};
	if (s->audio) {
		orl_audio_chosen(s->audio, false, out->play);
		orl_audio_chosen(s->audio, true, out->record);
	}
}

void orl_sound_mute(struct orl_viewer *v, bool muted)
{
	if (!v->sound || !v->sound->on)
		return;
	atomic_store(&v->sound->muted, muted);
	/* What nobody hears is not sent either. */
	orl_box_listen(v->box, !muted);
	want(v);
}

void orl_sound_volume(struct orl_viewer *v, int volume)
{
	if (!v->sound)
		return;
	volume = volume < 0                ? 0
		 : volume > ORL_VOLUME_MAX ? ORL_VOLUME_MAX
					   : volume;
	atomic_store(&v->sound->volume, volume);
}

void orl_sound_speak(struct orl_viewer *v, bool on)
{
	if (!v->sound)
		return;
	atomic_store(&v->sound->allowed, on);
	want(v);
}

void orl_sound_next(struct orl_viewer *v, bool record)
{
	if (v->sound && v->sound->audio)
		orl_audio_next(v->sound->audio, record);
}

/* ---- the sound card's thread ---- */

/* In steps so small that nothing clicks. */
static void scale(struct orl_viewer_sound *s, int16_t *samples, size_t frames)
{
	/* Squared: loudness is heard so. */
	float part = (float)atomic_load(&s->volume) / ORL_VOLUME_MAX;
	float wanted = atomic_load(&s->muted) ? 0 : part * part;
	const float step = 1.0F / RAMP;

	for (size_t i = 0; i < frames; i++) {
		float d = wanted - s->gain;
		s->gain += d > step ? step : d < -step ? -step : d;
		samples[2 * i] = (int16_t)((float)samples[2 * i] * s->gain);
		samples[2 * i + 1] =
				(int16_t)((float)samples[2 * i + 1] * s->gain);
	}
}

void orl_sound_pull(struct orl_viewer *v, int16_t *samples, size_t frames)
{
	orl_box_hear(v->box, samples, frames);
	scale(v->sound, samples, frames);
}

void orl_sound_push(struct orl_viewer *v, const int16_t *samples, size_t frames)
{
	speak(v, samples, frames);
}
