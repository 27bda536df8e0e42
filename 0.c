#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include <oriel/oriel-server.h>

enum { WIDTH = 640, HEIGHT = 480, BYTES = WIDTH * HEIGHT * 4 };

/* A square that wanders, and one byte for each step. */
static void guest(int fd, int damage)
{
	unsigned *p = mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	for (unsigned step = 0; p != MAP_FAILED && write(damage, "", 1) == 1; step++) {
		for (unsigned i = 0; i < WIDTH * HEIGHT; i++)
			p[i] = i % WIDTH / 40 == step % 16 && i / WIDTH / 40 == step / 16 % 12 ? 0xffa000 : 0x204060;
		usleep(100000);
	}
	_exit(0);
}

static void let_in(void *user, struct oriel_auth *auth)
{
	(void)user;
	oriel_auth_accept(auth, ORIEL_MAY_SEE);
}

int main(void)
{
	struct oriel_server_events events = { .size = sizeof(events), .auth_proved = let_in };
	struct oriel_server_config cfg = { .size = sizeof(cfg), .name = "guest", .events = &events };
	struct oriel_display_config screen = { .size = sizeof(screen), .width = WIDTH, .height = HEIGHT };
	struct oriel_frame_config picture = { .size = sizeof(picture), .flags = ORIEL_FRAME_VOLATILE,
		.pixels = { NULL, WIDTH, HEIGHT, WIDTH * 4, ORIEL_FORMAT_XRGB8888 } };
	struct oriel_server *server;
	struct oriel_display *display;
	struct oriel_frame *frame;
	int damage[2], fd = memfd_create("framebuffer", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	char drop[64];

	if (ftruncate(fd, BYTES) || fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK) || pipe(damage))
		return 1;
	if (fork() == 0)
		guest(fd, damage[1]);
	if (oriel_server_create(&server, &cfg) || oriel_server_listen(server, "unix:guest.socket", NULL, 0) ||
			oriel_display_create(&display, server, &screen) ||
			oriel_memory_create(&picture.memory, server, fd, BYTES) ||
			oriel_frame_create(&frame, server, &picture))
		return 1;
	for (;;) {
		struct pollfd fds[] = { { oriel_server_fd(server), POLLIN, 0 }, { damage[0], POLLIN, 0 } };

		poll(fds, 2, -1);
		if (fds[1].revents && read(damage[0], drop, sizeof(drop)) > 0 &&
				oriel_display_submit(display, frame, NULL, 0))
			return 1;
		if (oriel_server_dispatch(server, 0) < 0)
			return 1;
	}
}
