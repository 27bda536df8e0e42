/*
 * sink.h - between a crowd's clients (sink.c) and the screens that they have
 * instead of pictures (sink_screen.c).
 */
#ifndef ORL_BENCH_SINK_H
#define ORL_BENCH_SINK_H

#include <stdbool.h>
#include <stdint.h>

/* A commit has come; captured in the server's us, received in our ns. */
void sink_commit(void *user, uint32_t captured, uint64_t received);
/* The server says that all is exact, and nothing is waiting. */
void sink_exact(void *user);

#endif
