/*
 * logins.c - see logins.h. There is one question at a time; threads that have
 * another wait for their turn, and look first whether its answer is theirs.
 */
#include "client/viewer/logins.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/viewer/print.h"
#include "client/viewer/ui.h"
#include "client/viewer/viewer.h"

enum {
	KEPT = ORIEL_PRINTERS_MAX,
	TRIES = 3,       /* of a person, for one job */
	LOOK_US = 50000, /* how often a thread looks for its answer */
	HOST = 256,
};

#define NS_PER_S UINT64_C(1000000000)
/* For the person to come back from wherever he is. */
#define PATIENCE (600 * NS_PER_S)
/* A password that was wrong so soon is typed again at once. */
#define SOON (3 * NS_PER_S)

enum step {
	FREE,
	WANTED, /* by a thread; shown, or about to be */
	ANSWERED,
};

struct kept {
	char dest[ORL_DEST_MAX]; /* "": none */
	enum orl_line line;      /* the worst that it may be sent over */
	struct orl_login login;
};

struct orl_logins {
	struct orl_viewer *v;
	pthread_mutex_t lock; /* of all that follows but what is said */
	struct kept kept[KEPT];
	unsigned session; /* how many there were before */

	enum step step;
	struct orl_panel_login question; /* its texts are the thread's */
	unsigned number;                 /* of the last one */
	bool yes;
	struct orl_login login;
	uint64_t answered; /* when the last one was */
	/* Who has an answer that may do for others. */
	char trying[ORL_DEST_MAX];
	/* What was said no to last, for those that wait with the same. */
	unsigned refusals;
	char refused[ORL_DEST_MAX];

	unsigned shown; /* its number, 0 none; the connection's thread alone */
};

int orl_logins_create(struct orl_logins **out, struct orl_viewer *v)
{
	struct orl_logins *l = calloc(1, sizeof(*l));

	if (!l)
		return ORIEL_ENOMEM;
	l->v = v;
	pthread_mutex_init(&l->lock, NULL);
	*out = l;
	return 0;
}

void orl_logins_destroy(struct orl_logins *l)
{
	if (!l)
		return;
	pthread_mutex_destroy(&l->lock);
	explicit_bzero(l, sizeof(*l));
	free(l);
}

void orl_logins_forget(struct orl_logins *l)
{
	pthread_mutex_lock(&l->lock);
	explicit_bzero(l->kept, sizeof(l->kept));
	explicit_bzero(&l->login, sizeof(l->login));
	l->session++;
	if (l->step == ANSWERED)
		l->step = WANTED;
	pthread_mutex_unlock(&l->lock);
	/* Whoever still waits is asked for in the next session. */
	l->shown = 0;
}

/* ---- what is known without asking -------------------------------------- */

bool orl_logins_able(const struct orl_logins *l)
{
	return l->v->ui || l->v->print_secret;
}

static struct kept *find_kept(struct orl_logins *l, const char *dest)
{
	for (int i = 0; i < KEPT; i++)
		if (strcmp(l->kept[i].dest, dest) == 0)
			return &l->kept[i];
	return NULL;
}

/* What another job was printed with; under the lock. */
static bool take_kept(struct orl_login_talk *talk, enum orl_line line)
{
	struct kept *kept = find_kept(talk->logins, talk->dest);

	/* What was given for a line that is safe goes over no other. */
	if (talk->kept_tried || !kept || line > kept->line)
		return false;
	talk->kept_tried = true;
	talk->login = kept->login;
	return true;
}

void orl_logins_keep(const struct orl_login_talk *talk)
{
	struct orl_logins *l = talk->logins;

	if (!talk->login.password[0] || strlen(talk->dest) >= ORL_DEST_MAX)
		return;
	pthread_mutex_lock(&l->lock);
	struct kept *kept = find_kept(l, talk->dest);
	if (!kept)
		kept = find_kept(l, "");
	if (kept && l->session == talk->session) {
		snprintf(kept->dest, sizeof(kept->dest), "%s", talk->dest);
		kept->line = talk->line;
		kept->login = talk->login;
	}
	pthread_mutex_unlock(&l->lock);
}

/* ---- asking, from the thread that waits -------------------------------- */

static bool give_up(struct orl_login_talk *talk, const char *why)
{
	talk->why = why;
	explicit_bzero(talk->login.password, sizeof(talk->login.password));
	return false;
}

enum outcome { STILL, GIVEN, REFUSED, KNOWN };

/* Another job of this printer has just been answered: see if that was right. */
static bool may_begin(const struct orl_login_talk *talk)
{
	const struct orl_logins *l = talk->logins;

	return talk->typed || strcmp(l->trying, talk->dest) != 0 ||
	       orl_viewer_now() - l->answered > SOON;
}

/* Under the lock; *mine: the question is this thread's. */
static enum outcome look(struct orl_login_talk *talk, enum orl_line line,
		const struct orl_panel_login *question, bool *mine,
		unsigned refusals)
{
	struct orl_logins *l = talk->logins;

	if (!*mine && take_kept(talk, line))
		return KNOWN;
	if (!*mine && l->refusals != refusals &&
			strcmp(l->refused, talk->dest) == 0)
		return REFUSED;
	if (!*mine && l->step == FREE && may_begin(talk)) {
		*mine = true;
		l->step = WANTED;
		l->question = *question;
		l->question.number = ++l->number;
		l->question.soon = talk->typed &&
				   orl_viewer_now() - l->answered < SOON;
		return STILL;
	}
	if (!*mine || l->step != ANSWERED)
		return STILL;
	snprintf(l->yes ? l->trying : l->refused, ORL_DEST_MAX, "%s",
			talk->dest);
	/* The session that it was answered in; it may have been asked before. */
	talk->session = l->session;
	if (l->yes)
		talk->login = l->login;
	else
		l->refusals++;
	return l->yes ? GIVEN : REFUSED;
}

/* The slot is free again, whatever came of it. */
static void leave(struct orl_logins *l)
{
	l->step = FREE;
	explicit_bzero(&l->login, sizeof(l->login));
	memset(&l->question, 0, sizeof(l->question));
}

static enum outcome wait_for_person(struct orl_login_talk *talk,
		enum orl_line line, const struct orl_panel_login *question)
{
	struct orl_logins *l = talk->logins;
	uint64_t until = orl_viewer_now() + PATIENCE;
	enum outcome outcome = STILL;
	bool mine = false, told = false;

	pthread_mutex_lock(&l->lock);
	unsigned refusals = l->refusals;
	for (;;) {
		outcome = look(talk, line, question, &mine, refusals);
		if (outcome != STILL || *talk->cancel ||
				orl_viewer_now() >= until)
			break;
		pthread_mutex_unlock(&l->lock);
		if (mine && !told) {
			told = true;
			if (talk->asked)
				talk->asked(talk->user, talk->typed > 0);
			orl_box_wake(l->v->box);
		}
		usleep(LOOK_US);
		pthread_mutex_lock(&l->lock);
	}
	if (mine)
		leave(l);
	pthread_mutex_unlock(&l->lock);
	/* Its panel may still be there. */
	orl_box_wake(l->v->box);
	return outcome;
}

static bool ask_person(struct orl_login_talk *talk, const char *host,
		enum orl_line line)
{
	const struct orl_panel_login question = {
		.title = talk->title,
		.printer = talk->printer,
		.host = host,
		.user = talk->login.user,
		.line = line,
		.wrong = talk->typed > 0,
	};

	if (talk->typed == TRIES)
		return give_up(talk, "the printer accepted no name and "
				     "password in three tries");
	switch (wait_for_person(talk, line, &question)) {
	case KNOWN:
		return true;
	case GIVEN:
		talk->typed++;
		return true;
	case REFUSED:
		talk->refused = true;
		return give_up(talk, "the person in front of the viewer gave "
				     "no password for the printer");
	case STILL:
	default:
		return give_up(talk, *talk->cancel ? NULL
						   : "nobody gave the password "
						     "that the printer wants");
	}
}

bool orl_logins_next(struct orl_login_talk *talk, const char *host,
		enum orl_line line)
{
	struct orl_logins *l = talk->logins;
	const struct orl_viewer *v = l->v;

	talk->line = line;
	pthread_mutex_lock(&l->lock);
	talk->session = l->session;
	bool known = take_kept(talk, line);
	pthread_mutex_unlock(&l->lock);
	if (known)
		return true;
	/* Nobody is there to agree to a line that others can read. */
	if (v->print_secret && !talk->file_tried && line == ORL_LINE_SAFE) {
		talk->file_tried = true;
		snprintf(talk->login.password, sizeof(talk->login.password),
				"%s", v->print_secret);
		return true;
	}
	if (v->ui)
		return ask_person(talk, host, line);
	if (!v->print_secret)
		return give_up(talk, "the printer wants a password; use "
				     "--print-password-file=FILE");
	if (talk->file_tried)
		return give_up(talk, "the printer does not accept the user "
				     "and --print-password-file");
	return give_up(talk,
			line == ORL_LINE_PLAIN
					? "the line to the printer is not "
					  "encrypted: no password was sent"
					: "the printer's certificate is not "
					  "good: no password was sent");
}

/* ---- the connection's thread ------------------------------------------- */

static void answer(struct orl_logins *l, unsigned number, bool yes,
		const struct orl_login *login)
{
	l->shown = 0;
	pthread_mutex_lock(&l->lock);
	if (l->step == WANTED && l->number == number) {
		l->step = ANSWERED;
		l->yes = yes;
		l->login = *login;
		l->answered = orl_viewer_now();
	}
	pthread_mutex_unlock(&l->lock);
}

void orl_logins_run(struct orl_logins *l)
{
	struct orl_viewer *v = l->v;
	struct orl_login login;
	bool yes;

	pthread_mutex_lock(&l->lock);
	unsigned wanted = l->step == WANTED ? l->number : 0;
	if (wanted && !l->shown && v->state == ORIEL_CLIENT_READY &&
			!v->questioned) {
		l->shown = wanted;
		/* Here its thread cannot take the texts away. */
		orl_panels_login(v, &l->question);
	}
	pthread_mutex_unlock(&l->lock);
	if (!l->shown)
		return;
	if (wanted != l->shown) {
		/* Its thread has given up. */
		l->shown = 0;
		orl_panels_print_done(v);
		orl_box_wake(v->box);
	} else if (orl_panels_login_answer(v, wanted, &yes, &login)) {
		answer(l, wanted, yes, &login);
		explicit_bzero(&login, sizeof(login));
	} else if (v->state == ORIEL_CLIENT_READY && !v->questioned) {
		/* It was lost with the line. */
		l->shown = 0;
		orl_box_wake(v->box);
	}
}
