/*
 * vdagent.c - what spice-vdagent, inside a guest, says and is told.
 *
 * A chunk is {port, size} and bytes; the bytes of all chunks of a port are
 * messages, {protocol, type, opaque, size} and bytes. Numbers are
 * little-endian. Messages for port 2 are answers to a SPICE server's own.
 */
#include "capture/vdagent.h"

#include <string.h>

enum { CLIENT_PORT = 1, SERVER_PORT = 2, PROTOCOL = 1 };

void orl_vdagent_init(struct orl_vdagent *a,
		const struct orl_vdagent_type *types, size_t type_count,
		void *user)
{
	*a = (struct orl_vdagent){
		.types = types, .type_count = type_count, .user = user
	};
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Fill a header; its bytes that were taken. */
static size_t fill(uint8_t *head, size_t size, size_t *have,
		const uint8_t *data, size_t n)
{
	n = least(n, size - *have);
	memcpy(head + *have, data, n);
	*have += n;
	return n;
}

/* A message ends; the next begins with its header. */
static void end_message(struct orl_vdagent *a)
{
	a->message_n = 0;
	a->row = NULL;
}

static int begin_message(struct orl_vdagent *a)
{
	if (orl_vdagent_u32(a->message) != PROTOCOL)
		return -1;
	a->type = orl_vdagent_u32(a->message + 4);
	a->size = orl_vdagent_u32(a->message + 16);
	a->at = 0;
	a->row = NULL;
	for (size_t i = 0; i < a->type_count; i++)
		if (a->types[i].type == a->type && a->size >= a->types[i].min &&
				a->size <= a->types[i].max)
			a->row = &a->types[i];
	if (a->size)
		return 0;
	if (a->row)
		a->row->take(a->user, &(struct orl_vdagent_piece){ a->type, 0,
						      0, a->whole, 0 });
	end_message(a);
	return 0;
}

static void hand_over(struct orl_vdagent *a, const uint8_t *data, size_t n)
{
	struct orl_vdagent_piece piece = { a->type, a->size, a->at, data, n };

	if (a->row && a->row->whole) {
		memcpy(a->whole + a->at, data, n);
		piece.at = 0;
		piece.data = a->whole;
		piece.n = a->size;
	}
	a->at += (uint32_t)n;
	if (a->row && (!a->row->whole || a->at == a->size))
		a->row->take(a->user, &piece);
	if (a->at == a->size)
		end_message(a);
}

/* Bytes of one chunk's. */
static int feed_messages(struct orl_vdagent *a, const uint8_t *data, size_t n)
{
	while (n) {
		size_t k;

		if (a->message_n < sizeof(a->message)) {
			k = fill(a->message, sizeof(a->message), &a->message_n,
					data, n);
			if (a->message_n == sizeof(a->message) &&
					begin_message(a) < 0)
				return -1;
		} else {
			k = least(n, a->size - a->at);
			hand_over(a, data, k);
		}
		data += k;
		n -= k;
	}
	return 0;
}

int orl_vdagent_feed(struct orl_vdagent *a, const uint8_t *data, size_t n)
{
	while (n) {
		size_t k;

		if (a->chunk_n < sizeof(a->chunk)) {
			k = fill(a->chunk, sizeof(a->chunk), &a->chunk_n, data,
					n);
			a->port = orl_vdagent_u32(a->chunk);
			a->chunk_left = orl_vdagent_u32(a->chunk + 4);
			if (a->chunk_n == sizeof(a->chunk) &&
					a->port != CLIENT_PORT &&
					a->port != SERVER_PORT)
				return -1;
		} else {
			k = least(n, a->chunk_left);
			if (a->port == CLIENT_PORT &&
					feed_messages(a, data, k) < 0)
				return -1;
			a->chunk_left -= (uint32_t)k;
		}
		if (a->chunk_n == sizeof(a->chunk) && !a->chunk_left)
			a->chunk_n = 0;
		data += k;
		n -= k;
	}
	return 0;
}

/* ---- what it is told ---------------------------------------------------- */

static uint8_t *put_u32(uint8_t *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		*p++ = (uint8_t)(v >> i * 8);
	return p;
}

size_t orl_vdagent_put(uint8_t *out, size_t size, uint32_t type,
		const uint8_t *data, size_t n)
{
	const size_t room = ORL_VDAGENT_CHUNK - 8;
	uint8_t head[20], *p = out;
	size_t total = n + sizeof(head), at = 0;

	if (n > UINT32_MAX / 2 || total + (total + room - 1) / room * 8 > size)
		return 0;
	put_u32(head, PROTOCOL);
	put_u32(head + 4, type);
	put_u32(head + 8, 0);
	put_u32(head + 12, 0);
	put_u32(head + 16, (uint32_t)n);
	while (at < total) {
		size_t k = least(total - at, room);
		size_t of_head = at < sizeof(head) ? sizeof(head) - at : 0;

		of_head = least(of_head, k);
		p = put_u32(p, CLIENT_PORT);
		p = put_u32(p, (uint32_t)k);
		if (of_head)
			memcpy(p, head + at, of_head);
		if (k > of_head)
			memcpy(p + of_head,
					data + (at + of_head - sizeof(head)),
					k - of_head);
		p += k;
		at += k;
	}
	return (size_t)(p - out);
}

size_t orl_vdagent_put_caps(
		uint8_t *out, size_t size, bool request, uint32_t caps)
{
	uint8_t data[8];

	put_u32(put_u32(data, request), caps);
	return orl_vdagent_put(out, size, ORL_VDAGENT_CAPS, data, sizeof(data));
}

size_t orl_vdagent_put_monitors(uint8_t *out, size_t size,
		const struct orl_vdagent_head *heads, size_t n)
{
	uint8_t data[8 + 20 * ORL_VDAGENT_HEADS], *p = data;

	if (n > ORL_VDAGENT_HEADS)
		return 0;
	p = put_u32(p, (uint32_t)n);
	p = put_u32(p, 1); /* places are given */
	for (size_t i = 0; i < n; i++) {
		p = put_u32(p, (uint32_t)heads[i].height);
		p = put_u32(p, (uint32_t)heads[i].width);
		p = put_u32(p, 32);
		p = put_u32(p, (uint32_t)heads[i].x);
		p = put_u32(p, (uint32_t)heads[i].y);
	}
	return orl_vdagent_put(out, size, ORL_VDAGENT_MONITORS, data,
			(size_t)(p - data));
}
