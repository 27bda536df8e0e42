/*
 * sound.c - --sound=, when sound was captured, and what a build without
 * PulseAudio does.
 */
#include "capture/sound.h"

#include <string.h>

#include "capture/capture.h"

enum {
	GAP_MS = 200, /* later than that, it is another sound */
	CREEP = 1000, /* one part of so many: more than clocks differ */
};

bool orl_sound_parse(
		enum orl_sound_from *from, const char **sink, const char *text)
{
	*sink = "";
	*from = ORL_SOUND_AUTO;
	if (!text || strcmp(text, "auto") == 0)
		return true;
	*from = ORL_SOUND_NONE;
	if (strcmp(text, "none") == 0)
		return true;
	*from = ORL_SOUND_PULSE;
	if (strncmp(text, "pulse", 5) != 0 ||
			(text[5] && (text[5] != ':' || !text[6])))
		return false;
	if (text[5])
		*sink = text + 6;
	return strlen(*sink) < 200;
}

uint64_t orl_sound_captured(
		uint64_t *next, size_t n, uint32_t rate, uint64_t now)
{
	uint64_t length = (uint64_t)n * ORL_SEC / rate, start = *next;

	/* What has come was captured before it came. */
	if (start + length > now || start + length + GAP_MS * ORL_MSEC < now)
		start = now - length;
	*next = start + length + length / CREEP;
	return start;
}

#ifdef ORIEL_NO_PULSE
struct orl_pulse *orl_pulse_open(struct oriel_server *server, const char *sink,
		bool microphone, bool quiet)
{
	(void)server;
	(void)sink;
	(void)microphone;
	(void)quiet;
	return NULL;
}

void orl_pulse_close(struct orl_pulse *pulse)
{
	(void)pulse;
}

void orl_pulse_listen(struct orl_pulse *pulse, bool on)
{
	(void)pulse;
	(void)on;
}

void orl_pulse_speak(struct orl_pulse *pulse, bool on)
{
	(void)pulse;
	(void)on;
}

void orl_pulse_run(struct orl_pulse *pulse)
{
	(void)pulse;
}
#endif
