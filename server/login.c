/*
 * login.c - a client until it is let in: hello, login or resumption.
 *
 * The host decides who may try and with what proof; the throttle decides when
 * it hears the answer. A user that does not exist goes through the same
 * motions as one that does.
 */
#include "server/server.h"

#include <string.h>

#include "proto/io/host.h"

enum { VERSION = 1 };

struct oriel_auth {
	struct orl_env env;      /* its own: it may outlive the server */
	struct oriel_peer *peer; /* NULL when it has left */
	unsigned refs;
	bool proof_wanted; /* auth_wanted was asked and not answered */
	bool proved;       /* auth_proved was asked and not answered */
	bool none;         /* the client chose the method NONE */
	bool known;        /* the host gave a verifier */
	struct orl_verifier verifier;
	uint8_t proof[ORL_BLOB_MAX]; /* the server's last word */
	size_t proof_n;
};

/* ---- hello ------------------------------------------------------------- */

static bool has_word(struct orl_view text, const char *word)
{
	return text.n == strlen(word) && memcmp(text.p, word, text.n) == 0;
}

static bool is_own_user(const struct oriel_peer *peer)
{
	return orl_conn_uid(peer->conn) >= 0 &&
	       orl_conn_uid(peer->conn) == orl_own_uid();
}

/* The methods that this connection may use, best first. */
static void list_methods(const struct oriel_peer *peer, char *out, size_t size)
{
	bool tls = orl_conn_tls(peer->conn) != NULL;
	bool open = peer->server->flags & ORIEL_SERVER_OPEN &&
		    (!tls || orl_conn_is_loopback(peer->conn));
	const char *words[] = {
		open ? "NONE " : "",
		!tls && is_own_user(peer) ? "PEER " : "",
		tls ? ORL_METHOD_PLUS : ORL_METHOD_PLAIN,
	};

	out[0] = 0;
	for (size_t i = 0; i < ORL_COUNT(words); i++)
		strncat(out, words[i], size - strlen(out) - 1);
}

static int digest_hellos(struct oriel_peer *peer, const uint8_t *client,
		size_t client_n, const struct orl_server_hello *hello)
{
	const struct orl_env *env = &peer->server->env;
	struct orl_wr w = { NULL, 0, 0 };

	orl_put_server_hello(&w, hello);
	size_t total = 4 + client_n + w.n;
	uint8_t *all = orl_alloc(env, total, 1);
	if (!all)
		return ORIEL_ENOMEM;
	w = (struct orl_wr){ all, total, 0 };
	wr_U16(&w, ORL_MSG_client_hello);
	wr_raw(&w, client, client_n);
	wr_U16(&w, ORL_MSG_server_hello);
	orl_put_server_hello(&w, hello);
	int err = env->crypto->sha256(all, total, peer->transcript);
	orl_free(env, all);
	return err;
}

static void refuse(struct oriel_peer *peer, uint8_t code, uint32_t retry_ms,
		const char *why)
{
	struct orl_refused msg = { .code = code,
		.retry_ms = retry_ms,
		.why = orl_peer_text(why, ORL_NAME_MAX) };

	if (ORL_LINK_PUT(orl_conn_link(peer->conn), refused, &msg) == 0)
		orl_conn_kick(peer->conn);
	orl_peer_end(peer, ORIEL_EAUTH, "");
}

int orl_login_hello(struct oriel_peer *peer, const uint8_t *data, size_t n)
{
	struct oriel_server *server = peer->server;
	struct orl_client_hello hello;
	char methods[128];
	int err = orl_get_client_hello(data, n, &hello);

	if (err || hello.newest < hello.oldest)
		return ORIEL_EPROTO;
	if (hello.session.n != 0 && hello.session.n != sizeof(peer->session))
		return ORIEL_EPROTO;
	if (hello.oldest > VERSION) {
		refuse(peer, 1, 0, "this server is older than the client");
		return 0;
	}
	peer->name = orl_alloc(&server->env, hello.name.n + 1, 1);
	if (!peer->name)
		return ORIEL_ENOMEM;
	memcpy(peer->name, hello.name.p, hello.name.n);
	peer->max_pixels = hello.max_pixels;
	peer->caps = hello.caps & server->caps;
	if (hello.session.n)
		memcpy(peer->session, hello.session.p, sizeof(peer->session));
	list_methods(peer, methods, sizeof(methods));
	struct orl_server_hello answer = {
		.version = VERSION,
		.caps = peer->caps,
		.clock = orl_now(&server->env),
		.resumable = hello.session.n && orl_conn_tls(peer->conn),
		.name = orl_peer_text(server->name, ORL_NAME_MAX),
		.methods = { (const uint8_t *)methods,
				(uint32_t)strlen(methods) },
	};
	err = digest_hellos(peer, data, n, &answer);
	if (err)
		return err;
	if (ORL_PEER_PUT(peer, server_hello, &answer) < 0)
		return 0;
	peer->state = ORL_PEER_LOGIN;
	orl_conn_kick(peer->conn);
	return 0;
}

/* ---- the auth object --------------------------------------------------- */

static struct oriel_auth *auth_create(struct oriel_peer *peer)
{
	struct oriel_auth *auth =
			orl_alloc(&peer->server->env, 1, sizeof(*auth));

	if (!auth)
		return NULL;
	auth->env = peer->server->env;
	auth->peer = peer;
	auth->refs = 1;
	return auth;
}

struct oriel_auth *oriel_auth_ref(struct oriel_auth *auth)
{
	auth->refs++;
	return auth;
}

void oriel_auth_unref(struct oriel_auth *auth)
{
	if (!auth || --auth->refs)
		return;
	const struct orl_env env = auth->env;
	orl_wipe(auth, sizeof(*auth));
	orl_free(&env, auth);
}

void orl_login_fini(struct oriel_peer *peer)
{
	orl_timer_stop(&peer->delay);
	orl_scram_server_destroy(peer->scram);
	peer->scram = NULL;
	if (peer->auth)
		peer->auth->peer = NULL;
	oriel_auth_unref(peer->auth);
	peer->auth = NULL;
}

const char *oriel_auth_name(const struct oriel_auth *auth)
{
	return auth->peer ? auth->peer->user : "";
}

const char *oriel_auth_address(const struct oriel_auth *auth)
{
	return auth->peer ? oriel_peer_address(auth->peer) : "";
}

bool oriel_auth_is_resumed(const struct oriel_auth *auth)
{
	return auth->peer && auth->peer->resumed;
}

/* ---- answers ----------------------------------------------------------- */

static void send_challenge(struct oriel_peer *peer)
{
	struct oriel_auth *auth = peer->auth;
	uint8_t blob[ORL_BLOB_MAX];
	const char *method = orl_conn_tls(peer->conn) ? ORL_METHOD_PLUS
						      : ORL_METHOD_PLAIN;
	int n = orl_scram_server_challenge(peer->scram,
			auth->known ? &auth->verifier : NULL,
			peer->server->dummy_key, blob, sizeof(blob));

	if (n < 0) {
		orl_peer_end(peer, n, "");
		return;
	}
	struct orl_challenge msg = {
		.method = { (const uint8_t *)method, (uint32_t)strlen(method) },
		.step = 0,
		.blob = { blob, (uint32_t)n },
	};
	peer->state = ORL_PEER_LOGIN;
	if (ORL_PEER_PUT(peer, challenge, &msg) == 0)
		orl_conn_kick(peer->conn);
}

static void on_delay(struct orl_timer *timer)
{
	send_challenge(orl_container(timer, struct oriel_peer, delay));
}

static void fail(struct oriel_peer *peer)
{
	struct oriel_server *server = peer->server;
	char user[ORL_NAME_MAX + 1];

	/* The wait came before the challenge, and comes before the next. */
	orl_throttle_failed(server->throttle, peer->network, peer->user);
	orl_log(&server->env, ORIEL_LOG_WARN, "login",
			"%s could not prove to be '%s'",
			oriel_peer_address(peer),
			orl_printable(user, sizeof(user), peer->user,
					strlen(peer->user)));
	refuse(peer, 2, 0,
			"the name or the password is wrong, or a ticket was "
			"used");
}

/* ---- what the host says ------------------------------------------------ */

/* Wanting is over; the client hears of it when the throttle lets it. */
static void start_challenge(struct oriel_auth *auth)
{
	struct oriel_peer *peer = auth->peer;
	struct oriel_server *server = peer->server;
	uint64_t now = orl_now(&server->env);
	uint64_t wait = orl_throttle_delay(
			server->throttle, peer->network, peer->user);

	auth->proof_wanted = false;
	/* The wait is ours: it does not count against the client's time. */
	orl_timer_set(server->loop, &peer->timer,
			now + wait + ORL_LOGIN_SECONDS * UINT64_C(1000000000));
	if (!wait) {
		send_challenge(peer);
		return;
	}
	peer->delay.fire = on_delay;
	orl_timer_set(server->loop, &peer->delay, now + wait);
}

static int can_answer(const struct oriel_auth *auth)
{
	if (!auth)
		return ORIEL_EINVAL;
	if (!auth->peer)
		return ORIEL_ECLOSED;
	return auth->proof_wanted ? 0 : ORIEL_ESTATE;
}

int oriel_auth_use_verifier(struct oriel_auth *auth, const char *verifier)
{
	int err = can_answer(auth);

	if (err)
		return err;
	if (auth->none)
		return ORIEL_EDENIED;
	if (!verifier || orl_verifier_parse(&auth->verifier, verifier) < 0)
		return ORIEL_EINVAL;
	auth->known = true;
	start_challenge(auth);
	return 0;
}

/* With the salt that a made-up user of this name has, so that none tells. */
static int derive(struct oriel_server *server, const char *user,
		const char *password, struct orl_verifier *out)
{
	struct orl_stretch stretch;
	uint8_t salt[ORL_SCRAM_SALT];

	int err = orl_verifier_salt(
			salt, &server->env, server->dummy_key, user);
	if (!err)
		err = orl_stretch_init(&stretch, &server->env, password);
	if (err)
		return err;
	err = orl_stretch_salt(
			&stretch, salt, sizeof(salt), ORL_SCRAM_ITERATIONS);
	if (!err)
		err = orl_stretch_work(&stretch, UINT32_MAX);
	if (!err)
		err = orl_stretch_finish(out, &stretch);
	orl_wipe(&stretch, sizeof(stretch));
	return err;
}

static int hash_both(struct oriel_server *server, const char *user,
		const char *password, uint8_t hash[static 32])
{
	char both[ORL_NAME_MAX + 1 + ORL_PASSWORD_MAX + 1];
	size_t n = strlen(user) + 1, m = strlen(password) + 1;

	if (n + m > sizeof(both))
		return ORIEL_EINVAL;
	memcpy(both, user, n); /* its NUL keeps them apart */
	memcpy(both + n, password, m);
	int err = server->env.crypto->hmac(server->hash_key,
			sizeof(server->hash_key), both, n + m - 1, hash);
	orl_wipe(both, sizeof(both));
	return err;
}

/* Deriving a key takes 0.1 s: once for a password, not once for a login. */
static int find_verifier(struct oriel_server *server, const char *user,
		const char *password, struct orl_verifier *out)
{
	uint8_t hash[32];
	struct orl_known_password *known;

	int err = hash_both(server, user, password, hash);
	if (err)
		return err;
	for (unsigned i = 0;
			i < ORL_COUNT(server->known) && i < server->n_known;
			i++)
		if (server->env.crypto->equal(
				    server->known[i].hash, hash, 32)) {
			*out = server->known[i].verifier;
			return 0;
		}
	err = derive(server, user, password, out);
	if (err)
		return err;
	known = &server->known[server->n_known++ % ORL_COUNT(server->known)];
	memcpy(known->hash, hash, 32);
	known->verifier = *out;
	return 0;
}

int oriel_auth_use_password(struct oriel_auth *auth, const char *password)
{
	int err = can_answer(auth);

	if (err)
		return err;
	if (auth->none)
		return ORIEL_EDENIED;
	if (!password || !*password)
		return ORIEL_EINVAL;
	err = find_verifier(auth->peer->server, auth->peer->user, password,
			&auth->verifier);
	if (err)
		return err;
	auth->known = true;
	start_challenge(auth);
	return 0;
}

static void ask_proved(struct oriel_peer *peer)
{
	struct oriel_server *server = peer->server;

	peer->state = ORL_PEER_ASKED;
	peer->auth->proved = true;
	if (!server->events.auth_proved) {
		refuse(peer, 4, 0, "nobody is let in");
		return;
	}
	/* The host may think as long as it likes. */
	orl_timer_stop(&peer->timer);
	peer->ask = true;
	orl_peer_later(peer);
}

int oriel_auth_use_none(struct oriel_auth *auth)
{
	int err = can_answer(auth);

	if (err)
		return err;
	if (!auth->none)
		return ORIEL_EDENIED;
	auth->proof_wanted = false;
	ask_proved(auth->peer);
	return 0;
}

void oriel_auth_reject(struct oriel_auth *auth, const char *why)
{
	if (!auth || !auth->peer)
		return;
	if (auth->proof_wanted && !auth->none) {
		start_challenge(auth);
		return;
	}
	if (!auth->proved && !auth->proof_wanted)
		return;
	auth->proved = auth->proof_wanted = false;
	refuse(auth->peer, 4, 0, why ? why : "not allowed here");
}

/* ---- let in --------------------------------------------------------------- */

/*
 * The one whose session this peer resumes, if that has not ended, or one that
 * resumed the same and whose client did not hear of it. It may look alive:
 * its client knows better.
 */
static struct oriel_peer *find_old(const struct oriel_peer *peer)
{
	ORL_EACH (node, &peer->server->peers) {
		struct oriel_peer *p =
				orl_container(node, struct oriel_peer, node);
		bool here = p->state == ORL_PEER_READY ||
			    (p->state == ORL_PEER_GONE && p->joined);
		if (!peer->resumed || p == peer || !here)
			continue;
		if (memcmp(p->session, peer->origin, 16) == 0 ||
				(p->resumed && memcmp(p->origin, peer->origin,
							       16) == 0))
			return p;
	}
	return NULL;
}

const struct oriel_peer *oriel_auth_replaces(const struct oriel_auth *auth)
{
	return auth->peer ? find_old(auth->peer) : NULL;
}

const struct oriel_peer *oriel_peer_replaces(const struct oriel_peer *peer)
{
	return find_old(peer);
}

/* With all that it holds: keys, buttons, memory. The host hears of those. */
void orl_login_replace(struct oriel_peer *peer)
{
	struct oriel_server *server = peer->server;
	struct oriel_peer *old = find_old(peer);

	if (!old)
		return;
	if (server->owner == old)
		orl_peer_own(server, peer);
	orl_peer_end(old, ORIEL_ECLOSED, NULL);
}

void oriel_auth_accept(struct oriel_auth *auth, uint32_t rights)
{
	if (!auth || !auth->peer || !auth->proved)
		return;
	struct oriel_peer *peer = auth->peer;
	struct oriel_server *server = peer->server;

	struct oriel_peer *old = find_old(peer);
	auth->proved = false;
	unsigned others = orl_peer_count_ready(server) -
			  (old && old->state == ORL_PEER_READY);
	if (others >= server->max_peers) {
		refuse(peer, 3, 5000, "this server has no room for another");
		return;
	}
	peer->rights = rights;
	peer->epoch = 1;
	orl_throttle_succeeded(server->throttle, peer->network, peer->user);
	int err = orl_random(
			&server->env, peer->session, sizeof(peer->session));
	struct orl_welcome msg = { .rights = rights,
		.epoch = peer->epoch,
		.session = { peer->session, sizeof(peer->session) },
		.proof = { auth->proof, (uint32_t)auth->proof_n } };
	if (!err)
		err = ORL_PEER_PUT(peer, welcome, &msg);
	if (!err)
		err = orl_token_send(peer);
	if (err) {
		orl_peer_end(peer, err, NULL);
		return;
	}
	orl_login_fini(peer);
	orl_token_renew_later(peer);
	/* Not here: the host may call this outside of dispatch. */
	peer->replaces = old != NULL;
	orl_peer_ready(peer);
}

/* ---- login ------------------------------------------------------------- */

static void ask_wanted(struct oriel_peer *peer)
{
	peer->state = ORL_PEER_ASKED;
	peer->auth->proof_wanted = true;
	orl_timer_stop(&peer->timer);
	peer->ask = true;
	orl_peer_later(peer);
}

void orl_login_ask(struct oriel_peer *peer)
{
	struct oriel_server *server = peer->server;
	struct oriel_auth *auth = oriel_auth_ref(peer->auth);

	if (auth->proved)
		server->events.auth_proved(server->user, auth);
	else if (auth->proof_wanted && server->events.auth_wanted)
		server->events.auth_wanted(server->user, auth);
	else if (auth->proof_wanted)
		oriel_auth_reject(auth, NULL);
	oriel_auth_unref(auth);
}

static int set_user(struct oriel_peer *peer, const void *name, size_t n)
{
	if (n >= sizeof(peer->user) || memchr(name, 0, n))
		return ORIEL_EPROTO;
	memcpy(peer->user, n ? name : "oriel", n ? n : sizeof("oriel"));
	peer->user[n ? n : strlen("oriel")] = 0;
	return orl_name_check(peer->user) < 0 ? ORIEL_EPROTO : 0;
}

static int scram_first(struct oriel_peer *peer, struct orl_view blob, bool tls)
{
	const struct orl_env *env = &peer->server->env;
	uint8_t exporter[32];
	struct orl_binding binding = { .transcript = peer->transcript };

	if (tls) {
		int err = orl_tls_exporter(orl_conn_tls(peer->conn), exporter);
		if (err)
			return err;
		binding.exporter = exporter;
	}
	int err = orl_scram_server_create(&peer->scram, env, &binding);
	if (!err)
		err = orl_scram_server_first(peer->scram, blob.p, blob.n);
	if (err)
		return err;
	const char *user = orl_scram_server_user(peer->scram);
	err = set_user(peer, user, strlen(user));
	if (!err)
		ask_wanted(peer);
	return err;
}

static int scram_final(struct oriel_peer *peer, struct orl_view blob)
{
	struct oriel_auth *auth = peer->auth;
	int n = orl_scram_server_final(peer->scram, blob.p, blob.n, auth->proof,
			sizeof(auth->proof));

	if (n == ORIEL_EAUTH || (n >= 0 && !auth->known)) {
		fail(peer);
		return 0;
	}
	if (n < 0)
		return n;
	auth->proof_n = (size_t)n;
	ask_proved(peer);
	return 0;
}

int orl_login_login(struct oriel_peer *peer, const uint8_t *data, size_t n)
{
	struct orl_login msg;
	char methods[128];
	int err = orl_get_login(data, n, &msg);

	if (err)
		return err;
	bool tls = orl_conn_tls(peer->conn) != NULL;
	list_methods(peer, methods, sizeof(methods));
	if (msg.step == 0 && !peer->auth) {
		peer->auth = auth_create(peer);
		if (!peer->auth)
			return ORIEL_ENOMEM;
		if (has_word(msg.method,
				    tls ? ORL_METHOD_PLUS : ORL_METHOD_PLAIN))
			return scram_first(peer, msg.blob, tls);
		err = set_user(peer, msg.blob.p, msg.blob.n);
		if (err)
			return err;
		if (has_word(msg.method, "NONE") && strstr(methods, "NONE")) {
			peer->auth->none = true;
			ask_wanted(peer);
			return 0;
		}
		if (has_word(msg.method, "PEER") && strstr(methods, "PEER")) {
			ask_proved(peer);
			return 0;
		}
		return ORIEL_EPROTO;
	}
	if (msg.step == 1 && peer->scram && peer->auth)
		return scram_final(peer, msg.blob);
	return ORIEL_EPROTO;
}

/* ---- resumption -------------------------------------------------------- */

static void refuse_token(struct oriel_peer *peer)
{
	orl_log(&peer->server->env, ORIEL_LOG_INFO, "login",
			"%s has a token that is not good any more",
			oriel_peer_address(peer));
	refuse(peer, 2, 0, "the session cannot be resumed");
}

int orl_login_resume(struct oriel_peer *peer, const uint8_t *data, size_t n)
{
	struct oriel_server *server = peer->server;
	const struct orl_env *env = &server->env;
	struct orl_resume msg;
	struct orl_token token;
	uint8_t exporter[32], proof[32];
	int err = orl_get_resume(data, n, &msg);

	if (err || peer->auth || !orl_conn_tls(peer->conn) ||
			msg.proof.n != sizeof(proof))
		return ORIEL_EPROTO;
	peer->auth = auth_create(peer);
	if (!peer->auth)
		return ORIEL_ENOMEM;
	strcpy(peer->user, "oriel");
	err = orl_tls_exporter(orl_conn_tls(peer->conn), exporter);
	if (err)
		return err;
	/* Keys of 32 bytes are not guessed: no failure of an account's. */
	if (orl_token_open(&token, env, server->token_key, msg.sealed.p,
			    msg.sealed.n) < 0 ||
			token.expires < orl_wall_clock() ||
			orl_token_is_dead(server, token.id) ||
			!env->crypto->equal(token.session, peer->session,
					sizeof(token.session))) {
		refuse_token(peer);
		return 0;
	}
	memcpy(peer->user, token.user, sizeof(peer->user));
	err = orl_token_proof(env, token.key, "oriel resume client", exporter,
			peer->transcript, proof);
	if (err)
		return err;
	if (!env->crypto->equal(proof, msg.proof.p, sizeof(proof))) {
		refuse_token(peer);
		return 0;
	}
	err = orl_token_proof(env, token.key, "oriel resume server", exporter,
			peer->transcript, peer->auth->proof);
	if (err)
		return err;
	peer->auth->proof_n = 32;
	orl_token_used(server, token.id);
	peer->resumed = peer->has_token = true;
	memcpy(peer->origin, peer->session, sizeof(peer->origin));
	memcpy(peer->token_id, token.id, sizeof(peer->token_id));
	orl_wipe(&token, sizeof(token));
	/* The host may have changed its mind about this user since. */
	ask_proved(peer);
	return 0;
}
