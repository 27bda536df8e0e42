/*
 * test_golden.c - the examples and numbers of PROTOCOL.md, and the messages
 * of tests/golden, against the code.
 *
 * An example is a fenced block "golden KIND NAME". Its lines begin with bytes
 * as pairs of digits; what follows says what they are, as "field = value",
 * and is compared too. A line without that goes on with the one before.
 * tests/golden/messages/NAME.hex are written in the same way, by hand.
 */
#include "tests/unit/unit.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codecs/canvas.h"
#include "proto/base64.h"
#include "proto/io/host.h"
#include "proto/link.h"
#include "proto/messages.h"
#include "proto/scram.h"

enum { LINES = 64, BYTES = 4096 };

/* ---- files and lines --------------------------------------------------- */

static char *read_text(const char *path)
{
	FILE *in = fopen(path, "rb");
	char *text = calloc(1, 1 << 18);

	if (!in || !text)
		fail_msg("%s cannot be read; tests run in the top folder",
				path);
	size_t n = fread(text, 1, (1 << 18) - 1, in);
	assert_true(n > 0 && n < (1 << 18) - 1);
	fclose(in);
	return text;
}

/*
 * The next block of this kind: its lines as one text to be freed, its name,
 * and *at behind it. NULL when there is none.
 */
static char *next_block(const char **at, const char *kind, char name[64])
{
	char head[64];

	snprintf(head, sizeof(head), "\n```golden %s", kind);
	const char *p = *at;
	do {
		p = strstr(p, head);
		if (!p)
			return NULL;
		p += strlen(head);
	} while (*p != '\n' && *p != ' ');
	size_t n = strcspn(p, "\n");
	snprintf(name, 64, "%.*s", (int)(n ? n - 1 : 0), p + (n ? 1 : 0));
	p += n + 1;
	const char *end = strstr(p, "```\n");
	assert_non_null(end);
	*at = end;
	return strndup(p, (size_t)(end - p));
}

struct line {
	uint8_t bytes[BYTES];
	size_t n;
	char field[64], value[64];
};

static int digit(char c)
{
	return c >= '0' && c <= '9'   ? c - '0'
	       : c >= 'a' && c <= 'f' ? c - 'a' + 10
				      : -1;
}

/* Take pairs of digits from a line; where they end. */
static const char *pairs(struct line *l, const char *p)
{
	for (;;) {
		p += strspn(p, " ");
		if (digit(p[0]) < 0 || digit(p[1]) < 0 ||
				!strchr(" \n", p[2] ? p[2] : ' '))
			return p;
		assert_true(l->n < BYTES);
		l->bytes[l->n++] = (uint8_t)(digit(p[0]) << 4 | digit(p[1]));
		p += 2;
	}
}

/* Cut a block into lines; the number of fields. */
static size_t parse(struct line lines[LINES], const char *p)
{
	size_t n = 0;

	memset(lines, 0, LINES * sizeof(*lines));
	for (; *p; p += strcspn(p, "\n"), p += *p == '\n') {
		struct line next = { .n = 0 };
		if (*p == '#')
			continue;
		const char *text = pairs(&next, p);
		const char *end = text + strcspn(text, "\n");
		const char *equals = memchr(text, '=', (size_t)(end - text));
		if (!equals) {
			if (!n)
				n = 1;
			memcpy(lines[n - 1].bytes + lines[n - 1].n, next.bytes,
					next.n);
			lines[n - 1].n += next.n;
			continue;
		}
		snprintf(next.field, 64, "%.*s", (int)(equals - 1 - text),
				text);
		snprintf(next.value, 64, "%.*s", (int)(end - equals - 2),
				equals + 2);
		assert_true(n < LINES);
		lines[n++] = next;
	}
	return n;
}

static size_t join(uint8_t out[BYTES], const struct line *lines, size_t n)
{
	size_t all = 0;

	for (size_t i = 0; i < n; i++) {
		assert_true(all + lines[i].n <= BYTES);
		memcpy(out + all, lines[i].bytes, lines[i].n);
		all += lines[i].n;
	}
	return all;
}

/* ---- messages ---------------------------------------------------------- */

/* Decode, encode again and compare; the error of decoding. */
#define MSG(id, dir, name, since, doc) \
	static int again_##name(const uint8_t *data, size_t n) \
	{ \
		struct orl_##name v; \
		uint8_t out[BYTES]; \
		struct orl_wr w = { out, sizeof(out), 0 }; \
		int err = orl_get_##name(data, n, &v); \
		if (err) \
			return err; \
		orl_put_##name(&w, &v); \
		assert_int_equal(w.n, n); \
		assert_memory_equal(out, data, n); \
		return 0; \
	}
#define END_MSG(name)
#include "proto/messages.def"

static const struct {
	const char *name;
	int (*again)(const uint8_t *data, size_t n);
} codes[] = {
#define MSG(id, dir, name, since, doc) { #name, again_##name },
#define END_MSG(name)
#include "proto/messages.def"
};

static size_t number_of(const char *name)
{
	size_t i = 0;

	while (i < orl_n_messages && strcmp(orl_messages[i].name, name) != 0)
		i++;
	if (i == orl_n_messages)
		fail_msg("there is no message '%s'", name);
	assert_string_equal(codes[i].name, name);
	return i;
}

static void check_value(const struct line *l, const struct orl_field *f)
{
	static const unsigned size[] = { [ORL_U8] = 1,
		[ORL_U16] = 2,
		[ORL_U32] = 4,
		[ORL_U64] = 8,
		[ORL_I32] = 4,
		[ORL_BOOL] = 1,
		[ORL_LIST] = 2 };
	char text[64];

	switch (f->kind) {
	case ORL_BYTES:
	case ORL_TAIL:
		snprintf(text, sizeof(text), "%zu bytes",
				l->n - (f->kind == ORL_BYTES ? 4 : 0));
		break;
	case ORL_TEXT:
		snprintf(text, sizeof(text), "\"%.*s\"", (int)l->n - 2,
				(const char *)l->bytes + 2);
		break;
	case ORL_I32:
		assert_int_equal(l->n, 4);
		snprintf(text, sizeof(text), "%d",
				(int)(int32_t)orl_le(l->bytes, 4));
		break;
	default:
		assert_int_equal(l->n, size[f->kind]);
		snprintf(text, sizeof(text), "%llu",
				(unsigned long long)orl_le(
						l->bytes, size[f->kind]));
	}
	if (strcmp(text, l->value) != 0)
		fail_msg("%s = %s is said, but the bytes are %s", l->field,
				l->value, text);
}

/* The lines of a message's or a record's fields; how many they are. */
static size_t check_fields(const struct line *lines, size_t n,
		const struct orl_message *m, const char *record)
{
	size_t at = 0;
	char name[64];

	for (size_t i = 0; i < m->n_fields; i++) {
		const struct orl_field *f = &m->fields[i];
		snprintf(name, sizeof(name), "%s%s%s", record ? record : "",
				record ? "." : "", f->name);
		if (at == n || strcmp(lines[at].field, name) != 0)
			fail_msg("%s: after %zu lines comes '%s', not '%s'",
					m->name, at, name,
					at == n ? "" : lines[at].field);
		check_value(&lines[at], f);
		unsigned count =
				f->kind == ORL_LIST
						? (unsigned)orl_le(
								  lines[at].bytes,
								  2)
						: 0;
		at++;
		while (count--)
			at += check_fields(lines + at, n - at, f->rec,
					f->rec->name);
	}
	return at;
}

/* A message with its id byte, line by line. */
static void check_message(const struct line *lines, size_t n, size_t which)
{
	const struct orl_message *m = &orl_messages[which];
	uint8_t data[BYTES];
	size_t all = join(data, lines, n);

	assert_true(n && all);
	assert_string_equal(lines[0].field, "id");
	assert_int_equal(lines[0].n, 1);
	assert_int_equal(data[0], m->id & 0xff);
	assert_int_equal(strtoul(lines[0].value, NULL, 0), m->id & 0xff);
	assert_int_equal(check_fields(lines + 1, n - 1, m, NULL), n - 1);
	assert_int_equal(codes[which].again(data + 1, all - 1), 0);
}

static void documented_messages_are_right(void **state)
{
	char *text = read_text("PROTOCOL.md"), *block, name[64];
	static struct line lines[LINES];
	const char *at = text;
	int n = 0;
	(void)state;

	while ((block = next_block(&at, "message", name))) {
		check_message(lines, parse(lines, block), number_of(name));
		free(block);
		n++;
	}
	assert_true(n >= 9);
	free(text);
}

static void every_message_has_a_golden_file(void **state)
{
	static struct line lines[LINES];
	char path[128];
	(void)state;

	for (size_t i = 0; i < orl_n_messages; i++) {
		snprintf(path, sizeof(path), "tests/golden/messages/%s.hex",
				orl_messages[i].name);
		char *text = read_text(path);
		check_message(lines, parse(lines, text), i);
		free(text);
	}
}

/* errors/MESSAGE-WHAT.hex: bytes that are no such message. */
static void golden_errors_are_refused(void **state)
{
	static struct line lines[LINES];
	DIR *dir = opendir("tests/golden/errors");
	struct dirent *entry;
	int n = 0;
	(void)state;

	assert_non_null(dir);
	while ((entry = readdir(dir))) {
		char path[320], name[64];
		uint8_t data[BYTES];
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "tests/golden/errors/%s",
				entry->d_name);
		snprintf(name, sizeof(name), "%.*s",
				(int)strcspn(entry->d_name, "-."),
				entry->d_name);
		char *text = read_text(path);
		size_t all = join(data, lines, parse(lines, text));
		size_t which = number_of(name);
		assert_int_equal(data[0], orl_messages[which].id & 0xff);
		if (codes[which].again(data + 1, all - 1) != ORIEL_EPROTO)
			fail_msg("%s is not refused", path);
		free(text);
		n++;
	}
	closedir(dir);
	assert_true(n >= 20);
}

/* ---- chunks ------------------------------------------------------------ */

struct heard {
	uint16_t id;
	int n;
};

static int on_message(void *user, uint16_t id, const uint8_t *data, size_t n)
{
	struct heard *heard = user;
	(void)data;
	(void)n;
	heard->id = id;
	heard->n++;
	return 0;
}

static void documented_chunks_are_right(void **state)
{
	static const struct orl_link_calls calls = { .message = on_message };
	char *text = read_text("PROTOCOL.md"), *block, name[64];
	static struct line lines[LINES];
	const char *at = text;
	struct orl_env env;
	int count = 0;
	(void)state;

	assert_int_equal(orl_host_env(&env, NULL), 0);
	while ((block = next_block(&at, "chunk", name))) {
		struct heard heard = { 0 };
		struct orl_link *link;
		struct orl_link_stats stats;
		uint8_t data[BYTES];
		bool by_client = strncmp(name, "client ", 7) == 0;
		size_t n = parse(lines, block), which = number_of(name + 7);
		size_t all = join(data, lines, n);

		/* The flags have no field name, so they stand with the first. */
		assert_int_equal(lines[0].n, 3);
		assert_string_equal(lines[0].field, "length");
		assert_int_equal(strtoul(lines[0].value, NULL, 0), all - 3);
		check_message(lines + 1, n - 1, which);
		assert_int_equal(orl_link_create(&link, &env,
						 by_client ? ORL_SERVER
							   : ORL_CLIENT,
						 &calls, &heard, 0),
				0);
		assert_int_equal(orl_link_feed(link, data, all, 0), 0);
		orl_link_stats(link, &stats);
		assert_int_equal(stats.messages_in, 1);
		assert_int_equal(stats.bytes_in[data[2]], all);
		if (orl_messages[which].id == ORL_MSG_ping) {
			uint8_t pong[64];
			size_t k = orl_link_drain(link, pong, sizeof(pong),
					sizeof(pong), ORL_CHANNELS_ALL, 0);
			assert_int_equal(k, 16);
			assert_int_equal(pong[3], ORL_MSG_pong & 0xff);
			assert_memory_equal(pong + 4, data + 4, 4);
		} else {
			assert_int_equal(heard.n, 1);
			assert_int_equal(heard.id, orl_messages[which].id);
		}
		orl_link_destroy(link);
		free(block);
		count++;
	}
	assert_int_equal(count, 2);
	free(text);
}

/* ---- codecs ------------------------------------------------------------ */

static size_t one_block(uint8_t out[BYTES], const char *text, const char *kind)
{
	static struct line lines[LINES];
	char name[64];
	char *block = next_block(&text, kind, name);

	if (!block)
		fail_msg("no example of '%s'", kind);
	size_t n = join(out, lines, parse(lines, block));
	free(block);
	return n;
}

/* The picture as RRGGBB by rows. */
static void read_picture(struct orl_canvas *c, const struct orl_env *env,
		const char *text)
{
	char name[64], *block = next_block(&text, "picture hcx", name);
	int32_t width = 0, height = 0;

	assert_non_null(block);
	for (const char *p = block; *p; p++) {
		height += *p == '\n';
		width += height == 0 && *p == ' ';
	}
	assert_int_equal(orl_canvas_init(c, env, width + 1, height, 1), 0);
	char *p = block;
	for (size_t i = 0; i < (size_t)c->width * (size_t)c->height; i++)
		c->pixels[i] = (uint32_t)strtoul(p, &p, 16);
	assert_string_equal(p, "\n");
	free(block);
}

static void documented_sections_are_right(void **state)
{
	static const char *const kinds[] = { "section hcx", "section res" };
	char *text = read_text("PROTOCOL.md");
	uint8_t want[BYTES], got[BYTES], hashes[BYTES];
	size_t lengths[ORL_SLICES_MAX + 1], n_lengths;
	struct orl_canvas a, b;
	struct orl_env env;
	(void)state;

	assert_int_equal(orl_host_env(&env, NULL), 0);
	assert_int_equal(one_block(hashes, text, "hashes hcx"), 16);
	for (unsigned i = 0; i < 2; i++) {
		struct orl_block_op op = { 0, 0, 2, 2, (uint8_t)(i + 1) };
		size_t n = one_block(want, text, kinds[i]);
		read_picture(&a, &env, text);
		assert_int_equal(a.width, 20);
		assert_int_equal(a.height, 18);
		/* The bytes, decoded, are the picture. */
		assert_int_equal(orl_canvas_init(&b, &env, 20, 18, 1), 0);
		assert_int_equal(orl_canvas_begin(&b, NULL, 0, &op, 1), 0);
		assert_int_equal(orl_canvas_decode(&b, &op, 1, want, n, &n, 1),
				0);
		assert_memory_equal(a.pixels, b.pixels, 20 * 18 * 4);
		assert_true(orl_canvas_is_exact(&b));
		/* And HCX has one way to write it; zstd may have others. */
		assert_int_equal(orl_canvas_begin(&a, NULL, 0, &op, 1), 0);
		assert_int_equal(orl_canvas_encode(&a, &op, 1, got, BYTES,
						 lengths, &n_lengths),
				0);
		assert_int_equal(n_lengths, 1);
		if (i == 0) {
			assert_int_equal(lengths[0], n);
			assert_memory_equal(got, want, n);
		}
		for (int row = 0; row < 2; row++)
			assert_true(orl_canvas_hash(&b, row) ==
					orl_le(hashes + 8 * row, 8));
		orl_canvas_fini(&a);
		orl_canvas_fini(&b);
	}
	free(text);
}

/* ---- proofs ------------------------------------------------------------ */

struct script {
	uint8_t bytes[64];
	size_t n, at;
};

static int scripted(void *user, void *buf, size_t bytes)
{
	struct script *s = user;

	assert_true(s->at + bytes <= s->n);
	memcpy(buf, s->bytes + s->at, bytes);
	s->at += bytes;
	return 0;
}

/* Bytes that come out as this nonce: the map of scram.c, undone. */
static void plan(struct script *s, const char *nonce)
{
	for (; *nonce; nonce++) {
		int want = *nonce - 0x21 - (*nonce > ','), b = 0;
		while (b * 93 >> 8 != want)
			b++;
		s->bytes[s->n++] = (uint8_t)b;
	}
}

static void documented_login_is_right(void **state)
{
	char *text = read_text("PROTOCOL.md"), name[64], *line[4];
	const char *at = text;
	char *block = next_block(&at, "scram", name);
	struct script script = { .n = 0 };
	struct oriel_hooks hooks = {
		.size = sizeof(hooks), .user = &script, .random = scripted
	};
	struct orl_env env;
	struct orl_stretch stretch;
	struct orl_verifier verifier;
	struct orl_scram_client *c;
	struct orl_scram_server *s;
	uint8_t exporter[32], transcript[32], secret[32] = { 1 };
	uint8_t out[ORL_BLOB_MAX];
	struct orl_binding bound = { exporter, transcript, false };
	(void)state;

	assert_non_null(block);
	for (int i = 0; i < 4; i++) {
		line[i] = strtok(i ? NULL : block, "\n");
		assert_non_null(line[i]);
	}
	for (int i = 0; i < 32; i++) {
		exporter[i] = (uint8_t)i;
		transcript[i] = (uint8_t)(0xa0 + i);
	}
	assert_int_equal(orl_host_env(&env, &hooks), 0);
	plan(&script, "clientnonceclientnon");
	plan(&script, "servernonceservernonceserverno");
	assert_int_equal(orl_stretch_init(&stretch, &env, "pencil"), 0);
	assert_int_equal(orl_stretch_salt(&stretch,
					 (const uint8_t *)"0123456789abcdef",
					 16, 100000),
			0);
	assert_int_equal(orl_stretch_work(&stretch, 100000), 0);
	assert_int_equal(orl_stretch_finish(&verifier, &stretch), 0);
	assert_int_equal(orl_scram_client_create(
					 &c, &env, "a,b=c", "pencil", &bound),
			0);
	assert_int_equal(orl_scram_server_create(&s, &env, &bound), 0);
	for (int i = 0; i < 4; i++) {
		int n = i == 0   ? orl_scram_client_first(c, out, sizeof(out))
			: i == 1 ? orl_scram_server_challenge(s, &verifier,
						   secret, out, sizeof(out))
			: i == 2 ? orl_scram_client_final(c, out, sizeof(out))
				 : orl_scram_server_final(s, (uint8_t *)line[2],
						   strlen(line[2]), out,
						   sizeof(out));
		assert_int_equal(n, strlen(line[i]));
		assert_memory_equal(out, line[i], (size_t)n);
		if (i == 0)
			assert_int_equal(orl_scram_server_first(
							 s, out, (size_t)n),
					0);
		if (i == 1) {
			assert_int_equal(orl_scram_client_challenge(
							 c, out, (size_t)n),
					0);
			assert_int_equal(orl_scram_client_work(c, 100000), 0);
		}
	}
	assert_int_equal(orl_scram_client_verify(c, (uint8_t *)line[3],
					 strlen(line[3])),
			0);
	orl_scram_client_destroy(c);
	orl_scram_server_destroy(s);
	free(block);
	free(text);
}

static void documented_digests_are_right(void **state)
{
	char *text = read_text("PROTOCOL.md"), name[64], *block;
	const char *at = text;
	static struct line lines[LINES];
	uint8_t hellos[BYTES] = { 0x01, 0x00 }, want[BYTES], got[32];
	uint8_t value[5][32];
	struct orl_env env;
	size_t n = 2, all = 0;
	(void)state;

	assert_int_equal(orl_host_env(&env, NULL), 0);
	while ((block = next_block(&at, "message", name))) {
		uint8_t data[BYTES];
		size_t k = join(data, lines, parse(lines, block));
		free(block);
		if (!strstr(name, "_hello"))
			continue;
		if (strcmp(name, "server_hello") == 0) {
			hellos[n++] = 0x02;
			hellos[n++] = 0x00;
		}
		memcpy(hellos + n, data + 1, k - 1);
		n += k - 1;
	}
	assert_int_equal(env.crypto->sha256(hellos, n, got), 0);
	assert_int_equal(one_block(want, text, "transcript"), 32);
	assert_memory_equal(got, want, 32);

	/* key, exporter, transcript, client, server */
	at = text;
	block = next_block(&at, "proof", name);
	assert_non_null(block);
	for (char *p = block; all < 5; all++) {
		p += strcspn(p, " ");
		p += strspn(p, " ");
		for (int i = 0; i < 32; i++, p += 2)
			value[all][i] = (uint8_t)(digit(p[0]) << 4 |
						  digit(p[1]));
		assert_int_equal(*p, '\n');
	}
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(orl_token_proof(&env, value[0],
						 i ? "oriel resume server"
						   : "oriel resume client",
						 value[1], value[2], got),
				0);
		assert_memory_equal(got, value[3 + i], 32);
	}
	free(block);
	free(text);
}

/* ---- numbers ----------------------------------------------------------- */

/* The second cell of the table row that begins with `first`. */
static long cell_of(const char *text, const char *first, int which)
{
	char row[96];

	snprintf(row, sizeof(row), "\n| %s |", first);
	const char *p = strstr(text, row);
	if (!p)
		fail_msg("PROTOCOL.md has no row '%s'", first);
	for (p += 3; which; which--)
		p = strchr(p, '|') + 1;
	return strtol(p, NULL, 10);
}

static void documented_limits_are_right(void **state)
{
#define ROW(name) \
	{ \
		"`" #name "`", name \
	}
	static const struct {
		const char *name;
		long value;
	} limits[] = {
		ROW(ORL_DISPLAYS_MAX),
		ROW(ORL_DISPLAY_SIDE_MAX),
		ROW(ORL_DISPLAY_PIXELS_MAX),
		ROW(ORL_DESKTOP_PIXELS_MAX),
		ROW(ORL_PICTURE_PIXELS_MAX),
		ROW(ORL_PICTURE_DATA_MAX),
		ROW(ORL_VIDEOS_MAX),
		ROW(ORL_VIDEO_SIDE_MIN),
		ROW(ORL_VIDEO_SIDE_MAX),
		ROW(ORL_VIDEO_DATA_MAX),
		ROW(ORL_RESIZE_PAUSE_MS),
		ROW(ORL_FINGERS_MAX),
		ROW(ORL_OTHER_KEYS),
		ROW(ORL_USB_DEVICES_MAX),
		ROW(ORL_USB_INTERFACES_MAX),
		ROW(ORL_USB_WINDOW),
		ROW(ORL_USB_PACKET_MAX),
		ROW(ORL_USB_PENDING_MAX),
		ROW(ORL_PRINT_WINDOW),
		ROW(ORL_PRINT_JOBS_MAX),
		ROW(ORL_PRINT_LOST_SECONDS),
		ROW(ORL_PROBE_SECONDS),
		ROW(ORL_LOST_SECONDS),
		ROW(ORL_PART_DATA_MAX),
		ROW(ORL_PART_BLOCKS_MAX),
		ROW(ORL_PART_COPIES_MAX),
		ROW(ORL_TRANSACTIONS_MAX),
		ROW(ORL_CURSOR_SIDE_MAX),
		ROW(ORL_CURSOR_SLOTS),
		ROW(ORL_CURSOR_DATA_MAX),
		ROW(ORL_CHUNK_MAX),
		ROW(ORL_CHUNK_HEAD),
		ROW(ORL_MESSAGE_MAX_EARLY),
		ROW(ORL_MESSAGE_MAX_C2S),
		ROW(ORL_MESSAGE_MAX_S2C),
		ROW(ORL_PIECE_MAX),
		ROW(ORL_CREDIT_CONTROL),
		ROW(ORL_NAME_MAX),
		ROW(ORL_BLOB_MAX),
		ROW(ORL_SCRAM_ITERATIONS_MIN),
		ROW(ORL_SCRAM_ITERATIONS_MAX),
		ROW(ORL_SCRAM_SALT_MIN),
		ROW(ORL_SCRAM_SALT_MAX),
		ROW(ORL_LOGIN_SECONDS),
		ROW(ORL_UNPROVED_MAX),
		ROW(ORL_UNPROVED_DROP),
		ROW(ORL_UNPROVED_PER_NET),
		ROW(ORL_LOGIN_DELAY_MAX_S),
		ROW(ORL_KEEPALIVE_SECONDS),
		ROW(ORL_SILENCE_SECONDS),
	};
	static const char *const channels[] = { "0 control", "1 sound",
		"2 cursor", "3 display", "4 USB", "5 clipboard", "6 print" };
	char *text = read_text("PROTOCOL.md");
	(void)state;

	for (size_t i = 0; i < ORL_COUNT(limits); i++)
		if (cell_of(text, limits[i].name, 1) != limits[i].value)
			fail_msg("%s is %ld", limits[i].name, limits[i].value);
	for (unsigned i = 0; i < ORL_CHANNELS; i++) {
		enum orl_channel ch = (enum orl_channel)i;
		/* 0 has none, which is written "-" and read as 0. */
		assert_int_equal(cell_of(text, channels[i], 2),
				orl_link_credit(ch));
		assert_int_equal(cell_of(text, channels[i], 3),
				orl_link_message_max(ORL_CLIENT, ch));
		assert_int_equal(cell_of(text, channels[i], 4),
				orl_link_message_max(ORL_SERVER, ch));
	}
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(documented_messages_are_right),
		cmocka_unit_test(every_message_has_a_golden_file),
		cmocka_unit_test(golden_errors_are_refused),
		cmocka_unit_test(documented_chunks_are_right),
		cmocka_unit_test(documented_sections_are_right),
		cmocka_unit_test(documented_login_is_right),
		cmocka_unit_test(documented_digests_are_right),
		cmocka_unit_test(documented_limits_are_right),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
