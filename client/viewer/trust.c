/*
 * trust.c - whether the key that a server shows is the right one. The rules,
 * in this order: a pin or an authority named by the user decides alone. Else
 * a key that is remembered must be the same for ever, and one that is new is
 * shown to the user, or with first-use taken.
 *
 * A server that once asked for a login must go on doing so: one that stops
 * would show its desktop to anybody, or is not the one it was.
 */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "client/viewer/hosts.h"
#include "client/viewer/text.h"
#include "client/viewer/viewer.h"

enum { HEX = 65, PATH = 1024 };

static const char *hex_of(char out[static HEX], const uint8_t *sha256)
{
	orl_hosts_fingerprint(out, sha256);
	return out;
}

static const char *path_of(char out[static PATH])
{
	if (orl_hosts_path(out, PATH) != 0)
		snprintf(out, PATH, "~/.config/oriel/known_hosts");
	return out;
}

static const char *reason(int err)
{
	return err == ORIEL_EIO && errno ? strerror(errno)
					 : oriel_strerror(err);
}

/* Who shall not be remembered under a name is not remembered at all. */
static bool name_of(struct orl_viewer *v,
		char out[static ORL_HOSTS_ADDRESS_MAX + 1])
{
	if (orl_address_host(
			    out, ORL_HOSTS_ADDRESS_MAX + 1, v->options.address))
		return true;
	orl_viewer_tell(v, "%s is not oriel://HOST:PORT", v->options.address);
	return false;
}

static struct orl_hosts *load(struct orl_viewer *v)
{
	char path[PATH];
	struct orl_hosts *hosts = NULL;
	errno = 0;
	int err = orl_hosts_path(path, sizeof(path));
	/* Without a home nothing was ever remembered. */
	if (err)
		err = orl_hosts_parse(&hosts, "", 0);
	else
		err = orl_hosts_load(&hosts, path);
	if (err) {
		orl_viewer_tell(v, "cannot read %s (%s); mend or remove it",
				path_of(path), reason(err));
		return NULL;
	}
	for (size_t i = 0; i < orl_hosts_problems(hosts); i++) {
		struct orl_hosts_problem p = orl_hosts_problem(hosts, i);
		orl_viewer_say("%s, line %zu: %s; it is ignored", path_of(path),
				p.line, orl_text(p.what));
	}
	return hosts;
}

static void record(const char *name, const uint8_t *sha256, bool login)
{
	char path[PATH];
	errno = 0;
	int err = orl_hosts_path(path, sizeof(path));
	if (!err)
		err = orl_hosts_record(path, name, sha256, login,
				(uint64_t)time(NULL));
	if (err)
		orl_viewer_say("cannot remember the key of %s in %s (%s); make "
			       "that file writable, or use --trust=SHA256",
				name, path_of(path), reason(err));
}

static bool pinned(struct orl_viewer *v, const uint8_t *sha256)
{
	char shown[HEX], wanted[HEX];
	if (memcmp(v->options.trust.pin, sha256, 32) == 0)
		return true;
	orl_viewer_tell(v,
			"%s shows the key %s, but --trust names %s; ask "
			"whoever "
			"runs the server which is right",
			v->options.address, hex_of(shown, sha256),
			hex_of(wanted, v->options.trust.pin));
	return false;
}

static bool vouched(struct orl_viewer *v, bool verified)
{
	if (verified)
		return true;
	orl_viewer_tell(v,
			"no authority in %s vouches for %s; check the name in "
			"the address and the file",
			v->options.trust.ca, v->options.address);
	return false;
}

static bool changed(struct orl_viewer *v, const char *name,
		const uint8_t *sha256, const struct orl_host *old)
{
	char shown[HEX], before[HEX], path[PATH];
	v->key_changed = true;
	memcpy(v->old_key, old->sha256, sizeof(v->old_key));
	orl_viewer_tell(v,
			"the key of %s HAS CHANGED: it was %s and is now %s; "
			"somebody may be listening. If the server was set up "
			"anew, delete its line in %s",
			name, hex_of(before, old->sha256),
			hex_of(shown, sha256), path_of(path));
	return false;
}

static bool ask(struct orl_viewer *v, const char *name, const uint8_t *sha256)
{
	char question[1024], answer[16], hex[HEX];
	bool trusted = false;
	snprintf(question, sizeof(question),
			_("%s has not been seen before. SHA-256 of its key:\n"
			  "  %s\n"
			  "Is that what the server itself shows? [yes/no] "),
			name, hex_of(hex, sha256));
	v->prompts++;
	enum orl_answer in_window =
			v->ui ? orl_panels_trust(v, name, sha256, &trusted)
			      : ORL_NO_TERMINAL;
	if (in_window != ORL_NO_TERMINAL) {
		v->refused = !trusted;
		if (!trusted)
			orl_viewer_say("the key of %s was not accepted", name);
		return trusted;
	}
	switch (orl_terminal_ask(v, question, true, answer, sizeof(answer))) {
	case ORL_ANSWERED:
		if (strcmp(answer, "yes") == 0 || strcmp(answer, "y") == 0)
			return true;
		orl_viewer_tell(v, "the key of %s was not accepted", name);
		return false;
	case ORL_NO_TERMINAL:
		orl_viewer_tell(v,
				"%s is not known, and there is no terminal to "
				"ask about its key; use --trust=%s if that is "
				"right",
				name, hex);
		return false;
	case ORL_NOT_ANSWERED:
	default:
		return false;
	}
}

static bool known_or_new(struct orl_viewer *v, const uint8_t *sha256)
{
	char name[ORL_HOSTS_ADDRESS_MAX + 1];
	const struct orl_host *old = NULL;
	bool trusted = false;
	if (!name_of(v, name))
		return false;
	struct orl_hosts *hosts = load(v);
	if (!hosts)
		return false;
	switch (orl_hosts_judge_key(hosts, name, sha256, &old)) {
	case ORL_HOSTS_KEY_SAME:
		trusted = true;
		break;
	case ORL_HOSTS_KEY_CHANGED:
		trusted = changed(v, name, sha256, old);
		break;
	case ORL_HOSTS_KEY_UNKNOWN:
	default:
		trusted = v->options.trust.mode == ORL_TRUST_FIRST_USE ||
			  ask(v, name, sha256);
		if (trusted)
			record(name, sha256, false);
		break;
	}
	orl_hosts_destroy(hosts);
	return trusted;
}

bool orl_trust_decide(struct orl_viewer *v, const uint8_t sha256[static 32],
		bool verified)
{
	switch (v->options.trust.mode) {
	case ORL_TRUST_PIN:
		return pinned(v, sha256);
	case ORL_TRUST_CA:
		return vouched(v, verified);
	case ORL_TRUST_ASK:
	case ORL_TRUST_FIRST_USE:
	default:
		return known_or_new(v, sha256);
	}
}

/* A pin may name another key than the one remembered: that one stays. */
static void record_login(struct orl_viewer *v, const struct orl_hosts *hosts,
		const char *name)
{
	if (orl_hosts_judge_key(hosts, name, v->key, NULL) ==
			ORL_HOSTS_KEY_SAME)
		record(name, v->key, true);
}

bool orl_trust_confirm(struct orl_viewer *v, bool login_asked)
{
	char name[ORL_HOSTS_ADDRESS_MAX + 1], path[PATH];
	bool trusted = true;
	if (!name_of(v, name))
		return false;
	struct orl_hosts *hosts = load(v);
	if (!hosts)
		return false;
	switch (orl_hosts_judge_login(hosts, name, login_asked)) {
	case ORL_HOSTS_LOGIN_GONE:
		orl_viewer_tell(v,
				"%s has always asked for a login and now does "
				"not; if that is wanted, delete its line in %s",
				name, path_of(path));
		trusted = false;
		break;
	case ORL_HOSTS_LOGIN_NEW:
		record_login(v, hosts, name);
		break;
	case ORL_HOSTS_LOGIN_SAME:
	default:
		/* By a pin or an authority: only this is worth remembering. */
		if (login_asked && !orl_hosts_find(hosts, name))
			record(name, v->key, true);
		break;
	}
	orl_hosts_destroy(hosts);
	return trusted;
}
