/*
 * link_impl.h - what link.c (life, input, time) and link_out.c (queues,
 * output) know of each other; nobody else includes it.
 */
#ifndef ORL_PROTO_LINK_IMPL_H
#define ORL_PROTO_LINK_IMPL_H

#include "proto/link.h"

enum {
	ORL_LINK_MORE = 1 << 3, /* chunk flag */
	ORL_LINK_CANCEL = 0xfe, /* ids of every channel */
	ORL_LINK_PAD = 0xff,
};

struct orl_link_out {
	struct orl_node items;
	struct orl_node streams; /* those of them that are of one */
	size_t n;                /* items */
	uint64_t queued;         /* bytes of payload not sent */
	uint32_t credit;         /* of those, what may go */
};

struct orl_link_in {
	uint8_t *data; /* a message that came in pieces */
	size_t n, capacity;
	uint32_t credit; /* what the peer may still send */
	uint32_t held;
	int64_t due; /* used up, not granted yet; below 0 inside handlers */
};

struct orl_link {
	const struct orl_env *env;
	enum orl_role role;
	const struct orl_link_calls *calls;
	void *user;
	int error;
	bool open, feeding;

	/* The chunk that is coming in. */
	uint8_t head[ORL_CHUNK_HEAD];
	unsigned head_n, channel;
	size_t left; /* of its payload */
	bool more;
	struct orl_link_in in[ORL_CHANNELS];

	struct orl_link_out out[ORL_CHANNELS];
	uint32_t owed;       /* to channels 4 to 6, times SHARE */
	uint64_t owed_since; /* when they last sent or began to wait */
	bool bulk_waits;
	unsigned urgent; /* messages of channel 4 */
	int32_t ahead;   /* bytes that they are, of pictures that wait */
	size_t room;     /* of the last record */

	/* Keep-alive and clocks. */
	uint64_t now, last_in, last_out, last_ping;
	uint64_t silent_since; /* the first ping since something came */
	bool silent;
	uint32_t pings, pongs; /* serials of the newest */
	uint64_t clock_at;

	struct orl_link_stats stats;
};

/* The longest message now, before or after orl_link_open(). */
size_t orl_link_max_now(
		const struct orl_link *link, enum orl_role sender, unsigned ch);

/*
 * End the link. The first error stays and is returned. Memory goes now: a
 * dead peer must not cost any.
 */
int orl_link_fail(struct orl_link *link, int error);

/* Drop all that is queued. */
void orl_link_forget(struct orl_link *link);

#endif
