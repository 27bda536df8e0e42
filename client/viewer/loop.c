/*
 * loop.c - the loop of the main thread. It sleeps in SDL_WaitEvent: a still
 * desktop costs nothing. SDL can be woken there only while it has a window,
 * so before the first and after the last it sleeps on a condition.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "client/viewer/clipboard.h"
#include "client/viewer/ui.h"

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

static void read_notes(struct orl_ui *ui)
{
	/* First, so that a note left meanwhile wakes again. */
	atomic_store(&ui->woken, false);
	orl_ui_read_panes(ui);
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

static void on_window(struct orl_ui *ui, const SDL_WindowEvent *e)
{
	struct orl_window *win = orl_ui_window(ui, e->windowID);
	if (!win)
		return;
	switch (e->event) {
	case SDL_WINDOWEVENT_CLOSE:
		if (!ui->viewer->options.kiosk)
			orl_viewer_quit(ui->viewer);
		return;
	case SDL_WINDOWEVENT_HIDDEN:
	case SDL_WINDOWEVENT_MINIMIZED:
		orl_window_show(ui, win, false);
		return;
	case SDL_WINDOWEVENT_SHOWN:
	case SDL_WINDOWEVENT_RESTORED:
		orl_window_show(ui, win, true);
		break;
	case SDL_WINDOWEVENT_SIZE_CHANGED:
		orl_window_fit(ui, win);
		orl_stage_resized(ui, win);
		orl_resize_changed(ui, win);
		break;
	case SDL_WINDOWEVENT_EXPOSED:
		win->redraw = true;
		break;
	default:
		return;
	}
	orl_window_paint(ui, win);
}

static void handle(struct orl_ui *ui, const SDL_Event *e)
{
	orl_scroll_watch(ui, e);
	orl_deck_watch(ui->viewer->deck, e);
	if (orl_stage_event(ui, e))
		return;
	if (orl_input_event(ui, e)) {
		orl_cursor_follow(ui);
		return;
	}
	if (e->type == ui->wake_event)
		read_notes(ui);
	else if (e->type == SDL_WINDOWEVENT)
		on_window(ui, &e->window);
	else if (e->type == SDL_DISPLAYEVENT)
		orl_ui_cover_again(ui);
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

static uint64_t sooner(uint64_t a, uint64_t b)
{
	return b && b < a ? b : a;
}

static uint64_t next_tick(const struct orl_ui *ui)
{
	uint64_t next = orl_stage_next(ui);
	next = sooner(next, orl_resize_next(ui));
	next = sooner(next, ui->sweep_at);
	return sooner(next, ui->scroll.at);
}

static void tick(struct orl_ui *ui, uint64_t now)
{
	orl_stage_tick(ui, now);
	orl_resize_tick(ui, now);
	orl_scroll_tick(ui, now);
	if (ui->sweep_at && now >= ui->sweep_at)
		orl_ui_sweep(ui);
}

static void say_draws(const struct orl_ui *ui)
{
	if (!ui->viewer->options.verbose || !ui->draws || !ui->draw_pixels)
		return;
	orl_viewer_say("%llu draws, %.3f ms each, %.2f ns a pixel",
			(unsigned long long)ui->draws,
			(double)ui->draw_time / 1e6 / (double)ui->draws,
			(double)ui->draw_time / (double)ui->draw_pixels);
}

void orl_ui_run(struct orl_ui *ui)
{
	SDL_Event e;
	while (!atomic_load(&ui->done)) {
		uint64_t next = next_tick(ui);
		if (!orl_ui_first(ui))
			wait_without_window(ui, next);
		else if (wait_for_event(&e, next))
			handle(ui, &e);
		if (next != UINT64_MAX)
			tick(ui, orl_viewer_now());
	}
	say_draws(ui);
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
	/* There SDL has no other way to show a surface. */
	if (strcmp(driver, "wayland") == 0)
		SDL_SetHint(SDL_HINT_FRAMEBUFFER_ACCELERATION, "1");
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
	ui->one = v->options.one_window;
	ui->scaling = v->options.scaling;
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
		SDL_FreeSurface(ui->windows[i].converted);
		SDL_FreeSurface(ui->panes[i].badge);
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
