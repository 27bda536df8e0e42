/*
 * ear.h - one stream of sound on its way out of the line into a sound card:
 * packets in from one thread, samples out in another, and neither waits.
 *
 * The loop's thread puts what arrives: a form, packets, pauses, the end. The
 * other thread takes 48 kHz stereo, any number of frames at any time; what is
 * missing is concealed, what the clocks differ is resampled away. A packet
 * that is missing was dropped by a sender that was too late with it: its time
 * passes. A packet that is late is waited for: its time does not pass, and
 * what follows is played later until the store shrinks again.
 */
#ifndef ORL_CODECS_EAR_H
#define ORL_CODECS_EAR_H

#include "codecs/drift.h"
#include "codecs/jitter.h"
#include "codecs/resample.h"
#include "codecs/ring.h"
#include "codecs/sound.h"

struct orl_ear_counts {
	uint64_t packets;   /* played */
	uint64_t concealed; /* frames made up */
	uint64_t gaps;      /* more than 20 ms of them together */
	uint64_t skipped;   /* frames not played, to catch up */
	uint64_t refused;   /* packets for which there was no room */
	uint64_t jumps;     /* the clocks of packets have jumped */
	uint64_t delay;     /* ns beyond the least time that packets took */
	int32_t drift;      /* speed now, parts in a million above 1 */
	bool playing;
};

struct orl_ear;

int orl_ear_create(struct orl_ear **out, const struct orl_env *env);
void orl_ear_destroy(struct orl_ear *ear);

/* ---- the loop's thread ---- */

/* A stream of this form, which is ok, begins, or goes on in it. */
void orl_ear_open(struct orl_ear *ear, const struct orl_sound_form *form);
/*
 * A packet of that form (see orl_sound_packet_ok()) captured at `time` (ns,
 * the sender's clock) came at `now`; rtt may be 0.
 */
void orl_ear_packet(struct orl_ear *ear, uint16_t serial, uint64_t time,
		uint64_t now, uint64_t rtt, const void *data, size_t n);
void orl_ear_pause(struct orl_ear *ear);
/* It is silent until another open, and forgets. */
void orl_ear_close(struct orl_ear *ear);
/* 256 is as it was sent. */
void orl_ear_volume(struct orl_ear *ear, unsigned left, unsigned right);
void orl_ear_counts(const struct orl_ear *ear, struct orl_ear_counts *out);

/* ---- the other ---- */

/* 8000 to 192000; 48000 unless said. */
void orl_ear_rate(struct orl_ear *ear, uint32_t rate);
/* Add n frames to what is in `out`, stereo. False: there was silence. */
bool orl_ear_hear(struct orl_ear *ear, float *out, size_t n, uint64_t now);

#endif
