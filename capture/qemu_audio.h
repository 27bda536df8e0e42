/*
 * qemu_audio.h - the sound of a virtual machine, both ways.
 */
#ifndef ORL_QEMU_AUDIO_H
#define ORL_QEMU_AUDIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <oriel/oriel-server.h>

enum { ORL_QEMU_VOICES = 4, ORL_QEMU_VOICE_BYTES = 1 << 20 };

/* How a voice's samples lie in memory. */
struct orl_qemu_pcm {
	uint8_t bits, channels; /* 8, 16 or 32; 1 to 8 */
	bool is_signed, is_float, big_endian;
	uint32_t rate;
};

/* One that the guest has opened, or has closed and may open again. */
struct orl_qemu_voice {
	uint64_t id;
	bool open, enabled;
	struct orl_qemu_pcm pcm;
	struct oriel_sound *sound; /* of a voice that plays */
	uint32_t sound_rate;
	bool has_volume; /* it has been told */
	uint32_t volume[2];
};

bool orl_qemu_pcm_ok(const struct orl_qemu_pcm *pcm);
size_t orl_qemu_pcm_frame(const struct orl_qemu_pcm *pcm);
/* n frames to two channels of 16 bit: the first two, or the one twice. */
void orl_qemu_pcm_read(const struct orl_qemu_pcm *pcm, int16_t *out,
		const uint8_t *in, size_t n);
/* And back, the others silent. */
void orl_qemu_pcm_write(const struct orl_qemu_pcm *pcm, uint8_t *out,
		const int16_t *in, size_t n);

#endif
