/*
 * panels.c - the connection's questions, asked in a window: each waits for
 * its answer, for the end of the program, or for --exit-after.
 */
#include <string.h>

#include "client/viewer/hosts.h"
#include "client/viewer/logins.h"
#include "client/viewer/text.h"
#include "client/viewer/ui.h"

static void begin(struct orl_viewer *v, struct orl_dialog *d,
		enum orl_dialog_kind kind)
{
	memset(d, 0, sizeof(*d));
	d->kind = kind;
	d->locked = v->options.kiosk;
	snprintf(d->address, sizeof(d->address), "%s", v->options.address);
}

bool orl_panels_address(struct orl_viewer *v)
{
	struct orl_dialog d;
	enum orl_choice choice;
	char text[ORL_FIELD_SIZE];
	begin(v, &d, ORL_DIALOG_CONNECT);
	switch (orl_ui_ask(v->ui, &d, &choice, text, sizeof(text))) {
	case ORL_ANSWERED:
		break;
	case ORL_NO_TERMINAL:
		orl_viewer_say("which desktop? There is no font to ask with; "
			       "give oriel://HOST, see oriel-view --help");
		v->code = ORL_EXIT_USAGE;
		return false;
	case ORL_NOT_ANSWERED:
	default:
		return false;
	}
	if (choice != ORL_CHOICE_YES)
		return false;
	return orl_address_complete(
			v->options.address, sizeof(v->options.address), text);
}

enum orl_answer orl_panels_trust(struct orl_viewer *v, const char *name,
		const uint8_t *sha256, bool *trusted)
{
	struct orl_dialog d;
	enum orl_choice choice;
	begin(v, &d, ORL_DIALOG_TRUST);
	snprintf(d.address, sizeof(d.address), "%s", name);
	orl_hosts_fingerprint(d.key, sha256);
	enum orl_answer answer = orl_ui_ask(v->ui, &d, &choice, NULL, 0);
	*trusted = answer == ORL_ANSWERED && choice == ORL_CHOICE_YES;
	return answer;
}

enum orl_answer orl_panels_password(
		struct orl_viewer *v, char *out, size_t size)
{
	struct orl_dialog d;
	enum orl_choice choice;
	begin(v, &d, ORL_DIALOG_PASSWORD);
	d.wrong = v->wrong;
	enum orl_answer answer = orl_ui_ask(v->ui, &d, &choice, out, size);
	if (answer == ORL_ANSWERED && choice != ORL_CHOICE_YES)
		return ORL_NOT_ANSWERED;
	return answer;
}

void orl_panels_print(
		struct orl_viewer *v, const char *title, const char *printer)
{
	struct orl_dialog d;
	begin(v, &d, ORL_DIALOG_PRINT);
	d.locked = false; /* no is an answer in a kiosk, too */
	snprintf(d.title, sizeof(d.title), "%.120s", title);
	snprintf(d.text, sizeof(d.text), "%s", printer);
	v->questioned = true;
	orl_ui_ask_begin(v->ui, &d);
}

bool orl_panels_print_answer(struct orl_viewer *v, bool *yes)
{
	enum orl_choice choice;
	if (!orl_ui_ask_poll(v->ui, &choice))
		return false;
	*yes = choice == ORL_CHOICE_YES;
	v->questioned = false;
	return true;
}

void orl_panels_files(struct orl_viewer *v, bool giving, const char *which,
		const char *folder)
{
	struct orl_dialog d;
	begin(v, &d, giving ? ORL_DIALOG_GIVE : ORL_DIALOG_SAVE);
	snprintf(d.text, sizeof(d.text), "%s", which);
	snprintf(d.folder, sizeof(d.folder), "%s", folder);
	v->questioned = true;
	orl_ui_ask_begin(v->ui, &d);
}

bool orl_panels_files_answer(
		struct orl_viewer *v, bool *yes, char *folder, size_t size)
{
	if (!orl_panels_print_answer(v, yes))
		return false;
	orl_ui_answer_text(v->ui, folder, size);
	return true;
}

void orl_panels_login(struct orl_viewer *v, const struct orl_panel_login *q)
{
	struct orl_dialog d;
	begin(v, &d, ORL_DIALOG_LOGIN);
	d.locked = false;
	d.number = q->number;
	snprintf(d.title, sizeof(d.title), "%.120s", q->title);
	snprintf(d.text, sizeof(d.text), "%s", q->printer);
	snprintf(d.address, sizeof(d.address), "%s", q->host);
	snprintf(d.user, sizeof(d.user), "%s", q->user);
	d.line = q->line;
	d.wrong = q->wrong;
	d.soon = q->soon;
	v->questioned = true;
	orl_ui_ask_begin(v->ui, &d);
}

bool orl_panels_login_answer(struct orl_viewer *v, unsigned number, bool *yes,
		struct orl_login *login)
{
	enum orl_choice choice;
	if (!orl_ui_ask_poll(v->ui, &choice) || choice == ORL_CHOICE_NONE ||
			!orl_ui_answer_login(v->ui, number, login))
		return false;
	*yes = choice == ORL_CHOICE_YES;
	v->questioned = false;
	return true;
}

void orl_panels_print_done(struct orl_viewer *v)
{
	const struct orl_dialog none = { .kind = ORL_DIALOG_NONE };
	v->questioned = false;
	orl_ui_ask_begin(v->ui, &none);
}

static const char *title_of(const struct orl_viewer *v, int code)
{
	if (v->ready && !v->error && !code)
		return _("The session has ended");
	if (v->ready && code == ORL_EXIT_GONE)
		return _("The line was lost");
	switch (code) {
	case ORL_EXIT_USAGE:
		return _("This is not an address");
	case ORL_EXIT_TRUST:
		return _("This server is not trusted");
	case ORL_EXIT_LOGIN:
		return _("The login was not accepted");
	case ORL_EXIT_CONNECT:
		return _("Cannot connect");
	default:
		return _("Something went wrong");
	}
}

static void explain_key(const struct orl_viewer *v, struct orl_dialog *d)
{
	char path[1024];
	orl_hosts_fingerprint(d->key, v->key);
	orl_hosts_fingerprint(d->old_key, v->old_key);
	if (orl_hosts_path(path, sizeof(path)) != 0)
		snprintf(path, sizeof(path), "~/.config/oriel/known_hosts");
	snprintf(d->text, sizeof(d->text),
			_("Somebody may be listening. Ask whoever runs the "
			  "server. If it was set up anew, delete its line in "
			  "%s and connect again."),
			path);
}

bool orl_panels_failed(struct orl_viewer *v, int code)
{
	struct orl_dialog d;
	enum orl_choice choice;
	enum orl_dialog_kind kind = ORL_DIALOG_ERROR;
	if (v->ready)
		kind = ORL_DIALOG_LOST;
	if (v->key_changed)
		kind = ORL_DIALOG_CHANGED;
	begin(v, &d, kind);
	snprintf(d.title, sizeof(d.title), "%s", title_of(v, code));
	if (kind == ORL_DIALOG_CHANGED) {
		explain_key(v, &d);
	} else {
		/* A sentence begins with a capital, an address stays. */
		char *first = d.text;
		snprintf(d.text, sizeof(d.text), "%.1500s.", v->sentence);
		if (*first >= 'a' && *first <= 'z' &&
				strncmp(d.text, v->options.address,
						strlen(v->options.address)) !=
						0)
			*first = (char)(*first - 'a' + 'A');
	}
	return orl_ui_ask(v->ui, &d, &choice, NULL, 0) == ORL_ANSWERED &&
	       choice == ORL_CHOICE_YES;
}
