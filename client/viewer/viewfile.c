/*
 * viewfile.c - the parser of .oriel files. Every byte is checked before it
 * is used: a value holds no control characters, so it can be shown in a
 * terminal or as a title as it is.
 */
#include <stdio.h>
#include <string.h>

#include "client/viewer/viewfile.h"

enum key {
	KEY_ADDRESS,
	KEY_TRUST,
	KEY_FULLSCREEN,
	KEY_TITLE,
	KEY_NONE,
};

static const char *const key_names[] = {
	"address",
	"trust",
	"fullscreen",
	"title",
};

struct span {
	const char *p;
	size_t n;
};

static bool blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static struct span trim(struct span s)
{
	while (s.n && blank(s.p[0])) {
		s.p++;
		s.n--;
	}
	while (s.n && blank(s.p[s.n - 1]))
		s.n--;
	return s;
}

static bool is(struct span s, const char *word)
{
	return s.n == strlen(word) && memcmp(s.p, word, s.n) == 0;
}

static bool plain(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f)
			return false;
	return true;
}

static enum key find_key(struct span s)
{
	for (int i = 0; i < KEY_NONE; i++)
		if (is(s, key_names[i]))
			return (enum key)i;
	return KEY_NONE;
}

static void copy(char to[static ORL_VIEWFILE_VALUE], struct span s)
{
	memcpy(to, s.p, s.n);
	to[s.n] = '\0';
}

/* NULL, or what is wrong with the value. */
static const char *set(struct orl_viewfile *out, enum key key, struct span v)
{
	if (!v.n)
		return "the value is missing";
	if (v.n >= ORL_VIEWFILE_VALUE)
		return "the value is too long";
	if (!plain(v))
		return "the value holds a control character";
	if (key == KEY_ADDRESS) {
		copy(out->address, v);
	} else if (key == KEY_TRUST) {
		copy(out->trust, v);
	} else if (key == KEY_TITLE) {
		copy(out->title, v);
	} else {
		out->fullscreen = is(v, "yes");
		if (!is(v, "yes") && !is(v, "no"))
			return "fullscreen is yes or no";
	}
	return NULL;
}

static const char *parse_line(
		struct orl_viewfile *out, struct span line, unsigned *seen)
{
	line = trim(line);
	if (!line.n || line.p[0] == '#')
		return NULL;
	const char *equals = memchr(line.p, '=', line.n);
	if (!equals)
		return "write it as `key = value`";
	struct span name = { line.p, (size_t)(equals - line.p) };
	struct span value = { equals + 1, line.n - name.n - 1 };
	enum key key = find_key(trim(name));
	if (key == KEY_NONE)
		return "unknown key; known are address, trust, fullscreen, "
		       "title";
	if (*seen & 1u << key)
		return "this key was given before";
	*seen |= 1u << key;
	return set(out, key, trim(value));
}

bool orl_viewfile_parse(struct orl_viewfile *out, const char *text,
		size_t length, char *error, size_t size)
{
	unsigned seen = 0, number = 0;
	memset(out, 0, sizeof(*out));
	if (length > ORL_VIEWFILE_MAX) {
		snprintf(error, size, "longer than 64 KiB");
		return false;
	}
	while (length) {
		const char *end = memchr(text, '\n', length);
		struct span line = { text,
			end ? (size_t)(end - text) : length };
		const char *wrong = parse_line(out, line, &seen);
		number++;
		if (wrong) {
			snprintf(error, size, "line %u: %s", number, wrong);
			return false;
		}
		size_t step = line.n + (end ? 1 : 0);
		text += step;
		length -= step;
	}
	if (!out->address[0]) {
		snprintf(error, size, "no address is given");
		return false;
	}
	return true;
}
