/*
 * base64.h - RFC 4648 base64 with padding, in its one canonical form: what
 * a decoder accepts encodes back to the same characters, so that nobody can
 * say the same thing in two ways.
 */
#ifndef ORL_PROTO_BASE64_H
#define ORL_PROTO_BASE64_H

#include <stddef.h>
#include <stdint.h>

/* Characters that n bytes take. */
#define ORL_BASE64_SIZE(n) (((n) + 2) / 3 * 4)

/* Writes ORL_BASE64_SIZE(n) characters, no NUL, and returns how many. */
size_t orl_base64_put(char *out, const void *data, size_t n);
/*
 * The bytes in out[cap]; their number, or ORIEL_EPROTO when it is not
 * canonical base64 or does not fit.
 */
int orl_base64_get(uint8_t *out, size_t cap, const void *text, size_t n);

#endif
