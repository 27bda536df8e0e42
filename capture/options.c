/*
 * options.c - the command line, from a table.
 *
 * Options are --name=value and nothing else; a value that makes no sense is
 * refused here, so that the program never starts half of what was asked.
 */
#include "capture/options.h"

#include <string.h>

#include "capture/sound.h"

enum kind { TEXT, FLAG, RATE, COUNT, LISTEN, LAUNCH, USB_SLOT };

struct option {
	const char *name;
	enum kind kind;
	size_t offset;
	uint32_t max; /* COUNT */
	const char *value, *help;
};

#define AT(field) offsetof(struct orl_options, field)

/* clang-format off */
static const struct option table[] = {
	{ "source", TEXT, AT(source), 0, "SOURCE", "what is shown, see below" },
	{ "source-user", TEXT, AT(source_user), 0, "USER",
		"for rfb and rdp: whom to log in there" },
	{ "source-domain", TEXT, AT(source_domain), 0, "DOMAIN",
		"for rdp: where that user is known" },
	{ "source-password-file", TEXT, AT(source_password_file), 0, "FILE",
		"for rfb and rdp: with the password in this file" },
	{ "source-trust", TEXT, AT(source_trust), 0, "HOW",
		"for rfb and rdp: believe its certificate when it is\n"
		"SHA256, first-use, or ca:FILE" },
	{ "source-blob", TEXT, AT(source_blob), 0, "TEXT",
		"for rdp: which virtual machine of a Hyper-V host" },
	{ "listen", LISTEN, 0, 0, "ADDRESS",
		"tcp://HOST:PORT or unix:PATH, up to 8 of them;\n"
		"port 0 takes a free one; default tcp://127.0.0.1:5910" },
	{ "cert", TEXT, AT(cert), 0, "FILE",
		"certificate chain, PEM; without it and --key a\n"
		"self-signed pair is made once and kept" },
	{ "key", TEXT, AT(key), 0, "FILE", "its private key, PEM" },
	{ "password-file", TEXT, AT(password_file), 0, "FILE",
		"who may log in, see oriel-serve(1)" },
	{ "ticket-file", TEXT, AT(ticket_file), 0, "FILE",
		"one-time passwords of the user 'ticket'" },
	{ "policy", TEXT, AT(policy), 0, "FILE", "what they may do then" },
	{ "no-auth", FLAG, AT(no_auth), 0, NULL,
		"let everybody in: unix: and loopback only, for tests" },
	{ "congestion", TEXT, AT(congestion), 0, "NAME",
		"TCP congestion control: bbr, cubic, ..." },
	{ "max-rate", RATE, AT(max_rate), 0, "RATE",
		"bits a second to one client, as 20M or 500k" },
	{ "lossless", FLAG, AT(lossless), 0, NULL,
		"never send an inexact pixel, not even for a moment" },
	{ "workers", COUNT, AT(workers), ORL_MAX_WORKERS, "N",
		"encoder threads; 0, the default, needs none" },
	{ "sound", TEXT, AT(sound), 0, "WHAT",
		"auto: x11: from the sound server, qemu: its own;\n"
		"none; pulse[:SINK]: what that plays" },
	{ "usb-slot", USB_SLOT, 0, 0, "unix:PATH",
		"a socket where a virtual machine takes a USB device,\n"
		"as QEMU's usb-redir; up to 16 of them" },
	{ "once", FLAG, AT(once), 0, NULL,
		"end when the first client has left; a source that ends:\n"
		"when the client holds its last frame" },
	{ "stats", TEXT, AT(stats), 0, "FILE",
		"statistics, one JSON object a second ('-': stdout)" },
	{ "metrics", TEXT, AT(metrics), 0, "[HOST:]PORT",
		"statistics for Prometheus, over HTTP" },
	{ "print", TEXT, AT(print), 0, "PORT",
		"offer the viewer's printers on 127.0.0.1, over IPP;\n"
		"port 0 takes a free one" },
	{ "print-hook", TEXT, AT(print_hook), 0, "FILE",
		"a program to tell of printers that come and go" },
	{ "print-secret", TEXT, AT(print_secret), 0, "FILE",
		"the part of their addresses that is not to be\n"
		"guessed; without it, another one each time" },
	{ "keylog", TEXT, AT(keylog), 0, "FILE",
		"append TLS secrets: whoever reads it reads everything" },
	{ "json", FLAG, AT(json), 0, NULL, "events to stdout as JSON lines" },
	{ "test-desync", COUNT, AT(test_desync), UINT32_MAX, "N",
		"for tests: falsify a pixel after N updates" },
	{ "launch", LAUNCH, 0, 0, NULL,
		"for qemu: start the virtual machine that stands behind\n"
		"\"--\" at the end of the line, and end with it" },
	{ "launch-user", TEXT, AT(launch_user), 0, "USER",
		"as this user; for root" },
	{ "help", FLAG, AT(help), 0, NULL, "this text" },
	{ "version", FLAG, AT(version), 0, NULL, "version and libraries" },
};
/* clang-format on */

enum { OPTIONS = sizeof(table) / sizeof(table[0]) };

void orl_options_help(FILE *out)
{
	for (size_t i = 0; i < OPTIONS; i++) {
		const char *help = table[i].help;
		char left[40];

		if (!help)
			continue;
		snprintf(left, sizeof(left), "--%s%s%s", table[i].name,
				table[i].value ? "=" : "",
				table[i].value ? table[i].value : "");
		while (help) {
			size_t n = strcspn(help, "\n");

			fprintf(out, "  %-22s %.*s\n", left, (int)n, help);
			left[0] = 0;
			help = help[n] ? help + n + 1 : NULL;
		}
	}
}

static int number(uint64_t *out, const char **text)
{
	uint64_t v = 0;
	const char *p = *text;

	if (*p < '0' || *p > '9')
		return -1;
	for (; *p >= '0' && *p <= '9'; p++) {
		if (v > (UINT64_MAX - 9) / 10)
			return -1;
		v = v * 10 + (uint64_t)(*p - '0');
	}
	*out = v;
	*text = p;
	return 0;
}

int orl_options_rate(uint64_t *out, const char *text)
{
	uint64_t v, unit = 1;

	if (number(&v, &text) < 0)
		return -1;
	if (*text == 'k' || *text == 'K')
		unit = 1000;
	else if (*text == 'M')
		unit = 1000000;
	else if (*text == 'G')
		unit = 1000000000;
	if (unit > 1)
		text++;
	if (*text || v > UINT64_MAX / unit || v * unit < 8)
		return -1;
	*out = v * unit / 8;
	return 0;
}

static bool is_loopback(const char *host, size_t n)
{
	static const char octets[] = "0123456789.";

	if (n == 9 && memcmp(host, "localhost", 9) == 0)
		return true;
	if (n == 5 && memcmp(host, "[::1]", 5) == 0)
		return true;
	if (n < 9 || memcmp(host, "127.", 4) != 0)
		return false;
	for (size_t i = 0; i < n; i++)
		if (!strchr(octets, host[i]))
			return false;
	return true;
}

bool orl_address_is_local(const char *address)
{
	const char *colon;

	if (strncmp(address, "unix:", 5) == 0)
		return true;
	if (strncmp(address, "tcp://", 6) != 0)
		return false;
	address += 6;
	colon = strrchr(address, ':');
	return colon && is_loopback(address, (size_t)(colon - address));
}

static const char *check_address(const char *address)
{
	const char *colon;
	uint64_t port;

	if (strncmp(address, "unix:", 5) == 0)
		return address[5] ? NULL : "unix: needs a path";
	if (strncmp(address, "tcp://", 6) != 0)
		return "an address is tcp://HOST:PORT or unix:PATH";
	address += 6;
	colon = strrchr(address, ':');
	if (!colon || colon == address)
		return "an address is tcp://HOST:PORT or unix:PATH";
	colon++;
	if (number(&port, &colon) < 0 || *colon || port > 65535)
		return "a port is a number up to 65535";
	return NULL;
}

static int take(struct orl_options *o, const struct option *opt,
		const char *value, char *const *command, char *why, size_t size)
{
	void *field = (char *)o + opt->offset;
	const char *wrong = NULL;
	uint64_t v;

	if (opt->kind == FLAG || opt->kind == LAUNCH)
		wrong = value ? "takes no value" : NULL;
	else if (!value || !*value)
		wrong = "needs a value, as --name=value";
	if (wrong) {
		snprintf(why, size, "--%s %s", opt->name, wrong);
		return -1;
	}
	switch (opt->kind) {
	case TEXT:
		memcpy(field, &value, sizeof(value));
		return 0;
	case FLAG:
		*(bool *)field = true;
		return 0;
	case RATE:
		if (orl_options_rate(field, value) == 0)
			return 0;
		wrong = "is bits a second, as 20M or 500k";
		break;
	case COUNT:
		if (number(&v, &value) == 0 && !*value && v <= opt->max) {
			*(uint32_t *)field = (uint32_t)v;
			return 0;
		}
		wrong = "is a number, or too large a one";
		break;
	case LISTEN:
		wrong = check_address(value);
		if (!wrong && o->listen_count == ORL_MAX_LISTEN)
			wrong = "may be given 8 times";
		if (!wrong) {
			o->listen[o->listen_count++] = value;
			return 0;
		}
		break;
	case USB_SLOT:
		wrong = "is unix:PATH, and may be given 16 times";
		if (strncmp(value, "unix:", 5) == 0 && value[5] &&
				o->usb_slot_count < ORL_MAX_USB_SLOTS) {
			o->usb_slots[o->usb_slot_count++] = value + 5;
			return 0;
		}
		break;
	case LAUNCH:
		wrong = "needs a command at the end: --launch -- COMMAND ...";
		o->launch = command;
		if (command)
			return 0;
		break;
	}
	snprintf(why, size, "--%s: %s", opt->name, wrong);
	return -1;
}

/* What must hold between options. */
static const char *agree(const struct orl_options *o)
{
	enum orl_sound_from from;
	const char *sink;

	if (!o->source)
		return "say what to show with --source= (see --help)";
	if ((o->source_user || o->source_domain || o->source_password_file ||
			    o->source_trust || o->source_blob) &&
			strncmp(o->source, "rfb:", 4) != 0 &&
			strncmp(o->source, "rdp:", 4) != 0)
		return "options --source-... go with --source=rfb: and rdp:";
	if (!o->cert != !o->key)
		return "--cert= and --key= go together";
	if (o->no_auth && (o->password_file || o->ticket_file))
		return "--no-auth contradicts --password-file= and "
		       "--ticket-file=";
	for (size_t i = 0; o->no_auth && i < o->listen_count; i++)
		if (!orl_address_is_local(o->listen[i]))
			return "--no-auth is for unix: and loopback addresses "
			       "only";
	if (!orl_sound_parse(&from, &sink, o->sound))
		return "--sound= is auto, none or pulse[:SINK]";
	if ((o->print_hook || o->print_secret) && !o->print)
		return "--print-hook= and --print-secret= go with --print=";
	if (o->launch_user && !o->launch)
		return "--launch-user= goes with --launch";
	if (o->congestion) {
		size_t n = strspn(o->congestion,
				"abcdefghijklmnopqrstuvwxyz0123456789_-");

		if (o->congestion[n] || n > 15)
			return "--congestion= is a name like bbr or cubic";
	}
	return NULL;
}

int orl_options_parse(struct orl_options *out, int argc, char *const *argv,
		char *why, size_t size)
{
	char *const *command = NULL;
	const char *wrong;
	int end;

	*out = (struct orl_options){ .source = NULL };
	for (end = 1; end < argc && strcmp(argv[end], "--") != 0; end++)
		;
	if (end + 1 < argc)
		command = argv + end + 1;
	for (int i = 1; i < end; i++) {
		const char *arg = argv[i], *value;
		size_t n, k;

		if (strncmp(arg, "--", 2) != 0 || !arg[2]) {
			snprintf(why, size,
					"'%.64s' is not an option: they "
					"are --name=value (see --help)",
					arg);
			return -1;
		}
		arg += 2;
		n = strcspn(arg, "=");
		value = arg[n] ? arg + n + 1 : NULL;
		for (k = 0; k < OPTIONS; k++)
			if (strlen(table[k].name) == n &&
					memcmp(table[k].name, arg, n) == 0)
				break;
		if (k == OPTIONS) {
			snprintf(why, size,
					"there is no option --%.*s "
					"(see --help)",
					n < 64 ? (int)n : 64, arg);
			return -1;
		}
		if (take(out, &table[k], value, command, why, size) < 0)
			return -1;
	}
	if (!out->listen_count)
		out->listen[out->listen_count++] = "tcp://127.0.0.1:5910";
	if (out->help || out->version)
		return 0;
	wrong = agree(out);
	if (!wrong && end < argc && !out->launch)
		wrong = "what stands behind \"--\" is for --launch";
	if (!wrong)
		return 0;
	snprintf(why, size, "%s", wrong);
	return -1;
}
