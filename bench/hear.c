/*
 * hear.c - what sounds, and what flashes: it plays clicks and tones into one
 * sink of a sound server and listens to the monitors of two, in one program
 * and by one clock.
 *
 *	hear SERVER FROM TO SECONDS [play|listen [DISPLAY DISPLAY]]
 *
 * It takes SECONDS, or less when SIGTERM asks it to end.
 *
 * A second of the pattern is a click at its beginning, and from 0.2 to 0.9 s a
 * tone of 1000 Hz in even seconds, one that rises from 400 to 2000 Hz in odd
 * ones. With `listen` something else plays it. It prints what was heard from
 * TO: how many clicks, how long after they sounded at FROM, which tones, and
 * gaps in them. With displays it looks at the middle of both, which turns
 * white with each click, and says by how much sound falls behind the picture.
 */
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <X11/Xlib.h>
#include <X11/Xutil.h>
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
	TONE = 1000,
	LOW = 400, /* to HIGH, in 0.7 s */
	HIGH = 2000,
};

static const double SLOPE = (HIGH - LOW) / 0.7;
static const double LATEST = 0.9; /* s that a click may be late */

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
static bool plays = true;

static double now(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

static volatile sig_atomic_t asked;

static void on_signal(int number)
{
	(void)number;
	asked = 1;
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
			size_t at = played % RATE;
			double t = (double)at / RATE - 0.2, v = 0;
			double turns = played / RATE % 2
						       ? (LOW + SLOPE / 2 * t) *
									 t
						       : TONE * t;
			if (at < CLICK)
				v = CLICK_LEVEL;
			else if (at >= RATE / 5 && at < RATE * 9 / 10)
				v = LEVEL * sin(TURN * turns);
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
	if (!plays)
		return;
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
	double end = tapes[1].begin + (double)tapes[1].n / RATE;

	/* The last one may still be on its way. */
	while (n && in[n - 1] > end - LATEST)
		n--;
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < m; j++)
			if (out[j] - in[i] > -0.05 && out[j] - in[i] < LATEST) {
				d[k++] = out[j] - in[i];
				break;
			}
	qsort(d, k, sizeof(*d), by_value);
	printf("clicks %zu of %zu\n", k, n);
	if (k)
		printf("delay_ms %.1f %.1f %.1f\n", 1000 * d[0],
				1000 * d[k / 2], 1000 * d[k - 1]);
}

/* ---- tones ------------------------------------------------------------- */

/* The frequency of a stretch by where it rises through zero; 0: none. */
static double frequency(const int16_t *p, size_t n)
{
	double first = 0, last = 0;
	int turns = -1;

	for (size_t i = 1; i < n; i++) {
		if (p[i - 1] >= 0 || p[i] < 0)
			continue;
		last = (double)i - (double)p[i] / (p[i] - p[i - 1]);
		if (++turns == 0)
			first = last;
	}
	return turns < 1 ? 0 : turns * (double)RATE / (last - first);
}

/* How much of a tone of such a middle is in a stretch, of its power; 0 to 1. */
static double share(const int16_t *p, size_t n, double hz, double slope)
{
	double s = 0, c = 0, power = 1;

	for (size_t i = 0; i < n; i++) {
		double t = ((double)i - (double)n / 2) / RATE;
		double a = TURN * (hz + slope / 2 * t) * t;
		s += p[i] * sin(a);
		c += p[i] * cos(a);
		power += (double)p[i] * p[i];
	}
	return 2 * (s * s + c * c) / ((double)n * power);
}

/* What is said of them: the median, by which one stray does no harm. */
static double median(double *v, size_t n)
{
	qsort(v, n, sizeof(*v), by_value);
	return n ? v[n / 2] : 0;
}

/*
 * Silence of 5 ms or more with a tone before and behind it, in whole seconds;
 * what a codec leaves before and after a click is none.
 */
static size_t gaps(const struct tape *t)
{
	size_t n = 0, over = 0, last = 0, click = 0, end = 0;
	bool begun = false;

	for (size_t i = 0; i < t->n; i++) {
		int v = abs(t->samples[i]);
		if (v < LEVEL / 4)
			continue;
		if (v >= LEVEL * 5 / 4) {
			/* That was the time between a tone and a click. */
			n -= end && i - end < QUIET;
			end = 0;
			begun = true;
			over = n; /* all were in seconds that are over */
			click = i;
		} else if (begun && i - last >= QUIET &&
				last - click >= QUIET) {
			n++;
			end = i;
		}
		last = i;
	}
	return over;
}

/*
 * Stretches of 25 ms that are one tone, at a speed that is up to 0.5 % off.
 */
static void tones(void)
{
	const struct tape *t = &tapes[1];
	static double hertz[SECONDS_MAX * 40], off[SECONDS_MAX * 40];
	size_t steady = 0, rising = 0, mixed = 0;
	size_t begun = 0; /* the click of this second */
	double level = 0;

	for (size_t i = 0; i + STRETCH < t->n; i += STRETCH) {
		const int16_t *p = t->samples + i;
		double power = 0;
		for (size_t k = 0; k < STRETCH; k++) {
			power += (double)p[k] * p[k];
			if (abs(p[k]) < LEVEL * 5 / 4 || i + k < begun + 2400)
				continue;
			begun = i + k;
		}
		power = sqrt(power / STRETCH);
		if (power < LEVEL * 0.6 || i < begun)
			continue;
		double hz = frequency(p, STRETCH);
		level += power;
		if (fabs(hz - TONE) < 12 && share(p, STRETCH, hz, 0) > 0.95) {
			hertz[steady++] = hz;
		} else if (hz > LOW && share(p, STRETCH, hz, SLOPE) > 0.9) {
			double at = (double)(i + STRETCH / 2 - begun) / RATE;
			double should = LOW + SLOPE * (at - 0.2);
			off[rising++] = fabs(hz / should - 1) * 100;
		} else {
			mixed++;
		}
	}
	size_t all = steady + rising + mixed;
	printf("tones %zu %zu mixed %zu level %.0f\n", steady, rising, mixed,
			all ? level / (double)all : 0);
	printf("hertz %.1f\n", median(hertz, steady));
	printf("rise_off_percent %.2f\n", median(off, rising));
	printf("gaps %zu %zu\n", gaps(&tapes[1]), gaps(&tapes[0]));
}

/* ---- pictures ---------------------------------------------------------- */

/* When the middle of a display became white. */
struct eye {
	Display *display;
	double at[SECONDS_MAX * 4];
	size_t n;
	bool white;
};

static struct eye eyes[2];
static atomic_bool ending;

static bool is_white(struct eye *e)
{
	Window root = DefaultRootWindow(e->display);
	int screen = DefaultScreen(e->display);
	XImage *image = XGetImage(e->display, root,
			DisplayWidth(e->display, screen) / 2,
			DisplayHeight(e->display, screen) / 2, 1, 1, AllPlanes,
			ZPixmap);
	/* White of a film is not all white. */
	bool white = image && (XGetPixel(image, 0, 0) >> 8 & 0xff) > 200;
	if (image)
		XDestroyImage(image);
	return white;
}

static void *look(void *user)
{
	const struct timespec step = { 0, 2000000 };

	(void)user;
	while (!atomic_load(&ending)) {
		for (struct eye *e = eyes; e < eyes + 2; e++) {
			bool white = is_white(e);
			if (white && !e->white && e->n < SECONDS_MAX * 4)
				e->at[e->n++] = now();
			e->white = white;
		}
		nanosleep(&step, NULL);
	}
	return NULL;
}

/* The first of n times that is at most `far` from `at`, or 0. */
static double near(const double *v, size_t n, double at, double before,
		double after)
{
	for (size_t i = 0; i < n; i++)
		if (v[i] > at - before && v[i] < at + after)
			return v[i];
	return 0;
}

/*
 * What is between a flash and its click where they are made does not count:
 * only what is between them later, less that.
 */
static void skew(void)
{
	static double in[SECONDS_MAX], out[SECONDS_MAX], d[SECONDS_MAX];
	static double seen[SECONDS_MAX];
	size_t n = clicks(&tapes[0], in, SECONDS_MAX), k = 0;
	size_t m = clicks(&tapes[1], out, SECONDS_MAX);

	for (size_t i = 0; i < n; i++) {
		double heard = near(out, m, in[i], 0.05, 0.6);
		double a = near(eyes[0].at, eyes[0].n, in[i], 0.3, 0.3);
		double b = a > 0 ? near(eyes[1].at, eyes[1].n, a, 0, 0.6) : 0;
		if (heard > 0 && a > 0 && b > 0) {
			seen[k] = b - a;
			d[k++] = heard - in[i] - (b - a);
		}
	}
	printf("flashes %zu\n", k);
	if (!k)
		return;
	printf("picture_ms %.1f\n", 1000 * median(seen, k));
	qsort(d, k, sizeof(*d), by_value);
	printf("skew_ms %.1f %.1f %.1f\n", 1000 * d[0], 1000 * d[k / 2],
			1000 * d[k - 1]);
}

int main(int argc, char **argv)
{
	bool looks = argc == 8;
	pthread_t thread;

	if ((argc < 5 || argc > 8 || argc == 7) || atoi(argv[4]) < 1 ||
			atoi(argv[4]) > SECONDS_MAX - 2)
		return 2;
	from = argv[2];
	to = argv[3];
	length = (size_t)atoi(argv[4]) * RATE;
	plays = argc == 5 || strcmp(argv[5], "play") == 0;
	for (int i = 0; i < 2; i++)
		tapes[i].samples = calloc(length, sizeof(int16_t));
	for (int i = 0; looks && i < 2; i++)
		if (!(eyes[i].display = XOpenDisplay(argv[6 + i])))
			return 2;
	loop = pa_mainloop_new();
	context = pa_context_new(pa_mainloop_get_api(loop), "hear");
	pa_context_set_state_callback(context, on_state, NULL);
	if (pa_context_connect(context, argv[1], PA_CONTEXT_NOAUTOSPAWN, NULL) <
			0)
		return 2;
	if (looks && pthread_create(&thread, NULL, look, NULL) != 0)
		return 2;
	(void)signal(SIGTERM, on_signal);
	double until = now() + atoi(argv[4]) + 5;
	while (tapes[0].n < length && now() < until && !asked)
		if (pa_mainloop_iterate(loop, 1, NULL) < 0)
			return 2;
	if (looks) {
		atomic_store(&ending, true);
		pthread_join(thread, NULL);
	}
	delays();
	tones();
	if (looks)
		skew();
	return 0;
}
