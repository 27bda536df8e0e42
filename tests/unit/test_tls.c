/*
 * test_tls.c - both ends of a handshake in one thread, and ends that must be
 * refused, made with OpenSSL directly.
 */
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include "proto/io/host.h"
#include "proto/io/tls.h"
#include "proto/limits.h"

struct world {
	struct orl_env env;
	char *cert, *key;
	struct orl_tls_context *server;
	int fd[2];
	int keylog_lines;
	char last_log[256];
};

static void count_line(void *user, const char *line)
{
	struct world *w = user;
	assert_non_null(strchr(line, ' '));
	w->keylog_lines++;
}

static void take_log(void *user, enum oriel_log_level level, const char *topic,
		const char *text)
{
	struct world *w = user;
	(void)level;
	(void)topic;
	strncpy(w->last_log, text, sizeof(w->last_log) - 1);
}

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	struct oriel_hooks hooks = { .size = sizeof(hooks),
		.user = w,
		.log = take_log,
		.log_level = ORIEL_LOG_ERROR };
	assert_int_equal(orl_host_env(&w->env, &hooks), 0);
	assert_int_equal(orl_tls_make_pair(&w->env, "desk.example", &w->cert,
					 &w->key),
			0);
	struct orl_tls_config config = { .server = true,
		.certificate = w->cert,
		.private_key = w->key,
		.keylog = count_line,
		.user = w };
	assert_int_equal(orl_tls_context_create(&w->server, &w->env, &config),
			0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0,
					 w->fd),
			0);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;
	close(w->fd[0]);
	if (w->fd[1] >= 0)
		close(w->fd[1]);
	orl_tls_context_destroy(w->server);
	orl_free(&w->env, w->cert);
	orl_free(&w->env, w->key);
	free(w);
	return 0;
}

static struct orl_tls_context *client_context(
		struct world *w, const char *ca, uint64_t update)
{
	struct orl_tls_context *c;
	struct orl_tls_config config = { .authorities = ca,
		.update_records = update };
	assert_int_equal(orl_tls_context_create(&c, &w->env, &config), 0);
	return c;
}

static bool wants(int result)
{
	return result == ORL_TLS_READ || result == ORL_TLS_WRITE;
}

/* Both until they are done or one fails; the client's result. */
static int shake(struct orl_tls *client, struct orl_tls *server, int *other)
{
	int a = ORL_TLS_READ, b = ORL_TLS_READ;
	for (int i = 0; i < 50; i++) {
		if (wants(a))
			a = orl_tls_handshake(client);
		if (wants(b))
			b = orl_tls_handshake(server);
	}
	*other = b;
	return a;
}

/* Once more when only what was there came short, see `dry` in tls.c. */
static int read_some(struct orl_tls *tls, void *buf, size_t n)
{
	int got = orl_tls_read(tls, buf, n);
	return got == ORL_TLS_READ ? orl_tls_read(tls, buf, n) : got;
}

struct ends {
	struct orl_tls_context *context;
	struct orl_tls *client, *server;
};

static void connect_ends(struct world *w, struct ends *e, const char *host,
		const char *ca, uint64_t update)
{
	int other;
	e->context = client_context(w, ca, update);
	assert_int_equal(orl_tls_create(&e->client, e->context, w->fd[0], host),
			0);
	assert_int_equal(orl_tls_create(&e->server, w->server, w->fd[1], NULL),
			0);
	assert_int_equal(shake(e->client, e->server, &other), 0);
	assert_int_equal(other, 0);
}

static void free_ends(struct ends *e)
{
	orl_tls_destroy(e->client);
	orl_tls_destroy(e->server);
	orl_tls_context_destroy(e->context);
}

static void ends_talk_and_agree(void **state)
{
	struct world *w = *state;
	struct ends e;
	uint8_t a[32], b[32], buf[64];
	connect_ends(w, &e, "desk.example", NULL, 0);

	assert_int_equal(orl_tls_exporter(e.client, a), 0);
	assert_int_equal(orl_tls_exporter(e.server, b), 0);
	assert_memory_equal(a, b, 32);
	assert_int_equal(orl_tls_context_pin(w->server, a), 0);
	assert_int_equal(orl_tls_peer_pin(e.client, b), 0);
	assert_memory_equal(a, b, 32);
	assert_int_equal(orl_tls_peer_pin(e.server, b), ORIEL_ESTATE);
	assert_true(w->keylog_lines >= 4);
	/* Unknown to the client, which yet went through with it. */
	assert_false(orl_tls_peer_verified(e.client));

	assert_int_equal(orl_tls_write(e.client, "hello", 5), 5);
	assert_int_equal(read_some(e.server, buf, sizeof(buf)), 5);
	assert_memory_equal(buf, "hello", 5);
	assert_int_equal(
			orl_tls_read(e.server, buf, sizeof(buf)), ORL_TLS_READ);
	assert_true(orl_tls_bytes_out(e.client) == orl_tls_bytes_in(e.server));
	orl_tls_shutdown(e.client);
	assert_int_equal(read_some(e.server, buf, sizeof(buf)), 0);
	assert_string_equal(orl_tls_why(e.server), "");
	free_ends(&e);
}

/* A record is one record, and what does not fit waits to be written again. */
static void full_socket_asks_again(void **state)
{
	struct world *w = *state;
	struct ends e;
	static uint8_t data[16384], got[16384];
	size_t written = 0, read = 0;
	int r;
	connect_ends(w, &e, "desk.example", NULL, 0);
	while ((r = orl_tls_write(e.server, data, sizeof(data))) > 0) {
		assert_int_equal(r, sizeof(data));
		written += (size_t)r;
	}
	assert_int_equal(r, ORL_TLS_WRITE);
	/* A goodbye would now end up inside the record. */
	orl_tls_shutdown(e.server);
	bool retried = false;
	while (read < written) {
		r = orl_tls_read(e.client, got, sizeof(got));
		if (r > 0)
			read += (size_t)r;
		else
			assert_int_equal(r, ORL_TLS_READ);
		if (!retried && orl_tls_write(e.server, data, sizeof(data)) >
						0) {
			retried = true;
			written += sizeof(data);
		}
	}
	assert_true(retried);
	assert_int_equal(read, written);
	free_ends(&e);
}

static void keys_are_renewed(void **state)
{
	struct world *w = *state;
	struct ends e;
	uint8_t buf[16];
	connect_ends(w, &e, "desk.example", NULL, 3);
	uint64_t lines = (uint64_t)w->keylog_lines, sizes[8];
	for (int i = 0; i < 8; i++) {
		uint64_t before = orl_tls_bytes_out(e.client);
		assert_int_equal(orl_tls_write(e.client, "ping", 4), 4);
		sizes[i] = orl_tls_bytes_out(e.client) - before;
		assert_int_equal(read_some(e.server, buf, sizeof(buf)), 4);
		assert_memory_equal(buf, "ping", 4);
	}
	/* The fourth and the seventh came behind a key update. */
	assert_true(sizes[3] > sizes[2]);
	assert_true(sizes[6] > sizes[5]);
	assert_true(sizes[4] == sizes[2]);
	assert_true((uint64_t)w->keylog_lines >= lines);
	free_ends(&e);
}

/* Both full, both about to renew: each must still read, or both hang. */
static void full_ends_renew_and_read(void **state)
{
	struct world *w = *state;
	static uint8_t data[3000], got[16384];
	size_t written[2] = { 0, 0 }, read[2] = { 0, 0 };
	struct ends e;
	for (uint64_t update = 1; update < 12; update++) {
		connect_ends(w, &e, "desk.example", NULL, update);
		struct orl_tls *end[2] = { e.client, e.server };
		for (int i = 0; i < 2; i++) {
			int r;
			while ((r = orl_tls_write(end[i], data, sizeof(data))) >
					0)
				written[i] += (size_t)r;
			assert_int_equal(r, ORL_TLS_WRITE);
		}
		/* The client reads first: it is the one that renews. */
		for (int i = 1; i >= 0; i--) {
			while (read[!i] < written[i]) {
				int r = read_some(end[!i], got, sizeof(got));
				assert_true(r > 0);
				read[!i] += (size_t)r;
			}
			/* What was refused goes out now, and arrives. */
			assert_int_equal(orl_tls_write(end[i], data,
							 sizeof(data)),
					sizeof(data));
			assert_int_equal(read_some(end[!i], got, sizeof(got)),
					sizeof(data));
			written[i] = read[!i] = 0;
		}
		free_ends(&e);
	}
}

static void names_and_authorities(void **state)
{
	struct world *w = *state;
	static const struct {
		const char *pair, *host;
		bool good;
	} cases[] = {
		{ "desk.example", "desk.example", true },
		{ "desk.example", "DESK.example", true },
		{ "desk.example", "other.example", false },
		{ "desk.example", "192.0.2.1", false },
		{ "192.0.2.1", "192.0.2.1", true },
		{ "192.0.2.1", "192.0.2.2", false },
		{ "2001:db8::1", "2001:db8:0::1", true },
		{ "fe80::1", "fe80::1%eth0", true },
	};
	for (size_t i = 0; i < ORL_COUNT(cases); i++) {
		struct world x = *w;
		struct ends e;
		assert_int_equal(orl_tls_make_pair(&w->env, cases[i].pair,
						 &x.cert, &x.key),
				0);
		struct orl_tls_config config = { .server = true,
			.certificate = x.cert,
			.private_key = x.key };
		assert_int_equal(orl_tls_context_create(
						 &x.server, &w->env, &config),
				0);
		assert_int_equal(
				socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK,
						0, x.fd),
				0);
		connect_ends(&x, &e, cases[i].host, x.cert, 0);
		if (orl_tls_peer_verified(e.client) != cases[i].good)
			fail_msg("%s as %s", cases[i].pair, cases[i].host);
		free_ends(&e);
		/* The right name under an authority that did not sign it. */
		close(x.fd[0]);
		close(x.fd[1]);
		assert_int_equal(
				socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK,
						0, x.fd),
				0);
		connect_ends(&x, &e, cases[i].host, w->cert, 0);
		assert_false(orl_tls_peer_verified(e.client));
		free_ends(&e);
		close(x.fd[0]);
		close(x.fd[1]);
		orl_tls_context_destroy(x.server);
		orl_free(&w->env, x.cert);
		orl_free(&w->env, x.key);
	}
}

/* ---- ends that are not ours -------------------------------------------- */

static SSL *foreign_client(SSL_CTX **ctx, int fd, int version, const char *alpn)
{
	*ctx = SSL_CTX_new(TLS_client_method());
	SSL_CTX_set_max_proto_version(*ctx, version);
	if (alpn)
		SSL_CTX_set_alpn_protos(*ctx, (const unsigned char *)alpn,
				(unsigned)strlen(alpn));
	SSL *ssl = SSL_new(*ctx);
	SSL_set_fd(ssl, fd);
	SSL_set_connect_state(ssl);
	return ssl;
}

static void foreign_clients_are_refused(void **state)
{
	struct world *w = *state;
	static const struct {
		int version;
		const char *alpn, *why;
	} cases[] = {
		{ TLS1_2_VERSION, "\x07oriel/1",
				"the other end does not speak TLS 1.3" },
		{ TLS1_3_VERSION, NULL,
				"the other end does not speak oriel/1" },
		{ TLS1_3_VERSION, "\x02h2",
				"the other end does not speak oriel/1" },
		{ TLS1_3_VERSION, "\x02h2\x07oriel/1", NULL },
	};
	for (size_t i = 0; i < ORL_COUNT(cases); i++) {
		SSL_CTX *ctx;
		struct orl_tls *tls;
		int fd[2], done = 0, r = ORL_TLS_READ;
		assert_int_equal(
				socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK,
						0, fd),
				0);
		SSL *ssl = foreign_client(
				&ctx, fd[0], cases[i].version, cases[i].alpn);
		assert_int_equal(orl_tls_create(&tls, w->server, fd[1], NULL),
				0);
		for (int n = 0; n < 20; n++) {
			if (done != 1)
				done = SSL_do_handshake(ssl);
			if (wants(r))
				r = orl_tls_handshake(tls);
		}
		if (cases[i].why) {
			assert_int_equal(r, ORIEL_ETLS);
			assert_string_equal(orl_tls_why(tls), cases[i].why);
			assert_int_not_equal(done, 1);
			assert_int_equal(orl_tls_handshake(tls), ORIEL_ESTATE);
		} else {
			assert_int_equal(r, 0);
		}
		SSL_free(ssl);
		SSL_CTX_free(ctx);
		orl_tls_destroy(tls);
		close(fd[0]);
		close(fd[1]);
	}
}

/* Records with a key update each, as one piece of bytes. */
static void update_keys(SSL *ssl, int times)
{
	for (int i = 0; i < times; i++) {
		assert_int_equal(SSL_key_update(ssl,
						 SSL_KEY_UPDATE_NOT_REQUESTED),
				1);
		assert_int_equal(SSL_do_handshake(ssl), 1);
	}
}

static void send_all(SSL *ssl, int fd)
{
	char *bytes;
	long n = BIO_get_mem_data(SSL_get_wbio(ssl), &bytes);

	assert_int_equal(send(fd, bytes, (size_t)n, 0), n);
	BIO_reset(SSL_get_wbio(ssl));
}

/* Nothing but key updates holds nobody up, and is not taken for long. */
static void updates_without_data_end_it(void **state)
{
	struct world *w = *state;
	SSL_CTX *ctx;
	struct orl_tls *tls;
	char buf[16];
	int done = 0, r = ORL_TLS_READ;
	SSL *ssl = foreign_client(
			&ctx, w->fd[0], TLS1_3_VERSION, "\x07oriel/1");

	assert_int_equal(orl_tls_create(&tls, w->server, w->fd[1], NULL), 0);
	for (int n = 0; n < 20; n++) {
		if (done != 1)
			done = SSL_do_handshake(ssl);
		if (wants(r))
			r = orl_tls_handshake(tls);
	}
	assert_int_equal(r, 0);
	SSL_set0_wbio(ssl, BIO_new(BIO_s_mem()));
	for (int i = 0; i < 3; i++) {
		update_keys(ssl, ORL_KEY_UPDATES_MAX);
		assert_int_equal(SSL_write(ssl, "x", 1), 1);
		send_all(ssl, w->fd[0]);
		assert_int_equal(read_some(tls, buf, sizeof(buf)), 1);
	}
	uint64_t before = orl_tls_bytes_in(tls);
	update_keys(ssl, 2000);
	send_all(ssl, w->fd[0]);
	assert_int_equal(read_some(tls, buf, sizeof(buf)), ORIEL_ETLS);
	assert_string_equal(orl_tls_why(tls),
			"the other end renews its key again and again");
	assert_in_range(orl_tls_bytes_in(tls) - before, 1, 20000);
	assert_int_equal(orl_tls_read(tls, buf, sizeof(buf)), ORIEL_ESTATE);
	SSL_free(ssl);
	SSL_CTX_free(ctx);
	orl_tls_destroy(tls);
}

/* A server that ignores ALPN is some other protocol's. */
static void foreign_server_is_refused(void **state)
{
	struct world *w = *state;
	struct orl_tls_context *context = client_context(w, NULL, 0);
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	struct orl_tls *tls;
	int r = ORL_TLS_READ;
	BIO *cert = BIO_new_mem_buf(w->cert, -1);
	BIO *key = BIO_new_mem_buf(w->key, -1);
	X509 *x = PEM_read_bio_X509(cert, NULL, NULL, NULL);
	EVP_PKEY *k = PEM_read_bio_PrivateKey(key, NULL, NULL, NULL);
	SSL_CTX_use_certificate(ctx, x);
	SSL_CTX_use_PrivateKey(ctx, k);
	SSL *ssl = SSL_new(ctx);
	SSL_set_fd(ssl, w->fd[1]);
	assert_int_equal(orl_tls_create(&tls, context, w->fd[0], "a"), 0);
	for (int n = 0; n < 20; n++) {
		if (wants(r))
			r = orl_tls_handshake(tls);
		SSL_accept(ssl);
	}
	assert_int_equal(r, ORIEL_ETLS);
	assert_string_equal(orl_tls_why(tls),
			"the other end does not speak oriel/1");
	orl_tls_destroy(tls);
	orl_tls_context_destroy(context);
	SSL_free(ssl);
	SSL_CTX_free(ctx);
	X509_free(x);
	EVP_PKEY_free(k);
	BIO_free(cert);
	BIO_free(key);
}

static void plain_text_is_refused(void **state)
{
	struct world *w = *state;
	struct orl_tls *tls;
	int r;
	assert_int_equal(orl_tls_create(&tls, w->server, w->fd[1], NULL), 0);
	assert_int_equal(write(w->fd[0], "GET / HTTP/1.1\r\n\r\n", 18), 18);
	for (int i = 0; i < 4; i++) {
		r = orl_tls_handshake(tls);
		if (!wants(r))
			break;
	}
	assert_int_equal(r, ORIEL_ETLS);
	assert_string_equal(
			orl_tls_why(tls), "the other end does not speak TLS");
	orl_tls_destroy(tls);
}

/* Neither SIGPIPE nor silence: an error, and the last words stay readable. */
static void peer_that_is_gone(void **state)
{
	struct world *w = *state;
	struct ends e;
	char buf[16];
	connect_ends(w, &e, "desk.example", NULL, 0);
	assert_int_equal(orl_tls_write(e.server, "bye", 3), 3);
	orl_tls_destroy(e.server);
	e.server = NULL;
	close(w->fd[1]);
	w->fd[1] = -1;
	assert_int_equal(orl_tls_write(e.client, "x", 1), ORIEL_ECLOSED);
	assert_string_equal(orl_tls_why(e.client),
			"the other end reset the connection");
	assert_int_equal(orl_tls_write(e.client, "x", 1), ORIEL_ECLOSED);
	assert_int_equal(read_some(e.client, buf, sizeof(buf)), 3);
	assert_memory_equal(buf, "bye", 3);
	assert_int_equal(read_some(e.client, buf, sizeof(buf)), ORIEL_ECLOSED);
	assert_string_equal(orl_tls_why(e.client), "the connection was cut");
	free_ends(&e);
}

/* ---- pairs ------------------------------------------------------------- */

static void made_pair_is_valid(void **state)
{
	struct world *w = *state;
	char *cert, *key;
	int64_t days = orl_tls_days_left(w->cert);
	assert_in_range(days, 3649, 3653);
	assert_true(orl_tls_days_left("nonsense") < -1000000);
	assert_int_equal(orl_tls_make_pair(&w->env, "", &cert, &key),
			ORIEL_EINVAL);
	/* A name that is no host name is a name all the same. */
	assert_int_equal(orl_tls_make_pair(&w->env, "J\xc3\xb6rg's, CN=x",
					 &cert, &key),
			0);
	BIO *bio = BIO_new_mem_buf(cert, -1);
	X509 *x = PEM_read_bio_X509(bio, NULL, NULL, NULL);
	char cn[65];
	X509_NAME_get_text_by_NID(X509_get_subject_name(x), NID_commonName, cn,
			sizeof(cn));
	assert_string_equal(cn, "J\xc3\xb6rg's, CN=x");
	assert_int_equal(X509_verify(x, X509_get0_pubkey(x)), 1);
	assert_int_equal(EVP_PKEY_get_bits(X509_get0_pubkey(x)), 256);
	X509_free(x);
	BIO_free(bio);
	orl_free(&w->env, cert);
	orl_free(&w->env, key);
}

static void bad_pem_is_refused(void **state)
{
	struct world *w = *state;
	struct orl_tls_context *c;
	char *cert, *key;
	assert_int_equal(orl_tls_make_pair(&w->env, "b", &cert, &key), 0);
	struct orl_tls_config config = { .server = true };
	assert_int_equal(orl_tls_context_create(&c, &w->env, &config),
			ORIEL_EINVAL);
	config.certificate = "garbage";
	config.private_key = w->key;
	assert_int_equal(orl_tls_context_create(&c, &w->env, &config),
			ORIEL_EINVAL);
	assert_non_null(strstr(w->last_log, "certificate"));
	config.certificate = w->cert;
	config.private_key = "garbage";
	assert_int_equal(orl_tls_context_create(&c, &w->env, &config),
			ORIEL_EINVAL);
	assert_non_null(strstr(w->last_log, "private key"));
	config.private_key = key;
	assert_int_equal(orl_tls_context_create(&c, &w->env, &config),
			ORIEL_ETLS);
	assert_non_null(strstr(w->last_log, "not the certificate's"));
	struct orl_tls_config client = { .authorities = "garbage" };
	assert_int_equal(orl_tls_context_create(&c, &w->env, &client),
			ORIEL_EINVAL);
	orl_free(&w->env, cert);
	orl_free(&w->env, key);
}

/* An encrypted key must be refused, not asked for at the terminal. */
static void encrypted_key_is_not_asked_for(void **state)
{
	struct world *w = *state;
	struct orl_tls_context *c;
	char *pem;
	BIO *in = BIO_new_mem_buf(w->key, -1), *out = BIO_new(BIO_s_mem());
	EVP_PKEY *k = PEM_read_bio_PrivateKey(in, NULL, NULL, NULL);
	char secret[] = "secret";
	assert_int_equal(
			PEM_write_bio_PKCS8PrivateKey(out, k, EVP_aes_256_cbc(),
					secret, 6, NULL, NULL),
			1);
	BIO_write(out, "", 1);
	BIO_get_mem_data(out, &pem);
	struct orl_tls_config config = {
		.server = true, .certificate = w->cert, .private_key = pem
	};
	assert_int_equal(orl_tls_context_create(&c, &w->env, &config),
			ORIEL_EINVAL);
	BIO_free(in);
	BIO_free(out);
	EVP_PKEY_free(k);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(ends_talk_and_agree),
		TEST(full_socket_asks_again),
		TEST(keys_are_renewed),
		TEST(full_ends_renew_and_read),
		TEST(names_and_authorities),
		TEST(foreign_clients_are_refused),
		TEST(updates_without_data_end_it),
		TEST(foreign_server_is_refused),
		TEST(plain_text_is_refused),
		TEST(peer_that_is_gone),
		TEST(made_pair_is_valid),
		TEST(bad_pem_is_refused),
		TEST(encrypted_key_is_not_asked_for),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
