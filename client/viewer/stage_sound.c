/*
 * stage_sound.c - sound in the windows: what the menu does to it, the question
 * whether the desktop may hear the microphone, and the sign that it does,
 * which nothing can hide as long as it does.
 */
#include "client/viewer/stage.h"
#include "client/viewer/text.h"

/* A window that shows the desktop, NULL without any. */
static struct orl_window *lit(struct orl_ui *ui)
{
	struct orl_window *win = orl_ui_first(ui);

	return win && orl_window_live(ui, win) ? win : NULL;
}

static void show_sign(struct orl_ui *ui, bool live)
{
	struct orl_layer *sign = &ui->stage->layers[ORL_LAYER_SIGN];
	struct orl_window *win = lit(ui);

	if (!live || !win) {
		orl_stage_hide(ui, ORL_LAYER_SIGN);
		return;
	}
	if ((!sign->shown || sign->window != win) && orl_stage_ready(ui))
		orl_stage_show(ui, ORL_LAYER_SIGN, win);
}

void orl_stage_sound(struct orl_ui *ui)
{
	struct orl_stage *st = ui->stage;
	struct orl_sound_state s;

	orl_sound_state(ui->viewer, &s);
	show_sign(ui, s.live);
	if (st->menu_open && st->menu.page == ORL_MENU_SOUND) {
		st->menu.sound = s;
		orl_stage_refresh(ui, ORL_LAYER_PANEL);
	}
	if (!s.wanted || s.allowed)
		st->mic_asked = false;
	/* Once for each wish; what is open already has to be closed first. */
	if (!s.wanted || !s.may || s.allowed || st->mic_asked || !lit(ui) ||
			ui->viewer->options.microphone != ORL_MICROPHONE_ASK)
		return;
	orl_stage_open_menu(ui, lit(ui), ORL_MENU_SOUND);
	st->mic_asked = st->menu_open && st->menu.page == ORL_MENU_SOUND;
	if (!st->mic_asked)
		return;
	/* On "Not now": the next Enter of who is typing is no consent. */
	orl_panel_open(&st->layers[ORL_LAYER_PANEL].panel,
			orl_menu_not_now(&st->menu));
	orl_stage_refresh(ui, ORL_LAYER_PANEL);
	orl_stage_guard(ui);
}

bool orl_stage_sound_command(struct orl_ui *ui, enum orl_command c)
{
	struct orl_menu *m = &ui->stage->menu;
	struct orl_viewer *v = ui->viewer;

	switch (c) {
	case ORL_COMMAND_MUTE:
		orl_sound_mute(v, !m->sound.muted);
		break;
	case ORL_COMMAND_VOLUME:
		orl_sound_volume(v, m->sound.volume);
		break;
	case ORL_COMMAND_SPEAK:
		orl_sound_speak(v, !m->sound.allowed);
		/* Answered; the sign says the rest. */
		if (!m->sound.allowed && m->sound.wanted)
			orl_stage_close_panel(ui);
		break;
	case ORL_COMMAND_SOUND_DEVICE:
	case ORL_COMMAND_MICROPHONE_DEVICE:
		orl_sound_next(v, c == ORL_COMMAND_MICROPHONE_DEVICE);
		break;
	default:
		return false;
	}
	orl_stage_sound(ui);
	return true;
}
