/*
 * clipboard.h - the user's half of the clipboard: what this desktop has, what
 * may leave it, and what may come in.
 *
 * It has a thread of its own, which waits for the window system's clipboard (a
 * board), for the connection (a duct, see clipnet.h) and for what the user
 * does. Rules: what was copied here is offered only while a window of ours has
 * the focus and after the user did something since; a type is given once for
 * each key or click, within two seconds of it; passwords are not offered. What
 * the desktop has becomes this clipboard only while, or just after, a window
 * has the focus.
 */
#ifndef ORL_VIEWER_CLIPBOARD_H
#define ORL_VIEWER_CLIPBOARD_H

#include <poll.h>
#include <stdbool.h>

#include "client/viewer/field.h"
#include "client/viewer/viewer.h"
#include "clip/paste.h"

struct SDL_Window;
union SDL_Event;
struct orl_deck;

/* Start it; NULL where there is no clipboard, which is said. */
struct orl_deck *orl_deck_create(struct orl_viewer *v);
/* After the connection's thread has ended. */
void orl_deck_destroy(struct orl_deck *deck);
/* The UI thread: what the user does. NULL is nothing. */
void orl_deck_watch(struct orl_deck *deck, const union SDL_Event *e);
/* Something large is being pasted. Threads: any; NULL is nothing. */
bool orl_deck_busy(const struct orl_deck *deck);
/* The UI thread: stop all pastes that are on their way. */
void orl_deck_cancel(struct orl_deck *deck);

/* ---- questions about files, for the connection's thread ---------------- */

struct orl_deck_question {
	uint32_t id; /* 0: there is none */
	bool giving;
	char text[600]; /* which files */
	char folder[ORL_FIELD_SIZE];
};

/* What the user is to be asked now; the connection is woken when it changes. */
void orl_deck_question(struct orl_deck *deck, struct orl_deck_question *out);
void orl_deck_answer(struct orl_deck *deck, uint32_t id, bool yes,
		const char *folder);

/* ---- boards: a file for each window system ------------------------------ */

enum { ORL_BOARD_FDS = 12 };

struct orl_board {
	const struct orl_board_kind *kind;
};

struct orl_board_kind {
	/* NULL and *why: not here. `native` is the window system's. */
	struct orl_board *(*open)(
			struct orl_deck *deck, void *native, const char **why);
	void (*close)(struct orl_board *board);
	size_t (*watch)(struct orl_board *board, struct pollfd *fds,
			uint64_t *due);
	/* False: it is gone. */
	bool (*run)(struct orl_board *board, uint64_t now);
	/* Have this to be pasted; count 0: no longer. */
	void (*offer)(struct orl_board *board, unsigned selection,
			const char *const *types, size_t count);
	/* Give what is here to `to`; NULL: it is not. */
	struct orl_paste *(*fetch)(struct orl_board *board, unsigned selection,
			const char *type, struct orl_paste_end to);
};

extern const struct orl_board_kind orl_board_wayland;
extern const struct orl_board_kind orl_board_x11;

/* The connection to the compositor, NULL: it is none of Wayland's. */
void *orl_wayland_display(struct SDL_Window *window);

/* Something has been copied here; count 0: nothing is to be had. */
void orl_deck_copied(struct orl_deck *deck, unsigned selection,
		const char *const *types, size_t count, bool secret);
/* A program here pastes what the desktop has. */
struct orl_paste *orl_deck_fetch(struct orl_deck *deck, unsigned selection,
		const char *type, struct orl_paste_end to);
bool orl_deck_primary(const struct orl_deck *deck);

#endif
