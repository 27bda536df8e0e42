/*
 * x11.c - show the root window of an X server, a display for each monitor.
 *
 * XDamage says where, MIT-SHM fetches only that, and oriel_display_patch()
 * takes it over: there is no framebuffer here. While no peer could be sent
 * anything, damage adds up inside the X server and nothing is fetched; what
 * is fetched later is newer. The same goes for each monitor by itself.
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
	/*
	 * Setting up monitors takes a program several requests: look when
	 * there were none for a while, or when it does not end.
	 */
	ARRANGE_NS = 30000000,
	ARRANGE_MAX_NS = 250000000,
	MAX_CURSOR = 256,
	/* Of one run, so that the server runs too; each costs next to nothing. */
	EVENTS = 1000,
	CURSOR_NS = 16000000, /* between two pictures of the pointer */
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
static void shm_init(struct orl_x11 *x, size_t room)
{
	Visual *visual = DefaultVisual(x->dpy, x->screen);
	unsigned before = x_errors;

	x->room = room;
	if (!XShmQueryExtension(x->dpy))
		return;
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
				(unsigned)(room / 4), 1);
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

/* r is in the monitor's own pixels. */
static int fetch_and_patch(struct orl_x11 *x, const struct orl_x11_monitor *m,
		const struct oriel_rect *r, uint64_t now)
{
	const struct oriel_rect screen = { 0, 0, x->width, x->height };
	struct oriel_rect part = { r->x + m->at.x, r->y + m->at.y, r->width,
		r->height };
	struct oriel_pixels pixels;
	XImage *image;
	int err;

	/* The screen may have shrunk, and the monitors not yet. */
	if (!orl_layout_clip(&part, &part, &screen))
		return 0;
	image = fetch(x, &part);
	if (!image)
		return 0; /* the screen has just changed: an event follows */
	pixels = (struct oriel_pixels){ image->data, part.width, part.height,
		image->bytes_per_line, ORIEL_FORMAT_XRGB8888 };
	err = oriel_display_patch(m->display, &pixels, part.x - m->at.x,
			part.y - m->at.y, now);
	if (image != x->image)
		XDestroyImage(image);
	return err;
}

/* ---- damage ------------------------------------------------------------ */

/* What is damaged, to the monitors that show it; it is so no longer. */
static void sort_damage(struct orl_x11 *x)
{
	XRectangle *list;
	int count = 0;
	size_t i;

	XDamageSubtract(x->dpy, x->damage, None, x->region);
	for (i = 0; i < x->monitor_count && x->monitors[i]->everything; i++)
		;
	if (i == x->monitor_count)
		return; /* nobody needs to know */
	list = XFixesFetchRegion(x->dpy, x->region, &count);
	for (int k = 0; k < count; k++)
		orl_x11_damage(x, &(struct oriel_rect){ list[k].x, list[k].y,
						  list[k].width,
						  list[k].height });
	if (list)
		XFree(list);
}

/* Fetch what has changed of the displays that are wanted, or of all. */
static int update(struct orl_x11 *x, bool all)
{
	uint64_t now = orl_now();
	int err = 0;

	if (x->dirty)
		sort_damage(x);
	/* Damage after the subtraction is news: an event tells. */
	x->dirty = false;
	x->fetched = now;
	for (size_t i = 0; i < x->monitor_count && !err; i++) {
		struct orl_x11_monitor *m = x->monitors[i];
		struct oriel_rect rects[ORL_X11_RECTS];
		size_t n;

		if (!orl_x11_monitor_dirty(m) ||
				(!all && !oriel_display_wanted(m->display)))
			continue;
		n = orl_x11_take(m, rects);
		for (size_t k = 0; k < n && !err && !x->gone; k++)
			err = fetch_and_patch(x, m, &rects[k], now);
	}
	return err;
}

static void soil(struct orl_x11 *x)
{
	if (!x->dirty)
		x->since = orl_now();
	x->dirty = true;
}

static bool is_dirty(const struct orl_x11 *x)
{
	for (size_t i = 0; i < x->monitor_count; i++)
		if (x->dirty || orl_x11_monitor_dirty(x->monitors[i]))
			return true;
	return false;
}

/* Whether somebody has time for what may have changed. */
static bool is_due(const struct orl_x11 *x)
{
	for (size_t i = 0; i < x->monitor_count; i++)
		if ((x->dirty || orl_x11_monitor_dirty(x->monitors[i])) &&
				oriel_display_wanted(x->monitors[i]->display))
			return true;
	return false;
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

	x->cursor_stale = false;
	x->cursor_shown = orl_now();
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

/* ---- the monitors ------------------------------------------------------ */

static void arrange_soon(struct orl_x11 *x)
{
	uint64_t now = orl_now();

	x->width = DisplayWidth(x->dpy, x->screen);
	x->height = DisplayHeight(x->dpy, x->screen);
	if (!x->arrange_at)
		x->arranged = now;
	x->arrange_at = now + ARRANGE_NS;
	if (x->arrange_at > x->arranged + ARRANGE_MAX_NS)
		x->arrange_at = x->arranged + ARRANGE_MAX_NS;
}

static int arrange(struct orl_x11 *x)
{
	size_t room = 0;
	int err = orl_x11_monitors_update(x);

	x->arrange_at = 0;
	for (size_t i = 0; i < x->monitor_count; i++) {
		const struct oriel_rect *at = &x->monitors[i]->at;
		size_t pixels = (size_t)at->width * (size_t)at->height;

		/* The X server may have put its memory in another order. */
		x->monitors[i]->everything = true;
		room = pixels > room ? pixels : room;
	}
	if (!err && !x->gone && room * 4 > x->room) {
		shm_fini(x);
		shm_init(x, room * 4);
	}
	return err;
}

static void on_event(struct orl_x11 *x, XEvent *event)
{
	if (event->type == x->damage_event + XDamageNotify) {
		soil(x);
	} else if (event->type == x->fixes_event + XFixesCursorNotify) {
		x->cursor_stale = true;
	} else if (event->type == x->randr_event + RRScreenChangeNotify ||
			event->type == x->randr_event + RRNotify ||
			event->type == ConfigureNotify) {
		XRRUpdateConfiguration(event);
		arrange_soon(x);
	} else if (event->type == x->xkb_event && x->xkb_event > 0) {
		orl_x11_input_event(x, event);
	} else if (event->type == MappingNotify) {
		XRefreshKeyboardMapping(&event->xmapping);
	}
}

/* ---- the source -------------------------------------------------------- */

static void x11_close(struct orl_source *source)
{
	struct orl_x11 *x = of(source);

	if (!x->gone && x->server)
		orl_x11_input_fini(x);
	orl_x11_clipboard_close(x->clipboard);
	shm_fini(x);
	orl_x11_monitors_fini(x);
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
	/* Who grabs the server would stop us, and wait for keys of ours. */
	XTestGrabControl(x->dpy, True);
	if (!XRRQueryExtension(x->dpy, &x->randr_event, &error) ||
			!XRRQueryVersion(x->dpy, &major, &minor)) {
		x->randr_event = -1000;
		return NULL;
	}
	x->has_monitors = major > 1 || (major == 1 && minor >= 5);
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
	*out = &x->source;
	return ORL_EXIT_OK;
}

static int x11_attach(struct orl_source *source, struct oriel_server *server)
{
	struct orl_x11 *x = of(source);
	int err;

	x->server = server;
	/* Of made-up monitors only the window itself tells. */
	XSelectInput(x->dpy, x->root, StructureNotifyMask);
	if (x->randr_event >= 0)
		XRRSelectInput(x->dpy, x->root,
				RRScreenChangeNotifyMask |
						RRCrtcChangeNotifyMask |
						RROutputChangeNotifyMask);
	x->region = XFixesCreateRegion(x->dpy, NULL, 0);
	x->damage = XDamageCreate(x->dpy, x->root, XDamageReportNonEmpty);
	XFixesSelectCursorInput(x->dpy, x->root, XFixesDisplayCursorNotifyMask);
	err = arrange(x);
	if (err)
		return err;
	orl_x11_input_init(x);
	show_cursor(x);
	soil(x);
	err = update(x, true);
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
	else if (is_due(x) && ready_at(x) < *due)
		*due = ready_at(x);
	if (x->input.text.due < *due)
		*due = x->input.text.due;
	if (x->arrange_at && x->arrange_at < *due)
		*due = x->arrange_at;
	if (x->cursor_stale && x->cursor_shown + CURSOR_NS < *due)
		*due = x->cursor_shown + CURSOR_NS;
	if (!x->clipboard)
		return 1;
	orl_x11_clipboard_watch(x->clipboard, &fds[1], due);
	return 2;
}

static size_t x11_lines(const struct orl_source *source, int *fds)
{
	const struct orl_x11 *x = (const struct orl_x11 *)(const void *)source;
	struct pollfd fd = { .fd = -1 };
	uint64_t due = ORL_NEVER;

	fds[0] = ConnectionNumber(x->dpy);
	if (x->clipboard)
		orl_x11_clipboard_watch(x->clipboard, &fd, &due);
	fds[1] = fd.fd;
	return 2;
}

static int x11_run(struct orl_source *source, uint64_t now, char *why)
{
	struct orl_x11 *x = of(source);
	int err = 0;

	for (int i = 0; i < EVENTS && !x->gone && XPending(x->dpy) > 0; i++) {
		XEvent event;

		XNextEvent(x->dpy, &event);
		on_event(x, &event);
	}
	if (!x->gone && x->cursor_stale && now >= x->cursor_shown + CURSOR_NS)
		show_cursor(x);
	if (!x->gone && x->clipboard)
		orl_x11_clipboard_run(x->clipboard, now);
	if (!x->gone && now >= x->input.text.due)
		orl_x11_text_run(x, now);
	if (!x->gone && x->arrange_at && now >= x->arrange_at)
		err = arrange(x);
	if (!err && !x->gone && is_due(x) && now >= ready_at(x))
		err = update(x, false);
	if (!x->gone)
		return err;
	snprintf(why, ORL_WHY_MAX, "x11: the X server has gone away");
	return ORIEL_ECLOSED;
}

static void x11_peers(struct orl_source *source, uint32_t count)
{
	struct orl_x11 *x = of(source);

	/* The first picture of a new peer is a fresh one. */
	if (!count || x->gone || !is_dirty(x) || update(x, true) == 0)
		return;
	for (size_t i = 0; i < x->monitor_count; i++)
		x->monitors[i]->everything = true;
}

static void x11_resize_wanted(struct orl_source *source,
		struct oriel_display *display, int32_t width, int32_t height)
{
	struct orl_x11 *x = of(source);
	const struct orl_x11_monitor *m =
			orl_x11_monitor_of(x, oriel_display_id(display));

	if (m && !x->gone && x->randr_event >= 0)
		orl_x11_resize(x, m, width, height);
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

static void x11_touch(
		struct orl_source *source, const struct oriel_touch *touch)
{
	struct orl_x11 *x = of(source);

	x->input_time = orl_now();
	if (!x->gone)
		orl_x11_touch(x, touch);
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

static void x11_board(struct orl_source *source, struct orl_board *board)
{
	struct orl_x11 *x = of(source);

	x->clipboard = orl_x11_clipboard_open(DisplayString(x->dpy), board);
}

static void x11_paste(struct orl_source *source, enum oriel_selection selection,
		const char *const *types, size_t count)
{
	struct orl_x11 *x = of(source);

	if (x->clipboard)
		orl_x11_clipboard_paste(x->clipboard, selection, types, count);
}

static struct orl_paste *x11_copy(struct orl_source *source,
		enum oriel_selection selection, const char *type,
		struct orl_paste_end to)
{
	struct orl_x11 *x = of(source);

	return x->clipboard ? orl_x11_clipboard_copy(
					      x->clipboard, selection, type, to)
			    : NULL;
}

const struct orl_source_kind orl_source_x11 = {
	.name = "x11",
	.help = ":DISPLAY            an X server's screen, as x11::0; without\n"
		"                         DISPLAY the one of $DISPLAY",
	.open = x11_open,
	.close = x11_close,
	.attach = x11_attach,
	.watch = x11_watch,
	.lines = x11_lines,
	.run = x11_run,
	.peers = x11_peers,
	.resize_wanted = x11_resize_wanted,
	.key = x11_key,
	.pointer = x11_pointer,
	.touch = x11_touch,
	.text = x11_text,
	.locks = x11_locks,
	.pulse = true,
	.board = x11_board,
	.files = true,
	.paste = x11_paste,
	.copy = x11_copy,
};
