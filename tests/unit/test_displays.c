/*
 * test_displays.c - several displays that come, move and go, with whatever is
 * on its way when they do: parts, checks, input, and a client that is slow.
 */
#include "tests/unit/unit.h"

#include <string.h>

#include "client/client.h"
#include "tests/pair.h"

enum { SIDE = 700, MANY = 16 };
static const uint64_t MS = 1000000;

static uint32_t noise[2][SIDE * SIDE];

static void make_noise(void)
{
	uint32_t state = 7;

	for (size_t k = 0; k < 2; k++)
		for (size_t i = 0; i < SIDE * SIDE; i++) {
			state = state * 1664525 + 1013904223;
			noise[k][i] = state >> 8;
		}
}

static struct oriel_display *add(struct pair *p, int32_t x, int32_t side)
{
	struct oriel_display_config cfg = { .size = sizeof(cfg),
		.name = "monitor",
		.x = x,
		.width = side,
		.height = side };
	struct oriel_display *d = NULL;

	assert_int_equal(oriel_display_create(&d, p->server, &cfg), 0);
	return d;
}

static void paint(struct oriel_display *d, size_t picture, int32_t side)
{
	struct oriel_pixels pixels = { noise[picture], side, side, SIDE * 4,
		ORIEL_FORMAT_XRGB8888 };

	assert_int_equal(oriel_display_patch(d, &pixels, 0, 0, 0), 0);
}

/* Whether the client has this picture of it, proved. */
static bool has(const struct pair *p, uint32_t id, size_t picture, int32_t side)
{
	struct oriel_screen *s = orl_screen_find(p->client, id);
	struct oriel_pixels got;

	if (!s || !oriel_screen_is_exact(s))
		return false;
	oriel_screen_pixels(s, &got);
	if (got.width != side || got.height != side)
		return false;
	for (int32_t y = 0; y < side; y++)
		if (memcmp((const uint32_t *)got.data + y * side,
				    noise[picture] + y * SIDE,
				    (size_t)side * 4) != 0)
			return false;
	return true;
}

/* The server alone: what it sends stays on its way. */
static void serve_alone(struct pair *p, unsigned ms)
{
	uint64_t end = pair_clock() + ms * MS;

	p->in_server = true;
	while (pair_clock() < end)
		assert_true(oriel_server_wait(p->server, 1) >= 0);
	p->in_server = false;
}

static void assert_well(const struct pair *p)
{
	struct oriel_stats stats = { .size = sizeof(stats) };

	assert_int_equal(p->state, ORIEL_CLIENT_READY);
	assert_int_equal(p->leaves, 0);
	oriel_peer_stats(p->peer, &stats);
	assert_int_equal(stats.resets, 0);
}

static void there_are_sixteen(void **state)
{
	struct oriel_display_config cfg = {
		.size = sizeof(cfg), .width = 9, .height = 9
	};
	struct oriel_display *d[MANY], *more = NULL;
	uint32_t used = 0;
	struct pair p;

	(void)state;
	pair_init(&p);
	pair_start(&p, 0, NULL);
	pair_connect(&p);
	for (int i = 0; i < MANY; i++) {
		d[i] = add(&p, i * 20, 20 + i);
		paint(d[i], 0, 20 + i);
		used |= 1u << oriel_display_id(d[i]);
	}
	assert_int_equal(used, 0xffff);
	assert_int_equal(oriel_display_create(&more, p.server, &cfg),
			ORIEL_ELIMIT);
	for (int i = 0; i < MANY; i++)
		PAIR_UNTIL(&p, has(&p, oriel_display_id(d[i]), 0, 20 + i));
	/* The one that is free is the one that is given. */
	uint32_t id = oriel_display_id(d[5]);
	oriel_display_destroy(d[5]);
	d[5] = add(&p, 0, 30);
	assert_int_equal(oriel_display_id(d[5]), id);
	paint(d[5], 1, 30);
	PAIR_UNTIL(&p, has(&p, id, 1, 30));
	for (int i = 0; i < MANY; i++)
		oriel_display_destroy(d[i]);
	PAIR_UNTIL(&p, !orl_screen_find(p.client, id));
	assert_well(&p);
	pair_fini(&p);
}

/* Three pictures that no line takes at once, and a client that waits. */
static void one_goes_while_all_are_on_their_way(void **state)
{
	for (unsigned victim = 0; victim < 3; victim++) {
		struct oriel_display *d[3];
		struct pair p;

		(void)state;
		pair_init(&p);
		pair_start(&p, 0, NULL);
		pair_connect(&p);
		for (int i = 0; i < 3; i++) {
			d[i] = add(&p, i * SIDE, SIDE);
			paint(d[i], (size_t)(i & 1), SIDE);
		}
		serve_alone(&p, 20);
		uint32_t gone = oriel_display_id(d[victim]);
		oriel_display_destroy(d[victim]);
		/* One of another size in its stead, and the rest changes. */
		d[victim] = add(&p, 0, 333);
		assert_int_not_equal(oriel_display_id(d[victim]), gone);
		paint(d[victim], 1, 333);
		serve_alone(&p, 5);
		for (unsigned i = 0; i < 3; i++)
			if (i != victim)
				paint(d[i], 1, SIDE);
		for (unsigned i = 0; i < 3; i++)
			PAIR_UNTIL(&p, has(&p, oriel_display_id(d[i]), 1,
						       i == victim ? 333
								   : SIDE));
		assert_null(orl_screen_find(p.client, gone));
		assert_well(&p);
		pair_fini(&p);
	}
}

/* An answer to what the one before was asked is none for the next one. */
static void late_answers_are_for_nobody(void **state)
{
	struct oriel_display *d[MANY];
	struct pair p;

	(void)state;
	pair_init(&p);
	pair_start(&p, 0, NULL);
	pair_connect(&p);
	/* All taken, so that the number is given again at once. */
	for (int i = 0; i < MANY; i++)
		d[i] = add(&p, i, 16);
	PAIR_UNTIL(&p, p.screen);
	uint32_t id = oriel_display_id(d[3]);
	for (int32_t side = 40; side < 200; side += 50) {
		/* It shows the first one, but hears nothing of its check. */
		oriel_display_destroy(d[3]);
		d[3] = add(&p, 0, side);
		assert_int_equal(oriel_display_id(d[3]), id);
		paint(d[3], 1, side);
		uint64_t end = pair_clock() + 100 * MS;
		while (pair_clock() < end)
			pair_step(&p);
		serve_alone(&p, 200);
		oriel_display_destroy(d[3]);
		d[3] = add(&p, 0, side + 100);
		assert_int_equal(oriel_display_id(d[3]), id);
		paint(d[3], 1, side + 100);
		serve_alone(&p, 300);
		PAIR_UNTIL(&p, has(&p, id, 1, side + 100));
	}
	assert_well(&p);
	pair_fini(&p);
}

static void what_a_client_says_of_the_gone_is_dropped(void **state)
{
	struct oriel_display *left, *right;
	struct oriel_pointer pointer = { .x = 5, .y = 6, .buttons = 3 };
	struct oriel_touch touch = { .contact = 9, .x = 7, .y = 8 };
	struct pair p;

	(void)state;
	pair_init(&p);
	p.rights |= ORIEL_MAY_RESIZE;
	pair_start(&p, 0, NULL);
	pair_connect(&p);
	left = add(&p, 0, 100);
	right = add(&p, 100, 120);
	paint(left, 0, 100);
	paint(right, 1, 120);
	uint32_t id = oriel_display_id(right);
	PAIR_UNTIL(&p, has(&p, id, 1, 120) && p.owner);
	pointer.display = touch.display = id;
	assert_int_equal(oriel_client_pointer(p.client, &pointer), 0);
	assert_int_equal(oriel_client_touch(p.client, &touch), 0);
	PAIR_UNTIL(&p, p.last_pointer.buttons == 3 && p.touches == 1);
	oriel_display_destroy(right);
	/* It knows nothing of that yet. */
	struct oriel_screen *screen = orl_screen_find(p.client, id);
	assert_non_null(screen);
	assert_int_equal(oriel_screen_resize(screen, 50, 50), 0);
	oriel_screen_set_visible(screen, false);
	oriel_screen_shown(screen, 0);
	/* What it presses there is not, what it lets go of is. */
	pointer.buttons = 6;
	touch.phase = ORIEL_TOUCH_MOVED;
	assert_int_equal(oriel_client_pointer(p.client, &pointer), 0);
	assert_int_equal(oriel_client_touch(p.client, &touch), 0);
	touch.contact = 10;
	touch.phase = ORIEL_TOUCH_DOWN;
	assert_int_equal(oriel_client_touch(p.client, &touch), 0);
	touch.contact = 9;
	touch.phase = ORIEL_TOUCH_UP;
	assert_int_equal(oriel_client_touch(p.client, &touch), 0);
	PAIR_UNTIL(&p, p.touches == 2);
	assert_int_equal(p.last_pointer.buttons, 2);
	assert_int_equal(p.last_touch.contact, 9);
	assert_int_equal(p.last_touch.phase, ORIEL_TOUCH_UP);
	assert_int_equal(p.last_touch.x, 7);
	paint(left, 1, 100);
	PAIR_UNTIL(&p, has(&p, oriel_display_id(left), 1, 100));
	assert_well(&p);
	pair_fini(&p);
}

static void fingers_go_up_at_the_end(void **state)
{
	struct oriel_touch touch = { .x = 7, .y = 4000 };
	struct pair p;

	(void)state;
	pair_init(&p);
	pair_start(&p, 0, NULL);
	pair_connect(&p);
	add(&p, 0, 100);
	PAIR_UNTIL(&p, p.owner && p.screen);
	/* More than are seen, one of them twice, and one that never was. */
	for (uint32_t i = 0; i < 20; i++) {
		touch.contact = 1000 + i;
		assert_int_equal(oriel_client_touch(p.client, &touch), 0);
	}
	touch.contact = 1003;
	assert_int_equal(oriel_client_touch(p.client, &touch), 0);
	PAIR_UNTIL(&p, p.touches == 17);
	assert_int_equal(p.last_touch.phase, ORIEL_TOUCH_MOVED);
	assert_int_equal(p.last_touch.y, 99);
	touch.contact = 5;
	touch.phase = ORIEL_TOUCH_UP;
	assert_int_equal(oriel_client_touch(p.client, &touch), 0);
	touch.contact = 1003;
	assert_int_equal(oriel_client_touch(p.client, &touch), 0);
	PAIR_UNTIL(&p, p.touches == 18);
	assert_int_equal(p.last_touch.phase, ORIEL_TOUCH_UP);
	oriel_client_disconnect(p.client);
	PAIR_UNTIL(&p, p.leaves);
	assert_int_equal(p.touches, 18 + 15);
	assert_int_equal(p.last_touch.phase, ORIEL_TOUCH_UP);
	pair_fini(&p);
}

/* Moved only, the client shows what it had until that has come again. */
static void a_move_keeps_the_picture(void **state)
{
	struct oriel_display *d;
	struct oriel_screen *screen;
	struct oriel_pixels got;
	struct pair p;

	(void)state;
	pair_init(&p);
	pair_start(&p, 0, NULL);
	pair_connect(&p);
	d = add(&p, 0, SIDE);
	paint(d, 1, SIDE);
	PAIR_UNTIL(&p, has(&p, oriel_display_id(d), 1, SIDE));
	screen = p.screen;
	assert_int_equal(oriel_display_resize(d, -300, 40, SIDE, SIDE), 0);
	PAIR_UNTIL(&p, oriel_screen_rect(screen).x == -300);
	assert_false(oriel_screen_is_exact(screen));
	oriel_screen_pixels(screen, &got);
	assert_memory_equal(got.data, noise[1], sizeof(noise[1]));
	PAIR_UNTIL(&p, has(&p, oriel_display_id(d), 1, SIDE));
	assert_ptr_equal(screen, p.screen);
	assert_well(&p);
	pair_fini(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(there_are_sixteen),
		cmocka_unit_test(one_goes_while_all_are_on_their_way),
		cmocka_unit_test(late_answers_are_for_nobody),
		cmocka_unit_test(what_a_client_says_of_the_gone_is_dropped),
		cmocka_unit_test(fingers_go_up_at_the_end),
		cmocka_unit_test(a_move_keeps_the_picture),
	};

	make_noise();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
