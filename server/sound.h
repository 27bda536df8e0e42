/*
 * sound.h - the structs of sound.c and mic.c: streams to peers, which are
 * encoded once for each form that somebody hears them in, and the microphone
 * from the owner of input.
 */
#ifndef ORL_SERVER_SOUND_H
#define ORL_SERVER_SOUND_H

#include "codecs/ear.h"
#include "proto/io/loop.h"

/* Ways of sending a stream; a peer gets one of them. */
enum orl_sound_way {
	ORL_SOUND_NORMAL, /* Opus, 10 ms */
	ORL_SOUND_THIN,   /* Opus, 20 ms, fewer bits */
	ORL_SOUND_EXACT,  /* PCM, 10 ms */
	ORL_SOUND_WAYS,
};

/*
 * By what a line takes, for who offers PCM or not, in bytes a second and ns; a
 * line that is between two keeps the way it has.
 */
uint8_t orl_sound_way_for(
		uint8_t way, bool pcm, uint64_t rate, uint64_t min_rtt);

/* A stream in one of them. */
struct orl_sound_lane {
	struct orl_sound_encoder *encoder; /* NULL: nobody hears it so */
	uint16_t serial;
	size_t fill;   /* frames of the next packet */
	uint64_t time; /* of capture, of the first of them */
	float samples[ORL_SOUND_FRAMES_MAX * ORL_SOUND_CHANNELS_MAX];
};

struct oriel_sound {
	struct oriel_server *server;
	struct orl_node node;
	unsigned id;
	uint32_t rate, channels;
	uint32_t left, right; /* volume */

	/* The writer's. */
	size_t silent; /* frames of silence, one after another */
	bool resting;  /* so many that nothing is passed on */
	atomic_bool wanted;
	struct orl_ring ring;

	/* The loop's. */
	struct orl_posted post;
	uint64_t next; /* of capture, of the frame after the last; 0: unknown */
	bool paused;   /* the peers know that nothing comes */
	struct orl_resample *speed; /* to 48 kHz, NULL: it is that */
	struct orl_sound_lane lanes[ORL_SOUND_WAYS];
};

/* What a peer has to do with sound. */
struct orl_peer_sound {
	bool deaf;       /* nobody listens, it has said */
	bool told_mic;   /* that its microphone is wanted */
	uint8_t way;     /* orl_sound_way */
	uint8_t known;   /* bit n: stream n has been opened, in this way */
	uint64_t looked; /* when the way was last thought about */
	/* Its microphone. */
	bool speaks; /* ... is open */
	struct orl_sound_form form;
	uint32_t last; /* time of its last packet, us */
	uint64_t time; /* the same, of 64 bits */
};

#endif
