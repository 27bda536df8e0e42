/*
 * frames.h - an excerpt of a trace, unpacked: what each frame changes, so that
 * players and watchers have the same pictures at hand without decoding video.
 *
 * Every frame but the first carries a mark that names it (mark.h), drawn over
 * one of the blocks of 8 x 8 that the frame changes, chosen at random. A sender cannot know where the next one will be, and so
 * cannot favour it; a mark that is seen is a fair sample of what the frame
 * has changed. It stays until the trace changes its cell again. Blocks that
 * look like the mark before it is drawn are not chosen.
 */
#ifndef ORL_BENCH_FRAMES_H
#define ORL_BENCH_FRAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	FRAMES_CELL = 16, /* what has changed is repainted in these */
	FRAMES_MAX = 4096,
};

#define FRAMES_NONE UINT32_MAX

struct frame_rect {
	int32_t x, y, width, height;
	uint64_t at; /* of its pixels in the file, row by row */
};

struct frame {
	uint64_t time; /* ns since frame 0 */
	uint64_t pixels;
	uint32_t first, rects;
	int32_t mark_x, mark_y; /* -1: no block could be chosen */
	uint32_t covered; /* first frame that paints over it, FRAMES_NONE */
	uint32_t reserved;
};

struct frames {
	const uint8_t *map;
	size_t size;
	int32_t width, height;
	uint32_t n;
	const struct frame *frame;
	const struct frame_rect *rect;
};

struct frames_excerpt {
	double from, seconds; /* of the trace; 0 seconds: to its end */
};

/* Unpacks an excerpt into `path`, which appears when it is complete. 0, or -1
 * after a line on stderr. */
int frames_unpack(const char *path, const char *trace,
		const struct frames_excerpt *excerpt);
/* 0, or -1 after a line on stderr. */
int frames_open(struct frames *f, const char *path);
void frames_close(struct frames *f);

/* Makes of the picture of frame i - 1 that of frame i, mark and all. */
void frames_apply(const struct frames *f, uint32_t i, uint32_t *picture,
		size_t stride);
/* Whether the mark of frame i is what a picture has in its place. */
bool frames_marked(const struct frames *f, uint32_t i, const uint32_t *picture,
		size_t stride);

#endif
