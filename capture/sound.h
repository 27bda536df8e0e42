/*
 * sound.h - the desktop's sound from a sound server, PulseAudio's protocol,
 * which PipeWire speaks too; and the viewer's microphone into it.
 *
 * --sound=auto|none|pulse[:SINK]. It has a thread of its own, for a sound
 * card does not wait; what concerns the server is passed on by run(), which
 * the program calls in its loop.
 */
#ifndef ORL_CAPTURE_SOUND_H
#define ORL_CAPTURE_SOUND_H

#include <stdbool.h>
#include <stdint.h>

#include <oriel/oriel-server.h>

enum orl_sound_from { ORL_SOUND_AUTO, ORL_SOUND_NONE, ORL_SOUND_PULSE };

/* What --sound= says; false: nothing sensible. sink: "" is the default one. */
bool orl_sound_parse(
		enum orl_sound_from *from, const char **sink, const char *text);

/*
 * When a block of n frames was captured that came by `now`, where nobody says
 * so. Blocks come when they like, xrdp's two of 46 ms at once and then one, or
 * all that a busy reader left lying: they are put one behind the other, and
 * those that came with the least delay say where. *next is 0 at first.
 */
uint64_t orl_sound_captured(
		uint64_t *next, size_t n, uint32_t rate, uint64_t now);

struct orl_pulse; /* one connection to a sound server, or the wish for one */

/*
 * Record what this sink plays ("": the default one), while somebody listens;
 * with `microphone` be a source that plays what oriel_server_hear() gives. A
 * sound server that is not there, or goes, is looked for again; `quiet` says
 * nothing of it. NULL: this build has none, or there is no memory.
 */
struct orl_pulse *orl_pulse_open(struct oriel_server *server, const char *sink,
		bool microphone, bool quiet);
void orl_pulse_close(struct orl_pulse *pulse);
/* Somebody listens, or nobody does. */
void orl_pulse_listen(struct orl_pulse *pulse, bool on);
/* A microphone is on, or off. */
void orl_pulse_speak(struct orl_pulse *pulse, bool on);
/* In the program's loop, as often as that goes round. */
void orl_pulse_run(struct orl_pulse *pulse);

#endif
