/*
 * print_helper.h - oriel-ipp as a process, see print.c.
 */
#ifndef ORL_PRINT_HELPER_H
#define ORL_PRINT_HELPER_H

#include <sys/types.h>

#include "capture/printpipe.h"

struct orl_print_helper {
	char secret[ORL_PIPE_SECRET_MAX + 1];
	char path[4096];
	int listener, pipe;
	uint16_t port;
	pid_t pid; /* 0: it does not run */
};

/* Returns an orl_exit, and `why`; close it then, too. */
int orl_print_helper_open(struct orl_print_helper *h, const char *port,
		const char *secret_file, char *why);
void orl_print_helper_close(struct orl_print_helper *h);
/* 0 or errno. */
int orl_print_helper_start(struct orl_print_helper *h);
void orl_print_helper_stop(struct orl_print_helper *h);
/*
 * Start a program with no signal blocked and nothing to read; what it says
 * goes to stderr. pipe and listener become its descriptors 3 and 4; -1: none.
 */
int orl_print_spawn(pid_t *pid, char *const *argv, char *const *environment,
		int pipe, int listener);

#endif
