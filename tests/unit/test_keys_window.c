/*
 * test_keys_window.c - SDL's events for pointer, wheel and fingers, given to
 * the viewer as SDL would, with a real server at the other end. The window is
 * SDL's dummy driver's.
 */
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>

#include "client/viewer/box_child_impl.h"
#include "client/viewer/ui.h"
#include "tests/box_any.h"
#include "tests/pair.h"

enum { WIDTH = 400, HEIGHT = 200 };

/* Of the program's main, which is not here. */
void orl_viewer_quit(struct orl_viewer *v)
{
	(void)v;
	fail();
}

struct desk {
	struct pair p;
	struct orl_viewer viewer;
	struct orl_ui ui;
	/* The box's process is the test, with the pair's client. */
	struct any_seen seen;
	struct orl_box_ring rings[ORL_RINGS];
	struct orl_boxed boxed;
};

/* What the viewer has said, done. */
static bool relay(struct desk *d)
{
	struct orl_box_message m;
	int file;
	while (orl_box_receive(d->boxed.socket, &m, ORL_BOX_DOWN, &file, 1) > 0)
		orl_boxed_order(&d->boxed, &m);
	return true;
}

#define DESK_UNTIL(d, condition) PAIR_UNTIL(&(d)->p, relay(d) && (condition))

static struct desk *start(int32_t window_width, int32_t window_height)
{
	struct desk *d = calloc(1, sizeof(*d));
	assert_non_null(d);
	pair_init(&d->p);
	pair_start(&d->p, 0, NULL);
	pair_display(&d->p, WIDTH, HEIGHT);
	pair_connect(&d->p);
	PAIR_UNTIL(&d->p, d->p.owner && d->p.screen);
	setenv("SDL_VIDEODRIVER", "dummy", 1);
	assert_int_equal(SDL_Init(SDL_INIT_VIDEO), 0);
	d->viewer.box = any_box(&d->seen, &d->boxed.socket, d->rings);
	d->boxed.client = d->p.client;
	atomic_store(&d->viewer.box->ready, true);
	atomic_store(&d->viewer.box->rights, ORIEL_MAY_INPUT);
	d->ui.viewer = &d->viewer;
	assert_int_equal(orl_stage_create(&d->ui), 0);
	orl_input_start(&d->ui);
	struct orl_pane *pane = &d->ui.panes[0];
	struct orl_window *win = &d->ui.windows[0];
	win->sdl = SDL_CreateWindow("", 0, 0, window_width, window_height, 0);
	assert_non_null(win->sdl);
	win->id = SDL_GetWindowID(win->sdl);
	win->width = window_width;
	win->height = window_height;
	pane->on = win;
	pane->live = true;
	pane->shown_id = oriel_screen_id(d->p.screen);
	orl_view_fit(&pane->view, ORL_SCALING_AUTO, 1, window_width,
			window_height, WIDTH, HEIGHT);
	return d;
}

static void end(struct desk *d)
{
	SDL_DestroyWindow(d->ui.windows[0].sdl);
	orl_stage_destroy(&d->ui);
	SDL_Quit();
	close(d->boxed.socket);
	orl_box_destroy(d->viewer.box);
	orl_rings_unmap(d->rings);
	pair_fini(&d->p);
	free(d);
}

static bool at(const struct desk *d, int32_t x, int32_t y, uint32_t buttons)
{
	return d->p.last_pointer.x == x && d->p.last_pointer.y == y &&
	       d->p.last_pointer.buttons == buttons;
}

static bool touched(const struct desk *d, int32_t x, int32_t y,
		enum oriel_touch_phase phase)
{
	const struct oriel_touch *t = &d->p.last_touch;
	return d->p.touches && t->x == x && t->y == y && t->phase == phase;
}

static void finger(struct desk *d, Uint32 type, int64_t id, float x, float y)
{
	const SDL_Event e = {
		.tfinger = { .type = type,
				.touchId = 77,
				.fingerId = id,
				.x = x,
				.y = y,
				.windowID = d->ui.windows[0].id }
	};
	if (!orl_stage_event(&d->ui, &e))
		assert_true(orl_input_event(&d->ui, &e));
}

static void move(struct desk *d, Uint32 which, int x, int y, int dx, int dy)
{
	const SDL_Event e = { .motion = { .type = SDL_MOUSEMOTION,
					      .windowID = d->ui.windows[0].id,
					      .which = which,
					      .x = x,
					      .y = y,
					      .xrel = dx,
					      .yrel = dy } };
	assert_true(orl_input_event(&d->ui, &e));
}

/* The window is twice as large, with the picture in its middle. */
static void fingers_are_where_the_picture_is(void **state)
{
	struct desk *d = start(800, 800);
	(void)state;
	struct oriel_rect r = d->ui.panes[0].view.place;
	assert_true(r.x > 0 || r.y > 0);
	finger(d, SDL_FINGERDOWN, INT64_MIN, 0.5F, 0.5F);
	DESK_UNTIL(d, touched(d, WIDTH / 2, HEIGHT / 2, ORIEL_TOUCH_DOWN));
	/* Beside the picture: at its edge. */
	finger(d, SDL_FINGERMOTION, INT64_MIN, 0, 0);
	DESK_UNTIL(d, touched(d, 0, 0, ORIEL_TOUCH_MOVED));
	finger(d, SDL_FINGERMOTION, INT64_MIN, 1, 1);
	DESK_UNTIL(d, touched(d, WIDTH - 1, HEIGHT - 1, ORIEL_TOUCH_MOVED));
	/* What SDL makes of it for programs without fingers. */
	move(d, SDL_TOUCH_MOUSEID, 400, 400, 0, 0);
	finger(d, SDL_FINGERUP, INT64_MIN, 1, 1);
	DESK_UNTIL(d, touched(d, WIDTH - 1, HEIGHT - 1, ORIEL_TOUCH_UP));
	/* Unknown ones, and too many. */
	finger(d, SDL_FINGERUP, 4, 0, 0);
	finger(d, SDL_FINGERMOTION, 4, 0, 0);
	for (int i = 0; i < 100; i++)
		finger(d, SDL_FINGERDOWN, i, 0.5F, 0.5F);
	DESK_UNTIL(d, touched(d, WIDTH / 2, HEIGHT / 2, ORIEL_TOUCH_DOWN));
	orl_input_let_go(&d->ui);
	DESK_UNTIL(d, touched(d, WIDTH / 2, HEIGHT / 2, ORIEL_TOUCH_UP) &&
					d->p.touches == 4 + 2 * ORL_FINGERS);
	/* Nothing of the mouse that SDL made of it. */
	assert_int_equal(d->p.last_pointer.buttons, 0);
	for (int i = 0; i < ORL_FINGERS; i++)
		assert_false(d->ui.fingers[i].down);
	end(d);
}

static void wheels_turn_by_less_than_a_notch(void **state)
{
	struct desk *d = start(WIDTH, HEIGHT);
	SDL_Event e = { .wheel = { .type = SDL_MOUSEWHEEL,
					.preciseX = -0.5F,
					.preciseY = 0.25F } };
	(void)state;
	move(d, 0, 5, 6, 1, 1);
	DESK_UNTIL(d, at(d, 5, 6, 0));
	assert_true(orl_input_event(&d->ui, &e));
	DESK_UNTIL(d, d->p.last_pointer.wheel_y == 30);
	assert_int_equal(d->p.last_pointer.wheel_x, -60);
	/* Reversed by the system here, it is so there. */
	e.wheel.direction = SDL_MOUSEWHEEL_FLIPPED;
	e.wheel.preciseY = -1;
	assert_true(orl_input_event(&d->ui, &e));
	DESK_UNTIL(d, d->p.last_pointer.wheel_y == -120);
	end(d);
}

static void a_locked_pointer_is_let_go_without_a_jump(void **state)
{
	struct desk *d = start(WIDTH, HEIGHT);
	int x, y;
	(void)state;
	SDL_WarpMouseInWindow(d->ui.windows[0].sdl, 50, 60);
	SDL_PumpEvents();
	move(d, 0, 50, 60, 1, 1);
	DESK_UNTIL(d, at(d, 50, 60, 0));
	/* Not while somebody looks elsewhere. */
	orl_input_relative(&d->ui, true);
	assert_false(d->ui.is_relative);
	d->ui.focused = true;
	orl_input_relative(&d->ui, true);
	assert_true(d->ui.is_relative);
	move(d, 0, 50, 60, -7, 3);
	DESK_UNTIL(d, at(d, -7 * 256, 3 * 256, 0));
	assert_int_equal(d->p.last_pointer.flags, ORIEL_POINTER_RELATIVE);
	orl_input_relative(&d->ui, false);
	assert_false(d->ui.is_relative);
	/* Where SDL puts it back is no motion; what follows is. */
	SDL_GetMouseState(&x, &y);
	move(d, 0, x, y, 20, 20);
	for (int i = 0; i < 20 && relay(d); i++)
		pair_step(&d->p);
	assert_true(at(d, -7 * 256, 3 * 256, 0));
	move(d, 0, x + 1, y, 1, 0);
	DESK_UNTIL(d, at(d, x + 1, y, 0));
	end(d);
}

/* Where the window has more pixels than points, as on dense displays. */
static void a_pointer_is_let_go_in_pixels(void **state)
{
	struct desk *d = start(WIDTH, HEIGHT);
	struct orl_pane *pane = &d->ui.panes[0];
	(void)state;
	d->ui.windows[0].width = 2 * WIDTH;
	d->ui.windows[0].height = 2 * HEIGHT;
	orl_view_fit(&pane->view, ORL_SCALING_AUTO, 1, 2 * WIDTH, 2 * HEIGHT,
			WIDTH, HEIGHT);
	SDL_WarpMouseInWindow(d->ui.windows[0].sdl, 150, 75);
	SDL_PumpEvents();
	d->ui.pointed = pane;
	d->ui.is_relative = true;
	orl_input_relative(&d->ui, false);
	assert_false(d->ui.is_relative);
	/* 300, 150 in the window, and the picture is in the middle of it. */
	assert_int_equal(d->ui.pointer_x, 300 - WIDTH / 2);
	assert_int_equal(d->ui.pointer_y, 150 - HEIGHT / 2);
	end(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fingers_are_where_the_picture_is),
		cmocka_unit_test(wheels_turn_by_less_than_a_notch),
		cmocka_unit_test(a_locked_pointer_is_let_go_without_a_jump),
		cmocka_unit_test(a_pointer_is_let_go_in_pixels),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
