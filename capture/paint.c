/*
 * paint.c - a desktop that needs no desktop.
 *
 * It has one of each kind of content that codecs treat differently: text on
 * a flat ground that scrolls, a noisy photograph, a smooth moving thing, and
 * small changes far apart.
 */
#include "capture/paint.h"

#include <stdio.h>
#include <string.h>

enum {
	BAR = 24, /* height of the bar with the counter */
	GLYPH_W = 3,
	GLYPH_H = 5,
	SCALE = 2,
	PAPER = 0xf4f1ea,
	INK = 0x202428,
	BAR_PAPER = 0x2d4a6b,
	BAR_INK = 0xffffff,
	GROUND = 0x8fa3ad,
	BOX = 0xd8642c,
	SCROLL_EVERY = 6,
	PHOTO_EVERY = 90,
};

/* ASCII 32 to 95: five rows of three pixels, an octal digit a row. */
static const uint16_t font[64] = { 000000, 022202, 055000, 057575, 036726,
	051245, 025253, 022000, 012221, 042224, 052520, 002720, 000024, 000700,
	000002, 011244, 075557, 026227, 071747, 071717, 055711, 074717, 074757,
	071111, 075757, 075717, 002020, 002024, 012421, 007070, 042124, 071202,
	075747, 025755, 065656, 034443, 065556, 074647, 074644, 034553, 055755,
	072227, 011152, 055655, 044447, 057755, 065555, 025552, 065644, 025573,
	065655, 034216, 072222, 055557, 055552, 055775, 055255, 055222, 071247,
	064446, 044211, 031113, 025000, 000007 };

static int32_t least(int32_t a, int32_t b)
{
	return a < b ? a : b;
}

static int32_t most(int32_t a, int32_t b)
{
	return a > b ? a : b;
}

/* A number that looks random, of two numbers. */
static uint32_t hash(uint32_t a, uint32_t b)
{
	uint32_t h = a * 0x9e3779b1u ^ (b + 0x7f4a7c15u) * 0x85ebca77u;

	h = (h ^ h >> 15) * 0x2c1b3c6du;
	h = (h ^ h >> 12) * 0x297a2d39u;
	return h ^ h >> 15;
}

static struct oriel_rect clip(const struct orl_paint *p, struct oriel_rect r)
{
	int32_t x0 = most(r.x, 0), y0 = most(r.y, 0);
	int32_t x1 = least(r.x + r.width, p->width);
	int32_t y1 = least(r.y + r.height, p->height);

	return (struct oriel_rect){ x0, y0, most(x1 - x0, 0),
		most(y1 - y0, 0) };
}

static void damaged(struct orl_paint *p, struct oriel_rect r)
{
	r = clip(p, r);
	if (r.width && r.height && p->damage_count < p->damage_max)
		p->damage[p->damage_count++] = r;
}

static uint32_t *row(const struct orl_paint *p, int32_t x, int32_t y)
{
	return p->pixels + (size_t)y * (size_t)p->width + x;
}

static void fill(struct orl_paint *p, struct oriel_rect r, uint32_t colour)
{
	r = clip(p, r);
	for (int32_t y = r.y; y < r.y + r.height; y++) {
		uint32_t *at = row(p, r.x, y);

		for (int32_t x = 0; x < r.width; x++)
			at[x] = colour;
	}
}

void orl_paint_fill(struct orl_paint *paint, struct oriel_rect rect,
		uint32_t colour)
{
	fill(paint, rect, colour);
	damaged(paint, rect);
}

static void glyph(
		struct orl_paint *p, int32_t x, int32_t y, char c, uint32_t ink)
{
	unsigned bits;

	if (c >= 'a' && c <= 'z')
		c = (char)(c - 'a' + 'A');
	if (c < 32 || c > 95)
		c = '?';
	bits = font[c - 32];
	for (int i = 0; i < GLYPH_W * GLYPH_H; i++)
		if (bits >> (GLYPH_W * GLYPH_H - 1 - i) & 1)
			fill(p,
					(struct oriel_rect){
							x + i % GLYPH_W * SCALE,
							y + i / GLYPH_W * SCALE,
							SCALE, SCALE },
					ink);
}

static void line_of(struct orl_paint *p, struct oriel_rect area,
		const char *text, uint32_t ink, uint32_t paper)
{
	fill(p, area, paper);
	for (int32_t x = area.x;
			*text && x + ORL_PAINT_COLUMN <= area.x + area.width;
			x += ORL_PAINT_COLUMN)
		glyph(p, x + 1, area.y + 2, *text++, ink);
}

void orl_paint_text(struct orl_paint *paint, int32_t x, int32_t y,
		const char *text, uint32_t ink, uint32_t paper)
{
	struct oriel_rect area = { x, y,
		(int32_t)strlen(text) * ORL_PAINT_COLUMN, ORL_PAINT_LINE };

	line_of(paint, area, text, ink, paper);
	damaged(paint, area);
}

/* Line `n` of an endless program listing. */
static void text_line(struct orl_paint *p, struct oriel_rect area, uint32_t n)
{
	char text[160];
	size_t at = (size_t)snprintf(text, sizeof(text), "%6u  ", n);
	size_t end = 20 + hash(n, 1) % 100;

	at += (size_t)2 * (hash(n, 0) % 4); /* indented */
	memset(text + 8, ' ', at - 8);
	for (uint32_t i = 0; at < end; i++) {
		uint32_t h = hash(n, i + 2);

		text[at++] = h % 7 == 0    ? ' '
			     : h % 29 == 0 ? (char)('!' + h / 64 % 15)
					   : (char)('A' + h / 64 % 26);
	}
	text[at] = 0;
	line_of(p, area, text, hash(n, 99) % 5 ? INK : 0x1d6b35, PAPER);
}

static struct oriel_rect text_area(
		const struct orl_paint *p, enum orl_pattern pattern)
{
	int32_t width = pattern == ORL_PATTERN_TEXT ? p->width : p->width / 2;

	return (struct oriel_rect){ 0, BAR, width,
		(p->height - BAR) / ORL_PAINT_LINE * ORL_PAINT_LINE };
}

static void text_all(struct orl_paint *p, struct oriel_rect area)
{
	int32_t lines = area.height / ORL_PAINT_LINE;

	for (int32_t i = 0; i < lines; i++)
		text_line(p,
				(struct oriel_rect){ area.x,
						area.y + i * ORL_PAINT_LINE,
						area.width, ORL_PAINT_LINE },
				(uint32_t)i);
}

/* The nth scrolling by a line, n from 1. */
static void text_scroll(struct orl_paint *p, struct oriel_rect area, uint32_t n)
{
	int32_t lines = area.height / ORL_PAINT_LINE;
	int32_t keep = area.height - ORL_PAINT_LINE;

	if (lines < 1)
		return;
	for (int32_t y = 0; y < keep; y++)
		memmove(row(p, area.x, area.y + y),
				row(p, area.x, area.y + y + ORL_PAINT_LINE),
				(size_t)area.width * 4);
	text_line(p,
			(struct oriel_rect){ area.x, area.y + keep, area.width,
					ORL_PAINT_LINE },
			(uint32_t)lines - 1 + n);
	damaged(p, area);
}

/* 0 to 255 and back, in 512 steps. */
static uint32_t wave(int32_t at)
{
	uint32_t v = (uint32_t)at & 511;

	return v < 256 ? v : 511 - v;
}

static void photo(struct orl_paint *p, struct oriel_rect area, uint32_t n,
		uint32_t noise)
{
	struct oriel_rect r = clip(p, area);
	int32_t t = (int32_t)(n & 0xffff);

	for (int32_t y = r.y; y < r.y + r.height; y++) {
		uint32_t *at = row(p, r.x, y);

		for (int32_t x = r.x; x < r.x + r.width; x++) {
			uint32_t grain =
					noise ? hash((uint32_t)x + (uint32_t)y * 65536u,
								n) % noise
					      : 0;
			uint32_t red = wave(x + y / 2 + t * 3);
			uint32_t green = wave(y * 2 - x / 3 + t * 5);
			uint32_t blue = wave((x * y >> 8) + t * 2);

			*at++ = (red * 7 / 8 + grain) << 16 |
				(green * 7 / 8 + grain) << 8 |
				(blue * 7 / 8 + grain);
		}
	}
}

static struct oriel_rect photo_area(const struct orl_paint *p)
{
	int32_t half = p->width / 2;

	return (struct oriel_rect){ half + 8, BAR + 8, half - 16,
		(p->height - BAR) / 2 - 16 };
}

static struct oriel_rect box_at(const struct orl_paint *p, uint32_t n)
{
	int32_t left = p->width / 2, top = BAR + (p->height - BAR) / 2;
	int32_t size = most(8, least(p->width, p->height) / 12);
	int32_t xs = most(1, p->width - left - size);
	int32_t ys = most(1, p->height - top - size);
	int32_t x = (int32_t)(n * 7 % (uint32_t)(2 * xs));
	int32_t y = (int32_t)(n * 4 % (uint32_t)(2 * ys));

	return (struct oriel_rect){ left + (x < xs ? x : 2 * xs - x),
		top + (y < ys ? y : 2 * ys - y), size, size };
}

static void counter(struct orl_paint *p, uint32_t n)
{
	char text[32];

	snprintf(text, sizeof(text), "FRAME %08u", n);
	orl_paint_text(p, 8, 5, text, BAR_INK, BAR_PAPER);
}

static void tiny(struct orl_paint *p, uint32_t n)
{
	for (uint32_t i = 0; i < ORL_TINY_COUNT; i++) {
		uint32_t h = hash(i, n);
		struct oriel_rect r = {
			(int32_t)(h % (uint32_t)p->width),
			(int32_t)(hash(h, i) % (uint32_t)p->height),
			2,
			2,
		};

		orl_paint_fill(p, r, h & 0xffffff);
	}
}

static void first(struct orl_paint *p, enum orl_pattern pattern)
{
	struct oriel_rect all = { 0, 0, p->width, p->height };

	fill(p, all, GROUND);
	if (pattern == ORL_PATTERN_VIDEO) {
		photo(p, all, 0, 0);
	} else {
		fill(p, (struct oriel_rect){ 0, 0, p->width, BAR }, BAR_PAPER);
		fill(p,
				(struct oriel_rect){ 0, BAR,
						text_area(p, pattern).width,
						p->height - BAR },
				PAPER);
		text_all(p, text_area(p, pattern));
	}
	if (pattern == ORL_PATTERN_DESKTOP || pattern == ORL_PATTERN_STATIC) {
		photo(p, photo_area(p), 0, 24);
		fill(p, box_at(p, 0), BOX);
	}
	counter(p, 0);
	p->damage_count = 0;
	damaged(p, all);
}

static void desktop(struct orl_paint *p, uint32_t n)
{
	if (n % SCROLL_EVERY == 0)
		text_scroll(p, text_area(p, ORL_PATTERN_DESKTOP),
				n / SCROLL_EVERY);
	orl_paint_fill(p, box_at(p, n - 1), GROUND);
	orl_paint_fill(p, box_at(p, n), BOX);
	if (n % PHOTO_EVERY == 0) {
		photo(p, photo_area(p), n / PHOTO_EVERY * 37, 24);
		damaged(p, photo_area(p));
	}
}

void orl_paint_frame(
		struct orl_paint *paint, enum orl_pattern pattern, uint32_t n)
{
	struct oriel_rect all = { 0, 0, paint->width, paint->height };

	paint->damage_count = 0;
	if (n == 0) {
		first(paint, pattern);
		return;
	}
	switch (pattern) {
	case ORL_PATTERN_DESKTOP:
		desktop(paint, n);
		break;
	case ORL_PATTERN_TEXT:
		text_scroll(paint, text_area(paint, pattern), n);
		break;
	case ORL_PATTERN_VIDEO:
		photo(paint, all, n, 0);
		damaged(paint, all);
		break;
	case ORL_PATTERN_TINY:
		tiny(paint, n);
		break;
	case ORL_PATTERN_STATIC:
	case ORL_PATTERNS:
		return;
	}
	counter(paint, n);
}
