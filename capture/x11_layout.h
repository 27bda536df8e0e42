/*
 * x11_layout.h - where the monitors of an X server's screen are. Pure.
 */
#ifndef ORL_X11_LAYOUT_H
#define ORL_X11_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>

#include <oriel/oriel.h>

struct orl_place {
	unsigned long name; /* an atom; 0 is none */
	struct oriel_rect at;
	bool primary;
	bool shown; /* it is a display already */
};

/* What two rectangles share; false when that is nothing. */
bool orl_layout_clip(struct oriel_rect *out, const struct oriel_rect *a,
		const struct oriel_rect *b);

/*
 * Keep those that show something of a screen of this size that no other one
 * shows: cut at the screen's edges, without those that lie inside another
 * one. The primary one comes first, then those that are shown. Returns how
 * many are left.
 */
size_t orl_layout_choose(struct orl_place *list, size_t n, int32_t width,
		int32_t height);

/*
 * One of them gets another size: those beside it, to its right or below, make
 * room or close up. False when two would come to lie over each other that do
 * not now.
 */
bool orl_layout_resize(struct oriel_rect *to, const struct oriel_rect *from,
		size_t n, size_t which, int32_t width, int32_t height);

#endif
