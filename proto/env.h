/*
 * env.h - what the library asks of the world, made whole.
 *
 * An orl_env is the first argument of every create and a pointer in every
 * object; there are no globals. It is the public oriel_hooks with each
 * missing hook filled in, plus the cryptography that proto/io/ provides. It
 * outlives everything made with it and does not change.
 */
#ifndef ORL_PROTO_ENV_H
#define ORL_PROTO_ENV_H

#include <oriel/oriel.h>

#include "proto/base.h"

/* The primitives that login and resumption need; see proto/io/crypto.c. */
struct orl_crypto {
	int (*sha256)(const void *data, size_t n, uint8_t out[static 32]);
	int (*hmac)(const void *key, size_t key_n, const void *data, size_t n,
			uint8_t out[static 32]);
	/*
	 * AES-256-GCM over a 32-byte key. Sealed text is nonce (12), tag (16)
	 * and data: 28 bytes longer than the plain text.
	 */
	int (*seal)(const uint8_t key[static 32],
			const uint8_t nonce[static 12], const void *plain,
			size_t n, uint8_t *sealed);
	int (*unseal)(const uint8_t key[static 32], const void *sealed,
			size_t n, uint8_t *plain);
	/*
	 * `rounds` times u = HMAC(key, u), out ^= u: the middle of PBKDF2,
	 * with one context, so that a round costs two blocks of SHA-256 and
	 * no set-up. NULL: made from hmac, about six times slower.
	 */
	int (*pbkdf2_rounds)(const void *key, size_t key_n,
			uint8_t u[static 32], uint8_t out[static 32],
			uint32_t rounds);
	/* Compare without a data-dependent branch. */
	bool (*equal)(const void *a, const void *b, size_t n);
};

enum { ORL_SEAL_EXTRA = 28 };

struct orl_env {
	struct oriel_hooks hooks;        /* every entry is set */
	/*
	 * An alloc that gives zeros, large blocks of them untouched: what a
	 * peer has announced costs no memory before it is used. Any other that
	 * is in hooks.alloc has its blocks zeroed. May be NULL.
	 */
	void *(*zeroing)(void *user, size_t bytes);
	const struct orl_crypto *crypto; /* NULL in tests that need none */
};

/*
 * Take a struct that begins with its size from a host that may know an older,
 * shorter one or a newer, longer one: fields it does not have are zero.
 * ORIEL_EINVAL when it is shorter than `least`, the first there was, or sets a
 * field that we do not know.
 */
int orl_take_struct(void *into, size_t size, const void *from, size_t least);

/* Zeroed memory, or NULL. Sizes multiply with a check. Threads: any. */
void *orl_alloc(const struct orl_env *env, size_t n, size_t size);
/* Room for n elements, old content kept; on failure the old block stays. */
void *orl_resize(const struct orl_env *env, void *ptr, size_t n, size_t size);
void orl_free(const struct orl_env *env, void *ptr);
/* Overwrite with zeros in a way that compilers keep. */
void orl_wipe(void *ptr, size_t n);
/* A copy of text, or NULL. */
char *orl_strdup(const struct orl_env *env, const char *text);

static inline uint64_t orl_now(const struct orl_env *env)
{
	return env->hooks.now(env->hooks.user);
}

static inline int orl_random(const struct orl_env *env, void *buf, size_t n)
{
	return env->hooks.random(env->hooks.user, buf, n);
}

/*
 * One line for the host's log; see STYLE.md for what may stand in it. Text
 * that a peer made goes through orl_printable() first.
 */
void orl_log(const struct orl_env *env, enum oriel_log_level level,
		const char *topic, const char *format, ...) ORL_PRINTF(4, 5);

/*
 * Copy at most n bytes of `text` into out[size], control characters and
 * everything that is not ASCII shown as '?', NUL at the end. Returns out.
 */
const char *orl_printable(char *out, size_t size, const void *text, size_t n);

#endif
