/*
 * device.c - a USB device without hardware: what usbredir's usb-host is to a
 * guest, on a socket, made of memory and a file.
 *
 *	device disk|printer|mouse|stream|headset|camera FILE SOCKET
 *
 * A disk's content is FILE, a printer appends to it, a headset writes what is
 * played to it (16 bits, stereo, 48 kHz) and hears a tone; the others have no
 * use for it. It takes one connection after another; each is the device
 * plugged in anew. At the end of each it says on stdout what has passed.
 * SIGUSR1 unplugs it.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "tests/e2e/device.h"

enum {
	STRINGS = 4,
	INTERFACES = 4,
	TICK = 1000000, /* ns, of a full-speed bus */
	LATE_MAX = 50,  /* ticks that are made good */
};

struct usbredirparser *device_parser;
uint64_t device_received, device_sent;

static const struct device_kind *const kinds[] = { &device_disk,
	&device_printer, &device_mouse, &device_stream, &device_headset,
	&device_camera };
static const struct device_kind *kind;
static int line;
static volatile sig_atomic_t unplug;
static uint8_t setting[INTERFACES];
static uint8_t streaming; /* the IN endpoint that does, or 0 */
static int64_t next_tick;

static const uint8_t device[] = { 18, 1, 0, 2, 0, 0, 0, 64, 0x27, 0x06, 0x11,
	0x22, 0, 1, 1, 2, 3, 1 };
static const char *const strings[STRINGS] = { "", "Oriel", "Test device",
	"T0001" };

void device_die(const char *what)
{
	perror(what);
	exit(1);
}

static void on_unplug(int number)
{
	(void)number;
	unplug = 1;
}

static int64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* ---- what it is, as its configuration says ----------------------------- */

static void send_endpoints(void)
{
	struct usb_redir_ep_info_header e;
	const uint8_t *d = kind->configuration;
	size_t n = kind->n;
	uint8_t interface = 0;
	bool now_set = false;

	memset(&e, 0, sizeof(e));
	memset(e.type, usb_redir_type_invalid, sizeof(e.type));
	e.type[0] = e.type[16] = usb_redir_type_control;
	e.max_packet_size[0] = e.max_packet_size[16] = 64;
	for (; n >= 2 && d[0] >= 2 && d[0] <= n; n -= d[0], d += d[0]) {
		if (d[1] == 4) {
			interface = d[2];
			now_set = setting[interface % INTERFACES] == d[3];
		}
		if (d[1] != 5 || !now_set)
			continue;
		unsigned i = (d[2] & 15u) | (d[2] & 0x80 ? 16u : 0);
		e.type[i] = d[3] & 3;
		e.interval[i] = d[6];
		e.interface[i] = interface;
		e.max_packet_size[i] = (uint16_t)(d[4] | d[5] << 8);
	}
	usbredirparser_send_ep_info(device_parser, &e);
}

static void send_interfaces(void)
{
	struct usb_redir_interface_info_header f;
	const uint8_t *d = kind->configuration;
	size_t n = kind->n;

	memset(&f, 0, sizeof(f));
	for (; n >= 2 && d[0] >= 2 && d[0] <= n; n -= d[0], d += d[0]) {
		if (d[1] != 4 || d[3] != setting[d[2] % INTERFACES])
			continue;
		f.interface[f.interface_count] = d[2];
		f.interface_class[f.interface_count] = d[5];
		f.interface_subclass[f.interface_count] = d[6];
		f.interface_protocol[f.interface_count++] = d[7];
	}
	usbredirparser_send_interface_info(device_parser, &f);
}

static size_t room_of(uint8_t endpoint)
{
	const uint8_t *d = kind->configuration;
	size_t n = kind->n, room = 0;

	for (; n >= 2 && d[0] >= 2 && d[0] <= n; n -= d[0], d += d[0])
		if (d[1] == 5 && d[2] == endpoint)
			room = (size_t)(d[4] | d[5] << 8);
	return room;
}

/* ---- the parser's calls ------------------------------------------------ */

static void on_log(void *priv, int level, const char *text)
{
	(void)priv;
	if (level <= usbredirparser_warning)
		fprintf(stderr, "%s\n", text);
}

static int on_read(void *priv, uint8_t *data, int n)
{
	ssize_t k = read(line, data, (size_t)n);

	(void)priv;
	if (k < 0 && errno == EAGAIN)
		return 0;
	return k > 0 ? (int)k : -1;
}

static int on_write(void *priv, uint8_t *data, int n)
{
	ssize_t k = send(line, data, (size_t)n, MSG_NOSIGNAL);

	(void)priv;
	if (k < 0 && errno == EAGAIN)
		return 0;
	return k < 0 ? -1 : (int)k;
}

static void on_hello(void *priv, struct usb_redir_hello_header *h)
{
	struct usb_redir_device_connect_header connect = { .speed = kind->speed,
		.vendor_id = 0x0627,
		.product_id = 0x2211,
		.device_version_bcd = 0x0100 };

	(void)priv;
	(void)h;
	send_interfaces();
	send_endpoints();
	usbredirparser_send_device_connect(device_parser, &connect);
}

static void start_over(void)
{
	memset(setting, 0, sizeof(setting));
	streaming = 0;
	if (kind->reset)
		kind->reset();
}

static void on_reset(void *priv)
{
	(void)priv;
	start_over();
}

static void on_set_configuration(void *priv, uint64_t id,
		struct usb_redir_set_configuration_header *h)
{
	struct usb_redir_configuration_status_header s = { 0,
		h->configuration };

	(void)priv;
	usbredirparser_send_configuration_status(device_parser, id, &s);
}

static void on_get_configuration(void *priv, uint64_t id)
{
	struct usb_redir_configuration_status_header s = { 0, 1 };

	(void)priv;
	usbredirparser_send_configuration_status(device_parser, id, &s);
}

static void on_set_alt(void *priv, uint64_t id,
		struct usb_redir_set_alt_setting_header *h)
{
	struct usb_redir_alt_setting_status_header s = { 0, h->interface,
		h->alt };

	(void)priv;
	setting[h->interface % INTERFACES] = h->alt;
	send_interfaces();
	send_endpoints();
	usbredirparser_send_alt_setting_status(device_parser, id, &s);
}

static void on_get_alt(void *priv, uint64_t id,
		struct usb_redir_get_alt_setting_header *h)
{
	struct usb_redir_alt_setting_status_header s = { 0, h->interface,
		setting[h->interface % INTERFACES] };

	(void)priv;
	usbredirparser_send_alt_setting_status(device_parser, id, &s);
}

static void on_interrupt_start(void *priv, uint64_t id,
		struct usb_redir_start_interrupt_receiving_header *h)
{
	struct usb_redir_interrupt_receiving_status_header s = { 0,
		h->endpoint };

	(void)priv;
	usbredirparser_send_interrupt_receiving_status(device_parser, id, &s);
}

static void on_interrupt_stop(void *priv, uint64_t id,
		struct usb_redir_stop_interrupt_receiving_header *h)
{
	struct usb_redir_interrupt_receiving_status_header s = { 0,
		h->endpoint };

	(void)priv;
	usbredirparser_send_interrupt_receiving_status(device_parser, id, &s);
}

static void answer_stream(uint64_t id, uint8_t endpoint)
{
	struct usb_redir_iso_stream_status_header s = { 0, endpoint };

	usbredirparser_send_iso_stream_status(device_parser, id, &s);
}

static void on_iso_start(void *priv, uint64_t id,
		struct usb_redir_start_iso_stream_header *h)
{
	(void)priv;
	if (h->endpoint & 0x80) {
		streaming = h->endpoint;
		next_tick = now();
	}
	answer_stream(id, h->endpoint);
}

static void on_iso_stop(void *priv, uint64_t id,
		struct usb_redir_stop_iso_stream_header *h)
{
	(void)priv;
	if (streaming == h->endpoint)
		streaming = 0;
	answer_stream(id, h->endpoint);
}

static void on_iso(void *priv, uint64_t id,
		struct usb_redir_iso_packet_header *h, uint8_t *data, int n)
{
	(void)priv;
	(void)id;
	(void)h;
	device_received += (uint64_t)n;
	if (kind->iso_out)
		kind->iso_out(data, (size_t)n);
	usbredirparser_free_packet_data(device_parser, data);
}

/* What was to be cancelled has been answered long ago. */
static void on_cancel(void *priv, uint64_t id)
{
	(void)priv;
	(void)id;
}

static void on_nothing(void *priv)
{
	(void)priv;
}

static void on_filter(void *priv, struct usbredirfilter_rule *rules, int n)
{
	(void)priv;
	(void)n;
	free(rules);
}

/* ---- control ----------------------------------------------------------- */

static void put_string(uint8_t *out, size_t *n, unsigned i)
{
	if (!i) {
		memcpy(out, "\4\3\11\4", 4);
		*n = 4;
	} else if (i < STRINGS) {
		*n = 2 + 2 * strlen(strings[i]);
		memset(out, 0, *n);
		out[0] = (uint8_t)*n;
		out[1] = 3;
		for (size_t k = 0; strings[i][k]; k++)
			out[2 + 2 * k] = (uint8_t)strings[i][k];
	}
}

static bool standard(uint8_t *out, size_t *n,
		const struct usb_redir_control_packet_header *h)
{
	switch (h->value >> 8) {
	case 1:
		memcpy(out, device, sizeof(device));
		*n = sizeof(device);
		return true;
	case 2:
		memcpy(out, kind->configuration, kind->n);
		*n = kind->n;
		return true;
	case 3:
		put_string(out, n, h->value & 255);
		return *n > 0;
	case 6:
		memcpy(out, "\12\6\0\2\0\0\0\100\1\0", 10);
		*n = 10;
		return true;
	default:
		return kind->control && kind->control(out, n, h, NULL);
	}
}

static bool answer(uint8_t *out, size_t *n,
		const struct usb_redir_control_packet_header *h,
		const uint8_t *data)
{
	if ((h->requesttype == 0x80 || h->requesttype == 0x81) &&
			h->request == 6)
		return standard(out, n, h);
	if (h->requesttype == 0x80 && h->request == 0) {
		memset(out, 0, 2);
		*n = 2;
		return true;
	}
	bool ok = kind->control && kind->control(out, n, h, data);
	return ok || !(h->requesttype & 0x80);
}

static void on_control(void *priv, uint64_t id,
		struct usb_redir_control_packet_header *h, uint8_t *data, int k)
{
	struct usb_redir_control_packet_header r = *h;
	uint8_t bytes[1024];
	size_t n = 0;
	bool ok = answer(bytes, &n, h, data);

	(void)priv;
	(void)k;
	n = n < h->length ? n : h->length;
	n = ok && h->requesttype & 0x80 ? n : 0;
	r.status = ok ? usb_redir_success : usb_redir_stall;
	r.length = h->requesttype & 0x80 ? (uint16_t)n : h->length;
	usbredirparser_send_control_packet(
			device_parser, id, &r, n ? bytes : NULL, (int)n);
	usbredirparser_free_packet_data(device_parser, data);
}

/* ---- bulk, and what comes every millisecond ---------------------------- */

void device_answer_bulk(uint64_t id, struct usb_redir_bulk_packet_header *r,
		const uint8_t *data, size_t n)
{
	r->length = (uint16_t)n;
	r->length_high = (uint16_t)(n >> 16);
	device_sent += n;
	usbredirparser_send_bulk_packet(device_parser, id, r,
			n ? (uint8_t *)(uintptr_t)data : NULL, (int)n);
}

static void on_bulk(void *priv, uint64_t id,
		struct usb_redir_bulk_packet_header *h, uint8_t *data, int n)
{
	struct usb_redir_bulk_packet_header r = *h;

	(void)priv;
	r.status = usb_redir_success;
	if (!(h->endpoint & 0x80)) {
		device_received += (uint64_t)n;
		kind->bulk_out(data, (size_t)n);
		usbredirparser_send_bulk_packet(device_parser, id, &r, NULL, 0);
	} else if (kind->bulk_in) {
		kind->bulk_in(id, &r, h->length | (size_t)h->length_high << 16);
	}
	usbredirparser_free_packet_data(device_parser, data);
}

/* What is due, and how long until more is: milliseconds for poll. */
static int tick(void)
{
	static uint64_t id;
	uint8_t data[1024];

	if (!streaming)
		return -1;
	if (now() - next_tick > (int64_t)LATE_MAX * TICK)
		next_tick = now();
	for (; next_tick <= now(); next_tick += TICK) {
		struct usb_redir_iso_packet_header h = {
			.endpoint = streaming
		};
		size_t room = room_of(streaming);
		size_t n = kind->iso_in(data,
				room < sizeof(data) ? room : sizeof(data));

		h.length = (uint16_t)n;
		device_sent += n;
		usbredirparser_send_iso_packet(
				device_parser, id++, &h, data, (int)n);
	}
	return 1;
}

/* ---- one connection ---------------------------------------------------- */

static void set_calls(struct usbredirparser *p)
{
	p->log_func = on_log;
	p->read_func = on_read;
	p->write_func = on_write;
	p->hello_func = on_hello;
	p->reset_func = on_reset;
	p->set_configuration_func = on_set_configuration;
	p->get_configuration_func = on_get_configuration;
	p->set_alt_setting_func = on_set_alt;
	p->get_alt_setting_func = on_get_alt;
	p->start_iso_stream_func = on_iso_start;
	p->stop_iso_stream_func = on_iso_stop;
	p->control_packet_func = on_control;
	p->bulk_packet_func = on_bulk;
	p->iso_packet_func = on_iso;
	p->cancel_data_packet_func = on_cancel;
	p->filter_reject_func = on_nothing;
	p->filter_filter_func = on_filter;
	p->device_disconnect_ack_func = on_nothing;
	p->start_interrupt_receiving_func = on_interrupt_start;
	p->stop_interrupt_receiving_func = on_interrupt_stop;
}

static void make_parser(void)
{
	uint32_t caps[USB_REDIR_CAPS_SIZE] = { 0 };

	device_parser = usbredirparser_create();
	if (!device_parser)
		device_die("usbredirparser_create");
	set_calls(device_parser);
	usbredirparser_caps_set_cap(caps, usb_redir_cap_connect_device_version);
	usbredirparser_caps_set_cap(
			caps, usb_redir_cap_ep_info_max_packet_size);
	usbredirparser_caps_set_cap(caps, usb_redir_cap_64bits_ids);
	usbredirparser_caps_set_cap(caps, usb_redir_cap_32bits_bulk_length);
	usbredirparser_caps_set_cap(caps, usb_redir_cap_device_disconnect_ack);
	usbredirparser_init(device_parser, "oriel test device", caps,
			USB_REDIR_CAPS_SIZE, usbredirparser_fl_usb_host);
}

static void serve(void)
{
	struct pollfd fd;

	device_received = device_sent = 0;
	unplug = 0;
	start_over();
	fcntl(line, F_SETFL, O_NONBLOCK);
	make_parser();
	for (;;) {
		int wait = tick();

		if (usbredirparser_has_data_to_write(device_parser) &&
				usbredirparser_do_write(device_parser) < 0)
			break;
		fd = (struct pollfd){ line, POLLIN, 0 };
		if (usbredirparser_has_data_to_write(device_parser))
			fd.events |= POLLOUT;
		if (poll(&fd, 1, wait) < 0 && errno != EINTR)
			break;
		if (unplug)
			break;
		if (fd.revents & ~POLLOUT &&
				usbredirparser_do_read(device_parser) < 0)
			break;
	}
	usbredirparser_destroy(device_parser);
	close(line);
	if (device_received || device_sent)
		printf("end: %llu bytes out, %llu in\n",
				(unsigned long long)device_received,
				(unsigned long long)device_sent);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	struct sigaction action = { .sa_handler = on_unplug };
	int listener;

	for (size_t i = 0; argc == 4 && i < sizeof(kinds) / sizeof(*kinds); i++)
		if (strcmp(argv[1], kinds[i]->name) == 0)
			kind = kinds[i];
	if (!kind || strlen(argv[3]) >= sizeof(name.sun_path)) {
		fputs("usage: see the top of device.c\n", stderr);
		return 2;
	}
	if (kind->open)
		kind->open(argv[2]);
	sigaction(SIGUSR1, &action, NULL);
	memcpy(name.sun_path, argv[3], strlen(argv[3]));
	listener = socket(AF_UNIX, SOCK_STREAM, 0);
	if (listener < 0 ||
			bind(listener, (struct sockaddr *)&name, sizeof(name)) <
					0 ||
			listen(listener, 4) < 0)
		device_die(argv[3]);
	for (;;) {
		line = accept(listener, NULL, NULL);
		if (line >= 0)
			serve();
		else if (errno != EINTR)
			device_die("accept");
	}
}
