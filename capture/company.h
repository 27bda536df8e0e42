/*
 * company.h - who looks at the desktop now, and what the policy says when
 * somebody else comes.
 */
#ifndef ORL_COMPANY_H
#define ORL_COMPANY_H

#include <oriel/oriel-server.h>

#include "capture/policy.h"

enum { ORL_COMPANY_MAX = 16 };

struct orl_company {
	enum orl_second second;
	uint32_t count;
	struct orl_company_member {
		struct oriel_peer *peer;
		uint32_t rights; /* by the policy; it may have less for now */
	} members[ORL_COMPANY_MAX]; /* who came first, first */
};

/* The sentence for somebody who may not come in now, or NULL. */
const char *orl_company_refuses(const struct orl_company *company);
/* Somebody has come; false: it has been sent away again. */
bool orl_company_join(struct orl_company *company, struct oriel_peer *peer);
/* False: it was none of them. */
bool orl_company_leave(
		struct orl_company *company, const struct oriel_peer *peer);

#endif
