/*
 * paint.c - a screen's pixels in its window. The window's own surface is
 * written, and the rectangles that were are named to SDL: no renderer and no
 * texture, which without a graphics card would be copies more.
 */
#include "client/viewer/ui.h"

enum { BACKGROUND = 0xe9ebee };

void orl_pane_fit(struct orl_pane *pane)
{
	int w, h;
	SDL_GetWindowSize(pane->window, &w, &h);
	orl_view_fit(&pane->view, w, h, pane->shown_rect.width,
			pane->shown_rect.height);
	pane->redraw = true;
}

static bool ours(Uint32 format)
{
	return format == SDL_PIXELFORMAT_RGB888 ||
	       format == SDL_PIXELFORMAT_ARGB8888;
}

/* The surface to write to: the window's, or one of our format beside it. */
static SDL_Surface *target(struct orl_pane *pane, SDL_Surface *window)
{
	SDL_Surface *s = pane->converted;
	if (ours(window->format->format)) {
		SDL_FreeSurface(s);
		pane->converted = NULL;
		return window;
	}
	if (s && s->w == window->w && s->h == window->h)
		return s;
	SDL_FreeSurface(s);
	pane->converted = SDL_CreateRGBSurfaceWithFormat(
			0, window->w, window->h, 32, SDL_PIXELFORMAT_RGB888);
	pane->redraw = true;
	return pane->converted;
}

static struct oriel_rect inside(struct oriel_rect r, int32_t w, int32_t h)
{
	if (r.x + r.width > w)
		r.width = w - r.x;
	if (r.y + r.height > h)
		r.height = h - r.y;
	return r;
}

/* Copies, and leaves in rects what was written; false: nothing can be. */
static int copy(struct orl_pane *pane, SDL_Surface *to,
		const struct oriel_pixels *from,
		const struct orl_view_damaged *damage, SDL_Rect *rects)
{
	int n = 0;
	for (size_t i = 0; i < damage->n; i++) {
		struct oriel_rect r = inside(orl_view_to_window(&pane->view,
							     damage->rects[i]),
				to->w, to->h);
		if (r.width <= 0 || r.height <= 0)
			continue;
		orl_view_copy(&pane->view, r, to->pixels, (size_t)to->pitch,
				from);
		rects[n++] = (SDL_Rect){ r.x, r.y, r.width, r.height };
	}
	return n;
}

static void flush(struct orl_pane *pane, SDL_Surface *window, SDL_Surface *from,
		SDL_Rect *rects, int n)
{
	if (from != window)
		for (int i = 0; i < n; i++) {
			SDL_Rect at = rects[i];
			SDL_BlitSurface(from, &rects[i], window, &at);
		}
	SDL_UpdateWindowSurfaceRects(pane->window, rects, n);
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

/* pin is held. */
static void paint(struct orl_ui *ui, struct orl_pane *pane,
		struct orl_view_damaged damage)
{
	SDL_Rect rects[ORL_DAMAGE_RECTS];
	struct oriel_pixels from;
	int n = 0;
	SDL_Surface *window = SDL_GetWindowSurface(pane->window);
	SDL_Surface *to = window ? target(pane, window) : NULL;
	if (!to)
		return;
	oriel_screen_acquire(pane->screen, &from);
	/* A change of size has its own note, which has not been read yet. */
	if (from.data && from.width == pane->view.width &&
			from.height == pane->view.height) {
		if (pane->redraw) {
			SDL_FillRect(to, NULL, 0);
			damage.n = 1;
			damage.rects[0] = (struct oriel_rect){ 0, 0, from.width,
				from.height };
		}
		n = copy(pane, to, &from, &damage, rects);
	}
	oriel_screen_release(pane->screen);
	for (int i = 0; i < n && pane->grey; i++)
		make_grey(to, (struct oriel_rect){ rects[i].x, rects[i].y,
					      rects[i].w, rects[i].h });
	if (n && pane->redraw) {
		rects[0] = (SDL_Rect){ 0, 0, to->w, to->h };
		n = 1;
		pane->redraw = false;
	}
	if (!n)
		return;
	orl_stage_compose(ui, pane, to, rects, n);
	flush(pane, window, to, rects, n);
}

/* No display: the last picture, in grey, or none. pin is held. */
static void paint_still(struct orl_ui *ui, struct orl_pane *pane)
{
	SDL_Surface *window = SDL_GetWindowSurface(pane->window);
	SDL_Surface *to = window ? target(pane, window) : NULL;
	if (!to)
		return;
	SDL_Rect all = { 0, 0, to->w, to->h };
	const struct oriel_pixels *from =
			pane->last ? orl_picture_pixels(pane->last) : NULL;
	SDL_FillRect(to, NULL, BACKGROUND);
	if (from) {
		struct oriel_rect whole = { 0, 0, from->width, from->height };
		struct orl_view view;
		orl_view_fit(&view, to->w, to->h, from->width, from->height);
		whole = inside(orl_view_to_window(&view, whole), to->w, to->h);
		orl_view_copy(&view, whole, to->pixels, (size_t)to->pitch,
				from);
		make_grey(to, whole);
	}
	pane->redraw = false;
	orl_stage_compose(ui, pane, to, &all, 1);
	flush(pane, window, to, &all, 1);
}

void orl_pane_touch(struct orl_ui *ui, struct orl_pane *pane, SDL_Rect part)
{
	struct orl_view_damaged none = { .n = 0 };
	if (pane->redraw) {
		orl_pane_paint(ui, pane, none);
		return;
	}
	SDL_Surface *window = SDL_GetWindowSurface(pane->window);
	SDL_Surface *to = window ? target(pane, window) : NULL;
	SDL_Rect all = { 0, 0, to ? to->w : 0, to ? to->h : 0 };
	if (!to || !SDL_IntersectRect(&part, &all, &part))
		return;
	orl_stage_compose(ui, pane, to, &part, 1);
	flush(pane, window, to, &part, 1);
}

void orl_pane_paint(struct orl_ui *ui, struct orl_pane *pane,
		struct orl_view_damaged damage)
{
	uint64_t before = orl_viewer_now();
	pthread_mutex_lock(&pane->pin);
	if (pane->screen && pane->visible)
		paint(ui, pane, damage);
	else if (!pane->screen && pane->window && pane->visible && pane->redraw)
		paint_still(ui, pane);
	if (pane->screen && damage.n)
		oriel_screen_shown(pane->screen, 0);
	pthread_mutex_unlock(&pane->pin);
	ui->draws++;
	ui->draw_time += orl_viewer_now() - before;
}
