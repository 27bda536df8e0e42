/*
 * sample.c - see sample.h.
 */
#include "tests/sample.h"

struct maker {
	struct rng *rng;
	struct orl_wr w;
	enum sample_size size;
	enum sample_fault fault;
	bool possible; /* the fault was made */
};

static unsigned width(enum orl_kind kind)
{
	switch (kind) {
	case ORL_U16:
		return 2;
	case ORL_U32:
	case ORL_I32:
		return 4;
	case ORL_U64:
		return 8;
	default:
		return 1;
	}
}

static uint64_t largest(enum orl_kind kind)
{
	unsigned n = width(kind);
	return kind == ORL_I32 ? INT32_MAX
	       : n == 8        ? UINT64_MAX
			       : ((uint64_t)1 << 8 * n) - 1;
}

/* A length or count up to max. */
static uint64_t length(struct maker *m, uint64_t max)
{
	uint64_t most = max;
	switch (m->size) {
	case SAMPLE_LEAST:
		return 0;
	case SAMPLE_SMALL:
		most = max < 20 ? max : 20;
		break;
	case SAMPLE_LARGE:
		most = rng_below(m->rng, 3) ? most / 100 + 1 : most;
		break;
	case SAMPLE_MOST:
		return max;
	}
	return rng_below(m->rng, most + 1);
}

static void put_number(struct maker *m, const struct orl_field *f,
		enum sample_fault fault)
{
	uint64_t lo = (uint64_t)f->lo, v;
	bool full = f->hi - lo == UINT64_MAX;
	unsigned n = width(f->kind);

	switch (rng_below(m->rng, 4)) {
	case 0:
		v = lo;
		break;
	case 1:
		v = f->hi;
		break;
	default:
		v = full ? rng_next(m->rng)
			 : lo + rng_below(m->rng, f->hi - lo + 1);
	}
	if (fault == SAMPLE_BELOW && f->kind != ORL_I32 && f->lo > 0) {
		v = lo - 1;
		m->possible = true;
	} else if (fault == SAMPLE_ABOVE && f->hi < largest(f->kind)) {
		v = f->hi + 1;
		m->possible = true;
	}
	wr_le(&m->w, v, n);
}

static void put_raw(struct maker *m, uint64_t n)
{
	for (uint64_t i = 0; i < n; i++)
		wr_U8(&m->w, (uint8_t)rng_next(m->rng));
}

/* Characters of one to four bytes, exactly n bytes in all. */
static void put_utf8(struct maker *m, uint64_t n)
{
	static const uint32_t least[] = { 0, 1, 0x80, 0x800, 0x10000 };
	static const uint32_t most[] = { 0, 0x7f, 0x7ff, 0xd7ff, 0x10ffff };
	while (n) {
		unsigned k = 1 + (unsigned)rng_below(m->rng, n < 4 ? n : 4);
		uint32_t c = least[k] + (uint32_t)rng_below(m->rng,
							most[k] - least[k] + 1);
		static const uint8_t first[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
		wr_U8(&m->w, (uint8_t)(first[k] | c >> 6 * (k - 1)));
		for (unsigned i = k - 1; i--;)
			wr_U8(&m->w, (uint8_t)(0x80 | (c >> 6 * i & 0x3f)));
		n -= k;
	}
}

static void put_record(struct maker *m, const struct orl_message *rec, int sub)
{
	for (size_t i = 0; i < rec->n_fields; i++)
		put_number(m, &rec->fields[i],
				(int)i == sub ? m->fault : SAMPLE_RIGHT);
}

static void put_field(struct maker *m, const struct orl_field *f,
		enum sample_fault fault, int sub)
{
	uint64_t n = f->kind < ORL_BYTES ? 0 : length(m, f->hi);
	bool wide = f->kind == ORL_TAIL || f->kind == ORL_BYTES;

	if (fault == SAMPLE_ABOVE && sub < 0 && f->kind >= ORL_BYTES &&
			(wide || f->hi < UINT16_MAX)) {
		n = f->hi + 1;
		m->possible = true;
	}
	switch (f->kind) {
	case ORL_BYTES:
		wr_le(&m->w, n, 4);
		put_raw(m, n);
		break;
	case ORL_TAIL:
		put_raw(m, n);
		break;
	case ORL_TEXT:
		if (fault == SAMPLE_NO_TEXT) {
			wr_le(&m->w, 2, 2);
			wr_le(&m->w, rng_below(m->rng, 2) ? 0x8061 : 0x61, 2);
			m->possible = true;
			break;
		}
		wr_le(&m->w, n, 2);
		put_utf8(m, n);
		break;
	case ORL_LIST:
		n = sub >= 0 && !n ? 1 : n;
		wr_le(&m->w, n, 2);
		for (uint64_t i = 0; i < n; i++)
			put_record(m, f->rec, i ? -1 : sub);
		break;
	default:
		put_number(m, f, fault);
		break;
	}
}

size_t sample_make(struct rng *rng, const struct orl_message *m, uint8_t *out,
		enum sample_size size)
{
	struct maker k = {
		.rng = rng, .w = { out, SAMPLE_MAX, 0 }, .size = size
	};
	for (size_t i = 0; i < m->n_fields; i++)
		put_field(&k, &m->fields[i], SAMPLE_RIGHT, -1);
	return k.w.n;
}

size_t sample_make_wrong(struct rng *rng, const struct orl_message *m,
		uint8_t *out, size_t field, int sub, enum sample_fault fault)
{
	struct maker k = { .rng = rng,
		.w = { out, SAMPLE_MAX, 0 },
		.size = SAMPLE_SMALL,
		.fault = fault };
	for (size_t i = 0; i < m->n_fields; i++)
		put_field(&k, &m->fields[i], i == field ? fault : SAMPLE_RIGHT,
				i == field ? sub : -1);
	return k.possible ? k.w.n : 0;
}

/* clang-format off */
#define MSG(id, dir, name, since, doc) \
	case ORL_MSG_##name: { \
		struct orl_##name v; \
		int err = orl_get_##name(data, n, &v); \
		if (err) \
			return err; \
		bool same = true;
#define LIST(f, rec, max, doc) \
		for (unsigned i = 0; i < v.f.n; i++) { \
			struct orl_##rec r; \
			uint8_t b[32]; \
			struct orl_wr one = { b, sizeof(b), 0 }; \
			orl_at_##rec(&v.f, i, &r); \
			orl_put_##rec(&one, &r); \
			same &= wr_ok(&one) && memcmp(b, \
					v.f.p + i * one.n, one.n) == 0; \
		}
#define END_MSG(name) \
		orl_put_##name(&w, &v); \
		*again_n = w.n; \
		return same ? 0 : 2; \
	}
/* clang-format on */

int sample_again(uint16_t id, const void *data, size_t n, uint8_t *again,
		size_t *again_n)
{
	struct orl_wr w = { again, SAMPLE_MAX, 0 };
	switch (id) {
#include "proto/messages.def"
	default:
		return 1;
	}
}
