/*
 * x11_clipboard.c - the selections of the X server that is shown. clip/x11.h
 * does the work; here they are joined to the board.
 */
#include <stdlib.h>

#include "capture/clipboard.h"
#include "capture/x11.h"
#include "clip/x11.h"

struct orl_x11_clipboard {
	struct orl_xclip *x; /* NULL: the X server is gone */
	struct orl_board *board;
	uint64_t now;
};

/* ---- the end of a paste that is a program of the desktop ---------------- */

static int64_t write_in(void *end, const void *p, size_t n)
{
	return (int64_t)orl_xclip_write(end, p, n);
}

static void finish(void *end)
{
	orl_xclip_finish(end);
}

static void used(void *end, size_t n, bool empty)
{
	(void)n;
	if (empty)
		orl_xclip_more(end);
}

static void fail(void *end, int error, const char *why)
{
	(void)error;
	(void)why;
	orl_xclip_fail(end);
}

static const struct orl_paste_ops ops = {
	.write = write_in,
	.finish = finish,
	.used = used,
	.fail = fail,
};

/* ---- what programs do -------------------------------------------------- */

static void changed(void *user, unsigned selection, const char *const *types,
		size_t count, bool secret)
{
	struct orl_x11_clipboard *c = user;

	orl_board_copied(c->board, (enum oriel_selection)selection, types,
			count, secret);
}

static void wanted(void *user, struct orl_xclip_job *job, unsigned selection,
		const char *type)
{
	struct orl_x11_clipboard *c = user;
	struct orl_paste *paste = orl_board_fetch(c->board,
			(enum oriel_selection)selection, type,
			(struct orl_paste_end){ &ops, job });

	if (paste)
		orl_xclip_set_data(job, paste);
	else
		orl_xclip_fail(job);
}

static void ready(void *user, struct orl_xclip_job *job)
{
	(void)user;
	orl_paste_ready(orl_xclip_data(job));
}

static void begun(void *user, struct orl_xclip_job *job, uint64_t least)
{
	(void)user;
	orl_paste_begun(orl_xclip_data(job),
			least ? ORL_PASTE_AT_LEAST : ORL_PASTE_UNKNOWN, least);
}

static void data(void *user, struct orl_xclip_job *job, const void *p, size_t n)
{
	(void)user;
	orl_paste_data(orl_xclip_data(job), p, n);
}

static void ended(void *user, struct orl_xclip_job *job, bool ok)
{
	(void)user;
	orl_paste_ended(orl_xclip_data(job), job, ok ? 0 : ORIEL_EIO,
			"the program that has it does not give it");
}

static const struct orl_xclip_calls calls = {
	.changed = changed,
	.wanted = wanted,
	.ready = ready,
	.begun = begun,
	.data = data,
	.ended = ended,
};

/* ---- for the source ---------------------------------------------------- */

struct orl_x11_clipboard *orl_x11_clipboard_open(
		const char *display, struct orl_board *board)
{
	struct orl_x11_clipboard *c = calloc(1, sizeof(*c));
	const char *why = "out of memory";

	if (c) {
		c->board = board;
		c->x = orl_xclip_open(display, orl_board_primary(board), &calls,
				c, &why);
	}
	if (c && c->x)
		return c;
	fprintf(stderr, "x11: the clipboard of '%s' is not shared: %s\n",
			display, why);
	free(c);
	return NULL;
}

void orl_x11_clipboard_close(struct orl_x11_clipboard *c)
{
	if (!c)
		return;
	orl_xclip_close(c->x);
	free(c);
}

void orl_x11_clipboard_watch(const struct orl_x11_clipboard *c,
		struct pollfd *fd, uint64_t *due)
{
	uint64_t mine = c->x ? orl_xclip_due(c->x) : ORL_NEVER;

	*fd = (struct pollfd){ .fd = c->x ? orl_xclip_fd(c->x) : -1,
		.events = POLLIN };
	if (mine < *due)
		*due = mine;
}

void orl_x11_clipboard_run(struct orl_x11_clipboard *c, uint64_t now)
{
	if (!c->x || orl_xclip_run(c->x, now))
		return;
	/* The source will see that too; jobs end with it. */
	orl_xclip_close(c->x);
	c->x = NULL;
}

void orl_x11_clipboard_paste(struct orl_x11_clipboard *c,
		enum oriel_selection selection, const char *const *types,
		size_t count)
{
	if (c->x)
		orl_xclip_offer(c->x, (unsigned)selection, types, count);
}

struct orl_paste *orl_x11_clipboard_copy(struct orl_x11_clipboard *c,
		enum oriel_selection selection, const char *type,
		struct orl_paste_end to)
{
	struct orl_xclip_job *job =
			c->x ? orl_xclip_fetch(c->x, (unsigned)selection, type)
			     : NULL;
	struct orl_paste *paste;

	if (!job)
		return NULL;
	paste = orl_paste_create((struct orl_paste_end){ &ops, job }, to);
	if (!paste) {
		orl_xclip_fail(job);
		return NULL;
	}
	orl_xclip_set_data(job, paste);
	return paste;
}
