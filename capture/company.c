/*
 * company.c - several viewers of one desktop. The server library has one
 * owner of keyboard and pointer at a time and lets others take that over; the
 * policy may say that they only watch, or that there is only one viewer.
 */
#include "capture/company.h"

#include <stdio.h>
#include <string.h>

const char *orl_company_refuses(const struct orl_company *company)
{
	if (company->count == ORL_COMPANY_MAX)
		return "too many viewers are connected; try again later";
	if (company->second == ORL_SECOND_REFUSE && company->count)
		return "somebody is connected already, and this desktop takes "
		       "one viewer at a time; try again later";
	return NULL;
}

static bool has_input(const struct orl_company *company)
{
	for (uint32_t i = 0; i < company->count; i++)
		if (oriel_peer_rights(company->members[i].peer) &
				ORIEL_MAY_INPUT)
			return true;
	return false;
}

/* Everybody goes but the last, who has just come. */
static void replace(struct orl_company *company)
{
	uint32_t last = company->count - 1;
	char why[160];

	snprintf(why, sizeof(why), "%.64s has taken over from another place",
			oriel_peer_user(company->members[last].peer));
	/* They are members until the server says that they have left. */
	for (uint32_t i = 0; i < last; i++)
		oriel_peer_close(company->members[i].peer, why);
}

/*
 * The same viewer by another connection, the old one having been lost: it is
 * in the place that it had, watching if it watched. False: it is another.
 */
static bool come_back(struct orl_company *company, struct oriel_peer *peer)
{
	const struct oriel_peer *old = oriel_peer_replaces(peer);
	uint32_t rights = oriel_peer_rights(peer);

	for (uint32_t i = 0; old && i < company->count; i++) {
		struct orl_company_member *m = &company->members[i];

		if (m->peer != old)
			continue;
		bool watched = m->rights & ~oriel_peer_rights(old) &
			       ORIEL_MAY_INPUT;
		*m = (struct orl_company_member){ peer, rights };
		if (watched)
			oriel_peer_set_rights(peer,
					rights & ~(uint32_t)ORIEL_MAY_INPUT);
		return true;
	}
	return false;
}

bool orl_company_join(struct orl_company *company, struct oriel_peer *peer)
{
	if (come_back(company, peer))
		return true;
	const char *wrong = orl_company_refuses(company);
	uint32_t rights = oriel_peer_rights(peer);
	bool watch = company->second == ORL_SECOND_WATCH && has_input(company);

	/* Two may have proved themselves before the first of them joined. */
	if (wrong) {
		oriel_peer_close(peer, wrong);
		return false;
	}
	company->members[company->count++] =
			(struct orl_company_member){ peer, rights };
	if (watch && rights & ORIEL_MAY_INPUT)
		oriel_peer_set_rights(
				peer, rights & ~(uint32_t)ORIEL_MAY_INPUT);
	else if (company->second == ORL_SECOND_REPLACE)
		replace(company);
	return true;
}

bool orl_company_leave(
		struct orl_company *company, const struct oriel_peer *peer)
{
	uint32_t i = 0;

	while (i < company->count && company->members[i].peer != peer)
		i++;
	if (i == company->count)
		return false;
	company->count--;
	memmove(&company->members[i], &company->members[i + 1],
			(company->count - i) * sizeof(company->members[0]));
	if (company->second != ORL_SECOND_WATCH || has_input(company))
		return true;
	for (i = 0; i < company->count; i++) {
		const struct orl_company_member *m = &company->members[i];

		if (!(m->rights & ORIEL_MAY_INPUT))
			continue;
		oriel_peer_set_rights(m->peer, m->rights);
		break;
	}
	return true;
}
