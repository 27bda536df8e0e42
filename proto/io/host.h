/*
 * host.h - the C library and the kernel as hooks.
 */
#ifndef ORL_PROTO_IO_HOST_H
#define ORL_PROTO_IO_HOST_H

#include "proto/env.h"

/*
 * Fill `env` from the host's hooks (NULL: none given) and the defaults:
 * malloc, CLOCK_MONOTONIC, getrandom(), warnings to stderr.
 * ORIEL_EINVAL when hooks->size is not one we know.
 */
int orl_host_env(struct orl_env *env, const struct oriel_hooks *hooks);

/* Seconds since 1970; for expiry dates only. */
uint64_t orl_wall_clock(void);
/* The user this process acts as. */
int64_t orl_own_uid(void);

#endif
