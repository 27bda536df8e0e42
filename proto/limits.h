/*
 * limits.h - every limit of the protocol and of memory, with its reason. A
 * limit stands here or does not exist; PROTOCOL.md repeats those that a peer
 * can run into.
 */
#ifndef ORL_PROTO_LIMITS_H
#define ORL_PROTO_LIMITS_H

#include <stdint.h>

enum {
	/* Pictures. */
	ORL_DISPLAYS_MAX = 16,
	ORL_DISPLAY_SIDE_MAX = 16384, /* cells then fit in 10 bits */
	ORL_DISPLAY_PIXELS_MAX = 64 << 20,
	ORL_DESKTOP_PIXELS_MAX = 128 << 20, /* all displays; 16 of 4K */
	ORL_PART_DATA_MAX = 256 << 10,      /* worst case of one part */
	ORL_PART_BLOCKS_MAX = 8192,
	ORL_PART_COPIES_MAX = 1024,
	/* A JPEG: what it decodes to is 2 MiB. */
	ORL_PICTURE_PIXELS_MAX = 512 << 10,
	ORL_PICTURE_DATA_MAX = 256 << 10,
	ORL_VIDEOS_MAX = 8, /* open at a time, per display */
	ORL_VIDEO_SIDE_MIN = 16,
	ORL_VIDEO_SIDE_MAX = 4096,
	ORL_VIDEO_DATA_MAX = 256 << 10, /* of one frame */
	ORL_TRANSACTIONS_MAX = 8,       /* open at a time, per display */
	ORL_RESIZE_PAUSE_MS = 250, /* from one size asked for to the next */
	ORL_CURSOR_SIDE_MAX = 256,
	ORL_CURSOR_SLOTS = 64,
	/* zstd of a 256 x 256 RGBA picture, ZSTD_COMPRESSBOUND. */
	ORL_CURSOR_DATA_MAX = 263168,

	ORL_FINGERS_MAX = 16, /* down at a time; more are not seen */
	ORL_OTHER_KEYS = 16,  /* the same, keys beyond the keyboard page */

	/* The link. */
	ORL_CHUNK_MAX = 16381, /* payload; with its head one TLS record */
	ORL_CHUNK_HEAD = 3,
	ORL_MESSAGE_MAX_EARLY = 4 << 10, /* before login, either way */
	ORL_MESSAGE_MAX_C2S = 64 << 10,
	/* A part: data, copies, blocks, sections and heads. */
	ORL_MESSAGE_MAX_S2C = (256 << 10) + 8192 * 7 + 1024 * 12 + 256,
	ORL_PIECE_MAX = 16 << 10, /* of a stream: clipboard, USB, print */
	/* Of TLS, with no data between them: each is work, and 27 bytes. */
	ORL_KEY_UPDATES_MAX = 32,

	/* USB devices. */
	ORL_USB_DEVICES_MAX = 16,      /* of a client, waiting ones too */
	ORL_USB_INTERFACES_MAX = 32,   /* usbredir's own limit */
	ORL_USB_WINDOW = 256 << 10,    /* sent of a device and not used */
	ORL_USB_PACKET_MAX = 2 << 20,  /* twice what Linux asks a disk for */
	ORL_USB_PENDING_MAX = 512,     /* transfers without an answer */
	ORL_CREDIT_CONTROL = 64 << 10, /* queued control bytes, not granted */

	/* Printing. */
	ORL_PRINT_WINDOW = 256 << 10, /* of a job, sent and not taken */
	ORL_PRINT_JOBS_MAX = 16,      /* of one client, at a time */
	ORL_PRINT_LOST_SECONDS = 600, /* a job waits for its client */

	/* Login. */
	ORL_NAME_MAX = 256,
	ORL_BLOB_MAX = 1 << 10,
	ORL_SCRAM_ITERATIONS_MIN = 100000,
	ORL_SCRAM_ITERATIONS_MAX = 5000000,
	ORL_SCRAM_SALT_MIN = 16,
	ORL_SCRAM_SALT_MAX = 64,
	ORL_LOGIN_SECONDS = 10,   /* to finish TLS, hello and login */
	ORL_UNPROVED_MAX = 32,    /* connections before login, in all */
	ORL_UNPROVED_DROP = 10,   /* from here on, random early drop */
	ORL_UNPROVED_PER_NET = 4, /* from one IPv4 address or IPv6 /64 */
	ORL_LOGIN_DELAY_MAX_S = 30,

	/* Time. */
	ORL_KEEPALIVE_SECONDS = 60, /* server, when nothing has passed */
	ORL_SILENCE_SECONDS = 120,  /* a peer that is quiet longer is gone */
	/* Of a client that comes back by itself. */
	ORL_PROBE_SECONDS = 2, /* of silence, before TCP asks */
	ORL_LOST_SECONDS = 7,  /* without an answer */
};

#endif
