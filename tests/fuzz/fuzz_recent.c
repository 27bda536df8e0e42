/*
 * fuzz_recent.c - any bytes as the list of recent desktops, and as an address
 * that was typed. What is written parses again to the same, and holds nothing
 * that is no address.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "client/viewer/recent.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool ok)
{
	if (!ok)
		abort();
}

static void check(const struct orl_recent *r)
{
	static char text[ORL_RECENT_FILE_MAX];
	struct orl_recent again;
	size_t n = orl_recent_format(text, sizeof(text), r);
	require(r->n >= 0 && r->n <= ORL_RECENT_MAX && n < sizeof(text));
	orl_recent_parse(&again, text, n);
	require(again.n == r->n);
	for (int i = 0; i < r->n; i++) {
		const char *a = r->hosts[i].address;
		char whole[ORL_RECENT_ADDRESS];
		require(strcmp(again.hosts[i].address, a) == 0);
		require(strncmp(a, "oriel://", 8) == 0 ||
				strncmp(a, "unix:", 5) == 0);
		require(orl_address_complete(whole, sizeof(whole), a));
		require(strcmp(whole, a) == 0);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct orl_recent r;
	char typed[ORL_RECENT_ADDRESS + 64], whole[ORL_RECENT_ADDRESS];
	size_t n = size < sizeof(typed) ? size : sizeof(typed) - 1;
	if (size > ORL_RECENT_FILE_MAX)
		return 0;
	orl_recent_parse(&r, (const char *)data, size);
	check(&r);
	memcpy(typed, data, n);
	typed[n] = '\0';
	if (orl_address_complete(whole, sizeof(whole), typed) &&
			orl_recent_add(&r, whole, typed)) {
		require(r.n > 0 && strcmp(r.hosts[0].address, whole) == 0);
		check(&r);
	}
	return 0;
}
