/*
 * x11_resize.c - give an X server's screen another size.
 *
 * Only where one output is in use, as with virtual X servers: a desk with
 * monitors keeps the modes that these have. A mode of exactly this size is
 * used when there is one, otherwise one is made.
 */
#include "capture/x11.h"

#include <string.h>

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

static RRMode make_mode(struct orl_x11 *x, RROutput output, int32_t width,
		int32_t height)
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
	RRMode mode;

	info.nameLength = (unsigned)snprintf(
			name, sizeof(name), "oriel-%dx%d", width, height);
	mode = XRRCreateMode(x->dpy, x->root, &info);
	if (mode != None)
		XRRAddOutputMode(x->dpy, output, mode);
	XSync(x->dpy, False);
	return mode;
}

static void apply(struct orl_x11 *x, XRRScreenResources *all,
		XRROutputInfo *output, RROutput id, int32_t width,
		int32_t height)
{
	const XRRModeInfo *found = find_mode(all, output, width, height);
	XRRCrtcInfo *crtc = XRRGetCrtcInfo(x->dpy, all, output->crtc);
	RRMode mode = found ? found->id : make_mode(x, id, width, height);
	int mm_x = width * MM_PER_256_PIXELS / 256;
	int mm_y = height * MM_PER_256_PIXELS / 256;
	int grown_x = width > x->width ? width : x->width;
	int grown_y = height > x->height ? height : x->height;

	if (!crtc)
		return;
	/* Large enough for both modes, the new mode, then its own size. */
	if (mode != None) {
		if (grown_x > x->width || grown_y > x->height)
			XRRSetScreenSize(x->dpy, x->root, grown_x, grown_y,
					mm_x, mm_y);
		if (XRRSetCrtcConfig(x->dpy, all, output->crtc, CurrentTime, 0,
				    0, mode, crtc->rotation, &id,
				    1) == RRSetConfigSuccess)
			XRRSetScreenSize(x->dpy, x->root, width, height, mm_x,
					mm_y);
	}
	XSync(x->dpy, False);
	XRRFreeCrtcInfo(crtc);
}

void orl_x11_resize(struct orl_x11 *x, int32_t width, int32_t height)
{
	int min_x, min_y, max_x, max_y, used = 0;
	XRRScreenResources *all;
	XRROutputInfo *output = NULL;
	RROutput id = None;

	if (width == x->width && height == x->height)
		return;
	if (!XRRGetScreenSizeRange(
			    x->dpy, x->root, &min_x, &min_y, &max_x, &max_y) ||
			width < min_x || height < min_y || width > max_x ||
			height > max_y)
		return;
	all = XRRGetScreenResourcesCurrent(x->dpy, x->root);
	for (int i = 0; all && i < all->noutput; i++) {
		XRROutputInfo *info =
				XRRGetOutputInfo(x->dpy, all, all->outputs[i]);

		if (info && info->crtc != None && used++ == 0) {
			output = info;
			id = all->outputs[i];
		} else if (info) {
			XRRFreeOutputInfo(info);
		}
	}
	if (used == 1)
		apply(x, all, output, id, width, height);
	if (output)
		XRRFreeOutputInfo(output);
	if (all)
		XRRFreeScreenResources(all);
}
