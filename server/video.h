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
#include "proto/io/pool.h"
#include "server/regions.h"

enum { ORL_ENCODERS_MAX = 8 };

/* One that the host brought along. */
struct orl_own_encoder {
	struct oriel_encoder calls;
	void *user;
};

struct orl_pane;
struct oriel_peer;
struct oriel_display;
struct oriel_server;

/* A picture and its encoder; while it is busy nobody else touches it. */
struct orl_coding {
	struct orl_job job;
	struct orl_node node; /* of the server's */
	struct oriel_server *server;
	struct orl_pane *pane; /* NULL: nobody waits for it any more */
	struct oriel_encoder calls;
	void *state;
	struct orl_yuv yuv;
	struct oriel_encode how;
	struct oriel_encoded out;
	int err;
	uint64_t took;
	bool busy, ready; /* ready: the frame can be sent */
};

struct orl_stream {
	uint32_t region; /* its id; 0: there is none */
	struct oriel_rect rect;
	struct orl_coding *coding; /* NULL: the cells stay exact */
	uint32_t generation, number;
	uint64_t opened, asked; /* asked: when the peer wanted a keyframe */
	uint64_t next;          /* not before: the peer has enough to do */
	bool due, keyframe;
};

/* What decoding costs a peer. */
struct orl_video_cost {
	uint64_t ns; /* a cell */
	unsigned n;  /* how often it was heard of */
};

/*
 * What a cell of a region is, in pane->video; 0: not of one. EXACT: it is kept
 * out of the frames. SHARP: an edge cell whose pixels outside of the region
 * are the exact ones, though the cell is lossy.
 */
enum {
	ORL_CELL_STREAM = 0x0f,
	ORL_CELL_SHARP = 0x40,
	ORL_CELL_EXACT = 0x80,
};

/* Whether the peer can be shown any. */
bool orl_video_possible(const struct oriel_peer *peer);
/* The picture is as it is at the moment: look for regions. */
void orl_video_tick(struct oriel_display *display);
void orl_video_still(struct orl_timer *timer);
/* Another size, for which `next` is made, and is taken: nothing plays. */
void orl_video_resize(struct oriel_display *display, struct orl_regions *next);
void orl_video_fini(struct oriel_display *display);

/* Whether a cell travels in frames, and need not be made exact now. */
bool orl_video_has(const struct orl_pane *pane, size_t cell);
/* Bring the streams in step with the display's regions. */
void orl_video_follow(struct orl_pane *pane);
/* Take from wanted[] the cells that travel in frames, which are then due. */
void orl_video_plan(struct orl_pane *pane, uint8_t *wanted);
/* Look at the newest picture for what is to travel in frames as well. */
void orl_video_look(struct orl_pane *pane);
/* Whether frames could be begun, or sent, now. */
bool orl_video_waits(const struct orl_pane *pane);

/* What went out. */
struct orl_video_sent {
	size_t bytes;
	unsigned frames;
	unsigned codec; /* of the only frame; 0 otherwise */
	uint32_t cells;
	uint64_t time; /* of capture */
};
/*
 * Begin those that are due, send those that are ready; ORIEL_E when the peer
 * has ended. For transaction 0 nobody is waited for: what is begun is sent.
 */
int orl_video_send(struct orl_pane *pane, unsigned transaction,
		struct orl_video_sent *out);
/* When frames that wait may be sent; 0: none waits for a time. */
uint64_t orl_video_at(const struct orl_pane *pane);
/* A frame is being encoded. */
bool orl_video_busy(const struct orl_pane *pane);
/* The canvas starts afresh, or ends: no video plays any more. */
void orl_video_drop(struct orl_pane *pane);
int orl_video_lost(struct oriel_peer *peer, const uint8_t *data, size_t n);

/* stream.c */
/* The cells that a stream's rectangle touches. */
struct orl_cells orl_stream_cells(const struct oriel_rect *r);
void orl_stream_close(struct orl_pane *pane, unsigned i);
/* Try another codec where this one costs the peer too much. */
void orl_stream_review(struct orl_pane *pane, unsigned i);
/* What a frame costs the peer, in ns; 0: not known yet. */
uint64_t orl_stream_cost(const struct orl_pane *pane, unsigned i);
/* The picture is in its planes: encode it, `now` or by a worker. */
void orl_stream_encode(struct orl_pane *pane, unsigned i, bool now);
/* A frame of so many cells cost the peer so much. */
void orl_stream_learn(struct oriel_peer *peer, enum oriel_video codec,
		uint32_t cells, uint32_t us);
/* The pool is gone: free what it had. */
void orl_stream_drop_all(struct oriel_server *server);

#endif
