/*
 * panel.h - the viewer's own controls, in immediate mode: a panel is a
 * function that names its widgets from top to bottom, and is called once for
 * every event and once to be drawn. What lasts from call to call is here: the
 * focus, the pointer, and what was pressed. Pure: no SDL, no clock; letters
 * are measured and drawn by whoever fills in struct orl_painter, so that
 * tests need no window.
 *
 * Keys: Tab and Shift-Tab move the focus, and so do the arrows between
 * buttons and items; Enter presses what has the focus, or the row's default
 * button; Escape its cancel button.
 */
#ifndef ORL_VIEWER_PANEL_H
#define ORL_VIEWER_PANEL_H

#include <oriel/oriel.h>

#include "client/viewer/field.h"

enum orl_face {
	ORL_FACE_TEXT,
	ORL_FACE_BOLD,
	ORL_FACE_TITLE,
	ORL_FACE_MONO,
	ORL_FACES,
};

struct orl_painter {
	void *user;
	int (*width)(void *user, enum orl_face face, const char *text,
			size_t n);
	int (*height)(void *user, enum orl_face face);
	void (*fill)(void *user, struct oriel_rect r, uint32_t rgb, int radius);
	/* From x, y (the top left corner), and nothing outside clip. */
	void (*text)(void *user, enum orl_face face, int32_t x, int32_t y,
			struct oriel_rect clip, uint32_t rgb, const char *text,
			size_t n);
};

enum orl_panel_key {
	ORL_KEY_NONE,
	ORL_KEY_TAB,
	ORL_KEY_BACKTAB,
	ORL_KEY_ENTER,
	ORL_KEY_SPACE,
	ORL_KEY_ESCAPE,
	ORL_KEY_UP,
	ORL_KEY_DOWN,
	ORL_KEY_LEFT,
	ORL_KEY_RIGHT,
	ORL_KEY_HOME,
	ORL_KEY_END,
	ORL_KEY_BACKSPACE,
	ORL_KEY_DELETE,
	ORL_KEY_CLEAR, /* Ctrl+U */
};

struct orl_panel_input {
	enum orl_panel_key key;
	const char *text;       /* typed or pasted, UTF-8; may be NULL */
	bool pressed, released; /* the left button, just now */
	int clicks;             /* with released: 2 is a double click */
	int32_t x, y;           /* the pointer, in the panel */
};

enum orl_step {
	ORL_STEP_DONE,
	ORL_STEP_NOW,
	ORL_STEP_LATER,
};

struct orl_panel {
	const struct orl_painter *painter;
	int scale;     /* 1 or 2 */
	int32_t width; /* whole, in pixels */

	/* From call to call; zero is a new panel. */
	int focus; /* the widget that has it, -1 none */
	int hot;   /* the one under the pointer, -1 none */
	int held;  /* the one that was pressed, -1 none */
	int count; /* of widgets that can have the focus */
	int32_t height;
	int32_t focus_top, focus_bottom; /* where that widget is */

	/* During one call. */
	struct orl_panel_input in;
	bool draw;
	int next;  /* the number of the next such widget */
	int32_t y; /* where it begins */
	/* Of columns beside each other: where they are, and the longest. */
	int32_t left, across, top, bottom;
	int32_t tight; /* the width that the last row of buttons needs */
};

/* A new panel; `focus` is the widget that has it first, -1 none. */
void orl_panel_open(struct orl_panel *p, int focus);
/*
 * One call: `in` is what happened, NULL nothing. With draw the panel is drawn
 * as large as the last call found it, else only measured.
 */
void orl_panel_begin(struct orl_panel *p, const struct orl_panel_input *in,
		bool draw);
/* p->height is the panel's now. */
void orl_panel_end(struct orl_panel *p);

/*
 * What follows goes to the column number i of n, which begin where the first
 * does; orl_panel_columns_end() goes on below them.
 */
void orl_panel_column(struct orl_panel *p, int i, int n);
void orl_panel_columns_end(struct orl_panel *p);

void orl_panel_title(struct orl_panel *p, const char *text);
void orl_panel_text(struct orl_panel *p, const char *text);
/* In a softer colour. */
void orl_panel_note(struct orl_panel *p, const char *text);
void orl_panel_warning(struct orl_panel *p, const char *text);
/* A key's SHA-256 in groups, in a box. */
void orl_panel_fingerprint(struct orl_panel *p, const char *hex);
void orl_panel_step(struct orl_panel *p, enum orl_step step, const char *text);
/* A name and a value, in two columns; mark: the value is good news. */
void orl_panel_fact(struct orl_panel *p, const char *name, const char *value,
		bool mark);
/* True when it was edited. */
bool orl_panel_field(struct orl_panel *p, const char *label,
		struct orl_field *field);
/*
 * Rows of which one is *selected (-1: none). True when a row was chosen, by a
 * double click or Enter; *selected changes with the arrows and a click.
 */
bool orl_panel_list(struct orl_panel *p, const char *label,
		const char *const *rows, int n, int *selected);
/* An entry of a menu: true when it was chosen. */
bool orl_panel_item(struct orl_panel *p, const char *text, bool checked);
/*
 * A row of buttons, to the right: the one pressed, or -1. Enter anywhere else
 * is `enter`, Escape is `cancel`; -1: none.
 */
int orl_panel_buttons(struct orl_panel *p, const char *const *labels, int n,
		int enter, int cancel);

/* 64 hexadecimal digits in two lines of eight groups of four. */
enum { ORL_GROUPED = 40 };
void orl_panel_group(char lines[2][ORL_GROUPED], const char *hex);

#endif
