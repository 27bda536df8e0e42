/*
 * ring.h - records from one thread to another, without a lock: the writer
 * finds no room or writes, the reader finds nothing or reads, and neither
 * waits. Each end belongs to one thread at a time.
 */
#ifndef ORL_CODECS_RING_H
#define ORL_CODECS_RING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ORL_RING_SIZE = 64 << 10 };

struct orl_ring {
	/* Bytes written and read since the beginning. */
	_Atomic uint32_t written, read;
	uint8_t data[ORL_RING_SIZE];
};

/*
 * A record of two pieces, the first not empty. False: there is no room, and
 * nothing was written.
 */
bool orl_ring_put(struct orl_ring *ring, const void *head, size_t head_n,
		const void *tail, size_t tail_n);
/*
 * The size of the next record, 0 when there is none; the first n bytes of it
 * are copied to `head`.
 */
size_t orl_ring_peek(const struct orl_ring *ring, void *head, size_t n);
/* Copy the next record, of which there is one, to out[n], and be done with it. */
void orl_ring_take(struct orl_ring *ring, void *out, size_t n);
/* The reader: whatever was written is read. */
void orl_ring_clear(struct orl_ring *ring);

#endif
