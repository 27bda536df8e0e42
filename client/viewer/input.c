/*
 * input.c - keyboard, pointer, wheel and fingers, from SDL's events to the wire's.
 * Positions are the desktop's pixels; a drag that leaves the window goes on
 * at its edge.
 */
#include "client/viewer/raw.h"
#include "client/viewer/text.h"
#include "client/viewer/ui.h"

/* Input before login, or without the right to it, is nobody's mistake. */
static void check(int err)
{
	if (err && err != ORIEL_ESTATE && err != ORIEL_EDENIED)
		orl_viewer_say("input was not sent: %s",
				orl_text(oriel_strerror(err)));
}

static void tell_locks(struct orl_ui *ui, uint32_t locks, bool again)
{
	if (!again && ui->locks_known && locks == ui->locks)
		return;
	ui->locks = locks;
	ui->locks_known = true;
	orl_box_set_locks(ui->viewer->box, locks);
}

void orl_input_locks(struct orl_ui *ui, bool again)
{
	tell_locks(ui, orl_locks_of((uint32_t)SDL_GetModState()), again);
}

static bool is_lock(SDL_Keycode sym)
{
	return sym == SDLK_CAPSLOCK || sym == SDLK_NUMLOCKCLEAR ||
	       sym == SDLK_SCROLLLOCK;
}

/*
 * What is typed shall be what the lights here say. SDL knows of the keys it
 * has seen; X also of Caps Lock that something else has switched.
 */
static void follow_locks(struct orl_ui *ui, const SDL_Keysym *key)
{
	uint32_t locks = orl_locks_of(key->mod);
	/* No key of the user's, or one that an input method has. */
	if (ui->typing.watched && !ui->raw_known && !is_lock(key->sym))
		return;
	unsigned news = atomic_exchange(&ui->locks_news, ORL_NO_NEWS);
	if (ui->raw_known && key->sym != SDLK_CAPSLOCK) {
		locks &= ~(uint32_t)ORIEL_LOCK_CAPS;
		if (ui->raw_caps)
			locks |= ORIEL_LOCK_CAPS;
	}
	ui->raw_known = false;
	/* The desktop has switched its own: once, for it may not know ours. */
	tell_locks(ui, locks, news != ORL_NO_NEWS && news != locks);
}

static void send_key(void *user, int scancode, bool down)
{
	struct orl_ui *ui = user;
	const struct oriel_key key = {
		.usage = orl_key_usage(scancode),
		.down = down,
		.keysym = orl_key_keysym(
				SDL_GetKeyFromScancode((SDL_Scancode)scancode)),
	};
	if (key.usage)
		check(orl_box_key(ui->viewer->box, &key));
}

/*
 * What SDL made of the same key, right after the event at hand: it leaves all
 * of that at once. The connection's thread may have put a note between.
 */
static bool follows(Uint32 type, SDL_Event *e)
{
	return SDL_PeepEvents(e, 1, SDL_PEEKEVENT, SDL_SYSWMEVENT,
			       SDL_TEXTINPUT) == 1 &&
	       e->type == type;
}

static void on_key(struct orl_ui *ui, const SDL_KeyboardEvent *e)
{
	SDL_Event next;
	const struct orl_typed key = {
		.scancode = (int)e->keysym.scancode,
		.keycode = e->keysym.sym,
		.mod = e->keysym.mod,
		.text = follows(SDL_TEXTINPUT, &next) ? next.text.text : NULL,
		.down = e->type == SDL_KEYDOWN,
		.repeat = e->repeat,
	};
	/* A lock key has its effect there before the state is compared. */
	if (!is_lock(e->keysym.sym) && key.down)
		follow_locks(ui, &e->keysym);
	orl_typing_key(&ui->typing, &key, send_key, ui);
	if (is_lock(e->keysym.sym))
		follow_locks(ui, &e->keysym);
}

static bool on_raw(struct orl_ui *ui, const SDL_Event *e)
{
	struct orl_raw raw;
	SDL_Event next;
	if (!orl_raw_read(e, &raw))
		return e->type == SDL_SYSWMEVENT;
	if (raw.left) {
		orl_input_let_go(ui);
		return true;
	}
	const struct orl_typing_raw key = {
		.press = raw.press,
		.composed = raw.composed,
		.followed = follows(SDL_KEYDOWN, &next),
		.text = follows(SDL_TEXTINPUT, &next),
	};
	ui->raw_known = raw.press && !raw.composed;
	ui->raw_caps = raw.caps;
	orl_typing_raw(&ui->typing, &key, send_key, ui);
	return true;
}

static void on_text(struct orl_ui *ui, const SDL_TextInputEvent *e)
{
	if (orl_typing_text(&ui->typing) && e->text[0])
		check(orl_box_characters(ui->viewer->box, e->text));
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
	check(orl_box_pointer(ui->viewer->box, &pointer));
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
	SDL_Rect caret = { e->x, e->y, 1, 20 };
	if (!bit)
		return;
	if (!ui->is_relative && !point(ui, e->windowID, e->x, e->y))
		return;
	if (e->state == SDL_PRESSED)
		ui->buttons |= bit;
	else
		ui->buttons &= ~bit;
	send_still(ui, 0, 0);
	/* Who writes has clicked there first: an input method's list goes by. */
	if (e->state == SDL_PRESSED && !ui->is_relative)
		SDL_SetTextInputRect(&caret);
}

/* As this system turns it: who has it reversed here, has it there. */
static void on_wheel(struct orl_ui *ui, const SDL_MouseWheelEvent *e)
{
	int16_t x, y;
	orl_wheel_turn(&ui->wheel, e->preciseX, e->preciseY, &x, &y);
	if (x || y)
		send_still(ui, x, y);
}

static void send_finger(struct orl_ui *ui, struct orl_finger *finger,
		enum oriel_touch_phase phase)
{
	const struct oriel_touch touch = {
		.display = finger->display,
		.contact = (uint32_t)(finger - ui->fingers),
		.phase = phase,
		.x = finger->x,
		.y = finger->y,
	};
	finger->down = phase != ORIEL_TOUCH_UP;
	check(orl_box_touch(ui->viewer->box, &touch));
}

/* Where it went down says which display it is on; false: on none. */
static bool place_finger(struct orl_ui *ui, struct orl_finger *finger,
		const SDL_TouchFingerEvent *e)
{
	const struct orl_window *win = orl_ui_window(ui, e->windowID);
	const struct orl_pane *pane = NULL;
	if (!win)
		return false;
	const int32_t x = (int32_t)(e->x * (float)win->width);
	const int32_t y = (int32_t)(e->y * (float)win->height);
	if (!finger->down)
		pane = orl_ui_nearest(ui, win, x, y);
	for (int i = 0; i < ORL_SCREENS_MAX && finger->down; i++)
		if (ui->panes[i].on == win && ui->panes[i].live &&
				ui->panes[i].shown_id == finger->display)
			pane = &ui->panes[i];
	if (!pane || !pane->view.width)
		return false;
	finger->display = pane->shown_id;
	orl_view_to_picture(&pane->view, x, y, &finger->x, &finger->y);
	return true;
}

static void on_finger(struct orl_ui *ui, const SDL_TouchFingerEvent *e)
{
	struct orl_finger *finger = orl_finger_find(ui->fingers, e->fingerId);
	enum oriel_touch_phase phase =
			e->type == SDL_FINGERDOWN ? ORIEL_TOUCH_DOWN
			: e->type == SDL_FINGERUP ? ORIEL_TOUCH_UP
						  : ORIEL_TOUCH_MOVED;
	/* A pad beside the screen moves the pointer, by motion of its own. */
	if (SDL_GetTouchDeviceType(e->touchId) ==
					SDL_TOUCH_DEVICE_INDIRECT_RELATIVE ||
			!!finger == (phase == ORIEL_TOUCH_DOWN))
		return;
	if (!finger)
		finger = orl_finger_free(ui->fingers);
	if (!finger)
		return;
	if (!place_finger(ui, finger, e) && phase == ORIEL_TOUCH_DOWN)
		return;
	finger->id = e->fingerId;
	send_finger(ui, finger, phase);
}

void orl_input_let_go(struct orl_ui *ui)
{
	ui->buttons = 0;
	orl_typing_reset(&ui->typing);
	for (int i = 0; i < ORL_FINGERS; i++)
		if (ui->fingers[i].down)
			send_finger(ui, &ui->fingers[i], ORIEL_TOUCH_UP);
	orl_box_release_all(ui->viewer->box);
}

static void on_focus(struct orl_ui *ui, bool focused)
{
	ui->focused = focused;
	if (focused)
		orl_input_locks(ui, true);
	else
		orl_input_let_go(ui);
	orl_input_relative(ui, ui->relative_wanted);
}

/* Only while focused: who looks elsewhere needs the pointer there. */
void orl_input_relative(struct orl_ui *ui, bool relative)
{
	ui->relative_wanted = relative;
	relative = relative && ui->focused && !orl_stage_modal(ui);
	if (relative == ui->is_relative)
		return;
	if (SDL_SetRelativeMouseMode(relative ? SDL_TRUE : SDL_FALSE) != 0)
		return;
	ui->is_relative = relative;
	if (!relative && ui->pointed && ui->pointed->view.width) {
		/* SDL puts the pointer back: that is no motion of the user's. */
		int x, y;
		SDL_GetMouseState(&x, &y);
		if (ui->pointed->on)
			orl_window_pixels(ui->pointed->on, &x, &y);
		orl_view_to_picture(&ui->pointed->view, x, y, &ui->pointer_x,
				&ui->pointer_y);
	}
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
	case SDL_SYSWMEVENT:
		return on_raw(ui, e);
	case SDL_KEYDOWN:
	case SDL_KEYUP:
		on_key(ui, &e->key);
		return true;
	case SDL_TEXTINPUT:
		on_text(ui, &e->text);
		return true;
	/* Fingers are told as such: not again as the mouse SDL makes them. */
	case SDL_MOUSEMOTION:
		if (e->motion.which != SDL_TOUCH_MOUSEID)
			on_motion(ui, &e->motion);
		return true;
	case SDL_MOUSEBUTTONDOWN:
	case SDL_MOUSEBUTTONUP:
		if (e->button.which != SDL_TOUCH_MOUSEID)
			on_button(ui, &e->button);
		return true;
	case SDL_MOUSEWHEEL:
		if (e->wheel.which != SDL_TOUCH_MOUSEID)
			on_wheel(ui, &e->wheel);
		return true;
	case SDL_FINGERDOWN:
	case SDL_FINGERMOTION:
	case SDL_FINGERUP:
		on_finger(ui, &e->tfinger);
		return true;
	case SDL_WINDOWEVENT:
		if (e->window.event == SDL_WINDOWEVENT_FOCUS_GAINED)
			on_focus(ui, true);
		if (e->window.event == SDL_WINDOWEVENT_FOCUS_LOST)
			on_focus(ui, false);
		/* Without a window manager keys follow the pointer. */
		if (e->window.event == SDL_WINDOWEVENT_LEAVE && !ui->focused &&
				!ui->buttons)
			orl_input_let_go(ui);
		return false;
	default:
		return false;
	}
}

void orl_input_start(struct orl_ui *ui)
{
	ui->typing.text = ui->viewer->options.keyboard_text;
	ui->typing.watched = orl_raw_watch();
	atomic_init(&ui->locks_news, ORL_NO_NEWS);
	SDL_StartTextInput();
}
