/*
 * ear.c - see ear.h. Everything but the ring, the volume and the counts
 * belongs to the thread that hears.
 *
 * `played` is the time of capture of the next frame that leaves the queue of
 * the resampler, as far as packets tell. It should be `delay` behind the time
 * of now; what it is off is what the drift control is told.
 */
#include "codecs/ear.h"

#include <string.h>

#define MS UINT64_C(1000000)

enum {
	RAMP = 240,         /* frames to fade over: 5 ms */
	SLICE = 480,        /* frames at a time */
	MISSING_MAX = 10,   /* packets that are concealed one by one */
	CONCEAL_MAX = 4800, /* frames made up, then silence: 100 ms */
	GAP = 960,          /* frames that count as one */
	QUEUED_MAX = 100,   /* packets looked at at a time */
};

/* So much behind, and there is no catching up by playing faster. */
static const int64_t JUMP = INT64_C(60) * 1000000;

enum kind { OPEN, PACKET, PAUSE, CLOSE };

struct record {
	uint64_t time, now, rtt;
	struct orl_sound_form form;
	uint16_t serial;
	uint8_t kind;
};

enum state {
	CLOSED,
	QUIET,   /* nothing comes; the next packet is waited for */
	FILLING, /* it is there, and waits for its time */
	PLAYING,
	STARVED, /* the next packet is late */
};

struct orl_ear {
	const struct orl_env *env;
	struct orl_ring ring;
	/* The loop's: for which there was no room, and which must not be lost. */
	bool owes_close, owes_open;
	struct orl_sound_form owed;
	_Atomic uint32_t volume; /* left << 16 | right */
	struct {
		_Atomic uint64_t packets, concealed, gaps, skipped, refused,
				jumps, delay;
		_Atomic int32_t drift;
		atomic_bool playing;
	} counts;

	struct orl_sound_decoder *decoder;
	struct orl_sound_form form;
	enum state state;
	bool catching;     /* up: what is late is left out */
	uint16_t serial;   /* of the next packet */
	uint64_t played;   /* see above */
	size_t made_up;    /* frames, one after another */
	float left, right; /* volume now */
	uint32_t rate;     /* of who hears */
	struct orl_jitter jitter;
	struct orl_drift drift;
	struct orl_resample queue;
	float decoded[2 * ORL_SOUND_FRAMES_MAX];
	uint8_t packet[sizeof(struct record) + ORL_SOUND_PACKET_MAX];
};

int orl_ear_create(struct orl_ear **out, const struct orl_env *env)
{
	struct orl_ear *ear = orl_alloc(env, 1, sizeof(*ear));

	if (!ear)
		return ORIEL_ENOMEM;
	ear->env = env;
	int err = orl_sound_decoder_create(&ear->decoder, env);
	if (err) {
		orl_free(env, ear);
		return err;
	}
	ear->rate = ORL_SOUND_RATE;
	orl_resample_init(&ear->queue, ORL_SOUND_RATE, ORL_SOUND_RATE);
	ear->volume = 256 << 16 | 256;
	*out = ear;
	return 0;
}

void orl_ear_destroy(struct orl_ear *ear)
{
	if (!ear)
		return;
	orl_sound_decoder_destroy(ear->decoder);
	orl_free(ear->env, ear);
}

/* ---- the loop's thread ------------------------------------------------- */

static void count(_Atomic uint64_t *counter, uint64_t by)
{
	atomic_fetch_add_explicit(counter, by, memory_order_relaxed);
}

/* Say what is owed; false when there is still no room. */
static bool settle(struct orl_ear *ear)
{
	const struct record open = { .kind = OPEN, .form = ear->owed };
	const struct record close = { .kind = CLOSE };

	if (ear->owes_close)
		ear->owes_close = !orl_ring_put(
				&ear->ring, &close, sizeof(close), NULL, 0);
	if (ear->owes_open && !ear->owes_close)
		ear->owes_open = !orl_ring_put(
				&ear->ring, &open, sizeof(open), NULL, 0);
	return !ear->owes_close && !ear->owes_open;
}

static void put(struct orl_ear *ear, const struct record *r, const void *data,
		size_t n)
{
	if (!settle(ear) || !orl_ring_put(&ear->ring, r, sizeof(*r), data, n))
		count(&ear->counts.refused, 1);
}

void orl_ear_open(struct orl_ear *ear, const struct orl_sound_form *form)
{
	ear->owes_open = true;
	ear->owed = *form;
	(void)settle(ear);
}

void orl_ear_packet(struct orl_ear *ear, uint16_t serial, uint64_t time,
		uint64_t now, uint64_t rtt, const void *data, size_t n)
{
	put(ear,
			&(struct record){ .kind = PACKET,
					.serial = serial,
					.time = time,
					.now = now,
					.rtt = rtt },
			data, n);
}

void orl_ear_pause(struct orl_ear *ear)
{
	put(ear, &(struct record){ .kind = PAUSE }, NULL, 0);
}

void orl_ear_close(struct orl_ear *ear)
{
	ear->owes_close = true;
	ear->owes_open = false;
	(void)settle(ear);
}

void orl_ear_volume(struct orl_ear *ear, unsigned left, unsigned right)
{
	left = left < 256 ? left : 256;
	right = right < 256 ? right : 256;
	atomic_store_explicit(
			&ear->volume, left << 16 | right, memory_order_relaxed);
}

#define LOAD(field) \
	atomic_load_explicit(&ear->counts.field, memory_order_relaxed)

void orl_ear_counts(const struct orl_ear *ear, struct orl_ear_counts *out)
{
	*out = (struct orl_ear_counts){
		.packets = LOAD(packets),
		.concealed = LOAD(concealed),
		.gaps = LOAD(gaps),
		.skipped = LOAD(skipped),
		.refused = LOAD(refused),
		.jumps = LOAD(jumps),
		.delay = LOAD(delay),
		.drift = LOAD(drift),
		.playing = LOAD(playing),
	};
}

/* ---- the thread that hears --------------------------------------------- */

static uint64_t length(size_t frames)
{
	return (uint64_t)frames * 1000000000 / ORL_SOUND_RATE;
}

/* Of frames that are heard. */
static uint64_t passed(const struct orl_ear *ear, size_t frames)
{
	return (uint64_t)frames * 1000000000 / ear->rate;
}

static void begin(struct orl_ear *ear, const struct orl_sound_form *form)
{
	bool again = ear->state != CLOSED;

	ear->form = *form;
	orl_sound_decoder_begin(ear->decoder, form);
	ear->state = QUIET;
	if (again)
		return; /* the line is the same, and what it was like */
	orl_jitter_reset(&ear->jitter);
	orl_drift_reset(&ear->drift);
	orl_resample_clear(&ear->queue);
}

static void made_up(struct orl_ear *ear, size_t frames)
{
	size_t before = ear->made_up;

	ear->made_up += frames;
	count(&ear->counts.concealed, frames);
	if (before <= GAP && ear->made_up > GAP)
		count(&ear->counts.gaps, 1);
}

static void push(struct orl_ear *ear)
{
	if (orl_resample_room(&ear->queue) >= ear->form.frames)
		orl_resample_push(&ear->queue, ear->decoded, ear->form.frames);
}

static void conceal(struct orl_ear *ear)
{
	(void)orl_sound_decode(ear->decoder, NULL, 0, ear->decoded);
	push(ear);
	made_up(ear, ear->form.frames);
}

/* What was decoded, from this loudness on in these steps, to 0 or 1. */
static void fade(struct orl_ear *ear, float gain, float step)
{
	for (size_t i = 0; i < ear->form.frames; i++) {
		ear->decoded[2 * i] *= gain;
		ear->decoded[2 * i + 1] *= gain;
		gain += step;
		gain = gain < 0 ? 0 : gain > 1 ? 1 : gain;
	}
}

/*
 * Nothing more comes for now; what is queued is played, and fades. True when
 * that is something.
 */
static bool rest(struct orl_ear *ear, enum state state)
{
	bool fades = ear->state == PLAYING || ear->state == STARVED;

	if (fades) {
		(void)orl_sound_decode(ear->decoder, NULL, 0, ear->decoded);
		fade(ear, 1, -1.0F / (float)orl_min32(RAMP, ear->form.frames));
		push(ear);
	}
	ear->state = state;
	ear->made_up = 0;
	return fades;
}

/* What was captured at `time` is next to be played. */
static void start_at(struct orl_ear *ear, uint64_t time)
{
	ear->played = time - length(orl_resample_level(&ear->queue));
}

static void play(struct orl_ear *ear, const struct record *r, size_t n)
{
	int16_t missing = (int16_t)(r->serial - ear->serial);
	bool fades = ear->state == FILLING;

	if (missing < 0)
		return; /* twice, or older than what was played */
	if (missing > 0 && missing <= MISSING_MAX)
		for (int16_t i = 0; i < missing; i++)
			conceal(ear);
	/* What PCM makes up ends in silence; Opus goes on from its own. */
	fades |= ear->made_up && ear->form.codec == ORL_SOUND_PCM;
	if (orl_sound_decode(ear->decoder, ear->packet + sizeof(*r),
			    n - sizeof(*r), ear->decoded))
		ear->made_up = 0;
	else
		made_up(ear, ear->form.frames);
	if (fades)
		fade(ear, 0, 1.0F / (float)orl_min32(RAMP, ear->form.frames));
	push(ear);
	ear->serial = (uint16_t)(r->serial + 1);
	start_at(ear, r->time + length(ear->form.frames));
	ear->state = PLAYING;
	count(&ear->counts.packets, 1);
}

/*
 * A packet that is next: true when it is to be played now. One that would be
 * played much too late is left out instead.
 */
static bool is_time(struct orl_ear *ear, const struct record *r, uint64_t now,
		bool *skip)
{
	uint64_t packet = length(ear->form.frames);
	int64_t delay = orl_jitter_delay(&ear->jitter, now, packet);
	uint64_t queued = length(orl_resample_level(&ear->queue));
	/* When it would be heard, and when it should be. */
	int64_t late = (int64_t)(now + queued - r->time - (uint64_t)delay);

	if (ear->state == QUIET || ear->state == FILLING) {
		ear->state = FILLING;
		/* To begin late, there is no need. */
		*skip = late > (int64_t)(packet + packet / 2);
		return late + (int64_t)packet / 2 > 0;
	}
	ear->catching = late > (ear->catching ? (int64_t)packet : JUMP);
	*skip = ear->catching;
	return true;
}

/* Get something into the queue. False: nothing is there to be played. */
static bool refill(struct orl_ear *ear, uint64_t now)
{
	struct record r;

	for (unsigned i = 0; i < QUEUED_MAX; i++) {
		size_t n = orl_ring_peek(&ear->ring, &r, sizeof(r));
		if (!n)
			break;
		bool skip = false;
		if (r.kind == PACKET && ear->state != CLOSED) {
			/* Once for each; it may have to wait for its turn. */
			if (r.now && !orl_jitter_arrive(&ear->jitter, r.now,
						     r.time, r.rtt))
				count(&ear->counts.jumps, 1);
			if (!is_time(ear, &r, now, &skip))
				return false;
		}
		orl_ring_take(&ear->ring, ear->packet, sizeof(ear->packet));
		if (r.kind == OPEN) {
			/* In the form that it still has. */
			bool fades = ear->state != CLOSED && rest(ear, QUIET);
			begin(ear, &r.form);
			if (fades)
				return true;
		} else if (r.kind == CLOSE) {
			if (rest(ear, CLOSED))
				return true;
		} else if (ear->state == CLOSED) {
			continue;
		} else if (r.kind == PAUSE) {
			if (rest(ear, QUIET))
				return true;
		} else if (skip) {
			count(&ear->counts.skipped, ear->form.frames);
			ear->serial = (uint16_t)(r.serial + 1);
			orl_drift_jumped(&ear->drift);
		} else {
			if (ear->state == FILLING)
				ear->serial = r.serial;
			play(ear, &r, n);
			return true;
		}
	}
	if (ear->state != PLAYING && ear->state != STARVED)
		return false;
	ear->state = STARVED;
	if (ear->made_up >= CONCEAL_MAX)
		return rest(ear, QUIET);
	conceal(ear);
	/* Its time does not pass. */
	ear->played -= length(ear->form.frames);
	return true;
}

static uint64_t speed(struct orl_ear *ear, uint64_t now)
{
	double more = 0;

	if (ear->state == PLAYING || ear->state == STARVED) {
		int64_t delay = orl_jitter_delay(
				&ear->jitter, now, length(ear->form.frames));
		int64_t behind = (int64_t)(now - ear->played);
		more = orl_drift_update(&ear->drift, now,
				(int64_t)((uint64_t)behind - (uint64_t)delay));
		int64_t store = orl_jitter_store(&ear->jitter, behind);
		atomic_store_explicit(&ear->counts.delay,
				store > 0 ? (uint64_t)store : 0,
				memory_order_relaxed);
	}
	atomic_store_explicit(&ear->counts.drift, (int32_t)(more * 1e6),
			memory_order_relaxed);
	return (uint64_t)((1 + more) *
			  (double)orl_resample_step(ORL_SOUND_RATE, ear->rate));
}

/* Add, towards this loudness and in small steps, so that nothing clicks. */
static void mix(struct orl_ear *ear, float *out, const float *in, size_t n)
{
	uint32_t volume = atomic_load_explicit(
			&ear->volume, memory_order_relaxed);
	float left = (float)(volume >> 16) / 256;
	float right = (float)(volume & 0xffff) / 256;
	const float step = 1.0F / RAMP;

	for (size_t i = 0; i < n; i++) {
		float d = left - ear->left;
		ear->left += d > step ? step : d < -step ? -step : d;
		d = right - ear->right;
		ear->right += d > step ? step : d < -step ? -step : d;
		out[2 * i] += in[2 * i] * ear->left;
		out[2 * i + 1] += in[2 * i + 1] * ear->right;
	}
}

void orl_ear_rate(struct orl_ear *ear, uint32_t rate)
{
	if (rate == ear->rate)
		return;
	ear->rate = rate;
	orl_resample_init(&ear->queue, ORL_SOUND_RATE, rate);
}

bool orl_ear_hear(struct orl_ear *ear, float *out, size_t n, uint64_t now)
{
	float slice[2 * SLICE];
	uint64_t at = now;
	bool any = false;

	while (n) {
		size_t want = n < SLICE ? n : SLICE, got = 0;
		uint64_t step = speed(ear, at);
		bool more = true;

		while (got < want && more) {
			size_t k = orl_resample_pull(&ear->queue,
					slice + 2 * got, want - got, step);
			got += k;
			ear->played += passed(ear, k);
			if (got < want)
				more = refill(ear, at);
		}
		any = any || got;
		mix(ear, out, slice, got);
		out += 2 * want;
		at += passed(ear, want);
		n -= want;
	}
	atomic_store_explicit(&ear->counts.playing,
			ear->state == PLAYING || ear->state == STARVED,
			memory_order_relaxed);
	return any;
}
