/*
 * test_regions.c - where videos play, and where they do not: on recordings of
 * real programs, and on pictures made to be mistaken for one. ORIEL_TRACES
 * names a folder with further recordings: `video` must have a region, half a
 * second after its clip begins at the latest, the others none.
 */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/frames.h"
#include "proto/io/host.h"
#include "server/regions.h"

static const uint64_t MS = 1000000;

/* ---- a display ---------------------------------------------------------- */

struct scene {
	struct orl_env env;
	struct orl_regions regions;
	struct orl_motion *motion;
	uint32_t *now, *shadow;
	uint8_t *changed;
	int32_t width, height;
	uint64_t time;
	unsigned opened; /* regions seen */
	uint64_t first;  /* when the first was */
	uint32_t ids;
};

static void set_up(struct scene *s, int32_t width, int32_t height)
{
	memset(s, 0, sizeof(*s));
	assert_int_equal(orl_host_env(&s->env, NULL), 0);
	assert_int_equal(orl_regions_init(&s->regions, &s->env, width, height),
			0);
	assert_int_equal(orl_motion_create(&s->motion, &s->env), 0);
	s->width = width;
	s->height = height;
	s->time = 5000 * MS;
	s->now = calloc((size_t)width * (size_t)height, 4);
	s->shadow = calloc((size_t)width * (size_t)height, 4);
	s->changed = calloc((size_t)s->regions.cols, (size_t)s->regions.rows);
}

static void tear_down(struct scene *s)
{
	orl_regions_fini(&s->regions);
	orl_motion_destroy(s->motion);
	free(s->now);
	free(s->shadow);
	free(s->changed);
}

/* The picture is what `now` has, so many ms after the one before. */
static void tick(struct scene *s, uint64_t ms)
{
	struct orl_regions *r = &s->regions;

	s->time += ms * MS;
	orl_damage(s->shadow, (size_t)s->width, s->width, s->height, s->changed,
			s->now, (size_t)s->width * 4, false, 0, 0, s->width,
			s->height);
	for (int32_t row = 0; row < r->rows; row++)
		for (int32_t col = 0; col < r->cols; col++) {
			uint8_t *c = &s->changed[row * r->cols + col];
			if (*c)
				orl_regions_change(r, col, row);
			*c = 0;
		}
	orl_regions_still(r, s->time);
	orl_regions_tick(r, s->time, s->shadow, s->motion);
	s->opened = r->next_id;
	if (r->n && !s->first)
		s->first = s->time;
}

/* ---- recordings --------------------------------------------------------- */

static void play_trace(struct scene *s, const char *trace)
{
	char path[] = "/tmp/oriel-regions.XXXXXX";
	const struct frames_excerpt all = { 0, 0 };
	struct frames f;
	uint64_t before = 0;
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(frames_unpack(path, trace, &all), 0);
	assert_int_equal(frames_open(&f, path), 0);
	set_up(s, f.width, f.height);
	for (uint32_t i = 0; i < f.n; i++) {
		frames_apply(&f, i, s->now, (size_t)f.width);
		tick(s, (f.frame[i].time - before) / MS);
		before = f.frame[i].time;
	}
	frames_close(&f);
	unlink(path);
}

static void desktops_have_no_video(void **state)
{
	static const char *const names[] = { "page", "text", "window" };
	char path[256];
	struct scene s;

	(void)state;
	for (unsigned i = 0; i < ORL_COUNT(names); i++) {
		snprintf(path, sizeof(path), "bench/corpus/%s.mkv", names[i]);
		play_trace(&s, path);
		assert_int_equal(s.opened, 0);
		tear_down(&s);
	}
}

static void public_traces(void **state)
{
	static const char *const names[] = { "cad", "office", "photo", "term",
		"web", "window", "video" };
	const char *folder = getenv("ORIEL_TRACES");
	char path[512];
	struct scene s;
	unsigned played = 0;

	(void)state;
	if (!folder)
		skip();
	for (unsigned i = 0; i < ORL_COUNT(names); i++) {
		snprintf(path, sizeof(path), "%s/%s.mkv", folder, names[i]);
		if (access(path, R_OK) != 0)
			continue;
		played++;
		play_trace(&s, path);
		if (strcmp(names[i], "video") == 0) {
			assert_int_equal(s.opened, 1);
			assert_true(s.first <= 5500 * MS);
		} else {
			assert_int_equal(s.opened, 0);
		}
		tear_down(&s);
	}
	/* A folder without any proves nothing. */
	assert_true(played > 0);
}

/* ---- made --------------------------------------------------------------- */

enum { WIDTH = 960, HEIGHT = 540, FRAME = 42 };

static uint32_t noise(uint32_t x)
{
	x ^= x >> 16;
	x *= 0x7feb352du;
	x ^= x >> 15;
	x *= 0x846ca68bu;
	return x ^ x >> 16;
}

/* A pixel of an endless photograph. */
static uint32_t photo(int32_t x, int32_t y, uint32_t salt)
{
	uint32_t a = (uint32_t)(x * 3 + y + 4000) % 400;
	uint32_t b = (uint32_t)(y * 2 + x / 2 + 4000) % 300;

	a = (a < 200 ? a : 400 - a) / 2 + 60 + noise((uint32_t)x) % 5;
	b = (b < 150 ? b : 300 - b) / 2 + 60 + noise((uint32_t)y) % 5;
	uint32_t g = noise((uint32_t)(x * 7919 + y) ^ salt) % 7;
	return (a + g) << 16 | (b + g) << 8 | (100 + g);
}

static void paint(struct scene *s, struct oriel_rect r, int32_t from_x,
		int32_t from_y, uint32_t salt)
{
	for (int32_t y = 0; y < r.height; y++)
		for (int32_t x = 0; x < r.width; x++)
			s->now[(r.y + y) * s->width + r.x + x] =
					photo(x + from_x, y + from_y, salt);
}

/* A clip: it pans, and every frame has grain of its own. */
static void clip(struct scene *s, struct oriel_rect r, uint32_t t)
{
	paint(s, r, (int32_t)t * 3, (int32_t)t, t * 77 + 1);
}

static void a_clip_is_found_to_the_pixel(void **state)
{
	static const struct oriel_rect rects[] = { { 203, 101, 394, 238 },
		{ 0, 0, 320, 200 }, { 640, 340, 320, 200 },
		{ 16, 16, 480, 272 } };
	struct scene s;

	(void)state;
	for (unsigned i = 0; i < ORL_COUNT(rects); i++) {
		const struct oriel_rect r = rects[i];
		set_up(&s, WIDTH, HEIGHT);
		paint(&s, (struct oriel_rect){ 0, 0, WIDTH, HEIGHT }, 0, 0, 0);
		tick(&s, FRAME);
		uint64_t begun = s.time;
		for (uint32_t t = 0; t < 40; t++) {
			clip(&s, r, t);
			tick(&s, FRAME);
		}
		assert_int_equal(s.regions.n, 1);
		assert_true(s.first - begun <= 500 * MS);
		const struct oriel_rect got = s.regions.region[0].rect;
		assert_memory_equal(&got, &r, sizeof(r));
		assert_int_equal(s.opened, 1);
		/* It ends when it is still, and not before. */
		assert_true(orl_regions_deadline(&s.regions) > s.time);
		assert_true(orl_regions_deadline(&s.regions) <=
				s.time + 600 * MS);
		assert_true(orl_regions_still(&s.regions, s.time + 600 * MS));
		assert_int_equal(s.regions.n, 0);
		tear_down(&s);
	}
}

static void a_clip_over_all_is_all(void **state)
{
	struct scene s;

	(void)state;
	set_up(&s, WIDTH, HEIGHT);
	for (uint32_t t = 0; t < 30; t++) {
		clip(&s, (struct oriel_rect){ 0, 0, WIDTH, HEIGHT }, t);
		tick(&s, FRAME);
	}
	assert_int_equal(s.regions.n, 1);
	assert_int_equal(s.regions.region[0].rect.width, WIDTH);
	assert_int_equal(s.regions.region[0].rect.height, HEIGHT);
	tear_down(&s);
}

static void two_clips_are_two(void **state)
{
	struct scene s;

	(void)state;
	set_up(&s, WIDTH, HEIGHT);
	for (uint32_t t = 0; t < 30; t++) {
		clip(&s, (struct oriel_rect){ 40, 40, 320, 200 }, t);
		clip(&s, (struct oriel_rect){ 600, 240, 300, 220 }, t + 50);
		tick(&s, FRAME);
	}
	assert_int_equal(s.regions.n, 2);
	tear_down(&s);
}

static void a_window_with_a_clip_is_moved(void **state)
{
	const struct oriel_rect to = { 280, 130, 320, 200 };
	struct scene s;

	(void)state;
	set_up(&s, WIDTH, HEIGHT);
	for (uint32_t t = 0; t < 100; t++) {
		struct oriel_rect r = { 40, 40, 320, 200 };
		memset(s.now, 0x30, (size_t)WIDTH * HEIGHT * 4);
		if (t >= 30 && t < 42) {
			r.x += (int32_t)(t - 30) * 20;
			r.y += (int32_t)(t - 30) * 7;
		} else if (t >= 42) {
			r = to;
		}
		clip(&s, r, t);
		tick(&s, FRAME);
	}
	assert_int_equal(s.regions.n, 1);
	assert_memory_equal(&s.regions.region[0].rect, &to, sizeof(to));
	tear_down(&s);
}

static void what_only_moves_is_no_video(void **state)
{
	struct scene s;

	(void)state;
	set_up(&s, WIDTH, HEIGHT);
	/* A page of photographs is scrolled, faster and faster. */
	for (int32_t t = 0; t < 60; t++) {
		paint(&s, (struct oriel_rect){ 100, 0, 700, HEIGHT }, 0,
				t * t / 2, 9);
		tick(&s, 33);
	}
	assert_int_equal(s.opened, 0);
	/* A window with one is dragged over another. */
	for (int32_t t = 0; t < 60; t++) {
		paint(&s, (struct oriel_rect){ 0, 0, WIDTH, HEIGHT }, 0, 0, 4);
		paint(&s,
				(struct oriel_rect){ 50 + t * 5, 60 + t * 3,
						400, 260 },
				500, 500, 5);
		tick(&s, 33);
	}
	assert_int_equal(s.opened, 0);
	tear_down(&s);
}

static void what_blinks_is_no_video(void **state)
{
	struct scene s;

	(void)state;
	set_up(&s, WIDTH, HEIGHT);
	for (uint32_t t = 0; t < 120; t++) {
		/* A cursor, a spinner of 64 x 64, photographs now and then. */
		for (int32_t y = 0; y < 16; y++)
			s.now[(100 + y) * WIDTH + 60] =
					t / 15 & 1 ? 0xffffff : 0;
		clip(&s, (struct oriel_rect){ 500, 300, 64, 64 }, t);
		if (t % 24 == 0)
			clip(&s, (struct oriel_rect){ 100, 200, 300, 200 }, t);
		tick(&s, 33);
	}
	assert_int_equal(s.opened, 0);
	tear_down(&s);
}

/* Letters that change all the time: a log that runs through. */
static void text_is_no_video(void **state)
{
	struct scene s;

	(void)state;
	set_up(&s, WIDTH, HEIGHT);
	for (uint32_t t = 0; t < 60; t++) {
		for (int32_t y = 40; y < 400; y++)
			for (int32_t x = 40; x < 700; x++) {
				uint32_t glyph = noise(
						(uint32_t)(x / 8 +
								y / 12 * 99) +
						t * 1000);
				bool ink = noise(glyph % 40 * 64 +
							   (uint32_t)(x % 8 / 2 +
									   y % 12 / 2 * 4)) &
					   1;
				s.now[y * WIDTH + x] = ink ? 0xe0e0e0 : 0;
			}
		tick(&s, 33);
	}
	assert_int_equal(s.opened, 0);
	tear_down(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(desktops_have_no_video),
		cmocka_unit_test(public_traces),
		cmocka_unit_test(a_clip_is_found_to_the_pixel),
		cmocka_unit_test(a_clip_over_all_is_all),
		cmocka_unit_test(two_clips_are_two),
		cmocka_unit_test(a_window_with_a_clip_is_moved),
		cmocka_unit_test(what_only_moves_is_no_video),
		cmocka_unit_test(what_blinks_is_no_video),
		cmocka_unit_test(text_is_no_video),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
