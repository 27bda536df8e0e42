/*
 * oriel-client.h - look at a desktop on the network.
 *
 *	struct oriel_client_config cfg = { .size = sizeof(cfg) };
 *	cfg.events = &my_events;
 *	oriel_client_create(&client, &cfg);
 *	oriel_client_connect(client, "oriel://desk.example:5910");
 *	watch(oriel_client_fd(client), readable, oriel_client_dispatch);
 *
 * The client decodes into its own memory; the host copies or uploads what
 * screen_updated names. It opens no window, no sound card and no device.
 * The rules for errors, ownership, threads and ABI stand in <oriel/oriel.h>.
 */
#ifndef ORIEL_CLIENT_H
#define ORIEL_CLIENT_H

#include <oriel/oriel.h>

#ifdef __cplusplus
extern "C" {
#endif

struct oriel_client; /* one connection, and its reconnections */
struct oriel_screen; /* one display of the server */

enum oriel_client_state {
	ORIEL_CLIENT_IDLE,
	ORIEL_CLIENT_CONNECTING,
	ORIEL_CLIENT_SECURING,
	ORIEL_CLIENT_AUTHENTICATING,
	ORIEL_CLIENT_READY,
	ORIEL_CLIENT_RECONNECTING, /* the picture stays, grey it out */
};

/* ---- events ------------------------------------------------------------ */

struct oriel_client_events {
	size_t size;

	/*
	 * error is 0, or the negative ORIEL_E code that led here; text is for
	 * the user and may be "".
	 */
	void (*state)(void *user, enum oriel_client_state state, int error,
			const char *text);

	/*
	 * The server's key is not known, or changed. Answer with
	 * oriel_client_trust(), now or later. NULL trusts only keys that
	 * chain to a system authority.
	 */
	void (*trust_wanted)(
			void *user, const uint8_t sha256[32], bool changed);
	/* Answer with oriel_client_login(), now or later. */
	void (*login_wanted)(void *user, bool retry);

	/* What the server lets this client do; again when that changes. */
	void (*rights)(void *user, uint32_t rights);

	void (*screen_added)(void *user, struct oriel_screen *screen);
	/* Size, place or name changed. Content follows as an update. */
	void (*screen_changed)(void *user, struct oriel_screen *screen);
	/* Read the pixels inside the callback, or between dispatches. */
	void (*screen_updated)(void *user, struct oriel_screen *screen,
			const struct oriel_rect *rects, size_t count);
	void (*screen_removed)(void *user, struct oriel_screen *screen);

	/* image NULL hides the pointer. */
	void (*cursor)(void *user, const struct oriel_pixels *image,
			int32_t hot_x, int32_t hot_y);
	void (*cursor_warped)(void *user, struct oriel_screen *screen,
			int32_t x, int32_t y);

	/* NULL format: the sound ended. Pull with oriel_client_hear(). */
	void (*sound)(void *user, const struct oriel_sound_format *format);
	/* The server wants a microphone, or no longer does. */
	void (*sound_wanted)(
			void *user, const struct oriel_sound_format *format);

	void (*clipboard_offered)(
			void *user, const char *const *types, size_t count);
	void (*clipboard_wanted)(void *user, const char *type);
	void (*clipboard_data)(void *user, const char *type, const void *data,
			size_t bytes);

	/* Perform the transfer, then oriel_client_usb_complete(). */
	void (*usb_transfer)(void *user, struct oriel_usb *usb,
			const struct oriel_usb_transfer *transfer);
	void (*usb_cancel)(void *user, struct oriel_usb *usb, uint64_t id);
	/* The server gave the device back. Ends `usb`. */
	void (*usb_detached)(void *user, struct oriel_usb *usb);

	/* A job arrives in pieces; answer the end with oriel_client_printed(). */
	void (*print_started)(void *user, uint32_t job, const char *title,
			const char *type);
	void (*print_data)(void *user, uint32_t job, const void *data,
			size_t bytes);
	void (*print_finished)(void *user, uint32_t job);
	void (*print_dropped)(void *user, uint32_t job);
};

/* ---- the client -------------------------------------------------------- */

struct oriel_client_config {
	size_t size;
	const char *name; /* shown to the server; NULL is the host name */
	const struct oriel_client_events *events;
	void *user; /* first argument of every event */
	const struct oriel_hooks *hooks;
	uint32_t workers;   /* decoder threads; 0 decodes inside dispatch */
	uint32_t reconnect; /* seconds to keep trying after a loss; 0 is not */
	uint64_t max_bandwidth; /* bytes a second asked of the server */
	uint64_t max_pixels;    /* refuse larger desktops; 0 is 64 Mi */
};

/* Threads: any. */
ORIEL_API ORIEL_CHECK int oriel_client_create(struct oriel_client **out,
		const struct oriel_client_config *config);
/* Closes without calling events. Threads: loop, not from a callback. */
ORIEL_API void oriel_client_destroy(struct oriel_client *client);

/* As oriel_server_fd, _dispatch, _wait and _wake. */
ORIEL_API int oriel_client_fd(const struct oriel_client *client);
ORIEL_API int oriel_client_dispatch(
		struct oriel_client *client, uint64_t budget);
ORIEL_API int oriel_client_wait(struct oriel_client *client, int timeout_ms);
ORIEL_API void oriel_client_wake(struct oriel_client *client);

/*
 * Start connecting to "oriel://HOST[:PORT]" or "unix:PATH"; `state` tells
 * the rest. A name is looked up by a worker; without workers it is looked up
 * here, which may block, unless it is a numeric address. Threads: loop, like
 * all that follows.
 */
ORIEL_API ORIEL_CHECK int oriel_client_connect(
		struct oriel_client *client, const char *address);
/* Use a connected stream socket, which becomes the client's on success. */
ORIEL_API ORIEL_CHECK int oriel_client_adopt(
		struct oriel_client *client, int socket);
ORIEL_API void oriel_client_disconnect(struct oriel_client *client);

/* Answer trust_wanted. */
ORIEL_API void oriel_client_trust(struct oriel_client *client, bool trusted);
/* Answer login_wanted; both are wiped from memory after use. */
ORIEL_API ORIEL_CHECK int oriel_client_login(struct oriel_client *client,
		const char *name, const char *password);

ORIEL_API void oriel_client_stats(
		const struct oriel_client *client, struct oriel_stats *stats);

/* ---- screens ----------------------------------------------------------- */

ORIEL_API uint32_t oriel_screen_id(const struct oriel_screen *screen);
ORIEL_API const char *oriel_screen_name(const struct oriel_screen *screen);
ORIEL_API struct oriel_rect oriel_screen_rect(
		const struct oriel_screen *screen);
ORIEL_API void oriel_screen_set_data(struct oriel_screen *screen, void *data);
ORIEL_API void *oriel_screen_data(const struct oriel_screen *screen);
/* The current picture, valid until the next dispatch. */
ORIEL_API void oriel_screen_pixels(
		const struct oriel_screen *screen, struct oriel_pixels *out);
/*
 * The host has put the latest update on glass at `time` (0: now). This is
 * what paces the server; without it the server guesses.
 */
ORIEL_API void oriel_screen_shown(struct oriel_screen *screen, uint64_t time);
/* Ask for another size; screen_changed comes if the server agrees. */
ORIEL_API ORIEL_CHECK int oriel_screen_resize(
		struct oriel_screen *screen, int32_t width, int32_t height);
/* Whether anybody looks; hidden screens cost no bandwidth. */
ORIEL_API void oriel_screen_set_visible(
		struct oriel_screen *screen, bool visible);

/* ---- input ------------------------------------------------------------- */
/* Motion is merged while the network is busy; keys and buttons never are. */

ORIEL_API ORIEL_CHECK int oriel_client_key(
		struct oriel_client *client, const struct oriel_key *key);
ORIEL_API ORIEL_CHECK int oriel_client_pointer(struct oriel_client *client,
		const struct oriel_pointer *pointer);
ORIEL_API ORIEL_CHECK int oriel_client_touch(
		struct oriel_client *client, const struct oriel_touch *touch);
/* The window lost focus: report every held key and button up. */
ORIEL_API void oriel_client_release_all(struct oriel_client *client);

/* ---- sound ------------------------------------------------------------- */

/*
 * Fill `samples` for playback right now; gaps are concealed, so all frames
 * are always written. Wait-free. Threads: any, one at a time.
 */
ORIEL_API void oriel_client_hear(
		struct oriel_client *client, int16_t *samples, size_t frames);
ORIEL_API ORIEL_CHECK int oriel_client_speak(struct oriel_client *client,
		const int16_t *samples, size_t frames);

/* ---- clipboard --------------------------------------------------------- */

ORIEL_API ORIEL_CHECK int oriel_client_clipboard_offer(
		struct oriel_client *client, const char *const *types,
		size_t count);
ORIEL_API ORIEL_CHECK int oriel_client_clipboard_request(
		struct oriel_client *client, const char *type);
ORIEL_API ORIEL_CHECK int oriel_client_clipboard_send(
		struct oriel_client *client, const char *type, const void *data,
		size_t bytes);

/* ---- USB --------------------------------------------------------------- */

/*
 * Lend a device to the server. The host keeps it open and performs its
 * transfers until usb_detached or oriel_client_usb_detach().
 */
ORIEL_API ORIEL_CHECK int oriel_client_usb_attach(struct oriel_usb **out,
		struct oriel_client *client, const struct oriel_usb_info *info,
		const void *descriptors, size_t bytes);
ORIEL_API ORIEL_CHECK int oriel_client_usb_complete(struct oriel_usb *usb,
		uint64_t id, enum oriel_usb_status status, const void *data,
		uint32_t bytes);
/* Take the device back. Ends `usb`. */
ORIEL_API void oriel_client_usb_detach(struct oriel_usb *usb);

/* ---- printing ---------------------------------------------------------- */

/* Answer print_finished: 0, or a negative ORIEL_E code. */
ORIEL_API ORIEL_CHECK int oriel_client_printed(
		struct oriel_client *client, uint32_t job, int status);

#ifdef __cplusplus
}
#endif

#endif
