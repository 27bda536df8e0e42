/*
 * rfb_pixels.c - rectangles of pixels: raw, copied, hextile, zlib and ZRLE.
 * All of them lie inside the screen; what is read is checked against that.
 */
#include <stdlib.h>
#include <string.h>

#include "capture/far/rfb.h"

enum {
	RAW = 0,
	COPY_RECT = 1,
	HEXTILE = 5,
	ZLIB = 6,
	ZRLE = 16,
	TILE = 64,
	SMALL_TILE = 16,
};

/* Of a tile of hextile. */
enum {
	TILE_RAW = 1 << 0,
	TILE_PAPER = 1 << 1,
	TILE_INK = 1 << 2,
	TILE_RECTS = 1 << 3,
	TILE_COLOURS = 1 << 4,
};

static void broken(struct orl_rfb *r)
{
	orl_helper_end(&r->helper, ORL_EXIT_SOURCE,
			"the server's picture is broken");
}

static uint32_t *pixel(struct orl_rfb *r, int32_t x, int32_t y)
{
	return r->helper.pixels + (size_t)y * (size_t)r->helper.width + x;
}

static void fill(struct orl_rfb *r, struct oriel_rect at, uint32_t colour)
{
	for (int32_t y = 0; y < at.height; y++) {
		uint32_t *p = pixel(r, at.x, at.y + y);

		for (int32_t x = 0; x < at.width; x++)
			p[x] = colour;
	}
}

static uint32_t of_bytes(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16;
}

/* In the wire's order, which is this format's on every machine. */
static uint32_t read_colour(struct orl_rfb *r)
{
	uint8_t bytes[4];

	orl_rfb_read(r, bytes, sizeof(bytes));
	return of_bytes(bytes);
}

static void put_row(uint32_t *out, const uint8_t *in, int32_t n)
{
	for (int32_t i = 0; i < n; i++)
		out[i] = of_bytes(in + 4 * i);
}

static void read_raw(struct orl_rfb *r, struct oriel_rect at)
{
	uint8_t row[4 * 256];

	for (int32_t y = 0; y < at.height; y++)
		for (int32_t x = 0; x < at.width; x += 256) {
			int32_t n = at.width - x < 256 ? at.width - x : 256;

			orl_rfb_read(r, row, 4 * (size_t)n);
			put_row(pixel(r, at.x + x, at.y + y), row, n);
		}
}

static void read_copy(struct orl_rfb *r, struct oriel_rect at)
{
	int32_t from_x = orl_rfb_u16(r), from_y = orl_rfb_u16(r);
	bool up = from_y < at.y;

	if (at.width > r->helper.width - from_x ||
			at.height > r->helper.height - from_y)
		orl_helper_end(&r->helper, ORL_EXIT_SOURCE,
				"the server copies from outside its screen");
	for (int32_t i = 0; i < at.height; i++) {
		int32_t y = up ? at.height - 1 - i : i;

		memmove(pixel(r, at.x, at.y + y), pixel(r, from_x, from_y + y),
				(size_t)at.width * 4);
	}
}

static void read_zlib(struct orl_rfb *r, struct oriel_rect at)
{
	uint8_t row[4 * 256];

	orl_rfb_inflate(r, &r->zlib, orl_rfb_u32(r));
	for (int32_t y = 0; y < at.height; y++)
		for (int32_t x = 0; x < at.width; x += 256) {
			int32_t n = at.width - x < 256 ? at.width - x : 256;

			orl_rfb_inflated(r, &r->zlib, row, 4 * (size_t)n);
			put_row(pixel(r, at.x + x, at.y + y), row, n);
		}
	orl_rfb_inflate_end(r, &r->zlib);
}

/* ---- hextile ----------------------------------------------------------- */

static void read_subrects(struct orl_rfb *r, struct oriel_rect tile,
		unsigned how, uint32_t ink)
{
	unsigned n = orl_rfb_u8(r);

	while (n--) {
		struct oriel_rect at = tile;
		uint8_t place, size;

		if (how & TILE_COLOURS)
			ink = read_colour(r);
		place = orl_rfb_u8(r);
		size = orl_rfb_u8(r);
		at.x += place >> 4;
		at.y += place & 15;
		at.width = (size >> 4) + 1;
		at.height = (size & 15) + 1;
		if ((place >> 4) + at.width > tile.width ||
				(place & 15) + at.height > tile.height)
			broken(r);
		fill(r, at, ink);
	}
}

static void read_hextile(struct orl_rfb *r, struct oriel_rect at)
{
	uint32_t paper = 0, ink = 0;
	struct oriel_rect tile;

	for (int32_t y = 0; y < at.height; y += SMALL_TILE)
		for (int32_t x = 0; x < at.width; x += SMALL_TILE) {
			unsigned how = orl_rfb_u8(r);

			tile.x = at.x + x;
			tile.y = at.y + y;
			tile.width = at.width - x < SMALL_TILE ? at.width - x
							       : SMALL_TILE;
			tile.height = at.height - y < SMALL_TILE ? at.height - y
								 : SMALL_TILE;
			if (how & TILE_RAW) {
				read_raw(r, tile);
				continue;
			}
			if (how & TILE_PAPER)
				paper = read_colour(r);
			fill(r, tile, paper);
			if (how & TILE_INK)
				ink = read_colour(r);
			if (how & TILE_RECTS)
				read_subrects(r, tile, how, ink);
		}
}

/* ---- ZRLE -------------------------------------------------------------- */

static uint8_t inflated_byte(struct orl_rfb *r)
{
	uint8_t byte;

	orl_rfb_inflated(r, &r->zrle, &byte, 1);
	return byte;
}

/* Three bytes are enough for our pixels. */
static uint32_t inflated_colour(struct orl_rfb *r)
{
	uint8_t bytes[3];

	orl_rfb_inflated(r, &r->zrle, bytes, sizeof(bytes));
	return of_bytes(bytes);
}

static size_t inflated_length(struct orl_rfb *r, size_t most)
{
	size_t n = 1;
	uint8_t more;

	do {
		more = inflated_byte(r);
		n += more;
		if (n > most)
			broken(r);
	} while (more == 255);
	return n;
}

static void raw_tile(struct orl_rfb *r, uint32_t *tile, size_t n)
{
	uint8_t bytes[3 * TILE * TILE];

	orl_rfb_inflated(r, &r->zrle, bytes, 3 * n);
	for (size_t i = 0; i < n; i++)
		tile[i] = of_bytes(bytes + 3 * i);
}

static void read_palette(struct orl_rfb *r, uint32_t *palette, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		palette[i] = inflated_colour(r);
}

static void packed_tile(struct orl_rfb *r, uint32_t *tile, int32_t width,
		int32_t height, unsigned colours)
{
	uint32_t palette[16] = { 0 };
	unsigned bits = colours == 2 ? 1 : colours <= 4 ? 2 : 4;

	read_palette(r, palette, colours);
	for (int32_t y = 0; y < height; y++) {
		uint8_t byte = 0;
		unsigned left = 0;

		for (int32_t x = 0; x < width; x++) {
			unsigned index;

			if (!left) {
				byte = inflated_byte(r);
				left = 8;
			}
			left -= bits;
			index = (unsigned)byte >> left & ((1u << bits) - 1);
			*tile++ = palette[index];
		}
	}
}

static void runs_tile(struct orl_rfb *r, uint32_t *tile, size_t n)
{
	for (size_t at = 0; at < n;) {
		uint32_t colour = inflated_colour(r);
		size_t length = inflated_length(r, n - at);

		while (length--)
			tile[at++] = colour;
	}
}

static void palette_runs_tile(
		struct orl_rfb *r, uint32_t *tile, size_t n, unsigned colours)
{
	uint32_t palette[128] = { 0 };

	read_palette(r, palette, colours);
	for (size_t at = 0; at < n;) {
		uint8_t index = inflated_byte(r);
		size_t length = 1;

		if (index & 0x80)
			length = inflated_length(r, n - at);
		while (length--)
			tile[at++] = palette[index & 0x7f];
	}
}

static void read_tile(struct orl_rfb *r, struct oriel_rect at)
{
	uint32_t tile[TILE * TILE], colour;
	size_t n = (size_t)at.width * (size_t)at.height;
	unsigned kind = inflated_byte(r);

	if (kind == 1) {
		colour = inflated_colour(r);
		fill(r, at, colour);
		return;
	}
	if (kind == 0)
		raw_tile(r, tile, n);
	else if (kind <= 16)
		packed_tile(r, tile, at.width, at.height, kind);
	else if (kind == 128)
		runs_tile(r, tile, n);
	else if (kind >= 130)
		palette_runs_tile(r, tile, n, kind - 128);
	else
		broken(r);
	for (int32_t y = 0; y < at.height; y++)
		memcpy(pixel(r, at.x, at.y + y), tile + y * at.width,
				(size_t)at.width * 4);
}

static void read_zrle(struct orl_rfb *r, struct oriel_rect at)
{
	orl_rfb_inflate(r, &r->zrle, orl_rfb_u32(r));
	for (int32_t y = 0; y < at.height; y += TILE)
		for (int32_t x = 0; x < at.width; x += TILE)
			read_tile(r, (struct oriel_rect){ at.x + x, at.y + y,
						     at.width - x < TILE
								     ? at.width - x
								     : TILE,
						     at.height - y < TILE
								     ? at.height - y
								     : TILE });
	orl_rfb_inflate_end(r, &r->zrle);
}

void orl_rfb_rect(struct orl_rfb *r, int32_t encoding, struct oriel_rect at)
{
	switch (encoding) {
	case RAW:
		read_raw(r, at);
		break;
	case COPY_RECT:
		read_copy(r, at);
		break;
	case HEXTILE:
		read_hextile(r, at);
		break;
	case ZLIB:
		read_zlib(r, at);
		break;
	case ZRLE:
		read_zrle(r, at);
		break;
	default:
		orl_helper_end(&r->helper, ORL_EXIT_SOURCE,
				"the server draws in a way that nobody asked "
				"for (%d)",
				(int)encoding);
	}
}

void orl_rfb_fini(struct orl_rfb *r)
{
	struct orl_rfb_zlib *streams[] = { &r->zlib, &r->zrle, &r->clip };

	for (size_t i = 0; i < 3; i++) {
		if (streams[i]->made)
			inflateEnd(&streams[i]->z);
		streams[i]->made = false;
	}
	for (size_t i = 0; i < 2; i++) {
		free(r->scratch[i]);
		r->scratch[i] = NULL;
	}
	free(r->paste);
	r->paste = NULL;
}
