/*
 * store.h - the folder of a measurement: its results, one line each, so that
 * what is there already is not measured again; and unpacked traces.
 */
#ifndef ORL_BENCH_STORE_H
#define ORL_BENCH_STORE_H

#include <stdbool.h>
#include <stdio.h>

#include "bench/frames.h"
#include "bench/result.h"

struct store {
	const char *dir;
	FILE *file;
	struct results done; /* before */
	bool print;          /* ... results on stdout as well */
};

/* Makes the folder if need be; one run writes at a time. 0, or -1 after a line
 * on stderr. */
int store_open(struct store *s, const char *dir, bool print);
void store_close(struct store *s);
/* One that has succeeded before; NULL: none. */
const struct result *store_find(const struct store *s, const char *key);
bool store_has(const struct store *s, const char *key);
/* 0, or -1 after a line on stderr. */
int store_save(struct store *s, const struct result *r);
/* The file of an excerpt's frames, unpacked if it is not there. The hash is
 * the trace's. 0, or -1 after a line on stderr. */
int store_frames(const struct store *s, char *path, size_t cap,
		const char *trace, const char *hash,
		const struct frames_excerpt *excerpt);

#endif
