/*
 * fuzz_policy.c - any bytes as a policy: a result, or a sentence naming a
 * line; and what was understood grants known rights only.
 */
#include <stdlib.h>
#include <string.h>

#include "capture/policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct orl_policy policy;
	char why[128] = "";

	orl_policy_init(&policy);
	if (orl_policy_parse(&policy, (const char *)data, size, why,
			    sizeof(why)) < 0) {
		if (!why[0] || memchr(why, 0, sizeof(why)) == NULL)
			abort();
	}
	if (policy.count > ORL_POLICY_USERS || policy.rights > 0x1ff ||
			policy.paste_types > 0x1f || policy.copy_types > 0x1f ||
			!policy.paste_max || !policy.copy_max)
		abort();
	for (uint32_t i = 0; i < policy.count; i++) {
		const char *name = policy.users[i].name;

		if (!memchr(name, 0, ORL_POLICY_NAME) ||
				orl_policy_rights(&policy, name) > 0x1ff)
			abort();
	}
	return 0;
}
