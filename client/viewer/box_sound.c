/*
 * box_sound.c - sound between the sound card's thread and the process: what
 * the card wants is asked for when it wants it and waited for, some
 * milliseconds at most, so that nothing is older than it has to be. What is
 * not there in time is silence, and played before what is asked for next; then
 * some more is asked for, for a while.
 */
#include <string.h>
#include <time.h>

#include "client/viewer/box_impl.h"

enum {
	WAIT_NS = 8000000,
	LOOKS = 100,
	/* Frames that are asked for early where the process is often late. */
	LEAD_STEP = 240,
	LEAD_MAX = 1440,
	LEAD_LESS = 48,
	CALM = 500, /* calls */
};

/* On a busy machine some sound is kept ready; on any other it would be late. */
static void learn(struct orl_box *box, bool in_time)
{
	if (!in_time) {
		atomic_fetch_add(&box->starved, 1);
		box->calm = 0;
		if (box->lead < LEAD_MAX)
			box->lead += LEAD_STEP;
	} else if (++box->calm >= CALM) {
		box->calm = 0;
		box->lead -= box->lead < LEAD_LESS ? box->lead : LEAD_LESS;
	}
}

/*
 * Bytes that are there once they are enough, or it takes too long. The process
 * can have each wait end at once, but not go on for ever.
 */
static int64_t wait_for(struct orl_box_ring *ring, int64_t enough)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	int64_t begun = (int64_t)t.tv_sec * 1000000000 + t.tv_nsec, past = 0;
	int64_t there = 0;
	for (int i = 0; i < LOOKS && past < WAIT_NS; i++) {
		uint32_t head = atomic_load(ring->head);
		there = orl_box_ring_there(ring);
		if (there < 0 || there >= enough)
			break;
		orl_box_word_wait(ring->head, head, (uint64_t)(WAIT_NS - past));
		clock_gettime(CLOCK_MONOTONIC, &t);
		past = (int64_t)t.tv_sec * 1000000000 + t.tv_nsec - begun;
	}
	return there;
}

bool orl_box_hear(struct orl_box *box, int16_t *samples, size_t frames)
{
	const size_t frame = 2 * sizeof(*samples);
	size_t n = 0;
	/* The rings come and go with the process; that is soon over. */
	pthread_mutex_lock(&box->rings_lock);
	struct orl_box_ring *ring = &box->rings[ORL_RING_PCM];
	if (ring->bytes && frames * frame <= ring->size) {
		_Atomic uint32_t *bell = orl_rings_bell(box->rings);
		uint32_t coming = box->asked_for - ring->at;
		uint32_t wanted = (uint32_t)((frames + box->lead) * frame);
		if (coming < wanted && wanted <= ring->size) {
			box->asked_for += wanted - coming;
			atomic_store(bell, box->asked_for);
			orl_box_word_wake(bell);
		}
		int64_t there = wait_for(ring, (int64_t)(frames * frame));
		n = there > 0 ? (size_t)there / frame : 0;
		learn(box, n >= frames);
		n = n < frames ? n : frames;
	}
	if (n && orl_box_ring_get(ring, samples, n * frame) != 0)
		n = 0;
	pthread_mutex_unlock(&box->rings_lock);
	memset(samples + 2 * n, 0, (frames - n) * frame);
	return n > 0;
}

unsigned orl_box_starved(const struct orl_box *box)
{
	return atomic_load(&box->starved);
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
