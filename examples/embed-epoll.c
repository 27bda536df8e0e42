/*
 * embed-epoll.c - a server in a loop of one's own, with epoll, a timer and
 * signals: one descriptor more, one dispatch.
 *
 *	cc examples/embed-epoll.c -o embed-epoll \
 *		$(pkg-config --cflags --libs oriel-server)
 *	./embed-epoll unix:hello.socket &
 *	oriel-view unix:hello.socket
 *
 * Shows a bar that grows ten times a second, and ends properly.
 */
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>

#include <oriel/oriel-server.h>

enum { SIDE = 256 };
/* No callback of the library has longer than this before others are served. */
static const uint64_t BUDGET = 2000000;

static void let_in(void *user, struct oriel_auth *auth)
{
	(void)user;
	oriel_auth_accept(auth, ORIEL_MAY_SEE);
}

/* One column more; a patch costs what has changed, so it is only that. */
static void grow(struct oriel_display *display, unsigned column)
{
	uint32_t colours[SIDE];
	struct oriel_pixels pixels = { colours, 1, SIDE, 4,
		ORIEL_FORMAT_XRGB8888 };

	for (unsigned y = 0; y < SIDE; y++)
		colours[y] = column / SIDE % 2 ? 0x204060 : 0xffa000 + y;
	if (oriel_display_patch(display, &pixels, (int32_t)(column % SIDE), 0,
			    0) < 0)
		fprintf(stderr, "embed-epoll: a patch was refused\n");
}

static int watch(int loop, int fd)
{
	struct epoll_event e = { .events = EPOLLIN, .data.fd = fd };

	return epoll_ctl(loop, EPOLL_CTL_ADD, fd, &e);
}

static int run(struct oriel_server *server, struct oriel_display *display)
{
	struct itimerspec tenth = { { 0, 100000000 }, { 0, 100000000 } };
	sigset_t ends;
	int loop = epoll_create1(EPOLL_CLOEXEC);
	int ticks = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
	int mine = oriel_server_fd(server);
	int err = 0;

	sigemptyset(&ends);
	sigaddset(&ends, SIGINT);
	sigaddset(&ends, SIGTERM);
	sigprocmask(SIG_BLOCK, &ends, NULL);
	int signals = signalfd(-1, &ends, SFD_CLOEXEC);
	if (watch(loop, ticks) || watch(loop, signals) || watch(loop, mine) ||
			timerfd_settime(ticks, 0, &tenth, NULL)) {
		perror("embed-epoll");
		return ORIEL_EIO;
	}
	for (unsigned column = 0; err >= 0;) {
		struct epoll_event e;
		uint64_t n = 0;

		if (epoll_wait(loop, &e, 1, -1) < 1)
			continue;
		if (e.data.fd == mine)
			/* 1, there is more to do: it stays readable. */
			err = oriel_server_dispatch(server, BUDGET);
		else if (e.data.fd == signals)
			break;
		else if (read(ticks, &n, sizeof(n)) == sizeof(n))
			while (n--)
				grow(display, column++);
	}
	close(signals);
	close(ticks);
	close(loop);
	return err < 0 ? err : 0;
}

int main(int argc, char **argv)
{
	static const struct oriel_server_events events = {
		.size = sizeof(events),
		.auth_proved = let_in,
	};
	struct oriel_server_config cfg = { .size = sizeof(cfg),
		.events = &events };
	struct oriel_display_config screen = {
		.size = sizeof(screen), .width = SIDE, .height = SIDE
	};
	struct oriel_server *server = NULL;
	struct oriel_display *display = NULL;
	int err = oriel_server_create(&server, &cfg);

	if (!err)
		err = oriel_server_listen(server,
				argc > 1 ? argv[1] : "unix:hello.socket", NULL,
				0);
	if (!err)
		err = oriel_display_create(&display, server, &screen);
	if (!err)
		err = run(server, display);
	if (err)
		fprintf(stderr, "embed-epoll: %s\n", oriel_strerror(err));
	oriel_server_destroy(server);
	return err ? EXIT_FAILURE : EXIT_SUCCESS;
}
