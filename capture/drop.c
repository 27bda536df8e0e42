/*
 * drop.c - capabilities and system calls that nobody here needs. The server
 * reads files again, connects to an X server or a bus and takes connections
 * as long as it lives, so this is a list of what is refused, not of what is
 * allowed: an attacker in this process has the files of its user, and no more
 * than these; the kernel's rarely tried parts are out of reach.
 */
#include "capture/drop.h"

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
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

static int wrong(char *why, size_t size, const char *what)
{
	snprintf(why, size, "giving up privileges: %s: %s", what,
			strerror(errno));
	return -1;
}

/* ---- capabilities ------------------------------------------------------ */

/* Whether everybody may use this congestion control, bbr by default. */
static bool allowed_to_all(const char *congestion)
{
	char line[256] = "", *name, *rest = line;
	FILE *f = fopen("/proc/sys/net/ipv4/tcp_allowed_congestion_control",
			"re");
	const char *want = congestion ? congestion : "bbr";
	bool found = false;

	if (!f)
		return false;
	if (fgets(line, sizeof(line), f))
		while (!found && (name = strtok_r(rest, " \n", &rest)))
			found = strcmp(name, want) == 0;
	fclose(f);
	return found;
}

int orl_drop_privileges(const struct orl_drop *drop, char *why, size_t size)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3
	};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];
	uint32_t keep = 0;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return wrong(why, size, "no_new_privs");
	if (syscall(SYS_capget, &head, data) < 0)
		return wrong(why, size, "capget");
	if (!allowed_to_all(drop->congestion))
		keep |= 1u << CAP_NET_ADMIN;
	if (drop->low_port)
		keep |= 1u << CAP_NET_BIND_SERVICE;
	if (drop->runs)
		keep |= 1u << CAP_DAC_OVERRIDE;
	keep &= data[0].permitted;
	/* Not for programs either: it may lack the capability to say so. */
	for (int i = 0; prctl(PR_CAPBSET_READ, i, 0, 0, 0) >= 0; i++)
		if (i >= 32 || !(keep & 1u << i))
			(void)prctl(PR_CAPBSET_DROP, i, 0, 0, 0);
	(void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	memset(data, 0, sizeof(data));
	data[0].permitted = data[0].effective = keep;
	if (syscall(SYS_capset, &head, data) < 0)
		return wrong(why, size, "capset");
	return 0;
}

/* ---- system calls ------------------------------------------------------ */

#ifdef OUR_ARCH

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

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
	SYS_pivot_root,
	SYS_chroot,
	SYS_setns,
	SYS_unshare,
	/* who one is */
	SYS_setuid,
	SYS_setgid,
	SYS_setreuid,
	SYS_setregid,
	SYS_setresuid,
	SYS_setresgid,
	SYS_setgroups,
	SYS_setfsuid,
	SYS_setfsgid,
	SYS_capset,
#if defined(__x86_64__)
	SYS_iopl,
	SYS_ioperm,
	SYS_modify_ldt,
	SYS_kexec_file_load,
	SYS_mknod,
#endif
	SYS_mknodat,
};

static const int programs[] = { SYS_execve, SYS_execveat };

struct filter {
	struct sock_filter code[2 * COUNT(refused) + 16];
	unsigned short n;
};

static void add(struct filter *f, uint16_t code, uint32_t k, uint8_t yes,
		uint8_t no)
{
	f->code[f->n++] = (struct sock_filter){ code, yes, no, k };
}

static void refuse(struct filter *f, const int *calls, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		add(f, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)calls[i], 0, 1);
		add(f, BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM, 0, 0);
	}
}

int orl_drop_calls(const struct orl_drop *drop, char *why, size_t size)
{
	struct filter f = { .n = 0 };

	add(&f, BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch),
			0, 0);
	add(&f, BPF_JMP | BPF_JEQ | BPF_K, OUR_ARCH, 1, 0);
	add(&f, BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS, 0, 0);
	add(&f, BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr), 0,
			0);
#if defined(__x86_64__)
	add(&f, BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 0, 1);
	add(&f, BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS, 0, 0);
#endif
	refuse(&f, refused, COUNT(refused));
	if (!drop->runs && !drop->prints)
		refuse(&f, programs, COUNT(programs));
	add(&f, BPF_RET | BPF_K, SECCOMP_RET_ALLOW, 0, 0);
	struct sock_fprog program = { f.n, f.code };
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
			    SECCOMP_FILTER_FLAG_TSYNC, &program) == 0 ||
			errno == ENOSYS || errno == EINVAL)
		return 0;
	return wrong(why, size, "seccomp");
}

#else

int orl_drop_calls(const struct orl_drop *drop, char *why, size_t size)
{
	(void)drop;
	(void)why;
	(void)size;
	return 0;
}

#endif
