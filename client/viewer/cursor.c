/*
 * cursor.c - the desktop's pointer as the window's cursor, so that it moves
 * without asking anybody; as much larger or smaller as the picture below it.
 */
#include "client/viewer/scale.h"
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

/* The size of one of the desktop's pixels, in points. */
static void size_of_pixel(const struct orl_ui *ui, int32_t *num, int32_t *den)
{
	const struct orl_pane *pane = ui->pointed;
	*num = *den = 1;
	for (int i = 0; !pane && i < ORL_SCREENS_MAX; i++)
		if (ui->panes[i].live && ui->panes[i].view.width)
			pane = &ui->panes[i];
	if (!pane || !pane->on || !pane->on->sdl || !pane->view.width)
		return;
	*num = pane->view.place.width;
	*den = pane->view.width;
	/* SDL's cursors are in points. */
	*den *= orl_window_density(pane->on);
	if (*num == *den)
		*num = *den = 1;
}

static SDL_Surface *scaled(const struct orl_ui *ui, const uint32_t *pixels,
		int32_t width, int32_t height)
{
	struct oriel_pixels from = { (void *)pixels, width, height, width * 4,
		ORIEL_FORMAT_ARGB8888 };
	struct oriel_rect all = { 0, 0,
		(int32_t)((int64_t)width * ui->cursor_num / ui->cursor_den),
		(int32_t)((int64_t)height * ui->cursor_num / ui->cursor_den) };
	all.width = all.width < 1 ? 1 : all.width;
	all.height = all.height < 1 ? 1 : all.height;
	if (all.width > ORL_CURSOR_SIDE || all.height > ORL_CURSOR_SIDE) {
		all.width = width;
		all.height = height;
	}
	SDL_Surface *s = SDL_CreateRGBSurfaceWithFormat(
			0, all.width, all.height, 32, SDL_PIXELFORMAT_ARGB8888);
	if (!s)
		return NULL;
	orl_scale(s->pixels, (size_t)s->pitch, all, all.width, all.height,
			&from);
	for (int32_t y = 0; y < s->h; y++) {
		uint32_t *row = (uint32_t *)(void *)((char *)s->pixels +
						     (ptrdiff_t)y * s->pitch);
		for (int32_t x = 0; x < s->w; x++)
			row[x] = orl_unpremultiply(row[x]);
	}
	return s;
}

static int32_t inside(int32_t v, int32_t n)
{
	return v < 0 ? 0 : v >= n ? n - 1 : v;
}

void orl_cursor_set(struct orl_ui *ui, const uint32_t *pixels, int32_t width,
		int32_t height, int32_t hot_x, int32_t hot_y)
{
	size_of_pixel(ui, &ui->cursor_num, &ui->cursor_den);
	SDL_Surface *s = scaled(ui, pixels, width, height);
	if (!s)
		return;
	/* SDL wants the hot spot inside, servers may have it elsewhere. */
	hot_x = inside(hot_x, width) * s->w / width;
	hot_y = inside(hot_y, height) * s->h / height;
	SDL_Cursor *made = SDL_CreateColorCursor(s, hot_x, hot_y);
	SDL_FreeSurface(s);
	if (!made)
		return;
	SDL_SetCursor(made);
	SDL_ShowCursor(SDL_ENABLE);
	orl_cursor_fini(ui);
	ui->cursor_made = made;
}

void orl_cursor_follow(struct orl_ui *ui)
{
	int32_t num, den;
	if (!ui->cursor_made)
		return;
	size_of_pixel(ui, &num, &den);
	if ((int64_t)num * ui->cursor_den == (int64_t)den * ui->cursor_num)
		return;
	pthread_mutex_lock(&ui->lock);
	bool shown = !ui->cursor_hidden && ui->cursor_width > 0;
	if (shown)
		orl_cursor_set(ui, ui->cursor, ui->cursor_width,
				ui->cursor_height, ui->hot_x, ui->hot_y);
	pthread_mutex_unlock(&ui->lock);
	if (shown)
		orl_stage_cursor(ui);
}
