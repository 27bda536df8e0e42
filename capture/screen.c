/*
 * screen.c - a framebuffer of our own and its display.
 */
#include "capture/screen.h"

#include <stdlib.h>

int orl_screen_init(struct orl_screen *screen, int32_t width, int32_t height)
{
	uint32_t *pixels;

	pixels = calloc((size_t)width * (size_t)height, sizeof(*pixels));
	if (!pixels)
		return ORIEL_ENOMEM;
	*screen = (struct orl_screen){
		.pixels = pixels, .width = width, .height = height
	};
	return 0;
}

void orl_screen_fini(struct orl_screen *screen)
{
	/* The display went with the server, and the frames with it. */
	free(screen->pixels);
	screen->pixels = NULL;
}

int orl_screen_submit(struct orl_screen *screen,
		const struct oriel_rect *damage, size_t count, uint64_t time)
{
	struct oriel_frame_config config = {
		.size = sizeof(config),
		.flags = ORIEL_FRAME_VOLATILE,
		.pixels = { screen->pixels, screen->width, screen->height,
				screen->width * 4, ORIEL_FORMAT_XRGB8888 },
		.time = time,
	};
	struct oriel_frame *frame;
	int err = oriel_frame_create(&frame, screen->server, &config);

	if (err)
		return err;
	err = oriel_display_submit(screen->display, frame, damage, count);
	oriel_frame_unref(frame);
	return err;
}

int orl_screen_attach(struct orl_screen *screen, struct oriel_server *server)
{
	struct oriel_display_config config = {
		.size = sizeof(config),
		.width = screen->width,
		.height = screen->height,
	};
	int err = oriel_display_create(&screen->display, server, &config);

	screen->server = server;
	return err ? err : orl_screen_submit(screen, NULL, 0, orl_now());
}
