/*
 * usb_police.h - what may pass through a USB device's pipe.
 *
 * Rules say which devices: usbredir's own syntax, CLASS,VENDOR,PRODUCT,
 * VERSION,ALLOW|..., the first that fits counts, -1 fits all. A device is
 * judged by its class, where it has one of its own, and by each of its
 * interfaces: when it comes, whenever it says that they have changed, and
 * where the desktop reads its descriptors.
 *
 * A pipe carries usbredir packets between the device's side (its host) and
 * the desktop (its guest). The police sees both directions at both ends of a
 * link, lets whole packets pass and nothing else: libusbredirparser has taken
 * them, they come in an order that makes sense, each answer has been asked
 * for and is no longer than was asked. It holds a packet that has not come
 * whole, at most ORL_USB_PACKET_MAX bytes, and never what a length promises.
 */
#ifndef ORL_REDIRECT_USB_POLICE_H
#define ORL_REDIRECT_USB_POLICE_H

#include "proto/env.h"
#include "proto/limits.h"

struct usbredirfilter_rule;

struct orl_usb_rules {
	struct usbredirfilter_rule *rules;
	int n;
	bool open; /* what no rule fits is allowed, as far as these go */
};

/*
 * Those of `text` (NULL: none); after them, unless they are made `open`, come
 * those that hold where nothing is said. ORIEL_EINVAL when it is not in that
 * syntax.
 */
int orl_usb_rules_init(struct orl_usb_rules *rules, const char *text);
void orl_usb_rules_fini(struct orl_usb_rules *rules);
/* 0, or ORIEL_EDENIED and why, a sentence, in why[size]. */
int orl_usb_rules_check(const struct orl_usb_rules *rules,
		const struct oriel_usb_info *info, char *why, size_t size);

enum orl_usb_side { ORL_USB_HOST, ORL_USB_GUEST };

struct orl_usb_police;

/* Rules may be of none; they and `info` are the caller's, and stay. */
int orl_usb_police_create(struct orl_usb_police **out,
		const struct orl_env *env, const struct orl_usb_rules *rules,
		const struct orl_usb_rules *more,
		const struct oriel_usb_info *info);
void orl_usb_police_destroy(struct orl_usb_police *police);

/*
 * Bytes of a side, cut anywhere. `pass` gets each packet that may pass, and
 * returns false when it wants no more. Returns 0; ORIEL_EDENIED when the
 * rules, or ORIEL_EPROTO when the protocol does not allow what has come:
 * orl_usb_police_why() is then a sentence, and the same is returned for ever.
 */
int orl_usb_police_feed(struct orl_usb_police *police, enum orl_usb_side from,
		const void *data, size_t n,
		bool (*pass)(void *user, const uint8_t *packet, size_t n),
		void *user);
/* The guest has begun a stream of isochronous packets, either way. */
bool orl_usb_police_streams(const struct orl_usb_police *police);
const char *orl_usb_police_why(const struct orl_usb_police *police);

#endif
