/*
 * far_clip.c - the clipboard of a desktop that is shown over RFB or RDP: text,
 * at most ORL_FAR_CLIP_MAX of it. Those protocols carry what was copied when
 * it was copied, so what a viewer offers is fetched at once.
 */
#include <stdlib.h>
#include <string.h>

#include "capture/clipboard.h"
#include "capture/far_source.h"
#include "clip/types.h"

enum { PIECE = 64 << 10 };

static void forget(char **text, size_t *n)
{
	if (*text)
		explicit_bzero(*text, *n);
	free(*text);
	*text = NULL;
	*n = 0;
}

/* ---- from the desktop --------------------------------------------------- */

static void on_cut(void *user, const char *text, size_t n)
{
	static const char *const types[] = { ORL_TYPE_TEXT };
	struct orl_far *f = user;
	struct orl_far_clip *c = &f->clip;
	struct orl_paste *paste = c->give;

	/* Who is being given what was there before does not get the rest. */
	c->give = NULL;
	if (paste)
		orl_paste_failed(paste, ORIEL_ESTATE,
				"something else has been copied since");
	forget(&c->text, &c->n);
	c->text = n ? malloc(n) : NULL;
	if (c->text) {
		memcpy(c->text, text, n);
		c->n = n;
	}
	orl_board_copied(c->board, ORIEL_SELECTION_CLIPBOARD, types,
			c->text ? 1 : 0, false);
}

static void used(void *end, size_t n, bool empty)
{
	struct orl_far_clip *c = &((struct orl_far *)end)->clip;

	(void)n;
	c->wanted = empty;
}

static void not_given(void *end, int error, const char *why)
{
	(void)error;
	(void)why;
	((struct orl_far *)end)->clip.give = NULL;
}

static const struct orl_paste_ops giver = { .used = used, .fail = not_given };

struct orl_paste *orl_far_clip_copy(struct orl_source *source,
		enum oriel_selection selection, const char *type,
		struct orl_paste_end to)
{
	struct orl_far *f = orl_far_of(source);
	struct orl_far_clip *c = &f->clip;

	if (selection != ORIEL_SELECTION_CLIPBOARD || !c->text || c->give ||
			strcmp(type, ORL_TYPE_TEXT) != 0)
		return NULL;
	c->give = orl_paste_create((struct orl_paste_end){ &giver, f }, to);
	c->begun = c->wanted = false;
	c->at = 0;
	return c->give;
}

bool orl_far_clip_due(const struct orl_far *f)
{
	return f->clip.give && (!f->clip.begun || f->clip.wanted);
}

void orl_far_clip_run(struct orl_far *f)
{
	struct orl_far_clip *c = &f->clip;
	struct orl_paste *paste = c->give;

	if (paste && !c->begun) {
		c->begun = true;
		orl_paste_begun(paste, ORL_PASTE_EXACT, c->n);
	}
	while (c->give && c->wanted) {
		size_t n = c->n - c->at < PIECE ? c->n - c->at : PIECE;

		paste = c->give;
		if (!n) {
			c->give = NULL;
			orl_paste_came(paste);
			return;
		}
		c->wanted = false;
		c->at += n;
		orl_paste_data(paste, c->text + c->at - n, n);
	}
}

/* ---- to the desktop ----------------------------------------------------- */

static int64_t gather(void *end, const void *p, size_t n)
{
	struct orl_far_clip *c = &((struct orl_far *)end)->clip;

	if (n > ORL_FAR_CLIP_MAX - c->got)
		return ORIEL_ELIMIT;
	memcpy(c->in + c->got, p, n);
	c->got += n;
	return (int64_t)n;
}

static void gathered(void *end)
{
	struct orl_far *f = end;
	struct orl_far_clip *c = &f->clip;

	c->take = NULL;
	if (!memchr(c->in, 0, c->got))
		orl_far_paste(&f->source, c->in, c->got);
	forget(&c->in, &c->got);
}

static void not_gathered(void *end, int error, const char *why)
{
	struct orl_far_clip *c = &((struct orl_far *)end)->clip;

	(void)error;
	(void)why;
	c->take = NULL;
	forget(&c->in, &c->got);
}

static const struct orl_paste_ops taker = {
	.write = gather, .finish = gathered, .fail = not_gathered
};

void orl_far_clip_paste(struct orl_source *source,
		enum oriel_selection selection, const char *const *types,
		size_t count)
{
	struct orl_far *f = orl_far_of(source);
	struct orl_far_clip *c = &f->clip;
	bool text = false;

	if (selection != ORIEL_SELECTION_CLIPBOARD)
		return;
	for (size_t i = 0; i < count; i++)
		text = text || strcmp(types[i], ORL_TYPE_TEXT) == 0;
	if (c->take)
		orl_paste_cancel(c->take, ORIEL_ECLOSED, "");
	forget(&c->text, &c->n);
	c->in = text ? malloc(ORL_FAR_CLIP_MAX) : NULL;
	if (!c->in)
		return;
	c->take = orl_board_fetch(c->board, selection, ORL_TYPE_TEXT,
			(struct orl_paste_end){ &taker, f });
	if (!c->take)
		forget(&c->in, &c->got);
}

/* ---- life --------------------------------------------------------------- */

void orl_far_clip_board(struct orl_source *source, struct orl_board *board)
{
	orl_far_of(source)->clip.board = board;
	orl_far_on_cut(source, on_cut, orl_far_of(source));
}

void orl_far_clip_fini(struct orl_far *f)
{
	struct orl_far_clip *c = &f->clip;

	/* The server and its transfers are gone. */
	orl_paste_forget(c->give);
	orl_paste_forget(c->take);
	c->give = c->take = NULL;
	forget(&c->text, &c->n);
	forget(&c->in, &c->got);
}
