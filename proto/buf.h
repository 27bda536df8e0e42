/*
 * buf.h - reference counted bytes, so that what was encoded once can be
 * queued by the link, and for several peers, without being copied.
 */
#ifndef ORL_PROTO_BUF_H
#define ORL_PROTO_BUF_H

#include "proto/env.h"

struct orl_buf {
	const struct orl_env *env;
	unsigned refs; /* loop thread only */
	size_t size;   /* bytes in use, <= capacity; the maker sets it */
	size_t capacity;
	uint8_t data[];
};

/* One reference, size = capacity. NULL when there is no memory. */
struct orl_buf *orl_buf_create(const struct orl_env *env, size_t capacity);
struct orl_buf *orl_buf_ref(struct orl_buf *buf);
void orl_buf_unref(struct orl_buf *buf);

#endif
