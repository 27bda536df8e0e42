/*
 * print_helper.c - oriel-ipp as a process: where it is, the socket that it
 * listens on, how it is started and ended.
 *
 * The socket is ours and stays when the helper dies, so that print systems
 * keep their address.
 */
#include "capture/print_helper.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "capture/capture.h"
#include "capture/files.h"

enum {
	SECRET_BYTES = 16,
	WORDS = 512, /* more than there are printers, and states of jobs */
	PATIENCE_S = 10,
};

struct orl_print_word {
	struct orl_print_word *next;
	enum orl_printpipe_kind kind;
	uint32_t of; /* a job or a slot */
	uint32_t bytes;
	size_t n;
	uint8_t packet[];
};

int orl_print_spawn(pid_t *pid, char *const *argv, char *const *environment,
		int pipe, int listener)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	sigset_t none;

	sigemptyset(&none);
	posix_spawn_file_actions_init(&files);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK);
	posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDWR, 0);
	posix_spawn_file_actions_adddup2(&files, 2, 1);
	if (pipe >= 0) {
		posix_spawn_file_actions_adddup2(&files, pipe, 3);
		posix_spawn_file_actions_adddup2(&files, listener, 4);
	}
	int err = posix_spawn(pid, argv[0], &files, &attr, argv, environment);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&files);
	return err;
}

int orl_print_helper_start(struct orl_print_helper *h)
{
	char *const argv[] = { h->path, NULL }, *const none[] = { NULL };
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return errno;
	/* Away from where it is to be there. */
	int there = fcntl(ends[1], F_DUPFD_CLOEXEC, 10);
	close(ends[1]);
	if (there < 0) {
		close(ends[0]);
		return EMFILE;
	}
	int err = orl_print_spawn(&h->pid, argv, none, there, h->listener);
	close(there);
	if (err) {
		h->pid = 0;
		close(ends[0]);
		return err;
	}
	h->pipe = ends[0];
	return 0;
}

/* ---- what it is told --------------------------------------------------- */

static void drop_word(struct orl_print_helper *h)
{
	struct orl_print_word *first = h->words;

	h->words = first->next;
	h->word_count--;
	h->since = orl_now();
	free(first);
}

static int transmit(
		const struct orl_print_helper *h, const void *packet, size_t n)
{
	return send(h->pipe, packet, n, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 ? errno
									 : 0;
}

static uint32_t is_of(const struct orl_printpipe *m)
{
	return m->kind == ORL_PIPE_PRINTER || m->kind == ORL_PIPE_GONE ? m->slot
								       : m->job;
}

/* A printer that comes or goes makes of no account what it was before. */
static bool replaces(const struct orl_printpipe *m,
		const struct orl_print_word *word)
{
	enum orl_printpipe_kind kind = m->kind;

	if (kind == ORL_PIPE_GONE)
		kind = ORL_PIPE_PRINTER;
	return is_of(m) == word->of && kind != ORL_PIPE_SETUP &&
	       kind == (word->kind == ORL_PIPE_GONE ? ORL_PIPE_PRINTER
						    : word->kind);
}

/* At the end, or in the place of one that says nothing any more. */
static int keep(struct orl_print_helper *h, const struct orl_printpipe *m)
{
	struct orl_print_word **place = &h->words, *word, *old;
	uint8_t packet[ORL_PIPE_PACKET_MAX];
	struct orl_printpipe sum = *m;
	size_t n;

	while (*place && !replaces(m, *place))
		place = &(*place)->next;
	old = *place;
	if (old && m->kind == ORL_PIPE_CREDIT)
		sum.bytes += old->bytes;
	n = orl_printpipe_put(packet, &sum);
	word = malloc(sizeof(*word) + n);
	if (!word || (!old && h->word_count == WORDS)) {
		free(word);
		return EAGAIN;
	}
	*word = (struct orl_print_word){ .next = old ? old->next : NULL,
		.kind = m->kind,
		.of = is_of(m),
		.bytes = sum.bytes,
		.n = n };
	memcpy(word->packet, packet, n);
	if (!h->words)
		h->since = orl_now();
	h->word_count += !old;
	*place = word;
	free(old);
	return 0;
}

int orl_print_helper_tell(
		struct orl_print_helper *h, const struct orl_printpipe *m)
{
	uint8_t packet[ORL_PIPE_PACKET_MAX];
	int err = EAGAIN;

	if (!h->words)
		err = transmit(h, packet, orl_printpipe_put(packet, m));
	return err == EAGAIN ? keep(h, m) : err;
}

int orl_print_helper_flush(struct orl_print_helper *h)
{
	int err = 0;

	while (h->words && !err) {
		err = transmit(h, h->words->packet, h->words->n);
		if (!err)
			drop_word(h);
	}
	if (err == EAGAIN && orl_now() < h->since + PATIENCE_S * ORL_SEC)
		err = 0;
	return err;
}

bool orl_print_helper_waits(const struct orl_print_helper *h, uint64_t *due)
{
	if (!h->words)
		return false;
	if (h->since + PATIENCE_S * ORL_SEC < *due)
		*due = h->since + PATIENCE_S * ORL_SEC;
	return true;
}

/* ---- beginning and end ------------------------------------------------- */

void orl_print_helper_stop(struct orl_print_helper *h)
{
	if (!h->pid)
		return;
	close(h->pipe);
	h->pipe = -1;
	while (h->words)
		drop_word(h);
	kill(h->pid, SIGKILL);
	while (waitpid(h->pid, NULL, 0) < 0 && errno == EINTR)
		;
	h->pid = 0;
}

/* Beside this program where it was built, or where it is installed. */
static bool find_helper(struct orl_print_helper *h)
{
	static const char *const places[] = { "oriel-ipp",
		"../libexec/oriel/oriel-ipp" };
	char self[3072];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *end;

	if (n <= 0)
		return false;
	self[n] = 0;
	end = strrchr(self, '/');
	if (!end)
		return false;
	*end = 0;
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		snprintf(h->path, sizeof(h->path), "%s/%s", self, places[i]);
		if (access(h->path, X_OK) == 0)
			return true;
	}
	return false;
}

static int make_secret(struct orl_print_helper *h, const char *path, char *why)
{
	unsigned char bytes[SECRET_BYTES];
	char *text;
	size_t n;
	int err;

	if (!path) {
		if (getrandom(bytes, sizeof(bytes), 0) !=
				(ssize_t)sizeof(bytes)) {
			snprintf(why, ORL_WHY_MAX, "there is no randomness");
			return ORL_EXIT_INTERNAL;
		}
		for (int i = 0; i < SECRET_BYTES; i++)
			snprintf(h->secret + 2 * i, 3, "%02x", bytes[i]);
		return ORL_EXIT_OK;
	}
	err = orl_file_read(&text, &n, path, 4096);
	if (err) {
		snprintf(why, ORL_WHY_MAX, "--print-secret=%.120s: %s", path,
				strerror(-err));
		return ORL_EXIT_USAGE;
	}
	size_t length = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-");
	bool ok = length >= 16 && length <= ORL_PIPE_SECRET_MAX &&
		  (length == n || text[length] == '\n');
	if (ok)
		memcpy(h->secret, text, length);
	orl_file_free(text, n);
	if (!ok)
		snprintf(why, ORL_WHY_MAX,
				"--print-secret=%.80s: its first line is to "
				"be 16 to 64 small letters, digits and "
				"dashes",
				path);
	return ok ? ORL_EXIT_OK : ORL_EXIT_USAGE;
}

static int listen_on(struct orl_print_helper *h, const char *number, char *why)
{
	char *end;
	unsigned long port = strtoul(number, &end, 10);
	struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
		.sin_port = htons((uint16_t)port) };
	socklen_t n = sizeof(at);
	int yes = 1, fd;

	if (number[0] < '0' || number[0] > '9' || *end || port > 65535) {
		snprintf(why, ORL_WHY_MAX,
				"--print=PORT: a port is a number up to "
				"65535, 0 takes a free one");
		return ORL_EXIT_USAGE;
	}
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0) {
		h->listener = fcntl(fd, F_DUPFD_CLOEXEC, 10);
		close(fd);
	}
	if (h->listener < 0 ||
			setsockopt(h->listener, SOL_SOCKET, SO_REUSEADDR, &yes,
					sizeof(yes)) < 0 ||
			bind(h->listener, (struct sockaddr *)&at, sizeof(at)) <
					0 ||
			listen(h->listener, 16) < 0 ||
			getsockname(h->listener, (struct sockaddr *)&at, &n) <
					0) {
		snprintf(why, ORL_WHY_MAX, "--print=%.8s: %s", number,
				strerror(errno));
		return ORL_EXIT_CONNECT;
	}
	h->port = ntohs(at.sin_port);
	return ORL_EXIT_OK;
}

int orl_print_helper_open(struct orl_print_helper *h, const char *port,
		const char *secret_file, char *why)
{
	int status;

	*h = (struct orl_print_helper){ .listener = -1, .pipe = -1 };
	status = make_secret(h, secret_file, why);
	if (!status && !find_helper(h)) {
		snprintf(why, ORL_WHY_MAX,
				"--print: oriel-ipp is not installed; it is "
				"built where libcups2-dev is");
		status = ORL_EXIT_USAGE;
	}
	return status ? status : listen_on(h, port, why);
}

void orl_print_helper_close(struct orl_print_helper *h)
{
	orl_print_helper_stop(h);
	if (h->listener >= 0)
		close(h->listener);
	h->listener = -1;
}
