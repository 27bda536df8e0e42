/*
 * conn.c - a socket with TLS, a link and a rate on it.
 *
 * Whatever happens (a kick, a readable or writable socket, a timer) ends in
 * one deferred flush, so many causes in one dispatch make one pump. The pump
 * is at the end of this file, and all rules of sending are in it.
 *
 * Callbacks may destroy the conn. Every way in counts `depth`, and who leaves
 * last frees; in between, state ENDED says that nothing is to be done.
 */
#include "proto/io/conn.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "proto/io/socket.h"
#include "proto/io/tcp.h"

#define MS UINT64_C(1000000)

enum {
	RECORD = ORL_CHUNK_MAX + ORL_CHUNK_HEAD,
	READ_MAX = 64 << 10,  /* taken in before others have their turn */
	WRITE_MAX = 256 << 10, /* given out, likewise */
	CHUNK_MIN = 1300,      /* less does not fill a packet */
	FINISH_MS = 1000,
	LOCAL_RATE = 1000000000, /* what is planned with on a unix: socket */
};

enum state {
	CONNECTING,
	SECURING,  /* the handshake goes on */
	SECURED,   /* it is done; orl_conn_start() is awaited */
	OPEN,
	FINISHING, /* channel 0 is being emptied */
	LINGERING, /* all is said; the other end has not closed yet */
	DROPPING,  /* to be ended by the next flush */
	ENDED,
};

struct orl_conn {
	const struct orl_env *env;
	struct orl_loop *loop;
	const struct orl_conn_calls *calls;
	void *user;
	int socket;
	enum state state;
	unsigned depth;
	bool destroyed;
	bool writable;   /* as far as we know */
	bool look;       /* read although nobody said that there is something */
	bool wanted;     /* produce may have something */
	bool held;       /* the last pump left something behind */
	bool paced;      /* something that the window holds has been sent */
	int finish_error;

	struct orl_watch watch;
	struct orl_timer link_timer, rate_timer, finish_timer;
	struct orl_deferred flush;
	struct orl_posted again;

	struct orl_tls *tls;
	struct orl_link *link;
	struct orl_rate rate;
	struct orl_tcp tcp;
	struct orl_rate_input in; /* as last told to the rate */
	struct orl_peer_name peer;
	char host[256];
	char congestion[17];

	uint64_t plain_in, plain_out, records;
	size_t out_n, out_done;
	uint8_t out[RECORD]; /* the record that waits for the socket */
};

static void pump(struct orl_conn *conn);

/* ---- life -------------------------------------------------------------- */

static void stop(struct orl_conn *conn)
{
	conn->state = ENDED;
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

/* Only from inside dispatch, between enter() and leave(). */
static void end(struct orl_conn *conn, int error, const char *why)
{
	char text[320];
	if (conn->state == ENDED)
		return;
	snprintf(text, sizeof(text), "%s", why);
	stop(conn);
	conn->calls->closed(conn->user, error, text);
}

static void watch_for(struct orl_conn *conn, unsigned events)
{
	int err = orl_watch_change(&conn->watch, events);
	if (err)
		end(conn, err, "the socket cannot be watched");
}

/* ---- getting there ----------------------------------------------------- */

static void secured(struct orl_conn *conn)
{
	conn->state = SECURED;
	watch_for(conn, 0);
	if (conn->state == SECURED)
		conn->calls->secured(conn->user);
}

static void handshake(struct orl_conn *conn)
{
	int r = conn->tls ? orl_tls_handshake(conn->tls) : 0;
	if (r == 0)
		secured(conn);
	else if (r == ORL_TLS_READ)
		watch_for(conn, ORL_READ);
	else if (r == ORL_TLS_WRITE)
		watch_for(conn, ORL_WRITE);
	else
		end(conn, r, orl_tls_why(conn->tls));
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
		end(conn, error == ETIMEDOUT ? ORIEL_ETIMEOUT : ORIEL_EIO, why);
		return;
	}
	conn->state = SECURING;
	handshake(conn);
}

/* ---- reading ----------------------------------------------------------- */

static int on_message(void *user, uint16_t id, const uint8_t *data, size_t n)
{
	struct orl_conn *conn = user;
	/* The handler of an earlier message in the same bytes said enough. */
	if (conn->state != OPEN)
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
	if (conn->state != OPEN)
		return; /* said goodbye already */
	int err = orl_link_feed(conn->link, data, n, orl_now(conn->env));
	if (err && conn->state == OPEN)
		end(conn, err, oriel_strerror(err));
}

static void stream_over(struct orl_conn *conn, int result)
{
	const char *why = "";
	if (conn->state != OPEN)
		result = conn->finish_error;
	else if (result)
		why = conn->tls ? orl_tls_why(conn->tls)
				: "the connection was cut";
	end(conn, result, why);
}

/* True when there may be more at once. */
static bool read_some(struct orl_conn *conn)
{
	uint8_t buf[RECORD];
	size_t total = 0;

	conn->look = false;
	while (total < READ_MAX) {
		if (conn->state < OPEN || conn->state > LINGERING)
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
	return true;
}

static void read_fairly(struct orl_conn *conn)
{
	bool more = read_some(conn);
	/* What is still in the socket is reported again by itself. */
	if (more && conn->tls && orl_tls_pending(conn->tls)) {
		conn->look = true;
		orl_loop_post(conn->loop, &conn->again);
	}
}

/* ---- what the loop calls ----------------------------------------------- */

static void flush_later(struct orl_conn *conn)
{
	if (conn->state != ENDED)
		orl_loop_defer(conn->loop, &conn->flush);
}

static void socket_ready(struct orl_watch *watch, unsigned events)
{
	struct orl_conn *conn = orl_container(watch, struct orl_conn, watch);
	enter(conn);
	if (conn->state == CONNECTING) {
		connected(conn);
	} else if (conn->state == SECURING) {
		handshake(conn);
	} else {
		if (events & ORL_WRITE)
			conn->writable = true;
		/* A read may have waited to write, in TLS. */
		read_fairly(conn);
		flush_later(conn);
	}
	leave(conn);
}

static void flush_run(struct orl_deferred *deferred)
{
	struct orl_conn *conn = orl_container(deferred, struct orl_conn, flush);
	enter(conn);
	if (conn->state == SECURING)
		handshake(conn);
	else if (conn->state == DROPPING)
		end(conn, conn->finish_error, "");
	else if (conn->state >= OPEN)
		pump(conn);
	leave(conn);
}

static void again_run(struct orl_posted *posted)
{
	struct orl_conn *conn = orl_container(posted, struct orl_conn, again);
	enter(conn);
	if (conn->look)
		read_fairly(conn);
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
	end(conn, conn->finish_error, "");
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
	conn->state = err ? CONNECTING : SECURING;
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
			conn->state == CONNECTING ? ORL_WRITE : 0);
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
	if (conn->state == SECURING)
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
	if (conn->state != SECURED)
		return;
	conn->state = OPEN;
	conn->wanted = true;
	/* TLS may have read ahead, and the kernel knows nothing of that. */
	conn->look = true;
	if (orl_watch_change(&conn->watch, ORL_READ) != 0) {
		conn->finish_error = ORIEL_ENOMEM;
		conn->state = DROPPING;
	}
	orl_loop_defer(conn->loop, &conn->flush);
}

void orl_conn_kick(struct orl_conn *conn)
{
	if (conn->state != OPEN)
		return;
	conn->wanted = true;
	orl_loop_defer(conn->loop, &conn->flush);
}

void orl_conn_finish(struct orl_conn *conn, int error)
{
	if (conn->state >= FINISHING)
		return;
	conn->finish_error = error;
	conn->state = conn->state == OPEN ? FINISHING : DROPPING;
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
static uint64_t sent(const struct orl_conn *conn)
{
	return conn->tls ? orl_tls_bytes_out(conn->tls) : conn->plain_out;
}

void orl_conn_stats(const struct orl_conn *conn, struct orl_conn_stats *out)
{
	struct orl_rate_input in = conn->in;
	struct orl_tcp tcp = conn->tcp;
	if (conn->socket >= 0 && !conn->peer.local)
		(void)orl_tcp_sample(&tcp, conn->socket, sent(conn), &in);
	*out = (struct orl_conn_stats){
		.bytes_in = conn->tls ? orl_tls_bytes_in(conn->tls)
				      : conn->plain_in,
		.bytes_out = sent(conn),
		.records_out = conn->records,
		.rtt = in.rtt,
		.min_rtt = conn->in.now ? orl_rate_min_rtt(&conn->rate)
					: in.rtt_min,
		.rate = orl_rate_estimate(&conn->rate),
		.congestion = conn->congestion,
	};
}

/* ---- sending ----------------------------------------------------------- */

static bool has_pictures(const struct orl_conn *conn)
{
	return conn->calls->produce && conn->wanted && conn->state == OPEN;
}

/* Whether something is there that the window has a say in. */
static bool anything_paced(const struct orl_conn *conn)
{
	return has_pictures(conn) ||
			orl_link_ready(conn->link,
					ORL_CHANNELS_PICTURE |
							ORL_CHANNELS_BULK);
}

/* Ask the kernel, at most once a pump. */
static void sample(struct orl_conn *conn)
{
	struct orl_rate_input *in = &conn->in;
	if (conn->peer.local ||
			!orl_tcp_sample(&conn->tcp, conn->socket, sent(conn),
					in))
		return;
	in->now = orl_now(conn->env);
	in->waiting = conn->held;
	orl_rate_sample(&conn->rate, in);
	orl_tcp_set_lowat(&conn->tcp, conn->socket,
			orl_rate_bytes(&conn->rate, 4 * MS), in->mss);
}

/* Tell the rate what the pump has done; only `sent` has changed. */
static void tell_sent(struct orl_conn *conn)
{
	struct orl_rate_input *in = &conn->in;
	uint64_t more = sent(conn) - in->sent;
	if (!conn->paced || !in->now || (!more && in->waiting == conn->held))
		return;
	in->sent += more;
	in->unsent += more;
	in->waiting = conn->held;
	orl_rate_sample(&conn->rate, in);
}

static uint64_t window(const struct orl_conn *conn, enum orl_rate_class class)
{
	if (conn->peer.local)
		return UINT64_MAX;
	/* What went out since the sample is not known to the rate yet. */
	uint64_t since = conn->in.now ? sent(conn) - conn->in.sent : 0;
	uint64_t allowed = orl_rate_allowed(&conn->rate, class);
	return allowed > since ? allowed - since : 0;
}

/* Write what waits. False when it still waits, or nothing can be written. */
static bool write_out(struct orl_conn *conn)
{
	const uint8_t *p = conn->out + conn->out_done;
	size_t n = conn->out_n - conn->out_done;
	int r;

	if (conn->tls) {
		r = orl_tls_write(conn->tls, p, n);
	} else {
		ssize_t put = send(conn->socket, p, n, MSG_NOSIGNAL);
		if (put >= 0)
			conn->plain_out += (uint64_t)put;
		if (put >= 0)
			r = (int)put;
		else if (errno == EAGAIN || errno == EWOULDBLOCK)
			r = ORL_TLS_WRITE;
		else
			r = errno == EINTR ? 0 : ORIEL_ECLOSED;
	}
	if (r >= 0) {
		conn->out_done += (size_t)r;
		if (conn->out_done < conn->out_n)
			return false;
		conn->out_n = conn->out_done = 0;
		conn->records++;
		return true;
	}
	if (r == ORL_TLS_WRITE || r == ORL_TLS_READ) {
		conn->writable = false;
		return false;
	}
	/* Perhaps it said why before it went. */
	while (read_some(conn))
		;
	if (conn->state != ENDED)
		end(conn, conn->state == OPEN ? r : conn->finish_error,
				conn->tls ? orl_tls_why(conn->tls)
					  : orl_socket_text(EPIPE));
	return false;
}

/* Enough is in the kernel for it to be busy; more would only be queue. */
static void check_unsent(struct orl_conn *conn)
{
	if (!conn->tcp.lowat || !conn->in.now)
		return;
	uint64_t more = sent(conn) - conn->in.sent;
	if (conn->in.unsent + more < conn->tcp.lowat)
		return;
	uint64_t unsent = orl_tcp_unsent(conn->socket);
	conn->writable = unsent < conn->tcp.lowat;
	conn->in.unsent = unsent > more ? unsent - more : 0;
}

/* Bytes of the next record, head included. */
static size_t record_size(const struct orl_conn *conn, uint64_t pictures,
		uint64_t bulk)
{
	const struct orl_link *link = conn->link;
	bool urgent = orl_link_ready(link, ORL_CHANNELS_URGENT) > 0;
	bool picture = orl_link_ready(link, ORL_CHANNELS_PICTURE) > 0;
	uint64_t n = orl_rate_bytes(&conn->rate,
			(urgent || picture ? 4 : 2) * MS);
	if (!urgent)
		n = orl_min64(n, picture ? pictures : bulk);
	return (size_t)orl_min64(orl_max64(n, CHUNK_MIN), RECORD);
}

/*
 * Have the next record in `out`; false when there is none. Pictures are made
 * only here: the socket takes more, the window is open, none is queued, and
 * nothing urgent would have to wait for it.
 */
static bool fill(struct orl_conn *conn)
{
	struct orl_link *link = conn->link;
	unsigned channels = ORL_CHANNELS_URGENT;

	if (conn->state == FINISHING) {
		conn->out_n = orl_link_drain(link, conn->out, RECORD, RECORD,
				1 << ORL_CHANNEL_CONTROL, orl_now(conn->env));
		return conn->out_n > 0;
	}
	uint64_t pictures = window(conn, ORL_RATE_PICTURE);
	uint64_t bulk = window(conn, ORL_RATE_BULK);
	if (pictures && has_pictures(conn) &&
			!orl_link_queued(link, ORL_CHANNELS_PICTURE) &&
			!orl_link_ready(link, ORL_CHANNELS_URGENT)) {
		uint64_t budget = orl_min64(pictures,
				orl_rate_bytes(&conn->rate, 8 * MS));
		conn->wanted = false; /* a kick inside counts again */
		if (conn->calls->produce(conn->user,
				    orl_max64(budget, CHUNK_MIN)) &&
				conn->state == OPEN &&
				orl_link_queued(link, ORL_CHANNELS_PICTURE))
			conn->wanted = true;
		if (conn->state != OPEN)
			return conn->state == FINISHING && fill(conn);
	}
	if (pictures)
		channels |= ORL_CHANNELS_PICTURE | orl_link_owed(link);
	if (bulk)
		channels |= ORL_CHANNELS_BULK;
	conn->out_n = orl_link_drain(link, conn->out, RECORD,
			record_size(conn, pictures, bulk), channels,
			orl_now(conn->env));
	return conn->out_n > 0;
}

/* All is said: tell the other end, and wait until it has heard. */
static void linger(struct orl_conn *conn)
{
	conn->state = LINGERING;
	if (conn->tls)
		orl_tls_shutdown(conn->tls);
	(void)shutdown(conn->socket, SHUT_WR);
	watch_for(conn, ORL_READ);
}

static void set_timers(struct orl_conn *conn)
{
	uint64_t look = UINT64_MAX;
	if (conn->paced && !conn->peer.local)
		look = orl_rate_deadline(&conn->rate);
	conn->paced = conn->paced && look != UINT64_MAX;
	orl_timer_set(conn->loop, &conn->rate_timer, look);
	orl_timer_set(conn->loop, &conn->link_timer,
			orl_link_deadline(conn->link));
}

/* Keep-alive; and a link that has ended, while sending say, ends us. */
static void tick(struct orl_conn *conn)
{
	int err = orl_link_tick(conn->link, orl_now(conn->env));
	if (err)
		end(conn, err, err == ORIEL_ETIMEOUT
						? "the other end does not "
						  "answer any more"
						: oriel_strerror(err));
}

static void pump(struct orl_conn *conn)
{
	uint64_t begin = sent(conn);
	bool done = false, full = false;

	if (conn->look && conn->state == OPEN)
		read_fairly(conn);
	if (conn->state == OPEN)
		tick(conn);
	if (conn->state != OPEN && conn->state != FINISHING)
		return;
	if (conn->state == OPEN && (conn->paced || anything_paced(conn))) {
		conn->paced = true;
		sample(conn);
	}
	while (conn->writable && !full && !done) {
		if (conn->out_n || fill(conn))
			(void)write_out(conn);
		else
			done = true;
		if (conn->state != OPEN && conn->state != FINISHING)
			return;
		check_unsent(conn);
		full = sent(conn) - begin >= WRITE_MAX;
	}
	if (conn->state == FINISHING && done) {
		linger(conn);
		return;
	}
	if (orl_link_deadline(conn->link) == UINT64_MAX && conn->state == OPEN)
		tick(conn);
	if (conn->state == ENDED)
		return;
	conn->held = !done || (conn->paced && anything_paced(conn));
	tell_sent(conn);
	set_timers(conn);
	if (full && conn->writable)
		orl_loop_post(conn->loop, &conn->again);
	watch_for(conn, conn->writable ? ORL_READ : ORL_READ | ORL_WRITE);
}
