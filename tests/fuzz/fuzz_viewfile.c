/*
 * fuzz_viewfile.c - any bytes as an .oriel file: refused with a reason, or
 * values that can be shown as they are, and options made of them.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "client/viewer/options.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const char *value)
{
	size_t n = strlen(value);
	if (n >= ORL_VIEWFILE_VALUE)
		abort();
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)value[i] < 0x20 || value[i] == 0x7f)
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct orl_viewer_options options;
	struct orl_viewfile file;
	char error[256] = "", host[300];
	memset(&options, 0, sizeof(options));
	if (!orl_viewfile_parse(&file, (const char *)data, size, error,
			    sizeof(error))) {
		if (!error[0])
			abort();
		return 0;
	}
	if (!file.address[0])
		abort();
	check(file.address);
	check(file.trust);
	check(file.title);
	if (orl_viewer_options_merge(&options, &file, error, sizeof(error)) ==
			ORL_OPTIONS_WRONG)
		return 0;
	if (orl_viewer_options_check(&options, error, sizeof(error)) !=
			ORL_OPTIONS_RUN)
		abort();
	if (orl_address_host(host, sizeof(host), options.address) &&
			!strchr(host, ':'))
		abort();
	return 0;
}
