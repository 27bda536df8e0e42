/*
 * test_session.c - server and client together: trust, login, exact pixels,
 * input, cursor, and what happens when one of them is wrong.
 */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/client.h"
#include "server/server.h"
#include "tests/pair.h"

enum { WIDTH = 403, HEIGHT = 211 };
static uint32_t picture[WIDTH * HEIGHT];
static uint32_t random_state = 1;

static uint32_t next_random(void)
{
	random_state = random_state * 1664525 + 1013904223;
	return random_state >> 8;
}

static void submit(struct pair *p, const struct oriel_rect *damage, size_t n)
{
	struct oriel_frame_config cfg = { .size = sizeof(cfg),
		.pixels = { picture, WIDTH, HEIGHT, WIDTH * 4,
				ORIEL_FORMAT_XRGB8888 } };
	struct oriel_frame *frame;

	assert_int_equal(oriel_frame_create(&frame, p->server, &cfg), 0);
	assert_int_equal(oriel_display_submit(p->display, frame, damage, n), 0);
	oriel_frame_unref(frame);
}

static void until_exact(struct pair *p)
{
	PAIR_UNTIL(p, p->screen && pair_shows(p, picture) &&
					oriel_screen_is_exact(p->screen));
}

static void paint(uint32_t seed)
{
	for (int y = 0; y < HEIGHT; y++)
		for (int x = 0; x < WIDTH; x++)
			picture[y * WIDTH + x] =
					((uint32_t)(x / 7 * y /
							 5) * 2654435761u +
							seed) >>
					(x < WIDTH / 2 ? 28 : 8);
	for (int i = 0; i < WIDTH * HEIGHT; i++)
		picture[i] &= 0xffffff;
}

static void exact_over_tls(void **state)
{
	struct pair p;
	struct oriel_stats stats = { .size = sizeof(stats) };

	(void)state;
	pair_init(&p);
	pair_start(&p, PAIR_TCP, NULL);
	pair_display(&p, WIDTH, HEIGHT);
	paint(1);
	submit(&p, NULL, 0);
	pair_connect(&p);
	uint8_t pin[32];
	assert_int_equal(oriel_server_pin(p.server, pin), 0);
	assert_memory_equal(pin, p.pin, 32);
	until_exact(&p);
	for (uint32_t seed = 2; seed < 12; seed++) {
		paint(seed);
		submit(&p, NULL, 0);
		until_exact(&p);
	}
	/* The server knows when the client's own values have come back. */
	do {
		pair_step(&p);
		oriel_peer_stats(p.peer, &stats);
	} while (!stats.exact);
	assert_int_equal(stats.resets, 0);
	assert_true(stats.checks > 0);
	assert_true(stats.updates >= 11);
	pair_fini(&p);
}

static void small_damage_moves_and_patches(void **state)
{
	struct pair p;

	(void)state;
	pair_init(&p);
	pair_start(&p, 0, NULL);
	pair_display(&p, WIDTH, HEIGHT);
	paint(7);
	submit(&p, NULL, 0);
	pair_connect(&p);
	until_exact(&p);
	for (int round = 0; round < 60; round++) {
		struct oriel_rect r = { (int32_t)(next_random() % WIDTH),
			(int32_t)(next_random() % HEIGHT), 1, 1 };
		r.width = 1 + (int32_t)next_random() % (WIDTH - r.x);
		r.height = 1 + (int32_t)next_random() % (HEIGHT - r.y);
		if (round % 3 == 0) { /* scroll by a row or more */
			int32_t dy = 1 + (int32_t)next_random() % 20;
			memmove(picture, picture + dy * WIDTH,
					sizeof(picture) - (size_t)(dy * WIDTH) *
									  4);
			submit(&p, NULL, 0);
		} else {
			uint32_t colour = next_random() & 0xffffff;
			for (int32_t y = r.y; y < r.y + r.height; y++)
				for (int32_t x = r.x; x < r.x + r.width; x++)
					picture[y * WIDTH + x] =
							colour ^
							(uint32_t)(round % 2 ? x
									     : 0);
			submit(&p, &r, 1);
		}
		for (int i = 0; i < 3; i++)
			pair_step(&p);
	}
	until_exact(&p);
	/* The same through patches, with garbage in the X byte. */
	for (int32_t y = 50; y < 150; y++)
		for (int32_t x = 30; x < 300; x++)
			picture[y * WIDTH + x] = next_random() | 0xff000000;
	struct oriel_pixels part = { picture + 50 * WIDTH + 30, 270, 100,
		WIDTH * 4, ORIEL_FORMAT_XRGB8888 };
	assert_int_equal(oriel_display_patch(p.display, &part, 30, 50, 0), 0);
	for (int i = 0; i < WIDTH * HEIGHT; i++)
		picture[i] &= 0xffffff;
	until_exact(&p);
	struct oriel_stats stats = { .size = sizeof(stats) };
	oriel_peer_stats(p.peer, &stats);
	assert_int_equal(stats.resets, 0);
	pair_fini(&p);
}

/* Large enough for bands, and workers to code them. */
static void bands_are_coded_side_by_side(void **state)
{
	enum { WIDE = 2600, HIGH = 1650 };
	static uint32_t large[WIDE * HIGH];
	struct pair p;
	struct oriel_server_config cfg = { .size = sizeof(cfg), .workers = 3 };
	struct oriel_stats stats = { .size = sizeof(stats) };
	struct oriel_pixels whole = { large, WIDE, HIGH, WIDE * 4,
		ORIEL_FORMAT_XRGB8888 };

	(void)state;
	pair_init(&p);
	pair_start(&p, 0, &cfg);
	pair_display(&p, WIDE, HIGH);
	pair_connect(&p);
	for (uint32_t round = 1; round < 4; round++) {
		for (uint32_t i = 0; i < WIDE * HIGH; i++)
			large[i] = i % WIDE < WIDE / 8
						   ? next_random() & 0xffffff
						   : i / 37 % 11 * 0x040506 *
								     round;
		assert_int_equal(
				oriel_display_patch(p.display, &whole, 0, 0, 0),
				0);
		PAIR_UNTIL(&p, p.screen && pair_shows(&p, large) &&
						oriel_screen_is_exact(
								p.screen));
	}
	oriel_peer_stats(p.peer, &stats);
	assert_int_equal(stats.resets, 0);
	pair_fini(&p);
}

/* Up and down. */
static uint32_t ramp(uint32_t at)
{
	return at % 510 < 255 ? at % 510 : 510 - at % 510;
}

/* What pixels cost says nothing of those that come next. */
static void dear_pixels_follow_cheap_ones(void **state)
{
	enum { WIDE = 1600, HIGH = 1000, CHEAP = 3 };
	static uint32_t large[WIDE * HIGH];
	const struct oriel_pixels whole = { large, WIDE, HIGH, WIDE * 4,
		ORIEL_FORMAT_XRGB8888 };
	struct oriel_stats stats = { .size = sizeof(stats) };
	struct pair p;

	(void)state;
	pair_init(&p);
	pair_start(&p, PAIR_LOSSLESS, NULL);
	pair_display(&p, WIDE, HIGH);
	pair_connect(&p);
	for (uint32_t round = 0; round < 2 * (CHEAP + 2); round++) {
		bool text = round >= CHEAP + 2;
		bool dear = round % (CHEAP + 2) >= CHEAP;
		for (uint32_t i = 0; i < WIDE * HIGH; i++) {
			uint32_t x = i % WIDE, y = i / WIDE;
			uint32_t shades = ramp(y) << 16 |
					  ramp(x + 9 * round) << 8 |
					  ramp(x + y);
			uint32_t area = (x / 97 + y / 61 + round) % 2;
			uint32_t any = next_random();
			large[i] = text   ? dear ? (any >> 20) * 0x101010
						 : area * 0xf0f0f0
				   : dear ? any & 0xffffff
					  : shades;
		}
		if (text && dear) { /* at its cheapest, and reset just now */
			struct orl_pane *pane = orl_pane_find(p.peer, 0);
			pane->cell_bytes[ORL_CLASS_TEXT] = 1;
			pane->last_reset = orl_now(&p.server->env);
		}
		assert_int_equal(
				oriel_display_patch(p.display, &whole, 0, 0, 0),
				0);
		PAIR_UNTIL(&p, p.screen && pair_shows(&p, large) &&
						oriel_screen_is_exact(
								p.screen));
		oriel_peer_stats(p.peer, &stats);
		/* Photographs have a bound; text starts afresh, once. */
		assert_int_equal(stats.resets, text && dear);
	}
	pair_fini(&p);
}

static void a_desync_is_found_and_healed(void **state)
{
	struct pair p;
	struct oriel_server_config cfg = { .size = sizeof(cfg),
		.test_desync = 3 };
	struct oriel_stats stats = { .size = sizeof(stats) };

	(void)state;
	pair_init(&p);
	pair_start(&p, PAIR_TCP, &cfg);
	pair_display(&p, WIDTH, HEIGHT);
	paint(1);
	submit(&p, NULL, 0);
	pair_connect(&p);
	until_exact(&p);
	for (uint32_t i = 0; i < 6; i++) {
		struct oriel_rect r = { 300, 100, 20, 20 };
		picture[105 * WIDTH + 305 + i] ^= 0x123456;
		submit(&p, &r, 1);
		PAIR_UNTIL(&p, pair_shows(&p, picture));
	}
	until_exact(&p);
	oriel_peer_stats(p.peer, &stats);
	assert_int_equal(stats.resets, 1);
	pair_fini(&p);
}

static void wrong_passwords_and_unknown_users_fail_alike(void **state)
{
	const char *known[] = { "another", NULL };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct pair p;
		pair_init(&p);
		p.known = known[i];
		pair_start(&p, PAIR_TCP, NULL);
		assert_int_equal(oriel_client_connect(p.client, p.address), 0);
		PAIR_UNTIL(&p, p.state == ORIEL_CLIENT_IDLE && p.error);
		assert_int_equal(p.error, ORIEL_EAUTH);
		assert_non_null(strstr(p.why, "wrong"));
		assert_int_equal(p.joins, 0);
		assert_string_equal(p.user, "oriel");
		pair_fini(&p);
	}
}

static void a_key_that_is_not_trusted_ends_it(void **state)
{
	struct pair p;

	(void)state;
	pair_init(&p);
	p.distrust = true;
	pair_start(&p, PAIR_TCP, NULL);
	assert_int_equal(oriel_client_connect(p.client, p.address), 0);
	PAIR_UNTIL(&p, p.state == ORIEL_CLIENT_IDLE && p.error);
	assert_int_equal(p.error, ORIEL_ETLS);
	assert_string_equal(p.user, "");
	pair_fini(&p);
}

static void an_answer_may_come_later(void **state)
{
	struct pair p;

	(void)state;
	pair_init(&p);
	p.retained = true;
	pair_start(&p, PAIR_TCP, NULL);
	assert_int_equal(oriel_client_connect(p.client, p.address), 0);
	PAIR_UNTIL(&p, p.kept);
	for (int i = 0; i < 20; i++)
		pair_step(&p);
	assert_int_equal(p.joins, 0);
	assert_int_equal(oriel_auth_use_none(p.kept), ORIEL_EDENIED);
	assert_int_equal(oriel_auth_use_password(p.kept, p.known), 0);
	assert_int_equal(
			oriel_auth_use_password(p.kept, p.known), ORIEL_ESTATE);
	PAIR_UNTIL(&p, p.state == ORIEL_CLIENT_READY && p.joins == 1);
	pair_fini(&p);
}

static void no_login_needs_an_open_server(void **state)
{
	struct pair p;

	(void)state;
	pair_init(&p);
	p.verify_none = true;
	pair_start(&p, PAIR_TCP | PAIR_OPEN, NULL);
	assert_int_equal(oriel_client_connect(p.client, p.address), 0);
	PAIR_UNTIL(&p, p.state == ORIEL_CLIENT_READY && p.peer);
	assert_false(oriel_client_login_asked(p.client));
	pair_fini(&p);
}

static void a_session_resumes_without_a_password(void **state)
{
	struct pair p;

	(void)state;
	pair_init(&p);
	pair_start(&p, PAIR_TCP, NULL);
	pair_display(&p, WIDTH, HEIGHT);
	paint(3);
	submit(&p, NULL, 0);
	pair_connect(&p);
	until_exact(&p);
	oriel_peer_close(p.peer, "come again");
	PAIR_UNTIL(&p, p.state == ORIEL_CLIENT_IDLE && p.leaves == 1);
	assert_int_equal(p.left, 0);
	/* With this password it could not log in. */
	p.password = "wrong";
	p.user[0] = 0;
	pair_connect(&p);
	until_exact(&p);
	assert_string_equal(p.user, "");
	assert_int_equal(p.joins, 2);
	pair_fini(&p);
}

/* Resume with this token; whether it was taken. */
static bool resumes(struct pair *p, const struct orl_resumption_kept *token)
{
	p->client->kept = *token;
	p->error = 0;
	assert_int_equal(oriel_client_connect(p->client, p->address), 0);
	PAIR_UNTIL(p, p->state == ORIEL_CLIENT_READY || p->error);
	if (p->error) {
		assert_int_equal(p->error, ORIEL_EAUTH);
		return false;
	}
	PAIR_UNTIL(p, p->peer && p->client->kept.valid &&
					memcmp(p->client->kept.sealed,
							token->sealed,
							64) != 0);
	return true;
}

static void hang_up(struct pair *p)
{
	oriel_client_disconnect(p->client);
	PAIR_UNTIL(p, p->state == ORIEL_CLIENT_IDLE && !p->peer);
}

static void a_token_ends_when_the_next_is_used(void **state)
{
	struct orl_resumption_kept first, second;
	struct pair p;

	(void)state;
	pair_init(&p);
	pair_start(&p, PAIR_TCP, NULL);
	pair_connect(&p);
	PAIR_UNTIL(&p, p.client->kept.valid);
	first = p.client->kept;
	hang_up(&p);
	assert_true(resumes(&p, &first));
	hang_up(&p);
	/* The second one may have been lost on the way. */
	assert_true(resumes(&p, &first));
	second = p.client->kept;
	hang_up(&p);
	assert_true(resumes(&p, &second));
	hang_up(&p);
	assert_false(resumes(&p, &first));
	/* Which is no reason to refuse the newer ones. */
	PAIR_UNTIL(&p, p.state == ORIEL_CLIENT_IDLE);
	assert_true(resumes(&p, &second));
	pair_fini(&p);
}

static void names_are_heard_as_they_were_said(void **state)
{
	struct pair p;

	(void)state;
	pair_init(&p);
	p.known = NULL;
	pair_start(&p, PAIR_TCP, NULL);
	char address[200];
	snprintf(address, sizeof(address), "oriel://j%%C3%%B6rg@%.100s",
			p.address + strlen("oriel://"));
	assert_int_equal(oriel_client_connect(p.client, address), 0);
	PAIR_UNTIL(&p, p.state == ORIEL_CLIENT_IDLE && p.error);
	assert_string_equal(p.user, "j\xc3\xb6rg");
	pair_fini(&p);
}

static void input_arrives_once_and_goes_up_at_the_end(void **state)
{
	struct pair p;
	struct oriel_key key = { .usage = 0x070004, .down = true };
	struct oriel_pointer pointer = {
		.x = 10, .y = 4000, .buttons = 1, .wheel_y = -120
	};

	(void)state;
	pair_init(&p);
	pair_start(&p, 0, NULL);
	pair_display(&p, WIDTH, HEIGHT);
	paint(3);
	submit(&p, NULL, 0);
	pair_connect(&p);
	PAIR_UNTIL(&p, p.owner);
	assert_int_equal(oriel_client_key(p.client, &key), 0);
	assert_int_equal(oriel_client_key(p.client, &key), 0);
	assert_int_equal(oriel_client_pointer(p.client, &pointer), 0);
	assert_int_equal(oriel_client_text(p.client, "\xc3\xa4"), 0);
	assert_int_equal(oriel_client_text(p.client, "\xff"), ORIEL_EINVAL);
	PAIR_UNTIL(&p, p.texts);
	assert_int_equal(p.keys, 1);
	assert_int_equal(p.last_key.usage, 0x070004);
	assert_true(p.last_key.down);
	assert_int_equal(p.last_pointer.x, 10);
	assert_int_equal(p.last_pointer.y, HEIGHT - 1);
	assert_int_equal(p.last_pointer.wheel_y, -120);
	assert_string_equal(p.last_text, "\xc3\xa4");
	oriel_client_disconnect(p.client);
	PAIR_UNTIL(&p, p.leaves);
	assert_int_equal(p.keys, 2);
	assert_false(p.last_key.down);
	assert_int_equal(p.last_pointer.buttons, 0);
	pair_fini(&p);
}

static void without_the_right_nothing_is_typed(void **state)
{
	struct pair p;
	struct oriel_key key = { .usage = 0x070004, .down = true };

	(void)state;
	pair_init(&p);
	p.rights = ORIEL_MAY_SEE;
	pair_start(&p, 0, NULL);
	pair_connect(&p);
	assert_int_equal(oriel_client_key(p.client, &key), ORIEL_EDENIED);
	oriel_peer_set_rights(p.peer, ORIEL_MAY_SEE | ORIEL_MAY_INPUT);
	PAIR_UNTIL(&p, oriel_client_key(p.client, &key) == 0);
	pair_fini(&p);
}

static void cursors_are_sent_once(void **state)
{
	struct pair p;
	static uint32_t image[2][24 * 24];
	struct oriel_pixels pixels = { image[0], 24, 24, 24 * 4,
		ORIEL_FORMAT_ARGB8888 };

	(void)state;
	memset(image[0], 0x7f, sizeof(image[0]));
	memset(image[1], 0x3f, sizeof(image[1]));
	pair_init(&p);
	pair_start(&p, 0, NULL);
	pair_connect(&p);
	assert_int_equal(oriel_server_set_cursor(p.server, &pixels, 3, 4), 0);
	PAIR_UNTIL(&p, p.cursor_shown);
	assert_int_equal(oriel_server_set_cursor(p.server, NULL, 0, 0), 0);
	PAIR_UNTIL(&p, !p.cursor_shown);
	struct oriel_stats before = { .size = sizeof(before) };
	oriel_peer_stats(p.peer, &before);
	assert_int_equal(oriel_server_set_cursor(p.server, &pixels, 3, 4), 0);
	PAIR_UNTIL(&p, p.cursor_shown);
	struct oriel_stats after = { .size = sizeof(after) };
	oriel_peer_stats(p.peer, &after);
	assert_true(after.channel_out[2] - before.channel_out[2] < 16);
	pixels.width = 300;
	assert_int_equal(oriel_server_set_cursor(p.server, &pixels, 3, 4),
			ORIEL_EINVAL);
	pair_fini(&p);
}

static void displays_come_change_and_go(void **state)
{
	struct pair p;

	(void)state;
	pair_init(&p);
	pair_start(&p, 0, NULL);
	pair_connect(&p);
	pair_display(&p, WIDTH, HEIGHT);
	paint(9);
	submit(&p, NULL, 0);
	until_exact(&p);
	assert_int_equal(oriel_display_resize(p.display, 5, 6, 64, 48), 0);
	PAIR_UNTIL(&p, oriel_screen_rect(p.screen).width == 64);
	struct oriel_pixels part = { picture, 64, 48, WIDTH * 4,
		ORIEL_FORMAT_XRGB8888 };
	assert_int_equal(oriel_display_patch(p.display, &part, 0, 0, 0), 0);
	PAIR_UNTIL(&p, oriel_screen_is_exact(p.screen));
	struct oriel_pixels got;
	oriel_screen_pixels(p.screen, &got);
	for (int y = 0; y < 48; y++)
		assert_memory_equal((const uint32_t *)got.data + y * 64,
				picture + y * WIDTH, 64 * 4);
	oriel_display_destroy(p.display);
	PAIR_UNTIL(&p, !p.screen);
	pair_fini(&p);
}

/* A display so large that workers code its bands side by side. */
static void workers_change_nothing(void **state)
{
	enum { W = 2560, H = 1616 };
	struct oriel_server_config cfg = { .size = sizeof(cfg), .workers = 3 };
	struct pair p;
	uint32_t *large = calloc(W * H, 4);

	(void)state;
	assert_non_null(large);
	pair_init(&p);
	pair_start(&p, 0, &cfg);
	pair_display(&p, W, H);
	pair_connect(&p);
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < W * H; i += 7)
			large[i] = i % W < 200 ? next_random()
					       : (uint32_t)(i / W / 9 + round);
		struct oriel_pixels all = { large, W, H, W * 4,
			ORIEL_FORMAT_XRGB8888 };
		assert_int_equal(oriel_display_patch(p.display, &all, 0, 0, 0),
				0);
		PAIR_UNTIL(&p, p.screen && pair_shows(&p, large) &&
						oriel_screen_is_exact(
								p.screen));
	}
	struct oriel_stats stats = { .size = sizeof(stats) };
	oriel_peer_stats(p.peer, &stats);
	assert_int_equal(stats.resets, 0);
	pair_fini(&p);
	free(large);
}

static void the_refused_are_forgotten(void **state)
{
	struct pair p;
	char why[301];

	(void)state;
	pair_init(&p);
	memset(why, 'x', sizeof(why) - 1);
	memcpy(why + 254, "\xe2\x82\xac", 3); /* may not be cut */
	why[300] = 0;
	p.reject = why;
	pair_start(&p, 0, NULL);
	/* More than may be unproved at a time. */
	for (int i = 0; i < 6; i++) {
		p.error = 0;
		assert_int_equal(oriel_client_connect(p.client, p.address), 0);
		PAIR_UNTIL(&p, p.error && p.state == ORIEL_CLIENT_IDLE);
		assert_int_equal(p.error, ORIEL_EDENIED);
		assert_int_equal(strlen(p.why), 254);
	}
	p.reject = NULL;
	pair_connect(&p);
	pair_fini(&p);
}

static void peers_may_be_closed_anywhere(void **state)
{
	struct pair p;
	struct oriel_key key = { .usage = 0x070004, .down = true };

	(void)state;
	pair_init(&p);
	pair_start(&p, 0, NULL);
	pair_display(&p, WIDTH, HEIGHT);
	pair_connect(&p);
	PAIR_UNTIL(&p, p.owner);
	/* In a callback: its key goes up again, once. */
	p.close_on_key = true;
	assert_int_equal(oriel_client_key(p.client, &key), 0);
	PAIR_UNTIL(&p, p.leaves == 1 && p.state == ORIEL_CLIENT_IDLE);
	assert_int_equal(p.keys, 2);
	assert_false(p.last_key.down);
	/* Outside of dispatch: the host hears of it inside. */
	p.close_on_key = false;
	pair_connect(&p);
	oriel_peer_close(p.peer, NULL);
	assert_int_equal(p.leaves, 1);
	struct oriel_stats stats = { .size = sizeof(stats) };
	oriel_peer_stats(p.peer, &stats);
	PAIR_UNTIL(&p, p.leaves == 2 && p.state == ORIEL_CLIENT_IDLE);
	pair_fini(&p);
}

static void what_is_kept_may_outlive_the_server(void **state)
{
	struct pair p;
	struct oriel_frame_config cfg = { .size = sizeof(cfg),
		.pixels = { picture, WIDTH, HEIGHT, WIDTH * 4,
				ORIEL_FORMAT_XRGB8888 } };
	struct oriel_frame *frame;

	(void)state;
	pair_init(&p);
	p.retained = true;
	pair_start(&p, PAIR_TCP, NULL);
	assert_int_equal(oriel_frame_create(&frame, p.server, &cfg), 0);
	assert_int_equal(oriel_client_connect(p.client, p.address), 0);
	PAIR_UNTIL(&p, p.kept);
	oriel_server_destroy(p.server);
	p.server = NULL;
	assert_string_equal(oriel_auth_name(p.kept), "");
	assert_int_equal(oriel_auth_use_password(p.kept, "x"), ORIEL_ECLOSED);
	oriel_frame_unref(frame);
	pair_fini(&p); /* lets go of the auth */
}

static void a_slow_screen_does_not_stop_the_picture(void **state)
{
	struct pair p;

	(void)state;
	pair_init(&p);
	p.slow = 70000000; /* longer than acks are batched */
	pair_start(&p, 0, NULL);
	pair_display(&p, WIDTH, HEIGHT);
	paint(3);
	submit(&p, NULL, 0);
	pair_connect(&p);
	until_exact(&p);
	for (int i = 0; i < 6; i++) {
		struct oriel_rect r = { 100 + i, 100, 1, 1 };
		picture[100 * WIDTH + 100 + i] ^= 0x123456;
		submit(&p, &r, 1);
		PAIR_UNTIL(&p, pair_shows(&p, picture));
	}
	pair_fini(&p);
}

static void a_display_that_goes_leaves_no_debt(void **state)
{
	struct pair p;

	(void)state;
	pair_init(&p);
	p.slow = UINT64_MAX / 2; /* never, of its own accord */
	pair_start(&p, 0, NULL);
	pair_display(&p, WIDTH, HEIGHT);
	paint(3);
	pair_connect(&p);
	PAIR_UNTIL(&p, p.updates);
	oriel_screen_shown(p.screen, 0);
	for (unsigned i = 2; i < 7; i++) {
		paint(i);
		submit(&p, NULL, 0);
		if (i < 4)
			PAIR_UNTIL(&p, p.updates >= i);
	}
	oriel_display_destroy(p.display);
	PAIR_UNTIL(&p, !p.screen);
	p.slow = 0;
	pair_display(&p, WIDTH, HEIGHT);
	submit(&p, NULL, 0);
	PAIR_UNTIL(&p, p.screen && pair_shows(&p, picture));
	pair_fini(&p);
}

static void rights_move_the_input(void **state)
{
	struct pair p;
	struct oriel_key key = { .usage = 0x070004, .down = true };

	(void)state;
	pair_init(&p);
	pair_start(&p, 0, NULL);
	pair_connect(&p);
	PAIR_UNTIL(&p, p.owner);
	assert_int_equal(oriel_client_key(p.client, &key), 0);
	PAIR_UNTIL(&p, p.keys == 1);
	oriel_peer_set_rights(p.peer, ORIEL_MAY_SEE);
	assert_int_equal(p.keys, 1);
	PAIR_UNTIL(&p, p.keys == 2 && !p.owner);
	assert_false(p.last_key.down);
	/* Nobody has it: who may, does. */
	oriel_peer_set_rights(p.peer, ORIEL_MAY_SEE | ORIEL_MAY_INPUT);
	PAIR_UNTIL(&p, p.owner);
	PAIR_UNTIL(&p, oriel_client_key(p.client, &key) == 0);
	PAIR_UNTIL(&p, p.keys == 3);
	pair_fini(&p);
}

static void nonsense_from_the_host_is_an_error(void **state)
{
	struct pair p;
	struct oriel_frame *frame = NULL;
	struct oriel_frame_config cfg = { .size = sizeof(cfg) };
	struct oriel_display_config screen = {
		.size = sizeof(screen), .width = 0, .height = 10
	};
	struct oriel_display *display = NULL;

	(void)state;
	pair_init(&p);
	pair_start(&p, 0, NULL);
	assert_int_equal(oriel_display_create(&display, p.server, &screen),
			ORIEL_EINVAL);
	screen.width = 20000;
	assert_int_equal(oriel_display_create(&display, p.server, &screen),
			ORIEL_EINVAL);
	pair_display(&p, WIDTH, HEIGHT);
	assert_int_equal(oriel_frame_create(&frame, p.server, &cfg),
			ORIEL_EINVAL);
	cfg.pixels = (struct oriel_pixels){ picture, WIDTH, HEIGHT, 8,
		ORIEL_FORMAT_XRGB8888 };
	assert_int_equal(oriel_frame_create(&frame, p.server, &cfg),
			ORIEL_EINVAL);
	cfg.pixels.stride = WIDTH * 4;
	cfg.pixels.format = ORIEL_FORMAT_XRGB2101010;
	assert_int_equal(oriel_frame_create(&frame, p.server, &cfg),
			ORIEL_ENOTSUP);
	struct oriel_rect mad[] = { { -5, -5, INT32_MAX, INT32_MAX },
		{ INT32_MAX, INT32_MAX, INT32_MAX, INT32_MAX },
		{ INT32_MIN, 0, 5, 5 }, { 3, 3, -4, 7 }, { 0, 0, 0, 0 } };
	paint(4);
	submit(&p, mad, 5);
	struct oriel_pixels part = { picture, WIDTH, HEIGHT, WIDTH * 4,
		ORIEL_FORMAT_XRGB8888 };
	assert_int_equal(oriel_display_patch(p.display, &part, 1, 0, 0),
			ORIEL_EINVAL);
	pair_connect(&p);
	until_exact(&p);
	pair_fini(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(exact_over_tls),
		cmocka_unit_test(small_damage_moves_and_patches),
		cmocka_unit_test(bands_are_coded_side_by_side),
		cmocka_unit_test(dear_pixels_follow_cheap_ones),
		cmocka_unit_test(a_desync_is_found_and_healed),
		cmocka_unit_test(wrong_passwords_and_unknown_users_fail_alike),
		cmocka_unit_test(a_key_that_is_not_trusted_ends_it),
		cmocka_unit_test(an_answer_may_come_later),
		cmocka_unit_test(no_login_needs_an_open_server),
		cmocka_unit_test(a_session_resumes_without_a_password),
		cmocka_unit_test(a_token_ends_when_the_next_is_used),
		cmocka_unit_test(names_are_heard_as_they_were_said),
		cmocka_unit_test(input_arrives_once_and_goes_up_at_the_end),
		cmocka_unit_test(without_the_right_nothing_is_typed),
		cmocka_unit_test(cursors_are_sent_once),
		cmocka_unit_test(displays_come_change_and_go),
		cmocka_unit_test(workers_change_nothing),
		cmocka_unit_test(the_refused_are_forgotten),
		cmocka_unit_test(peers_may_be_closed_anywhere),
		cmocka_unit_test(what_is_kept_may_outlive_the_server),
		cmocka_unit_test(a_slow_screen_does_not_stop_the_picture),
		cmocka_unit_test(a_display_that_goes_leaves_no_debt),
		cmocka_unit_test(rights_move_the_input),
		cmocka_unit_test(nonsense_from_the_host_is_an_error),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
