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

/* ---- rights ------------------------------------------------------------ */

/* What a peer may do. Nothing is granted that is not named. */
enum oriel_rights {
	ORIEL_MAY_SEE = 1 << 0,
	ORIEL_MAY_HEAR = 1 << 1,
	ORIEL_MAY_INPUT = 1 << 2,
	ORIEL_MAY_SPEAK = 1 << 3,
	ORIEL_MAY_COPY = 1 << 4,  /* clipboard, desktop to peer */
	ORIEL_MAY_PASTE = 1 << 5, /* clipboard, peer to desktop */
	ORIEL_MAY_USB = 1 << 6,
	ORIEL_MAY_PRINT = 1 << 7,
	ORIEL_MAY_RESIZE = 1 << 8,
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
};

#ifdef __cplusplus
}
#endif

#endif
