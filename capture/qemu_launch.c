/*
 * qemu_launch.c - a virtual machine of our own, on a bus of its own.
 *
 * The bus is a dbus-daemon with a configuration made for it: one socket in a
 * folder that only this user can enter, no services to start. Both children
 * are told to end when this program does, however it does.
 */
#include "capture/qemu.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { DAEMON_MS = 5000, END_MS = 3000, PATH_ROOM = 160 };

struct orl_qemu_launch {
	char folder[PATH_ROOM]; /* "": none */
	pid_t bus, machine;     /* 0: none */
	int status;             /* of the machine, once it has ended */
	bool ended;
};

static const char config[] =
		"<!DOCTYPE busconfig PUBLIC \"-//freedesktop//DTD D-Bus Bus "
		"Configuration 1.0//EN\" "
		"\"http://www.freedesktop.org/standards/"
		"dbus/1.0/busconfig.dtd\">\n"
		"<busconfig>\n"
		"<type>oriel</type>\n"
		"<listen>unix:path=%s/bus</listen>\n"
		"<auth>EXTERNAL</auth>\n"
		"<policy context=\"default\">\n"
		"<deny own=\"*\"/>\n"
		"<allow own=\"org.qemu\"/>\n"
		"<allow send_destination=\"*\" eavesdrop=\"false\"/>\n"
		"<allow receive_sender=\"*\"/>\n"
		"</policy>\n"
		"<limit name=\"max_message_size\">134217728</limit>\n"
		"<limit name=\"max_incoming_bytes\">536870912</limit>\n"
		"<limit name=\"max_outgoing_bytes\">536870912</limit>\n"
		"<limit name=\"max_completed_connections\">64</limit>\n"
		"</busconfig>\n";

/* ---- files ------------------------------------------------------------- */

/* What neither XML, D-Bus addresses nor QEMU's options give a meaning to. */
static bool is_plain(const char *path)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOP"
				    "QRSTUVWXYZ0123456789/._-";

	return path && path[0] == '/' && !path[strspn(path, plain)] &&
	       strlen(path) < PATH_ROOM - 20 &&
	       /* A socket's path has to fit as well. */
	       strlen(path) < 80;
}

static int make_folder(struct orl_qemu_launch *l)
{
	const char *parent = getenv("XDG_RUNTIME_DIR");

	if (!is_plain(parent) || access(parent, W_OK) < 0)
		parent = getenv("TMPDIR");
	if (!is_plain(parent))
		parent = "/tmp";
	snprintf(l->folder, sizeof(l->folder), "%s/oriel-XXXXXX", parent);
	if (mkdtemp(l->folder))
		return 0;
	l->folder[0] = 0;
	return -1;
}

static void path_of(char out[PATH_ROOM], const struct orl_qemu_launch *l,
		const char *name)
{
	snprintf(out, PATH_ROOM, "%.*s/%s", PATH_ROOM - 20, l->folder, name);
}

static int write_config(const struct orl_qemu_launch *l)
{
	char path[PATH_ROOM];
	FILE *f;
	int bad;

	path_of(path, l, "bus.conf");
	f = fopen(path, "wxe");
	if (!f)
		return -1;
	bad = fprintf(f, config, l->folder) < 0;
	return fclose(f) < 0 || bad ? -1 : 0;
}

/* ---- children ---------------------------------------------------------- */

/* What every child begins with; `parent` is who started it. */
static void be_child(pid_t parent)
{
	sigset_t none;

	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		_exit(1);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
}

/* Returns once it listens. */
static int start_bus(struct orl_qemu_launch *l)
{
	pid_t parent = getpid();
	char path[PATH_ROOM], line[256];
	struct pollfd fd;
	int ends[2];
	ssize_t n = 0;

	path_of(path, l, "bus.conf");
	if (pipe2(ends, O_CLOEXEC) < 0)
		return -1;
	l->bus = fork();
	if (l->bus == 0) {
		char option[PATH_ROOM + 20];
		int null = open("/dev/null", O_RDWR | O_CLOEXEC);

		be_child(parent);
		setpgid(0, 0); /* ^C is for us and the machine */
		snprintf(option, sizeof(option), "--config-file=%s", path);
		/* It warns of limits that do not matter for two clients. */
		if (null < 0 || dup2(null, 0) < 0 || dup2(ends[1], 1) < 0 ||
				dup2(null, 2) < 0)
			_exit(126);
		execlp("dbus-daemon", "dbus-daemon", option, "--nofork",
				"--nopidfile", "--print-address=1",
				(char *)NULL);
		_exit(127);
	}
	close(ends[1]);
	fd = (struct pollfd){ .fd = ends[0], .events = POLLIN };
	if (l->bus > 0 && poll(&fd, 1, DAEMON_MS) > 0)
		n = read(ends[0], line, sizeof(line));
	close(ends[0]);
	if (l->bus < 0)
		l->bus = 0;
	return n > 0 ? 0 : -1;
}

static int start_machine(struct orl_qemu_launch *l, char *const *command,
		const char *address)
{
	pid_t parent = getpid();
	char display[PATH_ROOM + 40], option[] = "-display";
	size_t n = 0;
	char **argv;

	snprintf(display, sizeof(display), "dbus,addr=%s", address);
	while (command[n])
		n++;
	argv = calloc(n + 3, sizeof(*argv));
	if (!argv)
		return -1;
	memcpy(argv, command, n * sizeof(*argv));
	argv[n] = option;
	argv[n + 1] = display;
	fflush(NULL);
	l->machine = fork();
	if (l->machine == 0) {
		be_child(parent);
		/* Our own standard output is read by programs. */
		dup2(2, 1);
		execvp(argv[0], argv);
		fprintf(stderr, "oriel-serve: %s: %s\n", argv[0],
				strerror(errno));
		_exit(127);
	}
	free(argv);
	if (l->machine > 0)
		return 0;
	l->machine = 0;
	return -1;
}

int orl_qemu_launch(struct orl_qemu_launch **out, char *const *command,
		char *address, size_t size, char *why)
{
	struct orl_qemu_launch *l = calloc(1, sizeof(*l));
	const char *wrong = NULL;

	if (!l)
		wrong = "out of memory";
	else if (make_folder(l) < 0 || write_config(l) < 0)
		wrong = "no folder for its bus can be made";
	else if (start_bus(l) < 0)
		wrong = "its bus cannot be started; is dbus-daemon installed?";
	if (!wrong) {
		snprintf(address, size, "unix:path=%s/bus", l->folder);
		if (start_machine(l, command, address) < 0)
			wrong = "no process can be made for it";
	}
	if (!wrong) {
		*out = l;
		return ORL_EXIT_OK;
	}
	snprintf(why, ORL_WHY_MAX, "qemu: launching a virtual machine: %s",
			wrong);
	orl_qemu_launch_close(l);
	return ORL_EXIT_SOURCE;
}

bool orl_qemu_ended(struct orl_qemu_launch *l, char *how, size_t size)
{
	if (!l->ended && waitpid(l->machine, &l->status, WNOHANG) == l->machine)
		l->ended = true;
	if (l->ended && WIFSIGNALED(l->status))
		snprintf(how, size, "signal %d", WTERMSIG(l->status));
	else if (l->ended)
		snprintf(how, size, "exit status %d", WEXITSTATUS(l->status));
	return l->ended;
}

/* Ask it to end, wait, insist. */
static void end(pid_t pid)
{
	int status;

	kill(pid, SIGTERM);
	for (int i = 0; i < END_MS / 10; i++) {
		if (waitpid(pid, &status, WNOHANG) != 0)
			return;
		usleep(10000);
	}
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
}

void orl_qemu_launch_close(struct orl_qemu_launch *l)
{
	char path[PATH_ROOM];

	if (!l)
		return;
	if (l->machine && !l->ended)
		end(l->machine);
	if (l->bus)
		end(l->bus);
	if (l->folder[0]) {
		path_of(path, l, "bus");
		unlink(path);
		path_of(path, l, "bus.conf");
		unlink(path);
		rmdir(l->folder);
	}
	free(l);
}
