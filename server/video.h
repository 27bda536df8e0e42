/*
 * video.h - the videos of a pane: a stream for each region of its display.
 *
 * A stream has an encoder of its own, set for its peer's link. The cells of
 * its region are lossy, but for those that the pane keeps exact: text over the
 * picture, which stays as it is.
 */
#ifndef ORL_SERVER_VIDEO_H
#define ORL_SERVER_VIDEO_H

#include "codecs/video.h"
#include "proto/io/loop.h"
#include "server/regions.h"

enum { ORL_ENCODERS_MAX = 8 };

/* One that the host brought along. */
struct orl_own_encoder {
	struct oriel_encoder calls;
	void *user;
};

struct orl_stream {
	uint32_t region; /* its id; 0: there is none */
	struct oriel_rect rect;
	struct oriel_encoder calls;
	void *state; /* NULL: it could not be made, the cells stay exact */
	struct orl_yuv yuv;
	uint32_t generation, number;
	uint64_t asked; /* when the peer last wanted a keyframe */
	bool due, keyframe;
};

struct orl_pane;
struct oriel_peer;
struct oriel_display;

/* Whether the peer can be shown any. */
bool orl_video_possible(const struct oriel_peer *peer);
/* The picture is as it is at the moment: look for regions. */
void orl_video_tick(struct oriel_display *display);
void orl_video_still(struct orl_timer *timer);
/* Another size: nothing plays. */
int orl_video_resize(struct oriel_display *display);
void orl_video_fini(struct oriel_display *display);

/* Whether a cell travels in frames, and need not be made exact now. */
bool orl_video_has(const struct orl_pane *pane, size_t cell);
/* Bring the streams in step with the display's regions. */
void orl_video_follow(struct orl_pane *pane);
/* Take from wanted[] the cells that travel in frames, which are then due. */
void orl_video_plan(struct orl_pane *pane, uint8_t *wanted);
/* Whether frames could be sent now; looks at the newest picture for that. */
bool orl_video_due(struct orl_pane *pane);
/* Send them; how many bytes, or ORIEL_E when the peer has ended. */
int orl_video_send(struct orl_pane *pane, unsigned transaction, size_t *bytes);
/* The canvas starts afresh, or ends: no video plays any more. */
void orl_video_drop(struct orl_pane *pane);
int orl_video_lost(struct oriel_peer *peer, const uint8_t *data, size_t n);

#endif
