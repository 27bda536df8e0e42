/*
 * view.c - damage, placing and copying. Any rectangle can be redrawn without
 * a seam: see scale.h.
 */
#include <string.h>

#include "client/viewer/scale.h"
#include "client/viewer/view.h"

enum {
	SLACK = 64 * 64, /* pixels copied in vain rather than one more rect */
	FAR = 1 << 16,   /* no desktop is larger */
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

static int32_t clamp(int32_t v, int32_t max)
{
	return v < 0 ? 0 : v > max ? max : v;
}

/* As large as there is room for, in its shape. */
static void fit(int32_t *w, int32_t *h, int32_t room_w, int32_t room_h)
{
	int32_t width = *w, height = *h;
	*w = room_w;
	*h = (int32_t)((int64_t)height * room_w / width);
	if (*h > room_h) {
		*h = room_h;
		*w = (int32_t)((int64_t)width * room_h / height);
	}
	*w = *w < 1 ? 1 : *w;
	*h = *h < 1 ? 1 : *h;
}

void orl_view_fit(struct orl_view *view, enum orl_scaling scaling,
		int32_t density, int32_t window_width, int32_t window_height,
		int32_t width, int32_t height)
{
	int32_t w = width, h = height, factor = 1;
	if (scaling == ORL_SCALING_INTEGER) {
		factor = window_width / w;
		if (window_height / h < factor)
			factor = window_height / h;
	} else if (scaling == ORL_SCALING_AUTO) {
		/* Smaller before it is shrunk: whole pixels are sharper. */
		factor = density;
		while (factor > 1 &&
				((int64_t)w * factor > window_width ||
						(int64_t)h * factor >
								window_height))
			factor--;
	}
	if (scaling == ORL_SCALING_FIT ||
			(scaling == ORL_SCALING_AUTO &&
					(w > window_width ||
							h > window_height))) {
		fit(&w, &h, window_width, window_height);
	} else if (factor > 1) {
		w *= factor;
		h *= factor;
	}
	view->width = width;
	view->height = height;
	view->place = (struct oriel_rect){ 0, 0, w, h };
	orl_view_scroll(view, window_width, window_height, 0, 0);
}

void orl_view_scroll(struct orl_view *view, int32_t window_width,
		int32_t window_height, int32_t x, int32_t y)
{
	struct oriel_rect *p = &view->place;
	p->x = p->width > window_width ? -clamp(x, p->width - window_width)
				       : (window_width - p->width) / 2;
	p->y = p->height > window_height ? -clamp(y, p->height - window_height)
					 : (window_height - p->height) / 2;
}

void orl_view_part(struct orl_view *part, const struct orl_view *whole,
		struct oriel_rect rect)
{
	const struct oriel_rect *p = &whole->place;
	int64_t w = p->width, h = p->height;
	int32_t x = (int32_t)(rect.x * w / whole->width);
	int32_t y = (int32_t)(rect.y * h / whole->height);
	int32_t x2 = (int32_t)((rect.x + rect.width) * w / whole->width);
	int32_t y2 = (int32_t)((rect.y + rect.height) * h / whole->height);
	part->width = rect.width;
	part->height = rect.height;
	part->place = (struct oriel_rect){ p->x + x, p->y + y,
		x2 > x ? x2 - x : 1, y2 > y ? y2 - y : 1 };
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

/* The columns that cover any of [a, b). */
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

void orl_view_copy(const struct orl_view *view, struct oriel_rect rect,
		void *to, size_t to_stride, const struct oriel_pixels *from)
{
	const struct oriel_rect *place = &view->place;
	struct oriel_rect part = { rect.x - place->x, rect.y - place->y,
		rect.width, rect.height };
	char *out = (char *)to + (size_t)rect.y * to_stride +
		    (size_t)rect.x * 4;
	if (orl_view_is_scaled(view) || from->format == ORIEL_FORMAT_XBGR8888) {
		orl_scale((uint32_t *)(void *)out, to_stride, part,
				place->width, place->height, from);
		return;
	}
	for (int32_t i = 0; i < rect.height; i++)
		memcpy(out + (size_t)i * to_stride,
				(const char *)from->data +
						(ptrdiff_t)(part.y + i) *
								from->stride +
						(ptrdiff_t)part.x * 4,
				(size_t)rect.width * 4);
}

/* ---- several pictures ---- */

struct oriel_rect orl_view_common(struct oriel_rect a, struct oriel_rect b)
{
	int32_t x2 = a.x + a.width, y2 = a.y + a.height;
	if (b.x + b.width < x2)
		x2 = b.x + b.width;
	if (b.y + b.height < y2)
		y2 = b.y + b.height;
	a.x = b.x > a.x ? b.x : a.x;
	a.y = b.y > a.y ? b.y : a.y;
	if (a.x >= x2 || a.y >= y2)
		return (struct oriel_rect){ 0 };
	a.width = x2 - a.x;
	a.height = y2 - a.y;
	return a;
}

/* False: they cannot be shown where they say they are. */
static bool as_they_stand(struct oriel_rect *rects, size_t n, int32_t *width,
		int32_t *height)
{
	int64_t x = INT32_MAX, y = INT32_MAX, x2 = INT32_MIN, y2 = INT32_MIN;
	for (size_t i = 0; i < n; i++) {
		int64_t right = (int64_t)rects[i].x + rects[i].width;
		int64_t bottom = (int64_t)rects[i].y + rects[i].height;
		x = rects[i].x < x ? rects[i].x : x;
		y = rects[i].y < y ? rects[i].y : y;
		x2 = right > x2 ? right : x2;
		y2 = bottom > y2 ? bottom : y2;
	}
	if (x2 - x > FAR || y2 - y > FAR)
		return false;
	for (size_t i = 0; i < n; i++) {
		rects[i].x = (int32_t)(rects[i].x - x);
		rects[i].y = (int32_t)(rects[i].y - y);
	}
	*width = (int32_t)(x2 - x);
	*height = (int32_t)(y2 - y);
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < i; k++)
			if (orl_view_common(rects[i], rects[k]).width)
				return false;
	return true;
}

void orl_view_arrange(struct oriel_rect *rects, size_t n, int32_t *width,
		int32_t *height)
{
	if (as_they_stand(rects, n, width, height))
		return;
	*width = *height = 0;
	for (size_t i = 0; i < n; i++) {
		rects[i].x = *width;
		rects[i].y = 0;
		*width += rects[i].width;
		if (rects[i].height > *height)
			*height = rects[i].height;
	}
}

size_t orl_view_nearest(
		const struct oriel_rect *rects, size_t n, int32_t x, int32_t y)
{
	int64_t least = INT64_MAX;
	size_t best = 0;
	for (size_t i = 0; i < n; i++) {
		const struct oriel_rect *r = &rects[i];
		int64_t dx = x - r->x - (int64_t)clamp(x - r->x, r->width - 1);
		int64_t dy = y - r->y - (int64_t)clamp(y - r->y, r->height - 1);
		if (dx * dx + dy * dy < least) {
			least = dx * dx + dy * dy;
			best = i;
		}
	}
	return best;
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
