/*
 * mkseeds_video.c FOLDER - the seeds of fuzz_video: some frames of a clip by
 * our own encoders, and what breaks one rule each.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "codecs/video.h"
#include "proto/io/host.h"

enum { WIDTH = 64, HEIGHT = 48, FRAMES = 4 };

struct seed {
	uint8_t bytes[65536];
	size_t n;
	size_t at[FRAMES + 1]; /* where frames begin, their length before */
};

static void save(const char *folder, const char *name, const struct seed *s)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/fuzz_video", folder);
	mkdir(path, 0755);
	snprintf(path, sizeof(path), "%s/fuzz_video/%s", folder, name);
	FILE *f = fopen(path, "wb");
	if (!f || fwrite(s->bytes, 1, s->n, f) != s->n || fclose(f))
		abort();
}

static void make(struct seed *s, enum oriel_video codec)
{
	static uint32_t pixels[WIDTH * HEIGHT];
	const struct oriel_encoder *e = orl_video_encoder(codec);
	struct orl_yuv yuv;
	struct orl_env env;
	void *state;

	if (!e || orl_host_env(&env, NULL) ||
			orl_yuv_create(&yuv, &env, WIDTH, HEIGHT) ||
			e->create(&state, &env, WIDTH, HEIGHT, 1))
		abort();
	s->bytes[0] = (uint8_t)(codec - 1);
	s->bytes[1] = (WIDTH - 16) / 2;
	s->bytes[2] = (HEIGHT - 16) / 2;
	s->n = 3;
	for (uint32_t t = 0; t < FRAMES; t++) {
		for (uint32_t i = 0; i < ORL_COUNT(pixels); i++)
			pixels[i] = (i % WIDTH * 3 + t * 5) % 256 << 16 |
				    (i / WIDTH * 4 + t * 3) % 256 << 8 | 90;
		orl_yuv_from_pixels(&yuv, ORL_COLOUR_BT709, pixels, WIDTH,
				WIDTH, HEIGHT);
		const struct oriel_yuv in = { { yuv.plane[0], yuv.plane[1],
							      yuv.plane[2] },
			{ yuv.stride[0], yuv.stride[1], yuv.stride[2] }, WIDTH,
			HEIGHT };
		const struct oriel_encode how = { sizeof(how),
			1 + t * 40000000u, 300000, t == 0 };
		struct oriel_encoded out = { .size = sizeof(out) };
		if (e->encode(state, &in, &how, &out) || !out.bytes ||
				s->n + out.bytes + 2 > sizeof(s->bytes))
			abort();
		s->bytes[s->n++] = (uint8_t)out.bytes;
		s->bytes[s->n++] = (uint8_t)(out.bytes >> 8);
		s->at[t] = s->n;
		memcpy(s->bytes + s->n, out.data, out.bytes);
		s->n += out.bytes;
	}
	e->destroy(state);
	orl_yuv_destroy(&yuv, &env);
}

/* The first frame: start code, parameters of the sequence, of the picture. */
static void save_h264(const char *folder)
{
	static struct seed s, t;

	make(&s, ORIEL_VIDEO_H264);
	save(folder, "h264", &s);
	t = s;
	t.bytes[1]++;
	save(folder, "h264-other-size", &t);
	t = s;
	t.bytes[t.at[0] + 4] = 15; /* of layers */
	save(folder, "h264-subset", &t);
	t = s;
	t.bytes[t.at[0] + 5] = 122; /* profile */
	save(folder, "h264-profile", &t);
	t = s;
	t.bytes[t.at[0] + 10] ^= 0x10;
	save(folder, "h264-sequence", &t);
	t = s;
	t.bytes[t.at[1] + 4] = 5;
	save(folder, "h264-idr-alone", &t);
	t = s;
	t.bytes[t.at[1] + 5] &= 0x7f; /* begins further below */
	save(folder, "h264-no-first", &t);
	t = s;
	t.bytes[t.at[1] + 9] ^= 0x55;
	save(folder, "h264-changed", &t);
	t = s;
	t.n = t.at[0] + 60;
	save(folder, "h264-cut", &t);
}

int main(int argc, char **argv)
{
	static struct seed s, t;

	if (argc != 2)
		return 2;
	make(&s, ORIEL_VIDEO_VP8);
	save(argv[1], "vp8", &s);
	t = s;
	t.bytes[1]++;
	save(argv[1], "vp8-other-size", &t);
	t = s;
	t.bytes[t.at[0] + 3] ^= 1;
	save(argv[1], "vp8-no-start-code", &t);
	t = s;
	t.bytes[t.at[0] + 6] = t.bytes[t.at[0] + 7] = 0xff;
	save(argv[1], "vp8-too-wide", &t);
	t = s;
	t.bytes[t.at[0]] |= 1;
	save(argv[1], "vp8-no-keyframe", &t);
	t = s;
	t.bytes[t.at[0]] |= 0xe0;
	t.bytes[t.at[0] + 1] = t.bytes[t.at[0] + 2] = 0xff;
	save(argv[1], "vp8-partition-beyond", &t);
	t = s;
	t.bytes[t.at[1] + 9] ^= 0x55;
	save(argv[1], "vp8-changed", &t);
	t = s;
	t.n = t.at[2] + 3;
	save(argv[1], "vp8-cut", &t);
	if (orl_video_known(ORIEL_VIDEO_H264))
		save_h264(argv[1]);
	return 0;
}
