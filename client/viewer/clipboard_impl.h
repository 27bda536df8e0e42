/*
 * clipboard_impl.h - what the files of the user's half of the clipboard know of
 * each other: clipboard.c has the thread and the rules, clipboard_files.c what
 * is asked about files.
 */
#ifndef ORL_VIEWER_CLIPBOARD_IMPL_H
#define ORL_VIEWER_CLIPBOARD_IMPL_H

#include <pthread.h>
#include <stdatomic.h>

#include "client/viewer/clipboard.h"
#include "client/viewer/clipnet.h"
#include "clip/files.h"

enum {
	SELECTIONS = ORL_DUCT_SELECTIONS,
	TYPES = ORL_DUCT_TYPES,
	UNDER_WAY = 16,
	PROBLEM_MS = 7000,
};

struct types {
	size_t count;
	char names[TYPES][ORIEL_TYPE_MAX + 1];
};

/* What was copied here. */
struct ours {
	struct types types;
	bool offered;    /* the desktop knows */
	uint64_t copied; /* when */
	/* Bit by type: given since the last key or click. */
	uint32_t given;
	uint64_t given_act;
	unsigned repeats;
};

/* What was copied there. */
struct theirs {
	struct types types;
	bool due; /* to become this clipboard, when that may be */
};

/* A paste on its way, either way. */
struct under_way {
	struct orl_paste *paste; /* NULL: free */
	bool out;                /* to the desktop */
	char type[ORIEL_TYPE_MAX + 1];
	uint64_t since, done, total;
	const char *content;
};

struct orl_deck {
	struct orl_viewer *v;
	const struct orl_board_kind *kind;
	struct orl_board *board; /* NULL: there is no window yet */
	_Atomic(void *) native;  /* what it is opened with */
	struct orl_duct *duct;
	struct orl_duct_end *end;
	int pipe[2]; /* wakes the thread */
	pthread_t thread;

	/* The user, as the UI thread has seen him. */
	atomic_bool done, focused, cancel, busy;
	_Atomic uint64_t act; /* the last key, click or change of focus */

	/* The thread's own. */
	bool connected;
	struct ours ours[SELECTIONS];
	struct theirs theirs[SELECTIONS];
	struct under_way pastes[UNDER_WAY];
	uint64_t step; /* when progress is shown next, 0: not */

	/* Files, clipboard_files.c. */
	struct orl_files *files;
	pthread_mutex_t lock; /* of what follows */
	struct orl_deck_question question;
	struct {
		uint32_t id; /* 0: none yet */
		bool yes;
		char folder[ORL_FIELD_SIZE];
	} answer;
};

/* clipboard.c */
void orl_deck_wake(struct orl_deck *deck);
/* In the window and to scripts; `why` is shown, and translated before. */
void orl_deck_say(struct orl_deck *deck, const char *what, const char *type,
		const char *why);
/* Show how far it is. NULL is handed on. */
struct orl_paste *orl_deck_follow(struct orl_deck *deck,
		struct orl_paste *paste, const char *type, bool out);

/* clipboard_files.c, the clipboard's thread */
bool orl_deck_files_create(struct orl_deck *deck);
/* What the user said, and pastes that are ready. */
void orl_deck_files_run(struct orl_deck *deck);
struct orl_paste *orl_deck_give_files(struct orl_deck *deck, unsigned selection,
		struct orl_paste_end to);
struct orl_paste *orl_deck_take_files(struct orl_deck *deck, unsigned selection,
		struct orl_paste_end to);

#endif
