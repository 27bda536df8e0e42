/*
 * base64.c - see base64.h.
 */
#include "proto/base64.h"

#include <oriel/oriel.h>

size_t orl_base64_put(char *out, const void *data, size_t n)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "abcdefghijklmnopqrstuvwxyz0123456789+/=";
	const uint8_t *p = data;
	size_t len = 0;

	for (size_t i = 0; i < n; i += 3) {
		size_t left = n - i;
		uint32_t v = (uint32_t)p[i] << 16;
		if (left > 1)
			v |= (uint32_t)p[i + 1] << 8;
		if (left > 2)
			v |= p[i + 2];
		out[len++] = digits[v >> 18];
		out[len++] = digits[v >> 12 & 63];
		out[len++] = digits[left > 1 ? v >> 6 & 63 : 64];
		out[len++] = digits[left > 2 ? v & 63 : 64];
	}
	return len;
}

static int digit(uint8_t c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

int orl_base64_get(uint8_t *out, size_t cap, const void *text, size_t n)
{
	const uint8_t *p = text;
	size_t len = 0, pad = 0;

	if (n % 4 || n > 4096)
		return ORIEL_EPROTO;
	while (pad < 2 && n - pad > 0 && p[n - pad - 1] == '=')
		pad++;
	if (n / 4 * 3 - pad > cap)
		return ORIEL_EPROTO;
	uint32_t v = 0;
	for (size_t i = 0; i < n - pad; i++) {
		int d = digit(p[i]);
		if (d < 0)
			return ORIEL_EPROTO;
		v = v << 6 | (uint32_t)d;
		if (i % 4) /* 2, 4, 6 bits stay for the next digit */
			out[len++] = (uint8_t)(v >> (6 - i % 4 * 2));
	}
	/* The bits that padding leaves over are zero, or there are two ways. */
	if (pad && v & (pad == 2 ? 15 : 3))
		return ORIEL_EPROTO;
	return (int)len;
}
