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
struct oriel_memory;  /* a file of memory that pictures are in */
struct oriel_sound;   /* one stream of sound, shared by all who listen */
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
	 * Somebody wants in, and says who it is: oriel_auth_name(). Say how it
	 * must prove that, with one of oriel_auth_use_password(),
	 * _use_verifier(), _use_none() or oriel_auth_reject(), now or later.
	 * Not called for the server's own user on a unix: socket, who needs
	 * no proof. NULL refuses all others.
	 */
	void (*auth_wanted)(void *user, struct oriel_auth *auth);
	/*
	 * The proof was right. Answer with oriel_auth_accept() or _reject(),
	 * now or later. NULL lets nobody in.
	 */
	void (*auth_proved)(void *user, struct oriel_auth *auth);

	void (*peer_joined)(void *user, struct oriel_peer *peer);
	/* reason: 0 for a goodbye, else a negative ORIEL_E code. */
	void (*peer_left)(void *user, struct oriel_peer *peer, int reason);

	/*
	 * At least one peer could show a new frame of this display now. Called
	 * again only after the next submit or patch; a host that paints on its
	 * own schedule may leave it NULL.
	 */
	void (*frame_wanted)(void *user, struct oriel_display *display);
	/* A peer would like this size; obey with oriel_display_resize(), or not. */
	void (*resize_wanted)(void *user, struct oriel_display *display,
			int32_t width, int32_t height);

	/*
	 * Input; only from the peer that owns it, with ORIEL_MAY_INPUT. Keys,
	 * buttons and fingers that a peer held when it left are reported up
	 * before peer_left; the display that they name may have gone. Events
	 * repeat nothing: a key that is down does not go down again.
	 */
	void (*key)(void *user, struct oriel_peer *peer,
			const struct oriel_key *key);
	void (*pointer)(void *user, struct oriel_peer *peer,
			const struct oriel_pointer *pointer);
	void (*touch)(void *user, struct oriel_peer *peer,
			const struct oriel_touch *touch);
	/* Characters without a physical key, UTF-8. */
	void (*text)(void *user, struct oriel_peer *peer, const char *text);
	/* The lock keys at the client (oriel_locks), to be made the desktop's. */
	void (*locks)(void *user, struct oriel_peer *peer, uint32_t locks);

	/*
	 * A frame in memory that is not mapped could not be read: its file has
	 * become shorter (ORIEL_EIO). The frame is let go of; where it was not
	 * read the display stays as it was, and serves on. The next submit
	 * tries again.
	 */
	void (*frame_failed)(
			void *user, struct oriel_display *display, int error);

	/* Somebody listens to the desktop now, or nobody any more. */
	void (*sound_wanted)(void *user, bool wanted);
	/*
	 * The microphone of the peer that owns input, with ORIEL_MAY_SPEAK, is
	 * on, or off again. Take what it says with oriel_server_hear(). NULL:
	 * microphones are not wanted at all.
	 */
	void (*sound_in)(void *user, struct oriel_peer *peer, bool on);
	/*
	 * Clipboard; see oriel.h. The peer that owns the input offers these
	 * types, best first, or no longer any (count 0). Fetch one by
	 * oriel_clipboard_request() when somebody pastes.
	 */
	void (*clipboard_offered)(void *user, struct oriel_peer *peer,
			enum oriel_selection selection,
			const char *const *types, size_t count);
	/* What was offered is not used, and why; error as in clipboard_ended. */
	void (*clipboard_refused)(void *user, struct oriel_peer *peer,
			int error, const char *why);
	/* Somebody pastes there: write it, or refuse. NULL refuses. */
	void (*clipboard_wanted)(void *user, struct oriel_peer *peer,
			struct oriel_transfer *transfer);
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
	 * A peer offers a device, see oriel_usb_get_info(): only the one that
	 * owns input, with ORIEL_MAY_USB, and only what the rules allow.
	 * Answer with oriel_usb_answer(), now or later. NULL: peers are not
	 * asked for any.
	 */
	void (*usb_attached)(void *user, struct oriel_peer *peer,
			struct oriel_usb *usb);
	/* Bytes for the guest; oriel_usb_consumed() when it has them. */
	void (*usb_data)(void *user, struct oriel_usb *usb, const void *data,
			size_t n);
	/* oriel_usb_room() was 0 and is no more. */
	void (*usb_writable)(void *user, struct oriel_usb *usb);
	/*
	 * It is gone: unplugged, taken back, its right lost, or it broke a
	 * rule; why NULL: with its peer. Ends `usb`.
	 */
	void (*usb_detached)(
			void *user, struct oriel_usb *usb, const char *why);

	/*
	 * A printer beside the peer may be printed on from now on, or what is
	 * known of it has changed; or no longer. Only those of the peer that
	 * owns input, with ORIEL_MAY_PRINT. `printer` NULL: clients are not
	 * told that there is printing.
	 */
	void (*printer)(void *user, struct oriel_peer *peer,
			const struct oriel_printer *printer);
	void (*printer_gone)(void *user, struct oriel_peer *peer, uint32_t id);
	/* The job has room again: oriel_print_room(). */
	void (*print_ready)(void *user, struct oriel_print *print);
	/* A last state ends the job: it is freed when this returns. */
	void (*print_status)(void *user, struct oriel_print *print,
			const struct oriel_print_status *status);
};

/* ---- the server -------------------------------------------------------- */

enum oriel_server_flags {
	/* Never send a pixel that is not exact, not even for a moment. */
	ORIEL_SERVER_LOSSLESS = 1 << 0,
	/*
	 * Offer the login method NONE on unix: sockets and loopback; the host
	 * still has to answer with oriel_auth_use_none(). For tests.
	 */
	ORIEL_SERVER_OPEN = 1 << 1,
};

struct oriel_server_config {
	size_t size;
	uint32_t flags;
	const char *name; /* what clients show; NULL is "oriel" */
	const struct oriel_server_events *events;
	void *user; /* first argument of every event */
	const struct oriel_hooks *hooks;
	/*
	 * PEM text; no file is read. Without them tcp:// cannot be listened
	 * on; oriel_server_make_pair() makes a pair.
	 */
	const char *certificate, *private_key;
	/* 32 bytes that seal resumption tokens, NULL: new for each server. */
	const uint8_t *token_key;
	uint32_t workers;       /* encoder threads; 0 encodes inside dispatch */
	uint32_t max_peers;     /* 0 is 16 */
	uint64_t max_bandwidth; /* bytes a second to one peer; 0 is no limit */
	const char *congestion; /* TCP's: "bbr", "cubic"; NULL: bbr if allowed */
	/* One line of a TLS key log, for debugging: it opens every session. */
	void (*keylog)(void *user, const char *line);
	/*
	 * For tests of the exactness check: after this many commits to a peer
	 * one pixel of what it is believed to have is falsified. 0 is never.
	 */
	uint32_t test_desync;
	/*
	 * Which USB devices may come, in usbredir's syntax: CLASS,VENDOR,
	 * PRODUCT,VERSION,ALLOW|..., -1 is any, the first that fits counts.
	 * What no rule fits, and NULL: no class 02, 03, 09, 0a, 0b, e0, ef,
	 * fe; others may.
	 */
	const char *usb_rules;
};

/* Make a server that does not listen yet. Threads: any. */
ORIEL_API ORIEL_CHECK int oriel_server_create(struct oriel_server **out,
		const struct oriel_server_config *config);

/*
 * Say to every peer that the server shuts down, and listen no more. Viewers
 * that reconnect by themselves then look for the one that follows. Dispatch
 * until all have left, or for as long as that is worth. Threads: loop.
 */
ORIEL_API void oriel_server_shutdown(
		struct oriel_server *server, const char *why);
/*
 * End the server, its peers and displays. Joins its workers; does not call
 * events. Threads: loop, not from a callback.
 */
ORIEL_API void oriel_server_destroy(struct oriel_server *server);

/*
 * The one descriptor to watch for reading, from creation to destruction; it
 * also becomes readable for timers and for work finished by workers.
 * ORIEL_ENOTSUP where descriptors do not nest: use oriel_server_wait().
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
 * Accept peers on "tcp://HOST:PORT" (port 0: a free one) or "unix:PATH". May
 * be called for several addresses. The address in force, with the port, is
 * copied into actual[size] when that is not NULL. Threads: loop.
 */
ORIEL_API ORIEL_CHECK int oriel_server_listen(struct oriel_server *server,
		const char *address, char *actual, size_t size);

/*
 * Serve a connected stream socket, which becomes the server's on success.
 * For hosts that accept connections themselves, such as QEMU. Threads: loop.
 */
ORIEL_API ORIEL_CHECK int oriel_server_adopt(
		struct oriel_server *server, int socket);

/*
 * SHA-256 of the certificate's public key (SPKI): what viewers pin.
 * Threads: any.
 */
ORIEL_API ORIEL_CHECK int oriel_server_pin(
		const struct oriel_server *server, uint8_t sha256[32]);

/*
 * Make a self-signed ECDSA pair for `name` as PEM text; free both with
 * oriel_text_free(). Threads: any.
 */
ORIEL_API ORIEL_CHECK int oriel_server_make_pair(
		char **certificate, char **private_key, const char *name);
/* Wipe, then free. Threads: any. */
ORIEL_API void oriel_text_free(char *text);
/*
 * Days until the server's certificate expires; negative when it has.
 * Threads: any.
 */
ORIEL_API int32_t oriel_server_certificate_days(
		const struct oriel_server *server);

/*
 * Show a sentence to every peer; level 0 is information, 1 a warning, 2: the
 * desktop is gone. An empty text takes it back.
 */
ORIEL_API void oriel_server_notice(
		struct oriel_server *server, int level, const char *text);
/* The desktop's lock keys (oriel_locks), when they have changed. */
ORIEL_API void oriel_server_set_locks(
		struct oriel_server *server, uint32_t locks);
/* Whether the desktop takes relative motion only. */
ORIEL_API void oriel_server_set_relative(
		struct oriel_server *server, bool relative);

/* ---- encoders of video ------------------------------------------------- */

/* How moving pictures are coded; never renumbered. */
enum oriel_video {
	ORIEL_VIDEO_VP8 = 1,
	ORIEL_VIDEO_VP9 = 2,
	ORIEL_VIDEO_H264 = 3, /* Annex B, parameter sets in every keyframe */
};

/* A picture in three planes, 4:2:0, BT.709 of limited range. */
struct oriel_yuv {
	const uint8_t *plane[3]; /* Y, U, V */
	size_t stride[3];        /* bytes */
	int32_t width, height;   /* even */
};

struct oriel_encode {
	size_t size;
	uint64_t time; /* of capture */
	uint32_t bits; /* a second, the target; may change with every frame */
	bool keyframe; /* one that needs no other */
};

struct oriel_encoded {
	size_t size;
	const uint8_t *data; /* the encoder's, until it is called again */
	size_t bytes;        /* 0: it has left this one out */
	bool keyframe;
};

/*
 * An encoder that the host brings along: one that is faster, better, or in
 * hardware. Its frames need none but the one before, and come at once, in
 * order. It keeps to a quality; where the link has not the rate for that it is
 * asked for fewer frames. create and destroy are called in the loop thread,
 * encode there or, where the server has workers, in one of these: never two at
 * a time of the same state.
 */
struct oriel_encoder {
	size_t size;
	enum oriel_video codec;
	const char *name; /* for people */
	/*
	 * Pictures will have this size; up to `threads` threads are welcome.
	 * Both return 0 or a negative ORIEL_E code.
	 */
	int (*create)(void **state, void *user, int32_t width, int32_t height,
			uint32_t threads);
	int (*encode)(void *state, const struct oriel_yuv *picture,
			const struct oriel_encode *how,
			struct oriel_encoded *out);
	void (*destroy)(void *state);
};

/*
 * Use this one rather than the library's own, and than those added before, for
 * peers that can decode its codec; where it fails the others take over. The
 * table is copied. At most 8, before the first peer. Threads: loop.
 */
ORIEL_API ORIEL_CHECK int oriel_server_add_encoder(struct oriel_server *server,
		const struct oriel_encoder *encoder, void *user);

/* ---- letting peers in -------------------------------------------------- */
/*
 * An auth lives from auth_wanted until it is answered, or until the peer
 * leaves. Who answers later takes a reference: of an auth whose peer has left
 * all calls are then harmless.
 */

ORIEL_API struct oriel_auth *oriel_auth_ref(struct oriel_auth *auth);
ORIEL_API void oriel_auth_unref(struct oriel_auth *auth);

/* The name the peer claims: "oriel" when it gives none, "ticket" with one. */
ORIEL_API const char *oriel_auth_name(const struct oriel_auth *auth);
/* Where it comes from, "192.0.2.7:40123". */
ORIEL_API const char *oriel_auth_address(const struct oriel_auth *auth);

/* It must know this password, which is read before the call returns. */
ORIEL_API ORIEL_CHECK int oriel_auth_use_password(
		struct oriel_auth *auth, const char *password);
/*
 * It must know the password behind "SCRAM-SHA-256$ITER:SALT$STORED:SERVER"
 * (RFC 5803). ORIEL_EINVAL when that is not one.
 */
ORIEL_API ORIEL_CHECK int oriel_auth_use_verifier(
		struct oriel_auth *auth, const char *verifier);
/*
 * No proof. ORIEL_EDENIED unless the server is ORIEL_SERVER_OPEN and the peer
 * is on a unix: socket or loopback and chose the method NONE.
 */
ORIEL_API ORIEL_CHECK int oriel_auth_use_none(struct oriel_auth *auth);
/*
 * There is no such user. The peer learns that after its proof only, in the
 * way that a wrong password fails.
 */
ORIEL_API void oriel_auth_reject(struct oriel_auth *auth, const char *why);
/*
 * After auth_proved: it has proved to be who logged in here before, and is
 * coming back; not that it knows what it logged in with then.
 */
ORIEL_API bool oriel_auth_is_resumed(const struct oriel_auth *auth);
/*
 * After auth_proved: the peer that this one will replace when it is accepted,
 * for it resumes the other's session; NULL: it will be one more.
 */
ORIEL_API const struct oriel_peer *oriel_auth_replaces(
		const struct oriel_auth *auth);
/* In peer_joined: the same. That one's peer_left follows. */
ORIEL_API const struct oriel_peer *oriel_peer_replaces(
		const struct oriel_peer *peer);
/* After auth_proved: let it in with these rights. */
ORIEL_API void oriel_auth_accept(struct oriel_auth *auth, uint32_t rights);

/*
 * "SCRAM-SHA-256$..." for a password, to be kept instead of it, in
 * out[size]; 256 bytes are enough. Takes some 20 ms. Threads: any.
 */
ORIEL_API ORIEL_CHECK int oriel_make_verifier(
		char *out, size_t size, const char *password);

/* ---- peers ------------------------------------------------------------- */
/* A peer lives from peer_joined until peer_left returns. Threads: loop. */

/* What the client calls itself: any text, for people. */
ORIEL_API const char *oriel_peer_name(const struct oriel_peer *peer);
/* Who has logged in. */
ORIEL_API const char *oriel_peer_user(const struct oriel_peer *peer);
/* As oriel_auth_address(). */
ORIEL_API const char *oriel_peer_address(const struct oriel_peer *peer);
ORIEL_API uint32_t oriel_peer_rights(const struct oriel_peer *peer);
/* It has these from now on, and is told. */
ORIEL_API void oriel_peer_set_rights(struct oriel_peer *peer, uint32_t rights);
/* A pointer of the host's. */
ORIEL_API void oriel_peer_set_data(struct oriel_peer *peer, void *data);
ORIEL_API void *oriel_peer_data(const struct oriel_peer *peer);
/* Set stats->size before. */
ORIEL_API void oriel_peer_stats(
		const struct oriel_peer *peer, struct oriel_stats *stats);
/* Say goodbye, then close. `why` is shown to the user, may be NULL. */
ORIEL_API void oriel_peer_close(struct oriel_peer *peer, const char *why);
/*
 * Rules as config.usb_rules that hold for this peer as well, from now on: both
 * must allow a device. What none of these fits is left to those. ORIEL_EINVAL
 * when they are no rules.
 */
ORIEL_API ORIEL_CHECK int oriel_peer_set_usb_rules(
		struct oriel_peer *peer, const char *rules);
/* Answer usb_attached; WAITING may be followed by another answer. */
ORIEL_API void oriel_usb_answer(struct oriel_usb *usb,
		enum oriel_usb_answer answer, const char *why);
/* Whose it is. */
ORIEL_API struct oriel_peer *oriel_usb_peer(const struct oriel_usb *usb);

/* ---- memory ------------------------------------------------------------ */

/*
 * The first `size` bytes of a file of memory (memfd_create(), shm_open()), for
 * frames to be in; whoever holds it too, a guest for example, may write while
 * it is read, and do worse:
 *
 * With F_SEAL_SHRINK the file can not become shorter, and is mapped, for
 * reading only. Without it, and where it is in huge pages, it is never
 * mapped: of each frame that is sent the damage is read into the library's
 * own memory, and a file that has become too short for that is an error
 * (frame_failed), not a SIGBUS.
 *
 * The descriptor must be readable and stays the caller's, who may close it at
 * once. Starts with one reference. ORIEL_EINVAL for a descriptor that can not
 * be read, for a file shorter than size and for size 0; ORIEL_ENOTSUP for a
 * file that is not in memory; ORIEL_ELIMIT when the process is out of
 * descriptors; ORIEL_ENOMEM. Threads: any.
 */
ORIEL_API ORIEL_CHECK int oriel_memory_create(struct oriel_memory **out,
		struct oriel_server *server, int fd, uint64_t size);

/* Each frame in it holds a reference of its own. Threads: any. */
ORIEL_API struct oriel_memory *oriel_memory_ref(struct oriel_memory *memory);
ORIEL_API void oriel_memory_unref(struct oriel_memory *memory);
/* Whether it is mapped: then no read can fail. Threads: any. */
ORIEL_API bool oriel_memory_is_mapped(const struct oriel_memory *memory);

/* ---- frames ------------------------------------------------------------ */

enum oriel_frame_flags {
	/*
	 * The pixels may change while they are read (guest memory): a tear is
	 * possible, and mended by the next damage. Without it a frame is
	 * immutable until it is released.
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
	/*
	 * Where the pixels are when pixels.data is NULL: in this memory, from
	 * the byte `offset` on. It belongs to the same server.
	 */
	struct oriel_memory *memory;
	uint64_t offset;
};

/*
 * Wrap pixels without copying them. Starts with one reference. ORIEL_EINVAL
 * for pixels that make no sense, or are not wholly inside the memory;
 * ORIEL_ENOTSUP for a format that is not served (XRGB2101010). On failure
 * release is not called. Threads: any.
 */
ORIEL_API ORIEL_CHECK int oriel_frame_create(struct oriel_frame **out,
		struct oriel_server *server,
		const struct oriel_frame_config *config);

/* Threads: any. */
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

/* Show peers another screen, black at first. At most 16. Threads: loop. */
ORIEL_API ORIEL_CHECK int oriel_display_create(struct oriel_display **out,
		struct oriel_server *server,
		const struct oriel_display_config *config);
/* Peers see it go. */
ORIEL_API void oriel_display_destroy(struct oriel_display *display);
/* What `display` of pointer and touch events says, 0 to 15. */
ORIEL_API uint32_t oriel_display_id(const struct oriel_display *display);
/* A pointer of the host's. */
ORIEL_API void oriel_display_set_data(
		struct oriel_display *display, void *data);
ORIEL_API void *oriel_display_data(const struct oriel_display *display);

/*
 * Move or resize. Frames submitted from now on have the new size; on failure
 * (EINVAL, ENOMEM) the display is as before.
 */
ORIEL_API ORIEL_CHECK int oriel_display_resize(struct oriel_display *display,
		int32_t x, int32_t y, int32_t width, int32_t height);

/*
 * Show `frame`, which differs from the one before inside `damage` only
 * (count 0: everywhere). Keeps its own reference, until the frame is replaced
 * or has been compared. A frame that no peer had time for is skipped, its
 * damage is not. ORIEL_EINVAL when the frame's size is not the display's;
 * damage is clipped, and rounded out to cells of 16 x 16; in a row of cells all
 * from the leftmost to the rightmost counts. No pixel is read before dispatch,
 * and none outside of that. ORIEL_ENOMEM. Threads: loop.
 */
ORIEL_API ORIEL_CHECK int oriel_display_submit(struct oriel_display *display,
		struct oriel_frame *frame, const struct oriel_rect *damage,
		size_t count);

/*
 * Replace a rectangle with `pixels`, its upper left corner at (x, y): compared
 * and copied before the call returns, nothing is kept. `time` is that of
 * capture, 0 is now. ORIEL_EINVAL when it is not inside the display. To be
 * used instead of submit, not beside it. Threads: loop.
 */
ORIEL_API ORIEL_CHECK int oriel_display_patch(struct oriel_display *display,
		const struct oriel_pixels *pixels, int32_t x, int32_t y,
		uint64_t time);

/*
 * Whether a peer could be sent something of this display at once, or it has to
 * be seen whether a video plays. A source that has to fetch its pixels may put
 * that off until frame_wanted; what it fetches then is newer.
 */
ORIEL_API bool oriel_display_wanted(const struct oriel_display *display);

/* The pointer's picture, at most 256 x 256 ARGB8888; NULL hides it. */
ORIEL_API ORIEL_CHECK int oriel_server_set_cursor(struct oriel_server *server,
		const struct oriel_pixels *image, int32_t hot_x, int32_t hot_y);
/* Where the desktop put the pointer, when it was not a peer that did. */
ORIEL_API void oriel_display_warp_cursor(
		struct oriel_display *display, int32_t x, int32_t y);

/* ---- sound ------------------------------------------------------------- */

/*
 * Let peers hear something. At most 4 streams, which they mix. ORIEL_EINVAL,
 * ORIEL_ELIMIT, ORIEL_ENOMEM.
 */
ORIEL_API ORIEL_CHECK int oriel_sound_create(struct oriel_sound **out,
		struct oriel_server *server,
		const struct oriel_sound_format *format);
/* Nobody may be inside of oriel_sound_write() any more. */
ORIEL_API void oriel_sound_destroy(struct oriel_sound *sound);
/*
 * Queue samples, the first of which was captured at `time` (0: they end now).
 * Best 10 ms at a time or less; none says that nothing follows for now. Late
 * sound is dropped, not played late: ORIEL_ELIMIT. What is silent, or heard by
 * nobody, costs next to nothing. Never waits. Threads: any, one at a time for
 * one stream.
 */
ORIEL_API ORIEL_CHECK int oriel_sound_write(struct oriel_sound *sound,
		const int16_t *samples, size_t frames, uint64_t time);
/* How loud the desktop wants it, of 256; as it is unless said. */
ORIEL_API void oriel_sound_set_volume(
		struct oriel_sound *sound, uint32_t left, uint32_t right);

/*
 * Something in the desktop listens to a microphone, or no longer: who owns
 * input is told, and may switch it on.
 */
ORIEL_API void oriel_server_want_microphone(
		struct oriel_server *server, bool wanted);
/*
 * Fill `samples` with what the microphone says, to be used right now; silence
 * when there is none, then it returns false. All frames are always written.
 * Wait-free. Threads: any, one at a time.
 */
ORIEL_API bool oriel_server_hear(struct oriel_server *server,
		const struct oriel_sound_format *format, int16_t *samples,
		size_t frames);

/* ---- clipboard --------------------------------------------------------- */

/*
 * What the desktop has to be pasted: told to the peer that owns the input and
 * has ORIEL_MAY_COPY, whoever that will be; count 0 takes it back. EINVAL for
 * types that are none, or too many.
 */
ORIEL_API ORIEL_CHECK int oriel_clipboard_offer(struct oriel_server *server,
		enum oriel_selection selection, const char *const *types,
		size_t count);
/*
 * Fetch what a peer has offered. ORIEL_ESTATE: it offers nothing any more;
 * ORIEL_ENOTSUP: not this type; ORIEL_EDENIED without ORIEL_MAY_PASTE;
 * ORIEL_ELIMIT: four transfers are on their way already.
 */
ORIEL_API ORIEL_CHECK int oriel_clipboard_request(struct oriel_transfer **out,
		struct oriel_peer *peer, enum oriel_selection selection,
		const char *type);
/* The peer that owns the input, and with it the clipboard, or NULL. */
ORIEL_API struct oriel_peer *oriel_server_owner(
		const struct oriel_server *server);
/* Tell a peer why what it offered is not used. */
ORIEL_API void oriel_clipboard_refuse(
		struct oriel_peer *peer, int error, const char *why);

/* ---- printing ---------------------------------------------------------- */

/*
 * Print on a printer that an event has told of. ORIEL_EINVAL when there is no
 * such printer, or it does not take the format; ORIEL_ELIMIT when 16 jobs are
 * on their way to this peer; ORIEL_ENOMEM. A job outlives a lost line: it goes
 * on when the same client comes back, and fails when that has not happened
 * after ten minutes. Threads: loop.
 */
ORIEL_API ORIEL_CHECK int oriel_print_create(struct oriel_print **out,
		struct oriel_peer *peer, const struct oriel_print_job *job);
/* Bytes that oriel_print_write() would take now. */
ORIEL_API size_t oriel_print_room(const struct oriel_print *print);
/* Append. Takes all of it, or returns ORIEL_ELIMIT: wait for print_ready. */
ORIEL_API ORIEL_CHECK int oriel_print_write(
		struct oriel_print *print, const void *data, size_t bytes);
/* There is no more; print_status tells how it ends. */
ORIEL_API ORIEL_CHECK int oriel_print_finish(struct oriel_print *print);
/* Drop the job, with no further event: the client is told. */
ORIEL_API void oriel_print_destroy(struct oriel_print *print);
ORIEL_API void oriel_print_set_data(struct oriel_print *print, void *data);
ORIEL_API void *oriel_print_data(const struct oriel_print *print);

#ifdef __cplusplus
}
#endif

#endif
