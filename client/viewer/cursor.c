/*
 * cursor.c - the desktop's pointer as the window's cursor, so that it moves
 * without asking anybody.
 */
#include "client/viewer/ui.h"

void orl_cursor_hide(struct orl_ui *ui)
{
	(void)ui;
	SDL_ShowCursor(SDL_DISABLE);
}

void orl_cursor_fini(struct orl_ui *ui)
{
	if (ui->cursor_made)
		SDL_FreeCursor(ui->cursor_made);
	ui->cursor_made = NULL;
}

void orl_cursor_set(struct orl_ui *ui, const uint32_t *pixels, int32_t width,
		int32_t height, int32_t hot_x, int32_t hot_y)
{
	SDL_Surface *s = SDL_CreateRGBSurfaceWithFormat(
			0, width, height, 32, SDL_PIXELFORMAT_ARGB8888);
	if (!s)
		return;
	for (int32_t y = 0; y < height; y++) {
		uint32_t *row = (uint32_t *)(void *)((char *)s->pixels +
						     (ptrdiff_t)y * s->pitch);
		for (int32_t x = 0; x < width; x++)
			row[x] = orl_unpremultiply(pixels[y * width + x]);
	}
	/* SDL wants the hot spot inside, servers may have it elsewhere. */
	hot_x = hot_x < 0 ? 0 : hot_x >= width ? width - 1 : hot_x;
	hot_y = hot_y < 0 ? 0 : hot_y >= height ? height - 1 : hot_y;
	SDL_Cursor *made = SDL_CreateColorCursor(s, hot_x, hot_y);
	SDL_FreeSurface(s);
	if (!made)
		return;
	SDL_SetCursor(made);
	SDL_ShowCursor(SDL_ENABLE);
	orl_cursor_fini(ui);
	ui->cursor_made = made;
}
