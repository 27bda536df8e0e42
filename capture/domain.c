/*
 * domain.c - what libvirt says about a domain: where its D-Bus display is.
 *
 * Tags are counted, so that what somebody keeps in <metadata> is not taken for
 * a device. Text that is no XML is read to its end and has no display.
 */
#include "capture/domain.h"

#include <string.h>

struct span {
	const char *p, *end;
};

/* One tag, without its brackets. */
struct tag {
	struct span name, attributes;
	bool closes, empty;
};

bool orl_domain_name_ok(const char *name)
{
	size_t n = strlen(name);

	if (!n || n > ORL_DOMAIN_NAME || name[0] == '-')
		return false;
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)name[i] < 0x20 || name[i] == 0x7f ||
				name[i] == '/')
			return false;
	return true;
}

static bool is(const struct span *s, const char *word)
{
	size_t n = strlen(word);

	return (size_t)(s->end - s->p) == n && memcmp(s->p, word, n) == 0;
}

static bool begins(const struct span *s, const char *word)
{
	size_t n = strlen(word);

	return (size_t)(s->end - s->p) >= n && memcmp(s->p, word, n) == 0;
}

static bool blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Behind the next `word`, or at the end. */
static void skip_past(struct span *s, const char *word)
{
	while (s->p < s->end && !begins(s, word))
		s->p++;
	if (s->p < s->end)
		s->p += strlen(word);
}

/* To the bracket that ends a tag; those in quotes do not. */
static const char *tag_end(const struct span *s)
{
	char quote = 0;
	const char *p;

	for (p = s->p; p < s->end; p++) {
		if (quote)
			quote = *p == quote ? 0 : quote;
		else if (*p == '"' || *p == '\'')
			quote = *p;
		else if (*p == '>')
			break;
	}
	return p;
}

/* Returns false at the end of the text. */
static bool next_tag(struct tag *tag, struct span *s)
{
	const char *end;

	for (;;) {
		skip_past(s, "<");
		if (s->p == s->end)
			return false;
		if (begins(s, "!--"))
			skip_past(s, "-->");
		else if (begins(s, "![CDATA["))
			skip_past(s, "]]>");
		else if (*s->p == '?' || *s->p == '!')
			skip_past(s, ">");
		else
			break;
	}
	end = tag_end(s);
	if (end == s->end)
		return false;
	tag->closes = *s->p == '/';
	tag->empty = end > s->p && end[-1] == '/';
	tag->name.p = s->p + tag->closes;
	tag->attributes.end = end - tag->empty;
	for (tag->name.end = tag->name.p;
			tag->name.end < end && !blank(*tag->name.end) &&
			*tag->name.end != '/';
			tag->name.end++)
		;
	tag->attributes.p = tag->name.end;
	s->p = end + 1;
	return true;
}

/* The value between the quotes; false when there is no such attribute. */
static bool attribute(
		struct span *value, const struct tag *tag, const char *name)
{
	struct span s = tag->attributes, key;

	while (s.p < s.end) {
		while (s.p < s.end && blank(*s.p))
			s.p++;
		for (key.p = s.p; s.p < s.end && *s.p != '=' && !blank(*s.p);)
			s.p++;
		key.end = s.p;
		while (s.p < s.end && *s.p != '"' && *s.p != '\'')
			s.p++;
		if (s.p == s.end)
			return false;
		value->p = s.p + 1;
		for (value->end = value->p;
				value->end < s.end && *value->end != *s.p;)
			value->end++;
		if (value->end == s.end)
			return false;
		if (is(&key, name))
			return true;
		s.p = value->end + 1;
	}
	return false;
}

static const char *take(char *out, size_t size, const struct span *address)
{
	size_t n = (size_t)(address->end - address->p);

	if (!n || n >= size || memchr(address->p, '&', n) ||
			memchr(address->p, 0, n))
		return "has a bus whose address cannot be read";
	memcpy(out, address->p, n);
	out[n] = 0;
	return NULL;
}

const char *orl_domain_address(
		char *out, size_t size, const char *xml, size_t length)
{
	struct span s = { xml, xml + length }, value;
	bool p2p = false, running = false, devices = false;
	size_t depth = 0;
	struct tag tag;

	while (next_tag(&tag, &s)) {
		if (tag.closes) {
			depth -= depth > 0;
			continue;
		}
		if (depth == 0 && is(&tag.name, "domain"))
			running = attribute(&value, &tag, "id");
		if (depth == 1)
			devices = is(&tag.name, "devices");
		if (depth == 2 && devices && is(&tag.name, "graphics") &&
				attribute(&value, &tag, "type") &&
				is(&value, "dbus")) {
			if (attribute(&value, &tag, "p2p") && is(&value, "yes"))
				p2p = true;
			else if (running && attribute(&value, &tag, "address"))
				return take(out, size, &value);
		}
		depth += !tag.empty;
	}
	if (!running)
		return "is not running";
	return p2p ? "has its D-Bus display without a bus; take p2p='yes' out "
		     "of its <graphics>"
		   : "has no D-Bus display; give it <graphics type='dbus'/>";
}
