/*
 * session.c - the connection: it is made, answered for and watched here,
 * with a window or without. Everything in this file runs in one thread, the
 * one that dispatches; what concerns windows is handed on to ui.h.
 *
 * A server waits ten seconds for a login. Who is asked for a password or
 * about a key may take longer: the answer is kept, and the connection made
 * again.
 */
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "client/viewer/clipnet.h"
#include "client/viewer/print.h"
#include "client/viewer/recent.h"
#include "client/viewer/text.h"
#include "client/viewer/ui.h"
#include "client/viewer/usb.h"
#include "client/viewer/viewer.h"

enum { ATTEMPTS_MAX = 4, NOTICE_MS = 8000 };

#define NS_PER_MS UINT64_C(1000000)
#define NS_PER_S UINT64_C(1000000000)

static const char *const state_names[] = {
	"idle",
	"connecting",
	"securing",
	"authenticating",
	"ready",
	"reconnecting",
};

/* The first thing that fails decides the exit code. */
static void fail(struct orl_viewer *v, enum orl_exit_code code)
{
	if (!v->code)
		v->code = (int)code;
}

static bool over_tls(const struct orl_viewer *v)
{
	return strncmp(v->options.address, "unix:", 5) != 0;
}

static void become_ready(struct orl_viewer *v)
{
	const char *name = orl_box_server_name(v->box);
	v->ready = true;
	v->returning = false;
	v->attempts = 0;
	if (!v->options.password_file && !v->options.ticket_file)
		orl_secret_wipe(&v->secret);
	if (over_tls(v) && !orl_trust_confirm(v, orl_box_login_asked(v->box))) {
		fail(v, ORL_EXIT_TRUST);
		orl_box_disconnect(v->box);
		return;
	}
	if (!v->ui)
		return;
	orl_ui_title(v->ui, name);
	if (!v->options.kiosk)
		orl_recent_record(v->options.address, name);
}

/* Said once for a loss, however often it is tried. */
static void become_lost(struct orl_viewer *v, int error, const char *text)
{
	if (v->returning)
		return;
	v->returning = true;
	v->loss = error;
	orl_viewer_say("the connection to %s is lost (%s); looking for it for "
		       "%" PRIu32 " s",
			v->options.address,
			orl_text(*text ? text : oriel_strerror(error)),
			v->options.reconnect);
}

static void on_state(void *user, enum oriel_client_state state, int error,
		const char *text)
{
	struct orl_viewer *v = user;
	char quoted[ORL_JSON_SIZE(512)];
	v->state = state;
	/* What is asked about the session can be answered by nobody now. */
	if (v->questioned && state != ORIEL_CLIENT_READY)
		orl_panels_print_done(v);
	/* The next one says anew what it takes. */
	if (v->ui && state != ORIEL_CLIENT_READY)
		orl_ui_relative(v->ui, false);
	orl_clipnet_connected(v->clipnet, state == ORIEL_CLIENT_READY);
	orl_viewer_event(v, "state",
			"\"state\":\"%s\",\"error\":%d,\"text\":%s",
			state_names[state], error,
			orl_json_quote(quoted, sizeof(quoted), text));
	if (v->ui)
		orl_ui_progress(v->ui, state, v->options.address, text);
	if (state == ORIEL_CLIENT_RECONNECTING)
		become_lost(v, error, text);
	if (state == ORIEL_CLIENT_READY)
		become_ready(v);
	if (state != ORIEL_CLIENT_IDLE)
		return;
	v->ended = true;
	v->error = error;
	snprintf(v->why, sizeof(v->why), "%s",
			orl_text(*text || !error ? text
						 : oriel_strerror(error)));
}

static void on_trust_wanted(void *user, const uint8_t sha256[32], bool verified)
{
	struct orl_viewer *v = user;
	char hex[65];
	memcpy(v->key, sha256, sizeof(v->key));
	for (int i = 0; i < 32; i++)
		snprintf(hex + 2 * i, 3, "%02x", sha256[i]);
	orl_viewer_event(v, "trust_wanted", "\"sha256\":\"%s\",\"verified\":%s",
			hex, verified ? "true" : "false");
	bool trusted = orl_trust_decide(v, v->key, verified);
	if (!trusted)
		fail(v, ORL_EXIT_TRUST);
	orl_box_trust(v->box, trusted);
}

/* False: there is nothing to answer with. */
static bool have_secret(struct orl_viewer *v)
{
	char question[ORL_VIEWFILE_VALUE + 32], line[1024];
	if (v->secret)
		return true;
	snprintf(question, sizeof(question), _("Password for %s: "),
			v->options.address);
	v->prompts++;
	v->secret_asked = true;
	enum orl_answer answer =
			v->ui ? orl_panels_password(v, line, sizeof(line))
			      : ORL_NO_TERMINAL;
	v->refused = answer == ORL_NOT_ANSWERED;
	if (answer == ORL_NO_TERMINAL)
		answer = orl_terminal_ask(
				v, question, false, line, sizeof(line));
	if (answer == ORL_ANSWERED)
		v->secret = strdup(line);
	explicit_bzero(line, sizeof(line));
	if (answer == ORL_NO_TERMINAL)
		orl_viewer_tell(v,
				"%s wants a password and there is no terminal "
				"to ask; use --password-file=FILE",
				v->options.address);
	return v->secret != NULL;
}

static void on_login_wanted(void *user)
{
	struct orl_viewer *v = user;
	orl_viewer_event(v, "login_wanted", NULL);
	const char *name = v->options.ticket_file ? "ticket" : NULL;
	const char *secret = NULL;
	if (have_secret(v))
		secret = v->secret;
	else
		fail(v, ORL_EXIT_LOGIN);
	int err = orl_box_login(v->box, name, secret);
	if (err)
		orl_viewer_say("cannot log in: %s",
				orl_text(oriel_strerror(err)));
}

static void on_rights(void *user, uint32_t rights)
{
	struct orl_viewer *v = user;
	orl_viewer_event(v, "rights", "\"rights\":%" PRIu32, rights);
	v->may_input = rights & ORIEL_MAY_INPUT;
	orl_sound_rights(v, rights);
	orl_devices_on_rights(v);
	if (v->ui) {
		atomic_store(&v->ui->rights, rights);
		orl_ui_holder(v->ui);
	}
}

static void on_owner(void *user, bool yours, const char *name)
{
	struct orl_viewer *v = user;
	char quoted[ORL_JSON_SIZE(256)];
	orl_viewer_event(v, "owner", "\"yours\":%s,\"name\":%s",
			yours ? "true" : "false",
			orl_json_quote(quoted, sizeof(quoted), name));
	v->holds_input = yours;
	snprintf(v->holder, sizeof(v->holder), "%s", name);
	if (v->ui)
		orl_ui_holder(v->ui);
}

static void on_notice(void *user, int level, const char *text)
{
	struct orl_viewer *v = user;
	char quoted[ORL_JSON_SIZE(1024)], note[ORL_NOTE];
	orl_viewer_event(v, "notice", "\"level\":%d,\"text\":%s", level,
			orl_json_quote(quoted, sizeof(quoted), text));
	if (!*text)
		return;
	if (!v->options.json)
		orl_viewer_say("the server says: %s", text);
	if (!v->ui)
		return;
	snprintf(note, sizeof(note), _("The server says: %s"), text);
	orl_ui_note(v->ui, NOTICE_MS, note);
}

static void on_log(void *user, enum oriel_log_level level, const char *topic,
		const char *text)
{
	const struct orl_viewer *v = user;
	/* What is wrong with a certificate is nowhere else to be had. */
	if (v->options.verbose || strcmp(topic, "tls") == 0 ||
			(level == ORIEL_LOG_ERROR &&
					strcmp(topic, "connect") != 0))
		orl_viewer_say("%s: %s", topic, text);
}

static const struct orl_box_events events = {
	.state = on_state,
	.trust_wanted = on_trust_wanted,
	.login_wanted = on_login_wanted,
	.rights = on_rights,
	.owner = on_owner,
	.notice = on_notice,
	.screen_added = orl_screens_on_added,
	.screen_changed = orl_screens_on_changed,
	.screen_updated = orl_screens_on_updated,
	.screen_removed = orl_screens_on_removed,
	.screen_exact = orl_screens_on_exact,
	.cursor = orl_screens_on_cursor,
	.cursor_warped = orl_screens_on_cursor_warped,
	.locks = orl_screens_on_locks,
	.relative = orl_screens_on_relative,
	.log = on_log,
	.sound = orl_sound_heard,
	.microphone_wanted = orl_sound_mic_wanted,
	.usb_answered = orl_devices_on_answered,
	.usb_data = orl_devices_on_data,
	.usb_writable = orl_devices_on_writable,
	.usb_detached = orl_devices_on_detached,
	.print_started = orl_prints_on_started,
	.print_data = orl_prints_on_data,
	.print_finished = orl_prints_on_finished,
	.print_dropped = orl_prints_on_dropped,
};

/* ---- the loop ---- */

uint64_t orl_viewer_deadline(const struct orl_viewer *v)
{
	if (!v->options.exit_after)
		return UINT64_MAX;
	return v->start + v->options.exit_after;
}

static bool all_exact(const struct orl_viewer *v)
{
	bool any = false;
	if (v->state != ORIEL_CLIENT_READY)
		return false;
	for (int i = 0; i < ORL_SCREENS_MAX; i++) {
		if (!v->screens[i])
			continue;
		if (!orl_remote_is_exact(v->screens[i]))
			return false;
		any = true;
	}
	return any;
}

static int timeout_ms(const struct orl_viewer *v, uint64_t now)
{
	uint64_t until = orl_viewer_deadline(v);
	if (v->stats && v->next_stats < until)
		until = v->next_stats;
	if (v->ui && atomic_load(&v->ui->facts_wanted) && v->next_facts < until)
		until = v->next_facts;
	if (until == UINT64_MAX)
		return -1;
	if (until <= now)
		return 0;
	uint64_t ms = (until - now + NS_PER_MS - 1) / NS_PER_MS;
	return ms > INT32_MAX ? INT32_MAX : (int)ms;
}

static void write_due_stats(struct orl_viewer *v, uint64_t now)
{
	if (!v->stats || now < v->next_stats)
		return;
	orl_viewer_stats(v, false);
	while (v->next_stats <= now)
		v->next_stats += NS_PER_S;
}

enum why {
	STOPPED, /* by the user */
	LEFT,    /* the connection alone, by the user */
	REACHED, /* --exit-when=lossless */
	EXPIRED, /* --exit-after */
	ENDED,   /* the connection has */
	BROKEN,  /* we have */
};

static enum why watch(struct orl_viewer *v)
{
	for (;;) {
		uint64_t now = orl_viewer_now();
		if (v->ended)
			return ENDED;
		if (atomic_load(&v->quit))
			return STOPPED;
		if (atomic_load(&v->cancel))
			return LEFT;
		if (v->options.exit_when == ORL_EXIT_LOSSLESS && all_exact(v))
			return REACHED;
		if (now >= orl_viewer_deadline(v))
			return EXPIRED;
		write_due_stats(v, now);
		if (v->ui && now >= v->next_facts &&
				atomic_load(&v->ui->facts_wanted)) {
			orl_box_refresh(v->box);
			orl_viewer_facts(v, now);
		}
		if (v->ui)
			orl_ui_ask_sizes(v->ui);
		orl_clipnet_run(v->clipnet);
		orl_devices_work(v);
		orl_prints_run(v);
		int err = orl_box_wait(v->box, timeout_ms(v, now));
		if (err < 0) {
			orl_viewer_say("cannot go on: %s",
					orl_text(oriel_strerror(err)));
			return BROKEN;
		}
	}
}

/* Whether a failed attempt deserves another: see the top of this file. */
static bool again(struct orl_viewer *v)
{
	bool asked = v->returning && v->error == ORIEL_EAUTH;
	if ((v->ready && !asked) || v->code || v->attempts >= ATTEMPTS_MAX ||
			atomic_load(&v->quit))
		return false;
	if (v->error == ORIEL_EAUTH && v->secret_asked) {
		orl_secret_wipe(&v->secret);
		v->wrong = true;
		if (!v->ui)
			orl_viewer_say("that was not the password");
		return true;
	}
	return v->prompts && v->error != ORIEL_EAUTH &&
	       v->error != ORIEL_EDENIED;
}

static enum why connect_and_watch(struct orl_viewer *v)
{
	enum why why;
	do {
		v->ended = false;
		v->prompts = 0;
		v->attempts++;
		v->why[0] = '\0';
		int err = orl_box_connect(v->box, v->options.address);
		if (err) {
			v->ended = true;
			v->error = err;
			if (!v->why[0])
				snprintf(v->why, sizeof(v->why), "%s",
						oriel_strerror(err));
			return ENDED;
		}
		why = watch(v);
	} while (why == ENDED && again(v));
	return why;
}

/* Let the goodbye out, for half a second at most. */
static void hang_up(struct orl_viewer *v)
{
	uint64_t now = orl_viewer_now(), until = now + NS_PER_S / 2;
	if (v->ended)
		return;
	orl_box_disconnect(v->box);
	while (!v->ended && now < until) {
		int ms = (int)((until - now) / NS_PER_MS) + 1;
		if (orl_box_wait(v->box, ms) < 0)
			break;
		now = orl_viewer_now();
	}
}

/* The connection ended by itself: say so, and how to go on. */
static int code_of_end(struct orl_viewer *v)
{
	const char *address = v->options.address;
	if (v->code)
		return v->code;
	if (orl_box_crashed(v->box)) {
		orl_viewer_tell(v,
				"%s is not shown any more: %s; connect again, "
				"and if that is of no use tell whoever runs it",
				address, v->why);
		return v->ready ? ORL_EXIT_GONE : ORL_EXIT_CONNECT;
	}
	if (v->ready && !v->error) {
		/* Whoever looks at a window wonders where it went. */
		if (v->ui)
			orl_viewer_tell(v, "%s has ended the session%s%s",
					address, *v->why ? ": " : "", v->why);
		if (v->options.exit_when != ORL_EXIT_LOSSLESS)
			return ORL_EXIT_OK;
		orl_viewer_tell(v,
				"%s said goodbye before its picture was exact; "
				"look at the server's log",
				address);
		return ORL_EXIT_GONE;
	}
	if (v->ready && !(v->returning &&
					(v->error == ORIEL_EAUTH ||
							v->error == ORIEL_EDENIED))) {
		orl_viewer_tell(v,
				"the connection to %s was lost (%s); connect "
				"again when the server is there",
				address, v->why);
		return ORL_EXIT_GONE;
	}
	if (v->error == ORIEL_EAUTH) {
		orl_viewer_tell(v,
				"%s does not accept this name and %s (%s); "
				"check them and try again",
				address,
				v->options.ticket_file ? _("ticket")
						       : _("password"),
				v->why);
		return ORL_EXIT_LOGIN;
	}
	if (v->error == ORIEL_EDENIED) {
		orl_viewer_tell(v,
				"%s does not let you in (%s); ask whoever runs "
				"it",
				address, v->why);
		return ORL_EXIT_LOGIN;
	}
	if (v->error == ORIEL_EINVAL) {
		orl_viewer_tell(v,
				"%s is not an address; write oriel://HOST:PORT "
				"or unix:PATH",
				address);
		return ORL_EXIT_USAGE;
	}
	orl_viewer_tell(v,
			"cannot connect to %s (%s); check the address, and "
			"that "
			"oriel-serve runs there",
			address, v->why);
	return ORL_EXIT_CONNECT;
}

static int code_of(struct orl_viewer *v, enum why why)
{
	switch (why) {
	case STOPPED:
	case LEFT:
		/* What was lost, and is looked for no more, has not come back. */
		if (!v->code && v->returning && v->loss)
			return ORL_EXIT_GONE;
		return v->code;
	case REACHED:
		return ORL_EXIT_OK;
	case EXPIRED:
		if (v->code)
			return v->code;
		if (v->options.exit_when != ORL_EXIT_NEVER) {
			orl_viewer_tell(v,
					"--exit-after has passed before the "
					"desktop was %s; allow more time",
					v->options.exit_when == ORL_EXIT_LOSSLESS
							? _("lossless")
							: _("closed"));
			return ORL_EXIT_DEADLINE;
		}
		if (v->ready)
			return ORL_EXIT_OK;
		orl_viewer_tell(v,
				"cannot connect to %s before --exit-after; "
				"check "
				"the address",
				v->options.address);
		return ORL_EXIT_CONNECT;
	case ENDED:
		return code_of_end(v);
	case BROKEN:
	default:
		return ORL_EXIT_INTERNAL;
	}
}

/* As if nothing had been tried yet. */
static void start_over(struct orl_viewer *v)
{
	v->code = 0;
	v->error = 0;
	v->attempts = 0;
	v->returning = false;
	v->ready = v->wrong = v->refused = v->key_changed = false;
	v->why[0] = v->sentence[0] = '\0';
	orl_prints_forget(v);
	atomic_store(&v->cancel, false);
	if (!v->options.password_file && !v->options.ticket_file)
		orl_secret_wipe(&v->secret);
}

/* Whether somebody is there who can be shown what went wrong. */
static bool attended(const struct orl_viewer *v)
{
	return v->ui && !v->options.exit_after &&
	       v->options.exit_when == ORL_EXIT_NEVER && !atomic_load(&v->quit);
}

static int code_without_address(const struct orl_viewer *v)
{
	if (v->code || orl_viewer_now() < orl_viewer_deadline(v))
		return v->code;
	orl_viewer_say("no address was typed before --exit-after; give one");
	return ORL_EXIT_CONNECT;
}

/* One connection after another, as long as the user wants. */
static int connect_as_wanted(struct orl_viewer *v)
{
	for (;;) {
		start_over(v);
		if (v->options.ask && !orl_panels_address(v))
			return code_without_address(v);
		bool more = true;
		while (more) {
			start_over(v);
			enum why why = connect_and_watch(v);
			int code = code_of(v, why);
			more = why == ENDED && attended(v) && !v->refused &&
			       orl_panels_failed(v, code);
			/* Cancelled, refused or given up: another desktop? */
			if (!more && (!v->options.ask || why == STOPPED ||
						     why == EXPIRED ||
						     why == BROKEN ||
						     atomic_load(&v->quit)))
				return code;
			hang_up(v);
			if (!v->ended)
				return code;
		}
	}
}

int orl_viewer_run(struct orl_viewer *v)
{
	v->next_stats = v->start + NS_PER_S;
	v->ended = true;
	int code = connect_as_wanted(v);
	if (v->stats)
		orl_viewer_stats(v, true);
	if (v->options.screenshot && !orl_screenshot(v) && !code)
		code = ORL_EXIT_INTERNAL;
	hang_up(v);
	orl_viewer_event(v, "end", "\"code\":%d", code);
	return code;
}

int orl_viewer_create(struct orl_viewer *v)
{
	char name[64] = "oriel-view"; /* by which others know who has the keys */
	int err = orl_prints_create(v);
	if (err)
		return err;
	const struct orl_box_config config = {
		.events = &events,
		.user = v,
		.name = name,
		.log_level = v->options.verbose ? ORIEL_LOG_INFO
						: ORIEL_LOG_WARN,
		.authorities = v->authorities,
		.reconnect = v->options.reconnect,
		.flags = (v->options.lossless ? ORIEL_CLIENT_LOSSLESS : 0) |
			 orl_sound_flags(v),
		.wants = (v->ui ? ORL_BOX_CLIPBOARD : 0) |
			 (v->prints ? ORL_BOX_PRINT : 0) | ORL_BOX_DEVICES,
		.usb_rules = v->options.usb_rules,
		.jail = !v->options.no_sandbox,
	};
	if (gethostname(name, sizeof(name) - 1) != 0 || !name[0])
		snprintf(name, sizeof(name), "oriel-view");
	err = orl_box_create(&v->box, &config);
	if (err)
		return err;
	v->usb = orl_devices_create(v);
	orl_prints_start(v);
	return orl_sound_start(v) ? 0 : ORIEL_EIO;
}

void orl_viewer_destroy(struct orl_viewer *v)
{
	/* What happens to devices now is told by nobody. */
	struct orl_devices *usb = v->usb;
	v->usb = NULL;
	orl_devices_destroy(usb);
	orl_sound_stop(v);
	orl_prints_destroy(v);
	orl_box_destroy(v->box);
	v->box = NULL;
	for (int i = 0; i < ORL_SCREENS_MAX; i++) {
		orl_picture_free(v->last[i]);
		v->last[i] = NULL;
	}
}
