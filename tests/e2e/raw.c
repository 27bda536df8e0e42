/*
 * raw.c - see raw.h.
 */
#include "tests/e2e/raw.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "proto/io/crypto.h"
#include "proto/io/host.h"

uint64_t raw_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

void raw_env(struct orl_env *env)
{
	orl_host_env(env, NULL);
	env->crypto = &orl_openssl_crypto;
}

static bool ready(int fd, short events, int ms)
{
	struct pollfd p = { fd, events, 0 };

	return poll(&p, 1, ms) > 0;
}

int raw_socket(const struct sockaddr_in *to, unsigned who)
{
	struct sockaddr_in from = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	from.sin_addr.s_addr = htonl(0x7f010001 + who);
	if (bind(fd, (struct sockaddr *)&from, sizeof(from)) < 0 ||
			(connect(fd, (const struct sockaddr *)to, sizeof(*to)) <
							0 &&
					errno != EINPROGRESS) ||
			!ready(fd, POLLOUT, 5000)) {
		close(fd);
		return -1;
	}
	return fd;
}

bool raw_secure(struct raw *r, struct orl_tls_context *tls, int fd,
		const char *host)
{
	uint64_t end = raw_ms() + 10000;
	int err;

	memset(r, 0, sizeof(*r));
	r->fd = fd;
	raw_env(&r->env);
	fcntl(fd, F_SETFL, O_NONBLOCK);
	if (orl_tls_create(&r->tls, tls, fd, host) < 0)
		return false;
	while ((err = orl_tls_handshake(r->tls)) != 0 && raw_ms() < end) {
		if (err != ORL_TLS_READ && err != ORL_TLS_WRITE)
			return false;
		ready(fd, err == ORL_TLS_READ ? POLLIN : POLLOUT, 1000);
	}
	return err == 0;
}

bool raw_dial(struct raw *r, struct orl_tls_context *tls,
		const struct sockaddr_in *to, unsigned who)
{
	/* Strangers are dropped by chance while others are waiting. */
	for (int i = 0; i < 20; i++) {
		int fd = raw_socket(to, who);
		if (fd < 0)
			return false;
		if (raw_secure(r, tls, fd, "127.0.0.1"))
			return true;
		raw_hang_up(r);
		poll(NULL, 0, 50);
	}
	return false;
}

void raw_hang_up(struct raw *r)
{
	orl_tls_destroy(r->tls);
	r->tls = NULL;
	if (r->fd >= 0)
		close(r->fd);
	r->fd = -1;
}

bool raw_write(struct raw *r, const void *data, size_t n, int ms)
{
	const uint8_t *p = data;
	uint64_t end = raw_ms() + (uint64_t)ms;

	while (n) {
		size_t some = n < 16384 ? n : 16384;
		int did = orl_tls_write(r->tls, p, some);
		if (did > 0) {
			p += did;
			n -= (size_t)did;
			continue;
		}
		if (did != ORL_TLS_READ && did != ORL_TLS_WRITE)
			return false;
		if (raw_ms() >= end)
			return false;
		ready(r->fd, did == ORL_TLS_READ ? POLLIN : POLLOUT, 20);
	}
	return true;
}

size_t raw_chunks(uint8_t *out, uint16_t id, const void *data, size_t n)
{
	const uint8_t *p = data;
	size_t at = 0, put = 0;

	do {
		size_t head = at == 0, take = n - at;
		if (take > ORL_CHUNK_MAX - head)
			take = ORL_CHUNK_MAX - head;
		out[put++] = (uint8_t)(head + take);
		out[put++] = (uint8_t)((head + take) >> 8);
		out[put++] = (uint8_t)((id >> 8 & 7) | (at + take < n ? 8 : 0));
		if (head)
			out[put++] = (uint8_t)id;
		if (take)
			memcpy(out + put, p + at, take);
		put += take;
		at += take;
	} while (at < n);
	return put;
}

bool raw_say(struct raw *r, uint16_t id, const void *data, size_t n)
{
	uint8_t *out = malloc(n + n / 1000 + 64);
	bool ok = out && raw_write(r, out, raw_chunks(out, id, data, n), 5000);

	free(out);
	return ok;
}

bool raw_put(struct raw *r, uint16_t id,
		void (*encode)(struct orl_wr *, const void *), const void *v)
{
	static uint8_t bytes[1 << 19];
	struct orl_wr w = { bytes, sizeof(bytes), 0 };

	encode(&w, v);
	return raw_say(r, id, bytes, w.n);
}

/* One whole message out of `in`, if there is one. */
static bool take(struct raw *r, uint16_t *id, size_t *n)
{
	size_t at = r->used;
	bool begun = false;

	*n = 0;
	while (r->have - at >= 3) {
		size_t len = r->in[at] | (size_t)r->in[at + 1] << 8;
		uint8_t flags = r->in[at + 2];
		if (r->have - at < 3 + len || !len)
			return false;
		const uint8_t *p = r->in + at + 3;
		unsigned skip = !begun;
		if (!begun)
			*id = (uint16_t)((flags & 7) << 8 | p[0]);
		else if ((flags & 7) != *id >> 8)
			skip = 0; /* another channel's: these do not do that */
		begun = true;
		if (*n + len - skip > sizeof(r->message))
			return false;
		memcpy(r->message + *n, p + skip, len - skip);
		*n += len - skip;
		at += 3 + len;
		if (flags & 8)
			continue;
		r->taken[*id >> 8] += (uint32_t)*n + 1;
		r->used = at;
		return true;
	}
	return false;
}

static void grant(struct raw *r)
{
	for (uint8_t i = 1; i < 7; i++) {
		if (r->taken[i] < 16384)
			continue;
		RAW_SAY(r, credit, .channel = i, .bytes = r->taken[i]);
		r->taken[i] = 0;
	}
}

int raw_hear(struct raw *r, uint16_t *id, const uint8_t **data, size_t *n,
		int ms)
{
	uint64_t end = raw_ms() + (uint64_t)ms;

	for (;;) {
		if (take(r, id, n)) {
			*data = r->message;
			if (r->grants)
				grant(r);
			return RAW_MESSAGE;
		}
		memmove(r->in, r->in + r->used, r->have - r->used);
		r->have -= r->used;
		r->used = 0;
		int did = orl_tls_read(r->tls, r->in + r->have,
				sizeof(r->in) - r->have);
		if (did > 0) {
			r->have += (size_t)did;
			continue;
		}
		if (did != ORL_TLS_READ && did != ORL_TLS_WRITE)
			return RAW_CLOSED;
		uint64_t now = raw_ms();
		if (now >= end)
			return RAW_QUIET;
		ready(r->fd, POLLIN, (int)(end - now));
	}
}

const char *raw_fate(struct raw *r, int ms)
{
	static char text[200];
	uint64_t end = raw_ms() + (uint64_t)ms;
	const char *fate = NULL;
	uint16_t id;
	const uint8_t *data;
	size_t n;

	while (raw_ms() < end) {
		int got = raw_hear(
				r, &id, &data, &n, (int)(end - raw_ms()) + 1);
		struct orl_bye bye;
		struct orl_refused refused;

		if (got == RAW_QUIET)
			break;
		if (got == RAW_CLOSED)
			return fate ? fate : "closed";
		if (fate)
			continue; /* the first one says why */
		if (id == ORL_MSG_bye && orl_get_bye(data, n, &bye) == 0) {
			snprintf(text, sizeof(text), "bye: %.*s",
					(int)bye.why.n, bye.why.p);
			fate = text;
		}
		if (id == ORL_MSG_refused &&
				orl_get_refused(data, n, &refused) == 0) {
			snprintf(text, sizeof(text), "refused: %.*s",
					(int)refused.why.n, refused.why.p);
			fate = text;
		}
	}
	return fate ? fate : "stays";
}

bool raw_hello(struct raw *r, const uint8_t *session)
{
	struct orl_client_hello hello = { .oldest = 1,
		.newest = 1,
		.max_pixels = 1 << 26,
		.caps = r->caps,
		.session = { session, session ? 16 : 0 } };
	struct orl_wr w = { r->hellos, sizeof(r->hellos), 0 };
	uint16_t id;
	const uint8_t *data;
	size_t n;

	wr_U16(&w, ORL_MSG_client_hello);
	orl_put_client_hello(&w, &hello);
	if (!raw_say(r, ORL_MSG_client_hello, r->hellos + 2, w.n - 2) ||
			raw_hear(r, &id, &data, &n, 5000) != RAW_MESSAGE ||
			id != ORL_MSG_server_hello)
		return false;
	wr_U16(&w, ORL_MSG_server_hello);
	wr_raw(&w, data, n);
	r->sent_n = w.n; /* for the transcript, until the login is sent */
	return w.n <= sizeof(r->hellos);
}

static bool say_login(struct raw *r, uint8_t step, const void *blob, size_t n)
{
	return RAW_SAY(r, login,
			.method = { (const uint8_t *)ORL_METHOD_PLUS,
					strlen(ORL_METHOD_PLUS) },
			.step = step, .blob = { blob, (uint32_t)n });
}

/* The answer to a login step: a challenge or the welcome. */
static bool answer(
		struct raw *r, uint16_t want, const uint8_t **data, size_t *n)
{
	uint16_t id;

	return raw_hear(r, &id, data, n, 35000) == RAW_MESSAGE && id == want;
}

static bool prove(struct raw *r, struct orl_scram_client *scram)
{
	uint8_t blob[ORL_BLOB_MAX];
	const uint8_t *data;
	struct orl_challenge challenge;
	struct orl_welcome welcome;
	struct orl_resumption token;
	size_t n;
	int len = orl_scram_client_first(scram, blob, sizeof(blob));

	if (len < 0 || !say_login(r, 0, blob, (size_t)len))
		return false;
	memcpy(r->sent, blob, (size_t)len);
	r->sent_n = (size_t)len;
	if (!answer(r, ORL_MSG_challenge, &data, &n) ||
			orl_get_challenge(data, n, &challenge) < 0 ||
			orl_scram_client_challenge(scram, challenge.blob.p,
					challenge.blob.n) < 0)
		return false;
	while (orl_scram_client_work(scram, 100000) > 0)
		;
	len = orl_scram_client_final(scram, blob, sizeof(blob));
	if (len < 0 || !say_login(r, 1, blob, (size_t)len) ||
			!answer(r, ORL_MSG_welcome, &data, &n) ||
			orl_get_welcome(data, n, &welcome) < 0)
		return false;
	memcpy(r->session, welcome.session.p, welcome.session.n);
	if (!answer(r, ORL_MSG_resumption, &data, &n) ||
			orl_get_resumption(data, n, &token) < 0)
		return false;
	memcpy(r->token, token.key.p, 32);
	memcpy(r->sealed, token.sealed.p, token.sealed.n);
	r->sealed_n = token.sealed.n;
	return true;
}

bool raw_login(struct raw *r, const char *user, const char *password)
{
	uint8_t exporter[32], transcript[32];
	struct orl_binding binding = { .exporter = exporter,
		.transcript = transcript };
	struct orl_scram_client *scram = NULL;
	bool ok;

	if (!raw_hello(r, NULL) || orl_tls_exporter(r->tls, exporter) < 0 ||
			r->env.crypto->sha256(
					r->hellos, r->sent_n, transcript) < 0)
		return false;
	ok = orl_scram_client_create(
			     &scram, &r->env, user, password, &binding) == 0 &&
	     prove(r, scram);
	orl_scram_client_destroy(scram);
	return ok;
}
