/*
 * box_clips.c - the clipboard, as the viewer has it of its process.
 */
#include <string.h>

#include "client/viewer/box_impl.h"

static void tell(void *teller, struct orl_box_message *m)
{
	orl_box_insist(teller, m);
	explicit_bzero(m, sizeof(*m));
}

void orl_box_clip_begin(struct orl_box *box)
{
	box->clip.viewer = true;
	box->clip.tell = tell;
	box->clip.teller = box;
	box->clip.in = &box->rings[ORL_RING_CLIP_UP];
	box->clip.out = &box->rings[ORL_RING_CLIP_DOWN];
}

void orl_box_clipboard(struct orl_box *box, const struct orl_duct_calls *calls,
		void *user)
{
	if (!calls)
		orl_box_clip_reset(&box->clip);
	box->clip.calls = calls;
	box->clip.user = user;
}

void orl_box_clipboard_offer(struct orl_box *box, unsigned selection,
		const char *const *types, size_t count)
{
	if (box->wants & ORL_BOX_CLIPBOARD)
		orl_box_clip_offer(&box->clip, selection, types, count);
}

struct orl_paste *orl_box_clipboard_fetch(struct orl_box *box,
		unsigned selection, const char *type, struct orl_paste_end to)
{
	return box->socket >= 0 && box->wants & ORL_BOX_CLIPBOARD
			       ? orl_box_clip_fetch(&box->clip, selection, type,
						 to)
			       : NULL;
}
