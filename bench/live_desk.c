/*
 * live_desk.c - beside the programs of a live session: paints what the desktop
 * is before they start, answers a key with a mark, and keeps a copy of the
 * picture to compare the client's with. It looks only when there was damage,
 * and not too often: looking costs the X server time.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/shm.h>

#include <X11/Xlib.h>
#include <X11/Xutil.h>
#include <X11/extensions/XShm.h>
#include <X11/extensions/Xdamage.h>
#include <X11/keysym.h>

#include "bench/live.h"
#include "bench/mark.h"
#include "bench/stage.h"

enum { MS = 1000000, PERIOD = 40 * MS, WINDOW = 16, GREY = 0x808080 };

struct desk {
	struct live *l;
	Display *display;
	Window window;
	GC gc;
	XImage *image, *mark;
	XShmSegmentInfo segment;
	Damage damage;
	int damage_event;
	uint64_t since; /* damage that was not looked at yet */
	uint64_t next;
};

void live_pattern(uint32_t *picture, int32_t width, int32_t height)
{
	for (int32_t y = 0; y < height; y++)
		for (int32_t x = 0; x < width; x++) {
			uint32_t a = (uint32_t)(x / 64), b = (uint32_t)(y / 64);
			picture[(size_t)y * (size_t)width + (size_t)x] =
					(a * 37 + b * 11) % 192 << 16 |
					(a * 17 + b * 29) % 192 << 8 |
					(a * 7 + b * 53) % 192;
		}
}

void live_place(const struct live *l, int32_t *x, int32_t *y)
{
	*x = (l->width / WINDOW - 2) * WINDOW;
	*y = (l->height / WINDOW - 2) * WINDOW;
}

static int paint_pattern(struct desk *k)
{
	const struct live *l = k->l;
	Display *d = k->display;
	Window root = DefaultRootWindow(d);
	int screen = DefaultScreen(d);
	size_t area = (size_t)l->width * (size_t)l->height;
	char *pixels = malloc(area * 4);
	if (!pixels)
		return -1;
	live_pattern((uint32_t *)(void *)pixels, l->width, l->height);
	XImage *image = XCreateImage(d, DefaultVisual(d, screen),
			(unsigned)DefaultDepth(d, screen), ZPixmap, 0, pixels,
			(unsigned)l->width, (unsigned)l->height, 32, 0);
	Pixmap pixmap = XCreatePixmap(d, root, (unsigned)l->width,
			(unsigned)l->height, (unsigned)DefaultDepth(d, screen));
	if (!image)
		return -1;
	XPutImage(d, pixmap, DefaultGC(d, screen), image, 0, 0, 0, 0,
			(unsigned)l->width, (unsigned)l->height);
	XSetWindowBackgroundPixmap(d, root, pixmap);
	XClearWindow(d, root);
	XFreePixmap(d, pixmap);
	XDestroyImage(image);
	return 0;
}

static int open_mark(struct desk *k)
{
	Display *d = k->display;
	int32_t x, y;
	int screen = DefaultScreen(d);
	char *pixels = calloc(WINDOW * WINDOW, 4);
	XSetWindowAttributes a = { .override_redirect = True,
		.background_pixel = GREY };
	live_place(k->l, &x, &y);
	k->window = XCreateWindow(d, DefaultRootWindow(d), x, y, WINDOW, WINDOW,
			0, CopyFromParent, InputOutput, CopyFromParent,
			CWOverrideRedirect | CWBackPixel, &a);
	k->gc = XCreateGC(d, k->window, 0, NULL);
	k->mark = XCreateImage(d, DefaultVisual(d, screen),
			(unsigned)DefaultDepth(d, screen), ZPixmap, 0, pixels,
			WINDOW, WINDOW, 32, 0);
	if (!k->mark || k->mark->bits_per_pixel != 32)
		return -1;
	for (size_t i = 0; i < WINDOW * WINDOW; i++)
		((uint32_t *)(void *)pixels)[i] = GREY;
	XGrabKey(d, XKeysymToKeycode(d, LIVE_KEY), AnyModifier,
			DefaultRootWindow(d), True, GrabModeAsync,
			GrabModeAsync);
	XMapRaised(d, k->window);
	return 0;
}

static int open_picture(struct desk *k)
{
	Display *d = k->display;
	int screen = DefaultScreen(d), error;
	k->image = XShmCreateImage(d, DefaultVisual(d, screen),
			(unsigned)DefaultDepth(d, screen), ZPixmap, NULL,
			&k->segment, (unsigned)k->l->width,
			(unsigned)k->l->height);
	if (!k->image || k->image->bits_per_pixel != 32 ||
			!XDamageQueryExtension(d, &k->damage_event, &error))
		return -1;
	size_t size = (size_t)k->image->bytes_per_line * (size_t)k->l->height;
	k->segment.shmid = shmget(IPC_PRIVATE, size, IPC_CREAT | 0600);
	k->segment.shmaddr = k->image->data = shmat(k->segment.shmid, NULL, 0);
	if (k->image->data == (void *)-1)
		return -1;
	XShmAttach(d, &k->segment);
	XSync(d, False);
	shmctl(k->segment.shmid, IPC_RMID, NULL);
	k->damage = XDamageCreate(
			d, DefaultRootWindow(d), XDamageReportNonEmpty);
	return 0;
}

/* The mark is on top of whatever the programs have opened. */
static void answer(struct desk *k)
{
	uint32_t next = k->l->mark + 1;
	mark_draw((uint32_t *)(void *)k->mark->data, WINDOW,
			next % MARK_NUMBERS);
	XRaiseWindow(k->display, k->window);
	XPutImage(k->display, k->window, k->gc, k->mark, 0, 0, 0, 0, WINDOW,
			WINDOW);
	XFlush(k->display);
	k->l->mark = next;
}

static void look(struct desk *k)
{
	struct live *l = k->l;
	size_t row = (size_t)l->width * 4;
	XDamageSubtract(k->display, k->damage, None, None);
	XShmGetImage(k->display, DefaultRootWindow(k->display), k->image, 0, 0,
			AllPlanes);
	bool changed = !l->serial;
	for (int32_t y = 0; y < l->height && !changed; y++)
		changed = memcmp(l->truth + (size_t)y * (size_t)l->width,
					  k->image->data +
							  (ptrdiff_t)y * k->image->bytes_per_line,
					  row) != 0;
	if (changed) {
		l->serial++;
		for (int32_t y = 0; y < l->height; y++)
			memcpy(l->truth + (size_t)y * (size_t)l->width,
					k->image->data +
							(ptrdiff_t)y * k->image->bytes_per_line,
					row);
		l->changed = k->since;
		l->serial++;
	}
	k->since = 0;
}

static void run(struct desk *k)
{
	struct pollfd wait = { .fd = ConnectionNumber(k->display),
		.events = POLLIN };
	while (!k->l->stop) {
		while (XPending(k->display)) {
			XEvent event;
			XNextEvent(k->display, &event);
			if (event.type == KeyPress)
				answer(k);
			else if (event.type == k->damage_event + XDamageNotify &&
					!k->since)
				k->since = stage_now();
		}
		if (k->since && stage_now() >= k->next) {
			look(k);
			k->next = stage_now() + PERIOD;
			k->l->ready = true;
			continue;
		}
		(void)poll(&wait, 1, 10);
	}
}

void live_desk(struct live *l, const char *display)
{
	struct desk k = { .l = l, .display = XOpenDisplay(display) };
	if (!k.display || paint_pattern(&k) || open_mark(&k) ||
			open_picture(&k)) {
		fprintf(stderr, "oriel-bench: cannot use display %s\n",
				display);
		l->failed = true;
		return;
	}
	XSync(k.display, False);
	k.since = stage_now();
	run(&k);
}
