/*
 * dialogs.c - the questions, the menu and the bar: see dialogs.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/viewer/dialogs.h"
#include "client/viewer/text.h"

#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))

void orl_dialog_open(struct orl_dialog *d, struct orl_panel *p)
{
	int focus = 0;
	orl_field_wipe(&d->field);
	d->field.secret = d->kind == ORL_DIALOG_PASSWORD ||
			  d->kind == ORL_DIALOG_LOGIN;
	d->selected = -1;
	d->problem[0] = '\0';
	if (d->kind == ORL_DIALOG_CONNECT) {
		orl_recent_load(&d->recent);
		if (d->address[0])
			orl_field_set(&d->field, d->address);
	}
	/* It comes while somebody types: Enter was not meant for it. */
	if (d->kind == ORL_DIALOG_AGAIN || d->kind >= ORL_DIALOG_PRINT)
		focus = -1;
	if (d->kind == ORL_DIALOG_SAVE)
		orl_field_set(&d->field, d->folder);
	if (d->kind == ORL_DIALOG_LOGIN)
		orl_field_set(&d->name, d->user);
	/* Who has just typed a password types it again. */
	if (d->kind == ORL_DIALOG_LOGIN && d->soon)
		focus = 1;
	/* Who presses Enter without reading has not trusted anybody. */
	if (d->kind == ORL_DIALOG_TRUST)
		focus = d->locked ? -1 : 1;
	orl_panel_open(p, focus);
}

static enum orl_choice yes_no(struct orl_panel *p, const char *yes,
		const char *no, bool locked, bool main)
{
	const char *labels[] = { yes, no };
	int pressed = orl_panel_buttons(p, labels, locked ? 1 : 2,
			main ? 0 : -1, locked ? -1 : 1);
	return pressed == 0   ? ORL_CHOICE_YES
	       : pressed == 1 ? ORL_CHOICE_NO
			      : ORL_CHOICE_NONE;
}

/* The one button there is means no. */
static enum orl_choice only_no(
		struct orl_panel *p, const char *label, bool locked)
{
	if (locked)
		return ORL_CHOICE_NONE;
	return orl_panel_buttons(p, &label, 1, -1, 0) == 0 ? ORL_CHOICE_NO
							   : ORL_CHOICE_NONE;
}

static enum orl_choice progress(struct orl_dialog *d, struct orl_panel *p)
{
	static const char *const steps[] = {
		N_("Finding the server"),
		N_("Securing the line"),
		N_("Logging in"),
		N_("Waiting for the picture"),
	};
	char title[ORL_RECENT_ADDRESS + 16];
	int now = (int)d->state - (int)ORIEL_CLIENT_CONNECTING;
	snprintf(title, sizeof(title), _("Connecting to %s"), d->address);
	orl_panel_title(p, title);
	for (int i = 0; i < COUNT(steps); i++)
		orl_panel_step(p,
				i < now    ? ORL_STEP_DONE
				: i == now ? ORL_STEP_NOW
					   : ORL_STEP_LATER,
				steps[i]);
	p->y += 8 * p->scale;
	return only_no(p, N_("Cancel"), d->locked);
}

static bool typed_address(struct orl_dialog *d)
{
	char address[ORL_RECENT_ADDRESS];
	if (orl_address_complete(address, sizeof(address), d->field.text)) {
		orl_field_set(&d->field, address);
		return true;
	}
	if (d->field.text[0])
		snprintf(d->problem, sizeof(d->problem),
				_("%.200s is not an address; write "
				  "oriel://HOST:PORT or unix:PATH"),
				d->field.text);
	else
		snprintf(d->problem, sizeof(d->problem), "%s",
				_("Type the name of a computer."));
	return false;
}

static bool recent_hosts(struct orl_dialog *d, struct orl_panel *p)
{
	char text[ORL_RECENT_MAX][ORL_RECENT_ADDRESS + ORL_RECENT_NAME + 8];
	const char *rows[ORL_RECENT_MAX];
	int before = d->selected;
	for (int i = 0; i < d->recent.n; i++) {
		const char *name = d->recent.hosts[i].name;
		snprintf(text[i], sizeof(text[i]), "%s%s%s", name,
				*name ? "   " : "", d->recent.hosts[i].address);
		rows[i] = text[i];
	}
	bool chosen = orl_panel_list(
			p, "Recent", rows, d->recent.n, &d->selected);
	if (d->selected >= 0 && (chosen || d->selected != before))
		orl_field_set(&d->field, d->recent.hosts[d->selected].address);
	return chosen;
}

static enum orl_choice connect_to(struct orl_dialog *d, struct orl_panel *p)
{
	bool chosen = false;
	orl_panel_title(p, "Connect to a desktop");
	if (orl_panel_field(p, "Computer or address", &d->field)) {
		d->problem[0] = '\0';
		d->selected = -1;
	}
	if (d->problem[0])
		orl_panel_warning(p, d->problem);
	else
		orl_panel_note(p, "For example desk.example, or "
				  "oriel://ada@desk.example:5910");
	if (d->recent.n)
		chosen = recent_hosts(d, p);
	enum orl_choice choice =
			yes_no(p, N_("Connect"), N_("Quit"), d->locked, true);
	if (chosen)
		choice = ORL_CHOICE_YES;
	if (choice == ORL_CHOICE_YES && !typed_address(d))
		return ORL_CHOICE_NONE;
	return choice;
}

static enum orl_choice trust(struct orl_dialog *d, struct orl_panel *p)
{
	char text[ORL_RECENT_ADDRESS + 128];
	orl_panel_title(p, "A server not seen before");
	snprintf(text, sizeof(text),
			_("%s shows this key (SHA-256). Is it the one that the "
			  "server itself shows?"),
			d->address);
	orl_panel_text(p, text);
	orl_panel_fingerprint(p, d->key);
	orl_panel_note(p, "If you cannot compare them, you may be deceived "
			  "this once. The key is remembered.");
	return yes_no(p, N_("It is the same"), N_("Cancel"), d->locked, false);
}

static enum orl_choice key_changed(struct orl_dialog *d, struct orl_panel *p)
{
	char text[ORL_DIALOG_TEXT + 128];
	orl_panel_title(p, "The server's key has changed");
	snprintf(text, sizeof(text), _("Nothing was sent to %s."), d->address);
	orl_panel_warning(p, text);
	orl_panel_text(p, "It was");
	orl_panel_fingerprint(p, d->old_key);
	orl_panel_text(p, "and is now");
	orl_panel_fingerprint(p, d->key);
	orl_panel_text(p, d->text);
	return only_no(p, N_("Close"), d->locked);
}

static enum orl_choice password(struct orl_dialog *d, struct orl_panel *p)
{
	char title[ORL_RECENT_ADDRESS + 32];
	snprintf(title, sizeof(title), _("Password for %s"), d->address);
	orl_panel_title(p, title);
	if (orl_panel_field(p, "Password", &d->field))
		d->wrong = false;
	if (d->wrong)
		orl_panel_warning(p, "That was not the password.");
	if (d->caps)
		orl_panel_note(p, "Caps Lock is on.");
	return yes_no(p, N_("Log in"), N_("Cancel"), d->locked, true);
}

static enum orl_choice failed(struct orl_dialog *d, struct orl_panel *p)
{
	orl_panel_title(p, d->title);
	orl_panel_text(p, d->text);
	return yes_no(p, N_("Retry"), N_("Close"), d->locked, true);
}

static enum orl_choice lost(struct orl_dialog *d, struct orl_panel *p)
{
	orl_panel_title(p, d->title);
	orl_panel_text(p, d->text);
	return yes_no(p, N_("Reconnect"), N_("Close"), d->locked, true);
}

static const char *duration(char *out, size_t size, uint64_t seconds)
{
	unsigned long long min = seconds / 60, s = seconds % 60;
	if (!min)
		snprintf(out, size, _("%llu s"), s);
	else if (!s)
		snprintf(out, size, _("%llu min"), min);
	else
		snprintf(out, size, _("%llu min %llu s"), min, s);
	return out;
}

static enum orl_choice again(struct orl_dialog *d, struct orl_panel *p)
{
	char tried[48], left[48], text[160];
	/* Neither were the keys that were on their way. */
	if (d->tried < 2)
		p->in.key = ORL_KEY_NONE;
	orl_panel_title(p, d->title);
	orl_panel_text(p, d->text);
	snprintf(text, sizeof(text), _("Trying for %s; giving up in %s."),
			duration(tried, sizeof(tried), d->tried),
			duration(left, sizeof(left), d->left));
	orl_panel_note(p, text);
	return only_no(p, N_("Cancel"), d->locked);
}

static enum orl_choice print(struct orl_dialog *d, struct orl_panel *p)
{
	char text[ORL_DIALOG_TEXT + 160];
	orl_panel_title(p, "The desktop wants to print");
	snprintf(text, sizeof(text), _("\u201c%s\u201d, on the printer %s."),
			d->title, d->text);
	orl_panel_text(p, text);
	orl_panel_note(p, "If you say yes, it may print until the session "
			  "ends.");
	return yes_no(p, N_("Print"), N_("Do not print"), false, false);
}

static enum orl_choice give_files(struct orl_dialog *d, struct orl_panel *p)
{
	orl_panel_title(p, "The desktop wants files of yours");
	orl_panel_text(p, d->text);
	orl_panel_note(p, "You copied them here; it gets a copy.");
	return yes_no(p, N_("Give them"), N_("Do not give them"), false, false);
}

/* True, and then it is the whole name; else it is said what is missing. */
static bool typed_folder(struct orl_dialog *d)
{
	char path[ORL_FIELD_SIZE];
	const char *text = d->field.text, *home = getenv("HOME");
	if (text[0] == '/')
		return true;
	if (text[0] == '~' && (text[1] == '/' || !text[1]) && home &&
			home[0] == '/' &&
			snprintf(path, sizeof(path), "%s%s", home, text + 1) <
					(int)sizeof(path)) {
		orl_field_set(&d->field, path);
		return true;
	}
	snprintf(d->problem, sizeof(d->problem), "%s",
			_("Type the whole name of a folder; it begins with "
			  "/."));
	return false;
}

static enum orl_choice save_files(struct orl_dialog *d, struct orl_panel *p)
{
	enum orl_choice choice;
	orl_panel_title(p, "Save files from the desktop?");
	orl_panel_text(p, d->text);
	/* Who may not choose a folder saves in the one that was set. */
	if (d->locked)
		orl_panel_note(p, d->folder);
	else if (orl_panel_field(p, "In the folder", &d->field))
		d->problem[0] = '\0';
	if (d->problem[0])
		orl_panel_warning(p, d->problem);
	choice = yes_no(p, N_("Save"), N_("Do not save"), false, false);
	if (choice == ORL_CHOICE_YES && !typed_folder(d))
		return ORL_CHOICE_NONE;
	return choice;
}

static void whose_line(const struct orl_dialog *d, struct orl_panel *p)
{
	char text[ORL_RECENT_ADDRESS + 160];
	const char *format = _("It goes to %s, encrypted or inside this "
			       "computer, and is forgotten when the session "
			       "ends.");
	if (d->line == ORL_LINE_PLAIN)
		format = _("The line to %s is not encrypted: others on the "
			   "network can read the password.");
	else if (d->line == ORL_LINE_UNKNOWN)
		format = _("%s does not show the certificate that it should: "
			   "somebody else may get the password.");
	snprintf(text, sizeof(text), format, d->address);
	if (d->line == ORL_LINE_SAFE)
		orl_panel_note(p, text);
	else
		orl_panel_warning(p, text);
}

/* False: it says what is missing. */
static bool may_log_in(struct orl_dialog *d, struct orl_panel *p)
{
	if (!d->name.text[0] || !d->field.text[0]) {
		p->focus = d->name.text[0] ? 1 : 0;
		return false;
	}
	if (strlen(d->name.text) <= ORL_LOGIN_USER_MAX &&
			!strchr(d->name.text, ':') &&
			strlen(d->field.text) <= ORL_LOGIN_PASSWORD_MAX)
		return true;
	snprintf(d->problem, sizeof(d->problem), "%s",
			_("A printer takes 63 bytes of a name, without a "
			  "colon, and 125 of a password."));
	return false;
}

static enum orl_choice printer_login(struct orl_dialog *d, struct orl_panel *p)
{
	char text[ORL_DIALOG_TEXT + 160];
	orl_panel_title(p, "The printer wants a password");
	if (d->title[0])
		snprintf(text, sizeof(text),
				_("\u201c%s\u201d, on the printer %s."),
				d->title, d->text);
	else
		snprintf(text, sizeof(text), _("The printer %s."), d->text);
	orl_panel_text(p, text);
	whose_line(d, p);
	bool typed = orl_panel_field(p, "User name", &d->name);
	typed |= orl_panel_field(p, "Password", &d->field);
	if (typed) {
		d->wrong = false;
		d->problem[0] = '\0';
	}
	if (d->problem[0])
		orl_panel_warning(p, d->problem);
	else if (d->wrong)
		orl_panel_warning(p, "The printer does not accept them.");
	if (d->caps)
		orl_panel_note(p, "Caps Lock is on.");
	/* Enter sends what was typed here, and over a safe line alone. */
	bool safe = d->line == ORL_LINE_SAFE;
	enum orl_choice choice = yes_no(p,
			!safe         ? N_("Send it all the same")
			: d->title[0] ? N_("Print")
				      : N_("Log in"),
			d->title[0] ? N_("Do not print") : N_("Cancel"), false,
			p->focus >= 0 && safe);
	return choice == ORL_CHOICE_YES && !may_log_in(d, p) ? ORL_CHOICE_NONE
							     : choice;
}

enum orl_choice orl_dialog(struct orl_dialog *d, struct orl_panel *p)
{
	switch (d->kind) {
	case ORL_DIALOG_PROGRESS:
		return progress(d, p);
	case ORL_DIALOG_CONNECT:
		return connect_to(d, p);
	case ORL_DIALOG_TRUST:
		return trust(d, p);
	case ORL_DIALOG_CHANGED:
		return key_changed(d, p);
	case ORL_DIALOG_PASSWORD:
		return password(d, p);
	case ORL_DIALOG_ERROR:
		return failed(d, p);
	case ORL_DIALOG_LOST:
		return lost(d, p);
	case ORL_DIALOG_AGAIN:
		return again(d, p);
	case ORL_DIALOG_PRINT:
		return print(d, p);
	case ORL_DIALOG_GIVE:
		return give_files(d, p);
	case ORL_DIALOG_SAVE:
		return save_files(d, p);
	case ORL_DIALOG_LOGIN:
		return printer_login(d, p);
	case ORL_DIALOG_NONE:
	default:
		return ORL_CHOICE_NONE;
	}
}

/* ---- the menu ---- */

enum {
	CTRL = 0x0700e0,
	ALT = 0x0700e2,
	SUPER = 0x0700e3,
};

static const struct sequence {
	const char *name;
	uint32_t usages[3];
	int n;
} sequences[] = {
	{ N_("Ctrl+Alt+Del"), { CTRL, ALT, 0x07004c }, 3 },
	{ N_("Ctrl+Alt+Backspace"), { CTRL, ALT, 0x07002a }, 3 },
	{ N_("Ctrl+Alt+F1"), { CTRL, ALT, 0x07003a }, 3 },
	{ N_("Ctrl+Alt+F2"), { CTRL, ALT, 0x07003b }, 3 },
	{ N_("Ctrl+Alt+F3"), { CTRL, ALT, 0x07003c }, 3 },
	{ N_("Ctrl+Alt+F4"), { CTRL, ALT, 0x07003d }, 3 },
	{ N_("Ctrl+Alt+F5"), { CTRL, ALT, 0x07003e }, 3 },
	{ N_("Ctrl+Alt+F6"), { CTRL, ALT, 0x07003f }, 3 },
	{ N_("Ctrl+Alt+F7"), { CTRL, ALT, 0x070040 }, 3 },
	{ N_("Alt+Tab"), { ALT, 0x07002b }, 2 },
	{ N_("Alt+F4"), { ALT, 0x07003d }, 2 },
	{ N_("Super"), { SUPER }, 1 },
	{ N_("Print Screen"), { 0x070046 }, 1 },
};

int orl_sequence(int number, const uint32_t **usages)
{
	if (number < 0 || number >= COUNT(sequences))
		return 0;
	*usages = sequences[number].usages;
	return sequences[number].n;
}

static enum orl_command menu_keys(struct orl_menu *m, struct orl_panel *p)
{
	enum orl_command chosen = ORL_COMMAND_NONE;
	orl_panel_note(p, "Send keys");
	for (int i = 0; i < COUNT(sequences); i++) {
		if (orl_panel_item(p, sequences[i].name, false)) {
			m->sequence = i;
			chosen = ORL_COMMAND_KEYS;
		}
	}
	return chosen;
}

static enum orl_command menu_scaling(struct orl_menu *m, struct orl_panel *p)
{
	static const char *const names[] = { N_("Shrink if needed"), "1:1",
		N_("Fit the window"), N_("Whole factors") };
	enum orl_command chosen = ORL_COMMAND_NONE;
	for (int i = 0; i < COUNT(names); i++) {
		if (orl_panel_item(p, names[i], m->scaling == i)) {
			m->scaling = i;
			chosen = ORL_COMMAND_SCALING;
		}
	}
	return chosen;
}

static enum orl_command menu_displays(struct orl_menu *m, struct orl_panel *p)
{
	enum orl_command chosen = ORL_COMMAND_NONE;
	orl_panel_note(p, "Displays");
	for (int i = 0; i < m->displays; i++) {
		if (orl_panel_item(p, m->names[i], m->shown[i])) {
			m->display = i;
			chosen = ORL_COMMAND_CHOOSE;
		}
	}
	p->y += 6 * p->scale;
	if (orl_panel_item(p, "All in one window", m->one))
		chosen = ORL_COMMAND_WINDOWS;
	if (orl_panel_item(p, "Identify", false))
		chosen = ORL_COMMAND_IDENTIFY;
	return chosen;
}

static enum orl_command menu_usb(struct orl_menu *m, struct orl_panel *p)
{
	enum orl_command chosen = ORL_COMMAND_NONE;
	orl_panel_note(p, "USB devices for the desktop");
	if (!m->devices)
		orl_panel_text(p, m->no_devices);
	for (int i = 0; i < m->devices; i++) {
		const struct orl_menu_device *d = &m->device_rows[i];
		if (orl_panel_item(p, d->name, d->given)) {
			m->device = i;
			chosen = ORL_COMMAND_USB;
		}
		if (d->state[0] && d->wrong)
			orl_panel_warning(p, d->state);
		else if (d->state[0])
			orl_panel_note(p, d->state);
	}
	return chosen;
}

static enum orl_command menu_desktop(struct orl_menu *m, struct orl_panel *p)
{
	enum orl_command chosen = ORL_COMMAND_NONE;
	orl_panel_note(p, "Desktop");
	if (orl_panel_item(p, "Fullscreen", m->fullscreen))
		chosen = ORL_COMMAND_FULLSCREEN;
	if (orl_panel_item(p, "USB devices\u2026", false))
		chosen = ORL_COMMAND_MENU_USB;
	if (orl_panel_item(p, "Displays\u2026", false))
		chosen = ORL_COMMAND_MENU_DISPLAYS;
	if (orl_panel_item(p, "Sound\u2026", false))
		chosen = ORL_COMMAND_MENU_SOUND;
	if (orl_panel_item(p, "Statistics", m->stats))
		chosen = ORL_COMMAND_STATS;
	if (orl_panel_item(p, "Release all keys", false))
		chosen = ORL_COMMAND_RELEASE;
	if (m->may_input && orl_panel_item(p,
					    m->holds_input ? N_("Give up the "
								"keyboard")
							   : N_("Take the "
								"keyboard"),
					    false))
		chosen = ORL_COMMAND_TAKE;
	if (m->pasting && orl_panel_item(p, "Stop pasting", false))
		chosen = ORL_COMMAND_STOP;
	if (m->jobs) {
		char text[96];
		snprintf(text, sizeof(text), _("Cancel printing (%d, %.1f MB)"),
				m->jobs, (double)m->print_size / 1e6);
		if (orl_panel_item(p, text, false))
			chosen = ORL_COMMAND_PRINT_CANCEL;
	}
	if (orl_panel_item(p, "Disconnect", false))
		chosen = ORL_COMMAND_DISCONNECT;
	return chosen;
}

/* Pressed, another is chosen. */
static bool menu_device(struct orl_panel *p, const char *how, const char *name)
{
	char text[ORL_AUDIO_NAME + 32];
	snprintf(text, sizeof(text), how, name[0] ? name : _("as usual"));
	return orl_panel_item(p, text, false);
}

static enum orl_command menu_hear(struct orl_menu *m, struct orl_panel *p)
{
	enum orl_command chosen = ORL_COMMAND_NONE;
	struct orl_sound_state *s = &m->sound;
	char text[64];
	if (!s->on) {
		orl_panel_note(p, "Sound is off: --sound=on");
		return ORL_COMMAND_NONE;
	}
	snprintf(text, sizeof(text), _("Sound, volume %d %%"), s->volume);
	orl_panel_note(p, text);
	if (s->heard && !s->device && !s->muted)
		orl_panel_warning(p, "There is no device to play it on");
	if (orl_panel_item(p, "Mute", s->muted))
		chosen = ORL_COMMAND_MUTE;
	if (orl_panel_item(p, "Louder", false)) {
		s->volume += ORL_VOLUME_STEP;
		chosen = ORL_COMMAND_VOLUME;
	}
	if (orl_panel_item(p, "Softer", false)) {
		s->volume -= ORL_VOLUME_STEP;
		chosen = ORL_COMMAND_VOLUME;
	}
	if (menu_device(p, _("Device: %s"), s->play))
		chosen = ORL_COMMAND_SOUND_DEVICE;
	s->volume = s->volume < 0                ? 0
		    : s->volume > ORL_VOLUME_MAX ? ORL_VOLUME_MAX
						 : s->volume;
	return chosen;
}

static enum orl_command menu_speak(
		const struct orl_menu *m, struct orl_panel *p)
{
	const struct orl_sound_state *s = &m->sound;
	enum orl_command chosen = ORL_COMMAND_NONE;
	orl_panel_note(p, "Microphone");
	if (!s->may) {
		orl_panel_note(p, s->denied ? N_("You have no right to speak")
					    : N_("Nobody there may hear it"));
		return ORL_COMMAND_NONE;
	}
	if (s->live)
		orl_panel_warning(p, "A program there hears it");
	else if (s->wanted)
		orl_panel_warning(p, "A program there wants to hear it");
	if (s->wanted && !s->allowed && orl_panel_item(p, "Not now", false))
		chosen = ORL_COMMAND_CLOSE;
	if (orl_panel_item(p, "Let programs hear it", s->allowed))
		chosen = ORL_COMMAND_SPEAK;
	if (s->on && menu_device(p, _("Device: %s"), s->record))
		chosen = ORL_COMMAND_MICROPHONE_DEVICE;
	return chosen;
}

int orl_menu_not_now(const struct orl_menu *m)
{
	return m->sound.on ? 4 : 0;
}

/* Beside the first, or below it. */
static void next_column(const struct orl_menu *m, struct orl_panel *p)
{
	if (m->narrow)
		p->y += 8 * p->scale;
	else
		orl_panel_column(p, 1, 2);
}

enum orl_command orl_menu(struct orl_menu *m, struct orl_panel *p)
{
	enum orl_command left = ORL_COMMAND_NONE, right = ORL_COMMAND_NONE;
	int columns = m->narrow ? 1 : 2;
	if (m->page == ORL_MENU_KEYS) {
		left = menu_keys(m, p);
	} else if (m->page == ORL_MENU_USB) {
		left = menu_usb(m, p);
	} else if (m->page == ORL_MENU_DISPLAYS) {
		orl_panel_column(p, 0, columns);
		left = menu_displays(m, p);
		next_column(m, p);
		orl_panel_note(p, "Size");
		right = menu_scaling(m, p);
		orl_panel_columns_end(p);
	} else if (m->page == ORL_MENU_SOUND) {
		orl_panel_column(p, 0, columns);
		left = menu_hear(m, p);
		next_column(m, p);
		right = menu_speak(m, p);
		orl_panel_columns_end(p);
	} else {
		orl_panel_column(p, 0, columns);
		left = menu_keys(m, p);
		next_column(m, p);
		right = menu_desktop(m, p);
		orl_panel_columns_end(p);
	}
	p->y += 10 * p->scale;
	if (p->in.key == ORL_KEY_ESCAPE)
		return ORL_COMMAND_CLOSE;
	return left ? left : right;
}

enum orl_command orl_bar(const struct orl_menu *m, struct orl_panel *p)
{
	static const char *const labels[] = { N_("Leave fullscreen"),
		N_("Keys"), N_("Displays"), N_("Statistics"),
		N_("Disconnect") };
	static const enum orl_command commands[] = { ORL_COMMAND_FULLSCREEN,
		ORL_COMMAND_MENU_KEYS, ORL_COMMAND_MENU_DISPLAYS,
		ORL_COMMAND_STATS, ORL_COMMAND_DISCONNECT };
	(void)m;
	p->y = 6 * p->scale;
	int pressed = orl_panel_buttons(p, labels, COUNT(labels), -1, -1);
	p->y -= 10 * p->scale;
	if (pressed < 0 && p->in.key == ORL_KEY_ESCAPE)
		return ORL_COMMAND_CLOSE;
	return pressed < 0 ? ORL_COMMAND_NONE : commands[pressed];
}

void orl_sign(struct orl_panel *p)
{
	p->y = 8 * p->scale;
	orl_panel_warning(p, "Your microphone is live");
	p->y += 2 * p->scale;
}

void orl_badge(int number, const char *name, struct orl_panel *p)
{
	char title[96];
	snprintf(title, sizeof(title), "%d", number);
	orl_panel_title(p, title);
	orl_panel_note(p, name);
}
