/*
 * stream.h - a run of bytes that its receiver paces: what a paste, a print
 * job or a device's traffic is, on channels 4 to 6.
 *
 * The two halves are plain numbers, one at each end, and know of one message
 * only, that which carries bytes: `u32 stream, bytes`, of at most
 * ORL_PIECE_MAX. Everything else (how a stream is asked for, begun, ended and
 * refused) is the channel's own; see clipboard.c for one that does it all.
 *
 * Numbers     A stream is named by who opens it, from a count of its own that
 *             only goes up: clients take odd numbers, servers even ones. So a
 *             number that was never given is ORIEL_EPROTO, and one that is no
 *             longer in use is of a stream that was cancelled while this was
 *             on its way, and ignored.
 * Credit      The receiver allows a window when the stream is opened, and
 *             more as its host has used up what came. Nothing else waits: the
 *             channel's own credit is granted back at once, so one that
 *             nobody reads stops nobody else. What is written is queued in the
 *             link, at most the window of it: that is all the memory there is
 *             at the sender, and the same is all that the receiver's host may
 *             have to keep.
 * Size        What the sender says of it: nothing, that there will be at least
 *             so much, or exactly so much; the last is held to. A limit of the
 *             receiver's own is ORIEL_ELIMIT when it is passed, or told to be.
 */
#ifndef ORL_REDIRECT_STREAM_H
#define ORL_REDIRECT_STREAM_H

#include "proto/link.h"

enum {
	ORL_STREAM_WINDOW = 256 << 10, /* what most are opened with */
	ORL_STREAM_WINDOW_MIN = 1 << 10,
	ORL_STREAM_WINDOW_MAX = 1 << 20, /* nobody keeps more for a stream */
};

/* How the total of a stream is meant; on the wire as well. */
enum orl_stream_size {
	ORL_STREAM_UNKNOWN,
	ORL_STREAM_AT_LEAST,
	ORL_STREAM_EXACTLY,
};

/* ---- numbers ----------------------------------------------------------- */

/* Of the streams of a channel, at one end. */
struct orl_stream_ids {
	uint32_t mine;   /* the last that this end gave, 0: none yet */
	uint32_t theirs; /* the last that the other end gave */
	enum orl_role role;
};

void orl_stream_ids_init(struct orl_stream_ids *ids, enum orl_role role);
/* The next number for a stream opened here; 0 when all have been given. */
uint32_t orl_stream_ids_next(struct orl_stream_ids *ids);
/* The peer opens one of this number: 0 or ORIEL_EPROTO. */
int orl_stream_ids_opened(struct orl_stream_ids *ids, uint32_t id);
/* A message names a stream that is not there: 0 (it was) or ORIEL_EPROTO. */
int orl_stream_ids_gone(const struct orl_stream_ids *ids, uint32_t id);

/* ---- sending ----------------------------------------------------------- */

struct orl_stream_out {
	uint32_t id;
	enum orl_stream_size size;
	bool waiting; /* a write was cut short: tell when there is credit */
	uint32_t window, credit;
	uint64_t total, sent;
};

void orl_stream_out_init(
		struct orl_stream_out *out, uint32_t id, uint32_t window);
/*
 * Queue what credit allows of data[n] in messages `message` of its channel.
 * Returns how much that was, 0 to n, or an error of the link or, when it is
 * more than the exact size that was promised, ORIEL_EINVAL.
 */
int64_t orl_stream_write(struct orl_stream_out *out, struct orl_link *link,
		uint16_t message, const void *data, size_t n);
/*
 * The receiver allows more. ORIEL_EPROTO when that is more than it can have
 * had; *ready: a write had been cut short, and could go on.
 */
int orl_stream_allow(struct orl_stream_out *out, uint32_t bytes, bool *ready);
/* Whether all of an exact size has been written; true for the others. */
bool orl_stream_out_complete(const struct orl_stream_out *out);

/* ---- receiving --------------------------------------------------------- */

struct orl_stream_in {
	uint32_t id;
	enum orl_stream_size size;
	uint32_t window, credit; /* what may still come */
	uint32_t held;           /* what the host has not used up */
	uint64_t total, got, limit;
};

void orl_stream_in_init(struct orl_stream_in *in, uint32_t id, uint32_t window,
		uint64_t limit);
/* What the sender says of the size; ORIEL_ELIMIT when that is too much. */
int orl_stream_in_size(struct orl_stream_in *in, enum orl_stream_size size,
		uint64_t total);
/*
 * n bytes have come. ORIEL_EPROTO when they were not allowed, or are more than
 * was promised; ORIEL_ELIMIT when they pass the limit.
 */
int orl_stream_came(struct orl_stream_in *in, size_t n);
/* The host has used n bytes up: what to allow the sender now, 0 not yet. */
uint32_t orl_stream_used(struct orl_stream_in *in, size_t n);
/* The sender says that this was all: 0 or ORIEL_EPROTO. */
int orl_stream_in_end(const struct orl_stream_in *in);

#endif
