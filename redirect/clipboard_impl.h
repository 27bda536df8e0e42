/*
 * clipboard_impl.h - what clipboard.c (offers, what comes) and transfer.c (what
 * hosts do) know of each other; nobody else includes it.
 */
#ifndef ORL_REDIRECT_CLIPBOARD_IMPL_H
#define ORL_REDIRECT_CLIPBOARD_IMPL_H

#include "redirect/clipboard.h"

struct oriel_transfer {
	struct orl_node node;
	struct orl_clip *clip;
	bool giving; /* our bytes; `out` is in use, else `in` */
	bool begun;
	bool over; /* the host is being told, and ends it no more */
	enum oriel_selection selection;
	char type[ORIEL_TYPE_MAX + 1];
	uint64_t limit;
	union {
		struct orl_stream_out out;
		struct orl_stream_in in;
	} u;
	void *data;
};

void orl_clip_sent(struct orl_clip *clip, int error);
#define ORL_CLIP_PUT(clip, name, v) \
	orl_clip_sent((clip), ORL_LINK_PUT((clip)->link, name, v))
void orl_clip_send_refused(struct orl_clip *clip, uint32_t stream, int error,
		const char *why);
/* Tell the other end that no more is wanted, or will come. */
void orl_clip_send_cancel(struct orl_clip *clip, uint32_t id);
/* Free it, telling nobody. */
void orl_clip_destroy(struct oriel_transfer *t);

#endif
