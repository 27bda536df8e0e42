/*
 * jpeg.h - JPEG for the lossy layer, by libjpeg-turbo.
 *
 * Only one kind is written and read: baseline (SOF0), 8 bits, three
 * components numbered 1, 2, 3 that are Y, Cb and Cr as in JFIF, one scan of
 * all of them, no restart markers, of the size that the caller expects; the
 * first component is sampled 1x1, 2x1 or 2x2, the others 1x1. Its segments
 * are APP0, DQT, DHT, SOF0 and SOS, and nothing follows EOI. That is checked
 * before the library sees a byte, so that what it takes of memory and time
 * is bounded by the size.
 */
#ifndef ORL_CODECS_JPEG_H
#define ORL_CODECS_JPEG_H

#include "proto/env.h"

struct orl_jpeg;

int orl_jpeg_create(struct orl_jpeg **out, const struct orl_env *env);
void orl_jpeg_destroy(struct orl_jpeg *j);

/*
 * Code XRGB8888 words, rows `stride` words apart, at quality 1 to 100; `full`
 * keeps colours as sharp as brightness (4:4:4, else 4:2:0). *data is j's own
 * memory, good until its next call. ORIEL_ENOMEM. Threads: one at a time.
 */
int orl_jpeg_encode(struct orl_jpeg *j, const uint32_t *pixels, size_t stride,
		int32_t width, int32_t height, int quality, bool full,
		const uint8_t **data, size_t *n);

/*
 * Decode one of exactly this size into width * height words, X undefined.
 * ORIEL_EPROTO when it is not what is described above, or damaged as far as
 * that can be told; `pixels` is undefined then. ORIEL_ENOMEM.
 */
int orl_jpeg_decode(struct orl_jpeg *j, const uint8_t *data, size_t n,
		uint32_t *pixels, int32_t width, int32_t height);

#endif
