/*
 * fuzz_video.c - any bytes as the frames of a video: nothing is taken before a
 * keyframe, what comes out has the size that was agreed, and whatever came
 * before, a whole keyframe is shown again.
 *
 * Input: codec, width and height in steps of two from 16 on, then frames, each
 * its length in two bytes and that many bytes.
 */
#include <stdlib.h>
#include <string.h>

#include "codecs/video.h"
#include "proto/io/host.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { FRAMES = 12 };

static void look(const struct orl_yuv *yuv, int32_t width, int32_t height)
{
	uint32_t row[16 + 2 * 256];
	uint32_t all = 0;

	if (yuv->width != width || yuv->height != height)
		abort();
	for (int32_t y = 0; y < height; y++) {
		orl_yuv_to_row(row, yuv, ORL_COLOUR_BT709, 0, y, width);
		for (int32_t x = 0; x < width; x++)
			all |= row[x];
	}
	if (all >> 24)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct orl_decoder *d;
	struct orl_env env;
	bool any = false;

	if (size < 3 || orl_host_env(&env, NULL))
		return 0;
	const enum oriel_video codec = (enum oriel_video)(data[0] % 3 + 1);
	const int32_t width = 16 + 2 * data[1], height = 16 + 2 * data[2];
	if (orl_decoder_create(&d, &env, codec, width, height))
		return 0;
	data += 3;
	size -= 3;
	for (unsigned i = 0; i < FRAMES && size >= 2; i++) {
		struct orl_yuv yuv;
		size_t n = (size_t)(data[0] | data[1] << 8);
		n = n < size - 2 ? n : size - 2;
		/* A copy without slack, so that reading too far is found. */
		uint8_t *bytes = malloc(n + !n);
		memcpy(bytes, data + 2, n);
		int err = orl_decoder_decode(d, bytes, n, &yuv);
		bool keyframe = n && codec == ORIEL_VIDEO_VP8 &&
				!(bytes[0] & 1);
		if (err && err != ORIEL_EPROTO)
			abort();
		if (!err && !any && codec == ORIEL_VIDEO_VP8 && !keyframe)
			abort();
		any = !err;
		if (!err)
			look(&yuv, width, height);
		free(bytes);
		data += n + 2;
		size -= n + 2;
	}
	orl_decoder_destroy(d);
	return 0;
}
