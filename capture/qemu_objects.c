/*
 * qemu_objects.c - what a virtual machine has besides screens and keys: its
 * sound, its clipboard, and byte channels into the guest, by name.
 *
 * QEMU's object manager lists them and tells when they come and go. They are
 * kept here for who can use them; of the channels, the agent's is used.
 */
#include "capture/qemu.h"

#include <string.h>

enum { TOLD_MAX = 64 };

#define ROOT ORL_QEMU_ROOT
#define MANAGER "org.freedesktop.DBus.ObjectManager"

static const char *const interfaces[ORL_QEMU_OBJECT_KINDS] = {
	[ORL_QEMU_AUDIO] = "org.qemu.Display1.Audio",
	[ORL_QEMU_CLIPBOARD] = "org.qemu.Display1.Clipboard",
	[ORL_QEMU_CHARDEV] = "org.qemu.Display1.Chardev",
};

static const char *const words[ORL_QEMU_OBJECT_KINDS] = {
	[ORL_QEMU_AUDIO] = "sound",
	[ORL_QEMU_CLIPBOARD] = "a clipboard",
	[ORL_QEMU_CHARDEV] = "the channel ",
};

static struct orl_qemu_object *find(struct orl_qemu *q, const char *path)
{
	for (size_t i = 0; path && i < ORL_QEMU_OBJECTS; i++)
		if (q->objects[i].path[0] &&
				strcmp(q->objects[i].path, path) == 0)
			return &q->objects[i];
	return NULL;
}

static void tell(struct orl_qemu *q, const struct orl_qemu_object *o,
		const char *verb)
{
	char name[sizeof(o->name)];
	size_t n;

	if (q->objects_told++ >= TOLD_MAX)
		return;
	for (n = 0; o->name[n]; n++)
		name[n] = o->name[n] > 0x20 && o->name[n] < 0x7f ? o->name[n]
								 : '?';
	name[n] = 0;
	fprintf(stderr, "qemu: the virtual machine has %s%s%s\n", verb,
			words[o->kind], name);
}

static void use(struct orl_qemu *q, const struct orl_qemu_object *o)
{
	if (o->kind == ORL_QEMU_CHARDEV &&
			strcmp(o->name, "com.redhat.spice.0") == 0)
		orl_qemu_agent_found(q, o->path, o->open);
	/* Sound is listened to when there is a server that takes it. */
	if (o->kind == ORL_QEMU_AUDIO && q->server)
		orl_qemu_audio_found(q, o->path);
}

void orl_qemu_objects_attach(struct orl_qemu *q)
{
	for (size_t i = 0; i < ORL_QEMU_OBJECTS; i++)
		if (q->objects[i].path[0] &&
				q->objects[i].kind == ORL_QEMU_AUDIO)
			orl_qemu_audio_found(q, q->objects[i].path);
}

/* One property of an object, which the message stands before. */
static int take_property(
		struct orl_qemu_object *o, const char *name, sd_bus_message *m)
{
	const char *type = "", *text;
	int r = sd_bus_message_peek_type(m, NULL, &type), truth;

	if (r < 0)
		return r;
	if (strcmp(name, "Name") == 0 && strcmp(type, "s") == 0) {
		r = sd_bus_message_read(m, "v", "s", &text);
		if (r >= 0)
			snprintf(o->name, sizeof(o->name), "%s", text);
		return r;
	}
	if (strcmp(name, "FEOpened") == 0 && strcmp(type, "b") == 0) {
		r = sd_bus_message_read(m, "v", "b", &truth);
		if (r >= 0)
			o->open = truth;
		return r;
	}
	return sd_bus_message_skip(m, "v");
}

static int take_properties(struct orl_qemu_object *o, sd_bus_message *m)
{
	const char *name;
	int r = sd_bus_message_enter_container(m, 'a', "{sv}");

	while (r >= 0 && (r = sd_bus_message_enter_container(m, 'e', "sv")) >
					 0) {
		r = sd_bus_message_read(m, "s", &name);
		if (r >= 0)
			r = take_property(o, name, m);
		if (r >= 0)
			r = sd_bus_message_exit_container(m);
	}
	return r < 0 ? r : sd_bus_message_exit_container(m);
}

static void keep(struct orl_qemu *q, const struct orl_qemu_object *o)
{
	struct orl_qemu_object *place = find(q, o->path);

	for (size_t i = 0; !place && i < ORL_QEMU_OBJECTS; i++)
		if (!q->objects[i].path[0])
			place = &q->objects[i];
	if (!place) {
		orl_qemu_say(q, 0,
				"the virtual machine has more channels than "
				"are kept");
		return;
	}
	*place = *o;
	tell(q, o, "");
	use(q, o);
}

/* An object's path, and its interfaces with their properties. */
static int take_object(struct orl_qemu *q, sd_bus_message *m)
{
	struct orl_qemu_object o = { .open = false };
	const char *path, *interface;
	bool known = false;
	int r = sd_bus_message_read(m, "o", &path);

	if (r >= 0)
		r = sd_bus_message_enter_container(m, 'a', "{sa{sv}}");
	while (r >= 0 && (r = sd_bus_message_enter_container(
					  m, 'e', "sa{sv}")) > 0) {
		bool this = false;

		r = sd_bus_message_read(m, "s", &interface);
		for (int i = 0; r >= 0 && i < ORL_QEMU_OBJECT_KINDS; i++)
			if (strcmp(interface, interfaces[i]) == 0) {
				o.kind = (enum orl_qemu_object_kind)i;
				this = known = true;
			}
		if (r >= 0)
			r = this ? take_properties(&o, m)
				 : sd_bus_message_skip(m, "a{sv}");
		if (r >= 0)
			r = sd_bus_message_exit_container(m);
	}
	if (r >= 0)
		r = sd_bus_message_exit_container(m);
	if (r < 0 || !known || strlen(path) >= sizeof(o.path))
		return r;
	memcpy(o.path, path, strlen(path) + 1);
	keep(q, &o);
	return r;
}

static void nonsense(struct orl_qemu *q)
{
	orl_qemu_say(q, 1, "the virtual machine's objects make no sense");
}

static int on_objects(sd_bus_message *m, void *user, sd_bus_error *error)
{
	struct orl_qemu *q = user;
	int r;

	(void)error;
	/* One without an object manager has none of them. */
	if (sd_bus_message_is_method_error(m, NULL))
		return 0;
	r = sd_bus_message_enter_container(m, 'a', "{oa{sa{sv}}}");
	while (r >= 0 && (r = sd_bus_message_enter_container(
					  m, 'e', "oa{sa{sv}}")) > 0) {
		r = take_object(q, m);
		if (r >= 0)
			r = sd_bus_message_exit_container(m);
	}
	if (r < 0)
		nonsense(q);
	return 0;
}

static int on_added(sd_bus_message *m, void *user, sd_bus_error *error)
{
	(void)error;
	if (take_object(user, m) < 0)
		nonsense(user);
	return 0;
}

static int on_removed(sd_bus_message *m, void *user, sd_bus_error *error)
{
	struct orl_qemu *q = user;
	struct orl_qemu_object *o;
	const char *path;

	(void)error;
	if (sd_bus_message_read(m, "o", &path) < 0)
		return 0;
	o = find(q, path);
	if (!o)
		return 0;
	tell(q, o, "no more ");
	orl_qemu_agent_lost(q, path);
	orl_qemu_audio_lost(q, path);
	*o = (struct orl_qemu_object){ .open = false };
	return 0;
}

bool orl_qemu_object_changed(struct orl_qemu *q, sd_bus_message *m)
{
	struct orl_qemu_object *o = find(q, sd_bus_message_get_path(m));

	if (!o)
		return false;
	if (take_properties(o, m) < 0)
		nonsense(q);
	use(q, o);
	return true;
}

int orl_qemu_objects_ask(struct orl_qemu *q)
{
	int r = sd_bus_match_signal_async(q->bus.bus, NULL, q->owner, ROOT,
			MANAGER, "InterfacesAdded", on_added, NULL, q);

	if (r >= 0)
		r = sd_bus_match_signal_async(q->bus.bus, NULL, q->owner, ROOT,
				MANAGER, "InterfacesRemoved", on_removed, NULL,
				q);
	if (r >= 0)
		r = sd_bus_call_method_async(q->bus.bus, NULL, q->owner, ROOT,
				MANAGER, "GetManagedObjects", on_objects, q,
				"");
	return r;
}

void orl_qemu_objects_forget(struct orl_qemu *q)
{
	memset(q->objects, 0, sizeof(q->objects));
	q->objects_told = 0;
}
