/*
 * login.c - passwords, tickets and the pairing code, and the rights behind
 * them.
 */
#include "capture/login.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "capture/files.h"

enum { CODE_GROUPS = 3, GROUP = 5, CODE_SIZE = CODE_GROUPS * (GROUP + 1) };

struct orl_login {
	struct orl_policy policy;
	char *password;
	size_t password_size;
	char code[CODE_SIZE];
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
		snprintf(why, ORL_WHY_MAX, "--policy=%s: %s", path,
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

static int make_code(char code[static CODE_SIZE])
{
	static const char letters[] = "0123456789abcdefghjkmnpqrstvwxyz";
	uint8_t random[CODE_GROUPS * GROUP];

	if (getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random))
		return -1;
	for (size_t i = 0, at = 0; i < sizeof(random); i++) {
		if (i && i % GROUP == 0)
			code[at++] = '-';
		code[at++] = letters[random[i] % 32];
		code[at] = 0;
	}
	return 0;
}

int orl_login_open(struct orl_login **out, const struct orl_options *options,
		char *why)
{
	struct orl_login *login = calloc(1, sizeof(*login));
	int status, err;

	if (!login) {
		snprintf(why, ORL_WHY_MAX, "out of memory");
		return ORL_EXIT_INTERNAL;
	}
	status = load_policy(login, options->policy, why);
	if (!status && options->password_file) {
		err = orl_file_read(&login->password, &login->password_size,
				options->password_file, 65536);
		if (err) {
			snprintf(why, ORL_WHY_MAX, "--password-file=%s: %s",
					options->password_file,
					strerror(-err));
			status = ORL_EXIT_USAGE;
		} else {
			login->password[strcspn(login->password, "\r\n")] = 0;
		}
	} else if (!status) {
		if (make_code(login->code) < 0) {
			snprintf(why, ORL_WHY_MAX, "no randomness");
			status = ORL_EXIT_INTERNAL;
		} else {
			fprintf(stderr, "pairing code: %s\n", login->code);
		}
	}
	if (status) {
		orl_login_close(login);
		return status;
	}
	*out = login;
	return ORL_EXIT_OK;
}

void orl_login_close(struct orl_login *login)
{
	if (!login)
		return;
	orl_file_free(login->password, login->password_size);
	explicit_bzero(login, sizeof(*login));
	free(login);
}

void orl_login_wanted(struct orl_login *login, struct oriel_auth *auth)
{
	const char *password = login->password ? login->password : login->code;

	if (oriel_auth_use_password(auth, password) < 0)
		oriel_auth_reject(auth, "the server cannot check passwords");
}

void orl_login_proved(struct orl_login *login, struct oriel_auth *auth)
{
	oriel_auth_accept(auth, orl_policy_rights(&login->policy,
					oriel_auth_name(auth)));
}
