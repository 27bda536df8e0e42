/*
 * link_out.c - see link.h. Output is one queue of heap nodes per channel, cut
 * into chunks at the last moment, so that priority, credit and expiry are
 * decided when a byte can really go.
 */
#include "proto/link_impl.h"

#include <assert.h>
#include <string.h>

enum {
	BULK_FIRST = ORL_CHANNEL_USB,
	/* Channels 4 to 6 get 1 byte for every 19 of the others. */
	SHARE = 19,
	RECORD_MAX = ORL_CHUNK_HEAD + ORL_CHUNK_MAX,
	OWED_MAX = 2 * SHARE * RECORD_MAX,
	AHEAD_MAX = 2 * RECORD_MAX,
	/* A cut that leaves less than this in a record is not worth a head. */
	FRAGMENT_MIN = 64,
};

/* What is owed for this long is paid, however little it is. */
static const uint64_t share_wait = 500000000;

/* A queued message. */
struct item {
	struct orl_node node;
	struct orl_node by_stream; /* of those that can be cancelled */
	struct orl_buf *tail;
	uint64_t expires;
	uint32_t stream;
	uint32_t n, sent; /* bytes of payload: id, head and tail */
	uint32_t head_n;
	bool urgent;
	uint8_t head[];
};

static void item_drop(struct orl_link *link, struct orl_link_out *out,
		struct item *item)
{
	out->n--;
	out->queued -= item->n - item->sent;
	link->urgent -= item->urgent;
	orl_list_remove(&item->node);
	orl_list_remove(&item->by_stream);
	orl_buf_unref(item->tail);
	orl_free(link->env, item);
}

void orl_link_forget(struct orl_link *link)
{
	for (unsigned ch = 0; ch < ORL_CHANNELS; ch++) {
		struct orl_link_out *out = &link->out[ch];
		while (!orl_list_empty(&out->items))
			item_drop(link, out,
					orl_container(out->items.next,
							struct item, node));
	}
}

/* ---- queueing ---------------------------------------------------------- */

/* A node for id, head_n bytes that the caller writes, and the tail. */
static int item_create(struct item **out, struct orl_link *link, uint16_t id,
		size_t head_n, struct orl_buf *tail)
{
	unsigned ch = id >> 8;
	size_t tail_n = tail ? tail->size : 0;
	struct item *item;

	if (link->error)
		return link->error;
	if (ch >= ORL_CHANNELS)
		return ORIEL_EINVAL;
	if (ch && !link->open)
		return ORIEL_ESTATE;
	size_t max = orl_link_max_now(link, link->role, ch) - 1;
	if (head_n > max || tail_n > max - head_n)
		return ORIEL_ELIMIT;
	if (!ch && link->out[0].queued + 1 + head_n + tail_n >
					ORL_CREDIT_CONTROL) {
		orl_link_fail(link, ORIEL_ELIMIT);
		return ORIEL_ELIMIT;
	}

	/* Not through orl_alloc: the content is about to be written. */
	item = link->env->hooks.alloc(
			link->env->hooks.user, sizeof(*item) + 1 + head_n);
	if (!item)
		return ORIEL_ENOMEM;
	orl_list_init(&item->by_stream);
	item->tail = tail ? orl_buf_ref(tail) : NULL;
	item->expires = 0;
	item->stream = 0;
	item->n = (uint32_t)(1 + head_n + tail_n);
	item->sent = 0;
	item->urgent = false;
	item->head_n = (uint32_t)(1 + head_n);
	item->head[0] = (uint8_t)id;
	*out = item;
	return 0;
}

static void item_count(struct orl_link_out *out, struct item *item)
{
	out->n++;
	out->queued += item->n;
	if (item->stream)
		orl_list_append(&out->streams, &item->by_stream);
}

static void item_queue(struct orl_link *link, unsigned ch, struct item *item)
{
	orl_list_append(&link->out[ch].items, &item->node);
	item_count(&link->out[ch], item);
}

/* Before others; behind what is begun, urgent too, or of the same stream. */
static void item_hurry(struct orl_link *link, struct item *item)
{
	struct orl_link_out *out = &link->out[ORL_CHANNEL_USB];
	struct orl_node *at = out->items.prev;

	while (at != &out->items) {
		const struct item *before =
				orl_container(at, struct item, node);
		if (before->sent || before->urgent ||
				(item->stream &&
						before->stream == item->stream))
			break;
		at = at->prev;
	}
	orl_list_append(at->next, &item->node); /* behind it */
	item_count(out, item);
	item->urgent = true;
	link->urgent++;
}

static int put(struct orl_link *link, uint16_t id,
		void (*encode)(struct orl_wr *, const void *), const void *v)
{
	struct orl_wr w = { NULL, 0, 0 };
	struct item *item;

	encode(&w, v);
	int err = item_create(&item, link, id, w.n, NULL);
	if (err)
		return err;
	w = (struct orl_wr){ item->head + 1, w.n, 0 };
	encode(&w, v);
	assert(wr_ok(&w));
	item_queue(link, id >> 8, item);
	return 0;
}

static bool queue_full(const struct orl_link *link, uint16_t id)
{
	if (id >> 8 >= ORL_CHANNELS)
		return false;
	const struct orl_link_out *out = &link->out[id >> 8];
	/* Messages may be of a few bytes each. */
	return out->queued + out->n * sizeof(struct item) > ORL_LINK_QUEUE_MAX;
}

int orl_link_put(struct orl_link *link, uint16_t id,
		void (*encode)(struct orl_wr *, const void *), const void *v)
{
	return queue_full(link, id) ? ORIEL_ELIMIT : put(link, id, encode, v);
}

int orl_link_send(struct orl_link *link, const struct orl_send *send)
{
	struct item *item;

	if (queue_full(link, send->id))
		return ORIEL_ELIMIT;
	int err = item_create(&item, link, send->id, send->head_n, send->tail);
	if (err)
		return err;
	if (send->head_n)
		memcpy(item->head + 1, send->head, send->head_n);
	item->expires = send->expires;
	item->stream = send->stream;
	if (send->urgent && send->id >> 8 == ORL_CHANNEL_USB)
		item_hurry(link, item);
	else
		item_queue(link, send->id >> 8, item);
	return 0;
}

int orl_link_cancel(struct orl_link *link, enum orl_channel channel,
		uint32_t stream)
{
	struct orl_cancel v = { stream };

	if ((int)channel < BULK_FIRST || channel >= ORL_CHANNELS || !stream)
		return ORIEL_EINVAL;
	if (queue_full(link, (uint16_t)(channel << 8)))
		return ORIEL_ELIMIT;
	ORL_EACH_SAFE (node, after, &link->out[channel].streams) {
		struct item *item = orl_container(node, struct item, by_stream);
		if (item->stream != stream || item->sent)
			continue;
		item_drop(link, &link->out[channel], item);
		link->stats.cancelled++;
	}
	return put(link, (uint16_t)(channel << 8 | ORL_LINK_CANCEL),
			(void (*)(struct orl_wr *, const void *))(
					void (*)(void))orl_put_cancel,
			&v);
}

size_t orl_link_queued(const struct orl_link *link, unsigned channels)
{
	uint64_t n = 0;
	for (unsigned ch = 0; ch < ORL_CHANNELS; ch++)
		if (channels & 1u << ch)
			n += link->out[ch].queued;
	return (size_t)n;
}

size_t orl_link_ready(const struct orl_link *link, unsigned channels)
{
	uint64_t n = 0;
	for (unsigned ch = 0; ch < ORL_CHANNELS; ch++)
		if (channels & 1u << ch)
			n += orl_min64(link->out[ch].queued,
					link->out[ch].credit);
	return (size_t)n;
}

/* ---- draining ---------------------------------------------------------- */

/* The message that a channel would go on with, NULL when it cannot. */
static struct item *item_next(struct orl_link *link, unsigned ch, uint64_t now)
{
	struct orl_link_out *out = &link->out[ch];
	while (!orl_list_empty(&out->items)) {
		struct item *item = orl_container(
				out->items.next, struct item, node);
		if (item->sent || !item->expires || now < item->expires)
			return out->credit ? item : NULL;
		item_drop(link, out, item);
		link->stats.expired++;
	}
	return NULL;
}

/* The first channel of from..to-1 that has something to send, or -1. */
static int first_ready(struct orl_link *link, unsigned from, unsigned to,
		unsigned channels, uint64_t now)
{
	for (unsigned ch = from; ch < to; ch++)
		if (channels & 1u << ch && item_next(link, ch, now))
			return (int)ch;
	return -1;
}

/*
 * Bytes, head included, that the next chunk of channels 4 to 6 may have by
 * right: `size` when so much is owed, or, on a link so thin that this takes
 * long, what is owed. Else 0.
 */
static size_t share(const struct orl_link *link, size_t size, uint64_t now)
{
	size_t n = link->owed / SHARE;
	if (n >= size)
		return size;
	return now >= link->owed_since + share_wait && n >= FRAGMENT_MIN ? n
									 : 0;
}

/* The first channel of those that are owed. */
static unsigned first_bulk(const struct orl_link *link)
{
	return BULK_FIRST + (link->urgent > 0);
}

static unsigned bulk_channels(const struct orl_link *link)
{
	return link->urgent ? ORL_CHANNELS_BULK & ~(1u << ORL_CHANNEL_USB)
			    : ORL_CHANNELS_BULK;
}

unsigned orl_link_owed(const struct orl_link *link)
{
	size_t n = orl_link_ready(link, bulk_channels(link));
	if (!link->bulk_waits || !n)
		return 0;
	n = (size_t)orl_min64(n + ORL_CHUNK_HEAD, link->room);
	return share(link, n, link->now) ? bulk_channels(link) : 0;
}

bool orl_link_hurries(const struct orl_link *link)
{
	return link->urgent && link->out[ORL_CHANNEL_USB].credit;
}

/* Of channels 0 to 3, and 4 while urgent messages wait there. */
static int pick_other(struct orl_link *link, unsigned channels, uint64_t now)
{
	int first = first_ready(link, 0, ORL_CHANNEL_DISPLAY, channels, now);
	int picture = first_ready(
			link, ORL_CHANNEL_DISPLAY, BULK_FIRST, channels, now);

	if (first >= 0 || !orl_link_hurries(link) ||
			!(channels & ORL_CHANNELS_PICTURE))
		return first >= 0 ? first : picture;
	if (picture < 0)
		link->ahead = 0;
	return picture >= 0 && link->ahead > 0 ? picture : ORL_CHANNEL_USB;
}

/* The channel to go on with or -1; *limit is what its chunk may have. */
static int pick(struct orl_link *link, size_t *limit, size_t room,
		unsigned channels, uint64_t now)
{
	unsigned from = first_bulk(link);
	int bulk = -1;
	int other = pick_other(link, channels, now);
	int waits = first_ready(
			link, from, ORL_CHANNELS, ORL_CHANNELS_ALL, now);

	if (waits < 0) {
		link->bulk_waits = false;
		link->owed = 0;
	} else {
		if (!link->bulk_waits)
			link->owed_since = now;
		link->bulk_waits = true;
		bulk = first_ready(link, from, ORL_CHANNELS, channels, now);
	}
	*limit = room;
	if (bulk < 0 || other < 0)
		return other < 0 ? bulk : other;
	const struct item *item = item_next(link, (unsigned)bulk, now);
	size_t size = item->n - item->sent + (size_t)ORL_CHUNK_HEAD;
	size = share(link, size < room ? size : room, now);
	if (!size)
		return other;
	*limit = size;
	return bulk;
}

/* Take n bytes of payload from where the item stands. */
static void item_copy(uint8_t *out, struct item *item, size_t n)
{
	if (item->sent < item->head_n) {
		size_t k = item->head_n - item->sent;
		k = k < n ? k : n;
		memcpy(out, item->head + item->sent, k);
		item->sent += (uint32_t)k;
		out += k;
		n -= k;
	}
	if (n)
		memcpy(out, item->tail->data + (item->sent - item->head_n), n);
	item->sent += (uint32_t)n;
}

/* What n bytes of a channel are to the balance between them. */
static void account(struct orl_link *link, unsigned ch, uint32_t n,
		bool hurried, uint64_t now)
{
	if (ch >= BULK_FIRST && !(hurried && ch == ORL_CHANNEL_USB)) {
		link->owed -= (uint32_t)orl_min64(
				link->owed, (uint64_t)n * SHARE);
		link->owed_since = now;
	} else if (link->bulk_waits) {
		link->owed = (uint32_t)orl_min64(link->owed + n, OWED_MAX);
	}
	if (!hurried)
		link->ahead = 0;
	else if (ch == ORL_CHANNEL_USB)
		link->ahead += (int32_t)n;
	else if (ch == ORL_CHANNEL_DISPLAY)
		link->ahead -= (int32_t)n;
	if (link->ahead > AHEAD_MAX)
		link->ahead = AHEAD_MAX;
	if (link->ahead < -AHEAD_MAX)
		link->ahead = -AHEAD_MAX;
}

/*
 * A chunk of at most `limit` bytes with its head, or 0 when it would be a
 * fragment at the end of a record that is begun.
 */
static size_t chunk_write(struct orl_link *link, unsigned ch, uint8_t *out,
		size_t limit, bool begun, uint64_t now)
{
	struct orl_link_out *q = &link->out[ch];
	struct item *item = orl_container(q->items.next, struct item, node);
	size_t all = item->n - item->sent, n = limit - ORL_CHUNK_HEAD;
	bool hurried = link->urgent > 0;

	if (begun && n < all && n < FRAGMENT_MIN)
		return 0;
	n = n < all ? n : all;
	n = n < q->credit ? n : q->credit;
	out[0] = (uint8_t)n;
	out[1] = (uint8_t)(n >> 8);
	out[2] = (uint8_t)(ch | (n < all ? ORL_LINK_MORE : 0u));
	item_copy(out + ORL_CHUNK_HEAD, item, n);
	q->queued -= n;
	if (ch)
		q->credit -= (uint32_t)n;
	if (n == all) {
		item_drop(link, q, item);
		link->stats.messages_out++;
	}

	n += ORL_CHUNK_HEAD;
	link->stats.bytes_out[ch] += n;
	account(link, ch, (uint32_t)n, hurried, now);
	return n;
}

size_t orl_link_drain(struct orl_link *link, uint8_t *out, size_t cap,
		size_t chunk, unsigned channels, uint64_t now)
{
	size_t room = chunk < RECORD_MAX ? chunk : RECORD_MAX, n = 0;

	room = cap < room ? cap : room;
	if (link->error || room <= ORL_CHUNK_HEAD)
		return 0;
	link->now = now;
	link->room = room;
	while (room - n > ORL_CHUNK_HEAD) {
		size_t limit;
		int ch = pick(link, &limit, room, channels, now);
		if (ch < 0)
			break;
		limit = limit < room - n ? limit : room - n;
		size_t k = chunk_write(
				link, (unsigned)ch, out + n, limit, n > 0, now);
		if (!k)
			break;
		n += k;
	}
	if (n)
		link->last_out = now;
	return n;
}
