/*
 * path.h - a network path in virtual time, for tests.
 *
 * One bottleneck (rate, delay, byte-bounded drop-tail queue, random loss) with
 * two TCP-like senders on it: flow 0 is the one under test, flow 1 a greedy
 * neighbour. Segments, selective acknowledgement, RACK-like loss detection,
 * tail probe and timeout; congestion control after cubic or bbr (with its
 * PROBE_RTT). Everything follows from the seed; nothing looks at a clock.
 */
#ifndef ORL_TESTS_PATH_H
#define ORL_TESTS_PATH_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/rate.h"

enum { PATH_MSS = 1448, PATH_HEADER = 52 };

enum path_control { PATH_CUBIC, PATH_BBR };

struct path_config {
	uint64_t rate;   /* IP bytes a second */
	uint64_t delay;  /* one way, ns */
	uint64_t queue;  /* bytes the bottleneck holds, drop-tail */
	uint32_t loss;   /* data packets of a million lost at random */
	uint32_t jitter; /* ns, added to the way back, uniform, in order */
	uint64_t seed;
	enum path_control control, neighbour;
	bool no_sack; /* do not tell what was received out of order */
};

struct path;

struct path *path_create(const struct path_config *config);
void path_destroy(struct path *path);

uint64_t path_now(const struct path *path);
/* Handle everything up to and including `until`, which becomes now. */
void path_run(struct path *path, uint64_t until);
/* When the next thing happens, UINT64_MAX for never. */
uint64_t path_next(const struct path *path);

/* The path's own changes, from now on. */
void path_set_rate(struct path *path, uint64_t rate);
void path_set_delay(struct path *path, uint64_t delay);
/* Down: whatever enters is lost. */
void path_set_down(struct path *path, bool down);
/* The greedy neighbour. */
void path_set_neighbour(struct path *path, bool on);

/* Flow 0: write to its socket, and what TCP_INFO and SIOCOUTQ would say. */
void path_write(struct path *path, uint64_t bytes);
void path_info(const struct path *path, struct orl_rate_input *in);

/* Bytes that reached the receiver in order. */
uint64_t path_received(const struct path *path, unsigned flow);
/* The delay a packet would find in the queue now, ns. */
uint64_t path_queue(const struct path *path);
/* Uniform in [0, n), from the seed. */
uint64_t path_random(struct path *path, uint64_t n);

#endif
