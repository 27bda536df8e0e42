/*
 * qemu_pcm.c - samples as a virtual machine's sound card has them, as two
 * channels of 16 bit, and back.
 */
#include <string.h>

#include "capture/qemu_audio.h"

bool orl_qemu_pcm_ok(const struct orl_qemu_pcm *pcm)
{
	return (pcm->bits == 8 || pcm->bits == 16 || pcm->bits == 32) &&
	       (!pcm->is_float || pcm->bits == 32) && pcm->channels >= 1 &&
	       pcm->channels <= 8 && pcm->rate >= 8000 && pcm->rate <= 192000;
}

size_t orl_qemu_pcm_frame(const struct orl_qemu_pcm *pcm)
{
	return (size_t)pcm->bits / 8 * pcm->channels;
}

static uint32_t load(const struct orl_qemu_pcm *pcm, const uint8_t *p)
{
	size_t n = pcm->bits / 8;
	uint32_t v = 0;

	for (size_t i = 0; i < n; i++)
		v |= (uint32_t)p[pcm->big_endian ? n - 1 - i : i] << 8 * i;
	return v;
}

static void store(const struct orl_qemu_pcm *pcm, uint8_t *p, uint32_t v)
{
	size_t n = pcm->bits / 8;

	for (size_t i = 0; i < n; i++)
		p[pcm->big_endian ? n - 1 - i : i] = (uint8_t)(v >> 8 * i);
}

static int16_t from_float(uint32_t bits)
{
	float f;

	memcpy(&f, &bits, sizeof(f));
	/* What is no number is silence. */
	if (!(f > -1.0F))
		return f <= -1.0F ? INT16_MIN : 0;
	return f >= 1.0F ? INT16_MAX : (int16_t)(f * 32767.0F);
}

static int16_t read_one(const struct orl_qemu_pcm *pcm, const uint8_t *p)
{
	uint32_t v = load(pcm, p);

	if (pcm->is_float)
		return from_float(v);
	v <<= 32 - pcm->bits;
	if (!pcm->is_signed)
		v ^= UINT32_C(0x80000000);
	return (int16_t)(uint16_t)(v >> 16);
}

static void write_one(const struct orl_qemu_pcm *pcm, uint8_t *p, int16_t s)
{
	uint32_t v = (uint32_t)(uint16_t)s << 16;

	if (pcm->is_float) {
		float f = (float)s / 32768.0F;
		memcpy(&v, &f, sizeof(v));
	} else {
		if (!pcm->is_signed)
			v ^= UINT32_C(0x80000000);
		v >>= 32 - pcm->bits;
	}
	store(pcm, p, v);
}

void orl_qemu_pcm_read(const struct orl_qemu_pcm *pcm, int16_t *out,
		const uint8_t *in, size_t n)
{
	size_t size = pcm->bits / 8, frame = orl_qemu_pcm_frame(pcm);

	for (size_t i = 0; i < n; i++, in += frame) {
		out[2 * i] = read_one(pcm, in);
		out[2 * i + 1] = pcm->channels > 1 ? read_one(pcm, in + size)
						   : out[2 * i];
	}
}

void orl_qemu_pcm_write(const struct orl_qemu_pcm *pcm, uint8_t *out,
		const int16_t *in, size_t n)
{
	size_t size = pcm->bits / 8;

	for (size_t i = 0; i < n; i++)
		for (size_t c = 0; c < pcm->channels; c++, out += size)
			write_one(pcm, out, c < 2 ? in[2 * i + c] : 0);
}
