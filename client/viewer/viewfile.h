/*
 * viewfile.h - .oriel files: one `key = value` a line, # begins a comment.
 * They say where a desktop is and how to show it, never a secret. They come
 * by mail and from web pages, so this reads untrusted bytes.
 *
 *	address     oriel://[USER@]HOST[:PORT] or unix:PATH
 *	trust       SHA256, first-use or ca:FILE, as --trust
 *	fullscreen  yes or no
 *	title       of the window
 */
#ifndef ORL_VIEWER_VIEWFILE_H
#define ORL_VIEWER_VIEWFILE_H

#include <stdbool.h>
#include <stddef.h>

enum {
	ORL_VIEWFILE_MAX = 64 << 10, /* bytes of a whole file */
	ORL_VIEWFILE_VALUE = 512,    /* of one value, with its NUL */
};

struct orl_viewfile {
	char address[ORL_VIEWFILE_VALUE]; /* "" is not given */
	char trust[ORL_VIEWFILE_VALUE];
	char title[ORL_VIEWFILE_VALUE];
	bool fullscreen;
};

/* False: error is a sentence that names the line. */
bool orl_viewfile_parse(struct orl_viewfile *out, const char *text,
		size_t length, char *error, size_t size);

#endif
