/*
 * cert.c - making a key pair for a server that was given none, and reading
 * when a certificate ends. Only libcrypto; the rest of tls.h is in tls.c.
 */
#include "proto/io/tls.h"

#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

enum {
	DAY = 86400,
	DAYS = 3652,       /* ten years */
	CLOCK_SKEW = -DAY, /* a client's clock may be behind */
};

/* A name that a certificate check could ever be asked for. */
static bool is_dns_name(const char *name)
{
	size_t n = strlen(name);
	return n > 0 && n < 254 &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyz"
			    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			    "0123456789.-") == n;
}

static bool add_alt_name(X509 *x, const char *name)
{
	GENERAL_NAMES *names = GENERAL_NAMES_new();
	GENERAL_NAME *entry = GENERAL_NAME_new();
	ASN1_OCTET_STRING *ip = a2i_IPADDRESS(name);
	ASN1_IA5STRING *dns = ASN1_IA5STRING_new();
	bool ok = names && entry && dns;

	ERR_clear_error(); /* most names are not addresses */
	if (ok && ip) {
		GENERAL_NAME_set0_value(entry, GEN_IPADD, ip);
		ip = NULL;
	} else if (ok) {
		ok = ASN1_STRING_set(dns, name, -1) == 1;
		GENERAL_NAME_set0_value(entry, GEN_DNS, dns);
		dns = NULL;
	}
	if (ok && sk_GENERAL_NAME_push(names, entry) > 0)
		entry = NULL;
	ok = ok && !entry &&
	     X509_add1_ext_i2d(x, NID_subject_alt_name, names, 0,
			     X509V3_ADD_DEFAULT) == 1;
	ASN1_IA5STRING_free(dns);
	ASN1_OCTET_STRING_free(ip);
	GENERAL_NAME_free(entry);
	GENERAL_NAMES_free(names);
	return ok;
}

static bool fill(const struct orl_env *env, X509 *x, EVP_PKEY *key,
		const char *name)
{
	X509_NAME *subject = X509_get_subject_name(x);
	uint64_t serial;

	if (orl_random(env, &serial, sizeof(serial)) != 0)
		return false;
	serial >>= 1; /* positive */
	if (X509_set_version(x, X509_VERSION_3) != 1 ||
			ASN1_INTEGER_set_uint64(X509_get_serialNumber(x),
					serial) != 1 ||
			!X509_gmtime_adj(X509_getm_notBefore(x), CLOCK_SKEW) ||
			!X509_time_adj_ex(
					X509_getm_notAfter(x), DAYS, 0, NULL) ||
			X509_set_pubkey(x, key) != 1)
		return false;
	if (X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
			    (const unsigned char *)name, -1, -1, 0) != 1 ||
			X509_set_issuer_name(x, subject) != 1)
		return false;
	if (is_dns_name(name) || strchr(name, ':')) {
		if (!add_alt_name(x, name))
			return false;
	}
	return X509_sign(x, key, EVP_sha256()) > 0;
}

static char *text_of(const struct orl_env *env, BIO *bio)
{
	char *data;
	long n = BIO_get_mem_data(bio, &data);
	char *text = n > 0 ? orl_alloc(env, (size_t)n + 1, 1) : NULL;
	if (text)
		memcpy(text, data, (size_t)n);
	return text;
}

int orl_tls_make_pair(const struct orl_env *env, const char *name,
		char **certificate, char **private_key)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *x = X509_new();
	BIO *cert_bio = BIO_new(BIO_s_mem()), *key_bio = BIO_new(BIO_s_mem());
	char *cert_text = NULL, *key_text = NULL;
	int err = ORIEL_ENOMEM;

	if (!name || !*name || strlen(name) > 64)
		err = ORIEL_EINVAL; /* a common name ends at 64 */
	else if (key && x && cert_bio && key_bio && fill(env, x, key, name) &&
			PEM_write_bio_X509(cert_bio, x) == 1 &&
			PEM_write_bio_PKCS8PrivateKey(key_bio, key, NULL, NULL,
					0, NULL, NULL) == 1) {
		cert_text = text_of(env, cert_bio);
		key_text = text_of(env, key_bio);
		if (cert_text && key_text)
			err = 0;
	}
	if (err) {
		orl_free(env, cert_text);
		if (key_text)
			orl_wipe(key_text, strlen(key_text));
		orl_free(env, key_text);
	} else {
		*certificate = cert_text;
		*private_key = key_text;
	}
	BIO_free(cert_bio);
	BIO_free(key_bio); /* clears what it held */
	X509_free(x);
	EVP_PKEY_free(key);
	ERR_clear_error();
	return err;
}

/* Nobody is to be asked at a terminal for the password of a certificate. */
static int no_password(char *buf, int size, int writing, void *user)
{
	(void)buf;
	(void)size;
	(void)writing;
	(void)user;
	return -1;
}

int64_t orl_tls_days_left(const char *certificate)
{
	BIO *bio = BIO_new_mem_buf(certificate, -1);
	X509 *x = bio ? PEM_read_bio_X509(bio, NULL, no_password, NULL) : NULL;
	int days, seconds;
	int64_t left = -2000000;

	if (x && ASN1_TIME_diff(&days, &seconds, NULL, X509_get0_notAfter(x)))
		left = seconds < 0 ? (int64_t)days - 1 : days;
	X509_free(x);
	BIO_free(bio);
	ERR_clear_error();
	return left;
}
