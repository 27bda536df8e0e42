/*
 * print.c - printers beside peers, and jobs on their way there.
 *
 * What a peer has told of its printers is kept while it may print at all; the
 * host hears of it only while the peer owns input. A job belongs to a session,
 * not to a peer: when the line is lost it waits for the peer that resumes it.
 */
#include "server/server.h"

#include <string.h>

#include "redirect/print.h"

#define SECOND UINT64_C(1000000000)

struct oriel_print {
	struct orl_node node; /* of server->prints */
	struct oriel_server *server;
	struct oriel_peer *peer; /* NULL: its line is lost */
	/* The one it is of, and that which resumed it, if its client knows. */
	uint8_t session[16], next[16];
	uint32_t id;
	void *data;
	bool answered;         /* the client has heard of it */
	bool starved;          /* the host wants to know of room */
	bool over;             /* being told so */
	struct orl_timer lost; /* its client does not come back */
	struct orl_print_out out;
	struct orl_print_begin begin; /* its title is `title` */
	char title[ORIEL_PRINT_TITLE_MAX + 1];
};

struct orl_peer_printers {
	bool told; /* the host knows of those that are known */
	struct orl_printer_kept printers[ORIEL_PRINTERS_MAX];
};

static struct oriel_print *of_node(struct orl_node *node)
{
	return orl_container(node, struct oriel_print, node);
}

static struct orl_link *link_of(const struct oriel_print *print)
{
	return orl_conn_link(print->peer->conn);
}

static void free_print(struct oriel_print *print)
{
	struct oriel_server *server = print->server;

	orl_list_remove(&print->node);
	orl_timer_stop(&print->lost);
	orl_print_out_fini(&print->out);
	orl_free(&server->env, print);
}

/* Tell the host; a last state ends it. */
static void tell(struct oriel_print *print, enum oriel_print_state state,
		uint32_t reasons, const char *text)
{
	struct oriel_server *server = print->server;
	const struct oriel_print_status status = { .size = sizeof(status),
		.state = state,
		.reasons = reasons,
		.text = text };

	if (print->over)
		return;
	print->over = orl_print_is_last(state);
	if (server->events.print_status)
		server->events.print_status(server->user, print, &status);
	if (orl_print_is_last(state))
		free_print(print);
}

/* All jobs of this peer; each call of the host may change the list. */
static void fail_all(
		struct oriel_peer *peer, uint32_t reasons, const char *text)
{
	bool found = true;

	while (found) {
		found = false;
		ORL_EACH (node, &peer->server->prints) {
			struct oriel_print *print = of_node(node);

			found = print->peer == peer && !print->over;
			if (!found)
				continue;
			if (peer->state == ORL_PEER_READY)
				(void)orl_peer_sent(peer,
						orl_link_cancel(link_of(print),
								ORL_CHANNEL_PRINT,
								print->id));
			print->peer = NULL;
			tell(print, ORIEL_PRINT_FAILED, reasons, text);
			break;
		}
	}
}

/* ---- printers ---------------------------------------------------------- */

static bool may_print(const struct oriel_peer *peer)
{
	return peer->state == ORL_PEER_READY && peer->joined &&
	       peer->server->owner == peer && peer->rights & ORIEL_MAY_PRINT;
}

static void tell_printer(struct oriel_peer *peer, unsigned id)
{
	const struct oriel_server *server = peer->server;
	const struct orl_printer_kept *kept = &peer->printers->printers[id];

	if (kept->known)
		server->events.printer(server->user, peer, &kept->about);
	else if (server->events.printer_gone)
		server->events.printer_gone(server->user, peer, id);
}

void orl_peer_print_settle(struct oriel_peer *peer)
{
	const struct oriel_server *server = peer->server;
	struct orl_peer_printers *all = peer->printers;

	if (peer->joined && !(peer->rights & ORIEL_MAY_PRINT))
		fail_all(peer, ORIEL_PRINT_REFUSED,
				"printing is no longer allowed");
	if (!all || all->told == may_print(peer))
		return;
	all->told = !all->told;
	for (unsigned id = 0; id < ORIEL_PRINTERS_MAX; id++) {
		if (!all->printers[id].known)
			continue;
		if (all->told)
			tell_printer(peer, id);
		else if (server->events.printer_gone)
			server->events.printer_gone(server->user, peer, id);
	}
}

int orl_peer_print_printer(
		struct oriel_peer *peer, const uint8_t *data, size_t n)
{
	struct orl_printer_kept kept;
	int err = orl_printer_get(&kept, data, n);

	if (err)
		return err;
	if (!peer->printers)
		peer->printers = orl_alloc(
				&peer->server->env, 1, sizeof(*peer->printers));
	if (!peer->printers)
		return ORIEL_ENOMEM;
	struct orl_printer_kept *to = &peer->printers->printers[kept.about.id];
	orl_printer_copy(to, &kept);
	if (peer->printers->told)
		tell_printer(peer, to->about.id);
	else
		orl_peer_print_settle(peer);
	return 0;
}

int orl_peer_print_printer_gone(
		struct oriel_peer *peer, const uint8_t *data, size_t n)
{
	struct orl_printer_gone msg;
	int err = orl_get_printer_gone(data, n, &msg);

	if (err)
		return err;
	/* One that was refused here, for want of the right, is not known. */
	if (!peer->printers || !peer->printers->printers[msg.printer].known)
		return 0;
	peer->printers->printers[msg.printer].known = false;
	if (peer->printers->told)
		tell_printer(peer, msg.printer);
	return 0;
}

/* ---- jobs: what the client says ---------------------------------------- */

static struct oriel_print *find(struct oriel_peer *peer, uint32_t id)
{
	ORL_EACH (node, &peer->server->prints) {
		struct oriel_print *p = of_node(node);
		if (p->id == id && p->peer == peer && !p->over)
			return p;
	}
	return NULL;
}

/*
 * All of a job goes as its stream, so that a cancel takes all of it back that
 * has not gone. An error has ended the peer.
 */
static int send(struct oriel_print *print, uint16_t id, const void *head,
		size_t n, struct orl_buf *tail)
{
	return orl_peer_sent(print->peer,
			orl_link_send(link_of(print),
					&(struct orl_send){ .id = id,
							.stream = print->id,
							.head = head,
							.head_n = n,
							.tail = tail }));
}

/* Send what may be sent. */
static void pump(struct oriel_print *print)
{
	struct oriel_peer *peer = print->peer;
	const uint8_t *data;
	uint64_t offset;
	size_t n;

	if (!peer || peer->state != ORL_PEER_READY ||
			!(peer->rights & ORIEL_MAY_PRINT))
		return;
	while ((n = orl_print_out_next(&print->out, &data, &offset))) {
		uint8_t head[16];
		struct orl_wr w = { head, sizeof(head), 0 };
		struct orl_buf *tail = orl_buf_create(&print->server->env, n);

		if (!tail) {
			orl_peer_sent(peer, ORIEL_ENOMEM);
			return;
		}
		memcpy(tail->data, data, n);
		orl_put_print_data(
				&w, &(struct orl_print_data){ .job = print->id,
						    .offset = offset });
		int err = send(print, ORL_MSG_print_data, head, w.n, tail);
		orl_buf_unref(tail);
		if (err)
			return;
	}
	if (orl_print_out_end(&print->out)) {
		uint8_t end[16];
		struct orl_wr w = { end, sizeof(end), 0 };

		orl_put_print_end(&w,
				&(struct orl_print_end){ .job = print->id,
						.bytes = print->out.written });
		if (send(print, ORL_MSG_print_end, end, w.n, NULL))
			return;
	}
	orl_conn_kick(peer->conn);
}

/* True: the host has been called, and what it did is not known. */
static bool tell_room(struct oriel_print *print)
{
	struct oriel_server *server = print->server;

	if (!print->starved || print->over || print->out.finished ||
			orl_print_out_room(&print->out) < ORL_PRINT_WINDOW / 4)
		return false;
	print->starved = false;
	if (server->events.print_ready)
		server->events.print_ready(server->user, print);
	return true;
}

/* Of all jobs of a peer, with room since. */
static void tell_rooms(const struct oriel_peer *peer)
{
	bool told = true;

	while (told) {
		told = false;
		ORL_EACH (node, &peer->server->prints) {
			struct oriel_print *print = of_node(node);

			told = print->peer == peer && tell_room(print);
			if (told)
				break;
		}
	}
}

int orl_peer_print_more(struct oriel_peer *peer, const uint8_t *data, size_t n)
{
	struct orl_print_more msg;
	int err = orl_get_print_more(data, n, &msg);

	if (err)
		return err;
	struct oriel_print *print = find(peer, msg.job);
	if (!print) /* it has been dropped here */
		return 0;
	err = orl_print_out_more(&print->out, msg.taken, msg.limit);
	if (err)
		return err;
	print->answered = true;
	pump(print);
	(void)tell_room(print);
	return 0;
}

int orl_peer_print_status(
		struct oriel_peer *peer, const uint8_t *data, size_t n)
{
	struct orl_print_status msg;
	char text[ORIEL_PRINT_TEXT_MAX + 1];
	int err = orl_get_print_status(data, n, &msg);

	if (err)
		return err;
	struct oriel_print *print = find(peer, msg.job);
	if (!print)
		return 0;
	enum oriel_print_state state = (enum oriel_print_state)msg.state;
	err = orl_print_out_status(&print->out, state);
	if (err)
		return err;
	print->answered = true;
	memcpy(text, msg.text.p, msg.text.n);
	text[msg.text.n] = 0;
	if (orl_print_is_last(state)) /* what waits is of no use */
		(void)orl_link_cancel(
				link_of(print), ORL_CHANNEL_PRINT, print->id);
	tell(print, state, msg.reasons, text);
	return 0;
}

int orl_peer_print_cancel(
		struct oriel_peer *peer, const uint8_t *data, size_t n)
{
	struct orl_cancel msg;

	/* Clients end jobs by a status. */
	(void)peer;
	return orl_get_cancel(data, n, &msg);
}

static bool is_of(
		const struct oriel_print *print, const struct oriel_peer *peer)
{
	return peer->resumed &&
	       (memcmp(print->session, peer->origin, 16) == 0 ||
			       memcmp(print->next, peer->origin, 16) == 0);
}

static void adopt(struct oriel_print *print, struct oriel_peer *peer)
{
	print->peer = peer;
	memcpy(print->session, peer->session, 16);
	memcpy(print->next, peer->session, 16);
	orl_timer_stop(&print->lost);
}

void orl_peer_print_ready(struct oriel_peer *peer)
{
	/* The line may go again before the client has heard of it, or after. */
	ORL_EACH (node, &peer->server->prints) {
		struct oriel_print *print = of_node(node);

		if (!is_of(print, peer))
			continue;
		memcpy(print->session, peer->origin, 16);
		memcpy(print->next, peer->session, 16);
	}
}

static bool is_named(const struct orl_print_known *msg, uint32_t id,
		struct orl_print_place *place)
{
	for (unsigned i = 0; i < msg->jobs.n; i++) {
		orl_at_print_place(&msg->jobs, i, place);
		if (place->job == id)
			return true;
	}
	return false;
}

static void begin(struct oriel_print *print)
{
	uint8_t data[ORIEL_PRINT_TITLE_MAX + 64];
	struct orl_wr w = { data, sizeof(data), 0 };

	print->begin.title = (struct orl_view){ (const uint8_t *)print->title,
		(uint32_t)strlen(print->title) };
	orl_put_print_begin(&w, &print->begin);
	if (send(print, ORL_MSG_print_begin, data, w.n, NULL) == 0)
		orl_conn_kick(print->peer->conn);
}

int orl_peer_print_known(struct oriel_peer *peer, const uint8_t *data, size_t n)
{
	struct orl_print_known msg;
	struct orl_print_place place;
	int err = orl_get_print_known(data, n, &msg);

	if (err)
		return err;
	if (!peer->resumed || peer->named_jobs)
		return ORIEL_EPROTO;
	peer->named_jobs = true;
	ORL_EACH_SAFE (node, after, &peer->server->prints) {
		struct oriel_print *print = of_node(node);

		if (print->over || !is_of(print, peer))
			continue;
		adopt(print, peer);
		if (!(peer->rights & ORIEL_MAY_PRINT))
			continue; /* it is failed below, or in join() */
		if (is_named(&msg, print->id, &place)) {
			err = orl_print_out_again(&print->out, place.taken,
					place.limit, place.ended);
			if (err)
				return err;
			print->answered = true;
			pump(print);
		} else if (!print->answered) {
			orl_print_out_begin_again(&print->out);
			begin(print);
		}
		if (peer->state != ORL_PEER_READY)
			return 0;
	}
	/* Names that are not known here: those jobs are no more. */
	for (unsigned i = 0; i < msg.jobs.n; i++) {
		orl_at_print_place(&msg.jobs, i, &place);
		if (find(peer, place.job))
			continue;
		err = orl_link_cancel(orl_conn_link(peer->conn),
				ORL_CHANNEL_PRINT, place.job);
		if (orl_peer_sent(peer, err))
			return 0;
	}
	orl_peer_print_settle(peer);
	orl_conn_kick(peer->conn);
	tell_rooms(peer);
	return 0;
}

/* ---- jobs: what the host does ------------------------------------------ */

static void on_lost(struct orl_timer *timer)
{
	tell(orl_container(timer, struct oriel_print, lost), ORIEL_PRINT_FAILED,
			ORIEL_PRINT_LINK_LOST,
			"the viewer was lost, and has not come back");
}

static unsigned count_jobs(const struct oriel_peer *peer)
{
	unsigned n = 0;

	ORL_EACH (node, &peer->server->prints)
		n += of_node(node)->peer == peer;
	return n;
}

int oriel_print_create(struct oriel_print **out, struct oriel_peer *peer,
		const struct oriel_print_job *job)
{
	struct orl_print_begin msg;

	if (!out || !peer)
		return ORIEL_EINVAL;
	struct oriel_server *server = peer->server;
	int err = orl_print_begin_make(&msg, 1, job);
	if (err)
		return err;
	if (!may_print(peer))
		return ORIEL_EDENIED;
	if (!peer->printers || !peer->printers->printers[job->printer].known ||
			!(peer->printers->printers[job->printer].about.formats &
					job->format))
		return ORIEL_EINVAL;
	if (count_jobs(peer) >= ORL_PRINT_JOBS_MAX)
		return ORIEL_ELIMIT;
	struct oriel_print *print = orl_alloc(&server->env, 1, sizeof(*print));
	if (!print)
		return ORIEL_ENOMEM;
	orl_list_init(&print->node);
	orl_list_init(&print->lost.node);
	print->lost.fire = on_lost;
	print->server = server;
	err = orl_print_out_init(&print->out, &server->env);
	/* Not from 1: another server may know a client's jobs by that. */
	if (!err && !server->next_print)
		err = orl_random(&server->env, &server->next_print,
				sizeof(server->next_print));
	if (err) {
		free_print(print);
		return err;
	}
	server->next_print = (server->next_print + 1) & INT32_MAX;
	if (!server->next_print)
		server->next_print = 1;
	print->id = msg.job = server->next_print;
	print->peer = peer;
	memcpy(print->session, peer->session, 16);
	memcpy(print->next, peer->session, 16);
	memcpy(print->title, msg.title.p ? (const char *)msg.title.p : "",
			msg.title.n);
	print->begin = msg;
	orl_list_append(&server->prints, &print->node);
	begin(print);
	*out = print;
	return 0;
}

size_t oriel_print_room(const struct oriel_print *print)
{
	return print->out.finished ? 0 : orl_print_out_room(&print->out);
}

int oriel_print_write(struct oriel_print *print, const void *data, size_t bytes)
{
	if (!print || (bytes && !data) || bytes > ORL_PRINT_WINDOW)
		return ORIEL_EINVAL;
	int err = orl_print_out_write(&print->out, data, bytes);
	if (err == ORIEL_ELIMIT ||
			orl_print_out_room(&print->out) < ORL_PRINT_WINDOW / 4)
		print->starved = true;
	if (!err)
		pump(print);
	return err;
}

int oriel_print_finish(struct oriel_print *print)
{
	if (!print)
		return ORIEL_EINVAL;
	if (print->out.finished)
		return ORIEL_ESTATE;
	print->out.finished = true;
	pump(print);
	return 0;
}

void oriel_print_destroy(struct oriel_print *print)
{
	if (!print || print->over)
		return;
	if (print->peer && print->peer->state == ORL_PEER_READY) {
		struct oriel_peer *peer = print->peer;
		int err = orl_link_cancel(
				link_of(print), ORL_CHANNEL_PRINT, print->id);
		if (orl_peer_sent(peer, err) == 0)
			orl_conn_kick(peer->conn);
	}
	free_print(print);
}

void oriel_print_set_data(struct oriel_print *print, void *data)
{
	print->data = data;
}

void *oriel_print_data(const struct oriel_print *print)
{
	return print->data;
}

/* ---- the peer's end ---------------------------------------------------- */

void orl_peer_print_leave(struct oriel_peer *peer)
{
	struct oriel_server *server = peer->server;
	/* A goodbye is one; what has no token cannot be resumed. */
	bool may_return = peer->reason && peer->has_token && !server->leaving;

	orl_peer_print_settle(peer);
	ORL_EACH (node, &server->prints) {
		struct oriel_print *print = of_node(node);

		if (print->peer != peer || !may_return)
			continue;
		print->peer = NULL;
		orl_timer_set(server->loop, &print->lost,
				orl_now(&server->env) + ORL_PRINT_LOST_SECONDS *
									SECOND);
	}
	fail_all(peer, ORIEL_PRINT_LINK_LOST, "the viewer has gone");
}

void orl_peer_print_fini(struct oriel_peer *peer)
{
	ORL_EACH (node, &peer->server->prints)
		if (of_node(node)->peer == peer)
			of_node(node)->peer = NULL;
	orl_free(&peer->server->env, peer->printers);
	peer->printers = NULL;
}

void orl_peer_print_free_all(struct oriel_server *server)
{
	ORL_EACH_SAFE (node, after, &server->prints)
		free_print(of_node(node));
}
