/*
 * x11_layout.c - which monitors are worth a display, and how they make room.
 */
#include "capture/x11_layout.h"

static int32_t least(int32_t a, int32_t b)
{
	return a < b ? a : b;
}

static int32_t most(int32_t a, int32_t b)
{
	return a > b ? a : b;
}

bool orl_layout_clip(struct oriel_rect *out, const struct oriel_rect *a,
		const struct oriel_rect *b)
{
	int32_t x0 = most(a->x, b->x), y0 = most(a->y, b->y);
	int32_t x1 = least(a->x + a->width, b->x + b->width);
	int32_t y1 = least(a->y + a->height, b->y + b->height);

	if (x0 >= x1 || y0 >= y1)
		return false;
	*out = (struct oriel_rect){ x0, y0, x1 - x0, y1 - y0 };
	return true;
}

static bool inside(const struct oriel_rect *a, const struct oriel_rect *b)
{
	return a->x >= b->x && a->y >= b->y &&
	       a->x + a->width <= b->x + b->width &&
	       a->y + a->height <= b->y + b->height;
}

static int weight(const struct orl_place *p)
{
	return p->primary * 2 + p->shown;
}

/*
 * Whether b makes a superfluous. Of two that show the same the one stays that
 * is a display already, so that viewers keep it.
 */
static bool covers(const struct orl_place *list, size_t a, size_t b)
{
	const struct orl_place *p = &list[a], *q = &list[b];

	if (a == b || !inside(&p->at, &q->at))
		return false;
	if (!inside(&q->at, &p->at))
		return true;
	if (p->shown != q->shown)
		return q->shown;
	if (p->primary != q->primary)
		return q->primary;
	return b < a;
}

size_t orl_layout_choose(
		struct orl_place *list, size_t n, int32_t width, int32_t height)
{
	const struct oriel_rect screen = { 0, 0, width, height };
	size_t seen = 0, kept = 0;

	for (size_t i = 0; i < n; i++)
		if (orl_layout_clip(&list[i].at, &list[i].at, &screen))
			list[seen++] = list[i];
	/* One that covers is covered by no other one, or that covers as well. */
	for (size_t i = 0; i < seen; i++) {
		bool covered = false;

		for (size_t k = 0; k < seen && !covered; k++)
			covered = covers(list, i, k);
		if (covered)
			list[i].name = 0;
	}
	for (size_t i = 0; i < seen; i++)
		if (list[i].name)
			list[kept++] = list[i];
	/* Few, and nearly in order. */
	for (size_t i = 1; i < kept; i++)
		for (size_t k = i; k && weight(&list[k]) > weight(&list[k - 1]);
				k--) {
			struct orl_place p = list[k];

			list[k] = list[k - 1];
			list[k - 1] = p;
		}
	return kept;
}

static bool overlap(const struct oriel_rect *a, const struct oriel_rect *b)
{
	struct oriel_rect both;

	return orl_layout_clip(&both, a, b);
}

static void shift(struct oriel_rect *r, const struct oriel_rect *old,
		int32_t dx, int32_t dy)
{
	if (r->x >= old->x + old->width && r->y < old->y + old->height &&
			r->y + r->height > old->y)
		r->x += dx;
	else if (r->y >= old->y + old->height && r->x < old->x + old->width &&
			r->x + r->width > old->x)
		r->y += dy;
}

bool orl_layout_resize(struct oriel_rect *to, const struct oriel_rect *from,
		size_t n, size_t which, int32_t width, int32_t height)
{
	const struct oriel_rect *old = &from[which];

	for (size_t i = 0; i < n; i++) {
		to[i] = from[i];
		shift(&to[i], old, width - old->width, height - old->height);
	}
	to[which].width = width;
	to[which].height = height;
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < i; k++)
			if (overlap(&to[i], &to[k]) &&
					!overlap(&from[i], &from[k]))
				return false;
	return true;
}
