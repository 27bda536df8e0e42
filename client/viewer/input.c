/*
 * input.c - keyboard, pointer and wheel, from SDL's events to the wire's.
 * Positions are the desktop's pixels; a drag that leaves the window goes on
 * at its edge.
 */
#include "client/viewer/ui.h"

/* Input before login, or without the right to it, is nobody's mistake. */
static void check(int err)
{
	if (err && err != ORIEL_ESTATE && err != ORIEL_EDENIED)
		orl_viewer_say("input was not sent: %s", oriel_strerror(err));
}

void orl_input_locks(struct orl_ui *ui, bool again)
{
	uint32_t locks = orl_locks_of((uint32_t)SDL_GetModState());
	if (!again && ui->locks_known && locks == ui->locks)
		return;
	ui->locks = locks;
	ui->locks_known = true;
	oriel_client_set_locks(ui->viewer->client, locks);
}

static void on_key(struct orl_ui *ui, const SDL_KeyboardEvent *e)
{
	const struct oriel_key key = {
		.usage = orl_key_usage((int)e->keysym.scancode),
		.down = e->type == SDL_KEYDOWN,
		.keysym = orl_key_keysym(e->keysym.sym),
	};
	orl_text_rule_key(&ui->text_rule, key.down && key.usage);
	/* The desktop repeats keys itself. */
	if (key.usage && !e->repeat)
		check(oriel_client_key(ui->viewer->client, &key));
	orl_input_locks(ui, false);
}

static void on_text(struct orl_ui *ui, const SDL_TextInputEvent *e)
{
	if (e->text[0] && orl_text_rule_text(&ui->text_rule))
		check(oriel_client_text(ui->viewer->client, e->text));
}

static void send_pointer(struct orl_ui *ui, uint32_t flags, int32_t x,
		int32_t y, int16_t wheel_x, int16_t wheel_y)
{
	const struct oriel_pointer pointer = {
		.display = ui->pointed->shown_id,
		.flags = flags,
		.x = x,
		.y = y,
		.buttons = ui->buttons,
		.wheel_x = wheel_x,
		.wheel_y = wheel_y,
	};
	check(oriel_client_pointer(ui->viewer->client, &pointer));
}

/* Where it was: for what has no motion of its own. */
static void send_still(struct orl_ui *ui, int16_t wheel_x, int16_t wheel_y)
{
	if (!ui->pointed)
		return;
	if (ui->is_relative)
		send_pointer(ui, ORIEL_POINTER_RELATIVE, 0, 0, wheel_x,
				wheel_y);
	else
		send_pointer(ui, 0, ui->pointer_x, ui->pointer_y, wheel_x,
				wheel_y);
}

static bool point(struct orl_ui *ui, Uint32 window, int32_t x, int32_t y)
{
	struct orl_pane *pane = orl_ui_point(
			ui, window, x, y, &ui->pointer_x, &ui->pointer_y);
	if (pane)
		ui->pointed = pane;
	return pane != NULL;
}

static void on_motion(struct orl_ui *ui, const SDL_MouseMotionEvent *e)
{
	int32_t x = ui->pointer_x, y = ui->pointer_y;
	struct orl_pane *before = ui->pointed;
	if (!point(ui, e->windowID, e->x, e->y))
		return;
	if (ui->is_relative)
		send_pointer(ui, ORIEL_POINTER_RELATIVE, e->xrel * 256,
				e->yrel * 256, 0, 0);
	/* So that moving the pointer where the desktop wants it ends there. */
	else if (before != ui->pointed || x != ui->pointer_x ||
			y != ui->pointer_y)
		send_pointer(ui, 0, ui->pointer_x, ui->pointer_y, 0, 0);
}

static void on_button(struct orl_ui *ui, const SDL_MouseButtonEvent *e)
{
	uint32_t bit = orl_button_bit(e->button);
	if (!bit)
		return;
	if (!ui->is_relative && !point(ui, e->windowID, e->x, e->y))
		return;
	if (e->state == SDL_PRESSED)
		ui->buttons |= bit;
	else
		ui->buttons &= ~bit;
	send_still(ui, 0, 0);
}

static void on_wheel(struct orl_ui *ui, const SDL_MouseWheelEvent *e)
{
	int16_t x, y;
	orl_wheel_turn(&ui->wheel, e->preciseX, e->preciseY, &x, &y);
	if (x || y)
		send_still(ui, x, y);
}

static void on_focus(struct orl_ui *ui, bool focused)
{
	ui->focused = focused;
	ui->text_rule.after_key = false;
	if (focused) {
		orl_input_locks(ui, true);
	} else {
		ui->buttons = 0;
		oriel_client_release_all(ui->viewer->client);
	}
	orl_input_relative(ui, ui->relative_wanted);
}

/* Only while focused: who looks elsewhere needs the pointer there. */
void orl_input_relative(struct orl_ui *ui, bool relative)
{
	ui->relative_wanted = relative;
	relative = relative && ui->focused && !orl_stage_modal(ui);
	if (relative == ui->is_relative)
		return;
	if (SDL_SetRelativeMouseMode(relative ? SDL_TRUE : SDL_FALSE) == 0)
		ui->is_relative = relative;
}

void orl_input_warp(
		struct orl_ui *ui, struct orl_pane *pane, int32_t x, int32_t y)
{
	int32_t window_x, window_y;
	if (!pane->on || !pane->on->sdl || !pane->view.width ||
			ui->is_relative || SDL_GetMouseFocus() != pane->on->sdl)
		return;
	ui->pointed = pane;
	orl_view_from_picture(&pane->view, x, y, &window_x, &window_y);
	orl_scroll_reveal(ui, pane->on, window_x, window_y);
	orl_view_from_picture(&pane->view, x, y, &window_x, &window_y);
	/* What it says of itself is then no motion. */
	orl_view_to_picture(&pane->view, window_x, window_y, &ui->pointer_x,
			&ui->pointer_y);
	orl_window_points(pane->on, &window_x, &window_y);
	SDL_WarpMouseInWindow(pane->on->sdl, window_x, window_y);
}

bool orl_input_event(struct orl_ui *ui, const SDL_Event *e)
{
	switch (e->type) {
	case SDL_KEYDOWN:
	case SDL_KEYUP:
		on_key(ui, &e->key);
		return true;
	case SDL_TEXTINPUT:
		on_text(ui, &e->text);
		return true;
	case SDL_MOUSEMOTION:
		on_motion(ui, &e->motion);
		return true;
	case SDL_MOUSEBUTTONDOWN:
	case SDL_MOUSEBUTTONUP:
		on_button(ui, &e->button);
		return true;
	case SDL_MOUSEWHEEL:
		on_wheel(ui, &e->wheel);
		return true;
	case SDL_WINDOWEVENT:
		if (e->window.event == SDL_WINDOWEVENT_FOCUS_GAINED)
			on_focus(ui, true);
		if (e->window.event == SDL_WINDOWEVENT_FOCUS_LOST)
			on_focus(ui, false);
		return false;
	default:
		return false;
	}
}
