/*
 * fuzz_passwd.c - any bytes as a password file and as a ticket file.
 */
#include <stdlib.h>
#include <string.h>

#include "capture/passwd.h"
#include "capture/tickets.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool ok)
{
	if (!ok)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	struct orl_passwd *p = NULL;
	struct orl_ticket t;
	char why[64];
	bool verifier;
	size_t at = 0;

	if (orl_passwd_parse(&p, text, size, why, sizeof(why)) == 0) {
		const char *secret = orl_passwd_find(p, "oriel", &verifier);
		if (secret)
			require(*secret && strlen(secret) <= 1024);
		require(!orl_passwd_find(p, "", &verifier));
		orl_passwd_destroy(p);
	} else {
		require(!p && *why);
	}
	while (orl_tickets_next(&t, text, size, &at, 1000)) {
		size_t n = strlen(t.text);
		require(n && n <= ORL_TICKET_MAX && t.expires > 1000);
		require(t.offset + n <= size && at > t.offset);
		require(memcmp(text + t.offset, t.text, n) == 0);
	}
	require(at == size);
	return 0;
}
