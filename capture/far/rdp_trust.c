/*
 * rdp_trust.c - the certificate of an RDP server: the one that is known, or
 * one that somebody has signed. The library would ask a user, or a file of its
 * own.
 */
#include <string.h>

#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "capture/far/rdp.h"

static const char *by_ca(struct orl_rdp *r, X509 *certificate, const char *host)
{
	X509_STORE *store = X509_STORE_new();
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	const char *wrong = "out of memory";

	if (store && ctx &&
			X509_STORE_load_locations(store, r->helper.config.ca,
					NULL) != 1) {
		wrong = "the file of --source-trust= cannot be read";
	} else if (store && ctx &&
			X509_STORE_CTX_init(ctx, store, certificate, NULL) ==
					1) {
		X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(ctx);

		if (X509_VERIFY_PARAM_set1_ip_asc(param, host) != 1)
			X509_VERIFY_PARAM_set1_host(param, host, 0);
		wrong = X509_verify_cert(ctx) == 1
					? NULL
					: X509_verify_cert_error_string(
							  X509_STORE_CTX_get_error(
									  ctx));
	}
	X509_STORE_CTX_free(ctx);
	X509_STORE_free(store);
	return wrong;
}

int orl_rdp_verify(freerdp *instance, const BYTE *data, size_t length,
		const char *host, UINT16 port, DWORD flags)
{
	struct orl_rdp *r = orl_rdp_of(instance->context);
	BIO *bio = BIO_new_mem_buf(data, (int)length);
	X509 *certificate =
			bio ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;
	uint8_t sha256[EVP_MAX_MD_SIZE];
	const char *wrong;
	unsigned n = 0;

	(void)port;
	/* To another server it would have to be known as well. */
	if (flags & (VERIFY_CERT_FLAG_REDIRECT | VERIFY_CERT_FLAG_GATEWAY))
		orl_helper_end(&r->helper, ORL_EXIT_TRUST,
				"the server sends us to another one, %.80s: "
				"name that one as the source",
				host);
	if (!certificate ||
			X509_digest(certificate, EVP_sha256(), sha256, &n) != 1)
		orl_helper_end(&r->helper, ORL_EXIT_TRUST,
				"the server's certificate cannot be read");
	if (r->helper.config.trust == ORL_FAR_TRUST_CA) {
		wrong = by_ca(r, certificate, host);
		if (wrong)
			orl_helper_end(&r->helper, ORL_EXIT_TRUST,
					"the server's certificate is not to be "
					"believed: %s",
					wrong);
	} else {
		orl_helper_judge(&r->helper, sha256);
	}
	X509_free(certificate);
	BIO_free(bio);
	r->verified = true;
	return 1;
}
