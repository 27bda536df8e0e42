/*
 * auth.c - the parts of login that both roles share: names, passwords, the
 * slow derivation of keys, verifiers; and the tokens of resumption.
 */
#include "proto/auth.h"

#include <stdio.h>
#include <string.h>

#include "proto/base64.h"
#include "proto/scram.h"
#include "proto/wire.h"

bool orl_scram_text_ok(const void *text, size_t n)
{
	const uint8_t *p = text;

	if (!orl_utf8_ok(p, n))
		return false;
	for (size_t i = 0; i < n; i++) {
		/* C0 and DEL; C1 is 0xc2 and 0x80 to 0x9f in UTF-8. */
		if (p[i] < 0x20 || p[i] == 0x7f ||
				(p[i] == 0xc2 && p[i + 1] < 0xa0))
			return false;
	}
	return true;
}

int orl_name_check(const char *name)
{
	size_t n = strlen(name);

	return n && n <= ORL_NAME_MAX && orl_scram_text_ok(name, n)
			       ? 0
			       : ORIEL_EINVAL;
}

int orl_password_check(const char *password)
{
	size_t n = strlen(password);

	return n && n <= ORL_PASSWORD_MAX && orl_scram_text_ok(password, n)
			       ? 0
			       : ORIEL_EINVAL;
}

int orl_stretch_init(struct orl_stretch *s, const struct orl_env *env,
		const char *password)
{
	size_t n = strlen(password);
	int err = orl_password_check(password);

	*s = (struct orl_stretch){ .env = env };
	if (err)
		return err;
	/* HMAC itself hashes keys that are longer than a block. */
	if (n > sizeof(s->key)) {
		s->key_n = 32;
		return env->crypto->sha256(password, n, s->key);
	}
	memcpy(s->key, password, n);
	s->key_n = n;
	return 0;
}

int orl_stretch_salt(struct orl_stretch *s, const uint8_t *salt, size_t n,
		uint32_t iterations)
{
	static const uint8_t block[4] = { 0, 0, 0, 1 };
	uint8_t first[ORL_SCRAM_SALT_MAX + sizeof(block)];

	if (!n || n > ORL_SCRAM_SALT_MAX || !iterations || !s->key_n)
		return ORIEL_EINVAL;
	memcpy(s->salt, salt, n);
	s->salt_n = n;
	s->iterations = iterations;
	s->left = iterations - 1;
	memcpy(first, salt, n);
	memcpy(first + n, block, sizeof(block));
	int err = s->env->crypto->hmac(
			s->key, s->key_n, first, n + sizeof(block), s->u);
	memcpy(s->out, s->u, sizeof(s->out));
	return err;
}

int orl_stretch_work(struct orl_stretch *s, uint32_t rounds)
{
	const struct orl_crypto *crypto = s->env->crypto;
	int err = 0;

	if (!s->iterations)
		return ORIEL_ESTATE;
	if (rounds > s->left)
		rounds = s->left;
	if (rounds && crypto->pbkdf2_rounds) {
		err = crypto->pbkdf2_rounds(
				s->key, s->key_n, s->u, s->out, rounds);
	} else {
		for (uint32_t i = 0; i < rounds && !err; i++) {
			err = crypto->hmac(s->key, s->key_n, s->u, 32, s->u);
			for (int k = 0; k < 32; k++)
				s->out[k] ^= s->u[k];
		}
	}
	if (err)
		return err;
	s->left -= rounds;
	return s->left > 0;
}

int orl_scram_keys(const struct orl_env *env, const uint8_t salted[static 32],
		uint8_t client[static 32], uint8_t stored[static 32],
		uint8_t server[static 32])
{
	const struct orl_crypto *crypto = env->crypto;
	int err = crypto->hmac(salted, 32, "Client Key", 10, client);

	if (!err)
		err = crypto->sha256(client, 32, stored);
	if (!err)
		err = crypto->hmac(salted, 32, "Server Key", 10, server);
	return err;
}

int orl_stretch_finish(struct orl_verifier *out, const struct orl_stretch *s)
{
	struct orl_verifier v = { .iterations = s->iterations,
		.salt_n = s->salt_n };
	uint8_t client[32];

	if (!s->iterations || s->left)
		return ORIEL_ESTATE;
	memcpy(v.salt, s->salt, s->salt_n);
	int err = orl_scram_keys(
			s->env, s->out, client, v.stored_key, v.server_key);
	if (!err)
		*out = v;
	orl_wipe(client, sizeof(client));
	orl_wipe(&v, sizeof(v));
	return err;
}

int orl_verifier_make(struct orl_verifier *out, const struct orl_env *env,
		const char *password, uint32_t iterations)
{
	struct orl_stretch s;
	uint8_t salt[ORL_SCRAM_SALT];

	if (iterations < ORL_SCRAM_ITERATIONS_MIN ||
			iterations > ORL_SCRAM_ITERATIONS_MAX)
		return ORIEL_EINVAL;
	int err = orl_stretch_init(&s, env, password);
	if (!err)
		err = orl_random(env, salt, sizeof(salt));
	if (!err)
		err = orl_stretch_salt(&s, salt, sizeof(salt), iterations);
	if (!err)
		err = orl_stretch_work(&s, iterations);
	if (!err)
		err = orl_stretch_finish(out, &s);
	orl_wipe(&s, sizeof(s));
	return err;
}

int orl_verifier_salt(uint8_t salt[static ORL_SCRAM_SALT],
		const struct orl_env *env, const uint8_t secret[static 32],
		const char *user)
{
	uint8_t hash[32];
	int err = orl_scram_name_hash(hash, env, secret, "oriel salt ", user);

	memcpy(salt, hash, ORL_SCRAM_SALT);
	return err;
}

int orl_scram_name_hash(uint8_t out[static 32], const struct orl_env *env,
		const uint8_t secret[static 32], const char *label,
		const char *user)
{
	char text[32 + ORL_NAME_MAX];
	struct orl_wr w = { (uint8_t *)text, sizeof(text), 0 };

	wr_raw(&w, label, strlen(label));
	wr_raw(&w, user, strlen(user));
	if (!wr_ok(&w))
		return ORIEL_EINVAL;
	return env->crypto->hmac(secret, 32, text, w.n, out);
}

bool orl_scram_number(uint32_t *out, const void *text, size_t n)
{
	const uint8_t *p = text;
	uint32_t v = 0;

	if (n < 1 || n > 9 || p[0] == '0') /* 9 digits fit, 10 may not */
		return false;
	for (size_t i = 0; i < n; i++) {
		if (p[i] < '0' || p[i] > '9')
			return false;
		v = v * 10 + (uint32_t)(p[i] - '0');
	}
	*out = v;
	return true;
}

bool orl_scram_bounds_ok(uint32_t iterations, size_t salt_n)
{
	return iterations >= ORL_SCRAM_ITERATIONS_MIN &&
	       iterations <= ORL_SCRAM_ITERATIONS_MAX &&
	       salt_n >= ORL_SCRAM_SALT_MIN && salt_n <= ORL_SCRAM_SALT_MAX;
}

/* The characters up to `stop` (or the end, for 0), which is eaten. */
static struct orl_view until(struct orl_rd *r, char stop)
{
	size_t n = (size_t)(r->end - r->p);
	const uint8_t *end = stop && n ? memchr(r->p, stop, n) : NULL;
	struct orl_view v = { r->p,
		(uint32_t)(end ? (size_t)(end - r->p) : n) };

	rd_take(r, v.n);
	if (stop)
		rd_take(r, 1); /* bad when there was none */
	return v;
}

int orl_verifier_parse(struct orl_verifier *out, const char *text)
{
	static const char method[] = ORL_METHOD_PLAIN;
	struct orl_rd r = rd_init(text, strlen(text));
	struct orl_verifier v = { 0 };

	if (r.end - r.p > 1024)
		return ORIEL_EINVAL;
	struct orl_view name = until(&r, '$');
	struct orl_view iterations = until(&r, ':');
	struct orl_view salt = until(&r, '$');
	struct orl_view stored = until(&r, ':');
	struct orl_view server = until(&r, 0);
	if (r.bad || name.n != sizeof(method) - 1 ||
			memcmp(name.p, method, name.n) != 0 ||
			!orl_scram_number(&v.iterations, iterations.p,
					iterations.n))
		return ORIEL_EINVAL;
	int salt_n = orl_base64_get(v.salt, sizeof(v.salt), salt.p, salt.n);
	v.salt_n = salt_n < 0 ? 0 : (size_t)salt_n;
	if (!orl_scram_bounds_ok(v.iterations, v.salt_n) ||
			orl_base64_get(v.stored_key, 32, stored.p, stored.n) !=
					32 ||
			orl_base64_get(v.server_key, 32, server.p, server.n) !=
					32)
		return ORIEL_EINVAL;
	*out = v;
	return 0;
}

int orl_verifier_format(const struct orl_verifier *v, char *out, size_t size)
{
	char salt[ORL_BASE64_SIZE(ORL_SCRAM_SALT_MAX)];
	char stored[ORL_BASE64_SIZE(32)], server[ORL_BASE64_SIZE(32)];

	if (v->salt_n > sizeof(v->salt))
		return ORIEL_EINVAL;
	int salt_n = (int)orl_base64_put(salt, v->salt, v->salt_n);
	int stored_n = (int)orl_base64_put(stored, v->stored_key, 32);
	int server_n = (int)orl_base64_put(server, v->server_key, 32);
	int n = snprintf(out, size, "%s$%u:%.*s$%.*s:%.*s", ORL_METHOD_PLAIN,
			(unsigned)v->iterations, salt_n, salt, stored_n, stored,
			server_n, server);
	return n >= 0 && (size_t)n < size ? n : ORIEL_ELIMIT;
}

/* ---- resumption -------------------------------------------------------- */

enum {
	TOKEN_VERSION = 1,
	TOKEN_MAX = 1 + 16 + 32 + 16 + 4 + 4 + 8 + 2 + ORL_NAME_MAX,
};

int orl_token_seal(const struct orl_token *t, const struct orl_env *env,
		const uint8_t key[static 32], uint8_t *sealed, size_t cap)
{
	uint8_t plain[TOKEN_MAX], nonce[12];
	struct orl_wr w = { plain, sizeof(plain), 0 };
	struct orl_view user = { (const uint8_t *)t->user,
		(uint32_t)strlen(t->user) };

	wr_U8(&w, TOKEN_VERSION);
	wr_raw(&w, t->id, sizeof(t->id));
	wr_raw(&w, t->key, sizeof(t->key));
	wr_raw(&w, t->session, sizeof(t->session));
	wr_U32(&w, t->rights);
	wr_U32(&w, t->policy_epoch);
	wr_U64(&w, t->expires);
	wr_TEXT(&w, user);
	if (!wr_ok(&w) || w.n + ORL_SEAL_EXTRA > cap)
		return ORIEL_ELIMIT;
	/* 96 random bits: 2^32 tokens under one key until 2^-32 of a clash. */
	int err = orl_random(env, nonce, sizeof(nonce));
	if (!err)
		err = env->crypto->seal(key, nonce, plain, w.n, sealed);
	orl_wipe(plain, sizeof(plain));
	return err ? err : (int)(w.n + ORL_SEAL_EXTRA);
}

static void get_bytes(struct orl_rd *r, uint8_t *out, size_t n)
{
	const uint8_t *p = rd_take(r, n);

	if (p)
		memcpy(out, p, n);
}

int orl_token_open(struct orl_token *t, const struct orl_env *env,
		const uint8_t key[static 32], const uint8_t *sealed, size_t n)
{
	uint8_t plain[TOKEN_MAX];
	struct orl_token got = { .rights = 0 };

	if (n < ORL_SEAL_EXTRA || n - ORL_SEAL_EXTRA > sizeof(plain))
		return ORIEL_EAUTH;
	int err = env->crypto->unseal(key, sealed, n, plain);
	if (err) {
		orl_wipe(plain, sizeof(plain));
		return err;
	}
	struct orl_rd r = rd_init(plain, n - ORL_SEAL_EXTRA);
	rd_U8(&r, TOKEN_VERSION, TOKEN_VERSION);
	get_bytes(&r, got.id, sizeof(got.id));
	get_bytes(&r, got.key, sizeof(got.key));
	get_bytes(&r, got.session, sizeof(got.session));
	got.rights = rd_U32(&r, 0, UINT32_MAX);
	got.policy_epoch = rd_U32(&r, 0, UINT32_MAX);
	got.expires = rd_U64(&r, 0, UINT64_MAX);
	struct orl_view user = rd_TEXT(&r, 0, ORL_NAME_MAX);
	if (rd_end(&r)) {
		err = ORIEL_EAUTH;
	} else {
		memcpy(got.user, user.p, user.n);
		*t = got;
	}
	orl_wipe(plain, sizeof(plain));
	orl_wipe(&got, sizeof(got));
	return err;
}

int orl_token_proof(const struct orl_env *env, const uint8_t key[static 32],
		const char *label, const uint8_t exporter[static 32],
		const uint8_t transcript[static 32], uint8_t out[static 32])
{
	uint8_t text[128];
	struct orl_wr w = { text, sizeof(text), 0 };

	wr_raw(&w, label, strlen(label));
	wr_raw(&w, exporter, 32);
	wr_raw(&w, transcript, 32);
	if (!wr_ok(&w))
		return ORIEL_EINVAL;
	return env->crypto->hmac(key, 32, text, w.n, out);
}
