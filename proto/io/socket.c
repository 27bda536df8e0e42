/*
 * socket.c - addresses, listening and connecting: what happens to a socket
 * before it is a conn's.
 */
#include "proto/io/socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "proto/io/conn.h"

enum {
	BACKLOG = 64,
	ACCEPT_MAX = 16, /* before others have their turn */
	DEFAULT_PORT = 5910,
};

#define PAUSE UINT64_C(100000000)

union any_address {
	struct sockaddr sa;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
	struct sockaddr_un un;
	struct sockaddr_storage room;
};

const char *orl_socket_text(int error)
{
	switch (error) {
	case ECONNREFUSED:
		return "the connection was refused";
	case ECONNRESET:
	case EPIPE:
		return "the other end reset the connection";
	case ETIMEDOUT:
		return "the other end does not answer";
	case EHOSTUNREACH:
	case EHOSTDOWN:
		return "the host cannot be reached";
	case ENETUNREACH:
	case ENETDOWN:
	case EADDRNOTAVAIL:
		return "the network cannot be reached";
	case EACCES:
	case EPERM:
		return "the connection is not permitted";
	case ENOENT:
		return "there is no such socket";
	default:
		return "the connection failed";
	}
}

/* ---- who is there ------------------------------------------------------ */

static void name_v4(
		struct orl_peer_name *out, const uint8_t ip[4], unsigned port)
{
	inet_ntop(AF_INET, ip, out->network, sizeof(out->network));
	snprintf(out->address, sizeof(out->address), "%s:%u", out->network,
			port);
	out->loopback = ip[0] == 127;
}

static void name_v6(struct orl_peer_name *out, const struct in6_addr *ip,
		unsigned port)
{
	struct in6_addr net = *ip;
	char text[INET6_ADDRSTRLEN];
	inet_ntop(AF_INET6, ip, text, sizeof(text));
	snprintf(out->address, sizeof(out->address), "[%s]:%u", text, port);
	memset(net.s6_addr + 8, 0, 8);
	inet_ntop(AF_INET6, &net, text, sizeof(text));
	snprintf(out->network, sizeof(out->network), "%s/64", text);
	out->loopback = IN6_IS_ADDR_LOOPBACK(ip);
}

static void name_local(struct orl_peer_name *out, int socket)
{
	struct ucred cred;
	socklen_t n = sizeof(cred);
	out->loopback = true;
	if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &cred, &n) == 0 &&
			n == sizeof(cred) && cred.pid != 0)
		out->uid = (int64_t)cred.uid;
	if (out->uid >= 0)
		snprintf(out->network, sizeof(out->network), "unix (uid %lld)",
				(long long)out->uid);
	else
		snprintf(out->network, sizeof(out->network), "unix");
	snprintf(out->address, sizeof(out->address), "%s", out->network);
}

int orl_socket_peer(struct orl_peer_name *out, int socket)
{
	union any_address a;
	int type = 0;
	socklen_t n = sizeof(type);

	*out = (struct orl_peer_name){ .uid = -1 };
	if (getsockopt(socket, SOL_SOCKET, SO_TYPE, &type, &n) != 0 ||
			type != SOCK_STREAM)
		return ORIEL_EINVAL;
	memset(&a, 0, sizeof(a));
	n = sizeof(a);
	if (getsockname(socket, &a.sa, &n) != 0)
		return ORIEL_EINVAL;
	out->local = a.sa.sa_family == AF_UNIX;
	if (!out->local && a.sa.sa_family != AF_INET &&
			a.sa.sa_family != AF_INET6)
		return ORIEL_EINVAL;
	n = sizeof(a);
	if (getpeername(socket, &a.sa, &n) != 0)
		return ORIEL_ESTATE;
	if (out->local) {
		name_local(out, socket);
	} else if (a.sa.sa_family == AF_INET) {
		uint8_t ip[4];
		memcpy(ip, &a.in.sin_addr, 4);
		name_v4(out, ip, ntohs(a.in.sin_port));
	} else if (IN6_IS_ADDR_V4MAPPED(&a.in6.sin6_addr)) {
		name_v4(out, a.in6.sin6_addr.s6_addr + 12,
				ntohs(a.in6.sin6_port));
	} else {
		name_v6(out, &a.in6.sin6_addr, ntohs(a.in6.sin6_port));
	}
	return 0;
}

/* ---- parsing ----------------------------------------------------------- */

struct span {
	const char *p;
	size_t n;
};

static bool copy_span(char *out, size_t size, struct span s)
{
	if (s.n >= size)
		return false;
	memcpy(out, s.p, s.n);
	out[s.n] = 0;
	return true;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* What a user may be called is for the server to say; no controls, though. */
static bool take_user(struct orl_address *out, struct span s)
{
	size_t n = 0;
	for (size_t i = 0; i < s.n; i++) {
		unsigned c = (unsigned char)s.p[i];
		if (c == '%') {
			int hi = i + 2 < s.n ? hex_digit(s.p[i + 1]) : -1;
			int lo = i + 2 < s.n ? hex_digit(s.p[i + 2]) : -1;
			if (hi < 0 || lo < 0)
				return false;
			c = (unsigned)(hi << 4 | lo);
			i += 2;
		}
		if (c < 0x20 || c == 0x7f || n + 1 >= sizeof(out->user))
			return false;
		out->user[n++] = (char)c;
	}
	out->user[n] = 0;
	return n > 0;
}

/* Digits only, 0 to 65535. */
static bool take_port(uint16_t *out, struct span s)
{
	unsigned v = 0;
	if (!s.n || s.n > 5)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
		v = v * 10 + (unsigned)(s.p[i] - '0');
	}
	*out = (uint16_t)v;
	return v <= UINT16_MAX;
}

static bool all_of(struct span s, const char *extra)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		if (!(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'z') &&
				!(c >= 'A' && c <= 'Z') &&
				!(c && strchr(extra, c)))
			return false;
	}
	return true;
}

/* HOST, HOST:PORT, [V6] or [V6]:PORT; *port stays when there is none. */
static bool take_host(char host[static 256], uint16_t *port, struct span s)
{
	const char *end = s.p + s.n, *after;
	struct span name = s;
	if (s.n && s.p[0] == '[') {
		after = memchr(s.p, ']', s.n);
		if (!after)
			return false;
		name = (struct span){ s.p + 1, (size_t)(after - s.p) - 1 };
		after++;
		if (!name.n || !memchr(name.p, ':', name.n) ||
				!all_of(name, ":.%-_"))
			return false;
	} else {
		after = memchr(s.p, ':', s.n);
		if (!after)
			after = end;
		name.n = (size_t)(after - s.p);
		if (!all_of(name, "-._*"))
			return false;
	}
	if (after != end) {
		struct span digits = { after + 1, (size_t)(end - after) - 1 };
		if (*after != ':' || !take_port(port, digits))
			return false;
	}
	return copy_span(host, 256, name);
}

static bool take_path(char path[static 108], const char *text)
{
	struct span s = { text, strlen(text) };
	return s.n && copy_span(path, 108, s);
}

static const char *after_prefix(const char *text, const char *prefix)
{
	size_t n = strlen(prefix);
	return strncmp(text, prefix, n) == 0 ? text + n : NULL;
}

int orl_address_parse(struct orl_address *out, const char *text)
{
	struct orl_address a = { .port = DEFAULT_PORT };
	const char *rest = after_prefix(text, "unix:");
	bool ok;
	if (rest) {
		a.local = true;
		ok = take_path(a.path, rest);
	} else if ((rest = after_prefix(text, "oriel://"))) {
		struct span s = { rest, strlen(rest) };
		const char *at = memchr(s.p, '@', s.n);
		if (s.n && s.p[s.n - 1] == '/')
			s.n--;
		ok = true;
		if (at && at < s.p + s.n) {
			struct span user = { s.p, (size_t)(at - s.p) };
			ok = take_user(&a, user);
			s = (struct span){ at + 1, s.n - user.n - 1 };
		}
		ok = ok && take_host(a.host, &a.port, s) && a.host[0] &&
		     !strchr(a.host, '*') && a.port;
	} else {
		ok = false;
	}
	if (!ok)
		return ORIEL_EINVAL;
	*out = a;
	return 0;
}

/* ---- connecting -------------------------------------------------------- */

static int begin(int *out, const struct sockaddr *to, socklen_t n,
		const char **why)
{
	int fd = socket(to->sa_family,
			SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0) {
		*why = orl_socket_text(errno);
		return ORIEL_EIO;
	}
	if (connect(fd, to, n) == 0 || errno == EINPROGRESS || errno == EINTR) {
		*out = fd;
		return 0;
	}
	*why = orl_socket_text(errno);
	close(fd);
	return ORIEL_EIO;
}

/* *n is the length that bind() and connect() want. */
static void local_address(
		struct sockaddr_un *un, socklen_t *n, const char *path)
{
	size_t length = strlen(path);
	memset(un, 0, sizeof(*un));
	un->sun_family = AF_UNIX;
	memcpy(un->sun_path, path, length);
	*n = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length + 1);
}

static const char *lookup_text(int error)
{
	switch (error) {
	case EAI_NONAME:
	case EAI_NODATA:
	case EAI_ADDRFAMILY:
		return "there is no host of that name";
	case EAI_AGAIN:
		return "the name server does not answer";
	default:
		return "the name could not be looked up";
	}
}

int orl_socket_connect(int *out, const struct orl_address *address,
		unsigned attempt, const char **why)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *list, *ai;
	const char *unused;
	char port[8];
	int err;

	why = why ? why : &unused;
	*why = "no address is left to try";
	if (address->local) {
		struct sockaddr_un un;
		socklen_t n;
		if (attempt)
			return ORIEL_ECLOSED;
		local_address(&un, &n, address->path);
		return begin(out, (const struct sockaddr *)&un, n, why);
	}
	snprintf(port, sizeof(port), "%u", address->port);
	err = getaddrinfo(address->host, port, &hints, &list);
	if (err) {
		*why = lookup_text(err);
		return ORIEL_ECLOSED;
	}
	ai = list;
	while (ai && attempt--)
		ai = ai->ai_next;
	err = ai ? begin(out, ai->ai_addr, ai->ai_addrlen, why) : ORIEL_ECLOSED;
	freeaddrinfo(list);
	return err;
}

int orl_socket_connected(int socket, const char **why)
{
	int error = 0;
	socklen_t n = sizeof(error);

	if (getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &n) != 0)
		error = errno;
	*why = error ? orl_socket_text(error) : "";
	return !error                  ? 0
	       : error == ECONNREFUSED ? ORIEL_ECLOSED
	       : error == ETIMEDOUT    ? ORIEL_ETIMEOUT
				       : ORIEL_EIO;
}

bool orl_socket_is_homeless(int fd)
{
	union any_address a;
	socklen_t n = sizeof(a);

	memset(&a, 0, sizeof(a));
	if (getsockname(fd, &a.sa, &n) != 0)
		return false;
	if (a.sa.sa_family == AF_INET)
		a.in.sin_port = 0;
	else if (a.sa.sa_family == AF_INET6)
		a.in6.sin6_port = 0;
	else
		return false;
	int other = socket(a.sa.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (other < 0)
		return false;
	bool gone = bind(other, &a.sa, n) != 0 && errno == EADDRNOTAVAIL;
	close(other);
	return gone;
}

/* ---- listening --------------------------------------------------------- */

static bool out_of_something(int error)
{
	return error == EMFILE || error == ENFILE || error == ENOBUFS ||
	       error == ENOMEM;
}

static void listener_ready(struct orl_watch *watch, unsigned events)
{
	struct orl_listener *l =
			orl_container(watch, struct orl_listener, watch);
	(void)events;
	for (int i = 0; i < ACCEPT_MAX; i++) {
		int fd = accept4(watch->fd, NULL, NULL,
				SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd >= 0) {
			l->accepted(l, fd);
			if (!watch->loop)
				return; /* closed inside */
		} else if (out_of_something(errno)) {
			orl_log(l->env, ORIEL_LOG_WARN, "listen",
					"%s: cannot accept, waiting: %s",
					l->address, strerror(errno));
			orl_watch_change(watch, 0);
			orl_timer_set(l->loop, &l->resume,
					orl_now(l->env) + PAUSE);
			return;
		} else if (errno == EAGAIN || errno == EWOULDBLOCK) {
			return;
		}
		/* Else that connection was over before it was ours. */
	}
}

static void listener_resume(struct orl_timer *timer)
{
	struct orl_listener *l =
			orl_container(timer, struct orl_listener, resume);
	if (orl_watch_change(&l->watch, ORL_READ) != 0)
		orl_timer_set(l->loop, &l->resume, orl_now(l->env) + PAUSE);
}

static int complain(const struct orl_env *env, const char *address, int error)
{
	char shown[160];
	orl_printable(shown, sizeof(shown), address, strlen(address));
	orl_log(env, ORIEL_LOG_ERROR, "listen", "%s: %s", shown,
			strerror(error));
	return ORIEL_EIO;
}

/*
 * A socket file of our own that nobody listens to any more; anything else
 * under that name is somebody's and stays.
 */
static bool is_stale(
		const char *path, const struct sockaddr_un *un, socklen_t n)
{
	struct stat st;
	if (lstat(path, &st) != 0 || !S_ISSOCK(st.st_mode) ||
			st.st_uid != geteuid())
		return false;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return false;
	bool refused = connect(fd, (const struct sockaddr *)un, n) != 0 &&
		       errno == ECONNREFUSED;
	close(fd);
	return refused;
}

static int bind_local(struct orl_listener *l, int fd, const char *path)
{
	struct sockaddr_un un;
	struct stat st;
	socklen_t n;
	const struct sockaddr *sa = (const struct sockaddr *)&un;

	local_address(&un, &n, path);
	/*
	 * The mode of the file is that of the socket, less the umask, so at
	 * no time does the file exist with more than this.
	 */
	if (fchmod(fd, 0600) != 0)
		return errno;
	if (bind(fd, sa, n) != 0) {
		if (errno != EADDRINUSE || !is_stale(path, &un, n))
			return errno == ENOENT ? ENOENT : EADDRINUSE;
		if (unlink(path) != 0 || bind(fd, sa, n) != 0)
			return errno;
	}
	snprintf(l->path, sizeof(l->path), "%s", path);
	if (lstat(path, &st) == 0) {
		l->device = (uint64_t)st.st_dev;
		l->inode = (uint64_t)st.st_ino;
	}
	return 0;
}

static int open_local(struct orl_listener *l, const char *path)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int error = fd < 0 ? errno : bind_local(l, fd, path);
	if (!error && listen(fd, BACKLOG) != 0)
		error = errno;
	if (error) {
		if (fd >= 0)
			close(fd);
		errno = error;
		return -1;
	}
	l->local = l->loopback = true;
	snprintf(l->address, sizeof(l->address), "unix:%s", path);
	return fd;
}

static int open_one(const struct addrinfo *ai, bool every)
{
	int one = 1, zero = 0;
	int fd = socket(ai->ai_family,
			SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (ai->ai_family == AF_INET6)
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY,
				every ? &zero : &one, sizeof(one));
	if (bind(fd, ai->ai_addr, ai->ai_addrlen) == 0 &&
			listen(fd, BACKLOG) == 0)
		return fd;
	int error = errno;
	close(fd);
	errno = error;
	return -1;
}

/* "tcp://HOST:PORT" with the port that it got. */
static void name_listener(struct orl_listener *l, int fd)
{
	union any_address a;
	char text[INET6_ADDRSTRLEN] = "";
	socklen_t n = sizeof(a);
	memset(&a, 0, sizeof(a));
	(void)getsockname(fd, &a.sa, &n);
	if (a.sa.sa_family == AF_INET6) {
		inet_ntop(AF_INET6, &a.in6.sin6_addr, text, sizeof(text));
		snprintf(l->address, sizeof(l->address), "tcp://[%s]:%u", text,
				ntohs(a.in6.sin6_port));
		l->loopback = IN6_IS_ADDR_LOOPBACK(&a.in6.sin6_addr);
	} else {
		inet_ntop(AF_INET, &a.in.sin_addr, text, sizeof(text));
		snprintf(l->address, sizeof(l->address), "tcp://%s:%u", text,
				ntohs(a.in.sin_port));
		l->loopback = ntohl(a.in.sin_addr.s_addr) >> 24 == 127;
	}
}

static int open_tcp(struct orl_listener *l, const char *host, uint16_t port)
{
	bool every = !host[0] || strcmp(host, "*") == 0;
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
		.ai_flags = AI_PASSIVE };
	/* :: takes IPv4 too; where there is no IPv6, 0.0.0.0 has to do. */
	const int families[2] = { every ? AF_INET6 : AF_INET,
		every ? AF_INET : AF_INET6 };
	char service[8];
	int fd = -1, error = EADDRNOTAVAIL;

	snprintf(service, sizeof(service), "%u", port);
	for (int i = 0; i < 2 && fd < 0; i++) {
		struct addrinfo *list = NULL;
		hints.ai_family = families[i];
		if (getaddrinfo(every ? NULL : host, service, &hints, &list) !=
				0)
			continue;
		for (struct addrinfo *ai = list; ai && fd < 0;
				ai = ai->ai_next) {
			fd = open_one(ai, every);
			if (fd < 0)
				error = errno;
		}
		freeaddrinfo(list);
	}
	if (fd < 0)
		errno = error;
	else
		name_listener(l, fd);
	return fd;
}

int orl_listener_open(struct orl_listener *listener, struct orl_loop *loop,
		const struct orl_env *env, const char *address)
{
	const char *rest;
	char host[256], path[108];
	uint16_t port = DEFAULT_PORT;
	int fd;

	if ((rest = after_prefix(address, "unix:"))) {
		if (!take_path(path, rest))
			return ORIEL_EINVAL;
		fd = open_local(listener, path);
	} else if ((rest = after_prefix(address, "tcp://"))) {
		struct span s = { rest, strlen(rest) };
		if (!take_host(host, &port, s))
			return ORIEL_EINVAL;
		fd = open_tcp(listener, host, port);
	} else {
		return ORIEL_EINVAL;
	}
	if (fd < 0)
		return complain(env, address, errno);
	listener->env = env;
	listener->loop = loop;
	listener->watch.ready = listener_ready;
	listener->resume.fire = listener_resume;
	int err = orl_watch_start(loop, &listener->watch, fd, ORL_READ);
	if (err)
		close(fd);
	return err;
}

void orl_listener_close(struct orl_listener *listener)
{
	struct stat st;
	if (!listener->watch.loop)
		return;
	int fd = listener->watch.fd;
	orl_watch_stop(&listener->watch);
	orl_timer_stop(&listener->resume);
	close(fd);
	/* Another server may have taken the name over meanwhile. */
	if (listener->path[0] && lstat(listener->path, &st) == 0 &&
			(uint64_t)st.st_dev == listener->device &&
			(uint64_t)st.st_ino == listener->inode)
		unlink(listener->path);
	listener->path[0] = 0;
}

void orl_socket_close(int socket)
{
	close(socket);
}
