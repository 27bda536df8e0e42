/*
 * live_look.c - beside the client of a live session: presses a key on its
 * display now and then, by XTEST, and looks for the mark that answers it;
 * notes when the picture does not change though the desktop has; compares both
 * when all is over.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <X11/Xlib.h>
#include <X11/extensions/XTest.h>
#include <X11/keysym.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "bench/live.h"
#include "bench/mark.h"
#include "bench/screen_file.h"
#include "bench/stage.h"

enum {
	MS = 1000000,
	TICK = 1 * MS,
	WHOLE = 10 * MS, /* between looks at the whole picture */
	EVERY = 250,     /* ms between keys, and up to as much again */
	SPREAD = 250,
	PATIENCE = 3000, /* ms, for the mark of a key */
	RECOGNISED = 28, /* dB */
};

struct looker {
	struct live *l;
	struct screen_file screen;
	Display *display;
	KeyCode key;
	uint32_t *picture; /* a pattern, then a copy */
	uint64_t hash, changed;
	uint64_t waiting; /* the desktop has changed then */
	uint32_t serial;
	uint64_t pressed, next_press, next_whole;
	uint32_t expected, random;
};

static bool same(const struct looker *k, const uint32_t *picture)
{
	const struct live *l = k->l;
	for (int32_t y = 0; y < l->height; y++) {
		const uint32_t *a =
				k->screen.pixels + (size_t)y * k->screen.stride;
		const uint32_t *b = picture + (size_t)y * (size_t)l->width;
		uint32_t any = 0;
		for (int32_t x = 0; x < l->width; x++)
			any |= a[x] ^ b[x];
		if (any & 0xffffff)
			return false;
	}
	return true;
}

/* Before the programs start: but for the mark's window it is the pattern. */
static void look_first(struct looker *k)
{
	struct live *l = k->l;
	if (!l->recognised && k->screen.stride == (size_t)l->width &&
			metrics_alike(k->picture, k->screen.pixels,
					k->screen.stride, l->width,
					l->height) >= RECOGNISED)
		l->recognised = stage_now();
	if (l->recognised && !l->first_exact && l->serial && !(l->serial & 1) &&
			same(k, l->truth))
		l->first_exact = stage_now();
}

static uint64_t hash(const struct looker *k)
{
	const struct live *l = k->l;
	return XXH3_64bits(k->screen.pixels,
			k->screen.stride * (size_t)l->height * 4);
}

static void thaw(struct looker *k, uint64_t now)
{
	struct live *l = k->l;
	if (k->waiting && now - k->waiting > l->freeze)
		l->freeze = now - k->waiting;
	k->waiting = 0;
}

static void look_for_freezes(struct looker *k, uint64_t now)
{
	struct live *l = k->l;
	uint64_t h = hash(k);
	if (h != k->hash) {
		k->hash = h;
		k->changed = now;
		thaw(k, now);
	}
	/* Of what changes after the end nothing is known. */
	if (!l->over && l->serial != k->serial && !(l->serial & 1)) {
		k->serial = l->serial;
		if (!k->waiting && k->changed < l->changed)
			k->waiting = l->changed;
	}
}

static void look_exact(struct looker *k)
{
	struct live *l = k->l;
	uint32_t serial = l->serial;
	bool is = !(serial & 1) && same(k, l->truth) && serial == l->serial;
	if (is && !l->exact)
		l->exact = stage_now();
	else if (!is)
		l->exact = 0;
	if (is)
		k->waiting = 0; /* the desktop is what it was again */
}

/* ---- keys */

static void press(struct looker *k)
{
	k->expected = k->l->mark + 1;
	k->pressed = stage_now();
	XTestFakeKeyEvent(k->display, k->key, True, 0);
	XTestFakeKeyEvent(k->display, k->key, False, 0);
	XFlush(k->display);
}

/* The viewer must have the keyboard; there may be no window manager. */
static void take_focus(struct looker *k)
{
	int32_t x, y;
	live_place(k->l, &x, &y);
	XTestFakeMotionEvent(k->display, -1, x + MARK_SIDE, y + MARK_SIDE, 0);
	XTestFakeButtonEvent(k->display, 1, True, 20);
	XTestFakeButtonEvent(k->display, 1, False, 20);
	XFlush(k->display);
}

/* What was lost counts for as long as it was waited for: a peer that loses keys
 * must not look fast by it. */
static void note_wait(struct looker *k, uint64_t now, bool seen)
{
	struct live *l = k->l;
	uint32_t n = l->inputs + l->lost;
	if (n < LIVE_INPUTS) {
		l->input_ms[n] = 1e-6 * (double)(now - k->pressed);
		l->inputs += seen;
		l->lost += !seen;
	}
	k->pressed = 0;
}

static void note_input(struct looker *k, uint64_t now)
{
	struct live *l = k->l;
	int32_t x, y;
	live_place(l, &x, &y);
	const uint32_t *block = k->screen.pixels +
				(size_t)y * k->screen.stride + (size_t)x;
	bool seen = mark_is(
			block, k->screen.stride, k->expected % MARK_NUMBERS);
	if (!seen && now < k->pressed + (uint64_t)PATIENCE * MS)
		return;
	note_wait(k, now, seen);
	k->random = k->random * 1664525u + 1013904223u;
	k->next_press = now +
			((uint64_t)EVERY + (k->random >> 16) % SPREAD) * MS;
}

static void look(struct looker *k)
{
	struct live *l = k->l;
	uint64_t next = stage_now();
	bool focused = false;
	while (!l->stop) {
		uint64_t now = stage_now();
		bool whole = now >= k->next_whole;
		if (whole)
			k->next_whole = now + WHOLE;
		if (!l->go) {
			if (whole)
				look_first(k);
		} else if (!focused) {
			take_focus(k);
			focused = true;
			k->hash = hash(k);
			k->serial = l->serial;
			k->next_press = now + (uint64_t)EVERY * MS;
		} else {
			if (k->pressed)
				note_input(k, now);
			else if (now >= k->next_press && !l->over)
				press(k);
			if (whole && (!l->over || k->waiting))
				look_for_freezes(k, now);
			if (whole && l->over)
				look_exact(k);
		}
		next = (now > next + TICK ? now : next) + TICK;
		stage_sleep_until(next);
	}
	if (k->pressed)
		note_wait(k, stage_now(), false);
	thaw(k, stage_now());
}

static void evaluate(struct looker *k)
{
	struct live *l = k->l;
	int32_t w = l->width, h = l->height;
	uint8_t *text = malloc((size_t)w / 8 * ((size_t)h / 8) + 1);
	if (!text)
		return;
	for (int32_t y = 0; y < h; y++)
		memcpy(k->picture + (size_t)y * (size_t)w,
				k->screen.pixels + (size_t)y * k->screen.stride,
				(size_t)w * 4);
	metrics_text(text, l->truth, w, h);
	metrics_compare(&l->still, l->truth, k->picture, text, w, h);
	free(text);
}

void live_look(struct live *l, const char *display, const char *framebuffer)
{
	struct looker k = { .l = l, .random = l->seed };
	k.display = XOpenDisplay(display);
	k.picture = malloc((size_t)l->width * (size_t)l->height * 4);
	if (!k.display || !k.picture ||
			screen_file_map(&k.screen, framebuffer, l->width,
					l->height)) {
		fprintf(stderr, "oriel-bench: cannot watch %s\n", framebuffer);
		l->failed = true;
	} else {
		k.key = XKeysymToKeycode(k.display, LIVE_KEY);
		live_pattern(k.picture, l->width, l->height);
		l->looking = true;
		look(&k);
		evaluate(&k);
	}
	l->evaluated = true;
}
