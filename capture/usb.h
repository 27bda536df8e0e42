/*
 * usb.h - where devices of viewers are plugged in: slots, each a stream to a
 * usbredir guest, as QEMU's usb-redir is one. There are those of the source
 * (struct orl_source_kind) and those of --usb-slot=, sockets of any virtual
 * machine monitor. Devices for which there is no slot wait for one.
 */
#ifndef ORL_USB_H
#define ORL_USB_H

#include "capture/capture.h"

enum { ORL_USB_SLOTS = 16, ORL_USB_WAITING = 64 };

struct orl_slot {
	const char *path; /* of a socket; NULL: the source's */
	size_t number;    /* among the source's */
	int fd;           /* -1: closed */
	struct oriel_usb *usb;
	bool open; /* the guest has said something, and the device knows */
	uint64_t not_before; /* to be tried again */
	uint8_t *out;        /* for the guest, which has no room */
	size_t out_at, out_n, out_capacity;
};

struct orl_slots {
	struct orl_source *source;
	struct orl_slot slots[ORL_USB_SLOTS];
	size_t count;
	struct oriel_usb *waiting[ORL_USB_WAITING]; /* the oldest first */
	size_t waiting_count;
};

/* `paths` are kept; of the source's there may be more later. */
void orl_slots_open(struct orl_slots *u, struct orl_source *source,
		const char *const *paths, size_t count);
void orl_slots_close(struct orl_slots *u);

/* As those of struct orl_source_kind; at most ORL_USB_SLOTS descriptors. */
size_t orl_slots_watch(struct orl_slots *u, struct pollfd *fds, uint64_t *due);
void orl_slots_run(struct orl_slots *u, uint64_t now);

/* Events of the server. */
void orl_slots_attached(struct orl_slots *u, struct oriel_usb *usb);
void orl_slots_data(struct orl_slots *u, struct oriel_usb *usb,
		const void *data, size_t n);
void orl_slots_detached(
		struct orl_slots *u, struct oriel_usb *usb, const char *why);

#endif
