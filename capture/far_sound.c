/*
 * far_sound.c - what a far source plays, to who listens.
 *
 * When it was captured nobody says. Servers send blocks when they like, xrdp
 * two of 46 ms at once and then one; so blocks are put one behind the other,
 * and those that came with the least delay say where.
 */
#include "capture/far_source.h"

enum {
	GAP_MS = 200, /* later than that, it is another sound */
	CREEP = 1000, /* one part of so many: more than clocks differ */
};

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
	return f->sound;
}

/* Of n frames, behind which there are `left` that came with them. */
static uint64_t captured(
		struct orl_far *f, uint64_t n, uint64_t left, uint64_t rate)
{
	uint64_t length = n * ORL_SEC / rate, start = f->sound_next;
	uint64_t latest = orl_now() - left * ORL_SEC / rate;

	/* What has come was captured before it came. */
	if (start + length > latest ||
			start + length + GAP_MS * ORL_MSEC < latest)
		start = latest - length;
	f->sound_next = start + length + length / CREEP;
	return start;
}

void orl_far_on_sound(struct orl_far *f)
{
	size_t frames = f->in.head.size / 2 / (size_t)f->in.head.v[1];
	int err;

	if (!f->config.hears)
		return;
	if (!frames) {
		orl_far_silence(f);
		return;
	}
	if (!sound_of(f))
		return;
	/* One that is late is dropped, and that is right. */
	err = oriel_sound_write(f->sound,
			(const int16_t *)(const void *)f->in.bytes, frames,
			captured(f, frames, (uint64_t)f->in.head.v[2],
					(uint64_t)f->in.head.v[0]));
	(void)err;
}

void orl_far_on_volume(struct orl_far *f)
{
	if (f->sound)
		oriel_sound_set_volume(f->sound, (uint32_t)f->in.head.v[0],
				(uint32_t)f->in.head.v[1]);
}

void orl_far_silence(struct orl_far *f)
{
	int err = f->sound ? oriel_sound_write(f->sound, NULL, 0, 0) : 0;

	(void)err;
}
