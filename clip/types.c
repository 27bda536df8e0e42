/*
 * types.c - see types.h. Only what is in this table is passed on: a type that
 * nobody here knows is one whose bytes nobody has thought about.
 */
#include "clip/types.h"

#include <string.h>

static const struct {
	const char *type;
	enum orl_content content;
} contents[] = {
	{ ORL_TYPE_TEXT, ORL_CONTENT_TEXT },
	{ "text/html", ORL_CONTENT_HTML },
	{ "text/rtf", ORL_CONTENT_RTF },
	{ "application/rtf", ORL_CONTENT_RTF },
	{ "image/png", ORL_CONTENT_IMAGE },
	{ "image/jpeg", ORL_CONTENT_IMAGE },
	{ "image/bmp", ORL_CONTENT_IMAGE },
	{ ORL_TYPE_FILES, ORL_CONTENT_FILES },
};

static const char *const names[ORL_CONTENTS] = {
	"text",
	"html",
	"rtf",
	"image",
	"files",
};

/* Best first; STRING is Latin-1. */
static const char *const texts[] = {
	"UTF8_STRING",
	ORL_TYPE_TEXT,
	"text/plain;charset=UTF-8",
	"text/plain",
	"STRING",
	"TEXT",
	NULL,
};

static const char gnome[] = "x-special/gnome-copied-files";
static const char *const files[] = { "text/uri-list", gnome, NULL };

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

int orl_content_of(const char *type)
{
	for (size_t i = 0; i < COUNT(contents); i++)
		if (strcmp(contents[i].type, type) == 0)
			return (int)contents[i].content;
	return -1;
}

const char *orl_content_name(enum orl_content content)
{
	return names[content];
}

int orl_content_named(const char *name, size_t n)
{
	for (size_t i = 0; i < COUNT(names); i++)
		if (strlen(names[i]) == n && memcmp(names[i], name, n) == 0)
			return (int)i;
	return -1;
}

const char *orl_type_of_target(const char *target, bool *latin1)
{
	*latin1 = strcmp(target, "STRING") == 0;
	for (size_t i = 0; texts[i]; i++)
		if (strcmp(texts[i], target) == 0)
			return ORL_TYPE_TEXT;
	for (size_t i = 0; files[i]; i++)
		if (strcmp(files[i], target) == 0)
			return ORL_TYPE_FILES;
	for (size_t i = 0; i < COUNT(contents); i++)
		if (contents[i].content != ORL_CONTENT_FILES &&
				strcmp(contents[i].type, target) == 0)
			return contents[i].type;
	return NULL;
}

static unsigned rank_in(const char *const *list, const char *target)
{
	unsigned i = 0;

	while (list[i] && strcmp(list[i], target) != 0)
		i++;
	return list[i] ? i : 0;
}

unsigned orl_target_rank(const char *target)
{
	return rank_in(texts, target) + rank_in(files, target);
}

const char *const *orl_targets_of(const char *type)
{
	return strcmp(type, ORL_TYPE_TEXT) == 0    ? texts
	       : strcmp(type, ORL_TYPE_FILES) == 0 ? files
						   : NULL;
}

bool orl_target_is_gnome(const char *target)
{
	return strcmp(target, gnome) == 0;
}

bool orl_target_is_secret(const char *target)
{
	return strcmp(target, "x-kde-passwordManagerHint") == 0;
}

/* ---- Latin-1 ----------------------------------------------------------- */

size_t orl_latin1_from(struct orl_latin1 *state, uint8_t *out,
		const uint8_t *text, size_t n)
{
	uint8_t *to = out;

	for (size_t i = 0; i < n; i++) {
		uint8_t c = text[i];

		if (state->need && (c & 0xc0) == 0x80) {
			state->value = state->value << 6 | (c & 0x3f);
			if (!--state->need)
				*to++ = state->value < 0x100
							? (uint8_t)state->value
							: '?';
			continue;
		}
		state->need = c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : c >= 0xc0 ? 1 : 0;
		state->value = c & (0x3fu >> state->need);
		if (c < 0x80)
			*to++ = c;
	}
	return (size_t)(to - out);
}

size_t orl_latin1_to(uint8_t *out, const uint8_t *text, size_t n)
{
	uint8_t *to = out;

	for (size_t i = 0; i < n; i++) {
		if (text[i] < 0x80) {
			*to++ = text[i];
			continue;
		}
		*to++ = (uint8_t)(0xc0 | text[i] >> 6);
		*to++ = (uint8_t)(0x80 | (text[i] & 0x3f));
	}
	return (size_t)(to - out);
}
