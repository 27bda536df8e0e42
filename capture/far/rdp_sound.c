/*
 * rdp_sound.c - the sound of an RDP server: to the library this is a sound
 * card, named when its channel is loaded, that takes samples of 16 bit. What
 * the server packs otherwise the library unpacks.
 */
#include <stdlib.h>
#include <string.h>

#include <freerdp/client/channels.h>
#include <freerdp/client/cmdline.h>
#include <freerdp/client/rdpsnd.h>

#include "capture/far/rdp.h"

#define CARD "oriel"

enum { VOLUME_MAX = 65535 };

/* There is one connection, and the library hands cards nothing of ours. */
static struct orl_rdp *owner;

struct card {
	rdpsndDevicePlugin device;
	struct orl_rdp *rdp;
	uint32_t rate, channels; /* 0: it is closed */
};

static struct card *card_of(rdpsndDevicePlugin *device)
{
	return (struct card *)(void *)device;
}

static BOOL supports(rdpsndDevicePlugin *device, const AUDIO_FORMAT *format)
{
	(void)device;
	return format->wFormatTag == WAVE_FORMAT_PCM &&
	       format->wBitsPerSample == 16 && format->nChannels >= 1 &&
	       format->nChannels <= 2 &&
	       format->nSamplesPerSec >= ORL_FAR_RATE_MIN &&
	       format->nSamplesPerSec <= ORL_FAR_RATE_MAX;
}

/* What is to be made of a form that is none of the above. */
static BOOL prefer(rdpsndDevicePlugin *device, const AUDIO_FORMAT *desired,
		AUDIO_FORMAT *out)
{
	*out = (AUDIO_FORMAT){ .wFormatTag = WAVE_FORMAT_PCM,
		.nChannels = desired->nChannels == 1 ? 1 : 2,
		.nSamplesPerSec = desired->nSamplesPerSec,
		.wBitsPerSample = 16 };
	out->nBlockAlign = (UINT16)(out->nChannels * 2);
	out->nAvgBytesPerSec = out->nBlockAlign * out->nSamplesPerSec;
	return supports(device, out);
}

static BOOL open_card(rdpsndDevicePlugin *device, const AUDIO_FORMAT *format,
		UINT32 latency)
{
	struct card *card = card_of(device);

	(void)latency;
	if (!supports(device, format))
		return FALSE;
	card->rate = format->nSamplesPerSec;
	card->channels = format->nChannels;
	return TRUE;
}

static void close_card(rdpsndDevicePlugin *device)
{
	struct card *card = card_of(device);

	if (card->rate)
		orl_helper_sound(&card->rdp->helper, card->rate, card->channels,
				NULL, 0);
	card->rate = 0;
}

/* Returns how many ms there are before it is heard, as far as is known here. */
static UINT play(rdpsndDevicePlugin *device, const BYTE *data, size_t size)
{
	struct card *card = card_of(device);
	size_t frame = 2 * (size_t)card->channels, n = frame ? size / frame : 0;
	int16_t *samples = n ? malloc(n * frame) : NULL;

	if (!card->rate || !samples) {
		free(samples);
		return 0;
	}
	/* As it comes it need not be aligned. */
	memcpy(samples, data, n * frame);
	orl_helper_sound(&card->rdp->helper, card->rate, card->channels,
			samples, n);
	free(samples);
	return (UINT)(n * 1000 / card->rate);
}

static UINT32 get_volume(rdpsndDevicePlugin *device)
{
	(void)device;
	return UINT32_MAX;
}

static BOOL set_volume(rdpsndDevicePlugin *device, UINT32 value)
{
	uint32_t left = value & VOLUME_MAX, right = value >> 16;

	orl_helper_volume(&card_of(device)->rdp->helper,
			left * 256 / VOLUME_MAX, right * 256 / VOLUME_MAX);
	return TRUE;
}

static void free_card(rdpsndDevicePlugin *device)
{
	free(card_of(device));
}

static UINT make_card(PFREERDP_RDPSND_DEVICE_ENTRY_POINTS points)
{
	struct card *card = calloc(1, sizeof(*card));

	if (!card)
		return CHANNEL_RC_NO_MEMORY;
	card->rdp = owner;
	card->device = (rdpsndDevicePlugin){ .FormatSupported = supports,
		.DefaultFormat = prefer,
		.Open = open_card,
		.Close = close_card,
		.Play = play,
		.GetVolume = get_volume,
		.SetVolume = set_volume,
		.Free = free_card };
	points->pRegisterRdpsndDevice(points->rdpsnd, &card->device);
	return CHANNEL_RC_OK;
}

/* Where the library looks for parts of channels; all others are its own. */
static PVIRTUALCHANNELENTRY provide(
		LPCSTR name, LPCSTR subsystem, LPCSTR type, DWORD flags)
{
	if (name && subsystem && strcmp(name, "rdpsnd") == 0 &&
			strcmp(subsystem, CARD) == 0)
		return (PVIRTUALCHANNELENTRY)(void (*)(void))make_card;
	return freerdp_channels_load_static_addin_entry(
			name, subsystem, type, flags);
}

void orl_rdp_sound_init(struct orl_rdp *r)
{
	owner = r;
	freerdp_register_addin_provider(provide, 0);
}

bool orl_rdp_sound_add(rdpSettings *settings)
{
	char name[] = "rdpsnd", card[] = "sys:" CARD;
	/* What comes in bursts is not to be dropped there. */
	char latency[] = "latency:500";
	char *words[] = { name, card, latency };

	return freerdp_client_add_static_channel(settings, 3, words) &&
	       freerdp_client_add_dynamic_channel(settings, 3, words);
}
