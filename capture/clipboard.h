/*
 * clipboard.h - the clipboard between viewers and a source's desktop, as the
 * policy allows it.
 *
 * A source that has one is given the board by its `board` entry, tells it what
 * is copied, and asks it for what viewers offer. The board knows the types and
 * sizes that may pass, and tells whoever is refused why.
 */
#ifndef ORL_CLIPBOARD_H
#define ORL_CLIPBOARD_H

#include <oriel/oriel-server.h>

#include "capture/policy.h"
#include "clip/paste.h"

struct orl_board;
struct orl_source;

struct orl_board *orl_board_create(
		struct oriel_server *server, const struct orl_policy *policy);
void orl_board_destroy(struct orl_board *board);
/* Where pastes go to, once it is there. */
void orl_board_attach(struct orl_board *board, struct orl_source *source);

/* ---- for sources ------------------------------------------------------- */

/* Whether marked text is to be shared as well. */
bool orl_board_primary(const struct orl_board *board);
/*
 * The desktop has copied something, which can be had as these types; count 0:
 * nothing, and secret: because it is marked as a password.
 */
void orl_board_copied(struct orl_board *board, enum oriel_selection selection,
		const char *const *types, size_t count, bool secret);
/*
 * Somebody on the desktop pastes what a viewer has offered: bytes of `type` go
 * to `to`. NULL when there are none to be had, and then `to` is still there.
 */
struct orl_paste *orl_board_fetch(struct orl_board *board,
		enum oriel_selection selection, const char *type,
		struct orl_paste_end to);

/* Say to the viewer that has offered what is there why it is not used. */
void orl_board_refuse(struct orl_board *board, enum oriel_selection selection,
		const char *why);

/* ---- for the program: the events of the server ------------------------- */

void orl_board_offered(struct orl_board *board, struct oriel_peer *peer,
		enum oriel_selection selection, const char *const *types,
		size_t count);
void orl_board_wanted(struct orl_board *board, struct oriel_peer *peer,
		struct oriel_transfer *transfer);
/* The others are those of clip/transfer.h. */
void orl_board_ended(struct orl_board *board, struct oriel_transfer *transfer,
		int error, const char *why);

#endif
