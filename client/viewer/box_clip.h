/*
 * box_clip.h - the clipboard between the viewer and its process: a duct
 * (clip/duct.h) whose ends are in two processes that do not trust each other.
 * Offers, requests and how far they are go as messages, bytes through a ring
 * each way. Both ends are here; each checks what the other says.
 */
#ifndef ORL_VIEWER_BOX_CLIP_H
#define ORL_VIEWER_BOX_CLIP_H

#include <oriel/oriel.h>

#include "client/viewer/box_wire.h"
#include "clip/duct.h"

enum {
	/* Of one paste, on their way or kept there: its ring holds all. */
	ORL_BOX_CLIP_WINDOW = 128 << 10,
	ORL_BOX_CLIP_PASTES = ORL_DUCT_PASTES,
};

/* Notes of the process. */
enum orl_box_clip_note {
	ORL_BOX_CLIP_REFUSED, /* value: error, text: why an offer is not used */
};

struct orl_box_clip;

/* A paste that goes through, at one end. */
struct orl_box_through {
	struct orl_box_clip *clip;
	uint32_t id; /* 0: free */
	bool out;    /* its bytes leave here */
	bool waiting, begun;
	size_t on_way; /* bytes that the end that gets them has not used */
	struct orl_paste *paste;
};

struct orl_box_clip {
	bool viewer; /* this is its end; of offers that cross, the other's holds */
	const struct orl_duct_calls *calls; /* NULL: nobody is told */
	void *user;
	/* What is said: a row of box_wire.def, DOWN or UP. */
	void (*tell)(void *teller, struct orl_box_message *m);
	void *teller;
	struct orl_box_ring *in, *out;
	uint32_t last; /* id that was given */
	uint32_t made[ORIEL_SELECTIONS], seen[ORIEL_SELECTIONS];
	/* Types of an offer that is being told. */
	char types[ORL_DUCT_TYPES][ORIEL_TYPE_MAX + 1];
	size_t n_types;
	struct orl_box_through pastes[ORL_BOX_CLIP_PASTES];
};

/* What the other end says: 0, or ORIEL_EPROTO. */
int orl_box_clip_take(
		struct orl_box_clip *clip, const struct orl_box_clip_down *m);
/* As those of a duct. */
void orl_box_clip_offer(struct orl_box_clip *clip, unsigned selection,
		const char *const *types, size_t count);
struct orl_paste *orl_box_clip_fetch(struct orl_box_clip *clip,
		unsigned selection, const char *type, struct orl_paste_end to);
void orl_box_clip_note(struct orl_box_clip *clip, int kind, int value,
		const char *text);
/* The other end is gone: its pastes end, and another one may come. */
void orl_box_clip_reset(struct orl_box_clip *clip);

#endif
