/*
 * qemu.c - a virtual machine as a source, over QEMU's D-Bus display.
 *
 * QEMU is another process and stays so: a fault here cannot take the machine
 * down. Opening finds the machine on its bus and asks what consoles it has;
 * what is asked then, and all that follows, is answered in the one loop.
 */
#include "capture/qemu.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

enum {
	ANSWER_S = 8,   /* until a call counts as unanswered */
	BUDGET_MS = 8,  /* of one run, so that the server runs too */
	PATIENCE_S = 3, /* for a machine that is said to be there */
	LAUNCH_PATIENCE_S = 30,
	IDS_MAX = 64, /* consoles that are asked what they are */
};

#define CONSOLE "org.qemu.Display1.Console"
#define MOUSE "org.qemu.Display1.Mouse"
#define KEYBOARD "org.qemu.Display1.Keyboard"
#define PROPERTIES "org.freedesktop.DBus.Properties"

static struct orl_qemu *of(struct orl_source *source)
{
	return (struct orl_qemu *)(void *)source;
}

void orl_qemu_fail(struct orl_qemu *q, const char *format, ...)
{
	va_list args;

	if (q->wrong[0])
		return;
	va_start(args, format);
	vsnprintf(q->wrong, sizeof(q->wrong), format, args);
	va_end(args);
	if (q->server)
		oriel_server_notice(q->server, 2, q->wrong);
}

void orl_qemu_say(struct orl_qemu *q, int level, const char *text)
{
	size_t i;

	for (i = 0; i < ORL_QEMU_SAID && q->said[i]; i++)
		if (q->said[i] == text)
			return;
	if (i == ORL_QEMU_SAID)
		return;
	q->said[i] = text;
	fprintf(stderr, "qemu: %s\n", text);
	if (q->server)
		oriel_server_notice(q->server, level, text);
}

/* ---- connections in the loop ------------------------------------------- */

int orl_qemu_link(struct orl_qemu *q, struct orl_qemu_link *link, sd_bus *bus)
{
	struct epoll_event event = { .events = EPOLLIN };
	int fd = sd_bus_get_fd(bus);

	if (fd < 0)
		return fd;
	if (epoll_ctl(q->epoll, EPOLL_CTL_ADD, fd, &event) < 0)
		return -errno;
	*link = (struct orl_qemu_link){ bus, fd, event.events };
	return 0;
}

void orl_qemu_unlink(struct orl_qemu *q, struct orl_qemu_link *link)
{
	if (!link->bus)
		return;
	epoll_ctl(q->epoll, EPOLL_CTL_DEL, link->fd, NULL);
	sd_bus_close(link->bus);
	sd_bus_unref(link->bus);
	link->bus = NULL;
}

/* Tell epoll what the connection waits for; *due as in watch(). */
static void watch_link(
		struct orl_qemu *q, struct orl_qemu_link *link, uint64_t *due)
{
	struct epoll_event event = { .events = 0 };
	uint64_t timeout;
	int events;

	if (!link->bus)
		return;
	events = sd_bus_get_events(link->bus);
	/* One that has ended is waited for no more; run() finds that out. */
	if (events < 0)
		*due = 0;
	else
		event.events = (uint32_t)events;
	if (event.events != link->events) {
		epoll_ctl(q->epoll, EPOLL_CTL_MOD, link->fd, &event);
		link->events = event.events;
	}
	if (sd_bus_get_timeout(link->bus, &timeout) >= 0 &&
			timeout != UINT64_MAX && timeout * 1000 < *due)
		*due = timeout * 1000;
}

/* Returns false when the connection is no more. */
static bool run_link(struct orl_qemu_link *link, uint64_t until)
{
	int r;

	while (link->bus && orl_now() < until) {
		r = sd_bus_process(link->bus, NULL);
		if (r < 0)
			return false;
		if (r == 0)
			break;
	}
	return true;
}

static void ended(struct orl_qemu *q)
{
	char how[ORL_WHY_MAX / 2];

	for (int i = 0; q->launch && i < 20; i++) {
		if (orl_qemu_ended(q->launch, how, sizeof(how))) {
			orl_qemu_fail(q,
					"qemu: the virtual machine has ended "
					"(%s)",
					how);
			return;
		}
		usleep(10000);
	}
	orl_qemu_fail(q, "qemu: the virtual machine has gone from its bus");
}

static void run_links(struct orl_qemu *q)
{
	uint64_t share = BUDGET_MS * ORL_MSEC / (q->console_count + 1);

	if (!run_link(&q->bus, orl_now() + share)) {
		char how[ORL_WHY_MAX / 2];

		if (q->launch && orl_qemu_ended(q->launch, how, sizeof(how)))
			ended(q);
		orl_qemu_fail(q, "qemu: the connection to the virtual "
				 "machine's bus is lost");
		orl_qemu_unlink(q, &q->bus);
	}
	for (size_t i = 0; i < q->console_count; i++)
		if (!run_link(&q->consoles[i].listener, orl_now() + share))
			orl_qemu_display_lost(&q->consoles[i]);
}

static size_t qemu_watch(
		struct orl_source *source, struct pollfd *fds, uint64_t *due)
{
	struct orl_qemu *q = of(source);

	watch_link(q, &q->bus, due);
	for (size_t i = 0; i < q->console_count; i++)
		watch_link(q, &q->consoles[i].listener, due);
	orl_qemu_display_due(q, due);
	orl_qemu_input_due(q, due);
	if (q->wrong[0])
		*due = 0;
	fds[0] = (struct pollfd){ .fd = q->epoll, .events = POLLIN };
	return 1;
}

static int qemu_run(struct orl_source *source, uint64_t now, char *why)
{
	struct orl_qemu *q = of(source);
	int err;

	run_links(q);
	err = orl_qemu_display_run(q, now);
	orl_qemu_input_run(q, now);
	if (!q->wrong[0])
		return err;
	snprintf(why, ORL_WHY_MAX, "%s", q->wrong);
	return ORIEL_ECLOSED;
}

/* ---- properties -------------------------------------------------------- */

static struct orl_qemu_console *find(struct orl_qemu *q, const char *path)
{
	for (size_t i = 0; path && i < q->console_count; i++)
		if (strcmp(q->consoles[i].path, path) == 0)
			return &q->consoles[i];
	return NULL;
}

/* The value of one property, which the message stands before. */
static int take_property(
		struct orl_qemu_console *c, const char *name, sd_bus_message *m)
{
	const char *type = "", *text = "";
	uint32_t number = 0;
	int r, truth = 0;

	r = sd_bus_message_peek_type(m, NULL, &type);
	if (r < 0)
		return r;
	if (strcmp(type, "u") == 0)
		r = sd_bus_message_read(m, "v", type, &number);
	else if (strcmp(type, "b") == 0)
		r = sd_bus_message_read(m, "v", type, &truth);
	else if (strcmp(type, "s") == 0)
		r = sd_bus_message_read(m, "v", type, &text);
	else
		return sd_bus_message_skip(m, "v");
	if (r < 0)
		return r;
	if (strcmp(type, "u") == 0 && strcmp(name, "Width") == 0)
		c->told[0] = number;
	else if (strcmp(type, "u") == 0 && strcmp(name, "Height") == 0)
		c->told[1] = number;
	else if (strcmp(type, "u") == 0 && strcmp(name, "Modifiers") == 0)
		orl_qemu_lights(c->qemu, number);
	else if (strcmp(type, "b") == 0 && strcmp(name, "IsAbsolute") == 0)
		c->absolute = truth;
	else if (strcmp(type, "s") == 0 && strcmp(name, "Type") == 0)
		c->graphic = strcmp(text, "Graphic") == 0;
	else if (strcmp(type, "s") == 0 && strcmp(name, "Label") == 0)
		snprintf(c->name, sizeof(c->name), "%s", text);
	return 0;
}

static int take_properties(struct orl_qemu_console *c, sd_bus_message *m)
{
	const char *name;
	int r = sd_bus_message_enter_container(m, 'a', "{sv}");

	while (r >= 0 && (r = sd_bus_message_enter_container(m, 'e', "sv")) >
					 0) {
		r = sd_bus_message_read(m, "s", &name);
		if (r >= 0)
			r = take_property(c, name, m);
		if (r >= 0)
			r = sd_bus_message_exit_container(m);
	}
	return r;
}

/* Clients that can show motion without position are told to send that. */
static void tell_relative(struct orl_qemu *q)
{
	bool absolute = false;

	for (size_t i = 0; i < q->console_count; i++)
		absolute = absolute || q->consoles[i].absolute;
	if (q->server)
		oriel_server_set_relative(q->server, !absolute);
}

static int on_changed(sd_bus_message *m, void *user, sd_bus_error *error)
{
	struct orl_qemu *q = user;
	struct orl_qemu_console *c = find(q, sd_bus_message_get_path(m));
	const char *interface;

	(void)error;
	if (!c || sd_bus_message_read(m, "s", &interface) < 0)
		return 0;
	if (take_properties(c, m) < 0)
		orl_qemu_say(q, 1,
				"the virtual machine's properties make no "
				"sense");
	if (strcmp(interface, MOUSE) == 0)
		tell_relative(q);
	else if (strcmp(interface, CONSOLE) == 0)
		orl_qemu_display_told(c);
	return 0;
}

static int on_properties(sd_bus_message *m, void *user, sd_bus_error *error)
{
	struct orl_qemu_console *c = user;

	(void)error;
	c->qemu->questions--;
	/* Later versions may do without one of them; that is no reason. */
	if (!sd_bus_message_is_method_error(m, NULL) &&
			take_properties(c, m) < 0)
		orl_qemu_say(c->qemu, 1,
				"the virtual machine's properties "
				"make no sense");
	return 0;
}

/* ---- finding the machine ----------------------------------------------- */

static void ask(struct orl_qemu *q, const char *path, const char *interface,
		sd_bus_message_handler_t handler, void *user)
{
	int r = sd_bus_call_method_async(q->bus.bus, NULL, q->owner, path,
			PROPERTIES, "GetAll", handler, user, "s", interface);

	if (r < 0)
		orl_qemu_fail(q, "qemu: the bus: %s", strerror(-r));
	else
		q->questions++;
}

static void add_console(struct orl_qemu *q, uint32_t id)
{
	struct orl_qemu_console *c;

	if (q->console_count == ORL_QEMU_CONSOLES) {
		orl_qemu_say(q, 1,
				"the virtual machine has more consoles than "
				"can be shown");
		return;
	}
	c = &q->consoles[q->console_count++];
	*c = (struct orl_qemu_console){ .qemu = q, .listen_at = ORL_NEVER };
	snprintf(c->path, sizeof(c->path), ORL_QEMU_ROOT "/Console_%u", id);
	ask(q, c->path, CONSOLE, on_properties, c);
	ask(q, c->path, MOUSE, on_properties, c);
	ask(q, c->path, KEYBOARD, on_properties, c);
}

static int on_machine(sd_bus_message *m, void *user, sd_bus_error *error)
{
	struct orl_qemu *q = user;
	const void *ids;
	size_t size = 0;
	int r;

	(void)error;
	q->questions--;
	if (sd_bus_message_is_method_error(m, NULL)) {
		orl_qemu_fail(q, "qemu: what is called org.qemu on this bus is "
				 "no virtual machine with a D-Bus display");
		return 0;
	}
	/* The variant inside Get's answer. */
	r = sd_bus_message_enter_container(m, 'v', "au");
	if (r >= 0)
		r = sd_bus_message_read_array(m, 'u', &ids, &size);
	if (r < 0) {
		orl_qemu_fail(q, "qemu: the virtual machine does not say which "
				 "consoles it has");
		return 0;
	}
	for (size_t i = 0; i < size / 4 && i < IDS_MAX; i++) {
		uint32_t id;

		memcpy(&id, (const uint8_t *)ids + i * 4, sizeof(id));
		add_console(q, id);
	}
	return 0;
}

static void found(struct orl_qemu *q, const char *owner)
{
	int r;

	if (q->owner[0])
		return;
	snprintf(q->owner, sizeof(q->owner), "%s", owner);
	r = sd_bus_call_method_async(q->bus.bus, NULL, q->owner,
			ORL_QEMU_ROOT "/VM", PROPERTIES, "Get", on_machine, q,
			"ss", "org.qemu.Display1.VM", "ConsoleIDs");
	if (r < 0)
		orl_qemu_fail(q, "qemu: the bus: %s", strerror(-r));
	else
		q->questions++;
}

static int on_owner(sd_bus_message *m, void *user, sd_bus_error *error)
{
	const char *owner;

	(void)error;
	/* Nobody has the name yet; NameOwnerChanged will tell. */
	if (!sd_bus_message_is_method_error(m, NULL) &&
			sd_bus_message_read(m, "s", &owner) >= 0)
		found(user, owner);
	return 0;
}

static int on_owner_changed(sd_bus_message *m, void *user, sd_bus_error *error)
{
	struct orl_qemu *q = user;
	const char *name, *before, *after;

	(void)error;
	if (sd_bus_message_read(m, "sss", &name, &before, &after) < 0 ||
			strcmp(name, ORL_QEMU_NAME) != 0)
		return 0;
	if (q->owner[0] && strcmp(before, q->owner) == 0)
		ended(q);
	else if (*after)
		found(q, after);
	return 0;
}

static int connect_bus(struct orl_qemu *q, const char *address)
{
	sd_bus *bus = NULL;
	int r = sd_bus_new(&bus);

	if (r >= 0)
		r = sd_bus_set_address(bus, address);
	if (r >= 0)
		r = sd_bus_set_bus_client(bus, 1);
	if (r >= 0)
		r = sd_bus_set_method_call_timeout(
				bus, ANSWER_S * UINT64_C(1000000));
	if (r >= 0)
		r = sd_bus_start(bus);
	if (r >= 0)
		r = orl_qemu_link(q, &q->bus, bus);
	if (r < 0) {
		sd_bus_unref(bus);
		return r;
	}
	r = sd_bus_match_signal_async(bus, NULL, "org.freedesktop.DBus",
			"/org/freedesktop/DBus", "org.freedesktop.DBus",
			"NameOwnerChanged", on_owner_changed, NULL, q);
	if (r >= 0)
		r = sd_bus_match_signal_async(bus, NULL, ORL_QEMU_NAME, NULL,
				PROPERTIES, "PropertiesChanged", on_changed,
				NULL, q);
	if (r >= 0)
		r = sd_bus_call_method_async(bus, NULL, "org.freedesktop.DBus",
				"/org/freedesktop/DBus", "org.freedesktop.DBus",
				"GetNameOwner", on_owner, q, "s",
				ORL_QEMU_NAME);
	return r < 0 ? r : 0;
}

/* Until all is known, it cannot be, or it has taken too long. */
static void settle(struct orl_qemu *q, uint64_t deadline)
{
	bool waiting = true;

	while (waiting && !q->wrong[0]) {
		uint64_t due = orl_now() + 50 * ORL_MSEC, now;
		struct pollfd fd;
		char how[ORL_WHY_MAX / 2];

		qemu_watch(&q->source, &fd, &due);
		now = orl_now();
		poll(&fd, 1, due > now ? (int)((due - now) / ORL_MSEC) + 1 : 0);
		run_links(q);
		waiting = !q->owner[0] || q->questions;
		if (!waiting || q->wrong[0])
			break;
		if (q->launch && orl_qemu_ended(q->launch, how, sizeof(how)))
			orl_qemu_fail(q,
					"qemu: the command ended before it "
					"was a virtual machine (%s)",
					how);
		else if (orl_now() > deadline && !q->owner[0])
			orl_qemu_fail(q, "qemu: there is no virtual machine on "
					 "this bus: nobody is called org.qemu");
		else if (orl_now() > deadline)
			orl_qemu_fail(q, "qemu: the virtual machine does not "
					 "answer");
	}
}

/* ---- the source -------------------------------------------------------- */

static void qemu_close(struct orl_source *source)
{
	struct orl_qemu *q = of(source);

	orl_qemu_input_fini(q);
	for (size_t i = 0; i < q->console_count; i++)
		orl_qemu_unlink(q, &q->consoles[i].listener);
	orl_qemu_unlink(q, &q->bus);
	if (q->epoll >= 0)
		close(q->epoll);
	orl_qemu_launch_close(q->launch);
	free(q->cursor.pixels);
	free(q);
}

static void keep_graphic(struct orl_qemu *q)
{
	size_t n = 0;

	for (size_t i = 0; i < q->console_count; i++)
		if (q->consoles[i].graphic)
			q->consoles[n++] = q->consoles[i];
	q->console_count = n;
	if (!n)
		orl_qemu_fail(q, "qemu: the virtual machine has no graphic "
				 "console");
}

static int start(struct orl_source **out, const char *address, char *why,
		struct orl_qemu_launch *launch)
{
	struct orl_qemu *q = calloc(1, sizeof(*q));
	int r;

	if (!q) {
		snprintf(why, ORL_WHY_MAX, "qemu: out of memory");
		orl_qemu_launch_close(launch);
		return ORL_EXIT_INTERNAL;
	}
	q->source.kind = &orl_source_qemu;
	q->launch = launch;
	q->epoll = epoll_create1(EPOLL_CLOEXEC);
	r = q->epoll < 0 ? -errno : connect_bus(q, address);
	if (r < 0)
		orl_qemu_fail(q,
				"qemu: cannot connect to the bus at %.120s: "
				"%s",
				address, strerror(-r));
	else
		settle(q, orl_now() + (launch ? LAUNCH_PATIENCE_S
					      : PATIENCE_S) * ORL_SEC);
	if (!q->wrong[0])
		keep_graphic(q);
	if (q->wrong[0]) {
		snprintf(why, ORL_WHY_MAX, "%s", q->wrong);
		qemu_close(&q->source);
		return ORL_EXIT_SOURCE;
	}
	*out = &q->source;
	return ORL_EXIT_OK;
}

static int qemu_open(struct orl_source **out, const char *argument, char *why)
{
	if (!*argument) {
		snprintf(why, ORL_WHY_MAX,
				"qemu: needs the address of a bus, as "
				"qemu:unix:path=/run/vm/bus, or --launch -- "
				"qemu-system-x86_64 ...");
		return ORL_EXIT_USAGE;
	}
	return start(out, argument, why, NULL);
}

static int qemu_launch(struct orl_source **out, const char *argument,
		char *const *command, char *why)
{
	struct orl_qemu_launch *launch;
	char address[256];
	int status;

	if (*argument) {
		snprintf(why, ORL_WHY_MAX,
				"--launch makes a bus of its own: "
				"--source=qemu: "
				"without an address");
		return ORL_EXIT_USAGE;
	}
	status = orl_qemu_launch(
			&launch, command, address, sizeof(address), why);
	return status ? status : start(out, address, why, launch);
}

static int qemu_attach(struct orl_source *source, struct oriel_server *server)
{
	struct orl_qemu *q = of(source);
	int32_t x = 0;
	int err = 0;

	q->server = server;
	for (size_t i = 0; i < q->console_count && !err; i++) {
		struct orl_qemu_console *c = &q->consoles[i];
		bool ok = orl_qemu_size_ok(c->told[0], c->told[1]);
		struct oriel_display_config config = {
			.size = sizeof(config),
			.name = c->name,
			.x = x,
			.width = ok ? (int32_t)c->told[0] : 640,
			.height = ok ? (int32_t)c->told[1] : 480,
		};

		err = oriel_display_create(&c->display, server, &config);
		c->x = x;
		c->width = config.width;
		c->height = config.height;
		c->listen_at = 0;
		x += c->width;
	}
	tell_relative(q);
	oriel_server_set_locks(server, q->input.locks);
	return err;
}

static void qemu_resize_wanted(struct orl_source *source,
		struct oriel_display *display, int32_t width, int32_t height)
{
	orl_qemu_resize_wanted(of(source), display, width, height);
}

static void qemu_key(struct orl_source *source, const struct oriel_key *key)
{
	orl_qemu_on_key(of(source), key);
}

static void qemu_pointer(
		struct orl_source *source, const struct oriel_pointer *pointer)
{
	orl_qemu_on_pointer(of(source), pointer);
}

static void qemu_text(struct orl_source *source, const char *text)
{
	(void)text;
	orl_qemu_on_text(of(source));
}

static void qemu_locks(struct orl_source *source, uint32_t locks)
{
	orl_qemu_on_locks(of(source), locks);
}

const struct orl_source_kind orl_source_qemu = {
	.name = "qemu",
	.help = ":ADDRESS           a virtual machine, by the D-Bus address "
		"of\n"
		"                         its bus; or a new one: qemu: "
		"--launch\n"
		"                         -- qemu-system-x86_64 ...",
	.open = qemu_open,
	.launch = qemu_launch,
	.close = qemu_close,
	.attach = qemu_attach,
	.watch = qemu_watch,
	.run = qemu_run,
	.resize_wanted = qemu_resize_wanted,
	.key = qemu_key,
	.pointer = qemu_pointer,
	.text = qemu_text,
	.locks = qemu_locks,
};
