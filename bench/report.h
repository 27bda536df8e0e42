/*
 * report.h - results put in order: a group is what may be compared (a trace, a
 * link, a congestion control), a row is a peer in it, with all its repeats.
 */
#ifndef ORL_BENCH_REPORT_H
#define ORL_BENCH_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "bench/crowd.h"
#include "bench/result.h"

enum { REPORT_RUNS = 32, REPORT_ROWS = 24, REPORT_GROUPS = 256 };

struct row {
	const struct result *first;             /* says who it is */
	const struct result *runs[REPORT_RUNS]; /* that succeeded */
	size_t n;
	size_t failed;
	const char *error; /* of the last that failed */
	size_t colour;
	char label[96]; /* the peer, with its version where that differs */
};

struct group {
	const struct result *first;
	struct row rows[REPORT_ROWS];
	size_t n;
	const struct row *base; /* that the others are compared with */
};

struct report {
	struct results results;
	struct group *groups;
	size_t n_groups;
	size_t left_out; /* results that found no place */
	const char *machines[8];
	size_t n_machines;
	size_t disturbed; /* runs */
	size_t density;   /* results of it, which are in no group */
};

/* Of the repeats. NAN when there is none, INFINITY where it never was. */
struct spread {
	double median, min, max;
	size_t n;
};

/* A figure: where it comes from, how it is shown, and what it means. */
struct figure {
	const char *name, *unit;
	double (*get)(const struct result *r);
	double scale;
	int digits;
	const char *absent; /* for NAN: "never", "-" */
	const char *method;
	bool detail; /* not in the first table */
};

extern const struct figure figures[];
extern const size_t n_figures;

struct spread report_spread(const struct row *row, const struct figure *f);
/* Whether a group has such a figure: of recordings and of live sessions there
 * are others. */
bool report_has(const struct group *g, const struct figure *f);
/* How many to show behind the point. */
int report_digits(const struct spread *s, const struct figure *f);
enum { REPORT_VALUE = 48, REPORT_RANGE = 2 * REPORT_VALUE + 4 };
void report_median(char out[static REPORT_VALUE], const struct spread *s,
		const struct figure *f);
/* "1.70-1.80"; false: there is none. */
bool report_range(char out[static REPORT_RANGE], const struct spread *s,
		const struct figure *f);
/* "1.77", with "(1.70-1.80)" when there are repeats. */
void report_cell(char *out, size_t cap, const struct spread *s,
		const struct figure *f);

/* How a result was measured, but for the link. */
void report_conditions(char *out, size_t cap, const struct result *r);
/* As numbers; what is not known of either is the same, too. */
bool report_same(double a, double b);

/* Takes over the results. -1 without memory. */
int report_make(struct report *r, struct results *results);
void report_free(struct report *r);

/* ---- density (report_density.c) */

enum { REPORT_CURVES = 24, REPORT_POINTS = 16 };

/* So many sessions, all repeats of it. */
struct point {
	const struct result *runs[REPORT_RUNS];
	size_t n;
};

/* More and more sessions of the same kind. */
struct curve {
	const struct result *first;
	struct point points[REPORT_POINTS]; /* in the order of sessions */
	size_t n;
	size_t colour; /* of the work */
};

/* Puts results of density in order; how many there are. */
size_t report_curves(
		struct curve out[static REPORT_CURVES], const struct report *r);
struct crowd_knee report_knee(const struct curve *c);
void report_density_html(FILE *out, const struct report *r);
void report_density_markdown(FILE *out, const struct report *r);

int report_html(FILE *out, const struct report *r);
int report_markdown(FILE *out, const struct report *r);

#endif
