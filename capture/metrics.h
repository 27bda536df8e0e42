/*
 * metrics.h - answer GET /metrics, inside the program's own loop.
 *
 * Never blocks: connections and their bytes are bounded, and one that takes
 * longer than a few seconds is closed.
 */
#ifndef ORL_METRICS_H
#define ORL_METRICS_H

#include <poll.h>
#include <stddef.h>
#include <stdint.h>

enum {
	ORL_METRICS_CONNECTIONS = 8,
	ORL_METRICS_FDS = ORL_METRICS_CONNECTIONS + 1,
	ORL_METRICS_REQUEST = 2048,
};

struct orl_metrics;

/* Writes the page into out[size] and returns its length. */
typedef size_t (*orl_metrics_page)(void *user, char *out, size_t size);

/*
 * Listen on "[HOST:]PORT"; without a host on 127.0.0.1. The address in force
 * goes to why[size], and on failure (-1) what is wrong.
 */
int orl_metrics_open(struct orl_metrics **out, const char *address,
		orl_metrics_page page, void *user, char *why, size_t size);
void orl_metrics_close(struct orl_metrics *metrics);

/* As in struct orl_source_kind; fds has room for ORL_METRICS_FDS. */
size_t orl_metrics_watch(const struct orl_metrics *metrics, struct pollfd *fds,
		uint64_t *due);
void orl_metrics_run(struct orl_metrics *metrics, uint64_t now);

#endif
