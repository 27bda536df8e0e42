/*
 * test_videos.c - a clip on a desktop, through a real session: what travels as
 * video, what stays exact beside it and over it, and how it ends.
 */
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>

#include "proto/base.h"
#include "tests/pair.h"

enum {
	WIDTH = 800,
	HEIGHT = 480,
	TICK_MS = 33,
};

static uint32_t desk[WIDTH * HEIGHT];

static uint32_t noise(uint32_t x)
{
	x ^= x >> 16;
	x *= 0x7feb352du;
	x ^= x >> 15;
	x *= 0x846ca68bu;
	return x ^ x >> 16;
}

/* Letters of a kind: hard edges, few colours. */
static void write_text(struct oriel_rect r, uint32_t salt)
{
	for (int32_t y = r.y; y < r.y + r.height; y++)
		for (int32_t x = r.x; x < r.x + r.width; x++) {
			uint32_t glyph = noise(
					(uint32_t)(x / 8 + y / 12 * 97) + salt);
			bool ink = noise(glyph % 23 * 64 +
						   (uint32_t)(x % 8 / 2 +
								   y % 12 / 2 * 4)) &
				   1;
			desk[y * WIDTH + x] = ink && y % 12 < 10 ? 0x101010
								 : 0xf4f4f0;
		}
}

/* A picture of soft shades that moves. */
static void play(struct oriel_rect r, int t)
{
	for (int32_t y = 0; y < r.height; y++)
		for (int32_t x = 0; x < r.width; x++) {
			int32_t a = (x * 3 + t * 7 + y) % 400;
			int32_t b = (y * 2 + t * 5 + x / 2) % 300;
			uint32_t red = (uint32_t)(a < 200 ? a : 400 - a) / 2;
			uint32_t green = (uint32_t)(b < 150 ? b : 300 - b) / 2;
			uint32_t grain = noise((uint32_t)(x + y * 800 +
							  t * 7919)) %
					 3;
			desk[(r.y + y) * WIDTH + r.x + x] =
					(60 + red + grain) << 16 |
					(60 + green + grain) << 8 |
					(90 + grain);
		}
}

/* ---- watching ---------------------------------------------------------- */

struct watch {
	struct pair pair;
	uint64_t next; /* when the next picture is due */
	int t;
	struct oriel_rect clip;
	/* Rectangles that must be right whenever one looks. */
	struct oriel_rect text[4];
	unsigned n_text;
	unsigned looks;
};

static void begin(struct watch *w)
{
	memset(w, 0, sizeof(*w));
	for (size_t i = 0; i < ORL_COUNT(desk); i++)
		desk[i] = 0x305080;
	pair_init(&w->pair);
	pair_start(&w->pair, 0, NULL);
	pair_display(&w->pair, WIDTH, HEIGHT);
}

static void present(struct watch *w)
{
	const struct oriel_pixels pixels = { desk, WIDTH, HEIGHT, WIDTH * 4,
		ORIEL_FORMAT_XRGB8888 };

	assert_int_equal(oriel_display_patch(w->pair.display, &pixels, 0, 0, 0),
			0);
}

static uint64_t video_area(const struct watch *w)
{
	struct oriel_stats stats = { .size = sizeof(stats) };

	oriel_client_stats(w->pair.client, &stats);
	return stats.codec_area[ORIEL_CODEC_VIDEO];
}

static double error_in(const struct watch *w, struct oriel_rect r)
{
	struct oriel_pixels p;
	double sum = 0;

	oriel_screen_pixels(w->pair.screen, &p);
	for (int32_t y = r.y; y < r.y + r.height; y++)
		for (int32_t x = r.x; x < r.x + r.width; x++) {
			const uint32_t a = desk[y * WIDTH + x];
			const uint32_t b = ((
					const uint32_t *)p.data)[y * WIDTH + x];
			for (unsigned k = 0; k < 24; k += 8) {
				double d = (double)(a >> k & 255) -
					   (double)(b >> k & 255);
				sum += d * d;
			}
		}
	return sum / 3 / r.width / r.height;
}

static void look(struct watch *w)
{
	for (unsigned i = 0; i < w->n_text; i++) {
		if (error_in(w, w->text[i]) > 0)
			fail_msg("text %u is not exact at picture %d", i, w->t);
		w->looks++;
	}
}

/* Plays on for some pictures; looks after every step of either end. */
static void play_on(struct watch *w, int pictures)
{
	for (const int end = w->t + pictures; w->t < end;) {
		if (pair_clock() >= w->next) {
			w->next = pair_clock() + TICK_MS * 1000000u;
			play(w->clip, w->t++);
			for (unsigned i = 0; i < w->n_text; i++)
				write_text(w->text[i], i);
			present(w);
		}
		pair_step(&w->pair);
		look(w);
	}
}

static void settle(struct watch *w)
{
	PAIR_UNTIL(&w->pair, w->pair.screen && pair_shows(&w->pair, desk));
}

static void become_exact(struct watch *w)
{
	PAIR_UNTIL(&w->pair,
			pair_shows(&w->pair, desk) &&
					oriel_screen_is_exact(w->pair.screen));
}

/* Until frames of video have come for as many pictures. */
static void until_video(struct watch *w)
{
	for (unsigned i = 0; i < 20 && !video_area(w); i++)
		play_on(w, 10);
	assert_true(video_area(w) > 0);
}

/* ---- tests ------------------------------------------------------------- */

static void a_clip_plays_and_ends_exact(void **state)
{
	struct watch w;

	(void)state;
	begin(&w);
	w.clip = (struct oriel_rect){ 200, 100, 400, 240 };
	pair_connect(&w.pair);
	present(&w);
	settle(&w);
	until_video(&w);
	uint64_t before = video_area(&w);
	play_on(&w, 30);
	assert_true(video_area(&w) - before >= (uint64_t)400 * 240 * 10);
	/* What is seen is a picture or two behind, but alike. */
	assert_true(error_in(&w, w.clip) < 1500);
	become_exact(&w);
	before = video_area(&w);
	for (int i = 0; i < 50; i++)
		pair_step(&w.pair);
	assert_true(video_area(&w) == before);
	pair_fini(&w.pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_clip_plays_and_ends_exact),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
