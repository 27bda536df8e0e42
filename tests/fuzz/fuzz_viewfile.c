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

/* The lowest bit of the first byte: which of the two files it is. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct orl_viewer_options options;
	static struct orl_viewfile file;
	char error[256] = "", host[300];
	memset(&options, 0, sizeof(options));
	enum orl_viewfile_kind kind = size && data[0] & 1
						      ? ORL_VIEWFILE_DESKTOP
						      : ORL_VIEWFILE_DEFAULTS;
	if (!orl_viewfile_parse(&file, kind, (const char *)data, size, error,
			    sizeof(error))) {
		if (!error[0])
			abort();
		return 0;
	}
	if (kind == ORL_VIEWFILE_DESKTOP && !file.value[ORL_SETTING_ADDRESS][0])
		abort();
	for (int i = 0; i < ORL_SETTINGS; i++)
		check(file.value[i]);
	if (orl_viewer_options_apply(&options, &file, error, sizeof(error)) ==
			ORL_OPTIONS_WRONG)
		return 0;
	if (kind == ORL_VIEWFILE_DESKTOP &&
			orl_viewer_options_check(&options, error,
					sizeof(error)) != ORL_OPTIONS_RUN)
		abort();
	if (orl_address_host(host, sizeof(host), options.address) &&
			!strchr(host, ':'))
		abort();
	return 0;
}
