/*
 * link.h - one connection as bytes: messages in, chunks out, and back.
 *
 * No socket, no clock: bytes and time are parameters. Below it is any
 * reliable ordered stream of bytes; it does not assume that there is only
 * one per session (see Lanes in PROTOCOL.md).
 *
 * On the wire, a chunk is
 *
 *	u16 length   of the payload, 1 to ORL_CHUNK_MAX, little endian
 *	u8  flags    bits 0-2 channel (0 to 6), bit 3 MORE, bits 4-7 zero
 *	payload
 *
 * The payload of the first chunk of a message begins with the low byte of its
 * id; the channel is the high byte, so that a message cannot come on a
 * channel that is not its own. MORE says that the message goes on in the next
 * chunk of the same channel; messages of a channel never interleave, chunks
 * of different channels do. A chunk is the least that priorities can pass.
 *
 * Priorities are strict: channel 0 first, 6 last, except that channels 4 to 6
 * together get 1/20 of the bytes of any second in which they wait.
 *
 * Priorities count in chunks with their heads. What was not waiting is not
 * owed anything, and nothing is owed for more than two chunks.
 *
 * While messages of channel 4 wait that are sent as urgent, that channel has
 * its turn before channel 3, and is no part of those that are owed: half of
 * the bytes while pictures wait, too, and all when none do. They come before
 * what others have queued on channel 4 and has not begun.
 *
 * Credit: on channels 1 to 6 a sender may have orl_link_credit(channel) bytes
 * of payload (message id bytes included, chunk heads not) on the way that the
 * receiver has not granted again by a credit message. A receiver grants when
 * half of that has been used up, so a message of at most half of it always
 * gets through: that is the limit of a message (orl_link_message_max()). A
 * chunk that overdraws, a credit for more than was ever used and a credit
 * before the channels are open are ORIEL_EPROTO. Channel 0 has no credit; a
 * link that has more than ORL_CREDIT_CONTROL queued there has a peer that
 * does not read, and ends with ORIEL_ELIMIT.
 *
 * The link itself handles, and does not report: credit, ping, pong and pad.
 * Only servers send ping, only clients pong; a pong answers a ping that has
 * not been answered, or is ORIEL_EPROTO. cancel is reported.
 *
 * The server's end sends ping when nothing has come, or nothing gone, for
 * ORL_KEEPALIVE_SECONDS (a client that only sends must hear something too).
 * It fails with ORIEL_ETIMEOUT when nothing at all has come for
 * ORL_SILENCE_SECONDS after that; a client, when nothing has come for
 * ORL_KEEPALIVE_SECONDS + ORL_SILENCE_SECONDS.
 */
#ifndef ORL_PROTO_LINK_H
#define ORL_PROTO_LINK_H

#include "proto/buf.h"
#include "proto/limits.h"
#include "proto/messages.h"

enum orl_channel {
	ORL_CHANNEL_CONTROL, /* hello, login, input, acks, cursor position */
	ORL_CHANNEL_SOUND,
	ORL_CHANNEL_CURSOR,
	ORL_CHANNEL_DISPLAY,
	ORL_CHANNEL_USB,
	ORL_CHANNEL_CLIPBOARD,
	ORL_CHANNEL_PRINT,
	ORL_CHANNELS,
};

/* Sets of channels, for orl_link_drain(). */
enum {
	ORL_CHANNELS_URGENT = 1 << ORL_CHANNEL_CONTROL | 1 << ORL_CHANNEL_SOUND,
	ORL_CHANNELS_PICTURE =
			1 << ORL_CHANNEL_CURSOR | 1 << ORL_CHANNEL_DISPLAY,
	ORL_CHANNELS_BULK = 1 << ORL_CHANNEL_USB | 1 << ORL_CHANNEL_CLIPBOARD |
			    1 << ORL_CHANNEL_PRINT,
	ORL_CHANNELS_ALL = (1 << ORL_CHANNELS) - 1,
};

enum orl_role { ORL_CLIENT, ORL_SERVER };

/* Credit that a channel begins with: at least twice its longest message. */
enum {
	ORL_CREDIT_SOUND = 64 << 10,
	ORL_CREDIT_CURSOR = 576 << 10, /* a shape is up to 263168 + 10 */
	ORL_CREDIT_DISPLAY = 4 << 20,  /* a rate of 100 MB/s over 40 ms */
	ORL_CREDIT_USB = 256 << 10,
	ORL_CREDIT_CLIPBOARD = 256 << 10, /* 2.5 MB/s over 100 ms */
	ORL_CREDIT_PRINT = 64 << 10,
	/*
	 * Bytes of memory. Nobody has more than this queued on a channel who
	 * looks at orl_link_queued(); who does not gets ORIEL_ELIMIT.
	 */
	ORL_LINK_QUEUE_MAX = 8 << 20,
};

/* Bytes of payload that may be on the way; 0 for channel 0: not counted. */
uint32_t orl_link_credit(enum orl_channel channel);
/*
 * The longest message, id byte included, that `sender` may send on an open
 * channel. Before orl_link_open() it is ORL_MESSAGE_MAX_EARLY.
 */
size_t orl_link_message_max(enum orl_role sender, enum orl_channel channel);

struct orl_link; /* one end */

struct orl_link_calls {
	/*
	 * A whole message: id is channel << 8 | wire id; data is valid until
	 * the call returns. Every id that a peer sends gets here (also ids
	 * that nobody knows), but for the four that the link handles. A
	 * negative return ends the link with that error. Must not destroy
	 * or feed the link; may do everything else.
	 */
	int (*message)(void *user, uint16_t id, const uint8_t *data, size_t n);
};

int orl_link_create(struct orl_link **out, const struct orl_env *env,
		enum orl_role role, const struct orl_link_calls *calls,
		void *user, uint64_t now);
void orl_link_destroy(struct orl_link *link);

/*
 * Until this is called only channel 0 is open and messages are at most
 * ORL_MESSAGE_MAX_EARLY; afterwards orl_link_message_max(). A server calls it
 * before it queues welcome, a client when that has come (inside the handler:
 * what follows in the same bytes is then judged by it).
 */
void orl_link_open(struct orl_link *link);

/*
 * Bytes that have arrived, cut anywhere. Returns 0 or the error that ended
 * the link (bad chunk, credit overdrawn, message too long, a handler's
 * error); that error is then returned for ever and nothing more is sent or
 * reported.
 */
int orl_link_feed(struct orl_link *link, const void *data, size_t n,
		uint64_t now);

struct orl_send {
	uint16_t id;      /* ORL_MSG_... */
	uint32_t stream;  /* for orl_link_cancel(); 0 is none */
	const void *head; /* encoded fields, copied */
	size_t head_n;
	struct orl_buf *tail; /* more bytes, a reference is taken; or NULL */
	uint64_t expires;     /* drop it when not begun by then; 0 is never */
	bool urgent;          /* of channel 4: before pictures, see above */
};

/*
 * Queue a message. ORIEL_ESTATE on a channel not open; ORIEL_ELIMIT when it is
 * too long or ORL_LINK_QUEUE_MAX are waiting already; ORIEL_ENOMEM; the error
 * of a link that has ended. Only the limit of channel 0 ends the link. The
 * tail's size must not change any more.
 */
int orl_link_send(struct orl_link *link, const struct orl_send *send);

/*
 * Encode the message `name` (a struct orl_<name> v) and queue it; what v
 * points to is copied. int err = ORL_LINK_PUT(link, key, &v);
 */
#define ORL_LINK_PUT(link, name, v) \
	orl_link_put(link, ORL_MSG_##name, \
			(void (*)(struct orl_wr *, const void *))( \
					void (*)(void))orl_put_##name, \
			1 ? (v) : (const struct orl_##name *)0)
int orl_link_put(struct orl_link *link, uint16_t id,
		void (*encode)(struct orl_wr *, const void *), const void *v);

/*
 * Write what goes out next into out[0..cap): whole chunks of the allowed
 * channels (a set of 1 << channel) by priority, several small ones together,
 * in all no more than `chunk` bytes with their heads. One call's output is
 * meant to become one TLS record. Returns the number of bytes, 0 for nothing
 * (also where orl_link_ready() named some, all expired by now). What is
 * returned counts as sent. cap and chunk are at least 4.
 */
size_t orl_link_drain(struct orl_link *link, uint8_t *out, size_t cap,
		size_t chunk, unsigned channels, uint64_t now);

/*
 * ORL_CHANNELS_BULK when channels 4 to 6 are owed their share of what the
 * others have sent while these waited, else 0. They are owed it also where
 * their own window is closed: drain(..., allowed | orl_link_owed(link), ...).
 */
unsigned orl_link_owed(const struct orl_link *link);
/* Channel 4 goes with those of pictures, as urgent messages wait there. */
bool orl_link_hurries(const struct orl_link *link);

/* Bytes queued on these channels that credit allows to be sent now. */
size_t orl_link_ready(const struct orl_link *link, unsigned channels);
/* Bytes queued on these channels. */
size_t orl_link_queued(const struct orl_link *link, unsigned channels);

/*
 * Drop the queued messages of a stream on channels 4 to 6 that have not
 * begun, and queue cancel. Peers ignore a cancel of a stream that they do not
 * know: it may have ended, or its first message may have been dropped here.
 * ORIEL_EINVAL for other channels and stream 0; else as orl_link_send().
 */
int orl_link_cancel(struct orl_link *link, enum orl_channel channel,
		uint32_t stream);

/*
 * Received payload is granted back as its message's handler returns. A
 * handler that keeps data calls hold with its size (inside the handler, in
 * all no more than n + 1), and release when it is used up; this may queue a
 * credit. Nothing is to be done for channel 0.
 */
void orl_link_hold(struct orl_link *link, enum orl_channel channel, size_t n);
void orl_link_release(
		struct orl_link *link, enum orl_channel channel, size_t n);

/* When orl_link_tick() is due, UINT64_MAX for never. */
uint64_t orl_link_deadline(const struct orl_link *link);
/* Keep-alive. Returns 0, or the error that has ended the link. */
int orl_link_tick(struct orl_link *link, uint64_t now);
/* A server that wants to know the clocks better may ping at other times. */
int orl_link_ping(struct orl_link *link, uint64_t now);

struct orl_link_stats {
	uint64_t bytes_in[ORL_CHANNELS], bytes_out[ORL_CHANNELS]; /* chunks */
	uint64_t messages_in, messages_out;
	uint64_t expired, cancelled; /* messages dropped */
	uint64_t clock_offset_valid; /* pongs seen that told it */
	int64_t clock_offset;        /* peer's clock minus ours, ns */
	uint64_t clock_rtt;          /* it is good to +- half of this, ns */
};
void orl_link_stats(const struct orl_link *link, struct orl_link_stats *out);

#endif
