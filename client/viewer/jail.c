/*
 * jail.c - the walls: limits, no_new_privs, Landlock where there is one, and
 * a filter of system calls written out by hand. What is not listed is refused
 * with EPERM, so a library that only probes goes on; what nobody calls by
 * chance kills the process. Arguments are looked at where a call could do
 * more than this process needs.
 */
#include "client/viewer/jail.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <linux/sockios.h>
#include <linux/tcp.h>

#if defined(__x86_64__)
#define OUR_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define OUR_ARCH AUDIT_ARCH_AARCH64
#endif

#ifdef OUR_ARCH

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Whatever their arguments. */
static const int allowed[] = {
	SYS_read,
	SYS_write,
	SYS_writev, /* of glibc, when an assertion fails */
	SYS_close,
	SYS_recvfrom,
	SYS_recvmsg, /* of files that the viewer sends */
	SYS_shutdown,
	SYS_getsockname,
	SYS_getpeername,
	SYS_getsockopt,
	SYS_epoll_ctl,
	SYS_epoll_pwait,
	SYS_ppoll,
#ifdef SYS_epoll_wait
	SYS_epoll_wait,
	SYS_poll,
	SYS_time,
#endif
	SYS_timerfd_settime,
	SYS_fstat,
	SYS_brk,
	SYS_munmap,
	SYS_mremap,
	SYS_madvise,
	SYS_futex,
	SYS_clock_gettime,
	SYS_clock_nanosleep,
	SYS_gettimeofday,
	SYS_nanosleep,
	SYS_sched_yield,
	SYS_getrandom,
	SYS_getrusage,
	SYS_getpid,
	SYS_gettid,
	SYS_rt_sigaction,
	SYS_rt_sigprocmask,
	SYS_rt_sigreturn,
	SYS_restart_syscall,
	SYS_exit,
	SYS_exit_group,
};

/* Nobody means well who tries these. */
static const int deadly[] = {
	SYS_execve,
	SYS_execveat,
	SYS_ptrace,
	SYS_process_vm_readv,
	SYS_process_vm_writev,
	SYS_bpf,
	SYS_userfaultfd,
	SYS_perf_event_open,
	SYS_mount,
	SYS_setns,
	SYS_unshare,
	SYS_keyctl,
	SYS_add_key,
	SYS_request_key,
	SYS_init_module,
	SYS_finit_module,
};

static const uint32_t ioctls[] = { SIOCOUTQ, SIOCOUTQNSD };
static const uint32_t fcntls[] = { F_GETFD, F_SETFD, F_GETFL, F_SETFL };

static const struct option {
	uint32_t level, name;
} options[] = {
	{ IPPROTO_TCP, TCP_NODELAY },
	{ IPPROTO_TCP, TCP_USER_TIMEOUT },
	{ IPPROTO_TCP, TCP_CONGESTION },
	{ IPPROTO_TCP, TCP_KEEPIDLE },
	{ IPPROTO_TCP, TCP_KEEPINTVL },
	{ IPPROTO_TCP, TCP_KEEPCNT },
	{ IPPROTO_TCP, TCP_NOTSENT_LOWAT },
	{ IPPROTO_IP, IP_TOS },
	{ IPPROTO_IPV6, IPV6_TCLASS },
	{ SOL_SOCKET, SO_KEEPALIVE },
};

struct filter {
	struct sock_filter code[256];
	unsigned short n;
};

static void add(struct filter *f, uint16_t code, uint32_t k, uint8_t yes,
		uint8_t no)
{
	if (f->n < COUNT(f->code))
		f->code[f->n] = (struct sock_filter){ code, yes, no, k };
	f->n++;
}

static void load(struct filter *f, size_t at)
{
	add(f, BPF_LD | BPF_W | BPF_ABS, (uint32_t)at, 0, 0);
}

/* The low half of an argument; both machines are little-endian. */
static void load_argument(struct filter *f, unsigned i)
{
	load(f, offsetof(struct seccomp_data, args) + 8 * i);
}

static void answer(struct filter *f, uint32_t how)
{
	add(f, BPF_RET | BPF_K, how, 0, 0);
}

/* If what is loaded is this, that is the answer. */
static void answer_if(struct filter *f, uint32_t value, uint32_t how)
{
	add(f, BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1);
	answer(f, how);
}

#define REFUSE (SECCOMP_RET_ERRNO | EPERM)

/*
 * The instructions from begin() to end() are for this call alone, and give an
 * answer each time; the call's number is what is loaded after them.
 */
static unsigned begin(struct filter *f, int call)
{
	add(f, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)call, 0, 0);
	return f->n;
}

static void end(struct filter *f, unsigned begun)
{
	answer(f, REFUSE);
	if (begun <= COUNT(f->code))
		f->code[begun - 1].jf = (uint8_t)(f->n - begun);
}

static void allow_with(struct filter *f, int call, unsigned argument,
		const uint32_t *values, size_t n)
{
	unsigned begun = begin(f, call);
	load_argument(f, argument);
	for (size_t i = 0; i < n; i++)
		answer_if(f, values[i], SECCOMP_RET_ALLOW);
	end(f, begun);
}

/* Unless one of these bits is set. */
static void allow_without(
		struct filter *f, int call, unsigned argument, uint32_t bits)
{
	unsigned begun = begin(f, call);
	load_argument(f, argument);
	add(f, BPF_JMP | BPF_JSET | BPF_K, bits, 1, 0);
	answer(f, SECCOMP_RET_ALLOW);
	end(f, begun);
}

static void allow_options(struct filter *f)
{
	unsigned begun = begin(f, SYS_setsockopt);
	for (size_t i = 0; i < COUNT(options); i++) {
		load_argument(f, 1);
		add(f, BPF_JMP | BPF_JEQ | BPF_K, options[i].level, 0, 3);
		load_argument(f, 2);
		answer_if(f, options[i].name, SECCOMP_RET_ALLOW);
	}
	end(f, begun);
}

/*
 * A socket that has failed to connect could be connected to anywhere by
 * MSG_FASTOPEN, so that is refused, and sendmsg(), whose address a filter
 * cannot see, is not allowed at all.
 */
static void fill(struct filter *f)
{
	const uint32_t self = (uint32_t)getpid();
	load(f, offsetof(struct seccomp_data, arch));
	add(f, BPF_JMP | BPF_JEQ | BPF_K, OUR_ARCH, 1, 0);
	answer(f, SECCOMP_RET_KILL_PROCESS);
	load(f, offsetof(struct seccomp_data, nr));
#if defined(__x86_64__)
	/* The same calls once more, by other numbers. */
	add(f, BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 0, 1);
	answer(f, SECCOMP_RET_KILL_PROCESS);
#endif
	for (size_t i = 0; i < COUNT(allowed); i++)
		answer_if(f, (uint32_t)allowed[i], SECCOMP_RET_ALLOW);
	for (size_t i = 0; i < COUNT(deadly); i++)
		answer_if(f, (uint32_t)deadly[i], SECCOMP_RET_KILL_PROCESS);
#ifdef SYS_clone3
	/* Where this is refused otherwise, glibc does not try another. */
	answer_if(f, SYS_clone3, SECCOMP_RET_ERRNO | ENOSYS);
#endif
	allow_without(f, SYS_mmap, 2, PROT_EXEC);
	allow_without(f, SYS_mprotect, 2, PROT_EXEC);
	allow_without(f, SYS_sendto, 3, MSG_FASTOPEN);
	allow_with(f, SYS_ioctl, 1, ioctls, COUNT(ioctls));
	allow_with(f, SYS_fcntl, 1, fcntls, COUNT(fcntls));
	allow_with(f, SYS_tgkill, 0, &self, 1); /* abort() */
	allow_options(f);
	answer(f, REFUSE);
}

static int enter_filter(void)
{
	struct filter f = { .n = 0 };
	fill(&f);
	if (f.n > COUNT(f.code))
		return -E2BIG;
	struct sock_fprog program = { f.n, f.code };
	long err = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
			SECCOMP_FILTER_FLAG_TSYNC, &program);
	return !err ? 0 : err > 0 ? -ESRCH : -errno;
}

#else

static int enter_filter(void)
{
	return -ENOSYS;
}

#endif

/* ---- Landlock ---------------------------------------------------------- */

/*
 * By numbers: C libraries have no names for these calls, and headers may be
 * older than the kernel. A ruleset without a rule allows nothing.
 */
static int enter_landlock(int *version)
{
	enum { CREATE = 444, RESTRICT = 446, ONLY_ASK = 1 };
	struct {
		uint64_t files, network, scopes;
	} handled = { (1u << 13) - 1, 0, 0 };
	size_t size = sizeof(handled.files);
	long v = syscall(CREATE, NULL, 0, ONLY_ASK);
	*version = v > 0 ? (int)v : 0;
	if (v <= 0)
		return 0;
	if (v >= 2)
		handled.files |= 1u << 13; /* other folders */
	if (v >= 3)
		handled.files |= 1u << 14; /* truncate */
	if (v >= 5)
		handled.files |= 1u << 15; /* ioctl of devices */
	if (v >= 4) {
		handled.network = 3; /* bind, connect */
		size = 2 * sizeof(uint64_t);
	}
	if (v >= 6) {
		handled.scopes = 3; /* abstract sockets, signals */
		size = 3 * sizeof(uint64_t);
	}
	int ruleset = (int)syscall(CREATE, &handled, size, 0);
	if (ruleset < 0)
		return -errno;
	int err = syscall(RESTRICT, ruleset, 0) < 0 ? -errno : 0;
	close(ruleset);
	return err;
}

/* ---- limits ------------------------------------------------------------ */

static int set_limit(enum __rlimit_resource what, rlim_t most)
{
	struct rlimit limit;
	if (getrlimit(what, &limit) < 0)
		return -errno;
	if (limit.rlim_max == RLIM_INFINITY || limit.rlim_max > most)
		limit.rlim_max = most;
	limit.rlim_cur = limit.rlim_max;
	return setrlimit(what, &limit) < 0 ? -errno : 0;
}

/*
 * Memory: pictures of 128 Mi pixels twice, of which this process and the
 * viewer have one together, and room beside them.
 */
static int enter_limits(void)
{
	int err = set_limit(RLIMIT_CORE, 0);
	if (!err)
		err = set_limit(RLIMIT_FSIZE, 0);
	if (!err)
		err = set_limit(RLIMIT_NOFILE, 32);
	if (!err)
		err = set_limit(RLIMIT_MEMLOCK, 0);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
	if (!err)
		err = set_limit(RLIMIT_AS, (rlim_t)4 << 30);
#endif
	return err;
}

int orl_jail_begin(struct orl_jail *jail)
{
	*jail = (struct orl_jail){ .step = "setrlimit" };
	int err = enter_limits();
	if (err)
		return err;
	jail->step = "PR_SET_DUMPABLE";
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return -errno;
	jail->step = "PR_SET_NO_NEW_PRIVS";
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -errno;
	jail->step = "Landlock";
	return enter_landlock(&jail->landlock);
}

int orl_jail_finish(struct orl_jail *jail)
{
	jail->step = "seccomp";
	return enter_filter();
}

int orl_jail_enter(struct orl_jail *jail)
{
	int err = orl_jail_begin(jail);
	return err ? err : orl_jail_finish(jail);
}
