#include "proto/messages.h"

#include <assert.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* clang-format off */

/* The size of a record on the wire, and the least size of a message. */
enum {
	W_U8 = 1, W_U16 = 2, W_U32 = 4, W_U64 = 8, W_I32 = 4, W_BOOL = 1,
	W_BYTES = 4, W_TEXT = 2, W_TAIL = 0,
};
#define REC(name, doc) enum { SIZE_##name = 0
#define END_REC(name) };
#define MSG(id, dir, name, since, doc) enum { SIZE_##name = 0
#define END_MSG(name) };
#define FIELD(f, kind, lo, hi, doc) + W_##kind
#define LIST(f, rec, max, doc) + 2
#include "proto/messages.def"

/* Decoders. */
#define REC(name, doc) \
	static void get_##name(struct orl_rd *r, struct orl_##name *v) {
#define END_REC(name) \
	} \
	static struct orl_list list_##name(struct orl_rd *r, uint16_t max) \
	{ \
		uint16_t n = rd_U16(r, 0, max); \
		const uint8_t *p = rd_take(r, (size_t)n * SIZE_##name); \
		struct orl_list l = { p, p ? n : (uint16_t)0 }; \
		struct orl_rd in = rd_init(p, (size_t)l.n * SIZE_##name); \
		struct orl_##name v; \
		for (unsigned i = 0; i < l.n; i++) \
			get_##name(&in, &v); \
		r->bad |= in.bad; \
		return l; \
	} \
	void orl_at_##name(const struct orl_list *l, unsigned i, \
			   struct orl_##name *v) \
	{ \
		assert(i < l->n); \
		struct orl_rd r = rd_init(l->p + (size_t)i * SIZE_##name, \
					  SIZE_##name); \
		get_##name(&r, v); \
	}
#define MSG(id, dir, name, since, doc) \
	int orl_get_##name(const void *data, size_t n, struct orl_##name *v) \
	{ \
		struct orl_rd rd = rd_init(data, n), *r = &rd;
#define END_MSG(name) \
		return rd_end(r); \
	}
#define FIELD(f, kind, lo, hi, doc) v->f = rd_##kind(r, lo, hi);
#define LIST(f, rec, max, doc) v->f = list_##rec(r, max);
#include "proto/messages.def"

/* Encoders. A list is the bytes that orl_put_<rec>() wrote. */
#define REC(name, doc) \
	void orl_put_##name(struct orl_wr *w, const struct orl_##name *v) {
#define END_REC(name) }
#define MSG(id, dir, name, since, doc) REC_(name)
#define REC_(name) \
	void orl_put_##name(struct orl_wr *w, const struct orl_##name *v) {
#define END_MSG(name) }
#define FIELD(f, kind, lo, hi, doc) wr_##kind(w, v->f);
#define LIST(f, rec, max, doc) \
	wr_U16(w, v->f.n); \
	wr_raw(w, v->f.p, (size_t)v->f.n * SIZE_##rec);
#include "proto/messages.def"
#undef REC_

/* The table. */
#define REC(name, doc) static const struct orl_field fields_##name[] = {
#define END_REC(name) \
	}; \
	static const struct orl_message rec_##name = { \
		0, ORL_NODIR, 0, #name, "", fields_##name, \
		COUNT(fields_##name), \
	};
#define MSG(id, dir, name, since, doc) \
	static const struct orl_field fields_##name[] = {
#define END_MSG(name) };
#define FIELD(f, kind, lo, hi, doc) { #f, doc, ORL_##kind, lo, hi, NULL },
#define LIST(f, rec, max, doc) { #f, doc, ORL_LIST, 0, max, &rec_##rec },
#include "proto/messages.def"

const struct orl_message orl_messages[] = {
#define MSG(id, dir, name, since, doc) \
	{ id, ORL_##dir, since, #name, doc, fields_##name, \
	  COUNT(fields_##name) },
#define END_MSG(name)
#include "proto/messages.def"
};
const size_t orl_n_messages = COUNT(orl_messages);

/* clang-format on */

bool orl_utf8_ok(const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n;) {
		unsigned c = p[i++];
		if (c == 0)
			return false;
		if (c < 0x80)
			continue;
		unsigned more = c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : 1;
		if (c < 0xc2 || c > 0xf4 || n - i < more)
			return false;
		uint32_t v = c & (0x3fu >> more);
		for (unsigned k = 0; k < more; k++, i++) {
			if ((p[i] & 0xc0) != 0x80)
				return false;
			v = v << 6 | (p[i] & 0x3fu);
		}
		if (v < (more == 3                  ? 0x10000u
					: more == 2 ? 0x800u
						    : 0x80u) ||
				v > 0x10ffff || (v >= 0xd800 && v <= 0xdfff))
			return false;
	}
	return true;
}
