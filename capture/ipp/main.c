/*
 * main.c - oriel-ipp: started by oriel-serve, with a pipe to it as descriptor
 * 3 and a listening socket as descriptor 4. It ends when the pipe does.
 *
 * It is the one program of the server's side that reads IPP, and so it has
 * nothing: no files, no network but that socket, no environment.
 */
#include "capture/ipp/ipp.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PIPE = 3, LISTENER = 4 };

/* ---- the pipe ---------------------------------------------------------- */

bool orl_ipp_tell(struct orl_ipp *ipp, const struct orl_printpipe *m)
{
	static uint8_t packet[ORL_PIPE_PACKET_MAX]; /* under the lock */
	size_t n = orl_printpipe_put(packet, m);
	ssize_t sent;

	do {
		sent = send(ipp->pipe, packet, n, MSG_NOSIGNAL);
	} while (sent < 0 && errno == EINTR);
	return sent >= 0;
}

static void set_printer(struct orl_ipp *ipp, const struct orl_printpipe *m)
{
	struct printer *p = &ipp->printers[m->slot];

	p->there = true;
	memcpy(p->queue, m->queue, sizeof(p->queue));
	memcpy(p->name, m->text, sizeof(p->name));
	memcpy(p->media, m->media, sizeof(p->media));
	p->about = m->printer;
	p->about.name = p->name;
	p->about.media = p->media;
	p->changed = time(NULL);
}

static void hear(struct orl_ipp *ipp, const struct orl_printpipe *m)
{
	struct job *job;

	switch (m->kind) {
	case ORL_PIPE_SETUP:
		memcpy(ipp->secret, m->text, sizeof(ipp->secret));
		break;
	case ORL_PIPE_PRINTER:
		set_printer(ipp, m);
		break;
	case ORL_PIPE_GONE:
		ipp->printers[m->slot].there = false;
		break;
	case ORL_PIPE_CREDIT:
		job = orl_ipp_job_find(ipp, (int)m->job);
		if (job)
			job->credit += m->bytes;
		pthread_cond_broadcast(&ipp->changed);
		break;
	case ORL_PIPE_STATUS:
		orl_ipp_job_status(ipp, m);
		break;
	default:
		break;
	}
}

static void *run_pipe(void *user)
{
	static uint8_t packet[ORL_PIPE_PACKET_MAX];
	static struct orl_printpipe m;
	struct orl_ipp *ipp = user;

	for (;;) {
		ssize_t n = recv(ipp->pipe, packet, sizeof(packet), 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			_exit(0); /* oriel-serve has ended, or ended us */
		if (orl_printpipe_get(&m, packet, (size_t)n) < 0)
			continue;
		pthread_mutex_lock(&ipp->lock);
		hear(ipp, &m);
		pthread_mutex_unlock(&ipp->lock);
	}
}

/* ---- connections ------------------------------------------------------- */

static int on_silence(http_t *http, void *user)
{
	(void)http;
	(void)user;
	return 0; /* do not wait on */
}

static bool respond(struct request *r, http_status_t code)
{
	size_t length = r->out ? ippLength(r->out) : 0;

	httpClearFields(r->http);
	httpSetField(r->http, HTTP_FIELD_SERVER, "Oriel");
	if (code >= HTTP_STATUS_BAD_REQUEST)
		httpSetKeepAlive(r->http, HTTP_KEEPALIVE_OFF);
	else
		httpSetField(r->http, HTTP_FIELD_CONTENT_TYPE,
				"application/ipp");
	httpSetLength(r->http, length);
	if (httpWriteResponse(r->http, code) < 0)
		return false;
	if (r->out) {
		ippSetState(r->out, IPP_STATE_IDLE);
		if (ippWrite(r->http, r->out) != IPP_STATE_DATA)
			return false;
	}
	httpFlushWrite(r->http);
	return code < HTTP_STATUS_BAD_REQUEST;
}

/* How the other side calls us, if that is a name at all. */
static void read_host(struct request *r)
{
	const char *host = httpGetField(r->http, HTTP_FIELD_HOST);
	size_t n = strspn(host, "abcdefghijklmnopqrstuvwxyz"
				"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-:[]");

	if (!n || host[n] || n >= sizeof(r->host))
		snprintf(r->host, sizeof(r->host), "localhost");
	else
		snprintf(r->host, sizeof(r->host), "%s", host);
}

static bool same_secret(const char *a, const char *b, size_t n)
{
	unsigned char d = 0;

	for (size_t i = 0; i < n; i++)
		d |= (unsigned char)(a[i] ^ b[i]);
	return d == 0;
}

/*
 * "/SECRET/QUEUE", or "/SECRET" for the person's usual printer. What is behind
 * that, a job's number, is not looked at.
 */
static bool find_printer(struct request *r, const char *path)
{
	struct orl_ipp *ipp = r->ipp;
	size_t n = strlen(ipp->secret);
	char queue[ORL_PIPE_QUEUE_MAX + 1] = "";
	bool found = false;

	if (!n || strlen(path) < n + 1 || path[0] != '/' ||
			!same_secret(path + 1, ipp->secret, n))
		return false;
	path += n + 1;
	if (*path == '/') {
		size_t length = strcspn(path + 1, "/");

		if (length >= sizeof(queue))
			return false;
		memcpy(queue, path + 1, length);
	} else if (*path) {
		return false;
	}
	pthread_mutex_lock(&ipp->lock);
	for (unsigned i = 0; i < ORIEL_PRINTERS_MAX; i++) {
		const struct printer *p = &ipp->printers[i];

		/* One that has gone is still asked what became of jobs. */
		if (*queue ? strcmp(p->queue, queue) != 0
			   : !p->there || (found && !p->about.standard))
			continue;
		r->slot = i;
		r->printer = *p;
		r->printer.about.name = r->printer.name;
		r->printer.about.media = r->printer.media;
		found = true;
		if (*queue && p->there)
			break;
	}
	pthread_mutex_unlock(&ipp->lock);
	return found;
}

static bool read_ipp(struct request *r)
{
	ipp_state_t state;

	r->in = ippNew();
	do {
		state = ippRead(r->http, r->in);
	} while (state != IPP_STATE_DATA && state != IPP_STATE_ERROR);
	return state == IPP_STATE_DATA;
}

/* One request; false: the connection is to be closed. */
static bool serve(struct request *r)
{
	char uri[1024], scheme[32], user[256], host[256], path[1024];
	http_status_t status;
	http_state_t method;
	int port;

	method = httpReadRequest(r->http, uri, sizeof(uri));
	if (method == HTTP_STATE_ERROR || method == HTTP_STATE_WAITING)
		return false;
	if (method == HTTP_STATE_UNKNOWN_METHOD ||
			method == HTTP_STATE_UNKNOWN_VERSION)
		return respond(r, HTTP_STATUS_BAD_REQUEST);
	if (httpSeparateURI(HTTP_URI_CODING_MOST, uri, scheme, sizeof(scheme),
			    user, sizeof(user), host, sizeof(host), &port, path,
			    sizeof(path)) < HTTP_URI_STATUS_OK)
		return respond(r, HTTP_STATUS_BAD_REQUEST);
	while ((status = httpUpdate(r->http)) == HTTP_STATUS_CONTINUE)
		;
	if (status != HTTP_STATUS_OK)
		return respond(r, HTTP_STATUS_BAD_REQUEST);
	read_host(r);
	/* Who does not know the path learns nothing, not even of methods. */
	if (!find_printer(r, path))
		return respond(r, HTTP_STATUS_NOT_FOUND);
	if (method != HTTP_STATE_POST)
		return respond(r, HTTP_STATUS_METHOD_NOT_ALLOWED);
	if (strcmp(httpGetField(r->http, HTTP_FIELD_CONTENT_TYPE),
			    "application/ipp") != 0)
		return respond(r, HTTP_STATUS_BAD_REQUEST);
	if (httpGetExpect(r->http) == HTTP_STATUS_CONTINUE &&
			httpWriteResponse(r->http, HTTP_STATUS_CONTINUE) < 0)
		return false;
	if (!read_ipp(r))
		return respond(r, HTTP_STATUS_BAD_REQUEST);
	orl_ipp_operate(r);
	/* A document that nobody wanted. */
	if (httpGetState(r->http) != HTTP_STATE_POST_SEND)
		httpFlush(r->http);
	return respond(r, HTTP_STATUS_OK);
}

struct connection {
	struct orl_ipp *ipp;
	http_t *http;
};

static void *run_connection(void *user)
{
	struct connection *c = user;
	bool more = true;

	httpBlocking(c->http, 1);
	httpSetTimeout(c->http, ORL_IPP_TIMEOUT, on_silence, NULL);
	while (more && httpWait(c->http, ORL_IPP_TIMEOUT * 1000)) {
		struct request r = { .ipp = c->ipp, .http = c->http };

		more = serve(&r);
		ippDelete(r.in);
		ippDelete(r.out);
	}
	httpClose(c->http);
	pthread_mutex_lock(&c->ipp->lock);
	c->ipp->connections--;
	pthread_mutex_unlock(&c->ipp->lock);
	free(c);
	return NULL;
}

/* False: there are too many, or there is no memory for one. */
static bool start_connection(struct orl_ipp *ipp, http_t *http)
{
	struct connection *c = malloc(sizeof(*c));
	pthread_attr_t attr;
	pthread_t thread;
	bool ok;

	if (!c)
		return false;
	*c = (struct connection){ ipp, http };
	pthread_mutex_lock(&ipp->lock);
	ok = ipp->connections < ORL_IPP_CONNECTIONS;
	ipp->connections += ok;
	pthread_mutex_unlock(&ipp->lock);
	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	if (ok && pthread_create(&thread, &attr, run_connection, c) != 0) {
		ok = false;
		pthread_mutex_lock(&ipp->lock);
		ipp->connections--;
		pthread_mutex_unlock(&ipp->lock);
	}
	pthread_attr_destroy(&attr);
	if (!ok)
		free(c);
	return ok;
}

static int run(struct orl_ipp *ipp)
{
	for (;;) {
		struct pollfd fd = { .fd = LISTENER, .events = POLLIN };
		http_t *http;

		if (poll(&fd, 1, -1) < 0 && errno != EINTR)
			return 1;
		if (!(fd.revents & POLLIN))
			continue;
		http = httpAcceptConnection(LISTENER, 1);
		if (http && !start_connection(ipp, http))
			httpClose(http);
	}
}

static void confine(void)
{
	const struct rlimit files = { 128, 128 }, none = { 0, 0 };

	/* What a hostile document could make of this process stays in it. */
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_DUMPABLE, 0);
	setrlimit(RLIMIT_NOFILE, &files);
	setrlimit(RLIMIT_FSIZE, &none);
	setrlimit(RLIMIT_CORE, &none);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
}

int main(int argc, char **argv)
{
	static struct orl_ipp ipp = { .pipe = PIPE };
	struct sockaddr_storage name;
	socklen_t n = sizeof(name);
	pthread_t thread;

	(void)argv;
	if (argc != 1 || getsockname(PIPE, (struct sockaddr *)&name, &n) < 0 ||
			name.ss_family != AF_UNIX) {
		fprintf(stderr, "oriel-ipp is started by oriel-serve "
				"--print, not by hand; see oriel-serve(1)\n");
		return 2;
	}
	confine();
	ipp.started = time(NULL);
	pthread_mutex_init(&ipp.lock, NULL);
	pthread_cond_init(&ipp.changed, NULL);
	if (pthread_create(&thread, NULL, run_pipe, &ipp) != 0)
		return 1;
	return run(&ipp);
}
