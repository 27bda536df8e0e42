/*
 * clip_wayland_pipe.c - pipes as ends of pastes, as a compositor hands them to
 * programs.
 *
 * Weston (10) gives bytes to the last of a program's data devices only, and
 * that is SDL's: a pipe is then closed before anything has come. wl-paste, as a
 * program of its own, gets them where it is installed.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <oriel/oriel.h>

#include "client/viewer/clip_wayland.h"

enum { PIECE = 64 << 10 };

#define PATIENCE UINT64_C(10000000000)

void orl_pipe_end(struct orl_pipe *job)
{
	close(job->fd);
	if (job->child) {
		kill(job->child, SIGKILL);
		waitpid(job->child, NULL, 0);
	}
	*job = (struct orl_pipe){ .fd = -1 };
}

struct orl_pipe *orl_pipe_new(struct orl_wayland *w, int fd, bool out)
{
	for (size_t i = 0; i < ORL_PIPES; i++) {
		struct orl_pipe *job = &w->jobs[i];

		if (job->w)
			continue;
		fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
		fcntl(fd, F_SETFD, FD_CLOEXEC);
		*job = (struct orl_pipe){
			.w = w, .fd = fd, .out = out, .by = w->now + PATIENCE
		};
		return job;
	}
	close(fd);
	return NULL;
}

static int64_t job_write(void *end, const void *p, size_t n)
{
	struct orl_pipe *job = end;
	ssize_t k = write(job->fd, p, n);

	if (k < 0 && errno != EAGAIN && errno != EINTR)
		return ORIEL_EIO;
	k = k < 0 ? 0 : k;
	job->wanted = (size_t)k < n;
	job->by = job->w->now + PATIENCE;
	return k;
}

static void job_finish(void *end)
{
	orl_pipe_end(end);
}

static void job_used(void *end, size_t n, bool empty)
{
	struct orl_pipe *job = end;

	(void)n;
	job->wanted = empty;
	job->by = job->w->now + PATIENCE;
}

static void job_fail(void *end, int error, const char *why)
{
	(void)error;
	(void)why;
	orl_pipe_end(end);
}

const struct orl_paste_ops orl_pipe_ops = {
	.write = job_write,
	.finish = job_finish,
	.used = job_used,
	.fail = job_fail,
};

void orl_pipe_over(struct orl_pipe *job, int error)
{
	struct orl_paste *paste = job->paste;
	const void *end = job;

	orl_pipe_end(job);
	orl_paste_ended(paste, end, error,
			"the program that has it does not give it");
}

/* Nothing came: see the top of this file. */
static bool try_program(struct orl_pipe *job)
{
	extern char **environ;
	posix_spawn_file_actions_t actions;
	char program[] = "wl-paste", bare[] = "-n", type[] = "-t";
	char *argv[] = { program, bare, type, job->name, NULL };
	int fds[2], err;

	if (!job->name[0] || job->child || pipe2(fds, O_CLOEXEC) < 0)
		return false;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, fds[1], STDOUT_FILENO);
	posix_spawn_file_actions_addopen(
			&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	err = posix_spawnp(&job->child, argv[0], &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	close(fds[1]);
	if (err) {
		job->child = 0;
		close(fds[0]);
		return false;
	}
	close(job->fd);
	job->fd = fds[0];
	fcntl(job->fd, F_SETFL, fcntl(job->fd, F_GETFL) | O_NONBLOCK);
	return true;
}

static void job_read(struct orl_pipe *job)
{
	static uint8_t bytes[PIECE];
	ssize_t n = read(job->fd, bytes, sizeof(bytes));

	if (n > 0) {
		job->wanted = false;
		job->name[0] = 0;
		orl_paste_data(job->paste, bytes, (size_t)n);
	} else if (n == 0) {
		if (!try_program(job))
			orl_pipe_over(job, 0);
	} else if (errno != EAGAIN && errno != EINTR) {
		orl_pipe_over(job, ORIEL_EIO);
	}
	explicit_bzero(bytes, n > 0 ? (size_t)n : 0);
}

void orl_pipe_run(struct orl_pipe *job, short revents, uint64_t now)
{
	if (job->wanted && now >= job->by) {
		orl_pipe_over(job, ORIEL_ETIMEOUT);
	} else if (!job->wanted || !revents) {
		return;
	} else if (!job->out) {
		job_read(job);
	} else {
		job->wanted = false;
		orl_paste_ready(job->paste);
	}
}
