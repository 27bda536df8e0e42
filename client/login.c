/*
 * login.c - from a secured line to a session: trust, hello, proof.
 *
 * Nothing is said before the server's key is trusted; nothing is believed,
 * and no input leaves, before the server has proved that it knows the
 * password's verifier.
 */
#include "client/client.h"

#include <string.h>

enum { BUSY = 3 /* refused.code */ };
enum { VERSION = 1, ROUNDS = 2500 /* about 1 ms of key derivation */ };

void orl_login_forget(struct oriel_client *c)
{
	orl_scram_client_destroy(c->scram);
	c->scram = NULL;
	orl_free(&c->env, c->hello);
	c->hello = NULL;
	c->trust_asked = false;
}

/* ---- hello ------------------------------------------------------------- */

static void put_hello(struct orl_wr *w, const void *v)
{
	orl_put_client_hello(w, v);
}

static void say_hello(struct oriel_client *c)
{
	uint64_t now = orl_now(&c->env);
	struct orl_client_hello hello = {
		.oldest = VERSION,
		.newest = VERSION,
		.caps = c->offered,
		.clock = now,
		.max_pixels = (uint32_t)c->max_pixels,
		.name = { (const uint8_t *)c->name, (uint32_t)strlen(c->name) },
	};
	struct orl_wr w = { NULL, 0, 0 };

	c->resuming = false;
	/* It is nobody's but the server's that gave it. */
	if (c->kept.valid &&
			(now >= c->kept.until ||
					memcmp(c->kept.pin, c->pin,
							sizeof(c->pin)) != 0))
		c->kept.valid = false;
	if (c->kept.valid)
		hello.session = (struct orl_view){ c->kept.session,
			sizeof(c->kept.session) };
	orl_put_client_hello(&w, &hello);
	c->hello_n = w.n;
	c->hello = orl_alloc(&c->env, w.n, 1);
	if (!c->hello) {
		orl_session_end_later(c, ORIEL_ENOMEM, "out of memory");
		return;
	}
	w = (struct orl_wr){ c->hello, c->hello_n, 0 };
	orl_put_client_hello(&w, &hello);
	c->hello_at = now;
	if (orl_session_sent(c, orl_link_put(orl_conn_link(c->conn),
						ORL_MSG_client_hello, put_hello,
						&hello)) == 0)
		orl_conn_kick(c->conn);
}

void orl_login_trusted(struct oriel_client *c)
{
	orl_session_state(c, ORIEL_CLIENT_AUTHENTICATING);
	if (!c->conn)
		return;
	orl_conn_start(c->conn);
	if (c->conn)
		say_hello(c);
}

void orl_login_secured(struct oriel_client *c)
{
	struct orl_tls *tls = orl_conn_tls(c->conn);

	memset(c->pin, 0, sizeof(c->pin));
	if (!tls) {
		orl_login_trusted(c);
		return;
	}
	orl_session_state(c, ORIEL_CLIENT_SECURING);
	if (!c->conn)
		return;
	if (orl_tls_peer_pin(tls, c->pin) < 0) {
		orl_session_end(c, ORIEL_ETLS, "the server showed no key");
		return;
	}
	/* Coming back to the server that there was: that is settled. */
	if (c->again.lost && c->again.pinned &&
			memcmp(c->again.pin, c->pin, sizeof(c->pin)) == 0) {
		orl_login_trusted(c);
		return;
	}
	orl_again_limit(c, UINT64_MAX);
	bool verified = orl_tls_peer_verified(tls);
	c->trust_asked = true;
	if (c->events.trust_wanted)
		c->events.trust_wanted(c->user, c->pin, verified);
	else
		oriel_client_trust(c, verified);
}

void oriel_client_trust(struct oriel_client *c, bool trusted)
{
	if (!c || !c->conn || !c->trust_asked)
		return;
	c->trust_asked = false;
	c->trusted = trusted;
	orl_again_limit(c, ORL_AGAIN_LOGIN);
	if (trusted)
		orl_loop_defer(c->loop, &c->later);
	else
		orl_session_end_later(c, ORIEL_ETLS,
				"the server's key is not trusted");
}

static int digest_hellos(struct oriel_client *c, const uint8_t *data, size_t n)
{
	size_t total = 4 + c->hello_n + n;
	uint8_t *all = orl_alloc(&c->env, total, 1);
	struct orl_wr w = { all, total, 0 };

	if (!all)
		return ORIEL_ENOMEM;
	wr_U16(&w, ORL_MSG_client_hello);
	wr_raw(&w, c->hello, c->hello_n);
	wr_U16(&w, ORL_MSG_server_hello);
	wr_raw(&w, data, n);
	int err = c->env.crypto->sha256(all, total, c->transcript);
	orl_free(&c->env, all);
	return err;
}

/* ---- proof ------------------------------------------------------------- */

static int send_login(struct oriel_client *c, const char *method, uint8_t step,
		const void *blob, size_t n)
{
	struct orl_login msg = { .method = { (const uint8_t *)method,
						 (uint32_t)strlen(method) },
		.step = step,
		.blob = { blob, (uint32_t)n } };

	int err = ORL_CLIENT_PUT(c, login, &msg);
	if (!err)
		orl_conn_kick(c->conn);
	return err;
}

static int send_resume(struct oriel_client *c)
{
	uint8_t exporter[32], proof[32];
	int err = orl_tls_exporter(orl_conn_tls(c->conn), exporter);

	if (!err)
		err = orl_token_proof(&c->env, c->kept.key,
				"oriel resume client", exporter, c->transcript,
				proof);
	if (err)
		return err;
	struct orl_resume msg = { .proof = { proof, sizeof(proof) },
		.sealed = { c->kept.sealed, (uint32_t)c->kept.sealed_n } };
	c->resuming = true;
	c->step = ORL_LOGIN_WELCOME;
	if (ORL_CLIENT_PUT(c, resume, &msg) == 0)
		orl_conn_kick(c->conn);
	return 0;
}

static bool offers(struct orl_view methods, const char *word)
{
	size_t n = strlen(word);

	for (uint32_t i = 0; i + n <= methods.n; i++)
		if ((i == 0 || methods.p[i - 1] == ' ') &&
				memcmp(methods.p + i, word, n) == 0 &&
				(i + n == methods.n || methods.p[i + n] == ' '))
			return true;
	return false;
}

int orl_login_server_hello(struct oriel_client *c, const uint8_t *d, size_t n)
{
	struct orl_server_hello msg;
	int err = orl_get_server_hello(d, n, &msg);

	if (err || c->step != ORL_LOGIN_HELLO)
		return ORIEL_EPROTO;
	if (msg.version != VERSION)
		return ORIEL_EVERSION;
	if (msg.caps & ~c->offered)
		return ORIEL_EPROTO;
	c->caps = msg.caps;
	/* Both clocks at the middle of the round trip. */
	uint64_t now = orl_now(&c->env);
	c->clock_offset = (int64_t)(msg.clock -
				    (c->hello_at + (now - c->hello_at) / 2));
	memcpy(c->server_name, msg.name.p, msg.name.n);
	c->server_name[msg.name.n] = 0;
	err = digest_hellos(c, d, n);
	if (err)
		return err;
	bool tls = orl_conn_tls(c->conn) != NULL;
	const char *scram = tls ? ORL_METHOD_PLUS : ORL_METHOD_PLAIN;
	c->login_asked = false;
	if (msg.resumable && tls && c->kept.valid) {
		c->login_asked = true;
		return send_resume(c);
	}
	/* Without a password to hand, what needs none is preferred. */
	const char *free = offers(msg.methods, "NONE")   ? "NONE"
			   : offers(msg.methods, "PEER") ? "PEER"
							 : NULL;
	if (free) {
		c->step = ORL_LOGIN_WELCOME;
		send_login(c, free, 0, c->address.user,
				strlen(c->address.user));
		return 0;
	}
	if (!offers(msg.methods, scram))
		return ORIEL_ENOTSUP;
	c->login_asked = true;
	c->step = ORL_LOGIN_PASSWORD;
	orl_again_limit(c, UINT64_MAX);
	if (c->events.login_wanted)
		c->events.login_wanted(c->user);
	else
		orl_session_end_later(c, ORIEL_EAUTH, "a password is needed");
	return 0;
}

int oriel_client_login(
		struct oriel_client *c, const char *name, const char *password)
{
	uint8_t exporter[32], blob[ORL_BLOB_MAX];
	struct orl_binding binding = { .transcript = c->transcript };

	if (!c->conn || c->ending || c->step != ORL_LOGIN_PASSWORD)
		return ORIEL_ESTATE;
	if (!password) {
		orl_session_end_later(c, ORIEL_EAUTH, "no password was given");
		return 0;
	}
	struct orl_tls *tls = orl_conn_tls(c->conn);
	int err = 0;
	if (tls) {
		err = orl_tls_exporter(tls, exporter);
		binding.exporter = exporter;
	}
	if (!name)
		name = c->address.user[0] ? c->address.user : "oriel";
	/* A try that failed half way may be followed by another. */
	orl_scram_client_destroy(c->scram);
	c->scram = NULL;
	if (!err)
		err = orl_scram_client_create(
				&c->scram, &c->env, name, password, &binding);
	if (err)
		return err;
	int n = orl_scram_client_first(c->scram, blob, sizeof(blob));
	if (n < 0)
		return n;
	/* A server that has seen wrong passwords may wait for long. */
	orl_again_limit(c, ORL_AGAIN_PASSWORD);
	c->step = ORL_LOGIN_CHALLENGE;
	return send_login(c, tls ? ORL_METHOD_PLUS : ORL_METHOD_PLAIN, 0, blob,
			(size_t)n);
}

static void on_work(struct orl_timer *timer)
{
	struct oriel_client *c =
			orl_container(timer, struct oriel_client, timer);
	uint8_t blob[ORL_BLOB_MAX];
	int err = orl_scram_client_work(c->scram, ROUNDS);

	if (err == 1) {
		/* Due at once, but after whatever else is ready. */
		orl_timer_set(c->loop, timer, orl_now(&c->env));
		return;
	}
	int n = err ? err
		    : orl_scram_client_final(c->scram, blob, sizeof(blob));
	if (n < 0) {
		orl_session_end(c, n, oriel_strerror(n));
		return;
	}
	c->step = ORL_LOGIN_WELCOME;
	send_login(c,
			orl_conn_tls(c->conn) ? ORL_METHOD_PLUS
					      : ORL_METHOD_PLAIN,
			1, blob, (size_t)n);
}

int orl_login_challenge(struct oriel_client *c, const uint8_t *d, size_t n)
{
	struct orl_challenge msg;
	int err = orl_get_challenge(d, n, &msg);

	if (err || c->step != ORL_LOGIN_CHALLENGE || msg.step != 0)
		return ORIEL_EPROTO;
	err = orl_scram_client_challenge(c->scram, msg.blob.p, msg.blob.n);
	if (err)
		return err;
	c->step = ORL_LOGIN_DERIVING;
	c->timer.fire = on_work;
	orl_timer_set(c->loop, &c->timer, orl_now(&c->env));
	return 0;
}

static int verify(struct oriel_client *c, struct orl_view proof)
{
	uint8_t exporter[32], expected[32];

	if (c->scram)
		return orl_scram_client_verify(c->scram, proof.p, proof.n);
	if (!c->resuming)
		return proof.n ? ORIEL_EPROTO : 0;
	int err = orl_tls_exporter(orl_conn_tls(c->conn), exporter);
	if (!err)
		err = orl_token_proof(&c->env, c->kept.key,
				"oriel resume server", exporter, c->transcript,
				expected);
	if (err)
		return err;
	return proof.n == sizeof(expected) && c->env.crypto->equal(proof.p,
							      expected,
							      sizeof(expected))
			       ? 0
			       : ORIEL_EAUTH;
}

int orl_login_welcome(struct oriel_client *c, const uint8_t *d, size_t n)
{
	struct orl_welcome msg;
	int err = orl_get_welcome(d, n, &msg);

	if (err || c->step != ORL_LOGIN_WELCOME || msg.session.n != 16)
		return ORIEL_EPROTO;
	err = verify(c, msg.proof);
	if (err)
		return err;
	memcpy(c->kept.session, msg.session.p, sizeof(c->kept.session));
	c->rights = msg.rights;
	c->epoch = msg.epoch;
	c->step = ORL_LOGIN_DONE;
	bool resumed = c->resuming;
	orl_login_forget(c);
	orl_link_open(orl_conn_link(c->conn));
	orl_input_open(c, true, msg.rights);
	orl_sound_session(c, true);
	orl_again_ready(c);
	orl_session_clip_settle(c);
	orl_client_print_ready(c, resumed);
	orl_session_state(c, ORIEL_CLIENT_READY);
	if (c->conn && c->events.rights)
		c->events.rights(c->user, msg.rights);
	return 0;
}

int orl_login_refused(struct oriel_client *c, const uint8_t *d, size_t n)
{
	static const int errors[] = { ORIEL_EAUTH, ORIEL_EVERSION, ORIEL_EAUTH,
		ORIEL_ELIMIT, ORIEL_EDENIED, ORIEL_EIO };
	struct orl_refused msg;
	char why[ORL_NAME_MAX + 1];
	int err = orl_get_refused(d, n, &msg);

	if (err)
		return err;
	bool resuming = c->resuming;
	memcpy(why, msg.why.p, msg.why.n);
	why[msg.why.n] = 0;
	/* A token that is refused is not tried again, but a login is. */
	if (resuming && errors[msg.code] == ORIEL_EAUTH) {
		c->kept.valid = false;
		orl_session_lost(c, ORIEL_EAUTH, why);
		orl_again_pause(c, 0);
	} else if (msg.code == BUSY) {
		orl_session_lost(c, ORIEL_ELIMIT, why);
		orl_again_pause(c, (uint64_t)msg.retry_ms * 1000000);
	} else {
		orl_session_end(c, errors[msg.code], why);
	}
	return 0;
}

int orl_login_resumption(struct oriel_client *c, const uint8_t *d, size_t n)
{
	struct orl_resumption msg;
	int err = orl_get_resumption(d, n, &msg);

	if (err || msg.key.n != sizeof(c->kept.key) ||
			msg.sealed.n > sizeof(c->kept.sealed))
		return ORIEL_EPROTO;
	memcpy(c->kept.pin, c->pin, sizeof(c->kept.pin));
	memcpy(c->kept.key, msg.key.p, sizeof(c->kept.key));
	memcpy(c->kept.sealed, msg.sealed.p, msg.sealed.n);
	c->kept.sealed_n = msg.sealed.n;
	c->kept.until = orl_now(&c->env) + (uint64_t)msg.lifetime * 1000000000u;
	c->kept.valid = true;
	return 0;
}
