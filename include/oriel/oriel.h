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
	uint64_t time;
};

enum oriel_pointer_flags {
	ORIEL_POINTER_RELATIVE = 1 << 0, /* x, y are motion in 1/256 pixel */
};

struct oriel_pointer {
	uint32_t display;
	uint32_t flags;
	int32_t x, y;             /* absolute: pixels of the display */
	uint32_t buttons;         /* bit n is button n + 1 of the HID page */
	int16_t wheel_x, wheel_y; /* 120 units a notch */
	uint64_t time;
};

struct oriel_touch {
	uint32_t display;
	uint32_t contact; /* the same from down to up */
	bool down;
	int32_t x, y;
	uint64_t time;
};

/* ---- sound ------------------------------------------------------------- */

struct oriel_sound_format {
	uint32_t rate;     /* 8000 to 48000 */
	uint32_t channels; /* 1 or 2, interleaved signed 16 bit */
};

/* ---- USB devices, as both ends see them -------------------------------- */

struct oriel_usb; /* one redirected device */

struct oriel_usb_info {
	uint16_t vendor, product, release;
	uint8_t device_class, device_subclass, device_protocol;
	uint8_t speed; /* 1 low, 2 full, 3 high, 4 super */
};

struct oriel_usb_transfer {
	uint64_t id;      /* chosen by the submitter, echoed on completion */
	uint8_t endpoint; /* bEndpointAddress; bit 7 set is device to host */
	uint8_t type;     /* 0 control, 1 isochronous, 2 bulk, 3 interrupt */
	uint8_t setup[8]; /* control only */
	const void *data; /* host to device payload, else NULL */
	uint32_t length;  /* of data, or how much may come back */
};

enum oriel_usb_status {
	ORIEL_USB_DONE,
	ORIEL_USB_STALL,
	ORIEL_USB_CANCELLED,
	ORIEL_USB_GONE,
	ORIEL_USB_ERROR,
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

/* Filled up to the caller's `size`; fields only ever grow at the end. */
struct oriel_stats {
	size_t size;
	uint64_t rtt;       /* smoothed round trip */
	uint64_t bandwidth; /* estimate, bytes a second */
	uint64_t bytes_in, bytes_out;
	uint64_t frames, frames_skipped;
	uint64_t encode_time, decode_time; /* sums */
	uint64_t latency;                  /* capture to shown, smoothed */
};

#ifdef __cplusplus
}
#endif

#endif
