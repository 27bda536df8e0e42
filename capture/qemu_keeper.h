/*
 * qemu_keeper.h - what the two sides of a launch share.
 *
 * Between this program and the machine stands a process that keeps it: it
 * starts the bus and the machine, and when that ends, ends the bus and clears
 * up. It goes on when this program is killed; the machine is none the wiser.
 */
#ifndef ORL_QEMU_KEEPER_H
#define ORL_QEMU_KEEPER_H

#include <stdbool.h>
#include <sys/types.h>

enum { ORL_KEEPER_PATH = 160, ORL_KEEPER_CALM_MS = 3000 };

/* Whom the machine belongs to. */
struct orl_keeper_user {
	const char *name; /* NULL: this user */
	uid_t uid;
	gid_t gid;
	const char *home;
};

struct orl_keeper {
	char folder[ORL_KEEPER_PATH]; /* "": none */
	struct orl_keeper_user user;
	char *const *command;
	int control; /* its end of a seqpacket socket */
};

/* What is said over the socket, a byte or this. */
enum {
	ORL_KEEPER_KEEP = 'k', /* from now on, whatever becomes of me */
	ORL_KEEPER_END = 'e',  /* the machine, please */
};

enum orl_keeper_what {
	ORL_KEEPER_NO_BUS,
	ORL_KEEPER_NO_MACHINE,
	ORL_KEEPER_STARTED,
	ORL_KEEPER_ENDED,
};

struct orl_keeper_news {
	enum orl_keeper_what what;
	int status; /* of the machine, as wait() has it */
};

/* A file of the folder. */
void orl_keeper_path(char out[ORL_KEEPER_PATH], const struct orl_keeper *keeper,
		const char *name);
void orl_keeper_clear(const struct orl_keeper *keeper);
/* Be it; in a process of its own. Does not return. */
void orl_keeper_run(struct orl_keeper *keeper) __attribute__((noreturn));

#endif
