/*
 * buf.c - see buf.h.
 */
#include "proto/buf.h"

struct orl_buf *orl_buf_create(const struct orl_env *env, size_t capacity)
{
	size_t bytes;
	struct orl_buf *buf;

	if (!orl_add(&bytes, sizeof(*buf), capacity))
		return NULL;
	/* Not through orl_alloc: the content is about to be written. */
	buf = env->hooks.alloc(env->hooks.user, bytes);
	if (!buf)
		return NULL;
	buf->env = env;
	buf->refs = 1;
	buf->size = buf->capacity = capacity;
	return buf;
}

struct orl_buf *orl_buf_ref(struct orl_buf *buf)
{
	buf->refs++;
	return buf;
}

void orl_buf_unref(struct orl_buf *buf)
{
	if (buf && --buf->refs == 0)
		orl_free(buf->env, buf);
}
