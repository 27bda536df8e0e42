/*
 * auth.h - proving a password, as bytes: SCRAM-SHA-256 and -PLUS.
 *
 * RFC 5802 and 7677, channel binding tls-exporter (RFC 9266). Both roles as
 * state machines that take and give blobs; the messages that carry them are
 * login, challenge and welcome. Nothing here knows a socket.
 *
 *	login 0		n=NAME,r=CNONCE,h=HASH	after the gs2 header
 *	challenge 0	r=CNONCE SNONCE,s=SALT,i=ITERATIONS
 *	login 1		c=BINDING,r=CNONCE SNONCE,p=PROOF
 *	welcome.proof	v=SIGNATURE
 *
 * The gs2 header is "p=tls-exporter,,", "n,," or "y,,". The client's first
 * message carries, after its nonce, the extension attribute
 * h=BASE64(SHA-256(transcript)): the transcript is the bytes of client_hello
 * and server_hello (ids included), so that neither versions, capabilities
 * nor offered methods can be changed on the way. Base64 is canonical, nonces
 * are 20 and 30 characters of ours and 18 to 128 of a peer's, no attribute
 * beyond these is accepted: what can be said in one way only cannot be
 * changed unseen. An authorization identity (a=) is refused.
 *
 * Names and passwords are UTF-8 without control characters, and compared
 * byte by byte: SASLprep's NFKC normalisation is not done. A password of
 * letters with accents must be typed in the form it was written in, which
 * for keyboards and files of today is NFC.
 *
 * A machine that has returned an error has ended: every later call gives
 * ORIEL_ESTATE, as does a call out of turn.
 */
#ifndef ORL_PROTO_AUTH_H
#define ORL_PROTO_AUTH_H

#include "proto/env.h"
#include "proto/limits.h"

#define ORL_METHOD_PLUS "SCRAM-SHA-256-PLUS"
#define ORL_METHOD_PLAIN "SCRAM-SHA-256"

enum {
	ORL_PASSWORD_MAX = 1024,
	/* Of verifiers that we make, and of the false ones. */
	ORL_SCRAM_ITERATIONS = ORL_SCRAM_ITERATIONS_MIN,
	ORL_SCRAM_SALT = 16,
};

/* 0, or ORIEL_EINVAL: empty, too long, not UTF-8 or control characters. */
int orl_name_check(const char *name);
int orl_password_check(const char *password);

/* ---- keys -------------------------------------------------------------- */

/* What a server keeps of a password. */
struct orl_verifier {
	uint32_t iterations;
	uint8_t salt[ORL_SCRAM_SALT_MAX];
	size_t salt_n;
	uint8_t stored_key[32], server_key[32];
};

/*
 * A verifier from a password, with a random salt of 16 bytes. Takes as long
 * as `iterations` of HMAC-SHA-256 do (100 000: about 20 ms).
 */
int orl_verifier_make(struct orl_verifier *out, const struct orl_env *env,
		const char *password, uint32_t iterations);
/*
 * "SCRAM-SHA-256$ITERATIONS:SALT$STOREDKEY:SERVERKEY" (base64), RFC 5803.
 * ORIEL_EINVAL, also when iterations or salt are such that a client must
 * refuse them. format returns the length; 320 bytes always do.
 */
int orl_verifier_parse(struct orl_verifier *out, const char *text);
int orl_verifier_format(const struct orl_verifier *v, char *out, size_t size);
/*
 * The salt that the made-up verifier of this name has. A server that makes a
 * verifier from a password at each login uses it too: a random salt that
 * differs each time would tell which names exist.
 */
int orl_verifier_salt(uint8_t salt[static ORL_SCRAM_SALT],
		const struct orl_env *env, const uint8_t secret[static 32],
		const char *user);

/*
 * PBKDF2 with its state on the table, so that a loop can derive a key in
 * slices: init, salt, work until it returns 0, then use `out` or finish.
 * Both roles are made with it. Holds secrets: wipe it.
 */
struct orl_stretch {
	const struct orl_env *env;
	uint8_t key[64];
	size_t key_n;
	uint8_t salt[ORL_SCRAM_SALT_MAX];
	size_t salt_n;
	uint32_t iterations, left;
	uint8_t u[32], out[32];
};

int orl_stretch_init(struct orl_stretch *s, const struct orl_env *env,
		const char *password);
int orl_stretch_salt(struct orl_stretch *s, const uint8_t *salt, size_t n,
		uint32_t iterations);
/* At most `rounds` iterations. 1: more to do, 0: done, negative: error. */
int orl_stretch_work(struct orl_stretch *s, uint32_t rounds);
int orl_stretch_finish(struct orl_verifier *out, const struct orl_stretch *s);

struct orl_binding {
	const uint8_t *exporter; /* 32 bytes of tls-exporter, NULL: no -PLUS */
	/* SHA-256 of the hellos, 32 bytes; NULL leaves out h=, for tests. */
	const uint8_t *transcript;
	/*
	 * There is an exporter and yet the method without -PLUS is used.
	 * Client: because the server did not offer -PLUS; gs2 flag y. Server:
	 * it offers both and the peer chose this one; y is then a downgrade
	 * by somebody between the two, and refused.
	 */
	bool unbound;
};

/* ---- the client -------------------------------------------------------- */

struct orl_scram_client; /* wiped when destroyed */

/* ORIEL_EINVAL when user or password do not pass their checks. */
int orl_scram_client_create(struct orl_scram_client **out,
		const struct orl_env *env, const char *user,
		const char *password, const struct orl_binding *binding);
void orl_scram_client_destroy(struct orl_scram_client *c);
/* The first blob. Returns its length or a negative error. */
int orl_scram_client_first(
		struct orl_scram_client *c, uint8_t *out, size_t cap);
/*
 * The server's challenge. ORIEL_EPROTO, or ORIEL_EAUTH when iterations or
 * salt are out of bounds. The key is derived by orl_scram_client_work().
 */
int orl_scram_client_challenge(
		struct orl_scram_client *c, const uint8_t *data, size_t n);
/*
 * Derive some of the key, at most `rounds` iterations. 1: more to do, 0:
 * done, negative: error. 4096 rounds took 0.7 ms on a processor with SHA
 * instructions and 1.3 ms without.
 */
int orl_scram_client_work(struct orl_scram_client *c, uint32_t rounds);
/* The proof. Returns its length or a negative error. */
int orl_scram_client_final(
		struct orl_scram_client *c, uint8_t *out, size_t cap);
/* The server's last word; ORIEL_EAUTH when it did not know the verifier. */
int orl_scram_client_verify(
		struct orl_scram_client *c, const uint8_t *data, size_t n);

/* ---- the server -------------------------------------------------------- */

struct orl_scram_server;

int orl_scram_server_create(struct orl_scram_server **out,
		const struct orl_env *env, const struct orl_binding *binding);
void orl_scram_server_destroy(struct orl_scram_server *s);
/*
 * The client's first blob; afterwards the user's name is known. ORIEL_EAUTH
 * for a well-formed one with the wrong transcript or kind of binding.
 */
int orl_scram_server_first(
		struct orl_scram_server *s, const uint8_t *data, size_t n);
const char *orl_scram_server_user(const struct orl_scram_server *s);
/*
 * Answer with a verifier. NULL for a user that does not exist: a false one is
 * made up (the same for the same name and `secret`), so that the peer cannot
 * tell, as long as the true ones have ORL_SCRAM_ITERATIONS and salts of
 * ORL_SCRAM_SALT too. Returns the blob's length or a negative error.
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

enum { ORL_SEALED_MAX = 512 };

/* What a token seals; only the server that made it reads it. */
struct orl_token {
	uint8_t id[16], key[32], session[16];
	uint32_t rights, policy_epoch;
	uint64_t expires; /* seconds since 1970; the caller looks at it */
	char user[ORL_NAME_MAX + 1];
};

/* sealed: at most 512 bytes. Returns the length or a negative error. */
int orl_token_seal(const struct orl_token *t, const struct orl_env *env,
		const uint8_t key[static 32], uint8_t *sealed, size_t cap);
/* ORIEL_EAUTH for everything that this key has not sealed. */
int orl_token_open(struct orl_token *t, const struct orl_env *env,
		const uint8_t key[static 32], const uint8_t *sealed, size_t n);
/*
 * HMAC-SHA-256(key, label || exporter || transcript); label is
 * "oriel resume client", "oriel resume server" or "oriel join", without NUL.
 */
int orl_token_proof(const struct orl_env *env, const uint8_t key[static 32],
		const char *label, const uint8_t exporter[static 32],
		const uint8_t transcript[static 32], uint8_t out[static 32]);

#endif
