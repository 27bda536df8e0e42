/*
 * hello-server.c - a desktop of one picture, on which a pointer draws.
 *
 *	cc examples/hello-server.c -o hello-server \
 *		$(pkg-config --cflags --libs oriel-server)
 *	./hello-server unix:hello.socket &
 *	oriel-view unix:hello.socket
 *
 * On a unix: socket the user who runs the server needs no password.
 */
#include <stdio.h>
#include <stdlib.h>

#include <oriel/oriel-server.h>

enum { WIDTH = 640, HEIGHT = 480, DOT = 8 };

static struct oriel_display *display;

/* Replace a rectangle of the desktop. */
static void show(const uint32_t *data, int x, int y, int width, int height)
{
	struct oriel_pixels pixels = { data, width, height, width * 4,
		ORIEL_FORMAT_XRGB8888 };

	if (oriel_display_patch(display, &pixels, x, y, 0) < 0)
		fprintf(stderr, "hello-server: a patch was refused\n");
}

static void let_in(void *user, struct oriel_auth *auth)
{
	(void)user;
	oriel_auth_accept(auth, ORIEL_MAY_SEE | ORIEL_MAY_INPUT);
}

static void draw(void *user, struct oriel_peer *peer,
		const struct oriel_pointer *p)
{
	uint32_t dot[DOT * DOT];

	(void)user;
	(void)peer;
	for (int i = 0; i < DOT * DOT; i++)
		dot[i] = 0xffffff;
	if (p->buttons && p->x <= WIDTH - DOT && p->y <= HEIGHT - DOT)
		show(dot, p->x, p->y, DOT, DOT);
}

int main(int argc, char **argv)
{
	static uint32_t picture[WIDTH * HEIGHT];
	static const struct oriel_server_events events = {
		.size = sizeof(events),
		.auth_proved = let_in,
		.pointer = draw,
	};
	struct oriel_server *server = NULL;
	struct oriel_server_config cfg = {
		.size = sizeof(cfg), .name = "hello", .events = &events
	};
	struct oriel_display_config screen = {
		.size = sizeof(screen), .width = WIDTH, .height = HEIGHT
	};
	const char *address = argc > 1 ? argv[1] : "unix:hello.socket";
	int err = oriel_server_create(&server, &cfg);

	if (!err)
		err = oriel_server_listen(server, address, NULL, 0);
	if (!err)
		err = oriel_display_create(&display, server, &screen);
	if (!err) {
		for (int i = 0; i < WIDTH * HEIGHT; i++)
			picture[i] = (uint32_t)(i % WIDTH * 255 / WIDTH << 16 |
						i / WIDTH * 255 / HEIGHT);
		show(picture, 0, 0, WIDTH, HEIGHT);
	}
	while (err >= 0)
		err = oriel_server_wait(server, -1);
	fprintf(stderr, "hello-server: %s\n", oriel_strerror(err));
	oriel_server_destroy(server);
	return EXIT_FAILURE;
}
