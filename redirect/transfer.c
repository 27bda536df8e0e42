/*
 * transfer.c - what hosts do with transfers, the same at both ends: see
 * <oriel/oriel.h>. One that has ended by the other end's doing can still be
 * named until its host has been told; then nothing is done.
 */
#include "redirect/clipboard_impl.h"

/* There is nobody to tell. */
static bool is_dead(const struct oriel_transfer *t)
{
	return t->over || !t->clip->link;
}

enum oriel_selection oriel_transfer_selection(const struct oriel_transfer *t)
{
	return t->selection;
}

const char *oriel_transfer_type(const struct oriel_transfer *t)
{
	return t->type;
}

void oriel_transfer_set_data(struct oriel_transfer *t, void *data)
{
	t->data = data;
}

void *oriel_transfer_data(const struct oriel_transfer *t)
{
	return t->data;
}

uint64_t oriel_transfer_done(const struct oriel_transfer *t)
{
	return t->giving ? t->u.out.sent : t->u.in.got;
}

uint64_t oriel_transfer_total(const struct oriel_transfer *t)
{
	return t->giving ? t->u.out.total : t->u.in.total;
}

void oriel_transfer_set_limit(struct oriel_transfer *t, uint64_t bytes)
{
	t->limit = bytes ? bytes : ORL_CLIP_LIMIT;
	if (!t->giving && t->limit > t->u.in.got)
		t->u.in.limit = t->limit;
}

int oriel_transfer_begin(
		struct oriel_transfer *t, enum oriel_total kind, uint64_t total)
{
	if (is_dead(t) || !t->giving || t->begun)
		return ORIEL_ESTATE;
	if ((unsigned)kind > ORIEL_TOTAL_EXACT)
		return ORIEL_EINVAL;
	if (kind == ORIEL_TOTAL_UNKNOWN)
		total = 0;
	if (total > t->limit)
		return ORIEL_ELIMIT;
	t->begun = true;
	t->u.out.size = (enum orl_stream_size)kind;
	t->u.out.total = total;
	struct orl_clip_begin msg = {
		.stream = t->u.out.id, .size = (uint8_t)kind, .total = total
	};
	ORL_CLIP_PUT(t->clip, clip_begin, &msg);
	return 0;
}

int64_t oriel_transfer_write(
		struct oriel_transfer *t, const void *data, size_t n)
{
	if (is_dead(t) || !t->giving)
		return ORIEL_ESTATE;
	if (n > t->limit - t->u.out.sent)
		return ORIEL_ELIMIT;
	int err = t->begun ? 0
			   : oriel_transfer_begin(t, ORIEL_TOTAL_UNKNOWN, 0);
	if (err)
		return err;
	int64_t done = orl_stream_write(
			&t->u.out, t->clip->link, ORL_MSG_clip_data, data, n);
	if (done != ORIEL_EINVAL)
		orl_clip_sent(t->clip, done < 0 ? (int)done : 0);
	return done;
}

void oriel_transfer_finish(struct oriel_transfer *t)
{
	if (t->over || !t->giving)
		return;
	if (!t->clip->link) {
		orl_clip_destroy(t);
		return;
	}
	if (!t->begun && oriel_transfer_begin(t, ORIEL_TOTAL_EXACT, 0) < 0)
		return;
	if (!orl_stream_out_complete(&t->u.out)) {
		oriel_transfer_refuse(t, ORIEL_EIO,
				"it ended before all of it was there");
		return;
	}
	struct orl_clip_end msg = { .stream = t->u.out.id };
	ORL_CLIP_PUT(t->clip, clip_end, &msg);
	orl_clip_destroy(t);
}

void oriel_transfer_refuse(struct oriel_transfer *t, int error, const char *why)
{
	if (t->over || !t->giving)
		return;
	if (t->clip->link)
		orl_clip_send_refused(t->clip, t->u.out.id, error, why);
	orl_clip_destroy(t);
}

void oriel_transfer_used(struct oriel_transfer *t, size_t n)
{
	if (is_dead(t) || t->giving)
		return;
	uint32_t more = orl_stream_used(&t->u.in, n);
	if (!more)
		return;
	struct orl_clip_more msg = { .stream = t->u.in.id, .bytes = more };
	ORL_CLIP_PUT(t->clip, clip_more, &msg);
}

void oriel_transfer_cancel(struct oriel_transfer *t)
{
	if (t->over || t->giving)
		return;
	if (t->clip->link)
		orl_clip_send_cancel(t->clip, t->u.in.id);
	orl_clip_destroy(t);
}
