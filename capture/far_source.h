/*
 * far_source.h - what the files of a far source share: a desktop that another
 * server shows, fetched by a helper (see far.h).
 */
#ifndef ORL_FAR_SOURCE_H
#define ORL_FAR_SOURCE_H

#include <sys/types.h>

#include "capture/capture.h"
#include "capture/far.h"

enum {
	ORL_FAR_QUEUE = 1024, /* messages of input that wait */
	ORL_FAR_CLIP_MAX = 1 << 20,
	ORL_FAR_GIVES = 4, /* pastes at a time */
	ORL_FAR_PLACE = ORL_FAR_HOST + 16,
};

struct orl_far_queue {
	struct orl_far_head ring[ORL_FAR_QUEUE];
	size_t first, count;
	int32_t want_width, want_height; /* by a peer; 0: nothing waits */
	char *paste;                     /* what a peer has copied, or NULL */
	size_t paste_size, paste_sent;
};

struct orl_far_pointer {
	int32_t x, y; /* where it was put last */
	int32_t rest_x, rest_y, wheel_x, wheel_y;
	uint64_t moved; /* by a peer */
};

/* A viewer pastes what the desktop has. */
struct orl_far_give {
	struct orl_paste *paste; /* NULL: none */
	char *text;
	size_t size, at;
	bool begun;
};

/* Text, both ways: see far_clip.c. */
struct orl_far_clip {
	struct orl_board *board; /* NULL: there is none yet */
	char *cut;               /* of the desktop, as it comes in */
	size_t cut_size;
	char *have; /* of the desktop, whole */
	size_t have_size;
	struct orl_far_give gives[ORL_FAR_GIVES];

	bool offered, fetch;    /* a viewer has some; it is to be asked for */
	struct orl_paste *take; /* it comes, into: */
	char *taken;
	size_t taken_size;
};

struct orl_far {
	struct orl_source source;
	const char *helper;        /* the program */
	char place[ORL_FAR_PLACE]; /* "HOST:PORT", for people */
	struct orl_far_config config;
	struct oriel_server *server; /* NULL until it is attached */
	struct oriel_display *display;
	int32_t width, height; /* of the display */

	pid_t pid; /* of the helper; 0: none */
	int fd;
	int32_t far_width, far_height; /* of its screen; 0: none yet */
	void *map;                     /* its pixels */
	bool drawn;                    /* a whole update has been shown */
	bool relative;
	bool unanswered;    /* a SCREEN or FRAME waits for an ACK */
	uint64_t answer_at; /* ... until then */
	uint64_t sized;

	bool away;          /* the placard is shown */
	uint64_t connected; /* when its screen came */
	uint64_t deadline;  /* for that to come */
	uint64_t retry_at;  /* ORL_NEVER: it is there */
	uint64_t patience;  /* between two tries */
	int ended;          /* orl_exit, 0: it runs */
	char wrong[ORL_WHY_MAX];

	int32_t asked_width, asked_height; /* by a peer, the last time */
	struct orl_far_queue queue;
	struct orl_far_pointer pointer;
	uint32_t lights;
	struct orl_source_counts counts;

	struct orl_far_clip clip;

	struct oriel_sound *sound; /* NULL: none has come yet */
	struct oriel_sound_format sound_format;
	bool has_volume; /* it has been told */
	uint32_t volume[2];
	bool heard;          /* by somebody */
	uint64_t sound_next; /* when what comes next was captured */

	struct orl_far_message in; /* last: it is large */
};

static inline struct orl_far *orl_far_of(struct orl_source *source)
{
	return (struct orl_far *)(void *)source;
}

/* ---- far.c ---- */

/*
 * Reach the place that the configuration names; it has been calloc()ed and is
 * freed when this fails. Returns an orl_exit.
 */
int orl_far_open(struct orl_source **out, struct orl_far *f, char *why);
void orl_far_close(struct orl_source *source);
int orl_far_attach(struct orl_source *source, struct oriel_server *server);
size_t orl_far_watch(
		struct orl_source *source, struct pollfd *fds, uint64_t *due);
int orl_far_run(struct orl_source *source, uint64_t now, char *why);
void orl_far_peers(struct orl_source *source, uint32_t count);
void orl_far_counts(
		const struct orl_source *source, struct orl_source_counts *out);
/* There is nothing more to be had from this helper. */
void orl_far_fail(struct orl_far *f, int status, const char *format, ...)
		__attribute__((format(printf, 3, 4)));

/* ---- far_reach.c ---- */

/* A certificate was seen for the first time, and is expected from now on. */
void orl_far_keep_pin(struct orl_far *f);

/* ---- far_spawn.c ---- */

/* Start the helper and hand it the configuration. Returns 0 or -1. */
int orl_far_spawn(struct orl_far *f, char *why);
/* End it, and forget what was of it. */
void orl_far_reap(struct orl_far *f);

/* ---- far_input.c ---- */

/* Send what the helper has room for. */
void orl_far_flush(struct orl_far *f);
bool orl_far_waiting(const struct orl_far *f);
/* Nobody is there any more to get it. */
void orl_far_forget(struct orl_far *f);
void orl_far_key(struct orl_source *source, const struct oriel_key *key);
void orl_far_pointed(struct orl_source *source, const struct oriel_pointer *p);
void orl_far_text(struct orl_source *source, const char *text);
void orl_far_locks(struct orl_source *source, uint32_t locks);
void orl_far_heard(struct orl_source *source, bool on);
void orl_far_resize_wanted(struct orl_source *source,
		struct oriel_display *display, int32_t width, int32_t height);

/* A text for the desktop, which becomes the queue's. */
void orl_far_send_text(struct orl_far *f, char *text, size_t n);

/* ---- far_sound.c ---- */

void orl_far_on_sound(struct orl_far *f);
void orl_far_on_volume(struct orl_far *f);
/* Nothing follows, for now. */
void orl_far_silence(struct orl_far *f);

/* ---- far_clip.c ---- */

/* A piece of what the desktop has copied. */
void orl_far_on_cut(struct orl_far *f);
/* The connection is another one now: nothing is copied there. */
void orl_far_clip_forget(struct orl_far *f);
/* It is there again, and may have what viewers have copied. */
void orl_far_clip_again(struct orl_far *f);
/* The server and its transfers are gone: tell nobody anything. */
void orl_far_clip_fini(struct orl_far *f);
bool orl_far_clip_has_work(const struct orl_far *f);
void orl_far_clip_run(struct orl_far *f);
void orl_far_board(struct orl_source *source, struct orl_board *board);
void orl_far_paste(struct orl_source *source, enum oriel_selection selection,
		const char *const *types, size_t count);
struct orl_paste *orl_far_copy(struct orl_source *source,
		enum oriel_selection selection, const char *type,
		struct orl_paste_end to);

#endif
