/*
 * clip_x11.c - the clipboard of an X server that this viewer is shown on, by a
 * connection of its own beside SDL's, for SDL knows only text.
 */
#include <stdlib.h>

#include "client/viewer/clipboard.h"
#include "clip/x11_board.h"

struct x11 {
	struct orl_board board;
	struct orl_deck *deck;
	struct orl_xboard *x;
};

static struct x11 *of(struct orl_board *board)
{
	return (struct x11 *)(void *)board;
}

static void copied(void *user, unsigned selection, const char *const *types,
		size_t count, bool secret)
{
	const struct x11 *x = user;

	orl_deck_copied(x->deck, selection, types, count, secret);
}

static struct orl_paste *wanted(void *user, unsigned selection,
		const char *type, struct orl_paste_end to)
{
	const struct x11 *x = user;

	return orl_deck_fetch(x->deck, selection, type, to);
}

static const struct orl_xboard_calls calls = { copied, wanted };

static struct orl_board *x11_open(
		struct orl_deck *deck, void *native, const char **why)
{
	(void)native;
	struct x11 *x = calloc(1, sizeof(*x));

	*why = "out of memory";
	if (!x)
		return NULL;
	x->board.kind = &orl_board_x11;
	x->deck = deck;
	x->x = orl_xboard_open(NULL, orl_deck_primary(deck), &calls, x, why);
	if (x->x)
		return &x->board;
	free(x);
	return NULL;
}

static void x11_close(struct orl_board *board)
{
	orl_xboard_close(of(board)->x);
	free(of(board));
}

static size_t x11_watch(
		struct orl_board *board, struct pollfd *fds, uint64_t *due)
{
	const struct x11 *x = of(board);
	uint64_t mine = orl_xboard_due(x->x);

	fds[0] = (struct pollfd){ .fd = orl_xboard_fd(x->x), .events = POLLIN };
	if (mine < *due)
		*due = mine;
	return 1;
}

static bool x11_run(struct orl_board *board, uint64_t now)
{
	return orl_xboard_run(of(board)->x, now);
}

static void x11_offer(struct orl_board *board, unsigned selection,
		const char *const *types, size_t count)
{
	orl_xboard_offer(of(board)->x, selection, types, count);
}

static struct orl_paste *x11_fetch(struct orl_board *board, unsigned selection,
		const char *type, struct orl_paste_end to)
{
	return orl_xboard_fetch(of(board)->x, selection, type, to);
}

const struct orl_board_kind orl_board_x11 = {
	.open = x11_open,
	.close = x11_close,
	.watch = x11_watch,
	.run = x11_run,
	.offer = x11_offer,
	.fetch = x11_fetch,
};
