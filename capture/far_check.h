/*
 * far_check.h - what a far source's helper may say.
 *
 * It read what a stranger sent, so it may be somebody else by now. Whatever
 * passes here is harmless: a pixel that is wrong, at worst.
 */
#ifndef ORL_FAR_CHECK_H
#define ORL_FAR_CHECK_H

#include "capture/far.h"

/*
 * Check a packet of n bytes against a screen of this size (0: none yet).
 * Returns NULL, or what is wrong with it.
 */
const char *orl_far_check(const struct orl_far_message *m, size_t n,
		int32_t width, int32_t height);

/* The rectangle `index` of a DAMAGE that has been checked. */
struct oriel_rect orl_far_rect(const struct orl_far_message *m, size_t index);

/*
 * Text of a helper for a log line: at most `size`, printable, NUL at its end.
 */
void orl_far_words(char *out, size_t size, const struct orl_far_message *m);

/* Whether a text of the clipboard is UTF-8, without NUL. */
bool orl_far_text_ok(const char *text, size_t n);

/* Bytes that a screen's memory has. */
static inline uint64_t orl_far_bytes(int32_t width, int32_t height)
{
	return (uint64_t)width * (uint64_t)height * 4;
}

/* May a screen have this size? */
bool orl_far_size_ok(int32_t width, int32_t height);

#endif
