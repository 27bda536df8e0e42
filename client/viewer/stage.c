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

enum {
	DIALOG_WIDTH = 480,
	MENU_WIDTH = 400,
	STATS_WIDTH = 410,
	BAR_WIDTH = 540,
	STATS_MARGIN = 12,
	EDGE_DPI = 168, /* from here on panels are twice as large */
	BAR_ROOM = 24,  /* below the bar, before it goes away */
};

#define NS_PER_MS UINT64_C(1000000)
#define PATIENCE (700 * NS_PER_MS) /* before progress is shown */
#define REST (350 * NS_PER_MS)     /* at the edge, before the bar is */

/* ---- drawing ---- */

static bool ready_to_write(struct orl_ui *ui)
{
	struct orl_stage *st = ui->stage;
	int scale = ui->viewer->options.scale;
	float dpi = 0;
	if (st->letters || st->no_letters)
		return st->letters != NULL;
	if (!scale)
		scale = SDL_GetDisplayDPI(0, &dpi, NULL, NULL) == 0 &&
							dpi >= EDGE_DPI
					? 2
					: 1;
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
	else if (name == ORL_LAYER_BAR)
		result = (int)orl_bar(&st->menu, p);
	else if (st->menu_open)
		result = (int)orl_menu(&st->menu, p);
	else
		result = (int)orl_dialog(&st->dialog, p);
	orl_panel_end(p);
	if (name == ORL_LAYER_BAR)
		p->width = p->tight;
	return result;
}

static SDL_Rect place(struct orl_ui *ui, enum orl_layer_name name)
{
	const struct orl_stage *st = ui->stage;
	const struct orl_layer *l = &st->layers[name];
	SDL_Rect r = { 0, 0, l->panel.width, l->panel.height };
	int w, h, margin = STATS_MARGIN * l->panel.scale;
	SDL_GetWindowSize(l->pane->window, &w, &h);
	r.x = (w - r.w) / 2;
	if (name == ORL_LAYER_PANEL)
		r.y = (h - r.h) / 2;
	if (name == ORL_LAYER_STATS) {
		r.x = w - r.w - margin;
		r.y = margin;
	}
	r.x = r.x < 0 ? 0 : r.x;
	r.y = r.y < 0 ? 0 : r.y;
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

static void repaint(struct orl_ui *ui, struct orl_pane *pane)
{
	struct orl_view_damaged none = { .n = 0 };
	pane->redraw = true;
	orl_pane_paint(ui, pane, none);
}

/* Its content has changed, or where it is. */
void orl_stage_refresh(struct orl_ui *ui, enum orl_layer_name name)
{
	struct orl_layer *l = &ui->stage->layers[name];
	SDL_Rect before = l->at;
	if (!l->shown || !l->pane || !l->pane->window)
		return;
	orl_stage_call(ui, name, NULL, false);
	l->at = place(ui, name);
	draw_layer(ui, name);
	if (SDL_RectEquals(&before, &l->at))
		orl_pane_touch(ui, l->pane, l->at);
	else
		repaint(ui, l->pane);
}

static void show(struct orl_ui *ui, enum orl_layer_name name,
		struct orl_pane *pane)
{
	struct orl_layer *l = &ui->stage->layers[name];
	l->shown = true;
	l->pane = pane;
	l->at = (SDL_Rect){ -1, -1, 0, 0 };
	orl_stage_refresh(ui, name);
}

static void hide(struct orl_ui *ui, enum orl_layer_name name)
{
	struct orl_layer *l = &ui->stage->layers[name];
	if (!l->shown)
		return;
	l->shown = false;
	if (l->pane && l->pane->window)
		repaint(ui, l->pane);
}

void orl_stage_compose(struct orl_ui *ui, const struct orl_pane *pane,
		SDL_Surface *to, const SDL_Rect *parts, int n)
{
	const struct orl_stage *st = ui->stage;
	for (int i = 0; i < ORL_LAYERS; i++) {
		const struct orl_layer *l = &st->layers[i];
		if (!l->shown || l->pane != pane || !l->surface)
			continue;
		for (int k = 0; k < n; k++) {
			SDL_Rect both, from;
			if (!SDL_IntersectRect(&parts[k], &l->at, &both))
				continue;
			from = both;
			from.x -= l->at.x;
			from.y -= l->at.y;
			SDL_BlitSurface(l->surface, &from, to, &both);
		}
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

static void set_arrow(struct orl_ui *ui, bool arrow)
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

/* Something modal has come or gone. */
static void modal_changed(struct orl_ui *ui)
{
	bool modal = orl_stage_modal(ui);
	if (modal)
		orl_command_release(ui);
	set_arrow(ui, modal);
	orl_input_relative(ui, ui->relative_wanted);
	orl_ui_grab(ui);
}

/* ---- questions ---- */

static void send_answer(struct orl_ui *ui, enum orl_choice choice)
{
	struct orl_stage *st = ui->stage;
	st->answered = true;
	pthread_mutex_lock(&ui->lock);
	ui->answer = choice;
	ui->speechless = st->no_letters;
	snprintf(ui->answer_text, sizeof(ui->answer_text), "%s",
			st->dialog.field.text);
	pthread_mutex_unlock(&ui->lock);
	orl_field_wipe(&st->dialog.field);
	if (write(ui->answer_pipe[1], "", 1) < 0)
		orl_viewer_quit(ui->viewer);
}

static void close_panel(struct orl_ui *ui)
{
	struct orl_stage *st = ui->stage;
	if (!orl_stage_modal(ui))
		return;
	st->menu_open = false;
	st->dialog.kind = ORL_DIALOG_NONE;
	orl_field_wipe(&st->dialog.field);
	hide(ui, ORL_LAYER_PANEL);
	modal_changed(ui);
}

/* The dialog is filled in: open a window for it, or use the one there is. */
static void open_dialog(struct orl_ui *ui)
{
	struct orl_stage *st = ui->stage;
	struct orl_panel *p = &st->layers[ORL_LAYER_PANEL].panel;
	st->menu_open = false;
	st->answered = false;
	st->progress_at = 0;
	if (!ready_to_write(ui)) {
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
	struct orl_pane *pane = orl_ui_open(ui, p->width, p->height);
	if (!pane)
		return;
	if (st->dialog.kind == ORL_DIALOG_CONNECT)
		SDL_SetWindowTitle(pane->window, "Oriel");
	if (!pane->live)
		hide(ui, ORL_LAYER_STATS);
	hide(ui, ORL_LAYER_BAR);
	show(ui, ORL_LAYER_PANEL, pane);
	modal_changed(ui);
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
	if (st->dialog.kind == ORL_DIALOG_PROGRESS) {
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
	send_answer(ui, choice);
	if (!on)
		return;
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
	struct orl_pane *first = orl_ui_first(ui);
	pthread_mutex_lock(&ui->lock);
	enum oriel_client_state state = ui->progress;
	pthread_mutex_unlock(&ui->lock);
	if (st->dialog.kind == ORL_DIALOG_PROGRESS && !st->answered) {
		if (state != ORIEL_CLIENT_IDLE) {
			st->dialog.state = state;
			orl_stage_refresh(ui, ORL_LAYER_PANEL);
		}
	} else if (state == ORIEL_CLIENT_IDLE) {
		st->progress_at = 0;
	} else if (st->dialog.kind == ORL_DIALOG_NONE && !st->progress_at &&
			!(first && first->live)) {
		st->progress_at = orl_viewer_now() + PATIENCE;
	}
}

void orl_stage_read_notes(struct orl_ui *ui)
{
	struct orl_stage *st = ui->stage;
	pthread_mutex_lock(&ui->lock);
	bool asking = ui->asking, progressed = ui->progressed;
	bool facts = ui->facts_changed;
	ui->asking = ui->progressed = ui->facts_changed = false;
	if (asking)
		st->dialog = ui->asked;
	if (facts)
		st->facts = ui->facts;
	pthread_mutex_unlock(&ui->lock);
	if (asking && st->dialog.kind != ORL_DIALOG_NONE)
		open_dialog(ui);
	else if (asking)
		close_panel(ui);
	if (progressed)
		follow_progress(ui);
	if (facts && st->menu.stats && !st->layers[ORL_LAYER_STATS].shown) {
		struct orl_pane *pane = orl_ui_first(ui);
		if (pane && pane->live && ready_to_write(ui))
			show(ui, ORL_LAYER_STATS, pane);
	} else if (facts) {
		orl_stage_refresh(ui, ORL_LAYER_STATS);
	}
}

void orl_stage_lit(struct orl_ui *ui)
{
	ui->stage->progress_at = 0;
	if (!ui->stage->menu_open)
		close_panel(ui);
}

/* ---- the menu and the bar ---- */

void orl_stage_open_menu(struct orl_ui *ui, struct orl_pane *pane)
{
	struct orl_stage *st = ui->stage;
	struct orl_panel *p = &st->layers[ORL_LAYER_PANEL].panel;
	if (!pane || !pane->live || orl_stage_modal(ui) ||
			ui->viewer->options.kiosk || !ready_to_write(ui))
		return;
	st->menu_open = true;
	st->menu.fullscreen = ui->covering;
	pthread_mutex_lock(&ui->lock);
	st->menu.may_input = ui->may_input;
	st->menu.holds_input = ui->holds_input;
	pthread_mutex_unlock(&ui->lock);
	p->width = MENU_WIDTH * p->scale;
	orl_panel_open(p, 0);
	hide(ui, ORL_LAYER_BAR);
	show(ui, ORL_LAYER_PANEL, pane);
	modal_changed(ui);
}

static void toggle_stats(struct orl_ui *ui)
{
	struct orl_stage *st = ui->stage;
	st->menu.stats = !st->menu.stats;
	atomic_store(&ui->facts_wanted, st->menu.stats);
	oriel_client_wake(ui->viewer->client);
	pthread_mutex_lock(&ui->lock);
	/* They come anew, whatever they are. */
	ui->facts.n = 0;
	pthread_mutex_unlock(&ui->lock);
	if (!st->menu.stats)
		hide(ui, ORL_LAYER_STATS);
}

void orl_stage_command(
		struct orl_ui *ui, enum orl_command c, struct orl_pane *on)
{
	if (c == ORL_COMMAND_NONE)
		return;
	if (ui->stage->menu_open)
		close_panel(ui);
	switch (c) {
	case ORL_COMMAND_KEYS:
		orl_command_keys(ui, ui->stage->menu.sequence);
		break;
	case ORL_COMMAND_FULLSCREEN:
		hide(ui, ORL_LAYER_BAR);
		orl_ui_cover(ui, !ui->covering);
		break;
	case ORL_COMMAND_STATS:
		toggle_stats(ui);
		break;
	case ORL_COMMAND_RELEASE:
		orl_command_release(ui);
		break;
	case ORL_COMMAND_TAKE:
		orl_command_take(ui, !ui->stage->menu.holds_input);
		break;
	case ORL_COMMAND_DISCONNECT:
		orl_command_disconnect(ui);
		break;
	case ORL_COMMAND_MENU:
		orl_stage_open_menu(ui, on);
		break;
	case ORL_COMMAND_CLOSE:
	case ORL_COMMAND_NONE:
	default:
		break;
	}
}

void orl_stage_hide_bar(struct orl_ui *ui)
{
	ui->stage->bar_at = 0;
	if (!ui->stage->layers[ORL_LAYER_BAR].shown)
		return;
	hide(ui, ORL_LAYER_BAR);
	set_arrow(ui, orl_stage_modal(ui));
}

/* The middle of the upper edge: desktops have their own use for corners. */
void orl_stage_watch_edge(
		struct orl_ui *ui, struct orl_pane *pane, int x, int y)
{
	struct orl_stage *st = ui->stage;
	struct orl_layer *bar = &st->layers[ORL_LAYER_BAR];
	int w;
	SDL_GetWindowSize(pane->window, &w, NULL);
	bool edge = y == 0 && x > w / 4 && x < w - w / 4 && !ui->buttons &&
		    ui->covering && !ui->viewer->options.kiosk && pane->live &&
		    !ui->is_relative;
	if (bar->shown) {
		SDL_Rect room = bar->at;
		SDL_Point at = { x, y };
		room.h += BAR_ROOM * bar->panel.scale;
		if (bar->pane != pane || !SDL_PointInRect(&at, &room))
			orl_stage_hide_bar(ui);
	} else if (!edge) {
		st->bar_at = 0;
	} else if (!st->bar_at) {
		st->bar_at = orl_viewer_now() + REST;
		bar->pane = pane;
	}
}

uint64_t orl_stage_next(const struct orl_ui *ui)
{
	const struct orl_stage *st = ui->stage;
	uint64_t next = UINT64_MAX;
	if (st->progress_at)
		next = st->progress_at;
	if (st->bar_at && st->bar_at < next)
		next = st->bar_at;
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
	if (!st->bar_at || now < st->bar_at)
		return;
	st->bar_at = 0;
	if (!bar->pane || !bar->pane->live || orl_stage_modal(ui) ||
			!ready_to_write(ui))
		return;
	orl_panel_open(&bar->panel, -1);
	show(ui, ORL_LAYER_BAR, bar->pane);
	set_arrow(ui, true);
}

/* ---- windows that come and go ---- */

void orl_stage_moved(struct orl_ui *ui, const struct orl_pane *from,
		struct orl_pane *to)
{
	for (int i = 0; i < ORL_LAYERS; i++) {
		struct orl_layer *l = &ui->stage->layers[i];
		if (l->pane != from)
			continue;
		l->pane = to;
		l->shown = l->shown && to;
	}
}

void orl_stage_resized(struct orl_ui *ui, const struct orl_pane *pane)
{
	for (int i = 0; i < ORL_LAYERS; i++)
		if (ui->stage->layers[i].pane == pane)
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
