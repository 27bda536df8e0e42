/*
 * x11_board.h - the selections of an X server (x11.h) with pastes (paste.h).
 */
#ifndef ORL_CLIP_X11_BOARD_H
#define ORL_CLIP_X11_BOARD_H

#include "clip/paste.h"
#include "clip/x11.h"

struct orl_xboard;

struct orl_xboard_calls {
	/* As orl_xclip_calls.changed. */
	void (*copied)(void *user, unsigned selection, const char *const *types,
			size_t count, bool secret);
	/* A program pastes what is on offer: give it to `to`, or NULL. */
	struct orl_paste *(*wanted)(void *user, unsigned selection,
			const char *type, struct orl_paste_end to);
};

/* As those of orl_xclip. */
struct orl_xboard *orl_xboard_open(const char *display, bool primary,
		const struct orl_xboard_calls *calls, void *user,
		const char **why);
void orl_xboard_close(struct orl_xboard *board);
int orl_xboard_fd(const struct orl_xboard *board);
uint64_t orl_xboard_due(const struct orl_xboard *board);
bool orl_xboard_run(struct orl_xboard *board, uint64_t now);
void orl_xboard_offer(struct orl_xboard *board, unsigned selection,
		const char *const *types, size_t count);

/* Give what a program has to `to`; NULL: it has not. */
struct orl_paste *orl_xboard_fetch(struct orl_xboard *board, unsigned selection,
		const char *type, struct orl_paste_end to);

#endif
