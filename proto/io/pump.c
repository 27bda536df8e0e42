/*
 * pump.c - all rules of sending, see "Sending" in PROTOCOL.md.
 *
 * Nothing is sealed that the socket does not take, and no picture is made
 * that could not leave at once: what waits here is one record at most, and
 * what waits in the kernel is bounded by TCP_NOTSENT_LOWAT and the window.
 */
#include <errno.h>
#include <sys/socket.h>

#include "proto/io/conn_impl.h"

#define MS UINT64_C(1000000)

enum {
	WRITE_MAX = 256 << 10, /* given out before others have their turn */
	CHUNK_MIN = 1300,      /* less does not fill a packet */
	LAST_READS = 16,       /* looks for the last words, 64 KiB each */
};

/* Pictures may be there to be made; those made before come first. */
static bool has_pictures(const struct orl_conn *conn)
{
	return conn->calls->produce && conn->wanted &&
	       conn->state == ORL_CONN_OPEN &&
	       !orl_link_queued(conn->link, ORL_CHANNELS_PICTURE);
}

/* Something could be sent that the window has a say in. */
static bool anything_paced(const struct orl_conn *conn)
{
	return has_pictures(conn) ||
	       orl_link_ready(conn->link,
			       ORL_CHANNELS_PICTURE | ORL_CHANNELS_BULK);
}

/* Ask the kernel, at most once a pump. */
static void sample(struct orl_conn *conn)
{
	struct orl_rate_input *in = &conn->in;
	if (conn->peer.local || !orl_tcp_sample(&conn->tcp, conn->socket,
						orl_conn_sent(conn), in))
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
	uint64_t more = orl_conn_sent(conn) - in->sent;
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
	uint64_t since = conn->in.now ? orl_conn_sent(conn) - conn->in.sent : 0;
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
	/* Perhaps it said why before it went. Or it goes on to talk. */
	for (unsigned i = 0; i < LAST_READS && orl_conn_read(conn); i++)
		;
	if (conn->state != ORL_CONN_ENDED)
		orl_conn_end(conn,
				conn->state == ORL_CONN_OPEN
						? r
						: conn->finish_error,
				conn->tls ? orl_tls_why(conn->tls)
					  : orl_socket_text(EPIPE));
	return false;
}

/* Enough is in the kernel for it to be busy; more would only be queue. */
static void check_unsent(struct orl_conn *conn)
{
	if (!conn->tcp.lowat || !conn->in.now)
		return;
	uint64_t more = orl_conn_sent(conn) - conn->in.sent;
	if (conn->in.unsent + more < conn->tcp.lowat)
		return;
	uint64_t unsent = orl_tcp_unsent(conn->socket);
	conn->writable = unsent < conn->tcp.lowat;
	conn->in.unsent = unsent > more ? unsent - more : 0;
}

static uint64_t spare(uint64_t window)
{
	return window > UINT64_MAX - CHUNK_MIN ? window : window + CHUNK_MIN;
}

/*
 * Bytes of the next record, heads included. A little beyond the window, so
 * that a part made to measure does not leave its last bytes to a record, and
 * a packet, of their own.
 */
static size_t record_size(
		const struct orl_conn *conn, uint64_t pictures, uint64_t bulk)
{
	const struct orl_link *link = conn->link;
	bool urgent = orl_link_ready(link, ORL_CHANNELS_URGENT) > 0;
	bool picture = orl_link_ready(link, ORL_CHANNELS_PICTURE) > 0 ||
		       orl_link_hurries(link);
	uint64_t n = orl_rate_bytes(
			&conn->rate, (urgent || picture ? 4 : 2) * MS);
	if (!urgent)
		n = orl_min64(n, spare(picture ? pictures : bulk));
	return (size_t)orl_min64(orl_max64(n, CHUNK_MIN), ORL_CONN_RECORD);
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

	if (conn->state == ORL_CONN_FINISHING) {
		conn->out_n = orl_link_drain(link, conn->out, ORL_CONN_RECORD,
				ORL_CONN_RECORD, 1 << ORL_CHANNEL_CONTROL,
				orl_now(conn->env));
		return conn->out_n > 0;
	}
	uint64_t pictures = window(conn, ORL_RATE_PICTURE);
	uint64_t bulk = window(conn, ORL_RATE_BULK);
	if (pictures && has_pictures(conn) &&
			!orl_link_ready(link, ORL_CHANNELS_URGENT)) {
		uint64_t budget = orl_min64(
				pictures, orl_rate_bytes(&conn->rate, 8 * MS));
		conn->wanted = false; /* a kick inside counts again */
		if (conn->calls->produce(
				    conn->user, orl_max64(budget, CHUNK_MIN)) &&
				conn->state == ORL_CONN_OPEN &&
				orl_link_queued(link, ORL_CHANNELS_PICTURE))
			conn->wanted = true;
		if (conn->state != ORL_CONN_OPEN)
			return conn->state == ORL_CONN_FINISHING && fill(conn);
	}
	if (pictures)
		channels |= ORL_CHANNELS_PICTURE | orl_link_owed(link);
	if (bulk)
		channels |= ORL_CHANNELS_BULK;
	bool paced = orl_link_ready(link,
				     ORL_CHANNELS_PICTURE | ORL_CHANNELS_BULK) >
		     0;
	conn->out_n = orl_link_drain(link, conn->out, ORL_CONN_RECORD,
			record_size(conn, pictures, bulk), channels,
			orl_now(conn->env));
	conn->paced = conn->paced || (paced && conn->out_n);
	return conn->out_n > 0;
}

/* All is said: tell the other end, and wait until it has heard. */
static void linger(struct orl_conn *conn)
{
	conn->state = ORL_CONN_LINGERING;
	if (conn->tls)
		orl_tls_shutdown(conn->tls);
	(void)shutdown(conn->socket, SHUT_WR);
	orl_conn_watch(conn, ORL_READ);
}

static void set_timers(struct orl_conn *conn)
{
	uint64_t look = UINT64_MAX;
	if (conn->paced && conn->in.now)
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
		orl_conn_end(conn, err,
				err == ORIEL_ETIMEOUT
						? "the other end does not "
						  "answer any more"
						: oriel_strerror(err));
}

void orl_conn_pump(struct orl_conn *conn)
{
	uint64_t begin = orl_conn_sent(conn);
	bool done = false, full = false;

	if (conn->look && conn->state == ORL_CONN_OPEN)
		orl_conn_read_fairly(conn);
	if (conn->state == ORL_CONN_OPEN)
		tick(conn);
	if (conn->state != ORL_CONN_OPEN && conn->state != ORL_CONN_FINISHING)
		return;
	if (conn->state == ORL_CONN_OPEN &&
			(conn->paced || anything_paced(conn)))
		sample(conn);
	while (conn->writable && !full && !done) {
		if (conn->out_n || fill(conn))
			(void)write_out(conn);
		else
			done = true;
		if (conn->state != ORL_CONN_OPEN &&
				conn->state != ORL_CONN_FINISHING)
			return;
		check_unsent(conn);
		full = orl_conn_sent(conn) - begin >= WRITE_MAX;
	}
	if (conn->state == ORL_CONN_FINISHING && done) {
		linger(conn);
		return;
	}
	if (orl_link_deadline(conn->link) == UINT64_MAX &&
			conn->state == ORL_CONN_OPEN)
		tick(conn);
	if (conn->state == ORL_CONN_ENDED)
		return;
	conn->held = !done || anything_paced(conn);
	conn->paced = conn->paced || conn->held;
	tell_sent(conn);
	set_timers(conn);
	if (full && conn->writable)
		orl_loop_post(conn->loop, &conn->again);
	orl_conn_watch(conn, conn->writable ? ORL_READ : ORL_READ | ORL_WRITE);
}
