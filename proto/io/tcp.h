/*
 * tcp.h - what the kernel can be told and asked about a stream socket; the
 * only file with TCP options in it. On a unix: socket there is nothing to
 * tell, and orl_tcp_sample() says so.
 */
#ifndef ORL_PROTO_IO_TCP_H
#define ORL_PROTO_IO_TCP_H

#include "proto/rate.h"

/*
 * No delay, user timeout, DSCP AF41 and congestion control: `congestion`, or
 * bbr when it is NULL, as far as the kernel allows.
 */
void orl_tcp_tune(int socket, const char *congestion);
/*
 * Have the kernel look whether the other end is there while nothing is said,
 * and give the connection up when it has not answered for ORL_LOST_SECONDS.
 */
void orl_tcp_keepalive(int socket);
/*
 * How long nothing at all has come, in ns, while something of ours has been
 * sent again or a probe is not answered; 0: there is no reason to worry.
 */
uint64_t orl_tcp_silence(int socket);
/* What is in force, "" when unknown. */
void orl_tcp_congestion(int socket, char *out, size_t size);

struct orl_tcp {
	uint64_t acked_base; /* of tcpi_bytes_acked when `sent` was 0 */
	uint32_t lowat;      /* as last set */
	bool based, bbr;
};

/*
 * Fill everything of `in` but now and waiting; `sent` is what was written
 * since the conn took the socket over. False: not TCP.
 */
bool orl_tcp_sample(struct orl_tcp *tcp, int socket, uint64_t sent,
		struct orl_rate_input *in);
/* Bytes that the kernel has not sent yet; 0 when it does not tell. */
uint64_t orl_tcp_unsent(int socket);
/* Keep TCP_NOTSENT_LOWAT near clamp(bytes, 2 mss, 16 KiB). */
void orl_tcp_set_lowat(
		struct orl_tcp *tcp, int socket, uint64_t bytes, uint32_t mss);

#endif
