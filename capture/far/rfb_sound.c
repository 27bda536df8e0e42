/*
 * rfb_sound.c - the sound of a QEMU that shows its machine over VNC, which has
 * an extension for it: samples in the form that is asked for, in the clear
 * between the pictures.
 */
#include "capture/far/rfb.h"

enum {
	QEMU = 255,
	SUB_SOUND = 1,
	/* Of ours. */
	ENABLE = 0,
	DISABLE = 1,
	SET_FORMAT = 2,
	S16 = 3,
	/* Of theirs. */
	END = 0,
	BEGIN = 1,
	DATA = 2,
	RATE = 48000,
	CHANNELS = 2,
	BLOCK_MAX = RATE, /* frames: what is longer is a lie */
	PIECE = 1024,     /* frames that are read at a time */
};

static void switch_sound(struct orl_rfb *r, bool on)
{
	const uint8_t message[] = { QEMU, SUB_SOUND, 0, on ? ENABLE : DISABLE };

	orl_rfb_write(r, message, sizeof(message));
}

/* Its samples are little endian: there is no word to ask for others. */
void orl_rfb_sound_here(struct orl_rfb *r)
{
	uint8_t message[10] = { QEMU, SUB_SOUND, 0, SET_FORMAT, S16, CHANNELS };

	if (r->sounds || !r->helper.config.hears)
		return;
	orl_rfb_put32(message + 6, RATE);
	orl_rfb_write(r, message, sizeof(message));
	r->sounds = true;
	if (r->wanted)
		switch_sound(r, true);
}

void orl_rfb_listen(void *user, bool on)
{
	struct orl_rfb *r = user;

	if (r->sounds && on != r->wanted)
		switch_sound(r, on);
	r->wanted = on;
}

static void on_data(struct orl_rfb *r)
{
	uint32_t n = orl_rfb_u32(r);
	uint8_t bytes[PIECE * CHANNELS * 2];
	int16_t samples[PIECE * CHANNELS];

	if (n / 2 / CHANNELS > BLOCK_MAX || n % (2 * CHANNELS))
		orl_helper_end(&r->helper, ORL_EXIT_SOURCE,
				"the server sends %u bytes of sound at once",
				(unsigned)n);
	while (n) {
		size_t k = n < sizeof(bytes) ? n : sizeof(bytes);

		orl_rfb_read(r, bytes, k);
		for (size_t i = 0; i < k / 2; i++)
			samples[i] = (int16_t)(bytes[2 * i] |
					       bytes[2 * i + 1] << 8);
		orl_helper_sound(&r->helper, RATE, CHANNELS, samples,
				k / 2 / CHANNELS);
		n -= (uint32_t)k;
	}
}

void orl_rfb_sound(struct orl_rfb *r)
{
	unsigned kind = orl_rfb_u8(r), what = orl_rfb_u16(r);

	if (kind != SUB_SOUND || !r->sounds || what > DATA)
		orl_helper_end(&r->helper, ORL_EXIT_SOURCE,
				"the server says something unknown (255, %u, "
				"%u)",
				kind, what);
	if (what == DATA)
		on_data(r);
	else if (what == END)
		orl_helper_sound(&r->helper, RATE, CHANNELS, NULL, 0);
}
