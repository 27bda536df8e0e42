/*
 * box_impl.h - the viewer's side of its process: box.c begins and ends it and
 * waits, box_events.c is what it says, box_verbs.c what it is told,
 * box_lines.c its sockets.
 */
#ifndef ORL_VIEWER_BOX_IMPL_H
#define ORL_VIEWER_BOX_IMPL_H

#include <pthread.h>
#include <sys/socket.h>
#include <sys/types.h>

#include "client/viewer/box.h"
#include "client/viewer/box_clip.h"
#include "client/viewer/box_wire.h"

enum {
	/* Of all displays together, as the protocol has it. */
	ORL_BOX_PIXELS = 128 << 20,
};

struct orl_remote {
	struct orl_box *box;
	bool used;
	atomic_bool stale;  /* of a process that is gone */
	atomic_int slot;    /* by which this process knows it */
	atomic_bool hidden; /* as the viewer has said */
	uint32_t id;
	char name[72];
	struct oriel_rect rect;
	bool exact;
	void *data;
	pthread_mutex_t lock; /* of the sheet, against acquire in a thread */
	struct orl_sheet sheet;
};

/* What the socket had no room for, in order. */
struct orl_box_queue {
	struct orl_box_queued *first, **last;
	unsigned n;
};

struct orl_box_job {
	uint32_t number; /* 0: free */
	bool accepted, ended;
	size_t there; /* bytes that were not taken */
};

struct orl_usb_police;

struct orl_box_usb {
	uint32_t number; /* 0: free, when it has no police either */
	bool open, starved;
	bool busy; /* its police is at work */
	struct oriel_usb_info info;
	struct orl_usb_police *police;
	size_t on_way; /* to the desktop, and not taken */
	size_t there;  /* for the device, and not consumed */
};

struct orl_box {
	struct orl_box_events events;
	void *user;
	char name[264];
	enum oriel_log_level log_level;
	const char *authorities;
	uint32_t reconnect, flags, wants;
	bool jail;
	int wake; /* an eventfd */
	atomic_bool woken;

	/* The process. */
	pid_t pid; /* 0: it is a thread, or none */
	pthread_t thread;
	bool threaded;
	struct orl_box_ring rings[ORL_RINGS];
	/* Of hear(), in its thread: bytes of PCM, frames, calls. */
	uint32_t asked_for, lead, calm;
	atomic_uint starved; /* calls that got less than they wanted */
	struct orl_sheet pending[ORL_BOX_SLOTS]; /* until SCREEN */

	/* Sending, from any thread. */
	pthread_mutex_t lock;
	pthread_mutex_t rings_lock; /* of PCM and VOICE, used by other threads */
	int socket;                 /* -1: there is none */
	struct orl_box_queue queue;
	atomic_bool full; /* what must not be dropped did not fit */
	bool lost;        /* input did not fit: let go of all when it does */
	atomic_uint rights;
	atomic_bool ready;

	/* The connection. */
	char address[512];
	bool begun;  /* from connect until IDLE is told */
	bool jailed; /* the process has said that it is shut in */
	enum oriel_client_state state;
	bool was_ready, leaving, login_asked, crashed;
	bool sounds, mic_wanted; /* as the process has said */
	char server_name[264];
	uint8_t pin[32], asked_pin[32]; /* the key that was trusted */
	bool pinned;
	struct orl_remote remotes[ORL_BOX_SLOTS];
	struct orl_box_clip clip;
	struct orl_box_message printers[ORIEL_PRINTERS_MAX]; /* id 0: none */
	struct orl_box_job jobs[ORL_BOX_JOBS];
	uint32_t last_job;
	struct orl_box_rules *rules; /* of USB devices */
	struct orl_box_usb usb[ORL_BOX_USB];
	uint32_t last_usb;
	struct oriel_stats stats;
	struct orl_box_usage usage;
	unsigned stats_serial;

	/* After a crash: another process is begun, until then. */
	bool mending;
	uint64_t mend_at, mend_until, stale_at; /* 0: not */
	unsigned crashes, mends;                /* mends: since it was READY */
	uint64_t crashed_at;

	/* Its sockets, box_lines.c. */
	int latest;        /* a duplicate, until it is known where it leads */
	char numeric[128]; /* where the last session was, "" unknown */
	struct sockaddr_storage here; /* its own address there */
	bool here_known;
	int news; /* of the network, -1: none are wanted */
	uint64_t asked_from;
	unsigned asked;
};

/* box.c */
/* The process has broken the rules, or died: no more of it. */
void orl_box_lost(struct orl_box *box, const char *why);
uint64_t orl_box_now(void);

/* box_events.c: 0, or ORIEL_EPROTO: it said what it must not. */
int orl_box_event(struct orl_box *box, struct orl_box_message *m);
/* IDLE: screens go, and the process. */
void orl_box_finish(struct orl_box *box, int error, const char *text);
void orl_box_strand(struct orl_box *box);
/* What it said of sound, and takes back no more. */
void orl_box_silence(struct orl_box *box);
void orl_box_drop_stale(struct orl_box *box);

/* box_verbs.c */
/* Now, or when there is room. Threads: any. */
int orl_box_order(struct orl_box *box, const struct orl_box_message *m);
/* Now, with files: an error is the end of the process. */
int orl_box_hand(struct orl_box *box, const struct orl_box_message *m,
		const int *files, size_t n_files);
/* Whether something waits for room. */
bool orl_box_waits(struct orl_box *box);
void orl_box_flush(struct orl_box *box);
void orl_box_forget(struct orl_box *box);

/* To a process that knows only now of a display. */
void orl_remote_tell_visible(struct orl_remote *remote);

/* What nothing makes up for: if it cannot be sent, the process is ended. */
void orl_box_insist(struct orl_box *box, const struct orl_box_message *m);

/* box_clips.c */
void orl_box_clip_begin(struct orl_box *box);

/* box_print.c */
int orl_box_on_print(struct orl_box *box, const struct orl_box_message *m);
void orl_box_tell_printers(struct orl_box *box);
/* All of a process that is gone; that is told. */
void orl_box_drop_jobs(struct orl_box *box);
/* The same untold. */
void orl_box_forget_jobs(struct orl_box *box);

/* box_usb.c */
int orl_box_usb_begin(struct orl_box *box, const char *rules);
void orl_box_usb_end(struct orl_box *box);
int orl_box_on_usb(struct orl_box *box, const struct orl_box_message *m);
/* Of a process that is gone; that is told. */
void orl_box_drop_usb(struct orl_box *box);

/* box_lines.c */
int orl_box_give_socket(
		struct orl_box *box, const struct orl_box_ask_socket *ask);
/* The last socket that was given is the session's, or of no use. */
void orl_box_line_ready(struct orl_box *box);
void orl_box_line_over(struct orl_box *box);
void orl_box_read_news(struct orl_box *box);

#endif
