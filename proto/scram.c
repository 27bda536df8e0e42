/*
 * scram.c - the two ends of SCRAM-SHA-256 and -PLUS, see auth.h. Each keeps
 * the AuthMessage of RFC 5802 in one buffer as it grows:
 *
 *	client-first-bare "," server-first "," client-final-without-proof
 *
 * Everything that proves something is an HMAC over it.
 */
#include "proto/scram.h"

#include <stdio.h>
#include <string.h>

#include "proto/base64.h"
#include "proto/wire.h"

static const char bound_header[] = "p=tls-exporter,,";

enum step {
	STEP_FIRST,
	STEP_CHALLENGE,
	STEP_WORK,
	STEP_FINAL,
	STEP_VERIFY,
	STEP_END,
};

/* What both roles have. */
struct common {
	const struct orl_env *env;
	enum step step;
	char gs2; /* p, n or y */
	bool has_exporter, has_transcript, unbound;
	uint8_t exporter[32], transcript[32];
	char nonce[ORL_SCRAM_NONCE_MAX + ORL_SCRAM_SNONCE];
	size_t nonce_n;
	uint8_t auth[3 * ORL_BLOB_MAX];
	size_t auth_n;
};

struct orl_scram_client {
	struct common c;
	char user[ORL_NAME_MAX + 1];
	uint32_t iterations_min;
	struct orl_stretch stretch;
	uint8_t signature[32]; /* that the server must have */
};

struct orl_scram_server {
	struct common c;
	char user[ORL_NAME_MAX + 1];
	bool known;
	struct orl_verifier verifier;
};

static void common_init(struct common *c, const struct orl_env *env,
		const struct orl_binding *binding)
{
	c->env = env;
	c->unbound = binding->unbound;
	if (binding->exporter) {
		c->has_exporter = true;
		memcpy(c->exporter, binding->exporter, 32);
	}
	if (binding->transcript) {
		c->has_transcript = true;
		memcpy(c->transcript, binding->transcript, 32);
	}
}

/* ---- text, out --------------------------------------------------------- */

static void put(struct orl_wr *w, const char *text)
{
	wr_raw(w, text, strlen(text));
}

/* n is at most 64. */
static void put_base64(struct orl_wr *w, const void *data, size_t n)
{
	char text[ORL_BASE64_SIZE(64)];

	wr_raw(w, text, orl_base64_put(text, data, n));
}

static void put_name(struct orl_wr *w, const char *name)
{
	for (; *name; name++) {
		if (*name == ',')
			put(w, "=2C");
		else if (*name == '=')
			put(w, "=3D");
		else
			wr_raw(w, name, 1);
	}
}

/* Add text to the AuthMessage, with a comma before all but the first. */
static int remember(struct common *c, const void *text, size_t n)
{
	struct orl_wr w = { c->auth, sizeof(c->auth), c->auth_n };

	if (w.n)
		put(&w, ",");
	wr_raw(&w, text, n);
	if (!wr_ok(&w))
		return ORIEL_EPROTO;
	c->auth_n = w.n;
	return 0;
}

static int add_nonce(struct common *c, size_t n)
{
	uint8_t random[ORL_SCRAM_SNONCE];
	int err = orl_random(c->env, random, n);

	for (size_t i = 0; i < n && !err; i++) {
		/* 0x21 to 0x7e but the comma: 93 characters. */
		char ch = (char)(0x21 + (random[i] * 93 >> 8));
		c->nonce[c->nonce_n++] = (char)(ch >= ',' ? ch + 1 : ch);
	}
	return err;
}

/* The gs2 header and what it binds to, which c= repeats. */
static size_t binding_text(const struct common *c,
		uint8_t out[static sizeof(bound_header) + 32])
{
	struct orl_wr w = { .cap = sizeof(bound_header) + 32 };

	w.p = out;
	if (c->gs2 == 'p') {
		put(&w, bound_header);
		wr_raw(&w, c->exporter, 32);
	} else {
		wr_raw(&w, &c->gs2, 1);
		put(&w, ",,");
	}
	return w.n;
}

/* ---- text, in ---------------------------------------------------------- */

/* A literal that must come next. */
static void take(struct orl_rd *r, const char *text)
{
	size_t n = strlen(text);
	const uint8_t *p = rd_take(r, n);

	if (p && memcmp(p, text, n) != 0)
		r->bad = true;
}

/* The value that follows `name` ("r=", ",s=") up to a comma or the end. */
static struct orl_view attribute(struct orl_rd *r, const char *name)
{
	take(r, name);
	size_t n = (size_t)(r->end - r->p);
	const uint8_t *comma = n ? memchr(r->p, ',', n) : NULL;
	size_t len = comma ? (size_t)(comma - r->p) : n;
	const uint8_t *p = rd_take(r, len);

	if (!len)
		r->bad = true;
	return (struct orl_view){ p, p ? (uint32_t)len : 0 };
}

static bool nonce_ok(struct orl_view v)
{
	if (v.n < ORL_SCRAM_NONCE_MIN || v.n > ORL_SCRAM_NONCE_MAX)
		return false;
	for (uint32_t i = 0; i < v.n; i++) {
		if (v.p[i] < 0x21 || v.p[i] > 0x7e || v.p[i] == ',')
			return false;
	}
	return true;
}

/* A saslname: =2C and =3D undone, nothing else escaped. */
static bool name_ok(char out[static ORL_NAME_MAX + 1], struct orl_view v)
{
	struct orl_rd r = rd_init(v.p, v.n);
	size_t n = 0;

	while (r.p != r.end) {
		char ch = (char)rd_U8(&r, 0, UINT8_MAX);
		if (ch == '=') {
			const uint8_t *hex = rd_take(&r, 2);
			if (!hex || (memcmp(hex, "2C", 2) != 0 &&
						    memcmp(hex, "3D", 2) != 0))
				return false;
			ch = hex[0] == '2' ? ',' : '=';
		}
		if (n == ORL_NAME_MAX)
			return false;
		out[n++] = ch;
	}
	out[n] = 0;
	return n && orl_scram_text_ok(out, n);
}

static bool exactly_32(uint8_t out[static 32], struct orl_view v)
{
	return orl_base64_get(out, 32, v.p, v.n) == 32;
}

/* ---- the client -------------------------------------------------------- */

int orl_scram_client_create(struct orl_scram_client **out,
		const struct orl_env *env, const char *user,
		const char *password, const struct orl_binding *binding)
{
	if (orl_name_check(user) || orl_password_check(password))
		return ORIEL_EINVAL;
	struct orl_scram_client *c = orl_alloc(env, 1, sizeof(*c));
	if (!c)
		return ORIEL_ENOMEM;
	common_init(&c->c, env, binding);
	c->c.gs2 = 'n';
	if (binding->exporter)
		c->c.gs2 = (char)(binding->unbound ? 'y' : 'p');
	c->iterations_min = ORL_SCRAM_ITERATIONS_MIN;
	memcpy(c->user, user, strlen(user) + 1);
	int err = orl_stretch_init(&c->stretch, env, password);
	if (err)
		goto fail;
	*out = c;
	return 0;
fail:
	orl_scram_client_destroy(c);
	return err;
}

void orl_scram_client_destroy(struct orl_scram_client *c)
{
	if (!c)
		return;
	const struct orl_env *env = c->c.env;
	orl_wipe(c, sizeof(*c));
	orl_free(env, c);
}

void orl_scram_client_allow(struct orl_scram_client *c, uint32_t iterations)
{
	c->iterations_min = iterations;
}

/* Move to the next step, or to the end when this one failed. */
static int client_step(struct orl_scram_client *c, int result, enum step next)
{
	c->c.step = result < 0 ? STEP_END : next;
	if (c->c.step == STEP_END)
		orl_wipe(&c->stretch, sizeof(c->stretch));
	return result;
}

static int client_first(struct orl_scram_client *c, uint8_t *out, size_t cap)
{
	struct orl_wr w = { out, cap, 0 };
	int err = add_nonce(&c->c, ORL_SCRAM_CNONCE);

	if (err)
		return err;
	if (c->c.gs2 == 'p')
		put(&w, bound_header);
	else
		put(&w, c->c.gs2 == 'y' ? "y,," : "n,,");
	size_t head = w.n;
	put(&w, "n=");
	put_name(&w, c->user);
	put(&w, ",r=");
	wr_raw(&w, c->c.nonce, c->c.nonce_n);
	if (c->c.has_transcript) {
		put(&w, ",h=");
		put_base64(&w, c->c.transcript, 32);
	}
	if (!wr_ok(&w))
		return ORIEL_ELIMIT;
	err = remember(&c->c, out + head, w.n - head);
	return err ? err : (int)w.n;
}

int orl_scram_client_first(struct orl_scram_client *c, uint8_t *out, size_t cap)
{
	if (c->c.step != STEP_FIRST)
		return ORIEL_ESTATE;
	return client_step(c, client_first(c, out, cap), STEP_CHALLENGE);
}

static int client_challenge(
		struct orl_scram_client *c, const uint8_t *data, size_t n)
{
	struct orl_rd r = rd_init(data, n);
	struct orl_view nonce = attribute(&r, "r=");
	struct orl_view salt = attribute(&r, ",s=");
	struct orl_view number = attribute(&r, ",i=");
	uint8_t bytes[ORL_BLOB_MAX];
	uint32_t iterations;

	if (rd_end(&r) || n > ORL_BLOB_MAX || !nonce_ok(nonce) ||
			nonce.n < c->c.nonce_n + ORL_SCRAM_NONCE_MIN ||
			memcmp(nonce.p, c->c.nonce, c->c.nonce_n) != 0 ||
			!orl_scram_number(&iterations, number.p, number.n))
		return ORIEL_EPROTO;
	int salt_n = orl_base64_get(bytes, sizeof(bytes), salt.p, salt.n);
	if (salt_n < 0)
		return ORIEL_EPROTO;
	uint32_t judged = iterations;
	if (judged >= c->iterations_min && judged < ORL_SCRAM_ITERATIONS_MIN)
		judged = ORL_SCRAM_ITERATIONS_MIN;
	if (!orl_scram_bounds_ok(judged, (size_t)salt_n))
		return ORIEL_EAUTH;
	memcpy(c->c.nonce, nonce.p, nonce.n);
	c->c.nonce_n = nonce.n;
	int err = remember(&c->c, data, n);
	return err ? err
		   : orl_stretch_salt(&c->stretch, bytes, (size_t)salt_n,
				     iterations);
}

int orl_scram_client_challenge(
		struct orl_scram_client *c, const uint8_t *data, size_t n)
{
	if (c->c.step != STEP_CHALLENGE)
		return ORIEL_ESTATE;
	return client_step(c, client_challenge(c, data, n), STEP_WORK);
}

int orl_scram_client_work(struct orl_scram_client *c, uint32_t rounds)
{
	if (c->c.step != STEP_WORK)
		return ORIEL_ESTATE;
	int more = orl_stretch_work(&c->stretch, rounds);
	return client_step(c, more, more ? STEP_WORK : STEP_FINAL);
}

/* c=...,r=..., common to what the client says and the server expects. */
static void put_final(struct orl_wr *w, const struct common *c)
{
	uint8_t bound[sizeof(bound_header) + 32];

	put(w, "c=");
	put_base64(w, bound, binding_text(c, bound));
	put(w, ",r=");
	wr_raw(w, c->nonce, c->nonce_n);
}

static int client_final(struct orl_scram_client *c, uint8_t *out, size_t cap)
{
	const struct orl_crypto *crypto = c->c.env->crypto;
	uint8_t client[32], stored[32], server[32], signature[32];
	struct orl_wr w = { out, cap, 0 };

	put_final(&w, &c->c);
	if (!wr_ok(&w))
		return ORIEL_ELIMIT;
	int err = remember(&c->c, out, w.n);
	if (!err)
		err = orl_scram_keys(c->c.env, c->stretch.out, client, stored,
				server);
	if (!err)
		err = crypto->hmac(
				stored, 32, c->c.auth, c->c.auth_n, signature);
	if (!err)
		err = crypto->hmac(server, 32, c->c.auth, c->c.auth_n,
				c->signature);
	if (!err) {
		for (int i = 0; i < 32; i++)
			client[i] ^= signature[i];
		put(&w, ",p=");
		put_base64(&w, client, 32);
		err = wr_ok(&w) ? (int)w.n : ORIEL_ELIMIT;
	}
	orl_wipe(&c->stretch, sizeof(c->stretch));
	orl_wipe(client, sizeof(client));
	orl_wipe(stored, sizeof(stored));
	orl_wipe(server, sizeof(server));
	orl_wipe(signature, sizeof(signature));
	return err;
}

int orl_scram_client_final(struct orl_scram_client *c, uint8_t *out, size_t cap)
{
	if (c->c.step != STEP_FINAL)
		return ORIEL_ESTATE;
	return client_step(c, client_final(c, out, cap), STEP_VERIFY);
}

static int client_verify(
		struct orl_scram_client *c, const uint8_t *data, size_t n)
{
	struct orl_rd r = rd_init(data, n);
	uint8_t signature[32];

	if (n > 2 && memcmp(data, "e=", 2) == 0)
		return ORIEL_EAUTH;
	struct orl_view v = attribute(&r, "v=");
	if (rd_end(&r) || !exactly_32(signature, v))
		return ORIEL_EPROTO;
	if (!c->c.env->crypto->equal(signature, c->signature, 32))
		return ORIEL_EAUTH;
	return 0;
}

int orl_scram_client_verify(
		struct orl_scram_client *c, const uint8_t *data, size_t n)
{
	if (c->c.step != STEP_VERIFY)
		return ORIEL_ESTATE;
	return client_step(c, client_verify(c, data, n), STEP_END);
}

/* ---- the server -------------------------------------------------------- */

int orl_scram_server_create(struct orl_scram_server **out,
		const struct orl_env *env, const struct orl_binding *binding)
{
	struct orl_scram_server *s = orl_alloc(env, 1, sizeof(*s));
	if (!s)
		return ORIEL_ENOMEM;
	common_init(&s->c, env, binding);
	*out = s;
	return 0;
}

void orl_scram_server_destroy(struct orl_scram_server *s)
{
	if (!s)
		return;
	const struct orl_env *env = s->c.env;
	orl_wipe(s, sizeof(*s));
	orl_free(env, s);
}

static int server_step(struct orl_scram_server *s, int result, enum step next)
{
	s->c.step = result < 0 ? STEP_END : next;
	if (s->c.step == STEP_END)
		orl_wipe(&s->verifier, sizeof(s->verifier));
	return result;
}

/* RFC 5802, section 6: which gs2 flags may come here. */
static bool flag_fits(const struct common *c)
{
	switch (c->gs2) {
	case 'p':
		return c->has_exporter && !c->unbound;
	case 'n':
		return !c->has_exporter || c->unbound;
	default: /* y: "you do not offer -PLUS", which must be true */
		return !c->has_exporter;
	}
}

static int server_first(
		struct orl_scram_server *s, const uint8_t *data, size_t n)
{
	struct orl_rd r = rd_init(data, n);
	struct orl_view kind = { 0 }, hash = { 0 };
	uint8_t transcript[32];

	s->c.gs2 = (char)rd_U8(&r, 0, UINT8_MAX);
	if (n > ORL_BLOB_MAX)
		return ORIEL_EPROTO;
	if (s->c.gs2 == 'p')
		kind = attribute(&r, "=");
	else if (s->c.gs2 != 'n' && s->c.gs2 != 'y')
		return ORIEL_EPROTO;
	take(&r, ",,");
	struct orl_rd bare = r;
	struct orl_view name = attribute(&r, "n=");
	struct orl_view nonce = attribute(&r, ",r=");
	if (s->c.has_transcript)
		hash = attribute(&r, ",h=");
	if (rd_end(&r) || !name_ok(s->user, name) || !nonce_ok(nonce) ||
			(s->c.has_transcript && !exactly_32(transcript, hash)))
		return ORIEL_EPROTO;
	if (!flag_fits(&s->c))
		return ORIEL_EAUTH;
	if (s->c.gs2 == 'p' && (kind.n != strlen("tls-exporter") ||
					       memcmp(kind.p, "tls-exporter",
							       kind.n) != 0))
		return ORIEL_EAUTH;
	if (s->c.has_transcript && !s->c.env->crypto->equal(transcript,
						   s->c.transcript, 32))
		return ORIEL_EAUTH;
	memcpy(s->c.nonce, nonce.p, nonce.n);
	s->c.nonce_n = nonce.n;
	return remember(&s->c, bare.p, (size_t)(bare.end - bare.p));
}

int orl_scram_server_first(
		struct orl_scram_server *s, const uint8_t *data, size_t n)
{
	if (s->c.step != STEP_FIRST)
		return ORIEL_ESTATE;
	return server_step(s, server_first(s, data, n), STEP_CHALLENGE);
}

const char *orl_scram_server_user(const struct orl_scram_server *s)
{
	return s->user;
}

/* Nobody knows a password that fits: the keys are not made from one. */
static int make_up(struct orl_scram_server *s, const uint8_t secret[static 32])
{
	const struct orl_env *env = s->c.env;
	struct orl_verifier *v = &s->verifier;
	int err = orl_verifier_salt(v->salt, env, secret, s->user);

	if (!err)
		err = orl_scram_name_hash(v->stored_key, env, secret,
				"oriel stored ", s->user);
	if (!err)
		err = orl_scram_name_hash(v->server_key, env, secret,
				"oriel server ", s->user);
	v->salt_n = ORL_SCRAM_SALT;
	v->iterations = ORL_SCRAM_ITERATIONS;
	return err;
}

static int server_challenge(struct orl_scram_server *s,
		const struct orl_verifier *v, const uint8_t secret[static 32],
		uint8_t *out, size_t cap)
{
	struct orl_wr w = { out, cap, 0 };
	char number[24];
	/* Made up in either case: it is not the clock that tells. */
	int err = make_up(s, secret);

	if (!err)
		err = add_nonce(&s->c, ORL_SCRAM_SNONCE);
	if (err)
		return err;
	s->known = v != NULL;
	if (v)
		s->verifier = *v;
	if (s->verifier.salt_n > ORL_SCRAM_SALT_MAX)
		return ORIEL_EINVAL;
	put(&w, "r=");
	wr_raw(&w, s->c.nonce, s->c.nonce_n);
	put(&w, ",s=");
	if (s->verifier.salt_n)
		put_base64(&w, s->verifier.salt, s->verifier.salt_n);
	snprintf(number, sizeof(number), ",i=%u",
			(unsigned)s->verifier.iterations);
	put(&w, number);
	if (!wr_ok(&w))
		return ORIEL_ELIMIT;
	err = remember(&s->c, out, w.n);
	return err ? err : (int)w.n;
}

int orl_scram_server_challenge(struct orl_scram_server *s,
		const struct orl_verifier *v, const uint8_t secret[static 32],
		uint8_t *out, size_t cap)
{
	if (s->c.step != STEP_CHALLENGE)
		return ORIEL_ESTATE;
	return server_step(s, server_challenge(s, v, secret, out, cap),
			STEP_FINAL);
}

/* Whether the proof opens the stored key. */
static int check_proof(struct orl_scram_server *s, uint8_t proof[static 32])
{
	const struct orl_crypto *crypto = s->c.env->crypto;
	const struct orl_verifier *v = &s->verifier;
	uint8_t signature[32], hash[32] = { 0 };
	int err = crypto->hmac(
			v->stored_key, 32, s->c.auth, s->c.auth_n, signature);

	for (int i = 0; i < 32 && !err; i++)
		proof[i] ^= signature[i];
	if (!err)
		err = crypto->sha256(proof, 32, hash);
	if (!err && (!crypto->equal(hash, v->stored_key, 32) || !s->known))
		err = ORIEL_EAUTH;
	orl_wipe(signature, sizeof(signature));
	orl_wipe(hash, sizeof(hash));
	return err;
}

static int server_final(struct orl_scram_server *s, const uint8_t *data,
		size_t n, uint8_t *out, size_t cap)
{
	const struct orl_crypto *crypto = s->c.env->crypto;
	uint8_t want[ORL_BLOB_MAX], proof[32], signature[32];
	struct orl_wr w = { want, sizeof(want), 0 };
	struct orl_rd r = rd_init(data, n);
	struct orl_rd whole = r;

	struct orl_view bound = attribute(&r, "c=");
	struct orl_view nonce = attribute(&r, ",r=");
	size_t bare_n = (size_t)(r.p - whole.p);
	struct orl_view text = attribute(&r, ",p=");
	if (rd_end(&r) || !bound.n || !nonce.n || !exactly_32(proof, text))
		return ORIEL_EPROTO;
	/* Base64 is canonical, so binding and nonce compare as text. */
	put_final(&w, &s->c);
	if (!wr_ok(&w) || bare_n != w.n ||
			!crypto->equal(whole.p, want, bare_n))
		return ORIEL_EAUTH;
	int err = remember(&s->c, want, w.n);
	if (!err)
		err = check_proof(s, proof);
	orl_wipe(proof, sizeof(proof)); /* it is the client's key by now */
	if (!err)
		err = crypto->hmac(s->verifier.server_key, 32, s->c.auth,
				s->c.auth_n, signature);
	if (err)
		return err;
	w.p = out;
	w.cap = cap;
	w.n = 0;
	put(&w, "v=");
	put_base64(&w, signature, 32);
	return wr_ok(&w) ? (int)w.n : ORIEL_ELIMIT;
}

int orl_scram_server_final(struct orl_scram_server *s, const uint8_t *data,
		size_t n, uint8_t *out, size_t cap)
{
	if (s->c.step != STEP_FINAL)
		return ORIEL_ESTATE;
	return server_step(s, server_final(s, data, n, out, cap), STEP_END);
}
