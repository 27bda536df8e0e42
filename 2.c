#include <oriel/oriel-server.h>

int new_mode(struct oriel_display *display, struct oriel_frame *frame, int32_t width, int32_t height)
{
	int err = oriel_display_resize(display, 0, 0, width, height);

	return err ? err : oriel_display_submit(display, frame, NULL, 0);
}
