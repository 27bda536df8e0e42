/*
 * sample.h - messages made from the table of messages.h: random valid bytes of
 * any message, bytes that are wrong in one place, and the way back.
 */
#ifndef ORL_TESTS_SAMPLE_H
#define ORL_TESTS_SAMPLE_H

#include "proto/messages.h"
#include "tests/rng.h"

/* Longer than any message. */
enum { SAMPLE_MAX = 1 << 20 };

enum sample_size { SAMPLE_LEAST, SAMPLE_SMALL, SAMPLE_LARGE, SAMPLE_MOST };

/* What to get wrong: one field of the message or of its first record. */
enum sample_fault {
	SAMPLE_RIGHT,
	SAMPLE_BELOW,   /* the least allowed, less one */
	SAMPLE_ABOVE,   /* value, length or count: the most allowed and one */
	SAMPLE_NO_TEXT, /* not UTF-8, or with a NUL */
};

/* Valid bytes of message m into out[SAMPLE_MAX]; returns how many. */
size_t sample_make(struct rng *rng, const struct orl_message *m, uint8_t *out,
		enum sample_size size);

/*
 * The same with a fault in `field`, or in field `sub` of its records when it
 * is a list and sub is not -1. 0 when the field cannot be wrong in that way.
 */
size_t sample_make_wrong(struct rng *rng, const struct orl_message *m,
		uint8_t *out, size_t field, int sub, enum sample_fault fault);

/*
 * Decode, look at every record of every list, and encode again into
 * again[SAMPLE_MAX]. Returns the decoder's error, or 1 for an id that no
 * message has, or 2 when a record does not encode to its own bytes.
 */
int sample_again(uint16_t id, const void *data, size_t n, uint8_t *again,
		size_t *again_n);

#endif
