/*
 * options.c - the command line. The names are a stable interface: what is
 * listed in oriel-view(1) keeps its meaning.
 */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/viewer/options.h"
#include "client/viewer/text.h"

__attribute__((format(printf, 3, 4))) static enum orl_viewer_result wrong(
		char *error, size_t size, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	vsnprintf(error, size, gettext(format), args);
	va_end(args);
	return ORL_OPTIONS_WRONG;
}

bool orl_fingerprint_parse(uint8_t sha256[static 32], const char *text)
{
	if (strncmp(text, "sha256:", 7) == 0)
		text += 7;
	for (int i = 0; i < 32; i++) {
		char pair[3] = { 0 };
		if (i && *text == ':')
			text++;
		for (int k = 0; k < 2; k++) {
			if (!isxdigit((unsigned char)text[0]))
				return false;
			pair[k] = *text++;
		}
		sha256[i] = (uint8_t)strtoul(pair, NULL, 16);
	}
	return *text == '\0';
}

bool orl_trust_parse(struct orl_trust_rule *rule, const char *text)
{
	memset(rule, 0, sizeof(*rule));
	if (strcmp(text, "first-use") == 0) {
		rule->mode = ORL_TRUST_FIRST_USE;
		return true;
	}
	if (strncmp(text, "ca:", 3) == 0 && text[3] &&
			strlen(text + 3) < sizeof(rule->ca)) {
		rule->mode = ORL_TRUST_CA;
		snprintf(rule->ca, sizeof(rule->ca), "%s", text + 3);
		return true;
	}
	rule->mode = ORL_TRUST_PIN;
	return orl_fingerprint_parse(rule->pin, text);
}

static uint32_t key_named(const char *name, size_t n)
{
	static const struct {
		const char *name;
		uint32_t keysym;
	} keys[] = { { "backspace", 0xff08 }, { "tab", 0xff09 },
		{ "return", 0xff0d }, { "pause", 0xff13 }, { "escape", 0xff1b },
		{ "home", 0xff50 }, { "end", 0xff57 }, { "insert", 0xff63 },
		{ "delete", 0xffff }, { "space", ' ' } };
	if (n == 1 && isalnum((unsigned char)*name))
		return (uint32_t)tolower((unsigned char)*name);
	if (n >= 2 && n <= 3 && *name == 'f' && name[1] >= '1' &&
			name[1] <= '9') {
		unsigned long number = strtoul(name + 1, NULL, 10);
		return number <= 12 ? 0xffbd + (uint32_t)number : 0;
	}
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (strlen(keys[i].name) == n &&
				memcmp(keys[i].name, name, n) == 0)
			return keys[i].keysym;
	return 0;
}

bool orl_combination_parse(struct orl_combination *out, const char *text)
{
	const struct {
		const char *name;
		bool *flag;
	} modifiers[] = {
		{ "ctrl+", &out->ctrl },
		{ "alt+", &out->alt },
		{ "shift+", &out->shift },
		{ "super+", &out->super },
	};
	bool any = false, more = true;
	memset(out, 0, sizeof(*out));
	while (more) {
		more = false;
		for (size_t i = 0; i < 4; i++) {
			size_t n = strlen(modifiers[i].name);
			if (*modifiers[i].flag ||
					strncmp(text, modifiers[i].name, n) !=
							0)
				continue;
			*modifiers[i].flag = any = more = true;
			text += n;
		}
	}
	size_t n = strlen(text);
	/* Digits of a number alone, after f. */
	if (n == 3 && text[0] == 'f' && !isdigit((unsigned char)text[2]))
		return false;
	out->keysym = key_named(text, n);
	return any && out->keysym;
}

/* Plain decimal seconds, "2.5": strtod would take inf, nan and hex too. */
static bool parse_seconds(uint64_t *ns, const char *text)
{
	char *end;
	if (!*text || text[strspn(text, "0123456789.")])
		return false;
	double seconds = strtod(text, &end);
	if (*end || !(seconds > 0) || seconds > 1e9)
		return false;
	*ns = (uint64_t)(seconds * 1e9);
	return *ns > 0;
}

/* Whole seconds, 0 too, and no more than 30 years. */
static bool parse_reconnect(uint32_t *seconds, const char *text)
{
	size_t digits = strspn(text, "0123456789");
	if (!digits || digits > 9 || text[digits])
		return false;
	*seconds = (uint32_t)strtoul(text, NULL, 10);
	return true;
}

static const char *value_of(const char *arg, const char *name)
{
	size_t n = strlen(name);
	if (strncmp(arg, name, n) != 0 || arg[n] != '=')
		return NULL;
	return arg + n + 1;
}

static bool set_flag(struct orl_viewer_options *o, const char *arg)
{
	const struct {
		const char *name;
		bool *flag;
	} flags[] = {
		{ "--headless", &o->headless },
		{ "--lossless", &o->lossless },
		{ "--fullscreen", &o->fullscreen },
		{ "--kiosk", &o->kiosk },
		{ "--json", &o->json },
		{ "--verbose", &o->verbose },
		{ "--print-pdf", &o->print_pdf },
		{ "--primary", &o->primary },
	};
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		if (strcmp(arg, flags[i].name) == 0)
			return *flags[i].flag = true;
	}
	return false;
}

static bool set_path(struct orl_viewer_options *o, const char *arg)
{
	const struct {
		const char *name;
		const char **path;
	} paths[] = {
		{ "--screenshot", &o->screenshot },
		{ "--stats", &o->stats },
		{ "--sound-file", &o->sound_file },
		{ "--files", &o->folder },
		{ "--sound-device", &o->sound_device },
		{ "--microphone-device", &o->microphone_device },
		{ "--password-file", &o->password_file },
		{ "--ticket-file", &o->ticket_file },
		{ "--print-password-file", &o->print_password_file },
	};
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		const char *value = value_of(arg, paths[i].name);
		if (value && *value) {
			*paths[i].path = value;
			return true;
		}
	}
	return false;
}

static enum orl_viewer_result set_windows(struct orl_viewer_options *o,
		const char *value, char *error, size_t size)
{
	o->one_window = strcmp(value, "one") == 0;
	if (o->one_window || strcmp(value, "each") == 0)
		return ORL_OPTIONS_RUN;
	return wrong(error, size, "--windows is each or one");
}

static enum orl_viewer_result set_scaling(struct orl_viewer_options *o,
		const char *value, char *error, size_t size)
{
	static const char *const names[ORL_SCALINGS] = { "auto", "1:1", "fit",
		"integer" };
	for (int i = 0; i < ORL_SCALINGS; i++) {
		if (strcmp(value, names[i]) != 0)
			continue;
		o->scaling = (enum orl_scaling)i;
		return ORL_OPTIONS_RUN;
	}
	return wrong(error, size, "--scaling is auto, 1:1, fit or integer");
}

static enum orl_viewer_result set_resize(struct orl_viewer_options *o,
		const char *value, char *error, size_t size)
{
	if (strcmp(value, "yes") == 0)
		o->resize = ORL_RESIZE_YES;
	else if (strcmp(value, "no") == 0)
		o->resize = ORL_RESIZE_NO;
	else
		return wrong(error, size, "--resize is yes or no");
	return ORL_OPTIONS_RUN;
}

/* VENDOR:PRODUCT as lsusb writes it: two times four hexadecimal digits. */
static bool is_usb_id(const char *text)
{
	static const char digits[] = "0123456789abcdef";
	return strspn(text, digits) == 4 && text[4] == ':' &&
	       strspn(text + 5, digits) == 4 && !text[9];
}

static enum orl_viewer_result set_usb(struct orl_viewer_options *o,
		const char *arg, char *error, size_t size)
{
	const struct oriel_usb_info none = { .size = sizeof(none) };
	const char *value;
	char why[256];
	if ((value = value_of(arg, "--usb-device"))) {
		if (strncmp(value, "unix:", 5) != 0 || !value[5] ||
				o->usb_peer_count == ORL_USB_PEERS)
			return wrong(error, size,
					"--usb-device is unix:PATH, and may be "
					"given 8 times");
		o->usb_peers[o->usb_peer_count++] = value + 5;
		return ORL_OPTIONS_RUN;
	}
	if ((value = value_of(arg, "--usb"))) {
		if (!is_usb_id(value) || o->usb_chosen_count == ORL_USB_CHOSEN)
			return wrong(error, size,
					"--usb is VENDOR:PRODUCT as lsusb "
					"writes it, and may be given 8 times");
		o->usb_chosen[o->usb_chosen_count++] = value;
		return ORL_OPTIONS_RUN;
	}
	bool automatic = (value = value_of(arg, "--usb-auto")) != NULL;
	if (!value)
		value = value_of(arg, "--usb-rules");
	if (!value)
		return wrong(error, size,
				"%s is not an option; see oriel-view --help",
				arg);
	if (oriel_usb_check(value, &none, why, sizeof(why)) == ORIEL_EINVAL)
		return wrong(error, size,
				"%s: rules are CLASS,VENDOR,PRODUCT,VERSION,"
				"ALLOW with | between them, -1 is any",
				arg);
	*(automatic ? &o->usb_auto : &o->usb_rules) = value;
	return ORL_OPTIONS_RUN;
}

static enum orl_viewer_result set_sound(struct orl_viewer_options *o,
		const char *value, char *error, size_t size)
{
	if (strcmp(value, "on") == 0)
		o->sound = ORL_SOUND_ON;
	else if (strcmp(value, "off") == 0)
		o->sound = ORL_SOUND_OFF;
	else if (strcmp(value, "exact") == 0)
		o->sound = ORL_SOUND_EXACT;
	else
		return wrong(error, size, "--sound is on, off or exact");
	return ORL_OPTIONS_RUN;
}

static enum orl_viewer_result set_microphone(struct orl_viewer_options *o,
		const char *value, char *error, size_t size)
{
	if (strcmp(value, "ask") == 0)
		o->microphone = ORL_MICROPHONE_ASK;
	else if (strcmp(value, "on") == 0)
		o->microphone = ORL_MICROPHONE_ON;
	else if (strcmp(value, "off") == 0)
		o->microphone = ORL_MICROPHONE_OFF;
	else
		return wrong(error, size, "--microphone is ask, on or off");
	return ORL_OPTIONS_RUN;
}

static enum orl_viewer_result set_printers(struct orl_viewer_options *o,
		const char *value, char *error, size_t size)
{
	static const struct {
		const char *name;
		enum orl_printers which;
	} names[] = { { "default", ORL_PRINTERS_DEFAULT },
		{ "all", ORL_PRINTERS_ALL }, { "none", ORL_PRINTERS_NONE } };
	for (int i = 0; i < 3; i++) {
		if (strcmp(value, names[i].name) != 0)
			continue;
		o->printers = names[i].which;
		return ORL_OPTIONS_RUN;
	}
	return wrong(error, size, "--printers is default, all or none");
}

static enum orl_viewer_result set_printer(struct orl_viewer_options *o,
		const char *value, char *error, size_t size)
{
	if (!*value || strlen(value) >= sizeof(o->printer))
		return wrong(error, size,
				"--printer is the name of one, ipp://URI or "
				"file:DIR");
	const char *host = strstr(value, "://");
	size_t user = host ? strcspn(host + 3, "@:/") : 0;
	if (host && host[3 + user] == ':' &&
			host[3 + strcspn(host + 3, "@/")] == '@')
		return wrong(error, size,
				"others can read a password in --printer; use "
				"--print-password-file=FILE");
	snprintf(o->printer, sizeof(o->printer), "%s", value);
	return ORL_OPTIONS_RUN;
}

static enum orl_viewer_result set_value(struct orl_viewer_options *o,
		const char *arg, char *error, size_t size)
{
	const char *value;
	if ((value = value_of(arg, "--trust"))) {
		if (orl_trust_parse(&o->trust, value))
			return ORL_OPTIONS_RUN;
		return wrong(error, size,
				"--trust is first-use, ca:FILE or the 64 "
				"hexadecimal digits of a SHA-256");
	}
	if ((value = value_of(arg, "--exit-after"))) {
		if (parse_seconds(&o->exit_after, value))
			return ORL_OPTIONS_RUN;
		return wrong(error, size,
				"--exit-after is a number of seconds, as 10 "
				"or 2.5");
	}
	if ((value = value_of(arg, "--exit-when"))) {
		if (strcmp(value, "lossless") == 0)
			o->exit_when = ORL_EXIT_LOSSLESS;
		else if (strcmp(value, "closed") == 0)
			o->exit_when = ORL_EXIT_CLOSED;
		else
			return wrong(error, size,
					"--exit-when is lossless or closed");
		return ORL_OPTIONS_RUN;
	}
	if ((value = value_of(arg, "--keyboard"))) {
		if (strcmp(value, "physical") != 0 &&
				strcmp(value, "text") != 0)
			return wrong(error, size,
					"--keyboard is physical or text");
		o->keyboard_text = *value == 't';
		return ORL_OPTIONS_RUN;
	}
	if ((value = value_of(arg, "--kiosk-exit"))) {
		if (orl_combination_parse(&o->kiosk_exit, value))
			return ORL_OPTIONS_RUN;
		return wrong(error, size,
				"--kiosk-exit is modifiers and a key, as "
				"ctrl+alt+shift+q or super+f12");
	}
	if ((value = value_of(arg, "--sandbox"))) {
		if (strcmp(value, "on") != 0 && strcmp(value, "off") != 0)
			return wrong(error, size, "--sandbox is on or off");
		o->no_sandbox = strcmp(value, "off") == 0;
		return ORL_OPTIONS_RUN;
	}
	if ((value = value_of(arg, "--sound")))
		return set_sound(o, value, error, size);
	if ((value = value_of(arg, "--microphone")))
		return set_microphone(o, value, error, size);
	if ((value = value_of(arg, "--printers")))
		return set_printers(o, value, error, size);
	if ((value = value_of(arg, "--printer")))
		return set_printer(o, value, error, size);
	if ((value = value_of(arg, "--print"))) {
		o->print_always = strcmp(value, "always") == 0;
		if (o->print_always || strcmp(value, "ask") == 0)
			return ORL_OPTIONS_RUN;
		return wrong(error, size, "--print is ask or always");
	}
	if ((value = value_of(arg, "--windows")))
		return set_windows(o, value, error, size);
	if ((value = value_of(arg, "--scaling")))
		return set_scaling(o, value, error, size);
	if ((value = value_of(arg, "--resize")))
		return set_resize(o, value, error, size);
	if ((value = value_of(arg, "--reconnect"))) {
		o->reconnect_set = true;
		if (parse_reconnect(&o->reconnect, value))
			return ORL_OPTIONS_RUN;
		return wrong(error, size,
				"--reconnect is a whole number of seconds, 0 "
				"for never");
	}
	if ((value = value_of(arg, "--scale"))) {
		if (strcmp(value, "1") != 0 && strcmp(value, "2") != 0)
			return wrong(error, size, "--scale is 1 or 2");
		o->scale = *value - '0';
		return ORL_OPTIONS_RUN;
	}
	return set_usb(o, arg, error, size);
}

static bool ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);
	return n > m && strcmp(s + n - m, end) == 0;
}

static int hex(char c)
{
	return c >= '0' && c <= '9'   ? c - '0'
	       : c >= 'a' && c <= 'f' ? c - 'a' + 10
	       : c >= 'A' && c <= 'F' ? c - 'A' + 10
				      : -1;
}

/* A path, or a file:///PATH as desktops name files; false: it is neither. */
static bool set_file(struct orl_viewer_options *o, const char *arg)
{
	size_t n = 0;
	bool uri = strncmp(arg, "file:///", 8) == 0;
	for (const char *p = uri ? arg + 7 : arg; *p; p++) {
		char c = *p;
		if (n + 1 >= sizeof(o->file))
			return false;
		if (uri && c == '%') {
			if (hex(p[1]) < 0 || hex(p[2]) < 0)
				return false;
			c = (char)(hex(p[1]) << 4 | hex(p[2]));
			p += 2;
		}
		if (!c)
			return false;
		o->file[n++] = c;
	}
	o->file[n] = '\0';
	return true;
}

static enum orl_viewer_result set_place(struct orl_viewer_options *o,
		const char *arg, char *error, size_t size)
{
	if (o->address[0] || o->file[0])
		return wrong(error, size, "%s is a second address; give one",
				arg);
	if (strncmp(arg, "oriel://", 8) == 0 || strncmp(arg, "unix:", 5) == 0) {
		if (strlen(arg) >= sizeof(o->address))
			return wrong(error, size, "the address is too long");
		snprintf(o->address, sizeof(o->address), "%s", arg);
		return ORL_OPTIONS_RUN;
	}
	if (ends_with(arg, ".vv"))
		return wrong(error, size,
				"%s is a file for SPICE and VNC viewers, "
				"which this is not; open it with "
				"remote-viewer, or ask for an .oriel file",
				arg);
	if (!ends_with(arg, ".oriel"))
		return wrong(error, size,
				"%s is not an address; write oriel://HOST, "
				"unix:PATH or the name of an .oriel file",
				arg);
	if (!set_file(o, arg))
		return wrong(error, size,
				"%s is not the name of a file; write its path",
				arg);
	return ORL_OPTIONS_RUN;
}

static enum orl_viewer_result read_arguments(struct orl_viewer_options *o,
		int argc, char *const *argv, char *error, size_t size)
{
	bool options = true;
	for (int i = 1; i < argc; i++) {
		enum orl_viewer_result result;
		const char *arg = argv[i];
		if (options && strcmp(arg, "--help") == 0)
			return ORL_OPTIONS_HELP;
		if (options && strcmp(arg, "--version") == 0)
			return ORL_OPTIONS_VERSION;
		if (options && strcmp(arg, "--") == 0) {
			options = false;
			continue;
		}
		if (!options || arg[0] != '-')
			result = set_place(o, arg, error, size);
		else if (set_flag(o, arg) || set_path(o, arg))
			continue;
		else
			result = set_value(o, arg, error, size);
		if (result != ORL_OPTIONS_RUN)
			return result;
	}
	return ORL_OPTIONS_RUN;
}

enum orl_viewer_result orl_viewer_options_parse(struct orl_viewer_options *o,
		int argc, char *const *argv, char *error, size_t size)
{
	memset(o, 0, sizeof(*o));
	return read_arguments(o, argc, argv, error, size);
}

enum orl_viewer_result orl_viewer_options_again(struct orl_viewer_options *o,
		int argc, char *const *argv, char *error, size_t size)
{
	char address[sizeof(o->address)];
	memcpy(address, o->address, sizeof(address));
	/* A second address is a mistake on the command line alone. */
	o->address[0] = o->file[0] = '\0';
	enum orl_viewer_result result =
			read_arguments(o, argc, argv, error, size);
	if (!o->address[0])
		memcpy(o->address, address, sizeof(address));
	return result;
}

static enum orl_viewer_result apply(struct orl_viewer_options *o,
		enum orl_setting setting, const char *value, char *error,
		size_t size)
{
	char arg[ORL_VIEWFILE_VALUE + 16];
	switch (setting) {
	case ORL_SETTING_ADDRESS:
		if (strncmp(value, "oriel://", 8) != 0 &&
				strncmp(value, "unix:", 5) != 0)
			return wrong(error, size,
					"its address is neither oriel://HOST "
					"nor unix:PATH");
		snprintf(o->address, sizeof(o->address), "%s", value);
		return ORL_OPTIONS_RUN;
	case ORL_SETTING_TITLE:
		snprintf(o->title, sizeof(o->title), "%s", value);
		return ORL_OPTIONS_RUN;
	case ORL_SETTING_FULLSCREEN:
		o->fullscreen = strcmp(value, "yes") == 0;
		if (!o->fullscreen && strcmp(value, "no") != 0)
			return wrong(error, size, "fullscreen is yes or no");
		return ORL_OPTIONS_RUN;
	default:
		snprintf(arg, sizeof(arg), "--%s=%s", orl_setting_name(setting),
				value);
		return set_value(o, arg, error, size);
	}
}

enum orl_viewer_result orl_viewer_options_apply(struct orl_viewer_options *o,
		const struct orl_viewfile *file, char *error, size_t size)
{
	enum orl_viewer_result result = ORL_OPTIONS_RUN;
	for (int i = 0; i < ORL_SETTINGS && result == ORL_OPTIONS_RUN; i++)
		if (file->value[i][0])
			result = apply(o, (enum orl_setting)i, file->value[i],
					error, size);
	return result;
}

enum orl_viewer_result orl_viewer_options_check(
		const struct orl_viewer_options *o, char *error, size_t size)
{
	if (!o->address[0] && !o->ask)
		return wrong(error, size,
				"which desktop? Give oriel://HOST or an "
				".oriel file; see oriel-view --help");
	if (o->password_file && o->ticket_file)
		return wrong(error, size,
				"give --password-file or --ticket-file, not "
				"both");
	if (o->print_password_file &&
			(!o->printer[0] ||
					strncmp(o->printer, "file:", 5) == 0))
		return wrong(error, size,
				"--print-password-file is for one printer; "
				"name it with --printer");
	if (o->kiosk_exit.keysym && !o->kiosk)
		return wrong(error, size,
				"--kiosk-exit is for --kiosk; leave it out, or "
				"add that");
	if (o->headless && (o->fullscreen || o->kiosk) && !o->file[0])
		return wrong(error, size,
				"--headless has no window for --fullscreen "
				"or --kiosk; leave one out");
	return ORL_OPTIONS_RUN;
}

bool orl_address_host(char *out, size_t size, const char *address)
{
	if (strncmp(address, "oriel://", 8) != 0)
		return false;
	address += 8;
	const char *at = strrchr(address, '@');
	if (at)
		address = at + 1;
	size_t host = strcspn(address, ":/");
	if (*address == '[') {
		const char *end = strchr(address, ']');
		if (!end)
			return false;
		host = (size_t)(end + 1 - address);
	}
	const char *port = address + host;
	size_t digits = *port == ':' ? strspn(port + 1, "0123456789") : 0;
	if (!host || (*port == ':' && (!digits || port[1 + digits])) ||
			(*port && *port != ':'))
		return false;
	int n = snprintf(out, size, "%.*s:%s", (int)host, address,
			digits ? port + 1 : "5910");
	if (n < 0 || (size_t)n >= size)
		return false;
	for (char *p = out; *p; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p - 'A' + 'a');
	return true;
}
