/*
 * fuzz_clipboard.c - one end of the clipboard against another that says
 * anything, while its host offers, asks, reads, writes and gives up. A record
 * is an op, a length and bytes: a message, or what the host does. Covers:
 * redirect/clipboard.c redirect/transfer.c redirect/stream.c
 */
#include <stdlib.h>
#include <string.h>

#include "proto/io/host.h"
#include "redirect/clipboard.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { KEPT = 8, MESSAGES = 9 };

struct host {
	struct orl_env env;
	struct orl_link *link;
	struct orl_clip clip;
	struct oriel_transfer *kept[KEPT];
	uint8_t mood; /* what it does with what it is told of */
	int broken;
};

static void keep(struct host *h, struct oriel_transfer *t)
{
	for (size_t i = 0; i < KEPT; i++)
		if (!h->kept[i]) {
			h->kept[i] = t;
			return;
		}
	abort(); /* more at a time than there may be */
}

static void forget(struct host *h, const struct oriel_transfer *t)
{
	for (size_t i = 0; i < KEPT; i++)
		if (h->kept[i] == t) {
			h->kept[i] = NULL;
			return;
		}
	abort();
}

static void offered(void *user, enum oriel_selection selection,
		const char *const *types, size_t count)
{
	struct host *h = user;
	struct oriel_transfer *t;

	if (count > ORIEL_TYPES_MAX || (unsigned)selection >= ORIEL_SELECTIONS)
		abort();
	for (size_t i = 0; i < count; i++)
		if (!*types[i] || strlen(types[i]) > ORIEL_TYPE_MAX ||
				strchr(types[i], ' '))
			abort();
	if (count && h->mood & 1 &&
			orl_clip_request(&t, &h->clip, selection, types[0]) ==
					0)
		keep(h, t);
}

static void refused(void *user, int error, const char *why)
{
	(void)user;
	if (error >= 0 || !orl_utf8_ok((const uint8_t *)why, strlen(why)))
		abort();
}

static void wanted(void *user, struct oriel_transfer *t)
{
	struct host *h = user;

	if (h->mood & 2) {
		oriel_transfer_refuse(t, ORIEL_EDENIED, "no");
		return;
	}
	keep(h, t);
	if (h->mood & 4 && oriel_transfer_begin(t, ORIEL_TOTAL_EXACT, 3) < 0)
		abort();
}

static void on_data(void *user, struct oriel_transfer *t, const void *data,
		size_t n)
{
	struct host *h = user;
	const uint8_t *p = data;
	unsigned sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += p[i];
	if (sum == UINT32_MAX)
		abort();
	if (h->mood & 8)
		oriel_transfer_used(t, n);
	if (h->mood & 16) {
		forget(h, t);
		oriel_transfer_cancel(t);
	}
}

static void nothing(void *user, struct oriel_transfer *t)
{
	(void)user;
	if (!*oriel_transfer_type(t))
		abort();
}

static void ended(void *user, struct oriel_transfer *t, int error,
		const char *why)
{
	struct host *h = user;

	if (error > 0 || !orl_utf8_ok((const uint8_t *)why, strlen(why)))
		abort();
	forget(h, t);
	oriel_transfer_cancel(t);
}

static void on_sent(void *user, int error)
{
	struct host *h = user;

	if (error)
		h->broken = error;
}

static const struct orl_clip_calls calls = {
	.offered = offered,
	.refused = refused,
	.wanted = wanted,
	.begun = nothing,
	.data = on_data,
	.ready = nothing,
	.ended = ended,
	.sent = on_sent,
};

static int on_message(void *user, uint16_t id, const uint8_t *data, size_t n)
{
	(void)user;
	(void)id;
	(void)data;
	(void)n;
	return 0;
}

static const struct orl_link_calls link_calls = { on_message };

/* It ends, if it goes in that direction: then it is not in the list. */
static void end(struct host *h, size_t i,
		void (*how)(struct oriel_transfer *transfer))
{
	void *t = h->kept[i];

	h->kept[i] = NULL;
	how(t);
	ORL_EACH (node, &h->clip.transfers)
		if ((void *)node == t) /* the node comes first */
			h->kept[i] = t;
}

/* What the host does with one that it keeps. */
static void use(struct host *h, unsigned what, size_t i, size_t n)
{
	static const uint8_t bytes[70000];
	struct oriel_transfer *t = h->kept[i % KEPT];
	int64_t err;

	if (!t)
		return;
	switch (what % 6) {
	case 0:
		oriel_transfer_used(t, n);
		break;
	case 1:
		err = oriel_transfer_write(t, bytes, n);
		if (err > (int64_t)n)
			abort();
		break;
	case 2:
		oriel_transfer_set_limit(t, n);
		break;
	case 3:
		end(h, i % KEPT, oriel_transfer_cancel);
		break;
	case 4:
		if (oriel_transfer_begin(t, (enum oriel_total)(n % 4), n) > 0)
			abort();
		break;
	default:
		end(h, i % KEPT, oriel_transfer_finish);
		break;
	}
}

static int record(struct host *h, uint8_t op, const uint8_t *p, size_t n)
{
	static const char *const offers[] = { "", "a/b",
		"text/plain;charset=utf-8 image/png" };
	struct oriel_transfer *t;
	uint8_t first = n ? p[0] : 0;

	if (op < MESSAGES - 1)
		return orl_clip_message(
				&h->clip, (uint16_t)(0x0501 + op), p, n);
	switch (op) {
	case MESSAGES - 1:
		return orl_clip_message(&h->clip, ORL_MSG_CLIP_CANCEL, p, n);
	case 16:
		return orl_clip_put_up(&h->clip,
				(enum oriel_selection)(first & 1),
				offers[first % 3]);
	case 17:
		if (orl_clip_request(&t, &h->clip,
				    (enum oriel_selection)(first & 1),
				    first & 2 ? "a/b" : "image/png") == 0)
			keep(h, t);
		return 0;
	case 18:
		orl_clip_allow(&h->clip, first & 1, first & 2);
		return 0;
	case 19:
		h->mood = first;
		return 0;
	case 20:
		orl_clip_refuse(&h->clip, ORIEL_EDENIED, "why");
		return 0;
	default:
		use(h, op, first, n > 1 ? (size_t)p[1] * 256 + first : first);
		return 0;
	}
}

static void drain(struct host *h)
{
	uint8_t b[1 << 15];

	while (orl_link_drain(
			h->link, b, sizeof(b), 16384, ORL_CHANNELS_ALL, 1))
		;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct host h = { .mood = 0 };
	enum orl_role role = size && data[0] & 1 ? ORL_SERVER : ORL_CLIENT;
	int err = 0;

	if (orl_host_env(&h.env, NULL) < 0 ||
			orl_link_create(&h.link, &h.env, role, &link_calls, &h,
					1) < 0)
		abort();
	orl_link_open(h.link);
	orl_clip_init(&h.clip, &h.env, role, &calls, &h);
	orl_clip_begin(&h.clip, h.link);
	orl_clip_allow(&h.clip, true, true);
	for (size_t at = 1; at + 2 <= size && !err && !h.broken;) {
		size_t n = data[at + 1];

		if (n > size - at - 2)
			n = size - at - 2;
		err = record(&h, data[at], data + at + 2, n);
		drain(&h);
		at += 2 + n;
	}
	if (err > 0)
		abort();
	orl_clip_end(&h.clip, ORIEL_ECLOSED);
	for (size_t i = 0; i < KEPT; i++)
		if (h.kept[i])
			abort(); /* nobody said that it has ended */
	orl_clip_fini(&h.clip);
	orl_link_destroy(h.link);
	return 0;
}
