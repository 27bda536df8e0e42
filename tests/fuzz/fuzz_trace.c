/*
 * fuzz_trace.c - any bytes as a recording: unpacked or refused, and what is
 * unpacked can be played without leaving the picture.
 *
 * libav reads the container and decodes; the limits keep it small.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "capture/unpack.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SIDE = 128, FRAMES = 16, RECTS = 4 };

static void get(int fd, void *p, size_t n, uint64_t *at)
{
	if (pread(fd, p, n, (off_t)*at) != (ssize_t)n)
		abort();
	*at += n;
}

static void play(int fd)
{
	static uint32_t picture[SIDE * SIDE];
	struct orl_unpacked_head head;
	uint64_t at = 0, last = 0;

	get(fd, &head, sizeof(head), &at);
	if (head.magic != ORL_UNPACK_MAGIC || head.width < 1 ||
			head.height < 1 || head.width > SIDE ||
			head.height > SIDE || !head.frames)
		abort();
	for (uint32_t n = 0; n < head.frames; n++) {
		struct orl_unpacked_frame frame;
		struct oriel_rect rects[RECTS];

		get(fd, &frame, sizeof(frame), &at);
		if (frame.rects < 1 || frame.rects > RECTS ||
				frame.time < last || frame.time > head.end)
			abort();
		last = frame.time;
		get(fd, rects, frame.rects * sizeof(rects[0]), &at);
		for (uint32_t i = 0; i < frame.rects; i++) {
			const struct oriel_rect *r = &rects[i];

			if (r->x < 0 || r->y < 0 || r->width < 1 ||
					r->height < 1 ||
					r->x + r->width > head.width ||
					r->y + r->height > head.height)
				abort();
			if (orl_unpack_read_rect(fd, &at, picture, head.width,
					    r) < 0)
				abort();
		}
	}
}

/* As a file: for some inputs, it costs more. */
static int unpack_file(int fd, const uint8_t *data, size_t size,
		const struct orl_unpack_limits *limits, char *why, size_t n)
{
	static int file = -1;
	char path[64];

	if (file < 0)
		file = memfd_create("recording", MFD_CLOEXEC);
	if (file < 0 || ftruncate(file, 0) < 0 ||
			pwrite(file, data, size, 0) != (ssize_t)size)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
	return orl_unpack_file(fd, path, limits, why, n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct orl_unpack_limits limits = {
		.bytes = 1 << 20,
		.side = SIDE,
		.frames = FRAMES,
		.threads = 1,
	};
	static int fd = -1;
	char why[128] = "";
	int err;

	if (fd < 0)
		fd = memfd_create("trace", MFD_CLOEXEC);
	if (fd < 0 || ftruncate(fd, 0) < 0)
		abort();
	err = size % 8 ? orl_unpack_memory(fd, data, size, &limits, why,
					 sizeof(why))
		       : unpack_file(fd, data, size, &limits, why, sizeof(why));
	if (err == 0)
		play(fd);
	else if (err > 0 || !why[0])
		abort();
	return 0;
}
