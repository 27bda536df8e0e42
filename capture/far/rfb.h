/*
 * rfb.h - what the files of oriel-rfb share: one connection to a VNC server,
 * by RFC 6143 and what https://github.com/rfbproto/rfbproto says beyond it.
 *
 * Reading waits; while it does, what oriel-serve wants is done, also in the
 * middle of a picture. So what is written to the server must be whole
 * messages: orl_rfb_write() takes no halves.
 */
#ifndef ORL_FAR_RFB_H
#define ORL_FAR_RFB_H

#include <zlib.h>

#include "capture/far/helper.h"

enum {
	ORL_RFB_BUFFER = 64 << 10,
	ORL_RFB_CLIP_MAX = 1 << 20,
	ORL_RFB_KEYS = 256, /* usages of the keyboard's page */
};

struct ssl_st;

/* Bytes of the server. */
struct orl_rfb_stream {
	int fd;
	struct ssl_st *ssl; /* NULL: in the clear */
	bool idle;          /* between messages: no hurry */
	size_t at, end;     /* what is left of: */
	uint8_t buffer[ORL_RFB_BUFFER];
};

/* One of the server's compressed streams, and what is left of a rectangle. */
struct orl_rfb_zlib {
	z_stream z;
	bool made;
	uint32_t left;
	uint8_t in[4096];
};

struct orl_rfb {
	struct orl_helper helper;
	struct orl_rfb_stream stream;
	int minor; /* of protocol 3 */

	/* What the server can do, and is like. */
	bool extended_keys, lights_known, relative, resizes, is_qemu;
	uint32_t screen_id, screen_flags;
	uint32_t lights;
	bool sounds;  /* it has sound, and knows in which form */
	bool wanted;  /* somebody hears it */
	bool full;    /* the next update is to be of the whole screen */
	bool greeted; /* its clipboard has said what it can do */

	struct orl_rfb_zlib zlib, zrle, clip;
	void *scratch[2]; /* of a text, while it is read */
	bool cursor_complained;

	/* Input. */
	uint32_t sent[ORL_RFB_KEYS]; /* keysym that is down, by usage; 0: up */
	uint32_t shifts;             /* bit 0 and 1: the two Shift keys */
	uint32_t buttons;            /* as RFB has them */
	int32_t x, y;
	int32_t want_width, want_height; /* once it can; 0: none */
	char *paste;                     /* what peers have copied */
	size_t paste_size;
};

/* ---- rfb_stream.c ---- */

/* Reach the server, or end. */
void orl_rfb_connect(struct orl_rfb *r);
/* Encrypt from now on; without a certificate when it is anonymous. */
void orl_rfb_encrypt(struct orl_rfb *r, bool anonymous);
/* n bytes, or the end. */
void orl_rfb_read(struct orl_rfb *r, void *out, size_t n);
void orl_rfb_write(struct orl_rfb *r, const void *bytes, size_t n);

/* ---- rfb_numbers.c: all of RFB is big-endian ---- */

void orl_rfb_skip(struct orl_rfb *r, uint64_t n);
uint8_t orl_rfb_u8(struct orl_rfb *r);
uint16_t orl_rfb_u16(struct orl_rfb *r);
uint32_t orl_rfb_u32(struct orl_rfb *r);
void orl_rfb_put16(uint8_t *p, uint32_t v);
void orl_rfb_put32(uint8_t *p, uint32_t v);

/* ---- rfb_login.c ---- */

/* Agree on a version and on security, log in, and take the screen. */
void orl_rfb_login(struct orl_rfb *r);

/* ---- rfb_update.c ---- */

/* Say what can be decoded, and ask for the first picture. */
void orl_rfb_begin(struct orl_rfb *r);
/* Read one message of the server's and do what it says. */
void orl_rfb_message(struct orl_rfb *r);

/* ---- rfb_pixels.c ---- */

/* Decode a rectangle that lies inside the screen. */
void orl_rfb_rect(struct orl_rfb *r, int32_t encoding, struct oriel_rect at);
void orl_rfb_fini(struct orl_rfb *r);

/* ---- rfb_zlib.c ---- */

/* Begin with `length` compressed bytes of the server. */
void orl_rfb_inflate(
		struct orl_rfb *r, struct orl_rfb_zlib *z, uint32_t length);
/* n bytes of what they hold. */
void orl_rfb_inflated(
		struct orl_rfb *r, struct orl_rfb_zlib *z, void *out, size_t n);
/* There must be no more in them. */
void orl_rfb_inflate_end(struct orl_rfb *r, struct orl_rfb_zlib *z);

/* ---- rfb_cursor.c ---- */

/* Encodings -239 and -314. */
void orl_rfb_cursor(struct orl_rfb *r, struct oriel_rect at, bool alpha);

/* ---- rfb_clip.c ---- */

/* The server's cut text; its type has been read. */
void orl_rfb_cut(struct orl_rfb *r);
void orl_rfb_paste(void *user, char *text, size_t n);

/* ---- rfb_sound.c: QEMU's ---- */

/* It has sound. */
void orl_rfb_sound_here(struct orl_rfb *r);
/* What it plays; the message's type has been read. */
void orl_rfb_sound(struct orl_rfb *r);
void orl_rfb_listen(void *user, bool on);

/* ---- rfb_input.c ---- */

extern const struct orl_helper_ops orl_rfb_ops;
/* The server can change its size now. */
void orl_rfb_resize(struct orl_rfb *r);

#endif
