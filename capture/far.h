/*
 * far.h - what oriel-serve and the helper of a far source say to each other.
 *
 * A desktop that another server shows, over RFB or RDP, is fetched by a
 * process of its own (oriel-rfb, oriel-rdp): what it reads comes from whoever
 * plays that server, and libraries that wait may wait there. It draws into
 * memory that both map and says where; the rest are small messages over a
 * SOCK_SEQPACKET pair, one a packet. The helper believes this program; this
 * program believes nothing: capture/far_check.c.
 *
 * Both are built from one tree, so numbers are the machine's own.
 */
#ifndef ORL_FAR_H
#define ORL_FAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <oriel/oriel.h>

enum {
	ORL_FAR_FD = 3, /* the helper's end of the pair */
	ORL_FAR_VALUES = 6,
	ORL_FAR_RECTS = 256, /* of one message */
	ORL_FAR_CURSOR_SIDE = 256,
	ORL_FAR_SIDE_MAX = 16384,
	ORL_FAR_PIXELS_MAX = 64 << 20,
	ORL_FAR_TEXT = 16 << 10, /* a piece of a clipboard */
	ORL_FAR_PCM = 16 << 10,  /* of sound */
	ORL_FAR_RATE_MIN = 8000,
	ORL_FAR_RATE_MAX = 192000,
	ORL_FAR_WHY = 200,
	ORL_FAR_BYTES = ORL_FAR_CURSOR_SIDE * ORL_FAR_CURSOR_SIDE * 4,
	ORL_FAR_HOST = 256,
	ORL_FAR_WORD = 256, /* of a login, and NUL */
	ORL_FAR_PATH = 1024,
};

/* v[] is what stands behind the name, bytes what stands behind a plus. */
enum orl_far_what {
	/* From the helper. */
	ORL_FAR_SCREEN = 1, /* width, height; its memory comes along */
	ORL_FAR_DAMAGE,     /* + rectangles */
	ORL_FAR_FRAME,      /* all of one update is there; wants an ACK */
	ORL_FAR_CURSOR,     /* width, height, hot x, hot y + ARGB8888 */
	ORL_FAR_POINTER,    /* x, y: the desktop put it there */
	ORL_FAR_LIGHTS,     /* oriel_locks of the desktop */
	ORL_FAR_RELATIVE,   /* bool: it takes motion only */
	ORL_FAR_CUT,        /* orl_far_piece + UTF-8 of its clipboard */
	ORL_FAR_PIN,        /* + 32 bytes: a certificate seen for once */
	ORL_FAR_SAY,        /* level + a sentence */
	ORL_FAR_END,        /* enum orl_exit + why; the last one */
	/*
	 * rate, channels, frames that follow at once + samples of 16 bit;
	 * none: silence from here on.
	 */
	ORL_FAR_SOUND,
	ORL_FAR_VOLUME,     /* left, right; of 256 */

	/* To the helper. */
	ORL_FAR_CONFIG = 64, /* + struct orl_far_config; the first one */
	ORL_FAR_ACK,         /* of a SCREEN or a FRAME */
	ORL_FAR_KEY,         /* usage, keysym, down */
	ORL_FAR_MOUSE,       /* x, y, buttons */
	ORL_FAR_MOTION,      /* the same, x and y are relative pixels */
	ORL_FAR_WHEEL,       /* right, up; notches */
	ORL_FAR_CHARACTER,   /* a code point that has no key */
	ORL_FAR_LOCKS,       /* oriel_locks, to be made the desktop's */
	ORL_FAR_SIZE,        /* width, height that a peer would like */
	ORL_FAR_LISTEN,      /* bool: somebody hears its sound */
	ORL_FAR_PASTE,       /* orl_far_piece + UTF-8 of a peer's clipboard */
};

/* A text may take several messages; it is whole with the last. */
enum orl_far_piece {
	ORL_FAR_FIRST = 1 << 0,
	ORL_FAR_LAST = 1 << 1,
};

struct orl_far_head {
	uint32_t what; /* enum orl_far_what */
	uint32_t size; /* of the bytes behind it */
	int32_t v[ORL_FAR_VALUES];
};

struct orl_far_message {
	struct orl_far_head head;
	uint8_t bytes[ORL_FAR_BYTES];
};

/* How a server's certificate is judged. */
enum orl_far_trust {
	ORL_FAR_TRUST_NONE,  /* refuse it, and say which it was */
	ORL_FAR_TRUST_PIN,   /* it is this one */
	ORL_FAR_TRUST_FIRST, /* accept it, and say which it was */
	ORL_FAR_TRUST_CA,    /* signed by who is in this file */
};

struct orl_far_config {
	char host[ORL_FAR_HOST]; /* or the path of a socket */
	uint32_t port;
	char user[ORL_FAR_WORD], password[ORL_FAR_WORD];
	char domain[ORL_FAR_WORD];
	bool have_password;
	char blob[ORL_FAR_WORD]; /* RDP's preconnection blob */
	enum orl_far_trust trust;
	bool must_encrypt; /* somebody has said how it is judged */
	uint8_t pin[32];   /* SHA-256 of the certificate */
	char ca[ORL_FAR_PATH];
	int32_t width, height; /* RDP: of the desktop at first; 0: any */
	bool hears;            /* its sound is wanted */
};

#endif
