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
	ORL_LAYER_PANEL,
	ORL_LAYERS,
};

struct orl_layer {
	struct orl_panel panel;
	SDL_Surface *surface;
	struct orl_pane *pane;
	SDL_Rect at;
	bool shown;
};

struct orl_stage {
	struct orl_layer layers[ORL_LAYERS];
	struct orl_letters *letters;
	bool no_letters;
	struct orl_dialog dialog;
	bool answered; /* what is shown waits for nothing any more */
	bool menu_open;
	struct orl_menu menu;
	struct orl_facts facts;
	uint64_t progress_at, bar_at;
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
/* The question was called, and this came back. */
void orl_stage_answered(struct orl_ui *ui, enum orl_choice choice);
/* The size of a question may change while it is shown. */
void orl_stage_follow_size(struct orl_ui *ui);
void orl_stage_command(
		struct orl_ui *ui, enum orl_command c, struct orl_pane *on);
void orl_stage_open_menu(struct orl_ui *ui, struct orl_pane *pane);
/* The pointer has moved: the bar may be wanted, or no longer. */
void orl_stage_watch_edge(
		struct orl_ui *ui, struct orl_pane *pane, int x, int y);
void orl_stage_hide_bar(struct orl_ui *ui);

#endif
