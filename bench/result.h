/*
 * result.h - what one run has measured, as one line of JSON.
 */
#ifndef ORL_BENCH_RESULT_H
#define ORL_BENCH_RESULT_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/*
 * What measuring means, as a number: to be raised by hand whenever a figure
 * of a result is computed in another way, or something else is counted in it.
 * Results of other numbers are not taken for new ones, and are not in one row
 * with them. It is not a hash of this program: a matrix of days goes on after
 * a build that changes no figure.
 *
 * 2: the wait of what never came ends when the run does; lost keys are in the
 *    time from input to picture; the competing flow's bytes are not the
 *    peer's; a freeze may last until the end.
 */
enum { RESULT_METHOD = 2 };

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

/* Sets the key: of who, what and where it was measured, over a link of this
 * hash, but for the figures. What has the same key need not be measured. */
void result_key(struct result *r, uint64_t link);

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
