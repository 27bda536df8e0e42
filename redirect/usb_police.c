/*
 * usb_police.c - see usb_police.h. Packets are cut out of the stream here,
 * so that none is held, or allocated for, that is longer than allowed; then
 * libusbredirparser takes them, one parser for each direction, made when
 * both ends have said what they can: what a packet looks like depends on it.
 */
#include "redirect/usb_police_impl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/wire.h"

enum {
	HELLO_MAX = 64 + 4 * 16, /* room for capabilities of times to come */
	HEAD_SHORT = 12,         /* type, length and an id of 4 bytes */
	HEAD_LONG = 16,
	FRAME_MIN = 256,
	FRAME_KEEP = 16 << 10,
};

/* ---- the parsers ------------------------------------------------------- */

static void on_log(void *priv, int level, const char *message)
{
	const struct orl_usb_flow *s = priv;

	if (level <= usbredirparser_warning)
		orl_log(s->police->env, ORIEL_LOG_INFO, "usb", "%s", message);
}

static int on_read(void *priv, uint8_t *data, int count)
{
	struct orl_usb_flow *s = priv;
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

/* It stands where the other side does, and hears this one. */
static int make_parser(struct orl_usb_flow *s)
{
	struct orl_usb_police *p = s->police;
	const struct orl_usb_flow *other = &p->sides[!s->which];
	uint32_t caps[USB_REDIR_CAPS_SIZE] = { other->caps };
	uint8_t hello[HEAD_SHORT + 64 + 4] = { 0 };

	s->parser = usbredirparser_create();
	if (!s->parser)
		return ORIEL_ENOMEM;
	orl_usb_set_calls(s->parser);
	s->parser->log_func = on_log;
	s->parser->read_func = on_read;
	s->parser->write_func = on_write;
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

static void take_hello(struct orl_usb_flow *s, const uint8_t *packet, size_t n)
{
	struct orl_usb_police *p = s->police;

	s->hello = true;
	if (n >= HEAD_SHORT + 64 + 4)
		s->caps = (uint32_t)orl_le(packet + HEAD_SHORT + 64, 4);
	if (both(p) && (make_parser(&p->sides[0]) || make_parser(&p->sides[1])))
		orl_usb_wrong(p, "out of memory");
}

static void take_packet(struct orl_usb_flow *s, const uint8_t *packet, size_t n)
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
		orl_usb_wrong(p, "what came is not the usbredir protocol");
}

/* The length of the packet that begins here, head included; 0 is wrong. */
static size_t packet_length(struct orl_usb_flow *s, const uint8_t *head)
{
	struct orl_usb_police *p = s->police;
	size_t n = (size_t)orl_le(head + 4, 4);

	if ((orl_le(head, 4) == usb_redir_hello) == s->hello) {
		orl_usb_wrong(p, s->hello ? "one end said hello twice"
					  : "one end did not say hello");
	} else if (s->hello && !both(p)) {
		orl_usb_wrong(p, "one end did not wait for the other's hello");
	} else if (!s->hello && (n < 64 || n > HELLO_MAX)) {
		orl_usb_wrong(p, "what came is not the usbredir protocol");
	} else if (n > ORL_USB_PACKET_MAX) {
		orl_usb_wrong(p, "a packet of more than 2 MiB came");
	}
	return p->error ? 0 : head_length(p) + n;
}

/* Memory follows what has come, at most twofold. */
static int gather(struct orl_usb_flow *s, const uint8_t *data, size_t n)
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

static void forget_frame(struct orl_usb_flow *s)
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
static const uint8_t *next_packet(struct orl_usb_flow *s, const uint8_t **data,
		size_t *n, size_t *length)
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
			orl_usb_wrong(p, "out of memory");
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
	struct orl_usb_flow *s = &p->sides[from];
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

bool orl_usb_police_streams(const struct orl_usb_police *p)
{
	return p->iso != 0;
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
