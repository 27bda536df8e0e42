/*
 * client.h - the structs of this folder, and who may call what.
 *
 * Files: client.c the handle, session.c what the server says, login.c until
 * we are let in, again.c coming back after a loss, screen.c, picture.c and
 * video.c what is seen, decode.c who works on that, ack.c that it was shown,
 * input.c keys and pointer, clipboard.c, usb.c, print.c, sound.c what is heard
 * and said. All of it runs in the loop thread, but for decoding, the queue of
 * input.c and what oriel-client.h marks as "Threads: any".
 */
#ifndef ORL_CLIENT_CLIENT_H
#define ORL_CLIENT_CLIENT_H

#include <pthread.h>
#include <stdatomic.h>

#include <oriel/oriel-client.h>

#include "client/sound.h"
#include "codecs/canvas.h"
#include "codecs/jpeg.h"
#include "codecs/video.h"
#include "proto/auth.h"
#include "proto/caps.h"
#include "proto/io/conn.h"
#include "proto/io/network.h"
#include "proto/io/pool.h"
#include "redirect/clipboard.h"
#include "redirect/print.h"
#include "redirect/usb.h"

enum orl_login_step {
	ORL_LOGIN_HELLO,     /* waiting for server_hello */
	ORL_LOGIN_PASSWORD,  /* waiting for the host's password */
	ORL_LOGIN_CHALLENGE, /* waiting for the server's challenge */
	ORL_LOGIN_DERIVING,  /* working on the key, a slice a dispatch */
	ORL_LOGIN_WELCOME,   /* waiting for the verdict */
	ORL_LOGIN_DONE,
};

/* What resumes a session; kept while the handle lives, never on disk. */
struct orl_resumption_kept {
	bool valid;
	uint8_t pin[32]; /* of the server that gave it */
	uint8_t session[16], key[32], sealed[512];
	size_t sealed_n;
	uint64_t until; /* env clock */
};

/* Input that waits for the loop thread, and for the line. */
enum orl_input_kind {
	ORL_INPUT_KEY,
	ORL_INPUT_POINTER,
	ORL_INPUT_TOUCH,
	ORL_INPUT_TEXT,
	ORL_INPUT_RELEASE,
	ORL_INPUT_LOCKS,
	ORL_INPUT_TAKE,
	ORL_INPUT_SHOWN,
	ORL_INPUT_VISIBLE,
};

struct orl_input {
	enum orl_input_kind kind;
	bool motion; /* a pointer that changes no button and turns no wheel */
	union {
		struct oriel_key key;
		struct oriel_pointer pointer;
		struct oriel_touch touch;
		char text[256 + 1];
		uint32_t locks;
		bool take;
		struct {
			uint32_t screen;
			uint64_t time;
			bool visible;
		} screen;
	} u;
};

enum {
	ORL_INPUT_QUEUE = 1024,
	/* ... of which input takes no more than this */
	ORL_INPUT_ROOM = ORL_INPUT_QUEUE - 2 * ORL_DISPLAYS_MAX,
};
enum { ORL_CLIENT_LATENCIES = 1024, ORL_SENT = 256 };

struct orl_input_queue {
	pthread_mutex_t lock;   /* of everything here */
	struct orl_input *ring; /* ORL_INPUT_QUEUE of them */
	unsigned first, n;
	uint32_t buttons; /* of the last pointer that was queued */
	bool ready;       /* the session takes input */
	uint32_t rights;  /* as the loop thread knows them */
	bool posted;
	struct orl_posted post;
	/* Something did not fit: what is down is told when there is room. */
	bool lost;
	uint8_t keys[32];
	uint32_t locks;
};

/* Coming back after a loss, again.c. */
struct orl_again {
	uint32_t seconds; /* how long to try; 0: not at all */
	bool lost;        /* the session is, and is looked for */
	bool suspected;   /* it may be: a line beside it is tried */
	bool leaving;     /* the host has hung up */
	bool reached;     /* the server was, at `numeric` */
	struct orl_address numeric;
	uint8_t pin[32]; /* the key of the session that was lost */
	bool pinned;
	uint64_t rtt, until;
	bool answered;                /* the last try was, by a no */
	uint64_t name_at, name_pause; /* when a name is looked up anyway */
	uint64_t busy; /* when something was last heard or said */
	unsigned tries;
	int error; /* of the last one, and what was told of it */
	char text[ORL_NAME_MAX + 64];
	struct orl_timer timer; /* the next try, or the end of this one */
	struct orl_timer quiet; /* look whether the line is silent */
	struct orl_timer stale; /* screens that have not come back go */
	struct orl_network network;
	struct orl_watch watch; /* of a socket that is being connected */
	int socket;             /* that one, or -1 */
};

/*
 * A message of pictures that was checked: what is left is work on the canvas,
 * which may be done by a worker.
 */
struct orl_decoding {
	struct oriel_screen *screen;
	const uint8_t *bytes; /* the coded data; copied where it has to be */
	size_t n;
	int (*work)(struct orl_decoding *d);
	/* In the loop, always; returns what the session is to make of it. */
	int (*finish)(struct orl_decoding *d, int err);
	uint64_t took;
	union {
		struct {
			struct orl_copy_op *copies;
			struct orl_block_op *blocks;
			size_t n_blocks, n_lengths;
			size_t lengths[ORL_SLICES_MAX + 1];
		} part;
		struct {
			struct oriel_rect rect;
			uint32_t generation;
			unsigned scale;
		} picture;
		struct {
			struct orl_video *video;
			uint32_t number;
			uint8_t display, stream;
		} frame;
	} of;
};

/* decode.c */
struct orl_decode {
	bool ready;
	struct orl_pool *pool; /* NULL: in the loop */
	struct orl_task *running;
	struct orl_node tasks, held;
	size_t held_bytes;
	uint16_t id;   /* of the message that is being handled */
	uint64_t came; /* when it came, if it had to wait; else 0 */
	bool settling; /* nothing is given to workers now */
	pthread_mutex_t lock;
	pthread_cond_t worked;
};

struct oriel_client {
	struct orl_env env;
	struct oriel_client_events events;
	void *user;
	char *name, *congestion;
	uint64_t max_pixels;
	/* The host's, see oriel_client_config. */
	int (*socket)(void *user, int *out, unsigned attempt, bool reached,
			char *why, size_t size);
	void *(*picture)(void *user, struct oriel_screen *screen, int32_t width,
			int32_t height);
	void (*drawing)(void *user, struct oriel_screen *screen, bool begins);
	char why[ORL_NAME_MAX]; /* what the host said of a socket */
	uint64_t offered, caps; /* ORL_CAP(): to servers; in force */
	struct orl_loop *loop;
	struct orl_tls_context *tls;
	struct orl_conn *conn; /* NULL when idle */
	/*
	 * Callbacks run in dispatch only: what a call of the host's brings
	 * about outside of it, and what ends the session in the middle of
	 * something, is done here.
	 */
	struct orl_deferred later;
	bool begun;   /* later: say that it is connecting */
	bool trusted; /* later: go on after the handshake */
	bool ending;  /* later: the session is over, for this reason */
	int end_error;
	char end_text[ORL_NAME_MAX + 64];
	struct orl_timer timer; /* of the login */
	struct orl_timer batch; /* of acks */
	struct orl_timer retry; /* of input that waits for the line */
	struct orl_address address;
	unsigned attempt; /* which of the address's addresses */
	enum oriel_client_state state;
	enum orl_login_step step;
	bool trust_asked, login_asked;
	uint8_t transcript[32], *hello; /* encoded client_hello, while needed */
	size_t hello_n;
	uint64_t hello_at;    /* when it was sent */
	int64_t clock_offset; /* server's clock minus ours, ns */
	struct orl_scram_client *scram;
	struct orl_resumption_kept kept;
	bool resuming;
	uint8_t pin[32]; /* the server's key, on TLS */
	struct orl_again again;
	char server_name[ORL_NAME_MAX + 1];
	uint32_t rights, epoch;
	bool owns; /* keyboard and pointer */
	struct orl_node screens;
	struct orl_jpeg *jpeg; /* made when first needed */
	struct orl_decode decode;

	/* Cursor pictures by slot. */
	struct orl_cursor_kept {
		uint32_t *pixels;
		int32_t width, height, hot_x, hot_y;
	} cursors[ORL_CURSOR_SLOTS];

	struct orl_usb_rules usb_rules;
	struct orl_usb_set usb;

	/* Input. */
	struct orl_input_queue queue;
	uint32_t input_seq;
	uint8_t keys[32];
	uint32_t others[ORL_OTHER_KEYS]; /* down, of other pages */
	unsigned n_others;
	uint32_t buttons, locks;
	struct {
		uint32_t seq;
		uint64_t time;
	} sent[ORL_SENT]; /* input, to measure its echo */

	struct orl_client_sound *sound; /* NULL: the host wants none */
	/* What the host offers, as on the wire. */
	char board[ORIEL_SELECTIONS][ORL_CLIP_TYPES_TEXT + 1];
	struct orl_clip clip;
	struct orl_client_print *print; /* NULL: the host does not */

	struct oriel_stats stats;
	uint64_t latencies[ORL_CLIENT_LATENCIES], echoes[ORL_CLIENT_LATENCIES];
	unsigned n_latencies, n_echoes;
};

/* A video of a screen. */
struct orl_video {
	struct orl_decoder *decoder; /* NULL: there is none of this number */
	enum orl_colour colour;
	uint32_t generation;
	struct oriel_rect rect; /* where it is shown */
	uint32_t next;          /* number of the frame that comes next */
	bool lost;              /* a keyframe is waited for */
};

struct oriel_screen {
	struct oriel_client *client;
	struct orl_node node;
	uint32_t id;
	char name[64 + 1];
	struct oriel_rect rect;
	void *data;
	bool added;               /* the host knows it */
	bool stale;               /* of a session that was lost */
	atomic_bool hidden;       /* as the host has said */
	struct orl_canvas canvas; /* what the decoder works on */
	uint32_t *front;          /* committed: what the host sees */
	pthread_mutex_t lock;     /* of `front`, against acquire in a thread */
	uint8_t *touched;         /* a bit a transaction, by cell */
	uint64_t copied[ORL_TRANSACTIONS_MAX]; /* pixels, by transaction */
	uint64_t coded[ORL_TRANSACTIONS_MAX];
	uint64_t pictured[ORL_TRANSACTIONS_MAX]; /* cells under JPEGs */
	size_t bytes[ORL_TRANSACTIONS_MAX];
	uint64_t first_byte[ORL_TRANSACTIONS_MAX];
	struct orl_video videos[ORL_VIDEOS_MAX];
	bool exact;

	/* The newest commit, for its ack. */
	bool paced; /* the host says when it has shown something */
	bool ack_due;
	bool small;   /* its ack may wait for others */
	bool refined; /* it shows nothing new */
	uint32_t frame;
	uint64_t captured, received, decoded, shown;
	uint64_t changed_at;                /* last commit, our clock */
	uint64_t decode_time, decode_cells; /* since the last ack */
	uint32_t input_seq;
};

/* client.c */
/*
 * Begin to connect, as orl_socket_connect(), by the host where it has said
 * so; `reached`: where the last session was. *why lasts until the next.
 */
int orl_client_socket(struct oriel_client *c, int *out, unsigned attempt,
		bool reached, const char **why);
/* A conn on this socket, connected or not; on failure that is the caller's. */
int orl_client_line(struct oriel_client *c, int socket, bool local,
		const char *host);

/* decode.c */
int orl_decode_init(struct oriel_client *c, unsigned workers);
void orl_decode_fini(struct oriel_client *c);
/* Whether a message has to wait for others; it is kept until then. */
bool orl_decode_holds(struct oriel_client *c, uint16_t id, const uint8_t *data,
		size_t n);
/* Do this, now or by a worker; what the handler is to return. */
int orl_decode_go(struct oriel_client *c, const struct orl_decoding *what);
/* When the message that is being handled came. */
uint64_t orl_decode_came(const struct oriel_client *c);
/* The line is gone: nothing of it is worked on any more. */
void orl_decode_drop(struct oriel_client *c);

/* session.c */
/* Call the handler of a message. */
void orl_session_dispatch(struct oriel_client *c, uint16_t id,
		const uint8_t *data, size_t n);
/* What a handler has returned, now or later: an error ends the session. */
void orl_session_answer(struct oriel_client *c, uint16_t id, int err);
extern const struct orl_conn_calls orl_session_calls;
/* The line is lost, or the server for now: look for it, or end. */
void orl_session_lost(struct oriel_client *c, int error, const char *text);
/* The session is over: screens go, the host is told, IDLE. */
void orl_session_end(struct oriel_client *c, int error, const char *text);
void orl_session_state(struct oriel_client *c, enum oriel_client_state state);
/* The same before dispatch returns; nothing is said or heard until then. */
void orl_session_end_later(struct oriel_client *c, int error, const char *text);
void orl_session_later(struct orl_deferred *later);
/* Queue a message; an error ends the session, later, and is returned. */
#define ORL_CLIENT_PUT(c, name, v) \
	orl_session_sent((c), ORL_LINK_PUT(orl_conn_link((c)->conn), name, v))
int orl_session_sent(struct oriel_client *c, int err);

/* login.c */
/* TLS is done: is the key trusted? */
void orl_login_secured(struct oriel_client *c);
/* It is: say hello. */
void orl_login_trusted(struct oriel_client *c);
int orl_login_server_hello(struct oriel_client *c, const uint8_t *d, size_t n);
int orl_login_challenge(struct oriel_client *c, const uint8_t *d, size_t n);
int orl_login_welcome(struct oriel_client *c, const uint8_t *d, size_t n);
int orl_login_refused(struct oriel_client *c, const uint8_t *d, size_t n);
int orl_login_resumption(struct oriel_client *c, const uint8_t *d, size_t n);
void orl_login_forget(struct oriel_client *c);

/* again.c */
void orl_again_init(struct oriel_client *c, uint32_t seconds);
/* Whether a loss now is to be mended. */
bool orl_again_may(const struct oriel_client *c);
/*
 * There is no line, for this reason, which the host may want to know: begin
 * to look for one, or go on after an attempt that failed.
 */
void orl_again_look(struct oriel_client *c, int error, const char *text);
/* Do not come back sooner than this, or at once. */
void orl_again_pause(struct oriel_client *c, uint64_t ns);
/* The attempt has this long from now; UINT64_MAX: the host is asked. */
#define ORL_AGAIN_LOGIN UINT64_C(4000000000)
#define ORL_AGAIN_PASSWORD UINT64_C(45000000000)
void orl_again_limit(struct oriel_client *c, uint64_t ns);
/* The session is there, or there again. */
void orl_again_ready(struct oriel_client *c);
/* Something was heard or said: look after a while how the line is. */
void orl_again_busy(struct oriel_client *c);
/* No more of it. */
void orl_again_stop(struct oriel_client *c);

/* screen.c */
/* The session is lost: its screens stay as they are until they come back. */
void orl_screen_strand(struct oriel_client *c);
/* Those that have not. */
void orl_screen_drop_stale(struct oriel_client *c);
int orl_screen_display(struct oriel_client *c, const uint8_t *d, size_t n);
int orl_screen_gone(struct oriel_client *c, const uint8_t *d, size_t n);
int orl_screen_part(struct oriel_client *c, const uint8_t *d, size_t n);
int orl_screen_commit(struct oriel_client *c, const uint8_t *d, size_t n);
int orl_screen_reset(struct oriel_client *c, const uint8_t *d, size_t n);
int orl_screen_check(struct oriel_client *c, const uint8_t *d, size_t n);
struct oriel_screen *orl_screen_find(struct oriel_client *c, uint32_t id);
void orl_screen_destroy(struct oriel_screen *s);
void orl_screen_set_exact(struct oriel_screen *s, bool exact);
/* Claim cells for a transaction; false when another one has some of them. */
bool orl_screen_claim(struct oriel_screen *s, unsigned transaction, int32_t col,
		int32_t row, int32_t cols, int32_t rows);

/* picture.c */
int orl_screen_lossy(struct oriel_client *c, const uint8_t *d, size_t n);
int orl_screen_picture(struct oriel_client *c, const uint8_t *d, size_t n);

/* video.c */
int orl_screen_video_open(struct oriel_client *c, const uint8_t *d, size_t n);
int orl_screen_video_frame(struct oriel_client *c, const uint8_t *d, size_t n);
int orl_screen_video_move(struct oriel_client *c, const uint8_t *d, size_t n);
int orl_screen_video_close(struct oriel_client *c, const uint8_t *d, size_t n);
/* The picture starts afresh: no video plays. */
void orl_screen_video_drop(struct oriel_screen *s);

/* ack.c */
/* A commit of so many bytes has come. */
void orl_screen_owe_ack(struct oriel_screen *s, size_t bytes);
/* If that was little, the ack goes with others, soon. */
void orl_screen_wait_for_more(struct oriel_screen *s, uint64_t now);
/* The host has shown the newest commit at `time`. */
void orl_screen_was_shown(struct oriel_screen *s, uint64_t time);
/* Send every ack that is due. */
void orl_screen_send_acks(struct oriel_client *c);
void orl_screen_batch(struct orl_timer *timer);

/* clipboard.c */
extern const struct orl_clip_calls orl_session_clip_calls;
int orl_session_clip_message(struct oriel_client *c, uint16_t id,
		const uint8_t *data, size_t n);
/* Whether this client has the clipboard may have changed. */
void orl_session_clip_settle(struct oriel_client *c);
/* usb.c */
int orl_client_usb_init(struct oriel_client *c, const char *rules);
void orl_client_usb_fini(struct oriel_client *c);
int orl_client_usb_answer(struct oriel_client *c, const uint8_t *d, size_t n);
int orl_client_usb_data(struct oriel_client *c, const uint8_t *d, size_t n);
int orl_client_usb_credit(struct oriel_client *c, const uint8_t *d, size_t n);
int orl_client_usb_detach(struct oriel_client *c, const uint8_t *d, size_t n);
int orl_client_usb_cancel(struct oriel_client *c, const uint8_t *d, size_t n);

/* input.c */
int orl_input_init(struct oriel_client *c);
void orl_input_fini(struct oriel_client *c);
/* The session begins (with these rights) or ends to take input. */
void orl_input_open(struct oriel_client *c, bool open, uint32_t rights);
/* Send what is queued, as far as the line takes it. */
void orl_input_flush(struct oriel_client *c);
void orl_input_retry(struct orl_timer *timer);
/* An update shows the effect of this input. */
void orl_input_echo(struct oriel_client *c, uint32_t seq, uint64_t shown);

/* print.c */
int orl_client_print_init(struct oriel_client *c);
void orl_client_print_fini(struct oriel_client *c);
/* The session is there; resumed: it is the one that was lost. */
void orl_client_print_ready(struct oriel_client *c, bool resumed);
/* ORIEL_MAY_PRINT may have been given. */
void orl_client_print_rights(struct oriel_client *c, uint32_t before);
/* The session is over: so are its jobs. */
void orl_client_print_drop(struct oriel_client *c);
int orl_client_print_begin(struct oriel_client *c, const uint8_t *d, size_t n);
int orl_client_print_data(struct oriel_client *c, const uint8_t *d, size_t n);
int orl_client_print_end(struct oriel_client *c, const uint8_t *d, size_t n);
int orl_client_print_cancel(struct oriel_client *c, const uint8_t *d, size_t n);

#endif
