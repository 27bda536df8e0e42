/*
 * device.c - a USB device without hardware: what usbredir's usb-host is to a
 * guest, on a socket, made of memory and a file.
 *
 *	device disk|printer|mouse FILE SOCKET
 *
 * A disk's content is FILE, a printer appends to it. It takes one connection
 * after another; each is the device plugged in anew. At the end of each it
 * says on stdout what has passed. SIGUSR1 unplugs it.
 */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <usbredirparser.h>

enum { BLOCK = 512, STRINGS = 4 };

enum kind { DISK, PRINTER, MOUSE };

/* What a disk is about to do. */
enum phase { COMMAND, DATA_IN, DATA_OUT, STATUS };

static enum kind kind;
static int line, out_file;
static uint8_t *image;
static size_t image_n;
static struct usbredirparser *parser;
static uint64_t received, sent;
static volatile sig_atomic_t unplug;

static struct {
	enum phase phase;
	uint8_t tag[4], status, small[64];
	uint32_t residue;
	uint8_t *from, *to;
	size_t left, wanted;
} disk;

static const uint8_t device[] = { 18, 1, 0, 2, 0, 0, 0, 64, 0x27, 0x06, 0x11,
	0x22, 0, 1, 1, 2, 3, 1 };
static const uint8_t configurations[][34] = {
	{ 9, 2, 32, 0, 1, 1, 0, 0x80, 50, 9, 4, 0, 0, 2, 8, 6, 0x50, 0, 7, 5,
			0x81, 2, 0, 2, 0, 7, 5, 2, 2, 0, 2, 0 },
	{ 9, 2, 32, 0, 1, 1, 0, 0x80, 50, 9, 4, 0, 0, 2, 7, 1, 2, 0, 7, 5, 0x81,
			2, 0, 2, 0, 7, 5, 2, 2, 0, 2, 0 },
	{ 9, 2, 34, 0, 1, 1, 0, 0x80, 50, 9, 4, 0, 0, 1, 3, 1, 2, 0, 9, 0x21,
			0x11, 1, 0, 1, 0x22, 52, 0, 7, 5, 0x81, 3, 8, 0, 7 },
};
/* Three buttons, X, Y and a wheel. */
static const uint8_t report[52] = { 5, 1, 9, 2, 0xa1, 1, 9, 1, 0xa1, 0, 5, 9,
	0x19, 1, 0x29, 3, 0x15, 0, 0x25, 1, 0x95, 3, 0x75, 1, 0x81, 2, 0x95, 1,
	0x75, 5, 0x81, 1, 5, 1, 9, 0x30, 9, 0x31, 9, 0x38, 0x15, 0x81, 0x25,
	0x7f, 0x75, 8, 0x95, 3, 0x81, 6, 0xc0, 0xc0 };
static const char *const strings[STRINGS] = { "", "Oriel", "Test device",
	"T0001" };
static const char printer_id[] = "MFG:Oriel;MDL:Test;CLS:PRINTER;";

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void on_unplug(int number)
{
	(void)number;
	unplug = 1;
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
	struct pollfd fd = { line, POLLOUT, 0 };
	ssize_t k;

	(void)priv;
	do {
		k = send(line, data, (size_t)n, MSG_NOSIGNAL);
	} while (k < 0 && errno == EAGAIN && poll(&fd, 1, 10000) > 0);
	return k < 0 ? -1 : (int)k;
}

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

static void on_hello(void *priv, struct usb_redir_hello_header *h)
{
	static const uint8_t classes[][3] = { { 8, 6, 0x50 }, { 7, 1, 2 },
		{ 3, 1, 2 } };
	struct usb_redir_interface_info_header interfaces = {
		.interface_count = 1
	};
	struct usb_redir_ep_info_header endpoints;
	struct usb_redir_device_connect_header connect = {
		.speed = kind == MOUSE ? usb_redir_speed_full
				       : usb_redir_speed_high,
		.vendor_id = 0x0627,
		.product_id = 0x2211,
		.device_version_bcd = 0x0100
	};

	(void)priv;
	(void)h;
	interfaces.interface_class[0] = classes[kind][0];
	interfaces.interface_subclass[0] = classes[kind][1];
	interfaces.interface_protocol[0] = classes[kind][2];
	memset(&endpoints, 0, sizeof(endpoints));
	memset(endpoints.type, usb_redir_type_invalid, sizeof(endpoints.type));
	endpoints.type[0] = endpoints.type[16] = usb_redir_type_control;
	endpoints.max_packet_size[0] = endpoints.max_packet_size[16] = 64;
	if (kind == MOUSE) {
		endpoints.type[17] = usb_redir_type_interrupt;
		endpoints.interval[17] = 7;
		endpoints.max_packet_size[17] = 8;
	} else {
		endpoints.type[2] = endpoints.type[17] = usb_redir_type_bulk;
		endpoints.max_packet_size[2] = endpoints.max_packet_size[17] =
				512;
	}
	usbredirparser_send_interface_info(parser, &interfaces);
	usbredirparser_send_ep_info(parser, &endpoints);
	usbredirparser_send_device_connect(parser, &connect);
}

static void on_reset(void *priv)
{
	(void)priv;
	disk.phase = COMMAND;
}

static void on_set_configuration(void *priv, uint64_t id,
		struct usb_redir_set_configuration_header *h)
{
	struct usb_redir_configuration_status_header s = { 0,
		h->configuration };

	(void)priv;
	usbredirparser_send_configuration_status(parser, id, &s);
}

static void on_get_configuration(void *priv, uint64_t id)
{
	struct usb_redir_configuration_status_header s = { 0, 1 };

	(void)priv;
	usbredirparser_send_configuration_status(parser, id, &s);
}

static void on_set_alt(void *priv, uint64_t id,
		struct usb_redir_set_alt_setting_header *h)
{
	struct usb_redir_alt_setting_status_header s = { 0, h->interface,
		h->alt };

	(void)priv;
	usbredirparser_send_alt_setting_status(parser, id, &s);
}

static void on_get_alt(void *priv, uint64_t id,
		struct usb_redir_get_alt_setting_header *h)
{
	struct usb_redir_alt_setting_status_header s = { 0, h->interface, 0 };

	(void)priv;
	usbredirparser_send_alt_setting_status(parser, id, &s);
}

static void on_interrupt_start(void *priv, uint64_t id,
		struct usb_redir_start_interrupt_receiving_header *h)
{
	struct usb_redir_interrupt_receiving_status_header s = { 0,
		h->endpoint };

	(void)priv;
	usbredirparser_send_interrupt_receiving_status(parser, id, &s);
}

static void on_interrupt_stop(void *priv, uint64_t id,
		struct usb_redir_stop_interrupt_receiving_header *h)
{
	struct usb_redir_interrupt_receiving_status_header s = { 0,
		h->endpoint };

	(void)priv;
	usbredirparser_send_interrupt_receiving_status(parser, id, &s);
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

static bool standard(uint8_t *out, size_t *n, uint16_t value)
{
	unsigned which = value & 255;

	switch (value >> 8) {
	case 1:
		memcpy(out, device, sizeof(device));
		*n = sizeof(device);
		return true;
	case 2:
		*n = configurations[kind][2];
		memcpy(out, configurations[kind], *n);
		return true;
	case 3:
		put_string(out, n, which);
		return *n > 0;
	case 6:
		memcpy(out, "\12\6\0\2\0\0\0\100\1\0", 10);
		*n = 10;
		return true;
	case 0x22:
		memcpy(out, report, sizeof(report));
		*n = sizeof(report);
		return kind == MOUSE;
	default:
		return false;
	}
}

static bool answer(uint8_t *out, size_t *n,
		const struct usb_redir_control_packet_header *h)
{
	if (!(h->requesttype & 0x80))
		return true;
	if ((h->requesttype == 0x80 || h->requesttype == 0x81) &&
			h->request == 6)
		return standard(out, n, h->value);
	if (h->requesttype == 0x80 && h->request == 0) {
		memset(out, 0, 2);
		*n = 2;
		return true;
	}
	if (h->requesttype == 0xa1 && h->request == 0xfe) {
		out[0] = 0; /* one unit */
		*n = 1;
		return true;
	}
	if (h->requesttype == 0xa1 && h->request == 0 && kind == PRINTER) {
		*n = sizeof(printer_id) + 1;
		out[0] = 0;
		out[1] = (uint8_t)*n;
		memcpy(out + 2, printer_id, sizeof(printer_id) - 1);
		return true;
	}
	if (h->requesttype == 0xa1 && h->request == 1 && kind != DISK) {
		memset(out, 0, 4);
		out[0] = 0x18;
		*n = kind == PRINTER ? 1 : 4;
		return true;
	}
	return false;
}

static void on_control(void *priv, uint64_t id,
		struct usb_redir_control_packet_header *h, uint8_t *data, int k)
{
	struct usb_redir_control_packet_header r = *h;
	uint8_t bytes[256];
	size_t n = 0;
	bool ok = answer(bytes, &n, h);

	(void)priv;
	(void)k;
	n = n < h->length ? n : h->length;
	r.status = ok ? usb_redir_success : usb_redir_stall;
	r.length = h->requesttype & 0x80 ? (uint16_t)n : h->length;
	usbredirparser_send_control_packet(
			parser, id, &r, n ? bytes : NULL, (int)n);
	usbredirparser_free_packet_data(parser, data);
}

/* ---- bulk -------------------------------------------------------------- */

static uint32_t big(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, 4);
	return be32toh(v);
}

static void transfer(const uint8_t *c)
{
	size_t at = (size_t)big(c + 2) * BLOCK;
	size_t n = (size_t)(c[7] << 8 | c[8]) * BLOCK;

	if (at > image_n || n > image_n - at) {
		disk.status = 1;
		return;
	}
	if (c[0] == 0x28)
		disk.from = image + at;
	else
		disk.to = image + at;
	disk.left = n;
}

static void command(const uint8_t *c, uint32_t wanted, bool in)
{
	uint32_t last = htobe32((uint32_t)(image_n / BLOCK - 1));
	uint32_t block = htobe32(BLOCK);

	disk.status = 0;
	disk.from = disk.small;
	disk.to = NULL;
	disk.left = 0;
	memset(disk.small, 0, sizeof(disk.small));
	switch (c[0]) {
	case 0x12: /* inquiry */
		memcpy(disk.small, "\0\200\5\2\37", 5);
		memcpy(disk.small + 8, "Oriel   Test disk       1.0 ", 28);
		disk.left = 36;
		break;
	case 0x03: /* request sense */
		disk.small[0] = 0x70;
		disk.small[2] = 5;
		disk.small[7] = 10;
		disk.small[12] = 0x20;
		disk.left = 18;
		break;
	case 0x25: /* capacity */
		memcpy(disk.small, &last, 4);
		memcpy(disk.small + 4, &block, 4);
		disk.left = 8;
		break;
	case 0x1a: /* mode sense */
		disk.small[0] = 3;
		disk.left = 4;
		break;
	case 0x28:
	case 0x2a:
		transfer(c);
		break;
	case 0x00:
	case 0x1b:
	case 0x1e:
	case 0x35:
		break;
	default:
		disk.status = 1;
	}
	disk.left = disk.left < wanted ? disk.left : wanted;
	disk.wanted = wanted;
	disk.residue = wanted - (uint32_t)disk.left;
	disk.phase = !wanted ? STATUS : in ? DATA_IN : DATA_OUT;
}

static void bulk_in(uint64_t id, struct usb_redir_bulk_packet_header *r,
		size_t room)
{
	uint8_t status[13] = "USBS";
	uint32_t residue = htole32(disk.residue);
	const uint8_t *from = status;
	size_t n = sizeof(status);

	if (kind == PRINTER)
		return; /* it has nothing to say, ever */
	if (disk.phase == DATA_IN) {
		n = disk.left < room ? disk.left : room;
		from = disk.from;
		disk.from += n;
		disk.left -= n;
		if (!disk.left)
			disk.phase = STATUS;
		if (!n)
			r->status = usb_redir_stall;
	} else {
		memcpy(status + 4, disk.tag, 4);
		memcpy(status + 8, &residue, 4);
		status[12] = disk.status;
		disk.phase = COMMAND;
	}
	r->length = (uint16_t)n;
	r->length_high = (uint16_t)(n >> 16);
	sent += n;
	usbredirparser_send_bulk_packet(parser, id, r,
			n ? (uint8_t *)(uintptr_t)from : NULL, (int)n);
}

static void bulk_out(const uint8_t *data, size_t n)
{
	uint32_t wanted;

	received += n;
	if (kind == PRINTER) {
		if (write(out_file, data, n) < 0)
			die("write");
	} else if (disk.phase == COMMAND && n == 31 &&
			memcmp(data, "USBC", 4) == 0) {
		memcpy(disk.tag, data + 4, 4);
		memcpy(&wanted, data + 8, 4);
		command(data + 15, le32toh(wanted), data[12] & 0x80);
	} else if (disk.phase == DATA_OUT) {
		size_t k = n < disk.left ? n : disk.left;

		if (disk.to && k)
			memcpy(disk.to, data, k);
		disk.to += disk.to ? k : 0;
		disk.left -= k;
		disk.wanted -= n < disk.wanted ? n : disk.wanted;
		if (!disk.wanted)
			disk.phase = STATUS;
	}
}

static void on_bulk(void *priv, uint64_t id,
		struct usb_redir_bulk_packet_header *h, uint8_t *data, int n)
{
	struct usb_redir_bulk_packet_header r = *h;

	(void)priv;
	r.status = usb_redir_success;
	if (h->endpoint & 0x80) {
		bulk_in(id, &r, h->length | (size_t)h->length_high << 16);
	} else {
		bulk_out(data, (size_t)n);
		usbredirparser_send_bulk_packet(parser, id, &r, NULL, 0);
	}
	usbredirparser_free_packet_data(parser, data);
}

/* ---- one connection ---------------------------------------------------- */

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
	parser->reset_func = on_reset;
	parser->set_configuration_func = on_set_configuration;
	parser->get_configuration_func = on_get_configuration;
	parser->set_alt_setting_func = on_set_alt;
	parser->get_alt_setting_func = on_get_alt;
	parser->control_packet_func = on_control;
	parser->bulk_packet_func = on_bulk;
	parser->cancel_data_packet_func = on_cancel;
	parser->filter_reject_func = on_nothing;
	parser->filter_filter_func = on_filter;
	parser->device_disconnect_ack_func = on_nothing;
	parser->start_interrupt_receiving_func = on_interrupt_start;
	parser->stop_interrupt_receiving_func = on_interrupt_stop;
	usbredirparser_caps_set_cap(caps, usb_redir_cap_connect_device_version);
	usbredirparser_caps_set_cap(
			caps, usb_redir_cap_ep_info_max_packet_size);
	usbredirparser_caps_set_cap(caps, usb_redir_cap_64bits_ids);
	usbredirparser_caps_set_cap(caps, usb_redir_cap_32bits_bulk_length);
	usbredirparser_caps_set_cap(caps, usb_redir_cap_device_disconnect_ack);
	usbredirparser_init(parser, "oriel test device", caps,
			USB_REDIR_CAPS_SIZE, usbredirparser_fl_usb_host);
}

static void serve(void)
{
	struct pollfd fd;

	received = sent = 0;
	disk.phase = COMMAND;
	unplug = 0;
	fcntl(line, F_SETFL, O_NONBLOCK);
	make_parser();
	for (;;) {
		if (usbredirparser_has_data_to_write(parser) &&
				usbredirparser_do_write(parser) < 0)
			break;
		fd = (struct pollfd){ line, POLLIN, 0 };
		if (poll(&fd, 1, -1) < 0 && errno != EINTR)
			break;
		if (unplug)
			break;
		if (fd.revents && usbredirparser_do_read(parser) < 0)
			break;
	}
	usbredirparser_destroy(parser);
	close(line);
	if (received)
		printf("end: %llu bytes out, %llu in\n",
				(unsigned long long)received,
				(unsigned long long)sent);
	fflush(stdout);
}

static void open_file(const char *path)
{
	struct stat st;
	int fd;

	if (kind == PRINTER) {
		out_file = open(path, O_CREAT | O_WRONLY | O_APPEND, 0600);
		if (out_file < 0)
			die(path);
	}
	if (kind != DISK)
		return;
	fd = open(path, O_RDWR);
	if (fd < 0 || fstat(fd, &st) < 0)
		die(path);
	image_n = (size_t)st.st_size;
	image = mmap(NULL, image_n, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (image == MAP_FAILED)
		die(path);
}

int main(int argc, char **argv)
{
	static const char *const kinds[] = { "disk", "printer", "mouse" };
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	struct sigaction action = { .sa_handler = on_unplug };
	int listener;

	if (argc != 4 || strlen(argv[3]) >= sizeof(name.sun_path)) {
		fputs("usage: device disk|printer|mouse FILE SOCKET\n", stderr);
		return 2;
	}
	while (kind < MOUSE && strcmp(argv[1], kinds[kind]) != 0)
		kind++;
	open_file(argv[2]);
	sigaction(SIGUSR1, &action, NULL);
	memcpy(name.sun_path, argv[3], strlen(argv[3]));
	listener = socket(AF_UNIX, SOCK_STREAM, 0);
	if (listener < 0 ||
			bind(listener, (struct sockaddr *)&name, sizeof(name)) <
					0 ||
			listen(listener, 4) < 0)
		die(argv[3]);
	for (;;) {
		line = accept(listener, NULL, NULL);
		if (line >= 0)
			serve();
		else if (errno != EINTR)
			die("accept");
	}
}
