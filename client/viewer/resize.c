/*
 * resize.c - asking the desktop for the size of its window. Only for a window
 * of one display that is not made to fit by scaling, only when it is the user
 * who changed the size, or fullscreen, and only when that has settled. A
 * desktop that answers with another size, or not at all, is not asked for the
 * same again; windows that follow a desktop do not ask it: so two viewers of
 * it never take turns.
 */
#include "client/viewer/ui.h"

#define NS_PER_MS UINT64_C(1000000)
#define SETTLED (300 * NS_PER_MS)
#define ANSWER (5000 * NS_PER_MS)   /* it comes until then */
#define REACTION (1000 * NS_PER_MS) /* a window manager's, to our own size */

static bool allowed(const struct orl_ui *ui)
{
	const struct orl_viewer_options *o = &ui->viewer->options;
	if (o->resize == ORL_RESIZE_NO ||
			(o->kiosk && o->resize != ORL_RESIZE_YES))
		return false;
	return (ui->scaling == ORL_SCALING_AUTO ||
			       ui->scaling == ORL_SCALING_ONE) &&
	       atomic_load(&ui->rights) & ORIEL_MAY_RESIZE;
}

/* The only display of a window, or NULL. */
static struct orl_pane *only(struct orl_ui *ui, const struct orl_window *win)
{
	struct orl_pane *found = NULL;
	for (int i = 0; i < ORL_SCREENS_MAX; i++) {
		struct orl_pane *pane = &ui->panes[i];
		if (pane->on != win || !pane->live)
			continue;
		if (found)
			return NULL;
		found = pane;
	}
	return found;
}

void orl_resize_wanted(struct orl_ui *ui, struct orl_window *win)
{
	if (ui->viewer->options.resize != ORL_RESIZE_NO)
		win->resize_at = orl_viewer_now() + SETTLED;
}

void orl_resize_again(struct orl_ui *ui, struct orl_window *win)
{
	if (!win->covering && !win->asked_w)
		return;
	win->asked_w = win->asked_h = 0;
	orl_resize_wanted(ui, win);
}

void orl_resize_changed(struct orl_ui *ui, struct orl_window *win)
{
	int w, h;
	SDL_GetWindowSize(win->sdl, &w, &h);
	if (!win->covering) {
		if (w == win->set_w && h == win->set_h)
			return;
		if (orl_viewer_now() < win->set_at + REACTION) {
			win->set_w = w;
			win->set_h = h;
			return;
		}
		/* From now on that size would be the user's as well. */
		win->set_w = win->set_h = 0;
	}
	orl_resize_wanted(ui, win);
}

bool orl_resize_answered(struct orl_window *win)
{
	bool ours = win->asked_at && orl_viewer_now() < win->asked_at + ANSWER;
	win->asked_at = 0;
	/* By itself: what we wanted once may be wanted again. */
	if (!ours)
		win->asked_w = win->asked_h = 0;
	return ours;
}

uint64_t orl_resize_next(const struct orl_ui *ui)
{
	uint64_t next = 0;
	for (int i = 0; i < ORL_SCREENS_MAX; i++) {
		uint64_t at = ui->windows[i].resize_at;
		if (at && (!next || at < next))
			next = at;
	}
	return next;
}

static void ask(struct orl_ui *ui, struct orl_window *win, uint64_t now)
{
	struct orl_pane *pane = only(ui, win);
	int32_t one = ui->scaling == ORL_SCALING_AUTO ? orl_window_density(win)
						      : 1;
	int32_t w = win->width / one, h = win->height / one;
	if (!win->sdl || !pane || !allowed(ui) || w < 1 || h < 1)
		return;
	if (w == win->asked_w && h == win->asked_h)
		return;
	win->asked_w = w;
	win->asked_h = h;
	if (w == pane->shown_rect.width && h == pane->shown_rect.height)
		return;
	win->asked_at = now;
	pthread_mutex_lock(&ui->lock);
	pane->want_w = w;
	pane->want_h = h;
	pthread_mutex_unlock(&ui->lock);
	atomic_store(&ui->wanting, true);
	orl_box_wake(ui->viewer->box);
}

void orl_resize_tick(struct orl_ui *ui, uint64_t now)
{
	for (int i = 0; i < ORL_SCREENS_MAX; i++) {
		struct orl_window *win = &ui->windows[i];
		if (!win->resize_at || now < win->resize_at)
			continue;
		win->resize_at = 0;
		ask(ui, win, now);
	}
}
