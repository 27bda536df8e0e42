/*
 * embed-uv.c - a server in a libuv loop: one descriptor, one dispatch.
 *
 *	cc examples/embed-uv.c -o embed-uv \
 *		$(pkg-config --cflags --libs oriel-server libuv)
 *	./embed-uv unix:hello.socket &
 *	oriel-view unix:hello.socket
 *
 * Shows one colour, which a client's pointer changes.
 */
#include <stdio.h>
#include <stdlib.h>

#include <uv.h>

#include <oriel/oriel-server.h>

enum { SIDE = 256 };

static struct oriel_display *display;

static void paint(uint32_t colour)
{
	static uint32_t picture[SIDE * SIDE];
	struct oriel_pixels pixels = { picture, SIDE, SIDE, SIDE * 4,
		ORIEL_FORMAT_XRGB8888 };

	for (int i = 0; i < SIDE * SIDE; i++)
		picture[i] = colour;
	if (oriel_display_patch(display, &pixels, 0, 0, 0) < 0)
		fprintf(stderr, "embed-uv: a patch was refused\n");
}

static void let_in(void *user, struct oriel_auth *auth)
{
	(void)user;
	oriel_auth_accept(auth, ORIEL_MAY_SEE | ORIEL_MAY_INPUT);
}

static void moved(void *user, struct oriel_peer *peer,
		const struct oriel_pointer *p)
{
	(void)user;
	(void)peer;
	paint((uint32_t)(p->x & 255) << 16 | (uint32_t)(p->y & 255));
}

static void ready(uv_poll_t *poll, int status, int events)
{
	(void)status;
	(void)events;
	int err = oriel_server_dispatch(poll->data, 0);
	if (err < 0) {
		fprintf(stderr, "embed-uv: %s\n", oriel_strerror(err));
		uv_stop(poll->loop);
	}
}

int main(int argc, char **argv)
{
	static const struct oriel_server_events events = {
		.size = sizeof(events),
		.auth_proved = let_in,
		.pointer = moved,
	};
	struct oriel_server_config cfg = { .size = sizeof(cfg),
		.events = &events };
	struct oriel_display_config screen = {
		.size = sizeof(screen), .width = SIDE, .height = SIDE
	};
	struct oriel_server *server = NULL;
	uv_poll_t poll;
	int err = oriel_server_create(&server, &cfg);

	if (!err)
		err = oriel_server_listen(server,
				argc > 1 ? argv[1] : "unix:hello.socket", NULL,
				0);
	if (!err)
		err = oriel_display_create(&display, server, &screen);
	if (err) {
		fprintf(stderr, "embed-uv: %s\n", oriel_strerror(err));
		oriel_server_destroy(server);
		return EXIT_FAILURE;
	}
	paint(0x204060);
	uv_poll_init(uv_default_loop(), &poll, oriel_server_fd(server));
	poll.data = server;
	uv_poll_start(&poll, UV_READABLE, ready);
	uv_run(uv_default_loop(), UV_RUN_DEFAULT);
	oriel_server_destroy(server);
	return EXIT_FAILURE;
}
