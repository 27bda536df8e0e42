/*
 * filelist.h - files on a clipboard, as bytes: what they are called and how
 * large they are first, then what is in them. Pure.
 *
 * It is "ORLFILES", the number of files and the bytes of the table (u32 each),
 * a table of size (u64), length of the name (u16) and name for each, and then
 * their contents in that order, without anything between. A name is the last
 * part of a path and nothing else; the end that writes it believes none of it.
 *
 * And lists of files as programs here have them: lines of file: URIs.
 */
#ifndef ORL_CLIP_FILELIST_H
#define ORL_CLIP_FILELIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	ORL_FILES_MAX = 500,
	ORL_FILES_NAME = 255,
	ORL_FILES_START = 16,
	ORL_FILES_TABLE = 64 << 10, /* bytes */
	ORL_FILES_PATH = 4096,
};

struct orl_filelist {
	size_t count;
	uint64_t total; /* of their contents */
	struct orl_filelist_file {
		char name[ORL_FILES_NAME + 1];
		uint64_t size;
	} * files; /* ORL_FILES_MAX of them */
};

/* ---- the form on the way ------------------------------------------------ */

/*
 * Start and table into out[ORL_FILES_START + ORL_FILES_TABLE]: the length, or 0
 * when there is no room for so many names.
 */
size_t orl_filelist_put(uint8_t *out, const struct orl_filelist *list);
/* Of the start: how many bytes the table has; 0: this is none. */
size_t orl_filelist_start(
		const uint8_t start[static ORL_FILES_START], size_t *count);
/* The table; names are made safe. False: it is none that one may obey. */
bool orl_filelist_table(struct orl_filelist *list, size_t count,
		const uint8_t *p, size_t n);

/*
 * A name under which something can be written: what would change how it is
 * read or shown is replaced. False: it is no name of a file in a folder.
 */
bool orl_filename_safe(char out[static ORL_FILES_NAME + 1], const char *name,
		size_t n);
/* The nth name for that, where others are taken: "a (2).txt". */
void orl_filename_again(char out[static ORL_FILES_NAME + 1], const char *name,
		unsigned nth);

/* ---- URIs --------------------------------------------------------------- */

/*
 * The next file of a list at *p, as a path. Lines that name none, such as
 * comments and addresses elsewhere, are skipped; false: no more.
 */
bool orl_uris_next(const char **p, const char *end,
		char path[static ORL_FILES_PATH]);
/* A line for a path; its length, or 0 without room. */
size_t orl_uri_put(char *out, size_t room, const char *path);

/*
 * The same list as file managers of GNOME's kind want it: "copy" and lines
 * without an end. Cut anywhere; at most 2 n + 4 bytes.
 */
struct orl_gnome_list {
	bool begun, in_line;
};
size_t orl_gnome_from_uris(struct orl_gnome_list *state, uint8_t *out,
		const uint8_t *p, size_t n);

#endif
