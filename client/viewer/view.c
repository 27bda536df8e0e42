/*
 * view.c - damage, placing and copying. Scaled or not, every pixel of the
 * window depends on one pixel of the picture alone, so that any rectangle can
 * be redrawn without a seam.
 */
#include <string.h>

#include "client/viewer/view.h"

enum {
	SLACK = 64 * 64, /* pixels copied in vain rather than one more rect */
	BLOCK = 256,
};

static int64_t area(struct oriel_rect r)
{
	return (int64_t)r.width * r.height;
}

static struct oriel_rect unite(struct oriel_rect a, struct oriel_rect b)
{
	int32_t x2 = a.x + a.width, y2 = a.y + a.height;
	if (b.x + b.width > x2)
		x2 = b.x + b.width;
	if (b.y + b.height > y2)
		y2 = b.y + b.height;
	if (b.x < a.x)
		a.x = b.x;
	if (b.y < a.y)
		a.y = b.y;
	a.width = x2 - a.x;
	a.height = y2 - a.y;
	return a;
}

/* Pixels that uniting adds; negative when they overlap. */
static int64_t cost(struct oriel_rect a, struct oriel_rect b)
{
	return area(unite(a, b)) - area(a) - area(b);
}

void orl_view_damage(struct orl_view_damaged *damage, struct oriel_rect rect)
{
	if (rect.width <= 0 || rect.height <= 0)
		return;
	for (;;) {
		size_t best = 0;
		int64_t least = INT64_MAX;
		for (size_t i = 0; i < damage->n; i++) {
			int64_t c = cost(damage->rects[i], rect);
			if (c < least) {
				least = c;
				best = i;
			}
		}
		if (least > SLACK && damage->n < ORL_DAMAGE_RECTS) {
			damage->rects[damage->n++] = rect;
			return;
		}
		/* What is united may now reach others: add it anew. */
		rect = unite(rect, damage->rects[best]);
		damage->rects[best] = damage->rects[--damage->n];
	}
}

void orl_view_fit(struct orl_view *view, int32_t window_width,
		int32_t window_height, int32_t width, int32_t height)
{
	int32_t w = width, h = height;
	if (w > window_width) {
		w = window_width;
		h = (int32_t)((int64_t)height * w / width);
	}
	if (h > window_height) {
		h = window_height;
		w = (int32_t)((int64_t)width * h / height);
	}
	if (w < 1)
		w = 1;
	if (h < 1)
		h = 1;
	view->width = width;
	view->height = height;
	view->place = (struct oriel_rect){ (window_width - w) / 2,
		(window_height - h) / 2, w, h };
	if (view->place.x < 0)
		view->place.x = 0;
	if (view->place.y < 0)
		view->place.y = 0;
}

bool orl_view_is_scaled(const struct orl_view *view)
{
	return view->place.width != view->width ||
	       view->place.height != view->height;
}

/* The picture's column of a window's column: the middle of what it covers. */
static int32_t nearest(int32_t i, int32_t from, int32_t to)
{
	return (int32_t)(((int64_t)i * 2 + 1) * from / ((int64_t)to * 2));
}

static int32_t clamp(int32_t v, int32_t max)
{
	return v < 0 ? 0 : v > max ? max : v;
}

/* The columns i for which nearest(i) is in [a, b), and some beside them. */
static void columns(int32_t a, int32_t b, int32_t from, int32_t to,
		int32_t *first, int32_t *end)
{
	*first = (int32_t)((int64_t)a * to / from);
	*end = (int32_t)(((int64_t)b * to + from - 1) / from);
	*end = clamp(*end, to);
}

struct oriel_rect orl_view_to_window(
		const struct orl_view *view, struct oriel_rect r)
{
	int32_t x1 = clamp(r.x, view->width), y1 = clamp(r.y, view->height);
	int32_t x2 = clamp(r.x + r.width, view->width);
	int32_t y2 = clamp(r.y + r.height, view->height);
	struct oriel_rect none = { 0 };
	if (x1 >= x2 || y1 >= y2)
		return none;
	columns(x1, x2, view->width, view->place.width, &x1, &x2);
	columns(y1, y2, view->height, view->place.height, &y1, &y2);
	return (struct oriel_rect){ view->place.x + x1, view->place.y + y1,
		x2 - x1, y2 - y1 };
}

void orl_view_to_picture(const struct orl_view *view, int32_t window_x,
		int32_t window_y, int32_t *x, int32_t *y)
{
	int32_t i = clamp(window_x - view->place.x, view->place.width - 1);
	int32_t k = clamp(window_y - view->place.y, view->place.height - 1);
	*x = clamp(nearest(i, view->width, view->place.width), view->width - 1);
	*y = clamp(nearest(k, view->height, view->place.height),
			view->height - 1);
}

void orl_view_from_picture(const struct orl_view *view, int32_t x, int32_t y,
		int32_t *window_x, int32_t *window_y)
{
	*window_x = view->place.x + nearest(clamp(x, view->width - 1),
						    view->place.width,
						    view->width);
	*window_y = view->place.y + nearest(clamp(y, view->height - 1),
						    view->place.height,
						    view->height);
}

static uint32_t swap_red_blue(uint32_t p)
{
	return (p & 0xff00ff00) | (p & 0xff) << 16 | (p >> 16 & 0xff);
}

static const uint32_t *row_of(const struct oriel_pixels *p, int32_t y)
{
	return (const uint32_t *)(const void *)((const char *)p->data +
						(ptrdiff_t)y * p->stride);
}

static uint32_t *place_of(void *to, size_t stride, int32_t x, int32_t y)
{
	return (uint32_t *)(void *)((char *)to + (size_t)y * stride) + x;
}

/* A block of at most BLOCK columns: where each comes from is found once. */
static void copy_scaled(const struct orl_view *view, struct oriel_rect r,
		void *to, size_t to_stride, const struct oriel_pixels *from)
{
	bool swap = from->format == ORIEL_FORMAT_XBGR8888;
	int32_t columns_of[BLOCK], y;
	for (int32_t k = 0; k < r.width; k++)
		orl_view_to_picture(view, r.x + k, r.y, &columns_of[k], &y);
	for (int32_t i = 0; i < r.height; i++) {
		int32_t x;
		orl_view_to_picture(view, r.x, r.y + i, &x, &y);
		const uint32_t *in = row_of(from, y);
		uint32_t *out = place_of(to, to_stride, r.x, r.y + i);
		for (int32_t k = 0; k < r.width; k++) {
			uint32_t p = in[columns_of[k]];
			out[k] = swap ? swap_red_blue(p) : p;
		}
	}
}

void orl_view_copy(const struct orl_view *view, struct oriel_rect rect,
		void *to, size_t to_stride, const struct oriel_pixels *from)
{
	if (orl_view_is_scaled(view) || from->format == ORIEL_FORMAT_XBGR8888) {
		for (int32_t k = 0; k < rect.width; k += BLOCK) {
			struct oriel_rect r = rect;
			r.x += k;
			r.width -= k;
			if (r.width > BLOCK)
				r.width = BLOCK;
			copy_scaled(view, r, to, to_stride, from);
		}
		return;
	}
	for (int32_t i = 0; i < rect.height; i++) {
		int32_t x, y;
		orl_view_to_picture(view, rect.x, rect.y + i, &x, &y);
		memcpy(place_of(to, to_stride, rect.x, rect.y + i),
				row_of(from, y) + x, (size_t)rect.width * 4);
	}
}

uint32_t orl_unpremultiply(uint32_t argb)
{
	uint32_t a = argb >> 24, out = argb & 0xff000000;
	if (!a)
		return 0;
	for (int shift = 0; shift < 24; shift += 8) {
		uint32_t c = (argb >> shift & 0xff) * 255 + a / 2;
		c /= a;
		out |= (c > 255 ? 255 : c) << shift;
	}
	return out;
}
