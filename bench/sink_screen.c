/*
 * sink_screen.c - takes the place of client/screen.c, picture.c and video.c in oriel-bench-sink: the
 * messages are read as there, and acknowledged by the same ack.c, but no
 * pixel is decoded or kept, so that a processor can be a hundred clients. The
 * server's own hashes are sent back to its checks.
 */
#include <string.h>

#include "bench/sink.h"
#include "client/client.h"

struct oriel_screen *orl_screen_find(struct oriel_client *c, uint32_t id)
{
	ORL_EACH (node, &c->screens) {
		struct oriel_screen *s =
				orl_container(node, struct oriel_screen, node);
		if (s->id == id)
			return s;
	}
	return NULL;
}

void orl_screen_destroy(struct oriel_screen *s)
{
	orl_list_remove(&s->node);
	orl_free(&s->client->env, s);
}

/* A sink does not come back, so there is nothing to keep for it. */
void orl_screen_strand(struct oriel_client *c)
{
	ORL_EACH_SAFE (node, after, &c->screens)
		orl_screen_destroy(
				orl_container(node, struct oriel_screen, node));
}

void orl_screen_drop_stale(struct oriel_client *c)
{
	(void)c;
}

int orl_screen_display(struct oriel_client *c, const uint8_t *d, size_t n)
{
	struct orl_display msg;
	if (orl_get_display(d, n, &msg))
		return ORIEL_EPROTO;
	struct oriel_screen *s = orl_screen_find(c, msg.display);
	if (!s) {
		s = orl_alloc(&c->env, 1, sizeof(*s));
		if (!s)
			return ORIEL_ENOMEM;
		s->client = c;
		s->id = msg.display;
		orl_list_append(&c->screens, &s->node);
	}
	s->rect = (struct oriel_rect){ msg.x, msg.y, msg.width, msg.height };
	return 0;
}

int orl_screen_gone(struct oriel_client *c, const uint8_t *d, size_t n)
{
	struct orl_display_gone msg;
	int err = orl_get_display_gone(d, n, &msg);
	struct oriel_screen *s = err ? NULL : orl_screen_find(c, msg.display);
	if (!s)
		return ORIEL_EPROTO;
	orl_screen_was_shown(s, 0);
	orl_screen_send_acks(c);
	orl_screen_destroy(s);
	return 0;
}

int orl_screen_reset(struct oriel_client *c, const uint8_t *d, size_t n)
{
	struct orl_reset msg;
	int err = orl_get_reset(d, n, &msg);
	struct oriel_screen *s = err ? NULL : orl_screen_find(c, msg.display);
	if (!s)
		return ORIEL_EPROTO;
	memset(s->bytes, 0, sizeof(s->bytes));
	memset(s->first_byte, 0, sizeof(s->first_byte));
	return 0;
}

int orl_screen_lossy(struct oriel_client *c, const uint8_t *d, size_t n)
{
	struct orl_cells_lossy msg;
	int err = orl_get_cells_lossy(d, n, &msg);
	return err || !orl_screen_find(c, msg.display) ? ORIEL_EPROTO : 0;
}

int orl_screen_picture(struct oriel_client *c, const uint8_t *d, size_t n)
{
	struct orl_picture msg;
	int err = orl_get_picture(d, n, &msg);
	struct oriel_screen *s = err ? NULL : orl_screen_find(c, msg.display);
	if (!s)
		return ORIEL_EPROTO;
	if (!s->first_byte[msg.transaction])
		s->first_byte[msg.transaction] = orl_now(&c->env);
	s->bytes[msg.transaction] += n;
	return 0;
}

int orl_screen_video_frame(struct oriel_client *c, const uint8_t *d, size_t n)
{
	struct orl_video_frame msg;
	int err = orl_get_video_frame(d, n, &msg);
	struct oriel_screen *s = err ? NULL : orl_screen_find(c, msg.display);
	if (!s)
		return ORIEL_EPROTO;
	if (!s->first_byte[msg.transaction])
		s->first_byte[msg.transaction] = orl_now(&c->env);
	s->bytes[msg.transaction] += n;
	return 0;
}

int orl_screen_video_open(struct oriel_client *c, const uint8_t *d, size_t n)
{
	struct orl_video_open msg;
	int err = orl_get_video_open(d, n, &msg);
	return err || !orl_screen_find(c, msg.display) ? ORIEL_EPROTO : 0;
}

int orl_screen_video_move(struct oriel_client *c, const uint8_t *d, size_t n)
{
	struct orl_video_move msg;
	int err = orl_get_video_move(d, n, &msg);
	return err || !orl_screen_find(c, msg.display) ? ORIEL_EPROTO : 0;
}

int orl_screen_video_close(struct oriel_client *c, const uint8_t *d, size_t n)
{
	struct orl_video_close msg;
	int err = orl_get_video_close(d, n, &msg);
	return err || !orl_screen_find(c, msg.display) ? ORIEL_EPROTO : 0;
}

int orl_screen_part(struct oriel_client *c, const uint8_t *d, size_t n)
{
	struct orl_part part;
	int err = orl_get_part(d, n, &part);
	struct oriel_screen *s = err ? NULL : orl_screen_find(c, part.display);
	if (!s)
		return ORIEL_EPROTO;
	if (!s->first_byte[part.transaction])
		s->first_byte[part.transaction] = orl_now(&c->env);
	s->bytes[part.transaction] += n;
	return 0;
}

int orl_screen_commit(struct oriel_client *c, const uint8_t *d, size_t n)
{
	struct orl_commit msg;
	uint64_t now = orl_now(&c->env);
	int err = orl_get_commit(d, n, &msg);
	struct oriel_screen *s = err ? NULL : orl_screen_find(c, msg.display);
	if (!s)
		return ORIEL_EPROTO;
	unsigned t = msg.transaction;
	orl_screen_owe_ack(s, s->bytes[t]);
	s->received = s->first_byte[t] ? s->first_byte[t] : now;
	s->decoded = now;
	s->frame = msg.frame;
	s->bytes[t] = s->first_byte[t] = 0;
	c->stats.updates++;
	s->refined = msg.refined;
	if (!msg.refined)
		sink_commit(c->user, msg.time, now);
	orl_screen_was_shown(s, now);
	orl_screen_wait_for_more(s, now);
	return 0;
}

int orl_screen_check(struct oriel_client *c, const uint8_t *d, size_t n)
{
	struct orl_check msg;
	int err = orl_get_check(d, n, &msg);
	struct oriel_screen *s = err ? NULL : orl_screen_find(c, msg.display);
	if (!s)
		return ORIEL_EPROTO;
	struct orl_checked answer = {
		.display = msg.display, .serial = msg.serial, .rows = msg.rows
	};
	if (ORL_CLIENT_PUT(c, checked, &answer))
		return 0;
	orl_conn_kick(c->conn);
	if (msg.clean)
		sink_exact(c->user);
	return 0;
}
