/*
 * jitter.c - see jitter.h. The peak is an absolute delay, not one above the
 * least: when the way gets longer for good, the least follows 10 s later and
 * what is played does not jump.
 */
#include "codecs/jitter.h"

#define MS INT64_C(1000000)
#define SECOND INT64_C(1000000000)

static const int64_t START = 12 * MS; /* with a packet of 10 ms: 25 */
/* What the control of the speed is off by while all is well. */
static const int64_t MARGIN = 3 * MS;
static const int64_t STORE_MIN = 15 * MS, STORE_MAX = 200 * MS;
static const int64_t FAR = INT64_C(1) << 60;
static const int64_t STRANGE = 2 * SECOND; /* another clock, or no clock */
static const int64_t LOSS_MARGIN = 20 * MS;
static const uint64_t HOLD = 10 * SECOND, LOSSY = 120 * SECOND;
static const uint64_t AGAIN = 60 * SECOND;
static const int64_t DECAY = 5; /* ms a second */
/* Later than what is sent again once: then that was lost, too. */
static const int64_t TWICE_MARGIN = 30 * MS, TWICE_MIN = 120 * MS;
static const uint64_t TOGETHER = SECOND / 2, RARE = HOLD;

void orl_jitter_reset(struct orl_jitter *j)
{
	*j = (struct orl_jitter){ .begun = false };
}

static void begin(struct orl_jitter *j, uint64_t now, int64_t delay)
{
	orl_jitter_reset(j);
	j->begun = true;
	j->second = now / (uint64_t)SECOND;
	for (int i = 0; i < ORL_JITTER_SECONDS; i++)
		j->least[i] = delay;
	j->base = delay;
	j->peak = delay + START;
	j->held = now + HOLD / 4;
}

static void note_least(struct orl_jitter *j, uint64_t now, int64_t delay)
{
	uint64_t second = now / (uint64_t)SECOND;

	if (second > j->second + ORL_JITTER_SECONDS)
		j->second = second - ORL_JITTER_SECONDS;
	for (; j->second < second; j->second++)
		j->least[(j->second + 1) % ORL_JITTER_SECONDS] = delay;
	int64_t *l = &j->least[second % ORL_JITTER_SECONDS];
	if (delay < *l)
		*l = delay;
	j->base = j->least[0];
	for (int i = 1; i < ORL_JITTER_SECONDS; i++)
		if (j->least[i] < j->base)
			j->base = j->least[i];
}

static void decay(struct orl_jitter *j, uint64_t now)
{
	if (now <= j->held) {
		j->decayed = now;
		return;
	}
	if (j->decayed < j->held)
		j->decayed = j->held;
	/* In whole microseconds, so that many small steps lose nothing. */
	int64_t us = (int64_t)(now - j->decayed) / 1000;
	if (us > 1000000000)
		us = 1000000000;
	int64_t by = us * DECAY; /* ns */
	if (by <= 0)
		return;
	j->decayed = now;
	j->peak = j->peak - by > j->base ? j->peak - by : j->base;
}

/*
 * Whether this is so late, and so seldom, that to be silent once is better
 * than to have everything so late for half a minute.
 */
static bool is_rare(
		struct orl_jitter *j, uint64_t now, int64_t late, uint64_t rtt)
{
	int64_t twice = (int64_t)(rtt + rtt / 2) + TWICE_MARGIN;

	if (!rtt || late < (twice > TWICE_MIN ? twice : TWICE_MIN))
		return false;
	/* Those behind it come with it. */
	if (j->rare && now - j->rare < TOGETHER)
		return j->spared;
	j->spared = !j->rare || now - j->rare >= RARE;
	j->rare = now;
	return j->spared;
}

/* TCP had to send something again; those behind it come with it. */
static void note_loss(struct orl_jitter *j, uint64_t now, uint64_t rtt)
{
	if (j->lost_at && now - j->lost_at < TOGETHER)
		return;
	if (now < j->lossy_until || (j->lost_at && now - j->lost_at < AGAIN)) {
		j->lossy_until = now + LOSSY;
		j->lossy = (int64_t)(rtt + rtt / 4) + LOSS_MARGIN;
	}
	j->lost_at = now;
}

bool orl_jitter_arrive(
		struct orl_jitter *j, uint64_t now, uint64_t time, uint64_t rtt)
{
	int64_t delay = (int64_t)(now - time);

	/* A peer may say any time: sums of these stay within their type. */
	if (delay > FAR || delay < -FAR)
		delay = delay < 0 ? -FAR : FAR;
	bool known = j->begun && delay - j->base < STRANGE &&
		     j->base - delay < STRANGE;

	if (!known) {
		begin(j, now, delay);
		return false;
	}
	note_least(j, now, delay);
	decay(j, now);
	int64_t late = delay - j->base;
	if (delay >= j->peak && !is_rare(j, now, late, rtt)) {
		j->peak = delay;
		j->held = now + HOLD;
	}
	/* Later than queues make it. */
	if (rtt && late > LOSS_MARGIN && late >= (int64_t)(rtt / 4 * 3))
		note_loss(j, now, rtt);
	return true;
}

int64_t orl_jitter_delay(struct orl_jitter *j, uint64_t now, uint64_t packet)
{
	if (!j->begun)
		return 0;
	decay(j, now);
	int64_t store = j->peak - j->base + (int64_t)packet + MARGIN;
	if (now < j->lossy_until && store < j->lossy)
		store = j->lossy;
	if (store < STORE_MIN)
		store = STORE_MIN;
	if (store > STORE_MAX)
		store = STORE_MAX;
	return j->base + store;
}

int64_t orl_jitter_store(const struct orl_jitter *j, int64_t delay)
{
	return (int64_t)((uint64_t)delay - (uint64_t)j->base);
}
