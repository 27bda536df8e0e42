#include <stdio.h>
#include <stdlib.h>

#include <oriel/oriel-server.h>

enum { WIDTH = 640, HEIGHT = 480 };
static uint32_t pixels[WIDTH * HEIGHT];

static void let_in(void *user, struct oriel_auth *auth)
{
	(void)user;
	oriel_auth_accept(auth, ORIEL_MAY_SEE | ORIEL_MAY_INPUT);
}

static void paint(void *user, struct oriel_display *display)
{
	static uint32_t colour;
	struct oriel_server *server = *(struct oriel_server **)user;
	struct oriel_frame_config cfg = { .size = sizeof(cfg) };
	struct oriel_frame *frame;

	colour += 0x010203;
	for (int i = 0; i < WIDTH * HEIGHT; i++)
		pixels[i] = colour;
	cfg.pixels = (struct oriel_pixels){ pixels, WIDTH, HEIGHT, WIDTH * 4,
		ORIEL_FORMAT_XRGB8888 };
	cfg.flags = ORIEL_FRAME_VOLATILE;
	if (oriel_frame_create(&frame, server, &cfg) == 0) {
		if (oriel_display_submit(display, frame, NULL, 0) < 0)
			fprintf(stderr, "submit failed\n");
		oriel_frame_unref(frame);
	}
}

int main(void)
{
	static const struct oriel_server_events events = {
		.size = sizeof(events),
		.auth = let_in,
		.frame_wanted = paint,
	};
	struct oriel_server *server = NULL;
	struct oriel_display *display = NULL;
	struct oriel_server_config cfg = { .size = sizeof(cfg),
		.events = &events, .user = &server };
	struct oriel_display_config screen = { .size = sizeof(screen),
		.width = WIDTH, .height = HEIGHT };
	int err = oriel_server_create(&server, &cfg);

	if (!err)
		err = oriel_server_listen(server, "unix:/tmp/hello.oriel");
	if (!err)
		err = oriel_display_create(&display, server, &screen);
	while (err >= 0)
		err = oriel_server_wait(server, -1);
	fprintf(stderr, "hello-server: %s\n", oriel_strerror(err));
	oriel_server_destroy(server);
	return EXIT_FAILURE;
}
