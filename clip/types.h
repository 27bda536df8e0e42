/*
 * types.h - the names that clipboards have for what both programs pass on.
 *
 * Over the link a type is a MIME type, text is UTF-8 and is called
 * "text/plain;charset=utf-8". X11 has more names for it, of which STRING is
 * Latin-1: both ways it is converted, in pieces.
 */
#ifndef ORL_CLIP_TYPES_H
#define ORL_CLIP_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ORL_TYPE_TEXT "text/plain;charset=utf-8"
/* Of filelist.h; programs have and want a list of URIs instead. */
#define ORL_TYPE_FILES "application/x-oriel-files"

/* Kinds of content, as policies name them. */
enum orl_content {
	ORL_CONTENT_TEXT,
	ORL_CONTENT_HTML,
	ORL_CONTENT_RTF,
	ORL_CONTENT_IMAGE,
	ORL_CONTENT_FILES,
	ORL_CONTENTS,
};

/* Of a MIME type that is passed on, else -1. */
int orl_content_of(const char *type);
/* "text", "html", ...; what people call it. */
const char *orl_content_name(enum orl_content content);
/* The content of that name, or -1. */
int orl_content_named(const char *name, size_t n);

/*
 * The MIME type that a target of X11 stands for, NULL when it is not passed
 * on. *latin1: its bytes are Latin-1.
 */
const char *orl_type_of_target(const char *target, bool *latin1);
/* How good a name for it is: the lowest is asked for. */
unsigned orl_target_rank(const char *target);
/*
 * All targets that stand for a type, best first, ended by NULL; NULL: one of
 * the same name does.
 */
const char *const *orl_targets_of(const char *type);
/* Whether it wants a list of files as GNOME's file managers write it. */
bool orl_target_is_gnome(const char *target);

/* Whether a program marks by this target that it has copied a password. */
bool orl_target_is_secret(const char *target);

/* From UTF-8 to Latin-1, cut anywhere; '?' is what that does not have. */
struct orl_latin1 {
	uint8_t need; /* bytes of a character that are still to come */
	uint32_t value;
};
/* Writes at most n bytes to out, and returns how many. */
size_t orl_latin1_from(struct orl_latin1 *state, uint8_t *out,
		const uint8_t *text, size_t n);
/* And back: at most 2 n bytes. */
size_t orl_latin1_to(uint8_t *out, const uint8_t *text, size_t n);

#endif
