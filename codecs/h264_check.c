/*
 * h264_check.c - which bytes a decoder of H.264 may see.
 *
 * A frame is the units of one picture (ITU-T H.264, Annex B): of a keyframe
 * one set of parameters of the sequence, sets of the picture and IDR slices,
 * of any other frame slices alone. The parameters must say the size that was
 * agreed, 8 bits, 4:2:0, no fields, few references: so a decoder takes memory
 * for that and no more. First macroblocks of slices go up, so that one frame
 * is one picture's work.
 */
#include "codecs/h264.h"

#include <string.h>

enum {
	MACROBLOCK = 16,
	PARAMETERS_MAX = 128, /* bytes of a unit of them */
	REFERENCES_MAX = 4,
	PICTURE_SETS_MAX = 8,
	/* Kinds of units. */
	SLICE = 1,
	IDR = 5,
	NOTES = 6,
	SEQUENCE = 7,
	PICTURE = 8,
	DELIMITER = 9,
	/* Profiles. */
	BASELINE = 66,
	MAIN = 77,
	HIGH = 100,
};

/* Bits of a unit, without the bytes that keep start codes out of it. */
struct bits {
	uint8_t bytes[PARAMETERS_MAX];
	size_t n, at; /* bits */
	bool bad;     /* sticky: they have ended, or said what may not be */
};

static void unescape(struct bits *b, const uint8_t *p, size_t n)
{
	size_t zeros = 0, out = 0;

	*b = (struct bits){ .n = 0 };
	for (size_t i = 0; i < n && out < sizeof(b->bytes); i++) {
		if (zeros >= 2 && p[i] == 3) {
			zeros = 0;
			continue;
		}
		zeros = p[i] ? 0 : zeros + 1;
		b->bytes[out++] = p[i];
	}
	b->n = out * 8;
}

static uint32_t take(struct bits *b, unsigned n)
{
	uint32_t v = 0;

	if (n > b->n - b->at)
		b->bad = true;
	if (b->bad)
		return 0;
	for (; n; n--, b->at++)
		v = v << 1 | (b->bytes[b->at / 8] >> (7 - b->at % 8) & 1);
	return v;
}

/* Exp-Golomb, at most `most`. */
static uint32_t take_number(struct bits *b, uint32_t most)
{
	unsigned zeros = 0;

	while (!b->bad && zeros < 31 && !take(b, 1))
		zeros++;
	const uint32_t v = (UINT32_C(1) << zeros) - 1 + take(b, zeros);
	b->bad |= zeros == 31 || v > most;
	return b->bad ? 0 : v;
}

static void expect(struct bits *b, uint32_t value, uint32_t is)
{
	b->bad |= value != is;
}

static void take_order(struct bits *b)
{
	enum { ANY = 0x7ffffffe };
	const uint32_t kind = take_number(b, 2);

	if (kind == 0)
		take_number(b, 12);
	if (kind != 1)
		return;
	take(b, 1);
	take_number(b, ANY);
	take_number(b, ANY);
	for (uint32_t n = take_number(b, 255); n && !b->bad; n--)
		take_number(b, ANY);
}

/* How much of `coded` is cut off on two sides, in steps of two. */
static bool cut_fits(uint32_t coded, uint32_t cut, int32_t shown)
{
	return cut < MACROBLOCK / 2 && coded - 2 * cut == (uint32_t)shown;
}

/* 7.3.2.1.1; what follows the cuts has no say in sizes. */
static bool sequence_fits(
		const uint8_t *p, size_t n, int32_t width, int32_t height)
{
	struct bits b;
	uint32_t cut[4] = { 0, 0, 0, 0 };

	if (n > PARAMETERS_MAX)
		return false;
	unescape(&b, p, n);
	const uint32_t profile = take(&b, 8);
	take(&b, 16); /* constraints, level */
	take_number(&b, 31);
	if (profile == HIGH) {
		expect(&b, take_number(&b, 3), 1); /* 4:2:0 */
		expect(&b, take_number(&b, 6), 0); /* 8 bits */
		expect(&b, take_number(&b, 6), 0);
		expect(&b, take(&b, 1), 0);
		expect(&b, take(&b, 1), 0); /* no scaling lists */
	}
	take_number(&b, 12);
	take_order(&b);
	take_number(&b, REFERENCES_MAX);
	take(&b, 1);
	const uint32_t cols = take_number(&b, ORL_VIDEO_SIDE_MAX / 16) + 1;
	const uint32_t rows = take_number(&b, ORL_VIDEO_SIDE_MAX / 16) + 1;
	expect(&b, take(&b, 1), 1); /* frames, not fields */
	take(&b, 1);
	if (take(&b, 1))
		for (unsigned i = 0; i < 4; i++)
			cut[i] = take_number(&b, MACROBLOCK / 2);
	return !b.bad &&
	       (profile == BASELINE || profile == MAIN || profile == HIGH) &&
	       cols * rows <= ORL_H264_MACROBLOCKS &&
	       cut_fits(cols * MACROBLOCK, cut[0] + cut[1], width) &&
	       cut_fits(rows * MACROBLOCK, cut[2] + cut[3], height);
}

/* What has been seen of a frame. */
struct frame {
	int32_t width, height;
	unsigned sequences, pictures, slices;
	uint32_t kind;  /* of its slices */
	uint32_t first; /* macroblock of the last one */
};

static bool slice_fits(
		struct frame *f, uint32_t kind, const uint8_t *p, size_t n)
{
	struct bits b;

	unescape(&b, p, n < 16 ? n : 16);
	const uint32_t first = take_number(&b, ORL_H264_MACROBLOCKS - 1);
	if (b.bad || (f->slices ? first <= f->first || kind != f->kind
				: first != 0))
		return false;
	f->first = first;
	f->kind = kind;
	f->slices++;
	return true;
}

static bool unit_fits(struct frame *f, const uint8_t *p, size_t n)
{
	if (n < 2 || p[0] & 0x80)
		return false;
	const uint32_t kind = p[0] & 31;
	switch (kind) {
	case SLICE:
	case IDR:
		return slice_fits(f, kind, p + 1, n - 1);
	case NOTES:
	case DELIMITER:
		return true;
	case SEQUENCE:
		return !f->slices && !f->sequences++ &&
		       sequence_fits(p + 1, n - 1, f->width, f->height);
	case PICTURE:
		return !f->slices && n <= PARAMETERS_MAX &&
		       f->pictures++ < PICTURE_SETS_MAX;
	default:
		return false;
	}
}

/* Where the next start code is, from `at` on; n: there is none. */
static size_t find_start(const uint8_t *data, size_t n, size_t at)
{
	for (; n - at >= 3; at++)
		if (!data[at] && !data[at + 1] && data[at + 2] == 1)
			return at;
	return n;
}

bool orl_h264_allowed(const uint8_t *data, size_t n, int32_t width,
		int32_t height, bool *keyframe)
{
	struct frame f = { .width = width, .height = height };
	size_t at = find_start(data, n, 0);

	*keyframe = false;
	if (at > 1 || (at == 1 && data[0]) || at == n)
		return false;
	while (at < n) {
		const size_t begin = at + 3, next = find_start(data, n, begin);
		size_t end = next;
		/* The next start code may begin with a zero more. */
		while (end > begin && !data[end - 1])
			end--;
		if (!unit_fits(&f, data + begin, end - begin))
			return false;
		at = next;
	}
	*keyframe = f.kind == IDR;
	return f.slices && *keyframe == (f.sequences == 1) &&
	       *keyframe == (f.pictures > 0);
}
