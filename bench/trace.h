/*
 * trace.h - the pictures of a recorded desktop (or of one PNG file), one after
 * the other. libavcodec may be under the GPL: programs only.
 */
#ifndef ORL_BENCH_TRACE_H
#define ORL_BENCH_TRACE_H

#include <stdint.h>

struct trace;

/* NULL and a line on stderr when the file cannot be read. */
struct trace *trace_open(const char *path);
void trace_close(struct trace *t);

int32_t trace_width(const struct trace *t);
int32_t trace_height(const struct trace *t);

/* Milliseconds, as the file says; 0: it does not. */
int64_t trace_duration(const struct trace *t);

/*
 * The next picture as width * height words of XRGB with X = 0, at most
 * until the next call; NULL after the last. *milliseconds is its time.
 */
const uint32_t *trace_next(struct trace *t, int64_t *milliseconds);

#endif
