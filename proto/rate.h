/*
 * rate.h - how much may be on the way now.
 *
 * The network window of PROTOCOL.md (Sending): bytes that TCP has not yet had
 * acknowledged are held at the path's bandwidth-delay product, estimated from
 * our own samples. Pure: bytes and time in, bytes and time out. Runs on both
 * ends: a server's pictures and a client's uploads obey the same window.
 *
 * Use: orl_rate_sample() whenever the socket's counters have been read (after
 * a write, at orl_rate_deadline(), when the socket becomes writable), then
 * orl_rate_allowed() before something is encoded or drained.
 */
#ifndef ORL_PROTO_RATE_H
#define ORL_PROTO_RATE_H

#include "proto/base.h"

/* What the transport knows, from TCP_INFO and SIOCOUTQ. */
struct orl_rate_input {
	uint64_t now;     /* ns */
	uint64_t sent;    /* bytes ever written to the socket */
	uint64_t acked;   /* bytes ever acknowledged by the other end's TCP */
	uint64_t sacked;  /* received beyond a hole, tcpi_sacked * mss, or 0 */
	uint64_t unsent;  /* bytes of `sent` still in our own socket buffer */
	uint64_t rtt;     /* newest smoothed round trip, ns; 0 is not known */
	uint64_t rtt_min; /* tcpi_min_rtt, ns, or 0; may be minutes old */
	uint64_t cwnd;    /* congestion window, bytes; 0 is not known */
	uint32_t mss;     /* bytes; 0 is taken as 1448 */
	bool probing_rtt; /* bbr is in PROBE_RTT */
	bool bbr;         /* ... is what holds the congestion window */
	bool waiting;     /* more was ready to be sent than was allowed */
};

enum orl_rate_class {
	ORL_RATE_PICTURE, /* channels 0-3: rate * (min_rtt + 8 ms) */
	ORL_RATE_BULK,    /* channels 4-6: rate * (min_rtt + 3 ms) */
};

enum {
	ORL_RATE_TICKS = 10,
	ORL_RATE_RTTS = 10,
	ORL_RATE_MARKS = 32,
};

/* In the owner's memory; its fields are rate.c's own business. */
struct orl_rate {
	uint64_t now, rate, max_rate, paid_until;
	/* The socket, as last told. */
	uint64_t sent, wire, delivered, cwnd, mss, rtt, told_min;
	uint64_t progress_at, idle_at, stalled_to, prior_to;
	bool seen, waiting, holding, bbr;
	/* Least round trip: one a tick, the least of all of them. */
	uint64_t tick[ORL_RATE_TICKS], tick_at, min_rtt, near_at;
	/* When how much had left, for a round trip without smoothing. */
	struct {
		uint64_t at, wire;
	} mark[ORL_RATE_MARKS];
	unsigned marks;
	/* The newest samples of the rate; how many there are. */
	uint64_t sample[ORL_RATE_RTTS];
	unsigned samples;
	/* The round that is being measured, and what the last one was. */
	uint64_t round_at, round_delivered, round_rtt, round_most, round;
	uint64_t rtts[4], weak_sample;
	bool full, was_full, spoilt, weak;
	/* What the window is. */
	bool prior, guess, growing, draining, drained, closed;
	bool competing, checking;
	unsigned flat, empty, crowded;
	uint64_t crowded_sample;
	/* What speaks for and against others on the path. */
	uint64_t past_rate, past_rtt, peak, old_peak;
	uint64_t before, fell_at;
	unsigned past_rounds, high, above, falls, checks, clear, strange;
	uint64_t check_at, check_until, check_rtt, checked[2];
	unsigned looks;
};

/* prior: bytes a second to start from, 0 for the default (10 Mbit/s). */
void orl_rate_init(struct orl_rate *r, uint64_t prior, uint64_t max_rate);

void orl_rate_sample(struct orl_rate *r, const struct orl_rate_input *in);

/* Bytes that may be written now, 0 when the window is full. */
uint64_t orl_rate_allowed(const struct orl_rate *r, enum orl_rate_class class);
/* Estimate, bytes a second; never 0. */
uint64_t orl_rate_estimate(const struct orl_rate *r);
/* Least round trip of the last 10 s, ns. */
uint64_t orl_rate_min_rtt(const struct orl_rate *r);
/*
 * Bytes of link time: rate * ns, for the size of chunks and parts. Parts are
 * planned to 8 ms, chunks to 4 ms (2 ms on channels 4-6).
 */
uint64_t orl_rate_bytes(const struct orl_rate *r, uint64_t ns);
/*
 * When the window should be looked at again though nothing happened; never
 * before the newest sample + 0.2 ms. With bytes on the way and nothing waiting
 * the looks become rarer; UINT64_MAX when all is acked: idle costs no wakeups.
 */
uint64_t orl_rate_deadline(const struct orl_rate *r);

/* For statistics and tests. */
struct orl_rate_state {
	uint64_t rate, min_rtt, window, inflight;
	bool competing, draining, probing;
};
void orl_rate_state(const struct orl_rate *r, struct orl_rate_state *out);

/*
 * The client window: acks against commits. Sending of pictures stops at two
 * overdue commits. All times are the server's clock, ns.
 */
enum { ORL_PACE_COMMITS = 256, ORL_PACE_BATCH = 50 /* ms */ };

struct orl_pace {
	struct {
		uint64_t at;
		uint32_t frame;
		bool batched;
	} commit[ORL_PACE_COMMITS];
	unsigned first, n;
	uint32_t oldest, newest; /* frames ever committed: oldest..newest */
	bool any;
	uint64_t cost, spread, seen; /* mean, mean deviation, newest time */
};
void orl_pace_init(struct orl_pace *p);
/*
 * A commit went out at `at` (now, and the link time of what is queued before
 * it); acks of small ones are `batched` by the client for up to 50 ms. Frames
 * count up by one and wrap; one that does not count up is ignored. More than
 * 256 without an ack merge: the oldest keeps its time and covers the next.
 */
void orl_pace_commit(
		struct orl_pace *p, uint32_t frame, uint64_t at, bool batched);
/*
 * An ack of `frame` and everything before it came at `now`; the client
 * needed `cost` ns from receiving to showing (believed up to half a second,
 * and never more than has passed). ORIEL_EPROTO when it names a frame that
 * was never committed; one that was acked before changes nothing.
 */
int orl_pace_ack(struct orl_pace *p, uint32_t frame, uint64_t now,
		uint64_t cost);
/* How many commits are overdue, given the path's round trip. */
unsigned orl_pace_overdue(const struct orl_pace *p, uint64_t now, uint64_t rtt);
/*
 * When the next commit becomes overdue, UINT64_MAX for never. "Next" is after
 * the newest time told by a commit or an ack: a time that has passed meanwhile
 * needs no timer, only an ack changes anything then.
 */
uint64_t orl_pace_deadline(const struct orl_pace *p, uint64_t rtt);

#endif
