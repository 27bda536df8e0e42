/*
 * usb_packets.c - see usb_police.h: what packets say, in the order in which
 * libusbredirparser has taken them. A transfer that is answered has been asked
 * for, and nothing that a device says of itself may be against the rules.
 */
#include "redirect/usb_police_impl.h"

#include <stdio.h>

#include <usbredirfilter.h>

enum {
	DESCRIPTOR_DEVICE = 1,
	DESCRIPTOR_CONFIGURATION = 2,
	DESCRIPTOR_INTERFACE = 4,
	DESCRIPTOR_OTHER_SPEED = 7,
};

void orl_usb_wrong(struct orl_usb_police *p, const char *why)
{
	if (p->error)
		return;
	p->error = ORIEL_EPROTO;
	snprintf(p->why, sizeof(p->why), "%s", why);
}

static void judge(struct orl_usb_police *p, const struct oriel_usb_info *info)
{
	for (unsigned i = 0; i < ORL_COUNT(p->rules) && !p->error; i++)
		if (p->rules[i])
			p->error = orl_usb_rules_check(p->rules[i], info,
					p->why, sizeof(p->why));
}

/* ---- what the device's side says --------------------------------------- */

static void on_device_connect(
		void *priv, struct usb_redir_device_connect_header *h)
{
	struct orl_usb_flow *s = priv;
	struct orl_usb_police *p = s->police;

	p->taken = true;
	if (p->connected || p->gone) {
		orl_usb_wrong(p, "a device was connected twice");
	} else if (h->vendor_id != p->info.vendor ||
			h->product_id != p->info.product ||
			h->device_class != p->info.device_class) {
		orl_usb_wrong(p,
				"the device is not the one that was announced");
	} else {
		p->connected = true;
		judge(p, &p->now);
	}
}

static void on_device_disconnect(void *priv)
{
	struct orl_usb_flow *s = priv;
	struct orl_usb_police *p = s->police;

	p->taken = true;
	if (!p->connected && !p->gone)
		orl_usb_wrong(p, "a device was disconnected that never came");
	p->connected = false;
	p->gone = true;
	p->n_pending = 0;
	p->iso = 0;
}

static void on_interface_info(
		void *priv, struct usb_redir_interface_info_header *h)
{
	struct orl_usb_flow *s = priv;
	struct orl_usb_police *p = s->police;

	p->taken = true;
	if (p->gone) {
		p->drop = true;
		return;
	}
	if (h->interface_count > ORL_USB_INTERFACES_MAX) {
		orl_usb_wrong(p, "a device has more than 32 interfaces");
		return;
	}
	p->now.interface_count = h->interface_count;
	for (uint32_t i = 0; i < h->interface_count; i++) {
		p->now.interfaces[i].interface_class = h->interface_class[i];
		p->now.interfaces[i].subclass = h->interface_subclass[i];
		p->now.interfaces[i].protocol = h->interface_protocol[i];
	}
	if (p->connected)
		judge(p, &p->now);
}

static void on_ep_info(void *priv, struct usb_redir_ep_info_header *h)
{
	struct orl_usb_flow *s = priv;

	(void)h;
	s->police->taken = true;
	s->police->drop = s->police->gone;
}

/* From either side, while there is a device; afterwards it came too late. */
static bool has_device(struct orl_usb_flow *s)
{
	struct orl_usb_police *p = s->police;

	p->taken = true;
	p->drop = p->gone;
	if (!p->connected && !p->gone)
		orl_usb_wrong(p,
				"there were packets before there was a device");
	return p->connected;
}

#define PASSES(name) \
	static void on_##name(void *priv, uint64_t id, \
			struct usb_redir_##name##_header *h) \
	{ \
		(void)id; \
		(void)h; \
		(void)has_device(priv); \
	}

PASSES(configuration_status)
PASSES(set_alt_setting)
PASSES(get_alt_setting)
PASSES(alt_setting_status)
PASSES(start_interrupt_receiving)
PASSES(stop_interrupt_receiving)
PASSES(interrupt_receiving_status)
PASSES(alloc_bulk_streams)
PASSES(free_bulk_streams)
PASSES(bulk_streams_status)
PASSES(stop_bulk_receiving)
PASSES(bulk_receiving_status)

/*
 * A device with an endpoint that streams is urgent (orl_usb_police_streams):
 * from when the guest begins that until one end says that it is over.
 */
static uint32_t endpoint_bit(uint8_t endpoint)
{
	return 1u << ((endpoint & 15) | (endpoint & 0x80 ? 16 : 0));
}

static void on_start_iso_stream(void *priv, uint64_t id,
		struct usb_redir_start_iso_stream_header *h)
{
	struct orl_usb_flow *s = priv;

	(void)id;
	if (has_device(s))
		s->police->iso |= endpoint_bit(h->endpoint);
}

static void on_stop_iso_stream(void *priv, uint64_t id,
		struct usb_redir_stop_iso_stream_header *h)
{
	struct orl_usb_flow *s = priv;

	(void)id;
	if (has_device(s))
		s->police->iso &= ~endpoint_bit(h->endpoint);
}

static void on_iso_stream_status(void *priv, uint64_t id,
		struct usb_redir_iso_stream_status_header *h)
{
	struct orl_usb_flow *s = priv;

	(void)id;
	if (has_device(s) && h->status != usb_redir_success)
		s->police->iso &= ~endpoint_bit(h->endpoint);
}

/* This ends all streams. */
static void on_set_configuration(void *priv, uint64_t id,
		struct usb_redir_set_configuration_header *h)
{
	struct orl_usb_flow *s = priv;

	(void)id;
	(void)h;
	if (has_device(s))
		s->police->iso = 0;
}

/* Memory is had for this many of that size. */
static void on_start_bulk_receiving(void *priv, uint64_t id,
		struct usb_redir_start_bulk_receiving_header *h)
{
	struct orl_usb_flow *s = priv;

	(void)id;
	if (has_device(s) && (uint64_t)h->bytes_per_transfer * h->no_transfers >
					     ORL_USB_PACKET_MAX)
		orl_usb_wrong(s->police, "too much was asked to be read ahead");
}

static void on_get_configuration(void *priv, uint64_t id)
{
	(void)id;
	(void)has_device(priv);
}

static void on_reset(void *priv)
{
	struct orl_usb_flow *s = priv;

	if (has_device(s))
		s->police->iso = 0;
}

/* Which transfer it was may have been answered meanwhile. */
static void on_cancel_data_packet(void *priv, uint64_t id)
{
	(void)id;
	(void)has_device(priv);
}

static void on_filter_reject(void *priv)
{
	(void)has_device(priv);
}

static void on_filter_filter(
		void *priv, struct usbredirfilter_rule *rules, int n)
{
	struct orl_usb_flow *s = priv;

	(void)n;
	usbredirfilter_free(rules);
	s->police->taken = true;
}

static void on_device_disconnect_ack(void *priv)
{
	struct orl_usb_flow *s = priv;

	s->police->taken = true;
	if (!s->police->gone)
		orl_usb_wrong(s->police,
				"a device was let go of that is there");
}

/* The parser has been told what was said before it was made. */
static void on_hello(void *priv, struct usb_redir_hello_header *h)
{
	struct orl_usb_flow *s = priv;

	(void)h;
	s->police->taken = true;
}

/* ---- transfers --------------------------------------------------------- */

static void submitted(struct orl_usb_police *p, const struct orl_usb_pending *t)
{
	if (t->length > ORL_USB_PACKET_MAX - 64) {
		orl_usb_wrong(p, "more than 2 MiB were asked for at once");
		return;
	}
	if (p->n_pending == ORL_USB_PENDING_MAX) {
		orl_usb_wrong(p, "more than 512 transfers were left without an "
				 "answer");
		return;
	}
	for (unsigned i = 0; i < p->n_pending; i++)
		if (p->pending[i].id == t->id) {
			orl_usb_wrong(p, "a transfer was asked for twice");
			return;
		}
	p->pending[p->n_pending++] = *t;
}

/* Take what was asked for off the list, when this answers it. */
static bool completed(struct orl_usb_police *p,
		const struct orl_usb_pending *answer, int data_n,
		struct orl_usb_pending *asked)
{
	unsigned i = 0;

	while (i < p->n_pending && p->pending[i].id != answer->id)
		i++;
	if (i == p->n_pending) {
		orl_usb_wrong(p, "a transfer was answered that nobody asked "
				 "for");
		return false;
	}
	*asked = p->pending[i];
	if (asked->type != answer->type || asked->endpoint != answer->endpoint)
		orl_usb_wrong(p, "a transfer was answered as if it were "
				 "another");
	else if (data_n < 0 || (uint32_t)data_n > asked->length)
		orl_usb_wrong(p, "a device sent more than it was asked for");
	p->pending[i] = p->pending[--p->n_pending];
	return !p->error;
}

/* A descriptor that the guest reads must not say what the rules forbid. */
static void read_device(struct orl_usb_police *p, const uint8_t *d, size_t n)
{
	struct oriel_usb_info info = p->now;

	if (n >= 5) {
		info.device_class = d[4];
		judge(p, &info);
	}
	if (n >= 12 && !p->error &&
			((d[8] | d[9] << 8) != p->info.vendor ||
					(d[10] | d[11] << 8) !=
							p->info.product))
		orl_usb_wrong(p,
				"the device's descriptor is of another device");
}

static void read_configuration(
		struct orl_usb_police *p, const uint8_t *d, size_t n)
{
	struct oriel_usb_info info = p->now;

	info.device_class = 0;
	info.interface_count = 1;
	while (n >= 2 && d[0] >= 2 && d[0] <= n && !p->error) {
		if (d[1] == DESCRIPTOR_INTERFACE && d[0] >= 8) {
			info.interfaces[0] = (struct oriel_usb_interface){ d[5],
				d[6], d[7] };
			judge(p, &info);
		}
		n -= d[0];
		d += d[0];
	}
}

static void read_answer(struct orl_usb_police *p,
		const struct orl_usb_pending *asked, const uint8_t *data,
		size_t n)
{
	if (!data || asked->requesttype != 0x80 || asked->request != 6)
		return;
	if (asked->value >> 8 == DESCRIPTOR_DEVICE)
		read_device(p, data, n);
	if (asked->value >> 8 == DESCRIPTOR_CONFIGURATION ||
			asked->value >> 8 == DESCRIPTOR_OTHER_SPEED)
		read_configuration(p, data, n);
}

static void on_control_packet(void *priv, uint64_t id,
		struct usb_redir_control_packet_header *h, uint8_t *data, int n)
{
	struct orl_usb_flow *s = priv;
	struct orl_usb_police *p = s->police;
	struct orl_usb_pending t = { id, h->length, usb_redir_control_packet,
		h->endpoint, h->request, h->requesttype, h->value };
	struct orl_usb_pending asked;

	if (has_device(s)) {
		if (s->which == ORL_USB_GUEST)
			submitted(p, &t);
		else if (completed(p, &t, n, &asked))
			read_answer(p, &asked, data, (size_t)n);
	}
	usbredirparser_free_packet_data(s->parser, data);
}

static void on_bulk_packet(void *priv, uint64_t id,
		struct usb_redir_bulk_packet_header *h, uint8_t *data, int n)
{
	struct orl_usb_flow *s = priv;
	struct orl_usb_pending asked, t = { .id = id,
		.length = h->length | (uint32_t)h->length_high << 16,
		.type = usb_redir_bulk_packet,
		.endpoint = h->endpoint };

	if (has_device(s)) {
		if (s->which == ORL_USB_GUEST)
			submitted(s->police, &t);
		else
			(void)completed(s->police, &t, n, &asked);
	}
	usbredirparser_free_packet_data(s->parser, data);
}

/* Those of the device come by themselves. */
static void on_interrupt_packet(void *priv, uint64_t id,
		struct usb_redir_interrupt_packet_header *h, uint8_t *data,
		int n)
{
	struct orl_usb_flow *s = priv;
	struct orl_usb_pending asked, t = { .id = id,
		.length = h->length,
		.type = usb_redir_interrupt_packet,
		.endpoint = h->endpoint };

	if (has_device(s) && !(h->endpoint & 0x80)) {
		if (s->which == ORL_USB_GUEST)
			submitted(s->police, &t);
		else
			(void)completed(s->police, &t, n, &asked);
	}
	usbredirparser_free_packet_data(s->parser, data);
}

static void on_iso_packet(void *priv, uint64_t id,
		struct usb_redir_iso_packet_header *h, uint8_t *data, int n)
{
	struct orl_usb_flow *s = priv;

	(void)id;
	(void)h;
	(void)n;
	(void)has_device(s);
	usbredirparser_free_packet_data(s->parser, data);
}

static void on_buffered_bulk_packet(void *priv, uint64_t id,
		struct usb_redir_buffered_bulk_packet_header *h, uint8_t *data,
		int n)
{
	struct orl_usb_flow *s = priv;

	(void)id;
	(void)h;
	(void)n;
	(void)has_device(s);
	usbredirparser_free_packet_data(s->parser, data);
}

/* ---- the calls ----------------------------------------------------------- */

void orl_usb_set_calls(struct usbredirparser *u)
{
	u->hello_func = on_hello;
	u->device_connect_func = on_device_connect;
	u->device_disconnect_func = on_device_disconnect;
	u->reset_func = on_reset;
	u->interface_info_func = on_interface_info;
	u->ep_info_func = on_ep_info;
	u->set_configuration_func = on_set_configuration;
	u->get_configuration_func = on_get_configuration;
	u->configuration_status_func = on_configuration_status;
	u->set_alt_setting_func = on_set_alt_setting;
	u->get_alt_setting_func = on_get_alt_setting;
	u->alt_setting_status_func = on_alt_setting_status;
	u->start_iso_stream_func = on_start_iso_stream;
	u->stop_iso_stream_func = on_stop_iso_stream;
	u->iso_stream_status_func = on_iso_stream_status;
	u->start_interrupt_receiving_func = on_start_interrupt_receiving;
	u->stop_interrupt_receiving_func = on_stop_interrupt_receiving;
	u->interrupt_receiving_status_func = on_interrupt_receiving_status;
	u->alloc_bulk_streams_func = on_alloc_bulk_streams;
	u->free_bulk_streams_func = on_free_bulk_streams;
	u->bulk_streams_status_func = on_bulk_streams_status;
	u->cancel_data_packet_func = on_cancel_data_packet;
	u->filter_reject_func = on_filter_reject;
	u->filter_filter_func = on_filter_filter;
	u->device_disconnect_ack_func = on_device_disconnect_ack;
	u->start_bulk_receiving_func = on_start_bulk_receiving;
	u->stop_bulk_receiving_func = on_stop_bulk_receiving;
	u->bulk_receiving_status_func = on_bulk_receiving_status;
	u->control_packet_func = on_control_packet;
	u->bulk_packet_func = on_bulk_packet;
	u->iso_packet_func = on_iso_packet;
	u->interrupt_packet_func = on_interrupt_packet;
	u->buffered_bulk_packet_func = on_buffered_bulk_packet;
}
