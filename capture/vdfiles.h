/*
 * vdfiles.h - the messages by which a guest's agent (vdagent.h) is sent files.
 * Pure.
 */
#ifndef ORL_VDFILES_H
#define ORL_VDFILES_H

#include "capture/vdagent.h"

enum orl_vdfiles_message {
	ORL_VDFILES_START = 10,
	ORL_VDFILES_STATUS = 11,
	ORL_VDFILES_DATA = 12,
};

/* Bits of capabilities: it takes none; and of ours, we know all reasons. */
enum { ORL_VDFILES_DISABLED = 1 << 13, ORL_VDFILES_DETAILS = 1 << 14 };

/* What it says of a file. */
enum orl_vdfiles_result {
	ORL_VDFILES_GO_ON,
	ORL_VDFILES_CANCELLED,
	ORL_VDFILES_ERROR,
	ORL_VDFILES_DONE,
	ORL_VDFILES_NO_ROOM,
	ORL_VDFILES_LOCKED,
	ORL_VDFILES_NO_SESSION,
	ORL_VDFILES_OFF,
};

enum { ORL_VDFILES_PIECE = 1800 }; /* of a file, in one chunk */

/* Why it did not take one. */
const char *orl_vdfiles_why(uint32_t result);

/* A file that comes, by a name without control characters. */
size_t orl_vdfiles_put_start(uint8_t *out, size_t size, uint32_t id,
		const char *name, uint64_t bytes);
/* Some of it, at most ORL_VDFILES_PIECE; nothing at all of an empty one. */
size_t orl_vdfiles_put_data(uint8_t *out, size_t size, uint32_t id,
		const uint8_t *p, size_t n);
/* It does not come after all. */
size_t orl_vdfiles_put_cancel(uint8_t *out, size_t size, uint32_t id);

#endif
