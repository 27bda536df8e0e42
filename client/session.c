/*
 * session.c - what a server may say, by state, and how a session ends.
 */
#include "client/client.h"

#include <string.h>

#include "codecs/cursor.h"
#include "proto/io/socket.h"

enum { USB_CANCEL = ORL_CHANNEL_USB << 8 | ORL_MSG_cancel };

struct handler {
	uint16_t id;
	int (*handle)(struct oriel_client *c, const uint8_t *data, size_t n);
	uint64_t caps; /* ORL_CAP(): not allowed unless these are in force */
};

void orl_session_state(struct oriel_client *c, enum oriel_client_state state)
{
	c->state = state;
	/* How far an attempt to come back has got is nobody's concern. */
	if (c->events.state && !c->again.lost)
		c->events.state(c->user, state, 0, "");
}

int orl_session_sent(struct oriel_client *c, int err)
{
	if (err)
		orl_session_end_later(c, err, oriel_strerror(err));
	return err;
}

void orl_session_end_later(struct oriel_client *c, int error, const char *text)
{
	if ((!c->conn && !c->again.lost) || c->ending)
		return;
	c->ending = true;
	c->end_error = error;
	orl_printable(c->end_text, sizeof(c->end_text), text, strlen(text));
	orl_loop_defer(c->loop, &c->later);
}

void orl_session_later(struct orl_deferred *later)
{
	struct oriel_client *c =
			orl_container(later, struct oriel_client, later);
	bool begun = c->begun, trusted = c->trusted;

	c->begun = c->trusted = false;
	if (begun && c->conn)
		orl_session_state(c, c->state);
	if (trusted && c->conn && !c->ending)
		orl_login_trusted(c);
	if (c->ending)
		orl_session_end(c, c->end_error, c->end_text);
}

/* What a line has carried, for it can be asked no more. */
static void count_line(struct oriel_client *c)
{
	struct orl_conn_stats conn;
	struct orl_link_stats link;

	orl_conn_stats(c->conn, &conn);
	orl_link_stats(orl_conn_link(c->conn), &link);
	c->stats.bytes_in += conn.bytes_in;
	c->stats.bytes_out += conn.bytes_out;
	for (unsigned i = 0; i < ORL_CHANNELS; i++) {
		c->stats.channel_in[i] += link.bytes_in[i];
		c->stats.channel_out[i] += link.bytes_out[i];
	}
}

/* The line goes, and what belongs to it alone. */
static void drop_line(struct oriel_client *c)
{
	struct orl_conn *conn = c->conn;

	orl_decode_drop(c);
	if (conn)
		count_line(c);
	if (c->usb.calls)
		orl_usb_end(&c->usb);
	orl_input_open(c, false, 0);
	orl_sound_session(c, false);
	c->begun = c->trusted = c->ending = false;
	c->rights = 0;
	c->owns = false;
	orl_clip_end(&c->clip, ORIEL_ECLOSED);
	orl_timer_stop(&c->timer);
	orl_timer_stop(&c->batch);
	c->batch.at = 0;
	orl_timer_stop(&c->retry);
	orl_login_forget(c);
	c->conn = NULL;
	for (unsigned i = 0; i < ORL_CURSOR_SLOTS; i++) {
		orl_free(&c->env, c->cursors[i].pixels);
		c->cursors[i].pixels = NULL;
	}
	orl_conn_destroy(conn);
}

void orl_session_end(struct oriel_client *c, int error, const char *text)
{
	char why[ORL_NAME_MAX + 64];

	if (!c->conn && !c->again.lost)
		return;
	/* The text may live in what is about to be freed. */
	orl_printable(why, sizeof(why), text, strlen(text));
	drop_line(c);
	orl_again_stop(c);
	orl_client_print_drop(c);
	ORL_EACH_SAFE (node, after, &c->screens)
		orl_screen_destroy(
				orl_container(node, struct oriel_screen, node));
	c->state = ORIEL_CLIENT_IDLE;
	if (c->events.state)
		c->events.state(c->user, ORIEL_CLIENT_IDLE, error, why);
}

void orl_session_lost(struct oriel_client *c, int error, const char *text)
{
	char why[ORL_NAME_MAX + 64];

	if (!orl_again_may(c)) {
		orl_session_end(c, error, text);
		return;
	}
	orl_printable(why, sizeof(why), text, strlen(text));
	drop_line(c);
	c->rights = 0;
	orl_screen_strand(c);
	c->state = ORIEL_CLIENT_RECONNECTING;
	orl_again_look(c, error, why);
}

/* ---- small messages ---------------------------------------------------- */

static int on_bye(struct oriel_client *c, const uint8_t *data, size_t n)
{
	/* By code: "done" and "shutdown" are a goodbye, as is peer_left's 0. */
	static const int errors[] = { 0, ORIEL_EPROTO, ORIEL_EDENIED,
		ORIEL_ETIMEOUT, ORIEL_EIO, 0, ORIEL_ELIMIT, ORIEL_ECLOSED };
	/* Idle, internal, shutdown and limit may be better in a moment. */
	static const unsigned passing = 1 << 3 | 1 << 4 | 1 << 5 | 1 << 6;
	struct orl_bye msg;
	char text[ORL_NAME_MAX + 1];
	int err = orl_get_bye(data, n, &msg);

	if (err)
		return err;
	memcpy(text, msg.why.p, msg.why.n);
	text[msg.why.n] = 0;
	if (passing >> msg.code & 1)
		orl_session_lost(c, errors[msg.code], text);
	else
		orl_session_end(c, errors[msg.code], text);
	return 0;
}

static int on_rights(struct oriel_client *c, const uint8_t *data, size_t n)
{
	struct orl_rights msg;
	int err = orl_get_rights(data, n, &msg);

	if (err)
		return err;
	struct orl_rights_seen seen = { .epoch = msg.epoch };
	uint32_t before = c->rights;
	c->rights = msg.rights;
	c->epoch = msg.epoch;
	orl_input_open(c, true, msg.rights);
	orl_sound_session(c, true);
	if (!(msg.rights & ORIEL_MAY_INPUT)) {
		/* The server has let go of all, and hears of no change. */
		memset(c->keys, 0, sizeof(c->keys));
		c->buttons = 0;
	}
	if (ORL_CLIENT_PUT(c, rights_seen, &seen) < 0)
		return 0;
	orl_session_clip_settle(c);
	orl_client_print_rights(c, before);
	if (c->events.rights)
		c->events.rights(c->user, msg.rights);
	return 0;
}

static int on_owner(struct oriel_client *c, const uint8_t *data, size_t n)
{
	struct orl_owner msg;
	char name[ORL_NAME_MAX + 1];
	int err = orl_get_owner(data, n, &msg);

	if (err)
		return err;
	memcpy(name, msg.name.p, msg.name.n);
	name[msg.name.n] = 0;
	c->owns = msg.yours;
	orl_session_clip_settle(c);
	if (c->events.owner)
		c->events.owner(c->user, msg.yours, name);
	return 0;
}

static int on_notice(struct oriel_client *c, const uint8_t *data, size_t n)
{
	struct orl_notice msg;
	char text[512 + 1];
	int err = orl_get_notice(data, n, &msg);

	if (err)
		return err;
	memcpy(text, msg.text.p, msg.text.n);
	text[msg.text.n] = 0;
	if (c->events.notice)
		c->events.notice(c->user, msg.level, text);
	return 0;
}

static int on_locks(struct oriel_client *c, const uint8_t *data, size_t n)
{
	struct orl_locks msg;
	int err = orl_get_locks(data, n, &msg);

	if (!err && c->events.locks)
		c->events.locks(c->user, msg.locks);
	return err;
}

static int on_mode(struct oriel_client *c, const uint8_t *data, size_t n)
{
	struct orl_pointer_mode msg;
	int err = orl_get_pointer_mode(data, n, &msg);

	if (!err && c->events.relative)
		c->events.relative(c->user, msg.relative);
	return err;
}

/* ---- cursor ------------------------------------------------------------ */

static int on_cursor_pos(struct oriel_client *c, const uint8_t *data, size_t n)
{
	struct orl_cursor_pos msg;
	int err = orl_get_cursor_pos(data, n, &msg);

	if (err)
		return err;
	struct oriel_screen *s = orl_screen_find(c, msg.display);
	if (s && s->added && c->events.cursor_warped)
		c->events.cursor_warped(c->user, s, msg.x, msg.y);
	return 0;
}

static void show_cursor(struct oriel_client *c, unsigned slot)
{
	const struct orl_cursor_kept *k = &c->cursors[slot];
	struct oriel_pixels image = { k->pixels, k->width, k->height,
		k->width * 4, ORIEL_FORMAT_ARGB8888 };

	if (c->events.cursor)
		c->events.cursor(c->user, &image, k->hot_x, k->hot_y);
}

static int on_cursor_shape(
		struct oriel_client *c, const uint8_t *data, size_t n)
{
	struct orl_cursor_shape msg;
	int err = orl_get_cursor_shape(data, n, &msg);

	if (err)
		return err;
	if (msg.hot_x >= msg.width || msg.hot_y >= msg.height)
		return ORIEL_EPROTO;
	struct orl_cursor_kept *k = &c->cursors[msg.slot];
	uint32_t *pixels =
			orl_alloc(&c->env, (size_t)msg.width * msg.height, 4);
	if (!pixels)
		return ORIEL_ENOMEM;
	err = orl_cursor_decode(
			pixels, msg.width, msg.height, msg.data.p, msg.data.n);
	if (err) {
		orl_free(&c->env, pixels);
		return err;
	}
	orl_free(&c->env, k->pixels);
	*k = (struct orl_cursor_kept){ pixels, msg.width, msg.height, msg.hot_x,
		msg.hot_y };
	show_cursor(c, msg.slot);
	return 0;
}

static int on_cursor_use(struct oriel_client *c, const uint8_t *data, size_t n)
{
	struct orl_cursor_use msg;
	int err = orl_get_cursor_use(data, n, &msg);

	if (err)
		return err;
	if (!msg.shown) {
		if (c->events.cursor)
			c->events.cursor(c->user, NULL, 0, 0);
		return 0;
	}
	if (!c->cursors[msg.slot].pixels)
		return ORIEL_EPROTO;
	show_cursor(c, msg.slot);
	return 0;
}

/* ---- what may arrive --------------------------------------------------- */

/* clang-format off */
static const struct handler before[] = {
	{ ORL_MSG_server_hello, orl_login_server_hello, 0 },
	{ ORL_MSG_challenge,    orl_login_challenge, 0 },
	{ ORL_MSG_welcome,      orl_login_welcome, 0 },
	{ ORL_MSG_refused,      orl_login_refused, 0 },
	{ ORL_MSG_bye,          on_bye, 0 },
	{ 0, NULL, 0 },
};

static const struct handler ready[] = {
	{ ORL_MSG_part,         orl_screen_part, 0 },
	{ ORL_MSG_commit,       orl_screen_commit, 0 },
	{ ORL_MSG_check,        orl_screen_check, 0 },
	{ ORL_MSG_cells_lossy,  orl_screen_lossy, 0 },
	{ ORL_MSG_picture,      orl_screen_picture, ORL_CAP(JPEG) },
	{ ORL_MSG_video_open,   orl_screen_video_open, 0 },
	{ ORL_MSG_video_frame,  orl_screen_video_frame, 0 },
	{ ORL_MSG_video_move,   orl_screen_video_move, 0 },
	{ ORL_MSG_video_close,  orl_screen_video_close, 0 },
	{ ORL_MSG_display,      orl_screen_display, 0 },
	{ ORL_MSG_display_gone, orl_screen_gone, 0 },
	{ ORL_MSG_reset,        orl_screen_reset, 0 },
	{ ORL_MSG_cursor_shape, on_cursor_shape, 0 },
	{ ORL_MSG_cursor_use,   on_cursor_use, 0 },
	{ ORL_MSG_cursor_pos,   on_cursor_pos, 0 },
	{ ORL_MSG_resumption,   orl_login_resumption, 0 },
	{ ORL_MSG_rights,       on_rights, 0 },
	{ ORL_MSG_owner,        on_owner, 0 },
	{ ORL_MSG_notice,       on_notice, 0 },
	{ ORL_MSG_locks,        on_locks, 0 },
	{ ORL_MSG_pointer_mode, on_mode, 0 },
	{ ORL_MSG_bye,          on_bye, 0 },
	{ ORL_MSG_sound_open,   orl_sound_on_open, ORL_CAP(OPUS) },
	{ ORL_MSG_sound,        orl_sound_on_packet, ORL_CAP(OPUS) },
	{ ORL_MSG_sound_pause,  orl_sound_on_pause, ORL_CAP(OPUS) },
	{ ORL_MSG_sound_volume, orl_sound_on_volume, ORL_CAP(OPUS) },
	{ ORL_MSG_mic_wanted,   orl_sound_on_mic, ORL_CAP(OPUS) },
	{ ORL_MSG_usb_answer,   orl_client_usb_answer, ORL_CAP(USB) },
	{ ORL_MSG_usb_data,     orl_client_usb_data,   ORL_CAP(USB) },
	{ ORL_MSG_usb_credit,   orl_client_usb_credit, ORL_CAP(USB) },
	{ ORL_MSG_usb_detach,   orl_client_usb_detach, ORL_CAP(USB) },
	{ USB_CANCEL,           orl_client_usb_cancel, ORL_CAP(USB) },
	{ ORL_MSG_print_begin, orl_client_print_begin, ORL_CAP(PRINT) },
	{ ORL_MSG_print_data, orl_client_print_data, ORL_CAP(PRINT) },
	{ ORL_MSG_print_end, orl_client_print_end, ORL_CAP(PRINT) },
	{ ORL_MSG_print_cancel, orl_client_print_cancel, ORL_CAP(PRINT) },
	{ 0, NULL, 0 },
};
/* clang-format on */

void orl_session_answer(struct oriel_client *c, uint16_t id, int err)
{
	if (!err)
		return;
	orl_log(&c->env, ORIEL_LOG_WARN, "session",
			"message 0x%04x of the server: %s", id,
			oriel_strerror(err));
	orl_session_end(c, err, oriel_strerror(err));
}

void orl_session_dispatch(struct oriel_client *c, uint16_t id,
		const uint8_t *data, size_t n)
{
	const struct handler *h =
			c->state == ORIEL_CLIENT_READY ? ready : before;

	if (!c->conn || c->ending)
		return;
	for (; h->handle; h++)
		if (h->id == id && (c->caps & h->caps) == h->caps) {
			orl_session_answer(c, id, h->handle(c, data, n));
			return;
		}
	orl_log(&c->env, ORIEL_LOG_WARN, "session",
			"the server sent message 0x%04x, which is not allowed "
			"now",
			id);
	orl_session_end(c, ORIEL_EPROTO, oriel_strerror(ORIEL_EPROTO));
}

static int on_message(void *user, uint16_t id, const uint8_t *data, size_t n)
{
	struct oriel_client *c = user;

	if (!c->conn || c->ending)
		return 0;
	orl_again_busy(c);
	if (c->clip.link && id >> 8 == ORL_CHANNEL_CLIPBOARD)
		orl_session_answer(c, id,
				orl_session_clip_message(c, id, data, n));
	else if (!orl_decode_holds(c, id, data, n))
		orl_session_dispatch(c, id, data, n);
	return 0;
}

static void on_secured(void *user)
{
	orl_login_secured(user);
}

static void on_closed(void *user, int error, const char *why)
{
	struct oriel_client *c = user;
	const char *unused;
	int socket;

	/* A name may have several addresses: try them in turn. */
	if (c->state == ORIEL_CLIENT_CONNECTING && error && !c->again.lost &&
			!c->address.local && c->address.host[0] &&
			orl_client_socket(c, &socket, c->attempt++, false,
					&unused) == 0) {
		orl_conn_destroy(c->conn);
		c->conn = NULL;
		if (orl_client_line(c, socket, false, c->address.host) == 0)
			return;
		orl_socket_close(socket);
		c->state = ORIEL_CLIENT_IDLE;
		if (c->events.state)
			c->events.state(c->user, c->state, error, why);
		return;
	}
	orl_session_lost(c, error,
			why && *why ? why
			: error     ? oriel_strerror(error)
				    : "");
}

const struct orl_conn_calls orl_session_calls = {
	.secured = on_secured,
	.message = on_message,
	.closed = on_closed,
};
