/*
 * x11_monitors.c - the monitors of an X server, each of them a display.
 *
 * What RandR 1.5 calls a monitor: an output's part of the screen, or one that
 * was made up (`xrandr --setmonitor`). A monitor that keeps its name keeps its
 * display. There is one damage object, the screen's; what it tells is sorted
 * by monitor here, and kept for those that nobody looks at now.
 */
#include "capture/x11.h"

#include <stdlib.h>

#include <X11/extensions/Xrandr.h>

/* ---- damage ------------------------------------------------------------ */

bool orl_x11_monitor_dirty(const struct orl_x11_monitor *m)
{
	return m->everything || m->tiled || m->count;
}

static void add(struct orl_x11_monitor *m, const struct oriel_rect *r)
{
	if (!m->tiled && m->count < ORL_X11_RECTS) {
		m->rects[m->count++] = *r;
		return;
	}
	for (size_t i = 0; i < m->count; i++)
		orl_tiles_mark(&m->tiles, &m->rects[i]);
	m->count = 0;
	m->tiled = true;
	orl_tiles_mark(&m->tiles, r);
}

void orl_x11_damage(struct orl_x11 *x, const struct oriel_rect *rect)
{
	for (size_t i = 0; i < x->monitor_count; i++) {
		struct orl_x11_monitor *m = x->monitors[i];
		struct oriel_rect r;

		if (m->everything || !orl_layout_clip(&r, rect, &m->at))
			continue;
		r.x -= m->at.x;
		r.y -= m->at.y;
		add(m, &r);
	}
}

size_t orl_x11_take(struct orl_x11_monitor *m,
		struct oriel_rect out[static ORL_X11_RECTS])
{
	size_t n = 0;

	if (m->everything) {
		/* Marks that are left are of no consequence but their cost. */
		if (m->tiled)
			orl_tiles_take(&m->tiles, out, ORL_X11_RECTS);
		out[n++] = (struct oriel_rect){ 0, 0, m->at.width,
			m->at.height };
	} else if (m->tiled) {
		n = orl_tiles_take(&m->tiles, out, ORL_X11_RECTS);
	} else {
		for (; n < m->count; n++)
			out[n] = m->rects[n];
	}
	m->everything = m->tiled = false;
	m->count = 0;
	return orl_rects_merge(out, n);
}

/* ---- the displays ------------------------------------------------------ */

struct orl_x11_monitor *orl_x11_monitor_of(struct orl_x11 *x, uint32_t display)
{
	for (size_t i = 0; i < x->monitor_count; i++)
		if (oriel_display_id(x->monitors[i]->display) == display)
			return x->monitors[i];
	return NULL;
}

static struct orl_x11_monitor *named(const struct orl_x11 *x, Atom name)
{
	for (size_t i = 0; i < x->monitor_count; i++)
		if (x->monitors[i]->name == name)
			return x->monitors[i];
	return NULL;
}

/* The display belongs to the server, which may have gone already. */
static void forget(struct orl_x11_monitor *m)
{
	orl_tiles_fini(&m->tiles);
	free(m);
}

void orl_x11_monitors_fini(struct orl_x11 *x)
{
	while (x->monitor_count)
		forget(x->monitors[--x->monitor_count]);
}

static int create(struct orl_x11 *x, const struct orl_place *place)
{
	struct orl_x11_monitor *m = calloc(1, sizeof(*m));
	char *name = place->name ? XGetAtomName(x->dpy, place->name) : NULL;
	struct oriel_display_config config = {
		.size = sizeof(config),
		.name = name ? name : "X11",
		.x = place->at.x,
		.y = place->at.y,
		.width = place->at.width,
		.height = place->at.height,
	};
	int err = m ? orl_tiles_init(&m->tiles, config.width, config.height)
		    : ORIEL_ENOMEM;

	if (!err)
		err = oriel_display_create(&m->display, x->server, &config);
	if (name)
		XFree(name);
	if (err) {
		if (m)
			forget(m);
		return err;
	}
	m->name = place->name;
	m->at = place->at;
	m->everything = true;
	x->monitors[x->monitor_count++] = m;
	return 0;
}

static int change(struct orl_x11_monitor *m, const struct oriel_rect *at)
{
	struct orl_tiles tiles;
	int err;

	if (m->at.x == at->x && m->at.y == at->y && m->at.width == at->width &&
			m->at.height == at->height)
		return 0;
	err = orl_tiles_init(&tiles, at->width, at->height);
	if (err)
		return err;
	err = oriel_display_resize(
			m->display, at->x, at->y, at->width, at->height);
	if (err) {
		orl_tiles_fini(&tiles);
		return err;
	}
	orl_tiles_fini(&m->tiles);
	m->tiles = tiles;
	m->at = *at;
	m->count = 0;
	m->tiled = false;
	m->everything = true;
	return 0;
}

/* Those that are not among the places any more. */
static void drop(struct orl_x11 *x, const struct orl_place *places, size_t n)
{
	size_t kept = 0;

	for (size_t i = 0; i < x->monitor_count; i++) {
		struct orl_x11_monitor *m = x->monitors[i];
		size_t k;

		for (k = 0; k < n && places[k].name != m->name; k++)
			;
		if (k < n) {
			x->monitors[kept++] = m;
			continue;
		}
		oriel_display_destroy(m->display);
		forget(m);
	}
	x->monitor_count = kept;
}

/* ---- what there is ----------------------------------------------------- */

/* Places of all monitors, for the caller to free; NULL when there are none. */
static struct orl_place *look(struct orl_x11 *x, size_t *n)
{
	struct orl_place *places = NULL;
	XRRMonitorInfo *all;
	int count = 0;

	*n = 0;
	if (!x->has_monitors)
		return NULL;
	all = XRRGetMonitors(x->dpy, x->root, True, &count);
	if (all && count > 0)
		places = calloc((size_t)count, sizeof(*places));
	for (int i = 0; places && i < count; i++) {
		const XRRMonitorInfo *m = &all[i];

		if (!m->name)
			continue;
		places[(*n)++] = (struct orl_place){ m->name,
			{ m->x, m->y, m->width, m->height }, m->primary,
			named(x, m->name) != NULL };
	}
	if (all)
		XRRFreeMonitors(all);
	*n = orl_layout_choose(places, *n, x->width, x->height);
	return places;
}

static int arrange(struct orl_x11 *x, const struct orl_place *places, size_t n)
{
	int err = 0;

	drop(x, places, n);
	for (size_t i = 0; i < n && !err; i++) {
		struct orl_x11_monitor *m = named(x, places[i].name);

		err = m ? change(m, &places[i].at) : create(x, &places[i]);
		if (err != ORIEL_EINVAL)
			continue;
		fprintf(stderr,
				"x11: a monitor of %dx%d pixels is larger than "
				"a display can be; it is not shown as it is\n",
				places[i].at.width, places[i].at.height);
		err = n > 1 || m ? 0 : err;
	}
	return err;
}

int orl_x11_monitors_update(struct orl_x11 *x)
{
	struct orl_place whole = { .at = { 0, 0, x->width, x->height } };
	struct orl_place *places;
	size_t n;
	int err;

	places = look(x, &n);
	if (x->gone) {
		free(places);
		return 0;
	}
	if (n > ORL_X11_MONITORS) {
		fprintf(stderr, "x11: %d of %zu monitors are shown\n",
				ORL_X11_MONITORS, n);
		n = ORL_X11_MONITORS;
	}
	err = n ? arrange(x, places, n) : arrange(x, &whole, 1);
	free(places);
	return err;
}
