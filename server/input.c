/*
 * input.c - keys, pointer and touch from the peer that owns them.
 *
 * Events carry what happened, `held` what is: the host is told each change
 * once, whichever of the two brought it, and everything goes up when the peer
 * leaves or loses the right.
 */
#include "server/server.h"

#include <string.h>

enum { KEY_PAGE = 0x070000, KEY_PAGE_SIZE = 256 };

/* Only the owner's input counts; that of others is dropped, not punished. */
static bool owns(const struct oriel_peer *peer)
{
	return peer->server->owner == peer && peer->state == ORL_PEER_READY &&
	       peer->rights & ORIEL_MAY_INPUT;
}

static void note(struct oriel_peer *peer, uint32_t seq)
{
	uint64_t now = orl_now(&peer->server->env);

	peer->input_seq = seq;
	peer->inputs[peer->n_inputs++ % ORL_INPUTS] =
			(struct orl_input_note){ seq, now };
	/* The echo shall not wait for a timer. */
	orl_conn_kick(peer->conn);
}

uint32_t orl_input_seen(const struct oriel_peer *peer, uint64_t time)
{
	unsigned n = peer->n_inputs < ORL_INPUTS ? peer->n_inputs : ORL_INPUTS;

	for (unsigned i = 1; i <= n; i++) {
		const struct orl_input_note *in =
				&peer->inputs[(peer->n_inputs - i) %
						ORL_INPUTS];
		if (in->time <= time)
			return in->seq;
	}
	return 0;
}

/* Keys of other pages; false: nothing has changed, or they are too many. */
static bool set_other(struct oriel_peer *peer, uint32_t usage, bool down)
{
	unsigned i;

	for (i = 0; i < peer->n_others && peer->others[i] != usage; i++)
		;
	if (down == (i < peer->n_others) || i == ORL_OTHER_KEYS)
		return false;
	if (down)
		peer->others[peer->n_others++] = usage;
	else
		peer->others[i] = peer->others[--peer->n_others];
	return true;
}

static void set_key(struct oriel_peer *peer, uint32_t usage, bool down,
		uint32_t keysym)
{
	struct oriel_server *server = peer->server;
	uint32_t id = usage - KEY_PAGE;

	if (id < KEY_PAGE_SIZE) {
		uint8_t bit = (uint8_t)(1u << id % 8);
		if (!!(peer->keys[id / 8] & bit) == down)
			return;
		peer->keys[id / 8] ^= bit;
	} else if (!set_other(peer, usage, down)) {
		return;
	}
	struct oriel_key key = { .usage = usage,
		.down = down,
		.keysym = keysym,
		.time = orl_now(&server->env) };
	if (server->events.key)
		server->events.key(server->user, peer, &key);
}

int orl_input_key(struct oriel_peer *peer, const uint8_t *data, size_t n)
{
	struct orl_key key;
	int err = orl_get_key(data, n, &key);

	if (err)
		return err;
	if (!owns(peer))
		return 0;
	set_key(peer, key.usage, key.down, key.keysym);
	note(peer, key.seq);
	return 0;
}

static struct oriel_display *find_display(
		struct oriel_server *server, uint32_t id)
{
	ORL_EACH (node, &server->displays) {
		struct oriel_display *d =
				orl_container(node, struct oriel_display, node);
		if (d->id == id)
			return d;
	}
	return NULL;
}

static void send_pointer(struct oriel_peer *peer, struct oriel_pointer *p)
{
	struct oriel_server *server = peer->server;

	p->time = orl_now(&server->env);
	if (server->events.pointer)
		server->events.pointer(server->user, peer, p);
}

/* Where the pointer was last. */
static void set_buttons(struct oriel_peer *peer, uint32_t buttons)
{
	if (buttons == peer->buttons)
		return;
	peer->buttons = buttons;
	send_pointer(peer, &(struct oriel_pointer){
					   .display = peer->pointer_display,
					   .x = peer->pointer_x,
					   .y = peer->pointer_y,
					   .buttons = buttons });
}

int orl_input_pointer(struct oriel_peer *peer, const uint8_t *data, size_t n)
{
	struct orl_pointer msg;
	int err = orl_get_pointer(data, n, &msg);

	if (err)
		return err;
	struct oriel_display *d = find_display(peer->server, msg.display);
	if (!owns(peer))
		return 0;
	if (!d) {
		/* It has just gone; what is let go of there is let go of. */
		set_buttons(peer, peer->buttons & msg.buttons);
		note(peer, msg.seq);
		return 0;
	}
	struct oriel_pointer p = {
		.display = msg.display,
		.flags = msg.flags,
		.x = msg.x,
		.y = msg.y,
		.buttons = msg.buttons,
		.wheel_x = (int16_t)msg.wheel_x,
		.wheel_y = (int16_t)msg.wheel_y,
	};
	if (!(p.flags & ORIEL_POINTER_RELATIVE)) {
		/* A display may have shrunk while this was on its way. */
		p.x = orl_max32(0, orl_min32(p.x, d->width - 1));
		p.y = orl_max32(0, orl_min32(p.y, d->height - 1));
		peer->pointer_x = p.x;
		peer->pointer_y = p.y;
		peer->pointer_display = p.display;
	}
	peer->buttons = p.buttons;
	send_pointer(peer, &p);
	note(peer, msg.seq);
	return 0;
}

static void send_touch(struct oriel_peer *peer, const struct orl_finger *finger,
		enum oriel_touch_phase phase)
{
	struct oriel_server *server = peer->server;
	struct oriel_touch touch = {
		.display = finger->display,
		.contact = finger->contact,
		.phase = phase,
		.x = finger->x,
		.y = finger->y,
		.time = orl_now(&server->env),
	};

	if (server->events.touch)
		server->events.touch(server->user, peer, &touch);
}

static struct orl_finger *find_finger(struct oriel_peer *peer, uint32_t contact)
{
	for (unsigned i = 0; i < peer->n_fingers; i++)
		if (peer->fingers[i].contact == contact)
			return &peer->fingers[i];
	return NULL;
}

/* Up, wherever it was last; the host may answer with anything. */
static void lift(struct oriel_peer *peer, struct orl_finger *finger)
{
	struct orl_finger gone = *finger;

	*finger = peer->fingers[--peer->n_fingers];
	send_touch(peer, &gone, ORIEL_TOUCH_UP);
}

int orl_input_touch(struct oriel_peer *peer, const uint8_t *data, size_t n)
{
	struct orl_touch msg;
	int err = orl_get_touch(data, n, &msg);

	if (err)
		return err;
	if (!owns(peer))
		return 0;
	struct oriel_display *d = find_display(peer->server, msg.display);
	struct orl_finger *finger = find_finger(peer, msg.contact);
	bool known = finger != NULL;
	if (!known && d && msg.phase == ORIEL_TOUCH_DOWN &&
			peer->n_fingers < ORL_FINGERS_MAX) {
		finger = &peer->fingers[peer->n_fingers++];
		finger->contact = msg.contact;
	}
	if (finger && d) {
		finger->display = msg.display;
		finger->x = orl_max32(0, orl_min32(msg.x, d->width - 1));
		finger->y = orl_max32(0, orl_min32(msg.y, d->height - 1));
	}
	/* One that is down does not go down again: it has moved. */
	if (finger && msg.phase == ORIEL_TOUCH_UP)
		lift(peer, finger);
	else if (finger && d)
		send_touch(peer, finger,
				known ? ORIEL_TOUCH_MOVED : ORIEL_TOUCH_DOWN);
	note(peer, msg.seq);
	return 0;
}

int orl_input_text(struct oriel_peer *peer, const uint8_t *data, size_t n)
{
	struct oriel_server *server = peer->server;
	struct orl_text msg;
	char text[256 + 1];
	int err = orl_get_text(data, n, &msg);

	if (err)
		return err;
	if (!owns(peer))
		return 0;
	memcpy(text, msg.text.p, msg.text.n);
	text[msg.text.n] = 0;
	if (server->events.text && msg.text.n)
		server->events.text(server->user, peer, text);
	note(peer, msg.seq);
	return 0;
}

int orl_input_held(struct oriel_peer *peer, const uint8_t *data, size_t n)
{
	struct oriel_server *server = peer->server;
	struct orl_held msg;
	int err = orl_get_held(data, n, &msg);

	if (err)
		return err;
	if (msg.keys.n != sizeof(peer->keys))
		return ORIEL_EPROTO;
	if (!owns(peer))
		return 0;
	/* The host, hearing of a key, may end the peer or its right. */
	for (uint32_t id = 0; id < KEY_PAGE_SIZE && owns(peer); id++)
		set_key(peer, KEY_PAGE + id, msg.keys.p[id / 8] >> id % 8 & 1,
				0);
	if (owns(peer))
		set_buttons(peer, msg.buttons);
	if (owns(peer) && server->events.locks)
		server->events.locks(server->user, peer, msg.locks);
	return 0;
}

int orl_input_take(struct oriel_peer *peer, const uint8_t *data, size_t n)
{
	struct oriel_server *server = peer->server;
	struct orl_take msg;
	int err = orl_get_take(data, n, &msg);

	if (err)
		return err;
	if (msg.take)
		orl_peer_own(server, peer);
	else if (owns(peer))
		orl_peer_own(server, NULL);
	return 0;
}

void orl_input_release(struct oriel_peer *peer)
{
	for (uint32_t id = 0; id < KEY_PAGE_SIZE; id++)
		set_key(peer, KEY_PAGE + id, false, 0);
	while (peer->n_others)
		set_key(peer, peer->others[0], false, 0);
	set_buttons(peer, 0);
	while (peer->n_fingers)
		lift(peer, &peer->fingers[0]);
}
