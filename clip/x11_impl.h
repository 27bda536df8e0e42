/*
 * x11_impl.h - what the files of the selections know of each other: x11.c the
 * connection, x11_give.c programs that paste, x11_take.c what they copied.
 */
#ifndef ORL_CLIP_X11_IMPL_H
#define ORL_CLIP_X11_IMPL_H

#include <xcb/xcb.h>
#include <xcb/xfixes.h>

#include "clip/filelist.h"
#include "clip/types.h"
#include "clip/x11.h"

enum {
	ORL_XCLIP_JOBS = 8,
	/*
	 * More than jobs: what a program still writes into that of a job which
	 * was given up is not to be taken for what the next one asked for.
	 */
	ORL_XCLIP_PROPERTIES = 48,
	/* Kept of what is given, so that most is given at once. */
	ORL_XCLIP_BUFFER = 4 * ORL_XCLIP_PIECE,
	ORL_XCLIP_TARGETS = 128, /* looked at, of a program's */
};

#define ORL_XCLIP_MS UINT64_C(1000000)
#define ORL_XCLIP_SECOND (1000 * ORL_XCLIP_MS)
/* Who does not answer for so long, or does not read, is not waited for. */
#define ORL_XCLIP_PATIENCE (10 * ORL_XCLIP_SECOND)
/* How long what was given is kept. */
#define ORL_XCLIP_KEEP (2 * ORL_XCLIP_SECOND)
#define ORL_XCLIP_NEVER UINT64_MAX

enum orl_xclip_kind {
	ORL_XCLIP_FREE,
	ORL_XCLIP_LOOK,  /* fetches TARGETS, for ourselves */
	ORL_XCLIP_TAKE,  /* fetches bytes */
	ORL_XCLIP_GIVE,  /* a program pastes */
	ORL_XCLIP_GIVEN, /* ... and the host has written all */
};

struct orl_xclip_job {
	struct orl_xclip *x;
	enum orl_xclip_kind kind;
	unsigned selection;
	void *data;
	xcb_atom_t property, target;
	bool latin1; /* the program's bytes are */
	bool incr;
	bool wanted; /* take: a piece is */
	bool there;  /* take: there is some in the property */
	uint64_t by; /* when patience ends */

	/* Take. */
	uint32_t at; /* of the property, in words */

	/* Give. */
	xcb_window_t requestor;
	xcb_timestamp_t time, offer; /* of the request, of the offer */
	const char *type;
	bool open;    /* INCR: the requestor waits for more */
	bool told;    /* INCR: that it is, was said */
	bool waiting; /* a write was cut short */
	struct orl_latin1 state;
	bool gnome; /* the program wants a list of files that way */
	struct orl_gnome_list lines;
	uint8_t *buffer; /* ORL_XCLIP_BUFFER */
	size_t n;
};

/* A selection, and who has it. */
struct orl_xclip_selection {
	xcb_atom_t atom;
	bool watched;
	/* Ours. */
	bool owned;
	bool owning; /* when a time has come for it */
	xcb_timestamp_t since;
	char types[ORL_XCLIP_TYPES][128];
	size_t count;
	/*
	 * What was given last, for a moment: browsers ask for one paste several
	 * times in a row, and the other end gives it once.
	 */
	const char *kept_type; /* one of `types`; NULL: nothing */
	uint8_t *kept;
	size_t kept_n;
	uint64_t kept_until;
	/* Another's. */
	xcb_window_t owner;
	xcb_timestamp_t time;
	uint64_t look_at; /* ask what it has then; NEVER: it is known */
	struct {
		xcb_atom_t target;
		const char *type;
		bool latin1;
		unsigned rank;
	} theirs[ORL_XCLIP_TYPES];
	size_t n_theirs;
};

enum orl_xclip_atom {
	ATOM_CLIPBOARD,
	ATOM_TARGETS,
	ATOM_TIMESTAMP,
	ATOM_INCR,
	ATOM_ATOM_PAIR,
	ATOM_CLOCK,
	ATOM_FIRST_PROPERTY,
	ATOMS = ATOM_FIRST_PROPERTY + ORL_XCLIP_PROPERTIES,
};

struct orl_xclip {
	xcb_connection_t *c;
	xcb_window_t window;
	const struct orl_xclip_calls *calls;
	void *user;
	uint8_t fixes_event;
	bool gone;
	uint64_t now;
	xcb_atom_t atoms[ATOMS];
	unsigned property; /* the last that a job was given */
	struct orl_xclip_selection selections[ORL_XCLIP_SELECTIONS];
	struct orl_xclip_job jobs[ORL_XCLIP_JOBS];
};

/* x11.c */
xcb_atom_t orl_xclip_intern(struct orl_xclip *x, const char *name);
/* The name of an atom, "" for none that fits. */
void orl_xclip_name(struct orl_xclip *x, xcb_atom_t atom, char out[static 128]);
struct orl_xclip_job *orl_xclip_job_new(
		struct orl_xclip *x, enum orl_xclip_kind kind);
void orl_xclip_job_free(struct orl_xclip_job *job);
/* It is over, by the other program; the host is told. */
void orl_xclip_job_over(struct orl_xclip_job *job, bool ok);
void orl_xclip_patience(struct orl_xclip_job *job);

/* x11_give.c */
void orl_xclip_on_request(
		struct orl_xclip *x, const xcb_selection_request_event_t *e);
/* Wipe what is kept. */
void orl_xclip_forget(struct orl_xclip_selection *s);
void orl_xclip_on_taken(struct orl_xclip *x, xcb_window_t requestor,
		xcb_atom_t property);
void orl_xclip_on_window_gone(struct orl_xclip *x, xcb_window_t window);

/* x11_take.c */
/* Forget the question that is on its way. */
void orl_xclip_look_no_more(struct orl_xclip *x, unsigned selection);
void orl_xclip_look(struct orl_xclip *x, unsigned selection);
void orl_xclip_on_notify(
		struct orl_xclip *x, const xcb_selection_notify_event_t *e);
void orl_xclip_on_value(struct orl_xclip *x, xcb_atom_t property);
/* Give the host the pieces that it has asked for. */
void orl_xclip_pump(struct orl_xclip *x);

#endif
