/*
 * test_clip_files.c - files on a clipboard: names that come from elsewhere,
 * lists of URIs, and the whole way from files in one folder to files in
 * another, with real files: cut anywhere, refused, ended half-way, hostile.
 */
#include "tests/unit/unit.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <oriel/oriel.h>

#include "clip/files.h"

static char root[64], from[96], to[96];

/* ---- names and URIs ----------------------------------------------------- */

static void names_are_made_safe(void **state)
{
	static const struct {
		const char *name;
		size_t n;
		const char *safe; /* NULL: it is no name */
	} rows[] = {
		{ "a.txt", 5, "a.txt" },
		{ "gr\xc3\xbc\xc3\x9f \xf0\x9f\x98\x80", 11,
				"gr\xc3\xbc\xc3\x9f \xf0\x9f\x98\x80" },
		{ "", 0, NULL },
		{ ".", 1, NULL },
		{ "..", 2, NULL },
		{ "../../x", 7, NULL },
		{ "/etc/passwd", 11, NULL },
		{ "a/", 2, NULL },
		{ "a\0b", 3, NULL },
		{ "C:\\x", 4, "C__x" },
		{ "..\\..\\x", 7, "_._.._x" },
		{ ".bashrc", 7, "_bashrc" },
		{ "...", 3, "_.." },
		{ "a\nb\033[2J", 7, "a_b_[2J" },
		{ "photo\xe2\x80\xaegpj.exe", 15, "photo_gpj.exe" },
		{ "\xe2\x81\xa6x\xe2\x81\xa9", 7, "_x_" },
		{ "a\xc2\x85z", 4, "a_z" },
		{ "\xef\xbb\xbfx", 4, "_x" },
		{ "\xc0\xaf", 2, NULL },
		{ "\xed\xa0\x80", 3, NULL },
		{ "a\xff", 2, NULL },
		{ "a\xc3", 2, NULL },
	};
	char out[ORL_FILES_NAME + 1], big[300];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		bool ok = orl_filename_safe(out, rows[i].name, rows[i].n);

		assert_int_equal(ok, rows[i].safe != NULL);
		if (ok)
			assert_string_equal(out, rows[i].safe);
	}
	memset(big, 'x', sizeof(big));
	assert_true(orl_filename_safe(out, big, 255));
	assert_false(orl_filename_safe(out, big, 256));
}

static void names_that_are_taken_are_counted(void **state)
{
	char out[ORL_FILES_NAME + 1], big[ORL_FILES_NAME + 1];

	(void)state;
	orl_filename_again(out, "a.txt", 1);
	assert_string_equal(out, "a.txt");
	orl_filename_again(out, "a.txt", 2);
	assert_string_equal(out, "a (2).txt");
	orl_filename_again(out, "a", 12);
	assert_string_equal(out, "a (12)");
	for (size_t i = 0; i + 1 < sizeof(big); i += 2)
		memcpy(big + i, "\xc3\xbc", 2);
	memcpy(big + 250, ".png", 5);
	orl_filename_again(out, big, 999);
	assert_string_equal(out + strlen(out) - 10, " (999).png");
	assert_true(orl_filename_safe(big, out, strlen(out)));
}

static void uris_name_paths(void **state)
{
	static const char text[] = "# a list\r\nfile:///tmp/a%20b\r\n"
				   "http://example/x\r\nfile://localhost/c\n"
				   "copy\nfile://elsewhere/d\nfile:///%00\n"
				   "file:///%2\nfile:///e";
	const char *p = text, *end = text + sizeof(text) - 1;
	char path[ORL_FILES_PATH], line[64];

	(void)state;
	assert_true(orl_uris_next(&p, end, path));
	assert_string_equal(path, "/tmp/a b");
	assert_true(orl_uris_next(&p, end, path));
	assert_string_equal(path, "/c");
	assert_true(orl_uris_next(&p, end, path));
	assert_string_equal(path, "/e");
	assert_false(orl_uris_next(&p, end, path));
	size_t n = orl_uri_put(line, sizeof(line), "/a b/\xc3\xbc%");
	assert_int_equal(n, 25);
	assert_memory_equal(line, "file:///a%20b/%C3%BC%25\r\n", 25);
	assert_int_equal(orl_uri_put(line, 12, "/a b/c"), 0);
}

/* ---- two ends ----------------------------------------------------------- */

/* What the host of an end says and was told. */
struct host {
	struct orl_files *files;
	bool now, yes;
	uint32_t question;
	unsigned asked, gone, saved, failed;
	size_t count;
	uint64_t total;
	char folder[ORL_FILES_PATH], why[300];
};

static void on_ask(void *user, uint32_t question, bool giving,
		const struct orl_filelist *list)
{
	struct host *h = user;

	(void)giving;
	h->asked++;
	h->question = question;
	h->count = list->count;
	h->total = list->total;
	if (h->now)
		orl_files_answer(h->files, question, h->yes, to);
}

static void on_gone(void *user, uint32_t question)
{
	struct host *h = user;

	assert_int_equal(question, h->question);
	h->gone++;
}

static void on_saved(void *user, size_t count, const char *folder)
{
	struct host *h = user;

	h->saved++;
	assert_int_equal(count, h->count);
	snprintf(h->folder, sizeof(h->folder), "%s", folder);
}

static void on_failed(void *user, bool giving, const char *why)
{
	struct host *h = user;

	(void)giving;
	h->failed++;
	snprintf(h->why, sizeof(h->why), "%s", why);
}

static const struct orl_files_calls calls = { on_ask, on_gone, on_saved,
	on_failed };

/* An end of a paste that gives or takes bytes as the test likes. */
struct end {
	struct orl_paste *paste;
	uint8_t *bytes; /* what came, or is to come */
	size_t n, at, room;
	unsigned finished, failed, used;
	bool empty;
	int error;
	char why[300];
};

enum { BYTES = 1 << 20 };

static int64_t end_write(void *user, const void *p, size_t n)
{
	struct end *e = user;
	size_t k = n < e->room ? n : e->room;

	assert_true(e->n + k <= BYTES);
	memcpy(e->bytes + e->n, p, k);
	e->n += k;
	e->room -= k;
	return (int64_t)k;
}

static void end_finish(void *user)
{
	((struct end *)user)->finished++;
	((struct end *)user)->paste = NULL;
}

static void end_used(void *user, size_t n, bool empty)
{
	struct end *e = user;

	e->used += (unsigned)n;
	e->empty = empty;
}

static void end_fail(void *user, int error, const char *why)
{
	struct end *e = user;

	e->failed++;
	e->error = error;
	e->paste = NULL;
	snprintf(e->why, sizeof(e->why), "%s", why);
}

static const struct orl_paste_ops ops = {
	.write = end_write,
	.finish = end_finish,
	.used = end_used,
	.fail = end_fail,
};

static struct host host;
static struct end source, sink;

static struct orl_paste *fetch(void *user, struct orl_paste_end end)
{
	struct end *e = user;

	e->paste = orl_paste_create((struct orl_paste_end){ &ops, e }, end);
	return e->paste;
}

static void begin(bool now, bool yes)
{
	memset(&host, 0, sizeof(host));
	host.now = now;
	host.yes = yes;
	host.files = orl_files_create(&calls, &host);
	source = (struct end){ .bytes = malloc(BYTES) };
	sink = (struct end){ .bytes = malloc(BYTES), .room = BYTES };
}

static void end(void)
{
	orl_files_destroy(host.files);
	free(source.bytes);
	free(sink.bytes);
}

/* Give what source.bytes has, `step` at a time, until it is over. */
static void feed(size_t step)
{
	while (source.paste && source.at < source.n) {
		size_t k = source.n - source.at < step ? source.n - source.at
						       : step;

		source.at += k;
		orl_paste_data(source.paste, source.bytes + source.at - k, k);
	}
	struct orl_paste *paste = source.paste;
	source.paste = NULL;
	if (paste)
		orl_paste_came(paste);
}

static void put_file(
		const char *folder, const char *name, const void *p, size_t n)
{
	char path[300];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(p, 1, n, f), n);
	fclose(f);
}

static bool has_file(
		const char *folder, const char *name, const void *p, size_t n)
{
	static char bytes[BYTES];
	char path[300];
	struct stat st;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	FILE *f = fopen(path, "r");
	if (!f)
		return false;
	assert_int_equal(fstat(fileno(f), &st), 0);
	size_t got = fread(bytes, 1, sizeof(bytes), f);
	fclose(f);
	return S_ISREG(st.st_mode) && got == n && memcmp(bytes, p, n) == 0;
}

static unsigned files_in(const char *folder, bool take_away)
{
	DIR *dir = opendir(folder);
	const struct dirent *e;
	unsigned n = 0;

	while ((e = readdir(dir)) != NULL) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		n++;
		if (take_away)
			assert_int_equal(unlinkat(dirfd(dir), e->d_name, 0), 0);
	}
	closedir(dir);
	return n;
}

static uint8_t big[300000];

/* The bytes that files travel as, into sink. */
static void give(const char *uris)
{
	begin(true, true);
	struct orl_paste *p = orl_files_give(host.files, fetch, &source,
			(struct orl_paste_end){ &ops, &sink });
	assert_non_null(p);
	sink.paste = p;
	source.n = strlen(uris);
	memcpy(source.bytes, uris, source.n);
	feed(7);
}

static void files_go_all_the_way(void **state)
{
	char uris[600];
	struct end was;

	(void)state;
	put_file(from, "a b.txt", "hello", 5);
	put_file(from, "empty", "", 0);
	put_file(from, "big", big, sizeof(big));
	snprintf(uris, sizeof(uris),
			"file://%s/a%%20b.txt\r\nfile://%s/empty\r\n"
			"file://%s/big\r\nfile://%s/empty",
			from, from, from, from);
	for (size_t step = 1; step < 500000; step = step * 40 + 3) {
		give(uris);
		assert_int_equal(sink.finished, 1);
		assert_int_equal(host.count, 4);
		assert_int_equal(host.total, 5 + sizeof(big));
		was = sink;
		sink.bytes = NULL;
		end();

		begin(true, true);
		struct orl_paste *p = orl_files_take(host.files, 0, fetch,
				&source, (struct orl_paste_end){ &ops, &sink });
		assert_non_null(p);
		memcpy(source.bytes, was.bytes, was.n);
		source.n = was.n;
		feed(step);
		assert_int_equal(host.saved, 1);
		assert_int_equal(sink.finished, 1);
		assert_true(has_file(to, "a b.txt", "hello", 5));
		assert_true(has_file(to, "big", big, sizeof(big)));
		assert_true(has_file(to, "empty", "", 0));
		assert_true(has_file(to, "empty (2)", "", 0));
		sink.bytes[sink.n] = 0;
		assert_non_null(strstr((char *)sink.bytes, "/a%20b.txt\r\n"));
		assert_non_null(strstr((char *)sink.bytes, "%20%282%29\r\n"));
		/* Again: the same list, and nobody is asked. */
		size_t n = sink.n;
		p = orl_files_take(host.files, 0, fetch, &source,
				(struct orl_paste_end){ &ops, &sink });
		assert_non_null(p);
		orl_files_run(host.files);
		assert_int_equal(sink.finished, 2);
		assert_int_equal(sink.n, 2 * n);
		assert_int_equal(host.asked, 1);
		assert_int_equal(files_in(to, true), 4);
		free(was.bytes);
		end();
	}
	files_in(from, true);
}

static void only_plain_files_are_given(void **state)
{
	static const char *const lists[] = { "file:///dev/null\r\n",
		"file:///\r\n", "file:///does/not/exist\r\n", "file:///etc\r\n",
		"http://example/\r\n", "", "file:///proc/self/root\r\n" };
	char fifo[128], uris[160];

	(void)state;
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		give(lists[i]);
		assert_int_equal(sink.failed, 1);
		assert_int_equal(host.failed, 1);
		assert_int_equal(host.asked, 0);
		assert_true(*host.why);
		end();
	}
	/* A pipe is not waited for. */
	snprintf(fifo, sizeof(fifo), "%s/pipe", from);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	snprintf(uris, sizeof(uris), "file://%s\r\n", fifo);
	give(uris);
	assert_int_equal(sink.failed, 1);
	end();
	files_in(from, true);
}

static void nothing_is_given_without_a_yes(void **state)
{
	char uris[200];

	(void)state;
	put_file(from, "secret", "s", 1);
	snprintf(uris, sizeof(uris), "file://%s/secret\r\n", from);
	begin(false, false);
	sink.paste = orl_files_give(host.files, fetch, &source,
			(struct orl_paste_end){ &ops, &sink });
	source.n = strlen(uris);
	memcpy(source.bytes, uris, source.n);
	feed(100);
	assert_int_equal(host.asked, 1);
	assert_int_equal(sink.n, 0);
	orl_files_answer(host.files, host.question + 1, true, NULL);
	assert_int_equal(sink.n, 0);
	orl_files_answer(host.files, host.question, false, NULL);
	assert_int_equal(sink.failed, 1);
	assert_int_equal(sink.error, ORIEL_EDENIED);
	assert_int_equal(host.gone, 0);
	orl_files_answer(host.files, host.question, true, NULL);
	assert_int_equal(sink.n, 0);
	end();

	/* Who wanted it goes: the question is void. */
	begin(false, false);
	sink.paste = orl_files_give(host.files, fetch, &source,
			(struct orl_paste_end){ &ops, &sink });
	source.n = strlen(uris);
	memcpy(source.bytes, uris, source.n);
	feed(100);
	orl_paste_dropped(sink.paste);
	assert_int_equal(host.gone, 1);
	orl_files_answer(host.files, host.question, true, NULL);
	end();
	files_in(from, true);
}

/* ---- what comes is hostile ---------------------------------------------- */

static size_t put_table(uint8_t *out, uint64_t size, const char *name, size_t n)
{
	memcpy(out, "ORLFILES\1\0\0\0", 12);
	for (int i = 0; i < 4; i++)
		out[12 + i] = (uint8_t)((n + 10) >> 8 * i);
	for (int i = 0; i < 8; i++)
		out[16 + i] = (uint8_t)(size >> 8 * i);
	out[24] = (uint8_t)n;
	out[25] = (uint8_t)(n >> 8);
	memcpy(out + 26, name, n);
	return 26 + n;
}

static void take(bool now, bool yes)
{
	begin(now, yes);
	sink.paste = orl_files_take(host.files, 0, fetch, &source,
			(struct orl_paste_end){ &ops, &sink });
	assert_non_null(sink.paste);
}

static void hostile_names_are_not_written(void **state)
{
	static const struct {
		const char *name;
		size_t n;
		const char *made;
	} rows[] = {
		{ "../../x", 7, NULL },
		{ "..", 2, NULL },
		{ "a\0b", 3, NULL },
		{ "/tmp/x", 6, NULL },
		{ "C:\\x", 4, "C__x" },
		{ ".profile", 8, "_profile" },
		{ "a\xe2\x80\xaetxt.sh", 10, "a_txt.sh" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		take(true, true);
		source.n = put_table(source.bytes, 2, rows[i].name, rows[i].n);
		memcpy(source.bytes + source.n, "hi", 2);
		source.n += 2;
		feed(3);
		assert_int_equal(host.saved, rows[i].made != NULL);
		assert_int_equal(host.failed, rows[i].made == NULL);
		if (rows[i].made)
			assert_true(has_file(to, rows[i].made, "hi", 2));
		assert_int_equal(files_in(to, true), rows[i].made != NULL);
		end();
	}
	/* Nor is anything written through a link, or over a file. */
	char link[128], secret[128];
	snprintf(link, sizeof(link), "%s/x", to);
	snprintf(secret, sizeof(secret), "%s/secret", from);
	put_file(from, "secret", "s", 1);
	assert_int_equal(symlink(secret, link), 0);
	take(true, true);
	source.n = put_table(source.bytes, 2, "x", 1);
	memcpy(source.bytes + source.n, "hi", 2);
	source.n += 2;
	feed(100);
	assert_true(has_file(from, "secret", "s", 1));
	assert_true(has_file(to, "x (2)", "hi", 2));
	end();
	files_in(to, true);
	files_in(from, true);
}

static void what_does_not_come_whole_is_taken_away(void **state)
{
	(void)state;
	/* Less, more, and another way of lying. */
	for (int lie = 0; lie < 4; lie++) {
		take(true, true);
		source.n = put_table(source.bytes, 1000, "a", 1);
		source.n += lie == 0 ? 999 : lie == 1 ? 1001 : 1000;
		if (lie == 2)
			source.bytes[12]++; /* the table's length */
		if (lie == 3)
			source.bytes[8] = 0; /* no file at all */
		feed(100);
		assert_int_equal(host.saved, 0);
		assert_int_equal(host.failed, 1);
		assert_int_equal(sink.failed, 1);
		assert_int_equal(files_in(to, false), 0);
		end();
	}
	/* It is stopped half-way, by either end. */
	for (int who = 0; who < 2; who++) {
		take(true, true);
		source.n = put_table(source.bytes, 1000, "a", 1) + 500;
		orl_paste_data(source.paste, source.bytes, source.n);
		assert_int_equal(files_in(to, false), 1);
		if (who)
			orl_paste_dropped(sink.paste);
		else
			orl_paste_failed(source.paste, ORIEL_EIO, "gone");
		assert_int_equal(files_in(to, false), 0);
		end();
	}
}

static void nothing_is_written_without_a_yes(void **state)
{
	(void)state;
	take(false, false);
	source.n = put_table(source.bytes, 300000, "a", 1);
	orl_paste_data(source.paste, source.bytes, source.n);
	/* What comes meanwhile waits, and is not asked for. */
	orl_paste_data(source.paste, big, 1000);
	assert_false(source.empty);
	assert_int_equal(files_in(to, false), 0);
	orl_files_answer(host.files, host.question, true, to);
	assert_true(source.empty);
	orl_paste_data(source.paste, big + 1000, sizeof(big) - 1000);
	orl_paste_came(source.paste);
	assert_true(has_file(to, "a", big, sizeof(big)));
	assert_int_equal(files_in(to, true), 1);
	end();

	for (int now = 0; now < 2; now++) {
		take(now, false);
		source.n = put_table(source.bytes, 0, "a", 1);
		orl_paste_data(source.paste, source.bytes, source.n);
		if (!now)
			orl_files_answer(host.files, host.question, false, to);
		assert_int_equal(source.failed, 1);
		assert_int_equal(sink.failed, 1);
		assert_int_equal(files_in(to, false), 0);
		end();
	}
	/* A folder that is none. */
	take(false, true);
	source.n = put_table(source.bytes, 0, "a", 1);
	orl_paste_data(source.paste, source.bytes, source.n);
	orl_files_answer(host.files, host.question, true, "/does/not/exist");
	assert_non_null(strstr(host.why, "/does/not/exist"));
	end();
}

static void a_place_of_its_own_goes_with_it(void **state)
{
	char a[ORL_FILES_PATH], b[ORL_FILES_PATH];
	struct stat st;

	(void)state;
	assert_true(orl_files_place(a));
	put_file(a, "x", "1", 1);
	assert_true(orl_files_place(b));
	assert_string_not_equal(a, b);
	assert_int_equal(stat(a, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	orl_files_place_end(1);
	assert_int_not_equal(stat(a, &st), 0);
	assert_int_equal(stat(b, &st), 0);
	orl_files_place_end(0);
	assert_int_not_equal(stat(b, &st), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_made_safe),
		cmocka_unit_test(names_that_are_taken_are_counted),
		cmocka_unit_test(uris_name_paths),
		cmocka_unit_test(files_go_all_the_way),
		cmocka_unit_test(only_plain_files_are_given),
		cmocka_unit_test(nothing_is_given_without_a_yes),
		cmocka_unit_test(hostile_names_are_not_written),
		cmocka_unit_test(what_does_not_come_whole_is_taken_away),
		cmocka_unit_test(nothing_is_written_without_a_yes),
		cmocka_unit_test(a_place_of_its_own_goes_with_it),
	};

	for (size_t i = 0; i < sizeof(big); i++)
		big[i] = (uint8_t)(i * 7 + i / 256);
	snprintf(root, sizeof(root), "/tmp/oriel-unit.XXXXXX");
	if (!mkdtemp(root))
		return 1;
	snprintf(from, sizeof(from), "%s/from", root);
	snprintf(to, sizeof(to), "%s/to", root);
	if (mkdir(from, 0700) || mkdir(to, 0700))
		return 1;
	setenv("TMPDIR", root, 1);
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	files_in(from, true);
	files_in(to, true);
	rmdir(from);
	rmdir(to);
	rmdir(root);
	return failed;
}
