/*
 * vdfiles.c - see vdfiles.h. What a file is called is said in the syntax of
 * GLib's key files, where a backslash begins an escape: names have none.
 */
#include "capture/vdfiles.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static uint8_t *put(uint8_t *p, uint64_t v, int bytes)
{
	for (int i = 0; i < bytes; i++)
		*p++ = (uint8_t)(v >> 8 * i);
	return p;
}

const char *orl_vdfiles_why(uint32_t result)
{
	switch (result) {
	case ORL_VDFILES_CANCELLED:
		return "the guest stopped it";
	case ORL_VDFILES_NO_ROOM:
		return "the guest has no room for it";
	case ORL_VDFILES_LOCKED:
		return "the guest's session is locked";
	case ORL_VDFILES_NO_SESSION:
		return "nobody is logged in at the guest";
	case ORL_VDFILES_OFF:
		return "the guest's agent takes no files";
	default:
		return "the guest could not write it";
	}
}

size_t orl_vdfiles_put_start(uint8_t *out, size_t size, uint32_t id,
		const char *name, uint64_t bytes)
{
	uint8_t data[4 + 400];
	int n = snprintf((char *)put(data, id, 4), sizeof(data) - 4,
			"[vdagent-file-xfer]\nname=%s\nsize=%" PRIu64 "\n",
			name, bytes);

	if (n < 0 || (size_t)n >= sizeof(data) - 4)
		return 0;
	return orl_vdagent_put(
			out, size, ORL_VDFILES_START, data, 4 + (size_t)n + 1);
}

size_t orl_vdfiles_put_data(uint8_t *out, size_t size, uint32_t id,
		const uint8_t *p, size_t n)
{
	uint8_t data[12 + ORL_VDFILES_PIECE];

	if (n > ORL_VDFILES_PIECE)
		return 0;
	put(put(data, id, 4), n, 8);
	if (n)
		memcpy(data + 12, p, n);
	return orl_vdagent_put(out, size, ORL_VDFILES_DATA, data, 12 + n);
}

size_t orl_vdfiles_put_cancel(uint8_t *out, size_t size, uint32_t id)
{
	uint8_t data[8];

	put(put(data, id, 4), ORL_VDFILES_CANCELLED, 4);
	return orl_vdagent_put(
			out, size, ORL_VDFILES_STATUS, data, sizeof(data));
}
