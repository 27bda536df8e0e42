/*
 * cups_login.h - one thread's way to one printer: libcups's connection to it,
 * and the name and password that the printer may want on it.
 */
#ifndef ORL_VIEWER_CUPS_LOGIN_H
#define ORL_VIEWER_CUPS_LOGIN_H

#include <cups/cups.h>

#include "client/viewer/logins.h"
#include "client/viewer/print.h"

struct orl_cups_way {
	char name[ORL_DEST_MAX]; /* as libcups has it: a URI without a user */
	cups_dest_t *dest;       /* the caller's */
	http_t *http;            /* NULL: not connected */
	char resource[1024];
	/* NULL in `logins`: who asks for a password does not get one. */
	struct orl_login_talk talk;

	bool wanted; /* a login was */
	enum {
		ORL_TLS_AS_IT_COMES,
		ORL_TLS_ASKED, /* before a password may go */
		ORL_TLS_NOT_HAD,
	} tls;
	bool again; /* nothing is wrong but that */
	bool along; /* the login goes with the job, to what is behind CUPS */
	bool held;  /* the job, by CUPS, for want of a login that is right */
};

bool orl_cups_is_uri(const char *name);
/* What libcups asks for in this thread is not to be had. */
void orl_cups_no_password(void);
/*
 * Begin the talk about `dest`, an orl_found's, for this thread. way->talk's
 * logins, printer, title, cancel and asked are set already.
 */
void orl_cups_way_init(struct orl_cups_way *way, const char *dest);
void orl_cups_way_fini(struct orl_cups_way *way);
/* Connect, or connect again; false: it cannot be reached. */
bool orl_cups_way_connect(struct orl_cups_way *way);
/*
 * After a request has failed: true when it failed because a password would
 * have gone unencrypted. There is another connection then; ask again.
 */
bool orl_cups_way_again(struct orl_cups_way *way);
/*
 * CUPS wants to be told with the job what a printer behind it wants to know:
 * add that to its *n options. May wait for the person; false: there is none,
 * and way->talk.why may say why.
 */
bool orl_cups_way_login(
		struct orl_cups_way *way, int *n, cups_option_t **options);

#endif
