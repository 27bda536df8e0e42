/*
 * usbredir.h - packets of the usbredir protocol, written by hand so that they
 * can be wrong. Both ends have said that ids are 64 bits wide, unless a packet
 * comes before that.
 */
#ifndef ORL_TESTS_USBREDIR_H
#define ORL_TESTS_USBREDIR_H

#include <stdint.h>
#include <string.h>

#include <usbredirproto.h>

enum {
	USB_CAPS = 1 << usb_redir_cap_connect_device_version |
		   1 << usb_redir_cap_device_disconnect_ack |
		   1 << usb_redir_cap_ep_info_max_packet_size |
		   1 << usb_redir_cap_64bits_ids |
		   1 << usb_redir_cap_32bits_bulk_length,
	USB_VENDOR = 0x0627,
	USB_PRODUCT = 0x2211,
};

struct packets {
	uint8_t p[1 << 14];
	size_t n;
};

static inline void usb_put(struct packets *k, uint64_t v, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		k->p[k->n++] = (uint8_t)(v >> 8 * i);
}

static inline void usb_raw(struct packets *k, const void *data, size_t n)
{
	if (n)
		memcpy(k->p + k->n, data, n);
	k->n += n;
}

static inline void usb_head(
		struct packets *k, uint32_t type, size_t n, uint64_t id)
{
	usb_put(k, type, 4);
	usb_put(k, n, 4);
	usb_put(k, id, 8);
}

static inline void usb_hello(struct packets *k, uint32_t caps)
{
	usb_put(k, usb_redir_hello, 4);
	usb_put(k, 64 + 4, 4);
	usb_put(k, 0, 4);
	memset(k->p + k->n, 0, 64);
	k->n += 64;
	usb_put(k, caps, 4);
}

static inline void usb_interfaces(
		struct packets *k, unsigned n, const uint8_t *classes)
{
	usb_head(k, usb_redir_interface_info, 4 + 4 * 32, 0);
	usb_put(k, n, 4);
	memset(k->p + k->n, 0, 128);
	for (unsigned i = 0; i < n && i < 32; i++)
		k->p[k->n + 32 + i] = classes[i];
	k->n += 128;
}

static inline void usb_endpoints(struct packets *k)
{
	usb_head(k, usb_redir_ep_info, 32 * 5, 0);
	memset(k->p + k->n, usb_redir_type_invalid, 32);
	k->p[k->n] = k->p[k->n + 16] = usb_redir_type_control;
	k->p[k->n + 2] = k->p[k->n + 17] = usb_redir_type_bulk;
	k->n += 32;
	memset(k->p + k->n, 0, 128);
	k->n += 128;
}

static inline void usb_connect(struct packets *k, uint16_t product)
{
	usb_head(k, usb_redir_device_connect, 10, 0);
	usb_put(k, usb_redir_speed_high, 1);
	usb_put(k, 0, 3);
	usb_put(k, USB_VENDOR, 2);
	usb_put(k, product, 2);
	usb_put(k, 0x100, 2);
}

/* All that a device of this class says first, but for its hello. */
static inline void usb_device(struct packets *k, uint8_t class)
{
	usb_interfaces(k, 1, &class);
	usb_endpoints(k);
	usb_connect(k, USB_PRODUCT);
}

static inline void usb_control(struct packets *k, uint64_t id, uint8_t request,
		uint8_t requesttype, uint16_t value, uint16_t length,
		const void *data, size_t n)
{
	usb_head(k, usb_redir_control_packet, 10 + n, id);
	usb_put(k, requesttype & 0x80, 1);
	usb_put(k, request, 1);
	usb_put(k, requesttype, 1);
	usb_put(k, 0, 1);
	usb_put(k, value, 2);
	usb_put(k, 0, 2);
	usb_put(k, length, 2);
	usb_raw(k, data, n);
}

static inline void usb_bulk(struct packets *k, uint64_t id, uint8_t endpoint,
		uint32_t length, const void *data, size_t n)
{
	usb_head(k, usb_redir_bulk_packet, 10 + n, id);
	usb_put(k, endpoint, 1);
	usb_put(k, 0, 1);
	usb_put(k, length & 0xffff, 2);
	usb_put(k, 0, 4);
	usb_put(k, length >> 16, 2);
	usb_raw(k, data, n);
}

#endif
