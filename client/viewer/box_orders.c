/*
 * box_orders.c - what the viewer says, done with the client library. The
 * viewer is believed: it has shut this process in, not the other way round.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "client/viewer/box_child_impl.h"

static void on_connect(struct orl_boxed *b, const struct orl_box_connect *order)
{
	struct orl_box_message m = { .id = ORL_BOX_STATE };
	b->why[0] = 0;
	int err = oriel_client_connect(b->client, order->address);
	if (!err)
		return;
	m.u.state.state = ORIEL_CLIENT_IDLE;
	ORL_BOX_TEXT(m.u.state.text, b->why);
	m.u.state.error = err;
	orl_boxed_tell(b, &m);
}

static void on_login(struct orl_boxed *b, const struct orl_box_login *order)
{
	struct orl_box_message m = { .id = ORL_BOX_LOG };
	int err = oriel_client_login(b->client,
			order->named ? order->name : NULL,
			order->given ? order->password : NULL);
	if (!err)
		return;
	m.u.log.level = ORIEL_LOG_ERROR;
	ORL_BOX_TEXT(m.u.log.topic, "login");
	ORL_BOX_TEXT(m.u.log.text, oriel_strerror(err));
	orl_boxed_tell(b, &m);
}

/*
 * The viewer has looked at rights and state as it knows them; when they have
 * changed since, input is nobody's any more.
 */
static void on_key(struct orl_boxed *b, const struct orl_box_key *order)
{
	const struct oriel_key key = {
		.usage = (uint32_t)order->usage,
		.down = order->down,
		.keysym = (uint32_t)order->keysym,
		.time = (uint64_t)order->time,
	};
	(void)!oriel_client_key(b->client, &key);
}

static void on_pointer(struct orl_boxed *b, const struct orl_box_pointer *order)
{
	const struct oriel_pointer pointer = {
		.display = (uint32_t)order->display,
		.flags = (uint32_t)order->flags,
		.x = (int32_t)order->x,
		.y = (int32_t)order->y,
		.buttons = (uint32_t)order->buttons,
		.wheel_x = (int16_t)order->wheel_x,
		.wheel_y = (int16_t)order->wheel_y,
		.time = (uint64_t)order->time,
	};
	(void)!oriel_client_pointer(b->client, &pointer);
}

static void on_touch(struct orl_boxed *b, const struct orl_box_touch *order)
{
	const struct oriel_touch touch = {
		.display = (uint32_t)order->display,
		.contact = (uint32_t)order->contact,
		.phase = (enum oriel_touch_phase)order->phase,
		.x = (int32_t)order->x,
		.y = (int32_t)order->y,
		.time = (uint64_t)order->time,
	};
	(void)!oriel_client_touch(b->client, &touch);
}

static void on_resize(struct orl_boxed *b, const struct orl_box_resize *order)
{
	struct orl_box_message m = { .id = ORL_BOX_LOG };
	struct oriel_screen *screen = b->slots[order->slot].screen;
	int err = screen ? oriel_screen_resize(screen, (int32_t)order->width,
					   (int32_t)order->height)
			 : 0;
	if (!err || err == ORIEL_ESTATE || err == ORIEL_EDENIED)
		return;
	m.u.log.level = ORIEL_LOG_WARN;
	ORL_BOX_TEXT(m.u.log.topic, "resize");
	ORL_BOX_TEXT(m.u.log.text, oriel_strerror(err));
	orl_boxed_tell(b, &m);
}

/* About a screen; it may have gone while this came. */
static void on_screen(struct orl_boxed *b, const struct orl_box_message *m)
{
	struct oriel_screen *screen;
	switch (m->id) {
	case ORL_BOX_SHOWN:
		screen = b->slots[m->u.shown.slot].screen;
		if (screen)
			oriel_screen_shown(screen, (uint64_t)m->u.shown.time);
		break;
	case ORL_BOX_VISIBLE:
		screen = b->slots[m->u.visible.slot].screen;
		if (screen)
			oriel_screen_set_visible(screen, m->u.visible.visible);
		break;
	default:
		on_resize(b, &m->u.resize);
		break;
	}
}

void orl_boxed_order(struct orl_boxed *b, const struct orl_box_message *m)
{
	switch (m->id) {
	case ORL_BOX_CONNECT:
		on_connect(b, &m->u.connect);
		break;
	case ORL_BOX_DISCONNECT:
		oriel_client_disconnect(b->client);
		break;
	case ORL_BOX_TRUST:
		oriel_client_trust(b->client, m->u.trust.trusted);
		break;
	case ORL_BOX_LOGIN:
		on_login(b, &m->u.login);
		break;
	case ORL_BOX_KEY:
		on_key(b, &m->u.key);
		break;
	case ORL_BOX_POINTER:
		on_pointer(b, &m->u.pointer);
		break;
	case ORL_BOX_TOUCH:
		on_touch(b, &m->u.touch);
		break;
	case ORL_BOX_CHARACTERS:
		(void)!oriel_client_text(b->client, m->u.characters.text);
		break;
	case ORL_BOX_LOCKS_HERE:
		oriel_client_set_locks(
				b->client, (uint32_t)m->u.locks_here.locks);
		break;
	case ORL_BOX_RELEASE_ALL:
		oriel_client_release_all(b->client);
		break;
	case ORL_BOX_TAKE:
		oriel_client_take(b->client, m->u.take.take);
		break;
	case ORL_BOX_SHOWN:
	case ORL_BOX_VISIBLE:
	case ORL_BOX_RESIZE:
		on_screen(b, m);
		break;
	case ORL_BOX_NETWORK:
		oriel_client_network(b->client, m->u.network.gone);
		break;
	case ORL_BOX_LISTEN:
		oriel_client_listen(b->client, m->u.listen.on);
		break;
	case ORL_BOX_VOICE:
		orl_boxed_voice(b, &m->u.voice);
		break;
	case ORL_BOX_CLIP_DOWN:
		/* The viewer is believed; but this would be out of step. */
		b->gone |= b->clip.tell &&
			   orl_box_clip_take(&b->clip, &m->u.clip_down) != 0;
		break;
	case ORL_BOX_PRINTER:
	case ORL_BOX_PRINT_ACCEPT:
	case ORL_BOX_PRINT_TAKEN:
	case ORL_BOX_PRINT_STATUS:
		orl_boxed_print(b, m);
		break;
	case ORL_BOX_USB_ATTACH:
	case ORL_BOX_USB_SEND:
	case ORL_BOX_USB_CONSUMED:
	case ORL_BOX_USB_DETACH:
		orl_boxed_usb(b, m);
		break;
	case ORL_BOX_ASK_STATS:
		orl_boxed_stats(b);
		break;
	default:
		break;
	}
}
