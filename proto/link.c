/*
 * link.c - see link.h: life, input and time of a link. Input is a small
 * machine over the chunk head; a message is reported where it lies when it
 * came whole, else it is gathered per channel. Output is link_out.c.
 */
#include "proto/link_impl.h"

#include <assert.h>
#include <string.h>

enum {
	/* A gathering buffer not above this is kept for the next message. */
	GATHER_KEEP = 4 << 10,
	GATHER_MIN = 256,
};

static const uint64_t second = 1000000000;
/* A better clock sample than today's stays the better one for this long. */
static const uint64_t clock_keep = 10000000000;

_Static_assert(ORL_CREDIT_CURSOR / 2 > ORL_CURSOR_DATA_MAX + 16, "a shape");
_Static_assert(ORL_CREDIT_DISPLAY / 2 >= ORL_MESSAGE_MAX_S2C, "a part");
_Static_assert(ORL_CREDIT_PRINT / 2 > ORL_PIECE_MAX + 64, "a piece");

uint32_t orl_link_credit(enum orl_channel channel)
{
	static const uint32_t credit[ORL_CHANNELS] = {
		0,
		ORL_CREDIT_SOUND,
		ORL_CREDIT_CURSOR,
		ORL_CREDIT_DISPLAY,
		ORL_CREDIT_USB,
		ORL_CREDIT_CLIPBOARD,
		ORL_CREDIT_PRINT,
	};
	return credit[channel];
}

size_t orl_link_message_max(enum orl_role sender, enum orl_channel channel)
{
	size_t max = sender == ORL_CLIENT ? ORL_MESSAGE_MAX_C2S
					  : ORL_MESSAGE_MAX_S2C;
	size_t window = channel ? orl_link_credit(channel) / 2
				: ORL_CREDIT_CONTROL;
	return window < max ? window : max;
}

size_t orl_link_max_now(
		const struct orl_link *link, enum orl_role sender, unsigned ch)
{
	return link->open ? orl_link_message_max(sender, (enum orl_channel)ch)
			  : ORL_MESSAGE_MAX_EARLY;
}

static void drop_input(struct orl_link *link)
{
	for (unsigned ch = 0; ch < ORL_CHANNELS; ch++) {
		orl_free(link->env, link->in[ch].data);
		link->in[ch].data = NULL;
		link->in[ch].n = link->in[ch].capacity = 0;
	}
}

int orl_link_fail(struct orl_link *link, int error)
{
	if (link->error)
		return link->error;
	link->error = error;
	orl_link_forget(link);
	if (!link->feeding)
		drop_input(link);
	return error;
}

int orl_link_create(struct orl_link **out, const struct orl_env *env,
		enum orl_role role, const struct orl_link_calls *calls,
		void *user, uint64_t now)
{
	struct orl_link *link = orl_alloc(env, 1, sizeof(*link));
	if (!link)
		return ORIEL_ENOMEM;
	link->env = env;
	link->role = role;
	link->calls = calls;
	link->user = user;
	link->now = link->last_in = link->last_out = link->last_ping = now;
	for (unsigned ch = 0; ch < ORL_CHANNELS; ch++) {
		uint32_t credit = orl_link_credit((enum orl_channel)ch);
		orl_list_init(&link->out[ch].items);
		orl_list_init(&link->out[ch].streams);
		link->out[ch].credit = ch ? credit : UINT32_MAX;
		link->in[ch].credit = ch ? credit : UINT32_MAX;
	}
	*out = link;
	return 0;
}

void orl_link_destroy(struct orl_link *link)
{
	if (!link)
		return;
	orl_link_forget(link);
	drop_input(link);
	orl_free(link->env, link);
}

void orl_link_open(struct orl_link *link)
{
	link->open = true;
}

/* ---- credit ------------------------------------------------------------ */

/* Fails only by ending the link. */
static void grant(struct orl_link *link, unsigned ch)
{
	struct orl_link_in *in = &link->in[ch];

	if (link->error || in->due < orl_link_credit((enum orl_channel)ch) / 2)
		return;
	struct orl_credit v = { (uint8_t)ch, (uint32_t)in->due };
	int err = ORL_LINK_PUT(link, credit, &v);
	if (err) {
		orl_link_fail(link, err);
		return;
	}
	in->credit += v.bytes;
	in->due = 0;
}

void orl_link_hold(struct orl_link *link, enum orl_channel channel, size_t n)
{
	struct orl_link_in *in = &link->in[channel];
	if (!channel)
		return;
	assert(n <= orl_link_credit(channel) - in->held);
	in->held += (uint32_t)n;
	in->due -= (int64_t)n;
}

void orl_link_release(struct orl_link *link, enum orl_channel channel, size_t n)
{
	struct orl_link_in *in = &link->in[channel];
	if (!channel)
		return;
	assert(n <= in->held);
	in->held -= (uint32_t)n;
	in->due += (int64_t)n;
	grant(link, channel);
}

/* ---- receiving --------------------------------------------------------- */

static int on_credit(struct orl_link *link, const uint8_t *data, size_t n)
{
	struct orl_credit v;
	int err = orl_get_credit(data, n, &v);
	if (err)
		return err;
	struct orl_link_out *out = &link->out[v.channel];
	uint32_t window = orl_link_credit((enum orl_channel)v.channel);
	if (!link->open || v.bytes > window - out->credit)
		return ORIEL_EPROTO;
	out->credit += v.bytes;
	return 0;
}

static int on_ping(struct orl_link *link, const uint8_t *data, size_t n)
{
	struct orl_ping v;
	int err = orl_get_ping(data, n, &v);
	if (err)
		return err;
	if (link->role != ORL_CLIENT)
		return ORIEL_EPROTO;
	struct orl_pong answer = { v.serial, link->now };
	return ORL_LINK_PUT(link, pong, &answer);
}

static int on_pong(struct orl_link *link, const uint8_t *data, size_t n)
{
	struct orl_pong v;
	struct orl_link_stats *s = &link->stats;
	int err = orl_get_pong(data, n, &v);
	if (err)
		return err;
	if (link->pings == link->pongs || v.serial != link->pongs + 1)
		return ORIEL_EPROTO;
	link->pongs++;
	if (v.serial != link->pings || link->now < link->last_ping)
		return 0;
	uint64_t rtt = link->now - link->last_ping;
	if (s->clock_offset_valid && rtt > s->clock_rtt &&
			link->now - link->clock_at < clock_keep)
		return 0;
	s->clock_offset_valid++;
	s->clock_offset = (int64_t)(v.clock - (link->last_ping + rtt / 2));
	s->clock_rtt = rtt;
	link->clock_at = link->now;
	return 0;
}

static int dispatch(struct orl_link *link, uint16_t id, const uint8_t *data,
		size_t n)
{
	struct orl_pad pad;

	switch (id) {
	case ORL_MSG_credit:
		return on_credit(link, data, n);
	case ORL_MSG_ping:
		return on_ping(link, data, n);
	case ORL_MSG_pong:
		return on_pong(link, data, n);
	default:
		if ((id & 0xff) == ORL_LINK_PAD)
			return orl_get_pad(data, n, &pad);
		return link->calls->message(link->user, id, data, n);
	}
}

static void deliver(struct orl_link *link, unsigned ch, const uint8_t *data,
		size_t n)
{
	link->stats.messages_in++;
	int err = dispatch(
			link, (uint16_t)(ch << 8 | data[0]), data + 1, n - 1);
	if (err) {
		orl_link_fail(link, err);
	} else if (ch) {
		link->in[ch].due += (int64_t)n;
		assert(link->in[ch].due >= 0);
		grant(link, ch);
	}
}

static int chunk_begin(struct orl_link *link)
{
	const uint8_t *h = link->head;
	size_t n = h[0] | (size_t)h[1] << 8;
	unsigned ch = h[2] & 7;
	struct orl_link_in *in = &link->in[ch];
	enum orl_role sender =
			link->role == ORL_CLIENT ? ORL_SERVER : ORL_CLIENT;

	link->head_n = 0;
	if (!n || n > ORL_CHUNK_MAX || ch >= ORL_CHANNELS || h[2] >> 4 ||
			(ch && !link->open) || n > in->credit ||
			n > orl_link_max_now(link, sender, ch) - in->n)
		return ORIEL_EPROTO;
	if (ch)
		in->credit -= (uint32_t)n;
	link->channel = ch;
	link->left = n;
	link->more = (h[2] & ORL_LINK_MORE) != 0;
	link->stats.bytes_in[ch] += n + ORL_CHUNK_HEAD;
	return 0;
}

/* Memory follows what has come, at most twofold; lengths promise nothing. */
static int gather(struct orl_link *link, const uint8_t *data, size_t n)
{
	struct orl_link_in *in = &link->in[link->channel];
	size_t need = in->n + n, capacity = in->capacity * 2;

	if (need > in->capacity) {
		if (capacity < GATHER_MIN)
			capacity = GATHER_MIN;
		if (capacity < need)
			capacity = need;
		uint8_t *p = orl_resize(link->env, in->data, capacity, 1);
		if (!p)
			return ORIEL_ENOMEM;
		in->data = p;
		in->capacity = capacity;
	}
	memcpy(in->data + in->n, data, n);
	in->n = need;
	return 0;
}

static void payload(struct orl_link *link, const uint8_t *data, size_t n)
{
	unsigned ch = link->channel;
	struct orl_link_in *in = &link->in[ch];

	link->left -= n;
	bool last = !link->left && !link->more;
	if (last && !in->n) {
		deliver(link, ch, data, n);
		return;
	}
	int err = gather(link, data, n);
	if (err) {
		orl_link_fail(link, err);
		return;
	}
	if (!last)
		return;
	deliver(link, ch, in->data, in->n);
	in->n = 0;
	if (in->capacity > GATHER_KEEP) {
		orl_free(link->env, in->data);
		in->data = NULL;
		in->capacity = 0;
	}
}

int orl_link_feed(
		struct orl_link *link, const void *data, size_t n, uint64_t now)
{
	const uint8_t *p = data;

	assert(!link->feeding);
	if (link->error || !n)
		return link->error;
	link->now = link->last_in = now;
	link->silent = false;
	link->feeding = true;
	while (n && !link->error) {
		size_t k = 1;
		if (link->left) {
			k = n < link->left ? n : link->left;
			payload(link, p, k);
		} else {
			link->head[link->head_n++] = *p;
			if (link->head_n == ORL_CHUNK_HEAD) {
				int err = chunk_begin(link);
				if (err)
					orl_link_fail(link, err);
			}
		}
		p += k;
		n -= k;
	}
	link->feeding = false;
	if (link->error)
		drop_input(link);
	return link->error;
}

/* ---- time -------------------------------------------------------------- */

static uint64_t later(uint64_t time, uint64_t seconds)
{
	uint64_t span = seconds * second;
	return time > UINT64_MAX - span ? UINT64_MAX : time + span;
}

uint64_t orl_link_deadline(const struct orl_link *link)
{
	if (link->error)
		return UINT64_MAX;
	if (link->role == ORL_CLIENT)
		return later(link->last_in,
				ORL_KEEPALIVE_SECONDS + ORL_SILENCE_SECONDS);
	if (link->silent)
		return later(link->silent_since, ORL_SILENCE_SECONDS);
	return later(orl_max64(orl_min64(link->last_in, link->last_out),
				     link->last_ping),
			ORL_KEEPALIVE_SECONDS);
}

int orl_link_ping(struct orl_link *link, uint64_t now)
{
	struct orl_ping v = { link->pings + 1, now };

	if (link->role != ORL_SERVER)
		return ORIEL_ESTATE;
	int err = ORL_LINK_PUT(link, ping, &v);
	if (err)
		return err;
	link->pings++;
	link->last_ping = now;
	if (!link->silent)
		link->silent_since = now;
	link->silent = true;
	return 0;
}

int orl_link_tick(struct orl_link *link, uint64_t now)
{
	if (link->error || now < orl_link_deadline(link))
		return link->error;
	link->now = now;
	if (link->role == ORL_CLIENT || link->silent)
		return orl_link_fail(link, ORIEL_ETIMEOUT);
	int err = orl_link_ping(link, now);
	return err ? orl_link_fail(link, err) : 0;
}

void orl_link_stats(const struct orl_link *link, struct orl_link_stats *out)
{
	*out = link->stats;
}
