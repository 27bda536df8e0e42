/*
 * x11_keys.h - USB HID usages as the keycodes of an X server with evdev
 * rules, which all of today's have.
 */
#ifndef ORL_X11_KEYS_H
#define ORL_X11_KEYS_H

#include <stdint.h>

/* 0 when there is none. */
uint8_t orl_x11_keycode(uint32_t usage);

/* The keysym of a character. */
uint32_t orl_x11_keysym(uint32_t codepoint);

/*
 * The next character of UTF-8 text, and *text moved behind it; bytes that are
 * none give 0xfffd. 0 at the end.
 */
uint32_t orl_x11_character(const char **text);

#endif
