/*
 * recent.c - see recent.h. The file is replaced whole, without waiting for
 * the disk: it is not worth that.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/viewer/field.h"
#include "client/viewer/options.h"
#include "client/viewer/recent.h"

/* Copies characters, and no control characters, as many as fit. */
static void copy_plain(char *out, size_t size, const char *text, size_t n)
{
	size_t used = 0;
	for (size_t i = 0; i < n;) {
		size_t step = orl_utf8_size(text + i, n - i);
		unsigned char c = (unsigned char)text[i];
		bool plain = step > 1 || (step == 1 && c >= 0x20 && c != 0x7f);
		if (step == 2 && c == 0xc2 && (unsigned char)text[i + 1] < 0xa0)
			plain = false;
		if (plain && used + step >= size)
			break;
		if (plain) {
			memcpy(out + used, text + i, step);
			used += step;
		}
		i += step ? step : 1;
	}
	out[used] = '\0';
}

/* The user's part holds nothing but a user. */
static bool keeps_no_secret(const char *address)
{
	const char *at = strrchr(address, '@');
	return !at || !memchr(address + 8, ':', (size_t)(at - address - 8));
}

static bool plain_address(const char *a)
{
	for (const char *p = a; *p; p++)
		if ((unsigned char)*p <= 0x20 || *p == 0x7f)
			return false;
	return *a != '\0';
}

static bool is_address(const char *a)
{
	char host[ORL_RECENT_ADDRESS + 16];
	if (!plain_address(a))
		return false;
	if (strncmp(a, "unix:", 5) == 0)
		return a[5] != '\0';
	return orl_address_host(host, sizeof(host), a) && keeps_no_secret(a);
}

static int find(const struct orl_recent *r, const char *address)
{
	for (int i = 0; i < r->n; i++)
		if (strcmp(r->hosts[i].address, address) == 0)
			return i;
	return -1;
}

static void take_line(struct orl_recent *out, const char *line, size_t n)
{
	while (n && (line[n - 1] == '\r' || line[n - 1] == ' '))
		n--;
	const char *space = memchr(line, ' ', n);
	size_t length = space ? (size_t)(space - line) : n;
	char address[ORL_RECENT_ADDRESS];
	if (!n || *line == '#' || length >= sizeof(address) ||
			memchr(line, '\0', length) || out->n == ORL_RECENT_MAX)
		return;
	memcpy(address, line, length);
	address[length] = '\0';
	if (!is_address(address) || find(out, address) >= 0)
		return;
	memcpy(out->hosts[out->n].address, address, length + 1);
	out->hosts[out->n].name[0] = '\0';
	if (space)
		copy_plain(out->hosts[out->n].name, ORL_RECENT_NAME, space + 1,
				n - length - 1);
	out->n++;
}

void orl_recent_parse(struct orl_recent *out, const char *text, size_t length)
{
	out->n = 0;
	while (length) {
		const char *end = memchr(text, '\n', length);
		size_t n = end ? (size_t)(end - text) : length;
		take_line(out, text, n);
		n += end != NULL;
		text += n;
		length -= n;
	}
}

bool orl_recent_add(struct orl_recent *r, const char *address, const char *name)
{
	if (strlen(address) >= ORL_RECENT_ADDRESS || !is_address(address))
		return false;
	int at = find(r, address);
	if (at < 0) {
		r->n += r->n < ORL_RECENT_MAX;
		at = r->n - 1;
	}
	memmove(&r->hosts[1], &r->hosts[0], (size_t)at * sizeof(r->hosts[0]));
	snprintf(r->hosts[0].address, ORL_RECENT_ADDRESS, "%s", address);
	copy_plain(r->hosts[0].name, ORL_RECENT_NAME, name, strlen(name));
	return true;
}

size_t orl_recent_format(char *out, size_t size, const struct orl_recent *r)
{
	size_t n = 0;
	for (int i = 0; i < r->n; i++) {
		const char *name = r->hosts[i].name;
		int got = snprintf(out + n, size - n, "%s%s%s\n",
				r->hosts[i].address, *name ? " " : "", name);
		if (got < 0 || (size_t)got >= size - n)
			break;
		n += (size_t)got;
	}
	out[n] = '\0';
	return n;
}

/* ---- on disk ---- */

bool orl_recent_path(char *out, size_t size)
{
	const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	int n;
	if (state && *state == '/')
		n = snprintf(out, size, "%s/oriel/recent", state);
	else if (home && *home == '/')
		n = snprintf(out, size, "%s/.local/state/oriel/recent", home);
	else
		return false;
	return n > 0 && (size_t)n < size;
}

void orl_recent_load(struct orl_recent *out)
{
	char path[1024], *text = malloc(ORL_RECENT_FILE_MAX);
	size_t n = 0;
	out->n = 0;
	if (text && orl_recent_path(path, sizeof(path))) {
		FILE *f = fopen(path, "re");
		if (f) {
			n = fread(text, 1, ORL_RECENT_FILE_MAX, f);
			fclose(f);
		}
		orl_recent_parse(out, text, n);
	}
	free(text);
}

static bool make_folder(char *path)
{
	for (char *p = path + 1; (p = strchr(p, '/')) != NULL; p++) {
		*p = '\0';
		bool ok = mkdir(path, 0700) == 0 || errno == EEXIST;
		*p = '/';
		if (!ok)
			return false;
	}
	return true;
}

static void save(const struct orl_recent *r)
{
	char path[1024], temp[1040];
	char *text = malloc(ORL_RECENT_FILE_MAX);
	if (!text || !orl_recent_path(path, sizeof(path)) ||
			!make_folder(path)) {
		free(text);
		return;
	}
	snprintf(temp, sizeof(temp), "%s.XXXXXX", path);
	size_t n = orl_recent_format(text, ORL_RECENT_FILE_MAX, r);
	int fd = mkostemp(temp, O_CLOEXEC); /* 0600 */
	if (fd >= 0) {
		bool ok = write(fd, text, n) == (ssize_t)n;
		ok = close(fd) == 0 && ok && rename(temp, path) == 0;
		if (!ok)
			unlink(temp);
	}
	free(text);
}

void orl_recent_record(const char *address, const char *name)
{
	struct orl_recent *r = malloc(sizeof(*r));
	if (!r)
		return;
	orl_recent_load(r);
	if (orl_recent_add(r, address, name))
		save(r);
	free(r);
}

bool orl_address_complete(char *out, size_t size, const char *typed)
{
	char host[ORL_RECENT_ADDRESS + 16];
	typed += strspn(typed, " \t");
	size_t length = strlen(typed);
	while (length && (typed[length - 1] == ' '))
		length--;
	const char *scheme = *typed == '/' ? "unix:" : "oriel://";
	if (strncmp(typed, "unix:", 5) == 0 ||
			strncmp(typed, "oriel://", 8) == 0)
		scheme = "";
	int n = snprintf(out, size, "%s%.*s", scheme, (int)length, typed);
	if (!length || n < 0 || (size_t)n >= size || !plain_address(out))
		return false;
	if (strncmp(out, "unix:", 5) == 0)
		return out[5] != '\0';
	return orl_address_host(host, sizeof(host), out);
}
