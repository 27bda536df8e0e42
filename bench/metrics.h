/*
 * metrics.h - from what was presented and seen to figures. Pure: numbers in,
 * numbers out.
 */
#ifndef ORL_BENCH_METRICS_H
#define ORL_BENCH_METRICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Times in nanoseconds, 0 for never. */
struct sighting {
	uint64_t submit, seen;
	uint32_t covered; /* the first frame that paints over the mark */
	bool marked;
};

struct quantiles {
	double p50, p95, p99, max; /* NAN when there is nothing */
};

struct freshness {
	uint32_t frames; /* presented, with a mark */
	/* Each frame is one of these. */
	uint32_t shown;   /* seen before any newer one */
	uint32_t merged;  /* seen with or after a newer one */
	uint32_t covered; /* painted over before it was seen */
	uint32_t missing; /* neither came until the end */
	/* Milliseconds from just before presenting. Latency is of the frames
	 * shown. Staleness is of all: until what was sampled of the frame, or
	 * what later replaced it, is visible. */
	struct quantiles latency, staleness;
	/* The longest time in which something new waited and nothing came. */
	double freeze;
};

/*
 * `stale` gets the staleness of each of the n frames in milliseconds, -1 for
 * never, NAN for unmarked ones. What is missing counts in the quantiles as if
 * it had come at `end`.
 */
void metrics_freshness(struct freshness *out, double *stale,
		const struct sighting *frames, uint32_t n, uint64_t end);

/* Sorts the values. */
struct quantiles metrics_quantiles(double *values, size_t n);
double metrics_median(double *values, size_t n); /* sorts them */

struct comparison {
	double psnr;      /* over red, green and blue; 99 when equal */
	double ssim;      /* of luma, in windows of 8 x 8, step 8 */
	double ssim_text; /* in the windows of `text`, NAN without any */
	uint64_t wrong;   /* pixels that differ, and the box around them */
	int32_t x, y, right, bottom;
};

/* A picture against the truth, which `text` belongs to. */
void metrics_compare(struct comparison *out, const uint32_t *truth,
		const uint32_t *shown, const uint8_t *text, int32_t width,
		int32_t height);

/*
 * Which windows of 8 x 8 are text, one byte each: those with few colours and
 * much contrast that changes direction often along its rows. Knows nothing of
 * what the codecs take for text.
 */
void metrics_text(uint8_t *text, const uint32_t *picture, int32_t width,
		int32_t height);

/* PSNR of a grid of pixels, to see whether pictures are alike. */
double metrics_alike(const uint32_t *a, const uint32_t *b, size_t stride,
		int32_t width, int32_t height);

#endif
