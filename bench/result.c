/*
 * result.c - see result.h. Tables of the members, made from result.def, drive
 * writing and reading.
 */
#include "bench/result.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

enum { NAME = 32, DEPTH = 16, DIGITS = 40 };

struct member {
	const char *name;
	size_t at;
};

#define MEMBER(name) { #name, offsetof(struct result, name) },
#define NOTHING(name)

static const struct member texts[] = {
#define TEXT MEMBER
#define NUMBER NOTHING
#define SERIES NOTHING
#include "bench/result.def"
#undef TEXT
#undef NUMBER
};

static const struct member numbers[] = {
#define TEXT NOTHING
#define NUMBER MEMBER
#include "bench/result.def"
#undef NUMBER
#undef SERIES
};

static const struct member serieses[] = {
#define NUMBER NOTHING
#define SERIES MEMBER
#include "bench/result.def"
#undef TEXT
#undef NUMBER
#undef SERIES
};

#define COUNT(table) (sizeof(table) / sizeof(*(table)))

static char *text_of(struct result *r, const struct member *m)
{
	return (char *)r + m->at;
}

static double *number_of(struct result *r, const struct member *m)
{
	return (double *)(void *)((char *)r + m->at);
}

static struct series *series_of(struct result *r, const struct member *m)
{
	return (struct series *)(void *)((char *)r + m->at);
}

void result_init(struct result *r)
{
	memset(r, 0, sizeof(*r));
	for (size_t i = 0; i < COUNT(numbers); i++)
		*number_of(r, &numbers[i]) = NAN;
}

void result_fini(struct result *r)
{
	for (size_t i = 0; i < COUNT(serieses); i++)
		free(series_of(r, &serieses[i])->v);
	result_init(r);
}

int result_append(struct series *s, double value)
{
	if (s->n >= RESULT_SERIES)
		return -1;
	if (!(s->n & (s->n - 1))) {
		size_t cap = s->n ? s->n * 2 : 1;
		double *more = realloc(s->v, cap * sizeof(*more));
		if (!more)
			return -1;
		s->v = more;
	}
	s->v[s->n++] = value;
	return 0;
}

const double *result_number(const struct result *r, const char *name)
{
	for (size_t i = 0; i < COUNT(numbers); i++)
		if (strcmp(numbers[i].name, name) == 0)
			return (const double *)(const void *)((const char *)r +
							      numbers[i].at);
	return NULL;
}

void result_key(struct result *r, uint64_t link)
{
	char text[8 * RESULT_TEXT];
	int n = snprintf(text, sizeof(text),
			"%g|%016llx|%g|%g|%g|%g|%s|%s|%s|%s|%s|%s|%s",
			r->method, (unsigned long long)link, r->repeat,
			r->from_s, r->seconds, r->tail_s, r->peer, r->version,
			r->settings, r->trace_hash, r->cc, r->mode, r->machine);
	snprintf(r->key, sizeof(r->key), "%016llx",
			(unsigned long long)XXH3_64bits(text, (size_t)n));
}

/* ---- writing */

static void write_text(FILE *out, const char *s)
{
	putc('"', out);
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;
		if (c == '"' || c == '\\')
			fprintf(out, "\\%c", c);
		else if (c < 0x20)
			fprintf(out, "\\u%04x", c);
		else
			putc(c, out);
	}
	putc('"', out);
}

/* Digits: enough to count bytes, few where there are thousands of numbers. */
static void write_number(FILE *out, double v, int digits)
{
	if (isfinite(v))
		fprintf(out, "%.*g", digits, v);
	else
		fputs("null", out);
}

int result_write(FILE *out, const struct result *given)
{
	struct result r = *given; /* the accessors want it writable */
	const char *separator = "{";
	for (size_t i = 0; i < COUNT(texts); i++, separator = ",") {
		fprintf(out, "%s\"%s\":", separator, texts[i].name);
		write_text(out, text_of(&r, &texts[i]));
	}
	for (size_t i = 0; i < COUNT(numbers); i++) {
		fprintf(out, ",\"%s\":", numbers[i].name);
		write_number(out, *number_of(&r, &numbers[i]), 12);
	}
	for (size_t i = 0; i < COUNT(serieses); i++) {
		const struct series *s = series_of(&r, &serieses[i]);
		fprintf(out, ",\"%s\":[", serieses[i].name);
		for (size_t k = 0; k < s->n; k++) {
			if (k)
				putc(',', out);
			write_number(out, s->v[k], 6);
		}
		putc(']', out);
	}
	fputs("}\n", out);
	return fflush(out) || ferror(out) ? -1 : 0;
}

/* ---- reading */

/* Sticky: after the first thing that is wrong nothing is read any more. */
struct reader {
	const char *p, *end;
	bool bad;
};

static void skip_space(struct reader *in)
{
	while (in->p < in->end &&
			(*in->p == ' ' || *in->p == '\t' || *in->p == '\r' ||
					*in->p == '\n'))
		in->p++;
}

static char peek(struct reader *in)
{
	skip_space(in);
	return in->bad || in->p == in->end ? 0 : *in->p;
}

static bool take(struct reader *in, char c)
{
	if (peek(in) != c)
		return false;
	in->p++;
	return true;
}

static void expect(struct reader *in, char c)
{
	if (!take(in, c))
		in->bad = true;
}

static char read_escape(struct reader *in)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	char c = in->p < in->end ? *in->p++ : 0;
	const char *at = c ? strchr(from, c) : NULL;
	unsigned value = 0;
	if (at)
		return to[at - from];
	if (c != 'u' || in->end - in->p < 4) {
		in->bad = true;
		return 0;
	}
	for (int i = 0; i < 4; i++) {
		static const char digits[] = "0123456789abcdefABCDEF";
		at = *in->p ? strchr(digits, *in->p) : NULL;
		if (!at) {
			in->bad = true;
			return 0;
		}
		unsigned digit = (unsigned)(at - digits);
		value = value * 16 + (digit > 15 ? digit - 6 : digit);
		in->p++;
	}
	/* Nothing of ours has more than ASCII in this form. */
	return value && value < 128 ? (char)value : '?';
}

/* What does not fit is left out. */
static void read_text(struct reader *in, char *out, size_t cap)
{
	size_t n = 0;
	expect(in, '"');
	while (!in->bad && in->p < in->end && *in->p != '"') {
		char c = *in->p++;
		if ((unsigned char)c < 0x20)
			in->bad = true;
		if (c == '\\')
			c = read_escape(in);
		if (n + 1 < cap)
			out[n++] = c;
	}
	if (cap)
		out[n] = 0;
	if (in->p == in->end)
		in->bad = true;
	else if (!in->bad)
		in->p++;
}

static bool take_word(struct reader *in, const char *word)
{
	size_t n = strlen(word);
	if (peek(in) != *word || (size_t)(in->end - in->p) < n ||
			memcmp(in->p, word, n) != 0)
		return false;
	in->p += n;
	return true;
}

static double read_number(struct reader *in)
{
	char copy[DIGITS];
	size_t n = 0;
	char *rest;
	if (take_word(in, "null"))
		return NAN;
	skip_space(in);
	while (in->p < in->end && n + 1 < DIGITS && *in->p &&
			strchr("+-.0123456789eE", *in->p))
		copy[n++] = *in->p++;
	copy[n] = 0;
	double v = strtod(copy, &rest);
	if (!n || *rest || !isfinite(v))
		in->bad = true;
	return in->bad ? NAN : v;
}

static void skip_value(struct reader *in)
{
	char open[DEPTH];
	int depth = 0;
	do {
		char c = peek(in);
		if (c == '{' || c == '[') {
			in->p++;
			if (depth == DEPTH) {
				in->bad = true;
				return;
			}
			open[depth++] = c == '{' ? '}' : ']';
		} else if (depth && c == open[depth - 1]) {
			in->p++;
			depth--;
		} else if (depth && (c == ',' || c == ':')) {
			in->p++;
		} else if (c == '"') {
			read_text(in, NULL, 0);
		} else if (!take_word(in, "true") && !take_word(in, "false")) {
			(void)read_number(in);
		}
	} while (depth && !in->bad);
}

static void read_series(struct reader *in, struct series *s)
{
	expect(in, '[');
	if (take(in, ']'))
		return;
	do {
		double v = read_number(in);
		if (in->bad || result_append(s, v))
			in->bad = true;
	} while (!in->bad && take(in, ','));
	expect(in, ']');
}

static const struct member *find(
		const struct member *table, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(table[i].name, name) == 0)
			return &table[i];
	return NULL;
}

static void read_member(struct reader *in, struct result *r)
{
	char name[NAME];
	const struct member *m;
	read_text(in, name, sizeof(name));
	expect(in, ':');
	char c = peek(in);
	if (c == '"' && (m = find(texts, COUNT(texts), name))) {
		read_text(in, text_of(r, m), RESULT_TEXT);
	} else if (c == '[' && (m = find(serieses, COUNT(serieses), name))) {
		series_of(r, m)->n = 0;
		read_series(in, series_of(r, m));
	} else if (c && !strchr("\"[{tf", c) &&
			(m = find(numbers, COUNT(numbers), name))) {
		*number_of(r, m) = read_number(in);
	} else {
		skip_value(in);
	}
}

int result_read(struct result *r, const char *line, size_t n)
{
	struct reader in = { line, line + n, false };
	expect(&in, '{');
	if (!take(&in, '}')) {
		do
			read_member(&in, r);
		while (!in.bad && take(&in, ','));
		expect(&in, '}');
	}
	skip_space(&in);
	return in.bad || in.p != in.end ? -1 : 0;
}

/* ---- files */

static int add_line(struct results *all, const char *line, size_t n)
{
	if (all->n == all->cap) {
		size_t cap = all->cap ? all->cap * 2 : 64;
		void *more = realloc(all->v, cap * sizeof(*all->v));
		if (!more)
			return -1;
		all->v = more;
		all->cap = cap;
	}
	struct result *r = &all->v[all->n];
	result_init(r);
	if (result_read(r, line, n) || !*r->key) {
		result_fini(r);
		all->broken++;
		return 0;
	}
	for (size_t i = 0; i < all->n; i++)
		if (strcmp(all->v[i].key, r->key) == 0) {
			result_fini(&all->v[i]);
			all->v[i] = *r;
			return 0;
		}
	all->n++;
	return 0;
}

int results_load(struct results *all, const char *path)
{
	FILE *in = fopen(path, "r");
	char *line = NULL;
	size_t cap = 0;
	ssize_t n;
	int err = 0;
	memset(all, 0, sizeof(*all));
	if (!in)
		return -1;
	while (!err && (n = getline(&line, &cap, in)) > 0) {
		if (n > RESULT_LINE_MAX)
			all->broken++;
		else
			err = add_line(all, line, (size_t)n);
	}
	free(line);
	fclose(in);
	if (err)
		errno = ENOMEM;
	return err;
}

void results_fini(struct results *all)
{
	for (size_t i = 0; i < all->n; i++)
		result_fini(&all->v[i]);
	free(all->v);
	memset(all, 0, sizeof(*all));
}
