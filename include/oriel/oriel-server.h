/*
 * oriel-server.h - put desktops on the network.
 *
 *	struct oriel_server_config cfg = { .size = sizeof(cfg) };
 *	cfg.events = &my_events;
 *	oriel_server_create(&server, &cfg);
 *	oriel_server_listen(server, "tcp://localhost:5910");
 *	watch(oriel_server_fd(server), readable, oriel_server_dispatch);
 *
 * The rules for errors, ownership, threads and ABI stand in <oriel/oriel.h>.
 */
#ifndef ORIEL_SERVER_H
#define ORIEL_SERVER_H

#include <oriel/oriel.h>

#ifdef __cplusplus
extern "C" {
#endif

struct oriel_server;  /* a listening server and everything below it */
struct oriel_peer;    /* one connected client */
struct oriel_auth;    /* one peer's pending request to be let in */
struct oriel_display; /* one screen that peers see */
struct oriel_frame;   /* one picture, shared and reference counted */
struct oriel_sound;   /* one sound stream, to peers or from a peer */
struct oriel_print;   /* one print job on its way to a peer */

/* ---- events ------------------------------------------------------------ */

/*
 * What the server tells its host. Entries may be NULL: the event is then
 * ignored, or refused where it asks for something. The table must outlive
 * the server.
 */
struct oriel_server_events {
	size_t size;

	/*
	 * Somebody wants in. Answer with oriel_auth_accept() or
	 * oriel_auth_reject(), now or later, from any thread. NULL refuses all.
	 */
	void (*auth)(void *user, struct oriel_auth *auth);

	void (*peer_joined)(void *user, struct oriel_peer *peer);
	/* reason: 0 for a goodbye, else a negative ORIEL_E code. */
	void (*peer_left)(void *user, struct oriel_peer *peer, int reason);

	/*
	 * At least one peer could show a new frame of this display now. Called
	 * again only after the next oriel_display_submit(); a host that paints
	 * on its own schedule may leave it NULL.
	 */
	void (*frame_wanted)(void *user, struct oriel_display *display);
	/* A peer would like this size; obey with oriel_display_resize(), or not. */
	void (*resize_wanted)(void *user, struct oriel_display *display,
			int32_t width, int32_t height);

	/*
	 * Input; only from peers with ORIEL_MAY_INPUT. Keys that a peer held
	 * when it left are reported up before peer_left.
	 */
	void (*key)(void *user, struct oriel_peer *peer,
			const struct oriel_key *key);
	void (*pointer)(void *user, struct oriel_peer *peer,
			const struct oriel_pointer *pointer);
	void (*touch)(void *user, struct oriel_peer *peer,
			const struct oriel_touch *touch);

	/* Clipboard: the peer offers, the host asks, the data arrives. */
	void (*clipboard_offered)(void *user, struct oriel_peer *peer,
			const char *const *types, size_t count);
	void (*clipboard_wanted)(
			void *user, struct oriel_peer *peer, const char *type);
	void (*clipboard_data)(void *user, struct oriel_peer *peer,
			const char *type, const void *data, size_t bytes);

	/* A microphone: interleaved samples, ORIEL_MAY_SPEAK only. */
	void (*sound_in)(void *user, struct oriel_peer *peer,
			const struct oriel_sound_format *format,
			const int16_t *samples, size_t frames);

	/* USB devices of a peer, ORIEL_MAY_USB only. */
	void (*usb_attached)(void *user, struct oriel_peer *peer,
			struct oriel_usb *usb,
			const struct oriel_usb_info *info);
	void (*usb_completed)(void *user, struct oriel_usb *usb, uint64_t id,
			enum oriel_usb_status status, const void *data,
			uint32_t bytes);
	void (*usb_detached)(void *user, struct oriel_usb *usb);

	/* The print job has room again, or has ended (status 0 or ORIEL_E). */
	void (*print_ready)(void *user, struct oriel_print *print);
	void (*print_ended)(void *user, struct oriel_print *print, int status);
};

/* ---- the server -------------------------------------------------------- */

enum oriel_server_flags {
	/* Serve tcp:// in the clear. Otherwise only unix: may be. */
	ORIEL_SERVER_PLAINTEXT = 1 << 0,
};

struct oriel_server_config {
	size_t size;
	uint32_t flags;
	const char *name; /* what clients show; NULL is the host name */
	const struct oriel_server_events *events;
	void *user; /* first argument of every event */
	const struct oriel_hooks *hooks;
	const char *certificate, *private_key; /* PEM text; no file is read */
	uint32_t workers;       /* encoder threads; 0 encodes inside dispatch */
	uint32_t max_peers;     /* 0 is 16 */
	uint64_t max_bandwidth; /* bytes a second to one peer; 0 is no limit */
};

/* Make a server that does not listen yet. Threads: any. */
ORIEL_API ORIEL_CHECK int oriel_server_create(struct oriel_server **out,
		const struct oriel_server_config *config);

/*
 * End the server, its peers and displays. Joins its workers; does not call
 * events. Threads: loop, not from a callback.
 */
ORIEL_API void oriel_server_destroy(struct oriel_server *server);

/*
 * The one descriptor to watch for reading, from creation to destruction.
 * It also becomes readable for timers and for work finished by workers.
 * Threads: any.
 */
ORIEL_API int oriel_server_fd(const struct oriel_server *server);

/*
 * Do what is ready, for about `budget` nanoseconds (0: until nothing is).
 * Never blocks. Returns 0 when all is done, 1 when work is left (the
 * descriptor stays readable), or a negative ORIEL_E code when the server
 * cannot go on. Threads: loop.
 */
ORIEL_API int oriel_server_dispatch(
		struct oriel_server *server, uint64_t budget);

/*
 * For programs without a loop: wait up to timeout_ms (-1: forever), then
 * dispatch. Threads: loop.
 */
ORIEL_API int oriel_server_wait(struct oriel_server *server, int timeout_ms);

/* Make the descriptor readable. Threads: any. */
ORIEL_API void oriel_server_wake(struct oriel_server *server);

/*
 * Accept peers on "tcp://HOST:PORT" or "unix:PATH". May be called for
 * several addresses. Threads: loop.
 */
ORIEL_API ORIEL_CHECK int oriel_server_listen(
		struct oriel_server *server, const char *address);

/*
 * Serve a connected stream socket, which becomes the server's on success.
 * For hosts that accept connections themselves, such as QEMU. Threads: loop.
 */
ORIEL_API ORIEL_CHECK int oriel_server_adopt(
		struct oriel_server *server, int socket);

/* ---- letting peers in -------------------------------------------------- */

/* The name the peer claims, or "". Valid until answered. Threads: any. */
ORIEL_API const char *oriel_auth_name(const struct oriel_auth *auth);

/* Whether the peer proved that it knows this password. Threads: any. */
ORIEL_API bool oriel_auth_knows(struct oriel_auth *auth, const char *password);

/* Let the peer in with these rights. Ends `auth`. Threads: any. */
ORIEL_API void oriel_auth_accept(struct oriel_auth *auth, uint32_t rights);

/*
 * Send the peer away. `why` is shown to it and may be NULL. Ends `auth`.
 * Threads: any.
 */
ORIEL_API void oriel_auth_reject(struct oriel_auth *auth, const char *why);

/* ---- peers ------------------------------------------------------------- */
/* A peer lives from peer_joined until peer_left returns. Threads: loop. */

ORIEL_API const char *oriel_peer_name(const struct oriel_peer *peer);
ORIEL_API const char *oriel_peer_address(const struct oriel_peer *peer);
ORIEL_API uint32_t oriel_peer_rights(const struct oriel_peer *peer);
ORIEL_API void oriel_peer_set_rights(struct oriel_peer *peer, uint32_t rights);
ORIEL_API void oriel_peer_set_data(struct oriel_peer *peer, void *data);
ORIEL_API void *oriel_peer_data(const struct oriel_peer *peer);
ORIEL_API void oriel_peer_stats(
		const struct oriel_peer *peer, struct oriel_stats *stats);
/* Say goodbye, then close. `why` is shown to the user, may be NULL. */
ORIEL_API void oriel_peer_close(struct oriel_peer *peer, const char *why);

/* ---- frames ------------------------------------------------------------ */

enum oriel_frame_flags {
	/*
	 * The pixels may change while they are read (guest memory). The
	 * server then copies what it encodes, one tile at a time.
	 */
	ORIEL_FRAME_VOLATILE = 1 << 0,
};

struct oriel_frame_config {
	size_t size;
	uint32_t flags;
	struct oriel_pixels pixels;
	uint64_t time; /* of capture; 0 is now */
	/* Called once, from any thread, when the pixels are no longer read. */
	void (*release)(void *user);
	void *user;
};

/*
 * Wrap pixels without copying them. Starts with one reference. On failure
 * release is not called. Threads: any.
 */
ORIEL_API ORIEL_CHECK int oriel_frame_create(struct oriel_frame **out,
		struct oriel_server *server,
		const struct oriel_frame_config *config);

ORIEL_API struct oriel_frame *oriel_frame_ref(struct oriel_frame *frame);
ORIEL_API void oriel_frame_unref(struct oriel_frame *frame);

/* ---- displays ---------------------------------------------------------- */

struct oriel_display_config {
	size_t size;
	const char *name; /* "HDMI-1"; NULL is none */
	int32_t x, y;     /* in the desktop */
	int32_t width, height;
	uint32_t scale_percent; /* 0 is 100 */
};

/* Show peers another screen. Threads: loop. */
ORIEL_API ORIEL_CHECK int oriel_display_create(struct oriel_display **out,
		struct oriel_server *server,
		const struct oriel_display_config *config);
ORIEL_API void oriel_display_destroy(struct oriel_display *display);

/* Move or resize. Frames submitted from now on have the new size. */
ORIEL_API ORIEL_CHECK int oriel_display_resize(struct oriel_display *display,
		int32_t x, int32_t y, int32_t width, int32_t height);

/*
 * Show `frame`, which differs from the one before inside `damage` only
 * (count 0: everywhere). Keeps its own reference. A frame that no peer had
 * time for is skipped, its damage is not. Threads: loop.
 */
ORIEL_API ORIEL_CHECK int oriel_display_submit(struct oriel_display *display,
		struct oriel_frame *frame, const struct oriel_rect *damage,
		size_t count);

/*
 * Hint, before the submit it belongs to: the content of `to` was at (x, y)
 * of the previous frame. Wrong hints cost bandwidth, nothing else.
 */
ORIEL_API void oriel_display_moved(struct oriel_display *display,
		const struct oriel_rect *to, int32_t x, int32_t y);

/* The pointer's picture, at most 256 x 256 ARGB8888; NULL hides it. */
ORIEL_API ORIEL_CHECK int oriel_display_set_cursor(
		struct oriel_display *display, const struct oriel_pixels *image,
		int32_t hot_x, int32_t hot_y);
/* Where the desktop put the pointer, when it was not a peer that did. */
ORIEL_API void oriel_display_warp_cursor(
		struct oriel_display *display, int32_t x, int32_t y);

/* ---- sound to peers ---------------------------------------------------- */

ORIEL_API ORIEL_CHECK int oriel_sound_create(struct oriel_sound **out,
		struct oriel_server *server,
		const struct oriel_sound_format *format);
ORIEL_API void oriel_sound_destroy(struct oriel_sound *sound);
/*
 * Queue samples captured at `time` (0: now). Late sound is dropped, not
 * played late. Threads: any, one at a time for one stream.
 */
ORIEL_API ORIEL_CHECK int oriel_sound_write(struct oriel_sound *sound,
		const int16_t *samples, size_t frames, uint64_t time);

/* ---- clipboard --------------------------------------------------------- */

/*
 * Tell every peer with ORIEL_MAY_COPY what could be pasted; count 0 takes
 * it back.
 */
ORIEL_API ORIEL_CHECK int oriel_clipboard_offer(struct oriel_server *server,
		const char *const *types, size_t count);
/* Ask a peer for what it offered; clipboard_data answers. */
ORIEL_API ORIEL_CHECK int oriel_clipboard_request(
		struct oriel_peer *peer, const char *type);
/* Answer clipboard_wanted; NULL data says no. */
ORIEL_API ORIEL_CHECK int oriel_clipboard_send(struct oriel_peer *peer,
		const char *type, const void *data, size_t bytes);

/* ---- USB --------------------------------------------------------------- */

/* Submit a transfer to a peer's device; usb_completed answers. */
ORIEL_API ORIEL_CHECK int oriel_usb_submit(
		struct oriel_usb *usb, const struct oriel_usb_transfer *t);
ORIEL_API void oriel_usb_cancel(struct oriel_usb *usb, uint64_t id);
/* Give the device back to its owner. Ends `usb`. */
ORIEL_API void oriel_usb_detach(struct oriel_usb *usb);

/* ---- printing ---------------------------------------------------------- */

/* Start a job on a peer's printer; `type` is "application/pdf" and so on. */
ORIEL_API ORIEL_CHECK int oriel_print_create(struct oriel_print **out,
		struct oriel_peer *peer, const char *title, const char *type);
/* Append. Takes all of it, or returns ORIEL_ELIMIT: wait for print_ready. */
ORIEL_API ORIEL_CHECK int oriel_print_write(
		struct oriel_print *print, const void *data, size_t bytes);
/* Complete the job; print_ended follows and ends `print`. */
ORIEL_API ORIEL_CHECK int oriel_print_finish(struct oriel_print *print);
/* Drop the job. Ends `print`. */
ORIEL_API void oriel_print_destroy(struct oriel_print *print);

#ifdef __cplusplus
}
#endif

#endif
