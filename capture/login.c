/*
 * login.c - passwords, tickets and the pairing code, and the rights behind
 * them.
 *
 * The password file is read once, at the start; the ticket file at each use,
 * for somebody else writes it while the server runs.
 */
#include "capture/login.h"

#include <stdlib.h>
#include <string.h>

#include "capture/files.h"
#include "capture/pairing.h"
#include "capture/passwd.h"
#include "capture/tickets.h"

/* More than the server lets wait for their login at once. */
enum { PENDING = 64 };

/* Which ticket a login was asked for; it is spent after the proof. */
struct pending {
	const struct oriel_auth *auth;
	char ticket[ORL_TICKET_MAX + 1];
};

struct orl_login {
	struct orl_policy policy;
	struct orl_passwd *passwords;
	const char *ticket_file;
	char code[ORL_PAIRING_SIZE]; /* "": something else is configured */
	struct pending pending[PENDING];
	unsigned next;
};

static int load_policy(struct orl_login *login, const char *path, char *why)
{
	char *text, wrong[ORL_WHY_MAX];
	size_t n;
	int err;

	orl_policy_init(&login->policy);
	if (!path)
		return ORL_EXIT_OK;
	err = orl_file_read(&text, &n, path, ORL_POLICY_SIZE);
	if (err) {
		snprintf(why, ORL_WHY_MAX, "--policy=%.120s: %s", path,
				strerror(-err));
		return ORL_EXIT_USAGE;
	}
	err = orl_policy_parse(&login->policy, text, n, wrong, sizeof(wrong));
	orl_file_free(text, n);
	if (err)
		snprintf(why, ORL_WHY_MAX, "--policy=%.100s, %.100s", path,
				wrong);
	return err ? ORL_EXIT_USAGE : ORL_EXIT_OK;
}

/* Is there a ticket to be had? Only its file's faults matter at the start. */
static int check_tickets(const char *path, char *why)
{
	struct orl_ticket ticket;
	int err = orl_tickets_pick(
			&ticket, path, (uint64_t)time(NULL), why, ORL_WHY_MAX);

	orl_passwd_wipe(&ticket, sizeof(ticket));
	return err && err != ORIEL_EAUTH ? ORL_EXIT_USAGE : ORL_EXIT_OK;
}

static int load(struct orl_login *login, const struct orl_options *options,
		char *why)
{
	int status = load_policy(login, options->policy, why);

	if (status || options->no_auth)
		return status; /* rights are all that is left to say */
	if (options->password_file) {
		if (orl_passwd_load(&login->passwords, options->password_file,
				    why, ORL_WHY_MAX) < 0)
			return ORL_EXIT_USAGE;
		if (*why)
			fprintf(stderr, "%s\n", why);
	}
	if (options->ticket_file) {
		login->ticket_file = options->ticket_file;
		status = check_tickets(login->ticket_file, why);
		if (!status && *why)
			fprintf(stderr, "%s\n", why);
	}
	if (status || options->password_file || options->ticket_file)
		return status;
	if (orl_pairing_make(login->code) < 0) {
		snprintf(why, ORL_WHY_MAX,
				"there is no randomness for a "
				"pairing code");
		return ORL_EXIT_INTERNAL;
	}
	return ORL_EXIT_OK;
}

void orl_login_announce(const struct orl_login *login)
{
	if (login->code[0])
		fprintf(stderr, "pairing code: %s\n", login->code);
}

int orl_login_open(struct orl_login **out, const struct orl_options *options,
		char *why)
{
	struct orl_login *login = calloc(1, sizeof(*login));
	int status;

	*why = 0;
	if (!login) {
		snprintf(why, ORL_WHY_MAX, "out of memory");
		return ORL_EXIT_INTERNAL;
	}
	status = load(login, options, why);
	if (status)
		orl_login_close(login);
	else
		*out = login;
	return status;
}

void orl_login_close(struct orl_login *login)
{
	if (!login)
		return;
	orl_passwd_destroy(login->passwords);
	orl_passwd_wipe(login, sizeof(*login));
	free(login);
}

const struct orl_policy *orl_login_policy(const struct orl_login *login)
{
	return &login->policy;
}

static struct pending *find(
		struct orl_login *login, const struct oriel_auth *auth)
{
	for (unsigned i = 0; i < PENDING; i++)
		if (login->pending[i].auth == auth)
			return &login->pending[i];
	return NULL;
}

static void forget(struct pending *pending)
{
	if (pending)
		orl_passwd_wipe(pending, sizeof(*pending));
}

/* The ticket that is the password of this login, or NULL. */
static const char *pick(struct orl_login *login, struct oriel_auth *auth)
{
	char why[ORL_WHY_MAX];
	struct orl_ticket ticket;
	struct pending *p;

	if (orl_tickets_pick(&ticket, login->ticket_file, (uint64_t)time(NULL),
			    why, sizeof(why)) < 0) {
		fprintf(stderr, "ticket refused: %s\n", why);
		return NULL;
	}
	p = &login->pending[login->next++ % PENDING];
	p->auth = auth;
	memcpy(p->ticket, ticket.text, sizeof(p->ticket));
	orl_passwd_wipe(&ticket, sizeof(ticket));
	return p->ticket;
}

void orl_login_wanted(struct orl_login *login, struct oriel_auth *auth)
{
	const char *name = oriel_auth_name(auth), *secret = NULL;
	bool verifier = false;
	int err;

	forget(find(login, auth)); /* of one that was here before */
	if (login->ticket_file && strcmp(name, "ticket") == 0)
		secret = pick(login, auth);
	else if (login->passwords)
		secret = orl_passwd_find(login->passwords, name, &verifier);
	else if (login->code[0] && strcmp(name, "oriel") == 0)
		secret = login->code;
	if (!secret) {
		oriel_auth_reject(auth, "no such user");
		return;
	}
	err = verifier ? oriel_auth_use_verifier(auth, secret)
		       : oriel_auth_use_password(auth, secret);
	if (err) {
		fprintf(stderr, "login: %s\n", oriel_strerror(err));
		oriel_auth_reject(auth, "the server cannot check it");
	}
}

/*
 * Somebody who was here before comes back: is there still such a user? A
 * ticket was spent then, and is not asked for again.
 */
static bool may_resume(const struct orl_login *login, const char *name)
{
	bool verifier;

	if (login->ticket_file && strcmp(name, "ticket") == 0)
		return true;
	if (login->passwords)
		return orl_passwd_find(login->passwords, name, &verifier);
	if (login->code[0])
		return strcmp(name, "oriel") == 0;
	return !login->ticket_file; /* --no-auth */
}

void orl_login_proved(struct orl_login *login, struct oriel_auth *auth)
{
	struct pending *p = find(login, auth);
	char why[ORL_WHY_MAX] = "";
	int err = 0;

	if (oriel_auth_is_resumed(auth)) {
		if (!may_resume(login, oriel_auth_name(auth))) {
			oriel_auth_reject(auth, "there is no such user");
			return;
		}
	} else if (p) {
		err = orl_tickets_spend(login->ticket_file, p->ticket,
				(uint64_t)time(NULL), why, sizeof(why));
		forget(p);
	} else if (login->ticket_file &&
			strcmp(oriel_auth_name(auth), "ticket") == 0) {
		err = ORIEL_EAUTH; /* crowded out: it was not asked for now */
	}
	if (err) {
		fprintf(stderr, "ticket refused: %s\n", why);
		oriel_auth_reject(auth, "the ticket has been used");
		return;
	}
	oriel_auth_accept(auth, orl_policy_rights(&login->policy,
						oriel_auth_name(auth)));
}
