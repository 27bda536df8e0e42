/*
 * test_ear.c - sound over lines that delay, lose and stall, between clocks
 * that differ: what is heard, how late, and what was made up. Ten minutes of
 * it take a second, for time is the test's own.
 */
#include "tests/unit/unit.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codecs/ear.h"
#include "proto/io/host.h"
#include "tests/rng.h"

#define MS UINT64_C(1000000)
#define SECOND UINT64_C(1000000000)

enum { FRAMES = 480, QUEUE = 512 };

static const double TURN = 6.28318530717958647692;

/* A sender, a line and a sound card. */
struct world {
	struct orl_env env;
	struct orl_ear *ear;
	struct orl_sound_form form;
	struct rng rng;
	double sender_ppm, card_ppm;
	uint64_t way, jitter, rtt; /* ns */
	unsigned loss;             /* packets in ten thousand */
	unsigned dropped;          /* the same, by the sender: too late */
	uint64_t stall_until;

	uint64_t now, next_packet, next_call, sent, cards, clock;
	uint16_t serial;
	bool silent;
	double phase;
	struct {
		uint64_t at, time;
		uint16_t serial;
		uint8_t data[ORL_SOUND_PACKET_MAX];
	} queue[QUEUE];
	unsigned first, n;
	/* What came out. */
	float last, step;
	double power;
	uint64_t heard;
	uint64_t delay_max, delay_sum, delays;
	int16_t *out; /* or NULL: a second of it */
	size_t out_n;
};

static void begin(struct world *w, uint64_t seed)
{
	memset(w, 0, sizeof(*w));
	assert_int_equal(orl_host_env(&w->env, NULL), 0);
	assert_int_equal(orl_ear_create(&w->ear, &w->env), 0);
	w->form = (struct orl_sound_form){ ORL_SOUND_PCM, 2, FRAMES };
	orl_ear_open(w->ear, &w->form);
	w->rng.state = seed;
	w->way = 20 * MS;
	w->rtt = 40 * MS;
	w->now = w->next_packet = w->next_call = 100 * SECOND;
	w->clock = 7 * SECOND; /* the sender's, which is another */
}

static void end(struct world *w)
{
	orl_ear_destroy(w->ear);
}

static void send_packet(struct world *w)
{
	unsigned i = (w->first + w->n) % QUEUE;
	uint64_t at = w->next_packet + w->way;

	for (int k = 0; k < FRAMES; k++) {
		int16_t v = (int16_t)(16000 * sin(w->phase));
		w->phase = fmod(w->phase + TURN * 440 / 48000, TURN);
		for (int c = 0; c < 2; c++) {
			w->queue[i].data[4 * k + 2 * c] = (uint8_t)v;
			w->queue[i].data[4 * k + 2 * c + 1] =
					(uint8_t)((uint16_t)v >> 8);
		}
	}
	w->queue[i].serial = w->serial++;
	w->queue[i].time = w->clock;
	w->clock += FRAMES * SECOND / 48000;
	w->next_packet = 100 * SECOND +
			 (uint64_t)((double)++w->sent * 10e6 /
					 (1 + w->sender_ppm * 1e-6));
	if (w->silent || rng_below(&w->rng, 10000) < w->dropped)
		return;
	if (w->jitter)
		at += rng_below(&w->rng, w->jitter);
	/* TCP sends again what was lost, and all behind it waits. */
	if (rng_below(&w->rng, 10000) < w->loss) {
		uint64_t until = at + w->rtt + 5 * MS;
		while (rng_below(&w->rng, 10000) < w->loss)
			until += 2 * w->rtt;
		if (until > w->stall_until)
			w->stall_until = until;
	}
	if (at < w->stall_until)
		at = w->stall_until;
	w->stall_until = at;
	w->queue[i].at = at;
	assert_true(w->n < QUEUE);
	w->n++;
}

static void call(struct world *w)
{
	float out[2 * FRAMES] = { 0 };
	struct orl_ear_counts n;

	orl_ear_hear(w->ear, out, FRAMES, w->now);
	for (int i = 0; i < FRAMES; i++) {
		float d = fabsf(out[2 * i] - w->last);
		if (d > w->step)
			w->step = d;
		w->last = out[2 * i];
		w->power += (double)(out[2 * i] * out[2 * i]);
		assert_true(out[2 * i] == out[2 * i + 1]);
	}
	w->heard += FRAMES;
	orl_ear_counts(w->ear, &n);
	if (n.playing) {
		if (n.delay > w->delay_max)
			w->delay_max = n.delay;
		w->delay_sum += n.delay;
		w->delays++;
	}
	w->next_call = 100 * SECOND + (uint64_t)((double)++w->cards * 10e6 /
						      (1 + w->card_ppm * 1e-6));
}

static void run(struct world *w, double seconds)
{
	uint64_t until = w->now + (uint64_t)(seconds * 1e9);

	w->delay_max = w->delay_sum = w->delays = 0;
	w->power = 0;
	w->heard = 0;
	w->step = 0;
	while (w->now < until) {
		uint64_t t = w->next_packet < w->next_call ? w->next_packet
							   : w->next_call;
		if (w->n && w->queue[w->first].at < t)
			t = w->queue[w->first].at;
		w->now = t > w->now ? t : w->now;
		if (w->n && w->queue[w->first].at <= w->now) {
			unsigned i = w->first;
			orl_ear_packet(w->ear, w->queue[i].serial,
					w->queue[i].time, w->queue[i].at,
					w->rtt, w->queue[i].data, FRAMES * 4);
			w->first = (i + 1) % QUEUE;
			w->n--;
		} else if (w->next_packet <= w->now) {
			send_packet(w);
		} else {
			call(w);
		}
	}
}

static struct orl_ear_counts counts(struct world *w)
{
	struct orl_ear_counts n;
	orl_ear_counts(w->ear, &n);
	return n;
}

/* Of a sine of amplitude 16000 / 32768. */
static bool full(const struct world *w)
{
	double rms = sqrt(w->power / (double)w->heard);
	return rms > 0.330 && rms < 0.360;
}

static void a_good_line_is_heard_at_once(void **state)
{
	struct world w;
	(void)state;
	begin(&w, 1);
	run(&w, 1);
	struct orl_ear_counts early = counts(&w);
	assert_true(early.playing);
	assert_int_equal(early.concealed, 0);
	run(&w, 60);
	struct orl_ear_counts n = counts(&w);
	assert_int_equal(n.concealed, 0);
	assert_int_equal(n.skipped, 0);
	assert_int_equal(n.refused, 0);
	/* Every sample, in order: a sine of 440 Hz makes no larger step. */
	assert_true(w.step < 0.0295F);
	assert_true(full(&w));
	run(&w, 10);
	/* It waits no longer than for a packet and a little. */
	assert_true(w.delay_max < 27 * MS);
	end(&w);
}

static void clocks_that_differ_are_followed(void **state)
{
	static const double ppm[][2] = { { 250, 0 }, { -250, 0 }, { 100, -150 },
		{ 0, 280 } };
	(void)state;
	for (size_t i = 0; i < sizeof(ppm) / sizeof(ppm[0]); i++) {
		struct world w;
		begin(&w, i);
		w.sender_ppm = ppm[i][0];
		w.card_ppm = ppm[i][1];
		w.jitter = 4 * MS;
		run(&w, 300);
		struct orl_ear_counts n = counts(&w);
		printf("%+.0f/%+.0f ppm: drift %d ppm, delay to %.1f ms\n",
				ppm[i][0], ppm[i][1], n.drift,
				(double)w.delay_max / 1e6);
		printf("    %llu ms made up\n",
				(unsigned long long)n.concealed / 48);
		assert_int_equal(n.gaps, 0);
		assert_int_equal(n.skipped, 0);
		assert_true(n.concealed < 5 * FRAMES);
		assert_true(w.delay_max < 50 * MS);
		assert_true(full(&w));
		run(&w, 60);
		assert_int_equal(counts(&w).concealed, n.concealed);
		end(&w);
	}
}

static void jitter_is_stored_against(void **state)
{
	struct world w;
	(void)state;
	begin(&w, rng_seed(11));
	w.jitter = 40 * MS;
	w.rtt = 200 * MS; /* so this is jitter, and not loss */
	run(&w, 30);
	struct orl_ear_counts before = counts(&w);
	run(&w, 120);
	struct orl_ear_counts n = counts(&w);
	assert_int_equal(n.gaps, before.gaps);
	assert_true(n.concealed - before.concealed <= 4 * FRAMES);
	assert_true(w.delay_max < 80 * MS);
	/* The line gets better, and so does the delay. */
	w.jitter = 0;
	run(&w, 60);
	run(&w, 5);
	assert_true(w.delay_max < 30 * MS);
	assert_int_equal(counts(&w).concealed, n.concealed);
	end(&w);
}

/* Late once by nearly a round trip, as a busy machine makes it. */
static void one_stall_is_no_lossy_line(void **state)
{
	struct world w;
	struct orl_ear_counts n;
	(void)state;

	begin(&w, 9);
	w.jitter = 3 * MS;
	run(&w, 5);
	w.stall_until = w.now + w.way + 46 * MS;
	run(&w, 20);
	orl_ear_counts(w.ear, &n);
	printf("20 s after a stall of 46 ms: %llu ms stored\n",
			(unsigned long long)(n.delay / MS));
	assert_true(n.delay <= 46 * MS);
	for (int i = 0; i < 2; i++) {
		w.stall_until = w.now + w.way + 46 * MS;
		run(&w, 5);
	}
	run(&w, 40);
	orl_ear_counts(w.ear, &n);
	printf("40 s after two more: %llu ms\n",
			(unsigned long long)(n.delay / MS));
	assert_true(n.delay >= 60 * MS);
	end(&w);
}

/* T10: on `lossy` 240 ms, and 12 gaps of more than 20 ms in ten minutes. */
static void a_lossy_line_is_heard(void **state)
{
	struct world w;
	(void)state;
	begin(&w, rng_seed(12));
	w.way = 40 * MS;
	w.rtt = 80 * MS;
	w.loss = 100;
	w.jitter = 3 * MS;
	run(&w, 600);
	struct orl_ear_counts n = counts(&w);
	printf("lossy: %llu gaps, %llu ms made up, %llu ms left out, delay "
	       "%.0f ms beyond the way, at most %.0f\n",
			(unsigned long long)n.gaps,
			(unsigned long long)n.concealed / 48,
			(unsigned long long)n.skipped / 48,
			(double)w.delay_sum / (double)w.delays / 1e6,
			(double)w.delay_max / 1e6);
	assert_true(n.gaps <= 12);
	/* With 30 ms in all before and behind it. */
	assert_true(w.delay_sum / w.delays + w.way < 210 * MS);
	end(&w);
}

static void what_was_dropped_is_concealed(void **state)
{
	struct world w;
	(void)state;
	begin(&w, rng_seed(13));
	w.dropped = 200;
	run(&w, 60);
	struct orl_ear_counts n = counts(&w);
	/* Two in a hundred, and their time passes: nothing gets late. */
	assert_in_range(n.concealed / FRAMES, 60, 180);
	assert_int_equal(n.skipped, 0);
	assert_true(w.delay_max < 45 * MS);
	/* Softly, as it begins and ends. */
	assert_true(w.step < 0.06F);
	end(&w);
}

/* A server gives another form when the line has changed, in mid-sound. */
static void another_form_is_no_click(void **state)
{
	struct world w;
	(void)state;
	begin(&w, 8);
	run(&w, 2);
	for (int i = 0; i < 20; i++) {
		run(&w, 0.313 + i * 0.0011);
		orl_ear_open(w.ear, &w.form);
		run(&w, 0.1);
		assert_true(w.step < 0.06F);
		assert_true(counts(&w).playing);
	}
	run(&w, 1);
	assert_true(full(&w));
	assert_true(w.delay_max < 45 * MS);
	end(&w);
}

static void it_begins_and_ends_softly(void **state)
{
	struct world w;
	(void)state;
	begin(&w, 3);
	run(&w, 2);
	for (int i = 0; i < 20; i++) {
		/* In the middle of a wave, at any moment of it. */
		run(&w, 0.313 + i * 0.0011);
		w.silent = true;
		run(&w, 0.022); /* what is on the way */
		orl_ear_pause(w.ear);
		run(&w, 0.2);
		assert_true(w.step < 0.06F);
		assert_false(counts(&w).playing);
		run(&w, 0.1);
		assert_true(w.power == 0);
		w.silent = false;
		run(&w, 0.3);
		assert_true(w.step < 0.06F);
		assert_true(counts(&w).playing);
	}
	/* Louder and softer as well. */
	orl_ear_volume(w.ear, 0, 0);
	run(&w, 0.1);
	assert_true(w.step < 0.06F);
	run(&w, 0.1);
	assert_true(w.power == 0);
	orl_ear_volume(w.ear, 256, 256);
	run(&w, 0.1);
	assert_true(w.step < 0.06F);
	orl_ear_close(w.ear);
	run(&w, 0.2);
	assert_true(w.step < 0.06F);
	end(&w);
}

static void an_outage_costs_no_more_than_itself(void **state)
{
	struct world w;
	(void)state;
	begin(&w, 4);
	run(&w, 20);
	w.stall_until = w.now + 3 * SECOND;
	run(&w, 3.1);
	struct orl_ear_counts n = counts(&w);
	assert_true(n.skipped + n.refused * FRAMES > 2 * 48000);
	run(&w, 1);
	assert_true(full(&w));
	assert_true(w.delay_max < 400 * MS);
	end(&w);
}

static void a_clock_that_jumps_is_followed(void **state)
{
	struct world w;
	(void)state;
	begin(&w, 5);
	run(&w, 5);
	w.clock += 3600 * SECOND;
	run(&w, 2);
	assert_int_equal(counts(&w).jumps, 2); /* the first packet is one */
	run(&w, 1);
	assert_true(full(&w));
	assert_true(w.delay_max < 45 * MS);
	w.clock -= 3600 * SECOND + 5 * SECOND;
	run(&w, 2);
	run(&w, 1);
	assert_true(full(&w));
	assert_true(w.delay_max < 45 * MS);
	end(&w);
}

static void a_card_that_comes_back_is_not_late(void **state)
{
	struct world w;
	(void)state;
	begin(&w, 6);
	run(&w, 5);
	/* Nobody takes anything for ten seconds: the ring is full. */
	uint64_t calls = w.cards;
	w.next_call += 10 * SECOND;
	run(&w, 10);
	assert_true(w.cards <= calls + 1);
	w.cards += 1000;
	run(&w, 1);
	assert_true(counts(&w).refused > 0);
	run(&w, 1);
	assert_true(full(&w));
	assert_true(w.delay_max < 60 * MS);
	end(&w);
}

/* One speaker after another, while nobody takes anything: the ring is full. */
static void who_follows_is_heard(void **state)
{
	const struct orl_sound_form mono = { ORL_SOUND_PCM, 1, FRAMES };
	static uint8_t data[4 * FRAMES];
	float out[2 * FRAMES] = { 0 }, most = 0;
	struct world w;
	(void)state;
	begin(&w, 7);
	for (unsigned i = 0; i < 100; i++)
		orl_ear_packet(w.ear, (uint16_t)i, w.clock + i * 10 * MS,
				w.now + i * 10 * MS, w.rtt, data, sizeof(data));
	const uint64_t refused = counts(&w).refused;
	assert_true(refused > 0);
	/* To the last byte. */
	while (counts(&w).refused == refused)
		orl_ear_pause(w.ear);
	orl_ear_close(w.ear);
	orl_ear_open(w.ear, &mono);
	w.now += 10 * SECOND;
	for (int i = 0; i < 100; i++, w.now += 10 * MS)
		orl_ear_hear(w.ear, out, FRAMES, w.now);
	memset(data, 0x40, sizeof(data));
	for (unsigned i = 0; i < 100; i++, w.now += 10 * MS) {
		orl_ear_packet(w.ear, (uint16_t)i, SECOND + i * 10 * MS, w.now,
				w.rtt, data, 2 * FRAMES);
		memset(out, 0, sizeof(out));
		orl_ear_hear(w.ear, out, FRAMES, w.now);
		most = fmaxf(most, out[0]);
	}
	assert_true(most > 0.4F);
	end(&w);
}

/* ---- any form, any bytes, and two threads ------------------------------ */

static void *hear_all(void *user)
{
	struct world *w = user;
	float out[2 * FRAMES];

	for (int i = 0; i < 20000; i++) {
		memset(out, 0, sizeof(out));
		orl_ear_hear(w->ear, out, (size_t)(i % FRAMES),
				100 * SECOND + (uint64_t)i * MS);
		for (int k = 0; k < 2 * FRAMES; k++)
			assert_true(isfinite(out[k]));
	}
	return NULL;
}

static void two_threads_and_nonsense(void **state)
{
	static const uint16_t lengths[] = { 120, 240, 480, 960 };
	struct world w;
	pthread_t thread;
	(void)state;
	begin(&w, rng_seed(14));
	assert_int_equal(pthread_create(&thread, NULL, hear_all, &w), 0);
	for (int i = 0; i < 20000; i++) {
		uint64_t r = rng_next(&w.rng);
		uint8_t data[ORL_SOUND_PACKET_MAX];
		struct orl_sound_form form = { (uint8_t)(1 + (r & 1)),
			(uint8_t)(1 + (r >> 1 & 1)), lengths[r >> 2 & 3] };
		for (size_t k = 0; k < 64; k++)
			data[k] = (uint8_t)rng_next(&w.rng);
		switch (r >> 8 & 31) {
		case 0:
			orl_ear_open(w.ear, &form);
			break;
		case 1:
			orl_ear_pause(w.ear);
			break;
		case 2:
			orl_ear_close(w.ear);
			break;
		case 3:
			orl_ear_volume(w.ear, r >> 16 & 511, 100);
			break;
		default:
			orl_ear_packet(w.ear, (uint16_t)(r >> 60 ? i : (int)r),
					r >> 59 ? rng_next(&w.rng) >> (r & 63)
						: (uint64_t)i * MS,
					100 * SECOND + (uint64_t)i * MS,
					r >> 58 ? r : 40 * MS, data,
					r >> 40 & 63);
			break;
		}
		(void)counts(&w);
	}
	pthread_join(thread, NULL);
	end(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_line_is_heard_at_once),
		cmocka_unit_test(clocks_that_differ_are_followed),
		cmocka_unit_test(jitter_is_stored_against),
		cmocka_unit_test(one_stall_is_no_lossy_line),
		cmocka_unit_test(a_lossy_line_is_heard),
		cmocka_unit_test(what_was_dropped_is_concealed),
		cmocka_unit_test(another_form_is_no_click),
		cmocka_unit_test(it_begins_and_ends_softly),
		cmocka_unit_test(an_outage_costs_no_more_than_itself),
		cmocka_unit_test(a_clock_that_jumps_is_followed),
		cmocka_unit_test(a_card_that_comes_back_is_not_late),
		cmocka_unit_test(who_follows_is_heard),
		cmocka_unit_test(two_threads_and_nonsense),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
