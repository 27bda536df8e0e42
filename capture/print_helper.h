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
	/* What did not fit into the pipe, in its order. */
	struct orl_print_word *words;
	unsigned word_count;
	uint64_t since; /* when the first of them could not go */
};

/* Returns an orl_exit, and `why`; close it then, too. */
int orl_print_helper_open(struct orl_print_helper *h, const char *port,
		const char *secret_file, char *why);
void orl_print_helper_close(struct orl_print_helper *h);
/* 0 or errno. */
int orl_print_helper_start(struct orl_print_helper *h);
void orl_print_helper_stop(struct orl_print_helper *h);
/*
 * Tell it this, now or when there is room. While it waits, a newer word of the
 * same printer or job takes its place. 0 or errno, EAGAIN: it waits too long.
 */
int orl_print_helper_tell(
		struct orl_print_helper *h, const struct orl_printpipe *m);
/* What waits, as far as there is room. The same. */
int orl_print_helper_flush(struct orl_print_helper *h);
/* Does something wait, and until when at the latest? */
bool orl_print_helper_waits(const struct orl_print_helper *h, uint64_t *due);
/*
 * Start a program with no signal blocked and nothing to read; what it says
 * goes to stderr. pipe and listener become its descriptors 3 and 4; -1: none.
 */
int orl_print_spawn(pid_t *pid, char *const *argv, char *const *environment,
		int pipe, int listener);

#endif
