/*
 * filelist.c - see filelist.h.
 */
#include "clip/filelist.h"

#include <stdio.h>
#include <string.h>

static const char magic[8] = "ORLFILES";

/* ---- the form on the way ------------------------------------------------ */

static uint8_t *put(uint8_t *p, uint64_t v, int bytes)
{
	for (int i = 0; i < bytes; i++)
		*p++ = (uint8_t)(v >> 8 * i);
	return p;
}

static uint64_t get(const uint8_t *p, int bytes)
{
	uint64_t v = 0;

	while (bytes--)
		v = v << 8 | p[bytes];
	return v;
}

size_t orl_filelist_put(uint8_t *out, const struct orl_filelist *list)
{
	uint8_t *p = out + ORL_FILES_START;

	for (size_t i = 0; i < list->count; i++) {
		size_t n = strlen(list->files[i].name);

		if (n + 10 > (size_t)(out + ORL_FILES_START + ORL_FILES_TABLE -
					     p))
			return 0;
		p = put(p, list->files[i].size, 8);
		p = put(p, n, 2);
		memcpy(p, list->files[i].name, n);
		p += n;
	}
	memcpy(out, magic, sizeof(magic));
	put(out + 8, list->count, 4);
	put(out + 12, (uint64_t)(p - out) - ORL_FILES_START, 4);
	return (size_t)(p - out);
}

size_t orl_filelist_start(
		const uint8_t start[static ORL_FILES_START], size_t *count)
{
	size_t n = (size_t)get(start + 12, 4);

	*count = (size_t)get(start + 8, 4);
	if (memcmp(start, magic, sizeof(magic)) != 0 || !*count ||
			*count > ORL_FILES_MAX || n > ORL_FILES_TABLE ||
			n < *count * 11)
		return 0;
	return n;
}

bool orl_filelist_table(struct orl_filelist *list, size_t count,
		const uint8_t *p, size_t n)
{
	const uint8_t *end = p + n;

	list->count = 0;
	list->total = 0;
	while (list->count < count) {
		struct orl_filelist_file *f = &list->files[list->count++];
		size_t length;

		if (end - p < 10)
			return false;
		f->size = get(p, 8);
		length = (size_t)get(p + 8, 2);
		p += 10;
		if (length > (size_t)(end - p) || f->size > INT64_MAX ||
				list->total > INT64_MAX - f->size ||
				!orl_filename_safe(f->name, (const char *)p,
						length))
			return false;
		list->total += f->size;
		p += length;
	}
	return p == end;
}

/* ---- names -------------------------------------------------------------- */

/* The character at p: its length and value; 0: this is no UTF-8. */
static size_t character(const unsigned char *p, size_t n, uint32_t *value)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t length = p[0] < 0x80             ? 1
			: (p[0] & 0xe0) == 0xc0 ? 2
			: (p[0] & 0xf0) == 0xe0 ? 3
			: (p[0] & 0xf8) == 0xf0 ? 4
						: 0;

	if (!length || length > n)
		return 0;
	*value = length == 1 ? p[0] : p[0] & (0x7fu >> length);
	for (size_t i = 1; i < length; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		*value = *value << 6 | (p[i] & 0x3f);
	}
	return *value < least[length] || *value > 0x10ffff ||
					       (*value >= 0xd800 &&
							       *value < 0xe000)
			       ? 0
			       : length;
}

/* Whether people or programs would take it for something else. */
static bool tricks(uint32_t c)
{
	static const uint32_t ranges[][2] = {
		{ 0, 0x1f },
		{ 0x7f, 0x9f },
		{ 0x61c, 0x61c },   /* marks and embeddings of direction */
		{ 0x200b, 0x200f }, /* and what has no width */
		{ 0x2028, 0x202e },
		{ 0x2060, 0x206f },
		{ 0xfeff, 0xfeff },
		{ 0xfff9, 0xfffb },
	};

	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
		if (c >= ranges[i][0] && c <= ranges[i][1])
			return true;
	return c == '\\' || c == ':';
}

bool orl_filename_safe(
		char out[static ORL_FILES_NAME + 1], const char *name, size_t n)
{
	const unsigned char *p = (const unsigned char *)name;
	size_t at = 0, length;

	out[0] = 0;
	if (!n || n > ORL_FILES_NAME || memchr(name, 0, n) ||
			memchr(name, '/', n) || (n == 1 && *name == '.') ||
			(n == 2 && memcmp(name, "..", 2) == 0))
		return false;
	for (size_t i = 0; i < n; i += length) {
		uint32_t c = 0;

		length = character(p + i, n - i, &c);
		if (!length)
			return false;
		/* Hidden files are read by programs at their start. */
		if (tricks(c) || (c == '.' && !i)) {
			out[at++] = '_';
			continue;
		}
		memcpy(out + at, p + i, length);
		at += length;
	}
	out[at] = 0;
	return true;
}

void orl_filename_again(char out[static ORL_FILES_NAME + 1], const char *name,
		unsigned nth)
{
	const char *dot = strrchr(name, '.');
	char number[16] = "";
	size_t n = strlen(name), stem, most;

	if (!dot || dot == name || strlen(dot) > 32)
		dot = name + n;
	if (nth > 1)
		snprintf(number, sizeof(number), " (%u)", nth);
	stem = (size_t)(dot - name);
	most = ORL_FILES_NAME - strlen(dot) - strlen(number);
	if (stem > most)
		for (stem = most; stem && (name[stem] & 0xc0) == 0x80;)
			stem--; /* not in the middle of a character */
	snprintf(out, ORL_FILES_NAME + 1, "%.*s%s%s", (int)stem, name, number,
			dot);
}

/* ---- URIs --------------------------------------------------------------- */

static int hex(char c)
{
	return c >= '0' && c <= '9'   ? c - '0'
	       : c >= 'a' && c <= 'f' ? c - 'a' + 10
	       : c >= 'A' && c <= 'F' ? c - 'A' + 10
				      : -1;
}

/* What is between p and end, without its escapes; false: no path. */
static bool unescape(char path[static ORL_FILES_PATH], const char *p,
		const char *end)
{
	size_t n = 0;

	for (; p < end; p++) {
		int c = (unsigned char)*p;

		if (c == '%') {
			if (end - p < 3 || hex(p[1]) < 0 || hex(p[2]) < 0)
				return false;
			c = hex(p[1]) << 4 | hex(p[2]);
			p += 2;
		}
		if (!c || n + 1 >= ORL_FILES_PATH)
			return false;
		path[n++] = (char)c;
	}
	path[n] = 0;
	return path[0] == '/';
}

bool orl_uris_next(const char **p, const char *end,
		char path[static ORL_FILES_PATH])
{
	static const char *const starts[] = { "file://localhost/", "file:///",
		"file:/" };

	while (*p < end) {
		const char *line = *p, *stop = line;

		while (stop < end && *stop != '\n' && *stop)
			stop++;
		*p = stop < end ? stop + 1 : stop;
		if (stop > line && stop[-1] == '\r')
			stop--;
		for (size_t i = 0; i < 3; i++) {
			size_t n = strlen(starts[i]);

			if ((size_t)(stop - line) <= n ||
					strncmp(line, starts[i], n) != 0)
				continue;
			/* Two slashes are before another computer's name. */
			if (i == 2 && line[n] == '/')
				break;
			if (unescape(path, line + n - 1, stop))
				return true;
			break;
		}
	}
	return false;
}

size_t orl_uri_put(char *out, size_t room, const char *path)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				    "/-._~";
	static const char digits[] = "0123456789ABCDEF";
	size_t n = 7;

	if (room < 10)
		return 0;
	memcpy(out, "file://", 7);
	for (; *path; path++) {
		unsigned char c = (unsigned char)*path;

		if (n + 6 > room)
			return 0;
		if (strchr(plain, c)) {
			out[n++] = (char)c;
			continue;
		}
		out[n++] = '%';
		out[n++] = digits[c >> 4];
		out[n++] = digits[c & 15];
	}
	out[n++] = '\r';
	out[n++] = '\n';
	return n;
}

size_t orl_gnome_from_uris(struct orl_gnome_list *state, uint8_t *out,
		const uint8_t *p, size_t n)
{
	uint8_t *to = out;

	if (!state->begun && n) {
		memcpy(to, "copy", 4);
		to += 4;
		state->begun = true;
	}
	for (size_t i = 0; i < n; i++) {
		if (p[i] == '\r' || p[i] == '\n') {
			state->in_line = false;
			continue;
		}
		if (!state->in_line)
			*to++ = '\n';
		state->in_line = true;
		*to++ = p[i];
	}
	return (size_t)(to - out);
}
