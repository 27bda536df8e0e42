/*
 * secret.c - passwords: read from a file or from the terminal, and wiped
 * when they have been used. Nothing here prints one.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "client/viewer/viewer.h"

int orl_viewer_read(char **out, size_t *length, const char *path, size_t max)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return errno;
	int err = 0;
	size_t n = 0;
	char *text = malloc(max + 1);
	if (!text)
		err = ENOMEM;
	while (!err) {
		ssize_t got = n < max ? read(fd, text + n, max - n) : 0;
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			err = errno;
		if (got <= 0)
			break;
		n += (size_t)got;
	}
	if (!err && n == max)
		err = EFBIG;
	close(fd);
	if (err) {
		if (text)
			explicit_bzero(text, n);
		free(text);
		return err;
	}
	text[n] = '\0';
	*length = n;
	*out = text;
	return 0;
}

int orl_secret_read(char **out, const char *path)
{
	char *text;
	size_t n;
	int err = orl_viewer_read(&text, &n, path, 4096);
	if (err)
		return err;
	size_t line = strcspn(text, "\r\n");
	explicit_bzero(text + line, n - line);
	if (!line) {
		free(text);
		return ENODATA;
	}
	*out = text;
	return 0;
}

void orl_secret_wipe(char **secret)
{
	if (!*secret)
		return;
	explicit_bzero(*secret, strlen(*secret));
	free(*secret);
	*secret = NULL;
}

bool orl_viewer_wait_for(struct orl_viewer *v, int fd)
{
	struct pollfd fds[] = {
		{ .fd = fd, .events = POLLIN },
		{ .fd = v->quit_pipe[0], .events = POLLIN },
	};
	for (;;) {
		uint64_t deadline = orl_viewer_deadline(v),
			 now = orl_viewer_now();
		int ms = -1;
		if (now >= deadline)
			return false;
		if (deadline != UINT64_MAX && deadline - now < 86400000000000)
			ms = (int)((deadline - now) / 1000000) + 1;
		int n = poll(fds, 2, ms);
		if (n < 0 && errno != EINTR)
			return false;
		if (n > 0)
			return !fds[1].revents;
	}
}

static bool read_line(struct orl_viewer *v, int tty, char *out, size_t size)
{
	size_t n = 0;
	while (orl_viewer_wait_for(v, tty)) {
		char c;
		if (read(tty, &c, 1) != 1)
			return false;
		if (c == '\n') {
			out[n] = '\0';
			return true;
		}
		/* Too long: what does not fit makes the answer wrong. */
		if (n + 1 < size)
			out[n++] = c;
	}
	return false;
}

static void put(int fd, const char *text)
{
	if (write(fd, text, strlen(text)) < 0)
		return; /* the answer, or its absence, will tell */
}

enum orl_answer orl_terminal_ask(struct orl_viewer *v, const char *question,
		bool echo, char *out, size_t size)
{
	struct termios before, quiet;
	int tty = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (tty < 0)
		return ORL_NO_TERMINAL;
	if (tcgetattr(tty, &before) != 0) {
		close(tty);
		return ORL_NO_TERMINAL;
	}
	quiet = before;
	quiet.c_lflag |= ICANON;
	if (!echo)
		quiet.c_lflag &= ~(tcflag_t)ECHO;
	/* What was typed before the question answers something else. */
	tcsetattr(tty, TCSAFLUSH, &quiet);
	put(tty, question);
	bool answered = read_line(v, tty, out, size);
	if (!answered)
		explicit_bzero(out, size);
	tcsetattr(tty, TCSAFLUSH, &before);
	if (!echo || !answered)
		put(tty, "\n");
	close(tty);
	return answered ? ORL_ANSWERED : ORL_NOT_ANSWERED;
}
