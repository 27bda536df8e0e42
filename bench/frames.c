/*
 * frames.c - see frames.h. The file is for one run on one machine: a head, the
 * pixels, then both tables.
 */
#include "bench/frames.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/mark.h"
#include "bench/trace.h"

enum {
	MAGIC = 0x6f72626d,
	SIDE_MAX = 16384,
	SHORT = 1000, /* ms that the last picture may stand */
};

struct head {
	uint32_t magic, n;
	int32_t width, height;
	uint64_t frames_at, rects_at, rects;
};

struct unpacker {
	FILE *out;
	const char *path;
	int32_t width, height, cols, rows;
	uint32_t *trace;   /* the picture before, as recorded */
	uint32_t *picture; /* ... with the marks */
	uint8_t *changed;  /* by cell */
	uint32_t *owner;   /* the frame whose mark is in a cell */
	struct frame *frame;
	struct frame_rect *rect;
	uint32_t n;
	size_t rects, cap;
	uint64_t at;
};

bool frames_marked(const struct frames *f, uint32_t i, const uint32_t *picture,
		size_t stride)
{
	const struct frame *p = &f->frame[i];
	if (p->mark_x < 0)
		return false;
	return mark_is(picture + (size_t)p->mark_y * stride + p->mark_x, stride,
			i);
}

void frames_apply(const struct frames *f, uint32_t i, uint32_t *picture,
		size_t stride)
{
	const struct frame *p = &f->frame[i];
	for (uint32_t k = 0; k < p->rects; k++) {
		const struct frame_rect *r = &f->rect[p->first + k];
		const uint8_t *from = f->map + r->at;
		size_t row = (size_t)r->width * 4;
		for (int32_t y = 0; y < r->height; y++)
			memcpy(picture + (size_t)(r->y + y) * stride + r->x,
					from + (size_t)y * row, row);
	}
	if (p->mark_x >= 0)
		mark_draw(picture + (size_t)p->mark_y * stride + p->mark_x,
				stride, i);
}

/* ---- unpacking */

static uint32_t next_random(uint64_t *state)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(*state >> 33);
}

static bool block_changed(const struct unpacker *u, const uint32_t *pixels,
		int32_t x, int32_t y)
{
	for (int32_t row = 0; row < MARK_SIDE; row++) {
		size_t at = (size_t)(y + row) * (size_t)u->width + (size_t)x;
		if (memcmp(pixels + at, u->trace + at, MARK_SIDE * 4) != 0)
			return true;
	}
	return false;
}

/* One of the blocks that differ, all with the same chance. */
static void choose_mark(
		struct unpacker *u, struct frame *f, const uint32_t *pixels)
{
	uint64_t random = 0x9e3779b97f4a7c15u * (u->n + 1);
	uint32_t seen = 0;
	f->mark_x = f->mark_y = -1;
	for (int32_t y = 0; y + MARK_SIDE <= u->height; y += MARK_SIDE)
		for (int32_t x = 0; x + MARK_SIDE <= u->width; x += MARK_SIDE) {
			size_t at = (size_t)y * (size_t)u->width + (size_t)x;
			if (!u->changed[y / FRAMES_CELL * u->cols +
					    x / FRAMES_CELL] ||
					!block_changed(u, pixels, x, y) ||
					mark_is(u->picture + at,
							(size_t)u->width, u->n))
				continue;
			if (next_random(&random) % ++seen)
				continue;
			f->mark_x = x;
			f->mark_y = y;
		}
}

static int find_changes(struct unpacker *u, const uint32_t *pixels)
{
	size_t width = (size_t)u->width;
	int any = 0;
	memset(u->changed, 0, (size_t)u->cols * (size_t)u->rows);
	for (int32_t y = 0; y < u->height; y++) {
		const uint32_t *a = pixels + (size_t)y * width;
		const uint32_t *b = u->trace + (size_t)y * width;
		uint8_t *row = u->changed + y / FRAMES_CELL * u->cols;
		if (memcmp(a, b, width * 4) == 0)
			continue;
		for (int32_t x = 0; x < u->width; x++)
			if (a[x] != b[x]) {
				row[x / FRAMES_CELL] = 1;
				any = 1;
				x |= FRAMES_CELL - 1;
			}
	}
	return any;
}

static int put_rect(struct unpacker *u, const uint32_t *pixels, int32_t x,
		int32_t y, int32_t right, int32_t bottom)
{
	if (u->rects == u->cap) {
		size_t cap = u->cap ? u->cap * 2 : 1024;
		void *more = realloc(u->rect, cap * sizeof(*u->rect));
		if (!more)
			return -1;
		u->rect = more;
		u->cap = cap;
	}
	right = right < u->width ? right : u->width;
	bottom = bottom < u->height ? bottom : u->height;
	struct frame_rect *r = &u->rect[u->rects++];
	*r = (struct frame_rect){ x, y, right - x, bottom - y, u->at };
	size_t row = (size_t)r->width;
	for (; y < bottom; y++)
		if (fwrite(pixels + (size_t)y * (size_t)u->width + x, 4, row,
				    u->out) != row)
			return -1;
	u->at += (uint64_t)row * (uint64_t)r->height * 4;
	u->frame[u->n].pixels += (uint64_t)row * (uint64_t)r->height;
	return 0;
}

/* Runs of changed cells, put together with equal runs below. */
static int put_rects(struct unpacker *u, const uint32_t *pixels)
{
	for (int32_t row = 0; row < u->rows; row++)
		for (int32_t left = 0; left < u->cols; left++) {
			uint8_t *c = u->changed + row * u->cols;
			int32_t right = left, bottom = row + 1;
			while (right < u->cols && c[right])
				right++;
			if (right == left)
				continue;
			size_t n = (size_t)(right - left);
			for (; bottom < u->rows; bottom++) {
				uint8_t *d = u->changed + bottom * u->cols;
				if (memchr(d + left, 0, n) ||
						(left && d[left - 1]) ||
						(right < u->cols && d[right]))
					break;
				memset(d + left, 0, n);
			}
			if (put_rect(u, pixels, left * FRAMES_CELL,
					    row * FRAMES_CELL,
					    right * FRAMES_CELL,
					    bottom * FRAMES_CELL))
				return -1;
			left = right;
		}
	return 0;
}

static void take_over(
		struct unpacker *u, struct frame *f, const uint32_t *pixels)
{
	size_t width = (size_t)u->width;
	for (int32_t row = 0; row < u->rows; row++)
		for (int32_t col = 0; col < u->cols; col++) {
			uint32_t *owner = &u->owner[row * u->cols + col];
			if (!u->changed[row * u->cols + col])
				continue;
			if (*owner != FRAMES_NONE)
				u->frame[*owner].covered = u->n;
			*owner = FRAMES_NONE;
			int32_t x = col * FRAMES_CELL, y = row * FRAMES_CELL;
			int32_t w = u->width - x < FRAMES_CELL ? u->width - x
							       : FRAMES_CELL;
			for (int32_t k = 0;
					k < FRAMES_CELL && y + k < u->height;
					k++) {
				size_t at = (size_t)(y + k) * width + (size_t)x;
				memcpy(u->picture + at, pixels + at,
						(size_t)w * 4);
			}
		}
	if (f->mark_x >= 0) {
		u->owner[f->mark_y / FRAMES_CELL * u->cols +
				f->mark_x / FRAMES_CELL] = u->n;
		mark_draw(u->picture + (size_t)f->mark_y * width + f->mark_x,
				width, u->n);
	}
	memcpy(u->trace, pixels, width * (size_t)u->height * 4);
}

static int add_frame(struct unpacker *u, const uint32_t *pixels, uint64_t time)
{
	struct frame *f = &u->frame[u->n];
	*f = (struct frame){ .time = time,
		.first = (uint32_t)u->rects,
		.mark_x = -1,
		.mark_y = -1,
		.covered = FRAMES_NONE };
	if (!u->n)
		memset(u->changed, 1, (size_t)u->cols * (size_t)u->rows);
	else if (!find_changes(u, pixels))
		return 0;
	else
		choose_mark(u, f, pixels);
	take_over(u, f, pixels);
	if (!u->n) {
		if (put_rect(u, pixels, 0, 0, u->width, u->height))
			return -1;
	} else if (put_rects(u, pixels)) {
		return -1;
	}
	f->rects = (uint32_t)u->rects - f->first;
	u->n++;
	return 0;
}

static int begin(struct unpacker *u, struct trace *t)
{
	u->width = trace_width(t);
	u->height = trace_height(t);
	if (u->width < FRAMES_CELL || u->height < FRAMES_CELL ||
			u->width > SIDE_MAX || u->height > SIDE_MAX) {
		errno = EFBIG;
		return -1;
	}
	size_t area = (size_t)u->width * (size_t)u->height;
	u->cols = (u->width + FRAMES_CELL - 1) / FRAMES_CELL;
	u->rows = (u->height + FRAMES_CELL - 1) / FRAMES_CELL;
	size_t cells = (size_t)u->cols * (size_t)u->rows;
	u->trace = calloc(area, 4);
	u->picture = calloc(area, 4);
	u->changed = calloc(cells, 1);
	u->owner = malloc(cells * sizeof(*u->owner));
	u->frame = calloc(FRAMES_MAX, sizeof(*u->frame));
	if (!u->trace || !u->picture || !u->changed || !u->owner || !u->frame)
		return -1;
	memset(u->owner, 0xff, cells * sizeof(*u->owner));
	struct head room = { 0 };
	u->at = sizeof(room);
	return fwrite(&room, sizeof(room), 1, u->out) == 1 ? 0 : -1;
}

static int finish(struct unpacker *u)
{
	struct head head = { MAGIC, u->n, u->width, u->height, 0, 0, u->rects };
	u->at = (u->at + 7) & ~7ull;
	head.frames_at = u->at;
	head.rects_at = u->at + u->n * sizeof(*u->frame);
	if (fseeko(u->out, (off_t)u->at, SEEK_SET) ||
			fwrite(u->frame, sizeof(*u->frame), u->n, u->out) !=
					u->n ||
			fwrite(u->rect, sizeof(*u->rect), u->rects, u->out) !=
					u->rects ||
			fseeko(u->out, 0, SEEK_SET) ||
			fwrite(&head, sizeof(head), 1, u->out) != 1)
		return -1;
	return fflush(u->out);
}

static int unpack(struct unpacker *u, struct trace *t,
		const struct frames_excerpt *e)
{
	int64_t from = (int64_t)(e->from * 1e3), ms = 0, start = 0;
	int64_t most = e->seconds > 0 ? (int64_t)(e->seconds * 1e3) : INT64_MAX;
	bool whole = false;
	const uint32_t *pixels;
	if (begin(u, t))
		return -1;
	while (u->n < FRAMES_MAX && (pixels = trace_next(t, &ms))) {
		if (ms < from)
			continue;
		if (!u->n)
			start = ms;
		whole = ms - start >= most;
		if (whole)
			break;
		if (add_frame(u, pixels, (uint64_t)(ms - start) * 1000000))
			return -1;
	}
	if (!whole && u->n < FRAMES_MAX && ms + SHORT < trace_duration(t)) {
		errno = EBADMSG;
		return -1;
	}
	if (u->n < 2) {
		errno = ENODATA;
		return -1;
	}
	return finish(u);
}

int frames_unpack(const char *path, const char *trace,
		const struct frames_excerpt *excerpt)
{
	struct unpacker u = { .path = path };
	char temporary[4096];
	struct trace *t = trace_open(trace);
	if (!t)
		return -1;
	snprintf(temporary, sizeof(temporary), "%s.%ld", path, (long)getpid());
	u.out = fopen(temporary, "wb");
	int err = u.out ? unpack(&u, t, excerpt) : -1;
	int why = errno;
	if (u.out && fclose(u.out) && !err) {
		why = errno;
		err = -1;
	}
	if (!err && rename(temporary, path)) {
		why = errno;
		err = -1;
	}
	if (err) {
		if (why == ENODATA)
			fprintf(stderr, "oriel-bench: nothing changes in %s\n",
					trace);
		else if (why == EBADMSG)
			fprintf(stderr,
					"oriel-bench: %s is damaged or ends "
					"too early\n",
					trace);
		else
			fprintf(stderr,
					"oriel-bench: cannot unpack %s to %s: "
					"%s\n",
					trace, path, strerror(why));
		unlink(temporary);
	}
	trace_close(t);
	free(u.trace);
	free(u.picture);
	free(u.changed);
	free(u.owner);
	free(u.frame);
	free(u.rect);
	return err;
}

/* ---- reading */

static bool sound(const struct frames *f, const struct head *h)
{
	if (h->magic != MAGIC || h->n < 2 || h->n > FRAMES_MAX ||
			h->width < FRAMES_CELL || h->width > SIDE_MAX ||
			h->height < FRAMES_CELL || h->height > SIDE_MAX ||
			h->frames_at > f->size ||
			(f->size - h->frames_at) / sizeof(struct frame) < h->n)
		return false;
	if (h->rects_at != h->frames_at + h->n * sizeof(struct frame))
		return false;
	return (f->size - h->rects_at) / sizeof(struct frame_rect) >= h->rects;
}

int frames_open(struct frames *f, const char *path)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	void *map = MAP_FAILED;
	memset(f, 0, sizeof(*f));
	if (fd >= 0 && !fstat(fd, &st) &&
			(size_t)st.st_size > sizeof(struct head))
		map = mmap(NULL, (size_t)st.st_size, PROT_READ,
				MAP_SHARED | MAP_POPULATE, fd, 0);
	if (fd >= 0)
		close(fd);
	if (map != MAP_FAILED) {
		const struct head *h = map;
		f->map = map;
		f->size = (size_t)st.st_size;
		if (sound(f, h)) {
			f->width = h->width;
			f->height = h->height;
			f->n = h->n;
			f->frame = (const void *)(f->map + h->frames_at);
			f->rect = (const void *)(f->map + h->rects_at);
			return 0;
		}
	}
	fprintf(stderr, "oriel-bench: cannot use %s\n", path);
	frames_close(f);
	return -1;
}

void frames_close(struct frames *f)
{
	if (f->map)
		munmap((void *)(uintptr_t)f->map, f->size);
	memset(f, 0, sizeof(*f));
}
