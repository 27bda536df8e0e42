/*
 * again.c - coming back after a loss: when the line is given up, when and
 * where another is tried, and until when.
 *
 * A line that has broken is replaced at once. One that is only silent, with
 * something of ours unanswered for two seconds, is kept while another is
 * tried beside it: whichever speaks first is the session's, and when neither
 * does the line is lost. No timer runs on a line that is idle and well; there
 * TCP's own probes look after it.
 */
#include "client/client.h"

#include <string.h>

#include "proto/io/socket.h"

#define MS UINT64_C(1000000)
#define SECOND UINT64_C(1000000000)

enum {
	TRY_MS = 1500, /* to get an answer to a SYN and its first repetition */
	PAUSE_MIN_MS = 250,
	PAUSE_MAX_MS = 1000,
	STALE_MS = 2000, /* for a server to name its displays again */
	LOOK_MS = 300,   /* after the probe went out, when it is answered */
	NAME_EVERY = 4,  /* tries at most; others go where the server was */
	NAME_SECONDS = 30,
	ADDRESSES = 8,  /* of a name */
	SETTLE_MS = 50, /* for a network that changes */
};

static void try_now(struct oriel_client *c);

bool orl_again_may(const struct oriel_client *c)
{
	const struct orl_again *a = &c->again;

	return a->seconds && !a->leaving && !c->ending &&
	       (a->lost || c->state == ORIEL_CLIENT_READY) &&
	       (c->address.local ? c->address.path[0] : c->address.host[0]);
}

/* The socket that is being connected, if any, is not wanted any more. */
static void drop_try(struct orl_again *a)
{
	orl_watch_stop(&a->watch);
	if (a->socket >= 0)
		orl_socket_close(a->socket);
	a->socket = -1;
}

/* ---- between tries ----------------------------------------------------- */

static uint64_t pause_of(struct oriel_client *c)
{
	unsigned n = c->again.tries < 3 ? c->again.tries : 2;
	uint64_t ns = orl_min64((uint64_t)PAUSE_MIN_MS << n, PAUSE_MAX_MS) * MS;
	uint8_t chance = 128;

	/* Many who lost the same server do not come back at one moment. */
	(void)orl_random(&c->env, &chance, 1);
	return ns / 2 + ns * chance / 256;
}

static void tell(struct oriel_client *c, int error, const char *text)
{
	struct orl_again *a = &c->again;
	char told[sizeof(a->text)];

	if (error == a->error && strcmp(text, a->text) == 0)
		return;
	a->error = error;
	orl_printable(a->text, sizeof(a->text), text, strlen(text));
	memcpy(told, a->text, sizeof(told));
	if (c->events.state)
		c->events.state(c->user, ORIEL_CLIENT_RECONNECTING, error,
				told);
}

static uint64_t patience(const struct orl_again *a)
{
	return ORL_PROBE_SECONDS * SECOND + 2 * a->rtt;
}

/* A try has failed. */
static void wait_for_next(struct oriel_client *c, int error, const char *text)
{
	struct orl_again *a = &c->again;
	uint64_t now = orl_now(&c->env);

	if (!a->lost) {
		/* Neither answers, or the old one has just done so. */
		a->suspected = false;
		if (orl_conn_silence(c->conn) >= patience(a))
			orl_session_lost(c, error, text);
		else
			orl_again_busy(c);
		return;
	}
	tell(c, error, text);
	orl_timer_set(c->loop, &a->timer, now + pause_of(c));
	a->tries++;
}

void orl_again_look(struct oriel_client *c, int error, const char *text)
{
	struct orl_again *a = &c->again;
	uint64_t now = orl_now(&c->env);

	if (a->lost) {
		wait_for_next(c, error, text);
		return;
	}
	a->lost = true;
	a->until = now + a->seconds * SECOND;
	a->answered = false;
	a->name_pause = NAME_SECONDS * SECOND;
	a->name_at = now + a->name_pause;
	orl_timer_stop(&a->quiet);
	orl_timer_stop(&a->stale);
	if (!a->suspected) {
		a->tries = 0;
		orl_timer_set(c->loop, &a->timer, now);
	}
	a->error = 1; /* none that there is */
	tell(c, error, text);
}

void orl_again_pause(struct oriel_client *c, uint64_t ns)
{
	if (c->again.lost && !c->conn)
		orl_timer_set(c->loop, &c->again.timer, orl_now(&c->env) + ns);
}

void orl_again_limit(struct oriel_client *c, uint64_t ns)
{
	struct orl_again *a = &c->again;
	uint64_t now = orl_now(&c->env);

	if (!a->lost)
		return;
	/* Who is asked may take his time, and is then tried with. */
	if (ns != UINT64_MAX)
		a->until = orl_max64(a->until, now + ns);
	ns = orl_max64(ns, 8 * a->rtt);
	orl_timer_set(c->loop, &a->timer,
			ns > UINT64_MAX - now ? UINT64_MAX : now + ns);
}

/* ---- a try ------------------------------------------------------------- */

/*
 * Looking up a name blocks, and in a network that is away for seconds. So it
 * is done when something there has answered, and else seldom and seldomer.
 */
static bool may_look_up(struct orl_again *a, uint64_t now)
{
	if (a->tries % NAME_EVERY != NAME_EVERY - 1)
		return false;
	if (!a->answered && now < a->name_at)
		return false;
	a->name_pause *= 2;
	a->name_at = now + a->name_pause;
	return true;
}

/* Where the server was, or where its name is now. */
static int begin_try(struct oriel_client *c, int *socket, const char **why)
{
	struct orl_again *a = &c->again;
	unsigned round = a->tries / NAME_EVERY;

	if (a->reached && !may_look_up(a, orl_now(&c->env)))
		return orl_client_socket(c, socket, 0, true, why);
	unsigned which = round % ADDRESSES;
	int err = orl_client_socket(c, socket, which, false, why);
	if (err == ORIEL_ECLOSED && which)
		err = orl_client_socket(c, socket, 0, false, why);
	return err;
}

/* A socket is connected, and TLS may begin on it. */
static void go_on_with(struct oriel_client *c, int socket)
{
	struct orl_again *a = &c->again;

	a->suspected = false;
	int err = orl_client_line(c, socket, c->address.local, c->address.host);
	if (err) {
		orl_socket_close(socket);
		orl_session_end(c, err, oriel_strerror(err));
		return;
	}
	c->state = ORIEL_CLIENT_CONNECTING;
	orl_timer_set(c->loop, &a->timer,
			orl_now(&c->env) +
					orl_max64(ORL_AGAIN_LOGIN, 8 * a->rtt));
}

static void on_connected(struct orl_watch *watch, unsigned events)
{
	struct orl_again *a = orl_container(watch, struct orl_again, watch);
	struct oriel_client *c = orl_container(a, struct oriel_client, again);
	int socket = a->socket;
	const char *why;
	int err = orl_socket_connected(socket, &why);

	(void)events;
	orl_watch_stop(&a->watch);
	a->socket = -1;
	a->answered = err == ORIEL_ECLOSED;
	if (err) {
		orl_socket_close(socket);
		wait_for_next(c, a->answered ? ORIEL_EIO : err, why);
		return;
	}
	if (!a->lost) {
		/* The old line has the first word. */
		if (orl_conn_silence(c->conn) < patience(a)) {
			orl_socket_close(socket);
			a->suspected = false;
			orl_timer_stop(&a->timer);
			orl_again_busy(c);
			return;
		}
		orl_session_lost(c, ORIEL_ETIMEOUT,
				"the connection has become silent");
	}
	if (a->lost && !c->conn && !c->ending)
		go_on_with(c, socket);
	else
		orl_socket_close(socket);
}

static void try_now(struct oriel_client *c)
{
	struct orl_again *a = &c->again;
	uint64_t now = orl_now(&c->env);
	const char *why = "";
	int socket;

	if (a->lost && now >= a->until) {
		orl_session_end(c, a->error ? a->error : ORIEL_ECLOSED,
				a->text);
		return;
	}
	int err = begin_try(c, &socket, &why);
	if (!err) {
		err = orl_watch_start(c->loop, &a->watch, socket, ORL_WRITE);
		if (err)
			orl_socket_close(socket);
	}
	if (err) {
		wait_for_next(c, err, why);
		return;
	}
	a->socket = socket;
	orl_timer_set(c->loop, &a->timer,
			now + orl_max64(TRY_MS * MS, 3 * a->rtt));
}

static void on_timer(struct orl_timer *timer)
{
	struct orl_again *a = orl_container(timer, struct orl_again, timer);
	struct oriel_client *c = orl_container(a, struct oriel_client, again);
	static const char no_answer[] = "the other end does not answer";

	if (a->socket >= 0) {
		drop_try(a);
		wait_for_next(c, ORIEL_ETIMEOUT, no_answer);
	} else if (a->lost && c->conn) {
		orl_session_lost(c, ORIEL_ETIMEOUT, no_answer);
	} else if (a->lost || a->suspected) {
		try_now(c);
	}
}

/* ---- a line that may be lost ------------------------------------------- */

static void on_quiet(struct orl_timer *timer)
{
	struct orl_again *a = orl_container(timer, struct orl_again, quiet);
	struct oriel_client *c = orl_container(a, struct oriel_client, again);
	uint64_t silence, now = orl_now(&c->env);

	if (!c->conn || c->ending || c->state != ORIEL_CLIENT_READY)
		return;
	if (now < a->busy + patience(a)) {
		orl_timer_set(c->loop, timer,
				a->busy + patience(a) + LOOK_MS * MS);
		return;
	}
	silence = orl_conn_silence(c->conn);
	if (!silence) {
		if (a->suspected) {
			/* It is well again. */
			drop_try(a);
			orl_timer_stop(&a->timer);
			a->suspected = false;
		}
		return; /* until there is something to wait for */
	}
	if (silence >= patience(a) && !a->suspected) {
		a->suspected = true;
		a->tries = 0;
		try_now(c);
	}
	if (c->conn && c->state == ORIEL_CLIENT_READY)
		orl_timer_set(c->loop, &a->quiet, now + 500 * MS);
}

void orl_again_busy(struct oriel_client *c)
{
	struct orl_again *a = &c->again;

	if (!a->seconds || c->state != ORIEL_CLIENT_READY || c->address.local)
		return;
	a->busy = orl_now(&c->env);
	if (!a->quiet.loop)
		orl_timer_set(c->loop, &a->quiet,
				a->busy + patience(a) + LOOK_MS * MS);
}

/*
 * An address or a route has come or gone. Who waits need not wait longer; a
 * line from an address that is gone is lost; any other is worth a look.
 */
static void look_at_network(struct oriel_client *c, bool homeless)
{
	struct orl_again *a = &c->again;

	if (a->lost && !c->conn) {
		/* With the next one of many, in a moment. */
		drop_try(a);
		a->tries = 0;
		orl_timer_set(c->loop, &a->timer,
				orl_now(&c->env) + SETTLE_MS * MS);
	} else if (!a->lost && c->conn && homeless) {
		orl_session_lost(c, ORIEL_ECLOSED,
				"the address of this computer has changed");
	} else {
		orl_again_busy(c);
	}
}

static void on_network(struct orl_network *network)
{
	struct orl_again *a = orl_container(network, struct orl_again, network);
	struct oriel_client *c = orl_container(a, struct oriel_client, again);

	look_at_network(c,
			!a->lost && c->conn && orl_conn_is_homeless(c->conn));
}

void oriel_client_network(struct oriel_client *c, bool gone)
{
	if (c->again.seconds && !c->address.local &&
			(c->again.lost || c->state == ORIEL_CLIENT_READY))
		look_at_network(c, gone);
}

/* ---- there again ------------------------------------------------------- */

static void on_stale(struct orl_timer *timer)
{
	struct orl_again *a = orl_container(timer, struct orl_again, stale);

	orl_screen_drop_stale(orl_container(a, struct oriel_client, again));
}

/* The address that it was reached at: no name has to be looked up for it. */
static void note_address(struct oriel_client *c)
{
	struct orl_again *a = &c->again;
	char text[sizeof("oriel://") + 80] = "oriel://";

	a->reached = false;
	/* A link-local address is nothing without its interface. */
	if (c->address.local || strchr(c->address.host, '%'))
		return;
	strncat(text, orl_conn_address(c->conn), 79);
	a->reached = strncmp(text, "oriel://[fe80:", 14) != 0 &&
		     orl_address_parse(&a->numeric, text) == 0;
}

void orl_again_ready(struct oriel_client *c)
{
	struct orl_again *a = &c->again;
	struct orl_conn_stats stats;
	bool back = a->lost;

	if (!a->seconds)
		return;
	orl_conn_stats(c->conn, &stats);
	a->lost = a->suspected = false;
	a->tries = 0;
	a->rtt = orl_min64(stats.rtt, 10 * SECOND);
	a->pinned = orl_conn_tls(c->conn) != NULL;
	memcpy(a->pin, c->pin, sizeof(a->pin));
	note_address(c);
	orl_timer_stop(&a->timer);
	orl_conn_keepalive(c->conn);
	/* Without hints it takes longer, and works all the same. */
	if (!c->address.local && !c->socket && !a->network.watch.loop)
		(void)orl_network_watch(&a->network, c->loop);
	if (back)
		orl_timer_set(c->loop, &a->stale,
				orl_now(&c->env) + STALE_MS * MS);
}

void orl_again_stop(struct oriel_client *c)
{
	struct orl_again *a = &c->again;

	drop_try(a);
	orl_network_stop(&a->network);
	orl_timer_stop(&a->timer);
	orl_timer_stop(&a->quiet);
	orl_timer_stop(&a->stale);
	a->lost = a->suspected = a->leaving = a->pinned = false;
}

void orl_again_init(struct oriel_client *c, uint32_t seconds)
{
	struct orl_again *a = &c->again;

	a->seconds = seconds;
	a->socket = -1;
	a->timer.fire = on_timer;
	a->quiet.fire = on_quiet;
	a->stale.fire = on_stale;
	a->network.changed = on_network;
	a->watch.ready = on_connected;
	orl_list_init(&a->timer.node);
	orl_list_init(&a->quiet.node);
	orl_list_init(&a->stale.node);
}
