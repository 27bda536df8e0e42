/*
 * events.c - what --json prints, one object a line, and the one way in which
 * this program speaks to people: a line on stderr. Text that a peer made
 * leaves here without control characters.
 */
#include <stdarg.h>
#include <string.h>
#include <time.h>

#include "client/viewer/text.h"
#include "client/viewer/viewer.h"

uint64_t orl_viewer_now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static bool is_control(const unsigned char *p)
{
	return *p < 0x20 || *p == 0x7f ||
	       (p[0] == 0xc2 && p[1] >= 0x80 && p[1] < 0xa0);
}

static void make_line(char *line, size_t size, const char *format, va_list args)
{
	vsnprintf(line, size, format, args);
	for (unsigned char *p = (unsigned char *)line; *p; p++)
		if (is_control(p))
			*p = '?';
}

void orl_viewer_say(const char *format, ...)
{
	char line[1536];
	va_list args;
	va_start(args, format);
	make_line(line, sizeof(line), gettext(format), args);
	va_end(args);
	fprintf(stderr, "oriel-view: %s\n", line);
}

void orl_viewer_tell(struct orl_viewer *v, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	make_line(v->sentence, sizeof(v->sentence), gettext(format), args);
	va_end(args);
	fprintf(stderr, "oriel-view: %s\n", v->sentence);
}

const char *orl_json_quote(char *out, size_t size, const char *text)
{
	size_t n = 0;
	out[n++] = '"';
	/* Room for the longest escape, the last quote and the NUL. */
	for (; *text && n + 8 <= size; text++) {
		unsigned char c = (unsigned char)*text;
		if (c == '"' || c == '\\') {
			out[n++] = '\\';
			out[n++] = (char)c;
		} else if (c < 0x20 || c == 0x7f) {
			n += (size_t)snprintf(out + n, 7, "\\u%04x", c);
		} else {
			out[n++] = (char)c;
		}
	}
	/* Cut between characters. */
	if (*text)
		while (n > 1 && ((unsigned char)*text & 0xc0) == 0x80) {
			text--;
			n--;
		}
	out[n++] = '"';
	out[n] = '\0';
	return out;
}

void orl_viewer_event(
		struct orl_viewer *v, const char *name, const char *format, ...)
{
	va_list args;
	if (!v->options.json)
		return;
	/* Of several threads. */
	flockfile(stdout);
	printf("{\"t\":%.6f,\"event\":\"%s\"",
			(double)(orl_viewer_now() - v->start) / 1e9, name);
	if (format) {
		putchar(',');
		va_start(args, format);
		vprintf(format, args);
		va_end(args);
	}
	puts("}");
	fflush(stdout);
	funlockfile(stdout);
}
