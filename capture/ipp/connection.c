/*
 * connection.c - connections of those who print: HTTP, by libcups, and who may
 * come in. Who has not shown the path yet is a stranger, and of strangers there
 * are few: the one that has been there longest goes when another comes, so that
 * nobody keeps others out by saying little, slowly.
 */
#include "capture/ipp/ipp.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

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

/* Who knows the path is not sent away for another. */
static void welcome(struct request *r)
{
	pthread_mutex_lock(&r->ipp->lock);
	r->connection->known = true;
	pthread_mutex_unlock(&r->ipp->lock);
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

bool orl_ipp_serve(struct request *r)
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
	if (r->connection)
		welcome(r);
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

static void leave(struct connection *c)
{
	struct orl_ipp *ipp = c->ipp;
	http_t *http = c->http;

	pthread_mutex_lock(&ipp->lock);
	c->http = NULL; /* its number is nobody's to shut from here on */
	pthread_mutex_unlock(&ipp->lock);
	httpClose(http);
}

static void *run_connection(void *user)
{
	struct connection *c = user;
	bool more = true;

	httpBlocking(c->http, 1);
	httpSetTimeout(c->http, ORL_IPP_TIMEOUT, on_silence, NULL);
	while (more && httpWait(c->http, ORL_IPP_TIMEOUT * 1000)) {
		struct request r = {
			.ipp = c->ipp, .http = c->http, .connection = c
		};

		more = orl_ipp_serve(&r);
		ippDelete(r.in);
		ippDelete(r.out);
	}
	leave(c);
	return NULL;
}

/* The lock is held. A place for one more; NULL: there is none. */
static struct connection *take_place(struct orl_ipp *ipp)
{
	struct connection *place = NULL, *oldest = NULL;
	unsigned strangers = 0;

	for (int i = 0; i < ORL_IPP_CONNECTIONS; i++) {
		struct connection *c = &ipp->connections[i];

		if (!c->http) {
			place = c;
			continue;
		}
		if (c->known || c->shut)
			continue;
		strangers++;
		if (!oldest || c->number < oldest->number)
			oldest = c;
	}
	if (strangers >= ORL_IPP_STRANGERS) {
		shutdown(httpGetFd(oldest->http), SHUT_RDWR);
		oldest->shut = true;
	}
	return place;
}

bool orl_ipp_connect(struct orl_ipp *ipp, http_t *http)
{
	struct connection *c;
	pthread_attr_t attr;
	pthread_t thread;
	bool ok;

	pthread_mutex_lock(&ipp->lock);
	c = take_place(ipp);
	if (c)
		*c = (struct connection){ .ipp = ipp,
			.http = http,
			.number = ++ipp->last_connection };
	pthread_mutex_unlock(&ipp->lock);
	if (!c)
		return false;
	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	ok = pthread_create(&thread, &attr, run_connection, c) == 0;
	pthread_attr_destroy(&attr);
	if (ok)
		return true;
	pthread_mutex_lock(&ipp->lock);
	c->http = NULL;
	pthread_mutex_unlock(&ipp->lock);
	return false;
}
