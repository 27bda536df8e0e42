/*
 * test_jail.c - what the process of a connection may still do, seen by
 * trying: each attempt in a jailed process of its own, which says how far it
 * got by its exit code.
 */
#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client/viewer/jail.h"

#if (defined(__x86_64__) || defined(__aarch64__)) && \
		!defined(__SANITIZE_ADDRESS__) && \
		!defined(__SANITIZE_THREAD__)

enum { NOT_JAILED = 100, DID_IT = 101, REFUSED = 0, KILLED = -SIGSYS };

static pid_t outside; /* the test itself */
static int tcp;       /* a socket that was there before */

/* A pipe, a file, memory: what is there before the jail stays usable. */
static long works(void)
{
	char c;
	int *p = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		return -1;
	*p = 1;
	munmap(p, 1 << 20);
	free(malloc(10 << 20));
	if (read(tcp, &c, 1) >= 0)
		return -1;
	return syscall(SYS_getrandom, &c, 1, 0) == 1 ? 0 : -1;
}

static long open_file(void)
{
	return open("/etc/passwd", O_RDONLY);
}

static long open_new(void)
{
	return open("/tmp/oriel-test-jail", O_CREAT | O_WRONLY, 0600);
}

static long open_proc(void)
{
	return open("/proc/self/mem", O_RDWR);
}

static long stat_file(void)
{
	return access("/etc/passwd", F_OK);
}

static long unlink_file(void)
{
	return unlink("/tmp/oriel-test-jail-none") == 0 || errno == ENOENT ? 0
									   : -1;
}

static long make_socket(void)
{
	return socket(AF_INET, SOCK_STREAM, 0);
}

static long make_local_socket(void)
{
	return socket(AF_UNIX, SOCK_STREAM, 0);
}

static long make_netlink(void)
{
	return socket(AF_NETLINK, SOCK_RAW, 0);
}

static long make_pair(void)
{
	int ends[2];
	return socketpair(AF_UNIX, SOCK_STREAM, 0, ends);
}

static long connect_again(void)
{
	struct sockaddr_in to = { .sin_family = AF_INET };
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	to.sin_port = htons(9);
	errno = 0;
	return connect(tcp, (struct sockaddr *)&to, sizeof(to)) == 0 ||
					       errno != EPERM
			       ? 0
			       : -1;
}

/* The same by a send. */
static long connect_by_sending(void)
{
	struct sockaddr_in to = { .sin_family = AF_INET };
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	to.sin_port = htons(9);
	errno = 0;
	return sendto(tcp, "x", 1, MSG_FASTOPEN | MSG_NOSIGNAL,
			       (struct sockaddr *)&to, sizeof(to)) >= 0 ||
					       errno != EPERM
			       ? 0
			       : -1;
}

static long send_message(void)
{
	struct msghdr m;
	memset(&m, 0, sizeof(m));
	errno = 0;
	return sendmsg(tcp, &m, MSG_NOSIGNAL) >= 0 || errno != EPERM ? 0 : -1;
}

static long listen_here(void)
{
	errno = 0;
	return listen(tcp, 1) == 0 || errno != EPERM ? 0 : -1;
}

static long bind_socket(void)
{
	int device[6] = { 0 };
	return setsockopt(tcp, SOL_SOCKET, SO_BINDTODEVICE, device, 0);
}

static long run_program(void)
{
	char name[] = "/bin/true";
	char *argv[] = { name, NULL };
	return execv(name, argv);
}

static long trace(void)
{
	return ptrace(PTRACE_ATTACH, outside, NULL, NULL);
}

static long trace_me(void)
{
	return ptrace(PTRACE_TRACEME, 0, NULL, NULL);
}

static long read_another(void)
{
	return syscall(SYS_process_vm_readv, outside, NULL, 0, NULL, 0, 0);
}

static long begin_process(void)
{
	pid_t pid = fork();
	if (pid == 0)
		_exit(0);
	return pid;
}

static long kill_another(void)
{
	return kill(outside, 0);
}

static long kill_by_thread(void)
{
	return syscall(SYS_tgkill, outside, outside, 0);
}

static long map_code(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_EXEC,
			       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED
			       ? -1
			       : 0;
}

static long make_code(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return mprotect(p, 4096, PROT_READ | PROT_EXEC);
}

static long make_memory_file(void)
{
	return memfd_create("x", 0);
}

static long be_dumpable(void)
{
	return prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
}

static long make_ring(void)
{
#ifdef SYS_io_uring_setup
	char params[200] = { 0 };
	return syscall(SYS_io_uring_setup, 1, params);
#else
	return -1;
#endif
}

static long type_into_terminal(void)
{
	enum { STICK = 0x5412 }; /* TIOCSTI */
	errno = 0;
	return syscall(SYS_ioctl, 2, STICK, "x") == 0 || errno != EPERM ? 0
									: -1;
}

#if defined(__x86_64__)
static long other_numbers(void)
{
	return syscall(0x40000000 + SYS_getpid);
}
#endif

static const struct attempt {
	const char *name;
	long (*try)(void); /* negative: it was refused */
	int want;
} attempts[] = {
	{ "what it is for", works, DID_IT },
	{ "open a file", open_file, REFUSED },
	{ "make a file", open_new, REFUSED },
	{ "open its memory", open_proc, REFUSED },
	{ "look for a file", stat_file, REFUSED },
	{ "remove a file", unlink_file, REFUSED },
	{ "make a socket", make_socket, REFUSED },
	{ "make a local socket", make_local_socket, REFUSED },
	{ "make a netlink socket", make_netlink, REFUSED },
	{ "make a pair of sockets", make_pair, REFUSED },
	{ "connect its socket elsewhere", connect_again, REFUSED },
	{ "connect it by sending", connect_by_sending, REFUSED },
	{ "send a message with files", send_message, REFUSED },
	{ "listen on it", listen_here, REFUSED },
	{ "bind it to a device", bind_socket, REFUSED },
	{ "run a program", run_program, KILLED },
	{ "trace another", trace, KILLED },
	{ "be traced", trace_me, KILLED },
	{ "read another's memory", read_another, KILLED },
	{ "begin a process", begin_process, REFUSED },
	{ "signal another", kill_another, REFUSED },
	{ "signal another's thread", kill_by_thread, REFUSED },
	{ "map code", map_code, REFUSED },
	{ "make code of data", make_code, REFUSED },
	{ "make a file of memory", make_memory_file, REFUSED },
	{ "be dumpable again", be_dumpable, REFUSED },
	{ "make an io_uring", make_ring, REFUSED },
	{ "type into a terminal", type_into_terminal, REFUSED },
#if defined(__x86_64__)
	{ "use the numbers of x32", other_numbers, KILLED },
#endif
};

/* How it ends: an exit code, or minus a signal. */
static int outcome(const struct attempt *a, bool jailed)
{
	int status;
	fflush(NULL);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		struct orl_jail jail;
		if (jailed && orl_jail_enter(&jail) != 0)
			_exit(NOT_JAILED);
		_exit(a->try() >= 0 ? DID_IT : REFUSED);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

static void nothing_else_can_be_done(void **state)
{
	unsigned wrong = 0;
	(void)state;
	outside = getpid();
	tcp = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	assert_true(tcp >= 0);
	for (size_t i = 0; i < sizeof(attempts) / sizeof(attempts[0]); i++) {
		int got = outcome(&attempts[i], true);
		if (got == attempts[i].want)
			continue;
		print_message("%s: %d, not %d\n", attempts[i].name, got,
				attempts[i].want);
		wrong++;
	}
	close(tcp);
	assert_int_equal(wrong, 0);
}

/* A thread that was made between the two steps, as those that decode are. */
static struct between {
	pthread_mutex_t gate;
	pthread_barrier_t begun;
	long (*try)(void);
	long got;
} between = { .gate = PTHREAD_MUTEX_INITIALIZER };

static void *try_later(void *arg)
{
	(void)arg;
	/* A thread that begins makes system calls of its own. */
	pthread_barrier_wait(&between.begun);
	pthread_mutex_lock(&between.gate);
	between.got = between.try();
	pthread_mutex_unlock(&between.gate);
	return NULL;
}

static int outcome_in_thread(const struct attempt *a)
{
	int status;
	fflush(NULL);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		struct orl_jail jail;
		pthread_t thread;
		between.try = a->try;
		pthread_mutex_lock(&between.gate);
		pthread_barrier_init(&between.begun, NULL, 2);
		if (orl_jail_begin(&jail) ||
				pthread_create(&thread, NULL, try_later, NULL))
			_exit(NOT_JAILED);
		pthread_barrier_wait(&between.begun);
		if (orl_jail_finish(&jail))
			_exit(NOT_JAILED);
		pthread_mutex_unlock(&between.gate);
		pthread_join(thread, NULL);
		_exit(between.got >= 0 ? DID_IT : REFUSED);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

static void threads_are_in_it_as_well(void **state)
{
	(void)state;
	outside = getpid();
	tcp = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	assert_true(tcp >= 0);
	for (size_t i = 0; i < sizeof(attempts) / sizeof(attempts[0]); i++) {
		int got = outcome_in_thread(&attempts[i]);
		if (got != attempts[i].want)
			fail_msg("%s: %d, not %d", attempts[i].name, got,
					attempts[i].want);
	}
	close(tcp);
}

/* The attempts are real ones: without the jail they go well. */
static void outside_it_can(void **state)
{
	static const char *const can[] = { "open a file", "make a socket",
		"begin a process", "map code", "make a file of memory",
		"signal another", "make code of data", "look for a file" };
	(void)state;
	outside = getpid();
	for (size_t i = 0; i < sizeof(attempts) / sizeof(attempts[0]); i++)
		for (size_t k = 0; k < sizeof(can) / sizeof(can[0]); k++)
			if (strcmp(attempts[i].name, can[k]) == 0)
				assert_int_equal(outcome(&attempts[i], false),
						DID_IT);
}

/* An assertion that fails is a SIGABRT here as everywhere. */
static long break_down(void)
{
	abort();
}

static void it_may_break_down(void **state)
{
	static const struct attempt a = { "abort", break_down, -SIGABRT };
	(void)state;
	assert_int_equal(outcome(&a, true), -SIGABRT);
}

#else

static void nothing_else_can_be_done(void **state)
{
	(void)state;
	skip(); /* a sanitizer makes calls of its own, or there is no jail */
}

static void threads_are_in_it_as_well(void **state)
{
	(void)state;
	skip();
}

static void outside_it_can(void **state)
{
	(void)state;
	skip();
}

static void it_may_break_down(void **state)
{
	(void)state;
	skip();
}

#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_else_can_be_done),
		cmocka_unit_test(threads_are_in_it_as_well),
		cmocka_unit_test(outside_it_can),
		cmocka_unit_test(it_may_break_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
