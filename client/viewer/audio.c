/*
 * audio.c - sound cards, by SDL. A thread of our own opens what is wanted, and
 * opens it again when a device went and another, or the same, is there: that
 * may block, and neither the windows nor the connection wait for it.
 *
 * A device that was chosen and is not there is looked for again. Until then
 * the default one plays; but no microphone is opened that nobody chose.
 * Where nothing was chosen and the system has devices that cancel echoes,
 * both ways, they are used: one without the other is of no use.
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <SDL2/SDL.h>

#include "client/viewer/sound.h"
#include "client/viewer/ui.h"
#include "client/viewer/viewer.h"

enum {
	FRAMES = 480,     /* of a call: 10 ms */
	LINGER_MS = 3000, /* a device stays open after the last sound */
	LOOK_MS = 500,    /* whether a device has gone */
	RETRY_MS = 2000,
};

struct device {
	SDL_AudioDeviceID id; /* 0: not open */
	bool record;
	char chosen[ORL_AUDIO_NAME]; /* "": the default one */
	char opened[ORL_AUDIO_NAME]; /* by what was chosen then */
	bool next;                   /* another is to be chosen */
	bool instead;                /* what plays is not what was chosen */
	bool wanted, failed;
	atomic_bool works;
	uint64_t until, retry; /* ns: stays open; is tried again */
};

struct orl_audio {
	struct orl_viewer *viewer;
	pthread_t thread;
	bool running, ending, ready;
	bool news; /* something is wanted that was not looked at yet */
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

/* ---- which ---- */

/* A device with this in its name, best with nothing else; NULL: none. */
static const char *find(bool record, const char *text)
{
	int n = SDL_GetNumAudioDevices(record), found = -1;

	for (int i = 0; i < n; i++) {
		const char *name = SDL_GetAudioDeviceName(i, record);
		if (name && strcmp(name, text) == 0)
			return name;
		if (name && found < 0 && SDL_strcasestr(name, text))
			found = i;
	}
	return found < 0 ? NULL : SDL_GetAudioDeviceName(found, record);
}

/*
 * False: none is to be opened now. NULL is the default one. `theirs` is what
 * was chosen for the other way.
 */
static bool resolve(const struct device *d, const char *chosen,
		const char *theirs, const char **name, bool *instead)
{
	static const char cancels[] = "echo cancel";

	*name = NULL;
	*instead = false;
	if (chosen[0]) {
		*name = find(d->record, chosen);
		*instead = !*name;
		return *name || !d->record;
	}
	/* Sound that goes another way is no echo that is known. */
	if (theirs[0] && !SDL_strcasestr(theirs, cancels))
		return true;
	if (find(!d->record, cancels))
		*name = find(d->record, cancels);
	return true;
}

/* After this one comes that; after the last the default one. */
static void choose_next(struct orl_audio *a, struct device *d)
{
	char chosen[ORL_AUDIO_NAME];
	const char *after = NULL;

	pthread_mutex_lock(&a->lock);
	memcpy(chosen, d->chosen, sizeof(chosen));
	pthread_mutex_unlock(&a->lock);
	int n = SDL_GetNumAudioDevices(d->record), i = 0;
	for (; chosen[0] && i < n; i++) {
		const char *name = SDL_GetAudioDeviceName(i, d->record);
		if (name && strcmp(name, chosen) == 0) {
			i++;
			break;
		}
	}
	/* Of what has gone since, the default one is next. */
	if (i < n)
		after = SDL_GetAudioDeviceName(i, d->record);
	pthread_mutex_lock(&a->lock);
	SDL_strlcpy(d->chosen, after ? after : "", sizeof(d->chosen));
	pthread_mutex_unlock(&a->lock);
	if (a->viewer->ui)
		orl_ui_sound(a->viewer->ui);
}

/* ---- opening and closing ---- */

static bool make_ready(struct orl_audio *a)
{
	if (!a->ready)
		a->ready = SDL_InitSubSystem(SDL_INIT_AUDIO) == 0;
	return a->ready;
}

static void say_none(const struct orl_audio *a, const struct device *d,
		const char *chosen)
{
	if (chosen[0] && d->record)
		orl_viewer_say("there is no microphone %s; it is looked for "
			       "again, or choose another in the menu",
				chosen);
	else if (a->viewer->options.verbose && d->record)
		orl_viewer_say("no device to record from (%s); it is looked "
			       "for again",
				SDL_GetError());
	else if (a->viewer->options.verbose)
		orl_viewer_say("no device to play to (%s); it is looked for "
			       "again",
				SDL_GetError());
}

static void open_device(struct orl_audio *a, struct device *d,
		const char *chosen, const char *theirs, uint64_t now)
{
	const char *name = NULL;
	bool instead = false;
	SDL_AudioSpec got;
	const SDL_AudioSpec spec = { .freq = ORL_AUDIO_RATE,
		.format = AUDIO_S16SYS,
		.channels = d->record ? 1 : 2,
		.samples = FRAMES,
		.callback = d->record ? on_record : on_play,
		.userdata = a->viewer };

	/* Only who hears something needs a sound system at all. */
	if (make_ready(a) && resolve(d, chosen, theirs, &name, &instead))
		d->id = SDL_OpenAudioDevice(name, d->record, &spec, &got, 0);
	SDL_strlcpy(d->opened, chosen, sizeof(d->opened));
	d->retry = now + RETRY_MS * UINT64_C(1000000);
	if (d->id) {
		if (instead && !d->instead)
			orl_viewer_say("there is no device %s to play to; the "
				       "default one plays until it comes, or "
				       "choose another in the menu",
					chosen);
		SDL_PauseAudioDevice(d->id, 0);
		d->instead = instead;
		d->failed = false;
		orl_viewer_event(a->viewer, "sound_device",
				"\"record\":%s,\"instead\":%s",
				d->record ? "true" : "false",
				instead ? "true" : "false");
		atomic_store(&d->works, true);
		return;
	}
	if (!d->failed)
		say_none(a, d, chosen);
	d->failed = true;
	/* A sound system that was not there may be, later. */
	if (a->ready && !a->play.id && !a->record.id)
		SDL_QuitSubSystem(SDL_INIT_AUDIO);
	a->ready = a->play.id || a->record.id;
}

/* When to look again, 0 for not before something is wanted. */
static uint64_t keep(struct orl_audio *a, struct device *d, bool wanted,
		const char *chosen, const char *theirs, uint64_t now)
{
	bool other = strcmp(chosen, d->opened) != 0;

	if (wanted)
		d->until = now +
			   (d->record ? 0 : LINGER_MS * UINT64_C(1000000));
	if (d->id && d->instead && now >= d->retry) {
		d->retry = now + RETRY_MS * UINT64_C(1000000);
		other |= find(d->record, chosen) != NULL;
	}
	if (d->id && (other || (!wanted && now >= d->until) ||
				     SDL_GetAudioDeviceStatus(d->id) ==
						     SDL_AUDIO_STOPPED)) {
		shut(d);
		d->retry = 0;
	}
	if (wanted && !d->id && (other || now >= d->retry))
		open_device(a, d, chosen, theirs, now);
	if (!wanted && !d->id)
		return 0;
	return now + LOOK_MS * UINT64_C(1000000);
}

static void *run(void *user)
{
	struct orl_audio *a = user;

	pthread_mutex_lock(&a->lock);
	while (!a->ending) {
		uint64_t now = orl_viewer_now(), next = 0;

		a->news = false;
		for (int i = 0; i < 2; i++) {
			struct device *d = i ? &a->record : &a->play;
			const struct device *o = i ? &a->play : &a->record;
			char chosen[ORL_AUDIO_NAME], theirs[ORL_AUDIO_NAME];
			bool wanted = d->wanted, other = d->next;
			memcpy(chosen, d->chosen, sizeof(chosen));
			memcpy(theirs, o->chosen, sizeof(theirs));
			d->next = false;
			pthread_mutex_unlock(&a->lock);
			if (other && make_ready(a))
				choose_next(a, d);
			uint64_t at = keep(a, d, wanted, chosen, theirs, now);
			pthread_mutex_lock(&a->lock);
			a->news |= other;
			next = !next || (at && at < next) ? at : next;
		}
		if (a->ending || a->news)
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
	a->record.record = true;
	if (v->options.sound_device)
		SDL_strlcpy(a->play.chosen, v->options.sound_device,
				sizeof(a->play.chosen));
	if (v->options.microphone_device)
		SDL_strlcpy(a->record.chosen, v->options.microphone_device,
				sizeof(a->record.chosen));
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
	a->news = true;
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

void orl_audio_next(struct orl_audio *a, bool record)
{
	struct device *d = record ? &a->record : &a->play;

	pthread_mutex_lock(&a->lock);
	d->next = a->news = true;
	pthread_cond_signal(&a->changed);
	pthread_mutex_unlock(&a->lock);
}

void orl_audio_chosen(
		struct orl_audio *a, bool record, char out[ORL_AUDIO_NAME])
{
	const struct device *d = record ? &a->record : &a->play;

	pthread_mutex_lock(&a->lock);
	memcpy(out, d->chosen, sizeof(d->chosen));
	pthread_mutex_unlock(&a->lock);
}
