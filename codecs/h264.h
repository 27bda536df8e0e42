/*
 * h264.h - what of H.264 needs no library: whether a frame may be decoded.
 */
#ifndef ORL_CODECS_H264_H
#define ORL_CODECS_H264_H

#include "codecs/video.h"

/* Of a picture, at most; as many as decoders of level 5.2 know. */
enum { ORL_H264_MACROBLOCKS = 36864 };

/* As struct orl_decoder_calls has it. */
bool orl_h264_allowed(const uint8_t *data, size_t n, int32_t width,
		int32_t height, bool *keyframe);

#endif
