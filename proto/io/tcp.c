/*
 * tcp.c - socket options and TCP_INFO, as Linux has them.
 *
 * Everything here is a hint to or from the kernel: when it refuses, the
 * connection works all the same, only less well.
 */
#include "proto/io/tcp.h"

#include "proto/limits.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <linux/inet_diag.h>
#include <linux/sockios.h>
#include <linux/tcp.h>

enum {
	USER_TIMEOUT_MS = 120 * 1000, /* ORL_SILENCE_SECONDS */
	DSCP_AF41 = 34 << 2,
	LOWAT_MAX = 16 << 10,
	BBR_UNIT = 256,     /* a gain of 1 */
	BBR_PROBE_CWND = 4, /* segments, while it probes the round trip */
};

static void set_int(int socket, int level, int option, int value)
{
	(void)setsockopt(socket, level, option, &value, sizeof(value));
}

void orl_tcp_tune(int socket, const char *congestion)
{
	const char *name = congestion ? congestion : "bbr";
	set_int(socket, IPPROTO_TCP, TCP_NODELAY, 1);
	set_int(socket, IPPROTO_TCP, TCP_USER_TIMEOUT, USER_TIMEOUT_MS);
	/* One of the two fails, by the family. */
	set_int(socket, IPPROTO_IP, IP_TOS, DSCP_AF41);
	set_int(socket, IPPROTO_IPV6, IPV6_TCLASS, DSCP_AF41);
	(void)setsockopt(socket, IPPROTO_TCP, TCP_CONGESTION, name,
			(socklen_t)strlen(name));
}

/*
 * TCP_USER_TIMEOUT decides for probes as well as for data, whatever the
 * number of probes is.
 */
void orl_tcp_keepalive(int socket)
{
	set_int(socket, IPPROTO_TCP, TCP_KEEPIDLE, ORL_PROBE_SECONDS);
	set_int(socket, IPPROTO_TCP, TCP_KEEPINTVL, 1);
	set_int(socket, IPPROTO_TCP, TCP_KEEPCNT,
			ORL_LOST_SECONDS - ORL_PROBE_SECONDS);
	set_int(socket, IPPROTO_TCP, TCP_USER_TIMEOUT, ORL_LOST_SECONDS * 1000);
	set_int(socket, SOL_SOCKET, SO_KEEPALIVE, 1);
}

uint64_t orl_tcp_silence(int socket)
{
	struct tcp_info info;
	socklen_t n = sizeof(info);

	memset(&info, 0, sizeof(info));
	if (getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &n) != 0)
		return 0;
	if (!info.tcpi_probes && !(info.tcpi_unacked && info.tcpi_retransmits))
		return 0;
	uint32_t ms = info.tcpi_last_ack_recv < info.tcpi_last_data_recv
				      ? info.tcpi_last_ack_recv
				      : info.tcpi_last_data_recv;
	return (uint64_t)ms * 1000000;
}

void orl_tcp_congestion(int socket, char *out, size_t size)
{
	char name[17] = "";
	socklen_t n = sizeof(name) - 1;
	if (getsockopt(socket, IPPROTO_TCP, TCP_CONGESTION, name, &n) != 0)
		name[0] = 0;
	snprintf(out, size, "%s", name);
}

/*
 * Its window is at 4 segments in two cases only; a window gain of 1 tells
 * PROBE_RTT from a path that is that thin.
 */
static bool bbr_probes_rtt(int socket)
{
	union tcp_cc_info cc;
	socklen_t n = sizeof(cc);
	memset(&cc, 0, sizeof(cc));
	return getsockopt(socket, IPPROTO_TCP, TCP_CC_INFO, &cc, &n) == 0 &&
	       n >= sizeof(cc.bbr) && cc.bbr.bbr_cwnd_gain == BBR_UNIT;
}

bool orl_tcp_sample(struct orl_tcp *tcp, int socket, uint64_t sent,
		struct orl_rate_input *in)
{
	struct tcp_info info;
	socklen_t n = sizeof(info);

	memset(&info, 0, sizeof(info));
	if (getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &n) != 0)
		return false;
	if (!tcp->based) {
		/* The kernel also counts its SYN, and what others had sent. */
		int queued = 0;
		char name[17];
		if (ioctl(socket, SIOCOUTQ, &queued) != 0)
			return false;
		uint64_t acked = sent - orl_min64(sent, (uint64_t)queued);
		tcp->acked_base = info.tcpi_bytes_acked - acked;
		orl_tcp_congestion(socket, name, sizeof(name));
		tcp->bbr = strcmp(name, "bbr") == 0;
		tcp->based = true;
	}
	in->sent = sent;
	in->acked = orl_min64(info.tcpi_bytes_acked - tcp->acked_base, sent);
	in->sacked = (uint64_t)info.tcpi_sacked * info.tcpi_snd_mss;
	in->unsent = info.tcpi_notsent_bytes;
	in->rtt = (uint64_t)info.tcpi_rtt * 1000;
	in->rtt_min = info.tcpi_min_rtt == UINT32_MAX
				      ? 0
				      : (uint64_t)info.tcpi_min_rtt * 1000;
	in->mss = info.tcpi_snd_mss;
	in->cwnd = (uint64_t)info.tcpi_snd_cwnd * info.tcpi_snd_mss;
	in->bbr = tcp->bbr;
	in->probing_rtt = tcp->bbr && info.tcpi_snd_cwnd <= BBR_PROBE_CWND &&
			  bbr_probes_rtt(socket);
	return true;
}

uint64_t orl_tcp_unsent(int socket)
{
	int unsent = 0;
	if (ioctl(socket, SIOCOUTQNSD, &unsent) != 0 || unsent < 0)
		return 0;
	return (uint64_t)unsent;
}

void orl_tcp_set_lowat(
		struct orl_tcp *tcp, int socket, uint64_t bytes, uint32_t mss)
{
	uint64_t want = orl_max64(bytes, 2 * (uint64_t)mss);
	uint32_t lowat = (uint32_t)orl_min64(want, LOWAT_MAX);
	/* Within a quarter is near enough to spare the call. */
	if (lowat > tcp->lowat - tcp->lowat / 4 &&
			lowat < tcp->lowat + tcp->lowat / 4)
		return;
	set_int(socket, IPPROTO_TCP, TCP_NOTSENT_LOWAT, (int)lowat);
	tcp->lowat = lowat;
}
