/*
 * usbguest.c - what takes a device without a machine around it: a usbredir
 * guest that listens on a socket, as QEMU's usb-redir does behind a chardev,
 * and moves bytes as fast as the pipe lets it.
 *
 *	usbguest SOCKET in|out|both BYTES SIZE DEPTH [TIMES]
 *
 * Of a device of kind `stream` (device.c) it reads or writes BYTES, in
 * transfers of SIZE of which DEPTH are asked for at a time, looks at what it
 * reads, and says a line of JSON: bytes, seconds, Mbit/s. Then it closes the
 * socket, which unplugs the device, and takes it again TIMES times in all (0:
 * for ever).
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <usbredirparser.h>

enum { TRANSFER_MAX = 1 << 20 };

struct way {
	bool used;
	uint8_t endpoint;
	uint64_t asked, done;
	unsigned waiting;
};

static struct usbredirparser *parser;
static int line;
static bool there, broken;
static struct way in = { .endpoint = 0x81 }, out = { .endpoint = 2 };
static uint64_t goal;
static size_t size;
static unsigned depth;
static uint8_t bytes[TRANSFER_MAX];

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* ---- the parser's calls ------------------------------------------------ */

static void on_log(void *priv, int level, const char *text)
{
	(void)priv;
	if (level <= usbredirparser_warning)
		fprintf(stderr, "usbguest: %s\n", text);
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
	(void)priv;
	(void)h;
}

static void on_interfaces(void *priv, struct usb_redir_interface_info_header *h)
{
	(void)priv;
	(void)h;
}

static void on_endpoints(void *priv, struct usb_redir_ep_info_header *h)
{
	(void)priv;
	(void)h;
}

static void on_connect(void *priv, struct usb_redir_device_connect_header *h)
{
	struct usb_redir_set_configuration_header set = { 1 };

	(void)priv;
	(void)h;
	usbredirparser_send_set_configuration(parser, 1, &set);
}

static void on_configured(void *priv, uint64_t id,
		struct usb_redir_configuration_status_header *h)
{
	(void)priv;
	(void)id;
	(void)h;
	there = true;
}

static void on_disconnect(void *priv)
{
	(void)priv;
	there = false;
}

static void on_bulk(void *priv, uint64_t id,
		struct usb_redir_bulk_packet_header *h, uint8_t *data, int n)
{
	struct way *w = h->endpoint & 0x80 ? &in : &out;

	(void)priv;
	(void)id;
	if (h->status != usb_redir_success || (w == &in && (size_t)n != size)) {
		fprintf(stderr, "usbguest: a transfer went wrong\n");
		broken = true;
	}
	/* The device counts in words of four bytes, from 0 for each taker. */
	for (size_t i = 0; w == &in && i + 4 <= (size_t)n && !broken; i += 4) {
		uint32_t v, want = (uint32_t)((w->done + i) / 4);

		memcpy(&v, data + i, 4);
		if (v != want) {
			fprintf(stderr, "usbguest: %u, not %u\n", v, want);
			broken = true;
		}
	}
	w->waiting--;
	w->done += size;
	usbredirparser_free_packet_data(parser, data);
}

/* ---- one device -------------------------------------------------------- */

static void make_parser(void)
{
	uint32_t caps[USB_REDIR_CAPS_SIZE] = { 0 };

	parser = usbredirparser_create();
	if (!parser)
		die("usbredirparser_create");
	parser->log_func = on_log;
	parser->read_func = on_read;
	parser->write_func = on_write;
	parser->hello_func = on_hello;
	parser->interface_info_func = on_interfaces;
	parser->ep_info_func = on_endpoints;
	parser->device_connect_func = on_connect;
	parser->device_disconnect_func = on_disconnect;
	parser->configuration_status_func = on_configured;
	parser->bulk_packet_func = on_bulk;
	usbredirparser_caps_set_cap(caps, usb_redir_cap_connect_device_version);
	usbredirparser_caps_set_cap(
			caps, usb_redir_cap_ep_info_max_packet_size);
	usbredirparser_caps_set_cap(caps, usb_redir_cap_64bits_ids);
	usbredirparser_caps_set_cap(caps, usb_redir_cap_32bits_bulk_length);
	usbredirparser_caps_set_cap(caps, usb_redir_cap_device_disconnect_ack);
	usbredirparser_init(parser, "oriel test guest", caps,
			USB_REDIR_CAPS_SIZE, 0);
}

static void ask(struct way *w)
{
	static uint64_t id = 10;

	while (w->used && there && w->asked < goal && w->waiting < depth) {
		struct usb_redir_bulk_packet_header h = {
			.endpoint = w->endpoint,
			.length = (uint16_t)size,
			.length_high = (uint16_t)(size >> 16)
		};

		for (size_t i = 0; w == &out && i + 4 <= size; i += 4) {
			uint32_t v = (uint32_t)((w->asked + i) / 4);
			memcpy(bytes + i, &v, 4);
		}
		usbredirparser_send_bulk_packet(parser, id++, &h,
				w == &out ? bytes : NULL,
				w == &out ? (int)size : 0);
		w->asked += size;
		w->waiting++;
	}
}

static bool finished(const struct way *w)
{
	return !w->used || w->done >= goal;
}

static void serve(const char *way)
{
	double begun = 0;

	in = (struct way){ .endpoint = 0x81, .used = *way != 'o' };
	out = (struct way){ .endpoint = 2, .used = *way != 'i' };
	there = broken = false;
	fcntl(line, F_SETFL, O_NONBLOCK);
	make_parser();
	for (;;) {
		struct pollfd fd = { line, POLLIN, 0 };

		if (there && !begun)
			begun = now();
		ask(&in);
		ask(&out);
		if (usbredirparser_has_data_to_write(parser) &&
				usbredirparser_do_write(parser) < 0)
			break;
		if (usbredirparser_has_data_to_write(parser))
			fd.events |= POLLOUT;
		if (broken || (there && finished(&in) && finished(&out)))
			break;
		if (poll(&fd, 1, -1) < 0 && errno != EINTR)
			break;
		if (fd.revents & ~POLLOUT && usbredirparser_do_read(parser) < 0)
			break;
	}
	double took = begun > 0 ? now() - begun : 0;
	double done = (double)(in.done + out.done);
	printf("{\"bytes\":%.0f,\"seconds\":%.3f,\"mbit_s\":%.3f,\"ok\":%s}\n",
			done, took, took > 0 ? done * 8 / took / 1e6 : 0,
			!broken && begun > 0 && finished(&in) && finished(&out)
					? "true"
					: "false");
	fflush(stdout);
	usbredirparser_destroy(parser);
	close(line);
}

int main(int argc, char **argv)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	unsigned times = argc > 6 ? (unsigned)atoi(argv[6]) : 1;
	int listener;

	if (argc < 6 || strlen(argv[1]) >= sizeof(name.sun_path)) {
		fputs("usage: see the top of usbguest.c\n", stderr);
		return 2;
	}
	goal = strtoull(argv[3], NULL, 10);
	size = strtoul(argv[4], NULL, 10);
	depth = (unsigned)strtoul(argv[5], NULL, 10);
	if (!size || size > TRANSFER_MAX || size % 4 || !depth)
		return 2;
	memcpy(name.sun_path, argv[1], strlen(argv[1]));
	listener = socket(AF_UNIX, SOCK_STREAM, 0);
	if (listener < 0 ||
			bind(listener, (struct sockaddr *)&name, sizeof(name)) <
					0 ||
			listen(listener, 4) < 0)
		die(argv[1]);
	for (unsigned i = 0; !times || i < times; i++) {
		line = accept(listener, NULL, NULL);
		if (line < 0)
			die("accept");
		serve(argv[2]);
	}
	return 0;
}
