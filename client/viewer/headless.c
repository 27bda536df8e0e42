/*
 * headless.c - what is left when the connection ends: the pictures. A screen
 * that goes away with its connection leaves a copy behind, if somebody wants
 * a screenshot of it.
 */
#include <stdlib.h>
#include <string.h>

#include "client/viewer/viewer.h"

enum { TRIES = 3 };

struct orl_picture {
	uint32_t id;
	struct oriel_pixels pixels;
	uint32_t data[];
};

static struct orl_picture *copy_of(const struct oriel_pixels *from)
{
	if (!from->data || from->width <= 0 || from->height <= 0)
		return NULL;
	size_t row = (size_t)from->width * 4;
	struct orl_picture *p = malloc(sizeof(*p) + row * (size_t)from->height);
	if (!p)
		return NULL;
	p->pixels = *from;
	p->pixels.data = p->data;
	p->pixels.stride = (int32_t)row;
	for (int32_t y = 0; y < from->height; y++)
		memcpy((char *)p->data + (size_t)y * row,
				(const char *)from->data +
						(size_t)y * (size_t)from->stride,
				row);
	return p;
}

struct orl_picture *orl_picture_of(struct orl_remote *screen)
{
	struct oriel_pixels from;
	struct orl_picture *p = NULL;
	bool whole = false;
	for (int i = 0; i < TRIES && !whole; i++) {
		free(p);
		orl_remote_acquire(screen, &from);
		p = copy_of(&from);
		whole = orl_remote_release(screen);
	}
	if (p)
		p->id = orl_remote_id(screen);
	return p;
}

void orl_picture_free(struct orl_picture *picture)
{
	free(picture);
}

const struct oriel_pixels *orl_picture_pixels(const struct orl_picture *p)
{
	return &p->pixels;
}

static int by_id(const void *a, const void *b)
{
	const struct orl_picture *x = *(struct orl_picture *const *)a;
	const struct orl_picture *y = *(struct orl_picture *const *)b;
	return (x->id > y->id) - (x->id < y->id);
}

/*
 * Of the screens there are; if there are none, of those there were. The
 * pictures are the caller's.
 */
static size_t collect(struct orl_viewer *v, struct orl_picture **shots)
{
	size_t n = 0;
	for (int i = 0; i < ORL_SCREENS_MAX; i++) {
		if (!v->screens[i])
			continue;
		shots[n] = orl_picture_of(v->screens[i]);
		n += shots[n] != NULL;
	}
	for (int i = 0; i < ORL_SCREENS_MAX && !v->state; i++) {
		if (v->screens[i] || !v->last[i])
			continue;
		shots[n++] = v->last[i];
		v->last[i] = NULL;
	}
	return n;
}

static bool write_all(
		struct orl_viewer *v, struct orl_picture **shots, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char path[4096];
		orl_png_name(path, sizeof(path), v->options.screenshot,
				(unsigned)i);
		int err = orl_png_write(path, &shots[i]->pixels);
		if (err) {
			orl_viewer_say("cannot write %s (%s); choose another "
				       "place",
					path, strerror(err));
			return false;
		}
	}
	return true;
}

bool orl_screenshot(struct orl_viewer *v)
{
	struct orl_picture *shots[ORL_SCREENS_MAX];
	size_t n = collect(v, shots);
	if (!n) {
		orl_viewer_say("no picture has arrived, so %s was not written",
				v->options.screenshot);
		return false;
	}
	qsort(shots, n, sizeof(shots[0]), by_id);
	bool ok = write_all(v, shots, n);
	for (size_t i = 0; i < n; i++)
		orl_picture_free(shots[i]);
	return ok;
}
