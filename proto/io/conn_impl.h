/*
 * conn_impl.h - what conn.c and pump.c share, and nobody else.
 */
#ifndef ORL_PROTO_IO_CONN_IMPL_H
#define ORL_PROTO_IO_CONN_IMPL_H

#include "proto/io/conn.h"
#include "proto/io/socket.h"
#include "proto/io/tcp.h"

enum { ORL_CONN_RECORD = ORL_CHUNK_MAX + ORL_CHUNK_HEAD };

enum orl_conn_state {
	ORL_CONN_CONNECTING,
	ORL_CONN_SECURING, /* the handshake goes on */
	ORL_CONN_SECURED,  /* it is done; orl_conn_start() is awaited */
	ORL_CONN_OPEN,
	ORL_CONN_FINISHING, /* channel 0 is being emptied */
	ORL_CONN_LINGERING, /* all is said; the other end has not closed yet */
	ORL_CONN_DROPPING,  /* to be ended by the next flush */
	ORL_CONN_ENDED,
};

struct orl_conn {
	const struct orl_env *env;
	struct orl_loop *loop;
	const struct orl_conn_calls *calls;
	void *user;
	int socket;
	enum orl_conn_state state;
	unsigned depth;
	bool destroyed;
	bool writable; /* as far as we know */
	bool look;     /* read although nobody said that there is something */
	bool wanted;   /* produce may have something */
	bool held;     /* the last pump left something behind */
	bool paced;    /* something that the window holds has been sent */
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
	uint8_t out[ORL_CONN_RECORD]; /* the record that waits for the socket */
};

/* These may call `closed`: only inside dispatch, with depth counted. */

void orl_conn_end(struct orl_conn *conn, int error, const char *why);
void orl_conn_watch(struct orl_conn *conn, unsigned events);
/* Some of what has arrived; true when there may be more at once. */
bool orl_conn_read(struct orl_conn *conn);
/* As that, and what TLS holds back is read in the next round. */
void orl_conn_read_fairly(struct orl_conn *conn);
void orl_conn_pump(struct orl_conn *conn);

/* Bytes on the socket, as TCP counts them. */
uint64_t orl_conn_sent(const struct orl_conn *conn);

#endif
