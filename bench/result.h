/*
 * result.h - what one run has measured, as one line of JSON.
 */
#ifndef ORL_BENCH_RESULT_H
#define ORL_BENCH_RESULT_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum {
	RESULT_TEXT = 768,
	RESULT_SERIES = 4096,
	RESULT_LINE_MAX = 512 << 10,
};

/* Up to RESULT_SERIES numbers. */
struct series {
	double *v;
	size_t n;
};

/* The members, listed in result.def. */
struct result {
#define TEXT(name) char name[RESULT_TEXT];
#define NUMBER(name) double name;
#define SERIES(name) struct series name;
#include "bench/result.def"
#undef TEXT
#undef NUMBER
#undef SERIES
};

/* Everything empty or NAN. */
void result_init(struct result *r);
void result_fini(struct result *r);
/* 0, or -1 without memory or with more than RESULT_SERIES numbers. */
int result_append(struct series *s, double value);

/* One line. 0, or -1 with errno. */
int result_write(FILE *out, const struct result *r);
/*
 * Reads a line of n bytes into an initialised result. Keys that are not known
 * are skipped. 0, or -1 when this is not a JSON object of such a shape; what
 * was read until then is in the result.
 */
int result_read(struct result *r, const char *line, size_t n);

/* By name: a number of a result, for tables. NULL: no such. */
const double *result_number(const struct result *r, const char *name);

struct results {
	struct result *v;
	size_t n, cap;
	size_t broken; /* lines that could not be read */
};

/* All of a file; the last of each key counts. 0, or -1 with errno. */
int results_load(struct results *all, const char *path);
void results_fini(struct results *all);

#endif
