/*
 * usb.c - USB devices and the session: those that are wanted are offered to
 * the desktop, and bytes are carried between its pipe and the devices' thread.
 * All calls of the box for USB are in this file.
 */
#include "client/viewer/usb.h"

#include <stdlib.h>
#include <string.h>

#include "client/viewer/text.h"
#include "client/viewer/viewer.h"

static size_t index_of(const struct orl_devices *u, uint32_t usb)
{
	size_t i = 0;

	while (i < ORL_DEVICE_SEEN_MAX && u->devices[i].usb != usb)
		i++;
	return i;
}

static void event(struct orl_devices *u, const struct orl_device *d,
		const char *what, const char *why)
{
	char name[ORL_JSON_SIZE(128)], text[ORL_JSON_SIZE(512)];

	orl_viewer_event(u->viewer, "usb",
			"\"device\":\"%04x:%04x\",\"name\":%s,\"state\":\"%s\""
			",\"why\":%s",
			d->info.vendor, d->info.product,
			orl_json_quote(name, sizeof(name), d->info.name), what,
			orl_json_quote(text, sizeof(text), why));
	if (*why)
		orl_viewer_say("USB device %04x:%04x %s is %s: %s",
				d->info.vendor, d->info.product, d->info.name,
				what, why);
}

/* The session has no part in it any more. Under the lock. */
static void end(struct orl_device *d, const char *why, bool wanted)
{
	d->usb = 0;
	d->link = ORL_DEVICE_ENDED;
	d->wanted = d->wanted && wanted;
	snprintf(d->why, sizeof(d->why), "%s", why);
}

/* ---- events ------------------------------------------------------------ */

void orl_devices_on_rights(struct orl_viewer *v)
{
	if (v->usb)
		v->usb->may = true;
}

void orl_devices_on_answered(void *user, uint32_t usb,
		enum oriel_usb_answer answer, const char *why)
{
	struct orl_devices *u = ((struct orl_viewer *)user)->usb;
	size_t i = index_of(u, usb);
	struct orl_device *d = &u->devices[i];

	if (i == ORL_DEVICE_SEEN_MAX)
		return;
	pthread_mutex_lock(&u->lock);
	if (answer == ORIEL_USB_REFUSED) {
		end(d, why, false);
	} else {
		d->link = answer == ORIEL_USB_OPEN ? ORL_DEVICE_LINKED
						   : ORL_DEVICE_QUEUED;
		snprintf(d->why, sizeof(d->why), "%s", why);
	}
	pthread_mutex_unlock(&u->lock);
	event(u, d,
			answer == ORIEL_USB_OPEN      ? "open"
			: answer == ORIEL_USB_WAITING ? "waiting"
						      : "refused",
			why);
	orl_devices_wake(u);
}

void orl_devices_on_data(void *user, uint32_t usb, const void *data, size_t n)
{
	struct orl_devices *u = ((struct orl_viewer *)user)->usb;
	size_t i = index_of(u, usb);
	struct orl_device *d = &u->devices[i];
	bool ok;

	if (i == ORL_DEVICE_SEEN_MAX)
		return;
	pthread_mutex_lock(&u->lock);
	ok = orl_devices_put(&d->to_device, data, n);
	d->bytes_in += n;
	if (!ok)
		end(d, "out of memory", false);
	pthread_mutex_unlock(&u->lock);
	if (!ok)
		orl_box_usb_detach(u->viewer->box, usb,
				"the viewer is out of memory");
	orl_devices_wake(u);
}

void orl_devices_on_writable(void *user, uint32_t usb)
{
	(void)usb;
	orl_devices_post(((struct orl_viewer *)user)->usb);
}

void orl_devices_on_detached(void *user, uint32_t usb, const char *why)
{
	struct orl_devices *u = ((struct orl_viewer *)user)->usb;
	size_t i = u ? index_of(u, usb) : ORL_DEVICE_SEEN_MAX;

	if (i == ORL_DEVICE_SEEN_MAX)
		return;
	/* Lost with the line, it is offered again when that is back. */
	bool again = !why;
	if (!why)
		why = "the connection is lost";
	pthread_mutex_lock(&u->lock);
	end(&u->devices[i], why, again);
	pthread_mutex_unlock(&u->lock);
	event(u, &u->devices[i], "detached", why);
	orl_devices_wake(u);
}

/* ---- work -------------------------------------------------------------- */

static void offer(struct orl_devices *u, struct orl_device *d)
{
	char why[sizeof(d->why)] = "";
	uint32_t usb = 0;
	int err = oriel_usb_check(u->rules, &d->info, why, sizeof(why));

	if (!err)
		err = orl_box_usb_attach(u->viewer->box, &usb, &d->info);
	if (err == ORIEL_ESTATE)
		return; /* later */
	if (err == ORIEL_ENOTSUP)
		snprintf(why, sizeof(why), "this server takes no USB devices");
	else if (err && !*why)
		snprintf(why, sizeof(why), "%s",
				err == ORIEL_EDENIED
						? "the server does not let you "
						  "use USB devices"
						: oriel_strerror(err));
	pthread_mutex_lock(&u->lock);
	if (err) {
		end(d, why, false);
	} else {
		d->usb = usb;
		d->link = ORL_DEVICE_OFFERED;
		d->why[0] = 0;
	}
	pthread_mutex_unlock(&u->lock);
	event(u, d, err ? "refused" : "offered", why);
	orl_devices_wake(u);
}

/* Carry what there is; the lock is not held while the library is called. */
static void carry(struct orl_devices *u, struct orl_device *d)
{
	static uint8_t bytes[64 << 10];
	uint32_t usb = d->usb;
	struct orl_box *box = u->viewer->box;
	size_t n, room, consumed;
	int err = 0;

	do {
		room = orl_box_usb_room(box, usb);
		room = room < sizeof(bytes) ? room : sizeof(bytes);
		pthread_mutex_lock(&u->lock);
		n = d->to_desktop.n < room ? d->to_desktop.n : room;
		if (n)
			memcpy(bytes, d->to_desktop.p + d->to_desktop.at, n);
		orl_devices_take(&d->to_desktop, n);
		d->bytes_out += n;
		consumed = d->consumed;
		d->consumed = 0;
		pthread_mutex_unlock(&u->lock);
		if (n)
			err = orl_box_usb_send(box, usb, bytes, n);
		if (!err && consumed)
			orl_box_usb_consumed(box, usb, consumed);
		if (n)
			orl_devices_wake(u);
	} while (n && !err);
	if (!err)
		return;
	pthread_mutex_lock(&u->lock);
	end(d,
			err == ORIEL_EDENIED
					? "the policy of this machine does "
					  "not allow what it turned out to be"
					: "what it said is not the usbredir "
					  "protocol",
			false);
	pthread_mutex_unlock(&u->lock);
	event(u, d, "refused", d->why);
	orl_devices_wake(u);
}

static bool chosen(const struct orl_devices *u, const struct orl_device *d)
{
	char name[16];

	snprintf(name, sizeof(name), "%04x:%04x", d->info.vendor,
			d->info.product);
	for (size_t i = 0; i < u->chosen_count; i++)
		if (strcmp(name, u->chosen[i]) == 0)
			return true;
	return false;
}

/* One that has come: is it to go to the desktop by itself? */
static void greet(struct orl_devices *u, struct orl_device *d)
{
	char why[ORL_DEVICE_TEXT * 2] = "";
	bool wanted = d->peer || chosen(u, d);
	int err = d->peer ? 0
			  : oriel_usb_check(u->rules, &d->info, why,
					    sizeof(why));

	if (!wanted && u->automatic && d->late && !err)
		wanted = oriel_usb_check(u->automatic, &d->info, why,
					 sizeof(why)) == 0;
	pthread_mutex_lock(&u->lock);
	d->fresh = false;
	d->wanted = wanted;
	snprintf(d->why, sizeof(d->why), "%s", err ? why : "");
	pthread_mutex_unlock(&u->lock);
	event(u, d, "seen", "");
	if (wanted)
		orl_devices_wake(u);
}

static void work_on(struct orl_devices *u, struct orl_device *d, bool ready)
{
	pthread_mutex_lock(&u->lock);
	bool fresh = d->host != ORL_DEVICE_ABSENT && d->fresh;
	bool give_back = d->usb && (!d->wanted || d->host == ORL_DEVICE_PULLED);
	bool held = d->wanted && d->host == ORL_DEVICE_HELD &&
		    d->link == ORL_DEVICE_UNLINKED;
	bool open = d->link == ORL_DEVICE_LINKED;
	bool pulled = d->host == ORL_DEVICE_PULLED;
	uint32_t usb = d->usb;

	if (give_back)
		end(d, "", true);
	pthread_mutex_unlock(&u->lock);
	if (fresh)
		greet(u, d);
	if (give_back) {
		orl_box_usb_detach(u->viewer->box, usb,
				pulled ? "it was unplugged" : NULL);
		event(u, d, pulled ? "unplugged" : "taken back", "");
		orl_devices_wake(u);
	} else if (open) {
		carry(u, d);
	} else if (held && ready) {
		offer(u, d);
	}
}

/* Where there is somebody who has chosen, and a server that has a key. */
static bool remembers(const struct orl_viewer *v)
{
	return !v->options.headless && !v->options.kiosk &&
	       strncmp(v->options.address, "unix:", 5) != 0;
}

/* This server had it before. */
static void recall(struct orl_devices *u, struct orl_device *d)
{
	char line[ORL_USB_MEMORY_LINE];

	pthread_mutex_lock(&u->lock);
	bool look = d->host == ORL_DEVICE_SEEN && !d->recalled && !d->peer &&
		    !d->wanted && !d->fresh;
	d->recalled = d->recalled || look;
	orl_usb_memory_line(line, sizeof(line), u->viewer->key, &d->info,
			d->serial);
	pthread_mutex_unlock(&u->lock);
	if (!look || !orl_usb_remembered(line))
		return;
	pthread_mutex_lock(&u->lock);
	d->wanted = d->host == ORL_DEVICE_SEEN;
	pthread_mutex_unlock(&u->lock);
	orl_devices_wake(u);
}

void orl_devices_work(struct orl_viewer *v)
{
	struct orl_devices *u = v->usb;
	bool ready = v->state == ORIEL_CLIENT_READY;

	if (!u)
		return;
	atomic_store(&u->posted, false);
	u->may = u->may && ready;
	for (size_t i = 0; i < ORL_DEVICE_SEEN_MAX; i++) {
		work_on(u, &u->devices[i], u->may);
		if (!ready)
			u->devices[i].recalled = false;
		else if (remembers(v))
			recall(u, &u->devices[i]);
	}
}

/* ---- beginning and end ------------------------------------------------- */

struct orl_devices *orl_devices_create(struct orl_viewer *v)
{
	const struct orl_viewer_options *o = &v->options;
	struct orl_devices *u;

	if (o->headless && !o->usb_peer_count && !o->usb_chosen_count &&
			!o->usb_auto)
		return NULL;
	u = calloc(1, sizeof(*u));
	if (!u)
		return NULL;
	u->viewer = v;
	u->rules = o->usb_rules;
	u->automatic = o->usb_auto;
	u->chosen = o->usb_chosen;
	u->chosen_count = o->usb_chosen_count;
	pthread_mutex_init(&u->lock, NULL);
	for (size_t i = 0; i < ORL_DEVICE_SEEN_MAX; i++)
		u->devices[i].fd = -1;
	for (size_t i = 0; i < o->usb_peer_count; i++) {
		struct orl_device *d = &u->devices[i];

		d->host = ORL_DEVICE_SEEN;
		d->fresh = true;
		d->peer = o->usb_peers[i];
		snprintf(d->info.name, sizeof(d->info.name), "%s", d->peer);
	}
	if (orl_devices_start(u))
		return u;
	pthread_mutex_destroy(&u->lock);
	free(u);
	return NULL;
}

void orl_devices_destroy(struct orl_devices *u)
{
	if (!u)
		return;
	orl_devices_stop(u);
	for (size_t i = 0; i < ORL_DEVICE_SEEN_MAX; i++) {
		orl_devices_forget(&u->devices[i].to_desktop);
		orl_devices_forget(&u->devices[i].to_device);
	}
	pthread_mutex_destroy(&u->lock);
	free(u);
}

void orl_devices_want(struct orl_devices *u, size_t index, bool wanted)
{
	struct orl_device *d = &u->devices[index];
	char line[ORL_USB_MEMORY_LINE];

	pthread_mutex_lock(&u->lock);
	if (d->host != ORL_DEVICE_ABSENT) {
		d->wanted = wanted;
		d->why[0] = 0;
		d->recalled = true;
	}
	orl_usb_memory_line(line, sizeof(line), u->viewer->key, &d->info,
			d->serial);
	pthread_mutex_unlock(&u->lock);
	if (!d->peer && remembers(u->viewer))
		orl_usb_remember(line, wanted);
	orl_devices_wake(u);
	orl_devices_post(u);
}
