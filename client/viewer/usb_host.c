/*
 * usb_host.c - the thread that has the devices: it holds those that are
 * wanted, carries their bytes, and lets go of them. A device may also be
 * another program's, that speaks usbredir on a socket (usbredirect --as, for
 * one); it is asked what it has, and connected to again when it is used.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <usbredirparser.h>

#include "client/viewer/usb.h"
#include "client/viewer/viewer.h"

enum {
	QUEUE_MAX = 256 << 10, /* of bytes for the desktop */
	PEER_MS = 3000,        /* for a peer to say what it has */
	AGAIN_MS = 2000,
	LOCAL_FDS = 32,
};

/* ---- bytes ------------------------------------------------------------- */

bool orl_devices_put(struct orl_device_bytes *b, const void *data, size_t n)
{
	size_t capacity = b->capacity * 2;

	if (b->at && b->at + b->n + n > b->capacity) {
		memmove(b->p, b->p + b->at, b->n);
		b->at = 0;
	}
	if (b->n + n > b->capacity) {
		capacity = capacity > b->n + n ? capacity : b->n + n;
		uint8_t *p = realloc(b->p, capacity);
		if (!p)
			return false;
		b->p = p;
		b->capacity = capacity;
	}
	if (n)
		memcpy(b->p + b->at + b->n, data, n);
	b->n += n;
	return true;
}

void orl_devices_take(struct orl_device_bytes *b, size_t n)
{
	b->at += n;
	b->n -= n;
	if (!b->n)
		b->at = 0;
}

void orl_devices_forget(struct orl_device_bytes *b)
{
	free(b->p);
	*b = (struct orl_device_bytes){ .p = NULL };
}

struct orl_device *orl_devices_place(struct orl_devices *u)
{
	for (size_t i = 0; i < ORL_DEVICE_SEEN_MAX; i++)
		if (u->devices[i].host == ORL_DEVICE_ABSENT &&
				u->devices[i].link == ORL_DEVICE_UNLINKED)
			return &u->devices[i];
	return NULL;
}

/* ---- a peer that has a device ------------------------------------------ */

static int connect_to(const char *path)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	int fd;

	if (strlen(path) >= sizeof(name.sun_path))
		return -1;
	memcpy(name.sun_path, path, strlen(path));
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	if (fd < 0)
		return -1;
	if (fcntl(fd, F_SETFD, FD_CLOEXEC) < 0 ||
			connect(fd, (const struct sockaddr *)&name,
					sizeof(name)) < 0 ||
			fcntl(fd, F_SETFL, O_NONBLOCK) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

/* What a peer says of its device, to a guest that never takes it. */
struct inquiry {
	struct usbredirparser *parser;
	struct oriel_usb_info info;
	int fd;
	bool known;
};

static int inquiry_read(void *priv, uint8_t *data, int count)
{
	struct inquiry *q = priv;
	ssize_t n = read(q->fd, data, (size_t)count);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	return n > 0 ? (int)n : -1;
}

static int inquiry_write(void *priv, uint8_t *data, int count)
{
	struct inquiry *q = priv;
	ssize_t n = send(q->fd, data, (size_t)count, MSG_NOSIGNAL);

	return n < 0 ? -1 : (int)n;
}

static void inquiry_log(void *priv, int level, const char *text)
{
	(void)priv;
	(void)level;
	(void)text;
}

static void inquiry_hello(void *priv, struct usb_redir_hello_header *h)
{
	(void)priv;
	(void)h;
}

static void inquiry_interfaces(
		void *priv, struct usb_redir_interface_info_header *h)
{
	struct inquiry *q = priv;

	if (h->interface_count > ORIEL_USB_INTERFACES)
		return;
	q->info.interface_count = h->interface_count;
	for (uint32_t i = 0; i < h->interface_count; i++)
		q->info.interfaces[i] = (struct oriel_usb_interface){
			h->interface_class[i], h->interface_subclass[i],
			h->interface_protocol[i]
		};
}

static void inquiry_endpoints(void *priv, struct usb_redir_ep_info_header *h)
{
	(void)priv;
	(void)h;
}

static void inquiry_device(
		void *priv, struct usb_redir_device_connect_header *h)
{
	struct inquiry *q = priv;

	q->info.vendor = h->vendor_id;
	q->info.product = h->product_id;
	q->info.release = h->device_version_bcd;
	q->info.device_class = h->device_class;
	q->info.device_subclass = h->device_subclass;
	q->info.device_protocol = h->device_protocol;
	q->info.speed = h->speed <= usb_redir_speed_super
					? (uint8_t)(h->speed + 1)
					: 0;
	q->known = true;
}

static bool ask_peer(struct inquiry *q)
{
	uint32_t caps[USB_REDIR_CAPS_SIZE] = { 0 };
	struct usbredirparser *u = usbredirparser_create();
	uint64_t until = orl_viewer_now() + PEER_MS * UINT64_C(1000000);

	if (!u)
		return false;
	u->priv = q;
	u->log_func = inquiry_log;
	u->read_func = inquiry_read;
	u->write_func = inquiry_write;
	u->hello_func = inquiry_hello;
	u->interface_info_func = inquiry_interfaces;
	u->ep_info_func = inquiry_endpoints;
	u->device_connect_func = inquiry_device;
	usbredirparser_caps_set_cap(caps, usb_redir_cap_connect_device_version);
	usbredirparser_caps_set_cap(
			caps, usb_redir_cap_ep_info_max_packet_size);
	usbredirparser_init(u, "oriel-view", caps, USB_REDIR_CAPS_SIZE, 0);
	while (!q->known && orl_viewer_now() < until) {
		struct pollfd fd = { q->fd, POLLIN, 0 };

		if (usbredirparser_has_data_to_write(u) &&
				usbredirparser_do_write(u) < 0)
			break;
		if (poll(&fd, 1, 100) > 0 && usbredirparser_do_read(u) < 0)
			break;
	}
	usbredirparser_destroy(u);
	return q->known;
}

static bool open_peer(struct orl_devices *u, struct orl_device *d, char *why,
		size_t size)
{
	struct inquiry q = { .fd = connect_to(d->peer) };

	q.info = d->info;
	q.info.size = sizeof(q.info);
	bool ok = q.fd >= 0 && ask_peer(&q);
	if (!ok)
		snprintf(why, size,
				q.fd < 0 ? "nobody listens on %.100s"
					 : "who listens on %.100s says of no "
					   "device",
				d->peer);
	if (q.fd >= 0)
		close(q.fd);
	if (!ok)
		return false;
	pthread_mutex_lock(&u->lock);
	d->info = q.info;
	pthread_mutex_unlock(&u->lock);
	return true;
}

/* Both ways; false when it is closed. */
static bool move_peer(struct orl_devices *u, struct orl_device *d)
{
	static uint8_t bytes[64 << 10];
	size_t n, room;
	ssize_t k;

	pthread_mutex_lock(&u->lock);
	n = d->to_device.n < sizeof(bytes) ? d->to_device.n : sizeof(bytes);
	if (n)
		memcpy(bytes, d->to_device.p + d->to_device.at, n);
	room = d->to_desktop.n < QUEUE_MAX ? QUEUE_MAX - d->to_desktop.n : 0;
	pthread_mutex_unlock(&u->lock);
	k = n ? send(d->fd, bytes, n, MSG_DONTWAIT | MSG_NOSIGNAL) : 0;
	if (k < 0 && errno != EAGAIN && errno != EINTR)
		return false;
	if (k > 0) {
		pthread_mutex_lock(&u->lock);
		orl_devices_take(&d->to_device, (size_t)k);
		d->consumed += (size_t)k;
		pthread_mutex_unlock(&u->lock);
		orl_devices_post(u);
	}
	if (!room)
		return true;
	room = room < sizeof(bytes) ? room : sizeof(bytes);
	k = recv(d->fd, bytes, room, MSG_DONTWAIT);
	if (k < 0 && (errno == EAGAIN || errno == EINTR))
		return true;
	if (k <= 0)
		return false;
	pthread_mutex_lock(&u->lock);
	bool ok = orl_devices_put(&d->to_desktop, bytes, (size_t)k);
	pthread_mutex_unlock(&u->lock);
	orl_devices_post(u);
	return ok;
}

/* ---- devices of either kind -------------------------------------------- */

static bool hold(struct orl_devices *u, size_t i, char *why, size_t size)
{
	struct orl_device *d = &u->devices[i];

	if (d->peer)
		return open_peer(u, d, why, size);
	return orl_devices_local_open(u->local, i, why, size);
}

static bool make_pipe(struct orl_devices *u, size_t i)
{
	struct orl_device *d = &u->devices[i];

	if (!d->peer)
		return orl_devices_local_pipe(u->local, i);
	d->fd = connect_to(d->peer);
	return d->fd >= 0;
}

static bool move(struct orl_devices *u, size_t i)
{
	struct orl_device *d = &u->devices[i];

	return d->peer ? move_peer(u, d) : orl_devices_local_move(u->local, i);
}

static void let_go(struct orl_devices *u, size_t i)
{
	struct orl_device *d = &u->devices[i];

	if (d->fd >= 0)
		close(d->fd);
	d->fd = -1;
	if (!d->peer)
		orl_devices_local_close(u->local, i);
}

static void take_hold(struct orl_devices *u, size_t i)
{
	struct orl_device *d = &u->devices[i];
	char why[ORL_DEVICE_TEXT] = "";
	bool ok = hold(u, i, why, sizeof(why));

	pthread_mutex_lock(&u->lock);
	if (ok) {
		d->host = ORL_DEVICE_HELD;
	} else {
		snprintf(d->why, sizeof(d->why), "%s", why);
		/* A program may be started later than this one. */
		d->wanted = d->peer != NULL;
		d->again = orl_viewer_now() + AGAIN_MS * UINT64_C(1000000);
	}
	pthread_mutex_unlock(&u->lock);
	if (!ok)
		orl_viewer_say("USB device %04x:%04x %s: %s", d->info.vendor,
				d->info.product, d->info.name, why);
	orl_devices_post(u);
}

static void set_host(struct orl_devices *u, struct orl_device *d,
		enum orl_device_host_state state)
{
	pthread_mutex_lock(&u->lock);
	d->host = state;
	pthread_mutex_unlock(&u->lock);
	orl_devices_post(u);
}

/* Both have let go: as if nothing had been. */
static void start_over(struct orl_devices *u, struct orl_device *d, bool gone)
{
	pthread_mutex_lock(&u->lock);
	d->link = ORL_DEVICE_UNLINKED;
	/* Who listens on a socket may have another device soon. */
	if (d->host == ORL_DEVICE_PULLED && !d->peer)
		d->wanted = false;
	d->host = gone ? ORL_DEVICE_ABSENT : ORL_DEVICE_SEEN;
	d->again = gone ? 0 : d->again;
	orl_devices_forget(&d->to_desktop);
	orl_devices_forget(&d->to_device);
	d->consumed = 0;
	pthread_mutex_unlock(&u->lock);
	orl_devices_post(u);
}

static void work_on(struct orl_devices *u, size_t i)
{
	struct orl_device *d = &u->devices[i];

	pthread_mutex_lock(&u->lock);
	enum orl_device_host_state host = d->host;
	enum orl_device_link_state link = d->link;
	bool wanted = d->wanted, due = orl_viewer_now() >= d->again;
	pthread_mutex_unlock(&u->lock);
	switch (host) {
	case ORL_DEVICE_SEEN:
		if (link == ORL_DEVICE_ENDED)
			start_over(u, d, false);
		else if (wanted && link == ORL_DEVICE_UNLINKED && due)
			take_hold(u, i);
		break;
	case ORL_DEVICE_HELD:
	case ORL_DEVICE_PIPED:
		if (link == ORL_DEVICE_ENDED ||
				(link == ORL_DEVICE_UNLINKED && !wanted)) {
			let_go(u, i);
			start_over(u, d, false);
			d->again = orl_viewer_now() + 300 * UINT64_C(1000000);
		} else if (host == ORL_DEVICE_HELD &&
				link == ORL_DEVICE_LINKED) {
			bool ok = make_pipe(u, i);
			set_host(u, d,
					ok ? ORL_DEVICE_PIPED
					   : ORL_DEVICE_PULLED);
			/* What it says first waits for nothing. */
			orl_devices_wake(u);
		} else if (host == ORL_DEVICE_PIPED && !move(u, i)) {
			set_host(u, d, ORL_DEVICE_PULLED);
		}
		break;
	case ORL_DEVICE_PULLED:
		if (link != ORL_DEVICE_ENDED && link != ORL_DEVICE_UNLINKED)
			break;
		let_go(u, i);
		start_over(u, d, d->unplugged);
		d->again = orl_viewer_now() + AGAIN_MS * UINT64_C(1000000);
		break;
	case ORL_DEVICE_ABSENT:
	default:
		break;
	}
}

static int watch(struct orl_devices *u, struct pollfd *fds, size_t *count)
{
	uint64_t now = orl_viewer_now();
	int timeout = -1;
	size_t n = 0;

	fds[n++] = (struct pollfd){ u->wake[0], POLLIN, 0 };
	pthread_mutex_lock(&u->lock);
	for (size_t i = 0; i < ORL_DEVICE_SEEN_MAX; i++) {
		struct orl_device *d = &u->devices[i];
		short events = 0;

		if (d->wanted && d->host == ORL_DEVICE_SEEN) {
			int ms = d->again > now ? (int)((d->again - now) /
								  1000000) +
								  1
						: 0;
			timeout = timeout < 0 || ms < timeout ? ms : timeout;
		}
		if (d->fd < 0)
			continue;
		if (d->to_desktop.n < QUEUE_MAX)
			events |= POLLIN;
		if (d->to_device.n)
			events |= POLLOUT;
		fds[n++] = (struct pollfd){ d->fd, events, 0 };
	}
	pthread_mutex_unlock(&u->lock);
	if (u->local)
		n += orl_devices_local_watch(
				u->local, fds + n, LOCAL_FDS, &timeout);
	*count = n;
	return timeout;
}

static void *run(void *arg)
{
	struct orl_devices *u = arg;
	struct pollfd fds[1 + ORL_DEVICE_SEEN_MAX + LOCAL_FDS];
	uint8_t drain[64];
	size_t n;

	while (!atomic_load(&u->quit)) {
		int timeout = watch(u, fds, &n);

		if (poll(fds, n, timeout) < 0 && errno != EINTR)
			break;
		while (read(u->wake[0], drain, sizeof(drain)) > 0)
			;
		if (u->local)
			orl_devices_local_run(u->local);
		for (size_t i = 0; i < ORL_DEVICE_SEEN_MAX; i++)
			work_on(u, i);
	}
	for (size_t i = 0; i < ORL_DEVICE_SEEN_MAX; i++)
		if (u->devices[i].host >= ORL_DEVICE_HELD)
			let_go(u, i);
	orl_devices_local_destroy(u->local);
	return NULL;
}

void orl_devices_wake(struct orl_devices *u)
{
	/* One that is full wakes as well. */
	if (write(u->wake[1], "", 1) < 0)
		return;
}

void orl_devices_post(struct orl_devices *u)
{
	if (!atomic_exchange(&u->posted, true))
		orl_box_wake(u->viewer->box);
}

bool orl_devices_start(struct orl_devices *u)
{
	if (pipe(u->wake) < 0)
		return false;
	for (int i = 0; i < 2; i++)
		if (fcntl(u->wake[i], F_SETFL, O_NONBLOCK) < 0 ||
				fcntl(u->wake[i], F_SETFD, FD_CLOEXEC) < 0)
			return false;
	u->local = orl_devices_local_create(u);
	u->running = pthread_create(&u->thread, NULL, run, u) == 0;
	return u->running;
}

void orl_devices_stop(struct orl_devices *u)
{
	if (!u->running)
		return;
	atomic_store(&u->quit, true);
	orl_devices_wake(u);
	pthread_join(u->thread, NULL);
	close(u->wake[0]);
	close(u->wake[1]);
}
