/*
 * box_lines.c - the sockets of a connection. The process that uses one can
 * make none: it asks, and gets one that leads to the address that the user
 * has given, and nowhere else. The network's news are read here for it, too.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include "client/viewer/box_impl.h"

enum {
	/* A socket each 50 ms for as long as it wants, and no more. */
	WINDOW_MS = 10000,
	ASKED_MAX = 200,
};

static void drop_latest(struct orl_box *box)
{
	if (box->latest >= 0)
		close(box->latest);
	box->latest = -1;
}

int orl_box_give_socket(
		struct orl_box *box, const struct orl_box_ask_socket *ask)
{
	struct orl_box_message m = { .id = ORL_BOX_SOCKET };
	uint64_t now = orl_box_now();
	char why[128] = "";
	int socket = -1;
	if (now - box->asked_from > WINDOW_MS) {
		box->asked_from = now;
		box->asked = 0;
	}
	if (++box->asked > ASKED_MAX)
		return ORIEL_EPROTO;
	bool there = ask->reached && box->numeric[0];
	int err = oriel_client_socket(&socket,
			there ? box->numeric : box->address,
			there ? 0 : (unsigned)ask->attempt, why, sizeof(why));
	drop_latest(box);
	if (!err)
		box->latest = dup(socket);
	m.u.socket.error = err;
	ORL_BOX_TEXT(m.u.socket.why, why);
	int sent = orl_box_hand(box, &m, &socket, err ? 0 : 1);
	if (!err)
		close(socket);
	return sent == ORIEL_ECLOSED ? 0 : sent;
}

/* ---- where it leads ---------------------------------------------------- */

union any_address {
	struct sockaddr sa;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
	struct sockaddr_storage room;
};

static void note_peer(struct orl_box *box)
{
	union any_address a;
	char ip[INET6_ADDRSTRLEN] = "";
	socklen_t n = sizeof(a);
	memset(&a, 0, sizeof(a));
	box->numeric[0] = '\0';
	if (getpeername(box->latest, &a.sa, &n) != 0)
		return;
	if (a.sa.sa_family == AF_INET &&
			inet_ntop(AF_INET, &a.in.sin_addr, ip, sizeof(ip)))
		snprintf(box->numeric, sizeof(box->numeric), "oriel://%s:%u",
				ip, ntohs(a.in.sin_port));
	/* A link-local address is nothing without its interface. */
	else if (a.sa.sa_family == AF_INET6 &&
			!IN6_IS_ADDR_LINKLOCAL(&a.in6.sin6_addr) &&
			inet_ntop(AF_INET6, &a.in6.sin6_addr, ip, sizeof(ip)))
		snprintf(box->numeric, sizeof(box->numeric), "oriel://[%s]:%u",
				ip, ntohs(a.in6.sin6_port));
}

static void watch_network(struct orl_box *box)
{
	struct sockaddr_nl here;
	if (box->news >= 0 || !box->reconnect || !box->here_known)
		return;
	memset(&here, 0, sizeof(here));
	here.nl_family = AF_NETLINK;
	here.nl_groups = RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR |
			 RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE;
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC,
			NETLINK_ROUTE);
	if (fd < 0)
		return;
	if (bind(fd, (const struct sockaddr *)&here, sizeof(here)) == 0)
		box->news = fd;
	else
		close(fd);
}

/* For a look at where it is from; it is the process's alone after that. */
void orl_box_line_ready(struct orl_box *box)
{
	socklen_t n = sizeof(box->here);
	if (box->latest < 0)
		return;
	note_peer(box);
	memset(&box->here, 0, sizeof(box->here));
	box->here_known =
			getsockname(box->latest, (struct sockaddr *)&box->here,
					&n) == 0 &&
			(box->here.ss_family == AF_INET ||
					box->here.ss_family == AF_INET6);
	drop_latest(box);
	watch_network(box);
}

void orl_box_line_over(struct orl_box *box)
{
	drop_latest(box);
	if (box->news >= 0)
		close(box->news);
	box->news = -1;
	box->here_known = false;
}

/* Its own address is this computer's no longer. */
static bool is_homeless(const struct orl_box *box)
{
	union any_address a;
	memcpy(&a.room, &box->here, sizeof(a.room));
	if (a.sa.sa_family == AF_INET)
		a.in.sin_port = 0;
	else
		a.in6.sin6_port = 0;
	int fd = socket(a.sa.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return false;
	socklen_t n = a.sa.sa_family == AF_INET ? sizeof(a.in) : sizeof(a.in6);
	bool gone = bind(fd, &a.sa, n) != 0;
	close(fd);
	return gone;
}

void orl_box_read_news(struct orl_box *box)
{
	struct orl_box_message m = { .id = ORL_BOX_NETWORK };
	char news[8192];
	ssize_t n = 1;
	while (n > 0)
		n = recv(box->news, news, sizeof(news), MSG_DONTWAIT);
	m.u.network.gone = box->here_known && is_homeless(box);
	(void)orl_box_order(box, &m);
}
