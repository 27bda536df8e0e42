/*
 * embed-vmm.c - a server in a virtual machine monitor: the framebuffer is
 * memory that the guest writes while it is served, and nothing that the guest
 * says is believed.
 *
 *	cc -D_GNU_SOURCE examples/embed-vmm.c -o embed-vmm \
 *		$(pkg-config --cflags --libs oriel-server)
 *	cc -D_GNU_SOURCE examples/hostile-guest.c -o hostile-guest
 *	./embed-vmm unix:vm.socket ./hostile-guest &
 *	oriel-view unix:vm.socket
 *
 * The guest is any program that speaks vmm-guest.h on descriptor 3. When it
 * has died the last picture stays, until SIGTERM ends the monitor.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/socket.h>
#include <sys/wait.h>

#include <oriel/oriel-server.h>

#include "vmm-guest.h"

enum { SIDE_MAX = 4096 };

struct vmm {
	struct oriel_server *server;
	struct oriel_display *display;
	struct oriel_frame *frame; /* what is scanned out; NULL: nothing */
	int guest;                 /* -1: it is gone */
	pid_t pid;
	unsigned modes, refused, failed;
};

static volatile sig_atomic_t ended;

static void on_signal(int number)
{
	(void)number;
	ended = 1;
}

/* ---- from viewers ------------------------------------------------------ */

static void let_in(void *user, struct oriel_auth *auth)
{
	(void)user;
	oriel_auth_accept(auth, ORIEL_MAY_SEE | ORIEL_MAY_INPUT);
}

/* A guest that does not read its input misses some; nobody waits for it. */
static void pointer(void *user, struct oriel_peer *peer,
		const struct oriel_pointer *p)
{
	struct vmm *vmm = user;
	struct vmm_message m = { .kind = VMM_INPUT, .x = p->x, .y = p->y };

	(void)peer;
	if (vmm->guest >= 0)
		send(vmm->guest, &m, sizeof(m), MSG_DONTWAIT | MSG_NOSIGNAL);
}

/* The guest has cut its memory short: nothing is scanned out any more. */
static void frame_failed(void *user, struct oriel_display *display, int error)
{
	struct vmm *vmm = user;

	(void)display;
	(void)error;
	vmm->failed++;
	oriel_frame_unref(vmm->frame);
	vmm->frame = NULL;
}

/* ---- from the guest ---------------------------------------------------- */

/*
 * A new framebuffer. The library checks all of it: that the file is as long
 * as is said, that the picture is inside, and whether it may be mapped.
 */
static int scan_out(struct vmm *vmm, const struct vmm_message *m, int fd)
{
	struct oriel_frame_config cfg = {
		.size = sizeof(cfg),
		.flags = ORIEL_FRAME_VOLATILE,
		.pixels = { NULL, m->width, m->height, m->stride,
				ORIEL_FORMAT_XRGB8888 },
		.offset = m->offset,
	};
	struct oriel_frame *frame = NULL;
	int err = 0;

	/* A screen costs memory here, so how large it is is not its to say. */
	if (m->width > SIDE_MAX || m->height > SIDE_MAX)
		err = ORIEL_ELIMIT;
	if (!err)
		err = oriel_memory_create(
				&cfg.memory, vmm->server, fd, m->size);
	if (!err)
		err = oriel_frame_create(&frame, vmm->server, &cfg);
	oriel_memory_unref(cfg.memory); /* the frame has its own */
	if (!err)
		err = oriel_display_resize(
				vmm->display, 0, 0, m->width, m->height);
	if (!err)
		err = oriel_display_submit(vmm->display, frame, NULL, 0);
	if (err) {
		oriel_frame_unref(frame);
		return err;
	}
	oriel_frame_unref(vmm->frame);
	vmm->frame = frame;
	return 0;
}

static void take(struct vmm *vmm, const struct vmm_message *m, int fd)
{
	struct oriel_rect r = { m->x, m->y, m->width, m->height };
	int err = 0;

	if (m->kind == VMM_MODE) {
		vmm->modes++;
		err = scan_out(vmm, m, fd);
		if (err && vmm->refused++ < 3)
			fprintf(stderr, "embed-vmm: a mode is refused: %s\n",
					oriel_strerror(err));
	} else if (m->kind == VMM_DAMAGE && vmm->frame) {
		/* Whatever the rectangle is: it is clipped. */
		err = oriel_display_submit(vmm->display, vmm->frame, &r, 1);
		if (err)
			fprintf(stderr, "embed-vmm: %s\n", oriel_strerror(err));
	}
}

/* One message; false when there is none. */
static bool hear(struct vmm *vmm)
{
	struct vmm_message m;
	union {
		struct cmsghdr head;
		char space[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec bytes = { &m, sizeof(m) };
	struct msghdr message = { .msg_iov = &bytes,
		.msg_iovlen = 1,
		.msg_control = &control,
		/* Of one descriptor exactly: a second would be a leak. */
		.msg_controllen = CMSG_LEN(sizeof(int)) };
	ssize_t n = recvmsg(
			vmm->guest, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	int fd = -1;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (n <= 0) {
		close(vmm->guest);
		vmm->guest = -1;
		fprintf(stderr, "embed-vmm: the guest is gone\n");
		return false;
	}
	struct cmsghdr *c = CMSG_FIRSTHDR(&message);
	if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS &&
			c->cmsg_len == CMSG_LEN(sizeof(int)))
		memcpy(&fd, CMSG_DATA(c), sizeof(fd));
	if (n == sizeof(m))
		take(vmm, &m, fd);
	if (fd >= 0)
		close(fd); /* the memory has what it needs */
	return true;
}

/* fork and exec: all descriptors of the library close by themselves. */
static int start_guest(struct vmm *vmm, char **argv)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return -1;
	vmm->pid = fork();
	if (vmm->pid == 0) {
		if (ends[1] == VMM_GUEST_FD)
			fcntl(ends[1], F_SETFD, 0);
		else
			dup2(ends[1], VMM_GUEST_FD);
		execv(argv[0], argv);
		_exit(127);
	}
	close(ends[1]);
	vmm->guest = ends[0];
	return vmm->pid < 0 ? -1 : 0;
}

static int run(struct vmm *vmm)
{
	enum { TURN = 64 }; /* messages before viewers have their turn */
	sigset_t none;
	int err = 0;

	sigemptyset(&none);
	while (!ended && err >= 0) {
		struct pollfd fds[2] = {
			{ oriel_server_fd(vmm->server), POLLIN, 0 },
			{ vmm->guest, POLLIN, 0 },
		};
		/* A signal is taken here and nowhere else. */
		if (ppoll(fds, 2, NULL, &none) < 0)
			continue;
		for (int i = 0; i < TURN && vmm->guest >= 0 && hear(vmm); i++)
			;
		err = oriel_server_dispatch(vmm->server, 0);
	}
	return err < 0 ? err : 0;
}

int main(int argc, char **argv)
{
	static const struct oriel_server_events events = {
		.size = sizeof(events),
		.auth_proved = let_in,
		.pointer = pointer,
		.frame_failed = frame_failed,
	};
	struct vmm vmm = { .guest = -1, .pid = -1 };
	struct oriel_server_config cfg = { .size = sizeof(cfg),
		.name = "a virtual machine",
		.events = &events,
		.user = &vmm };
	struct oriel_display_config screen = {
		.size = sizeof(screen), .width = 640, .height = 480
	};
	struct sigaction act = { .sa_handler = on_signal };
	sigset_t ends;

	if (argc < 3) {
		fprintf(stderr, "usage: embed-vmm ADDRESS GUEST "
				"[ARGUMENT...]\n");
		return EXIT_FAILURE;
	}
	sigemptyset(&ends);
	sigaddset(&ends, SIGTERM);
	sigaddset(&ends, SIGINT);
	sigprocmask(SIG_BLOCK, &ends, NULL);
	sigaction(SIGTERM, &act, NULL);
	sigaction(SIGINT, &act, NULL);
	int err = oriel_server_create(&vmm.server, &cfg);
	if (!err)
		err = oriel_server_listen(vmm.server, argv[1], NULL, 0);
	if (!err)
		err = oriel_display_create(&vmm.display, vmm.server, &screen);
	if (!err && start_guest(&vmm, argv + 2) < 0)
		err = ORIEL_EIO;
	if (!err)
		err = run(&vmm);
	if (err)
		fprintf(stderr, "embed-vmm: %s\n", oriel_strerror(err));
	oriel_frame_unref(vmm.frame);
	oriel_server_destroy(vmm.server);
	if (vmm.guest >= 0)
		close(vmm.guest);
	if (vmm.pid > 0) {
		kill(vmm.pid, SIGKILL);
		waitpid(vmm.pid, NULL, 0);
	}
	printf("modes %u refused %u failed %u\n", vmm.modes, vmm.refused,
			vmm.failed);
	return err ? EXIT_FAILURE : EXIT_SUCCESS;
}
