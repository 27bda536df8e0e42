/*
 * qemu.h - what the files of the QEMU source share.
 *
 * A virtual machine is a name on a bus, org.qemu; its consoles are objects of
 * that name. Input goes there. Pictures come on a connection of their own for
 * each console, which QEMU is handed the other end of. All of these are watched
 * through one epoll descriptor.
 *
 * No call waits for its answer: QEMU asks things of us before it answers, and
 * whoever waits then stops the guest.
 */
#ifndef ORL_QEMU_H
#define ORL_QEMU_H

#include <systemd/sd-bus.h>

#include "capture/capture.h"
#include "capture/qemu_agent.h"
#include "capture/qemu_audio.h"
#include "capture/qemu_check.h"
#include "capture/qemu_clip.h"
#include "capture/qemu_files.h"
#include "capture/qemu_libvirt.h"

enum {
	ORL_QEMU_CONSOLES = 16,
	ORL_QEMU_QUEUE = 1024, /* events of input that wait */
	ORL_QEMU_SAID = 32,    /* different complaints that are remembered */
	ORL_QEMU_OBJECTS = 32,
	ORL_QEMU_FINGERS = 10,
};

#define ORL_QEMU_NAME "org.qemu"
#define ORL_QEMU_ROOT "/org/qemu/Display1"

/* A connection, and what epoll has been told about it. */
struct orl_qemu_link {
	sd_bus *bus; /* NULL: none */
	int fd;
	uint32_t events;
};

struct orl_qemu;

/* One screen of the virtual machine. */
struct orl_qemu_console {
	struct orl_qemu *qemu;
	char path[64], name[64];
	bool graphic;     /* else it is QEMU's own, and nobody is shown it */
	uint32_t told[2]; /* its size, as its properties have it */
	bool absolute;    /* the pointer of this console */
	int32_t slots;    /* for fingers; 0: it takes none */

	struct oriel_display *display;
	int32_t x, width, height;
	int32_t want_width, want_height; /* by a peer; 0: nothing yet */

	struct orl_qemu_link listener;
	bool registered;
	bool spoiled;        /* something of the picture has been left out */
	const char *placard; /* what is shown in its place; NULL: itself */
	unsigned refused;    /* registrations, one after the other */
	uint64_t listen_at;  /* to make a listener; ORL_NEVER: no need */
	uint64_t listened;   /* when, the last time */
	uint64_t patience;   /* until it may be made anew, ns */
	uint64_t sized;      /* when, the last time */
	unsigned sizes;      /* changes in this second */

	bool cursor_off;        /* MouseSet said so */
	bool warped;            /* the desktop has put the pointer to: */
	int32_t warp_x, warp_y; /* ... and nobody was told */
};

enum orl_qemu_event_kind {
	ORL_QEMU_KEY,
	ORL_QEMU_BUTTON,
	ORL_QEMU_MOVE,
	ORL_QEMU_MOTION,
	ORL_QEMU_FINGER,
};

/* Kinds of org.qemu.Display1.MultiTouch. */
enum orl_qemu_finger {
	ORL_QEMU_FINGER_BEGIN,
	ORL_QEMU_FINGER_UPDATE,
	ORL_QEMU_FINGER_END,
};

struct orl_qemu_event {
	enum orl_qemu_event_kind kind;
	struct orl_qemu_console *console;
	bool down;
	uint32_t code;
	int32_t x, y;
	enum orl_qemu_finger finger; /* code is its slot */
};

struct orl_qemu_input {
	struct orl_qemu_event queue[ORL_QEMU_QUEUE];
	size_t first, count;
	uint64_t next;       /* when the first of them may go */
	unsigned unanswered; /* calls */
	bool keys[256];      /* down, or on their way to that */
	uint32_t buttons;    /* as in struct oriel_pointer */
	uint32_t held;       /* the same, by a peer's mouse */
	struct {
		bool down;
		uint32_t contact;
		struct orl_qemu_console *at;
	} fingers[ORL_QEMU_FINGERS]; /* by slot; the first one alone where a
					finger is a pointer */
	struct orl_qemu_console *at; /* where the pointer is */
	int32_t x, y;
	int32_t rest_x, rest_y, wheel_x, wheel_y;
	uint64_t moved;    /* by a peer */
	uint32_t locks;    /* the guest's, oriel_locks */
	bool deaf;         /* lock keys were pressed; no light changed */
	bool text_refused; /* ... and said so */
};

enum orl_qemu_object_kind {
	ORL_QEMU_AUDIO,
	ORL_QEMU_CLIPBOARD,
	ORL_QEMU_CHARDEV,
	ORL_QEMU_OBJECT_KINDS,
};

/* Something else that the machine has. */
struct orl_qemu_object {
	char path[ORL_QEMU_AGENT_PATH]; /* "": none */
	enum orl_qemu_object_kind kind;
	char name[64]; /* of a channel */
	bool open;     /* the guest has opened it */
};

struct orl_qemu_audio {
	char path[ORL_QEMU_AGENT_PATH]; /* "": none, or not wanted */
	struct orl_qemu_link out, in;
	struct orl_qemu_voice plays[ORL_QEMU_VOICES];
	struct orl_qemu_voice records[ORL_QEMU_VOICES];
};

struct orl_qemu_cursor_state {
	uint32_t *pixels; /* ORL_QEMU_CURSOR_MAX squared; NULL: none yet */
	int32_t width, height, hot_x, hot_y;
	bool changed;
	uint64_t shown; /* when, the last time */
};

struct orl_qemu {
	struct orl_source source;
	struct oriel_server *server;    /* NULL until it is attached */
	struct orl_qemu_launch *launch; /* NULL: it runs without us */
	const char *domain;             /* libvirt's name for it, or NULL */
	struct orl_libvirt libvirt;     /* being asked for its address */
	char *address;                  /* of its bus; else */
	int epoll;
	struct orl_qemu_link bus;
	char owner[64];          /* the unique name of org.qemu */
	unsigned questions;      /* asked while finding it, and unanswered */
	bool arrived;            /* all has been answered; it is shown */
	char wrong[ORL_WHY_MAX]; /* why this cannot go on */
	const char *placard;     /* the same, for those who look */
	uint64_t seek_at;        /* to look for it; ORL_NEVER: it is there */
	uint64_t patience;       /* between two looks, ns */
	uint64_t arrived_at;
	struct orl_qemu_console consoles[ORL_QEMU_CONSOLES];
	size_t console_count;
	/* Of the machine that is being asked. */
	struct orl_qemu_console coming[ORL_QEMU_CONSOLES];
	size_t coming_count;
	struct orl_qemu_input input;
	struct orl_qemu_cursor_state cursor;
	struct orl_qemu_object objects[ORL_QEMU_OBJECTS];
	unsigned objects_told; /* lines of the log */
	struct orl_qemu_agent agent;
	struct orl_qemu_audio audio;
	struct orl_qemu_clip clip;
	struct orl_qemu_files files;
	struct orl_source_counts counts;
	const char *said[ORL_QEMU_SAID];
};

/* This machine cannot be shown any more; the first reason stays. */
void orl_qemu_fail(struct orl_qemu *q, const char *format, ...)
		__attribute__((format(printf, 2, 3)));
/* Tell log and peers a sentence that is a constant, once. */
void orl_qemu_say(struct orl_qemu *q, int level, const char *text);
/* Have a connection watched. Returns 0 or a negative errno code. */
int orl_qemu_link(struct orl_qemu *q, struct orl_qemu_link *link, sd_bus *bus);
void orl_qemu_unlink(struct orl_qemu *q, struct orl_qemu_link *link);

/* Its name has left the bus. */
void orl_qemu_gone(struct orl_qemu *q);

/* ---- qemu_find.c ---- */

/* Ask the bus for a machine, and that for all that matters. */
int orl_qemu_connect(struct orl_qemu *q, const char *address);
/* Tell clients which kind of pointer the machine has. */
void orl_qemu_tell_relative(struct orl_qemu *q);

/* ---- qemu_usb.c ---- */

/* See struct orl_source_kind. */
size_t orl_qemu_usb_slots(const struct orl_qemu *q);
int orl_qemu_usb_open(struct orl_qemu *q, size_t slot);

/* ---- qemu_objects.c ---- */

/* Ask the machine what else it has. Returns a negative errno code or not. */
int orl_qemu_objects_ask(struct orl_qemu *q);
/* Properties of an object have changed; false when it is none of them. */
bool orl_qemu_object_changed(struct orl_qemu *q, sd_bus_message *m);
/* There is a server now: what has waited for one is used. */
void orl_qemu_objects_attach(struct orl_qemu *q);
void orl_qemu_objects_forget(struct orl_qemu *q);

/* ---- qemu_audio.c ---- */

/* The machine has sound, at this path; or has no more. */
void orl_qemu_audio_found(struct orl_qemu *q, const char *path);
void orl_qemu_audio_lost(struct orl_qemu *q, const char *path);
/* The connection for what it records has been closed by the other end. */
void orl_qemu_audio_unheard(struct orl_qemu *q);
/* Let go of it, and of its streams. */
void orl_qemu_audio_close(struct orl_qemu *q);

/* ---- qemu_display.c ---- */

/* Say in the picture's place why there is none; both are constants. */
void orl_qemu_placard(struct orl_qemu_console *c, const char *title,
		const char *line);
/* Screens stand side by side: those behind one that grew move. */
int orl_qemu_arrange(struct orl_qemu *q);
/* Make what is due: listeners, the pointer's picture. */
int orl_qemu_display_run(struct orl_qemu *q, uint64_t now);
void orl_qemu_display_due(const struct orl_qemu *q, uint64_t *due);
/* The console's properties say that it has another size now. */
void orl_qemu_display_told(struct orl_qemu_console *c);
/* The console's listener has been closed by the other end. */
void orl_qemu_display_lost(struct orl_qemu_console *c);
void orl_qemu_resize_wanted(struct orl_qemu *q, struct oriel_display *display,
		int32_t width, int32_t height);

/* ---- qemu_input.c ---- */

void orl_qemu_input_run(struct orl_qemu *q, uint64_t now);
void orl_qemu_input_due(const struct orl_qemu *q, uint64_t *due);
/* Let go of everything. */
void orl_qemu_input_fini(struct orl_qemu *q);
/* The machine that had it is gone. */
void orl_qemu_input_forget(struct orl_qemu *q);
/* The guest's lights have changed, or been learnt: as Modifiers has them. */
void orl_qemu_lights(struct orl_qemu *q, uint32_t modifiers);
void orl_qemu_on_key(struct orl_qemu *q, const struct oriel_key *key);
void orl_qemu_on_pointer(struct orl_qemu *q, const struct oriel_pointer *p);
void orl_qemu_on_touch(struct orl_qemu *q, const struct oriel_touch *t);
void orl_qemu_on_text(struct orl_qemu *q);
void orl_qemu_on_locks(struct orl_qemu *q, uint32_t locks);

/* ---- qemu_launch.c ---- */

/*
 * Start a private bus and, with the arguments for it, a virtual machine.
 * Returns an orl_exit, and `why`. The bus's address is copied into
 * address[size].
 */
int orl_qemu_launch(struct orl_qemu_launch **out,
		const struct orl_launch *launch, char *address, size_t size,
		char *why);
/* From now on it shall live on when this program is killed. */
void orl_qemu_launch_keep(struct orl_qemu_launch *launch);
/* Whether the virtual machine has ended; how, in how[size]. */
bool orl_qemu_ended(struct orl_qemu_launch *launch, char *how, size_t size);
/* End what still runs. NULL is fine. */
void orl_qemu_launch_close(struct orl_qemu_launch *launch);

#endif
