/*
 * raw.h - one end of a connection made by hand, for tests that say what no
 * honest program says: TLS as the project does it, chunks and messages as the
 * test likes them.
 */
#ifndef ORL_TESTS_E2E_RAW_H
#define ORL_TESTS_E2E_RAW_H

#include <netinet/in.h>

#include "proto/auth.h"
#include "proto/io/tls.h"
#include "proto/messages.h"

struct raw {
	int fd;
	struct orl_tls *tls;
	struct orl_env env;
	uint8_t in[1 << 20], message[1 << 19];
	size_t have, used;               /* of in */
	uint32_t taken[8];               /* payload by channel, not granted */
	bool grants;                     /* grant what has been read */
	uint64_t caps;                   /* that it offers */
	uint8_t hellos[1024], sent[512]; /* of the login, to be replayed */
	size_t sent_n;
	uint8_t sealed[512], token[32], session[16];
	size_t sealed_n;
};

enum { RAW_CLOSED = -1, RAW_QUIET = 0, RAW_MESSAGE = 1 };

uint64_t raw_ms(void);
void raw_env(struct orl_env *env);
/* 127.1.HIGH.LOW stands for the `who`-th stranger. */
int raw_socket(const struct sockaddr_in *to, unsigned who);
/* A connection with TLS. False: it was not let in. */
bool raw_dial(struct raw *r, struct orl_tls_context *tls,
		const struct sockaddr_in *to, unsigned who);
/* The same over a socket that is there. */
bool raw_secure(struct raw *r, struct orl_tls_context *tls, int fd,
		const char *host);
void raw_hang_up(struct raw *r);

/* False when the other end is gone, or takes nothing for `ms`. */
bool raw_write(struct raw *r, const void *data, size_t n, int ms);
/* The bytes of a message, in chunks; returns their number. */
size_t raw_chunks(uint8_t *out, uint16_t id, const void *data, size_t n);
bool raw_say(struct raw *r, uint16_t id, const void *data, size_t n);
/* The next message, within ms. */
int raw_hear(struct raw *r, uint16_t *id, const uint8_t **data, size_t *n,
		int ms);
/* What becomes of the line within ms: a sentence. */
const char *raw_fate(struct raw *r, int ms);

/* Encode and say: RAW_SAY(r, ack, .frame = 7). */
#define RAW_SAY(r, name, ...) \
	raw_put(r, ORL_MSG_##name, \
			(void (*)(struct orl_wr *, const void *))( \
					void (*)(void))orl_put_##name, \
			&(struct orl_##name){ __VA_ARGS__ })
bool raw_put(struct raw *r, uint16_t id,
		void (*encode)(struct orl_wr *, const void *), const void *v);

/* client_hello and its answer. */
bool raw_hello(struct raw *r, const uint8_t *session);
/* hello and login; true when welcome has come. */
bool raw_login(struct raw *r, const char *user, const char *password);

#endif
