/*
 * test_clock.c - a clock that jumps, as a virtual machine's does when it was
 * paused or moved: an hour ahead at either end, and back by less and more than
 * anything waits for. The session goes on, or ends for its silence and the next
 * one is as good; nothing hangs, and the picture is exact.
 */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

#include "tests/pair.h"

enum { WIDTH = 320, HEIGHT = 200 };
static const int64_t SECOND = 1000000000;

static uint32_t picture[WIDTH * HEIGHT];

struct shifted {
	int64_t by;
};

static uint64_t shifted_now(void *user)
{
	const struct shifted *s = user;
	return (uint64_t)((int64_t)(pair_clock() + 3600u * 10 * 1000000000u) +
			  s->by);
}

static void paint(struct pair *p, uint32_t seed)
{
	struct oriel_frame_config cfg = { .size = sizeof(cfg),
		.pixels = { picture, WIDTH, HEIGHT, WIDTH * 4,
				ORIEL_FORMAT_XRGB8888 } };
	struct oriel_frame *frame;

	for (uint32_t i = 0; i < WIDTH * HEIGHT; i++)
		picture[i] = (i / 9 * seed * 2654435761u) >> 8;
	assert_int_equal(oriel_frame_create(&frame, p->server, &cfg), 0);
	assert_int_equal(oriel_display_submit(p->display, frame, NULL, 0), 0);
	oriel_frame_unref(frame);
}

/* An end for silence is allowed; what follows it must be whole. */
static void until_shown(struct pair *p)
{
	PAIR_UNTIL(p, p->state == ORIEL_CLIENT_IDLE ||
					(p->screen &&
							pair_shows(p,
									picture)));
	if (p->state == ORIEL_CLIENT_IDLE) {
		assert_true(p->error == ORIEL_ETIMEOUT ||
				p->error == ORIEL_ECLOSED || !p->error);
		pair_connect(p);
		PAIR_UNTIL(p, p->screen && pair_shows(p, picture));
	}
}

static void jumps(bool of_server, bool in_flight)
{
	static const int64_t by[] = { 3600, -1, 5, -3590, 86400, -86000, 100 };
	struct shifted shift = { 0 };
	struct oriel_hooks hooks = { .size = sizeof(hooks),
		.user = &shift, .now = shifted_now };
	struct oriel_server_config cfg = { .size = sizeof(cfg) };
	struct pair p;
	uint32_t seed = 1;

	pair_init(&p);
	if (of_server)
		cfg.hooks = &hooks;
	else
		p.hooks = &hooks;
	pair_start(&p, PAIR_TCP, &cfg);
	pair_display(&p, WIDTH, HEIGHT);
	paint(&p, seed++);
	pair_connect(&p);
	until_shown(&p);
	for (size_t i = 0; i < sizeof(by) / sizeof(by[0]); i++) {
		if (in_flight) {
			paint(&p, seed++);
			pair_step(&p);
		}
		shift.by += by[i] * SECOND;
		/* Long enough for what falls due by it to be done. */
		for (int step = 0; step < 20; step++)
			pair_step(&p);
		paint(&p, seed++);
		until_shown(&p);
	}
	PAIR_UNTIL(&p, oriel_screen_is_exact(p.screen));
	pair_fini(&p);
}

static void of_the_server(void **state)
{
	(void)state;
	jumps(true, false);
	jumps(true, true);
}

static void of_the_client(void **state)
{
	(void)state;
	jumps(false, false);
	jumps(false, true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(of_the_server),
		cmocka_unit_test(of_the_client),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
