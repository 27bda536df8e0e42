/*
 * policy.c - parse a policy.
 *
 * A key that is not known is an error: a right that somebody meant to take
 * away must not stay because of a typing mistake.
 */
#include "capture/policy.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <oriel/oriel.h>

#include "clip/types.h"

enum { PASTE_MIB = 256, PASTE_MIB_MAX = 65536 };

struct span {
	const char *p, *end;
};

static const struct {
	const char *name;
	uint32_t right;
} words[] = {
	{ "see", ORIEL_MAY_SEE },
	{ "hear", ORIEL_MAY_HEAR },
	{ "input", ORIEL_MAY_INPUT },
	{ "speak", ORIEL_MAY_SPEAK },
	{ "copy", ORIEL_MAY_COPY },
	{ "paste", ORIEL_MAY_PASTE },
	{ "usb", ORIEL_MAY_USB },
	{ "print", ORIEL_MAY_PRINT },
	{ "resize", ORIEL_MAY_RESIZE },
	{ "all", ORIEL_MAY_SEE | ORIEL_MAY_HEAR | ORIEL_MAY_INPUT |
					ORIEL_MAY_SPEAK | ORIEL_MAY_COPY |
					ORIEL_MAY_PASTE | ORIEL_MAY_USB |
					ORIEL_MAY_PRINT | ORIEL_MAY_RESIZE },
};

void orl_policy_init(struct orl_policy *policy)
{
	*policy = (struct orl_policy){
		.rights = ORIEL_MAY_SEE | ORIEL_MAY_HEAR | ORIEL_MAY_INPUT |
			  ORIEL_MAY_COPY | ORIEL_MAY_PASTE | ORIEL_MAY_PRINT |
			  ORIEL_MAY_RESIZE,
		.paste_types = 1 << ORL_CONTENT_TEXT,
		.paste_max = PASTE_MIB << 20,
		.copy_max = PASTE_MIB << 20,
		.print_formats = ORIEL_PRINT_PWG | ORIEL_PRINT_JPEG |
				 ORIEL_PRINT_PDF,
		.print_jobs = 16,
		.print_size = UINT64_C(1) << 30,
	};
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static struct span trim(struct span s)
{
	while (s.p < s.end && is_space(*s.p))
		s.p++;
	while (s.p < s.end && is_space(s.end[-1]))
		s.end--;
	return s;
}

/* Cut s at the first `c`; what is behind it goes to *rest. */
static bool cut(struct span *s, char c, struct span *rest)
{
	size_t n = (size_t)(s->end - s->p);
	const char *at = n ? memchr(s->p, c, n) : NULL;

	*rest = (struct span){ at ? at + 1 : s->end, s->end };
	if (at)
		s->end = at;
	return at;
}

static bool is(struct span s, const char *word)
{
	size_t n = strlen(word);

	return (size_t)(s.end - s.p) == n && memcmp(s.p, word, n) == 0;
}

static const char *parse_rights(uint32_t *out, struct span s)
{
	uint32_t rights = 0;

	for (s = trim(s); s.p < s.end; s = trim(s)) {
		struct span word = s;
		size_t i;

		while (s.p < s.end && !is_space(*s.p))
			s.p++;
		word.end = s.p;
		for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
			if (is(word, words[i].name))
				break;
		if (i == sizeof(words) / sizeof(words[0]))
			return "a right is one of see hear input speak copy "
			       "paste usb print resize all";
		rights |= words[i].right;
	}
	*out = rights;
	return NULL;
}

static const char *parse_contents(uint32_t *out, struct span s)
{
	uint32_t contents = 0;

	for (s = trim(s); s.p < s.end; s = trim(s)) {
		struct span word = s;

		while (s.p < s.end && !is_space(*s.p))
			s.p++;
		int content = orl_content_named(word.p, (size_t)(s.p - word.p));
		if (content < 0)
			return "what may be pasted is one of text html rtf "
			       "image files";
		contents |= 1u << content;
	}
	*out = contents;
	return NULL;
}

static const char *parse_size(uint64_t *out, struct span s)
{
	uint64_t mib = 0;

	for (s = trim(s); s.p < s.end && mib <= PASTE_MIB_MAX; s.p++) {
		if (*s.p < '0' || *s.p > '9')
			break;
		mib = mib * 10 + (uint64_t)(*s.p - '0');
	}
	if (s.p < s.end || !mib || mib > PASTE_MIB_MAX)
		return "a size is a number of MiB from 1 to 65536";
	*out = mib << 20;
	return NULL;
}

static const char *parse_bool(bool *out, struct span s)
{
	s = trim(s);
	if (!is(s, "yes") && !is(s, "no"))
		return "this is yes or no";
	*out = is(s, "yes");
	return NULL;
}

static const char *parse_user(
		struct orl_policy *policy, struct span name, struct span value)
{
	size_t n = (size_t)(name.end - name.p);

	if (!n || n >= ORL_POLICY_NAME)
		return "a user's name has 1 to 63 bytes";
	if (memchr(name.p, 0, n))
		return "a user's name has no NUL";
	for (uint32_t i = 0; i < policy->count; i++)
		if (is(name, policy->users[i].name))
			return "this user has been named before";
	if (policy->count == ORL_POLICY_USERS)
		return "at most 64 users can be named";
	memcpy(policy->users[policy->count].name, name.p, n);
	policy->users[policy->count].name[n] = 0;
	return parse_rights(&policy->users[policy->count++].rights, value);
}

static const char *parse_second(enum orl_second *out, struct span value)
{
	static const char *const names[] = {
		[ORL_SECOND_TAKE] = "take",
		[ORL_SECOND_WATCH] = "watch",
		[ORL_SECOND_REPLACE] = "replace",
		[ORL_SECOND_REFUSE] = "refuse",
	};

	value = trim(value);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (is(value, names[i])) {
			*out = (enum orl_second)i;
			return NULL;
		}
	return "second is one of take watch replace refuse";
}

/* Keys that may be there once; those of the clipboard by their place. */
struct seen {
	bool rights, second, usb, clipboard[5];
	bool print, printers, jobs, size;
};

static const char *parse_usb(char out[static ORL_POLICY_USB], struct span s)
{
	const struct oriel_usb_info none = { .size = sizeof(none) };
	char why[128];
	size_t n;

	s = trim(s);
	n = (size_t)(s.end - s.p);
	if (n >= ORL_POLICY_USB || (n && memchr(s.p, 0, n)))
		return "rules of USB devices have at most 511 bytes";
	memcpy(out, s.p, n);
	out[n] = 0;
	if (oriel_usb_check(out, &none, why, sizeof(why)) == ORIEL_EINVAL)
		return "a rule of USB devices is "
		       "CLASS,VENDOR,PRODUCT,VERSION,ALLOW, with | between "
		       "them; -1 is any";
	return NULL;
}

static const char *parse_usb_user(
		struct orl_policy *policy, struct span name, struct span value)
{
	size_t n = (size_t)(name.end - name.p);

	if (!n || n >= ORL_POLICY_NAME || memchr(name.p, 0, n))
		return "a user's name has 1 to 63 bytes";
	for (uint32_t i = 0; i < policy->usb_count; i++)
		if (is(name, policy->usb_users[i].name))
			return "this user has been named before";
	if (policy->usb_count == ORL_POLICY_USB_USERS)
		return "at most 16 users can have rules of USB devices";
	memcpy(policy->usb_users[policy->usb_count].name, name.p, n);
	policy->usb_users[policy->usb_count].name[n] = 0;
	return parse_usb(policy->usb_users[policy->usb_count++].rules, value);
}

/* Not a key of the clipboard: "". */
static const char *parse_clipboard(struct orl_policy *policy, struct span key,
		struct span value, struct seen *seen)
{
	static const char *const keys[] = { "paste", "copy", "paste-max",
		"copy-max", "primary" };
	unsigned i = 0;

	while (i < sizeof(keys) / sizeof(keys[0]) && !is(key, keys[i]))
		i++;
	if (i == sizeof(keys) / sizeof(keys[0]))
		return "";
	if (seen->clipboard[i])
		return "this key has been given before";
	seen->clipboard[i] = true;
	switch (i) {
	case 0:
		return parse_contents(&policy->paste_types, value);
	case 1:
		return parse_contents(&policy->copy_types, value);
	case 2:
		return parse_size(&policy->paste_max, value);
	case 3:
		return parse_size(&policy->copy_max, value);
	default:
		return parse_bool(&policy->primary, value);
	}
}

static const char *parse_formats(uint32_t *out, struct span s)
{
	static const char *const names[] = { "pwg", "jpeg", "pdf" };
	uint32_t formats = 0;

	for (s = trim(s); s.p < s.end; s = trim(s)) {
		struct span word = s;
		size_t i;

		while (s.p < s.end && !is_space(*s.p))
			s.p++;
		word.end = s.p;
		for (i = 0; i < 3 && !is(word, names[i]); i++)
			;
		if (i == 3)
			return "print is words of pwg jpeg pdf";
		formats |= 1u << i;
	}
	*out = formats;
	return NULL;
}

/* Decimal, with k, M or G behind it. */
static const char *parse_number(
		uint64_t *out, struct span s, uint64_t most, bool units)
{
	uint64_t v = 0, unit = 1;

	s = trim(s);
	if (units && s.p < s.end) {
		char c = s.end[-1];

		unit = c == 'k'   ? 1 << 10
		       : c == 'M' ? 1 << 20
		       : c == 'G' ? 1 << 30
				  : 1;
		s.end -= unit > 1;
	}
	if (s.p == s.end || s.end - s.p > 12)
		return "this is to be a number";
	for (; s.p < s.end; s.p++) {
		if (*s.p < '0' || *s.p > '9')
			return "this is to be a number";
		v = v * 10 + (uint64_t)(*s.p - '0');
	}
	if (v > most / unit)
		return "this number is too large";
	*out = v * unit;
	return NULL;
}

static const char *parse_print(struct orl_policy *policy, struct span key,
		struct span value, struct seen *seen)
{
	bool *once = is(key, "print")            ? &seen->print
		     : is(key, "print.printers") ? &seen->printers
		     : is(key, "print.jobs")     ? &seen->jobs
		     : is(key, "print.size")     ? &seen->size
						 : NULL;
	const char *wrong;
	uint64_t v = 0;

	if (!once)
		return "this key is not known";
	if (*once)
		return "this key has been given before";
	*once = true;
	if (once == &seen->print)
		return parse_formats(&policy->print_formats, value);
	if (once == &seen->printers) {
		value = trim(value);
		policy->print_usual = is(value, "usual");
		return policy->print_usual || is(value, "all")
				       ? NULL
				       : "print.printers is all or usual";
	}
	if (once == &seen->size)
		return parse_number(&policy->print_size, value,
				UINT64_C(1) << 50, true);
	wrong = parse_number(&v, value, 64, false);
	if (!wrong)
		policy->print_jobs = (uint32_t)v;
	return wrong;
}

static const char *parse_line(
		struct orl_policy *policy, struct span line, struct seen *seen)
{
	struct span value, name;
	bool assigned;

	cut(&line, '#', &value);
	line = trim(line);
	if (line.p == line.end)
		return NULL;
	assigned = cut(&line, '=', &value);
	line = trim(line);
	if (!assigned)
		return "a line is key = value";
	if (is(line, "rights")) {
		if (seen->rights)
			return "rights has been given before";
		seen->rights = true;
		return parse_rights(&policy->rights, value);
	}
	if (is(line, "second")) {
		if (seen->second)
			return "second has been given before";
		seen->second = true;
		return parse_second(&policy->second, value);
	}
	const char *wrong = parse_clipboard(policy, line, value, seen);
	if (!wrong || *wrong)
		return wrong;
	if (is(line, "usb")) {
		if (seen->usb)
			return "usb has been given before";
		seen->usb = true;
		return parse_usb(policy->usb, value);
	}
	if ((size_t)(line.end - line.p) >= 5 && memcmp(line.p, "print", 5) == 0)
		return parse_print(policy, line, value, seen);
	if (cut(&line, '.', &name) && is(line, "rights"))
		return parse_user(policy, name, value);
	if (is(line, "usb"))
		return parse_usb_user(policy, name, value);
	return "this key is not known";
}

int orl_policy_parse(struct orl_policy *policy, const char *text, size_t n,
		char *why, size_t size)
{
	struct span rest = { text, text + n };
	struct seen seen = { .rights = false };

	if (n > ORL_POLICY_SIZE) {
		snprintf(why, size, "a policy has at most %d bytes",
				ORL_POLICY_SIZE);
		return -1;
	}
	for (unsigned number = 1; rest.p < rest.end; number++) {
		struct span line = rest;
		const char *wrong;

		cut(&line, '\n', &rest);
		wrong = parse_line(policy, line, &seen);
		if (wrong) {
			snprintf(why, size, "line %u: %s", number, wrong);
			return -1;
		}
	}
	return 0;
}

uint32_t orl_policy_rights(const struct orl_policy *policy, const char *user)
{
	for (uint32_t i = 0; i < policy->count; i++)
		if (strcmp(policy->users[i].name, user) == 0)
			return policy->users[i].rights;
	return policy->rights;
}

const char *orl_policy_usb(const struct orl_policy *policy, const char *user)
{
	for (uint32_t i = 0; i < policy->usb_count; i++)
		if (strcmp(policy->usb_users[i].name, user) == 0)
			return policy->usb_users[i].rules;
	return NULL;
}

bool orl_policy_ever(const struct orl_policy *policy, uint32_t right)
{
	bool ever = policy->rights & right;

	for (uint32_t i = 0; i < policy->count; i++)
		ever |= policy->users[i].rights & right;
	return ever;
}
