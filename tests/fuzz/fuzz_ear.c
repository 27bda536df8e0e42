/*
 * fuzz_ear.c - packets of sound that may hold anything, and come at any time:
 * whatever is heard of them is a number, and not too loud.
 *
 * The input is records: a byte of what to do, a byte of size, that many bytes.
 * A packet's begin with its serial (u16), its time and when it came (u32 each,
 * ms); what follows goes to the ear as it is, and no further where it is none.
 */
#include <stdlib.h>
#include <string.h>

#include "codecs/ear.h"
#include "proto/io/host.h"
#include "proto/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { OPEN, PAUSE, CLOSE, VOLUME, RATE, HEAR, PACKET, KINDS };

static uint64_t now = UINT64_C(1000000000);

static void hear(struct orl_ear *ear, size_t n)
{
	float out[2 * 1000] = { 0 };

	n = n < 1000 ? n : 1000;
	now += n * 1000000000 / ORL_SOUND_RATE;
	orl_ear_hear(ear, out, n, now);
	for (size_t i = 0; i < 2 * n; i++)
		if (!(out[i] >= -64 && out[i] <= 64))
			abort();
}

static void packet(struct orl_ear *ear, const struct orl_sound_form *form,
		struct orl_rd *r)
{
	uint16_t serial = rd_U16(r, 0, UINT16_MAX);
	uint64_t time = rd_U32(r, 0, UINT32_MAX);
	uint64_t at = rd_U32(r, 0, UINT32_MAX);
	size_t n = (size_t)(r->end - r->p);
	uint8_t pcm[ORL_SOUND_PACKET_MAX] = { 0 };
	const uint8_t *p = r->p;

	if (r->bad)
		return;
	/* Samples are too many for a record, and the rest of them zero. */
	if (form->codec == ORL_SOUND_PCM) {
		memcpy(pcm, p, n);
		n = (size_t)form->frames * form->channels * 2;
		p = pcm;
	}
	if (orl_sound_packet_ok(form, p, n))
		orl_ear_packet(ear, serial, time * 1000000,
				at ? at * 1000000 : now, at % 300 * 1000000, p,
				n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct orl_sound_form form = { ORL_SOUND_OPUS, 2, 480 }, next;
	struct orl_rd r = rd_init(data, size);
	struct orl_ear *ear;
	struct orl_env env;

	now = UINT64_C(1000000000);
	if (orl_host_env(&env, NULL) < 0 || orl_ear_create(&ear, &env) < 0)
		abort();
	orl_ear_open(ear, &form);
	while (r.p != r.end && !r.bad) {
		unsigned what = rd_U8(&r, 0, UINT8_MAX) % KINDS;
		size_t n = rd_U8(&r, 0, UINT8_MAX);
		const uint8_t *p = rd_take(&r, n);
		struct orl_rd in = rd_init(p, p ? n : 0);
		uint8_t a = n > 0 && p ? p[0] : 0, b = n > 1 && p ? p[1] : 0;

		switch (what) {
		case OPEN:
			next = (struct orl_sound_form){ a & 3,
				(uint8_t)(a >> 2 & 3), (uint16_t)(b * 60) };
			if (!orl_sound_form_ok(&next))
				break;
			form = next;
			orl_ear_open(ear, &form);
			break;
		case PAUSE:
			orl_ear_pause(ear);
			break;
		case CLOSE:
			orl_ear_close(ear);
			break;
		case VOLUME:
			orl_ear_volume(ear, a * 2u, b * 2u);
			break;
		case RATE:
			orl_ear_rate(ear, 8000 + a * 700u);
			break;
		case HEAR:
			hear(ear, (size_t)a * 4);
			break;
		default:
			packet(ear, &form, &in);
			break;
		}
	}
	for (int i = 0; i < 20; i++)
		hear(ear, 480);
	orl_ear_destroy(ear);
	return 0;
}
