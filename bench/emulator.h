/*
 * emulator.h - the process that is a link: it makes both namespaces, holds a
 * TUN device in each, and carries packets between them through two shapers.
 */
#ifndef ORL_BENCH_EMULATOR_H
#define ORL_BENCH_EMULATOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bench/links.h"
#include "bench/netns.h"

enum { EMULATOR_WHY = 256 };

/* What the emulator says first; the descriptors of the namespaces come with it
 * when all is well. */
struct emulator_hello {
	int error; /* errno of what failed, 0: none */
	char why[EMULATOR_WHY];
};

/* Runs until `control` is closed at the other end. */
int emulator_run(const struct link_spec *link, uint64_t seed,
		const char *congestion, struct netns_shared *shared,
		int control);

uint64_t emulator_now(void);
/* Whether an IP packet is of the competing flow, either way. */
bool emulator_is_flow(const uint8_t *data, size_t n);

#endif
