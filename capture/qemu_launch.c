/*
 * qemu_launch.c - a virtual machine of our own, on a bus of its own.
 *
 * The bus is a dbus-daemon with a configuration made for it: one socket in a
 * folder of ours, no services to start, open to two users: this one and the
 * machine's. Both are started, watched and ended by a keeper, which outlives
 * this program when that is killed.
 */
#include "capture/qemu.h"
#include "capture/qemu_keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { START_MS = 8000 };

struct orl_qemu_launch {
	struct orl_keeper keeper;
	int control;
	pid_t pid;  /* 0: none */
	int status; /* of the machine, once it has ended */
	bool ended, lost;
};

/* The folder, <user> where there is another, this user, the machine's twice. */
static const char config[] =
		"<!DOCTYPE busconfig PUBLIC \"-//freedesktop//DTD D-Bus Bus "
		"Configuration 1.0//EN\" "
		"\"http://www.freedesktop.org/standards/"
		"dbus/1.0/busconfig.dtd\">\n"
		"<busconfig>\n"
		"<type>oriel</type>\n"
		"<listen>unix:path=%s/bus</listen>\n"
		"%s%s%s"
		"<auth>EXTERNAL</auth>\n"
		"<policy context=\"default\">\n"
		"<deny user=\"*\"/>\n"
		"<allow user=\"%lu\"/>\n"
		"<allow user=\"%lu\"/>\n"
		"<deny own=\"*\"/>\n"
		"<allow send_destination=\"*\" eavesdrop=\"false\"/>\n"
		"<deny send_destination=\"org.freedesktop.DBus\" "
		"send_interface=\"org.freedesktop.DBus.Monitoring\"/>\n"
		"<deny send_destination=\"org.freedesktop.DBus\" "
		"send_interface=\"org.freedesktop.DBus\" "
		"send_member=\"StartServiceByName\"/>\n"
		"<deny send_destination=\"org.freedesktop.DBus\" "
		"send_interface=\"org.freedesktop.DBus\" "
		"send_member=\"UpdateActivationEnvironment\"/>\n"
		"<allow receive_sender=\"*\" eavesdrop=\"false\"/>\n"
		"</policy>\n"
		"<policy user=\"%lu\">\n"
		"<allow own=\"org.qemu\"/>\n"
		"</policy>\n"
		"<limit name=\"max_message_size\">134217728</limit>\n"
		"<limit name=\"max_incoming_bytes\">536870912</limit>\n"
		"<limit name=\"max_outgoing_bytes\">536870912</limit>\n"
		"<limit name=\"max_completed_connections\">16</limit>\n"
		"</busconfig>\n";

/* ---- files ------------------------------------------------------------- */

/* What neither XML, D-Bus addresses nor QEMU's options give a meaning to. */
static bool is_plain(const char *path)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOP"
				    "QRSTUVWXYZ0123456789/._-";

	return path && path[0] == '/' && !path[strspn(path, plain)] &&
	       /* A socket's path has to fit as well. */
	       strlen(path) < 80;
}

static int make_folder(struct orl_keeper *k)
{
	const char *parent = getenv("XDG_RUNTIME_DIR");

	if (!is_plain(parent) || access(parent, W_OK) < 0)
		parent = getenv("TMPDIR");
	/* Those are for one user alone. */
	if (k->user.name && access("/run", W_OK) == 0)
		parent = "/run";
	else if (k->user.name || !is_plain(parent))
		parent = "/tmp";
	snprintf(k->folder, sizeof(k->folder), "%s/oriel-XXXXXX", parent);
	if (mkdtemp(k->folder))
		/* The socket in it is for two users, its name for nobody. */
		return k->user.name ? chmod(k->folder, 0711) : 0;
	k->folder[0] = 0;
	return -1;
}

static int write_config(const struct orl_keeper *k)
{
	const char *name = k->user.name;
	char path[ORL_KEEPER_PATH];
	unsigned long us = geteuid(), its = name ? k->user.uid : us;
	FILE *f;
	int bad;

	orl_keeper_path(path, k, "bus.conf");
	f = fopen(path, "wxe");
	if (!f)
		return -1;
	/* It binds its socket, then it is no more than the machine is. */
	bad = fprintf(f, config, k->folder, name ? "<user>" : "",
			      name ? name : "", name ? "</user>\n" : "", us,
			      its, its) < 0;
	return fclose(f) < 0 || bad ? -1 : 0;
}

static int find_user(struct orl_keeper_user *user, const char *name, char *why)
{
	const struct passwd *entry;

	if (!name)
		return ORL_EXIT_OK;
	errno = 0;
	/* Into a configuration file goes no name that XML reads otherwise. */
	entry = name[strcspn(name, "<>&\"'%")] ? NULL : getpwnam(name);
	if (!entry)
		snprintf(why, ORL_WHY_MAX,
				"--launch-user=%.64s: there is no such user",
				name);
	else if (geteuid() != 0)
		snprintf(why, ORL_WHY_MAX,
				"--launch-user= needs root: only root can "
				"start a program as another user");
	else if (entry->pw_uid == 0)
		snprintf(why, ORL_WHY_MAX,
				"--launch-user=%.64s: that is root; name a "
				"user who may do less",
				name);
	else {
		user->name = strdup(entry->pw_name);
		user->home = strdup(entry->pw_dir);
		user->uid = entry->pw_uid;
		user->gid = entry->pw_gid;
		return user->name && user->home ? ORL_EXIT_OK
						: ORL_EXIT_INTERNAL;
	}
	return ORL_EXIT_USAGE;
}

/* ---- the keeper -------------------------------------------------------- */

static void hear(struct orl_qemu_launch *l, const struct orl_keeper_news *news)
{
	l->ended = true;
	l->status = news->status;
}

/* Returns what is wrong, or NULL. */
static const char *start_keeper(struct orl_qemu_launch *l)
{
	struct orl_keeper_news news;
	struct pollfd fd;
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return "no process can be made for it";
	fflush(NULL);
	l->control = ends[0];
	l->pid = fork();
	if (l->pid == 0) {
		l->keeper.control = ends[1];
		close(ends[0]);
		orl_keeper_run(&l->keeper);
	}
	close(ends[1]);
	if (l->pid < 0) {
		l->pid = 0;
		return "no process can be made for it";
	}
	fd = (struct pollfd){ .fd = l->control, .events = POLLIN };
	if (poll(&fd, 1, START_MS) <= 0 ||
			recv(l->control, &news, sizeof(news), MSG_DONTWAIT) !=
					sizeof(news) ||
			news.what == ORL_KEEPER_NO_BUS)
		return "its bus cannot be started; is dbus-daemon installed?";
	if (news.what == ORL_KEEPER_NO_MACHINE)
		return "no process can be made for it";
	if (news.what == ORL_KEEPER_ENDED)
		hear(l, &news);
	return NULL;
}

int orl_qemu_launch(struct orl_qemu_launch **out,
		const struct orl_launch *launch, char *address, size_t size,
		char *why)
{
	struct orl_qemu_launch *l = calloc(1, sizeof(*l));
	const char *wrong = NULL;
	int status;

	if (!l) {
		snprintf(why, ORL_WHY_MAX, "qemu: out of memory");
		return ORL_EXIT_INTERNAL;
	}
	l->control = -1;
	l->keeper.command = launch->command;
	status = find_user(&l->keeper.user, launch->user, why);
	if (status) {
		orl_qemu_launch_close(l);
		return status;
	}
	if (make_folder(&l->keeper) < 0 || write_config(&l->keeper) < 0)
		wrong = "no folder for its bus can be made";
	else
		wrong = start_keeper(l);
	if (!wrong) {
		snprintf(address, size, "unix:path=%s/bus", l->keeper.folder);
		*out = l;
		return ORL_EXIT_OK;
	}
	snprintf(why, ORL_WHY_MAX, "qemu: launching a virtual machine: %s",
			wrong);
	orl_qemu_launch_close(l);
	return ORL_EXIT_SOURCE;
}

void orl_qemu_launch_keep(struct orl_qemu_launch *l)
{
	char byte = ORL_KEEPER_KEEP;

	(void)!send(l->control, &byte, 1, MSG_NOSIGNAL);
}

bool orl_qemu_ended(struct orl_qemu_launch *l, char *how, size_t size)
{
	struct orl_keeper_news news;
	ssize_t n = 0;

	if (!l->ended) {
		n = recv(l->control, &news, sizeof(news), MSG_DONTWAIT);
		if (n == sizeof(news) && news.what == ORL_KEEPER_ENDED)
			hear(l, &news);
		else if (n == 0)
			l->ended = l->lost = true;
	}
	if (l->lost)
		snprintf(how, size, "its keeper was killed");
	else if (l->ended && WIFSIGNALED(l->status))
		snprintf(how, size, "signal %d", WTERMSIG(l->status));
	else if (l->ended)
		snprintf(how, size, "exit status %d", WEXITSTATUS(l->status));
	return l->ended;
}

void orl_qemu_launch_close(struct orl_qemu_launch *l)
{
	char byte = ORL_KEEPER_END;
	int status;

	if (!l)
		return;
	if (l->pid) {
		(void)!send(l->control, &byte, 1, MSG_NOSIGNAL);
		/* It insists, so this ends. */
		while (waitpid(l->pid, &status, 0) < 0 && errno == EINTR)
			;
	} else {
		orl_keeper_clear(&l->keeper);
	}
	if (l->control >= 0)
		close(l->control);
	free((char *)l->keeper.user.name);
	free((char *)l->keeper.user.home);
	free(l);
}
