/*
 * box_child_sound.c - sound, in the process that has the connection: a ring
 * is kept filled with what is to be played, and what a microphone hears is
 * taken out of another.
 */
#include "client/viewer/box_child_impl.h"

enum {
	STEP = 480,      /* frames: 10 ms */
	AHEAD = 3 * 480, /* that are kept there */
	FILL_MS = 5,
	VOICE_MAX = 8192,
};

void orl_boxed_sound(void *user, bool on)
{
	struct orl_boxed *b = user;
	struct orl_box_message m = { .id = ORL_BOX_SOUND };
	b->sounding = on;
	m.u.sound.on = on;
	orl_boxed_tell(b, &m);
}

void orl_boxed_microphone(void *user, bool wanted)
{
	struct orl_box_message m = { .id = ORL_BOX_MICROPHONE };
	m.u.microphone.wanted = wanted;
	orl_boxed_tell(user, &m);
}

int orl_boxed_play(struct orl_boxed *b)
{
	struct orl_box_ring *ring = &b->rings[ORL_RING_PCM];
	int16_t samples[2 * STEP];
	if (!b->sounding)
		return -1;
	while (orl_box_ring_room(ring) > 0 &&
			ring->size - (size_t)orl_box_ring_room(ring) <
					AHEAD * 2 * sizeof(*samples)) {
		(void)oriel_client_hear(b->client, samples, STEP);
		if (orl_box_ring_put(ring, samples, sizeof(samples)) != 0)
			break;
	}
	return FILL_MS;
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
