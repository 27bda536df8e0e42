/*
 * options.h - the command line of oriel-serve, as a struct.
 *
 * Only text is looked at here: no file is opened and no name resolved.
 */
#ifndef ORL_OPTIONS_H
#define ORL_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum { ORL_MAX_LISTEN = 8, ORL_MAX_WORKERS = 64, ORL_MAX_USB_SLOTS = 16 };

/* The text is argv's. Zero and NULL: not given. */
struct orl_options {
	const char *source;
	const char *listen[ORL_MAX_LISTEN];
	size_t listen_count;                      /* at least 1 after parsing */
	const char *usb_slots[ORL_MAX_USB_SLOTS]; /* paths */
	size_t usb_slot_count;
	const char *cert, *key;
	const char *password_file, *ticket_file;
	const char *policy;
	const char *source_user, *source_domain; /* of the desktop's server */
	const char *source_password_file;
	const char *source_trust, *source_blob;
	const char *congestion;
	const char *keylog;
	const char *stats;
	const char *metrics;
	const char *sound; /* NULL: auto */
	const char *print, *print_hook, *print_secret;
	char *const *launch; /* a command's words and NULL, after "--" */
	const char *launch_user;
	uint64_t max_rate; /* bytes a second */
	uint32_t workers;
	uint32_t test_desync;
	bool no_auth, once, lossless, json;
	bool help, version; /* nothing else has been checked then */
};

/*
 * Returns 0, or -1 after writing what is wrong to why[size], one sentence for
 * the user. *out holds what was understood until then.
 */
int orl_options_parse(struct orl_options *out, int argc, char *const *argv,
		char *why, size_t size);

/* Whether nobody but this machine can reach "tcp://..." or "unix:...". */
bool orl_address_is_local(const char *address);

/* "20M" and the like: a number of bits a second, into bytes a second. */
int orl_options_rate(uint64_t *out, const char *text);

void orl_options_help(FILE *out);

#endif
