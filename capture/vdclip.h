/*
 * vdclip.h - the clipboard messages of a guest's agent (vdagent.h), as what
 * they mean. Bytes of the guest's, who may write anything. Pure.
 *
 * Types are bits: 1 << enum orl_vdclip_type. Of the selections only the
 * clipboard is shared.
 */
#ifndef ORL_VDCLIP_H
#define ORL_VDCLIP_H

#include "capture/vdagent.h"

enum orl_vdclip_type {
	ORL_VDCLIP_NONE,
	ORL_VDCLIP_TEXT,
	ORL_VDCLIP_PNG,
	ORL_VDCLIP_BMP,
	ORL_VDCLIP_TIFF,
	ORL_VDCLIP_JPEG,
	ORL_VDCLIP_TYPES,
};

enum orl_vdclip_message {
	ORL_VDCLIP_DATA = 4,
	ORL_VDCLIP_GRAB = 7,
	ORL_VDCLIP_REQUEST = 8,
	ORL_VDCLIP_RELEASE = 9,
};

/* Bits of the agent's capabilities. */
enum orl_vdclip_cap {
	ORL_VDCLIP_BY_DEMAND = 1 << 5,
	ORL_VDCLIP_SELECTION = 1 << 6,
	ORL_VDCLIP_CRLF = 1 << 9,
};

/* The MIME type, NULL for one that is not passed on. */
const char *orl_vdclip_mime(enum orl_vdclip_type type);
/* And back; NONE. */
enum orl_vdclip_type orl_vdclip_type_of(const char *mime);

struct orl_vdclip_calls {
	/* A program of the guest has copied something; 0: nothing any more. */
	void (*grabbed)(void *user, uint32_t types);
	/* A program of the guest pastes. */
	void (*requested)(void *user, enum orl_vdclip_type type);
	/* What was asked for comes, so many bytes; some of it; all has. */
	void (*begun)(void *user, enum orl_vdclip_type type, uint32_t total);
	void (*data)(void *user, const uint8_t *p, size_t n);
	void (*came)(void *user);
};

/* Reading; `selections`: both ends know of more than one. */
struct orl_vdclip {
	const struct orl_vdclip_calls *calls;
	void *user;
	bool selections;
	uint8_t head[8]; /* of data that comes */
	size_t head_n;
	bool taken; /* it is of the clipboard */
};

/* A piece of a message of one of the four kinds. */
void orl_vdclip_take(
		struct orl_vdclip *clip, const struct orl_vdagent_piece *piece);

/* What the agent is told, as orl_vdagent_put(). */
size_t orl_vdclip_put_grab(
		uint8_t *out, size_t size, bool selections, uint32_t types);
size_t orl_vdclip_put_request(uint8_t *out, size_t size, bool selections,
		enum orl_vdclip_type type);
size_t orl_vdclip_put_release(uint8_t *out, size_t size, bool selections);
/* The beginning of data, of which `total` bytes follow in chunks. */
size_t orl_vdclip_put_data(uint8_t *out, size_t size, bool selections,
		enum orl_vdclip_type type, uint32_t total);

/* Lines end in LF here, and in CRLF there; cut anywhere. */
size_t orl_crlf_from_lf(uint8_t *out, uint8_t *last, const uint8_t *p,
		size_t n); /* at most 2 n bytes */
size_t orl_lf_from_crlf(uint8_t *out, uint8_t *held, const uint8_t *p,
		size_t n); /* at most n + 1 bytes */

#endif
