/*
 * conn.c - a socket with TLS, a link and a rate on it.
 *
 * Whatever happens (a kick, a readable or writable socket, a timer) ends in
 * one deferred flush, so many causes in one dispatch make one pump. The pump,
 * with all rules of sending, is in pump.c.
 *
 * Callbacks may destroy the conn. Every way in counts `depth`, and who leaves
 * last frees; in between, state ORL_CONN_ENDED says that nothing is to be done.
 */
#include "proto/io/conn_impl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MS UINT64_C(1000000)

enum {
	/* Taken in before others have their turn, and the host its own. */
	READ_MAX = 64 << 10,
	READ_MS = 20,
	FINISH_MS = 1000,
	LOCAL_RATE = 1000000000, /* what is planned with on a unix: socket */
};

/* ---- life -------------------------------------------------------------- */

static void stop(struct orl_conn *conn)
{
	conn->state = ORL_CONN_ENDED;
	orl_watch_stop(&conn->watch);
	orl_timer_stop(&conn->link_timer);
	orl_timer_stop(&conn->rate_timer);
	orl_timer_stop(&conn->finish_timer);
	orl_loop_undefer(&conn->flush);
	orl_loop_unpost(conn->loop, &conn->again);
	if (conn->socket >= 0)
		close(conn->socket);
	conn->socket = -1;
}

static void release(struct orl_conn *conn)
{
	orl_link_destroy(conn->link);
	orl_tls_destroy(conn->tls);
	orl_free(conn->env, conn);
}

static void enter(struct orl_conn *conn)
{
	conn->depth++;
}

static void leave(struct orl_conn *conn)
{
	if (--conn->depth == 0 && conn->destroyed)
		release(conn);
}

void orl_conn_end(struct orl_conn *conn, int error, const char *why)
{
	char text[320];
	if (conn->state == ORL_CONN_ENDED)
		return;
	snprintf(text, sizeof(text), "%s", why);
	stop(conn);
	conn->calls->closed(conn->user, error, text);
}

void orl_conn_watch(struct orl_conn *conn, unsigned events)
{
	int err = orl_watch_change(&conn->watch, events);
	if (err)
		orl_conn_end(conn, err, "the socket cannot be watched");
}

/* ---- getting there ----------------------------------------------------- */

static void secured(struct orl_conn *conn)
{
	conn->state = ORL_CONN_SECURED;
	orl_conn_watch(conn, 0);
	if (conn->state == ORL_CONN_SECURED)
		conn->calls->secured(conn->user);
}

static void handshake(struct orl_conn *conn)
{
	int r = conn->tls ? orl_tls_handshake(conn->tls) : 0;
	if (r == 0)
		secured(conn);
	else if (r == ORL_TLS_READ)
		orl_conn_watch(conn, ORL_READ);
	else if (r == ORL_TLS_WRITE)
		orl_conn_watch(conn, ORL_WRITE);
	else
		orl_conn_end(conn, r, orl_tls_why(conn->tls));
}

static void connected(struct orl_conn *conn)
{
	char why[320];
	int error = 0;
	socklen_t n = sizeof(error);

	if (getsockopt(conn->socket, SOL_SOCKET, SO_ERROR, &error, &n) != 0)
		error = errno;
	if (!error && orl_socket_peer(&conn->peer, conn->socket) != 0)
		error = ENOTCONN;
	if (error) {
		snprintf(why, sizeof(why), "%s%s%s", conn->host,
				conn->host[0] ? ": " : "",
				orl_socket_text(error));
		orl_conn_end(conn,
				error == ETIMEDOUT ? ORIEL_ETIMEOUT : ORIEL_EIO,
				why);
		return;
	}
	conn->state = ORL_CONN_SECURING;
	handshake(conn);
}

/* ---- reading ----------------------------------------------------------- */

static int on_message(void *user, uint16_t id, const uint8_t *data, size_t n)
{
	struct orl_conn *conn = user;
	/* The handler of an earlier message in the same bytes said enough. */
	if (conn->state != ORL_CONN_OPEN)
		return ORIEL_ECLOSED;
	return conn->calls->message(conn->user, id, data, n);
}

/* As orl_tls_read(). */
static int receive(struct orl_conn *conn, uint8_t *buf, size_t size)
{
	if (conn->tls)
		return orl_tls_read(conn->tls, buf, size);
	ssize_t n;
	do
		n = recv(conn->socket, buf, size, 0);
	while (n < 0 && errno == EINTR);
	if (n >= 0) {
		conn->plain_in += (uint64_t)n;
		return (int)n;
	}
	return errno == EAGAIN || errno == EWOULDBLOCK ? ORL_TLS_READ
						       : ORIEL_ECLOSED;
}

static void received(struct orl_conn *conn, const uint8_t *data, size_t n)
{
	if (conn->state != ORL_CONN_OPEN)
		return; /* said goodbye already */
	int err = orl_link_feed(conn->link, data, n, orl_now(conn->env));
	if (err && conn->state == ORL_CONN_OPEN)
		orl_conn_end(conn, err, oriel_strerror(err));
}

static void stream_over(struct orl_conn *conn, int result)
{
	const char *why = "";
	if (conn->state != ORL_CONN_OPEN)
		result = conn->finish_error;
	else if (result)
		why = conn->tls ? orl_tls_why(conn->tls)
				: "the connection was cut";
	orl_conn_end(conn, result, why);
}

bool orl_conn_read(struct orl_conn *conn)
{
	uint8_t buf[ORL_CONN_RECORD];
	size_t total = 0;

	uint64_t end = orl_now(conn->env) + READ_MS * MS;

	conn->look = false;
	while (total < READ_MAX && orl_now(conn->env) < end) {
		if (conn->state < ORL_CONN_OPEN ||
				conn->state > ORL_CONN_LINGERING)
			return false;
		int n = receive(conn, buf, sizeof(buf));
		if (n == ORL_TLS_READ || n == ORL_TLS_WRITE)
			return false;
		if (n <= 0) {
			stream_over(conn, n);
			return false;
		}
		total += (size_t)n;
		received(conn, buf, (size_t)n);
		/* The kernel has no more, and would say when it has. */
		if (!conn->tls && (size_t)n < sizeof(buf))
			return false;
	}
	/* The last of it may have ended the connection. */
	return conn->state >= ORL_CONN_OPEN &&
	       conn->state <= ORL_CONN_LINGERING;
}

void orl_conn_read_fairly(struct orl_conn *conn)
{
	bool more = orl_conn_read(conn);
	/* What is still in the socket is reported again by itself. */
	if (more && conn->tls && orl_tls_pending(conn->tls)) {
		conn->look = true;
		orl_loop_post(conn->loop, &conn->again);
	}
}

/* ---- what the loop calls ----------------------------------------------- */

static void flush_later(struct orl_conn *conn)
{
	if (conn->state != ORL_CONN_ENDED)
		orl_loop_defer(conn->loop, &conn->flush);
}

static void socket_ready(struct orl_watch *watch, unsigned events)
{
	struct orl_conn *conn = orl_container(watch, struct orl_conn, watch);
	enter(conn);
	if (conn->state == ORL_CONN_CONNECTING) {
		connected(conn);
	} else if (conn->state == ORL_CONN_SECURING) {
		handshake(conn);
	} else {
		if (events & ORL_WRITE)
			conn->writable = true;
		/* A read may have waited to write, in TLS. */
		orl_conn_read_fairly(conn);
		flush_later(conn);
	}
	leave(conn);
}

static void flush_run(struct orl_deferred *deferred)
{
	struct orl_conn *conn = orl_container(deferred, struct orl_conn, flush);
	enter(conn);
	if (conn->state == ORL_CONN_SECURING)
		handshake(conn);
	else if (conn->state == ORL_CONN_DROPPING)
		orl_conn_end(conn, conn->finish_error, "");
	else if (conn->state >= ORL_CONN_OPEN)
		orl_conn_pump(conn);
	leave(conn);
}

static void again_run(struct orl_posted *posted)
{
	struct orl_conn *conn = orl_container(posted, struct orl_conn, again);
	enter(conn);
	if (conn->look)
		orl_conn_read_fairly(conn);
	flush_later(conn);
	leave(conn);
}

static void link_due(struct orl_timer *timer)
{
	flush_later(orl_container(timer, struct orl_conn, link_timer));
}

static void rate_due(struct orl_timer *timer)
{
	flush_later(orl_container(timer, struct orl_conn, rate_timer));
}

static void finish_due(struct orl_timer *timer)
{
	struct orl_conn *conn =
			orl_container(timer, struct orl_conn, finish_timer);
	enter(conn);
	orl_conn_end(conn, conn->finish_error, "");
	leave(conn);
}

/* ---- the outside ------------------------------------------------------- */

static const struct orl_link_calls link_calls = { .message = on_message };

static int take_socket(struct orl_conn *conn, int socket,
		const struct orl_conn_config *config)
{
	int flags = fcntl(socket, F_GETFL);
	int err = orl_socket_peer(&conn->peer, socket);
	if (err && err != ORIEL_ESTATE)
		return err;
	conn->state = err ? ORL_CONN_CONNECTING : ORL_CONN_SECURING;
	/* Nothing goes over a network in the clear, whoever asks. */
	if (!config->tls && !conn->peer.local)
		return ORIEL_EINVAL;
	if (flags < 0 || fcntl(socket, F_SETFL, flags | O_NONBLOCK) < 0 ||
			fcntl(socket, F_SETFD, FD_CLOEXEC) < 0)
		return ORIEL_EIO;
	if (!conn->peer.local) {
		orl_tcp_tune(socket, config->congestion);
		orl_tcp_congestion(socket, conn->congestion,
				sizeof(conn->congestion));
	}
	if (config->tls) {
		err = orl_tls_create(&conn->tls, config->tls, socket,
				config->role == ORL_CLIENT ? config->host
							   : NULL);
		if (err)
			return err;
	}
	return orl_watch_start(conn->loop, &conn->watch, socket,
			conn->state == ORL_CONN_CONNECTING ? ORL_WRITE : 0);
}

int orl_conn_create(struct orl_conn **out, struct orl_loop *loop,
		const struct orl_env *env, int socket,
		const struct orl_conn_config *config)
{
	struct orl_conn *conn = orl_alloc(env, 1, sizeof(*conn));
	if (!conn)
		return ORIEL_ENOMEM;
	conn->env = env;
	conn->loop = loop;
	conn->calls = config->calls;
	conn->user = config->user;
	conn->socket = -1;
	conn->writable = true;
	conn->watch.ready = socket_ready;
	conn->link_timer.fire = link_due;
	conn->rate_timer.fire = rate_due;
	conn->finish_timer.fire = finish_due;
	conn->flush.run = flush_run;
	conn->again.run = again_run;
	if (config->host)
		orl_printable(conn->host, sizeof(conn->host), config->host,
				strlen(config->host));
	int err = orl_link_create(&conn->link, env, config->role, &link_calls,
			conn, orl_now(env));
	if (!err)
		err = take_socket(conn, socket, config);
	if (err) {
		orl_conn_destroy(conn);
		return err;
	}
	conn->socket = socket;
	orl_rate_init(&conn->rate, conn->peer.local ? LOCAL_RATE : 0,
			config->max_rate);
	if (conn->state == ORL_CONN_SECURING)
		orl_loop_defer(loop, &conn->flush);
	*out = conn;
	return 0;
}

void orl_conn_destroy(struct orl_conn *conn)
{
	if (!conn)
		return;
	stop(conn);
	conn->destroyed = true;
	if (!conn->depth)
		release(conn);
}

void orl_conn_start(struct orl_conn *conn)
{
	if (conn->state != ORL_CONN_SECURED)
		return;
	conn->state = ORL_CONN_OPEN;
	conn->wanted = true;
	/* TLS may have read ahead, and the kernel knows nothing of that. */
	conn->look = true;
	if (orl_watch_change(&conn->watch, ORL_READ) != 0) {
		conn->finish_error = ORIEL_ENOMEM;
		conn->state = ORL_CONN_DROPPING;
	}
	orl_loop_defer(conn->loop, &conn->flush);
}

void orl_conn_kick(struct orl_conn *conn)
{
	if (conn->state != ORL_CONN_OPEN)
		return;
	conn->wanted = true;
	orl_loop_defer(conn->loop, &conn->flush);
}

void orl_conn_keepalive(struct orl_conn *conn)
{
	if (conn->socket >= 0 && !conn->peer.local)
		orl_tcp_keepalive(conn->socket);
}

uint64_t orl_conn_silence(const struct orl_conn *conn)
{
	return conn->socket >= 0 && !conn->peer.local
			       ? orl_tcp_silence(conn->socket)
			       : 0;
}

bool orl_conn_is_homeless(const struct orl_conn *conn)
{
	return conn->socket >= 0 && !conn->peer.local &&
	       orl_socket_is_homeless(conn->socket);
}

void orl_conn_finish(struct orl_conn *conn, int error)
{
	if (conn->state >= ORL_CONN_FINISHING)
		return;
	conn->finish_error = error;
	conn->state = conn->state == ORL_CONN_OPEN ? ORL_CONN_FINISHING
						   : ORL_CONN_DROPPING;
	orl_timer_set(conn->loop, &conn->finish_timer,
			orl_now(conn->env) + FINISH_MS * MS);
	orl_loop_defer(conn->loop, &conn->flush);
}

struct orl_link *orl_conn_link(struct orl_conn *conn)
{
	return conn->link;
}

struct orl_rate *orl_conn_rate(struct orl_conn *conn)
{
	return &conn->rate;
}

struct orl_tls *orl_conn_tls(struct orl_conn *conn)
{
	return conn->tls;
}

const char *orl_conn_address(const struct orl_conn *conn)
{
	return conn->peer.address;
}

const char *orl_conn_network(const struct orl_conn *conn)
{
	return conn->peer.network;
}

bool orl_conn_is_loopback(const struct orl_conn *conn)
{
	return conn->peer.loopback;
}

int64_t orl_conn_uid(const struct orl_conn *conn)
{
	return conn->peer.uid;
}

/* On the socket, as TCP counts it. */
uint64_t orl_conn_sent(const struct orl_conn *conn)
{
	return conn->tls ? orl_tls_bytes_out(conn->tls) : conn->plain_out;
}

void orl_conn_stats(const struct orl_conn *conn, struct orl_conn_stats *out)
{
	struct orl_rate_input in = conn->in;
	struct orl_tcp tcp = conn->tcp;
	if (conn->socket >= 0 && !conn->peer.local)
		(void)orl_tcp_sample(
				&tcp, conn->socket, orl_conn_sent(conn), &in);
	*out = (struct orl_conn_stats){
		.bytes_in = conn->tls ? orl_tls_bytes_in(conn->tls)
				      : conn->plain_in,
		.bytes_out = orl_conn_sent(conn),
		.records_out = conn->records,
		.rtt = in.rtt,
		.min_rtt = conn->in.now ? orl_rate_min_rtt(&conn->rate)
					: in.rtt_min,
		.rate = orl_rate_estimate(&conn->rate),
		.congestion = conn->congestion,
	};
}
