/*
 * unpack.h - a recorded desktop as a file of changed rectangles.
 *
 * The file is for this run only, in this machine's own byte order: a head,
 * then frame after frame: struct orl_unpacked_frame, its rectangles, and the
 * XRGB8888 pixels of each, row by row without gaps. Frame 0 is one rectangle,
 * the whole picture; later ones are unions of 64 x 64 tiles that differ from
 * the frame before. Frames that are equal to the one before are left out.
 */
#ifndef ORL_UNPACK_H
#define ORL_UNPACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <oriel/oriel.h>

enum { ORL_UNPACK_MAGIC = 0x6f72746b };

struct orl_unpacked_head {
	uint32_t magic;
	int32_t width, height;
	uint32_t frames;
	uint64_t end; /* time of the last frame of the recording */
};

struct orl_unpacked_frame {
	uint64_t time; /* ns since frame 0 */
	uint32_t rects, reserved;
};

struct orl_unpack_limits {
	uint64_t bytes; /* of the file */
	int32_t side;   /* longest side of a picture */
	uint32_t frames;
	int threads;   /* 0: as many as there are processors */
	bool progress; /* on stderr */
};

/*
 * Unpack the video at path into fd, an empty file. Returns 0, ORIEL_EINVAL
 * for what is no video, ORIEL_ELIMIT, ORIEL_ENOMEM or ORIEL_EIO; then
 * why[size] is a sentence.
 */
int orl_unpack_file(int fd, const char *path,
		const struct orl_unpack_limits *limits, char *why, size_t size);
/* The same from memory. */
int orl_unpack_memory(int fd, const uint8_t *data, size_t n,
		const struct orl_unpack_limits *limits, char *why, size_t size);

/* Read or write a rectangle of a picture at *at, and move *at behind it. */
int orl_unpack_read_rect(int fd, uint64_t *at, uint32_t *pixels, int32_t stride,
		const struct oriel_rect *rect);
int orl_unpack_write_rect(int fd, uint64_t *at, const uint32_t *pixels,
		int32_t stride, const struct oriel_rect *rect);

#endif
