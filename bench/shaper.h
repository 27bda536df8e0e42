/*
 * shaper.h - one direction of an emulated link, in virtual time.
 *
 * A packet that is offered waits in a byte-bounded queue (drop-tail; what is
 * being sent counts), is sent at the rate, and arrives a delay later unless it
 * was lost. The rate counts the IP packet and nothing else. Everything follows
 * from the parameters, the seed and the times that are passed in; nothing
 * looks at a clock and nothing is allocated: packets belong to the caller, who
 * lends them from shaper_offer() to shaper_take().
 *
 * What is drawn is drawn from three streams of numbers: whether the n-th
 * accepted packet is lost depends on the seed and on n alone, so that a run
 * can be told how much it should have lost (shaper_losses()).
 */
#ifndef ORL_BENCH_SHAPER_H
#define ORL_BENCH_SHAPER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	SHAPER_OCTAVE = 4, /* buckets of a histogram for each doubling */
	SHAPER_BUCKETS = 25 * SHAPER_OCTAVE, /* from 1 us on */
};

/* Probabilities are 0 to 1. The names and meanings are those of tc-netem(8)
 * but for these: jitter is drawn anew when the last draw is as old as the
 * jitter is long, and delays packets without changing their order; a packet
 * of `reorder` skips the delay, not the queue. */
struct shaper_config {
	uint64_t rate; /* bits a second, 0: no bound */
	uint32_t delay_us, jitter_us;
	uint32_t queue_bytes; /* 0: no bound */
	double loss;
	/* Gilbert-Elliott: good to bad, bad to good, loss in bad, in good. */
	double ge_p, ge_r, ge_bad, ge_good;
	double reorder;
	bool cut; /* an outage: whatever leaves the queue is lost */
};

struct shaper_counters {
	uint64_t offered_bytes, offered_packets;
	uint64_t accepted_bytes, accepted_packets; /* by the queue */
	uint64_t delivered_bytes, delivered_packets;
	uint64_t tail_drops; /* packets */
	uint64_t losses;     /* drawn: `loss` and Gilbert-Elliott */
	uint64_t cut_losses; /* in an outage */
	uint64_t reordered;
	uint64_t max_backlog; /* bytes */
	/* Time from being offered to being sent, of the accepted. */
	uint64_t queue_ns_sum, queue_ns_max;
	uint64_t queue_histogram[SHAPER_BUCKETS];
	/* How much later than due packets were taken: the emulator's own. */
	uint64_t late_ns_sum, late_ns_max;
	uint64_t write_errors; /* for who hands packets on; of the delivered */
};

/* The first member of what the caller allocates for a packet. */
struct shaper_packet {
	struct shaper_packet *next;
	uint64_t offered, due;
	uint32_t length;
	bool aside; /* the caller's to set, where there is shaper.aside */
	bool lost, cut, reordered;
};

struct shaper_fifo {
	struct shaper_packet *first, *last;
};

struct shaper {
	struct shaper_config config;
	struct shaper_counters *counters;
	struct shaper_counters *aside; /* NULL: `counters` count all */
	struct shaper_fifo queue;  /* the first is being sent until `sent` */
	struct shaper_fifo flight; /* by the time they are due */
	uint64_t sent, backlog, last_due;
	uint64_t loss_state, jitter_state, reorder_state; /* random streams */
	uint64_t jitter_until;
	int64_t jitter_ns;
	bool bad; /* the state of Gilbert-Elliott */
};

/* The counters are the caller's (in shared memory, say), and are zeroed; those
 * of packets that count apart may be set afterwards. */
void shaper_init(struct shaper *s, const struct shaper_config *config,
		struct shaper_counters *counters, uint64_t seed);
/* New parameters from `now` on; what is queued is sent at the new rate. */
void shaper_change(struct shaper *s, const struct shaper_config *config,
		uint64_t now);
/* False: the queue is full and the packet stays with the caller. Times do not
 * go back. */
bool shaper_offer(struct shaper *s, struct shaper_packet *p, uint32_t length,
		uint64_t now);
/* The next packet that is due, or NULL; it is the caller's again. Lost ones
 * come too, with `lost` or `cut` set. */
struct shaper_packet *shaper_take(struct shaper *s, uint64_t now);
/* When something is due or leaves the queue, UINT64_MAX for never. */
uint64_t shaper_next(const struct shaper *s);
/* Any packet, for the caller to free; NULL when there is none. */
struct shaper_packet *shaper_drain(struct shaper *s);

/* How many of the first n accepted packets these parameters lose. */
uint64_t shaper_losses(
		const struct shaper_config *config, uint64_t seed, uint64_t n);
/* The time in the queue that a share q (0 to 1) of packets did not exceed, by
 * the histogram: up to 25 % more than it was. */
uint64_t shaper_queue_quantile(const struct shaper_counters *c, double q);

#endif
