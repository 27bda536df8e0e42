/*
 * args.h - bytes as a command line: each line is an argument.
 */
#ifndef ORL_TESTS_FUZZ_ARGS_H
#define ORL_TESTS_FUZZ_ARGS_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { ARGS = 32 };

struct args {
	int argc;
	char *argv[ARGS + 1];
	char *text; /* what the arguments point into; to be freed */
};

static inline struct args args_of(const uint8_t *data, size_t size)
{
	static char name[] = "program";
	struct args a = { 1, { name }, malloc(size + 1) };

	if (!a.text)
		abort();
	if (size)
		memcpy(a.text, data, size);
	a.text[size] = 0;
	for (char *p = a.text; p && a.argc < ARGS; a.argc++) {
		char *end = strchr(p, '\n');
		a.argv[a.argc] = p;
		if (end)
			*end = 0;
		p = end ? end + 1 : NULL;
	}
	return a;
}

#endif
