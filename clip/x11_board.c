/*
 * x11_board.c - see x11_board.h: jobs of the selections as ends of pastes.
 */
#include "clip/x11_board.h"

#include <stdlib.h>

#include <oriel/oriel.h>

struct orl_xboard {
	struct orl_xclip *x;
	const struct orl_xboard_calls *calls;
	void *user;
};

/* ---- the end of a paste that is a program ----------------------------- */

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
	const struct orl_xboard *board = user;

	board->calls->copied(board->user, selection, types, count, secret);
}

static void wanted(void *user, struct orl_xclip_job *job, unsigned selection,
		const char *type)
{
	const struct orl_xboard *board = user;
	struct orl_paste *paste = board->calls->wanted(board->user, selection,
			type, (struct orl_paste_end){ &ops, job });

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

/* ---- for both programs ------------------------------------------------- */

struct orl_xboard *orl_xboard_open(const char *display, bool primary,
		const struct orl_xboard_calls *board_calls, void *user,
		const char **why)
{
	struct orl_xboard *board = calloc(1, sizeof(*board));

	*why = "out of memory";
	if (!board)
		return NULL;
	board->calls = board_calls;
	board->user = user;
	board->x = orl_xclip_open(display, primary, &calls, board, why);
	if (board->x)
		return board;
	free(board);
	return NULL;
}

void orl_xboard_close(struct orl_xboard *board)
{
	if (!board)
		return;
	orl_xclip_close(board->x);
	free(board);
}

int orl_xboard_fd(const struct orl_xboard *board)
{
	return orl_xclip_fd(board->x);
}

uint64_t orl_xboard_due(const struct orl_xboard *board)
{
	return orl_xclip_due(board->x);
}

bool orl_xboard_run(struct orl_xboard *board, uint64_t now)
{
	return orl_xclip_run(board->x, now);
}

void orl_xboard_offer(struct orl_xboard *board, unsigned selection,
		const char *const *types, size_t count)
{
	orl_xclip_offer(board->x, selection, types, count);
}

struct orl_paste *orl_xboard_fetch(struct orl_xboard *board, unsigned selection,
		const char *type, struct orl_paste_end to)
{
	struct orl_xclip_job *job = orl_xclip_fetch(board->x, selection, type);
	struct orl_paste *paste;

	if (!job)
		return NULL;
	paste = orl_paste_create((struct orl_paste_end){ &ops, job }, to);
	if (paste)
		orl_xclip_set_data(job, paste);
	else
		orl_xclip_fail(job);
	return paste;
}
