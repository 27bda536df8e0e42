/*
 * network.c - the kernel's own news of addresses and routes, by netlink. They
 * are counted, not read: nothing of their content is used.
 */
#include "proto/io/network.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/netlink.h>
#include <linux/rtnetlink.h>

static void on_news(struct orl_watch *watch, unsigned events)
{
	struct orl_network *network =
			orl_container(watch, struct orl_network, watch);
	char news[8192];
	bool any = false;
	ssize_t n;

	(void)events;
	/* More than it had room for is news, too. */
	do {
		n = recv(watch->fd, news, sizeof(news), MSG_DONTWAIT);
		any |= n > 0 || (n < 0 && errno == ENOBUFS);
	} while (n > 0 || (n < 0 && (errno == EINTR || errno == ENOBUFS)));
	if (n == 0 || (errno != EAGAIN && errno != EWOULDBLOCK))
		orl_network_stop(network);
	if (any)
		network->changed(network);
}

int orl_network_watch(struct orl_network *network, struct orl_loop *loop)
{
	struct sockaddr_nl here;

	memset(&here, 0, sizeof(here));
	here.nl_family = AF_NETLINK;
	here.nl_groups = RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR |
			 RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE;
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC,
			NETLINK_ROUTE);
	if (fd < 0)
		return ORIEL_EIO;
	if (bind(fd, (const struct sockaddr *)&here, sizeof(here)) != 0) {
		close(fd);
		return ORIEL_EIO;
	}
	network->watch.ready = on_news;
	int err = orl_watch_start(loop, &network->watch, fd, ORL_READ);
	if (err)
		close(fd);
	return err;
}

void orl_network_stop(struct orl_network *network)
{
	if (!network->watch.loop)
		return;
	int fd = network->watch.fd;
	orl_watch_stop(&network->watch);
	close(fd);
}
