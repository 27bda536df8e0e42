/*
 * metrics.c - a very small HTTP/1.0 responder for Prometheus.
 *
 * It reads until the empty line, looks at the first line only, answers and
 * closes. Whoever sends more, or nothing, is cut off.
 */
#include "capture/metrics.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "capture/stats.h"

enum { PATIENCE_S = 5, HEAD_MAX = 256 };

struct connection {
	int fd; /* -1: this place is free */
	uint64_t due;
	size_t got, n, sent; /* of the request; of the answer */
	char request[ORL_METRICS_REQUEST];
	char answer[HEAD_MAX + ORL_STATS_TEXT];
};

struct orl_metrics {
	int fd;
	orl_metrics_page page;
	void *user;
	struct connection connections[ORL_METRICS_CONNECTIONS];
};

static int listen_on(const char *host, const char *port, const char **why)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
		.ai_flags = AI_PASSIVE | AI_NUMERICSERV };
	struct addrinfo *list;
	int err = getaddrinfo(host, port, &hints, &list), fd, on = 1;

	if (err) {
		*why = gai_strerror(err);
		return -1;
	}
	fd = socket(list->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
			0);
	if (fd < 0 ||
			setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on,
					sizeof(on)) < 0 ||
			bind(fd, list->ai_addr, list->ai_addrlen) < 0 ||
			listen(fd, ORL_METRICS_CONNECTIONS) < 0) {
		*why = strerror(errno);
		if (fd >= 0)
			close(fd);
		fd = -1;
	}
	freeaddrinfo(list);
	return fd;
}

static void say_address(int fd, char *out, size_t size)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	char host[64] = "?", port[8] = "?";

	if (getsockname(fd, (struct sockaddr *)&ss, &len) == 0)
		getnameinfo((struct sockaddr *)&ss, len, host, sizeof(host),
				port, sizeof(port),
				NI_NUMERICHOST | NI_NUMERICSERV);
	snprintf(out, size, strchr(host, ':') ? "[%s]:%s" : "%s:%s", host,
			port);
}

int orl_metrics_open(struct orl_metrics **out, const char *address,
		orl_metrics_page page, void *user, char *why, size_t size)
{
	const char *colon = strrchr(address, ':'), *reason = NULL;
	const char *port = colon ? colon + 1 : address;
	char host[256] = "127.0.0.1";
	struct orl_metrics *m;

	if (colon && colon > address) {
		size_t n = (size_t)(colon - address);

		if (n > 2 && address[0] == '[' && address[n - 1] == ']') {
			address++;
			n -= 2;
		}
		if (n >= sizeof(host)) {
			snprintf(why, size, "the host's name is too long");
			return -1;
		}
		memcpy(host, address, n);
		host[n] = 0;
	}
	m = calloc(1, sizeof(*m));
	if (!m) {
		snprintf(why, size, "out of memory");
		return -1;
	}
	m->page = page;
	m->user = user;
	for (int i = 0; i < ORL_METRICS_CONNECTIONS; i++)
		m->connections[i].fd = -1;
	m->fd = listen_on(host, port, &reason);
	if (m->fd < 0) {
		snprintf(why, size, "%s port %s: %s", host, port, reason);
		free(m);
		return -1;
	}
	say_address(m->fd, why, size);
	*out = m;
	return 0;
}

static void hang_up(struct connection *c)
{
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
}

void orl_metrics_close(struct orl_metrics *metrics)
{
	if (!metrics)
		return;
	for (int i = 0; i < ORL_METRICS_CONNECTIONS; i++)
		hang_up(&metrics->connections[i]);
	close(metrics->fd);
	free(metrics);
}

size_t orl_metrics_watch(const struct orl_metrics *metrics, struct pollfd *fds,
		uint64_t *due)
{
	size_t n = 0;

	for (int i = 0; i < ORL_METRICS_CONNECTIONS; i++) {
		const struct connection *c = &metrics->connections[i];

		if (c->fd < 0)
			continue;
		fds[n++] = (struct pollfd){ .fd = c->fd,
			.events = c->n ? POLLOUT : POLLIN };
		if (c->due < *due)
			*due = c->due;
	}
	/* The backlog waits while all places are taken. */
	if (n < ORL_METRICS_CONNECTIONS)
		fds[n++] = (struct pollfd){ .fd = metrics->fd,
			.events = POLLIN };
	return n;
}

static void accept_one(struct orl_metrics *m, uint64_t now)
{
	for (int i = 0; i < ORL_METRICS_CONNECTIONS; i++) {
		struct connection *c = &m->connections[i];

		if (c->fd >= 0)
			continue;
		c->fd = accept4(m->fd, NULL, NULL,
				SOCK_CLOEXEC | SOCK_NONBLOCK);
		if (c->fd < 0)
			return;
		c->due = now + PATIENCE_S * ORL_SEC;
		c->got = c->n = c->sent = 0;
	}
}

static void answer(struct orl_metrics *m, struct connection *c)
{
	static const char get[] = "GET /metrics";
	const char *status = "404 Not Found";
	char after = c->got > strlen(get) ? c->request[strlen(get)] : 0;
	char head[HEAD_MAX];
	size_t body = 0;
	int n;

	if (strncmp(c->request, get, strlen(get)) == 0 &&
			(after == ' ' || after == '?' || after == '\r' ||
					after == '\n')) {
		status = "200 OK";
		body = m->page(m->user, c->answer + HEAD_MAX, ORL_STATS_TEXT);
	}
	n = snprintf(head, sizeof(head),
			"HTTP/1.0 %s\r\nContent-Type: text/plain; "
			"version=0.0.4\r\nContent-Length: %zu\r\n"
			"Connection: close\r\n\r\n",
			status, body);
	/* The head ends where the body begins. */
	c->sent = HEAD_MAX - (size_t)n;
	memcpy(c->answer + c->sent, head, (size_t)n);
	c->n = HEAD_MAX + body;
}

static void receive(struct orl_metrics *m, struct connection *c)
{
	size_t room = sizeof(c->request) - 1 - c->got;
	ssize_t n = recv(c->fd, c->request + c->got, room, 0);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		hang_up(c);
		return;
	}
	c->got += (size_t)n;
	c->request[c->got] = 0;
	if (strstr(c->request, "\r\n\r\n") || strstr(c->request, "\n\n"))
		answer(m, c);
	else if (c->got == sizeof(c->request) - 1)
		hang_up(c);
}

static void transmit(struct connection *c)
{
	ssize_t n = send(c->fd, c->answer + c->sent, c->n - c->sent,
			MSG_NOSIGNAL);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0)
		c->sent += (size_t)n;
	if (n < 0 || c->sent == c->n) {
		shutdown(c->fd, SHUT_WR);
		hang_up(c);
	}
}

void orl_metrics_run(struct orl_metrics *metrics, uint64_t now)
{
	accept_one(metrics, now);
	for (int i = 0; i < ORL_METRICS_CONNECTIONS; i++) {
		struct connection *c = &metrics->connections[i];

		if (c->fd >= 0 && now >= c->due)
			hang_up(c);
		if (c->fd >= 0 && !c->n)
			receive(metrics, c);
		if (c->fd >= 0 && c->n)
			transmit(c);
	}
}
