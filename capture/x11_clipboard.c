/*
 * x11_clipboard.c - the selections of the X server that is shown. clip/ does
 * the work; here they are joined to the board of the program. Files that come
 * are put into a folder of this program's own, and go with it: programs of the
 * desktop are told where they are.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/clipboard.h"
#include "capture/x11.h"
#include "clip/files.h"
#include "clip/types.h"
#include "clip/x11_board.h"

/* Pastes of which the files stay: a program may be reading those. */
enum { KEPT = 4 };

struct orl_x11_clipboard {
	struct orl_xboard *x; /* NULL: the X server is gone */
	struct orl_board *board;
	struct orl_files *files;
};

/* What is to be fetched. */
struct what {
	struct orl_x11_clipboard *c;
	unsigned selection;
};

static bool is_files(const char *type)
{
	return strcmp(type, ORL_TYPE_FILES) == 0;
}

/* ---- files ------------------------------------------------------------- */

/* Nobody sits here: the policy has said yes, and viewers ask their users. */
static void ask(void *user, uint32_t question, bool giving,
		const struct orl_filelist *list)
{
	struct orl_x11_clipboard *c = user;
	char folder[ORL_FILES_PATH] = "";
	bool ok = giving || orl_files_place(folder);

	(void)list;
	orl_files_place_end(KEPT);
	if (!ok)
		fprintf(stderr, "clipboard: there is no place for files: set "
				"TMPDIR to a folder that can be written to\n");
	orl_files_answer(c->files, question, ok, folder);
}

static void gone(void *user, uint32_t question)
{
	(void)user;
	(void)question;
}

static void saved(void *user, size_t count, const char *folder)
{
	(void)user;
	fprintf(stderr, "clipboard: %zu file%s pasted, in %s\n", count,
			count == 1 ? "" : "s", folder);
}

static void failed(void *user, bool giving, const char *why)
{
	(void)user;
	fprintf(stderr, "clipboard: files were not %s: %s\n",
			giving ? "copied" : "pasted", why);
}

static const struct orl_files_calls files_calls = { ask, gone, saved, failed };

static struct orl_paste *from_viewer(void *user, struct orl_paste_end to)
{
	const struct what *w = user;

	return orl_board_fetch(w->c->board, (enum oriel_selection)w->selection,
			ORL_TYPE_FILES, to);
}

static struct orl_paste *from_program(void *user, struct orl_paste_end to)
{
	const struct what *w = user;

	return orl_xboard_fetch(w->c->x, w->selection, ORL_TYPE_FILES, to);
}

/* ---- what programs do -------------------------------------------------- */

static void copied(void *user, unsigned selection, const char *const *types,
		size_t count, bool secret)
{
	struct orl_x11_clipboard *c = user;

	orl_board_copied(c->board, (enum oriel_selection)selection, types,
			count, secret);
}

static struct orl_paste *wanted(void *user, unsigned selection,
		const char *type, struct orl_paste_end to)
{
	struct orl_x11_clipboard *c = user;
	struct what w = { c, selection };

	if (is_files(type))
		return orl_files_take(c->files, selection, from_viewer, &w, to);
	return orl_board_fetch(
			c->board, (enum oriel_selection)selection, type, to);
}

static const struct orl_xboard_calls calls = { copied, wanted };

struct orl_x11_clipboard *orl_x11_clipboard_open(
		const char *display, struct orl_board *board)
{
	struct orl_x11_clipboard *c = calloc(1, sizeof(*c));
	const char *why = "out of memory";

	if (c) {
		c->board = board;
		c->files = orl_files_create(&files_calls, c);
	}
	if (c && c->files) {
		c->x = orl_xboard_open(display, orl_board_primary(board),
				&calls, c, &why);
	}
	if (c && c->x)
		return c;
	fprintf(stderr, "x11: the clipboard of '%s' is not shared: %s\n",
			display, why);
	if (c)
		orl_files_destroy(c->files);
	free(c);
	return NULL;
}

void orl_x11_clipboard_close(struct orl_x11_clipboard *c)
{
	if (!c)
		return;
	orl_xboard_close(c->x);
	orl_files_destroy(c->files);
	orl_files_place_end(0);
	free(c);
}

void orl_x11_clipboard_watch(const struct orl_x11_clipboard *c,
		struct pollfd *fd, uint64_t *due)
{
	uint64_t mine = c->x ? orl_xboard_due(c->x) : ORL_NEVER;

	*fd = (struct pollfd){ .fd = c->x ? orl_xboard_fd(c->x) : -1,
		.events = POLLIN };
	if (mine < *due)
		*due = mine;
}

void orl_x11_clipboard_run(struct orl_x11_clipboard *c, uint64_t now)
{
	if (!c->x || orl_xboard_run(c->x, now)) {
		orl_files_run(c->files);
		return;
	}
	/* The source will see that too. */
	orl_xboard_close(c->x);
	c->x = NULL;
}

void orl_x11_clipboard_paste(struct orl_x11_clipboard *c,
		enum oriel_selection selection, const char *const *types,
		size_t count)
{
	orl_files_renew(c->files, (unsigned)selection);
	if (c->x)
		orl_xboard_offer(c->x, (unsigned)selection, types, count);
}

struct orl_paste *orl_x11_clipboard_copy(struct orl_x11_clipboard *c,
		enum oriel_selection selection, const char *type,
		struct orl_paste_end to)
{
	struct what w = { c, (unsigned)selection };

	if (c->x && is_files(type))
		return orl_files_give(c->files, from_program, &w, to);
	return c->x ? orl_xboard_fetch(c->x, (unsigned)selection, type, to)
		    : NULL;
}
