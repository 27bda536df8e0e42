/*
 * usb.c - devices that peers offer the desktop. What flows is redirect/usb.c;
 * here is who may: the owner of input, with the right to.
 */
#include "server/server.h"

#include <string.h>

static struct oriel_peer *peer_of(struct orl_usb_set *set)
{
	return orl_container(set, struct oriel_peer, usb);
}

static void on_attached(struct orl_usb_set *set, struct oriel_usb *usb)
{
	struct oriel_server *server = peer_of(set)->server;

	if (server->events.usb_attached)
		server->events.usb_attached(server->user, peer_of(set), usb);
}

static void on_data(struct orl_usb_set *set, struct oriel_usb *usb,
		const void *data, size_t n)
{
	struct oriel_server *server = peer_of(set)->server;

	if (server->events.usb_data)
		server->events.usb_data(server->user, usb, data, n);
	else
		oriel_usb_consumed(usb, n);
}

static void on_writable(struct orl_usb_set *set, struct oriel_usb *usb)
{
	struct oriel_server *server = peer_of(set)->server;

	if (server->events.usb_writable)
		server->events.usb_writable(server->user, usb);
}

static void on_detached(
		struct orl_usb_set *set, struct oriel_usb *usb, const char *why)
{
	struct oriel_server *server = peer_of(set)->server;

	if (server->events.usb_detached)
		server->events.usb_detached(server->user, usb, why);
}

static void on_queued(struct orl_usb_set *set, int err)
{
	struct oriel_peer *peer = peer_of(set);

	if (orl_peer_sent(peer, err) == 0)
		orl_conn_kick(peer->conn);
}

static const struct orl_usb_calls calls = {
	.attached = on_attached,
	.data = on_data,
	.writable = on_writable,
	.detached = on_detached,
	.queued = on_queued,
};

void orl_peer_usb_init(struct oriel_peer *peer)
{
	orl_usb_init(&peer->usb, &peer->server->env, ORL_SERVER, &calls,
			&peer->server->usb_rules);
}

static const char *refusal(const struct oriel_peer *peer)
{
	if (!(peer->rights & ORIEL_MAY_USB))
		return "you may not give USB devices to this desktop; ask "
		       "whoever runs it";
	if (peer->server->owner != peer)
		return "somebody else has keyboard and pointer, and only who "
		       "has them may give USB devices to this desktop";
	return NULL;
}

void orl_peer_usb_settle(struct oriel_peer *peer)
{
	if (peer->usb.count && refusal(peer))
		orl_usb_drop_all(&peer->usb, refusal(peer));
}

int orl_peer_usb_attach(struct oriel_peer *peer, const uint8_t *data, size_t n)
{
	peer->usb.link = orl_conn_link(peer->conn);
	return orl_usb_on_attach(&peer->usb, data, n, refusal(peer));
}

int orl_peer_usb_data(struct oriel_peer *peer, const uint8_t *data, size_t n)
{
	return orl_usb_on_data(&peer->usb, data, n);
}

int orl_peer_usb_credit(struct oriel_peer *peer, const uint8_t *data, size_t n)
{
	return orl_usb_on_credit(&peer->usb, data, n);
}

int orl_peer_usb_detach(struct oriel_peer *peer, const uint8_t *data, size_t n)
{
	return orl_usb_on_detach(&peer->usb, data, n);
}

/* One that it knows may have been dropped unsent; usb_detach says so. */
int orl_peer_usb_cancel(struct oriel_peer *peer, const uint8_t *data, size_t n)
{
	struct orl_cancel msg;

	(void)peer;
	return orl_get_cancel(data, n, &msg);
}

int oriel_peer_set_usb_rules(struct oriel_peer *peer, const char *rules)
{
	struct orl_usb_rules made;
	int err = orl_usb_rules_init(&made, rules);

	if (err)
		return err;
	orl_usb_rules_fini(&peer->usb.more);
	made.open = true;
	peer->usb.more = made;
	return 0;
}

void oriel_usb_answer(struct oriel_usb *usb, enum oriel_usb_answer answer,
		const char *why)
{
	orl_usb_answer(usb, answer, why);
}

struct oriel_peer *oriel_usb_peer(const struct oriel_usb *usb)
{
	return peer_of(orl_usb_set_of(usb));
}
