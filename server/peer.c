/*
 * peer.c - one client, from its first byte to its goodbye.
 *
 * What a peer may say is a table for each state; a handler is in the file of
 * its subject. A peer that breaks the protocol ends its own session, with a
 * named reason, and nothing else.
 */
#include "server/server.h"

#include <stdlib.h>
#include <string.h>

#include "redirect/print.h"

enum { READY_TIMEOUT_S = ORL_LOGIN_SECONDS, FACTS_QUEUED = 4096 };
enum { USB_CANCEL = ORL_CHANNEL_USB << 8 | ORL_MSG_cancel };
static const uint64_t SECOND = 1000000000;

static int on_rights_seen(
		struct oriel_peer *peer, const uint8_t *data, size_t n)
{
	struct orl_rights_seen msg;
	int err = orl_get_rights_seen(data, n, &msg);

	if (err)
		return err;
	return msg.epoch > peer->epoch ? ORIEL_EPROTO : 0;
}

static int on_bye(struct oriel_peer *peer, const uint8_t *data, size_t n)
{
	struct orl_bye msg;
	int err = orl_get_bye(data, n, &msg);

	if (err)
		return err;
	orl_peer_end(peer, msg.code ? ORIEL_ECLOSED : 0, NULL);
	return 0;
}

/* clang-format off */
static const struct orl_handler hello[] = {
	{ ORL_MSG_client_hello, 0, orl_login_hello, 0 },
	{ 0, 0, NULL, 0 },
};

static const struct orl_handler login[] = {
	{ ORL_MSG_login,  0, orl_login_login, 0 },
	{ ORL_MSG_resume, 0, orl_login_resume, 0 },
	{ ORL_MSG_bye,    0, on_bye, 0 },
	{ 0, 0, NULL, 0 },
};

/* While the host thinks, a client has nothing to say but goodbye. */
static const struct orl_handler asked[] = {
	{ ORL_MSG_bye, 0, on_bye, 0 },
	{ 0, 0, NULL, 0 },
};

static const struct orl_handler ready[] = {
	{ ORL_MSG_key,         ORIEL_MAY_INPUT,  orl_input_key, 0 },
	{ ORL_MSG_pointer,     ORIEL_MAY_INPUT,  orl_input_pointer, 0 },
	{ ORL_MSG_touch,       ORIEL_MAY_INPUT,  orl_input_touch, 0 },
	{ ORL_MSG_text,        ORIEL_MAY_INPUT,  orl_input_text, 0 },
	{ ORL_MSG_held,        ORIEL_MAY_INPUT,  orl_input_held, 0 },
	{ ORL_MSG_take,        ORIEL_MAY_INPUT,  orl_input_take, 0 },
	/* Answers to what was sent while it might see. */
	{ ORL_MSG_ack,         0,                orl_ack_shown, 0 },
	{ ORL_MSG_checked,     0,                orl_check_answer, 0 },
	{ ORL_MSG_visible,     0,                orl_ack_visible, 0 },
	{ ORL_MSG_refresh,     ORIEL_MAY_SEE,    orl_ack_refresh, 0 },
	{ ORL_MSG_resize,      ORIEL_MAY_RESIZE, orl_ack_resize, 0 },
	{ ORL_MSG_video_lost,  0,                orl_video_lost, 0 },
	{ ORL_MSG_rights_seen, 0,                on_rights_seen, 0 },
	{ ORL_MSG_bye,         0,                on_bye, 0 },
	{ ORL_MSG_listen,      0,                orl_sound_listen, ORL_CAP(OPUS) },
	{ ORL_MSG_mic_open,    ORIEL_MAY_SPEAK,  orl_mic_open, ORL_CAP(OPUS) },
	{ ORL_MSG_mic,         ORIEL_MAY_SPEAK,  orl_mic_packet, ORL_CAP(OPUS) },
	{ ORL_MSG_mic_pause,   ORIEL_MAY_SPEAK,  orl_mic_pause, ORL_CAP(OPUS) },
	/* What may not is answered: nobody is left waiting. */
	{ ORL_MSG_usb_attach,  0, orl_peer_usb_attach, ORL_CAP(USB) },
	{ ORL_MSG_usb_data,    0, orl_peer_usb_data,   ORL_CAP(USB) },
	{ ORL_MSG_usb_credit,  0, orl_peer_usb_credit, ORL_CAP(USB) },
	{ ORL_MSG_usb_detach,  0, orl_peer_usb_detach, ORL_CAP(USB) },
	{ USB_CANCEL,          0, orl_peer_usb_cancel, ORL_CAP(USB) },
	{ ORL_MSG_printer,     ORIEL_MAY_PRINT, orl_peer_print_printer, ORL_CAP(PRINT) },
	{ ORL_MSG_printer_gone, ORIEL_MAY_PRINT, orl_peer_print_printer_gone, ORL_CAP(PRINT) },
	/* Of jobs that began while it might. */
	{ ORL_MSG_print_more,  0, orl_peer_print_more, ORL_CAP(PRINT) },
	{ ORL_MSG_print_status, 0, orl_peer_print_status, ORL_CAP(PRINT) },
	{ ORL_MSG_print_known, 0, orl_peer_print_known, ORL_CAP(PRINT) },
	{ ORL_MSG_print_cancel, 0, orl_peer_print_cancel, ORL_CAP(PRINT) },
	{ 0, 0, NULL, 0 },
};
/* clang-format on */

static const struct orl_handler *const by_state[] = {
	[ORL_PEER_HELLO] = hello,
	[ORL_PEER_LOGIN] = login,
	[ORL_PEER_ASKED] = asked,
	[ORL_PEER_READY] = ready,
};

static int on_answer(struct oriel_peer *peer, uint16_t id, int err)
{
	if (err == ORIEL_EPROTO)
		orl_log(&peer->server->env, ORIEL_LOG_WARN, "peer",
				"%s sent a message 0x%04x that makes no sense "
				"here: its session ends",
				oriel_peer_address(peer), id);
	if (err)
		orl_peer_end(peer, err, oriel_strerror(err));
	return 0;
}

static int on_message(void *user, uint16_t id, const uint8_t *data, size_t n)
{
	struct oriel_peer *peer = user;

	if (peer->state == ORL_PEER_GONE)
		return 0;
	if (peer->clip.link && id >> 8 == ORL_CHANNEL_CLIPBOARD)
		return on_answer(peer, id,
				orl_peer_clip_message(peer, id, data, n));
	for (const struct orl_handler *h = by_state[peer->state]; h->handle;
			h++) {
		if (h->id != id || (peer->caps & h->caps) != h->caps)
			continue;
		/* A right may have been taken while this was on its way. */
		if ((peer->rights & h->rights) != h->rights)
			return 0;
		return on_answer(peer, id, h->handle(peer, data, n));
	}
	orl_log(&peer->server->env, ORIEL_LOG_WARN, "peer",
			"%s sent message 0x%04x, which is not allowed now: its "
			"session ends",
			oriel_peer_address(peer), id);
	orl_peer_end(peer, ORIEL_EPROTO, "message not allowed in this state");
	return 0;
}

static void on_secured(void *user)
{
	struct oriel_peer *peer = user;

	peer->state = ORL_PEER_HELLO;
	orl_conn_start(peer->conn);
}

static void on_closed(void *user, int error, const char *why)
{
	struct oriel_peer *peer = user;

	if (error && peer->state != ORL_PEER_GONE)
		orl_log(&peer->server->env,
				peer->joined ? ORIEL_LOG_INFO : ORIEL_LOG_DEBUG,
				"peer", "%s is gone: %s",
				oriel_peer_address(peer),
				why && *why ? why : oriel_strerror(error));
	orl_peer_end(peer, error ? error : ORIEL_ECLOSED, NULL);
	/* It may have ended before, and have waited to say goodbye. */
	peer->closed = true;
	orl_peer_later(peer);
}

static const struct orl_conn_calls calls = {
	.secured = on_secured,
	.message = on_message,
	.produce = orl_update_produce,
	.closed = on_closed,
};

static void on_timeout(struct orl_timer *timer)
{
	struct oriel_peer *peer =
			orl_container(timer, struct oriel_peer, timer);

	orl_peer_end(peer, ORIEL_ETIMEOUT, "login took too long");
}

/* The host hears that it has gone; what it was owed is owed no more. */
static void leave(struct oriel_peer *peer)
{
	struct oriel_server *server = peer->server;

	peer->left = true;
	orl_peer_print_leave(peer);
	orl_input_release(peer);
	orl_usb_end(&peer->usb);
	if (server->owner == peer)
		orl_peer_own(server, NULL);
	orl_mic_changed(server);
	orl_sound_changed(server);
	orl_clip_end(&peer->clip, ORIEL_ECLOSED);
	if (peer->joined && server->events.peer_left)
		server->events.peer_left(server->user, peer, peer->reason);
	peer->joined = false;
	ORL_EACH_SAFE (node, after, &peer->panes)
		orl_pane_destroy(orl_container(node, struct orl_pane, by_peer));
}

static void join(struct oriel_peer *peer)
{
	struct oriel_server *server = peer->server;
	char user[ORL_NAME_MAX + 1];

	peer->joined = true;
	orl_log(&server->env, ORIEL_LOG_INFO, "peer", "%s joined from %s",
			orl_printable(user, sizeof(user), peer->user,
					strlen(peer->user)),
			oriel_peer_address(peer));
	if (server->events.peer_joined)
		server->events.peer_joined(server->user, peer);
	orl_sound_changed(server);
	orl_peer_clip_settle(peer);
	orl_peer_print_settle(peer);
}

/* Rights have changed: does it own input now, or no longer? */
static void settle(struct oriel_peer *peer)
{
	struct oriel_server *server = peer->server;
	bool may = peer->rights & ORIEL_MAY_INPUT;

	if (server->owner == peer && !may)
		orl_peer_own(server, NULL);
	else if (!server->owner && may)
		orl_peer_own(server, peer);
	orl_peer_tell(peer, ORL_FACT_MIC);
	if (!(peer->rights & ORIEL_MAY_SPEAK))
		peer->sound.speaks = false;
	if (!(peer->rights & ORIEL_MAY_HEAR))
		peer->sound.known = 0;
	orl_mic_changed(server);
	orl_sound_changed(server);
	orl_peer_clip_settle(peer);
	orl_peer_print_settle(peer);
}

static bool take(bool *flag)
{
	bool was = *flag;

	*flag = false;
	return was;
}

static void on_later(struct orl_deferred *later)
{
	struct oriel_peer *peer =
			orl_container(later, struct oriel_peer, later);

	if (peer->state == ORL_PEER_ASKED && take(&peer->ask))
		orl_login_ask(peer);
	if (peer->state == ORL_PEER_READY && take(&peer->replaces))
		orl_login_replace(peer);
	if (peer->state == ORL_PEER_READY && take(&peer->join))
		join(peer);
	if (peer->state == ORL_PEER_READY && take(&peer->settle))
		settle(peer);
	if (peer->state == ORL_PEER_READY) {
		orl_peer_clip_settle(peer);
		orl_peer_usb_settle(peer);
	}
	if (peer->state != ORL_PEER_GONE)
		return;
	if (!peer->left)
		leave(peer);
	if (peer->closed)
		orl_peer_free(peer);
}

void orl_peer_later(struct oriel_peer *peer)
{
	orl_loop_defer(peer->server->loop, &peer->later);
}

struct orl_view orl_peer_text(const char *text, size_t max)
{
	size_t n = text ? strlen(text) : 0;

	if (n > max) /* not in the middle of a character */
		for (n = max; n && ((unsigned char)text[n] & 0xc0) == 0x80;)
			n--;
	if (!orl_utf8_ok((const uint8_t *)text, n))
		n = 0;
	return (struct orl_view){ (const uint8_t *)text, (uint32_t)n };
}

static unsigned count_peers(const struct oriel_server *server)
{
	unsigned n = 0;

	ORL_EACH (node, &server->peers)
		n++;
	return n;
}

unsigned orl_peer_count_ready(const struct oriel_server *server)
{
	unsigned n = 0;

	ORL_EACH (node, &server->peers)
		n += orl_container(node, struct oriel_peer, node)->state ==
		     ORL_PEER_READY;
	return n;
}

int orl_peer_create(struct oriel_server *server, int socket, bool local)
{
	struct oriel_peer *peer = orl_alloc(&server->env, 1, sizeof(*peer));
	uint64_t now = orl_now(&server->env);

	if (!peer)
		return ORIEL_ENOMEM;
	peer->server = server;
	peer->state = ORL_PEER_SECURING;
	peer->later.run = on_later;
	peer->timer.fire = on_timeout;
	orl_list_init(&peer->timer.node);
	orl_list_init(&peer->delay.node);
	orl_list_init(&peer->panes);
	orl_pace_init(&peer->pace);
	orl_clip_init(&peer->clip, &server->env, ORL_SERVER,
			&orl_peer_clip_calls, peer);
	peer->stats.size = sizeof(peer->stats);
	orl_peer_usb_init(peer);
	int err = orl_conn_create(&peer->conn, server->loop, &server->env,
			socket,
			&(struct orl_conn_config){ .role = ORL_SERVER,
					.tls = local ? NULL : server->tls,
					.congestion = server->congestion,
					.max_rate = server->max_bandwidth,
					.calls = &calls,
					.user = peer });
	if (err) {
		orl_free(&server->env, peer);
		return err;
	}
	orl_list_append(&server->peers, &peer->node);
	orl_printable(peer->network, sizeof(peer->network),
			orl_conn_network(peer->conn),
			strlen(orl_conn_network(peer->conn)));
	if (count_peers(server) > server->max_peers + ORL_UNPROVED_MAX ||
			orl_throttle_enter(server->throttle, peer->network)) {
		orl_peer_free(peer);
		return 0; /* the socket was taken, and closed */
	}
	peer->counted = true;
	orl_timer_set(server->loop, &peer->timer,
			now + READY_TIMEOUT_S * SECOND);
	return 0;
}

void orl_peer_free(struct oriel_peer *peer)
{
	struct oriel_server *server = peer->server;

	if (peer->counted)
		orl_throttle_leave(server->throttle, peer->network);
	peer->state = ORL_PEER_GONE;
	orl_loop_undefer(&peer->later);
	orl_timer_stop(&peer->timer);
	orl_login_fini(peer);
	ORL_EACH_SAFE (node, after, &peer->panes)
		orl_pane_destroy(orl_container(node, struct orl_pane, by_peer));
	orl_peer_print_fini(peer);
	orl_list_remove(&peer->node);
	orl_clip_fini(&peer->clip);
	orl_usb_fini(&peer->usb);
	orl_conn_destroy(peer->conn);
	orl_free(&server->env, peer->name);
	orl_free(&server->env, peer);
}

static uint8_t bye_code(int reason)
{
	switch (reason) {
	case 0:
		return 0;
	case ORIEL_EPROTO:
		return 1;
	case ORIEL_EDENIED:
		return 2;
	case ORIEL_ETIMEOUT:
		return 3;
	case ORIEL_ELIMIT:
		return 6;
	default:
		return 4;
	}
}

void orl_peer_end(struct oriel_peer *peer, int reason, const char *why)
{
	if (peer->state == ORL_PEER_GONE)
		return;
	if (peer->state != ORL_PEER_SECURING && why) {
		struct orl_bye bye = {
			.code = peer->server->leaving && !reason
						? 5
						: bye_code(reason),
			.why = orl_peer_text(why, ORL_NAME_MAX)
		};
		/* It is going anyway; what cannot be said is not said. */
		if (ORL_LINK_PUT(orl_conn_link(peer->conn), bye, &bye) == 0)
			orl_conn_kick(peer->conn);
	}
	peer->state = ORL_PEER_GONE;
	peer->reason = reason;
	orl_timer_stop(&peer->timer);
	orl_login_fini(peer);
	if (why)
		orl_conn_finish(peer->conn, reason);
	else
		peer->closed = true;
	orl_peer_later(peer);
}

int orl_peer_sent(struct oriel_peer *peer, int err)
{
	if (err)
		orl_peer_end(peer, err,
				err == ORIEL_ELIMIT ? "you do not read" : NULL);
	return err;
}

static int send_owner(struct oriel_peer *peer)
{
	const struct oriel_peer *owner = peer->server->owner;
	const char *name = owner ? owner->name : "";
	struct orl_owner msg = { .yours = owner == peer,
		.name = { (const uint8_t *)name, (uint32_t)strlen(name) } };

	return ORL_PEER_PUT(peer, owner, &msg);
}

static int send_locks(struct oriel_peer *peer)
{
	struct orl_locks msg = { .locks = (uint8_t)peer->server->locks };

	return ORL_PEER_PUT(peer, locks, &msg);
}

static int send_mode(struct oriel_peer *peer)
{
	struct orl_pointer_mode msg = { .relative = peer->server->relative };

	return ORL_PEER_PUT(peer, pointer_mode, &msg);
}

void orl_peer_tell(struct oriel_peer *peer, unsigned facts)
{
	static int (*const send[])(struct oriel_peer *) = { send_owner,
		send_locks, send_mode, orl_mic_send_wanted };

	if (peer->state != ORL_PEER_READY)
		return;
	peer->facts |= facts;
	if (orl_link_queued(orl_conn_link(peer->conn),
			    1u << ORL_CHANNEL_CONTROL) < FACTS_QUEUED)
		for (unsigned i = 0; i < ORL_COUNT(send); i++) {
			if (!(peer->facts & 1u << i))
				continue;
			peer->facts &= ~(1u << i);
			if (send[i](peer) < 0)
				return;
		}
	if (facts)
		orl_conn_kick(peer->conn);
}

static bool may_own(const struct oriel_peer *peer)
{
	return peer->state == ORL_PEER_READY && peer->rights & ORIEL_MAY_INPUT;
}

/* The one that has waited longest, but not `old`. */
static struct oriel_peer *next_owner(
		const struct oriel_server *server, const struct oriel_peer *old)
{
	ORL_EACH (node, &server->peers) {
		struct oriel_peer *p =
				orl_container(node, struct oriel_peer, node);
		if (may_own(p) && p != old)
			return p;
	}
	return NULL;
}

void orl_peer_own(struct oriel_server *server, struct oriel_peer *peer)
{
	struct oriel_peer *old = server->owner;

	if (peer == old)
		return;
	server->owner = NULL;
	if (old) {
		orl_input_release(old);
		/* Its devices go as well. */
		orl_peer_later(old);
	}
	/* The host, hearing of keys, may have ended the new one. */
	if (!peer || !may_own(peer))
		peer = next_owner(server, old);
	server->owner = peer;
	ORL_EACH_SAFE (node, after, &server->peers) {
		struct oriel_peer *p =
				orl_container(node, struct oriel_peer, node);
		orl_peer_tell(p, ORL_FACT_OWNER | ORL_FACT_MIC);
		/* Its host is called: in dispatch, when this is done. */
		orl_peer_later(p);
	}
	orl_mic_changed(server);
	/* Printing goes with it: first those go that are no longer there. */
	if (old)
		orl_peer_print_settle(old);
	if (server->owner)
		orl_peer_print_settle(server->owner);
}

void orl_peer_ready(struct oriel_peer *peer)
{
	struct oriel_server *server = peer->server;

	if (peer->counted)
		orl_throttle_leave(server->throttle, peer->network);
	peer->counted = false;
	peer->state = ORL_PEER_READY;
	peer->timer.fire = orl_check_timer;
	orl_timer_stop(&peer->timer);
	orl_link_open(orl_conn_link(peer->conn));
	orl_peer_tell(peer, ORL_FACT_LOCKS | ORL_FACT_MODE);
	if (peer->state != ORL_PEER_READY)
		return;
	orl_peer_print_ready(peer);
	peer->join = true;
	orl_peer_later(peer);
	if (!server->owner && peer->rights & ORIEL_MAY_INPUT)
		orl_peer_own(server, peer);
	else
		orl_peer_tell(peer, ORL_FACT_OWNER);
	if (peer->state != ORL_PEER_READY)
		return;
	orl_cursor_show(peer);
	ORL_EACH_SAFE (node, after, &server->displays) {
		struct oriel_display *d =
				orl_container(node, struct oriel_display, node);
		if (peer->state == ORL_PEER_READY &&
				orl_pane_create(peer, d) < 0)
			orl_peer_end(peer, ORIEL_ENOMEM, "out of memory");
	}
}

const char *oriel_peer_name(const struct oriel_peer *peer)
{
	return peer->name ? peer->name : "";
}

const char *oriel_peer_user(const struct oriel_peer *peer)
{
	return peer->user;
}

const char *oriel_peer_address(const struct oriel_peer *peer)
{
	return orl_conn_address(peer->conn);
}

uint32_t oriel_peer_rights(const struct oriel_peer *peer)
{
	return peer->rights;
}

void oriel_peer_set_rights(struct oriel_peer *peer, uint32_t rights)
{
	if (rights == peer->rights || peer->state != ORL_PEER_READY)
		return;
	if (rights & ~peer->rights & ORIEL_MAY_SEE)
		peer->cursor_due = true;
	peer->rights = rights;
	peer->settle = true;
	orl_peer_later(peer);
	struct orl_rights msg = { .rights = rights, .epoch = ++peer->epoch };
	if (ORL_PEER_PUT(peer, rights, &msg) == 0)
		orl_conn_kick(peer->conn);
}

void oriel_peer_set_data(struct oriel_peer *peer, void *data)
{
	peer->data = data;
}

void *oriel_peer_data(const struct oriel_peer *peer)
{
	return peer->data;
}

void oriel_peer_close(struct oriel_peer *peer, const char *why)
{
	orl_peer_end(peer, 0, why ? why : "");
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

void oriel_peer_stats(const struct oriel_peer *peer, struct oriel_stats *out)
{
	struct oriel_stats s = peer->stats;
	struct orl_conn_stats conn;
	struct orl_link_stats link;
	uint64_t sorted[ORL_LATENCIES];
	size_t size = orl_min64(out->size, sizeof(s));
	size_t n = orl_min64(peer->n_latencies, ORL_LATENCIES);

	orl_conn_stats(peer->conn, &conn);
	orl_link_stats(orl_conn_link(peer->conn), &link);
	s.size = size;
	s.bytes_in = conn.bytes_in;
	s.bytes_out = conn.bytes_out;
	s.rtt = conn.rtt;
	s.min_rtt = conn.min_rtt;
	s.bandwidth = conn.rate;
	for (unsigned i = 0; i < ORL_CHANNELS; i++) {
		s.channel_in[i] = link.bytes_in[i];
		s.channel_out[i] = link.bytes_out[i];
	}
	memcpy(sorted, peer->latencies, n * sizeof(*sorted));
	qsort(sorted, n, sizeof(*sorted), by_value);
	if (n) {
		s.latency_p50 = sorted[n / 2];
		s.latency_p95 = sorted[n * 95 / 100];
		s.latency_p99 = sorted[n * 99 / 100];
	}
	s.exact = peer->state == ORL_PEER_READY && orl_check_is_exact(peer);
	strncpy(s.congestion, conn.congestion ? conn.congestion : "",
			sizeof(s.congestion) - 1);
	memcpy(out, &s, size);
}
