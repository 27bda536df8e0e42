/*
 * shared.h - pixels in a file of memory that somebody else may write, and
 * cut short, while they are read.
 */
#ifndef ORL_PROTO_IO_SHARED_H
#define ORL_PROTO_IO_SHARED_H

#include "proto/env.h"

struct orl_shared {
	const uint8_t *map; /* NULL: it is read from fd instead */
	int fd;             /* -1: it is mapped */
	uint64_t size;
};

/*
 * The first `size` bytes of a file. They are mapped where the file can not
 * become shorter: a touch behind its end would be a SIGBUS. ORIEL_EINVAL for a
 * descriptor that can not be read or is shorter, ORIEL_ENOTSUP for what is not
 * in memory, as reading it might wait for somebody; ORIEL_ENOMEM, ORIEL_EIO.
 * The descriptor stays the caller's. Threads: any.
 */
int orl_shared_open(struct orl_shared *shared, int fd, uint64_t size);
void orl_shared_close(struct orl_shared *shared);
/* Copy from what is not mapped; ORIEL_EIO when the file ends before. */
int orl_shared_read(const struct orl_shared *shared, uint64_t offset,
		void *into, size_t n);

#endif
