/*
 * clip_wayland.h - what the files of a Wayland compositor's clipboard know of
 * each other: clip_wayland.c has the selection, clip_wayland_pipe.c the bytes,
 * clip_wayland_seat.c the keys and clicks that allow it.
 */
#ifndef ORL_VIEWER_CLIP_WAYLAND_H
#define ORL_VIEWER_CLIP_WAYLAND_H

#include <sys/types.h>

#include <wayland-client.h>

#include "client/viewer/clipboard.h"

enum {
	ORL_PIPES = 8,
	ORL_WAYLAND_TYPES = 16,
	ORL_WAYLAND_NAME = 128,
};

/* What somebody has copied; `names` are the compositor's. */
struct orl_wayland_offer {
	struct wl_data_offer *proxy;
	size_t count;
	struct {
		const char *type;
		char name[ORL_WAYLAND_NAME];
		bool latin1;
		unsigned rank;
	} types[ORL_WAYLAND_TYPES];
	bool secret, ours;
};

/* A pipe. */
struct orl_pipe {
	struct orl_wayland *w; /* NULL: free */
	int fd;
	bool out;    /* we write */
	bool wanted; /* in: a piece is; out: somebody waits to write */
	struct orl_paste *paste;
	uint64_t by;
	char name[ORL_WAYLAND_NAME]; /* in: of what is read, until some of it has come */
	pid_t child;                 /* in: wl-paste, or 0 */
};

struct orl_wayland {
	struct orl_board board;
	struct orl_deck *deck;
	struct wl_display *display;
	struct wl_event_queue *queue;
	struct wl_registry *registry;
	struct wl_seat *seat;
	struct wl_keyboard *keyboard;
	struct wl_pointer *pointer;
	struct wl_data_device_manager *manager;
	struct wl_data_device *device;
	struct wl_data_source *source; /* what we offer; NULL: nothing */
	struct orl_wayland_offer coming, current;
	uint32_t serial; /* of the last thing that somebody did */
	uint32_t taken;  /* the serial that `source` was offered with */
	bool late;       /* it has to be offered again, with another one */
	uint64_t now;
	bool reading; /* prepared to: must read, or say that it does not */
	struct orl_pipe jobs[ORL_PIPES];
};

/* clip_wayland_pipe.c */
extern const struct orl_paste_ops orl_pipe_ops;
/* Takes the descriptor; NULL: there are too many. */
struct orl_pipe *orl_pipe_new(struct orl_wayland *w, int fd, bool out);
void orl_pipe_end(struct orl_pipe *pipe);
/* It is over, by the other end of the pipe or for want of it. */
void orl_pipe_over(struct orl_pipe *pipe, int error);
void orl_pipe_run(struct orl_pipe *pipe, short revents, uint64_t now);

/* clip_wayland_seat.c: listen to it. */
void orl_wayland_seat(struct orl_wayland *w);

/* clip_wayland.c: the user did something, which this number proves. */
void orl_wayland_act(struct orl_wayland *w, uint32_t serial);

#endif
