/*
 * vdclip.c - see vdclip.h. Where both ends know of selections, a message
 * begins with which one it is about, in four bytes.
 */
#include "capture/vdclip.h"

#include <string.h>

#include "clip/types.h"

static const char *const mimes[ORL_VDCLIP_TYPES] = {
	[ORL_VDCLIP_TEXT] = ORL_TYPE_TEXT,
	[ORL_VDCLIP_PNG] = "image/png",
	[ORL_VDCLIP_BMP] = "image/bmp",
	[ORL_VDCLIP_JPEG] = "image/jpeg",
};

const char *orl_vdclip_mime(enum orl_vdclip_type type)
{
	return (unsigned)type < ORL_VDCLIP_TYPES ? mimes[type] : NULL;
}

enum orl_vdclip_type orl_vdclip_type_of(const char *mime)
{
	for (int i = 0; i < ORL_VDCLIP_TYPES; i++)
		if (mimes[i] && strcmp(mimes[i], mime) == 0)
			return (enum orl_vdclip_type)i;
	return ORL_VDCLIP_NONE;
}

/* Of a message that came whole: what is behind its selection, or NULL. */
static const uint8_t *body(const struct orl_vdclip *c,
		const struct orl_vdagent_piece *piece, size_t *n)
{
	*n = piece->n;
	if (!c->selections)
		return piece->data;
	if (piece->n < 4 || piece->data[0])
		return NULL;
	*n -= 4;
	return piece->data + 4;
}

static void on_grab(struct orl_vdclip *c, const struct orl_vdagent_piece *piece)
{
	size_t n;
	const uint8_t *p = body(c, piece, &n);
	uint32_t types = 0;

	for (size_t at = 0; p && at + 4 <= n; at += 4) {
		uint32_t type = orl_vdagent_u32(p + at);

		if (type < ORL_VDCLIP_TYPES)
			types |= 1u << type;
	}
	if (p)
		c->calls->grabbed(c->user, types);
}

static void on_data(struct orl_vdclip *c, const struct orl_vdagent_piece *piece)
{
	const size_t head = c->selections ? 8 : 4;
	const uint8_t *p = piece->data;
	size_t n = piece->n;

	if (!piece->at)
		c->head_n = 0;
	if (c->head_n < head) {
		size_t k = head - c->head_n < n ? head - c->head_n : n;

		memcpy(c->head + c->head_n, p, k);
		c->head_n += k;
		p += k;
		n -= k;
		if (c->head_n < head)
			return;
		c->taken = !c->selections || !c->head[0];
		if (c->taken)
			c->calls->begun(c->user,
					(enum orl_vdclip_type)orl_vdagent_u32(
							c->head + head - 4),
					piece->size - (uint32_t)head);
	}
	if (c->taken && n)
		c->calls->data(c->user, p, n);
	if (c->taken && piece->at + piece->n == piece->size)
		c->calls->came(c->user);
}

void orl_vdclip_take(
		struct orl_vdclip *c, const struct orl_vdagent_piece *piece)
{
	size_t n;
	const uint8_t *p;

	switch (piece->type) {
	case ORL_VDCLIP_GRAB:
		on_grab(c, piece);
		break;
	case ORL_VDCLIP_RELEASE:
		if (body(c, piece, &n))
			c->calls->grabbed(c->user, 0);
		break;
	case ORL_VDCLIP_REQUEST:
		p = body(c, piece, &n);
		if (p && n >= 4)
			c->calls->requested(c->user,
					(enum orl_vdclip_type)orl_vdagent_u32(
							p));
		break;
	default:
		on_data(c, piece);
		break;
	}
}

/* ---- what the agent is told --------------------------------------------- */

static size_t put_u32(uint8_t *p, size_t at, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[at + (size_t)i] = (uint8_t)(v >> i * 8);
	return at + 4;
}

size_t orl_vdclip_put_grab(
		uint8_t *out, size_t size, bool selections, uint32_t types)
{
	uint8_t data[4 + 4 * ORL_VDCLIP_TYPES];
	size_t n = selections ? put_u32(data, 0, 0) : 0;

	for (uint32_t i = 1; i < ORL_VDCLIP_TYPES; i++)
		if (types >> i & 1)
			n = put_u32(data, n, i);
	return orl_vdagent_put(out, size, ORL_VDCLIP_GRAB, data, n);
}

size_t orl_vdclip_put_request(uint8_t *out, size_t size, bool selections,
		enum orl_vdclip_type type)
{
	uint8_t data[8];
	size_t n = selections ? put_u32(data, 0, 0) : 0;

	n = put_u32(data, n, (uint32_t)type);
	return orl_vdagent_put(out, size, ORL_VDCLIP_REQUEST, data, n);
}

size_t orl_vdclip_put_release(uint8_t *out, size_t size, bool selections)
{
	uint8_t data[4];
	size_t n = selections ? put_u32(data, 0, 0) : 0;

	return orl_vdagent_put(out, size, ORL_VDCLIP_RELEASE, data, n);
}

size_t orl_vdclip_put_data(uint8_t *out, size_t size, bool selections,
		enum orl_vdclip_type type, uint32_t total)
{
	uint8_t data[8];
	size_t n = selections ? put_u32(data, 0, 0) : 0;

	n = put_u32(data, n, (uint32_t)type);
	n = orl_vdagent_put(out, size, ORL_VDCLIP_DATA, data, n);
	/* The message is longer than what of it is in this chunk. */
	if (n)
		put_u32(out, 8 + 16, orl_vdagent_u32(out + 8 + 16) + total);
	return n;
}

/* ---- line ends ---------------------------------------------------------- */

size_t orl_crlf_from_lf(uint8_t *out, uint8_t *last, const uint8_t *p, size_t n)
{
	uint8_t *to = out;

	for (size_t i = 0; i < n; i++) {
		if (p[i] == '\n' && *last != '\r')
			*to++ = '\r';
		*to++ = *last = p[i];
	}
	return (size_t)(to - out);
}

size_t orl_lf_from_crlf(uint8_t *out, uint8_t *held, const uint8_t *p, size_t n)
{
	uint8_t *to = out;

	for (size_t i = 0; i < n; i++) {
		if (*held && p[i] != '\n')
			*to++ = '\r';
		*held = p[i] == '\r';
		if (!*held)
			*to++ = p[i];
	}
	return (size_t)(to - out);
}
