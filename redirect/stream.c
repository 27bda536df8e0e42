/*
 * stream.c - see stream.h: the arithmetic of streams, and the one message that
 * all of them have in common.
 */
#include "redirect/stream.h"

#include <assert.h>

/* ---- numbers ----------------------------------------------------------- */

void orl_stream_ids_init(struct orl_stream_ids *ids, enum orl_role role)
{
	*ids = (struct orl_stream_ids){ .role = role };
}

static bool is_odd(uint32_t id)
{
	return id & 1;
}

uint32_t orl_stream_ids_next(struct orl_stream_ids *ids)
{
	uint32_t first = ids->role == ORL_CLIENT ? 1 : 2;

	if (ids->mine > UINT32_MAX - 2)
		return 0;
	ids->mine = ids->mine ? ids->mine + 2 : first;
	return ids->mine;
}

int orl_stream_ids_opened(struct orl_stream_ids *ids, uint32_t id)
{
	if (!id || is_odd(id) != (ids->role == ORL_SERVER) || id <= ids->theirs)
		return ORIEL_EPROTO;
	ids->theirs = id;
	return 0;
}

int orl_stream_ids_gone(const struct orl_stream_ids *ids, uint32_t id)
{
	bool mine = is_odd(id) == (ids->role == ORL_CLIENT);

	return id && id <= (mine ? ids->mine : ids->theirs) ? 0 : ORIEL_EPROTO;
}

/* ---- sending ----------------------------------------------------------- */

void orl_stream_out_init(
		struct orl_stream_out *out, uint32_t id, uint32_t window)
{
	*out = (struct orl_stream_out){
		.id = id, .window = window, .credit = window
	};
}

static int send_piece(const struct orl_stream_out *out, struct orl_link *link,
		uint16_t message, const uint8_t *data, size_t n)
{
	uint8_t head[4 + ORL_PIECE_MAX];
	struct orl_wr w = { head, sizeof(head), 0 };

	wr_U32(&w, out->id);
	wr_raw(&w, data, n);
	assert(wr_ok(&w));
	return orl_link_send(link, &(struct orl_send){ .id = message,
						   .stream = out->id,
						   .head = head,
						   .head_n = w.n });
}

int64_t orl_stream_write(struct orl_stream_out *out, struct orl_link *link,
		uint16_t message, const void *data, size_t n)
{
	const uint8_t *p = data;
	size_t done = 0;

	if (out->size == ORL_STREAM_EXACTLY && n > out->total - out->sent)
		return ORIEL_EINVAL;
	while (done < n && out->credit) {
		size_t k = (size_t)orl_min64(n - done, ORL_PIECE_MAX);
		k = (size_t)orl_min64(k, out->credit);
		int err = send_piece(out, link, message, p + done, k);
		if (err)
			return err;
		out->credit -= (uint32_t)k;
		out->sent += k;
		done += k;
	}
	out->waiting = done < n;
	return (int64_t)done;
}

int orl_stream_allow(struct orl_stream_out *out, uint32_t bytes, bool *ready)
{
	*ready = false;
	if (bytes > out->window - out->credit)
		return ORIEL_EPROTO;
	out->credit += bytes;
	*ready = out->waiting && bytes;
	if (*ready)
		out->waiting = false;
	return 0;
}

bool orl_stream_out_complete(const struct orl_stream_out *out)
{
	return out->size != ORL_STREAM_EXACTLY || out->sent == out->total;
}

/* ---- receiving --------------------------------------------------------- */

void orl_stream_in_init(struct orl_stream_in *in, uint32_t id, uint32_t window,
		uint64_t limit)
{
	*in = (struct orl_stream_in){
		.id = id, .window = window, .credit = window, .limit = limit
	};
}

int orl_stream_in_size(struct orl_stream_in *in, enum orl_stream_size size,
		uint64_t total)
{
	in->size = size;
	in->total = size == ORL_STREAM_UNKNOWN ? 0 : total;
	return in->total > in->limit ? ORIEL_ELIMIT : 0;
}

int orl_stream_came(struct orl_stream_in *in, size_t n)
{
	if (n > in->credit)
		return ORIEL_EPROTO;
	if (in->size == ORL_STREAM_EXACTLY && n > in->total - in->got)
		return ORIEL_EPROTO;
	if (n > in->limit - in->got)
		return ORIEL_ELIMIT;
	in->credit -= (uint32_t)n;
	in->held += (uint32_t)n;
	in->got += n;
	return 0;
}

uint32_t orl_stream_used(struct orl_stream_in *in, size_t n)
{
	uint32_t due;

	/* More than there is to be used is the host's mistake, and no credit. */
	in->held -= (uint32_t)orl_min64(n, in->held);
	due = in->window - in->credit - in->held;
	if (due < in->window / 2)
		return 0;
	in->credit += due;
	return due;
}

int orl_stream_in_end(const struct orl_stream_in *in)
{
	return in->size == ORL_STREAM_EXACTLY && in->got != in->total
			       ? ORIEL_EPROTO
			       : 0;
}
