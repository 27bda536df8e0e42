/*
 * fuzz_filelist.c - any bytes as a table of files and as a list of URIs: a name
 * that comes out names a file in a folder and nothing else, shows as it is, and
 * can be told again; paths are absolute; how bytes are cut changes nothing.
 */
#include <stdlib.h>
#include <string.h>

#include "clip/filelist.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void need(bool true_)
{
	if (!true_)
		abort();
}

static void check_name(const char *name)
{
	char again[ORL_FILES_NAME + 1], same[ORL_FILES_NAME + 1];
	size_t n = strlen(name);

	need(n && n <= ORL_FILES_NAME && name[0] != '.');
	need(!strpbrk(name, "/\\:\n\r\t\033\177"));
	need(!strstr(name, "\xe2\x80\xae"));
	need(orl_filename_safe(same, name, n) && strcmp(same, name) == 0);
	for (unsigned nth = 1; nth < 1000; nth = nth * 31 + 1) {
		orl_filename_again(again, name, nth);
		need(orl_filename_safe(same, again, strlen(again)));
		need(strcmp(same, again) == 0);
		need(nth > 1 || strcmp(again, name) == 0);
	}
}

static void table(const uint8_t *data, size_t size)
{
	static struct orl_filelist_file files[ORL_FILES_MAX];
	static uint8_t out[ORL_FILES_START + ORL_FILES_TABLE];
	struct orl_filelist list = { .files = files };
	size_t count, n;

	if (size < ORL_FILES_START)
		return;
	n = orl_filelist_start(data, &count);
	need(n <= ORL_FILES_TABLE && (!n || count <= ORL_FILES_MAX));
	if (!n || size - ORL_FILES_START < n ||
			!orl_filelist_table(&list, count,
					data + ORL_FILES_START, n))
		return;
	need(list.count == count);
	for (size_t i = 0; i < count; i++)
		check_name(files[i].name);
	/* It is what is made of it again, but for names made safe. */
	need(orl_filelist_put(out, &list) == ORL_FILES_START + n ||
			memcmp(out, data, ORL_FILES_START) != 0);
}

static void uris(const uint8_t *data, size_t size)
{
	static char path[ORL_FILES_PATH], same[ORL_FILES_PATH],
			line[4 * ORL_FILES_PATH];
	const char *p = (const char *)data, *end = p + size;

	while (orl_uris_next(&p, end, path)) {
		const char *q = line;
		size_t n = orl_uri_put(line, sizeof(line), path);

		need(path[0] == '/' && strlen(path) < sizeof(path));
		need(n && orl_uris_next(&q, line + n, same));
		need(strcmp(path, same) == 0 && q == line + n);
	}
	need(p == end);
}

static void gnome(const uint8_t *data, size_t size)
{
	struct orl_gnome_list whole = { 0 }, parts = { 0 };
	uint8_t *a = malloc(2 * size + 4), *b = malloc(2 * size + 4);
	size_t n = orl_gnome_from_uris(&whole, a, data, size), m = 0;

	need(n <= 2 * size + 4);
	for (size_t at = 0; at < size; at++)
		m += orl_gnome_from_uris(&parts, b + m, data + at, 1);
	need(n == m && memcmp(a, b, n) == 0);
	free(a);
	free(b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	table(data, size);
	uris(data, size);
	gnome(data, size);
	return 0;
}
