/*
 * tls.c - TLS 1.3 from OpenSSL 3.0; the only file that knows libssl.
 *
 * Bytes go through a BIO of our own: a write must not raise SIGPIPE in the
 * host, a read that came short must not be followed by one that finds
 * nothing, and a write to a peer that is gone must not keep us from reading
 * its last words.
 */
#include "proto/io/tls.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "proto/io/socket.h"
#include "proto/limits.h"

static const uint8_t protocol[] = "\x07oriel/1"; /* as ALPN has it */

enum { PROTOCOL_N = sizeof(protocol) - 1 };

/* Of the socket's bytes, in one call: OpenSSL reads on until there is data. */
enum { TAKE_MAX = 16384 };

static const uint64_t update_records = (uint64_t)1 << 22;
static const uint64_t update_time = 3600 * (uint64_t)1000000000;

struct orl_tls_context {
	const struct orl_env *env;
	SSL_CTX *ctx;
	BIO_METHOD *bio;
	void (*keylog)(void *user, const char *line);
	void *user;
	uint64_t update_records;
	bool server, authorities;
};

struct orl_tls {
	struct orl_tls_context *context;
	SSL *ssl;
	int socket;
	bool dry;         /* the last read emptied the socket */
	size_t taken;     /* of it, by this call */
	unsigned rekeyed; /* by the other end, since it sent data */
	bool eof;         /* the stream has ended */
	bool broken;      /* OpenSSL must not be asked any more */
	bool writing;     /* a record waits to be written again */
	bool named;       /* the name of the other end gets checked */
	bool secured;     /* the handshake is done */
	int read_errno, write_errno;
	uint64_t bytes_in, bytes_out;
	uint64_t records, updated; /* since, and when, the key was renewed */
	/*
	 * Of a key update that the socket did not take. Were OpenSSL told, it
	 * would refuse to read until that is written, and two ends that do so
	 * at once would wait for each other for ever.
	 */
	uint8_t stash[64];
	size_t stash_n;
	char why[160];
};

/* ---- bytes ------------------------------------------------------------- */

static int bio_read(BIO *bio, char *buf, int n)
{
	struct orl_tls *tls = BIO_get_data(bio);
	ssize_t got;

	BIO_clear_retry_flags(bio);
	/* What is left is reported again, and others have their turn. */
	if (tls->dry || tls->taken >= TAKE_MAX) {
		tls->dry = false;
		BIO_set_retry_read(bio);
		return -1;
	}
	do
		got = recv(tls->socket, buf, (size_t)n, 0);
	while (got < 0 && errno == EINTR);
	if (got > 0) {
		tls->bytes_in += (uint64_t)got;
		tls->taken += (size_t)got;
		tls->dry = got < n;
	} else if (got == 0) {
		tls->eof = true;
	} else if (errno == EAGAIN || errno == EWOULDBLOCK) {
		BIO_set_retry_read(bio);
	} else {
		tls->read_errno = errno;
	}
	return (int)got;
}

/*
 * As send(). When the other end is gone the bytes are dropped as if written,
 * since an error would end OpenSSL's willingness to read as well.
 */
static ssize_t put(struct orl_tls *tls, const void *data, size_t n)
{
	ssize_t done;
	if (tls->write_errno)
		return (ssize_t)n;
	do
		done = send(tls->socket, data, n, MSG_NOSIGNAL);
	while (done < 0 && errno == EINTR);
	if (done >= 0) {
		tls->bytes_out += (uint64_t)done;
		return done;
	}
	if (errno == EAGAIN || errno == EWOULDBLOCK)
		return -1;
	tls->write_errno = errno;
	return (ssize_t)n;
}

static bool put_stash(struct orl_tls *tls)
{
	while (tls->stash_n) {
		ssize_t done = put(tls, tls->stash, tls->stash_n);
		if (done < 0)
			return false;
		tls->stash_n -= (size_t)done;
		memmove(tls->stash, tls->stash + done, tls->stash_n);
	}
	return true;
}

static int bio_write(BIO *bio, const char *buf, int n)
{
	struct orl_tls *tls = BIO_get_data(bio);
	ssize_t done = put_stash(tls) ? put(tls, buf, (size_t)n) : -1;

	BIO_clear_retry_flags(bio);
	if (done >= 0)
		return (int)done;
	/* After the handshake only a key update puts it in that state again. */
	if (tls->secured && SSL_in_init(tls->ssl) &&
			(size_t)n <= sizeof(tls->stash) - tls->stash_n) {
		memcpy(tls->stash + tls->stash_n, buf, (size_t)n);
		tls->stash_n += (size_t)n;
		return n;
	}
	BIO_set_retry_write(bio);
	return -1;
}

static long bio_ctrl(BIO *bio, int what, long number, void *ptr)
{
	const struct orl_tls *tls = BIO_get_data(bio);
	(void)number;
	(void)ptr;
	if (what == BIO_CTRL_EOF)
		return tls && tls->eof;
	return what == BIO_CTRL_FLUSH || what == BIO_CTRL_DUP;
}

static BIO_METHOD *make_bio_method(void)
{
	BIO_METHOD *m = BIO_meth_new(
			BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "oriel");
	if (!m)
		return NULL;
	BIO_meth_set_read(m, bio_read);
	BIO_meth_set_write(m, bio_write);
	BIO_meth_set_ctrl(m, bio_ctrl);
	return m;
}

/* ---- context ----------------------------------------------------------- */

/* Each costs us much more than it costs the other end. */
static void count_update(int written, int version, int type, const void *data,
		size_t n, SSL *ssl, void *arg)
{
	struct orl_tls *tls = arg;

	(void)version;
	(void)ssl;
	if (!written && type == SSL3_RT_HANDSHAKE && n &&
			*(const uint8_t *)data == SSL3_MT_KEY_UPDATE)
		tls->rekeyed++;
}

static void keylog_line(const SSL *ssl, const char *line)
{
	struct orl_tls_context *c = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
	c->keylog(c->user, line);
}

/* Who does not offer ALPN at all is not asked by the callback below. */
static int check_hello(SSL *ssl, int *alert, void *arg)
{
	const unsigned char *data;
	size_t n;
	(void)arg;
	if (SSL_client_hello_get0_ext(ssl,
			    TLSEXT_TYPE_application_layer_protocol_negotiation,
			    &data, &n))
		return SSL_CLIENT_HELLO_SUCCESS;
	*alert = SSL_AD_NO_APPLICATION_PROTOCOL;
	return SSL_CLIENT_HELLO_ERROR;
}

static int choose_protocol(SSL *ssl, const unsigned char **out,
		unsigned char *out_n, const unsigned char *in, unsigned in_n,
		void *arg)
{
	unsigned char *chosen;
	(void)ssl;
	(void)arg;
	if (SSL_select_next_proto(&chosen, out_n, protocol, PROTOCOL_N, in,
			    in_n) != OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_ALERT_FATAL;
	*out = chosen;
	return SSL_TLSEXT_ERR_OK;
}

/* A library does not ask at a terminal for the password of a key. */
static int no_password(char *buf, int size, int writing, void *user)
{
	(void)buf;
	(void)size;
	(void)writing;
	(void)user;
	return -1;
}

static X509 *next_certificate(BIO *bio)
{
	return PEM_read_bio_X509(bio, NULL, no_password, NULL);
}

static int complain(const struct orl_env *env, int error, const char *what)
{
	unsigned long e = ERR_peek_last_error();
	const char *reason = e ? ERR_reason_error_string(e) : NULL;
	orl_log(env, ORIEL_LOG_ERROR, "tls", "%s%s%s", what, reason ? ": " : "",
			reason ? reason : "");
	ERR_clear_error();
	return error;
}

static int use_certificate(struct orl_tls_context *c, const char *pem)
{
	BIO *bio = BIO_new_mem_buf(pem, -1);
	X509 *x = bio ? next_certificate(bio) : NULL;
	bool ok = x && SSL_CTX_use_certificate(c->ctx, x) == 1;
	X509_free(x);
	/* The others, if any, lead to the authority. */
	while (ok && (x = next_certificate(bio))) {
		ok = SSL_CTX_add1_chain_cert(c->ctx, x) == 1;
		X509_free(x);
	}
	BIO_free(bio);
	if (!ok)
		return complain(c->env, ORIEL_EINVAL,
				"cannot use the certificate");
	ERR_clear_error();
	return 0;
}

static int use_key(struct orl_tls_context *c, const char *pem)
{
	BIO *bio = BIO_new_mem_buf(pem, -1);
	EVP_PKEY *key = bio ? PEM_read_bio_PrivateKey(
					      bio, NULL, no_password, NULL)
			    : NULL;
	int err = 0;
	BIO_free(bio);
	if (!key)
		return complain(c->env, ORIEL_EINVAL,
				"cannot read the private key");
	if (SSL_CTX_use_PrivateKey(c->ctx, key) != 1 ||
			SSL_CTX_check_private_key(c->ctx) != 1)
		err = complain(c->env, ORIEL_ETLS,
				"the private key is not the certificate's");
	EVP_PKEY_free(key);
	return err;
}

static int use_authorities(struct orl_tls_context *c, const char *pem)
{
	X509_STORE *store = SSL_CTX_get_cert_store(c->ctx);
	BIO *bio = BIO_new_mem_buf(pem, -1);
	X509 *x;
	while (bio && (x = next_certificate(bio))) {
		if (X509_STORE_add_cert(store, x) == 1)
			c->authorities = true;
		X509_free(x);
	}
	BIO_free(bio);
	if (!c->authorities)
		return complain(c->env, ORIEL_EINVAL,
				"cannot read the authorities' certificates");
	ERR_clear_error();
	/* A server's own certificate may be given, not only what signed it. */
	X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);
	return 0;
}

static bool set_up(struct orl_tls_context *c)
{
	SSL_CTX *ctx = c->ctx;
	if (SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION) != 1 ||
			SSL_CTX_set_max_proto_version(ctx, TLS1_3_VERSION) != 1)
		return false;
	SSL_CTX_set_mode(ctx,
			SSL_MODE_RELEASE_BUFFERS |
					SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	/* One read of the socket takes what is there, not a head or a body. */
	SSL_CTX_set_read_ahead(ctx, 1);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_max_early_data(ctx, 0);
	SSL_CTX_set_recv_max_early_data(ctx, 0);
	SSL_CTX_set_num_tickets(ctx, 1);
	/*
	 * A client goes through with any certificate: whether it is trusted
	 * is for the session to say, with the user, before anything is sent.
	 */
	SSL_CTX_set_verify(ctx, SSL_VERIFY_NONE, NULL);
	if (c->server) {
		SSL_CTX_set_client_hello_cb(ctx, check_hello, NULL);
		SSL_CTX_set_alpn_select_cb(ctx, choose_protocol, NULL);
	} else if (SSL_CTX_set_alpn_protos(ctx, protocol, PROTOCOL_N) != 0) {
		return false;
	}
	SSL_CTX_set_app_data(ctx, c);
	if (c->keylog)
		SSL_CTX_set_keylog_callback(ctx, keylog_line);
	return true;
}

int orl_tls_context_create(struct orl_tls_context **out,
		const struct orl_env *env, const struct orl_tls_config *config)
{
	struct orl_tls_context *c;
	int err = ORIEL_ENOMEM;

	if (config->server && (!config->certificate || !config->private_key))
		return ORIEL_EINVAL;
	if (!config->certificate != !config->private_key)
		return ORIEL_EINVAL;
	c = orl_alloc(env, 1, sizeof(*c));
	if (!c)
		return ORIEL_ENOMEM;
	ERR_clear_error();
	c->env = env;
	c->server = config->server;
	c->keylog = config->keylog;
	c->user = config->user;
	c->update_records = config->update_records ? config->update_records
						   : update_records;
	c->bio = make_bio_method();
	c->ctx = SSL_CTX_new(
			c->server ? TLS_server_method() : TLS_client_method());
	if (!c->bio || !c->ctx || !set_up(c))
		goto fail;
	err = config->certificate ? use_certificate(c, config->certificate) : 0;
	if (!err && config->private_key)
		err = use_key(c, config->private_key);
	if (!err && config->authorities)
		err = use_authorities(c, config->authorities);
	if (err)
		goto fail;
	*out = c;
	return 0;
fail:
	orl_tls_context_destroy(c);
	return err;
}

void orl_tls_context_destroy(struct orl_tls_context *context)
{
	if (!context)
		return;
	SSL_CTX_free(context->ctx);
	BIO_meth_free(context->bio);
	orl_free(context->env, context);
}

static int pin_of(X509 *x, uint8_t sha256[static 32])
{
	unsigned char *der = NULL;
	int n = x ? i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x), &der) : 0;
	int ok = n > 0 && EVP_Digest(der, (size_t)n, sha256, NULL, EVP_sha256(),
					  NULL) == 1;
	OPENSSL_free(der);
	return ok ? 0 : x ? ORIEL_ENOMEM : ORIEL_ESTATE;
}

int orl_tls_context_pin(const struct orl_tls_context *context,
		uint8_t sha256[static 32])
{
	return pin_of(SSL_CTX_get0_certificate(context->ctx), sha256);
}

/* ---- connections ------------------------------------------------------- */

/* Numeric hosts have no SNI, and are looked for among addresses. */
static bool expect_host(struct orl_tls *tls, const char *host)
{
	X509_VERIFY_PARAM *param = SSL_get0_param(tls->ssl);
	uint8_t address[16];
	char text[256];
	size_t n = strcspn(host, "%"); /* fe80::1%eth0 */

	if (n >= sizeof(text))
		return false;
	memcpy(text, host, n);
	text[n] = 0;
	if (inet_pton(AF_INET, text, address) == 1)
		return X509_VERIFY_PARAM_set1_ip(param, address, 4) == 1;
	if (inet_pton(AF_INET6, text, address) == 1)
		return X509_VERIFY_PARAM_set1_ip(param, address, 16) == 1;
	X509_VERIFY_PARAM_set_hostflags(
			param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	return X509_VERIFY_PARAM_set1_host(param, host, 0) == 1 &&
	       SSL_set_tlsext_host_name(tls->ssl, host) == 1;
}

int orl_tls_create(struct orl_tls **out, struct orl_tls_context *context,
		int socket, const char *host)
{
	struct orl_tls *tls = orl_alloc(context->env, 1, sizeof(*tls));
	if (!tls)
		return ORIEL_ENOMEM;
	tls->context = context;
	tls->socket = socket;
	tls->ssl = SSL_new(context->ctx);
	BIO *bio = tls->ssl ? BIO_new(context->bio) : NULL;
	if (!bio) {
		orl_tls_destroy(tls);
		return ORIEL_ENOMEM;
	}
	BIO_set_data(bio, tls);
	BIO_set_init(bio, 1);
	SSL_set_bio(tls->ssl, bio, bio);
	SSL_set_msg_callback(tls->ssl, count_update);
	SSL_set_msg_callback_arg(tls->ssl, tls);
	if (context->server) {
		SSL_set_accept_state(tls->ssl);
	} else {
		SSL_set_connect_state(tls->ssl);
		tls->named = host && *host;
		if (tls->named && !expect_host(tls, host)) {
			orl_tls_destroy(tls);
			ERR_clear_error();
			return ORIEL_EINVAL;
		}
	}
	*out = tls;
	return 0;
}

void orl_tls_destroy(struct orl_tls *tls)
{
	if (!tls)
		return;
	SSL_free(tls->ssl);
	orl_free(tls->context->env, tls);
}

static const char *reason_of(unsigned long e)
{
	switch (ERR_GET_REASON(e)) {
	case SSL_R_WRONG_VERSION_NUMBER:
	case SSL_R_HTTP_REQUEST:
	case SSL_R_HTTPS_PROXY_REQUEST:
		return "the other end does not speak TLS";
	case SSL_R_UNSUPPORTED_PROTOCOL:
	case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
	case SSL_R_NO_PROTOCOLS_AVAILABLE:
		return "the other end does not speak TLS 1.3";
	case SSL_R_CLIENTHELLO_TLSEXT:
	case SSL_R_CALLBACK_FAILED:
	case SSL_R_NO_APPLICATION_PROTOCOL:
	case SSL_AD_REASON_OFFSET + SSL_AD_NO_APPLICATION_PROTOCOL:
		return "the other end does not speak oriel/1";
	default:
		return ERR_reason_error_string(e);
	}
}

/* What OpenSSL's result means; `why` is set when it is an error. */
static int outcome(struct orl_tls *tls, int result)
{
	const char *reason = NULL;
	int err = ORIEL_ETLS;

	switch (SSL_get_error(tls->ssl, result)) {
	case SSL_ERROR_WANT_READ:
		return ORL_TLS_READ;
	case SSL_ERROR_WANT_WRITE:
		return ORL_TLS_WRITE;
	default:
		break;
	}
	tls->broken = true;
	if (tls->eof) {
		err = ORIEL_ECLOSED;
		reason = tls->secured ? "the connection was cut"
				      : "the other end closed before it was "
					"secured";
	} else if (tls->read_errno) {
		err = ORIEL_ECLOSED;
		reason = orl_socket_text(tls->read_errno);
	} else if (ERR_peek_error()) {
		reason = reason_of(ERR_peek_error());
	}
	snprintf(tls->why, sizeof(tls->why), "%s",
			reason ? reason : "TLS failed");
	ERR_clear_error();
	return err;
}

static bool enter(struct orl_tls *tls)
{
	ERR_clear_error();
	return !tls->broken;
}

int orl_tls_handshake(struct orl_tls *tls)
{
	const unsigned char *name;
	unsigned n;

	if (!enter(tls))
		return ORIEL_ESTATE;
	tls->taken = 0;
	int result = SSL_do_handshake(tls->ssl);
	if (result != 1)
		return outcome(tls, result);
	SSL_get0_alpn_selected(tls->ssl, &name, &n);
	if (n != PROTOCOL_N - 1 || memcmp(name, protocol + 1, n) != 0) {
		tls->broken = true;
		snprintf(tls->why, sizeof(tls->why),
				"the other end does not speak oriel/1");
		return ORIEL_ETLS;
	}
	tls->secured = true;
	tls->updated = orl_now(tls->context->env);
	return 0;
}

int orl_tls_read(struct orl_tls *tls, void *buf, size_t n)
{
	size_t got;
	if (!enter(tls))
		return ORIEL_ESTATE;
	if (n > INT32_MAX)
		n = INT32_MAX;
	tls->taken = 0;
	int result = SSL_read_ex(tls->ssl, buf, n, &got);
	if (tls->rekeyed > ORL_KEY_UPDATES_MAX) {
		tls->broken = true;
		snprintf(tls->why, sizeof(tls->why),
				"the other end renews its key again and again");
		ERR_clear_error();
		return ORIEL_ETLS;
	}
	if (result == 1) {
		tls->rekeyed = 0;
		return (int)got;
	}
	if (SSL_get_error(tls->ssl, result) == SSL_ERROR_ZERO_RETURN)
		return 0;
	return outcome(tls, result);
}

/* Never between the halves of a record: OpenSSL would refuse the second. */
static void renew_key(struct orl_tls *tls)
{
	uint64_t now = orl_now(tls->context->env);
	if (tls->records < tls->context->update_records &&
			now - tls->updated < update_time)
		return;
	/* Ours only: the other end counts its own. */
	(void)SSL_key_update(tls->ssl, SSL_KEY_UPDATE_NOT_REQUESTED);
	tls->records = 0;
	tls->updated = now;
}

int orl_tls_write(struct orl_tls *tls, const void *data, size_t n)
{
	size_t put;
	if (!enter(tls))
		return ORIEL_ESTATE;
	if (!tls->writing)
		renew_key(tls);
	int result = SSL_write_ex(tls->ssl, data, n, &put);
	if (tls->write_errno) {
		snprintf(tls->why, sizeof(tls->why), "%s",
				orl_socket_text(tls->write_errno));
		return ORIEL_ECLOSED;
	}
	tls->writing = result != 1;
	if (result != 1)
		return outcome(tls, result);
	tls->records++;
	return (int)put;
}

bool orl_tls_pending(const struct orl_tls *tls)
{
	return !tls->broken && SSL_has_pending(tls->ssl) == 1;
}

void orl_tls_shutdown(struct orl_tls *tls)
{
	/* Between the halves of a record it could only be garbage. */
	if (enter(tls) && !tls->writing && tls->secured)
		(void)SSL_shutdown(tls->ssl);
	ERR_clear_error();
}

const char *orl_tls_why(const struct orl_tls *tls)
{
	return tls->why;
}

uint64_t orl_tls_bytes_in(const struct orl_tls *tls)
{
	return tls->bytes_in;
}

uint64_t orl_tls_bytes_out(const struct orl_tls *tls)
{
	return tls->bytes_out;
}

int orl_tls_peer_pin(const struct orl_tls *tls, uint8_t sha256[static 32])
{
	return pin_of(SSL_get0_peer_certificate(tls->ssl), sha256);
}

bool orl_tls_peer_verified(const struct orl_tls *tls)
{
	if (!tls->context->authorities || !tls->named || !tls->secured ||
			!SSL_get0_peer_certificate(tls->ssl))
		return false;
	long result = SSL_get_verify_result(tls->ssl);
	if (result != X509_V_OK)
		orl_log(tls->context->env, ORIEL_LOG_WARN, "tls",
				"the server's certificate: %s",
				X509_verify_cert_error_string(result));
	return result == X509_V_OK;
}

int orl_tls_exporter(const struct orl_tls *tls, uint8_t out[static 32])
{
	static const char label[] = "EXPORTER-Channel-Binding";
	if (!tls->secured)
		return ORIEL_ESTATE;
	return SSL_export_keying_material(tls->ssl, out, 32, label,
			       sizeof(label) - 1, NULL, 0, 0) == 1
			       ? 0
			       : ORIEL_ETLS;
}
