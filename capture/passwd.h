/*
 * passwd.h - password files of a server: who may log in, with what.
 *
 * Either one line that is a password, which is then that of the user
 * `oriel`; or one line a user:
 *
 *	USER:PASSWORD
 *	USER:SCRAM-SHA-256$ITERATIONS:SALT$STOREDKEY:SERVERKEY
 *
 * Empty lines and lines that begin with # are comments. A lone line counts
 * as a password only when it has no colon, or begins with SCRAM-SHA-256$. A
 * user or a password has no control characters and does not begin or end
 * with a blank: nobody would see it. Anything else makes the whole file
 * invalid: half a password file is a surprise.
 */
#ifndef ORL_CAPTURE_PASSWD_H
#define ORL_CAPTURE_PASSWD_H

#include <oriel/oriel-server.h>

enum {
	ORL_PASSWD_FILE_MAX = 1 << 20,
	ORL_PASSWD_LINES_MAX = 10000,
};

struct orl_passwd; /* secrets are wiped when destroyed */

/*
 * ORIEL_EINVAL, ORIEL_ELIMIT, ORIEL_ENOMEM, with a sentence in why[size];
 * no secret stands in it.
 */
int orl_passwd_parse(struct orl_passwd **out, const char *text, size_t n,
		char *why, size_t size);
/*
 * Also ORIEL_EIO. When the file is good, `why` is empty or a warning to be
 * shown: others than its owner can read it.
 */
int orl_passwd_load(struct orl_passwd **out, const char *path, char *why,
		size_t size);
void orl_passwd_destroy(struct orl_passwd *p);

/*
 * What the user has to prove, or NULL. *verifier says whether it is for
 * oriel_auth_use_verifier() or for oriel_auth_use_password().
 */
const char *orl_passwd_find(
		const struct orl_passwd *p, const char *user, bool *verifier);

/* For the other files of secrets; see tickets.c. `out` is malloc'd. */
int orl_passwd_read(char **out, size_t *n, int fd, const char *path, char *why,
		size_t size);
/* UTF-8, no control characters, no blank at either end, not empty. */
bool orl_passwd_text_ok(const char *p, size_t n);
/* memset that compilers keep. */
void orl_passwd_wipe(void *p, size_t n);

#endif
