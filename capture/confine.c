/*
 * confine.c - see confine.h. oriel-serve and what fetches desktops read files,
 * look for hosts and use libraries that do what they like, so for them this is
 * a list of what is refused: the kernel's rarely tried parts are out of reach.
 * For what needs next to nothing it is a list of what is allowed.
 */
#include "capture/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>

#if defined(__x86_64__)
#define OUR_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define OUR_ARCH AUDIT_ARCH_AARCH64
#endif

/* ---- capabilities ------------------------------------------------------ */

int orl_confine_capabilities(uint32_t keep)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3
	};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
			syscall(SYS_capget, &head, data) < 0)
		return -errno;
	keep &= data[0].permitted;
	/* Not for programs either: it may lack the capability to say so. */
	for (int i = 0; prctl(PR_CAPBSET_READ, i, 0, 0, 0) >= 0; i++)
		if (i >= 32 || !(keep & UINT32_C(1) << i))
			(void)prctl(PR_CAPBSET_DROP, i, 0, 0, 0);
	(void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	memset(data, 0, sizeof(data));
	data[0].permitted = data[0].effective = keep;
	return syscall(SYS_capset, &head, data) < 0 ? -errno : 0;
}

#ifdef OUR_ARCH

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- filters ----------------------------------------------------------- */

struct filter {
	struct sock_filter code[320];
	unsigned short n;
};

#define REFUSE (SECCOMP_RET_ERRNO | EPERM)

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

static void answer_all(
		struct filter *f, const int *calls, size_t n, uint32_t how)
{
	for (size_t i = 0; i < n; i++)
		answer_if(f, (uint32_t)calls[i], how);
}

/*
 * For this call: one answer if any of these bits is in an argument's low half,
 * which comes first on both machines, and another one if none is.
 */
static void answer_by_bits(struct filter *f, int call, unsigned argument,
		uint32_t bits, uint32_t any, uint32_t none)
{
	add(f, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)call, 0, 4);
	load(f, offsetof(struct seccomp_data, args) + 8 * argument);
	add(f, BPF_JMP | BPF_JSET | BPF_K, bits, 0, 1);
	answer(f, any);
	answer(f, none);
}

/* The call's number is what is loaded after it. */
static void begin(struct filter *f)
{
	f->n = 0;
	load(f, offsetof(struct seccomp_data, arch));
	add(f, BPF_JMP | BPF_JEQ | BPF_K, OUR_ARCH, 1, 0);
	answer(f, SECCOMP_RET_ERRNO | ENOSYS);
	load(f, offsetof(struct seccomp_data, nr));
#if defined(__x86_64__)
	/* The same calls once more, by other numbers. */
	add(f, BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 0, 1);
	answer(f, SECCOMP_RET_ERRNO | ENOSYS);
#endif
#ifdef SYS_clone3
	/* No filter sees what it is asked for; the C library has clone(). */
	answer_if(f, SYS_clone3, SECCOMP_RET_ERRNO | ENOSYS);
#endif
}

static int enter(struct filter *f)
{
	struct sock_fprog program = { f->n, f->code };
	long err;

	if (f->n > COUNT(f->code))
		return -E2BIG;
	err = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
			SECCOMP_FILTER_FLAG_TSYNC, &program);
	if (!err || (err < 0 && (errno == ENOSYS || errno == EINVAL)))
		return 0;
	return err > 0 ? -ESRCH : -errno;
}

/* ---- what is refused --------------------------------------------------- */

static const int refused[] = {
	/* other processes */
	SYS_ptrace,
	SYS_process_vm_readv,
	SYS_process_vm_writev,
	SYS_kcmp,
	SYS_pidfd_getfd,
	/* the kernel's own machinery */
	SYS_bpf,
	SYS_perf_event_open,
	SYS_userfaultfd,
	SYS_io_uring_setup,
	SYS_io_uring_enter,
	SYS_io_uring_register,
	SYS_init_module,
	SYS_finit_module,
	SYS_delete_module,
	SYS_kexec_load,
	SYS_add_key,
	SYS_request_key,
	SYS_keyctl,
	SYS_personality,
	SYS_vhangup,
	SYS_open_by_handle_at,
	SYS_name_to_handle_at,
	/* the machine */
	SYS_reboot,
	SYS_swapon,
	SYS_swapoff,
	SYS_acct,
	SYS_settimeofday,
	SYS_clock_settime,
	SYS_adjtimex,
	SYS_clock_adjtime,
	SYS_sethostname,
	SYS_setdomainname,
	SYS_syslog,
	SYS_quotactl,
	/* what is seen of it */
	SYS_mount,
	SYS_umount2,
	SYS_fsopen,
	SYS_fsconfig,
	SYS_fsmount,
	SYS_fspick,
	SYS_move_mount,
	SYS_open_tree,
	SYS_mount_setattr,
	SYS_pivot_root,
	SYS_chroot,
	SYS_setns,
	SYS_unshare,
	/* who one is */
	SYS_setuid,
	SYS_setgid,
	SYS_setreuid,
	SYS_setregid,
	SYS_setresgid,
	SYS_setgroups,
	SYS_setfsuid,
	SYS_setfsgid,
#if defined(__x86_64__)
	SYS_iopl,
	SYS_ioperm,
	SYS_modify_ldt,
	SYS_kexec_file_load,
	SYS_mknod,
#endif
	SYS_mknodat,
};

/* What is begun later on gives up the rest of what is left here. */
static const int programs[] = { SYS_execve, SYS_execveat, SYS_capset };

enum {
	NAMESPACES = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS |
		     CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET
};

int orl_confine_calls(unsigned but)
{
	struct filter f;

	begin(&f);
	answer_by_bits(&f, SYS_clone, 0, NAMESPACES, REFUSE, SECCOMP_RET_ALLOW);
	answer_all(&f, refused, COUNT(refused), REFUSE);
	if (!(but & ORL_CONFINE_RUNS))
		answer_all(&f, programs, COUNT(programs), REFUSE);
	if (!(but & ORL_CONFINE_BECOMES))
		answer_if(&f, SYS_setresuid, REFUSE);
	answer(&f, SECCOMP_RET_ALLOW);
	return enter(&f);
}

/* ---- what is allowed --------------------------------------------------- */

static const int allowed[] = {
	SYS_read,
	SYS_write,
	SYS_readv,
	SYS_writev,
	SYS_close,
	SYS_accept,
	SYS_accept4,
	SYS_recvfrom,
	SYS_shutdown,
	SYS_getsockname,
	SYS_getpeername,
	SYS_getsockopt,
	SYS_setsockopt,
	SYS_ppoll,
	SYS_pselect6,
#if defined(__x86_64__)
	SYS_poll,
	SYS_select,
	SYS_time,
#endif
	SYS_brk,
	SYS_munmap,
	SYS_mremap,
	SYS_madvise,
	SYS_futex,
	SYS_set_robust_list,
	SYS_rseq,
	SYS_clock_gettime,
	SYS_clock_nanosleep,
	SYS_gettimeofday,
	SYS_nanosleep,
	SYS_sched_yield,
	SYS_sched_getaffinity,
	SYS_getrandom,
	SYS_getpid,
	SYS_gettid,
	SYS_getuid,
	SYS_geteuid,
	SYS_getgid,
	SYS_getegid,
	SYS_uname,
	SYS_rt_sigaction,
	SYS_rt_sigprocmask,
	SYS_rt_sigreturn,
	SYS_restart_syscall,
	SYS_exit,
	SYS_exit_group,
};

static const uint32_t fcntls[] = { F_GETFD, F_SETFD, F_GETFL, F_SETFL };

/*
 * A socket that has lost its connection could be connected to anywhere by
 * MSG_FASTOPEN; sendmsg() can say that too, and is not there at all.
 */
int orl_confine_reader(void)
{
	struct filter f;

	begin(&f);
	answer_all(&f, allowed, COUNT(allowed), SECCOMP_RET_ALLOW);
	answer_by_bits(&f, SYS_clone, 0, CLONE_THREAD, SECCOMP_RET_ALLOW,
			REFUSE);
	answer_by_bits(&f, SYS_mmap, 2, PROT_EXEC, REFUSE, SECCOMP_RET_ALLOW);
	answer_by_bits(&f, SYS_mprotect, 2, PROT_EXEC, REFUSE,
			SECCOMP_RET_ALLOW);
	answer_by_bits(&f, SYS_sendto, 3, MSG_FASTOPEN, REFUSE,
			SECCOMP_RET_ALLOW);
	/* abort() */
	add(&f, BPF_JMP | BPF_JEQ | BPF_K, SYS_tgkill, 0, 3);
	load(&f, offsetof(struct seccomp_data, args));
	answer_if(&f, (uint32_t)getpid(), SECCOMP_RET_ALLOW);
	/* What is left is another process, or fcntl(). */
	load(&f, offsetof(struct seccomp_data, nr));
	add(&f, BPF_JMP | BPF_JEQ | BPF_K, SYS_fcntl, 1, 0);
	answer(&f, REFUSE);
	load(&f, offsetof(struct seccomp_data, args) + 8);
	for (size_t i = 0; i < COUNT(fcntls); i++)
		answer_if(&f, fcntls[i], SECCOMP_RET_ALLOW);
	answer(&f, REFUSE);
	return enter(&f);
}

#else

int orl_confine_calls(unsigned but)
{
	(void)but;
	return 0;
}

int orl_confine_reader(void)
{
	return 0;
}

#endif
