/*
 * cover.c - fullscreen. Each window covers the monitor that it is on, and
 * where two are on one, or it is not yet anywhere, the next that is free as
 * they stand from left to right. Windows for which none is left stay windows.
 */
#include "client/viewer/ui.h"

static bool left_of(int a, int b)
{
	SDL_Rect ra, rb;
	if (SDL_GetDisplayBounds(a, &ra) != 0 ||
			SDL_GetDisplayBounds(b, &rb) != 0)
		return a < b;
	return ra.x != rb.x ? ra.x < rb.x : ra.y < rb.y;
}

int orl_ui_monitor(int n)
{
	int all = SDL_GetNumVideoDisplays();
	for (int i = 0; i < all; i++) {
		int before = 0;
		for (int k = 0; k < all; k++)
			before += left_of(k, i) && !left_of(i, k);
		if (before == n)
			return i;
	}
	return -1;
}

static struct oriel_rect place_of(
		const struct orl_ui *ui, const struct orl_window *win)
{
	for (int i = 0; i < ORL_SCREENS_MAX; i++)
		if (ui->panes[i].on == win)
			return ui->panes[i].shown_rect;
	return (struct oriel_rect){ 0 };
}

/* Open windows, as their displays stand in the desktop; how many. */
static int in_order(struct orl_ui *ui, struct orl_window **out)
{
	int n = 0;
	for (int i = 0; i < ORL_SCREENS_MAX; i++) {
		struct orl_window *win = &ui->windows[i];
		struct oriel_rect r = place_of(ui, win);
		int at = n;
		if (!win->sdl)
			continue;
		while (at) {
			struct oriel_rect p = place_of(ui, out[at - 1]);
			if (p.x < r.x || (p.x == r.x && p.y <= r.y))
				break;
			out[at] = out[at - 1];
			at--;
		}
		out[at] = win;
		n++;
	}
	return n;
}

static void cover(struct orl_ui *ui, struct orl_window *win, int monitor)
{
	SDL_Rect r;
	if (win->covering && SDL_GetWindowDisplayIndex(win->sdl) == monitor)
		return;
	if (win->covering)
		SDL_SetWindowFullscreen(win->sdl, 0);
	else
		SDL_GetWindowSize(win->sdl, &win->before_w, &win->before_h);
	if (SDL_GetWindowDisplayIndex(win->sdl) != monitor &&
			SDL_GetDisplayBounds(monitor, &r) == 0)
		SDL_SetWindowPosition(win->sdl, r.x, r.y);
	SDL_SetWindowFullscreen(win->sdl, SDL_WINDOW_FULLSCREEN_DESKTOP);
	win->covering = true;
	orl_resize_wanted(ui, win);
}

static void uncover(struct orl_ui *ui, struct orl_window *win)
{
	int w = win->before_w, h = win->before_h;
	if (!win->covering)
		return;
	win->covering = false;
	SDL_SetWindowFullscreen(win->sdl, 0);
	SDL_SetWindowBordered(win->sdl, SDL_TRUE);
	if (!w)
		orl_window_best(ui, win, &w, &h);
	orl_window_set_size(win, w, h);
	if (win->asked_w)
		orl_resize_wanted(ui, win);
}

void orl_ui_cover_again(struct orl_ui *ui)
{
	struct orl_window *order[ORL_SCREENS_MAX];
	int n = in_order(ui, order), monitors = SDL_GetNumVideoDisplays();
	int of[ORL_SCREENS_MAX];
	bool taken[64] = { false };
	if (!ui->covering)
		return;
	for (int i = 0; i < n; i++) {
		of[i] = SDL_GetWindowDisplayIndex(order[i]->sdl);
		if (of[i] < 0 || of[i] >= 64 || taken[of[i]])
			of[i] = -1;
		else
			taken[of[i]] = true;
	}
	for (int i = 0; i < n; i++) {
		for (int k = 0; of[i] < 0 && k < monitors && k < 64; k++) {
			int monitor = orl_ui_monitor(k);
			if (monitor >= 0 && monitor < 64 && !taken[monitor])
				of[i] = monitor;
		}
		if (of[i] < 0) {
			uncover(ui, order[i]);
			continue;
		}
		taken[of[i]] = true;
		cover(ui, order[i], of[i]);
	}
	orl_ui_grab(ui);
}

void orl_ui_cover(struct orl_ui *ui, bool covering)
{
	SDL_Window *focus = SDL_GetKeyboardFocus();
	ui->covering = covering;
	for (int i = 0; i < ORL_SCREENS_MAX && !covering; i++)
		if (ui->windows[i].sdl)
			uncover(ui, &ui->windows[i]);
	if (covering)
		orl_ui_cover_again(ui);
	/* Window managers give it to the one that was last. */
	if (focus)
		SDL_RaiseWindow(focus);
	orl_ui_grab(ui);
}

void orl_ui_grab(struct orl_ui *ui)
{
	bool kiosk = ui->viewer->options.kiosk;
	bool modal = orl_stage_modal(ui);
	for (int i = 0; i < ORL_SCREENS_MAX; i++) {
		struct orl_window *win = &ui->windows[i];
		bool grab = kiosk || (win->covering && !modal &&
						     orl_window_live(ui, win));
		if (win->sdl)
			SDL_SetWindowKeyboardGrab(
					win->sdl, grab ? SDL_TRUE : SDL_FALSE);
	}
}
