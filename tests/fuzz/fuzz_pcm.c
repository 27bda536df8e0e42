/*
 * fuzz_pcm.c - samples as a guest says that they are: what form it likes, of
 * any bytes. What is taken for one is read and written within its bytes, and
 * is the same after both.
 *
 * Eight bytes are the form: bits, channels, flags (1 signed, 2 float, 4 big
 * endian), none, and the rate; the rest are samples.
 */
#include <stdlib.h>
#include <string.h>

#include "capture/qemu_audio.h"
#include "proto/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct orl_rd r = rd_init(data, size);
	struct orl_qemu_pcm pcm = { .bits = rd_U8(&r, 0, UINT8_MAX) };

	pcm.channels = rd_U8(&r, 0, UINT8_MAX);
	unsigned flags = rd_U16(&r, 0, UINT16_MAX);
	pcm.rate = rd_U32(&r, 0, UINT32_MAX);
	pcm.is_signed = flags & 1;
	pcm.is_float = flags & 2;
	pcm.big_endian = flags & 4;
	if (r.bad || !orl_qemu_pcm_ok(&pcm))
		return 0;
	size_t frame = orl_qemu_pcm_frame(&pcm);
	size_t n = (size_t)(r.end - r.p) / frame;
	/* Blocks of their own: a sanitizer sees a byte too far. */
	uint8_t *in = malloc(n * frame + !n), *out = malloc(n * frame + !n);
	int16_t *once = malloc(n * 4 + !n), *twice = malloc(n * 4 + !n);
	if (!in || !out || !once || !twice)
		abort();
	memcpy(in, r.p, n * frame);
	orl_qemu_pcm_read(&pcm, once, in, n);
	orl_qemu_pcm_write(&pcm, out, once, n);
	orl_qemu_pcm_read(&pcm, twice, out, n);
	for (size_t i = 0; i < 2 * n; i++)
		if (abs(once[i] - twice[i]) > pcm.is_float)
			abort();
	free(in);
	free(out);
	free(once);
	free(twice);
	return 0;
}
