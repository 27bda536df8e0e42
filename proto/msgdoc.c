/*
 * msgdoc.c - what is written about the messages, from the table of them.
 *
 * A host tool: it is never installed and may use stdio and malloc. The files
 * that it writes have two lines, "messages" and "/messages" in comments of
 * their language; what is between them is replaced, the rest is a person's.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/messages.h"

/* The table keeps no sentence about records; messages.def has it. */
static const struct {
	const char *name, *doc;
} records[] = {
#define REC(name, doc) { #name, doc },
#define END_REC(name)
#include "proto/messages.def"
};

enum { RECORDS = sizeof(records) / sizeof(records[0]) };

static const char *const channels[] = { "control", "sound", "cursor", "display",
	"USB", "clipboard", "print" };

static const char *kind_name(const struct orl_field *f)
{
	static const char *const names[] = {
		[ORL_U8] = "u8",
		[ORL_U16] = "u16",
		[ORL_U32] = "u32",
		[ORL_U64] = "u64",
		[ORL_I32] = "i32",
		[ORL_BOOL] = "bool",
		[ORL_BYTES] = "bytes",
		[ORL_TEXT] = "text",
		[ORL_LIST] = "list",
		[ORL_TAIL] = "rest",
	};
	return names[f->kind];
}

/* Whether a number may have fewer values than its bytes could hold. */
static bool is_bounded(const struct orl_field *f)
{
	static const uint64_t most[] = {
		[ORL_U8] = UINT8_MAX,
		[ORL_U16] = UINT16_MAX,
		[ORL_U32] = UINT32_MAX,
		[ORL_U64] = UINT64_MAX,
	};
	return f->kind <= ORL_U64 && (f->lo != 0 || f->hi != most[f->kind]);
}

/* ---- PROTOCOL.md ------------------------------------------------------- */

static void put_allowed(FILE *out, const struct orl_field *f)
{
	switch (f->kind) {
	case ORL_BYTES:
	case ORL_TEXT:
	case ORL_TAIL:
		fprintf(out, "<= %" PRIu64 " bytes", f->hi);
		break;
	case ORL_LIST:
		fprintf(out, "<= %" PRIu64 " of [%s](#%s)", f->hi, f->rec->name,
				f->rec->name);
		break;
	case ORL_BOOL:
		fputs("0, 1", out);
		break;
	default:
		if (is_bounded(f))
			fprintf(out, "%" PRId64 " to %" PRIu64, f->lo, f->hi);
	}
}

static void put_fields(FILE *out, const struct orl_message *m)
{
	if (!m->n_fields) {
		fputs("No fields.\n", out);
		return;
	}
	fputs("| field | kind | allowed | meaning |\n|---|---|---|---|\n", out);
	for (size_t i = 0; i < m->n_fields; i++) {
		const struct orl_field *f = &m->fields[i];
		fprintf(out, "| `%s` | %s | ", f->name, kind_name(f));
		put_allowed(out, f);
		fprintf(out, " | %s |\n", f->doc);
	}
}

static const struct orl_message *find_record(const char *name)
{
	for (size_t i = 0; i < orl_n_messages; i++)
		for (size_t k = 0; k < orl_messages[i].n_fields; k++) {
			const struct orl_message *rec =
					orl_messages[i].fields[k].rec;
			if (rec && strcmp(rec->name, name) == 0)
				return rec;
		}
	return NULL;
}

static void put_tables(FILE *out)
{
	static const char *const dirs[] = {
		[ORL_C2S] = "client to server",
		[ORL_S2C] = "server to client",
		[ORL_BOTH] = "both ways",
	};
	int channel = -1;

	for (size_t i = 0; i < orl_n_messages; i++) {
		const struct orl_message *m = &orl_messages[i];
		if (m->id >> 8 != channel) {
			channel = m->id >> 8;
			fprintf(out, "\n### Channel %d: %s\n", channel,
					channels[channel]);
		}
		fprintf(out,
				"\n#### %s\n\n`0x%04x`, %s, since version %u. "
				"%s\n\n",
				m->name, m->id, dirs[m->dir], m->since, m->doc);
		put_fields(out, m);
	}
	fputs("\n### Records\n", out);
	for (size_t i = 0; i < RECORDS; i++) {
		const struct orl_message *rec = find_record(records[i].name);
		if (!rec)
			continue;
		fprintf(out, "\n#### %s\n\nA record: %s.\n\n", rec->name,
				records[i].doc);
		put_fields(out, rec);
	}
	fputc('\n', out);
}

/* ---- tools/oriel.lua --------------------------------------------------- */

static void put_lua_fields(FILE *out, const struct orl_message *m)
{
	for (size_t i = 0; i < m->n_fields; i++) {
		const struct orl_field *f = &m->fields[i];
		fprintf(out, "\t\t{ \"%s\", \"%s\", \"%s\"", f->name,
				kind_name(f), f->doc);
		if (f->kind == ORL_LIST)
			fprintf(out, ", 0, %" PRIu64 ", \"%s\"", f->hi,
					f->rec->name);
		else if (is_bounded(f) || (f->kind >= ORL_BYTES))
			fprintf(out, ", %" PRId64 ", %" PRIu64, f->lo, f->hi);
		fputs(" },\n", out);
	}
}

static void put_lua(FILE *out)
{
	fputs("local records = {\n", out);
	for (size_t i = 0; i < RECORDS; i++) {
		const struct orl_message *rec = find_record(records[i].name);
		if (!rec)
			continue;
		fprintf(out, "\t%s = {\n", rec->name);
		put_lua_fields(out, rec);
		fputs("\t},\n", out);
	}
	fputs("}\n\nlocal messages = {\n", out);
	for (size_t i = 0; i < orl_n_messages; i++) {
		const struct orl_message *m = &orl_messages[i];
		fprintf(out, "\t[0x%04x] = { name = \"%s\", doc = \"%s\",\n",
				m->id, m->name, m->doc);
		put_lua_fields(out, m);
		fputs("\t},\n", out);
	}
	fputs("}\n", out);
}

/* ---- a fuzzer's dictionary --------------------------------------------- */

static void put_dictionary(FILE *out)
{
	for (size_t i = 0; i < orl_n_messages; i++) {
		const struct orl_message *m = &orl_messages[i];
		fprintf(out, "%s=\"\\x%02x\"\n", m->name, m->id & 0xff);
		/* A chunk of eight bytes that begins it. */
		fprintf(out, "%s_chunk=\"\\x08\\x00\\x%02x\\x%02x\"\n", m->name,
				m->id >> 8, m->id & 0xff);
	}
}

/* ---- files ------------------------------------------------------------- */

static char *read_file(const char *path, size_t *n)
{
	FILE *in = fopen(path, "rb");
	char *text = NULL;
	size_t room = 0;

	*n = 0;
	if (!in)
		return NULL;
	do {
		char *more = realloc(text, room += 65536);
		if (!more)
			abort();
		text = more;
		*n += fread(text + *n, 1, room - *n - 1, in);
	} while (*n == room - 1);
	text[*n] = 0;
	fclose(in);
	return text;
}

static bool is_lua(const char *path)
{
	size_t n = strlen(path);
	return n > 4 && strcmp(path + n - 4, ".lua") == 0;
}

/* The file as it should be; NULL when it cannot be read or has no marks. */
static char *renew(const char *path, char **old)
{
	const char *begin =
			is_lua(path) ? "-- messages\n" : "<!-- messages -->\n";
	const char *end = is_lua(path) ? "-- /messages\n"
				       : "<!-- /messages -->\n";
	size_t n;

	*old = read_file(path, &n);
	char *from = *old ? strstr(*old, begin) : NULL;
	char *to = from ? strstr(from, end) : NULL;
	if (!to) {
		fprintf(stderr, "msgdoc: %s: no line %.*s\n", path,
				(int)strlen(begin) - 1, begin);
		return NULL;
	}
	char *text = NULL;
	FILE *out = open_memstream(&text, &n);
	if (!out)
		abort();
	fwrite(*old, 1, (size_t)(from - *old) + strlen(begin), out);
	if (is_lua(path))
		put_lua(out);
	else
		put_tables(out);
	fputs(to, out);
	fclose(out);
	return text;
}

static int one_file(const char *path, bool check)
{
	char *old, *text = renew(path, &old);
	int status = text ? 0 : 1;

	if (text && strcmp(text, old) != 0) {
		if (check) {
			fprintf(stderr,
					"msgdoc: %s is not what messages.def "
					"says: make doc\n",
					path);
			status = 1;
		} else {
			FILE *out = fopen(path, "wb");
			if (!out || fputs(text, out) < 0 || fclose(out) != 0) {
				perror(path);
				status = 1;
			}
		}
	}
	free(text);
	free(old);
	return status;
}

int main(int argc, char **argv)
{
	int status = 0;

	if (argc == 2 && strcmp(argv[1], "dict") == 0) {
		put_dictionary(stdout);
		return 0;
	}
	if (argc < 3 || (strcmp(argv[1], "write") != 0 &&
					strcmp(argv[1], "check") != 0)) {
		fputs("usage: msgdoc write|check PROTOCOL.md|FILE.lua ...\n"
		      "       msgdoc dict\n",
				stderr);
		return 2;
	}
	for (int i = 2; i < argc; i++)
		status |= one_file(argv[i], argv[1][0] == 'c');
	return status;
}
