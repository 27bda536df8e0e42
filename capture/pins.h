/*
 * pins.h - the certificates of other servers that were seen before, as text:
 * lines of
 *
 *	NAME sha256:HEX
 *
 * where NAME is KIND:HOST:PORT without blanks. Lines that begin with # are
 * comments; what is not understood counts for nothing and is kept.
 */
#ifndef ORL_PINS_H
#define ORL_PINS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ORL_PIN_LINE = 400, ORL_PINS_MAX = 1 << 20 };

/* HEX, in either case, perhaps with colons and "sha256:" before it. */
bool orl_pin_parse(uint8_t sha256[static 32], const char *text, size_t n);
/* 64 digits and NUL. */
void orl_pin_format(char out[static 65], const uint8_t sha256[static 32]);

/* The first line of this name. */
bool orl_pins_find(uint8_t sha256[static 32], const char *text, size_t n,
		const char *name);
/*
 * The text with this line instead of all that have its name; free() it. NULL:
 * no memory, or too long.
 */
char *orl_pins_add(const char *text, size_t n, const char *name,
		const uint8_t sha256[static 32]);

#endif
