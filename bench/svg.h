/*
 * svg.h - small charts as inline SVG: lines, steps and dots between two axes.
 * Colours are the page's (style.h), by class: s0, s1, ...
 */
#ifndef ORL_BENCH_SVG_H
#define ORL_BENCH_SVG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum { SVG_COLOURS = 8 };

struct svg_axis {
	double min, max; /* equal: 0 to 1; of a log axis above 0 */
	bool log;
	const char *label;
};

struct svg {
	FILE *out;
	struct svg_axis x, y;
};

void svg_begin(struct svg *c, FILE *out, const char *title, struct svg_axis x,
		struct svg_axis y);
void svg_end(struct svg *c);
/* Points that are not finite interrupt the line. */
void svg_line(struct svg *c, const double *x, const double *y, size_t n,
		size_t colour);
/* With a title that shows when pointed at. */
void svg_dot(struct svg *c, double x, double y, size_t colour,
		const char *title);

/* Text of any kind inside HTML or SVG. */
void html_text(FILE *out, const char *text);

/* From `min` up the next multiple of a round step that gives about n of them:
 * the step. */
double svg_step(double min, double max, int n);

#endif
