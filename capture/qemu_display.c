/*
 * qemu_display.c - pictures of a virtual machine, as QEMU sends them.
 *
 * QEMU calls Scanout with whole screens and Update with rectangles, each with
 * its pixels. They are answered at once, so that the guest waits for nobody,
 * and copied from the message straight into the display's picture: however
 * slow the clients are, there is one picture and it is the newest.
 *
 * A screen that has got another size need not be sent as a whole; then updates
 * lie outside, or the console's properties disagree. Whatever does not fit is
 * left out, and the listener made anew: a new one is sent the whole screen.
 */
#include "capture/placard.h"
#include "capture/qemu.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	DOUBT_MS = 60,     /* until a change has been told on both ways */
	RELISTEN_MS = 250, /* between two listeners of a console, doubled to: */
	RELISTEN_MAX_MS = 2000,
	CALM_MS = 10000, /* after this all is forgiven */
	REFUSED_MAX = 20,
	SIZES_MAX = 8, /* changes of size in a second */
	CURSOR_MS = 16,
	MOVED_MS = 1000, /* while a peer moves the pointer it knows where */
	MM_PER_256_PIXELS = 68, /* at 96 dots an inch */
};

#define LISTENER ORL_QEMU_ROOT "/Listener"

/* ---- a screen ---------------------------------------------------------- */

/* When a listener may be made anew. */
static uint64_t turn_of(const struct orl_qemu_console *c)
{
	uint64_t soon = orl_now() + DOUBT_MS * ORL_MSEC;
	uint64_t turn = c->listened + c->patience;

	return soon > turn ? soon : turn;
}

/* Something has been left out: get everything anew. */
static void spoil(struct orl_qemu_console *c)
{
	c->spoiled = true;
	if (c->listen_at == ORL_NEVER)
		c->listen_at = turn_of(c);
}

static bool agrees(const struct orl_qemu_console *c)
{
	return c->told[0] == (uint32_t)c->width &&
	       c->told[1] == (uint32_t)c->height;
}

void orl_qemu_display_told(struct orl_qemu_console *c)
{
	bool spoiled = c->spoiled;

	if (!c->display || agrees(c))
		return;
	/* The machine cannot send it, and says nothing then. */
	if (!orl_qemu_size_fits(c->told[0], c->told[1])) {
		orl_qemu_say(c->qemu, 1,
				"the virtual machine's screen is larger than "
				"its bus can carry; choose a smaller mode in "
				"the guest");
		orl_qemu_placard(c, "This screen is too large",
				"Choose a smaller mode in the guest");
		return;
	}
	spoil(c);
	/* Looked at again then: the screen itself may be on its way. */
	c->spoiled = spoiled;
}

void orl_qemu_placard(
		struct orl_qemu_console *c, const char *title, const char *line)
{
	if (!c->display || c->placard == title)
		return;
	if (orl_placard_show(c->display, c->width, c->height, title, line) < 0)
		orl_qemu_say(c->qemu, 1, "a picture could not be taken");
	c->placard = title;
}

int orl_qemu_arrange(struct orl_qemu *q)
{
	int32_t x = 0;
	int err = 0;

	for (size_t i = 0; i < q->console_count && !err; i++) {
		struct orl_qemu_console *c = &q->consoles[i];

		if (c->display && c->x != x)
			err = oriel_display_resize(
					c->display, x, 0, c->width, c->height);
		c->x = x;
		x += c->width;
	}
	return err;
}

/* Returns false when it cannot be, or may not be now. */
static bool fit(struct orl_qemu_console *c, int32_t width, int32_t height)
{
	uint64_t now = orl_now();
	int err;

	if (width == c->width && height == c->height)
		return true;
	if (now - c->sized > ORL_SEC) {
		c->sized = now;
		c->sizes = 0;
	}
	if (c->sizes++ >= SIZES_MAX) {
		orl_qemu_say(c->qemu, 1,
				"the virtual machine changes the size "
				"of its screen too often to be "
				"followed");
		return false;
	}
	err = oriel_display_resize(c->display, c->x, 0, width, height);
	if (err) {
		orl_qemu_say(c->qemu, 1,
				"there is no memory for a screen of "
				"the virtual machine's size");
		return false;
	}
	c->width = width;
	c->height = height;
	/* Resized, it is black. */
	c->placard = NULL;
	return orl_qemu_arrange(c->qemu) == 0;
}

static int answer(sd_bus_message *m)
{
	return sd_bus_reply_method_return(m, "");
}

static int refuse(struct orl_qemu_console *c, const char *wrong)
{
	orl_qemu_say(c->qemu, 1, wrong);
	return 0;
}

static int read_pixels(sd_bus_message *m, struct orl_qemu_update *u)
{
	int r = sd_bus_message_read(m, "uu", &u->stride, &u->format);

	return r < 0 ? r
		     : sd_bus_message_read_array(m, 'y', &u->data, &u->size);
}

/* Straight from the message into the display's picture: the one copy. */
static void show(struct orl_qemu_console *c, const struct oriel_pixels *pixels,
		int32_t x, int32_t y, size_t received)
{
	struct orl_source_counts *n = &c->qemu->counts;

	if (oriel_display_patch(c->display, pixels, x, y, orl_now()) < 0)
		orl_qemu_say(c->qemu, 1, "a picture could not be taken");
	n->updates++;
	n->received += received;
	n->copied += (uint64_t)pixels->width * (uint64_t)pixels->height * 4;
}

static int on_scanout(sd_bus_message *m, void *user, sd_bus_error *error)
{
	struct orl_qemu_console *c = user;
	struct orl_qemu_update u = { .x = 0 };
	struct oriel_pixels pixels;
	uint32_t width, height;
	const char *wrong;
	int r = sd_bus_message_read(m, "uu", &width, &height);

	(void)error;
	if (r >= 0)
		r = read_pixels(m, &u);
	answer(m);
	if (r < 0)
		return refuse(c, "the virtual machine sends a screen that "
				 "makes no sense");
	u.width = width;
	u.height = height;
	wrong = orl_qemu_check_scanout(&pixels, &u);
	if (wrong)
		return refuse(c, wrong);
	if (!fit(c, pixels.width, pixels.height)) {
		spoil(c);
		return 0;
	}
	c->spoiled = false;
	c->placard = NULL;
	show(c, &pixels, 0, 0, u.size);
	return 0;
}

static int on_update(sd_bus_message *m, void *user, sd_bus_error *error)
{
	struct orl_qemu_console *c = user;
	struct orl_qemu_update u = { .x = 0 };
	struct oriel_pixels pixels;
	struct oriel_rect at;
	int32_t x, y, width, height;
	bool outside;
	const char *wrong;
	int r = sd_bus_message_read(m, "iiii", &x, &y, &width, &height);

	(void)error;
	if (r >= 0)
		r = read_pixels(m, &u);
	answer(m);
	if (r < 0)
		return refuse(c, "the virtual machine sends an update that "
				 "makes no sense");
	u.x = x;
	u.y = y;
	u.width = width;
	u.height = height;
	wrong = orl_qemu_check_update(
			&pixels, &at, &outside, &u, c->width, c->height);
	if (wrong)
		return refuse(c, wrong);
	/* What surrounds it may be words of ours. */
	if (outside || c->placard)
		spoil(c);
	if (at.width)
		show(c, &pixels, at.x, at.y, u.size);
	return 0;
}

static int on_disable(sd_bus_message *m, void *user, sd_bus_error *error)
{
	(void)error;
	answer(m);
	orl_qemu_placard(user, "This screen is switched off", NULL);
	return 0;
}

static int on_dmabuf(sd_bus_message *m, void *user, sd_bus_error *error)
{
	struct orl_qemu_console *c = user;

	(void)m;
	orl_qemu_say(c->qemu, 1,
			"the virtual machine draws with a graphics "
			"card (gl=on); start it without");
	return sd_bus_error_set_const(error,
			"org.freedesktop.DBus.Error.NotSupported",
			"dma-buf is not taken");
}

/* ---- the pointer's picture --------------------------------------------- */

static int on_cursor(sd_bus_message *m, void *user, sd_bus_error *error)
{
	struct orl_qemu_console *c = user;
	struct orl_qemu_cursor_state *s = &c->qemu->cursor;
	struct orl_qemu_cursor in;
	const char *wrong;
	int r = sd_bus_message_read(
			m, "iiii", &in.width, &in.height, &in.hot_x, &in.hot_y);

	(void)error;
	if (r >= 0)
		r = sd_bus_message_read_array(m, 'y', &in.data, &in.size);
	answer(m);
	wrong = r < 0 ? "the virtual machine sends a pointer that makes no "
			"sense"
		      : orl_qemu_check_cursor(&in);
	if (wrong)
		return refuse(c, wrong);
	if (!s->pixels)
		s->pixels = calloc((size_t)ORL_QEMU_CURSOR_MAX *
						   ORL_QEMU_CURSOR_MAX,
				sizeof(*s->pixels));
	if (!s->pixels)
		return 0;
	/* Shown when its turn comes: only the last of many is. */
	orl_qemu_cursor_pixels(s->pixels, &in);
	s->width = in.width;
	s->height = in.height;
	s->hot_x = in.hot_x;
	s->hot_y = in.hot_y;
	s->changed = true;
	return 0;
}

static int on_mouse(sd_bus_message *m, void *user, sd_bus_error *error)
{
	struct orl_qemu_console *c = user;
	int32_t x, y, on;
	int r = sd_bus_message_read(m, "iii", &x, &y, &on);

	(void)error;
	answer(m);
	if (r < 0)
		return 0;
	if (c->cursor_off != !on) {
		c->cursor_off = !on;
		c->qemu->cursor.changed = true;
	}
	if (on && x >= 0 && y >= 0 && x < c->width && y < c->height) {
		c->warped = true;
		c->warp_x = x;
		c->warp_y = y;
	}
	return 0;
}

static void show_cursor(struct orl_qemu *q)
{
	struct orl_qemu_cursor_state *s = &q->cursor;
	struct oriel_pixels pixels = { s->pixels, s->width, s->height,
		s->width * 4, ORIEL_FORMAT_ARGB8888 };
	bool off = true;
	int err = 0;

	s->changed = false;
	for (size_t i = 0; i < q->console_count; i++)
		off = off && q->consoles[i].cursor_off;
	if (off)
		err = oriel_server_set_cursor(q->server, NULL, 0, 0);
	else if (s->pixels)
		err = oriel_server_set_cursor(
				q->server, &pixels, s->hot_x, s->hot_y);
	if (err)
		orl_qemu_say(q, 1, "the pointer's picture cannot be shown");
}

static bool cursor_waits(const struct orl_qemu *q)
{
	bool waits = q->cursor.changed;

	for (size_t i = 0; i < q->console_count; i++)
		waits = waits || q->consoles[i].warped;
	return waits;
}

static void run_cursor(struct orl_qemu *q, uint64_t now)
{
	if (!cursor_waits(q) || now < q->cursor.shown + CURSOR_MS * ORL_MSEC)
		return;
	q->cursor.shown = now;
	if (q->cursor.changed)
		show_cursor(q);
	for (size_t i = 0; i < q->console_count; i++) {
		struct orl_qemu_console *c = &q->consoles[i];

		/* An absolute pointer is where the peer has just put it. */
		if (c->warped &&
				(!c->absolute ||
						now > q->input.moved + MOVED_MS * ORL_MSEC))
			oriel_display_warp_cursor(
					c->display, c->warp_x, c->warp_y);
		c->warped = false;
	}
}

/* ---- the listener ------------------------------------------------------ */

/* Later versions of QEMU ask what else there is: nothing, send pixels. */
static int get_interfaces(sd_bus *bus, const char *path, const char *interface,
		const char *property, sd_bus_message *reply, void *user,
		sd_bus_error *error)
{
	(void)bus;
	(void)path;
	(void)interface;
	(void)property;
	(void)user;
	(void)error;
	return sd_bus_message_append(reply, "as", 0);
}

#define METHOD(name, takes, handler) \
	SD_BUS_METHOD(name, takes, "", handler, SD_BUS_VTABLE_UNPRIVILEGED)

static const sd_bus_vtable listener[] = {
	SD_BUS_VTABLE_START(0),
	METHOD("Scanout", "uuuuay", on_scanout),
	METHOD("Update", "iiiiuuay", on_update),
	METHOD("ScanoutDMABUF", "huuuutb", on_dmabuf),
	METHOD("UpdateDMABUF", "iiii", on_dmabuf),
	METHOD("Disable", "", on_disable),
	METHOD("MouseSet", "iii", on_mouse),
	METHOD("CursorDefine", "iiiiay", on_cursor),
	SD_BUS_PROPERTY("Interfaces", "as", get_interfaces, 0,
			SD_BUS_VTABLE_PROPERTY_CONST),
	SD_BUS_VTABLE_END,
};

static int on_registered(sd_bus_message *m, void *user, sd_bus_error *error)
{
	struct orl_qemu_console *c = user;
	const char *text;

	(void)error;
	if (!sd_bus_message_is_method_error(m, NULL)) {
		c->registered = true;
		c->refused = 0;
		return 0;
	}
	text = sd_bus_message_get_error(m)->message;
	/* It may not have seen yet that the one before has gone. */
	orl_qemu_unlink(c->qemu, &c->listener);
	c->listen_at = orl_now() + DOUBT_MS * ORL_MSEC;
	/* One that is stopped is waited for. */
	if (!sd_bus_message_is_method_error(
			    m, "org.freedesktop.DBus.Error.NoReply") &&
			++c->refused > REFUSED_MAX)
		orl_qemu_fail(c->qemu,
				"qemu: the virtual machine shows us "
				"none of its screens: %.100s",
				text ? text : "it gives no reason");
	return 0;
}

void orl_qemu_display_lost(struct orl_qemu_console *c)
{
	bool early = !c->registered;

	orl_qemu_unlink(c->qemu, &c->listener);
	c->registered = false;
	if (early && ++c->refused > REFUSED_MAX)
		orl_qemu_fail(c->qemu, "qemu: the virtual machine hangs up on "
				       "its screens");
	/* When the machine is gone its bus will say so before this. */
	c->listen_at = turn_of(c);
}

/* The machine's end of the connection goes into the call. */
static int hand_over(struct orl_qemu_console *c, int fd)
{
	struct orl_qemu *q = c->qemu;
	sd_bus_message *m = NULL;
	int r = sd_bus_message_new_method_call(q->bus.bus, &m, q->owner,
			c->path, "org.qemu.Display1.Console",
			"RegisterListener");

	if (r >= 0)
		r = sd_bus_message_append(m, "h", fd);
	if (r >= 0)
		r = sd_bus_call_async(q->bus.bus, NULL, m, on_registered, c, 0);
	sd_bus_message_unref(m);
	return r;
}

static int take_up(struct orl_qemu_console *c, int fd)
{
	sd_bus *bus = NULL;
	int r = sd_bus_new(&bus);

	if (r >= 0)
		r = sd_bus_set_fd(bus, fd, fd);
	if (r < 0) {
		sd_bus_unref(bus);
		close(fd);
		return r;
	}
	/* The descriptor is the connection's from here on. */
	r = sd_bus_add_object_vtable(bus, NULL, LISTENER,
			"org.qemu.Display1.Listener", listener, c);
	if (r >= 0)
		r = sd_bus_start(bus);
	if (r >= 0)
		r = orl_qemu_link(c->qemu, &c->listener, bus);
	if (r < 0)
		sd_bus_unref(bus);
	return r;
}

/* One that is never content with its screen gets its way less and less. */
static void be_patient(struct orl_qemu_console *c, uint64_t now)
{
	if (!c->patience || now > c->listened + CALM_MS * ORL_MSEC)
		c->patience = RELISTEN_MS * ORL_MSEC;
	else if (c->patience < RELISTEN_MAX_MS * ORL_MSEC)
		c->patience *= 2;
	else
		orl_qemu_say(c->qemu, 1,
				c->spoiled ? "the virtual machine keeps "
					     "drawing outside its screen"
					   : "the virtual machine keeps "
					     "hanging up on its screen");
	c->listened = now;
}

static void listen_to(struct orl_qemu_console *c, uint64_t now)
{
	int ends[2], r;

	orl_qemu_unlink(c->qemu, &c->listener);
	be_patient(c, now);
	c->registered = c->spoiled = false;
	c->listen_at = ORL_NEVER;
	if (!c->qemu->bus.bus)
		return;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0,
			    ends) < 0) {
		orl_qemu_fail(c->qemu, "qemu: %s", strerror(errno));
		return;
	}
	r = hand_over(c, ends[1]);
	close(ends[1]);
	if (r < 0)
		close(ends[0]);
	else
		r = take_up(c, ends[0]);
	if (r < 0)
		orl_qemu_fail(c->qemu, "qemu: listening to a console: %s",
				strerror(-r));
}

int orl_qemu_display_run(struct orl_qemu *q, uint64_t now)
{
	for (size_t i = 0; i < q->console_count; i++) {
		struct orl_qemu_console *c = &q->consoles[i];

		if (now < c->listen_at)
			continue;
		/* What was doubtful may have been settled by a whole screen. */
		if (c->listener.bus && c->registered && !c->spoiled &&
				agrees(c))
			c->listen_at = ORL_NEVER;
		else
			listen_to(c, now);
	}
	run_cursor(q, now);
	return 0;
}

void orl_qemu_display_due(const struct orl_qemu *q, uint64_t *due)
{
	uint64_t cursor = q->cursor.shown + CURSOR_MS * ORL_MSEC;

	for (size_t i = 0; i < q->console_count; i++)
		if (q->consoles[i].listen_at < *due)
			*due = q->consoles[i].listen_at;
	if (cursor_waits(q) && cursor < *due)
		*due = cursor;
}

/* ---- its size, as clients want it -------------------------------------- */

static int on_resized(sd_bus_message *m, void *user, sd_bus_error *error)
{
	struct orl_qemu *q = user;

	(void)error;
	/* The guest's agent may do what its display's driver does not. */
	if (sd_bus_message_is_method_error(m, NULL) && !q->agent.known)
		orl_qemu_say(q, 0,
				"this virtual machine's screen cannot be "
				"resized");
	return 0;
}

void orl_qemu_resize_wanted(struct orl_qemu *q, struct oriel_display *display,
		int32_t width, int32_t height)
{
	for (size_t i = 0; i < q->console_count; i++) {
		struct orl_qemu_console *c = &q->consoles[i];

		if (c->display != display || !q->bus.bus ||
				!orl_qemu_size_ok(width, height))
			continue;
		c->want_width = width;
		c->want_height = height;
		/* An offer: the guest takes it when it has a driver for that. */
		sd_bus_call_method_async(q->bus.bus, NULL, q->owner, c->path,
				"org.qemu.Display1.Console", "SetUIInfo",
				on_resized, q, "qqiiuu",
				width * MM_PER_256_PIXELS / 256,
				height * MM_PER_256_PIXELS / 256, c->x, 0,
				(uint32_t)width, (uint32_t)height);
		orl_qemu_agent_resize(q);
	}
}
