/*
 * qemu_libvirt.c - ask libvirt where the bus of a domain is.
 *
 * virsh is run without a shell and never waited for: what it says is read in
 * the loop, and one that takes too long is ended.
 */
#include "capture/qemu_libvirt.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "capture/domain.h"

enum {
	TEXT_MAX = 1 << 20,
	PATIENCE_S = 10,
	LOOK_MS = 20, /* for its end, when it has said all */
};

extern char **environ;

static int spawn(struct orl_libvirt *v, char *domain, int out)
{
	char program[] = "virsh", quiet[] = "--quiet", verb[] = "dumpxml",
	     option[] = "--domain";
	char *argv[] = { program, quiet, verb, option, domain, NULL };
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attributes;
	sigset_t none, pipe;
	int err;

	sigemptyset(&none);
	sigemptyset(&pipe);
	sigaddset(&pipe, SIGPIPE);
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&files, out, 1);
	posix_spawn_file_actions_adddup2(&files, out, 2);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setflags(&attributes,
			POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setsigdefault(&attributes, &pipe);
	err = posix_spawnp(
			&v->pid, program, &files, &attributes, argv, environ);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&attributes);
	return err;
}

int orl_libvirt_ask(struct orl_libvirt *v, const char *domain, char *why)
{
	char *name = strdup(domain);
	int ends[2] = { -1, -1 }, err = ENOMEM;

	*v = (struct orl_libvirt){ .fd = -1 };
	v->text = malloc(TEXT_MAX);
	if (name && v->text)
		err = pipe2(ends, O_CLOEXEC) < 0 ? errno : 0;
	if (!err)
		err = fcntl(ends[0], F_SETFL, O_NONBLOCK) < 0 ? errno : 0;
	if (!err)
		err = spawn(v, name, ends[1]);
	free(name);
	if (ends[1] >= 0)
		close(ends[1]);
	v->fd = ends[0];
	v->deadline = orl_now() + PATIENCE_S * ORL_SEC;
	if (!err)
		return 0;
	v->pid = 0;
	orl_libvirt_end(v);
	snprintf(why, ORL_WHY_MAX,
			err == ENOENT ? "qemu: virsh is not there; install "
					"libvirt-clients"
				      : "qemu: running virsh: %s",
			strerror(err));
	return -1;
}

/* The first line of what virsh said, without what is no letter. */
static void quote(char *why, const char *domain, const struct orl_libvirt *v)
{
	static const char mark[] = "error: ";
	char line[120];
	const char *text = v->text;
	size_t left = v->length, n = 0;

	if (left > sizeof(mark) - 1 &&
			memcmp(text, mark, sizeof(mark) - 1) == 0) {
		text += sizeof(mark) - 1;
		left -= sizeof(mark) - 1;
	}
	for (; n < left && n < sizeof(line) - 1 && text[n] != '\n'; n++)
		line[n] = (unsigned char)text[n] < 0x20 || text[n] == 0x7f
					  ? '?'
					  : text[n];
	line[n] = 0;
	snprintf(why, ORL_WHY_MAX,
			"qemu: libvirt does not tell about %.64s: %s", domain,
			n ? line : "virsh says nothing");
}

int orl_libvirt_run(struct orl_libvirt *v, const char *domain, char *out,
		size_t size, char *why)
{
	const char *wrong;
	int status;

	while (v->fd >= 0 && v->length < TEXT_MAX) {
		ssize_t n = read(v->fd, v->text + v->length,
				TEXT_MAX - v->length);

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			break;
		if (n <= 0) {
			close(v->fd);
			v->fd = -1;
			break;
		}
		v->length += (size_t)n;
	}
	if (v->length == TEXT_MAX || orl_now() > v->deadline) {
		snprintf(why, ORL_WHY_MAX,
				v->length == TEXT_MAX
						? "qemu: libvirt tells too "
						  "much about %.64s"
						: "qemu: libvirt does not "
						  "answer about %.64s",
				domain);
		orl_libvirt_end(v);
		return -1;
	}
	if (v->fd >= 0 || waitpid(v->pid, &status, WNOHANG) == 0)
		return 1;
	v->pid = 0;
	wrong = "";
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		wrong = orl_domain_address(out, size, v->text, v->length);
	if (wrong && !*wrong)
		quote(why, domain, v);
	else if (wrong)
		snprintf(why, ORL_WHY_MAX,
				"qemu: the virtual machine %.64s %.160s",
				domain, wrong);
	orl_libvirt_end(v);
	return wrong ? -1 : 0;
}

void orl_libvirt_due(const struct orl_libvirt *v, uint64_t *due)
{
	uint64_t look = orl_now() + LOOK_MS * ORL_MSEC;

	if (!v->pid)
		return;
	if (v->fd < 0 && look < *due)
		*due = look;
	if (v->deadline < *due)
		*due = v->deadline;
}

void orl_libvirt_end(struct orl_libvirt *v)
{
	if (v->pid) {
		kill(v->pid, SIGKILL);
		while (waitpid(v->pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	if (v->text && v->fd >= 0)
		close(v->fd);
	free(v->text);
	*v = (struct orl_libvirt){ .fd = -1 };
}
