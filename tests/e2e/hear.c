/*
 * hear.c - what sounds: it plays clicks and tones into one sink of a sound
 * server and listens to the monitors of two, in one program and by one clock.
 *
 *	hear SERVER FROM TO SECONDS
 *
 * A second of the pattern is a click at its beginning, and from 0.2 to 0.9 s a
 * tone of 1000 Hz in even seconds, 440 Hz in odd ones. It prints what was heard
 * from TO: how many clicks, how long after they sounded at FROM, which tones,
 * and gaps in them.
 */
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <pulse/pulseaudio.h>

enum {
	RATE = 48000,
	FRAGMENT = RATE / 100 * 4,
	SECONDS_MAX = 700,
	CLICK = 24,    /* frames */
	LEVEL = 12000, /* of the tone */
	CLICK_LEVEL = 30000,
	STRETCH = RATE / 40,
	QUIET = RATE / 200, /* 5 ms that hold nothing of a tone */
};

static const double TURN = 6.28318530717958647692;
static const pa_sample_spec spec = { PA_SAMPLE_S16LE, RATE, 2 };

/* What one monitor has played, one channel, by our clock. */
struct tape {
	int16_t *samples;
	size_t n;
	double begin; /* when the first of them sounded; s */
	bool begun;
};

static struct tape tapes[2];
static pa_context *context;
static pa_mainloop *loop;
static const char *from, *to;
static size_t played, length;

static double now(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

static void on_read(pa_stream *stream, size_t n, void *user)
{
	struct tape *t = user;
	const void *data;

	while (pa_stream_readable_size(stream) > 0 &&
			pa_stream_peek(stream, &data, &n) == 0 && n) {
		const int16_t *p = data;
		size_t frames = n / 4;
		/* The newest ends about now, so the least is the truth. */
		double begin = now() - (double)(t->n + frames) / RATE;
		if (!t->begun || begin < t->begin)
			t->begin = begin;
		t->begun = true;
		for (size_t i = 0; i < frames && t->n < length; i++)
			t->samples[t->n++] = data ? p[2 * i] : 0;
		pa_stream_drop(stream);
	}
}

static void on_write(pa_stream *stream, size_t n, void *user)
{
	int16_t buf[2 * 4800];

	(void)user;
	while (n >= 4) {
		size_t k = n / 4 < 4800 ? n / 4 : 4800;
		for (size_t i = 0; i < k; i++, played++) {
			size_t at = played % RATE, second = played / RATE;
			double hz = second % 2 ? 440 : 1000;
			double v = at < CLICK ? CLICK_LEVEL
				   : at >= RATE / 5 && at < RATE * 9 / 10
						   ? LEVEL * sin(TURN * hz * (double)at /
									     RATE)
						   : 0;
			buf[2 * i] = buf[2 * i + 1] = (int16_t)v;
		}
		if (pa_stream_write(stream, buf, k * 4, NULL, 0,
				    PA_SEEK_RELATIVE) < 0)
			return;
		n -= k * 4;
	}
}

static void start(void)
{
	const pa_buffer_attr in = { UINT32_MAX, UINT32_MAX, UINT32_MAX,
		UINT32_MAX, FRAGMENT };
	const pa_buffer_attr out = { UINT32_MAX, 4 * FRAGMENT, UINT32_MAX,
		UINT32_MAX, UINT32_MAX };
	const char *names[] = { from, to };

	for (int i = 0; i < 2; i++) {
		char source[256];
		pa_stream *s = pa_stream_new(context, "hear", &spec, NULL);
		snprintf(source, sizeof(source), "%s.monitor", names[i]);
		pa_stream_set_read_callback(s, on_read, &tapes[i]);
		if (pa_stream_connect_record(s, source, &in,
				    PA_STREAM_ADJUST_LATENCY) < 0)
			exit(2);
	}
	pa_stream *s = pa_stream_new(context, "play", &spec, NULL);
	pa_stream_set_write_callback(s, on_write, NULL);
	if (pa_stream_connect_playback(s, from, &out, PA_STREAM_ADJUST_LATENCY,
			    NULL, NULL) < 0)
		exit(2);
}

static void on_state(pa_context *c, void *user)
{
	(void)user;
	if (pa_context_get_state(c) == PA_CONTEXT_READY)
		start();
	if (pa_context_get_state(c) == PA_CONTEXT_FAILED)
		exit(2);
}

/* ---- what it was ------------------------------------------------------- */

/* Clicks are louder than any tone, and alone. */
static size_t clicks(const struct tape *t, double *at, size_t max)
{
	size_t n = 0;

	for (size_t i = 0; i < t->n && n < max; i++) {
		if (abs(t->samples[i]) < LEVEL * 5 / 4)
			continue;
		at[n++] = t->begin + (double)i / RATE;
		i += RATE / 4;
	}
	return n;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static void delays(void)
{
	static double in[SECONDS_MAX], out[SECONDS_MAX], d[SECONDS_MAX];
	size_t n = clicks(&tapes[0], in, SECONDS_MAX), k = 0;
	size_t m = clicks(&tapes[1], out, SECONDS_MAX);

	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < m; j++)
			if (out[j] - in[i] > -0.05 && out[j] - in[i] < 0.6) {
				d[k++] = out[j] - in[i];
				break;
			}
	qsort(d, k, sizeof(*d), by_value);
	printf("clicks %zu of %zu\n", k, n);
	if (k)
		printf("delay_ms %.1f %.1f %.1f\n", 1000 * d[0],
				1000 * d[k / 2], 1000 * d[k - 1]);
}

/* How much of a frequency is in a stretch, of its power; 0 to 1. */
static double share(const int16_t *p, size_t n, double hz)
{
	double s = 0, c = 0, power = 1;

	for (size_t i = 0; i < n; i++) {
		double a = TURN * hz * (double)i / RATE;
		s += p[i] * sin(a);
		c += p[i] * cos(a);
		power += (double)p[i] * p[i];
	}
	return 2 * (s * s + c * c) / ((double)n * power);
}

/*
 * Stretches of 25 ms that are one tone, at a speed that is up to 0.5 % off,
 * and silences between such.
 */
static void tones(void)
{
	const struct tape *t = &tapes[1];
	size_t high = 0, low = 0, mixed = 0, gaps = 0, quiet = 0;
	double level = 0;

	for (size_t i = 0; i + STRETCH < t->n; i += STRETCH) {
		double power = 0;
		for (size_t k = 0; k < STRETCH; k++)
			power += (double)t->samples[i + k] * t->samples[i + k];
		power = sqrt(power / STRETCH);
		if (power < LEVEL * 0.6)
			continue;
		double a = share(t->samples + i, STRETCH, 1000);
		double b = share(t->samples + i, STRETCH, 440);
		high += a > 0.95;
		low += b > 0.95;
		mixed += a <= 0.95 && b <= 0.95;
		level += power;
	}
	/* Silence of 5 to 90 ms: between tones there is more. */
	for (size_t i = 0; i < t->n; i++) {
		quiet = abs(t->samples[i]) < LEVEL / 50 ? quiet + 1 : 0;
		if (quiet == QUIET)
			gaps++;
		if (quiet == RATE * 9 / 100)
			gaps--;
	}
	printf("tones %zu %zu mixed %zu level %.0f\n", high, low, mixed,
			high + low + mixed
					? level / (double)(high + low + mixed)
					: 0);
	printf("gaps %zu\n", gaps);
}

int main(int argc, char **argv)
{
	if (argc != 5 || atoi(argv[4]) < 1 || atoi(argv[4]) > SECONDS_MAX - 2)
		return 2;
	from = argv[2];
	to = argv[3];
	length = (size_t)atoi(argv[4]) * RATE;
	for (int i = 0; i < 2; i++)
		tapes[i].samples = calloc(length, sizeof(int16_t));
	loop = pa_mainloop_new();
	context = pa_context_new(pa_mainloop_get_api(loop), "hear");
	pa_context_set_state_callback(context, on_state, NULL);
	if (pa_context_connect(context, argv[1], PA_CONTEXT_NOAUTOSPAWN, NULL) <
			0)
		return 2;
	double until = now() + atoi(argv[4]) + 5;
	while (tapes[0].n < length && now() < until)
		if (pa_mainloop_iterate(loop, 1, NULL) < 0)
			return 2;
	delays();
	tones();
	return 0;
}
