/*
 * jitter.h - how late sound may come and still be played in time.
 *
 * A packet's delay is when it came minus when it was captured; the two clocks
 * need not agree, so only differences of delays mean anything. All is played
 * at capture plus one delay, orl_jitter_delay(): the largest that was seen,
 * which is held for 10 s and then decays at 5 ms a second, and a packet more,
 * for a packet is there when all of it is. Where the line has shown twice
 * within a minute that it loses, 5/4 of the round trip and 20 ms: what TCP
 * sends again comes then. Once may have been a machine that was busy.
 * What is much later than that, seldom, is left out instead.
 */
#ifndef ORL_CODECS_JITTER_H
#define ORL_CODECS_JITTER_H

#include <stdbool.h>
#include <stdint.h>

enum { ORL_JITTER_SECONDS = 10 };

struct orl_jitter {
	bool begun;
	int64_t least[ORL_JITTER_SECONDS]; /* delays, a second each */
	uint64_t second;                   /* the newest of them */
	int64_t base;                      /* the least of all */
	int64_t peak;                      /* held, or decaying */
	uint64_t held, decayed;
	uint64_t lossy_until, lost_at; /* 0: none was lost yet */
	int64_t lossy; /* above base: what a retransmission takes */
	uint64_t rare; /* when one was so late that its was lost as well */
	bool spared;   /* and the peak did not follow it */
};

/* Nothing is known. */
void orl_jitter_reset(struct orl_jitter *j);
/*
 * A packet captured at `time` came at `now`; rtt is 0 where it is not known.
 * False: its time has nothing to do with those before; all begins anew.
 */
bool orl_jitter_arrive(struct orl_jitter *j, uint64_t now, uint64_t time,
		uint64_t rtt);
/* From capture to play, with packets of this length. All in ns. */
int64_t orl_jitter_delay(struct orl_jitter *j, uint64_t now, uint64_t packet);
/* How much of a delay is beyond the least that was seen. */
int64_t orl_jitter_store(const struct orl_jitter *j, int64_t delay);

#endif
