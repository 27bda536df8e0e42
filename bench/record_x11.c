/*
 * record_x11.c - pictures of an X display, taken while XDAMAGE says that
 * something has changed.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/shm.h>

#include <X11/Xlib.h>
#include <X11/Xutil.h>
#include <X11/extensions/XShm.h>
#include <X11/extensions/Xdamage.h>
#include <X11/extensions/Xfixes.h>

#include "bench/record.h"
#include "bench/stage.h"

struct x11 {
	Display *display;
	XImage *image;
	XShmSegmentInfo segment;
	Damage damage;
};

static int open_display(struct subject *s, const char *name)
{
	struct x11 *r = calloc(1, sizeof(*r));
	int base, error;
	s->own = r;
	if (!r)
		return -1;
	r->display = XOpenDisplay(name);
	if (!r->display || !XDamageQueryExtension(r->display, &base, &error) ||
			!XShmQueryExtension(r->display)) {
		fprintf(stderr,
				"oriel-bench: %s is no X display with DAMAGE "
				"and MIT-SHM\n",
				name);
		return -1;
	}
	Display *d = r->display;
	int screen = DefaultScreen(d);
	s->width = DisplayWidth(d, screen);
	s->height = DisplayHeight(d, screen);
	r->image = XShmCreateImage(d, DefaultVisual(d, screen),
			(unsigned)DefaultDepth(d, screen), ZPixmap, NULL,
			&r->segment, (unsigned)s->width, (unsigned)s->height);
	size_t size = (size_t)s->width * (size_t)s->height * 4;
	if (!r->image || r->image->bits_per_pixel != 32 ||
			r->image->bytes_per_line != s->width * 4) {
		fprintf(stderr, "oriel-bench: %s has not 32 bits a pixel\n",
				name);
		return -1;
	}
	r->segment.shmid = shmget(IPC_PRIVATE, size, IPC_CREAT | 0600);
	r->segment.shmaddr = r->image->data = shmat(r->segment.shmid, NULL, 0);
	if (r->image->data == (void *)-1) {
		fprintf(stderr, "oriel-bench: %s\n", strerror(errno));
		return -1;
	}
	XShmAttach(d, &r->segment);
	XSync(d, False);
	shmctl(r->segment.shmid, IPC_RMID, NULL);
	r->damage = XDamageCreate(
			d, DefaultRootWindow(d), XDamageReportNonEmpty);
	s->stride = s->width;
	return 0;
}

static bool damaged(struct x11 *r)
{
	bool any = false;
	while (XPending(r->display)) {
		XEvent event;
		XNextEvent(r->display, &event);
		any = true;
	}
	if (any)
		XDamageSubtract(r->display, r->damage, None, None);
	return any;
}

static int wait_until(struct subject *s, uint64_t until)
{
	(void)s;
	stage_sleep_until(until);
	return 0;
}

static const uint32_t *take(struct subject *s, bool any)
{
	struct x11 *r = s->own;
	if (!damaged(r) && !any)
		return NULL;
	XShmGetImage(r->display, DefaultRootWindow(r->display), r->image, 0, 0,
			AllPlanes);
	return (const uint32_t *)(const void *)r->image->data;
}

static void end(struct subject *s)
{
	struct x11 *r = s->own;
	if (r && r->display)
		XCloseDisplay(r->display);
	free(r);
}

const struct subject_kind subject_x11 = { open_display, wait_until, take, end };
