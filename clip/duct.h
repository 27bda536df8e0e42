/*
 * duct.h - a clipboard between two threads: offers, requests and bytes, by
 * values only. Each end belongs to its thread; between them are two queues
 * under a lock, and a wake-up. It would be the same over a socket between
 * processes.
 *
 * An end is told the newest offer only, however many there were; of two that
 * cross, that of end 0 holds. Of a paste at
 * most ORL_DUCT_WINDOW bytes wait in a queue, and in all no more than
 * ORL_DUCT_MAX.
 */
#ifndef ORL_CLIP_DUCT_H
#define ORL_CLIP_DUCT_H

#include "clip/paste.h"

enum {
	ORL_DUCT_WINDOW = 128 << 10,
	ORL_DUCT_MAX = 2 << 20,
	ORL_DUCT_PASTES = 16,
	ORL_DUCT_SELECTIONS = 2,
	ORL_DUCT_TYPES = 16, /* of an offer; no more are told */
	ORL_DUCT_TEXT = 256, /* of a note, a type or a reason, with NUL */
};

struct orl_duct; /* both ends */
struct orl_duct_end;

struct orl_duct_calls {
	/* The other end has this to be pasted; count 0: nothing any more. */
	void (*offered)(void *user, unsigned selection,
			const char *const *types, size_t count);
	/* The other end pastes: give the bytes to `to`, or NULL. */
	struct orl_paste *(*wanted)(void *user, unsigned selection,
			const char *type, struct orl_paste_end to);
	/* What it left by orl_duct_note(). */
	void (*note)(void *user, int kind, int value, const char *text);
	/* In the other end's thread: there is something to run. */
	void (*wake)(void *user);
};

/* Both ends, not yet in use; NULL: no memory. */
struct orl_duct *orl_duct_create(void);
/* When both threads have ended. */
void orl_duct_destroy(struct orl_duct *duct);
/* End 0 or 1, for its thread. */
struct orl_duct_end *orl_duct_open(struct orl_duct *duct, unsigned which,
		const struct orl_duct_calls *calls, void *user);
/* Its pastes end, and what comes is dropped. */
void orl_duct_close(struct orl_duct_end *end);

/* After a wake-up: make the calls that are due. */
void orl_duct_run(struct orl_duct_end *end);
void orl_duct_offer(struct orl_duct_end *end, unsigned selection,
		const char *const *types, size_t count);
/* Bytes that the other end has; NULL: no, and `to` is still there. */
struct orl_paste *orl_duct_fetch(struct orl_duct_end *end, unsigned selection,
		const char *type, struct orl_paste_end to);
/* always: whatever waits already; else it may be dropped. */
void orl_duct_note(struct orl_duct_end *end, int kind, int value,
		const char *text, bool always);

#endif
