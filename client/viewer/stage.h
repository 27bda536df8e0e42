/*
 * stage.h - what stage.c, which shows the panels, and route.c, which leads
 * events to them, share. The UI thread's alone.
 */
#ifndef ORL_VIEWER_STAGE_H
#define ORL_VIEWER_STAGE_H

#include "client/viewer/letters.h"
#include "client/viewer/ui.h"

enum orl_layer_name {
	ORL_LAYER_STATS,
	ORL_LAYER_BAR,
	ORL_LAYER_SIGN, /* the microphone is live */
	ORL_LAYER_NOTE,
	ORL_LAYER_PANEL,
	ORL_LAYERS,
};

struct orl_layer {
	struct orl_panel panel;
	SDL_Surface *surface;
	struct orl_window *window;
	SDL_Rect at;
	bool shown;
	/* Of one that is taller than its window: what is above it. */
	int scroll, followed;
};

struct orl_stage {
	struct orl_layer layers[ORL_LAYERS];
	struct orl_letters *letters;
	bool no_letters;
	struct orl_dialog dialog;
	bool answered; /* what is shown waits for nothing any more */
	/* Clicks until then were meant for what was there before. */
	uint64_t guarded_until;
	bool menu_open;
	struct orl_menu menu;
	struct orl_facts facts;
	bool mic_asked; /* whether the desktop may hear it */
	uint64_t progress_at, bar_at;
	char note[ORL_NOTE]; /* a sentence that goes by */
	uint64_t note_until;
	uint64_t identify_until; /* 0: displays show no numbers */
	bool bar_keys;           /* the bar has the keyboard */
	/* The connection is lost: since when, and when to say more of it. */
	uint64_t lost_since, lost_at;
	bool arrow;
	int taken[8];          /* keys that went down in a panel, by scancode */
	bool ctrl, alt, alone; /* nothing else since both went down */
};

/* One call of what the layer shows; its answer, if it has one. */
int orl_stage_call(struct orl_ui *ui, enum orl_layer_name name,
		const struct orl_panel_input *in, bool draw);
/* Its content has changed, or where it is. */
void orl_stage_refresh(struct orl_ui *ui, enum orl_layer_name name);
/* The wheel, over a panel that may be taller than its window. */
void orl_stage_scroll(struct orl_ui *ui, int steps);
/* The question was called, and this came back. */
void orl_stage_answered(struct orl_ui *ui, enum orl_choice choice);
/* The size of a question may change while it is shown. */
void orl_stage_follow_size(struct orl_ui *ui);
void orl_stage_command(
		struct orl_ui *ui, enum orl_command c, struct orl_window *on);
void orl_stage_open_menu(struct orl_ui *ui, struct orl_window *win,
		enum orl_menu_page page);
/* As wide as the window it is over has room for. */
void orl_stage_menu_width(struct orl_stage *st);
/* The pointer has moved: the bar may be wanted, or no longer. */
void orl_stage_watch_edge(
		struct orl_ui *ui, struct orl_window *win, int x, int y);
/* keys: it takes the keyboard, until one of its buttons or Escape. */
void orl_stage_show_bar(struct orl_ui *ui, struct orl_window *win, bool keys);
void orl_stage_hide_bar(struct orl_ui *ui);

/* ---- stage_sound.c ---- */
/* Something about sound has changed, or the windows have. */
void orl_stage_sound(struct orl_ui *ui);
/* Whether it was a command about sound; the menu stays open. */
bool orl_stage_sound_command(struct orl_ui *ui, enum orl_command c);

/* ---- what stage.c and bar.c share ---- */
bool orl_stage_ready(struct orl_ui *ui);
void orl_stage_show(struct orl_ui *ui, enum orl_layer_name name,
		struct orl_window *win);
void orl_stage_hide(struct orl_ui *ui, enum orl_layer_name name);
void orl_stage_close_panel(struct orl_ui *ui);
/* The panel came by itself, maybe under a click. */
void orl_stage_guard(struct orl_ui *ui);
void orl_stage_arrow(struct orl_ui *ui, bool arrow);
/* Something modal has come or gone. */
void orl_stage_modal_changed(struct orl_ui *ui);
void orl_stage_unidentify(struct orl_ui *ui);

#endif
