/*
 * far_reach.c - rfb: and rdp: as sources: where they are, who logs in, and
 * what their certificates must be.
 */
#include <stdlib.h>
#include <string.h>

#include "capture/far_source.h"
#include "capture/files.h"
#include "capture/pins.h"

enum { RFB_PORT = 5900, RDP_PORT = 3389, PASSWORD_FILE_MAX = 4096 };

/* ---- where ------------------------------------------------------------- */

static bool parse_port(uint32_t *out, const char *text)
{
	uint32_t v = 0;

	if (!*text)
		return false;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return false;
		v = v * 10 + (uint32_t)(*text - '0');
		if (v > 65535)
			return false;
	}
	*out = v;
	return v > 0;
}

/* HOST, HOST:PORT, [IPv6]:PORT, or where sockets have paths /PATH. */
static bool parse_place(struct orl_far_config *c, const char *text,
		uint32_t port, bool paths)
{
	const char *colon = strrchr(text, ':'), *end;
	size_t n;

	c->port = port;
	if (*text == '/' && paths) {
		n = strlen(text);
		c->port = 0;
	} else if (*text == '[') {
		end = strchr(text, ']');
		if (!end || (end[1] && (end[1] != ':' ||
						       !parse_port(&c->port,
								       end + 2))))
			return false;
		text++;
		n = (size_t)(end - text);
	} else if (colon && strchr(text, ':') == colon) {
		n = (size_t)(colon - text);
		if (!parse_port(&c->port, colon + 1))
			return false;
	} else {
		n = strlen(text);
	}
	if (!n || n >= sizeof(c->host))
		return false;
	for (size_t i = 0; i < n; i++)
		if (text[i] <= ' ' || text[i] > '~' ||
				(text[i] == '/' && c->port))
			return false;
	memcpy(c->host, text, n);
	return true;
}

/* ---- who --------------------------------------------------------------- */

static bool copy_word(char out[static ORL_FAR_WORD], const char *text)
{
	size_t n = text ? strlen(text) : 0;

	if (n >= ORL_FAR_WORD)
		return false;
	if (n)
		memcpy(out, text, n);
	return true;
}

static int read_password(struct orl_far_config *c, const char *path, char *why)
{
	char *text = NULL;
	size_t n = 0, line;
	int err = orl_file_read(&text, &n, path, PASSWORD_FILE_MAX);

	if (err) {
		snprintf(why, ORL_WHY_MAX, "--source-password-file=%.120s: %s",
				path, strerror(-err));
		return ORL_EXIT_USAGE;
	}
	line = strcspn(text, "\r\n");
	if (line >= sizeof(c->password))
		err = 1;
	else
		memcpy(c->password, text, line);
	c->have_password = true;
	orl_file_free(text, n);
	if (!err)
		return ORL_EXIT_OK;
	snprintf(why, ORL_WHY_MAX,
			"--source-password-file=%.120s: its first line is too "
			"long for a password",
			path);
	return ORL_EXIT_USAGE;
}

/* ---- its certificate --------------------------------------------------- */

static void pin_name(char out[static ORL_PIN_LINE / 2], const struct orl_far *f)
{
	snprintf(out, ORL_PIN_LINE / 2, "%s:%.180s", f->source.kind->name,
			f->place);
}

static int judge(struct orl_far *f, const char *trust, char *why)
{
	struct orl_far_config *c = &f->config;
	char name[ORL_PIN_LINE / 2];

	pin_name(name, f);
	c->must_encrypt = trust;
	if (trust && strncmp(trust, "ca:", 3) == 0) {
		c->trust = ORL_FAR_TRUST_CA;
		if (trust[3] && strlen(trust + 3) < sizeof(c->ca)) {
			strcpy(c->ca, trust + 3);
			return ORL_EXIT_OK;
		}
	} else if (!trust || strcmp(trust, "first-use") == 0) {
		c->trust = trust ? ORL_FAR_TRUST_FIRST : ORL_FAR_TRUST_NONE;
		if (orl_pins_known(c->pin, name))
			c->trust = ORL_FAR_TRUST_PIN;
		return ORL_EXIT_OK;
	} else if (orl_pin_parse(c->pin, trust, strlen(trust))) {
		c->trust = ORL_FAR_TRUST_PIN;
		return ORL_EXIT_OK;
	}
	snprintf(why, ORL_WHY_MAX,
			"--source-trust= is the SHA-256 of a certificate, "
			"first-use, or ca:FILE");
	return ORL_EXIT_USAGE;
}

void orl_far_keep_pin(struct orl_far *f)
{
	char name[ORL_PIN_LINE / 2], hex[65];
	int err;

	memcpy(f->config.pin, f->in.bytes, sizeof(f->config.pin));
	f->config.trust = ORL_FAR_TRUST_PIN;
	orl_pin_format(hex, f->config.pin);
	pin_name(name, f);
	err = orl_pins_keep(name, f->config.pin);
	fprintf(stderr, "%s: the certificate of %s is sha256:%s%s%s\n",
			f->source.kind->name, f->place, hex,
			err ? "; this cannot be kept: "
			    : "; nothing else is "
			      "believed from now "
			      "on",
			err ? strerror(-err) : "");
}

/* ---- the sources ------------------------------------------------------- */

static int reach(struct orl_source **out, const struct orl_source_kind *kind,
		const char *helper, const char *argument, uint32_t port,
		const struct orl_reach *how, char *why)
{
	struct orl_far *f = calloc(1, sizeof(*f));
	int status = ORL_EXIT_OK;

	if (!f) {
		snprintf(why, ORL_WHY_MAX, "%s: out of memory", kind->name);
		return ORL_EXIT_INTERNAL;
	}
	f->source.kind = kind;
	f->helper = helper;
	f->fd = -1;
	f->config.hears = how->hears;
	if (!parse_place(&f->config, argument, port, kind == &orl_source_rfb)) {
		snprintf(why, ORL_WHY_MAX,
				"%s: needs where its server is, as "
				"%s:HOST:PORT",
				kind->name, kind->name);
		status = ORL_EXIT_USAGE;
	} else if (!copy_word(f->config.user, how->user) ||
			!copy_word(f->config.domain, how->domain) ||
			!copy_word(f->config.blob, how->blob)) {
		snprintf(why, ORL_WHY_MAX,
				"--source-user=, -domain= and -blob= have 255 "
				"bytes at most");
		status = ORL_EXIT_USAGE;
	}
	if (f->config.port)
		snprintf(f->place, sizeof(f->place), "%s:%u", f->config.host,
				(unsigned)f->config.port);
	else
		snprintf(f->place, sizeof(f->place), "%s", f->config.host);
	if (!status && how->password_file)
		status = read_password(&f->config, how->password_file, why);
	if (!status)
		status = judge(f, how->trust, why);
	if (!status)
		return orl_far_open(out, f, why);
	orl_far_close(&f->source);
	return status;
}

static int reach_rfb(struct orl_source **out, const char *argument,
		const struct orl_reach *how, char *why)
{
	if (how->domain || how->blob) {
		snprintf(why, ORL_WHY_MAX,
				"--source-domain= and --source-blob= are for "
				"rdp:");
		return ORL_EXIT_USAGE;
	}
	return reach(out, &orl_source_rfb, "oriel-rfb", argument, RFB_PORT, how,
			why);
}

/* They differ in how they are reached: what comes from there is the same. */
#define FAR_KIND(name_, reach_, help_) \
	{ \
		.name = (name_), .help = (help_), .runs = true, \
		.reach = (reach_), .close = orl_far_close, \
		.attach = orl_far_attach, .watch = orl_far_watch, \
		.run = orl_far_run, .peers = orl_far_peers, \
		.counts = orl_far_counts, \
		.resize_wanted = orl_far_resize_wanted, .key = orl_far_key, \
		.pointer = orl_far_pointed, .text = orl_far_text, \
		.locks = orl_far_locks, .heard = orl_far_heard, \
		.board = orl_far_board, .paste = orl_far_paste, \
		.copy = orl_far_copy, \
	}

const struct orl_source_kind orl_source_rfb = FAR_KIND("rfb", reach_rfb,
		":HOST[:PORT]        what a VNC server shows, as those of "
		"Xen,\n"
		"                         bhyve and VMware; or rfb:/SOCKET");

#ifndef ORIEL_NO_RDP
static int reach_rdp(struct orl_source **out, const char *argument,
		const struct orl_reach *how, char *why)
{
	return reach(out, &orl_source_rdp, "oriel-rdp", argument, RDP_PORT, how,
			why);
}

const struct orl_source_kind orl_source_rdp = FAR_KIND("rdp", reach_rdp,
		":HOST[:PORT]        what an RDP server shows, as those of\n"
		"                         Windows, Hyper-V and VirtualBox");
#endif
