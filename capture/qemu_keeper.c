/*
 * qemu_keeper.c - the process between this program and a machine it launched.
 *
 * It has no controlling terminal and no part in what the program does; all it
 * knows is two children and one socket. When the socket ends before it was
 * told to keep the machine, the launch has failed and the machine goes, too.
 */
#include "capture/qemu_keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { DAEMON_MS = 5000, FAREWELL_MS = 100, FDS = 1024 };

void orl_keeper_path(char out[ORL_KEEPER_PATH], const struct orl_keeper *k,
		const char *name)
{
	snprintf(out, ORL_KEEPER_PATH, "%.*s/%s", ORL_KEEPER_PATH - 20,
			k->folder, name);
}

void orl_keeper_clear(const struct orl_keeper *k)
{
	char path[ORL_KEEPER_PATH];

	if (!k->folder[0])
		return;
	orl_keeper_path(path, k, "bus");
	unlink(path);
	orl_keeper_path(path, k, "bus.conf");
	unlink(path);
	rmdir(k->folder);
}

/* ---- children ---------------------------------------------------------- */

/* What every child begins with. */
static void be_child(void)
{
	sigset_t none;

	setsid();
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
}

/* Only what it needs: the rest is of whoever started this, root perhaps. */
static int new_environment(const struct orl_keeper_user *user)
{
	static const char *const kept[] = { "PATH", "LANG", "LC_ALL", "TERM",
		"TZ" };
	char *values[sizeof(kept) / sizeof(kept[0])];
	size_t n = sizeof(kept) / sizeof(kept[0]);
	int bad = 0;

	for (size_t i = 0; i < n; i++) {
		const char *value = getenv(kept[i]);

		values[i] = value ? strdup(value) : NULL;
	}
	clearenv();
	for (size_t i = 0; i < n; i++)
		if (values[i])
			bad |= setenv(kept[i], values[i], 1);
	bad |= setenv("HOME", user->home, 1);
	bad |= setenv("USER", user->name, 1);
	bad |= setenv("LOGNAME", user->name, 1);
	return bad;
}

/* Become another user, for good. */
static int be_user(const struct orl_keeper_user *user)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	/* What is typed at our terminal is not for it. */
	if (null < 0 || dup2(null, 0) < 0)
		return -1;
	umask(077);
	if (initgroups(user->name, user->gid) < 0 ||
			setresgid(user->gid, user->gid, user->gid) < 0 ||
			setresuid(user->uid, user->uid, user->uid) < 0 ||
			prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -1;
	/* Setting ids can succeed in name only. */
	if (user->uid && (setuid(0) == 0 || getuid() != user->uid ||
					 getgid() != user->gid)) {
		errno = EPERM;
		return -1;
	}
	return new_environment(user);
}

/* Returns once it listens. */
static pid_t start_bus(const struct orl_keeper *k)
{
	char path[ORL_KEEPER_PATH], option[ORL_KEEPER_PATH + 20], line[256];
	struct pollfd fd;
	int ends[2];
	ssize_t n = 0;
	pid_t pid;

	orl_keeper_path(path, k, "bus.conf");
	snprintf(option, sizeof(option), "--config-file=%s", path);
	if (pipe2(ends, O_CLOEXEC) < 0)
		return -1;
	pid = fork();
	if (pid == 0) {
		int null = open("/dev/null", O_RDWR | O_CLOEXEC);

		be_child();
		/* It warns of limits that do not matter for two clients. */
		if (null < 0 || dup2(null, 0) < 0 || dup2(ends[1], 1) < 0 ||
				dup2(null, 2) < 0 ||
				prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
			_exit(126);
		execlp("dbus-daemon", "dbus-daemon", option, "--nofork",
				"--nopidfile", "--print-address=1",
				(char *)NULL);
		_exit(127);
	}
	close(ends[1]);
	fd = (struct pollfd){ .fd = ends[0], .events = POLLIN };
	if (pid > 0 && poll(&fd, 1, DAEMON_MS) > 0)
		n = read(ends[0], line, sizeof(line));
	close(ends[0]);
	if (n > 0)
		return pid;
	if (pid > 0)
		kill(pid, SIGKILL);
	return -1;
}

/* The daemon lets all users in as far as its policy; no other gets there. */
static int own_socket(const struct orl_keeper *k)
{
	char path[ORL_KEEPER_PATH];

	orl_keeper_path(path, k, "bus");
	if (chmod(path, 0600) < 0)
		return -1;
	return k->user.name ? chown(path, k->user.uid, k->user.gid) : 0;
}

/* "audiodev=ID" when there is an "-audiodev dbus,id=ID", else "". */
static void sound_of(char *out, size_t size, char *const *command)
{
	out[0] = 0;
	for (size_t i = 0; command[i] && command[i + 1]; i++) {
		const char *value = command[i + 1], *id = strstr(value, ",id=");

		if (strcmp(command[i], "-audiodev") == 0 && id &&
				strncmp(value, "dbus,", 5) == 0)
			snprintf(out, size, ",audiodev=%.*s",
					(int)strcspn(id + 4, ","), id + 4);
	}
}

static pid_t start_machine(const struct orl_keeper *k)
{
	char display[ORL_KEEPER_PATH + 120], sound[80], option[] = "-display";
	size_t n = 0;
	char **argv;
	pid_t pid;

	sound_of(sound, sizeof(sound), k->command);
	snprintf(display, sizeof(display), "dbus,addr=unix:path=%s/bus%s",
			k->folder, sound);
	while (k->command[n])
		n++;
	argv = calloc(n + 3, sizeof(*argv));
	if (!argv)
		return -1;
	memcpy(argv, k->command, n * sizeof(*argv));
	argv[n] = option;
	argv[n + 1] = display;
	pid = fork();
	if (pid == 0) {
		be_child();
		/* Our own standard output is read by programs. */
		dup2(2, 1);
		if (k->user.name && be_user(&k->user) < 0) {
			fprintf(stderr, "oriel-serve: becoming %s: %s\n",
					k->user.name, strerror(errno));
			_exit(126);
		}
		execvp(argv[0], argv);
		fprintf(stderr, "oriel-serve: %s: %s\n", argv[0],
				strerror(errno));
		_exit(127);
	}
	free(argv);
	return pid;
}

/* ---- the keeper -------------------------------------------------------- */

/* What a program that is executed would not have either. */
static void close_inherited(const struct orl_keeper *k)
{
	for (int fd = 3; fd < FDS; fd++) {
		int flags = fcntl(fd, F_GETFD);

		if (fd != k->control && flags >= 0 && flags & FD_CLOEXEC)
			close(fd);
	}
}

static void tell(const struct orl_keeper *k, enum orl_keeper_what what,
		int status)
{
	struct orl_keeper_news news = { what, status };

	/* Nobody need be there. */
	if (k->control >= 0)
		(void)!send(k->control, &news, sizeof(news),
				MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* Reap, until this one ends; its status. */
static int wait_for(pid_t pid)
{
	int status = 0;

	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return status;
}

static void end_now(pid_t pid)
{
	kill(pid, SIGKILL);
	wait_for(pid);
}

/* Ask it to end, and insist when it has had its time: in ms, -1 never. */
static int patience(struct orl_keeper *k, pid_t machine, bool *keep)
{
	char byte = 0;
	ssize_t n = recv(k->control, &byte, 1, MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return -1;
	if (n == 1 && byte == ORL_KEEPER_KEEP) {
		*keep = true;
		return -1;
	}
	if (n <= 0) {
		close(k->control);
		k->control = -1;
		if (*keep)
			return -1;
	}
	kill(machine, SIGTERM);
	return ORL_KEEPER_CALM_MS;
}

/* Returns the machine's status when it has ended. */
static int keep(struct orl_keeper *k, pid_t machine, int children)
{
	struct signalfd_siginfo info;
	bool keeps = false;
	int status, wait = -1;

	while (waitpid(machine, &status, WNOHANG) == 0) {
		struct pollfd fds[2] = { { children, POLLIN, 0 },
			{ k->control, POLLIN, 0 } };
		int n = poll(fds, 2, wait);

		if (n == 0)
			kill(machine, SIGKILL);
		if (n > 0 && fds[0].revents)
			(void)!read(children, &info, sizeof(info));
		if (n > 0 && fds[1].revents)
			wait = patience(k, machine, &keeps);
	}
	return status;
}

void orl_keeper_run(struct orl_keeper *k)
{
	pid_t bus, machine = -1;
	int children;
	sigset_t set;

	setsid();
	prctl(PR_SET_NAME, "oriel-keeper", 0, 0, 0);
	close_inherited(k);
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_SETMASK, &set, NULL);
	children = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	bus = children < 0 ? -1 : start_bus(k);
	if (bus > 0 && own_socket(k) == 0)
		machine = start_machine(k);
	if (machine > 0) {
		tell(k, ORL_KEEPER_STARTED, 0);
		tell(k, ORL_KEEPER_ENDED, keep(k, machine, children));
	} else {
		tell(k, bus < 0 ? ORL_KEEPER_NO_BUS : ORL_KEEPER_NO_MACHINE, 0);
	}
	/* It tells those who still listen that the machine's name is free. */
	if (machine > 0)
		poll(NULL, 0, FAREWELL_MS);
	if (bus > 0)
		end_now(bus);
	orl_keeper_clear(k);
	_exit(0);
}
