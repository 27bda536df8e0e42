/*
 * capture.h - a source of frames and sink of input, as oriel-serve sees it.
 *
 * A source owns its displays and everything behind them. The program owns the
 * server, the loop and the peers; it polls what a source names in watch(),
 * calls run() when that is ready or due, and passes on the server's events.
 * All of it happens in one thread.
 */
#ifndef ORL_CAPTURE_H
#define ORL_CAPTURE_H

#include <poll.h>
#include <stdio.h>
#include <time.h>

#include <oriel/oriel-server.h>

#include "clip/paste.h"

/* How the programs end; scripts depend on the numbers. */
enum orl_exit {
	ORL_EXIT_OK,
	ORL_EXIT_INTERNAL,
	ORL_EXIT_USAGE,
	ORL_EXIT_CONNECT,
	ORL_EXIT_TRUST,
	ORL_EXIT_LOGIN,
	ORL_EXIT_SOURCE,
	ORL_EXIT_DEADLINE,
};

#define ORL_NEVER UINT64_MAX
#define ORL_MSEC UINT64_C(1000000)
#define ORL_SEC UINT64_C(1000000000)

enum {
	ORL_SOURCE_FDS = 8, /* descriptors that one source may watch */
	ORL_WHY_MAX = 256,  /* room for a sentence that says what is wrong */
};

struct orl_board;

struct orl_source {
	const struct orl_source_kind *kind;
	/* Set before attach(): its sound is wanted, a microphone is allowed. */
	bool hears, speaks;
	/* Set by open(): later on it has to be another user for a moment. */
	bool becomes;
};

/* A program that a source is to start. */
struct orl_launch {
	char *const *command; /* its words, and NULL */
	const char *user;     /* as whom; NULL: as this user */
};

/* How to log in at the server of a desktop that is somewhere else. */
struct orl_reach {
	const char *user, *domain; /* NULL: none */
	const char *password_file;
	const char *trust; /* how its certificate is judged, as --trust= */
	const char *blob;  /* which of its desktops, for RDP */
	bool hears;        /* its sound is wanted */
};

/* CPU that the source has used for itself, beside the server's, in ns. */
struct orl_source_cpu {
	uint64_t user, sys; /* since the first client was ready */
	uint64_t setup_user, setup_sys;
};

/* What a source that is sent its pixels has done with them. */
struct orl_source_counts {
	uint64_t updates;
	uint64_t received, copied; /* bytes of pixels */
};

/*
 * Entries without a remark may be NULL. `why` is ORL_WHY_MAX bytes, for a
 * sentence without a newline.
 */
struct orl_source_kind {
	const char *name; /* before the colon of --source= */
	const char *help; /* the argument, and one line about it */

	/*
	 * Make one from what stands behind the colon. Returns an orl_exit;
	 * when that is not ORL_EXIT_OK, `why` says the reason. NULL: reach()
	 * is instead.
	 */
	int (*open)(struct orl_source **out, const char *argument, char *why);
	bool runs; /* programs, while it is open */
	/*
	 * The same, after --launch, with what makes what is shown. NULL: this
	 * source launches nothing.
	 */
	int (*launch)(struct orl_source **out, const char *argument,
			const struct orl_launch *launch, char *why);
	/*
	 * The same, instead of open(), for a source behind another server.
	 * NULL: it is not one.
	 */
	int (*reach)(struct orl_source **out, const char *argument,
			const struct orl_reach *how, char *why);
	/* After the server has been destroyed. Not NULL. */
	void (*close)(struct orl_source *source);
	/* Make the displays. Returns 0 or an ORIEL_E code. Not NULL. */
	int (*attach)(struct orl_source *source, struct oriel_server *server);

	/*
	 * Fill in at most ORL_SOURCE_FDS descriptors and return how many.
	 * Lower *due to the time at which run() is needed, 0 for at once.
	 */
	size_t (*watch)(struct orl_source *source, struct pollfd *fds,
			uint64_t *due);
	/*
	 * Its calls may wait for somebody else: the sockets that are shut down
	 * when that takes too long (patience.h). Returns how many.
	 */
	size_t (*lines)(const struct orl_source *source, int *fds);
	/*
	 * Do what is ready or due. Returns 0, ORIEL_ECLOSED with `why` when
	 * there is nothing left to show, or what a server call said.
	 */
	int (*run)(struct orl_source *source, uint64_t now, char *why);

	/* How many peers are ready, after that has changed. */
	void (*peers)(struct orl_source *source, uint32_t count);
	/* It has played to its end, and shows what it will show forever. */
	bool (*finished)(const struct orl_source *source);
	void (*cpu)(const struct orl_source *source,
			struct orl_source_cpu *out);

	void (*counts)(const struct orl_source *source,
			struct orl_source_counts *out);

	/* What the server asks for: see struct oriel_server_events. */
	void (*frame_wanted)(struct orl_source *source,
			struct oriel_display *display);
	void (*resize_wanted)(struct orl_source *source,
			struct oriel_display *display, int32_t width,
			int32_t height);
	void (*key)(struct orl_source *source, const struct oriel_key *key);
	void (*pointer)(struct orl_source *source,
			const struct oriel_pointer *pointer);
	void (*touch)(struct orl_source *source,
			const struct oriel_touch *touch);
	void (*text)(struct orl_source *source, const char *text);
	void (*locks)(struct orl_source *source, uint32_t locks);

	/* Its sound is that of this machine's sound server. */
	bool pulse;
	/* Somebody hears its sound, or nobody does any more. */
	void (*heard)(struct orl_source *source, bool on);
	/* The clipboard, see clipboard.h: this is the board for it. */
	void (*board)(struct orl_source *source, struct orl_board *board);
	/* It takes files; what it has of them is among what it copies. */
	bool files;
	/* The desktop may paste this; count 0: no longer. */
	void (*paste)(struct orl_source *source, enum oriel_selection selection,
			const char *const *types, size_t count);
	/* Give what the desktop has copied to `to`; NULL: it has not. */
	struct orl_paste *(*copy)(struct orl_source *source,
			enum oriel_selection selection, const char *type,
			struct orl_paste_end to);

	/*
	 * How many places for USB devices there are now, and a stream to the
	 * usbredir guest of one: a descriptor, closed to unplug, or -1.
	 */
	size_t (*usb_slots)(const struct orl_source *source);
	int (*usb_open)(struct orl_source *source, size_t slot);
};

/* The sources of this build, and after them a NULL. */
extern const struct orl_source_kind *const orl_sources[];

extern const struct orl_source_kind orl_source_pattern;
extern const struct orl_source_kind orl_source_qemu;
extern const struct orl_source_kind orl_source_rdp;
extern const struct orl_source_kind orl_source_rfb;
extern const struct orl_source_kind orl_source_trace;
extern const struct orl_source_kind orl_source_x11;

/*
 * The kind of "NAME[:ARGUMENT]", or NULL and `why`. Its argument is what
 * stands behind the colon.
 */
const struct orl_source_kind *orl_source_find(const char *source, char *why);

/* The names and help of this build's sources, a line each. */
void orl_source_help(FILE *out);
/* Which libraries are in this build, one a line, GPL parts marked. */
void orl_source_version(FILE *out);

/* The clock of the whole program, and of the libraries. */
static inline uint64_t orl_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * ORL_SEC + (uint64_t)ts.tv_nsec;
}

#endif
