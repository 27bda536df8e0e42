/*
 * paint.c - a screen's pixels in its window. The window's own surface is
 * written, and the rectangles that were are named to SDL: no renderer and no
 * texture, which without a graphics card would be copies more.
 */
#include "client/viewer/ui.h"

enum { BACKGROUND = 0xe9ebee, TRIES = 3 };

static bool ours(Uint32 format)
{
	return format == SDL_PIXELFORMAT_RGB888 ||
	       format == SDL_PIXELFORMAT_ARGB8888;
}

/* The surface to write to: the window's, or one of our format beside it. */
static SDL_Surface *target(struct orl_window *win, SDL_Surface *window)
{
	SDL_Surface *s = win->converted;
	if (ours(window->format->format)) {
		SDL_FreeSurface(s);
		win->converted = NULL;
		return window;
	}
	if (s && s->w == window->w && s->h == window->h)
		return s;
	SDL_FreeSurface(s);
	win->converted = SDL_CreateRGBSurfaceWithFormat(
			0, window->w, window->h, 32, SDL_PIXELFORMAT_RGB888);
	win->redraw = true;
	return win->converted;
}

/* Copies, and leaves in rects what was written. */
static int copy(struct orl_ui *ui, const struct orl_view *view, SDL_Surface *to,
		const struct oriel_pixels *from,
		const struct orl_view_damaged *damage, SDL_Rect *rects)
{
	struct oriel_rect surface = { 0, 0, to->w, to->h };
	int n = 0;
	for (size_t i = 0; i < damage->n; i++) {
		struct oriel_rect r = orl_view_common(
				orl_view_to_window(view, damage->rects[i]),
				surface);
		if (!r.width)
			continue;
		orl_view_copy(view, r, to->pixels, (size_t)to->pitch, from);
		ui->draw_pixels += (uint64_t)r.width * (uint64_t)r.height;
		rects[n++] = (SDL_Rect){ r.x, r.y, r.width, r.height };
	}
	return n;
}

static void flush(struct orl_window *win, SDL_Surface *window,
		SDL_Surface *from, SDL_Rect *rects, int n)
{
	if (from != window)
		for (int i = 0; i < n; i++) {
			SDL_Rect at = rects[i];
			SDL_BlitSurface(from, &rects[i], window, &at);
		}
	SDL_UpdateWindowSurfaceRects(win->sdl, rects, n);
}

static void make_grey(SDL_Surface *s, struct oriel_rect r)
{
	for (int32_t y = r.y; y < r.y + r.height && y < s->h; y++) {
		uint32_t *row = (uint32_t *)(void *)((char *)s->pixels +
						     (ptrdiff_t)y * s->pitch);
		for (int32_t x = r.x; x < r.x + r.width && x < s->w; x++) {
			uint32_t p = row[x];
			uint32_t light = ((p >> 16 & 0xff) * 77 +
							 (p >> 8 & 0xff) * 150 +
							 (p & 0xff) * 29) >>
					 9;
			row[x] = (light + 0x48) * 0x010101;
		}
	}
}

/*
 * What has changed of a display, or all of it; how many are in rects. -1: it
 * was not to be had whole, and comes again.
 */
static int paint(struct orl_ui *ui, struct orl_pane *pane, SDL_Surface *to,
		const struct orl_view_damaged *damage, SDL_Rect *rects)
{
	struct orl_view_damaged all = { .n = 1 };
	struct oriel_pixels from;
	bool whole = false;
	int n = 0;
	pthread_mutex_lock(&pane->pin);
	for (int i = 0; i < TRIES && pane->screen && !whole; i++) {
		orl_remote_acquire(pane->screen, &from);
		all.rects[0] = (struct oriel_rect){ 0, 0, from.width,
			from.height };
		/* A change of size has its own note, not read yet. */
		if (from.data && from.width == pane->view.width &&
				from.height == pane->view.height)
			n = copy(ui, &pane->view, to, &from,
					damage ? damage : &all, rects);
		whole = orl_remote_release(pane->screen);
	}
	whole |= !pane->screen;
	pthread_mutex_unlock(&pane->pin);
	if (!whole)
		return -1;
	for (int i = 0; i < n && pane->grey; i++)
		make_grey(to, (struct oriel_rect){ rects[i].x, rects[i].y,
					      rects[i].w, rects[i].h });
	return n;
}

/* A display that is gone: its last picture, in grey. */
static void paint_still(
		struct orl_ui *ui, struct orl_pane *pane, SDL_Surface *to)
{
	struct orl_view_damaged all = { .n = 1 };
	SDL_Rect rects[ORL_DAMAGE_RECTS];
	pthread_mutex_lock(&pane->pin);
	const struct oriel_pixels *from =
			pane->last ? orl_picture_pixels(pane->last) : NULL;
	if (from && from->width == pane->view.width &&
			from->height == pane->view.height) {
		all.rects[0] = (struct oriel_rect){ 0, 0, from->width,
			from->height };
		if (copy(ui, &pane->view, to, from, &all, rects))
			make_grey(to, (struct oriel_rect){ rects[0].x,
						      rects[0].y, rects[0].w,
						      rects[0].h });
	}
	pthread_mutex_unlock(&pane->pin);
}

static bool has_picture(struct orl_pane *pane)
{
	struct oriel_pixels from = { 0 };
	pthread_mutex_lock(&pane->pin);
	if (pane->screen) {
		orl_remote_acquire(pane->screen, &from);
		(void)orl_remote_release(pane->screen);
	}
	pthread_mutex_unlock(&pane->pin);
	return from.data && from.width == pane->view.width &&
	       from.height == pane->view.height;
}

/* False: there is nothing to show yet. */
static bool paint_all(
		struct orl_ui *ui, struct orl_window *win, SDL_Surface *to)
{
	SDL_Rect rects[ORL_DAMAGE_RECTS];
	bool live = orl_window_live(ui, win), any = !live, again = false;
	/* What was shown before stays until there is a picture. */
	for (int i = 0; i < ORL_SCREENS_MAX && !any; i++) {
		struct orl_pane *pane = &ui->panes[i];
		any = pane->on == win && pane->live && has_picture(pane);
	}
	if (!any)
		return false;
	SDL_FillRect(to, NULL, live ? 0 : BACKGROUND);
	for (int i = 0; i < ORL_SCREENS_MAX; i++) {
		struct orl_pane *pane = &ui->panes[i];
		if (pane->on != win)
			continue;
		if (pane->live)
			again |= paint(ui, pane, to, NULL, rects) < 0;
		else
			paint_still(ui, pane, to);
	}
	win->redraw = again;
	return true;
}

static void timed(struct orl_ui *ui, uint64_t before)
{
	ui->draws++;
	ui->draw_time += orl_viewer_now() - before;
}

void orl_window_paint(struct orl_ui *ui, struct orl_window *win)
{
	uint64_t before = orl_viewer_now();
	if (!win->sdl || !win->visible || !win->redraw)
		return;
	SDL_Surface *window = SDL_GetWindowSurface(win->sdl);
	SDL_Surface *to = window ? target(win, window) : NULL;
	if (!to || !paint_all(ui, win, to))
		return;
	SDL_Rect all = { 0, 0, to->w, to->h };
	orl_stage_compose(ui, win, to, &all, 1);
	flush(win, window, to, &all, 1);
	timed(ui, before);
}

void orl_window_touch(struct orl_ui *ui, struct orl_window *win, SDL_Rect part)
{
	if (win->redraw) {
		orl_window_paint(ui, win);
		return;
	}
	SDL_Surface *window = SDL_GetWindowSurface(win->sdl);
	SDL_Surface *to = window ? target(win, window) : NULL;
	SDL_Rect all = { 0, 0, to ? to->w : 0, to ? to->h : 0 };
	if (!to || !SDL_IntersectRect(&part, &all, &part))
		return;
	orl_stage_compose(ui, win, to, &part, 1);
	flush(win, window, to, &part, 1);
}

static void paint_part(struct orl_ui *ui, struct orl_pane *pane,
		const struct orl_view_damaged *damage)
{
	struct orl_window *win = pane->on;
	SDL_Rect rects[ORL_DAMAGE_RECTS];
	uint64_t before = orl_viewer_now();
	SDL_Surface *window = SDL_GetWindowSurface(win->sdl);
	SDL_Surface *to = window ? target(win, window) : NULL;
	if (!to)
		return;
	int n = paint(ui, pane, to, damage, rects);
	/* An update will follow what is being written; then all of it. */
	if (n < 0)
		win->redraw = true;
	if (n <= 0)
		return;
	orl_stage_compose(ui, win, to, rects, n);
	flush(win, window, to, rects, n);
	timed(ui, before);
}

void orl_pane_paint(struct orl_ui *ui, struct orl_pane *pane,
		const struct orl_view_damaged *damage)
{
	struct orl_window *win = pane->on;
	if (win && win->sdl && win->redraw)
		orl_window_paint(ui, win);
	else if (win && win->sdl && win->visible && pane->live)
		paint_part(ui, pane, damage);
	pthread_mutex_lock(&pane->pin);
	if (pane->screen)
		orl_remote_shown(pane->screen, 0);
	pthread_mutex_unlock(&pane->pin);
}
