/*
 * viewfile.c - the parser of .oriel files. Every byte is checked before it
 * is used: a value holds no control characters, so it can be shown in a
 * terminal or as a title as it is.
 */
#include <stdio.h>
#include <string.h>

#include "client/viewer/text.h"
#include "client/viewer/viewfile.h"

enum {
	DESKTOP = 1 << ORL_VIEWFILE_DESKTOP,
	DEFAULTS = 1 << ORL_VIEWFILE_DEFAULTS
};

static const struct key {
	const char *name;
	unsigned where;
} keys[ORL_SETTINGS] = {
	[ORL_SETTING_ADDRESS] = { "address", DESKTOP },
	[ORL_SETTING_TITLE] = { "title", DESKTOP },
	[ORL_SETTING_FULLSCREEN] = { "fullscreen", DESKTOP | DEFAULTS },
	[ORL_SETTING_TRUST] = { "trust", DESKTOP | DEFAULTS },
	[ORL_SETTING_WINDOWS] = { "windows", DESKTOP | DEFAULTS },
	[ORL_SETTING_SCALING] = { "scaling", DESKTOP | DEFAULTS },
	[ORL_SETTING_RESIZE] = { "resize", DESKTOP | DEFAULTS },
	[ORL_SETTING_KEYBOARD] = { "keyboard", DESKTOP | DEFAULTS },
	[ORL_SETTING_RECONNECT] = { "reconnect", DESKTOP | DEFAULTS },
	[ORL_SETTING_SCALE] = { "scale", DEFAULTS },
};

const char *orl_setting_name(enum orl_setting setting)
{
	return keys[setting].name;
}

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

static enum orl_setting find_key(struct span s, enum orl_viewfile_kind kind)
{
	int i = 0;
	while (i < ORL_SETTINGS &&
			(!is(s, keys[i].name) || !(keys[i].where >> kind & 1)))
		i++;
	return (enum orl_setting)i;
}

/* NULL, or what is wrong with the value. */
static const char *set(char to[static ORL_VIEWFILE_VALUE], struct span v)
{
	if (!v.n)
		return N_("the value is missing");
	if (v.n >= ORL_VIEWFILE_VALUE)
		return N_("the value is too long");
	if (!plain(v))
		return N_("the value holds a control character");
	memcpy(to, v.p, v.n);
	to[v.n] = '\0';
	return NULL;
}

static const char *parse_line(struct orl_viewfile *out,
		enum orl_viewfile_kind kind, struct span line)
{
	line = trim(line);
	if (!line.n || line.p[0] == '#')
		return NULL;
	const char *equals = memchr(line.p, '=', line.n);
	if (!equals)
		return N_("write it as `key = value`");
	struct span name = { line.p, (size_t)(equals - line.p) };
	struct span value = { equals + 1, line.n - name.n - 1 };
	enum orl_setting key = find_key(trim(name), kind);
	if (key == ORL_SETTINGS)
		return N_("unknown key; oriel-view(1) lists those that there "
			  "are");
	if (out->value[key][0])
		return N_("this key was given before");
	return set(out->value[key], trim(value));
}

bool orl_viewfile_parse(struct orl_viewfile *out, enum orl_viewfile_kind kind,
		const char *text, size_t length, char *error, size_t size)
{
	unsigned number = 0;
	memset(out, 0, sizeof(*out));
	if (length > ORL_VIEWFILE_MAX) {
		snprintf(error, size, "%s", _("longer than 64 KiB"));
		return false;
	}
	while (length) {
		const char *end = memchr(text, '\n', length);
		struct span line = { text,
			end ? (size_t)(end - text) : length };
		const char *wrong = parse_line(out, kind, line);
		number++;
		if (wrong) {
			snprintf(error, size, _("line %u: %s"), number,
					_(wrong));
			return false;
		}
		size_t step = line.n + (end ? 1 : 0);
		text += step;
		length -= step;
	}
	if (kind == ORL_VIEWFILE_DESKTOP &&
			!out->value[ORL_SETTING_ADDRESS][0]) {
		snprintf(error, size, "%s", _("no address is given"));
		return false;
	}
	return true;
}
