/*
 * bar.c - the menu, the bar at the upper edge in fullscreen, the numbers that
 * tell displays apart, and what is chosen there.
 */
#include <string.h>

#include "client/viewer/clipboard.h"
#include "client/viewer/print.h"
#include "client/viewer/stage.h"
#include "client/viewer/text.h"
#include "client/viewer/usb.h"

enum {
	MENU_WIDTH = 420,
	KEYS_WIDTH = 240,
	BADGE_WIDTH = 220,
	BAR_ROOM = 24, /* below the bar, before it goes away */
};

#define NS_PER_MS UINT64_C(1000000)
#define REST (350 * NS_PER_MS)      /* at the edge, before the bar is */
#define IDENTIFY (3000 * NS_PER_MS) /* numbers are shown */

/* ---- numbers on displays ---- */

static void draw_badge(struct orl_ui *ui, struct orl_pane *pane, int number)
{
	struct orl_stage *st = ui->stage;
	struct orl_panel p = st->layers[ORL_LAYER_PANEL].panel;
	struct orl_letters *letters = st->letters;
	char name[192];
	snprintf(name, sizeof(name), "%s%s%d x %d", pane->shown_name,
			pane->shown_name[0] ? ", " : "", pane->shown_rect.width,
			pane->shown_rect.height);
	p.width = BADGE_WIDTH * p.scale;
	orl_panel_open(&p, -1);
	orl_panel_begin(&p, NULL, false);
	orl_badge(number, name, &p);
	orl_panel_end(&p);
	pane->badge = SDL_CreateRGBSurfaceWithFormat(
			0, p.width, p.height, 32, SDL_PIXELFORMAT_RGB888);
	if (!pane->badge)
		return;
	orl_letters_target(letters, pane->badge);
	orl_panel_begin(&p, NULL, true);
	orl_badge(number, name, &p);
	orl_panel_end(&p);
	orl_letters_target(letters, NULL);
}

static void repaint_all(struct orl_ui *ui)
{
	for (int i = 0; i < ORL_SCREENS_MAX; i++) {
		ui->windows[i].redraw = true;
		orl_window_paint(ui, &ui->windows[i]);
	}
}

static void identify(struct orl_ui *ui)
{
	int number = 0;
	if (!orl_stage_ready(ui))
		return;
	orl_stage_unidentify(ui);
	for (int i = 0; i < ORL_SCREENS_MAX; i++)
		if (ui->panes[i].live)
			draw_badge(ui, &ui->panes[i], ++number);
	ui->stage->identify_until = orl_viewer_now() + IDENTIFY;
	repaint_all(ui);
}

void orl_stage_unidentify(struct orl_ui *ui)
{
	ui->stage->identify_until = 0;
	for (int i = 0; i < ORL_SCREENS_MAX; i++) {
		SDL_FreeSurface(ui->panes[i].badge);
		ui->panes[i].badge = NULL;
	}
	repaint_all(ui);
}

/* ---- the menu ---- */

static void fill_menu(struct orl_ui *ui, struct orl_menu *m)
{
	m->fullscreen = ui->covering;
	m->one = ui->one;
	m->scaling = (int)ui->scaling;
	orl_sound_state(ui->viewer, &m->sound);
	pthread_mutex_lock(&ui->lock);
	m->may_input = ui->may_input;
	m->holds_input = ui->holds_input;
	m->pasting = orl_deck_busy(ui->viewer->deck);
	pthread_mutex_unlock(&ui->lock);
	m->jobs = orl_prints_count(ui->viewer, &m->print_size);
	m->displays = 0;
	for (int i = 0; i < ORL_SCREENS_MAX; i++) {
		const struct orl_pane *pane = &ui->panes[i];
		if (!pane->live)
			continue;
		snprintf(m->names[m->displays], sizeof(m->names[0]),
				"%d  %.40s%s%d x %d", m->displays + 1,
				pane->shown_name,
				pane->shown_name[0] ? ", " : "",
				pane->shown_rect.width,
				pane->shown_rect.height);
		m->shown[m->displays++] = !pane->hidden;
	}
}

/* What stands for a device, under the lock. */
static void fill_device(struct orl_menu_device *row, const struct orl_device *d,
		size_t index)
{
	const char *state = d->link == ORL_DEVICE_LINKED
					    ? _("the desktop has it")
			    : d->link == ORL_DEVICE_QUEUED
					    ? _("it waits for a place")
			    : d->link == ORL_DEVICE_OFFERED ? _("offered")
			    : d->wanted                     ? _("soon")
							    : "";
	row->index = index;
	row->given = d->wanted;
	row->wrong = d->why[0] && d->link != ORL_DEVICE_QUEUED;
	if (d->info.vendor || d->info.product)
		snprintf(row->name, sizeof(row->name),
				"%.80s  %04x:%04x  %.30s", d->info.name,
				d->info.vendor, d->info.product, d->port);
	else /* nobody has said yet what it is */
		snprintf(row->name, sizeof(row->name), "%.80s", d->info.name);
	if (d->why[0])
		snprintf(row->state, sizeof(row->state), "%s", d->why);
	else if (d->bytes_in + d->bytes_out)
		snprintf(row->state, sizeof(row->state),
				_("%s: %llu kB to it, %llu kB from it"), state,
				(unsigned long long)(d->bytes_in / 1000),
				(unsigned long long)(d->bytes_out / 1000));
	else
		snprintf(row->state, sizeof(row->state), "%s", state);
}

static void fill_devices(struct orl_ui *ui, struct orl_menu *m)
{
	struct orl_devices *u = ui->viewer->usb;
	m->devices = 0;
	snprintf(m->no_devices, sizeof(m->no_devices), "%s",
			_("Nothing is plugged in."));
	if (!u)
		return;
	pthread_mutex_lock(&u->lock);
	if (u->trouble[0])
		snprintf(m->no_devices, sizeof(m->no_devices), "%s",
				u->trouble);
	for (size_t i = 0; i < ORL_DEVICE_SEEN_MAX; i++)
		if (u->devices[i].host != ORL_DEVICE_ABSENT &&
				m->devices < ORL_MENU_DEVICES_MAX)
			fill_device(&m->device_rows[m->devices++],
					&u->devices[i], i);
	pthread_mutex_unlock(&u->lock);
}

static struct orl_pane *nth(struct orl_ui *ui, int number)
{
	for (int i = 0; i < ORL_SCREENS_MAX; i++)
		if (ui->panes[i].live && number-- == 0)
			return &ui->panes[i];
	return NULL;
}

void orl_stage_menu_width(struct orl_stage *st)
{
	struct orl_panel *p = &st->layers[ORL_LAYER_PANEL].panel;
	int32_t room = st->layers[ORL_LAYER_PANEL].window->width;
	st->menu.narrow = st->menu.page == ORL_MENU_KEYS ||
			  room < MENU_WIDTH * p->scale;
	p->width = (st->menu.narrow ? KEYS_WIDTH : MENU_WIDTH) * p->scale;
	p->width = p->width > room ? room : p->width;
}

void orl_stage_open_menu(struct orl_ui *ui, struct orl_window *win,
		enum orl_menu_page page)
{
	struct orl_stage *st = ui->stage;
	struct orl_panel *p = &st->layers[ORL_LAYER_PANEL].panel;
	if (!win || !orl_window_live(ui, win) || orl_stage_modal(ui) ||
			ui->viewer->options.kiosk || !orl_stage_ready(ui))
		return;
	st->menu_open = true;
	st->guarded_until = 0;
	st->menu.page = page;
	fill_menu(ui, &st->menu);
	fill_devices(ui, &st->menu);
	orl_panel_open(p, 0);
	orl_stage_hide_bar(ui);
	orl_stage_show(ui, ORL_LAYER_PANEL, win);
	orl_stage_modal_changed(ui);
}

static void toggle_stats(struct orl_ui *ui)
{
	struct orl_stage *st = ui->stage;
	st->menu.stats = !st->menu.stats;
	atomic_store(&ui->facts_wanted, st->menu.stats);
	orl_box_wake(ui->viewer->box);
	pthread_mutex_lock(&ui->lock);
	/* They come anew, whatever they are. */
	ui->facts.n = 0;
	pthread_mutex_unlock(&ui->lock);
	if (!st->menu.stats)
		orl_stage_hide(ui, ORL_LAYER_STATS);
}

/* What changes windows, after the menu over one of them has gone. */
static void command_displays(struct orl_ui *ui, enum orl_command c)
{
	const struct orl_menu *m = &ui->stage->menu;
	struct orl_pane *pane = nth(ui, m->display);
	switch (c) {
	case ORL_COMMAND_FULLSCREEN:
		orl_stage_hide_bar(ui);
		orl_ui_cover(ui, !ui->covering);
		break;
	case ORL_COMMAND_SCALING:
		orl_ui_set_scaling(ui, (enum orl_scaling)m->scaling);
		break;
	case ORL_COMMAND_WINDOWS:
		orl_ui_set_one(ui, !ui->one);
		break;
	case ORL_COMMAND_IDENTIFY:
		identify(ui);
		break;
	case ORL_COMMAND_CHOOSE:
		if (pane)
			orl_ui_choose(ui, pane, pane->hidden);
		break;
	default:
		break;
	}
}

void orl_stage_command(
		struct orl_ui *ui, enum orl_command c, struct orl_window *on)
{
	const struct orl_menu_device *device;
	if (c == ORL_COMMAND_NONE || orl_stage_sound_command(ui, c))
		return;
	if (ui->stage->menu_open)
		orl_stage_close_panel(ui);
	switch (c) {
	case ORL_COMMAND_KEYS:
		orl_command_keys(ui, ui->stage->menu.sequence);
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
	case ORL_COMMAND_STOP:
		orl_deck_cancel(ui->viewer->deck);
		break;
	case ORL_COMMAND_DISCONNECT:
		orl_stage_hide_bar(ui);
		orl_command_disconnect(ui);
		break;
	case ORL_COMMAND_MENU_KEYS:
		orl_stage_open_menu(ui, on, ORL_MENU_KEYS);
		break;
	case ORL_COMMAND_MENU_DISPLAYS:
		orl_stage_open_menu(ui, on, ORL_MENU_DISPLAYS);
		break;
	case ORL_COMMAND_MENU_SOUND:
		orl_stage_open_menu(ui, on, ORL_MENU_SOUND);
		break;
	case ORL_COMMAND_MENU_USB:
		orl_stage_open_menu(ui, on, ORL_MENU_USB);
		break;
	case ORL_COMMAND_USB:
		device = &ui->stage->menu.device_rows[ui->stage->menu.device];
		orl_devices_want(
				ui->viewer->usb, device->index, !device->given);
		break;
	case ORL_COMMAND_CLOSE:
		orl_stage_hide_bar(ui);
		break;
	case ORL_COMMAND_PRINT_CANCEL:
		orl_prints_cancel(ui->viewer);
		break;
	default:
		command_displays(ui, c);
		break;
	}
}

/* ---- the bar ---- */

void orl_stage_hide_bar(struct orl_ui *ui)
{
	ui->stage->bar_at = 0;
	ui->stage->bar_keys = false;
	if (!ui->stage->layers[ORL_LAYER_BAR].shown)
		return;
	orl_stage_hide(ui, ORL_LAYER_BAR);
	orl_stage_arrow(ui, orl_stage_modal(ui));
}

void orl_stage_show_bar(struct orl_ui *ui, struct orl_window *win, bool keys)
{
	struct orl_stage *st = ui->stage;
	struct orl_layer *bar = &st->layers[ORL_LAYER_BAR];
	st->bar_at = 0;
	if (!win || !orl_window_live(ui, win) || orl_stage_modal(ui) ||
			ui->viewer->options.kiosk || !orl_stage_ready(ui))
		return;
	st->bar_keys = keys;
	if (keys)
		orl_command_release(ui);
	orl_panel_open(&bar->panel, keys ? 0 : -1);
	orl_stage_show(ui, ORL_LAYER_BAR, win);
	orl_stage_arrow(ui, true);
}

/* The middle of the upper edge: desktops have their own use for corners. */
void orl_stage_watch_edge(
		struct orl_ui *ui, struct orl_window *win, int x, int y)
{
	struct orl_stage *st = ui->stage;
	struct orl_layer *bar = &st->layers[ORL_LAYER_BAR];
	int w = win->width;
	bool edge = y == 0 && x > w / 4 && x < w - w / 4 && !ui->buttons &&
		    win->covering && !ui->viewer->options.kiosk &&
		    orl_window_live(ui, win) && !ui->is_relative;
	if (bar->shown) {
		SDL_Rect room = bar->at;
		SDL_Point at = { x, y };
		room.h += BAR_ROOM * bar->panel.scale;
		if (!st->bar_keys &&
				(bar->window != win ||
						!SDL_PointInRect(&at, &room)))
			orl_stage_hide_bar(ui);
	} else if (!edge) {
		st->bar_at = 0;
	} else if (!st->bar_at) {
		st->bar_at = orl_viewer_now() + REST;
		bar->window = win;
	}
}
