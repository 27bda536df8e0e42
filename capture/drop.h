/*
 * drop.h - what oriel-serve gives up for good once it has started.
 */
#ifndef ORL_CAPTURE_DROP_H
#define ORL_CAPTURE_DROP_H

#include <stdbool.h>
#include <stddef.h>

struct orl_drop {
	const char *congestion; /* NULL: bbr */
	bool low_port;          /* one below 1024 is still to be listened on */
	/* The source begins programs later on, and reaches other users' sockets. */
	bool runs;
	bool becomes; /* ... and is their user for a moment, as root */
	bool prints;  /* begins oriel-ipp again, and hooks */
};

/*
 * Capabilities, before any thread is made; what is opened later has to be this
 * user's. 0, or -1 and a sentence in why[size].
 */
int orl_drop_privileges(const struct orl_drop *drop, char *why, size_t size);
/*
 * System calls that a server has no use for, in all threads. 0, or -1 and a
 * sentence; 0 as well where the kernel or the machine has no filters.
 */
int orl_drop_calls(const struct orl_drop *drop, char *why, size_t size);

#endif
