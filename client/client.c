/*
 * client.c - the handle: made, connected, dispatched, asked, ended.
 */
#include "client/client.h"

#include <stdlib.h>
#include <string.h>

#include "proto/io/host.h"
#include "proto/io/socket.h"

/* What is not exact at once. */
static uint64_t lossy_caps(void)
{
	uint64_t caps = ORL_CAP(JPEG);

	for (unsigned i = ORIEL_VIDEO_VP8; i <= ORIEL_VIDEO_H264; i++)
		if (orl_video_known((enum oriel_video)i))
			caps |= orl_cap_of_video(i);
	return caps;
}

int oriel_client_create(struct oriel_client **out,
		const struct oriel_client_config *config)
{
	struct orl_env env;

	if (!out || !config || config->size != sizeof(*config))
		return ORIEL_EINVAL;
	if (config->events && config->events->size != sizeof(*config->events))
		return ORIEL_EINVAL;
	if (config->max_pixels > ORL_DISPLAY_PIXELS_MAX)
		return ORIEL_EINVAL;
	int err = orl_host_env(&env, config->hooks);
	if (err)
		return err;
	struct oriel_client *c = orl_alloc(&env, 1, sizeof(*c));
	if (!c)
		return ORIEL_ENOMEM;
	c->env = env;
	c->user = config->user;
	if (config->events)
		c->events = *config->events;
	if (c->events.clipboard_offered || c->events.clipboard_wanted)
		c->offered |= ORL_CAP(CLIPBOARD);
	orl_clip_init(&c->clip, &c->env, ORL_CLIENT, &orl_session_clip_calls,
			c);
	orl_again_init(c, config->reconnect);
	c->socket = config->socket;
	c->picture = config->picture;
	c->drawing = config->drawing;
	c->max_pixels = config->max_pixels ? config->max_pixels
					   : ORL_DISPLAY_PIXELS_MAX;
	if (!(config->flags & ORIEL_CLIENT_LOSSLESS))
		c->offered |= lossy_caps();
	orl_list_init(&c->screens);
	orl_list_init(&c->timer.node);
	orl_list_init(&c->batch.node);
	orl_list_init(&c->retry.node);
	c->batch.fire = orl_screen_batch;
	c->retry.fire = orl_input_retry;
	c->later.run = orl_session_later;
	const char *name = config->name ? config->name : "oriel-client";
	if (strlen(name) > ORL_NAME_MAX ||
			!orl_utf8_ok((const uint8_t *)name, strlen(name)))
		err = ORIEL_EINVAL;
	c->name = orl_strdup(&env, name);
	if (!err && !c->name)
		err = ORIEL_ENOMEM;
	if (!err && config->congestion) {
		c->congestion = orl_strdup(&env, config->congestion);
		err = c->congestion ? 0 : ORIEL_ENOMEM;
	}
	if (!err && c->events.print_started) {
		err = orl_client_print_init(c);
		c->offered |= ORL_CAP(PRINT);
	}
	if (!err)
		err = orl_client_usb_init(c, config->usb_rules);
	if (!err)
		err = orl_input_init(c);
	if (!err)
		err = orl_sound_init(c, config->flags);
	if (!err)
		err = orl_loop_create(&c->loop, &c->env);
	if (!err)
		err = orl_decode_init(c, config->workers);
	if (!err)
		err = orl_tls_context_create(&c->tls, &c->env,
				&(struct orl_tls_config){
						.authorities = config->authorities,
						.keylog = config->keylog,
						.user = config->user });
	if (err) {
		oriel_client_destroy(c);
		return err;
	}
	*out = c;
	return 0;
}

void oriel_client_destroy(struct oriel_client *c)
{
	if (!c)
		return;
	const struct orl_env env = c->env;
	memset(&c->events, 0, sizeof(c->events));
	orl_session_end(c, 0, "");
	orl_loop_undefer(&c->later);
	if (c->loop)
		orl_loop_unpost(c->loop, &c->queue.post);
	if (c->loop && c->sound)
		orl_loop_unpost(c->loop, &c->sound->post);
	orl_decode_fini(c);
	orl_loop_destroy(c->loop);
	orl_clip_fini(&c->clip);
	orl_input_fini(c);
	orl_client_usb_fini(c);
	orl_jpeg_destroy(c->jpeg);
	orl_sound_fini(c);
	orl_client_print_fini(c);
	orl_tls_context_destroy(c->tls);
	orl_free(&env, c->name);
	orl_free(&env, c->congestion);
	orl_wipe(c, sizeof(*c));
	orl_free(&env, c);
}

int oriel_client_fd(const struct oriel_client *c)
{
	return orl_loop_fd(c->loop);
}

int oriel_client_dispatch(struct oriel_client *c, uint64_t budget)
{
	return orl_loop_dispatch(c->loop, budget);
}

int oriel_client_wait(struct oriel_client *c, int timeout_ms)
{
	return orl_loop_wait(c->loop, timeout_ms);
}

void oriel_client_wake(struct oriel_client *c)
{
	orl_loop_wake(c->loop);
}

int orl_client_socket(struct oriel_client *c, int *out, unsigned attempt,
		bool reached, const char **why)
{
	if (!c->socket)
		return orl_socket_connect(out,
				reached ? &c->again.numeric : &c->address,
				reached ? 0 : attempt, why);
	c->why[0] = 0;
	*why = c->why;
	return c->socket(
			c->user, out, attempt, reached, c->why, sizeof(c->why));
}

int oriel_client_socket(int *out, const char *address, unsigned attempt,
		char *why, size_t size)
{
	struct orl_address parsed;
	const char *text = "";

	if (!out || !address || !why || !size)
		return ORIEL_EINVAL;
	int err = orl_address_parse(&parsed, address);
	if (!err)
		err = orl_socket_connect(out, &parsed, attempt, &text);
	orl_printable(why, size, text, strlen(text));
	return err;
}

int orl_client_line(struct oriel_client *c, int socket, bool local,
		const char *host)
{
	c->step = ORL_LOGIN_HELLO;
	return orl_conn_create(&c->conn, c->loop, &c->env, socket,
			&(struct orl_conn_config){ .role = ORL_CLIENT,
					.tls = local ? NULL : c->tls,
					.host = host,
					.congestion = c->congestion,
					.calls = &orl_session_calls,
					.user = c });
}

static int start(struct oriel_client *c, int socket, bool local,
		const char *host)
{
	int err = orl_client_line(c, socket, local, host);

	if (err)
		return err;
	c->state = ORIEL_CLIENT_CONNECTING;
	c->begun = true;
	orl_loop_defer(c->loop, &c->later);
	return 0;
}

int oriel_client_connect(struct oriel_client *c, const char *address)
{
	const char *why = "", *now;
	int socket;

	if (!c || !address)
		return ORIEL_EINVAL;
	if (c->conn || c->again.lost)
		return ORIEL_ESTATE;
	int err = orl_address_parse(&c->address, address);
	if (err)
		return err;
	/* An address that fails at once is followed by the name's next. */
	c->attempt = 0;
	do {
		err = orl_client_socket(c, &socket, c->attempt++, false, &now);
		/* Why the last failed, not that there is none after it. */
		if (err != ORIEL_ECLOSED || c->attempt == 1)
			why = now;
	} while (err == ORIEL_EIO && !c->address.local && c->attempt < 8);
	if (err) {
		orl_log(&c->env, ORIEL_LOG_ERROR, "connect", "%s: %s", address,
				why);
		return ORIEL_EIO;
	}
	err = start(c, socket, c->address.local, c->address.host);
	if (err)
		orl_socket_close(socket);
	return err;
}

int oriel_client_adopt(struct oriel_client *c, int socket, const char *host)
{
	if (!c || socket < 0)
		return ORIEL_EINVAL;
	if (c->conn || c->again.lost)
		return ORIEL_ESTATE;
	struct orl_peer_name who;
	int err = orl_socket_peer(&who, socket);
	if (err)
		return err;
	if (!who.local && !host)
		return ORIEL_EINVAL;
	memset(&c->address, 0, sizeof(c->address));
	c->address.local = who.local;
	return start(c, socket, who.local, host);
}

void oriel_client_disconnect(struct oriel_client *c)
{
	struct orl_bye bye = { .code = 0 };

	if (!c || (!c->conn && !c->again.lost) || c->ending)
		return;
	c->again.leaving = true;
	orl_wipe(&c->kept, sizeof(c->kept));
	/* A bye that cannot be sent is no loss: the socket closes anyway. */
	if (c->conn && c->state >= ORIEL_CLIENT_AUTHENTICATING &&
			ORL_LINK_PUT(orl_conn_link(c->conn), bye, &bye) == 0) {
		struct orl_conn *conn = c->conn;
		orl_conn_kick(conn);
		orl_conn_finish(conn, 0);
		return;
	}
	orl_session_end_later(c, 0, "");
}

bool oriel_client_login_asked(const struct oriel_client *c)
{
	return c->login_asked;
}

const char *oriel_client_server_name(const struct oriel_client *c)
{
	return c->server_name;
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* The p-th percentile of the newest values in a ring. */
static uint64_t percentile(const uint64_t *ring, unsigned count, unsigned p)
{
	uint64_t sorted[ORL_CLIENT_LATENCIES];
	size_t n = orl_min64(count, ORL_CLIENT_LATENCIES);

	if (!n)
		return 0;
	memcpy(sorted, ring, n * sizeof(*sorted));
	qsort(sorted, n, sizeof(*sorted), by_value);
	return sorted[n * p / 100 < n ? n * p / 100 : n - 1];
}

void oriel_client_stats(const struct oriel_client *c, struct oriel_stats *out)
{
	struct oriel_stats s = c->stats;
	size_t size = orl_min64(out->size, sizeof(s));

	s.size = size;
	if (c->conn) {
		struct orl_conn_stats conn;
		struct orl_link_stats link;
		orl_conn_stats(c->conn, &conn);
		orl_link_stats(orl_conn_link(c->conn), &link);
		/* What is there is of the lines that were lost. */
		s.bytes_in += conn.bytes_in;
		s.bytes_out += conn.bytes_out;
		s.rtt = conn.rtt;
		s.min_rtt = conn.min_rtt;
		s.bandwidth = conn.rate;
		for (unsigned i = 0; i < ORL_CHANNELS; i++) {
			s.channel_in[i] += link.bytes_in[i];
			s.channel_out[i] += link.bytes_out[i];
		}
		strncpy(s.congestion, conn.congestion ? conn.congestion : "",
				sizeof(s.congestion) - 1);
	}
	s.latency_p50 = percentile(c->latencies, c->n_latencies, 50);
	s.latency_p95 = percentile(c->latencies, c->n_latencies, 95);
	s.latency_p99 = percentile(c->latencies, c->n_latencies, 99);
	s.input_p50 = percentile(c->echoes, c->n_echoes, 50);
	s.exact = !orl_list_empty(&c->screens);
	ORL_EACH (node, &c->screens)
		s.exact &= orl_container(node, struct oriel_screen, node)
					   ->exact;
	orl_sound_stats(c, &s);
	memcpy(out, &s, size);
}
