/*
 * fuzz_hosts.c - any bytes as known_hosts. What is written parses again to
 * the same; after a set the entry is there and all other lines are as before.
 */
#include <stdlib.h>
#include <string.h>

#include "client/viewer/hosts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool ok)
{
	if (!ok)
		abort();
}

/* What is written must be read as the same, whatever was read. */
static void again(const struct orl_hosts *h)
{
	struct orl_hosts *other;
	char *text, *text2;
	size_t n, n2;

	require(orl_hosts_format(&text, &n, h) == 0);
	require(orl_hosts_parse(&other, text, n) == 0);
	require(orl_hosts_problems(h) == orl_hosts_problems(other));
	require(orl_hosts_format(&text2, &n2, other) == 0);
	require(n == n2 && memcmp(text, text2, n) == 0);
	orl_hosts_destroy(other);
	free(text);
	free(text2);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct orl_hosts *h;
	const struct orl_host *host, *old = NULL;
	uint8_t key[32] = { 1 };
	char address[ORL_HOSTS_ADDRESS_MAX + 1] = "host:1";

	if (orl_hosts_parse(&h, (const char *)data, size))
		return 0;
	size_t problems = orl_hosts_problems(h);
	for (size_t i = 0; i <= problems; i++)
		require((orl_hosts_problem(h, i).what != NULL) ==
				(i < problems));
	again(h);
	/* A short input is an address as well: looked up, set, removed. */
	if (size > 2 && size < sizeof(address))
		memcpy(address, data, size);
	host = orl_hosts_find(h, address);
	if (host)
		require(orl_hosts_find(h, host->address) == host);
	if (orl_hosts_set(h, address, key, true, 5) == 0) {
		host = orl_hosts_find(h, address);
		require(host && host->login && host->first_seen == 5);
		require(orl_hosts_judge_key(h, address, key, &old) ==
				ORL_HOSTS_KEY_SAME);
		require(orl_hosts_judge_login(h, address, false) ==
				ORL_HOSTS_LOGIN_GONE);
		key[0] = 2;
		require(orl_hosts_judge_key(h, address, key, &old) ==
				ORL_HOSTS_KEY_CHANGED);
		require(old == host && problems == orl_hosts_problems(h));
		again(h);
		require(orl_hosts_remove(h, address) > 0);
		require(!orl_hosts_find(h, address));
	}
	again(h);
	orl_hosts_destroy(h);
	return 0;
}
