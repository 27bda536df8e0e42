/*
 * mkseeds_sound.c FOLDER - the seeds of fuzz_ear, and of the session fuzzers
 * with sound in them: packets that our own encoder has made.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "codecs/sound.h"
#include "proto/io/host.h"
#include "proto/messages.h"
#include "tests/fuzz/session.h"

static uint8_t seed[1 << 16];
static size_t seed_n;

static void bytes(const void *p, size_t n)
{
	if (n > sizeof(seed) - seed_n)
		abort();
	memcpy(seed + seed_n, p, n);
	seed_n += n;
}

static void end(const char *folder, const char *target, const char *name)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/%s", folder, target);
	mkdir(path, 0755);
	snprintf(path, sizeof(path), "%s/%s/%s", folder, target, name);
	FILE *f = fopen(path, "wb");
	if (!f || fwrite(seed, 1, seed_n, f) != seed_n || fclose(f))
		abort();
	seed_n = 0;
}

/* A record of fuzz_ear. */
static void ear(uint8_t what, const uint8_t *p, uint8_t n)
{
	bytes(&what, 1);
	bytes(&n, 1);
	bytes(p, n);
}

/* A record of the session fuzzers. */
static void record(uint16_t id, const uint8_t *p, size_t n)
{
	uint8_t head[4] = { (uint8_t)id, (uint8_t)(id >> 8), (uint8_t)n,
		(uint8_t)(n >> 8) };

	bytes(head, 4);
	bytes(p, n);
}

#define PUT(name, ...) \
	do { \
		uint8_t put_bytes[8192]; \
		struct orl_wr put_w = { put_bytes, sizeof(put_bytes), 0 }; \
		orl_put_##name(&put_w, &(struct orl_##name){ __VA_ARGS__ }); \
		record(ORL_MSG_##name, put_bytes, put_w.n); \
	} while (0)

struct sender {
	struct orl_sound_encoder *encoder;
	struct orl_sound_form form;
	unsigned at;
};

static int encode(struct sender *s, uint8_t out[static ORL_SOUND_PACKET_MAX])
{
	float in[2 * ORL_SOUND_FRAMES_MAX];

	for (unsigned i = 0; i < s->form.frames; i++, s->at++)
		for (unsigned c = 0; c < s->form.channels; c++)
			in[i * s->form.channels + c] =
					(float)(s->at % 100) / 200 - 0.25F;
	int n = orl_sound_encode(s->encoder, in, out);
	if (n <= 0)
		abort();
	return n;
}

static void start(struct sender *s, const struct orl_env *env, uint8_t codec,
		uint8_t channels, uint16_t frames)
{
	*s = (struct sender){ .form = { codec, channels, frames } };
	if (orl_sound_encoder_create(&s->encoder, env, &s->form, 24000, false) <
			0)
		abort();
}

static void ear_seed(const char *folder, const char *name,
		const struct orl_env *env, uint8_t codec, uint8_t channels,
		uint16_t frames)
{
	struct sender s;
	uint8_t packet[ORL_SOUND_PACKET_MAX], in[256], hear = 120;
	uint8_t open[2] = { (uint8_t)(codec | channels << 2),
		(uint8_t)(frames / 60) };

	start(&s, env, codec, channels, frames);
	ear(0, open, 2);
	for (uint32_t i = 0; i < 4; i++) {
		int n = encode(&s, packet);
		struct orl_wr w = { in, sizeof(in), 0 };
		if (n > 200)
			n = 200; /* the fuzzer makes it whole again */
		wr_U16(&w, (uint16_t)(i + (i > 2)));
		wr_U32(&w, i * frames / 48);
		wr_U32(&w, 1000 + i * frames / 48);
		wr_raw(&w, packet, (size_t)n);
		ear(6, in, (uint8_t)w.n);
		ear(5, &hear, 1);
	}
	ear(3, (const uint8_t *)"\x20\x40", 2);
	ear(4, (const uint8_t *)"\x30", 1);
	ear(1, NULL, 0);
	ear(5, &hear, 1);
	ear(2, NULL, 0);
	orl_sound_encoder_destroy(s.encoder);
	end(folder, "fuzz_ear", name);
}

static void client_seed(const char *folder, const struct orl_env *env)
{
	uint8_t packet[ORL_SOUND_PACKET_MAX], mode = MODE_READY;
	struct sender opus, pcm;

	start(&opus, env, ORL_SOUND_OPUS, 2, 480);
	start(&pcm, env, ORL_SOUND_PCM, 1, 120);
	bytes(&mode, 1);
	PUT(sound_open, .stream = 0, .codec = 1, .channels = 2, .frames = 480);
	PUT(sound_volume, .stream = 0, .left = 200, .right = 256);
	PUT(sound_open, .stream = 3, .codec = 2, .channels = 1, .frames = 120);
	PUT(mic_wanted, .on = 1);
	for (uint16_t i = 0; i < 2; i++) {
		int n = encode(&opus, packet);
		PUT(sound, .stream = 0, .serial = i, .time = i * 10000u,
				.data = { packet, (uint32_t)n });
		n = encode(&pcm, packet);
		PUT(sound, .stream = 3, .serial = i, .time = i * 2500u,
				.data = { packet, (uint32_t)n });
		record(RECORD_HOST, (const uint8_t *)"sx", 3);
	}
	PUT(sound_pause, .stream = 0, .closed = 0);
	PUT(sound_pause, .stream = 3, .closed = 1);
	record(RECORD_HOST, (const uint8_t *)"s\x40\1\1", 4);
	record(RECORD_HOST, (const uint8_t *)"s\x40\1\2", 4);
	orl_sound_encoder_destroy(opus.encoder);
	orl_sound_encoder_destroy(pcm.encoder);
	end(folder, "fuzz_client", "sound");
	bytes(&mode, 1);
	PUT(sound_open, .stream = 0, .codec = 1, .channels = 2, .frames = 500);
	end(folder, "fuzz_client", "sound-of-odd-length");
	bytes(&mode, 1);
	PUT(sound, .stream = 1, .data = { packet, 4 });
	end(folder, "fuzz_client", "sound-not-opened");
}

static void server_seed(const char *folder, const struct orl_env *env)
{
	uint8_t packet[ORL_SOUND_PACKET_MAX], mode = MODE_SCRAM;
	struct sender voice;

	start(&voice, env, ORL_SOUND_OPUS, 1, 960);
	bytes(&mode, 1);
	record(RECORD_HOST, (const uint8_t *)"so", 2);
	PUT(listen, .on = 0);
	PUT(listen, .on = 1);
	record(RECORD_HOST, (const uint8_t *)"so", 2);
	PUT(mic_open, .codec = 1, .channels = 1, .frames = 960);
	for (uint16_t i = 0; i < 2; i++) {
		int n = encode(&voice, packet);
		PUT(mic, .serial = i, .time = 77 + i * 20000u,
				.data = { packet, (uint32_t)n });
		record(RECORD_HOST, (const uint8_t *)"so", 2);
	}
	PUT(mic_pause, .closed = 0);
	PUT(take, .take = 0);
	PUT(mic_pause, .closed = 1);
	PUT(mic, .data = { packet, 3 });
	orl_sound_encoder_destroy(voice.encoder);
	end(folder, "fuzz_server", "microphone");
	bytes(&mode, 1);
	PUT(mic_open, .codec = 1, .channels = 1, .frames = 959);
	end(folder, "fuzz_server", "microphone-odd");
}

int main(int argc, char **argv)
{
	struct orl_env env;

	if (argc != 2 || orl_host_env(&env, NULL) < 0)
		return 2;
	ear_seed(argv[1], "opus-stereo", &env, ORL_SOUND_OPUS, 2, 480);
	ear_seed(argv[1], "opus-mono", &env, ORL_SOUND_OPUS, 1, 960);
	ear_seed(argv[1], "pcm", &env, ORL_SOUND_PCM, 2, 240);
	client_seed(argv[1], &env);
	server_seed(argv[1], &env);
	return 0;
}
