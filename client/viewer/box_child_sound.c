/*
 * box_child_sound.c - sound, in the process that has the connection: a thread
 * makes what is to be played as soon as the viewer's sound card asks for it,
 * whatever picture is being decoded meanwhile; what a microphone hears is
 * taken out of a ring.
 */
#include "client/viewer/box_child_impl.h"

enum {
	STEP = 480, /* frames: 10 ms */
	VOICE_MAX = 8192,
};

void orl_boxed_sound(void *user, bool on)
{
	struct orl_boxed *b = user;
	struct orl_box_message m = { .id = ORL_BOX_SOUND };
	m.u.sound.on = on;
	orl_boxed_tell(b, &m);
}

void orl_boxed_microphone(void *user, bool wanted)
{
	struct orl_box_message m = { .id = ORL_BOX_MICROPHONE };
	m.u.microphone.wanted = wanted;
	orl_boxed_tell(user, &m);
}

static void *play(void *user)
{
	struct orl_boxed *b = user;
	struct orl_box_ring *ring = &b->rings[ORL_RING_PCM];
	_Atomic uint32_t *bell = orl_rings_bell(b->rings);
	int16_t samples[2 * STEP];
	const uint32_t frame = 2 * sizeof(*samples);
	uint32_t made = 0;
	atomic_store(&b->playing, 1);
	orl_box_word_wake(&b->playing);
	while (!atomic_load(&b->playing_ends)) {
		uint32_t asked = atomic_load(bell);
		uint32_t n = asked - made;
		if (!n) {
			orl_box_word_wait(bell, asked, 0);
			continue;
		}
		n = n < sizeof(samples) ? n : sizeof(samples);
		(void)oriel_client_hear(b->client, samples, n / frame);
		/* There is room for as much as is asked for. */
		(void)!orl_box_ring_put(ring, samples, n);
		orl_box_word_wake(ring->head);
		made += n;
	}
	return NULL;
}

bool orl_boxed_play_begin(struct orl_boxed *b)
{
	b->plays = pthread_create(&b->player, NULL, play, b) == 0;
	/* What a thread does at its very beginning the jail does not allow. */
	while (b->plays && !atomic_load(&b->playing))
		orl_box_word_wait(&b->playing, 0, 0);
	return b->plays;
}

void orl_boxed_play_end(struct orl_boxed *b)
{
	if (!b->plays)
		return;
	_Atomic uint32_t *bell = orl_rings_bell(b->rings);
	atomic_store(&b->playing_ends, true);
	atomic_fetch_add(bell, 1);
	orl_box_word_wake(bell);
	pthread_join(b->player, NULL);
	b->plays = false;
}

void orl_boxed_voice(struct orl_boxed *b, const struct orl_box_voice *order)
{
	int16_t samples[2 * VOICE_MAX];
	const struct oriel_sound_format format = { (uint32_t)order->rate,
		(uint32_t)order->channels };
	size_t n = (size_t)order->frames * (size_t)order->channels *
		   sizeof(*samples);
	if (!order->frames)
		(void)!oriel_client_speak(b->client, NULL, NULL, 0);
	else if (orl_box_ring_get(&b->rings[ORL_RING_VOICE], samples, n) == 0)
		(void)!oriel_client_speak(b->client, &format, samples,
				(size_t)order->frames);
}
