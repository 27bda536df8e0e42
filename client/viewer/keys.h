/*
 * keys.h - SDL's names for keys, buttons and wheels as the wire has them.
 * Pure tables; no SDL function is called.
 *
 * Which characters travel as text: SDL reports a key first and the characters
 * it makes right after it, as one event each. Physical keys travel as keys,
 * and the desktop makes the characters from its own layout; so the characters
 * that come right after a key that was sent are dropped. All others have no
 * key the desktop could know (an input method's words, a key that SDL has no
 * scancode for) and travel as text.
 */
#ifndef ORL_VIEWER_KEYS_H
#define ORL_VIEWER_KEYS_H

#include <stdbool.h>
#include <stdint.h>

/* HID usage of an SDL_Scancode, page << 16 | id; 0: there is none. */
uint32_t orl_key_usage(int scancode);
/* X keysym of an SDL_Keycode, without modifiers; 0: unknown. */
uint32_t orl_key_keysym(int32_t keycode);
/* The bit of an SDL mouse button (1 left, 2 middle, 3 right, 4, 5 sides). */
uint32_t orl_button_bit(int button);
/* oriel_locks of an SDL_Keymod. */
uint32_t orl_locks_of(uint32_t keymod);

/* Wheels may turn by less than a 120th; what is left stays for later. */
struct orl_wheel {
	float rest_x, rest_y;
};
void orl_wheel_turn(struct orl_wheel *wheel, float x, float y, int16_t *out_x,
		int16_t *out_y);

/* The rule above. */
struct orl_text_rule {
	bool after_key;
};
/* Every keyboard event goes through here; sent: as a key down. */
void orl_text_rule_key(struct orl_text_rule *rule, bool sent);
/* Whether these characters are to be sent. */
bool orl_text_rule_text(struct orl_text_rule *rule);

#endif
