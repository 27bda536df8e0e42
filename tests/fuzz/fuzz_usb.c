/*
 * fuzz_usb.c - a session's devices, at either end, against a peer and a host
 * that say anything.
 *
 * Byte 0: 1 the server's end, 2 memory runs out now and then, 4 the host does
 * not consume. Then steps: what, how many bytes (u16), and those:
 * 0 to 4 a message of the peer (attach or answer, data of device 1, credit,
 * detach, data), 5 the host sends, 6 consumes, 7 detaches, 8 offers or
 * answers, 9 the link is drained, 10 all is dropped.
 */
#include <stdlib.h>
#include <string.h>

#include "proto/io/host.h"
#include "redirect/usb.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct fuzz {
	struct orl_usb_set set;
	struct orl_env env;
	struct orl_usb_rules rules;
	struct orl_link *link;
	struct oriel_usb *usb; /* NULL: none is known to be alive */
	uint32_t random;
	bool scarce, lazy;
	int error;
	size_t owed;
};

static uint32_t next(struct fuzz *f)
{
	f->random = f->random * 1664525u + 1013904223u;
	return f->random >> 16;
}

static void *scarce_alloc(void *user, size_t n)
{
	struct fuzz *f = user;
	return f->scarce && next(f) % 16 == 0 ? NULL : malloc(n);
}

static void *scarce_resize(void *user, void *ptr, size_t n)
{
	struct fuzz *f = user;
	return f->scarce && next(f) % 16 == 0 ? NULL : realloc(ptr, n);
}

static void scarce_release(void *user, void *ptr)
{
	(void)user;
	free(ptr);
}

static void quiet(void *user, enum oriel_log_level level, const char *topic,
		const char *text)
{
	(void)user;
	(void)level;
	(void)topic;
	(void)text;
}

static struct fuzz *fuzz_of(struct orl_usb_set *set)
{
	return orl_container(set, struct fuzz, set);
}

static void on_attached(struct orl_usb_set *set, struct oriel_usb *usb)
{
	fuzz_of(set)->usb = usb;
}

static void on_answered(struct orl_usb_set *set, struct oriel_usb *usb,
		enum oriel_usb_answer answer, const char *why)
{
	if (strlen(why) > 256)
		abort();
	if (answer == ORIEL_USB_REFUSED && fuzz_of(set)->usb == usb)
		fuzz_of(set)->usb = NULL;
}

static void on_data(struct orl_usb_set *set, struct oriel_usb *usb,
		const void *data, size_t n)
{
	struct fuzz *f = fuzz_of(set);
	const uint8_t *p = data;

	/* Whole packets, and none that is too long. */
	if (n < 12 || n - 12 > ORL_USB_PACKET_MAX + 4 ||
			((p[4] | p[5] << 8 | p[6] << 16) + 12u != n &&
					(p[4] | p[5] << 8 | p[6] << 16) + 16u !=
							n))
		abort();
	if (!f->lazy)
		oriel_usb_consumed(usb, n);
	else
		f->owed += n;
}

static void on_writable(struct orl_usb_set *set, struct oriel_usb *usb)
{
	(void)set;
	if (!oriel_usb_room(usb))
		abort();
}

static void on_detached(
		struct orl_usb_set *set, struct oriel_usb *usb, const char *why)
{
	(void)why;
	if (fuzz_of(set)->usb == usb)
		fuzz_of(set)->usb = NULL;
}

static void on_queued(struct orl_usb_set *set, int err)
{
	if (err)
		fuzz_of(set)->error = err;
}

static const struct orl_usb_calls calls = { on_attached, on_answered, on_data,
	on_writable, on_detached, on_queued };

static int on_message(void *user, uint16_t id, const uint8_t *data, size_t n)
{
	(void)user;
	(void)id;
	(void)data;
	(void)n;
	return 0;
}

static void hear(struct fuzz *f, unsigned what, const uint8_t *p, size_t n)
{
	static uint8_t message[4 + ORL_PIECE_MAX] = { 1 };
	struct orl_usb_set *set = &f->set;
	int err;

	switch (what) {
	case 0:
		err = set->role == ORL_SERVER
				      ? orl_usb_on_attach(set, p, n, NULL)
				      : orl_usb_on_answer(set, p, n);
		break;
	case 1:
		n = n < ORL_PIECE_MAX ? n : ORL_PIECE_MAX;
		memcpy(message + 4, p, n);
		err = orl_usb_on_data(set, message, 4 + n);
		break;
	case 2:
		err = orl_usb_on_credit(set, p, n);
		break;
	case 3:
		err = orl_usb_on_detach(set, p, n);
		break;
	default:
		err = orl_usb_on_data(set, p, n);
	}
	if (err)
		f->error = err;
}

static void offer(struct fuzz *f, const uint8_t *p, size_t n)
{
	struct oriel_usb_info info = { .size = sizeof(info),
		.vendor = 0x0627,
		.product = 0x2211,
		.interface_count = 1,
		.interfaces = { { n ? p[0] : 8, 0, 0 } } };
	struct oriel_usb *usb;

	if (f->set.role == ORL_SERVER) {
		if (f->usb)
			orl_usb_answer(f->usb,
					(enum oriel_usb_answer)(
							n ? p[0] % 3 : 0),
					"why");
		if (n && p[0] % 3 == ORIEL_USB_REFUSED)
			f->usb = NULL;
	} else if (orl_usb_offer(&usb, &f->set, &info) == 0) {
		f->usb = usb;
	}
}

static void act(struct fuzz *f, unsigned what, const uint8_t *p, size_t n)
{
	static uint8_t out[ORL_CHUNK_MAX + ORL_CHUNK_HEAD];

	switch (what) {
	case 5:
		if (f->usb) {
			struct oriel_usb *usb = f->usb;
			int err = oriel_usb_send(usb, p, n);
			if (err == ORIEL_EPROTO || err == ORIEL_EDENIED)
				f->usb = NULL;
		}
		break;
	case 6:
		if (f->usb)
			oriel_usb_consumed(f->usb, f->owed);
		f->owed = 0;
		break;
	case 7:
		if (f->usb)
			oriel_usb_detach(f->usb, n ? "it is enough" : NULL);
		f->usb = NULL;
		break;
	case 8:
		offer(f, p, n);
		break;
	case 9:
		while (orl_link_drain(f->link, out, sizeof(out), sizeof(out),
				ORL_CHANNELS_ALL, 1))
			;
		break;
	case 10:
		orl_usb_drop_all(&f->set, "no more");
		break;
	default:
		hear(f, what, p, n);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct orl_link_calls link = { on_message };
	struct fuzz f = { .random = 1 };
	const struct oriel_hooks hooks = { .size = sizeof(hooks),
		.user = &f,
		.alloc = scarce_alloc,
		.resize = scarce_resize,
		.release = scarce_release,
		.log = quiet };

	if (!size || orl_host_env(&f.env, &hooks))
		return 0;
	enum orl_role role = data[0] & 1 ? ORL_SERVER : ORL_CLIENT;
	orl_usb_init(&f.set, &f.env, role, &calls, &f.rules);
	if (orl_link_create(&f.link, &f.env, role, &link, &f, 0))
		return 0;
	orl_link_open(f.link);
	f.set.link = f.link;
	f.scarce = data[0] & 2;
	f.lazy = data[0] & 4;
	for (size_t at = 1; size - at >= 3 && !f.error;) {
		size_t n = data[at + 1] | (size_t)data[at + 2] << 8;
		n = n < size - at - 3 ? n : size - at - 3;
		act(&f, data[at] % 11, data + at + 3, n);
		at += 3 + n;
	}
	f.scarce = false;
	orl_usb_end(&f.set);
	if (f.set.count)
		abort();
	orl_usb_fini(&f.set);
	orl_link_destroy(f.link);
	return 0;
}
