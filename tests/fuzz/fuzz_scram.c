/*
 * fuzz_scram.c - both ends of SCRAM, against any bytes and against each other
 * with somebody in between. The derivation is cut to its first round and
 * random bytes are a counter, so that a login takes microseconds and a corpus
 * can hold one that succeeds.
 *
 * Byte 0 chooses: bits 0-1 what follows (0: blobs for a server, 1: blobs for
 * a client, 2: changes to an honest login, 3: a verifier's text or a token),
 * bits 2-3 the client's and bits 4-5 the server's binding, bit 6 leaves the
 * transcript out, bit 7 is a user that the server does not know. Blobs are
 * a length in two bytes and the bytes; changes are blob, offset in two bytes
 * and the value to xor.
 */
#include <stdlib.h>
#include <string.h>

#include "proto/io/host.h"
#include "proto/scram.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool ok)
{
	if (!ok)
		abort();
}

static int no_rounds(const void *key, size_t key_n, uint8_t u[static 32],
		uint8_t out[static 32], uint32_t rounds)
{
	(void)key, (void)key_n, (void)u, (void)out, (void)rounds;
	return 0;
}

static int counted(void *user, void *buf, size_t n)
{
	uint8_t *p = buf, *counter = user;

	while (n--)
		*p++ = (uint8_t)((*counter)++ * 37);
	return 0;
}

struct world {
	struct orl_env env;
	struct orl_crypto crypto;
	struct orl_verifier verifier;
	uint8_t counter, exporter[32], transcript[32], secret[32];
};

struct input {
	const uint8_t *p;
	size_t n;
};

static const uint8_t *take(struct input *in, size_t n)
{
	const uint8_t *p = in->p;

	if (in->n < n)
		return NULL;
	in->p += n;
	in->n -= n;
	return p;
}

/* A length in two bytes, cut to what there is. */
static struct input take_blob(struct input *in)
{
	const uint8_t *head = take(in, 2);
	size_t n = head ? (size_t)(head[0] | head[1] << 8) : 0;

	if (n > in->n)
		n = in->n;
	return (struct input){ take(in, n), n };
}

static void make_world(struct world *w)
{
	struct orl_stretch s;

	memset(w, 0, sizeof(*w));
	require(orl_host_env(&w->env, NULL) == 0);
	w->crypto = *w->env.crypto;
	w->crypto.pbkdf2_rounds = no_rounds;
	w->env.crypto = &w->crypto;
	w->env.hooks.random = counted;
	w->env.hooks.user = &w->counter;
	memset(w->exporter, 0xe1, 32);
	memset(w->transcript, 0x7a, 32);
	require(orl_stretch_init(&s, &w->env, "pencil") == 0);
	require(orl_stretch_salt(&s, w->secret, 16, 100000) == 0);
	require(orl_stretch_work(&s, 100000) == 0);
	require(orl_stretch_finish(&w->verifier, &s) == 0);
}

static struct orl_binding binding(
		const struct world *w, unsigned kind, bool bare)
{
	return (struct orl_binding){ kind & 1 ? NULL : w->exporter,
		bare ? NULL : w->transcript, kind >> 1 & 1 };
}

static void server_alone(struct world *w, struct orl_scram_server *s,
		struct input in, const struct orl_verifier *v)
{
	uint8_t out[ORL_BLOB_MAX];
	struct input first = take_blob(&in), last = take_blob(&in);

	if (orl_scram_server_first(s, first.p, first.n) == 0) {
		const char *user = orl_scram_server_user(s);
		require(*user && orl_name_check(user) == 0);
		require(orl_scram_server_challenge(
					s, v, w->secret, out, sizeof(out)) > 0);
	}
	if (orl_scram_server_final(s, last.p, last.n, out, sizeof(out)) > 0)
		require(v != NULL);
}

static void client_alone(struct orl_scram_client *c, struct input in)
{
	uint8_t out[ORL_BLOB_MAX];
	struct input challenge = take_blob(&in), last = take_blob(&in);

	require(orl_scram_client_first(c, out, sizeof(out)) > 0);
	if (orl_scram_client_challenge(c, challenge.p, challenge.n) == 0) {
		require(orl_scram_client_work(c, UINT32_MAX) == 0);
		require(orl_scram_client_final(c, out, sizeof(out)) > 0);
	}
	orl_scram_client_verify(c, last.p, last.n);
}

/* Change blob `which` on its way. Whether anything is now different. */
static bool change(uint8_t *blob, size_t n, int which, struct input in)
{
	const uint8_t *p;
	uint8_t before[ORL_BLOB_MAX];

	memcpy(before, blob, n);
	while ((p = take(&in, 4)) != NULL) {
		size_t at = (size_t)(p[1] | p[2] << 8);
		if (p[0] == which && at < n)
			blob[at] ^= p[3];
	}
	return memcmp(before, blob, n) != 0;
}

static void both(struct world *w, struct orl_scram_client *c,
		struct orl_scram_server *s, struct input in,
		const struct orl_verifier *v)
{
	uint8_t blob[ORL_BLOB_MAX];
	bool changed;
	int n = orl_scram_client_first(c, blob, sizeof(blob));

	require(n > 0);
	changed = change(blob, (size_t)n, 0, in);
	if (orl_scram_server_first(s, blob, (size_t)n))
		return;
	n = orl_scram_server_challenge(s, v, w->secret, blob, sizeof(blob));
	require(n > 0);
	changed |= change(blob, (size_t)n, 1, in);
	if (orl_scram_client_challenge(c, blob, (size_t)n))
		return;
	require(orl_scram_client_work(c, UINT32_MAX) == 0);
	n = orl_scram_client_final(c, blob, sizeof(blob));
	require(n > 0);
	changed |= change(blob, (size_t)n, 2, in);
	n = orl_scram_server_final(s, blob, (size_t)n, blob, sizeof(blob));
	if (n < 0)
		return;
	/* Nobody in between can have touched what came this far ... */
	require(v && !changed);
	changed = change(blob, (size_t)n, 3, in);
	/* ... nor touch this. */
	require((orl_scram_client_verify(c, blob, (size_t)n) == 0) == !changed);
}

static void others(struct world *w, struct input in)
{
	char text[ORL_BLOB_MAX * 2], again[ORL_BLOB_MAX];
	struct orl_verifier v;
	struct orl_token t = { .rights = 0 };

	if (in.n < sizeof(text)) {
		memcpy(text, in.p, in.n);
		text[in.n] = 0;
		if (orl_verifier_parse(&v, text) == 0) {
			/* There is one way to write it. */
			require(orl_verifier_format(&v, again, sizeof(again)) >
					0);
			require(strcmp(text, again) == 0);
		}
	}
	orl_token_open(&t, &w->env, w->secret, in.p, in.n);
	require(memchr(t.user, 0, sizeof(t.user)) != NULL);
	/* Past the seal: these bytes as what was sealed. */
	uint8_t sealed[ORL_BLOB_MAX + ORL_SEAL_EXTRA], nonce[12] = { 0 };
	if (in.n <= ORL_BLOB_MAX && w->crypto.seal(w->secret, nonce, in.p, in.n,
						    sealed) == 0)
		orl_token_open(&t, &w->env, w->secret, sealed,
				in.n + ORL_SEAL_EXTRA);
	require(memchr(t.user, 0, sizeof(t.user)) != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct world w; /* made again for each input */
	struct orl_scram_client *c;
	struct orl_scram_server *s;

	if (size < 1)
		return 0;
	struct input in = { data + 1, size - 1 };
	const struct orl_verifier *v = data[0] & 0x80 ? NULL : &w.verifier;
	bool bare = data[0] & 0x40;
	make_world(&w);
	struct orl_binding bc = binding(&w, data[0] >> 2 & 3, bare);
	struct orl_binding bs = binding(&w, data[0] >> 4 & 3, bare);
	require(orl_scram_client_create(&c, &w.env, "a,b=c", "pencil", &bc) ==
			0);
	require(orl_scram_server_create(&s, &w.env, &bs) == 0);
	switch (data[0] & 3) {
	case 0:
		server_alone(&w, s, in, v);
		break;
	case 1:
		client_alone(c, in);
		break;
	case 2:
		both(&w, c, s, in, v);
		break;
	default:
		others(&w, in);
	}
	orl_scram_client_destroy(c);
	orl_scram_server_destroy(s);
	return 0;
}
