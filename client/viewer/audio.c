/*
 * audio.c - sound cards, by SDL. A thread of our own opens what is wanted, and
 * opens it again when a device went and another, or the same, is there: that
 * may block, and neither the windows nor the connection wait for it.
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include <SDL2/SDL.h>

#include "client/viewer/sound.h"
#include "client/viewer/viewer.h"

enum {
	FRAMES = 480,     /* of a call: 10 ms */
	LINGER_MS = 3000, /* a device stays open after the last sound */
	LOOK_MS = 500,    /* whether a device has gone */
	RETRY_MS = 2000,
};

struct device {
	SDL_AudioDeviceID id; /* 0: not open */
	bool wanted, failed;
	atomic_bool works;
	uint64_t until, retry; /* ns: stays open; is tried again */
};

struct orl_audio {
	struct orl_viewer *viewer;
	pthread_t thread;
	bool running, ending, ready;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct device play, record;
};

static void on_play(void *user, Uint8 *data, int bytes)
{
	orl_sound_pull(user, (int16_t *)(void *)data, (size_t)bytes / 4);
}

static void on_record(void *user, Uint8 *data, int bytes)
{
	orl_sound_push(user, (const int16_t *)(const void *)data,
			(size_t)bytes / 2);
}

static void shut(struct device *d)
{
	if (d->id)
		SDL_CloseAudioDevice(d->id);
	d->id = 0;
	atomic_store(&d->works, false);
}

static void open_device(struct orl_audio *a, struct device *d, bool record,
		uint64_t now)
{
	SDL_AudioSpec got;
	const SDL_AudioSpec spec = { .freq = ORL_AUDIO_RATE,
		.format = AUDIO_S16SYS,
		.channels = record ? 1 : 2,
		.samples = FRAMES,
		.callback = record ? on_record : on_play,
		.userdata = a->viewer };

	/* Only who hears something needs a sound system at all. */
	if (!a->ready)
		a->ready = SDL_InitSubSystem(SDL_INIT_AUDIO) == 0;
	if (a->ready)
		d->id = SDL_OpenAudioDevice(NULL, record, &spec, &got, 0);
	if (d->id) {
		SDL_PauseAudioDevice(d->id, 0);
		atomic_store(&d->works, true);
		d->failed = false;
		return;
	}
	d->retry = now + RETRY_MS * UINT64_C(1000000);
	if (!d->failed && a->viewer->options.verbose && record)
		orl_viewer_say("no device to record from (%s); it is looked "
			       "for again",
				SDL_GetError());
	else if (!d->failed && a->viewer->options.verbose)
		orl_viewer_say("no device to play to (%s); it is looked for "
			       "again",
				SDL_GetError());
	d->failed = true;
	/* A sound system that was not there may be, later. */
	if (a->ready && !a->play.id && !a->record.id)
		SDL_QuitSubSystem(SDL_INIT_AUDIO);
	a->ready = a->play.id || a->record.id;
}

/* When to look again, 0 for not before something is wanted. */
static uint64_t keep(struct orl_audio *a, struct device *d, bool wanted,
		bool record, uint64_t now)
{
	if (wanted)
		d->until = now + (record ? 0 : LINGER_MS * UINT64_C(1000000));
	if (d->id && ((!wanted && now >= d->until) ||
				     SDL_GetAudioDeviceStatus(d->id) ==
						     SDL_AUDIO_STOPPED))
		shut(d);
	if (wanted && !d->id && now >= d->retry)
		open_device(a, d, record, now);
	if (!wanted && !d->id)
		return 0;
	return now + LOOK_MS * UINT64_C(1000000);
}

static void *run(void *user)
{
	struct orl_audio *a = user;

	pthread_mutex_lock(&a->lock);
	while (!a->ending) {
		uint64_t now = orl_viewer_now();
		bool play = a->play.wanted, record = a->record.wanted;

		pthread_mutex_unlock(&a->lock);
		uint64_t next = keep(a, &a->play, play, false, now);
		uint64_t also = keep(a, &a->record, record, true, now);
		pthread_mutex_lock(&a->lock);
		next = !next || (also && also < next) ? also : next;
		if (a->ending || play != a->play.wanted ||
				record != a->record.wanted)
			continue;
		if (!next) {
			pthread_cond_wait(&a->changed, &a->lock);
			continue;
		}
		struct timespec at = { (time_t)(next / 1000000000),
			(long)(next % 1000000000) };
		pthread_cond_timedwait(&a->changed, &a->lock, &at);
	}
	pthread_mutex_unlock(&a->lock);
	shut(&a->play);
	shut(&a->record);
	if (a->ready)
		SDL_QuitSubSystem(SDL_INIT_AUDIO);
	return NULL;
}

int orl_audio_create(struct orl_audio **out, struct orl_viewer *v)
{
	struct orl_audio *a = calloc(1, sizeof(*a));
	pthread_condattr_t attr;

	if (!a)
		return -1;
	a->viewer = v;
	pthread_mutex_init(&a->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&a->changed, &attr);
	pthread_condattr_destroy(&attr);
	SDL_SetHint(SDL_HINT_AUDIO_DEVICE_APP_NAME, "Oriel");
	a->running = pthread_create(&a->thread, NULL, run, a) == 0;
	*out = a;
	return 0;
}

void orl_audio_destroy(struct orl_audio *a)
{
	if (!a)
		return;
	if (a->running) {
		pthread_mutex_lock(&a->lock);
		a->ending = true;
		pthread_cond_signal(&a->changed);
		pthread_mutex_unlock(&a->lock);
		pthread_join(a->thread, NULL);
	}
	pthread_cond_destroy(&a->changed);
	pthread_mutex_destroy(&a->lock);
	free(a);
}

void orl_audio_want(struct orl_audio *a, bool play, bool record)
{
	pthread_mutex_lock(&a->lock);
	a->play.wanted = play;
	a->record.wanted = record;
	pthread_cond_signal(&a->changed);
	pthread_mutex_unlock(&a->lock);
}

bool orl_audio_plays(struct orl_audio *a)
{
	return atomic_load(&a->play.works);
}

bool orl_audio_records(struct orl_audio *a)
{
	return atomic_load(&a->record.works);
}
