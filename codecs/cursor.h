/*
 * cursor.h - the picture of a mouse cursor on the wire.
 *
 * Premultiplied ARGB8888, 1 to ORL_CURSOR_SIDE_MAX pixels wide and high, as
 * one zstd frame of width * height little-endian words, rows without gaps.
 * Values are not judged: a colour above its alpha stays what it is, so who
 * blends must saturate.
 */
#ifndef ORL_CODECS_CURSOR_H
#define ORL_CODECS_CURSOR_H

#include "proto/env.h"
#include "proto/limits.h"

/*
 * Compress a picture whose rows are `stride` words apart into out[0..cap);
 * *n gets the size, which is at most ORL_CURSOR_DATA_MAX. ORIEL_EINVAL for a
 * size that is not allowed, ORIEL_ELIMIT when cap is too small, ORIEL_ENOMEM.
 * Threads: any.
 */
int orl_cursor_encode(const struct orl_env *env, const uint32_t *pixels,
		size_t stride, int32_t width, int32_t height, uint8_t *out,
		size_t cap, size_t *n);

/*
 * The reverse; out_pixels has width * height words. ORIEL_EPROTO when the
 * size is not allowed or the data are not exactly one frame of that many
 * pixels; out_pixels is then undefined. Threads: any.
 */
int orl_cursor_decode(uint32_t *out_pixels, int32_t width, int32_t height,
		const uint8_t *data, size_t n);

#endif
