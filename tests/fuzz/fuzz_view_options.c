/*
 * fuzz_view_options.c - any lines as oriel-view's command line: what is
 * accepted keeps the promises of options.h, what is not has a reason.
 */
#include "tests/fuzz/args.h"

#include "client/viewer/options.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct args a = args_of(data, size);
	struct orl_viewer_options o;
	char why[256] = "", host[300];
	enum orl_viewer_result result = orl_viewer_options_parse(
			&o, a.argc, a.argv, why, sizeof(why));

	/* What files say comes between the two readings. */
	if (result == ORL_OPTIONS_RUN &&
			orl_viewer_options_again(&o, a.argc, a.argv, why,
					sizeof(why)) != ORL_OPTIONS_RUN)
		abort();
	if (result == ORL_OPTIONS_RUN && !o.file[0])
		result = orl_viewer_options_check(&o, why, sizeof(why));
	if (result == ORL_OPTIONS_WRONG && !why[0])
		abort();
	if (result == ORL_OPTIONS_RUN && !o.file[0] && !o.address[0])
		abort();
	if (orl_address_host(host, sizeof(host), o.address) &&
			(!host[0] || strchr(host, '@') || !strchr(host, ':')))
		abort();
	free(a.text);
	return 0;
}
