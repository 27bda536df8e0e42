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

enum orl_scaling {
	ORL_SCALING_AUTO,    /* 1:1 where it fits, else as FIT */
	ORL_SCALING_ONE,     /* 1:1 */
	ORL_SCALING_FIT,     /* as large as there is room, in its shape */
	ORL_SCALING_INTEGER, /* the same, by whole factors alone */
	ORL_SCALINGS,
};

struct orl_view {
	/*
	 * Where the picture is, in the window's pixels. In the middle, or, where
	 * it is larger than the window, reaching over its edges.
	 */
	struct oriel_rect place;
	int32_t width, height; /* of the picture */
};

/*
 * density: the window's pixels for one of the picture's where AUTO shows it
 * 1:1; at least 1, more on displays of small pixels.
 */
void orl_view_fit(struct orl_view *view, enum orl_scaling scaling,
		int32_t density, int32_t window_width, int32_t window_height,
		int32_t width, int32_t height);
/* Where it is larger than the window: show it from x, y of its place on. */
void orl_view_scroll(struct orl_view *view, int32_t window_width,
		int32_t window_height, int32_t x, int32_t y);
/* A rectangle of the picture as a picture of its own, at the same place. */
void orl_view_part(struct orl_view *part, const struct orl_view *whole,
		struct oriel_rect rect);
bool orl_view_is_scaled(const struct orl_view *view);
/* The window's pixels that show any part of this rectangle. */
struct oriel_rect orl_view_to_window(
		const struct orl_view *view, struct oriel_rect rect);
/* The picture's pixel under one of the window's, the nearest inside. */
void orl_view_to_picture(const struct orl_view *view, int32_t window_x,
		int32_t window_y, int32_t *x, int32_t *y);
void orl_view_from_picture(const struct orl_view *view, int32_t x, int32_t y,
		int32_t *window_x, int32_t *window_y);
/*
 * Put the pixels of `rect` (of the window, inside place) into a window
 * surface of XRGB8888.
 */
void orl_view_copy(const struct orl_view *view, struct oriel_rect rect,
		void *to, size_t to_stride, const struct oriel_pixels *from);

/* ---- several pictures in a window ---- */

/*
 * Move rectangles as they stand in the desktop to where the leftmost and
 * topmost begins at 0, and tell the size of all; side by side where they
 * overlap or are too far from each other.
 */
void orl_view_arrange(struct oriel_rect *rects, size_t n, int32_t *width,
		int32_t *height);
/* Which of them is nearest to a point; n > 0. */
size_t orl_view_nearest(
		const struct oriel_rect *rects, size_t n, int32_t x, int32_t y);
/* What they have in common; of no size: nothing. */
struct oriel_rect orl_view_common(struct oriel_rect a, struct oriel_rect b);

/* Cursors arrive premultiplied; SDL wants them straight. */
uint32_t orl_unpremultiply(uint32_t argb);

#endif
