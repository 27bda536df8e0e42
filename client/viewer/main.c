/*
 * main.c - oriel-view: options in, exit code out. Signals are taken by a
 * thread that waits for them, so nothing is ever interrupted half way.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/viewer/box_child.h"
#include "client/viewer/clipboard.h"
#include "client/viewer/hosts.h"
#include "client/viewer/logins.h"
#include "client/viewer/text.h"
#include "client/viewer/ui.h"
#include "client/viewer/viewer.h"

enum { RECONNECT_SECONDS = 600 };

void orl_viewer_quit(struct orl_viewer *v)
{
	if (atomic_exchange(&v->quit, true))
		return;
	if (write(v->quit_pipe[1], "", 1) < 0)
		return; /* the flag is set, and the pipe is for prompts only */
	orl_box_wake(v->box);
}

/* ---- signals ---- */

static void fill_signals(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGHUP);
	sigaddset(set, SIGUSR1); /* the program's own: the thread may end */
}

static void *take_signals(void *arg)
{
	struct orl_viewer *v = arg;
	sigset_t set;
	int signal;
	fill_signals(&set);
	while (sigwait(&set, &signal) == 0 && signal != SIGUSR1)
		orl_viewer_quit(v);
	return NULL;
}

/* ---- running ---- */

static void *run_session(void *arg)
{
	struct orl_viewer *v = arg;
	v->code = orl_viewer_run(v);
	orl_ui_done(v->ui);
	return NULL;
}

static int run_with_window(struct orl_viewer *v)
{
	pthread_t thread;
	if (pthread_create(&thread, NULL, run_session, v) != 0)
		return ORL_EXIT_INTERNAL;
	orl_ui_run(v->ui);
	pthread_join(thread, NULL);
	return v->code;
}

static int run(struct orl_viewer *v)
{
	pthread_t signals;
	if (!v->options.headless && orl_ui_create(&v->ui, v) != 0)
		return v->options.ask ? ORL_EXIT_USAGE : ORL_EXIT_INTERNAL;
	int err = orl_viewer_create(v);
	if (err) {
		orl_viewer_say("cannot start: %s",
				orl_text(oriel_strerror(err)));
		return ORL_EXIT_INTERNAL;
	}
	if (v->ui)
		v->deck = orl_deck_create(v);
	if (pthread_create(&signals, NULL, take_signals, v) != 0)
		return ORL_EXIT_INTERNAL;
	int code = v->ui ? run_with_window(v) : orl_viewer_run(v);
	pthread_kill(signals, SIGUSR1);
	pthread_join(signals, NULL);
	return code;
}

static void clean_up(struct orl_viewer *v)
{
	orl_deck_destroy(v->deck);
	/* The UI first: it may still point into the screens. */
	orl_ui_destroy(v->ui);
	orl_viewer_destroy(v);
	orl_secret_wipe(&v->secret);
	orl_secret_wipe(&v->print_secret);
	free(v->authorities);
	if (v->stats) {
		bool lost = ferror(v->stats);
		errno = 0;
		if (fclose(v->stats) != 0 || lost)
			orl_viewer_say("cannot write %s (%s); choose another "
				       "place",
					v->options.stats,
					strerror(errno ? errno : ENOSPC));
	}
	close(v->quit_pipe[0]);
	close(v->quit_pipe[1]);
}

/* ---- getting ready ---- */

static bool read_settings(struct orl_viewer *v, const char *path,
		enum orl_viewfile_kind kind)
{
	struct orl_viewfile file;
	char why[256], *text;
	size_t n;
	int err = orl_viewer_read(&text, &n, path, ORL_VIEWFILE_MAX + 1);
	if (err == ENOENT && kind == ORL_VIEWFILE_DEFAULTS)
		return true;
	if (err) {
		orl_viewer_say("cannot read %s (%s)", path, strerror(err));
		return false;
	}
	bool ok = orl_viewfile_parse(&file, kind, text, n, why, sizeof(why)) &&
		  orl_viewer_options_apply(&v->options, &file, why,
				  sizeof(why)) == ORL_OPTIONS_RUN;
	if (!ok)
		orl_viewer_say("%s: %s", path, why);
	free(text);
	return ok;
}

/* What files say, and over that the command line once more. */
static bool read_all_settings(struct orl_viewer *v, int argc, char **argv)
{
	struct orl_viewer_options *o = &v->options;
	char conf[1024], file[sizeof(o->file)], why[ORL_VIEWFILE_VALUE + 256];
	/* Scripts say all that they want. */
	bool defaults = !o->headless &&
			orl_config_path(conf, sizeof(conf), "view.conf") == 0;
	memcpy(file, o->file, sizeof(file));
	memset(o, 0, sizeof(*o));
	if ((defaults && !read_settings(v, conf, ORL_VIEWFILE_DEFAULTS)) ||
			(file[0] && !read_settings(v, file,
						    ORL_VIEWFILE_DESKTOP)))
		return false;
	if (orl_viewer_options_again(o, argc, argv, why, sizeof(why)) ==
			ORL_OPTIONS_RUN)
		return true;
	orl_viewer_say("%s", why);
	return false;
}

static bool read_secret(char **out, const char *path)
{
	int err = path ? orl_secret_read(out, path) : 0;
	if (err)
		orl_viewer_say("cannot read a secret from %s (%s); its first "
			       "line is taken",
				path,
				err == ENODATA ? _("it is empty")
					       : strerror(err));
	return !err;
}

static bool read_files(struct orl_viewer *v)
{
	const struct orl_viewer_options *o = &v->options;
	int err;
	if (!read_secret(&v->secret, o->password_file ? o->password_file
						      : o->ticket_file) ||
			!read_secret(&v->print_secret, o->print_password_file))
		return false;
	if (v->print_secret &&
			strlen(v->print_secret) > ORL_LOGIN_PASSWORD_MAX) {
		orl_viewer_say("the password in %s is too long; a printer "
			       "takes 125 bytes",
				o->print_password_file);
		return false;
	}
	if (o->trust.mode == ORL_TRUST_CA) {
		size_t n;
		err = orl_viewer_read(
				&v->authorities, &n, o->trust.ca, 1 << 20);
		if (err) {
			orl_viewer_say("cannot read %s (%s); it must hold the "
				       "authority's certificate as PEM",
					o->trust.ca, strerror(err));
			return false;
		}
	}
	if (o->stats && !(v->stats = fopen(o->stats, "w"))) {
		orl_viewer_say("cannot write %s (%s); choose another place",
				o->stats, strerror(errno));
		return false;
	}
	return true;
}

static bool prepare(struct orl_viewer *v, int argc, char **argv)
{
	char why[ORL_VIEWFILE_VALUE + 256];
	sigset_t set;
	if (!read_all_settings(v, argc, argv))
		return false;
	v->options.ask = !v->options.address[0] && !v->options.headless &&
			 !v->options.kiosk;
	if (orl_viewer_options_check(&v->options, why, sizeof(why)) !=
			ORL_OPTIONS_RUN) {
		orl_viewer_say("%s", why);
		return false;
	}
	/* For who looks at it; a script wants to know. */
	if (!v->options.reconnect_set && !v->options.headless &&
			!v->options.exit_after &&
			v->options.exit_when == ORL_EXIT_NEVER)
		v->options.reconnect = RECONNECT_SECONDS;
	if (v->options.printers == ORL_PRINTERS_UNSAID)
		v->options.printers = v->options.headless
						      ? ORL_PRINTERS_NONE
						      : ORL_PRINTERS_DEFAULT;
	fill_signals(&set);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	return read_files(v);
}

int main(int argc, char **argv)
{
	static struct orl_viewer v;
	char why[ORL_VIEWFILE_VALUE + 256];
	if (argc == 2 && strcmp(argv[1], ORL_BOX_ARGUMENT) == 0)
		return orl_box_child_main();
	v.start = orl_viewer_now();
	orl_text_init();
	switch (orl_viewer_options_parse(
			&v.options, argc, argv, why, sizeof(why))) {
	case ORL_OPTIONS_HELP:
		fputs(gettext(orl_viewer_options_help), stdout);
		return ORL_EXIT_OK;
	case ORL_OPTIONS_VERSION:
		printf("oriel-view %u.%u.%u\n", ORIEL_VERSION >> 16,
				ORIEL_VERSION >> 8 & 0xff,
				ORIEL_VERSION & 0xff);
		return ORL_EXIT_OK;
	case ORL_OPTIONS_WRONG:
		orl_viewer_say("%s", why);
		return ORL_EXIT_USAGE;
	case ORL_OPTIONS_RUN:
	default:
		break;
	}
	if (pipe(v.quit_pipe) != 0)
		return ORL_EXIT_INTERNAL;
	int code = prepare(&v, argc, argv) ? run(&v) : ORL_EXIT_USAGE;
	clean_up(&v);
	return code;
}
