/*
 * replay.c - a fuzz target without a fuzzer: its corpus, and what is near it.
 *
 * Runs every file of tests/fuzz/corpus/<target>/, and of each that is at most
 * 2 KiB every prefix and every single bit flipped. A crash ever found is a
 * file there, and so a test for ever. Under the sanitizers, which take ten times
 * as long, only one bit of each byte is flipped. With --seeds only the files
 * themselves are run (for coverage).
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MUTATE_MAX = 2048, FILE_MAX = 1 << 22 };

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { STEP = 9 }; /* in bits: each byte, and each of the eight in turn */
#else
enum { STEP = 1 };
#endif

static unsigned long runs;

/* From a block of its own size, so that a sanitizer sees every byte over. */
static void run(const uint8_t *data, size_t n)
{
	uint8_t *copy = malloc(n ? n : 1);

	if (!copy)
		abort();
	memcpy(copy, data, n);
	LLVMFuzzerTestOneInput(copy, n);
	free(copy);
	runs++;
}

static void mutate(uint8_t *data, size_t n)
{
	for (size_t i = 0; i < n; i++)
		run(data, i);
	for (size_t i = 0; i < n * 8; i += STEP) {
		data[i / 8] ^= (uint8_t)(1u << i % 8);
		run(data, n);
		data[i / 8] ^= (uint8_t)(1u << i % 8);
	}
}

static int run_file(const char *path, int seeds_only)
{
	static uint8_t data[FILE_MAX];
	FILE *f = fopen(path, "rb");

	if (!f) {
		perror(path);
		return 1;
	}
	size_t n = fread(data, 1, sizeof(data), f);
	fclose(f);
	run(data, n);
	if (!seeds_only && n <= MUTATE_MAX)
		mutate(data, n);
	return 0;
}

int main(int argc, char **argv)
{
	char folder[512], path[1024];
	const char *name = strrchr(argv[0], '/');
	int seeds_only = argc > 1 && strcmp(argv[1], "--seeds") == 0;
	unsigned files = 0;

	snprintf(folder, sizeof(folder), "tests/fuzz/corpus/%s",
			name ? name + 1 : argv[0]);
	DIR *dir = opendir(folder);
	if (!dir) {
		fprintf(stderr, "%s: no corpus; run from the project's root\n",
				folder);
		return 1;
	}
	for (struct dirent *e; (e = readdir(dir));) {
		if (e->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", folder, e->d_name);
		if (run_file(path, seeds_only))
			return 1;
		files++;
	}
	closedir(dir);
	printf("%u seeds, %lu runs\n", files, runs);
	return files == 0;
}
