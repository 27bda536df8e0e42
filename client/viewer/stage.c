/*
 * stage.c - the panels over the windows: the statistics, the bar, and above
 * them a question or the menu. Each is drawn into a surface of its own when
 * it changes, and copied from there into whatever part of the window is
 * written; where none is wanted this costs nothing. Fonts are looked for when
 * the first panel is.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/viewer/stage.h"
#include "client/viewer/text.h"

enum {
	DIALOG_WIDTH = 480,
	STATS_WIDTH = 410,
	BAR_WIDTH = 540,
	SIGN_WIDTH = 260,
	NOTE_WIDTH = 420,
	STATS_MARGIN = 12,
	FOCUS_ROOM = 30, /* above and below what has the focus */
	WHEEL = 48,
	EDGE_DPI = 168, /* from here on panels are twice as large */
};

#define NS_PER_MS UINT64_C(1000000)
#define PATIENCE (700 * NS_PER_MS) /* before progress is shown */
#define GRACE (400 * NS_PER_MS)    /* before a loss is shown */
#define READING (600 * NS_PER_MS)  /* before a click is an answer */

/* ---- drawing ---- */

static int wanted_scale(struct orl_ui *ui)
{
	int scale = ui->viewer->options.scale;
	float dpi = 0;
	if (scale)
		return scale;
	for (int i = 0; i < ORL_SCREENS_MAX; i++)
		if (ui->windows[i].sdl &&
				orl_window_density(&ui->windows[i]) > 1)
			return 2;
	return SDL_GetDisplayDPI(0, &dpi, NULL, NULL) == 0 && dpi >= EDGE_DPI
			       ? 2
			       : 1;
}

bool orl_stage_ready(struct orl_ui *ui)
{
	struct orl_stage *st = ui->stage;
	int scale = wanted_scale(ui);
	if (st->no_letters)
		return false;
	if (st->letters && st->layers[0].panel.scale == scale)
		return true;
	orl_letters_destroy(st->letters);
	st->letters = NULL;
	if (orl_letters_create(&st->letters, scale) != 0) {
		orl_viewer_say("there is no font for panels; install "
			       "fonts-dejavu-core");
		st->no_letters = true;
		return false;
	}
	for (int i = 0; i < ORL_LAYERS; i++) {
		struct orl_panel *p = &st->layers[i].panel;
		p->painter = orl_letters_painter(st->letters);
		p->scale = scale;
	}
	st->layers[ORL_LAYER_STATS].panel.width = STATS_WIDTH * scale;
	st->layers[ORL_LAYER_BAR].panel.width = BAR_WIDTH * scale;
	st->layers[ORL_LAYER_SIGN].panel.width = SIGN_WIDTH * scale;
	return true;
}

/* One call of what the layer shows; its answer, if it has one. */
int orl_stage_call(struct orl_ui *ui, enum orl_layer_name name,
		const struct orl_panel_input *in, bool draw)
{
	struct orl_stage *st = ui->stage;
	struct orl_panel *p = &st->layers[name].panel;
	int result = 0;
	orl_panel_begin(p, in, draw);
	if (name == ORL_LAYER_STATS)
		orl_overlay(&st->facts, p);
	else if (name == ORL_LAYER_SIGN)
		orl_sign(p);
	else if (name == ORL_LAYER_BAR)
		result = (int)orl_bar(&st->menu, p);
	else if (name == ORL_LAYER_NOTE)
		orl_panel_text(p, st->note);
	else if (st->menu_open)
		result = (int)orl_menu(&st->menu, p);
	else
		result = (int)orl_dialog(&st->dialog, p);
	orl_panel_end(p);
	if (name == ORL_LAYER_BAR)
		p->width = p->tight;
	return result;
}

/* What has the focus is in sight when it has just got it. */
static int follow_focus(struct orl_layer *l, int room)
{
	const struct orl_panel *p = &l->panel;
	int most = p->height - room, margin = FOCUS_ROOM * p->scale;
	if (most <= 0)
		return l->scroll = 0;
	if (p->focus >= 0 && p->focus != l->followed) {
		if (l->scroll + room < p->focus_bottom + margin)
			l->scroll = p->focus_bottom + margin - room;
		if (l->scroll > p->focus_top - margin)
			l->scroll = p->focus_top - margin;
		if (p->focus == 0)
			l->scroll = 0;
	}
	l->followed = p->focus;
	l->scroll = l->scroll > most ? most : l->scroll;
	l->scroll = l->scroll < 0 ? 0 : l->scroll;
	return l->scroll;
}

static SDL_Rect place(struct orl_ui *ui, enum orl_layer_name name)
{
	struct orl_layer *l = &ui->stage->layers[name];
	SDL_Rect r = { 0, 0, l->panel.width, l->panel.height };
	int margin = STATS_MARGIN * l->panel.scale;
	int w = l->window->width, h = l->window->height;
	r.x = (w - r.w) / 2;
	if (name == ORL_LAYER_PANEL)
		r.y = (h - r.h) / 2;
	if (name == ORL_LAYER_NOTE)
		r.y = h - r.h - margin;
	if (name == ORL_LAYER_STATS) {
		r.x = w - r.w - margin;
		r.y = margin;
	}
	if (name == ORL_LAYER_SIGN)
		r.x = r.y = margin;
	r.x = r.x < 0 ? 0 : r.x;
	r.y = r.y < 0 ? -follow_focus(l, h) : r.y;
	return r;
}

static void draw_layer(struct orl_ui *ui, enum orl_layer_name name)
{
	struct orl_stage *st = ui->stage;
	struct orl_layer *l = &st->layers[name];
	int w = l->panel.width, h = l->panel.height;
	if (!l->surface || l->surface->w != w || l->surface->h != h) {
		SDL_FreeSurface(l->surface);
		l->surface = SDL_CreateRGBSurfaceWithFormat(
				0, w, h, 32, SDL_PIXELFORMAT_RGB888);
	}
	if (!l->surface)
		return;
	orl_letters_target(st->letters, l->surface);
	orl_stage_call(ui, name, NULL, true);
	orl_letters_target(st->letters, NULL);
}

static void repaint(struct orl_ui *ui, struct orl_window *win)
{
	win->redraw = true;
	orl_window_paint(ui, win);
}

/* Its content has changed, or where it is. */
void orl_stage_refresh(struct orl_ui *ui, enum orl_layer_name name)
{
	struct orl_layer *l = &ui->stage->layers[name];
	SDL_Rect before = l->at;
	if (!l->shown || !l->window || !l->window->sdl)
		return;
	if (name == ORL_LAYER_PANEL && ui->stage->menu_open)
		orl_stage_menu_width(ui->stage);
	if (name == ORL_LAYER_STATS || name == ORL_LAYER_NOTE) {
		int32_t most = l->panel.scale *
			       (name == ORL_LAYER_NOTE ? NOTE_WIDTH
						       : STATS_WIDTH);
		l->panel.width = l->window->width < most ? l->window->width
							 : most;
	}
	orl_stage_call(ui, name, NULL, false);
	l->at = place(ui, name);
	draw_layer(ui, name);
	if (SDL_RectEquals(&before, &l->at))
		orl_window_touch(ui, l->window, l->at);
	else
		repaint(ui, l->window);
}

void orl_stage_scroll(struct orl_ui *ui, int steps)
{
	struct orl_layer *l = &ui->stage->layers[ORL_LAYER_PANEL];
	l->scroll -= steps * WHEEL * l->panel.scale;
	orl_stage_refresh(ui, ORL_LAYER_PANEL);
}

void orl_stage_show(struct orl_ui *ui, enum orl_layer_name name,
		struct orl_window *win)
{
	struct orl_layer *l = &ui->stage->layers[name];
	l->shown = true;
	l->window = win;
	l->at = (SDL_Rect){ -1, -1, 0, 0 };
	l->scroll = 0;
	l->followed = -1;
	orl_stage_refresh(ui, name);
}

void orl_stage_hide(struct orl_ui *ui, enum orl_layer_name name)
{
	struct orl_layer *l = &ui->stage->layers[name];
	if (!l->shown)
		return;
	l->shown = false;
	if (l->window && l->window->sdl)
		repaint(ui, l->window);
}

static void lay(SDL_Surface *from, SDL_Rect at, SDL_Surface *to,
		const SDL_Rect *parts, int n)
{
	for (int k = 0; k < n; k++) {
		SDL_Rect both, part;
		if (!SDL_IntersectRect(&parts[k], &at, &both))
			continue;
		part = both;
		part.x -= at.x;
		part.y -= at.y;
		SDL_BlitSurface(from, &part, to, &both);
	}
}

void orl_stage_compose(struct orl_ui *ui, const struct orl_window *win,
		SDL_Surface *to, const SDL_Rect *parts, int n)
{
	const struct orl_stage *st = ui->stage;
	for (int i = 0; i < ORL_SCREENS_MAX; i++) {
		const struct orl_pane *pane = &ui->panes[i];
		const struct oriel_rect *p = &pane->view.place;
		if (pane->on != win || !pane->badge)
			continue;
		SDL_Rect at = { p->x + (p->width - pane->badge->w) / 2,
			p->y + (p->height - pane->badge->h) / 2, pane->badge->w,
			pane->badge->h };
		lay(pane->badge, at, to, parts, n);
	}
	for (int i = 0; i < ORL_LAYERS; i++) {
		const struct orl_layer *l = &st->layers[i];
		if (l->shown && l->window == win && l->surface)
			lay(l->surface, l->at, to, parts, n);
	}
}

/* ---- the pointer's picture ---- */

bool orl_stage_modal(const struct orl_ui *ui)
{
	return ui->stage->layers[ORL_LAYER_PANEL].shown;
}

void orl_stage_cursor(struct orl_ui *ui)
{
	if (!ui->stage->arrow)
		return;
	SDL_SetCursor(SDL_GetDefaultCursor());
	SDL_ShowCursor(SDL_ENABLE);
}

void orl_stage_arrow(struct orl_ui *ui, bool arrow)
{
	if (ui->stage->arrow == arrow)
		return;
	ui->stage->arrow = arrow;
	orl_stage_cursor(ui);
	if (arrow)
		return;
	pthread_mutex_lock(&ui->lock);
	bool hidden = ui->cursor_hidden;
	pthread_mutex_unlock(&ui->lock);
	if (ui->cursor_made)
		SDL_SetCursor(ui->cursor_made);
	SDL_ShowCursor(hidden ? SDL_DISABLE : SDL_ENABLE);
}

void orl_stage_modal_changed(struct orl_ui *ui)
{
	bool modal = orl_stage_modal(ui);
	if (modal)
		orl_command_release(ui);
	orl_stage_arrow(ui, modal);
	orl_input_relative(ui, ui->relative_wanted);
	orl_ui_grab(ui);
}

/* ---- questions ---- */

static void send_answer(struct orl_ui *ui, enum orl_choice choice)
{
	struct orl_stage *st = ui->stage;
	bool broken = false;
	st->answered = true;
	pthread_mutex_lock(&ui->lock);
	/* Another question waits to be shown: this is no answer to that. */
	if (!ui->asking) {
		ui->answer = choice;
		ui->speechless = st->no_letters;
		snprintf(ui->answer_text, sizeof(ui->answer_text), "%s",
				st->dialog.field.text);
		snprintf(ui->answer_user, sizeof(ui->answer_user), "%s",
				st->dialog.name.text);
		ui->answer_number = st->dialog.number;
		broken = write(ui->answer_pipe[1], "", 1) < 0;
	}
	pthread_mutex_unlock(&ui->lock);
	orl_field_wipe(&st->dialog.field);
	if (broken)
		orl_viewer_quit(ui->viewer);
	/* Not every question is waited for. */
	orl_box_wake(ui->viewer->box);
}

void orl_stage_close_panel(struct orl_ui *ui)
{
	struct orl_stage *st = ui->stage;
	if (!orl_stage_modal(ui))
		return;
	st->menu_open = false;
	st->dialog.kind = ORL_DIALOG_NONE;
	orl_field_wipe(&st->dialog.field);
	orl_stage_hide(ui, ORL_LAYER_PANEL);
	orl_stage_modal_changed(ui);
}

void orl_stage_guard(struct orl_ui *ui)
{
	ui->stage->guarded_until = orl_viewer_now() + READING;
}

/* The dialog is filled in: open a window for it, or use the one there is. */
static void open_dialog(struct orl_ui *ui)
{
	struct orl_stage *st = ui->stage;
	struct orl_panel *p = &st->layers[ORL_LAYER_PANEL].panel;
	st->menu_open = false;
	st->answered = false;
	st->progress_at = st->guarded_until = 0;
	if (!orl_stage_ready(ui)) {
		if (st->dialog.kind != ORL_DIALOG_PROGRESS)
			send_answer(ui, ORL_CHOICE_NO);
		st->dialog.kind = ORL_DIALOG_NONE;
		return;
	}
	st->dialog.caps = SDL_GetModState() & KMOD_CAPS;
	p->width = DIALOG_WIDTH * p->scale;
	orl_dialog_open(&st->dialog, p);
	orl_stage_call(ui, ORL_LAYER_PANEL, NULL, false);
	/* Another desktop is not chosen over the picture of the last. */
	if (st->dialog.kind == ORL_DIALOG_CONNECT)
		orl_ui_forget(ui);
	struct orl_window *win = orl_ui_open(ui, p->width, p->height);
	/* The user is with another program, which pastes; or is not there. */
	if (win && (st->dialog.kind == ORL_DIALOG_SAVE ||
				   st->dialog.kind == ORL_DIALOG_LOGIN))
		SDL_FlashWindow(win->sdl, SDL_FLASH_UNTIL_FOCUSED);
	if (!win)
		return;
	if (st->dialog.kind == ORL_DIALOG_CONNECT)
		SDL_SetWindowTitle(win->sdl, "Oriel");
	if (!orl_window_live(ui, win))
		orl_stage_hide(ui, ORL_LAYER_STATS);
	orl_stage_hide_bar(ui);
	/* Only the window has told how large panels are here. */
	if (orl_stage_ready(ui) && p->width != DIALOG_WIDTH * p->scale) {
		p->width = DIALOG_WIDTH * p->scale;
		orl_stage_call(ui, ORL_LAYER_PANEL, NULL, false);
		orl_ui_open(ui, p->width, p->height);
	}
	orl_stage_show(ui, ORL_LAYER_PANEL, win);
	orl_stage_modal_changed(ui);
	if (st->dialog.kind >= ORL_DIALOG_AGAIN)
		orl_stage_guard(ui);
}

static void open_progress(struct orl_ui *ui)
{
	struct orl_dialog *d = &ui->stage->dialog;
	memset(d, 0, sizeof(*d));
	d->kind = ORL_DIALOG_PROGRESS;
	d->locked = ui->viewer->options.kiosk;
	pthread_mutex_lock(&ui->lock);
	d->state = ui->progress;
	memcpy(d->address, ui->progress_address, sizeof(d->address));
	pthread_mutex_unlock(&ui->lock);
	open_dialog(ui);
}

/* ---- a connection that is lost ---- */

static void set_grey(struct orl_ui *ui, bool grey)
{
	for (int i = 0; i < ORL_SCREENS_MAX; i++) {
		struct orl_pane *pane = &ui->panes[i];
		if (pane->grey == grey)
			continue;
		pane->grey = grey;
		if (pane->on)
			repaint(ui, pane->on);
	}
}

static void fill_loss(struct orl_ui *ui, struct orl_dialog *d)
{
	uint64_t tried = (orl_viewer_now() - ui->stage->lost_since) /
			 (1000 * NS_PER_MS);
	uint64_t all = ui->viewer->options.reconnect;
	pthread_mutex_lock(&ui->lock);
	snprintf(d->title, sizeof(d->title), _("Reconnecting to %s"),
			ui->progress_address);
	snprintf(d->text, sizeof(d->text), "%s%s",
			*ui->progress_text ? orl_text(ui->progress_text)
					   : _("The connection was lost"),
			".");
	pthread_mutex_unlock(&ui->lock);
	if (d->text[0] >= 'a' && d->text[0] <= 'z')
		d->text[0] = (char)(d->text[0] - 'a' + 'A');
	d->tried = tried;
	d->left = tried < all ? all - tried : 0;
}

static void open_loss(struct orl_ui *ui)
{
	struct orl_dialog *d = &ui->stage->dialog;
	memset(d, 0, sizeof(*d));
	d->kind = ORL_DIALOG_AGAIN;
	d->locked = ui->viewer->options.kiosk;
	fill_loss(ui, d);
	open_dialog(ui);
}

/* It comes back unseen, if it is quick; else it is said, and then counted. */
static void tick_loss(struct orl_ui *ui, uint64_t now)
{
	struct orl_stage *st = ui->stage;
	set_grey(ui, true);
	if (st->dialog.kind == ORL_DIALOG_NONE || st->menu_open) {
		open_loss(ui);
	} else if (st->dialog.kind == ORL_DIALOG_AGAIN && !st->answered) {
		fill_loss(ui, &st->dialog);
		orl_stage_follow_size(ui);
	}
	uint64_t tried = (now - st->lost_since) / (1000 * NS_PER_MS);
	st->lost_at = st->lost_since + (tried + 1) * 1000 * NS_PER_MS;
}

/* True when the state is about that alone. */
static bool follow_loss(struct orl_ui *ui, enum oriel_client_state state)
{
	struct orl_stage *st = ui->stage;
	if (state == ORIEL_CLIENT_RECONNECTING) {
		uint64_t now = orl_viewer_now();
		if (!st->lost_since) {
			st->lost_since = now;
			st->lost_at = now + GRACE;
		} else if (now >= st->lost_since + GRACE) {
			st->lost_at = now;
		}
		return true;
	}
	if (!st->lost_since)
		return false;
	st->lost_since = st->lost_at = 0;
	set_grey(ui, false);
	/* What was wished for meanwhile was asked of nobody. */
	for (int i = 0; i < ORL_SCREENS_MAX; i++)
		if (state == ORIEL_CLIENT_READY && ui->windows[i].sdl)
			orl_resize_again(ui, &ui->windows[i]);
	if (st->dialog.kind == ORL_DIALOG_AGAIN && state == ORIEL_CLIENT_READY)
		orl_stage_close_panel(ui);
	return true;
}

/* The size of a question may change while it is shown. */
void orl_stage_follow_size(struct orl_ui *ui)
{
	struct orl_layer *l = &ui->stage->layers[ORL_LAYER_PANEL];
	int32_t before = l->panel.height;
	orl_stage_call(ui, ORL_LAYER_PANEL, NULL, false);
	if (before != l->panel.height && !ui->stage->menu_open)
		orl_ui_open(ui, l->panel.width, l->panel.height);
	orl_stage_refresh(ui, ORL_LAYER_PANEL);
}

void orl_stage_answered(struct orl_ui *ui, enum orl_choice choice)
{
	struct orl_stage *st = ui->stage;
	if (choice == ORL_CHOICE_NONE) {
		orl_stage_follow_size(ui);
		return;
	}
	if (st->dialog.kind == ORL_DIALOG_PROGRESS ||
			st->dialog.kind == ORL_DIALOG_AGAIN) {
		st->answered = true;
		orl_command_disconnect(ui);
		return;
	}
	bool on = choice == ORL_CHOICE_YES;
	char address[ORL_RECENT_ADDRESS];
	snprintf(address, sizeof(address), "%.511s",
			st->dialog.kind == ORL_DIALOG_CONNECT
					? st->dialog.field.text
					: st->dialog.address);
	bool ours = st->dialog.kind >= ORL_DIALOG_PRINT;
	send_answer(ui, choice);
	/* Nothing of the connection hangs on it. */
	if (ours)
		orl_stage_close_panel(ui);
	if (!on || ours)
		return;
	if (st->lost_since) {
		open_loss(ui);
		return;
	}
	pthread_mutex_lock(&ui->lock);
	snprintf(ui->progress_address, sizeof(ui->progress_address), "%s",
			address);
	if (ui->progress == ORIEL_CLIENT_IDLE)
		ui->progress = ORIEL_CLIENT_CONNECTING;
	pthread_mutex_unlock(&ui->lock);
	open_progress(ui);
}

static void follow_progress(struct orl_ui *ui)
{
	struct orl_stage *st = ui->stage;
	pthread_mutex_lock(&ui->lock);
	enum oriel_client_state state = ui->progress;
	pthread_mutex_unlock(&ui->lock);
	if (follow_loss(ui, state))
		return;
	if (st->dialog.kind == ORL_DIALOG_PROGRESS && !st->answered) {
		if (state != ORIEL_CLIENT_IDLE) {
			st->dialog.state = state;
			orl_stage_refresh(ui, ORL_LAYER_PANEL);
		}
	} else if (state == ORIEL_CLIENT_IDLE) {
		st->progress_at = 0;
	} else if (st->dialog.kind == ORL_DIALOG_NONE && !st->progress_at &&
			!orl_ui_live(ui)) {
		st->progress_at = orl_viewer_now() + PATIENCE;
	}
}

/* Over the picture, and beside what the user does: it takes no input. */
static void show_note(struct orl_ui *ui)
{
	struct orl_window *win = orl_ui_first(ui);
	if (!ui->stage->layers[ORL_LAYER_NOTE].shown && win &&
			orl_window_live(ui, win) && orl_stage_ready(ui))
		orl_stage_show(ui, ORL_LAYER_NOTE, win);
	else
		orl_stage_refresh(ui, ORL_LAYER_NOTE);
}

void orl_stage_read_notes(struct orl_ui *ui)
{
	struct orl_stage *st = ui->stage;
	pthread_mutex_lock(&ui->lock);
	bool asking = ui->asking, progressed = ui->progressed;
	bool facts = ui->facts_changed;
	ui->asking = ui->progressed = ui->facts_changed = false;
	bool noted = ui->noted;
	ui->noted = false;
	if (noted) {
		memcpy(st->note, ui->note, sizeof(st->note));
		st->note_until = ui->note_until;
	}
	if (asking)
		st->dialog = ui->asked;
	if (facts)
		st->facts = ui->facts;
	pthread_mutex_unlock(&ui->lock);
	if (asking && st->dialog.kind != ORL_DIALOG_NONE)
		open_dialog(ui);
	else if (asking)
		orl_stage_close_panel(ui);
	if (progressed)
		follow_progress(ui);
	orl_stage_sound(ui);
	if (noted)
		show_note(ui);
	if (facts && st->menu.stats && !st->layers[ORL_LAYER_STATS].shown) {
		struct orl_window *win = orl_ui_first(ui);
		if (win && orl_window_live(ui, win) && orl_stage_ready(ui))
			orl_stage_show(ui, ORL_LAYER_STATS, win);
	} else if (facts) {
		orl_stage_refresh(ui, ORL_LAYER_STATS);
	}
}

void orl_stage_lit(struct orl_ui *ui)
{
	ui->stage->progress_at = 0;
	/* What is asked about the session is asked on. */
	if (!ui->stage->menu_open && ui->stage->dialog.kind < ORL_DIALOG_PRINT)
		orl_stage_close_panel(ui);
}

/* ---- time ---- */

uint64_t orl_stage_next(const struct orl_ui *ui)
{
	const struct orl_stage *st = ui->stage;
	uint64_t next = UINT64_MAX;
	if (st->progress_at)
		next = st->progress_at;
	if (st->note_until && st->note_until < next)
		next = st->note_until;
	if (st->bar_at && st->bar_at < next)
		next = st->bar_at;
	if (st->identify_until && st->identify_until < next)
		next = st->identify_until;
	if (st->lost_at && st->lost_at < next)
		next = st->lost_at;
	return next;
}

void orl_stage_tick(struct orl_ui *ui, uint64_t now)
{
	struct orl_stage *st = ui->stage;
	struct orl_layer *bar = &st->layers[ORL_LAYER_BAR];
	if (st->progress_at && now >= st->progress_at) {
		st->progress_at = 0;
		if (st->dialog.kind == ORL_DIALOG_NONE)
			open_progress(ui);
	}
	if (st->note_until && now >= st->note_until) {
		st->note_until = 0;
		orl_stage_hide(ui, ORL_LAYER_NOTE);
	}
	if (st->lost_at && now >= st->lost_at)
		tick_loss(ui, now);
	if (st->identify_until && now >= st->identify_until)
		orl_stage_unidentify(ui);
	if (st->bar_at && now >= st->bar_at)
		orl_stage_show_bar(ui, bar->window, false);
}

/* ---- windows that come and go ---- */

void orl_stage_closed(struct orl_ui *ui, const struct orl_window *win)
{
	struct orl_stage *st = ui->stage;
	const struct orl_layer *panel = &st->layers[ORL_LAYER_PANEL];
	bool asked = panel->shown && panel->window == win && !st->menu_open &&
		     st->dialog.kind >= ORL_DIALOG_PRINT;
	for (int i = 0; i < ORL_LAYERS; i++) {
		struct orl_layer *l = &st->layers[i];
		if (l->window != win)
			continue;
		l->window = NULL;
		l->shown = false;
	}
	/* It is still waited for. */
	for (int i = 0; i < ORL_SCREENS_MAX && asked; i++) {
		struct orl_window *other = &ui->windows[i];
		if (!other->sdl || other == win)
			continue;
		orl_stage_show(ui, ORL_LAYER_PANEL, other);
		asked = false;
	}
}

void orl_stage_resized(struct orl_ui *ui, const struct orl_window *win)
{
	for (int i = 0; i < ORL_LAYERS; i++)
		if (ui->stage->layers[i].window == win)
			orl_stage_refresh(ui, (enum orl_layer_name)i);
}

int orl_stage_create(struct orl_ui *ui)
{
	ui->stage = calloc(1, sizeof(*ui->stage));
	return ui->stage ? 0 : ORIEL_ENOMEM;
}

void orl_stage_destroy(struct orl_ui *ui)
{
	struct orl_stage *st = ui->stage;
	if (!st)
		return;
	for (int i = 0; i < ORL_LAYERS; i++)
		SDL_FreeSurface(st->layers[i].surface);
	orl_field_wipe(&st->dialog.field);
	orl_letters_destroy(st->letters);
	free(st);
	ui->stage = NULL;
}
