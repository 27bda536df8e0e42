/*
 * fuzz_link.c - any bytes, cut anywhere, into a link of either role whose
 * handlers send, hold, release, cancel, open and refuse.
 *
 * Byte 0: 1 server, 2 open from the start, 4 in one piece, 8 time runs fast,
 * 16 all of it is said 64 times (windows are larger than inputs), 32 memory
 * runs out now and then.
 * Byte 1 seeds the pieces. The rest is what the peer says; the first byte of
 * a message that the link reports says what the handler does.
 */
#include <stdlib.h>
#include <string.h>

#include "proto/io/host.h"
#include "proto/link_impl.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct fuzz {
	struct orl_env env;
	struct orl_link *link;
	uint32_t random;
	uint64_t now;
	size_t held[ORL_CHANNELS];
	struct oriel_hooks hooks;
	bool scarce;
};

static uint32_t next(struct fuzz *f)
{
	f->random = f->random * 1664525u + 1013904223u;
	return f->random >> 16;
}

static void *scarce_alloc(void *user, size_t n)
{
	struct fuzz *f = user;
	return f->scarce && next(f) % 8 == 0 ? NULL : malloc(n);
}

static void *scarce_resize(void *user, void *ptr, size_t n)
{
	struct fuzz *f = user;
	return f->scarce && next(f) % 8 == 0 ? NULL : realloc(ptr, n);
}

static void scarce_release(void *user, void *ptr)
{
	(void)user;
	free(ptr);
}

static void require(bool what)
{
	if (!what)
		abort();
}

/* Whatever goes out is whole chunks, within the limits. */
static void drain(struct fuzz *f, size_t chunk, unsigned channels)
{
	uint8_t out[1 << 15];
	size_t n = orl_link_drain(
			f->link, out, sizeof(out), chunk, channels, f->now);
	require(n <= chunk && n <= ORL_CHUNK_HEAD + ORL_CHUNK_MAX);
	for (size_t at = 0; at < n;) {
		require(n - at > ORL_CHUNK_HEAD);
		size_t k = out[at] | (size_t)out[at + 1] << 8;
		unsigned ch = out[at + 2] & 7;
		require(k && k <= n - at - ORL_CHUNK_HEAD);
		require(out[at + 2] < 16 && 1u << ch & channels);
		at += ORL_CHUNK_HEAD + k;
	}
}

static void send(struct fuzz *f, const uint8_t *p, size_t n)
{
	struct orl_send send = { .id = (uint16_t)((p[0] & 7) << 8 | 0x80),
		.stream = n > 1 ? p[1] & 3u : 0,
		.head = p,
		.head_n = n,
		.expires = n > 2 && p[2] & 1 ? f->now + p[2] * 100000000u : 0 };
	if (n > 3 && p[3] & 1) {
		send.tail = orl_buf_create(&f->env, p[3] * 64u);
		if (!send.tail)
			return;
		memset(send.tail->data, 0, send.tail->size);
	}
	orl_link_send(f->link, &send);
	orl_buf_unref(send.tail);
}

static int on_message(void *user, uint16_t id, const uint8_t *data, size_t n)
{
	struct fuzz *f = user;
	enum orl_channel ch = (enum orl_channel)(id >> 8);
	size_t k;

	require(ch < ORL_CHANNELS && (f->link->open || !ch));
	/* All of it can be read. */
	uint8_t sum = 0;
	for (size_t i = 0; i < n; i++)
		sum ^= data[i];
	switch (n ? data[0] & 7 : sum) {
	case 1:
		orl_link_hold(f->link, ch, n + 1);
		f->held[ch] += ch ? n + 1 : 0;
		break;
	case 2:
		k = f->held[ch] / (1 + (n & 1));
		f->held[ch] -= k;
		orl_link_release(f->link, ch, k);
		break;
	case 3:
		if (n > 1)
			send(f, data + 1, n - 1);
		break;
	case 4:
		orl_link_cancel(f->link, ch, n > 1 ? data[1] & 3u : 0);
		break;
	case 5:
		orl_link_open(f->link);
		break;
	case 6:
		orl_link_ping(f->link, f->now);
		break;
	case 7:
		return n > 1 && data[1] == 7 ? ORIEL_EDENIED : 0;
	default:
		break;
	}
	return 0;
}

/* Every byte of a window is somewhere, once. */
static void check(const struct fuzz *f)
{
	const struct orl_link *l = f->link;
	size_t queued = 0;
	for (unsigned ch = 1; ch < ORL_CHANNELS; ch++) {
		const struct orl_link_in *in = &l->in[ch];
		uint32_t window = orl_link_credit((enum orl_channel)ch);
		size_t coming = ch == l->channel ? l->left : 0;
		require(l->error || in->credit + (uint64_t)in->due + in->held +
								    in->n +
								    coming ==
						    window);
		require(in->due >= 0 && in->due < window);
		require(l->out[ch].credit <= window);
		require(in->capacity <= 2 * window);
		queued += l->out[ch].queued;
	}
	require(l->out[0].queued <= ORL_CREDIT_CONTROL);
	require(orl_link_queued(l, ORL_CHANNELS_ALL) ==
			queued + l->out[0].queued);
	require(orl_link_ready(l, ORL_CHANNELS_ALL) <=
			orl_link_queued(l, ORL_CHANNELS_ALL));
	require(!l->error || !queued);
}

/* What the peer says, in pieces. */
static int say(struct fuzz *f, unsigned how, const uint8_t *data, size_t size)
{
	int err = 0;
	for (size_t at = 0; at < size && !err;) {
		size_t n = size - at;
		if (!(how & 4) && n > 1)
			n = 1 + next(f) % (next(f) & 3 ? 8 : n);
		n = n < size - at ? n : size - at;
		f->now += how & 8 ? next(f) * 500000ull : 1000000;
		orl_link_tick(f->link, f->now);
		/* A copy: nobody may look at it later. */
		uint8_t *piece = malloc(n);
		require(piece);
		memcpy(piece, data + at, n);
		err = orl_link_feed(f->link, piece, n, f->now);
		free(piece);
		at += n;
		check(f);
		unsigned channels = next(f) & ORL_CHANNELS_ALL;
		if (channels & 1)
			drain(f, 4 + next(f) % 2000,
					channels | orl_link_owed(f->link));
		check(f);
	}
	return err;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct orl_link_calls calls = { on_message };
	struct fuzz f = { .now = 1000000000 };
	int err = 0;

	if (size < 2)
		return 0;
	unsigned how = data[0];
	f.random = data[1];
	f.hooks = (struct oriel_hooks){ .size = sizeof(f.hooks),
		.user = &f,
		.alloc = scarce_alloc,
		.resize = scarce_resize,
		.release = scarce_release };
	require(orl_host_env(&f.env, &f.hooks) == 0);
	require(orl_link_create(&f.link, &f.env,
				how & 1 ? ORL_SERVER : ORL_CLIENT, &calls, &f,
				f.now) == 0);
	f.scarce = how & 32;
	if (how & 2)
		orl_link_open(f.link);
	for (int i = 0; i < (how & 16 ? 64 : 1) && !err; i++)
		err = say(&f, how, data + 2, size - 2);
	for (int i = 0; i < 64; i++) {
		uint64_t due = orl_link_deadline(f.link);
		drain(&f, 1300, ORL_CHANNELS_ALL);
		if (i % 16 != 15 || due == UINT64_MAX)
			continue;
		f.now = f.now > due ? f.now : due;
		orl_link_tick(f.link, f.now);
	}
	require(orl_link_feed(f.link, "", 1, f.now) == f.link->error);
	orl_link_destroy(f.link);
	return 0;
}
