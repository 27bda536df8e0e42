/*
 * socket.h - what conn.c and tls.c ask socket.c besides conn.h.
 */
#ifndef ORL_PROTO_IO_SOCKET_H
#define ORL_PROTO_IO_SOCKET_H

#include "proto/base.h"

/* An errno of a socket as a sentence: "the connection was refused". */
const char *orl_socket_text(int error);

/* Who is at the other end. */
struct orl_peer_name {
	char address[80]; /* see orl_conn_address() */
	char network[64]; /* see orl_conn_network() */
	bool local;       /* an AF_UNIX socket */
	bool loopback;    /* on this machine */
	int64_t uid;      /* local: its user, else -1 */
};

/*
 * ORIEL_ESTATE while not connected (only `local` is filled in then),
 * ORIEL_EINVAL when it is no stream socket that we know.
 */
int orl_socket_peer(struct orl_peer_name *out, int socket);

/*
 * Of one that orl_socket_connect() began: 0, or a sentence and ORIEL_ECLOSED
 * (refused, so somebody is there), ORIEL_ETIMEOUT, ORIEL_EIO.
 */
int orl_socket_connected(int socket, const char **why);

/* Its own address is this machine's no longer: nothing will arrive there. */
bool orl_socket_is_homeless(int socket);

void orl_socket_close(int socket);

#endif
