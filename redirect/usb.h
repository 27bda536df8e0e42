/*
 * usb.h - the devices of one session, at either end of its link.
 *
 * A client names a device (orl_usb_offer), the server's host answers
 * (orl_usb_answer), and bytes flow, policed at both ends (usb_police.h),
 * until one end says that it is over. Numbers are never used twice, so what
 * is still on its way for a device that is gone is known to be late. Each
 * device has a window of its own, so that one whose bytes nobody takes stops
 * no other.
 */
#ifndef ORL_REDIRECT_USB_H
#define ORL_REDIRECT_USB_H

#include "proto/link.h"
#include "redirect/usb_police.h"

struct orl_usb_set;

struct orl_usb_calls {
	/* At the server: one has been offered. */
	void (*attached)(struct orl_usb_set *set, struct oriel_usb *usb);
	/* At the client. */
	void (*answered)(struct orl_usb_set *set, struct oriel_usb *usb,
			enum oriel_usb_answer answer, const char *why);
	void (*data)(struct orl_usb_set *set, struct oriel_usb *usb,
			const void *data, size_t n);
	void (*writable)(struct orl_usb_set *set, struct oriel_usb *usb);
	void (*detached)(struct orl_usb_set *set, struct oriel_usb *usb,
			const char *why);
	/* Something was queued, or could not be: the session ends then. */
	void (*queued)(struct orl_usb_set *set, int err);
};

struct orl_usb_set {
	const struct orl_env *env;
	enum orl_role role;
	const struct orl_usb_calls *calls;
	struct orl_link *link; /* NULL: there is no session */
	const struct orl_usb_rules *rules;
	struct orl_usb_rules more;
	struct orl_node devices;
	unsigned count, depth;
	uint32_t last; /* number */
};

void orl_usb_init(struct orl_usb_set *set, const struct orl_env *env,
		enum orl_role role, const struct orl_usb_calls *calls,
		const struct orl_usb_rules *rules);
/* The session is over: its devices are gone, `why` is NULL. */
void orl_usb_end(struct orl_usb_set *set);
void orl_usb_fini(struct orl_usb_set *set);
/* A right is lost: the same, and the other end hears of it. */
void orl_usb_drop_all(struct orl_usb_set *set, const char *why);

/* Handlers. `refuse`: why no device is taken now, or NULL. */
int orl_usb_on_attach(struct orl_usb_set *set, const uint8_t *data, size_t n,
		const char *refuse);
int orl_usb_on_answer(struct orl_usb_set *set, const uint8_t *data, size_t n);
int orl_usb_on_data(struct orl_usb_set *set, const uint8_t *data, size_t n);
int orl_usb_on_credit(struct orl_usb_set *set, const uint8_t *data, size_t n);
int orl_usb_on_detach(struct orl_usb_set *set, const uint8_t *data, size_t n);

int orl_usb_offer(struct oriel_usb **out, struct orl_usb_set *set,
		const struct oriel_usb_info *info);
void orl_usb_answer(struct oriel_usb *usb, enum oriel_usb_answer answer,
		const char *why);
struct orl_usb_set *orl_usb_set_of(const struct oriel_usb *usb);

#endif
