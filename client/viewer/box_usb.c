/*
 * box_usb.c - USB devices, as the viewer has them of its process. Devices have
 * numbers that are never used twice. What flows is policed here (usb_police.h),
 * whatever the process has let pass: the rules of this machine hold, and a
 * device hears nothing but whole packets of the protocol.
 */
#include <stdlib.h>
#include <string.h>

#include "client/viewer/box_impl.h"
#include "redirect/usb_police.h"

enum {
	/* Bytes that were not consumed: a window, and a packet or two. */
	THERE_MAX = ORL_USB_PACKET_MAX + 4 * ORL_USB_WINDOW,
	PIECE = 32 << 10,
};

/* ---- memory, for the police -------------------------------------------- */

static void *take_memory(void *user, size_t bytes)
{
	(void)user;
	return malloc(bytes);
}

static void *resize_memory(void *user, void *ptr, size_t bytes)
{
	(void)user;
	return realloc(ptr, bytes);
}

static void release_memory(void *user, void *ptr)
{
	(void)user;
	free(ptr);
}

static void log_nothing(void *user, enum oriel_log_level level,
		const char *topic, const char *text)
{
	(void)user;
	(void)level;
	(void)topic;
	(void)text;
}

static const struct orl_env env = {
	.hooks = { .size = sizeof(env.hooks),
			.alloc = take_memory,
			.resize = resize_memory,
			.release = release_memory,
			.log = log_nothing },
};

/* ---- devices ----------------------------------------------------------- */

struct orl_box_rules {
	struct orl_usb_rules rules, more;
};

int orl_box_usb_begin(struct orl_box *box, const char *rules)
{
	box->rules = calloc(1, sizeof(*box->rules));
	if (!box->rules)
		return ORIEL_ENOMEM;
	box->rules->more.open = true;
	return orl_usb_rules_init(&box->rules->rules, rules);
}

void orl_box_usb_end(struct orl_box *box)
{
	for (size_t i = 0; i < ORL_BOX_USB; i++)
		orl_usb_police_destroy(box->usb[i].police);
	if (box->rules)
		orl_usb_rules_fini(&box->rules->rules);
	free(box->rules);
}

static struct orl_box_usb *find(struct orl_box *box, int64_t number)
{
	for (size_t i = 0; number && i < ORL_BOX_USB; i++)
		if (box->usb[i].number == number)
			return &box->usb[i];
	return NULL;
}

/* Not under the feet of the police. */
static void let_go(struct orl_box_usb *usb)
{
	usb->number = 0;
	if (usb->busy)
		return;
	orl_usb_police_destroy(usb->police);
	usb->police = NULL;
}

/* ---- what the viewer says ---------------------------------------------- */

static struct orl_box_usb *take_place(struct orl_box *box)
{
	for (size_t i = 0; i < ORL_BOX_USB; i++)
		if (!box->usb[i].number && !box->usb[i].police)
			return &box->usb[i];
	return NULL;
}

int orl_box_usb_attach(struct orl_box *box, uint32_t *device,
		const struct oriel_usb_info *info)
{
	struct orl_box_message m = { .id = ORL_BOX_USB_ATTACH };
	struct orl_box_usb_attach *a = &m.u.usb_attach;
	struct orl_box_usb *usb = take_place(box);
	if (!atomic_load(&box->ready))
		return ORIEL_ESTATE;
	if (!(atomic_load(&box->rights) & ORIEL_MAY_USB))
		return ORIEL_EDENIED;
	if (!usb || box->last_usb == UINT32_MAX)
		return ORIEL_ELIMIT;
	if (info->interface_count > ORIEL_USB_INTERFACES ||
			!memchr(info->name, 0, sizeof(info->name)))
		return ORIEL_EINVAL;
	*usb = (struct orl_box_usb){ .info = *info };
	int err = orl_usb_police_create(&usb->police, &env, &box->rules->rules,
			&box->rules->more, &usb->info);
	if (err)
		return err;
	usb->number = ++box->last_usb;
	*a = (struct orl_box_usb_attach){ .device = usb->number,
		.vendor = info->vendor,
		.product = info->product,
		.version = info->release,
		.type = info->device_class,
		.subclass = info->device_subclass,
		.protocol = info->device_protocol,
		.speed = info->speed,
		.n = info->interface_count };
	for (uint32_t i = 0; i < info->interface_count; i++)
		memcpy(a->interfaces + 3 * i,
				(uint8_t[3]){ info->interfaces[i]
								.interface_class,
						info->interfaces[i].subclass,
						info->interfaces[i].protocol },
				3);
	ORL_BOX_TEXT(a->name, info->name);
	orl_box_insist(box, &m);
	*device = usb->number;
	return 0;
}

void orl_box_usb_detach(struct orl_box *box, uint32_t device, const char *why)
{
	struct orl_box_message m = { .id = ORL_BOX_USB_DETACH };
	struct orl_box_usb *usb = find(box, device);
	if (!usb)
		return;
	m.u.usb_detach.device = device;
	/* It may be the police's own. */
	ORL_BOX_TEXT(m.u.usb_detach.why, why ? why : "");
	let_go(usb);
	orl_box_insist(box, &m);
}

size_t orl_box_usb_room(struct orl_box *box, uint32_t device)
{
	struct orl_box_usb *usb = find(box, device);
	if (!usb || !usb->open)
		return 0;
	usb->starved |= usb->on_way == ORL_BOX_USB_WINDOW;
	return ORL_BOX_USB_WINDOW - usb->on_way;
}

static bool pass_nothing(void *user, const uint8_t *packet, size_t n)
{
	(void)user;
	(void)packet;
	(void)n;
	return true;
}

int orl_box_usb_send(struct orl_box *box, uint32_t device, const void *data,
		size_t n)
{
	struct orl_box_message m = { .id = ORL_BOX_USB_SEND };
	struct orl_box_usb *usb = find(box, device);
	if (!usb || !usb->open)
		return ORIEL_ESTATE;
	if (n > ORL_BOX_USB_WINDOW - usb->on_way)
		return ORIEL_ELIMIT;
	int err = orl_usb_police_feed(
			usb->police, ORL_USB_HOST, data, n, pass_nothing, NULL);
	if (err) {
		orl_box_usb_detach(
				box, device, orl_usb_police_why(usb->police));
		return err;
	}
	/* It has room for all windows; or the process writes its words. */
	if (n && orl_box_ring_put(&box->rings[ORL_RING_USB_DOWN], data, n)) {
		atomic_store(&box->full, true);
		return 0;
	}
	usb->on_way += n;
	m.u.usb_send.device = device;
	m.u.usb_send.bytes = (int64_t)n;
	if (n)
		orl_box_insist(box, &m);
	return 0;
}

void orl_box_usb_consumed(struct orl_box *box, uint32_t device, size_t n)
{
	struct orl_box_message m = { .id = ORL_BOX_USB_CONSUMED };
	struct orl_box_usb *usb = find(box, device);
	if (!usb)
		return;
	n = n < usb->there ? n : usb->there;
	if (!n)
		return;
	usb->there -= n;
	m.u.usb_consumed.device = device;
	m.u.usb_consumed.bytes = (int64_t)n;
	orl_box_insist(box, &m);
}

/* ---- what the process says --------------------------------------------- */

static int on_answered(struct orl_box *box, struct orl_box_usb *usb,
		const struct orl_box_usb_answered *a)
{
	uint32_t number = usb->number;
	if (usb->open && a->answer != ORIEL_USB_REFUSED)
		return ORIEL_EPROTO;
	usb->open = a->answer == ORIEL_USB_OPEN;
	if (a->answer == ORIEL_USB_REFUSED)
		let_go(usb);
	box->events.usb_answered(box->user, number,
			(enum oriel_usb_answer)a->answer, a->why);
	return 0;
}

struct delivery {
	struct orl_box *box;
	struct orl_box_usb *usb;
};

static bool deliver(void *user, const uint8_t *packet, size_t n)
{
	const struct delivery *d = user;
	if (d->usb->number)
		d->box->events.usb_data(
				d->box->user, d->usb->number, packet, n);
	return d->usb->number != 0;
}

static int on_data(struct orl_box *box, struct orl_box_usb *usb,
		const struct orl_box_usb_data *data)
{
	uint8_t bytes[PIECE];
	size_t n = (size_t)data->bytes;
	struct delivery d = { box, usb };
	if (orl_box_ring_get(&box->rings[ORL_RING_USB_UP], bytes, n) != 0)
		return ORIEL_EPROTO;
	if (!usb) /* it was taken back meanwhile */
		return 0;
	if (!usb->open || n > THERE_MAX - usb->there)
		return ORIEL_EPROTO;
	usb->there += n;
	usb->busy = true;
	int err = orl_usb_police_feed(
			usb->police, ORL_USB_GUEST, bytes, n, deliver, &d);
	usb->busy = false;
	uint32_t number = usb->number;
	if (err && number) {
		char why[256];
		orl_box_text(why, sizeof(why), orl_usb_police_why(usb->police));
		orl_box_usb_detach(box, number, why);
		box->events.usb_detached(box->user, number, why);
	} else if (!number) {
		let_go(usb);
	}
	return 0;
}

static int on_taken(struct orl_box *box, struct orl_box_usb *usb,
		const struct orl_box_usb_taken *taken)
{
	if (!usb)
		return 0;
	if ((size_t)taken->bytes > usb->on_way)
		return ORIEL_EPROTO;
	usb->on_way -= (size_t)taken->bytes;
	if (!usb->starved)
		return 0;
	usb->starved = false;
	box->events.usb_writable(box->user, usb->number);
	return 0;
}

int orl_box_on_usb(struct orl_box *box, const struct orl_box_message *m)
{
	/* They all begin with the device. */
	int64_t number = m->u.usb_data.device;
	struct orl_box_usb *usb = find(box, number);
	if (!(box->wants & ORL_BOX_DEVICES) || number > box->last_usb)
		return ORIEL_EPROTO;
	switch (m->id) {
	case ORL_BOX_USB_ANSWERED:
		return usb ? on_answered(box, usb, &m->u.usb_answered) : 0;
	case ORL_BOX_USB_DATA:
		return on_data(box, usb, &m->u.usb_data);
	case ORL_BOX_USB_TAKEN:
		return on_taken(box, usb, &m->u.usb_taken);
	default:
		if (!usb)
			return 0;
		let_go(usb);
		box->events.usb_detached(box->user, (uint32_t)number,
				m->u.usb_detached.lost ? NULL
						       : m->u.usb_detached.why);
		return 0;
	}
}

void orl_box_drop_usb(struct orl_box *box)
{
	for (size_t i = 0; i < ORL_BOX_USB; i++) {
		uint32_t number = box->usb[i].number;
		if (!number)
			continue;
		let_go(&box->usb[i]);
		box->events.usb_detached(box->user, number, NULL);
	}
}
