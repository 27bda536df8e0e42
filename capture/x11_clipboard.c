/*
 * x11_clipboard.c - the selections of the X server that is shown. clip/ does
 * the work; here they are joined to the board of the program.
 */
#include <stdlib.h>

#include "capture/clipboard.h"
#include "capture/x11.h"
#include "clip/x11_board.h"

struct orl_x11_clipboard {
	struct orl_xboard *x; /* NULL: the X server is gone */
	struct orl_board *board;
};

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
		c->x = orl_xboard_open(display, orl_board_primary(board),
				&calls, c, &why);
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
	orl_xboard_close(c->x);
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
	if (!c->x || orl_xboard_run(c->x, now))
		return;
	/* The source will see that too. */
	orl_xboard_close(c->x);
	c->x = NULL;
}

void orl_x11_clipboard_paste(struct orl_x11_clipboard *c,
		enum oriel_selection selection, const char *const *types,
		size_t count)
{
	if (c->x)
		orl_xboard_offer(c->x, (unsigned)selection, types, count);
}

struct orl_paste *orl_x11_clipboard_copy(struct orl_x11_clipboard *c,
		enum oriel_selection selection, const char *type,
		struct orl_paste_end to)
{
	return c->x ? orl_xboard_fetch(c->x, (unsigned)selection, type, to)
		    : NULL;
}
