/*
 * caps.h - what two ends may have in common. A client offers what it can and
 * what its person allows; the server answers with what of that it will use.
 * A bit that is not in force is as if it did not exist: its messages are not
 * allowed.
 */
#ifndef ORL_PROTO_CAPS_H
#define ORL_PROTO_CAPS_H

#include <stdint.h>

/* Bits of client_hello.caps and server_hello.caps; they never change. */
enum orl_cap {
	ORL_CAP_JPEG,
	ORL_CAP_VP8,
	ORL_CAP_VP9,
	ORL_CAP_H264,
	ORL_CAP_ZSTD,
	ORL_CAP_LZ4,
	ORL_CAP_OPUS,
	ORL_CAP_PCM,
	ORL_CAP_CLIPBOARD,
	ORL_CAP_USB,
	ORL_CAP_PRINT,
	ORL_CAP_LANES,
	ORL_CAP_DATAGRAMS,
	ORL_CAP_PADDING,
};

#define ORL_CAP(name) (UINT64_C(1) << ORL_CAP_##name)

/* Of a codec of video, as video_open numbers them from 1. */
static inline uint64_t orl_cap_of_video(unsigned codec)
{
	return ORL_CAP(VP8) << (codec - 1);
}

#endif
