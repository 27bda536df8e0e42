/*
 * vdagent.h - what spice-vdagent, inside a guest, says and is told.
 *
 * Bytes of the guest's, who may write anything: they come in chunks, which
 * carry messages. Nothing of a message is kept but what a handler keeps, so
 * its size, which the guest says, costs no memory. Pure.
 */
#ifndef ORL_VDAGENT_H
#define ORL_VDAGENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum orl_vdagent_message {
	ORL_VDAGENT_MONITORS = 2,
	ORL_VDAGENT_REPLY = 3,
	ORL_VDAGENT_CAPS = 6,
};

/* Bits of the first word of its capabilities. */
enum orl_vdagent_cap {
	ORL_VDAGENT_CAN_MONITORS = 1 << 1,
	ORL_VDAGENT_CAN_REPLY = 1 << 2,
};

enum {
	ORL_VDAGENT_GATHER = 256, /* bytes of a message that comes whole */
	ORL_VDAGENT_CHUNK = 2048, /* of one of ours, header included */
	ORL_VDAGENT_HEADS = 16,
};

/* A part of a message: bytes from `at` on; the last one ends at `size`. */
struct orl_vdagent_piece {
	uint32_t type, size, at;
	const uint8_t *data;
	size_t n;
};

/* What is done with messages of a type; those of others are skipped. */
struct orl_vdagent_type {
	uint32_t type;
	uint32_t min, max; /* of its size; another is skipped as well */
	bool whole;        /* in one piece: max <= ORL_VDAGENT_GATHER */
	void (*take)(void *user, const struct orl_vdagent_piece *piece);
};

struct orl_vdagent {
	const struct orl_vdagent_type *types;
	size_t type_count;
	void *user;

	uint8_t chunk[8], message[20]; /* headers, as far as they are there */
	size_t chunk_n, message_n;
	uint32_t port, chunk_left;
	uint32_t type, size, at;
	const struct orl_vdagent_type *row; /* NULL: it is skipped */
	uint8_t whole[ORL_VDAGENT_GATHER];
};

/* From the beginning: a guest has opened its port. */
void orl_vdagent_init(struct orl_vdagent *agent,
		const struct orl_vdagent_type *types, size_t type_count,
		void *user);

/*
 * Take bytes, in pieces of any length. Returns 0, or -1 when they are not of
 * this protocol; what follows cannot be understood then.
 */
int orl_vdagent_feed(struct orl_vdagent *agent, const uint8_t *data, size_t n);

static inline uint32_t orl_vdagent_u32(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
	       (uint32_t)p[3] << 24;
}

/*
 * A message, in as many chunks as it takes, into out[size], which data is not
 * in. Returns its length, or 0 when there is no room for it.
 */
size_t orl_vdagent_put(uint8_t *out, size_t size, uint32_t type,
		const uint8_t *data, size_t n);

/* What we can do; the answer is wanted or this is one. */
size_t orl_vdagent_put_caps(
		uint8_t *out, size_t size, bool request, uint32_t caps);

struct orl_vdagent_head {
	int32_t x, y, width, height;
};

/* How large all screens are to be, and where: at most ORL_VDAGENT_HEADS. */
size_t orl_vdagent_put_monitors(uint8_t *out, size_t size,
		const struct orl_vdagent_head *heads, size_t n);

#endif
