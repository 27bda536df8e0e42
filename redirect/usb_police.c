/*
 * usb_police.c - see usb_police.h. Packets are cut out of the stream here,
 * so that none is held, or allocated for, that is longer than allowed; then
 * libusbredirparser takes them, one parser for each direction, made when
 * both ends have said what they can: what a packet looks like depends on it.
 */
#include "redirect/usb_police.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <usbredirfilter.h>
#include <usbredirparser.h>

#include "proto/wire.h"

enum {
	HELLO_MAX = 64 + 4 * 16, /* room for capabilities of times to come */
	HEAD_SHORT = 12,         /* type, length and an id of 4 bytes */
	HEAD_LONG = 16,
	FRAME_MIN = 256,
	FRAME_KEEP = 16 << 10,
	DESCRIPTOR_DEVICE = 1,
	DESCRIPTOR_CONFIGURATION = 2,
	DESCRIPTOR_INTERFACE = 4,
	DESCRIPTOR_OTHER_SPEED = 7,
};

/* A transfer that the guest has asked for. */
struct pending {
	uint64_t id;
	uint32_t length;
	uint32_t type; /* usb_redir_..._packet */
	uint8_t endpoint, request, requesttype;
	uint16_t value;
};

struct side {
	struct orl_usb_police *police;
	enum orl_usb_side which;
	struct usbredirparser *parser; /* of what this side sends */
	bool hello;
	uint32_t caps;
	uint8_t *frame; /* of a packet that has not come whole */
	size_t n, capacity;
	const uint8_t *feed; /* what the parser is to read */
	size_t feed_n;
};

struct orl_usb_police {
	const struct orl_env *env;
	const struct orl_usb_rules *rules[2];
	struct oriel_usb_info info; /* what it said that it is */
	struct side sides[2];
	struct pending pending[ORL_USB_PENDING_MAX];
	unsigned n_pending;
	struct oriel_usb_info now; /* with the interfaces that it has now */
	bool connected, gone;
	bool taken; /* the parser has reported the packet */
	bool drop;  /* it is of no use any more, and nobody's fault */
	int error;
	char why[256];
};

static void wrong(struct orl_usb_police *p, const char *why)
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
	struct side *s = priv;
	struct orl_usb_police *p = s->police;

	p->taken = true;
	if (p->connected || p->gone) {
		wrong(p, "a device was connected twice");
	} else if (h->vendor_id != p->info.vendor ||
			h->product_id != p->info.product ||
			h->device_class != p->info.device_class) {
		wrong(p, "the device is not the one that was announced");
	} else {
		p->connected = true;
		judge(p, &p->now);
	}
}

static void on_device_disconnect(void *priv)
{
	struct side *s = priv;
	struct orl_usb_police *p = s->police;

	p->taken = true;
	if (!p->connected && !p->gone)
		wrong(p, "a device was disconnected that never came");
	p->connected = false;
	p->gone = true;
	p->n_pending = 0;
}

static void on_interface_info(
		void *priv, struct usb_redir_interface_info_header *h)
{
	struct side *s = priv;
	struct orl_usb_police *p = s->police;

	p->taken = true;
	if (p->gone) {
		p->drop = true;
		return;
	}
	if (h->interface_count > ORL_USB_INTERFACES_MAX) {
		wrong(p, "a device has more than 32 interfaces");
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
	struct side *s = priv;

	(void)h;
	s->police->taken = true;
	s->police->drop = s->police->gone;
}

/* From either side, while there is a device; afterwards it came too late. */
static bool has_device(struct side *s)
{
	struct orl_usb_police *p = s->police;

	p->taken = true;
	p->drop = p->gone;
	if (!p->connected && !p->gone)
		wrong(p, "there were packets before there was a device");
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

PASSES(set_configuration)
PASSES(configuration_status)
PASSES(set_alt_setting)
PASSES(get_alt_setting)
PASSES(alt_setting_status)
PASSES(start_iso_stream)
PASSES(stop_iso_stream)
PASSES(iso_stream_status)
PASSES(start_interrupt_receiving)
PASSES(stop_interrupt_receiving)
PASSES(interrupt_receiving_status)
PASSES(alloc_bulk_streams)
PASSES(free_bulk_streams)
PASSES(bulk_streams_status)
PASSES(stop_bulk_receiving)
PASSES(bulk_receiving_status)

/* Memory is had for this many of that size. */
static void on_start_bulk_receiving(void *priv, uint64_t id,
		struct usb_redir_start_bulk_receiving_header *h)
{
	struct side *s = priv;

	(void)id;
	if (has_device(s) && (uint64_t)h->bytes_per_transfer * h->no_transfers >
					     ORL_USB_PACKET_MAX)
		wrong(s->police, "too much was asked to be read ahead");
}

static void on_get_configuration(void *priv, uint64_t id)
{
	(void)id;
	(void)has_device(priv);
}

static void on_reset(void *priv)
{
	(void)has_device(priv);
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
	struct side *s = priv;

	(void)n;
	usbredirfilter_free(rules);
	s->police->taken = true;
}

static void on_device_disconnect_ack(void *priv)
{
	struct side *s = priv;

	s->police->taken = true;
	if (!s->police->gone)
		wrong(s->police, "a device was let go of that is there");
}

/* The parser has been told what was said before it was made. */
static void on_hello(void *priv, struct usb_redir_hello_header *h)
{
	struct side *s = priv;

	(void)h;
	s->police->taken = true;
}

/* ---- transfers --------------------------------------------------------- */

static void submitted(struct orl_usb_police *p, const struct pending *t)
{
	if (t->length > ORL_USB_PACKET_MAX - 64) {
		wrong(p, "more than 2 MiB were asked for at once");
		return;
	}
	if (p->n_pending == ORL_USB_PENDING_MAX) {
		wrong(p, "more than 512 transfers were left without an answer");
		return;
	}
	for (unsigned i = 0; i < p->n_pending; i++)
		if (p->pending[i].id == t->id) {
			wrong(p, "a transfer was asked for twice");
			return;
		}
	p->pending[p->n_pending++] = *t;
}

/* Take what was asked for off the list, when this answers it. */
static bool completed(struct orl_usb_police *p, const struct pending *answer,
		int data_n, struct pending *asked)
{
	unsigned i = 0;

	while (i < p->n_pending && p->pending[i].id != answer->id)
		i++;
	if (i == p->n_pending) {
		wrong(p, "a transfer was answered that nobody asked for");
		return false;
	}
	*asked = p->pending[i];
	if (asked->type != answer->type || asked->endpoint != answer->endpoint)
		wrong(p, "a transfer was answered as if it were another");
	else if (data_n < 0 || (uint32_t)data_n > asked->length)
		wrong(p, "a device sent more than it was asked for");
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
		wrong(p, "the device's descriptor is of another device");
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

static void read_answer(struct orl_usb_police *p, const struct pending *asked,
		const uint8_t *data, size_t n)
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
	struct side *s = priv;
	struct orl_usb_police *p = s->police;
	struct pending t = { id, h->length, usb_redir_control_packet,
		h->endpoint, h->request, h->requesttype, h->value };
	struct pending asked;

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
	struct side *s = priv;
	struct pending asked, t = { .id = id,
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
	struct side *s = priv;
	struct pending asked, t = { .id = id,
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
	struct side *s = priv;

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
	struct side *s = priv;

	(void)id;
	(void)h;
	(void)n;
	(void)has_device(s);
	usbredirparser_free_packet_data(s->parser, data);
}

/* ---- the parsers ------------------------------------------------------- */

static void on_log(void *priv, int level, const char *message)
{
	const struct side *s = priv;

	if (level <= usbredirparser_warning)
		orl_log(s->police->env, ORIEL_LOG_INFO, "usb", "%s", message);
}

static int on_read(void *priv, uint8_t *data, int count)
{
	struct side *s = priv;
	size_t n = count < 0 ? 0 : (size_t)count;

	n = n < s->feed_n ? n : s->feed_n;
	memcpy(data, s->feed, n);
	s->feed += n;
	s->feed_n -= n;
	return (int)n;
}

static int on_write(void *priv, uint8_t *data, int count)
{
	(void)priv;
	(void)data;
	return count;
}

static void set_calls(struct usbredirparser *u)
{
	u->log_func = on_log;
	u->read_func = on_read;
	u->write_func = on_write;
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

/* It stands where the other side does, and hears this one. */
static int make_parser(struct side *s)
{
	struct orl_usb_police *p = s->police;
	const struct side *other = &p->sides[!s->which];
	uint32_t caps[USB_REDIR_CAPS_SIZE] = { other->caps };
	uint8_t hello[HEAD_SHORT + 64 + 4] = { 0 };

	s->parser = usbredirparser_create();
	if (!s->parser)
		return ORIEL_ENOMEM;
	set_calls(s->parser);
	s->parser->priv = s;
	usbredirparser_init(s->parser, "", caps, USB_REDIR_CAPS_SIZE,
			usbredirparser_fl_no_hello |
					(s->which == ORL_USB_GUEST ? usbredirparser_fl_usb_host
								   : 0));
	hello[4] = 64 + 4;
	for (unsigned i = 0; i < 4; i++)
		hello[HEAD_SHORT + 64 + i] = (uint8_t)(s->caps >> 8 * i);
	s->feed = hello;
	s->feed_n = sizeof(hello);
	return usbredirparser_do_read(s->parser) == 0 && !s->feed_n
			       ? 0
			       : ORIEL_ENOMEM;
}

/* ---- packets ----------------------------------------------------------- */

static bool both(const struct orl_usb_police *p)
{
	return p->sides[0].hello && p->sides[1].hello;
}

static size_t head_length(const struct orl_usb_police *p)
{
	uint32_t caps = p->sides[0].caps & p->sides[1].caps;

	return both(p) && caps >> usb_redir_cap_64bits_ids & 1 ? HEAD_LONG
							       : HEAD_SHORT;
}

static void take_hello(struct side *s, const uint8_t *packet, size_t n)
{
	struct orl_usb_police *p = s->police;

	s->hello = true;
	if (n >= HEAD_SHORT + 64 + 4)
		s->caps = (uint32_t)orl_le(packet + HEAD_SHORT + 64, 4);
	if (both(p) && (make_parser(&p->sides[0]) || make_parser(&p->sides[1])))
		wrong(p, "out of memory");
}

static void take_packet(struct side *s, const uint8_t *packet, size_t n)
{
	struct orl_usb_police *p = s->police;

	p->taken = p->drop = false;
	if (orl_le(packet, 4) == usb_redir_hello) {
		take_hello(s, packet, n);
		return;
	}
	s->feed = packet;
	s->feed_n = n;
	if (usbredirparser_do_read(s->parser) != 0 || s->feed_n || !p->taken)
		wrong(p, "what came is not the usbredir protocol");
}

/* The length of the packet that begins here, head included; 0 is wrong. */
static size_t packet_length(struct side *s, const uint8_t *head)
{
	struct orl_usb_police *p = s->police;
	size_t n = (size_t)orl_le(head + 4, 4);

	if ((orl_le(head, 4) == usb_redir_hello) == s->hello) {
		wrong(p, s->hello ? "one end said hello twice"
				  : "one end did not say hello");
	} else if (s->hello && !both(p)) {
		wrong(p, "one end did not wait for the other's hello");
	} else if (!s->hello && (n < 64 || n > HELLO_MAX)) {
		wrong(p, "what came is not the usbredir protocol");
	} else if (n > ORL_USB_PACKET_MAX) {
		wrong(p, "a packet of more than 2 MiB came");
	}
	return p->error ? 0 : head_length(p) + n;
}

/* Memory follows what has come, at most twofold. */
static int gather(struct side *s, const uint8_t *data, size_t n)
{
	size_t need = s->n + n, capacity = s->capacity * 2;

	if (need > s->capacity) {
		if (capacity < FRAME_MIN)
			capacity = FRAME_MIN;
		if (capacity < need)
			capacity = need;
		uint8_t *frame = orl_resize(
				s->police->env, s->frame, capacity, 1);
		if (!frame)
			return ORIEL_ENOMEM;
		s->frame = frame;
		s->capacity = capacity;
	}
	if (n)
		memcpy(s->frame + s->n, data, n);
	s->n = need;
	return 0;
}

static void forget_frame(struct side *s)
{
	s->n = 0;
	if (s->capacity <= FRAME_KEEP)
		return;
	orl_free(s->police->env, s->frame);
	s->frame = NULL;
	s->capacity = 0;
}

/*
 * The next packet, whole, from what is kept and *data; NULL when there is not
 * enough. Two ends without a hello have heads of the same length.
 */
static const uint8_t *next_packet(
		struct side *s, const uint8_t **data, size_t *n, size_t *length)
{
	struct orl_usb_police *p = s->police;
	size_t head = head_length(p), want;

	if (!s->n && *n >= head) {
		const uint8_t *packet = *data;
		*length = packet_length(s, packet);
		if (!*length)
			return NULL;
		if (*length <= *n) {
			*data += *length;
			*n -= *length;
			return packet;
		}
	}
	for (int i = 0; i < 2; i++) { /* the head, then the rest */
		*length = s->n >= head ? packet_length(s, s->frame) : head;
		if (!*length)
			return NULL;
		want = *length - s->n;
		want = want < *n ? want : *n;
		if (gather(s, *data, want) < 0) {
			wrong(p, "out of memory");
			return NULL;
		}
		*data += want;
		*n -= want;
	}
	return s->n >= head && s->n == *length ? s->frame : NULL;
}

int orl_usb_police_feed(struct orl_usb_police *p, enum orl_usb_side from,
		const void *data, size_t n,
		bool (*pass)(void *user, const uint8_t *packet, size_t n),
		void *user)
{
	struct side *s = &p->sides[from];
	const uint8_t *bytes = data, *packet;
	size_t length;

	while (n && !p->error) {
		packet = next_packet(s, &bytes, &n, &length);
		if (!packet)
			break;
		take_packet(s, packet, length);
		if (p->error)
			break;
		bool more = p->drop || pass(user, packet, length);
		if (!more)
			break;
		if (packet == s->frame)
			forget_frame(s);
	}
	return p->error;
}

const char *orl_usb_police_why(const struct orl_usb_police *p)
{
	return p->why;
}

int orl_usb_police_create(struct orl_usb_police **out,
		const struct orl_env *env, const struct orl_usb_rules *rules,
		const struct orl_usb_rules *more,
		const struct oriel_usb_info *info)
{
	struct orl_usb_police *p = orl_alloc(env, 1, sizeof(*p));

	if (!p)
		return ORIEL_ENOMEM;
	p->env = env;
	p->rules[0] = rules;
	p->rules[1] = more;
	p->info = p->now = *info;
	for (unsigned i = 0; i < 2; i++) {
		p->sides[i].police = p;
		p->sides[i].which = (enum orl_usb_side)i;
	}
	*out = p;
	return 0;
}

void orl_usb_police_destroy(struct orl_usb_police *p)
{
	if (!p)
		return;
	for (unsigned i = 0; i < 2; i++) {
		if (p->sides[i].parser)
			usbredirparser_destroy(p->sides[i].parser);
		orl_free(p->env, p->sides[i].frame);
	}
	orl_free(p->env, p);
}
