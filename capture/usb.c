/*
 * usb.c - see usb.h. A guest speaks first, so a slot is known to be alive
 * before the device is told that it may flow; one whose other end is closed is
 * tried again after a while, and its device waits meanwhile.
 */
#include "capture/usb.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum {
	READ_MAX = 64 << 10,
	AGAIN_MS = 1000, /* a slot that could not be opened */
	REST_MS = 200,   /* for the guest to see that a device has gone */
	HELLO_MS = 5000, /* for the guest to say something */
	OUT_KEEP = 64 << 10,
};

/* ---- slots ------------------------------------------------------------- */

static int connect_to(const char *path)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	int fd;

	if (strlen(path) >= sizeof(name.sun_path))
		return -1;
	memcpy(name.sun_path, path, strlen(path));
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd >= 0 && connect(fd, (const struct sockaddr *)&name,
				       sizeof(name)) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

static void shut(struct orl_slot *slot, uint64_t rest_ms)
{
	if (slot->fd >= 0)
		close(slot->fd);
	slot->fd = -1;
	slot->usb = NULL;
	slot->open = false;
	slot->out_at = slot->out_n = 0;
	slot->not_before = orl_now() + rest_ms * ORL_MSEC;
}

/* The source may have others by now: a machine that was started anew. */
static void count_slots(struct orl_slots *u)
{
	const struct orl_source_kind *kind = u->source->kind;
	size_t theirs = kind->usb_slots ? kind->usb_slots(u->source) : 0;
	size_t have = 0;

	for (size_t i = 0; i < u->count; i++)
		have += !u->slots[i].path;
	while (have < theirs && u->count < ORL_USB_SLOTS)
		u->slots[u->count++] =
				(struct orl_slot){ .number = have++, .fd = -1 };
}

static size_t slots_there(const struct orl_slots *u)
{
	const struct orl_source_kind *kind = u->source->kind;
	size_t theirs = kind->usb_slots ? kind->usb_slots(u->source) : 0;
	size_t n = 0;

	for (size_t i = 0; i < u->count; i++)
		n += u->slots[i].path || u->slots[i].number < theirs;
	return n;
}

static bool open_slot(struct orl_slots *u, struct orl_slot *slot)
{
	const struct orl_source_kind *kind = u->source->kind;

	slot->fd = slot->path ? connect_to(slot->path)
			      : kind->usb_open(u->source, slot->number);
	if (slot->fd < 0)
		shut(slot, AGAIN_MS);
	return slot->fd >= 0;
}

static struct orl_slot *slot_of(
		struct orl_slots *u, const struct oriel_usb *usb)
{
	for (size_t i = 0; i < u->count; i++)
		if (u->slots[i].usb == usb)
			return &u->slots[i];
	return NULL;
}

/* Give those that wait what is free. */
static void plug_in(struct orl_slots *u, uint64_t now)
{
	for (size_t i = 0; i < u->count && u->waiting_count; i++) {
		struct orl_slot *slot = &u->slots[i];

		if (slot->fd >= 0 || now < slot->not_before ||
				!open_slot(u, slot))
			continue;
		slot->usb = u->waiting[0];
		slot->not_before = now + HELLO_MS * ORL_MSEC;
		u->waiting_count--;
		memmove(&u->waiting[0], &u->waiting[1],
				u->waiting_count * sizeof(u->waiting[0]));
	}
}

static void wait_again(struct orl_slots *u, struct oriel_usb *usb)
{
	/* It keeps its place at the head. */
	if (u->waiting_count == ORL_USB_WAITING) {
		oriel_usb_answer(usb, ORIEL_USB_REFUSED,
				"too many USB devices are waiting");
		return;
	}
	memmove(&u->waiting[1], &u->waiting[0],
			u->waiting_count * sizeof(u->waiting[0]));
	u->waiting[0] = usb;
	u->waiting_count++;
}

/* ---- bytes ------------------------------------------------------------- */

static void name_of(const struct oriel_usb *usb, char *out, size_t size)
{
	struct oriel_usb_info info = { .size = sizeof(info) };

	oriel_usb_get_info(usb, &info);
	snprintf(out, size, "%04x:%04x %.64s", info.vendor, info.product,
			info.name);
	for (; *out; out++)
		if (*out < 0x20 || *out > 0x7e)
			*out = '?';
}

/* The guest's end is closed, or what it said must not pass. */
static void lose(struct orl_slots *u, struct orl_slot *slot, int err)
{
	struct oriel_usb *usb = slot->usb;
	bool open = slot->open;

	shut(slot, open ? REST_MS : AGAIN_MS);
	if (err)
		return; /* it has ended already */
	if (open)
		oriel_usb_detach(usb, "the desktop has let go of it");
	else
		wait_again(u, usb);
}

static void take_in(struct orl_slots *u, struct orl_slot *slot)
{
	static uint8_t bytes[READ_MAX];
	size_t room = slot->open ? oriel_usb_room(slot->usb) : READ_MAX;
	ssize_t n;
	int err;

	if (!room)
		return;
	n = recv(slot->fd, bytes, room < READ_MAX ? room : READ_MAX,
			MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		lose(u, slot, 0);
		return;
	}
	if (!slot->open) {
		char name[80];

		slot->open = true;
		oriel_usb_answer(slot->usb, ORIEL_USB_OPEN, NULL);
		name_of(slot->usb, name, sizeof(name));
		fprintf(stderr, "usb: %s is plugged in\n", name);
	}
	err = oriel_usb_send(slot->usb, bytes, (size_t)n);
	if (err)
		lose(u, slot, err);
}

/* False when the other end is closed. */
static bool put_out(struct orl_slot *slot)
{
	size_t done = 0;

	while (slot->out_n) {
		ssize_t n = send(slot->fd, slot->out + slot->out_at,
				slot->out_n, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return false;
		if (n < 0)
			break;
		slot->out_at += (size_t)n;
		slot->out_n -= (size_t)n;
		done += (size_t)n;
	}
	if (!slot->out_n) {
		slot->out_at = 0;
		if (slot->out_capacity > OUT_KEEP) {
			free(slot->out);
			slot->out = NULL;
			slot->out_capacity = 0;
		}
	}
	if (done)
		oriel_usb_consumed(slot->usb, done);
	return true;
}

/* Its size is bounded by what the server library lets pass unconsumed. */
static bool keep(struct orl_slot *slot, const uint8_t *data, size_t n)
{
	size_t need = slot->out_at + slot->out_n + n;
	size_t capacity = slot->out_capacity * 2;
	uint8_t *out;

	if (need > slot->out_capacity) {
		capacity = capacity > need ? capacity : need;
		out = realloc(slot->out, capacity);
		if (!out)
			return false;
		slot->out = out;
		slot->out_capacity = capacity;
	}
	memcpy(slot->out + slot->out_at + slot->out_n, data, n);
	slot->out_n += n;
	return true;
}

/* ---- what main.c calls ------------------------------------------------- */

void orl_slots_open(struct orl_slots *u, struct orl_source *source,
		const char *const *paths, size_t count)
{
	*u = (struct orl_slots){ .source = source };
	for (size_t i = 0; i < count && i < ORL_USB_SLOTS; i++)
		u->slots[u->count++] =
				(struct orl_slot){ .path = paths[i], .fd = -1 };
}

void orl_slots_close(struct orl_slots *u)
{
	for (size_t i = 0; i < u->count; i++) {
		if (u->slots[i].fd >= 0)
			close(u->slots[i].fd);
		free(u->slots[i].out);
	}
	u->count = 0;
}

size_t orl_slots_watch(struct orl_slots *u, struct pollfd *fds, uint64_t *due)
{
	size_t n = 0;

	for (size_t i = 0; i < u->count; i++) {
		const struct orl_slot *slot = &u->slots[i];
		short events = 0;

		if (slot->not_before < *due &&
				(slot->fd < 0 ? u->waiting_count != 0
					      : !slot->open))
			*due = slot->not_before;
		if (slot->fd < 0)
			continue;
		if (!slot->open || oriel_usb_room(slot->usb))
			events |= POLLIN;
		if (slot->out_n)
			events |= POLLOUT;
		fds[n++] = (struct pollfd){ slot->fd, events, 0 };
	}
	return n;
}

void orl_slots_run(struct orl_slots *u, uint64_t now)
{
	for (size_t i = 0; i < u->count; i++) {
		struct orl_slot *slot = &u->slots[i];

		if (slot->fd >= 0 && !put_out(slot))
			lose(u, slot, 0);
		if (slot->fd >= 0)
			take_in(u, slot);
		/* Somebody else's, or nobody's. */
		if (slot->fd >= 0 && !slot->open && now >= slot->not_before)
			lose(u, slot, 0);
	}
	if (u->waiting_count) {
		count_slots(u);
		plug_in(u, now);
	}
}

void orl_slots_attached(struct orl_slots *u, struct oriel_usb *usb)
{
	char why[128];

	count_slots(u);
	size_t there = slots_there(u);
	if (!there || u->waiting_count == ORL_USB_WAITING) {
		oriel_usb_answer(usb, ORIEL_USB_REFUSED,
				there ? "too many USB devices are waiting"
				      : "this desktop has no place for USB "
					"devices; give its virtual machine "
					"usb-redir devices");
		return;
	}
	u->waiting[u->waiting_count++] = usb;
	plug_in(u, orl_now());
	if (slot_of(u, usb))
		return;
	snprintf(why, sizeof(why), "it waits for a place; the desktop has %zu",
			there);
	oriel_usb_answer(usb, ORIEL_USB_WAITING, why);
}

void orl_slots_data(struct orl_slots *u, struct oriel_usb *usb,
		const void *data, size_t n)
{
	struct orl_slot *slot = slot_of(u, usb);

	if (!slot)
		return;
	if (keep(slot, data, n) && put_out(slot))
		return;
	shut(slot, REST_MS);
	oriel_usb_detach(usb, "the desktop has let go of it");
}

void orl_slots_detached(
		struct orl_slots *u, struct oriel_usb *usb, const char *why)
{
	struct orl_slot *slot = slot_of(u, usb);
	char name[80];

	name_of(usb, name, sizeof(name));
	if (slot && slot->open) {
		fprintf(stderr, "usb: %s is gone", name);
		if (!why)
			why = "so is the viewer";
		if (*why)
			fputs(": ", stderr);
		for (; *why; why++)
			fputc(*why < 0x20 || *why == 0x7f ? '?' : *why, stderr);
		fputc('\n', stderr);
	}
	if (slot) {
		/* It may be the device's goodbye that waits. */
		(void)put_out(slot);
		shut(slot, REST_MS);
	}
	for (size_t i = 0; i < u->waiting_count; i++) {
		if (u->waiting[i] != usb)
			continue;
		u->waiting_count--;
		memmove(&u->waiting[i], &u->waiting[i + 1],
				(u->waiting_count - i) * sizeof(u->waiting[0]));
		break;
	}
}
