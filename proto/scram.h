/*
 * scram.h - what auth.c, scram.c and their tests share and nobody else
 * needs.
 */
#ifndef ORL_PROTO_SCRAM_H
#define ORL_PROTO_SCRAM_H

#include "proto/auth.h"

enum {
	/*
	 * Nonces of ours: each character is one of 93, from one random byte,
	 * so at least 6.4 bits; 20 of them are over 128 bits.
	 */
	ORL_SCRAM_CNONCE = 20,
	ORL_SCRAM_SNONCE = 30,
	/* Of a peer: he may have another alphabet, not none. */
	ORL_SCRAM_NONCE_MIN = 18,
	ORL_SCRAM_NONCE_MAX = 128,
};

/* UTF-8 without control characters. */
bool orl_scram_text_ok(const void *text, size_t n);
/* A decimal number, 1 to 999999999, no leading zero. */
bool orl_scram_number(uint32_t *out, const void *text, size_t n);
bool orl_scram_bounds_ok(uint32_t iterations, size_t salt_n);
int orl_scram_keys(const struct orl_env *env, const uint8_t salted[static 32],
		uint8_t client[static 32], uint8_t stored[static 32],
		uint8_t server[static 32]);
/* HMAC-SHA-256(secret, label || user). */
int orl_scram_name_hash(uint8_t out[static 32], const struct orl_env *env,
		const uint8_t secret[static 32], const char *label,
		const char *user);

/*
 * Published test vectors have 4096 iterations, which no client of ours
 * accepts: a test says so here.
 */
void orl_scram_client_allow(struct orl_scram_client *c, uint32_t iterations);

#endif
