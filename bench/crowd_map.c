/*
 * crowd_map.c - the memory of a crowd, mapped; for those that are in it.
 */
#include <errno.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "bench/crowd.h"

struct crowd *crowd_map(int fd)
{
	struct stat st;
	void *map;
	if (fstat(fd, &st))
		return NULL;
	if ((size_t)st.st_size < sizeof(struct crowd)) {
		errno = EINVAL;
		return NULL;
	}
	map = mmap(NULL, (size_t)st.st_size, PROT_READ | PROT_WRITE, MAP_SHARED,
			fd, 0);
	struct crowd *c = map == MAP_FAILED ? NULL : map;
	if (c && (size_t)st.st_size < sizeof(*c) + c->n * sizeof(*c->session)) {
		munmap(map, (size_t)st.st_size);
		errno = EINVAL;
		return NULL;
	}
	return c;
}
