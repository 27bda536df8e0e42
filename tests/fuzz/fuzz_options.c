/*
 * fuzz_options.c - any lines as a command line: what is accepted keeps the
 * promises of options.h, what is not has a reason.
 */
#include <stdlib.h>
#include <string.h>

#include "capture/options.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ARGS = 32 };

static void check(const struct orl_options *o)
{
	if (!o->listen_count || o->listen_count > ORL_MAX_LISTEN)
		abort();
	if (o->help || o->version)
		return;
	if (!o->source || o->workers > ORL_MAX_WORKERS || !o->cert != !o->key)
		abort();
	for (size_t i = 0; i < o->listen_count; i++)
		if (o->no_auth && !orl_address_is_local(o->listen[i]))
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char name[] = "oriel-serve", why[256] = "";
	char *argv[ARGS + 1] = { name };
	char *text = malloc(size + 1);
	struct orl_options options;
	int argc = 1;

	if (!text)
		return 0;
	if (size)
		memcpy(text, data, size);
	text[size] = 0;
	for (char *p = text; p && argc < ARGS; argc++) {
		char *end = strchr(p, '\n');

		argv[argc] = p;
		if (end)
			*end = 0;
		p = end ? end + 1 : NULL;
	}
	if (orl_options_parse(&options, argc, argv, why, sizeof(why)) == 0)
		check(&options);
	else if (!why[0])
		abort();
	free(text);
	return 0;
}
