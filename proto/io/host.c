#include "proto/io/host.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "proto/io/crypto.h"

static void *host_alloc(void *user, size_t bytes)
{
	(void)user;
	return calloc(1, bytes);
}

static void *host_resize(void *user, void *ptr, size_t bytes)
{
	(void)user;
	return realloc(ptr, bytes);
}

static void host_release(void *user, void *ptr)
{
	(void)user;
	free(ptr);
}

static void host_log(void *user, enum oriel_log_level level, const char *topic,
		const char *text)
{
	static const char *const names[] = { "", "error", "warning", "info",
		"debug" };
	(void)user;
	fprintf(stderr, "oriel: %s: %s: %s\n", names[level], topic, text);
}

static uint64_t host_now(void *user)
{
	struct timespec t;
	(void)user;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static int host_random(void *user, void *buf, size_t bytes)
{
	uint8_t *p = buf;
	(void)user;
	while (bytes) {
		size_t want = bytes > 256 ? 256 : bytes;
		ssize_t got = getrandom(p, want, 0);
		/* A signal comes between while the kernel has none yet. */
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return ORIEL_EIO;
		p += got;
		bytes -= (size_t)got;
	}
	return 0;
}

int orl_host_env(struct orl_env *env, const struct oriel_hooks *hooks)
{
	static const struct oriel_hooks defaults = {
		.size = sizeof(struct oriel_hooks),
		.alloc = host_alloc,
		.resize = host_resize,
		.release = host_release,
		.log = host_log,
		.log_level = ORIEL_LOG_WARN,
		.now = host_now,
		.random = host_random,
	};
	struct oriel_hooks *h = &env->hooks;

	*h = defaults;
	env->zeroing = host_alloc;
	env->crypto = &orl_openssl_crypto;
	if (!hooks)
		return 0;
	if (hooks->size != sizeof(*hooks))
		return ORIEL_EINVAL;
	/* Memory hooks come as a set: mixing two heaps would corrupt both. */
	if (!!hooks->alloc != !!hooks->resize ||
			!!hooks->alloc != !!hooks->release)
		return ORIEL_EINVAL;
	if (hooks->alloc) {
		h->alloc = hooks->alloc;
		h->resize = hooks->resize;
		h->release = hooks->release;
	}
	h->user = hooks->user;
	if (hooks->log)
		h->log = hooks->log;
	if (hooks->log || hooks->log_level)
		h->log_level = hooks->log_level;
	if (hooks->now)
		h->now = hooks->now;
	if (hooks->random)
		h->random = hooks->random;
	return 0;
}

uint64_t orl_wall_clock(void)
{
	return (uint64_t)time(NULL);
}

int64_t orl_own_uid(void)
{
	return geteuid();
}
