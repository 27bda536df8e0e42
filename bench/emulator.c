/*
 * emulator.c - the process that is a link. Making a namespace by unshare()
 * leaves the process in it, so it makes the server's and its device first,
 * then the client's, and stays there; the rest of the program never leaves
 * where it is.
 */
#include "bench/emulator.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SECOND UINT64_C(1000000000)

enum {
	BATCH = 64,     /* packets from one side before the other's turn */
	SPIN = 60000,   /* ns: a sleep would not end in time */
	WAIT = 5000000, /* ns: how late a script may begin */
	AWAKE = 200000, /* ns: then rest so long, or packets that follow each */
	REST = 50000,   /* other closely would keep it spinning for ever */
	PRIORITY = 10,
	DEVICE_QUEUE = 4000, /* packets; what the socket lets in is less */
};

struct packet {
	struct shaper_packet p;
	uint8_t data[NETNS_MTU + 4];
};

struct emulator {
	const struct link_spec *link;
	struct netns_shared *shared;
	struct shaper way[LINK_WAYS];
	struct packet *idle; /* by p.next */
	int device[NETNS_SIDES], space[NETNS_SIDES];
	int control;
	size_t step;
	uint64_t rested;
	uint32_t own_us; /* what is taken off the delays */
	uint64_t seed;
	struct emulator_hello hello;
};

uint64_t emulator_now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * SECOND + (uint64_t)t.tv_nsec;
}

static int wrong(struct emulator *e, const char *what)
{
	e->hello.error = errno ? errno : EINVAL;
	snprintf(e->hello.why, sizeof(e->hello.why), "%s: %s", what,
			strerror(e->hello.error));
	return -1;
}

static int set(struct emulator *e, const char *path, const char *value)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : write(fd, value, strlen(value));
	if (n < 0)
		(void)wrong(e, path);
	if (fd >= 0)
		close(fd);
	return n < 0 ? -1 : 0;
}

static void set_address(struct ifreq *r, const char *address)
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	(void)inet_pton(AF_INET, address, &in.sin_addr);
	memcpy(&r->ifr_addr, &in, sizeof(in));
}

static int raise_device(struct emulator *e, int s, const char *name)
{
	struct ifreq r = { 0 };
	snprintf(r.ifr_name, sizeof(r.ifr_name), "%s", name);
	r.ifr_flags = IFF_UP;
	return ioctl(s, SIOCSIFFLAGS, &r) < 0 ? wrong(e, name) : 0;
}

static int address_device(struct emulator *e, int s, enum netns_side side)
{
	static const char *const address[] = { NETNS_SERVER_ADDRESS,
		NETNS_CLIENT_ADDRESS };
	struct ifreq r = { .ifr_name = NETNS_DEVICE };
	r.ifr_mtu = NETNS_MTU;
	if (ioctl(s, SIOCSIFMTU, &r) < 0)
		return wrong(e, "the device's MTU");
	r.ifr_qlen = DEVICE_QUEUE;
	/* Only real root may; then a burst of much more than a link carries
	 * is cut before the link, and verify says so. */
	(void)ioctl(s, SIOCSIFTXQLEN, &r);
	set_address(&r, address[side]);
	if (ioctl(s, SIOCSIFADDR, &r) < 0)
		return wrong(e, "the device's address");
	set_address(&r, address[!side]);
	if (ioctl(s, SIOCSIFDSTADDR, &r) < 0)
		return wrong(e, "the peer's address");
	return 0;
}

static int make_device(struct emulator *e, enum netns_side side)
{
	struct ifreq r = { .ifr_name = NETNS_DEVICE };
	int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	e->device[side] = fd;
	r.ifr_flags = IFF_TUN | IFF_NO_PI;
	if (fd < 0 || ioctl(fd, TUNSETIFF, &r) < 0)
		return wrong(e, "/dev/net/tun");
	/* No packets of the kernel's own accord; a kernel without IPv6 has
	 * nothing to switch off. */
	if (access("/proc/sys/net/ipv6", F_OK) == 0 &&
			set(e,
					"/proc/sys/net/ipv6/conf/" NETNS_DEVICE
					"/disable_ipv6",
					"1") < 0)
		return -1;
	int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int err = s < 0 ? wrong(e, "a socket") : address_device(e, s, side);
	err = err ? err : raise_device(e, s, "lo");
	err = err ? err : raise_device(e, s, NETNS_DEVICE);
	if (s >= 0)
		close(s);
	return err;
}

/* In a process of its own, for the caller to wait for. */
static pid_t run_tc(const struct emulator *e, enum netns_side side,
		const struct shaper_config *way, bool change)
{
	struct link_command c;
	pid_t pid = fork();
	if (pid)
		return pid;
	link_netem(&c, way, NETNS_DEVICE, change);
	/* It would say in other words what the caller is told. */
	int quiet = open("/dev/null", O_WRONLY);
	if (quiet >= 0)
		(void)dup2(quiet, STDERR_FILENO);
	if (setns(e->space[side], CLONE_NEWNET) == 0)
		(void)execvp(c.argv[0], c.argv);
	_exit(127);
}

/* What a side sends is shaped where it leaves: the server's down, the
 * client's up. */
static int make_netem(struct emulator *e, enum netns_side side)
{
	int status = -1;
	pid_t pid = run_tc(e, side, &e->link->way[side], false);
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (status == 0)
		return 0;
	e->hello.error = ENOTSUP;
	snprintf(e->hello.why, sizeof(e->hello.why), "%s",
			WIFEXITED(status) && WEXITSTATUS(status) == 127
					? "there is no tc (iproute2)"
					: "tc does not make it by netem: this "
					  "kernel may have none");
	return -1;
}

static int make_side(struct emulator *e, enum netns_side side,
		const char *congestion)
{
	if (unshare(CLONE_NEWNET) < 0)
		return wrong(e, "a network namespace");
	e->space[side] = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (e->space[side] < 0)
		return wrong(e, "/proc/self/ns/net");
	if (set(e, "/proc/sys/net/ipv4/tcp_congestion_control", congestion) <
			0) {
		snprintf(e->hello.why, sizeof(e->hello.why),
				"%.32s is no congestion control that may be "
				"used here: %s",
				congestion, strerror(e->hello.error));
		return -1;
	}
	int err = set(e, "/proc/sys/net/ipv4/tcp_no_metrics_save", "1");
	err = err ? err : make_device(e, side);
	return err || !e->link->netem ? err : make_netem(e, side);
}

static int say_hello(struct emulator *e)
{
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(e->space))];
	} c = { .space = { 0 } };
	struct iovec v = { &e->hello, sizeof(e->hello) };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1 };
	if (!e->hello.error) {
		c.header.cmsg_level = SOL_SOCKET;
		c.header.cmsg_type = SCM_RIGHTS;
		c.header.cmsg_len = CMSG_LEN(sizeof(e->space));
		memcpy(CMSG_DATA(&c.header), e->space, sizeof(e->space));
		m.msg_control = &c;
		m.msg_controllen = sizeof(c.space);
	}
	return sendmsg(e->control, &m, MSG_NOSIGNAL) < 0 ? -1 : 0;
}

static struct packet *new_packet(struct emulator *e)
{
	struct packet *k = e->idle;
	if (!k)
		return malloc(sizeof(*k));
	e->idle = (struct packet *)(void *)k->p.next;
	return k;
}

static void done_with(struct emulator *e, struct packet *k)
{
	k->p.next = e->idle ? &e->idle->p : NULL;
	e->idle = k;
}

static void hand_on(struct emulator *e, enum link_way way)
{
	struct shaper *s = &e->way[way];
	struct shaper_packet *p;
	while ((p = shaper_take(s, emulator_now()))) {
		struct packet *k = (struct packet *)(void *)p;
		/* Down ends at the client's device, up at the server's. */
		if (!p->lost && !p->cut &&
				write(e->device[way == LINK_DOWN ? NETNS_CLIENT
								 : NETNS_SERVER],
						k->data, p->length) < 0)
			s->counters->write_errors++;
		done_with(e, k);
	}
}

bool emulator_is_flow(const uint8_t *data, size_t n)
{
	size_t header = n ? (size_t)(data[0] & 15) * 4 : 0;
	if (header < 20 || n < header + 4 || data[0] >> 4 != 4 ||
			data[9] != IPPROTO_TCP)
		return false;
	const uint8_t *ports = data + header;
	return (ports[0] << 8 | ports[1]) == NETNS_FLOW_PORT ||
	       (ports[2] << 8 | ports[3]) == NETNS_FLOW_PORT;
}

/* Whether there may be more. */
static bool take_in(struct emulator *e, enum link_way way)
{
	int from = e->device[way == LINK_DOWN ? NETNS_SERVER : NETNS_CLIENT];
	for (int i = 0; i < BATCH; i++) {
		struct packet *k = new_packet(e);
		if (!k)
			_exit(1);
		ssize_t n = read(from, k->data, sizeof(k->data));
		k->p.aside = n > 0 && emulator_is_flow(k->data, (size_t)n);
		if (n <= 0 || !shaper_offer(&e->way[way], &k->p, (uint32_t)n,
					      emulator_now()))
			done_with(e, k);
		if (n <= 0)
			return false;
		if (i % 16 == 15) {
			hand_on(e, LINK_DOWN);
			hand_on(e, LINK_UP);
		}
	}
	return true;
}

/* The way from program to program takes time of its own. */
static struct shaper_config less(
		const struct emulator *e, const struct shaper_config *w)
{
	struct shaper_config c = *w;
	if (e->link->netem)
		return (struct shaper_config){ 0 };
	c.delay_us -= c.delay_us < e->own_us ? c.delay_us : e->own_us;
	return c;
}

/* From the beginning: nothing is on the way, nothing was counted or drawn. */
static void begin(struct emulator *e, uint32_t own_us)
{
	e->own_us = own_us;
	for (unsigned i = 0; i < LINK_WAYS; i++) {
		struct shaper_config c = less(e, &e->link->way[i]);
		struct shaper_packet *p;
		while ((p = shaper_drain(&e->way[i])))
			done_with(e, (struct packet *)(void *)p);
		shaper_init(&e->way[i], &c, &e->shared->counters[i],
				netns_seed(e->seed, i));
		/* What a peer sent is not what was sent beside it. */
		memset(&e->shared->beside[i], 0, sizeof(e->shared->beside[i]));
		e->way[i].aside = &e->shared->beside[i];
	}
}

static void change(struct emulator *e, enum link_way way,
		const struct shaper_config *w, uint64_t at)
{
	struct shaper_config c = less(e, w);
	shaper_change(&e->way[way], &c, at);
	if (e->link->netem)
		(void)run_tc(e, (enum netns_side)way, w, true);
}

/* Changes happen at their times, however late they are looked at. Returns
 * when the next one is. */
static uint64_t follow_script(struct emulator *e, uint64_t now)
{
	uint64_t went = atomic_load(&e->shared->went);
	if (!went)
		return now + WAIT;
	if (!e->step)
		atomic_store(&e->shared->flow, e->link->flow);
	for (; e->step < e->link->n_steps; e->step++) {
		const struct link_step *s = &e->link->steps[e->step];
		uint64_t at = went + s->at_ms * (SECOND / 1000);
		if (at > now)
			return at;
		for (unsigned i = 0; i < LINK_WAYS; i++)
			change(e, i, &s->way[i], at);
		atomic_store(&e->shared->flow, s->flow);
	}
	return UINT64_MAX;
}

static void wait_until(struct emulator *e, uint64_t next, bool *over)
{
	struct pollfd fds[] = { { e->control, POLLIN, 0 },
		{ e->device[NETNS_SERVER], POLLIN, 0 },
		{ e->device[NETNS_CLIENT], POLLIN, 0 } };
	struct timespec rest = { 0, REST };
	uint64_t now = emulator_now();
	uint64_t ns = next > now + SPIN ? next - now - SPIN / 2 : 0;
	struct timespec t = { (time_t)(ns / SECOND), (long)(ns % SECOND) };
	if (now - e->rested > AWAKE) {
		(void)nanosleep(&rest, NULL);
		e->rested = emulator_now();
		return;
	}
	(void)ppoll(fds, 3, next == UINT64_MAX ? NULL : &t, NULL);
	if (emulator_now() - now > REST)
		e->rested = emulator_now();
	*over = fds[0].revents != 0;
}

static int carry(struct emulator *e)
{
	for (bool over = false; !over;) {
		uint32_t own_us = atomic_load(&e->shared->own_us);
		if (own_us != e->own_us)
			begin(e, own_us);
		uint64_t next = follow_script(e, emulator_now());
		bool more = take_in(e, LINK_DOWN);
		more |= take_in(e, LINK_UP);
		for (unsigned i = 0; i < LINK_WAYS; i++) {
			hand_on(e, i);
			uint64_t due = shaper_next(&e->way[i]);
			next = due < next ? due : next;
		}
		wait_until(e, more ? 0 : next, &over);
	}
	return 0;
}

int emulator_run(const struct link_spec *link, uint64_t seed,
		const char *congestion, struct netns_shared *shared,
		int control)
{
	struct emulator e = { .link = link,
		.shared = shared,
		.control = control,
		.seed = seed,
		.device = { -1, -1 },
		.space = { -1, -1 } };
	struct sched_param priority = { .sched_priority = PRIORITY };
	begin(&e, 0);
	if (make_side(&e, NETNS_SERVER, congestion) == 0 &&
			make_side(&e, NETNS_CLIENT, congestion) == 0)
		/* Without it (in a user namespace) the link is later at
		 * times; the counters tell. */
		(void)sched_setscheduler(0, SCHED_RR, &priority);
	(void)prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
	if (say_hello(&e) < 0 || e.hello.error)
		return 1;
	/* Nobody waits for what a script runs. */
	(void)signal(SIGCHLD, SIG_IGN);
	return carry(&e);
}
