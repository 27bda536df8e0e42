/*
 * unpack_file.c - rectangles between a picture and a file.
 *
 * Rows are scattered and gathered by the kernel: no mapping, so the pages of
 * the file do not count as memory of this program, and a failing disk is an
 * error instead of a signal.
 */
#include "capture/unpack.h"

#include <errno.h>
#include <sys/types.h>
#include <sys/uio.h>

enum { ROWS = 256 };

/* One call for up to ROWS rows from `y` on. */
static int move_rows(int fd, uint64_t *at, char *pixels, int32_t stride,
		const struct oriel_rect *r, int32_t y, int32_t rows,
		bool writing)
{
	size_t line = (size_t)r->width * 4;
	struct iovec iov[ROWS];
	ssize_t n;

	for (int32_t i = 0; i < rows; i++)
		iov[i] = (struct iovec){
			pixels + (size_t)(r->y + y + i) * (size_t)stride * 4 +
					(size_t)r->x * 4,
			line,
		};
	do
		n = writing ? pwritev(fd, iov, rows, (off_t)*at)
			    : preadv(fd, iov, rows, (off_t)*at);
	while (n < 0 && errno == EINTR);
	if (n != (ssize_t)(line * (size_t)rows))
		return ORIEL_EIO;
	*at += line * (size_t)rows;
	return 0;
}

static int move_rect(int fd, uint64_t *at, char *pixels, int32_t stride,
		const struct oriel_rect *rect, bool writing)
{
	int err = 0;

	for (int32_t y = 0; y < rect->height && !err; y += ROWS) {
		int32_t rows = rect->height - y;

		err = move_rows(fd, at, pixels, stride, rect, y,
				rows < ROWS ? rows : ROWS, writing);
	}
	return err;
}

int orl_unpack_read_rect(int fd, uint64_t *at, uint32_t *pixels, int32_t stride,
		const struct oriel_rect *rect)
{
	return move_rect(fd, at, (char *)pixels, stride, rect, false);
}

int orl_unpack_write_rect(int fd, uint64_t *at, const uint32_t *pixels,
		int32_t stride, const struct oriel_rect *rect)
{
	/* An iovec has no const; pwritev() reads all the same. */
	return move_rect(fd, at, (char *)(uintptr_t)pixels, stride, rect, true);
}
