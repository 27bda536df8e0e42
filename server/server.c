/*
 * server.c - the handle: what is made, listened on, dispatched and ended.
 */
#include "server/server.h"

#include <string.h>

#include "proto/io/host.h"
#include "proto/io/socket.h"

/* A default environment, for what is called without a handle. */
static int default_env(struct orl_env *env)
{
	return orl_host_env(env, NULL);
}

static int copy_text(const struct orl_env *env, char **out, const char *text)
{
	if (!text)
		return 0;
	*out = orl_strdup(env, text);
	return *out ? 0 : ORIEL_ENOMEM;
}

static int make_keys(struct oriel_server *server, const uint8_t *token_key)
{
	static const char label[] = "oriel made-up users";
	const struct orl_env *env = &server->env;
	int err = orl_random(env, server->hash_key, sizeof(server->hash_key));

	if (err)
		return err;
	if (token_key)
		memcpy(server->token_key, token_key, sizeof(server->token_key));
	else
		err = orl_random(env, server->token_key,
				sizeof(server->token_key));
	/* Salts last as long as the host's keys do, as real users' do. */
	return err ? err
		   : env->crypto->hmac(server->token_key,
				     sizeof(server->token_key), label,
				     sizeof(label) - 1, server->dummy_key);
}

static int make_tls(struct oriel_server *server,
		const struct oriel_server_config *config)
{
	if (!config->certificate && !config->private_key)
		return 0;
	int err = copy_text(&server->env, &server->certificate,
			config->certificate);
	if (err)
		return err;
	return orl_tls_context_create(&server->tls, &server->env,
			&(struct orl_tls_config){ .server = true,
					.certificate = config->certificate,
					.private_key = config->private_key,
					.keylog = config->keylog,
					.user = config->user });
}

static int make_parts(struct oriel_server *server,
		const struct oriel_server_config *config)
{
	const struct orl_env *env = &server->env;
	int err = copy_text(env, &server->name,
			config->name ? config->name : "oriel");

	if (!err)
		err = copy_text(env, &server->congestion, config->congestion);
	if (!err)
		err = make_keys(server, config->token_key);
	if (!err)
		err = orl_loop_create(&server->loop, env);
	if (!err)
		err = orl_pool_create(
				&server->pool, server->loop, config->workers);
	if (!err)
		err = orl_throttle_create(&server->throttle, env);
	if (!err)
		err = orl_motion_create(&server->motion, env);
	if (!err) {
		/* With workers, room for each section of a part. */
		server->scratch = orl_alloc(env, ORL_PART_DATA_MAX,
				config->workers ? ORL_SLICES_MAX + 1 : 1);
		err = server->scratch ? 0 : ORIEL_ENOMEM;
	}
	return err ? err : make_tls(server, config);
}

/* What is not exact at once. */
static uint64_t lossy_caps(void)
{
	uint64_t caps = ORL_CAP(JPEG);

	for (unsigned i = ORIEL_VIDEO_VP8; i <= ORIEL_VIDEO_H264; i++)
		if (orl_video_known((enum oriel_video)i))
			caps |= orl_cap_of_video(i);
	return caps;
}

int oriel_server_create(struct oriel_server **out,
		const struct oriel_server_config *config)
{
	struct orl_env env;

	if (!out || !config || config->size != sizeof(*config))
		return ORIEL_EINVAL;
	struct oriel_server_events events = { .size = 0 };
	int err = !config->events ? 0
				  : orl_take_struct(&events, sizeof(events),
						    config->events,
						    offsetof(struct oriel_server_events,
								    frame_failed));
	if (!err)
		err = orl_host_env(&env, config->hooks);
	if (err)
		return err;
	struct oriel_server *server = orl_alloc(&env, 1, sizeof(*server));
	if (!server)
		return ORIEL_ENOMEM;
	server->env = env;
	server->user = config->user;
	server->flags = config->flags;
	if (!(config->flags & ORIEL_SERVER_LOSSLESS))
		server->caps |= lossy_caps();
	server->max_peers = config->max_peers ? config->max_peers : 16;
	server->max_bandwidth = config->max_bandwidth;
	server->test_desync = config->test_desync;
	server->events = events;
	if (events.clipboard_offered || events.clipboard_wanted)
		server->caps |= ORL_CAP(CLIPBOARD);
	if (events.usb_attached)
		server->caps |= ORL_CAP(USB);
	if (events.printer)
		server->caps |= ORL_CAP(PRINT);
	orl_list_init(&server->prints);
	orl_list_init(&server->listeners);
	orl_list_init(&server->peers);
	orl_list_init(&server->displays);
	orl_list_init(&server->sounds);
	orl_list_init(&server->codings);
	server->caps |= ORL_CAP(OPUS) | ORL_CAP(PCM);
	err = orl_usb_rules_init(&server->usb_rules, config->usb_rules);
	if (!err)
		err = make_parts(server, config);
	if (err) {
		oriel_server_destroy(server);
		return err;
	}
	*out = server;
	return 0;
}

void oriel_server_destroy(struct oriel_server *server)
{
	if (!server)
		return;
	const struct orl_env env = server->env;
	memset(&server->events, 0, sizeof(server->events));
	ORL_EACH_SAFE (node, after, &server->peers)
		orl_peer_free(orl_container(node, struct oriel_peer, node));
	orl_peer_print_free_all(server);
	ORL_EACH_SAFE (node, after, &server->listeners) {
		struct orl_server_listener *l = orl_container(
				node, struct orl_server_listener, node);
		orl_listener_close(&l->listener);
		orl_free(&env, l);
	}
	ORL_EACH_SAFE (node, after, &server->displays)
		oriel_display_destroy(orl_container(
				node, struct oriel_display, node));
	ORL_EACH_SAFE (node, after, &server->sounds)
		oriel_sound_destroy(
				orl_container(node, struct oriel_sound, node));
	orl_ear_destroy(server->mic);
	orl_pool_destroy(server->pool);
	orl_stream_drop_all(server);
	orl_loop_destroy(server->loop);
	orl_throttle_destroy(server->throttle);
	orl_motion_destroy(server->motion);
	orl_jpeg_destroy(server->jpeg);
	orl_free(&env, server->small);
	orl_tls_context_destroy(server->tls);
	orl_usb_rules_fini(&server->usb_rules);
	orl_free(&env, server->cursor.pixels);
	orl_free(&env, server->scratch);
	orl_free(&env, server->name);
	orl_free(&env, server->congestion);
	orl_free(&env, server->certificate);
	orl_wipe(server, sizeof(*server));
	orl_free(&env, server);
}

int oriel_server_add_encoder(struct oriel_server *server,
		const struct oriel_encoder *encoder, void *user)
{
	if (!server || !encoder || encoder->size != sizeof(*encoder) ||
			encoder->codec < ORIEL_VIDEO_VP8 ||
			encoder->codec > ORIEL_VIDEO_H264 || !encoder->name ||
			!encoder->create || !encoder->encode ||
			!encoder->destroy)
		return ORIEL_EINVAL;
	if (server->n_encoders == ORL_ENCODERS_MAX)
		return ORIEL_ELIMIT;
	if (!(server->flags & ORIEL_SERVER_LOSSLESS))
		server->caps |= orl_cap_of_video(encoder->codec);
	server->encoders[server->n_encoders++] =
			(struct orl_own_encoder){ *encoder, user };
	return 0;
}

void oriel_server_shutdown(struct oriel_server *server, const char *why)
{
	if (!server)
		return;
	server->leaving = true;
	ORL_EACH_SAFE (node, after, &server->listeners)
		orl_listener_close(&orl_container(
				node, struct orl_server_listener, node)
						    ->listener);
	ORL_EACH_SAFE (other, next, &server->peers)
		orl_peer_end(orl_container(other, struct oriel_peer, node), 0,
				why ? why : "");
}

int oriel_server_fd(const struct oriel_server *server)
{
	return orl_loop_fd(server->loop);
}

int oriel_server_dispatch(struct oriel_server *server, uint64_t budget)
{
	return orl_loop_dispatch(server->loop, budget);
}

int oriel_server_wait(struct oriel_server *server, int timeout_ms)
{
	return orl_loop_wait(server->loop, timeout_ms);
}

void oriel_server_wake(struct oriel_server *server)
{
	orl_loop_wake(server->loop);
}

static void on_accepted(struct orl_listener *listener, int socket)
{
	struct orl_server_listener *l = orl_container(
			listener, struct orl_server_listener, listener);
	int err = orl_peer_create(l->server, socket, listener->local);

	if (err) {
		orl_log(&l->server->env, ORIEL_LOG_ERROR, "listen",
				"a connection could not be served: %s",
				oriel_strerror(err));
		orl_socket_close(socket);
	}
}

int oriel_server_listen(struct oriel_server *server, const char *address,
		char *actual, size_t size)
{
	if (!server || !address)
		return ORIEL_EINVAL;
	bool tcp = strncmp(address, "tcp://", 6) == 0;
	if (tcp && !server->tls)
		return ORIEL_ETLS;
	struct orl_server_listener *l = orl_alloc(&server->env, 1, sizeof(*l));
	if (!l)
		return ORIEL_ENOMEM;
	l->server = server;
	l->listener.accepted = on_accepted;
	int err = orl_listener_open(
			&l->listener, server->loop, &server->env, address);
	if (err) {
		orl_free(&server->env, l);
		return err;
	}
	orl_list_append(&server->listeners, &l->node);
	if (actual && size) {
		actual[0] = 0;
		strncat(actual, l->listener.address, size - 1);
	}
	return 0;
}

int oriel_server_adopt(struct oriel_server *server, int socket)
{
	if (!server || socket < 0)
		return ORIEL_EINVAL;
	struct orl_peer_name who;
	int err = orl_socket_peer(&who, socket);
	if (err)
		return err;
	if (!who.local && !server->tls)
		return ORIEL_ETLS;
	return orl_peer_create(server, socket, who.local);
}

int oriel_server_pin(const struct oriel_server *server, uint8_t sha256[32])
{
	if (!server || !sha256)
		return ORIEL_EINVAL;
	return server->tls ? orl_tls_context_pin(server->tls, sha256)
			   : ORIEL_ESTATE;
}

int oriel_server_make_pair(
		char **certificate, char **private_key, const char *name)
{
	struct orl_env env;
	int err = default_env(&env);

	if (!certificate || !private_key || !name)
		return ORIEL_EINVAL;
	return err ? err
		   : orl_tls_make_pair(&env, name, certificate, private_key);
}

void oriel_text_free(char *text)
{
	struct orl_env env;

	if (!text || default_env(&env) < 0)
		return;
	orl_wipe(text, strlen(text));
	orl_free(&env, text);
}

int32_t oriel_server_certificate_days(const struct oriel_server *server)
{
	return server->certificate
			       ? (int32_t)orl_tls_days_left(server->certificate)
			       : 0;
}

int oriel_make_verifier(char *out, size_t size, const char *password)
{
	struct orl_env env;
	struct orl_verifier v;
	int err = default_env(&env);

	if (!out || !password || !*password)
		return ORIEL_EINVAL;
	if (!err)
		err = orl_verifier_make(
				&v, &env, password, ORL_SCRAM_ITERATIONS_MIN);
	return err ? err : orl_verifier_format(&v, out, size);
}

/* ---- what all peers are told ------------------------------------------- */

void oriel_server_notice(
		struct oriel_server *server, int level, const char *text)
{
	struct orl_notice msg = { .level = (uint8_t)(level < 0   ? 0
						     : level > 2 ? 2
								 : level),
		.text = orl_peer_text(text, 512) };

	ORL_EACH_SAFE (node, after, &server->peers) {
		struct oriel_peer *peer =
				orl_container(node, struct oriel_peer, node);
		if (peer->state == ORL_PEER_READY &&
				ORL_PEER_PUT(peer, notice, &msg) == 0)
			orl_conn_kick(peer->conn);
	}
}

void oriel_server_set_locks(struct oriel_server *server, uint32_t locks)
{
	locks &= 7;
	if (server->locks == locks)
		return;
	server->locks = locks;
	ORL_EACH_SAFE (node, after, &server->peers) {
		struct oriel_peer *peer =
				orl_container(node, struct oriel_peer, node);
		orl_peer_tell(peer, ORL_FACT_LOCKS);
	}
}

void oriel_server_set_relative(struct oriel_server *server, bool relative)
{
	if (server->relative == relative)
		return;
	server->relative = relative;
	ORL_EACH_SAFE (node, after, &server->peers) {
		struct oriel_peer *peer =
				orl_container(node, struct oriel_peer, node);
		orl_peer_tell(peer, ORL_FACT_MODE);
	}
}
