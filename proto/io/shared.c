/*
 * shared.c - files of memory: the only place that maps one or reads it.
 *
 * Whoever holds the other end of a memfd can truncate it at any time, and a
 * page that is mapped and gone kills the process that touches it. No signal
 * handler of ours could mend that: signals are the host's. So a file is
 * mapped only when the kernel has promised, by F_SEAL_SHRINK, that it stays
 * as long as it is. Huge pages are read even then: a hole punched into such a
 * file is filled from a pool that may be empty, which is a SIGBUS as well.
 */
#include "proto/io/shared.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#if defined(__linux__)
#include <linux/magic.h>
#include <sys/vfs.h>
#endif

enum kind { IN_MEMORY, IN_HUGE_PAGES, ELSEWHERE };

/* A FUSE file, for one, can keep its reader waiting for ever. */
static enum kind kind_of(int fd)
{
#if defined(__linux__)
	struct statfs fs;

	if (fstatfs(fd, &fs) == 0 && fs.f_type == TMPFS_MAGIC)
		return IN_MEMORY;
	if (fstatfs(fd, &fs) == 0 && fs.f_type == HUGETLBFS_MAGIC)
		return IN_HUGE_PAGES;
	return ELSEWHERE;
#else
	(void)fd;
	return IN_MEMORY; /* nobody has told us how to find out */
#endif
}

static bool can_read(int fd)
{
	int mode = fcntl(fd, F_GETFL);

#if defined(O_PATH)
	if (mode >= 0 && mode & O_PATH)
		return false; /* a name, rather than a file */
#endif
	return mode >= 0 && (mode & O_ACCMODE) != O_WRONLY;
}

static bool cannot_shrink(int fd)
{
#if defined(F_SEAL_SHRINK)
	int seals = fcntl(fd, F_GET_SEALS);

	return seals >= 0 && seals & F_SEAL_SHRINK;
#else
	(void)fd;
	return false;
#endif
}

int orl_shared_open(struct orl_shared *shared, int fd, uint64_t size)
{
	struct stat st;

	if (!can_read(fd) || !size || size > INT64_MAX)
		return ORIEL_EINVAL;
	enum kind kind = kind_of(fd);
	/* The seal comes before the size: after it the size only grows. */
	bool map = kind == IN_MEMORY && size <= PTRDIFF_MAX &&
		   cannot_shrink(fd);
	if (fstat(fd, &st) < 0)
		return ORIEL_EINVAL;
	if (kind == ELSEWHERE || !S_ISREG(st.st_mode))
		return ORIEL_ENOTSUP;
	if (st.st_size < 0 || (uint64_t)st.st_size < size)
		return ORIEL_EINVAL;
	*shared = (struct orl_shared){ .fd = -1, .size = size };
	if (map) {
		void *at = mmap(NULL, (size_t)size, PROT_READ, MAP_SHARED, fd,
				0);
		if (at == MAP_FAILED)
			return ORIEL_ENOMEM;
		shared->map = at;
		return 0;
	}
	shared->fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	return shared->fd < 0 ? errno == EMFILE ? ORIEL_ELIMIT : ORIEL_EIO : 0;
}

void orl_shared_close(struct orl_shared *shared)
{
	if (shared->map)
		munmap((void *)(uintptr_t)shared->map, (size_t)shared->size);
	if (shared->fd >= 0)
		close(shared->fd);
	*shared = (struct orl_shared){ .fd = -1 };
}

int orl_shared_read(const struct orl_shared *shared, uint64_t offset,
		void *into, size_t n)
{
	uint8_t *p = into;

	while (n) {
		ssize_t got = pread(shared->fd, p, n, (off_t)offset);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return ORIEL_EIO;
		p += got;
		offset += (size_t)got;
		n -= (size_t)got;
	}
	return 0;
}
