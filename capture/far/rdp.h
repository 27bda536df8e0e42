/*
 * rdp.h - what the files of oriel-rdp share: one connection to an RDP server,
 * by libfreerdp2.
 *
 * The library draws in several threads, and reports that in them; another one
 * hears what oriel-serve wants. Nothing of the library waits for oriel-serve
 * but when the size changes.
 */
#ifndef ORL_FAR_RDP_H
#define ORL_FAR_RDP_H

#include <freerdp/client/cliprdr.h>
#include <freerdp/client/disp.h>
#include <freerdp/freerdp.h>

#include "capture/far/helper.h"

enum { ORL_RDP_CLIP_MAX = 1 << 20 };

struct orl_rdp {
	struct orl_helper helper;
	rdpContext *context;
	bool verified; /* its certificate */
	bool connected;

	pthread_mutex_t paint; /* of the helper's rectangles and size */
	uint32_t drawn;        /* ends of updates, for the first picture */

	pthread_mutex_t talk; /* of what is below */
	DispClientContext *disp;
	bool disp_ready;
	int32_t want_width, want_height;
	CliprdrClientContext *clip;
	bool clip_ready;
	char *paste; /* what peers have copied */
	size_t paste_size;

	uint32_t buttons; /* as in struct oriel_pointer */
	int32_t x, y;
	uint32_t down[8]; /* usages of the keyboard's page */
};

/* What the library hands around is the start of this. */
struct orl_rdp_context {
	rdpContext context;
	struct orl_rdp *rdp;
};

static inline struct orl_rdp *orl_rdp_of(rdpContext *context)
{
	return ((struct orl_rdp_context *)(void *)context)->rdp;
}

/* ---- rdp_trust.c ---- */

int orl_rdp_verify(freerdp *instance, const BYTE *data, size_t length,
		const char *host, UINT16 port, DWORD flags);

/* ---- rdp_paint.c ---- */

BOOL orl_rdp_paint_begin(freerdp *instance);
void orl_rdp_paint_end(freerdp *instance);
void orl_rdp_answered(void *user);

/* ---- rdp_input.c ---- */

extern const struct orl_helper_ops orl_rdp_ops;

/* ---- rdp_channels.c ---- */

void orl_rdp_channel_here(void *context, ChannelConnectedEventArgs *e);
void orl_rdp_channel_gone(void *context, ChannelDisconnectedEventArgs *e);
void orl_rdp_size(void *user, int32_t width, int32_t height);

/* ---- rdp_sound.c ---- */

/* The library may load channels now. */
void orl_rdp_sound_init(struct orl_rdp *r);
/* Have the channel. */
bool orl_rdp_sound_add(rdpSettings *settings);

/* ---- rdp_clip.c ---- */

void orl_rdp_clip_here(struct orl_rdp *r, CliprdrClientContext *clip);
void orl_rdp_paste(void *user, char *text, size_t n);

#endif
