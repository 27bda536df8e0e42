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

#include "capture/domain.h"

enum {
	BUDGET_MS = 8,  /* of one run, so that the server runs too */
	PATIENCE_S = 3, /* for a machine that is said to be there */
	LAUNCH_PATIENCE_S = 30,
	LIBVIRT_PATIENCE_S = 15,
	SEEK_MS = 250, /* until it is looked for again, doubled to: */
	SEEK_MAX_MS = 4000,
	CALM_S = 10, /* after this all is forgiven */
};

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
	q->placard = "The virtual machine cannot be shown";
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

void orl_qemu_gone(struct orl_qemu *q)
{
	char how[ORL_WHY_MAX / 2];

	/* Its name leaves before it does. */
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
	q->placard = "The virtual machine is off";
}

static void run_links(struct orl_qemu *q)
{
	uint64_t share = BUDGET_MS * ORL_MSEC / (q->console_count + 1);

	if (!run_link(&q->bus, orl_now() + share)) {
		char how[ORL_WHY_MAX / 2];

		if (q->launch && orl_qemu_ended(q->launch, how, sizeof(how)))
			orl_qemu_gone(q);
		orl_qemu_fail(q, "qemu: the connection to the virtual "
				 "machine's bus is lost");
		orl_qemu_unlink(q, &q->bus);
	}
	for (size_t i = 0; i < q->console_count; i++)
		if (!run_link(&q->consoles[i].listener, orl_now() + share))
			orl_qemu_display_lost(&q->consoles[i]);
	if (!run_link(&q->audio.out, orl_now() + share))
		orl_qemu_unlink(q, &q->audio.out);
	if (!run_link(&q->audio.in, orl_now() + share))
		orl_qemu_audio_unheard(q);
}

static size_t qemu_watch(
		struct orl_source *source, struct pollfd *fds, uint64_t *due)
{
	struct orl_qemu *q = of(source);

	watch_link(q, &q->bus, due);
	for (size_t i = 0; i < q->console_count; i++)
		watch_link(q, &q->consoles[i].listener, due);
	watch_link(q, &q->audio.out, due);
	watch_link(q, &q->audio.in, due);
	orl_qemu_display_due(q, due);
	orl_qemu_input_due(q, due);
	if (q->seek_at < *due)
		*due = q->seek_at;
	orl_libvirt_due(&q->libvirt, due);
	if (orl_qemu_clip_due(q) < *due)
		*due = orl_qemu_clip_due(q);
	if (q->wrong[0])
		*due = 0;
	fds[0] = (struct pollfd){ .fd = q->epoll, .events = POLLIN };
	return 1;
}

/* ---- finding it, and finding it again ---------------------------------- */

static void connect_to(struct orl_qemu *q, const char *address)
{
	int r = orl_qemu_connect(q, address);

	if (r < 0)
		orl_qemu_fail(q,
				"qemu: cannot connect to the bus at %.120s: "
				"%s",
				address, strerror(-r));
}

static void seek(struct orl_qemu *q)
{
	struct epoll_event event = { .events = EPOLLIN };
	char why[ORL_WHY_MAX];

	q->seek_at = ORL_NEVER;
	if (!q->domain)
		connect_to(q, q->address);
	else if (orl_libvirt_ask(&q->libvirt, q->domain, why) < 0)
		orl_qemu_fail(q, "%s", why);
	/* Closed, it leaves by itself. */
	else if (epoll_ctl(q->epoll, EPOLL_CTL_ADD, q->libvirt.fd, &event) < 0)
		orl_qemu_fail(q, "qemu: %s", strerror(errno));
}

/* Each time it starts libvirt makes it another bus. */
static void hear_libvirt(struct orl_qemu *q)
{
	char address[256], why[ORL_WHY_MAX];
	int r = orl_libvirt_run(
			&q->libvirt, q->domain, address, sizeof(address), why);

	if (r == 0)
		connect_to(q, address);
	else if (r < 0)
		orl_qemu_fail(q, "%s", why);
}

/* Another machine stands where this one was, or none: nothing of it stays. */
static void forget(struct orl_qemu *q)
{
	for (size_t i = 0; i < q->console_count; i++) {
		struct orl_qemu_console *c = &q->consoles[i];

		orl_qemu_unlink(q, &c->listener);
		c->registered = false;
		c->listen_at = ORL_NEVER;
	}
	orl_qemu_unlink(q, &q->bus);
	orl_libvirt_end(&q->libvirt);
	orl_qemu_agent_close(q);
	orl_qemu_audio_close(q);
	orl_qemu_objects_forget(q);
	orl_qemu_input_forget(q);
	q->owner[0] = 0;
	q->questions = 0;
	q->coming_count = 0;
	q->arrived = false;
}

/* What ran without us may come back, and is waited for. */
static void lose(struct orl_qemu *q, uint64_t now)
{
	uint64_t most;

	/* Once, and not for each look. */
	if (q->arrived) {
		fprintf(stderr, "%s; waiting for it to come back\n", q->wrong);
		oriel_server_notice(q->server, 1, q->wrong);
	}
	if (q->arrived && now > q->arrived_at + CALM_S * ORL_SEC)
		q->patience = 0;
	q->patience = q->patience ? q->patience * 2 : SEEK_MS * ORL_MSEC;
	/* Asking libvirt takes a program. */
	most = (q->domain ? 2u : 1u) * SEEK_MAX_MS * ORL_MSEC;
	if (q->patience > most)
		q->patience = most;
	for (size_t i = 0; q->arrived && i < q->console_count; i++)
		orl_qemu_placard(&q->consoles[i], q->placard,
				"Waiting for it to come back");
	if (q->arrived && oriel_server_set_cursor(q->server, NULL, 0, 0) < 0)
		orl_qemu_say(q, 1, "the pointer's picture cannot be hidden");
	forget(q);
	q->wrong[0] = 0;
	q->seek_at = now + q->patience;
}

/* The display of a console, of the size that its properties say. */
static int dress(struct orl_qemu *q, struct orl_qemu_console *c)
{
	bool ok = orl_qemu_size_ok(c->told[0], c->told[1]);
	struct oriel_display_config config = {
		.size = sizeof(config),
		.name = c->name,
		.x = c->x,
		.width = ok ? (int32_t)c->told[0] : 640,
		.height = ok ? (int32_t)c->told[1] : 480,
	};
	int err = oriel_display_create(&c->display, q->server, &config);

	c->width = config.width;
	c->height = config.height;
	c->listen_at = 0;
	if (!err && c->told[0])
		orl_qemu_display_told(c);
	return err;
}

/* Its screens take the places of those before, and make or leave some. */
static int arrive(struct orl_qemu *q, uint64_t now)
{
	size_t n = 0, i;
	int err = 0;

	for (i = 0; i < q->coming_count; i++)
		if (q->coming[i].graphic)
			q->coming[n++] = q->coming[i];
	if (!n) {
		orl_qemu_fail(q, "qemu: the virtual machine has no graphic "
				 "console");
		return 0;
	}
	for (i = 0; i < q->console_count; i++) {
		const struct orl_qemu_console *was = &q->consoles[i];

		if (i >= n) {
			oriel_display_destroy(was->display);
			continue;
		}
		q->coming[i].display = was->display;
		q->coming[i].x = was->x;
		q->coming[i].width = was->width;
		q->coming[i].height = was->height;
		q->coming[i].placard = was->placard;
		q->coming[i].listen_at = 0;
	}
	memcpy(q->consoles, q->coming, n * sizeof(q->coming[0]));
	q->console_count = n;
	q->coming_count = 0;
	q->arrived = true;
	q->arrived_at = now;
	if (!q->server)
		return 0;
	for (i = 0; i < n && !err; i++)
		if (!q->consoles[i].display)
			err = dress(q, &q->consoles[i]);
	if (!err)
		err = orl_qemu_arrange(q);
	orl_qemu_tell_relative(q);
	oriel_server_set_locks(q->server, q->input.locks);
	return err;
}

static int advance(struct orl_qemu *q, uint64_t now)
{
	int err = 0;

	if (now >= q->seek_at)
		seek(q);
	if (q->libvirt.pid)
		hear_libvirt(q);
	run_links(q);
	orl_qemu_agent_run(q);
	orl_qemu_agent_tick(q, now);
	orl_qemu_clip_run(q, now);
	orl_qemu_files_run(q, now);
	if (!q->arrived && q->owner[0] && !q->questions && !q->wrong[0])
		err = arrive(q, now);
	return err;
}

static int qemu_run(struct orl_source *source, uint64_t now, char *why)
{
	struct orl_qemu *q = of(source);
	bool was_away = !q->arrived;
	int err = advance(q, now);

	if (!err)
		err = orl_qemu_display_run(q, now);
	orl_qemu_input_run(q, now);
	if (was_away && q->arrived)
		fputs("qemu: the virtual machine is back\n", stderr);
	if (!q->wrong[0] || err)
		return err;
	if (!q->launch) {
		lose(q, now);
		return 0;
	}
	oriel_server_notice(q->server, 2, q->wrong);
	snprintf(why, ORL_WHY_MAX, "%s", q->wrong);
	return ORIEL_ECLOSED;
}

/* Until all is known, it cannot be, or it has taken too long. */
static void settle(struct orl_qemu *q, uint64_t deadline)
{
	while (!q->arrived && !q->wrong[0]) {
		uint64_t due = orl_now() + 50 * ORL_MSEC, now;
		struct pollfd fd;
		char how[ORL_WHY_MAX / 2];

		qemu_watch(&q->source, &fd, &due);
		now = orl_now();
		poll(&fd, 1, due > now ? (int)((due - now) / ORL_MSEC) + 1 : 0);
		/* Without a server there is nothing in it that can fail. */
		(void)advance(q, orl_now());
		if (q->arrived)
			break;
		if (q->launch && orl_qemu_ended(q->launch, how, sizeof(how))) {
			/* This is why, whatever was seen of it first. */
			q->wrong[0] = 0;
			orl_qemu_fail(q,
					"qemu: the command ended before it "
					"was a virtual machine (%s)",
					how);
		} else if (orl_now() > deadline && !q->owner[0])
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

	orl_qemu_clip_fini(q);
	orl_qemu_files_fini(q);
	orl_qemu_input_fini(q);
	q->server = NULL; /* it has ended, and its streams with it */
	orl_qemu_audio_close(q);
	for (size_t i = 0; i < q->console_count; i++)
		orl_qemu_unlink(q, &q->consoles[i].listener);
	orl_qemu_unlink(q, &q->bus);
	orl_libvirt_end(&q->libvirt);
	orl_qemu_agent_close(q);
	if (q->epoll >= 0)
		close(q->epoll);
	orl_qemu_launch_close(q->launch);
	free(q->cursor.pixels);
	free(q->address);
	free(q);
}

/* `address` or `domain` says where it is. */
static int start(struct orl_source **out, const char *address,
		const char *domain, char *why, struct orl_qemu_launch *launch)
{
	struct orl_qemu *q = calloc(1, sizeof(*q));

	if (!q) {
		snprintf(why, ORL_WHY_MAX, "qemu: out of memory");
		orl_qemu_launch_close(launch);
		return ORL_EXIT_INTERNAL;
	}
	q->source.kind = &orl_source_qemu;
	q->launch = launch;
	q->epoll = epoll_create1(EPOLL_CLOEXEC);
	q->libvirt.fd = -1;
	orl_qemu_agent_init(&q->agent);
	orl_qemu_clip_init(q);
	q->domain = domain;
	/* See start_as_owner(): the bus is another one each time. */
	q->source.becomes = domain && geteuid() == 0;
	q->address = strdup(address);
	if (q->epoll < 0 || !q->address)
		orl_qemu_fail(q, "qemu: %s", strerror(errno));
	settle(q, orl_now() + (launch                  ? LAUNCH_PATIENCE_S
					      : domain ? LIBVIRT_PATIENCE_S
						       : PATIENCE_S) *
							ORL_SEC);
	if (q->wrong[0]) {
		snprintf(why, ORL_WHY_MAX, "%s", q->wrong);
		qemu_close(&q->source);
		return ORL_EXIT_SOURCE;
	}
	if (launch) {
		orl_qemu_launch_keep(launch);
		fprintf(stderr,
				"qemu: the virtual machine's bus is %s; should "
				"this program be killed, --source=qemu:%s "
				"shows the machine again\n",
				address, address);
	}
	*out = &q->source;
	return ORL_EXIT_OK;
}

static int qemu_open(struct orl_source **out, const char *argument, char *why)
{
	static const char libvirt[] = "libvirt/";

	if (!*argument) {
		snprintf(why, ORL_WHY_MAX,
				"qemu: needs the address of a bus, as "
				"qemu:unix:path=/run/vm/bus, or --launch -- "
				"qemu-system-x86_64 ...");
		return ORL_EXIT_USAGE;
	}
	if (strncmp(argument, libvirt, sizeof(libvirt) - 1) != 0)
		return start(out, argument, NULL, why, NULL);
	argument += sizeof(libvirt) - 1;
	if (orl_domain_name_ok(argument))
		return start(out, "", argument, why, NULL);
	snprintf(why, ORL_WHY_MAX,
			"qemu:libvirt/ needs the name of a domain, as \"virsh "
			"list\" has it");
	return ORL_EXIT_USAGE;
}

static int qemu_launch(struct orl_source **out, const char *argument,
		const struct orl_launch *what, char *why)
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
	status = orl_qemu_launch(&launch, what, address, sizeof(address), why);
	return status ? status : start(out, address, NULL, why, launch);
}

static int qemu_attach(struct orl_source *source, struct oriel_server *server)
{
	struct orl_qemu *q = of(source);
	int err = 0;

	q->server = server;
	for (size_t i = 0; i < q->console_count && !err; i++)
		err = dress(q, &q->consoles[i]);
	if (!err)
		err = orl_qemu_arrange(q);
	orl_qemu_tell_relative(q);
	oriel_server_set_locks(server, q->input.locks);
	orl_qemu_objects_attach(q);
	return err;
}

static void qemu_resize_wanted(struct orl_source *source,
		struct oriel_display *display, int32_t width, int32_t height)
{
	if (of(source)->arrived)
		orl_qemu_resize_wanted(of(source), display, width, height);
}

static void qemu_key(struct orl_source *source, const struct oriel_key *key)
{
	if (of(source)->arrived)
		orl_qemu_on_key(of(source), key);
}

static void qemu_pointer(
		struct orl_source *source, const struct oriel_pointer *pointer)
{
	if (of(source)->arrived)
		orl_qemu_on_pointer(of(source), pointer);
}

static void qemu_touch(
		struct orl_source *source, const struct oriel_touch *touch)
{
	if (of(source)->arrived)
		orl_qemu_on_touch(of(source), touch);
}

static void qemu_text(struct orl_source *source, const char *text)
{
	(void)text;
	orl_qemu_on_text(of(source));
}

static void qemu_locks(struct orl_source *source, uint32_t locks)
{
	if (of(source)->arrived)
		orl_qemu_on_locks(of(source), locks);
}

static void qemu_counts(
		const struct orl_source *source, struct orl_source_counts *out)
{
	*out = ((const struct orl_qemu *)(const void *)source)->counts;
}

static void qemu_board(struct orl_source *source, struct orl_board *board)
{
	of(source)->clip.board = board;
}

static void qemu_paste(struct orl_source *source,
		enum oriel_selection selection, const char *const *types,
		size_t count)
{
	orl_qemu_clip_paste(of(source), selection, types, count);
}

static struct orl_paste *qemu_copy(struct orl_source *source,
		enum oriel_selection selection, const char *type,
		struct orl_paste_end to)
{
	return orl_qemu_clip_copy(of(source), selection, type, to);
}

static size_t qemu_usb_slots(const struct orl_source *source)
{
	return orl_qemu_usb_slots(
			(const struct orl_qemu *)(const void *)source);
}

static int qemu_usb_open(struct orl_source *source, size_t slot)
{
	return orl_qemu_usb_open(of(source), slot);
}

const struct orl_source_kind orl_source_qemu = {
	.name = "qemu",
	.help = ":ADDRESS           a virtual machine, by the D-Bus address "
		"of\n"
		"                         its bus; or a new one: qemu: "
		"--launch\n"
		"                         -- qemu-system-x86_64 ...; or\n"
		"                         one of libvirt's: qemu:libvirt/NAME",
	.runs = true,
	.open = qemu_open,
	.launch = qemu_launch,
	.close = qemu_close,
	.attach = qemu_attach,
	.watch = qemu_watch,
	.run = qemu_run,
	.counts = qemu_counts,
	.resize_wanted = qemu_resize_wanted,
	.key = qemu_key,
	.pointer = qemu_pointer,
	.touch = qemu_touch,
	.text = qemu_text,
	.locks = qemu_locks,
	.board = qemu_board,
	.files = true,
	.paste = qemu_paste,
	.copy = qemu_copy,
	.usb_slots = qemu_usb_slots,
	.usb_open = qemu_usb_open,
};
