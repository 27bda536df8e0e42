/*
 * mkseeds_usb.c - what fuzz_usb begins with: devices that come, work and go,
 * as either end sees it. The argument is the corpus folder.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "proto/messages.h"
#include "tests/usbredir.h"

struct seed {
	uint8_t p[1 << 15];
	size_t n;
};

static void step(struct seed *s, uint8_t what, const void *data, size_t n)
{
	s->p[s->n++] = what;
	s->p[s->n++] = (uint8_t)n;
	s->p[s->n++] = (uint8_t)(n >> 8);
	if (n)
		memcpy(s->p + s->n, data, n);
	s->n += n;
}

static void save(const struct seed *s, const char *folder, const char *name)
{
	char path[1024];
	FILE *f;

	snprintf(path, sizeof(path), "%s/fuzz_usb", folder);
	mkdir(path, 0777);
	snprintf(path, sizeof(path), "%s/fuzz_usb/%s", folder, name);
	f = fopen(path, "wb");
	if (!f || fwrite(s->p, 1, s->n, f) != s->n || fclose(f) != 0) {
		perror(path);
		exit(1);
	}
}

/* By both: a disk is asked who it is, read, written, and pulled. */
static void conversation(
		struct packets guest[static 3], struct packets host[static 3])
{
	static const uint8_t configuration[] = { 9, 2, 32, 0, 1, 1, 0, 0x80, 50,
		9, 4, 0, 0, 2, 8, 6, 0x50, 0, 7, 5, 0x81, 2, 0, 2, 0, 7, 5, 2,
		2, 0, 2, 0 };
	static const uint8_t device[18] = { 18, 1, 0, 2, 0, 0, 0, 64, 0x27,
		0x06, 0x11, 0x22, 0, 1, 1, 2, 3, 1 };

	usb_hello(&guest[0], USB_CAPS);
	usb_hello(&host[0], USB_CAPS);
	usb_device(&host[1], 8);
	usb_control(&guest[1], 1, 6, 0x80, 0x100, 18, NULL, 0);
	usb_control(&guest[1], 2, 6, 0x80, 0x200, 255, NULL, 0);
	usb_head(&guest[1], usb_redir_set_configuration, 1, 3);
	usb_put(&guest[1], 1, 1);
	usb_bulk(&guest[1], 4, 0x02, 31, "USBC", 4);
	usb_bulk(&guest[1], 5, 0x81, 64, NULL, 0);
	usb_head(&guest[1], usb_redir_cancel_data_packet, 0, 5);
	usb_control(&host[2], 1, 6, 0x80, 0x100, 18, device, 18);
	usb_control(&host[2], 2, 6, 0x80, 0x200, sizeof(configuration),
			configuration, sizeof(configuration));
	usb_head(&host[2], usb_redir_configuration_status, 2, 3);
	usb_put(&host[2], 0x0100, 2);
	usb_bulk(&host[2], 4, 0x02, 4, NULL, 0);
	usb_bulk(&host[2], 5, 0x81, 8, "12345678", 8);
	usb_head(&host[2], usb_redir_device_disconnect, 0, 0);
	usb_head(&guest[2], usb_redir_device_disconnect_ack, 0, 0);
}

static void streams(struct packets *guest, struct packets *host)
{
	static const uint8_t ask[][6] = { { usb_redir_start_iso_stream, 3, 0x81,
							  4, 4 },
		{ usb_redir_stop_iso_stream, 1, 0x81 },
		{ usb_redir_start_interrupt_receiving, 1, 0x82 },
		{ usb_redir_stop_interrupt_receiving, 1, 0x82 },
		{ usb_redir_set_alt_setting, 2, 0, 1 },
		{ usb_redir_get_alt_setting, 1, 0 },
		{ usb_redir_get_configuration, 0 }, { usb_redir_reset, 0 } };
	static const uint8_t tell[][6] = { { usb_redir_iso_stream_status, 2, 0,
							   0x81 },
		{ usb_redir_interrupt_receiving_status, 2, 0, 0x82 },
		{ usb_redir_alt_setting_status, 3, 0, 0, 1 },
		{ usb_redir_iso_packet, 4, 0x81, 0, 0, 0 },
		{ usb_redir_interrupt_packet, 4, 0x82, 0, 0, 0 } };

	for (size_t i = 0; i < sizeof(ask) / sizeof(ask[0]); i++) {
		usb_head(guest, ask[i][0], ask[i][1], 10 + i);
		usb_raw(guest, ask[i] + 2, ask[i][1]);
	}
	for (size_t i = 0; i < sizeof(tell) / sizeof(tell[0]); i++) {
		usb_head(host, tell[i][0], tell[i][1], 10 + i);
		usb_raw(host, tell[i] + 2, tell[i][1]);
	}
}

static size_t attach(uint8_t *out, size_t size)
{
	uint8_t list[3] = { 8, 6, 0x50 };
	struct orl_wr w = { out, size, 0 };
	struct orl_usb_attach msg = { .device = 1,
		.vendor = USB_VENDOR,
		.product = USB_PRODUCT,
		.speed = 3,
		.interfaces = { list, 1 },
		.name = { (const uint8_t *)"stick", 5 } };

	orl_put_usb_attach(&w, &msg);
	return w.n;
}

/* What only they say who have all capabilities. */
static void newer(struct packets *guest, struct packets *host)
{
	static const uint8_t filter[] = "3,-1,-1,-1,0|-1,-1,-1,-1,1";

	usb_head(guest, usb_redir_filter_filter, sizeof(filter), 0);
	usb_raw(guest, filter, sizeof(filter));
	usb_head(guest, usb_redir_alloc_bulk_streams, 8, 20);
	usb_put(guest, 0x20004, 8);
	usb_head(guest, usb_redir_free_bulk_streams, 4, 21);
	usb_put(guest, 0x20004, 4);
	usb_head(guest, usb_redir_start_bulk_receiving, 10, 22);
	usb_put(guest, (uint64_t)512 << 32, 8);
	usb_put(guest, 0x0481, 2);
	usb_head(guest, usb_redir_stop_bulk_receiving, 5, 23);
	usb_put(guest, (uint64_t)0x81 << 32, 5);
	usb_head(guest, usb_redir_filter_reject, 0, 0);
	usb_head(host, usb_redir_bulk_streams_status, 9, 20);
	usb_put(host, 0x20004, 8);
	usb_put(host, 0, 1);
	usb_head(host, usb_redir_bulk_receiving_status, 6, 22);
	usb_put(host, (uint64_t)0x81 << 32, 6);
	usb_head(host, usb_redir_buffered_bulk_packet, 10 + 2, 0);
	usb_put(host, (uint64_t)2 << 32, 8);
	usb_put(host, 0x0081, 2);
	usb_put(host, 0x4142, 2);
}

/* As the end `server` or the client's sees it; flags & 8: the newer things. */
static void make(struct seed *s, bool server, uint8_t flags)
{
	static struct packets guest[3], host[3], g, h;
	uint8_t bytes[256];
	size_t n = attach(bytes, sizeof(bytes));
	uint8_t mine = 5, theirs = 1;

	s->n = 0;
	s->p[s->n++] = (uint8_t)(server | flags);
	memset(guest, 0, sizeof(guest));
	memset(host, 0, sizeof(host));
	g.n = h.n = 0;
	conversation(guest, host);
	if (flags & 8) {
		guest[0].n = host[0].n = host[1].n = 0;
		usb_hello(&guest[0], 0xff);
		usb_hello(&host[0], 0xff);
		usb_interfaces(&host[1], 1, (const uint8_t[]){ 8 });
		usb_head(&host[1], usb_redir_ep_info, 32 * 9, 0);
		memset(host[1].p + host[1].n, 0, (size_t)32 * 9);
		host[1].n += (size_t)32 * 9;
		usb_connect(&host[1], USB_PRODUCT);
		newer(&g, &h);
	} else {
		streams(&g, &h);
	}
	if (server) {
		step(s, 0, bytes, n);
		step(s, 8, "\0", 1);
	} else {
		step(s, 8, "\10", 1);
		step(s, 0, "\1\0\0\0\1\4\0wait", 11);
		step(s, 0, "\1\0\0\0\0\0\0", 7);
	}
	step(s, server ? mine : theirs, guest[0].p, guest[0].n);
	step(s, server ? theirs : mine, host[0].p, host[0].n);
	step(s, server ? theirs : mine, host[1].p, host[1].n);
	step(s, 9, NULL, 0);
	step(s, server ? mine : theirs, guest[1].p, guest[1].n);
	step(s, server ? mine : theirs, g.p, g.n);
	step(s, server ? theirs : mine, h.p, h.n);
	step(s, server ? theirs : mine, host[2].p, host[2].n);
	step(s, 6, NULL, 0);
	step(s, server ? mine : theirs, guest[2].p, guest[2].n);
	step(s, 2, "\1\0\0\0\20\0\0\0", 8);
	step(s, 3, "\1\0\0\0\3\0bye", 9);
}

int main(int argc, char **argv)
{
	static struct seed s;
	uint8_t bytes[256];

	if (argc != 2)
		return 2;
	make(&s, true, 0);
	save(&s, argv[1], "server");
	make(&s, false, 0);
	save(&s, argv[1], "client");
	make(&s, true, 4);
	save(&s, argv[1], "server-lazy");
	make(&s, false, 2 | 4);
	save(&s, argv[1], "client-scarce");
	make(&s, true, 8);
	save(&s, argv[1], "server-newer");
	make(&s, false, 8);
	save(&s, argv[1], "client-newer");
	s.n = 0;
	s.p[s.n++] = 1;
	step(&s, 0, bytes, attach(bytes, sizeof(bytes)));
	step(&s, 8, "\1", 1);
	step(&s, 10, NULL, 0);
	save(&s, argv[1], "dropped");
	return 0;
}
