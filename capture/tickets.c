/*
 * tickets.c - see tickets.h.
 */
#include "capture/tickets.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "capture/passwd.h"

static bool blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* One line; false for a comment and for what is not understood. */
static bool get_line(struct orl_ticket *out, const char *p, size_t n)
{
	uint64_t expires = 0;
	size_t i = 0, digits = 0;

	if (!n || *p == '#')
		return false;
	for (; i < n && !blank(p[i]); i++) {
		if (i == ORL_TICKET_MAX || p[i] < 0x21 || p[i] > 0x7e)
			return false;
		out->text[i] = p[i];
	}
	out->text[i] = 0;
	while (i < n && blank(p[i]))
		i++;
	for (; i < n && p[i] >= '0' && p[i] <= '9'; i++) {
		if (++digits > 18)
			return false;
		expires = expires * 10 + (uint64_t)(p[i] - '0');
	}
	while (i < n && blank(p[i]))
		i++;
	out->expires = digits ? expires : UINT64_MAX;
	return i == n && *out->text;
}

bool orl_tickets_next(struct orl_ticket *out, const char *text, size_t n,
		size_t *at, uint64_t now)
{
	while (*at < n) {
		const char *line = text + *at;
		const char *end = memchr(line, '\n', n - *at);
		size_t len = end ? (size_t)(end - line) : n - *at;
		out->offset = *at;
		*at += len + (end != NULL);
		if (get_line(out, line, len) && out->expires > now)
			return true;
	}
	return false;
}

static int open_file(const char *path, int flags, char *why, size_t size)
{
	int fd = open(path, flags | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0)
		snprintf(why, size, "%s: %s", path, strerror(errno));
	return fd;
}

/* Search the open file: for any ticket, or for this one. */
static int search(struct orl_ticket *out, const char *wanted, int fd,
		const char *path, uint64_t now, char *why, size_t size)
{
	char *text;
	size_t n, at = 0;
	int err = orl_passwd_read(&text, &n, fd, path, why, size);
	bool found = false;

	if (err)
		return err;
	if (n > ORL_PASSWD_FILE_MAX) {
		snprintf(why, size, "%s is larger than 1 MiB", path);
		err = ORIEL_ELIMIT;
	}
	while (!err && !found && orl_tickets_next(out, text, n, &at, now))
		found = !wanted || strcmp(out->text, wanted) == 0;
	if (!err && !found) {
		snprintf(why, size,
				wanted ? "the ticket was used or has expired"
				       : "%s holds no ticket that is valid",
				path);
		err = ORIEL_EAUTH;
	}
	orl_passwd_wipe(text, n);
	free(text);
	return err;
}

int orl_tickets_pick(struct orl_ticket *out, const char *path, uint64_t now,
		char *why, size_t size)
{
	int fd = open_file(path, O_RDONLY, why, size);

	if (fd < 0)
		return ORIEL_EIO;
	int err = search(out, NULL, fd, path, now, why, size);
	close(fd);
	return err;
}

int orl_tickets_spend(const char *path, const char *ticket, uint64_t now,
		char *why, size_t size)
{
	struct orl_ticket found;
	char marks[ORL_TICKET_MAX], unused[1];
	int fd = open_file(path, O_RDWR, why, size);

	if (fd < 0)
		return ORIEL_EIO;
	while (flock(fd, LOCK_EX)) {
		if (errno != EINTR) {
			snprintf(why, size, "%s: %s", path, strerror(errno));
			close(fd);
			return ORIEL_EIO;
		}
	}
	int err = search(&found, ticket, fd, path, now, why, size);
	while (!err) {
		size_t n = strlen(found.text);
		memset(marks, '#', n);
		if (pwrite(fd, marks, n, (off_t)found.offset) != (ssize_t)n ||
				fsync(fd)) {
			snprintf(why, size, "%s: %s", path, strerror(errno));
			err = ORIEL_EIO;
			break;
		}
		/* Who wrote it twice still meant one use. */
		if (search(&found, ticket, fd, path, now, unused,
				    sizeof(unused)) != 0)
			break;
	}
	orl_passwd_wipe(&found, sizeof(found));
	close(fd);
	return err;
}
