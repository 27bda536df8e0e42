/*
 * box.h - the connection, as the viewer has it: by the verbs and events of
 * <oriel/oriel-client.h>, but the library runs in a process of its own that
 * can do nothing else (box_child.c), or in a thread with --sandbox=off. All
 * that comes from there is checked (box_wire.def) before it is an event.
 *
 * When that process dies while a desktop is shown, a new one is begun as
 * `reconnect` says: RECONNECTING tells why, and screens stay meanwhile.
 */
#ifndef ORL_VIEWER_BOX_H
#define ORL_VIEWER_BOX_H

#include <oriel/oriel-client.h>

#include "clip/duct.h"

/* What the viewer has beside windows: bits of `wants`. */
enum orl_box_wants {
	ORL_BOX_CLIPBOARD = 1 << 0,
	ORL_BOX_PRINT = 1 << 1,
	ORL_BOX_DEVICES = 1 << 2, /* of USB */
};

struct orl_box;    /* one connection after the other */
struct orl_remote; /* one display of the server */

/* As those of oriel_client_events. */
struct orl_box_events {
	void (*state)(void *user, enum oriel_client_state state, int error,
			const char *text);
	void (*trust_wanted)(
			void *user, const uint8_t sha256[32], bool verified);
	void (*login_wanted)(void *user);
	void (*rights)(void *user, uint32_t rights);
	void (*owner)(void *user, bool yours, const char *name);
	void (*notice)(void *user, int level, const char *text);
	void (*screen_added)(void *user, struct orl_remote *screen);
	void (*screen_changed)(void *user, struct orl_remote *screen);
	void (*screen_updated)(void *user, struct orl_remote *screen,
			const struct oriel_rect *rects, size_t count);
	void (*screen_removed)(void *user, struct orl_remote *screen);
	void (*screen_exact)(void *user, struct orl_remote *screen, bool exact);
	void (*cursor)(void *user, const struct oriel_pixels *image,
			int32_t hot_x, int32_t hot_y);
	void (*cursor_warped)(void *user, struct orl_remote *screen, int32_t x,
			int32_t y);
	void (*locks)(void *user, uint32_t locks);
	void (*relative)(void *user, bool relative);
	void (*sound)(void *user, bool on);
	void (*microphone_wanted)(void *user, bool wanted);
	/* Only with ORL_BOX_PRINT. Jobs end with the process, too. */
	void (*print_started)(void *user, uint32_t job,
			const struct oriel_print_job *details);
	void (*print_data)(void *user, uint32_t job, const void *data,
			size_t bytes);
	void (*print_finished)(void *user, uint32_t job);
	void (*print_dropped)(void *user, uint32_t job, int reason);
	/*
	 * Only with ORL_BOX_DEVICES; as those of the library, by a device's
	 * number. Devices are lost with the process, too.
	 */
	void (*usb_answered)(void *user, uint32_t device,
			enum oriel_usb_answer answer, const char *why);
	void (*usb_data)(void *user, uint32_t device, const void *data,
			size_t n);
	void (*usb_writable)(void *user, uint32_t device);
	void (*usb_detached)(void *user, uint32_t device, const char *why);
	void (*log)(void *user, enum oriel_log_level level, const char *topic,
			const char *text);
};

struct orl_box_config {
	const struct orl_box_events *events; /* all that are wanted */
	void *user;
	const char *name; /* shown to the server */
	enum oriel_log_level log_level;
	const char *authorities; /* PEM; it must stay */
	uint32_t reconnect;
	uint32_t flags; /* oriel_client_flags */
	uint32_t wants; /* orl_box_wants */
	const char *usb_rules;
	bool jail; /* a process, shut in; else a thread */
};

/* What the process has used, with its statistics. */
struct orl_box_usage {
	double user_s, system_s;
	uint64_t rss;
};

/* The session's thread, which gets the events in orl_box_wait(). */
int orl_box_create(struct orl_box **out, const struct orl_box_config *config);
void orl_box_destroy(struct orl_box *box);
int orl_box_connect(struct orl_box *box, const char *address);
void orl_box_disconnect(struct orl_box *box);
/* Events until none is there, the time has passed or somebody wakes it. */
int orl_box_wait(struct orl_box *box, int timeout_ms);
void orl_box_trust(struct orl_box *box, bool trusted);
int orl_box_login(struct orl_box *box, const char *name, const char *password);
bool orl_box_login_asked(const struct orl_box *box);
const char *orl_box_server_name(const struct orl_box *box);
/* Whether the process has ended by itself: why it is not there. */
bool orl_box_crashed(const struct orl_box *box);
/* As they were last told; after orl_box_refresh(), now. */
void orl_box_stats(const struct orl_box *box, struct oriel_stats *stats,
		struct orl_box_usage *usage);
void orl_box_refresh(struct orl_box *box);

/* Threads: any. */
void orl_box_wake(struct orl_box *box);
int orl_box_key(struct orl_box *box, const struct oriel_key *key);
int orl_box_pointer(struct orl_box *box, const struct oriel_pointer *pointer);
int orl_box_touch(struct orl_box *box, const struct oriel_touch *touch);
int orl_box_characters(struct orl_box *box, const char *text);
void orl_box_set_locks(struct orl_box *box, uint32_t locks);
void orl_box_release_all(struct orl_box *box);
void orl_box_take(struct orl_box *box, bool take);

/* box_sound.c: as oriel_client_hear() and its like. */
bool orl_box_hear(struct orl_box *box, int16_t *samples, size_t frames);
void orl_box_listen(struct orl_box *box, bool on);
/* How often hear() had less than was wanted. */
unsigned orl_box_starved(const struct orl_box *box);
int orl_box_speak(struct orl_box *box, const struct oriel_sound_format *format,
		const int16_t *samples, size_t frames);

/*
 * The clipboard, in the session's thread, as a duct has it (clip/duct.h; `wake`
 * is not called). Pastes end with the process. calls NULL: no longer.
 */
void orl_box_clipboard(struct orl_box *box, const struct orl_duct_calls *calls,
		void *user);
void orl_box_clipboard_offer(struct orl_box *box, unsigned selection,
		const char *const *types, size_t count);
/* NULL: no, and `to` is still there. */
struct orl_paste *orl_box_clipboard_fetch(struct orl_box *box,
		unsigned selection, const char *type, struct orl_paste_end to);

/* Printing, in the session's thread: as oriel_client_set_printer() and others. */
int orl_box_set_printer(struct orl_box *box, const struct oriel_printer *about);
int orl_box_print_accept(struct orl_box *box, uint32_t job);
int orl_box_print_taken(struct orl_box *box, uint32_t job, size_t bytes);
int orl_box_print_status(struct orl_box *box, uint32_t job,
		const struct oriel_print_status *status);

/*
 * USB devices, in the session's thread: as oriel_client_usb_attach() and
 * oriel_usb_send() and others. That a server takes none is an answer.
 */
int orl_box_usb_attach(struct orl_box *box, uint32_t *device,
		const struct oriel_usb_info *info);
void orl_box_usb_detach(struct orl_box *box, uint32_t device, const char *why);
size_t orl_box_usb_room(struct orl_box *box, uint32_t device);
int orl_box_usb_send(struct orl_box *box, uint32_t device, const void *data,
		size_t n);
void orl_box_usb_consumed(struct orl_box *box, uint32_t device, size_t n);

/* Displays, in the session's thread. */
uint32_t orl_remote_id(const struct orl_remote *remote);
const char *orl_remote_name(const struct orl_remote *remote);
struct oriel_rect orl_remote_rect(const struct orl_remote *remote);
bool orl_remote_is_exact(const struct orl_remote *remote);
void *orl_remote_data(const struct orl_remote *remote);
void orl_remote_set_data(struct orl_remote *remote, void *data);
int orl_remote_resize(struct orl_remote *remote, int32_t width, int32_t height);
/*
 * Read its picture: it does not change until orl_remote_release(), which is
 * false when it did nevertheless, and what was read is to be read again: the
 * process did not wait. Threads: any, one at a time.
 */
void orl_remote_acquire(struct orl_remote *remote, struct oriel_pixels *out);
bool orl_remote_release(struct orl_remote *remote);
/* Threads: any. */
void orl_remote_shown(struct orl_remote *remote, uint64_t time);
void orl_remote_set_visible(struct orl_remote *remote, bool visible);

#endif
