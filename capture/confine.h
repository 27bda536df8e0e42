/*
 * confine.h - what a program can give up for good, by itself: capabilities,
 * and system calls by filters. For oriel-serve, and for the programs that it
 * begins: they do it themselves, for the first of them is begun while
 * oriel-serve still has everything.
 */
#ifndef ORL_CAPTURE_CONFINE_H
#define ORL_CAPTURE_CONFINE_H

#include <stdint.h>

enum {
	/* May be given to orl_confine_calls(). */
	ORL_CONFINE_RUNS = 1 << 0,    /* begins programs */
	ORL_CONFINE_BECOMES = 1 << 1, /* is another user for a moment */
};

/*
 * No capability but those of the first 32 whose bits are in `keep`, as far as
 * they are there, and none to be had. Of this thread and of those that it makes
 * later. 0 or a negative errno.
 */
int orl_confine_capabilities(uint32_t keep);

/*
 * After orl_confine_capabilities(), in all threads: refuse the system calls
 * that none of our programs needs. 0 or a negative errno; 0 as well where the
 * kernel or the machine has no filters.
 */
int orl_confine_calls(unsigned but);
/*
 * The same for a program that reads and writes what it has, takes connections
 * and makes threads: it opens no file, makes and connects no socket, begins
 * nothing, reaches no other process.
 */
int orl_confine_reader(void);

#endif
