/*
 * placard.c - a few words on a display whose picture is gone.
 *
 * Drawn in bands from the top, so that a screen of any size takes the memory
 * of a band.
 */
#include "capture/placard.h"

#include <stdlib.h>
#include <string.h>

#include "capture/paint.h"

enum {
	PAPER = 0x20242a,
	INK = 0xd8dce2,
	BAND = 64,
	TITLE_SCALE = 3,
	LINE_SCALE = 2,
	LETTERS = 64, /* of a line */
};

struct band {
	struct oriel_display *display;
	uint32_t *pixels; /* width * BAND */
	int32_t width, y, height;
};

static void fill(struct band *b)
{
	for (size_t i = 0; i < (size_t)b->width * BAND; i++)
		b->pixels[i] = PAPER;
}

/* Show `rows` rows of it, and go on below them. */
static int put(struct band *b, int32_t rows)
{
	struct oriel_pixels pixels = { b->pixels, b->width, 0, b->width * 4,
		ORIEL_FORMAT_XRGB8888 };
	int err;

	pixels.height = rows < b->height - b->y ? rows : b->height - b->y;
	if (pixels.height < 1)
		return 0;
	err = oriel_display_patch(b->display, &pixels, 0, b->y, 0);
	b->y += pixels.height;
	return err;
}

static int put_empty(struct band *b, int32_t until)
{
	int err = 0;

	fill(b);
	while (b->y < until && !err)
		err = put(b, until - b->y < BAND ? until - b->y : BAND);
	return err;
}

/* How large letters can be for all of the text to fit; 1 at least. */
static int32_t scale_of(const struct band *b, const char *text, int32_t most)
{
	int32_t n = (int32_t)strnlen(text, LETTERS) * ORL_PAINT_COLUMN;

	while (most > 1 && n * most > b->width)
		most--;
	return most;
}

static int put_text(struct band *b, const char *text, int32_t scale)
{
	uint32_t small[LETTERS * ORL_PAINT_COLUMN * ORL_PAINT_LINE];
	struct orl_paint paint = { .pixels = small,
		.width = (int32_t)strnlen(text, LETTERS) * ORL_PAINT_COLUMN,
		.height = ORL_PAINT_LINE };
	int32_t left = (b->width - paint.width * scale) / 2;

	left = left < 0 ? 0 : left;
	fill(b);
	orl_paint_text(&paint, 0, 0, text, INK, PAPER);
	for (int32_t y = 0; y < ORL_PAINT_LINE * scale; y++)
		for (int32_t x = 0;
				x < paint.width * scale && left + x < b->width;
				x++)
			b->pixels[(size_t)y * (size_t)b->width +
					(size_t)(left + x)] =
					small[y / scale * paint.width +
							x / scale];
	return put(b, ORL_PAINT_LINE * scale);
}

int orl_placard_show(struct oriel_display *display, int32_t width,
		int32_t height, const char *title, const char *line)
{
	struct band b = {
		.display = display, .width = width, .height = height
	};
	int32_t at, of_title, of_line;
	int err;

	b.pixels = calloc((size_t)width * BAND, sizeof(*b.pixels));
	if (!b.pixels)
		return ORIEL_ENOMEM;
	of_title = scale_of(&b, title, TITLE_SCALE);
	of_line = line ? scale_of(&b, line, LINE_SCALE) : 0;
	at = (height - ORL_PAINT_LINE * (of_title + of_line)) / 2;
	err = put_empty(&b, at);
	if (!err)
		err = put_text(&b, title, of_title);
	if (!err && line)
		err = put_text(&b, line, of_line);
	if (!err)
		err = put_empty(&b, height);
	free(b.pixels);
	return err;
}
