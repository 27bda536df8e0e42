/*
 * paste.h - one paste: bytes from an end that has them to an end that wants
 * them, each of which may be slower than the other. An end is a program of the
 * desktop, the link, a guest's agent or another thread; what it is, its ops
 * know. Here is what has come and not gone yet, at most ORL_PASTE_ROOM, and
 * how the ends of the two ends go together.
 *
 * The ends call orl_paste_...(); which may call ops of both. The paste is
 * freed when either end has ended, which the other is told then.
 */
#ifndef ORL_CLIP_PASTE_H
#define ORL_CLIP_PASTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ORL_PASTE_ROOM = 512 << 10 };

struct orl_paste;

/* How the total is meant, as enum oriel_total. */
enum orl_paste_total {
	ORL_PASTE_UNKNOWN,
	ORL_PASTE_AT_LEAST,
	ORL_PASTE_EXACT,
};

struct orl_paste_ops {
	/* Of the end that wants them; begin may be NULL. 0 or an ORIEL_E. */
	int (*begin)(void *end, enum orl_paste_total kind, uint64_t total);
	/* What it takes of p[n], or an ORIEL_E. It calls ready() after less. */
	int64_t (*write)(void *end, const void *p, size_t n);
	void (*finish)(void *end); /* ends it */
	/* Of the end that has them: n were passed on; `empty`: all that came. */
	void (*used)(void *end, size_t n, bool empty);
	/* Of both: it is not wanted, or cannot be had. Ends it. */
	void (*fail)(void *end, int error, const char *why);
};

/* An end of a paste; `end` is what the ops are given. */
struct orl_paste_end {
	const struct orl_paste_ops *ops;
	void *end;
};

/* NULL: no memory. */
struct orl_paste *orl_paste_create(
		struct orl_paste_end from, struct orl_paste_end to);

/*
 * Tell how far it is: bytes passed on, of so many that are known of (0: none),
 * and when it is over.
 */
typedef void orl_paste_watcher(void *user, struct orl_paste *paste,
		uint64_t done, uint64_t total, bool over);
void orl_paste_watch(struct orl_paste *paste, orl_paste_watcher *watcher,
		void *user);

/* The end that has the bytes says. */
void orl_paste_begun(struct orl_paste *paste, enum orl_paste_total kind,
		uint64_t total);
void orl_paste_data(struct orl_paste *paste, const void *p, size_t n);
void orl_paste_came(struct orl_paste *paste); /* that was all; ended */
void orl_paste_failed(struct orl_paste *paste, int error, const char *why);

/* The end that wants them says. */
void orl_paste_ready(struct orl_paste *paste);
void orl_paste_dropped(struct orl_paste *paste); /* ended */

/* For who knows an end only by its pointer: it has ended, 0 in order. */
void orl_paste_ended(struct orl_paste *paste, const void *end, int error,
		const char *why);

/* Free it alone, and tell nobody; NULL is nothing. */
void orl_paste_forget(struct orl_paste *paste);
/* Both are to end; for who made it. */
void orl_paste_cancel(struct orl_paste *paste, int error, const char *why);

#endif
