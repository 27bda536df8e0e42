/*
 * server.h - the structs of this folder, and who may call what.
 *
 * A server has displays and peers; a pane is one display as one peer sees it.
 * A display holds the newest picture (shadow), a pane what its peer has been
 * sent. Files: server.c the handle, peer.c one client's life, login.c until
 * it is let in, token.c what lets it in again, display.c pictures from the
 * host, pane.c, update.c and lossy.c what is sent of them, regions.c, stream.c
 * and video.c what plays, ack.c and check.c whether they arrived, input.c keys and
 * pointer, clipboard.c, usb.c, print.c, cursor.c shapes, frame.c shared pictures
 * and memory, sound.c what is heard, mic.c what is said. All of it runs in the
 * loop thread.
 */
#ifndef ORL_SERVER_SERVER_H
#define ORL_SERVER_SERVER_H

#include <oriel/oriel-server.h>

#include "codecs/canvas.h"
#include "codecs/classify.h"
#include "codecs/jpeg.h"
#include "codecs/layer.h"
#include "codecs/motion.h"
#include "proto/auth.h"
#include "proto/caps.h"
#include "proto/io/conn.h"
#include "proto/io/pool.h"
#include "proto/io/shared.h"
#include "redirect/clipboard.h"
#include "redirect/usb.h"
#include "server/sound.h"
#include "server/throttle.h"
#include "server/video.h"

struct orl_server_listener {
	struct orl_node node;
	struct orl_listener listener;
	struct oriel_server *server;
};

/* A pointer's picture: what every slot of every peer may hold. */
struct orl_cursor {
	uint32_t *pixels; /* NULL: hidden */
	int32_t width, height, hot_x, hot_y;
	uint64_t hash;
};

enum { VERIFIER_CACHE = 16, TOKEN_USES = 256 };

/* A user's password, turned into a verifier; by the hash of both. */
struct orl_known_password {
	uint8_t hash[32];
	struct orl_verifier verifier;
};

struct oriel_server {
	struct orl_env env;
	uint64_t caps; /* ORL_CAP(): what a peer may have of them */
	struct oriel_server_events events;
	void *user;
	uint32_t flags, max_peers;
	uint64_t max_bandwidth;
	uint32_t test_desync;
	char *name, *congestion, *certificate;
	void (*keylog)(void *user, const char *line);
	struct orl_loop *loop;
	struct orl_pool *pool;
	struct orl_tls_context *tls; /* NULL: no certificate was given */
	struct orl_throttle *throttle;
	struct orl_usb_rules usb_rules;
	struct orl_node listeners, peers, displays;
	struct oriel_peer *owner; /* of keyboard and pointer */
	uint32_t locks;
	bool relative;
	/* What the desktop offers, as on the wire. */
	char board[ORIEL_SELECTIONS][ORL_CLIP_TYPES_TEXT + 1];
	bool leaving; /* it shuts down: that is what a bye says */
	uint8_t token_key[32];
	uint8_t dummy_key[32]; /* makes up verifiers of users there are not */
	uint8_t hash_key[32];  /* keys the cache of passwords */
	struct orl_known_password known[VERIFIER_CACHE];
	unsigned n_known;
	/*
	 * Tokens that were followed by another: the old one is good until the
	 * new one has been used. The oldest are forgotten first; they expire.
	 */
	struct orl_token_use {
		uint8_t id[16], next[16];
		bool dead;
	} token_uses[TOKEN_USES];
	unsigned n_token_uses;
	struct orl_cursor cursor;
	struct orl_node prints; /* jobs, of all peers and of those lost */
	uint32_t next_print;
	struct orl_motion *motion;
	struct orl_own_encoder encoders[ORL_ENCODERS_MAX];
	struct orl_node codings; /* pictures of videos, and their encoders */
	unsigned n_encoders;
	uint8_t *scratch; /* to encode into: a part, or a part a section */
	/* To paint with, when first needed. */
	struct orl_jpeg *jpeg;
	uint32_t *small;
	struct orl_node sounds;
	uint32_t sounds_used; /* bit n: id n is taken */
	bool heard;           /* somebody listens */
	bool mic_wanted;      /* by the host */
	/* Made when one is first on; NULL also if the host wants none. */
	struct orl_ear *_Atomic mic;
	struct oriel_peer *mic_of; /* who is heard in it; NULL: nobody */
	uint32_t displays_used;    /* bit n: id n is taken */
	uint32_t next_display;     /* where to look for a free id */
};

/* ---- peers ------------------------------------------------------------- */

enum orl_peer_state {
	ORL_PEER_SECURING, /* TLS handshake */
	ORL_PEER_HELLO,    /* waiting for client_hello */
	ORL_PEER_LOGIN,    /* waiting for login or resume */
	ORL_PEER_ASKED,    /* the host, or the throttle, has to answer */
	ORL_PEER_READY,
	ORL_PEER_GONE,
};

enum { ORL_LATENCIES = 1024, ORL_COMMITS = 256, ORL_INPUTS = 64 };

/* A commit on its way: to pace, and to measure when it is acknowledged. */
struct orl_commit_note {
	uint32_t frame;
	bool refined;              /* nobody has waited for it */
	uint8_t video;             /* codec, if it is one frame and no more */
	uint32_t cells;            /* of that */
	uint64_t captured, queued; /* server's clock */
};

struct orl_input_note {
	uint32_t seq;
	uint64_t time; /* when it was handed to the host */
};

/* One that is down, where it was last. */
struct orl_finger {
	uint32_t contact, display;
	int32_t x, y;
};

struct oriel_peer {
	struct oriel_server *server;
	struct orl_node node;
	struct orl_conn *conn;
	enum orl_peer_state state;
	/*
	 * What the host is told, and what it cost, comes after the call that
	 * caused it: callbacks run in dispatch only, and whoever holds a pane
	 * of a peer that ends may go on holding it.
	 */
	struct orl_deferred later;
	int reason;
	bool ask;     /* later: auth_wanted or auth_proved is to be called */
	bool join;    /* later: peer_joined is to be called */
	bool settle;  /* later: its rights have changed */
	bool joined;  /* the host knows it */
	bool left;    /* the host knows that it has gone */
	bool closed;  /* its conn has ended */
	bool counted; /* among the throttle's unproved connections */
	void *data;
	char *name; /* what the client calls itself */
	char user[ORL_NAME_MAX + 1];
	char network[64];
	uint32_t rights, epoch;
	uint64_t caps; /* ORL_CAP(): in force */
	uint32_t max_pixels;
	uint8_t session[16];
	uint8_t origin[16]; /* resumed: the session that it was */
	bool resumed;       /* ... by a token */
	bool replaces;      /* later: whoever had that session ends */
	bool named_jobs;    /* print_known has come */
	bool has_token;
	uint8_t token_id[16]; /* the newest of this session */

	/* Login. */
	struct orl_timer timer; /* the whole of it; later: checks and resets */
	struct orl_timer delay; /* of a challenge that waits */
	uint8_t transcript[32];
	struct orl_scram_server *scram;
	struct oriel_auth *auth;

	/* Pictures. */
	struct orl_node panes;
	struct orl_pace pace;
	uint32_t next_frame;
	/* Of all displays: one may have the number of another that is gone. */
	uint32_t check_serial;
	struct orl_commit_note commits[ORL_COMMITS];
	struct orl_video_cost video_cost[ORIEL_VIDEO_H264 + 1];
	int64_t forward_min, back_min; /* delay plus, minus clock offset */
	uint64_t clock_since;
	uint64_t latencies[ORL_LATENCIES];
	unsigned n_latencies;

	/* Cursor slots by hash, for cursor_use. */
	uint64_t slots[ORL_CURSOR_SLOTS];
	unsigned next_slot;
	bool cursor_due;
	struct {
		bool due;
		uint32_t display;
		int32_t x, y;
	} warp;
	unsigned facts; /* ORL_FACT_...: it is to hear of these */

	/* Input. */
	uint8_t keys[32];
	uint32_t others[ORL_OTHER_KEYS]; /* down, of other pages */
	unsigned n_others;
	uint32_t buttons;
	int32_t pointer_x, pointer_y;
	uint32_t pointer_display, input_seq;
	struct orl_finger fingers[ORL_FINGERS_MAX];
	unsigned n_fingers;
	struct orl_input_note inputs[ORL_INPUTS];
	unsigned n_inputs;

	struct orl_peer_sound sound;
	struct orl_peer_printers *printers; /* NULL: none was told of */

	struct orl_clip clip;
	struct orl_usb_set usb;
	struct oriel_stats stats;
};

/* peer.c */
int orl_peer_create(struct oriel_server *server, int socket, bool local);
/* The part of a text that a field of `max` bytes takes; NULL is "". */
struct orl_view orl_peer_text(const char *text, size_t max);
/* Call peer_joined and the like before dispatch returns. */
void orl_peer_later(struct oriel_peer *peer);
/*
 * End it: say bye (unless why is NULL: the line is gone). The host is told,
 * and memory freed, later.
 */
void orl_peer_end(struct oriel_peer *peer, int reason, const char *why);
/* Free at once, telling nobody; for the end of the server. */
void orl_peer_free(struct oriel_peer *peer);
/* How many are let in. */
unsigned orl_peer_count_ready(const struct oriel_server *server);
/* Login is done: panes, cursor, owner; tells the host. */
void orl_peer_ready(struct oriel_peer *peer);
/* The owner of input changes to `peer` (or nobody), and all are told. */
void orl_peer_own(struct oriel_server *server, struct oriel_peer *peer);
/*
 * It hears of these, as they are when it reads: who does not read must not be
 * dropped because others, or the desktop, change their minds often.
 */
enum {
	ORL_FACT_OWNER = 1,
	ORL_FACT_LOCKS = 2,
	ORL_FACT_MODE = 4,
	ORL_FACT_MIC = 8,
};
void orl_peer_tell(struct oriel_peer *peer, unsigned facts);
/* Queue a message; an error ends the peer and is returned. */
#define ORL_PEER_PUT(peer, name, v) \
	orl_peer_sent((peer), \
			ORL_LINK_PUT(orl_conn_link((peer)->conn), name, v))
int orl_peer_sent(struct oriel_peer *peer, int err);

/* What may arrive now, by state; a handler is in the file of its subject. */
struct orl_handler {
	uint16_t id;
	uint32_t rights; /* all of these are needed, or it is dropped */
	int (*handle)(struct oriel_peer *peer, const uint8_t *data, size_t n);
	uint64_t caps; /* ORL_CAP(): not allowed unless these are in force */
};

/* login.c */
int orl_login_hello(struct oriel_peer *peer, const uint8_t *data, size_t n);
int orl_login_login(struct oriel_peer *peer, const uint8_t *data, size_t n);
int orl_login_resume(struct oriel_peer *peer, const uint8_t *data, size_t n);
/* Call auth_wanted or auth_proved. */
void orl_login_ask(struct oriel_peer *peer);
/* The peer is going: its auth, if any, has nothing to answer any more. */
void orl_login_fini(struct oriel_peer *peer);
/* It was let in, and takes the place of who had its session, if any. */
void orl_login_replace(struct oriel_peer *peer);

/* token.c */
bool orl_token_is_dead(
		const struct oriel_server *server, const uint8_t id[static 16]);
void orl_token_used(struct oriel_server *server, const uint8_t id[static 16]);
/* A new one; ORIEL_E when it cannot be sent. None goes over unix: sockets. */
int orl_token_send(struct oriel_peer *peer);
/* And others while the session lasts. */
void orl_token_renew_later(struct oriel_peer *peer);

/* input.c */
int orl_input_key(struct oriel_peer *peer, const uint8_t *data, size_t n);
int orl_input_pointer(struct oriel_peer *peer, const uint8_t *data, size_t n);
int orl_input_touch(struct oriel_peer *peer, const uint8_t *data, size_t n);
int orl_input_text(struct oriel_peer *peer, const uint8_t *data, size_t n);
int orl_input_held(struct oriel_peer *peer, const uint8_t *data, size_t n);
int orl_input_take(struct oriel_peer *peer, const uint8_t *data, size_t n);
/* Everything that this peer holds goes up. */
void orl_input_release(struct oriel_peer *peer);
/* The newest input handed to the host at or before `time`. */
uint32_t orl_input_seen(const struct oriel_peer *peer, uint64_t time);

/* clipboard.c */
extern const struct orl_clip_calls orl_peer_clip_calls;
int orl_peer_clip_message(struct oriel_peer *peer, uint16_t id,
		const uint8_t *data, size_t n);
/* Whether it has the clipboard may have changed. */
void orl_peer_clip_settle(struct oriel_peer *peer);
/* print.c */
int orl_peer_print_printer(
		struct oriel_peer *peer, const uint8_t *data, size_t n);
int orl_peer_print_printer_gone(
		struct oriel_peer *peer, const uint8_t *data, size_t n);
int orl_peer_print_more(struct oriel_peer *peer, const uint8_t *data, size_t n);
int orl_peer_print_status(
		struct oriel_peer *peer, const uint8_t *data, size_t n);
int orl_peer_print_known(
		struct oriel_peer *peer, const uint8_t *data, size_t n);
int orl_peer_print_cancel(
		struct oriel_peer *peer, const uint8_t *data, size_t n);
/* Whether it may print may have changed: the host hears of its printers. */
void orl_peer_print_settle(struct oriel_peer *peer);
/* It is let in: jobs of the session that it resumes may be its. */
void orl_peer_print_ready(struct oriel_peer *peer);
/* It is gone: printers go, jobs wait for who resumes it, or end. */
void orl_peer_print_leave(struct oriel_peer *peer);
void orl_peer_print_fini(struct oriel_peer *peer);
void orl_peer_print_free_all(struct oriel_server *server);

/* cursor.c */
/* The cursor has changed, for this peer; sent when its turn comes. */
void orl_cursor_show(struct oriel_peer *peer);
void orl_cursor_warp(struct oriel_peer *peer, uint32_t display, int32_t x,
		int32_t y);
/* Its turn: true when something was queued. */
bool orl_cursor_send(struct oriel_peer *peer);

/* usb.c */
void orl_peer_usb_init(struct oriel_peer *peer);
/* Its rights, or the owner of input, have changed. */
void orl_peer_usb_settle(struct oriel_peer *peer);
int orl_peer_usb_attach(struct oriel_peer *peer, const uint8_t *data, size_t n);
int orl_peer_usb_data(struct oriel_peer *peer, const uint8_t *data, size_t n);
int orl_peer_usb_credit(struct oriel_peer *peer, const uint8_t *data, size_t n);
int orl_peer_usb_detach(struct oriel_peer *peer, const uint8_t *data, size_t n);
int orl_peer_usb_cancel(struct oriel_peer *peer, const uint8_t *data, size_t n);

/* sound.c */
/* Who hears what may have changed. */
void orl_sound_changed(struct oriel_server *server);
int orl_sound_listen(struct oriel_peer *peer, const uint8_t *data, size_t n);

/* mic.c */
/* The owner of input, its rights or its microphone may have changed. */
void orl_mic_changed(struct oriel_server *server);
/* Whether it is wanted, unless the peer knows. */
int orl_mic_send_wanted(struct oriel_peer *peer);
int orl_mic_open(struct oriel_peer *peer, const uint8_t *data, size_t n);
int orl_mic_packet(struct oriel_peer *peer, const uint8_t *data, size_t n);
int orl_mic_pause(struct oriel_peer *peer, const uint8_t *data, size_t n);

/* ---- pictures ---------------------------------------------------------- */

struct oriel_memory {
	const struct oriel_server *server; /* whose it is; not looked into */
	struct orl_env env; /* its own: it may outlive the server */
	unsigned refs;      /* atomic */
	struct orl_shared shared;
};

struct oriel_frame {
	const struct oriel_server *server; /* whose it is; not looked into */
	struct orl_env env; /* its own: it may outlive the server */
	unsigned refs;      /* atomic */
	/* In memory that is mapped, pixels.data is set as if it were plain. */
	struct oriel_frame_config config;
};

/* When a cell last changed and when before, in ms, and its class. */
struct orl_past {
	uint32_t last, before;
	uint8_t votes; /* needed of it, that it is no text any more */
};

/* Columns [from, to) of a cell row that were damaged and not yet compared. */
struct orl_span {
	int32_t from, to;
};

struct oriel_display {
	struct oriel_server *server;
	struct orl_node node, panes;
	uint32_t id;
	char *name;
	void *data;
	int32_t x, y, width, height, cols, rows;
	uint32_t scale;
	unsigned slices;
	uint32_t *shadow;      /* width words a row, X is 0 */
	struct orl_past *past; /* by cell */
	uint8_t *changed; /* scratch of orl_damage(), all 0 between calls */
	struct orl_span *damage;     /* of `pending`, one a cell row */
	struct oriel_frame *pending; /* newest, not yet compared; or NULL */
	uint8_t *strip; /* a row of cells of a frame that is not mapped */
	int failed;     /* later: the host is told that one was not readable */
	uint64_t told;  /* when that was last in the log */
	struct orl_deferred later;
	struct orl_timer wish; /* the size below, to be told to the host */
	int32_t wish_width, wish_height;
	uint64_t wished;     /* when the host was last told of one */
	uint64_t time;       /* of capture, of what the shadow holds */
	uint64_t changed_at; /* when the shadow last changed, our clock */
	uint64_t frames;     /* submitted or patched */
	bool asked;          /* frame_wanted was called and not answered */
	struct orl_regions regions;
	struct orl_timer still;   /* one of them may be */
	struct orl_deferred look; /* at a frame that no peer has room for */
};

/* display.c: bring the shadow up to date with `pending`. */
void orl_display_refresh(struct oriel_display *display);
bool orl_display_size_ok(int32_t width, int32_t height);

struct orl_pane {
	struct orl_node by_peer, by_display;
	struct oriel_peer *peer;
	struct oriel_display *display;
	struct orl_canvas sent; /* see canvas.h; exact or undefined cells */
	uint8_t *dirty; /* cells that are to be sent in the next transaction */
	uint8_t *todo;  /* cells of the open one that are still to be sent */
	bool announced; /* the display message has gone out, as it is now */
	bool known;     /* ... as it was: the peer is to hear of its end */
	bool visible, open, hungry, any_dirty;
	bool moved;             /* the open transaction has copies */
	uint32_t cell_bytes[2]; /* running mean by orl_class */

	/* The lossy layer, lossy.c. */
	uint8_t *lossy; /* by cell: the scale of what is painted, or 0 */
	uint8_t *paint; /* by cell: it will be, in the open transaction */
	bool any_lossy; /* there may be such cells */
	bool refining;  /* the open transaction shows nothing new */
	uint32_t generation;
	uint8_t scale, quality;      /* of what is to be painted */
	uint16_t percent;            /* bytes of that, of those at quality 80 */
	int32_t band_row, band_rows; /* that are being painted */
	enum orl_why why;
	uint32_t jpeg_bytes[4]; /* by scale: mean of a cell at 80, * 16 */
	uint64_t refine_at;     /* 0: nothing waits for that */

	uint64_t since;       /* the peer has it */
	uint64_t time;        /* of capture, of the open transaction */
	size_t open_bytes;    /* sent of it so far */
	uint64_t frames_seen; /* display->frames at the last transaction */
	bool behind; /* since then, the client was too far behind for more */

	/* Exactness, check.c. */
	uint8_t *unchecked; /* cell rows touched since the last check */
	uint64_t *asked;    /* values of the check that is on its way */
	uint32_t serial, asked_rows;
	uint32_t since_check; /* commits */
	bool waiting, asked_clean;
	bool clean; /* what was sent last is proved to be there */
	uint64_t check_at, reset_at; /* 0: none due */
	uint64_t last_reset;
	uint64_t force_res_until;

	/* Moving pictures, video.c. */
	struct orl_stream streams[ORL_REGIONS_MAX];
	uint8_t *video; /* cells: whose; NULL until there is a region */
	uint32_t regions_seen;
};

static inline size_t orl_pane_cells(const struct orl_pane *pane)
{
	return (size_t)pane->sent.cols * (size_t)pane->sent.rows;
}

/* pane.c */
int orl_pane_create(struct oriel_peer *peer, struct oriel_display *display);
void orl_pane_destroy(struct orl_pane *pane);
/* Start afresh at the display's size: all cells dirty, contexts new. */
int orl_pane_restart(struct orl_pane *pane);
/* Cells of a rectangle (in cells) have new content in the shadow. */
void orl_pane_soil(struct orl_pane *pane, int32_t col, int32_t row);
/* NULL when it is gone: a message may have been on its way. */
struct orl_pane *orl_pane_find(struct oriel_peer *peer, uint32_t display);

/*
 * Bring cells of `sent` up to the shadow: they are sent exactly, or painted
 * at this scale.
 */
void orl_pane_copy(struct orl_pane *pane, const struct orl_cells *cells,
		uint8_t scale);

/* lossy.c */
/* Of what a transaction is to send, decide what is painted: todo to paint. */
void orl_lossy_plan(struct orl_pane *pane);
/* Send some of paint, of about this many bytes; ORIEL_E. */
int orl_lossy_send(struct orl_pane *pane, uint64_t budget);
/* The cells that copies may read; uses paint, which orl_lossy_copied clears. */
const uint8_t *orl_lossy_sources(struct orl_pane *pane);
/* orl_canvas_begin() has done these, if any. */
void orl_lossy_copied(struct orl_pane *pane, const struct orl_copy_op *copies,
		size_t n);
/* Have something in todo or paint that makes the picture better, if any. */
bool orl_lossy_refine(struct orl_pane *pane);

/* update.c */
/* conn's produce: send something of about this many bytes, if there is any. */
bool orl_update_produce(void *user, uint64_t budget);

/* ack.c */
int orl_ack_shown(struct oriel_peer *peer, const uint8_t *data, size_t n);
int orl_ack_visible(struct oriel_peer *peer, const uint8_t *data, size_t n);
int orl_ack_refresh(struct oriel_peer *peer, const uint8_t *data, size_t n);
int orl_ack_resize(struct oriel_peer *peer, const uint8_t *data, size_t n);

/* check.c */
int orl_check_answer(struct oriel_peer *peer, const uint8_t *data, size_t n);
/* Send the check that is due, if any; true when something was queued. */
bool orl_check_send(struct orl_pane *pane, uint64_t now);
/* Mend a pane that is not what its peer has, now or as soon as allowed. */
void orl_check_reset(struct orl_pane *pane, const char *why);
/* A commit went out: a check is due 200 ms later. */
void orl_check_later(struct orl_pane *pane, uint64_t now);
/* Set the peer's timer to the earliest thing that its panes wait for. */
void orl_check_arm(struct oriel_peer *peer);
void orl_check_timer(struct orl_timer *timer);
/* All panes of the peer are proved exact and have nothing to send. */
bool orl_check_is_exact(const struct oriel_peer *peer);

#endif
