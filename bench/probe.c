/*
 * probe.c - the time to the other end of a link and back. Probes leave by the
 * clock and do not wait for the ones before. Both programs ask for real time
 * below the emulator's, so that a busy machine is not taken for a slow link.
 */
#include "bench/probe.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench/emulator.h"

#define MS UINT64_C(1000000)

enum {
	PROBE_BYTES = 36,
	PROBES_MOST = 1000,
	PRIORITY = 5,
	EVERY = 20000000, /* ns */
	EVERY_EAGER = 4000000,
};

struct findings {
	_Atomic bool ready;
	bool eager;
	size_t n;
	uint64_t rtt[PROBES_MOST];
};

struct sockaddr_in probe_address(enum netns_side side)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_port = htons(PROBE_PORT) };
	(void)inet_pton(AF_INET,
			side == NETNS_SERVER ? NETNS_SERVER_ADDRESS
					     : NETNS_CLIENT_ADDRESS,
			&a.sin_addr);
	return a;
}

static int by_size(const void *a, const void *b)
{
	uint64_t x, y;
	memcpy(&x, a, sizeof(x));
	memcpy(&y, b, sizeof(y));
	return x < y ? -1 : x > y;
}

/* Without a priority under the emulator's it must not be kept from running by
 * who does not sleep. */
static int probe_socket(struct findings *f, enum netns_side side)
{
	struct sched_param p = { .sched_priority = PRIORITY };
	struct sockaddr_in a = probe_address(side);
	int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (s < 0 || bind(s, (struct sockaddr *)&a, sizeof(a)) < 0)
		_exit(1);
	if (sched_setscheduler(0, SCHED_RR, &p) < 0)
		f->eager = false;
	return s;
}

static void echo(struct findings *f)
{
	char text[PROBE_BYTES];
	int s = probe_socket(f, NETNS_SERVER);
	f->ready = true;
	for (;;) {
		struct sockaddr_in from;
		socklen_t size = sizeof(from);
		ssize_t n = recvfrom(s, text, sizeof(text),
				f->eager ? MSG_DONTWAIT : 0,
				(struct sockaddr *)&from, &size);
		if (n >= 0)
			(void)sendto(s, text, (size_t)n, 0,
					(struct sockaddr *)&from, size);
	}
}

static void hear(struct findings *f, int s, uint64_t until)
{
	struct pollfd fd = { s, POLLIN, 0 };
	char text[PROBE_BYTES];
	uint64_t now, then;
	while ((now = emulator_now()) < until) {
		uint64_t ns = until - now;
		struct timespec t = { (time_t)(ns / (1000 * MS)),
			(long)(ns % (1000 * MS)) };
		if (!f->eager)
			(void)ppoll(&fd, 1, &t, NULL);
		if (recv(s, text, sizeof(text), MSG_DONTWAIT) != sizeof(text))
			continue;
		now = emulator_now();
		memcpy(&then, text, sizeof(then));
		if (f->n < PROBES_MOST)
			f->rtt[f->n++] = now - then;
	}
}

static void ask(struct findings *f, unsigned probes, uint64_t wait_ns)
{
	struct sockaddr_in to = probe_address(NETNS_SERVER);
	char text[PROBE_BYTES] = { 0 };
	int s = probe_socket(f, NETNS_CLIENT);
	uint64_t at = emulator_now();
	while (probes--) {
		uint64_t now = emulator_now();
		memcpy(text, &now, sizeof(now));
		(void)sendto(s, text, sizeof(text), 0, (struct sockaddr *)&to,
				sizeof(to));
		at += f->eager ? EVERY_EAGER : EVERY;
		hear(f, s, at);
	}
	hear(f, s, at + wait_ns);
	_exit(0);
}

uint64_t probe_rtt(const struct netns *n, unsigned probes, uint64_t wait_ns,
		bool eager)
{
	struct findings *f = mmap(NULL, sizeof(*f), PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (f == MAP_FAILED)
		return 0;
	f->eager = eager;
	pid_t server = netns_fork(n, NETNS_SERVER);
	if (server == 0)
		echo(f);
	for (int i = 0; server > 0 && !f->ready && i < 1000; i++)
		(void)poll(NULL, 0, 5);
	pid_t client = server > 0 ? netns_fork(n, NETNS_CLIENT) : -1;
	if (client == 0)
		ask(f, probes, wait_ns);
	if (client > 0)
		(void)waitpid(client, NULL, 0);
	if (server > 0) {
		(void)kill(server, SIGKILL);
		(void)waitpid(server, NULL, 0);
	}
	qsort(f->rtt, f->n, sizeof(f->rtt[0]), by_size);
	uint64_t rtt = f->n ? f->rtt[f->n / 2] : 0;
	(void)munmap(f, sizeof(*f));
	return rtt;
}
