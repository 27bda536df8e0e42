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

struct oriel_client; /* one connection */
struct oriel_screen; /* one display of the server */

enum oriel_client_state {
	ORIEL_CLIENT_IDLE, /* not connected, or no longer: see error */
	ORIEL_CLIENT_CONNECTING,
	ORIEL_CLIENT_SECURING,
	ORIEL_CLIENT_AUTHENTICATING,
	ORIEL_CLIENT_READY,
	/*
	 * The line is lost and is looked for, see config.reconnect. Screens
	 * stay, with their last picture (grey it out); they take no input.
	 */
	ORIEL_CLIENT_RECONNECTING,
};

/* ---- events ------------------------------------------------------------ */

struct oriel_client_events {
	size_t size;

	/*
	 * error is 0, or the negative ORIEL_E code that led here; text is for
	 * the user and may be "". RECONNECTING comes again with what became
	 * of an attempt, when that has changed; READY or IDLE end it.
	 */
	void (*state)(void *user, enum oriel_client_state state, int error,
			const char *text);

	/*
	 * The server has shown its key; `verified`: it chains to one of
	 * config.authorities and is made out to the host connected to. Answer
	 * with oriel_client_trust(), now or later; nothing but the TLS
	 * handshake has been sent until then. NULL trusts verified keys only.
	 */
	void (*trust_wanted)(
			void *user, const uint8_t sha256[32], bool verified);
	/*
	 * A password is needed. Answer with oriel_client_login(), now or
	 * later. NULL gives up.
	 */
	void (*login_wanted)(void *user);

	/* What the server lets this client do; again when that changes. */
	void (*rights)(void *user, uint32_t rights);
	/* Who holds keyboard and pointer: this client, or `name`. */
	void (*owner)(void *user, bool yours, const char *name);
	/* A sentence from the server; level as oriel_server_notice(). */
	void (*notice)(void *user, int level, const char *text);

	void (*screen_added)(void *user, struct oriel_screen *screen);
	/* Size, place or name changed. Content follows as an update. */
	void (*screen_changed)(void *user, struct oriel_screen *screen);
	/*
	 * A commit: these rectangles have new content, all of one moment. Read
	 * the pixels inside the callback, between dispatches, or from another
	 * thread by oriel_screen_acquire().
	 */
	void (*screen_updated)(void *user, struct oriel_screen *screen,
			const struct oriel_rect *rects, size_t count);
	void (*screen_removed)(void *user, struct oriel_screen *screen);
	/* Whether the screen is proved exact has changed. */
	void (*screen_exact)(
			void *user, struct oriel_screen *screen, bool exact);

	/* image NULL hides the pointer. */
	void (*cursor)(void *user, const struct oriel_pixels *image,
			int32_t hot_x, int32_t hot_y);
	void (*cursor_warped)(void *user, struct oriel_screen *screen,
			int32_t x, int32_t y);
	/* The desktop's lock keys, oriel_locks. */
	void (*locks)(void *user, uint32_t locks);
	/* The desktop takes relative motion only, or no longer does. */
	void (*relative)(void *user, bool relative);

	/* The desktop has something to be heard now, or no longer. */
	void (*sound)(void *user, bool on);
	/*
	 * Something in the desktop listens to a microphone, or no longer. Ask
	 * whoever sits in front before oriel_client_speak().
	 */
	void (*microphone_wanted)(void *user, bool wanted);
	/*
	 * Clipboard; see oriel.h. The desktop offers these types, best first,
	 * or no longer any (count 0). Fetch one by
	 * oriel_client_clipboard_request() when somebody pastes.
	 */
	void (*clipboard_offered)(void *user, enum oriel_selection selection,
			const char *const *types, size_t count);
	/* What was offered is not used, and why; error as in clipboard_ended. */
	void (*clipboard_refused)(void *user, int error, const char *why);
	/* Somebody pastes there: write it, or refuse. NULL refuses. */
	void (*clipboard_wanted)(void *user, struct oriel_transfer *transfer);
	/* What was asked for comes; how much is known now or never. */
	void (*clipboard_begun)(void *user, struct oriel_transfer *transfer);
	/* Some of it. Call oriel_transfer_used() when it is kept no longer. */
	void (*clipboard_data)(void *user, struct oriel_transfer *transfer,
			const void *data, size_t n);
	/* There is room to write again. */
	void (*clipboard_ready)(void *user, struct oriel_transfer *transfer);
	/*
	 * It is over: 0 after the last byte has come, ORIEL_ECLOSED when the
	 * other end wants no more of it, or is gone; another ORIEL_E code
	 * when it could not be had; why is for the user and may be "".
	 */
	void (*clipboard_ended)(void *user, struct oriel_transfer *transfer,
			int error, const char *why);

	/*
	 * What becomes of a device of oriel_client_usb_attach(). WAITING is
	 * followed by another answer; REFUSED ends `usb`.
	 */
	void (*usb_answered)(void *user, struct oriel_usb *usb,
			enum oriel_usb_answer answer, const char *why);
	/* Bytes for the device; oriel_usb_consumed() when it has them. */
	void (*usb_data)(void *user, struct oriel_usb *usb, const void *data,
			size_t n);
	/* oriel_usb_room() was 0 and is no more. */
	void (*usb_writable)(void *user, struct oriel_usb *usb);
	/*
	 * The desktop has given it back, or it broke a rule; why NULL: the
	 * line is lost. Ends `usb`. Without this event no device can be
	 * attached.
	 */
	void (*usb_detached)(
			void *user, struct oriel_usb *usb, const char *why);

	/*
	 * Somebody prints at the desktop. Nothing of it has come yet: say yes
	 * with oriel_client_print_accept(), or no with a last state, now or
	 * later. NULL: servers are not told of any printer.
	 */
	void (*print_started)(void *user, uint32_t job,
			const struct oriel_print_job *details);
	/*
	 * Bytes of it, in order. More come as oriel_client_print_taken() says
	 * that these have been dealt with.
	 */
	void (*print_data)(void *user, uint32_t job, const void *data,
			size_t bytes);
	/* All bytes have come: print, and say how that goes and ends. */
	void (*print_finished)(void *user, uint32_t job);
	/*
	 * The job is no more: taken back (0), or the session it came by has
	 * ended (ORIEL_ECLOSED). A line that is lost and found ends no job.
	 */
	void (*print_dropped)(void *user, uint32_t job, int reason);
};

/* ---- the client -------------------------------------------------------- */

enum oriel_client_flags {
	/* Never show a pixel that is not exact, not even for a moment. */
	ORIEL_CLIENT_LOSSLESS = 1 << 0,
	ORIEL_CLIENT_SOUND = 1 << 1, /* the host calls oriel_client_hear() */
	/* Samples as they are, where the line is fast: 1.6 Mbit/s. */
	ORIEL_CLIENT_SOUND_PCM = 1 << 2,
};

struct oriel_client_config {
	size_t size;
	const char *name; /* shown to the server; NULL is "oriel-client" */
	const struct oriel_client_events *events;
	void *user; /* first argument of every event */
	const struct oriel_hooks *hooks;
	const char *authorities; /* PEM of those that may vouch for a server */
	uint32_t workers;    /* decoder threads; 0 decodes inside dispatch */
	uint64_t max_pixels; /* refuse larger displays; 0 is 64 Mi */
	/* One line of a TLS key log, for debugging: it opens every session. */
	void (*keylog)(void *user, const char *line);
	const char *congestion; /* TCP's: "bbr", "cubic"; NULL: bbr if allowed */
	/*
	 * Seconds to keep trying when a session that was READY is lost, or
	 * its server shuts down; 0 is not. The same key is then trusted
	 * unasked, and the login resumed; where that fails, trust_wanted and
	 * login_wanted ask. Screens that are still there afterwards are told
	 * by screen_changed, those that are not by screen_removed.
	 */
	uint32_t reconnect;

	/*
	 * For a host that keeps its client in a process that may open
	 * nothing, and shows pictures in another. Each may be NULL.
	 *
	 * Begin to connect to the address of oriel_client_connect(), as
	 * oriel_client_socket() does, and give the socket away. `attempt`
	 * counts the addresses of a name; `reached`: where the last session
	 * was, without looking up a name. On failure `why` is a sentence.
	 */
	int (*socket)(void *user, int *out, unsigned attempt, bool reached,
			char *why, size_t size);
	/*
	 * Room for a picture of width * height words, which is the client's
	 * until it asks again for this screen, and was told of that by an
	 * event, or until screen_removed. NULL: there is none.
	 */
	void *(*picture)(void *user, struct oriel_screen *screen, int32_t width,
			int32_t height);
	/* A commit begins to change the picture, or has. */
	void (*drawing)(void *user, struct oriel_screen *screen, bool begins);
	uint32_t flags; /* oriel_client_flags */
	/* Which devices may be attached, as in oriel_server_config. */
	const char *usb_rules;
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
 * Start connecting to "oriel://[USER@]HOST[:PORT]" (port 5910, user "oriel")
 * or "unix:PATH"; `state` tells the rest. Looking up a name may block, a
 * numeric address never does. ORIEL_ESTATE while connected. Threads: loop.
 */
ORIEL_API ORIEL_CHECK int oriel_client_connect(
		struct oriel_client *client, const char *address);
/*
 * Use a connected stream socket, which becomes the client's on success; host
 * is the name that its certificate must be for, NULL for a plain unix: socket.
 */
ORIEL_API ORIEL_CHECK int oriel_client_adopt(
		struct oriel_client *client, int socket, const char *host);
/*
 * A socket that is being connected, or is, as oriel_client_connect() makes
 * one: to the address's address number `attempt`, from 0. ORIEL_EIO, and `why`
 * is a sentence: try the next; ORIEL_ECLOSED: there are no more, or no such
 * name. The caller closes it. Threads: any.
 */
ORIEL_API ORIEL_CHECK int oriel_client_socket(int *out, const char *address,
		unsigned attempt, char *why, size_t size);
/*
 * The network of this computer has changed, and `gone`: so has the address
 * that the client has here. A client without config.socket sees it itself.
 */
ORIEL_API void oriel_client_network(struct oriel_client *client, bool gone);
/* In order, and for good: what would resume the session is forgotten. */
ORIEL_API void oriel_client_disconnect(struct oriel_client *client);

/* Answer trust_wanted. */
ORIEL_API void oriel_client_trust(struct oriel_client *client, bool trusted);
/*
 * Answer login_wanted. name NULL is the address's user. Both are read before
 * the call returns and wiped after use; password NULL gives up.
 */
ORIEL_API ORIEL_CHECK int oriel_client_login(struct oriel_client *client,
		const char *name, const char *password);
/* Whether the server asked for proof at this login: a password or a ticket. */
ORIEL_API bool oriel_client_login_asked(const struct oriel_client *client);
/* The server's own name, "" before it is known. */
ORIEL_API const char *oriel_client_server_name(
		const struct oriel_client *client);

/* Set stats->size before. */
ORIEL_API void oriel_client_stats(
		const struct oriel_client *client, struct oriel_stats *stats);

/* ---- screens ----------------------------------------------------------- */

/* What `display` of pointer and touch input is to say. */
ORIEL_API uint32_t oriel_screen_id(const struct oriel_screen *screen);
/* The monitor's name, for people; may be "". */
ORIEL_API const char *oriel_screen_name(const struct oriel_screen *screen);
/* Its place in the desktop, and its size. */
ORIEL_API struct oriel_rect oriel_screen_rect(
		const struct oriel_screen *screen);
/* A pointer of the host's. */
ORIEL_API void oriel_screen_set_data(struct oriel_screen *screen, void *data);
ORIEL_API void *oriel_screen_data(const struct oriel_screen *screen);
/* The picture as of the last commit, valid until the next dispatch. */
ORIEL_API void oriel_screen_pixels(
		const struct oriel_screen *screen, struct oriel_pixels *out);
/*
 * Pin the last completed picture for one reader in another thread; the
 * network goes on, but commits wait until release. Keep it short.
 * Threads: any, one at a time.
 */
ORIEL_API void oriel_screen_acquire(
		struct oriel_screen *screen, struct oriel_pixels *out);
ORIEL_API void oriel_screen_release(struct oriel_screen *screen);
/* Whether every pixel is proved to be the desktop's, and none is waiting. */
ORIEL_API bool oriel_screen_is_exact(const struct oriel_screen *screen);
/*
 * The host has put the latest update on glass at `time` (0: now). This is
 * what paces the server; a host that never calls it paces by decoding.
 * Threads: any.
 */
ORIEL_API void oriel_screen_shown(struct oriel_screen *screen, uint64_t time);
/* Ask for another size; screen_changed comes if the server agrees. */
ORIEL_API ORIEL_CHECK int oriel_screen_resize(
		struct oriel_screen *screen, int32_t width, int32_t height);
/* Whether anybody looks; hidden screens cost no bandwidth. Threads: any. */
ORIEL_API void oriel_screen_set_visible(
		struct oriel_screen *screen, bool visible);

/* ---- input ------------------------------------------------------------- */
/*
 * Motion is merged while the network is busy; keys and buttons never are.
 * ORIEL_ESTATE when not READY, ORIEL_EDENIED without ORIEL_MAY_INPUT. Threads:
 * any.
 */

ORIEL_API ORIEL_CHECK int oriel_client_key(
		struct oriel_client *client, const struct oriel_key *key);
ORIEL_API ORIEL_CHECK int oriel_client_pointer(struct oriel_client *client,
		const struct oriel_pointer *pointer);
ORIEL_API ORIEL_CHECK int oriel_client_touch(
		struct oriel_client *client, const struct oriel_touch *touch);
/* Characters that no physical key makes, UTF-8. */
ORIEL_API ORIEL_CHECK int oriel_client_text(
		struct oriel_client *client, const char *text);
/* The lock keys here, oriel_locks. */
ORIEL_API void oriel_client_set_locks(
		struct oriel_client *client, uint32_t locks);
/* The window lost focus: report every held key and button up. */
ORIEL_API void oriel_client_release_all(struct oriel_client *client);
/* Ask for keyboard and pointer, or give them up; `owner` tells. */
ORIEL_API void oriel_client_take(struct oriel_client *client, bool take);

/* ---- sound, with ORIEL_CLIENT_SOUND ------------------------------------ */

/*
 * Fill `samples` for playback right now, 48 kHz stereo. Gaps are concealed, and
 * what the clocks of desktop and sound card differ is made up for; so all
 * frames are always written. False: they are silent. Wait-free. Threads: any,
 * one at a time.
 */
ORIEL_API bool oriel_client_hear(
		struct oriel_client *client, int16_t *samples, size_t frames);
/*
 * Nobody listens (muted, no device): the server sends no sound then. On unless
 * said. Threads: any.
 */
ORIEL_API void oriel_client_listen(struct oriel_client *client, bool on);
/*
 * From capture to the frames that hear() gives now, in ns; 0 is silence. What
 * is to be seen together with them is that old.
 */
ORIEL_API uint64_t oriel_client_sound_delay(const struct oriel_client *client);
/*
 * Send what a microphone hears, best 10 ms at a time. The first call switches
 * it on at the server; samples NULL switches it off. ORIEL_ESTATE when not
 * READY, ORIEL_EDENIED without ORIEL_MAY_SPEAK, ORIEL_ENOTSUP where the server
 * wants none, ORIEL_ELIMIT: late samples are dropped. Never waits. Threads:
 * any, one at a time.
 */
ORIEL_API ORIEL_CHECK int oriel_client_speak(struct oriel_client *client,
		const struct oriel_sound_format *format, const int16_t *samples,
		size_t frames);

/* ---- printing ---------------------------------------------------------- */

/*
 * Tell of a printer, or what has changed of one; kept, and told to servers as
 * they allow it. Needs the event print_started. Threads: loop.
 */
ORIEL_API ORIEL_CHECK int oriel_client_set_printer(struct oriel_client *client,
		const struct oriel_printer *printer);
ORIEL_API void oriel_client_remove_printer(
		struct oriel_client *client, uint32_t id);
/* These return ORIEL_ESTATE for a job that is not there. */
ORIEL_API ORIEL_CHECK int oriel_client_print_accept(
		struct oriel_client *client, uint32_t job);
/* So many bytes of print_data are dealt with. */
ORIEL_API ORIEL_CHECK int oriel_client_print_taken(
		struct oriel_client *client, uint32_t job, size_t bytes);
/*
 * How it goes. The last states end the job; ORIEL_PRINT_DONE is possible after
 * print_finished only.
 */
ORIEL_API ORIEL_CHECK int oriel_client_print_status(struct oriel_client *client,
		uint32_t job, const struct oriel_print_status *status);

/* ---- clipboard --------------------------------------------------------- */

/*
 * What could be pasted from here: told to the server while this client owns
 * the input and has ORIEL_MAY_PASTE; count 0 takes it back.
 */
ORIEL_API ORIEL_CHECK int oriel_client_clipboard_offer(
		struct oriel_client *client, enum oriel_selection selection,
		const char *const *types, size_t count);
/* As oriel_clipboard_request(). */
ORIEL_API ORIEL_CHECK int oriel_client_clipboard_request(
		struct oriel_transfer **out, struct oriel_client *client,
		enum oriel_selection selection, const char *type);

/* ---- USB --------------------------------------------------------------- */

/*
 * Offer a device to the desktop; usb_answered tells what becomes of it.
 * ORIEL_ESTATE when not READY, ORIEL_ENOTSUP when the server takes none,
 * ORIEL_EDENIED without ORIEL_MAY_USB or by config.usb_rules, ORIEL_ELIMIT
 * for more than 16 at a time.
 */
ORIEL_API ORIEL_CHECK int oriel_client_usb_attach(struct oriel_usb **out,
		struct oriel_client *client, const struct oriel_usb_info *info);

#ifdef __cplusplus
}
#endif

#endif
