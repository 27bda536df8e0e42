/*
 * pins.c - find and replace lines of a file of certificates.
 */
#include "capture/pins.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool orl_pin_parse(uint8_t sha256[static 32], const char *text, size_t n)
{
	static const char prefix[] = "sha256:";
	const char *end = text + n;
	size_t i;

	if (n >= sizeof(prefix) - 1 &&
			memcmp(text, prefix, sizeof(prefix) - 1) == 0)
		text += sizeof(prefix) - 1;
	for (i = 0; i < 32; i++) {
		int high, low;

		if (i && text < end && *text == ':')
			text++;
		if (end - text < 2)
			return false;
		high = digit(text[0]);
		low = digit(text[1]);
		if (high < 0 || low < 0)
			return false;
		sha256[i] = (uint8_t)(high << 4 | low);
		text += 2;
	}
	return text == end;
}

void orl_pin_format(char out[static 65], const uint8_t sha256[static 32])
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < 32; i++) {
		out[2 * i] = digits[sha256[i] >> 4];
		out[2 * i + 1] = digits[sha256[i] & 15];
	}
	out[64] = 0;
}

/* The bytes of a line without its end; *next is behind that. */
static size_t line_of(const char *text, const char *end, const char **next)
{
	const char *stop = memchr(text, '\n', (size_t)(end - text));

	*next = stop ? stop + 1 : end;
	return (size_t)((stop ? stop : end) - text);
}

static bool names(const char *line, size_t n, const char *name)
{
	size_t k = strlen(name);

	return n > k && memcmp(line, name, k) == 0 && line[k] == ' ';
}

bool orl_pins_find(uint8_t sha256[static 32], const char *text, size_t n,
		const char *name)
{
	const char *end = text + n, *next;
	size_t skip = strlen(name) + 1;

	for (; text < end; text = next) {
		size_t k = line_of(text, end, &next);

		if (names(text, k, name) &&
				orl_pin_parse(sha256, text + skip, k - skip))
			return true;
	}
	return false;
}

char *orl_pins_add(const char *text, size_t n, const char *name,
		const uint8_t sha256[static 32])
{
	const char *end = text + n, *next;
	char hex[65], line[ORL_PIN_LINE], *out, *p;
	int k;

	orl_pin_format(hex, sha256);
	k = snprintf(line, sizeof(line), "%s sha256:%s\n", name, hex);
	if (k < 0 || (size_t)k >= sizeof(line) || n > ORL_PINS_MAX)
		return NULL;
	/* A last line may lack its end. */
	p = out = malloc(n + (size_t)k + 2);
	if (!out)
		return NULL;
	for (; text < end; text = next) {
		size_t length = line_of(text, end, &next);

		if (names(text, length, name))
			continue;
		memcpy(p, text, length);
		p += length;
		*p++ = '\n';
	}
	memcpy(p, line, (size_t)k + 1);
	return out;
}
