/*
 * far_clip.c - the clipboard of a far source: text, both ways.
 *
 * VNC servers send what was copied when it was, so it is kept here until a
 * viewer pastes it; and they cannot ask, so what a viewer offers is fetched at
 * once and handed on.
 */
#include <stdlib.h>
#include <string.h>

#include "capture/clipboard.h"
#include "capture/far_check.h"
#include "capture/far_source.h"
#include "clip/types.h"

enum { PIECE = ORL_PASTE_ROOM / 2 };

/* ---- the desktop's text, to viewers ------------------------------------ */

static void tell(struct orl_far *f)
{
	static const char *const types[] = { ORL_TYPE_TEXT };

	if (f->clip.board)
		orl_board_copied(f->clip.board, ORIEL_SELECTION_CLIPBOARD,
				types, f->clip.have ? 1 : 0, false);
}

void orl_far_on_cut(struct orl_far *f)
{
	struct orl_far_clip *c = &f->clip;
	uint32_t piece = (uint32_t)f->in.head.v[0], n = f->in.head.size;

	if (piece & ORL_FAR_FIRST) {
		free(c->cut);
		c->cut = calloc(1, ORL_FAR_CLIP_MAX + 1);
		c->cut_size = 0;
	}
	if (!c->cut || n > ORL_FAR_CLIP_MAX - c->cut_size) {
		free(c->cut);
		c->cut = NULL;
		return;
	}
	memcpy(c->cut + c->cut_size, f->in.bytes, n);
	c->cut_size += n;
	if (!(piece & ORL_FAR_LAST))
		return;
	free(c->have);
	c->have = c->cut;
	c->have_size = c->cut_size;
	c->cut = NULL;
	if (!orl_far_text_ok(c->have, c->have_size)) {
		free(c->have);
		c->have = NULL;
	}
	tell(f);
}

static void end_give(struct orl_far_give *g)
{
	free(g->text);
	*g = (struct orl_far_give){ .paste = NULL };
}

/* What was passed on before is gone: the next piece, or the end. */
static void on_used(void *end, size_t n, bool empty)
{
	struct orl_far_give *g = end;
	size_t left = g->size - g->at;
	const char *p = g->text + g->at;
	struct orl_paste *paste = g->paste;

	(void)n;
	if (!empty || !paste)
		return;
	if (!left) {
		end_give(g);
		orl_paste_came(paste);
		return;
	}
	if (left > PIECE)
		left = PIECE;
	g->at += left;
	orl_paste_data(paste, p, left);
}

static void on_unwanted(void *end, int error, const char *why)
{
	(void)error;
	(void)why;
	end_give(end);
}

static const struct orl_paste_ops give_ops = {
	.used = on_used,
	.fail = on_unwanted,
};

struct orl_paste *orl_far_copy(struct orl_source *source,
		enum oriel_selection selection, const char *type,
		struct orl_paste_end to)
{
	struct orl_far_clip *c = &orl_far_of(source)->clip;
	struct orl_far_give *g = NULL;

	for (size_t i = 0; i < ORL_FAR_GIVES; i++)
		if (!c->gives[i].paste)
			g = &c->gives[i];
	if (!g || selection != ORIEL_SELECTION_CLIPBOARD || !c->have ||
			strcmp(type, ORL_TYPE_TEXT) != 0)
		return NULL;
	/* What is copied meanwhile is another text. */
	g->text = malloc(c->have_size + 1);
	if (g->text) {
		memcpy(g->text, c->have, c->have_size);
		g->size = c->have_size;
		g->paste = orl_paste_create(
				(struct orl_paste_end){ &give_ops, g }, to);
	}
	if (!g->paste)
		end_give(g);
	return g->paste;
}

/* ---- a viewer's text, to the desktop ----------------------------------- */

static void end_take(struct orl_far *f)
{
	free(f->clip.taken);
	f->clip.taken = NULL;
	f->clip.taken_size = 0;
	f->clip.take = NULL;
}

static int on_begin(void *end, enum orl_paste_total kind, uint64_t total)
{
	(void)end;
	return kind != ORL_PASTE_UNKNOWN && total > ORL_FAR_CLIP_MAX
			       ? ORIEL_ELIMIT
			       : 0;
}

static int64_t on_write(void *end, const void *p, size_t n)
{
	struct orl_far_clip *c = &((struct orl_far *)end)->clip;
	char *more;

	if (n > ORL_FAR_CLIP_MAX - c->taken_size)
		return ORIEL_ELIMIT;
	more = realloc(c->taken, c->taken_size + n + 1);
	if (!more)
		return ORIEL_ENOMEM;
	memcpy(more + c->taken_size, p, n);
	c->taken = more;
	c->taken_size += n;
	c->taken[c->taken_size] = 0;
	return (int64_t)n;
}

static void on_finish(void *end)
{
	struct orl_far *f = end;
	char *text = f->clip.taken;

	f->clip.taken = NULL;
	if (text && f->fd >= 0 && orl_far_text_ok(text, f->clip.taken_size))
		orl_far_send_text(f, text, f->clip.taken_size);
	else
		free(text);
	end_take(f);
}

static void on_failed(void *end, int error, const char *why)
{
	(void)error;
	(void)why;
	end_take(end);
}

static const struct orl_paste_ops take_ops = {
	.begin = on_begin,
	.write = on_write,
	.finish = on_finish,
	.fail = on_failed,
};

void orl_far_paste(struct orl_source *source, enum oriel_selection selection,
		const char *const *types, size_t count)
{
	struct orl_far_clip *c = &orl_far_of(source)->clip;

	if (selection != ORIEL_SELECTION_CLIPBOARD)
		return;
	c->offered = false;
	for (size_t i = 0; i < count; i++)
		c->offered = c->offered || strcmp(types[i], ORL_TYPE_TEXT) == 0;
	c->fetch = c->offered;
}

/* ------------------------------------------------------------------------ */

bool orl_far_clip_has_work(const struct orl_far *f)
{
	for (size_t i = 0; i < ORL_FAR_GIVES; i++)
		if (f->clip.gives[i].paste && !f->clip.gives[i].begun)
			return true;
	return f->clip.fetch;
}

void orl_far_clip_run(struct orl_far *f)
{
	struct orl_far_clip *c = &f->clip;

	for (size_t i = 0; i < ORL_FAR_GIVES; i++) {
		struct orl_far_give *g = &c->gives[i];

		if (!g->paste || g->begun)
			continue;
		g->begun = true;
		orl_paste_begun(g->paste, ORL_PASTE_EXACT, g->size);
	}
	if (!c->fetch)
		return;
	c->fetch = false;
	if (c->take)
		orl_paste_dropped(c->take);
	end_take(f);
	if (c->board)
		c->take = orl_board_fetch(c->board, ORIEL_SELECTION_CLIPBOARD,
				ORL_TYPE_TEXT,
				(struct orl_paste_end){ &take_ops, f });
}

void orl_far_board(struct orl_source *source, struct orl_board *board)
{
	struct orl_far *f = orl_far_of(source);

	f->clip.board = board;
	if (f->clip.have)
		tell(f);
}

void orl_far_clip_forget(struct orl_far *f)
{
	bool had = f->clip.have;

	free(f->clip.cut);
	free(f->clip.have);
	f->clip.cut = f->clip.have = NULL;
	if (had)
		tell(f);
}

void orl_far_clip_again(struct orl_far *f)
{
	f->clip.fetch = f->clip.offered;
}

void orl_far_clip_fini(struct orl_far *f)
{
	struct orl_far_clip *c = &f->clip;

	for (size_t i = 0; i < ORL_FAR_GIVES; i++) {
		orl_paste_forget(c->gives[i].paste);
		end_give(&c->gives[i]);
	}
	orl_paste_forget(c->take);
	end_take(f);
	free(c->cut);
	free(c->have);
	c->cut = c->have = NULL;
}
