/*
 * test_auth.c - verifiers, the derivation of keys, base64 and tokens.
 */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

#include "proto/auth.h"
#include "proto/base64.h"
#include "proto/io/host.h"

struct world {
	struct orl_env env;
	struct orl_verifier verifier; /* of "pencil" */
	uint8_t exporter[32], transcript[32];
};

static void make(struct world *w)
{
	memset(w, 0, sizeof(*w));
	assert_int_equal(orl_host_env(&w->env, NULL), 0);
	memset(w->exporter, 0xe1, 32);
	memset(w->transcript, 0x7a, 32);
	assert_int_equal(orl_verifier_make(&w->verifier, &w->env, "pencil",
					 ORL_SCRAM_ITERATIONS),
			0);
}

/* ---- verifiers --------------------------------------------------------- */

static void verifiers_are_text_and_back(void **state)
{
	struct world w;
	struct orl_verifier v;
	char text[320], bad[400];
	(void)state;

	make(&w);
	int n = orl_verifier_format(&w.verifier, text, sizeof(text));
	assert_int_equal(n, strlen(text));
	assert_int_equal(strncmp(text, "SCRAM-SHA-256$100000:", 21), 0);
	assert_int_equal(orl_verifier_parse(&v, text), 0);
	assert_memory_equal(&v.stored_key, &w.verifier.stored_key, 64);
	assert_int_equal(v.iterations, 100000);
	assert_int_equal(v.salt_n, 16);
	struct orl_stretch s;
	assert_int_equal(orl_stretch_init(&s, &w.env, "pencil"), 0);
	assert_int_equal(orl_stretch_salt(&s, v.salt, v.salt_n, v.iterations),
			0);
	assert_int_equal(orl_stretch_work(&s, UINT32_MAX), 0);
	struct orl_verifier same = v;
	memset(same.stored_key, 0, 64);
	assert_int_equal(orl_stretch_finish(&same, &s), 0);
	assert_memory_equal(same.stored_key, v.stored_key, 64);
	assert_int_equal(orl_verifier_format(&v, bad, (size_t)n), ORIEL_ELIMIT);
	for (int cut = 0; cut < n; cut++) {
		memcpy(bad, text, (size_t)cut);
		bad[cut] = 0;
		assert_int_equal(orl_verifier_parse(&v, bad), ORIEL_EINVAL);
	}
	snprintf(bad, sizeof(bad), "%s ", text);
	assert_int_equal(orl_verifier_parse(&v, bad), ORIEL_EINVAL);
	snprintf(bad, sizeof(bad), "SCRAM-SHA-256$4096%s", text + 20);
	assert_int_equal(orl_verifier_parse(&v, bad), ORIEL_EINVAL);
	snprintf(bad, sizeof(bad), "SCRAM-SHA-512$%s", text + 14);
	assert_int_equal(orl_verifier_parse(&v, bad), ORIEL_EINVAL);
	assert_int_equal(orl_verifier_make(&v, &w.env, "x", 99999),
			ORIEL_EINVAL);
	assert_int_equal(orl_verifier_make(&v, &w.env, "", 100000),
			ORIEL_EINVAL);
	v.salt_n = 64;
	v.iterations = 5000000;
	assert_true(orl_verifier_format(&v, text, sizeof(text)) > 0);
	assert_int_equal(orl_verifier_parse(&v, text), 0);
	v.salt_n = 65;
	assert_int_equal(orl_verifier_format(&v, text, sizeof(text)),
			ORIEL_EINVAL);
}

static void slices_and_primitives_agree(void **state)
{
	struct world w;
	struct orl_crypto slow;
	struct orl_stretch a, b;
	const uint8_t *salt = (const uint8_t *)"saltSALTsaltSALT";
	int err;
	(void)state;

	make(&w);
	assert_int_equal(orl_stretch_init(&a, &w.env, "pencil"), 0);
	assert_int_equal(orl_stretch_salt(&a, salt, 16, 1000), 0);
	assert_int_equal(orl_stretch_work(&a, 5000), 0);
	slow = *w.env.crypto;
	slow.pbkdf2_rounds = NULL;
	w.env.crypto = &slow;
	assert_int_equal(orl_stretch_init(&b, &w.env, "pencil"), 0);
	assert_int_equal(orl_stretch_salt(&b, salt, 0, 1000), ORIEL_EINVAL);
	assert_int_equal(orl_stretch_salt(&b, salt, 16, 0), ORIEL_EINVAL);
	assert_int_equal(orl_stretch_salt(&b, salt, 16, 1000), 0);
	while ((err = orl_stretch_work(&b, 7)) == 1)
		;
	assert_int_equal(err, 0);
	assert_memory_equal(a.out, b.out, 32);
}

static void base64_is_canonical(void **state)
{
	uint8_t data[64], back[64];
	char text[96];
	(void)state;

	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 151 + 7);
	for (size_t n = 0; n <= sizeof(data); n++) {
		size_t len = orl_base64_put(text, data, n);
		assert_int_equal(len, ORL_BASE64_SIZE(n));
		assert_int_equal(orl_base64_get(back, n, text, len), n);
		assert_memory_equal(back, data, n);
		if (n)
			assert_int_equal(orl_base64_get(back, n - 1, text, len),
					ORIEL_EPROTO);
	}
	assert_int_equal(orl_base64_get(back, 64, "AAA", 3), ORIEL_EPROTO);
	assert_int_equal(orl_base64_get(back, 64, "A===", 4), ORIEL_EPROTO);
	assert_int_equal(orl_base64_get(back, 64, "AB==", 4), ORIEL_EPROTO);
	assert_int_equal(orl_base64_get(back, 64, "AAB=", 4), ORIEL_EPROTO);
	assert_int_equal(orl_base64_get(back, 64, "A=AA", 4), ORIEL_EPROTO);
	assert_int_equal(orl_base64_get(back, 64, "AA=A", 4), ORIEL_EPROTO);
	assert_int_equal(orl_base64_get(back, 64, "+/+/", 4), 3);
	assert_int_equal(orl_base64_get(back, 64, "-_-_", 4), ORIEL_EPROTO);
}

/* ---- tokens ------------------------------------------------------------ */

static void tokens_open_for_their_key_alone(void **state)
{
	struct world w;
	struct orl_token t = { .rights = 0x1ff,
		.policy_epoch = 7,
		.expires = 0x123456789a,
		.user = "a\xc3\xa4" },
			 got;
	uint8_t key[32] = { 1 }, other[32] = { 2 };
	uint8_t sealed[ORL_SEALED_MAX], again[ORL_SEALED_MAX];
	(void)state;

	make(&w);
	memset(t.id, 1, 16);
	memset(t.key, 2, 32);
	memset(t.session, 3, 16);
	int n = orl_token_seal(&t, &w.env, key, sealed, sizeof(sealed));
	assert_true(n > 0);
	assert_int_equal(orl_token_seal(&t, &w.env, key, again, sizeof(again)),
			n);
	assert_memory_not_equal(sealed, again, (size_t)n);
	assert_int_equal(orl_token_open(&got, &w.env, key, sealed, (size_t)n),
			0);
	assert_memory_equal(got.id, t.id, 16);
	assert_memory_equal(got.key, t.key, 32);
	assert_memory_equal(got.session, t.session, 16);
	assert_int_equal(got.rights, t.rights);
	assert_int_equal(got.policy_epoch, t.policy_epoch);
	assert_true(got.expires == t.expires);
	assert_string_equal(got.user, t.user);
	assert_int_equal(orl_token_open(&got, &w.env, other, sealed, (size_t)n),
			ORIEL_EAUTH);
	for (size_t i = 0; i < (size_t)n; i++) {
		assert_int_equal(orl_token_open(&got, &w.env, key, sealed, i),
				ORIEL_EAUTH);
		for (int bit = 0; bit < 8; bit++) {
			sealed[i] ^= (uint8_t)(1 << bit);
			assert_int_equal(orl_token_open(&got, &w.env, key,
							 sealed, (size_t)n),
					ORIEL_EAUTH);
			sealed[i] ^= (uint8_t)(1 << bit);
		}
	}
	assert_int_equal(orl_token_open(&got, &w.env, key, sealed, 512),
			ORIEL_EAUTH);
	assert_int_equal(orl_token_seal(&t, &w.env, key, sealed, (size_t)n - 1),
			ORIEL_ELIMIT);
	memset(t.user, 'u', ORL_NAME_MAX);
	n = orl_token_seal(&t, &w.env, key, sealed, sizeof(sealed));
	assert_true(n > 0 && n <= ORL_SEALED_MAX);
	assert_int_equal(orl_token_open(&got, &w.env, key, sealed, (size_t)n),
			0);
	assert_int_equal(strlen(got.user), ORL_NAME_MAX);
	/* Sealed by us, but of another version. */
	uint8_t plain[83] = { 2 }, nonce[12] = { 0 };
	assert_int_equal(w.env.crypto->seal(key, nonce, plain, 83, sealed), 0);
	assert_int_equal(orl_token_open(&got, &w.env, key, sealed, 83 + 28),
			ORIEL_EAUTH);
	plain[0] = 1;
	assert_int_equal(w.env.crypto->seal(key, nonce, plain, 83, sealed), 0);
	assert_int_equal(orl_token_open(&got, &w.env, key, sealed, 83 + 28), 0);
}

static void proofs_bind_everything(void **state)
{
	struct world w;
	uint8_t key[32], a[32], b[32], text[83];
	char label[80];
	(void)state;

	make(&w);
	memset(key, 9, 32);
	assert_int_equal(orl_token_proof(&w.env, key, "oriel resume client",
					 w.exporter, w.transcript, a),
			0);
	memcpy(text, "oriel resume client", 19);
	memcpy(text + 19, w.exporter, 32);
	memcpy(text + 51, w.transcript, 32);
	assert_int_equal(w.env.crypto->hmac(key, 32, text, 83, b), 0);
	assert_memory_equal(a, b, 32);
	assert_int_equal(orl_token_proof(&w.env, key, "oriel resume server",
					 w.exporter, w.transcript, b),
			0);
	assert_memory_not_equal(a, b, 32);
	assert_int_equal(orl_token_proof(&w.env, key, "oriel resume client",
					 w.transcript, w.exporter, b),
			0);
	assert_memory_not_equal(a, b, 32);
	memset(label, 'x', 79);
	label[79] = 0;
	assert_int_equal(orl_token_proof(&w.env, key, label, w.exporter,
					 w.transcript, b),
			ORIEL_EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(verifiers_are_text_and_back),
		cmocka_unit_test(slices_and_primitives_agree),
		cmocka_unit_test(base64_is_canonical),
		cmocka_unit_test(tokens_open_for_their_key_alone),
		cmocka_unit_test(proofs_bind_everything),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
