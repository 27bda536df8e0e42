/*
 * test_outside.c - a host that makes the client's sockets and keeps its
 * pictures: nothing is opened but by it, and nothing is written but when it
 * is told. The pages of pictures are read-only at all other times.
 */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "tests/pair.h"

enum { WIDTH = 320, HEIGHT = 200, ROOMS = 4 };

struct outside {
	struct pair p; /* first: the client's user */
	unsigned sockets, reached, refused;
	struct room {
		uint32_t *at;
		size_t bytes;
	} rooms[ROOMS];
	unsigned n_rooms, drawings;
	bool drawing;
};

static uint32_t picture[WIDTH * HEIGHT * 2];

static int give_socket(void *user, int *out, unsigned attempt, bool reached,
		char *why, size_t size)
{
	struct outside *o = user;
	if (o->refused) {
		o->refused--;
		snprintf(why, size, "not now");
		return ORIEL_ECLOSED;
	}
	o->sockets++;
	o->reached += reached;
	return oriel_client_socket(
			out, o->p.address, reached ? 0 : attempt, why, size);
}

static void *give_room(void *user, struct oriel_screen *screen, int32_t width,
		int32_t height)
{
	struct outside *o = user;
	(void)screen;
	assert_true(o->n_rooms < ROOMS);
	struct room *r = &o->rooms[o->n_rooms++];
	r->bytes = ((size_t)width * (size_t)height * 4 + 4095) & ~(size_t)4095;
	r->at = mmap(NULL, r->bytes, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1,
			0);
	assert_true(r->at != MAP_FAILED);
	return r->at;
}

static void note_drawing(void *user, struct oriel_screen *screen, bool begins)
{
	struct outside *o = user;
	struct room *r = &o->rooms[o->n_rooms - 1];
	struct oriel_pixels p;
	assert_true(begins != o->drawing);
	o->drawing = begins;
	o->drawings += begins;
	oriel_screen_pixels(screen, &p);
	assert_ptr_equal(p.data, r->at);
	assert_int_equal(mprotect(r->at, r->bytes,
					 begins ? PROT_READ | PROT_WRITE
						: PROT_READ),
			0);
}

static void configure(struct oriel_client_config *config)
{
	config->socket = give_socket;
	config->picture = give_room;
	config->drawing = note_drawing;
}

static void start(struct outside *o, uint32_t reconnect)
{
	memset(o, 0, sizeof(*o));
	pair_init(&o->p);
	o->p.configure = configure;
	o->p.reconnect = reconnect;
	pair_start(&o->p, PAIR_TCP, NULL);
	pair_display(&o->p, WIDTH, HEIGHT);
}

static void end(struct outside *o)
{
	pair_fini(&o->p);
	for (unsigned i = 0; i < o->n_rooms; i++)
		munmap(o->rooms[i].at, o->rooms[i].bytes);
}

static void show(
		struct outside *o, int32_t width, int32_t height, uint32_t seed)
{
	struct oriel_frame_config cfg = { .size = sizeof(cfg),
		.pixels = { picture, width, height, width * 4,
				ORIEL_FORMAT_XRGB8888 } };
	struct oriel_frame *frame;
	for (int32_t i = 0; i < width * height; i++)
		picture[i] = ((uint32_t)i / 9 * 2654435761u + seed) >> 8;
	assert_int_equal(oriel_frame_create(&frame, o->p.server, &cfg), 0);
	assert_int_equal(oriel_display_submit(o->p.display, frame, NULL, 0), 0);
	oriel_frame_unref(frame);
	PAIR_UNTIL(&o->p, o->p.screen && pair_shows(&o->p, picture) &&
					  oriel_screen_is_exact(o->p.screen));
}

static void pictures_are_the_hosts(void **state)
{
	struct outside o;
	(void)state;
	start(&o, 0);
	pair_connect(&o.p);
	for (uint32_t i = 0; i < 4; i++)
		show(&o, WIDTH, HEIGHT, i);
	assert_int_equal(o.sockets, 1);
	assert_int_equal(o.n_rooms, 1);
	assert_true(o.drawings >= 4);
	/* Another size is another room; the same is not. */
	assert_int_equal(oriel_display_resize(
					 o.p.display, 0, 0, WIDTH, HEIGHT * 2),
			0);
	show(&o, WIDTH, HEIGHT * 2, 7);
	assert_int_equal(o.n_rooms, 2);
	end(&o);
}

static void every_line_is_the_hosts(void **state)
{
	struct outside o;
	(void)state;
	start(&o, 60);
	pair_connect(&o.p);
	show(&o, WIDTH, HEIGHT, 1);
	pair_stop(&o.p);
	o.p.display = NULL;
	PAIR_UNTIL(&o.p, o.p.losses);
	o.refused = 2;
	pair_restart(&o.p, false, NULL);
	pair_display(&o.p, WIDTH, HEIGHT);
	PAIR_UNTIL(&o.p, o.p.state == ORIEL_CLIENT_READY);
	assert_true(o.reached >= 1);
	assert_int_equal(o.refused, 0);
	show(&o, WIDTH, HEIGHT, 2);
	assert_int_equal(o.n_rooms, 1);
	end(&o);
}

static void why_there_is_none_is_told(void **state)
{
	struct outside o;
	(void)state;
	start(&o, 0);
	o.refused = 100;
	assert_true(oriel_client_connect(o.p.client, o.p.address) < 0);
	assert_int_equal(o.sockets, 0);
	o.refused = 0;
	pair_connect(&o.p);
	end(&o);
}

static void an_address_that_is_none(void **state)
{
	char why[40];
	int socket = -1;
	(void)state;
	assert_int_equal(oriel_client_socket(&socket, "http://x", 0, why,
					 sizeof(why)),
			ORIEL_EINVAL);
	assert_int_equal(oriel_client_socket(&socket, "unix:/nonexistent/s", 0,
					 why, sizeof(why)),
			ORIEL_EIO);
	assert_string_equal(why, "there is no such socket");
	assert_int_equal(oriel_client_socket(&socket, "unix:/nonexistent/s", 1,
					 why, sizeof(why)),
			ORIEL_ECLOSED);
	assert_int_equal(socket, -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pictures_are_the_hosts),
		cmocka_unit_test(every_line_is_the_hosts),
		cmocka_unit_test(why_there_is_none_is_told),
		cmocka_unit_test(an_address_that_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
