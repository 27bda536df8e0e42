/*
 * view.h - geometry of showing a picture in a window: which rectangles have
 * changed, where they are in the window, and their pixels put there. Pure,
 * and without SDL.
 */
#ifndef ORL_VIEWER_VIEW_H
#define ORL_VIEWER_VIEW_H

#include <oriel/oriel.h>

/* ---- what has changed ---- */

enum { ORL_DAMAGE_RECTS = 16 };

struct orl_view_damaged {
	struct oriel_rect rects[ORL_DAMAGE_RECTS];
	size_t n;
};

/*
 * Rectangles are united where that adds few pixels, and where there would be
 * too many. Empty ones are ignored.
 */
void orl_view_damage(struct orl_view_damaged *damage, struct oriel_rect rect);

/* ---- a picture in a window ---- */

struct orl_view {
	/* Where the picture is; 1:1 and centred when it fits, else shrunk. */
	struct oriel_rect place;
	int32_t width, height; /* of the picture */
};

void orl_view_fit(struct orl_view *view, int32_t window_width,
		int32_t window_height, int32_t width, int32_t height);
bool orl_view_is_scaled(const struct orl_view *view);
/* The window's pixels that show any pixel of this rectangle. */
struct oriel_rect orl_view_to_window(
		const struct orl_view *view, struct oriel_rect rect);
/* The picture's pixel under one of the window's, the nearest inside. */
void orl_view_to_picture(const struct orl_view *view, int32_t window_x,
		int32_t window_y, int32_t *x, int32_t *y);
void orl_view_from_picture(const struct orl_view *view, int32_t x, int32_t y,
		int32_t *window_x, int32_t *window_y);
/*
 * Put the pixels of `rect` (of the window, inside place) into a window
 * surface of XRGB8888. Scaling takes the nearest pixel.
 */
void orl_view_copy(const struct orl_view *view, struct oriel_rect rect,
		void *to, size_t to_stride, const struct oriel_pixels *from);

/* Cursors arrive premultiplied; SDL wants them straight. */
uint32_t orl_unpremultiply(uint32_t argb);

#endif
