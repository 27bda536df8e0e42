/*
 * jail.h - what the process that has the connection gives up for good before
 * it reads the first byte of it. Linux on x86-64 and aarch64.
 */
#ifndef ORL_VIEWER_JAIL_H
#define ORL_VIEWER_JAIL_H

struct orl_jail {
	const char *step; /* the last that was tried */
	int landlock;     /* its version; 0: this kernel has none */
};

/*
 * In two steps, for threads: Landlock holds for those that are made after it,
 * and none can be made after the filter, which holds for all. From the second
 * on no file, socket, process, thread or program can be opened, made or begun;
 * what is open stays. 0, or a negative errno: then this process must not go
 * on.
 */
int orl_jail_begin(struct orl_jail *jail);
int orl_jail_finish(struct orl_jail *jail);
/* Both. */
int orl_jail_enter(struct orl_jail *jail);

#endif
