/*
 * mkseeds_messages.c - write the seeds of fuzz_messages into FOLDER/fuzz_messages:
 * one small valid message of each kind, from the table.
 */
#include <stdio.h>
#include <string.h>

#include "tests/sample.h"

static int save(const char *folder, const char *name, const uint8_t *data,
		size_t n)
{
	char path[512];
	snprintf(path, sizeof(path), "%s/fuzz_messages/%s", folder, name);
	FILE *f = fopen(path, "wb");
	if (!f || fwrite(data, 1, n, f) != n || fclose(f) != 0) {
		perror(path);
		return 1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	static uint8_t data[2 + SAMPLE_MAX];
	struct rng rng = { 1 };

	if (argc != 2) {
		fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
		return 2;
	}
	for (size_t i = 0; i < orl_n_messages; i++) {
		const struct orl_message *m = &orl_messages[i];
		data[0] = (uint8_t)m->id;
		data[1] = (uint8_t)(m->id >> 8);
		size_t n = sample_make(&rng, m, data + 2, SAMPLE_SMALL);
		if (save(argv[1], m->name, data, 2 + n) != 0)
			return 1;
	}
	/* Text that is refused late. */
	memcpy(data, "\x12\0\0\x07\0\xf0\x9f\x90\x8e\xed\xa0\x80", 12);
	return save(argv[1], "text-with-surrogate", data, 12);
}
