/*
 * clipnet.c - see clipnet.h.
 */
#include "client/viewer/clipnet.h"

#include <stdlib.h>

#include "client/viewer/clipboard.h"
#include "client/viewer/viewer.h"

struct orl_clipnet {
	struct orl_viewer *v;
	struct orl_duct_end *end;
	uint32_t asking; /* the question about files that is open, or 0 */
};

/* ---- from the user's side ---------------------------------------------- */

static void offered(void *user, unsigned selection, const char *const *types,
		size_t count)
{
	const struct orl_clipnet *net = user;

	orl_box_clipboard_offer(net->v->box, selection, types, count);
}

static struct orl_paste *wanted(void *user, unsigned selection,
		const char *type, struct orl_paste_end to)
{
	const struct orl_clipnet *net = user;

	return orl_box_clipboard_fetch(net->v->box, selection, type, to);
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

static void on_offered(void *user, unsigned selection, const char *const *types,
		size_t count)
{
	const struct orl_clipnet *net = user;

	orl_duct_offer(net->end, selection, types, count);
}

static struct orl_paste *on_wanted(void *user, unsigned selection,
		const char *type, struct orl_paste_end to)
{
	const struct orl_clipnet *net = user;

	return orl_duct_fetch(net->end, selection, type, to);
}

static void on_note(void *user, int kind, int value, const char *text)
{
	const struct orl_clipnet *net = user;

	(void)kind;
	orl_duct_note(net->end, ORL_CLIP_REFUSED, value, text, false);
}

static const struct orl_duct_calls from_box = {
	.offered = on_offered,
	.wanted = on_wanted,
	.note = on_note,
};

/* ---- life -------------------------------------------------------------- */

struct orl_clipnet *orl_clipnet_create(
		struct orl_viewer *v, struct orl_duct *duct)
{
	struct orl_clipnet *net = calloc(1, sizeof(*net));

	if (!net)
		return NULL;
	net->v = v;
	net->end = orl_duct_open(duct, 0, &calls, net);
	orl_box_clipboard(v->box, &from_box, net);
	return net;
}

void orl_clipnet_destroy(struct orl_clipnet *net)
{
	if (!net)
		return;
	orl_box_clipboard(net->v->box, NULL, NULL);
	orl_duct_close(net->end);
	free(net);
}

static void ask_person(struct orl_clipnet *net)
{
	struct orl_viewer *v = net->v;
	struct orl_deck_question q;
	char folder[sizeof(q.folder)] = "";
	bool yes;

	orl_deck_question(v->deck, &q);
	/* The connection's own panels are there instead. */
	if (v->state != ORIEL_CLIENT_READY)
		return;
	if (net->asking && q.id != net->asking) {
		net->asking = 0;
		orl_panels_print_done(v);
	}
	if (!q.id)
		return;
	if (!net->asking) {
		if (v->questioned)
			return;
		net->asking = q.id;
		orl_panels_files(v, q.giving, q.text, q.folder);
		return;
	}
	if (!orl_panels_files_answer(v, &yes, folder, sizeof(folder)))
		return;
	net->asking = 0;
	orl_deck_answer(v->deck, q.id, yes, folder);
}

void orl_clipnet_run(struct orl_clipnet *net)
{
	if (!net)
		return;
	orl_duct_run(net->end);
	if (net->v->deck)
		ask_person(net);
}

void orl_clipnet_connected(struct orl_clipnet *net, bool connected)
{
	if (!net)
		return;
	/* The question has been withdrawn. */
	if (!connected)
		net->asking = 0;
	orl_duct_note(net->end, ORL_CLIP_CONNECTED, connected, "", true);
}
