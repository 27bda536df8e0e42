/*
 * test_videos.c - a clip on a desktop, through a real session: what travels as
 * video, what stays exact beside it and over it, and how it ends.
 */
#include "tests/unit/unit.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "codecs/video.h"
#include "proto/io/host.h"
#include "server/server.h"
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

/* Of both ends: 0 works in the loop threads. */
static unsigned n_workers;

static void more_threads(struct oriel_client_config *config)
{
	config->workers = n_workers;
}

static int with_workers(void **state)
{
	(void)state;
	n_workers = 1;
	return 0;
}

static int without_workers(void **state)
{
	(void)state;
	n_workers = 0;
	return 0;
}

static void begin(struct watch *w, struct oriel_rect clip, unsigned flags)
{
	memset(w, 0, sizeof(*w));
	for (size_t i = 0; i < ORL_COUNT(desk); i++)
		desk[i] = 0x305080;
	pair_init(&w->pair);
	w->clip = clip;
	w->pair.configure = n_workers ? more_threads : NULL;
	pair_start(&w->pair, PAIR_TCP | flags,
			&(struct oriel_server_config){
					.size = sizeof(struct
							oriel_server_config),
					.workers = n_workers });
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

/* Connects; the first picture has come. */
static void start(struct watch *w)
{
	pair_connect(&w->pair);
	play(w->clip, 0);
	for (unsigned i = 0; i < w->n_text; i++)
		write_text(w->text[i], i);
	present(w);
	PAIR_UNTIL(&w->pair, w->pair.screen && pair_shows(&w->pair, desk));
}

/* ---- tests ------------------------------------------------------------- */

static void a_clip_plays_and_ends_exact(void **state)
{
	struct watch w;

	(void)state;
	begin(&w, (struct oriel_rect){ 200, 100, 400, 240 }, 0);
	start(&w);
	until_video(&w);
	uint64_t before = video_area(&w);
	play_on(&w, 40);
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

/* Up to the clip's very edge, which goes through cells, and in its middle. */
static void text_beside_and_over_it_is_exact(void **state)
{
	struct watch w;

	(void)state;
	begin(&w, (struct oriel_rect){ 203, 101, 394, 238 }, 0);
	w.text[w.n_text++] = (struct oriel_rect){ 20, 101, 183, 238 };
	w.text[w.n_text++] = (struct oriel_rect){ 203, 20, 394, 81 };
	w.text[w.n_text++] = (struct oriel_rect){ 597, 60, 190, 300 };
	w.text[w.n_text++] = (struct oriel_rect){ 320, 192, 160, 48 };
	start(&w);
	until_video(&w);
	play_on(&w, 90);
	assert_true(w.looks > 300);
	become_exact(&w);
	pair_fini(&w.pair);
}

/* Also behind a transaction that moved things, which is over. */
static void a_frame_alone_is_committed(void **state)
{
	struct orl_stream *s = NULL;
	struct watch w;

	(void)state;
	begin(&w, (struct oriel_rect){ 200, 100, 400, 240 }, 0);
	start(&w);
	until_video(&w);
	struct oriel_peer *peer = w.pair.peer;
	struct orl_pane *pane = orl_container(
			peer->panes.next, struct orl_pane, by_peer);
	for (unsigned i = 0; i < ORL_REGIONS_MAX; i++)
		if (pane->streams[i].coding)
			s = &pane->streams[i];
	assert_non_null(s);
	PAIR_UNTIL(&w.pair, !pane->open && !pane->any_dirty && s->coding &&
					    !s->due && !orl_video_busy(pane));
	const uint64_t updates = peer->stats.updates;
	const uint32_t number = s->number;
	pane->moved = s->due = true;
	s->next = 0;
	orl_conn_kick(peer->conn);
	PAIR_UNTIL(&w.pair, s->number != number);
	assert_true(peer->stats.updates > updates);
	become_exact(&w);
	pair_fini(&w.pair);
}

static void a_clip_fills_the_screen(void **state)
{
	struct watch w;

	(void)state;
	begin(&w, (struct oriel_rect){ 0, 0, WIDTH, HEIGHT }, 0);
	start(&w);
	until_video(&w);
	play_on(&w, 20);
	become_exact(&w);
	pair_fini(&w.pair);
}

static void two_clips_play_at_a_time(void **state)
{
	struct watch w;
	const struct oriel_rect left = { 20, 100, 340, 240 };
	const struct oriel_rect right = { 480, 120, 300, 200 };

	(void)state;
	begin(&w, left, 0);
	start(&w);
	for (int i = 0; i < 200 && video_area(&w) < 340 * 240 * 40; i++) {
		play(right, w.t);
		play_on(&w, 1);
	}
	uint64_t before = video_area(&w);
	for (int i = 0; i < 40; i++) {
		play(right, w.t);
		play_on(&w, 1);
	}
	/* More than one alone could be. */
	assert_true(video_area(&w) > before);
	become_exact(&w);
	pair_fini(&w.pair);
}

/* The desktop gets another size in the middle of it. */
static void a_resize_ends_it(void **state)
{
	struct watch w;

	(void)state;
	begin(&w, (struct oriel_rect){ 200, 100, 400, 240 }, 0);
	start(&w);
	until_video(&w);
	play_on(&w, 5);
	assert_int_equal(oriel_display_resize(w.pair.display, 0, 0, 640, 400),
			0);
	for (int i = 0; i < 20; i++)
		pair_step(&w.pair);
	assert_int_equal(oriel_display_resize(
					 w.pair.display, 0, 0, WIDTH, HEIGHT),
			0);
	present(&w);
	for (int i = 0; i < 20; i++)
		pair_step(&w.pair);
	w.n_text = 0;
	play_on(&w, 30);
	become_exact(&w);
	pair_fini(&w.pair);
}

static void no_video_for_who_wants_none(void **state)
{
	struct watch w;

	(void)state;
	begin(&w, (struct oriel_rect){ 200, 100, 400, 240 }, PAIR_LOSSLESS);
	start(&w);
	play_on(&w, 40);
	assert_true(video_area(&w) == 0);
	become_exact(&w);
	pair_fini(&w.pair);
}

/* ---- encoders of the host's --------------------------------------------- */

struct own {
	struct orl_env env;
	const struct oriel_encoder *calls; /* whose work it is */
	atomic_uint created, encoded, destroyed;
	atomic_int fail_after; /* frames; 0: never */
};

struct own_state {
	struct own *own;
	void *state;
};

static int own_create(void **state, void *user, int32_t width, int32_t height,
		uint32_t threads)
{
	struct own_state *s = calloc(1, sizeof(*s));

	s->own = user;
	int err = s->own->calls->create(
			&s->state, &s->own->env, width, height, threads);
	assert_int_equal(err, 0);
	s->own->created++;
	*state = s;
	return 0;
}

static int own_encode(void *state, const struct oriel_yuv *picture,
		const struct oriel_encode *how, struct oriel_encoded *out)
{
	struct own_state *s = state;

	assert_int_equal(how->size, sizeof(*how));
	if (s->own->fail_after && (int)s->own->encoded >= s->own->fail_after)
		return ORIEL_EIO;
	s->own->encoded++;
	return s->own->calls->encode(s->state, picture, how, out);
}

static void own_destroy(void *state)
{
	struct own_state *s = state;

	s->own->calls->destroy(s->state);
	s->own->destroyed++;
	free(s);
}

static void a_host_brings_its_encoder(void **state)
{
	struct oriel_encoder table = { .size = sizeof(table),
		.codec = ORIEL_VIDEO_VP8,
		.name = "own",
		.create = own_create,
		.encode = own_encode,
		.destroy = own_destroy };
	struct own own = { .calls = &orl_vp8_encoder };
	struct watch w;

	(void)state;
	assert_int_equal(orl_host_env(&own.env, NULL), 0);
	begin(&w, (struct oriel_rect){ 200, 100, 400, 240 }, 0);
	assert_int_equal(oriel_server_add_encoder(w.pair.server, &table, &own),
			0);
	start(&w);
	until_video(&w);
	play_on(&w, 20);
	assert_true(own.created > 0 && own.encoded > 5);
	/* It fails in the middle: what it had is shown all the same. */
	own.fail_after = 1;
	play_on(&w, 20);
	become_exact(&w);
	table.size--;
	assert_int_equal(oriel_server_add_encoder(w.pair.server, &table, NULL),
			ORIEL_EINVAL);
	pair_fini(&w.pair);
	assert_int_equal(own.created, own.destroyed);
}

/* A picture more, as if acks had said that one takes so many us to decode. */
static void play_slowly(struct watch *w, enum oriel_video codec, uint32_t us)
{
	for (unsigned i = 0; i < 30; i++)
		orl_stream_learn(w->pair.peer, codec, 400 * 240 / 256, us);
	play_on(w, 1);
}

/*
 * A client that is slow with the codec that is liked best gets another one; if
 * that is no better it stays, and fewer frames come.
 */
static void a_slow_client_gets_another_codec(void **state)
{
	struct oriel_encoder table = { .size = sizeof(table),
		.name = "own",
		.create = own_create,
		.encode = own_encode,
		.destroy = own_destroy };
	struct own vp8 = { .calls = &orl_vp8_encoder };
	struct own h264 = { .calls = orl_video_encoder(ORIEL_VIDEO_H264) };
	struct watch w;

	(void)state;
	if (!h264.calls) {
		print_message("this build has no H.264\n");
		return;
	}
	assert_int_equal(orl_host_env(&vp8.env, NULL), 0);
	h264.env = vp8.env;
	begin(&w, (struct oriel_rect){ 200, 100, 400, 240 }, 0);
	table.codec = ORIEL_VIDEO_VP8;
	assert_int_equal(oriel_server_add_encoder(w.pair.server, &table, &vp8),
			0);
	table.codec = ORIEL_VIDEO_H264;
	assert_int_equal(oriel_server_add_encoder(w.pair.server, &table, &h264),
			0);
	start(&w);
	until_video(&w);
	assert_true(h264.encoded > 0 && vp8.encoded == 0);
	for (unsigned i = 0; i < 200 && !vp8.encoded; i++)
		play_slowly(&w, ORIEL_VIDEO_H264, 60000);
	assert_true(vp8.encoded > 0);
	play_on(&w, 10);
	become_exact(&w);

	/* The next one begins with what is known, both dear by now. */
	const unsigned before = vp8.encoded, others = h264.encoded;
	for (unsigned i = 0; i < 90; i++)
		play_slowly(&w, ORIEL_VIDEO_VP8, 50000);
	assert_int_equal(h264.encoded, others);
	assert_true(vp8.encoded > before);
	/* 50 ms of work each, and half as much of rest: 40 in the 3 s. */
	assert_true(vp8.encoded - before < 60);
	become_exact(&w);
	pair_fini(&w.pair);
	assert_int_equal(vp8.created, vp8.destroyed);
	assert_int_equal(h264.created, h264.destroyed);
}

/* One that says of each codec that it is dear, and of the other that it is not. */
static void a_liar_costs_little_more(void **state)
{
	struct oriel_encoder table = { .size = sizeof(table),
		.name = "own",
		.create = own_create,
		.encode = own_encode,
		.destroy = own_destroy };
	struct own vp8 = { .calls = &orl_vp8_encoder };
	struct own h264 = { .calls = orl_video_encoder(ORIEL_VIDEO_H264) };
	struct watch w;

	(void)state;
	if (!h264.calls)
		skip();
	assert_int_equal(orl_host_env(&vp8.env, NULL), 0);
	h264.env = vp8.env;
	begin(&w, (struct oriel_rect){ 200, 100, 400, 240 }, 0);
	table.codec = ORIEL_VIDEO_VP8;
	assert_int_equal(oriel_server_add_encoder(w.pair.server, &table, &vp8),
			0);
	table.codec = ORIEL_VIDEO_H264;
	assert_int_equal(oriel_server_add_encoder(w.pair.server, &table, &h264),
			0);
	start(&w);
	until_video(&w);
	const uint64_t begun = pair_clock();
	const unsigned before = vp8.created + h264.created;
	for (unsigned i = 0; i < 140; i++) {
		const bool first = h264.created > vp8.created;
		const uint32_t cells = 400 * 240 / 256;
		for (unsigned k = 0; k < 30; k++) {
			orl_stream_learn(w.pair.peer, ORIEL_VIDEO_H264, cells,
					first ? UINT32_MAX : 0);
			orl_stream_learn(w.pair.peer, ORIEL_VIDEO_VP8, cells,
					first ? 0 : UINT32_MAX);
		}
		play_on(&w, 1);
	}
	/* Another keyframe each 3 s at most, and where the region is corrected. */
	const unsigned made = vp8.created + h264.created - before;
	print_message("%u encoders more\n", made);
	assert_true(made <= (pair_clock() - begun) / 3000000000u + 3);
	become_exact(&w);
	pair_fini(&w.pair);
}

#define THREADED(name) \
	cmocka_unit_test_setup_teardown(name, with_workers, without_workers)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_clip_plays_and_ends_exact),
		cmocka_unit_test(text_beside_and_over_it_is_exact),
		cmocka_unit_test(a_frame_alone_is_committed),
		cmocka_unit_test(a_clip_fills_the_screen),
		cmocka_unit_test(two_clips_play_at_a_time),
		cmocka_unit_test(a_resize_ends_it),
		cmocka_unit_test(no_video_for_who_wants_none),
		cmocka_unit_test(a_host_brings_its_encoder),
		cmocka_unit_test(a_slow_client_gets_another_codec),
		cmocka_unit_test(a_liar_costs_little_more),
		/* The same when others encode and decode. */
		THREADED(a_clip_plays_and_ends_exact),
		THREADED(text_beside_and_over_it_is_exact),
		THREADED(two_clips_play_at_a_time),
		THREADED(a_resize_ends_it),
		THREADED(a_host_brings_its_encoder),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
