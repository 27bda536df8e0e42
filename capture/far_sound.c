/*
 * far_sound.c - what a far source plays, to who listens. When it was captured
 * nobody says, see orl_sound_captured().
 */
#include "capture/far_source.h"
#include "capture/sound.h"

/* A stream has one form; a server that changes it gets another stream. */
static struct oriel_sound *sound_of(struct orl_far *f)
{
	const struct oriel_sound_format format = { (uint32_t)f->in.head.v[0],
		(uint32_t)f->in.head.v[1] };

	if (f->sound && f->sound_format.rate == format.rate &&
			f->sound_format.channels == format.channels)
		return f->sound;
	oriel_sound_destroy(f->sound);
	f->sound = NULL;
	if (f->server && oriel_sound_create(&f->sound, f->server, &format) < 0)
		f->sound = NULL;
	f->sound_format = format;
	if (f->sound && f->has_volume)
		oriel_sound_set_volume(f->sound, f->volume[0], f->volume[1]);
	return f->sound;
}

void orl_far_on_sound(struct orl_far *f)
{
	size_t frames = f->in.head.size / 2 / (size_t)f->in.head.v[1];
	uint32_t rate = (uint32_t)f->in.head.v[0];
	uint64_t left, time;
	int err;

	if (!f->config.hears)
		return;
	if (!frames) {
		orl_far_silence(f);
		return;
	}
	if (!sound_of(f))
		return;
	/* There are more behind it, that came with it. */
	left = (uint64_t)f->in.head.v[2] * ORL_SEC / rate;
	time = orl_sound_captured(
			&f->sound_next, frames, rate, orl_now() - left);
	/* One that is late is dropped, and that is right. */
	err = oriel_sound_write(f->sound,
			(const int16_t *)(const void *)f->in.bytes, frames,
			time);
	(void)err;
}

void orl_far_on_volume(struct orl_far *f)
{
	/* Of what comes later as well, in whatever form. */
	f->has_volume = true;
	f->volume[0] = (uint32_t)f->in.head.v[0];
	f->volume[1] = (uint32_t)f->in.head.v[1];
	if (f->sound)
		oriel_sound_set_volume(f->sound, f->volume[0], f->volume[1]);
}

void orl_far_silence(struct orl_far *f)
{
	int err = f->sound ? oriel_sound_write(f->sound, NULL, 0, 0) : 0;

	(void)err;
}
