/*
 * wire.h - reading and writing the bytes of a message.
 *
 * Both cursors are sticky: a get that does not fit, or is out of range, sets
 * `bad` and returns the lowest allowed value, and from then on nothing moves.
 * A decoder reads field after field and asks once, at the end, how it went.
 * Nothing here allocates.
 */
#ifndef ORL_PROTO_WIRE_H
#define ORL_PROTO_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <oriel/oriel.h>

/*
 * Bytes that live elsewhere: in the receive buffer when decoded, and so
 * valid until the handler returns.
 */
struct orl_view {
	const uint8_t *p;
	uint32_t n;
};

/* n records of one wire size, already checked. */
struct orl_list {
	const uint8_t *p;
	uint16_t n;
};

struct orl_rd {
	const uint8_t *p, *end;
	bool bad;
};

static inline struct orl_rd rd_init(const void *data, size_t n)
{
	const uint8_t *p = data;
	return (struct orl_rd){ .p = p, .end = n ? p + n : p };
}

static inline const uint8_t *rd_take(struct orl_rd *r, size_t n)
{
	if (r->bad || (size_t)(r->end - r->p) < n) {
		r->bad = true;
		return NULL;
	}
	const uint8_t *p = r->p;
	r->p += n;
	return p;
}

/* n is 1, 2, 4 or 8; written so that compilers make one load of it. */
static inline uint64_t orl_le(const uint8_t *p, unsigned n)
{
	uint64_t v = 0;
	switch (n) {
	case 8:
		v |= (uint64_t)p[7] << 56 | (uint64_t)p[6] << 48;
		v |= (uint64_t)p[5] << 40 | (uint64_t)p[4] << 32;
		/* fall through */
	case 4:
		v |= (uint64_t)p[3] << 24 | (uint64_t)p[2] << 16;
		/* fall through */
	case 2:
		v |= (uint64_t)p[1] << 8;
		/* fall through */
	default:
		return v | p[0];
	}
}

static inline uint64_t rd_le(
		struct orl_rd *r, unsigned n, uint64_t lo, uint64_t hi)
{
	const uint8_t *p = rd_take(r, n);
	uint64_t v = p ? orl_le(p, n) : lo;
	if (v < lo || v > hi) {
		r->bad = true;
		return lo;
	}
	return v;
}

/* 0 when every get fitted and nothing is left over. */
static inline int rd_end(const struct orl_rd *r)
{
	return r->bad || r->p != r->end ? ORIEL_EPROTO : 0;
}

bool orl_utf8_ok(const uint8_t *p, size_t n); /* and no NUL */

/* One type, one get and one put for each kind of field in messages.def. */
typedef uint8_t orl_U8;
typedef uint16_t orl_U16;
typedef uint32_t orl_U32;
typedef uint64_t orl_U64;
typedef int32_t orl_I32;
typedef bool orl_BOOL;
typedef struct orl_view orl_BYTES;
typedef struct orl_view orl_TEXT;
typedef struct orl_view orl_TAIL;

static inline uint8_t rd_U8(struct orl_rd *r, uint8_t lo, uint8_t hi)
{
	return (uint8_t)rd_le(r, 1, lo, hi);
}

static inline uint16_t rd_U16(struct orl_rd *r, uint16_t lo, uint16_t hi)
{
	return (uint16_t)rd_le(r, 2, lo, hi);
}

static inline uint32_t rd_U32(struct orl_rd *r, uint32_t lo, uint32_t hi)
{
	return (uint32_t)rd_le(r, 4, lo, hi);
}

static inline uint64_t rd_U64(struct orl_rd *r, uint64_t lo, uint64_t hi)
{
	return rd_le(r, 8, lo, hi);
}

static inline int32_t rd_I32(struct orl_rd *r, int32_t lo, int32_t hi)
{
	int32_t v = (int32_t)(uint32_t)rd_le(r, 4, 0, UINT32_MAX);
	if (v < lo || v > hi)
		r->bad = true;
	return r->bad ? lo : v;
}

static inline bool rd_BOOL(struct orl_rd *r, uint8_t lo, uint8_t hi)
{
	return rd_U8(r, lo, hi) != 0;
}

static inline struct orl_view rd_BYTES(
		struct orl_rd *r, uint32_t lo, uint32_t hi)
{
	uint32_t n = rd_U32(r, lo, hi);
	const uint8_t *p = rd_take(r, n);
	return (struct orl_view){ p, p ? n : 0 };
}

static inline struct orl_view rd_TEXT(
		struct orl_rd *r, uint16_t lo, uint16_t hi)
{
	uint16_t n = rd_U16(r, lo, hi);
	const uint8_t *p = rd_take(r, n);
	if (p && !orl_utf8_ok(p, n))
		r->bad = true;
	return (struct orl_view){ p, p ? n : 0 };
}

static inline struct orl_view rd_TAIL(
		struct orl_rd *r, uint32_t lo, uint32_t hi)
{
	size_t n = (size_t)(r->end - r->p);
	if (n < lo || n > hi)
		r->bad = true;
	const uint8_t *p = rd_take(r, n);
	return (struct orl_view){ p, p ? (uint32_t)n : 0 };
}

/*
 * A writer counts what it would need even when it has no room: write once
 * into an empty one to learn the size.
 */
struct orl_wr {
	uint8_t *p;
	size_t cap, n;
};

static inline void wr_raw(struct orl_wr *w, const void *data, size_t n)
{
	if (n && w->n <= w->cap && n <= w->cap - w->n)
		memcpy(w->p + w->n, data, n);
	w->n += n;
}

static inline bool wr_ok(const struct orl_wr *w)
{
	return w->n <= w->cap;
}

static inline void wr_le(struct orl_wr *w, uint64_t v, unsigned n)
{
	uint8_t b[8];
	for (unsigned i = 0; i < n; i++)
		b[i] = (uint8_t)(v >> 8 * i);
	wr_raw(w, b, n);
}

static inline void wr_U8(struct orl_wr *w, uint8_t v)
{
	wr_le(w, v, 1);
}
static inline void wr_U16(struct orl_wr *w, uint16_t v)
{
	wr_le(w, v, 2);
}
static inline void wr_U32(struct orl_wr *w, uint32_t v)
{
	wr_le(w, v, 4);
}
static inline void wr_U64(struct orl_wr *w, uint64_t v)
{
	wr_le(w, v, 8);
}
static inline void wr_I32(struct orl_wr *w, int32_t v)
{
	wr_le(w, (uint32_t)v, 4);
}
static inline void wr_BOOL(struct orl_wr *w, bool v)
{
	wr_le(w, v, 1);
}

static inline void wr_BYTES(struct orl_wr *w, struct orl_view v)
{
	wr_U32(w, v.n);
	wr_raw(w, v.p, v.n);
}

static inline void wr_TEXT(struct orl_wr *w, struct orl_view v)
{
	wr_U16(w, (uint16_t)v.n);
	wr_raw(w, v.p, v.n);
}

/* A sender that gathers passes an empty view and the bytes beside it. */
static inline void wr_TAIL(struct orl_wr *w, struct orl_view v)
{
	wr_raw(w, v.p, v.n);
}

#endif
