/*
 * test_confine.c - what oriel-serve and its helpers may still do, seen by
 * trying: each attempt in a process of its own, which says how it went by its
 * exit code.
 */
#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "capture/confine.h"

#if (defined(__x86_64__) || defined(__aarch64__)) && \
		!defined(__SANITIZE_ADDRESS__) && \
		!defined(__SANITIZE_THREAD__)

enum { NOT_CONFINED = 100, DID_IT = 101, READER = 1 << 16 };

static int pair[2]; /* connected sockets that were there before */

static long new_user(void)
{
	return unshare(CLONE_NEWUSER);
}

static long clone_new_user(void)
{
	long pid = syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0);

	if (!pid)
		_exit(0);
	return pid;
}

static long clone_new_net(void)
{
	long pid = syscall(SYS_clone, CLONE_NEWNET | SIGCHLD, 0, 0, 0, 0);

	if (!pid)
		_exit(0);
	return pid;
}

static long clone3(void)
{
	uint64_t args[11] = { CLONE_NEWUSER, 0, 0, 0, SIGCHLD };
	long pid = syscall(SYS_clone3, args, sizeof(args));

	if (!pid)
		_exit(0);
	return pid;
}

static long new_mount(void)
{
	return syscall(SYS_fsopen, "tmpfs", 0);
}

static long tree(void)
{
	return syscall(SYS_open_tree, AT_FDCWD, "/", 1);
}

static long run(void)
{
	char word[] = "true";
	char *const words[] = { word, NULL };

	return execv("/bin/true", words);
}

static long become(void)
{
	return (long)syscall(SYS_setresuid, -1, geteuid(), -1);
}

/* As a helper does that is begun later on. */
static long confine_again(void)
{
	int err = orl_confine_capabilities(0);

	if (!err)
		err = orl_confine_reader();
	errno = -err;
	return err;
}

static void *nothing(void *user)
{
	return user;
}

static long make_thread(void)
{
	pthread_t thread;
	int err = pthread_create(&thread, NULL, nothing, NULL);

	errno = err;
	return err || pthread_join(thread, NULL) ? -1 : 0;
}

static long begin_process(void)
{
	pid_t pid = fork();

	if (!pid)
		_exit(0);
	return pid;
}

static long open_file(void)
{
	return open("/etc/passwd", O_RDONLY);
}

static long open_socket(void)
{
	return socket(AF_UNIX, SOCK_STREAM, 0);
}

static long talk(void)
{
	char c = 'x';
	void *p = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED || munmap(p, 1 << 20) < 0)
		return -1;
	if (send(pair[0], &c, 1, MSG_NOSIGNAL) != 1)
		return -1;
	return recv(pair[1], &c, 1, 0) == 1 ? 0 : -1;
}

static long map_code(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_EXEC,
			       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED
			       ? -1
			       : 0;
}

static long fast_open(void)
{
	return send(pair[0], "x", 1, MSG_FASTOPEN);
}

static long signal_other(void)
{
	return kill(getppid(), 0);
}

/* DID_IT, an errno, or NOT_CONFINED. */
static int attempt(long (*what)(void), unsigned how)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		int err = orl_confine_capabilities(0);

		if (!err)
			err = how == READER ? orl_confine_reader()
					    : orl_confine_calls(how);
		if (err)
			_exit(NOT_CONFINED);
		_exit(what() < 0 ? errno : DID_IT);
	}
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void what_nobody_needs_is_refused(void **state)
{
	(void)state;
	assert_int_equal(attempt(new_user, 0), EPERM);
	assert_int_equal(attempt(clone_new_user, 0), EPERM);
	assert_int_equal(attempt(clone_new_net, 0), EPERM);
	assert_int_equal(attempt(clone3, 0), ENOSYS);
	assert_int_equal(attempt(new_mount, 0), EPERM);
	assert_int_equal(attempt(tree, 0), EPERM);
	assert_int_equal(attempt(run, 0), EPERM);
	assert_int_equal(attempt(become, 0), EPERM);
	assert_int_equal(attempt(become, ORL_CONFINE_RUNS), EPERM);
	assert_int_equal(attempt(confine_again, 0), EPERM);
}

static void what_is_needed_works(void **state)
{
	(void)state;
	assert_int_equal(attempt(make_thread, 0), DID_IT);
	assert_int_equal(attempt(begin_process, 0), DID_IT);
	assert_int_equal(attempt(open_file, 0), DID_IT);
	assert_int_equal(attempt(become, ORL_CONFINE_BECOMES), DID_IT);
	assert_int_equal(attempt(confine_again, ORL_CONFINE_RUNS), DID_IT);
	/* It does not come back from that. */
	assert_int_equal(attempt(run, ORL_CONFINE_RUNS), 0);
}

static void a_reader_has_what_it_has(void **state)
{
	(void)state;
	assert_int_equal(attempt(talk, READER), DID_IT);
	assert_int_equal(attempt(make_thread, READER), DID_IT);
	assert_int_equal(attempt(open_file, READER), EPERM);
	assert_int_equal(attempt(open_socket, READER), EPERM);
	assert_int_equal(attempt(begin_process, READER), EPERM);
	assert_int_equal(attempt(clone3, READER), ENOSYS);
	assert_int_equal(attempt(run, READER), EPERM);
	assert_int_equal(attempt(become, READER), EPERM);
	assert_int_equal(attempt(map_code, READER), EPERM);
	assert_int_equal(attempt(fast_open, READER), EPERM);
	assert_int_equal(attempt(signal_other, READER), EPERM);
}

static void capabilities_are_gone(void **state)
{
	char line[256];
	unsigned long long set, any = 0;
	int status;
	FILE *f;

	(void)state;
	pid_t pid = fork();
	if (!pid) {
		if (orl_confine_capabilities(0) < 0)
			_exit(1);
		f = fopen("/proc/self/status", "r");
		while (f && fgets(line, sizeof(line), f))
			if (sscanf(line, "CapEff: %llx", &set) == 1 ||
					sscanf(line, "CapPrm: %llx", &set) ==
							1 ||
					sscanf(line, "CapAmb: %llx", &set) == 1)
				any |= set;
		_exit(!f || any ? 2 : 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static int open_pair(void **state)
{
	(void)state;
	return socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_nobody_needs_is_refused),
		cmocka_unit_test(what_is_needed_works),
		cmocka_unit_test(a_reader_has_what_it_has),
		cmocka_unit_test(capabilities_are_gone),
	};

	return cmocka_run_group_tests(tests, open_pair, NULL);
}

#else

int main(void)
{
	puts("skipped: no filter on this machine, or a sanitizer in it");
	return 0;
}

#endif
