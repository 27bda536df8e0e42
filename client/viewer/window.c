/*
 * window.c - windows, one for each display of the server or one for all, and
 * which display is in which. A display that goes leaves its last picture in
 * grey for a while, for it may come back, as after a lost connection; the
 * last one does so for ever.
 */
#include <string.h>

#include "client/viewer/text.h"
#include "client/viewer/ui.h"

enum {
	BESIDE = 8, /* points between windows */
	CASCADE = 48,
};

#define SWEEP UINT64_C(700000000) /* ns, until a display has gone for good */

struct orl_window *orl_ui_first(struct orl_ui *ui)
{
	for (int i = 0; i < ORL_SCREENS_MAX; i++)
		if (ui->windows[i].sdl)
			return &ui->windows[i];
	return NULL;
}

struct orl_window *orl_ui_window(struct orl_ui *ui, Uint32 window_id)
{
	for (int i = 0; i < ORL_SCREENS_MAX; i++)
		if (ui->windows[i].sdl && ui->windows[i].id == window_id)
			return &ui->windows[i];
	return NULL;
}

bool orl_window_live(const struct orl_ui *ui, const struct orl_window *win)
{
	for (int i = 0; i < ORL_SCREENS_MAX; i++)
		if (ui->panes[i].live && ui->panes[i].on == win)
			return true;
	return false;
}

bool orl_ui_live(const struct orl_ui *ui)
{
	for (int i = 0; i < ORL_SCREENS_MAX; i++)
		if (ui->panes[i].live && ui->panes[i].on)
			return true;
	return false;
}

static bool empty(const struct orl_ui *ui, const struct orl_window *win)
{
	for (int i = 0; i < ORL_SCREENS_MAX; i++)
		if (ui->panes[i].on == win)
			return false;
	return true;
}

/* Behind the title: why keys have no effect. The lock is held. */
static void say_holder(const struct orl_ui *ui, char *out, size_t size)
{
	out[0] = '\0';
	struct orl_sound_state sound;
	if (!orl_ui_live(ui))
		return;
	orl_sound_state(ui->viewer, &sound);
	if (sound.live)
		snprintf(out, size, " (%s)", _("your microphone is live"));
	else if (!ui->may_input)
		snprintf(out, size, " (%s)", _("watching"));
	else if (!ui->holds_input && ui->holder[0])
		snprintf(out, size, _(" (%s has the keyboard)"), ui->holder);
}

/* Several windows are told apart by their displays' names. */
static void set_titles(struct orl_ui *ui)
{
	char title[sizeof(ui->title)], holder[160];
	char text[sizeof(title) + sizeof(holder) + 160];
	int windows = 0;
	pthread_mutex_lock(&ui->lock);
	memcpy(title, ui->title, sizeof(title));
	say_holder(ui, holder, sizeof(holder));
	pthread_mutex_unlock(&ui->lock);
	for (int i = 0; i < ORL_SCREENS_MAX; i++)
		windows += ui->windows[i].sdl != NULL;
	for (int i = 0; i < ORL_SCREENS_MAX; i++) {
		const struct orl_pane *pane = &ui->panes[i];
		if (!pane->on || !pane->on->sdl)
			continue;
		if (windows > 1 && pane->shown_name[0])
			snprintf(text, sizeof(text), "%s - %s%s", title,
					pane->shown_name, holder);
		else if (windows > 1)
			snprintf(text, sizeof(text), "%s - %u%s", title,
					(unsigned)pane->shown_id + 1, holder);
		else
			snprintf(text, sizeof(text), "%s%s", title, holder);
		SDL_SetWindowTitle(pane->on->sdl, text);
	}
}

/* ---- sizes ---- */

void orl_window_pixels(const struct orl_window *win, int32_t *x, int32_t *y)
{
	int w, h;
	SDL_GetWindowSize(win->sdl, &w, &h);
	if (w > 0 && w != win->width)
		*x = (int32_t)((int64_t)*x * win->width / w);
	if (h > 0 && h != win->height)
		*y = (int32_t)((int64_t)*y * win->height / h);
}

void orl_window_points(const struct orl_window *win, int32_t *x, int32_t *y)
{
	int w, h;
	SDL_GetWindowSize(win->sdl, &w, &h);
	if (win->width > 0 && w != win->width)
		*x = (int32_t)((int64_t)*x * w / win->width);
	if (win->height > 0 && h != win->height)
		*y = (int32_t)((int64_t)*y * h / win->height);
}

int32_t orl_window_density(const struct orl_window *win)
{
	int w;
	SDL_GetWindowSize(win->sdl, &w, NULL);
	return w > 0 && win->width >= 2 * w ? win->width / w : 1;
}

/* What a window shows, where it is in its picture; how many. */
static size_t arrange(const struct orl_ui *ui, const struct orl_window *win,
		struct oriel_rect *rects, int32_t *width, int32_t *height)
{
	size_t n = 0;
	for (int i = 0; i < ORL_SCREENS_MAX; i++)
		if (ui->panes[i].on == win)
			rects[n++] = ui->panes[i].shown_rect;
	*width = *height = 1;
	if (n)
		orl_view_arrange(rects, n, width, height);
	return n;
}

void orl_window_fit(struct orl_ui *ui, struct orl_window *win)
{
	struct oriel_rect rects[ORL_SCREENS_MAX];
	int32_t width, height;
	size_t n = 0;
	int w, h;
	/* What there is to write to: older SDLs have a pixel to a point. */
	const SDL_Surface *surface = SDL_GetWindowSurface(win->sdl);
	SDL_GetWindowSize(win->sdl, &w, &h);
	if (surface) {
		w = surface->w;
		h = surface->h;
	}
	win->width = w > 0 ? w : 1;
	win->height = h > 0 ? h : 1;
	win->redraw = true;
	arrange(ui, win, rects, &width, &height);
	orl_view_fit(&win->view, ui->scaling, orl_window_density(win),
			win->width, win->height, width, height);
	orl_view_scroll(&win->view, win->width, win->height, win->scroll_x,
			win->scroll_y);
	win->scroll_x = win->view.place.x < 0 ? -win->view.place.x : 0;
	win->scroll_y = win->view.place.y < 0 ? -win->view.place.y : 0;
	for (int i = 0; i < ORL_SCREENS_MAX; i++)
		if (ui->panes[i].on == win)
			orl_view_part(&ui->panes[i].view, &win->view,
					rects[n++]);
	orl_cursor_follow(ui);
}

void orl_window_best(const struct orl_ui *ui, const struct orl_window *win,
		int *w, int *h)
{
	struct oriel_rect rects[ORL_SCREENS_MAX];
	int32_t width, height;
	SDL_Rect space;
	int monitor = win->sdl ? SDL_GetWindowDisplayIndex(win->sdl)
			       : orl_ui_monitor((int)(win - ui->windows));
	arrange(ui, win, rects, &width, &height);
	*w = width;
	*h = height;
	/* Unscaled, it is pixel by pixel; otherwise pixel by point. */
	if (win->sdl && (ui->scaling == ORL_SCALING_ONE ||
					ui->scaling == ORL_SCALING_INTEGER))
		orl_window_points(win, w, h);
	if (SDL_GetDisplayUsableBounds(monitor < 0 ? 0 : monitor, &space) ==
			0) {
		struct orl_view fit;
		orl_view_fit(&fit, ORL_SCALING_AUTO, 1, space.w, space.h, *w,
				*h);
		*w = fit.place.width;
		*h = fit.place.height;
		if (ui->scaling == ORL_SCALING_ONE ||
				ui->scaling == ORL_SCALING_INTEGER) {
			*w = width < space.w ? width : space.w;
			*h = height < space.h ? height : space.h;
		}
	}
}

void orl_window_set_size(struct orl_window *win, int w, int h)
{
	win->set_w = w;
	win->set_h = h;
	win->set_at = orl_viewer_now();
	win->resize_at = 0;
	if (!(SDL_GetWindowFlags(win->sdl) & SDL_WINDOW_MAXIMIZED))
		SDL_SetWindowSize(win->sdl, w, h);
}

/* ---- opening and closing ---- */

/*
 * Beside the window that was opened before, or where there is no room, over
 * it so that both can be seen.
 */
static void place_beside(const struct orl_ui *ui, const struct orl_window *win,
		int w, int *x, int *y)
{
	const struct orl_window *other = NULL;
	SDL_Rect space;
	int left, top, width;
	for (int i = 0; i < ORL_SCREENS_MAX; i++) {
		const struct orl_window *o = &ui->windows[i];
		if (o != win && o->sdl && !o->covering)
			other = o;
	}
	if (!other || SDL_GetDisplayUsableBounds(
				      SDL_GetWindowDisplayIndex(other->sdl),
				      &space) != 0)
		return;
	SDL_GetWindowPosition(other->sdl, &left, &top);
	SDL_GetWindowSize(other->sdl, &width, NULL);
	*y = top;
	*x = left + width + BESIDE;
	if (*x + w > space.x + space.w) {
		*x = left + CASCADE;
		*y = top + CASCADE;
	}
}

static void open_window(struct orl_ui *ui, struct orl_window *win, int w, int h)
{
	SDL_Rect space;
	int number = 0, monitor;
	Uint32 flags = SDL_WINDOW_RESIZABLE | SDL_WINDOW_ALLOW_HIGHDPI;
	for (int i = 0; i < ORL_SCREENS_MAX; i++)
		number += ui->windows[i].sdl != NULL;
	monitor = orl_ui_monitor(number);
	bool covers = ui->covering && monitor >= 0 &&
		      SDL_GetDisplayBounds(monitor, &space) == 0;
	int x = (int)SDL_WINDOWPOS_UNDEFINED_DISPLAY(
			(Uint32)(monitor < 0 ? 0 : monitor));
	int y = x;
	*win = (struct orl_window){ .visible = true,
		.set_w = w,
		.set_h = h,
		.set_at = orl_viewer_now(),
		.was_open = win->was_open,
		.last_x = win->last_x,
		.last_y = win->last_y };
	if (covers) {
		flags = SDL_WINDOW_BORDERLESS | SDL_WINDOW_FULLSCREEN_DESKTOP |
			SDL_WINDOW_ALLOW_HIGHDPI;
		x = space.x;
		y = space.y;
		w = space.w;
		h = space.h;
	} else if (win->was_open) {
		x = win->last_x;
		y = win->last_y;
	} else if (monitor < 0) {
		place_beside(ui, win, w, &x, &y);
	}
	win->sdl = SDL_CreateWindow("Oriel", x, y, w, h, flags);
	if (!win->sdl) {
		orl_viewer_say("cannot open a window: %s", SDL_GetError());
		orl_viewer_quit(ui->viewer);
		return;
	}
	win->id = SDL_GetWindowID(win->sdl);
	win->covering = covers;
	orl_window_fit(ui, win);
	if (covers)
		orl_resize_wanted(ui, win);
	orl_ui_grab(ui);
	SDL_RaiseWindow(win->sdl);
}

static void close_window(struct orl_ui *ui, struct orl_window *win)
{
	int top = 0, left = 0;
	if (ui->pointed && ui->pointed->on == win)
		ui->pointed = NULL;
	if (ui->scroll.window == win)
		ui->scroll = (struct orl_scroll){ 0 };
	orl_stage_closed(ui, win);
	win->was_open = !win->covering;
	/* A position that is asked for is that of the frame around it. */
	SDL_GetWindowPosition(win->sdl, &win->last_x, &win->last_y);
	if (SDL_GetWindowBordersSize(win->sdl, &top, &left, NULL, NULL) == 0) {
		win->last_x -= left;
		win->last_y -= top;
	}
	SDL_DestroyWindow(win->sdl);
	SDL_FreeSurface(win->converted);
	win->sdl = NULL;
	win->converted = NULL;
	win->resize_at = 0;
	win->covering = false;
}

struct orl_window *orl_ui_open(struct orl_ui *ui, int32_t w, int32_t h)
{
	struct orl_window *win = orl_ui_first(ui);
	if (!win) {
		win = &ui->windows[0];
		open_window(ui, win, w, h);
		if (!win->sdl)
			return NULL;
		SDL_SetWindowTitle(win->sdl, ui->title);
		/* As we know only now how many points so many pixels are. */
		if (orl_window_density(win) == 1)
			return win;
	}
	if (orl_window_live(ui, win))
		return win;
	if (!win->covering) {
		int old_w, old_h;
		SDL_GetWindowSize(win->sdl, &old_w, &old_h);
		orl_window_points(win, &w, &h);
		/* A picture keeps its place, if there is room for both. */
		if (!empty(ui, win)) {
			w = old_w > w ? old_w : w;
			h = old_h > h ? old_h : h;
		}
		if (w != old_w || h != old_h)
			orl_window_set_size(win, w, h);
	}
	orl_window_fit(ui, win);
	return win;
}

/* ---- displays ---- */

static void drop_last(struct orl_pane *pane)
{
	pthread_mutex_lock(&pane->pin);
	orl_picture_free(pane->last);
	pane->last = NULL;
	pthread_mutex_unlock(&pane->pin);
}

static void set_visible(struct orl_pane *pane)
{
	pthread_mutex_lock(&pane->pin);
	if (pane->screen)
		orl_remote_set_visible(
				pane->screen, pane->on && pane->on->visible);
	pthread_mutex_unlock(&pane->pin);
}

void orl_window_show(struct orl_ui *ui, struct orl_window *win, bool visible)
{
	if (win->visible == visible)
		return;
	win->visible = visible;
	win->redraw = true;
	for (int i = 0; i < ORL_SCREENS_MAX; i++)
		if (ui->panes[i].on == win)
			set_visible(&ui->panes[i]);
}

/* Take a display out of its window. */
static void leave(struct orl_ui *ui, struct orl_pane *pane)
{
	struct orl_window *win = pane->on;
	if (ui->pointed == pane)
		ui->pointed = NULL;
	pane->on = NULL;
	pane->view.width = 0;
	drop_last(pane);
	set_visible(pane);
	if (!win || !win->sdl)
		return;
	if (empty(ui, win) && orl_ui_live(ui))
		close_window(ui, win);
	else
		orl_window_fit(ui, win);
}

/* An open window without a display, or else one of its own. */
static struct orl_window *window_for(struct orl_ui *ui, struct orl_pane *pane)
{
	struct orl_window *own = &ui->windows[ui->one ? 0 : pane - ui->panes];
	struct orl_window *first = orl_ui_first(ui);
	if (ui->one)
		return first ? first : own;
	for (int i = 0; i < ORL_SCREENS_MAX; i++)
		if (ui->windows[i].sdl && empty(ui, &ui->windows[i]))
			return &ui->windows[i];
	for (int i = 0; own->sdl && i < ORL_SCREENS_MAX; i++)
		if (!ui->windows[i].sdl)
			own = &ui->windows[i];
	return own;
}

/* Make the window as large as what it shows, unless it is not ours to do. */
static void follow_size(struct orl_ui *ui, struct orl_window *win, bool centre)
{
	int w, h, old_w, old_h;
	if (win->covering)
		return;
	orl_window_best(ui, win, &w, &h);
	SDL_GetWindowSize(win->sdl, &old_w, &old_h);
	if (w == old_w && h == old_h)
		return;
	orl_window_set_size(win, w, h);
	if (centre)
		SDL_SetWindowPosition(win->sdl, SDL_WINDOWPOS_CENTERED,
				SDL_WINDOWPOS_CENTERED);
}

static void enter(struct orl_ui *ui, struct orl_pane *pane)
{
	struct orl_window *win = window_for(ui, pane);
	bool fresh = !win->sdl, question = !fresh && empty(ui, win);
	pane->on = win;
	if (fresh) {
		int w, h;
		orl_window_best(ui, win, &w, &h);
		open_window(ui, win, w, h);
		if (win->sdl && orl_window_density(win) > 1)
			follow_size(ui, win, false);
	} else {
		follow_size(ui, win, question);
	}
	if (!win->sdl) {
		pane->on = NULL;
		return;
	}
	set_visible(pane);
	if (ui->covering)
		orl_ui_cover_again(ui);
	if (question && win->covering)
		orl_resize_wanted(ui, win);
}

/*
 * The display is back where it was. The window keeps the size that the user
 * gave it, and loses the one that it had for a question.
 */
static void come_back(struct orl_ui *ui, struct orl_pane *pane)
{
	struct orl_window *win = pane->on;
	int w, h;
	SDL_GetWindowSize(win->sdl, &w, &h);
	orl_resize_again(ui, win);
	if (w == win->set_w && h == win->set_h)
		follow_size(ui, win, false);
}

static void follow_screen(struct orl_ui *ui, struct orl_pane *pane)
{
	struct oriel_rect before = pane->shown_rect;
	bool was_live = pane->live;
	pthread_mutex_lock(&ui->lock);
	pane->changed = false;
	pane->shown_rect = pane->rect;
	pane->shown_id = pane->id;
	memcpy(pane->shown_name, pane->name, sizeof(pane->shown_name));
	pthread_mutex_unlock(&ui->lock);
	pane->live = true;
	if (!pane->on && !pane->hidden)
		enter(ui, pane);
	else if (pane->on && !was_live)
		come_back(ui, pane);
	else if (pane->on &&
			(ui->one || before.width != pane->shown_rect.width ||
					before.height !=
							pane->shown_rect.height) &&
			!orl_resize_answered(pane->on))
		follow_size(ui, pane->on, false);
	if (!pane->on)
		return;
	set_titles(ui);
	orl_window_fit(ui, pane->on);
	if (was_live)
		return;
	drop_last(pane);
	orl_stage_lit(ui);
	orl_ui_grab(ui);
	if (ui->sweep_at)
		ui->sweep_at = orl_viewer_now() + SWEEP;
}

static void lose_screen(struct orl_ui *ui, struct orl_pane *pane)
{
	pthread_mutex_lock(&ui->lock);
	pane->used = false;
	pane->removed = false;
	pthread_mutex_unlock(&ui->lock);
	pane->live = false;
	if (pane->on)
		pane->on->redraw = true;
	else
		drop_last(pane);
	ui->sweep_at = orl_viewer_now() + SWEEP;
	set_titles(ui);
	orl_ui_grab(ui);
}

void orl_ui_sweep(struct orl_ui *ui)
{
	bool shown = orl_ui_live(ui);
	ui->sweep_at = 0;
	for (int i = 0; i < ORL_SCREENS_MAX; i++) {
		struct orl_pane *pane = &ui->panes[i];
		/* None of those left is shown: show them again. */
		if (!shown && pane->live && pane->hidden) {
			pane->hidden = false;
			enter(ui, pane);
			shown = true;
		}
	}
	for (int i = 0; i < ORL_SCREENS_MAX && shown; i++) {
		struct orl_pane *pane = &ui->panes[i];
		struct orl_window *win = pane->on;
		if (!win || pane->live)
			continue;
		leave(ui, pane);
		if (win->sdl)
			follow_size(ui, win, false);
	}
	set_titles(ui);
	for (int i = 0; i < ORL_SCREENS_MAX; i++)
		if (ui->windows[i].sdl)
			orl_window_paint(ui, &ui->windows[i]);
}

void orl_ui_forget(struct orl_ui *ui)
{
	for (int i = 0; i < ORL_SCREENS_MAX; i++) {
		struct orl_pane *pane = &ui->panes[i];
		if (pane->live)
			continue;
		pane->on = NULL;
		pane->hidden = false;
		drop_last(pane);
	}
	/* One is enough for a question. */
	for (int i = 0; i < ORL_SCREENS_MAX; i++) {
		struct orl_window *win = &ui->windows[i];
		if (win->sdl && win != orl_ui_first(ui) && empty(ui, win))
			close_window(ui, win);
	}
}

static void read_pane(struct orl_ui *ui, struct orl_pane *pane)
{
	struct orl_view_damaged damage;
	pthread_mutex_lock(&ui->lock);
	bool used = pane->used;
	bool removed = pane->removed, changed = pane->changed;
	damage = pane->damage;
	pane->damage.n = 0;
	pthread_mutex_unlock(&ui->lock);
	if (!used)
		return;
	if (removed) {
		lose_screen(ui, pane);
		return;
	}
	if (changed)
		follow_screen(ui, pane);
	if (damage.n)
		orl_pane_paint(ui, pane, &damage);
}

void orl_ui_read_panes(struct orl_ui *ui)
{
	for (int i = 0; i < ORL_SCREENS_MAX; i++)
		read_pane(ui, &ui->panes[i]);
	for (int i = 0; i < ORL_SCREENS_MAX; i++)
		if (ui->windows[i].sdl && ui->windows[i].redraw)
			orl_window_paint(ui, &ui->windows[i]);
	pthread_mutex_lock(&ui->lock);
	bool changed = ui->title_changed;
	ui->title_changed = false;
	pthread_mutex_unlock(&ui->lock);
	if (changed)
		set_titles(ui);
}

/* ---- what the user chooses ---- */

void orl_ui_set_one(struct orl_ui *ui, bool one)
{
	struct orl_window *first = orl_ui_first(ui);
	if (ui->one == one || !orl_ui_live(ui))
		return;
	ui->one = one;
	ui->pointed = NULL;
	for (int i = 0; i < ORL_SCREENS_MAX; i++) {
		struct orl_pane *pane = &ui->panes[i];
		pane->on = NULL;
		pane->view.width = 0;
		if (!pane->live)
			drop_last(pane);
	}
	for (int i = 0; i < ORL_SCREENS_MAX; i++)
		if (ui->windows[i].sdl && &ui->windows[i] != first)
			close_window(ui, &ui->windows[i]);
	for (int i = 0; i < ORL_SCREENS_MAX; i++)
		if (ui->panes[i].live && !ui->panes[i].hidden)
			enter(ui, &ui->panes[i]);
	set_titles(ui);
	for (int i = 0; i < ORL_SCREENS_MAX; i++)
		if (ui->windows[i].sdl) {
			orl_window_fit(ui, &ui->windows[i]);
			orl_window_paint(ui, &ui->windows[i]);
		}
	orl_ui_grab(ui);
}

void orl_ui_set_scaling(struct orl_ui *ui, enum orl_scaling scaling)
{
	ui->scaling = scaling;
	for (int i = 0; i < ORL_SCREENS_MAX; i++)
		if (ui->windows[i].sdl) {
			orl_window_fit(ui, &ui->windows[i]);
			orl_window_paint(ui, &ui->windows[i]);
		}
}

void orl_ui_choose(struct orl_ui *ui, struct orl_pane *pane, bool shown)
{
	int others = 0;
	for (int i = 0; i < ORL_SCREENS_MAX; i++)
		others += &ui->panes[i] != pane && ui->panes[i].live &&
			  !ui->panes[i].hidden;
	if (!pane->live || pane->hidden == !shown || (!shown && !others))
		return;
	pane->hidden = !shown;
	struct orl_window *win = pane->on;
	if (shown)
		enter(ui, pane);
	else
		leave(ui, pane);
	win = win ? win : pane->on;
	set_titles(ui);
	if (!win || !win->sdl)
		return;
	follow_size(ui, win, false);
	orl_window_fit(ui, win);
	orl_window_paint(ui, win);
}

struct orl_pane *orl_ui_nearest(struct orl_ui *ui, const struct orl_window *win,
		int32_t x, int32_t y)
{
	struct oriel_rect rects[ORL_SCREENS_MAX];
	struct orl_pane *panes[ORL_SCREENS_MAX];
	size_t n = 0;
	for (int i = 0; win && i < ORL_SCREENS_MAX; i++) {
		struct orl_pane *pane = &ui->panes[i];
		if (pane->on != win || !pane->live || !pane->view.width)
			continue;
		panes[n] = pane;
		rects[n++] = pane->view.place;
	}
	return n ? panes[orl_view_nearest(rects, n, x, y)] : NULL;
}

struct orl_pane *orl_ui_point(struct orl_ui *ui, Uint32 window_id, int32_t x,
		int32_t y, int32_t *picture_x, int32_t *picture_y)
{
	const struct orl_window *win = orl_ui_window(ui, window_id);
	if (win)
		orl_window_pixels(win, &x, &y);
	struct orl_pane *pane = orl_ui_nearest(ui, win, x, y);
	if (pane)
		orl_view_to_picture(&pane->view, x, y, picture_x, picture_y);
	return pane;
}
