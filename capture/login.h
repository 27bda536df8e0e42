/*
 * login.h - who may come in, and with what proof.
 */
#ifndef ORL_LOGIN_H
#define ORL_LOGIN_H

#include "capture/capture.h"
#include "capture/options.h"
#include "capture/policy.h"

struct orl_login;

/*
 * Read what the options name; without anything named make a pairing code.
 * Returns an orl_exit, and why[ORL_WHY_MAX] with it.
 */
int orl_login_open(struct orl_login **out, const struct orl_options *options,
		char *why);
/* Print the pairing code, when there is one, to stderr. */
void orl_login_announce(const struct orl_login *login);
void orl_login_close(struct orl_login *login);
/* What those who come in may do; there is always one. */
const struct orl_policy *orl_login_policy(const struct orl_login *login);

/* The server's auth_wanted and auth_proved. */
void orl_login_wanted(struct orl_login *login, struct oriel_auth *auth);
void orl_login_proved(struct orl_login *login, struct oriel_auth *auth);

#endif
