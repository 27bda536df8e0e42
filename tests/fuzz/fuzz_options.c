/*
 * fuzz_options.c - any lines as oriel-serve's command line: what is accepted
 * keeps the promises of options.h, what is not has a reason.
 */
#include "tests/fuzz/args.h"

#include "capture/options.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

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
	struct args a = args_of(data, size);
	struct orl_options options;
	char why[256] = "";

	if (orl_options_parse(&options, a.argc, a.argv, why, sizeof(why)) == 0)
		check(&options);
	else if (!why[0])
		abort();
	free(a.text);
	return 0;
}
