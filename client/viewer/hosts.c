/*
 * hosts.c - see hosts.h.
 */
#include "client/viewer/hosts.h"
#include "client/viewer/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LINE_MAX_BYTES = 1024 };

struct line {
	char *text; /* without its end */
	size_t n;
	bool entry;       /* `host` says what it means */
	const char *what; /* ... or what is wrong with it; NULL: comment */
	struct orl_host host;
};

struct orl_hosts {
	struct line *lines;
	size_t n, cap, bytes;
	const char *file_problem;
};

/* ---- one line ---------------------------------------------------------- */

struct word {
	const char *p;
	size_t n;
};

static bool blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* The next word of what is left of a line; n is 0 at its end. */
static struct word next_word(struct word *rest)
{
	struct word w;

	while (rest->n && blank(*rest->p)) {
		rest->p++;
		rest->n--;
	}
	w = (struct word){ rest->p, 0 };
	while (rest->n && !blank(*rest->p)) {
		rest->p++;
		rest->n--;
		w.n++;
	}
	return w;
}

static bool is(struct word w, const char *text)
{
	return w.n == strlen(text) && memcmp(w.p, text, w.n) == 0;
}

/* Decimal, no sign, no leading zero but 0 itself, at most max. */
static bool number(uint64_t *out, struct word w, uint64_t max)
{
	uint64_t v = 0;

	if (!w.n || w.n > 18 || (w.n > 1 && *w.p == '0'))
		return false;
	for (size_t i = 0; i < w.n; i++) {
		if (w.p[i] < '0' || w.p[i] > '9')
			return false;
		v = v * 10 + (uint64_t)(w.p[i] - '0');
	}
	*out = v;
	return v <= max;
}

/* HOST:PORT or [IPV6]:PORT, in lower case. */
static bool get_address(
		char out[static ORL_HOSTS_ADDRESS_MAX + 1], struct word w)
{
	size_t host = w.n;
	uint64_t port;

	if (w.n > ORL_HOSTS_ADDRESS_MAX)
		return false;
	while (host && w.p[host - 1] != ':')
		host--;
	if (host < 2)
		return false;
	if (!number(&port, (struct word){ w.p + host, w.n - host }, 65535) ||
			!port)
		return false;
	host--; /* without the colon */
	bool bracket = w.p[0] == '[';
	if (bracket && (host < 4 || w.p[host - 1] != ']'))
		return false;
	for (size_t i = 0; i < w.n; i++) {
		char c = w.p[i];
		bool inside = bracket ? i > 0 && i < host - 1 : i < host;
		if (c <= ' ' || c >= 0x7f || c == '#')
			return false;
		if (inside && (c == '[' || c == ']' || (c == ':' && !bracket)))
			return false;
		out[i] = (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
	}
	out[w.n] = 0;
	return true;
}

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool get_key(uint8_t out[static 32], struct word w)
{
	static const char prefix[] = "sha256:";

	if (w.n != sizeof(prefix) - 1 + 64 ||
			memcmp(w.p, prefix, sizeof(prefix) - 1) != 0)
		return false;
	w.p += sizeof(prefix) - 1;
	for (size_t i = 0; i < 32; i++) {
		int high = hex(w.p[2 * i]), low = hex(w.p[2 * i + 1]);
		if (high < 0 || low < 0)
			return false;
		out[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

/* NULL when the line is an entry, "" for a comment, else what is wrong. */
static const char *get_line(struct orl_host *host, struct word rest)
{
	if (rest.n > LINE_MAX_BYTES)
		return N_("the line is too long");
	struct word address = next_word(&rest);
	if (!address.n || *address.p == '#')
		return "";
	struct word key = next_word(&rest);
	struct word login = next_word(&rest);
	struct word seen = next_word(&rest);
	if (!get_address(host->address, address))
		return N_("it does not begin with HOST:PORT");
	if (!get_key(host->sha256, key))
		return N_("its second word is not sha256: and 64 digits");
	host->login = is(login, "login");
	if (!host->login && !is(login, "open"))
		return N_("its third word is neither login nor open");
	if (!number(&host->first_seen, seen, UINT64_MAX))
		return N_("its fourth word is not a time");
	if (next_word(&rest).n)
		return N_("it has more than four words");
	return NULL;
}

/* ---- all lines --------------------------------------------------------- */

static struct line *find(const struct orl_hosts *h, const char *address)
{
	char wanted[ORL_HOSTS_ADDRESS_MAX + 1];

	if (!get_address(wanted, (struct word){ address, strlen(address) }))
		return NULL;
	for (size_t i = 0; i < h->n; i++) {
		if (h->lines[i].entry &&
				strcmp(h->lines[i].host.address, wanted) == 0)
			return &h->lines[i];
	}
	return NULL;
}

static int add_line(struct orl_hosts *h, const char *text, size_t n)
{
	struct line line = { .n = n };

	if (h->n == ORL_HOSTS_LINES_MAX)
		return ORIEL_ELIMIT;
	if (h->n == h->cap) {
		size_t cap = h->cap ? h->cap * 2 : 16;
		struct line *more = realloc(h->lines, cap * sizeof(*more));
		if (!more)
			return ORIEL_ENOMEM;
		h->lines = more;
		h->cap = cap;
	}
	line.text = malloc(n + 1);
	if (!line.text)
		return ORIEL_ENOMEM;
	memcpy(line.text, text, n);
	line.text[n] = 0;
	line.what = get_line(&line.host, (struct word){ text, n });
	line.entry = !line.what;
	if (line.what && !*line.what)
		line.what = NULL;
	if (line.entry && find(h, line.host.address)) {
		line.entry = false;
		line.what = N_("an earlier line for the same address counts");
	}
	h->lines[h->n++] = line;
	h->bytes += n + 1;
	return 0;
}

int orl_hosts_parse(struct orl_hosts **out, const char *text, size_t n)
{
	if (n > ORL_HOSTS_FILE_MAX)
		return ORIEL_ELIMIT;
	struct orl_hosts *h = calloc(1, sizeof(*h));
	if (!h)
		return ORIEL_ENOMEM;
	while (n) {
		const char *end = memchr(text, '\n', n);
		size_t len = end ? (size_t)(end - text) : n;
		int err = add_line(h, text, len);
		if (err) {
			orl_hosts_destroy(h);
			return err;
		}
		len += end != NULL;
		text += len;
		n -= len;
	}
	*out = h;
	return 0;
}

void orl_hosts_destroy(struct orl_hosts *h)
{
	if (!h)
		return;
	for (size_t i = 0; i < h->n; i++)
		free(h->lines[i].text);
	free(h->lines);
	free(h);
}

int orl_hosts_format(char **text, size_t *n, const struct orl_hosts *h)
{
	char *p = malloc(h->bytes + 1);
	size_t at = 0;

	if (!p)
		return ORIEL_ENOMEM;
	for (size_t i = 0; i < h->n; i++) {
		memcpy(p + at, h->lines[i].text, h->lines[i].n);
		at += h->lines[i].n;
		p[at++] = '\n';
	}
	p[at] = 0;
	*text = p;
	*n = at;
	return 0;
}

size_t orl_hosts_problems(const struct orl_hosts *h)
{
	size_t n = h->file_problem != NULL;

	for (size_t i = 0; i < h->n; i++)
		n += h->lines[i].what != NULL;
	return n;
}

struct orl_hosts_problem orl_hosts_problem(
		const struct orl_hosts *h, size_t index)
{
	if (h->file_problem && index-- == 0)
		return (struct orl_hosts_problem){ 0, h->file_problem };
	for (size_t i = 0; i < h->n; i++) {
		if (h->lines[i].what && index-- == 0)
			return (struct orl_hosts_problem){ i + 1,
				h->lines[i].what };
	}
	return (struct orl_hosts_problem){ 0, NULL };
}

const struct orl_host *orl_hosts_find(
		const struct orl_hosts *h, const char *address)
{
	const struct line *line = find(h, address);

	return line ? &line->host : NULL;
}

enum orl_hosts_key orl_hosts_judge_key(const struct orl_hosts *h,
		const char *address, const uint8_t sha256[static 32],
		const struct orl_host **old)
{
	const struct orl_host *host = orl_hosts_find(h, address);

	if (!host)
		return ORL_HOSTS_KEY_UNKNOWN;
	if (old)
		*old = host;
	return memcmp(host->sha256, sha256, 32) == 0 ? ORL_HOSTS_KEY_SAME
						     : ORL_HOSTS_KEY_CHANGED;
}

enum orl_hosts_login orl_hosts_judge_login(
		const struct orl_hosts *h, const char *address, bool login)
{
	const struct orl_host *host = orl_hosts_find(h, address);

	if (!host || host->login == login)
		return ORL_HOSTS_LOGIN_SAME;
	return login ? ORL_HOSTS_LOGIN_NEW : ORL_HOSTS_LOGIN_GONE;
}

void orl_hosts_fingerprint(char out[static 65], const uint8_t sha256[static 32])
{
	for (size_t i = 0; i < 32; i++)
		snprintf(out + 2 * i, 3, "%02x", sha256[i]);
}

int orl_hosts_set(struct orl_hosts *h, const char *address,
		const uint8_t sha256[static 32], bool login, uint64_t now)
{
	char name[ORL_HOSTS_ADDRESS_MAX + 1], key[65];
	char text[ORL_HOSTS_ADDRESS_MAX + 128];
	struct line *old = find(h, address);

	if (now > 999999999999999999u ||
			!get_address(name, (struct word){ address,
							   strlen(address) }))
		return ORIEL_EINVAL;
	if (old && memcmp(old->host.sha256, sha256, 32) == 0)
		now = old->host.first_seen;
	orl_hosts_fingerprint(key, sha256);
	size_t n = (size_t)snprintf(text, sizeof(text), "%s sha256:%s %s %llu",
			name, key, login ? "login" : "open",
			(unsigned long long)now);
	if (h->bytes - (old ? old->n + 1 : 0) + n + 1 > ORL_HOSTS_FILE_MAX)
		return ORIEL_ELIMIT;
	if (!old)
		return add_line(h, text, n);
	char *copy = malloc(n + 1);
	if (!copy)
		return ORIEL_ENOMEM;
	memcpy(copy, text, n + 1);
	h->bytes += n - old->n;
	free(old->text);
	old->text = copy;
	old->n = n;
	get_line(&old->host, (struct word){ copy, n });
	return 0;
}

size_t orl_hosts_remove(struct orl_hosts *h, const char *address)
{
	char wanted[ORL_HOSTS_ADDRESS_MAX + 1];
	size_t kept = 0, gone;

	if (!get_address(wanted, (struct word){ address, strlen(address) }))
		return 0;
	for (size_t i = 0; i < h->n; i++) {
		struct line *line = &h->lines[i];
		/* A later line for the address must not count instead. */
		if ((line->entry || line->what) &&
				strcmp(line->host.address, wanted) == 0) {
			h->bytes -= line->n + 1;
			free(line->text);
		} else {
			h->lines[kept++] = *line;
		}
	}
	gone = h->n - kept;
	h->n = kept;
	return gone;
}

/* ---- on disk ----------------------------------------------------------- */

int orl_config_path(char *out, size_t size, const char *name)
{
	const char *base = getenv("XDG_CONFIG_HOME"), *middle = "";

	if (!base || *base != '/') {
		base = getenv("HOME");
		middle = "/.config";
	}
	if (!base || *base != '/')
		return ORIEL_EIO;
	int n = snprintf(out, size, "%s%s/oriel/%s", base, middle, name);
	return n > 0 && (size_t)n < size ? 0 : ORIEL_ELIMIT;
}

int orl_hosts_path(char *out, size_t size)
{
	return orl_config_path(out, size, "known_hosts");
}

/* All of a file, at most ORL_HOSTS_FILE_MAX + 1 bytes. */
static int read_all(int fd, char **out, size_t *n)
{
	size_t cap = ORL_HOSTS_FILE_MAX + 1, at = 0;
	char *p = malloc(cap);

	if (!p)
		return ORIEL_ENOMEM;
	while (at < cap) {
		ssize_t got = read(fd, p + at, cap - at);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			free(p);
			return ORIEL_EIO;
		}
		if (got == 0)
			break;
		at += (size_t)got;
	}
	*out = p;
	*n = at;
	return 0;
}

int orl_hosts_load(struct orl_hosts **out, const char *path)
{
	struct stat st;
	char *text = NULL;
	size_t n = 0;
	/* Not to hang on a pipe that somebody put there. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0)
		return errno == ENOENT ? orl_hosts_parse(out, "", 0)
				       : ORIEL_EIO;
	int err = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) ? 0 : ORIEL_EIO;
	if (!err)
		err = read_all(fd, &text, &n);
	if (!err)
		err = orl_hosts_parse(out, text, n);
	if (!err && (st.st_mode & 022))
		(*out)->file_problem = N_("others may write this file");
	free(text);
	close(fd);
	return err;
}

/* Make the folder of `path` and those above it, 0700. */
static int make_folder(char *path)
{
	for (char *p = path + 1; (p = strchr(p, '/')) != NULL; p++) {
		*p = 0;
		int err = mkdir(path, 0700) && errno != EEXIST ? ORIEL_EIO : 0;
		*p = '/';
		if (err)
			return err;
	}
	return 0;
}

static int write_all(int fd, const char *p, size_t n)
{
	while (n) {
		ssize_t done = write(fd, p, n);
		if (done < 0 && errno != EINTR)
			return ORIEL_EIO;
		if (done > 0) {
			p += done;
			n -= (size_t)done;
		}
	}
	return fsync(fd) ? ORIEL_EIO : 0;
}

/* `path` is where the file really is; writes beside it, then renames. */
static int replace(const char *path, const char *text, size_t n)
{
	size_t size = strlen(path) + 8;
	char *temp = malloc(size);
	int err = 0;

	if (!temp)
		return ORIEL_ENOMEM;
	snprintf(temp, size, "%s.XXXXXX", path);
	int fd = mkostemp(temp, O_CLOEXEC); /* 0600 */
	if (fd < 0) {
		free(temp);
		return ORIEL_EIO;
	}
	err = write_all(fd, text, n);
	if (close(fd) && !err)
		err = ORIEL_EIO;
	if (!err && rename(temp, path))
		err = ORIEL_EIO;
	if (err) {
		int why = errno;
		unlink(temp);
		errno = why;
	}
	free(temp);
	return err;
}

int orl_hosts_save(const struct orl_hosts *h, const char *path)
{
	char *text = NULL, *real = realpath(path, NULL);
	size_t n;

	if (!real)
		real = strdup(path);
	if (!real)
		return ORIEL_ENOMEM;
	int err = make_folder(real);
	if (!err)
		err = orl_hosts_format(&text, &n, h);
	if (!err)
		err = replace(real, text, n);
	free(text);
	free(real);
	return err;
}

/* Lock the folder of `path`; closing it unlocks. */
static int lock_folder(const char *path)
{
	char *copy = strdup(path);

	if (!copy || make_folder(copy)) {
		free(copy);
		return -1;
	}
	char *slash = strrchr(copy, '/');
	if (slash)
		slash[slash == copy] = 0;
	int fd = open(slash ? copy : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	free(copy);
	while (fd >= 0 && flock(fd, LOCK_EX)) {
		if (errno != EINTR) {
			close(fd);
			return -1;
		}
	}
	return fd;
}

int orl_hosts_record(const char *path, const char *address,
		const uint8_t sha256[static 32], bool login, uint64_t now)
{
	struct orl_hosts *h = NULL;
	int lock = lock_folder(path);

	if (lock < 0)
		return ORIEL_EIO;
	int err = orl_hosts_load(&h, path);
	if (!err)
		err = orl_hosts_set(h, address, sha256, login, now);
	if (!err)
		err = orl_hosts_save(h, path);
	orl_hosts_destroy(h);
	close(lock);
	return err;
}
