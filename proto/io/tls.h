/*
 * tls.h - TLS 1.3 on a socket; the only file that knows OpenSSL's libssl.
 *
 * TLS 1.3 only, ALPN "oriel/1" mandatory on both ends, no early data, one
 * session ticket, key update every 2^22 records or hour,
 * SSL_MODE_RELEASE_BUFFERS. Keys are pinned by SHA-256 of the SPKI.
 */
#ifndef ORL_PROTO_IO_TLS_H
#define ORL_PROTO_IO_TLS_H

#include "proto/env.h"

struct orl_tls_context; /* one per server or client handle */
struct orl_tls;         /* one per connection */

struct orl_tls_config {
	bool server;
	const char *certificate, *private_key; /* PEM; the server needs them */
	const char *authorities; /* PEM that a client checks against, or NULL */
	/* One line of a key log (NSS format), NULL: none. */
	void (*keylog)(void *user, const char *line);
	void *user;
	uint64_t update_records; /* sent before a key update; 0 is 2^22 */
};

/*
 * ORIEL_EINVAL when a PEM text cannot be read, ORIEL_ETLS when the key does
 * not belong to the certificate; the log says which. No prompt is ever shown
 * for an encrypted key, it cannot be read.
 */
int orl_tls_context_create(struct orl_tls_context **out,
		const struct orl_env *env, const struct orl_tls_config *config);
void orl_tls_context_destroy(struct orl_tls_context *context);
/* SHA-256 of the SPKI of the context's own certificate (server). */
int orl_tls_context_pin(const struct orl_tls_context *context,
		uint8_t sha256[static 32]);

/*
 * A self-signed ECDSA P-256 pair, valid for ten years, CN `name`, as PEM text
 * to be freed with orl_free().
 */
int orl_tls_make_pair(const struct orl_env *env, const char *name,
		char **certificate, char **private_key);
/* Days until a PEM certificate expires (negative: has), or an error < -1e6. */
int64_t orl_tls_days_left(const char *certificate);

/* `host` is what the client's SNI and name check use; NULL on a server. */
int orl_tls_create(struct orl_tls **out, struct orl_tls_context *context,
		int socket, const char *host);
/* Does not close the socket. */
void orl_tls_destroy(struct orl_tls *tls);

enum orl_tls_want { ORL_TLS_READ = -1000, ORL_TLS_WRITE = -1001 };

/*
 * Go on with the handshake: 0 done, ORL_TLS_READ or ORL_TLS_WRITE: call again
 * when the socket is ready for that, other negative: error, with a sentence
 * from orl_tls_why().
 */
int orl_tls_handshake(struct orl_tls *tls);
/*
 * Bytes read (0: the other end said goodbye), ORL_TLS_READ/WRITE, or an
 * error: ORIEL_ECLOSED when the stream was cut without a goodbye.
 */
int orl_tls_read(struct orl_tls *tls, void *buf, size_t n);
/*
 * Seal and write one record of n <= 16384 bytes: n, or ORL_TLS_READ/WRITE:
 * call again with the same bytes, or an error. ORIEL_ECLOSED: the other end
 * takes nothing any more, but what it sent before can still be read.
 */
int orl_tls_write(struct orl_tls *tls, const void *data, size_t n);
/* Whether decrypted bytes wait inside, so that poll would not tell. */
bool orl_tls_pending(const struct orl_tls *tls);
/* Say goodbye, if the socket takes it now. */
void orl_tls_shutdown(struct orl_tls *tls);
/* A sentence on the last error, "" when there was none. */
const char *orl_tls_why(const struct orl_tls *tls);
/* What went through the socket, handshake and record heads included. */
uint64_t orl_tls_bytes_in(const struct orl_tls *tls);
uint64_t orl_tls_bytes_out(const struct orl_tls *tls);

/* Of the other end, after the handshake. */
int orl_tls_peer_pin(const struct orl_tls *tls, uint8_t sha256[static 32]);
/* It chains to the context's authorities, is in date and is for `host`. */
bool orl_tls_peer_verified(const struct orl_tls *tls);
/* tls-exporter of RFC 9266: 32 bytes, label EXPORTER-Channel-Binding. */
int orl_tls_exporter(const struct orl_tls *tls, uint8_t out[static 32]);

#endif
