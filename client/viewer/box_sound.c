/*
 * box_sound.c - samples between the sound card's thread and the process: what
 * is heard stands in a ring, some hundredths of a second of it, which the
 * process fills up as the sound card empties it; so its clock is the sound
 * card's. What is not there in time is silence.
 */
#include <string.h>

#include "client/viewer/box_impl.h"

bool orl_box_hear(struct orl_box *box, int16_t *samples, size_t frames)
{
	const size_t frame = 2 * sizeof(*samples);
	size_t n = 0;
	/* The rings come and go with the process; that is soon over. */
	pthread_mutex_lock(&box->rings_lock);
	struct orl_box_ring *ring = &box->rings[ORL_RING_PCM];
	int64_t there = ring->bytes ? orl_box_ring_there(ring) : 0;
	if (there > 0)
		n = (size_t)there / frame;
	n = n < frames ? n : frames;
	if (n && orl_box_ring_get(ring, samples, n * frame) != 0)
		n = 0;
	pthread_mutex_unlock(&box->rings_lock);
	memset(samples + 2 * n, 0, (frames - n) * frame);
	return n > 0;
}

void orl_box_listen(struct orl_box *box, bool on)
{
	struct orl_box_message m = { .id = ORL_BOX_LISTEN };
	m.u.listen.on = on;
	(void)orl_box_order(box, &m);
}

int orl_box_speak(struct orl_box *box, const struct oriel_sound_format *format,
		const int16_t *samples, size_t frames)
{
	struct orl_box_message m = { .id = ORL_BOX_VOICE };
	int err = 0;
	if (!atomic_load(&box->ready))
		return ORIEL_ESTATE;
	if (samples && !(atomic_load(&box->rights) & ORIEL_MAY_SPEAK))
		return ORIEL_EDENIED;
	if (samples && (!frames || frames > 8192 || format->channels > 2))
		return ORIEL_EINVAL;
	if (samples) {
		m.u.voice.rate = format->rate;
		m.u.voice.channels = format->channels;
		m.u.voice.frames = (int64_t)frames;
		pthread_mutex_lock(&box->rings_lock);
		struct orl_box_ring *ring = &box->rings[ORL_RING_VOICE];
		err = ring->bytes ? orl_box_ring_put(ring, samples,
						    frames * format->channels *
								    sizeof(*samples))
				  : ORIEL_ESTATE;
		pthread_mutex_unlock(&box->rings_lock);
	}
	return err ? ORIEL_ELIMIT : orl_box_order(box, &m);
}
