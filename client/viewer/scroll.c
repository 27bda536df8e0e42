/*
 * scroll.c - a picture larger than its window is scrolled by the pointer: it
 * moves while that rests near an edge beyond which there is more, the faster
 * the nearer.
 */
#include "client/viewer/ui.h"

enum {
	ZONE = 28,   /* points at the edge */
	SLOWEST = 2, /* points a step */
	STEP_MS = 16,
};

#define NS_PER_MS UINT64_C(1000000)

/* Points to scroll by, of a pointer at `at` of `all`. */
static int32_t speed(int32_t at, int32_t all)
{
	int32_t zone = ZONE < all / 4 ? ZONE : all / 4;
	if (at < zone)
		return at < 0 ? -zone - SLOWEST : at - zone - SLOWEST;
	if (at >= all - zone) {
		int32_t rest = all - 1 - at;
		return rest < 0 ? zone + SLOWEST : zone - rest + SLOWEST;
	}
	return 0;
}

/* Whether there is more of the picture in that direction. */
static bool more(int32_t by, int32_t place, int32_t size, int32_t window)
{
	return size > window &&
	       (by < 0 ? place < 0 : by > 0 && place + size > window);
}

static void on_motion(struct orl_ui *ui, const SDL_MouseMotionEvent *e)
{
	struct orl_window *win = orl_ui_window(ui, e->windowID);
	const struct oriel_rect *p;
	int32_t x, y;
	int w, h;
	if (!win || ui->is_relative || orl_stage_modal(ui) ||
			!orl_window_live(ui, win)) {
		ui->scroll = (struct orl_scroll){ 0 };
		return;
	}
	p = &win->view.place;
	SDL_GetWindowSize(win->sdl, &w, &h);
	x = speed(e->x, w);
	y = speed(e->y, h);
	orl_window_pixels(win, &x, &y);
	if (!more(x, p->x, p->width, win->width))
		x = 0;
	if (!more(y, p->y, p->height, win->height))
		y = 0;
	if (!x && !y) {
		ui->scroll = (struct orl_scroll){ 0 };
		return;
	}
	ui->scroll.window = win;
	ui->scroll.x = x;
	ui->scroll.y = y;
	if (!ui->scroll.at)
		ui->scroll.at = orl_viewer_now() + STEP_MS * NS_PER_MS;
}

void orl_scroll_watch(struct orl_ui *ui, const SDL_Event *e)
{
	if (e->type == SDL_MOUSEMOTION)
		on_motion(ui, &e->motion);
	else if (e->type == SDL_WINDOWEVENT &&
			(e->window.event == SDL_WINDOWEVENT_FOCUS_LOST ||
					(e->window.event == SDL_WINDOWEVENT_LEAVE &&
							!ui->buttons)))
		ui->scroll = (struct orl_scroll){ 0 };
}

static void scroll_to(
		struct orl_ui *ui, struct orl_window *win, int32_t x, int32_t y)
{
	win->scroll_x = x;
	win->scroll_y = y;
	orl_window_fit(ui, win);
	orl_window_paint(ui, win);
}

/* Where the pointer is now is another place of the desktop. */
static void move_again(struct orl_ui *ui, const struct orl_window *win)
{
	SDL_Event e = { .motion = { .type = SDL_MOUSEMOTION,
					.windowID = win->id } };
	int x, y, left, top;
	SDL_GetGlobalMouseState(&x, &y);
	SDL_GetWindowPosition(win->sdl, &left, &top);
	e.motion.x = x - left;
	e.motion.y = y - top;
	orl_scroll_watch(ui, &e);
	orl_input_event(ui, &e);
}

void orl_scroll_tick(struct orl_ui *ui, uint64_t now)
{
	struct orl_scroll *s = &ui->scroll;
	struct orl_window *win = s->window;
	if (!s->at || now < s->at)
		return;
	s->at = 0;
	if (!win || !win->sdl || orl_stage_modal(ui)) {
		*s = (struct orl_scroll){ 0 };
		return;
	}
	scroll_to(ui, win, s->x - win->view.place.x, s->y - win->view.place.y);
	move_again(ui, win);
}

void orl_scroll_reveal(struct orl_ui *ui, struct orl_window *win,
		int32_t window_x, int32_t window_y)
{
	int32_t x = -win->view.place.x, y = -win->view.place.y;
	if (window_x < 0)
		x += window_x;
	if (window_x >= win->width)
		x += window_x - win->width + 1;
	if (window_y < 0)
		y += window_y;
	if (window_y >= win->height)
		y += window_y - win->height + 1;
	if (x != -win->view.place.x || y != -win->view.place.y)
		scroll_to(ui, win, x, y);
}
