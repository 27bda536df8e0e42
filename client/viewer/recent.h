/*
 * recent.h - the desktops that were looked at, newest first: one line each,
 *
 *	ADDRESS [NAME]
 *
 * ADDRESS as on the command line, NAME what the server called itself. Lines
 * that begin with #, and what is no address, are ignored. No secret stands
 * here: an address with a colon in its user, where other programs have
 * passwords, is not kept.
 */
#ifndef ORL_VIEWER_RECENT_H
#define ORL_VIEWER_RECENT_H

#include <stdbool.h>
#include <stddef.h>

enum {
	ORL_RECENT_MAX = 12,
	ORL_RECENT_ADDRESS = 512,
	ORL_RECENT_NAME = 128,
	ORL_RECENT_FILE_MAX = 64 << 10,
};

struct orl_recent {
	struct {
		char address[ORL_RECENT_ADDRESS];
		char name[ORL_RECENT_NAME]; /* "" is not known */
	} hosts[ORL_RECENT_MAX];
	int n;
};

/* Any bytes. */
void orl_recent_parse(struct orl_recent *out, const char *text, size_t length);
/* To the front; false: no address, or one that must not be kept. */
bool orl_recent_add(
		struct orl_recent *r, const char *address, const char *name);
/* The file's text; size at least ORL_RECENT_FILE_MAX. Its length. */
size_t orl_recent_format(char *out, size_t size, const struct orl_recent *r);

/* $XDG_STATE_HOME or ~/.local/state, /oriel/recent; false: no home. */
bool orl_recent_path(char *out, size_t size);
/* A file that cannot be read is an empty one. */
void orl_recent_load(struct orl_recent *out);
/* Load, add and save; nobody misses what cannot be saved. */
void orl_recent_record(const char *address, const char *name);

/*
 * What was typed as an address: "desk.example" is oriel://desk.example, and
 * "/run/x" is unix:/run/x. False: it is none.
 */
bool orl_address_complete(char *out, size_t size, const char *typed);

#endif
