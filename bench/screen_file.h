/*
 * screen_file.h - the picture of an Xvfb, as it has it in a file (-fbdir).
 */
#ifndef ORL_BENCH_SCREEN_FILE_H
#define ORL_BENCH_SCREEN_FILE_H

#include <stddef.h>
#include <stdint.h>

struct screen_file {
	const uint32_t *pixels; /* change as they are painted */
	size_t stride;          /* words */
};

/* For as long as the process lives. -1: not a screen of this size. */
int screen_file_map(struct screen_file *out, const char *path, int32_t width,
		int32_t height);

#endif
