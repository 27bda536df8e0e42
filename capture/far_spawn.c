/*
 * far_spawn.c - the helper of a far source as a process: found beside this
 * program or where `make install` puts it, given one socket and nothing else.
 */
#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "capture/far_check.h"
#include "capture/far_source.h"

enum {
	PATIENCE_MS = 500, /* for it to let go of keys and leave */
	STEP_US = 5000,
};

static void find(char *out, size_t size, const char *name)
{
	char self[ORL_FAR_PATH / 2], *slash;
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	self[n > 0 ? n : 0] = 0;
	slash = strrchr(self, '/');
	if (slash)
		*slash = 0;
	snprintf(out, size, "%s/%s", self, name);
	if (access(out, X_OK) == 0)
		return;
	snprintf(out, size, "%s/../libexec/oriel/%s", self, name);
}

/* With its end of the pair as ORL_FAR_FD, and signals as they are at first. */
static int start(pid_t *pid, const char *path, const char *name, int fd)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	char word[64];
	char *argv[] = { word, NULL };
	extern char **environ;
	sigset_t none, all;
	int err;

	snprintf(word, sizeof(word), "%s", name);
	sigemptyset(&none);
	sigfillset(&all);
	posix_spawn_file_actions_init(&actions);
	posix_spawnattr_init(&attr);
	err = posix_spawn_file_actions_adddup2(&actions, fd, ORL_FAR_FD);
	/* What libraries write there would be taken for ours. */
	if (!err)
		err = posix_spawn_file_actions_adddup2(
				&actions, STDERR_FILENO, STDOUT_FILENO);
	if (!err)
		err = posix_spawnattr_setsigmask(&attr, &none);
	if (!err)
		err = posix_spawnattr_setsigdefault(&attr, &all);
	if (!err)
		err = posix_spawnattr_setflags(&attr,
				POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	if (!err)
		err = posix_spawn(pid, path, &actions, &attr, argv, environ);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&actions);
	return err;
}

static int send_config(const struct orl_far *f)
{
	struct orl_far_head head = { .what = ORL_FAR_CONFIG,
		.size = sizeof(f->config) };
	struct iovec parts[] = { { &head, sizeof(head) },
		{ (void *)(uintptr_t)&f->config, sizeof(f->config) } };
	struct msghdr m = { .msg_iov = parts, .msg_iovlen = 2 };

	return sendmsg(f->fd, &m, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

int orl_far_spawn(struct orl_far *f, char *why)
{
	char path[ORL_FAR_PATH];
	int ends[2], err;

	find(path, sizeof(path), f->helper);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0) {
		snprintf(why, ORL_WHY_MAX, "%s: %s", f->source.kind->name,
				strerror(errno));
		return -1;
	}
	/* dup2() onto itself would leave it to be closed by exec. */
	if (ends[1] == ORL_FAR_FD) {
		ends[1] = ends[0];
		ends[0] = ORL_FAR_FD;
	}
	err = start(&f->pid, path, f->helper, ends[1]);
	close(ends[1]);
	if (err) {
		close(ends[0]);
		f->pid = 0;
		snprintf(why, ORL_WHY_MAX,
				"%s: its program cannot be started: %.120s: "
				"%s; install Oriel as a whole",
				f->source.kind->name, path, strerror(err));
		return -1;
	}
	f->fd = ends[0];
	send_config(f);
	return 0;
}

void orl_far_reap(struct orl_far *f)
{
	if (f->map)
		munmap(f->map, orl_far_bytes(f->far_width, f->far_height));
	f->map = NULL;
	f->far_width = f->far_height = 0;
	f->drawn = f->unanswered = false;
	if (f->fd >= 0)
		close(f->fd);
	f->fd = -1;
	for (int i = 0; f->pid && i < PATIENCE_MS * 1000 / STEP_US; i++) {
		if (waitpid(f->pid, NULL, WNOHANG) == f->pid)
			f->pid = 0;
		else
			usleep(STEP_US);
		/* While viewers look nobody waits for it. */
		if (f->ended)
			break;
	}
	if (f->pid) {
		kill(f->pid, SIGKILL);
		waitpid(f->pid, NULL, 0);
	}
	f->pid = 0;
}
