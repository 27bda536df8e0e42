/*
 * passwd.c - see passwd.h.
 */
#include "capture/passwd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { USER_MAX = 256, PASSWORD_MAX = 1024 };

static const char method[] = "SCRAM-SHA-256$";

struct entry {
	char *user, *secret; /* both in `text` */
	bool verifier;
};

struct orl_passwd {
	char *text; /* a copy of the file, cut into strings */
	size_t text_n;
	struct entry *entries;
	size_t n, cap;
};

void orl_passwd_wipe(void *p, size_t n)
{
	volatile unsigned char *bytes = p;

	while (n--)
		*bytes++ = 0;
}

/* ---- text -------------------------------------------------------------- */

/* Bytes of the UTF-8 character at p, 0 when it is none. */
static size_t character(const unsigned char *p, size_t n)
{
	static const uint32_t least[] = { 0, 0x80, 0x800, 0x10000 };
	size_t more = p[0] < 0x80   ? 0
		      : p[0] < 0xc2 ? n /* never fits */
		      : p[0] < 0xe0 ? 1
		      : p[0] < 0xf0 ? 2
		      : p[0] < 0xf5 ? 3
				    : n;
	if (more >= n)
		return 0;
	uint32_t v = more ? p[0] & (0x3fu >> more) : p[0];
	for (size_t i = 1; i <= more; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		v = v << 6 | (p[i] & 0x3fu);
	}
	if (v < least[more] || v > 0x10ffff || (v >= 0xd800 && v < 0xe000))
		return 0;
	if (v < 0x20 || (v >= 0x7f && v < 0xa0))
		return 0;
	return more + 1;
}

bool orl_passwd_text_ok(const char *p, size_t n)
{
	const unsigned char *bytes = (const unsigned char *)p;

	if (!n || p[0] == ' ' || p[n - 1] == ' ')
		return false;
	for (size_t i = 0, step; i < n; i += step) {
		step = character(bytes + i, n - i);
		if (!step)
			return false;
	}
	return true;
}

/* Base64 up to `stop`; true when it stands for lo to hi bytes. */
static bool base64(const char **text, char stop, size_t lo, size_t hi)
{
	const char *p = *text;
	size_t n = 0, pad = 0;

	for (; *p && *p != stop; p++, n++) {
		bool digit = (*p >= 'A' && *p <= 'Z') ||
			     (*p >= 'a' && *p <= 'z') ||
			     (*p >= '0' && *p <= '9') || *p == '+' || *p == '/';
		if (*p == '=')
			pad++;
		else if (!digit || pad)
			return false;
	}
	if (*p != stop || n % 4 || pad > 2)
		return false;
	*text = stop ? p + 1 : p;
	n = n / 4 * 3 - pad;
	return n >= lo && n <= hi;
}

/* The form alone; the library looks at the rest when it is used. */
static bool verifier_ok(const char *text)
{
	const char *p = text + sizeof(method) - 1;
	uint32_t iterations = 0;
	int digits = 0;

	for (; *p >= '0' && *p <= '9' && digits < 9; p++, digits++)
		iterations = iterations * 10 + (uint32_t)(*p - '0');
	if (iterations < 100000 || iterations > 5000000 || *p++ != ':')
		return false;
	return base64(&p, '$', 16, 64) && base64(&p, ':', 32, 32) &&
	       base64(&p, 0, 32, 32);
}

/* ---- the file ---------------------------------------------------------- */

const char *orl_passwd_find(
		const struct orl_passwd *p, const char *user, bool *verifier)
{
	for (size_t i = 0; i < p->n; i++) {
		if (strcmp(p->entries[i].user, user) == 0) {
			*verifier = p->entries[i].verifier;
			return p->entries[i].secret;
		}
	}
	return NULL;
}

static bool is_verifier(const char *text)
{
	return strncmp(text, method, sizeof(method) - 1) == 0;
}

/* Check the words of one line; what is wrong with them, or NULL. */
static const char *check(const struct orl_passwd *p, struct entry *e)
{
	bool unused;

	if (!orl_passwd_text_ok(e->user, strlen(e->user)) ||
			strlen(e->user) > USER_MAX)
		return "the user's name is empty, too long, begins or ends "
		       "with a blank, or is not printable UTF-8";
	if (orl_passwd_find(p, e->user, &unused))
		return "this user has a line already";
	e->verifier = is_verifier(e->secret);
	if (e->verifier)
		return verifier_ok(e->secret)
				       ? NULL
				       : "this is no SCRAM-SHA-256 verifier "
					 "with "
					 "100000 to 5000000 iterations, a salt "
					 "of 16 "
					 "to 64 bytes and two keys of 32";
	if (!orl_passwd_text_ok(e->secret, strlen(e->secret)) ||
			strlen(e->secret) > PASSWORD_MAX)
		return "the password is empty, too long, begins or ends with "
		       "a blank, or is not printable UTF-8";
	return NULL;
}

static int add(struct orl_passwd *p, struct entry e)
{
	if (p->n == ORL_PASSWD_LINES_MAX)
		return ORIEL_ELIMIT;
	if (p->n == p->cap) {
		size_t cap = p->cap ? p->cap * 2 : 8;
		struct entry *more = realloc(p->entries, cap * sizeof(*more));
		if (!more)
			return ORIEL_ENOMEM;
		p->entries = more;
		p->cap = cap;
	}
	p->entries[p->n++] = e;
	return 0;
}

/* Cut the next line off and say whether it is one that counts. */
static bool next_line(char **rest, char **line)
{
	char *end = strchr(*rest, '\n');

	*line = *rest;
	*rest = end ? end + 1 : *rest + strlen(*rest);
	if (end)
		*end = 0;
	else
		end = *rest;
	if (end > *line && end[-1] == '\r')
		*--end = 0;
	return **line && **line != '#';
}

static int get_lines(struct orl_passwd *p, char *why, size_t size)
{
	static char lone_user[] = "oriel";
	char *rest = p->text, *line, *lone = NULL;
	size_t number = 0, lone_number = 0, n = 0;

	while (*rest) {
		struct entry e;
		number++;
		if (!next_line(&rest, &line))
			continue;
		n++;
		char *colon = is_verifier(line) ? NULL : strchr(line, ':');
		if (!colon && !lone) {
			lone = line;
			lone_number = number;
		}
		if (lone && n == 1)
			continue; /* is it alone? the end will tell */
		if (lone) {
			snprintf(why, size,
					"line %zu: this is not USER:PASSWORD",
					lone_number);
			return ORIEL_EINVAL;
		}
		*colon = 0;
		e = (struct entry){ line, colon + 1, false };
		const char *wrong = check(p, &e);
		int err = wrong ? ORIEL_EINVAL : add(p, e);
		if (err) {
			snprintf(why, size, "line %zu: %s", number,
					wrong ? wrong : oriel_strerror(err));
			return err;
		}
	}
	if (!n) {
		snprintf(why, size, "there is no password in it");
		return ORIEL_EINVAL;
	}
	if (!lone)
		return 0;
	struct entry e = { lone_user, lone, false };
	const char *wrong = check(p, &e);
	if (wrong) {
		snprintf(why, size, "line %zu: %s", lone_number, wrong);
		return ORIEL_EINVAL;
	}
	return add(p, e);
}

int orl_passwd_parse(struct orl_passwd **out, const char *text, size_t n,
		char *why, size_t size)
{
	if (size)
		*why = 0;
	if (n > ORL_PASSWD_FILE_MAX || (n && memchr(text, 0, n))) {
		snprintf(why, size,
				n > ORL_PASSWD_FILE_MAX
						? "it is larger than 1 MiB"
						: "it is not a text file");
		return n > ORL_PASSWD_FILE_MAX ? ORIEL_ELIMIT : ORIEL_EINVAL;
	}
	struct orl_passwd *p = calloc(1, sizeof(*p));
	if (!p)
		return ORIEL_ENOMEM;
	p->text_n = n + 1;
	p->text = malloc(p->text_n);
	if (!p->text) {
		orl_passwd_destroy(p);
		return ORIEL_ENOMEM;
	}
	if (n)
		memcpy(p->text, text, n);
	p->text[n] = 0;
	int err = get_lines(p, why, size);
	if (err) {
		orl_passwd_destroy(p);
		return err;
	}
	*out = p;
	return 0;
}

void orl_passwd_destroy(struct orl_passwd *p)
{
	if (!p)
		return;
	if (p->text)
		orl_passwd_wipe(p->text, p->text_n);
	free(p->text);
	free(p->entries);
	free(p);
}

int orl_passwd_read(char **out, size_t *n, int fd, const char *path, char *why,
		size_t size)
{
	size_t cap = ORL_PASSWD_FILE_MAX + 1, at = 0;
	struct stat st;

	if (fstat(fd, &st) || !S_ISREG(st.st_mode)) {
		snprintf(why, size, "%s is not a file", path);
		return ORIEL_EIO;
	}
	char *p = malloc(cap);
	if (!p)
		return ORIEL_ENOMEM;
	while (at < cap) {
		ssize_t got = pread(fd, p + at, cap - at, (off_t)at);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			snprintf(why, size, "%s: %s", path, strerror(errno));
			orl_passwd_wipe(p, at);
			free(p);
			return ORIEL_EIO;
		}
		if (got == 0)
			break;
		at += (size_t)got;
	}
	if (st.st_mode & 077)
		snprintf(why, size,
				"WARNING: %s holds secrets and others can read "
				"or write it; do: chmod 600 %s",
				path, path);
	else if (size)
		*why = 0;
	*out = p;
	*n = at;
	return 0;
}

int orl_passwd_load(struct orl_passwd **out, const char *path, char *why,
		size_t size)
{
	char *text, sentence[256];
	size_t n;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0) {
		snprintf(why, size, "%s: %s", path, strerror(errno));
		return ORIEL_EIO;
	}
	int err = orl_passwd_read(&text, &n, fd, path, why, size);
	close(fd);
	if (err)
		return err;
	err = orl_passwd_parse(out, text, n, sentence, sizeof(sentence));
	if (err)
		snprintf(why, size, "%s: %s", path,
				*sentence ? sentence : oriel_strerror(err));
	orl_passwd_wipe(text, n);
	free(text);
	return err;
}
