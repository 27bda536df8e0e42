/*
 * env.c - memory, log and names on top of the host's hooks.
 */
#include "proto/env.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int orl_take_struct(void *into, size_t size, const void *from, size_t least)
{
	size_t given, known;

	memcpy(&given, from, sizeof(given));
	if (given < least)
		return ORIEL_EINVAL;
	known = given < size ? given : size;
	for (size_t i = known; i < given; i++)
		if (((const uint8_t *)from)[i])
			return ORIEL_EINVAL;
	memset(into, 0, size);
	memcpy(into, from, known);
	memcpy(into, &size, sizeof(size));
	return 0;
}

void *orl_alloc(const struct orl_env *env, size_t n, size_t size)
{
	size_t bytes;
	if (!orl_mul(&bytes, n, size))
		return NULL;
	void *ptr = env->hooks.alloc(env->hooks.user, bytes ? bytes : 1);
	if (ptr && env->hooks.alloc != env->zeroing)
		memset(ptr, 0, bytes);
	return ptr;
}

void *orl_resize(const struct orl_env *env, void *ptr, size_t n, size_t size)
{
	size_t bytes;
	if (!orl_mul(&bytes, n, size))
		return NULL;
	return env->hooks.resize(env->hooks.user, ptr, bytes ? bytes : 1);
}

void orl_free(const struct orl_env *env, void *ptr)
{
	if (ptr)
		env->hooks.release(env->hooks.user, ptr);
}

void orl_wipe(void *ptr, size_t n)
{
	volatile uint8_t *p = ptr;
	while (n--)
		*p++ = 0;
}

char *orl_strdup(const struct orl_env *env, const char *text)
{
	size_t n = strlen(text) + 1;
	char *copy = orl_alloc(env, n, 1);
	if (copy)
		memcpy(copy, text, n);
	return copy;
}

void orl_log(const struct orl_env *env, enum oriel_log_level level,
		const char *topic, const char *format, ...)
{
	char line[512];
	va_list args;
	if (level > env->hooks.log_level)
		return;
	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	env->hooks.log(env->hooks.user, level, topic, line);
}

const char *orl_printable(char *out, size_t size, const void *text, size_t n)
{
	const unsigned char *p = text;
	size_t i = 0;
	for (; i < n && i + 1 < size; i++)
		out[i] = (char)(p[i] >= 0x20 && p[i] < 0x7f ? p[i] : '?');
	if (size)
		out[i] = 0;
	return out;
}

unsigned oriel_version(void)
{
	return ORIEL_VERSION;
}

const char *oriel_strerror(int error)
{
	switch (error) {
	case ORIEL_OK:
		return "success";
#define X(name, value, text) \
	case ORIEL_E##name: \
		return text;
		ORIEL_ERRORS(X)
#undef X
	default:
		return "unknown error";
	}
}
