/*
 * messages.h - messages.def as C: identifiers, structs, decoders, encoders,
 * and a table that describes the wire to tools and tests.
 */
#ifndef ORL_PROTO_MESSAGES_H
#define ORL_PROTO_MESSAGES_H

#include "proto/wire.h"

/* clang-format off */

/* ORL_MSG_key = 0x0101, ... */
enum orl_msg_id {
#define MSG(id, dir, name, since, doc) ORL_MSG_##name = id,
#define END_MSG(name)
#include "proto/messages.def"
};

/* struct orl_rect { ... }; struct orl_key { ... }; ... */
#define REC(name, doc) struct orl_##name {
#define END_REC(name) };
#define MSG(id, dir, name, since, doc) struct orl_##name {
#define END_MSG(name) };
#define FIELD(f, kind, lo, hi, doc) orl_##kind f;
#define LIST(f, rec, max, doc) struct orl_list f;
#include "proto/messages.def"

/*
 * orl_get_key() fills every field with a value that messages.def allows, or
 * returns ORIEL_EPROTO. Views in the result point into `data`.
 * orl_at_rect() reads record i of a list that a get has checked.
 */
#define REC(name, doc) \
	void orl_at_##name(const struct orl_list *l, unsigned i, \
			   struct orl_##name *v); \
	void orl_put_##name(struct orl_wr *w, const struct orl_##name *v);
#define END_REC(name)
#define MSG(id, dir, name, since, doc) \
	int orl_get_##name(const void *data, size_t n, struct orl_##name *v); \
	void orl_put_##name(struct orl_wr *w, const struct orl_##name *v);
#define END_MSG(name)
#include "proto/messages.def"

/* clang-format on */

enum orl_kind {
	ORL_U8,
	ORL_U16,
	ORL_U32,
	ORL_U64,
	ORL_I32,
	ORL_BOOL,
	ORL_BYTES,
	ORL_TEXT,
	ORL_LIST,
	ORL_TAIL,
};

struct orl_field {
	const char *name, *doc;
	enum orl_kind kind;
	int64_t lo;
	uint64_t hi; /* of the value, the length or the count */
	const struct orl_message *rec; /* of an ORL_LIST */
};

enum orl_dir { ORL_NODIR, ORL_C2S, ORL_S2C, ORL_BOTH };

struct orl_message {
	uint16_t id;
	enum orl_dir dir;
	uint8_t since;
	const char *name, *doc;
	const struct orl_field *fields;
	size_t n_fields;
};

extern const struct orl_message orl_messages[];
extern const size_t orl_n_messages;

#endif
