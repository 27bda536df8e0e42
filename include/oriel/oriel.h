/*
 * oriel.h - what the Oriel server and client libraries share.
 *
 * The rules below hold for every function in <oriel/...>; a function says
 * so when it departs from one.
 *
 * Errors     Functions that can fail return 0, or a negative ORIEL_E code.
 *            The result, when there is one, is written through the first
 *            parameter; on failure it is left untouched.
 * Ownership  create/destroy make and end an object; ref/unref share one.
 *            destroy and unref accept NULL. A pointer passed to a callback
 *            is valid until the callback returns. A pointer passed to the
 *            library is read before the call returns and then forgotten.
 * Threads    "loop" functions may be called from one thread at a time, the
 *            one that calls ..._dispatch(). "any" functions may be called
 *            from every thread. A function that names neither is a loop
 *            function. Callbacks run inside ..._dispatch() and nowhere
 *            else, whatever threads work below. Handles share no state.
 * Callbacks  may call every function of their handle except its destroy.
 *            Objects ended inside a callback are freed after it returns.
 * ABI        Structs that callers fill in begin with `size`; set it to
 *            sizeof the struct. Zero is the default of every other field,
 *            and new fields are only added at the end.
 * Units      Pixels, bytes and nanoseconds of a monotonic clock. Text is
 *            UTF-8 and ends with NUL. Rectangles are half open.
 */
#ifndef ORIEL_H
#define ORIEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define ORIEL_API __attribute__((visibility("default")))
#define ORIEL_CHECK __attribute__((warn_unused_result))
#else
#define ORIEL_API
#define ORIEL_CHECK
#endif

#define ORIEL_VERSION 0x000100 /* 0xMMmmpp; compare with oriel_version() */

/* Version of the library that is loaded, as ORIEL_VERSION. Threads: any. */
ORIEL_API unsigned oriel_version(void);

/* ---- errors ------------------------------------------------------------ */

/* clang-format off */
#define ORIEL_ERRORS(X) \
	X(NOMEM,   -1, "out of memory") \
	X(INVAL,   -2, "invalid argument") \
	X(STATE,   -3, "not possible in this state") \
	X(LIMIT,   -4, "limit exceeded") \
	X(NOTSUP,  -5, "not supported by this build or by the peer") \
	X(IO,      -6, "input/output error") \
	X(CLOSED,  -7, "connection closed") \
	X(TIMEOUT, -8, "timed out") \
	X(VERSION, -9, "no protocol version in common") \
	X(TLS,    -10, "secure channel could not be set up") \
	X(AUTH,   -11, "authentication failed") \
	X(DENIED, -12, "not permitted to this peer") \
	X(PROTO,  -13, "peer violated the protocol")
/* clang-format on */

enum oriel_error {
	ORIEL_OK = 0,
#define X(name, value, text) ORIEL_E##name = value,
	ORIEL_ERRORS(X)
#undef X
};

/* English text for a code; never NULL, never freed. Threads: any. */
ORIEL_API const char *oriel_strerror(int error);

/* ---- what the library asks of its host --------------------------------- */

enum oriel_log_level {
	ORIEL_LOG_NONE,
	ORIEL_LOG_ERROR, /* something asked for did not happen */
	ORIEL_LOG_WARN,  /* a peer misbehaved, or quality suffers */
	ORIEL_LOG_INFO,  /* once per connection, display, device */
	ORIEL_LOG_DEBUG, /* once per message */
};

/*
 * Hooks replace the C library where the host wants its own. Each may be
 * NULL. They are called from the loop thread and from the workers, so they
 * must be thread-safe if the handle is given workers.
 */
struct oriel_hooks {
	size_t size;
	void *user; /* first argument of every hook */

	void *(*alloc)(void *user, size_t bytes);
	void *(*resize)(void *user, void *ptr, size_t bytes);
	void (*release)(void *user, void *ptr);

	/* One line, no newline. Secrets and screen content are never logged. */
	void (*log)(void *user, enum oriel_log_level level, const char *topic,
			const char *text);
	enum oriel_log_level log_level; /* lines above it are not formatted */

	/* Monotonic clock; lets tests and simulators own time. */
	uint64_t (*now)(void *user);

	/* Cryptographic randomness. Returns 0 or a negative ORIEL_E code. */
	int (*random)(void *user, void *buf, size_t bytes);
};

/* ---- geometry and pixels ----------------------------------------------- */

struct oriel_rect {
	int32_t x, y, width, height;
};

/* 32-bit little-endian words, named from the high byte as in drm_fourcc.h. */
enum oriel_format {
	ORIEL_FORMAT_XRGB8888 = 1,
	ORIEL_FORMAT_ARGB8888, /* premultiplied */
	ORIEL_FORMAT_XBGR8888,
	ORIEL_FORMAT_XRGB2101010,
};

/* A view of pixels that somebody else owns. */
struct oriel_pixels {
	const void *data;
	int32_t width, height;
	int32_t stride; /* bytes from one row to the next, never negative */
	enum oriel_format format;
};

/* ---- input, as the wire carries it ------------------------------------- */

struct oriel_key {
	uint32_t usage; /* USB HID usage: page << 16 | id, e.g. 0x070004 = A */
	bool down;
	uint32_t keysym; /* X keysym it has at the client, 0 is unknown */
	uint64_t time;   /* 0 is now */
};

enum oriel_pointer_flags {
	ORIEL_POINTER_RELATIVE = 1 << 0, /* x, y are motion in 1/256 pixel */
};

enum oriel_locks {
	ORIEL_LOCK_CAPS = 1 << 0,
	ORIEL_LOCK_NUM = 1 << 1,
	ORIEL_LOCK_SCROLL = 1 << 2,
};

struct oriel_pointer {
	uint32_t display;
	uint32_t flags;
	int32_t x, y;             /* absolute: pixels of the display */
	uint32_t buttons;         /* all that are down: bit n is button n + 1
				     of the HID page: left, right, middle */
	int16_t wheel_x, wheel_y; /* 120 a notch; right and up are positive */
	uint64_t time;            /* 0 is now */
};

enum oriel_touch_phase {
	ORIEL_TOUCH_DOWN,
	ORIEL_TOUCH_MOVED,
	ORIEL_TOUCH_UP,
};

struct oriel_touch {
	uint32_t display;
	uint32_t contact; /* the same from down to up */
	enum oriel_touch_phase phase;
	int32_t x, y;
	uint64_t time; /* 0 is now */
};

/* ---- sound ------------------------------------------------------------- */

struct oriel_sound_format {
	uint32_t rate;     /* 8000 to 192000 */
	uint32_t channels; /* 1 or 2, interleaved signed 16 bit */
};

/* ---- USB devices, as both ends see them -------------------------------- */

struct oriel_usb; /* one device at a client, and the pipe to it */

enum { ORIEL_USB_INTERFACES = 32 };

struct oriel_usb_interface {
	uint8_t interface_class, subclass, protocol;
};

struct oriel_usb_info {
	size_t size;
	uint16_t vendor, product, release;
	uint8_t device_class, device_subclass, device_protocol;
	uint8_t speed; /* 0 unknown, 1 low, 2 full, 3 high, 4 super */
	uint32_t interface_count;
	struct oriel_usb_interface interfaces[ORIEL_USB_INTERFACES];
	char name[128]; /* for people */
};

enum oriel_usb_answer {
	ORIEL_USB_OPEN,    /* bytes flow */
	ORIEL_USB_WAITING, /* for a place where it can be plugged in */
	ORIEL_USB_REFUSED,
};

/*
 * The pipe carries the usbredir protocol: at the client's end is the device
 * (usbredir's usb-host), at the server's the desktop (its usb-guest). At both
 * ends the library lets pass what keeps to that protocol and is of a device
 * that the rules allow, in whole packets, and ends the device otherwise. A
 * device lives until usb_detached or usb_answered(REFUSED) returns, or until
 * oriel_usb_detach(). Threads: loop.
 */

/*
 * Bytes of this end's usb-host or usb-guest. ORIEL_ESTATE before it is open;
 * ORIEL_ELIMIT when n is more than oriel_usb_room(), nothing is taken then;
 * ORIEL_EPROTO or ORIEL_EDENIED when they must not pass: `usb` has then ended,
 * without usb_detached, and the log says why.
 */
ORIEL_API ORIEL_CHECK int oriel_usb_send(
		struct oriel_usb *usb, const void *data, size_t n);
/* How much that takes now; usb_writable tells when it was 0 and is no more. */
ORIEL_API size_t oriel_usb_room(const struct oriel_usb *usb);
/* Bytes of usb_data that have been used up: others may come in their place. */
ORIEL_API void oriel_usb_consumed(struct oriel_usb *usb, size_t n);
/* Take it back, or give it back. Ends `usb`; `why` is for people, or NULL. */
ORIEL_API void oriel_usb_detach(struct oriel_usb *usb, const char *why);
/* What the device says that it is. Set info->size before. */
ORIEL_API void oriel_usb_get_info(
		const struct oriel_usb *usb, struct oriel_usb_info *info);
/* A pointer of the host's. */
ORIEL_API void oriel_usb_set_data(struct oriel_usb *usb, void *data);
ORIEL_API void *oriel_usb_data(const struct oriel_usb *usb);

/*
 * Whether rules (as config.usb_rules) allow a device: 0, ORIEL_EDENIED and
 * why, a sentence, or ORIEL_EINVAL when they are no rules. Threads: any.
 */
ORIEL_API ORIEL_CHECK int oriel_usb_check(const char *rules,
		const struct oriel_usb_info *info, char *why, size_t size);

/* ---- rights ------------------------------------------------------------ */

/* What a peer may do. Nothing is granted that is not named. */
enum oriel_rights {
	ORIEL_MAY_SEE = 1 << 0,
	ORIEL_MAY_HEAR = 1 << 1,
	ORIEL_MAY_INPUT = 1 << 2,
	ORIEL_MAY_SPEAK = 1 << 3,  /* into its microphone */
	ORIEL_MAY_COPY = 1 << 4,   /* clipboard, desktop to peer */
	ORIEL_MAY_PASTE = 1 << 5,  /* clipboard, peer to desktop */
	ORIEL_MAY_USB = 1 << 6,    /* give its devices to the desktop */
	ORIEL_MAY_PRINT = 1 << 7,  /* the desktop on its printers */
	ORIEL_MAY_RESIZE = 1 << 8, /* ask for another size of a display */
};

/* ---- clipboard --------------------------------------------------------- */
/*
 * An offer says which types there are; the bytes of one travel when somebody
 * pastes, as a transfer. Types are MIME types, 1 to 127 characters without a
 * space: "text/plain;charset=utf-8", "image/png". Bytes are passed on as they
 * are, line ends included. The newest offer of the two ends is the one that
 * holds, and both agree on which that is.
 *
 * A transfer lives until it is finished, refused or cancelled here, or until
 * clipboard_ended has returned. Threads: loop.
 */

struct oriel_transfer;

enum oriel_selection {
	ORIEL_SELECTION_CLIPBOARD,
	ORIEL_SELECTION_PRIMARY, /* what is marked, where that is pasted */
	ORIEL_SELECTIONS,
};

/* How the total of a transfer is meant. */
enum oriel_total {
	ORIEL_TOTAL_UNKNOWN,
	ORIEL_TOTAL_AT_LEAST,
	ORIEL_TOTAL_EXACT,
};

enum { ORIEL_TYPES_MAX = 32, ORIEL_TYPE_MAX = 127 };

/* Of which selection, and which of the types that were offered. */
ORIEL_API enum oriel_selection oriel_transfer_selection(
		const struct oriel_transfer *transfer);
ORIEL_API const char *oriel_transfer_type(
		const struct oriel_transfer *transfer);
/* A pointer of the host's. */
ORIEL_API void oriel_transfer_set_data(
		struct oriel_transfer *transfer, void *data);
ORIEL_API void *oriel_transfer_data(const struct oriel_transfer *transfer);
/* How many bytes have been written, or have come. */
ORIEL_API uint64_t oriel_transfer_done(const struct oriel_transfer *transfer);
/* How many there will be, 0 is not known. */
ORIEL_API uint64_t oriel_transfer_total(const struct oriel_transfer *transfer);
/*
 * No more than this; 0 is what it is without: 256 MiB. For the one that gives
 * begin and write then say ORIEL_ELIMIT; the one that takes hears
 * clipboard_ended with it.
 */
ORIEL_API void oriel_transfer_set_limit(
		struct oriel_transfer *transfer, uint64_t bytes);

/*
 * Answers to clipboard_wanted, now or later: begin (which may be left out: not
 * known), then write until all is written, then finish; or refuse. write takes
 * what there is room for and returns how much, 0 to n; after less than n
 * clipboard_ready tells when to go on. Negative: an ORIEL_E code; the transfer
 * is then still to be refused.
 */
ORIEL_API ORIEL_CHECK int oriel_transfer_begin(struct oriel_transfer *transfer,
		enum oriel_total kind, uint64_t total);
ORIEL_API ORIEL_CHECK int64_t oriel_transfer_write(
		struct oriel_transfer *transfer, const void *data, size_t n);
/*
 * All has been written. When an exact total was promised that was not reached,
 * the transfer is refused instead. Ends it.
 */
ORIEL_API void oriel_transfer_finish(struct oriel_transfer *transfer);
/*
 * Not, or not to its end: error is ORIEL_EDENIED, _ELIMIT, _ENOTSUP (no such
 * type), _ESTATE (no longer), _ETIMEOUT or another, that is a failure; why is
 * for the user and may be NULL. Ends it.
 */
ORIEL_API void oriel_transfer_refuse(
		struct oriel_transfer *transfer, int error, const char *why);

/*
 * So many bytes that clipboard_data brought are kept no longer. What is not
 * used is not sent more of: at most 256 KiB wait at either end.
 */
ORIEL_API void oriel_transfer_used(struct oriel_transfer *transfer, size_t n);
/* No more of it is wanted. Ends it. */
ORIEL_API void oriel_transfer_cancel(struct oriel_transfer *transfer);

/* ---- printing ---------------------------------------------------------- */

/*
 * A printer is told of in these words and numbers alone, never in a print
 * system's own attributes. Lengths are hundredths of a millimetre.
 */
enum {
	ORIEL_PRINTERS_MAX = 16,     /* that a client tells of */
	ORIEL_PRINTER_NAME_MAX = 64, /* bytes, without the NUL */
	ORIEL_PRINT_SIZES_MAX = 32,  /* of paper, of one printer */
	ORIEL_PRINT_TITLE_MAX = 256,
	ORIEL_PRINT_TEXT_MAX = 256,
	ORIEL_PRINT_PIECE_MAX = 16360, /* of what print_data brings */
};

enum oriel_print_format {
	ORIEL_PRINT_PWG = 1 << 0, /* image/pwg-raster */
	ORIEL_PRINT_JPEG = 1 << 1,
	ORIEL_PRINT_PDF = 1 << 2,
};

/* 0 in a job is "as usual", for all of these. */
enum oriel_print_colour {
	ORIEL_PRINT_GREY = 1 << 0,
	ORIEL_PRINT_COLOUR = 1 << 1,
};

enum oriel_print_sides {
	ORIEL_PRINT_ONE_SIDE = 1 << 0,
	ORIEL_PRINT_LONG_EDGE = 1 << 1,
	ORIEL_PRINT_SHORT_EDGE = 1 << 2,
};

enum oriel_print_quality {
	ORIEL_PRINT_DRAFT = 1 << 0,
	ORIEL_PRINT_NORMAL = 1 << 1,
	ORIEL_PRINT_HIGH = 1 << 2,
};

enum oriel_print_resolution {
	ORIEL_PRINT_150 = 1 << 0, /* dots an inch */
	ORIEL_PRINT_200 = 1 << 1,
	ORIEL_PRINT_300 = 1 << 2,
	ORIEL_PRINT_360 = 1 << 3,
	ORIEL_PRINT_600 = 1 << 4,
	ORIEL_PRINT_720 = 1 << 5,
	ORIEL_PRINT_1200 = 1 << 6,
};

/* Why a printer has stopped, or a job is not done. */
enum oriel_print_reason {
	ORIEL_PRINT_NO_PAPER = 1 << 0,
	ORIEL_PRINT_JAM = 1 << 1,
	ORIEL_PRINT_NO_INK = 1 << 2,
	ORIEL_PRINT_COVER_OPEN = 1 << 3,
	ORIEL_PRINT_OFFLINE = 1 << 4,
	ORIEL_PRINT_PAUSED = 1 << 5,
	ORIEL_PRINT_REFUSED = 1 << 6,   /* by the person, or a policy */
	ORIEL_PRINT_TOO_MUCH = 1 << 7,  /* bytes, or jobs */
	ORIEL_PRINT_LINK_LOST = 1 << 8, /* what happened is not known */
	ORIEL_PRINT_OTHER = 1 << 9,
};

enum oriel_print_state {
	ORIEL_PRINT_WAITING, /* for a person, or for other jobs */
	ORIEL_PRINT_RUNNING,
	ORIEL_PRINT_STOPPED, /* until somebody does something */
	ORIEL_PRINT_DONE,    /* this one and those below are the last */
	ORIEL_PRINT_CANCELLED,
	ORIEL_PRINT_FAILED,
};

struct oriel_print_size {
	int32_t width, length; /* 1000 to 200000 */
};

struct oriel_printer {
	size_t size;
	uint32_t id;      /* below ORIEL_PRINTERS_MAX; the client's choice */
	const char *name; /* for people */
	bool standard;    /* the person's default */
	uint32_t formats, colours, sides, qualities, resolutions; /* bits */
	int32_t margin_x, margin_y; /* 0 to 5000 */
	const struct oriel_print_size *media;
	uint32_t n_media;             /* at least 1 */
	uint32_t usual;               /* which of them, unless told otherwise */
	enum oriel_print_state state; /* WAITING, RUNNING or STOPPED */
	uint32_t reasons;             /* oriel_print_reason */
};

struct oriel_print_job {
	size_t size;
	uint32_t printer;
	uint32_t format;
	const char *title; /* for people; it may say anything */
	uint32_t copies;   /* 1 to 999; 0 is 1 */
	uint32_t colour, side, quality;
	uint32_t resolution;           /* dots an inch */
	struct oriel_print_size media; /* 0, 0: as usual */
	uint32_t first, last;          /* pages of a PDF; 0, 0: all */
};

struct oriel_print_status {
	size_t size;
	enum oriel_print_state state;
	uint32_t reasons; /* oriel_print_reason */
	const char *text; /* for people, may be "" */
};

/* ---- statistics -------------------------------------------------------- */

enum { ORIEL_STAT_CHANNELS = 7 };

/* How pixels travel. */
enum oriel_codec {
	ORIEL_CODEC_COPY,    /* moved, from another place of the display */
	ORIEL_CODEC_HCX,     /* lossless, text and interfaces */
	ORIEL_CODEC_RES,     /* lossless, photographs */
	ORIEL_CODEC_JPEG,    /* pictures for the first moment */
	ORIEL_CODEC_PREVIEW, /* the same, coarser still */
	ORIEL_CODEC_VIDEO,   /* moving pictures */
	ORIEL_STAT_CODECS = 8,
};

/* Why a cell was coded as it was. */
enum oriel_decision {
	/* As text or interface, because: */
	ORIEL_DECISION_FLAT = 1, /* neighbours are equal too often */
	ORIEL_DECISION_COLOURS,  /* it has few colours */
	ORIEL_DECISION_FORETOLD, /* it repeats itself */
	/* Exactly though the link was too thin for what is around it: */
	ORIEL_DECISION_STROKES, /* it has hard edges of one ink */
	ORIEL_DECISION_BESIDE,  /* it is beside such a cell */
	ORIEL_DECISION_HISTORY, /* it was text a moment ago */
	/* As a picture: */
	ORIEL_DECISION_PICTURE, /* exactly */
	ORIEL_DECISION_LARGE,   /* lossy: the change was large for the link */
	ORIEL_DECISION_AGAIN,   /* lossy: it changes again and again */
	ORIEL_DECISION_SHARPER, /* lossy, in place of a preview */
	ORIEL_STAT_DECISIONS = 16,
};

/*
 * Of one connection, since it began. Set `size` before the call; it is filled
 * up to there, and fields only ever grow at the end. Times are ns.
 */
struct oriel_stats {
	size_t size;
	uint64_t bytes_in, bytes_out; /* on the socket, TLS records included */
	/* By channel: control, sound, cursor, display, usb, clipboard, print. */
	uint64_t channel_in[ORIEL_STAT_CHANNELS];
	uint64_t channel_out[ORIEL_STAT_CHANNELS];
	uint64_t rtt, min_rtt;
	uint64_t bandwidth; /* estimate, bytes a second */
	uint64_t updates;   /* commits sent or received */
	uint64_t frames_shown;
	uint64_t frames_skipped; /* submitted, but replaced before they went */
	uint64_t skipped_link;   /* ... because the link had no room */
	uint64_t skipped_client; /* ... because the client was behind */
	uint64_t codec_time;     /* encoding (server) or decoding (client) */
	uint64_t codec_cells;    /* cells of 16 x 16 in that time */
	uint64_t copied_bytes;   /* pixels copied on their way, in bytes */
	uint64_t checks, resets; /* exactness checks, and how many failed */
	/* Capture to shown, of the last 1024 updates. */
	uint64_t latency_p50, latency_p95, latency_p99;
	uint64_t input_p50; /* input to the update that shows it (client) */
	bool exact;         /* all displays, proved by the client's own hash */
	/* From the last change until it was proved exact; 0: not yet. */
	uint64_t lossless_after;
	char congestion[16]; /* congestion control in force */
	uint64_t codec_area[ORIEL_STAT_CODECS]; /* pixels decoded (client) */
	/* Cells by oriel_decision; a client knows those of lossy ones. */
	uint64_t decisions[ORIEL_STAT_DECISIONS];
	/* Sound, as it is heard (client). Frames are 48000 a second. */
	uint64_t sound_delay; /* from capture to hear(), ns; 0: silence */
	uint64_t sound_store; /* of that, kept against lateness */
	uint64_t sound_packets;
	uint64_t sound_concealed; /* frames made up */
	uint64_t sound_gaps;      /* more than 20 ms of them together */
	uint64_t sound_skipped;   /* frames left out, to catch up */
	int64_t sound_drift;      /* speed, parts in a million above 1 */
};

#ifdef __cplusplus
}
#endif

#endif
