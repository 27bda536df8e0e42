/*
 * viewfile.h - .oriel files and view.conf: one `key = value` a line, # begins a
 * comment. The first say where a desktop is and how to show it, never a secret;
 * they come by mail and from web pages, so this reads untrusted bytes. The
 * other holds what one wants always.
 *
 *	address     oriel://[USER@]HOST[:PORT] or unix:PATH; .oriel only
 *	title       of the window; .oriel only
 *	fullscreen  yes or no
 *	trust, windows, scaling, resize, keyboard, reconnect
 *	            as the options of these names
 *	scale       the same; view.conf only
 */
#ifndef ORL_VIEWER_VIEWFILE_H
#define ORL_VIEWER_VIEWFILE_H

#include <stdbool.h>
#include <stddef.h>

enum {
	ORL_VIEWFILE_MAX = 64 << 10, /* bytes of a whole file */
	ORL_VIEWFILE_VALUE = 512,    /* of one value, with its NUL */
};

enum orl_setting {
	ORL_SETTING_ADDRESS,
	ORL_SETTING_TITLE,
	ORL_SETTING_FULLSCREEN,
	ORL_SETTING_TRUST,
	ORL_SETTING_WINDOWS,
	ORL_SETTING_SCALING,
	ORL_SETTING_RESIZE,
	ORL_SETTING_KEYBOARD,
	ORL_SETTING_RECONNECT,
	ORL_SETTING_SCALE,
	ORL_SETTINGS,
};

enum orl_viewfile_kind {
	ORL_VIEWFILE_DESKTOP,  /* .oriel */
	ORL_VIEWFILE_DEFAULTS, /* view.conf */
};

struct orl_viewfile {
	char value[ORL_SETTINGS][ORL_VIEWFILE_VALUE]; /* "" is not given */
};

/* The key's name. */
const char *orl_setting_name(enum orl_setting setting);

/* False: error is a sentence that names the line. */
bool orl_viewfile_parse(struct orl_viewfile *out, enum orl_viewfile_kind kind,
		const char *text, size_t length, char *error, size_t size);

#endif
