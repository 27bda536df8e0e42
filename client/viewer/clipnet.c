/*
 * clipnet.c - see clipnet.h.
 */
#include "client/viewer/clipnet.h"

#include <stdlib.h>

#include "client/viewer/viewer.h"
#include "clip/transfer.h"

struct orl_clipnet {
	struct orl_viewer *v;
	struct orl_duct_end *end;
};

/* ---- from the user's side ---------------------------------------------- */

static void offered(void *user, unsigned selection, const char *const *types,
		size_t count)
{
	const struct orl_clipnet *net = user;
	int err = oriel_client_clipboard_offer(net->v->client,
			(enum oriel_selection)selection, types, count);

	if (err)
		orl_duct_note(net->end, ORL_CLIP_REFUSED, err,
				oriel_strerror(err));
}

static struct orl_paste *wanted(void *user, unsigned selection,
		const char *type, struct orl_paste_end to)
{
	const struct orl_clipnet *net = user;
	struct oriel_transfer *transfer;
	struct orl_paste *paste;

	if (oriel_client_clipboard_request(&transfer, net->v->client,
			    (enum oriel_selection)selection, type))
		return NULL;
	paste = orl_paste_create(orl_transfer_from(transfer), to);
	if (!paste)
		oriel_transfer_cancel(transfer);
	else
		oriel_transfer_set_data(transfer, paste);
	return paste;
}

static void note(void *user, int kind, int value, const char *text)
{
	(void)user;
	(void)kind;
	(void)value;
	(void)text;
}

static void wake(void *user)
{
	const struct orl_clipnet *net = user;

	orl_box_wake(net->v->box);
}

static const struct orl_duct_calls calls = {
	.offered = offered,
	.wanted = wanted,
	.note = note,
	.wake = wake,
};

/* ---- from the server --------------------------------------------------- */

static struct orl_clipnet *of(void *user)
{
	return ((struct orl_viewer *)user)->clipnet;
}

static void on_offered(void *user, enum oriel_selection selection,
		const char *const *types, size_t count)
{
	const struct orl_clipnet *net = of(user);

	if (net)
		orl_duct_offer(net->end, (unsigned)selection, types, count);
}

static void on_refused(void *user, int error, const char *why)
{
	const struct orl_clipnet *net = of(user);

	if (net)
		orl_duct_note(net->end, ORL_CLIP_REFUSED, error, why);
}

static void on_wanted(void *user, struct oriel_transfer *transfer)
{
	const struct orl_clipnet *net = of(user);
	struct orl_paste *paste = NULL;

	if (net)
		paste = orl_duct_fetch(net->end,
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

void orl_clipnet_events(struct oriel_client_events *events)
{
	events->clipboard_offered = on_offered;
	events->clipboard_refused = on_refused;
	events->clipboard_wanted = on_wanted;
	events->clipboard_begun = on_begun;
	events->clipboard_data = on_data;
	events->clipboard_ready = on_ready;
	events->clipboard_ended = on_ended;
}

/* ---- life -------------------------------------------------------------- */

struct orl_clipnet *orl_clipnet_create(
		struct orl_viewer *v, struct orl_duct *duct)
{
	struct orl_clipnet *net = calloc(1, sizeof(*net));

	if (!net)
		return NULL;
	net->v = v;
	net->end = orl_duct_open(duct, 0, &calls, net);
	return net;
}

void orl_clipnet_destroy(struct orl_clipnet *net)
{
	if (!net)
		return;
	orl_duct_close(net->end);
	free(net);
}

void orl_clipnet_run(struct orl_clipnet *net)
{
	if (net)
		orl_duct_run(net->end);
}

void orl_clipnet_connected(struct orl_clipnet *net, bool connected)
{
	if (net)
		orl_duct_note(net->end, ORL_CLIP_CONNECTED, connected, "");
}
