/*
 * box_child_usb.c - USB devices, in the process that has the connection: the
 * client library's pipes and the viewer's numbers. Bytes for the desktop that
 * the library has no room for wait here, a window of each device.
 */
#include <stdlib.h>
#include <string.h>

#include "client/viewer/box_child_impl.h"

enum { PIECE = 32 << 10 };

struct orl_boxed_usb {
	uint32_t number;
	struct oriel_usb *usb;
	size_t n;
	uint8_t waiting[ORL_BOX_USB_WINDOW];
};

static struct orl_boxed_usb *of_number(struct orl_boxed *b, int64_t number)
{
	for (size_t i = 0; i < ORL_BOX_USB; i++)
		if (b->usb[i] && b->usb[i]->number == number)
			return b->usb[i];
	return NULL;
}

static void forget(struct orl_boxed *b, const struct orl_boxed_usb *u)
{
	for (size_t i = 0; i < ORL_BOX_USB; i++)
		if (b->usb[i] == u) {
			free(b->usb[i]);
			b->usb[i] = NULL;
			return;
		}
}

void orl_boxed_usb_end(struct orl_boxed *b)
{
	for (size_t i = 0; i < ORL_BOX_USB; i++) {
		free(b->usb[i]);
		b->usb[i] = NULL;
	}
}

/* ---- to the viewer ----------------------------------------------------- */

static void answer(struct orl_boxed *b, int64_t number,
		enum oriel_usb_answer what, const char *why)
{
	struct orl_box_message m = { .id = ORL_BOX_USB_ANSWERED };
	m.u.usb_answered.device = number;
	m.u.usb_answered.answer = (int64_t)what;
	ORL_BOX_TEXT(m.u.usb_answered.why, why);
	orl_boxed_tell(b, &m);
}

static void over(struct orl_boxed *b, int64_t number, const char *why)
{
	struct orl_box_message m = { .id = ORL_BOX_USB_DETACHED };
	m.u.usb_detached.device = number;
	m.u.usb_detached.lost = !why;
	ORL_BOX_TEXT(m.u.usb_detached.why, why ? why : "");
	orl_boxed_tell(b, &m);
}

/* As much as the library takes now. */
static void flush(struct orl_boxed *b, struct orl_boxed_usb *u)
{
	struct orl_box_message m = { .id = ORL_BOX_USB_TAKEN };
	while (u->n) {
		size_t n = oriel_usb_room(u->usb);
		n = n < u->n ? n : u->n;
		if (!n)
			return;
		int err = oriel_usb_send(u->usb, u->waiting, n);
		if (err) {
			/* It has ended by that. */
			answer(b, u->number, ORIEL_USB_REFUSED,
					err == ORIEL_EDENIED
							? "it may not be what "
							  "it turned out to be"
							: "what it said is not "
							  "the usbredir "
							  "protocol");
			forget(b, u);
			return;
		}
		u->n -= n;
		memmove(u->waiting, u->waiting + n, u->n);
		m.u.usb_taken.device = u->number;
		m.u.usb_taken.bytes = (int64_t)n;
		orl_boxed_tell(b, &m);
	}
}

/* ---- what the library says --------------------------------------------- */

static void on_answered(void *user, struct oriel_usb *usb,
		enum oriel_usb_answer what, const char *why)
{
	struct orl_boxed_usb *u = oriel_usb_data(usb);
	if (!u)
		return;
	answer(user, u->number, what, why);
	if (what == ORIEL_USB_REFUSED)
		forget(user, u);
}

static void on_data(
		void *user, struct oriel_usb *usb, const void *data, size_t n)
{
	const struct orl_boxed_usb *u = oriel_usb_data(usb);
	struct orl_box_message m = { .id = ORL_BOX_USB_DATA };
	const uint8_t *p = data;
	while (u && n) {
		size_t k = n < PIECE ? n : PIECE;
		orl_boxed_put(user, ORL_RING_USB_UP, p, k);
		m.u.usb_data.device = u->number;
		m.u.usb_data.bytes = (int64_t)k;
		orl_boxed_tell(user, &m);
		p += k;
		n -= k;
	}
}

static void on_writable(void *user, struct oriel_usb *usb)
{
	struct orl_boxed_usb *u = oriel_usb_data(usb);
	if (u)
		flush(user, u);
}

static void on_detached(void *user, struct oriel_usb *usb, const char *why)
{
	struct orl_boxed_usb *u = oriel_usb_data(usb);
	if (!u)
		return;
	over(user, u->number, why);
	forget(user, u);
}

void orl_boxed_usb_events(struct oriel_client_events *events)
{
	events->usb_answered = on_answered;
	events->usb_data = on_data;
	events->usb_writable = on_writable;
	events->usb_detached = on_detached;
}

/* ---- what the viewer says ---------------------------------------------- */

static void refuse(struct orl_boxed *b, int64_t number, int err)
{
	if (err == ORIEL_ESTATE) /* until the line is back */
		over(b, number, NULL);
	else
		answer(b, number, ORIEL_USB_REFUSED,
				err == ORIEL_ENOTSUP
						? "this server takes no USB "
						  "devices"
				: err == ORIEL_EDENIED
						? "the server does not let you "
						  "use USB devices"
						: oriel_strerror(err));
}

static void on_attach(
		struct orl_boxed *b, const struct orl_box_usb_attach *order)
{
	struct oriel_usb_info info = { .size = sizeof(info),
		.vendor = (uint16_t)order->vendor,
		.product = (uint16_t)order->product,
		.release = (uint16_t)order->version,
		.device_class = (uint8_t)order->type,
		.device_subclass = (uint8_t)order->subclass,
		.device_protocol = (uint8_t)order->protocol,
		.speed = (uint8_t)order->speed,
		.interface_count = (uint32_t)order->n };
	struct oriel_usb *usb;
	size_t i = 0;
	for (uint32_t k = 0; k < info.interface_count; k++)
		info.interfaces[k] = (struct oriel_usb_interface){
			order->interfaces[3 * k], order->interfaces[3 * k + 1],
			order->interfaces[3 * k + 2]
		};
	memcpy(info.name, order->name, sizeof(info.name));
	while (i < ORL_BOX_USB && b->usb[i])
		i++;
	struct orl_boxed_usb *u =
			i < ORL_BOX_USB ? calloc(1, sizeof(*u)) : NULL;
	int err = u ? oriel_client_usb_attach(&usb, b->client, &info)
		    : ORIEL_ENOMEM;
	if (err) {
		free(u);
		refuse(b, order->device, err);
		return;
	}
	u->number = (uint32_t)order->device;
	u->usb = usb;
	b->usb[i] = u;
	oriel_usb_set_data(usb, u);
}

static void on_send(struct orl_boxed *b, const struct orl_box_usb_send *order)
{
	struct orl_boxed_usb *u = of_number(b, order->device);
	uint8_t late[ORL_BOX_USB_WINDOW];
	size_t n = (size_t)order->bytes;
	bool fits = u && n <= sizeof(u->waiting) - u->n;
	if (orl_box_ring_get(&b->rings[ORL_RING_USB_DOWN],
			    fits ? u->waiting + u->n : late, n) != 0) {
		b->gone = true;
		return;
	}
	if (!fits)
		return;
	u->n += n;
	flush(b, u);
}

void orl_boxed_usb(struct orl_boxed *b, const struct orl_box_message *m)
{
	struct orl_boxed_usb *u;
	switch (m->id) {
	case ORL_BOX_USB_ATTACH:
		on_attach(b, &m->u.usb_attach);
		break;
	case ORL_BOX_USB_SEND:
		on_send(b, &m->u.usb_send);
		break;
	case ORL_BOX_USB_CONSUMED:
		u = of_number(b, m->u.usb_consumed.device);
		if (u)
			oriel_usb_consumed(u->usb,
					(size_t)m->u.usb_consumed.bytes);
		break;
	default:
		u = of_number(b, m->u.usb_detach.device);
		if (!u)
			break;
		oriel_usb_set_data(u->usb, NULL);
		oriel_usb_detach(u->usb, m->u.usb_detach.why[0]
							 ? m->u.usb_detach.why
							 : NULL);
		forget(b, u);
		break;
	}
}
