/*
 * netns.c - two network namespaces and the emulated link between them.
 */
#include "bench/netns.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench/emulator.h"
#include "bench/probe.h"
#include "proto/base.h"

#define ALLOWED "/proc/sys/net/ipv4/tcp_allowed_congestion_control"

enum {
	FLOW_PIECE = 65536,
	ALLOWED_MAX = 256,
	CALIBRATE_PROBES = 50,
};

static const char *const no_rights =
		"this needs root or user namespaces, and there is neither";

static void say(char *why, size_t cap, const char *text)
{
	if (cap)
		snprintf(why, cap, "%s", text);
}

/* A child that does not outlive the caller. */
static pid_t fork_child(void)
{
	pid_t parent = getpid(), pid = fork();
	if (pid)
		return pid;
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0UL, 0UL, 0UL);
	if (getppid() != parent)
		_exit(1);
	return 0;
}

static void end_child(pid_t *pid)
{
	if (*pid > 0) {
		(void)kill(*pid, SIGKILL);
		while (waitpid(*pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	*pid = 0;
}

static bool write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : write(fd, text, strlen(text));
	if (fd >= 0)
		close(fd);
	return n >= 0;
}

static bool read_text(const char *path, char *out, size_t cap)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, out, cap - 1);
	out[n > 0 ? n : 0] = 0;
	if (fd >= 0)
		close(fd);
	return n > 0;
}

/* Root without being root: the only user of a namespace of users. */
static bool become_root(void)
{
	char map[64];
	unsigned long uid = getuid(), gid = getgid();
	if (unshare(CLONE_NEWUSER) < 0)
		return false;
	snprintf(map, sizeof(map), "0 %lu 1\n", uid);
	if (!write_text("/proc/self/uid_map", map))
		return false;
	(void)write_text("/proc/self/setgroups", "deny");
	snprintf(map, sizeof(map), "0 %lu 1\n", gid);
	return write_text("/proc/self/gid_map", map);
}

static bool has_word(const char *text, const char *word)
{
	size_t n = strlen(word);
	for (; *text; text += strcspn(text, " \n")) {
		text += strspn(text, " \n");
		if (strncmp(text, word, n) == 0 && strchr(" \n", text[n]))
			return true;
	}
	return false;
}

/* What is allowed is one list for all namespaces. Keeps in `before` what it
 * was when it had to be changed. */
static void allow(const char *congestion, char before[static ALLOWED_MAX])
{
	char list[ALLOWED_MAX + 64];
	bool known = read_text(ALLOWED, before, ALLOWED_MAX);
	size_t n = strcspn(before, "\n");
	if (known && !has_word(before, congestion)) {
		snprintf(list, sizeof(list), "%.*s %.32s", (int)n, before,
				congestion);
		if (write_text(ALLOWED, list))
			return;
	}
	before[0] = 0;
}

/* Waits for what the emulator says first. */
static int hear_hello(struct netns *n, struct emulator_hello *hello)
{
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(n->fd))];
	} c;
	struct iovec v = { hello, sizeof(*hello) };
	struct msghdr m = { .msg_iov = &v,
		.msg_iovlen = 1,
		.msg_control = &c,
		.msg_controllen = sizeof(c.space) };
	ssize_t got;
	while ((got = recvmsg(n->control, &m, MSG_CMSG_CLOEXEC)) < 0 &&
			errno == EINTR)
		;
	if (got != (ssize_t)sizeof(*hello)) {
		hello->error = EPIPE;
		say(hello->why, sizeof(hello->why),
				"the emulator of the link has ended");
		return -1;
	}
	if (hello->error)
		return -1;
	const struct cmsghdr *h = CMSG_FIRSTHDR(&m);
	if (!h || h->cmsg_len != CMSG_LEN(sizeof(n->fd)))
		return -1;
	memcpy(n->fd, CMSG_DATA(h), sizeof(n->fd));
	return 0;
}

static int start_emulator(struct netns *n, const struct link_spec *link,
		uint64_t seed, const char *congestion,
		struct emulator_hello *hello)
{
	int pair[2];
	memset(hello, 0, sizeof(*hello));
	hello->error = EMFILE;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return -1;
	n->control = pair[0];
	n->emulator = fork_child();
	if (n->emulator == 0) {
		/* An interrupt at the terminal is for the caller to handle, and
		 * who waits for the end of a pipe does not wait for this. */
		(void)setpgid(0, 0);
		if (dup2(pair[1], 3) == 3)
			(void)close_range(4, ~0U, 0);
		_exit(emulator_run(link, seed, congestion, n->shared, 3));
	}
	close(pair[1]);
	int err = n->emulator < 0 ? -1 : hear_hello(n, hello);
	if (err) {
		end_child(&n->emulator);
		close(n->control);
		n->control = -1;
	}
	return err;
}

static bool flow_is_on(const struct netns *n)
{
	return atomic_load(&n->shared->flow);
}

static void nap(long ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000 };
	(void)nanosleep(&t, NULL);
}

static int flow_socket(struct sockaddr_in *to)
{
	static const char cubic[] = "cubic";
	*to = (struct sockaddr_in){ .sin_family = AF_INET,
		.sin_port = htons(NETNS_FLOW_PORT) };
	(void)inet_pton(AF_INET, NETNS_CLIENT_ADDRESS, &to->sin_addr);
	int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (s >= 0)
		(void)setsockopt(s, IPPROTO_TCP, TCP_CONGESTION, cubic,
				sizeof(cubic) - 1);
	return s;
}

/* The competing flow, at the server: sends for as long as it is on, and ends
 * with a reset so that nothing of it lingers in the queue's way. */
static void flow_source(const struct netns *n)
{
	static const char piece[FLOW_PIECE];
	struct linger reset = { 1, 0 };
	struct timeval most = { 0, 100000 };
	for (;; nap(5)) {
		struct sockaddr_in to;
		if (!flow_is_on(n))
			continue;
		int s = flow_socket(&to);
		(void)setsockopt(s, SOL_SOCKET, SO_LINGER, &reset,
				sizeof(reset));
		if (s >= 0 && connect(s, (struct sockaddr *)&to, sizeof(to)) ==
						0) {
			(void)setsockopt(s, SOL_SOCKET, SO_SNDTIMEO, &most,
					sizeof(most));
			while (flow_is_on(n) &&
					(send(s, piece, sizeof(piece),
							 MSG_NOSIGNAL) >= 0 ||
							errno == EAGAIN))
				;
		}
		if (s >= 0)
			close(s);
	}
}

static void flow_sink(struct netns *n, int listener)
{
	static char piece[FLOW_PIECE];
	for (;;) {
		ssize_t got;
		int s = accept(listener, NULL, NULL);
		if (s < 0)
			continue;
		while ((got = recv(s, piece, sizeof(piece), 0)) > 0)
			atomic_fetch_add(&n->shared->flow_bytes, (uint64_t)got);
		close(s);
	}
}

static bool has_flow(const struct link_spec *link)
{
	bool any = link->flow;
	for (size_t i = 0; i < link->n_steps; i++)
		any |= link->steps[i].flow;
	return any;
}

static int start_flow(struct netns *n)
{
	/* Listens before the source is there to connect. */
	int ready[2];
	char byte;
	if (pipe2(ready, O_CLOEXEC) < 0)
		return -1;
	n->flow[NETNS_CLIENT] = netns_fork(n, NETNS_CLIENT);
	if (n->flow[NETNS_CLIENT] == 0) {
		struct sockaddr_in at;
		int s = flow_socket(&at);
		if (bind(s, (struct sockaddr *)&at, sizeof(at)) < 0 ||
				listen(s, 4) < 0 || write(ready[1], "", 1) != 1)
			_exit(1);
		flow_sink(n, s);
	}
	close(ready[1]);
	ssize_t got = n->flow[NETNS_CLIENT] < 0 ? -1 : read(ready[0], &byte, 1);
	close(ready[0]);
	if (got != 1)
		return -1;
	n->flow[NETNS_SERVER] = netns_fork(n, NETNS_SERVER);
	if (n->flow[NETNS_SERVER] == 0)
		flow_source(n);
	return n->flow[NETNS_SERVER] < 0 ? -1 : 0;
}

static int bring_up(struct netns *n, const struct link_spec *link,
		uint64_t seed, const char *congestion, char *why, size_t cap)
{
	struct emulator_hello hello;
	char before[ALLOWED_MAX];
	allow(congestion, before);
	int err = start_emulator(n, link, seed, congestion, &hello);
	/* In a container root may not make namespaces either. */
	if (err && (hello.error == EPERM || hello.error == EACCES) &&
			strncmp(hello.why, "a network namespace", 19) == 0)
		err = become_root() ? start_emulator(n, link, seed, congestion,
						      &hello)
				    : (say(why, cap, no_rights), -2);
	if (before[0])
		(void)write_text(ALLOWED, before);
	if (err == -1)
		say(why, cap,
				hello.why[0] ? hello.why
					     : "no descriptor or process left");
	return err ? -1 : 0;
}

/* Where a link is so short that the way from a program to the emulator and on
 * to another counts: its delay is lessened by that. */
static void calibrate(struct netns *n, const struct link_spec *link)
{
	uint64_t rtt_us = link_rtt_us(link);
	const struct shaper_config *w = link->way;
	uint64_t most = orl_min64(w[LINK_DOWN].delay_us, w[LINK_UP].delay_us);
	if (!most || rtt_us > NETNS_SHORT_US || link->netem)
		return;
	uint64_t is_us = probe_rtt(n, CALIBRATE_PROBES, 5000000, true) / 1000;
	if (is_us <= rtt_us + 1)
		return;
	uint64_t own = orl_min64((is_us - rtt_us) / 2, most);
	atomic_store(&n->shared->own_us, (uint32_t)own);
	nap(10); /* until the emulator has seen it */
}

int netns_up(struct netns *n, const struct link_spec *link, uint64_t seed,
		const char *congestion, char *why, size_t cap)
{
	*n = (struct netns){ .fd = { -1, -1 }, .control = -1 };
	n->shared = mmap(NULL, sizeof(*n->shared), PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (n->shared == MAP_FAILED) {
		n->shared = NULL;
		say(why, cap, "no memory");
		return -1;
	}
	fflush(NULL); /* or children would print it once more */
	int err = bring_up(n, link, seed, congestion ? congestion : "cubic",
			why, cap);
	if (!err && has_flow(link)) {
		err = start_flow(n);
		if (err)
			say(why, cap, "the competing flow does not start");
	}
	if (err)
		netns_down(n);
	else
		calibrate(n, link);
	return err;
}

void netns_down(struct netns *n)
{
	if (!n->shared)
		return;
	for (unsigned i = 0; i < NETNS_SIDES; i++) {
		end_child(&n->flow[i]);
		if (n->fd[i] >= 0)
			close(n->fd[i]);
		n->fd[i] = -1;
	}
	if (n->control >= 0)
		close(n->control);
	n->control = -1;
	end_child(&n->emulator);
	(void)munmap(n->shared, sizeof(*n->shared));
	n->shared = NULL;
}

void netns_go(struct netns *n)
{
	atomic_store(&n->shared->went, emulator_now());
}

pid_t netns_fork(const struct netns *n, enum netns_side side)
{
	pid_t pid = fork_child();
	if (pid == 0 && setns(n->fd[side], CLONE_NEWNET) < 0)
		_exit(127);
	return pid;
}

/* The three may be each other's numbers, so all are out of the way first. */
static bool use_files(const struct netns_files *files)
{
	int fds[3] = { files->in, files->out, files->err };
	for (int i = 0; i < 3; i++) {
		int fd = fds[i] >= 0 ? fds[i] : open("/dev/null", O_RDWR);
		fds[i] = fcntl(fd, F_DUPFD_CLOEXEC, 3);
		if (fds[i] < 0)
			return false;
	}
	for (int i = 0; i < 3; i++)
		if (dup2(fds[i], i) < 0)
			return false;
	return true;
}

pid_t netns_spawn(const struct netns *n, enum netns_side side,
		char *const argv[], const struct netns_files *files)
{
	static const struct netns_files plain = { -1, 1, 2, NULL };
	sigset_t none;
	pid_t pid = netns_fork(n, side);
	if (pid)
		return pid;
	files = files ? files : &plain;
	(void)setpgid(0, 0);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	if (use_files(files)) {
		if (files->environment)
			(void)execvpe(argv[0], argv, files->environment);
		else
			(void)execvp(argv[0], argv);
	}
	_exit(127);
}

void netns_counters(const struct netns *n, struct shaper_counters *down,
		struct shaper_counters *up)
{
	/* Each number is whole; they may be a packet apart. */
	atomic_thread_fence(memory_order_seq_cst);
	*down = n->shared->counters[LINK_DOWN];
	*up = n->shared->counters[LINK_UP];
}

uint64_t netns_flow_bytes(const struct netns *n)
{
	return atomic_load(&n->shared->flow_bytes);
}
