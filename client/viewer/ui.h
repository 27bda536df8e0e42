/*
 * ui.h - the windows. The main thread owns SDL, and sleeps in SDL_WaitEvent;
 * the connection's thread leaves notes under a lock and wakes it by one
 * pushed event, however many notes there are.
 */
#ifndef ORL_VIEWER_UI_H
#define ORL_VIEWER_UI_H

#include <pthread.h>

#include <SDL2/SDL.h>

#include "client/viewer/dialogs.h"
#include "client/viewer/keys.h"
#include "client/viewer/typing.h"
#include "client/viewer/view.h"
#include "client/viewer/viewer.h"

enum { ORL_CURSOR_SIDE = 256, ORL_NO_NEWS = 0xff };

struct orl_stage;

/*
 * One display of the server, one window here. A window may be without a
 * display: before the first and after the last it shows panels, over nothing
 * or over the last picture in grey.
 */
struct orl_pane {
	/*
	 * pin is held while the UI reads the screen, and while the connection
	 * takes it away.
	 */
	pthread_mutex_t pin;
	struct oriel_screen *screen;
	struct orl_picture *last; /* of the screen that is gone */

	/* Notes, under ui->lock. */
	bool used; /* from screen_added until the UI has seen removed */
	bool removed;
	bool changed; /* size, place or name */
	struct oriel_rect rect;
	uint32_t id;
	char name[128];
	struct orl_view_damaged damage;

	/* The UI thread's own. */
	SDL_Window *window;
	Uint32 window_id;
	SDL_Surface *converted; /* where the window's format is not ours */
	struct orl_view view;
	struct oriel_rect shown_rect;
	uint32_t shown_id;
	char shown_name[128];
	bool visible, redraw;
	bool live; /* it has a display */
};

struct orl_ui {
	struct orl_viewer *viewer;
	Uint32 wake_event;
	atomic_bool woken;
	atomic_bool done; /* the connection's thread is about to end */

	pthread_mutex_t lock;
	pthread_cond_t work; /* for the time when there is no window */
	struct orl_pane panes[ORL_SCREENS_MAX];
	char title[ORL_VIEWFILE_VALUE];
	bool title_changed, granted;
	bool may_input, holds_input;
	char holder[128];
	bool cursor_changed, cursor_hidden;
	uint32_t cursor[ORL_CURSOR_SIDE * ORL_CURSOR_SIDE];
	int32_t cursor_width, cursor_height, hot_x, hot_y;
	bool warped;
	struct orl_pane *warp_pane;
	int32_t warp_x, warp_y;
	bool relative;
	struct orl_dialog asked; /* by the connection's thread */
	bool asking;             /* since the UI has read it: no */
	enum oriel_client_state progress;
	char progress_address[ORL_RECENT_ADDRESS];
	bool progressed;
	struct orl_facts facts;
	bool facts_changed;

	/* The answer, which the connection's thread waits for. */
	int answer_pipe[2];
	enum orl_choice answer;
	char answer_text[ORL_FIELD_SIZE];
	bool speechless; /* there is no font */
	/* Somebody looks at statistics. */
	atomic_bool facts_wanted;
	/* The desktop's lock keys, since the UI has read them: else NO_NEWS. */
	atomic_uint locks_news;

	/* The UI thread's own. */
	struct orl_stage *stage;
	bool covering; /* fullscreen */
	SDL_Cursor *cursor_made;
	bool relative_wanted, is_relative;
	struct orl_typing typing;
	struct orl_wheel wheel;
	struct orl_finger fingers[ORL_FINGERS];
	uint32_t buttons, locks;
	bool locks_known, focused;
	bool raw_known, raw_caps; /* what X said of the key that comes next */
	struct orl_pane *pointed; /* where the pointer was last */
	int32_t pointer_x, pointer_y;
	uint64_t draws; /* and the time they took, for --verbose */
	uint64_t draw_time;
};

/* ---- window.c, the UI thread ---- */
int orl_ui_create(struct orl_ui **out, struct orl_viewer *v);
void orl_ui_destroy(struct orl_ui *ui);
/* Until orl_ui_done(). */
void orl_ui_run(struct orl_ui *ui);
struct orl_pane *orl_ui_pane(struct orl_ui *ui, Uint32 window_id);
/* The first with a window, NULL without any. */
struct orl_pane *orl_ui_first(struct orl_ui *ui);
/* A window for a panel of this size, or the one there is, if it has room. */
struct orl_pane *orl_ui_open(struct orl_ui *ui, int32_t w, int32_t h);
/* No more pictures of displays that are gone. */
void orl_ui_forget(struct orl_ui *ui);
void orl_ui_cover(struct orl_ui *ui, bool covering);
/* Take the whole keyboard, or let go of it: whatever is right now. */
void orl_ui_grab(struct orl_ui *ui);

/* ---- paint.c, the UI thread ---- */
void orl_pane_fit(struct orl_pane *pane);
void orl_pane_paint(struct orl_ui *ui, struct orl_pane *pane,
		struct orl_view_damaged damage);
/* A panel over this part of the window has changed. */
void orl_pane_touch(struct orl_ui *ui, struct orl_pane *pane, SDL_Rect part);

/* ---- stage.c, the UI thread: the panels and where they are ---- */
int orl_stage_create(struct orl_ui *ui);
void orl_stage_destroy(struct orl_ui *ui);
/* True when a panel has taken the event. */
bool orl_stage_event(struct orl_ui *ui, const SDL_Event *e);
void orl_stage_read_notes(struct orl_ui *ui);
/* When orl_stage_tick() wants to be called, UINT64_MAX never. */
uint64_t orl_stage_next(const struct orl_ui *ui);
void orl_stage_tick(struct orl_ui *ui, uint64_t now);
/* Draw what lies over these parts of the window into its surface. */
void orl_stage_compose(struct orl_ui *ui, const struct orl_pane *pane,
		SDL_Surface *to, const SDL_Rect *parts, int n);
/* A display is there; the window has gone; it is another pane's now. */
void orl_stage_lit(struct orl_ui *ui);
void orl_stage_moved(struct orl_ui *ui, const struct orl_pane *from,
		struct orl_pane *to);
/* The window's size has changed. */
void orl_stage_resized(struct orl_ui *ui, const struct orl_pane *pane);
/* A question is open, or the menu: input is for it. */
bool orl_stage_modal(const struct orl_ui *ui);
/* Show the arrow where a panel has the pointer. */
void orl_stage_cursor(struct orl_ui *ui);

/* ---- command.c, the UI thread ---- */
void orl_command_keys(struct orl_ui *ui, int sequence);
void orl_command_release(struct orl_ui *ui);
/* Keyboard and pointer: ask for them, or give them up. */
void orl_command_take(struct orl_ui *ui, bool take);
void orl_command_disconnect(struct orl_ui *ui);

/* ---- input.c, the UI thread ---- */
/* True when the event was input. */
bool orl_input_event(struct orl_ui *ui, const SDL_Event *e);
void orl_input_relative(struct orl_ui *ui, bool relative);
void orl_input_warp(
		struct orl_ui *ui, struct orl_pane *pane, int32_t x, int32_t y);
/* Say the lock keys if they have changed, or again. */
void orl_input_locks(struct orl_ui *ui, bool again);
/* Let go of every key, button and finger. */
void orl_input_let_go(struct orl_ui *ui);
/* Once, when SDL has its display. */
void orl_input_start(struct orl_ui *ui);

/* ---- cursor.c, the UI thread ---- */
void orl_cursor_set(struct orl_ui *ui, const uint32_t *pixels, int32_t width,
		int32_t height, int32_t hot_x, int32_t hot_y);
void orl_cursor_hide(struct orl_ui *ui);
void orl_cursor_fini(struct orl_ui *ui);

/* ---- notes.c, the connection's thread ---- */
void orl_ui_wake(struct orl_ui *ui);
void orl_ui_title(struct orl_ui *ui, const char *name);
void orl_ui_screen_added(struct orl_ui *ui, struct oriel_screen *screen);
void orl_ui_screen_changed(struct orl_ui *ui, struct oriel_screen *screen);
void orl_ui_screen_updated(struct orl_ui *ui, struct oriel_screen *screen,
		const struct oriel_rect *rects, size_t count);
void orl_ui_screen_removed(struct orl_ui *ui, struct oriel_screen *screen);
void orl_ui_cursor(struct orl_ui *ui, const struct oriel_pixels *image,
		int32_t hot_x, int32_t hot_y);
void orl_ui_warp(struct orl_ui *ui, struct oriel_screen *screen, int32_t x,
		int32_t y);
void orl_ui_relative(struct orl_ui *ui, bool relative);
void orl_ui_locks(struct orl_ui *ui, uint32_t locks);
/* Who holds keyboard and pointer, or who may, has changed. */
void orl_ui_holder(struct orl_ui *ui);
void orl_ui_done(struct orl_ui *ui);
void orl_ui_progress(struct orl_ui *ui, enum oriel_client_state state,
		const char *address);
void orl_ui_facts(struct orl_ui *ui, const struct orl_facts_of *facts);
/*
 * Ask, and wait for the answer: ORL_NO_TERMINAL where nothing can be written
 * for want of a font.
 */
enum orl_answer orl_ui_ask(struct orl_ui *ui, const struct orl_dialog *dialog,
		enum orl_choice *choice, char *text, size_t size);

#endif
