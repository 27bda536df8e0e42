/*
 * window.c - windows, one for each display of the server, and the loop of the
 * main thread. It sleeps in SDL_WaitEvent: a still desktop costs nothing.
 * SDL can be woken there only while it has a window, so before the first and
 * after the last it sleeps on a condition.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "client/viewer/ui.h"

struct orl_pane *orl_ui_first(struct orl_ui *ui)
{
	for (int i = 0; i < ORL_SCREENS_MAX; i++)
		if (ui->panes[i].window)
			return &ui->panes[i];
	return NULL;
}

struct orl_pane *orl_ui_pane(struct orl_ui *ui, Uint32 window_id)
{
	for (int i = 0; i < ORL_SCREENS_MAX; i++)
		if (ui->panes[i].window && ui->panes[i].window_id == window_id)
			return &ui->panes[i];
	return NULL;
}

/* Behind the title: why keys have no effect. The lock is held. */
static void say_holder(struct orl_ui *ui, char *out, size_t size)
{
	out[0] = '\0';
	if (!orl_ui_first(ui) || !orl_ui_first(ui)->live)
		return;
	if (!ui->may_input)
		snprintf(out, size, " (watching)");
	else if (!ui->holds_input && ui->holder[0])
		snprintf(out, size, " (%s has the keyboard)", ui->holder);
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
		windows += ui->panes[i].window != NULL;
	for (int i = 0; i < ORL_SCREENS_MAX; i++) {
		struct orl_pane *pane = &ui->panes[i];
		if (!pane->window)
			continue;
		if (windows > 1 && pane->shown_name[0])
			snprintf(text, sizeof(text), "%s - %s%s", title,
					pane->shown_name, holder);
		else
			snprintf(text, sizeof(text), "%s%s", title, holder);
		SDL_SetWindowTitle(pane->window, text);
	}
}

/* The display of ours for the server's nth: each its own, if there are. */
static int display_for(const struct orl_ui *ui, const struct orl_pane *pane)
{
	int n = SDL_GetNumVideoDisplays();
	int index = (int)(pane - ui->panes);
	return n > 0 ? index % n : 0;
}

/* As large as the picture, if that fits. */
static void fit_window(const struct orl_ui *ui, const struct orl_pane *pane,
		int *w, int *h)
{
	SDL_Rect space;
	*w = pane->shown_rect.width;
	*h = pane->shown_rect.height;
	if (SDL_GetDisplayUsableBounds(display_for(ui, pane), &space) == 0) {
		struct orl_view fit;
		orl_view_fit(&fit, space.w, space.h, *w, *h);
		*w = fit.place.width;
		*h = fit.place.height;
	}
}

static void open_window(struct orl_ui *ui, struct orl_pane *pane)
{
	SDL_Rect space = { 0, 0, pane->shown_rect.width,
		pane->shown_rect.height };
	int display = display_for(ui, pane);
	int x = (int)SDL_WINDOWPOS_UNDEFINED_DISPLAY((Uint32)display), y = x;
	int w, h;
	Uint32 flags = SDL_WINDOW_RESIZABLE;
	fit_window(ui, pane, &w, &h);
	if (ui->covering) {
		SDL_GetDisplayBounds(display, &space);
		flags = SDL_WINDOW_BORDERLESS | SDL_WINDOW_FULLSCREEN_DESKTOP;
		x = space.x;
		y = space.y;
		w = space.w;
		h = space.h;
	}
	pane->window = SDL_CreateWindow("Oriel", x, y, w, h, flags);
	if (!pane->window) {
		orl_viewer_say("cannot open a window: %s", SDL_GetError());
		orl_viewer_quit(ui->viewer);
		return;
	}
	pane->window_id = SDL_GetWindowID(pane->window);
	pane->visible = true;
	orl_ui_grab(ui);
	SDL_RaiseWindow(pane->window);
}

void orl_ui_grab(struct orl_ui *ui)
{
	bool kiosk = ui->viewer->options.kiosk;
	bool grab = kiosk || (ui->covering && !orl_stage_modal(ui));
	for (int i = 0; i < ORL_SCREENS_MAX; i++)
		if (ui->panes[i].window)
			SDL_SetWindowKeyboardGrab(ui->panes[i].window,
					grab && (kiosk || ui->panes[i].live)
							? SDL_TRUE
							: SDL_FALSE);
}

void orl_ui_cover(struct orl_ui *ui, bool covering)
{
	ui->covering = covering;
	for (int i = 0; i < ORL_SCREENS_MAX; i++) {
		struct orl_pane *pane = &ui->panes[i];
		int w, h;
		if (!pane->window)
			continue;
		SDL_SetWindowFullscreen(pane->window,
				covering ? SDL_WINDOW_FULLSCREEN_DESKTOP : 0);
		if (covering)
			continue;
		SDL_SetWindowBordered(pane->window, SDL_TRUE);
		fit_window(ui, pane, &w, &h);
		SDL_SetWindowSize(pane->window, w, h);
	}
	orl_ui_grab(ui);
}

void orl_ui_forget(struct orl_ui *ui)
{
	for (int i = 0; i < ORL_SCREENS_MAX; i++) {
		struct orl_pane *pane = &ui->panes[i];
		pthread_mutex_lock(&pane->pin);
		orl_picture_free(pane->last);
		pane->last = NULL;
		pthread_mutex_unlock(&pane->pin);
	}
}

struct orl_pane *orl_ui_open(struct orl_ui *ui, int32_t w, int32_t h)
{
	struct orl_pane *pane = orl_ui_first(ui);
	bool fresh = !pane;
	if (fresh)
		pane = &ui->panes[0];
	if (pane->live)
		return pane;
	pthread_mutex_lock(&pane->pin);
	bool empty = !pane->last;
	pthread_mutex_unlock(&pane->pin);
	if (empty)
		pane->shown_rect = (struct oriel_rect){ 0, 0, w, h };
	if (fresh) {
		open_window(ui, pane);
		if (pane->window)
			SDL_SetWindowTitle(pane->window, ui->title);
	} else if (!ui->covering) {
		int old_w, old_h;
		SDL_GetWindowSize(pane->window, &old_w, &old_h);
		/* A picture keeps its place, if there is room for both. */
		if (!empty) {
			w = old_w > w ? old_w : w;
			h = old_h > h ? old_h : h;
		}
		if (w != old_w || h != old_h)
			SDL_SetWindowSize(pane->window, w, h);
	}
	if (!pane->window)
		return NULL;
	orl_pane_fit(pane);
	return pane;
}

static void close_window(struct orl_ui *ui, struct orl_pane *pane)
{
	if (ui->pointed == pane)
		ui->pointed = NULL;
	orl_stage_moved(ui, pane, NULL);
	if (pane->window)
		SDL_DestroyWindow(pane->window);
	SDL_FreeSurface(pane->converted);
	pane->window = NULL;
	pane->converted = NULL;
	pane->view.width = 0;
	pane->live = false;
}

/* A window that is left over, or shows a question, becomes this pane's. */
static void take_over(struct orl_ui *ui, struct orl_pane *pane)
{
	for (int i = 0; i < ORL_SCREENS_MAX; i++) {
		struct orl_pane *from = &ui->panes[i];
		if (!from->window || from->live || pane->window)
			continue;
		pane->window = from->window;
		pane->window_id = from->window_id;
		pane->converted = from->converted;
		pane->visible = from->visible;
		from->window = NULL;
		from->converted = NULL;
		orl_stage_moved(ui, from, pane);
	}
}

/* It showed questions, and now a display. */
static void become_live(struct orl_ui *ui, struct orl_pane *pane)
{
	int w, h, old_w, old_h;
	if (ui->covering)
		return;
	fit_window(ui, pane, &w, &h);
	SDL_GetWindowSize(pane->window, &old_w, &old_h);
	if (w == old_w && h == old_h)
		return;
	SDL_SetWindowSize(pane->window, w, h);
	SDL_SetWindowPosition(pane->window, SDL_WINDOWPOS_CENTERED,
			SDL_WINDOWPOS_CENTERED);
}

static void follow_screen(struct orl_ui *ui, struct orl_pane *pane)
{
	struct oriel_rect before = pane->shown_rect;
	pthread_mutex_lock(&ui->lock);
	pane->changed = false;
	pane->shown_rect = pane->rect;
	pane->shown_id = pane->id;
	memcpy(pane->shown_name, pane->name, sizeof(pane->shown_name));
	pthread_mutex_unlock(&ui->lock);
	bool was_live = pane->live;
	take_over(ui, pane);
	if (!pane->window)
		open_window(ui, pane);
	else if (!was_live)
		become_live(ui, pane);
	else if (!ui->covering &&
			(before.width != pane->shown_rect.width ||
					before.height !=
							pane->shown_rect.height))
		SDL_SetWindowSize(pane->window, pane->shown_rect.width,
				pane->shown_rect.height);
	if (!pane->window)
		return;
	pane->live = true;
	set_titles(ui);
	orl_pane_fit(pane);
	if (was_live)
		return;
	pthread_mutex_lock(&pane->pin);
	orl_picture_free(pane->last);
	pane->last = NULL;
	pthread_mutex_unlock(&pane->pin);
	orl_stage_lit(ui);
	orl_ui_grab(ui);
}

/* False: it was the last, and stays open without a display. */
static bool others_live(struct orl_ui *ui, const struct orl_pane *pane)
{
	for (int i = 0; i < ORL_SCREENS_MAX; i++)
		if (&ui->panes[i] != pane && ui->panes[i].live)
			return true;
	return false;
}

static void lose_screen(struct orl_ui *ui, struct orl_pane *pane)
{
	if (others_live(ui, pane)) {
		close_window(ui, pane);
		set_titles(ui);
	} else {
		pane->live = false;
		set_titles(ui);
		orl_ui_grab(ui);
	}
	pthread_mutex_lock(&ui->lock);
	pane->used = false;
	pane->removed = false;
	pthread_mutex_unlock(&ui->lock);
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
	if (pane->window && (damage.n || pane->redraw))
		orl_pane_paint(ui, pane, damage);
}

static void read_cursor(struct orl_ui *ui)
{
	pthread_mutex_lock(&ui->lock);
	bool changed = ui->cursor_changed;
	ui->cursor_changed = false;
	if (changed && ui->cursor_hidden)
		orl_cursor_hide(ui);
	else if (changed)
		orl_cursor_set(ui, ui->cursor, ui->cursor_width,
				ui->cursor_height, ui->hot_x, ui->hot_y);
	pthread_mutex_unlock(&ui->lock);
	if (changed)
		orl_stage_cursor(ui);
}

static void read_title(struct orl_ui *ui)
{
	pthread_mutex_lock(&ui->lock);
	bool changed = ui->title_changed;
	ui->title_changed = false;
	pthread_mutex_unlock(&ui->lock);
	if (changed)
		set_titles(ui);
}

static void read_notes(struct orl_ui *ui)
{
	/* First, so that a note left meanwhile wakes again. */
	atomic_store(&ui->woken, false);
	for (int i = 0; i < ORL_SCREENS_MAX; i++)
		read_pane(ui, &ui->panes[i]);
	read_title(ui);
	orl_stage_read_notes(ui);
	read_cursor(ui);
	pthread_mutex_lock(&ui->lock);
	bool relative = ui->relative, warped = ui->warped;
	bool granted = ui->granted;
	struct orl_pane *pane = ui->warp_pane;
	int32_t x = ui->warp_x, y = ui->warp_y;
	ui->warped = false;
	ui->granted = false;
	pthread_mutex_unlock(&ui->lock);
	if (granted)
		orl_input_locks(ui, true);
	orl_input_relative(ui, relative);
	if (warped && pane)
		orl_input_warp(ui, pane, x, y);
}

/* A window that nobody can see asks for no pictures. */
static void set_visible(struct orl_pane *pane, bool visible)
{
	if (pane->visible == visible)
		return;
	pane->visible = visible;
	pane->redraw = true;
	pthread_mutex_lock(&pane->pin);
	if (pane->screen)
		oriel_screen_set_visible(pane->screen, visible);
	pthread_mutex_unlock(&pane->pin);
}

static void on_window(struct orl_ui *ui, const SDL_WindowEvent *e)
{
	struct orl_view_damaged none = { .n = 0 };
	struct orl_pane *pane = orl_ui_pane(ui, e->windowID);
	if (!pane)
		return;
	switch (e->event) {
	case SDL_WINDOWEVENT_CLOSE:
		if (!ui->viewer->options.kiosk)
			orl_viewer_quit(ui->viewer);
		return;
	case SDL_WINDOWEVENT_HIDDEN:
	case SDL_WINDOWEVENT_MINIMIZED:
		set_visible(pane, false);
		return;
	case SDL_WINDOWEVENT_SHOWN:
	case SDL_WINDOWEVENT_RESTORED:
		set_visible(pane, true);
		break;
	case SDL_WINDOWEVENT_SIZE_CHANGED:
		orl_pane_fit(pane);
		orl_stage_resized(ui, pane);
		break;
	case SDL_WINDOWEVENT_EXPOSED:
		pane->redraw = true;
		break;
	default:
		return;
	}
	orl_pane_paint(ui, pane, none);
}

static void handle(struct orl_ui *ui, const SDL_Event *e)
{
	if (orl_stage_event(ui, e) || orl_input_event(ui, e))
		return;
	if (e->type == ui->wake_event)
		read_notes(ui);
	else if (e->type == SDL_WINDOWEVENT)
		on_window(ui, &e->window);
	else if (e->type == SDL_QUIT && !ui->viewer->options.kiosk)
		orl_viewer_quit(ui->viewer);
}

static void wait_without_window(struct orl_ui *ui, uint64_t until)
{
	const struct timespec at = { (time_t)(until / 1000000000),
		(long)(until % 1000000000) };
	int err = 0;
	pthread_mutex_lock(&ui->lock);
	while (!err && !atomic_load(&ui->woken) && !atomic_load(&ui->done)) {
		if (until == UINT64_MAX)
			pthread_cond_wait(&ui->work, &ui->lock);
		else
			err = pthread_cond_timedwait(&ui->work, &ui->lock, &at);
	}
	pthread_mutex_unlock(&ui->lock);
	read_notes(ui);
}

static bool wait_for_event(SDL_Event *e, uint64_t until)
{
	uint64_t now;
	if (until == UINT64_MAX)
		return SDL_WaitEvent(e);
	now = orl_viewer_now();
	return SDL_WaitEventTimeout(e,
			until <= now ? 0 : (int)((until - now) / 1000000) + 1);
}

void orl_ui_run(struct orl_ui *ui)
{
	SDL_Event e;
	while (!atomic_load(&ui->done)) {
		uint64_t next = orl_stage_next(ui);
		if (!orl_ui_first(ui))
			wait_without_window(ui, next);
		else if (wait_for_event(&e, next))
			handle(ui, &e);
		if (next != UINT64_MAX)
			orl_stage_tick(ui, orl_viewer_now());
	}
	if (ui->viewer->options.verbose && ui->draws)
		orl_viewer_say("%llu draws, %.3f ms each",
				(unsigned long long)ui->draws,
				(double)ui->draw_time / 1e6 /
						(double)ui->draws);
}

static void set_hints(void)
{
	SDL_SetHint(SDL_HINT_NO_SIGNAL_HANDLERS, "1");
	SDL_SetHint(SDL_HINT_FRAMEBUFFER_ACCELERATION, "0");
	SDL_SetHint(SDL_HINT_VIDEO_ALLOW_SCREENSAVER, "1");
	SDL_SetHint(SDL_HINT_VIDEO_MINIMIZE_ON_FOCUS_LOSS, "0");
	SDL_SetHint(SDL_HINT_VIDEO_X11_NET_WM_BYPASS_COMPOSITOR, "0");
	/* The click that gives the window the focus is meant as a click. */
	SDL_SetHint(SDL_HINT_MOUSE_FOCUS_CLICKTHROUGH, "1");
	/* SDL hides a window that has the whole keyboard for it. */
	SDL_SetHint(SDL_HINT_ALLOW_ALT_TAB_WHILE_GRABBED, "0");
	/* Input methods show what they are about to write themselves. */
	SDL_SetHint(SDL_HINT_IME_INTERNAL_EDITING, "1");
	SDL_SetHint(SDL_HINT_IME_SHOW_UI, "1");
}

/* Where there is no display SDL may draw into nothing, if it can. */
static bool open_video(const struct orl_viewer *v)
{
	bool asked = SDL_getenv("SDL_VIDEODRIVER") != NULL;
	int err = SDL_Init(SDL_INIT_VIDEO);
	const char *driver = err ? "" : SDL_GetCurrentVideoDriver();
	if (!err && (asked || (strcmp(driver, "offscreen") != 0 &&
					      strcmp(driver, "dummy") != 0)))
		return true;
	if (v->options.ask)
		orl_viewer_say("which desktop? Give oriel://HOST or an .oriel "
			       "file; see oriel-view --help");
	else
		orl_viewer_say("there is no display to open a window on (%s); "
			       "set DISPLAY, or use --headless",
				err ? SDL_GetError() : driver);
	SDL_Quit();
	return false;
}

int orl_ui_create(struct orl_ui **out, struct orl_viewer *v)
{
	struct orl_ui *ui = calloc(1, sizeof(*ui));
	if (!ui)
		return ORIEL_ENOMEM;
	set_hints();
	if (orl_stage_create(ui) != 0 || pipe(ui->answer_pipe) != 0 ||
			!open_video(v)) {
		orl_stage_destroy(ui);
		free(ui);
		return ORIEL_ENOTSUP;
	}
	ui->viewer = v;
	ui->covering = v->options.fullscreen || v->options.kiosk;
	ui->wake_event = SDL_RegisterEvents(1);
	pthread_condattr_t monotonic;
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_mutex_init(&ui->lock, NULL);
	pthread_cond_init(&ui->work, &monotonic);
	pthread_condattr_destroy(&monotonic);
	for (int i = 0; i < ORL_SCREENS_MAX; i++)
		pthread_mutex_init(&ui->panes[i].pin, NULL);
	snprintf(ui->title, sizeof(ui->title), "%s",
			v->options.title[0] ? v->options.title : "Oriel");
	orl_input_start(ui);
	*out = ui;
	return 0;
}

/*
 * SDL is left as it is, and the end of the process closes its windows. What
 * wakes SDL on X11 is a message to a window, sent through a connection of its
 * own: one that is still under way when its window goes is an error, which
 * SDL_Quit() would find there, and Xlib would end the program for it.
 */
void orl_ui_destroy(struct orl_ui *ui)
{
	if (!ui)
		return;
	for (int i = 0; i < ORL_SCREENS_MAX; i++) {
		SDL_FreeSurface(ui->panes[i].converted);
		orl_picture_free(ui->panes[i].last);
		pthread_mutex_destroy(&ui->panes[i].pin);
	}
	orl_cursor_fini(ui);
	orl_stage_destroy(ui);
	close(ui->answer_pipe[0]);
	close(ui->answer_pipe[1]);
	pthread_cond_destroy(&ui->work);
	pthread_mutex_destroy(&ui->lock);
	free(ui);
}
