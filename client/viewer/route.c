/*
 * route.c - which events are for a panel: all input while a question or the
 * menu is open, what happens on the bar, and Ctrl+Alt alone.
 */
#include <string.h>

#include "client/viewer/stage.h"

static enum orl_panel_key key_of(const SDL_Keysym *k)
{
	bool shift = k->mod & KMOD_SHIFT;
	if (k->mod & KMOD_CTRL)
		return k->sym == SDLK_u ? ORL_KEY_CLEAR : ORL_KEY_NONE;
	switch (k->sym) {
	case SDLK_TAB:
		return shift ? ORL_KEY_BACKTAB : ORL_KEY_TAB;
	case SDLK_RETURN:
	case SDLK_KP_ENTER:
		return ORL_KEY_ENTER;
	case SDLK_SPACE:
		return ORL_KEY_SPACE;
	case SDLK_ESCAPE:
		return ORL_KEY_ESCAPE;
	case SDLK_UP:
		return ORL_KEY_UP;
	case SDLK_DOWN:
		return ORL_KEY_DOWN;
	case SDLK_LEFT:
		return ORL_KEY_LEFT;
	case SDLK_RIGHT:
		return ORL_KEY_RIGHT;
	case SDLK_HOME:
		return ORL_KEY_HOME;
	case SDLK_END:
		return ORL_KEY_END;
	case SDLK_BACKSPACE:
		return ORL_KEY_BACKSPACE;
	case SDLK_DELETE:
		return ORL_KEY_DELETE;
	default:
		return ORL_KEY_NONE;
	}
}

/* Give the panel what happened; false: it was nothing to it. */
static bool feed(struct orl_ui *ui, enum orl_layer_name name,
		const struct orl_panel_input *in, bool always)
{
	struct orl_stage *st = ui->stage;
	struct orl_layer *l = &st->layers[name];
	struct orl_window *win = l->window;
	int hot = l->panel.hot;
	bool menu = name == ORL_LAYER_BAR || st->menu_open;
	if (name == ORL_LAYER_PANEL && !st->menu_open && st->answered)
		return true;
	int result = orl_stage_call(ui, name, in, false);
	if (menu && result)
		orl_stage_command(ui, (enum orl_command)result, win);
	else if (always && name == ORL_LAYER_PANEL && !menu)
		orl_stage_answered(ui, (enum orl_choice)result);
	else if (always || hot != l->panel.hot)
		orl_stage_refresh(ui, name);
	return true;
}

static bool pastes(const SDL_Keysym *k)
{
	return ((k->mod & KMOD_CTRL) && k->sym == SDLK_v) ||
	       ((k->mod & KMOD_SHIFT) && k->sym == SDLK_INSERT);
}

static bool take_bar_key(struct orl_ui *ui, const SDL_KeyboardEvent *e)
{
	struct orl_panel_input in = { .x = -1, .y = -1 };
	in.key = e->type == SDL_KEYDOWN ? key_of(&e->keysym) : ORL_KEY_NONE;
	if (in.key)
		feed(ui, ORL_LAYER_BAR, &in, true);
	return true;
}

static bool take_key(struct orl_ui *ui, const SDL_KeyboardEvent *e)
{
	struct orl_panel_input in = { .x = -1, .y = -1 };
	char *pasted = NULL;
	ui->stage->dialog.caps = e->keysym.mod & KMOD_CAPS;
	if (e->type == SDL_KEYUP) {
		if (e->keysym.sym == SDLK_CAPSLOCK)
			orl_stage_follow_size(ui);
		return true;
	}
	in.key = key_of(&e->keysym);
	if (pastes(&e->keysym))
		in.text = pasted = SDL_GetClipboardText();
	if (in.key || in.text)
		feed(ui, ORL_LAYER_PANEL, &in, true);
	SDL_free(pasted);
	return true;
}

static bool pointer_input(
		const SDL_Event *e, struct orl_panel_input *in, Uint32 *window)
{
	switch (e->type) {
	case SDL_MOUSEMOTION:
		*in = (struct orl_panel_input){ .x = e->motion.x,
			.y = e->motion.y };
		*window = e->motion.windowID;
		return true;
	case SDL_MOUSEBUTTONDOWN:
	case SDL_MOUSEBUTTONUP:
		*in = (struct orl_panel_input){ .x = e->button.x,
			.y = e->button.y,
			.clicks = e->button.clicks };
		if (e->button.button == SDL_BUTTON_LEFT) {
			in->pressed = e->type == SDL_MOUSEBUTTONDOWN;
			in->released = !in->pressed;
		}
		*window = e->button.windowID;
		return true;
	default:
		return false;
	}
}

static bool take_pointer(struct orl_ui *ui, const SDL_Event *e)
{
	struct orl_stage *st = ui->stage;
	struct orl_panel_input in;
	Uint32 window;
	if (!pointer_input(e, &in, &window)) {
		if (e->type != SDL_MOUSEWHEEL || !orl_stage_modal(ui))
			return false;
		orl_stage_scroll(ui, e->wheel.y);
		return true;
	}
	struct orl_window *win = orl_ui_window(ui, window);
	bool modal = orl_stage_modal(ui);
	if (!win)
		return modal;
	/* Nobody reads so fast: it was on its way to something else. */
	if (modal && (in.pressed || in.released) &&
			orl_viewer_now() < st->guarded_until)
		return true;
	orl_window_pixels(win, &in.x, &in.y);
	if (!modal && e->type == SDL_MOUSEMOTION)
		orl_stage_watch_edge(ui, win, in.x, in.y);
	struct orl_layer *l =
			&st->layers[modal ? ORL_LAYER_PANEL : ORL_LAYER_BAR];
	SDL_Point at = { in.x, in.y };
	bool in_it = l->shown && l->window == win &&
		     SDL_PointInRect(&at, &l->at);
	if (modal && st->menu_open && in.pressed && !in_it) {
		orl_stage_command(ui, ORL_COMMAND_CLOSE, win);
		return true;
	}
	/* What was pressed on the desktop is let go there. */
	if (!modal && (!in_it || ui->buttons)) {
		if (st->bar_keys && in.pressed)
			orl_stage_hide_bar(ui);
		return !orl_window_live(ui, win);
	}
	in.x -= l->at.x;
	in.y -= l->at.y;
	return feed(ui, modal ? ORL_LAYER_PANEL : ORL_LAYER_BAR, &in,
			in.pressed || in.released);
}

/*
 * A finger on a panel is for the panel, as the mouse that SDL makes of it.
 * Those that went down elsewhere go up there.
 */
static bool take_finger(struct orl_ui *ui, const SDL_TouchFingerEvent *e)
{
	const struct orl_layer *bar = &ui->stage->layers[ORL_LAYER_BAR];
	const struct orl_window *win = orl_ui_window(ui, e->windowID);
	if (!win)
		return false;
	if (orl_stage_modal(ui))
		return true;
	if (!bar->shown || bar->window != win)
		return false;
	SDL_Point at = { (int)(e->x * (float)win->width),
		(int)(e->y * (float)win->height) };
	return SDL_PointInRect(&at, &bar->at);
}

/*
 * Both Ctrl and Alt, and nothing else until one is let go: the keyboard is
 * wanted back.
 */
static void watch_release(struct orl_ui *ui, const SDL_Event *e)
{
	struct orl_stage *st = ui->stage;
	if (e->type == SDL_MOUSEBUTTONDOWN || e->type == SDL_MOUSEWHEEL)
		st->alone = false;
	if (e->type != SDL_KEYDOWN && e->type != SDL_KEYUP)
		return;
	SDL_Keycode sym = e->key.keysym.sym;
	bool down = e->type == SDL_KEYDOWN;
	bool is_ctrl = sym == SDLK_LCTRL || sym == SDLK_RCTRL;
	bool is_alt = sym == SDLK_LALT || sym == SDLK_RALT;
	if (!is_ctrl && !is_alt) {
		if (down)
			st->alone = false;
		return;
	}
	bool both = st->ctrl && st->alt;
	if (!down && both && st->alone)
		orl_stage_open_menu(ui, orl_ui_window(ui, e->key.windowID),
				ORL_MENU_ALL);
	if (down && !e->key.repeat && !st->ctrl && !st->alt)
		st->alone = true;
	if (is_ctrl)
		st->ctrl = down;
	if (is_alt)
		st->alt = down;
}

/* A key that went down in a panel comes up there, wherever focus is now. */
static bool was_taken(
		struct orl_stage *st, const SDL_KeyboardEvent *e, bool modal)
{
	int code = (int)e->keysym.scancode, n = 8;
	for (int i = 0; i < n; i++) {
		if (st->taken[i] != code)
			continue;
		if (e->type == SDL_KEYUP)
			st->taken[i] = 0;
		return true;
	}
	for (int i = 0; i < n && modal && e->type == SDL_KEYDOWN; i++) {
		if (!st->taken[i]) {
			st->taken[i] = code;
			break;
		}
	}
	return false;
}

static void take(struct orl_stage *st, const SDL_KeyboardEvent *e)
{
	for (int i = 0; i < 8; i++)
		if (!st->taken[i]) {
			st->taken[i] = (int)e->keysym.scancode;
			return;
		}
}

/* Keys for the window itself: Ctrl+Alt with Enter, or with Home. */
static bool take_own(struct orl_ui *ui, const SDL_KeyboardEvent *e)
{
	struct orl_window *win = orl_ui_window(ui, e->windowID);
	SDL_Keycode sym = e->keysym.sym;
	bool ctrl_alt = (e->keysym.mod & KMOD_CTRL) &&
			(e->keysym.mod & KMOD_ALT) &&
			!(e->keysym.mod & (KMOD_SHIFT | KMOD_GUI));
	if (e->type != SDL_KEYDOWN || !ctrl_alt || !win ||
			ui->viewer->options.kiosk ||
			!orl_window_live(ui, win) ||
			(sym != SDLK_RETURN && sym != SDLK_HOME))
		return false;
	if (e->repeat)
		return true;
	take(ui->stage, e);
	orl_command_release(ui);
	if (sym == SDLK_RETURN)
		orl_stage_command(ui, ORL_COMMAND_FULLSCREEN, win);
	else if (win->covering)
		orl_stage_show_bar(ui, win, true);
	else
		orl_stage_open_menu(ui, win, ORL_MENU_ALL);
	return true;
}

static bool ends_kiosk(const struct orl_ui *ui, const SDL_KeyboardEvent *e)
{
	const struct orl_combination *c = &ui->viewer->options.kiosk_exit;
	unsigned mod = e->keysym.mod;
	return c->keysym && e->type == SDL_KEYDOWN &&
	       orl_key_keysym(e->keysym.sym) == c->keysym &&
	       c->ctrl == ((mod & KMOD_CTRL) != 0) &&
	       c->alt == ((mod & KMOD_ALT) != 0) &&
	       c->shift == ((mod & KMOD_SHIFT) != 0) &&
	       c->super == ((mod & KMOD_GUI) != 0);
}

static bool any_taken(const struct orl_stage *st)
{
	for (int i = 0; i < 8; i++)
		if (st->taken[i])
			return true;
	return false;
}

bool orl_stage_event(struct orl_ui *ui, const SDL_Event *e)
{
	struct orl_stage *st = ui->stage;
	struct orl_panel_input in = { .x = -1, .y = -1 };
	struct orl_window *win;
	watch_release(ui, e);
	bool modal = orl_stage_modal(ui), bar = st->bar_keys;
	switch (e->type) {
	case SDL_KEYDOWN:
	case SDL_KEYUP:
		if (ends_kiosk(ui, &e->key)) {
			orl_viewer_quit(ui->viewer);
			return true;
		}
		if (was_taken(st, &e->key, modal || bar) && !modal && !bar)
			return true;
		if (!modal && take_own(ui, &e->key))
			return true;
		if (modal)
			return take_key(ui, &e->key);
		if (bar)
			return take_bar_key(ui, &e->key);
		win = orl_ui_window(ui, e->key.windowID);
		return win && !orl_window_live(ui, win);
	case SDL_TEXTINPUT:
		in.text = e->text.text;
		if (modal)
			return feed(ui, ORL_LAYER_PANEL, &in, true);
		/* The letter of a key that has just closed a panel. */
		return bar || any_taken(st);
	case SDL_FINGERDOWN:
		return take_finger(ui, &e->tfinger);
	case SDL_WINDOWEVENT:
		if (e->window.event == SDL_WINDOWEVENT_FOCUS_LOST) {
			st->ctrl = st->alt = st->alone = false;
			memset(st->taken, 0, sizeof(st->taken));
		}
		/* A click on the bar takes the focus from another window. */
		win = orl_ui_window(ui, e->window.windowID);
		if (win && win == st->layers[ORL_LAYER_BAR].window &&
				(e->window.event == SDL_WINDOWEVENT_FOCUS_LOST ||
						(e->window.event == SDL_WINDOWEVENT_LEAVE &&
								!st->bar_keys)))
			orl_stage_hide_bar(ui);
		return false;
	default:
		return take_pointer(ui, e);
	}
}
