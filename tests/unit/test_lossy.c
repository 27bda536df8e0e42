/*
 * test_lossy.c - pictures on a line that is too thin for them: painted first
 * and exact in the end; text exact whenever it is seen; what the server takes
 * for sent is what is to be seen; nothing lossy where that is not wanted; and
 * nothing is left of it when memory runs out.
 */
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>

#include "client/client.h"
#include "server/server.h"
#include "tests/pair.h"

enum { WIDTH = 650, HEIGHT = 410, TEXT_Y = 96, TEXT_H = 48, THIN = 300000 };

static uint32_t picture[WIDTH * HEIGHT];
static uint32_t noise = 1;

static uint32_t rnd(uint32_t n)
{
	noise = noise * 1664525u + 1013904223u;
	return (noise >> 8) % n;
}

/* A photograph: shades, grain, and some hard edges. */
static void photograph(int32_t y0, int32_t y1)
{
	uint32_t tone = rnd(40);

	for (int32_t y = y0; y < y1; y++)
		for (int32_t x = 0; x < WIDTH; x++) {
			uint32_t v = tone + (uint32_t)(x / 8 + y / 6) % 120;
			if ((x / 37 + y / 29) % 5 == 0)
				v += 70;
			picture[y * WIDTH + x] = (v + rnd(12)) << 16 |
						 (v / 2 + rnd(12)) << 8 |
						 (v / 3 + rnd(12));
		}
}

/* Black on white: number n, which a reader finds again. */
static uint32_t text_at(int32_t x, int32_t y, uint32_t n)
{
	uint32_t glyph = ((uint32_t)x / 8 * 7 + (uint32_t)y / 12 * 5 + n) % 23;
	uint32_t dot = (glyph * 2654435761u) >> ((x % 8) / 2 * 4 + y % 12 / 3);

	return x % 8 < 7 && y % 12 < 9 && dot & 1 ? 0x111111 : 0xffffff;
}

static void text(uint32_t n)
{
	for (int32_t y = 0; y < TEXT_H; y++)
		for (int32_t x = 0; x < WIDTH; x++)
			picture[(TEXT_Y + y) * WIDTH + x] = text_at(x, y, n);
}

static void submit(struct pair *p)
{
	struct oriel_frame_config cfg = { .size = sizeof(cfg),
		.flags = ORIEL_FRAME_VOLATILE,
		.pixels = { picture, WIDTH, HEIGHT, WIDTH * 4,
				ORIEL_FORMAT_XRGB8888 } };
	struct oriel_frame *frame;

	assert_int_equal(oriel_frame_create(&frame, p->server, &cfg), 0);
	assert_int_equal(oriel_display_submit(p->display, frame, NULL, 0), 0);
	oriel_frame_unref(frame);
}

/* Which text is seen; all of it is that, or the test fails. -1: none yet. */
static int seen_text(const struct pair *p)
{
	struct oriel_pixels got;

	if (!p->screen || !p->updates)
		return -1;
	oriel_screen_pixels(p->screen, &got);
	const uint32_t *px = (const uint32_t *)got.data + TEXT_Y * WIDTH;
	for (uint32_t n = 0; n < 23; n++) {
		size_t same = 0;
		for (int32_t y = 0; y < TEXT_H; y++)
			for (int32_t x = 0; x < WIDTH; x++)
				same += px[y * WIDTH + x] == text_at(x, y, n);
		if (same == WIDTH * TEXT_H)
			return (int)n;
	}
	fail_msg("the text is not exact");
	return -1;
}

static uint64_t area(const struct pair *p, unsigned codec)
{
	struct oriel_stats s = { .size = sizeof(s) };

	oriel_client_stats(p->client, &s);
	return s.codec_area[codec];
}

static uint64_t decisions(const struct pair *p, enum orl_why why)
{
	struct oriel_stats s = { .size = sizeof(s) };

	oriel_peer_stats(p->peer, &s);
	return s.decisions[why];
}

/* What nothing is to be sent of is what the desktop shows. */
static void check_belief(const struct pair *p)
{
	const struct orl_pane *pane = orl_pane_find(p->peer, 0);

	if (!pane || pane->display->pending)
		return;
	const struct orl_canvas *c = &pane->sent;
	for (size_t i = 0; i < orl_pane_cells(pane); i++) {
		if (pane->dirty[i] || pane->todo[i] || pane->paint[i])
			continue;
		assert_true(c->exact[i] || pane->lossy[i]);
		assert_false(c->exact[i] && pane->lossy[i]);
		int32_t col = (int32_t)i % c->cols, row = (int32_t)i / c->cols;
		struct oriel_rect r = orl_cells_rect(
				c, &(struct orl_cells){ col, row, 1, 1 });
		for (int32_t y = r.y; y < r.y + r.height; y++)
			assert_memory_equal(c->pixels + y * WIDTH + r.x,
					pane->display->shadow + y * WIDTH + r.x,
					(size_t)r.width * 4);
	}
}

static void begin(struct pair *p, unsigned flags, uint32_t client_flags)
{
	const struct oriel_server_config thin = { .size = sizeof(thin),
		.max_bandwidth = THIN };

	pair_init(p);
	p->flags = client_flags;
	pair_start(p, PAIR_TCP | flags, &thin);
	pair_display(p, WIDTH, HEIGHT);
	photograph(0, HEIGHT);
	text(0);
	submit(p);
	pair_connect(p);
}

static void until_exact(struct pair *p)
{
	PAIR_UNTIL(p, p->screen && oriel_screen_is_exact(p->screen) &&
					pair_shows(p, picture));
}

static void pictures_are_painted_first_and_text_is_exact(void **state)
{
	struct pair p;

	(void)state;
	begin(&p, 0, 0);
	PAIR_UNTIL(&p, p.updates > 0);
	/* Something of it all is there long before it can be exact. */
	assert_int_equal(seen_text(&p), 0);
	assert_true(area(&p, ORIEL_CODEC_JPEG) + area(&p, ORIEL_CODEC_PREVIEW) >
			WIDTH * HEIGHT / 2);
	assert_false(pair_shows(&p, picture));
	assert_true(decisions(&p, ORL_WHY_LARGE) > 0);
	until_exact(&p);
	for (uint32_t n = 1; n < 12; n++) {
		/* All of it, only text, a scroll of both: in any state. */
		if (n % 4 == 1)
			photograph(0, HEIGHT);
		else if (n % 4 == 3)
			memmove(picture + (TEXT_Y + TEXT_H) * WIDTH,
					picture + (TEXT_Y + TEXT_H + 21) *
									WIDTH,
					(size_t)(HEIGHT - TEXT_Y - TEXT_H -
							21) *
							WIDTH * 4);
		text(n);
		submit(&p);
		int seen = -1;
		while (seen != (int)n) {
			pair_step(&p);
			check_belief(&p);
			seen = seen_text(&p);
			assert_true(seen == (int)n || seen == (int)n - 1);
		}
		/* While it gets better, too. */
		for (uint32_t i = rnd(60); i--;) {
			pair_step(&p);
			check_belief(&p);
			assert_int_equal(seen_text(&p), n);
		}
	}
	until_exact(&p);
	struct oriel_stats s = { .size = sizeof(s) };
	oriel_peer_stats(p.peer, &s);
	assert_int_equal(s.resets, 0);
	/* Nothing is left to be made better, and nothing is tried. */
	struct orl_pane *pane = orl_pane_find(p.peer, 0);
	assert_true(orl_canvas_is_exact(&pane->sent));
	uint64_t updates = s.updates;
	for (int i = 0; i < 50; i++)
		pair_step(&p);
	oriel_peer_stats(p.peer, &s);
	assert_int_equal(s.updates, updates);
	pair_fini(&p);
}

/* Changed again before it is exact, and again: then it waits its time. */
static void what_changes_often_is_exact_when_it_stops(void **state)
{
	struct pair p;

	(void)state;
	begin(&p, 0, 0);
	for (int i = 0; i < 20; i++) {
		photograph(TEXT_Y + TEXT_H, HEIGHT);
		submit(&p);
		for (uint32_t k = 3 + rnd(10); k--;) {
			pair_step(&p);
			if (p.peer)
				check_belief(&p);
		}
	}
	until_exact(&p);
	assert_true(decisions(&p, ORL_WHY_LARGE) +
					decisions(&p, ORL_WHY_AGAIN) >
			0);
	pair_fini(&p);
}

static void nothing_lossy_where_it_is_not_wanted(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		struct pair p;
		begin(&p, i ? 0 : PAIR_LOSSLESS, i ? ORIEL_CLIENT_LOSSLESS : 0);
		PAIR_UNTIL(&p, p.updates > 0);
		assert_true(pair_shows(&p, picture));
		until_exact(&p);
		assert_int_equal(area(&p, ORIEL_CODEC_JPEG), 0);
		assert_int_equal(area(&p, ORIEL_CODEC_PREVIEW), 0);
		assert_int_equal(decisions(&p, ORL_WHY_LARGE), 0);
		pair_fini(&p);
	}
}

/* A mended pane begins with nothing lossy. */
static void a_reset_in_between_is_mended(void **state)
{
	struct pair p;

	(void)state;
	begin(&p, 0, 0);
	PAIR_UNTIL(&p, p.updates > 0);
	struct orl_pane *pane = orl_pane_find(p.peer, 0);
	assert_true(pane->any_lossy);
	orl_check_reset(pane, "a test");
	assert_false(pane->any_lossy);
	until_exact(&p);
	/* And one of another size, with some still to be made better. */
	photograph(0, HEIGHT);
	submit(&p);
	PAIR_UNTIL(&p, pane->any_lossy && pane->refining);
	assert_int_equal(oriel_display_resize(p.display, 0, 0, WIDTH, HEIGHT),
			0);
	assert_int_equal(oriel_display_resize(p.display, 5, 0, WIDTH, HEIGHT),
			0);
	until_exact(&p);
	pair_fini(&p);
}

/* ---- memory ------------------------------------------------------------ */

/* Of one end: the allocation after `left` fails, once. */
struct heap {
	long left, live;
	bool failed;
};

static void *heap_resize(void *user, void *ptr, size_t n)
{
	struct heap *h = user;

	if (h->left >= 0 && !h->left--) {
		h->failed = true;
		return NULL;
	}
	h->live += !ptr;
	return realloc(ptr, n);
}

static void *heap_alloc(void *user, size_t n)
{
	return heap_resize(user, NULL, n);
}

static void heap_release(void *user, void *ptr)
{
	struct heap *h = user;

	h->live -= ptr != NULL;
	free(ptr);
}

static void no_log(void *user, enum oriel_log_level level, const char *topic,
		const char *text)
{
	(void)user;
	(void)level;
	(void)topic;
	(void)text;
}

/* However it fails, it ends in order or goes on, and nothing leaks. */
static void memory_may_run_out_anywhere(void **state)
{
	unsigned failures[2] = { 0, 0 };

	(void)state;
	for (int end = 0; end < 2; end++)
		for (long at = 0;; at += 1 + at / 16) {
			struct heap heap = { .left = -1 };
			struct oriel_hooks hooks = { .size = sizeof(hooks),
				.user = &heap,
				.log = no_log,
				.alloc = heap_alloc,
				.resize = heap_resize,
				.release = heap_release };
			struct oriel_server_config thin = {
				.size = sizeof(thin),
				.max_bandwidth = 8 << 20,
				.hooks = end ? NULL : &hooks
			};
			struct pair p;
			pair_init(&p);
			p.hooks = end ? &hooks : NULL;
			p.verify_none = true;
			pair_start(&p, PAIR_TCP | PAIR_OPEN, &thin);
			pair_display(&p, 160, 120);
			pair_connect(&p);
			/* The least that is lossy: of a rate that is known. */
			struct orl_pane *pane = orl_pane_find(p.peer, 0);
			pane->cell_bytes[ORL_CLASS_PICTURE] = 1 << 20;
			for (int i = 0; i < 160 * 120; i++)
				picture[i] = rnd(1 << 24);
			struct oriel_frame_config cfg = { .size = sizeof(cfg),
				.pixels = { picture, 160, 120, 640,
						ORIEL_FORMAT_XRGB8888 } };
			struct oriel_frame *frame;
			assert_int_equal(oriel_frame_create(&frame, p.server,
							 &cfg),
					0);
			assert_int_equal(oriel_display_submit(p.display, frame,
							 NULL, 0),
					0);
			oriel_frame_unref(frame);
			heap.left = at;
			PAIR_UNTIL(&p, p.state == ORIEL_CLIENT_IDLE ||
							(p.screen &&
									oriel_screen_is_exact(
											p.screen) &&
									area(&p, ORIEL_CODEC_JPEG)));
			heap.left = -1;
			failures[end] += heap.failed;
			bool done = !heap.failed;
			pair_fini(&p);
			assert_int_equal(heap.live, 0);
			if (done)
				break;
		}
	assert_true(failures[0] > 5 && failures[1] > 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pictures_are_painted_first_and_text_is_exact),
		cmocka_unit_test(what_changes_often_is_exact_when_it_stops),
		cmocka_unit_test(nothing_lossy_where_it_is_not_wanted),
		cmocka_unit_test(a_reset_in_between_is_mended),
		cmocka_unit_test(memory_may_run_out_anywhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
