/*
 * store.c - see store.h.
 */
#include "bench/store.h"

#include <errno.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH = 1024 };

int store_open(struct store *s, const char *dir, bool print)
{
	char path[PATH];
	s->dir = dir;
	s->print = print;
	if (mkdir(dir, 0777) && errno != EEXIST) {
		fprintf(stderr, "oriel-bench: %s: %s\n", dir, strerror(errno));
		return -1;
	}
	snprintf(path, sizeof(path), "%.900s/results.jsonl", dir);
	s->file = fopen(path, "a+");
	if (!s->file || results_load(&s->done, path)) {
		fprintf(stderr, "oriel-bench: %s: %s\n", path, strerror(errno));
		return -1;
	}
	if (flock(fileno(s->file), LOCK_EX | LOCK_NB)) {
		fprintf(stderr,
				"oriel-bench: %s is being written by another "
				"run\n",
				path);
		return -1;
	}
	/* A run that was killed may have left half a line. */
	if (!fseek(s->file, -1, SEEK_END) && getc(s->file) != '\n') {
		(void)fseek(s->file, 0, SEEK_END);
		putc('\n', s->file);
	}
	return 0;
}

void store_close(struct store *s)
{
	results_fini(&s->done);
	if (s->file)
		fclose(s->file);
	s->file = NULL;
}

const struct result *store_find(const struct store *s, const char *key)
{
	for (size_t i = 0; i < s->done.n; i++)
		if (strcmp(s->done.v[i].key, key) == 0)
			return *s->done.v[i].error ? NULL : &s->done.v[i];
	return NULL;
}

bool store_has(const struct store *s, const char *key)
{
	return store_find(s, key) != NULL;
}

int store_save(struct store *s, const struct result *r)
{
	if (result_write(s->file, r)) {
		fprintf(stderr, "oriel-bench: %s/results.jsonl: %s\n", s->dir,
				strerror(errno));
		return -1;
	}
	if (s->print && result_write(stdout, r))
		return -1;
	return 0;
}

int store_frames(const struct store *s, char *path, size_t cap,
		const char *trace, const char *hash,
		const struct frames_excerpt *e)
{
	char folder[PATH];
	snprintf(folder, sizeof(folder), "%.900s/cache", s->dir);
	if (mkdir(folder, 0777) && errno != EEXIST) {
		fprintf(stderr, "oriel-bench: %s: %s\n", folder,
				strerror(errno));
		return -1;
	}
	/* Commands are split at spaces: the path has none of the user's. */
	snprintf(path, cap, "%s/%s-%g-%g.frames", folder, hash, e->from,
			e->seconds);
	if (!access(path, R_OK))
		return 0;
	fprintf(stderr, "oriel-bench: unpacking %s\n", trace);
	return frames_unpack(path, trace, e);
}
