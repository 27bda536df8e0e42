/*
 * range.h - the arithmetic coder under HCX: binary decisions with adaptive
 * probabilities, carries put right in the written bytes.
 *
 * The code. The encoder keeps an interval [low, low + range) of the numbers
 * 0 to 2^32; low = 0, range = 2^32 - 1 at first. A decision has a probability
 * p of being 0, in units of 2^-16, 1 <= p <= 65535:
 *
 *	bound = (range * p) >> 16            (of the 48-bit product)
 *	0:  range = bound
 *	1:  low += bound, range -= bound     (a carry out of bit 31 adds one to
 *	                                      the bytes already written)
 *	while range < 2^24:  write the top byte of low,
 *	                     low = low << 8 (32 bits), range <<= 8
 *
 * The end. Of the numbers v with low <= v < low + range the one is taken that
 * needs the fewest bytes k, 0 to 4: v = low rounded up to a multiple of
 * 2^(32 - 8k). Its k top bytes are written (a carry as above).
 *
 * The decoder begins with code = the first four bytes, most significant
 * first, and takes the next byte wherever the encoder writes one. A byte
 * after the end reads as 0. At the end all bytes must have been read and at
 * most ORL_RANGE_OVER bytes beyond them; anything else is a broken section.
 *
 * Both ends are sticky: the encoder never writes past its room and says so at
 * the end, the decoder never reads past its bytes.
 */
#ifndef ORL_CODECS_RANGE_H
#define ORL_CODECS_RANGE_H

#include "proto/base.h"

enum { ORL_RANGE_OVER = 4 };

/* Of an encoder or a decoder, which then use low or code. */
struct orl_range {
	uint32_t low, code, range;
	uint32_t over; /* bytes beyond the end */
	uint8_t *out;  /* encoder: the next byte */
	uint8_t *out_base;
	const uint8_t *in; /* decoder: the next byte */
	size_t left;       /* bytes not yet written or read */
};

static inline struct orl_range orl_range_encoder(uint8_t *out, size_t cap)
{
	return (struct orl_range){
		.range = UINT32_MAX, .out = out, .out_base = out, .left = cap
	};
}

ORL_INLINE void orl_range_put(struct orl_range *r, uint8_t byte)
{
	if (r->left) {
		*r->out++ = byte;
		r->left--;
	} else {
		r->over++;
	}
}

ORL_INLINE uint8_t orl_range_get(struct orl_range *r)
{
	if (r->left) {
		r->left--;
		return *r->in++;
	}
	/* Saturates: a broken section may be read far beyond its end. */
	r->over += r->over != UINT32_MAX;
	return 0;
}

static inline struct orl_range orl_range_decoder(const uint8_t *in, size_t n)
{
	struct orl_range r = { .range = UINT32_MAX, .in = in, .left = n };
	for (int i = 0; i < 4; i++)
		r.code = r.code << 8 | orl_range_get(&r);
	return r;
}

static inline void orl_range_carry(struct orl_range *r)
{
	/* Once a byte was lost there is nothing to put right any more. */
	for (uint8_t *p = r->out; !r->over && p > r->out_base;)
		if (++*--p)
			break;
}

/* One decision. The encoder passes it, the decoder returns it. */
ORL_INLINE unsigned orl_range_code(
		struct orl_range *r, bool decode, uint32_t p, unsigned bit)
{
	uint32_t bound = (uint32_t)((uint64_t)r->range * p >> 16);
	if (decode) {
		bit = r->code >= bound;
		if (bit) {
			r->code -= bound;
			r->range -= bound;
		} else {
			r->range = bound;
		}
		while (r->range < 1u << 24) {
			r->range <<= 8;
			r->code = r->code << 8 | orl_range_get(r);
		}
		return bit;
	}
	if (bit) {
		r->low += bound;
		r->range -= bound;
		if (r->low < bound)
			orl_range_carry(r);
	} else {
		r->range = bound;
	}
	while (r->range < 1u << 24) {
		orl_range_put(r, (uint8_t)(r->low >> 24));
		r->low <<= 8;
		r->range <<= 8;
	}
	return bit;
}

/* The length of the section, or SIZE_MAX when it did not fit. */
static inline size_t orl_range_finish(struct orl_range *r)
{
	for (unsigned k = 0; k <= 4; k++) {
		uint64_t unit = (uint64_t)1 << (32 - 8 * k);
		uint64_t v = (r->low + unit - 1) & ~(unit - 1);
		if (v - r->low >= r->range)
			continue;
		if (v >> 32)
			orl_range_carry(r);
		for (unsigned i = 0; i < k; i++)
			orl_range_put(r, (uint8_t)(v >> (24 - 8 * i)));
		break;
	}
	return r->over ? SIZE_MAX : (size_t)(r->out - r->out_base);
}

/* Whether a decoder that is done has read its section as it should be. */
static inline bool orl_range_done(const struct orl_range *r)
{
	return !r->left && r->over <= ORL_RANGE_OVER;
}

#endif
