/*
 * rfb_numbers.c - numbers of RFB, read and written.
 */
#include "capture/far/rfb.h"

void orl_rfb_skip(struct orl_rfb *r, uint64_t n)
{
	uint8_t bytes[4096];

	while (n) {
		size_t k = n < sizeof(bytes) ? (size_t)n : sizeof(bytes);

		orl_rfb_read(r, bytes, k);
		n -= k;
	}
}

uint8_t orl_rfb_u8(struct orl_rfb *r)
{
	uint8_t byte;

	orl_rfb_read(r, &byte, 1);
	return byte;
}

uint16_t orl_rfb_u16(struct orl_rfb *r)
{
	uint8_t p[2];

	orl_rfb_read(r, p, sizeof(p));
	return (uint16_t)(p[0] << 8 | p[1]);
}

uint32_t orl_rfb_u32(struct orl_rfb *r)
{
	uint8_t p[4];

	orl_rfb_read(r, p, sizeof(p));
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	       (uint32_t)p[2] << 8 | p[3];
}

void orl_rfb_put16(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

void orl_rfb_put32(uint8_t *p, uint32_t v)
{
	orl_rfb_put16(p, v >> 16);
	orl_rfb_put16(p + 2, v);
}
