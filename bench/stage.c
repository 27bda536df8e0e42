/*
 * stage.c - see stage.h.
 */
#include "bench/stage.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
	MS = 1000000,
	LEAD = 50 * MS, /* from go to the first frame */
	/* In slow motion: a frame that does not come is given up. */
	PATIENCE = 3000,
};

int stage_create(void)
{
	int fd = memfd_create("oriel-bench", 0);
	if (fd >= 0 && ftruncate(fd, sizeof(struct stage)) < 0) {
		int why = errno;
		close(fd);
		errno = why;
		return -1;
	}
	return fd;
}

struct stage *stage_map(int fd)
{
	struct stat st;
	if (fstat(fd, &st) < 0)
		return NULL;
	if ((size_t)st.st_size < sizeof(struct stage)) {
		errno = EINVAL;
		return NULL;
	}
	void *map = mmap(NULL, sizeof(struct stage), PROT_READ | PROT_WRITE,
			MAP_SHARED, fd, 0);
	return map == MAP_FAILED ? NULL : map;
}

void stage_unmap(struct stage *s)
{
	if (s)
		munmap(s, sizeof(*s));
}

static uint64_t clock_ns(clockid_t id)
{
	struct timespec t;
	clock_gettime(id, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

uint64_t stage_now(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

double stage_thread_cpu(void)
{
	return 1e-9 * (double)clock_ns(CLOCK_THREAD_CPUTIME_ID);
}

void stage_sleep_until(uint64_t time)
{
	struct timespec t = { (time_t)(time / 1000000000u),
		(long)(time % 1000000000u) };
	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) ==
			EINTR)
		;
}

bool stage_wait(struct stage *s, const struct frames *f, uint32_t i,
		uint64_t start)
{
	s->frame[i].due = start + f->frame[i].time;
	if (!s->slow_motion) {
		stage_sleep_until(s->frame[i].due);
		return !s->stop;
	}
	const struct stage_frame *before = &s->frame[i - 1];
	uint64_t until = stage_now() + (uint64_t)PATIENCE * MS;
	bool marked = i > 1 && f->frame[i - 1].mark_x >= 0;
	while (marked && !before->seen && !s->stop && stage_now() < until)
		stage_sleep_until(stage_now() + MS);
	s->frame[i].due = stage_now();
	return !s->stop;
}

uint64_t stage_wait_go(struct stage *s)
{
	while (!s->go && !s->stop)
		stage_sleep_until(stage_now() + 5 * MS);
	return s->stop ? 0 : stage_now() + LEAD;
}
