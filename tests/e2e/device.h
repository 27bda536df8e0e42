/*
 * device.h - what device.c (a usbredir usb-host on a socket) and the kinds of
 * devices know of each other. All is one device, in one thread.
 */
#ifndef ORL_TESTS_E2E_DEVICE_H
#define ORL_TESTS_E2E_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <usbredirparser.h>

struct device_kind {
	const char *name;
	uint8_t speed; /* usb_redir_speed_... */
	const uint8_t *configuration;
	size_t n; /* bytes of that: all that a device is, is read from it */
	void (*open)(const char *path); /* of what it is made of */
	void (*reset)(void);
	/* Of its class: what it answers, false for a stall. */
	bool (*control)(uint8_t *out, size_t *n,
			const struct usb_redir_control_packet_header *h,
			const uint8_t *data);
	/* One IN transfer of at most `room` bytes; none: it is not answered. */
	void (*bulk_in)(uint64_t id, struct usb_redir_bulk_packet_header *r,
			size_t room);
	void (*bulk_out)(const uint8_t *data, size_t n);
	/* Isochronous: a packet every millisecond, of at most `room`. */
	size_t (*iso_in)(uint8_t *data, size_t room);
	void (*iso_out)(const uint8_t *data, size_t n);
};

extern const struct device_kind device_disk, device_printer, device_mouse,
		device_stream, device_headset, device_camera;

/* device.c */
extern struct usbredirparser *device_parser;
extern uint64_t device_received, device_sent;
void device_die(const char *what);
void device_answer_bulk(uint64_t id, struct usb_redir_bulk_packet_header *r,
		const uint8_t *data, size_t n);

#endif
