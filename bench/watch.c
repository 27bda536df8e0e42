/*
 * watch.c - see watch.h.
 *
 * Every millisecond the marks of all frames that were presented and not yet
 * seen are looked for, each in its place. Now and then, when the newest mark
 * has stood for a few milliseconds, the whole picture is kept, to be compared
 * after the run. Before the first frame the picture is compared with frame 0,
 * after the last one with that, until it is exact.
 */
#include "bench/watch.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/mark.h"
#include "bench/metrics.h"
#include "bench/screen_file.h"

enum {
	MS = 1000000,
	TICK = 1 * MS,
	LATE = 4 * MS,
	SETTLE = 12 * MS, /* clients that draw piece by piece get so long */
	COMPARE = 10 * MS,
	SAMPLES = 24,
	SPAN = 1024,     /* unseen marks older than this are given up */
	RECOGNISED = 28, /* dB */
	BEST = 60,       /* dB: more is the same in a mean */
};

struct sample {
	uint32_t *pixels;
	uint32_t frame;
};

struct watcher {
	const struct frames *f;
	struct stage *s;
	const uint32_t *screen;
	size_t stride, area;
	uint32_t *first, *last; /* frame 0 and the last one */
	uint32_t oldest, presented, newest;
	uint64_t next_compare, sample_at, next_sample, interval;
	uint32_t sample_frame;
	struct sample samples[SAMPLES];
	size_t n_samples;
};

static int map_screen(struct watcher *w, const char *path)
{
	struct screen_file screen;
	if (screen_file_map(&screen, path, w->f->width, w->f->height))
		return -1;
	w->screen = screen.pixels;
	w->stride = screen.stride;
	return 0;
}

static bool same(const struct watcher *w, const uint32_t *picture)
{
	for (int32_t y = 0; y < w->f->height; y++) {
		const uint32_t *a = w->screen + (size_t)y * w->stride;
		const uint32_t *b = picture + (size_t)y * (size_t)w->f->width;
		uint32_t any = 0;
		for (int32_t x = 0; x < w->f->width; x++)
			any |= a[x] ^ b[x];
		if (any & 0xffffff)
			return false;
	}
	return true;
}

static void keep(const struct watcher *w, uint32_t *to)
{
	for (int32_t y = 0; y < w->f->height; y++)
		memcpy(to + (size_t)y * (size_t)w->f->width,
				w->screen + (size_t)y * w->stride,
				(size_t)w->f->width * 4);
}

static void watch_first(struct watcher *w, uint64_t now)
{
	struct stage *s = w->s;
	if (s->first_exact || now < w->next_compare)
		return;
	w->next_compare = now + COMPARE;
	if (!s->recognised) {
		/* The grid is of the picture's stride: give it the screen's. */
		double psnr = w->stride == (size_t)w->f->width
					      ? metrics_alike(w->first,
								w->screen,
								w->stride,
								w->f->width,
								w->f->height)
					      : 0;
		if (psnr >= RECOGNISED)
			s->recognised = stage_now();
	}
	if (s->recognised && same(w, w->first))
		s->first_exact = stage_now();
}

static void look_for_marks(struct watcher *w, uint64_t now)
{
	struct stage *s = w->s;
	const struct frames *f = w->f;
	while (w->presented < f->n && s->frame[w->presented].submit)
		w->presented++;
	while (w->oldest < w->presented &&
			(s->frame[w->oldest].seen ||
					f->frame[w->oldest].mark_x < 0 ||
					w->presented - w->oldest > SPAN))
		w->oldest++;
	for (uint32_t i = w->oldest; i < w->presented; i++) {
		if (s->frame[i].seen ||
				!frames_marked(f, i, w->screen, w->stride))
			continue;
		s->frame[i].seen = now;
		if (i > w->newest)
			w->newest = i;
	}
}

static void take_sample(struct watcher *w, uint64_t now)
{
	if (!w->sample_at && w->newest > w->sample_frame &&
			now >= w->next_sample && w->n_samples < SAMPLES) {
		w->sample_at = now + SETTLE;
		w->sample_frame = w->newest;
	}
	if (!w->sample_at || now < w->sample_at)
		return;
	w->sample_at = 0;
	if (w->newest != w->sample_frame)
		return; /* the next one will do */
	struct sample *p = &w->samples[w->n_samples];
	if (!p->pixels)
		p->pixels = malloc(w->area * 4);
	if (!p->pixels)
		return;
	keep(w, p->pixels);
	look_for_marks(w, now);
	if (w->newest != w->sample_frame)
		return;
	p->frame = w->newest;
	w->n_samples++;
	w->next_sample = now + w->interval;
}

static void watch_last(struct watcher *w, uint64_t now)
{
	struct stage *s = w->s;
	uint32_t last = w->f->n - 1;
	if (!s->last_seen)
		s->last_seen = s->frame[last].seen;
	if (s->last_exact || !s->played || now < w->next_compare)
		return;
	w->next_compare = now + COMPARE;
	if (same(w, w->last))
		s->last_exact = stage_now();
}

/* Where text is; the frame's mark is none, though it looks like it. */
static void find_text(const struct watcher *w, uint32_t frame, uint8_t *text,
		const uint32_t *picture)
{
	const int32_t width = w->f->width, height = w->f->height;
	const struct frame *f = &w->f->frame[frame];
	const int32_t cols = width / MARK_SIDE, rows = height / MARK_SIDE;

	metrics_text(text, picture, width, height);
	if (f->mark_x < 0)
		return;
	for (int32_t y = f->mark_y / MARK_SIDE;
			y <= (f->mark_y + MARK_SIDE - 1) / MARK_SIDE &&
			y < rows;
			y++)
		for (int32_t x = f->mark_x / MARK_SIDE;
				x <= (f->mark_x + MARK_SIDE - 1) / MARK_SIDE &&
				x < cols;
				x++)
			text[y * cols + x] = 0;
}

static void note_quality(struct watcher *w, struct sample *p, uint32_t *picture,
		uint32_t *at, uint8_t *text, struct stage_quality *q,
		uint32_t *texts)
{
	int32_t width = w->f->width, height = w->f->height;
	struct comparison c, ahead;
	while (*at < p->frame)
		frames_apply(w->f, ++*at, picture, (size_t)width);
	find_text(w, *at, text, picture);
	metrics_compare(&c, picture, p->pixels, text, width, height);
	/* Part of the next frame may have arrived: the better one counts. */
	if (c.wrong && *at + 1 < w->f->n) {
		frames_apply(w->f, ++*at, picture, (size_t)width);
		find_text(w, *at, text, picture);
		metrics_compare(&ahead, picture, p->pixels, text, width,
				height);
		if (ahead.psnr > c.psnr)
			c = ahead;
	}
	c.psnr = c.psnr > BEST ? BEST : c.psnr;
	q->samples++;
	q->exact_samples += !c.wrong;
	q->psnr_mean += c.psnr;
	q->psnr_min = c.psnr < q->psnr_min ? c.psnr : q->psnr_min;
	q->ssim_mean += c.ssim;
	if (!isnan(c.ssim_text)) {
		q->ssim_text += c.ssim_text;
		++*texts;
	}
}

/* Uses the picture of frame 0 up. */
static void evaluate(struct watcher *w)
{
	int32_t width = w->f->width, height = w->f->height;
	struct stage_quality q = { .psnr_min = BEST };
	struct comparison c;
	uint8_t *text = malloc((size_t)width / 8 * ((size_t)height / 8) + 1);
	uint32_t at = 0, texts = 0;
	if (!text)
		return;
	for (size_t i = 0; i < w->n_samples; i++)
		if (w->samples[i].frame >= at)
			note_quality(w, &w->samples[i], w->first, &at, text, &q,
					&texts);
	q.psnr_mean = q.samples ? q.psnr_mean / q.samples : NAN;
	q.ssim_mean = q.samples ? q.ssim_mean / q.samples : NAN;
	q.ssim_text = texts ? q.ssim_text / texts : NAN;
	if (!q.samples)
		q.psnr_min = NAN;
	keep(w, w->first);
	metrics_text(text, w->last, width, height);
	metrics_compare(&c, w->last, w->first, text, width, height);
	q.last_psnr = c.psnr > BEST ? BEST : c.psnr;
	q.last_ssim = c.ssim;
	q.last_ssim_text = c.ssim_text;
	q.wrong_pixels = c.wrong;
	q.wrong_x = c.x;
	q.wrong_y = c.y;
	q.wrong_right = c.right;
	q.wrong_bottom = c.bottom;
	w->s->quality = q;
	free(text);
}

static int prepare(struct watcher *w)
{
	const struct frames *f = w->f;
	w->area = (size_t)f->width * (size_t)f->height;
	w->first = calloc(w->area, 4);
	w->last = calloc(w->area, 4);
	if (!w->first || !w->last)
		return -1;
	frames_apply(f, 0, w->first, (size_t)f->width);
	for (uint32_t i = 0; i < f->n; i++)
		frames_apply(f, i, w->last, (size_t)f->width);
	w->oldest = 1;
	w->interval = f->frame[f->n - 1].time / SAMPLES;
	return 0;
}

static void look(struct watcher *w)
{
	struct stage *s = w->s;
	uint64_t next = stage_now();
	while (!s->stop) {
		uint64_t now = stage_now();
		if (now > next + LATE)
			s->late_ticks++;
		if (now > next && now - next > s->longest_tick && s->go &&
				!s->played)
			s->longest_tick = now - next;
		s->ticks++;
		if (!s->go)
			watch_first(w, now);
		else
			look_for_marks(w, now);
		if (s->go) {
			take_sample(w, now);
			watch_last(w, now);
		}
		next = (now > next + TICK ? now : next) + TICK;
		s->watcher_cpu = stage_thread_cpu();
		stage_sleep_until(next);
	}
}

void watch(const struct frames *f, struct stage *s, const char *framebuffer)
{
	struct watcher w = { .f = f, .s = s };
	if (map_screen(&w, framebuffer)) {
		fprintf(stderr, "oriel-bench: cannot watch %s\n", framebuffer);
		s->failed = true;
	} else if (prepare(&w)) {
		fprintf(stderr, "oriel-bench: out of memory\n");
		s->failed = true;
	} else {
		s->watching = true;
		look(&w);
		evaluate(&w);
	}
	s->evaluated = true;
}
