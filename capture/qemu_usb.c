/*
 * qemu_usb.c - the places of a virtual machine for USB devices: the channels
 * that a usb-redir device stands behind. QEMU does not say what does, so it
 * goes by their names: org.qemu.usbredir, and what begins so.
 */
#include "capture/qemu.h"

#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define CHARDEV "org.qemu.Display1.Chardev"

static bool is_slot(const struct orl_qemu_object *o)
{
	static const char name[] = "org.qemu.usbredir";

	return o->path[0] && o->kind == ORL_QEMU_CHARDEV &&
	       strncmp(o->name, name, sizeof(name) - 1) == 0;
}

size_t orl_qemu_usb_slots(const struct orl_qemu *q)
{
	size_t n = 0;

	for (size_t i = 0; i < ORL_QEMU_OBJECTS; i++)
		n += is_slot(&q->objects[i]);
	return n;
}

/* QEMU closes its end of what it does not take: that is how one hears of it. */
static int on_registered(sd_bus_message *m, void *user, sd_bus_error *error)
{
	(void)m;
	(void)user;
	(void)error;
	return 0;
}

int orl_qemu_usb_open(struct orl_qemu *q, size_t slot)
{
	const struct orl_qemu_object *o = q->objects;
	int ends[2], r;

	if (!q->bus.bus || !q->owner[0])
		return -1;
	for (; o < q->objects + ORL_QEMU_OBJECTS; o++)
		if (is_slot(o) && !slot--)
			break;
	if (o == q->objects + ORL_QEMU_OBJECTS)
		return -1;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return -1;
	r = sd_bus_call_method_async(q->bus.bus, NULL, q->owner, o->path,
			CHARDEV, "Register", on_registered, q, "h", ends[1]);
	close(ends[1]);
	if (r >= 0 && fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0)
		return ends[0];
	close(ends[0]);
	return -1;
}
