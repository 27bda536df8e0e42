/*
 * cursor.c - the pointer's picture, sent once and then named.
 *
 * Of pictures and places that nobody had time for only the newest is sent.
 */
#include "server/server.h"

#include <string.h>

#include "codecs/cursor.h"

enum { WARP_QUEUED = 4096 };

/* FNV-1a over size, hot spot and pixels: a name, not a defence. */
static uint64_t hash(const struct orl_cursor *c)
{
	uint64_t h = 0xcbf29ce484222325u;
	const uint32_t head[4] = { (uint32_t)c->width, (uint32_t)c->height,
		(uint32_t)c->hot_x, (uint32_t)c->hot_y };

	for (size_t i = 0; i < 4; i++)
		h = (h ^ head[i]) * 0x100000001b3u;
	for (size_t i = 0; i < (size_t)c->width * (size_t)c->height; i++)
		h = (h ^ c->pixels[i]) * 0x100000001b3u;
	return h ? h : 1;
}

static int send_shape(struct oriel_peer *peer, unsigned slot)
{
	struct oriel_server *server = peer->server;
	const struct orl_cursor *c = &server->cursor;
	struct orl_cursor_shape msg = {
		.slot = (uint8_t)slot,
		.width = (uint16_t)c->width,
		.height = (uint16_t)c->height,
		.hot_x = (uint16_t)c->hot_x,
		.hot_y = (uint16_t)c->hot_y,
	};
	uint8_t head[16];
	struct orl_wr w = { head, sizeof(head), 0 };
	struct orl_buf *tail =
			orl_buf_create(&server->env, ORL_CURSOR_DATA_MAX);
	size_t n;

	if (!tail)
		return ORIEL_ENOMEM;
	int err = orl_cursor_encode(&server->env, c->pixels, (size_t)c->width,
			c->width, c->height, tail->data, tail->capacity, &n);
	if (!err) {
		orl_put_cursor_shape(&w, &msg);
		tail->size = n;
		err = orl_link_send(orl_conn_link(peer->conn),
				&(struct orl_send){
						.id = ORL_MSG_cursor_shape,
						.head = head,
						.head_n = w.n,
						.tail = tail });
	}
	orl_buf_unref(tail);
	return err;
}

static void show(struct oriel_peer *peer)
{
	const struct orl_cursor *c = &peer->server->cursor;
	struct orl_cursor_use use = { .shown = c->pixels != NULL };

	for (unsigned i = 0; use.shown && i < ORL_CURSOR_SLOTS; i++)
		if (peer->slots[i] == c->hash) {
			use.slot = (uint8_t)i;
			goto send;
		}
	if (use.shown) {
		unsigned slot = peer->next_slot++ % ORL_CURSOR_SLOTS;
		peer->slots[slot] = c->hash;
		if (orl_peer_sent(peer, send_shape(peer, slot)) == 0)
			orl_conn_kick(peer->conn);
		return;
	}
send:
	if (ORL_PEER_PUT(peer, cursor_use, &use) == 0)
		orl_conn_kick(peer->conn);
}

void orl_cursor_show(struct oriel_peer *peer)
{
	peer->cursor_due = true;
	orl_conn_kick(peer->conn);
}

static void send_warp(struct oriel_peer *peer)
{
	struct orl_cursor_pos pos = { .display = (uint8_t)peer->warp.display,
		.x = peer->warp.x, .y = peer->warp.y };

	peer->warp.due = false;
	if (ORL_PEER_PUT(peer, cursor_pos, &pos) == 0)
		orl_conn_kick(peer->conn);
}

void orl_cursor_warp(
		struct oriel_peer *peer, uint32_t display, int32_t x, int32_t y)
{
	peer->warp.due = true;
	peer->warp.display = display;
	peer->warp.x = x;
	peer->warp.y = y;
	/* Who does not read gets the newest when it does. */
	if (orl_link_queued(orl_conn_link(peer->conn),
			    1u << ORL_CHANNEL_CONTROL) < WARP_QUEUED)
		send_warp(peer);
}

bool orl_cursor_send(struct oriel_peer *peer)
{
	if (peer->warp.due)
		send_warp(peer);
	if (peer->state != ORL_PEER_READY || !peer->cursor_due)
		return false;
	peer->cursor_due = false;
	show(peer);
	return peer->state == ORL_PEER_READY;
}

int oriel_server_set_cursor(struct oriel_server *server,
		const struct oriel_pixels *image, int32_t hot_x, int32_t hot_y)
{
	struct orl_cursor c = { .pixels = NULL };

	if (!server)
		return ORIEL_EINVAL;
	if (image) {
		if (!image->data || image->width < 1 || image->height < 1 ||
				image->width > ORL_CURSOR_SIDE_MAX ||
				image->height > ORL_CURSOR_SIDE_MAX ||
				image->stride / 4 < image->width ||
				image->format != ORIEL_FORMAT_ARGB8888)
			return ORIEL_EINVAL;
		c.width = image->width;
		c.height = image->height;
		c.hot_x = orl_max32(0, orl_min32(hot_x, c.width - 1));
		c.hot_y = orl_max32(0, orl_min32(hot_y, c.height - 1));
		c.pixels = orl_alloc(&server->env,
				(size_t)c.width * (size_t)c.height, 4);
		if (!c.pixels)
			return ORIEL_ENOMEM;
		for (int32_t y = 0; y < c.height; y++)
			memcpy(c.pixels + y * c.width,
					(const uint8_t *)image->data +
							(size_t)y * (size_t)image->stride,
					(size_t)c.width * 4);
		c.hash = hash(&c);
	}
	bool same = c.hash == server->cursor.hash;
	orl_free(&server->env, server->cursor.pixels);
	server->cursor = c;
	if (same)
		return 0;
	ORL_EACH_SAFE (node, after, &server->peers) {
		struct oriel_peer *peer =
				orl_container(node, struct oriel_peer, node);
		if (peer->state == ORL_PEER_READY)
			orl_cursor_show(peer);
	}
	return 0;
}
