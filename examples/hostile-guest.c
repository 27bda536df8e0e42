/*
 * hostile-guest.c - a guest for embed-vmm that does what a broken or wicked
 * one may do: it lies about sizes, offsets and rectangles, writes while it is
 * read, changes modes, cuts its memory short, and dies.
 *
 *	cc -D_GNU_SOURCE examples/hostile-guest.c -o hostile-guest
 *	./embed-vmm unix:vm.socket ./hostile-guest [SEED [sealed [FILE.ppm]]]
 *
 * At its end it draws a picture, and writes that to the file as well: it is
 * what every viewer is to show then.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "vmm-guest.h"

struct screen {
	int fd;
	uint32_t *pixels;
	size_t words, size;
	int32_t width, height;
};

static uint32_t state = 1;

static uint32_t any(uint32_t below)
{
	state = state * 1664525 + 1013904223;
	return (uint32_t)((uint64_t)state * below >> 32);
}

/* A number that is wrong more often than not. */
static int32_t lie(int32_t truth)
{
	static const int32_t lies[] = { 0, -1, 1, INT32_MAX, INT32_MIN,
		INT32_MAX - 1, INT32_MIN + 1, 16384, 16385, -16384, 65536 };
	uint32_t i = any(sizeof(lies) / sizeof(lies[0]) + 6);

	return i < sizeof(lies) / sizeof(lies[0]) ? lies[i]
	       : i % 2                            ? truth
						  : (int32_t)any(UINT32_MAX);
}

static void tell(const struct vmm_message *m, int fd)
{
	union {
		struct cmsghdr head;
		char space[CMSG_SPACE(2 * sizeof(int))];
	} control = { .space = { 0 } };
	struct iovec bytes = { (void *)(uintptr_t)m, sizeof(*m) };
	struct msghdr message = { .msg_iov = &bytes, .msg_iovlen = 1 };

	if (fd >= 0) {
		/* Sometimes one more than anybody asked for. */
		int fds[2] = { fd, fd };
		size_t n = any(4) ? sizeof(int) : sizeof(fds);
		message.msg_control = &control;
		message.msg_controllen = CMSG_SPACE(n);
		control.head = (struct cmsghdr){ .cmsg_len = CMSG_LEN(n),
			.cmsg_level = SOL_SOCKET,
			.cmsg_type = SCM_RIGHTS };
		memcpy(CMSG_DATA(&control.head), fds, n);
	}
	if (sendmsg(VMM_GUEST_FD, &message, MSG_NOSIGNAL) < 0)
		exit(EXIT_FAILURE); /* the monitor is gone */
}

/* Messages wait in the socket; there are none any more. */
static void until_heard(void)
{
	int bytes = 0;

	while (ioctl(VMM_GUEST_FD, SIOCOUTQ, &bytes) == 0 && bytes)
		usleep(1000);
}

static void damage(int32_t x, int32_t y, int32_t width, int32_t height)
{
	tell(&(struct vmm_message){ .kind = VMM_DAMAGE,
			     .x = x,
			     .y = y,
			     .width = width,
			     .height = height },
			-1);
}

static struct screen screen_make(int32_t width, int32_t height, bool sealed)
{
	struct screen s = { .width = width, .height = height };

	s.words = (size_t)width * (size_t)height;
	s.size = s.words * 4;
	s.fd = memfd_create("framebuffer", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (s.fd < 0 || ftruncate(s.fd, (off_t)s.size) < 0 ||
			(sealed && fcntl(s.fd, F_ADD_SEALS, F_SEAL_SHRINK) < 0))
		exit(EXIT_FAILURE);
	s.pixels = mmap(NULL, s.size, PROT_READ | PROT_WRITE, MAP_SHARED, s.fd,
			0);
	if (s.pixels == MAP_FAILED)
		exit(EXIT_FAILURE);
	return s;
}

static void screen_end(struct screen *s)
{
	munmap(s->pixels, s->size);
	close(s->fd);
}

static struct vmm_message mode_of(const struct screen *s)
{
	return (struct vmm_message){ .kind = VMM_MODE,
		.width = s->width,
		.height = s->height,
		.stride = s->width * 4,
		.size = s->size };
}

static void scan_out(const struct screen *s)
{
	struct vmm_message m = mode_of(s);

	tell(&m, s->fd);
}

/* Noise, stripes and copies, anywhere. */
static void scribble(struct screen *s)
{
	size_t at = any((uint32_t)s->words), n = any(20000);

	for (size_t i = at; i < at + n && i < s->words; i++)
		s->pixels[i] = n % 3 == 0   ? any(UINT32_MAX)
			       : n % 3 == 1 ? (uint32_t)(i / 7 * n)
					    : s->pixels[i - at];
}

static void scribble_and_lie(struct screen *s, unsigned rounds)
{
	scan_out(s);
	for (unsigned i = 0; i < rounds; i++) {
		scribble(s);
		damage(lie(0), lie(0), lie(s->width), lie(s->height));
		if (i % 40 == 0)
			usleep(2000); /* sometimes viewers see something */
	}
}

static void lying_modes(unsigned rounds)
{
	int ends[2], null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (pipe(ends) < 0)
		exit(EXIT_FAILURE);
	for (unsigned i = 0; i < rounds; i++) {
		struct screen s = screen_make(64, 64, i % 2);
		struct vmm_message m = mode_of(&s);
		int fds[] = { s.fd, s.fd, s.fd, s.fd, -1, null, ends[0] };

		m.width = lie(m.width);
		m.height = lie(m.height);
		m.stride = lie(m.stride);
		if (any(2))
			m.offset = (uint64_t)(int64_t)lie(0);
		if (any(2))
			m.size = (uint64_t)(int64_t)lie((int32_t)m.size);
		tell(&m, fds[any(7)]);
		damage(0, 0, 64, 64);
		/* Not a message at all. */
		send(VMM_GUEST_FD, &m, any(sizeof(m)) + 1, MSG_NOSIGNAL);
		screen_end(&s);
	}
	close(ends[0]);
	close(ends[1]);
	close(null);
}

static void change_modes(unsigned rounds)
{
	for (unsigned i = 0; i < rounds; i++) {
		struct screen s = screen_make((int32_t)any(900) + 1,
				(int32_t)any(700) + 1, i % 2);
		scribble(&s);
		scan_out(&s);
		scribble(&s);
		damage(0, 0, s.width, s.height);
		screen_end(&s);
	}
}

/* The monitor is in the middle of reading it, at one time or another. */
static void cut(unsigned rounds)
{
	struct screen s = screen_make(640, 480, false);

	for (unsigned i = 0; i < rounds; i++) {
		if (i % 20 == 0)
			scan_out(&s);
		if (ftruncate(s.fd, any((uint32_t)s.size)) < 0)
			exit(EXIT_FAILURE);
		damage(0, 0, s.width, s.height);
		if (i % 3 == 0)
			usleep(1000);
		if (ftruncate(s.fd, (off_t)s.size) < 0)
			exit(EXIT_FAILURE);
		scribble(&s);
		damage(0, 0, s.width, s.height);
	}
	/* And for as long as it takes until a viewer is to be shown it. */
	scan_out(&s);
	until_heard();
	if (ftruncate(s.fd, (off_t)s.size / 2) < 0)
		exit(EXIT_FAILURE);
	for (unsigned i = 0; i < 15; i++) {
		damage(0, 0, s.width, s.height);
		usleep(100000);
	}
	screen_end(&s);
	/* Sealed, it can only punch holes. */
	s = screen_make(640, 480, true);
	scan_out(&s);
	for (unsigned i = 0; i < rounds; i++) {
		if (ftruncate(s.fd, 4096) == 0)
			exit(EXIT_FAILURE);
		fallocate(s.fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
				(off_t)any(256) * 4096, 65536);
		scribble(&s);
		damage(0, 0, s.width, s.height);
	}
	screen_end(&s);
}

static void draw(struct screen *s)
{
	for (int32_t y = 0; y < s->height; y++)
		for (int32_t x = 0; x < s->width; x++)
			s->pixels[y * s->width + x] =
					y % 16 < 10 && (x / 5 * y / 3) % 7 < 3
							? 0x111111
							: 0xff000000u | (uint32_t)(x * y);
}

static void save(const struct screen *s, const char *path)
{
	FILE *f = fopen(path, "w");

	if (!f)
		exit(EXIT_FAILURE);
	fprintf(f, "P6\n%d %d\n255\n", s->width, s->height);
	for (size_t i = 0; i < s->words; i++) {
		putc(s->pixels[i] >> 16 & 255, f);
		putc(s->pixels[i] >> 8 & 255, f);
		putc(s->pixels[i] & 255, f);
	}
	if (fclose(f))
		exit(EXIT_FAILURE);
}

int main(int argc, char **argv)
{
	bool sealed = argc > 2 && strcmp(argv[2], "sealed") == 0;
	struct screen s;

	if (argc > 1)
		state = (uint32_t)strtoul(argv[1], NULL, 0);
	s = screen_make(800, 600, sealed);
	scribble_and_lie(&s, 1000);
	lying_modes(300);
	change_modes(50);
	cut(200);
	scribble_and_lie(&s, 200);
	draw(&s);
	scan_out(&s);
	if (argc > 3)
		save(&s, argv[3]);
	/* No goodbye. */
	return raise(SIGKILL);
}
