/*
 * logins.h - names and passwords that printers want. A thread that talks to a
 * printer waits here for an answer: what was given before in this session, the
 * first line of --print-password-file, or what the person types. Nothing is
 * written, and all of it is wiped when the session ends.
 */
#ifndef ORL_VIEWER_LOGINS_H
#define ORL_VIEWER_LOGINS_H

#include <stdbool.h>

struct orl_viewer;
struct orl_logins;

enum {
	/* libcups has room for 189 bytes of "name:password". */
	ORL_LOGIN_USER_MAX = 63,
	ORL_LOGIN_PASSWORD_MAX = 125,
};

/* Who can read what is sent to a printer; each is worse than the one before. */
enum orl_line {
	ORL_LINE_SAFE,    /* it is encrypted, or does not leave this machine */
	ORL_LINE_UNKNOWN, /* encrypted, for whom nobody vouches */
	ORL_LINE_PLAIN,   /* everybody on the way */
};

struct orl_login {
	char user[ORL_LOGIN_USER_MAX + 1];
	char password[ORL_LOGIN_PASSWORD_MAX + 1];
};

/* What the person is asked, see panels.c. */
struct orl_panel_login {
	unsigned number; /* of the question */
	const char *title, *printer, *host, *user;
	enum orl_line line;
	bool wrong; /* the last one was */
	bool soon;  /* and that was just now */
};

/* One printer that wants a login, and the thread that talks to it. */
struct orl_login_talk {
	struct orl_logins *logins;
	const char *dest;    /* which printer, as orl_found's */
	const char *printer; /* its name, for the person */
	const char *title;   /* of a job, "" is none */
	const int *cancel;
	/* The person is asked, and was before; may be NULL. */
	void (*asked)(void *user, bool again);
	void *user;

	/* What came of it so far; zero at first. */
	struct orl_login login; /* tried last; `user` may be set at first */
	enum orl_line line;     /* that it is for */
	bool kept_tried, file_tried;
	unsigned typed;   /* times */
	unsigned session; /* that it is for, too */
	/* Why there is none, a sentence; NULL: it was not asked for in vain. */
	const char *why;
	bool refused; /* by the person */
};

int orl_logins_create(struct orl_logins **out, struct orl_viewer *v);
void orl_logins_destroy(struct orl_logins *l);

/* ---- threads that talk to printers ---- */
/* Whether anybody could answer. */
bool orl_logins_able(const struct orl_logins *l);
/*
 * The next login to try with this printer at `host`, in talk->login. May wait
 * for the person. False: there is none, and talk->why says why, unless
 * talk->cancel was set.
 */
bool orl_logins_next(struct orl_login_talk *talk, const char *host,
		enum orl_line line);
/* talk->login was the right one: the next job does not ask. */
void orl_logins_keep(const struct orl_login_talk *talk);

/* ---- the connection's thread ---- */
/* Show a question that waits, and hear its answer. */
void orl_logins_run(struct orl_logins *l);
/* Another session. */
void orl_logins_forget(struct orl_logins *l);

#endif
