#include "proto/io/crypto.h"

#include <string.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

static int do_sha256(const void *data, size_t n, uint8_t out[static 32])
{
	return EVP_Digest(data, n, out, NULL, EVP_sha256(), NULL) == 1
			       ? 0
			       : ORIEL_ENOMEM;
}

static int do_hmac(const void *key, size_t key_n, const void *data, size_t n,
		uint8_t out[static 32])
{
	/* A NULL key would mean "the key of the call before" to OpenSSL. */
	return HMAC(EVP_sha256(), key_n ? key : "", (int)key_n, data, n, out,
			       NULL)
			       ? 0
			       : ORIEL_ENOMEM;
}

/* EVP_MAC_init() without a key starts again with the key it has. */
static int do_pbkdf2_rounds(const void *key, size_t key_n, uint8_t u[static 32],
		uint8_t out[static 32], uint32_t rounds)
{
	char digest[] = "SHA256";
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(
				OSSL_MAC_PARAM_DIGEST, digest, 0),
		OSSL_PARAM_construct_end(),
	};
	EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	EVP_MAC_CTX *ctx = mac ? EVP_MAC_CTX_new(mac) : NULL;
	int err = ORIEL_ENOMEM;
	size_t len;

	if (!ctx || EVP_MAC_init(ctx, key_n ? key : digest, key_n, params) != 1)
		goto end;
	for (; rounds; rounds--) {
		if (EVP_MAC_init(ctx, NULL, 0, NULL) != 1 ||
				EVP_MAC_update(ctx, u, 32) != 1 ||
				EVP_MAC_final(ctx, u, &len, 32) != 1)
			goto end;
		for (int i = 0; i < 32; i++)
			out[i] ^= u[i];
	}
	err = 0;
end:
	EVP_MAC_CTX_free(ctx);
	EVP_MAC_free(mac);
	return err;
}

enum { NONCE = 12, TAG = 16 };

static int do_seal(const uint8_t key[static 32], const uint8_t nonce[static 12],
		const void *plain, size_t n, uint8_t *sealed)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int len, err = ORIEL_ENOMEM;
	uint8_t *text = sealed + NONCE + TAG;

	memcpy(sealed, nonce, NONCE);
	if (ctx &&
			EVP_EncryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, key,
					nonce) == 1 &&
			EVP_EncryptUpdate(ctx, text, &len, plain, (int)n) ==
					1 &&
			EVP_EncryptFinal_ex(ctx, text + len, &len) == 1 &&
			EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, TAG,
					sealed + NONCE) == 1)
		err = 0;
	EVP_CIPHER_CTX_free(ctx);
	return err;
}

static int do_unseal(const uint8_t key[static 32], const void *sealed, size_t n,
		uint8_t *plain)
{
	const uint8_t *p = sealed;
	uint8_t tag[TAG];
	int len, err = ORIEL_EAUTH;

	if (n < NONCE + TAG)
		return ORIEL_EAUTH;
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	memcpy(tag, p + NONCE, TAG);
	if (!ctx)
		return ORIEL_ENOMEM;
	if (EVP_DecryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, key, p) == 1 &&
			EVP_DecryptUpdate(ctx, plain, &len, p + NONCE + TAG,
					(int)(n - NONCE - TAG)) == 1 &&
			EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_SET_TAG, TAG,
					tag) == 1 &&
			EVP_DecryptFinal_ex(ctx, plain + len, &len) == 1)
		err = 0;
	EVP_CIPHER_CTX_free(ctx);
	return err;
}

static bool do_equal(const void *a, const void *b, size_t n)
{
	return CRYPTO_memcmp(a, b, n) == 0;
}

const struct orl_crypto orl_openssl_crypto = {
	.sha256 = do_sha256,
	.hmac = do_hmac,
	.pbkdf2_rounds = do_pbkdf2_rounds,
	.seal = do_seal,
	.unseal = do_unseal,
	.equal = do_equal,
};
