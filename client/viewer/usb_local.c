/*
 * usb_local.c - the devices of this machine: libusb says which there are and
 * moves their bytes, libusbredirhost makes usbredir of that. All of it runs in
 * the devices' thread. A device is opened when it is wanted, so that whether
 * one may is known before the desktop hears of it; its driver is taken from
 * it only when the desktop has a place for it, and given back afterwards.
 */
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include <libusb.h>
#include <usbredirhost.h>

#include "client/viewer/text.h"
#include "client/viewer/usb.h"
#include "client/viewer/viewer.h"

enum {
	QUEUE_MAX = 256 << 10, /* of bytes for the desktop */
	BEHIND_MAX = 4096,     /* packets that libusbredirhost keeps, then */
	CLASS_HUB = 9,
	SWEEP_MS = 1000, /* where the system does not tell of devices */
};

struct orl_device_local_host {
	struct orl_device_local *local;
	struct orl_device *device;
	libusb_device *usb;           /* a reference */
	libusb_device_handle *handle; /* NULL: not held */
	struct usbredirhost *host;
	bool ended;
};

struct orl_device_local {
	struct orl_devices *devices;
	libusb_context *context;
	libusb_hotplug_callback_handle hotplug;
	bool has_hotplug, begun;
	uint64_t sweep_at;
	/* Found while libusb was asked, to be looked at afterwards. */
	bool changed;
};

/* ---- which there are --------------------------------------------------- */

static void text_at(libusb_device_handle *handle, uint8_t index, char *out,
		size_t size)
{
	unsigned char text[128] = "";
	int n = index && handle ? libusb_get_string_descriptor_ascii(handle,
						  index, text, sizeof(text) - 1)
				: 0;

	if (n <= 0)
		return;
	text[n] = 0;
	snprintf(out, size, "%s", (const char *)text);
	for (; *out; out++)
		if (*out < 0x20 || *out > 0x7e)
			*out = '?';
}

static void port_of(libusb_device *usb, char *out, size_t size)
{
	uint8_t ports[7];
	int n = libusb_get_port_numbers(usb, ports, sizeof(ports));
	size_t at = (size_t)snprintf(
			out, size, "%d", libusb_get_bus_number(usb));

	for (int i = 0; i < n && at < size; i++)
		at += (size_t)snprintf(out + at, size - at, "%c%d",
				i ? '.' : '-', ports[i]);
}

static void interfaces_of(libusb_device *usb, struct oriel_usb_info *info)
{
	struct libusb_config_descriptor *config;

	if (libusb_get_active_config_descriptor(usb, &config) != 0 &&
			libusb_get_config_descriptor(usb, 0, &config) != 0)
		return;
	/* All settings of all: any may be used one day. */
	for (unsigned i = 0; i < config->bNumInterfaces; i++)
		for (int k = 0; k < config->interface[i].num_altsetting &&
				info->interface_count < ORIEL_USB_INTERFACES;
				k++) {
			const struct libusb_interface_descriptor *d =
					&config->interface[i].altsetting[k];
			info->interfaces[info->interface_count++] =
					(struct oriel_usb_interface){
						d->bInterfaceClass,
						d->bInterfaceSubClass,
						d->bInterfaceProtocol
					};
		}
	libusb_free_config_descriptor(config);
}

static void describe(struct orl_device *d, libusb_device *usb,
		const struct libusb_device_descriptor *desc)
{
	static const uint8_t speeds[] = { 0, 1, 2, 3, 4, 4 };
	struct oriel_usb_info *info = &d->info;
	libusb_device_handle *handle = NULL;
	int speed = libusb_get_device_speed(usb);

	*info = (struct oriel_usb_info){ .size = sizeof(*info),
		.vendor = desc->idVendor,
		.product = desc->idProduct,
		.release = desc->bcdDevice,
		.device_class = desc->bDeviceClass,
		.device_subclass = desc->bDeviceSubClass,
		.device_protocol = desc->bDeviceProtocol,
		.speed = speed >= 0 && speed < (int)sizeof(speeds)
					 ? speeds[speed]
					 : 0 };
	interfaces_of(usb, info);
	port_of(usb, d->port, sizeof(d->port));
	/* Who may not open it sees its numbers. */
	if (libusb_open(usb, &handle) != 0)
		handle = NULL;
	text_at(handle, desc->iProduct, info->name, sizeof(info->name));
	text_at(handle, desc->iSerialNumber, d->serial, sizeof(d->serial));
	if (handle)
		libusb_close(handle);
	if (!info->name[0])
		snprintf(info->name, sizeof(info->name), "USB device");
}

static struct orl_device *known(struct orl_devices *u, const libusb_device *usb)
{
	for (size_t i = 0; i < ORL_DEVICE_SEEN_MAX; i++)
		if (u->devices[i].local && u->devices[i].local->usb == usb)
			return &u->devices[i];
	return NULL;
}

static void arrive(struct orl_device_local *l, libusb_device *usb)
{
	struct orl_devices *u = l->devices;
	struct libusb_device_descriptor desc;
	struct orl_device fresh = { .host = ORL_DEVICE_SEEN,
		.fresh = true,
		.late = l->begun,
		.fd = -1 };
	struct orl_device *d;

	if (known(u, usb) || libusb_get_device_descriptor(usb, &desc) != 0 ||
			desc.bDeviceClass == CLASS_HUB)
		return;
	fresh.local = calloc(1, sizeof(*fresh.local));
	if (!fresh.local)
		return;
	describe(&fresh, usb, &desc);
	pthread_mutex_lock(&u->lock);
	d = orl_devices_place(u);
	if (d) {
		fresh.local->local = l;
		fresh.local->device = d;
		fresh.local->usb = libusb_ref_device(usb);
		orl_devices_forget(&d->to_desktop);
		orl_devices_forget(&d->to_device);
		*d = fresh;
	}
	pthread_mutex_unlock(&u->lock);
	if (!d)
		free(fresh.local);
	orl_devices_post(u);
}

static void forget(struct orl_device *d)
{
	libusb_unref_device(d->local->usb);
	free(d->local);
	d->local = NULL;
}

/* What is not there any more is pulled; one that nobody uses just goes. */
static void depart(struct orl_device_local *l, struct orl_device *d)
{
	struct orl_devices *u = l->devices;
	bool used;

	pthread_mutex_lock(&u->lock);
	used = d->host >= ORL_DEVICE_HELD || d->link != ORL_DEVICE_UNLINKED;
	d->unplugged = true;
	d->host = used ? ORL_DEVICE_PULLED : ORL_DEVICE_ABSENT;
	pthread_mutex_unlock(&u->lock);
	if (!used)
		forget(d);
	orl_devices_post(u);
}

static void sweep(struct orl_device_local *l)
{
	struct orl_devices *u = l->devices;
	bool there[ORL_DEVICE_SEEN_MAX] = { false };
	libusb_device **list;
	ssize_t n = libusb_get_device_list(l->context, &list);

	if (n < 0)
		return;
	for (ssize_t i = 0; i < n; i++) {
		arrive(l, list[i]);
		struct orl_device *d = known(u, list[i]);
		if (d)
			there[d - u->devices] = true;
	}
	libusb_free_device_list(list, 1);
	for (size_t i = 0; i < ORL_DEVICE_SEEN_MAX; i++)
		if (u->devices[i].local && !there[i] &&
				!u->devices[i].unplugged)
			depart(l, &u->devices[i]);
	l->begun = true;
}

static int on_hotplug(libusb_context *context, libusb_device *usb,
		libusb_hotplug_event event, void *user)
{
	struct orl_device_local *l = user;

	(void)context;
	(void)usb;
	(void)event;
	/* It must not be asked anything in here. */
	l->changed = true;
	return 0;
}

/* ---- usbredirhost ------------------------------------------------------ */

static void on_log(void *priv, int level, const char *text)
{
	const struct orl_device_local_host *h = priv;

	if (level <= usbredirparser_warning &&
			h->local->devices->viewer->options.verbose)
		orl_viewer_say("usb: %s", text);
}

static int on_read(void *priv, uint8_t *data, int count)
{
	struct orl_device_local_host *h = priv;
	struct orl_device *d = h->device;
	struct orl_devices *u = h->local->devices;
	size_t n = count < 0 ? 0 : (size_t)count;

	pthread_mutex_lock(&u->lock);
	n = n < d->to_device.n ? n : d->to_device.n;
	if (n)
		memcpy(data, d->to_device.p + d->to_device.at, n);
	orl_devices_take(&d->to_device, n);
	d->consumed += n;
	pthread_mutex_unlock(&u->lock);
	if (n)
		orl_devices_post(u);
	return (int)n;
}

static int on_write(void *priv, uint8_t *data, int count)
{
	struct orl_device_local_host *h = priv;
	struct orl_device *d = h->device;
	struct orl_devices *u = h->local->devices;
	int n = 0;

	pthread_mutex_lock(&u->lock);
	if (d->to_desktop.n < QUEUE_MAX)
		n = orl_devices_put(&d->to_desktop, data, (size_t)count) ? count
									 : -1;
	pthread_mutex_unlock(&u->lock);
	orl_devices_post(u);
	return n;
}

/* What streams is left out by whole frames where the desktop is behind. */
static uint64_t on_buffered(void *priv)
{
	const struct orl_device_local_host *h = priv;
	struct orl_devices *u = h->local->devices;

	pthread_mutex_lock(&u->lock);
	uint64_t n = h->device->to_desktop.n;
	pthread_mutex_unlock(&u->lock);
	return n;
}

/* What libusb has done in the middle of its work is carried by move(). */
static void on_flush(void *priv)
{
	(void)priv;
}

bool orl_devices_local_open(struct orl_device_local *l, size_t index, char *why,
		size_t size)
{
	struct orl_device_local_host *h = l->devices->devices[index].local;
	int r = libusb_open(h->usb, &h->handle);

	if (r == 0)
		return true;
	h->handle = NULL;
	if (r == LIBUSB_ERROR_ACCESS)
		snprintf(why, size,
				_("you may not open it; \"make install\" "
				  "has put a rule for udev in place that lets "
				  "you: plug it in again, or ask who runs this "
				  "machine"));
	else
		snprintf(why, size, "%s", libusb_strerror(r));
	return false;
}

bool orl_devices_local_pipe(struct orl_device_local *l, size_t index)
{
	struct orl_device_local_host *h = l->devices->devices[index].local;

	h->ended = false;
	h->host = usbredirhost_open_full(l->context, h->handle, on_log, on_read,
			on_write, on_flush, NULL, NULL, NULL, NULL, h,
			"oriel-view", usbredirparser_warning, 0);
	/* The handle is its, also when that fails. */
	h->handle = NULL;
	if (h->host)
		usbredirhost_set_buffered_output_size_cb(h->host, on_buffered);
	return h->host != NULL;
}

bool orl_devices_local_move(struct orl_device_local *l, size_t index)
{
	struct orl_devices *u = l->devices;
	struct orl_device_local_host *h = u->devices[index].local;

	if (!h->host || h->ended)
		return false;
	pthread_mutex_lock(&u->lock);
	bool more = u->devices[index].to_device.n > 0;
	pthread_mutex_unlock(&u->lock);
	int r = more ? usbredirhost_read_guest_data(h->host) : 0;
	if (r != 0 && r != usbredirhost_read_io_error)
		h->ended = true;
	/* Its goodbye still goes out. */
	int packets = usbredirhost_has_data_to_write(h->host);
	if (packets && usbredirhost_write_guest_data(h->host) < 0)
		h->ended = true;
	/* It talks by itself, and nobody has listened for long. */
	if (packets > BEHIND_MAX)
		h->ended = true;
	return !h->ended;
}

void orl_devices_local_close(struct orl_device_local *l, size_t index)
{
	struct orl_device *d = &l->devices->devices[index];
	struct orl_device_local_host *h = d->local;

	if (!h)
		return;
	/* This gives the interfaces back to their drivers. */
	if (h->host)
		usbredirhost_close(h->host);
	h->host = NULL;
	if (h->handle)
		libusb_close(h->handle);
	h->handle = NULL;
	if (d->unplugged)
		forget(d);
}

/* ---- the loop's part --------------------------------------------------- */

size_t orl_devices_local_watch(struct orl_device_local *l, struct pollfd *fds,
		size_t size, int *timeout_ms)
{
	const struct libusb_pollfd **list = libusb_get_pollfds(l->context);
	struct timeval tv;
	size_t n = 0;
	int ms = l->has_hotplug ? -1 : SWEEP_MS;

	for (size_t i = 0; list && list[i] && n < size; i++)
		fds[n++] = (struct pollfd){ list[i]->fd, list[i]->events, 0 };
	libusb_free_pollfds(list);
	if (libusb_get_next_timeout(l->context, &tv) > 0) {
		int next = (int)(tv.tv_sec * 1000 + tv.tv_usec / 1000) + 1;
		ms = ms < 0 || next < ms ? next : ms;
	}
	if (ms >= 0 && (*timeout_ms < 0 || ms < *timeout_ms))
		*timeout_ms = ms;
	return n;
}

void orl_devices_local_run(struct orl_device_local *l)
{
	struct timeval none = { 0, 0 };
	uint64_t now = orl_viewer_now();

	libusb_handle_events_timeout_completed(l->context, &none, NULL);
	if (!l->changed && (l->has_hotplug || now < l->sweep_at))
		return;
	l->changed = false;
	l->sweep_at = now + SWEEP_MS * UINT64_C(1000000);
	sweep(l);
}

struct orl_device_local *orl_devices_local_create(struct orl_devices *u)
{
	struct orl_device_local *l = calloc(1, sizeof(*l));
	int r = l ? libusb_init(&l->context) : LIBUSB_ERROR_NO_MEM;

	if (r != 0) {
		snprintf(u->trouble, sizeof(u->trouble), "%s",
				libusb_strerror(r));
		free(l);
		return NULL;
	}
	l->devices = u;
	l->changed = true;
	l->has_hotplug =
			libusb_has_capability(LIBUSB_CAP_HAS_HOTPLUG) &&
			libusb_hotplug_register_callback(l->context,
					LIBUSB_HOTPLUG_EVENT_DEVICE_ARRIVED |
							LIBUSB_HOTPLUG_EVENT_DEVICE_LEFT,
					0, LIBUSB_HOTPLUG_MATCH_ANY,
					LIBUSB_HOTPLUG_MATCH_ANY,
					LIBUSB_HOTPLUG_MATCH_ANY, on_hotplug, l,
					&l->hotplug) == 0;
	return l;
}

void orl_devices_local_destroy(struct orl_device_local *l)
{
	if (!l)
		return;
	for (size_t i = 0; i < ORL_DEVICE_SEEN_MAX; i++)
		if (l->devices->devices[i].local) {
			orl_devices_local_close(l, i);
			if (l->devices->devices[i].local)
				forget(&l->devices->devices[i]);
		}
	if (l->has_hotplug)
		libusb_hotplug_deregister_callback(l->context, l->hotplug);
	libusb_exit(l->context);
	free(l);
}
