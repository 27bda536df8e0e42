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

enum { ORL_CURSOR_SIDE = 256, ORL_NO_NEWS = 0xff, ORL_NOTE = 640 };

struct orl_stage;

/*
 * A window shows one display of the server, or all of them. It may be without
 * any: before the first and after the last it shows panels, over nothing or
 * over the last pictures in grey. The UI thread's alone.
 */
struct orl_window {
	SDL_Window *sdl; /* NULL: not open */
	Uint32 id;
	SDL_Surface *converted; /* where its format is not ours */
	int32_t width, height;  /* pixels, which may be smaller than points */
	struct orl_view view;   /* of all that it shows, in pixels */
	int32_t scroll_x, scroll_y;
	bool visible, redraw;
	bool covering;          /* fullscreen */
	int set_w, set_h;       /* points that we gave it */
	uint64_t set_at;        /* and when */
	int before_w, before_h; /* it was fullscreen; 0: never another */
	int last_x, last_y;     /* where it was closed */
	bool was_open;
	/* What the desktop is asked for, see resize.c. */
	uint64_t resize_at, asked_at;
	int32_t asked_w, asked_h;
};

/* One display of the server. */
struct orl_pane {
	/*
	 * pin is held while the UI reads the screen, and while the connection
	 * takes it away.
	 */
	pthread_mutex_t pin;
	struct orl_remote *screen;
	struct orl_picture *last; /* of the screen that is gone */

	/* Notes, under ui->lock. */
	bool used; /* from screen_added until the UI has seen removed */
	bool removed;
	bool changed; /* size, place or name */
	struct oriel_rect rect;
	uint32_t id;
	char name[128];
	struct orl_view_damaged damage;
	int32_t want_w, want_h; /* to ask the server for; 0: nothing */

	/* The UI thread's own. */
	struct orl_window *on; /* where it is shown, NULL: nowhere */
	struct orl_view view;  /* its place there; width 0: none */
	struct oriel_rect shown_rect;
	uint32_t shown_id;
	char shown_name[128];
	bool live;          /* there is such a display */
	bool grey;          /* the connection is lost: this is what there was */
	bool hidden;        /* because the user does not want it */
	SDL_Surface *badge; /* its number, while displays are identified */
};

/* The pointer is at an edge beyond which there is more. */
struct orl_scroll {
	struct orl_window *window; /* NULL: it is not */
	int32_t x, y;              /* pixels a step */
	uint64_t at;
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
	atomic_bool wanting; /* a pane has want_w */
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
	char progress_address[ORL_RECENT_ADDRESS], progress_text[512];
	bool progressed;
	struct orl_facts facts;
	bool facts_changed;
	char note[ORL_NOTE]; /* a sentence that goes by */
	uint64_t note_until;
	bool noted;

	/* The answer, which the connection's thread waits for. */
	int answer_pipe[2];
	enum orl_choice answer;
	char answer_text[ORL_FIELD_SIZE], answer_user[ORL_FIELD_SIZE];
	unsigned answer_number; /* of the question */
	bool speechless;        /* there is no font */
	/* Somebody looks at statistics. */
	atomic_bool facts_wanted;
	/* What the server lets us do. */
	atomic_uint rights;
	/* The desktop's lock keys, since the UI has read them: else NO_NEWS. */
	atomic_uint locks_news;

	/* The UI thread's own. */
	struct orl_stage *stage;
	struct orl_window windows[ORL_SCREENS_MAX];
	bool covering; /* fullscreen is wanted, where there is a monitor */
	bool one;      /* window for all displays */
	enum orl_scaling scaling;
	uint64_t sweep_at; /* look for displays that are gone */
	struct orl_scroll scroll;
	SDL_Cursor *cursor_made;
	int32_t cursor_num, cursor_den; /* its size, of the desktop's */
	bool relative_wanted, is_relative;
	struct orl_typing typing;
	struct orl_wheel wheel;
	struct orl_finger fingers[ORL_FINGERS];
	uint32_t buttons, locks;
	bool locks_known, focused;
	bool raw_known, raw_caps; /* what X said of the key that comes next */
	struct orl_pane *pointed; /* where the pointer was last */
	int32_t pointer_x, pointer_y;
	/* And the pixels and time they took, for --verbose. */
	uint64_t draws, draw_pixels, draw_time;
};

/* ---- loop.c, the UI thread ---- */
int orl_ui_create(struct orl_ui **out, struct orl_viewer *v);
void orl_ui_destroy(struct orl_ui *ui);
/* Until orl_ui_done(). */
void orl_ui_run(struct orl_ui *ui);

/* ---- window.c, the UI thread ---- */
struct orl_window *orl_ui_window(struct orl_ui *ui, Uint32 window_id);
/* The first that is open, NULL without any. */
struct orl_window *orl_ui_first(struct orl_ui *ui);
/* It, or any of them, shows a display. */
bool orl_window_live(const struct orl_ui *ui, const struct orl_window *win);
bool orl_ui_live(const struct orl_ui *ui);
/* A window for a panel of this size, or the one there is, if it has room. */
struct orl_window *orl_ui_open(struct orl_ui *ui, int32_t w, int32_t h);
/* No more pictures of displays that are gone. */
void orl_ui_forget(struct orl_ui *ui);
/* Its size is another, or what it shows: place that anew. */
void orl_window_fit(struct orl_ui *ui, struct orl_window *win);
/* Make it so large, in points, and remember that it was us. */
void orl_window_set_size(struct orl_window *win, int w, int h);
/* The size at which all it shows is seen best, if there is room. */
void orl_window_best(const struct orl_ui *ui, const struct orl_window *win,
		int *w, int *h);
/* The window's pixels for one of a desktop that is not scaled; 1 or more. */
int32_t orl_window_density(const struct orl_window *win);
/* Points, as events have them, to pixels, and back. */
void orl_window_pixels(const struct orl_window *win, int32_t *x, int32_t *y);
void orl_window_points(const struct orl_window *win, int32_t *x, int32_t *y);
/* What its displays have left as notes. */
void orl_ui_read_panes(struct orl_ui *ui);
/* Displays that went and did not come back. */
void orl_ui_sweep(struct orl_ui *ui);
/* A window that nobody can see asks for no pictures. */
void orl_window_show(struct orl_ui *ui, struct orl_window *win, bool visible);
void orl_ui_set_one(struct orl_ui *ui, bool one);
void orl_ui_set_scaling(struct orl_ui *ui, enum orl_scaling scaling);
/* Show this display, or do not; one always is. */
void orl_ui_choose(struct orl_ui *ui, struct orl_pane *pane, bool shown);
/*
 * The display under a pixel of a window, the nearest if there is none; NULL:
 * the window shows none.
 */
struct orl_pane *orl_ui_nearest(struct orl_ui *ui, const struct orl_window *win,
		int32_t x, int32_t y);
/* The same of a point in the window's points, and the place on it. */
struct orl_pane *orl_ui_point(struct orl_ui *ui, Uint32 window_id, int32_t x,
		int32_t y, int32_t *picture_x, int32_t *picture_y);

/* ---- cover.c, the UI thread: fullscreen, and the keyboard ---- */
void orl_ui_cover(struct orl_ui *ui, bool covering);
/* Windows or monitors have come or gone: cover what is to be covered. */
void orl_ui_cover_again(struct orl_ui *ui);
/* The monitor for the nth window, as they stand from left to right. */
int orl_ui_monitor(int n);
/* Take the whole keyboard, or let go of it: whatever is right now. */
void orl_ui_grab(struct orl_ui *ui);

/* ---- resize.c, the UI thread: asking the desktop for the window's size ---- */
/* Its size is another; or soon may be, by the user's will. */
void orl_resize_changed(struct orl_ui *ui, struct orl_window *win);
void orl_resize_wanted(struct orl_ui *ui, struct orl_window *win);
/* The desktop is back: what was wanted of it still is. */
void orl_resize_again(struct orl_ui *ui, struct orl_window *win);
/* Whether a new size of the desktop is the answer to such a question. */
bool orl_resize_answered(struct orl_window *win);
uint64_t orl_resize_next(const struct orl_ui *ui);
void orl_resize_tick(struct orl_ui *ui, uint64_t now);

/* ---- scroll.c, the UI thread: pictures larger than their windows ---- */
void orl_scroll_watch(struct orl_ui *ui, const SDL_Event *e);
void orl_scroll_tick(struct orl_ui *ui, uint64_t now);
/* Show this part of the window's picture, at its place now. */
void orl_scroll_reveal(struct orl_ui *ui, struct orl_window *win,
		int32_t window_x, int32_t window_y);

/* ---- paint.c, the UI thread ---- */
/* What has changed of this display; nothing: what the window has to redraw. */
void orl_pane_paint(struct orl_ui *ui, struct orl_pane *pane,
		const struct orl_view_damaged *damage);
void orl_window_paint(struct orl_ui *ui, struct orl_window *win);
/* A panel over this part of the window has changed. */
void orl_window_touch(struct orl_ui *ui, struct orl_window *win, SDL_Rect part);

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
void orl_stage_compose(struct orl_ui *ui, const struct orl_window *win,
		SDL_Surface *to, const SDL_Rect *parts, int n);
/* A display is there; the window has gone. */
void orl_stage_lit(struct orl_ui *ui);
void orl_stage_closed(struct orl_ui *ui, const struct orl_window *win);
/* The window's size has changed. */
void orl_stage_resized(struct orl_ui *ui, const struct orl_window *win);
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
/* As large as the picture it is over. */
void orl_cursor_follow(struct orl_ui *ui);
void orl_cursor_fini(struct orl_ui *ui);

/* ---- notes.c, the connection's thread ---- */
void orl_ui_wake(struct orl_ui *ui);
void orl_ui_title(struct orl_ui *ui, const char *name);
void orl_ui_screen_added(struct orl_ui *ui, struct orl_remote *screen);
void orl_ui_screen_changed(struct orl_ui *ui, struct orl_remote *screen);
void orl_ui_screen_updated(struct orl_ui *ui, struct orl_remote *screen,
		const struct oriel_rect *rects, size_t count);
void orl_ui_screen_removed(struct orl_ui *ui, struct orl_remote *screen);
void orl_ui_cursor(struct orl_ui *ui, const struct oriel_pixels *image,
		int32_t hot_x, int32_t hot_y);
void orl_ui_warp(struct orl_ui *ui, struct orl_remote *screen, int32_t x,
		int32_t y);
void orl_ui_relative(struct orl_ui *ui, bool relative);
/* Ask the server for the sizes that windows want. */
void orl_ui_ask_sizes(struct orl_ui *ui);
void orl_ui_locks(struct orl_ui *ui, uint32_t locks);
/* Who holds keyboard and pointer, or who may, has changed. */
void orl_ui_holder(struct orl_ui *ui);
void orl_ui_done(struct orl_ui *ui);
/* Something about sound has changed. Threads: any. */
void orl_ui_sound(struct orl_ui *ui);
void orl_ui_progress(struct orl_ui *ui, enum oriel_client_state state,
		const char *address, const char *text);
/* Show a sentence for a while. Threads: any. */
void orl_ui_note(struct orl_ui *ui, unsigned ms, const char *text);
void orl_ui_facts(struct orl_ui *ui, const struct orl_facts_of *facts);
/*
 * Ask, and wait for the answer: ORL_NO_TERMINAL where nothing can be written
 * for want of a font.
 */
/* The same without waiting; the client is woken when there is an answer. */
void orl_ui_ask_begin(struct orl_ui *ui, const struct orl_dialog *dialog);
bool orl_ui_ask_poll(struct orl_ui *ui, enum orl_choice *choice);
/* What was typed with it; it is not kept. */
void orl_ui_answer_text(struct orl_ui *ui, char *text, size_t size);
/* The same of two fields; false: it answers another question. */
bool orl_ui_answer_login(
		struct orl_ui *ui, unsigned number, struct orl_login *login);
enum orl_answer orl_ui_ask(struct orl_ui *ui, const struct orl_dialog *dialog,
		enum orl_choice *choice, char *text, size_t size);

#endif
