/*
 * auth.h - proving a password, as bytes: SCRAM-SHA-256 and -PLUS.
 *
 * RFC 5802 and 7677, channel binding tls-exporter (RFC 9266). Both roles as
 * state machines that take and give blobs; the messages that carry them are
 * login, challenge and welcome. Nothing here knows a socket.
 *
 * The client's first message carries, after its nonce, the extension
 * attribute h=BASE64(SHA-256(transcript)): the transcript is the bytes of
 * client_hello and server_hello (ids included), so that neither versions,
 * capabilities nor offered methods can be changed on the way.
 */
#ifndef ORL_PROTO_AUTH_H
#define ORL_PROTO_AUTH_H

#include "proto/env.h"
#include "proto/limits.h"

#define ORL_METHOD_PLUS "SCRAM-SHA-256-PLUS"
#define ORL_METHOD_PLAIN "SCRAM-SHA-256"

/* What a server keeps of a password. */
struct orl_verifier {
	uint32_t iterations;
	uint8_t salt[ORL_SCRAM_SALT_MAX];
	size_t salt_n;
	uint8_t stored_key[32], server_key[32];
};

/*
 * A verifier from a password, with a random salt of 16 bytes. Takes as long
 * as `iterations` of HMAC-SHA-256 do (100 000: about 0.1 s).
 */
int orl_verifier_make(struct orl_verifier *out, const struct orl_env *env,
		const char *password, uint32_t iterations);
/* "SCRAM-SHA-256$ITERATIONS:SALT$STOREDKEY:SERVERKEY" (base64), RFC 5803. */
int orl_verifier_parse(struct orl_verifier *out, const char *text);
int orl_verifier_format(const struct orl_verifier *v, char *out, size_t size);

struct orl_binding {
	const uint8_t *exporter; /* 32 bytes of tls-exporter, NULL: no -PLUS */
	const uint8_t *transcript; /* SHA-256 of the hellos, 32 bytes */
};

/* ---- the client -------------------------------------------------------- */

struct orl_scram_client; /* wiped when destroyed */

int orl_scram_client_create(struct orl_scram_client **out,
		const struct orl_env *env, const char *user,
		const char *password, const struct orl_binding *binding);
void orl_scram_client_destroy(struct orl_scram_client *c);
/* The first blob. Returns its length or a negative error. */
int orl_scram_client_first(struct orl_scram_client *c, uint8_t *out, size_t cap);
/*
 * The server's challenge. ORIEL_EPROTO, or ORIEL_EAUTH when iterations or
 * salt are out of bounds. The key is derived by orl_scram_client_work().
 */
int orl_scram_client_challenge(
		struct orl_scram_client *c, const uint8_t *data, size_t n);
/*
 * Derive some of the key, at most `rounds` iterations. 1: more to do, 0:
 * done, negative: error.
 */
int orl_scram_client_work(struct orl_scram_client *c, uint32_t rounds);
/* The proof. Returns its length or a negative error. */
int orl_scram_client_final(struct orl_scram_client *c, uint8_t *out, size_t cap);
/* The server's last word; ORIEL_EAUTH when it did not know the verifier. */
int orl_scram_client_verify(
		struct orl_scram_client *c, const uint8_t *data, size_t n);

/* ---- the server -------------------------------------------------------- */

struct orl_scram_server;

int orl_scram_server_create(struct orl_scram_server **out,
		const struct orl_env *env, const struct orl_binding *binding);
void orl_scram_server_destroy(struct orl_scram_server *s);
/* The client's first blob; afterwards the user's name is known. */
int orl_scram_server_first(
		struct orl_scram_server *s, const uint8_t *data, size_t n);
const char *orl_scram_server_user(const struct orl_scram_server *s);
/*
 * Answer with a verifier. NULL for a user that does not exist: a false one is
 * made up (the same for the same name and `secret`), so that the peer cannot
 * tell. Returns the blob's length or a negative error.
 */
int orl_scram_server_challenge(struct orl_scram_server *s,
		const struct orl_verifier *v, const uint8_t secret[static 32],
		uint8_t *out, size_t cap);
/*
 * The client's proof: the length of the server's last word in out, or
 * ORIEL_EAUTH, ORIEL_EPROTO.
 */
int orl_scram_server_final(struct orl_scram_server *s, const uint8_t *data,
		size_t n, uint8_t *out, size_t cap);

/* ---- resumption -------------------------------------------------------- */

/* What a token seals; only the server that made it reads it. */
struct orl_token {
	uint8_t id[16], key[32], session[16];
	uint32_t rights, policy_epoch;
	uint64_t expires; /* seconds since 1970 */
	char user[ORL_NAME_MAX + 1];
};

/* sealed: at most 512 bytes. Returns the length or a negative error. */
int orl_token_seal(const struct orl_token *t, const struct orl_env *env,
		const uint8_t key[static 32], uint8_t *sealed, size_t cap);
int orl_token_open(struct orl_token *t, const struct orl_env *env,
		const uint8_t key[static 32], const uint8_t *sealed, size_t n);
/*
 * HMAC-SHA-256(key, label || exporter || transcript); label is
 * "oriel resume client", "oriel resume server" or "oriel join".
 */
int orl_token_proof(const struct orl_env *env, const uint8_t key[static 32],
		const char *label, const uint8_t exporter[static 32],
		const uint8_t transcript[static 32], uint8_t out[static 32]);

#endif
