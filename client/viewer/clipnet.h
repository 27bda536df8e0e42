/*
 * clipnet.h - the connection's half of the clipboard: between the
 * box (box.h) and a duct, at the other end of which is clipboard.h. All of it
 * runs in the connection's thread; nothing but values crosses.
 */
#ifndef ORL_VIEWER_CLIPNET_H
#define ORL_VIEWER_CLIPNET_H

#include "clip/duct.h"

struct orl_viewer;

/* Notes to the other end. */
enum orl_clip_note {
	ORL_CLIP_REFUSED,   /* value: error, text: why an offer is not used */
	ORL_CLIP_CONNECTED, /* value: there is a session, or no longer */
};

struct orl_clipnet;

struct orl_clipnet *orl_clipnet_create(
		struct orl_viewer *v, struct orl_duct *duct);
void orl_clipnet_destroy(struct orl_clipnet *net);
/* After a wake-up; NULL is nothing. */
void orl_clipnet_run(struct orl_clipnet *net);
void orl_clipnet_connected(struct orl_clipnet *net, bool connected);

#endif
