/*
 * qemu_find.c - a virtual machine on its bus: who it is, which consoles it
 * has, what they say of themselves.
 *
 * Nothing waits here: what is asked is answered in the loop. The consoles of a
 * machine that is being asked stand beside those that are shown, until all of
 * it is known.
 */
#include "capture/qemu.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	ANSWER_S = 8, /* until a call counts as unanswered */
	IDS_MAX = 64, /* consoles that are asked what they are */
};

#define CONSOLE "org.qemu.Display1.Console"
#define MOUSE "org.qemu.Display1.Mouse"
#define KEYBOARD "org.qemu.Display1.Keyboard"
#define FINGERS "org.qemu.Display1.MultiTouch"
#define PROPERTIES "org.freedesktop.DBus.Properties"

/* ---- properties -------------------------------------------------------- */

static struct orl_qemu_console *find(struct orl_qemu *q, const char *path)
{
	/* While it is being asked its consoles are those. */
	struct orl_qemu_console *list = q->arrived ? q->consoles : q->coming;
	size_t n = q->arrived ? q->console_count : q->coming_count;

	for (size_t i = 0; path && i < n; i++)
		if (strcmp(list[i].path, path) == 0)
			return &list[i];
	return NULL;
}

/* The value of one property, which the message stands before. */
static int take_property(
		struct orl_qemu_console *c, const char *name, sd_bus_message *m)
{
	const char *type = "", *text = "";
	uint32_t number = 0;
	int32_t count = 0;
	int r, truth = 0;

	r = sd_bus_message_peek_type(m, NULL, &type);
	if (r < 0)
		return r;
	if (strcmp(type, "u") == 0)
		r = sd_bus_message_read(m, "v", type, &number);
	else if (strcmp(type, "i") == 0)
		r = sd_bus_message_read(m, "v", type, &count);
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
	else if (strcmp(type, "i") == 0 && strcmp(name, "MaxSlots") == 0)
		c->slots = count < 0                  ? 0
			   : count < ORL_QEMU_FINGERS ? count
						      : ORL_QEMU_FINGERS;
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
void orl_qemu_tell_relative(struct orl_qemu *q)
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
	if (sd_bus_message_read(m, "s", &interface) < 0 ||
			orl_qemu_object_changed(q, m) || !c)
		return 0;
	if (take_properties(c, m) < 0)
		orl_qemu_say(q, 1,
				"the virtual machine's properties make no "
				"sense");
	if (strcmp(interface, MOUSE) == 0)
		orl_qemu_tell_relative(q);
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

	if (q->coming_count == ORL_QEMU_CONSOLES) {
		orl_qemu_say(q, 1,
				"the virtual machine has more consoles than "
				"can be shown");
		return;
	}
	c = &q->coming[q->coming_count++];
	*c = (struct orl_qemu_console){ .qemu = q, .listen_at = ORL_NEVER };
	snprintf(c->path, sizeof(c->path), ORL_QEMU_ROOT "/Console_%u", id);
	ask(q, c->path, CONSOLE, on_properties, c);
	ask(q, c->path, MOUSE, on_properties, c);
	ask(q, c->path, KEYBOARD, on_properties, c);
	ask(q, c->path, FINGERS, on_properties, c);
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
	if (r >= 0)
		r = orl_qemu_objects_ask(q);
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
		orl_qemu_gone(q);
	else if (*after)
		found(q, after);
	return 0;
}

/*
 * A bus lets its own user in, and not root. libvirt's system daemon makes buses
 * of its machines' user, and tells root where they are: root is that user while
 * the connection is made, and the kernel says so to the other end.
 */
static int start_as_owner(sd_bus *bus, const char *address)
{
	static const char scheme[] = "unix:path=";
	const char *path = address + sizeof(scheme) - 1;
	struct stat st;
	int r;

	if (geteuid() != 0 || strncmp(address, scheme, sizeof(scheme) - 1) ||
			path[strcspn(path, "%,;")] || stat(path, &st) < 0 ||
			st.st_uid == 0)
		return sd_bus_start(bus);
	if (seteuid(st.st_uid) < 0)
		return -errno;
	r = sd_bus_start(bus);
	if (seteuid(0) < 0)
		return -errno;
	return r;
}

int orl_qemu_connect(struct orl_qemu *q, const char *address)
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
		r = q->domain ? start_as_owner(bus, address)
			      : sd_bus_start(bus);
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
