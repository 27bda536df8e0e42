/*
 * netns.h - two network namespaces and the emulated link between them.
 *
 * The namespaces have no names and live as long as descriptors or processes
 * hold them: nothing is left behind however a run ends, and there is no way
 * out of them but the link. Without root a user namespace is made around the
 * calling process first, which must then have one thread only.
 */
#ifndef ORL_BENCH_NETNS_H
#define ORL_BENCH_NETNS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "bench/links.h"
#include "bench/shaper.h"

#define NETNS_SERVER_ADDRESS "192.0.2.1"
#define NETNS_CLIENT_ADDRESS "192.0.2.2"
#define NETNS_DEVICE "oriel0"

enum {
	NETNS_FLOW_PORT = 9, /* of the competing flow, at the client */
	NETNS_MTU = 1500,
	NETNS_SHORT_US = 2000, /* a round trip of no more is calibrated */
};

enum netns_side { NETNS_SERVER, NETNS_CLIENT, NETNS_SIDES };

/* What the processes of a link share. */
struct netns_shared {
	struct shaper_counters counters[LINK_WAYS];
	struct shaper_counters beside[LINK_WAYS]; /* of the competing flow */
	_Atomic uint64_t went; /* when the script began, ns; 0: it has not */
	_Atomic uint64_t flow_bytes;
	_Atomic uint32_t own_us; /* taken off each way's delay */
	_Atomic bool flow;
};

struct netns {
	int fd[NETNS_SIDES];               /* of the namespaces */
	int control;                       /* the emulator ends with it */
	pid_t emulator, flow[NETNS_SIDES]; /* 0: none */
	struct netns_shared *shared;
};

/* What a command gets: a descriptor of -1 is /dev/null, an environment of NULL
 * that of the caller. */
struct netns_files {
	int in, out, err;
	char *const *environment;
};

/* Makes both ends and joins them; `congestion` is the TCP congestion control
 * of both ("cubic", "bbr"), NULL for cubic. 0, or -1 and a sentence in `why`;
 * nothing is left then. */
int netns_up(struct netns *n, const struct link_spec *link, uint64_t seed,
		const char *congestion, char *why, size_t cap);
/* Ends the link and its processes; what was spawned is the caller's to end.
 * Accepts what netns_up() did not make. */
void netns_down(struct netns *n);

/* t = 0 of what the link has scripted. */
void netns_go(struct netns *n);

/* Runs a command at one end, as leader of a process group of its own, killed
 * should the caller die. The pid, or -1 with errno; exit code 127 when it
 * cannot be run. `files` may be NULL: in from /dev/null, out and err shared. */
pid_t netns_spawn(const struct netns *n, enum netns_side side,
		char *const argv[], const struct netns_files *files);
/* As fork(): 0 in a child that is at that end, killed should the caller die. */
pid_t netns_fork(const struct netns *n, enum netns_side side);

/* The seed of one way of a link that was made with `seed`. */
static inline uint64_t netns_seed(uint64_t seed, enum link_way way)
{
	return 2 * seed + (uint64_t)way;
}

/* What the link has counted by now, but for the competing flow. */
void netns_counters(const struct netns *n, struct shaper_counters *down,
		struct shaper_counters *up);
/* Bytes that the competing flow has brought over. */
uint64_t netns_flow_bytes(const struct netns *n);

#endif
