/*
 * probe.h - the time to the other end of a link and back, between two programs
 * that wait for packets.
 */
#ifndef ORL_BENCH_PROBE_H
#define ORL_BENCH_PROBE_H

#include <netinet/in.h>
#include <stdint.h>

#include "bench/netns.h"

enum { PROBE_PORT = 7 };

struct sockaddr_in probe_address(enum netns_side side);

/* The median of so many round trips, ns; 0 when none came back within `wait`
 * of the last. `eager` programs do not sleep: on a short link it would be
 * their waking up that is measured. */
uint64_t probe_rtt(const struct netns *n, unsigned probes, uint64_t wait_ns,
		bool eager);

#endif
