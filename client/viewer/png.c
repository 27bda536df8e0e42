/*
 * png.c - pixels as a PNG file: RGB, 8 bits. The file appears whole or not
 * at all, so that a script may wait for its name.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <png.h>

#include "client/viewer/viewer.h"

void orl_png_name(char *out, size_t size, const char *path, unsigned index)
{
	const char *dot = strrchr(path, '.');
	const char *slash = strrchr(path, '/');
	if (!dot || dot == path || (slash && dot < slash + 2))
		dot = path + strlen(path);
	if (index)
		snprintf(out, size, "%.*s-%u%s", (int)(dot - path), path, index,
				dot);
	else
		snprintf(out, size, "%s", path);
}

/* libpng's fast, dull compression: a test takes many of these. */
static void set_up(
		png_structp png, png_infop info, const struct oriel_pixels *p)
{
	png_set_IHDR(png, info, (png_uint_32)p->width, (png_uint_32)p->height,
			8, PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE,
			PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
	png_set_compression_level(png, 3);
	png_set_filter(png, 0, PNG_FILTER_NONE | PNG_FILTER_SUB);
	png_write_info(png, info);
}

static void convert(uint8_t *row, const struct oriel_pixels *p, int32_t y)
{
	bool swap = p->format == ORIEL_FORMAT_XBGR8888;
	const uint32_t *in = (const uint32_t *)(const void
					*)((const char *)p->data +
					   (size_t)y * (size_t)p->stride);
	for (int32_t x = 0; x < p->width; x++) {
		*row++ = (uint8_t)(in[x] >> (swap ? 0 : 16));
		*row++ = (uint8_t)(in[x] >> 8);
		*row++ = (uint8_t)(in[x] >> (swap ? 16 : 0));
	}
}

/* libpng would print a line of its own; the reason is in errno. */
static void give_up(png_structp png, png_const_charp text)
{
	(void)text;
	png_longjmp(png, 1);
}

/* Everything between setjmp and longjmp is done in here. */
static bool write_all(png_structp png, png_infop info, FILE *f,
		const struct oriel_pixels *p, uint8_t *row)
{
	if (setjmp(png_jmpbuf(png)))
		return false;
	png_init_io(png, f);
	set_up(png, info, p);
	for (int32_t y = 0; y < p->height; y++) {
		convert(row, p, y);
		png_write_row(png, row);
	}
	png_write_end(png, info);
	return true;
}

static int write_file(FILE *f, const struct oriel_pixels *p)
{
	int err = ENOMEM;
	png_infop info = NULL;
	uint8_t *row = malloc((size_t)p->width * 3);
	png_structp png = png_create_write_struct(
			PNG_LIBPNG_VER_STRING, NULL, give_up, NULL);
	if (png)
		info = png_create_info_struct(png);
	if (row && info) {
		errno = 0;
		err = write_all(png, info, f, p, row) ? 0 : errno ? errno : EIO;
	}
	png_destroy_write_struct(&png, &info);
	free(row);
	return err;
}

/* As stdio does not: a call that is interrupted is made again. */
static int save(const char *path, const char *bytes, size_t n)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	int err = fd < 0 ? errno : 0;
	while (n && !err) {
		ssize_t done = write(fd, bytes, n);
		if (done < 0 && errno != EINTR)
			err = errno;
		if (done > 0) {
			bytes += done;
			n -= (size_t)done;
		}
	}
	if (fd >= 0 && close(fd) != 0 && errno != EINTR && !err)
		err = errno;
	return err;
}

int orl_png_write(const char *path, const struct oriel_pixels *pixels)
{
	char part[4096], *bytes = NULL;
	size_t size = 0;
	int n = snprintf(part, sizeof(part), "%s.part", path);
	if (n < 0 || (size_t)n >= sizeof(part))
		return ENAMETOOLONG;
	FILE *f = open_memstream(&bytes, &size);
	if (!f)
		return errno;
	int err = write_file(f, pixels);
	if (fclose(f) != 0 && !err)
		err = errno;
	if (!err)
		err = save(part, bytes, size);
	free(bytes);
	if (!err && rename(part, path) != 0)
		err = errno;
	if (err)
		unlink(part);
	return err;
}
