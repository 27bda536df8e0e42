/*
 * box_child_clip.c - the clipboard, in the process that has the connection:
 * between the client library's transfers and the viewer.
 */
#include "client/viewer/box_child_impl.h"
#include "clip/transfer.h"

/* ---- from the viewer --------------------------------------------------- */

static void offered(void *user, unsigned selection, const char *const *types,
		size_t count)
{
	struct orl_boxed *b = user;
	int err = oriel_client_clipboard_offer(b->client,
			(enum oriel_selection)selection, types, count);
	if (err)
		orl_box_clip_note(&b->clip, ORL_BOX_CLIP_REFUSED, err,
				oriel_strerror(err));
}

static struct orl_paste *wanted(void *user, unsigned selection,
		const char *type, struct orl_paste_end to)
{
	struct orl_boxed *b = user;
	struct oriel_transfer *transfer;
	if (oriel_client_clipboard_request(&transfer, b->client,
			    (enum oriel_selection)selection, type))
		return NULL;
	struct orl_paste *paste =
			orl_paste_create(orl_transfer_from(transfer), to);
	if (!paste)
		oriel_transfer_cancel(transfer);
	else
		oriel_transfer_set_data(transfer, paste);
	return paste;
}

static const struct orl_duct_calls calls = {
	.offered = offered,
	.wanted = wanted,
};

/* ---- from the server --------------------------------------------------- */

static void on_offered(void *user, enum oriel_selection selection,
		const char *const *types, size_t count)
{
	struct orl_boxed *b = user;
	orl_box_clip_offer(&b->clip, (unsigned)selection, types, count);
}

static void on_refused(void *user, int error, const char *why)
{
	struct orl_boxed *b = user;
	orl_box_clip_note(&b->clip, ORL_BOX_CLIP_REFUSED, error, why);
}

static void on_wanted(void *user, struct oriel_transfer *transfer)
{
	struct orl_boxed *b = user;
	struct orl_paste *paste = orl_box_clip_fetch(&b->clip,
			(unsigned)oriel_transfer_selection(transfer),
			oriel_transfer_type(transfer),
			orl_transfer_to(transfer));
	if (paste)
		oriel_transfer_set_data(transfer, paste);
	else
		oriel_transfer_refuse(transfer, ORIEL_ENOTSUP, NULL);
}

static void on_begun(void *user, struct oriel_transfer *transfer)
{
	(void)user;
	orl_transfer_begun(transfer);
}

static void on_data(void *user, struct oriel_transfer *transfer,
		const void *data, size_t n)
{
	(void)user;
	orl_transfer_data(transfer, data, n);
}

static void on_ready(void *user, struct oriel_transfer *transfer)
{
	(void)user;
	orl_transfer_ready(transfer);
}

static void on_ended(void *user, struct oriel_transfer *transfer, int error,
		const char *why)
{
	(void)user;
	orl_transfer_ended(transfer, error, why);
}

/* ---- life -------------------------------------------------------------- */

static void tell(void *teller, struct orl_box_message *m)
{
	orl_boxed_tell(teller, m);
}

void orl_boxed_clip_init(
		struct orl_boxed *b, struct oriel_client_events *events)
{
	b->clip.calls = &calls;
	b->clip.user = b->clip.teller = b;
	b->clip.tell = tell;
	b->clip.in = &b->rings[ORL_RING_CLIP_DOWN];
	b->clip.out = &b->rings[ORL_RING_CLIP_UP];
	events->clipboard_offered = on_offered;
	events->clipboard_refused = on_refused;
	events->clipboard_wanted = on_wanted;
	events->clipboard_begun = on_begun;
	events->clipboard_data = on_data;
	events->clipboard_ready = on_ready;
	events->clipboard_ended = on_ended;
}
