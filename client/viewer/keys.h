/*
 * keys.h - SDL's names for keys, buttons and wheels as the wire has them.
 * Pure tables; no SDL function is called.
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

/*
 * Fingers: SDL's numbers, which may be any, as the small ones of the wire.
 */
enum { ORL_FINGERS = 16 };

struct orl_finger {
	int64_t id;
	bool down;
	uint32_t display;
	int32_t x, y; /* the last */
};
/* The finger of this number: one that is down, or NULL. */
struct orl_finger *orl_finger_find(
		struct orl_finger fingers[static ORL_FINGERS], int64_t id);
/* One that is not; NULL when all are. */
struct orl_finger *orl_finger_free(
		struct orl_finger fingers[static ORL_FINGERS]);

#endif
