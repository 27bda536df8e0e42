/*
 * qemu_libvirt.h - ask libvirt where the bus of a domain is.
 *
 * By its own program, virsh, which knows how to reach it and whom it lets in.
 */
#ifndef ORL_QEMU_LIBVIRT_H
#define ORL_QEMU_LIBVIRT_H

#include <sys/types.h>

#include "capture/capture.h"

/* A question under way. */
struct orl_libvirt {
	pid_t pid; /* 0: none */
	int fd; /* readable when orl_libvirt_run() is needed; -1: at its end */
	uint64_t deadline;
	char *text;
	size_t length;
};

/* Returns 0, or -1 and `why`. */
int orl_libvirt_ask(struct orl_libvirt *v, const char *domain, char *why);
/*
 * Returns 1 while there is no answer, 0 with the bus's address in out[size],
 * or -1 and `why`.
 */
int orl_libvirt_run(struct orl_libvirt *v, const char *domain, char *out,
		size_t size, char *why);
void orl_libvirt_due(const struct orl_libvirt *v, uint64_t *due);
/* Give up. Fine for one that is not under way. */
void orl_libvirt_end(struct orl_libvirt *v);

#endif
