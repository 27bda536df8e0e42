/*
 * x11.c - show the root window of an X server.
 *
 * XDamage says where, MIT-SHM fetches only that, and oriel_display_patch()
 * takes it over: there is no framebuffer here. While no peer could be sent
 * anything, damage adds up inside the X server and nothing is fetched; what
 * is fetched later is newer.
 */
#include "capture/x11.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/shm.h>

#include <X11/XKBlib.h>
#include <X11/Xutil.h>
#include <X11/extensions/XTest.h>
#include <X11/extensions/Xrandr.h>

enum {
	/*
	 * A program draws in several requests; waiting this long after the
	 * first makes one update of them. Less just after input, when the
	 * first of them is what somebody waits for.
	 */
	SETTLE_NS = 2000000,
	SETTLE_INPUT_NS = 300000,
	INPUT_NS = 50000000,
	/* Programs that draw without pause are looked at this often. */
	PERIOD_NS = 8000000,
	PERIOD_INPUT_NS = 2000000,
	MAX_RECTS = 64, /* more go through the grid */
	MAX_CURSOR = 256,
};

/* Xlib's handlers get no pointer of ours; errors of all servers add up. */
static unsigned x_errors;

static int on_error(Display *dpy, XErrorEvent *event)
{
	(void)dpy;
	/* A window or a size that has just changed; the next event mends it. */
	if (x_errors++ < 4)
		fprintf(stderr, "x11: request %u.%u failed with error %u\n",
				event->request_code, event->minor_code,
				event->error_code);
	return 0;
}

static int on_io_error(Display *dpy)
{
	(void)dpy;
	return 0;
}

static void on_gone(Display *dpy, void *user)
{
	struct orl_x11 *x = user;

	(void)dpy;
	x->gone = true;
}

static struct orl_x11 *of(struct orl_source *source)
{
	return (struct orl_x11 *)(void *)source;
}

/* ---- the shared picture ------------------------------------------------ */

static void shm_fini(struct orl_x11 *x)
{
	if (!x->image)
		return;
	if (!x->gone)
		XShmDetach(x->dpy, &x->shm);
	x->image->data = NULL;
	XDestroyImage(x->image);
	x->image = NULL;
	shmdt(x->shm.shmaddr);
}

/* Without it pictures come through the socket, thirty times slower. */
static void shm_init(struct orl_x11 *x)
{
	Visual *visual = DefaultVisual(x->dpy, x->screen);
	unsigned before = x_errors;

	if (!XShmQueryExtension(x->dpy))
		return;
	x->room = (size_t)x->width * (size_t)x->height * 4;
	x->shm = (XShmSegmentInfo){ .readOnly = False };
	x->shm.shmid = shmget(IPC_PRIVATE, x->room, IPC_CREAT | 0600);
	if (x->shm.shmid < 0)
		return;
	x->shm.shmaddr = shmat(x->shm.shmid, NULL, 0);
	if (x->shm.shmaddr == (char *)-1) {
		shmctl(x->shm.shmid, IPC_RMID, NULL);
		return;
	}
	XShmAttach(x->dpy, &x->shm);
	XSync(x->dpy, False);
	/* From here on it goes away with the two that are attached. */
	shmctl(x->shm.shmid, IPC_RMID, NULL);
	if (x_errors == before)
		x->image = XShmCreateImage(x->dpy, visual,
				(unsigned)DefaultDepth(x->dpy, x->screen),
				ZPixmap, x->shm.shmaddr, &x->shm,
				(unsigned)x->width, (unsigned)x->height);
	if (!x->image)
		shmdt(x->shm.shmaddr);
}

static XImage *fetch(struct orl_x11 *x, const struct oriel_rect *r)
{
	if (!x->image)
		return XGetImage(x->dpy, x->root, r->x, r->y,
				(unsigned)r->width, (unsigned)r->height,
				AllPlanes, ZPixmap);
	/* The same segment serves every size: rows lie as the size says. */
	x->image->width = r->width;
	x->image->height = r->height;
	x->image->bytes_per_line = r->width * 4;
	if (!XShmGetImage(x->dpy, x->root, x->image, r->x, r->y, AllPlanes))
		return NULL;
	return x->image;
}

static int fetch_and_patch(
		struct orl_x11 *x, const struct oriel_rect *r, uint64_t now)
{
	XImage *image = fetch(x, r);
	struct oriel_pixels pixels;
	int err;

	if (!image)
		return 0; /* the screen has just changed: an event follows */
	pixels = (struct oriel_pixels){ image->data, r->width, r->height,
		image->bytes_per_line, ORIEL_FORMAT_XRGB8888 };
	err = oriel_display_patch(x->display, &pixels, r->x, r->y, now);
	if (image != x->image)
		XDestroyImage(image);
	return err;
}

/* ---- damage ------------------------------------------------------------ */

static bool clip(const struct orl_x11 *x, struct oriel_rect *out,
		const XRectangle *in)
{
	int32_t x0 = in->x < 0 ? 0 : in->x, y0 = in->y < 0 ? 0 : in->y;
	int32_t x1 = in->x + (int32_t)in->width;
	int32_t y1 = in->y + (int32_t)in->height;

	if (x1 > x->width)
		x1 = x->width;
	if (y1 > x->height)
		y1 = x->height;
	*out = (struct oriel_rect){ x0, y0, x1 - x0, y1 - y0 };
	return x1 > x0 && y1 > y0;
}

/* What is damaged, in at most MAX_RECTS rectangles; it is so no longer. */
static size_t take_damage(
		struct orl_x11 *x, struct oriel_rect out[static MAX_RECTS])
{
	XRectangle *list;
	size_t n = 0;
	int count = 0;

	XDamageSubtract(x->dpy, x->damage, None, x->region);
	if (x->everything) {
		out[0] = (struct oriel_rect){ 0, 0, x->width, x->height };
		return 1;
	}
	list = XFixesFetchRegion(x->dpy, x->region, &count);
	for (int i = 0; i < count; i++) {
		struct oriel_rect r;

		if (!clip(x, &r, &list[i]))
			continue;
		if (count > MAX_RECTS)
			orl_tiles_mark(&x->tiles, &r);
		else
			out[n++] = r;
	}
	if (list)
		XFree(list);
	if (count > MAX_RECTS)
		n = orl_tiles_take(&x->tiles, out, MAX_RECTS);
	return orl_rects_merge(out, n);
}

static int update(struct orl_x11 *x)
{
	struct oriel_rect rects[MAX_RECTS];
	size_t n = take_damage(x, rects);
	uint64_t now = orl_now();
	int err = 0;

	/* Damage after the subtraction is news: an event tells. */
	x->dirty = x->everything = false;
	x->fetched = now;
	for (size_t i = 0; i < n && !err && !x->gone; i++)
		err = fetch_and_patch(x, &rects[i], now);
	return err;
}

static void soil(struct orl_x11 *x, bool everything)
{
	if (!x->dirty)
		x->since = orl_now();
	x->dirty = true;
	x->everything = x->everything || everything;
}

static uint64_t ready_at(const struct orl_x11 *x)
{
	bool input = x->since < x->input_time + INPUT_NS;
	uint64_t settled = x->since + (input ? SETTLE_INPUT_NS : SETTLE_NS);
	uint64_t turn = x->fetched + (input ? PERIOD_INPUT_NS : PERIOD_NS);

	return settled > turn ? settled : turn;
}

/* ---- the pointer's picture, the screen's size -------------------------- */

static void show_cursor(struct orl_x11 *x)
{
	XFixesCursorImage *c = XFixesGetCursorImage(x->dpy);
	struct oriel_pixels pixels;
	uint32_t *words;
	int err = 0;

	if (!c)
		return;
	if (c->width && c->height && c->width <= MAX_CURSOR &&
			c->height <= MAX_CURSOR) {
		size_t n = (size_t)c->width * c->height;

		words = malloc(n * sizeof(*words));
		if (!words) {
			XFree(c);
			return;
		}
		/* Xlib has longs, whatever their size. */
		for (size_t i = 0; i < n; i++)
			words[i] = (uint32_t)c->pixels[i];
		pixels = (struct oriel_pixels){ words, c->width, c->height,
			c->width * 4, ORIEL_FORMAT_ARGB8888 };
		err = oriel_server_set_cursor(
				x->server, &pixels, c->xhot, c->yhot);
		free(words);
	} else if (!c->width || !c->height) {
		err = oriel_server_set_cursor(x->server, NULL, 0, 0);
	}
	if (err)
		fprintf(stderr, "x11: the pointer's picture: %s\n",
				oriel_strerror(err));
	XFree(c);
}

/* Make everything fit the screen as it is now. Returns an ORIEL_E code. */
static int fit(struct orl_x11 *x, int32_t width, int32_t height)
{
	struct orl_tiles tiles;
	int err;

	if (width == x->width && height == x->height)
		return 0;
	err = orl_tiles_init(&tiles, width, height);
	if (!err)
		err = oriel_display_resize(x->display, 0, 0, width, height);
	if (err)
		return err;
	orl_tiles_fini(&x->tiles);
	x->tiles = tiles;
	x->width = width;
	x->height = height;
	if (x->image && (size_t)width * (size_t)height * 4 > x->room) {
		shm_fini(x);
		shm_init(x);
	}
	soil(x, true);
	return 0;
}

static int on_event(struct orl_x11 *x, XEvent *event)
{
	if (event->type == x->damage_event + XDamageNotify) {
		soil(x, false);
	} else if (event->type == x->fixes_event + XFixesCursorNotify) {
		show_cursor(x);
	} else if (event->type == x->randr_event + RRScreenChangeNotify ||
			event->type == ConfigureNotify) {
		XRRUpdateConfiguration(event);
		return fit(x, DisplayWidth(x->dpy, x->screen),
				DisplayHeight(x->dpy, x->screen));
	} else if (event->type == x->xkb_event && x->xkb_event > 0) {
		orl_x11_input_event(x, event);
	} else if (event->type == MappingNotify) {
		XRefreshKeyboardMapping(&event->xmapping);
	}
	return 0;
}

/* ---- the source -------------------------------------------------------- */

static void x11_close(struct orl_source *source)
{
	struct orl_x11 *x = of(source);

	if (!x->gone && x->server)
		orl_x11_input_fini(x);
	shm_fini(x);
	orl_tiles_fini(&x->tiles);
	/* Of a server that is gone only memory is left, as of this program. */
	if (!x->gone)
		XCloseDisplay(x->dpy);
	free(x);
}

/* The sentence that says why this X server cannot be shown, or NULL. */
static const char *examine(struct orl_x11 *x)
{
	Visual *visual = DefaultVisual(x->dpy, x->screen);
	int depth = DefaultDepth(x->dpy, x->screen), n, bits = 0;
	int error, major, minor;
	XPixmapFormatValues *formats = XListPixmapFormats(x->dpy, &n);
	const int one = 1;

	for (int i = 0; formats && i < n; i++)
		if (formats[i].depth == depth)
			bits = formats[i].bits_per_pixel;
	if (formats)
		XFree(formats);
	if ((depth != 24 && depth != 32) || bits != 32 ||
			visual->red_mask != 0xff0000 ||
			visual->green_mask != 0xff00 ||
			visual->blue_mask != 0xff)
		return "its screen has no 24 bit colours";
	if (ImageByteOrder(x->dpy) != LSBFirst || *(const char *)&one != 1)
		return "its bytes are in another order";
	if (!XDamageQueryExtension(x->dpy, &x->damage_event, &error))
		return "it has no DAMAGE extension";
	if (!XFixesQueryExtension(x->dpy, &x->fixes_event, &error) ||
			!XFixesQueryVersion(x->dpy, &major, &minor) ||
			major < 2)
		return "it has no XFIXES extension";
	if (!XTestQueryExtension(x->dpy, &x->xkb_event, &error, &major, &minor))
		return "it has no XTEST extension";
	if (!XRRQueryExtension(x->dpy, &x->randr_event, &error))
		x->randr_event = -1000;
	return NULL;
}

static int x11_open(struct orl_source **out, const char *argument, char *why)
{
	const char *name = *argument ? argument : NULL, *wrong;
	struct orl_x11 *x = calloc(1, sizeof(*x));

	if (!x) {
		snprintf(why, ORL_WHY_MAX, "x11: out of memory");
		return ORL_EXIT_INTERNAL;
	}
	x->source.kind = &orl_source_x11;
	x->input.text.due = ORL_NEVER;
	XSetErrorHandler(on_error);
	XSetIOErrorHandler(on_io_error);
	x->dpy = XOpenDisplay(name);
	if (!x->dpy) {
		snprintf(why, ORL_WHY_MAX, "x11: cannot open the display '%s'",
				XDisplayName(name));
		free(x);
		return ORL_EXIT_SOURCE;
	}
	XSetIOErrorExitHandler(x->dpy, on_gone, x);
	x->screen = DefaultScreen(x->dpy);
	x->root = RootWindow(x->dpy, x->screen);
	wrong = examine(x);
	if (wrong) {
		snprintf(why, ORL_WHY_MAX, "x11: '%s' cannot be shown: %s",
				XDisplayName(name), wrong);
		x11_close(&x->source);
		return ORL_EXIT_SOURCE;
	}
	x->width = DisplayWidth(x->dpy, x->screen);
	x->height = DisplayHeight(x->dpy, x->screen);
	if (orl_tiles_init(&x->tiles, x->width, x->height) < 0) {
		snprintf(why, ORL_WHY_MAX, "x11: out of memory");
		x11_close(&x->source);
		return ORL_EXIT_INTERNAL;
	}
	shm_init(x);
	*out = &x->source;
	return ORL_EXIT_OK;
}

static int x11_attach(struct orl_source *source, struct oriel_server *server)
{
	struct orl_x11 *x = of(source);
	struct oriel_display_config config = {
		.size = sizeof(config),
		.name = "X11",
		.width = x->width,
		.height = x->height,
	};
	int err = oriel_display_create(&x->display, server, &config);

	if (err)
		return err;
	x->server = server;
	x->region = XFixesCreateRegion(x->dpy, NULL, 0);
	x->damage = XDamageCreate(x->dpy, x->root, XDamageReportNonEmpty);
	XFixesSelectCursorInput(x->dpy, x->root, XFixesDisplayCursorNotifyMask);
	if (x->randr_event >= 0)
		XRRSelectInput(x->dpy, x->root, RRScreenChangeNotifyMask);
	orl_x11_input_init(x);
	show_cursor(x);
	soil(x, true);
	err = update(x);
	return err ? err : x->gone ? ORIEL_ECLOSED : 0;
}

static size_t x11_watch(
		struct orl_source *source, struct pollfd *fds, uint64_t *due)
{
	struct orl_x11 *x = of(source);

	fds[0] = (struct pollfd){ .fd = ConnectionNumber(x->dpy),
		.events = POLLIN };
	if (x->gone) {
		*due = 0;
		return 0;
	}
	/* A reply that somebody waited for may have brought events along. */
	XFlush(x->dpy);
	if (XEventsQueued(x->dpy, QueuedAlready) > 0)
		*due = 0;
	else if (x->dirty && oriel_display_wanted(x->display) &&
			ready_at(x) < *due)
		*due = ready_at(x);
	if (x->input.text.due < *due)
		*due = x->input.text.due;
	return 1;
}

static int x11_run(struct orl_source *source, uint64_t now, char *why)
{
	struct orl_x11 *x = of(source);
	int err = 0;

	while (!err && !x->gone && XPending(x->dpy) > 0) {
		XEvent event;

		XNextEvent(x->dpy, &event);
		err = on_event(x, &event);
	}
	if (!x->gone && now >= x->input.text.due)
		orl_x11_text_run(x, now);
	if (!err && !x->gone && x->dirty && now >= ready_at(x) &&
			oriel_display_wanted(x->display))
		err = update(x);
	if (!x->gone)
		return err;
	snprintf(why, ORL_WHY_MAX, "x11: the X server has gone away");
	return ORIEL_ECLOSED;
}

static void x11_peers(struct orl_source *source, uint32_t count)
{
	struct orl_x11 *x = of(source);

	/* The first picture of a new peer is a fresh one. */
	if (count && x->dirty && !x->gone && update(x) < 0)
		soil(x, true);
}

static void x11_resize_wanted(struct orl_source *source,
		struct oriel_display *display, int32_t width, int32_t height)
{
	struct orl_x11 *x = of(source);

	(void)display;
	if (!x->gone && x->randr_event >= 0)
		orl_x11_resize(x, width, height);
}

/* Each of these is flushed by x11_watch(), once for all of a dispatch. */

static void x11_key(struct orl_source *source, const struct oriel_key *key)
{
	struct orl_x11 *x = of(source);

	x->input_time = orl_now();
	if (!x->gone)
		orl_x11_key(x, key);
}

static void x11_pointer(
		struct orl_source *source, const struct oriel_pointer *pointer)
{
	struct orl_x11 *x = of(source);

	x->input_time = orl_now();
	if (!x->gone)
		orl_x11_pointer(x, pointer);
}

static void x11_text(struct orl_source *source, const char *text)
{
	struct orl_x11 *x = of(source);

	x->input_time = orl_now();
	if (!x->gone)
		orl_x11_text(x, text);
}

static void x11_locks(struct orl_source *source, uint32_t locks)
{
	struct orl_x11 *x = of(source);

	if (!x->gone)
		orl_x11_locks(x, locks);
}

const struct orl_source_kind orl_source_x11 = {
	.name = "x11",
	.help = ":DISPLAY            an X server's screen, as x11::0; without\n"
		"                         DISPLAY the one of $DISPLAY",
	.open = x11_open,
	.close = x11_close,
	.attach = x11_attach,
	.watch = x11_watch,
	.run = x11_run,
	.peers = x11_peers,
	.resize_wanted = x11_resize_wanted,
	.key = x11_key,
	.pointer = x11_pointer,
	.text = x11_text,
	.locks = x11_locks,
};
