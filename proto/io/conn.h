/*
 * conn.h - a socket with TLS, a link and a rate on it.
 *
 * It reads what comes, feeds the link, and writes what the link has by the
 * rules of "Sending" in PROTOCOL.md: a record is sealed only when the socket
 * can take it, at most one sealed record waits, and when nothing of a picture
 * is queued and both the socket and the window have room, the session is
 * asked to make some (produce). So nothing is encoded before it can be sent.
 */
#ifndef ORL_PROTO_IO_CONN_H
#define ORL_PROTO_IO_CONN_H

#include "proto/io/loop.h"
#include "proto/io/tls.h"
#include "proto/link.h"
#include "proto/rate.h"

struct orl_conn;

struct orl_conn_calls {
	/*
	 * The handshake is done (on a plain unix: socket: at once). Nothing
	 * is read or written beyond it until orl_conn_start(), which may be
	 * called from here or later: a key may have to be trusted first.
	 */
	void (*secured)(void *user);
	/* As orl_link_calls.message. */
	int (*message)(void *user, uint16_t id, const uint8_t *data, size_t n);
	/*
	 * Room for about `budget` bytes of picture right now and none queued:
	 * queue a part. True when something was queued: then it is asked
	 * again when that is gone; after false, when orl_conn_kick() was
	 * called. NULL: never asked.
	 */
	bool (*produce)(void *user, uint64_t budget);
	/*
	 * The connection is over: 0 after the other end closed in order, else
	 * a negative ORIEL_E code (ORIEL_EIO: it could not be made,
	 * ORIEL_ECLOSED: it was cut); why is for people and may be "". Called
	 * once, from dispatch, and not after orl_conn_destroy(); the conn may
	 * be destroyed inside. The socket is closed already.
	 */
	void (*closed)(void *user, int error, const char *why);
};

struct orl_conn_config {
	enum orl_role role;
	struct orl_tls_context *tls; /* NULL: plain, AF_UNIX sockets only */
	const char *host;            /* client: for SNI and names */
	const char *congestion;      /* "bbr", "cubic", NULL: bbr if allowed */
	uint64_t max_rate;           /* bytes a second, 0 is no limit */
	const struct orl_conn_calls *calls;
	void *user;
};

/*
 * Own a connected (or connecting, non-blocking) stream socket. On failure the
 * socket stays the caller's. No callback is called before the next dispatch.
 */
int orl_conn_create(struct orl_conn **out, struct orl_loop *loop,
		const struct orl_env *env, int socket,
		const struct orl_conn_config *config);
/* Closes; no call is made any more. Safe inside callbacks (freed later). */
void orl_conn_destroy(struct orl_conn *conn);
/* From `secured` on; before that, and a second time, it does nothing. */
void orl_conn_start(struct orl_conn *conn);

struct orl_link *orl_conn_link(struct orl_conn *conn);
struct orl_rate *orl_conn_rate(struct orl_conn *conn);
struct orl_tls *orl_conn_tls(struct orl_conn *conn); /* NULL when plain */

/*
 * Something was queued in the link, or produce may have more to say: flush
 * before dispatch returns. Cheap, may be called often.
 */
void orl_conn_kick(struct orl_conn *conn);
/*
 * Send what is queued on channel 0 (a bye, say), then close; gives up after
 * one second. No message is reported any more, and nothing is sent where
 * orl_conn_start() was not called yet. `closed` is called with `error` when
 * the other end has closed too, so that it has read the bye.
 */
void orl_conn_finish(struct orl_conn *conn, int error);

/* The client's: see orl_tcp_keepalive() and orl_tcp_silence(). */
void orl_conn_keepalive(struct orl_conn *conn);
uint64_t orl_conn_silence(const struct orl_conn *conn);
/* See orl_socket_is_homeless(). */
bool orl_conn_is_homeless(const struct orl_conn *conn);

/* "192.0.2.1:5910", "[2001:db8::1]:5910" or "unix (uid 1000)". */
const char *orl_conn_address(const struct orl_conn *conn);
/* What login limits are kept by: the address, without port, v6 as /64. */
const char *orl_conn_network(const struct orl_conn *conn);
/* On this machine: 127.0.0.0/8, ::1 or a unix: socket. */
bool orl_conn_is_loopback(const struct orl_conn *conn);
/* uid of the other end of a unix: socket, -1 otherwise. */
int64_t orl_conn_uid(const struct orl_conn *conn);

struct orl_conn_stats {
	uint64_t bytes_in, bytes_out; /* on the socket, TLS records included */
	uint64_t records_out;
	uint64_t rtt, min_rtt, rate; /* ns, ns, bytes a second */
	const char *congestion;      /* in force, "" for unix: */
};
void orl_conn_stats(const struct orl_conn *conn, struct orl_conn_stats *out);

/* ---- making sockets ---------------------------------------------------- */

struct orl_listener {
	/* A new connection; the socket is the callee's. */
	void (*accepted)(struct orl_listener *listener, int socket);
	struct orl_watch watch;
	/* The listener's own. */
	struct orl_timer resume;
	const struct orl_env *env;
	uint64_t device, inode; /* of path, so that only ours is unlinked */
	struct orl_loop *loop;
	/* For the caller to read. */
	bool loopback, local; /* tcp on loopback; unix: */
	char address[128];    /* "tcp://127.0.0.1:40123", port 0 filled in */
	char path[108];       /* of a unix: socket, unlinked at the end */
};

/*
 * Listen on "tcp://HOST:PORT" (port 0: a free one; HOST "" or "*": every
 * address, v4 and v6; a name with several addresses: one of them, v4 first)
 * or "unix:PATH" (mode 0600, a stale socket of ours is replaced). Accept
 * errors such as EMFILE pause accepting for 100 ms instead of spinning.
 * Caller sets `accepted`, the rest is zeros. ORIEL_EINVAL: not an address;
 * ORIEL_EIO: could not be had, the log says why.
 */
int orl_listener_open(struct orl_listener *listener, struct orl_loop *loop,
		const struct orl_env *env, const char *address);
void orl_listener_close(struct orl_listener *listener);

/*
 * Where to connect to; parsed from "oriel://[USER@]HOST[:PORT]" or
 * "unix:PATH". USER may have %XX in it; HOST is a name, an IPv4 address or
 * an IPv6 address in brackets. ORIEL_EINVAL for anything else.
 */
struct orl_address {
	bool local;
	char user[65], host[256], path[108];
	uint16_t port; /* 5910 when not given */
};
int orl_address_parse(struct orl_address *out, const char *text);

/*
 * Start connecting, non-blocking, to one address of `host`; numeric hosts
 * never block, names are looked up with getaddrinfo() (may block). `attempt`
 * counts up from 0 through the addresses found; ORIEL_ECLOSED after the last,
 * and at once where the name was not found. ORIEL_EIO: this attempt failed at
 * once. *why is a sentence, also for ECLOSED. why may be NULL.
 */
int orl_socket_connect(int *out, const struct orl_address *address,
		unsigned attempt, const char **why);

#endif
