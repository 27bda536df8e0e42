/*
 * fuzz_result.c - any bytes as a line of results: refused, or a result that
 * is written and read again as the same.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/result.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char *written(const struct result *r)
{
	char *text = NULL;
	size_t n = 0;
	FILE *out = open_memstream(&text, &n);
	if (!out || result_write(out, r))
		abort();
	fclose(out);
	return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct result a, b;
	result_init(&a);
	result_init(&b);
	if (!result_read(&a, (const char *)data, size)) {
		/* Numbers lose digits once, texts nothing. */
		char *first = written(&a);
		if (result_read(&b, first, strlen(first)))
			abort();
		char *second = written(&b);
		if (strcmp(first, second) != 0)
			abort();
		free(first);
		free(second);
	}
	result_fini(&a);
	result_fini(&b);
	return 0;
}
