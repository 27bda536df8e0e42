/*
 * rfb_stream.c - the connection to a VNC server, encrypted or not.
 *
 * TLS is at least 1.2. Servers that are known by their certificate alone
 * still have to prove that they have its key; that is what TLS does. Anonymous
 * TLS, which VNC servers offer, keeps out who listens but not who is in
 * between.
 */
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "capture/far/rfb.h"

enum {
	CONNECT_MS = 8000,  /* for one address */
	SILENCE_MS = 20000, /* in the middle of a message */
	IDLE_S = 20,        /* until the network is asked whether it lives */
	STEP_S = 5,
	STEPS = 4,
};

/* ---- reaching it ------------------------------------------------------- */

static int finish_connect(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	int err = 0, n;
	socklen_t size = sizeof(err);

	n = poll(&p, 1, CONNECT_MS);
	if (n == 0)
		return ETIMEDOUT;
	if (n < 0 || getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &size) < 0)
		return errno;
	return err;
}

static int connect_to(const struct sockaddr *address, socklen_t size,
		int family, int *out)
{
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int err = 0;

	if (fd < 0)
		return errno;
	if (connect(fd, address, size) < 0)
		err = errno == EINPROGRESS ? finish_connect(fd) : errno;
	if (err)
		close(fd);
	else
		*out = fd;
	return err;
}

static int connect_unix(const char *path, int *out)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	if (strlen(path) >= sizeof(address.sun_path))
		return ENAMETOOLONG;
	strcpy(address.sun_path, path);
	return connect_to((const struct sockaddr *)&address, sizeof(address),
			AF_UNIX, out);
}

/* A server whose machine has vanished is found out about. */
static void set_options(int fd)
{
	static const struct {
		int level, name, value;
	} options[] = {
		{ IPPROTO_TCP, TCP_NODELAY, 1 },
		{ SOL_SOCKET, SO_KEEPALIVE, 1 },
		{ IPPROTO_TCP, TCP_KEEPIDLE, IDLE_S },
		{ IPPROTO_TCP, TCP_KEEPINTVL, STEP_S },
		{ IPPROTO_TCP, TCP_KEEPCNT, STEPS },
		{ IPPROTO_TCP, TCP_USER_TIMEOUT, SILENCE_MS },
	};

	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		setsockopt(fd, options[i].level, options[i].name,
				&options[i].value, sizeof(int));
}

void orl_rfb_connect(struct orl_rfb *r)
{
	const struct orl_far_config *c = &r->helper.config;
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *list, *a;
	char port[16];
	int err;

	r->stream.fd = -1;
	if (!c->port) {
		err = connect_unix(c->host, &r->stream.fd);
		if (err)
			orl_helper_end(&r->helper, ORL_EXIT_CONNECT,
					"cannot connect to %.100s: %s", c->host,
					strerror(err));
		return;
	}
	snprintf(port, sizeof(port), "%u", (unsigned)c->port);
	err = getaddrinfo(c->host, port, &hints, &list);
	if (err)
		orl_helper_end(&r->helper, ORL_EXIT_CONNECT,
				"cannot find %.100s: %s", c->host,
				gai_strerror(err));
	err = EADDRNOTAVAIL;
	for (a = list; a && r->stream.fd < 0; a = a->ai_next)
		err = connect_to(a->ai_addr, a->ai_addrlen, a->ai_family,
				&r->stream.fd);
	freeaddrinfo(list);
	if (r->stream.fd < 0)
		orl_helper_end(&r->helper, ORL_EXIT_CONNECT,
				"cannot connect to %.100s:%s: %s", c->host,
				port, strerror(err));
	set_options(r->stream.fd);
}

/* ---- bytes ------------------------------------------------------------- */

static void lost(struct orl_rfb *r, const char *how)
{
	/* Before there was a screen it is rather not what was meant. */
	orl_helper_end(&r->helper,
			r->helper.width ? ORL_EXIT_SOURCE : ORL_EXIT_CONNECT,
			"the server %s", how);
}

/* Until the server's socket is ready; whatever is asked meanwhile is done. */
static void wait_for(struct orl_rfb *r, short events)
{
	struct pollfd p[] = { { .fd = r->stream.fd, .events = events },
		{ .fd = ORL_FAR_FD, .events = POLLIN } };
	uint64_t until = orl_now() + SILENCE_MS * ORL_MSEC;
	/* Who is in the middle of writing begins no other message. */
	bool reading = events == POLLIN;

	for (;;) {
		uint64_t now = orl_now();
		int left = now < until ? (int)((until - now) / ORL_MSEC) + 1
				       : 0;

		p[0].revents = p[1].revents = 0;
		if (poll(p, reading ? 2 : 1,
				    r->stream.idle && reading ? -1 : left) <
						0 &&
				errno != EINTR)
			lost(r, strerror(errno));
		if (p[1].revents)
			orl_helper_hear(&r->helper);
		if (p[0].revents)
			return;
		if ((!r->stream.idle || !reading) && orl_now() >= until)
			lost(r, reading ? "has stopped in the middle of "
					  "something"
					: "takes nothing any more");
	}
}

static ssize_t get_some(struct orl_rfb *r, void *out, size_t n, short *wanted)
{
	struct orl_rfb_stream *s = &r->stream;
	ssize_t got;
	int k;

	*wanted = 0;
	if (!s->ssl) {
		got = read(s->fd, out, n);
		if (got < 0 && (errno == EAGAIN || errno == EINTR))
			*wanted = POLLIN;
		return got;
	}
	ERR_clear_error();
	k = SSL_read(s->ssl, out, (int)n);
	if (k > 0)
		return k;
	switch (SSL_get_error(s->ssl, k)) {
	case SSL_ERROR_WANT_READ:
		*wanted = POLLIN;
		return -1;
	case SSL_ERROR_WANT_WRITE:
		*wanted = POLLOUT;
		return -1;
	case SSL_ERROR_ZERO_RETURN:
		return 0;
	default:
		return -1;
	}
}

static size_t fill(struct orl_rfb *r, void *out, size_t n)
{
	for (;;) {
		short wanted;
		ssize_t got = get_some(r, out, n, &wanted);

		if (got > 0)
			return (size_t)got;
		if (got == 0 || !wanted)
			lost(r, "has hung up");
		wait_for(r, wanted);
	}
}

void orl_rfb_read(struct orl_rfb *r, void *out, size_t n)
{
	struct orl_rfb_stream *s = &r->stream;
	uint8_t *p = out;

	while (n) {
		size_t k = s->end - s->at;

		/* Much is read to where it belongs. */
		if (!k && n >= sizeof(s->buffer)) {
			k = fill(r, p, n > INT32_MAX ? INT32_MAX : n);
		} else {
			if (!k) {
				s->at = 0;
				s->end = fill(r, s->buffer, sizeof(s->buffer));
				k = s->end;
			}
			k = k < n ? k : n;
			memcpy(p, s->buffer + s->at, k);
			s->at += k;
		}
		s->idle = false;
		p += k;
		n -= k;
	}
}

void orl_rfb_write(struct orl_rfb *r, const void *bytes, size_t n)
{
	struct orl_rfb_stream *s = &r->stream;
	const uint8_t *p = bytes;

	while (n) {
		short wanted = POLLOUT;
		ssize_t put;

		if (!s->ssl) {
			put = send(s->fd, p, n, MSG_NOSIGNAL);
			if (put < 0 && errno != EAGAIN && errno != EINTR)
				lost(r, "has hung up");
		} else {
			int err;

			ERR_clear_error();
			put = SSL_write(s->ssl, p,
					(int)(n > 16384 ? 16384 : n));
			err = put > 0 ? 0 : SSL_get_error(s->ssl, (int)put);
			if (err == SSL_ERROR_WANT_READ)
				wanted = POLLIN | POLLOUT;
			else if (err && err != SSL_ERROR_WANT_WRITE)
				lost(r, "has hung up");
		}
		if (put > 0) {
			p += put;
			n -= (size_t)put;
		} else {
			wait_for(r, wanted);
		}
	}
}

/* ---- encryption -------------------------------------------------------- */

static const char *tls_words(void)
{
	const char *words = ERR_reason_error_string(ERR_peek_last_error());

	return words ? words : "the server hung up";
}

static void shake_hands(struct orl_rfb *r, SSL *ssl)
{
	for (;;) {
		int n, err;

		ERR_clear_error();
		n = SSL_connect(ssl);
		if (n == 1)
			return;
		err = SSL_get_error(ssl, n);
		if (err == SSL_ERROR_WANT_READ)
			wait_for(r, POLLIN);
		else if (err == SSL_ERROR_WANT_WRITE)
			wait_for(r, POLLOUT);
		else if (SSL_get_verify_result(ssl) != X509_V_OK)
			orl_helper_end(&r->helper, ORL_EXIT_TRUST,
					"the server's certificate is not to be "
					"believed: %s",
					X509_verify_cert_error_string(
							SSL_get_verify_result(
									ssl)));
		else
			orl_helper_end(&r->helper, ORL_EXIT_CONNECT,
					"it cannot be encrypted: %s",
					tls_words());
	}
}

static void expect_host(SSL *ssl, const char *host, bool named)
{
	X509_VERIFY_PARAM *param = SSL_get0_param(ssl);

	/* A socket has no name; this machine's is as good as any. */
	if (!named)
		return;
	if (X509_VERIFY_PARAM_set1_ip_asc(param, host) == 1)
		return;
	X509_VERIFY_PARAM_set1_host(param, host, 0);
	SSL_set_tlsext_host_name(ssl, host);
}

static void judge(struct orl_rfb *r, SSL *ssl)
{
	X509 *certificate = SSL_get1_peer_certificate(ssl);
	uint8_t sha256[EVP_MAX_MD_SIZE];
	unsigned n = 0;

	if (!certificate ||
			X509_digest(certificate, EVP_sha256(), sha256, &n) != 1)
		orl_helper_end(&r->helper, ORL_EXIT_TRUST,
				"the server has no certificate");
	X509_free(certificate);
	orl_helper_judge(&r->helper, sha256);
}

void orl_rfb_encrypt(struct orl_rfb *r, bool anonymous)
{
	const struct orl_far_config *c = &r->helper.config;
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	bool by_ca = !anonymous && c->trust == ORL_FAR_TRUST_CA;
	SSL *ssl;

	/* Bytes that came before would not be the encrypted server's. */
	if (r->stream.at != r->stream.end)
		lost(r, "says more than it may before encryption");
	if (!ctx)
		orl_helper_end(&r->helper, ORL_EXIT_INTERNAL, "no TLS: %s",
				tls_words());
	SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
	if (anonymous) {
		SSL_CTX_set_max_proto_version(ctx, TLS1_2_VERSION);
		SSL_CTX_set_cipher_list(ctx, "aNULL:!eNULL:@SECLEVEL=0");
	}
	if (by_ca) {
		if (SSL_CTX_load_verify_locations(ctx, c->ca, NULL) != 1)
			orl_helper_end(&r->helper, ORL_EXIT_USAGE,
					"--source-trust=ca:%.100s: %s", c->ca,
					tls_words());
		SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
	}
	ssl = SSL_new(ctx);
	SSL_CTX_free(ctx);
	if (!ssl || SSL_set_fd(ssl, r->stream.fd) != 1)
		orl_helper_end(&r->helper, ORL_EXIT_INTERNAL, "no TLS: %s",
				tls_words());
	if (by_ca)
		expect_host(ssl, c->host, c->port);
	shake_hands(r, ssl);
	if (!anonymous && !by_ca)
		judge(r, ssl);
	r->stream.ssl = ssl;
}
