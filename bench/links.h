/*
 * links.h - the links that measurements run over: their names and how they
 * are written down.
 *
 * A link is a list of items with commas between them; the first may be the
 * name of a link, which the others then change:
 *
 *   wan
 *   wan,loss=1%
 *   down=20mbit,up=5mbit,rtt=50ms,jitter=10ms,loss=1%,queue=100ms
 *   rate=20mbit,rtt=40ms,queue=100ms,10s:rate=2mbit,20s:rate=20mbit,30s:cut=3s
 *
 * rate down up        bits a second: 1000000, 20mbit, 1gbit, 500kbit
 * rtt                 both delays: half of it each way
 * delay jitter        one way: 10ms, 150us, 1s
 * queue               bytes (64000b, 64kb) or time at the rate (100ms)
 * loss reorder        of 100: 1%, or of 1: 0.01
 * gemodel             P/R, P/R/BAD, P/R/BAD/GOOD: shares as in loss
 * flow=on|off         a competing TCP cubic flow from server to client
 * cut=TIME            an outage so long
 * by=netem|tun        who does it: the kernel's netem, which then counts
 *                     nothing and overtakes under jitter, or the shaper
 *
 * A key is of both ways unless down- or up- is before it (up-loss=2%). TIME:
 * before an item has it happen that long after netns_go(); of rate, down, up,
 * delay, jitter, loss, reorder, gemodel, cut, flow. The queue of a link whose
 * rate changes stays what it was in bytes.
 */
#ifndef ORL_BENCH_LINKS_H
#define ORL_BENCH_LINKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "bench/shaper.h"

enum { LINK_STEPS = 32, LINK_TEXT = 512 };

/* From the server to the client, and back. */
enum link_way { LINK_DOWN, LINK_UP, LINK_WAYS };

/* From `at` on the link is this. */
struct link_step {
	uint64_t at_ms;
	struct shaper_config way[LINK_WAYS];
	bool flow;
};

struct link_spec {
	char name[32];        /* "custom" when it has none of the table's */
	char text[LINK_TEXT]; /* as it was given, for reports */
	struct shaper_config way[LINK_WAYS]; /* at first */
	bool flow, netem;
	struct link_step steps[LINK_STEPS]; /* by time */
	size_t n_steps;
};

struct link_name {
	const char *name, *text, *about;
};

/* The table, ended by a NULL name. */
extern const struct link_name link_names[];

/* A name or a description. 0, or -1 and a sentence in `why`. */
int link_parse(struct link_spec *out, const char *text, char *why, size_t cap);
/* A parameter file: a line is `NAME = DESCRIPTION`, # begins a comment. Calls
 * `each` for every link; stops at the first that is wrong or when `each`
 * returns other than 0, which it then returns. */
int link_parse_file(const char *text, size_t length,
		int (*each)(void *user, const struct link_spec *link),
		void *user, char *why, size_t cap);

/* The delays of both ways together, at first. */
uint64_t link_rtt_us(const struct link_spec *link);
/* The share that Gilbert-Elliott loses on the average. */
double link_burst_loss(const struct shaper_config *way);
/* Of all that the link is and does, its name and wording left out. */
uint64_t link_hash(const struct link_spec *link);
/* One line: what the link is. Returns its length, cut to cap. */
size_t link_describe(const struct link_spec *link, char *out, size_t cap);

enum { LINK_ARGS = 40, LINK_ARG = 24 };

/* A command for execvp(). */
struct link_command {
	char text[LINK_ARGS][LINK_ARG];
	char *argv[LINK_ARGS + 1];
	int argc;
};

/* The tc command that makes `device` one way of the link by netem; `change`
 * for a step of a script. Its queue is in packets of 1500 bytes, as netem's
 * limit is, and holds also those on the way. */
void link_netem(struct link_command *out, const struct shaper_config *way,
		const char *device, bool change);

#endif
