/*
 * liar_sound.h - see liar_sound.c.
 */
#ifndef ORL_TESTS_LIAR_SOUND_H
#define ORL_TESTS_LIAR_SOUND_H

#include <systemd/sd-bus.h>

/* Have the machine on this bus have a sound card. */
int liar_sound(sd_bus *main_bus);

#endif
