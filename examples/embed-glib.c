/*
 * embed-glib.c - a server in a GLib main loop: one descriptor, one dispatch.
 *
 *	cc examples/embed-glib.c -o embed-glib \
 *		$(pkg-config --cflags --libs oriel-server glib-2.0)
 *	./embed-glib unix:hello.socket &
 *	oriel-view unix:hello.socket
 *
 * Shows a clock hand that moves once a second.
 */
#include <stdio.h>
#include <stdlib.h>

#include <glib-unix.h>

#include <oriel/oriel-server.h>

enum { SIDE = 256 };

static struct oriel_display *display;

static void let_in(void *user, struct oriel_auth *auth)
{
	(void)user;
	oriel_auth_accept(auth, ORIEL_MAY_SEE);
}

static gboolean on_ready(gint fd, GIOCondition condition, gpointer user)
{
	(void)fd;
	(void)condition;
	int err = oriel_server_dispatch(user, 0);
	if (err < 0)
		g_error("oriel: %s", oriel_strerror(err));
	return G_SOURCE_CONTINUE;
}

static gboolean on_second(gpointer user)
{
	static uint32_t picture[SIDE * SIDE];
	struct oriel_pixels pixels = { picture, SIDE, SIDE, SIDE * 4,
		ORIEL_FORMAT_XRGB8888 };
	int column = (int)(g_get_real_time() / G_USEC_PER_SEC % 60 * SIDE / 60);

	(void)user;
	for (int i = 0; i < SIDE * SIDE; i++)
		picture[i] = i % SIDE == column ? 0xffffff : 0x204060;
	if (oriel_display_patch(display, &pixels, 0, 0, 0) < 0)
		g_warning("a patch was refused");
	return G_SOURCE_CONTINUE;
}

int main(int argc, char **argv)
{
	static const struct oriel_server_events events = {
		.size = sizeof(events),
		.auth_proved = let_in,
	};
	struct oriel_server_config cfg = { .size = sizeof(cfg),
		.events = &events };
	struct oriel_display_config screen = {
		.size = sizeof(screen), .width = SIDE, .height = SIDE
	};
	struct oriel_server *server = NULL;
	int err = oriel_server_create(&server, &cfg);

	if (!err)
		err = oriel_server_listen(server,
				argc > 1 ? argv[1] : "unix:hello.socket", NULL,
				0);
	if (!err)
		err = oriel_display_create(&display, server, &screen);
	if (err) {
		fprintf(stderr, "embed-glib: %s\n", oriel_strerror(err));
		oriel_server_destroy(server);
		return EXIT_FAILURE;
	}
	g_unix_fd_add(oriel_server_fd(server), G_IO_IN, on_ready, server);
	on_second(NULL);
	g_timeout_add_seconds(1, on_second, NULL);
	g_main_loop_run(g_main_loop_new(NULL, FALSE));
	return EXIT_SUCCESS;
}
