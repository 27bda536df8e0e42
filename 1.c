#include <stdlib.h>
#include <oriel/oriel-server.h>

int show(struct oriel_server *server, struct oriel_display *display, uint32_t *pixels, int32_t width, int32_t height)
{
	struct oriel_frame_config cfg = { .size = sizeof(cfg),
		.pixels = { pixels, width, height, width * 4, ORIEL_FORMAT_XRGB8888 },
		.release = free, .user = pixels };
	struct oriel_frame *frame;
	int err = oriel_frame_create(&frame, server, &cfg);

	if (err)
		return err; /* the pixels are still ours */
	err = oriel_display_submit(display, frame, NULL, 0);
	oriel_frame_unref(frame); /* the display has its own reference */
	return err;
}
