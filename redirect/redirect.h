/*
 * redirect.h - what a redirected stream is. Nothing makes one in this version;
 * the link carries them already.
 *
 * A stream is bytes of one clipboard transfer, USB device or print job, both
 * ways, on channel 4, 5 or 6. It has a number that its opener chose and that
 * is not 0. It travels in messages of at most ORL_PIECE_MAX bytes, queued
 * with orl_send.stream, so that orl_link_cancel() can drop what has not gone.
 * The receiver keeps credit back for what it has not used: `held` bytes are
 * under orl_link_hold() until it calls orl_link_release(). So a stream that
 * nobody reads costs its window, and stops nothing but its channel.
 */
#ifndef ORL_REDIRECT_REDIRECT_H
#define ORL_REDIRECT_REDIRECT_H

#include "proto/link.h"

struct orl_stream {
	enum orl_channel channel; /* ORL_CHANNEL_USB, _CLIPBOARD or _PRINT */
	uint32_t id;
	size_t held; /* bytes received and not used up */
};

#endif
