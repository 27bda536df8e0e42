/*
 * x11_resize.c - give a monitor of an X server another size.
 *
 * Only where one output is in use, as with virtual X servers, or where the
 * output's name says that it is virtual: a desk with monitors keeps the modes
 * that these have, and so do monitors that somebody made up. A mode of exactly
 * this size is used when there is one, otherwise one is made.
 */
#include "capture/x11.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <X11/extensions/Xrandr.h>

enum { MM_PER_256_PIXELS = 68 }; /* at 96 dots an inch */

static const XRRModeInfo *find_mode(const XRRScreenResources *all,
		const XRROutputInfo *output, int32_t width, int32_t height)
{
	for (int i = 0; i < output->nmode; i++)
		for (int k = 0; k < all->nmode; k++) {
			const XRRModeInfo *mode = &all->modes[k];

			if (mode->id == output->modes[i] &&
					mode->width == (unsigned)width &&
					mode->height == (unsigned)height)
				return mode;
		}
	return NULL;
}

/* One that another output has already, or a new one. */
static RRMode make_mode(struct orl_x11 *x, const XRRScreenResources *all,
		RROutput output, int32_t width, int32_t height)
{
	char name[48];
	XRRModeInfo info = {
		.width = (unsigned)width,
		.height = (unsigned)height,
		.hSyncStart = (unsigned)width,
		.hSyncEnd = (unsigned)width,
		.hTotal = (unsigned)width,
		.vSyncStart = (unsigned)height,
		.vSyncEnd = (unsigned)height,
		.vTotal = (unsigned)height,
		.dotClock = (unsigned long)width * (unsigned long)height * 60,
		.name = name,
	};
	RRMode mode = None;

	info.nameLength = (unsigned)snprintf(
			name, sizeof(name), "oriel-%dx%d", width, height);
	for (int i = 0; i < all->nmode; i++)
		if (all->modes[i].nameLength == info.nameLength &&
				memcmp(all->modes[i].name, name,
						info.nameLength) == 0)
			mode = all->modes[i].id;
	if (mode == None)
		mode = XRRCreateMode(x->dpy, x->root, &info);
	if (mode != None)
		XRRAddOutputMode(x->dpy, output, mode);
	XSync(x->dpy, False);
	return mode;
}

/* An output that is in use, and what it is used for. */
struct used {
	RROutput id;
	XRROutputInfo *output;
	XRRCrtcInfo *crtc;
};

struct desk {
	XRRScreenResources *all;
	struct used *used;
	struct oriel_rect *at; /* where each of them is */
	size_t n;
};

static void free_desk(struct desk *desk)
{
	for (size_t i = 0; i < desk->n; i++) {
		XRRFreeOutputInfo(desk->used[i].output);
		XRRFreeCrtcInfo(desk->used[i].crtc);
	}
	free(desk->used);
	free(desk->at);
	if (desk->all)
		XRRFreeScreenResources(desk->all);
}

static void add_output(struct orl_x11 *x, struct desk *desk, RROutput id)
{
	struct used *u = &desk->used[desk->n];

	u->id = id;
	u->output = XRRGetOutputInfo(x->dpy, desk->all, id);
	if (!u->output)
		return;
	u->crtc = u->output->crtc == None ? NULL
					  : XRRGetCrtcInfo(x->dpy, desk->all,
							    u->output->crtc);
	if (!u->crtc) {
		XRRFreeOutputInfo(u->output);
		return;
	}
	desk->at[desk->n++] = (struct oriel_rect){ u->crtc->x, u->crtc->y,
		(int32_t)u->crtc->width, (int32_t)u->crtc->height };
}

static bool look(struct orl_x11 *x, struct desk *desk)
{
	size_t n;

	desk->all = XRRGetScreenResourcesCurrent(x->dpy, x->root);
	if (!desk->all || desk->all->noutput < 1)
		return false;
	n = (size_t)desk->all->noutput;
	desk->used = calloc(n, sizeof(*desk->used));
	desk->at = calloc(n, sizeof(*desk->at));
	for (size_t i = 0; desk->used && desk->at && i < n; i++)
		add_output(x, desk, desk->all->outputs[i]);
	return desk->n > 0;
}

/* Of those that are no wire to a monitor: any mode will do. */
static bool is_virtual(const struct used *u)
{
	static const char *const names[] = { "dummy", "virtual", "vnc", "rdp",
		"screen", "default", "none", "xwayland" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (strncasecmp(u->output->name, names[i], strlen(names[i])) ==
				0)
			return true;
	return false;
}

/* The output whose mode makes this monitor what it is, or desk->n. */
static size_t output_of(
		const struct desk *desk, const struct orl_x11_monitor *m)
{
	size_t found = desk->n;

	for (size_t i = 0; i < desk->n; i++) {
		const struct oriel_rect *at = &desk->at[i];

		if (desk->used[i].crtc->noutput != 1 || at->x != m->at.x ||
				at->y != m->at.y || at->width != m->at.width ||
				at->height != m->at.height)
			continue;
		if (found != desk->n)
			return desk->n; /* two show the same: leave them */
		found = i;
	}
	if (found < desk->n && desk->n > 1 && !is_virtual(&desk->used[found]))
		return desk->n;
	return found;
}

static bool set_crtc(struct orl_x11 *x, struct desk *desk, size_t i,
		const struct oriel_rect *to, RRMode mode)
{
	struct used *u = &desk->used[i];

	return XRRSetCrtcConfig(x->dpy, desk->all, u->output->crtc, CurrentTime,
			       to->x, to->y, mode, u->crtc->rotation,
			       u->crtc->outputs,
			       u->crtc->noutput) == RRSetConfigSuccess;
}

static void set_screen(struct orl_x11 *x, int32_t width, int32_t height)
{
	XRRSetScreenSize(x->dpy, x->root, width, height,
			width * MM_PER_256_PIXELS / 256,
			height * MM_PER_256_PIXELS / 256);
}

/* Large enough for old and new, the outputs, then the size that is left. */
static void apply(struct orl_x11 *x, struct desk *desk, size_t which,
		const struct oriel_rect *to, const struct oriel_rect *screen)
{
	const XRRModeInfo *found =
			find_mode(desk->all, desk->used[which].output,
					to[which].width, to[which].height);
	RRMode mode = found ? found->id
			    : make_mode(x, desk->all, desk->used[which].id,
					      to[which].width,
					      to[which].height);
	int32_t grown_x = screen->width > x->width ? screen->width : x->width;
	int32_t grown_y =
			screen->height > x->height ? screen->height : x->height;
	bool fits = mode != None;

	if (!fits)
		return;
	if (grown_x > x->width || grown_y > x->height)
		set_screen(x, grown_x, grown_y);
	for (size_t i = 0; i < desk->n && fits; i++) {
		bool moved = to[i].x != desk->at[i].x ||
			     to[i].y != desk->at[i].y;

		if (i == which || moved)
			fits = set_crtc(x, desk, i, &to[i],
					i == which ? mode
						   : desk->used[i].crtc->mode);
	}
	if (fits && (screen->width < grown_x || screen->height < grown_y))
		set_screen(x, screen->width, screen->height);
	else if (!fits)
		set_screen(x, x->width, x->height);
}

/* Where everything goes; false when the X server's screen cannot be so. */
static bool plan(struct orl_x11 *x, const struct desk *desk, size_t which,
		int32_t width, int32_t height, struct oriel_rect *to,
		struct oriel_rect *screen)
{
	int min_x, min_y, max_x, max_y;

	if (!orl_layout_resize(to, desk->at, desk->n, which, width, height))
		return false;
	*screen = (struct oriel_rect){ 0, 0, 0, 0 };
	for (size_t i = 0; i < desk->n; i++) {
		int32_t right = to[i].x + to[i].width;
		int32_t bottom = to[i].y + to[i].height;

		if (right > screen->width)
			screen->width = right;
		if (bottom > screen->height)
			screen->height = bottom;
	}
	return XRRGetScreenSizeRange(x->dpy, x->root, &min_x, &min_y, &max_x,
			       &max_y) &&
	       screen->width >= min_x && screen->height >= min_y &&
	       screen->width <= max_x && screen->height <= max_y;
}

void orl_x11_resize(struct orl_x11 *x, const struct orl_x11_monitor *monitor,
		int32_t width, int32_t height)
{
	struct desk desk = { 0 };
	struct oriel_rect screen, *to = NULL;
	bool obeyed = false;
	size_t which;

	if (width == monitor->at.width && height == monitor->at.height)
		return;
	if (look(x, &desk))
		to = calloc(desk.n, sizeof(*to));
	which = output_of(&desk, monitor);
	if (to && which < desk.n &&
			plan(x, &desk, which, width, height, to, &screen)) {
		/* Nobody shall draw for what is there only half way. */
		XGrabServer(x->dpy);
		apply(x, &desk, which, to, &screen);
		XUngrabServer(x->dpy);
		XSync(x->dpy, False);
		obeyed = true;
	}
	/* A size that a virtual screen cannot have is asked for every day. */
	if (!obeyed && !x->told_size && which == desk.n) {
		x->told_size = true;
		fprintf(stderr, "x11: a viewer asked for another size, but "
				"these monitors keep theirs\n");
	}
	free(to);
	free_desk(&desk);
}
