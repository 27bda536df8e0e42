/*
 * test_sound.c - the parts of sound by themselves: packets, the ring, the
 * resampler, samples of virtual machines.
 */
#include "tests/unit/unit.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/qemu_audio.h"
#include "capture/sound.h"
#include "codecs/resample.h"
#include "codecs/ring.h"
#include "codecs/sound.h"
#include "proto/io/host.h"
#include "tests/rng.h"

static const double TURN = 6.28318530717958647692;

/* ---- packets ----------------------------------------------------------- */

static void round_trip(const struct orl_env *env, struct orl_sound_form form)
{
	struct orl_sound_encoder *e;
	struct orl_sound_decoder *d;
	float in[2 * 960], out[2 * 960];
	uint8_t packet[ORL_SOUND_PACKET_MAX];
	double power = 0, off = 0;
	size_t lag = form.codec == ORL_SOUND_OPUS ? 120 : 0, total = 0;
	static float sent[2 * 48000], got[2 * 48000];

	assert_int_equal(
			orl_sound_encoder_create(&e, env, &form, 128000, false),
			0);
	assert_int_equal(orl_sound_decoder_create(&d, env), 0);
	orl_sound_decoder_begin(d, &form);
	for (size_t i = 0; i + form.frames <= 24000; i += form.frames) {
		for (size_t k = 0; k < form.frames; k++)
			for (size_t c = 0; c < form.channels; c++) {
				float v = (float)(0.4 *
						  sin(TURN * 500 *
								  (double)(i + k) /
								  48000));
				in[k * form.channels + c] = v;
				sent[i + k] = v;
			}
		int n = orl_sound_encode(e, in, packet);
		assert_true(n > 0 && n <= ORL_SOUND_PACKET_MAX);
		assert_true(orl_sound_packet_ok(&form, packet, (size_t)n));
		assert_false(orl_sound_packet_ok(&form, packet, 0));
		assert_true(orl_sound_decode(d, packet, (size_t)n, out));
		for (size_t k = 0; k < form.frames; k++) {
			assert_true(out[2 * k] == out[2 * k + 1] ||
					form.codec == ORL_SOUND_OPUS);
			got[i + k] = out[2 * k];
		}
		total = i + form.frames;
	}
	for (size_t i = 4800; i + lag < total; i++) {
		power += (double)sent[i] * sent[i];
		off += pow((double)(sent[i] - got[i + lag]), 2);
	}
	printf("codec %d, %d channels, %d frames: %.1f dB\n", form.codec,
			form.channels, form.frames, 10 * log10(power / off));
	assert_true(power > (form.codec == ORL_SOUND_PCM ? 1e7 : 30) * off);
	orl_sound_encoder_destroy(e);
	orl_sound_decoder_destroy(d);
}

static void packets_come_out_as_they_went_in(void **state)
{
	static const uint16_t frames[] = { 120, 240, 480, 960 };
	struct orl_env env;
	(void)state;
	assert_int_equal(orl_host_env(&env, NULL), 0);
	for (uint8_t codec = 1; codec <= 2; codec++)
		for (uint8_t channels = 1; channels <= 2; channels++)
			for (int i = 0; i < 4; i++)
				round_trip(&env, (struct orl_sound_form){ codec,
								 channels,
								 frames[i] });
}

static void forms_and_packets_are_looked_at(void **state)
{
	struct orl_sound_form form = { ORL_SOUND_OPUS, 2, 480 };
	/* One frame of 10 ms CELT, stereo; the same of 20; two of 10. */
	uint8_t ten[] = { 0xf4, 1, 2, 3 }, twenty[] = { 0xfc, 1, 2, 3 };
	uint8_t two[] = { 0xf5, 1, 2, 3, 4 };
	(void)state;
	assert_true(orl_sound_form_ok(&form));
	assert_true(orl_sound_packet_ok(&form, ten, sizeof(ten)));
	assert_false(orl_sound_packet_ok(&form, twenty, sizeof(twenty)));
	assert_false(orl_sound_packet_ok(&form, two, sizeof(two)));
	assert_false(orl_sound_packet_ok(&form, ten, 1276));
	form.frames = 960;
	assert_true(orl_sound_packet_ok(&form, two, sizeof(two)));
	/* Two of the same size in an odd number of bytes. */
	assert_false(orl_sound_packet_ok(&form, two, sizeof(two) - 1));
	form.frames = 481;
	assert_false(orl_sound_form_ok(&form));
	form = (struct orl_sound_form){ 3, 2, 480 };
	assert_false(orl_sound_form_ok(&form));
	form = (struct orl_sound_form){ ORL_SOUND_PCM, 3, 480 };
	assert_false(orl_sound_form_ok(&form));
	form = (struct orl_sound_form){ ORL_SOUND_PCM, 2, 480 };
	uint8_t pcm[1921] = { 0 };
	assert_true(orl_sound_packet_ok(&form, pcm, 1920));
	assert_false(orl_sound_packet_ok(&form, pcm, 1919));
	assert_false(orl_sound_packet_ok(&form, pcm, 1921));
}

static void quiet_speech_is_not_sent(void **state)
{
	struct orl_sound_form form = { ORL_SOUND_OPUS, 1, 960 };
	struct orl_sound_encoder *e;
	struct orl_env env;
	float in[960] = { 0 };
	uint8_t packet[ORL_SOUND_PACKET_MAX];
	int sent = 0;
	(void)state;
	assert_int_equal(orl_host_env(&env, NULL), 0);
	assert_int_equal(orl_sound_encoder_create(&e, &env, &form, 32000, true),
			0);
	for (int i = 0; i < 500; i++)
		sent += orl_sound_encode(e, in, packet) > 0;
	assert_in_range(sent, 1, 30);
	orl_sound_encoder_destroy(e);
}

/* ---- the ring ---------------------------------------------------------- */

static void the_ring_keeps_order_and_bounds(void **state)
{
	static struct orl_ring ring;
	static uint8_t data[ORL_RING_SIZE / 2], back[ORL_RING_SIZE / 2];
	struct rng rng = { rng_seed(21) };
	uint32_t in = 0, out = 0;
	(void)state;
	/* As after four gigabytes. */
	ring.written = ring.read = UINT32_MAX - 1000;
	for (int i = 0; i < 200000; i++) {
		size_t n = rng_below(&rng, i % 7 ? 600 : 30000);
		memset(data, (int)(in & 0xff), n);
		if (rng_below(&rng, 2)) {
			in += orl_ring_put(&ring, &in, sizeof(in), data, n);
			continue;
		}
		uint32_t serial;
		size_t size = orl_ring_peek(&ring, &serial, sizeof(serial));
		if (!size) {
			assert_int_equal(in, out);
			continue;
		}
		assert_int_equal(serial, out);
		memset(back, 0x55, sizeof(back));
		orl_ring_take(&ring, back, sizeof(back));
		for (size_t k = sizeof(serial); k < size; k++)
			assert_int_equal(back[k], out & 0xff);
		out++;
	}
	assert_true(out > 1000);
	orl_ring_clear(&ring);
	assert_int_equal(orl_ring_peek(&ring, &in, sizeof(in)), 0);
}

/* ---- the resampler ----------------------------------------------------- */

/* What is left of a tone of `hz` at `rate`, when a tone is taken away: dB. */
static double impurity(const float *frames, size_t n, double hz, double rate)
{
	double s = 0, c = 0, power = 0, left = 0;

	for (size_t i = 0; i < n; i++) {
		double a = TURN * hz * (double)i / rate;
		s += frames[2 * i] * sin(a);
		c += frames[2 * i] * cos(a);
	}
	s *= 2.0 / (double)n;
	c *= 2.0 / (double)n;
	for (size_t i = 0; i < n; i++) {
		double a = TURN * hz * (double)i / rate;
		power += pow((double)frames[2 * i], 2);
		left += pow((double)frames[2 * i] - s * sin(a) - c * cos(a), 2);
	}
	return 10 * log10(left / power);
}

static double through(uint32_t from, uint32_t to, double ratio, double hz)
{
	static struct orl_resample r;
	static float out[2 * 48000];
	uint64_t step = (uint64_t)((double)orl_resample_step(from, to) * ratio);
	size_t n = 0, at = 0;

	orl_resample_init(&r, from, to);
	while (n < 24000) {
		float in[2 * 480];
		for (size_t i = 0; i < 480; i++, at++)
			in[2 * i] = in[2 * i +
					1] = (float)(0.5 *
						     sin(TURN * hz * (double)at /
								     from));
		orl_resample_push(&r, in, 480);
		n += orl_resample_pull(&r, out + 2 * n, 40000 - n, step);
	}
	/* Settled, and whole turns of it: n is about a multiple of them. */
	return impurity(out + 2 * 1000, 19200, hz * ratio, (double)to);
}

static void tones_stay_pure(void **state)
{
	static const struct {
		uint32_t from, to;
		double ratio, hz;
	} cases[] = {
		{ 48000, 48000, 1.003, 1000 },
		{ 48000, 48000, 0.9997, 1000 },
		{ 48000, 48000, 1.005, 10000 },
		{ 44100, 48000, 1, 1000 },
		{ 44100, 48000, 1, 10000 },
		{ 48000, 44100, 1, 1000 },
		{ 8000, 48000, 1, 1000 },
		{ 192000, 48000, 1, 1000 },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		double db = through(cases[i].from, cases[i].to, cases[i].ratio,
				cases[i].hz);
		printf("%u to %u, %.4f, %.0f Hz: %.1f dB\n", cases[i].from,
				cases[i].to, cases[i].ratio, cases[i].hz, db);
		assert_true(db < -55);
	}
	/* What the lower rate cannot carry does not come back as another. */
	double gone = 0;
	static struct orl_resample r;
	orl_resample_init(&r, 48000, 16000);
	for (size_t k = 0, at = 0; k < 20; k++) {
		float in[2 * 480], out[2 * 480];
		for (size_t i = 0; i < 480; i++, at++)
			in[2 * i] = in[2 * i + 1] = (float)sin(
					TURN * 15000 * (double)at / 48000);
		orl_resample_push(&r, in, 480);
		size_t n = orl_resample_pull(
				&r, out, 480, orl_resample_step(48000, 16000));
		for (size_t i = 0; k > 2 && i < n; i++)
			gone = fmax(gone, (double)fabsf(out[2 * i]));
	}
	assert_true(gone < 0.003);
}

static void the_same_rate_changes_no_bit(void **state)
{
	static struct orl_resample r;
	struct rng rng = { rng_seed(22) };
	static float in[2 * 20000], out[2 * 20000];
	size_t at = 0, n = 0;
	(void)state;
	for (size_t i = 0; i < 40000; i++)
		in[i] = (float)(int64_t)rng_below(&rng, 65536) / 32768 - 1;
	orl_resample_init(&r, 48000, 48000);
	while (at < 20000) {
		size_t k = 1 + rng_below(&rng, 700);
		k = k < 20000 - at ? k : 20000 - at;
		orl_resample_push(&r, in + 2 * at, k);
		at += k;
		n += orl_resample_pull(&r, out + 2 * n,
				1 + rng_below(&rng, 900), UINT64_C(1) << 32);
		n += orl_resample_pull(
				&r, out + 2 * n, 20000, UINT64_C(1) << 32);
	}
	assert_true(n > 19900);
	assert_memory_equal(in, out, 2 * n * sizeof(float));
}

/* ---- samples of virtual machines --------------------------------------- */

static void machines_samples_are_read_and_written(void **state)
{
	struct rng rng = { rng_seed(23) };
	(void)state;
	for (int i = 0; i < 2000; i++) {
		static const uint8_t bits[] = { 8, 16, 32 };
		struct orl_qemu_pcm pcm = {
			.bits = bits[rng_below(&rng, 3)],
			.channels = (uint8_t)(1 + rng_below(&rng, 8)),
			.is_signed = rng_below(&rng, 2),
			.is_float = rng_below(&rng, 2),
			.big_endian = rng_below(&rng, 2),
			.rate = 44100,
		};
		int16_t in[2], out[2];
		uint8_t bytes[32];
		if (pcm.is_float && pcm.bits != 32) {
			assert_false(orl_qemu_pcm_ok(&pcm));
			continue;
		}
		assert_true(orl_qemu_pcm_ok(&pcm));
		in[0] = (int16_t)rng_next(&rng);
		in[1] = pcm.channels > 1 ? (int16_t)rng_next(&rng) : in[0];
		orl_qemu_pcm_write(&pcm, bytes, in, 1);
		orl_qemu_pcm_read(&pcm, out, bytes, 1);
		for (int c = 0; c < 2; c++)
			assert_true(abs(in[c] - out[c]) <=
					(pcm.bits == 8 ? 255 : 1));
	}
	/* What a guest makes up of floats is a number all the same. */
	struct orl_qemu_pcm f = { 32, 1, true, true, false, 48000 };
	static const uint8_t odd[][4] = { { 0, 0, 0xc0, 0x7f },
		{ 0, 0, 0x80, 0x7f }, { 0, 0, 0x80, 0xff } };
	int16_t out[2];
	orl_qemu_pcm_read(&f, out, odd[0], 1);
	assert_int_equal(out[0], 0);
	orl_qemu_pcm_read(&f, out, odd[1], 1);
	assert_int_equal(out[0], INT16_MAX);
	orl_qemu_pcm_read(&f, out, odd[2], 1);
	assert_int_equal(out[0], INT16_MIN);
	f.rate = 0;
	assert_false(orl_qemu_pcm_ok(&f));
	f = (struct orl_qemu_pcm){ 24, 2, true, false, false, 48000 };
	assert_false(orl_qemu_pcm_ok(&f));
	f = (struct orl_qemu_pcm){ 16, 0, true, false, false, 48000 };
	assert_false(orl_qemu_pcm_ok(&f));
}

/* A reader that stalls takes blocks in late, not blocks of later. */
static void what_lay_waiting_was_captured_before(void **state)
{
	const uint64_t ms = 1000000, block = 10 * ms;
	uint64_t next = 0, now = 1000 * ms, last = 0;
	(void)state;
	for (int i = 0; i < 1000; i++, now += block) {
		/* Of a hundred, fifteen at once. */
		bool stalls = i % 100 >= 50 && i % 100 < 65;
		uint64_t seen = stalls ? now + (uint64_t)(64 - i % 100) * block
				       : now;
		uint64_t at = orl_sound_captured(&next, 480, 48000, seen);
		assert_true(at <= now - block + ms);
		assert_true(at >= now - block - ms);
		if (last)
			assert_in_range(at - last, block - ms, block + ms);
		last = at;
	}
	/* After a pause it begins anew, and what comes early was before. */
	now += 1000 * ms;
	assert_true(orl_sound_captured(&next, 480, 48000, now) == now - block);
	assert_true(orl_sound_captured(&next, 480, 48000, now + ms) ==
			now + ms - block);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(packets_come_out_as_they_went_in),
		cmocka_unit_test(forms_and_packets_are_looked_at),
		cmocka_unit_test(quiet_speech_is_not_sent),
		cmocka_unit_test(the_ring_keeps_order_and_bounds),
		cmocka_unit_test(tones_stay_pure),
		cmocka_unit_test(the_same_rate_changes_no_bit),
		cmocka_unit_test(machines_samples_are_read_and_written),
		cmocka_unit_test(what_lay_waiting_was_captured_before),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
