/*
 * usb_police_impl.h - what usb_police.c (packets out of bytes) and
 * usb_packets.c (what each says) know of each other; nobody else includes it.
 */
#ifndef ORL_REDIRECT_USB_POLICE_IMPL_H
#define ORL_REDIRECT_USB_POLICE_IMPL_H

#include <usbredirparser.h>

#include "redirect/usb_police.h"

/* A transfer that the guest has asked for. */
struct orl_usb_pending {
	uint64_t id;
	uint32_t length;
	uint32_t type; /* usb_redir_..._packet */
	uint8_t endpoint, request, requesttype;
	uint16_t value;
};

struct orl_usb_flow {
	struct orl_usb_police *police;
	enum orl_usb_side which;
	struct usbredirparser *parser; /* of what this side sends */
	bool hello;
	uint32_t caps;
	uint8_t *frame; /* of a packet that has not come whole */
	size_t n, capacity;
	const uint8_t *feed; /* what the parser is to read */
	size_t feed_n;
};

struct orl_usb_police {
	const struct orl_env *env;
	const struct orl_usb_rules *rules[2];
	struct oriel_usb_info info; /* what it said that it is */
	struct orl_usb_flow sides[2];
	struct orl_usb_pending pending[ORL_USB_PENDING_MAX];
	unsigned n_pending;
	struct oriel_usb_info now; /* with the interfaces that it has now */
	bool connected, gone;
	uint32_t iso; /* endpoints that stream: 1 << number, IN << 16 */
	bool taken;   /* the parser has reported the packet */
	bool drop;    /* it is of no use any more, and nobody's fault */
	int error;
	char why[256];
};

/* The first that is wrong stays. */
void orl_usb_wrong(struct orl_usb_police *p, const char *why);
/* The calls of a side's parser: of what its packets say. */
void orl_usb_set_calls(struct usbredirparser *parser);

#endif
