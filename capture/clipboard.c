/*
 * clipboard.c - see clipboard.h. Each direction has its types and its largest
 * size; what is not named does not pass.
 */
#include "capture/clipboard.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/capture.h"
#include "clip/transfer.h"
#include "clip/types.h"

struct orl_board {
	struct oriel_server *server;
	struct orl_policy policy;
	struct orl_source *source;
	struct oriel_peer *giver[ORIEL_SELECTIONS];
	const struct oriel_peer *told; /* of what it may not, so far */
};

struct orl_board *orl_board_create(
		struct oriel_server *server, const struct orl_policy *policy)
{
	struct orl_board *board = calloc(1, sizeof(*board));

	if (!board)
		return NULL;
	board->server = server;
	board->policy = *policy;
	return board;
}

void orl_board_destroy(struct orl_board *board)
{
	free(board);
}

void orl_board_attach(struct orl_board *board, struct orl_source *source)
{
	board->source = source;
	if (source->kind->board)
		source->kind->board(source, board);
}

bool orl_board_primary(const struct orl_board *board)
{
	return board->policy.primary;
}

/* What of it may pass; out[] has room for ORIEL_TYPES_MAX. */
static size_t filter(const char **out, uint32_t allowed,
		const char *const *types, size_t count)
{
	size_t n = 0;

	for (size_t i = 0; i < count && n < ORIEL_TYPES_MAX; i++) {
		int content = orl_content_of(types[i]);

		if (content >= 0 && allowed >> content & 1)
			out[n++] = types[i];
	}
	return n;
}

/* "text and html", of what is allowed. */
static void name_contents(char *out, size_t size, uint32_t allowed)
{
	size_t n = 0;

	snprintf(out, size, "nothing");
	for (unsigned i = 0; i < ORL_CONTENTS; i++)
		if (allowed >> i & 1 && n < size)
			n += (size_t)snprintf(out + n, size - n, "%s%s",
					n ? ", " : "",
					orl_content_name((enum orl_content)i));
}

/* Not at each copy: it is the same every time. */
static void tell_once(struct orl_board *board)
{
	struct oriel_peer *owner = oriel_server_owner(board->server);
	char names[64], why[256];

	if (!owner || board->told == owner)
		return;
	board->told = owner;
	name_contents(names, sizeof(names), board->policy.copy_types);
	snprintf(why, sizeof(why),
			"what is copied on this desktop stays there: its "
			"policy (copy =) gives out %s",
			names);
	oriel_clipboard_refuse(owner, ORIEL_EDENIED, why);
}

/* ---- from the desktop -------------------------------------------------- */

void orl_board_copied(struct orl_board *board, enum oriel_selection selection,
		const char *const *types, size_t count, bool secret)
{
	const char *allowed[ORIEL_TYPES_MAX];
	size_t n = filter(allowed, board->policy.copy_types, types, count);

	board->giver[selection] = NULL;
	if (count && !n)
		tell_once(board);
	if (secret)
		fprintf(stderr, "clipboard: a password was copied on the "
				"desktop; it stays there\n");
	if (oriel_clipboard_offer(board->server, selection, allowed, n) < 0)
		fprintf(stderr, "clipboard: what was copied cannot be "
				"offered\n");
}

void orl_board_wanted(struct orl_board *board, struct oriel_peer *peer,
		struct oriel_transfer *transfer)
{
	const struct orl_source_kind *kind = board->source->kind;

	(void)peer;
	oriel_transfer_set_limit(transfer, board->policy.copy_max);
	if (!kind->copy) {
		oriel_transfer_refuse(transfer, ORIEL_ENOTSUP, NULL);
		return;
	}
	struct orl_paste *paste = kind->copy(board->source,
			oriel_transfer_selection(transfer),
			oriel_transfer_type(transfer),
			orl_transfer_to(transfer));
	if (paste)
		oriel_transfer_set_data(transfer, paste);
	else
		oriel_transfer_refuse(transfer, ORIEL_ESTATE,
				"the desktop has it no longer");
}

/* ---- to the desktop ---------------------------------------------------- */

void orl_board_offered(struct orl_board *board, struct oriel_peer *peer,
		enum oriel_selection selection, const char *const *types,
		size_t count)
{
	const struct orl_source_kind *kind = board->source->kind;
	const char *allowed[ORIEL_TYPES_MAX];
	const uint32_t files = 1u << ORL_CONTENT_FILES;
	size_t n = filter(allowed,
			board->policy.paste_types &
					(kind->files ? ~0u : ~files),
			types, count);

	if (selection == ORIEL_SELECTION_PRIMARY && !board->policy.primary)
		return;
	if (!kind->paste) {
		if (count)
			oriel_clipboard_refuse(peer, ORIEL_ENOTSUP,
					"this desktop has no clipboard that "
					"can be reached");
		return;
	}
	if (count && !n) {
		char names[64], why[256];

		name_contents(names, sizeof(names), board->policy.paste_types);
		snprintf(why, sizeof(why),
				"this desktop takes only %s from your "
				"clipboard; its policy (paste =) names what",
				names);
		oriel_clipboard_refuse(peer, ORIEL_EDENIED, why);
	}
	/* One that has it no longer does not take it from another. */
	if (!n && board->giver[selection] != peer)
		return;
	board->giver[selection] = n ? peer : NULL;
	kind->paste(board->source, selection, allowed, n);
}

struct orl_paste *orl_board_fetch(struct orl_board *board,
		enum oriel_selection selection, const char *type,
		struct orl_paste_end to)
{
	struct oriel_peer *peer = board->giver[selection];
	struct oriel_transfer *transfer;
	struct orl_paste *paste;

	if (!peer || oriel_clipboard_request(&transfer, peer, selection, type))
		return NULL;
	paste = orl_paste_create(orl_transfer_from(transfer), to);
	if (!paste) {
		oriel_transfer_cancel(transfer);
		return NULL;
	}
	oriel_transfer_set_limit(transfer, board->policy.paste_max);
	oriel_transfer_set_data(transfer, paste);
	return paste;
}

void orl_board_refuse(struct orl_board *board, enum oriel_selection selection,
		const char *why)
{
	if (board->giver[selection])
		oriel_clipboard_refuse(board->giver[selection], ORIEL_EIO, why);
}

void orl_board_ended(struct orl_board *board, struct oriel_transfer *transfer,
		int error, const char *why)
{
	enum oriel_selection s = oriel_transfer_selection(transfer);
	char text[160];

	/* The viewer has it, and cannot know why nobody wants it. */
	if (error == ORIEL_ELIMIT && board->giver[s]) {
		snprintf(text, sizeof(text),
				"what was pasted is larger than the %llu MiB "
				"that this desktop takes (paste-max =)",
				(unsigned long long)(board->policy.paste_max >>
						     20));
		oriel_clipboard_refuse(board->giver[s], error, text);
		why = text;
	}
	if (error && error != ORIEL_ECLOSED)
		fprintf(stderr, "clipboard: a paste failed: %s\n",
				*why ? why : oriel_strerror(error));
	orl_transfer_ended(transfer, error, why);
}
